"""A report's sheets for paper and for a terminal; charts for paper are drawn as SVG, and need no program and no font. Pure.

A drawing takes its figures from the cells of its sheet: bars and lines over a common axis from nought, a heat map as
cells whose shade goes with the value. Shades and dashes differ in lightness, so that a grey print can be read.
"""

from collections.abc import Sequence
from math import floor, log10

from caller.reports.tables import Cell, Heading, ReportSheet, SheetChart, shown, shown_rows
from config.process.print_view import PrintColumn, PrintDocument, PrintTable
from config.process.tables import text_table
from config.text_safety import for_html

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 700, 246, 56, 62, 34  # of a drawing, in its own units
COLOURS = ("#1f4e79", "#e08a1e", "#3a9a6b", "#9b59b6", "#c0392b")
DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 4")
LEVELS = ("#1a7f4b", "#7cc09a", "#d9d9d9", "#f0a35e", "#b3261e")  # very satisfied … very dissatisfied
HEAT = ("#f4f8fb", "#08306b")  # of nothing, of the most
LABELS_MAX = 16  # along the axis; of more, each second, third ...
LABEL_CHARS = 12


def as_paper(tables: Sequence[ReportSheet], hall: str, days: str) -> PrintDocument:
    """Return all sheets as one A4 paper of the hall, about the days that are named."""
    return PrintDocument(hall, "大厅报表 Report", days, [_printed(table) for table in tables])


def _printed(sheet: ReportSheet) -> PrintTable:
    columns = [PrintColumn(each.zh, each.en, each.kind == "text") for each in sheet.headings]
    drawings = [svg(sheet, chart) for chart in sheet.drawn()]
    return PrintTable(sheet.title, columns, shown_rows(sheet), sheet.headed, drawings)


def as_text(tables: Sequence[ReportSheet]) -> str:
    """Return all sheets for a terminal, one below the other; Chinese headings above the English ones."""
    return "\n\n".join(_text_of(table) for table in tables)


def _text_of(sheet: ReportSheet) -> str:
    headings = sheet.headings
    rows = shown_rows(sheet)
    if sheet.headed:
        rows = [[each.zh for each in headings], [each.en for each in headings], *rows]
    table = text_table(rows, ["left" if each.kind == "text" else "right" for each in headings])
    return "\n".join([f"【{sheet.title}】", *table])


# --- drawings


def svg(sheet: ReportSheet, chart: SheetChart) -> str:
    """Return a chart as an SVG element."""
    drawn = _heat(sheet) if chart.kind == "heat" else _axes(sheet, chart)
    height = TOP + 24 * (len(sheet.rows) + 1) if chart.kind == "heat" else HEIGHT
    title = f"{chart.zh} {chart.en}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{for_html(title)}">'
        f'<text x="0" y="13" class="name">{for_html(title)}</text>{"".join(drawn)}</svg>'
    )


def top_of(values: Sequence[float]) -> float:
    """Return the end of an axis: the least of 1, 2, 5 times a power of ten that no value exceeds."""
    most = max(values, default=0.0)
    if most <= 0:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def _number(cell: Cell) -> float | None:
    return float(cell) if isinstance(cell, int | float) else None


def _axes(sheet: ReportSheet, chart: SheetChart) -> list[str]:
    columns = [[_number(row[at]) for row in sheet.rows] for at in chart.columns]
    known = [[each for each in column if each is not None] for column in columns]
    sums = [sum(each or 0.0 for each in row) for row in zip(*columns, strict=True)]
    top = top_of(sums if chart.kind == "stacked" else [each for column in known for each in column])
    heading = sheet.headings[chart.columns[0]]
    if heading.kind == "share":
        top = 1.0
    parts = _grid(top, heading) + _labels(sheet)
    draw = {"bar": _bars, "stacked": _stack, "line": _lines}[chart.kind]
    parts += draw(columns, top)
    return parts + _legend([sheet.headings[at] for at in chart.columns], chart)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top, 1)


def _x(place: float, places: int) -> float:
    return round(LEFT + (WIDTH - LEFT) * place / max(places, 1), 1)


def _grid(top: float, heading: Heading) -> list[str]:
    parts: list[str] = []
    for step in range(5):
        value = top * step / 4
        y = _y(value, top)
        words = f"{value:.0%}" if heading.kind == "share" else f"{value:g}"
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y}" y2="{y}" class="grid"/>'
            f'<text x="{LEFT - 5}" y="{y + 3}" class="end">{words}</text>'
        )
    return parts


def _labels(sheet: ReportSheet) -> list[str]:
    each = -(-len(sheet.rows) // LABELS_MAX)
    parts: list[str] = []
    for place, row in enumerate(sheet.rows):
        if place % each == 0:
            text = str(row[0])
            text = text if len(text) <= LABEL_CHARS else text[: LABEL_CHARS - 1] + "…"
            x, y = _x(place + 0.5, len(sheet.rows)), HEIGHT - BOTTOM + 12
            parts.append(
                f'<text x="{x}" y="{y}" class="end" transform="rotate(-28 {x} {y})">{for_html(text)}</text>'
            )
    return parts


def _bars(columns: Sequence[Sequence[float | None]], top: float) -> list[str]:
    parts: list[str] = []
    places = len(columns[0])
    width = (WIDTH - LEFT) / max(places, 1) * 0.72 / len(columns)
    for series, column in enumerate(columns):
        for place, value in enumerate(column):
            if value is not None:
                x = _x(place + 0.14, places) + series * width
                parts.append(_bar(x, width, 0.0, value, top, COLOURS[series % len(COLOURS)]))
    return parts


def _bar(x: float, width: float, start: float, end: float, top: float, colour: str) -> str:
    low, high = _y(start, top), _y(min(end, top), top)
    return f'<rect x="{x:.1f}" y="{high}" width="{width:.1f}" height="{low - high:.1f}" fill="{colour}"/>'


def _stack(columns: Sequence[Sequence[float | None]], top: float) -> list[str]:
    parts: list[str] = []
    places = len(columns[0])
    width = (WIDTH - LEFT) / max(places, 1) * 0.6
    for place in range(places):
        start = 0.0
        for series, column in enumerate(columns):
            value = column[place] or 0.0
            parts.append(
                _bar(_x(place + 0.2, places), width, start, start + value, top, LEVELS[series % len(LEVELS)])
            )
            start += value
    return parts


def _lines(columns: Sequence[Sequence[float | None]], top: float) -> list[str]:
    """Draw each series as lines between neighbours that have a value; a day without one leaves a gap."""
    parts: list[str] = []
    for series, column in enumerate(columns):
        path, is_down = "", False
        for place, value in enumerate(column):
            if value is None:
                is_down = False
                continue
            x, y = _x(place + 0.5, len(column)), _y(value, top)
            path += f"{'L' if is_down else 'M'}{x} {y}"
            is_down = True
            parts.append(f'<circle cx="{x}" cy="{y}" r="2" fill="{COLOURS[series % len(COLOURS)]}"/>')
        dash = f' stroke-dasharray="{DASHES[series % len(DASHES)]}"' if series else ""
        parts.append(
            f'<path d="{path}" fill="none" stroke-width="1.8" stroke="{COLOURS[series % len(COLOURS)]}"{dash}/>'
        )
    return parts


def _legend(headings: Sequence[Heading], chart: SheetChart) -> list[str]:
    if len(headings) == 1:
        return []
    colours = LEVELS if chart.kind == "stacked" else COLOURS
    parts: list[str] = []
    x = WIDTH - 118 * len(headings)
    for place, heading in enumerate(headings):
        parts.append(
            f'<rect x="{x + 118 * place}" y="18" width="10" height="10" fill="{colours[place % len(colours)]}"/>'
            f'<text x="{x + 118 * place + 14}" y="27">{for_html(f"{heading.zh} {heading.en}"[:20])}</text>'
        )
    return parts


def _heat(sheet: ReportSheet) -> list[str]:
    hours = len(sheet.headings) - 1
    most = max((_number(cell) or 0.0 for row in sheet.rows for cell in row[1:]), default=0.0) or 1.0
    width = (WIDTH - LEFT) / max(hours, 1)
    parts = [
        f'<text x="{LEFT + width * (place + 0.5):.1f}" y="{TOP + 10}" class="mid">{for_html(heading.zh)}</text>'
        for place, heading in enumerate(sheet.headings[1:])
    ]
    for line, row in enumerate(sheet.rows):
        y = TOP + 18 + 24 * line
        parts.append(f'<text x="{LEFT - 6}" y="{y + 16}" class="end">{for_html(str(row[0]))}</text>')
        for place, cell in enumerate(row[1:]):
            value = _number(cell)
            if value is None:
                continue
            part = value / most
            x = LEFT + width * place
            ink = "#fff" if part > 0.5 else "#111"
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width - 2:.1f}" height="22" fill="{shade(part)}"/>'
                f'<text x="{x + width / 2 - 1:.1f}" y="{y + 15}" class="mid" fill="{ink}">'
                f"{shown(cell, sheet.headings[place + 1])}</text>"
            )
    return parts


def shade(part: float) -> str:
    """Return the colour of a part of the most, 0 to 1."""
    low, high = ([int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in HEAT)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(low, high, strict=True))
