"""Runs a demo hall: starts its processes in an order that makes each ready fast, opens the day, prints the addresses."""

import asyncio
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from caller.client.client import Client, RefusedError, SendError
from caller.demo import checked_visit, interactive, late_case, robots, scenes
from caller.demo.process_group import ManagedProcess, ProcessGroup
from caller.demo.scene_steps import Addresses, Pause, SceneError, SceneHall
from caller.demo.setup import MANAGER, PC, DemoSetup, prepare
from caller.engine import commands as cmd
from caller.engine.events import SlipReported
from caller.eventlog import LOG_NAME
from caller.service.clock import wall_micros
from config.settings import Window

ROWS_PER_SECOND = 100_000  # of a printer that no person waits at
SLIPS_SECONDS, LOOK_SECONDS = 60.0, 0.1  # for the slips of a scene, at 1.6 s each; a bound, not a wait
SCENE_STEP_SECONDS = 3.0  # between the steps of a scene in a living demo: time to look
STAYS = (
    "大厅还开着，可打开上面的页面；Ctrl+C 结束",
    "The hall stays open for its pages to be looked at; Ctrl+C ends it",
)
HOURS = 8  # a demo day lasts at least so long from now
DOCUMENTED_TOOLS = {
    "chromium": "全屏显示页面 / shows the pages full screen",
    "espeak-ng": "语音播报 / the voice",
}
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def missing_tools() -> list[str]:
    """Return the Debian packages that are missing, with what a demo lacks without them."""
    lines = [f"{name}: {what}" for name, what in DOCUMENTED_TOOLS.items() if not shutil.which(name)]
    if not FONT.exists():
        lines.append("fonts-noto-cjk: 号票图形打印、页面汉字 / raster slips, hanzi on pages")
    return lines


async def start(setup: DemoSetup, group: ProcessGroup, think: float, auto: str) -> dict[str, ManagedProcess]:
    """Start all processes of the hall: devices and the caller first, then the stations.

    Raises:
        NotReadyError: one did not come up.
    """
    data = ["--data", str(setup.data)]
    devices_and_caller = [
        ("caller", ["caller", str(setup.file), *data]),
        ("simulators", _simulators(setup, think, auto)),
    ]
    stations = [
        ("web", ["web", str(setup.file), *data]),
        ("deliver", ["deliver", str(setup.file), *data]),
        ("agent", ["agent", str(setup.file), *data, "--name", PC]),
    ]
    stations += [
        (f"kiosk-{kiosk.id}", ["kiosk", str(setup.file), *data, "--name", kiosk.id, "--port", str(port)])
        for kiosk, port in zip(setup.settings.kiosks, _kiosk_ports(setup), strict=True)
    ]
    processes = [*await group.start(*devices_and_caller)]
    await open_day(setup)
    processes += await group.start(*stations)
    return {process.name: process for process in processes}


def _kiosk_ports(setup: DemoSetup) -> list[int]:
    return [setup.settings.listen.kiosk, *[0] * (len(setup.settings.kiosks) - 1)][
        : len(setup.settings.kiosks)
    ]


def _simulators(setup: DemoSetup, think: float, auto: str) -> list[str]:
    """Return the command of all simulated devices; the evaluator of the free window waits for a person too."""
    own = robots.free_window(setup)
    by_hand = [
        f"--by-hand={device.name}"
        for device in setup.settings.devices
        if own and device.kind == "evaluator" and device.window == own.id
    ]
    habits = ["--auto", auto, "--think", str(think), "--seed", "1", *by_hand]
    return ["simulated", "hall", str(setup.file), "--out", str(slips(setup)), *habits]


def slips(setup: DemoSetup) -> Path:
    return setup.data / "slips"


async def open_day(setup: DemoSetup) -> None:
    """Open today as the manager, whatever the time of day: by this computer's clock, since a hall that was away for weeks
    takes its date from who opens it."""
    zone, now = ZoneInfo(setup.settings.hall.zone), wall_micros()
    async with Client(setup.caller, setup.tokens["manager-demo"], [], "manager") as manager:
        await manager.until("current")
        for command in (
            cmd.OpenDay(datetime.fromtimestamp(now / 1e6, zone).date().isoformat()),
            cmd.ExtendHours(now + HOURS * 3_600_000_000),
        ):
            try:
                await manager.send(command)
            except RefusedError as refused:
                if refused.frame.code not in ("day-already-open", "bad-time"):
                    raise


def addresses(setup: DemoSetup, processes: dict[str, ManagedProcess]) -> list[tuple[str, str]]:
    """Return what can be opened, and where."""
    web, kiosk = pages(processes)
    route = checked_visit.route(setup)
    token = setup.tokens
    return [
        ("取号机 kiosk", kiosk),
        ("综合屏 board", f"{web}/board#token={token['board-demo']}"),
        (
            f"{route.window} 号窗口屏 window sign",
            f"{web}/sign?window={route.window}#token={token['board-demo']}",
        ),
        ("监察屏 supervise", f"{web}/supervise#token={token['supervisor-demo']}"),
        ("引导台 guide desk", f"{web}/guide#token={token['guide-demo']}"),
        *_office(processes, setup.password),
        *_phones(setup, web),
        *_own_window(setup, route.window, web),
        ("打印出的号票 slips", str(slips(setup))),
        (
            "设备状态 devices",
            shlex.join([_hallcall(), "devices", str(setup.file), "--data", str(setup.data)]),
        ),
    ]


def pages(processes: dict[str, ManagedProcess]) -> Addresses:
    """Return where the pages are, as their processes printed it when they were ready."""
    kiosk = next(process for name, process in processes.items() if name.startswith("kiosk"))
    return Addresses(processes["web"].ready.split()[-1].rstrip("/"), kiosk.ready.split()[-1])


def _office(processes: dict[str, ManagedProcess], password: str) -> list[tuple[str, str]]:
    if "office" not in processes:
        return []
    address = processes["office"].ready.split()[-1]
    return [(f"管理台，工号 {MANAGER}，口令 {password} / office, number and password as here", address)]


def _phones(setup: DemoSetup, web: str) -> list[tuple[str, str]]:
    """Return the pages that anybody opens on a phone."""
    known = [
        (
            setup.settings.phone.take,
            "手机取号（码在取号机和大屏上） number by phone, with the code on kiosk and board",
            "take",
        ),
        (setup.settings.phone.book, "手机预约 booking", "book"),
        (setup.settings.feedback.enabled, "投诉建议 complaints and suggestions", "feedback"),
        (True, "核对评价 check the ratings", "ratings"),
    ]
    return [(name, f"{web}/{page}") for shown, name, page in known if shown]


def _own_window(setup: DemoSetup, fallback: str, web: str) -> list[tuple[str, str]]:
    """Return the free window's lines: what to take at the kiosk, the clerk's console, the applicant's rating."""
    window = robots.free_window(setup)
    own = window.id if window else fallback
    token = setup.tokens[f"evaluator-{own}"]
    rating = (f"{own} 号窗口评价 rating page", f"{web}/rate?window={own}#token={token}")
    if window is None:
        return [rating]
    command = ["window", str(setup.file), "--data", str(setup.data), "--window", own, "--clerk", "2001"]
    console = (f"{own} 号窗口叫号台 console", shlex.join([_hallcall(), *command]))
    desk = (f"{own} 号窗口叫号台网页 desk", f"{web}/desk?window={own}#token={setup.tokens[f'window-{own}']}")
    return [
        (
            f"在取号机选此事项，由您在 {own} 号窗口办 / take this at the kiosk and serve it at window {own}",
            _own_item(setup, window),
        ),
        desk,
        console,
        rating,
    ]


def _own_item(setup: DemoSetup, window: Window) -> str:
    """Return the first item done at a window, as the kiosk leads to it."""
    item = next(item for item in setup.settings.items if item.queue in window.queues)
    department = next((each.name for each in setup.settings.departments if each.id == item.department), "")
    return f"{department} → {item.name}"


def _hallcall() -> str:
    """Return the command as it can be typed here: `make demo` has it in a venv that is not on the path."""
    own = Path(sys.executable).with_name("hallcall")
    return "hallcall" if not own.exists() or shutil.which("hallcall") == str(own) else str(own)


async def once(hall: str, data: Path) -> dict[str, Any]:
    """Take one visit through everything; return the report. Raises `Disagreement` or `NotReadyError`."""
    setup = prepare(hall, data, "demo")
    group = ProcessGroup(data / "logs")
    try:
        route = checked_visit.route(setup)
        processes = await start(setup, group, think=0.3, auto=f"{checked_visit.LEVEL}=1")
        report = await checked_visit.one_visit(setup, route, pages(processes).kiosk, slips(setup))
    finally:
        await group.stop()
    return {**report, "events": len(checked_visit.records(setup))}


async def run(
    hall: str,
    data: Path,
    tell: Callable[[DemoSetup, dict[str, ManagedProcess]], None],
    print_line: interactive.PrintLine,
    seconds: float,
    seed: int,
) -> None:
    """Run a hall with robots until cancelled, or for so many seconds (0: for ever). `tell` prints its addresses."""
    setup = prepare(hall, data, "demo")
    group = ProcessGroup(data / "logs")
    try:
        processes = await start(setup, group, think=3.0, auto="usual")
        office = ["office", str(setup.file), "--data", str(setup.data)]
        processes |= {each.name: each for each in await group.start(("office", office))}
        tell(setup, processes)
        async with asyncio.timeout(seconds or None), asyncio.TaskGroup() as tasks:
            tasks.create_task(robots.run(setup, seed))
            play = _typed_scene(setup, pages(processes), print_line)
            tasks.create_task(interactive.run(setup, processes["simulators"], print_line, play))
    finally:
        await group.stop()


def _typed_scene(setup: DemoSetup, at: Addresses, print_line: interactive.PrintLine) -> interactive.Play:
    """Return what plays the scene of a typed name beside the robots, at windows that neither they nor a person have."""
    own = robots.free_window(setup)
    busy = frozenset(each.id for each in [*robots.staffed(setup), *([own] if own else [])])

    async def play(name: str) -> None:
        async def rest() -> None:
            await asyncio.sleep(SCENE_STEP_SECONDS)

        try:
            await play_scene(name, SceneHall(setup, at, print_line, name, busy=busy, pause=rest))
        except (SceneError, RefusedError, SendError, TimeoutError) as error:
            print_line(str(error))

    return play


def _hurry(setup: DemoSetup, simulators: ManagedProcess) -> None:
    """Let the simulated printers print faster than paper does: no person waits for a slip here."""
    for device in setup.settings.devices:
        if device.kind == "printer":
            simulators.type(f"{device.name} speed {ROWS_PER_SECOND}")


async def play_scene(name: str, hall: SceneHall) -> None:
    """Play one scene and print where its papers are."""
    names = scenes.NAMES[name]
    hall.print_line(f"—— {names[1 if hall.english else 0]} ——")
    async with hall:
        await scenes.SCENES[name](hall)
    await _slips_printed(hall)
    where = "papers" if hall.english else "文书"
    hall.print_line(f"{where}: {hall.papers} ({len(hall.kept)})  {slips(hall.setup)}")


async def _slips_printed(hall: SceneHall) -> None:
    """Wait until the log knows what became of each slip of a scene. Raises: SceneError."""
    deadline = time.monotonic() + SLIPS_SECONDS
    while True:
        events = [record.event for record in checked_visit.records(hall.setup)]
        reported = {event.ticket for event in events if isinstance(event, SlipReported)}
        if hall.tickets <= reported:
            return
        if time.monotonic() > deadline:
            raise SceneError("号票没有打完 / not all slips were printed")
        await asyncio.sleep(LOOK_SECONDS)


class SceneChoices(NamedTuple):
    """How `hallcall demo --scene` plays: which scenes, in which language, with PDF or not, and how a step is awaited."""

    names: list[str]
    english: bool
    pdf: bool
    pause: Pause | None


def _write_past(setup: DemoSetup, name: str) -> None:
    """Give the hall what a scene needs from weeks ago. Raises: SceneError (the hall has no such item)."""
    hall = SceneHall(setup, Addresses("", ""), print, name)
    item = hall.item(*scenes.PAST[name])
    late_case.write_late_case(setup, item, hall.window(item), wall_micros())


async def play_scenes(
    hall: str, data: Path, choices: SceneChoices, print_line: interactive.PrintLine
) -> None:
    """Start a hall without robots, play scenes in it one after another, and stop it once the last pause is over.

    Raises:
        SceneError: the hall has no such item, or something did not follow.
    """
    setup = prepare(hall, data, "demo")
    group = ProcessGroup(data / "logs")
    for name in choices.names:
        if name in scenes.PAST and not (data / LOG_NAME).exists():
            await asyncio.to_thread(_write_past, setup, name)
    try:
        processes = await start(setup, group, think=0.3, auto=f"{checked_visit.LEVEL}=1")
        if choices.pause is None:
            _hurry(setup, processes["simulators"])
        for name in choices.names:
            seen = SceneHall(
                setup, pages(processes), print_line, name, english=choices.english, pdf=choices.pdf, pause=choices.pause
            )  # fmt: skip
            await play_scene(name, seen)
        if choices.pause:
            print_line(STAYS[1 if choices.english else 0])
            await asyncio.Event().wait()
    finally:
        await group.stop()
