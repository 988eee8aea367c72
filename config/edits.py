"""One change to a hall's TOML as a person would make it with an editor: comments, order and layout of all else stay.

1. A row is named by its table and its place among the table's rows as read (`Settings`). Rows of a table's former name
   (`[[pause]]`) follow those of the present one, as the reader has them; items of a CSV are changed in the CSV.
2. A value that the row has already is left as it is written; one that is the default is not written, and its key goes.
3. Nothing is checked here: what comes out goes through the checker of `hallcall check` before it is put in force.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import tomlkit
from msgspec import structs
from tomlkit.items import AoT

from config import item_sheets
from config.reading.reader import LAYOUT, PLURAL
from config.settings import Item, Settings
from config.versions import Bundle

NOTICE_FILE = "notice.csv"  # for a hall that had none
INDENT = "    "  # of a row in a table written as `name = [ { … }, … ]`


class RowChanges(NamedTuple):
    """Many changes to the rows of one table: values by place, new rows, places of rows that go."""

    changed: dict[int, dict[str, Any]]
    added: list[dict[str, Any]]
    removed: list[int]


def with_row(given: Bundle, table: str, place: int, values: Mapping[str, Any], settings: Settings) -> Bundle:
    """Return the settings with these values in a row; the other values of the row stay. For a table that is there once, and
    for a list that stands alone, `place` is 0. `settings`: what `given` reads as.

    Raises:
        IndexError: there is no such row.
    """
    if table in LAYOUT.loose:
        return (
            given
            if list(getattr(settings, table)) == values[table]
            else _with_list(given, table, values[table])
        )
    now = getattr(settings, table) if table in LAYOUT.one else getattr(settings, PLURAL[table])[place]
    values = {name: value for name, value in values.items() if getattr(now, name) != value}
    if not values:
        return given
    if table == "item" and _in_csv(given, place, settings) is not None:
        return _with_items(given, settings, {now.id: structs.replace(now, **values)})
    document = _parsed(given)
    if table in LAYOUT.one:
        if table not in document:
            document[table] = tomlkit.table()
        _fill(document[table], LAYOUT.kind(table), values)
    else:
        rows, at, fixed = _rows(document, table, place)
        _fill(rows[at], LAYOUT.kind(table), {k: v for k, v in values.items() if k not in fixed})
    return _written(given, document)


def with_new_row(given: Bundle, table: str, values: Mapping[str, Any], settings: Settings) -> Bundle:
    """Return the settings with one more row at the end of a table; an item goes where the hall has its items."""
    if table == "item" and isinstance(_parsed(given).get("items"), str):
        return _with_items(given, settings, {}, msgspec.convert(dict(values), Item))
    document = _parsed(given)
    _append(document, table, values)
    return _written(given, document)


def _append(document: tomlkit.TOMLDocument, table: str, values: Mapping[str, Any]) -> None:
    row = tomlkit.table()
    _fill(row, LAYOUT.kind(table), values)
    rows = document.setdefault(table, tomlkit.aot())
    if isinstance(rows, AoT):
        rows.append(row)
    else:  # a table written as rows of one line each
        rows.add_line(_plain(dict(row)), indent=INDENT, newline=True)  # type: ignore[union-attr]


def with_changes(given: Bundle, table: str, changes: RowChanges, settings: Settings) -> Bundle:
    """Return the settings with many changes of one table at once, which read and write its text once. Raises `IndexError`."""
    rows_now, in_toml = getattr(settings, PLURAL[table]), row_count(given, table)
    in_csv = table == "item" and isinstance(_parsed(given).get("items"), str)
    if in_csv:
        items: dict[str, Item | None] = {
            rows_now[place].id: structs.replace(rows_now[place], **values)
            for place, values in changes.changed.items()
            if place >= in_toml
        }
        items |= {rows_now[place].id: None for place in changes.removed if place >= in_toml}
        new = [msgspec.convert(values, Item) for values in changes.added]
        if items or new:
            given = _with_items(given, settings, items, *new)
    document, kind = _parsed(given), LAYOUT.kind(table)
    for place, values in changes.changed.items():
        if not in_csv or place < in_toml:
            rows, at, fixed = _rows(document, table, place)
            _fill(rows[at], kind, {k: v for k, v in values.items() if k not in fixed})
    for place in sorted(changes.removed, reverse=True):
        if not in_csv or place < in_toml:
            rows, at, _ = _rows(document, table, place)
            del rows[at]
    for values in () if in_csv else changes.added:
        _append(document, table, values)
    return _written(given, document)


def with_rows(given: Bundle, table: str, rows: Sequence[Mapping[str, Any]]) -> Bundle:
    """Return the settings with these rows, and no others, in a table whose rows are one thing: a formula. The values are
    written as they are given, also those of a wrong kind, which the checker then names."""
    document = _parsed(given)
    document.pop(table, None)
    if rows:
        made = tomlkit.aot()
        for values in rows:
            row = tomlkit.table()
            row.update(values)
            made.append(row)
        document[table] = made
    return _written(given, document)


def without_row(given: Bundle, table: str, place: int, settings: Settings) -> Bundle:
    """Return the settings without a row. Raises `IndexError` where there is none."""
    if table == "item" and (row := _in_csv(given, place, settings)) is not None:
        return _with_items(given, settings, {row.id: None})
    document = _parsed(given)
    rows, at, _ = _rows(document, table, place)
    del rows[at]
    return _written(given, document)


def _with_list(given: Bundle, name: str, entries: list[str]) -> Bundle:
    """Return the settings with these entries in a list that stands alone, one a line; before all tables where it was not."""
    document, written = _parsed(given), tomlkit.array().multiline(len(entries) > 1)
    written.extend(entries)
    if name in document:
        document[name] = written
        return _written(given, document)
    first = tomlkit.dumps({name: written})
    return Bundle((first + tomlkit.dumps(document)).encode(), given.files)


def year_notice(given: Bundle) -> bytes:
    """Return the CSV of the hall's own national notice; empty where it has none."""
    return given.files.get(str(_parsed(given).get("calendar", {}).get("notice", "")), b"")


def with_year_notice(given: Bundle, csv: bytes) -> Bundle:
    """Return the settings with this CSV as the hall's own national notice."""
    document = _parsed(given)
    if "calendar" not in document:
        document["calendar"] = tomlkit.table()
    calendar: Any = document["calendar"]
    name = str(calendar.get("notice", "")) or NOTICE_FILE
    calendar["notice"] = name
    return Bundle(tomlkit.dumps(document).encode(), {**given.files, name: csv})


def row_count(given: Bundle, table: str) -> int:
    """Return how many rows of a table stand in the TOML itself, not in a CSV."""
    document = _parsed(given)
    return sum(len(_aot(document, name)) for name in (table, *_former(table)))


def _parsed(given: Bundle) -> tomlkit.TOMLDocument:
    return tomlkit.parse(given.main.decode("utf-8-sig"))


def _written(given: Bundle, document: tomlkit.TOMLDocument) -> Bundle:
    return Bundle(tomlkit.dumps(document).encode(), given.files)


def _aot(document: tomlkit.TOMLDocument, table: str) -> AoT | list[Any]:
    rows = document.get(table)
    return rows if isinstance(rows, AoT | list) else []


def _former(table: str) -> list[str]:
    return [old for old, (now, _) in LAYOUT.former.items() if now == table]


def _rows(document: tomlkit.TOMLDocument, table: str, place: int) -> tuple[Any, int, Mapping[str, Any]]:
    """Return the rows among which a row stands, its place there, and the values that the table's name gives it."""
    for name in (table, *_former(table)):
        rows = _aot(document, name)
        if place < len(rows):
            return rows, place, LAYOUT.former[name][1] if name != table else {}
        place -= len(rows)
    raise IndexError(f"{table} has no such row")


def _fill(row: Any, kind: type[Any], values: Mapping[str, Any]) -> None:
    defaults = {field.name: default_of(field) for field in structs.fields(kind)}
    for name, value in values.items():
        if value is None or value == defaults[name]:
            row.pop(name, None)
        else:
            row[name] = _plain(value)


def default_of(field: structs.FieldInfo) -> Any:
    """Return the value of a setting that is not written."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _plain(value: Any) -> Any:
    """Return a value as TOML has it: a mapping on one line, pairs as lists."""
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        inline.update({key: _plain(each) for key, each in value.items()})
        return inline
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str) and value.count("\n") > 1:
        return tomlkit.string(value, multiline=True)
    return value


def _in_csv(given: Bundle, place: int, settings: Settings) -> Item | None:
    """Return the item of a place that stands in the CSV; None for one of the TOML. Raises `IndexError`."""
    item = getattr(settings, PLURAL["item"])[place]
    return item if place >= row_count(given, "item") else None


def _with_items(
    given: Bundle, settings: Settings, changed: Mapping[str, Item | None], *added: Item
) -> Bundle:
    """Return the settings with items of the CSV changed, removed (None) or added."""
    document = _parsed(given)
    name = str(document["items"])
    own = settings.items[row_count(given, "item") :]
    kept = [now for item in own if (now := changed.get(item.id, item))]
    data, _ = item_sheets.joined(
        item_sheets.ItemSheet("", [], []), structs.replace(settings, items=(*kept, *added)), only=False
    )
    return Bundle(given.main, {**given.files, name: data})
