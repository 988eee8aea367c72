"""What is going on: the rows that have not ended, and what every rule of the fold does to them.

Each event that moves a ticket ends the state it was in at the very instant the next begins, so the states of
a ticket lie end to end from its issue to its end. `changed` collects every row touched, each once. Pure.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from caller.engine.tickets import TABLE
from caller.records.rows import (
    AppointmentRow,
    CallRow,
    DayRow,
    DeviceRow,
    PresenceRow,
    ServiceRow,
    StateRow,
    TableRow,
    TicketRow,
    key,
)

FindTicketRow = Callable[[str], TicketRow | None]


class TicketRows:
    """A ticket that has not ended: its row, its present state, and the call or service going on."""

    __slots__ = ("call", "period", "service", "ticket")

    def __init__(self, ticket: TicketRow, period: StateRow) -> None:
        self.ticket = ticket
        self.period = period
        self.call: CallRow | None = None
        self.service: ServiceRow | None = None


class ProjectionState:
    """What is going on. `find` gives the newest ticket of an id that has ended already, from the tables."""

    def __init__(self, find: FindTicketRow, now: int = 0) -> None:
        self.now = now
        self.day: DayRow | None = None
        self.visits: dict[str, TicketRows] = {}
        self.windows: dict[str, PresenceRow] = {}
        self.appointments: dict[str, AppointmentRow] = {}
        self.devices: dict[str, DeviceRow] = {}
        self._find = find
        self.zone = ZoneInfo("UTC")
        self._changed: dict[tuple[type[TableRow], int | str], TableRow] = {}
        self._ended: dict[str, TicketRow] = {}  # ended, or found again, since the rows were last taken

    def resume(self, rows: Iterable[TableRow]) -> None:
        """Take up the rows that are still going on, tickets before what is theirs."""
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
                    self._resume_house(row)

    def _resume_house(self, row: TableRow) -> None:
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
                raise AssertionError(f"{type(row).table} rows never go on")

    def take(self) -> list[TableRow]:
        """The rows touched since the last time, each once, as they are now."""
        rows = list(self._changed.values())
        self._changed.clear()
        self._ended.clear()
        return rows

    # --- what the rules below share

    @property
    def label(self) -> str:
        return self.day.day if self.day else ""

    def touch(self, row: TableRow) -> None:
        self._changed[type(row), key(row)] = row

    def hour(self, at: int) -> int:
        """The hour of an instant in the hall's zone."""
        return datetime.fromtimestamp(at // 1_000_000, self.zone).hour

    def ticket(self, id: str) -> TicketRow:
        """A ticket, going on or ended."""
        visit = self.visits.get(id)
        if visit:
            return visit.ticket
        found = self._ended.get(id) or self._find(id)
        assert found, f"the log never gave out ticket {id}"
        self._ended[id] = found
        return found

    def begin(self, visit: TicketRows, state: str, seq: int, window: str = "") -> None:
        """The next state begins at the instant the last one ended."""
        ticket = visit.ticket
        ticket.state = state
        waiting = state == "waiting"
        visit.period = StateRow(
            seq, ticket.visit, ticket.day, ticket.number, state, ticket.queue, ticket.item, window,
            "" if waiting else ticket.clerk, self.now,
            counted_from=max(self.now, ticket.origin) if waiting else None,
        )  # fmt: skip
        self.touch(visit.period)
        self.touch(ticket)

    def end(self, visit: TicketRows) -> None:
        """The present state ends now."""
        period = visit.period
        period.ended = self.now
        if period.counted_from is not None:
            period.waited += max(0, self.now - period.counted_from)
        self.touch(period)

    def move(self, id: str, event: type[Any], seq: int, window: str = "") -> TicketRows:
        """From one state to the next, as the engine's table says."""
        visit = self.visits[id]
        self.end(visit)
        self.begin(visit, TABLE[visit.ticket.state][event], seq, window)
        return visit

    def end_call(self, visit: TicketRows, by: str) -> None:
        """The call, if one is going on, is over."""
        if visit.call:
            visit.call.ended, visit.call.ended_by = self.now, by
            self.touch(visit.call)
            visit.call = None

    def start_service(self, visit: TicketRows, seq: int, start: int, pressed: bool) -> ServiceRow:
        ticket = visit.ticket
        visit.service = ServiceRow(
            seq, ticket.visit, ticket.day, ticket.number, ticket.queue, ticket.item, ticket.priority,
            ticket.window, ticket.clerk, self.hour(start), start, int(pressed), ticket.carried,
        )  # fmt: skip
        ticket.carried = 0
        self.touch(visit.service)
        return visit.service

    def end_service(self, visit: TicketRows, by: str, outcome: str = "") -> None:
        """The service, if one is going on, is over; a hold carries its time to the next stretch."""
        service = visit.service
        if service is None:
            return
        service.ended, service.ended_by, service.outcome = self.now, by, outcome
        if by == "held":
            visit.ticket.carried = service.before + self.now - service.began
        self.touch(service)
        visit.service = None

    def close(self, id: str, event: type[Any]) -> TicketRows:
        """The ticket's life ends now."""
        visit = self.visits.pop(id)
        ticket = visit.ticket
        self.end(visit)
        ticket.ended, ticket.ended_from = self.now, ticket.state
        ticket.state = TABLE[ticket.state][event]
        self._ended[id] = ticket
        self.touch(ticket)
        return visit

    def reopen(self, id: str, state: str, not_before: int, seq: int) -> None:
        """A ticket whose life had ended goes on in this state; a wait counts from now, or from `not_before` (UTC
        microseconds). The time while the day was closed belongs to no state."""
        ticket = self.ticket(id)
        self._ended.pop(id)
        ticket.ended, ticket.ended_from = None, ""
        period = StateRow(
            seq, ticket.visit, ticket.day, ticket.number, state, ticket.queue, ticket.item,
            "" if state == "waiting" else ticket.window, "" if state == "waiting" else ticket.clerk, self.now,
            counted_from=max(self.now, ticket.origin, not_before) if state == "waiting" else None,
        )  # fmt: skip
        ticket.state = state
        self.visits[id] = TicketRows(ticket, period)
        self.touch(period)
        self.touch(ticket)

    def end_appointment(self, id: str, state: str) -> None:
        row = self.appointments.pop(id)
        row.state, row.ended = state, self.now
        self.touch(row)
