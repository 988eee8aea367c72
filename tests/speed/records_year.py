"""Test instrument: a records.db of a large hall's year, made in seconds: some real days folded from a log, then copied.

A copy differs from its original in its day, in the keys made of the log's seq, and in nothing else: so each day has the
roll-ups that its own rows give, and the figures of the year are known from those of the originals.
"""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

from caller.records import RECORDS_NAME, bring_up_to_date
from caller.records.columns import columns
from caller.records.rows import TABLES
from tests.instruments.large_records import FIRST_DAY, write_days

ORIGINALS, DAYS, VISITS = 5, 250, 3_000
SEQ_STEP = 10_000_000  # more events than the originals have
SEQS = frozenset({"seq", "visit"})


def make_year(data: Path) -> int:
    """Make the records of a year of working days in a data folder; return how many visits they have.

    The log beside them holds the original days only, so that nothing is folded anew: the place stays at its end.
    """
    write_days(data, ORIGINALS, VISITS)
    bring_up_to_date(data)
    with sqlite3.connect(data / RECORDS_NAME, isolation_level=None) as records:
        records.execute("pragma synchronous=off")
        records.execute("begin")
        originals = [(FIRST_DAY + timedelta(days=number)).isoformat() for number in range(ORIGINALS)]
        working = _working_days(FIRST_DAY + timedelta(days=ORIGINALS), DAYS - ORIGINALS)
        for number, day in enumerate(working, 1):
            _copy(records, originals[number % ORIGINALS], day.isoformat(), number * SEQ_STEP)
        records.execute("commit")
        count = records.execute("select count(*) from tickets").fetchone()[0]
    records.close()
    return count


def _working_days(first: date, count: int) -> list[date]:
    days = (first + timedelta(days=number) for number in range(2 * count))
    return [day for day in days if day.isoweekday() <= 5][:count]


def _copy(records: sqlite3.Connection, original: str, day: str, shift: int) -> None:
    """Copy every row of a day to another. A device's state that outlasts its day stays where it was."""
    for table in TABLES:
        names = [column.name for column in columns(table)]
        if "day" not in names or table.table == "devices":
            continue
        values = [
            f"{name} + {shift}" if name in SEQS else "?" if name == "day" else f'"{name}"' for name in names
        ]
        records.execute(
            f"insert into {table.table} select {', '.join(values)} from {table.table} where day = ?",
            (day, original),
        )
