"""What a person at a city's centre may see: the whole city, one area, or one hall. Rules only; closed by default.

    city             every hall
    area:431023      the halls whose area begins with that code: codes of administrative divisions nest, so that a county's
                     holds its towns and villages
    site:county-1    one hall, whatever area it lies in

A level is the role of an account of kind `viewer` (`caller.identity.accounts`), so that a changed level ends the sessions of
the person, as any changed role does. In a hall such an account may do nothing: no table there has these roles.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol, TypeVar

SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
AREA = re.compile(r"[A-Za-z0-9]{1,32}")
LevelKind = Literal["city", "area", "site"]
FORMS = ("city", "area:CODE", "site:ID")  # as a person writes them


class PlacedHall(Protocol):
    """What of a hall a level is about."""

    @property
    def site(self) -> str: ...

    @property
    def area(self) -> str: ...


H = TypeVar("H", bound=PlacedHall)


class ViewerLevel(NamedTuple):
    """One level. `code`: of the area, or the hall's id; empty for the city."""

    kind: LevelKind
    code: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}" if self.code else self.kind

    def sees(self, hall: PlacedHall) -> bool:
        """Return whether a hall may be seen from here. A hall without an area is seen by the city and by itself."""
        match self.kind:
            case "city":
                return True
            case "area":
                return hall.area.startswith(self.code)
            case "site":
                return hall.site == self.code

    def seen_of(self, halls: Iterable[H]) -> list[H]:
        """Return the halls that may be seen, in their order."""
        return [each for each in halls if self.sees(each)]


def level_of(text: str) -> ViewerLevel | None:
    """Return the level of a text such as "area:431023"; None for one that is none."""
    kind, colon, code = text.partition(":")
    if text == "city":
        return ViewerLevel("city")
    if kind == "area" and colon and AREA.fullmatch(code):
        return ViewerLevel("area", code)
    if kind == "site" and colon and SITE.fullmatch(code):
        return ViewerLevel("site", code)
    return None


def level_of_roles(roles: Iterable[str]) -> ViewerLevel | None:
    """Return the level of an account; None, which sees nothing, where it has no level or more than one."""
    found = [each for each in map(level_of, roles) if each]
    return found[0] if len(found) == 1 else None
