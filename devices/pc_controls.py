"""What a station's PC can be told by its own means: how loud, how bright, and a picture of its page.

1. Volume: ALSA's `amixer`, on the first of the usual controls that the PC has. Brightness: `brightnessctl` where there is a
   backlight, else `xrandr`, which darkens the picture of each connected screen. The tools are the system's; nothing is
   installed or left running.
2. A picture is asked of the Chromium that shows the page, over its DevTools port on this PC (`--remote-debugging-port`).
3. What there is no means for is told in words as not available here, and fails: nothing is guessed to have worked.
"""

import asyncio
import base64
import http.client
import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from config.instants import Seconds

TOOL_SECONDS: Seconds = 5.0  # a tool takes some milliseconds; one that hangs must not hold the station
PICTURE_SECONDS: Seconds = 10.0
PICTURE_BYTES_MAX = 16 * 1024 * 1024  # a page of 4K as PNG is about 6
MIXER_CONTROLS = ("Master", "PCM", "Speaker", "Headphone")
DARKEST = 10  # percent: a screen darker than this looks broken, and its touch buttons are not found again


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
