"""Test instrument: an installed hall that `hallcall accept` is played in, and the hands that do what it asks for.

Every part is a process of the product or of Debian: two callers on a PostgreSQL with its synchronous standby, their clocks by
libfaketime; a kiosk in a network namespace of its own, whose cable is a veth; a window's PC with a printer. Needs root.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
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
from tests.instruments.hall_machines import AcceptProcess, NetworkCable, Program
from tests.instruments.job_desk import SimulatedPrinter
from tests.instruments.office_hall import SECRET
from tests.instruments.postgres_standby import ReplicatedCluster
from tests.instruments.running_hall import REPO, START_SECONDS, at_noon, hallcall

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

    def accept(self, *options: str) -> AcceptProcess:
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
