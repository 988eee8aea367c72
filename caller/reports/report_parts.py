"""What a report needs of a hall's settings: who sees names, the items of a department, and which part is asked for. Pure.

Staff numbers are shown to everybody who may see a report; the names beside them only to those whose work it is (`NAME_ROLES`),
or who can read the hall's data folder anyway. What a report is about (`part_of`) is checked against the settings where the
hall has a list of it: of a queue that the hall does not have, a report of nothing would look like a quiet day.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import get_args

from caller.reports.period import HALL, Part
from config.settings import ClassId, Settings

NAME_ROLES = frozenset({"manager", "supervisor"})
DIMENSIONS = ("hall", "department", "queue", "item", "class", "hour", "window", "clerk")


class NoSuchPart(Exception):
    """A part that is none; `zh`, `en`: why, and what there is."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


def may_see_names(roles: Iterable[str]) -> bool:
    """Return whether an account with these roles sees names beside staff numbers."""
    return not NAME_ROLES.isdisjoint(roles)


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
