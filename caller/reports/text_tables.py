"""A report for a terminal: one table a sheet, Chinese headings above the English ones."""

from caller.reports.sheets import Cell, Heading, ReportSheet, percent
from config.process.tables import text_table

EMPTY = "-"


def render(sheets: list[ReportSheet]) -> str:
    """Return all sheets, one below the other."""
    return "\n\n".join(_sheet(sheet) for sheet in sheets)


def _sheet(sheet: ReportSheet) -> str:
    headings = sheet.headings
    rows = [[shown(cell, heading) for cell, heading in zip(row, headings, strict=True)] for row in sheet.rows]
    if sheet.headed:
        rows = [[each.zh for each in headings], [each.en for each in headings], *rows]
    table = text_table(rows, ["left" if each.kind == "text" else "right" for each in headings])
    return "\n".join([f"【{sheet.zh} {sheet.en}】", *table])


def shown(cell: Cell, heading: Heading) -> str:
    """Return a value as people read it."""
    if cell is None:
        return EMPTY
    if heading.kind == "share" and isinstance(cell, float):
        return percent(cell) or EMPTY
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)
