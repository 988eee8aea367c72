"""The pages' words: every language complete, and one thing called by one name."""

import json
from pathlib import Path

import pytest

import display
from caller.people.feedback_store import BOXED_MAX, CONTACT_MAX, KINDS, TEXT_MAX
from caller.views import DEVICE_WORDS

PAGES = Path(display.__file__).parent / "pages"
LANGUAGES = {path.stem: json.loads(path.read_text()) for path in (PAGES / "lang").glob("*.json")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    assert LANGUAGES[language].keys() == LANGUAGES["zh"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_facts_are_filled_in(language: str) -> None:
    for key, text in LANGUAGES["zh"].items():
        assert fields(LANGUAGES[language][key]) == fields(text), key


def fields(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def test_a_device_is_called_on_the_page_what_its_alert_calls_it() -> None:
    for state, (zh, _) in DEVICE_WORDS.items():
        assert LANGUAGES["zh"][f"device.{state}"] == zh


def test_the_opinion_box_calls_each_kind_what_the_office_calls_it() -> None:
    for kind, (zh, _) in KINDS.items():
        if kind != "rating":
            assert LANGUAGES["zh"][f"box.{kind}"] == zh


def test_the_fields_are_as_long_as_the_file_takes() -> None:
    script = (PAGES / "js/letter.js").read_text()
    assert f"TEXT_MAX = {TEXT_MAX};" in script
    assert f"CONTACT_MAX = {CONTACT_MAX};" in script
    assert str(TEXT_MAX) in LANGUAGES["zh"]["letter.text"]
    assert BOXED_MAX == 3  # docs/pages.md says so
