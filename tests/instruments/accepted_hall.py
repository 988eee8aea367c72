"""Test instrument: an installed hall that `hallcall accept` is played in, and the hands that do what it asks for.

Every part is a process of the product or of Debian: two callers on a PostgreSQL with its synchronous standby, their clocks by
libfaketime; a kiosk in a network namespace of its own, whose cable is a veth; a window's PC with a printer. Needs root.
"""

import asyncio
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from caller.client.client import Client, RefusedError, new_id
from caller.engine.commands import CallNext, OpenWindow
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.identity.enrolment import Stations
from tests.instruments.caller_fixture import kept_port
from tests.instruments.job_desk import COMMAND, SimulatedPrinter
from tests.instruments.office_hall import SECRET
from tests.instruments.postgres_standby import ReplicatedCluster
from tests.instruments.running_hall import REPO, START_SECONDS, at_noon, hallcall, until

HALL = """\
[hall]
site = "accepted"
name = "验收大厅"
name_en = "Acceptance Hall"

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 30

[[queue]]
id = "A"
name = "不动产登记"
name_en = "Real estate"

[[queue]]
id = "B"
name = "限号业务"
name_en = "Limited"
quota = 6

[[window]]
id = "1"
name = "一号"
queues = ["A", "B"]

[[window]]
id = "2"
name = "二号"
queues = ["A"]

[[kiosk]]
id = "k1"
name = "大厅取号机"
printers = []

[[device]]
name = "w1"
kind = "printer"
port = "{port}?mode=text"
agent = "pc-1"
window = "1"
width_px = 384
"""
ACCOUNTS = (
    "\n[accounts]\nrequired = true\nidle_minutes = 0.1\n"  # sessions end in the middle of nearly every step
)
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
READY = re.compile(r"(?:standby )?ready (\S+)")
MANAGER, CLERKS = "1001", {"1": "2001", "2": "2002"}
TAPS = """
import asyncio, sys
from caller.demo.kiosk_driver import KioskDriver
async def take():
    driver = await KioskDriver.at(sys.argv[1])
    for target, then in (("start", "services"), ("queue:A", "confirm"), ("confirm", "number")):
        await driver.tap(target, then)
    await driver.tap("home", "idle")
    await driver.leave()
asyncio.run(take())
"""


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


class AcceptedHall:
    """The hall, its machines, and what a person does to them."""

    def __init__(self, folder: Path, *, accounts: bool) -> None:
        self.folder, self.accounts = folder, accounts
        self.cable = NetworkCable()
        self.servers = ReplicatedCluster()
        self.printer = SimulatedPrinter(folder)
        plain = folder / "plain"
        plain.mkdir()
        file = plain / "hall.toml"
        file.write_text(HALL.format(port=self.printer.port) + (ACCOUNTS if accounts else ""))
        self.hall = at_noon(file, folder)
        self.ports = {name: kept_port() for name in "ab"}
        self.running: dict[str, Program] = {}
        self.tokens: dict[tuple[str, str], str] = {}
        (folder / "a").mkdir()
        self._enrol()
        if accounts:
            self._people()
        self.start("a")
        self.start("b")
        self.start("pc-1")
        self.start("k1")

    # --- machines

    def _enrol(self) -> None:
        book = Stations(self.folder / "a/stations.db")
        for role, name in (
            ("manager", "office"),
            ("window", "1"),
            ("window", "2"),
            ("kiosk", "k1"),
            ("agent", "pc-1"),
        ):
            self.tokens[role, name] = book.enrol(role, name, "2026-01-01")
        book.close()

    def _people(self) -> None:
        with closing(AccountStore(self.folder / "a")) as store:
            for staff, roles in ((MANAGER, ("manager",)), *((each, ("clerk",)) for each in CLERKS.values())):
                act = Act(new_id(), "account-added", f"account/{staff}", "test", "test", 1)
                store.add(Account(staff, roles=roles), SECRET, act)

    def clock_file(self, pc: str) -> Path:
        return self.folder / f"{pc}.clock"

    def url(self, pc: str, host: str = "127.0.0.1") -> str:
        return f"ws://{host}:{self.ports[pc]}"

    def start(self, name: str) -> None:
        """Switch a PC on, and wait until its program is ready."""
        both = ",".join(self.url(each) for each in "ab")
        if name in self.ports:
            self._start_caller(name)
            return
        before: list[str] = []
        words = ["--data", str(self.folder / name)]
        if name == "k1":
            before = self.cable.inside
            both = ",".join(self.url(each, self.cable.here) for each in "ab")
            words = [
                "kiosk",
                str(self.hall),
                *words,
                "--name",
                name,
                "--port",
                "0",
                "--token",
                self.tokens["kiosk", name],
            ]
        else:
            words = ["agent", str(self.hall), *words, "--name", name, "--token", self.tokens["agent", name]]
        self.running[name] = Program(self.folder / f"{name}.txt", [*words, "--caller", both], before)

    def _start_caller(self, pc: str) -> None:
        data = self.folder / pc
        if not data.exists():
            data.mkdir()
            shutil.copytree(self.folder / "a/keys", data / "keys")
        clock = self.clock_file(pc)
        if not clock.exists():
            clock.write_text("+0\n")
        words = ["caller", str(self.hall), "--data", str(data), "--host", "0.0.0.0"]
        words += ["--port", str(self.ports[pc]), "--log", self.servers.address]
        self.running[pc] = Program(
            self.folder / f"{pc}.txt", words, [], LD_PRELOAD=str(FAKETIME), FAKETIME_TIMESTAMP_FILE=str(clock),
            FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1",
        )  # fmt: skip

    def cut(self, name: str) -> None:
        self.running.pop(name).end()

    def close(self) -> None:
        for program in self.running.values():
            program.end(signal.SIGTERM)
        self.printer.close()
        self.cable.remove()
        self.servers.remove()

    # --- persons

    def at_work(self) -> str:
        """Return the PC whose caller writes."""
        return next(pc for pc in "ab" if self.running.get(pc) and self.watched("board", pc))

    def watched(self, topic: str, pc: str = "") -> dict[str, Any]:
        """Return a document as a window's station sees it; {} from a caller that stands by."""
        url = self.url(pc) if pc else ",".join(map(self.url, "ab"))

        async def read() -> dict[str, Any]:
            async with Client(url, self.tokens["window", "1"], [topic]) as line:
                with suppress(TimeoutError):
                    async with asyncio.timeout(5):
                        await line.until("current")
                return line.views.get(topic, {})

        return asyncio.run(read())

    def clerks(self) -> None:
        """Two clerks sign in at their windows and call, at the same instant."""

        async def calls(window: str) -> None:
            url = ",".join(map(self.url, "ab"))
            async with Client(url, self.tokens["window", window], [f"window/{window}"]) as line:
                await line.until("current")
                await line.persons.sign_in(CLERKS[window], SECRET)
                await line.send(OpenWindow(window, CLERKS[window], ["A"]))
                while True:
                    try:
                        await line.send(CallNext(window, line.views[f"window/{window}"]["version"]))
                        return
                    except RefusedError as refused:
                        if refused.frame.code != "stale-view":
                            raise
                        await asyncio.sleep(0.01)

        async def both() -> None:
            await asyncio.gather(*(calls(each) for each in CLERKS))

        asyncio.run(both())

    def number_at_kiosk(self) -> None:
        """An applicant takes a number, once the kiosk goes on alone."""
        line = [*self.cable.inside, sys.executable, "-c", TAPS, self.running["k1"].address]
        subprocess.run(line, cwd=REPO, check=True, timeout=START_SECONDS)

    def hands(self) -> dict[str, Callable[[], object]]:
        """Return what a person does, by how it is asked for in English."""
        gone: list[str] = []

        def cut_caller() -> None:
            gone.append(self.at_work())
            self.cut(gone[-1])

        def set_clock(text: str) -> None:
            for pc in "ab":
                self.clock_file(pc).write_text(text)

        return {
            "have two clerks": self.clerks,
            "all 6 numbers": lambda: None,
            "take the paper out": lambda: self.printer.type("paper out"),
            "put paper into": lambda: self.printer.type("paper in"),
            "pull the cable of printer": lambda: self.printer.type("unplug"),
            "plug the cable of printer": lambda: self.printer.type("plug"),
            "pull the network cable": lambda: self.cable.plugged(False),
            "take a number at kiosk": self.number_at_kiosk,
            "plug the network cable": lambda: self.cable.plugged(True),
            "cut the power of PC pc-1": lambda: self.cut("pc-1"),
            "switch pc-1 on": lambda: self.start("pc-1"),
            "cut the power of both": lambda: [self.cut(each) for each in "ab"],
            "switch it on": lambda: [self.start(each) for each in "ab"],
            "cut the power of the PC whose": cut_caller,
            "set the clock of": lambda: set_clock("+1d\n"),
            "set the clock right": lambda: set_clock("+0\n"),
            "switch that PC on": lambda: self.start(gone[-1]),
        }

    def account(self, *words: str) -> tuple[int, str]:
        return hallcall("account", words[0], "--data", str(self.folder / "a"), *words[1:])

    def accept(self, *options: str) -> "AcceptProcess":
        """Start `hallcall accept` as the manager's station, on the first PC."""
        line = [
            "accept",
            str(self.hall),
            "--data",
            str(self.folder / "a"),
            "--caller",
            self.url("a"),
            "--standby",
            self.url("b"),
        ]
        line += ["--token", self.tokens["manager", "office"], *options]
        secret = {"HALLCALL_ACCOUNT": MANAGER, "HALLCALL_SECRET": SECRET} if self.accounts else {}
        return AcceptProcess(line, secret)


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
