"""Reads a hall's TOML (and the CSV of its items) strictly, and reports all mistakes at once.

A hall with a mistake does not start: a typo silently ignored would surface at the counter. What is good of a broken
row still takes part in the cross checks (config.reading.checks), so that one typo is not reported twice.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from config import settings
from config.reading import checks, notices, source, type_descriptions
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, Mistakes, nearest, shown
from config.reading.strict import ROWS_MAX, FileLayout, decode_entries, decode_row, draft_of, fields_of

SHEET_ERROR = re.compile(
    r"#[A-Z][A-Z0-9_/]*[!?]?|#{2,}|#错误.*|Err:\d{3}|=.*", re.DOTALL
)  # also a cell too narrow, a formula
CELL_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
HALLS = Path(__file__).parents[1] / "halls"  # the halls that come with the product


def _helps_without_minutes(draft: Draft, row: DraftRow, queues: Any) -> bool:
    """Give `helps = ["A", "B"]` the hall's own minutes."""
    if not isinstance(queues, list):
        return False
    default = settings.Rules().helping_minutes
    minutes = next((rules.get("helping_minutes", default) for rules in draft.rows["rules"]), default)
    decode_entries(LAYOUT, draft, row, "helps", list[settings.QueueId], queues)
    row.good["helps"] = dict.fromkeys(row.good["helps"], minutes)
    return True


LAYOUT = FileLayout(
    one={
        "hall": settings.HallTable,
        "listen": settings.Listen,
        "rules": settings.Rules,
        "voice": settings.Voice,
        "calendar": settings.CalendarTable,
        "accounts": settings.AccountsTable,
        "cases": settings.CasesTable,
        "feedback": settings.FeedbackTable,
        "fees": settings.FeesTable,
        "alarms": settings.AlarmsTable,
        "ratings": settings.RatingsTable,
        "phone": settings.PhoneTable,
        "performance": settings.PerformanceTable,
        "notify": settings.NotifyTable,
        "api": settings.ApiTable,
        "centre": settings.CentreTable,
    },
    many={
        "class": settings.PriorityClass,
        "department": settings.Department,
        "queue": settings.Queue,
        "area": settings.Area,
        "window": settings.Window,
        "item": settings.Item,
        "device": settings.Device,
        "kiosk": settings.Kiosk,
        "roster": settings.Duty,
        "shift": settings.Shift,
        "score": settings.ScoreRow,
        "discount": settings.Discount,
        "reason": settings.Reason,
        "hours": settings.Hours,
        "day": settings.ExceptionalDay,
        "webhook": settings.Webhook,
        "gateway": settings.Gateway,
        "staff": settings.StaffReceiver,
        "text": settings.NoticeText,
        "province": settings.Province,
        "volume": settings.VolumeHours,
        "announcement": settings.AnnouncementTime,
        "media": settings.MediaEntry,
        "screen": settings.ScreenHours,
        "paper": settings.PaperTemplate,
        "file": settings.TextFile,
    },
    loose={"items": object, "notices": tuple[settings.SettingText, ...]},
    required=("hall", "class", "queue", "window"),
    refers={"queue": "queue", "queues": "queue", "department": "department", "area": "area"},
    special={("window", "helps"): _helps_without_minutes},
    former={"pause": ("reason", {"kind": "pause"})},
)
PLURAL = {name: name + "s" for name in LAYOUT.many} | {
    "class": "classes",
    "roster": "roster",
    "media": "media",
    "hours": "hours",
    "staff": "staff",
}  # in Settings


class Reading(msgspec.Struct):
    """What came of reading a hall: the settings if there is no mistake; warnings stop nothing."""

    settings: settings.Settings | None
    mistakes: list[Mistake]
    warnings: list[Mistake]


def read(path: Path | str) -> settings.Settings:
    """Return the hall at `path`, checked. Raises `Mistakes` with every mistake found."""
    reading = inspect(path)
    if reading.settings is None:
        raise Mistakes(reading.mistakes)
    return reading.settings


def inspect(
    path: Path | str,
    more: Iterable[checks.CrossCheck] = (),
    warn: Iterable[checks.CrossCheck] = (),
    beside: Mapping[str, Path] | None = None,
) -> Reading:
    """Read as `read` does, but hand everything back: also warnings, which stop nothing.

    more, warn: checks of the floors above, which know what a device's profile is and what a font has. beside: where
    files lie that the hall refers to, by the names it uses; one that is not named there lies beside the hall's file.
    """
    path = Path(path)
    try:
        text = source.load_text(path)
        document = source.parse_toml(path, text)
    except source.Unreadable as error:
        return Reading(None, [error.mistake], [])
    draft = draft_of(LAYOUT, path.name, text, document)
    _items(draft, document, path, source.lines_of(text), beside or {})
    years = _year_notices(draft, path, beside or {})
    warnings = checks.check(draft)
    draft.mistakes += [mistake for one in more for mistake in one(draft)]
    warnings += [warning for one in warn for warning in one(draft)]
    made = None if draft.mistakes else _settings(draft, years)
    return Reading(made, sorted(draft.mistakes, key=lambda mistake: (mistake.file, mistake.line)), warnings)


def _items(
    draft: Draft, document: dict[str, Any], path: Path, lines: source.SourceLines, beside: Mapping[str, Path]
) -> None:
    """Read the items of the CSV that `items = "FILE.csv"` names."""
    given = document.get("items")
    if isinstance(given, str):
        _items_from(draft, beside.get(given, path.parent / given))
    elif given is not None:
        line = source.line_of(lines, "items")
        zh = '要写 [[item]]，或 items = "文件.csv"'
        draft.wrong(
            Mistake("items", "", zh, 'Write [[item]], or items = "FILE.csv"', "[[item]]", draft.name, line)
        )


def _year_notices(draft: Draft, path: Path, beside: Mapping[str, Path]) -> tuple[settings.YearNotice, ...]:
    """Return what is known of each year; the hall's own CSV replaces whole years of it."""
    years = {each.year: each for each in notices.known()}
    for row in draft.each("calendar", "notice"):
        if row.good["notice"]:
            file = beside.get(row.good["notice"], path.parent / row.good["notice"]).resolve()
            row.good["notice"] = str(file)  # so that the hall reads the same wherever it is written to
            own, mistakes = notices.read(file)
            draft.mistakes += mistakes
            years |= {each.year: each for each in own}
    return tuple(years[year] for year in sorted(years))


def _items_from(draft: Draft, path: Path) -> None:
    """Read the items from the CSV beside the hall: the first row names the columns, lists are parted by ';'."""
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
        row = DraftRow(
            "item", f"item {shown(raw.get('id', ''))}".strip(), path.name, {"": line}, typed_cells(raw)
        )
        for name, cell in raw.items():
            if SHEET_ERROR.fullmatch(cell):
                zh, en = f"“{cell}”是表格软件的错误值", f"'{cell}' is an error value of the spreadsheet"
                draft.wrong(row.mistake(name, zh, en))
        if (count := len(_trimmed(cells))) > len(columns):
            zh, en = f"这一行有 {count} 格，表头只有 {len(columns)} 格", "More cells than the first row has"
            draft.wrong(row.mistake("", zh, en))
        decode_row(LAYOUT, draft, row)


def _trimmed(cells: list[str]) -> list[str]:
    """Return cells without the empty ones that spreadsheets leave at the end."""
    cells = [cell.strip() for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


_SEPARATORS = (
    (";", "分号", "semicolons"),
    ("\t", "制表符", "tabs"),
    ("，", "全角逗号", "wide commas"),
    ("|", "竖线", "bars"),
)


def _bad_columns(draft: Draft, path: Path, columns: list[str]) -> bool:
    """Report wrong columns once for the file, not once for each of its rows."""
    for sign, zh, en in _SEPARATORS:
        if len(columns) == 1 and sign in columns[0]:
            zh, en = (
                f"各列用{zh}分隔，请另存为逗号分隔的 CSV",
                f"Columns are parted by {en}; save it with commas",
            )
            draft.wrong(Mistake("item", "", zh, en, "", path.name, 1))
            return True
    names = [field.name for field in fields_of(settings.Item)]
    if columns and (columns[0].lower().startswith("sep=") or not set(columns) & set(names)):
        zh, en = (
            "第一行应是列名，请删去它之前的行",
            "The first row names the columns; delete what stands before it",
        )
        draft.wrong(
            Mistake(
                "item", "", f"“{shown(columns[0])}”：{zh}", f"'{shown(columns[0])}': {en}", "", path.name, 1
            )
        )
        return True
    needed = [field.name for field in fields_of(settings.Item) if field.required]
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


def typed_cells(raw: dict[str, str]) -> dict[str, Any]:
    """Return cells as TOML would have given them; what cannot be read stays text, for its mistake."""
    kinds = {field.name: field.type for field in fields_of(settings.Item)}
    return {name: _cell(text, kinds[name]) for name, text in raw.items()}


def _cell(text: str, kind: Any) -> Any:
    if type_descriptions.is_list(kind):
        parts = [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
        whole = type_descriptions.is_list_of_counts(kind) and all(
            CELL_NUMBER.fullmatch(each) for each in parts
        )
        return [int(float(each)) for each in parts] if whole else parts
    if type_descriptions.is_number(kind) and CELL_NUMBER.fullmatch(text):
        number = float(text)  # a spreadsheet may write 20 as 20.0
        return int(number) if number.is_integer() else number
    if type_descriptions.is_switch(kind) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def _settings(draft: Draft, years: tuple[settings.YearNotice, ...]) -> settings.Settings:
    """Return the whole, once there is nothing wrong with any part."""
    parts: dict[str, Any] = {}
    for table, kind in LAYOUT.one.items():
        if draft.rows[table]:
            parts[table] = kind(**draft.rows[table][0].good)
    for table, kind in ((table, kind) for table, kind in LAYOUT.many.items() if draft.rows[table]):
        parts[PLURAL[table]] = tuple(kind(**row.good) for row in draft.rows[table])
    return settings.Settings(**parts, notices=draft.loose.good.get("notices", ()), year_notices=years)
