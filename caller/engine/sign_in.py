"""A window's clerk: signs in with the queues they can serve, pauses, resumes, signs out.

1. One clerk at one window, one window to one clerk.
2. A window is paused or closed only while no applicant is at it.
3. A clerk signs in while the day is open, and before it opens on the date that the calendar has it open; no call is
   made before it does.
4. A ticket bound to a window that closes waits in the queue again, its place kept.
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine import deadlines, windows
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.state import Apply, Decide, HallState
from caller.engine.windows import WindowState
from config.hall_lists import find, reasons
from config.instants import MINUTE, Micros


def _open(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.OpenWindow, now: Micros
) -> list[ev.AnyEvent]:
    if not may_begin(hall, now):
        raise Refused("day-not-open")
    window = hall.window(command.window)
    if window.id not in hall.window_settings or (
        window.id in hall.retired.windows and window.state == "closed"
    ):
        raise Refused("unknown-window", window=window.id)
    if window.state != "closed":
        if window.clerk == command.clerk:
            return []
        raise Refused("window-taken", window=window.id, clerk=window.clerk)
    need_one_place(hall, command.clerk)
    unknown = next((queue for queue in command.queues if queue not in hall.queues), None)
    if unknown is not None:
        raise Refused("unknown-queue", queue=unknown)
    place = hall.window_settings[window.id]
    serves = windows.serves(hall.settings, place, command.queues)
    if not serves and place.kind == "guide":  # who guides calls no number
        return [ev.WindowOpened(window=window.id, clerk=command.clerk, serves={})]
    if not serves:
        raise Refused("cannot-serve", window=window.id, queue="、".join(command.queues))
    # Whoever waits in a queue that the settings have lost is called by any window in turn: no other is to come first.
    serves |= dict.fromkeys(sorted(hall.retired.queues), 0)
    return [ev.WindowOpened(window=window.id, clerk=command.clerk, serves=serves)]


def may_begin(hall: HallState, now: Micros) -> bool:
    """Return whether a clerk may sign in: the business day is open, or is still to be opened today."""
    if hall.state.day.open:
        return True
    today = hall.local_date(now)
    if today.isoformat() in hall.register.used_days:
        return False
    opening = hall.calendar.opening(now)
    return hall.calendar.in_hours(now) or (opening is not None and opening.day == today)


def need_one_place(hall: HallState, clerk: str) -> None:
    elsewhere = next((w for w in hall.state.windows.values() if w.clerk == clerk), None)
    if elsewhere:
        raise Refused("clerk-elsewhere", clerk=clerk, window=elsewhere.id)


def _close(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.CloseWindow, _now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    _need_free(hall, window)
    return [ev.WindowClosed(window=window.id)]


def _pause(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.PauseWindow, now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    if window.state == "paused":
        raise Refused("window-paused", window=window.id)
    _need_free(hall, window)
    if command.reason and not find(hall.settings, "pause", command.reason):
        known = "、".join(each.name for each in reasons(hall.settings, "pause"))
        raise Refused("unknown-pause", reason=command.reason, known=known)
    back = now + command.minutes * MINUTE if command.minutes else 0
    due = back or deadlines.pause_due(hall, command.reason, now)
    return [ev.WindowPaused(window=window.id, reason=command.reason, due=due, back=back)]


def _resume(
    hall: HallState, _envelope: CommandEnvelope, command: cmd.ResumeWindow, _now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    if window.state != "paused":
        raise Refused("window-not-paused", window=window.id)
    return [ev.WindowResumed(window=window.id)]


def signed_in(hall: HallState, id: str) -> WindowState:
    """Return the window, at which a clerk is signed in. Raises `Refused` (`window-not-open`, `unknown-window`)."""
    window = hall.window(id)
    if window.state == "closed":
        raise Refused("window-not-open", window=id)
    return window


def _need_free(hall: HallState, window: WindowState) -> None:
    if window.ticket:
        raise Refused("window-busy", number=hall.state.tickets[window.ticket].number)


# --- apply


def _opened(hall: HallState, event: ev.WindowOpened, at: Micros) -> None:
    window = hall.state.windows.setdefault(event.window, WindowState(id=event.window))
    windows.move(window, ev.WindowOpened, at)
    hall.seat(window, event.clerk, event.serves)
    window.freed = at


def _paused(hall: HallState, event: ev.WindowPaused, at: Micros) -> None:
    window = hall.state.windows[event.window]
    windows.move(window, ev.WindowPaused, at)
    window.reason, window.due, window.back = event.reason, event.due, event.back


def _resumed(hall: HallState, event: ev.WindowResumed, at: Micros) -> None:
    window = hall.state.windows[event.window]
    windows.move(window, ev.WindowResumed, at)
    window.reason, window.due, window.back = "", 0, 0


def _window_closed(hall: HallState, event: ev.WindowClosed, at: Micros) -> None:
    """Unbind the tickets that waited for this window alone."""
    window = hall.state.windows.setdefault(event.window, windows.WindowState(id=event.window))
    windows.move(window, ev.WindowClosed, at)
    hall.seat(window, "", {})
    window.reason, window.due, window.back, window.messages, window.reset = "", 0, 0, [], False
    window.card = None
    for ticket in [t for t in hall.live() if t.bound == event.window and t.state == "waiting"]:
        hall.leave(ticket)
        ticket.bound = ""
        hall.enter(ticket)


DECIDE: dict[type[Any], Decide] = {
    cmd.OpenWindow: _open,
    cmd.CloseWindow: _close,
    cmd.PauseWindow: _pause,
    cmd.ResumeWindow: _resume,
}
APPLY: dict[type[Any], Apply] = {
    ev.WindowOpened: _opened,
    ev.WindowPaused: _paused,
    ev.WindowResumed: _resumed,
    ev.WindowClosed: _window_closed,
}
APPLY_REGISTER: dict[type[Any], Apply] = {}
