"""Starts processes of the product as forks of one that has read its modules already.

To read the modules takes a process two thirds of a second of the processor, and the gate starts many hundreds. What runs
is the command itself, in a process with its own arguments, environment, folder and files: only the reading is spared.
What a start itself is (what it prints, its exit, its signals) is tested by files that start Python.

    python -m tests.instruments.process_template FD      # by `ForkedProcess`: asked over that socket, until it is closed
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
ASKED_BYTES_MAX = 1 << 18  # an environment of a quarter of a megabyte
# What the commands of a hall that runs read. NiceGUI is left out: it takes its folder from the environment as it is read.
READ = (
    "caller.cli.caller", "caller.cli.deliver", "display.cli.web", "display.cli.office", "kiosk.cli.kiosk", "devices.cli.main",
    "devices.cli.agent", "uvicorn", "starlette.applications", "fastapi", "socketio", "aiohttp",
)  # fmt: skip
NAME = "process_template"


class ForkedProcess:
    """A process of the product; what `subprocess.Popen` offers, as far as tests use it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._ends = os.pidfd_open(pid)
        except ProcessLookupError:
            self._ends = -1  # it has ended already

    def poll(self) -> int | None:
        """Return None while it runs; else 0, whatever its code was."""
        return 0 if self._ended(0) else None

    def wait(self, timeout: float) -> int:
        """Wait for its end, for so many seconds. Raises `subprocess.TimeoutExpired`."""
        if not self._ended(timeout):
            raise subprocess.TimeoutExpired(NAME, timeout)
        return 0

    def send_signal(self, sign: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sign)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float) -> bool:
        if self._ends >= 0:
            watched = select.poll()
            watched.register(self._ends, select.POLLIN)
            if not watched.poll(seconds * 1000):
                return False
            os.close(self._ends)
            self._ends = -1
        return True


class ProcessTemplate:
    """The process that is forked, one for each process of the tests; started when it is first needed."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self._asking = threading.Lock()

    def fork(self, module: str, args: Sequence[str], output: int) -> ForkedProcess:
        """Start `python -m MODULE ARGS` in the repository's folder with this environment, its output into an open file."""
        asked = json.dumps({"words": [module, *args], "environment": dict(os.environ)}).encode()
        with self._asking:
            self._line = self._line or _started()
            socket.send_fds(self._line, [asked], [output])
            return ForkedProcess(int(self._line.recv(64)))


def _started() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ASKED_BYTES_MAX)
    subprocess.Popen(
        [sys.executable, "-m", __name__, str(theirs.fileno())],
        cwd=REPO,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    atexit.register(ours.close)
    return ours


def serve(line: socket.socket) -> list[str]:
    """Fork a process for each that is asked for, until the line is closed. Return twice as often as it is asked: in each fork,
    with its module and arguments."""
    while True:
        asked, files, _, _ = socket.recv_fds(line, ASKED_BYTES_MAX, 1)
        if not asked:
            sys.exit()
        pid = os.fork()
        if pid == 0:
            return _become(json.loads(asked), files[0], line)
        line.send(str(pid).encode())
        os.close(files[0])


def _become(asked: dict[str, Any], output: int, line: socket.socket) -> list[str]:
    """Take the environment and the output that were asked for, and none of what is the template's own."""
    line.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    return list(asked["words"])


if __name__ == "__main__":
    for module in READ:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    gc.collect()
    gc.freeze()
    sys.argv = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.orig_argv = [sys.executable, "-m", *sys.argv]  # a program that begins again does so with these
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
