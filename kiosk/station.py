"""The kiosk's process: carries out the machine's effects, reports to it what happens, shows its faces every screen.

One asyncio loop. The printers live in one thread of their own, the disk in another: the glass waits for neither.
What must be on disk is on disk before the next effect starts, so `Save` stands before `Send` here too; a number is
shown at once, for the caller has it on disk already. A kiosk whose disk is full takes no number and shows why; a
kiosk whose printer hangs goes on without paper.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from copy import copy
from typing import Any

from caller.client.client import ByeError, Client, RefusedError, SendError
from caller.engine.commands import DeviceState, ReportDevice, SlipState
from caller.engine.envelope import AnyCommand
from caller.identity.id_hash import IdDocument, PersonKey, read_document
from caller.protocol.frames import PeerError, RefusedFrame
from config.instants import Seconds
from config.paper.notice import NoticeContent
from config.paper.slip import SlipContent
from devices.printer import Printers
from devices.printer.printer import STATE_SECONDS, Outages
from kiosk.alone import AloneNumbers, CallerConnection
from kiosk.printing import DocumentPrinter
from kiosk.screens.aloud import ScreenReader
from kiosk.screens.document import document
from kiosk.store import LeasedNumbers, UnreadableError, VisitStore
from kiosk.visit.effects import (
    AskPaper,
    CheckPin,
    Forget,
    GiveAlone,
    Look,
    PaperChanged,
    PendingVisit,
    Print,
    PrintGuide,
    PrintReceipt,
    ReadClient,
    Restart,
    Save,
    Send,
    VisitEffect,
)
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import DayCounts
from kiosk.visit.taps import refusal

TICK_SECONDS: Seconds = 0.25  # how late the idle warning may come
RETRY_SECONDS: Seconds = 0.5  # after a command without an answer; the client itself waits ten seconds first
DETAIL_MAX = 200  # characters; more is a traceback, not a hint
OWN = "kiosk-refusal"  # where the words of refusals stand that a kiosk makes itself
NOT_ENROLLED = frozenset({"bad-token", "not-allowed"})  # no waiting mends it, only the technician
REFUSAL_FIELDS = ("code", "zh", "en", "next_zh", "next_en", "ticket", "key")
log = logging.getLogger("hallcall.kiosk")
ScreenDocument = dict[str, Any]


Peek = Callable[[str], AbstractAsyncContextManager[Client]]  # a connection of its own that watches one topic


class KioskStation:
    """One kiosk. Faces call `tap`; `faces` are called with every new screen."""

    def __init__(
        self,
        machine: VisitMachine,
        store: VisitStore,
        caller: CallerConnection,
        peek: Peek,
        printers: Printers,
        document_printer: DocumentPrinter,
        key: PersonKey = b"",
    ) -> None:
        self.machine, self.state, self.store = machine, machine.state, store
        self.caller, self.peek = caller, peek
        self.printers, self.document_printer, self.key = printers, document_printer, key
        self.alone = AloneNumbers(machine, caller, LeasedNumbers(store.folder), self._do)
        self._counted = DayCounts()
        self._looking: asyncio.Task[None] | None = None
        self.faces: list[Callable[[ScreenDocument], None]] = []
        self.reader: ScreenReader | None = None  # of who cannot see the screen, where this kiosk has a voice
        self.restart = asyncio.Event()
        self.screen: ScreenDocument = document(self.state)
        self._thread = ThreadPoolExecutor(1, "printer")
        self._disk = ThreadPoolExecutor(1, "disk")  # one: what is saved first is forgotten after
        self._tasks: set[asyncio.Task[None]] = set()
        self._reported: dict[str, DeviceState] = {}
        self._outages = Outages()

    async def run(self) -> None:
        """Run until cancelled."""
        self._resume()
        try:
            async with asyncio.TaskGroup() as group:
                for task in (self._ticks(), self._views(), self._states(), self._paper(), self.alone.run()):
                    group.create_task(task)
        finally:
            for task in list(self._tasks):
                task.cancel()
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._disk.shutdown()

    def tap(self, target: str, revision: int | None = None) -> None:
        """Take a tap on a face, or a key of the audio pad ("pad:down"), made on the screen of this revision."""
        if target.startswith("pad:") and revision in (None, self.state.revision):
            target = self.reader.tap_of(target.removeprefix("pad:"), self.state) if self.reader else ""
        self._do(self.machine.tap(target, time.monotonic(), revision))

    def card(self, person: str, last4: str, elderly: bool) -> None:
        """Take an ID card laid on a reader of this kiosk; `person` is a keyed hash."""
        self._do(self.machine.card(person, last4, elderly, time.monotonic()))

    def reads(self, cards: bool) -> None:
        """Take whether an ID reader of this kiosk is at work."""
        self._do(self.machine.reads(cards))

    # --- effects

    def _do(self, effects: list[VisitEffect]) -> None:
        """Begin, then show, and wait for nothing: the disk saves while the screen is made."""
        for index, effect in enumerate(effects):
            if isinstance(effect, Save):
                saving = self._disk.submit(self.store.save, effect.kept)
                self.start(self._saved(saving, effect.kept, effects[index + 1 :]))
                break
            self._perform(effect)
        self._show()
        self._count()

    def _perform(self, effect: VisitEffect) -> None:
        match effect:
            case Forget(id=id):
                self._disk.submit(self._forgotten, id)
            case Send(id=id, command=command, answered=answered):
                self.start(self._send(id, command, answered))
            case GiveAlone(kept=kept):
                self.start(self.alone.give(kept))
            case Print(slip=slip):
                self.start(self._print(slip))
            case PrintGuide(item=item, language=language):
                self.start(self._print_guide(item, language))
            case PrintReceipt(content=content):
                self.start(self._print_receipt(content))
            case Look(topic=topic):
                self._look(topic)
            case AskPaper() | PaperChanged():
                self.start(self.ask_paper())
            case CheckPin(entry=entry, revision=revision):
                self.start(self._check_pin(entry, revision))
            case ReadClient(number=number, revision=revision):
                self.start(self._read_client(number, revision))
            case Restart():
                self.restart.set()
            case Save():
                raise AssertionError("saved with what follows it: _do")

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run work that ends with this station; a fault in it is logged and costs nothing else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("取号机内部错误 / kiosk fault: %r", error, exc_info=error)

    def _show(self) -> None:
        screen = document(self.state)
        if self.reader is not None:
            screen |= self.reader.follow(screen, self.state.aloud)
        if screen != self.screen:
            self.screen = screen
            for face in list(self.faces):
                face(screen)

    # --- the disk

    async def _saved(self, saving: "Future[None]", kept: PendingVisit, then: list[VisitEffect]) -> None:
        """Wait for the disk, then do what must not come before."""
        try:
            await asyncio.wrap_future(saving)
        except OSError as error:
            log.error("取号记录写入失败：%s / could not save the visit", error)
            self._do(self.machine.refuse(kept.id, refusal("not-saved", OWN), time.monotonic()))
            if kept.stage == "asked":  # else the number is known: print it all the same
                return
        self._do(then)

    def _forgotten(self, id: str) -> None:
        try:
            self.store.forget(id)
        except (OSError, UnreadableError) as error:
            log.error("取号记录清除失败：%s / could not clear the kept visit", error)

    async def _check_pin(self, entry: str, revision: int) -> None:
        fits: bool | None = False  # nor does it fit where the file cannot be read
        try:
            fits = await asyncio.wrap_future(self._disk.submit(self.store.pin_fits, entry))
        finally:
            self._do(self.machine.pin_checked(fits, revision))

    async def _read_client(self, number: str, revision: int) -> None:
        found = IdDocument("unchecked")  # where the site's key cannot be read, no number can be taken
        try:
            found = await asyncio.wrap_future(self._disk.submit(read_document, number, self.key, legal=True))
        finally:
            self._do(self.machine.client_read(found, revision))

    def _count(self) -> None:
        """Write the day's counts whenever one has changed."""
        now = self.state.counts
        if now != self._counted:
            self._counted = copy(now)
            self._disk.submit(self.store.save_counts, self._counted)  # a full disk costs the counts, no visit

    def _resume(self) -> None:
        self.state.counts = self.store.load_counts(DayCounts)
        try:
            kept = self.store.load()
        except UnreadableError as error:
            log.error("%s", error)
            return
        if kept:
            self._do(self.machine.resume(self.alone.resumed(kept), time.monotonic()))

    # --- the caller

    async def _send(self, id: str, command: AnyCommand, answered: bool) -> None:
        """Send until the caller has answered, however often it goes away; the id makes that safe. A number that the
        kiosk gave alone meanwhile is asked for no more."""
        while not answered or self.state.waits_for(id):
            if not answered:
                await self.alone.settled.wait()
            try:
                result = await self.caller.send(command, id=id)
            except RefusedError as refused:
                return self._refused(id, command, refused.frame, answered)
            except SendError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except (ByeError, PeerError) as error:
                log.error("%s 不合协议 / does not fit the wire: %s", type(command).__name__, error)
                words = refusal("not-understood", OWN)
                return self._do(self.machine.refuse(id, words, time.monotonic()) if answered else [])
            return self._do(self.machine.answer(id, result, time.monotonic()) if answered else [])
        return None

    def _refused(self, id: str, command: AnyCommand, frame: RefusedFrame, answered: bool) -> None:
        if not answered:
            log.info("%s: %s / %s", type(command).__name__, frame.zh, frame.en)
            return
        words = {name: getattr(frame, name) for name in REFUSAL_FIELDS}
        self._do(self.machine.refuse(id, words, time.monotonic()))

    def _look(self, topic: str) -> None:
        if self._looking:
            self._looking.cancel()
        self._looking = self.start(self._watch(topic)) if topic else None

    async def _watch(self, topic: str) -> None:
        """Watch a topic on a connection of its own: a slip of last month must not cost this kiosk its own."""
        async with self.peek(topic) as line, asyncio.TaskGroup() as group:
            group.create_task(self._unless_unknown(line, topic))
            async for _ in line.changes():
                if topic in line.views:
                    self._do(self._seen(topic, line.views[topic]))

    def _seen(self, topic: str, view: dict[str, Any]) -> list[VisitEffect]:
        kind, _, who = topic.partition("/")
        return self._taken(kind, who, view) if kind != "ticket" else self.machine.ticket(view)

    def _taken(self, kind: str, who: str, view: dict[str, Any]) -> list[VisitEffect]:
        return self.machine.booked(who, view) if kind == "person" else self.machine.case(who, view)

    async def _unless_unknown(self, line: Client, topic: str) -> None:
        """Take a caller that closes the connection for one that does not know the topic."""
        kind, _, who = topic.partition("/")
        async for _ in line.states():
            if line.bye:
                self._do(self._taken(kind, who, {}) if kind != "ticket" else self.machine.no_ticket(who))

    async def _views(self) -> None:
        async for topic in self.caller.changes():
            view = self.caller.views.get(topic)
            if view is not None and topic == "kiosk":
                self._do(self.machine.hall(view))

    async def _states(self) -> None:
        async for state in self.caller.states():
            bye = self.caller.bye
            self._do(self.machine.away(state != "current", bye is not None and bye.code in NOT_ENROLLED))
            if state == "current":
                self._reported.clear()  # the caller may have called our printers unknown meanwhile

    async def _ticks(self) -> None:
        while True:
            self._do(self.machine.tick(time.monotonic()))
            await asyncio.sleep(TICK_SECONDS)

    # --- paper

    async def _print(self, slip: SlipContent) -> None:
        outcome = await self._print_job(lambda printer: self.document_printer.slip(slip, printer))
        self._do(self.machine.slip(slip.ticket, slip.copy, outcome))
        await self.ask_paper()

    async def _print_guide(self, item: str, language: str) -> None:
        outcome = await self._print_job(lambda printer: self.document_printer.guide(item, language, printer))
        self._do(self.machine.guide_printed(item, outcome))
        await self.ask_paper()

    async def _print_receipt(self, content: NoticeContent) -> None:
        outcome = await self._print_job(lambda printer: self.document_printer.receipt(content, printer))
        self._do(self.machine.receipt_printed(content.code, outcome))
        await self.ask_paper()

    async def _print_job(self, job: Callable[[str], bytes]) -> SlipState:
        """Print; a fault in making the paper costs the paper, not the number on the screen."""
        try:
            outcome = await self.in_thread(self.printers.print, job)
        except Exception:
            log.exception("打印内容生成失败 / could not make the paper")
            return "failed"
        return outcome.state

    async def ask_paper(self) -> None:
        states: dict[str, DeviceState] = await self.in_thread(self.printers.states)
        self._do(self.machine.paper(states))
        for name, state in states.items():
            self._outages.note(name, state, self.printers.detail(name))
            if self._reported.get(name) != state:
                self._reported[name] = state
                report = ReportDevice(name, "printer", state, self.printers.detail(name)[:DETAIL_MAX])
                self.start(self._send(self.state.new_id(), report, False))

    async def _paper(self) -> None:
        while True:
            await self.ask_paper()
            await asyncio.sleep(STATE_SECONDS)

    async def in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
