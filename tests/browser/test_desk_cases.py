"""The cases at a clerk's page: due first, taken on by keys; two clerks at one case; and an outcome corrected, its case void."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase, OpenCase
from tests.browser.test_desk import desk, live, says
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall

ITEM = "A001"  # 20 days by law, 5 promised
SEATS = ("1", "2", "3", "4", "5")  # each test has its own
PAY = "27"
FEES = """
[fees]
enabled = true

[[discount]]
id = "low"
name = "低保户减半"
percent = 50
"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("cases"), REPO / "config/halls/county.toml")
    running.hall.write_text(running.hall.read_text("utf-8") + "\n[cases]\nenabled = true\n" + FEES, "utf-8")
    running.start()
    running._enrol(*(("window", id) for id in (*SEATS, PAY)))
    yield running
    running.close()


def seated(hall: RunningHall, open_page: OpenPage, window: str) -> Page:
    hall.open(window)
    page = desk(hall, open_page("about:blank", 1280, 800), window)
    expect(page.locator("#sign-in")).to_be_hidden()
    live(page, "pause")
    return page


def chosen(page: Page, *digits: str) -> None:
    """Press a digit in one question after the other, each when its question is there."""
    asked = page.locator("#ask h2")
    for digit in digits:
        before = asked.text_content() if page.locator("#ask").is_visible() else ""
        page.keyboard.press(digit)
        if digit != digits[-1]:
            expect(page.locator("#ask")).to_be_visible()
            expect(asked).not_to_have_text(before or "")


def told(page: Page, words: str) -> None:
    expect(page.locator("#help .said")).to_contain_text(words)


def test_a_case_is_paused_with_its_notice_resumed_extended_decided_and_closed_by_keys(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS[0]
    page = seated(hall, open_page, window)
    number = hall.send(OpenCase(ITEM, window))["case_number"]
    expect(page.locator('[data-verb="cases"]')).to_contain_text("办件 1")
    page.keyboard.press("b")
    row = page.locator("#help .case-line")
    expect(row).to_contain_text(number)
    expect(row.locator(".light")).to_have_text("还剩 5 个工作日")
    expect(row).to_be_focused()
    chosen(page, "1", "2", "3")
    told(page, f"{number} 暂停计时 现场勘查")
    expect(row.locator(".light")).to_have_text("剩 5 天：现场勘查")
    sheet = page.locator("#help .sheet")
    expect(sheet).to_be_visible()
    notice = open_page("about:blank", 900, 1200)
    address = str(sheet.get_attribute("href"))
    notice.goto(hall.page(address, "window", window).partition("?")[0].partition("#")[0])
    expect(notice.locator("h1")).to_contain_text("暂停计时告知书")
    expect(notice.locator("tbody")).to_contain_text("现场勘查")
    notice.close()

    chosen(page, "1", "1")
    told(page, f"{number} 恢复计时")
    expect(row.locator(".step")).to_have_text("办理中")
    chosen(page, "1", "3", "1", "2", "1")
    told(page, f"{number} 延期 情况复杂 / 2 个工作日")
    expect(row.locator(".light")).to_have_text("还剩 7 个工作日")
    chosen(page, "1", "3", "1")
    told(page, f"{number} 作出决定 准予")
    expect(row.locator(".light")).to_have_text("按期决定")
    chosen(page, "1", "2")
    told(page, f"{number} 办结归档")
    expect(page.locator("#help .hint").first).to_have_text("没有在办的办件")
    page.keyboard.press("Escape")
    expect(page.locator('[data-verb="cases"]')).to_contain_text("办件 0")
    page.close()


def test_a_received_case_asks_for_all_its_papers_at_once_by_keys(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS[4]
    page = seated(hall, open_page, window)
    number = hall.send(OpenCase(ITEM, window, state="received"))["case_number"]
    expect(page.locator('[data-verb="cases"]')).to_contain_text("办件 1")
    page.keyboard.press("b")
    row = page.locator("#help .case-line")
    expect(row).to_be_focused()
    chosen(page, "1", "2")
    expect(page.locator("#ask h2")).to_have_text(f"办件 {number} 哪些材料有问题？一次告知，一次列全")
    expect(page.locator("#ask .main")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("1")
    expect(page.locator("#ask .paper").first).to_have_attribute("data-wrong", "true")
    page.keyboard.press("Enter")
    told(page, f"{number} 要求补正 1 份材料")
    expect(page.locator("#help .sheet")).to_have_attribute("href", re.compile(r"/notices/missing\."))
    expect(row.locator(".step")).to_have_text("待补正")
    expect(row.locator(".light")).to_contain_text("等补正至")
    voucher = hall.fresh(
        "notice/" + str(page.locator("#help .sheet").get_attribute("href")).rpartition("/")[2]
    )
    by_code = page.request.get(
        hall.page(f"/notices/missing.{voucher['code']}", "window", window).partition("?")[0]
    )
    assert by_code.status == 404, "nobody reads a notice by a guess at its ten digits"
    page.close()


def test_a_fee_is_taken_by_keys_at_the_pay_window_and_a_mistake_corrected(
    hall: RunningHall, open_page: OpenPage
) -> None:
    """P001 costs 80 yuan: two of them, half of it for the discount, by card; then what was really taken."""
    page = seated(hall, open_page, PAY)
    expect(page.locator('[data-verb="fees"]')).to_be_visible()
    hall.send(cmd.TakeTicket(queue="P"))
    hall.verb(cmd.CallNext, PAY)
    hall.serve(PAY)
    live(page, "finish")
    page.keyboard.press("y")
    expect(page.locator("#ask h2")).to_contain_text("今天 0 笔")
    page.keyboard.press("1")
    field = page.locator("#ask input")
    expect(field).to_be_visible()
    field.fill("房照")
    page.keyboard.press("Enter")
    expect(page.locator("#ask h2")).to_contain_text("单价 80.00 元")
    field.fill("2")
    page.keyboard.press("Enter")
    chosen(page, "2", "2")
    expect(field).to_be_focused()
    field.fill("POS 7")
    page.keyboard.press("Enter")
    expect(page.locator("#ask .count")).to_contain_text("不对")
    field.fill("POS-7")
    page.keyboard.press("Enter")
    expect(page.locator("#ask h2")).to_contain_text("收 80.00 元，银行卡（POS） POS-7")
    page.keyboard.press("1")
    expect(page.locator("#words")).to_contain_text("已收 80.00 元")
    expect(page.locator("#next")).to_contain_text("S2026-000001")
    live(page, "finish")
    page.keyboard.press("y")
    expect(page.locator("#ask h2")).to_contain_text("今天 1 笔，合计 80.00 元")
    page.keyboard.press("2")
    expect(page.locator("#ask .choice")).to_contain_text("S2026-000001")
    page.keyboard.press("Enter")
    chosen(page, "1")
    expect(field).to_be_focused()
    field.fill("8")
    page.keyboard.press("Enter")
    expect(page.locator("#ask h2")).to_contain_text("8.00 元怎样付")
    page.keyboard.press("1")
    expect(page.locator("#words")).to_contain_text("80.00 元改为 8.00 元")
    expect(page.locator("#sheet")).to_be_visible()
    page.close()


def test_who_decides_second_is_told_so_and_nothing_is_lost(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS[1]
    page = seated(hall, open_page, window)
    made = hall.send(OpenCase(ITEM, window))
    page.keyboard.press("b")
    row = page.locator("#help .case-line")
    expect(row).to_contain_text(made["case_number"])
    page.keyboard.press("1")
    expect(page.locator("#ask h2")).to_contain_text(made["case_number"])
    hall.send(MoveCase(made["about"], "decide", 0, staff="9001", decision="refused", code="person"))
    expect(row.locator(".step")).to_contain_text("不予许可")
    chosen(page, "5", "1")
    told(page, "刚被别人处理过")
    kept = hall.fresh(f"case/{made['about']}")
    assert (kept["decision"], kept["version"]) == ("refused", 1)
    page.close()


def test_a_corrected_outcome_withdraws_its_case_and_its_paper_is_void(
    hall: RunningHall, open_page: OpenPage
) -> None:
    item = next(each for each in hall.settings.items if each.id == ITEM)
    window = next(each.id for each in hall.settings.windows if item.queue in each.queues)
    hall._enrol(("window", window))
    hall.open(window)
    hall.send(cmd.TakeTicket(items=[ITEM]))
    page = desk(hall, open_page("about:blank", 1280, 800), window)
    live(page, "next")
    page.keyboard.press("Space")
    live(page, "start")
    page.keyboard.press("s")
    expect(page.locator("#ticket")).to_have_attribute("data-tone", "serving")
    page.keyboard.press("f")
    expect(page.locator("#ask")).to_be_visible()
    page.keyboard.press("2")
    says(page, "受理")
    accepted = str(page.locator("#sheet").get_attribute("href"))
    live(page, "correct")
    page.keyboard.press("u")
    expect(page.locator("#ask h2")).to_contain_text("现为受理")
    page.keyboard.press("6")
    expect(page.locator("#next")).to_contain_text("原《受理通知书》作废")
    case = hall.fresh(f"case/{accepted.partition('.')[2]}")
    assert case["state"] == "withdrawn"
    void = page.locator("#void-sheet")
    expect(void).to_be_visible()
    notice = open_page("about:blank", 900, 1200)
    notice.goto(
        hall.page(str(void.get_attribute("href")), "window", window).partition("?")[0].partition("#")[0]
    )
    expect(notice.locator("h1")).to_contain_text("作废单")
    expect(notice.locator("tbody")).to_contain_text(case["number"])
    notice.close()
    page.close()


def test_a_department_replies_to_its_part_and_the_applicant_sees_it(
    hall: RunningHall, open_page: OpenPage
) -> None:
    """P006 is led by window 8 and shared with the tax office, whose window this is."""
    window = SEATS[3]
    page = seated(hall, open_page, window)
    made = hall.send(OpenCase("P006", "8"))
    expect(page.locator('[data-verb="cases"]')).to_contain_text("办件 1")
    page.keyboard.press("b")
    row = page.locator("#help .case-line")
    expect(row).to_contain_text(made["case_number"])
    expect(row.locator(".step")).to_have_text("本部门会办")
    expect(row.locator(".owner")).to_have_text("牵头 8 号窗口")
    progress = open_page("about:blank", 390, 844)
    progress.goto(
        f"{hall.page('/case', 'window', window).partition('?')[0].partition('#')[0]}#{made['code']}"
    )
    expect(progress.locator("#case .part")).to_have_count(3)
    expect(progress.locator("#case")).not_to_contain_text("已答复")
    chosen(page, "1", "1", "1")
    told(page, f"{made['case_number']} 部门答复 同意")
    expect(row).to_have_count(0)
    progress.reload()
    expect(progress.locator("#case .part").filter(has_text="已答复")).to_have_count(1)
    page.close()
    progress.close()
