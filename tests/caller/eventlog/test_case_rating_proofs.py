"""The seeded world of rated visits and cases in a real log: every rating that was changed, dropped or added is found.

By `verify` where a row was edited in place; by who holds its receipt, or by the root that was seen, where an insider has
made the whole chain and all roots anew.
"""

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from caller.engine import events as ev
from caller.engine.rating_messages import CaseRated
from caller.eventlog import LogError, Reader, chain
from caller.eventlog.daily_roots import RATINGS, root_due, roots_in
from caller.eventlog.rating_proofs import Receipt, holds, prove, receipt_at, root_seen
from caller.eventlog.writer import Batch
from tests.caller.engine.test_rated_cases_world import BOTH, CasesWorld
from tests.caller.engine.test_rectified_world import lived
from tests.caller.eventlog.test_rating_proofs import rebuild
from tests.instruments.event_logs import Diary, order, root_event

KIND = CaseRated.__name__
Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The log of the world, with the root of each of its days, as bytes of its file."""
    diary = Diary(tmp_path_factory.mktemp("world") / "log.db")
    today: list[tuple[int, ev.AnyEvent]] = []
    for seq, at, event in lived(4, CasesWorld(), **BOTH).events:
        today.append((at, event))
        if isinstance(event, ev.DayClosed):
            write(diary, today, seq)
            with Reader(diary.log.path) as reader:
                root = root_due(reader)
            assert root
            write(diary, [(at, root_event(root))], -seq)
            today.clear()
    diary.log.close()
    connection = sqlite3.connect(diary.log.path)
    try:
        return connection.serialize()
    finally:
        connection.close()


def write(diary: Diary, rows: list[tuple[int, ev.AnyEvent]], serial: int) -> None:
    batch = Batch()
    for place, (at, event) in enumerate(rows):
        diary.log.extend(order(f"c-{serial}-{place}"), at, [event], batch.rows)
    assert diary.write(batch) is None


@pytest.fixture
def log(written: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "log.db"
    path.write_bytes(written)
    return path


@pytest.fixture(params=sorted(RATINGS))
def held(request: pytest.FixtureRequest, log: Path) -> list[Receipt]:
    """Three receipts of rated visits, or of rated cases, of this log, by a seed."""
    with Reader(log) as reader:
        held = [receipt_at(reader, row.seq) for row in reader.of_kinds([request.param])]
    assert len(held) > 20
    return random.Random(7).sample(held, 3)


def test_every_rating_in_the_world_is_counted(log: Path):
    with Reader(log) as reader:
        reader.verify()
        ratings = {kind: sum(1 for _ in reader.of_kinds([kind])) for kind in RATINGS}
        roots = list(roots_in(reader))
        assert sum(root.ratings for root in roots) == sum(ratings.values())
        assert sum(sum(root.case_levels) for root in roots) == ratings[KIND]


def test_each_holder_proves_their_rating(log: Path, held: list[Receipt]):
    with Reader(log) as reader:
        for each in held:
            proof = prove(reader, each)
            assert holds(proof, each, proof.root)


EDITS = {
    "changed": "update event set body=replace(body, '\"level\":', '\"level\":1') where seq=?",
    "dropped": "delete from event where seq=?",
    "added": (
        "insert into event select (select max(seq)+1 from event), at, command, role, station, kind, body, hash, account"
        " from event where seq=?"
    ),
}


@pytest.mark.parametrize("how", EDITS)
def test_an_edit_in_place_is_found_by_verify(log: Path, held: list[Receipt], how: str):
    seq = held[0].seq
    connection = sqlite3.connect(log, isolation_level=None)
    connection.execute(EDITS[how], (seq,))
    connection.close()
    with Reader(log) as reader, pytest.raises(LogError) as found:
        reader.verify()
    assert found.value.code == "damaged"


def place_of(rows: Rows, seq: int) -> int:
    return next(place for place, row in enumerate(rows) if row[0] == seq)


def changed(rows: Rows, at: int) -> Rows:
    row = rows[at]
    body = str(row[6])
    level = body.partition('"level":')[2][0]
    other = body.replace(f'"level":{level}', f'"level":{int(level) % 5 + 1}')
    return [*rows[:at], (*row[:6], other, *row[7:]), *rows[at + 1 :]]


def dropped(rows: Rows, at: int) -> Rows:
    return rows[:at] + rows[at + 1 :]


def added(rows: Rows, at: int) -> Rows:
    return [*rows[: at + 1], rows[at], *rows[at + 1 :]]


def of_the_other_kind(rows: Rows, at: int) -> Rows:
    """The row of the rating of a case made that of a reception, or the other way round: it mends the one share by the other."""
    row = rows[at]
    body = json.loads(str(row[6]))
    given = body["window"], body["clerk"], body["level"], body["via"]
    other: ev.AnyEvent = CaseRated("c-x", "2026-0001", "i1", *given)
    if row[5] == KIND:
        other = ev.ServiceRated(f"t-{body['case']}", *given)
    made = type(other).__name__, chain.encode(other).decode()
    return [*rows[:at], (*row[:5], *made, *row[7:]), *rows[at + 1 :]]


@pytest.mark.parametrize("how", [changed, of_the_other_kind, dropped, added])
def test_a_log_made_anew_is_found_by_the_receipt_or_the_root_that_was_seen(
    log: Path, held: list[Receipt], how: Callable[[Rows, int], Rows]
):
    mine = held[0]
    with Reader(log) as reader:
        root = prove(reader, mine).root
    diary = Diary(log)
    rebuild(diary, lambda rows: how(rows, place_of(rows, mine.seq)))
    with Reader(log) as reader:
        reader.verify()  # nothing inside the log tells
        with pytest.raises(LogError) as found:
            root_seen(reader, root[:16])
        assert found.value.code == "root-unknown"
        if how is not added:  # one's own rating still stands there; the root tells of the other
            with pytest.raises(LogError) as found:
                prove(reader, mine)
            assert found.value.code == "receipt-changed"
