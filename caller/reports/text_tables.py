"""A report for a terminal: hanzi count two cells, Chinese headings above the English ones."""

import unicodedata

from caller.reports.sheets import Cell, Heading, ReportSheet, percent

EMPTY = "-"


def render(sheets: list[ReportSheet]) -> str:
    """All sheets, one below the other."""
    return "\n\n".join(_sheet(sheet) for sheet in sheets)


def _sheet(sheet: ReportSheet) -> str:
    headings = sheet.headings
    lines = [[heading.zh for heading in headings], [heading.en for heading in headings]]
    if headings[0].zh == "项目":
        lines = []
    lines += [
        [shown(cell, heading) for cell, heading in zip(row, headings, strict=True)] for row in sheet.rows
    ]
    widths = [max(width(line[column]) for line in lines) for column in range(len(headings))]
    table = ["  ".join(_padded(*each) for each in zip(line, widths, headings, strict=True)) for line in lines]
    return "\n".join([f"【{sheet.zh} {sheet.en}】", *(line.rstrip() for line in table)])


def shown(cell: Cell, heading: Heading) -> str:
    """A value as people read it."""
    if cell is None:
        return EMPTY
    if heading.kind == "share" and isinstance(cell, float):
        return percent(cell) or EMPTY
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def width(text: str) -> int:
    """In terminal cells."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, cells: int, heading: Heading) -> str:
    room = " " * (cells - width(text))
    return text + room if heading.kind == "text" else room + text
