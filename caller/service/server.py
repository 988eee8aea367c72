"""The caller's websocket shell: greets stations, hands their commands to the loop, pushes what changed.

It decides nothing: the rules of the conversation are in `session`, of who may what in `access`, of who gets
which document in `outbox`. A peer that breaks a rule gets a bye and is closed; a bug of our own ends the
process, and the supervisor starts it again from the log.

There is no check of the Origin header. A token is sent in hello, by the page itself, and is never ambient
as a cookie is; a foreign page in the same browser has none, so its origin adds nothing.
"""

import asyncio
import http
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol
from uuid import UUID

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from caller import views
from caller.engine.commands import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.identity.enrolment import Stations
from caller.protocol import frames, permissions
from caller.protocol.frames import Beat, CommandFrame, Done, Hello, PeerError, RefusedFrame, Watch, Welcome
from caller.protocol.permissions import Station
from caller.service.clock import Clock
from caller.service.connection import Connection, Limits, address_of, blurred
from caller.service.device_presence import StationPresence
from caller.service.duplicate_agents import DuplicateAgents
from caller.service.idempotency import refusal
from caller.service.subscriptions import Subscriptions, ViewDocument
from config.process.connection_limits import PendingConnections

PING_SECONDS = 5  # both the interval and how long an answer may take
CLOSE_SECONDS = 2
MESSAGE_BYTES_MAX = 4 * frames.FRAME_BYTES_MAX  # a frame a little too large gets words; a huge one is cut off
STOP_SECONDS = 4  # for byes to arrive; a supervisor kills after ten
FULL = "站点已满，请稍候自动重连 / Too many stations; it reconnects by itself\n"

log = logging.getLogger("hallcall.server")
SendAnswer = Callable[[Done | RefusedFrame], None]


class Decider(Protocol):
    """What the server needs of the loop. `callback(topics, seq)` is called when memory is on disk."""

    clock: Clock

    @property
    def hall(self) -> Hall: ...
    @property
    def settled(self) -> bool: ...
    @property
    def alerts(self) -> list[dict[str, object]]: ...
    @property
    def witness(self) -> str: ...
    def hear(self, witness: str) -> None: ...
    def submit(self, order: CommandEnvelope, reply: SendAnswer) -> None: ...
    def on_change(self, callback: Callable[[set[str], int], None]) -> None: ...


class Server:
    """All stations of one hall."""

    def __init__(self, loop: Decider, stations: Stations, limits: Limits | None = None) -> None:
        self._loop = loop
        self._stations = stations
        self._limits = limits or Limits()
        self._links: set[Connection] = set()
        self._absence = StationPresence(loop.hall.settings, self._limits.absent_seconds, _monotonic())
        self._doubles = DuplicateAgents()
        self._committed = loop.hall.seq
        self._aged: object = None  # what the places in line were last told from
        self._outbox = Subscriptions(self._build, lambda: self._committed, lambda: loop.settled)
        self._pending = PendingConnections(self._limits.pending, self._limits.pending_per_address)
        self._stopping = False
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        loop.on_change(self._changed)

    @property
    def connected(self) -> list[str]:
        """Who is connected, as "role/name"."""
        return sorted(str(link) for link in self._links)

    # --- life

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (a free one for 0). OSError if it cannot."""
        self._server = await serve(
            self._serve,
            host,
            port,
            process_request=self._admit,
            create_connection=_counted(self._pending),
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            compression=None,
            open_timeout=frames.HELLO_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_size=MESSAGE_BYTES_MAX,
            logger=logging.getLogger("hallcall.websockets"),
        )
        self._spawn(self._beat())
        return next(iter(self._server.sockets)).getsockname()[1]

    async def run(self) -> None:
        """Until `stop`; raises the bug that ended it."""
        await self._failure

    def close(self) -> None:
        """Take nobody and nothing more; what was taken is still answered."""
        self._stopping = True
        self._server.close(close_connections=False)

    async def stop(self) -> None:
        """Say goodbye to all; whoever does not take it in time is cut off."""
        self.close()
        for link in list(self._links):
            self._spawn(self._hang_up(link, PeerError("shutting-down")))
        await asyncio.wait([asyncio.create_task(self._server.wait_closed())], timeout=STOP_SECONDS)
        for link in list(self._links):
            link.abort()
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if not self._failure.done():
            self._failure.set_result(None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _crash(self, bug: BaseException) -> None:
        log.critical("bug", exc_info=bug)
        if not self._failure.done():
            self._failure.set_exception(bug)

    # --- one station

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a station for which there is no room; a connection that has not greeted takes none away."""
        greeted = sum(link.station is not None for link in self._links)
        if greeted < self._limits.stations:
            address = address_of(connection.transport, request.headers)
            self._pending.add(connection, address, connection.transport.abort)
            return None
        log.warning("full stations=%d peer=%s", greeted, address_of(connection.transport, request.headers))
        return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, FULL)

    async def _serve(self, connection: ServerConnection) -> None:
        link = Connection(connection, self._limits, _monotonic())
        self._links.add(link)
        try:
            await self._converse(link)
        except PeerError as error:
            await self._hang_up(link, error)
        except ConnectionClosed:
            pass
        except Exception as bug:
            self._crash(bug)
        finally:
            self._outbox.leave(link)
            self._links.discard(link)
            log.info("left station=%s code=%s", link, connection.close_code)

    async def _converse(self, link: Connection) -> None:
        try:
            async with asyncio.timeout(frames.HELLO_SECONDS):
                first = await link.connection.recv()
        except TimeoutError:
            raise PeerError("no-hello") from None
        self._heard(link, first)
        async for message in link.connection:
            self._heard(link, message)

    def _heard(self, link: Connection, message: str | bytes) -> None:
        frame, fair = link.session.receive(message, _monotonic())
        if self._stopping:
            return  # it asks again after the restart
        match frame:
            case Hello():
                self._greet(link, frame)
            case Watch():
                self._watch(link, frame.topics)
            case CommandFrame():
                self._command(link, frame, fair)

    def _greet(self, link: Connection, hello: Hello) -> None:
        station = self._who(hello.token)
        if station.role == "phone":
            phones = [link.station for link in self._links if link.station and link.station.role == "phone"]
            if phones.count(station) >= self._limits.per_phone:
                raise PeerError("too-fast")
            if len(phones) >= self._limits.phones:
                raise PeerError("full")
        self._pending.discard(link.connection)
        link.station, link.token = station, hello.token
        if hello.witness:
            self._loop.hear(hello.witness)
        site, now = self._loop.hall.settings.hall.site, self._loop.clock.now()
        link.write(Welcome(station.role, station.name, site, self._committed, now, self._loop.witness))
        log.info("greeted station=%s topics=%d", link, len(hello.watch))
        self._watch(link, hello.watch)

    def _who(self, token: str) -> Station:
        """Whose token this is: an enrolled station's, or a ticket's own id."""
        station = self._stations.lookup(token)
        if station is None and self._stations.refresh():
            station = self._stations.lookup(token)
        if station is None and _is_ticket_id(token) and self._has_ticket(token):
            station = Station("phone", token)
        if station is None:
            raise PeerError("bad-token")
        return station

    def _has_ticket(self, id: str) -> bool:
        try:
            self._build(f"ticket/{id}")
        except KeyError:
            return False
        return True

    def _watch(self, link: Connection, topics: list[str]) -> None:
        assert link.station is not None
        for topic in topics:
            if not permissions.may_watch(self._loop.hall.settings, link.station, topic):
                raise PeerError("not-allowed", topic, **permissions.who_may_watch(link.station, topic))
        self._outbox.watch(link, topics, missing=link.station.role == "web")

    def _command(self, link: Connection, frame: CommandFrame, fair: bool) -> None:
        assert link.station is not None
        try:
            if not fair or link.unanswered >= self._limits.unanswered:
                raise Refused("too-fast")
            permissions.check(self._loop.hall.settings, link.station, frame.command, self._window_of)
        except Refused as refused:
            if fair:
                log.info(
                    "refused station=%s peer=%s id=%s code=%s", link, link.address, frame.id, refused.code
                )
            link.write(refusal(frame.id, refused))
            return
        link.unanswered += 1
        order = CommandEnvelope(
            frame.id, frame.command, link.station.role, link.station.name, until=frame.until
        )
        self._loop.submit(order, lambda answer: self._answer(link, answer))

    def _answer(self, link: Connection, answer: Done | RefusedFrame) -> None:
        link.unanswered -= 1
        link.write(answer)

    def _window_of(self, ticket: str) -> str:
        """The window a ticket is at, or where it was last."""
        state = self._loop.hall.state
        known = state.visits.get(ticket) or state.tickets.get(ticket)
        return known.window if known else ""

    async def _hang_up(self, link: Connection, error: PeerError) -> None:
        detail = blurred(error.detail)
        log.info("bye station=%s peer=%s code=%s detail=%r", link, link.address, error.code, detail)
        link.write(error.bye())
        await link.connection.close(error.close_code, error.code)

    # --- all stations

    def _build(self, topic: str) -> ViewDocument:
        document = views.build(self._loop.hall, topic, self._loop.clock.now())
        if topic == "supervise":
            document["alerts"] = [*self._loop.alerts, *self._doubles.alerts(), *document["alerts"]]
        return document

    def _changed(self, topics: set[str], seq: int) -> None:
        try:
            self._committed = seq
            self._outbox.changed(topics)
        except Exception as bug:
            self._crash(bug)

    async def _beat(self) -> None:
        """Once a second: what time has changed, a sign of life, and a look at who is stuck, gone or no longer ours."""
        try:
            while True:
                await asyncio.sleep(frames.BEAT_SECONDS)
                self._move_up()
                self._send_beat()
                self._reap()
                self._dismiss_revoked()
                self._report_absent()
                self._tell_doubles()
        except Exception as bug:
            self._crash(bug)

    def _move_up(self) -> None:
        """Places in line move with every call; telling each phone once a second is soon enough. An appointment may
        be checked in, and numbers stop, from one second to the next."""
        hall = self._loop.hall
        aged = (hall.seq, id(hall), id(hall.forecast))
        kinds = ("person/", "kiosk") if aged == self._aged else ("person/", "kiosk", "ticket/")
        self._outbox.changed(topic for topic in self._outbox.topics if topic.startswith(kinds))
        if self._loop.settled:
            self._aged = aged

    def _send_beat(self) -> None:
        text = frames.encode(Beat(self._committed, self._loop.clock.now(), self._loop.witness))
        prompt = [link.connection for link in self._links if link.station and not link.behind]
        broadcast(prompt, text)

    def _reap(self) -> None:
        now = _monotonic()
        for link in self._links:
            if why := link.overdue(now):
                log.warning(
                    "reaped station=%s peer=%s why=%s unsent=%d", link, link.address, why, link.unsent
                )
                link.abort()

    def _report_absent(self) -> None:
        """What hangs on a station that is gone is nobody's word any more."""
        if self._stopping:
            return
        here = {link.station for link in self._links if link.station}
        for order, answered in self._absence.orders(self._loop.hall.state.devices, here, _monotonic()):
            log.info("absent device=%s", getattr(order.command, "device", ""))
            self._loop.submit(order, answered)

    def _tell_doubles(self) -> None:
        if self._doubles.look([link.station for link in self._links if link.station]):
            self._outbox.changed(["supervise"])

    def _dismiss_revoked(self) -> None:
        if not self._stations.refresh():
            return
        for link in self._links:
            enrolled = link.station and link.station.role != "phone"
            if enrolled and self._stations.lookup(link.token) != link.station:
                self._spawn(self._hang_up(link, PeerError("bad-token")))


def _counted(pending: PendingConnections) -> type[ServerConnection]:
    """A server connection that is pending from its first byte on: also before, and without, a handshake."""

    class CountedConnection(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            pending.add(self, address_of(transport, {}), self.transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            pending.discard(self)
            super().connection_lost(exc)

    return CountedConnection


def _monotonic() -> float:
    return asyncio.get_running_loop().time()


def _is_ticket_id(token: str) -> bool:
    """Only an id that nobody can guess opens a ticket: a UUID, as `client.new_id` makes."""
    try:
        return str(UUID(token)) == token
    except ValueError:
        return False
