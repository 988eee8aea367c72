"""A4 papers: one HTML print view for whatever the office prints, and its PDF by the Chromium that every kiosk has.

A paper is a title and tables. Its pages carry the hall and the title at the head, the time of printing and the page's
number at the foot; a table with many columns lies on its side. The document holds its own style and loads nothing, so
that it can be opened, sent and printed anywhere. Text goes through `for_html` here; no caller needs to think of it.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from config import owner_only
from config.instants import Micros, Seconds, local
from config.process.options import Unable
from config.text_safety import for_css, for_html, with_whole_dates

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PDF_SECONDS: Seconds = 120.0  # a year's report on an old PC takes ten
WIDE_COLUMNS = 9  # a table with more lies on its side
PAGE_RULES = """
@page {{ size: A4 portrait; margin: 17mm 13mm 16mm; {marks} }}
@page wide {{ size: A4 landscape; margin: 17mm 13mm 16mm; {marks} }}
"""
MARKS = (
    "@top-left {{ content: {hall}; {small} }} @top-right {{ content: {title}; {small} }} "
    "@bottom-left {{ content: {printed}; {small} }} "
    '@bottom-right {{ content: "{page} " counter(page) " / " counter(pages); {small} }}'
)
MARK_WORDS = {"": ("打印 printed", "第 page"), "zh": ("打印", "第"), "en": ("printed", "page")}
SMALL = 'font: 8pt "Noto Sans CJK SC", sans-serif; color: #444;'


class PrintColumn(NamedTuple):
    """A column's heading in both languages; text stands to the left, figures to the right."""

    zh: str
    en: str = ""
    is_text: bool = False


class PrintTable(NamedTuple):
    """One table of a paper. `headed`: its columns need their headings; a list of names and values does not. `drawings`:
    SVG elements made by the product, shown above the table; text in them has been through `for_html`."""

    title: str
    columns: Sequence[PrintColumn]
    rows: Sequence[Sequence[str]]
    headed: bool = True
    drawings: Sequence[str] = ()


class PrintDocument(NamedTuple):
    """A paper of the hall: what it is called, a line about it, and its tables."""

    hall: str
    title: str
    lead: str
    tables: Sequence[PrintTable]
    picture: str = ""  # an SVG that we drew ourselves; it is the one thing here that is not made safe
    caption: str = ""  # its lines stand under each other
    copies: Sequence[str] = ()  # what marks each copy; empty: one without a mark
    letter: bool = False  # a paper for a person: larger letters than a report's
    language: str = ""  # zh or en: that one alone; empty: both


def document(paper: PrintDocument, now: Micros, zone: str) -> str:
    """Return a paper, printed at `now` in the hall's zone, as one HTML document."""
    words, page = MARK_WORDS.get(paper.language, MARK_WORDS[""])
    printed = f"{words} {local(now, zone):%Y-%m-%d %H:%M}"
    marks = MARKS.format(
        hall=for_css(paper.hall), title=for_css(paper.title), printed=for_css(printed), page=page, small=SMALL
    )
    style = (files("config.process") / "print_view.css").read_text("utf-8") + PAGE_RULES.format(marks=marks)
    return "\n".join(
        (
            f'<!doctype html><html lang="{"en" if paper.language == "en" else "zh-CN"}"><head><meta charset="utf-8">',
            f"<title>{for_html(paper.title)} {for_html(paper.hall)}</title><style>{style}</style></head><body>",
            *(_copy(paper, mark) for mark in paper.copies or ("",)),
            "</body></html>\n",
        )
    )


def _copy(paper: PrintDocument, mark: str) -> str:
    """Return one copy of a paper; a second one begins on a page of its own."""
    marked = f'<p class="mark">{for_html(mark)}</p>' if mark else ""
    is_letter = paper.letter or bool(paper.picture)
    hall = f'<p class="hall">{for_html(paper.hall)}</p>' if is_letter else ""  # who issues it
    head = f'{hall}<h1>{for_html(paper.title)}</h1>{marked}<p class="lead">{for_html(paper.lead)}</p>'
    parts = (_figure(paper), head, *map(_section, paper.tables))
    kind = "copy letter" if is_letter else "copy"
    return "\n".join((f'<div class="{kind}">', *parts, "</div>"))


def _figure(paper: PrintDocument) -> str:
    if not paper.picture:
        return ""
    return f'<aside class="code">{paper.picture}<p>{_lines(paper.caption)}</p></aside>'


def _section(table: PrintTable) -> str:
    kind = "plain" if not table.headed else "wide" if len(table.columns) > WIDE_COLUMNS else "tall"
    head = "".join(map(_heading, table.columns)) if table.headed else ""
    body = "\n".join(
        "<tr>"
        + "".join(
            _cell(cell, column, table.headed or bool(at))
            for at, (cell, column) in enumerate(zip(row, table.columns, strict=True))
        )
        + "</tr>"
        for row in table.rows
    )
    title = f"<h2>{for_html(table.title)}</h2>" if table.title else ""
    drawings = "".join(f"<figure>{drawing}</figure>" for drawing in table.drawings)
    return (
        f'<section class="{kind}">{title}{drawings}<table>'
        f"{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table></section>"
    )


def _heading(column: PrintColumn) -> str:
    english = f"<small>{for_html(column.en)}</small>" if column.en and column.en != column.zh else ""
    return f'<th{_side(column)} scope="col">{for_html(column.zh)}{english}</th>'


def _cell(text: str, column: PrintColumn, is_value: bool) -> str:
    lines = with_whole_dates(_lines(text))
    return f"<td{_side(column)}>{lines}</td>" if is_value else f'<th scope="row">{lines}</th>'


def _lines(text: str) -> str:
    """Return a text whose lines stand under each other."""
    return "<br>".join(map(for_html, text.splitlines()))


def _side(column: PrintColumn) -> str:
    return ' class="text"' if column.is_text else ""


# --- PDF


def chromium() -> str | None:
    """Return the path of this PC's Chromium; None where there is none."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


def write_pdf(page: str, path: Path) -> None:
    """Print an HTML document into a PDF that only its owner can read; an existing file is replaced when it is whole.

    Raises:
        Unable: this PC has no Chromium, or it made no PDF; with the next step.
        OSError: the file cannot be written.
    """
    program = chromium()
    if program is None:
        raise Unable(
            "本机没有 Chromium，不能生成 PDF。请运行 sudo apt install chromium，或用 --html 写成网页后在浏览器中打印\n"
            "This PC has no Chromium to make a PDF. Run: sudo apt install chromium; or write --html and print it in a browser"
        )
    # Chromium's helpers may still write into its profile when it has ended: what is left then is the system's to clear.
    with TemporaryDirectory(prefix="hallcall-print-", ignore_cleanup_errors=True) as folder:
        source, made = Path(folder) / "paper.html", Path(folder) / "paper.pdf"
        source.write_text(page, encoding="utf-8")
        detail = _printed(program, folder, source, made)
        if not made.exists():
            raise Unable(
                f"Chromium 没有生成 PDF：{detail}。请改用 --html，在浏览器中打印\n"
                f"Chromium made no PDF: {detail}. Use --html and print it in a browser"
            )
        owner_only.write_whole(path, made.read_bytes())


def _printed(program: str, folder: str, source: Path, made: Path) -> str:
    """Run Chromium; return the last line of what it complains of."""
    command = [
        program, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
        f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}", source.as_uri(),
    ]  # fmt: skip
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium starts as root in no other way
    try:
        ended = subprocess.run(
            command, capture_output=True, timeout=PDF_SECONDS, check=False, text=True, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (ended.stderr.strip().splitlines() or [f"exit {ended.returncode}"])[-1]
