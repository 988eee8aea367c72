"""The charts of a report's sheets as ECharts options: the library that the office's pages bring along. Pure.

The figures are the cells of the sheet, as in the spreadsheet and on paper; here they only get axes and colours.
"""

from typing import Any

from caller.reports.paper import COLOURS, HEAT, LEVELS
from caller.reports.tables import Cell, ReportSheet, SheetChart, shown, shown_in
from display.office.words import OfficeLang

INK, LINE = "#16243a", "#d8cdb6"
FONT = '"Noto Sans CJK SC", "Microsoft YaHei", sans-serif'
DASHES = ("solid", "dashed", "dotted", [9, 3, 2, 3])
LABEL_CHARS = {4: 28, 10: 14}  # of a label, with at most so many of them
LABEL_CHARS_LEAST = 8


def options(sheet: ReportSheet, chart: SheetChart, lang: OfficeLang) -> dict[str, Any]:
    """Return the options of a chart."""
    drawn = _heat(sheet, lang) if chart.kind == "heat" else _axes(sheet, chart, lang)
    title = chart.en[:1].upper() + chart.en[1:] if lang == "en" else chart.zh
    return {
        "animation": False,
        "textStyle": {"fontFamily": FONT, "color": INK},
        "title": {"text": title, "left": 0, "top": 0, "textStyle": {"fontSize": 15, "color": INK}},
        "aria": {"enabled": True, "label": {"description": description(sheet, chart, lang)}},
        **drawn,
    }


def description(sheet: ReportSheet, chart: SheetChart, lang: OfficeLang) -> str:
    """Return what a chart shows, for those who cannot see it; the figures are in the table below it."""
    title = f"{sheet.en}: {chart.en}" if lang == "en" else f"{sheet.zh}：{chart.zh}"
    return f"{title} ({len(sheet.rows)})"


def _labels(sheet: ReportSheet, lang: OfficeLang) -> list[str]:
    most = next((signs for rows, signs in LABEL_CHARS.items() if len(sheet.rows) <= rows), LABEL_CHARS_LEAST)
    labels = [shown_in(row[0], sheet.headings[0], lang) for row in sheet.rows]
    return [text if len(text) <= most or text[:4].isdigit() else text[: most - 1] + "…" for text in labels]


def _axes(sheet: ReportSheet, chart: SheetChart, lang: OfficeLang) -> dict[str, Any]:
    is_share = sheet.headings[chart.columns[0]].kind == "share"
    colours = LEVELS if chart.kind == "stacked" else COLOURS
    series = [_series(sheet, chart, place, lang) for place in range(len(chart.columns))]
    return {
        "color": list(colours),
        "grid": {"left": 26, "right": 16, "top": 44, "bottom": 30 if len(series) > 1 else 8, "containLabel": True},
        "legend": {"show": len(series) > 1, "bottom": 0},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "category", "data": _labels(sheet, lang),
            "axisLabel": {"rotate": 30 if len(sheet.rows) > 6 else 0, "color": INK},
        },
        "yAxis": {
            "type": "value", "min": 0, **({"max": 100} if is_share else {}), "splitLine": {"lineStyle": {"color": LINE}},
            "axisLabel": {"formatter": "{value}%" if is_share else "{value}", "color": INK},
        },
        "series": series,
    }  # fmt: skip


def _series(sheet: ReportSheet, chart: SheetChart, place: int, lang: OfficeLang) -> dict[str, Any]:
    at = chart.columns[place]
    heading = sheet.headings[at]
    made: dict[str, Any] = {
        "name": heading.en if lang == "en" else heading.zh,
        "type": "line" if chart.kind == "line" else "bar",
        "data": [_value(row[at], heading.kind == "share") for row in sheet.rows],
    }
    if chart.kind == "line":
        made |= {"lineStyle": {"width": 2, "type": DASHES[place % len(DASHES)]}, "symbolSize": 6}
    if chart.kind == "stacked":
        made["stack"] = "all"
    return made


def _value(cell: Cell, is_share: bool) -> float | None:
    if not isinstance(cell, int | float):
        return None
    return round(cell * 100, 1) if is_share else cell


def _heat(sheet: ReportSheet, lang: OfficeLang) -> dict[str, Any]:
    filled = [
        (line, column, cell)
        for line, row in enumerate(sheet.rows)
        for column, cell in enumerate(row[1:])
        if isinstance(cell, int | float)
    ]
    most = max((cell for _, _, cell in filled), default=1) or 1
    cells: list[dict[str, Any]] = [
        {
            "value": [column, line, cell],
            "label": {
                "formatter": shown(cell, sheet.headings[column + 1]),
                "color": "#ffffff" if cell > most / 2 else INK,
            },
        }
        for line, column, cell in filled
    ]
    days = [str(row[0]).split()[-1 if lang == "en" else 0] for row in sheet.rows]
    return {
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 8, "containLabel": True},
        "tooltip": {},
        "xAxis": {"type": "category", "data": [each.zh for each in sheet.headings[1:]], "axisLabel": {"color": INK}},
        "yAxis": {"type": "category", "data": days, "inverse": True, "axisLabel": {"color": INK}},
        "visualMap": {"show": False, "min": 0, "max": most, "inRange": {"color": list(HEAT)}},
        "series": [{"type": "heatmap", "data": cells, "label": {"show": True}}],
    }  # fmt: skip
