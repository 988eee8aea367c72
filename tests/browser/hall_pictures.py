"""A picture of every sample hall's kiosk and board, on two sheets: `python -m tests.browser.hall_pictures [FOLDER]`.

Each hall lives as `hallcall demo` starts it, with its robots, until its board has called somebody.
"""

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.screenshots import BYTES_MAX
from tests.instruments.browser import ARGS, CHROMIUM
from tests.instruments.plain_halls import HALLS
from tests.instruments.running_hall import REPO, until

PAGES = {"kiosk": (1080, 1920), "board": (1920, 1080)}
ACROSS = {"kiosk": 8, "board": 4}  # pictures in a row of a sheet
WIDTH = {"kiosk": 150, "board": 300}  # of one, pixels
NAME_HEIGHT, GAP = 18, 6
COLOURS = 48  # of a sheet, which stays below BYTES_MAX with them


@contextmanager
def demo(hall: str, folder: Path) -> Generator[dict[str, str]]:
    """A hall with its robots; yields the addresses of its pages."""
    told = folder / "told.txt"
    line = [sys.executable, "-m", "caller.cli", "demo", "--hall", hall, "--data", str(folder / "data")]
    with told.open("wb") as out:
        process = subprocess.Popen(line, cwd=REPO, stdout=out, stderr=out)
    try:
        until(lambda: "devices\n" in told.read_text("utf-8"), f"the demo of {hall}")
        yield {page: re.findall(rf" {page}\n\s+(\S+)", told.read_text("utf-8"))[0] for page in PAGES}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def taken(browser: Browser, hall: str, folder: Path) -> dict[str, Image.Image]:
    """Return the pictures of a hall by page, once somebody has been called."""
    found: dict[str, Image.Image] = {}
    with demo(hall, folder) as addresses:
        for page, (width, height) in reversed(PAGES.items()):
            view = browser.new_page(viewport={"width": width, "height": height})
            view.goto(addresses[page])
            expect(
                view.locator("#calls .call" if page == "board" else "#kiosk[data-n]").first
            ).to_be_visible()
            view.wait_for_function("() => document.fonts.ready.then(() => true)")
            path = folder / f"{page}.png"
            view.screenshot(path=path)
            found[page] = Image.open(path).convert("RGB")
            view.close()
    return found


def sheet(page: str, pictures: dict[str, Image.Image]) -> Image.Image:
    """Return the pictures of one page side by side, each with its hall's name."""
    width, across = WIDTH[page], ACROSS[page]
    height = width * PAGES[page][1] // PAGES[page][0] + NAME_HEIGHT + GAP
    rows = -(-len(pictures) // across)
    whole = Image.new("RGB", (across * (width + GAP), rows * height), "white")
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(13)
    for place, (hall, picture) in enumerate(pictures.items()):
        x, y = place % across * (width + GAP), place // across * height
        whole.paste(
            picture.resize((width, height - NAME_HEIGHT - GAP), Image.Resampling.LANCZOS),
            (x, y + NAME_HEIGHT),
        )
        pen.text((x, y), hall, "black", font)
    return whole


def main(folder: Path) -> None:
    pages: dict[str, dict[str, Image.Image]] = {page: {} for page in PAGES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for hall in sorted(path.stem for path in HALLS.glob("*.toml")):
            with tempfile.TemporaryDirectory() as scratch:
                print(hall, flush=True)
                for page, picture in taken(browser, hall, Path(scratch)).items():
                    pages[page][hall] = picture
        browser.close()
    for page, pictures in pages.items():
        path = folder / f"halls-{page}.png"
        sheet(page, pictures).quantize(COLOURS).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size} of {BYTES_MAX}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else REPO / "docs/pictures")
