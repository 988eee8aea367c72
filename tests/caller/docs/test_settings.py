"""The reference page is current, and no setting is without words."""

from pathlib import Path

from msgspec import structs

from caller.docs.settings import render
from config import setting_descriptions
from config.reading.reader import LAYOUT

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m caller.docs.settings > docs/settings.md"


def test_every_setting_has_words_and_every_word_a_setting() -> None:
    kinds = dict(LAYOUT.one) | dict(LAYOUT.many)
    assert set(setting_descriptions.TABLES) == set(kinds)
    assert set(setting_descriptions.LOOSE) == set(LAYOUT.loose)
    for table, kind in kinds.items():
        assert set(setting_descriptions.FIELDS[table]) == {field.name for field in structs.fields(kind)}, (
            table
        )


def test_words_are_in_both_languages() -> None:
    for table in setting_descriptions.FIELDS.values():
        for said in table.values():
            assert said.zh
            assert said.en.isascii()
