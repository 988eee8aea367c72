"""The phone on a bad line: far away and slow, and with the hall gone for a while.

Most who wait outside have one bar of signal in a stairwell. The page is small enough for that, and when nothing
is known any more it says so, and keeps the last it knew.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall, until

PHONE = (390, 844)
SLOW = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}  # ms, bytes/s
LATENCY_MS_MIN = 350  # of 400; the browser rounds its times
LOAD_BYTES_MAX = 300_000
PATIENCE_MS = 60_000  # a bound, not a wait
QUIET_MS = 6_000  # the wire is silent for a few seconds before the page says so
AGAIN_MS = 20_000  # a bound on connecting again
SIZES = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map((entry) => entry.transferSize)"""
ANSWERED = "(([page]) => page.responseEnd - page.requestStart)(performance.getEntriesByType('navigation'))"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("line"), REPO / "config/halls/county.toml").start()
    running.open("9")
    yield running
    running.close()


def taken(hall: RunningHall) -> dict[str, Any]:
    return hall.take(next(each.queues[0] for each in hall.settings.windows if each.id == "9"))


def content(page: Page) -> list[str]:
    return page.locator("#place, #acts, #guide").all_inner_texts()


def test_the_page_works_on_a_slow_line(hall: RunningHall, open_page: OpenPage) -> None:
    mine = taken(hall)
    page = open_page("about:blank", *PHONE, alone=True)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    page.goto(hall.phone_page(mine["ticket"]), timeout=PATIENCE_MS)
    expect(page.locator("#place .number")).to_have_text(mine["number"], timeout=PATIENCE_MS)
    assert page.evaluate(ANSWERED) >= LATENCY_MS_MIN  # the line was slow
    sizes = page.evaluate(SIZES)
    assert 0 < sum(sizes) < LOAD_BYTES_MAX, sizes
    page.get_by_text("打开提醒").tap()
    expect(page.get_by_text("提醒已打开")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("#language").tap()
    expect(page.locator("#place")).to_contain_text("Your number", timeout=PATIENCE_MS)


def test_killed_and_restarted_the_phone_says_so_and_shows_the_same(
    hall: RunningHall, open_page: OpenPage
) -> None:
    mine = taken(hall)
    page = open_page(hall.phone_page(mine["ticket"]), *PHONE)
    expect(page.locator("#place .number")).to_have_text(mine["number"])
    expect(page.locator(".silence")).to_have_count(0)
    before = content(page)
    hall.kill_caller()
    expect(page.locator(".silence")).to_contain_text("信息未更新", timeout=QUIET_MS)
    assert content(page) == before
    hall.restart_caller()
    expect(page.locator(".silence")).to_have_count(0, timeout=AGAIN_MS)
    until(lambda: content(page) == before, "the same as before")  # estimates come a moment later
    while hall.call("9")["number"] != mine["number"]:
        hall.serve("9")
        hall.finish("9")
    expect(page.locator("#place")).to_contain_text("轮到您了", timeout=AGAIN_MS)
    hall.serve("9")
    hall.finish("9")
