"""A program that was killed says no last words: the caller says that its devices are unknown, once."""

from pathlib import Path
from typing import Any

from caller.engine.commands import DeviceState, ReportDevice
from caller.engine.register import DeviceStatus
from caller.protocol.frames import Beat, Done
from caller.protocol.permissions import Station
from caller.service.connection import Limits
from caller.service.device_presence import GONE, OwnCommand, StationPresence
from config.settings import Device, HallTable, Kiosk, PriorityClass, Queue, Settings, Window
from tests.instruments.caller_fixture import Room, hear, room, run, until

AGENT, KIOSK, SECOND_KIOSK = Station("agent", "pc-1"), Station("kiosk", "k1"), Station("kiosk", "k2")
PORT = "file:///dev/null"
SETTINGS = Settings(
    hall=HallTable(site="test", name="测试大厅", automatic_day=False),
    classes=(PriorityClass(id="ordinary", name="普通", target_minutes=30),),
    queues=(Queue(id="A", name="综合"),),
    windows=(Window(id="3", name="三号", queues=["A"]),),
    devices=(
        Device(name="keys-3", kind="evaluator", port=PORT, agent="pc-1", window="3"),
        Device(name="p1", kind="printer", port=PORT),
        Device(name="shared", kind="printer", port=PORT),
        Device(name="cards", kind="reader", port=PORT, agent="k1"),
    ),
    kiosks=(Kiosk(id="k1", printers=["p1", "shared"]), Kiosk(id="k2", printers=["shared"])),
)
ALL: tuple[Station, ...] = (AGENT, KIOSK, SECOND_KIOSK)


class Hall:
    """Devices as the hall knows them, and the caller's looks at who is here."""

    def __init__(self, seconds: float = 10.0) -> None:
        self.absence = StationPresence(SETTINGS, seconds, 0.0)
        self.devices: dict[str, DeviceStatus] = {}
        for name in ("keys-3", "p1", "shared", "cards", "clock"):
            self.tell(name, "ready")

    def tell(self, name: str, state: DeviceState) -> None:
        self.devices[name] = DeviceStatus("kind", state, "", 0)

    def look(self, now: float, *here: Station) -> list[str]:
        """The devices reported as unknown, carried out as the loop does."""
        found = self.absence.orders(self.devices, here, now)
        for order, answered in found:
            assert isinstance(order.command, ReportDevice)
            assert (order.command.state, order.command.detail, order.role) == ("unknown", GONE, "caller")
            self.tell(order.command.device, "unknown")
            answered(Done(order.id, 1))
        return names(found)


def names(orders: list[OwnCommand]) -> list[str]:
    return sorted(getattr(order.command, "device", "") for order, _ in orders)


def test_an_agent_gone_for_ten_seconds_leaves_its_devices_unknown_once() -> None:
    hall = Hall()
    assert hall.look(5.0, *ALL) == []
    assert hall.look(15.0, KIOSK, SECOND_KIOSK) == []
    assert hall.look(15.1, KIOSK, SECOND_KIOSK) == ["keys-3"]
    assert hall.look(99.0, KIOSK, SECOND_KIOSK) == []


def test_whoever_is_back_in_time_is_not_told_of() -> None:
    hall = Hall()
    assert hall.look(0.0, *ALL) == hall.look(9.0) == hall.look(9.5, *ALL) == hall.look(19.0) == []


def test_a_kiosk_takes_its_printers_and_readers_along_but_not_a_shared_printer() -> None:
    hall = Hall()
    hall.look(1.0, *ALL)
    assert hall.look(12.0, AGENT, SECOND_KIOSK) == ["cards", "p1"]
    assert hall.look(30.0, AGENT) == ["shared"]


def test_after_a_restart_of_the_caller_all_have_time_to_come_back() -> None:
    hall = Hall()
    assert hall.look(10.0) == []
    assert hall.look(10.1) == ["cards", "keys-3", "p1", "shared"]


def test_what_is_in_no_hall_file_or_was_never_told_or_is_unknown_stays_as_it_is() -> None:
    hall = Hall()
    del hall.devices["p1"]
    hall.tell("keys-3", "unknown")
    assert hall.look(20.0) == ["cards", "shared"]
    assert hall.devices["clock"].state == "ready"


def test_an_order_unanswered_is_not_given_twice_and_a_refused_one_comes_again() -> None:
    hall = Hall()
    hall.devices = {"keys-3": hall.devices["keys-3"]}
    [(_, answered)] = hall.absence.orders(hall.devices, (), 20.0)
    assert hall.absence.orders(hall.devices, (), 21.0) == []
    answered(Done("refused or done, it is answered", 1))
    assert names(hall.absence.orders(hall.devices, (), 22.0)) == ["keys-3"]


# --- over real sockets


def state(hall: Room) -> str:
    return hall.loop.hall.register.devices["keys-3"].state


async def agent_dies(hall: Room) -> None:
    """It reports its keypad, and its socket dies without a word."""
    async with hall.connect() as line:
        await hall.greet(line, "agent", "pc-1", "devices")
        await hall.order(ReportDevice("keys-3", "evaluator", "ready"), "agent", "pc-1")
        line.transport.abort()
    await until(lambda: "agent/pc-1" not in hall.server.connected)


def test_the_table_says_unknown_when_the_socket_of_an_agent_has_died(tmp_path: Path) -> None:
    async def test() -> None:
        async with (
            room(tmp_path, limits=Limits(absent_seconds=0.1), settings=SETTINGS) as hall,
            hall.client("manager", "m", ["supervise"]) as manager,
        ):
            await agent_dies(hall)
            await until(lambda: device(manager.views).get("state") == "unknown")
            assert device(manager.views)["detail"] == GONE

    run(test())


def device(views: dict[str, Any]) -> dict[str, Any]:
    return views.get("supervise", {}).get("devices", {}).get("keys-3", {})


def test_twin_without_the_look_a_dead_agents_device_is_ready_for_ever(tmp_path: Path) -> None:
    async def test() -> None:
        limits = Limits(absent_seconds=float("inf"))
        async with room(tmp_path, limits=limits, settings=SETTINGS) as hall, hall.connect() as board:
            await hall.greet(board, "board", "b1", "board")
            await agent_dies(hall)
            for _ in range(3):
                await hear(board, Beat)
            assert state(hall) == "ready"

    run(test())


def test_an_agent_that_is_here_keeps_its_devices_ready(tmp_path: Path) -> None:
    async def test() -> None:
        async with (
            room(tmp_path, limits=Limits(absent_seconds=0.1), settings=SETTINGS) as hall,
            hall.connect() as line,
        ):
            await hall.greet(line, "agent", "pc-1", "devices")
            await hall.order(ReportDevice("keys-3", "evaluator", "ready"), "agent", "pc-1")
            for _ in range(3):
                await hear(line, Beat)
            assert state(hall) == "ready"

    run(test())
