"""Handlers for day, window, appointment and device events: which rows each begins, changes and ends."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from caller.engine import events as ev
from caller.engine.hall_events import AlarmAcknowledged, AlarmRaised, ClerkRelieved, QueuesSet
from caller.engine.lease_terms import LeasedNumberLapsed, LeaseEnded, LeaseGranted, LeaseRenewed, SheetClosed
from caller.engine.rating_messages import (
    ContactLeft,
    RatingAddedTo,
    RatingAppealed,
    RectificationMoved,
)
from caller.records.contributions import CASE, FEEDBACK, READY_STATES, TOLD_AGAIN, TOLD_ONCE
from caller.records.open_rows import ProjectionState
from caller.records.rows import AppointmentRow, DayRow, DeviceRow, PresenceRow
from config.instants import SECOND


def _day_opened(fold: ProjectionState, event: ev.DayOpened, _seq: int) -> None:
    fold.day = DayRow(fold.site, event.day, event.zone, fold.now, event.stops_at, event.closes_at)
    fold.zone = ZoneInfo(event.zone)
    fold.touch(fold.day)
    for device in fold.devices.values():
        fold.count.device_seen(event.day, device)
    for stay in fold.windows.values():  # signed in before the opening
        stay.day = event.day
        fold.count.signed_in(stay)
        fold.touch(stay)


def _today(fold: ProjectionState) -> DayRow:
    assert fold.day, "only an open day is changed"
    fold.touch(fold.day)
    return fold.day


def _tickets_stopped(fold: ProjectionState, _event: ev.TicketsStopped, _seq: int) -> None:
    _today(fold).stopped = fold.now


def _hours_extended(fold: ProjectionState, event: ev.HoursExtended, _seq: int) -> None:
    day = _today(fold)
    day.stopped, day.stops_at, day.closes_at = None, event.until, event.until


def _day_closed(fold: ProjectionState, _event: ev.DayClosed, _seq: int) -> None:
    day = _today(fold)
    for device in fold.devices.values():
        fold.count.device_out(day, device, fold.now)
    day.closed = fold.now
    fold.day = None


def _day_rooted(_fold: ProjectionState, _event: ev.DayRooted, _seq: int) -> None:
    """Make no figure of it: a root is about the log."""


def _day_reopened(fold: ProjectionState, event: ev.DayReopened, _seq: int) -> None:
    """Open the same row again; a stop by hand is over. What devices were out of order until the mistaken close is
    taken back, for it counts on to the right one; a state reported since then is one of this day."""
    day = fold.find_day(event.day)
    closed = fold.now if day.closed is None else day.closed
    for device in fold.devices.values():
        if not device.day and device.began >= closed:
            device.day = event.day
            fold.touch(device)
        else:
            fold.count.device_out(day, device, closed, -1)
    day.stops_at, day.closes_at, day.stopped, day.closed = event.stops_at, event.closes_at, None, None
    fold.day, fold.zone = day, ZoneInfo(event.zone)
    fold.touch(day)


def _present(fold: ProjectionState, window: str, clerk: str, state: str, reason: str, seq: int) -> None:
    row = PresenceRow(fold.site, seq, fold.label, window, clerk, state, reason, fold.now)
    fold.windows[window] = row
    if row.day:
        fold.count.signed_in(row)
    fold.touch(row)


def _leave(fold: ProjectionState, window: str) -> PresenceRow:
    row = fold.windows.pop(window)
    row.ended = fold.now
    if row.day:
        fold.count.stayed(row, fold.now)
    fold.touch(row)
    return row


def _window_opened(fold: ProjectionState, event: ev.WindowOpened, seq: int) -> None:
    _present(fold, event.window, event.clerk, "open", "", seq)


def _window_paused(fold: ProjectionState, event: ev.WindowPaused, seq: int) -> None:
    _present(fold, event.window, _leave(fold, event.window).clerk, "paused", event.reason, seq)


def _window_resumed(fold: ProjectionState, event: ev.WindowResumed, seq: int) -> None:
    _present(fold, event.window, _leave(fold, event.window).clerk, "open", "", seq)


def _relieved(fold: ProjectionState, event: ClerkRelieved, seq: int) -> None:
    _leave(fold, event.window)
    _present(fold, event.window, event.clerk, "open", "", seq)


def _window_closed(fold: ProjectionState, event: ev.WindowClosed, _seq: int) -> None:
    _leave(fold, event.window)


def _booked(fold: ProjectionState, event: ev.AppointmentBooked, seq: int) -> None:
    row = AppointmentRow(
        fold.site, seq, event.appointment, event.day, event.slot, event.item, event.queue, booked=fold.now
    )
    fold.appointments[event.appointment] = row
    fold.count.appointment(row, 1)
    fold.touch(row)


def _changed(fold: ProjectionState, event: ev.AppointmentChanged | ev.AppointmentMoved, _seq: int) -> None:
    row = fold.appointments[event.appointment]
    row.slot = event.slot
    row.changes += 1
    fold.change_appointment(row, event.day, row.state)


def _ended(state: str) -> Callable[[ProjectionState, Any, int], None]:
    return lambda fold, event, _seq: fold.end_appointment(event.appointment, state)


def _device(fold: ProjectionState, event: ev.DeviceReported, seq: int) -> None:
    before = fold.devices.get(event.device)
    if before:
        # A device's state outlives the day, and between days the clock may have been set back.
        before.ended = max(before.began, fold.now)
        fold.touch(before)
    row = DeviceRow(fold.site, seq, fold.label, event.device, event.kind, event.state, event.detail, fold.now)
    fold.devices[event.device] = row
    fold.touch(row)
    if fold.day:
        if before:
            fold.count.device_out(fold.day, before, fold.now)
        fold.count.device_seen(fold.day.day, row, fault=row.state not in READY_STATES)


def _unrecorded(_fold: ProjectionState, _event: ev.AnyEvent, _seq: int) -> None:
    """Make no figure of jobs, leases, deadlines, marks, messages, settings, administration: their events are in the log."""


def _date(fold: ProjectionState) -> str:
    """Return the business day, or between two of them the date: the office works on cases then, too."""
    return fold.label or datetime.fromtimestamp(fold.now // SECOND, fold.zone).date().isoformat()


def _papers_asked(fold: ProjectionState, event: ev.PapersAsked, _seq: int) -> None:
    """Tally whether all was asked for at once, by item, window and clerk: a paper asked for later was not."""
    subject = TOLD_AGAIN if event.again else TOLD_ONCE
    for kind, value in (("item", event.item), ("window", event.window), ("clerk", event.clerk)):
        if value:  # the office asks for the papers of a case that no window has
            fold.count.tally(_date(fold), subject, f"{kind}/{value}", 1)


def _case_opened(fold: ProjectionState, event: ev.CaseOpened, _seq: int) -> None:
    fold.count.tally(_date(fold), CASE, event.state, 1)


def _case_done(fold: ProjectionState, _event: ev.CaseDone, _seq: int) -> None:
    fold.count.tally(_date(fold), CASE, "done", 1)


def _case_moved(fold: ProjectionState, event: ev.CaseMoved, _seq: int) -> None:
    fold.count.tally(_date(fold), CASE, f"{event.move}-{event.decision}" if event.decision else event.move, 1)


FILED_AS = {"coordinate": "coordinated", "transfer": "transferred", "approve": "answered", "archive": "filed"}
OPENED = "accepted"  # a receipt with a number and a date is the acceptance


def _follow_up_opened(fold: ProjectionState, event: ev.FollowUpOpened, _seq: int) -> None:
    """Tally what is received with a receipt; older complaints and bad ratings are in the log only."""
    if event.code:
        fold.count.tally(_date(fold), FEEDBACK, f"{event.kind}/{OPENED}", 1)
        fold.count.tally(_date(fold), FEEDBACK, f"way/{event.way}", 1)


def _follow_up_moved(fold: ProjectionState, event: ev.FollowUpMoved, _seq: int) -> None:
    """Tally how it was dealt with: brought to other departments or given to one once, however often."""
    if event.kind and not event.again:
        done = FILED_AS.get(event.move, event.move)
        fold.count.tally(_date(fold), FEEDBACK, f"{event.kind}/{done}", 1)


def _papers_voided(fold: ProjectionState, event: ev.PapersVoided, _seq: int) -> None:
    """Take out what a corrected outcome had counted, as if it had never been asked."""
    subject = TOLD_AGAIN if event.again else TOLD_ONCE
    for value in (f"item/{event.item}", f"window/{event.window}", f"clerk/{event.clerk}"):
        fold.count.tally(_date(fold), subject, value, -1)


def _case_voided(fold: ProjectionState, event: ev.CaseVoided, _seq: int) -> None:
    fold.count.tally(_date(fold), CASE, event.state, -1)
    fold.count.tally(_date(fold), CASE, "void", 1)


APPLY: dict[type[Any], Callable[[ProjectionState, Any, int], None]] = {
    ev.DayOpened: _day_opened,
    ev.TicketsStopped: _tickets_stopped,
    ev.HoursExtended: _hours_extended,
    ev.DayClosed: _day_closed,
    ev.DayRooted: _day_rooted,
    ev.DayReopened: _day_reopened,
    ev.WindowOpened: _window_opened,
    ev.WindowPaused: _window_paused,
    ev.WindowResumed: _window_resumed,
    ev.WindowClosed: _window_closed,
    ClerkRelieved: _relieved,
    ev.AppointmentBooked: _booked,
    ev.AppointmentChanged: _changed,
    ev.AppointmentMoved: _changed,
    ev.AppointmentCancelled: _ended("cancelled"),
    ev.AppointmentMissed: _ended("missed"),
    ev.DeviceReported: _device,
    ev.PapersAsked: _papers_asked,
    ev.CaseOpened: _case_opened,
    ev.CaseDone: _case_done,
    ev.CaseMoved: _case_moved,
    ev.FollowUpOpened: _follow_up_opened,
    ev.FollowUpMoved: _follow_up_moved,
    ev.CaseVoided: _case_voided,
    ev.PapersVoided: _papers_voided,
    **dict.fromkeys(
        (
            ev.JobRequested,
            ev.JobTaken,
            ev.JobEnded,
            ev.DeadlineOverdue,
            ev.DueDateSet,
            ev.Administered,
            ev.FollowUpTold,
            RectificationMoved,
            RatingAppealed,
            ContactLeft,
            RatingAddedTo,
            ev.PapersChecked,
            ev.AssistanceSet,
            ev.MessageSent,
            ev.MessageRead,
            ev.CardLaid,
            ev.PapersCompleted,
            ev.SettingsChanged,
            AlarmRaised,
            AlarmAcknowledged,
            QueuesSet,
            ev.Suspended,
            ev.SuspensionLifted,
            ev.WaitingNotified,
            LeaseGranted,
            LeaseRenewed,
            LeaseEnded,
            LeasedNumberLapsed,
            SheetClosed,
        ),
        _unrecorded,
    ),
}
