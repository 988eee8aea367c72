"""A rating one can check: its receipt, the proof, the published list; and every tampering is found, each with its twin."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from caller.engine import events as ev
from caller.engine.rating_messages import CaseRated
from caller.eventlog import LogError, Reader, chain, rating_proofs
from caller.eventlog.daily_roots import RATING, root_due, roots_in
from caller.eventlog.rating_proofs import (
    ListedRating,
    Receipt,
    RootedRatings,
    counted,
    find_in,
    holds,
    parse_receipt,
    proof_in,
    prove,
    receipt_at,
    root_over,
    root_seen,
    rooted_ratings,
)
from caller.eventlog.writer import Batch
from tests.instruments.event_logs import AT, Diary, issued, order, root_event

LEVELS = (5, 1, 4, 5, 3, 2, 5)  # of the ratings of one day


def add(diary: Diary, events: list[ev.AnyEvent], serial: int) -> None:
    batch = Batch()
    diary.log.extend(order(f"c-{serial}"), AT + serial, events, batch.rows)
    assert diary.write(batch) is None


def rated(serial: int, level: int) -> ev.ServiceRated:
    return ev.ServiceRated(ticket=f"t-{serial}", window="3", clerk="c", level=level, via="phone")


def day(diary: Diary, label: str, serial: int, levels: tuple[int, ...] = LEVELS) -> None:
    """One day with its ratings, a root, and one rating that comes after the root."""
    ratings = [rated(serial + n, level) for n, level in enumerate(levels)]
    tickets = [issued(serial + n) for n in range(len(levels))]
    add(diary, [ev.DayOpened(label, "Asia/Shanghai", 1, 1), *tickets, *ratings, ev.DayClosed(label)], serial)
    with Reader(diary.log.path) as reader:
        root = root_due(reader)
    assert root
    add(diary, [root_event(root)], serial + 50)


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    diary = Diary(tmp_path / "log.db")
    day(diary, "2026-09-01", 0)
    add(diary, [rated(60, 2)], 60)  # by phone, after closing: under the next root
    yield diary
    diary.log.close()


def receipts(reader: Reader) -> list[Receipt]:
    return [receipt_at(reader, row.seq) for row in reader.of_kinds([RATING])]


def test_each_rating_has_its_receipt_and_its_proof(diary: Diary):
    with Reader(diary.log.path) as reader:
        (root,) = roots_in(reader)
        *held, late = receipts(reader)
        assert [each.level for each in held] == list(LEVELS)
        for place, receipt in enumerate(held):
            proof = prove(reader, parse_receipt(str(receipt)))
            assert (proof.place, proof.size, proof.root) == (place, len(LEVELS), root.root)
            assert holds(proof, receipt, root.root)
            other = receipt._replace(level=receipt.level % 5 + 1)
            assert not holds(proof, other, root.root)
            assert not holds(proof, receipt, "0" * 64)
        with pytest.raises(LogError) as found:
            prove(reader, late)
        assert found.value.code == "receipt-not-yet"
    day(diary, "2026-09-02", 100, (4,))
    with Reader(diary.log.path) as reader:
        assert prove(reader, late).day == "2026-09-02"  # all ratings since the root before


def test_the_rating_of_a_case_is_among_them_with_receipt_and_proof(diary: Diary):
    given = CaseRated("c-1", "2026-0001", "i1", "3", "c", 2, "phone", ["slow"])
    add(diary, [given], 90)
    day(diary, "2026-09-02", 100, (4,))
    with Reader(diary.log.path) as reader:
        root, _ = roots_in(reader)
        assert root.levels == (0, 2, 0, 1, 0)  # the late one of the day before, the case's, the new day's
        (row,) = reader.of_kinds([CaseRated.__name__])
        receipt = receipt_at(reader, row.seq)
        proof = prove(reader, receipt)
        assert holds(proof, receipt, root.root)
        listed = rooted_ratings(reader, root)
        assert find_in(listed, receipt) == 1
        assert (root.case_levels, listed.case_levels) == ((0, 1, 0, 0, 0), [0, 1, 0, 0, 0])
        assert [each.kind for each in listed.ratings] == ["visit", "case", "visit"]
        other = receipt._replace(kind="visit")
        assert not holds(proof, other, root.root)
        assert find_in(listed, other) < 0
        assert code_of(reader, other) == "receipt-changed"
        better = receipt._replace(level=5)
        assert not holds(proof, better, root.root)
        with pytest.raises(LogError) as found:
            prove(reader, better)
        assert found.value.code == "receipt-changed"


def test_the_published_list_alone_gives_root_and_counts(diary: Diary):
    with Reader(diary.log.path) as reader:
        (root,) = roots_in(reader)
        listed = rooted_ratings(reader, root)
    sent = msgspec.json.decode(msgspec.json.encode(listed), type=rating_proofs.RootedRatings)
    assert counted(sent)
    assert sent.levels == [1, 1, 1, 1, 3] == list(root.levels)
    assert b"t-1" not in msgspec.json.encode(listed)  # no ticket, and so no person


Tamper = Callable[[list[ListedRating]], list[ListedRating]]
TAMPERED: dict[str, Tamper] = {
    "changed": lambda rows: [replace(rows[0], level=1), *rows[1:]],
    "kind": lambda rows: [replace(rows[0], kind="case"), *rows[1:]],
    "dropped": lambda rows: rows[:1] + rows[2:],
    "added": lambda rows: [*rows, ListedRating("ab" * 32, 5, "visit")],
    "moved": lambda rows: [rows[1], rows[0], *rows[2:]],
    "replaced": lambda rows: [rows[0], replace(rows[1], row="cd" * 32), *rows[2:]],
}


def forgery(listed: RootedRatings, how: str) -> RootedRatings:
    """A list that was tampered with, its counts made anew."""
    ratings = TAMPERED[how](listed.ratings)
    levels = [sum(each.level == level for each in ratings) for level in range(1, 6)]
    cases = [sum(each.level == level and each.kind == "case" for each in ratings) for level in range(1, 6)]
    return replace(listed, ratings=ratings, levels=levels, case_levels=cases)


@pytest.mark.parametrize("how", TAMPERED)
def test_a_tampered_list_gives_another_root(diary: Diary, how: str):
    with Reader(diary.log.path) as reader:
        (root,) = roots_in(reader)
        listed = rooted_ratings(reader, root)
        held = receipts(reader)[:-1]
    forged = forgery(listed, how)
    assert not counted(forged)
    if how in ("changed", "kind", "dropped", "replaced"):
        missing = [each for each in held if find_in(forged, each) < 0]
        assert len(missing) == 1  # its holder finds it
        with pytest.raises(LogError) as found:
            proof_in(forged, missing[0])
        assert found.value.code == "receipt-changed"


@pytest.mark.parametrize("how", ["changed", "kind"])
def test_twin_a_leaf_without_level_or_kind_lets_a_changed_one_through(
    diary: Diary, monkeypatch: pytest.MonkeyPatch, how: str
):
    with Reader(diary.log.path) as reader:
        (root,) = roots_in(reader)
        listed = rooted_ratings(reader, root)
    forged = forgery(listed, how)
    assert rating_proofs.leaves_of(forged) != rating_proofs.leaves_of(listed)
    monkeypatch.setattr(rating_proofs, "rating_leaf", lambda row, *_: row)
    assert rating_proofs.leaves_of(forged) == rating_proofs.leaves_of(listed)


def test_receipts_and_roots_of_an_older_version_serve_on(diary: Diary):
    """A receipt without a kind is proven under a root with kinds; one with a kind under a root without."""
    with Reader(diary.log.path) as reader:
        held = receipts(reader)[0]
        older = parse_receipt(str(held).replace("hc2:", "hc1:").replace(":visit:", ":"))
        assert (older.kind, held.kind) == ("", "visit")
        proof = prove(reader, older)
        assert holds(proof, older, proof.root)
        (root,) = roots_in(reader)
        listed = rooted_ratings(reader, root)
    bare = [replace(each, kind="") for each in listed.ratings]
    leaves = rating_proofs.root_of(rating_proofs.leaves_of(replace(listed, ratings=bare)))
    made = rating_proofs.node_hash(bytes.fromhex(listed.rows_root), leaves).hex()
    earlier = replace(listed, ratings=bare, case_levels=[], root=made)
    assert counted(earlier)
    for receipt in (older, held):
        proof = proof_in(earlier, receipt)
        assert holds(proof, receipt, made)
        assert not holds(proof, receipt, root.root)


# --- a log that was tampered with


def rebuild(diary: Diary, change: Callable[[list[tuple[object, ...]]], list[tuple[object, ...]]]) -> None:
    """Make the whole chain and all roots of a log anew after a change of its rows, as an insider could."""
    from caller.eventlog.daily_roots import RootChecker

    diary.log.close()
    connection = sqlite3.connect(diary.log.path, isolation_level=None)
    rows = change(connection.execute("select * from event order by seq").fetchall())
    connection.execute("begin")  # else each row would wait for the disk
    connection.execute("delete from event")
    before, roots = chain.genesis("county").hash, RootChecker()
    for seq, row in enumerate(rows, 1):
        _, at, command, role, station, kind, body, _, account = row
        if kind == "DayRooted":
            due = roots.due
            assert due
            body = chain.encode(root_event(due)).decode()
        before = chain.link(before, seq, at, command, role, station, kind, str(body).encode(), str(account))  # type: ignore[arg-type]
        made = (seq, at, command, role, station, kind, body, before, account)
        roots.add(chain.Record(*made))  # type: ignore[arg-type]
        connection.execute("insert into event values (?,?,?,?,?,?,?,?,?)", made)
    connection.execute("update meta set value=? where key='head'", (f"{len(rows)} {before.hex()}",))
    connection.execute("commit")
    connection.close()
    diary.log.path.with_name("log.witness").unlink(missing_ok=True)


def _nth_rating(rows: list[tuple[object, ...]], n: int) -> int:
    return [place for place, row in enumerate(rows) if row[5] == RATING][n]


def changed(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    place = _nth_rating(rows, 1)
    row = rows[place]
    body = str(row[6]).replace('"level":1', '"level":5')
    return [*rows[:place], (*row[:6], body, *row[7:]), *rows[place + 1 :]]


def dropped(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    place = _nth_rating(rows, 1)
    return rows[:place] + rows[place + 1 :]


def added(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    place = _nth_rating(rows, 6)
    return [*rows[: place + 1], rows[place], *rows[place + 1 :]]


@pytest.mark.parametrize("how", [changed, dropped, added])
def test_a_log_made_anew_is_found_by_a_receipt_or_by_the_root_that_was_seen(
    diary: Diary, how: Callable[[list[tuple[object, ...]]], list[tuple[object, ...]]]
):
    with Reader(diary.log.path) as reader:
        (root,) = roots_in(reader)
        held = receipts(reader)
    rebuild(diary, how)
    with Reader(diary.log.path) as reader:
        reader.verify()  # chain and roots are all right again: nothing inside the log tells
        with pytest.raises(LogError) as found:
            root_seen(reader, root.root[:16])  # what stood on the board does
        assert found.value.code == "root-unknown"
        later = held[1 if how is not added else 6 :]
        assert (how is added) or all(
            _lost(reader, each) for each in later
        )  # and so do the receipts from there on
        assert not _lost(reader, held[0])


def _lost(reader: Reader, receipt: Receipt) -> bool:
    try:
        prove(reader, receipt)
    except LogError as error:
        return error.code == "receipt-changed"
    return False


@pytest.mark.parametrize("what", ["body", "hash", "gone"])
def test_a_row_edited_in_place_is_found_when_a_rating_is_proven(diary: Diary, what: str):
    with Reader(diary.log.path) as reader:
        first, second = receipts(reader)[:2]
    diary.log.close()
    connection = sqlite3.connect(diary.log.path, isolation_level=None)
    statement = {
        "body": """update event set body=replace(body, '"level":1', '"level":5') where seq=?""",
        "hash": "update event set hash=zeroblob(32) where seq=?",
        "gone": "delete from event where seq=?",
    }[what]
    connection.execute(statement, (second.seq,))
    connection.close()
    with Reader(diary.log.path) as reader:
        for receipt, codes in ((first, {"damaged"}), (second, {"damaged", "receipt-changed"})):
            with pytest.raises(LogError) as found:
                prove(reader, receipt)
            assert found.value.code in codes


def test_twin_without_the_chain_an_edited_row_is_proven(diary: Diary, monkeypatch: pytest.MonkeyPatch):
    with Reader(diary.log.path) as reader:
        first = receipts(reader)[0]
    diary.log.close()
    connection = sqlite3.connect(diary.log.path, isolation_level=None)
    connection.execute("update event set body=replace(body, 't-3', 't-x') where kind=?", (RATING,))
    connection.close()
    monkeypatch.setattr(chain, "follow", lambda _head, rows: rows)  # pyright: ignore
    with Reader(diary.log.path) as reader:
        assert prove(reader, first).place == 0


# --- receipts that do not fit


def code_of(reader: Reader, receipt: Receipt) -> str:
    with pytest.raises(LogError) as found:
        prove(reader, receipt)
    assert "{" not in "".join(found.value.message.words)
    return found.value.code


def test_a_receipt_of_another_hall_day_or_rating_gets_a_clear_word(diary: Diary):
    with Reader(diary.log.path) as reader:
        held = receipts(reader)[0]
        assert code_of(reader, held._replace(site="other")) == "receipt-other-hall"
        assert code_of(reader, held._replace(day="2026-09-02")) == "receipt-other-day"
        assert code_of(reader, held._replace(level=4)) == "receipt-changed"
        assert code_of(reader, held._replace(seq=held.seq + 1)) == "receipt-changed"
        assert code_of(reader, held._replace(seq=10_000)) == "receipt-changed"
        assert root_over(reader, 10_000) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A042",
        "hc1:county:2026-09-01:0:5:" + "a" * 64,
        "hc1:county:2026-09-01:1:6:" + "a" * 64,
        "hc2:county:2026-09-01:1:5:" + "a" * 64,
        "hc1:county:2026-09-01:1:case:5:" + "a" * 64,
        "hc2:county:2026-09-01:1:other:5:" + "a" * 64,
    ],
)
def test_what_is_no_receipt_is_told(text: str):
    with pytest.raises(LogError) as found:
        parse_receipt(text)
    assert found.value.code == "receipt-unreadable"


def test_a_receipt_may_be_broken_over_lines(diary: Diary):
    with Reader(diary.log.path) as reader:
        held = receipts(reader)[0]
    text = str(held)
    assert parse_receipt(f" {text[:30]}\n {text[30:]}\n") == held


def test_a_root_too_short_to_be_noted_fits_none(diary: Diary):
    with Reader(diary.log.path) as reader:
        (root,) = roots_in(reader)
        assert root_seen(reader, f"{root.root[:4]} {root.root[4:8]}") == root
        with pytest.raises(LogError):
            root_seen(reader, root.root[:4])
