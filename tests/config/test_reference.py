"""The reference page is current, and no setting is without words."""

from pathlib import Path

from msgspec import structs

from config import words
from config.reader import LOOSE, MANY, ONE
from config.reference import render

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m config.reference > docs/settings.md"


def test_every_setting_has_words_and_every_word_a_setting() -> None:
    kinds = ONE | MANY
    assert set(words.TABLES) == set(kinds)
    assert set(words.LOOSE) == set(LOOSE)
    for table, kind in kinds.items():
        assert set(words.FIELDS[table]) == {field.name for field in structs.fields(kind)}, table


def test_words_are_in_both_languages() -> None:
    for table in words.FIELDS.values():
        for said in table.values():
            assert said.zh
            assert said.en.isascii()
