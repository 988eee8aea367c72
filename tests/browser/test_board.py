"""The hall's board in real Chromium, on a real caller: what it shows, says, and does not say twice."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from caller.engine import commands as cmd
from tests.instruments.browser import OpenPage, Watched, stop_clock
from tests.instruments.plain_halls import plain_text
from tests.instruments.running_hall import REPO, RunningHall, until

# Each call that sounds: its number, when it begins and when it ends, and whether its caption rings to the end.
LISTEN = """
window.heard = [];
addEventListener("hallcall-sound", (event) => heard.push([event.detail.call, performance.now(), 0, false]));
addEventListener("hallcall-silence", (event) => {
    const row = document.querySelector(`[data-call="${event.detail.call}"]`);
    heard.at(-1).splice(2, 2, performance.now(), row.classList.contains("ringing"));
});
"""
CALLS_KEPT = 12  # the newest calls of the whole hall that a board is told
MANY_TIMES = 12  # asking for one turn
SOUND_SECONDS = 90  # far beyond two announcements
RING_MS = 10_000


def quick_hall(folder: Path, source: str = "county") -> Path:
    """A hall that says each call once: half the time of a test is its voice."""
    text = plain_text(REPO / f"config/halls/{source}.toml")
    copy = folder / f"{source}.toml"
    copy.write_text(text.replace("repeat = 2", "repeat = 1"))
    for items in (REPO / "config/halls").glob("*.csv"):
        (folder / items.name).write_bytes(items.read_bytes())
    return copy


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    source = quick_hall(tmp_path_factory.mktemp("source"))
    running = RunningHall(tmp_path_factory.mktemp("board"), source).start()
    running.open(*(str(number) for number in range(1, 13)))
    yield running
    running.close()


@pytest.fixture
def board(hall: RunningHall, open_page: OpenPage) -> Page:
    return open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)


def still_board(hall: RunningHall, open_page: OpenPage, **more: Any) -> Page:
    """A board whose clock stands: what rings does not stop, however slow this machine is."""
    page = open_page("about:blank", 1920, 1080, alone=True, **more)
    page.clock.install()
    page.goto(hall.page("/board?voice=off", "board", "b1"))
    expect(page.locator(".cell").first).to_be_visible()
    stop_clock(page)
    return page


def called(hall: RunningHall, window: str) -> dict[str, Any]:
    """A new ticket, called to a window; whoever was there is done first."""
    hall.take(next(each.queues[0] for each in hall.settings.windows if each.id == window))
    if hall.views[f"window/{window}"]["state"] == "called":
        hall.serve(window)
    return hall.call(window)


def heard(page: Page) -> list[list[float]]:
    return page.evaluate("window.heard")


def ringing(page: Page) -> list[str]:
    return page.locator(".call.ringing .number").all_inner_texts()


def test_a_call_is_shown_large_and_rings_and_a_second_never_wipes_it(
    hall: RunningHall, open_page: OpenPage
) -> None:
    board = still_board(hall, open_page)
    call = called(hall, "1")
    newest = board.locator("#calls .call").first
    expect(newest.locator(".number")).to_have_text(call["number"])
    expect(newest.locator(".window")).to_have_text("1 号窗口")
    expect(newest).to_have_class(re.compile("ringing"))
    size = "e => parseFloat(getComputedStyle(e).fontSize)"  # none of an element that a new picture has just replaced
    until(lambda: newest.locator(".number").evaluate(size) > 60, "the number stands large")
    second = called(hall, "2")
    until(lambda: {call["number"], second["number"]} <= set(ringing(board)), "both ring")
    assert ringing(board)[0] == second["number"]


FLASH = """(e) => e.getAnimations().map((ring) => {
    ring.pause();
    return [0, 0.5].map((part) => {
        ring.currentTime = part * ring.effect.getComputedTiming().duration;
        return getComputedStyle(e).backgroundColor }) })"""


def test_a_call_that_rings_flashes_unless_one_asked_for_stillness(
    hall: RunningHall, open_page: OpenPage
) -> None:
    moving, still = (
        still_board(hall, open_page, reduced_motion=motion) for motion in ("no-preference", "reduce")
    )
    call = called(hall, "1")
    for page in (moving, still):
        expect(page.locator(".call.ringing .number", has_text=call["number"])).to_be_visible()
    ((lit, dim),) = moving.locator(".call.ringing").first.evaluate(FLASH)
    assert lit != dim
    assert still.locator(".call.ringing").first.evaluate(FLASH) == []


def over(hall: RunningHall, page: Page, how: type[Any]) -> tuple[bool, bool]:
    """A call ends while it rings, and another one follows; whether it then still stands large, and among the earlier
    ones. The page's clock stands, so that no time runs out."""
    page.clock.install()
    page.goto(hall.page("/board?voice=off", "board", "b1"))
    expect(page.locator(".cell").first).to_be_visible()
    stop_clock(page)
    gone = called(hall, "9")
    expect(page.locator("#calls .ringing .number", has_text=gone["number"])).to_be_visible()
    if how is cmd.HoldTicket:
        hall.serve("9")
    hall.verb(how, "9")
    follows = called(hall, "10")
    expect(page.locator("#calls .ringing .number", has_text=follows["number"])).to_be_visible()
    large, earlier = (page.locator(where).inner_text() for where in ("#calls", "#recent"))
    return gone["number"] in large, gone["number"] in earlier


@pytest.mark.parametrize("how", [cmd.MarkNoShow, cmd.HoldTicket])
def test_who_missed_the_call_is_held_or_gone_is_not_sent_to_the_window_any_more(
    hall: RunningHall, open_page: OpenPage, how: type[Any]
) -> None:
    assert over(hall, open_page("about:blank", 1920, 1080, alone=True), how) == (False, True)


def test_twin_a_ring_that_knows_no_end_of_a_call_keeps_it_large(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = open_page("about:blank", 1920, 1080, alone=True)
    page.route("**/js/calls.js", with_script("filter((call) => !call.over)", "filter(() => true)"))
    assert over(hall, page, cmd.MarkNoShow) == (True, False)


def with_script(guard: str, without: str) -> Callable[[Route], None]:
    """A page's own script with one guard off."""

    def answer(route: Route) -> None:
        script = route.fetch(max_retries=3).text()
        assert guard in script
        route.fulfill(body=script.replace(guard, without), content_type="text/javascript")

    return answer


@pytest.mark.parametrize(("guarded", "window"), [(True, "10"), (False, "12")])
def test_a_call_that_is_over_before_its_turn_is_not_announced(
    hall: RunningHall, open_page: OpenPage, guarded: bool, window: str
) -> None:
    """The loudspeaker is busy with others: the page asks for its turn again and again."""
    page, asked = open_page("about:blank", 1920, 1080), list[int]()

    def busy(route: Route) -> None:
        asked.append(int(route.request.url.partition("announce/")[2].partition("?")[0]))
        route.fulfill(json={"speak": False, "wait_ms": 50})

    page.route("**/announce/*", busy)
    if not guarded:  # the twin
        page.route("**/js/calls.js", with_script("&& !this.shown.isOver(call.call)", ""))
    page.goto(hall.page(f"/board?windows={window}", "board", "b1"))
    expect(
        page.locator(".cell").first
    ).to_be_visible()  # a call that is old when the page comes is not announced
    call = called(hall, window)
    first = call["call"]
    wait(page, lambda: first in asked)
    hall.verb(cmd.MarkNoShow, window)
    expect(
        page.locator("#recent .number", has_text=call["number"])
    ).to_be_visible()  # the page has heard of it
    second = called(hall, window)["call"]
    before = asked.count(first)
    wait(page, lambda: second in asked or asked.count(first) > before + MANY_TIMES)
    assert (second in asked) is guarded


def wait(page: Page, holds: Callable[[], bool]) -> None:
    """Wait while the page's requests are answered here."""
    until(lambda: page.wait_for_timeout(20) or holds(), "the page asks", SOUND_SECONDS)


def test_every_window_says_its_state_in_words(hall: RunningHall, board: Page) -> None:
    hall.send(cmd.PauseWindow(window="11", reason=""))
    expect(board.locator('[data-window="11"]')).to_contain_text("临时有事，请稍候")
    hall.send(cmd.ResumeWindow(window="11"))
    expect(board.locator('[data-window="11"]')).to_contain_text("空闲")
    expect(board.locator('[data-window="13"]')).to_contain_text("暂未开放")
    called(hall, "12")
    expect(board.locator('[data-window="12"]')).to_contain_text("请前往")
    hall.serve("12")
    expect(board.locator('[data-window="12"]')).to_contain_text("办理中")


def test_waiting_is_told_as_a_band(hall: RunningHall, board: Page) -> None:
    hall.take("C")
    expect(board.locator('[data-queue="C"] .wait')).to_contain_text(re.compile(r"\d+ 人.*分钟", re.S))


def test_the_clock_is_the_callers_in_the_halls_zone(hall: RunningHall, board: Page) -> None:
    expect(board.locator("#time")).to_have_text(re.compile(r"1[1-3]:\d\d"))  # the test hall is always at noon


def test_a_board_with_a_zone_shows_only_its_windows(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/board?windows=2,3&voice=off", "board", "b1"), 1920, 1080)
    expect(page.locator(".cell")).to_have_count(2)
    number = called(hall, "1")["number"]
    expect(page.locator('[data-window="2"]')).to_be_visible()
    mine = called(hall, "2")["number"]
    expect(page.locator("#calls")).to_contain_text(mine)
    assert number not in page.locator("body").inner_text()  # at rest: it was called before what is shown


def test_a_zone_board_keeps_who_is_here_when_other_zones_call_on(
    hall: RunningHall, open_page: OpenPage
) -> None:
    mine = called(hall, "3")["number"]
    for _ in range(CALLS_KEPT):
        called(hall, "4")
    newest = lambda: [call["number"] for call in hall.views["board"]["calls"]]  # noqa: E731
    until(lambda: mine not in newest(), "pushed out by other windows' calls")
    page = open_page("about:blank", 1920, 1080, alone=True)
    page.clock.install()
    page.goto(hall.page("/board?windows=3&voice=off", "board", "b1"))
    expect(page.locator(".call .number")).to_have_text([mine])
    page.clock.run_for(RING_MS)
    expect(page.locator(".call .number")).to_have_text([mine])
    expect(page.locator(".call.ringing")).to_have_count(0)


def test_english_alone_when_asked(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/board?lang=en&voice=off", "board", "b1"), 1920, 1080)
    expect(page.locator('[data-window="13"]')).to_contain_text("Closed")
    expect(page.locator("#hall")).to_have_text("Sample County Government Service Hall")


OUTSIDE = """() => [...document.querySelectorAll("li, h1, h2, time, #date, .slide")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1;
}).map((e) => e.outerHTML)"""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1366, 768), (3840, 2160)])
def test_no_scroll_bars_and_nothing_outside(
    hall: RunningHall, open_page: OpenPage, width: int, height: int
) -> None:
    page = open_page(hall.page("/board?voice=off", "board", "b1"), width, height)
    expect(page.locator(".cell").first).to_be_visible()
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    until(lambda: page.evaluate(size) == [width, height], "no scroll bar")
    until(lambda: page.evaluate(OUTSIDE) == [], "all is inside")


def test_each_call_sounds_once_and_one_after_another_and_rings_as_long(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = open_page("about:blank", 1920, 1080)
    page.add_init_script(LISTEN)
    page.goto(hall.page("/board?windows=5,6", "board", "b1"))
    expect(page.locator(".cell").first).to_be_visible()
    calls = [called(hall, "5")["call"], called(hall, "6")["call"]]
    until(lambda: len(heard(page)) == 2 and heard(page)[1][2], "both spoken", SOUND_SECONDS)
    first, second = heard(page)
    assert [int(first[0]), int(second[0])] == calls
    assert first[2] <= second[1]
    assert first[3]
    assert second[3]


def test_a_page_loaded_again_and_a_second_board_repeat_nothing(
    hall: RunningHall, open_page: OpenPage
) -> None:
    pages: list[Page] = []
    for _ in range(2):
        page = open_page("about:blank", 1920, 1080)
        page.add_init_script(LISTEN)
        page.goto(hall.page("/board?windows=8", "board", "b1"))
        expect(page.locator(".cell").first).to_be_visible()
        pages.append(page)
    call = called(hall, "8")["call"]
    spoken = lambda: [each for page in pages for each in heard(page) if each[0] == call]  # noqa: E731
    until(lambda: spoken() and spoken()[0][2], "spoken by one of the two", SOUND_SECONDS)
    assert len(spoken()) == 1
    with pages[0].expect_response(re.compile(rf"/announce/{call}\?")) as asked:
        pages[0].reload()
    assert asked.value.json() == {"speak": False, "why": "spoken"}
    assert [each for each in heard(pages[0]) if each[0] == call] == []


BLOCKED = """const start = AudioContext.prototype.resume; let touched = false;
    Object.defineProperty(AudioContext.prototype, "state", {get() {return touched ? "running" : "suspended"}});
    AudioContext.prototype.resume = function () {touched = true; this.onstatechange(); return start.call(this)};"""
COVERED = """(button) => { const mine = button.getBoundingClientRect();
    return [...document.querySelectorAll("li, h2, .mast, .notices p")].filter((e) => {
        const box = e.getBoundingClientRect();
        return box.left < mine.right && box.right > mine.left && box.top < mine.bottom && box.bottom > mine.top;
    }).map((e) => e.textContent) }"""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1366, 768)])
def test_sound_that_is_blocked_shows_a_button_that_covers_nothing(
    hall: RunningHall, open_page: OpenPage, watched: Watched, width: int, height: int
) -> None:
    page = open_page("about:blank", width, height)
    page.add_init_script(BLOCKED)
    page.goto(hall.page("/board?zone=blocked", "board", "b1"))
    expect(page.locator(".queue").first).to_be_visible()
    button = page.get_by_text("触摸此处打开叫号声音")
    expect(button).to_be_visible()
    until(lambda: button.evaluate(COVERED) == [], "it covers nothing")
    until(lambda: button.evaluate("(e) => e.getBoundingClientRect().bottom <= innerHeight"), "it is in sight")
    button.evaluate(
        "(e) => { Object.assign(e.style, {position: 'fixed', right: '2.5rem', bottom: '8rem'}) }"
    )  # the twin
    assert button.evaluate(COVERED) != []
    button.tap()
    expect(button).to_be_hidden()
    assert watched.errors == []


DEAF = """const Device = AudioContext; window.opened = 0;
    window.AudioContext = class extends Device {
        constructor() { super(); this.first = !opened++ }
        get state() { return this.first ? "suspended" : super.state }
    };"""


def opened(hall: RunningHall, page: Page) -> int:
    """How often the page has opened its sound device, the first of which never begins, some seconds later."""
    page.clock.install()
    page.add_init_script(DEAF)
    page.goto(hall.page("/board?zone=deaf", "board", "b1"))
    expect(page.locator(".cell").first).to_be_visible()
    until(lambda: page.evaluate("window.opened"), "the device is opened")
    page.clock.run_for(5_000)
    return page.evaluate("window.opened")


def test_a_sound_device_that_never_begins_is_opened_anew(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page("about:blank", 1920, 1080, alone=True)
    assert opened(hall, page) >= 2
    expect(page.get_by_text("触摸此处打开叫号声音")).to_be_hidden()


def test_twin_a_page_that_asks_its_sound_device_once_stays_silent(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = open_page("about:blank", 1920, 1080, alone=True)
    page.route("**/js/calls.js", with_script("setInterval(() => this.audio", "(() => this.audio"))
    assert opened(hall, page) == 1
    expect(page.get_by_text("触摸此处打开叫号声音")).to_be_visible()


def test_killed_and_restarted_the_board_shows_the_same_and_says_nothing_twice(
    hall: RunningHall, open_page: OpenPage
) -> None:
    page = open_page("about:blank", 1920, 1080)
    page.add_init_script(LISTEN)
    page.goto(hall.page("/board?windows=9,10", "board", "b1"))
    expect(page.locator(".cell").first).to_be_visible()
    call = called(hall, "9")["call"]
    until(lambda: [each for each in heard(page) if each[0] == call and each[2]], "spoken", SOUND_SECONDS)
    content = lambda: page.locator(".calls, .windows").all_inner_texts()  # noqa: E731
    before = content()
    hall.kill_caller()
    expect(page.locator(".silence")).to_contain_text("信息未更新")
    until(lambda: not ringing(page), "rung out", SOUND_SECONDS)
    assert content() == before
    hall.restart_caller()
    expect(page.locator(".silence")).to_have_count(0)
    until(lambda: content() == before, "the same is shown")
    again = called(hall, "10")["call"]
    until(lambda: [each for each in heard(page) if each[0] == again and each[2]], "goes on", SOUND_SECONDS)
    spoken = [int(each[0]) for each in heard(page)]
    assert len(spoken) == len(set(spoken))


def test_a_station_with_a_wrong_token_says_what_to_do(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(f"{hall.web.address}/board#token=wrong", 1920, 1080)
    expect(page.locator(".stopped")).to_contain_text("hallcall enrol")
    assert "token" not in page.url


def test_a_token_is_kept_and_leaves_the_address(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)
    expect(page.locator(".cell").first).to_be_visible()
    page.goto(f"{hall.web.address}/board?voice=off")
    expect(page.locator(".cell").first).to_be_visible()
    assert "#" not in page.url
