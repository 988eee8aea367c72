"""What a log in PostgreSQL costs beside one in SQLite, in one run: `python -m tests.speed.log_on_postgres`.

The same batches are committed to both in turn, each durably, so that whatever else the machine does slows both. Printed is the
median of a commit of one event (an applicant alone) and of a hundred (a rush), and how many times that of SQLite it is; with and
without a synchronous standby of the database, which waits for a second disk.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from caller.eventlog.stores.held_postgres import PostgresHeldLog
from caller.eventlog.stores.write_right import WriteRight
from tests.instruments.event_logs import SITE, Diary
from tests.instruments.postgres_standby import ReplicatedCluster

SIZES = (1, 100)  # events of a commit
ROUNDS = 200


def on_postgres(folder: Path, address: str) -> Diary:
    """Return a log in a database."""

    def hold(_path: Path, site: str, noted: object) -> PostgresHeldLog:
        return PostgresHeldLog(site, noted, address, WriteRight(address, site))  # type: ignore[arg-type]

    return Diary(folder / "log.db", SITE, hold=hold)


def commit(diary: Diary, serial: int, size: int) -> float:
    """Commit events durably; return the milliseconds until they were confirmed."""
    batch = diary.batch(serial, size)
    began = time.perf_counter()
    assert diary.write(batch) is None
    return (time.perf_counter() - began) * 1000


def measured(address: str, size: int) -> tuple[float, float]:
    """Return the median commit of SQLite and of the database at an address, in milliseconds."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "other").mkdir()
        both = Diary(folder / "log.db", SITE), on_postgres(folder / "other", address)
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(ROUNDS):
            for diary, found in zip(both, times, strict=True):
                found.append(commit(diary, 1 + turn * size, size))
        for diary in both:
            diary.log.close()
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> int:
    servers = ReplicatedCluster()
    try:
        for standby in ("with a synchronous standby", "without"):
            if standby == "without":
                servers.asked(servers.first, "alter system set synchronous_standby_names = ''")
                servers.asked(servers.first, "select pg_reload_conf()")
            for size in SIZES:
                sqlite, postgres = measured(servers.first.database(), size)
                print(
                    f"| {size} events a commit, {standby} | SQLite {sqlite:.2f} ms | PostgreSQL {postgres:.2f} ms |"
                    f" {postgres / sqlite:.1f} times |"
                )
    finally:
        servers.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
