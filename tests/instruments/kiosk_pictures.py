"""The kiosk's pictures for README and manual, from a running kiosk with a finger on its glass.

A way is taps that lead to a screen; each strip shows several screens side by side, so that a reader sees a whole
visit at one glance. Screens nobody hopes to see are taken last: they need a hall in trouble.
"""

import io
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from devices.simulators.reader import number_for
from kiosk.store import VisitStore
from tests.instruments.cards import READER, Reader, hall_with_cards
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace
from tests.instruments.running_hall import RunningHall

TALL, WIDE = ViewportSize(width=1080, height=1920), ViewportSize(width=1920, height=1080)
PIN = "2580"
WARNING_MILLIS = 60_000  # the hall's own patience, and some
ITEM = ("start", "item:T001")  # from the frequent ones
ONE, SEVERAL, EARLY = 1, 2, 3  # whose cards
Keep = Callable[..., None]


def take(hall: RunningHall, browser: Browser, keep: Keep) -> None:
    """`keep(name, png, ...)` is told each picture, or several that stand side by side."""
    with tempfile.TemporaryDirectory() as scratch:
        kiosk = KioskHall(hall, Path(scratch))
        VisitStore(kiosk.memory).set_pin(PIN)
        kiosk.process.stop()
        kiosk.start()
        try:
            Glass(browser, kiosk).take_all(keep)
        finally:
            kiosk.close()


def take_cards(browser: Browser, keep: Keep) -> None:
    """What an ID card brings, in a hall that takes bookings for today."""
    with tempfile.TemporaryDirectory() as scratch:
        hall = hall_with_cards(Path(scratch))
        for person, minutes in ((ONE, 0), (SEVERAL, 0), (SEVERAL, 60), (EARLY, 60)):
            hall.book("T001", minutes, number_for(person))
        with Reader(hall, Path(scratch)) as reader:
            kiosk = KioskHall(hall, Path(scratch), reader=f"{READER}={reader.port}")
            try:
                keep("kiosk-card", *Glass(browser, kiosk).cards(reader))
            finally:
                kiosk.close()
        hall.close()


class Glass:
    """One kiosk's screen, at its size."""

    def __init__(self, browser: Browser, kiosk: KioskHall) -> None:
        context = browser.new_context(viewport=TALL, has_touch=True, locale="zh-CN")
        self.kiosk, self.page = kiosk, context.new_page()
        self.page.goto(kiosk.url)
        self.face = PageFace(self.page)

    def take_all(self, keep: Keep) -> None:
        face = self.face.fresh()
        face.tap("start")
        face.expect("services", "")
        keep("kiosk", small(self.page, 2))
        face.fresh()
        for target in (*ITEM, "confirm"):
            face.tap(target)
        face.expect("number", "")
        self.page.wait_for_selector(".note.good", timeout=MILLIS)
        keep("kiosk-number", small(self.page, 2))
        keep("kiosk-visit", self.at(), self.at(*ITEM[:1]), self.at(*ITEM), self.at(*ITEM, "confirm"),
             self.at("start", "tab:departments"), self.at(*ITEM, "take"))  # fmt: skip
        keep("kiosk-ways", self.at("start", "search", "key:K", "key:Y", says="KY"), self.at("start", "appointment"),
             self.at("start", "lost"), self.at("language:en", "start"), self.at("large", "start"))  # fmt: skip
        keep("kiosk-trouble", *self.troubles())
        self.page.set_viewport_size(WIDE)
        keep("kiosk-wide", self.at(), self.at(*ITEM[:1]))

    def at(self, *way: str, says: str = "") -> bytes:
        """The screen that these taps lead to, from rest, once it says so."""
        self.face.fresh()
        for target in way:
            self.face.tap(target)
        self.face.expect("", says)
        return small(self.page, 3)

    def troubles(self) -> list[bytes]:
        self.kiosk.model.faults.lines = 0
        try:
            self.face.fresh()
            self.page.wait_for_selector(".note.warn", timeout=MILLIS)
            shots = [self.at(), self.at(*ITEM)]
        finally:
            self.kiosk.model.refill()
        self.face.fresh().tap("start")
        self.page.wait_for_selector(".warning", timeout=WARNING_MILLIS)
        shots.append(small(self.page, 3))
        return [*shots, self.staff(), self.away()]

    def staff(self) -> bytes:
        self.face.fresh()
        self.face.press_long(self.page.locator(".hall"))
        self.face.expect("pin", "")
        for target in (*(f"key:{digit}" for digit in PIN), "enter"):
            self.face.tap(target)
        self.face.expect("staff", "")
        return small(self.page, 3)

    def away(self) -> bytes:
        """The caller holds its breath."""
        self.face.fresh()
        caller = self.kiosk.hall.caller._process
        caller.send_signal(signal.SIGSTOP)
        try:
            self.page.wait_for_selector("#cover", timeout=MILLIS)
            return small(self.page, 3)
        finally:
            caller.send_signal(signal.SIGCONT)

    def cards(self, reader: Reader) -> list[bytes]:
        self.face.fresh()
        self.page.wait_for_selector(".hint", timeout=MILLIS)
        shots = [small(self.page, 3)]
        for card, mark in ((ONE, ".row"), (SEVERAL, ".tile"), (EARLY, ".note.warn")):
            self.face.fresh()
            reader.lay(card, 1990)
            self.page.wait_for_selector(f"#kiosk[data-screen=booked] {mark}", timeout=MILLIS)
            shots.append(small(self.page, 3))
        return shots


def small(page: Page, part: int) -> bytes:
    """The screen at a half or a third of its size."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    out = io.BytesIO()
    size = (picture.width // part, picture.height // part)
    picture.resize(size, Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
