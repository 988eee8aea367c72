"""Every role of an account × command × topic, written out, over the real wire: nothing outside these tables is allowed.

A column is an account's role on a kind of station; what a station may do of itself is the table of `test_permissions`.
"""

from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import structs

from caller import views
from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine import rating_messages as rating
from caller.engine.case_messages import OpenCase
from caller.engine.envelope import AnyCommand
from caller.protocol import account_roles, frames
from caller.protocol.account_roles import ACCOUNT_ROLES, ACTS_ON, ActingPerson
from caller.protocol.frames import Bye, CommandFrame, Done, Hello, RefusedFrame, SignIn, ViewFrame, Watch
from config.settings import AccountsTable, Device, Item, Window
from tests.caller.protocol.test_permissions import AT_THE_DESK, OWN
from tests.instruments.caller_fixture import DAY, PASSWORD, SETTINGS, Room, hear, run, soon

SEATS = {"window": "3", "agent": "pc-1", "guide": "g", "manager": "m", "supervisor": "s"}
COLUMNS = (
    "clerk@window", "clerk@agent", "guide@guide", "manager@guide", "manager@manager", "technician@manager",
    "auditor@manager", "handler@manager", "supervisor@supervisor", "manager@supervisor", "auditor@supervisor",
    "handler@supervisor",
)  # fmt: skip
COMMANDS = """
OpenDay            - - - - y - - - - - - -
CloseDay           - - - - y - - - - - - -
ReopenDay          - - - - y - - - - - - -
StopTickets        - - - - y - - - - - - -
ExtendHours        - - - - y - - - - - - -
Suspend            - - - - y - - - - - - -
LiftSuspension     - - - - y - - - - - - -
NotifyWaiting      - - - - y - - - - - - -
TakeTicket         y - y y y - - - - - - -
CancelTicket       y - y y y - - - - - - -
PostponeTicket     - - y y y - - - - - - -
RequeueTicket      y y y y y - - - - - - -
ReportSlip         - - - - - - - - - - - -
HoldLease          - - - - - - - - - - - -
MergeTicket        - - - - - - - - - - - -
NoteCalledByHand   y - y y y - - - - - - -
CloseSheet         - - y y y - - - - - - -
Rate               - y - - - - - - - - - -
OpenWindow         y y y y y - - - - - - -
CloseWindow        y y y y y - - - - - - -
PauseWindow        y y - - y - - - - - - -
ResumeWindow       y y - - y - - - - - - -
CallNext           y y - - y - - - - - - -
CallTicket         y y - - y - - - - - - -
Recall             y y - - y - - - - - - -
StartService       y y - - y - - - - - - -
ServeWalkIn        y - - - y - - - - - - -
FinishService      y y - - y - - - - - - -
MarkNoShow         y y - - y - - - - - - -
HoldTicket         y y - - y - - - - - - -
TransferTicket     y y y y y - - - - - - -
CorrectOutcome     y - - - y - - - - - - -
TakeFee            y - - - y - - - - - - -
CorrectFee         y - - - y - - - - - - -
RaiseAlarm         y - - - y - - - - - - -
AcknowledgeAlarm   - - - - y - - - y y - -
SetQueues          - - - - y - - - - - - -
RelieveClerk       y - - - y - - - - - - -
TakeOverVisit      y - - - y - - - - - - -
MergeTickets       y - - - y - - - - - - -
BookAppointment    - - y y y - - - - - - -
ChangeAppointment  - - y y y - - - - - - -
CancelAppointment  - - y y y - - - - - - -
CheckIn            - y y y y - - - - - - -
ReportDevice       - y - - - - - - - - - -
RequestJob         y - y y y y - - - - - -
TakeJob            y y y y - - - - y y y y
ReportJob          y y y y - - - - y y y y
OpenFollowUp       - - y y y - - - - - - -
MoveFollowUp       - - y y y - - y - - - -
SubmitFeedback     - - y y y - - y - - - -
JudgeFeedback      - - - - - - - - - - - -
MoveRectification  - - - - y - - y - - - -
AppealRating       y - - - y - - - - - - -
NoteContact        - - - - - - - - - - - -
RateByNumber       - - - - - - - - - - - -
AddToRating        - - - - - - - - - - - -
RateCase           - y - - - - - - - - - -
NoteDateTold       - - y y y - - - - - - -
OpenCase           - - - - y - - - - - - -
MoveCase           y - - - y - - - - - - -
ChangeSettings     - - - - y - - - - - - -
CorrectAttendance  - - - - y - - - - - - -
RecordLeave        - - - - y - - - - - - -
CancelLeave        - - - - y - - - - - - -
RatePeer           - - - - y - - - - - - -
RecordInspection   - - - - y - - - - - - -
PublishAwards      - - - - y - - - - - - -
EnrolStation       - - - - y - - - - - - -
RevokeStation      - - - - y - - - - - - -
ChangeTicket       - - y y y - - - - - - -
MarkPapers         - - y y y - - - - - - -
SetAssistance      - - y y y - - - - - - -
SendMessage        - - y y y - - - - - - -
AcknowledgeMessage y - y y y - - - - - - -
LayCard            - y - - - - - - - - - -
"""
TOPICS = """
board       y y y y y y y y y y y y
window/3    y y y y y - - - y y - -
window/4    - - y y y - - - y y - -
clerk-day/3 y - - - - - - - - - - -
clerk-day/4 - - - - - - - - - - - -
kiosk       y - y y y y y y - - - -
ticket/ID   y - y y y - - - - - - -
person/HASH - - - - - - - - - - - -
supervise   - - - - y - y - y y y -
devices     - y - - y y - - y y - -
stations    - - - - y y - - y y - -
jobs/pc-1   y y y y y y - - - - - -
settings    y y y y y y y y - - - -
questions   - - - - - - - - - - - -
followups   - - - - - - - - - - - -
followups/ME - - y y y - y y y y y y
answers/ID  - - - - - - - - - - - -
feedback/CODE - - - - - - - - - - - -
rectifications - - - - y - y y y y y y
rectified   - - - - y - - - - - - -
guide       - - y y y - - - - - - -
find/A001   - - y y y - - - - - - -
cases       - - - - y - y - y y y -
cases/3     y - - - y - y - y y y -
case/CASE   - - - - y - y - y y y -
notice/acceptance.CASE y - - - y - - - - - - -
progress/CODE - - - - y - - - - - - -
slots/T001  - - - - - - - - - - - -
sheet       y - y y y - - - - - - -
booking/CODE - - - - - - - - - - - -
"""
NOT_ALLOWED = {
    "not-allowed",
    "sign-in-first",
    "role-not-allowed",
    "other-account",
    "other-clerk",
    "unknown-account",
}
PROGRAM = {"TakeJob", "ReportJob"}
MACHINE = {
    "RequeueTicket",
    "Rate",
    "RateCase",
    "CheckIn",
    "ReportDevice",
    "TakeJob",
    "ReportJob",
    "LayCard",
}  # an agent's own
KINDS: list[type[Any]] = list(account_roles.ACCOUNT_MAY) + [
    kind for kind in get_args(AnyCommand) if kind not in account_roles.ACCOUNT_MAY
]
REQUIRED = structs.replace(
    SETTINGS,
    accounts=AccountsTable(required=True),
    items=(Item("T001", "登记", "d1", "A"),),
    windows=(
        *SETTINGS.windows,
        Window(id="5", name="五号", queues=["A"]),
        Window(id="26", name="引导台", queues=[], kind="guide"),
    ),
    devices=(
        *SETTINGS.devices,
        Device(name="pad-3", kind="caller-pad", port="file:///dev/null", agent="pc-1", window="3"),
        Device(name="printer-3", kind="printer", port="tcp://127.0.0.1:9101", agent="pc-1", window="3"),
        Device(name="scanner-1", kind="reader", port="file:///dev/null", agent="pc-1"),
        Device(name="cards-26", kind="reader", port="file:///dev/null", agent="pc-1", window="26"),
    ),
)


def rows(table: str) -> dict[str, dict[str, bool]]:
    """What a table grants: row → column → yes."""
    lines = [line.split() for line in table.strip().splitlines()]
    return {
        name: {column: mark == "y" for column, mark in zip(COLUMNS, marks, strict=True)}
        for name, *marks in lines
    }


def command_of(kind: type[Any], station: str, staff: str, ticket: str) -> Any:
    """A command about what is one's own: window 3 or the guide desk, one's own number, a ticket last served at window 3."""
    if station == "guide" and kind in AT_THE_DESK:
        return cmd.OpenWindow("26", staff or "nobody") if kind is cmd.OpenWindow else AT_THE_DESK[kind]
    if kind is cmd.Rate:
        return cmd.Rate(ticket, 5)
    if kind is cmd.OpenWindow:
        return cmd.OpenWindow("3", staff if staff == "clerk" else "clerk-2")
    if kind is desk_cmd.RelieveClerk:
        return desk_cmd.RelieveClerk("3", staff if staff == "clerk" else "clerk-2")
    if kind is cmd.MoveFollowUp:
        return cmd.MoveFollowUp("none", "step", staff or "nobody", code="phoned")
    if kind in (rating.MoveRectification, rating.AppealRating):
        return structs.replace(OWN[kind], staff=staff or "nobody")
    if kind is cmd.NoteDateTold:
        return cmd.NoteDateTold(ticket, "call", staff)
    if kind is cmd.ReportDevice:
        return cmd.ReportDevice("pad-3", "caller-pad", "ready")
    if kind is cmd.BookAppointment:
        return cmd.BookAppointment("T001", 1, "0" * 64, DAY)
    own = OWN[kind]
    return structs.replace(own, ticket=ticket) if getattr(own, "ticket", "").startswith("ticket-at") else own


async def seated(hall: Room, line: Any, station: str, staff: str) -> str:
    """Greet and sign in; return the key of the session, "" where none was asked for."""
    await hall.greet(line, station, SEATS.get(station, station))
    if not staff:
        return ""
    await line.send(
        frames.encode(SignIn(new_id(), staff, PASSWORD, window="3" if station == "agent" else ""))
    )
    return (await hear(line, Done)).result["session"]


async def answers(hall: Room, station: str, staff: str, ticket: str) -> dict[str, bool]:
    """Whether each command is allowed to this person on this station."""
    async with hall.connect() as line:
        await seated(hall, line, station, staff)
        found: dict[str, bool] = {}
        for kind in KINDS:
            await line.send(frames.encode(CommandFrame(new_id(), command_of(kind, station, staff, ticket))))
            while not isinstance(answer := await hear(line), RefusedFrame | Done):
                pass
            found[kind.__name__] = isinstance(answer, Done) or answer.code not in NOT_ALLOWED
        return found


async def sees(hall: Room, station: str, key: str, topic: str) -> bool:
    async with hall.connect() as line:
        await line.send(
            frames.encode(
                Hello(hall.token(station, SEATS.get(station, station)), sessions=[key] if key else [])
            )
        )
        await line.send(frames.encode(Watch([topic])))
        while not isinstance(answer := await hear(line), ViewFrame | Bye):
            pass
        assert isinstance(answer, ViewFrame) or answer.code in ("not-allowed", "sign-in-first")
        return isinstance(answer, ViewFrame)


def named(topic: str, about: dict[str, str]) -> str:
    """A topic of the table with what it is about."""
    for word, id in about.items():
        topic = topic.replace(word, id)
    return topic


async def served_ticket(hall: Room) -> str:
    """A ticket that was served at window 3, whose window is closed now."""
    ticket = (await hall.order(cmd.TakeTicket(queue="A"), "kiosk", "K1"))["ticket"]
    for verb in (cmd.CallNext, cmd.StartService, cmd.FinishService):
        await hall.order(verb("3", hall.loop.hall.state.windows["3"].version))
    await hall.order(cmd.CloseWindow("3"))
    return ticket


async def started(folder: Path) -> tuple[Room, str]:
    hall = Room(folder, settings=REQUIRED)
    await hall.start()
    for role in ACCOUNT_ROLES:
        hall.account(role, role)
    hall.account("clerk-2", "clerk")
    await hall.open()
    return hall, await served_ticket(hall)


def test_every_role_and_command_is_as_written_out(tmp_path: Path):
    wanted = rows(COMMANDS)
    assert set(wanted) == {kind.__name__ for kind in get_args(AnyCommand)}

    async def test() -> None:
        hall, ticket = await started(tmp_path)
        try:
            found = {}
            for column in COLUMNS:
                role, _, station = column.partition("@")
                found[column] = await answers(hall, station, role, ticket)
            outside = [
                (kind, column)
                for kind, row in wanted.items()
                for column in COLUMNS
                if found[column][kind] != row[column]
            ]
            assert outside == []
            for station in SEATS:  # and nobody at all may do nothing, but what a machine does of itself
                alone = {
                    kind for kind, allowed in (await answers(hall, station, "", ticket)).items() if allowed
                }
                assert alone == {
                    "agent": MACHINE,
                    "window": PROGRAM,
                    "guide": PROGRAM,
                    "supervisor": PROGRAM,
                }.get(station, set()), station
        finally:
            await soon(hall.stop())

    run(test())


def test_every_role_and_topic_is_as_written_out(tmp_path: Path):
    wanted = rows(TOPICS)
    assert {name.partition("/")[0] for name in wanted} == set(views.TOPICS)

    async def test() -> None:
        hall, ticket = await started(tmp_path)
        try:
            case = await hall.order(OpenCase("T001", "3"))
            about = {"ID": ticket, "HASH": "0" * 64, "CASE": case["about"], "CODE": case["code"]}
            outside: list[tuple[str, str]] = []
            for column in COLUMNS:
                role, _, station = column.partition("@")
                async with hall.connect() as line:
                    key = await seated(hall, line, station, role)
                    for name, row in wanted.items():
                        if await sees(hall, station, key, named(name, about | {"ME": role})) != row[column]:
                            outside.append((name, column))
            assert outside == []
            for station in SEATS:
                alone = {name for name in wanted if await sees(hall, station, "", named(name, about))}
                assert {name.partition("/")[0] for name in alone} <= account_roles.SIGNED_OUT[station]
                assert not alone & {"supervise", "followups", "ticket/ID", "person/HASH"}
        finally:
            await soon(hall.stop())

    run(test())


def test_a_role_signs_in_on_its_stations_only(tmp_path: Path):
    wanted = {
        station: {c.partition("@")[0] for c in COLUMNS if c.endswith(f"@{station}")} for station in SEATS
    }
    for station, let_in in wanted.items():
        found = {role for role in ACCOUNT_ROLES if ActingPerson("1003", frozenset({role})).acts_as(station)}
        assert found == let_in

    async def test() -> None:
        hall, _ = await started(tmp_path)
        try:
            for station, let_in in wanted.items():  # and over the wire, one who is not let in
                async with hall.connect() as line:
                    await hall.greet(line, station, SEATS.get(station, station))
                    other = next(role for role in ACCOUNT_ROLES if role not in let_in)
                    place = "3" if station == "agent" else ""
                    await line.send(frames.encode(frames.SignIn(new_id(), other, PASSWORD, window=place)))
                    assert (await hear(line, RefusedFrame)).code == "no-role-here"
        finally:
            await soon(hall.stop())

    run(test())


def test_twin_one_cell_more_in_the_program_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(account_roles.ACCOUNT_MAY, cmd.RequestJob, frozenset({"technician", "auditor"}))
    monkeypatch.setitem(account_roles.ACCOUNT_WATCHES, "auditor", frozenset({"devices"}))

    async def test() -> None:
        hall, ticket = await started(tmp_path)
        try:
            found = await answers(hall, "manager", "auditor", ticket)
            assert [
                kind for kind, row in rows(COMMANDS).items() if found[kind] != row["auditor@manager"]
            ] == ["RequestJob"]
            async with hall.connect() as line:
                key = await seated(hall, line, "manager", "auditor")
                assert (
                    await sees(hall, "manager", key, "devices") != rows(TOPICS)["devices"]["auditor@manager"]
                )
        finally:
            await soon(hall.stop())

    run(test())


def test_every_table_knows_every_role():
    roles = set(ACCOUNT_ROLES)
    assert roles == set(account_roles.ACCOUNT_WATCHES) == {column.partition("@")[0] for column in COLUMNS}
    assert set().union(*ACTS_ON.values()) == roles
    assert set().union(*account_roles.ACCOUNT_MAY.values()) <= roles
    assert set(account_roles.SIGNED_OUT) == set(ACTS_ON) == set(SEATS) | {"office"}  # see test_office_role
