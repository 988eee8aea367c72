"""材料不全 on the desk's page, in a real Chromium against a real caller: the tick list, the A4 notice, and the way back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from tests.browser.test_desk import ANSWER_MS, desk, live, says
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall

ITEM = "T001"  # with three papers


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("papers"), REPO / "config/halls/county.toml").start()
    yield running
    running.close()


def serving(hall: RunningHall, open_page: OpenPage) -> tuple[Page, str]:
    """A desk at which an applicant is served for the item, and the window."""
    queue = next(each.queue for each in hall.settings.items if each.id == ITEM)
    window = next(each.id for each in hall.settings.windows if queue in each.queues)
    hall._enrol(("window", window))
    hall.open(window)
    hall.send(cmd.TakeTicket(items=[ITEM]))
    page = desk(hall, open_page("about:blank", 1280, 800), window)
    served(page)
    return page, window


def served(page: Page) -> None:
    live(page, "next")
    page.keyboard.press("Space")
    live(page, "start")
    page.keyboard.press("s")
    live(page, "finish")
    expect(page.locator("#ticket")).to_have_attribute("data-tone", "serving", timeout=ANSWER_MS)


def test_all_papers_are_on_one_screen_and_the_notice_brings_the_applicant_back(
    hall: RunningHall, open_page: OpenPage
):
    page, window = serving(hall, open_page)
    page.keyboard.press("f")
    expect(page.locator("#ask kbd").nth(2)).to_have_text("3")
    page.keyboard.press("3")
    papers = page.locator("#ask .paper")
    expect(papers).to_have_count(3)
    page.keyboard.press("Enter")
    expect(page.locator("#ask")).to_be_visible()  # nothing is marked yet
    page.keyboard.press("2")
    page.keyboard.press("0")
    page.keyboard.press("4")
    expect(page.locator('#ask .paper[data-wrong="true"]')).to_have_count(2)
    page.keyboard.press("Enter")
    says(page, "2 份材料")
    sheet = page.locator("#sheet")
    expect(sheet).to_be_visible()
    address = str(sheet.get_attribute("href"))

    notice = open_page("about:blank", 900, 1200)
    notice.goto(hall.page(address, "window", window).partition("?")[0].partition("#")[0])
    expect(notice.locator("h1")).to_contain_text("一次性告知单")
    expect(notice.locator("tbody tr").first).to_contain_text("已过期")
    assert notice.evaluate("getComputedStyle(document.querySelector('.code')).float") == "right", (
        "its style is allowed"
    )
    notice.close()

    code = page.evaluate("(address) => fetch(address).then((answer) => answer.text())", address)
    number = code.partition('<aside class="code">')[2].partition("<p>")[2][:10]
    hall.send(cmd.CheckIn(number))
    served(page)
    page.keyboard.press("f")
    expect(page.locator("#ask h2")).to_contain_text("逐项核对")
    expect(page.locator('#ask .paper[data-wrong="true"]')).to_have_count(2)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    expect(page.locator('#ask .paper[data-wrong="true"]')).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#ask h2")).to_contain_text("怎样结束")
    page.keyboard.press("2")
    says(page, "受理")
    page.close()
