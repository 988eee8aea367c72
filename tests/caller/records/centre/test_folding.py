"""A round of sites is folded with a statement for each table, and what is wrong with one site stops no other."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from caller.eventlog import Record
from caller.records.centre import folding, sites
from caller.records.rows import TABLES
from caller.records.stores import postgres
from caller.records.stores.postgres import PostgresConnection, PostgresStore, run
from tests.instruments.city_of_halls import bring, morning_log
from tests.instruments.postgres_cluster import Cluster

GOING = threading.Event()  # never set


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    return morning_log(tmp_path_factory.mktemp("hall"))


@pytest.fixture
def connection(one_cluster: Cluster) -> Iterator[PostgresConnection]:
    with sites.connected(one_cluster.database()) as each:
        sites.make_tables(each)
        yield each


def seq_of(connection: PostgresConnection, site: str) -> int:
    return PostgresStore(connection, site).place.head.seq


def tables_of(connection: PostgresConnection, site: str) -> list[list[Any]]:
    store = PostgresStore(connection, site)
    return [[each.key[1:] for each in store.rows(table)] for table in TABLES]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the statements and copies from now on."""
    asked: list[str] = []

    def counting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(connection: PostgresConnection, what: Any, *more: Any) -> Any:
            asked.append(f"{name} {what}")
            return real(connection, what, *more)

        return call

    for module in (postgres, folding):
        monkeypatch.setattr(module, "run", counting("run", run))
    monkeypatch.setattr(postgres, "_copy", counting("copy", postgres._copy))  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(folding, "rows_after", counting("rows", folding.rows_after))
    return asked


def test_a_round_costs_the_same_statements_whether_it_has_ten_sites_or_twenty(
    connection: PostgresConnection, log: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """First for sites that are new, then for sites whose state is read again, then for sites whose state was kept."""
    costs: list[list[int]] = []
    for prefix, count in (("few", 10), ("many", 20)):  # beyond some rows, one copy takes them all
        ids, cost = [f"{prefix}{number}" for number in range(count)], list[int]()
        folder, first = folding.Folder(connection), len(log) // 3
        for last in (first, 2 * first, len(log)):
            for site in ids:
                bring(connection, site, log[:last])
            if last == 2 * first:
                folder = folding.Folder(connection)
            with monkeypatch.context() as patch:
                asked = counted(patch)
                assert folder.turn(GOING) == count
            cost.append(len(asked))
        costs.append(cost)
        assert {seq_of(connection, site) for site in ids} == {len(log)}
    assert costs[0] == costs[1]
    assert max(costs[0]) < 60


def test_twin_each_site_by_itself_costs_as_many_times_the_statements(
    connection: PostgresConnection, log: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        bring(connection, f"s{number}", log)
    folder = folding.Folder(connection)
    asked = counted(monkeypatch)
    folder.fold(["s0"])
    one = len(asked)
    for number in range(1, 10):
        folder.fold([f"s{number}"])
    assert len(asked) == 10 * one


def test_a_round_ends_before_it_has_more_rows_than_a_piece(
    connection: PostgresConnection, log: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        bring(connection, f"s{number}", log)
    monkeypatch.setattr(folding, "EVENTS_AT_ONCE", 2 * len(log))
    rounds: list[list[str]] = []
    fold = folding.Folder._fold  # pyright: ignore[reportPrivateUsage]

    def seen(folder: folding.Folder, wanted: list[str]) -> int:
        rounds.append(wanted)
        return fold(folder, wanted)

    monkeypatch.setattr(folding.Folder, "_fold", seen)
    assert folding.Folder(connection).turn(GOING) == 5
    assert [len(each) for each in rounds] == [2, 2, 1]


def spoilt(log: list[Record], at: int, **changes: str) -> list[Record]:
    return [each._replace(**changes) if each.seq == at else each for each in log]


def index(log: list[Record], kind: str) -> int:
    return next(each.seq for each in log if each.kind == kind)


@pytest.mark.parametrize("trouble", ["newer", "not-storable", "unknown-ticket"])
def test_what_is_wrong_with_one_site_of_a_round_stops_no_other(
    connection: PostgresConnection, log: list[Record], trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A row of a newer version, a sign that PostgreSQL does not store, a ticket that was never given out."""
    last = index(log, "DeviceReported")
    body = next(each.body for each in log if each.seq == last)
    bad = {
        "newer": spoilt(log, last, kind="LaterInvented", body='{"type":"LaterInvented"}'),
        "not-storable": spoilt(log, last, body=body.replace("k1-printer", "k1\\u0000printer")),
        "unknown-ticket": [
            each._replace(body=each.body.replace(f'"{ticket_of(log)}"', '"nobody"'))
            if each.kind == "ServiceFinished" else each for each in log
        ],
    }[trouble]  # fmt: skip
    for site in ("a", "b", "c"):
        bring(connection, site, bad if site == "b" else log)
    folder = folding.Folder(connection)
    assert folder.turn(GOING) == 2
    assert (seq_of(connection, "a"), seq_of(connection, "c")) == (len(log), len(log))
    assert seq_of(connection, "b") < len(log)
    assert "b is not folded" in caplog.text
    sites.forget(connection, "b", wholly=False)
    bring(connection, "b", log)
    assert folder.turn(GOING) == 1
    assert tables_of(connection, "b") == tables_of(connection, "a")


def ticket_of(log: list[Record]) -> str:
    import json

    return str(json.loads(next(each.body for each in log if each.kind == "ServiceFinished"))["ticket"])


def test_rows_that_do_not_fit_each_other_stop_no_other_site(
    connection: PostgresConnection, log: list[Record], caplog: pytest.LogCaptureFixture
) -> None:
    for site in ("a", "b"):
        bring(connection, site, log[:-2])
    folding.Folder(connection).turn(GOING)
    run(
        connection, "delete from tickets where site='b' and ended is null"
    )  # by whatever: what is theirs lasts
    for site in ("a", "b"):
        bring(connection, site, log)
    assert folding.Folder(connection).turn(GOING) == 1
    assert seq_of(connection, "a") == len(log)
    assert "b is not folded" in caplog.text


def test_a_site_with_trouble_is_set_apart_until_it_goes_on(
    connection: PostgresConnection, log: list[Record]
) -> None:
    last = index(log, "DeviceReported")
    bad = spoilt(log, last, kind="LaterInvented", body='{"type":"LaterInvented"}')
    for site in ("a", "b", "c"):
        bring(connection, site, bad if site == "b" else log)
    folder = folding.Folder(connection)
    rounds = folder._rounds  # pyright: ignore[reportPrivateUsage]
    assert list(rounds()) == [["a", "b", "c"]]
    folder.turn(GOING)
    run(connection, "update site set seq=seq+1")  # as if more had come of each
    assert sorted(rounds()) == [["a", "c"], ["b"]]


def test_a_site_that_another_process_moved_meanwhile_is_folded_again_from_where_it_is(
    connection: PostgresConnection, log: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    for site in ("a", "b", "c"):
        bring(connection, site, log)
    fold_some, moved = folding.fold_some, list[str]()

    def moving(rows: Any, fold: Any, place: Any) -> Any:
        if place.site == "b" and not moved:
            moved.append("b")
            folding.Folder(connection).fold(["b"])
        return fold_some(rows, fold, place)

    monkeypatch.setattr(folding, "fold_some", moving)
    folder = folding.Folder(connection)
    assert folder.turn(GOING) == 2  # b was there already
    for site in ("a", "b", "c"):
        assert tables_of(connection, site) == tables_of(connection, "a")
        assert seq_of(connection, site) == len(log)


def test_a_site_that_is_forgotten_and_begins_anew_is_folded_from_its_start(
    connection: PostgresConnection, log: list[Record], caplog: pytest.LogCaptureFixture
) -> None:
    folder = folding.Folder(connection)
    for site in ("a", "b"):
        bring(connection, site, log)
    folder.turn(GOING)
    sites.forget(connection, "b", wholly=False)
    bring(connection, "b", log[:-3])
    folder.turn(GOING)
    assert seq_of(connection, "b") == len(log) - 3
    assert "not folded" not in caplog.text
