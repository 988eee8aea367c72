"""The station's side of the wire: greets, keeps the newest views, answers for commands, comes back by itself.

The state is one word a screen can show: *connecting* (no socket yet), *greeting* (hello sent, not all views
here), *current*, *silent* (3 s without a frame: what is shown may be old), *waiting* (before trying again),
*closed*. A command keeps its id for life: it is sent again after a reconnect, and the caller answers it once.
A station that must not forget saves the id (`new_id`) before it sends. `meant_seconds`: a number need not be meant for ever.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, Literal, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from caller.client import pending_commands
from caller.client.change_notifier import News
from caller.client.kept_witness import KeptWitness
from caller.client.other_callers import OtherCallers
from caller.client.pending_commands import ByeError, RefusedError, SendError, Unanswered, new_id
from caller.client.person_sessions import PersonSessions
from caller.client.reconnecting import Reconnecting
from caller.engine.envelope import AnyCommand
from caller.identity.tokens import find_token
from caller.protocol import frames
from caller.protocol.frames import Bye, CommandFrame, Done, Hello, PeerError, RefusedFrame, ViewFrame, Welcome
from caller.protocol.merge_patch import merge
from config.instants import Micros
from config.process.running import VERSION
from config.process.tls import client_context

__all__ = ["ByeError", "Client", "RefusedError", "SendError", "find_token", "new_id"]

DEAD_SECONDS = 6.0  # twice silent: by then the socket is a corpse nobody told us about
OPEN_SECONDS = 5.0  # to reach the caller and be welcomed
SEND_SECONDS = 10.0  # longer than a restart; a person would have asked again

LinkState = Literal["connecting", "greeting", "current", "silent", "waiting", "closed"]

log = logging.getLogger("hallcall.client")
wire_log = logging.getLogger("hallcall.client.websockets")
wire_log.setLevel(logging.WARNING)  # below it would show each frame, with its token or password


class _Lost(Exception):
    """This connection is of no use any more."""


class Client:
    """One station's line to the caller."""

    def __init__(
        self,
        url: str,
        token: str,
        watch: Iterable[str] = (),
        name: str = "",
        *,
        optional: Iterable[str] = (),
        jitter: Callable[[], float] = random.random,
        silent_seconds: float = frames.SILENT_SECONDS,
        dead_seconds: float = DEAD_SECONDS,
        meant_seconds: float = 0.0,
        witness_file: Path | None = None,
    ) -> None:
        """Describe the line; `run`, or the context, connects.

        `url`: of several callers, of which one calls at a time, all by commas. `optional`: topics watched as well; those that a caller of an older version does not know are given up, last first.
        `meant_seconds`: how long after its id was made a number is still wanted; 0: for ever. `witness_file`: where
        the newest witness of the caller's log outlives this process; None: nowhere.
        """
        self._again = Reconnecting(url, jitter)
        self.url = self._again.addresses.now
        self.name = name or url
        self._optional = list(optional)
        self.topics = [*watch, *self._optional]
        self.views: dict[str, dict[str, Any]] = {}
        self.state: LinkState = "connecting"
        self.welcome: Welcome | None = None
        self.bye: Bye | None = None  # why the caller hung up last; None again once it welcomes us
        self.ahead_micros = 0  # the caller's clock minus ours
        self.witness = KeptWitness(witness_file)  # how far the caller's log was; it is shown again in hello
        self._meant_seconds = meant_seconds
        self._clock_known = False
        self.persons = PersonSessions(self._ask, lambda: self._news.tell("state", self.state))
        self._token = token
        self._others = OtherCallers(self._again.addresses, token)
        self._patience = self._others.patience(silent_seconds, dead_seconds)
        self._unanswered = Unanswered()
        self._socket: ClientConnection | None = None
        self._missing: set[str] = set()  # topics not yet here since the last hello
        self._news = News()
        self.kept: Callable[[], dict[str, str]] = dict  # for the PC that takes our place
        self._task: asyncio.Task[None] | None = None

    # --- for the station

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name=f"client {self.name}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def send(
        self,
        command: AnyCommand,
        id: str | None = None,
        timeout: float = SEND_SECONDS,  # noqa: ASYNC109 - nobody may forget to set one
    ) -> dict[str, Any]:
        """Return the command's result once it is on disk.

        `RefusedError` when the hall says no, `SendError` when no answer came, `PeerError` when the command
        does not fit the wire and was not sent.
        """
        id = id or new_id()
        return await self._ask(CommandFrame(id, command, self._until(id, command)), timeout)

    async def _ask(
        self,
        frame: CommandFrame | frames.SignIn | frames.SignOut,
        timeout: float = SEND_SECONDS,  # noqa: ASYNC109
    ) -> dict[str, Any]:
        """Return the result of a frame that is answered. A command is written again on the next line; a secret is not."""
        text = frames.encode(frame)
        frames.decode_station(text)  # what does not fit must not go out: the caller would hang up
        lasting = isinstance(frame, CommandFrame)
        if self.state == "closed" or not (lasting or self._socket):
            raise SendError("closed" if self.state == "closed" else "not connected")
        future, new = self._unanswered.ask(frame.id, text if lasting else "")
        if new:
            self._write(text)
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(future)
        except TimeoutError:
            raise SendError(f"no answer within {timeout:g} s") from None
        finally:
            self._unanswered.forget(frame.id, future)

    def _until(self, id: str, command: AnyCommand) -> Micros:
        """Return until when a command is meant, by the caller's clock; 0: no limit. Counted from the instant in the id."""
        seconds = self._meant_seconds if self._clock_known else 0.0
        return pending_commands.meant_until(id, command, seconds, self.ahead_micros)

    async def watch(self, topics: Iterable[str], *, keep: bool = False) -> None:
        """Watch these topics instead; each arrives whole. `keep`: what is here already counts until then."""
        self.topics = list(topics)
        self._expect(keep)
        self._write(frames.encode(frames.Watch(self.topics)))

    async def changes(self) -> AsyncIterator[str]:
        """Yield each topic whose document has changed; one that changes often is told once, newest."""
        async for topic in self._news.of("topic"):
            yield topic

    async def states(self) -> AsyncIterator[LinkState]:
        """Yield the state now, and each new one; one that did not last may be skipped."""
        seen: LinkState | None = None
        async for _ in self._news.of("state", at_once=True):
            if self.state != seen:
                seen = self.state
                yield seen

    async def until(self, *wanted: LinkState) -> None:
        """Wait for one of these states."""
        async for state in self.states():
            if state in wanted:
                return

    def cut(self, seconds: float) -> None:
        """Break the line, and stay away for so long: a drill."""
        self._again.stay_away(seconds)
        if self._socket:
            self._socket.transport.abort()

    # --- the line

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        try:
            while True:
                try:
                    await self._once()
                except (_Lost, OSError, TimeoutError, WebSocketException, PeerError) as error:
                    await self._wait(error)
        finally:
            self._close()

    async def _once(self) -> None:
        """Hold one connection from hello to its end, which is always an exception."""
        self._become("connecting")
        async with connect(
            self.url,
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            compression=None,
            proxy=None,  # the caller is in this hall, whatever the environment says
            open_timeout=OPEN_SECONDS,
            close_timeout=1,
            ping_interval=None,  # the beat tells
            max_size=frames.VIEW_BYTES_MAX,
            logger=wire_log,
            ssl=client_context(self.url),
        ) as socket:
            try:
                await self._greet(socket)
                await self._listen(socket)
            except asyncio.CancelledError:
                await self._leave(socket)
                raise
            finally:
                self._socket = None

    async def _leave(self, socket: ClientConnection) -> None:
        await socket.close()  # on purpose: left to websockets, the caller would log an internal error (1011)

    async def _greet(self, socket: ClientConnection) -> None:
        self._become("greeting")
        self._missing = set(self.topics)
        micros, keys, text = time.time_ns() // 1000, self.persons.keys, self.witness.text
        hello = Hello(self._token, self.topics, text, micros, keys, version=VERSION, kept=self.kept())
        await socket.send(frames.encode(hello))
        async with asyncio.timeout(OPEN_SECONDS):
            self._take(frames.decode_caller(await socket.recv()))
        if not self.welcome:
            raise _Lost("对方不是叫号服务 / the first frame was no welcome")
        self._socket = socket
        anew = "" if self.topics == hello.watch else frames.encode(frames.Watch(self.topics))
        for text in filter(None, [anew, *self._unanswered.texts()]):
            self._write(text)

    async def _listen(self, socket: ClientConnection) -> None:
        self._settle()
        looks = False
        while True:
            try:
                async with asyncio.timeout(self._patience[looks or self.state == "silent"]):
                    text = await socket.recv()
            except TimeoutError:
                if looks or self.state == "silent":
                    socket.transport.abort()
                    raise _Lost("叫号服务没有消息 / the caller is silent") from None
                if not (looks := self._others.look(lambda: self.cut(0))):
                    self._become("silent")
                continue
            looks = False
            self._take(frames.decode_caller(text))
            self._settle()

    def _take(self, frame: Any) -> None:
        match frame:
            case Welcome():
                self.welcome, self.bye = frame, None
                self.persons.welcomed(frame)
                self._note(frame)
            case frames.SignedOut():
                self.persons.ended(frame)
            case ViewFrame():
                self._view(frame)
            case Done() | RefusedFrame():
                self._unanswered.answer(frame)
            case Bye():
                self._hung_up(frame)
            case _:
                self._note(frame)

    def _view(self, frame: ViewFrame) -> None:
        if frame.topic not in self.topics:
            return  # on its way while we stopped watching it
        if frame.doc is not None:
            self.views[frame.topic] = frame.doc
        elif frame.topic in self._missing:
            return  # a patch for the document before the last hello
        else:
            self.views[frame.topic] = merge(self.views[frame.topic], frame.patch)
        self._missing.discard(frame.topic)
        self._news.tell("topic", frame.topic)

    def _hung_up(self, frame: Bye) -> None:
        if frame.code in ("unknown-topic", "not-allowed") and self._optional:
            self.topics.remove(self._optional.pop())
        else:
            self.bye = frame
        if frame.code in pending_commands.OUR_FAULT:  # asking again would only be hung up on again
            self._unanswered.fail(ByeError(frame))
        raise _Lost(" / ".join(frames.message_of(frame).with_next_step))

    def _note(self, frame: Welcome | frames.Beat) -> None:
        self.ahead_micros, self._clock_known = frame.now - time.time_ns() // 1000, True
        self.witness.hear(frame.witness)
        self._others.hear(frame, lambda: self.cut(0))

    def _expect(self, keep: bool) -> None:
        here = self.views.keys() - self._missing if keep else ()
        self._missing = {each for each in self.topics if each not in here}
        for topic in list(self.views):
            if topic not in self.topics:
                del self.views[topic]
        if self.state == "current" and self._missing:
            self._become("greeting")

    def _write(self, text: str) -> None:
        """Send now if greeted; otherwise the next welcome sends it."""
        if self._socket:
            broadcast((self._socket,), text)

    def _settle(self) -> None:
        """Become current after a frame, as soon as every topic is here."""
        if not self._missing and self.state != "current":
            if self._again.failures:
                log.info("%s 已恢复 / connected again after %d attempts", self.name, self._again.failures)
            self._again.failures = 0
            self._become("current")
        elif self._missing and self.state == "silent":
            self._become("greeting")

    async def _wait(self, error: Exception) -> None:
        self.welcome, self._again.failures = None, self._again.failures + 1
        level = logging.WARNING if self._again.failures == 1 else logging.DEBUG  # warn once, then quietly
        why = pending_commands.reason_of(self.url, error)
        log.log(level, "%s 正在重连 / trying again: %s", self.name or "link", why)
        self._become("waiting")
        self.url = self._again.addresses.go_on()
        await asyncio.sleep(self._again.pause(self.bye.code if self.bye else ""))

    def _become(self, state: LinkState) -> None:
        if state != self.state:
            self.state = state
            self._news.tell("state", state)

    def _close(self) -> None:
        self._become("closed")
        self._others.close()
        self.witness.close()
        self._unanswered.fail(SendError("closed"))
        self._news.end()
