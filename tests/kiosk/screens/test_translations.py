"""Both languages say everything the machine and the page can name, with the same facts."""

import json
import re
from pathlib import Path

import pytest

from kiosk.catalogue import Catalogue
from kiosk.faces import LANGUAGES, load_translations
from kiosk.screens.document import document
from kiosk.screens.translations import Translations
from kiosk.visit.machine import VisitMachine
from kiosk.visit.routes import TABLE
from kiosk.visit.state import VisitState
from tests.instruments import kiosk_halls

KIOSK = Path(__file__).resolve().parents[3] / "kiosk"
WORDS = load_translations()
KEY = re.compile(r'(?:word|key|calm)\(\s*"([a-z]+\.[a-z.-]+)"|"key": "([a-z]+\.[a-z.-]+)"')


@pytest.mark.parametrize("language", [path.stem for path in LANGUAGES.glob("*.json")])
def test_no_language_lacks_a_word_or_a_fact(language: str):
    zh, other = WORDS.lines["zh"], WORDS.lines[language]
    assert other.keys() == zh.keys()
    for key, line in zh.items():
        assert set(re.findall(r"\{\w+\}", line)) == set(re.findall(r"\{\w+\}", other[key])), key


def test_every_key_named_in_the_programs_has_words():
    sources = [*(KIOSK / "screens").glob("*.py"), *(KIOSK / "faces/page/js").glob("*.js")]
    named = {a or b for path in sources for a, b in KEY.findall(path.read_text("utf-8"))}
    assert len(named) > 40
    # a key that ends with a dot is completed by a state: at least one such word must exist
    assert {key for key in named if not any(k.startswith(key) for k in WORDS.lines["zh"])} == set()


def test_every_tap_that_is_a_button_has_a_label():
    buttons = {tap for row in TABLE.values() for tap in row}
    spoken = {key.removeprefix("button.") for key in WORDS.lines["zh"] if key.startswith("button.")}
    unlabelled = buttons - spoken
    tiles_and_readers = {
        "tab",
        "department",
        "event",
        "item",
        "queue",
        "class",
        "self",
        "agent",
        "assistance",
        "form",
        "number",
        "key",
        "text",
        "slip",
        "code",
        "no-code",
        "staff",
        "kind",
        "place",
        "reason",
        "question",
        "rate",
        "rate-bad",
        "why",
    }
    assert unlabelled == tiles_and_readers


def test_no_english_screen_word_holds_hanzi_but_the_names_of_languages():
    for key, line in WORDS.lines["en"].items():
        assert not re.search(r"[\u4e00-\u9fff]", line), key


# --- a third language is one more file


@pytest.fixture
def with_a_third(tmp_path: Path) -> Translations:
    """The languages of a hall that has put a whole third file beside its two."""
    for path in LANGUAGES.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    lines = {key: f"« {line} »" for key, line in WORDS.lines["en"].items()}
    lines |= {"language.name": "Français", "language.lang": "fr", "button.start": "Prendre un numéro"}
    (tmp_path / "fr.json").write_text(json.dumps(lines), "utf-8")
    return load_translations(tmp_path)


def test_a_third_file_is_a_language_the_kiosk_offers_and_speaks(with_a_third: Translations):
    visit = VisitMachine(
        VisitState(
            Catalogue(kiosk_halls.small_hall()), kiosk_halls.KIOSK, lambda: "id", with_a_third.languages
        )
    )
    assert document(visit.state)["languages"] == ["zh", "en", "fr"]
    visit.tap("language:fr", 0.0)
    screen = document(visit.state)
    assert screen["language"] == "fr"
    spoken = with_a_third.of("fr")
    assert spoken.text(screen["title"]) == f"« {WORDS.of('en').text(screen['title'])} »"
    assert spoken.key("button.start") == "Prendre un numéro"


def test_twin_without_the_file_the_tap_changes_nothing():
    visit = VisitMachine(
        VisitState(
            Catalogue(kiosk_halls.small_hall()),
            kiosk_halls.KIOSK,
            lambda: "id",
            load_translations().languages,
        )
    )
    visit.tap("language:fr", 0.0)
    assert (document(visit.state)["languages"], document(visit.state)["language"]) == (["zh", "en"], "zh")
