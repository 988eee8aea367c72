"""The names that a hall's settings give to what logs and records know by ids alone: queues, items, windows, departments, reasons. Pure.

A report shows them beside the ids, and a hall gives them to its city's centre (`caller.delivery.centre_copy`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from config.fee_settings import Discount
from config.settings import Department, Item, Queue, Settings, Window

NamesById = Mapping[str, Mapping[str, str]]  # kind of thing → id → its name
NameLang = Literal["zh", "en"]
NamesInBoth = dict[NameLang, dict[str, dict[str, str]]]


class StaffName(NamedTuple):
    """A staff number with its person's name."""

    staff: str
    name: str


def names_of(
    settings: Settings, staff: Iterable[StaffName] = (), *, english: bool = False
) -> dict[str, dict[str, str]]:
    """Return the names that the sheets show beside ids. `staff`: given only for those who may see names; `english`:
    English names where the hall has them."""

    def named(each: Queue | Item | Window | Department | Discount) -> str:
        return (english and each.name_en) or each.name

    reasons = {
        kind: {
            each.id: f"{each.name} {each.name_en}".strip() for each in settings.reasons if each.kind == kind
        }
        for kind in ("pause", "pick", "rating", "elsewhere")
    }
    return {
        "queues": {each.id: named(each) for each in settings.queues},
        "items": {each.id: named(each) for each in settings.items},
        "windows": {each.id: named(each) for each in settings.windows},
        "departments": {each.id: named(each) for each in settings.departments},
        "clerks": {each.staff: each.name for each in staff if each.name},
        "rating-reasons": reasons["rating"],
        "pause-reasons": reasons["pause"],
        "pick-reasons": reasons["pick"],
        "elsewhere-reasons": reasons["elsewhere"],
        "discounts": {each.id: named(each) for each in settings.discounts},
    }


def of_hall(settings: Settings) -> NamesInBoth:
    """Return the names of a hall in both languages, without those of its staff."""
    return {"zh": named(settings), "en": named(settings, english=True)}


def named(settings: Settings, *, english: bool = False) -> dict[str, dict[str, str]]:
    """Return the names of a hall without empty kinds and without persons."""
    return {kind: names for kind, names in names_of(settings, english=english).items() if names}


def digest_of(names: NamesInBoth) -> str:
    """Return what tells these names from others, as hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(names)).hexdigest()
