"""The rating of a decided case through real processes: on the page of its progress, and at the window that hands it out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase, OpenCase
from caller.people.store import PeopleStore
from tests.instruments.browser import OpenPage, still
from tests.instruments.clipped_text import faults
from tests.instruments.feedback_hall import FeedbackHall, with_settings
from tests.instruments.running_hall import RunningHall, until

SETTINGS = "\n[cases]\nenabled = true\n\n[ratings]\nrectify = true\n"
ITEM, WINDOW = "A001", "1"
LATER = "第二天就有人打电话来说明，证也拿到了"
WORDS, PHONE = "等了三个星期，没有人告诉我为什么", "13900000000"


class CaseRatingHall(FeedbackHall):
    """A county hall with cases whose bad ratings are rectified."""

    def __init__(self, folder: Path) -> None:
        RunningHall.__init__(self, folder, with_settings(folder, "county", SETTINGS))

    def decided(self) -> dict[str, Any]:
        """A case of window 1 that was granted by 1007: its id, number and code."""
        made = self.send(OpenCase(ITEM, WINDOW, staff="1007"))
        self.send(MoveCase(made["about"], "decide", 0, staff="1007", decision="granted"))
        return made

    def progress(self, code: str) -> dict[str, Any]:
        status, answer = self.http("GET", f"/progress/{code}")
        assert status == 200, answer
        return answer


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRatingHall]:
    running = CaseRatingHall(tmp_path_factory.mktemp("case-rating"))
    running.start()
    running.open(WINDOW)
    yield running
    running.close()


def test_by_the_receipts_code_a_case_is_rated_once_with_words_and_its_receipt(
    hall: CaseRatingHall, open_page: OpenPage
) -> None:
    made = hall.decided()
    page = open_page("about:blank", 390, 844)
    page.goto(f"{hall.page('/case')}#{made['code']}")
    expect(page.locator("#rating h2")).to_have_text("这件事办得满意吗？")
    still(page)
    assert faults(page) == []
    page.locator("#rating [data-level='2']").click()
    page.locator("#rating .reason").first.click()
    page.locator("#rating textarea").fill(WORDS)
    page.locator("#rating input").fill(PHONE)
    page.locator("[data-act='rate.send']").click()
    expect(page.locator("#rating")).to_contain_text("您的意见已收到")
    expect(page.locator("#rating .receipt-text")).to_contain_text("hc2:")
    still(page)
    assert faults(page) == []
    page.reload()
    expect(page.locator("#rating h2")).to_have_text("您已评价这件办件，谢谢")
    page.locator("[data-act='case.add']").click()
    page.locator("#rating [data-level='4']").click()
    page.locator("#rating textarea").fill(LATER)
    still(page)
    assert faults(page) == []
    page.locator("[data-act='ticket.add.send']").click()
    expect(page.locator("#rating")).to_contain_text("追评：满意")
    expect(page.locator("#rating")).to_contain_text("您的意见已收到")
    receipt = page.locator("#rating .receipt-text").inner_text()
    page.reload()
    expect(page.locator("#rating .receipt-text")).to_have_text(receipt)
    expect(page.locator("#rating")).to_contain_text("追评：满意")
    expect(page.locator("[data-act='case.add']")).to_have_count(0)
    still(page)
    assert faults(page) == []
    page.close()

    line = next(each for each in hall.fresh("rectifications")["rectifications"].values() if each["case"])
    assert (line["case"], line["level"], line["owner"], line["named"]) == (
        made["case_number"],
        2,
        "1007",
        True,
    )
    assert line["added"] == 4
    kept = {(each.purpose, each.field): each.value for each in PeopleStore(hall.data).of([line["subject"]])}
    assert kept.pop(("addition", "words")) == LATER
    assert {field: value for (_, field), value in kept.items()} == {"words": WORDS, "contact": PHONE}
    status, answer = hall.http("POST", f"/progress/{made['code']}/addition", {"level": 5})
    assert (status, answer["code"]) == (409, "already-added")
    status, answer = hall.http("POST", f"/progress/{made['code']}/rating", {"level": 5})
    assert (status, answer["code"]) == (409, "case-rated")


def test_what_cannot_be_rated_is_told_and_nothing_is_kept(hall: CaseRatingHall) -> None:
    made = hall.send(OpenCase(ITEM, WINDOW, staff="1007"))
    status, answer = hall.http("POST", f"/progress/{made['code']}/rating", {"level": 1, "text": WORDS})
    assert (status, answer["code"]) == (409, "case-undecided")
    status, answer = hall.http("POST", "/progress/0000000000/rating", {"level": 1})
    assert (status, answer["code"]) == (404, "unknown-case")
    for bad in ({"level": 6}, {}, {"level": 1, "more": 1}, b"["):
        status, answer = hall.http("POST", f"/progress/{made['code']}/rating", bad)
        assert status == 422, answer
    status, _ = hall.http("POST", f"/progress/{made['code']}/rating", {"level": 5}, Origin="http://elsewhere")
    assert status == 403
    status, answer = hall.http("POST", f"/progress/{made['code']}/addition", {"level": 5, "text": WORDS})
    assert (status, answer["code"]) == (409, "not-rated")
    assert hall.progress(made["code"])["rating"] == ""
    assert PeopleStore(hall.data).of([f"case-rating/{made['about']}"]) == []


def test_the_tablet_asks_about_the_case_after_the_reception_and_the_slip_adds_words(
    hall: CaseRatingHall, open_page: OpenPage
) -> None:
    made = hall.decided()
    tablet = open_page(hall.page(f"/rate?window={WINDOW}", "evaluator", WINDOW), 1280, 800)
    ticket = hall.send(cmd.CheckIn(made["code"]))["ticket"]
    hall.call(WINDOW)
    hall.serve(WINDOW)
    hall.verb(cmd.FinishService, WINDOW, outcome="collected")
    expect(tablet.locator("h1")).to_have_text("您对本次服务满意吗？")
    tablet.locator("[data-level='5']").click()
    expect(tablet.locator(".more")).to_have_text("下面还想问一问：这件事办得怎样")
    expect(tablet.locator("h1")).to_have_text("这件事办得满意吗？", timeout=60_000)
    still(tablet)
    assert faults(tablet) == []
    tablet.locator("[data-level='4']").click()
    until(lambda: hall.progress(made["code"])["rating"] == "given", "the case is rated")
    tablet.close()

    phone = open_page(hall.phone_page(ticket), 390, 844)
    expect(phone.locator("#case-rating h2")).to_have_text("您已评价这件办件，谢谢")
    expect(phone.locator("#case-rating .receipt-text")).to_contain_text("hc2:")
    phone.locator("[data-act='case.add']").click()
    phone.locator("#case-rating [data-level='2']").click()
    expect(phone.locator("#case-rating")).to_contain_text("追评：不满意")
    until(lambda: hall.progress(made["code"])["added"] == 2, "the case has its addition")
    phone.locator("[data-act='ticket.add']").click()
    phone.locator("#rating [data-level='3']").click()
    phone.locator("#rating textarea").fill("后来又跑了一趟")
    phone.locator("[data-act='ticket.add.send']").click()
    expect(phone.locator("#rating")).to_contain_text("您的意见已收到")
    expect(phone.locator("#rating")).to_contain_text("追评：基本满意")
    phone.close()
    (added,) = [
        each for each in PeopleStore(hall.data).of([f"ticket/{ticket}"]) if each.purpose == "addition"
    ]
    assert (added.value, added.about["level"]) == ("后来又跑了一趟", 3)
    levels = hall.fresh("supervise")["ratings"]
    assert sum(levels.values() if isinstance(levels, dict) else levels) == 1, "the case counts apart"
