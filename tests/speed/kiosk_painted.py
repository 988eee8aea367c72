"""How soon a finger sees its number: `python -m tests.speed.kiosk_painted` prints medians over 50, and where they go.

From the lifted finger to the painted number, against a commit (by a plain client) and a local repaint of the same
screen, begun by the same touch. A finger rests on the glass as long as a person's does: the button's pressed look is
painted before it is lifted.
"""

import json
import tempfile
import time
from pathlib import Path

from playwright.sync_api import CDPSession, Locator, Page, sync_playwright

from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.kiosk_fixtures import KioskHall, PageFace
from tests.instruments.running_hall import REPO, RunningHall
from tests.speed.painting import PROBE, Painting, Speed, painting, speed

ROUNDS = 50
PORTRAIT = {"width": 1080, "height": 1920}
PRESS_SECONDS = 0.08  # a finger's
SETTLED_MS = 150  # the screen before is painted, and nothing of it is on its way
WATCH = """() => {
    const root = document.getElementById('kiosk');
    probe.watch(root, () => root.dataset.screen === 'number');
}"""
KEEP = "() => { window.number_screen = document.getElementById('kiosk').cloneNode(true); }"
ARM = """() => {
    const root = document.getElementById('kiosk'), screen = root.dataset.screen;
    const { paint, undo } = probe.repaint([[root, number_screen]]);
    addEventListener('pointerup', (event) => {
        event.stopImmediatePropagation();
        Object.assign(probe, { sent: performance.now(), still: true });
        paint();
        root.dataset.screen = 'number';
    }, { capture: true, once: true });
    window.take_back = () => { undo(); root.dataset.screen = screen; };
}"""


def measure(kiosk: KioskHall, page: Page, rounds: int) -> Speed:
    """Whole visits, one after another, on a page that was opened with `PROBE`; each pays for its floor too."""
    face, finger = PageFace(page).fresh(), page.context.new_cdp_session(page)
    page.evaluate(WATCH)
    commits, local, real = list[float](), list[Painting](), list[Painting]()
    for number in range(rounds + 1):  # the first has no screen to repaint yet
        for target in ("start", "department:tax", "item:T001", "take", "class:ordinary"):
            face.tap(target)
        if number:
            local.append(repainted(face, finger))
        touched(face, finger)
        painted = painting(page, "the number painted")
        page.wait_for_selector(".note.good")
        page.evaluate(KEEP)
        face.tap("home")
        if number:
            real.append(painted)
            commits.append(committed(kiosk.hall))
    return speed(commits, local, real)


def repainted(face: PageFace, finger: CDPSession) -> Painting:
    """The number screen of the visit before, put in by the touch itself, and taken out again."""
    face.page.evaluate(ARM)
    touched(face, finger)
    painted = painting(face.page, "the local repaint")
    face.page.evaluate("take_back()")
    return painted


def touched(face: PageFace, finger: CDPSession) -> None:
    button: Locator = face.find("confirm")
    box = button.bounding_box()
    assert box
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    face.page.wait_for_timeout(SETTLED_MS)
    face.page.evaluate("probe.reset()")
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    time.sleep(PRESS_SECONDS)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


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
        page.add_init_script(PROBE)
        page.goto(kiosk.url)
        print(json.dumps({"rounds": ROUNDS, "kiosk": measure(kiosk, page, ROUNDS).figures()}))
        browser.close()
        kiosk.close()
        hall.close()


if __name__ == "__main__":
    main()
