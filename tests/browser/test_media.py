"""Boards, the kiosk at rest and tablets play the hall's playlist in real Chromium; a call comes first, on screen and aloud."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.instruments.browser import OpenPage, stop_clock
from tests.instruments.kiosk_fixtures import KioskHall, PageFace
from tests.instruments.plain_halls import plain_text
from tests.instruments.played_media import picture, video
from tests.instruments.running_hall import REPO, RunningHall, until

PICTURES = os.environ.get("HALLCALL_PICTURES", "")  # a folder for what the pages look like
MORE = """
[[reason]]
kind = "notice"
id = "busy"
name = "今天办事人数较多，预计等候较久；请先核对材料是否带齐，感谢您的耐心等候"
name_en = "Many visitors today, and waits are long: please check that you have all your papers. Thank you for waiting"

[[announcement]]
notice = "busy"
at = ["12:00"]      # the hall's clock stands between twelve and one
minutes = 240
  zone = "main"

[[media]]
file = "lost.png"

[[media]]
file = "page.png"

[[media]]
file = "notice.png"
seconds = 3

[[media]]
file = "film.webm"

[[media]]
title = "办理社会保险登记要带什么"
title_en = "What to bring for social insurance"
text = "一、居民身份证原件\\n二、劳动合同复印件一份\\n三、近期免冠照片两张"
text_en = "1. Your ID card\\n2. A copy of your contract\\n3. Two recent photos"
seconds = 3

[[media]]
text = "傍晚才播放"
hours = [["18:00", "20:00"]]
"""
LISTEN = """
window.heard = [];
for (const event of ["sound", "silence", "message", "message-end"])
  addEventListener(`hallcall-${event}`, ({ detail }) => heard.push([event, detail.call]));
"""
MEDIA = "#media, .media"
SOUND_SECONDS = 90  # far beyond an announcement
# What the playlist has shown: a script sees each entry, also one that is gone before the next look from here.
SEEN = """() => { if (window.seen) return [...window.seen];
    window.seen = new Set();
    const look = () => {
        const shown = document.querySelector('.media:not([hidden])')?.firstElementChild;
        if (shown) window.seen.add(shown.tagName);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    look();
    return [...window.seen]; }"""
CALM_MS = 12_500  # a call rings ten seconds, and the playlist comes back two after it


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[RunningHall]:
    source = tmp_path_factory.mktemp("source")
    text = plain_text(REPO / "config/halls/county.toml").replace("repeat = 2", "repeat = 1")
    (source / "county.toml").write_text(text + MORE)
    for items in (REPO / "config/halls").glob("*.csv"):
        (source / items.name).write_bytes(items.read_bytes())
    running = RunningHall(tmp_path_factory.mktemp("media"), source / "county.toml").start()
    folder = running.data / "media"
    picture(folder / "notice.png")
    (folder / "page.png").write_text("<p>no picture</p>")
    page = chromium.new_page()
    video(folder / "film.webm", page)
    page.close()
    running.open(*(str(number) for number in range(1, 8)))
    yield running
    running.close()


def keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def shows_all(page: Page) -> None:
    """Picture, video and text come in their turn; what cannot be shown is skipped."""
    until(lambda: set(page.evaluate(SEEN)) == {"IMG", "VIDEO", "ARTICLE"}, "every entry is played")


def call(hall: RunningHall, window: str) -> str:
    hall.take(next(each.queues[0] for each in hall.settings.windows if each.id == window))
    if hall.views[f"window/{window}"]["state"] == "called":
        hall.serve(window)
    return hall.call(window)["number"]


def keep_each(page: Page, name: str) -> None:
    """Pictures of a drawn entry and of a written one, where they are wanted: each has to come round again."""
    for tag in ("img", "article") if PICTURES else ():
        page.locator(f".media {tag}").wait_for()
        keep(page, f"{name}-{tag}")


def test_a_board_plays_between_calls_and_a_call_takes_the_room_at_once(
    hall: RunningHall, open_page: OpenPage
) -> None:
    """Also on a board that stands."""
    page = open_page("about:blank", 1920, 1080, alone=True)
    page.clock.install()
    page.goto(hall.page("/board?voice=off", "board", "b1"))
    shows_all(page)
    keep_each(page, "board")
    taken_by_a_call(hall, page, "board")
    page.set_viewport_size({"width": 1080, "height": 1920})
    keep_each(page, "board-standing")
    taken_by_a_call(hall, page, "board-standing")


def taken_by_a_call(hall: RunningHall, page: Page, name: str) -> None:
    """The page's clock stands meanwhile: a call rings until that is looked at."""
    expect(page.locator("#media")).to_be_visible()
    stop_clock(page)
    number = call(hall, "1")
    expect(page.locator("#calls .call.ringing .number", has_text=number)).to_be_visible()
    assert page.locator(
        "#media"
    ).is_hidden()  # at rest: its clock stands; in the same picture in which the call came
    keep(page, f"{name}-call")
    page.clock.run_for(CALM_MS)
    page.clock.resume()
    expect(page.locator("#media")).to_be_visible()
    expect(page.locator("#calls .call .number").first).to_be_visible()  # who was called last stays in sight
    keep(page, f"{name}-after")


def test_a_tablet_plays_at_rest(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/rate?window=2", "evaluator", "2"), 1280, 800)
    shows_all(page)
    keep_each(page, "tablet")
    call(hall, "2")
    hall.serve("2")
    hall.finish("2")
    expect(page.locator("#stage[data-screen=ask]")).to_be_visible()
    expect(page.locator(MEDIA)).to_have_count(0)


def test_a_kiosk_plays_at_rest_and_a_touch_goes_through(
    hall: RunningHall, open_page: OpenPage, tmp_path: Path
) -> None:
    kiosk = KioskHall(hall, tmp_path)
    try:
        page = open_page(kiosk.url, 1080, 1920)
        shows_all(page)
        keep_each(page, "kiosk")
        box = page.locator("#media").bounding_box()
        assert box
        PageFace(page).touch_at(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator("#kiosk")).to_have_attribute("data-screen", "services")
        expect(page.locator("#media")).to_be_hidden()
        keep(page, "kiosk-services")
    finally:
        kiosk.close()


def test_a_message_is_shown_and_spoken_and_a_call_breaks_it_off(
    hall: RunningHall, open_page: OpenPage
) -> None:
    def heard() -> list[str]:
        return [event for event, _ in page.evaluate("window.heard")]

    page = open_page("about:blank", 1920, 1080, alone=True)
    page.add_init_script(LISTEN)
    page.goto(hall.page("/board?zone=main&windows=3", "board", "b1"))  # no other test calls there
    expect(page.locator("#said .slide.now")).to_contain_text("今天办事人数较多")
    until(lambda: "message" in heard(), "the message begins", SOUND_SECONDS)
    begun = heard().index("message")
    call(hall, "3")
    until(lambda: heard()[begun + 1 : begun + 2], "something else is heard", SOUND_SECONDS)
    assert heard()[begun + 1] == "sound"  # the call, and not the message's end
    keep(page, "board-said")
    until(lambda: "message" in heard()[begun + 1 :], "the message begins again", SOUND_SECONDS)
    assert heard()[begun : begun + 4] == ["message", "sound", "silence", "message"]


def test_a_board_of_another_place_does_not_tell_it(hall: RunningHall, open_page: OpenPage) -> None:
    page = open_page(hall.page("/board?voice=off&zone=east", "board", "b1"), 1280, 720)
    expect(page.locator("#strip .slide.now")).to_be_visible()  # the rest of the document is drawn
    expect(page.locator("#said .slide")).to_have_count(0)
