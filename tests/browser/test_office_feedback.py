"""The office takes complaints by call, letter and visit, leads one to its archive, and puts a bad rating right: in Chromium,
through real processes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from caller.engine import commands as cmd
from caller.engine.rating_messages import MoveRectification
from caller.identity.accounts import Account
from caller.people.feedback_store import Feedback, FeedbackStore, stamp
from caller.people.question_store import QuestionStore
from caller.people.store import PeopleStore
from tests.instruments.browser import OpenPage
from tests.instruments.feedback_hall import with_receipts
from tests.instruments.office_hall import SECRET, OfficeHall, choose_option, sign_in
from tests.instruments.running_hall import RunningHall, until

SIZE = (1366, 768)
MANAGER, HANDLER, ABOUT = "1001", "1021", "1022"
WORDS, REPLY = "窗口中午没有人，等了一个小时", "已核实并安排中午轮岗"
LETTER = "等了很久，没有说明原因。"  # of a bad rating


class FeedbackOffice(OfficeHall):
    """The village hall with receipts and rectifications, a handler, and a manager whom a complaint is about."""

    def __init__(self, folder: Path) -> None:
        file = with_receipts(folder, "village")
        file.write_text(f"{file.read_text()}\n[ratings]\nrectify = true\n")
        RunningHall.__init__(self, folder, file)
        self.past, self.office = [], None

    def start(self) -> "FeedbackOffice":
        super().start()
        for staff, role in ((HANDLER, "handler"), (ABOUT, "manager")):
            self.store.add(
                Account(staff, name=f"员工{staff}", roles=(role,)), SECRET, self.act("account-added", staff)
            )
        return self


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedbackOffice]:
    running = FeedbackOffice(tmp_path_factory.mktemp("feedback")).start()
    running.open("1")
    yield running
    running.close()


def opened(hall: FeedbackOffice, open_page: OpenPage, staff: str) -> Page:
    page = open_page(f"{hall.address}/sign-in?next=/feedback", *SIZE)
    sign_in(page, staff)
    expect(page.locator("h1")).to_have_text("投诉建议")
    expect(page.locator("table").first).to_be_visible()
    return page


def pick(page: Page, label: str, option: str) -> None:
    choose_option(page, page.locator(".detail").get_by_label(label, exact=True), option)


def taken(page: Page, way: str, words: str, clerk: str = "", kind: str = "") -> str:
    """Take one down; the number that is told."""
    page.get_by_role("button", name="登记来电、来信、来访").click()
    form = page.locator(".detail")
    if kind:
        pick(page, "类别", kind)
    if way != "来电":
        pick(page, "途径", way)
    form.get_by_label("被反映人工号").fill(clerk)
    form.get_by_label("反映的内容").fill(words)
    form.get_by_label("联系方式").fill("13800000000")
    form.get_by_role("button", name="登记", exact=True).click()
    told = page.locator(".ask .question")
    expect(told).to_contain_text("已登记：F")
    number = told.inner_text().partition("：")[2]
    expect(page.locator(".ask .code")).to_contain_text("回执码")
    page.locator(".ask").get_by_role("button", name="关闭").click()
    expect(page.locator(".ask")).to_have_count(0)
    return number


def row(page: Page, number: str) -> Locator:
    return page.locator("tr", has_text=number)


def press(page: Page, verb: str) -> None:
    page.locator(".detail").get_by_role("button", name=verb, exact=True).click()


def test_a_letter_is_led_from_its_receipt_to_the_archive(
    hall: FeedbackOffice, open_page: OpenPage, tmp_path: Path
) -> None:
    page = opened(hall, open_page, MANAGER)
    number = taken(page, "来信", WORDS)
    expect(row(page, number)).to_contain_text("来信")
    page.screenshot(path=tmp_path / "list.png")
    row(page, number).get_by_role("button").click()
    expect(page.locator(".detail")).to_contain_text(WORDS)
    page.screenshot(path=tmp_path / "detail.png")
    press(page, "转办")
    page.locator(".ask").get_by_role("button", name="下一步").click()
    page.locator(".ask").get_by_role("button", name="交办").click()
    expect(page.locator(".detail")).to_contain_text("处理中")
    page.locator(".detail").get_by_role("button", name="关闭").click()

    other = opened(hall, open_page, HANDLER)
    row(other, number).get_by_role("button").click()
    expect(other.locator(".detail").get_by_role("button", name="分派", exact=True)).to_be_visible()
    expect(other.locator(".detail").get_by_role("button", name="转办", exact=True)).to_have_count(0)
    press(other, "分派")
    expect(other.locator(".detail")).to_contain_text(HANDLER)
    press(other, "记录一次")
    other.locator(".ask").get_by_text("已走访").click()
    other.locator(".ask").get_by_role("button", name="记录").click()
    expect(other.locator(".detail")).to_contain_text("处理次数")
    press(other, "答复")
    answering = other.locator(".detail").last
    answering.get_by_text("属实，已改正", exact=True).click()
    answering.get_by_label("答复内容").fill(REPLY)
    answering.get_by_role("button", name="答复", exact=True).click()
    expect(other.locator(".detail").first).to_contain_text(REPLY)
    expect(other.locator(".detail h2")).to_contain_text("待复核")  # its verbs are drawn with it
    expect(other.locator(".detail").get_by_role("button", name="复核通过")).to_have_count(0)

    row(page, number).get_by_role("button").click()
    press(page, "复核通过")
    press(page, "本人满意")
    press(page, "归档")  # there before, and after it is drawn anew: no press is lost
    expect(page.locator(".detail")).to_contain_text("本人评价")
    expect(page.locator(".detail h2")).to_contain_text("已归档")
    page.locator(".detail").get_by_role("button", name="关闭").click()
    expect(row(page, number)).to_have_count(0)
    page.close()
    other.close()


def test_whom_it_is_about_does_not_see_it(hall: FeedbackOffice, open_page: OpenPage) -> None:
    page = opened(hall, open_page, MANAGER)
    number, elsewhere = taken(page, "来电", WORDS, ABOUT), taken(page, "来访", WORDS)
    expect(row(page, number)).to_have_count(1)
    about = opened(hall, open_page, ABOUT)
    expect(row(about, elsewhere)).to_have_count(1)
    expect(row(about, number)).to_have_count(0)
    page.close()
    about.close()


def test_an_empty_one_is_refused_and_what_was_written_stays(
    hall: FeedbackOffice, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, MANAGER)
    before = len(FeedbackStore(hall.data).newest())
    page.get_by_role("button", name="登记来电、来信、来访").click()
    form = page.locator(".detail")
    form.get_by_label("联系方式").fill("13900000000")
    form.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".q-notification")).to_contain_text("请写下反映的内容")
    expect(form.get_by_label("联系方式")).to_have_value("13900000000")
    assert len(FeedbackStore(hall.data).newest()) == before
    page.close()


def test_an_answered_consultation_becomes_a_question_that_is_found(
    hall: FeedbackOffice, open_page: OpenPage
) -> None:
    page = opened(hall, open_page, MANAGER)
    number = taken(page, "来访", "社保卡丢了怎么补办？", kind="咨询")
    for staff, moves in ((HANDLER, ("assign", "answer")), (MANAGER, ("approve",))):
        for move in moves:
            lead(hall, number, move, staff)
    row(page, number).get_by_role("button").click()
    press(page, "公开为问答")
    asking = page.locator(".detail").last
    expect(asking.get_by_label("问", exact=True)).to_have_value("社保卡丢了怎么补办？")
    asking.get_by_label("答复", exact=True).fill("带身份证到社保窗口当场补办")
    asking.get_by_role("button", name="公开为问答").click()
    found = until(lambda: QuestionStore(hall.data).all(), "it is published")
    assert [(each.number, each.answer) for each in found] == [(number, "带身份证到社保窗口当场补办")]
    page.close()


def lead(hall: FeedbackOffice, number: str, move: str, staff: str) -> None:
    """Take one a step on, as a manager's station of a hall that asks for no account does."""
    found = hall.fresh("followups")["followups"]
    id = next(id for id, line in found.items() if line["number"] == number)
    hall.send(cmd.MoveFollowUp(id, move, staff, code="upheld" if move == "answer" else ""))  # type: ignore[arg-type]


# --- bad ratings


def badly_rated(hall: FeedbackOffice) -> str:
    """One visit, rated badly by phone with words; return its ticket."""
    hall.take("A")
    ticket = str(hall.call("1")["ticket"])
    hall.serve("1")
    hall.finish("1")
    hall.rate(ticket, 1)
    letter = Feedback(ticket, "", "1", "rating", 1, LETTER, "", stamp(datetime.now(UTC)))
    FeedbackStore(hall.data).put(letter)
    return ticket


def chosen(page: Page, verb: str, option: str) -> None:
    """Press a verb of the open detail, choose an option of its question, and wait until the detail shows it."""
    page.locator(".detail button", has_text=verb).first.click()
    ask = page.locator(".ask").last
    ask.locator(".q-radio", has_text=option).click()
    ask.locator("button", has_text=verb).click()
    expect(page.locator(".ask")).to_have_count(0)
    expect(page.locator(".detail dd", has_text=option)).not_to_have_count(0)


def test_a_manager_puts_a_bad_rating_right(hall: FeedbackOffice, open_page: OpenPage) -> None:
    ticket = badly_rated(hall)
    rows = hall.fresh("rectifications")["rectifications"]
    (id,) = [id for id, row in rows.items() if row["ticket"] == ticket]
    page = open_page(hall.address, 1366, 768)
    sign_in(page, "1001")
    page.goto(f"{hall.address}/rectifications")
    page.locator(".opens", has_text=rows[id]["number"]).click()
    expect(page.locator(".detail")).to_contain_text(LETTER)
    chosen(page, "分派", "1001")
    chosen(page, "核实", "属实，已改正")
    page.locator(".detail button", has_text="答复").first.click()
    page.locator(".ask button", has_text="答复").click()
    expect(page.locator(".q-notification", has_text="先做“整改”")).to_be_visible()  # not before its steps
    chosen(page, "整改", "已致歉并说明")
    page.locator(".detail button", has_text="答复").first.click()
    page.locator(".ask textarea").fill("已向您致歉，窗口已整改。")
    page.locator(".ask button", has_text="答复").click()
    until(lambda: line_of(hall, id)["state"] == "answered", "the answer is in the log")
    expect(page.locator(".detail")).to_contain_text("待复核")
    page.locator(".detail button", has_text="复核通过").click()
    expect(page.locator(".q-notification", has_text="须由另一人办理")).to_be_visible()
    hall.send(cmd.MoveFollowUp(id, "approve", "1002"))
    expect(page.locator(".detail")).to_contain_text("已办结")
    page.locator(".detail button", has_text="公开").click()
    until(lambda: line_of(hall, id)["published"], "it is published")
    letters = [each.value for each in PeopleStore(hall.data).of([f"ticket/{ticket}"])]
    assert "已向您致歉，窗口已整改。" in letters
    published = page.locator(".figure", has_text="已公开").locator(".value")
    expect(published).not_to_have_text("0")  # its name stands there from the beginning
    page.close()


def line_of(hall: FeedbackOffice, id: str) -> dict[str, object]:
    return hall.fresh("rectifications")["rectifications"][id]


def test_who_only_looks_sees_no_letter_and_no_verb(hall: FeedbackOffice, open_page: OpenPage) -> None:
    ticket = badly_rated(hall)
    rows = hall.fresh("rectifications")["rectifications"]
    (id,) = [id for id, row in rows.items() if row["ticket"] == ticket]
    hall.send(MoveRectification(id, "verify", "ann", "partly"))
    page = open_page(hall.address, 1366, 768)
    sign_in(page, "1005")  # an auditor
    page.goto(f"{hall.address}/rectifications")
    page.locator(".opens", has_text=rows[id]["number"]).click()
    expect(page.locator(".detail")).to_contain_text("部分属实")
    expect(page.locator(".detail")).not_to_contain_text(LETTER)
    expect(page.locator(".detail .verbs button")).to_have_count(0)
    expect(page.get_by_text("没有启用")).to_have_count(0)  # the village has rectifications, but no cases
    page.goto(f"{hall.address}/cases")
    expect(page.get_by_text("本大厅没有启用“办件”；管理人员可以在“设置”里打开")).to_be_visible()
    page.close()
