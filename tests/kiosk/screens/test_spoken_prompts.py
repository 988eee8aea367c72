"""What the kiosk says: the right sentence on the right screen, numbers sign by sign, nothing private."""

from itertools import count
from pathlib import Path

import pytest

from kiosk.catalogue import Catalogue
from kiosk.faces import load_translations
from kiosk.faces.voice import KioskVoice
from kiosk.screens.document import document
from kiosk.screens.translations import NOT_SPOKEN_ON, Translations, prompt
from kiosk.visit.machine import VisitMachine
from kiosk.visit.routes import TABLE
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall

WORDS = load_translations()
TO_CONFIRM = ("start", "department:tax", "item:T001", "take", "class:elderly")
RESULT = {"ticket": "id-1", "number": "A042", "queue": "A", "ahead": 3, "low": 5, "high": 10, "issued": 1}


def at_confirm(*printers: str) -> VisitMachine:
    ids = count(1)
    visit = VisitMachine(VisitState(Catalogue(small_hall()), KIOSK, lambda: f"id-{next(ids)}"))
    visit.away(False)
    visit.hall(kiosk_view())
    visit.paper({f"p{i}": state for i, state in enumerate(printers)})  # type: ignore[misc]
    for target in TO_CONFIRM:
        visit.tap(target, 0.0)
    return visit


def answered(visit: VisitMachine) -> VisitMachine:
    visit.tap("confirm", 0.0)
    visit.answer("id-1", RESULT, 0.0)
    return visit


def test_a_visit_is_told_what_to_do_next_and_its_number():
    visit = at_confirm("ready")
    assert prompt(visit.state) == "confirm"
    assert prompt(answered(visit).state) == "number-A042"


def test_out_of_paper_is_said_before_the_tap_and_with_the_number():
    visit = at_confirm("paper-out")
    assert prompt(visit.state) == "confirm-paper"
    assert prompt(answered(visit).state) == "only-A042"


def test_a_slip_that_did_not_come_out_is_said():
    visit = answered(at_confirm("ready"))
    visit.slip("id-1", 0, "failed")
    assert prompt(visit.state) == "no-slip"


def test_the_warning_before_the_wipe_is_said():
    visit = at_confirm("ready")
    visit.tick(KIOSK.idle_seconds + 1.0)
    assert prompt(visit.state) == "left"


def test_an_idle_screen_speaks_to_nobody():
    visit = at_confirm("ready")
    visit.tap("home", 0.0)
    assert prompt(visit.state) == ""


def test_the_next_applicant_is_not_muted_by_the_last():
    visit = at_confirm("ready")
    visit.state.speaks = {"zh": "zh"}
    visit.tap("mute", 0.0)
    assert document(visit.state)["voice"] == {"on": False, "say": "confirm"}
    visit.tap("home", 0.0)
    assert document(visit.state)["voice"]["on"]


def test_a_language_without_a_voice_has_no_button():
    visit = at_confirm("ready")
    visit.state.speaks = {"en": "en"}
    assert "voice" not in document(visit.state)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "您的号码，A 零 四 二 号。请等候叫号"),
        ("en", "Your number is A zero four two. Please wait for the call."),
    ],
)
def test_a_number_is_spelled_sign_by_sign(language: str, said: str):
    assert WORDS.sentence(language, "number-A042") == said


def test_one_is_said_yao_where_the_hall_wants_it():
    assert "B 幺 零 幺 号" in WORDS.sentence("zh", "number-B101", yao=True)
    assert "B one zero one." in WORDS.sentence("en", "number-B101", yao=True)


def test_no_prompt_names_a_person_an_item_or_a_class():
    for language in ("zh", "en"):
        for key, line in WORDS.lines[language].items():
            if key.startswith("say."):
                assert {part.partition("}")[0] for part in line.split("{")[1:]} <= {"number"}


# --- the sound itself, by the real espeak-ng


def test_the_prompts_are_made_once_and_again_when_their_words_change(tmp_path: Path):
    voice = KioskVoice(tmp_path, WORDS)
    assert voice.languages == {"zh", "en"}
    voice.make_all()
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.wav")}
    assert len(made) == len(voice.fixed("zh")) + len(voice.fixed("en")) >= 16
    KioskVoice(tmp_path, WORDS).make_all()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.wav")} == made
    lines = {"zh": WORDS.lines["zh"] | {"say.services": "请选"}, "en": WORDS.lines["en"]}
    KioskVoice(tmp_path, Translations(lines)).make_all()
    changed = set(tmp_path.glob("*.wav"))
    assert len(changed) == len(made)
    assert len(changed - made.keys()) == 1


def test_a_number_is_made_when_it_is_asked_for_and_not_kept_on_disk(tmp_path: Path):
    voice = KioskVoice(tmp_path, WORDS)
    short, long = voice.wav("zh", "number-A1"), voice.wav("zh", "number-A123456")
    assert short[:4] == b"RIFF"
    assert len(long) > len(short)
    assert not list(tmp_path.iterdir())


def test_a_key_that_is_no_prompt_makes_no_sound(tmp_path: Path):
    voice = KioskVoice(tmp_path, WORDS)
    for key in ("voice", "digits", "nothing", "", "../../etc/passwd"):
        assert voice.wav("zh", key) == b""


def test_without_espeak_the_kiosk_is_silent_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("PATH", str(tmp_path))
    voice = KioskVoice(tmp_path / "voice", WORDS)
    voice.make_all()
    assert voice.languages == frozenset()
    assert voice.wav("zh", "services") == b""
    assert "espeak-ng" in caplog.text


def test_every_screen_of_a_visit_is_spoken_of_in_each_language():
    visit = at_confirm("ready")
    visit.state.errand.bookings = []
    for screen in set(TABLE) - NOT_SPOKEN_ON - {"number"}:  # that one says the number itself
        visit.state.screen = screen
        for language in ("zh", "en"):
            assert WORDS.sentence(language, prompt(visit.state)), (screen, language)
