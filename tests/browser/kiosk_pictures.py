"""The kiosk's pictures for README: the choice of departments with live waits, and a number just taken."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.browser.kiosk_fixtures import MILLIS, KioskHall, PageFace
from tests.browser.running import RunningHall

SIZE = (1080, 1920)
SMALL = (540, 960)


def take(hall: RunningHall, browser: Browser, keep: Callable[[str, bytes], None]) -> None:
    """`keep(name, png)` is told each picture, at half its size."""
    with tempfile.TemporaryDirectory() as scratch:
        kiosk = KioskHall(hall, Path(scratch))
        page = browser.new_context(
            viewport={"width": SIZE[0], "height": SIZE[1]}, has_touch=True, locale="zh-CN"
        ).new_page()
        try:
            page.goto(kiosk.url)
            face = PageFace(page).fresh()
            face.tap("start")
            face.expect("services", "")
            keep("kiosk", halved(page.screenshot(animations="disabled")))
            face.tap("home")
            face.take()
            page.wait_for_selector(".note.good", timeout=MILLIS)
            keep("kiosk-number", halved(page.screenshot(animations="disabled")))
        finally:
            page.context.close()
            kiosk.close()


def halved(picture: bytes) -> bytes:
    small = io.BytesIO()
    Image.open(io.BytesIO(picture)).resize(SMALL, Image.Resampling.LANCZOS).save(small, "PNG")
    return small.getvalue()
