"""What waits in the loop: commands for what the log says of them, answers for the disk.

1. What a command did long ago is looked for before it is decided, so that a repeat is never done twice. Memory knows the answers of two days; for any other id the log is asked. A log on this PC answers within microseconds, and
   the loop waits for it.
2. A database is another machine. It is asked in a thread, many ids at once, while the loop goes on with everything else; the
   commands wait in the inbox, in their order, until it has answered. Screens stay live while it says nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from caller.engine.envelope import CommandEnvelope
from caller.eventlog import EventLog, LogError
from caller.service.idempotency import AnyAnswer, CachedAnswer, HallStore, past_answers

SendReply = Callable[[AnyAnswer], None]
Inbox = deque[tuple[CommandEnvelope, SendReply]]
Over = Callable[[LogError | None], None]


@dataclass(slots=True)
class Pending:
    """What waits for a batch to be on disk."""

    answers: list[tuple[SendReply, AnyAnswer]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set[str])  # topics


class Recalling:
    """The looks of one loop into its log. `over` is called in the event loop when one in a thread has ended."""

    def __init__(self, log: EventLog, over: Over) -> None:
        self._log, self._over = log, over
        self._looked: set[str] = set()  # ids of the inbox that the log was asked for
        self._found: list[CachedAnswer] = []  # what it said, for the memory of the next turn
        self._look: asyncio.Future[list[CachedAnswer]] | None = None

    @property
    def under_way(self) -> bool:
        """Whether the log has not answered yet."""
        return self._look is not None

    def ready(self, inbox: Inbox, most: int, memory: HallStore) -> int:
        """Return how many of the first commands can be decided now; 0: a look is under way. Raises `LogError`."""
        ids = [order.id for order, _ in islice(inbox, most)]
        if not self._log.is_remote:
            memory.recall(ids, self._log.commands)
            return len(ids)
        memory.remember(self._found)
        self._found = []
        unknown = [id for id in memory.unknown(ids) if id not in self._looked]
        ready = ids.index(unknown[0]) if unknown else len(ids)
        if not ready:
            self._ask(unknown)
        self._looked.difference_update(ids[:ready])
        return ready

    def forget(self) -> None:
        """Ask again for what was asked: memory was made anew."""
        self._looked.clear()

    def _ask(self, ids: list[str]) -> None:
        look = asyncio.get_running_loop().run_in_executor(None, past_answers, ids, self._log.commands)
        self._look = look
        look.add_done_callback(lambda _: self._answered(ids, look))

    def _answered(self, ids: list[str], look: "asyncio.Future[list[CachedAnswer]]") -> None:
        self._look = None
        if look.cancelled():
            return
        if error := look.exception():
            if not isinstance(error, LogError):
                raise error
            self._over(error)
            return
        self._looked.update(ids)
        self._found += look.result()
        self._over(None)
