"""The office's own words: one file a page, `words/PAGE.json`, each word in Chinese and English side by side.

What the hall has words for (states, refusals, roles) is taken from the catalogue; this is only what the pages say
besides.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent
SHELL = "shell"  # the words of every page
OfficeLang = Literal["zh", "en"]
HANZI = re.compile("[\u3400-\u9fff]")
LANGS: tuple[OfficeLang, ...] = ("zh", "en")


@cache
def words_of(page: str) -> dict[str, tuple[str, str]]:
    """Return a page's words by code, Chinese and English."""
    rows: dict[str, list[str]] = json.loads((FOLDER / f"{page}.json").read_text("utf-8"))
    return {code: (zh, en) for code, (zh, en) in rows.items()}


def half(text: str, lang: OfficeLang) -> str:
    """Return the part in one language of what a program has said in both, "中文 / English"; any other text as it is."""
    zh, both, en = text.partition(" / ")
    if not both or " / " in en or not HANZI.search(zh) or HANZI.search(en):
        return text
    return (zh, en)[LANGS.index(lang)]


def office_word(lang: OfficeLang, page: str, code: str, **facts: object) -> str:
    """Return a word of a page, else of the shell, with `facts` in its placeholders. Raises: KeyError."""
    found = words_of(page).get(code) or words_of(SHELL)[code]
    return found[LANGS.index(lang)].format(**facts)
