"""Who may do what: role × command and role × topic, closed by default.

A role opens a row; a tie narrows it: a window acts only for itself, an evaluator rates only who was last
served at its window, a phone touches only its own ticket, an agent speaks only for its own devices and
their windows. Pure: where a ticket was last is asked of the function handed in.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, get_args

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import guide_commands as guide
from caller.engine import rating_messages as rating
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.envelope import AnyCommand, EnrolmentCommand
from caller.engine.fee_messages import FeeCommand
from caller.engine.feedback_messages import JudgeFeedback, SubmitFeedback
from caller.engine.lease_terms import CloseSheet, HoldLease, MergeTicket, NoteCalledByHand
from caller.engine.performance_messages import PerformanceCommand
from caller.engine.refusals import Refused
from caller.engine.station_jobs import PAGE_STATIONS, evaluators
from caller.engine.suspension_terms import SuspensionCommand
from caller.protocol.account_roles import (
    ACTS_ON,
    EMPTY_DESK,
    KEYS_ACT_ON,
    ActingPerson,
    Desk,
    check_person,
    may_watch_as,
    needs_account,
    takes_on,
)
from caller.protocol.key_scopes import may_watch_by_key
from config.settings import Device, DeviceKind, Settings, agent_printers, agents

ROLES = (
    "kiosk", "window", "guide", "manager", "office", "supervisor", "board", "evaluator", "agent", "web", "phone", "deliver",
)  # fmt: skip
ENROLLED_ROLES = tuple(role for role in ROLES if role != "phone")  # a phone's token is its slip's key
# Who hands the slip out and is given the phone's key. No window: a clerk must not rate as the phone of a number.
SLIP_GIVERS = frozenset({"kiosk", "guide", "web"})

_DESK = frozenset({"window", "manager", "agent"})
_DAY = frozenset({"manager"})
_BOOKING = frozenset({"web", "kiosk", "guide", "manager"})
_GUIDING, _AT_WINDOWS = frozenset({"guide", "manager"}), frozenset({"window", "manager"})
# Programs, and pages that load themselves anew.
_WORKERS = frozenset({"agent", "kiosk", "web", "window", "deliver", *PAGE_STATIONS})

MAY: dict[type[Any], frozenset[str]] = {
    **dict.fromkeys(get_args(cmd.DayCommand), _DAY),
    **dict.fromkeys(get_args(SuspensionCommand), _DAY),
    cmd.TakeTicket: frozenset({"kiosk", "window", "guide", "manager", "web"}),
    cmd.CancelTicket: frozenset({"phone", "window", "guide", "manager", "web"}),
    cmd.PostponeTicket: frozenset({"phone", "kiosk", "guide", "manager", "web"}),
    cmd.RequeueTicket: frozenset({"phone", "kiosk", "window", "guide", "manager", "agent"}),
    **dict.fromkeys((cmd.ReportSlip, HoldLease, MergeTicket), frozenset({"kiosk"})),
    NoteCalledByHand: _GUIDING | {"window"},
    CloseSheet: _GUIDING,
    cmd.Rate: frozenset({"kiosk", "evaluator", "agent", "phone"}),  # of a kiosk: who lays the slip there
    **dict.fromkeys((cmd.OpenWindow, cmd.CloseWindow), _DESK | {"guide"}),  # of an agent: a person
    **dict.fromkeys((cmd.PauseWindow, cmd.ResumeWindow, cmd.CallNext, cmd.CallTicket), _DESK),
    cmd.ServeWalkIn: _AT_WINDOWS,
    **dict.fromkeys((cmd.Recall, cmd.StartService, cmd.FinishService, cmd.MarkNoShow, cmd.HoldTicket), _DESK),
    cmd.TransferTicket: _DESK | {"guide"},
    **dict.fromkeys((desk_cmd.CorrectOutcome, desk_cmd.RaiseAlarm), _AT_WINDOWS),
    **dict.fromkeys(get_args(FeeCommand), _AT_WINDOWS),
    desk_cmd.AcknowledgeAlarm: frozenset({"manager", "supervisor"}),
    desk_cmd.SetQueues: _DAY,
    **dict.fromkeys((desk_cmd.RelieveClerk, desk_cmd.TakeOverVisit, desk_cmd.MergeTickets), _AT_WINDOWS),
    **dict.fromkeys((cmd.BookAppointment, cmd.ChangeAppointment, cmd.CancelAppointment), _BOOKING),
    cmd.CheckIn: _BOOKING | {"agent"},
    cmd.ReportDevice: frozenset({"kiosk", "agent"}),
    cmd.RequestJob: frozenset({"window", "guide", "manager"}),
    **dict.fromkeys((cmd.TakeJob, cmd.ReportJob), _WORKERS),  # its own only: the engine compares the stations
    cmd.OpenFollowUp: frozenset({"web", "guide", "manager"}),
    cmd.MoveFollowUp: _GUIDING,
    SubmitFeedback: frozenset({"web", "kiosk", "window", "guide", "manager"}),
    JudgeFeedback: frozenset({"web"}),  # who holds the receipt; wrong codes are counted there
    rating.MoveRectification: frozenset({"manager"}),
    rating.AppealRating: frozenset({"window", "manager"}),  # of a window: the engine compares the clerk
    **dict.fromkeys((rating.NoteContact, rating.RateByNumber), frozenset({"web"})),  # it bounds guesses
    rating.AddToRating: frozenset({"web", "phone"}),  # of web: as of RateCase
    rating.RateCase: frozenset({"web", "evaluator", "agent", "phone"}),  # of web: it bounds guesses of a code
    OpenCase: frozenset({"web", "manager"}),  # of web: the acceptance system
    MoveCase: frozenset({"window", "manager"}),  # of a window: its own cases, the engine compares
    cmd.ChangeSettings: frozenset({"manager"}),
    **dict.fromkeys(get_args(PerformanceCommand), _DAY),
    cmd.NoteDateTold: frozenset({"phone", "web", "guide", "manager"}),
    **dict.fromkeys(get_args(EnrolmentCommand), frozenset({"manager"})),
    **dict.fromkeys((guide.ChangeTicket, guide.MarkPapers, guide.SendMessage), _GUIDING),
    guide.SetAssistance: _GUIDING | {"kiosk", "phone"},
    guide.AcknowledgeMessage: _GUIDING | {"window"},
    guide.LayCard: frozenset({"agent"}),  # that of the desk's own PC
}
# The office may what a manager's station may, and only with a person signed in on it (`account_roles`, rule 6).
MAY.update({kind: roles | {"office"} for kind, roles in MAY.items() if "manager" in roles})

# How a rating or a number may have come in, by role: a phone cannot pass for the keypad at the window.
VIAS: dict[str, frozenset[str]] = {
    "evaluator": frozenset({"evaluator", "tablet"}),
    "agent": frozenset({"evaluator"}),
    "phone": frozenset({"phone"}),
    "web": frozenset({"", "phone", "remote"}),
    "kiosk": frozenset({"", "kiosk"}),
}
PRINTS = frozenset({"print-slip", "print-test", "print-notice"})  # kinds of jobs that only cost paper
PAGES = frozenset({"phone", "web"})  # which tell an applicant of a moved date by a page
PLACERS = frozenset({"guide", "manager", "office"})  # who may put a ticket first or last

# The topics that are about one thing.
KEYED = frozenset({
    "window", "clerk-day", "ticket", "person", "jobs", "find", "case", "notice", "progress", "answers", "feedback", "slots", "booking",
})  # fmt: skip
EITHER = frozenset({"cases", "followups"})  # the hall's, or one window's or person's
ANY, OWN = "any", "own"  # what a role may watch; OWN is narrowed by `_owns`
_PUBLIC = ("board", "kiosk")
_SEEN_BY_KIOSK = (*_PUBLIC, "ticket", "person", "settings", "questions", "progress")
_SUPERVISED = ("window", "supervise", "devices", "stations", "followups", "cases", "case", "rectifications")
_MANAGED = (
    *_PUBLIC, "window", "ticket", "supervise", "devices", "stations", "jobs", "followups", "settings",
    "guide", "find", "cases", "case", "notice", "progress", "rectifications", "rectified", "sheet",
)  # fmt: skip
_SEEN_BY_GUIDE = (*_PUBLIC, "window", "ticket", "jobs", "settings", "guide", "find", "followups", "sheet")
_SEEN_BY_WEB = (
    *_PUBLIC, "window", "ticket", "supervise", "devices", "settings", "notice", "progress", "answers", "feedback", "rectified", "slots", "booking",
)  # fmt: skip
WATCHES: dict[str, dict[str, str]] = {
    "kiosk": dict.fromkeys(_SEEN_BY_KIOSK, ANY) | {"jobs": OWN},
    "window": {
        **dict.fromkeys(("board", "kiosk", "ticket", "settings", "notice", "sheet"), ANY),
        **dict.fromkeys(("window", "clerk-day", "jobs", "cases"), OWN),
    },
    "guide": dict.fromkeys(_SEEN_BY_GUIDE, ANY),
    "manager": dict.fromkeys(_MANAGED, ANY),
    "supervisor": dict.fromkeys(("board", *_SUPERVISED), ANY) | {"jobs": OWN},
    "board": {"board": ANY, "jobs": OWN},
    "evaluator": {"board": ANY, "window": OWN, "jobs": OWN},
    "agent": {"board": ANY, "window": OWN, "devices": ANY, "jobs": OWN, "settings": ANY},
    "web": dict.fromkeys(_SEEN_BY_WEB, ANY) | {"jobs": OWN},
    "deliver": {"jobs": OWN},
    "phone": {"ticket": OWN, "answers": OWN},
}
WATCHES["office"] = WATCHES["manager"]


class Station(NamedTuple):
    """Who a token stands for. `name` is a window's id, an agent's PC, a phone's ticket."""

    role: str
    name: str


WindowOf = Callable[[str], str]  # a ticket's id → the window it is at or was last at, or ""


def check(
    settings: Settings, station: Station, command: AnyCommand, window_of: WindowOf, desk: Desk = EMPTY_DESK
) -> None:
    """Raise `Refused` unless this station, and the person at the desk, may send this command.

    A line on which a key has signed in is held to the scopes of that key, and to nothing else.
    """
    if station.role in KEYS_ACT_ON and desk.keyed:
        check_person(station.role, command, desk)
        return
    if station.role not in MAY.get(type(command), frozenset()):
        raise _refused(station)
    if isinstance(command, cmd.TransferTicket) and command.place != "keep" and station.role not in PLACERS:
        raise Refused("place-not-allowed")
    if isinstance(command, cmd.Rate | cmd.TakeTicket | rating.RateCase) and command.via not in VIAS.get(
        station.role, {""}
    ):
        raise _refused(station)
    if isinstance(command, cmd.NoteDateTold) and (command.way == "page") != (station.role in PAGES):
        raise _refused(station)
    tie = TIES.get(station.role)
    if tie and not tie(Permission(settings, station.name, command, window_of)):
        raise _refused(station)
    check_person(station.role, command, desk)


def may_watch(settings: Settings, station: Station, topic: str, persons: Iterable[ActingPerson] = ()) -> bool:
    """Return whether this station, with these persons signed in on it, may watch this topic, which `WATCHES` must have."""
    kind, slash, rest = topic.partition("/")
    of_program = station.role in ("window", *PAGE_STATIONS) and topic == f"jobs/{station.name}"
    needed = needs_account(station.role, settings.accounts.required) and not of_program
    if needed and not may_watch_as(station.role, persons, kind, rest):
        return False
    reach = WATCHES.get(station.role, {}).get(kind)
    keyed = station.role in KEYS_ACT_ON and any(may_watch_by_key(each.roles, kind) for each in persons)
    if reach is None and keyed:
        reach = ANY
    if kind not in EITHER and bool(slash) != (kind in KEYED):
        return False
    return reach == ANY or (reach == OWN and _owns(settings, station, kind, rest))


def needs_person(settings: Settings, station: Station, topic: str, persons: Iterable[ActingPerson]) -> bool:
    """Return whether this station would watch this topic if some person signed in on it."""
    if any(each.acts_as(station.role) for each in persons):
        return False
    whose = topic.partition("/")[2] if topic.startswith("followups/") else ""
    anyone = ActingPerson(whose, ACTS_ON.get(station.role, frozenset()))
    return may_watch(settings, station, topic, [anyone])


def _owns(settings: Settings, station: Station, kind: str, name: str) -> bool:
    if kind == "jobs" and station.role == "window" and name != station.name:
        return any(_prints_for(each, station.name) for each in agent_printers(settings, name)) or any(
            each.window == station.name for each in evaluators(settings, name)
        )
    if station.role == "agent" and kind != "jobs":
        return any(device.window == name for device in _devices(settings, station.name))
    return station.name == name


def _refused(station: Station) -> Refused:
    return Refused("not-allowed", role=station.role)


# --- ties: what narrows a role's row to its own window, ticket or devices


class Permission(NamedTuple):
    """One question to a tie: may the station of this name send this command?"""

    settings: Settings
    name: str
    command: AnyCommand
    window_of: WindowOf


Tie = Callable[[Permission], bool]


def _window_tie(ask: Permission) -> bool:
    match ask.command:
        case cmd.CancelTicket(ticket=ticket) | cmd.RequeueTicket(ticket=ticket):
            return ask.window_of(ticket) in ("", ask.name)
        case cmd.TakeTicket(window=bound):
            return bound in ("", ask.name)
        case cmd.RequestJob():
            return _window_may_request(ask, ask.command)
        case cmd.TakeJob() | cmd.ReportJob():  # of its program: the engine compares
            return True
        case SubmitFeedback(way=way, ticket=ticket):
            files = way == "window" and ask.name in ask.settings.feedback.windows
            return files and bool(ticket) and ask.window_of(ticket) == ask.name
        case _:
            return getattr(ask.command, "window", None) == ask.name


def _window_may_request(ask: Permission, job: cmd.RequestJob) -> bool:
    """Return whether the job is for this window's own printer or evaluator, and not about another's ticket."""
    if job.kind == "ask-rating":
        asked = [each for each in evaluators(ask.settings, job.station) if job.device in ("", each.name)]
        return bool(asked) and asked[0].window == ask.name
    if job.kind not in PRINTS:
        return False
    printers = [each for each in agent_printers(ask.settings, job.station) if job.device in ("", each.name)]
    near = any(_prints_for(each, ask.name) for each in printers)
    return near and not job.number and (not job.ticket or ask.window_of(job.ticket) in ("", ask.name))


def _guide_tie(ask: Permission) -> bool:
    match ask.command:
        case cmd.RequestJob(kind=kind):
            return kind in PRINTS
        case cmd.MoveFollowUp(move=move, staff=staff, owner=owner):
            return takes_on(move, staff, owner)
        case cmd.OpenWindow(window=id) | cmd.CloseWindow(window=id) | guide.AcknowledgeMessage(window=id):
            return any(each.kind == "guide" and each.id == id for each in ask.settings.windows)
        case _:
            return True


def _web_tie(ask: Permission) -> bool:
    return not isinstance(ask.command, rating.RateCase | rating.AddToRating) or not ask.command.ticket


def _evaluator_tie(ask: Permission) -> bool:
    match ask.command:
        case cmd.Rate(ticket=ticket) | rating.RateCase(ticket=ticket):
            return bool(ticket) and ask.window_of(ticket) == ask.name
        case cmd.TakeJob() | cmd.ReportJob():
            return True
        case _:
            return False


def _phone_tie(ask: Permission) -> bool:
    return getattr(ask.command, "ticket", None) == ask.name


def _kiosk_tie(ask: Permission) -> bool:
    if isinstance(ask.command, SubmitFeedback):
        return ask.command.way == "kiosk"
    if isinstance(ask.command, cmd.ReportDevice):
        return ask.command.device in _kiosk_devices(ask.settings, ask.name)
    return True


def _kiosk_devices(settings: Settings, name: str) -> set[str]:
    """Return a kiosk's printers, and the readers that hang on it."""
    own = [kiosk for kiosk in settings.kiosks if kiosk.id == name]
    readers = {device.name for device in _devices(settings, name) if device.kind == "reader"}
    return readers.union(*(kiosk.printers for kiosk in own)) if own else set()


def _agent_tie(ask: Permission) -> bool:
    own = _devices(ask.settings, ask.name)
    match ask.command:
        case cmd.ReportDevice(device=name):
            return any(device.name == name for device in own)
        case cmd.Rate(ticket=ticket) | rating.RateCase(ticket=ticket):
            return _has(own, "evaluator", ask.window_of(ticket))
        case cmd.CheckIn() | cmd.RequeueTicket():  # who holds a slip's or an appointment's code may use it
            return any(device.kind == "reader" for device in own)
        case cmd.TakeJob() | cmd.ReportJob():
            return ask.name in agents(ask.settings)
        case _:
            kind = "reader" if isinstance(ask.command, guide.LayCard) else "caller-pad"
            return _has(own, kind, getattr(ask.command, "window", ""))


TIES: Mapping[str, Tie] = {
    "window": _window_tie, "guide": _guide_tie, "evaluator": _evaluator_tie, "phone": _phone_tie, "kiosk": _kiosk_tie,
    "agent": _agent_tie, "web": _web_tie,
}  # fmt: skip


def _prints_for(device: Device, window: str) -> bool:
    """Return whether a printer stands at this window, or at none in particular."""
    return device.window in ("", window)


def has_keypad(settings: Settings, agent: str, window: str) -> bool:
    """Return whether a hard caller of this window hangs on this agent."""
    return _has(_devices(settings, agent), "caller-pad", window)


def _devices(settings: Settings, agent: str) -> list[Device]:
    return [device for device in settings.devices if device.agent == agent]


def _has(devices: list[Device], kind: DeviceKind, window: str) -> bool:
    return bool(window) and any(device.kind == kind and device.window == window for device in devices)
