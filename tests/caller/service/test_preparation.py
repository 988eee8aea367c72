"""A version folds the log beside the caller of another one: what it leaves is the hall of a full replay, or nothing.

A real log is written by one version of the fold; the other one is this code under another name. Two processes, kills
and all, are in tests/crash/test_update.py.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from caller.engine import register as register_module
from caller.engine.commands import CloseDay, OpenDay, OpenWindow, TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.engine.register import Register
from caller.eventlog import LOG_NAME, Batch, EventLog, LogError, Reader, chain, checkpoints, restore
from caller.eventlog.checkpoints import (
    PREPARED_NAME,
    PreparedState,
    load_prepared,
    preparing,
    save_prepared,
)
from caller.eventlog.stores.held_sqlite import SqliteHeldLog
from caller.service import idempotency, integrity_check, preparation, startup
from caller.service.idempotency import HallStore
from caller.service.preparation import Preparation, is_needed
from caller.service.startup import recover
from config.instants import Micros
from config.settings import HallTable, Settings
from tests.instruments import histories
from tests.instruments.engine_fixture import settings
from tests.instruments.event_logs import SITE, Diary, issued
from tests.instruments.hall_image import image, store_image

SETTINGS = settings(hall=HallTable(site=SITE, name="大厅"))
DAY_TWO = histories.NINE + histories.DAY_MICROS
HISTORY = [
    (OpenDay("2026-09-21"), histories.NINE), (OpenWindow("1", "c"), histories.NINE),
    *[(TakeTicket(queue="A"), histories.NINE + n) for n in range(7)],
    (CloseDay(expire=True), histories.NINE + 9),  # a command of many events
    (OpenDay("2026-09-22"), DAY_TWO), (TakeTicket(queue="B"), DAY_TWO), (TakeTicket(queue="A"), DAY_TWO),
]  # fmt: skip
CLOSED, END = 18, 21  # the event that closes the first day, and the last one


def name_version(monkeypatch: pytest.MonkeyPatch, number: int) -> str:
    """Let the fold be of another version; return its name."""
    version = f"{number}.{register_module.shape(*register_module.ROWS):08x}"
    monkeypatch.setattr(register_module, "_VERSION", version)
    for module in (idempotency, startup, preparation, integrity_check):
        for name, value in {"VERSION": version, "STATE_LINE": f"hallcall state {version}\n".encode()}.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    return version


class Writing:
    """A log that a caller of one version writes: each command a batch, a checkpoint when a day closes."""

    def __init__(self, data: Path, settings: Settings = SETTINGS, **options: object) -> None:
        """`options`: of `EventLog`."""
        data.mkdir(exist_ok=True)
        self.diary = Diary(data / LOG_NAME, settings.hall.site, **options)
        self.memory, self.begun = recover(self.diary.log, settings)

    def do(self, command: object, now: Micros) -> None:
        order, batch = CommandEnvelope(f"c-{self.memory.hall.seq}", command), Batch()  # pyright: ignore[reportArgumentType]
        self.diary.log.extend(order, now, self.memory.take(order, now).events, batch.rows)
        assert batch.rows
        self.memory.collect(batch.register)
        if isinstance(command, CloseDay):
            batch.checkpoint = self.diary.log.checkpoint(now, self.memory.dump())
        assert self.diary.write(batch) is None

    def __enter__(self) -> "Writing":
        return self

    def __exit__(self, *_: object) -> None:
        self.diary.log.close()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log written by version 90, read by version 91 from here on."""
    name_version(monkeypatch, 90)
    with Writing(tmp_path / "data") as caller:
        for command, now in HISTORY:
            caller.do(command, now)
    name_version(monkeypatch, 91)
    return tmp_path / "data"


def prepare(data: Path) -> list[tuple[int, int]]:
    """Prepare; return what was reported."""
    reported: list[tuple[int, int]] = []
    with Reader(data / LOG_NAME) as log, preparing(data):
        Preparation(log, SETTINGS, log.path.parent).run(lambda done, last: reported.append((done, last)))
    return reported


def started(data: Path, *, full: bool = False) -> tuple[HallStore, int]:
    log = EventLog(data / LOG_NAME, SITE)
    try:
        return recover(log, SETTINGS, full=full)
    finally:
        log.close()


def prepared_file(data: Path) -> Path:
    return data / PREPARED_NAME / idempotency.VERSION


def content(file: Path) -> list[tuple[object, ...]]:
    """Every row of every table of a log, but for who has it open."""
    tables = ("event", "checkpoint", "register", "meta")
    with closing(sqlite3.connect(file)) as log:
        return [row for table in tables for row in log.execute(f"select * from {table} order by 1, 2")]


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("save", [1, 4, 1000])
def test_the_start_goes_on_from_what_was_prepared(
    data: Path, monkeypatch: pytest.MonkeyPatch, piece: int, save: int
):
    """Whatever the pieces are, also where one ends within a command, and wherever it is saved."""
    monkeypatch.setattr(preparation, "PIECE_EVENTS", piece)
    monkeypatch.setattr(preparation, "SAVE_EVENTS", save)
    before = content(data / LOG_NAME)
    reported = prepare(data)
    assert content(data / LOG_NAME) == before
    assert reported[-1] == (END, END)
    assert all(one < other for (one, _), (other, _) in pairwise(reported))
    memory, begun = started(data)
    assert begun == reported[-1][0]
    assert store_image(memory) == store_image(started(data, full=True)[0])


def test_twin_without_preparation_the_start_folds_all(data: Path, caplog: pytest.LogCaptureFixture):
    memory, begun = started(data)
    assert begun == 0
    assert image(memory.hall) == image(started(data, full=True)[0].hall)
    assert "检查点由较旧版本的程序写成" in caplog.text
    assert "written by an older version of this program (90." in caplog.text


def test_a_checkpoint_of_a_newer_version_is_told_as_that(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    name_version(monkeypatch, 89)
    assert started(data)[1] == 0
    assert "检查点由较新版本的程序写成" in caplog.text
    assert "written by a newer version of this program (90." in caplog.text


def test_only_what_follows_is_folded_and_the_versions_leave_each_other_alone(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    """The old caller goes on after the preparation, closes its day with a checkpoint of its own, and stops."""
    prepare(data)
    at = load_prepared(data, idempotency.VERSION)
    assert at
    name_version(monkeypatch, 90)
    with Writing(data) as old:
        assert old.begun == CLOSED  # its own checkpoint still
        old.do(TakeTicket(queue="A"), DAY_TWO + 1)
        old.do(CloseDay(expire=True), DAY_TWO + 2)
        end = old.memory.hall.seq
    name_version(monkeypatch, 91)
    memory, begun = started(data)
    assert begun == at.seq == END
    assert memory.hall.seq == end > END
    assert image(memory.hall) == image(started(data, full=True)[0].hall)
    name_version(monkeypatch, 90)
    assert started(data)[1] == end, "and back again, should the update be put off"


def test_it_is_used_until_there_is_a_checkpoint_of_its_version_and_then_it_is_gone(data: Path):
    prepare(data)
    for step in range(3):  # starts before the day closes
        with Writing(data) as caller:
            assert caller.begun == END, step
            caller.do(TakeTicket(queue="A"), DAY_TWO + 10 + step)
    with Writing(data) as caller:
        caller.do(CloseDay(expire=True), DAY_TWO + 20)
        end = caller.memory.hall.seq
    assert prepared_file(data).exists()
    memory, begun = started(data)
    assert begun == end
    assert image(memory.hall) == image(started(data, full=True)[0].hall)
    assert not prepared_file(data).exists()


def test_twin_a_prepared_register_that_is_taken_for_the_table_is_lost_with_the_next_start(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    """Only its changed rows would be saved, among rows of the other version."""
    prepare(data)
    load = Register.load.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(Register, "load", classmethod(lambda cls, *rows, **_apart: load(cls, *rows)))
    with closing(sqlite3.connect(data / LOG_NAME, isolation_level=None)) as log:
        log.execute(
            "delete from register where kind = 'day' and key < '2026-09-22'"
        )  # rows they do not share
    with Writing(data) as caller:
        caller.do(OpenWindow("2", "d"), DAY_TWO + 1)
    with Reader(data / LOG_NAME) as log:
        assert Register.load(*log.register()) is None


def test_it_goes_on_where_it_was_killed(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(preparation, "PIECE_EVENTS", 3)
    monkeypatch.setattr(preparation, "SAVE_EVENTS", 5)

    def die(done: int, _last: int) -> None:
        if done > 8:
            raise KeyboardInterrupt

    with Reader(data / LOG_NAME) as log, preparing(data), pytest.raises(KeyboardInterrupt):
        Preparation(log, SETTINGS, log.path.parent).run(die)
    kept = load_prepared(data, idempotency.VERSION)
    assert kept
    assert 5 <= kept.seq < END
    again = prepare(data)
    assert again[0][0] > kept.seq
    memory, begun = started(data)
    assert begun == END
    assert store_image(memory) == store_image(started(data, full=True)[0])


def test_a_file_torn_or_changed_anywhere_is_not_believed(data: Path):
    prepare(data)
    file = prepared_file(data)
    whole = file.read_bytes()
    right = image(started(data, full=True)[0].hall)
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        assert load_prepared(data, idempotency.VERSION) is None, length
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert load_prepared(data, idempotency.VERSION) is None, place
    memory, begun = started(data)
    assert (image(memory.hall), begun) == (right, 0)


def test_twin_without_the_seal_a_changed_file_is_believed(data: Path, monkeypatch: pytest.MonkeyPatch):
    prepare(data)
    content = prepared_file(data).read_bytes()
    prepared_file(data).write_bytes(bytes(32) + content[32:])
    assert load_prepared(data, idempotency.VERSION) is None
    monkeypatch.setattr(checkpoints, "seal", lambda _head, _packed: bytes(32))
    assert load_prepared(data, idempotency.VERSION)


def of_another_log(data: Path, other: Path) -> None:
    """Put a state there that was prepared for a log of the same length and another history."""
    with Writing(other) as caller:
        caller.do(OpenDay("2026-09-21"), histories.NINE)
        while caller.memory.hall.seq < END:
            caller.do(TakeTicket(queue="B"), histories.NINE + 1)
    with closing(sqlite3.connect(other / LOG_NAME, isolation_level=None)) as log:
        log.execute("delete from checkpoint")
    prepare(other)
    (data / PREPARED_NAME).mkdir()
    prepared_file(other).rename(prepared_file(data))


def test_a_state_of_another_log_is_not_believed(data: Path, tmp_path: Path):
    of_another_log(data, tmp_path / "other")
    memory, begun = started(data)
    assert begun == 0
    assert image(memory.hall) == image(started(data, full=True)[0].hall)
    assert prepare(data)[-1] == (END, END)  # and preparing begins anew
    assert image(started(data)[0].hall) == image(memory.hall)


def test_twin_a_state_whose_event_is_not_looked_for_gives_another_hall(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    of_another_log(data, tmp_path / "other")
    found = load_prepared(data, idempotency.VERSION)
    assert found
    monkeypatch.setattr(SqliteHeldLog, "hash_of", lambda _self, _seq: found.hash)
    memory, begun = started(data)
    assert begun == END
    assert image(memory.hall) != image(started(data, full=True)[0].hall)


def test_an_edited_prepared_state_is_found_by_the_fold_of_its_events(data: Path):
    prepare(data)
    with Reader(data / LOG_NAME) as log:
        integrity_check.check_checkpoints(log, SETTINGS)
    memory = started(data)[0]
    memory.hall.state.serials["A"] = 9
    found = load_prepared(data, idempotency.VERSION)
    assert found
    edited = PreparedState(found.seq, found.hash, memory.dump(), found.register, found.register_mark)
    save_prepared(data, idempotency.VERSION, edited)
    with Reader(data / LOG_NAME) as log, pytest.raises(LogError) as wrong:
        integrity_check.check_checkpoints(log, SETTINGS)
    assert (wrong.value.code, wrong.value.seq) == ("edited-checkpoint", END)


def test_restoring_a_backup_leaves_no_prepared_state(data: Path, tmp_path: Path):
    prepare(data)
    with Reader(data / LOG_NAME) as log:
        log.backup(tmp_path / "copy.db")
    restore(tmp_path / "copy.db", data / LOG_NAME, "aside")
    assert not list((data / PREPARED_NAME).iterdir())
    assert started(data)[1] == 0


def edit_event(data: Path) -> None:
    with closing(sqlite3.connect(data / LOG_NAME, isolation_level=None)) as log:
        log.execute("update event set station='x' where seq=12")


def future_event(data: Path) -> None:
    diary = Diary(data / LOG_NAME)
    batch = Batch()
    diary.log.extend(CommandEnvelope("f", TakeTicket(queue="A")), DAY_TWO, [issued(1)], batch.rows)
    seq, at, command, role, station, _kind, _body, _hash, account = batch.rows[0]
    kind, body = "TicketTeleported", '{"type":"TicketTeleported"}'
    with Reader(data / LOG_NAME) as log:
        before = log.verify().head.hash
    right = chain.link(before, seq, at, command, role, station, kind, body.encode())
    batch.rows[0] = (seq, at, command, role, station, kind, body, right, account)
    assert diary.write(batch) is None
    diary.log.close()


@pytest.mark.parametrize(
    ("spoil", "code", "seq"), [(edit_event, "damaged", 12), (future_event, "newer-event", END + 1)]
)
def test_a_log_that_cannot_be_folded_leaves_nothing_prepared(
    data: Path, spoil: Callable[[Path], None], code: str, seq: int
):
    spoil(data)
    with pytest.raises(LogError) as wrong:
        prepare(data)
    assert (wrong.value.code, wrong.value.seq) == (code, seq)
    assert not list((data / PREPARED_NAME).iterdir())


def test_one_at_a_time_and_only_for_its_own_hall(data: Path):
    with preparing(data), pytest.raises(LogError, match="已有一个程序在准备"):
        prepare(data)
    other = settings(hall=HallTable(site="another", name="别处"))
    with Reader(data / LOG_NAME) as log, pytest.raises(LogError) as wrong:
        Preparation(log, other, log.path.parent)
    assert wrong.value.code == "wrong-site"


def test_the_whole_is_read_again_where_the_new_program_is_to_show_that_it_can(data: Path):
    """Not what an older program of the same fold has left: events that it knew, this one may not."""
    prepare(data)
    with Reader(data / LOG_NAME) as log:
        assert Preparation(log, SETTINGS, data).head.seq == END
        assert Preparation(log, SETTINGS, data, whole=True).head.seq == 0


def test_nothing_needs_preparing_where_the_checkpoints_are_of_this_version(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    with Reader(data / LOG_NAME) as log:
        assert is_needed(log)
        name_version(monkeypatch, 90)
        assert not is_needed(log)


def test_a_caller_that_starts_while_its_log_is_read_is_followed(data: Path):
    """The log was opened as a file that nothing writes to; SQLite would not see what is written to it."""
    with Reader(data / LOG_NAME) as log:
        work = Preparation(log, SETTINGS, log.path.parent)
        with Writing(data) as caller:
            caller.do(TakeTicket(queue="A"), DAY_TWO + 1)
            reported: list[int] = []
            with preparing(data):
                work.run(lambda done, _last: reported.append(done))
    assert reported[-1] == END + 1
