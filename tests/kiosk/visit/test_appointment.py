"""A real appointment: booked with the real caller for tomorrow, checked in at the kiosk when tomorrow is here.

A hall is booked a day ahead, so the wall clock is the test's: the caller runs in this loop and is told that
a night has passed. Kiosk, socket, log and hall are the real ones.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from caller.client.client import new_id
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME, EventLog
from caller.identity.account_store import AccountStore
from caller.identity.enrolment import Stations
from caller.identity.keys import slip_key
from caller.service.clock import Clock
from caller.service.loop import Loop
from caller.service.server import Server
from config.instants import instant
from config.settings import Department, Item, Kiosk, PriorityClass
from devices.printer import Printers
from kiosk.catalogue import Catalogue
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments import caller_fixture
from tests.kiosk.test_station import PlainPress

DAY_MICROS = 86_400_000_000
TOMORROW = "2026-03-04"
SETTINGS = replace(
    caller_fixture.SETTINGS,
    classes=(*caller_fixture.SETTINGS.classes, PriorityClass("appointment", "预约", 5, "Appointment")),
    queues=tuple(replace(queue, slot_quota=2, slot_minutes=30) for queue in caller_fixture.SETTINGS.queues),
    departments=(Department("tax", "税务局"),),
    items=(Item("T001", "开业登记", "tax", "A"),),
    kiosks=(Kiosk(id="K1"),),
)


class Night:
    """A wall clock that can be told that a night has passed."""

    def __init__(self) -> None:
        self.days = 0
        self._today = caller_fixture.from_ten_in_the_morning()

    def __call__(self) -> int:
        return self._today() + self.days * DAY_MICROS


class ClockRoom(caller_fixture.Room):
    """The real caller on the test's wall clock."""

    def __init__(self, folder: Path, wall: Night) -> None:
        super().__init__(folder, settings=SETTINGS)
        self.wall = wall

    async def start(self) -> None:
        self.log = EventLog(self._folder / LOG_NAME, self.settings.hall.site)
        self.loop = Loop(self.settings, self.log, Clock(wall=self.wall))
        self.stations = Stations(self._folder / "stations.db")
        self.slip_key = slip_key(self._folder)
        self.accounts = AccountStore(self._folder)
        self.server = Server(self.loop, self.stations, self.slip_key, self._limits)
        self.loop.start()
        self.port = await self.server.start(caller_fixture.HOST, self.port)


def test_an_appointment_booked_yesterday_is_a_number_today(tmp_path: Path):
    caller_fixture.run(_checked_in(tmp_path, a_night_passes=True))


def test_twin_on_the_day_before_it_is_refused(tmp_path: Path):
    caller_fixture.run(_checked_in(tmp_path, a_night_passes=False))


async def _checked_in(folder: Path, *, a_night_passes: bool) -> None:
    wall = Night()
    room = ClockRoom(folder, wall)
    await room.start()
    try:
        await room.order(cmd.OpenDay(caller_fixture.DAY))
        code = await _booked(room)
        if a_night_passes:
            await room.order(cmd.CloseDay())
            await room.stop()  # as a hall does over night
            wall.days = 1
            await room.start()
            await room.order(cmd.OpenDay(TOMORROW))
        await _at_the_kiosk(room, folder / "kiosk", code, expects="number" if a_night_passes else "refused")
    finally:
        await room.stop()


async def _booked(room: caller_fixture.Room) -> str:
    """By a web station, for ten o'clock tomorrow; eight digits."""
    slot = instant(TOMORROW, "10:00", room.settings.hall.zone)
    book = cmd.BookAppointment(item="T001", slot=slot, person="a-keyed-hash", day=TOMORROW)
    return (await room.order(book, "web", "web"))["code"]


async def _at_the_kiosk(room: caller_fixture.Room, folder: Path, code: str, expects: str) -> None:
    client = room.client("kiosk", "K1", ["kiosk"])
    visit = VisitMachine(VisitState(Catalogue(SETTINGS), SETTINGS.kiosks[0], new_id))
    station = KioskStation(visit, VisitStore(folder), client, _no_peek, Printers({}), PlainPress())
    async with client:
        running = asyncio.create_task(station.run())
        await caller_fixture.until(
            lambda: not visit.state.is_away and visit.state.hall_view, "the kiosk is up"
        )
        for target in ("start", "appointment", *(f"key:{sign}" for sign in code), "check-in"):
            station.tap(target)
        await caller_fixture.until(lambda: visit.state.screen not in ("waiting", "appointment"), "an answer")
        assert visit.state.screen == expects, visit.state.errand.refusal
        if expects == "number":
            _looks_right(station.screen, room)
        else:
            assert visit.state.errand.refusal["code"] == "too-early"
        running.cancel()
        await asyncio.wait([running])


def _looks_right(screen: dict[str, Any], room: caller_fixture.Room) -> None:
    ticket = next(iter(room.loop.hall.state.tickets.values()))
    assert screen["number"]["number"] == ticket.number
    assert ticket.priority == "appointment"


def _no_peek(topic: str) -> Any:
    pytest.fail(f"nobody scanned {topic}")
