"""Both languages say everything the machine and the page can name, with the same facts."""

import re
from pathlib import Path

import pytest
from msgspec import structs

from config.languages import LanguageId
from config.languages import language as row_of
from kiosk.catalogue import Catalogue
from kiosk.faces import LANGUAGES, load_translations
from kiosk.screens.document import document
from kiosk.visit.machine import VisitMachine
from kiosk.visit.routes import TABLE
from kiosk.visit.state import VisitState
from tests.instruments import kiosk_halls

KIOSK = Path(__file__).resolve().parents[3] / "kiosk"
WORDS = load_translations()
KEY = re.compile(r'(?:word|key|calm)\(\s*"([a-z]+\.[a-z.-]+)"|"key": "([a-z]+\.[a-z.-]+)"')


@pytest.mark.parametrize("language", [path.stem for path in LANGUAGES.glob("*.json")])
def test_no_language_lacks_a_word_or_a_fact(language: str):
    """A sample may lack words, which fall back, but not a prompt: no visit is spoken in two languages."""
    zh, other = WORDS.lines["zh"], WORDS.lines[language]
    assert other.keys() <= zh.keys()
    lacks = zh.keys() - other.keys()
    assert not lacks or row_of(language).sample, lacks
    assert not [key for key in lacks if key.startswith("say.")]
    for key, line in other.items():
        assert set(re.findall(r"\{\w+\}", line)) == set(re.findall(r"\{\w+\}", zh[key])), key


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


# --- a third language is one more file, and one word of the hall's


def visit_in(offered: list[LanguageId]) -> VisitMachine:
    """A visit in a hall that offers these languages."""
    hall = kiosk_halls.small_hall()
    hall = structs.replace(hall, hall=structs.replace(hall.hall, languages=offered))
    return VisitMachine(VisitState(Catalogue(hall), kiosk_halls.KIOSK, lambda: "id", WORDS.languages))


def test_a_language_that_the_hall_offers_can_be_chosen_and_falls_back_to_chinese():
    visit = visit_in(["ug", "zh"])
    assert document(visit.state)["languages"] == ["ug", "zh"]
    visit.tap("language:ug", 0.0)
    screen = document(visit.state)
    assert screen["language"] == "ug"
    spoken = WORDS.of("ug")
    assert re.search("[\u0600-\u06ff]", spoken.text(screen["title"]))
    lacking = "staff.title"
    assert lacking not in WORDS.lines["ug"]
    assert spoken.key(lacking) == WORDS.lines["zh"][lacking]


def test_twin_where_the_hall_does_not_offer_it_the_tap_changes_nothing():
    visit = visit_in(["zh", "en"])
    visit.tap("language:ug", 0.0)
    assert (document(visit.state)["languages"], document(visit.state)["language"]) == (["zh", "en"], "zh")


def test_a_language_without_a_voice_is_spoken_in_the_next_of_its_chain_that_has_one():
    chinese, own = WORDS.voice("zh"), WORDS.voice("ug")
    assert WORDS.speaker("ug", {chinese, own}) == "ug"
    assert WORDS.speaker("ug", {chinese}) == "zh"
    assert WORDS.speaker("ug", {"ru"}) == ""
