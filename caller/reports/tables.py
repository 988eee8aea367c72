"""What a report's sheets are made of: headings, cells, charts over columns, and how a value is written for people. Pure.

A chart is a view of columns of its sheet and holds no figure of its own, so that a page, a spreadsheet and a paper that
draw it in their own ways cannot differ from the table.
"""

import csv
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple, Self, TextIO

from config.catalogue import both
from config.instants import Micros, Seconds, local
from config.money import yuan
from config.text_safety import for_sheet, is_formula

CellKind = Literal["text", "count", "number", "minutes", "share", "time", "money"]  # money: whole fen
ChartKind = Literal["bar", "stacked", "line", "heat"]
Cell = str | int | float | None
EMPTY = "-"  # a cell without a value
CHART_ROWS_MAX = 62  # more cannot be told apart


class BothWords(str):
    """A cell's words in Chinese and English. It is both, one after the other, in files and on paper; a page asks
    `shown_in` for the one that it is in."""

    __slots__ = ("en", "zh")
    zh: str
    en: str

    def __new__(cls, zh: str, en: str, whole: str = "") -> Self:
        """`whole`: how both stand together, where that is not one after the other."""
        made = super().__new__(cls, whole or (zh if zh == en else f"{zh} {en}"))
        made.zh, made.en = zh, en
        return made


def code_words(kind: str, code: str) -> BothWords:
    """Return a code's words as a cell."""
    return BothWords(*both(kind, code))


def under(head: BothWords, words: BothWords) -> BothWords:
    """Return words under a heading of theirs, in one cell."""
    return BothWords(f"{head.zh}：{words.zh}", f"{head.en}: {words.en}", f"{head}：{words}")


class Heading(NamedTuple):
    """The heading of a column, and how its values are written."""

    zh: str
    en: str
    kind: CellKind = "count"


class SheetChart(NamedTuple):
    """A chart of a sheet: its rows along the axis, the named columns as series. A heat map has every column."""

    zh: str
    en: str
    kind: ChartKind
    columns: tuple[int, ...] = ()  # places in the headings; the first heading, 0, holds the labels


class ReportSheet(NamedTuple):
    """One subject. `headed`: its columns need their headings; a list of names and values does not."""

    zh: str
    en: str
    headings: list[Heading]
    rows: list[list[Cell]]
    headed: bool = True
    charts: tuple[SheetChart, ...] = ()

    @property
    def title(self) -> str:
        """Its name in both languages."""
        return f"{self.zh} {self.en}"

    def drawn(self) -> tuple[SheetChart, ...]:
        """Return the charts that can be read: not of too many rows, and not of one point."""
        if len(self.rows) > CHART_ROWS_MAX:
            return ()
        return tuple(each for each in self.charts if each.kind != "line" or len(self.rows) > 1)


NONE = BothWords("（无）", "(none)")  # what has no id


def as_counted(id: str) -> tuple[str, int, str]:
    """Return the key by which ids stand in the order in which people count them: 2 before 10, clerk-2 before clerk-10."""
    digits = len(id) - len(id.rstrip("0123456789"))
    head, number = (id[:-digits], id[-digits:]) if digits else (id, "")
    return head, int(number or 0), id


def label_of(names: Mapping[str, str]) -> Callable[[str], str]:
    """Return what labels an id: the id with its name, where one is known."""
    return lambda id: f"{id} {names[id]}" if id in names else id or NONE


def minutes(duration: Seconds | None) -> float | None:
    """Return seconds as minutes, to a tenth."""
    return None if duration is None else round(duration / 60, 1)


def percent(value: float | None) -> str | None:
    """Return a share, 0 to 1, as per cent."""
    return None if value is None else f"{value:.1%}"


def moment(at: Micros, zone: str) -> str:
    """Return an instant in the hall's zone, to the second."""
    return local(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def clock(at: Micros | None, zone: str) -> str | None:
    """Return the time of day of an instant in the hall's zone."""
    return None if at is None else local(at, zone).strftime("%H:%M")


def shown(cell: Cell, heading: Heading) -> str:
    """Return a value as people read it."""
    if cell is None:
        return EMPTY
    if heading.kind == "share" and isinstance(cell, float):
        return percent(cell) or EMPTY
    if heading.kind == "money" and isinstance(cell, int):
        return yuan(cell)
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def shown_in(cell: Cell, heading: Heading, lang: Literal["zh", "en"]) -> str:
    """Return a value as people read it on a page in one language."""
    return getattr(cell, lang) if isinstance(cell, BothWords) else shown(cell, heading)


def shown_rows(sheet: ReportSheet) -> list[list[str]]:
    """Return all values of a sheet as people read them."""
    return [
        [shown(cell, heading) for cell, heading in zip(row, sheet.headings, strict=True)]
        for row in sheet.rows
    ]


def csv_cell(value: object) -> str:
    """Return a value for a CSV: none that a spreadsheet takes for a formula."""
    text = "" if value is None else for_sheet(str(value))
    return "'" + text if is_formula(text) or text[:1] in ("\t", "\r") else text


def put_csv_rows(target: TextIO, head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write rows as CSV under their head. Numbers stay numbers, a number below nothing too."""
    writer = csv.writer(target)
    writer.writerow(map(csv_cell, head))
    writer.writerows(
        [each if isinstance(each, int | float) else csv_cell(each) for each in row] for row in rows
    )


def put_sheet_csv(target: TextIO, sheet: ReportSheet) -> None:
    """Write a sheet as CSV, its values unrounded and its headings in both languages."""
    put_csv_rows(target, (f"{each.zh} {each.en}" for each in sheet.headings), sheet.rows)
