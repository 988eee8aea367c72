"""A whole hall of real processes for the browser tests: caller and web, driven over the wire.

The driver runs its own event loop in a thread, so that tests can be plain functions beside Playwright's
synchronous API. Everything waits on conditions with a deadline; nothing sleeps for luck.
"""

import asyncio
import http.client
import json
import re
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from click.testing import CliRunner

from caller.cli.main import hallcall as command_line
from caller.client.client import Client, RefusedError, SendError, new_id
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.identity.enrolment import Stations
from caller.identity.keys import slip_key
from config.instants import instant
from config.reading.reader import read
from config.versions import VersionStore, bundle
from tests.instruments.caller_fixture import kept_port
from tests.instruments.plain_halls import plain_text
from tests.instruments.process_template import REPO as REPO
from tests.instruments.process_template import ProcessTemplate

T = TypeVar("T")
TEMPLATE = ProcessTemplate()
DEADLINE = 60.0  # seconds; a bound, not a wait
LOOK_SECONDS = 0.05  # between two looks
START_SECONDS = 90.0  # a bound as well: two seconds of a free processor, of a shared one many more
READY = re.compile(r"ready (\S+)")


def until(condition: Callable[[], T], what: str, seconds: float = DEADLINE) -> T:
    """The first true value of `condition`; fails after the deadline. Looks less often where it lasts: each look at a page
    costs its browser, too."""
    end, pause = time.monotonic() + seconds, 0.01
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(pause)
        pause = min(LOOK_SECONDS, 1.2 * pause)
    return value


def comes_to(read: Callable[[], T], wanted: T, about: object = "") -> None:
    """Wait until `read` returns what is wanted, and fail after the deadline with what it returns instead."""
    end = time.monotonic() + DEADLINE
    while (found := read()) != wanted and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
    assert found == wanted, about


def at_noon(hall: Path, folder: Path) -> Path:
    """A copy of a hall that works every day, in a zone where it is about noon now, lets no clerk wait and every applicant
    take his time: tests run at any hour of any day, at any pace. Of a sample hall without what it turns on (`plain_halls`)."""
    hour = datetime.now(UTC).hour
    zone = f"Etc/GMT{hour - 12:+d}" if hour != 12 else "Etc/GMT"  # its sign is the other way round
    lines = [line for line in plain_text(hall).splitlines() if not line.startswith("zone =")]
    text = "\n".join(lines).replace("[hall]\n", f'[hall]\nzone = "{zone}"\n', 1)
    text += '\n[calendar]\nopen_on = "every-day"\n'
    text = text if "[rules]" in text else f"{text}[rules]\n"
    text = text.replace("[rules]\n", "[rules]\nno_show_seconds = 0\nrecall_seconds = 0\n")
    text = re.sub(r"(?m)^idle_seconds = .*\n", "", text).replace(
        "[[kiosk]]\n", "[[kiosk]]\nidle_seconds = 600\n"
    )
    for items in hall.parent.glob("*.csv"):
        (folder / items.name).write_bytes(items.read_bytes())
    copy = folder / hall.name
    copy.write_text(text)
    return copy


def hallcall(*words: str, typed: str = "") -> tuple[int, str]:
    """Exit code and all that `hallcall WORDS` prints, run in this process: most commands take less than Python's start.
    `typed`: what stands on its standard input."""
    done = CliRunner().invoke(command_line, words, input=typed or None)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


class Process:
    """One `hallcall` process; `address` is what its ready line says."""

    def __init__(self, *args: str, output: Path, module: str = "caller.cli") -> None:
        self._output = output
        with output.open("ab") as file:
            before = file.tell()
            self._process = TEMPLATE.fork(module, args, file.fileno())
        self.address = until(
            lambda: self._ready(before), f"{' '.join(args)} ready: {self.text()}", START_SECONDS
        )

    def _ready(self, before: int) -> str:
        assert self._process.poll() is None, self.text()
        found = READY.search(self._output.read_bytes()[before:].decode())
        return found[1] if found else ""

    @property
    def pid(self) -> int:
        return self._process.pid

    def text(self) -> str:
        return self._output.read_text() if self._output.exists() else ""

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(DEADLINE)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(DEADLINE)


class RunningHall:
    """Caller and web as processes, and a driver with a manager's rights."""

    def __init__(self, folder: Path, hall: Path) -> None:
        self.folder, self.hall = folder, at_noon(hall, folder)
        self.settings = read(self.hall)
        self.data = folder / "data"
        self.ticket = ""  # one a test may keep here
        self.deliver: Process | None = None
        self.tokens: dict[tuple[str, str], str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._manager: Client | None = None
        self._agents: list[Client] = []

    # --- processes

    def start(self) -> "RunningHall":
        self.data.mkdir(parents=True, exist_ok=True)
        self._enrol(("manager", "m1"), ("board", "b1"), ("web", "web"), ("supervisor", "s1"))
        self._enrol(*(("evaluator", window.id) for window in self.settings.windows[:6]))
        self.port = kept_port()
        self.caller = self._start_caller(self.port)
        self.web = self.start_web()
        self._connect()
        until(lambda: self.views["board"]["hall"]["open"], "the business day opened by itself")
        return self

    def _enrol(self, *stations: tuple[str, str]) -> None:
        book = Stations(self.data / "stations.db")
        for role, name in stations:
            self.tokens[role, name] = book.enrol(role, name, datetime.now(UTC).isoformat())
        book.close()

    def _start_caller(self, port: int) -> Process:
        args = ("caller", str(self.hall), "--data", str(self.data), "--port", str(port))
        return Process(*args, output=self.folder / "caller.txt")

    def start_web(self, port: int = 0) -> Process:
        args = ["web", str(self.hall), "--data", str(self.data), "--port", str(port)]
        args += ["--caller", self.caller.address, "--token", self.tokens["web", "web"]]
        return Process(*args, output=self.folder / "web.txt")

    def start_deliver(self) -> Process:
        """Start what follows the log; it ends with the hall."""
        args = ("deliver", str(self.hall), "--data", str(self.data))
        self.deliver = Process(*args, output=self.folder / "deliver.txt")
        return self.deliver

    def kill_caller(self) -> None:
        self.caller.kill()
        if driver := self._manager:
            until(lambda: driver.state != "current", "the driver knows that the caller is gone")

    def restart_caller(self) -> None:
        """Start it again on its port; what the driver has seen is current then."""
        self.caller = self._start_caller(self.port)
        if driver := self._manager:
            until(lambda: driver.state == "current", "the driver is current again")

    def close(self) -> None:
        for client in [*self._agents, *([self._manager] if self._manager else [])]:
            self._run(client.__aexit__(None, None, None))
        for process in (getattr(self, "web", None), self.deliver, self.caller):
            if process:
                process.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE)
        self._loop.close()

    # --- the driver

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * DEADLINE)  # after its own bounds

    def _connect(self) -> None:
        topics = ["board", "supervise", *(f"window/{window.id}" for window in self.settings.windows[:60])]
        self._manager = Client(self.caller.address, self.tokens["manager", "m1"], watch=topics)
        self._run(self._manager.__aenter__())
        until(lambda: self.views.keys() >= set(topics), "the manager's views")

    @property
    def views(self) -> dict[str, dict[str, Any]]:
        assert self._manager is not None
        return self._manager.views

    def fresh(self, topic: str) -> dict[str, Any]:
        """A topic's document as it stands now: the driver's own may be behind, above all after a restart."""

        async def read() -> dict[str, Any]:
            async with Client(self.caller.address, self.tokens["manager", "m1"], watch=[topic]) as reader:
                async with asyncio.timeout(DEADLINE):
                    await reader.until("current")
                return reader.views[topic]

        return self._run(read())

    def issued(self) -> int:
        """How many numbers were given today, by the caller's own count now."""
        return self.fresh("supervise")["counts"]["issued"]

    def send(self, command: AnyCommand) -> dict[str, Any]:
        """The result; a driver faster than the caller lets anyone be waits its turn, and a caller that answers late is asked
        again under the same id."""
        assert self._manager is not None
        end, id = time.monotonic() + DEADLINE, new_id()
        while True:
            try:
                return self._run(self._manager.send(command, id))
            except RefusedError as refused:
                if refused.frame.code != "too-fast":
                    raise
                id = new_id()
                time.sleep(0.1)
            except SendError:
                if time.monotonic() > end:
                    raise

    def apply(self, file: Path) -> int:
        """Put a hall's file in force, as `hallcall settings apply` does; return its version."""
        hash = VersionStore(self.data).put_draft(bundle(file))
        done = self.send(cmd.ChangeSettings(hash, self.fresh("settings")["version"]))
        return int(done["version"])

    def take(
        self, queue: str = "", items: tuple[str, ...] = (), priority: Any = "ordinary"
    ) -> dict[str, Any]:
        return self.send(cmd.TakeTicket(items=list(items), queue="" if items else queue, priority=priority))

    def open(self, *windows: str) -> None:
        """Open windows; the driver sees them open when this returns, also those that were open before."""
        for window in windows:
            clerk = f"C{window.zfill(3)}"
            self.send(cmd.OpenWindow(window=window, clerk=clerk))
            topic = f"window/{window}"
            if topic in self.views:
                until(
                    lambda topic=topic, clerk=clerk: self.views[topic]["clerk"] == clerk, f"{window} is open"
                )

    def verb(self, kind: type[Any], window: str, **more: Any) -> dict[str, Any]:
        """A press at a window, on the newest picture of it; the driver has seen what came of it when this returns."""
        before = self._version(window)
        done = self.send(kind(window=window, as_of=before, **more))
        until(lambda: self._version(window) != before, f"window {window} after {kind.__name__}")
        return done

    def _version(self, window: str) -> int:
        """Of a window the driver watches; 0 of the others."""
        return self.views.get(f"window/{window}", {}).get("version", 0)

    def settled(self, window: str, state: str) -> None:
        """Wait until the driver itself has seen a window's new state, so that its next press is not stale."""
        until(lambda: self.views[f"window/{window}"]["state"] == state, f"window {window} {state}")

    def call(self, window: str) -> dict[str, Any]:
        before = self.views[f"window/{window}"].get("ticket", {}).get("ticket")
        done = self.verb(cmd.CallNext, window)
        until(
            lambda: self.views[f"window/{window}"].get("ticket", {}).get("ticket") not in (before, None),
            f"window {window} shows the call",
        )
        return done

    def serve(self, window: str) -> None:
        self.verb(cmd.StartService, window)
        self.settled(window, "serving")

    def finish(self, window: str) -> None:
        self.verb(cmd.FinishService, window)
        self.settled(window, "open")

    def book(self, item: str, minutes: int, id_number: str) -> dict[str, Any]:
        """An appointment over REST, at the slot that begins up to half an hour from now, and `minutes` later."""
        table, grid = self.settings.hall, 30 * 60_000_000
        day = self.views["board"]["hall"]["day"]
        opens, now = instant(day, table.opens, table.zone), time.time_ns() // 1000
        slot = opens + -(-(now - opens) // grid) * grid + minutes * 60_000_000
        body = {"item": item, "day": day, "slot": slot, "id_number": id_number}
        line = http.client.HTTPConnection(urlsplit(self.web.address).netloc, timeout=DEADLINE)
        key = {"Authorization": f"Bearer {self.tokens['web', 'web']}"}
        line.request("POST", "/api/v1/appointments", json.dumps(body), key)
        answer = line.getresponse()
        booked = json.loads(answer.read())
        line.close()
        assert answer.status == 200, booked
        return booked

    def rate(self, ticket: str, level: int) -> None:
        """A rating by phone: with the slip's key as the token."""

        async def rated() -> None:
            async with Client(self.caller.address, self.phone_key(ticket)) as phone:
                await phone.send(cmd.Rate(ticket=ticket, level=level, via="phone"))

        self._run(rated())

    def device(self, agent: str, device: str, kind: str, state: Any) -> None:
        """What a window's PC says of one of its devices; it stays connected, or its word would be doubted."""
        self._enrol(("agent", agent))
        client = Client(self.caller.address, self.tokens["agent", agent])
        self._run(client.__aenter__())
        self._agents.append(client)
        self._run(client.send(cmd.ReportDevice(device=device, kind=kind, state=state)))

    def phone_key(self, ticket: str) -> str:
        """What the slip's QR code holds behind the #."""
        return slip_key(self.data).phone_key(ticket)

    def phone_page(self, ticket: str) -> str:
        """The address in the slip's QR code."""
        return f"{self.web.address}/t#{self.phone_key(ticket)}"

    def page(self, path: str, role: str = "", name: str = "") -> str:
        """The address of a page, with the station's token in the fragment."""
        token = f"#token={self.tokens[role, name]}" if role else ""
        return f"{self.web.address}{path}{token}"
