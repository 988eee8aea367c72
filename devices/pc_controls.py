"""What a station's PC can be told by its own means: how loud, how bright, its screens off, and a picture of its page.

1. Volume: ALSA's `amixer`, on the first of the usual controls that the PC has. Brightness: `brightnessctl` where there is a
   backlight, else `xrandr`, which darkens the picture of each connected screen. The tools are the system's; nothing is
   installed or left running.
2. Screens off: the compositor of a Wayland session by `wlopm` or `wlr-randr`, an X session by `xset` (DPMS, so that a
   touch wakes it for some minutes).
3. A picture is asked of the Chromium that shows the page, over its DevTools port on this PC (`--remote-debugging-port`).
4. What there is no means for is told in words as not available here, and fails: nothing is guessed to have worked.
"""

import asyncio
import base64
import http.client
import json
import logging
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from config.instants import Seconds

TOOL_SECONDS: Seconds = 5.0  # a tool takes some milliseconds; one that hangs must not hold the station
PICTURE_SECONDS: Seconds = 10.0
PICTURE_BYTES_MAX = 16 * 1024 * 1024  # a page of 4K as PNG is about 6
MIXER_CONTROLS = ("Master", "PCM", "Speaker", "Headphone")
TRIAL_SECONDS: Seconds = 5.0  # long enough to see that the screen went off
WOKEN_SECONDS = 300  # a screen of X that a touch has woken goes off again
AWAY_SECONDS: Seconds = (
    60.0  # without the caller for so long, screens are turned on: nobody says that they are to be off
)
LOOK_SECONDS: Seconds = 1.0
DARKEST = 10  # percent: a screen darker than this looks broken, and its touch buttons are not found again


log = logging.getLogger("hallcall.devices")


class NotAvailableError(Exception):
    """This PC has no means for it; the text says so in Chinese and English."""


def set_volume(percent: int) -> str:
    """Set how loud this PC is. Returns what was done. Raises `NotAvailableError`."""
    tool = _tool("amixer", "音量", "volume", "sudo apt install alsa-utils")
    reasons: list[str] = []
    for control in MIXER_CONTROLS:
        done = _run(tool, "-q", "sset", control, f"{percent}%", "unmute" if percent else "mute")
        if done.returncode == 0:
            return f"{control} {percent}%"
        reasons.append(_reason(done))
    raise NotAvailableError(f"本机不能调节音量：没有可用的声卡 / not available here: {reasons[0]}")


def set_brightness(percent: int) -> str:
    """Set how bright this PC's screens are. Returns what was done. Raises `NotAvailableError`."""
    percent = max(percent, DARKEST)
    if shutil.which("brightnessctl"):
        done = _run("brightnessctl", "--class=backlight", "set", f"{percent}%")
        if done.returncode == 0:
            return f"brightnessctl {percent}%"
    tool = _tool("xrandr", "亮度", "brightness", "sudo apt install brightnessctl x11-xserver-utils")
    listed = _run(tool, "--query")
    screens = [line.split()[0] for line in listed.stdout.splitlines() if " connected" in line]
    dimmed = [each for each in screens if _dimmed(tool, each, percent)]
    if not dimmed:
        why = _reason(listed) or "no connected screen"
        raise NotAvailableError(f"本机不能调节亮度：没有背光，也没有可调的屏幕 / not available here: {why}")
    return f"xrandr {' '.join(dimmed)} {percent}%"


def _dimmed(tool: str, screen: str, percent: int) -> bool:
    return _run(tool, "--output", screen, "--brightness", f"{percent / 100:.2f}").returncode == 0


# --- screens off and on


def set_screen(on: bool) -> str:
    """Turn this PC's screens on or off. Returns what was done. Raises `NotAvailableError`."""
    state, reasons = "on" if on else "off", list[str]()
    for turn in _SCREENS:
        done = turn(state)
        if done is None:
            continue
        if done.returncode == 0 and not done.stderr.strip():
            return f"{done.args[0]} {state}"
        reasons.append(_reason(done))
    why = next(filter(None, reasons), "sudo apt install wlr-randr x11-xserver-utils")
    raise NotAvailableError(f"本机不能关闭屏幕：没有图形会话或工具，只有页面变黑 / not available here: {why}")


def _wayland_power(state: str) -> "subprocess.CompletedProcess[str] | None":
    return _run("wlopm", f"--{state}", "*") if shutil.which("wlopm") else None


def _wayland_outputs(state: str) -> "subprocess.CompletedProcess[str] | None":
    if not shutil.which("wlr-randr"):
        return None
    listed = _run("wlr-randr")
    outputs = [line.split()[0] for line in listed.stdout.splitlines() if line[:1].strip()]
    return _run("wlr-randr", *(word for each in outputs for word in ("--output", each, f"--{state}"))) if outputs else listed  # fmt: skip


def _x_power(state: str) -> "subprocess.CompletedProcess[str] | None":
    """Turn the screens of an X session; by day its own timers never do."""
    if not shutil.which("xset"):
        return None
    seconds = "0" if state == "on" else str(WOKEN_SECONDS)
    timed = _run("xset", "+dpms", "dpms", seconds, seconds, seconds)
    done = _run("xset", "dpms", "force", state)
    return timed if timed.returncode or timed.stderr else done


_SCREENS = (_wayland_power, _wayland_outputs, _x_power)


def try_screen() -> str:
    """Turn this PC's screens off, and on again when a person has seen it. Raises `NotAvailableError`."""
    done = set_screen(False)
    time.sleep(TRIAL_SECONDS)
    set_screen(True)
    return done


class ScreenPower:
    """Turns this PC's screens off and on as the station's own document of jobs says (`dark`), and on while the caller is
    away."""

    def __init__(self, set_to: Callable[[bool], str] = set_screen) -> None:
        self._set_to = set_to
        self._on: bool | None = None  # as this process left it
        self._current_at: Seconds = -float("inf")
        self._told = False

    def wanted(self, document: Mapping[str, Any], current: bool, monotonic: Seconds) -> bool | None:
        """Return whether the screens are to be on; None where they have no hours."""
        if current:
            self._current_at = monotonic
        if "dark" not in document:
            return None
        return not document["dark"] or monotonic - self._current_at > AWAY_SECONDS

    def turn(self, on: bool | None) -> None:
        """Turn the screens, where that changes anything; what is not available here is said once."""
        if on is None or on == self._on:
            return
        self._on = on
        try:
            log.info("屏幕 / screens: %s", self._set_to(on))
        except NotAvailableError as error:
            log.log(logging.DEBUG if self._told else logging.WARNING, "%s", error)
            self._told = True

    async def run(self, look: Callable[[], tuple[Mapping[str, Any], bool]]) -> None:
        """Follow until cancelled. `look` returns the station's document, and whether the caller is here."""
        while True:
            document, current = look()
            await asyncio.to_thread(self.turn, self.wanted(document, current, time.monotonic()))
            await asyncio.sleep(LOOK_SECONDS)


# --- tools


def _tool(name: str, zh: str, en: str, install: str) -> str:
    if shutil.which(name) is None:
        raise NotAvailableError(f"本机不能调节{zh}，没有 {name} / {en} is not available here: {install}")
    return name


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    return next(iter(done.stderr.strip().splitlines()), "")


async def picture(port: int, is_ours: Callable[[str], bool]) -> bytes:
    """Return a PNG of the page whose address `is_ours`, from the browser with this DevTools port. Raises
    `NotAvailableError`."""
    try:
        async with asyncio.timeout(PICTURE_SECONDS):
            pages = await asyncio.to_thread(_pages, port)
            ours = next((each for each in pages if is_ours(each.get("url", ""))), None)
            if ours is None:
                raise NotAvailableError(
                    "浏览器没有打开本机页面 / the browser does not show this station's page"
                )
            return await _captured(port, ours["webSocketDebuggerUrl"])
    except (
        OSError,
        ValueError,
        KeyError,
        http.client.HTTPException,
        WebSocketException,
        TimeoutError,
    ) as error:
        zh, en = f"浏览器的调试端口 {port} 没有应答", f"no answer from the browser's debugging port {port}"
        raise NotAvailableError(f"{zh} / {en}: {error}") from error


def _pages(port: int) -> list[dict[str, Any]]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=TOOL_SECONDS)
    try:
        line.request("GET", "/json/list")
        return json.load(line.getresponse())
    finally:
        line.close()


async def _captured(port: int, given: str) -> bytes:
    """Ask for the picture at the path that the browser gave; the host is this PC's whatever it says."""
    where = f"ws://127.0.0.1:{port}{urlsplit(given).path}"
    async with connect(where, max_size=PICTURE_BYTES_MAX, compression=None, proxy=None) as wire:
        await wire.send(
            json.dumps({"id": 1, "method": "Page.captureScreenshot", "params": {"format": "png"}})
        )
        async for text in wire:
            answer = json.loads(text)
            if answer.get("id") == 1:
                return base64.b64decode(answer["result"]["data"])
    raise ValueError("closed")
