"""A screen without a token shows a code; a manager enters it, or a person types the sheet's; the page goes on by itself."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from caller.engine.envelope import EnrolStation, RevokeStation
from caller.identity.enrolment_sheet import write_sheet
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import RunningHall

CODE = re.compile(r"[2-9A-HJ-NP-Z]{3} [2-9A-HJ-NP-Z]{3}")


@pytest.fixture
def hall(county: RunningHall) -> RunningHall:
    return county


def code_on(page: Page) -> str:
    shown = page.locator(".enrol-code")
    expect(shown).to_have_text(CODE)
    return shown.inner_text()


def test_a_board_is_enrolled_by_its_code_and_shows_the_hall(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(f"{hall.web.address}/board", 1280, 720)
    code = code_on(page)
    done = hall.send(EnrolStation(code, "board", "wall-1"))
    assert done["address"] == "127.0.0.1"
    expect(page.locator("body")).to_have_attribute("data-wire", "current")
    expect(page.locator(".stopped")).to_have_count(0)
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-wire", "current")


def test_a_revoked_page_shows_a_code_again(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(f"{hall.web.address}/board", 1280, 720)
    hall.send(EnrolStation(code_on(page), "board", "wall-2"))
    expect(page.locator("body")).to_have_attribute("data-wire", "current")
    hall.send(RevokeStation("board", "wall-2"))
    expect(page.locator(".stopped h2")).to_contain_text("令牌无效")
    hall.send(EnrolStation(code_on(page), "board", "wall-2"))
    expect(page.locator("body")).to_have_attribute("data-wire", "current")


def sheet(hall: RunningHall, role: str, name: str) -> str:
    (code,) = write_sheet(Path(hall.data / "stations.db"), [(role, name)], f"{name:0>32}".encode(), "", 2**52)
    return code


def test_the_sheets_code_is_typed_at_the_screen(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(f"{hall.web.address}/desk?window=3", 1280, 720)
    code_on(page)
    field = page.locator("#sheet-code")
    field.click()
    page.keyboard.type("ABCDE-FGHJK")
    page.keyboard.press("Enter")
    expect(page.locator(".enrol-wrong")).to_contain_text("登记单上没有这个码")
    code_on(
        page
    )  # the page is drawn once more when the caller has answered again: no press may fall into that
    code = sheet(hall, "window", "3")
    field.click()
    page.keyboard.type(f"{code[:5].lower()} {code[5:].lower()}")
    page.locator(".enrol-sheet button").click()
    expect(page.locator("body")).to_have_attribute("data-wire", "current")


def test_the_sheets_code_may_stand_in_the_address(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(f"{hall.web.address}/rate?window=4#code={sheet(hall, 'evaluator', '4')}", 1280, 800)
    expect(page.locator("body")).to_have_attribute("data-wire", "current")
    expect(page).to_have_url(re.compile("^[^#]*$"))


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 800), (800, 480)])
def test_the_code_is_large_and_nothing_is_cut(
    hall: RunningHall, open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(f"{hall.web.address}/sign?window=1", *size)
    code_on(page)
    expect(page.locator(".stopped")).to_contain_text("--role board --name sign-1")
    tall = page.locator(".enrol-code").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert tall >= 56
    box = page.locator(".stopped").evaluate(
        "e => [e.scrollWidth - e.clientWidth, e.querySelector('h2').offsetTop]"
    )
    assert box[0] <= 0
    assert box[1] >= 0
