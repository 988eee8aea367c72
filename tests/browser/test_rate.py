"""The rating tablet: asked once, five equal choices, no hurry, never twice; also by a finger that drifts."""

import json
import sqlite3
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from caller.eventlog import LOG_NAME
from caller.people.feedback_store import FeedbackStore
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall, hallcall, until
from tests.instruments.touch import drifting_tap
from tests.instruments.webhook_receiver import receiving

WORDS = "复印材料跑了三次，希望一次说清"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("rate"), REPO / "config/halls/county.toml").start()
    running.open("1")
    yield running
    running.close()


@pytest.fixture
def tablet(hall: RunningHall, open_page: OpenPage) -> Page:
    return at_window_1(hall, open_page)


def at_window_1(hall: RunningHall, open_page: OpenPage, **more: bool) -> Page:
    """The tablet of window 1, with no question open from another test."""
    if "rating" in hall.views["window/1"]:
        hall.take("A")
        hall.call("1")
        hall.serve("1")
    return open_page(hall.page("/rate?window=1", "evaluator", "1"), 1280, 800, **more)


def served(hall: RunningHall) -> dict[str, Any]:
    """One visit at window 1, from number to end."""
    hall.take("A")
    if hall.views["window/1"]["state"] == "called":
        hall.serve("1")
    call = hall.call("1")
    hall.serve("1")
    hall.finish("1")
    return call


def ratings(hall: RunningHall) -> dict[str, int]:
    return {level: count for level, count in hall.fresh("supervise")["ratings"].items() if count}


def asks(page: Page) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-screen", "ask")


def thanked(page: Page) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-screen", "thanks")
    expect(page.locator("h1")).to_have_text("谢谢您的评价")


def rests(page: Page) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-screen", "idle")


def test_a_visit_is_rated_once_and_never_again(hall: RunningHall, tablet: Page) -> None:
    expect(tablet.locator(".card")).to_contain_text("C001")
    before = ratings(hall).get("4", 0)
    served(hall)
    asks(tablet)
    tablet.locator('[data-level="4"]').tap()
    thanked(tablet)
    until(lambda: ratings(hall).get("4", 0) == before + 1, "counted")
    tablet.reload()
    rests(tablet)
    assert ratings(hall)["4"] == before + 1


def test_the_five_choices_are_equal_and_larger_than_a_thumb_and_none_is_chosen(
    hall: RunningHall, tablet: Page
) -> None:
    served(hall)
    asks(tablet)
    looks = tablet.locator(".level").evaluate_all(
        """all => all.map((e) => { const s = getComputedStyle(e), b = e.getBoundingClientRect();
           return [Math.round(b.width), b.height, b.top, s.backgroundColor, s.borderColor, s.color, s.fontSize, s.boxShadow].join() })"""
    )
    assert len(looks) == 5
    assert len(set(looks)) == 1
    assert tablet.evaluate("document.activeElement === document.body")
    expect(tablet.locator("[aria-pressed=true], .pressed")).to_have_count(0)
    for box in tablet.locator(".level").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().toJSON())"
    ):
        assert min(box["width"], box["height"]) >= 120  # 20 mm on a 10-inch tablet of 1280 points


def test_a_finger_that_drifts_still_counts_and_one_that_leaves_does_nothing(
    hall: RunningHall, tablet: Page
) -> None:
    """The choice of a bad level is taken back each time, which sends nothing."""
    before = ratings(hall).get("5", 0)
    served(hall)
    asks(tablet)
    drifting_tap(tablet, tablet.locator('[data-level="1"]'), 0, -500, before=0)
    asks(tablet)
    for dx, dy in ((0, 0), (25, 10), (40, 0), (5, 40), (-30, 30)):
        drifting_tap(tablet, tablet.locator('[data-level="1"]'), dx, dy)
        expect(tablet.locator("#stage")).to_have_attribute("data-screen", "reasons")
        tablet.get_by_text("重新选择").tap()
        asks(tablet)
    drifting_tap(tablet, tablet.locator('[data-level="5"]'), 25, 10)
    thanked(tablet)
    until(lambda: ratings(hall).get("5", 0) == before + 1, "counted once")


def test_twin_a_plain_click_loses_the_drifting_finger(hall: RunningHall, tablet: Page) -> None:
    served(hall)
    asks(tablet)
    tablet.evaluate(
        """() => { window.clicks = 0; const button = document.createElement("button"); button.id = "plain";
        button.textContent = "x"; Object.assign(button.style, {position: "fixed", inset: "0", zIndex: 99});
        button.addEventListener("click", () => window.clicks++); document.body.append(button) }"""
    )
    tablet.locator("#plain").tap()
    until(lambda: tablet.evaluate("window.clicks") == 1, "a still finger clicks")
    lifted = "() => new Promise((done) => addEventListener('touchend', () => requestAnimationFrame(() => setTimeout(done))))"
    tablet.evaluate(f"() => {{ window.lifted = ({lifted})() }}")
    drifting_tap(tablet, tablet.locator("#plain"), 40, 0)
    tablet.evaluate("window.lifted")
    assert tablet.evaluate("window.clicks") == 1


def test_feedback_comes_on_the_way_down(hall: RunningHall, tablet: Page) -> None:
    served(hall)
    asks(tablet)
    feedback_ms(tablet)


def feedback_ms(tablet: Page) -> float:
    """Milliseconds from a finger on a choice to the next picture that shows it. The bound: tests/speed."""
    return tablet.evaluate(FEEDBACK)


FEEDBACK = """() => new Promise((done) => {
    const button = document.querySelector('[data-level="3"]');
    button.setPointerCapture = () => {};
    const start = performance.now();
    new MutationObserver((_, self) => {
        self.disconnect();
        requestAnimationFrame(() => {
            const took = performance.now() - start;
            button.dispatchEvent(new PointerEvent("pointercancel", {pointerId: 5}));
            done(took);
        });
    }).observe(button, {attributes: true, attributeFilter: ["class"]});
    button.dispatchEvent(new PointerEvent("pointerdown", {pointerId: 5, bubbles: true}));
})"""


def test_a_bad_level_may_say_why(hall: RunningHall, tablet: Page) -> None:
    before = ratings(hall).get("2", 0)
    served(hall)
    asks(tablet)
    tablet.locator('[data-level="2"]').tap()
    tablet.get_by_text("办理太慢").tap()
    tablet.get_by_text("没有一次讲清材料").tap()
    tablet.get_by_text("提交评价").tap()
    expect(tablet.locator("#stage")).to_have_attribute("data-screen", "words")
    tablet.get_by_text("不用了").tap()
    thanked(tablet)
    until(lambda: ratings(hall).get("2", 0) == before + 1, "counted")
    assert reasons_in_log(hall) == ["1:slow", "1:unclear"]


def reasons_in_log(hall: RunningHall) -> list[str]:
    """The reasons of the newest rating, read from the log itself."""
    with sqlite3.connect(f"file:{hall.data / LOG_NAME}?mode=ro", uri=True) as log:
        rows = [json.loads(row[0]) for row in log.execute("select body from event order by seq")]
    return [row for row in rows if row["type"] == "ServiceRated"][-1].get("reasons", [])


def unhappy(hall: RunningHall, tablet: Page) -> str:
    """A visit rated badly, up to the question for one's own words; the ticket."""
    ticket = served(hall)["ticket"]
    asks(tablet)
    tablet.locator('[data-level="1"]').tap()
    tablet.get_by_text("提交评价").tap()
    expect(tablet.locator("h1")).to_have_text("谢谢您的评价")
    expect(tablet.locator("textarea")).to_be_visible()
    return ticket


def test_own_words_are_kept_apart_from_the_log(hall: RunningHall, tablet: Page) -> None:
    ticket = unhappy(hall, tablet)
    tablet.locator("textarea").fill(WORDS)
    tablet.locator("input").fill("13800000000")
    tablet.get_by_text("提交意见").tap()
    thanked(tablet)
    expect(tablet.locator(".more")).to_have_text("您的意见已收到")
    (kept,) = [each for each in FeedbackStore(hall.data).newest() if each.ticket == ticket]
    assert (kept.text, kept.contact, kept.kind, kept.level, kept.window) == (
        WORDS,
        "13800000000",
        "rating",
        1,
        "1",
    )
    for file in hall.data.glob(f"{LOG_NAME}*"):
        assert WORDS.encode() not in file.read_bytes()


def test_words_left_half_written_are_wiped(hall: RunningHall, open_page: OpenPage) -> None:
    tablet = at_window_1(hall, open_page, alone=True)  # its clock would be that of every page beside it
    tablet.clock.install()
    ticket = unhappy(hall, tablet)
    tablet.clock.pause_at(tablet.evaluate("Date.now()") / 1000 + 1)  # it goes on by as much as is said here
    tablet.locator("textarea").fill(WORDS)
    tablet.clock.fast_forward(29_000)
    expect(tablet.locator("textarea")).to_have_value(WORDS)
    tablet.clock.fast_forward(2_000)
    thanked(tablet)
    tablet.clock.fast_forward(6_000)
    rests(tablet)
    expect(tablet.get_by_text(WORDS)).to_have_count(0)
    assert not [each for each in FeedbackStore(hall.data).newest() if each.ticket == ticket]


def test_words_that_cannot_be_kept_are_told_and_the_rating_stands(hall: RunningHall, tablet: Page) -> None:
    before = ratings(hall).get("1", 0)
    tablet.route("**/opinion", lambda route: route.abort())
    unhappy(hall, tablet)
    tablet.locator("textarea").fill(WORDS)
    tablet.get_by_text("提交意见").tap()
    expect(tablet.locator("h1")).to_have_text("意见没有提交成功")
    until(lambda: ratings(hall).get("1", 0) == before + 1, "counted")


def test_a_bad_level_needs_no_reason(hall: RunningHall, tablet: Page) -> None:
    before = ratings(hall).get("1", 0)
    served(hall)
    asks(tablet)
    tablet.locator('[data-level="1"]').tap()
    tablet.get_by_text("不说明原因，直接提交").tap()
    thanked(tablet)
    until(lambda: ratings(hall).get("1", 0) == before + 1, "counted")


def test_a_slipped_finger_chooses_again(hall: RunningHall, tablet: Page) -> None:
    before = ratings(hall)
    served(hall)
    asks(tablet)
    tablet.locator('[data-level="1"]').tap()
    tablet.get_by_text("办理太慢").tap()
    tablet.get_by_text("重新选择").tap()
    asks(tablet)
    assert ratings(hall) == before
    tablet.locator('[data-level="5"]').tap()
    thanked(tablet)
    until(lambda: ratings(hall) == before | {"5": before.get("5", 0) + 1}, "only the second choice counts")


def test_unrated_is_its_own_state(hall: RunningHall, tablet: Page) -> None:
    """Nobody answers: the next applicant is called, and the question goes without a trace."""
    before = ratings(hall)
    served(hall)
    asks(tablet)
    hall.take("A")
    hall.call("1")
    rests(tablet)
    assert ratings(hall) == before
    hall.serve("1")
    expect(tablet.locator("h1")).to_contain_text("正在为")
    hall.finish("1")


def test_the_whole_question_in_english(hall: RunningHall, tablet: Page) -> None:
    expect(tablet.locator("#language")).to_have_text("English")  # the page is ready for a finger
    tablet.locator("#language").tap()
    served(hall)
    expect(tablet.locator("h1")).to_have_text("How was the service?")
    levels = ["Very satisfied", "Satisfied", "Fairly satisfied", "Dissatisfied", "Very dissatisfied"]
    expect(tablet.locator(".level")).to_have_text(levels)


def test_a_caller_killed_while_it_asks_gets_the_answer_after(hall: RunningHall, tablet: Page) -> None:
    before = ratings(hall).get("3", 0)
    served(hall)
    asks(tablet)
    hall.kill_caller()
    tablet.locator('[data-level="3"]').tap()
    expect(tablet.locator("#stage")).to_have_attribute("data-screen", "sending")
    hall.restart_caller()
    thanked(tablet)
    until(lambda: ratings(hall).get("3", 0) == before + 1, "counted once")


def test_a_smaller_tablet_has_no_scroll_bars(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/rate?window=1", "evaluator", "1"), 1024, 768)
    served(hall)
    asks(page)
    page.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")
    page.wait_for_function(
        "[...document.querySelectorAll('.level')].every((e) => e.scrollWidth <= e.clientWidth)"
    )
    page.locator('[data-level="1"]').tap()
    page.get_by_text("提交评价").tap()
    expect(page.locator("textarea")).to_be_visible()
    page.wait_for_function(
        "document.querySelector('main').scrollHeight <= document.querySelector('main').clientHeight"
    )


GESTURES = """() => ["contextmenu", "dragstart", "selectstart"].map((name) => {
    const event = new Event(name, { bubbles: true, cancelable: true });
    document.querySelector("main").dispatchEvent(event);
    return event.defaultPrevented; })"""
KEYS = """(keys) => keys.map((init) => {
    const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
    document.body.dispatchEvent(event);
    return event.defaultPrevented; })"""


def test_nothing_of_the_browser_opens_under_a_finger_or_a_key(hall: RunningHall, tablet: Page) -> None:
    expect(tablet.locator("#language")).to_have_text("English")
    assert tablet.evaluate(GESTURES) == [True, True, True]
    browsers = [{"key": "F1"}, {"key": "F11"}, {"key": "p", "ctrlKey": True}, {"key": "o", "ctrlKey": True}]
    assert tablet.evaluate(KEYS, browsers) == [True] * 4
    assert tablet.evaluate(KEYS, [{"key": "a"}, {"key": "v", "ctrlKey": True}]) == [
        False,
        False,
    ]  # words are typed


def test_the_screen_is_kept_awake(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page("about:blank", 1280, 800)
    page.add_init_script(
        "navigator.wakeLock.request = (kind) => { (window.locks ??= []).push(kind); return Promise.resolve({}); }"
    )
    for address in (hall.page("/rate?window=1", "evaluator", "1"), hall.page("/board", "board", "b1")):
        page.goto(address)
        page.wait_for_function("() => window.locks?.includes('screen')")
    page.goto(hall.page("/"))  # the twin: an office's page may sleep
    expect(page.locator("#window-pages tr").first).to_be_visible()
    assert page.evaluate("window.locks") is None


def test_the_provinces_own_page_is_a_code_at_the_window_and_a_link_on_the_phone(
    hall: RunningHall, tablet: Page, open_page: OpenPage
) -> None:
    """A platform of the page-address kind: what it answers the record of a service with."""
    address = "https://pf.example.gov.cn/evaluate?id=2026-7"
    with receiving(lambda *_: 200) as platform:
        platform.says = json.dumps({"code": 200, "data": {"url": address}}).encode()
        row = f'[[province]]\nid = "p"\nurl = "{platform.url.removesuffix("/hook")}"\nmapping = "page"\nprivate = true\n'
        hall.hall.write_text(
            f"{hall.hall.read_text()}\n{row}"
        )  # what sends goes by it; no station need know of it
        hall.start_deliver()
        until(
            lambda: "\np " in hallcall("deliveries", "--data", str(hall.data))[1],
            "the province is told from now on",
        )
        call = served(hall)
        asks(tablet)
        code = tablet.locator(".province .qr")
        expect(code).to_be_visible(timeout=60_000)
        assert zxingcpp.read_barcodes(Image.open(BytesIO(code.screenshot())))[0].text == address
        tablet.screenshot(path=str(hall.folder / "province.png"))
        tablet.locator('[data-level="5"]').tap()
        thanked(tablet)
        expect(code).to_be_visible()
        phone = open_page(hall.phone_page(call["ticket"]), 390, 844)
        link = phone.locator("#rating a.province")
        expect(link).to_have_attribute("href", address)
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        phone.screenshot(path=str(hall.folder / "province-phone.png"), full_page=True)


def test_nobody_is_told_the_page_of_anothers_visit(hall: RunningHall, tablet: Page) -> None:
    call = served(hall)
    asked = """async ([body, token]) => (await fetch("/province-page", { method: "POST", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` } })).status"""
    mine, other = hall.tokens["evaluator", "1"], hall.tokens["evaluator", "2"]
    for body, token, status in (
        ({"ticket": call["ticket"]}, mine, 200), ({"ticket": call["ticket"]}, other, 404), ({"ticket": call["ticket"]}, "", 401),
        ({}, mine, 404), ({"key": call["ticket"]}, mine, 422), ({"page": "x"}, mine, 422),
    ):  # fmt: skip
        assert tablet.evaluate(asked, [body, token]) == status, (body, token)
