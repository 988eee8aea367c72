"""`Unanswered` keeps the commands that wait for an answer: one future for one id, however often it is sent.

A command outlives the connection it was first written on. So `Unanswered` keeps the written text beside the
future, and the client writes it again, under the same id, after each reconnect. `forget` drops a command
whose sender has stopped waiting; `answer` drops an answer to an id that no sender waits for.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from caller.engine.commands import CheckIn, TakeTicket
from caller.engine.envelope import AnyCommand
from caller.protocol.frames import COMMANDS_BURST, Bye, Done, RefusedFrame
from config.instants import SECOND, Micros, Seconds
from config.process.tls import explained

UNANSWERED_MAX = COMMANDS_BURST  # so that all of it may be repeated at once after a reconnect

OUR_FAULT = frozenset(
    {"not-json", "too-large", "unknown-kind", "bad-frame"}
)  # byes: a repeat would be one again
MEANT_SECONDS: Seconds = 600.0  # a person who asked for a number at a kiosk has gone by then
NOBODY_WAITS = (TakeTicket, CheckIn)  # carried out later, these make a number that is called in vain

AnswerFuture = asyncio.Future[dict[str, Any]]


def new_id(now_ms: int | None = None) -> str:
    """Return a new UUIDv7: the millisecond of its making, then 74 random bits that no attacker guesses."""
    ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    noise = int.from_bytes(os.urandom(10), "big")
    high, low = noise >> 68, noise & ((1 << 62) - 1)
    return str(UUID(int=(ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def made_at(id: str) -> Micros | None:
    """Return the instant in a UUIDv7 (UTC microseconds of its maker's clock); None of any other id."""
    try:
        uuid = UUID(id)
    except ValueError:
        return None
    return (uuid.int >> 80) * 1_000 if uuid.version == 7 else None


def meant_until(id: str, command: AnyCommand, seconds: Seconds, ahead: Micros) -> Micros:
    """Return until when a command is meant, `seconds` after its id was made (0: for ever); 0: no limit.

    `ahead`: the caller's clock minus the one the id was made by.
    """
    made = made_at(id) if seconds and isinstance(command, NOBODY_WAITS) else None
    return 0 if made is None else max(0, made + ahead + round(seconds * SECOND))


def reason_of(url: str, error: Exception) -> str:
    """Return why a connection to the caller at `url` did not come about or has ended, and what to do."""
    if isinstance(error, ssl.SSLError):
        return explained(error)
    if isinstance(error, InvalidMessage) and url.startswith("ws:"):
        return f"{url} 不接受明文，请改用 wss:// / it takes no plain connection: use wss://"
    if isinstance(error, ConnectionRefusedError | InvalidHandshake):
        return f"{url} 没有应答，请确认 hallcall caller 正在运行 / no caller answers; is it running, or full?"
    if isinstance(error, ConnectionClosed):
        return "叫号服务停止或网络中断 / the caller stopped or the network broke"
    return str(error) or type(error).__name__


class RefusedError(Exception):
    """The hall said no. `frame` has the code, the words and the next step."""

    def __init__(self, frame: RefusedFrame) -> None:
        super().__init__(f"{frame.code}: {frame.zh} / {frame.en}")
        self.frame = frame


class SendError(Exception):
    """No answer has come, so the sender does not know whether the caller carried the command out.

    The sender finds out by sending it again with the same id.
    """


class ByeError(Exception):
    """The caller hung up on us for good reason; `frame` says which."""

    def __init__(self, frame: Bye) -> None:
        super().__init__(f"{frame.code}: {frame.zh} / {frame.en}")
        self.frame = frame


class Unanswered:
    """What one station has sent and not heard of."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[str, AnswerFuture]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def texts(self) -> Iterator[str]:
        """Yield all that was never answered, as it was written, in its order."""
        return (text for text, _ in self._waiting.values())

    def ask(self, id: str, text: str) -> tuple[AnswerFuture, bool]:
        """Return the future of this id, and whether it is new and must be written.

        Raises `SendError` where too many wait.
        """
        known = self._waiting.get(id)
        if known:
            return known[1], False
        if len(self._waiting) >= UNANSWERED_MAX:
            raise SendError("too many commands wait for an answer")
        future: AnswerFuture = asyncio.get_running_loop().create_future()
        self._waiting[id] = (text, future)
        return future, True

    def forget(self, id: str, future: AnswerFuture) -> None:
        """Drop this id if `future` still belongs to it: its sender waits for no answer any longer."""
        known = self._waiting.get(id)
        if known and known[1] is future:
            del self._waiting[id]
        if future.done() and not future.cancelled():
            future.exception()  # heard, so that nothing complains that it was not

    def answer(self, frame: Done | RefusedFrame) -> None:
        future = self._take(frame.id)
        if future is None:
            return
        if isinstance(frame, Done):
            future.set_result(frame.result)
        elif frame.code == "save-unknown":  # the caller itself does not know; the same id finds it out later
            future.set_exception(SendError(f"{frame.zh} / {frame.en}"))
        else:
            future.set_exception(RefusedError(frame))

    def fail(self, error: Exception) -> None:
        """End all of them: none will be answered."""
        for id in list(self._waiting):
            future = self._take(id)
            if future:
                future.set_exception(error)

    def _take(self, id: str) -> AnswerFuture | None:
        known = self._waiting.pop(id, None)
        return known[1] if known and not known[1].done() else None
