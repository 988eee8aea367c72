"""Readers on a kiosk, over good and bad cables, to the real caller: a card is a person without a name."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.client.client import Client, new_id
from caller.engine.commands import TakeTicket
from caller.identity.id_hash import hashed, read_document
from config.settings import (
    Department,
    Device,
    HallTable,
    Item,
    Kiosk,
    PriorityClass,
    Queue,
    Rules,
    Settings,
    Window,
)
from devices.inventory import kiosk_devices
from devices.printer import Printer, Printers
from devices.protocols.sdt_card_reader import CardHolder
from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from devices.simulators.pty_cable import CableFaults
from devices.simulators.reader import SimulatedCardReader, SimulatedScanner, number_for
from devices.units.reader import ScannedCode
from kiosk import readers
from kiosk.catalogue import Catalogue
from kiosk.readers import ELDERLY_YEARS, card_health_handler, read_handler
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.caller_fixture import Room, room
from tests.kiosk.test_station import PlainPress, asyncio_run

DEADLINE = 60.0  # seconds, on a machine that is busy with other things
PAUSE = 3.0  # seconds between two tries of a person
KIOSK = Kiosk(id="k1", printers=["p1"])
NOWHERE = "serial:///dev/serial/by-id/none"
SETTINGS = Settings(
    hall=HallTable(site="test", name="测试大厅", automatic_day=False, opens="00:00", closes="23:59", last_ticket="23:59"),
    classes=(PriorityClass("ordinary", "普通", 30, "Ordinary"), PriorityClass("elderly", "老年人", 10, "Elderly")),
    queues=(Queue("A", "综合", "General"),),
    windows=(Window("3", "三号", ["A"], "Three"),),
    departments=(Department("tax", "税务局", "Tax office"),),
    items=(Item("T001", "开业登记", "tax", "A"), Item("T002", "变更登记", "tax", "A")),
    devices=(
        Device("p1", "printer", "tcp://127.0.0.1:9100"),
        Device("scanner", "reader", NOWHERE, agent="k1"),
        Device("cards", "reader", NOWHERE, agent="k1", profile="reader-sdt"),
    ),
    kiosks=(KIOSK,),
)  # fmt: skip
LINKS = {
    "whole": CableFaults(),
    "byte by byte": CableFaults(chunk=1),
    "delayed": CableFaults(slow_ms=1),
    "lossy": CableFaults(lose=0.0004),
}
NUMBER = number_for(7, 1950)
NAME = "王小明"


# --- what a reader tells


class Noted:
    """A station's ear for readers."""

    def __init__(self) -> None:
        self.taps: list[str] = []
        self.cards: list[tuple[str, str, bool]] = []
        self.invites: list[bool] = []

    def tap(self, target: str, revision: int | None = None) -> None:
        self.taps.append(target)

    def card(self, person: str, last4: str, elderly: bool) -> None:
        self.cards.append((person, last4, elderly))

    def reads(self, cards: bool) -> None:
        self.invites.append(cards)


def test_a_code_is_the_tap_of_a_keyboard_reader():
    noted = Noted()
    read_handler(noted, lambda: 2026)("scanner", ScannedCode("YY8842", appointment="YY8842"))
    assert noted.taps == ["scan:YY8842"]


@pytest.mark.parametrize(("born", "elderly"), [(1966, True), (1967, False), (1900, True), (2020, False)])
def test_from_sixty_on_one_is_an_elder_and_the_name_goes_no_further(born: int, elderly: bool):
    noted = Noted()
    read_handler(noted, lambda: 1966 + ELDERLY_YEARS)("cards", CardHolder("hash", "1234", NAME, born))
    assert noted.cards == [("hash", "1234", elderly)]


def test_a_card_is_invited_only_while_an_id_reader_is_at_work():
    noted = Noted()
    rows = kiosk_devices(SETTINGS, "k1", {"cards": "serial:///dev/cards"})
    told = card_health_handler(noted, rows)
    for name, state in (("scanner", "ready"), ("cards", "unknown"), ("cards", "ready"), ("cards", "offline")):
        told(name, (state, ""))  # type: ignore[arg-type]
    assert noted.invites == [False, True, False]


# --- bytes to tickets, with the real caller


class Hall:
    """A caller, a kiosk with its printer, and two readers on their cables."""

    def __init__(self, folder: Path, caller: Room, printer: TcpPrinter, faults: CableFaults) -> None:
        self.caller, self.printer = caller, printer
        self.scanner = SimulatedScanner(folder / "scanner", faults)
        self.cards = SimulatedCardReader(folder / "cards", faults)
        self.folder = folder

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        ports = {"scanner": self.scanner.cable.port, "cards": self.cards.cable.port}
        self.hung = readers.attached_readers(SETTINGS, "k1", ports, self.folder / "data", self.folder)
        async with self.scanner, self.cards, self.client("kiosk") as client:
            self.visit = VisitMachine(VisitState(Catalogue(SETTINGS), KIOSK, new_id))
            printers = Printers({"p1": Printer(self.printer.port)})
            memory = VisitStore(self.folder / "kiosk")
            self.station = KioskStation(
                self.visit, memory, client, self.client, printers, PlainPress(), self.hung.key
            )
            running = asyncio.create_task(self.station.run())
            try:
                await until(lambda: self.visit.state.printers and not self.visit.state.is_away)
                async with readers.running(self.hung, client, self.station):
                    await until(lambda: self.told("cards") == self.told("scanner") == "ready")
                    yield
            finally:
                running.cancel()
                await asyncio.wait([running])

    def client(self, topic: str) -> Client:
        return self.caller.client("kiosk", "k1", [topic])

    def told(self, device: str) -> str:
        known = self.caller.loop.hall.register.devices.get(device)
        return known.state if known else ""

    async def lay(self) -> None:
        """A card on the reader, again until it has been read, as people do; its holder has booked nothing."""
        await again_until(lambda: self.cards.lay(NAME, NUMBER), lambda: self.visit.state.errand.person)
        await until(lambda: self.visit.state.screen != "booked")

    def take(self, item: str, priority: str) -> None:
        for target in (f"item:{item}", "take", f"class:{priority}", "confirm"):
            self.station.tap(target)

    async def number(self) -> str:
        await until(
            lambda: self.visit.state.screen == "number" and self.visit.state.errand.slip_outcome == "printed"
        )
        return self.station.screen["number"]["number"]


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - the condition is anything a test may ask
            await asyncio.sleep(0.01)


async def again_until(act: Callable[[], object], holds: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():
            act()
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE):
                    await until(holds)


def play(folder: Path, scene: Callable[[Hall], Any], faults: CableFaults | None = None) -> None:
    async def run(printer: TcpPrinter) -> None:
        async with room(folder / "data", settings=SETTINGS) as caller:
            hall = Hall(folder, caller, printer, faults or CableFaults())
            async with hall.open():
                await scene(hall)

    (folder / "data").mkdir()
    with TcpPrinter(PrinterModel(pictures=False)) as printer:
        asyncio_run(run(printer))


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card laid again at once is read again."""
    monkeypatch.setattr("devices.units.reader.REPEAT_SECONDS", 0)


@pytest.mark.parametrize("link", LINKS)
def test_who_has_a_live_number_sees_it_at_the_card_and_it_is_printed_again(tmp_path: Path, link: str):
    async def scene(hall: Hall) -> None:
        await hall.lay()
        hall.take("T001", "elderly")
        number = await hall.number()
        [ticket] = hall.caller.loop.hall.state.tickets.values()
        assert (ticket.person, ticket.priority) == (hashed(NUMBER, hall.hung.key), "elderly")
        hall.station.tap("home")
        await hall.lay()
        await until(lambda: hall.visit.state.screen == "ticket")
        await until(lambda: hall.station.screen.get("number", {}).get("number") == number)
        hall.station.tap("reprint")
        await until(lambda: hall.visit.state.errand.slip_outcome == "printed")
        assert (len(hall.caller.loop.hall.state.tickets), hall.printer.model.cuts) == (1, 2)

    play(tmp_path, scene, LINKS[link])


@pytest.mark.parametrize("link", LINKS)
def test_a_scanned_slip_shows_its_number_and_a_scanned_code_checks_in(tmp_path: Path, link: str):
    async def scene(hall: Hall) -> None:
        issued = await hall.caller.order(TakeTicket(items=["T001"]), "guide", "g")
        url = f"http://127.0.0.1:9301/t#{hall.caller.slip_key.phone_key(issued['ticket'])}"
        await again_until(lambda: hall.scanner.scan(url), lambda: hall.visit.state.screen == "ticket")
        await until(lambda: hall.station.screen.get("number", {}).get("number") == issued["number"])
        hall.station.tap("home")
        await again_until(lambda: hall.scanner.scan("YY8842"), lambda: hall.visit.state.screen == "refused")
        assert hall.station.screen["code"] == "unknown-appointment"

    play(tmp_path, scene, LINKS[link])


def test_readers_unplugged_cost_a_visit_nothing_and_are_warned_about_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async def scene(hall: Hall) -> None:
        assert "hint" in hall.station.screen
        for twin in (hall.scanner, hall.cards):
            twin.cable.unplug()
        await until(lambda: hall.told("cards") == hall.told("scanner") == "offline")
        await until(lambda: "hint" not in hall.station.screen)
        hall.station.tap("start")
        hall.take("T001", "ordinary")
        assert await hall.number()
        hall.station.tap("home")
        for twin in (hall.scanner, hall.cards):
            twin.cable.plug()
        await until(lambda: hall.told("cards") == hall.told("scanner") == "ready")
        await hall.lay()

    caplog.set_level(logging.WARNING, "hallcall.devices")
    play(tmp_path, scene)
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert sorted(line.split()[0] for line in warned if "不可用" in line) == ["cards", "scanner"]


def test_neither_name_nor_number_is_ever_written_or_said(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    screens: list[str] = []

    async def scene(hall: Hall) -> None:
        hall.station.faces.append(lambda screen: screens.append(str(screen)))
        await hall.lay()
        hall.take("T002", "elderly")
        await hall.number()
        screens.append(repr(hall.visit.state.errand))

    caplog.set_level(logging.DEBUG)
    play(tmp_path, scene)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    said = "\n".join([*screens, caplog.text]).encode() + b"".join(files)
    assert NUMBER[-4:].encode() in said, "the last four are what a screen may say"
    for secret in (NAME, NUMBER, NUMBER[:14], NUMBER[6:14]):
        assert secret.encode() not in said
        assert secret.encode("utf-16-le") not in said
    assert len(files) > 3


def test_an_agent_s_clients_each_have_a_number_and_none_is_written_in_plain(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """From the card to the caller: a typed credit code, the same again, and a second client."""
    screens: list[str] = []
    code, other = "91110000600037341L", number_for(8)

    async def scene(hall: Hall) -> None:
        async def typed(number: str) -> None:
            hall.station.tap("clear")
            for sign in number:
                hall.station.tap("key:" + sign)
            hall.station.tap("client")
            await until(lambda: hall.visit.state.screen == "priority")

        hall.visit.state.catalogue.settings = structs.replace(SETTINGS, rules=Rules(agents=True))
        await hall.lay()
        for target in ("item:T001", "take", "agent"):
            hall.station.tap(target)
        await typed(code)
        hall.station.faces.append(lambda screen: screens.append(str(screen)))
        for target in ("class:ordinary", "confirm"):
            hall.station.tap(target)
        number = await hall.number()
        screens.append(repr(hall.visit.state.errand))
        hall.station.faces.clear()
        hall.station.tap("another")
        await typed(code)
        for target in ("class:ordinary", "confirm"):
            hall.station.tap(target)
        await until(lambda: hall.visit.state.screen == "refused")
        assert hall.station.screen["code"] == "client-ticket"
        assert number in hall.station.screen["title"]["text"]
        hall.station.tap("home")
        await again_until(lambda: hall.cards.lay(NAME, NUMBER), lambda: hall.visit.state.errand.numbers)
        hall.station.tap("walk-in")  # past the first client's number, which stands first
        await until(lambda: hall.visit.state.screen == "services")
        for target in ("item:T001", "take", "agent"):
            hall.station.tap(target)
        await typed(other)
        for target in ("class:ordinary", "confirm"):
            hall.station.tap(target)
        assert await hall.number() != number
        tickets = list(hall.caller.loop.hall.state.tickets.values())
        clients = [read_document(each, hall.hung.key, legal=True).person for each in (code, other)]
        assert [(each.person, each.client, each.errand) for each in tickets] == [
            (hashed(NUMBER, hall.hung.key), client, errand) for errand, client in enumerate(clients, 1)
        ]

    caplog.set_level(logging.DEBUG)
    play(tmp_path, scene)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    said = "\n".join([*screens, caplog.text]).encode() + b"".join(files)
    assert b"341L" in said, "the last four are what a screen may say"
    for secret in (code, code[6:14], other, other[6:14]):
        assert secret.encode() not in said


def test_when_the_kiosk_stops_its_readers_are_unknown(tmp_path: Path):
    after: list[str] = []

    async def run(printer: TcpPrinter) -> None:
        async with room(tmp_path / "data", settings=SETTINGS) as caller:
            hall = Hall(tmp_path, caller, printer, CableFaults())
            async with hall.open():
                pass
            after.extend((hall.told("cards"), hall.told("scanner")))

    (tmp_path / "data").mkdir()
    with TcpPrinter(PrinterModel(pictures=False)) as printer:
        asyncio_run(run(printer))
    assert after == ["unknown", "unknown"]
