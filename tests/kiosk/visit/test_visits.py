"""The same recorded visits on the terminal face: the machine is one, its faces only show it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from caller.client.client import Client, new_id
from devices.printer import Printer, Printers
from devices.protocols.scanner import KEY_GAP
from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from kiosk import readers
from kiosk.catalogue import Catalogue
from kiosk.faces.terminal import TapButton, Terminal, buttons_of
from kiosk.printing import HallDocumentPrinter
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.cards import READER, Reader, hall_with_cards
from tests.instruments.recorded_visits import VISITS, play
from tests.instruments.running_hall import DEADLINE

PERSON = KEY_GAP + 0.03  # seconds between two keys of a person


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("carded")
    hall = hall_with_cards(folder)
    with Reader(hall, folder) as reader:
        yield reader
    hall.close()


# The page plays them all; a third of them show in the gate that the terminal plays the same.
IN_THE_GATE = frozenset(VISITS[::3])
IN_TURN = [each if each in IN_THE_GATE else pytest.param(each, marks=pytest.mark.campaign) for each in VISITS]


@pytest.mark.parametrize("visit", IN_TURN, ids=lambda path: path.stem)
def test_a_recorded_visit_in_the_terminal(visit: Path, reader: Reader, tmp_path: Path):
    with terminal(reader, tmp_path) as face:
        play(visit, face, reader.hall, reader)


class TerminalFace:
    """A person at a keyboard: every tap is a button that is there, focused and pressed with Enter."""

    def __init__(self, app: Terminal, pilot: Pilot[None], loop: asyncio.AbstractEventLoop) -> None:
        self.app, self.pilot, self.loop = app, pilot, loop
        self.awaited = ""

    def tap(self, target: str) -> None:
        self._run(lambda: self._tap(target))

    def scan(self, text: str) -> None:
        self._run(lambda: self._scan(text))

    def expect(self, screen: str, says: str) -> None:
        self._run(lambda: self._expect(screen, says))

    def number(self) -> str:
        return self.app.station.screen["number"]["number"]

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            asyncio.run_coroutine_threadsafe(work(), self.loop).result(DEADLINE)
        except TimeoutError:
            raise AssertionError(f"{self.awaited}; in focus {self.app.focused}; {self._read()}") from None

    async def _tap(self, target: str) -> None:
        if target.startswith("key:"):
            await self.pilot.press(target[-1].lower())
        elif target == "large":  # a terminal has one size of type; the machine still knows the wish
            self.app.action_tap("large")
        else:
            self.awaited = f"a button {target}"
            while not await self._in_turn(lambda: self._focus(target)):
                await self.pilot.pause(0.02)
            await self.pilot.pause(PERSON)  # or the Enter belongs to the letters before
            await self.pilot.press("enter")
            await self._in_turn(lambda: None)  # a pilot on a busy machine does not wait until a key is read
            await self._until(lambda: self.app._pressing is None, "the Enter has pressed")
            await self._until(lambda: self.app._shown == buttons_of(self.app.station.screen), "and is shown")

    def _focus(self, target: str) -> bool:
        button = next((b for b in self.app.query(TapButton) if b.target == target and not b.disabled), None)
        self.app.set_focus(button)
        return button is not None

    async def _in_turn(self, work: Callable[[], bool | None]) -> bool | None:
        """Do `work` behind all that the face was told before, and never while it makes its buttons anew: what is
        put in focus then is lost with its button."""
        done: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self.app.call_later(lambda: done.set_result(work()))
        return await done

    async def _scan(self, text: str) -> None:
        self.app.action_tap("scan:" + text)

    async def _expect(self, screen: str, says: str) -> None:
        station = self.app.station
        await self._until(lambda: not screen or station.screen["screen"] == screen, f"screen {screen}")
        await self._until(lambda: says in self._read(), repr(says))

    def _read(self) -> str:
        texts = [str(self.app.query_one(where).render()) for where in ("#title", "#lead", "#note", "#facts")]
        labels = [str(button.label) for button in self.app.query(TapButton)]
        return "\n".join(texts + labels) + ("Normal type" if self.app.station.screen["large"] else "")

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        self.awaited = what
        while not condition():
            await self.pilot.pause(0.02)


@contextlib.contextmanager
def terminal(reader: Reader, folder: Path) -> Generator[TerminalFace]:
    """The terminal face in a thread of its own: a browser test of the same run keeps a loop in this one."""
    ready: Future[TerminalFace] = Future()
    done = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_terminal(reader, folder, ready, done)))
    thread.start()
    try:
        yield ready.result(DEADLINE)
    finally:
        done.set()
        thread.join(DEADLINE)


async def _terminal(
    reader: Reader, folder: Path, ready: "Future[TerminalFace]", done: threading.Event
) -> None:
    hall = reader.hall
    if ("kiosk", "k1") not in hall.tokens:
        hall._enrol(("kiosk", "k1"))
    token, url = hall.tokens["kiosk", "k1"], hall.caller.address
    with TcpPrinter(PrinterModel()) as printer:
        printers = {"p1": Printer(printer.port)}
        visit = VisitMachine(VisitState(Catalogue(hall.settings), hall.settings.kiosks[0], new_id))
        client = Client(url, token, watch=["kiosk"])
        press = HallDocumentPrinter(hall.settings, printers)
        station = KioskStation(
            visit,
            VisitStore(folder),
            client,
            lambda t: Client(url, token, watch=[t]),
            Printers(dict(printers)),
            press,
        )
        hung = readers.attached_readers(hall.settings, "k1", {READER: reader.port}, hall.data, folder)
        async with client, readers.running(hung, client, station):
            running = asyncio.create_task(station.run())
            app = Terminal(station)
            async with app.run_test(size=(120, 60)) as pilot:
                while not done.is_set():
                    await pilot.pause(0.05)
                    at_work = station.state.reads_cards and not station.state.is_away
                    if at_work and not ready.done():  # before, a card or a scan would count for nothing
                        ready.set_result(TerminalFace(app, pilot, asyncio.get_running_loop()))
            running.cancel()
            await asyncio.wait([running])
