"""All figures of a span as one document: what JSON prints, and what every table, chart, sheet and page shows. Pure."""

import sys
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from caller.records.contributions import (
    APPOINTMENT,
    BAD_REASON,
    CASE_RATING,
    ENTRUSTED,
    OUTCOME,
    PAUSE,
    PAUSED,
    PICK,
    RECTIFICATION,
    REPRINTS,
    SENT_TO,
    SLIP,
    TICKETS,
    TOLD_AGAIN,
    TOLD_ONCE,
)
from caller.records.rollups import RollupRow, sum_of
from caller.reports.fee_sheet import Fees, fees_of
from caller.reports.figures import (
    DeviceFigures,
    Estimate,
    FigureRow,
    Ratings,
    WindowFigures,
    device_of,
    estimate_of,
    figures_of,
    ratings_of,
    seconds,
    share,
    window_figures,
)
from caller.reports.period import Period
from caller.reports.trend import Comparison, Load, TrendPoint, comparison, loads, points
from config.instants import Micros, Seconds

SLIP_STATES = ("printed", "failed", "unknown")


class Pauses(Struct):
    """The pauses of windows that ended, for one reason."""

    pauses: int
    paused: Seconds


class PapersFigures(Struct):
    """How often papers were asked for: all at once, and again later, which the rule of one telling forbids."""

    at_once: int
    again: int
    share: float | None  # at once, of all


class Report(Struct):
    """One document: what `hallcall report --json` prints."""

    site: str
    days: list[dict[str, Any]]
    until: Micros
    seq: int
    total: FigureRow
    queues: dict[str, FigureRow]
    items: dict[str, FigureRow]
    classes: dict[str, FigureRow]
    hours: dict[str, FigureRow]
    windows: dict[str, WindowFigures]
    clerks: dict[str, WindowFigures]
    outcomes: dict[str, int]
    ratings: Ratings
    estimate: Estimate
    appointments: dict[str, int]
    entrusted: int  # of the tickets issued, those an agent took for a client (代办笔数)
    slips: dict[str, int]
    devices: dict[str, DeviceFigures]
    span: str  # the days, as `caller.reports.spans` writes them
    part: str  # what the trend and the comparison are about: "hall", "queue:A", ...
    departments: dict[str, FigureRow]  # each the items it has now
    estimates: dict[str, Estimate]  # by queue
    bad_reasons: dict[str, int]  # of bad ratings, by code
    pauses: dict[str, Pauses]  # by reason
    picks: dict[str, int]  # numbers called out of their turn, by reason
    sent_to: dict[str, int]  # applicants sent on to another department, by the code of the hall's list
    papers_asked: dict[str, PapersFigures]  # by "item/ID", "window/ID" and "clerk/STAFF"
    case_ratings: dict[str, int]  # of decided cases, by level; in none of the figures of visits
    rectifications: dict[
        str, int
    ]  # of the bad ratings given in these days: opened, named, called, reached ...
    called_share: float | None  # of those who left a way to be reached, how many were called back
    fees: Fees
    load: list[Load]
    trend: list[TrendPoint]
    comparison: Comparison


def report_of(period: Period, department_of: Mapping[str, str] | None = None) -> Report:
    """Return all figures of a period. `department_of`: an item's id → its department's, from the hall's settings."""
    total = period.rollups.get(("hall", ""), RollupRow(period.site, "", "hall", ""))
    slips, paused = _tallies(period, SLIP), _tallies(period, PAUSED)
    rectified = _tallies(period, RECTIFICATION)
    return Report(
        site=period.site,
        days=[{"day": day.day, "opened": day.opened, "closed": day.closed} for day in period.days],
        until=period.until,
        seq=period.seq,
        total=figures_of(total),
        queues=_lines(period, "queue"),
        items=_lines(period, "item"),
        classes=_lines(period, "class"),
        hours=_lines(period, "hour"),
        windows=_windows(period, "window"),
        clerks=_windows(period, "clerk"),
        outcomes=_tallies(period, OUTCOME),
        ratings=ratings_of(total, total.finished),
        estimate=estimate_of(total),
        appointments=_tallies(period, APPOINTMENT),
        entrusted=_tallies(period, ENTRUSTED).get(TICKETS, 0),
        slips={name: slips.get(name, 0) for name in (*SLIP_STATES, REPRINTS)},
        devices={name: device_of(period.devices[name]) for name in sorted(period.devices)},
        span=str(period.span) if period.span else period.days[0].day,
        part=str(period.part),
        departments=_departments(_of(period, "item"), department_of or {}),
        estimates={queue: estimate_of(row) for queue, row in _of(period, "queue").items() if row.quoted},
        bad_reasons=_tallies(period, BAD_REASON),
        pauses={code: Pauses(n, seconds(paused.get(code, 0))) for code, n in _tallies(period, PAUSE).items()},
        picks=_tallies(period, PICK),
        sent_to=_tallies(period, SENT_TO),
        papers_asked=_papers_asked(period),
        case_ratings=_tallies(period, CASE_RATING),
        rectifications=rectified,
        called_share=share(rectified.get("called", 0), rectified.get("named", 0)),
        fees=fees_of(period.tallies),
        load=loads(period),
        trend=points(period),
        comparison=comparison(period),
    )


def _of(period: Period, dimension: str) -> dict[str, RollupRow]:
    """Return the roll-ups of one dimension by value, in the order in which people count them: 2 before 10."""
    found = {value: row for (name, value), row in period.rollups.items() if name == dimension}
    return {value: found[value] for value in sorted(found, key=_as_counted)}


def _as_counted(value: str) -> tuple[int, str]:
    return (int(value), value) if value.isascii() and value.isdigit() else (sys.maxsize, value)


def _tallies(period: Period, subject: str) -> dict[str, int]:
    """Return the counts of one subject in order, without those that came back to nothing."""
    return {value: n for (name, value), n in sorted(period.tallies.items()) if name == subject and n}


def _papers_asked(period: Period) -> dict[str, PapersFigures]:
    once, again = _tallies(period, TOLD_ONCE), _tallies(period, TOLD_AGAIN)
    return {
        what: PapersFigures(n := once.get(what, 0), more := again.get(what, 0), share(n, n + more))
        for what in sorted(once.keys() | again.keys())
    }


def _lines(period: Period, dimension: str) -> dict[str, FigureRow]:
    return {value: figures_of(row) for value, row in _of(period, dimension).items()}


def _windows(period: Period, dimension: str) -> dict[str, WindowFigures]:
    return {
        value: window_figures(row, (dimension, value) in period.present)
        for value, row in _of(period, dimension).items()
    }


def _departments(items: Mapping[str, RollupRow], department_of: Mapping[str, str]) -> dict[str, FigureRow]:
    """Return the figures of each department: the sum of its items; a visit without an item is of none."""
    rows: dict[str, list[RollupRow]] = {}
    for item, row in items.items():
        if department := department_of.get(item):
            rows.setdefault(department, []).append(row)
    return {department: figures_of(sum_of(rows[department])) for department in sorted(rows)}
