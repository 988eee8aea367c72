"""A kiosk's page server in this very process, and a page without a browser: frames on a websocket."""

import asyncio
import contextlib
import json
import socket as sockets
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from websockets.sync.client import ClientConnection, connect

from config.settings import Settings
from devices.printer import Printers
from kiosk.catalogue import Catalogue
from kiosk.faces import server
from kiosk.faces.voice import KioskVoice
from kiosk.screens.translations import Translations
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import small_hall
from tests.instruments.running_hall import DEADLINE
from tests.kiosk.test_station import PlainPress, ScriptedCaller, no_peek

KEY = "the-key-of-a-page-0001"


class Served(NamedTuple):
    """A page server that runs; `host` is 127.0.0.1:PORT."""

    station: KioskStation
    host: str
    loop: asyncio.AbstractEventLoop

    def call(self, work: Callable[[], None]) -> None:
        """Do something inside the server's loop, and wait until it is done."""
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (work(), done.set()))
        assert done.wait(DEADLINE)

    def let_pass(self, seconds: float) -> None:
        """As if the applicant had last touched so much earlier; the station's own clock goes on as it is."""

        def work() -> None:
            self.station.state.touched -= seconds

        self.call(work)

    @property
    def socket(self) -> str:
        return f"ws://{self.host}/face"


@contextlib.contextmanager
def served(folder: Path, settings: Settings | None = None, *, at_work: bool = False) -> Generator[Served]:
    """A page server; where the kiosk is `at_work`, its station runs too, with a caller that is scripted."""
    catalogue = Catalogue(settings or small_hall())
    state = VisitState(catalogue, catalogue.settings.kiosks[0], lambda: "id")
    machine = VisitMachine(state)
    store = VisitStore(folder)
    store.set_pin("2580")
    station = KioskStation(machine, store, ScriptedCaller(store), no_peek, Printers({}), PlainPress())
    page = server.app(station, "k1", KioskVoice(folder / "voice", Translations({})), KEY)
    http = uvicorn.Server(uvicorn.Config(page, log_config=None, **server.OPTIONS))
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        loop = asyncio.new_event_loop()

        async def serve() -> None:
            running = asyncio.create_task(station.run()) if at_work else None
            await http.serve([listener])
            if running:
                running.cancel()
                await asyncio.wait([running])

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        try:
            yield Served(station, f"127.0.0.1:{listener.getsockname()[1]}", loop)
        finally:
            http.should_exit = True
            thread.join(DEADLINE)


def stand(
    kiosk: Served, lead: Callable[[VisitMachine], None], view: dict[str, Any], language: str, large: bool
) -> int:
    """Lead the machine from rest to a screen inside the server's loop, where every page is woken; its revision."""

    def work() -> None:
        station, machine = kiosk.station, kiosk.station.machine
        machine.away(False)
        machine.hall(view)
        machine.paper({"p1": "ready", "p2": "paper-out"})
        machine._wipe()
        machine.state.language, machine.state.large = language, large
        lead(machine)
        station._show()

    kiosk.call(work)
    return kiosk.station.state.revision


def told(kiosk: Served, view: dict[str, Any], language: str) -> None:
    """The kiosk at rest shows what the caller says of the hall."""

    def work() -> None:
        machine = kiosk.station.machine
        machine.away(False)
        machine.hall(view)
        machine.paper({"p1": "ready"})
        machine.state.language = language
        kiosk.station._show()

    kiosk.call(work)


class FramePage:
    """A page that greets, sees and taps by frames."""

    def __init__(self, socket: ClientConnection, *watch: str, key: str = KEY) -> None:
        self.socket = socket
        self.topics: dict[str, dict[str, Any]] = {}
        socket.send(json.dumps({"type": "hello", "token": key, "watch": list(watch or ("face", "drive"))}))
        self.first = self.receive()

    def receive(self) -> dict[str, Any]:
        frame = json.loads(self.socket.recv(timeout=DEADLINE))
        if frame.get("topic"):
            self.topics[frame["topic"]] = frame.get("doc") or self.topics[frame["topic"]] | frame["patch"]
        return frame

    def drain(self) -> None:
        """Receive until the other side ends: raises ConnectionClosed. A minute of beats is no end."""
        for _ in range(60):
            self.receive()

    def until(self, topic: str, name: str, value: Any) -> None:
        for _ in range(60):  # a minute of beats
            if self.topics.get(topic, {}).get(name) == value:
                return
            self.receive()
        raise AssertionError(f"{name} of {topic} is not {value}: {self.topics.get(topic)}")

    def tap(self, target: str, on: str) -> None:
        self.until("face", "screen", on)
        self.send({"type": "tap", "target": target, "screen": self.topics["face"]["n"]})

    def send(self, frame: object) -> None:
        self.socket.send(json.dumps(frame))


@contextlib.contextmanager
def page(address: str, *watch: str, key: str = KEY) -> Generator[FramePage]:
    with connect(address, proxy=None) as socket:
        yield FramePage(socket, *watch, key=key)
