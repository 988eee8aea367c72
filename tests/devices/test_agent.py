"""The agent with devices on ptys: asked once, told anew, withdrawn and unknown when that is the truth."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from caller.engine.commands import CallNext, RequeueTicket
from config.device_port import DevicePort
from config.device_port import parse as port
from config.settings import Device, HallTable, Settings
from devices.agent import Agent, AgentStation
from devices.inventory import BrokenDevice, BuildContext, Inventory
from devices.ports import serial_link
from devices.ports.serial_link import LineSettings
from devices.profiles.profile_reader import find
from devices.simulators.displays import SimulatedCallKeypad, SimulatedSign
from devices.simulators.keypad import SimulatedKeypad
from devices.simulators.pty_cable import CableFaults
from devices.units.evaluator import Evaluator
from devices.units.unit import CommandReply, UnitEffect
from tests.instruments.device_bench import (
    DEADLINE,
    HallSeam,
    at_window,
    evaluator_at_window,
    micros,
    running,
    within,
)


def test_a_refused_command_is_told_in_words(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        hall = HallSeam()
        hall.refuse = ["requeue-used"]
        effects: list[CommandReply] = []
        unit = SimpleNamespace(
            kind="reader", answered=lambda _command, answer, _now: effects.append(answer) or []
        )
        agent = Agent(hall, micros)
        await agent._send(AgentStation("r1", unit, None), RequeueTicket("ticket-1"))  # type: ignore[arg-type]
        assert effects == [CommandReply("requeue-used", "不行", "No")]

    caplog.set_level(logging.INFO, "hallcall.devices")
    asyncio.run(scene())
    assert "r1: RequeueTicket → requeue-used: 不行" in caplog.text


def test_an_evaluator_asks_once_more_where_a_rating_is_awaited_and_only_there(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            await table.shown("idle")
            assert not table.agent.ask_rating("evaluator-3")
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            assert table.agent.ask_rating("evaluator-3")
            await table.shown("prompt", 2)
            assert not table.agent.ask_rating("evaluator-4")
            table.keypad.press("level-5")
            await table.shown("thanks")
            assert not table.agent.ask_rating("evaluator-3"), "rated once"

    asyncio.run(within(scene()))


def test_keys_nobody_asked_for_are_counted_and_ignored(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            await table.shown("idle")
            table.keypad.press("level-1")
            await _eventually(lambda: table.unit.ignored == 1)
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            assert table.hall.rates == []

    asyncio.run(scene())


def test_a_keypad_back_on_another_port_is_asked_again_and_warned_about_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            table.keypad.cable.unplug()
            await table.hall.until(lambda: "offline" in table.hall.told("evaluator-3"))
            table.keypad.cable.plug()
            await table.shown("prompt", 2)
            table.keypad.press("level-5")
            await table.shown("thanks")
            await table.hall.until(lambda: table.hall.told("evaluator-3")[-1] == "ready")
            assert table.hall.rates == [("ticket-1", 5)]
            assert table.hall.told("evaluator-3") == ["ready", "offline", "ready"]

    caplog.set_level(logging.WARNING, "hallcall.devices")
    asyncio.run(scene())
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


def test_two_keypads_on_one_line_are_told_apart_by_address(tmp_path: Path) -> None:
    async def scene() -> None:
        profile, hall = find("evaluator-crc"), HallSeam()
        async with SimulatedKeypad(profile, tmp_path / "bus", address=1) as one:
            agent = Agent(hall, micros)
            units = [Evaluator(window, profile, number) for window, number in (("3", 1), ("4", 2))]
            stations = [AgentStation(f"e{index}", unit, profile) for index, unit in enumerate(units)]
            agent.add(port(one.cable.port), LineSettings(), stations)
            async with running(agent):
                hall.ask("ticket-3", window="3")
                hall.ask("ticket-4", window="4")
                async with asyncio.timeout(DEADLINE):
                    await one.shown("prompt")
                one.cable.send(profile.press("level-2", 2))
                one.cable.send(profile.press("level-5", 1))
                await hall.until(lambda: len(hall.rates) == 2)
                assert sorted(hall.rates) == [("ticket-3", 5), ("ticket-4", 2)]

    asyncio.run(scene())


def test_a_hard_caller_calls_and_shows_what_was_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_window(tmp_path, "pad-sum8", CableFaults()) as (hall, twin):
            assert isinstance(twin, SimulatedCallKeypad)
            hall.show(
                "window/3", {"window": "3", "name": "3号窗口", "state": "open", "version": 4, "waiting": 2}
            )
            await within(twin.shows("等候2"))
            twin.press("next")
            await hall.until(lambda: CallNext("3", 4) in hall.sent)
            called = {"state": "called", "version": 5, "waiting": 1, "ticket": {"number": "A042"}}
            hall.show("window/3", {"window": "3", "name": "3号窗口", **called})
            await within(twin.shows("A042"))
            hall.refuse = ["nobody-waiting"]
            twin.press("recall")
            await within(twin.shows("不行"))

    asyncio.run(scene())


def test_a_sign_says_when_the_caller_is_gone(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_window(tmp_path, "sign-strip", CableFaults()) as (hall, twin):
            assert isinstance(twin, SimulatedSign)
            hall.show(
                "window/3", {"window": "3", "name": "3号窗口", "state": "open", "version": 1, "waiting": 0}
            )
            await within(twin.shows("请等候"))
            hall.state = "waiting"
            await within(twin.shows("信息未更新"))

    asyncio.run(scene())


def test_a_silent_keypad_is_unknown_and_ready_again_when_it_answers(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path, "evaluator-crc") as table:
            await table.hall.until(lambda: table.hall.told("evaluator-3")[-1:] == ["ready"])
            table.keypad.cable.faults.silent = True
            await table.hall.until(lambda: table.hall.told("evaluator-3")[-1:] == ["unknown"])
            table.keypad.cable.faults.silent = False
            await table.hall.until(lambda: table.hall.told("evaluator-3")[-1:] == ["ready"])

    asyncio.run(scene())


def test_a_babbling_keypad_is_told_as_an_error_and_still_rates(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path, "evaluator-crc", CableFaults(babble=True)) as table:
            await table.hall.until(lambda: table.hall.told("evaluator-3")[-1:] == ["error"])
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            table.keypad.press("level-3")
            await table.hall.until(lambda: table.hall.rates == [("ticket-1", 3)])

    asyncio.run(scene())


def test_a_press_the_caller_never_answers_is_withdrawn_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.agent.agent.PRESS_SECONDS", 0.2)

    async def scene() -> None:
        async with at_window(tmp_path, "pad-sum8", CableFaults()) as (hall, twin):
            assert isinstance(twin, SimulatedCallKeypad)
            hall.show("window/3", {"window": "3", "name": "3", "state": "open", "version": 4, "waiting": 2})
            await within(twin.shows("等候2"))
            hall.mute = True
            twin.press("next")
            await within(twin.shows("没有应答"))

    asyncio.run(scene())


def test_a_rating_without_an_answer_is_asked_again_under_its_own_id(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            table.hall.ask("ticket-1")
            await table.shown("prompt")
            table.hall.lost = 2
            table.keypad.press("level-5")
            await table.shown("thanks")
            assert len(table.hall.rates) == 3
            assert len(set(table.hall.ids)) == 1

    asyncio.run(scene())


def test_when_the_agent_stops_its_devices_are_unknown(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            await table.hall.until(lambda: table.hall.told("evaluator-3") == ["ready"])
        assert table.hall.told("evaluator-3") == ["ready", "unknown"]

    asyncio.run(scene())


def test_an_agent_that_was_away_tells_its_devices_anew(tmp_path: Path) -> None:
    async def scene() -> None:
        async with evaluator_at_window(tmp_path) as table:
            await table.hall.until(lambda: table.hall.told("evaluator-3") == ["ready"])
            for state in ("waiting", "connecting", "greeting", "current"):
                table.hall.became.put_nowait(state)
            await table.hall.until(lambda: table.hall.told("evaluator-3") == ["ready", "ready"])

    asyncio.run(scene())


async def _eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - a counter tells nobody that it changed
            await asyncio.sleep(0.01)


class Faulty(Evaluator):
    """Logic with a bug: it raises at each tick."""

    def tick(self, now: int) -> list[UnitEffect]:
        raise ZeroDivisionError(now)


async def beside_a_faulty_neighbour(folder: Path) -> HallSeam:
    """Two keypads on one line, the first with a bug; the second is rated once, if it works."""
    profile, hall = find("evaluator-crc"), HallSeam()
    async with SimulatedKeypad(profile, folder / "bus", address=2) as keypad:
        agent = Agent(hall, micros)
        units = {"bad": Faulty("3", profile, 1), "good": Evaluator("4", profile, 2)}
        agent.add(
            port(keypad.cable.port), LineSettings(), [AgentStation(*each, profile) for each in units.items()]
        )
        async with running(agent):
            hall.ask("ticket-4", window="4")
            async with asyncio.timeout(DEADLINE):
                await keypad.shown("prompt")
            keypad.press("level-5")
            await hall.until(lambda: hall.rates and "error" in hall.told("bad"))
    return hall


def test_a_device_whose_logic_raises_is_an_error_and_its_neighbour_works(tmp_path: Path) -> None:
    hall = asyncio.run(beside_a_faulty_neighbour(tmp_path))
    assert hall.rates == [("ticket-4", 5)]
    assert "error" not in hall.told("good")


def test_without_the_guard_it_takes_the_whole_agent_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AgentStation, "effects", lambda _self, ask: ask())
    monkeypatch.setattr("tests.devices.test_agent.running", until_it_falls)
    with pytest.raises(ExceptionGroup) as fallen:
        asyncio.run(beside_a_faulty_neighbour(tmp_path))
    assert fallen.group_contains(ZeroDivisionError)


@asynccontextmanager
async def until_it_falls(agent: Agent) -> AsyncGenerator[None]:
    """As `running`, where the end is awaited."""
    async with asyncio.timeout(DEADLINE):
        await agent.run()
    yield


def test_whatever_a_port_raises_only_that_device_is_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is tried again: here the library raises something else each time, then the port opens."""
    raised = [OverflowError("port must be 0-65535"), RuntimeError("x"), KeyError("y"), UnicodeError("z")]
    real = serial_link.open_line

    async def open_line(where: DevicePort, settings: LineSettings) -> serial_link.OpenLine:
        if where.path.endswith("bad") and raised:
            raise raised.pop(0)
        return await real(where, settings)

    async def scene() -> None:
        profile, hall = find("evaluator-sum5"), HallSeam()
        async with (
            SimulatedKeypad(profile, tmp_path / "bad") as bad,
            SimulatedKeypad(profile, tmp_path / "good") as good,
        ):
            agent = Agent(hall, micros)
            for name, keypad in (("bad", bad), ("good", good)):
                agent.add(
                    port(keypad.cable.port),
                    LineSettings(),
                    [AgentStation(name, Evaluator("3", profile, 1), profile)],
                )
            async with running(agent):
                await hall.until(lambda: hall.told("good") == ["ready"] and "offline" in hall.told("bad"))
                await hall.until(lambda: hall.told("bad")[-1] == "ready")

    monkeypatch.setattr(serial_link, "open_line", open_line)
    asyncio.run(scene())
    assert raised == []


def test_a_broken_device_is_reported_with_its_reason_beside_working_ones() -> None:
    async def scene() -> None:
        hall, agent = HallSeam(), None
        row = Device("e9", "evaluator", "tcp://127.0.0.1:99999", window="9")
        agent = Agent(hall, micros)
        agent.attach(
            BuildContext(Settings(HallTable("t", "t"), (), (), ())),
            Inventory(broken=(BrokenDevice(row, "端口"),)),
        )
        async with running(agent):
            await hall.until(lambda: hall.told("e9") == ["error"])

    asyncio.run(scene())
