"""The papers of an item: a code for each, and what is wrong with those an applicant brought. PURE.

1. A paper's code is made of its name in the item's list, so that a press means the same paper whatever has been added
   or reordered since its picture was drawn. Names are the hall's published words, so events may hold them.
2. What is wrong is a code of the hall's list "paper": missing, expired, not legible, not signed.
3. All that is wrong is asked for at once, in the order of the item's list. A paper that is asked for when the applicant
   is back, and was on no list of theirs before, is a second request (`asked_again`).
"""

from collections.abc import Iterable, Sequence
from typing import Annotated
from zlib import crc32

from msgspec import Meta, Struct

from caller.engine.refusals import Refused
from config.case_settings import ListCode
from config.hall_lists import reasons
from config.settings import Item, Settings

PAPERS_MAX = 40  # a one-time notice lists some thirty
PaperCode = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]


class WrongPaper(Struct, frozen=True, forbid_unknown_fields=True):
    """A tick of the clerk's: the paper's code, and what is wrong with it."""

    paper: PaperCode
    fault: ListCode


class AskedPaper(Struct, frozen=True, gc=False):
    """A paper as it is asked for: its code, its name then, and what was wrong with it."""

    paper: str
    name: str
    fault: str


def code_of(name: str) -> str:
    """Return the code of a paper."""
    return f"{crc32(name.encode()):08x}"


def asked(settings: Settings, item: Item, wrong: Sequence[WrongPaper]) -> list[AskedPaper]:
    """Return what is asked for, in the order of the item's list; a paper ticked twice is asked for once.

    Raises:
        Refused: the item has no such paper, or the hall's list no such fault.
    """
    known = [each.id for each in reasons(settings, "paper")]
    names = {code_of(name): name for name in item.papers}
    faults = {each.paper: each.fault for each in wrong}
    if not faults.keys() <= names.keys():
        raise Refused("unknown-paper")
    for fault in faults.values():
        if fault not in known:
            raise Refused("unknown-code", chosen=fault, known=", ".join(known))
    return [AskedPaper(code, name, faults[code]) for code, name in names.items() if code in faults]


def asked_again(papers: Iterable[AskedPaper], before: Iterable[str]) -> list[str]:
    """Return the codes of the papers that were on no list before."""
    earlier = set(before)
    return [each.paper for each in papers if each.paper not in earlier]
