"""Complaints by phone, by the hall's page, at the guide desk and at the window of "cannot get it done", in Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from caller.people.feedback_store import FeedbackStore
from caller.people.question_store import PublishedAnswer, QuestionStore
from tests.instruments.browser import OpenPage
from tests.instruments.clipped_text import faults
from tests.instruments.feedback_hall import FeedbackHall

PHONE, DESK = (390, 844), (1366, 768)
WORDS = "材料退了三次，每次说的都不一样"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedbackHall]:
    running = FeedbackHall(tmp_path_factory.mktemp("feedback"))
    running.start()
    running.open("1", "2")
    running._enrol(("guide", "g1"), ("window", "2"))
    yield running
    running.close()


def words_of(hall: FeedbackHall, number: str) -> list[str]:
    entries = FeedbackStore(hall.data).of(hall.follow(number)[1]["subject"])
    return [each.value for each in entries if each.field == "words"]


def number_told(page: Page, within: str) -> str:
    told = page.locator(within)
    expect(told).to_contain_text("已收到，编号 F")
    # at rest: what is told stays until the next act
    return next(word for word in told.inner_text().replace("，", " ").split() if word.startswith("F20"))


def test_from_the_slip_to_the_answer_and_the_verdict(hall: FeedbackHall, open_page: OpenPage) -> None:
    ticket = hall.take("A")["ticket"]
    page = open_page(hall.phone_page(ticket), *PHONE)
    page.locator('[data-act="feedback.open"]').tap()
    page.locator('[data-act="feedback.send"]').tap()
    expect(page.get_by_role("alert")).to_contain_text("请先选择类别")
    page.locator('[data-kind="complaint"]').tap()
    page.locator('[data-act="feedback.send"]').tap()
    expect(page.get_by_role("alert")).to_contain_text("请写几句话")
    page.locator("#box textarea").fill(WORDS)
    page.locator('[data-reason="told-once"]').tap()
    assert faults(page) == []
    page.locator('[data-act="feedback.send"]').tap()
    number = number_told(page, "#box")
    assert words_of(hall, number) == [WORDS]
    expect(page.locator("#answers")).to_contain_text(f"您的投诉 {number}")
    page.locator("#answers a").tap()
    receipt = page.locator("#receipt")
    expect(receipt).to_contain_text("已收到，正在分派")
    expect(receipt).to_contain_text("没有一次性告知")
    hall.answer(number, "已改正，谢谢您的意见")
    page.reload()
    expect(receipt).to_contain_text("已改正，谢谢您的意见")
    assert faults(page) == []
    page.locator("#language").tap()
    expect(receipt).to_contain_text("Are you satisfied with the answer?")
    assert faults(page) == []
    page.locator('[data-act="feedback.again"]').tap()
    expect(receipt).to_contain_text("Taken up again")
    assert hall.follow(number)[1]["state"] == "reopened"
    page.close()


def test_the_halls_page_takes_one_without_a_number_and_knows_no_wrong_code(
    hall: FeedbackHall, open_page: OpenPage
) -> None:
    page = open_page(f"{hall.web.address}/feedback", *PHONE)
    page.locator('[data-kind="consultation"]').tap()
    page.locator("#window").select_option("1")
    page.locator("#box textarea").fill("怎样补办社保卡")
    page.locator("#anonymous").check()
    assert faults(page) == []
    for title in (
        "Complaints and suggestions",
        "投诉建议",
    ):  # another language leaves what is typed and chosen
        page.locator("#language").tap()
        expect(page.locator(".case-title")).to_have_text(title)
        expect(page.locator("#box textarea")).to_have_value("怎样补办社保卡")
        expect(page.locator("#anonymous")).to_be_checked()
        expect(page.locator('#box input:not([type="checkbox"])')).to_be_hidden()
    page.locator('[data-act="feedback.send"]').tap()
    number = number_told(page, "#box")
    line = hall.follow(number)[1]
    assert (line["way"], line["window"], line["anonymous"]) == ("page", "1", True)
    page.locator("#code").fill("00000 00000")
    page.locator("#ask button").tap()
    expect(page.locator("#receipt")).to_contain_text("没有这个回执码")
    page.close()


def test_the_guide_desk_takes_one_down_and_finds_a_published_answer(
    hall: FeedbackHall, open_page: OpenPage
) -> None:
    QuestionStore(hall.data).publish(PublishedAnswer("F2026-0900", "社保卡怎么补办", "带身份证到 12 号窗口"))
    page = open_page(hall.page("/guide", "guide", "g1"), *DESK)
    expect(page.locator("#queues li").first).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-wire", "current")
    page.keyboard.press("F6")
    page.locator('#ask [data-kind="suggestion"]').click()
    page.locator("#ask textarea").fill("请多开一个窗口")
    page.locator("#ask .main").click()
    expect(page.locator("#message")).to_contain_text("回执码")
    number = number_told(page, "#message")
    assert (hall.follow(number)[1]["way"], words_of(hall, number)) == ("guide", ["请多开一个窗口"])
    page.keyboard.press("F7")
    expect(page.locator("#ask h2")).to_have_text("常见问答")
    page.locator("#ask input").fill("补办")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("带身份证到 12 号窗口")
    page.close()


def test_a_window_files_what_could_not_be_got_done(hall: FeedbackHall, open_page: OpenPage) -> None:
    hall.take("B")
    ticket = hall.call("2")["ticket"]
    page = open_page(hall.page("/desk?window=2", "window", "2"), *DESK)
    expect(page.locator("#ticket")).to_be_visible()
    expect(page.locator("#link")).to_have_attribute("data-link", "current")
    page.locator('[data-verb="file"]').click()
    page.locator("#ask .choice").nth(1).click()  # a report: no other test makes one about a number
    expect(page.locator("#ask")).to_contain_text("服务态度")
    page.locator("#ask .choice").nth(3).click()
    number = number_told(page, "#message")
    line = hall.follow(number)[1]
    assert (line["way"], line["ticket"], line["reason"], line["clerk"]) == ("window", ticket, "runaround", "")
    page.close()
    hall.serve("2")
    hall.finish("2")
