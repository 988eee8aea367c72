"""A kiosk as it stands in the hall: its own process, a printer that speaks real bytes, a finger on the glass."""

import contextlib
import json
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import Locator, Page, ViewportSize

from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from tests.instruments.browser import Contexts, Watched
from tests.instruments.running_hall import DEADLINE, Process, RunningHall, until

MILLIS = DEADLINE * 1000
PORTRAIT: ViewportSize = {"width": 1080, "height": 1920}
# Fingers and keys have instants of their own: what they mean does not depend on how fast this machine sends them.
TOUCH_SECONDS = 0.05  # from the finger's coming to its leaving
TWICE_SECONDS, TWICE_PX = 0.4, 90  # just beyond what kiosk/faces/page/js/touch.js takes for a double tap
LONG_SECONDS = 3.1  # just beyond LONG_MS there
SCANNER_SECONDS = 0.01  # between two keys of a scanner
KEY_SECONDS = 0.5  # between two keys of a person
ENDS: dict[str, dict[str, Any]] = {"\r": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}}
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


# Counts how often the page has lost its kiosk or its caller; a script sees also what is gone again before the next frame.
COVERS = """() => {
    if (window.covers !== undefined) return;
    window.covers = 0;
    new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) if (node.id === 'cover') window.covers++;
    }).observe(document.body, { childList: true });
}"""
BUSY = "(millis) => { const end = performance.now() + millis; while (performance.now() < end); }"
# Notes on what the next touch falls, which need not be what was looked for before.
HIT = """() => addEventListener('pointerdown', (event) => {
    window.hit = event.target.closest('[data-target]')?.dataset.target;
}, { capture: true, once: true })"""


TOUCHED: WeakKeyDictionary[Page, tuple[float, float, float]] = WeakKeyDictionary()


class PageFace:
    """The page with a finger: real touches at coordinates, never a synthetic click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        page.wait_for_selector("#kiosk[data-n]", timeout=MILLIS)
        page.wait_for_selector("#cover", state="detached", timeout=MILLIS)
        page.evaluate(COVERS)

    @property
    def _last(self) -> tuple[float, float, float]:
        """When (seconds since the epoch) and where a finger touched this page last, of whichever test."""
        return TOUCHED.get(self.page, (0.0, -1000.0, -1000.0))

    @_last.setter
    def _last(self, touched: tuple[float, float, float]) -> None:
        TOUCHED[self.page] = touched

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
                until(lambda before=before: self.n != before and self.screen == "idle", "at home")
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

    @contextlib.contextmanager
    def kiosk_back(self) -> Generator[None]:
        """The page loses its kiosk or its caller within, and has found it again at the end."""
        before = self.covers
        yield
        until(lambda: self.covers > before, "the page has lost its kiosk")
        self.page.wait_for_selector("#cover", state="detached", timeout=MILLIS)

    @property
    def covers(self) -> int:
        return self.page.evaluate("window.covers")

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
        at, last_x, last_y = self._last
        near = abs(x - last_x) < TWICE_PX and abs(y - last_y) < TWICE_PX
        self._touch(x, y, max(time.time(), at + (TWICE_SECONDS if near else TOUCH_SECONDS)))

    def _touch(self, x: float, y: float, at: float, lasts: float = TOUCH_SECONDS) -> None:
        """A finger that comes at an instant (seconds since the epoch) and leaves after `lasts` seconds."""
        self._send("touchStart", at, [{"x": x, "y": y}])
        self._send("touchEnd", at + lasts, [])
        self._last = (at + lasts, x, y)

    def _send(self, kind: str, at: float, points: list[dict[str, float]]) -> None:
        given = {"type": kind, "touchPoints": points, "timestamp": at}
        self._devtools.send("Input.dispatchTouchEvent", given)

    def press_long(self, there: Locator) -> None:
        """As long as only the staff press."""
        box = there.bounding_box()
        assert box
        self._touch(
            box["x"] + 30, box["y"] + 30, max(time.time(), self._last[0] + TWICE_SECONDS), LONG_SECONDS
        )

    def twice_at(self, x: float, y: float) -> None:
        """A double tap, as hasty or trembling hands make it, on a PC so busy that the page gets round to the second one
        when it shows the next screen, and longer after than a double tap takes."""
        before, at = self.n, max(time.time(), self._last[0] + TWICE_SECONDS)
        self._touch(x, y, at)
        until(lambda: self.n != before, "the first tap has led on")
        self.page.evaluate(BUSY, TWICE_SECONDS * 1000)
        self._touch(x, y, at + 3 * TOUCH_SECONDS)

    def tap(self, target: str) -> None:
        """Press, and wait for the screen it leads to. What was pressed while the caller was away is pressed again, as a
        person does: a caller on a busy machine may be late with its beat."""
        before, covers = self.n, self.covers
        self.touch(self.find(target))
        if target.partition(":")[0] in SAME_SCREEN:
            return
        end = time.monotonic() + DEADLINE
        while self.n == before:
            assert time.monotonic() < end, f"{target} did not lead on from {self.screen}"
            if self.covers > covers:
                self.page.wait_for_selector("#cover", state="detached", timeout=MILLIS)
                covers = self.covers
                if self.n == before:
                    self.touch(self.find(target))

    def drifted(self, target: str, by_x: float, by_y: float) -> None:
        """A shaking finger: down in the middle, moves, lifts somewhere else."""
        box = self.find(target).bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        at = max(time.time(), self._last[0] + TWICE_SECONDS)
        self._send("touchStart", at, [{"x": x, "y": y}])
        for part in (0.3, 0.7, 1.0):
            self._send("touchMove", at + part / 10, [{"x": x + by_x * part, "y": y + by_y * part}])
        self._send("touchEnd", at + 0.15, [])
        self._last = (at + 0.15, x + by_x, y + by_y)

    def keys(self, text: str, after: float = KEY_SECONDS) -> None:
        """What a scanner types, `after` so many seconds without a key; "\\r" is Enter."""
        at = max(time.time(), self._last[0]) + after
        for sign in text:
            key: dict[str, Any] = {**ENDS.get(sign, {"key": sign}), "timestamp": at}
            self._devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": sign} | key)
            self._devtools.send("Input.dispatchKeyEvent", {"type": "keyUp"} | key)
            at += SCANNER_SECONDS
        self._last = (at, *self._last[1:])

    def scan(self, text: str) -> None:
        """Hold a code under a reader that plays keyboard."""
        self.keys(text + "\r")

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
def kiosk_page(kiosk: KioskHall, contexts: Contexts) -> Iterator[Page]:
    """One page for a file's tests: another one for each would cost a second of the processor."""
    page, watched = contexts.page({}), Watched()
    watched.follow(page)
    page.goto(kiosk.url)
    yield page
    page.close()
    assert watched.outside == []


@pytest.fixture
def face(kiosk_page: Page, kiosk: KioskHall) -> PageFace:
    """The kiosk's page at rest, whatever an earlier test has left on it; it is the one that acts."""
    kiosk_page.set_viewport_size(PORTRAIT)
    if not kiosk_page.url.startswith(kiosk.origin):
        kiosk_page.goto(kiosk.url)
    kiosk_page.wait_for_selector("#watching", state="detached", timeout=MILLIS)
    return PageFace(kiosk_page).fresh()


@pytest.fixture(scope="module")
def kiosk(county: RunningHall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskHall]:
    """The county hall's kiosk k1, shared by the tests of one file."""
    running = KioskHall(county, tmp_path_factory.mktemp("kiosk"))
    yield running
    running.close()
