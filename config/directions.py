"""A hall's own words in one language: names, published facts of items, and the way to windows.

Chinese stands in where the hall gave no other. The way is known if all windows are in one area; a window without an
area does not count.
"""

from collections.abc import Iterable
from typing import Protocol

from config.settings import Area, Item, Window


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def name_in(thing: Named, language: str) -> str:
    """Return the name in a language."""
    return thing.name if language == "zh" else thing.name_en or thing.name


def text_in(item: Item, field: str, language: str) -> str:
    """Return a published fact of an item ("fee", "basis", "conditions") in a language."""
    zh: str = getattr(item, field)
    return zh if language == "zh" else getattr(item, field + "_en") or zh


def lines_in(item: Item, field: str, language: str) -> list[str]:
    """Return a published list of an item ("papers", "steps") in a language."""
    zh: list[str] = getattr(item, field)
    return list(zh if language == "zh" else getattr(item, field + "_en") or zh)


def shared(windows: Iterable[Window], areas: Iterable[Area]) -> Area | None:
    """Return the area of all these windows; None if they are in several, or the settings name none."""
    named = {window.area for window in windows} - {""}
    return next((area for area in areas if named == {area.id}), None)


def way(area: Area | None, language: str) -> str:
    """Return 二楼 B 区，上电扶梯右转; empty without an area."""
    if area is None:
        return ""
    if language == "zh":
        return "，".join(filter(None, (area.name, area.way)))
    return ": ".join(filter(None, (area.name_en or area.name, area.way_en or area.way)))
