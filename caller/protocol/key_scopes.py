"""What an API key may do and watch: by the scopes of its account, closed by default. Pure.

1. An API key is an account of a program (`hallcall account add NUMBER --key --roles read,tickets`); its roles are scopes.
   On a line of the web process on which a key has signed in, the scopes are the whole table: neither the web station's
   own row nor a role of a person opens anything there.
2. A command stands in the row of exactly one scope, or no key may send it: the day, the settings, accounts, stations,
   ratings, rectifications and scores are not for programs.
3. A scope that sends also reads what it needs to send it. `read` is what every screen of the hall shows.
4. The roles guide and manager, which keys had before there were scopes, mean what such a key could reach then.
5. A program acts for persons it names: they have a usable account where the hall requires accounts, and who sits down at
   a window is a clerk. Which of its own users pressed is the program's to know; the log has the number of the key.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args

from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase, OpenCase
from caller.engine.desk_commands import CorrectOutcome
from caller.engine.feedback_messages import SubmitFeedback
from caller.engine.refusals import Refused

Scope = Literal["read", "tickets", "appointments", "windows", "cases", "feedback", "events"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

SCOPE_MAY: dict[Scope, frozenset[type[Any]]] = {
    "read": frozenset(),
    "tickets": frozenset({cmd.TakeTicket, cmd.CancelTicket, cmd.PostponeTicket, cmd.RequeueTicket}),
    "appointments": frozenset(get_args(cmd.AppointmentCommand)),
    "windows": frozenset(get_args(cmd.DeskCommand)) | {CorrectOutcome},
    "cases": frozenset({OpenCase, MoveCase}),
    "feedback": frozenset({SubmitFeedback}),
    "events": frozenset(),
}
# The first part of topics, for each scope that reads.
SCOPE_WATCHES: dict[Scope, frozenset[str]] = {
    "read": frozenset({"board", "kiosk", "slots"}),
    "tickets": frozenset({"ticket", "find"}),
    "appointments": frozenset({"slots"}),
    "windows": frozenset({"window", "ticket", "find"}),
    "cases": frozenset({"cases", "case"}),
    "feedback": frozenset({"feedback"}),
    "events": frozenset(),
}
ROLE_SCOPES: dict[str, frozenset[Scope]] = {
    "guide": frozenset({"read", "tickets", "appointments"}),
    "manager": frozenset({"read", "tickets", "appointments", "cases"}),
}
KEY_ROLES: frozenset[str] = frozenset({*SCOPES, *ROLE_SCOPES})  # with which a key signs in on the web process
# Of the token of a station enrolled as `web`, which was a key before accounts could be.
STATION_SCOPES: frozenset[Scope] = frozenset({"read", "tickets", "appointments"})
# How feedback that a program hands on came in: the other ways belong to the hall's own stations.
FEEDBACK_WAYS_OF_KEYS = frozenset({"page", "call", "letter", "visit"})


RolesOf = Callable[
    [str], frozenset[str] | None
]  # a staff number → the roles of a usable account; None: there is none


def scopes_of(roles: frozenset[str]) -> frozenset[Scope]:
    """Return the scopes that the roles of an account give."""
    found: set[Scope] = {each for each in SCOPES if each in roles}
    for role, scopes in ROLE_SCOPES.items():
        found |= scopes if role in roles else frozenset()
    return frozenset(found)


def scope_of(command: type[Any]) -> Scope | None:
    """Return the scope whose row has this command; None where no key may send it."""
    return next((scope for scope, may in SCOPE_MAY.items() if command in may), None)


def may_watch_by_key(roles: frozenset[str], kind: str) -> bool:
    """Return whether a key with these roles may watch topics whose first part is `kind`."""
    return any(kind in SCOPE_WATCHES[scope] for scope in scopes_of(roles))


def check_key(command: Any, staff: str, roles: frozenset[str], roles_of: RolesOf | None) -> None:
    """Raise `Refused` unless the key `staff` with these roles may send this command.

    roles_of: None where the hall requires no accounts, and any name will do for a person.
    """
    if scope_of(type(command)) not in scopes_of(roles):
        raise Refused("role-not-allowed", account=staff)
    match command:
        case SubmitFeedback(way=way) if way not in FEEDBACK_WAYS_OF_KEYS:
            raise Refused("not-allowed", role="web")
        case cmd.TransferTicket(place=place) if place != "keep":
            raise Refused("place-not-allowed")
        case cmd.OpenWindow(clerk=clerk) if roles_of:
            _need_account(clerk, roles_of, "clerk")
        case OpenCase(staff=named) if roles_of and named:
            _need_account(named, roles_of)
        case MoveCase(staff=named, owner=owner) if roles_of:
            for each in filter(None, (named, owner)):
                _need_account(each, roles_of)
        case _:
            pass


def _need_account(staff: str, roles_of: RolesOf, role: str = "") -> None:
    """Refuse a person who has no usable account, or none with this role."""
    roles = roles_of(staff)
    if roles is None:
        raise Refused("unknown-account", account=staff)
    if role and role not in roles:
        raise Refused("role-not-allowed", account=staff)
