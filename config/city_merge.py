"""A city's settings taken over into a hall's own: the hall's words win, but where the city has locked them. Pure.

1. What is in the hall as the city has it, or as the city had it when the hall took its settings over last, follows the city. So
   does what the hall has never said. What the hall has changed by itself stays, and is listed: `Differing`.
2. Where the city has locked a table or a field, the hall's own gives way, and is listed as such; a change against it is refused later
   on (`against_locks`).
3. A row of the city that the hall has not is added where it is complete for a hall; an item without a queue belongs to the halls
   that have it. One that the hall took away stays away. What the city has withdrawn goes where the hall has left it as it was; items
   stay, since tickets and cases are about them.
4. `[centre] adopted` says which of the city's settings the hall has: a version of the settings like any other, to be rehearsed, put in
   force, compared and taken back.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from msgspec import structs

from config import edits
from config.city_file import MANY, ONE, CityFile, CityKey
from config.edits import RowChanges
from config.reading.errors import Mistake
from config.reading.reader import LAYOUT, PLURAL
from config.settings import Settings
from config.versions import Bundle

CENTRE = "centre"
NEEDED = {
    "item": ("name", "department", "queue"),
    "reason": ("name",),
    "paper": ("template",),
    "text": ("text",),
}
STAYS = frozenset({"item"})  # what the city has withdrawn stays in the hall
ABSENT = object()


class Differing(NamedTuple):
    """One place where a hall and its city differ. `field` "": the hall has no such row, or the city has it no more; `gives_way`: the
    city has locked it."""

    table: str
    row: str
    field: str
    here: Any
    there: Any
    gives_way: bool = False

    @property
    def place(self) -> str:
        """Where it is, as `hallcall settings diff` names it."""
        where = f"{LAYOUT.header(self.table)} {self.row}".strip()
        return f"{where} · {self.field}" if self.field else where


class TakenOver(NamedTuple):
    """A hall's text with the city's settings in it, and where the two differ."""

    given: Bundle
    differing: list[Differing]


def take_over(
    given: Bundle, settings: Settings, city: CityFile, number: int, before: CityFile | None
) -> TakenOver:
    """Return a hall's text (`settings`: what it reads as) with the city's settings `number`; `before`: those it had before."""
    differing: list[Differing] = []
    for table in MANY:
        changes = RowChanges({}, [], [])
        differing += _rows(settings, table, city, before, changes)
        if any(changes):
            given = edits.with_changes(given, table, changes, settings)
    for table, fields in city.one.items():
        was = before.one.get(table, {}) if before else {}
        values: dict[str, Any] = {}
        differing += _fields(table, "", getattr(settings, table), fields, was, city, values)
        given = edits.with_row(given, table, 0, values, settings)
    given = edits.with_row(given, CENTRE, 0, {"adopted": number}, settings)
    return TakenOver(given, differing)


def _rows(
    settings: Settings, table: str, city: CityFile, before: CityFile | None, changes: RowChanges
) -> Iterator[Differing]:
    """Put into `changes` what a table of the hall takes over; yield where it differs."""
    own = {_own_key(table, row): (place, row) for place, row in enumerate(getattr(settings, PLURAL[table]))}
    was = before.many[table] if before else {}
    for key, wanted in city.many[table].items():
        name = "/".join(map(str, key))
        if key not in own:
            if not _is_whole(settings, table, wanted):
                continue
            if key in was and not city.is_locked(table):
                yield Differing(table, name, "", None, "…")
            else:
                changes.added.append(wanted)
            continue
        place, row = own[key]
        values: dict[str, Any] = {}
        yield from _fields(table, name, row, wanted, was.get(key, {}), city, values)
        if values:
            changes.changed[place] = values
    for key in was.keys() - city.many[table].keys() if table not in STAYS else ():
        if key in own:
            place, row = own[key]
            if row == type(row)(**was[key]):
                changes.removed.append(place)
            else:
                yield Differing(table, "/".join(map(str, key)), "", "…", None)


def _fields(
    table: str,
    name: str,
    row: Any,
    wanted: Mapping[str, Any],
    was: Mapping[str, Any],
    city: CityFile,
    values: dict[str, Any],
) -> Iterator[Differing]:
    """Put into `values` what a row takes over; yield where it differs."""
    usual = {each.name: _usual(each) for each in structs.fields(type(row))}
    for field, there in wanted.items():
        here = getattr(row, field)
        if here == there or field in MANY.get(table, ()):
            continue
        locked = city.is_locked(table, field)
        if locked or here == was.get(field, ABSENT) or (field not in was and here == usual[field]):
            values[field] = there
        if locked and here not in (was.get(field, ABSENT), usual[field]):
            yield Differing(table, name, field, here, there, gives_way=True)
        elif field not in values:
            yield Differing(table, name, field, here, there)


def _usual(field: structs.FieldInfo) -> Any:
    if field.required:
        return ABSENT
    return edits.default_of(field)


def _own_key(table: str, row: Any) -> CityKey:
    return tuple(getattr(row, name) for name in MANY[table])


def _is_whole(settings: Settings, table: str, wanted: Mapping[str, Any]) -> bool:
    """Return whether a row of the city is enough to stand in this hall."""
    if any(name not in wanted for name in NEEDED.get(table, ())):
        return False
    if table != "item":
        return True
    queues, departments = ({each.id for each in rows} for rows in (settings.queues, settings.departments))
    return wanted["queue"] in queues and wanted["department"] in departments


def differences(settings: Settings, city: CityFile) -> list[Differing]:
    """Return where a hall differs now from what its city settles, locked or not."""
    found: list[Differing] = []
    for table in MANY:
        own = {_own_key(table, row): row for row in getattr(settings, PLURAL[table])}
        for key, wanted in city.many[table].items():
            name = "/".join(map(str, key))
            if key in own:
                found += _apart(table, name, own[key], wanted, city)
            elif _is_whole(settings, table, wanted):
                found.append(Differing(table, name, "", None, "…", city.is_locked(table)))
    for table in ONE:
        found += _apart(table, "", getattr(settings, table), city.one.get(table, {}), city)
    return found


def _apart(table: str, name: str, row: Any, wanted: Mapping[str, Any], city: CityFile) -> Iterator[Differing]:
    for field, there in wanted.items():
        if getattr(row, field) != there:
            yield Differing(table, name, field, getattr(row, field), there, city.is_locked(table, field))


def against_locks(settings: Settings, city: CityFile) -> list[Mistake]:
    """Return the places where a hall differs from what its city has locked."""
    return [
        Mistake(
            f"{LAYOUT.header(each.table)} {each.row}".strip(), each.field, "市级中心统一规定，本厅不能改",
            "is settled by the city's centre, and not to be changed here",
        )
        for each in differences(settings, city)
        if each.gives_way
    ]  # fmt: skip
