"""The settings in force: a version's number and hash, by event. Pure: the text of a version lies in the data folder.

1. Versions are counted from 1, each made from the one in force. A change names that one (`as_of`): of two managers who
   change the settings at once the second is refused.
2. The loop adds the checked settings to the command's envelope; a command without them is refused. The event carries the
   number, the hash of the text, the names of what changed and no value, so that a replay needs no settings.
3. No ticket, call or line is touched: promises, deadlines and the day's hours are in events already. New tickets and new
   calls go by the new settings.
4. At a window where a clerk is signed in the clerk goes on, with the queues that the new settings give the window,
   but for those the clerk had left out at sign-in, and with those a manager has given it (`takeovers`, rule 1). A window
   that would be left with none keeps what it had.
5. What the settings lose while it is in use is retired (`retired`), and any window calls from a retired queue.
"""

from typing import Any

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import windows
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.register import VersionInForce
from caller.engine.retired import Retired, lost
from caller.engine.state import Apply, Decide, HallState
from caller.engine.windows import WindowState
from config.instants import Micros
from config.settings import Settings

IN_FORCE = "in-force"  # key of the register's row
FIELDS_MAX = 60  # names of changed settings in an event; the store has them all


def in_force(hall: HallState) -> VersionInForce:
    """Return the version in force; number 0 where none was ever noted."""
    return hall.register.versions.get(IN_FORCE) or VersionInForce(0, "", 0)


def _change(
    hall: HallState, envelope: CommandEnvelope, command: cmd.ChangeSettings, _now: Micros
) -> list[ev.AnyEvent]:
    known, new = in_force(hall), envelope.settings
    if command.as_of != known.version:
        raise Refused("settings-changed", version=known.version)
    if command.hash == known.hash:
        return []
    if new is None:
        raise Refused("settings-not-here")
    if new.hall.site != hall.settings.hall.site:
        raise Refused("settings-site", site=hall.settings.hall.site)
    if new.hall.zone != hall.settings.hall.zone and hall.state.day.open:
        raise Refused("settings-zone", zone=hall.settings.hall.zone)
    kept = lost(hall.in_use(), hall.known_rows(), new)
    return [
        ev.SettingsChanged(
            version=known.version + 1,
            hash=command.hash,
            fields=command.fields[:FIELDS_MAX],
            taken_back=command.taken_back,
            from_file=command.from_file,
            serves=_serves(hall, new, kept),
            kept=kept.names(),
        )
    ]


def _serves(hall: HallState, new: Settings, kept: Retired) -> dict[str, dict[str, int]]:
    """Return what the windows with a clerk serve from now on, where that changes (rules 4 and 5)."""
    tables = hall.window_settings | {each.id: each for each in new.windows}
    changed: dict[str, dict[str, int]] = {}
    for window in hall.state.windows.values():
        if window.state == "closed":
            continue
        own = _as_set(hall, window, new, windows.serves(new, tables[window.id], []))
        own = {queue: minutes for queue, minutes in own.items() if queue not in kept.queues} or {
            queue: minutes for queue, minutes in window.serves.items() if queue in kept.queues
        }
        retired = dict.fromkeys(sorted(kept.queues - own.keys()), 0)
        if (serves := own | retired or window.serves) != window.serves:
            changed[window.id] = serves
    return changed


def _as_set(hall: HallState, window: WindowState, new: Settings, queues: dict[str, int]) -> dict[str, int]:
    """Return these queues without those that were left out at the window, and with those that were given to it by hand."""
    before = windows.serves(hall.settings, hall.window_settings[window.id], [])
    known, left_out = {each.id for each in new.queues}, before.keys() - window.serves.keys()
    given = {id: wait for id, wait in window.serves.items() if id in known and id not in before}
    return given | {queue: minutes for queue, minutes in queues.items() if queue not in left_out}


# --- apply


def _changed(hall: HallState, event: ev.SettingsChanged, _at: Micros) -> None:
    for id, serves in event.serves.items():
        window = hall.state.windows[id]
        hall.seat(window, window.clerk, serves)
        window.version += 1


def _note_version(hall: HallState, event: ev.SettingsChanged, at: Micros) -> None:
    hall.register.versions.put(IN_FORCE, VersionInForce(event.version, event.hash, at))


DECIDE: dict[type[Any], Decide] = {cmd.ChangeSettings: _change}
APPLY: dict[type[Any], Apply] = {ev.SettingsChanged: _changed}
APPLY_REGISTER: dict[type[Any], Apply] = {ev.SettingsChanged: _note_version}
