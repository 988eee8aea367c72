"""The board in halls of every size: what few windows leave empty is filled, and who is on duty has a place."""

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from tests.instruments.browser import OpenPage, stop_clock
from tests.instruments.running_hall import REPO, RunningHall, until

SIZES = [(1920, 1080), (1080, 1920)]
CUT = """() => [...document.querySelectorAll(".call span, .on-duty span, .none span")].filter((e) => {
    const box = e.getBoundingClientRect(), card = e.closest("li").getBoundingClientRect();
    const outside = box.top < card.top || box.bottom > card.bottom || box.right > card.right;
    return e.scrollWidth > e.clientWidth + 1 || outside;
}).map((e) => e.outerHTML)"""
RING_MS = 10_000
NOTICE_MS = 12_000  # how long one notice stays
NUMBER_PX_MIN = 200  # a lone call is read from the door


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    hall = RunningHall(tmp_path_factory.mktemp("county"), REPO / "config/halls/county.toml").start()
    yield hall
    hall.close()


def board(hall: RunningHall, open_page: OpenPage, size: tuple[int, int], query: str = "") -> Page:
    page = open_page("about:blank", *size, alone=True)
    page.clock.install()
    page.goto(hall.page(f"/board?voice=off{query}", "board", "b1"))
    expect(page.locator(".cell").first).to_be_visible()
    return page


@pytest.mark.parametrize("size", SIZES)
def test_who_is_on_duty_has_a_panel_where_the_windows_leave_room(
    county: RunningHall, open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = board(county, open_page, size, "&windows=1,2,3,4,5,6")
    expect(page.locator(".on-duty")).to_have_count(3)
    complaints = page.locator(".on-duty").last
    for words in ("投诉受理", "Complaints", "陈志强", "效能监察室", "0000-8099"):
        expect(complaints).to_contain_text(words)
    expect(page.locator(".slide", has_text="值班")).to_have_count(0)
    until(lambda: page.evaluate(CUT) == [], "nothing is cut")
    complaints.locator(".who").evaluate("(e) => (e.style.fontSize = '8rem')")  # the twin
    until(lambda: page.evaluate(CUT) != [], "the eye sees what is cut")


def test_a_board_of_an_area_shows_its_windows(county: RunningHall, open_page: OpenPage) -> None:
    page = board(county, open_page, SIZES[0], "&area=lobby")
    there = page.locator(".cell").evaluate_all("all => all.map((e) => e.dataset.window)")
    here = [window for window in county.settings.windows if window.area == "lobby"]
    assert there == [window.id for window in here]
    waits = page.locator(".queue").evaluate_all("all => all.map((e) => e.dataset.queue)")
    assert set(waits) == {queue for window in here for queue in (*window.queues, *window.helps)}


def test_the_halls_notices_are_shown_one_after_another(county: RunningHall, open_page: OpenPage) -> None:
    page = board(county, open_page, SIZES[0])
    notices = county.settings.notices
    assert len(notices) > 1
    stop_clock(page)
    slides, seen = page.locator("#strip .slide").count(), list[str]()
    for _ in range(slides):
        seen += page.locator("#strip .slide:visible").all_inner_texts()
        page.clock.run_for(NOTICE_MS)
    assert (len(seen), len(set(seen))) == (slides, slides), "one at a time, each once"
    assert {notice for notice in notices if any(notice in text for text in seen)} == set(notices)


def test_on_duty_in_english(county: RunningHall, open_page: OpenPage) -> None:
    page = board(county, open_page, SIZES[0], "&lang=en&windows=1")
    expect(page.locator("#duty-head")).to_contain_text("On duty")
    expect(page.locator(".on-duty").first).to_be_visible()
    assert page.locator("#duty-panel").inner_text().isascii()  # at rest: the roster changes at midnight


def test_a_day_on_the_board_of_a_one_window_hall(
    tmp_path_factory: pytest.TempPathFactory, open_page: OpenPage
) -> None:
    hall = RunningHall(tmp_path_factory.mktemp("village"), REPO / "config/halls/village.toml").start()
    try:
        _live_a_day(hall, [board(hall, open_page, size) for size in SIZES])
    finally:
        hall.close()


def _live_a_day(hall: RunningHall, pages: list[Page]) -> None:
    for page in pages:
        expect(page.locator(".none")).to_contain_text("请留意叫号")
    hall.open("1")
    for earlier in (0, 1):
        call = _next(hall)
        for page in pages:
            expect(page.locator(".call .number").first).to_have_text(call["number"])
            page.clock.run_for(RING_MS)
            expect(page.locator(".call .number")).to_have_count(1)
            expect(page.locator("#recent li")).to_have_count(earlier)
            expect(page.locator(".recent")).to_be_visible(visible=bool(earlier))
            until(partial(_stands_large, page), "the number stands large and nothing is cut")
    hall.finish("1")
    hall.send(cmd.CloseDay())
    for page in pages:
        for words in ("现在不办公", "下次办公", "08:30", "办公时间 08:30–17:30", "Opens next on"):
            expect(page.locator(".none")).to_contain_text(words)
        expect(page.locator("#duty-panel")).to_be_hidden()


def _stands_large(page: Page) -> bool:
    height = page.locator(".call .number").evaluate("e => e.offsetHeight")
    return height > NUMBER_PX_MIN and page.evaluate(CUT) == []


def _next(hall: RunningHall) -> dict[str, str]:
    """Whoever is there is done, and another one is called and served."""
    if hall.views["window/1"]["state"] == "serving":
        hall.finish("1")
    hall.take("A")
    call = hall.call("1")
    hall.serve("1")
    return call
