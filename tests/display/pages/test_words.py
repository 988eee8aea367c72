"""The pages' words: every language complete, and one thing called by one name."""

import re
from pathlib import Path

import pytest

import display
from caller.client.page_files import PageFiles
from caller.people.feedback_store import BOXED_MAX, KINDS, TEXT_MAX
from caller.people.store import PURPOSES
from config.catalogue import word

PAGES = Path(display.__file__).parent / "pages"
LITERAL = re.compile(r"""\b(?:t|t2|head|button|row|this\.button|explain)\("([a-z]+(?:[.-][a-z-]+)+)"[,)]""")
LANGUAGES = PageFiles(PAGES).languages


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    """Facts of the language itself ("_dir", "_months") stand beside the words, and each has those it needs."""
    words, chinese = ({key for key in LANGUAGES[each] if key[0] != "_"} for each in (language, "zh"))
    assert words == chinese


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_facts_are_filled_in(language: str) -> None:
    for key, text in LANGUAGES["zh"].items():
        assert fields(LANGUAGES[language][key]) == fields(text), key


def fields(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def test_the_opinion_box_calls_each_kind_what_the_office_calls_it() -> None:
    for kind in ("complaint", "suggestion", "praise"):
        assert LANGUAGES["zh"][f"box.{kind}"] == word("follow-up-kind", kind)


def test_the_words_say_how_long_a_letter_may_be() -> None:
    assert str(TEXT_MAX) in LANGUAGES["zh"]["letter.text"]
    assert BOXED_MAX == 3  # docs/pages.md says so


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_a_phone_number_is_asked_for_it_says_what_for_and_how_long(language: str) -> None:
    """And what it says is what is done: the nights delete by this table."""
    notice = LANGUAGES[language]["letter.apart"]
    assert {PURPOSES[kind].days for kind in KINDS} == {180}
    assert [int(number) for number in re.findall(r"\d+", notice)] == [180, PURPOSES["answer"].days]


def test_every_word_a_script_names_exists() -> None:
    scripts = [path.read_text("utf-8") for path in PAGES.rglob("*.js")]
    keys = {key for script in scripts for key in LITERAL.findall(script)}
    assert len(keys) > 50  # the pattern still finds them
    assert keys - LANGUAGES["zh"].keys() == set()
