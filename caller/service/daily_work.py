"""What the caller does once a day, after the business day has closed: the day's root, and what is to be forgotten.

1. It is looked for every minute, so that a caller that was off at closing time does it when it is back.
2. What persons gave for a purpose that has ended is deleted, the key of ID hashes is rotated when its year is over,
   and the key before it is destroyed when no appointment can stand under it any more. A hall that never closes does
   so at night.
3. Nothing is done while the date makes no sense or the wall clock has been set (`clock_is_credible`).
4. A failure is logged and tried again; it never touches the calling.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

from caller.engine.envelope import CommandEnvelope, RootDay
from caller.eventlog import LogError, Reader
from caller.eventlog.daily_roots import DayRoot, root_due, root_line
from caller.identity import keys
from caller.identity.id_hash import BadKey
from caller.people.store import PeopleStore
from caller.protocol.frames import Done, RefusedFrame
from caller.service.device_presence import OWN
from caller.service.loop import Loop
from caller.service.scheduler import JUMP_MICROS
from config.instants import Seconds, local

LOOKUP_DAYS = 60  # besides the days one may book ahead: a case asks for a card again within that time
NIGHT = range(2, 5)  # hours of the hall's clock
LOOK_SECONDS: Seconds = 60.0  # between two looks; each costs nothing while there is nothing to do

log = logging.getLogger("hallcall.daily")


def clock_is_credible(loop: Loop) -> bool:
    """Return whether a timed act that cannot be undone may be done now."""
    return loop.clock_is_credible and abs(loop.clock.gap()) <= JUMP_MICROS


class DailyWork:
    """The daily work of one caller. `file`: the path of its log; `due` looks for a root where the log lies elsewhere;
    `besides`: what other rooms do after closing, which know by themselves whether there is anything to do."""

    def __init__(
        self,
        loop: Loop,
        file: Path,
        due: Callable[[], DayRoot | None] | None = None,
        besides: Iterable[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._loop = loop
        self._file = file
        self._due = due or (lambda: _due(file))
        self._besides = tuple(besides)
        self._rooted = -1  # the seq up to which every closed day is known to have its root
        self._forgot: date | None = None  # the date of the last night's forgetting

    async def run(self, pause: Seconds = LOOK_SECONDS) -> None:
        """Do what is due, again and again, until cancelled."""
        while True:
            await asyncio.sleep(pause)
            await self.look()

    async def look(self) -> None:
        """Do what is due now."""
        if clock_is_credible(self._loop):
            await self._guarded(self._root)
            await self._guarded(self._forget)
            for work in self._besides:
                await self._guarded(work)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (LogError, BadKey, OSError, sqlite3.Error) as error:
            log.warning("daily work failed, tried again: %s", error)

    async def _root(self) -> None:
        state = self._loop.hall.state
        if state.day.open or state.seq == self._rooted:
            return
        seq = state.seq  # a day that is reopened and closed again has other rows, and a further root
        root = await asyncio.to_thread(self._due)
        if root is None:
            self._rooted = seq
            return
        command = RootDay(*root)
        answered: asyncio.Future[Done | RefusedFrame] = asyncio.get_running_loop().create_future()
        order = CommandEnvelope(f"{OWN}-root-{root.day}-{root.last}", command, OWN, OWN)
        self._loop.submit(order, answered.set_result)
        answer = await answered
        if isinstance(answer, Done):
            log.info("%s", root_line(root))
        else:
            log.warning("root refused code=%s", answer.code)

    async def _forget(self) -> None:
        hall = self._loop.hall
        here = local(self._loop.clock.now(), hall.settings.hall.zone)
        if self._forgot == here.date() or (hall.state.day.open and here.hour not in NIGHT):
            return
        booked = 2 * hall.settings.rules.appointment_horizon_days  # two dates hold a working day, at least
        days = max(booked, hall.settings.phone.no_show_days if hall.settings.phone.book else 0) + LOOKUP_DAYS
        await asyncio.to_thread(forget, self._file.parent, here, timedelta(days=days))
        self._forgot = here.date()


def forget(data: Path, now: datetime, lookup: timedelta) -> None:
    """Delete what is past its purpose, rotate and destroy keys. `now` must be credible; `lookup`: see `keys.rotate`."""
    count = PeopleStore(data).forget_expired(now)
    if count:
        log.info("forgot entries=%d", count)
    if keys.exist(data, keys.PERSON):
        for done in keys.rotate(data, keys.PERSON, now.date(), lookup):
            log.info("keys: %s", done)


def _due(file: Path) -> DayRoot | None:
    with Reader(file) as reader:
        return root_due(reader)
