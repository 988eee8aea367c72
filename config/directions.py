"""The way to windows, in words: where they are and how one gets there, if it is one place for all of them.

A window without an area is one that goes where it is needed, or nobody has said where it is: it has no say.
"""

from collections.abc import Iterable

from config.settings import Area, Window


def shared(windows: Iterable[Window], areas: Iterable[Area]) -> Area | None:
    """The area of all these windows; none if they are in several, or nobody has said."""
    named = {window.area for window in windows} - {""}
    return next((area for area in areas if named == {area.id}), None)


def way(area: Area | None, language: str) -> str:
    """二楼 B 区，上电扶梯右转; empty without an area."""
    if area is None:
        return ""
    if language == "zh":
        return "，".join(filter(None, (area.name, area.way)))
    return ": ".join(filter(None, (area.name_en or area.name, area.way_en or area.way)))
