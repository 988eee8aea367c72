"""A real PostgreSQL for tests of the centre: one throw-away cluster a test session, one fresh database a test."""

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

PROGRAMS = Path("/usr/lib/postgresql")
OWNER = "postgres"  # of the cluster where the tests are run by root, whom PostgreSQL refuses
START_SECONDS = 90
STOP_SECONDS = 60
_numbers = itertools.count(1)


class DatabaseServer:
    """One running cluster. `crash` ends it as a power cut would; `start` lets it recover."""

    def __init__(self, folder: Path, durable: bool) -> None:
        """durable: commits reach the disk, for what measures or crashes; without, the disk of the tests is spared."""
        found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
        assert found, "Debian's postgresql is missing: sh .ci/debian"
        self._bin, self.folder, self._durable = found[-1].parent, folder, durable
        self._as = ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []
        if self._as:
            owner = pwd.getpwnam(OWNER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", OWNER, "-N", "--locale=C.UTF-8")
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as, str(self._bin / program), *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=40"
        options += "" if self._durable else " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-w", "-o", options, "start")

    def crash(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def close(self) -> None:
        with contextlib.suppress(AssertionError):
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self) -> str:
        """Return the address of a new, empty database."""
        name = f"city_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        return self.address(name)

    def address(self, database: str) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"


@contextmanager
def database_server(durable: bool = False) -> Generator[DatabaseServer]:
    """Run a cluster in a folder of its own; it is gone afterwards."""
    server = DatabaseServer(Path(tempfile.mkdtemp(prefix="hallcall-pg-")), durable)
    try:
        yield server
    finally:
        server.close()
