"""Puts a demo hall on: starts its processes in an order that makes each ready fast, opens the day, and tells
where to look.
"""

import asyncio
import shlex
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from caller.client.client import Client, RefusedError
from caller.demo import checked_visit, interactive, robots
from caller.demo.process_group import ManagedProcess, ProcessGroup
from caller.demo.setup import PC, DemoSetup, prepare
from caller.engine import commands as cmd
from config.settings import Window

HOURS = 8  # a demo day lasts at least so long from now
DOCUMENTED_TOOLS = {
    "chromium": "全屏显示页面 / shows the pages full screen",
    "espeak-ng": "语音播报 / the voice",
}
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def missing_tools() -> list[str]:
    """Debian packages a demo can do without, and what is lost."""
    lines = [f"{name}: {what}" for name, what in DOCUMENTED_TOOLS.items() if not shutil.which(name)]
    if not FONT.exists():
        lines.append("fonts-noto-cjk: 号票图形打印、页面汉字 / raster slips, hanzi on pages")
    return lines


async def start(stage: DemoSetup, troupe: ProcessGroup, think: float, auto: str) -> dict[str, ManagedProcess]:
    """All processes of the hall: devices and the caller first, then the stations."""
    data = ["--data", str(stage.data)]
    calls = [("caller", ["caller", str(stage.file), *data]), ("twins", _twins(stage, think, auto))]
    stations = [
        ("web", ["web", str(stage.file), *data]),
        ("agent", ["agent", str(stage.file), *data, "--name", PC]),
    ]
    stations += [
        (f"kiosk-{kiosk.id}", ["kiosk", str(stage.file), *data, "--name", kiosk.id, "--port", str(port)])
        for kiosk, port in zip(stage.settings.kiosks, _kiosk_ports(stage), strict=True)
    ]
    actors = [*await troupe.start(*calls)]
    await open_day(stage)
    actors += await troupe.start(*stations)
    return {actor.name: actor for actor in actors}


def _kiosk_ports(stage: DemoSetup) -> list[int]:
    return [stage.settings.listen.kiosk, *[0] * (len(stage.settings.kiosks) - 1)][
        : len(stage.settings.kiosks)
    ]


def _twins(stage: DemoSetup, think: float, auto: str) -> list[str]:
    """All devices; the evaluator of the window that is left to a person waits for one too."""
    own = robots.left(stage)
    by_hand = [
        f"--by-hand={device.name}"
        for device in stage.settings.devices
        if own and device.kind == "evaluator" and device.window == own.id
    ]
    habits = ["--auto", auto, "--think", str(think), "--seed", "1", *by_hand]
    return ["simulated", "hall", str(stage.file), "--out", str(slips(stage)), *habits]


def slips(stage: DemoSetup) -> Path:
    return stage.data / "slips"


async def open_day(stage: DemoSetup) -> None:
    """The manager opens today, whatever the time of day."""
    zone = ZoneInfo(stage.settings.hall.zone)
    async with Client(stage.caller, stage.tokens["manager-demo"], [], "manager") as manager:
        await manager.until("current")
        assert manager.welcome
        now = manager.welcome.now
        for command in (
            cmd.OpenDay(datetime.fromtimestamp(now / 1e6, zone).date().isoformat()),
            cmd.ExtendHours(now + HOURS * 3_600_000_000),
        ):
            try:
                await manager.send(command)
            except RefusedError as refused:
                if refused.frame.code not in ("day-already-open", "bad-time"):
                    raise


def addresses(stage: DemoSetup, actors: dict[str, ManagedProcess]) -> list[tuple[str, str]]:
    """What to open, and where."""
    web = actors["web"].ready.split()[-1].rstrip("/")
    way = checked_visit.route(stage)
    kiosk = next(actor for name, actor in actors.items() if name.startswith("kiosk"))
    token = stage.tokens
    return [
        ("取号机 kiosk", kiosk.ready.split()[-1]),
        ("综合屏 board", f"{web}/board#token={token['board-demo']}"),
        (f"{way.window} 号窗口屏 window sign", f"{web}/sign?window={way.window}#token={token['board-demo']}"),
        ("监察屏 supervise", f"{web}/supervise#token={token['supervisor-demo']}"),
        *_yours(stage, way.window, web),
        ("打印出的号票 slips", str(slips(stage))),
        (
            "设备状态 devices",
            shlex.join([_hallcall(), "devices", str(stage.file), "--data", str(stage.data)]),
        ),
    ]


def _yours(stage: DemoSetup, fallback: str, web: str) -> list[tuple[str, str]]:
    """A window for whoever looks on: what to take at the kiosk, the clerk's console, the applicant's rating."""
    window = robots.left(stage)
    own = window.id if window else fallback
    token = stage.tokens[f"evaluator-{own}"]
    rating = (f"{own} 号窗口评价 rating page", f"{web}/rate?window={own}#token={token}")
    if window is None:
        return [rating]
    command = ["window", str(stage.file), "--data", str(stage.data), "--window", own, "--clerk", "2001"]
    console = (f"{own} 号窗口叫号台 console", shlex.join([_hallcall(), *command]))
    return [
        (
            f"在取号机选此事项，由您在 {own} 号窗口办 / take this at the kiosk and serve it at window {own}",
            _errand(stage, window),
        ),
        console,
        rating,
    ]


def _errand(stage: DemoSetup, window: Window) -> str:
    """The first item done at a window, as the kiosk leads to it."""
    item = next(item for item in stage.settings.items if item.queue in window.queues)
    department = next((each.name for each in stage.settings.departments if each.id == item.department), "")
    return f"{department} → {item.name}"


def _hallcall() -> str:
    """The command as it can be typed here: `make demo` has it in a venv that is not on the path."""
    own = Path(sys.executable).with_name("hallcall")
    return "hallcall" if not own.exists() or shutil.which("hallcall") == str(own) else str(own)


async def once(hall: str, data: Path) -> dict[str, Any]:
    """One visit through everything; the report. Raises `visit.Disagreement` or `NotReadyError`."""
    stage = prepare(hall, data, "demo")
    troupe = ProcessGroup(data / "logs")
    try:
        way = checked_visit.route(stage)
        actors = await start(stage, troupe, think=0.3, auto=f"{checked_visit.LEVEL}=1")
        kiosk = next(actor for name, actor in actors.items() if name.startswith("kiosk"))
        report = await checked_visit.one_visit(stage, way, kiosk.ready.split()[-1], slips(stage))
    finally:
        await troupe.stop()
    return {**report, "events": len(checked_visit.records(stage))}


async def run(
    hall: str,
    data: Path,
    tell: Callable[[DemoSetup, dict[str, ManagedProcess]], None],
    say: interactive.Say,
    seconds: float,
    seed: int,
) -> None:
    """A living hall until cancelled, or for so many seconds (0: for ever)."""
    stage = prepare(hall, data, "demo")
    troupe = ProcessGroup(data / "logs")
    try:
        actors = await start(stage, troupe, think=3.0, auto="usual")
        tell(stage, actors)
        async with asyncio.timeout(seconds or None), asyncio.TaskGroup() as group:
            group.create_task(robots.play(stage, seed))
            group.create_task(interactive.play(stage, actors["twins"], say))
    finally:
        await troupe.stop()
