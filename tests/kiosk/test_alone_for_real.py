"""A kiosk and a caller over a real line: the caller is killed, numbers go on, it comes back and has all of them; a drill; a test page."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from caller.client.client import Client, new_id
from caller.engine import commands as cmd
from config.settings import Device, Kiosk
from devices.printer import Printer, Printers
from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from kiosk import alone, jobs
from kiosk.catalogue import Catalogue
from kiosk.jobs import KioskJobs
from kiosk.screens.document import document
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.caller_fixture import SETTINGS, Room, room, run, until
from tests.kiosk.test_station import PlainPress

TAPS = ("start", "queue:A", "confirm")


@pytest.fixture(autouse=True)
def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "ALONE_SECONDS", 0.3)
    monkeypatch.setattr(alone, "STEP_SECONDS", 0.05)
    monkeypatch.setattr(jobs, "DRILL_SECONDS", 1.5)


@contextlib.asynccontextmanager
async def kiosk(hall: Room, folder: Path, **printers: Printer) -> AsyncGenerator[KioskStation]:
    """A kiosk as its process composes it, without a face."""
    state = VisitState(Catalogue(SETTINGS), Kiosk("K1"), new_id)
    async with hall.client("kiosk", "K1", ["kiosk", "jobs/K1"]) as line:

        def peek(topic: str) -> Client:
            raise AssertionError(topic)

        station = KioskStation(
            VisitMachine(state), VisitStore(folder), line, peek, Printers({**printers}), PlainPress()
        )
        tasks = [
            asyncio.create_task(each) for each in (station.run(), KioskJobs(station, line, "K1", 0).run())
        ]
        try:
            await until(lambda: station.alone.ready, "the kiosk holds a lease")
            yield station
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def take(station: KioskStation) -> str:
    """A visit from rest to the number, and home again."""
    for tap in TAPS:
        station.tap(tap)
    await until(lambda: station.state.screen == "number", "a number is shown")
    number: Any = document(station.state)["number"]
    station.tap("home")
    return str(number["number"])


def test_a_caller_that_is_killed_costs_no_number_and_gives_none_twice(tmp_path: Path):
    async def scene() -> None:
        async with room(tmp_path) as hall, kiosk(hall, tmp_path / "k") as station:
            assert await take(station) == "A001"
            await hall.kill()
            await until(lambda: station.state.alone, "it goes on alone")
            assert [await take(station) for _ in range(3)] == ["A960", "A961", "A962"]
            await hall.start()
            await until(lambda: not station.alone.away, "the hall knows all of them")
            tickets = hall.loop.hall.state.tickets.values()
            assert [each.number for each in tickets] == ["A001", "A960", "A961", "A962"]
            assert {each.kiosk for each in tickets} == {"", "K1"}
            assert await take(station) == "A002"

    run(scene())


def test_a_kiosk_that_is_killed_while_it_is_alone_goes_on_behind_what_it_gave(tmp_path: Path):
    async def scene() -> None:
        async with room(tmp_path) as hall:
            async with kiosk(hall, tmp_path / "k") as station:
                await hall.kill()
                await until(lambda: station.state.alone, "it goes on alone")
                assert await take(station) == "A960"
            state = VisitState(Catalogue(SETTINGS), Kiosk("K1"), new_id)
            line: Any = hall.client("kiosk", "K1", ["kiosk"])
            async with line:
                again = KioskStation(
                    VisitMachine(state), VisitStore(tmp_path / "k"), line, line, Printers({}), PlainPress()
                )
                running = asyncio.create_task(again.run())
                await until(lambda: again.state.alone, "and is alone at its start")
                assert await take(again) == "A961"
                await hall.start()
                await until(lambda: not again.alone.away, "the hall knows both")
                assert [each.number for each in hall.loop.hall.state.tickets.values()] == ["A960", "A961"]
                running.cancel()
                await asyncio.wait([running])

    run(scene())


def test_a_drill_cuts_the_line_measures_and_says_what_it_measured(tmp_path: Path):
    async def scene() -> None:
        async with room(tmp_path) as hall, kiosk(hall, tmp_path / "k") as station:
            job = (await hall.order(cmd.RequestJob("K1", "drill", seconds=300)))["job"]
            await until(lambda: station.state.alone, "it goes on alone")
            assert await take(station) == "A960"
            known = hall.loop.hall.state.jobs
            await until(lambda: known[job].state not in ("requested", "taken"), "the drill has ended")
            assert known[job].state == "done", known[job].detail
            zh, en = known[job].detail.split(" / ")  # each language by itself, as the office shows it
            assert ("其间取号 1 个" in zh, "秒后转入离线取号" in zh) == (True, True)
            assert ("numbers given: 1" in en, "went on alone after 0." in en) == (True, True)
            assert [each.number for each in hall.loop.hall.state.tickets.values()] == ["A960"]

    run(scene())


PRINTED = replace(
    SETTINGS,
    devices=tuple(Device(name, "printer", "tcp://127.0.0.1:9", agent="K1") for name in ("p1", "p2")),
    kiosks=(Kiosk("K1", printers=["p1", "p2"]),),
)


def test_a_test_page_is_asked_for_from_afar_and_waits_for_the_applicant(tmp_path: Path):
    """On the printer that was named and no other; what became of it is the job's end, with the printer's own words."""

    async def ended(hall: Room, device: str) -> tuple[str, str]:
        id = (await hall.order(cmd.RequestJob("K1", "print-test-kiosk", device, seconds=300)))["job"]
        job = hall.loop.hall.state.jobs[id]
        await until(lambda: job.state in ("done", "failed", "unknown"), "the job has ended")
        return job.state, job.detail

    async def scene(first: TcpPrinter, second: TcpPrinter) -> None:
        ports = {"p1": Printer(first.port), "p2": Printer(second.port)}
        async with room(tmp_path, settings=PRINTED) as hall, kiosk(hall, tmp_path / "k", **ports) as station:
            station.tap("start")
            id = (await hall.order(cmd.RequestJob("K1", "print-test-kiosk", "p2", seconds=300)))["job"]
            job = hall.loop.hall.state.jobs[id]
            assert await take(station) == "A001"
            assert (job.state, second.model.cuts) == ("requested", 0)
            await until(lambda: job.state == "done", "printed at rest")
            assert second.model.cuts == 1
            assert b"TEST p2" in second.model.received
            second.model.faults.lines = 0
            state, detail = await ended(hall, "p2")
            assert (state, bool(detail)) == ("failed", True)
            assert await ended(hall, "p1") == ("done", "")

    with TcpPrinter(PrinterModel()) as first, TcpPrinter(PrinterModel()) as second:
        run(scene(first, second))
