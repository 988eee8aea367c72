"""Typed lines passed to the simulated devices of a running demo, and what comes of them printed.

A typed line names a device and what happens to it. The answer is the simulator's own; the device's state in the hall
comes from the view that the supervision page shows.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from caller.client.client import Client
from caller.demo import robots
from caller.demo.process_group import ManagedProcess
from caller.demo.scenes import SCENES
from caller.demo.setup import DemoSetup
from config.catalogue import both_words
from config.process.running import obey_typed
from config.text_safety import for_terminal

PrintLine = Callable[[str], None]
Play = Callable[[str], Coroutine[Any, Any, None]]  # of a scene's name, until the scene is over
SCENE_WORDS = ("scene", "场景")
Devices = dict[str, dict[str, Any]]
HINTS = (  # kind, what to type, what it does
    ("evaluator", "unplug", "拔出 / pull it out"),
    ("evaluator", "plug", "插回；换一个口：plug elsewhere / put it back; on another port: plug elsewhere"),
    ("printer", "paper out", "缺纸；换纸：paper in / out of paper; a new roll: paper in"),
    ("caller-pad", "next", "在叫号器上按“呼叫” / press “next” on the hard caller"),
    ("sign", "silent on", "不应答；恢复：silent off / answers no more; again: silent off"),
    ("reader", "王小明", "在取号机放上身份证；拿开：take / lay an ID card on the kiosk; take it off: take"),
)
SHOWN = {"prompt": "请评价（输入 5 到 1）/ please rate (type 5 to 1)", "thanks": "谢谢 / thanks", "idle": "—"}


def hints(setup: DemoSetup) -> list[tuple[str, str]]:
    """Return what may be typed here, with the last device of each kind as an example, and what it does."""
    last = {device.kind: device.name for device in setup.settings.devices}
    return [(f"{last[kind]} {words}", meaning) for kind, words, meaning in HINTS if kind in last]


def scene_typed(line: str) -> str | None:
    """Return the scene that a typed line asks for; "" for one there is not, None for a line about a device."""
    word, _, name = line.partition(" ")
    if word not in SCENE_WORDS:
        return None
    return name.strip() if name.strip() in SCENES else ""


async def run(setup: DemoSetup, simulators: ManagedProcess, print_line: PrintLine, play: Play) -> None:
    """Pass on what is typed and print what becomes of it, until cancelled. `play` plays a scene, one at a time."""
    seen = own_displays(setup)
    playing: list[asyncio.Task[None]] = []

    def print_safely(line: str) -> None:
        print_line(for_terminal(line))

    def obey(line: str) -> None:
        name = scene_typed(line)
        if name is None:
            simulators.type(line)
        elif not name:
            print_safely(f"scene {' | '.join(SCENES)}")
        elif any(not each.done() for each in playing):
            print_safely("正在演示一个场景，请等它结束 / a scene is being played; wait for its end")
        else:
            playing.append(group.create_task(play(name)))

    simulators.on_line = lambda line: _show(line, seen, print_safely)
    async with asyncio.TaskGroup() as group:
        group.create_task(obey_typed(lambda line: obey(line) if line else None))
        group.create_task(_watch(setup, print_safely))


def own_displays(setup: DemoSetup) -> set[str]:
    """Return the displays at the free window; those of all windows would be too much to read."""
    window = robots.free_window(setup)
    kinds = ("evaluator", "caller-pad")
    mine = (each for each in setup.settings.devices if window and each.window == window.id)
    return {each.name for each in mine if each.kind in kinds}


def _show(line: str, seen: set[str], print_line: PrintLine) -> None:
    """Print, of all lines of the simulators, the answers to what was typed and what the devices in `seen` show."""
    found = json.loads(line) if line.startswith("{") else {}
    if "answer" in found:
        print_line(f"  {found['device']}: {found['answer']}")
    elif found.get("device") in seen and (shown := found.get("line") or SHOWN.get(str(found.get("shown")))):
        print_line(f"  {found['device']} 显示 shows: {shown}")


async def _watch(setup: DemoSetup, print_line: PrintLine) -> None:
    """Print each change of a device that was ready once; how all come up is left out."""
    zone, known = ZoneInfo(setup.settings.hall.zone), KnownDevices()
    async with Client(setup.caller, setup.tokens["supervisor-demo"], ["supervise"], "demo") as client:
        async for topic in client.changes():
            for name, device in known.news(client.views.get(topic, {}).get("devices", {})):
                clock = datetime.fromtimestamp(device["since"] / 1_000_000, zone).strftime("%H:%M:%S")
                words = both_words("device-state", device["state"])
                print_line(f"  {clock} {name} {words}  {device['detail']}".rstrip())


class KnownDevices:
    """The state last printed of each device."""

    def __init__(self) -> None:
        self._printed: dict[str, str] = {}

    def news(self, devices: Devices) -> list[tuple[str, dict[str, Any]]]:
        """Return the devices in another state than printed last."""
        changed = [(name, device) for name, device in devices.items() if self._is_news(name, device["state"])]
        self._printed |= {
            name: device["state"] for name, device in devices.items() if self._begun(name, device)
        }
        return changed

    def _is_news(self, name: str, state: str) -> bool:
        return name in self._printed and self._printed[name] != state

    def _begun(self, name: str, device: dict[str, Any]) -> bool:
        return name in self._printed or device["state"] == "ready"
