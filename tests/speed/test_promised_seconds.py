# ruff: noqa: F401, F811 - fixtures are imported by name
"""What is promised in seconds beyond the painting: an answer to a finger, a page that is back."""

import time
from statistics import median

from playwright.sync_api import Page

from tests.browser.test_kiosk import PORTRAIT, face, seconds_back, touched_tile  # pyright: ignore[reportUnusedImport]
from tests.browser.test_rate import asks, feedback_ms, hall, served, tablet  # pyright: ignore[reportUnusedImport]
from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace, kiosk  # pyright: ignore[reportUnusedImport]
from tests.instruments.running_hall import RunningHall

BACK_SECONDS = 2.0  # a kiosk's page after its caller is back
FEEDBACK_MS = 50
FIRST_LOAD_SECONDS = 1.0
LOADS = 3


def test_a_tile_answers_the_finger(face: PageFace) -> None:
    assert touched_tile(face)[1] <= FEEDBACK_MS


def test_a_choice_answers_the_finger(hall: RunningHall, tablet: Page) -> None:
    served(hall)
    asks(tablet)
    assert median(feedback_ms(tablet) for _ in range(9)) <= FEEDBACK_MS


def test_the_kiosk_is_back_soon_after_its_caller(face: PageFace, kiosk: KioskHall) -> None:
    for target in ("start", "department:tax", "item:T001"):
        face.tap(target)
    assert seconds_back(face, kiosk) <= BACK_SECONDS


def test_a_kiosks_first_load_is_quick(open_page: OpenPage, kiosk: KioskHall):
    """The best of a few, beyond what an empty page of the same server takes: other tests share this machine."""
    took = [seconds_to(open_page, kiosk.url, "#kiosk[data-n]") for _ in range(LOADS)]
    floor = [seconds_to(open_page, kiosk.origin + "assets/0/icon.svg", "svg") for _ in range(LOADS)]
    assert min(took) - min(floor) < FIRST_LOAD_SECONDS


def seconds_to(open_page: OpenPage, url: str, selector: str) -> float:
    """Until this is on the screen of a browser that has never been there."""
    page = open_page("about:blank", *PORTRAIT, alone=True)
    began = time.monotonic()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(selector, timeout=MILLIS)
    return time.monotonic() - began
