"""What administrators do is in the chain, each act once, with who, when, where and versions, and `hallcall audit` shows it."""

import csv
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from caller.cli.account import account
from caller.cli.audit import audit
from caller.cli.enrol import enrol
from caller.cli.log import export
from caller.cli.privacy import forget
from caller.engine import commands as cmd
from caller.engine.administration import ACTS, _note
from caller.engine.envelope import AnyCommand, CommandEnvelope, NoteAct
from caller.engine.refusals import Refused
from caller.eventlog import LOG_NAME, Reader
from caller.identity.account_file import AccountFile, Act
from caller.protocol.frames import PeerError, decode_station
from caller.service.act_notes import ActNotes
from config.settings import Reason
from tests.instruments.caller_fixture import SETTINGS, Room, run, soon, until


def shown(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(audit, ["--data", str(data), *arguments])


def acts(data: Path, *arguments: str) -> list[dict[str, object]]:
    done = shown(data, "--json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


async def noted(hall: Room) -> None:
    """Wait until the caller has moved all acts into the chain, as it does each second."""
    hall.accounts.refresh()
    await until(lambda: not hall.accounts.file.pending_acts(), "an act waits")


async def one_run(folder: Path) -> None:
    hall = Room(folder)
    await hall.start()
    await noted(hall)
    await soon(hall.stop())


def test_acts_by_command_line_and_over_the_wire_are_in_the_chain_once(tmp_path: Path):
    data = ["--data", str(tmp_path)]
    run_ = CliRunner().invoke

    async def day() -> None:
        hall = Room(tmp_path)
        await hall.start()
        await hall.open()
        await noted(hall)
        await soon(hall.stop())

    assert run_(account, ["add", *data, "1003", "--roles", "clerk", "--name", "王芳"]).exit_code == 0
    run(day())
    assert run_(account, ["set", *data, "1003", "--name", "李四"]).exit_code == 0
    assert run_(enrol, ["kiosk", "K1", *data]).exit_code == 0
    assert run_(enrol, ["kiosk", "K1", *data, "--revoke"]).exit_code == 0
    assert run_(forget, ["--expired", *data]).exit_code == 0
    assert run_(export, data).exit_code == 0
    assert [line["seq"] for line in acts(tmp_path)][-5:] == [0] * 5  # they wait, and are shown to
    assert "待记 waiting" in shown(tmp_path).output
    run(one_run(tmp_path))
    run(one_run(tmp_path))  # a caller that starts again notes nothing again
    found = acts(tmp_path)
    assert sorted((line["act"], line["subject"]) for line in found) == [
        ("account-added", "account/1003"), ("account-changed", "account/1003"), ("day-opened", "day/2026-03-03"),
        ("exported", "log"), ("person-deleted", "people/expired"), ("station-enrolled", "station/kiosk/K1"),
        ("station-revoked", "station/kiosk/K1"),
    ]  # fmt: skip
    changed = next(line for line in found if line["act"] == "account-changed")
    assert (changed["fields"], changed["before"], changed["after"]) == (["name"], 1, 2)
    assert str(changed["by"]).startswith("uid:")
    assert changed["place"] == "shell"
    with Reader(tmp_path / LOG_NAME) as log:
        log.verify()
        bodies = "".join(row.body for row in log.after(0))
    assert "李四" not in bodies
    assert "王芳" not in bodies


def test_it_is_filtered_and_exported(tmp_path: Path):
    data = ["--data", str(tmp_path)]
    for staff in ("1003", "1004"):
        CliRunner().invoke(account, ["add", *data, staff, "--roles", "clerk"])
    CliRunner().invoke(account, ["disable", *data, "1004"])
    run(one_run(tmp_path))
    assert len(acts(tmp_path)) == 3
    assert [line["subject"] for line in acts(tmp_path, "--act", "account-disabled")] == ["account/1004"]
    assert len(acts(tmp_path, "--subject", "account/1004")) == 2
    assert acts(tmp_path, "--who", "1003") == []
    assert acts(tmp_path, "--to", "2020-01-01") == []
    assert len(acts(tmp_path, "--from", "2020-01-01")) == 3
    target = tmp_path / "audit.csv"
    assert shown(tmp_path, "--csv", str(target)).exit_code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    rows = list(csv.DictReader(target.open(encoding="utf-8-sig")))
    assert [row["act"] for row in rows] == ["account-added", "account-added", "account-disabled"]
    assert acts(tmp_path)[-1]["subject"] == "audit"  # the export is an act itself
    assert shown(tmp_path, "--csv", str(target)).exit_code == 2  # nothing is written over


@pytest.mark.parametrize(
    ("subject", "fields", "act"),
    [
        ("account/王芳", (), ACTS[0]), ("account/1003", ("13800001111 is my phone",), ACTS[0]),
        ("a\x1b[2J", (), ACTS[0]), ("account/1003", (), "danced"), ("account/1003", ("a",) * 41, ACTS[0]),
    ],
)  # fmt: skip
def test_what_could_hold_a_name_is_no_act(subject: str, fields: tuple[str, ...], act: str):
    command = NoteAct(act, subject, "1001", "shell", 1, fields)
    with pytest.raises(Refused):
        _note(None, CommandEnvelope("x", command), command, 1)  # type: ignore[arg-type]


def test_an_act_that_can_never_be_noted_stays_and_holds_up_no_other(tmp_path: Path):
    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        for id, subject in (("bad", "account/王芳"), ("good", "account/1003")):
            hall.accounts.file.note(Act(id, "account-changed", subject, "uid:0", "shell", 1))
        hall.accounts.refresh()
        await until(lambda: [act.id for act in hall.accounts.file.pending_acts()] == ["bad"])
        await soon(hall.stop())

    run(test())


def test_twin_an_act_whose_row_is_not_dropped_is_noted_once_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As a kill between the commit and the drop leaves it."""
    CliRunner().invoke(account, ["add", "--data", str(tmp_path), "1003", "--roles", "clerk"])
    monkeypatch.setattr(AccountFile, "drop_act", lambda *_: None)

    async def test() -> None:
        hall = Room(tmp_path)
        await hall.start()
        notes = ActNotes(hall.loop, hall.accounts)
        for _ in range(2):
            notes._seen = -1
            notes.look()
            await notes.rest()
        await soon(hall.stop())

    run(test())
    run(test())
    with Reader(tmp_path / LOG_NAME) as log:
        assert [row.kind for row in log.after(0)].count("Administered") == 1


def test_no_station_can_note_an_act():
    note = {"type": "NoteAct", "act": ACTS[0], "subject": "log", "by": "1001", "place": "shell", "done": 1}
    with pytest.raises(PeerError, match="unknown-kind"):
        decode_station(json.dumps({"type": "command", "id": "12345678", "command": note}))


def test_who_called_out_of_turn_or_put_a_number_first_is_in_the_audit(tmp_path: Path):
    """A call in its turn and a transfer that keeps its place are no acts."""

    async def day() -> None:
        listed = structs.replace(
            SETTINGS, reasons=(*SETTINGS.reasons, Reason("pick", "vulnerable", "年老体弱"))
        )
        hall = Room(tmp_path, settings=listed)
        await hall.start()
        await hall.open()
        topic = "window/3"
        async with hall.client("manager", "m1", [topic]) as manager:
            await manager.until("current")

            async def send(command: AnyCommand) -> dict[str, Any]:
                return await manager.send(command)

            async def at_window(verb: type[cmd.WindowVerb], **more: Any) -> dict[str, Any]:
                return await send(verb(window="3", as_of=manager.views[topic]["version"], **more))  # type: ignore[arg-type]

            taken = [await send(cmd.TakeTicket(queue="A")) for _ in range(3)]
            await until(lambda: len(manager.views[topic]["next"]) == 3, "three wait")
            await at_window(cmd.CallTicket, ticket=taken[2]["ticket"], reason="vulnerable")
            await until(lambda: manager.views[topic]["state"] == "called", "called")
            await at_window(cmd.TransferTicket, queue="A", place="front")
            await until(lambda: manager.views[topic]["state"] == "open", "free")
            await at_window(cmd.CallNext)
            await until(lambda: manager.views[topic]["state"] == "called", "called")
            await at_window(cmd.TransferTicket, queue="A")
        await soon(hall.stop())
        found = [line for line in acts(tmp_path) if line["act"] in ("picked", "placed")]
        assert [(line["act"], line["subject"], line["fields"], line["by"]) for line in found] == [
            ("picked", f"ticket/{taken[2]['ticket']}", ["vulnerable", "window/3"], "wang"),
            ("placed", f"ticket/{taken[2]['ticket']}", ["front", "window/3"], ""),
        ]

    run(day())
