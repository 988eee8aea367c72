"""What each row counts for: the one place that defines the figures of the reports.

1. A ticket counts under the queue, item, class and hour it was issued with. Of the tickets issued each one is served,
   cancelled, expired, lapsed (no clerk ended the visit) or still live: the five add up. One that was merged into
   another number counts with the cancelled ones, but its holder has not left; one that was called from the emergency
   sheet counts with the served, and in no time.
2. A wait and a service count under the queue, item and class they really had, under the hour they began in, and under
   the window and clerk that called or served. A visit can have several of both.
3. A service that ended in a hold, or was taken over by another clerk, is the beginning of the next one and does not count
   by itself. One that lapsed has an unknown length: it is the end of a visit that may be rated, and counts in no time.
4. A rating counts under the day of its visit, each of its reasons once; one that a review excluded stays in its level
   and counts as excluded, too. The rating of a case is tallied apart, under the day it was given. Presence and busy time count under window and
   clerk; a pause counts under its reason when it ends. A clerk who is there when the day opens is so from their sign-in,
   and what had ended before the opening counts nowhere.
5. A device is out of order in any state but ready and paper-low; the time counts while a business day is open.

Rows are counted in when the fact happens, never twice; what is taken back is an appointment that moves from one state
or day to another, and the end of what expired with a day that was reopened. Pure.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

import msgspec

from caller.records.columns import Row
from caller.records.rollups import DeviceDayRow, RollupRow, TallyRow
from caller.records.rows import (
    AppointmentRow,
    CallRow,
    DayRow,
    DeviceRow,
    PresenceRow,
    RatingRow,
    ServiceRow,
    StateRow,
    TicketRow,
)
from config.instants import MINUTE, SECOND, Micros

READY_STATES = frozenset({"ready", "paper-low"})  # a device in these does its work
AT_WINDOW = frozenset({"called", "serving"})
COMPLETED = frozenset({"finished", "returned"})
GOES_ON = frozenset({"held", "taken-over"})  # how a stretch of a service ends that goes on in the next
COUNTS_AS = {
    "merged": "cancelled",
    "by-hand": "served",
}  # the states of a ticket that have no figure of their own
# Subjects of tallies; `PAUSED` is a sum of microseconds.
OUTCOME, APPOINTMENT, SLIP, ENTRUSTED, PICK = "outcome", "appointment", "slip", "entrusted", "pick"
SENT_TO = "sent-to"  # the departments that applicants were sent on to, by the code of the hall's list
TOLD_ONCE, TOLD_AGAIN, CASE = "told-once", "told-again", "case"  # and of papers asked for and of cases
FEEDBACK = "feedback"  # and of complaints and the like, as KIND/WHAT
RECTIFICATION = (
    "rectification"  # and of bad ratings, each once, under the day on which its rectification was opened
)
CASE_RATING = "case-rating"  # and of the ratings of cases, by level
BAD_REASON, PAUSE, PAUSED = "bad-reason", "pause", "paused"
TICKETS = "tickets"
REPRINTS = "reprints"
# Of fees, as GROUP/ID: what was taken and the full sum, both in fen, how many receipts, how often one was corrected.
FEE, FEE_FULL, FEES, FEE_CORRECTED = "fee", "fee-full", "fees", "fee-corrected"

Dimensions = Iterable[tuple[str, str]]
R = TypeVar("R", bound=Row)


class RowOfKey(Protocol):
    """Return the row of a key to be changed, a new one if there is none yet."""

    def __call__(self, table: type[R], *key: str) -> R: ...


class Contributions:
    """Counts single rows into the roll-ups that `row` gives."""

    def __init__(self, row: RowOfKey) -> None:
        self._row = row

    def _rollups(self, day: str, dimensions: Dimensions) -> Iterable[RollupRow]:
        return [self._row(RollupRow, day, *each) for each in dimensions]

    # --- tickets

    def issued(self, ticket: TicketRow, change: int = 1) -> None:
        """Count a number; -1 takes it back, where its class changes."""
        for row in self._rollups(ticket.day, _of_ticket(ticket)):
            row.issued += change

    def ended(self, ticket: TicketRow, change: int = 1) -> None:
        """Count the end of a ticket: served, lapsed, cancelled or expired; or take it back, where its day was reopened."""
        for row in self._rollups(ticket.day, _of_ticket(ticket)):
            state = COUNTS_AS.get(ticket.state, ticket.state)
            setattr(row, state, getattr(row, state) + change)
            row.abandoned += change * (not ticket.calls and ticket.state not in COUNTS_AS)

    def first_called(self, ticket: TicketRow, now: Micros) -> None:
        """Compare the wait quoted at issue with the wait to the first call, in whole seconds as the engine does."""
        if ticket.expected < 0:
            return
        wait = (now - ticket.issued) // SECOND
        for row in self._rollups(ticket.day, _of_ticket(ticket)):
            row.quoted += 1
            row.quoted_within += ticket.low * MINUTE <= wait * SECOND <= ticket.high * MINUTE
            row.quoted_error += abs(wait - ticket.expected)
            row.quoted_bias += wait - ticket.expected

    # --- calls, services and ratings

    def called(self, call: CallRow) -> None:
        """Count a call; one from hold or after a no-show ends no wait. Why one was picked is tallied."""
        if call.reason:
            self.tally(call.day, PICK, call.reason, 1)
        for row in self._rollups(call.day, _of_visit(call)):
            row.calls += 1
            if call.wait is not None:
                row.add_wait(call.wait)

    def recalled(self, call: CallRow) -> None:
        for row in self._rollups(call.day, _of_visit(call)):
            row.recalls += 1

    def missed(self, call: CallRow) -> None:
        for row in self._rollups(call.day, _of_visit(call)):
            row.missed += 1

    def served(self, service: ServiceRow) -> None:
        """Count a service that ended; its outcome is tallied."""
        if service.outcome:
            self.tally(service.day, OUTCOME, service.outcome, 1)
        if service.ended_by in GOES_ON or service.ended is None:
            return
        for row in self._rollups(service.day, _of_visit(service)):
            if service.ended_by == "lapsed":
                row.finished += 1
                continue
            row.add_service(service.before + service.ended - service.began)
            row.completed += service.ended_by in COMPLETED
            row.finished += service.ended_by == "finished"

    def rated(self, rating: RatingRow, ticket: TicketRow) -> None:
        for row in self._rollups(rating.day, _of_rating(rating, ticket)):
            row.add_level(rating.level)
        for reason in msgspec.json.decode(rating.reasons, type=list[str]):
            self.tally(rating.day, BAD_REASON, reason, 1)

    def excluded(self, rating: RatingRow, ticket: TicketRow) -> None:
        """Count a rating that a review has excluded where it was counted; its level stays counted, too."""
        for row in self._rollups(rating.day, _of_rating(rating, ticket)):
            row.excluded += 1

    # --- windows and clerks

    def signed_in(self, stay: PresenceRow) -> None:
        """Note who has come, also before anything can be counted."""
        for row in self._rollups(stay.day, _of_window(stay)):
            row.opened = stay.began if row.opened is None else min(row.opened, stay.began)

    def stayed(self, stay: PresenceRow, now: Micros) -> None:
        """Count a stretch open or paused that ends now."""
        for row in self._rollups(stay.day, _of_window(stay)):
            row.add_presence(stay.state, stay.began, now)
            row.left = now if row.left is None else max(row.left, now)
        if stay.state == "paused":
            self.tally(stay.day, PAUSE, stay.reason, 1)
            self.tally(stay.day, PAUSED, stay.reason, now - stay.began)

    def at_window(self, state: StateRow, now: Micros) -> None:
        """Count the time a ticket was called or served, when that state ends."""
        if state.state in AT_WINDOW:
            for row in self._rollups(state.day, _of_window(state)):
                row.busy += now - state.began

    # --- tallies and devices

    def tally(self, day: str, subject: str, value: str, change: int) -> None:
        self._row(TallyRow, day, subject, value).count += change

    def appointment(self, row: AppointmentRow, change: int) -> None:
        """Count an appointment in its present day and state, or take it out."""
        self.tally(row.day, APPOINTMENT, row.state, change)

    def device_seen(self, day: str, device: DeviceRow, *, fault: bool = False) -> None:
        """Note a device of this day; `fault`: it went out of order while the hall was open."""
        row = self._row(DeviceDayRow, day, device.device)
        row.kind = device.kind
        row.faults += fault

    def device_out(self, day: DayRow, device: DeviceRow, now: Micros, change: int = 1) -> None:
        """Count the time out of order of a state that ends now, or with the open day; or take it back."""
        self._row(DeviceDayRow, day.day, device.device).out += change * out_of_order(day, device, now)


def out_of_order(day: DayRow, device: DeviceRow, now: Micros) -> int:
    """Return how long a device has been out of order in this state on the open day (microseconds).

    A state that began before the day counts from its opening, also when the clock was set back in between.
    """
    if device.state in READY_STATES:
        return 0
    return now - (device.began if device.day == day.day else day.opened)


def _of_ticket(ticket: TicketRow) -> Dimensions:
    return (
        ("hall", ""), ("queue", ticket.series), ("item", ticket.first_item), ("class", ticket.priority),
        ("hour", f"{ticket.hour:02}"),
    )  # fmt: skip


def _of_visit(row: CallRow | ServiceRow) -> Dimensions:
    return (
        ("hall", ""), ("queue", row.queue), ("item", row.item), ("class", row.priority),
        ("hour", f"{row.hour:02}"), ("window", row.window), ("clerk", row.clerk),
    )  # fmt: skip


def _of_rating(rating: RatingRow, ticket: TicketRow) -> Dimensions:
    places = (("queue", rating.queue), ("item", rating.item), ("class", ticket.priority))
    return (("hall", ""), *places, ("window", rating.window), ("clerk", rating.clerk))


def _of_window(row: PresenceRow | StateRow) -> Dimensions:
    return (("window", row.window), ("clerk", row.clerk))
