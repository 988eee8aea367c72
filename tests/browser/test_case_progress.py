"""How a case goes on, on a phone: by the receipt's code, in both languages, and no code is guessed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from caller.engine.case_messages import OpenCase
from caller.engine.short_codes import KINDS
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall

ITEM = "A001"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("progress"), REPO / "config/halls/county.toml").start()
    yield running
    running.close()


def test_a_receipts_code_shows_its_case_and_wrong_ones_are_counted(hall: RunningHall, open_page: OpenPage):
    made = hall.send(OpenCase(ITEM))
    address = hall.page("/case", "web", "web").partition("#")[0].partition("?")[0]
    page = open_page("about:blank", 390, 844)
    page.goto(f"{address}#{made['code']}")
    expect(page.locator("#case .case-state")).to_contain_text("已受理")
    expect(page.locator("#case dd").first).to_have_text(made["case_number"])
    page.locator("#language").click()
    expect(page.locator("#case .case-state")).to_contain_text("ccepted")
    for nth in range(KINDS["case"].tries + 1):
        page.locator("#code").fill(f"{nth:010d}")
        with page.expect_response("**/progress/**") as answer:
            page.locator("#ask button").click()
        assert answer.value.status == (404 if nth < KINDS["case"].tries else 429)
    expect(page.locator("#case .case-state")).to_contain_text("Too many")
    page.close()
