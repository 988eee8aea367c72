"""Somebody's hands at the devices of a living demo: what is typed goes to the twins, what comes of it is told.

A typed line names a device and what happens to it. The answer is the twin's own; what the hall then says of
the device comes from the view that the supervision page shows.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from caller.client.client import Client
from caller.demo import robots
from caller.demo.process_group import ManagedProcess
from caller.demo.setup import DemoSetup
from config.catalogue import both
from config.process.typed_input import obey_typed

Say = Callable[[str], None]
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


def hint(stage: DemoSetup) -> list[tuple[str, str]]:
    """What may be typed here, with the last device of each kind for an example, and what it does."""
    last = {device.kind: device.name for device in stage.settings.devices}
    return [(f"{last[kind]} {words}", meaning) for kind, words, meaning in HINTS if kind in last]


async def play(stage: DemoSetup, twins: ManagedProcess, say: Say) -> None:
    """Pass on what is typed and tell what becomes of it, until cancelled."""
    seen = own_displays(stage)
    twins.heard = lambda line: _heard(line, seen, say)
    async with asyncio.TaskGroup() as group:
        group.create_task(obey_typed(lambda line: twins.type(line) if line else None))
        group.create_task(_watch(stage, say))


def own_displays(stage: DemoSetup) -> set[str]:
    """What whoever sits at the free window has before them; the others' would be too much to read."""
    window = robots.left(stage)
    kinds = ("evaluator", "caller-pad")
    mine = (each for each in stage.settings.devices if window and each.window == window.id)
    return {each.name for each in mine if each.kind in kinds}


def _heard(line: str, seen: set[str], say: Say) -> None:
    """Of all that the twins say: the answers to what was typed, and what one's own devices show."""
    said = json.loads(line) if line.startswith("{") else {}
    if "answer" in said:
        say(f"  {said['device']}: {said['answer']}")
    elif said.get("device") in seen and (shown := said.get("line") or SHOWN.get(str(said.get("shown")))):
        say(f"  {said['device']} 显示 shows: {shown}")


async def _watch(stage: DemoSetup, say: Say) -> None:
    """Each change of a device that was ready once; how they all come up is no news."""
    zone, known = ZoneInfo(stage.settings.hall.zone), KnownDevices()
    async with Client(stage.caller, stage.tokens["supervisor-demo"], ["supervise"], "hands") as client:
        async for topic in client.changes():
            for name, device in known.news(client.views.get(topic, {}).get("devices", {})):
                clock = datetime.fromtimestamp(device["since"] / 1_000_000, zone).strftime("%H:%M:%S")
                words = " ".join(both("device-state", device["state"]))
                say(f"  {clock} {name} {words}  {device['detail']}".rstrip())


class KnownDevices:
    """What has been told of each device."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def news(self, devices: Devices) -> list[tuple[str, dict[str, Any]]]:
        """Those in another state than told last."""
        changed = [(name, device) for name, device in devices.items() if self._is_news(name, device["state"])]
        self._told |= {name: device["state"] for name, device in devices.items() if self._begun(name, device)}
        return changed

    def _is_news(self, name: str, state: str) -> bool:
        return name in self._told and self._told[name] != state

    def _begun(self, name: str, device: dict[str, Any]) -> bool:
        return name in self._told or device["state"] == "ready"
