"""Clipped text as a kind: every page at every documented size, in both languages, with the longest legal names.

The hall has thirty windows, twelve queues and six people on duty; half of them are named with eighty signs, half with
eight, for which one line is just too short. The eye is tests/instruments/clipped_text.py.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caller.engine import commands as cmd
from display.web.app import PAGES
from tests.instruments.browser import OpenPage
from tests.instruments.clipped_text import TYPE_PX_MIN, faults
from tests.instruments.longest_hall import longest_hall
from tests.instruments.running_hall import RunningHall, comes_to, until

SETTLE_SECONDS = 30  # for fonts and late parts of a page; a bound, not a wait
BOARD_PX_MIN, SIGN_PX_MIN, TABLET_PX_MIN, PHONE_PX_MIN = 12.0, 15.0, 12.0, 16.0  # by how far away it is read
BOARD = [(1920, 1080), (1080, 1920)]
SIGN = [(1280, 400), (1920, 360)]
TABLET = [(1280, 800), (1024, 768)]
PHONE = [(390, 844), (320, 640)]
SMALL_PRINT_PX = 13.0  # of a phone's page that is held near: hashes, notes
# The lines of a name as they are set: broken at its point and nowhere else.
LINES = """(element) => {
  const lines = new Map(), range = document.createRange(), text = element.firstChild;
  for (let at = 0; at < text.length; at++) {
    range.setStart(text, at), range.setEnd(text, at + 1);
    const top = Math.round(range.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) ?? "") + text.data[at]);
  }
  return [...lines.values()].map((line) => line.replace("·", ""));
}"""
CLERK = {"name": "阿不都热依木·买买提吐尔逊江", "star": 5, "party": True}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    """Twelve windows call, one rests, some are free, the others closed."""
    source = longest_hall(tmp_path_factory.mktemp("source"))
    running = RunningHall(tmp_path_factory.mktemp("longest"), source).start()
    windows = running.settings.windows
    (running.data / "clerks").mkdir(exist_ok=True)
    (running.data / "clerks" / "C001.json").write_text(json.dumps(CLERK), encoding="utf-8")
    running._enrol(("evaluator", windows[10].id))
    running._enrol(*(("window", windows[at].id) for at in (0, 1, 11, 12, 20)))
    for number, window in enumerate(windows[:20]):
        clerk = "C001" if number == 0 else f"clerk-number-{number:019}"
        running.send(cmd.OpenWindow(window=window.id, clerk=clerk))
    for window in windows[:12]:
        for _ in range(2):
            running.ticket = running.take(window.queues[0])["ticket"]
    for window in windows[:12]:
        running.call(window.id)
    running.send(cmd.PauseWindow(window=windows[12].id, reason="meal"))
    yield running
    running.close()


def clean(page: Page, smallest: float = TYPE_PX_MIN, but: str = "never") -> list[str]:
    """The faults that stay once the page has settled, but for those that name a certain thing."""
    page.evaluate("document.fonts.ready")
    end = time.monotonic() + SETTLE_SECONDS
    while found := [each for each in faults(page, smallest) if but not in each]:
        if time.monotonic() > end:
            break
        page.wait_for_timeout(50)
    return found


def at_the_end(page: Page) -> list[str]:
    """The faults at the end of a page, which grows while what it asks for comes."""
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    return faults(page, SMALL_PRINT_PX)


def speaking(path: str, languages: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={languages}"


@pytest.mark.parametrize("languages", ["zh,en", "en,zh"])
@pytest.mark.parametrize("size", BOARD)
@pytest.mark.parametrize("few", [False, True])
def test_the_board(hall: RunningHall, open_page: OpenPage, size: Any, languages: str, few: bool) -> None:
    only = f"&windows=1,{hall.settings.windows[11].id}" if few else ""
    page = open_page(hall.page(speaking(f"/board?voice=off{only}", languages), "board", "b1"), *size)
    expect(page.locator(".cell").first).to_be_visible()
    expect(page.locator(".call").first).to_be_visible()
    assert clean(page, BOARD_PX_MIN) == []


@pytest.mark.parametrize("languages", ["zh,en", "en,zh"])
@pytest.mark.parametrize("size", SIGN)
def test_the_sign(hall: RunningHall, open_page: OpenPage, size: Any, languages: str) -> None:
    page = open_page("about:blank", *size)
    for number in (0, 10, 11, 12, 25):  # numbered, named, resting, closed
        window = hall.settings.windows[number].id
        page.goto(hall.page(speaking(f"/sign?window={window}", languages), "board", "b1"))
        expect(page.locator("#number")).not_to_be_empty()
        assert clean(page, SIGN_PX_MIN) == [], window
    page.goto(hall.page(speaking("/sign?window=1&clerk", languages), "evaluator", "1"))
    expect(page.locator(".clerk-name")).to_be_visible()
    assert clean(page, SIGN_PX_MIN) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", TABLET)
def test_the_tablet(hall: RunningHall, open_page: OpenPage, size: Any, language: str) -> None:
    """At rest at a numbered and a named window, asking, with reasons, with own words, thanking."""
    named = hall.settings.windows[10].id
    page = open_page(hall.page(speaking(f"/rate?window={named}", language), "evaluator", named), *size)
    expect(page.locator(".card")).to_be_visible()
    assert clean(page, TABLET_PX_MIN) == []
    page.goto(hall.page(speaking("/rate?window=1", language), "evaluator", "1"))
    expect(page.locator(".card")).to_be_visible()
    comes_to(lambda: page.locator(".clerk-name").evaluate(LINES), str(CLERK["name"]).split("·"))
    assert clean(page, TABLET_PX_MIN) == []
    if hall.views["window/1"]["state"] == "open":
        hall.take(hall.settings.windows[0].queues[0])
        hall.call("1")
    hall.serve("1")
    hall.finish("1")
    for screen, press in (("ask", '[data-level="1"]'), ("reasons", '[data-act="rate.send"]'), ("words", "")):
        expect(page.locator("#stage")).to_have_attribute("data-screen", screen)
        assert clean(page, TABLET_PX_MIN) == [], screen
        if press:
            page.locator(press).tap()
    page.locator("textarea").fill("好" * 500)
    assert clean(page, TABLET_PX_MIN) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", PHONE)
def test_the_phone(hall: RunningHall, open_page: OpenPage, size: Any, language: str) -> None:
    called = hall.views[f"window/{hall.settings.windows[5].id}"]["ticket"]["ticket"]
    page = open_page("about:blank", *size)
    for ticket in (hall.ticket, called):
        page.goto("about:blank")  # another fragment alone loads nothing
        page.goto(hall.page(speaking("/t", language)) + f"#{hall.phone_key(ticket)}")
        expect(page.locator(".card .number")).to_be_visible()
        assert clean(page, PHONE_PX_MIN) == []
        page.locator('[data-act="feedback.open"]').tap()
        expect(page.locator("textarea")).to_be_visible()
        assert clean(page, PHONE_PX_MIN) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", PHONE)
def test_the_pages_that_any_phone_opens(
    hall: RunningHall, open_page: OpenPage, size: Any, language: str
) -> None:
    """Each as it opens and with its type twice as large; where a thing is chosen first, to the end of what it leads to,
    for the button at the lower edge lies over what one scrolls to."""
    code, named = hall.fresh("kiosk")["take"]["code"], hall.settings.windows[10].id
    page = open_page("about:blank", *size)
    for path, ready in (
        ("/case", "#code"), ("/ratings", "main"), ("/feedback", '[data-kind="complaint"]'), ("/card?window=1", "#card h2"),
        (f"/card?window={named}", "#card h2"), (f"/take?code={code}", ".choices a"), ("/book", "main h1"),
    ):  # fmt: skip
        page.goto("about:blank")
        page.goto(hall.page(speaking(path, language)))
        expect(page.locator(ready).first).to_be_visible()
        assert clean(page, SMALL_PRINT_PX) == [], path
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert clean(page, but="placeholder") == [], (path, "large")
        page.evaluate("document.documentElement.style.fontSize = ''")
        if path.startswith("/take"):
            page.locator(ready).first.click()
            expect(page.locator('[data-act="take.take"]')).to_be_visible()
            comes_to(lambda: at_the_end(page), [], (path, "chosen"))


def test_every_page_of_the_web_process_is_looked_at() -> None:
    """A page that is new is none of these until somebody writes it into a test above or below."""
    source = Path(__file__).read_text(encoding="utf-8")
    elsewhere = {"/guide", "/t/{ticket}"}  # test_guide.py; the same page as /t
    assert [path for path in PAGES if path not in elsewhere and f'"{path}' not in source] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_emergency_sheet(hall: RunningHall, open_page: OpenPage, language: str) -> None:
    for size in ((1280, 800), (390, 844)):
        page = open_page(hall.page(speaking("/sheet", language), "manager", "m1"), *size)
        expect(page.locator("#lists section li").first).to_be_visible()
        assert clean(page, SMALL_PRINT_PX) == []


UNSEEN = """(without) => {
    const list = document.querySelector("#windows"), end = list.parentElement.getBoundingClientRect().bottom;
    list.classList.remove(...without);
    return [...list.children].filter((each) => each.getBoundingClientRect().bottom > end).length;
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_supervision_and_the_list_of_pages(hall: RunningHall, open_page: OpenPage, language: str) -> None:
    for size in ((1920, 1080), (1366, 768)):
        page = open_page(hall.page(speaking("/supervise", language), "supervisor", "s1"), *size)
        expect(page.locator(".desk").first).to_be_visible()
        assert clean(page) == []
        assert page.evaluate(UNSEEN, []) == 0  # nobody scrolls a wall
        assert page.evaluate(UNSEEN, ["close", "many"]) > 0  # the twin
    page = open_page(hall.page("/"), 1280, 800)
    expect(page.locator("#window-pages tr").first).to_be_visible()
    assert clean(page) == []


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 400), (390, 844)])
def test_a_page_that_is_stopped_or_lost_says_why(
    hall: RunningHall, open_page: OpenPage, size: tuple[int, int]
) -> None:
    path, width = {1920: "/board", 1280: "/sign?window=1", 390: "/t"}[size[0]], size[0]
    page = open_page(hall.page(path) + ("#no-such-key" if width == 390 else ""), *size)
    expect(page.locator("body")).not_to_have_text(re.compile(r"^\s*$"))
    if width != 390:
        expect(page.locator(".stopped")).to_be_visible()
        page.evaluate("document.querySelectorAll('body > :not(.stopped)').forEach((part) => part.remove())")
    assert clean(page, 14.0) == []
    lost = open_page(hall.page("/nowhere"), *size)
    assert clean(lost, 14.0) == []


def test_what_needs_a_hand_stands_first_in_supervision(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/supervise", "supervisor", "s1"), 1920, 1080)
    expect(page.locator(".desk").first).to_be_visible()
    first = page.locator(".desk").first
    expect(first).to_have_attribute("data-window", hall.settings.windows[12].id)  # it rests
    last = page.locator(".desk .state").last
    expect(last).to_have_class("state light grey")


def test_names_alike_but_for_their_ends_are_told_apart(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)
    expect(page.locator(".cell").first).to_be_visible()
    clean(page)
    names = page.locator(".cell .name").all_inner_texts()
    assert len(names) > 1
    assert len(set(names)) == len(names)


# --- the twins: the eye sees each kind of fault


def test_twin_without_fitting_the_board_is_full_of_faults(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/board?voice=off", "board", "b1"), 1920, 1080)
    expect(page.locator(".cell").first).to_be_visible()
    assert clean(page) == []
    until(  # again where the page has turned meanwhile
        lambda: (
            page.evaluate(UNFITTED)
            or any("clipped by cell" in fault or "overlap" in fault for fault in faults(page))
        ),
        "the eye sees it",
    )


UNFITTED = """() => { for (const name of document.querySelectorAll(".cell .name")) {
    name.classList.remove("wrapped"); name.textContent = name.title || name.textContent;
    name.style.fontSize = "3rem"; } }"""


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", "<p>一行字</p>"),
        ("clipped", "<p style='width:3em;overflow:hidden;white-space:nowrap'>很长的一行字写不下</p>"),
        ("clipped", "<p style='width:5em;height:1.2em;overflow:hidden'>很长的一行字写不下要三行</p>"),
        (
            "outside",
            "<p style='position:absolute;left:calc(100vw - 2em);white-space:nowrap'>很长的一行字</p>",
        ),
        ("outside", "<p style='position:absolute;top:calc(100vh - 0.3em)'>一行字</p>"),
        ("covered", "<p>一行字</p><div style='position:absolute;inset:0;background:#fff'></div>"),
        (
            "overlap",
            "<p style='position:absolute;top:0'>一行字</p><p style='position:absolute;top:0.4em'>又一行</p>",
        ),
        ("tiny", "<p style='font-size:10px'>一行字</p>"),
        ("tiny", "<p style='font-size:16px;zoom:0.6'>一行字</p>"),
        ("faint", "<p style='color:#777'>一行字</p>"),
        ("faint", "<p style='color:#fff;background:rgb(0 0 0 / 30%)'>一行字</p>"),
        ("broken", "<p style='width:4em;overflow-wrap:anywhere'>Complaint</p>"),
        ("clipped", "<input style='width:8em' placeholder='联系电话，可不填，便于回复'>"),
        ("", "<p style='width:5em'>Please come</p><input style='width:8em' placeholder='联系电话'>"),
        ("", "<div style='height:2em;overflow:auto'><p>一</p><p>二</p><p>三</p><p>四</p></div>"),
        ("", "<p>一行字</p><div style='position:absolute;inset:0'></div>"),
    ],
)
def test_twin_the_eye_sees_each_kind(open_page: OpenPage, kind: str, body: str) -> None:
    page = open_page("about:blank", 400, 300)
    page.set_content(f"<body style='overflow:hidden;margin:0'>{body}</body>")
    kinds = {fault.split()[0].strip(":") for fault in faults(page)}
    assert kinds == ({kind} if kind else set()), faults(page)


DESK = [(1366, 768), (1280, 800), (390, 844), (400, 160)]


@pytest.mark.parametrize("languages", ["zh", "en"])
@pytest.mark.parametrize("size", DESK)
def test_the_desk(hall: RunningHall, open_page: OpenPage, size: Any, languages: str) -> None:
    """At a window that calls, one whose names are words, one that rests, one without a clerk; and in larger type."""
    windows = hall.settings.windows
    for window in (windows[0], windows[11], windows[12], windows[20]):
        page = open_page(
            hall.page(speaking(f"/desk?window={window.id}", languages), "window", window.id), *size
        )
        expect(page.locator("#window")).not_to_be_empty()
        assert clean(page) == [], window.id
        if size != DESK[-1]:
            page.locator("#larger").tap()
            assert clean(page) == [], (window.id, "larger")
        page.close()


@pytest.mark.parametrize("languages", ["zh", "en"])
@pytest.mark.parametrize("size", DESK)
def test_what_the_desk_asks(hall: RunningHall, open_page: OpenPage, size: Any, languages: str) -> None:
    window = hall.settings.windows[1].id  # no other test ends its call
    page = open_page(hall.page(speaking(f"/desk?window={window}", languages), "window", window), *size)
    for key in ("f", "t", "F1"):
        expect(page.locator('[data-verb="finish"]')).to_have_attribute("data-state", "live")
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()
        page.evaluate(
            "document.querySelector('.frame').style.visibility = 'hidden'"
        )  # what it covers is meant to be
        assert clean(page) == [], key
        page.evaluate("document.querySelector('.frame').style.visibility = ''")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
