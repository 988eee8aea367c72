"""What administrators do, as events in the chain: who, what, on what, and from which version to which. Pure.

1. An act on what the log itself does not hold (accounts, stations, settings, the deletable store, a copy taken out) is
   noted by the caller (`NoteAct`) as one `Administered`. The day's verbs are events already (`DAY_ACTS`): the row says
   which station and which account. A station that is enrolled or revoked over the wire is noted likewise, as the act of
   the person signed in on the station that asked for it.
2. An event names things, fields and version numbers, never what stands in a field: a name or a phone in the chain could
   not be forgotten any more. `SUBJECT` and `FIELD` leave no room for one.
3. An act is noted once: its id is the command's, and a repeat has no second effect.
4. It changes nothing in the hall, so no view shows it; `hallcall audit` reads it from the log.
"""

import re
from typing import TYPE_CHECKING, Any, Literal, get_args

from caller.engine import envelope
from caller.engine import events as ev
from caller.engine.envelope import EnrolStation, RevokeStation
from caller.engine.refusals import Refused
from config.instants import Micros

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState

ActCode = Literal[
    "account-added", "account-changed", "account-roles", "account-password", "account-disabled", "account-enabled",
    "account-unlocked", "station-enrolled", "station-revoked", "sheet-printed", "person-deleted", "person-shown", "exported",
    "settings-changed", "settings-taken-back", "media-added", "media-removed", "clip-added", "clip-removed", "delivery-changed",
    "pc-paired",
]  # fmt: skip
ACTS: tuple[str, ...] = get_args(ActCode)
DAY_ACTS: dict[type[Any], str] = {
    ev.DayOpened: "day-opened",
    ev.DayClosed: "day-closed",
    ev.DayReopened: "day-reopened",
    ev.TicketsStopped: "tickets-stopped",
    ev.HoursExtended: "hours-extended",
    ev.Suspended: "suspended",
    ev.SuspensionLifted: "suspension-lifted",
    ev.WaitingNotified: "waiting-notified",
}
SUBJECT = re.compile(r"[a-z]+(/[A-Za-z0-9_.:-]{1,64}){0,2}\Z")  # "account/1003", "station/window/3", "log"
FIELD = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
FIELDS_MAX = 40


def _note(
    _hall: "HallState", _order: envelope.CommandEnvelope, command: envelope.NoteAct, _now: Micros
) -> list[ev.AnyEvent]:
    plain = SUBJECT.match(command.subject) and all(FIELD.match(each) for each in command.fields)
    if command.act not in ACTS or not plain or len(command.fields) > FIELDS_MAX:
        raise Refused("failed")
    return [
        ev.Administered(
            act=command.act, subject=command.subject, by=command.by, place=command.place, done=command.done,
            fields=list(command.fields), before=command.before, after=command.after,
        )
    ]  # fmt: skip


def _note_station(
    _hall: "HallState", order: envelope.CommandEnvelope, command: EnrolStation | RevokeStation, now: Micros
) -> list[ev.AnyEvent]:
    act = "station-enrolled" if isinstance(command, EnrolStation) else "station-revoked"
    subject, place = f"station/{command.role}/{command.name}", f"{order.role}/{order.station}"
    return [ev.Administered(act=act, subject=subject, by=order.account, place=place, done=now)]


def _noted(_hall: "HallState", _event: ev.Administered, _at: Micros) -> None:
    """Change nothing (rule 4)."""


DECIDE: "dict[type[Any], Decide]" = {
    envelope.NoteAct: _note,
    EnrolStation: _note_station,
    RevokeStation: _note_station,
}
APPLY: "dict[type[Any], Apply]" = {ev.Administered: _noted}
APPLY_REGISTER: "dict[type[Any], Apply]" = {}
