"""Random damage to a data folder: each time everything is recovered, or the caller or the daily check says so.

At commit 29e657f 129 of 334 such damages were silent: a flipped bit in the write-ahead log or an emptied log.db was
taken for a shorter or a new log, and numbers that people held were given a second time.
"""

import asyncio
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from caller.engine.commands import CloseDay, OpenDay, ReportDevice, TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.eventlog import LOG_NAME, EventLog, LogError, Reader, Record, restore
from caller.eventlog import log as log_module
from caller.eventlog.stores import held_sqlite
from caller.eventlog.witness import KEY_NAME, WITNESS_NAME
from caller.protocol.frames import Done, RefusedFrame
from caller.records import RECORDS_NAME, bring_up_to_date
from caller.records.stores.sqlite import witness_of
from caller.service.idempotency import AnyAnswer
from caller.service.loop import Loop
from tests.instruments.engine_fixture import settings
from tests.instruments.loop_fixture import DEADLINE_SECONDS, Time, house

DAMAGES = 334
TICKETS = 60
NEXT_DAY = "2026-09-22"
WAL = f"{LOG_NAME}-wal"
SECTOR = 512
SETTINGS = settings()


class Folder:
    """A data folder as a kill left it: a closed day in a checkpoint, sixty numbers of the next, most in the WAL."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self.records: list[Record] = []

    async def live(self, at: Path) -> None:
        async with house(at / LOG_NAME) as it:
            for _ in range(20):
                await it.done(TakeTicket(queue="A"))
            await it.done(CloseDay(expire=True))
            it.time.pass_to("09:00", NEXT_DAY)
            await it.done(OpenDay(NEXT_DAY))
            for serial in range(TICKETS):
                answer = await it.done(TakeTicket(queue="AB"[serial % 2]))
                self.told.append(answer["number"])
                if serial == TICKETS // 2:
                    bring_up_to_date(at)
            self.records = list(it.log.recover(full=True).records)
            shutil.copytree(
                at, self.path
            )  # as `kill -9` leaves it: nothing closed, nothing moved out of the WAL


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    root = tmp_path_factory.mktemp("damage")
    (root / "live").mkdir()
    made = Folder(root / "killed")
    asyncio.run(made.live(root / "live"))
    return made


def damage(folder: Path, dice: random.Random) -> str:
    """Do one damage; return its name."""
    name = dice.choice((LOG_NAME, LOG_NAME, WAL, WAL, WITNESS_NAME, KEY_NAME, RECORDS_NAME))
    file = folder / name
    content = bytearray(file.read_bytes())
    kind = dice.choice(("flip", "flip", "flip", "zeros", "noise", "cut", "empty", "gone"))
    at = dice.randrange(len(content))
    if kind == "gone":
        file.unlink()
        return f"{name} {kind}"
    if kind == "flip":
        content[at] ^= 1 << dice.randrange(8)
    elif kind in ("zeros", "noise"):
        start = at - at % SECTOR
        size = min(SECTOR, len(content) - start)
        content[start : start + size] = bytes(size) if kind == "zeros" else dice.randbytes(size)
    else:
        del content[0 if kind == "empty" else at :]
    file.write_bytes(content)
    return f"{name} {kind}"


async def take(loop: Loop) -> AnyAnswer:
    """One more number, from a caller that has just started."""
    loop.start()
    answer: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
    loop.submit(CommandEnvelope("one-more-press", TakeTicket(queue="A"), "kiosk", "K1"), answer.set_result)
    async with asyncio.timeout(DEADLINE_SECONDS):
        found = await answer
    await loop.stop()
    return found


def judge(data: Path, before: Folder) -> str:
    """Start a caller on a damaged folder, take a number, and check the log as it is checked daily."""
    told: list[str] = []
    try:
        log = EventLog(data / LOG_NAME, SETTINGS.hall.site, synchronous="OFF")
    except LogError as error:
        return f"told: {error.code}"
    try:
        loop = Loop(SETTINGS, log, Time(NEXT_DAY, "09:30").clock())
        loop.hear(witness_of(data / RECORDS_NAME))
        kept = list(log.recover(full=True).records) == before.records
        answer = asyncio.run(take(loop))
        told += [trouble.code for trouble in loop.health.log_troubles]
        told += ["log-damaged"] * (loop.health.log_damage is not None)
    except LogError as error:
        return f"told: {error.code}"
    finally:
        log.close()
    if isinstance(answer, RefusedFrame):
        told.append(answer.code)
    elif answer.result["number"] in before.told:
        return "number given twice"
    try:
        with Reader(data / LOG_NAME) as reader:
            told += ["checkpoint"] if reader.verify().bad_checkpoints else []
    except LogError as error:
        told.append(error.code)
    if told:
        return f"told: {told[0]}"
    return "whole" if kept and isinstance(answer, Done) else "silent"


def campaign(folder: Folder, damages: int, seed: int) -> dict[str, list[str]]:
    """What came of each damage, by outcome."""
    dice = random.Random(seed)
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as room:
        for number in range(damages):
            data = Path(room) / str(number)
            shutil.copytree(folder.path, data)
            done = damage(data, dice)
            found.setdefault(judge(data, folder), []).append(done)
            shutil.rmtree(data)
    return found


def test_no_random_damage_is_silent_and_no_number_is_given_twice(folder: Folder):
    found = campaign(folder, DAMAGES, seed=5)
    assert "silent" not in found, found["silent"]
    assert "number given twice" not in found, found["number given twice"]
    assert sum(map(len, found.values())) == DAMAGES
    assert len(found["told: behind"]) > 20, Counter({name: len(rows) for name, rows in found.items()})


def test_without_witnesses_damage_is_silent_and_numbers_are_given_twice(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
):
    """The twin: what a caller believes that looks at nothing but its own log."""
    monkeypatch.setattr(EventLog, "hear", lambda _self, _text: True)
    monkeypatch.setattr(held_sqlite, "_epoch_of_new", lambda _path, _noted: 0)
    monkeypatch.setattr(Reader, "_witness", lambda _self: None)
    found = campaign(folder, 60, seed=5)
    assert len(found["number given twice"]) > 5


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(10))
def test_thousands_of_damages(folder: Folder, seed: int):
    found = campaign(folder, 1_000, seed)
    print({name: len(rows) for name, rows in found.items()})
    assert not {"silent", "number given twice"} & set(found)


# --- the issue's own cases


@pytest.fixture
def data(folder: Folder, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder.path, tmp_path / "data"))


def started(data: Path) -> tuple[EventLog, Loop]:
    log = EventLog(data / LOG_NAME, SETTINGS.hall.site)
    return log, Loop(SETTINGS, log, Time(NEXT_DAY, "09:30").clock())


def test_a_folder_nobody_damaged_gives_the_next_number(data: Path, folder: Folder):
    assert judge(data, folder) == "whole"


@pytest.mark.parametrize("wal", [True, False], ids=["with its WAL", "without"])
def test_an_emptied_log_is_refused_before_sqlite_deletes_its_write_ahead_log(data: Path, wal: bool):
    (data / LOG_NAME).write_bytes(b"")
    if not wal:
        (data / WAL).unlink()
    before = (data / WAL).read_bytes() if wal else b""
    with pytest.raises(LogError) as refused:
        started(data)
    assert refused.value.code == "emptied"
    assert "hallcall log restore" in refused.value.message.next_en
    assert ((data / WAL).read_bytes() if wal else b"") == before


def test_a_lost_log_without_its_witness_is_found_out_by_the_records(data: Path):
    for name in (LOG_NAME, WAL, WITNESS_NAME):
        (data / name).unlink()
    log, loop = started(data)
    loop.hear(witness_of(data / RECORDS_NAME))
    answer = asyncio.run(take(loop))
    log.close()
    assert isinstance(answer, RefusedFrame)
    assert answer.code == "log-behind"
    assert "behind" in [trouble.code for trouble in loop.health.log_troubles]
    assert not (data / WITNESS_NAME).exists(), "a log that is behind bears no witness"


def test_a_station_s_witness_stops_the_numbers_too_and_no_other_text_does(data: Path):
    shown = (data / WITNESS_NAME).read_text().strip()
    (data / WITNESS_NAME).unlink()
    (data / WAL).unlink()
    (data / RECORDS_NAME).unlink()
    log, loop = started(data)
    epoch, seq, rest = shown.split(".", 2)
    for forged in (
        "",
        "nonsense",
        "9.9.9",
        f"{epoch}.{int(seq) + 1}.{rest}",
        f"9.{seq}.{rest}",
        shown[:-1] + "x",
    ):
        loop.hear(forged)
        assert log.behind is None
        assert log.troubles == []
    loop.hear(shown)
    assert log.behind
    log.close()


def test_restore_begins_an_epoch_and_continues_above_every_number_that_was_seen(
    data: Path, folder: Folder, tmp_path: Path
):
    """The backup knows of fewer numbers; the witness knows of all."""
    (data / WAL).unlink()
    behind, loop = started(data)
    assert behind.behind
    behind.close()
    kept = behind.head.seq
    done = restore(data / LOG_NAME, data / LOG_NAME, "aside")
    assert done.copy
    assert (done.copy.events, done.epoch) == (kept, 2)
    assert done.seen
    assert (done.seen.day, done.seen.top) == (NEXT_DAY, TICKETS // 2)
    assert (data / f"{LOG_NAME}.aside").exists()
    assert (data / f"{WITNESS_NAME}.aside").exists()
    for press in range(2):  # and after a restart it goes on from there
        log, loop = started(data)
        assert log.behind is None
        if not loop.hall.state.day.open:
            asyncio.run(_open(loop))
            log.close()
            log, loop = started(data)
        answer = asyncio.run(take_as(loop, f"press-{press}"))
        log.close()
        assert answer.result["number"] == f"A0{TICKETS // 2 + 1 + press}"
        assert answer.result["number"] not in folder.told


async def _open(loop: Loop) -> None:
    loop.start()
    opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    loop.submit(CommandEnvelope("open-again", OpenDay(NEXT_DAY)), opened.set_result)
    assert isinstance(await opened, Done)
    await loop.stop()


async def take_as(loop: Loop, id: str) -> Done:
    loop.start()
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    loop.submit(CommandEnvelope(id, TakeTicket(queue="A"), "kiosk", "K1"), answer.set_result)
    async with asyncio.timeout(DEADLINE_SECONDS):
        found = await answer
    await loop.stop()
    assert isinstance(found, Done), found
    return found


def test_an_empty_log_begins_an_epoch_too_where_there_is_no_backup(data: Path, folder: Folder):
    (data / LOG_NAME).write_bytes(b"")
    done = restore(None, data / LOG_NAME, "aside")
    assert (done.copy, done.epoch) == (None, 2)
    log, loop = started(data)
    assert (log.epoch, log.head.seq, log.behind) == (2, 0, None)
    asyncio.run(_open(loop))
    log.close()
    log, loop = started(data)
    answer = asyncio.run(take_as(loop, "press-1"))
    log.close()
    assert answer.result["number"] == f"A0{TICKETS // 2 + 1}"
    assert answer.result["number"] not in folder.told


def test_an_older_log_put_back_by_hand_is_behind_though_it_has_grown_past_the_witness(data: Path):
    """Numbers stop at once; and calls made meanwhile do not hide that another event stands where one was seen."""
    (data / WAL).unlink()
    log, loop = started(data)
    assert log.behind
    asyncio.run(_grow(loop, log.behind.seq + 5))
    log.close()
    log, _ = started(data)
    assert log.behind
    assert log.head.seq > log.behind.seq
    log.close()
    with Reader(data / LOG_NAME) as reader, pytest.raises(LogError) as found:
        reader.verify()
    assert found.value.code == "behind"


def _raise_the_epoch_of_a_cut_log(data: Path) -> None:
    """Take the newest events out of the log and say that it has begun anew since."""
    (data / WAL).unlink()
    editor = sqlite3.connect(data / LOG_NAME, isolation_level=None)
    editor.execute("update meta set value='7' where key='epoch'")
    editor.close()


def test_an_epoch_that_no_restore_began_gives_no_numbers(data: Path):
    _raise_the_epoch_of_a_cut_log(data)
    log, loop = started(data)
    answer = asyncio.run(take(loop))
    log.close()
    assert isinstance(answer, RefusedFrame)
    assert answer.code == "log-behind"


def test_twin_by_what_the_witness_saw_alone_it_would_be_taken_for_a_restored_log(data: Path):
    """A station's witness is of the epoch before a restored log's, too: only the one beside the log must be of it."""
    _raise_the_epoch_of_a_cut_log(data)
    noted = (data / WITNESS_NAME).read_text()
    (data / WITNESS_NAME).unlink()
    log, loop = started(data)
    loop.hear(noted.strip())
    log.close()
    assert log.behind is None


async def _grow(loop: Loop, seq: int) -> None:
    loop.start()
    for serial in range(seq):
        if loop.hall.seq >= seq:
            break
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        command = ReportDevice("p1", "printer", "ready" if serial % 2 else "error")
        loop.submit(CommandEnvelope(f"grow-{serial}", command), done.set_result)
        assert isinstance(await done, Done)
    await loop.stop()


def test_a_witness_never_leads_the_log(folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Written after its commit: what it speaks of is on disk."""
    seen: list[tuple[int, int]] = []
    write = log_module.WitnessFile.write

    def checked(self: Any, text: str) -> None:
        with Reader(tmp_path / LOG_NAME) as reader:
            seen.append((int(text.split(".")[1]), reader.last))
        write(self, text)

    monkeypatch.setattr(log_module.WitnessFile, "write", checked)

    async def scene() -> None:
        async with house(tmp_path / LOG_NAME) as it:
            await asyncio.gather(*[it.submit(TakeTicket(queue="A")) for _ in range(300)])

    asyncio.run(scene())
    assert len(seen) >= 2
    assert all(witness <= log for witness, log in seen)
