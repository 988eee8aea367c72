"""Every device of a living demo pulled out and put back, as a trainer does it, while a window never stops.

Real processes all: `hallcall demo`, its caller, agent, kiosk and simulators. A fault of a device costs that device:
the calling goes on, the table becomes right, and each outage is warned of once. How soon: tests/speed.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from caller.demo.kiosk_driver import KioskDriver
from caller.engine.commands import FinishService, StartService
from devices.printer.status_dialogue import DialogueLimits
from tests.instruments.caller_fixture import PATIENCE, run
from tests.instruments.demo_plugs import Demo, Desk, living, until

WINDOW = "4"  # the one the demo leaves to a person; it has one of each
ONE_OF_EACH = (
    ("e4", "pad4", "s4", "led"),
    ("k1-codes", "k1-cards"),
    ("p1",),
)  # by the program that owns them
VISITS = 2  # while a device is out, and after
PAGES = ("/board#token=", "/rate?window=", "/sign?window=", "/supervise#token=", "hallcall window", "slips")
TO_CONFIRM = (("take", "priority"), ("class:ordinary", "confirm"), ("confirm", "number"))


def test_each_plug_pulled_stops_no_call_and_is_warned_of_once(tmp_path: Path) -> None:
    every_plug_pulled(tmp_path)


def every_plug_pulled(tmp_path: Path) -> list[float]:
    """Pull every plug, one by one and all at once; return the seconds the table took each time."""

    async def scene() -> list[float]:
        async with living(tmp_path) as demo, Desk(demo, WINDOW).open() as desk:
            for page in PAGES:
                assert page in demo.printed
            for device in demo.devices:
                await demo.within(device, "ready", 0)
            async with desk.at_work():
                took = await asyncio.gather(*(one_by_one(demo, desk, lane) for lane in ONE_OF_EACH))
                took.append(await all_at_once(demo, desk))
            await what_came_back_works(demo, desk)
        assert demo.warnings() == sorted([*demo.devices, *(name for lane in ONE_OF_EACH for name in lane)])
        return [each for lane in took for each in lane]

    return run(scene(), 8 * PATIENCE)  # six programs start, nineteen outages follow


async def gone(demo: Demo, device: str, at: int) -> float:
    """Seconds until the table calls a device offline. A network printer that refuses may be serving another kiosk: it
    is waited for, its turn long, and only what is beyond that counts against the promise."""
    took = await demo.within(device, "offline", at)
    return max(0.0, took - DialogueLimits().turn) if demo.devices[device].kind == "printer" else took


async def one_by_one(demo: Demo, desk: Desk, devices: Iterable[str]) -> list[float]:
    """Out and in again; how long the table took each time."""
    took: list[float] = []
    for device in devices:
        took.append(await gone(demo, device, await demo.type(device, "unplug")))
        await desk.served(VISITS)
        took.append(await demo.within(device, "ready", await demo.type(device, "plug")))
        await desk.served(VISITS)
    return took


async def all_at_once(demo: Demo, desk: Desk) -> list[float]:
    """The whole hall dark, and back on other ports; the kiosk still gives numbers, without paper."""
    dark = await each_then(demo, "unplug", "offline")
    await desk.served(VISITS)
    await a_number_at_the_kiosk(demo, desk)
    alerts = [alert for alert in demo.table.views["supervise"]["alerts"] if alert["code"] == "device-offline"]
    assert sorted(alert["en"].partition(":")[0] for alert in alerts) == sorted(demo.devices)
    assert (await demo.devices_command()).count("未连接 offline") == len(demo.devices)
    return [*dark, *await each_then(demo, "plug elsewhere", "ready")]


async def each_then(demo: Demo, words: str, state: str) -> list[float]:
    done = [(device, await demo.type(device, words)) for device in demo.devices]
    if state == "offline":
        return await asyncio.gather(*(gone(demo, device, at) for device, at in done))
    return await asyncio.gather(*(demo.within(device, state, at) for device, at in done))


async def a_number_at_the_kiosk(demo: Demo, desk: Desk) -> None:
    """Taken by hand, shown on the glass, and served at the window like any other."""
    driver = await KioskDriver.at(demo.kiosk)
    await driver.tap("start", "services")
    await driver.tap(f"department:{desk.item.department}", "items")
    await driver.tap(f"item:{desk.item.id}", "guide")
    for target, screen in TO_CONFIRM:
        await driver.tap(target, screen)
    number = driver.screen["number"]["number"]
    await driver.tap("home", "idle")
    await driver.leave()
    await until(lambda: number in desk.shown, f"{number} called")


def prompts(demo: Demo) -> int:
    return sum(said["device"] == "e4" and said.get("shown") == "prompt" for said in demo.simulator_lines())


async def what_came_back_works(demo: Demo, desk: Desk) -> None:
    """A press at the hard caller, a number on the sign, a rating, a card."""
    await desk.take()
    await demo.type("pad4", "next")
    await until(lambda: desk.picture["state"] == "called", "the hard caller calls")
    number = desk.picture["ticket"]["number"]
    await until(
        lambda: any(
            number in said.get("line", "") for said in demo.simulator_lines() if said["device"] == "s4"
        ),
        "sign",
    )
    await desk.press(StartService)
    asked = prompts(demo)
    await desk.press(FinishService)
    await until(lambda: prompts(demo) > asked, "the keypad asks: a press before that counts for nobody")
    await demo.type("e4", "4")
    await until(lambda: desk.picture.get("rated", {}).get("level") == 4, "rated at the keypad")
    driver = await KioskDriver.at(demo.kiosk)
    await demo.type("k1-cards", "王小明")
    await driver.until("services")
