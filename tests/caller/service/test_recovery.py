"""The day from a checkpoint of any age and the register's rows at the last event: the hall of a full replay.

A real log is written batch by batch, killed after any of its commits, and read again. The twins turn one guard off
each and must see another hall: the skipping of what the register holds already, and the mark that says so.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caller.engine import hall as hall_module
from caller.engine.commands import (
    BookAppointment,
    CallNext,
    CloseDay,
    FinishService,
    OpenDay,
    OpenWindow,
    Rate,
    ReportDevice,
    TakeTicket,
)
from caller.engine.register import Register
from caller.eventlog import LOG_NAME, Batch, EventLog
from caller.service.idempotency import HallStore
from caller.service.startup import recover
from tests.instruments import histories
from tests.instruments.engine_fixture import settings as hall_settings
from tests.instruments.event_logs import SITE, Diary
from tests.instruments.hall_image import image

SETTINGS = hall_settings()
STEPS = st.lists(
    st.tuples(st.integers(0, histories.KINDS - 1), st.integers(0, 8), st.integers(0, 9)),
    min_size=5,
    max_size=80,
)
NEW_BATCH, NEW_CHECKPOINT = 4, 8  # of ten: an order ends its batch; its batch carries a checkpoint
BUSY_DAY = [(25, 0, 0), (3, 0, 0), (3, 1, 0), (0, 0, 0), (0, 1, 5), (4, 0, 0), (6, 0, 9), (19, 1, 0)]
SERVICE = [(0, 0, 0), (4, 0, 0), (6, 0, 5)]


def written(folder: Path, steps: list[tuple[int, int, int]], *, killed: bool = False) -> HallStore:
    """A log of these orders, in the batches and with the checkpoints that the third number of each asks for.
    `killed`: the last batch, if it is not ended yet, is lost with the process."""
    diary = Diary(folder / LOG_NAME)
    memory, batch, now = HallStore(SETTINGS), Batch(), histories.NINE
    for serial, (kind, choice, split) in enumerate(steps):
        now += histories.step(choice)
        order = histories.order(memory.hall, serial, kind, choice, now)
        taken = memory.take(order, now)
        if not taken.events:
            continue
        diary.log.extend(order, now, taken.events, batch.rows)
        memory.collect(batch.register)
        if split >= NEW_BATCH:
            if split >= NEW_CHECKPOINT:
                batch.checkpoint = diary.log.checkpoint(now, memory.dump())
            assert diary.write(batch) is None
            batch = Batch()
    if batch.rows and not killed:
        assert diary.write(batch) is None
    diary.log.close()
    return memory


def recovered(folder: Path, *, full: bool = False) -> tuple[bytes, int]:
    log = EventLog(folder / LOG_NAME, SITE)
    try:
        memory, checkpoint = recover(log, SETTINGS, full=full)
        return image(memory.hall), checkpoint
    finally:
        log.close()


@settings(max_examples=40)
@given(STEPS, st.booleans())
def test_whenever_it_is_killed_and_however_old_its_checkpoint_is_the_hall_is_that_of_a_full_replay(
    steps: list[tuple[int, int, int]], killed: bool
):
    replayed(steps, killed)


@pytest.mark.campaign
@settings(max_examples=600)
@given(STEPS, st.booleans())
def test_a_long_campaign_of_kills_and_checkpoints(steps: list[tuple[int, int, int]], killed: bool):
    replayed(steps, killed)


def replayed(steps: list[tuple[int, int, int]], killed: bool) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        alive = written(folder, BUSY_DAY + steps, killed=killed)
        hall = recovered(folder)[0]
        assert hall == recovered(folder, full=True)[0]
        assert killed or hall == image(alive.hall)


def served_twice(folder: Path) -> HallStore:
    """A checkpoint, then services whose times stand in the register only."""
    return written(folder, BUSY_DAY + SERVICE * 2)


def test_the_register_is_read_and_not_folded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    alive = served_twice(tmp_path)
    for kind in hall_module.APPLY_REGISTER:
        monkeypatch.setitem(hall_module.APPLY_REGISTER, kind, lambda *_: pytest.fail("folded again"))
    hall, checkpoint = recovered(tmp_path)
    assert 0 < checkpoint < alive.hall.seq
    assert hall == image(alive.hall)


def test_twin_a_register_that_is_folded_again_counts_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    alive = served_twice(tmp_path)
    load = Register.load.__func__  # type: ignore[attr-defined]

    def behind(cls: type[Register], *args: object) -> Register | None:
        found = load(cls, *args)
        found.seq = 0
        return found

    monkeypatch.setattr(Register, "load", classmethod(behind))
    assert recovered(tmp_path)[0] != image(alive.hall)


def change_body(rows: sqlite3.Connection) -> None:
    kind, key, body = rows.execute("select kind, key, body from register limit 1").fetchone()
    flipped = bytes([*body[:-1], body[-1] ^ 1])
    rows.execute("update register set body=? where kind=? and key=?", (flipped, kind, key))


def lose_row(rows: sqlite3.Connection) -> None:
    rows.execute("delete from register where key='A'")


def fall_behind(rows: sqlite3.Connection) -> None:
    [[mark]] = rows.execute("select value from meta where key='register'").fetchall()
    version, seq, total = mark.split()
    rows.execute("update meta set value=? where key='register'", (f"{version} {int(seq) - 1} {total}",))


def other_version(rows: sqlite3.Connection) -> None:
    rows.execute("update meta set value='1' || substr(value, 2) where key='register'")


def no_mark(rows: sqlite3.Connection) -> None:
    """As a log of the first version of the tables has it."""
    rows.execute("delete from meta where key='register'")
    rows.execute("delete from register")


@pytest.mark.parametrize("damage", [change_body, lose_row, fall_behind, other_version, no_mark])
def test_rows_that_cannot_be_believed_are_folded_anew_and_then_saved_whole(
    tmp_path: Path, damage: Callable[[sqlite3.Connection], None]
):
    alive = served_twice(tmp_path)
    rows = sqlite3.connect(tmp_path / LOG_NAME, isolation_level=None)
    damage(rows)
    rows.close()
    hall, checkpoint = recovered(tmp_path)
    assert (hall, checkpoint) == (image(alive.hall), 0)
    go_on(tmp_path)
    hall, checkpoint = recovered(tmp_path)
    assert checkpoint > 0, "the whole table was saved with the first commit, and is believed again"
    assert hall == recovered(tmp_path, full=True)[0]


def go_on(folder: Path) -> None:
    diary = Diary(folder / LOG_NAME)
    memory, _ = recover(diary.log, SETTINGS)
    order = histories.order(memory.hall, 500, 0, 0, memory.hall.state.now)
    batch = Batch()
    diary.log.extend(
        order, memory.hall.state.now, memory.take(order, memory.hall.state.now).events, batch.rows
    )
    memory.collect(batch.register)
    assert diary.write(batch) is None
    diary.log.close()


def test_a_checkpoint_of_another_version_is_folded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What an older program saved is not read as if it meant the same: the register may be new already."""
    alive = served_twice(tmp_path)
    monkeypatch.setattr("caller.service.startup.STATE_LINE", b"hallcall state 1.00000000\n")
    assert recovered(tmp_path) == (image(alive.hall), 0)


def test_the_days_fold_reads_no_register(monkeypatch: pytest.MonkeyPatch):
    """Rule 1 of register.py: fold a full day with a register that fails whoever asks it."""
    memory, records = HallStore(SETTINGS), []
    for command in (
        OpenDay("2026-09-21"), OpenWindow("1", "c"), TakeTicket(queue="A"), TakeTicket(queue="A"), CallNext("1", 1),
        FinishService("1", 2), ReportDevice("p", "printer", "ready"), Rate("id-2", 5),
        BookAppointment("i1", histories.NINE + histories.DAY_MICROS, "f" * 64, "2026-09-22"),
        CloseDay(expire=True), OpenDay("2026-09-22"),
    ):  # fmt: skip
        id = f"id-{len(records)}"
        taken = memory.take(histories.CommandEnvelope(id, command), histories.NINE)
        assert taken.events, command
        records.append(taken.events)

    class Untouchable(Register):
        def __getattribute__(self, name: str) -> object:
            if name != "seq":
                raise AssertionError(f"the day asked the register for {name}")
            return 10**9

    again = hall_module.Hall(SETTINGS)
    again.register = Untouchable.__new__(Untouchable)
    seq = 0
    for events in records:
        for event in events:
            seq += 1
            again.apply(event, histories.NINE, seq)
    assert again.dump() == memory.hall.dump()


def test_changed_rows_only_are_saved():
    memory = HallStore(SETTINGS)
    saved: list[set[str]] = []
    for serial, (kind, choice, _) in enumerate(BUSY_DAY):
        order = histories.order(memory.hall, serial, kind, choice, histories.NINE)
        if memory.take(order, histories.NINE).events:
            batch = Batch()
            memory.collect(batch.register)
            saved.append({kind for kind, _ in batch.register.rows})
    assert saved[0] == {"day"}
    assert saved[1] == set()
    assert {"service", "visit"} in saved


def test_rows_that_are_gone_are_gone_on_disk_too(tmp_path: Path):
    """The last day's appointments and visits too old to be rated leave with the next day; a row left behind would be
    an appointment that nobody can be found for, and a table whose sum is wrong."""
    day_after = histories.NINE + 2 * histories.DAY_MICROS
    commands = [
        (OpenDay("2026-09-21"), histories.NINE), (OpenWindow("1", "c"), histories.NINE),
        (BookAppointment("i1", histories.NINE + histories.DAY_MICROS, "f" * 64, "2026-09-22"), histories.NINE),
        (TakeTicket(queue="A"), histories.NINE), (CallNext("1", 1), histories.NINE),
        (FinishService("1", 2), histories.NINE), (CloseDay(expire=True), histories.NINE),
        (OpenDay("2026-09-22"), histories.NINE + histories.DAY_MICROS),
        (CloseDay(expire=True), histories.NINE + histories.DAY_MICROS), (OpenDay("2026-09-23"), day_after),
    ]  # fmt: skip
    diary, memory = Diary(tmp_path / LOG_NAME), HallStore(SETTINGS)
    kinds: list[set[str]] = []
    for serial, (command, now) in enumerate(commands):
        order, batch = histories.CommandEnvelope(f"id-{serial}", command), Batch()
        diary.log.extend(order, now, memory.take(order, now).events, batch.rows)
        memory.collect(batch.register)
        assert diary.write(batch) is None
        kinds.append({kind for kind, _, _ in memory.hall.register.rows()})
    diary.log.close()
    assert {"appointment", "visit"} <= kinds[6]
    assert kinds[-1] == {"day", "service"}
    hall, _ = recovered(tmp_path)
    assert hall == image(memory.hall) == recovered(tmp_path, full=True)[0]
    rows = sqlite3.connect(tmp_path / LOG_NAME)
    saved = sorted(rows.execute("select kind, key, body from register"))
    rows.close()
    assert saved == memory.hall.register.rows()
