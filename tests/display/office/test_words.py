"""The office's words: each file whole in both languages, and each code that a page names is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from caller.protocol.documents import DayPhase
from display.office import words
from display.office.pages import PAGES
from display.office.words import FOLDER, SHELL, half, office_word, words_of

OFFICE = FOLDER.parent
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
SAID = re.compile(r'\.say\(\s*"([a-z-]+)"')
# Modules that show the words of a page whose name they do not bear.
SPEAKS = {"live_details": "live", "live_window": "live", "enrolment": "stations", "day_suspension": "day"}
SHARED = ("screen", "layout", "parts", "dialogs", "acting")


def modules() -> Iterator[tuple[str, str]]:
    """Each module of a page, with the page whose words it says."""
    for path in sorted((OFFICE / "pages").glob("*.py")):
        page = SPEAKS.get(path.stem, path.stem)
        if page in FILES:
            yield page, path.read_text("utf-8")
    for name in SHARED:
        yield SHELL, (OFFICE / f"{name}.py").read_text("utf-8")


def unknown(page: str, source: str) -> set[str]:
    """The codes a module says that neither its page nor the shell has."""
    known = words_of(page).keys() | words_of(SHELL).keys()
    return set(SAID.findall(source)) - known


def uneven(rows: dict[str, tuple[str, str]]) -> set[str]:
    """The codes that lack a language, or whose languages name other facts."""
    return {code for code, (zh, en) in rows.items() if not zh or not en or _facts(zh) != _facts(en)}


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("page", FILES)
def test_each_word_is_in_both_languages_with_the_same_facts(page: str) -> None:
    assert uneven(words_of(page)) == set()
    rows = json.loads((FOLDER / f"{page}.json").read_text("utf-8"))
    assert all(len(row) == 2 for row in rows.values())


def test_each_code_a_page_says_has_a_word() -> None:
    assert {page: lacking for page, source in modules() if (lacking := unknown(page, source))} == {}


def test_each_page_has_a_title_and_a_name_of_its_own() -> None:
    ids = [page.id for page in PAGES]
    assert len(set(ids)) == len(ids)
    for page in PAGES:
        assert "title" in words_of(page.id)


def test_each_phase_of_the_day_has_a_word() -> None:
    assert {f"phase-{each}" for each in get_args(DayPhase)} <= words_of("day").keys()


def test_a_word_of_the_shell_is_found_on_every_page() -> None:
    assert office_word("zh", PAGES[0].id, "cancel") == "取消"
    assert office_word("en", PAGES[0].id, "cancel") == "Cancel"


def test_twin_a_missing_word_is_seen() -> None:
    assert unknown("live", 'screen.say("no-such-word")') == {"no-such-word"}
    assert uneven({"a": ("甲", ""), "b": ("{n}", "n"), "c": ("{n}", "{n}")}) == {"a", "b"}
    with pytest.raises(KeyError):
        office_word("zh", PAGES[0].id, "no-such-word")


def test_the_words_lie_beside_their_module() -> None:
    assert Path(words.__file__).parent == FOLDER


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            "缺纸。请换一卷纸 / Out of paper. Put in a new roll",
            "缺纸。请换一卷纸",
            "Out of paper. Put in a new roll",
        ),
        ("open / closed", "open / closed", "open / closed"),
        ("甲 / 乙 / c", "甲 / 乙 / c", "甲 / 乙 / c"),
        ("", "", ""),
    ],
)
def test_what_a_program_says_in_both_languages_is_read_in_one(text: str, zh: str, en: str) -> None:
    assert (half(text, "zh"), half(text, "en")) == (zh, en)
