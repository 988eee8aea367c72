"""Runs the one loop: inbox → decide and apply at once → commit → answer, and report what changed.

Theory of operation. `submit` puts a command into the inbox; a turn decides what is there, so that the next
command sees it, and hands the events to the log's writer. While the writer waits for the disk the next turn
may decide more. Answers go out when their own batch is on disk. `on_change` is called when everything applied
is on disk, so views built inside the callback show nothing that could be lost; if turns follow so fast that
this never comes, the loop holds back until it does. When a commit fails, the loop refuses all that is not on
disk with `not-saved` (`save-unknown`, where the writer cannot tell), and makes memory anew from the log.
While the log is behind what a witness saw of it, everything goes on but the giving of numbers.
"""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from caller.engine.commands import CheckIn, TakeTicket
from caller.engine.envelope import DRAWS_CODES, CommandEnvelope
from caller.engine.events import AnyEvent, DayClosed
from caller.engine.hall import Hall
from caller.engine.lease_terms import HoldLease, MergeTicket
from caller.engine.refusals import Refused
from caller.eventlog import Batch, EventLog, LogError
from caller.service.clock import Clock, synchronised
from caller.service.idempotency import AnyAnswer, refusal
from caller.service.scheduler import Scheduler, ageing
from caller.service.startup import TAIL_EVENTS_MAX, SettingsSource, WarmMemory, recover
from caller.service.waiting import Inbox, Pending, Recalling, SendReply
from caller.views import ServiceHealth, topics
from config.instants import Micros
from config.settings import Settings

RANDOM_BYTES = 16  # nobody guesses 128 bits
INBOX_MAX = 5_000  # orders; what 500 stations send in a bad second, and two seconds' work
SLICE = 256  # commands decided before the writer gets them: one commit for a rush, 6 ms at most between beats
HOLD_SECONDS = 0.02  # views wait no longer than this for a moment when all is on disk
TICK_SECONDS = 1.0
RETRY_SECONDS = 1.0  # between attempts to save again; each reads the log
GIVES_NUMBERS = (TakeTicket, CheckIn, HoldLease, MergeTicket)

OnChange = Callable[[set[str], int], None]

log_of_faults = logging.getLogger("hallcall.loop")


class Loop:
    """One hall's loop. Everything but the writer runs in the event loop that `start` was called in."""

    def __init__(
        self,
        settings: Settings,
        log: EventLog,
        clock: Clock | None = None,
        versions: SettingsSource | None = None,
        warm: WarmMemory | None = None,
    ) -> None:
        self.clock = clock or Clock(synchronised=synchronised)
        self.trouble: LogError | None = None  # why nothing can be saved just now
        self.damage: tuple[str, str] | None = None  # what was found wrong in the log, Chinese and English
        self.pcs = ServiceHealth().pcs  # what is the matter with the PC that stands by
        self._settings, self._versions, self._warm = settings, versions, warm  # see `recover`
        self._log = log
        self._listeners: list[OnChange] = []
        self._inbox: Inbox = deque()
        self._recalling = Recalling(log, self._recalled)
        self._in_flight = self._faults = 0
        self._newest = Pending()
        self._unpublished: set[str] = set()  # topics of what is on disk
        self._held_since = self._retry_at = 0.0
        self._awake = self._stale = False  # stale: memory holds what is not on disk
        self._tick_timer: asyncio.TimerHandle | None = None
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()
        self._recover()
        self._scheduler = Scheduler(self.clock, self.hall)

    @property
    def hall(self) -> Hall:
        """The hall as decided; inside `on_change` it is also what is on disk. A new object after a failure."""
        return self._memory.hall

    @property
    def settled(self) -> bool:
        """Is all that was decided on disk?"""
        return not self._in_flight and not self._stale

    def on_change(self, callback: OnChange) -> None:
        """Call with the topics that may have changed and the seq on disk, once all is there; build views inside it."""
        self._listeners.append(callback)

    def start(self) -> None:
        """Start in the running event loop."""
        self._aio = asyncio.get_running_loop()
        self._log.start(partial(self._aio.call_soon_threadsafe, self._settled))
        self._tick_later()

    async def stop(self) -> None:
        """Answer what is in the inbox, then rest. The log stays open for its owner to close."""
        if self._tick_timer:
            self._tick_timer.cancel()
        await self._idle.wait()

    def submit(self, order: CommandEnvelope, reply: SendReply) -> None:
        """Take a command in. `reply` is called once, after the commit, with what became of it."""
        if len(self._inbox) >= INBOX_MAX:
            return reply(refusal(order.id, Refused("too-fast")))
        if self._log.behind and isinstance(order.command, GIVES_NUMBERS):
            return reply(refusal(order.id, Refused("log-behind")))
        if isinstance(order.command, DRAWS_CODES):
            order = replace(order, random=os.urandom(RANDOM_BYTES))
        self._scheduler.confirm_date(self.hall, order.command)
        self._inbox.append((order, reply))
        return self._wake()

    # --- deciding

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            self._idle.clear()
            self._aio.call_soon(self._turn)

    def _turn(self) -> None:
        self._awake = False
        if self._recalling.under_way or (self._in_flight and (self._stale or self._holding())):
            return  # `_recalled` or `_settled` wakes the loop again
        if self._stale and self._aio.time() >= self._retry_at:
            self._mend()
        if self.trouble and (self._stale or self._aio.time() < self._retry_at):
            self._refuse_inbox()
        else:
            self._decide(self.clock.now())
        self._go_on()

    def _holding(self) -> bool:
        """Let the disk catch up, so that what changed can be shown."""
        late = self._aio.time() - self._held_since > HOLD_SECONDS
        return bool(self._in_flight and self._unpublished and late)

    def _decide(self, now: Micros) -> None:
        batch = Batch(token=(pending := Pending()))
        answers, rows, register, made = pending.answers, batch.rows, batch.register, list[AnyEvent]()
        inbox, take, extend = self._inbox, self._memory.take, self._log.extend
        collect = self.hall.register.collect  # after each command: one that fails half-way must leave no row
        try:
            count = self._recalling.ready(inbox, SLICE, self._memory)
        except LogError as error:
            return self._recalled(error)
        for _ in range(count):
            order, reply = inbox.popleft()
            try:
                taken = take(order, now)
            except Exception:
                self._fault(order, reply)
                break
            answer, events = taken.answer, taken.events
            answers.append((reply, answer))
            if events:
                extend(order, now, events, rows)
                register.whole |= collect(register.rows)
                made += events
                if type(events[-1]) is DayClosed:
                    break
        return self._hand_in(batch, pending, made, now)

    def _recalled(self, error: LogError | None) -> None:
        """Go on after a look into the log; refuse the inbox where it failed: a repeat might be done a second time."""
        if error:
            self.trouble, self._retry_at = error, self._aio.time() + RETRY_SECONDS
            self._refuse_inbox()
        self._wake()

    def _hand_in(self, batch: Batch, pending: Pending, events: list[AnyEvent], now: Micros) -> None:
        if not batch.rows:
            self._answer_without_rows(pending)
            return
        if (state := self.hall.state).day.open:
            batch.day, batch.top = state.day.label, max(state.serials.values(), default=0)
        batch.register.mark = self.hall.register.mark
        assert self._stale or self.hall.seq == self._log.head.seq, "memory and log must count alike"
        due = type(events[-1]) is DayClosed or self.hall.seq - self._checkpoint_seq >= TAIL_EVENTS_MAX
        if due and not self._stale:
            batch.checkpoint = self._log.checkpoint(now, self._memory.dump())
            self._checkpoint_seq = self.hall.seq
        self._in_flight += 1
        self._newest = pending
        self._log.write(batch)
        if self._listeners:  # worked out while the writer wakes up and the disk saves
            pending.changed = topics(self.hall, events)

    def _answer_without_rows(self, pending: Pending) -> None:
        """Answer repeats and refusals: what they say may still be on its way to the disk, and they wait with it."""
        if self._in_flight:
            self._newest.answers += pending.answers
        else:
            self._send(pending.answers)

    # --- after the commit

    def _settled(self, batches: list[Batch], error: LogError | None) -> None:
        self._in_flight -= len(batches)
        if error:
            self._lost(batches, error)
            return
        self.trouble = None
        for batch in batches:
            pending: Pending = batch.token
            self._send(pending.answers)
            if not self._unpublished:
                self._held_since = self._aio.time()
            self._unpublished |= pending.changed
        self._caught_up()
        self._go_on()

    def _caught_up(self) -> None:
        """Show what changed, once all is on disk; what memory has too much is thrown away first."""
        if self._in_flight:
            return
        if self._stale:
            self._mend()
        if not self._stale:
            changed, self._unpublished = self._unpublished, set()
            self._publish(changed)

    def _go_on(self) -> None:
        to_mend = self._stale and not self.trouble and not self._in_flight
        if self._inbox or to_mend:
            self._wake()
        elif not self._in_flight:
            self._idle.set()

    def _send(self, answers: list[tuple[SendReply, AnyAnswer]]) -> None:
        for reply, answer in answers:
            try:
                reply(answer)
            except Exception:  # one station's trouble is not the others'
                log_of_faults.exception("reply failed id=%s", answer.id)

    def _publish(self, changed: set[str]) -> None:
        for listener in self._listeners:
            listener(changed, self.hall.seq)

    # --- when the log cannot save

    def _lost(self, batches: list[Batch], error: LogError) -> None:
        """Give these batches up: they are not on disk, nor will be any that was decided after them."""
        self.trouble, self._stale = error, True
        for batch in batches:
            self._refuse([(reply, answer.id) for reply, answer in batch.token.answers], unknown=error.unknown)
        if not self._in_flight:
            self._refuse_inbox()
            self._caught_up()
            self._publish({"supervise"})
            self._go_on()

    def _refuse_inbox(self) -> None:
        inbox, self._inbox = self._inbox, deque()
        self._refuse([(reply, order.id) for order, reply in inbox])

    def _refuse(self, senders: list[tuple[SendReply, str]], *, unknown: bool = False) -> None:
        assert self.trouble
        refused = Refused(
            "save-unknown" if unknown else "not-saved", why=self.trouble.code, **self.trouble.facts
        )
        self._send([(reply, refusal(id, refused)) for reply, id in senders])

    def _mend(self) -> None:
        """Make memory anew from the log. In trouble the next order is tried a second later: if it is saved, all is
        well."""
        self._retry_at = self._aio.time() + RETRY_SECONDS
        try:
            self._log.rewind()
            self._recover()
            self._stale = False
        except LogError as error:
            self.trouble = error

    def _resume(self) -> None:
        """Go on where the log's place says that it is back; a disk is tried by the next order."""
        if self.trouble and self._stale and self._log.is_ready and not self._in_flight:
            self._mend()
        if self.trouble and not self._stale and self._log.is_ready:
            self.trouble = None
            self._publish({"supervise"})

    def _recover(self) -> None:
        self._recalling.forget()
        found = recover(self._log, self._settings, self._versions, warm=self._warm)
        (self._memory, self._checkpoint_seq), self._warm = found, None

    def hear(self, witness: str) -> None:
        """Compare the log with a witness that a station or another file shows; alerts follow, if it is behind."""
        before = (log := self._log).behind, log.floor, log.uncopied
        log.hear(witness)
        self.hall.number_floor = log.floor
        if before != (after := (log.behind, log.floor, log.uncopied)):
            log_of_faults.error("log behind=%s, numbers continue above=%s, not copied=%d", *after)

    @property
    def witness(self) -> str:
        """The signed witness of the last commit, for stations to keep; empty while the log is behind."""
        return self._log.witness

    def _fault(self, order: CommandEnvelope, reply: SendReply) -> None:
        """Refuse a command that met a bug of ours, and make memory anew, which may hold half of it. All others go on:
        a process that ended here would meet the same command again and again."""
        log_of_faults.exception("order failed %r", order)
        self._faults += 1
        self._stale = True
        self._retry_at = 0.0
        self._send([(reply, refusal(order.id, Refused("failed")))])

    # --- time

    def _tick_later(self) -> None:
        self._tick_timer = self._aio.call_later(TICK_SECONDS, self._tick_and_again)

    def _tick_and_again(self) -> None:
        self._tick_later()
        self.tick()

    def tick(self) -> None:
        """Do what time alone brings: the day's opening and closing, the estimate, pictures that age."""
        self._resume()
        for order, done in self._scheduler.orders(self.hall):
            self.submit(order, done)
        try:
            self._scheduler.estimate(self.hall)
        except Exception:  # a hall calls without an estimate
            log_of_faults.exception("estimate failed")
            self._faults += 1
            self.hall.forecast = None
        if self.settled:
            self._publish(ageing(self.hall, self.clock.now()))

    @property
    def clock_is_credible(self) -> bool:
        """Whether anything may be done because of the time."""
        return self._scheduler.verdict.credible

    @property
    def health(self) -> ServiceHealth:
        """What the log does not hold: that it cannot be written or is not whole, that the clock is not believed."""
        troubles = tuple(each.message for each in (self.trouble, *self._log.troubles) if each)
        doubt, cut = self._scheduler.clock_doubt(self.hall), self._log.is_cut_off
        return ServiceHealth(troubles, self.damage, self._faults, doubt, pcs=self.pcs, cut_off=cut)
