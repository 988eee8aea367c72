"""Volume, brightness and screens off by the PC's own tools, against stand-in tools; a picture by DevTools, of a real Chromium."""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devices.pc_controls import (
    AWAY_SECONDS,
    NotAvailableError,
    ScreenPower,
    picture,
    set_brightness,
    set_screen,
    set_volume,
)
from tests.instruments.browser import debugged_chromium
from tests.instruments.running_hall import until

AMIXER = """#!/bin/sh
echo "$@" >> "$0.log"
[ "$3" = Speaker ] || { echo "amixer: Unable to find simple control '$3',0" >&2; exit 1; }
"""
XRANDR = """#!/bin/sh
echo "$@" >> "$0.log"
[ "$1" = --query ] && printf 'Screen 0: minimum 320\\nHDMI-1 connected primary 1920x1080+0+0\\nDP-1 disconnected\\n'
exit 0
"""
FAILS = "#!/bin/sh\necho 'no such device' >&2\nexit 1\n"


class Tools:
    """A folder of stand-in tools that is the whole PATH, but for the shell they are written in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def asked(self, name: str) -> list[str]:
        return (self.folder / f"{name}.log").read_text().splitlines()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    monkeypatch.setenv("PATH", str(tmp_path))
    return Tools(tmp_path)


def test_the_first_control_that_the_sound_card_has_is_set(tools: Tools) -> None:
    tools.put("amixer", AMIXER)
    assert set_volume(40) == "Speaker 40%"
    assert tools.asked("amixer")[-1] == "-q sset Speaker 40% unmute"
    set_volume(0)
    assert tools.asked("amixer")[-1] == "-q sset Speaker 0% mute"


def test_without_a_tool_or_a_sound_card_it_is_not_available_here(tools: Tools) -> None:
    with pytest.raises(NotAvailableError, match=r"本机不能调节音量.*alsa-utils"):
        set_volume(40)
    tools.put("amixer", FAILS)
    with pytest.raises(NotAvailableError, match="not available here: no such device"):
        set_volume(40)


def test_the_backlight_comes_before_the_picture(tools: Tools) -> None:
    tools.put("xrandr", XRANDR)
    tools.put("brightnessctl", AMIXER.replace('[ "$3" = Speaker ] || ', "true || "))
    assert set_brightness(70) == "brightnessctl 70%"
    tools.put("brightnessctl", FAILS)
    assert set_brightness(70) == "xrandr HDMI-1 70%"
    assert tools.asked("xrandr")[-1] == "--output HDMI-1 --brightness 0.70"
    assert set_brightness(0) == "xrandr HDMI-1 10%"  # never black: it would look broken


def test_a_pc_without_a_screen_is_told(tools: Tools) -> None:
    with pytest.raises(NotAvailableError, match=r"亮度.*brightnessctl"):
        set_brightness(50)
    tools.put("xrandr", FAILS)
    with pytest.raises(NotAvailableError, match="no such device"):
        set_brightness(50)


# --- screens off

RANDR = """#!/bin/sh
echo "$@" >> "$0.log"
[ $# = 0 ] && printf 'HDMI-A-1 "Dell"\\n  Enabled: yes\\nDP-1 "LG"\\n'
exit 0
"""
XSET = """#!/bin/sh
echo "$@" >> "$0.log"
"""


def test_the_compositor_comes_before_x(tools: Tools) -> None:
    tools.put("xset", XSET)
    assert set_screen(False) == "xset off"
    assert tools.asked("xset") == ["+dpms dpms 300 300 300", "dpms force off"]
    set_screen(True)
    assert tools.asked("xset")[2:] == [
        "+dpms dpms 0 0 0",
        "dpms force on",
    ]  # by day it never goes off by itself
    tools.put("wlr-randr", RANDR)
    assert set_screen(False) == "wlr-randr off"
    assert tools.asked("wlr-randr")[-1] == "--output HDMI-A-1 --off --output DP-1 --off"
    tools.put("wlopm", FAILS)
    assert set_screen(True) == "wlr-randr on"
    tools.put("wlopm", XSET)
    assert (set_screen(True), tools.asked("wlopm")) == ("wlopm on", ["--on *"])


def test_a_pc_that_cannot_turn_its_screen_is_told(tools: Tools) -> None:
    with pytest.raises(NotAvailableError, match=r"本机不能关闭屏幕.*x11-xserver-utils"):
        set_screen(False)
    tools.put("xset", "#!/bin/sh\necho 'server does not have extension for dpms option' >&2\n")
    with pytest.raises(NotAvailableError, match="not available here: server does not have"):
        set_screen(False)


def test_a_screen_follows_its_document_and_is_on_while_the_caller_is_away() -> None:
    done: list[bool] = []
    power = ScreenPower(lambda on: str(done.append(on)))
    looks: list[tuple[dict[str, bool], bool, float]] = [
        ({}, True, 0.0), ({"dark": False}, True, 1.0), ({"dark": True}, True, 2.0), ({"dark": True}, True, 3.0),
        ({"dark": True}, False, 3.0 + AWAY_SECONDS), ({"dark": True}, False, 4.0 + AWAY_SECONDS),
        ({"dark": True}, True, 5.0 + AWAY_SECONDS), ({"dark": False}, True, 90.0),
    ]  # fmt: skip
    for document, current, now in looks:
        power.turn(power.wanted(document, current, now))
    assert done == [True, False, True, False, True]


def test_what_is_not_available_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_on: bool) -> str:
        raise NotAvailableError("not available here")

    power = ScreenPower(fails)
    for on in (False, True, False):
        power.turn(on)
    assert [each.levelname for each in caplog.records].count("WARNING") == 1


# --- pictures


@pytest.fixture(scope="module")
def page() -> Iterator[int]:
    class Green(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<body style='background:#0a0'>")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Green)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="module")
def devtools(page: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with debugged_chromium(tmp_path_factory.mktemp("chromium"), f"http://127.0.0.1:{page}/") as port:
        yield port


def taken(port: int, page: int) -> bytes:
    return asyncio.run(picture(port, lambda url: urlsplit(url).port == page))


@pytest.mark.browser
def test_a_picture_of_the_page_is_had_from_its_browser(devtools: int, page: int) -> None:
    def png() -> bytes:
        try:
            return taken(devtools, page)
        except NotAvailableError:  # the page is still being opened
            return b""

    assert until(png, "the page is shown").startswith(b"\x89PNG")
    with pytest.raises(NotAvailableError, match="does not show"):
        taken(devtools, page + 1)


def test_a_port_without_a_browser_is_told(page: int) -> None:
    with pytest.raises(NotAvailableError, match="调试端口"):
        taken(page, page)  # a web server of another kind
    with pytest.raises(NotAvailableError, match="调试端口"):
        taken(1, page)
