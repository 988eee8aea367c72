"""The sign over a window and the supervisor's wall."""

import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import REPO, RunningHall, comes_to, until

SIZES = [(1280, 400), (1920, 360)]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("sign"), REPO / "config/halls/county.toml").start()
    running._enrol(("window", "2"))
    running.open("1", "2")
    yield running
    running.close()


def sign(hall: RunningHall, open_page: OpenPage, size: tuple[int, int] = SIZES[0], more: str = "") -> Page:
    return open_page(hall.page(f"/sign?window=1{more}", "board", "b1"), *size)


PAGE_SIZE = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
INSIDE = """() => {
  const words = document.querySelector("#number"), place = document.querySelector("#now").getBoundingClientRect();
  const text = document.createRange();
  text.selectNodeContents(words);
  const box = text.getBoundingClientRect();
  return box.left >= place.left && box.right <= place.right;
}"""


@pytest.mark.parametrize("size", SIZES)
def test_a_sentence_stays_inside_its_place_also_after_a_resize(
    hall: RunningHall, open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = sign(hall, open_page, (800, 250))
    expect(page.locator("#number")).to_have_text("空闲，可直接办理")
    small = page.locator("#number").evaluate("words => parseFloat(getComputedStyle(words).fontSize)")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function(
        "small => parseFloat(getComputedStyle(document.querySelector('#number')).fontSize) > small", arg=small
    )
    page.wait_for_function(INSIDE)


@pytest.mark.parametrize("size", SIZES)
def test_a_sign_follows_its_window(hall: RunningHall, open_page: OpenPage, size: tuple[int, int]) -> None:
    page = sign(hall, open_page, size)
    expect(page.locator("#number")).to_have_text("空闲，可直接办理")
    hall.take("A")
    expect(page.locator("#number")).to_have_text("请等候叫号")
    number = hall.call("1")["number"]
    expect(page.locator("#number")).to_have_text(number)
    expect(page.locator("#state")).to_have_text("请到本窗口办理")
    hall.serve("1")
    expect(page.locator("#state")).to_have_text("办理中")
    hall.finish("1")
    hall.send(cmd.PauseWindow(window="1", reason=""))
    expect(page.locator("#number")).to_have_text("临时有事，请稍候")
    page.wait_for_function(
        "document.querySelector('#number').scrollWidth <= document.querySelector('#number').clientWidth"
    )
    hall.send(cmd.ResumeWindow(window="1"))
    expect(page.locator("#number")).to_have_text("空闲，可直接办理")
    comes_to(lambda: page.evaluate(PAGE_SIZE), list(size))


def test_the_published_facts_are_on_the_sign(hall: RunningHall, open_page: OpenPage) -> None:
    page = sign(hall, open_page)
    window = hall.settings.windows[0]
    expect(page.locator("#label")).to_have_text("1 号窗口")
    expect(page.locator("#phone")).to_have_text(window.phone)
    expect(page.locator("#promised")).to_have_text("当场办结至 10 个工作日")
    expect(page.locator("#fee")).to_have_text("部分不收费（示例）")
    first = next(item.name for item in hall.settings.items if item.queue in window.queues)
    expect(page.locator("#items")).to_contain_text(first)


CLIPPED = """() => {
  const place = document.querySelector(".facts"), inset = parseFloat(getComputedStyle(place).paddingRight);
  const edge = place.getBoundingClientRect().right - inset + 1;
  return [...document.querySelectorAll(".facts dd")]
    .filter((e) => e.scrollWidth > e.clientWidth || e.getBoundingClientRect().right > edge)
    .map((e) => e.textContent);
}"""
FACTS_ROOM = """() => {
  const place = document.querySelector(".facts"), last = document.querySelector("#phone-row");
  return place.getBoundingClientRect().bottom - last.getBoundingClientRect().bottom;
}"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("lang", "by_item", "range_told"),
    [
        ("zh", "按事项，见办事指南", "部分当场办结至 50 个工作日"),
        ("en", "By item, see the guide", "Some: up to 50 working days"),
    ],
)
def test_promise_and_fee_stand_there_also_where_the_items_differ(
    hall: RunningHall, open_page: OpenPage, size: tuple[int, int], lang: str, by_item: str, range_told: str
) -> None:
    page = open_page(
        hall.page(f"/sign?window=24&lang={lang}", "board", "b1"), *size
    )  # three fees among its items
    expect(page.locator("#fee")).to_be_visible()
    expect(page.locator("#fee")).to_have_text(by_item)
    expect(page.locator("#promised")).to_be_visible()
    expect(page.locator("#promised")).to_have_text(range_told)
    comes_to(lambda: page.evaluate(CLIPPED), [])
    until(lambda: page.evaluate(FACTS_ROOM) > 0, "room below the facts")


def test_a_window_without_items_promises_nothing(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/sign?window=26", "board", "b1"), *SIZES[0])
    expect(page.locator("#phone")).to_be_visible()
    expect(page.locator("#fee-row")).to_be_hidden()
    expect(page.locator("#promised-row")).to_be_hidden()


def test_the_sign_in_english_alone(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/sign?window=2&lang=en", "board", "b1"), *SIZES[0])
    expect(page.locator("#label")).to_have_text("Window 2")
    expect(page.locator("#items li").first).to_be_visible()
    expect(page.locator("#number")).not_to_be_empty()
    comes_to(
        lambda: [each for each in page.locator("body").inner_text().replace("–", "-") if not each.isascii()],
        [],
    )
    page.wait_for_function(INSIDE)


def test_a_clerks_card_only_where_the_hall_put_one(hall: RunningHall, open_page: OpenPage) -> None:
    address = hall.page("/sign?window=1&clerk", "evaluator", "1")
    page = open_page(address, *SIZES[0])
    expect(page.locator("#clerk")).to_have_text("工号 C001")
    folder = hall.data / "clerks"
    folder.mkdir(exist_ok=True)
    (folder / "C001.json").write_text(json.dumps({"name": "王小明", "star": 5, "party": True}))
    page.reload()
    expect(page.locator("#clerk")).to_contain_text("王小明")
    expect(page.locator("#clerk")).to_contain_text("★★★★★共产党员")
    expect(page.locator("#clerk img")).to_have_count(0)


PICTURE_DRAWN = "() => document.querySelector('#clerk img')?.naturalWidth > 0"


def test_a_clerks_photo_is_seen_on_the_sign(hall: RunningHall, open_page: OpenPage) -> None:
    folder = hall.data / "clerks"
    folder.mkdir(exist_ok=True)
    (folder / "C002.json").write_text(json.dumps({"name": "李小红", "photo": "C002.png"}))
    page = open_page(hall.page("/sign?window=2&clerk", "evaluator", "2"), *SIZES[0])
    expect(page.locator("#clerk img")).to_have_attribute("alt", "李小红")
    page.wait_for_function("() => document.querySelector('#clerk img').complete")
    assert not page.evaluate(PICTURE_DRAWN)  # the twin: a card that names a photo nobody put there
    page.screenshot(path=folder / "C002.png")
    page.reload()
    page.wait_for_function(PICTURE_DRAWN)
    box = page.locator("#clerk img").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) > 0
    assert box["y"] + box["height"] <= SIZES[0][1]


def test_a_window_nobody_knows_is_told(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/sign?window=99", "board", "b1"), *SIZES[0])
    expect(page.locator(".stopped")).to_contain_text("没有这个窗口")


def test_the_supervisor_sees_lights_with_words(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/supervise", "supervisor", "s1"), 1920, 1080)
    expect(page.locator('[data-window="2"] .light')).to_have_class("state light green")
    hall.send(cmd.PauseWindow(window="2", reason=""))
    expect(page.locator('[data-window="2"] .light')).to_have_class("state light yellow")
    expect(page.locator('[data-window="2"]')).to_contain_text("暂停")
    hall.send(cmd.ResumeWindow(window="2"))
    issued = hall.issued()
    hall.take("D")
    expect(page.locator('[data-count="issued"] .figure')).to_have_text(str(issued + 1))
    expect(page.locator('[data-queue="D"] td').nth(1)).not_to_have_text("0")
    expect(page.locator('[data-queue="A"] td').last).to_have_text("—")
    hall.take("A")
    hall.call("1")
    hall.verb(cmd.HoldTicket, "1")
    expect(page.locator('[data-queue="A"] td').last).to_have_text(re.compile("^1 · [0-9] 分钟$"))
    hall.settled("1", "open")


def test_a_device_that_needs_a_hand_stands_first(hall: RunningHall, open_page: OpenPage) -> None:
    for agent, device, state in (
        ("pc-3", "e3", "ready"),
        ("pc-6", "e6", "unknown"),
        ("pc-10", "e10", "offline"),
    ):
        hall.device(agent, device, "evaluator", state)
    page = open_page(hall.page("/supervise", "supervisor", "s1"), 1920, 1080)
    expect(page.locator("[data-device]")).to_have_count(3)
    devices = page.locator("[data-device]")
    comes_to(lambda: devices.evaluate_all("all => all.map(each => each.dataset.device)"), ["e10", "e6", "e3"])


def test_a_supervisor_can_look_and_do_nothing(hall: RunningHall, open_page: OpenPage) -> None:
    """Its lights open their records, its alarms lead to what they are about; whatever is pressed, no command leaves the page."""
    sent: list[str] = []
    page = open_page("about:blank", 1920, 1080)
    page.on("websocket", lambda line: line.on("framesent", lambda frame: sent.append(str(frame))))
    page.goto(hall.page("/supervise", "supervisor", "s1"))
    expect(page.locator("#window-count")).not_to_be_empty()
    expect(page.locator("input, a[href], button:not(.duty, .back, .leads)")).to_have_count(0)
    # Which alarms there are depends on what the hall went through; as many as there are at one look are pressed.
    page.evaluate("() => document.querySelectorAll('button.leads').forEach((each) => each.click())")
    for light in page.locator("button.duty:visible").all():  # none where the hall has no cases
        light.click()
        expect(page.locator("#records")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#records")).to_be_hidden()
    assert any('"hello"' in frame for frame in sent)
    assert not any('"command"' in frame for frame in sent)


KEEPS_WHAT_IS_SAID = """() => {
  window.old = true;
  const keep = () => (sessionStorage.said = document.querySelector(".stopped")?.textContent ?? sessionStorage.said);
  new MutationObserver(keep).observe(document.body, { childList: true });
}"""


def test_the_office_has_a_page_loaded_anew_which_says_so_first_but_not_under_a_hand(
    hall: RunningHall, open_page: OpenPage
) -> None:
    """Two signs share a token: both load themselves anew. A desk with an open question stays as it is, and says why."""
    signs = [sign(hall, open_page) for _ in range(2)]
    desk = open_page(hall.page("/desk?window=2", "window", "2"), 1366, 768)
    for each in (*signs, desk):
        expect(each.locator("body")).to_have_attribute("data-wire", "current")
        each.evaluate(KEEPS_WHAT_IS_SAID)
    desk.keyboard.press("F1")
    expect(desk.locator("dialog[open]")).to_be_visible()
    asked = hall.send(cmd.RequestJob("b1", "restart-board"))["job"]
    busy = hall.send(cmd.RequestJob("2", "restart-window", seconds=5))["job"]
    for each in signs:
        each.wait_for_function("() => !window.old && document.body.dataset.wire === 'current'")
        assert "管理台要求重新载入本页" in each.evaluate("sessionStorage.said")
    ended = {id: end_of(hall, at, id) for id, at in ((asked, "b1"), (busy, "2"))}
    assert ended[asked] == ("done", "已重新载入 / loaded anew")
    assert (ended[busy][0], "正在使用" in ended[busy][1]) == ("failed", True)
    expect(desk.locator(".stopped")).to_have_count(0)
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    desk.route("**/desk?*", lambda route: route.abort())  # the process that serves it is away
    away = hall.send(cmd.RequestJob("2", "restart-window"))["job"]
    state, words = end_of(hall, "2", away, desk)
    assert (state, "网页服务没有应答" in words) == ("failed", True)
    assert desk.evaluate("window.old")  # it stays as it is


def end_of(hall: RunningHall, station: str, job: str, page: Page | None = None) -> tuple[str, str]:
    """How a job ended, and the words to it. `page`: one whose routes are answered meanwhile."""
    line: dict[str, str] = {}
    for _ in range(600):
        line = hall.fresh(f"jobs/{station}")["jobs"][job]
        if line["state"] in ("done", "failed", "unknown"):
            return line["state"], line["detail"]
        page.wait_for_timeout(100) if page else time.sleep(0.1)
    raise AssertionError(f"not ended within a minute: {line}")


def test_killed_and_restarted_the_sign_shows_the_same(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/sign?window=2&clerk", "evaluator", "2"), *SIZES[0])
    hall.take("B")
    number = hall.call("2")["number"]
    expect(page.locator("#number")).to_have_text(number)
    expect(page.locator("#clerk")).to_contain_text("工号 C002")
    content = lambda: page.locator("main").inner_text()  # noqa: E731
    before = content()
    hall.kill_caller()
    expect(page.locator(".silence")).to_contain_text("信息未更新")
    assert content() == before
    hall.restart_caller()
    expect(page.locator(".silence")).to_have_count(0)
    comes_to(content, before)
    hall.serve("2")
    expect(page.locator("#state")).to_have_text("办理中")  # and goes on
    hall.finish("2")
