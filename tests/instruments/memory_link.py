"""A link without a caller: holds what a test puts in, keeps what was sent, answers as the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from caller.client.client import RefusedError, SendError
from caller.client.person_sessions import PersonSessions
from caller.engine.envelope import AnyCommand
from caller.engine.refusals import RefusalCode, Refused
from caller.protocol.frames import Bye, RefusedFrame, SignIn, SignOut, refusal_message

Answer = Callable[[AnyCommand], Awaitable[dict[str, Any]]]


class MemoryLink:
    """The methods of `caller.client.client.Client` that the console uses."""

    def __init__(self, doc: dict[str, Any] | None = None, state: str = "current") -> None:
        self.views: dict[str, dict[str, Any]] = {"window/3": doc} if doc else {}
        self.topics = ["window/3"]
        self.others: dict[str, dict[str, Any]] = {}  # what is there to be watched besides
        self.state = state
        self.bye: Bye | None = None
        self.ahead_micros = 0
        self.sent: list[AnyCommand] = []
        self.answer: Answer = answering({"number": "A043", "ticket": "id-A043", "window": "3", "call": 9})
        self.persons = PersonSessions(self._refuse_persons, lambda: None)
        self._news: asyncio.Queue[str] = asyncio.Queue()

    def show(self, doc: dict[str, Any]) -> None:
        self.views["window/3"] = doc
        self._news.put_nowait("window/3")

    async def watch(self, topics: Iterable[str], *, keep: bool = False) -> None:
        self.topics = list(topics)
        for topic in self.topics:
            if topic in self.others:
                self.views[topic] = self.others[topic]
                self._news.put_nowait(topic)

    async def _refuse_persons(self, frame: SignIn | SignOut) -> dict[str, Any]:
        raise SendError("a link without a caller takes no persons")

    async def changes(self) -> AsyncIterator[str]:
        while True:
            yield await self._news.get()

    async def send(
        self,
        command: AnyCommand,
        id: str | None = None,
        timeout: float = 0,  # noqa: ASYNC109 as the client has it
    ) -> dict[str, Any]:
        self.sent.append(command)
        return await self.answer(command)


def answering(result: dict[str, Any]) -> Answer:
    """A caller that does what it is asked."""

    async def answer(_: AnyCommand) -> dict[str, Any]:
        return result

    return answer


def refusing(code: RefusalCode, **facts: object) -> Answer:
    """A caller that refuses with this code."""

    async def answer(_: AnyCommand) -> dict[str, Any]:
        words = refusal_message(Refused(code, **facts))
        raise RefusedError(RefusedFrame("id-12345", code, words.zh, words.en, words.next_zh, words.next_en))

    return answer
