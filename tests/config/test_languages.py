"""One table says what a language is: chains, what stands in for what, and that no program chooses by a language itself."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from caller.client.page_files import PageFiles
from config import catalogue
from config.languages import BASE, COMPLETE, LANGUAGES, chain, facts, offered, own, own_in, told
from config.settings import Item
from kiosk.faces import load_translations
from tests.instruments.kiosk_halls import small_hall

REPO = Path(__file__).parents[2]
SAMPLES = [id for id, row in LANGUAGES.items() if row.sample]
# The rooms whose words reach applicants. The office and the terminals of the staff have two languages, and say so by type.
SHOWN = ("kiosk", "config/paper", "display/pages/js", "caller/client/browser", "config/directions.py")
CHOICE = re.compile(r"""[!=]==?\s*["'](zh|en|ug)\b|["'](zh|en|ug)["']\s*[!=]==?""")
PHYSICAL = re.compile(
    r"(margin|padding|border)-(left|right)\b|text-align:\s*(left|right)|(?<![\w-])(left|right):|float:"
)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def test_every_chain_ends_with_what_halls_are_written_in() -> None:
    assert [chain(id)[-1] for id in LANGUAGES] == [BASE] * len(LANGUAGES)
    assert chain("ug") == ("ug", "zh")
    assert chain("fr") == ("fr", "en", "zh"), "of a file without a row"


def test_a_name_is_the_first_of_the_chain_that_the_hall_has_written() -> None:
    both, bare = (
        Item(id="x", name="登记", queue="A", department="d", name_en="Registration"),
        Item(id="y", name="年检", queue="A", department="d"),
    )
    assert [own(both, "name", id) for id in ("zh", "en", "ug")] == ["登记", "Registration", "登记"]
    assert [own(bare, "name", id) for id in ("zh", "en", "ug")] == ["年检"] * 3
    assert own_in({"why": "节假日", "why_en": "holiday"}, "why", "ug") == "节假日"
    assert told({"zh": "好", "en": "good", "next_zh": "走"}, "en", "next_") == "走"


def test_a_hall_offers_what_it_names_and_there_are_words_for() -> None:
    assert offered(["ug", "zh", "zh", "fr"], LANGUAGES) == ("ug", "zh")
    assert list(offered(small_hall().hall.languages, LANGUAGES)) == list(COMPLETE), "no sample unasked"


@pytest.mark.parametrize("id", SAMPLES)
def test_a_sample_has_no_word_that_chinese_lacks_and_its_gaps_are_filled(id: str) -> None:
    pages = PageFiles(REPO / "display/pages")
    filled, chinese = pages.languages[id], pages.languages[BASE]
    assert filled.keys() - facts(id).keys() == chinese.keys() - facts(BASE).keys()
    for kind, words in catalogue.kinds(id).items():
        assert words.keys() <= catalogue.kinds(BASE)[kind].keys(), kind
    assert catalogue.word("refusal", "day-not-open", id) == catalogue.word("refusal", "day-not-open", BASE)
    assert load_translations().of(id).key("staff.title") == load_translations().of(BASE).key("staff.title")


def sources(suffixes: Iterable[str], *rooms: str) -> Iterable[Path]:
    for room in rooms:
        at = REPO / room
        yield from [at] if at.is_file() else (path for path in at.rglob("*") if path.suffix in suffixes)


def test_no_program_that_speaks_to_applicants_chooses_by_a_language() -> None:
    found = [
        f"{path.relative_to(REPO)}: {line.strip()}"
        for path in sources((".py", ".js"), *SHOWN)
        if path.name != "samples.py"  # two examples of papers, in the two languages that papers have
        for line in path.read_text("utf-8").splitlines()
        if CHOICE.search(line)
    ]
    assert found == []


def turned(sheet: str) -> list[str]:
    """Lines of a style sheet that name a side of the glass, outside the rules for pages from right to left."""
    lines = COMMENT.sub("", sheet).replace("}", "}\n").splitlines()
    inside = [
        line for at, line in enumerate(lines) if '[dir="rtl"]' not in "".join(lines[max(0, at - 1) : at + 1])
    ]
    return [line.strip() for line in inside if PHYSICAL.search(line)]


def test_style_sheets_name_no_side_of_the_glass() -> None:
    sheets = sources((".css",), "display/pages", "kiosk/faces/page", "caller/client/browser")
    assert {path.name: found for path in sheets if (found := turned(path.read_text("utf-8")))} == {}


def test_twins_a_choice_and_a_side_are_seen() -> None:
    assert all(CHOICE.search(line) for line in ('if language == "zh":', 'language() !== "en"', '"zh" === id'))
    assert not CHOICE.search('const BASE = "zh";')
    assert turned("a { margin-left: 1rem }\nb { margin-inline: 0 }\nc { right: 0 }") == [
        "a { margin-left: 1rem }",
        "c { right: 0 }",
    ]
