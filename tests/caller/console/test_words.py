"""Words: both languages complete, and no character that a terminal and a font measure differently."""

import re
import unicodedata
from pathlib import Path
from string import Formatter
from typing import get_args

from caller.console import verbs, words
from caller.engine.lease_terms import UncheckedRule
from config import catalogue
from config.hall_lists import usual

KINDS = ("outcome", "class", "class-mark", "window-state")  # of the catalogue, shown on the terminal
TABLES = (words.WORDS, words.VERB_WORDS)
QUOTES = "“”"  # GB 18030 fonts draw them wide; they stand in sentences only, never in columns


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def pairs() -> list[tuple[str, str]]:
    shared = [catalogue.both(kind, code) for kind in KINDS for code in catalogue.codes(kind)]
    own = [pair for table in TABLES for pair in table.values()]
    return [*own, *shared, *((pause.name, pause.name_en) for pause in usual("pause"))]


def test_both_languages_are_complete_and_take_the_same_facts() -> None:
    for zh, en in pairs():
        assert zh
        assert en
        assert fields(zh) == fields(en)


def test_no_chinese_is_left_in_english() -> None:
    assert not [en for _, en in pairs() if any(letter >= "\u2e80" for letter in en)]


def test_no_character_of_doubtful_width() -> None:
    spoken = "".join(zh + en for zh, en in pairs())
    doubtful = {letter for letter in spoken if unicodedata.east_asian_width(letter) == "A"}
    assert doubtful <= set(QUOTES)


def test_refusal_words_of_the_engine_fit_a_terminal_too() -> None:
    spoken = "".join("".join(each.words) for each in catalogue.templates("refusal"))
    doubtful = {letter for letter in spoken if unicodedata.east_asian_width(letter) == "A"}
    assert doubtful <= set(QUOTES)


def test_every_mark_takes_two_cells() -> None:
    for zh, en in (catalogue.both("class-mark", code) for code in catalogue.codes("class-mark")):
        assert len(zh) + sum(unicodedata.east_asian_width(letter) == "W" for letter in zh) == 2
        assert len(en) == 2


def test_every_word_is_said_somewhere() -> None:
    rooms = Path(words.__file__).parent.rglob("*.py")
    source = "".join(path.read_text(encoding="utf-8") for path in rooms if path.name != "words.py")
    said = set(re.findall(r"[\"']([a-z0-9-]+)[\"']", source))
    made = {
        "did-": verbs.VERBS,
        "help-": "12345",
        "alarm-": verbs.ALARMS,
        "alone-": get_args(UncheckedRule),
    }  # these are said by a name put together
    unsaid = [key for key in words.WORDS if key not in said and not key.startswith(tuple(made))]
    assert unsaid == []
