"""The words of the centre's pages, each in Chinese and English side by side, and how they write times and numbers.

What the hall has words for (states, lights, outcomes) is taken from the catalogue; here is only what the pages say besides.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from caller.protocol.viewer_levels import ViewerLevel
from caller.reports.tables import EMPTY, Cell, Heading, shown_in
from config.instants import Micros, Seconds, local

FILE = Path(__file__).parent / "page" / "words.json"
CentreLang = Literal["zh", "en"]
LANGS: tuple[CentreLang, ...] = ("zh", "en")


@cache
def all_words() -> dict[str, tuple[str, str]]:
    """Return every word by its code, Chinese and English."""
    rows: dict[str, list[str]] = json.loads(FILE.read_text("utf-8"))
    return {code: (zh, en) for code, (zh, en) in rows.items()}


def centre_word(lang: CentreLang, code: str, **facts: object) -> str:
    """Return a word with `facts` in its placeholders. Raises: KeyError."""
    return all_words()[code][LANGS.index(lang)].format(**facts)


def age_words(lang: CentreLang, age: Seconds) -> str:
    """Return how old something is, in the largest unit of which it has two."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if age >= 2 * length:
            return centre_word(lang, unit, count=int(age // length))
    return centre_word(lang, "seconds", count=int(age))


def instant_words(at: Micros, zone: str) -> str:
    """Return an instant to the second."""
    return local(at, zone).strftime("%m-%d %H:%M:%S")


def wait_words(lang: CentreLang, wait: Seconds | None) -> str:
    """Return a wait in whole minutes."""
    return EMPTY if wait is None else centre_word(lang, "minutes", count=int(wait // 60))


def heading_words(lang: CentreLang, heading: Heading) -> str:
    """Return a column's heading in one language."""
    words = heading.en if lang == "en" else heading.zh
    return words[:1].upper() + words[1:]


def cell_words(lang: CentreLang, cell: Cell, heading: Heading) -> str:
    """Return a cell as the reports write it, in one language where the program has the words."""
    return shown_in(cell, heading, lang)


def level_words(lang: CentreLang, level: ViewerLevel, names: Mapping[str, str]) -> str:
    """Return whose halls a person sees."""
    return centre_word(lang, f"level-{level.kind}", name=names.get(level.code, level.code))
