"""The parts of a report's page: its main figures with their change, a sheet as a table that sorts, a file to be sent."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from nicegui import ui

from caller.reports.tables import EMPTY, ReportSheet, minutes, percent, shown_in
from caller.reports.trend import TrendPoint
from config.text_safety import for_page
from display.office.screen import OfficeScreen

PRINT = """
const frame = document.createElement('iframe');
frame.className = 'printed'; frame.title = %s;
frame.srcdoc = %s;
frame.onload = () => { frame.contentWindow.print(); };
document.querySelectorAll('iframe.printed').forEach(old => old.remove());
document.body.append(frame);
"""
SHOWN = "props.row['shown' + props.col.name]"
WHOLE = f"/^[!-~]{{1,14}}$/.test({SHOWN}) ? 'whole' : ''"  # a number or a date: never broken over lines


def main_figures(present: TrendPoint, before: TrendPoint | None) -> list[tuple[str, str, str, bool | None]]:
    """Return the main figures: the code of the name, the value, its change, and whether that is for the better."""
    rows: list[tuple[str, str, str, bool | None]] = []
    for code, read, less_is_better in (
        ("issued", lambda point: point.issued, None),
        ("calls", lambda point: point.calls, None),
        ("wait-mean", lambda point: minutes(point.wait_mean), True),
        ("wait-p90", lambda point: minutes(point.wait_p90), True),
        ("missed", lambda point: point.missed_share, True),
        ("good", lambda point: point.good_share, False),
        ("quoted", lambda point: point.within_share, False),
    ):  # type: ignore[misc]
        new, old = read(present), read(before) if before else None
        is_share = code in ("missed", "good", "quoted")
        value = EMPTY if new is None else (percent(new) or EMPTY) if is_share else str(new)
        change, is_good = "", None
        if new is not None and old is not None and new != old:
            change = (
                f"{(new - old) * 100:+.1f} %"
                if is_share
                else f"{new - old:+g}"
                if less_is_better is None
                else f"{new - old:+.1f}"
            )
            is_good = None if less_is_better is None else (new < old) is less_is_better
        rows.append((code, value, change, is_good))
    return rows


def sheet_table(sheet: ReportSheet, screen: OfficeScreen) -> None:
    """Draw a sheet as a table that sorts by its figures and shows them as people read them."""
    columns = [
        {
            "name": str(at), "field": str(at), "label": each.en if screen.lang == "en" else each.zh, "sortable": sheet.headed,
            "align": "left" if each.kind == "text" else "right",
        }
        for at, each in enumerate(sheet.headings)
    ]  # fmt: skip
    rows = [
        {"id": number}
        | {str(at): cell for at, cell in enumerate(row)}
        | {
            f"shown{at}": for_page(shown_in(cell, sheet.headings[at], screen.lang))
            for at, cell in enumerate(row)
        }
        for number, row in enumerate(sheet.rows)
    ]
    table = ui.table(
        columns=columns, rows=rows, row_key="id", pagination={"rowsPerPage": 50 if len(rows) > 50 else 0}
    )
    prose = " wrap-cells" if sum(each.kind == "text" for each in sheet.headings) > 1 else ""
    table.classes("rows sheet-table").props(
        f"flat dense{prose}" + ("" if len(rows) > 50 else " hide-pagination")
    )
    table.add_slot("body-cell", f'<q-td :props="props" :class="{WHOLE}">{{{{ {SHOWN} }}}}</q-td>')


def file_bytes(make: Callable[[Path], None], name: str) -> bytes:
    """Return the bytes of a file that `make` writes. Blocks. Raises what it raises."""
    with tempfile.TemporaryDirectory(prefix="hallcall-report-") as folder:
        path = Path(folder) / name
        make(path)
        return path.read_bytes()
