"""Campaign: a hall whose log lies in a real PostgreSQL gets new versions, with its history and its stations at work: some that
work, some that do not and are taken back, on one PC and on two.

`pytest -m campaign -s tests/packaging/test_updating_campaign.py`, about three minutes; prints a line for each update: how it
ended, how long it took, and how long nobody got a number. Callers, database and `updating.py` are real; the service manager is
played. A version is this code under other numbers, or with a fault, started by a `bin/python` of its own.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.caller.service.test_standby import open_for_business
from tests.instruments.caller_fixture import run, until
from tests.instruments.caller_pair import SITE, Crowd, Pair
from tests.instruments.log_checker import check
from tests.instruments.postgres_cluster import running
from tests.instruments.running_hall import REPO, hallcall
from tests.packaging.test_updating import updating

pytestmark = pytest.mark.campaign
__all__ = ["updating"]  # the fixture
SECONDS = 900.0  # a bound for one test
BOUND, STEADY = 90.0, 2.0  # of an update: its own are 180 and 5
UNIT = "hallcall-caller.service"
PYTHON = """#!/bin/sh
exec {python} "$(dirname "$(readlink -f "$0")")/version.py" "$@"
"""
VERSION = """
import sys
sys.path.insert(0, {repo!r})
words = sys.argv[1:]
if words[:2] == ["-P", "-c"]:
    sys.argv = ["-c", *words[3:]]
    exec(words[2])
    sys.exit()
if words[3:] == ["--version"]:
    print("hallcall", {version!r})
    sys.exit()
from config.process import running
running.VERSION = {version!r}
from pathlib import Path
from caller.service import connection
connection.Limits.__init__.__defaults__ = (*connection.Limits.__init__.__defaults__[:-1], Path({trial!r}))
{changes}
from caller.cli.main import main
main(words[3:])
"""
ANOTHER_FOLD = """
from caller.engine import register
register.STATE_VERSION += 1
register._VERSION = f"{register.STATE_VERSION}.{register.shape(*register.ROWS):08x}"
"""
MORE_TABLES = """
from caller.eventlog.stores import postgres_session
postgres_session.SHAPE += 1
postgres_session.TABLES += "create table if not exists hallcall.more(one integer); alter table hallcall.event add column if not exists more text;"
from caller.identity import account_file
account_file.VERSION += 1
"""
ENDS_AT_ITS_START = """
from caller.cli import caller
def _broken(*_): raise RuntimeError("broken at its start")
caller._run = _broken
"""
KNOWS_LESS = """
from caller.eventlog import chain
chain.KINDS = chain.KINDS - {"TicketIssued"}
class Narrow:
    def decode(self, body):
        import msgspec
        if '"TicketIssued"' in body: raise msgspec.ValidationError("TicketIssued")
        return msgspec.json.decode(body, type=chain.AnyEvent)
chain._events = Narrow()
"""
IS_NEVER_WELL = """
from caller.service.standby import Standby
Standby.why_not = lambda _: "broken while it reads"
"""
ENDS_AS_IT_CALLS = """
from caller.cli import caller
def _broken(*_): raise RuntimeError("broken as it calls")
caller.rest_collector = _broken
"""


class PlayedPc:
    """One PC of the hall below a folder, with a service manager that starts a caller again whenever it ends."""

    def __init__(self, pair: Pair, name: str) -> None:
        self.pair, self.name = pair, name
        self.root = pair.folder / f"pc-{name}"
        self.place = self.root / "opt/hallcall"
        self.trial = self.root / "run/hallcall-update"
        for folder in ("run/systemd/system", "etc/hallcall", "etc/systemd/system"):
            (self.root / folder).mkdir(parents=True)
        data = pair.folder / name
        if not data.exists():
            data.mkdir()
            shutil.copytree(pair.folder / "a/keys", data / "keys")
        (self.root / "data").symlink_to(data)
        choices = {"processes": ["caller"], "data": "/data", "program": [str(self.place / "bin/hallcall")]}
        (self.root / "etc/hallcall/setup.json").write_text(json.dumps({"choices": choices}))
        text = pair.hall.read_text()
        assert "[listen]" not in text
        (self.root / "etc/hallcall/hall.toml").write_text(f"{text}\n[listen]\ncaller = {pair.ports[name]}\n")
        for items in pair.hall.parent.glob("*.csv"):
            shutil.copy(items, self.root / "etc/hallcall")
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0

    # --- versions

    def lay(self, version: str, changes: str = "") -> None:
        """Put a version's files in the place, as a package does."""
        site = self.place / "lib/python3.11/site-packages"
        shutil.rmtree(self.place, ignore_errors=True)
        (site / f"hallcall-{version}.dist-info").mkdir(parents=True)
        (self.place / "bin").mkdir()
        code = VERSION.format(repo=str(REPO), version=version, trial=str(self.trial), changes=changes)
        (self.place / "bin/version.py").write_text(code)
        (self.place / "bin/python").write_text(PYTHON.format(python=sys.executable))
        (self.place / "bin/python").chmod(0o755)

    def update(self, module: ModuleType, version: str, changes: str = "", bound: float = BOUND) -> int:
        """Let a version come; return the exit code of its update."""
        one: Any = module.Update(self.place, self.root, self.run)
        one.bound, one.steady = bound, STEADY
        assert one.keep() == 0
        self.lay(version, changes)
        return one.attempt()

    def version(self) -> str:
        return (
            next(self.place.glob("lib/*/site-packages/*.dist-info")).name.split("-")[1].removesuffix(".dist")
        )

    # --- the service manager

    def run(self, words: Sequence[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        done = subprocess.CompletedProcess(list(words), 0, "", "")
        if words[0] == "systemctl":
            done.stdout = self._manage(words[1])
            return done
        if words[0] == "journalctl":
            done.stdout = self.output.read_text()[-300:]
            return done
        if words[0] == str(self.place / "bin/python"):
            return done  # setup: the units stay as they are
        own = list(words[4:]) if words[0] == "runuser" else list(words)
        return subprocess.run(own, capture_output=True, text=True, check=False, timeout=seconds, cwd="/")

    @property
    def output(self) -> Path:
        return self.root / "caller.txt"

    def start(self) -> None:
        words = [str(self.place / "bin/python"), "-P", "-m", "caller.cli", "caller"]
        words += [str(self.root / "etc/hallcall/hall.toml"), "--data", str(self.root / "data")]
        with self.output.open("ab") as output:
            env = os.environ | {"HALLCALL_LOG": self.pair.address}
            self.process = subprocess.Popen(words, stdout=output, stderr=output, env=env, cwd="/")

    def stop(self) -> None:
        process, self.process = self.process, None
        if process:
            process.terminate()
            process.wait(60)

    def _manage(self, verb: str) -> str:
        if verb == "list-units":
            return f"{UNIT} loaded active running caller\n" if self.process else ""
        if verb == "start":
            self.restarts = 0
            self.start()
        if verb == "stop":
            self.stop()
        if verb != "show":
            return ""
        if self.process and self.process.poll() is not None:
            self.restarts += 1
            self.start()
        return (
            f"Id={UNIT}\nActiveState=active\nSubState=running\nNRestarts={self.restarts}\nResult=exit-code\n"
        )


@pytest.fixture
def database() -> Generator[str]:
    with running() as server:
        yield server.database()


@contextmanager
def hall(database: str, folder: Path) -> Generator[Pair]:
    """A hall of a day's history, whose caller has ended."""
    pair = Pair(folder, database)
    pair.start("a")

    async def history() -> None:
        async with pair.station() as station:
            await open_for_business(station)
            for _ in range(30):
                await pair.take(station)

    run(history(), SECONDS)
    pair.close()
    yield pair


def columns(address: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as session:
        return session.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'hallcall'"
            " and table_name not in ('pc', 'beside') order by 1, 2"
        ).fetchall()


def rows(address: str) -> list[tuple[Any, ...]]:
    """All that the caller of the hall writes into the database, but for beat and term of who writes."""
    tables = ("event", "checkpoint", "register", "meta")
    with psycopg.connect(address) as session:
        return [
            row
            for table in tables
            for row in session.execute(
                f"select t::text from hallcall.{table} t order by 1".encode()
            ).fetchall()
        ]


async def updated(
    pc: PlayedPc, module: ModuleType, crowd: Crowd, version: str, changes: str = ""
) -> tuple[int, float]:
    """Update a PC while the stations work; return the exit code, and how long the longest silence was, in seconds."""
    moment = time.monotonic()
    code = await asyncio.to_thread(pc.update, module, version, changes)
    taken = time.monotonic() - moment
    silence = await crowd.resumed(moment)
    note = json.loads((pc.root / "data/update.json").read_text())["why"][-90:] if code else ""
    print(
        f"\n| {pc.name}: {version} | exit {code}, {pc.version()} runs | {taken:.1f} s | no number for {silence:.1f} s | {note} |"
    )
    return code, silence


def recount(pair: Pair) -> None:
    found = check(pair.address, SITE, pair.acknowledged)
    assert found.faults == []
    assert hallcall("log", "verify", "--log", pair.address)[0] == 0


def test_one_pc_gets_versions_that_work_and_versions_that_do_not_and_its_database_is_as_it_was(
    updating: ModuleType, database: str, tmp_path: Path
) -> None:
    with hall(database, tmp_path) as pair:
        pc = PlayedPc(pair, "a")
        pc.lay("1.0")
        pc.start()

        async def day() -> None:
            async with Crowd(pair) as crowd:
                await crowd.grown(20)
                for version, changes in (("2.1", KNOWS_LESS), ("2.2", ENDS_AT_ITS_START + MORE_TABLES)):
                    before = columns(database)
                    assert (await updated(pc, updating, crowd, version, ANOTHER_FOLD + changes))[0] == 1
                    assert (pc.version(), columns(database)) == ("1.0", before)
                    await crowd.grown(20)
                code, _ = await updated(
                    pc, updating, crowd, "2.3", ANOTHER_FOLD + MORE_TABLES + ENDS_AS_IT_CALLS
                )
                assert (code, pc.version()) == (1, "1.0")
                await crowd.grown(20)  # the old version on tables that were added to
                code, _ = await updated(pc, updating, crowd, "3.0", ANOTHER_FOLD + MORE_TABLES)
                assert (code, pc.version()) == (0, "3.0")
                await crowd.grown(20)
                code, _ = await updated(pc, updating, crowd, "1.0")
                assert (code, pc.version()) == (1, "3.0"), "accounts.db has a shape that 1.0 cannot read"
                assert "accounts-unreadable" in (pc.root / "data/update.json").read_text(), (
                    "seen before anything stopped"
                )
                await crowd.grown(20)
                assert await crowd.repeated() == []

        try:
            run(day(), SECONDS)
        finally:
            pc.stop()
        recount(pair)


def test_a_trial_leaves_every_row_of_the_database_as_it_was(
    updating: ModuleType, database: str, tmp_path: Path
) -> None:
    """No station is there, so that only the versions could write; the old one is stopped meanwhile."""
    with hall(database, tmp_path) as pair:
        pc = PlayedPc(pair, "a")
        pc.lay("1.0")
        pc.start()
        found: list[list[tuple[Any, ...]]] = []
        real = pc._manage

        def watched(verb: str) -> str:
            if verb == "start" or (verb == "stop" and found):
                found.append(rows(database))
            return real(verb)

        async def day() -> None:
            async with pair.station() as station:
                await open_for_business(station)

        run(day(), SECONDS)
        pc._manage = watched
        try:
            assert pc.update(updating, "2.2", ANOTHER_FOLD + MORE_TABLES + IS_NEVER_WELL, 20.0) == 1
            assert "caller standby ready" in pc.output.read_text(), "it has read the log, and waited"
        finally:
            pc.stop()
        started, stopped, again = found
        assert started == stopped == again


def test_two_pcs_get_a_version_one_after_the_other_and_the_hall_goes_on(
    updating: ModuleType, database: str, tmp_path: Path
) -> None:
    with hall(database, tmp_path) as pair:
        pcs = [PlayedPc(pair, name) for name in "ab"]
        new = ANOTHER_FOLD + MORE_TABLES

        async def day() -> None:
            first, second = pcs
            first.lay("1.0")
            second.lay("1.0")
            first.start()
            async with Crowd(pair) as crowd:
                await crowd.grown(20)
                second.start()
                await until(lambda: "caller standby ready" in second.output.read_text(), "b stands by")
                code, _ = await updated(second, updating, crowd, "2.0", new)
                assert (code, second.version()) == (0, "2.0")
                code, _ = await updated(first, updating, crowd, "2.1", new + ENDS_AT_ITS_START)
                assert (code, first.version()) == (1, "1.0"), "taken back beside a newer one that calls"
                await crowd.grown(20)
                code, _ = await updated(first, updating, crowd, "2.0", new)
                assert (code, first.version()) == (0, "2.0")
                second.stop()
                await crowd.grown(20)
                assert await crowd.repeated() == []

        try:
            run(day(), SECONDS)
        finally:
            for pc in pcs:
                pc.stop()
        recount(pair)
