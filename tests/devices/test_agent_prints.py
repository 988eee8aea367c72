"""A slip printed at a window by its agent: once, or said unknown, whatever is pulled or restarted meanwhile."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.client.job_taker import PREDECESSOR, JobTaker
from caller.engine import commands as cmd
from config.settings import Device
from devices.agent import Agent
from devices.agent.jobs import AgentJobs, PrinterStation
from devices.inventory import BuildContext, agent_devices
from devices.printer import Printer
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from tests.instruments.caller_fixture import PATIENCE, SETTINGS, Room, room, run, until
from tests.instruments.device_bench import micros

PC, PRINTER = "pc-9", "w3-printer"
ROWS = 400.0  # a second: a slip of about 500 rows takes longer than any fault needs to strike


class Desk:
    """A caller, a printer at window 3, and the agent that drives it."""

    def __init__(self, caller: Room, printer: TcpPrinter) -> None:
        self.caller, self.printer = caller, printer

    @asynccontextmanager
    async def agent(self) -> AsyncGenerator[Agent]:
        settings = self.caller.settings
        async with self.caller.client("agent", PC, [f"jobs/{PC}"]) as client:
            agent = Agent(client, micros)
            agent.attach(BuildContext(settings), agent_devices(settings, PC, {}), PC)
            running = asyncio.create_task(agent.run())
            try:
                yield agent
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    async def ask(self, kind: cmd.JobKind = "print-slip") -> str:
        ticket = ""
        if kind == "print-slip":
            ticket = (await self.caller.order(cmd.TakeTicket(queue="A"), "kiosk", "K1"))["ticket"]
        command = cmd.RequestJob(PC, kind, ticket=ticket, seconds=300)
        return (await self.caller.order(command, "window", "3"))["job"]

    def state(self, job: str) -> str:
        return self.caller.loop.hall.state.jobs[job].state

    def detail(self, job: str) -> str:
        return self.caller.loop.hall.state.jobs[job].detail

    async def ended(self, job: str) -> str:
        await until(lambda: self.state(job) in ("done", "failed", "unknown"), "the job ends")
        return self.state(job)

    async def printing(self) -> None:
        """Paper has begun to move: the job has arrived at the printer."""
        await until(lambda: len(self.printer.model.received) > 200, "it prints")


def play(
    folder: Path, scene: Callable[[Desk], Awaitable[None]], faults: PrinterFaults | None = None
) -> TcpPrinter:
    async def scenery(printer: TcpPrinter) -> None:
        row = Device(PRINTER, "printer", printer.port + "?mode=text", agent=PC, window="3", width_px=384)
        settings = msgspec.structs.replace(SETTINGS, devices=(*SETTINGS.devices, row))
        async with room(folder, settings=settings) as caller:
            await scene(Desk(caller, printer))

    with TcpPrinter(PrinterModel(width=384, faults=faults or PrinterFaults())) as printer:
        run(scenery(printer))
        return printer


def test_a_slip_is_printed_once_and_marked_as_a_reprint(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        async with desk.agent():
            job = await desk.ask()
            assert await desk.ended(job) == "done"
            number = next(iter(desk.caller.loop.hall.state.tickets.values())).number
            (paper,) = desk.printer.model.slips
            assert number.encode() in paper
            assert "补打".encode("gb18030") in paper
            test = await desk.ask("print-test")
            assert await desk.ended(test) == "done"
            assert len(desk.printer.model.slips) == 2
            await until(lambda: desk.caller.loop.hall.register.devices[PRINTER].state == "ready")

    play(tmp_path, scene)


def test_paper_out_is_a_failed_job_with_the_reason(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        async with desk.agent():
            job = await desk.ask()
            assert await desk.ended(job) == "failed"
            assert "缺纸" in desk.detail(job)
            desk.printer.model.refill()
            again = await desk.ask()
            assert await desk.ended(again) == "done"

    assert play(tmp_path, scene, PrinterFaults(lines=0)).model.cuts == 1


def test_a_cable_out_while_it_prints_is_unknown_and_never_tried_again(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        async with desk.agent():
            job = await desk.ask()
            await desk.printing()
            desk.printer.unplug()
            assert await desk.ended(job) == "unknown"
            desk.printer.model.faults.rows_per_second = 0
            desk.printer.plug()
            again = await desk.ask("print-test")
            await until(lambda: desk.state(again) not in ("requested", "taken"))
            assert desk.state(job) == "unknown"

    assert play(tmp_path, scene, PrinterFaults(rows_per_second=ROWS)).model.cuts <= 2


def test_a_caller_restarted_while_it_prints_hears_that_it_is_done(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        async with desk.agent():
            job = await desk.ask()
            await desk.printing()
            await desk.caller.kill()
            await asyncio.to_thread(wait_for_cut, desk.printer)
            await desk.caller.start()
            assert await desk.ended(job) == "done"

    assert play(tmp_path, scene, PrinterFaults(rows_per_second=ROWS)).model.cuts == 1


def wait_for_cut(printer: TcpPrinter) -> None:
    """Bounded by the slip's own length."""
    for _ in range(3000):
        if printer.model.cuts:
            return
        printer._closed.wait(0.01)
    raise AssertionError("no cut")


def test_a_job_asked_for_while_the_agent_is_away_is_printed_when_it_comes(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        job = await desk.ask()
        async with desk.agent():
            assert await desk.ended(job) == "done"

    assert play(tmp_path, scene).model.cuts == 1


async def killed_after_taking(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """An agent that is killed between the take and the end: nothing more is heard of it."""
    job = ""
    with monkeypatch.context() as patch:
        patch.setattr(JobTaker, "_report", stay_silent)
        patch.setattr("devices.agent.jobs.FINISH_SECONDS", 0.01)
        async with desk.agent():
            job = await desk.ask()
            await desk.printing()
    return job


async def stay_silent(*_: Any) -> None:
    await asyncio.Event().wait()


def test_an_agent_restarted_while_it_prints_says_unknown_and_prints_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(desk: Desk) -> None:
        job = await killed_after_taking(desk, monkeypatch)
        assert desk.state(job) == "taken"
        async with desk.agent():
            assert await desk.ended(job) == "unknown"
            assert desk.detail(job) == PREDECESSOR
            assert await desk.ended(await desk.ask("print-test")) == "done"

    assert play(tmp_path, scene).model.cuts == 2


def test_without_the_table_a_restarted_agent_prints_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard off: an agent that prints whatever it finds, taken or not."""

    def careless(self: JobTaker, document: dict[str, Any]) -> None:
        for id, job in document["jobs"].items():
            if id not in self._known and job["state"] in ("requested", "taken"):
                self._spawn(id, self._take(id, dict(job)))

    async def insist(self: JobTaker, command: Any) -> dict[str, Any]:
        await self._caller.send(command) if isinstance(command, cmd.ReportJob) else None
        return {}

    async def scene(desk: Desk) -> None:
        job = await killed_after_taking(desk, monkeypatch)
        monkeypatch.setattr(JobTaker, "watched", careless)
        monkeypatch.setattr(JobTaker, "_insist", insist)
        async with desk.agent():
            await desk.ended(job)

    assert play(tmp_path, scene).model.cuts == 2


def test_two_agents_of_one_name_print_one_slip(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        async with desk.agent(), desk.agent():
            for _ in range(3):
                assert await desk.ended(await desk.ask()) in ("done", "unknown")
            await until(lambda: desk.printer.model.cuts == 3)

    assert play(tmp_path, scene).model.cuts == 3


def test_a_printer_whose_port_is_wrong_is_an_error_and_stops_no_agent() -> None:
    row = Device(PRINTER, "printer", "file://usb/lp0", agent=PC)
    found = agent_devices(msgspec.structs.replace(SETTINGS, devices=(row,)), PC, {})
    assert found.printers == ()
    assert found.broken[0].device == row


def test_a_printer_that_waits_its_turn_keeps_no_other_from_being_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("devices.agent.jobs.STATE_SECONDS", 0.01)
    looked: list[str] = []
    waiting = threading.Event()

    class Waits(Printer):
        def state(self) -> cmd.DeviceState:
            waiting.wait(PATIENCE)  # as behind another kiosk at a network printer
            return "ready"

    class Answers(Printer):
        def state(self) -> cmd.DeviceState:
            looked.append("ready")
            return "ready"

    async def scene() -> None:
        jobs = AgentJobs(PC, BuildContext(SETTINGS), (), _Nobody(), lambda: None, lambda _: False)
        port = "tcp://127.0.0.1:9100"
        rows = (Device(name, "printer", port, agent=PC) for name in ("p1", "p2"))
        jobs.stations = [
            PrinterStation(row, printer(port)) for row, printer in zip(rows, (Waits, Answers), strict=True)
        ]
        running = asyncio.create_task(jobs.run())
        await until(lambda: len(looked) > 2, "the second is looked at while the first waits")
        assert jobs.stations[0].health(0) is None
        waiting.set()
        await until(lambda: jobs.stations[0].health(0) is not None, "and the first in the end")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(scene())


class _Nobody:
    """A line to a caller on which nothing is sent."""

    async def send(self, command: Any, id: str | None = None) -> Any:
        raise AssertionError(command, id)
