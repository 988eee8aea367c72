"""How soon a finger sees its number: `python -m tests.speed.kiosk_painted` prints medians over 50.

Three medians on one machine's one clock: from the lifted finger to the painted number; what the caller takes
to commit a ticket, seen from a plain client; and what a tap that only turns a screen takes to be painted. The
last two together are the floor: a number cannot be on the glass sooner than a commit and a painting.
"""

import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.kiosk_fixtures import KioskHall, PageFace
from tests.instruments.running_hall import REPO, RunningHall, until

ROUNDS = 50
PORTRAIT = {"width": 1080, "height": 1920}
WATCH = """() => {
    addEventListener('pointerup', (event) => { window.lifted = event.timeStamp; }, true);
    const root = document.getElementById('kiosk');
    let seen = '';
    new MutationObserver(() => {
        const now = root.dataset.screen + (document.querySelector('[data-number]')?.dataset.number ?? '');
        if (now === seen) return;
        seen = now;
        window.painted = '';
        requestAnimationFrame(() => setTimeout(() => { window.painted = now; window.at = performance.now(); }));
    }).observe(root, { attributes: true, childList: true, subtree: true });
}"""


class Speed(NamedTuple):
    """Medians in milliseconds."""

    tap_to_number: float
    commit: float
    tap_to_screen: float

    @property
    def beyond_the_commit(self) -> float:
        return round(self.tap_to_number - self.commit, 1)

    @property
    def floor(self) -> float:
        return self.commit + self.tap_to_screen


def measure(kiosk: KioskHall, page: Page, rounds: int) -> Speed:
    """Whole visits, one after another, with a person's pauses between the taps."""
    face = PageFace(page).fresh()
    page.evaluate(WATCH)
    numbers, screens, commits = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        commits.append(committed(kiosk.hall))
        face.tap("start")
        face.tap("department:tax")
        face.tap("item:T001")
        face.tap("take")
        screens.append(painted(face, "class:ordinary", "confirm"))
        numbers.append(painted(face, "confirm", "numberA"))
        page.wait_for_selector(".note.good")
        face.tap("home")
    return Speed(*(round(median(each), 1) for each in (numbers, commits, screens)))


def painted(face: PageFace, target: str, screen: str) -> float:
    """Milliseconds from the lifted finger until a screen that begins so is painted."""
    face.touch(face.find(target))
    until(lambda: face.page.evaluate("window.painted || ''").startswith(screen), f"{screen} painted")
    return face.page.evaluate("window.at - window.lifted")


def committed(hall: RunningHall) -> float:
    """Milliseconds for one number over a plain line, from the press to the answer."""
    pressed = time.perf_counter()
    hall.take("A")
    return (time.perf_counter() - pressed) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        hall = RunningHall(Path(scratch), REPO / "config/halls/county.toml").start()
        kiosk = KioskHall(hall, Path(scratch))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport=PORTRAIT, has_touch=True)  # pyright: ignore[reportArgumentType]
        page.goto(kiosk.url)
        speed = measure(kiosk, page, ROUNDS)
        figures = speed._asdict() | {"beyond_the_commit": speed.beyond_the_commit}
        print(json.dumps({"rounds": ROUNDS, "median_ms": figures}))
        browser.close()
        kiosk.close()
        hall.close()


if __name__ == "__main__":
    main()
