"""The phone page: one's own place, one's own choices, nothing about anybody else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from caller.engine import commands as cmd
from caller.people.feedback_store import BOXED_MAX, FeedbackStore
from config.settings import Item
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall, until

PHONE = (390, 844)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("ticket"), REPO / "config/halls/county.toml").start()
    running.open("3", "9", "12", "14")
    yield running
    running.close()


def phone(hall: RunningHall, open_page: OpenPage, ticket: dict[str, Any]) -> Page:
    page = open_page(hall.phone_page(ticket["ticket"]), *PHONE)
    expect(page.locator("#place .number")).to_have_text(ticket["number"])
    return page


WAY_WHOLE = (
    "() => { const way = document.querySelector('#place .way'); return way.scrollWidth <= way.clientWidth }"
)
ON_ONE_LINE = """() => { const wait = [...document.querySelectorAll('#place dd')].find((e) => e.textContent.includes('about'));
    return wait && wait.offsetHeight < 2 * parseFloat(getComputedStyle(wait).fontSize) }"""


def is_as_wide_as(page: Page, width: int) -> None:
    page.wait_for_function("(width) => document.documentElement.scrollWidth === width", arg=width)


def queue_of(hall: RunningHall, window: str) -> str:
    return next(each.queues[0] for each in hall.settings.windows if each.id == window)


def quiet_items(hall: RunningHall) -> list[Item]:
    """Items whose queues no test of this file calls from, so that the tests hold in any order."""
    called = {queue_of(hall, window) for window in ("3", "9", "12", "14")}
    return [item for item in hall.settings.items if item.queue not in called]


def test_a_whole_visit_on_the_phone(hall: RunningHall, open_page: OpenPage) -> None:
    queue = queue_of(hall, "9")
    others = [hall.take(queue) for _ in range(2)]
    mine = hall.take(queue)
    page = phone(hall, open_page, mine)
    expect(page.locator("#place")).to_contain_text(re.compile("前面还有.*2 人", re.S))
    page.evaluate("addEventListener('hallcall-bell', (event) => (window.rang = event.detail.call))")
    page.get_by_text("打开提醒").tap()
    expect(page.get_by_text("提醒已打开")).to_be_visible()
    for _ in others:
        hall.call("9")
        hall.serve("9")
        hall.finish("9")
    expect(page.locator("#place")).to_contain_text("下一个就是您")
    call = hall.call("9")
    expect(page.locator("#place")).to_contain_text("轮到您了")
    expect(page.locator("#place .window")).to_have_text("9 号窗口")
    assert page.evaluate("window.rang") == call["call"]
    expect(page).to_have_title(re.compile("轮到您了"))
    hall.serve("9")
    expect(page.locator("#place")).to_contain_text("正在办理")
    hall.finish("9")
    expect(page.locator("#rating")).to_be_visible()
    page.locator('[data-level="1"]').tap()
    page.get_by_text("重新选择").tap()
    page.locator('[data-level="2"]').tap()
    page.get_by_text("等候时间太长").tap()
    page.locator("#rating textarea").fill("等了很久")
    page.get_by_text("提交评价").tap()
    expect(page.locator("#rating")).to_contain_text("您的意见已收到")
    (kept,) = [each for each in FeedbackStore(hall.data).newest() if each.ticket == mine["ticket"]]
    assert (kept.text, kept.kind, kept.level) == ("等了很久", "rating", 2)
    until(lambda: hall.views["supervise"]["ratings"]["2"] == 1, "counted")
    page.reload()
    expect(page.locator("#rating")).to_contain_text("您已评价")
    expect(page.locator(".level")).to_have_count(0)


def test_the_way_is_told_while_waiting_and_when_called(hall: RunningHall, open_page: OpenPage) -> None:
    page = phone(hall, open_page, hall.take(queue_of(hall, "9")))
    expect(page.locator("#place")).to_contain_text("怎么走")
    expect(page.locator("#place .way")).to_contain_text("一楼 B 区")
    until(lambda: hall.views["window/9"]["next"], "somebody waits")
    hall.call("9")
    expect(page.locator(".card.turn .way")).to_contain_text("进门右转，过引导台")
    page.locator("#language").tap()
    expect(page.locator(".card.turn .way")).to_contain_text("Turn right at the entrance")
    hall.serve("9")
    hall.finish("9")


FELT = """window.felt = []; window.sounded = []; window.heard = 0;
    const buzz = Navigator.prototype.vibrate, start = AudioScheduledSourceNode.prototype.start;
    const connect = AudioNode.prototype.connect;
    Navigator.prototype.vibrate = function (how) { const done = buzz.call(this, how); felt.push(done); return done };
    AudioNode.prototype.connect = function (...to) {
        if (to[0] === this.context.destination) this.heard = true;
        this.next = to[0];
        return connect.apply(this, to) };
    AudioScheduledSourceNode.prototype.start = function (...when) {
        let last = this;
        while (last.next instanceof AudioNode && !last.heard) last = last.next;
        sounded.push([this.frequency.value, this.context.state, last.heard === true]);
        this.addEventListener("ended", () => (window.heard += 1));
        return start.apply(this, when) };"""


def test_ones_turn_is_felt_and_heard(hall: RunningHall, open_page: OpenPage) -> None:
    """The browser's own vibration and oscillators, which are called through."""
    mine = hall.take(queue_of(hall, "9"))
    page = open_page("about:blank", *PHONE)
    page.add_init_script(FELT)
    page.goto(hall.phone_page(mine["ticket"]))
    page.get_by_text("打开提醒").tap()
    expect(page.get_by_text("提醒已打开")).to_be_visible()
    assert page.evaluate("[felt, sounded]") == [[], []]
    until(lambda: hall.views["window/9"]["next"], "somebody waits")
    hall.call("9")
    expect(page.locator("#place")).to_contain_text("轮到您了")
    assert page.evaluate("felt") == [True]
    tones = page.evaluate("sounded")
    assert len({tone for tone, _, _ in tones}) == 2
    assert {(state, heard) for _, state, heard in tones} == {("running", True)}
    page.wait_for_function("() => heard === sounded.length")
    hall.serve("9")
    hall.finish("9")


SHARED = """async (areas) => { const link = document.querySelector('[href$="js/ticket-card.js"]');
    const { shared } = await import(link.href);
    const windows = areas.map((area, index) => [String(index), { area }]);
    return shared(windows, { areas: { a: { name: "甲" }, b: { name: "乙" } } })?.name ?? "" }"""


def test_no_way_is_told_while_it_may_be_another(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.phone_page("01a1ff84-f680-7ddb-8f55-5840c0098c59"), *PHONE)
    shared = [page.evaluate(SHARED, areas) for areas in (["a", "a"], ["a", ""], ["a", "b"], [""], [])]
    assert shared == ["甲", "甲", "", "", ""]


@pytest.mark.parametrize("sign", ["右", "W", "向右 "])
def test_the_longest_way_is_read_whole(hall: RunningHall, open_page: OpenPage, sign: str) -> None:
    """Eighty characters, as many as the settings take."""

    def longest(route: Route) -> None:
        answer = route.fetch(max_retries=3)
        facts = answer.json()
        facts["areas"]["b"] = dict.fromkeys(("name", "name_en", "way", "way_en"), (sign * 80)[:80])
        route.fulfill(response=answer, json=facts)

    ticket = hall.take(queue_of(hall, "12"))
    page = open_page("about:blank", *PHONE)
    page.route("**/hall.json", longest)
    page.goto(hall.phone_page(ticket["ticket"]))
    expect(page.locator("#place .way")).to_be_visible()
    for width in (PHONE[0], 320):
        page.set_viewport_size({"width": width, "height": PHONE[1]})
        is_as_wide_as(page, width)
        page.wait_for_function(WAY_WHOLE)
    hall.send(cmd.CancelTicket(ticket=ticket["ticket"]))


def test_a_wait_keeps_its_unit(hall: RunningHall, open_page: OpenPage) -> None:
    tickets = [hall.take(queue_of(hall, "12")) for _ in range(2)]
    page = phone(hall, open_page, tickets[-1])
    page.locator("#language").tap()
    expect(page.locator("#place dd", has_text="about")).to_be_visible()
    for width in (PHONE[0], 320):
        page.set_viewport_size({"width": width, "height": PHONE[1]})
        is_as_wide_as(page, width)
        page.wait_for_function(ON_ONE_LINE)
    for each in tickets:
        hall.send(cmd.CancelTicket(ticket=each["ticket"]))


def test_nothing_about_anybody_else(hall: RunningHall, open_page: OpenPage) -> None:
    queue = queue_of(hall, "3")
    other = hall.take(queue)
    page = open_page("about:blank", *PHONE)
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda text: frames.append(str(text))))
    mine = hall.take(queue)
    page.goto(hall.phone_page(mine["ticket"]))
    expect(page.locator("#place .number")).to_have_text(mine["number"])
    hall.call("3")
    expect(page.locator("#place")).to_contain_text("下一个就是您")
    everything = "".join(frames)
    assert mine["number"] in everything
    assert other["number"] not in everything
    assert other["ticket"] not in everything
    hall.serve("3")
    hall.finish("3")
    hall.call("3")
    hall.serve("3")
    hall.finish("3")


def test_running_late_keeps_the_place(hall: RunningHall, open_page: OpenPage) -> None:
    page = phone(hall, open_page, hall.take("D"))
    page.get_by_text("我会晚到 10 分钟").tap()
    expect(page.locator("#place .head")).to_have_text(re.compile(r"^\d\d:\d\d 前不会叫您$"))
    expect(page.locator("#place .more")).to_have_text("您的位置已保留")
    for contrary in ("下一个就是您", "预计还要", "前面还有"):
        expect(page.locator("#place")).not_to_contain_text(contrary)
    expect(page.locator("#acts")).not_to_contain_text("晚")
    expect(page.locator("#acts")).to_contain_text("不办了，取消号码")


LATE = """async (now) => { const link = document.querySelector('[href$="js/ticket-card.js"]');
    const { keptUntil, canProlong, changesIn } = await import(link.href);
    const minute = 60_000_000, doc = { state: "waiting", not_before: 10 * minute };
    const at = now * minute, until = keptUntil(doc, at);
    return [until > 0, until > 0 && canProlong(until, 10, at), changesIn(doc, 10, at) / minute] }"""


def test_a_late_comer_may_ask_again_once_it_moves_the_time(hall: RunningHall, open_page: OpenPage) -> None:
    """Ten minutes kept from minute 0: [kept, may be prolonged, minutes until either changes]."""
    page = open_page(hall.phone_page("01a1ff84-f680-7ddb-8f55-5840c0098c59"), *PHONE)
    seen = {now: page.evaluate(LATE, now) for now in (0, 1, 9, 10)}
    assert seen == {0: [True, False, 1], 1: [True, True, 9], 9: [True, True, 1], 10: [False, False, 0]}


def test_giving_up_is_asked_twice(hall: RunningHall, open_page: OpenPage) -> None:
    mine = hall.take("D")
    page = phone(hall, open_page, mine)
    page.get_by_text("不办了，取消号码").tap()
    expect(page.locator("dialog")).to_contain_text(f"确定取消 {mine['number']} 号吗")
    page.get_by_text("返回", exact=True).tap()
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("body")).to_have_attribute("data-state", "waiting")
    page.get_by_text("不办了，取消号码").tap()
    page.get_by_text("确定取消", exact=True).tap()
    expect(page.locator("#place")).to_contain_text("已取消")
    expect(page.locator("#acts button")).to_have_count(0)


def test_a_missed_number_comes_back_once(hall: RunningHall, open_page: OpenPage) -> None:
    mine = hall.take(queue_of(hall, "12"))
    page = phone(hall, open_page, mine)
    hall.call("12")
    expect(page.locator("#place")).to_contain_text("轮到您了")
    hall.verb(cmd.MarkNoShow, "12")
    expect(page.locator("#place")).to_contain_text("您的号已过")
    page.get_by_text("过号了，重新排队").tap()
    expect(page.locator("body")).to_have_attribute("data-state", "waiting")


def test_the_guide_lists_every_paper(hall: RunningHall, open_page: OpenPage) -> None:
    item = next(each for each in quiet_items(hall) if len(each.papers) > 1)
    page = phone(hall, open_page, hall.take(items=(item.id,)))
    for paper in item.papers:
        expect(page.locator("#guide")).to_contain_text(paper)


def test_english_complete(hall: RunningHall, open_page: OpenPage) -> None:
    item = next(each for each in quiet_items(hall) if each.papers and each.papers_en)
    page = phone(hall, open_page, hall.take(items=(item.id,)))
    page.locator("#language").tap()
    expect(page.locator("#place")).to_contain_text("Your number")
    expect(page.locator("#guide")).to_contain_text(item.papers_en[0])
    left = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((e) => !e.children.length)
            .map((e) => e.textContent).filter((text) => /[\\u4e00-\\u9fff]/.test(text))"""
    )
    assert left == []
    page.locator('[data-act="box.open"]').tap()
    expect(page.locator("#box textarea")).to_be_visible()
    expect(page.locator("#box")).to_have_text(re.compile(r"^[\x00-\x7f]+$"))


def write(page: Page, kind: str, text: str, contact: str = "") -> None:
    page.get_by_text("意见箱：投诉、建议、表扬").tap()
    page.get_by_text(kind, exact=True).tap()
    page.locator("#box textarea").fill(text)
    page.locator("#box input").fill(contact)
    page.get_by_text("提交意见").tap()
    expect(page.locator("#box")).to_contain_text("您的意见已收到，谢谢")


def test_the_opinion_box_takes_three_letters(hall: RunningHall, open_page: OpenPage) -> None:
    mine = hall.take("D")
    page = phone(hall, open_page, mine)
    for kind, text in (("投诉", "等了很久"), ("建议", "多开一个窗口"), ("表扬", "<b>说得清楚</b>")):
        write(page, kind, text, "13800000000")
    expect(page.get_by_text("意见箱：投诉、建议、表扬")).to_have_count(0)
    found = [each for each in FeedbackStore(hall.data).newest() if each.ticket == mine["ticket"]]
    assert [each.kind for each in found] == ["praise", "suggestion", "complaint"]
    assert {each.contact for each in found} == {"13800000000"}
    page.reload()
    page.get_by_text("意见箱：投诉、建议、表扬").tap()
    page.get_by_text("投诉", exact=True).tap()
    page.locator("#box textarea").fill("还有")
    page.get_by_text("提交意见").tap()
    expect(page.locator("#box .note")).to_contain_text(f"至多 {BOXED_MAX} 条")
    expect(page.locator("#box textarea")).to_have_value("还有")


def test_a_letter_needs_a_kind_and_words_and_survives_the_news(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = phone(hall, open_page, hall.take("D"))
    page.get_by_text("意见箱：投诉、建议、表扬").tap()
    page.get_by_text("提交意见").tap()
    expect(page.locator("#box .note")).to_have_text("请先选择投诉、建议或表扬")
    page.get_by_text("建议", exact=True).tap()
    page.get_by_text("提交意见").tap()
    expect(page.locator("#box .note")).to_have_text("请写下您的意见")
    page.locator("#box textarea").fill("写到一半")
    page.get_by_text("我会晚到 10 分钟").tap()
    expect(page.locator("#place")).to_contain_text("前不会叫您")
    page.locator("#language").tap()
    expect(page.locator("#place")).to_contain_text("Your number")
    expect(page.locator("#box textarea")).to_have_value("写到一半")


def test_a_number_nobody_knows(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.phone_page("01a1ff84-f680-7ddb-8f55-5840c0098c59"), *PHONE)
    expect(page.locator("#place")).to_contain_text("找不到这个号码")


def test_a_call_that_was_there_when_the_page_opened_does_not_ring(
    hall: RunningHall, open_page: OpenPage
) -> None:
    mine = hall.take(queue_of(hall, "14"))
    until(lambda: hall.views["window/14"]["next"], "somebody waits")
    hall.call("14")
    page = open_page("about:blank", *PHONE)
    page.add_init_script("addEventListener('hallcall-bell', () => (window.rang = true))")
    page.goto(hall.phone_page(mine["ticket"]))
    expect(page.locator("#place .number")).to_have_text(mine["number"])
    assert page.evaluate("window.rang") is None


def test_nothing_is_wider_than_the_phone(hall: RunningHall, open_page: OpenPage) -> None:
    item = max(quiet_items(hall), key=lambda each: len(each.name))
    page = phone(hall, open_page, hall.take(items=(item.id,)))
    is_as_wide_as(page, PHONE[0])


def test_the_holder_asks_to_be_fetched_and_takes_it_back(hall: RunningHall, open_page: OpenPage) -> None:
    given = hall.take(items=(quiet_items(hall)[0].id,))
    page = phone(hall, open_page, given)
    page.locator('[data-act="ticket.help"]').click()
    ways = page.locator("#help .ways button")
    expect(ways).to_have_text(["听不清", "看不清", "行走不便", "需要翻译"])
    ways.nth(2).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#help .note")).to_have_text("已告诉窗口：行走不便。叫号时会有人来接您")
    assert hall.fresh(f"find/{given['number']}")["tickets"][0]["assistance"] == "wheelchair"
    page.locator('[data-act="ticket.help"]').click()
    expect(ways.nth(2)).to_have_attribute("aria-pressed", "true")
    page.locator('[data-act="ticket.help.none"]').click()
    expect(page.locator('[data-act="ticket.help"]')).to_be_visible()  # it is answered
    expect(page.locator("#help .note")).to_have_count(0)
    assert hall.fresh(f"find/{given['number']}")["tickets"][0]["assistance"] == ""
    page.locator('[data-act="ticket.help"]').click()
    hall.send(cmd.CancelTicket(given["ticket"]))
    expect(page.locator("#help")).to_be_hidden()
    page.close()


# --- on a bad line: far away and slow, and with the hall gone for a while. Most who wait outside have one bar of signal in a
# stairwell. The page is small enough for that, and when nothing is known any more it says so, and keeps the last it knew.

SLOW = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}  # ms, bytes/s
LATENCY_MS_MIN = 350  # of 400; the browser rounds its times
LOAD_BYTES_MAX = 300_000
PATIENCE_MS = 60_000  # a bound, not a wait
SIZES = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map((entry) => entry.transferSize)"""
ANSWERED = "(([page]) => page.responseEnd - page.requestStart)(performance.getEntriesByType('navigation'))"


def content(page: Page) -> list[str]:
    """What the page says, but for the minutes of the wait, which go by."""
    return [
        re.sub(r"\d+–\d+ 分钟", "", text) for text in page.locator("#place, #acts, #guide").all_inner_texts()
    ]


def test_the_page_works_on_a_slow_line(hall: RunningHall, open_page: OpenPage) -> None:
    mine = hall.take(queue_of(hall, "9"))
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
    hall.send(cmd.CancelTicket(mine["ticket"]))


def test_killed_and_restarted_the_phone_says_so_and_shows_the_same(
    hall: RunningHall, open_page: OpenPage
) -> None:
    mine = hall.take(queue_of(hall, "9"))
    page = open_page(hall.phone_page(mine["ticket"]), *PHONE)
    expect(page.locator("#place .number")).to_have_text(mine["number"])
    expect(page.locator(".silence")).to_have_count(0)
    expect(page.locator("#place")).to_contain_text("预计还要")  # estimates come a moment later
    before = content(page)
    hall.kill_caller()
    expect(page.locator(".silence")).to_contain_text("信息未更新")
    assert content(page) == before
    hall.restart_caller()
    expect(page.locator(".silence")).to_have_count(0)
    until(lambda: content(page) == before, "the same as before")
    while hall.call("9")["number"] != mine["number"]:
        hall.serve("9")
        hall.finish("9")
    expect(page.locator("#place")).to_contain_text("轮到您了")
    hall.serve("9")
    hall.finish("9")
