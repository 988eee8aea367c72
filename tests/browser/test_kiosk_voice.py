# ruff: noqa: F401, F811 - the fixture `kiosk` is imported by name
"""The kiosk's prompts in a real browser: only after a touch, one at a time, silent when muted."""

import http.client
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.instruments.browser import OpenPage
from tests.instruments.kiosk_fixtures import MILLIS, KioskHall, PageFace, face, kiosk, kiosk_page  # pyright: ignore[reportUnusedImport]
from tests.instruments.running_hall import DEADLINE, until

PORTRAIT = (1080, 1920)
PLAYED = """() => {
    window.played = [];
    const play = (window.play ??= HTMLMediaElement.prototype.play);
    HTMLMediaElement.prototype.play = function () {
        const sound = { url: new URL(this.src).pathname, heard: 0 };
        window.played.push(sound);
        this.addEventListener('timeupdate', () => { sound.heard = this.currentTime; });
        this.addEventListener('pause', () => { sound.paused = true; });
        return play.call(this);
    };
}"""


@pytest.fixture(autouse=True)
def listened_to(face: PageFace) -> None:
    face.page.evaluate(PLAYED)


def played(face: PageFace) -> list[str]:
    return face.page.evaluate("played.map((sound) => sound.url)")


def test_a_visit_is_heard_from_the_first_touch_to_the_number(face: PageFace):
    said: list[str] = []
    for target, prompt in (
        ("start", "services"),
        ("department:tax", "items"),
        ("item:T001", "guide-read"),
        ("take", "priority"),
        ("class:ordinary", "confirm"),
        ("confirm", "number"),
    ):
        face.tap(target)
        if prompt == "number":
            face.expect("number", "")
            prompt += f"-{face.number()}"
        said += [f"/voice/zh/{prompt}.wav"] if prompt else []
        # A screen is spoken of once it is painted: who presses on sooner has read it.
        spoken_in_turn(face, said)
    until(lambda: face.page.evaluate("played.at(-1).heard > 0.5"), "it really sounds")
    until(lambda: face.page.evaluate("played.slice(0, -1).every((sound) => sound.paused)"), "and alone")


def spoken_in_turn(face: PageFace, prompts: list[str]) -> None:
    """Wait until as many have been played; they are these."""
    until(lambda: len(played(face)) >= len(prompts), f"{prompts} are said")
    assert played(face) == prompts


def test_a_page_that_was_not_touched_says_nothing(face: PageFace):
    face.tap("start")
    face.page.reload()
    again = PageFace(face.page)
    again.page.evaluate(PLAYED)
    again.expect("services", "")
    again.page.wait_for_function("() => document.getElementById('kiosk').dataset.n")
    assert played(again) == []
    again.tap("lost")
    until(lambda: played(again) == ["/voice/zh/scan.wav"], "after the touch it speaks")


def test_muted_is_silent_and_seen_and_the_next_applicant_hears_again(face: PageFace):
    face.tap("start")
    until(lambda: played(face), "heard")
    face.tap("mute")
    face.page.wait_for_selector('[data-target="mute"][aria-pressed="true"]', timeout=MILLIS)
    until(lambda: face.page.evaluate("played.at(-1).paused"), "silent at once")
    before = len(played(face))
    face.tap("lost")
    face.expect("scan", "")
    assert len(played(face)) == before
    face.tap("home")
    face.page.wait_for_selector('[data-target="mute"][aria-pressed="false"]', timeout=MILLIS)


def test_another_language_is_another_voice(face: PageFace):
    face.tap("language:en")
    face.page.wait_for_selector("html[lang=en]", timeout=MILLIS)
    face.tap("start")
    until(lambda: played(face) == ["/voice/en/services.wav"], "English")


def test_nobody_makes_a_kiosk_say_a_number_that_is_not_in_sight(face: PageFace, kiosk: KioskHall):
    line = http.client.HTTPConnection(urlsplit(kiosk.url).netloc, timeout=DEADLINE)
    for path, status in (
        ("/voice/zh/services.wav", 200),
        ("/voice/zh/number-A001.wav", 404),
        ("/voice/xx/services.wav", 404),
    ):
        line.request("GET", f"{path}?key={kiosk.key}")
        answer = line.getresponse()
        answer.read()
        assert answer.status == status, path
    line.close()


def test_a_hall_that_wants_no_prompts_has_no_sound_and_no_button(
    open_page: OpenPage, kiosk: KioskHall, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("silent")
    toml = kiosk.hall.hall.with_name("silent.toml")
    row = '\n[[kiosk]]\nid = "silent"\nprinters = ["p1"]\nprompts = false\n'
    toml.write_text(kiosk.hall.hall.read_text() + row)
    kiosk.hall.apply(toml)  # a kiosk goes by the settings of its caller
    silent = KioskHall(kiosk.hall, folder, "silent", toml)
    try:
        face = PageFace(open_page(silent.url, *PORTRAIT)).fresh()
        expect(face.page.locator('[data-target="mute"]')).to_have_count(0)
        assert not (silent.memory / "voice").exists() or not list((silent.memory / "voice").iterdir())
    finally:
        silent.close()


# --- who cannot see the screen: the keys of an audio pad


def pressed(face: PageFace, key: str) -> None:
    """Press a key of the pad, and wait until the page plays what it says."""
    before = len(aloud(face))
    face.page.keyboard.press(key)
    until(lambda: len(aloud(face)) > before, f"{key} is answered aloud")


def aloud(face: PageFace) -> list[str]:
    return [url for url in played(face) if "/aloud-" in url]


def test_a_visit_by_the_keys_of_a_pad_from_rest_to_the_number(face: PageFace, kiosk: KioskHall):
    pressed(face, "F1")
    until(lambda: face.page.evaluate("played.at(-1).heard > 0.3"), "it really sounds")
    for screen in ("services", "items", "guide", "priority", "confirm", "number"):
        while not face.page.locator(
            '[data-at][data-target^="start"], [data-at]:is(.tile, .action.main)'
        ).count():
            pressed(face, "ArrowDown")
        face.page.keyboard.press("Enter")
        face.expect(screen, "")
        still_read = len(aloud(face))
        until(lambda before=still_read: len(aloud(face)) >= before, "the new screen is read")
    assert face.number()
    until(
        lambda: face.page.evaluate("played.slice(0, -1).every((sound) => sound.paused)"),
        "one voice at a time",
    )


def test_nobody_fetches_what_is_not_being_read(face: PageFace, kiosk: KioskHall):
    pressed(face, "ArrowDown")
    said = aloud(face)[-1]
    line = http.client.HTTPConnection(urlsplit(kiosk.url).netloc, timeout=DEADLINE)
    pressed(face, "ArrowDown")
    for path, key, status in (
        (aloud(face)[-1], kiosk.key, 200),
        (said, kiosk.key, 404),
        (aloud(face)[-1], "no", 403),
    ):
        line.request("GET", f"{path}?key={key}")
        answer = line.getresponse()
        answer.read()
        assert answer.status == status, path
    line.close()
