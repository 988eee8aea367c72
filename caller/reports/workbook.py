"""A report as an .xlsx file that only its owner can read: a sheet a subject, charts, and single visits where asked for.

The charts are the spreadsheet's own, over the cells of the sheets (`workbook_charts`): who changes a cell sees the chart
change.

Rows are written as they are read, so that a year's visits need no more memory than a day's. Text from outside goes
through `for_sheet`, and what begins like a formula is marked as text.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from caller.records import Store
from caller.records.columns import Row, columns
from caller.records.rows import CallRow, ServiceRow, TicketRow
from caller.reports import workbook_charts
from caller.reports.tables import CellKind, ReportSheet
from config import owner_only
from config.instants import MINUTE, local
from config.money import FEN
from config.text_safety import for_sheet, is_formula

FORMATS: dict[CellKind, str] = {
    "count": "0",
    "number": "0.0",
    "minutes": "0.0",
    "share": "0.0%",
    "time": "@",
    "text": "@",
    "money": "#,##0.00",
}
PLAIN = frozenset({"General", "@", "0"})
WIDTH_MIN, WIDTH_MAX = 8, 44  # characters of a column
MEASURED_ROWS = 200  # by which a column's width is chosen
DETAILS: dict[type[Row], tuple[str, str]] = {
    TicketRow: ("号票明细", "All tickets"),
    CallRow: ("叫号明细", "All calls"),
    ServiceRow: ("办理明细", "All services"),
}
INSTANTS = frozenset({"issued", "origin", "first_called", "began", "ended", "at"})
DURATIONS = frozenset({"waited", "wait", "before", "carried"})
MINUTES = "（分钟 min）"
TITLE_MAX = 31  # characters, by the file format
ROWS_MAX = 1_048_575  # of a sheet, its heading left out


class Visits(NamedTuple):
    """The single visits to be listed: those of the days from `first` to `last`, in the hall's zone."""

    store: Store
    first: str
    last: str
    zone: str


def write(path: Path, sheets: list[ReportSheet], visits: Visits | None = None) -> None:
    """Make the file; an existing one is replaced. Raises `OSError` where it cannot be written."""
    with owner_only.replaced(path) as file:
        _book(sheets, visits).save(file)


def _book(sheets: list[ReportSheet], visits: Visits | None) -> Any:
    from openpyxl import Workbook

    book: Any = Workbook(write_only=True)
    pages: list[Any] = []
    drawn: Any = None
    for sheet in sheets:
        heads = [f"{each.zh} {each.en}" if each.zh != each.en else each.zh for each in sheet.headings]
        kinds = [FORMATS[each.kind] for each in sheet.headings]
        pages.append(
            _add(book, sheet.title[:TITLE_MAX], heads, kinds, (list[Any](row) for row in sheet.rows))
        )
        drawn = drawn or book.create_sheet(workbook_charts.TITLE)  # after the summary
    if drawn:
        workbook_charts.draw(drawn, zip(pages, sheets, strict=True))
    if visits:
        for table in DETAILS:
            _add_details(book, table, visits)
    return book


def _add(book: Any, title: str, heads: list[str], formats: list[str], rows: Iterator[list[Any]]) -> Any:
    """Add a sheet with these rows; return it."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    measured = list(islice(rows, MEASURED_ROWS))
    for index, head in enumerate(heads, 1):
        longest = max([_length(head), *(_length(row[index - 1]) for row in measured)])
        sheet.column_dimensions[get_column_letter(index)].width = min(max(longest + 2, WIDTH_MIN), WIDTH_MAX)
    bold = [WriteOnlyCell(sheet, for_sheet(head)) for head in heads]
    for cell in bold:
        cell.font = Font(bold=True)
    sheet.append(bold)
    for row in chain(measured, rows):
        sheet.append([_cell(sheet, value, shape) for value, shape in zip(row, formats, strict=True)])
    return sheet


def _length(value: Any) -> int:
    """Return about how wide a value is; a hanzi is twice a letter."""
    return 0 if value is None else len(str(value).encode("gb18030", "replace"))


def _cell(sheet: Any, value: Any, shape: str) -> Any:
    """Return a cell's content: text stays text, whatever it begins with.

    Plain values are left plain; a cell object for each of 100,000 costs seconds.
    """
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, str):
        value = for_sheet(value)
        if not is_formula(value):
            return value
        cell: Any = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        cell.quotePrefix = True  # stays text when the cell is edited or the sheet is saved in another format
        return cell
    if value is None or shape in PLAIN:
        return value
    content: Any = Decimal(value) / FEN if shape == FORMATS["money"] else value  # never a float
    cell = WriteOnlyCell(sheet, content)
    cell.number_format = shape
    return cell


def _add_details(book: Any, table: type[Row], visits: Visits) -> None:
    """Add the rows of one table, on as many sheets as they need."""
    names = [column.name for column in columns(table)]
    heads = [f"{each.zh} {each.name}{MINUTES if each.name in DURATIONS else ''}" for each in columns(table)]
    rows = _values(visits.store.of_days(table, visits.first, visits.last), names, visits.zone)
    title, number = " ".join(DETAILS[table]), 1
    more: list[list[Any]] = []
    while number == 1 or more:
        part = chain(more, islice(rows, ROWS_MAX - len(more)))
        _add(book, title if number == 1 else f"{title} {number}", heads, ["General"] * len(names), part)
        more, number = list(islice(rows, 1)), number + 1


def _values(rows: Iterable[Row], names: list[str], zone: str) -> Iterator[list[Any]]:
    for row in rows:
        yield [_value(name, getattr(row, name), zone) for name in names]


def _value(name: str, value: Any, zone: str) -> Any:
    """Return instants in the hall's time and durations in minutes, as a spreadsheet reckons."""
    if value is None:
        return None
    if name in INSTANTS:
        at: datetime = local(value, zone)
        return at.replace(tzinfo=None, microsecond=0)
    return round(value / MINUTE, 1) if name in DURATIONS else value
