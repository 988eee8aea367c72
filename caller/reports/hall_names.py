"""What a report needs of a hall's settings: names beside ids, the items of a department, and which part is asked for. Pure.

Staff numbers are shown to everybody who may see a report; the names beside them only to those whose work it is (`NAME_ROLES`),
or who can read the hall's data folder anyway. What a report is about (`part_of`) is checked against the settings where the
hall has a list of it: of a queue that the hall does not have, a report of nothing would look like a quiet day.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple, get_args

from caller.reports.period import HALL, Part
from config.fee_settings import Discount
from config.settings import ClassId, Department, Item, Queue, Settings, Window

NAME_ROLES = frozenset({"manager", "supervisor"})
DIMENSIONS = ("hall", "department", "queue", "item", "class", "hour", "window", "clerk")


class NoSuchPart(Exception):
    """A part that is none; `zh`, `en`: why, and what there is."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class StaffName(NamedTuple):
    """A staff number with its person's name."""

    staff: str
    name: str


def may_see_names(roles: Iterable[str]) -> bool:
    """Return whether an account with these roles sees names beside staff numbers."""
    return not NAME_ROLES.isdisjoint(roles)


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


def department_of(settings: Settings) -> dict[str, str]:
    """Return the department of each item."""
    return {each.id: each.department for each in settings.items}


def part_of(text: str, settings: Settings | None) -> Part:
    """Return the part of a text like "queue:A"; an empty one is the hall. Raises `NoSuchPart`."""
    dimension, _, value = text.partition(":")
    if text in ("", "hall"):
        return HALL
    if dimension not in DIMENSIONS or not value:
        known = " ".join(f"{each}:…" for each in DIMENSIONS[1:])
        raise NoSuchPart(f"{text} 请写成 hall 或 {known}", f"{text}: write hall or one of {known}")
    if dimension == "department" and settings is None:
        raise NoSuchPart("按部门要给出大厅文件 --hall", "a department needs the hall's file: --hall")
    if settings is None:
        return Part(dimension, value)
    ids = _ids(settings).get(dimension)
    if ids is not None and value not in ids:
        near = get_close_matches(value, ids, 3, 0.4) or ids[:8]
        raise NoSuchPart(
            f"没有 {text}，有 {' '.join(near)}", f"There is no {text}; there are {' '.join(near)}"
        )
    items = frozenset(each.id for each in settings.items if each.department == value)
    return Part(dimension, value, items if dimension == "department" else frozenset())


def _ids(settings: Settings) -> Mapping[str, list[str]]:
    """Return what there is of each dimension that has a list. Of items, windows and queues that were removed the records
    have figures, but they are asked for by their names on the sheets."""
    return {
        "department": [each.id for each in settings.departments],
        "queue": [each.id for each in settings.queues],
        "item": [each.id for each in settings.items],
        "class": list(get_args(ClassId)),
        "hour": [f"{hour:02}" for hour in range(24)],
        "window": [each.id for each in settings.windows],
    }
