"""The clerk's desk as a page, in a real Chromium against a real caller: the terminal's keys, and a press that has one effect."""

import json
import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.instruments.browser import OpenPage, Watched
from tests.instruments.running_hall import REPO, RunningHall

DESK, PHONE, STRIP = (1280, 800), (390, 844), (400, 160)
# For so long a page waits for an answer: it has given up when a test looks, or goes on until the test ends.
SHORT_MS, LONG_MS = 500, 600_000
SEATS = {  # a window for each test, that none meets what another left
    "keys": "16", "fingers": "12", "bell": "19", "double": "9", "late": "14", "again": "6", "strip": "23", "reload": "20",
    "method": "2", "choice": "17", "single": "4", "twin": "7", "web": "1", "mouse": "3", "outside": "8",
}  # fmt: skip


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("desk"), REPO / "config/halls/county.toml").start()
    running._enrol(*(("window", id) for id in (*SEATS.values(), "27")))
    yield running
    running.close()


def queue_of(hall: RunningHall, window: str) -> str:
    return next(each.queues[0] for each in hall.settings.windows if each.id == window)


def desk(hall: RunningHall, page: Page, window: str, more: str = "") -> Page:
    page.goto(hall.page(f"/desk?window={window}{more}", "window", window))
    expect(page.locator("#link")).to_have_attribute("data-link", "current")
    expect(page.locator("#window")).not_to_be_empty()
    return page


def seated(hall: RunningHall, open_page: OpenPage, window: str, size: tuple[int, int] = DESK) -> Page:
    hall.open(window)
    page = desk(hall, open_page("about:blank", *size), window)
    expect(page.locator("#sign-in")).to_be_hidden()
    return page


def says(page: Page, words: str) -> None:
    expect(page.locator("#words")).to_contain_text(words)


def live(page: Page, verb: str) -> None:
    """Wait until no answer is awaited and the page shows a verb as live: what was done before has come back as a view."""
    expect(page.locator("#keys")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(f'[data-verb="{verb}"]')).to_have_attribute("data-state", "live")


def rewritten(page: Page, *changes: tuple[str, str], name: str = "desk") -> None:
    """Serve a script of the desk with parts replaced: another limit, or a guard turned off."""

    def change(route: Route) -> None:
        text = route.fetch(max_retries=3).text()
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        route.fulfill(body=text, content_type="text/javascript")

    page.route(f"**/js/{name}.js", change)


def commands(page: Page) -> list[dict[str, Any]]:
    """Every command frame the page sends from now on."""
    sent: list[dict[str, Any]] = []

    def keep(text: object) -> None:
        frame = json.loads(str(text))
        if frame["type"] == "command":
            sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", keep))
    return sent


# --- a clerk's day


def test_a_visit_by_keys_alone(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["keys"]
    page = desk(hall, open_page("about:blank", *DESK), window)
    expect(page.locator("#sign-in input[name=clerk]")).to_be_focused()
    expect(page.locator('[data-verb="day"]')).to_have_attribute("data-state", "dead")
    page.keyboard.press("Enter")
    says(page, "请输入工号")
    page.keyboard.type("1024")
    page.keyboard.press("Enter")
    says(page, "1024 已登录")
    live(page, "day")
    expect(page.locator("#clerk")).to_have_text("工号 1024")
    number = hall.take(queue_of(hall, window))["number"]
    expect(page.locator('[data-list="waiting"] .row .number')).to_have_text([number])
    live(page, "next")
    page.keyboard.press("Space")
    says(page, f"已叫 {number} 号")
    expect(page.locator("#number")).to_have_text(number)
    live(page, "recall")
    page.keyboard.press("r")
    says(page, f"已重呼 {number} 号")
    expect(page.locator("#elapsed")).to_contain_text("重呼 1 次")
    page.keyboard.press("s")
    says(page, f"{number} 号开始办理")
    live(page, "finish")
    page.keyboard.press("f")
    expect(page.locator("#ask .choice").first).to_be_focused()
    page.keyboard.press("2")
    says(page, f"{number} 号已结束：受理")
    live(page, "pause")
    page.keyboard.press("p")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#ask h2")).to_contain_text("多久回来")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("暂停")
    page.keyboard.press("n")
    expect(page.locator("#message")).to_have_attribute("data-tone", "refused")
    page.keyboard.press("p")
    says(page, "已恢复服务")
    live(page, "out")
    page.keyboard.press("q")
    expect(page.locator("#sign-in")).to_be_visible()
    page.keyboard.press("F1")
    expect(page.locator("#help")).to_contain_text("从等候、挂起、过号里选一位")
    page.keyboard.press("F1")
    expect(page.locator("#help")).to_be_hidden()


def test_a_visit_by_finger_alone_on_a_phone(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["fingers"]
    page = desk(hall, open_page("about:blank", *PHONE), window)
    queue = queue_of(hall, window)
    first, second = (hall.take(queue)["number"] for _ in range(2))
    page.locator("#sign-in input[name=clerk]").fill("2048")
    page.locator("#sign-in button[type=submit]").tap()
    says(page, "2048 已登录")

    def tap(verb: str) -> None:
        live(page, verb)
        page.locator(f'[data-verb="{verb}"]').tap()

    tap("next")
    expect(page.locator("#number")).to_have_text(first)
    tap("miss")
    says(page, f"{first} 号已过号")
    expect(page.locator('[data-list="missed"] .row')).to_have_count(1)
    live(page, "choose")
    page.locator('[data-list="waiting"] .row').first.tap()
    page.locator("#ask .choice", has_text=second).tap()
    says(page, f"已叫 {second} 号（选呼）")
    tap("hold")
    says(page, f"{second} 号已挂起")
    tap("choose")
    page.locator("#ask .choice", has_text=second).tap()
    expect(page.locator("#number")).to_have_text(second)
    tap("transfer")
    page.locator("#ask input").fill("27")
    page.locator("#ask .choice").locator("visible=true").first.tap()
    expect(page.locator("#ask h2")).to_contain_text("回本窗口吗")
    expect(page.locator("#ask .choice").nth(1)).to_be_focused()  # who is sent to pay comes back
    page.locator("#ask .back").tap()
    says(page, "已取消，没有执行")
    tap("start")
    tap("finish")
    page.locator("#ask .choice", has_text="咨询").tap()
    says(page, f"{second} 号已结束：咨询")


def test_outcomes_have_the_same_digits_at_a_pay_window(hall: RunningHall, open_page: OpenPage) -> None:
    page = seated(hall, open_page, "27")
    hall.take("P")
    for verb, key in (("next", "Space"), ("start", "s"), ("finish", "f")):
        live(page, verb)
        page.keyboard.press(key)
    expect(page.locator("#ask .choice").last).to_be_focused()
    expect(page.locator("#ask .choice").last).to_have_text("7已缴费")
    expect(page.locator("#ask .choice").first).to_have_text("1即办")
    page.keyboard.press("Enter")
    says(page, "已结束：已缴费")


def test_a_choice_is_found_by_typing_its_number_and_a_department_by_its_name(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["choice"]
    page = seated(hall, open_page, window)
    numbers = [hall.take(queue_of(hall, window))["number"] for _ in range(3)]
    expect(page.locator('[data-list="waiting"] .row')).to_have_count(3)
    live(page, "choose")
    page.keyboard.press("c")
    expect(page.locator("#ask .choice").first).to_be_focused()
    for key in numbers[1]:
        page.keyboard.press(key)
    expect(page.locator("#ask input")).to_have_value(numbers[1])
    expect(page.locator("#ask .choice").locator("visible=true")).to_have_count(1)
    page.keyboard.press("Enter")
    says(page, f"已叫 {numbers[1]} 号（选呼）")
    for verb, key in (("start", "s"), ("finish", "f")):
        live(page, verb)
        page.keyboard.press(key)
    page.keyboard.press("5")
    expect(page.locator("#ask h2")).to_contain_text("部门")
    other = hall.settings.departments[1].name
    page.get_by_role("button", name=other).click()
    says(page, f"已结束：转其他部门 / {other}")


# --- input methods

SWALLOWED = {"type": "rawKeyDown", "key": "Process", "windowsVirtualKeyCode": 229}


def test_an_input_method_swallows_no_key_and_its_composition_presses_none(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["method"]
    page = desk(hall, open_page("about:blank", *DESK), window)
    sent = commands(page)
    page.reload()
    expect(page.locator("#sign-in input[name=clerk]")).to_be_focused()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "3072", "selectionStart": 4, "selectionEnd": 4})
    page.evaluate(
        """() => document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { code: 'KeyQ', key: 'Process', isComposing: true, bubbles: true }))"""
    )
    devtools.send("Input.insertText", {"text": "３０７２"})  # as a Chinese input method writes digits
    page.keyboard.press("Enter")
    says(page, "3072 已登录")
    assert [frame["command"]["type"] for frame in sent] == ["OpenWindow"]
    number = hall.take(queue_of(hall, window))["number"]
    live(page, "next")
    devtools.send("Input.dispatchKeyEvent", SWALLOWED | {"code": "KeyN"})
    says(page, f"已叫 {number} 号")
    live(page, "start")
    devtools.send("Input.dispatchKeyEvent", SWALLOWED | {"code": "KeyS"})
    says(page, f"{number} 号开始办理")
    hall.settled(window, "serving")
    hall.finish(window)


# --- a press has one effect


def test_a_double_press_burns_no_ticket(hall: RunningHall, open_page: OpenPage) -> None:
    """The page's own guard is off, so both presses go out; they carry the same version, and the caller refuses one."""
    window = SEATS["double"]
    hall.open(window)
    tickets = [hall.take(queue_of(hall, window)) for _ in range(3)]
    page = open_page("about:blank", *DESK)
    rewritten(page, ('link !== "current" || Boolean(presses.pending)', 'link !== "current"'))
    sent = commands(page)
    desk(hall, page, window)
    live(page, "next")
    page.evaluate(
        "() => ['x', 'y'].forEach(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { code: 'Space', bubbles: true })))"
    )
    says(page, "画面已经变化")
    expect(page.locator("#message")).to_have_attribute("data-tone", "refused")
    assert [frame["command"]["as_of"] for frame in sent] == [sent[0]["command"]["as_of"]] * 2
    waiting = hall.fresh(f"window/{window}")
    assert waiting["ticket"]["number"] == tickets[0]["number"]
    assert [row["number"] for row in waiting["next"]] == [each["number"] for each in tickets[1:]]


def test_the_page_itself_sends_one_press_at_a_time(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["single"]
    hall.open(window)
    hall.take(queue_of(hall, window))
    hall.call(window)
    page = open_page("about:blank", *DESK)
    sent = commands(page)
    desk(hall, page, window)
    live(page, "start")
    page.evaluate(
        "() => ['x', 'y'].forEach(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyS', bubbles: true })))"
    )
    says(page, "开始办理")
    live(page, "finish")
    assert [frame["command"]["type"] for frame in sent] == ["StartService"]


def pressed_while_the_caller_hangs(hall: RunningHall, page: Page, window: str, limit_ms: int) -> str:
    """A number to call, and a press that the caller cannot take yet, and for which the page waits so long; return the
    number."""
    rewritten(page, ("const PRESS_MS = 5_000", f"const PRESS_MS = {limit_ms}"), name="desk-press")
    desk(hall, page, window)
    number = hall.take(queue_of(hall, window))["number"]
    expect(page.locator('[data-list="waiting"] .row')).to_have_count(1)
    live(page, "next")
    os.kill(hall.caller.pid, signal.SIGSTOP)
    page.keyboard.press("Space")
    says(page, "等待回答" if limit_ms == LONG_MS else "没有收到回答")
    return number


def test_a_press_is_done_once_though_the_caller_dies_with_it(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["again"]
    hall.open(window)
    page = open_page("about:blank", *DESK)
    sent = commands(page)
    number = pressed_while_the_caller_hangs(hall, page, window, LONG_MS)
    hall.kill_caller()
    hall.restart_caller()
    says(page, f"已叫 {number} 号")
    assert len(sent) == 2
    assert len({frame["id"] for frame in sent}) == 1
    assert hall.fresh(f"window/{window}")["ticket"]["number"] == number


def test_a_press_that_comes_too_late_calls_nobody_and_silence_is_shown(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["late"]
    hall.open(window)
    page = open_page("about:blank", *DESK)
    number = pressed_while_the_caller_hangs(hall, page, window, SHORT_MS)
    try:
        expect(page.locator("#link")).to_have_text("信息未更新")
        page.keyboard.press("Space")
        says(page, "这次按键没有执行，也不会补做")
        expect(page.locator('.key[data-state="live"]')).to_have_count(
            1
        )  # the help: all else would be refused
    finally:
        os.kill(hall.caller.pid, signal.SIGCONT)
    expect(page.locator("#link")).to_have_attribute("data-link", "current")
    live(page, "next")
    now = hall.fresh(f"window/{window}")
    assert "ticket" not in now
    assert [row["number"] for row in now["next"]] == [number]


def test_twin_without_its_limit_the_late_press_calls_somebody(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["twin"]
    hall.open(window)
    page = open_page("about:blank", *DESK)
    page.route("**/shared/client.js", lambda route: route.fulfill(body=without_limit(route), content_type="text/javascript"))  # fmt: skip
    number = pressed_while_the_caller_hangs(hall, page, window, SHORT_MS)
    os.kill(hall.caller.pid, signal.SIGCONT)
    expect(page.locator("#number")).to_have_text(number)


def without_limit(route: Route) -> str:
    text = route.fetch(max_retries=3).text()
    assert "until ? {" in text
    return text.replace("until ? {", "false ? {")


def test_a_press_on_its_way_outlives_a_reload(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["reload"]
    hall.open(window)
    page = open_page("about:blank", *DESK)
    sent = commands(page)
    number = pressed_while_the_caller_hangs(hall, page, window, LONG_MS)
    page.reload()
    os.kill(hall.caller.pid, signal.SIGCONT)
    says(page, f"已叫 {number} 号")
    assert len({frame["id"] for frame in sent}) == 1
    assert hall.fresh(f"window/{window}")["ticket"]["number"] == number
    assert page.evaluate("sessionStorage.length") == 0


# --- by itself


def test_a_loaded_desk_goes_on_when_the_web_process_stops(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["web"]
    page = seated(hall, open_page, window)
    port = int(hall.web.address.rstrip("/").rpartition(":")[2])
    hall.web.kill()
    try:
        ticket = hall.take(
            items=(next(each.id for each in hall.settings.items if each.queue == queue_of(hall, window)),)
        )
        live(page, "next")
        page.keyboard.press("Space")
        says(page, f"已叫 {ticket['number']} 号")
        expect(page.locator(".items")).not_to_be_empty()
        live(page, "finish")
        page.keyboard.press("f")
        expect(page.locator("#ask .choice").first).to_be_visible()
        page.keyboard.press("1")
        says(page, "已结束：即办")
    finally:
        hall.web = hall.start_web(port)


BELL = "window.rung = 0; addEventListener('hallcall-bell', () => (window.rung += 1));"


def test_an_applicant_who_comes_to_an_idle_window_rings_once(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["bell"]
    page = seated(hall, open_page, window)
    page.evaluate(BELL)
    expect(page.locator('[data-list="waiting"] h2')).to_contain_text("0")
    number = hall.take(queue_of(hall, window))["number"]
    expect(page.locator('[data-list="waiting"] .row')).to_have_count(1)
    page.wait_for_function("() => document.title.startsWith('● 1 人等候')")
    page.wait_for_function("() => !document.title.startsWith('●')")  # it flashes
    hall.take(queue_of(hall, window))
    expect(page.locator('[data-list="waiting"] .row')).to_have_count(2)
    assert page.evaluate("rung") == 1  # somebody waited already
    live(page, "next")
    page.emulate_media(reduced_motion="reduce")  # then it would stand there and not flash, were it not gone
    page.keyboard.press("Space")
    says(page, "已叫")
    expect(page).to_have_title(re.compile(f"^{number} "))


def test_space_calls_the_next_after_a_press_by_mouse_elsewhere(
    hall: RunningHall, open_page: OpenPage
) -> None:
    window = SEATS["mouse"]
    hall.open(window)
    for _ in range(2):
        hall.take(queue_of(hall, window))
    hall.call(window)
    page = desk(hall, open_page("about:blank", *DESK), window)
    page.locator("#larger").click()
    page.locator("#larger").click()
    expect(page.locator("html.large")).to_have_count(0)
    live(page, "start")
    page.keyboard.press("s")
    live(page, "next")
    page.keyboard.press("Space")
    says(page, "已叫")
    expect(page.locator("html.large")).to_have_count(0)


def test_a_small_window_stays_on_top_and_takes_the_keys(hall: RunningHall, open_page: OpenPage) -> None:
    window = SEATS["strip"]
    page = seated(hall, open_page, window)
    assert page.evaluate("'documentPictureInPicture' in window")
    number = hall.take(queue_of(hall, window))["number"]
    live(page, "next")
    with page.context.expect_page() as opened:
        page.locator("#float").click()
    small = opened.value
    expect(small.locator("#desk")).to_be_visible()
    expect(page.locator("#away")).to_be_visible()
    small.keyboard.press("Space")
    expect(small.locator("#number")).to_have_text(number)
    small.close()
    expect(page.locator("#number")).to_have_text(number)
    live(page, "start")
    page.keyboard.press("s")
    says(page, "开始办理")


def test_no_desk_asks_for_anything_outside_or_fails(
    hall: RunningHall, open_page: OpenPage, watched: Watched
) -> None:
    page = seated(hall, open_page, SEATS["outside"], STRIP)
    page.locator('[data-verb="help"]').tap()
    expect(page.locator("#help")).to_be_visible()
    assert watched.errors == []
    assert watched.outside == []
