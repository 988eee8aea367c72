"""A log edited before its newest checkpoint starts, for a start reads only what follows; and yet it is told."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from caller.engine.commands import CallNext, OpenDay, OpenWindow, ReportDevice, TakeTicket
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.state import DayState
from caller.eventlog import Batch, EventLog, LogError, Reader
from caller.service import integrity_check
from caller.service.idempotency import HallStore
from tests.instruments.caller_fixture import room, run, until
from tests.instruments.engine_fixture import DAY
from tests.instruments.engine_fixture import settings as hall_settings
from tests.instruments.event_logs import AT, SITE, Diary
from tests.instruments.loop_fixture import Time

HALL = hall_settings()


def change(file: Path, was: str, becomes: str) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    edit = "update event set body=replace(body, ?, ?) where seq=3"
    assert connection.execute(edit, (was, becomes)).rowcount == 1
    connection.close()


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """Five events, a checkpoint after them, and the third changed by hand."""
    file = tmp_path / "log.db"
    diary = Diary(file)
    diary.fill(1, 5)
    assert diary.write(Batch(checkpoint=diary.log.checkpoint(AT, b"state"))) is None
    diary.log.close()
    change(file, "A003", "A009")
    return file


def test_a_start_does_not_see_an_edit_before_the_checkpoint(edited: Path) -> None:
    """The twin: without the proof nobody would be told."""
    log = EventLog(edited, SITE)
    assert list(log.recover().records) == []
    log.close()


def test_the_edited_event_is_named_in_both_languages_with_the_next_step(edited: Path) -> None:
    code, (zh, en) = asyncio.run(integrity_check.prove(edited))
    assert code == integrity_check.DAMAGED
    assert "第 3 条" in zh
    assert "备份" in zh
    assert "event 3" in en
    assert "hallcall log restore" in en


def test_damage_is_told_until_it_is_mended(edited: Path) -> None:
    told: list[integrity_check.BothLanguages | None] = []

    async def test() -> None:
        proving = asyncio.create_task(integrity_check.prove_daily(edited, told.append, first=0, again=0.01))
        await until(lambda: told)
        change(edited, "A009", "A003")
        await until(lambda: told[-1] is None)
        proving.cancel()
        await asyncio.gather(proving, return_exceptions=True)

    run(test())
    assert told[0] is not None


def test_what_cannot_be_proved_is_neither_whole_nor_damaged(tmp_path: Path) -> None:
    told: list[integrity_check.BothLanguages | None] = []
    code, words = asyncio.run(integrity_check.prove(tmp_path / "none.db"))
    integrity_check._tell(code, words, told.append)
    assert told == []


def test_the_supervisor_is_told_while_the_log_is_damaged(tmp_path: Path) -> None:
    async def test() -> None:
        async with room(tmp_path) as hall, hall.client("supervisor", "s", ["supervise"]) as office:

            def shown() -> list[str]:
                return [each["code"] for each in office.views.get("supervise", {"alerts": []})["alerts"]]

            hall.loop.damage = ("日志第 3 条对不上", "event 3 of the log does not fit")
            await until(lambda: "log-damaged" in shown())
            hall.loop.damage = None
            await until(lambda: "log-damaged" not in shown())

    run(test())


# --- checkpoints


def recorded(tmp_path: Path, edit: Callable[[DayState], None]) -> Path:
    """A log of a short day whose newest checkpoint was edited and sealed again, as an insider would."""
    file, store = tmp_path / "log.db", HallStore(HALL)
    diary = Diary(file)
    now = Time().wall
    commands: list[AnyCommand] = [OpenDay(DAY), OpenWindow("1", "c1"), *[TakeTicket(queue="A")] * 3]
    commands.append(CallNext("1", 1))
    for serial, command in enumerate(commands):
        order = CommandEnvelope(f"press-{serial}", command)
        batch = Batch()
        events = store.take(order, now).events
        assert events
        diary.log.extend(order, now, events, batch.rows)
        assert diary.write(batch) is None
    assert diary.write(Batch(checkpoint=diary.log.checkpoint(now, store.dump()))) is None
    edit(store.hall.state)
    assert diary.write(Batch(checkpoint=diary.log.checkpoint(now, store.dump()))) is None
    diary.log.close()
    return file


EDITS: dict[str, Callable[[DayState], None]] = {
    "a number given again": lambda state: state.serials.update(A=1),
    "somebody served": lambda state: state.counts.update(served=9),
    "a ticket gone": lambda state: state.tickets.pop("press-2") and None,
    "a clerk renamed": lambda state: setattr(state.windows["1"], "clerk", "c9"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_checkpoint_is_found_by_the_fold_of_its_events(tmp_path: Path, name: str) -> None:
    file = recorded(tmp_path, EDITS[name])
    with Reader(file) as reader:
        assert reader.verify().bad_checkpoints == []  # the twin: its seal is right
        with pytest.raises(LogError) as found:
            integrity_check.check_checkpoints(reader, HALL)
    assert (found.value.code, found.value.seq) == ("edited-checkpoint", 6)


def test_a_checkpoint_made_under_other_settings_is_no_edited_one(tmp_path: Path) -> None:
    file = recorded(tmp_path, lambda _state: None)
    fewer = msgspec.structs.replace(
        HALL, windows=HALL.windows[:1], rules=msgspec.structs.replace(HALL.rules, rating_hours=0)
    )
    with Reader(file) as reader:
        integrity_check.check_checkpoints(reader, fewer)


def test_edited_rows_of_the_register_are_found_by_the_fold_of_their_events(tmp_path: Path) -> None:
    """The sum over the rows is made again, as an insider would: only the events say what it was."""
    file = tmp_path / "log.db"
    store, diary, now = HallStore(HALL), Diary(file), Time().wall
    for serial, command in enumerate([OpenDay(DAY), ReportDevice("p1", "printer", "paper-out")]):
        order, batch = CommandEnvelope(f"press-{serial}", command), Batch()
        diary.log.extend(order, now, store.take(order, now).events, batch.rows)
        store.collect(batch.register)
        assert diary.write(batch) is None
    with Reader(file) as reader:
        integrity_check.check_checkpoints(reader, HALL)
    store.hall.register.devices.edit("p1").state = "ready"
    edited = Batch()
    store.collect(edited.register)
    diary.log.close()
    log = sqlite3.connect(file, isolation_level=None)
    for (kind, key), body in edited.register.rows.items():
        log.execute("update register set body=? where kind=? and key=?", (body, kind, key))
    log.execute("update meta set value=? where key='register'", (edited.register.mark,))
    log.close()
    with Reader(file) as reader, pytest.raises(LogError) as found:
        integrity_check.check_checkpoints(reader, HALL)
    assert (found.value.code, found.value.seq) == ("edited-checkpoint", 2)
