"""Reports that are written into a folder by themselves: of each business day, week and month once it is over.

1. A day is due when it is closed. Ratings of its visits come until the next day, so it is written once more when a later
   day has opened; and when it was reopened and closed again.
2. A week or a month is due when a day after it has opened.
3. `NOTE` in the folder holds for which end each file was written. A file that was taken away stays away; who wants all
   of them anew deletes the note.
4. Beside each spreadsheet lies the paper of the same tables, where that is wanted: a PDF where this PC has a Chromium, else
   the page that a browser prints. One that cannot be made is logged, and keeps no spreadsheet back.
5. Only what is not older than `DAYS_BACK` is written: a folder given to a hall of ten years is not filled with ten years.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from caller.records import SqliteStore, readable_records
from caller.records.rows import DayRow
from caller.reports import workbook
from caller.reports.document import report_of
from caller.reports.office_report import office_sheets
from caller.reports.paper import as_paper
from caller.reports.period import read_period
from caller.reports.report_parts import department_of
from caller.reports.sheets import sheets
from caller.reports.spans import Span, span_of
from config import owner_only
from config.hall_names import StaffName, names_of
from config.process import print_view
from config.process.options import Unable
from config.process.print_view import PrintDocument
from config.settings import Settings
from config.text_safety import DECODE_ERRORS

NOTE = "written.json"
log = logging.getLogger("hallcall.reports")
DAYS_BACK = 400  # days: a year, and the month that began it


class DueReport(NamedTuple):
    """A report to be written: its days, and for which end."""

    span: str
    end: str


def due(days: Iterable[DayRow], written: Mapping[str, str]) -> list[DueReport]:
    """Return the reports that are due and have not been written for their present end, oldest first."""
    known = sorted(days, key=lambda day: day.day)
    if not known:
        return []
    newest = date.fromisoformat(known[-1].day)
    found: dict[str, str] = {}
    for day in known:
        at = date.fromisoformat(day.day)
        if day.closed is None or at < newest - timedelta(DAYS_BACK):
            continue
        found[day.day] = f"{day.closed}" if at == newest else f"{day.closed} later"
        for span in (span_of("{}-W{:02}".format(*at.isocalendar())), span_of(day.day[:7])):
            if span and span.last < newest:
                found[str(span)] = f"{day.closed}"
    return [DueReport(span, end) for span, end in found.items() if written.get(span) != end]


def write_due(
    data: Path, folder: Path, settings: Settings, staff: Iterable[StaffName] = (), *, papers: bool = False
) -> list[Path]:
    """Write all that is due into the folder as spreadsheets, and with `papers` to be printed; return what was written.

    Raises:
        RecordsError, LogError: the figures cannot be brought up to date.
        OSError: the folder cannot be written.
    """
    names, departments = names_of(settings, staff), department_of(settings)
    owner_only.make_folder(folder)
    made: list[Path] = []
    with readable_records(data) as records, SqliteStore(records) as store:
        for wanted in due(store.rows(DayRow), read_note(folder)):
            period = read_period(store, wanted.span)
            path = folder / f"{wanted.span}.xlsx"
            document = report_of(period, departments)
            more = office_sheets(store, document, settings, names)
            tables = sheets(document, period.days[0].zone, names, more)
            span = span_of(wanted.span)
            workbook.write(path, tables, _visits(store, span, period.days[0].zone))
            made.append(path)
            if papers:
                made += _paper(path, as_paper(tables, settings.hall.name, wanted.span), period.days[0].zone)
            _note(folder, wanted)
    return made


def _paper(beside: Path, paper: PrintDocument, zone: str) -> list[Path]:
    """Write a paper beside its spreadsheet; return the file, or none where it could not be made."""
    page = print_view.document(paper, time.time_ns() // 1000, zone)
    if print_view.chromium() is None:
        path = beside.with_suffix(".html")
        owner_only.write_whole(path, page.encode())
        return [path]
    try:
        print_view.write_pdf(page, path := beside.with_suffix(".pdf"))
    except Unable as error:
        log.warning("%s: %s", beside.name, error)
        return []
    return [path]


def _visits(store: SqliteStore, span: Span | None, zone: str) -> workbook.Visits | None:
    """Return the single visits to be listed: those of a day."""
    if span is None or span.kind != "day":
        return None
    return workbook.Visits(store, str(span), str(span), zone)


def read_note(folder: Path) -> dict[str, str]:
    """Return for which end each report was written; nothing where there is no note, or none that can be read."""
    try:
        return msgspec.json.decode((folder / NOTE).read_bytes(), type=dict[str, str])
    except (OSError, *DECODE_ERRORS):
        return {}


def _note(folder: Path, written: DueReport) -> None:
    """Note a report right after it was written: a kill in between writes it once more."""
    known = read_note(folder) | {written.span: written.end}
    owner_only.write_whole(folder / NOTE, msgspec.json.format(msgspec.json.encode(known)))
