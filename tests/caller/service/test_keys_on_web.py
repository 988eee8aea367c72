"""An account of a program signs in on a line of the web process: its role decides from then on, and never less."""

from pathlib import Path
from typing import Any, get_args

from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.engine.refusals import Refused
from caller.identity.account_file import Act
from caller.identity.accounts import Account
from caller.protocol import frames
from caller.protocol.account_roles import ACCOUNT_MAY, KEYS_ACT_ON, ActingPerson, Desk, check_person
from caller.protocol.frames import CommandFrame, Done, Hello, RefusedFrame, SignedOut, SignIn, Welcome
from caller.protocol.permissions import MAY
from tests.caller.protocol.test_permissions import own
from tests.instruments.caller_fixture import Room, hear, room, run

SECRET = "0123456789-abcdefghij-k"
TAKE = cmd.TakeTicket(queue="A")


def act(act: Any, staff: str) -> Act:
    return Act(new_id(), act, f"account/{staff}", "uid:0", "test", 1)


def add_key(hall: Room, staff: str, *roles: str) -> None:
    hall.accounts.add(Account(staff, roles=roles, kind="key"), SECRET, act("account-added", staff))


async def sent(line: Any, command: Any) -> Any:
    await line.send(frames.encode(CommandFrame(new_id(), command)))
    while not isinstance(frame := await hear(line), (Done, RefusedFrame)):
        pass
    return frame


def test_no_role_of_a_key_gives_more_than_the_web_station_and_the_role_both_allow() -> None:
    desk = Desk(None, lambda _: "", lambda _: None, False, keyed=True)
    outside: list[tuple[str, str]] = []
    for role in ("clerk", "guide", "manager", "supervisor", "technician", "auditor", "handler"):
        for kind in get_args(AnyCommand):
            command = own("web", kind)
            try:
                check_person("web", command, desk._replace(person=ActingPerson("k", frozenset({role}))))
            except Refused:
                continue
            if "web" in MAY[kind] and not (role in KEYS_ACT_ON["web"] and role in ACCOUNT_MAY[kind]):
                outside.append((role, kind.__name__))
    assert outside == []


def test_a_line_on_which_a_key_has_signed_in_does_nothing_without_it(tmp_path: Path) -> None:
    """The key is disabled while its line stands; the line, and one that shows its session, do not act as the machine."""

    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line, hall.connect() as machine:
            add_key(hall, "erp", "guide")
            await hall.greet(line, "web", "web")
            await line.send(frames.encode(SignIn(new_id(), "erp", SECRET)))
            session = (await hear(line, Done)).result["session"]
            assert isinstance(await sent(line, TAKE), Done)
            hall.accounts.change("erp", act("account-disabled", "erp"), disabled=True)
            await hear(line, SignedOut)
            assert (await sent(line, TAKE)).code == "sign-in-first"
            async with hall.connect() as again:
                await again.send(frames.encode(Hello(hall.token("web", "web"), [], sessions=[session])))
                await hear(again, Welcome)
                assert (await sent(again, TAKE)).code == "sign-in-first"
            await hall.greet(machine, "web", "web")
            assert isinstance(await sent(machine, TAKE), Done), "the public's own line goes on"

    run(test())


def test_a_persons_account_and_a_role_without_rest_do_not_sign_in_there(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.connect() as line:
            add_key(hall, "log", "auditor")
            hall.account("1001", "guide")
            await hall.greet(line, "web", "web")
            for staff, secret in (("log", SECRET), ("1001", "kuaile-zaochen")):
                await line.send(frames.encode(SignIn(new_id(), staff, secret)))
                assert (await hear(line, RefusedFrame)).code == "no-role-here"
            assert (await sent(line, TAKE)).code == "sign-in-first"

    run(test())
