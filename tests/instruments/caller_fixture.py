"""Test instruments: a real caller (log, loop, server) in the test's own event loop, and a cable to cut.

Nothing here stands in for the product: the sockets, the log and the hall are the real ones, on 127.0.0.1
and in the test's own folder.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from caller.client.client import Client, new_id
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.eventlog import LOG_NAME, EventLog
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account
from caller.identity.enrolment import Stations
from caller.identity.keys import slip_key
from caller.protocol import frames
from caller.protocol.frames import Bye, CommandFrame, ErrorCode
from caller.service.clock import Clock, elapsed_micros
from caller.service.connection import Limits
from caller.service.loop import Loop
from caller.service.server import Server
from config.hall_lists import usual
from config.process.tls import ServerTls
from config.settings import (
    Device,
    HallTable,
    Kiosk,
    Listen,
    PriorityClass,
    Queue,
    Reason,
    Rules,
    Settings,
    Window,
)

HOST = "127.0.0.1"
DAY = "2026-03-03"
PASSWORD = "kuaile-zaochen"
T = TypeVar("T")
PATIENCE = 60.0  # seconds for what takes milliseconds, on a machine that is busy with other things
SETTINGS = Settings(
    hall=HallTable(
        site="test", name="测试大厅", automatic_day=False, opens="00:00", closes="23:59", last_ticket="23:59"
    ),
    classes=(PriorityClass(id="ordinary", name="普通", target_minutes=30),),
    queues=(Queue(id="A", name="综合"), Queue(id="B", name="社保")),
    windows=(Window(id="3", name="三号", queues=["A", "B"]), Window(id="4", name="四号", queues=["A"])),
    devices=(Device(name="keys-3", kind="evaluator", port="file:///dev/null", agent="pc-1", window="3"),),
    kiosks=(Kiosk(id="K1"),),
    listen=Listen(caller=0),
    rules=Rules(recall_seconds=0, no_show_seconds=0),
    reasons=(
        *usual("pause"),
        Reason("pause", "long", "临时有事" * 20, "Back soon " * 40),
    ),  # a picture that fills a cable
)


def from_ten_in_the_morning() -> Callable[[], int]:
    """A wall clock that stands at 10:00 of DAY in Shanghai now, whatever the hour is here and however long tests ran."""
    began = elapsed_micros()
    return lambda: 1_772_503_200_000_000 + elapsed_micros() - began


def run(test: Coroutine[Any, Any, T], seconds: float = 3 * PATIENCE) -> T:
    """A test that awaits, with a bound."""

    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await test

    return asyncio.run(bounded())


async def until(holds: Callable[[], Any], what: str = "") -> None:
    """Wait for a condition, not for luck."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not holds():
        assert asyncio.get_running_loop().time() < end, what or "waited in vain"
        await asyncio.sleep(0.005)


async def soon(work: Awaitable[Any]) -> Any:
    async with asyncio.timeout(PATIENCE):
        return await work


_BLOCKS = [
    range(first, first + 150) for first in range(61_000, 65_500, 150)
]  # Linux gives none of them to any program


@cache
def _own_ports() -> tuple[socket.socket, Iterator[int]]:
    """Ports of this process alone, over and over, and the name that keeps other test runs on this machine off them."""
    for block in _BLOCKS:
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0hallcall-test-ports-{block.start}")
        except OSError:
            name.close()
        else:
            return name, cycle(block)
    raise AssertionError("every port is some other test run's")


def kept_port() -> int:
    """A free port that no other process is given by chance while nothing listens there: where a server starts again, or
    does so only later."""
    for port in islice(_own_ports()[1], len(_BLOCKS[0])):
        with contextlib.suppress(OSError), socket.create_server((HOST, port)):
            return port
    raise AssertionError("no free port")


class Room:
    """One caller that can be stopped, killed and started again on the same port and folder."""

    def __init__(
        self,
        folder: Path,
        limits: Limits | None = None,
        settings: Settings = SETTINGS,
        tls: ServerTls | None = None,
    ) -> None:
        self.settings, self.tls = settings, tls
        self.port = kept_port()
        self.tokens: dict[tuple[str, str], str] = {}
        self._folder = folder
        self._limits = limits
        self.wall: Callable[[], int] = from_ten_in_the_morning()

    async def start(self) -> None:
        self.log = EventLog(self._folder / LOG_NAME, self.settings.hall.site)
        self.loop = Loop(self.settings, self.log, Clock(wall=self.wall))
        self.stations = Stations(self._folder / "stations.db")
        self.slip_key = slip_key(self._folder)
        self.accounts = AccountStore(self._folder)
        self.server = Server(self.loop, self.stations, self.slip_key, self._limits, accounts=self.accounts)
        self.loop.start()
        self.port = await self.server.start(HOST, self.port, self.tls)

    async def stop(self) -> None:
        """As SIGTERM does."""
        self.server.close()
        await soon(self.loop.stop())
        await soon(self.server.stop())
        await self.server.run()
        self.log.close()
        self.stations.close()
        self.accounts.close()

    async def kill(self) -> None:
        """As SIGKILL looks from outside: sockets die without a word, nothing more is answered."""
        self.server.close()
        for link in list(self.server._links):
            link.abort()
        await self.stop()

    @property
    def url(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://{HOST}:{self.port}"

    def token(self, role: str, name: str) -> str:
        if (role, name) not in self.tokens:
            self.tokens[role, name] = self.stations.enrol(role, name, "now")
        return self.tokens[role, name]

    def account(self, staff: str, *roles: str, must_change: bool = False) -> None:
        """A person who works here; everybody's password is the same."""
        act = Act(new_id(), "account-added", f"account/{staff}", "uid:0", "test", self.wall())
        self.accounts.add(Account(staff, roles=roles, must_change=must_change), PASSWORD, act)

    def client(self, role: str, name: str, watch: Iterable[str] = (), **options: Any) -> Client:
        return Client(options.pop("url", self.url), self.token(role, name), watch, name, **options)

    def connect(self, **options: Any) -> connect:
        """A bare socket, for those who break the rules."""
        options.setdefault("subprotocols", [Subprotocol(frames.SUBPROTOCOL)])
        return connect(self.url, compression=None, proxy=None, ping_interval=None, **options)

    async def greet(self, socket: ClientConnection, role: str, name: str, *watch: str) -> Any:
        """Say hello and take the welcome and the views that follow at once."""
        await socket.send(frames.encode(frames.Hello(self.token(role, name), list(watch))))
        welcome = await hear(socket)
        assert isinstance(welcome, frames.Welcome), welcome
        return [await hear(socket, frames.ViewFrame) for _ in watch]

    async def order(self, command: AnyCommand, role: str = "manager", name: str = "m") -> dict[str, Any]:
        """A command straight into the loop; its result."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.loop.submit(CommandEnvelope(new_id(), command, role, name), future.set_result)
        answer = await soon(future)
        assert isinstance(answer, frames.Done), answer
        return answer.result

    async def open(self) -> None:
        await self.order(cmd.OpenDay(DAY))
        await self.order(cmd.OpenWindow("3", "wang"))

    def issued(self) -> int:
        return len(self.loop.hall.state.tickets)


async def hear(socket: ClientConnection, kind: type[Any] | None = None) -> Any:
    """The next frame (of a kind)."""
    async with asyncio.timeout(PATIENCE):
        while True:
            frame = frames.decode_caller(await socket.recv())
            if kind is None or isinstance(frame, kind):
                return frame


@contextlib.asynccontextmanager
async def room(folder: Path, **options: Any) -> AsyncGenerator[Room]:
    """A caller with an open day and a clerk at window 3."""
    made = Room(folder, **options)
    await made.start()
    try:
        await made.open()
        yield made
    finally:
        await made.stop()


class Cable:
    """A TCP line between a station and the caller that can go deaf, hold bytes back, or be cut."""

    def __init__(self, port: int, chunk: int = 65536) -> None:
        self._to = port
        self._chunk = chunk  # bytes passed on at a time: 1 tests framing
        self._flow = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._writers: list[asyncio.StreamWriter] = []
        self.plug()

    def plug(self) -> None:
        self.plugged = True
        for event in self._flow.values():
            event.set()

    def hold(self, way: str) -> None:
        """Bytes go in and do not come out ("up": to the caller, "down": to the station)."""
        self._flow[way].clear()

    def cut(self) -> None:
        self.plugged = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def __aenter__(self) -> "Cable":
        self._server = await asyncio.start_server(self._carry, HOST, 0)
        self.url = f"ws://{HOST}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self.plugged:
                raise OSError
            far_reader, far_writer = await asyncio.open_connection(HOST, self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pass("up", reader, far_writer), self._pass("down", far_reader, writer))

    async def _pass(self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                for start in range(0, len(data), self._chunk):
                    await self._flow[way].wait()
                    writer.write(data[start : start + self._chunk])
                    await writer.drain()
        writer.transport.abort()


def take(queue: str = "A", id: str = "") -> str:
    return frames.encode(CommandFrame(id or new_id(), cmd.TakeTicket(queue=queue)))


async def last_words(socket: ClientConnection) -> tuple[ErrorCode, int | None]:
    """The bye a station hears, and the code its socket is closed with."""
    bye = await hear(socket, Bye)
    await soon(socket.wait_closed())
    return bye.code, socket.close_code
