"""The charts of a report as the spreadsheet's own: each over the cells of its sheet, all on one sheet to look through.

A heat map is not a kind of chart there: the cells of its sheet are coloured by their value.
"""

from collections.abc import Iterable
from typing import Any

from caller.reports.tables import ReportSheet, SheetChart
from config.text_safety import for_sheet

TITLE = "图表 Charts"
COLUMNS, COLUMN_STEP, ROW_STEP = 2, 11, 19  # how many charts stand beside each other, and their size in cells
WIDTH_CM, HEIGHT_CM = 18.5, 8.8
COLOURS = ("1F4E79", "E08A1E", "3A9A6B", "9B59B6", "C0392B")
LEVELS = ("1A7F4B", "7CC09A", "D9D9D9", "F0A35E", "B3261E")  # very satisfied … very dissatisfied
HEAT = ("F4F8FB", "08306B")


def draw(page: Any, sheets: Iterable[tuple[Any, ReportSheet]]) -> None:
    """Draw the charts of all sheets on a page; a heat map in its own sheet. Sheets are worksheets with their content."""
    from openpyxl.utils import get_column_letter

    number = 0
    for worksheet, sheet in sheets:
        for chart in sheet.drawn():
            if chart.kind == "heat":
                _heat(worksheet, sheet)
                continue
            row, column = divmod(number, COLUMNS)
            anchor = f"{get_column_letter(1 + column * COLUMN_STEP)}{1 + row * ROW_STEP}"
            page.add_chart(_chart(worksheet, sheet, chart), anchor)
            number += 1


def _chart(worksheet: Any, sheet: ReportSheet, chart: SheetChart) -> Any:
    from openpyxl.chart import BarChart, LineChart, Reference

    drawn: Any = LineChart() if chart.kind == "line" else BarChart()
    last = len(sheet.rows) + 1
    for at in chart.columns:
        drawn.add_data(Reference(worksheet, min_col=at + 1, min_row=1, max_row=last), titles_from_data=True)
    drawn.set_categories(Reference(worksheet, min_col=1, min_row=2, max_row=last))
    drawn.title = for_sheet(f"{sheet.zh}：{chart.zh} {chart.en}")
    drawn.width, drawn.height = WIDTH_CM, HEIGHT_CM
    drawn.legend.position = "b"
    drawn.x_axis.delete = drawn.y_axis.delete = False  # else newer programs hide both
    if sheet.headings[chart.columns[0]].kind == "share":
        drawn.y_axis.number_format, drawn.y_axis.scaling.max = "0%", 1
        drawn.y_axis.scaling.min = 0
    if chart.kind == "stacked":
        drawn.grouping, drawn.overlap = "stacked", 100
    _colour(drawn, chart)
    return drawn


def _colour(drawn: Any, chart: SheetChart) -> None:
    colours = LEVELS if chart.kind == "stacked" else COLOURS
    for place, series in enumerate(drawn.series):
        colour = colours[place % len(colours)]
        if chart.kind == "line":
            series.graphicalProperties.line.solidFill = colour
            series.graphicalProperties.line.width = 22_000
            series.smooth = False
        else:
            series.graphicalProperties.solidFill = colour


def _heat(worksheet: Any, sheet: ReportSheet) -> None:
    from openpyxl.formatting.rule import ColorScaleRule
    from openpyxl.utils import get_column_letter

    cells = f"B2:{get_column_letter(len(sheet.headings))}{len(sheet.rows) + 1}"
    rule: Any = ColorScaleRule(
        start_type="num", start_value=0, start_color=HEAT[0], end_type="max", end_color=HEAT[1]
    )
    worksheet.conditional_formatting.add(cells, rule)
