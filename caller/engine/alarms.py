"""Alarms of a window (求助): its clerk calls a manager or security, silently; a member of the staff acknowledges it.

1. A window has one alarm at a time. Raising it again while it is not acknowledged does nothing, but for calling security
   where a manager was called: the stronger one takes its place, and never the other way round.
2. No public screen, no sign and no voice shows it: it stands in the window's own document and in supervision's.
3. It is acknowledged once, by who saw this very alarm; the clerk then sees that, and since when.
4. It changes nothing about who is at the window, so no version counts it. It is no matter of the day: an alarm that
   waits for its answer outlives a closing and the next opening.
"""

from typing import Any

from caller.engine import desk_commands as desk_cmd
from caller.engine import events as ev
from caller.engine import hall_events
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.sign_in import signed_in
from caller.engine.state import Apply, Decide, HallState
from caller.engine.windows import WindowAlarm, WindowState
from config.instants import Micros


def open_alarm(window: WindowState) -> WindowAlarm | None:
    """Return the alarm of a window that is not yet acknowledged."""
    alarm = window.alarm
    return alarm if alarm and not alarm.acknowledged else None


def _raise(
    hall: HallState, _envelope: CommandEnvelope, command: desk_cmd.RaiseAlarm, _now: Micros
) -> list[ev.AnyEvent]:
    window = signed_in(hall, command.window)
    alarm = open_alarm(window)
    if alarm and (alarm.kind == command.kind or alarm.kind == "security"):
        return []
    return [hall_events.AlarmRaised(window.id, window.clerk, command.kind)]


def _acknowledge(
    hall: HallState, envelope: CommandEnvelope, command: desk_cmd.AcknowledgeAlarm, _now: Micros
) -> list[ev.AnyEvent]:
    alarm = open_alarm(hall.window(command.window))
    if alarm is None or alarm.raised != command.raised:
        raise Refused("no-alarm", window=command.window)
    return [hall_events.AlarmAcknowledged(command.window, envelope.account or envelope.station)]


def _raised(hall: HallState, event: hall_events.AlarmRaised, at: Micros) -> None:
    hall.state.windows[event.window].alarm = WindowAlarm(event.kind, at)


def _acknowledged(hall: HallState, event: hall_events.AlarmAcknowledged, at: Micros) -> None:
    alarm = hall.state.windows[event.window].alarm
    if alarm:
        alarm.acknowledged = at


DECIDE: dict[type[Any], Decide] = {desk_cmd.RaiseAlarm: _raise, desk_cmd.AcknowledgeAlarm: _acknowledge}
APPLY: dict[type[Any], Apply] = {
    hall_events.AlarmRaised: _raised,
    hall_events.AlarmAcknowledged: _acknowledged,
}
APPLY_REGISTER: dict[type[Any], Apply] = {}
