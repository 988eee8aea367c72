"""Power fails at any moment: what was answered is in the log, the log is whole, and its chain verifies."""

import random
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from caller.eventlog import Batch, EventLog, LogError, Reader
from caller.eventlog import log as log_module
from tests.crash.disk import Connection, Image, Op, Recorder, crash, read_image, write_image
from tests.instruments.event_logs import AT, SITE, Diary, issued, order

NAME = "log.db"
COMMANDS = 100
PATIENCE = 60.0  # seconds for a commit
IMAGES = 1_050
PAGES_PER_CHECKPOINT = 12  # sqlite moves the WAL into the file this often, so that crashes hit that too


class Story:
    """What was asked of a disk while the real log wrote to it, and what it looked like before."""

    def __init__(self, folder: Path, synchronous: str) -> None:
        Diary(folder / NAME).log.close()  # tables by sqlite-utils, before the story
        self.start: Image = read_image(folder, NAME)
        name = f"recorder-{id(self)}"
        recorder = Recorder(name)

        def connect(path: Path) -> Any:
            connection = Connection(path, recorder, name)
            connection.execute(f"pragma wal_autocheckpoint={PAGES_PER_CHECKPOINT}")
            return connection

        log = EventLog(folder / NAME, SITE, synchronous=synchronous, connect=connect)
        told = threading.Semaphore(0)

        def settled(batches: list[Batch], error: LogError | None) -> None:
            assert error is None, error
            for batch in batches:
                recorder.answered(batch.token)
                told.release()

        log.start(settled)
        _write(log, told)
        log.close()
        self.ops: list[Op] = recorder.ops

    def answered(self, moment: int) -> list[str]:
        return [op.file for op in self.ops[:moment] if op.kind == "answered"]


def _write(log: EventLog, told: threading.Semaphore) -> None:
    """A day of the log's own statements: single commands, groups of three, and checkpoints."""
    seq = 0
    for serial in range(1, COMMANDS + 1):
        batch = Batch(token=f"c-{serial}")
        events = [issued(seq + n + 1) for n in range(1 + serial % 3)]
        seq = log.extend(order(batch.token), AT, events, batch.rows)
        if serial % 40 == 0:
            batch.checkpoint = log.checkpoint(AT, random.Random(serial).randbytes(9_000))
        log.write(batch)
        for _ in range(
            4 if serial % 4 == 0 else 0
        ):  # everything so far is answered; the next may share a commit
            assert told.acquire(timeout=PATIENCE)


def judge(image: Image, folder: Path, answered: list[str]) -> str:
    """Open a disk after the crash with the real log, as the caller would at its next start."""
    path = write_image(image, folder, NAME)
    try:
        log = EventLog(path, SITE)
    except LogError as error:
        return f"does not start: {error.code}"
    try:
        recovery = log.recover()
        tail = list(recovery.records)
        known = {record.command for record in log.recover(full=True).records}
        if tail and tail[-1].seq != log.head.seq:
            return "tail is short"
    except LogError as error:
        return error.code
    finally:
        log.close()
    with Reader(path) as reader:
        try:
            reader.verify()
        except LogError as error:
            return error.code
    return "lost" if set(answered) - known else "whole"


def campaign(folder: Path, synchronous: str, images: int, seed: int) -> Counter[str]:
    story = Story(folder, synchronous)
    dice = random.Random(seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as after:
        for number in range(images):
            moment = 1 + number * len(story.ops) // images
            image = crash(story.start, story.ops[:moment], dice)
            found[judge(image, Path(after), story.answered(moment))] += 1
    return found


def test_power_failing_at_any_moment_loses_nothing_answered(tmp_path: Path):
    assert campaign(tmp_path, "FULL", IMAGES, seed=7) == {"whole": IMAGES}


def test_with_a_lazier_disk_the_answered_is_lost(tmp_path: Path):
    """The twin: synchronous=NORMAL keeps the log whole but forgets what was told."""
    found = campaign(tmp_path, "NORMAL", 300, seed=7)
    assert found["lost"] > 20, found
    assert set(found) <= {"lost", "whole"}, found


def test_the_story_holds_what_a_day_holds(tmp_path: Path):
    """The campaign means little if nothing was synced late, checkpointed or truncated in it."""
    story = Story(tmp_path, "FULL")
    kinds = Counter((op.kind, op.file.removeprefix(NAME)) for op in story.ops if op.kind != "answered")
    assert kinds["write", "-wal"] > 200
    assert kinds["write", ""] > 50
    assert kinds["sync", "-wal"] > 25
    assert kinds["sync", ""] > 5
    assert len(story.answered(len(story.ops))) == COMMANDS


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(10))
def test_a_long_campaign_of_power_failures(tmp_path: Path, seed: int):
    assert campaign(tmp_path, "FULL", 5_000, seed) == {"whole": 5_000}


def test_the_log_asks_for_full_sync_by_itself(tmp_path: Path):
    diary = Diary(tmp_path / NAME)
    assert diary.connections[0].execute("pragma synchronous").fetchone() == (2,)
    assert diary.connections[0].execute("pragma journal_mode").fetchone() == ("wal",)
    diary.log.close()
    assert log_module.LOG_NAME == NAME
