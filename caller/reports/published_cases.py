"""Published cases (办件公示): the results of agency cases, and what ran over, month by month, for anyone to look up.

1. A hall that wants it (`[cases] publish`) publishes of each case its number, item, department, dates and result: codes and
   names of the hall. No applicant, no agent and no clerk is in it, so nothing has to be deleted from it.
2. Agency cases stand under the month their result was given in, those not accepted too; what ran over under the month it
   ended in, and while it is open under none (`""`). The newest `MONTHS` months are shown, of each list `ROWS_MAX` rows.
3. It is read from records.db as far as that is folded, and kept for `KEPT`: a page that many open at once costs the hall
   one look. Where there are no records yet, nothing is published yet.
"""

import threading
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from caller.records import RECORDS_NAME, SqliteStore
from caller.records.performance_rows import CaseRow
from caller.records.store import Store
from config.instants import MINUTE, Micros, local
from config.settings import Settings

MONTHS = 3
ROWS_MAX = 200  # of a list; a phone shows no more
KEPT: Micros = 5 * MINUTE


class PublishedCase(NamedTuple):
    """A case as anyone may see it. Dates are the hall's, such as 2026-09-21; empty where there is none yet."""

    month: str
    number: str
    item: str
    item_en: str
    department: str
    department_en: str
    opened: str
    due: str
    ended: str
    state: str
    decision: str
    late: bool


class PublishedCases:
    """What a hall publishes of its cases."""

    def __init__(self, data: Path) -> None:
        self._records = data / RECORDS_NAME
        self._lock = threading.Lock()
        self._made: tuple[Micros, Settings, dict[str, Any]] | None = None

    def read(self, settings: Settings, now: Micros) -> dict[str, Any]:
        """Return the document behind `/cases.json`. Blocks.

        Raises:
            RecordsError: the records cannot be read.
        """
        if not settings.cases.publish:
            return document([], [])
        with self._lock:
            made = self._made
            if made is None or made[1] is not settings or not 0 <= now - made[0] < KEPT:
                made = self._made = now, settings, self._look(settings, now)
            return made[2]

    def _look(self, settings: Settings, now: Micros) -> dict[str, Any]:
        if not self._records.exists():
            return document([], [])
        with SqliteStore(self._records) as store:
            return published(store, settings, now)


def published(store: Store, settings: Settings, now: Micros) -> dict[str, Any]:
    """Return what is published now of the cases in these records."""
    months = [*_months(local(now, settings.hall.zone).date())]
    agency = [row for month in months for row in store.rows(CaseRow, ended_month=month, case_type="agency")]
    late = [row for month in ("", *months) for row in store.rows(CaseRow, ended_month=month, overdue=1)]
    return document(_newest(agency, settings), _newest(late, settings))


def document(agency: list[PublishedCase], overruns: list[PublishedCase]) -> dict[str, Any]:
    """Return the two lists as pages read them."""
    return {"agency": [each._asdict() for each in agency], "overruns": [each._asdict() for each in overruns]}


def _months(today: date) -> Iterator[str]:
    """Yield the months that are shown, the newest first."""
    day = today
    for _ in range(MONTHS):
        yield day.isoformat()[:7]
        day = day.replace(day=1) - timedelta(days=1)


def _newest(rows: Iterable[CaseRow], settings: Settings) -> list[PublishedCase]:
    """Return these cases for anyone: what is open first, then by the day it ended, the newest first."""
    items = {each.id: each for each in settings.items}
    departments = {each.id: each for each in settings.departments}
    found: list[PublishedCase] = []
    for row in sorted(rows, key=lambda each: (each.ended_day or "9", each.number), reverse=True)[:ROWS_MAX]:
        item, department = items.get(row.item), departments.get(row.department)
        due = local(row.due, settings.hall.zone).date().isoformat() if row.due else ""
        found.append(
            PublishedCase(
                row.ended_month, row.number, item.name if item else row.item, item.name_en if item else "",
                department.name if department else "", department.name_en if department else "", row.day, due,
                row.ended_day, row.state, row.decision, bool(row.overdue),
            )
        )  # fmt: skip
    return found
