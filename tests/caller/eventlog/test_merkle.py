"""Trees of RFC 6962: a proof shows its leaf and no other, and a tree's root changes with every change of its leaves."""

import hashlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.engine import events as ev
from caller.engine.case_messages import CaseMoved
from caller.engine.envelope import CommandEnvelope, RootDay
from caller.eventlog import Batch, LogError, Reader, chain, daily_roots, merkle
from caller.eventlog.daily_roots import (
    RATING,
    DayRoot,
    RatedRow,
    RootChecker,
    rating_leaf,
    root_due,
    roots_in,
)
from caller.eventlog.merkle import inclusion_proof, proves, root_of
from tests.instruments.event_logs import AT, Diary, issued, order, root_event

Leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, written down as it stands there."""
    n = len(leaves)
    if n == 0:
        return hashlib.sha256(b"").digest()
    if n == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < n:
        k *= 2
    return hashlib.sha256(b"\1" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def test_the_known_answers_of_the_certificate_transparency_test_vectors():
    leaves = [bytes.fromhex(text) for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )]  # fmt: skip
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root_of(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_tree_that_grows_is_the_tree_of_the_definition(leaves: list[bytes]):
    assert root_of(leaves) == by_definition(leaves)


@given(Leaves, st.data())
def test_each_leaf_has_a_proof_and_no_other_leaf_or_place_fits_it(leaves: list[bytes], data: st.DataObject):
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof, root, size = inclusion_proof(leaves, place), root_of(leaves), len(leaves)
    assert proves(leaves[place], place, size, proof, root)
    assert not proves(leaves[place] + b"x", place, size, proof, root)
    assert not proves(leaves[place], place, size, [*proof, root], root)
    if proof:
        assert not proves(leaves[place], place, size, proof[:-1], root)
        at = data.draw(st.integers(0, len(proof) - 1))
        other = [*proof[:at], hashlib.sha256(proof[at]).digest(), *proof[at + 1 :]]
        assert not proves(leaves[place], place, size, other, root)
    wrong = data.draw(st.integers(-1, size))
    if wrong != place:
        same = (
            0 <= wrong < size and leaves[wrong] == leaves[place] and inclusion_proof(leaves, wrong) == proof
        )
        assert proves(leaves[place], wrong, size, proof, root) == same


@given(Leaves, st.data())
def test_a_changed_dropped_added_or_moved_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject):
    place, root = data.draw(st.integers(0, len(leaves) - 1)), root_of(leaves)
    assert root_of([*leaves[:place], leaves[place] + b"x", *leaves[place + 1 :]]) != root
    assert root_of([*leaves[:place], *leaves[place + 1 :]]) != root
    assert root_of([*leaves[:place], b"new", *leaves[place:]]) != root
    moved = data.draw(st.permutations(leaves))
    assert (root_of(moved) == root) == (moved == leaves)


def test_twin_without_the_marks_a_node_passes_for_a_leaf(monkeypatch: pytest.MonkeyPatch):
    leaves = [b"a", b"b", b"c", b"d"]
    node = merkle.leaf_hash(b"a") + merkle.leaf_hash(b"b")
    assert root_of([node, merkle.leaf_hash(b"c") + merkle.leaf_hash(b"d")]) != root_of(leaves)
    monkeypatch.setattr(merkle, "leaf_hash", lambda leaf: hashlib.sha256(leaf).digest())
    monkeypatch.setattr(merkle, "node_hash", lambda left, right: hashlib.sha256(left + right).digest())
    forged = [
        merkle.leaf_hash(b"a") + merkle.leaf_hash(b"b"),
        merkle.leaf_hash(b"c") + merkle.leaf_hash(b"d"),
    ]
    assert root_of(forged) == root_of(leaves)


# --- the roots of a log's days


def day(diary: Diary, label: str, serial: int, rooted: bool = True) -> None:
    """One day: three tickets, a rating, and its end; then its root as the caller makes it."""
    rated = ev.ServiceRated(ticket=f"t-{serial}", window="3", clerk="c", level=5, via="phone")
    tickets = [issued(serial + n) for n in range(3)]
    add(diary, [ev.DayOpened(label, "Asia/Shanghai", 1, 1), *tickets, rated, ev.DayClosed(label)], serial)
    if rooted:
        root = due(diary)
        assert root
        assert (root.day, root.ratings) == (label, 1)
        add(diary, [root_event(root)], serial + 3)


def add(diary: Diary, events: list[ev.AnyEvent], serial: int) -> None:
    batch = Batch()
    diary.log.extend(order(f"c-{serial}"), AT + serial, events, batch.rows)
    assert diary.write(batch) is None


def due(diary: Diary) -> DayRoot | None:
    with Reader(diary.log.path) as reader:
        return root_due(reader)


@pytest.fixture
def diary(tmp_path: Path):
    diary = Diary(tmp_path / "log.db")
    yield diary
    diary.log.close()


def test_every_day_has_its_root_and_verify_computes_them_again(diary: Diary):
    for n in range(3):
        day(diary, f"2026-09-0{n + 1}", 10 * n)
    assert due(diary) is None
    with Reader(diary.log.path) as reader:
        roots = list(roots_in(reader))
        assert reader.verify().roots == 3
    spans = [(root.first, root.last) for root in reversed(roots)]
    assert spans == [(1, 6), (7, 13), (14, 20)]  # gapless: a DayRooted lies under the root of the day after


def test_days_that_nobody_rooted_lie_under_the_next_root(diary: Diary):
    day(diary, "2026-09-01", 0, rooted=False)
    day(diary, "2026-09-02", 10, rooted=False)
    add(diary, [issued(99)], 99)  # a late row belongs to the day after
    root = due(diary)
    assert root
    assert root[:4] == ("2026-09-02", 1, 12, 2)


def test_a_rating_is_proven_by_its_path_and_one_hash_more(diary: Diary):
    day(diary, "2026-09-01", 0)
    with Reader(diary.log.path) as reader:
        (root,) = roots_in(reader)
        rows = list(reader.after(root.first - 1, root.last - root.first + 1))
    ratings = [rating_leaf(row.hash, 5, "visit") for row in rows if row.kind == RATING]
    rating = ratings[0]
    all_rows = root_of([row.hash for row in rows])
    assert proves(rating, 0, root.ratings, inclusion_proof(ratings, 0), root_of(ratings))
    assert merkle.node_hash(all_rows, root_of(ratings)).hex() == root.root


@pytest.mark.parametrize("levels", [(), (0, 0, 0, 0, 1)])
def test_a_root_of_an_older_version_is_checked_as_it_was_made(diary: Diary, levels: tuple[int, ...]):
    """There the leaf of a rating was the hash of its row alone, and later with its level, but without its kind."""
    day(diary, "2026-09-01", 0, rooted=False)
    root = due(diary)
    assert root
    with Reader(diary.log.path) as reader:
        rows = list(reader.after(root.first - 1, root.last - root.first + 1))
    ratings = root_of([row.hash + bytes([5] if levels else []) for row in rows if row.kind == RATING])
    older = merkle.node_hash(root_of([row.hash for row in rows]), ratings).hex()
    add(diary, [ev.DayRooted(*root[:4], older, list(levels))], 3)
    day(diary, "2026-09-02", 10)
    with Reader(diary.log.path) as reader:
        assert reader.verify().roots == 2
        assert [(each.levels, len(each.case_levels)) for each in roots_in(reader)] == [
            ((0, 0, 0, 0, 1), 5), (levels, 0),
        ]  # fmt: skip


def test_a_root_counts_what_could_be_rated_up_to_its_day_and_no_further(diary: Diary):
    """Ends of receptions and decisions after a day closed are of the next root, like its ratings."""
    ended = [ev.ServiceFinished("t-1", "3", "done"), ev.ServiceLapsed("t-2", "3")]
    moves = [CaseMoved("c-1", move, "decided", "ann") for move in ("decide", "issue")]
    add(diary, [ev.DayOpened("2026-09-01", "UTC", 1, 1), *ended, *moves, ev.DayClosed("2026-09-01")], 0)
    add(diary, [ended[1], moves[0]], 5)
    first = due(diary)
    assert first
    add(diary, [root_event(first)], 6)
    add(diary, [ev.DayOpened("2026-09-02", "UTC", 1, 1), ended[0], ev.DayClosed("2026-09-02")], 7)
    second = due(diary)
    assert second
    assert [(each.receptions, each.decided) for each in (first, second)] == [(2, 1), (2, 1)]


def test_a_root_over_leaves_of_the_other_kind_is_found(diary: Diary, monkeypatch: pytest.MonkeyPatch):
    """Whoever counts a rating of a reception as one of a case writes a root that the rows do not give."""
    day(diary, "2026-09-01", 0, rooted=False)
    with monkeypatch.context() as false:
        false.setattr(daily_roots, "rated_row", lambda row: RatedRow(row.hash, 5, "case"))  # pyright: ignore
        root = due(diary)
    assert root
    assert root.case_levels == (0, 0, 0, 0, 1)
    add(diary, [root_event(root)], 3)
    with Reader(diary.log.path) as reader, pytest.raises(LogError) as found:
        reader.verify()
    assert (found.value.code, found.value.seq) == ("damaged", 7)


def test_twin_leaves_without_a_kind_hide_that_it_was_changed(diary: Diary, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(daily_roots, "KIND_BYTES", dict.fromkeys(daily_roots.KIND_BYTES, b""))
    day(diary, "2026-09-01", 0, rooted=False)
    honest = due(diary)
    monkeypatch.setattr(daily_roots, "rated_row", lambda row: RatedRow(row.hash, 5, "case"))  # pyright: ignore
    false = due(diary)
    assert honest
    assert false
    assert false.root == honest.root


COUNTS = {"levels": (0, 0, 0, 1, 0), "case_levels": (0, 0, 0, 0, 1), "receptions": 9, "decided": 9}


@pytest.mark.parametrize("field", ["root", "last", "ratings", "day", *COUNTS])
def test_a_root_that_is_not_the_rows_is_found(diary: Diary, field: str):
    day(diary, "2026-09-01", 0, rooted=False)
    root = due(diary)
    assert root
    false = {"root": "0" * 64, "last": root.last - 1, "ratings": 0, "day": "2026-09-02"}
    false = (false | COUNTS)[field]
    add(diary, [root_event(root._replace(**{field: false}))], 3)
    with Reader(diary.log.path) as reader, pytest.raises(LogError) as found:
        reader.verify()
    assert (found.value.code, found.value.seq) == ("damaged", 7)
    assert "根值" in found.value.message.zh


def test_a_chain_made_anew_gives_another_root(diary: Diary):
    """The insider's rebuild: the whole chain right again, and yet not the root that was noted outside."""
    day(diary, "2026-09-01", 0, rooted=False)
    noted = due(diary)
    diary.log.close()
    connection = sqlite3.connect(diary.log.path, isolation_level=None)
    rows = connection.execute("select * from event order by seq").fetchall()
    before = chain.genesis("county").hash
    for row in rows:
        body = row[6].replace('"level":5', '"level":1')
        seq, at, command, role, station, kind = row[:6]
        before = chain.link(before, seq, at, command, role, station, kind, body.encode())
        connection.execute("update event set body=?, hash=? where seq=?", (body, before, row[0]))
    connection.execute("update meta set value=? where key='head'", (f"{len(rows)} {before.hex()}",))
    connection.close()
    diary.log.path.with_name("log.witness").unlink()  # whoever can read the key can write one, too
    with Reader(diary.log.path) as reader:
        reader.verify()  # the chain alone is content
        rebuilt = root_due(reader)
    assert noted
    assert rebuilt
    assert (rebuilt.levels, noted.levels) == ((1, 0, 0, 0, 0), (0, 0, 0, 0, 1))
    assert rebuilt[:4] == noted[:4]
    assert rebuilt.root != noted.root


def test_twin_a_checker_that_computes_nothing_finds_nothing(diary: Diary, monkeypatch: pytest.MonkeyPatch):
    day(diary, "2026-09-01", 0, rooted=False)
    root = due(diary)
    assert root
    add(diary, [root_event(root._replace(root="0" * 64))], 3)
    monkeypatch.setattr(RootChecker, "add", lambda *_: None)
    with Reader(diary.log.path) as reader:
        assert reader.verify().roots == 0


def test_a_root_is_in_no_frame(diary: Diary):
    """No station can send one, whatever its role: the command is not in the union of the wire."""
    from caller.protocol import frames

    command = RootDay("2026-09-01", 1, 2, 0, "0" * 64)
    sent = frames.encode(frames.CommandFrame("c-1", command))  # pyright: ignore[reportArgumentType]
    with pytest.raises(frames.PeerError):
        frames.decode_station(sent)
    assert CommandEnvelope("c-1", command).command is command
