"""Every file and folder that a hall makes is for its owner only, from the start and whatever the umask is."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from caller.identity.keys import PERSON, keys_of
from caller.people.store import PeopleStore
from tests.instruments.running_hall import REPO, RunningHall, until

ONCE_SECONDS = 120
MADE = {
    "log.db",
    "log.db-wal",
    "log.db-shm",
    "log.db.lock",
    "log.witness",
    "stations.db",
    "accounts.db",
    "records.db",
    "deliver.lock",
    "people.db",
    "keys",
    "hall",
}


@contextmanager
def no_umask() -> Generator[None]:
    """Files get all rights that a program asks for."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """The files and folders below that group or others may use in any way. Where a symbolic link leads is not asked."""
    found: list[str] = []
    for each in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):  # a part written for a moment, which has its name by now
            mode = each.lstat().st_mode
            if mode & 0o077 and not stat.S_ISLNK(mode):
                found.append(f"{stat.S_IMODE(mode):o} {each}")
    return found


def test_a_running_hall(tmp_path: Path):
    folder = tmp_path / "hall"
    folder.mkdir()
    with no_umask():
        hall = RunningHall(folder, REPO / "config/halls/county.toml")
        hall.data.mkdir(mode=0o700)
        try:
            hall.start()
            hall.start_deliver()
            PeopleStore(hall.data).keep("ticket/t-1", "praise", "words", "谢谢", datetime.now(UTC))
            keys_of(hall.data, PERSON)
            until(lambda: {each.name for each in hall.data.iterdir()} >= MADE, "all of it is made")
            assert open_to_others(hall.data) == []
        finally:
            hall.close()


def test_all_processes_of_a_hall_through_one_visit(tmp_path: Path):
    data = tmp_path / "data"
    with no_umask():
        line = [sys.executable, "-m", "caller.cli", "demo", "--once", "--json", "--data", str(data)]
        done = subprocess.run(
            line, capture_output=True, text=True, check=False, timeout=ONCE_SECONDS, cwd=REPO
        )
        (tmp_path / "twin").write_text("as a program makes it that does not mind")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["hall"]
    assert open_to_others(data) == []
    assert len(list(data.rglob("*"))) > len(MADE)
    assert open_to_others(tmp_path / "twin"), "the search sees a file that is open to others"
