"""What a signed-in person may do and watch, by the roles of their account: closed by default. Pure.

1. A person acts *on* a station. Allowed is what the station's row and tie allow (`permissions`) **and** what a role of
   the account allows here, of those roles that may act on a station of that kind (`ACTS_ON`).
2. Where the hall requires accounts, each command of a station in `ACTS_ON` needs a person; a machine (kiosk, board,
   evaluator, web, a phone) acts for the public and never has one. An agent's own reports and the readers' check-ins are
   a machine's; the keys of a hard caller are a person's.
3. A clerk acts at the window where they are the clerk. What is in the middle there when its clerk is gone may be ended
   by another clerk who signs in (`ENDS`): the call stays, and nothing new begins under an absent person's number. Or
   that clerk takes the seat (`RelieveClerk`), and all of it is theirs.
4. Whom a command names (the clerk of a window, the owner of a follow-up) is an account that exists: a typo cannot
   become a clerk.
5. A handler and a guide take follow-ups and investigate their own: `HANDLES`. A supervisor reviews answers (`REVIEWS`), and
   closes accountability records, which no one else does. Who else does what with them is the engine's to decide.
   Follow-ups are watched as the person who is signed in, for none sees the complaints about themselves.
6. The office (`PERSON_ALWAYS`) is behind a sign-in in every hall, also where none is required elsewhere.
7. What an administrator does outside the log (accounts, stations, reading the audit) is in `ADMINISTERS`, for the office.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, get_args

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import guide_commands as guide
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.envelope import EnrolStation, RevokeStation
from caller.engine.fee_messages import CorrectFee, TakeFee
from caller.engine.feedback_messages import SubmitFeedback
from caller.engine.lease_terms import CloseSheet, NoteCalledByHand
from caller.engine.performance_messages import PerformanceCommand
from caller.engine.rating_messages import AppealRating, MoveRectification, RateCase
from caller.engine.refusals import Refused
from caller.engine.suspension_terms import SuspensionCommand
from caller.protocol.key_scopes import KEY_ROLES, check_key

ACCOUNT_ROLES = ("clerk", "guide", "manager", "supervisor", "technician", "auditor", "handler")
# On which kinds of station a role acts. A manager who sits at a window has the role clerk as well.
ACTS_ON: dict[str, frozenset[str]] = {
    "window": frozenset({"clerk"}),
    "agent": frozenset({"clerk"}),  # at the keys of a hard caller
    "guide": frozenset({"guide", "manager"}),
    "manager": frozenset({"manager", "technician", "auditor", "handler"}),
    "office": frozenset({"manager", "supervisor", "technician", "auditor", "handler", "guide"}),
    "supervisor": frozenset({"supervisor", "manager", "auditor", "handler"}),
}
PERSON_ALWAYS = frozenset({"office"})
# On which kinds of station an account of a program (a key) acts: a line of the web process on which one has signed in sends
# nothing any more but what a scope of that key allows (`key_scopes`). Its other lines act for the public, without one.
KEYS_ACT_ON: dict[str, frozenset[str]] = {"web": KEY_ROLES}
# Which roles do what is no command of the hall: rows of the office's own pages.
ADMINISTERS: dict[str, frozenset[str]] = {
    "accounts": frozenset({"manager"}),
    "audit": frozenset({"manager", "auditor"}),
    "reports": frozenset({"manager", "supervisor", "auditor"}),
    "stations": frozenset({"manager", "technician"}),
    "deliveries": frozenset({"manager", "technician"}),
}

_MANAGER = frozenset({"manager"})
_GUIDE = frozenset({"guide"})
_DESK = frozenset({"clerk", "manager"})
_FRONT = frozenset({"clerk", "guide", "manager"})
_BOOKING = frozenset({"guide", "manager"})

ACCOUNT_MAY: dict[type[Any], frozenset[str]] = {
    cmd.OpenDay: _MANAGER,
    cmd.CloseDay: _MANAGER,
    cmd.ReopenDay: _MANAGER,
    cmd.StopTickets: _MANAGER,
    cmd.ExtendHours: _MANAGER,
    **dict.fromkeys(get_args(SuspensionCommand), _MANAGER),
    cmd.TakeTicket: _FRONT,
    cmd.CancelTicket: _FRONT,
    cmd.PostponeTicket: _BOOKING,
    cmd.RequeueTicket: _FRONT,
    cmd.OpenWindow: _FRONT,
    cmd.CloseWindow: _FRONT,
    cmd.PauseWindow: _DESK,
    cmd.ResumeWindow: _DESK,
    cmd.CallNext: _DESK,
    cmd.CallTicket: _DESK,
    cmd.Recall: _DESK,
    cmd.StartService: _DESK,
    cmd.ServeWalkIn: _DESK,
    cmd.FinishService: _DESK,
    cmd.MarkNoShow: _DESK,
    cmd.HoldTicket: _DESK,
    cmd.TransferTicket: _FRONT,
    desk_cmd.CorrectOutcome: _DESK,
    TakeFee: _DESK,
    CorrectFee: _DESK,
    desk_cmd.RaiseAlarm: _DESK,
    desk_cmd.AcknowledgeAlarm: frozenset({"manager", "supervisor"}),
    desk_cmd.SetQueues: _MANAGER,
    desk_cmd.RelieveClerk: _DESK,
    desk_cmd.TakeOverVisit: _DESK,
    desk_cmd.MergeTickets: _DESK,
    cmd.BookAppointment: _BOOKING,
    cmd.ChangeAppointment: _BOOKING,
    cmd.CancelAppointment: _BOOKING,
    cmd.CheckIn: _BOOKING,
    cmd.RequestJob: _FRONT | {"technician"},
    cmd.OpenFollowUp: _BOOKING,
    cmd.MoveFollowUp: frozenset({"manager", "handler", "guide", "supervisor"}),
    SubmitFeedback: _FRONT | {"handler"},
    cmd.NoteDateTold: _BOOKING,
    MoveRectification: frozenset({"manager", "handler"}),
    AppealRating: _DESK,
    OpenCase: _MANAGER,
    MoveCase: _DESK,
    cmd.ChangeSettings: _MANAGER,
    **dict.fromkeys(get_args(PerformanceCommand), _MANAGER),
    EnrolStation: _MANAGER,
    RevokeStation: _MANAGER,
    NoteCalledByHand: _FRONT,
    CloseSheet: _BOOKING,
    guide.ChangeTicket: _BOOKING,
    guide.MarkPapers: _BOOKING,
    guide.SetAssistance: _BOOKING,
    guide.SendMessage: _BOOKING,
    guide.AcknowledgeMessage: _FRONT,
}
# What an agent sends of itself, without a person at its keys.
AGENT_ALONE = frozenset(
    {
        cmd.ReportDevice,
        cmd.Rate,
        RateCase,
        cmd.CheckIn,
        cmd.RequeueTicket,
        guide.LayCard,
    }
)
# What every program sends of itself, whoever is signed in on its station: what it was asked to do.
OF_PROGRAMS = frozenset({cmd.TakeJob, cmd.ReportJob})
KEYPAD_ONLY = frozenset({cmd.OpenWindow, cmd.CloseWindow})  # an agent sends these for a signed-in person only
ENDS = frozenset(
    {cmd.FinishService, cmd.MarkNoShow, cmd.HoldTicket, cmd.TransferTicket, cmd.PauseWindow, cmd.CloseWindow}
)
AT_OWN_WINDOW = frozenset(
    {
        cmd.CallNext, cmd.CallTicket, cmd.Recall, cmd.StartService, cmd.ServeWalkIn, cmd.ResumeWindow,
        guide.AcknowledgeMessage, desk_cmd.CorrectOutcome, TakeFee, CorrectFee, desk_cmd.TakeOverVisit, desk_cmd.MergeTickets,
    }
) | ENDS  # fmt: skip
# All that a guide does at the office: the rest of their work is the guide desk's.
AT_THE_OFFICE = frozenset({cmd.MoveFollowUp, SubmitFeedback, cmd.NoteDateTold})
SEATS = (cmd.OpenWindow, desk_cmd.RelieveClerk)  # put a clerk at a window: oneself, but for a manager
HANDLES = frozenset({"assign", "step", "coordinate", "answer", "verify", "call", "right"})
REVIEWS = frozenset({"approve", "return", "reopen"})
ONLY: dict[str, frozenset[str]] = {
    "handler": HANDLES,
    "guide": HANDLES,
    "supervisor": REVIEWS,
}  # moves of a follow-up

# What a station in `ACTS_ON` may watch while no person is signed in, and what each role adds there.
SIGNED_OUT: dict[str, frozenset[str]] = {
    "window": frozenset({"board", "kiosk", "window", "settings", "sheet"}),
    "agent": frozenset(
        {"board", "window", "devices", "jobs", "settings"}
    ),  # a machine: keypads, signs, printers
    "guide": frozenset({"board", "kiosk", "settings", "sheet"}),
    "manager": frozenset({"board", "kiosk", "settings"}),
    "office": frozenset({"board", "kiosk", "settings"}),
    "supervisor": frozenset({"board"}),
}
ACCOUNT_WATCHES: dict[str, frozenset[str]] = {
    "clerk": frozenset({"clerk-day", "ticket", "jobs", "cases", "notice"}),
    "guide": frozenset({"window", "ticket", "jobs", "guide", "find", "followups"}),
    "manager": frozenset({
        "window", "ticket", "supervise", "devices", "stations", "jobs", "followups", "guide", "find",
        "cases", "case", "notice", "progress", "rectifications", "rectified", "sheet",
    }),
    "supervisor": frozenset({
        "window", "supervise", "devices", "stations", "followups", "cases", "case", "rectifications",
    }),
    "technician": frozenset({"devices", "stations", "jobs"}),
    "auditor": frozenset({"supervise", "followups", "cases", "case", "rectifications"}),
    "handler": frozenset({"followups", "rectifications"}),
}  # fmt: skip


class ActingPerson(NamedTuple):
    """The person signed in on a station, as far as a rule needs them."""

    staff: str
    roles: frozenset[str]

    def acts_as(self, station_role: str) -> frozenset[str]:
        """Return the roles in which this person acts on a station of this kind."""
        return self.roles & (ACTS_ON.get(station_role) or KEYS_ACT_ON.get(station_role, frozenset()))


class Desk(NamedTuple):
    """What a rule about persons asks of the hall. `person`: signed in on the station, for the command's window.

    `clerk_of`: a window's id → the staff number of its clerk, or "". `roles_of`: a staff number → the roles of a usable
    account; None where there is none. `required`: the hall requires accounts. `keyed`: a key has signed in on this line.
    """

    person: ActingPerson | None
    clerk_of: Callable[[str], str]
    roles_of: Callable[[str], frozenset[str] | None]
    required: bool
    keyed: bool = False
    kind_of: Callable[[str], str] = lambda _follow_up: ""  # a follow-up's id → its kind


EMPTY_DESK = Desk(None, lambda _window: "", lambda _staff: None, False)


def needs_account(role: str, required: bool) -> bool:
    """Return whether a station of this role needs a person; `required`: the hall requires accounts."""
    return role in ACTS_ON and (required or role in PERSON_ALWAYS)


def check_person(role: str, command: Any, desk: Desk) -> None:
    """Raise `Refused` unless the person, or the key, on a station of this role may send this command."""
    if role in KEYS_ACT_ON and desk.keyed:
        if desk.person is None:
            raise Refused("sign-in-first")
        roles_of = desk.roles_of if desk.required else None
        check_key(command, desk.person.staff, desk.person.roles, roles_of)
        return
    if not needs_account(role, desk.required):
        if role == "agent" and type(command) in KEYPAD_ONLY:
            raise Refused("not-allowed", role=role)
        return
    if type(command) in OF_PROGRAMS or (role == "agent" and type(command) in AGENT_ALONE):
        return
    if desk.person is None:
        raise Refused("sign-in-first")
    acting = desk.person.acts_as(role) & ACCOUNT_MAY.get(type(command), frozenset())
    if not acting or (role == "office" and acting <= _GUIDE and type(command) not in AT_THE_OFFICE):
        raise Refused("role-not-allowed", account=desk.person.staff)
    if isinstance(command, cmd.MoveFollowUp | MoveRectification):
        _check_follow_up(command, acting, desk)
    if acting & {"clerk", "guide"} and "manager" not in acting:
        _check_clerk(command, desk.person.staff, desk)
    _check_named(role, command, desk)


def _check_follow_up(
    command: cmd.MoveFollowUp | MoveRectification, acting: frozenset[str], desk: Desk
) -> None:
    """Hold handlers, guides and supervisors to their moves, and accountability to supervisors (rule 5)."""
    assert desk.person
    for_all = any(role not in ONLY or command.move in ONLY[role] for role in acting)
    closes = command.move == "approve" and desk.kind_of(command.follow_up) == "accountability"
    gives = command.move == "assign" and command.owner not in ("", desk.person.staff)
    if not for_all or (gives and "manager" not in acting) or (closes and "supervisor" not in acting):
        raise Refused("role-not-allowed", account=desk.person.staff)


def _check_clerk(command: Any, staff: str, desk: Desk) -> None:
    """Hold a clerk, or a guide at the guide desk, to their own number and their own window (rule 3)."""
    kind = type(command)
    if kind in SEATS and command.clerk != staff:
        raise Refused("other-account", account=staff)
    if kind in AT_OWN_WINDOW and kind not in ENDS:
        clerk = desk.clerk_of(command.window)
        if clerk and clerk != staff:
            raise Refused("other-clerk", window=command.window, clerk=clerk)


def _check_named(role: str, command: Any, desk: Desk) -> None:
    """Refuse a command that names a person without a usable account (rule 4)."""
    match command:
        case cmd.OpenWindow(clerk=staff) | desk_cmd.RelieveClerk(clerk=staff) if desk.required:
            roles = desk.roles_of(staff)
            if roles is None:
                raise Refused("unknown-account", account=staff)
            if not roles & ACTS_ON["guide" if role == "guide" else "window"]:
                raise Refused("role-not-allowed", account=staff)
        case OpenCase(staff=staff) | MoveCase(staff=staff) if desk.person and staff not in (
            "",
            desk.person.staff,
        ):
            raise Refused("other-account", account=desk.person.staff)
        case MoveRectification(staff=staff) | AppealRating(staff=staff) if (
            desk.person and staff != desk.person.staff
        ):
            raise Refused("other-account", account=desk.person.staff)
        case cmd.NoteDateTold(staff=staff) if desk.person and staff != desk.person.staff:
            raise Refused("other-account", account=desk.person.staff)
        case cmd.MoveFollowUp(staff=staff, owner=owner):
            assert desk.person
            if staff != desk.person.staff:
                raise Refused("other-account", account=desk.person.staff)
            if owner and desk.required and desk.roles_of(owner) is None:
                raise Refused("unknown-account", account=owner)
        case _:
            return


def takes_on(move: str, staff: str, owner: str) -> bool:
    """Return whether a move is one of rule 5; an owner they name is themselves."""
    return move in HANDLES and owner in ("", staff)


def may_watch_as(role: str, persons: Iterable[ActingPerson], kind: str, rest: str = "") -> bool:
    """Return whether a station of this role, with these persons on it, may watch topics of this kind, where it needs
    one; what the station itself may watch is asked besides. `rest`: what stands behind the kind's slash."""
    if role not in ACTS_ON:
        return True
    if kind in SIGNED_OUT[role]:
        return True
    if kind == "followups":
        persons = [each for each in persons if each.staff == rest]
    return any(kind in ACCOUNT_WATCHES[each] for person in persons for each in person.acts_as(role))
