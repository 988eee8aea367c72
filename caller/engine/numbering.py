"""A number on a paper: kind, period, serial. The one mechanism that gives them, writes them and reads them. PURE.

`FORMS` is the table: for each kind, in which period its serials run, and how a number is written.

1. A number belongs to a series (of tickets: a queue). Its serial is the one after the highest given in that series in
   the period; the first is 1.
2. The event that gives a number holds its series, its serial and the number as written. What was given is folded from
   events alone, so that a number is never given twice in its period, whatever becomes of the settings.
3. Serials go on above a floor, where a witness saw a number that the log has lost (`HallState.number_floor`).
4. A number grows wider than its digits rather than ever repeat.
5. A range that is leased to a kiosk (`lease_terms`) is passed over, whatever becomes of it; a number of one moves no series.
6. A new period begins with 1: `DayOpened` clears the serials of the day; a year is the series itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from caller.engine.register import GivenSerial

if TYPE_CHECKING:
    from caller.engine.state import HallState

NumberKind = Literal["ticket", "follow-up", "case", "fee"]


class NumberForm(NamedTuple):
    """How the numbers of a kind run and read. `written` takes `series` and `serial`, the latter with its zeros."""

    period: Literal["day", "year"]
    written: str


FORMS: dict[NumberKind, NumberForm] = {
    "ticket": NumberForm("day", "{series}{serial}"),  # A042: the queue's letters, then the day's serial
    "follow-up": NumberForm("year", "F{series}-{serial}"),  # F2026-0007: its series is the year
    "case": NumberForm("year", "B{series}-{serial}"),  # B2026-000123
    "fee": NumberForm("year", "S{series}-{serial}"),  # S2026-000123: of a receipt
}
YEAR_DIGITS: dict[NumberKind, int] = {"follow-up": 4, "case": 6, "fee": 6}
Serials = dict[str, int]  # the highest serial given, by series


def next_serial(serials: Serials, series: str, floor: int = 0, leased: Sequence[tuple[int, int]] = ()) -> int:
    """Return the serial of the next number of a series, above the ranges `leased` (the lowest first) that it has reached."""
    serial = max(serials.get(series, 0), floor) + 1
    for first, last in leased:
        if first <= serial <= last:
            serial = last + 1
    return serial


def note(serials: Serials, series: str, serial: int) -> None:
    """Note that a serial was given; one that comes late (of an older log) takes none back."""
    serials[series] = max(serial, serials.get(series, 0))


def given(serials: Serials, series: str) -> int:
    """Return the highest serial given in a series; 0: none."""
    return serials.get(series, 0)


def written(kind: NumberKind, series: str, serial: int, digits: int) -> str:
    """Return a number as people see it."""
    return FORMS[kind].written.format(series=series, serial=str(serial).zfill(digits))


def next_of_year(hall: "HallState", kind: NumberKind, year: int) -> tuple[str, int, str]:
    """Return the series, the serial and the writing of the next number of a kind that begins anew each year."""
    series = f"{year}"
    row = hall.register.serials.get(f"{kind}/{series}")
    serial = next_serial({series: row.serial} if row else {}, series)
    return series, serial, written(kind, series, serial, YEAR_DIGITS[kind])


def note_of_year(hall: "HallState", kind: NumberKind, series: str, serial: int) -> None:
    """Note in the register that a serial was given."""
    hall.register.serials.put(f"{kind}/{series}", GivenSerial(serial))


def serial_in(number: str) -> int:
    """Return the serial in a number as people see it or key it in: "A042" and "42" hold 42; -1: it holds none."""
    digits = "".join(sign for sign in number if sign.isdecimal())
    return int(digits) if digits else -1
