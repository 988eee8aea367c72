"""Power fails at any moment of a kiosk's visits: what `save` returned for is on its disk, and nothing older comes back."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from caller.engine.commands import TakeTicket
from kiosk import store
from kiosk.store import KEPT_FILE, UnreadableError, VisitStore
from kiosk.visit.effects import PendingVisit
from tests.crash.disk import Op, crash

VISITS = 12
IMAGES_EACH = 12  # disks after a crash before each operation
LONG = "补充材料" * 120  # a record of more than two sectors, so that one may be torn


def records(number: int) -> list[PendingVisit]:
    """One visit as it is kept: asked, then with its number."""
    asked = PendingVisit(f"visit-{number:04}", TakeTicket(items=["T001"]), items=[LONG])
    numbered = PendingVisit(asked.id, asked.command, "printing", {"number": f"A{number:03}"}, asked.items)
    return [asked, numbered]


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Op]:
    """What visits asked of the disk; "answered" stands behind each call that returned."""
    ops: list[Op] = []
    memory = VisitStore(tmp_path)
    with monkeypatch.context() as patched:
        record(patched, ops, tmp_path / KEPT_FILE)
        for number in range(VISITS):
            for kept in records(number):
                memory.save(kept)
                ops.append(Op("answered", f"{kept.id} {kept.stage}"))
            memory.forget(records(number)[0].id)
            ops.append(Op("answered", ""))
    return ops


def record(patched: pytest.MonkeyPatch, ops: list[Op], path: Path) -> None:
    """Note the writes, syncs and truncations of the kept visit."""
    write, fdatasync, fsync = os.write, os.fdatasync, os.fsync

    def noted_write(handle: int, data: bytes) -> int:
        ops.append(Op("write", KEPT_FILE, path.stat().st_size, data))
        return write(handle, data)

    def noted_sync(handle: int) -> None:
        if not os.path.samestat(os.fstat(handle), path.stat()):
            return fsync(handle)
        if not path.stat().st_size:
            ops.append(Op("truncate", KEPT_FILE))
        ops.append(Op("sync", KEPT_FILE))
        return fdatasync(handle)

    for name, noted in (("write", noted_write), ("fdatasync", noted_sync), ("fsync", noted_sync)):
        patched.setattr(store.os, name, noted)


def judged(ops: list[Op], folder: Path) -> Counter[str]:
    """Crash before each operation, open what is left, and count what became of the visit."""
    dice, found = random.Random(7), Counter[str]()
    told = [op.file for op in ops if op.kind == "answered"]
    for moment in range(1, len(ops) + 1):
        asked = sum(op.kind == "answered" for op in ops[:moment])
        allowed = {told[asked - 1] if asked else "", *told[asked : asked + 1]}
        for _ in range(IMAGES_EACH):
            image = crash({KEPT_FILE: bytearray()}, ops[:moment], dice)
            (folder / KEPT_FILE).write_bytes(image[KEPT_FILE])
            found[verdict(folder, allowed)] += 1
    return found


def verdict(folder: Path, allowed: set[str]) -> str:
    try:
        kept = VisitStore(folder).load()
    except UnreadableError:
        return "reported" if "" in allowed else "unreadable"
    return "whole" if (f"{kept.id} {kept.stage}" if kept else "") in allowed else "lost"


def test_power_failing_at_any_moment_loses_no_visit(story: list[Op], tmp_path: Path):
    found = judged(story, tmp_path)
    assert set(found) <= {"whole", "reported"}, found
    assert found["whole"] > 10 * found["reported"] > 0, (
        "a torn first record, for which nothing was answered, is set aside"
    )


def test_without_the_sync_a_visit_is_lost(story: list[Op], tmp_path: Path):
    """The twin: `save` that returns before its record is on disk."""
    lazy = [op for op in story if op.kind != "sync"]
    assert judged(lazy, tmp_path)["lost"] > 20


def test_a_record_that_began_without_a_line_break_would_be_lost_behind_a_torn_one(tmp_path: Path):
    """The twin of rule 1, and the rule itself."""
    asked, numbered = records(1)
    memory = VisitStore(tmp_path)
    memory.save(asked)
    path = tmp_path / KEPT_FILE
    torn = path.read_bytes() + path.read_bytes()[:600]
    path.write_bytes(torn)
    memory.save(numbered)
    assert memory.load() == numbered
    path.write_bytes(torn + path.read_bytes()[len(torn) :].lstrip(b"\n"))
    assert memory.load() == asked
