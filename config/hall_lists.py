"""The lists a hall edits: reasons a person chooses from, each a code with a name in Chinese and English. Pure.

1. `[[reason]]` in the hall's file names the list (`kind`), the code and its names. A hall that names none of a kind has
   the catalogue's list of that kind; one that names any has just those, in its order.
2. The log keeps codes, never names. Where a code must be read for years, it stands there behind the **version** of its
   list ("1:slow"): a number made of the list's codes and names, so the same list has the same number in every program
   that reads the hall's file, and another list another. The catalogue's own list is version 1.
3. The kinds: why a window rests (pause), a rating is bad (rating), a clerk calls a number out of its turn (pick), and of
   a follow-up what was tried (step) and found (finding). Of picked numbers the catalogue has no list: a hall that names
   none asks for no reason. Whom applicants are sent on to (elsewhere) are the hall's departments until it names others.
4. What a person has begun to choose from an older list is still taken: a version is for reading, and refuses nothing.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypedDict, get_args
from zlib import crc32

from config import catalogue
from config.setting_types import FileKind
from config.settings import Reason, ReasonKind, Settings

CATALOGUE_VERSION = 1
KINDS: tuple[ReasonKind, ...] = get_args(ReasonKind)


class ReasonDocument(TypedDict):
    """A reason as pages read it."""

    id: str
    zh: str
    en: str


class ListDocument(TypedDict):
    """A list as pages read it."""

    version: str
    reasons: list[ReasonDocument]


@cache
def usual(kind: ReasonKind) -> tuple[Reason, ...]:
    """Return the catalogue's list of a kind."""
    words = f"{kind}-reason"
    known = catalogue.kinds("zh").get(words, {})
    return tuple(Reason(kind, code, *catalogue.both(words, code)) for code in known)


def reasons(settings: Settings, kind: ReasonKind) -> tuple[Reason, ...]:
    """Return the hall's list of a kind."""
    named = tuple(each for each in settings.reasons if each.kind == kind)
    if kind == "elsewhere" and not named:
        return tuple(Reason(kind, each.id, each.name, each.name_en) for each in settings.departments)
    return named or usual(kind)


def find(settings: Settings, kind: ReasonKind, code: str) -> Reason | None:
    """Return the reason of a code; None for a code of another list, or for none."""
    return next((each for each in reasons(settings, kind) if each.id == code), None) if code else None


def file_texts(settings: Settings, kind: FileKind) -> dict[str, str]:
    """Return the files of a kind that the settings hold, by their names."""
    return {each.id: each.text for each in settings.files if each.kind == kind}


def version(listed: Sequence[Reason]) -> int:
    """Return the version of a list; over 1 for every list but the catalogue's."""
    known = [(each.id, each.name, each.name_en) for each in listed]
    if listed and known == [(each.id, each.name, each.name_en) for each in usual(listed[0].kind)]:
        return CATALOGUE_VERSION
    return CATALOGUE_VERSION + 1 + crc32(repr(known).encode())


def document(settings: Settings, kind: ReasonKind) -> ListDocument:
    """Return the list as pages read it: its version, and each code with its names."""
    listed = reasons(settings, kind)
    return {
        "version": str(version(listed)),
        "reasons": [{"id": each.id, "zh": each.name, "en": each.name_en or each.name} for each in listed],
    }
