"""The hall: `decide` turns a command into events, `apply` folds an event into the state.

Each module (business_day, automatic_day, ticketing, guidance, sign_in, serving, receptions, takeovers, alarms, ratings, appointments,
leases, deadlines, followups, feedback, cases, case_changes, case_ratings, vouchers, fees, station_jobs, settings_change, suspensions,
administration, performance) lists what it handles in tables:

- `DECIDE`: by command, the events that follow from it;
- `APPLY`: by event, what it does to the day;
- `APPLY_REGISTER`: by event, what it does to the register. It may read the day as it was before the event, and is
  skipped for events the register has folded already (see register.py); no handler of `APPLY` reads the register.

This file joins the tables. Nothing here awaits, reads a clock or touches a file: the instant is an argument, and
never runs backwards within a day.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from caller.engine import (
    administration,
    alarms,
    appointments,
    automatic_day,
    business_day,
    case_changes,
    case_ratings,
    cases,
    deadlines,
    feedback,
    fees,
    followups,
    guidance,
    leases,
    outcomes,
    performance,
    ratings,
    receptions,
    rectifications,
    serving,
    settings_change,
    sign_in,
    station_jobs,
    suspensions,
    takeovers,
    ticketing,
    transfers,
    visit_order,
    vouchers,
)
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.lease_terms import LeaseRenewed
from caller.engine.rating_messages import CaseRated, RatingAddedTo
from caller.engine.register import Register
from caller.engine.retired import MAY_RELEASE
from caller.engine.state import Apply, DayState, Decide, HallState
from config.instants import Micros
from config.settings import Settings

_MODULES = (
    business_day,
    automatic_day,
    ticketing,
    leases,
    guidance,
    sign_in,
    serving,
    transfers,
    receptions,
    takeovers,
    alarms,
    ratings,
    appointments,
    deadlines,
    followups,
    feedback,
    rectifications,
    cases,
    case_changes,
    case_ratings,
    vouchers,
    fees,
    station_jobs,
    settings_change,
    suspensions,
    administration,
    performance,
)
DECIDE: dict[type[Any], Decide] = {
    kind: handler for each in _MODULES for kind, handler in each.DECIDE.items()
}
APPLY: dict[type[Any], Apply] = {kind: handler for each in _MODULES for kind, handler in each.APPLY.items()}
APPLY_REGISTER: dict[type[Any], Apply] = {
    kind: handler for each in _MODULES for kind, handler in each.APPLY_REGISTER.items()
}

TIME_BEGINS = frozenset({ev.DayOpened, ev.DayReopened})  # what a wrong clock said before counts no more

_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(DayState)


class Hall(HallState):
    """One site's hall: decides commands into events, folds events into state."""

    def decide(self, envelope: CommandEnvelope, now: Micros) -> list[ev.AnyEvent]:
        """Return the events that follow from a command at `now`. Changes nothing.

        Raises:
            Refused: the hall does not do what the command asks for.
        """
        decide = DECIDE[type(envelope.command)]
        return decide(self, envelope, envelope.command, self.instant(now))

    def apply(self, event: ev.AnyEvent, at: Micros, seq: int) -> None:
        """Fold one event of instant `at` in. What the log says happened: a failure here is our bug."""
        state, kind = self.state, type(event)
        state.seq = seq
        if at > state.now or kind in TIME_BEGINS:
            state.now = at
        if seq > self.register.seq:
            fold = APPLY_REGISTER.get(kind)
            if fold:
                fold(self, event, state.now)
            self.register.seq = seq
        fold = APPLY.get(kind)
        if fold:
            fold(self, event, state.now)
        if self.retired and kind in MAY_RELEASE:
            self.release_retired()

    def result(self, events: Sequence[ev.AnyEvent]) -> dict[str, Any]:
        """Return the answer to the command that made these events, right after they were applied."""
        last = events[-1] if events else None
        if isinstance(last, LeaseRenewed):
            return leases.result(self, last)
        if isinstance(last, ev.TicketPostponed) and last.arrived:
            return self._arrived(last)
        told = result_of(
            events, self.state.now, self.state.seq, lambda ticket: self.state.tickets[ticket].number
        )
        if isinstance(last, ev.TicketIssued) and len(last.items) > 1:
            stops = visit_order.later_stops(self, self.state.tickets[last.ticket])
            told["then"] = [
                stop.line() for stop in stops
            ]  # as the hall stands: no later answer says it again
        return told

    def _arrived(self, event: ev.TicketPostponed) -> dict[str, Any]:
        """Return what is told of a number that was taken elsewhere and is checked in."""
        ticket = self.state.tickets[event.ticket]
        low, high = self.band(ticket.queue, ticket.promise)
        return {
            "ticket": ticket.id, "number": ticket.number, "queue": ticket.queue, "items": ticket.items,
            "ahead": self.ahead(self.queue_entry(ticket), ticket.bound, self.state.now), "low": low, "high": high,
            "issued": ticket.issued,
        }  # fmt: skip

    def dump(self) -> bytes:
        """Return the day, for a checkpoint; the register is saved by its rows."""
        return _pack.encode(self.state)

    @classmethod
    def load(cls, settings: Settings, day: bytes | None, register: Register | None = None) -> "Hall":
        """Return the hall of a dumped day (None: nothing has happened) and a register, which may be ahead of it.

        Raises:
            msgspec.DecodeError: the bytes are no dumped day of this version.
        """
        return cls(settings, _unpack.decode(day) if day else None, register)


def result_of(
    events: Sequence[ev.AnyEvent], at: Micros, seq: int, number_of: Callable[[str], str]
) -> dict[str, Any]:
    """Return what the sender of a command is told, from its events alone: the same today and in a year.

    Args:
        events: all of the command, in their order.
        at: their instant.
        seq: of the last of them.
        number_of: the number of a ticket.
    """
    for back, event in enumerate(reversed(events)):
        if isinstance(event, ev.TicketIssued):
            given = {
                "ticket": event.ticket, "number": event.number, "queue": event.queue,
                "ahead": event.ahead, "low": event.low, "high": event.high, "issued": at,
            }  # fmt: skip
            given |= {"items": event.items} if event.appointment or len(event.items) > 1 else {}
            return given | ({"slot": event.origin} if event.appointment else {})
        if isinstance(event, ev.TicketCalled | ev.TicketRecalled):
            shown = isinstance(event, ev.TicketRecalled) or not event.walk_in
            call = seq - back if shown else 0
            number = number_of(event.ticket)
            return {"ticket": event.ticket, "number": number, "window": event.window, "call": call}
        if isinstance(event, ev.TicketPostponed) and event.arrived:
            return {"ticket": event.ticket, "number": number_of(event.ticket)}
        if isinstance(event, ev.AppointmentBooked):
            return {"appointment": event.appointment, "code": event.code}
        if isinstance(event, ev.ServiceRated) and event.via == "card":
            return {"ticket": event.ticket}
        if isinstance(event, CaseRated | RatingAddedTo) and event.case:
            return {"case": event.case, "number": event.number}
        if isinstance(event, ev.FollowUpOpened) and len(events) == 1:
            return feedback.result(event, at)
        if isinstance(event, ev.JobRequested) and len(events) == 1:
            return {"job": event.job, "station": event.station, "device": event.device}
        if isinstance(event, ev.SettingsChanged):
            return {"version": event.version, "kept": event.kept}
    return outcomes.result(events)
