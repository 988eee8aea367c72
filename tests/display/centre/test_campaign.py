"""Campaign: a city's halls against a real centre and a real PostgreSQL whose commits are on disk. `pytest -m campaign -s`.

The halls' batches are made before the clock starts; what the sending itself costs is measured as this process's processor time and
told apart. HALLCALL_CITY_HALLS (200) and HALLCALL_CITY_VISITS (150 a hall) make it larger or smaller.
"""

import http.client
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest

from caller.eventlog import LOG_NAME, Reader, Record, row_batches
from caller.records.centre import folding, sites
from caller.records.stores.postgres import run
from tests.instruments.caller_fixture import kept_port
from tests.instruments.city_of_halls import of_site
from tests.instruments.large_records import write_days
from tests.instruments.postgres_cluster import Cluster
from tests.instruments.running_hall import Process, until

pytestmark = pytest.mark.campaign
HALLS = int(os.environ.get("HALLCALL_CITY_HALLS", "200"))
VISITS = int(os.environ.get("HALLCALL_CITY_VISITS", "150"))
SENDERS = 8  # connections that halls send over at once
ROWS = row_batches.ROWS_MAX
LEAST_PER_SECOND = 10_000  # received, the generator's share subtracted; on two cores of one's own
SECONDS = 1_800.0  # a bound
Batches = list[tuple[int, bytes, bool]]  # the last row of each, its body, whether it is packed


class Hall:
    """One hall: its key and its batches, and how far the centre has answered."""

    def __init__(self, site: str, key: str, records: list[Record]) -> None:
        self.site, self.key, self.count = site, key, len(records)
        self.batches: Batches = []
        own = of_site(records, site)
        self.hash = own[-1].hash
        for first in range(0, len(own), ROWS):
            part = own[first : first + ROWS]
            self.batches.append((part[-1].seq, *row_batches.packed(part, len(own), "1")))
        self.done = 0

    def send_next(self, line: http.client.HTTPConnection) -> bool:
        """Send the next batch; return whether it was taken. Raises what a lost line raises."""
        seq, body, is_packed = next(each for each in self.batches if each[0] > self.done)
        headers = {
            "Authorization": f"Bearer {self.key}",
            **({"Content-Encoding": "gzip"} if is_packed else {}),
        }
        line.request("POST", f"/v1/log/{self.site}", body, headers)
        answer = line.getresponse()
        answer.read()
        if answer.status == 200:
            self.done = seq
        return answer.status == 200


class Town:
    """A centre on a port that it keeps, and its database."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.server, self.port = folder, Cluster(durable=True), kept_port()
        self.database = self.server.database()
        with sites.connected(self.database) as connection:
            sites.make_tables(connection)
        write_days(folder / "hall", 1, VISITS)
        with Reader(folder / "hall" / LOG_NAME) as log:
            self.records = list(log.after(0))
        self.start()

    def start(self) -> None:
        words = ("--db", self.database, "--port", str(self.port), "--data", str(self.folder / "centre"))
        self.process = Process("centre", "run", *words, output=self.folder / "out")

    def halls(self, prefix: str, count: int) -> list[Hall]:
        with sites.connected(self.database) as connection:
            return [
                Hall(id, sites.add(connection, id, "", 1), self.records)
                for id in (f"{prefix}{n}" for n in range(count))
            ]

    def line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(str(urlsplit(self.process.address).hostname), self.port, timeout=60)

    def all_sent(self, halls: list[Hall], at_half: threading.Event | None = None) -> float:
        """Let all halls send all they have over `SENDERS` lines; return how long it took, in seconds."""
        queue, half, began = list(halls), len(halls) // 2, time.monotonic()
        lock = threading.Lock()

        def sender() -> None:
            line = self.line()
            while True:
                with lock:
                    if not queue:
                        return
                    hall = queue.pop()
                    if at_half and len(queue) <= half:
                        at_half.set()
                while hall.done < hall.count:
                    assert time.monotonic() < began + SECONDS
                    try:
                        if not hall.send_next(line):
                            time.sleep(0.02)
                    except (OSError, http.client.HTTPException):
                        line.close()
                        time.sleep(0.05)

        threads = [threading.Thread(target=sender) for _ in range(SENDERS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(SECONDS)
        return time.monotonic() - began

    def check(self, halls: list[Hall]) -> None:
        """Require that each row is there once, and each log whole."""
        wanted = {hall.site: (hall.count, hall.hash) for hall in halls}
        with sites.connected(self.database) as connection:
            found = {
                row.site: (row.seq, row.hash) for row in sites.all_sites(connection) if row.site in wanted
            }
            assert found == wanted
            rows = run(
                connection, "select site, count(*), count(distinct seq) from event where site = any(%s) group by site",
                ([*wanted],),
            ).fetchall()  # fmt: skip
        assert {row[0]: row[1:] for row in rows} == {
            site: (count, count) for site, (count, _) in wanted.items()
        }

    def folded(self) -> float:
        """Wait until all is folded; return when, by the monotonic clock."""
        with sites.connected(self.database) as connection:
            until(lambda: not folding.behind(connection), "all is folded", SECONDS)
        return time.monotonic()

    def end(self) -> None:
        self.process.stop()
        self.server.remove()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"))
    yield made
    made.end()


def test_halls_catch_up_after_a_night(town: Town) -> None:
    halls = town.halls("h", HALLS)
    events, spent, began = sum(hall.count for hall in halls), time.process_time(), time.monotonic()
    seconds = town.all_sent(halls)
    spent = time.process_time() - spent
    town.check(halls)
    folding_seconds = town.folded() - began
    cores = os.cpu_count() or 1
    rate = events / max(seconds - spent / cores, 1e-3)
    print(
        f"\n{HALLS} halls, {events} events: received in {seconds:.1f} s ({events / seconds:,.0f}/s), generator {spent:.1f} s of"
        f" processor, without it {rate:,.0f}/s; folded after {folding_seconds:.1f} s ({events / folding_seconds:,.0f}/s)"
    )
    assert rate > LEAST_PER_SECOND / 5  # on a machine that others share; the line above is the figure


def test_one_hall_that_floods_slows_nobody(town: Town) -> None:
    flood, others = town.halls("flood", 1)[0], town.halls("calm", 40)

    def times(halls: list[Hall]) -> list[float]:
        line, found = town.line(), list[float]()
        for hall in halls:
            while hall.done < hall.count:
                began = time.monotonic()
                if hall.send_next(line):
                    found.append(time.monotonic() - began)
        return found

    alone = times(others[:20])
    stop = threading.Event()

    def flooding() -> None:
        line = town.line()
        while not stop.is_set():
            flood.done = 0
            flood.send_next(line)  # the same rows again and again: each batch is read, unpacked and compared

    threads = [threading.Thread(target=flooding) for _ in range(6)]
    for each in threads:
        each.start()
    beside = times(others[20:])
    stop.set()
    for each in threads:
        each.join(60)
    town.check(others)
    print(f"\na batch of another hall: median {median(alone) * 1000:.0f} ms alone, {median(beside) * 1000:.0f} ms beside a flood"
          f" of 6 connections; longest {max(beside) * 1000:.0f} ms")  # fmt: skip
    assert max(beside) < 60


def test_a_centre_that_is_killed_loses_nothing_and_has_nothing_twice(town: Town) -> None:
    halls, at_half = town.halls("k", max(20, HALLS // 4)), threading.Event()

    def killing() -> None:
        at_half.wait(SECONDS)
        for _ in range(3):
            town.process.kill()
            town.start()

    killer = threading.Thread(target=killing)
    killer.start()
    seconds = town.all_sent(halls, at_half)
    killer.join(SECONDS)
    town.check(halls)
    town.folded()
    print(
        f"\n{len(halls)} halls, {sum(hall.count for hall in halls)} events, 3 times kill -9: 0 lost, 0 double, {seconds:.1f} s"
    )
