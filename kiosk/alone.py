"""A kiosk that is cut off goes on alone: holds its lease while the caller is there, gives numbers without it, and tells the
hall of them on return.

1. While the caller is here its time is noted, the lease is asked for and renewed, if the hall's settings want kiosks to go on
   (`alone` in the kiosk's document: an older caller has none, and such a kiosk waits as it always did).
2. Out of reach for `ALONE_SECONDS`, with a lease that runs, the visit goes on; what is waiting for an answer then gets a
   number of the lease. Before that and without one the screen says that the system is recovering.
3. A number is in the book, on disk, before the machine hears of it, so before it is shown or printed. One that is not shown
   after all (the caller's answer came first) is noted as unused, and the hall is not told of it.
4. On return every number is told first, in order, each until it is answered; reports about their slips wait for that
   (`settled`). One that is refused is logged, and stays in the book.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from msgspec.structs import replace

from caller.client.client import ByeError, RefusedError, SendError
from caller.engine.commands import TakeTicket
from caller.engine.envelope import AnyCommand
from caller.engine.lease_terms import HoldLease
from caller.protocol.frames import Bye, PeerError
from config.instants import Micros, Seconds
from kiosk.store import LeasedNumbers
from kiosk.visit.effects import PendingVisit, VisitEffect
from kiosk.visit.leases import GivenAlone, Heard, MergeAnswered, answer_of, granted
from kiosk.visit.machine import VisitMachine
from kiosk.visit.taps import refusal

ALONE_SECONDS: Seconds = 10.0  # a caller that restarts is back by then
STEP_SECONDS: Seconds = 0.5
HEARD_SECONDS: Seconds = 60.0  # from one note on disk of the caller's time to the next
AGAIN_SECONDS: Seconds = 60.0  # after a lease was refused, or could not be kept
LATER = frozenset({"log-behind", "not-saved", "save-unknown", "too-fast", "failed"})  # refusals that pass
OWN = "kiosk-refusal"
log = logging.getLogger("hallcall.kiosk")


class CallerConnection(Protocol):
    """What a kiosk needs of `caller.client.client.Client`."""

    views: dict[str, dict[str, Any]]
    bye: Bye | None
    ahead_micros: Micros

    @property
    def state(self) -> str: ...
    async def send(self, command: AnyCommand, id: str | None = None) -> dict[str, Any]: ...
    def changes(self) -> AsyncIterator[str]: ...
    def states(self) -> AsyncIterator[Any]: ...


class AloneNumbers:
    """The numbers one kiosk gives without the caller. `do` carries out what the machine asks for."""

    def __init__(
        self,
        machine: VisitMachine,
        caller: CallerConnection,
        numbers: LeasedNumbers,
        do: Callable[[list[VisitEffect]], None],
        monotonic: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self.settled = asyncio.Event()  # nothing the hall is still to be told
        self._machine, self._state = machine, machine.state
        self._caller, self._numbers, self._do, self._monotonic = caller, numbers, do, monotonic
        self._away_since: Seconds | None = monotonic()
        self._ask_at = self._note_at = 0.0
        if not numbers.book.pending:
            self.settled.set()

    async def run(self) -> None:
        """Follow the line until cancelled."""
        while True:
            await self.step()
            await asyncio.sleep(STEP_SECONDS)

    async def step(self) -> None:
        """Do what is to be done now: hold the lease and tell what was given, or go on alone."""
        if self._caller.state != "current":
            self._alone()
            return
        self._away_since = None
        if self._state.alone:
            self._do(self._machine.alone(False))
        if self._numbers.book.pending:
            await self._tell()
        if self._state.hall_view.get("alone"):
            await self._hold()

    def _alone(self) -> None:
        now = self._monotonic()
        self._away_since = now if self._away_since is None else self._away_since
        long = now - self._away_since >= ALONE_SECONDS and not self._state.not_enrolled
        goes_on = long and self._numbers.book.runs(self._numbers.read_clocks())
        if goes_on != self._state.alone:
            log.warning("离线取号%s / numbers without the caller: %s", "开始" if goes_on else "结束", goes_on)
            self._do(self._machine.alone(goes_on))

    @property
    def ready(self) -> bool:
        """Whether this kiosk would go on, were it cut off now."""
        return self._numbers.book.runs(self._numbers.read_clocks())

    @property
    def away(self) -> bool:
        """Whether the caller is out of reach, or is still to be told of numbers."""
        return self._caller.state != "current" or not self.settled.is_set()

    @property
    def given(self) -> int:
        """How many numbers the book holds."""
        return len(self._numbers.book.given)

    # --- while the caller is here

    async def _hold(self) -> None:
        clocks, now = self._numbers.read_clocks(), self._monotonic()
        heard = Heard(clocks.wall + self._caller.ahead_micros, clocks)
        self._numbers.book.heard = heard
        try:
            if now >= self._note_at:
                self._note_at = now + HEARD_SECONDS
                await asyncio.to_thread(self._numbers.add, heard)
            if now >= self._ask_at and self._numbers.book.asks(clocks):
                self._ask_at = now + AGAIN_SECONDS
                await self._ask()
        except OSError as error:
            log.error("预留号段写入失败：%s / could not keep the lease", error)

    async def _ask(self) -> None:
        """Ask for the lease, or renew it."""
        lease = self._numbers.book.lease
        try:
            result = await self._caller.send(HoldLease(lease.lease if lease else ""))
        except RefusedError as refused:
            log.info("HoldLease: %s / %s", refused.frame.zh, refused.frame.en)
            return
        except (SendError, ByeError, PeerError) as error:
            log.info("HoldLease: %s", error)
            return
        if found := granted(result):
            await asyncio.to_thread(self._numbers.add, found)

    async def _tell(self) -> None:
        """Tell the hall of each number given alone, the oldest first."""
        for given in self._numbers.book.pending:
            try:
                await self._caller.send(given.merge, given.ticket)
                code = ""
            except RefusedError as refused:
                if (code := refused.frame.code) in LATER:
                    return
                log.error("离线号 %s 没有被接受：%s / not taken: %s", given.number, refused.frame.zh, code)
            except SendError:
                return
            except (ByeError, PeerError) as error:
                log.error("离线号 %s 不合协议 / does not fit the wire: %s", given.number, error)
                code = "not-understood"
            await self._note(MergeAnswered(given.ticket, code))
        self.settled.set()

    async def _note(self, line: MergeAnswered) -> None:
        """Note what became of a number; where the disk is full it is told again, which does no harm."""
        try:
            await asyncio.to_thread(self._numbers.add, line)
        except OSError as error:
            log.error("离线取号记录写入失败：%s / could not note what was told", error)
            self._numbers.book.add(line)

    # --- while it is not

    async def give(self, kept: PendingVisit) -> None:
        """Give the number of a kept visit from the lease; refuse what is not a number."""
        if not isinstance(kept.command, TakeTicket):
            self._refuse(kept, "alone-only-numbers")
            return
        book, settings = self._numbers.book, self._state.catalogue.settings
        found = book.give(settings, kept.id, kept.command, self._state.new_id(), self._numbers.read_clocks())
        if not isinstance(found, GivenAlone):
            self._refuse(kept, found)
            return
        self.settled.clear()
        if book.answered(kept.id) is None:
            try:
                await asyncio.to_thread(self._numbers.add, found)
            except OSError as error:
                log.error("离线号写入失败：%s / could not save the number", error)
                self._refuse(kept, "not-saved")
                return
        effects = self._machine.answer(kept.id, answer_of(found), self._monotonic())
        shown = self._state.errand.kept
        if shown is None or shown.id != found.ticket:  # the caller's answer came first
            await self._note(MergeAnswered(found.ticket, "unused"))
        self._do(effects)

    def _refuse(self, kept: PendingVisit, code: str) -> None:
        self._do(self._machine.refuse(kept.id, refusal(code, OWN), self._monotonic()))

    def resumed(self, kept: PendingVisit) -> PendingVisit:
        """Return a visit found on disk at the start, with the number that was given to it alone, if any."""
        given = self._numbers.book.answered(kept.id) if kept.stage == "asked" else None
        if given is None or self._numbers.book.told.get(given.ticket):
            return kept
        return replace(kept, id=given.ticket, stage="printing", result=answer_of(given))
