"""What a clerk needs beside calling: a wrong outcome put right, a pause that says until when, help, the own day, and where
papers are missing (材料不全) the tick list, the A4 notice and the way back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from tests.browser.test_desk import desk, live, queue_of, says
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall, comes_to

DESK, PHONE = (1366, 768), (390, 844)
SEATS = {
    "correct": "16",
    "back": "12",
    "alarm": "19",
    "day": "9",
    "reasons": "14",
    "walk": "10",
}  # each test has its own window
ITEM = "T001"  # with three papers, at a window of its own
CLOCK = re.compile(r"预计 \d\d:\d\d 回来")
LISTED = '\n[[reason]]\nkind = "pick"\nid = "frail"\nname = "年老体弱"\n\n[[reason]]\nkind = "pick"\nid = "short"\nname = "只取件"\n'

PRINTER = (
    '\n[[device]]\nname = "pw"\nkind = "printer"\nport = "file:///dev/null"\nagent = "pc-w"\nwindow = "10"\n'
)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    folder = tmp_path_factory.mktemp("aids")
    source = REPO / "config/halls/county.toml"
    running = RunningHall(folder, source)
    running.hall.write_text(running.hall.read_text("utf-8") + LISTED + PRINTER, "utf-8")
    running.start()
    running._enrol(*(("window", id) for id in SEATS.values()))
    yield running
    running.close()


def seated(hall: RunningHall, open_page: OpenPage, window: str, size: tuple[int, int] = DESK) -> Page:
    hall.open(window)
    page = desk(hall, open_page("about:blank", *size), window)
    expect(page.locator("#sign-in")).to_be_hidden()
    return page


def ended(hall: RunningHall, page: Page, window: str) -> str:
    """End one reception by keys; return its number."""
    number = hall.take(queue_of(hall, window))["number"]
    for verb, key in (("next", "Space"), ("finish", "f")):
        live(page, verb)
        page.keyboard.press(key)
    page.locator("#ask .choice").first.wait_for()
    page.keyboard.press("1")
    says(page, f"{number} 号已结束：即办")
    expect(page.locator('[data-verb="finish"]')).to_have_attribute(
        "data-state", "dead"
    )  # the window shows it, too
    return str(number)


def asked_again(page: Page) -> str:
    """What the question says with which a correction begins."""
    page.keyboard.press("u")
    page.locator("#ask .choice").first.wait_for()
    title = page.locator("#ask h2").inner_text()
    page.keyboard.press("Escape")
    page.locator("#ask .choice").first.wait_for(state="hidden")
    return title


def test_a_wrong_outcome_is_put_right_while_the_next_is_already_called(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["correct"]
    page = seated(hall, open_page, window)
    expect(page.locator('[data-verb="correct"]')).to_have_attribute("data-state", "dead")
    number = ended(hall, page, window)
    expect(page.locator("#next")).to_have_text("结果有误，可按 U 更正")
    hall.take(queue_of(hall, window))
    live(page, "next")
    page.keyboard.press("Space")
    live(page, "recall")
    live(page, "correct")
    page.keyboard.press("u")
    expect(page.locator("#ask h2")).to_have_text(f"{number} 号的结果更正为？（现为即办）")
    page.keyboard.press("6")
    says(page, f"{number} 号的结果已更正：咨询")
    live(page, "recall")  # at once: no version counts a correction
    comes_to(
        lambda: "现为咨询" in asked_again(page), True
    )  # the window's document comes right after the answer
    page.keyboard.press("u")
    page.locator("#ask .choice").first.wait_for()
    page.keyboard.press("Enter")  # falls on the outcome that stands
    says(page, f"{number} 号的结果没有变，仍是咨询")


def test_a_pause_says_until_when_on_the_sign_the_board_and_the_phone(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["back"]
    page = seated(hall, open_page, window)
    ticket = hall.take(queue_of(hall, window))["ticket"]
    live(page, "pause")
    page.keyboard.press("p")
    page.keyboard.press("3")
    expect(page.locator("#ask h2")).to_have_text("用餐：预计多久回来？（显示在屏上）")
    page.keyboard.press("4")
    says(page, "已暂停：用餐 / 20 分钟")
    expect(page.locator(".back-at")).to_have_text(CLOCK)
    said = page.locator(".back-at").inner_text()  # at rest: the instant was chosen
    sign = open_page(hall.page(f"/sign?window={window}", "board", "b1"), 1280, 400)
    expect(sign.locator("#state")).to_have_text(said)
    board = open_page(hall.page("/board", "board", "b1"), 1920, 1080)
    expect(board.locator(f'[data-window="{window}"] .state')).to_have_text(said)
    phone = open_page(hall.phone_page(ticket), *PHONE)
    expect(phone.locator(".figures small", has_text=said)).to_be_visible()
    live(page, "pause")
    page.keyboard.press("p")
    says(page, "已恢复服务")
    expect(sign.locator("#state")).not_to_contain_text("回来")
    for each in (sign, board, phone):
        each.close()


def test_help_is_called_without_a_sound_and_acknowledged_in_supervision(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["alarm"]
    page = seated(hall, open_page, window)
    supervision = open_page(hall.page("/supervise", "supervisor", "s1"), *DESK)
    expect(supervision.locator(f'[data-window="{window}"].desk')).to_be_attached()
    page.evaluate("() => { window.rung = 0; addEventListener('hallcall-bell', () => window.rung++); }")
    live(page, "alarm")
    page.keyboard.press("a")
    page.locator("#ask .choice").first.wait_for()
    page.keyboard.press("2")
    says(page, "已悄悄呼叫：保安")
    expect(page.locator("#rating")).to_have_text("已呼叫保安，还没有人确认")
    alert = supervision.locator("#alerts li", has_text=f"{window} 号窗口呼叫保安")
    expect(alert).to_be_visible()
    expect(supervision.locator("#alerts li").first).to_contain_text("呼叫保安")
    alert.get_by_role("button", name="知道了").click()
    expect(page.locator("#rating")).to_have_text("保安已确认，马上来")
    expect(alert).to_have_count(0)
    assert page.evaluate("() => window.rung") == 0
    board = open_page(hall.page("/board", "board", "b1"), *DESK)
    expect(board.locator(f'[data-window="{window}"]')).to_be_attached()
    expect(board.locator("body")).not_to_contain_text("保安")
    for each in (supervision, board):
        each.close()


def test_the_own_day_is_one_key_away_and_follows_while_it_is_open(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["day"]
    page = seated(hall, open_page, window)
    live(page, "pause")
    page.keyboard.press("d")
    expect(page.locator("#help")).to_contain_text("今天还没有接待")
    page.keyboard.press("d")
    expect(page.locator("#help")).to_be_hidden()
    number = ended(hall, page, window)
    page.locator('[data-verb="day"]').click()
    expect(page.locator("#help .day")).to_contain_text("接待 1 次")
    expect(page.locator("#help tbody th")).to_have_text(number)
    hall.verb(cmd.ServeWalkIn, window, queue=queue_of(hall, window))
    hall.settled(window, "serving")
    hall.verb(cmd.FinishService, window, outcome="advice")
    expect(page.locator("#help .day")).to_contain_text("接待 2 次")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    live(page, "pause")


def test_a_number_out_of_its_turn_wants_the_halls_reason(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["reasons"]
    page = seated(hall, open_page, window)
    numbers = [hall.take(queue_of(hall, window))["number"] for _ in range(2)]
    expect(page.locator('[data-list="waiting"] .row')).to_have_count(2)
    live(page, "choose")
    page.locator('[data-list="waiting"] .row').last.click()
    page.locator("#ask .choice", has_text=numbers[1]).click()
    expect(page.locator("#ask h2")).to_have_text(f"为什么先叫 {numbers[1]} 号？")
    expect(page.locator("#ask .choice")).to_have_count(2)
    page.keyboard.press("2")
    says(page, f"已叫 {numbers[1]} 号（选呼）")


def test_a_walk_in_is_served_by_keys_and_has_a_slip_only_where_one_is_wanted(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["walk"]
    page = seated(hall, open_page, window)
    for digit, printed in (("1", 0), ("2", 1)):
        live(page, "walk")
        page.keyboard.press("w")
        expect(page.locator("#ask h2")).to_have_text("免号办理什么？")
        page.keyboard.press("Enter")
        expect(page.locator("#ask h2")).to_have_text("打印号票？")
        page.keyboard.press(digit)
        expect(page.locator("#words")).to_have_text(re.compile(r"号开始办理（免号）$"))
        slips = hall.fresh("jobs/pc-w")["jobs"].values()
        assert [each["kind"] for each in slips] == ["print-slip"] * printed
        hall.settled(window, "serving")
        hall.finish(window)


# --- papers are missing


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
    expect(page.locator("#ticket")).to_have_attribute("data-tone", "serving")


def test_all_papers_are_on_one_screen_and_the_notice_brings_the_applicant_back(
    hall: RunningHall, open_page: OpenPage
) -> None:
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
    address = str(sheet.get_attribute("href"))  # at rest: no act follows

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
