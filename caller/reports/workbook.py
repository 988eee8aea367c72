"""A report as an .xlsx file: a sheet a subject, and every ticket, call and service below the figures."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from caller.records.rows import CallRow, ServiceRow, TableRow, TicketRow, columns
from caller.reports.grouping import Rows
from caller.reports.sheets import CellKind, ReportSheet
from caller.reports.statistics import SECOND

FORMATS: dict[CellKind, str] = {"count": "0", "minutes": "0.0", "share": "0.0%", "time": "@", "text": "@"}
PLAIN = frozenset({"General", "@", "0"})
WIDTH_MIN, WIDTH_MAX = 8, 44  # characters of a column
DETAILS: dict[type[TableRow], tuple[str, str]] = {
    TicketRow: ("号票明细", "All tickets"),
    CallRow: ("叫号明细", "All calls"),
    ServiceRow: ("办理明细", "All services"),
}
INSTANTS = frozenset({"issued", "origin", "first_called", "began", "ended", "at"})
SPANS = frozenset({"waited", "wait", "before", "carried"})
MINUTES = "（分钟 min）"
ROWS_MAX = 1_048_575  # of a sheet, its heading left out; a month of a large hall is 70,000


def write(path: Path, sheets: list[ReportSheet], rows: Rows) -> None:
    """Make the file; an existing one is replaced. Raises `OSError` where it cannot be written."""
    from openpyxl import Workbook

    book: Any = Workbook(write_only=True)
    for sheet in sheets:
        heads = [f"{each.zh} {each.en}" if each.zh != each.en else each.zh for each in sheet.headings]
        kinds = [FORMATS[each.kind] for each in sheet.headings]
        _add(book, f"{sheet.zh} {sheet.en}", heads, kinds, [list[Any](row) for row in sheet.rows])
    zone = ZoneInfo(rows.days[0].zone)
    for table, found in ((TicketRow, rows.tickets), (CallRow, rows.calls), (ServiceRow, rows.services)):
        _add_details(book, table, list[Any](found[:ROWS_MAX]), zone)
    made = BytesIO()
    book.save(made)
    part = path.with_name(path.name + ".part")  # so that no half file is ever opened
    try:
        part.write_bytes(made.getvalue())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _add(book: Any, title: str, heads: list[str], formats: list[str], rows: list[list[Any]]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for index, head in enumerate(heads, 1):
        longest = max([len(head.encode("gb18030")), *(_length(row[index - 1]) for row in rows[:200])])
        sheet.column_dimensions[get_column_letter(index)].width = min(max(longest + 2, WIDTH_MIN), WIDTH_MAX)
    bold = [WriteOnlyCell(sheet, head) for head in heads]
    for cell in bold:
        cell.font = Font(bold=True)
    sheet.append(bold)
    for row in rows:
        sheet.append([_cell(sheet, value, shape) for value, shape in zip(row, formats, strict=True)])


def _length(value: Any) -> int:
    return 0 if value is None else len(str(value).encode("gb18030", "replace"))


def _cell(sheet: Any, value: Any, shape: str) -> Any:
    """Text stays text, whatever it begins with: what a clerk typed is never a formula.

    Plain values are left plain; a cell object for each of 100,000 costs seconds.
    """
    from openpyxl.cell import WriteOnlyCell

    text = isinstance(value, str)
    if value is None or (text and not value.startswith("=")) or (not text and shape in PLAIN):
        return value
    cell: Any = WriteOnlyCell(sheet, value)
    if text:
        cell.data_type = "s"
    else:
        cell.number_format = shape
    return cell


def _add_details(book: Any, table: type[TableRow], rows: list[Any], zone: ZoneInfo) -> None:
    names = [column.name for column in columns(table)]
    heads = [f"{each.zh} {each.name}{MINUTES if each.name in SPANS else ''}" for each in columns(table)]
    formats = ["General"] * len(names)
    values = [[_value(name, getattr(row, name), zone) for name in names] for row in rows]
    _add(book, " ".join(DETAILS[table]), heads, formats, values)


def _value(name: str, value: Any, zone: ZoneInfo) -> Any:
    """Instants in the hall's time, spans in minutes, as a spreadsheet reckons."""
    if value is None:
        return None
    if name in INSTANTS:
        return (
            datetime.fromtimestamp(value / SECOND, UTC).astimezone(zone).replace(tzinfo=None, microsecond=0)
        )
    return round(value / SECOND / 60, 1) if name in SPANS else value
