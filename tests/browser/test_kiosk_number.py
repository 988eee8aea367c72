# ruff: noqa: F401, F811 - the fixture `kiosk` is imported by name
"""The number, from a real kiosk: huge, whole, and its code leads to the phone page and back to the kiosk."""

import re
from pathlib import Path

import zxingcpp
from PIL import Image

from tests.browser.test_kiosk_layout import violations
from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace, kiosk  # pyright: ignore[reportUnusedImport]
from tests.instruments.layout_audit import LANDSCAPE, PORTRAIT, looked_at, looked_at_both_ways, turn

SIZES = (PORTRAIT, LANDSCAPE)
TALL_PX_MIN = 140  # read from three metres


def dress(face: PageFace, large: bool) -> None:
    face.tap("large")
    face.page.wait_for_selector("html.large" if large else "html:not(.large)", timeout=MILLIS)


def test_the_number_is_huge_whole_and_its_code_leads_to_the_phone_page(
    open_page: OpenPage, kiosk: KioskHall, tmp_path: Path
):
    """In both sizes and types; a page that is turned is laid out as one that was loaded so (test_kiosk_layout)."""
    face = PageFace(open_page(kiosk.url, *PORTRAIT)).fresh()
    number = face.take()
    face.expect("", "请取走号票")
    assert number.startswith("A")
    address = f"http://127.0.0.1:{kiosk.hall.settings.listen.web}/t#KEY"
    codes: set[str] = set()
    for large in (False, True):
        if large:
            dress(face, large)
        for size in SIZES:
            turn(face.page, size)
            faults = looked_at(face.page)
            assert not faults, "\n".join(faults)
            box = face.page.locator("[data-number]").bounding_box()
            assert box
            assert box["height"] >= TALL_PX_MIN
            face.page.screenshot(path=tmp_path / "number.png")
            read = [code.text for code in zxingcpp.read_barcodes(Image.open(tmp_path / "number.png"))]
            assert [re.sub(r"[0-9a-f-]{36}\.[0-9a-f]{24}$", "KEY", text) for text in read] == [address]
            codes |= set(read)
    assert violations(face.page) == []
    dress(face, False)
    assert violations(face.page) == []
    assert len(codes) == 1
    face.tap("home")
    face.scan(codes.pop())
    face.expect("ticket", number)
    for large in (False, True):
        if large:
            dress(face, large)
        faults = looked_at_both_ways(face.page)
        assert not faults, "\n".join(faults)
