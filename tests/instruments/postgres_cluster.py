"""Test instrument: a PostgreSQL of one's own, on a free loopback port, in a folder that is removed.

A test asks for one by a fixture of `tests/conftest.py`: `empty_database`, a database of its own in the server of all tests;
`one_cluster`, that server; `own_cluster`, a server for a file that stops it. What else it needs it makes by `running`.

The programs are Debian's. PostgreSQL refuses to run as root, so that for root its processes are those of `postgres`.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.instruments.running_hall import until

START_SECONDS = 90
SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 40
shared_buffers = 16MB
"""
SPARED = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


def programs() -> Path:
    """Return the folder of initdb and pg_ctl, of the newest version there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    assert found, "PostgreSQL is missing: sh .ci/debian"
    return found[-1]


class Cluster:
    """One server. `database` makes an empty database of it."""

    def __init__(self, *, durable: bool = False, settings: str = "", folder: Path | None = None) -> None:
        """durable: commits reach the disk, for what measures or crashes; without, the disk of the tests is spared.

        `settings`: more lines of postgresql.conf. `folder`: an empty one to use instead, of a disk of the test's own.
        """
        self._bin = programs()
        self._folder = folder or Path(tempfile.mkdtemp(prefix="hallcall-pg-"))
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._data = self._folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._make()
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS + ("" if durable else SPARED) + settings)
            file.write(f"\nunix_socket_directories = '{self._folder}'\nport = {self.port}\n")
        self.start()

    def _make(self) -> None:
        """Make the data folder."""
        self._run(
            "initdb", "-D", self._data, "-A", "trust", "-U", "hall", "-E", "UTF8", "--no-locale", "--no-sync"
        )

    def _who(self) -> dict[str, Any]:
        root = os.geteuid() == 0
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if root else {}

    def _run(self, program: str, *words: object) -> None:
        line = [str(self._bin / program), *map(str, words)]
        done = subprocess.run(
            line,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
            cwd=self._folder,
            **self._who(),
        )
        assert done.returncode == 0, done.stdout + done.stderr + self.printed()[-2000:]

    def printed(self) -> str:
        """Return what the server has said so far."""
        output = self._folder / "server.txt"
        return output.read_text(errors="replace") if output.exists() else ""

    def start(self) -> None:
        """Start the server and wait until it takes sessions. After a kill its memory is free a moment later: try again."""
        self._server = self._child()
        until(self._is_ready, "PostgreSQL takes sessions", START_SECONDS)

    def start_again(self) -> None:
        """Start the server if it has ended by itself; wait until it takes sessions."""
        if self._server.poll() is not None:
            self.start()
        until(self._is_ready, "PostgreSQL takes sessions", START_SECONDS)

    def _child(self) -> "subprocess.Popen[Any]":
        with (self._folder / "server.txt").open("ab") as output:
            line = [str(self._bin / "postgres"), "-D", str(self._data)]
            return subprocess.Popen(line, stdout=output, stderr=output, cwd=self._folder, **self._who())

    def _is_ready(self) -> bool:
        if self._server.poll() is not None:
            self._server = self._child()
        line = [str(self._bin / "pg_isready"), "-h", str(self._folder), "-p", str(self.port)]
        return subprocess.run(line, capture_output=True, timeout=START_SECONDS, check=False).returncode == 0

    def stop(self) -> None:
        """End the server as a power cut would; `start` lets it recover."""
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate stop
            self._server.wait(START_SECONDS)

    def kill(self) -> None:
        """Kill -9 the server's first process; the others end by themselves."""
        self._server.kill()
        self._server.wait(START_SECONDS)

    def pause(self, paused: bool) -> None:
        """Let all of the server's processes stand still, or go on."""
        line = ["ps", "-o", "pid=", "--ppid", str(self._server.pid)]
        found = subprocess.run(line, capture_output=True, text=True, timeout=START_SECONDS, check=False)
        for pid in (self._server.pid, *map(int, found.stdout.split())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP if paused else signal.SIGCONT)

    def database(self) -> str:
        """Make an empty database and return its address."""
        name = f"d{secrets.token_hex(4)}"
        self._run("createdb", "-h", self._folder, "-p", self.port, "-U", "hall", name)
        return f"postgresql://hall@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        """Stop the server, if it runs, and remove everything."""
        self.stop()
        shutil.rmtree(self._folder)


@contextmanager
def running(*, durable: bool = False, settings: str = "", folder: Path | None = None) -> Generator[Cluster]:
    """Yield a server that is removed in the end; the arguments are those of `Cluster`."""
    made = Cluster(durable=durable, settings=settings, folder=folder)
    try:
        yield made
    finally:
        made.remove()
