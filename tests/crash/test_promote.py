"""A caller is lost with its PC, or its log is emptied: with real processes, no number that was given is given again.

What knows of the numbers is outside the log: stations keep the newest witness on disk and show it when they greet.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from caller.client.client import Client, RefusedError
from caller.client.kept_witness import FOLDER, witness_path
from caller.engine.commands import TakeTicket
from caller.eventlog import Reader
from caller.eventlog.witness import KEY_NAME
from caller.identity.enrolment import Stations
from config.reading.reader import read
from tests.instruments import caller_fixture
from tests.instruments.running_hall import DEADLINE, REPO, Process, at_noon, until

VILLAGE = REPO / "config/halls/village.toml"
LOG_PARTS = (
    "log.db",
    "log.db-wal",
    "log.db-shm",
    "log.witness",
    "records.db",
    "records.db-wal",
    "records.db-shm",
)


class Pc:
    """A PC of the hall with a data folder of its own."""

    def __init__(self, folder: Path, hall: Path) -> None:
        self.data, self.hall, self.output = folder / "data", hall, folder / "caller.txt"
        self.data.mkdir(parents=True)

    def hallcall(self, *line: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "caller.cli", *line, "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=REPO, check=False)

    @contextmanager
    def caller(self, *, killed: bool = False) -> Generator[Process]:
        line = ("caller", str(self.hall), "--data", str(self.data), "--port", "0")
        running = Process(*line, output=self.output)
        try:
            yield running
        finally:
            running.kill() if killed else running.stop()

    def lines(self) -> str:
        return self.output.read_text()


class Kiosk:
    """A station that keeps its witness, in a folder of its own; each call of `take` is a run of its program."""

    def __init__(self, data: Path, token: str, queue: str) -> None:
        self.data, self.token, self.queue = data, token, queue
        self.path = witness_path(data, "kiosk", "k1")

    def take(self, caller: Process, count: int = 1) -> list[str]:
        return asyncio.run(self._take(caller.address, count))

    async def _take(self, url: str, count: int) -> list[str]:
        async with (
            asyncio.timeout(DEADLINE),
            Client(url, self.token, ["board"], witness_file=self.path) as client,
        ):
            await client.until("current")
            while not client.views["board"]["hall"][
                "open"
            ]:  # the day opens by itself, a second after the start
                await anext(client.changes())
            numbers = [(await client.send(TakeTicket(queue=self.queue)))["number"] for _ in range(count)]
            beat = client.ahead_micros
            await caller_fixture.until(
                lambda: client.ahead_micros != beat
            )  # the heartbeat after the last commit
            return numbers


class Site:
    """Two PCs for the caller, one of them empty, and a kiosk."""

    def __init__(self, folder: Path) -> None:
        hall = at_noon(VILLAGE, folder)
        self.day = datetime.now(ZoneInfo(read(hall).hall.zone)).date()  # it is about noon there
        self.first, self.second = Pc(folder / "first", hall), Pc(folder / "second", hall)
        stations = Stations(self.first.data / "stations.db")
        token = stations.enrol("kiosk", "k1", datetime.now(UTC).isoformat())
        stations.close()
        self.kiosk = Kiosk(folder / "kiosk", token, read(hall).queues[0].id)
        self.copy = folder / "copy.db"

    def lose_the_first(self) -> list[str]:
        """Five numbers, a backup, three more, and the PC is gone; return the numbers given."""
        with self.first.caller(killed=True) as caller:
            told = self.kiosk.take(caller, 5)
            assert self.first.hallcall("log", "backup", str(self.copy)).returncode == 0
            told += self.kiosk.take(caller, 3)
        return told

    def prepare_the_second(self, *, keys: bool = True) -> None:
        shutil.copy(self.first.data / "stations.db", self.second.data)
        if keys:
            shutil.copytree(self.first.data / "keys", self.second.data / "keys")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def serial(number: str) -> int:
    return int(number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def test_a_copy_is_promoted_and_no_number_is_given_twice_and_the_first_pc_is_fenced(site: Site):
    told = site.lose_the_first()
    site.prepare_the_second()
    done = site.second.hallcall("promote", str(site.copy))
    assert done.returncode == 0, done.stderr
    assert "不知道" in done.stdout
    assert "unknown, nothing on this PC has seen the end of the log" in done.stdout
    assert "新纪元 2 / epoch 2" in done.stdout
    with site.second.caller() as caller:
        again = site.kiosk.take(caller, 2)  # it shows what it has seen as it greets
        assert serial(again[0]) == serial(told[-1]) + 1
        assert not set(again) & set(told)
        until(lambda: "not copied=3" in site.second.lines(), "what was not copied is reported")
    with site.first.caller() as caller, pytest.raises(RefusedError) as refused:
        site.kiosk.take(caller)
    assert refused.value.frame.code == "log-behind"


def test_twin_where_no_station_keeps_a_witness_a_number_is_given_twice(site: Site):
    told = site.lose_the_first()
    site.prepare_the_second()
    assert site.second.hallcall("promote", str(site.copy)).returncode == 0
    shutil.rmtree(site.kiosk.data / FOLDER)
    with site.second.caller() as caller:
        assert site.kiosk.take(caller)[0] in told


def test_what_stations_on_the_second_pc_have_seen_says_what_is_missing(site: Site):
    told = site.lose_the_first()
    site.prepare_the_second()
    shutil.copytree(site.kiosk.data / FOLDER, site.second.data / FOLDER)
    done = site.second.hallcall("promote", str(site.copy))
    assert "缺少 3 条没有复制的记录 / 3 events were not copied and are missing" in done.stdout
    assert f"numbers of {site.day}" in done.stdout
    assert f"continue above {serial(told[-1])}" in done.stdout
    assert "slip" not in done.stdout  # the keys have come along
    assert "people.db" in done.stdout


def test_without_the_site_key_the_highest_number_must_be_given(site: Site):
    told = site.lose_the_first()
    site.prepare_the_second(keys=False)
    refused = site.second.hallcall("promote", str(site.copy))
    assert refused.returncode == 2
    assert "--above N" in refused.stderr
    assert not (site.second.data / "log.db").exists()
    assert not (site.second.data / KEY_NAME).exists()
    done = site.second.hallcall("promote", str(site.copy), "--above", str(serial(told[-1])))
    assert done.returncode == 0, done.stderr
    assert "slips in circulation open no page" in done.stdout
    with site.second.caller() as caller:
        assert serial(site.kiosk.take(caller)[0]) == serial(told[-1]) + 1


def test_a_folder_copied_beside_the_running_caller_is_promoted_in_place(site: Site):
    """As a copying program takes it: log.db without its WAL, named as that; the witness says what is missing."""
    with site.first.caller(killed=True) as caller:
        told = site.kiosk.take(caller, 8)
        for name in ("log.db", "log.witness", "stations.db"):
            shutil.copy(site.first.data / name, site.second.data)
        shutil.copytree(site.first.data / "keys", site.second.data / "keys")
    done = site.second.hallcall("promote")
    assert done.returncode == 0, done.stderr
    assert "copy came without its -wal file" in done.stdout
    assert "were not copied and are missing" in done.stdout
    with site.second.caller() as caller:
        assert serial(site.kiosk.take(caller)[0]) > max(map(serial, told))


def test_promote_is_refused_beside_a_caller_and_for_no_copy(site: Site):
    with site.first.caller() as caller:
        site.kiosk.take(caller)
        busy = site.first.hallcall("promote")
        assert busy.returncode == 2
        assert "in-use" in busy.stderr or "another caller uses this log" in busy.stderr
        assert len(site.kiosk.take(caller)) == 1
    site.prepare_the_second()
    assert site.second.hallcall("promote").returncode == 2


# --- the log of the only PC is emptied


def empty_the_log(pc: Pc) -> None:
    """Everything but the keys and the stations: a new disk, and the small folders copied back."""
    for name in LOG_PARTS:
        (pc.data / name).unlink(missing_ok=True)


def restarted_kiosk(site: Site, caller: Process) -> Process:
    """The real kiosk program, started after the loss."""
    line = ["kiosk", str(site.first.hall), "--data", str(site.first.data), "--name", "k1", "--port", "0"]
    line += ["--caller", caller.address, "--token", site.kiosk.token]
    return Process(*line, output=site.first.output.with_name("kiosk.txt"))


def seen(witness: str) -> int:
    """The seq that a witness speaks of."""
    return int(witness.split(".")[1])


def kept(path: Path) -> str:
    return path.read_text().partition(" ")[0]


@pytest.fixture
def emptied(site: Site) -> list[str]:
    """Numbers given while the kiosk's program ran; then the log is emptied. The kiosk keeps its witness by itself."""
    with site.first.caller(killed=True) as caller:
        kiosk = restarted_kiosk(site, caller)
        path = witness_path(site.first.data, "kiosk", "k1")
        told = site.kiosk.take(caller, 5)
        newest = kept(site.kiosk.path)
        # or one of a later commit: the kiosk's own lease is one
        until(lambda: path.exists() and seen(kept(path)) >= seen(newest), f"the kiosk kept {newest}")
        kiosk.kill()
    shutil.rmtree(site.kiosk.data)  # the test's own station remembers nothing
    empty_the_log(site.first)
    return told


def test_a_kiosk_that_was_restarted_after_the_log_was_emptied_still_stops_the_numbers(
    site: Site, emptied: list[str]
):
    with site.first.caller() as caller:
        kiosk = restarted_kiosk(site, caller)
        until(lambda: "log behind=Witness" in site.first.lines(), "the kiosk has shown its witness")
        with pytest.raises(RefusedError) as refused:
            site.kiosk.take(caller)
        kiosk.stop()
    assert refused.value.frame.code == "log-behind"
    assert emptied


def test_twin_a_kiosk_that_kept_nothing_lets_the_first_number_be_given_again(site: Site, emptied: list[str]):
    shutil.rmtree(site.first.data / FOLDER)
    with site.first.caller() as caller:
        kiosk = restarted_kiosk(site, caller)
        assert site.kiosk.take(caller)[0] == emptied[0]
        kiosk.stop()


# --- a warm copy


def copied(site: Site) -> int:
    with Reader(site.second.data / "log.db") as log:
        return log.last


def test_a_followed_log_is_promoted_after_kill_9_and_the_first_pc_is_refused_when_it_comes_back(site: Site):
    line = ("log", "follow", str(site.second.data), "--data", str(site.first.data))
    with site.first.caller(killed=True) as caller:
        told = site.kiosk.take(caller, 3)
        site.prepare_the_second()
        following = Process(*line, output=site.second.output.with_name("follow.txt"))
        told += site.kiosk.take(caller, 5)
        with Reader(site.first.data / "log.db") as log:
            until(lambda: copied(site) == log.last, "the copy has the last event")
        held = site.second.hallcall("promote")  # the follower still writes there
        assert held.returncode == 2
    following.kill()
    unpromoted = site.second.hallcall("caller", str(site.second.hall), "--port", "0")
    assert unpromoted.returncode == 2
    assert "this is a copy of another PC's log" in unpromoted.stderr
    done = site.second.hallcall("promote")
    assert done.returncode == 0, done.stderr
    assert "缺少多少：本机见过的都在副本里" in done.stdout
    assert "新纪元 2 / epoch 2" in done.stdout
    with site.second.caller() as caller:
        again = site.kiosk.take(caller, 2)
    assert serial(again[0]) == serial(told[-1]) + 1
    assert not set(again) & set(told)
    with site.first.caller() as caller, pytest.raises(RefusedError) as refused:
        site.kiosk.take(caller)
    assert refused.value.frame.code == "log-behind"
    late = site.second.hallcall("log", "follow", str(site.second.data))
    assert late.returncode == 2
    late = site.first.hallcall("log", "follow", str(site.second.data))
    assert "已升为叫号服务的，不再跟随原电脑" in late.stderr


def test_what_the_follower_had_no_time_to_copy_is_counted_by_the_stations(site: Site):
    """The copy ends before the loss, for its follower was killed first."""
    line = ("log", "follow", str(site.second.data), "--data", str(site.first.data))
    with site.first.caller(killed=True) as caller:
        told = site.kiosk.take(caller, 3)
        site.prepare_the_second()
        Process(*line, output=site.second.output.with_name("follow.txt")).kill()
        told += site.kiosk.take(caller, 4)
    assert site.second.hallcall("promote").returncode == 0
    with site.second.caller() as caller:
        assert serial(site.kiosk.take(caller)[0]) == serial(told[-1]) + 1
        until(lambda: "not copied=4" in site.second.lines(), "what was not copied is reported")
