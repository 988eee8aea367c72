"""The languages of a hall's applicants: how each is named, written and listed, and who stands in for it. Pure.

One row of `LANGUAGES` says all that a program must know of a language; its words are in files named after it. What a
language lacks is taken from the next of its chain, which ends with Chinese: a hall writes its names and items in
Chinese, and in English if it likes. No program asks which language speaks: it takes a text by `own` or `told`, and the
signs between words from the row. Pages get the same rows beside their words (`facts`).

A *sample* shows that a hall can have such a language. No native speaker has reviewed its words, so that it is offered
only where the hall's file names it, and whatever has no word in it falls back.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

LanguageId = Literal["zh", "en", "ug"]
BASE: LanguageId = "zh"  # what halls are written in, and what every chain ends with


class LanguageRow(Struct, frozen=True):
    """One language: its name in itself, BCP 47 tag, the next of its chain, its direction, and its signs."""

    name: str
    tag: str
    following: str = ""  # stands in for what this one lacks; empty: the end
    direction: Literal["ltr", "rtl"] = "ltr"
    sample: bool = False
    list_sign: str = ", "  # between numbers and single words
    name_sign: str = "; "  # between names, which may hold a comma
    stop_sign: str = ". "  # between what is so and what to do
    colon_sign: str = ": "
    letters: str = ""  # a few that a font of this language has; empty: every hanzi font has them
    month: Literal["long", "short"] = "short"  # of a date on a screen: 11月21日 is shorter than 21 November
    months: str = (
        ""  # their names, of a language that browsers write no dates in; with `weekdays`, from Monday
    )
    weekdays: str = ""


LANGUAGES: Mapping[str, LanguageRow] = {
    "zh": LanguageRow(
        "中文", "zh-CN", list_sign="、", name_sign="、", stop_sign="，", colon_sign="：", month="long"
    ),
    "en": LanguageRow("English", "en", "zh"),
    "ug": LanguageRow(
        "ئۇيغۇرچە",
        "ug-Arab-CN",
        "zh",
        "rtl",
        sample=True,
        list_sign="، ",
        name_sign="؛ ",
        letters="ئۇيغۇرچەڭژپگ",
        months="يانۋار فېۋرال مارت ئاپرېل ماي ئىيۇن ئىيۇل ئاۋغۇست سېنتەبىر ئۆكتەبىر نويابىر دېكابىر",
        weekdays="دۈشەنبە سەيشەنبە چارشەنبە پەيشەنبە جۈمە شەنبە يەكشەنبە",
    ),
}
COMPLETE: tuple[LanguageId, ...] = (
    "zh",
    "en",
)  # every word there is; what staff read. The papers of a case are in Chinese alone: see config/paper/case_notice.py
SHOWN = ("list_sign", "name_sign", "stop_sign", "colon_sign", "month", "months", "weekdays")  # by pages


def language(id: str) -> LanguageRow:
    """Return the row of a language; of one that has only a file of words, a plain one that English stands in for."""
    return LANGUAGES.get(id) or LanguageRow(id, id, "en")


def chain(id: str) -> tuple[str, ...]:
    """Return a language and those that stand in for it, the next first; the last is Chinese."""
    found = [id]
    while following := language(found[-1]).following:
        found.append(following)
    return tuple(found)


def offered(wanted: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return those of the hall's languages that there are words for, in the hall's order."""
    there = set(known)
    return tuple(each for each in dict.fromkeys(wanted) if each in there)


def own(thing: object, name: str, id: str) -> Any:
    """Return a field of a thing in a language: `name` is Chinese, `name_en` English; the first of the chain that is
    there and not empty."""
    for each in chain(id):
        if found := getattr(thing, field_of(name, each), None):
            return found
    return getattr(thing, name)


def own_in(row: Mapping[str, Any], key: str, id: str) -> Any:
    """Return the same of a document's row; "" where no language has it."""
    return next((found for each in chain(id) if (found := row.get(field_of(key, each)))), "")


def told(answer: Mapping[str, Any], id: str, before: str = "") -> str:
    """Return what an answer {"zh", "en", "next_zh", ...} says in a language; `before`: "next_" for the next step."""
    return next((said for each in chain(id) if (said := answer.get(before + each))), "")


def field_of(name: str, id: str) -> str:
    """Return how a hall's file and its documents call a field of a language."""
    return name if id == BASE else f"{name}_{id}"


def facts(id: str) -> dict[str, str]:
    """Return what a page must know of a language beside its words, under keys that no word has."""
    row = language(id)
    signs = {f"_{name}": text for name in SHOWN if (text := getattr(row, name))}
    return {
        "_name": row.name,
        "_lang": row.tag,
        "_dir": row.direction,
        "_chain": " ".join(chain(id)),
        **signs,
    }
