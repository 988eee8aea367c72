"""Sixty windows on one board: every one is seen, without a scroll bar, and the page says which part it shows."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.instruments.browser import OpenPage, stop_clock
from tests.instruments.large_halls import large_hall
from tests.instruments.running_hall import RunningHall, until

WINDOWS = 60
PAGE_MS = 8_000
NOTICE_MS = 12_000
ROSTER = """
[[roster]]
role = "带班领导"
role_en = "Leader on duty"
name = "王建国"
phone = "0000-8007"
"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    source = large_hall(tmp_path_factory.mktemp("large"), WINDOWS, more=ROSTER)
    running = RunningHall(tmp_path_factory.mktemp("hall"), source).start()
    running.open(*(str(number) for number in range(1, 13)))
    for number in range(1, 13):
        running.take(next(w.queues[0] for w in running.settings.windows if w.id == str(number)))
        running.call(str(number))
    yield running
    running.close()


def with_fast_clock(hall: RunningHall, open_page: OpenPage, width: int, height: int) -> Page:
    page = open_page("about:blank", width, height, alone=True)
    page.clock.install()
    page.goto(hall.page("/board?voice=off", "board", "b1"))
    expect(page.locator(".cell").first).to_be_visible()
    stop_clock(page)
    page.clock.run_for(1)
    return page


def shown(page: Page) -> list[str]:
    return page.locator(".cell").evaluate_all("all => all.map((e) => e.dataset.window)")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_all_sixty_windows_are_seen_page_by_page(
    hall: RunningHall, open_page: OpenPage, width: int, height: int
) -> None:
    page = with_fast_clock(hall, open_page, width, height)
    first, pages = (int(each) for each in page.locator("#windows-pages").inner_text().split("/"))
    assert pages > 1
    seen: list[str] = []
    sizes: list[int] = []
    for turned in range(pages):
        number = (first + turned - 1) % pages + 1  # a page that was long in coming has turned before
        expect(page.locator("#windows-pages")).to_have_text(re.compile(rf"\b{number} / {pages}"))
        expect(page.locator("#windows-pages i.now")).to_have_count(1)
        sizes.append(len(shown(page)))
        seen += shown(page)
        assert page.evaluate("document.documentElement.scrollHeight") == height
        clipped = page.locator(".cell").evaluate_all(
            "all => all.filter((e) => e.scrollHeight > e.clientHeight + 1).length"
        )
        assert clipped == 0
        page.clock.run_for(PAGE_MS)
    assert max(sizes) - min(sizes) < pages, sizes  # none has one window alone
    assert sorted(seen, key=int) == [str(number) for number in range(1, WINDOWS + 1)]


def test_twin_without_paging_sixty_windows_do_not_fit(hall: RunningHall, open_page: OpenPage) -> None:
    page = with_fast_clock(hall, open_page, 1920, 1080)
    height = page.evaluate(
        """() => { const list = document.querySelector("#windows"); const one = list.children[0];
        for (let i = list.children.length; i < 60; i++) list.append(one.cloneNode(true));
        list.style.gridAutoRows = "6.25rem"; return [list.scrollHeight, list.clientHeight] }"""
    )
    assert height[0] > height[1]


def test_twelve_calls_at_once_are_all_on_the_board(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)
    expect(page.locator("#calls .call").first).to_be_visible()
    shown = page.locator(".call .number, #recent .number")
    newest = [call["number"] for call in hall.fresh("board")["calls"]]
    until(lambda: len(shown.all_inner_texts()) >= 9, "they are shown")
    until(lambda: shown.all_inner_texts() == newest[: shown.count()], "in their order")


def test_without_room_the_strip_tells_who_is_on_duty(hall: RunningHall, open_page: OpenPage) -> None:
    page = with_fast_clock(hall, open_page, 1920, 1080)
    expect(page.locator("#duty-panel")).to_be_hidden()
    told, heights = list[str](), list[Any]()
    for _ in range(2):  # one after the other, whichever stands there first
        told.append(page.locator(".slide.now").inner_text())
        heights.append(page.locator("footer.notices").bounding_box())
        page.clock.run_for(NOTICE_MS)
    for words in ("今日值班.*带班领导 王建国 0000-8007", "On duty.*Leader on duty: 王建国"):
        assert [text for text in told if re.search(words, text, re.S)], told
    assert heights[0] == heights[1]


def test_twin_a_panel_without_room_costs_the_windows_a_page(hall: RunningHall, open_page: OpenPage) -> None:
    page = with_fast_clock(hall, open_page, 1920, 1080)
    expect(page.locator("#windows-pages")).to_contain_text("/ 4")
    page.evaluate("document.querySelector('#duty-panel').hidden = false")
    expect(page.locator("#windows-pages")).not_to_contain_text("/ 4")
