"""The caller's websocket shell: greets stations, hands their commands to the loop, sends what changed.

It decides nothing: the rules of the conversation are in `session`, of who may what in `protocol.permissions`, of who
gets which document in `subscriptions`; what happens once a second is in `upkeep`. A peer that breaks a rule gets a
bye and is closed; a bug of our own ends the process. There is no check of the Origin header: a token is sent in hello,
by the page itself, and is never ambient as a cookie is.
"""

import asyncio
import http
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from caller.engine.commands import ChangeSettings
from caller.engine.envelope import CommandEnvelope, EnrolStation, RevokeStation
from caller.engine.refusals import Refused
from caller.identity.account_store import AccountStore
from caller.identity.enrolment import Stations
from caller.identity.keys import SlipKey
from caller.people.question_store import QuestionStore
from caller.protocol import frames, not_allowed, permissions
from caller.protocol.account_roles import needs_account
from caller.protocol.frames import CommandFrame, Done, Hello, PeerError, RefusedFrame, Watch, Welcome
from caller.protocol.permissions import Station
from caller.service.account_sessions import AccountSessions
from caller.service.act_notes import ActNotes
from caller.service.connection import Connection, Limits, address_of, blurred, counted, plainly_answered
from caller.service.idempotency import refusal
from caller.service.settings_versions import SettingsChanges
from caller.service.station_enrolment import StationEnrolment
from caller.service.subscriptions import Subscriptions
from caller.service.upkeep import Decider, HallDocuments, Upkeep
from config.process.connection_limits import OncePerMinute, PendingConnections
from config.process.tls import ServerTls

PING_SECONDS = 5  # both the interval and how long an answer may take
CLOSE_SECONDS = 2
MESSAGE_BYTES_MAX = 4 * frames.FRAME_BYTES_MAX  # a frame a little too large gets words; a huge one is cut off
STOP_SECONDS = 4  # for byes to arrive; a supervisor kills after ten

log = logging.getLogger("hallcall.server")
wire_log = logging.getLogger("hallcall.websockets")
wire_log.setLevel(logging.INFO)  # below it would show each frame, with its token or password
# Strangers and phones open connections at will: one line a minute of each kind, with the count of those left out.
quiet_log = logging.getLogger("hallcall.server.strangers")
quiet_log.addFilter(OncePerMinute())


class Server:
    """All stations of one hall."""

    def __init__(
        self,
        loop: Decider,
        stations: Stations,
        slip_key: SlipKey,
        limits: Limits | None = None,
        changes: SettingsChanges | None = None,
        accounts: AccountStore | None = None,
        questions: QuestionStore | None = None,
    ) -> None:
        """`changes` puts new settings in force; without it such a command is refused. `questions`: what kiosks answer."""
        self._changes = changes
        self._loop, self._stations = loop, stations
        self._limits = limits or Limits()
        self._enrolment = StationEnrolment(loop, stations, self._limits)
        self._persons = AccountSessions(loop, accounts)
        self._acts = ActNotes(loop, accounts) if accounts else None
        self._links: set[Connection] = set()
        self._documents = HallDocuments(loop, slip_key, questions)
        self._subscriptions = Subscriptions(self._documents)
        self._pending = PendingConnections(self._limits.pending, self._limits.pending_per_address)
        self._stopping = False
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        loop.on_change(self._changed)
        loop.clock.stations = self._station_offsets

    def _station_offsets(self) -> list[int]:
        """Return how far the clocks of other machines' stations are ahead of this PC's wall clock, in microseconds."""
        clock = self._loop.clock
        known = [link.clock_offset for link in self._links if link.clock_offset is not None]
        return [offset + clock.elapsed() - clock.wall() for offset in known]

    @property
    def connected(self) -> list[str]:
        """The stations connected, as "role/name"."""
        return sorted(str(link) for link in self._links)

    # --- life

    async def start(self, host: str, port: int, tls: ServerTls | None = None) -> int:
        """Listen, encrypted with `tls`; return the port (a free one for 0). Raises `OSError` if it cannot."""
        self._ca = tls.ca if tls else b""
        self._server = await serve(
            self._serve,
            host,
            port,
            process_request=self._admit,
            create_connection=counted(self._pending),
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            compression=None,
            open_timeout=frames.HELLO_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_size=MESSAGE_BYTES_MAX,
            logger=wire_log,
            **(tls.options if tls else {}),
        )
        self._spawn(self._upkeep())
        return next(iter(self._server.sockets)).getsockname()[1]

    async def run(self) -> None:
        """Wait until `stop`. Raises the bug that ended the server."""
        await self._failure

    def close(self) -> None:
        """Take no connection and no frame more; commands taken before are still answered."""
        self._stopping = True
        self._server.close(close_connections=False)

    async def stop(self) -> None:
        """Close every connection with a bye; one that does not take it in time is cut off."""
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
        if said := plainly_answered(request.path, self._ca, self.connected, self._loop.hall.seq):
            return connection.respond(http.HTTPStatus.OK, said)
        greeted = sum(link.station is not None for link in self._links)
        address = address_of(connection.transport, request.headers)
        if not (why := self._limits.refusal(greeted)):
            self._pending.add(connection, address, connection.transport.abort)
            return None
        quiet_log.warning("refused stations=%d peer=%s: %s", greeted, address, why.strip())
        return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, why)

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
            self._subscriptions.leave(link)
            self._enrolment.leave(link)
            self._links.discard(link)
            _log_of(link).info("left station=%s code=%s", link, connection.close_code)

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
        if link.station is None and not isinstance(frame, Hello):
            raise PeerError("bad-frame", "not enrolled yet")
        match frame:
            case Hello():
                self._greet(link, frame)
            case Watch():
                self._watch(link, frame.topics)
            case CommandFrame():
                self._command(link, frame, fair)
            case frames.SignIn():
                self._spawn(self._apart(link, self._persons.sign_in(link, frame)))
            case frames.SignOut():
                link.write(self._persons.sign_out(link, frame))

    def _greet(self, link: Connection, hello: Hello) -> None:
        if hello.enrol and not hello.token:
            self._pending.discard(link.connection)
            self._enrolment.ask(link, hello)
            if hello.code:
                self._spawn(self._apart(link, self._enrolment.redeem(link, hello.code)))
            return
        station = self._who(hello.token)
        if station.role == "phone":
            here = [each.station for each in self._links if each.station and each.station.role == "phone"]
            self._limits.check_phone(station, here)
        self._pending.discard(link.connection)
        link.station, link.token, link.version = station, hello.token, hello.version
        self._enrolment.note(station, hello.kept)
        if hello.witness:
            self._loop.hear(hello.witness)
        if hello.clock and station.role != "phone" and not link.on_this_machine:
            link.clock_offset = hello.clock - self._loop.clock.elapsed()
        site, now = self._loop.hall.settings.hall.site, self._loop.clock.now()
        accounts = self._persons.resume(link, hello.sessions)
        sign_in = needs_account(station.role, self._loop.hall.settings.accounts.required)
        seq, witness, cut = self._documents.seq, self._loop.witness, self._loop.health.cut_off
        link.write(Welcome(station.role, station.name, site, seq, now, witness, sign_in, accounts, cut))
        _log_of(link).info("greeted station=%s topics=%d", link, len(hello.watch))
        self._watch(link, hello.watch)

    def _who(self, token: str) -> Station:
        """Return the station of this token: an enrolled one, or the phone that a slip's key stands for.

        Raises:
            PeerError: the token stands for no station (`bad-token`).
        """
        station = self._stations.lookup(token)
        if station is None and self._stations.refresh():
            station = self._stations.lookup(token)
        station = station or self._documents.phone_of(token)
        if station is None:
            raise PeerError("bad-token")
        return station

    async def _apart(self, link: Connection, work: Awaitable[frames.Frame | None]) -> None:
        """Await what takes longer than a frame; a bug in it ends the server."""
        try:
            if answer := await work:
                link.write(answer)
        except PeerError as error:
            await self._hang_up(link, error)
        except Exception as bug:
            self._crash(bug)

    def _watch(self, link: Connection, topics: list[str]) -> None:
        assert link.station is not None
        settings, persons = self._loop.hall.settings, self._persons.persons(link)
        for topic in topics:
            if permissions.may_watch(settings, link.station, topic, persons):
                continue
            if permissions.needs_person(settings, link.station, topic, persons):
                raise PeerError("sign-in-first", topic)
            raise PeerError("not-allowed", topic, **not_allowed.who_may_watch(link.station, topic))
        self._subscriptions.watch(link, topics, missing=link.station.role == "web")

    def _command(self, link: Connection, frame: CommandFrame, fair: bool) -> None:
        assert link.station is not None
        try:
            if not fair or link.unanswered >= self._limits.unanswered:
                raise Refused("too-fast")
            desk = self._persons.desk(link, frame.command)
            permissions.check(
                self._loop.hall.settings, link.station, frame.command, self._documents.window_of, desk
            )
        except Refused as refused:
            if fair:
                log.info(
                    "refused station=%s peer=%s id=%s code=%s", link, link.address, frame.id, refused.code
                )
            link.write(refusal(frame.id, refused))
            return
        link.unanswered += 1
        account = self._persons.account(link, frame.command)
        order = CommandEnvelope(frame.id, frame.command, *link.station, account, until=frame.until)

        def reply(answer: Done | RefusedFrame) -> None:
            self._answer(link, self._documents.with_key(order, answer))

        if self._changes and isinstance(order.command, ChangeSettings):
            self._spawn(self._changes.change(order, reply))
        elif isinstance(order.command, EnrolStation | RevokeStation):
            self._spawn(self._enrolment.carry_out(order, reply))
        else:
            self._loop.submit(order, reply)

    def _answer(self, link: Connection, answer: Done | RefusedFrame) -> None:
        link.unanswered -= 1
        link.write(answer)

    async def _hang_up(self, link: Connection, error: PeerError) -> None:
        detail = blurred(error.detail)
        peer = link.address
        _log_of(link).info("bye station=%s peer=%s code=%s detail=%r", link, peer, error.code, detail)
        link.write(error.bye())
        await link.connection.close(error.close_code, error.code)

    # --- all stations

    def _changed(self, topics: set[str], seq: int) -> None:
        try:
            self._documents.seq = seq
            self._subscriptions.changed(topics)
        except Exception as bug:
            self._crash(bug)

    async def _upkeep(self) -> None:
        """Keep things up once a second, until the server ends; a bug in it ends the server."""
        upkeep = Upkeep(
            self._loop, self._stations, self._subscriptions, self._documents, self._limits, _monotonic()
        )
        try:
            while True:
                await upkeep.rest(self._links)
                for link in upkeep.look(self._links, _monotonic(), stopping=self._stopping):
                    self._spawn(self._hang_up(link, PeerError("bad-token")))
                for link in self._persons.look(self._links):
                    self._subscriptions.watch(link, self._persons.watched(link))
                self._enrolment.look()
                if self._acts:
                    self._acts.look()
        except Exception as bug:
            self._crash(bug)


def _log_of(link: Connection) -> logging.Logger:
    """Return where lines about a connection go."""
    return quiet_log if link.station is None or link.station.role == "phone" else log


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
