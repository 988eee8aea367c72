"""How a hall, an area and a city stand, as parts of pages: figures of now, lights, and the panel of a hall on the wall of a
supervision room, read from across the room."""

from collections.abc import Callable

from caller.reports.city import AreaSum, HallLine, area_sheet, area_sum, joined_marks
from caller.reports.city_hall import HallDetail, labelled
from caller.reports.tables import Cell, ReportSheet, percent
from display.centre import markup
from display.centre.markup import figures, safe, table
from display.centre.words import CentreLang, wait_words

RowKey = Callable[[list[Cell]], float]
ROWS_OF_TWO, ROWS_OF_FOUR = 14, 6  # queues, and windows, of a panel as high as the wall, or as half of it
QUEUE_COLUMNS, WINDOW_COLUMNS = (0, 1, 2), (0, 1, 2, 3)


def numbers(lang: CentreLang, line: HallLine) -> str:
    """Return a hall's figures of now."""
    state = line.state
    return figures(
        lang,
        (
            ("waiting", str(state.waiting)), ("longest", wait_words(lang, line.longest)),
            ("windows-open", str(state.open_windows)), ("issued", str(line.today.issued)),
            ("served", str(line.today.served)), ("overdue", str(state.overdue)), ("warned", str(state.warned)),
            ("late", str(state.late)), ("out", f"{state.out}/{state.devices}"),
            ("good-30", percent(line.ratings.good_rate) or "-"),
        ),
    )  # fmt: skip


def city_figures(lang: CentreLang, lines: list[HallLine]) -> str:
    """Return the figures of some halls together."""
    total = area_sum("", "", lines)
    pairs = [
        ("count-halls", str(total.halls)), ("waiting", str(total.waiting)), ("longest", wait_words(lang, total.longest)),
        ("windows-open", str(total.open_windows)), ("issued", str(total.issued)), ("served", str(total.served)),
        ("overdue", str(total.overdue)), ("late", str(total.late)), ("out", str(total.out)),
        ("good-30", percent(total.good_rate) or "-"),
    ]  # fmt: skip
    return figures(lang, pairs)


def areas_table(lang: CentreLang, areas: list[AreaSum]) -> str:
    """Return areas side by side, each leading to its halls."""
    sheet = area_sheet(areas)
    return table(
        lang, sheet, title=False,
        decorate=lambda number, at, words: f'<a href="{markup.href("/", {"area": areas[number].code})}">{words}</a>' if at == 0 else words,
    )  # fmt: skip


def hall_state(lang: CentreLang, line: HallLine, zone: str) -> str:
    """Return how one hall stands: light, marks, from when that is, figures."""
    words = joined_marks(line, lang)
    return (
        f'<p class="state">{markup.light_word(lang, line.light, words)}</p>{markup.as_of(lang, line, zone)}'
        + numbers(lang, line)
    )


def panel(lang: CentreLang, line: HallLine, detail: HallDetail, zone: str, count: int) -> str:
    """Return one hall's part of the wall; of its queues and windows `count` that need a look, the longest first."""
    words = joined_marks(line, lang)
    queues = labelled(_first(detail.queues, count, lambda row: -_number(row[2])), detail.names)
    windows = labelled(_first(detail.windows, count, lambda row: -_number(row[3])), detail.names)
    return (
        f'<section class="panel {line.light}"><header><h2><a href="/site/{safe(line.hall.site)}">{safe(line.name)}</a></h2>'
        f"{markup.light_word(lang, line.light, words)}</header>{markup.as_of(lang, line, zone)}{numbers(lang, line)}"
        f'<div class="two">{table(lang, queues, columns=QUEUE_COLUMNS, empty="nobody")}'
        f"{table(lang, windows, columns=WINDOW_COLUMNS, empty='no-windows')}</div></section>"
    )


def _first(sheet: ReportSheet, count: int, key: RowKey) -> ReportSheet:
    return sheet._replace(rows=sorted(sheet.rows, key=key)[:count])


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0
