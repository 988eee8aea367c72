"""An update on a running hall: what stays, what is taken back, and that no number is lost (`packaging/updating.py`).

The files, the log and the copy are real; the service manager and the two versions' programs are played, since none of
them runs in a test. `fresh_root.sh` plays the same with all of them.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.instruments.running_hall import hallcall

SCRIPTS = Path(__file__).parents[2] / "packaging"
VILLAGE = Path(__file__).parents[2] / "config/halls/village.toml"
OLD, NEW = "1.0", "2.0"
STATION, OWN = "kiosk", "caller"


@pytest.fixture(scope="module")
def updating() -> Iterator[ModuleType]:
    """The script as a module; its folder is no room of the product."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        import updating  # pyright: ignore[reportMissingImports]

        yield updating
    finally:
        sys.path.remove(str(SCRIPTS))


class Pc:
    """A PC whose hall is in a folder. `at_start`: what the new version does to the data as it starts; `fails`: words of its
    command that end badly; `lives`: whether its services come up."""

    def __init__(self, root: Path) -> None:
        self.root, self.place = root, root / "opt/hallcall"
        self.data = root / "var/lib/hallcall"
        self.at_start: Callable[[], None] = lambda: None
        self.environment: list[
            str
        ] = []  # that the caller's unit gives it, as a command has it before its words
        self.fails: dict[str, tuple[str, ...]] = {OLD: (), NEW: ()}
        self.lives = True
        self.let_go: Callable[[], bool] = lambda: (
            True
        )  # what the new version does when no trial holds it; whether it lives then
        self.address = ""
        self.is_up, self.stops = True, 0
        for folder in ("run/systemd/system", "etc/hallcall", "etc/systemd/system", "var/lib/hallcall"):
            (root / folder).mkdir(parents=True)
        (root / "etc/hallcall/setup.json").write_text('{"choices": {"processes": ["web", "caller"]}}')
        (root / "etc/hallcall/hall.toml").write_text("")
        self.unit = root / "etc/systemd/system/hallcall-web.service"
        self.unit.write_text(OLD)
        (self.data / "accounts.db").write_bytes(b"accounts")
        with closing(sqlite3.connect(self.log)) as log, log:
            log.execute("create table event (seq integer primary key, role text)")
            log.execute("pragma user_version = 3")
        self.write(STATION, 5)
        self.shape(2)
        self.lay(OLD)

    @property
    def log(self) -> Path:
        return self.data / "log.db"

    def write(self, role: str, count: int = 1) -> None:
        with closing(sqlite3.connect(self.log)) as log, log:
            log.executemany("insert into event (role) values (?)", [(role,)] * count)

    def events(self) -> int:
        with closing(sqlite3.connect(self.log)) as log:
            return log.execute("select count(*) from event").fetchone()[0]

    def on(self, address: str) -> None:
        """Let the log lie in a database, where a kiosk has made its commands; log.db is a copy."""
        self.address = address
        (self.data / "log.address").write_text(address)
        with psycopg.connect(address, autocommit=True) as log:
            log.execute("create schema hallcall")
            log.execute("create table hallcall.event(seq bigint generated always as identity, role text)")
        self.write_remote(STATION, 5)

    def write_remote(self, role: str, count: int = 1) -> None:
        with psycopg.connect(self.address, autocommit=True) as log:
            for _ in range(count):
                log.execute("insert into hallcall.event (role) values (%s)", (role,))

    def remote_events(self) -> list[str]:
        with psycopg.connect(self.address, autocommit=True) as log:
            return [
                role for (role,) in log.execute("select role from hallcall.event order by seq").fetchall()
            ]

    def shape(self, version: int) -> None:
        """Bring the accounts to another shape, as a new version does at its start."""
        with closing(sqlite3.connect(self.data / "people.db")) as people:
            people.execute(f"pragma user_version = {version}")

    def people(self) -> int:
        with closing(sqlite3.connect(self.data / "people.db")) as people:
            return people.execute("pragma user_version").fetchone()[0]

    def lay(self, version: str) -> None:
        """Put a version's files in the place, as a package does: each new file takes the name, the old one is not written to."""
        site = self.place / "lib/python3.11/site-packages"
        shutil.rmtree(site, ignore_errors=True)
        (site / f"hallcall-{version}.dist-info").mkdir(parents=True)
        (self.place / "bin").mkdir(exist_ok=True)
        (self.place / "bin/python").unlink(missing_ok=True)
        (self.place / "bin/python").write_text(version)

    def version(self) -> str:
        return (self.place / "bin/python").read_text()

    def run(self, words: Sequence[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        del seconds
        done = subprocess.CompletedProcess(list(words), 0, "", "")
        if words[0] == "systemctl":
            done.stdout = self._manage(words[1], [each for each in words[2:] if not each.startswith("--")])
        elif words[0] == "journalctl":
            done.stdout = "Traceback: broken\n"
        elif words[:4] == ["runuser", "-u", "hallcall", "--"] and words[4] != sys.executable:
            done = self._asked([each for each in words[4:] if each not in self.environment])
        elif Path(words[0]).name == "python":
            done = self._program(words)
        else:
            own = list(words[4:]) if words[0] == "runuser" else list(words)
            done = subprocess.run(own, capture_output=True, text=True, check=False)
        return done

    def _asked(self, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """Run a version's program, or what is asked of its Python."""
        if words[1:3] != ["-P", "-c"]:
            return self._program(words)
        return subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)

    def _manage(self, verb: str, names: list[str]) -> str:
        if verb == "list-units":
            return "hallcall-web.service loaded active running web\n" if self.is_up else ""
        if verb == "stop":
            self.is_up, self.stops = False, self.stops + 1
        if verb == "start":
            self.is_up = self.lives or self.version() == OLD
            if self.version() == NEW:
                self.at_start()
        if verb != "show":
            return ""
        if "hallcall-caller.service" in names:
            return " ".join(self.environment[1:]) + " LANG=C\n" if self.environment else ""
        if self.is_up and self.version() == NEW and not (self.root / "run/hallcall-update").exists():
            self.is_up = self.let_go()
        state = "active" if self.is_up else "activating"
        sub, restarts = ("running", 0) if self.is_up else ("auto-restart", 9)
        return "\n\n".join(
            f"Id={each}\nActiveState={state}\nSubState={sub}\nNRestarts={restarts}\nResult=exit-code\n"
            for each in names
        )

    def _program(self, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        version, verb = Path(words[0]).read_text(), words[4:6]
        if verb[0] == "setup" and version == NEW:
            self.unit.write_text(NEW)
            (self.unit.parent / "hallcall-more.service").write_text(NEW)
        bad = verb[0] in self.fails[version] or " ".join(verb) in self.fails[version]
        finding = {
            "grade": "wrong",
            "message": {"code": "log-unreadable", "zh": "读不了", "en": "unreadable"},
        }
        text = json.dumps({"probes": {"log": [finding] if bad else []}})
        return subprocess.CompletedProcess(list(words), int(bad), text, f"{verb[0]} failed" if bad else "")


@pytest.fixture
def pc(tmp_path: Path) -> Pc:
    return Pc(tmp_path)


def updated(updating: ModuleType, pc: Pc) -> int:
    """Let the new version come, as the package's scripts do; return the exit code."""
    update: Any = updating.Update(pc.place, pc.root, pc.run)
    update.bound = update.steady = 0.0
    assert update.keep() == 0
    pc.lay(NEW)
    return update.attempt()


def is_old_again(pc: Pc) -> bool:
    note = json.loads((pc.data / "update.json").read_text("utf-8"))
    assert (note["outcome"], note["tried"], note["before"]) == ("back", NEW, OLD)
    leftovers = [pc.data / "before-update", pc.root / "run/hallcall-update", pc.place / ".on-trial"]
    assert [each for each in leftovers if each.exists()] == []
    assert pc.unit.read_text() == OLD
    assert sorted(each.name for each in pc.unit.parent.iterdir()) == ["hallcall-web.service"]
    return pc.is_up and pc.version() == OLD and (pc.data / "accounts.db").read_bytes() == b"accounts"


def test_a_version_that_works_stays_and_leaves_no_copy_of_the_data(updating: ModuleType, pc: Pc) -> None:
    pc.at_start = lambda: pc.write(OWN)
    assert updated(updating, pc) == 0
    assert (pc.version(), pc.is_up, pc.events(), pc.unit.read_text()) == (NEW, True, 6, NEW)
    assert not (pc.data / "before-update").exists()
    assert not (pc.data / "update.json").exists()
    assert (pc.place.with_name("hallcall-previous") / "bin/python").read_text() == OLD


@pytest.mark.parametrize("word", ["--version", "check", "doctor"])
def test_what_the_new_version_cannot_do_beside_the_old_one_is_taken_back_before_anything_stops(
    word: str, updating: ModuleType, pc: Pc
) -> None:
    pc.fails[NEW] = (word,)
    assert updated(updating, pc) == 1
    assert is_old_again(pc)
    assert (pc.stops, pc.events()) == (0, 5)


@pytest.mark.parametrize("word", ["check", "doctor"])
def test_what_the_old_version_finds_wrong_too_is_not_the_new_ones_fault(
    word: str, updating: ModuleType, pc: Pc
) -> None:
    pc.fails = {OLD: (word,), NEW: (word,)}
    assert updated(updating, pc) == 0
    assert pc.version() == NEW


def test_a_version_that_changes_the_data_and_does_not_start_leaves_the_data_as_it_was(
    updating: ModuleType, pc: Pc
) -> None:
    def migrates() -> None:
        pc.write(OWN, 2)
        with closing(sqlite3.connect(pc.log)) as log:
            log.execute("pragma user_version = 99")
        (pc.data / "accounts.db").write_bytes(b"of another shape")
        assert (pc.root / "run/hallcall-update").exists()  # the caller takes no station meanwhile

    pc.lives, pc.at_start = False, migrates
    assert updated(updating, pc) == 1
    assert is_old_again(pc)
    assert pc.events() == 5
    with closing(sqlite3.connect(pc.log)) as log:
        assert log.execute("pragma user_version").fetchone() == (3,)
    why = json.loads((pc.data / "update.json").read_text("utf-8"))["why"]
    assert "hallcall-web.service" in why
    assert "Traceback: broken" in why


def test_a_number_given_meanwhile_is_never_thrown_away(updating: ModuleType, pc: Pc) -> None:
    """The old version goes on from it where it can read it; the twin: where it cannot, the new one stays, and that is said."""
    pc.lives, pc.at_start = False, lambda: pc.write(STATION)
    assert updated(updating, pc) == 1
    assert pc.events() == 6
    assert is_old_again(pc)
    pc.fails[OLD] = ("log prepare",)
    assert updated(updating, pc) == 3
    assert (pc.version(), pc.events()) == (NEW, 8)  # it was started twice
    assert json.loads((pc.data / "update.json").read_text("utf-8"))["outcome"] == "stays"


def test_asked_again_the_version_that_was_taken_back_is_tried_again(updating: ModuleType, pc: Pc) -> None:
    """As `dpkg --configure` does, once the reason is mended."""
    pc.lives = False
    assert updated(updating, pc) == 1
    pc.lives = True
    update: Any = updating.Update(pc.place, pc.root, pc.run)
    update.bound = update.steady = 0.0
    assert update.attempt() == 0
    assert pc.version() == NEW
    assert not (pc.data / "update.json").exists()


def test_an_update_that_was_killed_keeps_the_version_that_worked(updating: ModuleType, pc: Pc) -> None:
    update: Any = updating.Update(pc.place, pc.root, pc.run)
    update.keep()
    pc.lay(NEW)  # killed here; the package is installed once more
    update.keep()
    pc.fails[NEW] = ("--version",)
    assert update.attempt() == 1
    assert pc.version() == OLD


def test_a_pc_that_was_never_set_up_is_only_given_the_files(updating: ModuleType, pc: Pc) -> None:
    (pc.root / "etc/hallcall/setup.json").unlink()
    pc.fails[NEW] = ("--version",)
    assert updated(updating, pc) == 0
    assert (pc.version(), pc.stops) == (NEW, 0)


def test_files_beside_the_log_are_put_back_also_where_the_log_itself_has_nothing_new(
    updating: ModuleType, pc: Pc
) -> None:
    pc.lives, pc.at_start = False, lambda: pc.shape(9)
    assert updated(updating, pc) == 1
    assert is_old_again(pc)
    assert pc.people() == 2


def test_what_the_real_doctor_says_of_the_data_is_understood(updating: ModuleType, pc: Pc) -> None:
    """Of a village without stations whose accounts no program can read: the latter counts, the former is no update's matter."""

    def ran(words: Sequence[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        del seconds
        code, said = hallcall(*words[words.index("caller.cli") + 1 :])
        return subprocess.CompletedProcess(list(words), code, said, "")

    shutil.copy(VILLAGE, pc.root / "etc/hallcall/hall.toml")
    for items in VILLAGE.parent.glob("village*.csv"):
        shutil.copy(items, pc.root / "etc/hallcall")
    hall: Any = updating.Hall(pc.root, ran)
    pc.log.unlink()
    (pc.data / "accounts.db").write_bytes(b"no database" * 500)
    assert "accounts.db" in hall.found(pc.place).pop("accounts-unreadable")
    (pc.data / "accounts.db").unlink()
    assert hall.found(pc.place) == {}, "the twin"


# --- a hall whose log lies in PostgreSQL: a real one


def test_the_database_is_as_it_was_after_a_take_back_and_the_files_beside_it_too(
    updating: ModuleType, pc: Pc, empty_database: str
) -> None:
    """What the other PC's applicants did meanwhile is there, and no reason to keep a version that does not work."""
    pc.on(empty_database)

    def starts() -> None:
        pc.shape(9)
        pc.write_remote(STATION)  # at the other PC: on trial this one writes nothing

    pc.lives, pc.at_start = False, starts
    assert updated(updating, pc) == 1
    assert is_old_again(pc)
    assert (pc.remote_events(), pc.people()) == ([STATION] * 6, 2)


def test_a_version_that_cannot_read_the_database_is_taken_back_before_anything_stops(
    updating: ModuleType, pc: Pc, empty_database: str
) -> None:
    pc.on(empty_database)
    pc.log.unlink()  # its copy beside is not what counts
    pc.fails[NEW] = ("log prepare",)
    assert updated(updating, pc) == 1
    assert is_old_again(pc)
    assert pc.stops == 0


@pytest.mark.parametrize("reads", [True, False], ids=["old-reads", "old-does-not"])
def test_one_that_fails_when_it_is_let_go_on_is_taken_back_where_the_old_version_reads_what_it_wrote(
    reads: bool, updating: ModuleType, pc: Pc, empty_database: str
) -> None:
    pc.on(empty_database)

    def calls() -> bool:
        pc.write_remote(OWN)
        pc.write_remote(STATION)
        return False

    pc.let_go = calls
    pc.fails[OLD] = () if reads else ("log prepare",)
    assert updated(updating, pc) == (1 if reads else 3)
    assert pc.remote_events() == [*[STATION] * 5, OWN, STATION]
    assert pc.version() == (OLD if reads else NEW)


def test_one_that_works_in_the_database_stays(updating: ModuleType, pc: Pc, empty_database: str) -> None:
    pc.on(empty_database)
    went_on: list[bool] = []
    pc.let_go = lambda: not went_on.append(True)
    assert updated(updating, pc) == 0
    assert (pc.version(), bool(went_on)) == (NEW, True)


def test_what_the_callers_unit_says_of_its_database_is_said_to_the_new_version_too(
    updating: ModuleType, pc: Pc, empty_database: str
) -> None:
    pc.on(empty_database)
    pc.environment = ["env", "PGPASSFILE=/etc/hallcall/pgpass"]
    hall: Any = updating.Hall(pc.root, seen := Seen(pc))
    hall.ask(pc.place, "--version")
    assert seen.words[4:6] == pc.environment
    (pc.data / "log.address").unlink()
    again: Any = updating.Hall(pc.root, seen)
    again.ask(pc.place, "--version")
    assert seen.words[4] == str(pc.place / "bin/python"), "the twin without a database"


class Seen:
    """Runs a PC's commands and keeps the last one that was run as the hall's account."""

    def __init__(self, pc: Pc) -> None:
        self._pc = pc
        self.words: list[str] = []

    def __call__(self, words: Sequence[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        if words[0] == "runuser":
            self.words = list(words)
        return self._pc.run(words, seconds)
