# ruff: noqa: F401, F811 - the fixture `kiosk` is imported by name
"""Keys at the kiosk's page: a scanner's, a person's, and those that would open something of the browser."""

import mmap
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.instruments.browser import OpenPage, stop_clock
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace, face, kiosk, kiosk_page  # pyright: ignore[reportUnusedImport]
from tests.instruments.running_hall import REPO
from tests.instruments.scans import CASES

PORTRAIT = (1080, 1920)
SLIP = "01890000-0000-7000-8000-000000000042"
CONTROL = {"ctrl+j": "Enter", "enter": "Enter", "tab": "Tab"}
PLAY = """async (keys) => {
    const script = document.querySelector('script[type=module]').src.replace('kiosk.js', 'touch.js');
    const { KeyBurst } = await import(script);
    const burst = new KeyBurst();
    const seen = keys.map(([key, at]) => { const meaning = burst.key(key, at * 1000); return [meaning, burst.text]; });
    return seen;
}"""


def test_the_page_tells_a_scanner_from_a_person_by_the_same_rule(face: PageFace):
    for case in CASES:
        seen = face.page.evaluate(PLAY, [[CONTROL.get(key, key), at] for key, at in case.timed()])
        assert [text for meaning, text in seen if meaning == "scan"] == list(case.scans), case.name
        assert (seen[-1][0] == "press") == case.presses, case.name


def test_a_pad_that_sends_keys_of_its_own_walks_by_what_the_hall_has_written(face: PageFace):
    found = face.page.evaluate("""async () => {
        const { padKey } = await import(document.querySelector('script[type=module]').src.replace('kiosk.js', 'touch.js'));
        const own = { F13: 'up', MediaPlayPause: 'ok', F1: 'repeat', Numpad9: 'back' };
        const of = (key, code = '', given = own) => padKey({ key, code }, false, given);
        return [of('F13'), of('MediaPlayPause'), of('F1'), of('9', 'Numpad9'), of('ArrowDown'), of('F14'), padKey({ key: 'F1', code: '' }, false)];
    }""")
    assert found == ["up", "ok", "repeat", "back", "down", None, "help"]


SCANS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # keys before the code, and after it
    "CR": ((), ("Enter",)), "TAB": ((), ("Tab",)), "CR CR": ((), ("Enter", "Enter")), "LF": ((), ("Control+j",)),
    "prefix": (("Enter",), ("Enter",)), "prefix and TAB": (("Enter",), ("Tab",)),
}  # fmt: skip
PRESS_MS = 500  # well after an Enter that no key follows has pressed


def test_a_scan_into_a_focused_button_counts_and_presses_nothing(open_page: OpenPage, kiosk: KioskHall):
    """The page's clock stands while the letters come: none comes too slowly, however busy this machine is."""
    page = open_page("about:blank", *PORTRAIT, alone=True)
    page.clock.install()
    page.goto(kiosk.url)
    face = PageFace(page)
    for name, (before, ends) in SCANS.items():
        face.fresh().tap("start")
        page.locator('[data-target="language:en"]').focus()
        stop_clock(page)
        for key in before:
            page.keyboard.press(key)
        page.keyboard.type(f"http://hall.example/t/{SLIP}")
        for key in ends:
            page.keyboard.press(key)
        page.clock.run_for(PRESS_MS)
        page.clock.resume()
        face.expect("refused", "没有这个号码")  # in Chinese: the language was not pressed
        assert page.get_attribute("html", "lang") != "en", name  # at rest: its clock has run past every press


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_persons_key_presses_what_is_in_focus(face: PageFace, key: str):
    face.tap("start")
    face.page.locator('[data-target="language:en"]').focus()
    face.page.keyboard.press(key)
    face.expect("services", "中文")


@pytest.mark.parametrize(
    "key", ["F1", "F3", "F5", "F7", "F12", "Control+p", "Control+o", "Control+s", "Control+f", "Control+u", "Control+j",
            "Control+h", "Alt+ArrowLeft", "Control+Shift+i"],
)  # fmt: skip
def test_no_key_of_the_browser_is_left_to_it(face: PageFace, key: str):
    face.tap("start")
    n, pages = face.n, len(face.page.context.pages)
    face.page.evaluate("""() => {
        window.left = [];
        addEventListener('keydown', (event) => { if (!event.defaultPrevented) window.left.push(event.key); });
    }""")
    face.page.keyboard.press(key)
    left = [each for each in face.page.evaluate("window.left") if each not in ("Control", "Alt", "Shift")]
    assert (left, face.n, len(face.page.context.pages)) == ([], n, pages)


def test_twin_a_page_without_the_rule_leaves_the_keys_to_the_browser(face: PageFace):
    face.page.goto("about:blank")
    face.page.evaluate(
        "addEventListener('keydown', (event) => { window.prevented = event.defaultPrevented; })"
    )
    face.page.keyboard.press("Control+u")
    assert face.page.evaluate("window.prevented") is False


def test_a_long_press_opens_no_menu(face: PageFace):
    seen = """() => {
        const event = new MouseEvent('contextmenu', { bubbles: true, cancelable: true });
        document.querySelector('#kiosk header').dispatchEvent(event);
        return event.defaultPrevented;
    }"""
    assert face.page.evaluate(seen)


def test_a_page_without_the_key_shows_its_technician_what_to_do(open_page: OpenPage, kiosk: KioskHall):
    page = open_page(kiosk.origin, *PORTRAIT)
    page.get_by_text("请用取号机程序启动时显示的网址打开").wait_for(timeout=MILLIS)
    assert urlsplit(kiosk.url).fragment.startswith("key=")
    assert kiosk.key not in page.content()


# --- the browser that shows it


def test_the_documented_ways_to_start_the_browser_name_flags_and_policies_that_it_has():
    text = (REPO / "docs/pages.md").read_text()
    flags = set(
        re.findall(r"(?<=[ ])--([a-z-]{4,})", "".join(re.findall(r"^chromium .*(?:\n  --.*)*", text, re.M)))
    )
    policies = set(
        re.findall(r'"([A-Z][A-Za-z]+)": ', text.partition("policies/managed")[2].partition("}")[0])
    )
    assert {"hide-crash-restore-bubble", "kiosk"} <= flags
    assert "URLBlocklist" in policies
    assert lacking(flags | policies) == set()


def test_twin_a_flag_that_is_no_more_is_found():
    assert lacking({"disable-session-crashed-bubble", "kiosk"}) == {"disable-session-crashed-bubble"}


def lacking(names: set[str]) -> set[str]:
    """Which of these the installed Chromium does not know: each stands in its program as a whole string."""
    program = Path("/usr/lib/chromium/chromium")
    if not program.exists():
        pytest.skip("Chromium is not where Debian puts it")
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return {name for name in names if text.find(b"\0" + name.encode() + b"\0") < 0}
