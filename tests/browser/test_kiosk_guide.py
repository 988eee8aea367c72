# ruff: noqa: F401, F811 - the fixture `kiosk` is imported by name
"""一次性告知 on the glass: every fact a hall published of an item, and a guide on paper that costs no number."""

import functools

import pytest
from playwright.sync_api import expect

from config.directions import lines_in, text_in
from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import KioskHall, PageFace, kiosk  # pyright: ignore[reportUnusedImport]
from tests.instruments.running_hall import until

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
ITEM, DEPARTMENT = "A001", "safety"  # the hall has published every fact of it
NEXT = '[data-target="local:next"]:not([aria-disabled])'
SEEN = """() => {
    const frame = document.querySelector('.reading').getBoundingClientRect();
    const inside = (box) => box.left >= frame.left - 1 && box.right <= frame.right + 1 && box.height > 0;
    return Object.fromEntries([...document.querySelectorAll('.reading .row')]
        .filter((row) => inside(row.getBoundingClientRect()))
        .map((row) => [row.querySelector('dt').textContent, row.querySelector('dd').innerText]));
}"""


def guide(open_page: OpenPage, kiosk: KioskHall, size: tuple[int, int]) -> PageFace:
    face = PageFace(open_page(kiosk.url, *size)).fresh()
    for target in ("start", f"department:{DEPARTMENT}", f"item:{ITEM}"):
        face.tap(target)
    face.expect("guide", "一次性告知")
    return face


@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
def test_every_published_fact_is_on_the_glass(open_page: OpenPage, kiosk: KioskHall, size: tuple[int, int]):
    face = guide(open_page, kiosk, size)
    hall = kiosk.hall.settings
    item = next(each for each in hall.items if each.id == ITEM)
    phone = next(each.phone for each in hall.departments if each.id == DEPARTMENT)
    rows = read_through(face)
    assert rows["需带材料"].split("\n") == lines_in(item, "papers", "zh")
    assert rows["办理条件"] == text_in(item, "conditions", "zh")
    assert rows["办理流程"].split("\n") == lines_in(item, "steps", "zh")
    assert rows["办结时限"] == f"承诺 {item.promised_days} 个工作日（法定 {item.statutory_days} 个）"
    assert (rows["收费"], rows["咨询电话"], rows["办理依据"]) == (item.fee, item.phone or phone, item.basis)
    expect(face.find("print-guide")).to_be_visible()


def read_through(face: PageFace) -> dict[str, str]:
    """What can be read, page after page, as a person turns them."""
    rows: dict[str, str] = face.page.evaluate(SEEN)
    while face.page.locator(NEXT).count():
        known = len(rows)
        face.touch(face.page.locator(NEXT).first)
        rows = until(functools.partial(read_more, face, rows, known), "the next page shows more")
    return rows


def read_more(face: PageFace, rows: dict[str, str], known: int) -> dict[str, str]:
    more = face.page.evaluate(SEEN) | rows
    return more if len(more) > known else {}


def test_the_guide_is_one_slip_and_no_number(open_page: OpenPage, kiosk: KioskHall):
    face = guide(open_page, kiosk, LANDSCAPE)
    slips, numbers = kiosk.slips, kiosk.hall.issued()
    face.tap("print-guide")
    face.expect("guide", "办事指南已打印，请取走")
    assert kiosk.slips == slips + 1
    for target in ("take", "class:ordinary", "confirm"):
        face.tap(target)
    face.expect("number", "请取走号票")
    until(lambda: kiosk.slips == slips + 2, "the number's slip is cut")
    assert kiosk.hall.issued() == numbers + 1, "the number's, none by the guide"
