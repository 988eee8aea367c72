"""A kiosk as it stands in the hall: its own process, a printer that speaks real bytes, a finger on the glass."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page

from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from tests.instruments.running_hall import DEADLINE, Process, RunningHall, until

MILLIS = DEADLINE * 1000
TWICE_SECONDS, TWICE_PX = 0.4, 90  # just beyond what kiosk/page/touch.js takes for a double tap
SCANS_MAX, SCAN_SECONDS = 4, 5.0
LONG_SECONDS = 3.1  # just beyond LONG_MS there
SAME_SCREEN = (
    "language",
    "large",
    "mute",
    "key",
    "erase",
    "clear",
    "stay",
    "reprint",
    "print-guide",
    "dim",
    "paper-changed",
)
PAGES_MAX = 30  # no list of this hall has more pages


class KioskHall:
    """One kiosk process with its printer, in a running hall."""

    def __init__(
        self, hall: RunningHall, folder: Path, name: str = "k1", toml: Path | None = None, reader: str = ""
    ) -> None:
        self.reader = reader  # "NAME=PORT" of an ID reader
        self.more: tuple[str, ...] = ()  # options of its command line
        self.hall, self.folder, self.name, self.toml = hall, folder, name, toml or hall.hall
        self.data = folder if toml else hall.data  # two kiosks never share a memory
        self.model = PrinterModel()
        self.printer = TcpPrinter(self.model).start()
        if ("kiosk", name) not in hall.tokens:
            hall._enrol(("kiosk", name))
        self.port = 0
        self.start()

    def start(self) -> None:
        args = ["kiosk", str(self.toml), "--data", str(self.data), "--port", str(self.port)]
        args += ["--name", self.name]
        args += ["--caller", self.hall.caller.address, "--token", self.hall.tokens["kiosk", self.name]]
        args += ["--printer", f"p1={self.printer.port}"]
        args += ["--reader", self.reader] if self.reader else []
        self.process = Process(*args, *self.more, output=self.folder / "kiosk.txt")
        self.port = urlsplit(self.process.address).port or 0

    @property
    def url(self) -> str:
        return self.process.address

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def key(self) -> str:
        """The key in the page's address."""
        return urlsplit(self.url).fragment.removeprefix("key=")

    def hello(self, *watch: str) -> str:
        """The first frame of a page."""
        return json.dumps({"type": "hello", "token": self.key, "watch": list(watch)})

    @property
    def socket(self) -> str:
        return f"ws://127.0.0.1:{self.port}/face"

    @property
    def memory(self) -> Path:
        return self.data / f"kiosk-{self.name}"

    @property
    def slips(self) -> int:
        return self.model.cuts

    def close(self) -> None:
        self.process.stop()
        self.printer.close()


# Notes on what the next touch falls, which need not be what was looked for before.
HIT = """() => addEventListener('pointerdown', (event) => {
    window.hit = event.target.closest('[data-target]')?.dataset.target;
}, { capture: true, once: true })"""


class PageFace:
    """The page with a finger: real touches at coordinates, never a synthetic click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._last = (0.0, -1000.0, -1000.0)  # when and where this finger touched last
        page.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)
        page.wait_for_selector("#cover", state="detached", timeout=MILLIS)

    def fresh(self) -> "PageFace":
        """At rest, with nothing left of whoever was here before.

        Where nobody has touched this kiosk for as long as it waits, its warning may come between the look and the
        finger: that touch has only said "I am still here", and the next one goes home.
        """
        if self.screen == "idle":
            self.tap("start")
        for _ in range(2):
            before = self.n
            self.page.evaluate(HIT)
            self.touch(self.find("home"))
            if self.page.evaluate("window.hit") != "stay":
                until(lambda before=before: self.n != before, "at home")
                return self
            self.page.wait_for_selector(".warning", state="detached", timeout=MILLIS)
        raise AssertionError("a second warning at once")

    def dressed(self, language: str, large: bool) -> "PageFace":
        """At rest, in this language and type."""
        self.fresh()
        if language == "en":
            self.tap("language:en")
            self.expect("", "中文")
        if large:
            self.tap("large")
            self.page.wait_for_selector("html.large", timeout=MILLIS)
        return self

    def find(self, target: str) -> Locator:
        """The tile or button, turning pages as a person would."""
        found = self.page.locator(f'#kiosk [data-target="{target}"], #kiosk[data-target="{target}"]').first
        following = self.page.locator('[data-target="local:next"]:not([aria-disabled])')
        until(lambda: found.count() or following.count(), f"{target} on the screen: {self.screen}")
        for _ in range(PAGES_MAX):
            if found.count():
                break
            self.touch(following.first)
        assert found.count(), f"no {target} on {self.screen}"
        return found

    def touch(self, there: Locator) -> None:
        box = there.bounding_box()
        assert box
        self.touch_at(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def touch_at(self, x: float, y: float) -> None:
        """As a person would: not twice in the same place within a third of a second (see `twice_at`)."""
        if abs(x - self._last[1]) < TWICE_PX and abs(y - self._last[2]) < TWICE_PX:
            until(lambda: time.monotonic() - self._last[0] > TWICE_SECONDS, "a person's pace")
        self.page.touchscreen.tap(x, y)
        self._last = (time.monotonic(), x, y)

    def press_long(self, there: Locator) -> None:
        """As long as only the staff press."""
        box = there.bounding_box()
        assert box
        touch = self.page.context.new_cdp_session(self.page)
        point = {"x": box["x"] + 30, "y": box["y"] + 30}
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        pressed = time.monotonic()
        until(lambda: time.monotonic() - pressed > LONG_SECONDS, "a long press")
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        touch.detach()

    def twice_at(self, x: float, y: float) -> None:
        """A double tap, as hasty or trembling hands make it."""
        self.page.touchscreen.tap(x, y)
        self.page.touchscreen.tap(x, y)

    def tap(self, target: str) -> None:
        before = self.n
        self.touch(self.find(target))
        if target.partition(":")[0] not in SAME_SCREEN:
            until(lambda: self.n != before, f"{target} led on from {self.screen}")

    def drifted(self, target: str, by_x: float, by_y: float) -> None:
        """A shaking finger: down in the middle, moves, lifts somewhere else."""
        box = self.find(target).bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch = self.page.context.new_cdp_session(self.page)
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in (0.3, 0.7, 1.0):
            point = {"x": x + by_x * part, "y": y + by_y * part}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        touch.detach()

    def scan(self, text: str) -> None:
        """As a person does, who holds the slip there again when nothing happens: letters that a busy machine
        sends too slowly are no scan."""
        before = self.n
        for _ in range(SCANS_MAX):
            self.page.keyboard.type(text)
            self.page.keyboard.press("Enter")
            end = time.monotonic() + SCAN_SECONDS
            while self.n == before and time.monotonic() < end:
                time.sleep(0.01)
            if self.n != before:
                return

    def expect(self, screen: str, says: str) -> None:
        if screen:
            self.page.wait_for_selector(f'#kiosk[data-screen="{screen}"]', timeout=MILLIS)
        if says:
            self.page.get_by_text(says).first.wait_for(timeout=MILLIS)

    @property
    def screen(self) -> str:
        return self.page.get_attribute("#kiosk", "data-screen") or ""

    @property
    def n(self) -> str:
        return self.page.get_attribute("#kiosk", "data-n") or ""

    def number(self) -> str:
        return self.page.locator("[data-number]").get_attribute("data-number", timeout=MILLIS) or ""

    def take(self, item: str = "T001", department: str = "tax") -> str:
        """A whole visit; the number."""
        for target in (
            "start",
            f"department:{department}",
            f"item:{item}",
            "take",
            "class:ordinary",
            "confirm",
        ):
            self.tap(target)
        self.expect("number", "")
        return self.number()


@pytest.fixture(scope="module")
def kiosk(county: RunningHall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskHall]:
    """The county hall's kiosk k1, shared by the tests of one file."""
    running = KioskHall(county, tmp_path_factory.mktemp("kiosk"))
    yield running
    running.close()
