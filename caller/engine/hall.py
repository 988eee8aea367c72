"""The hall: the two doors `decide` and `apply`.

Each room (day, intake, signing, desk, ratings, appointments) owns the commands and events of its subject and lists
them in its `DECIDE` and `APPLY` tables; this file joins the tables. Nothing here awaits, reads a clock or
touches a file: the instant is handed in, and never runs backwards within a day.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from caller.engine import appointments, business_day, ratings, serving, sign_in, station_jobs, ticketing
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.state import Apply, Decide, HallSnapshot, HallState
from config.settings import Settings

_ROOMS = (business_day, ticketing, sign_in, serving, ratings, appointments, station_jobs)
DECIDE: dict[type[Any], Decide] = {kind: door for room in _ROOMS for kind, door in room.DECIDE.items()}
APPLY: dict[type[Any], Apply] = {kind: door for room in _ROOMS for kind, door in room.APPLY.items()}

_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(HallSnapshot)


class Hall(HallState):
    """One site's hall: decides orders into events, folds events into state."""

    def decide(self, order: cmd.CommandEnvelope, now: int) -> list[ev.AnyEvent]:
        """The events that follow from an order at `now` (UTC µs). Raises `Refused`; changes nothing."""
        decide = DECIDE[type(order.command)]
        return decide(self, order, order.command, self.instant(now))

    def apply(self, event: ev.AnyEvent, at: int, seq: int) -> None:
        """Fold one event in. Whatever it says happened; a failure here is our bug."""
        state = self.state
        state.seq = seq
        if at > state.now or type(event) is ev.DayOpened:
            state.now = at
        APPLY[type(event)](self, event, state.now)

    def result(self, events: Sequence[ev.AnyEvent]) -> dict[str, Any]:
        """What the sender of the command that made these events is told, right after they were applied."""
        for event in reversed(events):
            if isinstance(event, ev.TicketIssued):
                return {
                    "ticket": event.ticket, "number": event.number, "queue": event.queue,
                    "ahead": event.ahead, "low": event.low, "high": event.high, "issued": self.state.now,
                }  # fmt: skip
            if isinstance(event, ev.TicketCalled | ev.TicketRecalled):
                ticket = self.state.tickets[event.ticket]
                return {
                    "ticket": ticket.id, "number": ticket.number, "window": event.window, "call": ticket.call,
                }  # fmt: skip
            if isinstance(event, ev.AppointmentBooked):
                return {"appointment": event.appointment, "code": event.code}
            if isinstance(event, ev.JobRequested):
                return {"job": event.job, "station": event.station, "device": event.device}
        return {}

    def dump(self) -> bytes:
        return _pack.encode(self.state)

    @classmethod
    def load(cls, settings: Settings, data: bytes) -> "Hall":
        return cls(settings, _unpack.decode(data))
