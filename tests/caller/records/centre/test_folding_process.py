"""The process that folds: it ends with the one that began it, and is begun again where it ended by itself."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from caller.eventlog import Record
from caller.records.centre import folding, folding_process, sites
from caller.records.stores.postgres import PostgresConnection
from tests.instruments.city_of_halls import bring, morning_log
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import until


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    return morning_log(tmp_path_factory.mktemp("hall"))


def children(pid: int) -> set[int]:
    """The processes that fold for a process, whichever of its threads began them."""
    found = (path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    own = {int(each) for line in found for each in line}
    return {each for each in own if b"spawn_main" in command(each)}


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def only(pid: int, other_than: int = 0) -> int:
    return next(iter(children(pid) - {other_than}))


@contextmanager
def kept(database: str) -> Generator[threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(target=folding_process.keep, args=(database, stop))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def all_folded(connection: PostgresConnection) -> None:
    until(lambda: not folding.behind(connection), "all is folded", 60)


def test_one_that_ended_by_itself_is_begun_again_and_ends_with_who_keeps_it(
    one_cluster: Cluster, log: list[Record], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(folding_process, "AGAIN_SECONDS", 0.0)
    database = one_cluster.database()
    with sites.connected(database) as connection:
        sites.make_tables(connection)
        with kept(database):
            bring(connection, "a", log)
            all_folded(connection)
            first = only(os.getpid())
            os.kill(first, signal.SIGTERM)  # as systemd sends it to all of a service: who keeps it ends it
            os.kill(first, signal.SIGKILL)
            bring(connection, "b", log)
            all_folded(connection)
            second = only(os.getpid(), first)
        assert not command(second)
    assert "begun again" in caplog.text


KEEPING = (
    "import sys, threading; from caller.records.centre import folding_process; "
    "folding_process.keep(sys.argv[1], threading.Event())"
)


def test_it_ends_with_a_process_that_was_killed(one_cluster: Cluster, log: list[Record]) -> None:
    database = one_cluster.database()
    with sites.connected(database) as connection:
        sites.make_tables(connection)
        bring(connection, "a", log)
        keeper = subprocess.Popen([sys.executable, "-c", KEEPING, database])
        try:
            all_folded(connection)
            folder = only(keeper.pid)
        finally:
            keeper.kill()
            keeper.wait()
    until(lambda: not command(folder), "the process that folds has ended", 60)
