"""The projection's state: the rows that still last, and the operations that the event handlers share.

1. Every event that moves a ticket ends the state it was in at the very instant the next begins, so the states of a
   ticket lie end to end from its issue to its end.
2. Rows that were saved before are looked up: a rating or a slip can come after the day of its visit.
3. `take` returns every row touched since the last time, each once: single rows and the roll-ups they count for.

Pure: time, rows and the site are arguments.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from caller.engine.tickets import TABLE
from caller.records.columns import Row
from caller.records.contributions import GOES_ON, REPRINTS, SLIP, Contributions
from caller.records.rows import (
    AppointmentRow,
    CallRow,
    DayRow,
    DeviceRow,
    PresenceRow,
    ServiceRow,
    SlipRow,
    StateRow,
    TicketRow,
)
from config.instants import SECOND, Micros

R = TypeVar("R", bound=Row)


class SavedRows(Protocol):
    """The rows of one site that were saved before, for looking up."""

    def ticket(self, ticket: str) -> TicketRow | None:
        """Return the newest ticket of an id."""
        ...

    def has_slip(self, visit: int, copy: int) -> bool:
        """Return whether this piece of paper was reported before."""
        ...

    def ended_service(self, visit: int, window: str) -> ServiceRow | None:
        """Return the service of a visit that ended last at a window with an outcome."""
        ...

    def row(self, table: type[R], key: tuple[Any, ...]) -> R | None:
        """Return the row of a key, the site included."""
        ...


class TicketRows:
    """A ticket that has not ended: its row, its present state, and the call or service that lasts."""

    __slots__ = ("call", "period", "service", "ticket")

    def __init__(self, ticket: TicketRow, period: StateRow) -> None:
        self.ticket = ticket
        self.period = period
        self.call: CallRow | None = None
        self.service: ServiceRow | None = None


class ProjectionState:
    """The rows of one site that still last. `now`: UTC microseconds, the hall's time at the last event."""

    def __init__(self, site: str, saved: SavedRows, now: Micros = 0) -> None:
        self.site = site
        self.now = now
        self.day: DayRow | None = None
        self.visits: dict[str, TicketRows] = {}
        self.windows: dict[str, PresenceRow] = {}
        self.appointments: dict[str, AppointmentRow] = {}
        self.devices: dict[str, DeviceRow] = {}
        self.zone = ZoneInfo("UTC")
        self.count = Contributions(self.row)
        self._saved = saved
        self._changed: dict[tuple[type[Row], tuple[Any, ...]], Row] = {}
        self._ended: dict[str, TicketRow] = {}  # ended, or looked up, since the rows were last taken

    def resume(self, rows: Iterable[Row]) -> None:
        """Take up the rows that still last, tickets before what is theirs."""
        tickets: dict[int, TicketRow] = {}
        visits: dict[int, TicketRows] = {}
        for row in rows:
            match row:
                case TicketRow():
                    tickets[row.visit] = row
                case StateRow():
                    ticket = tickets[row.visit]
                    visits[row.visit] = self.visits[ticket.ticket] = TicketRows(ticket, row)
                case CallRow():
                    visits[row.visit].call = row
                case ServiceRow():
                    visits[row.visit].service = row
                case _:
                    self._resume_hall(row)

    def _resume_hall(self, row: Row) -> None:
        match row:
            case DayRow():
                self.day, self.zone = row, ZoneInfo(row.zone)
            case PresenceRow():
                self.windows[row.window] = row
            case AppointmentRow():
                self.appointments[row.appointment] = row
            case DeviceRow():
                self.devices[row.device] = row
            case _:
                raise AssertionError(f"{type(row).table} rows have no end")

    def take(self) -> list[Row]:
        """Return the rows touched since the last time, each once, as they are now."""
        rows = list(self._changed.values())
        self._changed.clear()
        self._ended.clear()
        return rows

    def row(self, table: type[R], *key: str) -> R:
        """Return the row of a key to be changed: touched or saved before, or new."""
        whole = (self.site, *key)
        row: Any = self._changed.get((table, whole)) or self._saved.row(table, whole) or table(*whole)
        self._changed[table, whole] = row
        return row

    def known(self, table: type[R], *key: str | int) -> R | None:
        """Return the row of a key as it is now, without changing it; None where there is none."""
        whole = (self.site, *key)
        row: Any = self._changed.get((table, whole))
        return row or self._saved.row(table, whole)

    # --- what the event handlers share

    @property
    def label(self) -> str:
        return self.day.day if self.day else ""

    def touch(self, row: Row) -> None:
        self._changed[type(row), row.key] = row

    def hour(self, at: Micros) -> int:
        """Return the hour of an instant in the hall's zone."""
        return datetime.fromtimestamp(at // SECOND, self.zone).hour

    def ticket(self, id: str) -> TicketRow:
        """Return the row of a ticket, ended or not."""
        visit = self.visits.get(id)
        if visit:
            return visit.ticket
        found = self._ended.get(id) or self._saved.ticket(id)
        assert found, f"the log never gave out ticket {id}"
        self._ended[id] = found
        return found

    def ended_service(self, visit: int, window: str) -> ServiceRow:
        """Return the service of a visit that ended last at a window with an outcome."""
        rows = (row for row in self._changed.values() if isinstance(row, ServiceRow) and row.outcome)
        mine = [row for row in rows if (row.visit, row.window) == (visit, window)]
        found = max(mine, key=lambda row: row.seq, default=None) or self._saved.ended_service(visit, window)
        assert found, f"no service of visit {visit} has ended at window {window}"
        return found

    def begin(self, visit: TicketRows, state: str, seq: int, window: str = "") -> None:
        """Begin the next state at the instant the last one ended."""
        ticket = visit.ticket
        ticket.state = state
        waiting = state == "waiting"
        visit.period = StateRow(
            self.site, seq, ticket.visit, ticket.day, ticket.number, state, ticket.queue, ticket.item, window,
            "" if waiting else ticket.clerk, self.now,
            counted_from=max(self.now, ticket.origin) if waiting else None,
        )  # fmt: skip
        self.touch(visit.period)
        self.touch(ticket)

    def end(self, visit: TicketRows, *, busy: bool = True) -> None:
        """End the present state now; `busy`: a time at a window counts as such."""
        period = visit.period
        period.ended = self.now
        if period.counted_from is not None:
            period.waited += max(0, self.now - period.counted_from)
        if busy:
            self.count.at_window(period, self.now)
        self.touch(period)

    def move(self, id: str, event: type[Any], seq: int, window: str = "") -> TicketRows:
        """Move a ticket from one state to the next, as the engine's table has it."""
        visit = self.visits[id]
        self.end(visit)
        self.begin(visit, TABLE[visit.ticket.state][event], seq, window)
        return visit

    def end_call(self, visit: TicketRows, by: str) -> None:
        """End the call, if one lasts."""
        if visit.call:
            visit.call.ended, visit.call.ended_by = self.now, by
            if by == "missed":
                self.count.missed(visit.call)
            self.touch(visit.call)
            visit.call = None

    def start_service(self, visit: TicketRows, seq: int, start: int, pressed: bool) -> ServiceRow:
        ticket = visit.ticket
        visit.service = ServiceRow(
            self.site, seq, ticket.visit, ticket.day, ticket.number, ticket.queue, ticket.item, ticket.priority,
            ticket.window, ticket.clerk, self.hour(start), start, int(pressed), ticket.carried,
        )  # fmt: skip
        ticket.carried = 0
        self.touch(visit.service)
        return visit.service

    def end_service(self, visit: TicketRows, by: str, outcome: str = "") -> None:
        """End the service, if one lasts; a hold, or another clerk, carries its time to the next stretch."""
        service = visit.service
        if service is None:
            return
        service.ended, service.ended_by, service.outcome = self.now, by, outcome
        if by in GOES_ON:
            visit.ticket.carried = service.before + self.now - service.began
        self.count.served(service)
        self.touch(service)
        visit.service = None

    def close(self, id: str, event: type[Any], *, busy: bool = True) -> TicketRows:
        """End a ticket now; `busy` as in `end`."""
        visit = self.visits.pop(id)
        ticket = visit.ticket
        self.end(visit, busy=busy)
        ticket.ended, ticket.ended_from = self.now, ticket.state
        ticket.state = TABLE[ticket.state][event]
        self._ended[id] = ticket
        self.count.ended(ticket)
        self.touch(ticket)
        return visit

    def restore(self, id: str, state: str, not_before: Micros, seq: int) -> None:
        """Let a ticket that had expired go on in this state; a wait counts from now, or from `not_before`. The time
        while the day was closed belongs to no state."""
        ticket = self.ticket(id)
        self._ended.pop(id)
        self.count.ended(ticket, -1)
        ticket.ended, ticket.ended_from = None, ""
        waiting = state == "waiting"
        period = StateRow(
            self.site, seq, ticket.visit, ticket.day, ticket.number, state, ticket.queue, ticket.item,
            "" if waiting else ticket.window, "" if waiting else ticket.clerk, self.now,
            counted_from=max(self.now, ticket.origin, not_before) if waiting else None,
        )  # fmt: skip
        ticket.state = state
        self.visits[id] = TicketRows(ticket, period)
        self.touch(period)
        self.touch(ticket)

    def find_day(self, label: str) -> DayRow:
        """Return the row of a business day that is over."""
        whole = (self.site, label)
        row: Any = self._changed.get((DayRow, whole)) or self._saved.row(DayRow, whole)
        assert row, f"the log never opened {label}"
        return row

    def change_appointment(self, row: AppointmentRow, day: str, state: str) -> None:
        """Move an appointment to a day and state, in its row and in the counts."""
        self.count.appointment(row, -1)
        row.day, row.state = day, state
        self.count.appointment(row, 1)
        self.touch(row)

    def end_appointment(self, id: str, state: str) -> None:
        row = self.appointments.pop(id)
        row.ended = self.now
        self.change_appointment(row, row.day, state)

    def report_slip(self, slip: SlipRow, ticket: TicketRow) -> None:
        """Count a piece of paper once: the slip by its last state, each reprint as such."""
        if slip.copy == 0:
            if ticket.slip:
                self.count.tally(ticket.day, SLIP, ticket.slip, -1)
            self.count.tally(ticket.day, SLIP, slip.state, 1)
            ticket.slip = slip.state
            self.touch(ticket)
        elif not self._is_reported(slip):
            self.count.tally(ticket.day, SLIP, REPRINTS, 1)
        self.touch(slip)

    def _is_reported(self, slip: SlipRow) -> bool:
        mine = (row for row in self._changed.values() if isinstance(row, SlipRow))
        known = any((row.visit, row.copy) == (slip.visit, slip.copy) for row in mine)
        return known or self._saved.has_slip(slip.visit, slip.copy)
