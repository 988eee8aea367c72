"""Tables for a terminal: columns that stand under each other also in hanzi, which take two cells.

Drawn by rich as plain text, without colours or borders, so that a table can be piped, pasted and compared. Every cell
goes through `for_terminal` here; no command needs to think of it.
"""

from collections.abc import Sequence
from typing import Literal

from config.text_safety import for_terminal

ColumnAlign = Literal["left", "right"]
GAP = "  "  # between two columns
LEFT_OUT = ".."  # one cell a dot in every font, unlike an ellipsis
WIDE = 10_000  # cells; a table is never folded, the terminal may scroll


def text_table(rows: Sequence[Sequence[str]], align: Sequence[ColumnAlign]) -> list[str]:
    """Return one line a row; `align` says for each column where its text stands. Headings are rows like others."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, len(GAP), 0, 0))
    for justify in align:
        table.add_column(justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(for_terminal(cell)) for cell in row))
    drawn = StringIO()
    Console(file=drawn, width=WIDE, color_system=None, legacy_windows=False).print(table)
    return [line.rstrip() for line in drawn.getvalue().splitlines()]


def folded(line: str, cells: int = 0) -> str:
    """Return a line folded between its words, its indent kept, where it is longer than a terminal's `cells`; 0: those of the
    terminal that is written to. What goes elsewhere stays whole."""
    import shutil
    import sys

    from rich.console import Console
    from rich.text import Text

    room = cells or (shutil.get_terminal_size().columns if sys.stdout.isatty() else 0)
    if not room or cell_width(line) <= room:
        return line
    indent = line[: len(line) - len(line.lstrip())] or GAP
    width = max(room - len(indent), 1)
    parts = Text(line.strip()).wrap(Console(width=width, legacy_windows=False), width)
    first = indent if line[:1] == " " else ""
    return "\n".join(f"{indent if place else first}{part.plain.rstrip()}" for place, part in enumerate(parts))


def columns_of(headings: int, *left: int) -> list[ColumnAlign]:
    """Return the alignment of so many columns: to the left those named, the first if none is; the others right."""
    return ["left" if index in (left or (0,)) else "right" for index in range(headings)]


def cell_width(text: str) -> int:
    """Return how many cells a terminal takes for a text."""
    from rich.cells import cell_len

    return cell_len(text)


def shortened(text: str, cells: int) -> str:
    """Return `text` in at most `cells` terminal cells, with its middle left out where it is longer.

    Names of one hall are alike in their beginning and differ in their end (企业登记窗口一, 企业登记窗口二).
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= cells:
        return text
    room = cells - len(LEFT_OUT)
    if room < 2:
        return set_cell_size(text, max(cells, 0))
    head = set_cell_size(text, room - room // 2).rstrip()
    tail = ""
    for char in reversed(text):
        if cell_len(char + tail) > room // 2:
            break
        tail = char + tail
    return head + LEFT_OUT + tail
