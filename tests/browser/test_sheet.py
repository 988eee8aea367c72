"""The emergency sheet in a real Chromium: it outlives the caller, is ticked by hand, and tells the hall afterwards."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from caller.engine import commands as cmd
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall, comes_to


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("sheet"), REPO / "config/halls/village.toml").start()
    running._enrol(("guide", "g1"))
    running.open("1")
    yield running
    running.close()


def test_one_calls_by_hand_from_a_page_that_outlives_the_caller_and_notes_it_afterwards(
    hall: RunningHall, open_page: OpenPage
):
    tickets = [hall.take("A") for _ in range(3)]
    page = open_page(hall.page("/sheet", "guide", "g1"), 1280, 800)
    rows = page.locator("#lists section").first.locator("li")
    expect(rows).to_have_count(3)
    expect(page.locator("#as-of")).to_contain_text("信息当前")
    hall.kill_caller()
    expect(page.locator("#as-of.away")).to_contain_text("叫号服务断开")
    page.reload()
    expect(rows).to_have_count(3)
    rows.first.locator("input").check()
    expect(page.locator("#note")).to_be_disabled()
    hall.restart_caller()
    expect(page.locator("#as-of")).to_contain_text("信息当前")
    expect(page.locator("#note")).to_have_text("登记 1 个已人工叫号")
    page.locator("#note").click()
    expect(page.locator("#message")).to_have_text("已登记 1 个")
    expect(rows).to_have_count(2)
    comes_to(lambda: hall.fresh(f"ticket/{tickets[0]['ticket']}")["state"], "by-hand")
    page.emulate_media(media="print")
    expect(page.locator("#print")).to_be_hidden()
    page.close()


def test_a_desk_keeps_the_sheet_and_leads_to_it_when_the_caller_is_away(
    hall: RunningHall, open_page: OpenPage
):
    """Nobody opens an emergency sheet on a quiet day: the desk has it, taken once a minute."""
    hall._enrol(("window", "1"))
    given = hall.take("A")
    number = given["number"]
    page = open_page("about:blank", 1366, 768)
    page.clock.install()
    page.goto(hall.page("/desk?window=1", "window", "1"))
    expect(page.locator("#link")).to_have_attribute("data-link", "current")
    expect(page.locator('[data-list="waiting"] .row', has_text=number)).to_have_count(1)
    expect(page.locator("#by-hand")).to_be_hidden()
    page.clock.fast_forward(61_000)
    page.wait_for_function("() => localStorage.getItem('hallcall.sheet')?.includes('waiting')")
    hall.kill_caller()
    expect(page.locator("#by-hand")).to_have_text("应急叫号单")
    with page.expect_popup() as opened:
        page.locator("#by-hand").click()
    expect(opened.value.locator("#as-of.away")).to_contain_text("叫号服务断开")
    expect(opened.value.locator("#lists li", has_text=number)).to_have_count(1)
    hall.restart_caller()
    hall.send(cmd.CancelTicket(given["ticket"]))
    page.close()
