"""The office as a station: what a manager's or a supervisor's may, but never without a person, in any hall."""

from pathlib import Path

import pytest
from msgspec import structs

from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.engine.refusals import Refused
from caller.protocol import account_roles, frames, permissions
from caller.protocol.account_roles import ACCOUNT_ROLES, ACTS_ON, AT_THE_OFFICE, EMPTY_DESK
from caller.protocol.frames import Done, SignIn
from caller.protocol.permissions import Station
from config.settings import AccountsTable, Settings
from tests.caller.service.test_account_table import COMMANDS, REQUIRED, answers, rows, served_ticket
from tests.instruments.caller_fixture import PASSWORD, Room, hear, run, soon

FREE = structs.replace(REQUIRED, accounts=AccountsTable(required=False))
SEATED_AT = {
    "supervisor": "supervisor",
    "guide": "guide",
}  # in which column of the table a role stands; else at a manager's station
OF_STATIONS = {"TakeJob", "ReportJob"}  # what the wall does for itself: the office takes no station's jobs


def test_the_office_has_a_managers_row() -> None:
    for kind, roles in permissions.MAY.items():
        assert ("office" in roles) == ("manager" in roles), kind
    assert permissions.WATCHES["office"] == permissions.WATCHES["manager"]


@pytest.mark.parametrize("settings", [REQUIRED, FREE], ids=["required", "free"])
def test_each_role_may_at_the_office_what_it_may_elsewhere_and_no_person_nothing(
    tmp_path: Path, settings: Settings
) -> None:
    wanted = rows(COMMANDS)

    async def test() -> None:
        hall = Room(tmp_path, settings=settings)
        await hall.start()
        for role in ACCOUNT_ROLES:
            hall.account(role, role)
        hall.account("clerk-2", "clerk")
        await hall.open()
        ticket = await served_ticket(hall)
        try:
            for role in sorted(ACTS_ON["office"]):
                column = f"{role}@{SEATED_AT.get(role, 'manager')}"
                found = await answers(hall, "office", role, ticket)
                kinds = (
                    {each.__name__ for each in AT_THE_OFFICE}
                    if role == "guide"
                    else set(wanted) - OF_STATIONS
                )
                assert found == {kind: row[column] and kind in kinds for kind, row in wanted.items()}, role
            assert not any((await answers(hall, "office", "", ticket)).values())
        finally:
            await soon(hall.stop())

    run(test())


def test_twin_without_the_rule_an_office_acts_without_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    order = cmd.StopTickets()
    with pytest.raises(Refused, match="sign-in-first"):
        permissions.check(FREE, Station("office", "office"), order, lambda _ticket: "", EMPTY_DESK)
    monkeypatch.setattr(account_roles, "PERSON_ALWAYS", frozenset())
    permissions.check(FREE, Station("office", "office"), order, lambda _ticket: "", EMPTY_DESK)


def test_a_session_key_is_shown_again_by_another_line_of_the_office(tmp_path: Path) -> None:
    async def test() -> None:
        hall = Room(tmp_path, settings=FREE)
        await hall.start()
        hall.account("1001", "manager")
        try:
            async with hall.connect() as line:
                await hall.greet(line, "office", "office")
                await line.send(frames.encode(SignIn(new_id(), "1001", PASSWORD)))
                key = (await hear(line, Done)).result["session"]
            for role, name, known in (("office", "office", {"": "1001"}), ("manager", "m", {})):
                client = hall.client(role, name)
                client.persons.resume(key)
                async with client:
                    await client.until("current")
                    assert client.persons.accounts == known
        finally:
            await soon(hall.stop())

    run(test())
