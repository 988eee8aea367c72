"""The office's own words: one file a page, `words/PAGE.json`, each word in Chinese and English side by side.

What the hall has words for (states, refusals, roles) is taken from the catalogue; this is only what the pages say
besides.
"""

import json
from functools import cache
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent
SHELL = "shell"  # the words of every page
OfficeLang = Literal["zh", "en"]
LANGS: tuple[OfficeLang, ...] = ("zh", "en")


@cache
def words_of(page: str) -> dict[str, tuple[str, str]]:
    """Return a page's words by code, Chinese and English."""
    rows: dict[str, list[str]] = json.loads((FOLDER / f"{page}.json").read_text("utf-8"))
    return {code: (zh, en) for code, (zh, en) in rows.items()}


def office_word(lang: OfficeLang, page: str, code: str, **facts: object) -> str:
    """Return a word of a page, else of the shell, with `facts` in its placeholders. Raises: KeyError."""
    found = words_of(page).get(code) or words_of(SHELL)[code]
    return found[LANGS.index(lang)].format(**facts)
