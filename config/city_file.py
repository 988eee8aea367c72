"""What a city settles for all its halls, as its file says it: items, reasons, exceptional days, papers, texts, and some rules.

The file is TOML with the tables of a hall's own file, but only those of `ONE` and `MANY`, and of each row only the keys that name
it and what the city settles of it: an item of the city has no queue, unless every hall is to have it in that one.

    [city]
    locked = ["reason", "item.promised_days"]  # where a hall may not differ: tables, or fields of tables
    release = "1.4.0"                           # the program that the halls are to run, by the files of [[package]]
    items = "items.csv"                         # as in a hall; beside it [[item]]
    ...
Every mistake is found at once, by the checks of each value that the hall's own reader has. How a hall takes it over is
`config.city_merge`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct, field, structs

from config.city_packages import Machine, Package
from config.item_sheets import unwritable
from config.reading import reader, source
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest
from config.reading.strict import FileLayout, decode_row, draft_of
from config.setting_types import OneLine, SettingText, Table
from config.settings import Item

# Tables of rows, with the keys that name a row; and tables that are there once.
MANY: Mapping[str, tuple[str, ...]] = {
    "item": ("id",), "reason": ("kind", "id"), "day": ("date",), "paper": ("kind", "language", "medium"),
    "text": ("notice", "language"),
}  # fmt: skip
ONE = ("calendar", "rules", "cases", "feedback", "ratings", "alarms")
NOT_OURS = {"calendar": {"notice"}}  # fields that name files, which lie in the halls
CITY, PACKAGE = "city", "package"
MAIN = "city.toml"
CityKey = tuple[Any, ...]


class CityTable(Table, frozen=True):
    """What the file says of itself."""

    locked: list[OneLine] = field(default_factory=list)
    release: OneLine = ""
    note: SettingText = ""
    items: OneLine = ""


class CityFile(NamedTuple):
    """What a city settles. `one`: the fields by table; `many`: the rows by table and key, the key's own fields among their
    values."""

    city: CityTable
    one: dict[str, dict[str, Any]]
    many: dict[str, dict[CityKey, dict[str, Any]]]
    packages: tuple[Package, ...] = ()

    def is_locked(self, table: str, field: str = "") -> bool:
        """Return whether a hall may not differ there; with no field: in whether it has the row."""
        return table in self.city.locked or f"{table}.{field}" in self.city.locked


def _partial(table: str, needed: tuple[str, ...]) -> type[Struct]:
    """Return the type of a table of which a row may say anything and must say what names it."""
    kind = reader.LAYOUT.kind(table)
    fields: list[Any] = []
    for each in structs.fields(kind):
        must = each.name in needed and each.required
        if each.name not in NOT_OURS.get(table, ()):
            fields.append((each.name, each.type) if must else (each.name, each.type, UNSET))
    fields.sort(key=len)
    return msgspec.defstruct(f"CityRow_{table}", fields, frozen=True, forbid_unknown_fields=True)


LAYOUT = FileLayout(
    one={CITY: CityTable, **{table: _partial(table, ()) for table in ONE}},
    many={PACKAGE: Package, **{table: _partial(table, keys) for table, keys in MANY.items()}},
    required=(CITY,),
)


def key_of(table: str, row: Mapping[str, Any]) -> CityKey:
    """Return what names a row of a table; a part that is not said has its usual value."""
    usual = {each.name: each.default for each in structs.fields(reader.LAYOUT.kind(table))}
    return tuple(row.get(name, usual[name]) for name in MANY[table])


def read(main: bytes, files: Mapping[str, bytes], name: str = MAIN) -> tuple[CityFile | None, list[Mistake]]:
    """Return a city's file, or every mistake in it. `files`: what lies beside it, by the names it uses."""
    try:
        text = source.decoded(Path(name), main)
        document = source.parse_toml(Path(name), text)
    except source.Unreadable as error:
        return None, [error.mistake]
    draft = draft_of(LAYOUT, name, text, document)
    city = next((row for row in draft.rows[CITY]), None)
    if city and (items := city.get("items", "")):
        _items(draft, city, items, files)
    found = CityFile(
        CityTable(**city.good) if city and not draft.mistakes else CityTable(),
        {table: draft.rows[table][0].good for table in ONE if draft.rows[table]},
        {table: dict(_rows(draft, table)) for table in MANY},
        tuple(Package(**row.good) for row in draft.each(PACKAGE, *Package.__struct_fields__)),
    )
    draft.mistakes += [*_locks(city), *_unwritable(found), *_packages(draft, found.city.release)]
    draft.mistakes.sort(key=lambda each: (each.file, each.line))
    return (None if draft.mistakes else found), draft.mistakes


def _items(draft: Draft, city: DraftRow, file: str, files: Mapping[str, bytes]) -> None:
    """Read the items of the CSV beside the file."""
    if file not in files:
        draft.wrong(city.mistake("items", f"找不到 {file}", f"{file} is not there"))
        return
    try:
        rows = source.parse_csv(Path(file), source.decoded(Path(file), files[file]))
    except source.Unreadable as error:
        draft.wrong(error.mistake)
        return
    columns = [cell.strip() for cell in rows[0][1]] if rows else []
    for line, cells in rows[1:]:
        raw = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
        label = f"item {raw.get('id', '')}".strip()
        decode_row(LAYOUT, draft, DraftRow("item", label, file, {"": line}, reader.typed_cells(raw)))


def _rows(draft: Draft, table: str) -> Iterator[tuple[CityKey, dict[str, Any]]]:
    """Yield the rows of a table by key, and report one that is there twice, and an item that says no name of itself."""
    seen: set[CityKey] = set()
    for row in draft.each(
        table, *(each.name for each in structs.fields(LAYOUT.kind(table)) if each.required)
    ):
        key = key_of(table, row.good)
        if key in seen:
            draft.wrong(row.mistake("", "写了两次", "stands there twice"))
        seen.add(key)
        yield key, row.good


def _locks(city: DraftRow | None) -> Iterator[Mistake]:
    """Yield locks of what is no table or field of this file."""
    known = [*MANY, *ONE]
    known += [
        f"{table}.{each.name}" for table in (*MANY, *ONE) for each in structs.fields(LAYOUT.kind(table))
    ]
    for each in city.get("locked", []) if city else []:
        if each not in known:
            zh, en = (
                f"没有“{each}”可锁定，写 表 或 表.项",
                f"There is no '{each}' to lock: write TABLE or TABLE.FIELD",
            )
            assert city
            yield city.mistake("locked", zh, en, nearest(each, known))


def _packages(draft: Draft, release: str) -> Iterator[Mistake]:
    """Yield packages of a release that is not named, and a second one for the same kind of PC."""
    seen: set[Machine] = set()
    for row in draft.each(PACKAGE, "system", "machine"):
        pc = Machine(row.good["system"], row.good["machine"])
        if not release and not draft.mistakes:
            yield row.mistake("", "先在 [city] 写 release", "Write release in [city] first")
        if pc in seen:
            yield row.mistake("", f"{' '.join(pc)} 已有一个", f"There is one for {' '.join(pc)} already")
        seen.add(pc)


def _unwritable(found: CityFile) -> list[Mistake]:
    """Return items whose lists could not stand in a hall's CSV."""
    needed: dict[str, Any] = {"id": "-", "name": "-", "department": "-", "queue": "A"}
    return unwritable(Item(**(needed | row)) for row in found.many["item"].values())
