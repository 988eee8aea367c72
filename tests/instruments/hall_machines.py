"""Test instrument: machines of an installed hall as real processes: a program with libraries and a network of its own, the cable
of a PC that can be pulled, and `hallcall accept` with a keyboard.
"""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.instruments.job_desk import COMMAND
from tests.instruments.running_hall import REPO, START_SECONDS, until

READY = re.compile(r"(?:standby )?ready (\S+)")


class Program:
    """One `hallcall` process that is not forked from the tests' template: with libraries and a network of its own."""

    def __init__(self, output: Path, words: list[str], before: list[str], **environment: str) -> None:
        with output.open("ab") as file:
            began = file.tell()
            self._process = subprocess.Popen(
                [*before, *COMMAND, *words], cwd=REPO, stdout=file, stderr=file, stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"} | environment,
            )  # fmt: skip

        def ready() -> str:
            said = output.read_bytes()[began:].decode()
            assert self._process.poll() is None, said
            found = READY.search(said)
            return found[1] if found else ""

        self.address = until(ready, f"{' '.join(words)} is ready", START_SECONDS)

    def end(self, sign: int = signal.SIGKILL) -> None:
        if self._process.poll() is None:
            self._process.send_signal(sign)
            self._process.wait(60)


class NetworkCable:
    """The cable of one PC: a pair of network devices, of which one is in the PC's namespace."""

    def __init__(self) -> None:
        tail = os.getpid() % 0xFFFF
        self.name = f"hc{tail:x}"
        self._net = f"10.{200 + tail % 50}.{tail // 50 % 250}"
        self.here = f"{self._net}.1"
        _ip("netns", "add", self.name)
        _ip(
            "link",
            "add",
            f"{self.name}a",
            "type",
            "veth",
            "peer",
            "name",
            f"{self.name}b",
            "netns",
            self.name,
        )
        _ip("addr", "add", f"{self.here}/30", "dev", f"{self.name}a")
        _ip("link", "set", f"{self.name}a", "up")
        for words in (("addr", "add", f"{self._net}.2/30", "dev", f"{self.name}b"), ("link", "set", f"{self.name}b", "up"), ("link", "set", "lo", "up")):  # fmt: skip
            _ip("-n", self.name, *words)

    @property
    def inside(self) -> list[str]:
        """The words before a command that runs on the PC."""
        return ["ip", "netns", "exec", self.name]

    def plugged(self, is_in: bool) -> None:
        _ip("link", "set", f"{self.name}a", "up" if is_in else "down")

    def remove(self) -> None:
        for words in (("link", "del", f"{self.name}a"), ("netns", "del", self.name)):
            with suppress(subprocess.CalledProcessError):
                _ip(*words)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, timeout=60)


class AcceptProcess:
    """`hallcall accept` as a process that is typed into."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *words], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"} | environment,
        )  # fmt: skip
        self.text = ""

    def until(self, *words: str, seconds: float = 400.0) -> str:
        """Read on until it prints one of these, or ends; return what it printed since."""
        began, end = len(self.text), time.monotonic() + seconds
        assert self.process.stdout
        while not any(each in self.text[began:] for each in words):
            assert time.monotonic() < end, self.text
            if select.select([self.process.stdout], [], [], 1.0)[0]:
                read = os.read(self.process.stdout.fileno(), 65536)
                if not read:
                    break
                self.text += read.decode(errors="replace")
        return self.text[began:]

    def ended(self, sign: int) -> int:
        """Send it a signal; return its exit code."""
        self.process.send_signal(sign)
        self.until("\0")
        return self.process.wait(60)

    def enter(self, text: str = "") -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def played(self, hands: dict[str, Callable[[], object]]) -> int:
        """Do what it asks for until it ends; return its exit code."""
        while "▶" in (said := self.until("leave it out")):
            asked = said.rpartition("▶")[2].splitlines()[1].strip()
            done = next((act for words, act in hands.items() if asked.startswith(words)), None)
            if done:
                done()
            self.enter("" if done else "s")
        return self.process.wait(60)
