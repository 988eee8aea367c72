"""Strict tables: every TOML table taken row by row and key by key, so that one wrong value hides no other.

The one reader for what people write by hand: a hall's settings, a scenario, a device's profile. A `FileLayout` names the
tables and the type of each; `draft_of` takes a document apart into a `Draft` whose rows keep what was good in them, so
that cross checks work on a broken row too and one typo is not reported twice.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, get_args

import msgspec
from msgspec import Struct, structs

from config.reading import source, type_descriptions
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, listed, nearest, shown

ROWS_MAX = 5000  # rows of one table; the largest hall known has 502 items

DecodeKey = Callable[[Draft, DraftRow, Any], bool]  # takes one key's value; False leaves it to the usual way


class FileLayout(Struct, frozen=True):
    """What a file may hold.

    `one` and `many` lead from a table's name to its type: written `[name]` once, or `[[name]]` any number of times.
    `loose` are the keys above the first table, with their types (a type of `object` is read by the caller itself).
    `refers` leads from keys that name a row of another table to that table. `special` reads keys that need it. `former`
    leads from the name a table had in older files to the one it has now, and to the values its rows take there.
    """

    one: Mapping[str, type[Any]]
    many: Mapping[str, type[Any]]
    loose: Mapping[str, Any] = {}
    required: tuple[str, ...] = ()
    refers: Mapping[str, str] = {}
    special: Mapping[tuple[str, str], DecodeKey] = {}
    former: Mapping[str, tuple[str, Mapping[str, Any]]] = {}

    def header(self, table: str) -> str:
        """Return a table's or a loose key's name as written in TOML."""
        many = table in self.many or table in self.former
        return f"[[{table}]]" if many else f"[{table}]" if table in self.one else table

    def kind(self, table: str) -> type[Any]:
        """Return the type of a table's rows."""
        return self.one[table] if table in self.one else self.many[table]


@cache
def fields_of(kind: type[Any]) -> tuple[structs.FieldInfo, ...]:
    """Return the fields of a table's type; kept, because resolving them costs more than reading a row."""
    return structs.fields(kind)


def draft_of(layout: FileLayout, name: str, text: str, document: dict[str, Any]) -> Draft:
    """Take a parsed document apart. `name` is the file's, `text` its TOML, for the lines that mistakes point at."""
    draft = Draft(name)
    lines = source.lines_of(text)
    for table in (*layout.one, *layout.many):
        for number, raw in enumerate(_rows(layout, draft, document, table, lines)):
            decode_row(layout, draft, _placed(layout, name, table, number, raw, lines))
    for old, (table, values) in layout.former.items():
        for number, raw in enumerate(_rows(layout, draft, document, old, lines)):
            row = _placed(layout, name, old, number, raw, lines)
            decode_row(layout, draft, structs.replace(row, table=table, raw={**raw, **values}))
    draft.loose = _loose(layout, draft, document, lines)
    _unknown_tables(layout, draft, document, lines)
    for table in layout.required:
        if document.get(table, []) == []:
            header = layout.header(table)
            draft.wrong(Mistake(header, "", f"缺少 {header}", f"{header} is missing", file=name))
    return draft


def _rows(
    layout: FileLayout, draft: Draft, document: dict[str, Any], table: str, lines: source.SourceLines
) -> Iterator[dict[str, Any]]:
    """Yield the raw rows of a table, after a word about brackets that do not fit."""
    value: Any = document.get(table, [])
    if table in layout.one and isinstance(value, dict):
        if table in document:
            yield value
    elif table not in layout.one and isinstance(value, list) and all(isinstance(row, dict) for row in value):
        if len(value) > ROWS_MAX:
            zh, en = f"超过 {ROWS_MAX} 行", f"More than {ROWS_MAX} rows"
            draft.wrong(Mistake(layout.header(table), "", zh, en, file=draft.name))
        yield from value[:ROWS_MAX]
    elif table in document:
        right = layout.header(table)
        line = source.line_of(lines, table)
        draft.wrong(Mistake(table, "", f"这里要写 {right}", f"Write {right} here", right, draft.name, line))
        yield from [value] if isinstance(value, dict) else []


def _placed(
    layout: FileLayout, file: str, table: str, number: int, raw: dict[str, Any], lines: source.SourceLines
) -> DraftRow:
    own = lines.get((table, number), {})
    name = raw.get("id", raw.get("name", raw.get("role", number + 1))) if table not in layout.one else ""
    return DraftRow(table, f"{layout.header(table)} {shown(name)}".strip(), file, own, raw)


def decode_row(layout: FileLayout, draft: Draft, row: DraftRow) -> None:
    """Decode each key by itself: unknown, missing or of a wrong kind; the good ones stay in the row."""
    fields = {field.encode_name: field for field in fields_of(layout.kind(row.table))}
    meant = _unknown_keys(draft, row, list(fields))
    for name, field in fields.items():
        if name in row.raw:
            decode_value(layout, draft, row, name, field.type)
        elif field.required and name not in meant:
            must = type_descriptions.meaning(field.type)
            draft.wrong(row.mistake(name, f"缺少 {name}（{must.zh}）", f"{name} is missing ({must.en})"))
    draft.rows[row.table].append(row)


def _unknown_keys(draft: Draft, row: DraftRow, names: list[str]) -> set[str]:
    """Report them; return what they were probably meant to be, which then is not missed as well."""
    meant: set[str] = set()
    for key in (key for key in row.raw if key not in names):
        close = nearest(key, names)
        known = "" if close else f"（可用：{listed(names)}）"
        draft.wrong(
            row.mistake(key, f"没有“{shown(key)}”这个设置{known}", f"No setting '{shown(key)}'", close)
        )
        meant.add(close)
    return meant


def decode_value(layout: FileLayout, draft: Draft, row: DraftRow, key: str, kind: Any) -> None:
    """Decode one key of a row into `row.good`, or report what is wrong with it."""
    value = row.raw[key]
    special = layout.special.get((row.table, key))
    if special and special(draft, row, value):
        return
    try:
        if isinstance(value, float) and not math.isfinite(value):  # no bound of msgspec's excludes `nan`
            raise msgspec.ValidationError
        row.good[key] = msgspec.convert(value, kind)
    except (msgspec.ValidationError, UnicodeError):  # a lone surrogate is no text
        if type_descriptions.is_list(kind) and isinstance(value, list):
            decode_entries(layout, draft, row, key, kind, value)
        else:
            _wrong_value(layout, draft, row, key, kind, value)


def decode_entries(
    layout: FileLayout, draft: Draft, row: DraftRow, key: str, kind: Any, entries: list[Any]
) -> None:
    """Decode a list by its entries: one bad entry spoils no other. `kind` is list[X]."""
    inner = get_args(kind)[0]
    good: list[Any] = []
    for entry in entries:
        try:
            good.append(msgspec.convert(entry, inner))
        except (msgspec.ValidationError, UnicodeError):  # a lone surrogate is no text
            _wrong_value(layout, draft, row, key, inner, entry)
    row.good[key] = good


def _wrong_value(layout: FileLayout, draft: Draft, row: DraftRow, key: str, kind: Any, value: Any) -> None:
    must = type_descriptions.meaning(kind)
    known = draft.names(layout.refers[key]) if key in layout.refers else type_descriptions.choices(kind)
    close = nearest(value, known) if isinstance(value, str) else ""
    zh, en = type_descriptions.why_not(kind, value)
    draft.wrong(
        row.mistake(
            key,
            f"“{shown(value)}”不对，应为：{must.zh}{zh and f'（{zh}）'}",
            f"'{shown(value)}' will not do; expected: {must.en}{en and f' ({en})'}",
            close,
        )
    )


def _loose(layout: FileLayout, draft: Draft, document: dict[str, Any], lines: source.SourceLines) -> DraftRow:
    """Decode the keys above the first table; those of type `object` stay raw."""
    row = DraftRow("", "", draft.name, lines["", 0], document)
    for key, kind in layout.loose.items():
        if key in document and kind is not object:
            decode_value(layout, draft, row, key, kind)
    return row


def _unknown_tables(
    layout: FileLayout, draft: Draft, document: dict[str, Any], lines: source.SourceLines
) -> None:
    known = {table: layout.header(table) for table in (*layout.one, *layout.many, *layout.former)}
    known |= {name: name for name in layout.loose}
    for name in document.keys() - known.keys():
        line = source.line_of(lines, name)
        zh, en = f"没有“{shown(name)}”这个表或设置", f"No table or setting '{shown(name)}'"
        draft.wrong(Mistake(shown(name), "", zh, en, nearest(name, known), draft.name, line))
