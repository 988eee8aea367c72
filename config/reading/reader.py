"""Reads a hall's TOML (and the CSV of its items) strictly, and tells all mistakes at once.

A hall with a mistake does not start: a typo silently ignored would surface at the counter. Each table is
taken row by row and key by key, so that one wrong value hides no other; what is good of a broken row still
takes part in the cross checks (config.checks), so that one typo is not told twice.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import structs

from config import settings
from config.reading import checks, source, type_descriptions
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, Mistakes, listed, nearest, shown

HALLS = Path(__file__).parents[1] / "halls"  # the halls that come with the product
ROWS_MAX = 5000  # rows of one table; the largest hall known has 502 items

ONE: dict[str, type[settings.Table]] = {
    "hall": settings.HallTable,
    "listen": settings.Listen,
    "rules": settings.Rules,
    "voice": settings.Voice,
}
MANY: dict[str, type[settings.Table]] = {
    "class": settings.PriorityClass,
    "department": settings.Department,
    "queue": settings.Queue,
    "area": settings.Area,
    "window": settings.Window,
    "item": settings.Item,
    "device": settings.Device,
    "kiosk": settings.Kiosk,
    "roster": settings.Duty,
    "pause": settings.Pause,
}
PLURAL = {name: name + "s" for name in MANY} | {"class": "classes", "roster": "roster"}  # field of Settings
REFERS = {
    "queue": "queue",
    "queues": "queue",
    "department": "department",
    "area": "area",
}  # keys that name a row by id
LOOSE = ("items", "notices")  # keys above the first table
REQUIRED = ("hall", "class", "queue", "window")


class Reading(msgspec.Struct):
    """What came of reading a hall: the settings if there is no mistake; warnings stop nothing."""

    settings: settings.Settings | None
    mistakes: list[Mistake]
    warnings: list[Mistake]


def read(path: Path | str) -> settings.Settings:
    """The hall at `path`, checked; raises `Mistakes` with every mistake found."""
    reading = inspect(path)
    if reading.settings is None:
        raise Mistakes(reading.mistakes)
    return reading.settings


def inspect(path: Path | str, more: Iterable[checks.CrossCheck] = ()) -> Reading:
    """As `read`, but hands everything back: also warnings, which stop nothing.

    more: checks of the floors above, which know what a device's profile is.
    """
    path = Path(path)
    try:
        text = source.load_text(path)
        document = source.parse_toml(path, text)
    except source.Unreadable as error:
        return Reading(None, [error.mistake], [])
    draft = _draft(path, text, document)
    warnings = checks.check(draft)
    draft.mistakes += [mistake for one in more for mistake in one(draft)]
    made = None if draft.mistakes else _settings(draft)
    return Reading(made, sorted(draft.mistakes, key=_in_file), warnings)


def _in_file(mistake: Mistake) -> tuple[str, int]:
    return mistake.file, mistake.line


def _draft(path: Path, text: str, document: dict[str, Any]) -> Draft:
    draft = Draft(path)
    lines = source.lines_of(text)
    for table in (*ONE, *MANY):
        for number, raw in enumerate(_rows(draft, document, table, lines)):
            _decode_row(draft, _placed(path, table, number, raw, lines))
    _loose(draft, document, path, lines)
    _unknown_tables(draft, document, lines)
    _missing_tables(draft, document)
    return draft


def _rows(
    draft: Draft, document: dict[str, Any], table: str, lines: source.SourceLines
) -> Iterator[dict[str, Any]]:
    """The raw rows of a table, after a word about brackets that do not fit."""
    value: Any = document.get(table, [])
    if table in ONE and isinstance(value, dict):
        yield value
    elif table in MANY and isinstance(value, list) and all(isinstance(row, dict) for row in value):
        yield from _capped(draft, table, value)
    elif table in document:
        right = header(table)
        line = source.line_of(lines, table)
        draft.wrong(Mistake(table, "", f"这里要写 {right}", f"Write {right} here", right, draft.name, line))
        yield from [value] if isinstance(value, dict) else []


def _capped(draft: Draft, table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) > ROWS_MAX:
        zh, en = f"超过 {ROWS_MAX} 行", f"More than {ROWS_MAX} rows"
        draft.wrong(Mistake(header(table), "", zh, en, file=draft.name))
    return rows[:ROWS_MAX]


def header(table: str) -> str:
    """A table's name as written in TOML."""
    return f"[[{table}]]" if table in MANY else f"[{table}]"


def _placed(path: Path, table: str, number: int, raw: dict[str, Any], lines: source.SourceLines) -> DraftRow:
    own = lines.get((table, number), {})
    name = raw.get("id", raw.get("name", raw.get("role", number + 1))) if table in MANY else ""
    return DraftRow(table, f"{header(table)} {shown(name)}".strip(), path.name, own, raw)


@cache
def _fields(kind: type[settings.Table]) -> tuple[structs.FieldInfo, ...]:
    """Kept, because resolving the types of a table costs more than reading a row."""
    return structs.fields(kind)


def _decode_row(draft: Draft, row: DraftRow) -> None:
    """Each key by itself: unknown, missing or of a wrong kind; the good ones stay in the row."""
    fields = {field.name: field for field in _fields((ONE | MANY)[row.table])}
    meant = _unknown_keys(draft, row, list(fields))
    for name, field in fields.items():
        if name in row.raw:
            _decode_value(draft, row, name, field.type)
        elif field.required and name not in meant:
            must = type_descriptions.meaning(field.type)
            draft.wrong(row.mistake(name, f"缺少 {name}（{must.zh}）", f"{name} is missing ({must.en})"))
    draft.rows[row.table].append(row)


def _unknown_keys(draft: Draft, row: DraftRow, names: list[str]) -> set[str]:
    """Tells them; returns what they were probably meant to be, which then is not missed as well."""
    meant: set[str] = set()
    for key in (key for key in row.raw if key not in names):
        close = nearest(key, names)
        known = "" if close else f"（可用：{listed(names)}）"
        draft.wrong(
            row.mistake(key, f"没有“{shown(key)}”这个设置{known}", f"No setting '{shown(key)}'", close)
        )
        meant.add(close)
    return meant


def _decode_value(draft: Draft, row: DraftRow, key: str, kind: Any) -> None:
    value = row.raw[key]
    if (row.table, key) == ("window", "helps") and isinstance(value, list):
        _helps_without_minutes(draft, row, value)
        return
    try:
        row.good[key] = msgspec.convert(value, kind)
    except msgspec.ValidationError:
        if type_descriptions.is_list(kind) and isinstance(value, list):
            _decode_entries(draft, row, key, kind, value)
        else:
            _wrong_value(draft, row, key, kind, value)


def _decode_entries(draft: Draft, row: DraftRow, key: str, kind: Any, entries: list[Any]) -> None:
    """A list by its entries: one bad entry spoils no other. `kind` is list[X]."""
    inner = get_args(kind)[0]
    good: list[Any] = []
    for entry in entries:
        try:
            good.append(msgspec.convert(entry, inner))
        except msgspec.ValidationError:
            _wrong_value(draft, row, key, inner, entry)
    row.good[key] = good


def _wrong_value(draft: Draft, row: DraftRow, key: str, kind: Any, value: Any) -> None:
    must = type_descriptions.meaning(kind)
    known = draft.names(REFERS[key]) if key in REFERS else type_descriptions.choices(kind)
    close = nearest(value, known) if isinstance(value, str) else ""
    zh = f"“{shown(value)}”不对，应为：{must.zh}"
    draft.wrong(row.mistake(key, zh, f"'{shown(value)}' will not do; expected: {must.en}", close))


def _helps_without_minutes(draft: Draft, row: DraftRow, queues: list[Any]) -> None:
    """`helps = ["A", "B"]` takes the hall's own minutes."""
    default = settings.Rules().helping_minutes
    minutes = next((rules.get("helping_minutes", default) for rules in draft.rows["rules"]), default)
    _decode_entries(draft, row, "helps", list[settings.QueueId], queues)
    row.good["helps"] = dict.fromkeys(row.good["helps"], minutes)


def _loose(draft: Draft, document: dict[str, Any], path: Path, lines: source.SourceLines) -> None:
    """`items` and `notices`, the keys above the first table."""
    row = DraftRow("", "", path.name, lines["", 0], document)
    if "notices" in document:
        _decode_value(draft, row, "notices", tuple[settings.SettingText, ...])
        draft.notices = row.good.get("notices", ())
    if "items" not in document:
        return
    if isinstance(document["items"], str):
        _items(draft, path.parent / document["items"])
    else:
        line = source.line_of(lines, "items")
        zh = '要写 [[item]]，或 items = "文件.csv"'
        draft.wrong(
            Mistake("items", "", zh, 'Write [[item]], or items = "FILE.csv"', "[[item]]", draft.name, line)
        )


def _items(draft: Draft, path: Path) -> None:
    """Items from the CSV beside the hall: the first row names the columns, lists are parted by ';'."""
    try:
        rows = source.parse_csv(path, source.load_text(path))
    except source.Unreadable as error:
        draft.wrong(error.mistake)
        return
    columns = _trimmed(rows[0][1]) if rows else []
    if _bad_columns(draft, path, columns):
        return
    if len(rows) > ROWS_MAX + 1:
        draft.wrong(Mistake("item", "", f"超过 {ROWS_MAX} 行", f"More than {ROWS_MAX} rows", file=path.name))
    for line, cells in rows[1 : ROWS_MAX + 1]:
        raw = {name: cell for name, cell in zip(columns, _trimmed(cells), strict=False) if cell}
        row = DraftRow("item", f"item {shown(raw.get('id', ''))}".strip(), path.name, {"": line}, _typed(raw))
        if (count := len(_trimmed(cells))) > len(columns):
            zh, en = f"这一行有 {count} 格，表头只有 {len(columns)} 格", "More cells than the first row has"
            draft.wrong(row.mistake("", zh, en))
        _decode_row(draft, row)


def _trimmed(cells: list[str]) -> list[str]:
    """Cells without the empty ones that spreadsheets leave at the end."""
    cells = [cell.strip() for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _bad_columns(draft: Draft, path: Path, columns: list[str]) -> bool:
    """Said once for the file, not once for each of its rows."""
    names = [field.name for field in _fields(settings.Item)]
    needed = [field.name for field in _fields(settings.Item) if field.required]
    bad = [(name, f"没有“{name}”这一列", f"No column '{name}'") for name in columns if name not in names]
    bad += [
        (name, f"“{name}”列写了两次", f"Column '{name}' twice") for name in names if columns.count(name) > 1
    ]
    bad += [
        (name, f"缺少“{name}”列", f"Column '{name}' is missing") for name in needed if name not in columns
    ]
    for name, zh, en in bad:
        close = nearest(name, names) if name not in names else ""
        draft.wrong(Mistake("item", name, zh, en, close, path.name, 1))
    return bool(bad)


def _typed(raw: dict[str, str]) -> dict[str, Any]:
    """Cells as TOML would have given them; what cannot be read stays text, for its mistake."""
    kinds = {field.name: field.type for field in _fields(settings.Item)}
    return {name: _cell(text, kinds[name]) for name, text in raw.items()}


def _cell(text: str, kind: Any) -> Any:
    if type_descriptions.is_list(kind):
        return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
    if type_descriptions.is_number(kind) and text.isdecimal() and len(text) <= 9:
        return int(text)
    return text


def _unknown_tables(draft: Draft, document: dict[str, Any], lines: source.SourceLines) -> None:
    known = {table: header(table) for table in (*ONE, *MANY)} | {name: name for name in LOOSE}
    for name in document.keys() - known.keys():
        line = source.line_of(lines, name)
        zh, en = f"没有“{name}”这个表或设置", f"No table or setting '{name}'"
        draft.wrong(Mistake(shown(name), "", zh, en, nearest(name, known), draft.name, line))


def _missing_tables(draft: Draft, document: dict[str, Any]) -> None:
    for table in REQUIRED:
        if table not in document:
            zh, en = f"缺少 {header(table)}", f"{header(table)} is missing"
            draft.wrong(Mistake(header(table), "", zh, en, file=draft.name))


def _settings(draft: Draft) -> settings.Settings:
    """The whole, once there is nothing wrong with any part."""
    parts: dict[str, Any] = {}
    for table, kind in ONE.items():
        if draft.rows[table]:
            parts[table] = kind(**draft.rows[table][0].good)
    for table, kind in ((table, kind) for table, kind in MANY.items() if draft.rows[table]):
        parts[PLURAL[table]] = tuple(kind(**row.good) for row in draft.rows[table])
    return settings.Settings(**parts, notices=draft.notices)
