"""Moves what administrators did from the queue in accounts.db into the chain, each act once.

1. An act waits in the file until its event is on disk, and is dropped after that. A kill in between leads to a repeat
   under the same command id, which the loop answers without a second event.
2. It is looked for when the file has changed (and at the start): a caller that was off notes what was done meanwhile.
3. One that cannot be noted now is tried again each second; one that never will be (its text is not that of an act) is
   logged and stays in the file, for a person to look at.
"""

import asyncio
import logging

from caller.engine.envelope import CommandEnvelope, NoteAct
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import AccountError
from caller.protocol.frames import Done, RefusedFrame
from caller.service.scheduler import OWN
from caller.service.upkeep import Decider

log = logging.getLogger("hallcall.acts")


class ActNotes:
    """The queue of one caller."""

    def __init__(self, loop: Decider, store: AccountStore) -> None:
        self._loop, self._store = loop, store
        self._file = store.file
        self._seen = -1  # the store's generation when the queue was empty last
        self._refused: set[str] = set()  # ids of acts that can never be noted
        self._task: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Note what waits, in a task of its own; not before the one that runs has ended."""
        if self._store.generation != self._seen and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._note_all())

    async def rest(self) -> None:
        """Wait for the task that runs."""
        if self._task:
            await self._task

    async def _note_all(self) -> None:
        generation = self._store.generation
        try:
            acts = await asyncio.to_thread(self._file.pending_acts)
            done = [await self._note(act) for act in acts if act.id not in self._refused]
        except AccountError as error:
            log.warning("%s", error)
        else:
            self._seen = generation if all(done) else -1

    async def _note(self, act: Act) -> bool:
        """Return whether an act is done with: noted, or never to be."""
        command = NoteAct(
            act.act, act.subject, act.by, act.place, act.done, act.fields, act.before, act.after
        )  # fmt: skip
        answered: asyncio.Future[Done | RefusedFrame] = asyncio.get_running_loop().create_future()
        self._loop.submit(CommandEnvelope(f"{OWN}-act-{act.id}", command, OWN, OWN), answered.set_result)
        answer = await answered
        if isinstance(answer, Done):
            await asyncio.to_thread(self._file.drop_act, act.id)
        elif answer.code == "failed":
            self._refused.add(act.id)
            log.error("act id=%s cannot be noted", act.id)
        return isinstance(answer, Done) or act.id in self._refused
