"""The figures of some business days. Pure: rows in, one document out.

Every figure is about something that is counted once. Tickets are counted under the queue, item, class and
hour they were issued with; waits and services under those they really had. Of the tickets issued each one is
served, cancelled, expired or still live: the four add up. A visit can hold several waits and services.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from caller.records.rows import CallRow, DeviceRow, ServiceRow, SlipRow, TicketRow
from caller.reports.grouping import Rows, ended, grouped, missed, service_times, tally, waits
from caller.reports.per_window import Ratings, WindowFigures, desks, ratings
from caller.reports.statistics import Spread, seconds, share

READY = frozenset({"ready", "paper-low"})  # a device in these does its work
SLIP_STATES = ("printed", "failed", "unknown")


class FigureRow(Struct):
    """The tickets, waits and services of one queue, item, class or hour, or of all."""

    issued: int = 0
    served: int = 0
    cancelled: int = 0
    expired: int = 0
    live: int = 0
    abandoned: int = 0  # of the cancelled and expired: never called
    calls: int = 0
    missed: int = 0  # calls nobody came to
    wait: Spread = Spread()
    services: int = 0
    service: Spread = Spread()


class Estimate(Struct):
    """The wait told at issue against what happened, of those who were told one and called."""

    told: int
    within: int  # called inside the band
    within_share: float | None
    mean_abs_error: float | None  # seconds
    bias: float | None  # seconds; above 0: called later than told


class DeviceFigures(Struct):
    """A device while the hall was open."""

    kind: str
    faults: int
    out: float  # seconds not ready


class Report(Struct):
    """One document: what `hallcall report --json` prints."""

    site: str
    days: list[dict[str, Any]]
    until: int
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
    slips: dict[str, int]
    devices: dict[str, DeviceFigures]


def report(rows: Rows, site: str, seq: int) -> Report:
    """Everything there is to say about these days."""
    outcomes = (service.outcome for service in rows.services if service.outcome)
    return Report(
        site=site,
        days=[{"day": day.day, "opened": day.opened, "closed": day.closed} for day in rows.days],
        until=rows.until,
        seq=seq,
        total=_lines(rows, lambda _: "", lambda _: "").get("", FigureRow()),
        queues=_lines(rows, lambda ticket: ticket.series, lambda row: row.queue),
        items=_lines(rows, lambda ticket: ticket.first_item, lambda row: row.item),
        classes=_lines(rows, lambda ticket: ticket.priority, lambda row: row.priority),
        hours=_lines(rows, lambda ticket: f"{ticket.hour:02}", lambda row: f"{row.hour:02}"),
        windows=desks(rows, lambda row: row.window),
        clerks=desks(rows, lambda row: row.clerk),
        outcomes=tally(outcomes),
        ratings=ratings(rows.ratings, sum(ticket.state == "served" for ticket in rows.tickets)),
        estimate=_estimate(rows.tickets),
        appointments=tally(row.state for row in rows.appointments),
        slips=_slips(rows.slips),
        devices=_devices(rows),
    )


def _lines(
    rows: Rows, of_ticket: Callable[[TicketRow], str], of_row: Callable[[CallRow | ServiceRow], str]
) -> dict[str, FigureRow]:
    tickets = grouped(rows.tickets, of_ticket)
    calls = grouped(rows.calls, of_row)
    services = grouped(ended(rows.services), of_row)
    names = sorted(tickets.keys() | calls.keys() | services.keys())
    return {name: _line(tickets.get(name, []), calls.get(name, []), services.get(name, [])) for name in names}


def _line(tickets: list[TicketRow], calls: list[CallRow], services: list[ServiceRow]) -> FigureRow:
    states = tally(ticket.state for ticket in tickets)
    gone = [states.get(state, 0) for state in ("served", "cancelled", "expired")]
    return FigureRow(
        issued=len(tickets),
        served=gone[0],
        cancelled=gone[1],
        expired=gone[2],
        live=len(tickets) - sum(gone),
        abandoned=sum(ticket.ended is not None and not ticket.calls for ticket in tickets),
        calls=len(calls),
        missed=missed(calls),
        wait=waits(calls),
        services=len(services),
        service=service_times(services),
    )


def _estimate(tickets: list[TicketRow]) -> Estimate:
    """In whole seconds from issue to first call, as the engine tells it on the manager's page."""
    told = [
        ((ticket.first_called - ticket.issued) // 1_000_000, ticket)
        for ticket in tickets
        if ticket.expected >= 0 and ticket.first_called is not None
    ]
    within = sum(ticket.low * 60 <= wait <= ticket.high * 60 for wait, ticket in told)
    errors = [wait - ticket.expected for wait, ticket in told]
    mean_error = round(sum(map(abs, errors)) / len(told), 3) if told else None
    bias = round(sum(errors) / len(told), 3) if told else None
    return Estimate(len(told), within, share(within, len(told)), mean_error, bias)


def _slips(slips: list[SlipRow]) -> dict[str, int]:
    """What became of each piece of paper in the end: of the slips, and of the reprints together."""
    last = {(slip.visit, slip.copy): slip for slip in slips}
    first = tally(slip.state for slip in last.values() if not slip.copy)
    counts = {state: first.get(state, 0) for state in SLIP_STATES}
    return counts | {"reprints": sum(slip.copy > 0 for slip in last.values())}


def _devices(rows: Rows) -> dict[str, DeviceFigures]:
    """Time out of order counts while the hall was open only."""
    spans = [(day.opened, rows.until if day.closed is None else day.closed) for day in rows.days]
    groups = grouped(rows.devices, lambda row: row.device)
    return {name: _device(groups[name], spans, rows.until) for name in sorted(groups)}


def _device(periods: list[DeviceRow], spans: list[tuple[int, int]], until: int) -> DeviceFigures:
    out = [period for period in periods if period.state not in READY]
    overlaps = [
        max(0, min(closed, until if period.ended is None else period.ended) - max(opened, period.began))
        for period in out
        for opened, closed in spans
    ]
    faults = sum(any(opened <= period.began <= closed for opened, closed in spans) for period in out)
    return DeviceFigures(periods[-1].kind, faults, seconds(sum(overlaps)))
