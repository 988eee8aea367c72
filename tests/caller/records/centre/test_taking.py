"""The centre takes each row once, in one chain, and folds the figures that the hall has itself."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, Reader, Record, chain, row_batches
from caller.eventlog.row_batches import CopyState
from caller.records import SqliteStore, bring_up_to_date
from caller.records.centre import folding, sites, taking, thing_names
from caller.records.centre.taking import RowsRefused
from caller.records.rows import TABLES
from caller.records.stores.postgres import PostgresConnection, PostgresStore, run
from config.hall_names import NamesInBoth, digest_of
from tests.instruments.logged_stage import LoggedStage
from tests.instruments.postgres_cluster import Cluster

SITE = "stage"
NOW = 1_790_000_000_000_000


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Record]]]:
    """A morning of a hall: served, rated, missed and left waiting."""
    data = tmp_path_factory.mktemp("hall")
    stage = LoggedStage(data)
    stage.open("1")
    for level in (5, 2, 0, 4):
        number = str(stage.do(cmd.TakeTicket(queue="A"))["number"])
        stage.later(3)
        stage.next("1")
        stage.press(cmd.StartService, "1")
        stage.later(4)
        stage.press(cmd.FinishService, "1")
        if level:
            stage.do(cmd.Rate(stage.find(number).id, level, [], "phone"), "phone")
    stage.do(cmd.TakeTicket(queue="A"))
    stage.do(cmd.TakeTicket(queue="A"))
    stage.next("1")
    stage.close()
    with Reader(data / LOG_NAME) as log:
        yield data, list(log.after(0))


@pytest.fixture
def connection(one_cluster: Cluster) -> Iterator[PostgresConnection]:
    with sites.connected(one_cluster.database()) as each:
        sites.make_tables(each)
        sites.add(each, SITE, "舞台大厅", NOW)
        yield each


def sent(connection: PostgresConnection, records: list[Record], site: str = SITE) -> int:
    """Take records as they come over the wire; return how far the centre is."""
    body, is_packed = row_batches.packed(records, records[-1].seq if records else 0, "1")
    return taking.take(connection, site, row_batches.unpacked(body, is_packed), NOW).seq


def kept(connection: PostgresConnection, site: str = SITE) -> list[Record]:
    return folding.rows_after(connection, {site: 0})[site]


def test_rows_come_once_and_as_they_are_whatever_is_sent_twice(
    connection: PostgresConnection, rows: tuple[Path, list[Record]]
) -> None:
    _, records = rows
    assert sent(connection, []) == 0
    assert sent(connection, records[:10]) == 10
    assert sent(connection, records[:10]) == 10
    assert sent(connection, records[4:20]) == 20
    assert sent(connection, records[30:]) == 20  # a gap is asked for again, by the place in the answer
    assert sent(connection, records[20:]) == len(records)
    assert kept(connection) == records


def test_the_figures_are_those_of_the_hall_itself_in_whatever_pieces_they_came(
    connection: PostgresConnection, rows: tuple[Path, list[Record]]
) -> None:
    data, records = rows
    bring_up_to_date(data)
    folder, stop = folding.Folder(connection), threading.Event()
    for first in range(0, len(records), 7):
        sent(connection, records[first : first + 7])
        if first % 3 == 0:  # as often by the state that was kept as by one that was read again
            folder = folding.Folder(connection)
        folder.turn(stop)
    store = PostgresStore(connection, SITE)
    with SqliteStore(data / "records.db") as own:
        assert store.place == own.place
        for table in TABLES:
            assert list(store.rows(table)) == list(own.rows(table)), table
        assert list(store.lasting()) == list(own.lasting())
    assert run(connection, "select count(*) from ratings where site=%s", (SITE,)).fetchone() == (3,)


@pytest.mark.parametrize("changed", ["body", "hash"])
def test_an_edited_row_is_refused_and_nothing_of_its_batch_is_kept(
    connection: PostgresConnection, rows: tuple[Path, list[Record]], changed: str
) -> None:
    _, records = rows
    sent(connection, records[:5])
    bad = records[8]._replace(**({"body": records[9].body} if changed == "body" else {"hash": bytes(32)}))
    with pytest.raises(RowsRefused) as refused:
        sent(connection, [*records[5:8], bad, *records[9:12]])
    assert refused.value.code == "damaged"
    assert len(kept(connection)) == 5
    row = sites.found(connection, SITE)
    assert row is not None
    assert row.trouble == "damaged"
    assert sent(connection, records[5:]) == len(records)
    row = sites.found(connection, SITE)
    assert row is not None
    assert not row.trouble


def rewritten(records: list[Record], first: int) -> list[Record]:
    """The same log with another row at `first` and a chain that fits by itself."""
    made, digest = records[: first - 1], records[first - 2].hash
    for each in records[first - 1 :]:
        each = each._replace(at=each.at + 1)
        digest = chain.link(digest, *each[:6], each.body.encode(), each.account)
        made.append(each._replace(hash=digest))
    return made


def test_a_log_with_another_history_is_refused_until_a_person_lets_it_begin_anew(
    connection: PostgresConnection, rows: tuple[Path, list[Record]]
) -> None:
    _, records = rows
    other = rewritten(records, 11)
    sent(connection, records[:15])
    for batch in (other[10:20], other[15:20]):  # with the row that differs, and behind it
        with pytest.raises(RowsRefused) as refused:
            sent(connection, batch)
        assert refused.value.code == "forked"
    row = sites.found(connection, SITE)
    assert row is not None
    assert (row.trouble, row.seq) == ("forked", 15)
    sites.forget(connection, SITE, wholly=False)
    assert sent(connection, other) == len(records)
    assert folding.Folder(connection).turn(threading.Event()) == 1
    assert kept(connection) == other


def test_twin_without_the_comparison_a_row_that_differs_would_pass_unseen(
    connection: PostgresConnection, rows: tuple[Path, list[Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, records = rows
    sent(connection, records[:15])
    monkeypatch.setattr(taking, "_compare_known", lambda *_: None)
    assert sent(connection, rewritten(records, 11)[10:15]) == 15


def test_a_row_of_another_hall_does_not_fit(
    connection: PostgresConnection, rows: tuple[Path, list[Record]]
) -> None:
    sites.add(connection, "other", "", NOW)
    with pytest.raises(RowsRefused):
        sent(connection, rows[1], "other")


def test_a_key_opens_its_own_hall_and_a_new_one_ends_it(connection: PostgresConnection) -> None:
    first, other = sites.add(connection, SITE, "", NOW), sites.add(connection, "other", "", NOW)
    assert taking.admitted(connection, SITE, first).name == "舞台大厅"
    sites.add(connection, SITE, "", NOW)
    for site, key in ((SITE, first), (SITE, other), ("nobody", other)):
        with pytest.raises(RowsRefused) as refused:
            taking.admitted(connection, site, key)
        assert refused.value.code == "no-key"


def test_a_row_that_only_a_newer_version_knows_is_kept_and_folded_by_the_newer_one(
    connection: PostgresConnection, rows: tuple[Path, list[Record]], caplog: pytest.LogCaptureFixture
) -> None:
    _, records = rows
    newer = records[19]._replace(kind="LaterInvented", body='{"type":"LaterInvented"}')
    newer = newer._replace(hash=chain.link(records[18].hash, *newer[:6], newer.body.encode(), newer.account))
    assert sent(connection, [*records[:19], newer]) == 20
    folder = folding.Folder(connection)
    assert folder.turn(threading.Event()) == 0
    assert PostgresStore(connection, SITE).place.head == chain.Head(19, records[18].hash)
    assert "LaterInvented" in caplog.text


def test_a_batch_with_a_hole_is_refused(
    connection: PostgresConnection, rows: tuple[Path, list[Record]]
) -> None:
    _, records = rows
    with pytest.raises(RowsRefused) as refused:
        sent(connection, [*records[:3], *records[4:6]])
    assert refused.value.code == "not-in-order"


def test_another_definition_of_the_tables_makes_them_anew_and_the_logs_fill_them(
    connection: PostgresConnection, rows: tuple[Path, list[Record]]
) -> None:
    sent(connection, rows[1])
    folding.Folder(connection).turn(threading.Event())
    place = PostgresStore(connection, SITE).place
    run(connection, "update records_shape set shape=1")
    sites.make_tables(connection)
    assert PostgresStore(connection, SITE).place.head.seq == 0
    folding.Folder(connection).turn(threading.Event())
    assert PostgresStore(connection, SITE).place == place


def test_folders_of_parts_fold_each_site_once_and_leave_none(
    connection: PostgresConnection, rows: tuple[Path, list[Record]]
) -> None:
    ids = [f"p{number}" for number in range(8)]
    for site in ids:
        sites.add(connection, site, "", NOW)
    run(connection, "update site set seq=1 where site like 'p%%'")
    parts = [folding.Folder(connection, part, folding.PARTS).behind() for part in range(folding.PARTS)]
    assert all(parts)
    assert sorted(site for part in parts for site in part) == ids


def test_what_a_stranger_packs_is_unpacked_to_a_bound(rows: tuple[Path, list[Record]]) -> None:
    import gzip

    for body in (gzip.compress(b" " * (row_batches.BYTES_MAX + 1)), b"\x1f\x8b", b"{"):
        with pytest.raises(row_batches.BadBatch):
            row_batches.unpacked(body, True)
    batch = row_batches.unpacked(row_batches.packed(rows[1][:3], 3, "")[0], False)
    assert structs.replace(batch, rows=[]).last == 3


def test_the_day_rows_of_a_site_seen_first_are_asked_for_once_a_day_and_table(
    connection: PostgresConnection, rows: tuple[Path, list[Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A county hall's day begins with hundreds of roll-ups that are not there: each was a question of its own."""
    sent(connection, rows[1])
    asked: list[str] = []
    select = PostgresStore._select  # pyright: ignore[reportPrivateUsage]

    def counted(store: PostgresStore, table: type[Any], where: str, *more: Any) -> Any:
        if where.startswith("and day="):
            asked.append(table.table)
        return select(store, table, where, *more)

    monkeypatch.setattr(PostgresStore, "_select", counted)
    folding.Folder(connection).turn(threading.Event())
    assert sorted(asked) == ["rollups", "tallies"]
    (count,) = run(connection, "select count(*) from rollups where site=%s", (SITE,)).fetchone() or (0,)
    assert count > len(asked)


# --- names

NAMES: NamesInBoth = {
    "zh": {"queues": {"A": "不动产"}, "items": {"i1": "过户", "i2": "抵押"}},
    "en": {"queues": {"A": "Property"}, "items": {"i1": "Transfer"}},
}


def named(connection: PostgresConnection, names: NamesInBoth | None, site: str = SITE) -> CopyState:
    """Take an empty batch that brings names; return the answer."""
    batch = row_batches.unpacked(*row_batches.packed([], 0, "1", names))
    return taking.take(connection, site, batch, NOW)


def test_names_of_a_hall_come_once_and_stand_for_it_and_for_items_of_all_halls(
    connection: PostgresConnection,
) -> None:
    assert named(connection, None).names == ""
    assert named(connection, NAMES).names == digest_of(NAMES)
    assert named(connection, None).names == digest_of(NAMES)
    assert thing_names.of_site(connection, SITE, "en") == NAMES["en"]
    assert thing_names.of_items(connection, ["i1", "i2", "i9"], "zh") == {"i1": "过户", "i2": "抵押"}
    assert thing_names.of_items(connection, ["i1", "i2"], "en") == {"i1": "Transfer", "i2": "抵押"}
    sites.add(connection, "other", "", NOW)
    named(connection, {"zh": {"items": {"i1": "转移登记"}}, "en": {}}, "other")
    assert thing_names.of_items(connection, ["i1"], "en") == {"i1": "转移登记"}  # by who named it last
    assert thing_names.of_site(connection, SITE, "zh") == NAMES["zh"]
    sites.forget(connection, SITE, wholly=False)
    assert thing_names.of_site(connection, SITE, "zh") == {}
    assert named(connection, None).names == ""


def test_names_without_bound_are_no_batch() -> None:
    endless: NamesInBoth = {"zh": {"items": {str(at): "事" * 100 for at in range(8_000)}}}
    with pytest.raises(row_batches.BadBatch, match="names"):
        row_batches.unpacked(*row_batches.packed([], 0, "1", endless))


def test_a_copy_that_keeps_no_names_says_nothing_of_them_and_one_of_before_is_understood() -> None:
    assert row_batches.state_of(b'{"seq":1,"hash":"%s"}' % (b"0" * 64)).names is None
