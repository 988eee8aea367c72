"""One real visit through the separate processes, checked against the log.

A finger taps the kiosk's page protocol, the slip comes out at the TCP printer, a console client calls, a board
client sees it, a keypad sends its bytes after the service; then all that was seen is held against the log.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from caller.client.client import Client
from caller.demo.kiosk_driver import KioskDriver
from caller.demo.setup import DemoSetup
from caller.engine import commands as cmd
from caller.eventlog import LOG_NAME
from caller.eventlog.chain import Record
from caller.eventlog.reading import Reader
from config.settings import Item

WAIT_SECONDS = 10.0  # for each thing that must follow
LEVEL = 5


class Disagreement(Exception):
    """Something seen is not what the log says, or did not come; names it."""


class Route(NamedTuple):
    """What the visitor comes for, and the window and evaluator that will serve."""

    item: Item
    window: str
    device: str


def route(stage: DemoSetup) -> Route:
    """The first window that has an evaluator, and an item it serves."""
    windows = {window.id: window for window in stage.settings.windows}
    for device in stage.settings.devices:
        if device.kind == "evaluator":
            queues = windows[device.window].queues
            item = next((item for item in stage.settings.items if item.queue in queues), None)
            if item:
                return Route(item, device.window, device.name)
    raise Disagreement("配置里没有带评价器的窗口 / no window of this hall has an evaluator")


async def one_visit(stage: DemoSetup, way: Route, kiosk: str, slips: Path) -> dict[str, Any]:
    """Run the visit; returns the report. Raises `Disagreement`."""
    board = Client(stage.caller, stage.tokens["board-demo"], ["board"], "board")
    window = Client(stage.caller, stage.tokens[f"window-{way.window}"], [f"window/{way.window}"], "window")
    async with board, window:
        await asyncio.gather(board.until("current"), window.until("current"))
        _need_nobody(board.views["board"], way)
        await window.send(cmd.OpenWindow(way.window, "1001"))
        before = _printed(slips)
        tapped, ticket = await _take(way, kiosk, board)
        slip = await _slip(slips, before)
        pressed, called = await _call(window, board, way.window)
        await _press(window, cmd.StartService, way.window)
        await _press(window, cmd.FinishService, way.window)
        rated = await _view(window, f"window/{way.window}", lambda doc: doc.get("rated"), "rating")
        return await _report(
            stage, way, ticket, slip, called, rated, {"tap_to_number": tapped, "press_to_board": pressed}
        )


def _need_nobody(board: dict[str, Any], way: Route) -> None:
    """Whoever was left by an earlier demo in the same folder would be called first."""
    if board["queues"][way.item.queue]["waiting"] or board["windows"][way.window]["number"]:
        raise Disagreement(
            "这个数据目录里还有上次演示的人，请用 --data 换一个空目录。\n"
            "People of an earlier demo are still in this data folder; give an empty one with --data."
        )


async def _take(way: Route, kiosk: str, board: Client) -> tuple[float, dict[str, Any]]:
    finger = await KioskDriver.at(kiosk)
    await finger.paper()
    await finger.tap("start", "services")
    await finger.tap(f"department:{way.item.department}", "items")
    await finger.tap(f"item:{way.item.id}", "guide")
    await finger.tap("take", "priority")
    await finger.tap("class:ordinary", "confirm")
    began = time.perf_counter()
    screen = await finger.tap("confirm", "number")
    took = (time.perf_counter() - began) * 1e3
    number = str(screen["number"]["number"])
    queue = way.item.queue
    await _view(board, "board", lambda doc: doc["queues"][queue]["waiting"], "waiting on the board")
    await finger.leave()
    return took, {"number": number, "item": way.item.id, "queue": queue}


def _printed(slips: Path) -> dict[Path, int]:
    """Each slip and when it was written: a printer that starts anew may use an old name again."""
    return {file: file.stat().st_mtime_ns for file in slips.glob("*.bin")}


async def _slip(slips: Path, before: dict[Path, int]) -> dict[str, Any]:
    """The bytes the printer kept; they are there once the paper is cut."""

    def kept() -> Path | None:
        return next((file for file, at in _printed(slips).items() if before.get(file) != at), None)

    file = await _until(kept, "号票 / slip at the printer")
    picture = file.with_suffix(".png")
    await _until(picture.exists, "号票图片 / picture of the slip")
    return {"bytes": file.stat().st_size, "file": str(file), "picture": str(picture)}


async def _call(window: Client, board: Client, name: str) -> tuple[float, dict[str, Any]]:
    began, before = time.perf_counter(), _newest_call(board.views["board"])
    seeing = asyncio.create_task(
        _view(board, "board", lambda doc: _newest_call(doc) > before and doc["calls"], "call on the board")
    )
    result = await _press(window, cmd.CallNext, name)
    calls = await seeing
    took = (time.perf_counter() - began) * 1e3
    return took, {**result, "board": {"number": calls[0]["number"], "window": calls[0]["window"]}}


def _newest_call(board: dict[str, Any]) -> int:
    return max((call["call"] for call in board["calls"]), default=0)


async def _press(window: Client, verb: type[cmd.WindowVerb], name: str) -> dict[str, Any]:
    """A key at the console, on the picture it shows; the picture after it is awaited."""
    seen = int(window.views[f"window/{name}"]["version"])
    result = await window.send(verb(window=name, as_of=seen))  # type: ignore[arg-type]
    await _view(window, f"window/{name}", lambda doc: doc["version"] > seen, "window view")
    return result


async def _view(client: Client, topic: str, holds: Callable[[dict[str, Any]], Any], what: str) -> Any:
    """Wait until the newest document of a topic says so; returns what it says."""
    found = holds(client.views[topic])
    if found:
        return found
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            async for changed in client.changes():
                if changed == topic and (found := holds(client.views[topic])):
                    return found
    except TimeoutError:
        pass
    raise Disagreement(f"没有等到 / did not come: {what}")


async def _until(find: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := find()):
        if time.monotonic() > deadline:
            raise Disagreement(f"没有等到 / did not come: {what}")
        await asyncio.sleep(0.02)
    return found


# --- against the log


async def _report(
    stage: DemoSetup, way: Route, ticket: dict[str, Any], slip: dict[str, Any], called: dict[str, Any],
    rated: dict[str, Any], latency: dict[str, float],
) -> dict[str, Any]:  # fmt: skip
    def logged() -> dict[str, Any] | None:
        mine = (record.event for record in records(stage))
        events = {
            type(event).__name__: event for event in mine if getattr(event, "ticket", "") == called["ticket"]
        }
        return events if "SlipReported" in events and "ServiceRated" in events else None

    events = await _until(logged, "日志里的号票和评价 / slip and rating in the log")
    report = {
        "hall": stage.settings.hall.site,
        "ticket": ticket,
        "slip": {**slip, "state": events["SlipReported"].state},
        "called": {"window": called["window"]},
        "board": called["board"],
        "rating": {"level": rated["level"], "device": way.device},
        "events": len(records(stage)),
        "latency_ms": {name: round(value, 2) for name, value in latency.items()},
    }
    wrong = _differences(report, events, way)
    if wrong:
        raise Disagreement("与日志不符 / differs from the log: " + "; ".join(wrong))
    return report


def records(stage: DemoSetup) -> list[Record]:
    """All that is in the log, read beside a running caller."""
    with Reader(stage.data / LOG_NAME) as reader:
        return list(reader.after(0))


def _differences(report: dict[str, Any], events: dict[str, Any], way: Route) -> list[str]:
    """Every pair that must be the same and is not."""
    issued, call, rating = events["TicketIssued"], events["TicketCalled"], events["ServiceRated"]
    pairs = {
        "number on the kiosk": (report["ticket"]["number"], issued.number),
        "queue": (report["ticket"]["queue"], issued.queue),
        "items": ([report["ticket"]["item"]], issued.items),
        "slip": (report["slip"]["state"], "printed"),
        "called ticket": (call.ticket, issued.ticket),
        "called window": (report["called"]["window"], call.window),
        "number on the board": (report["board"]["number"], issued.number),
        "window on the board": (report["board"]["window"], call.window),
        "rated ticket": (rating.ticket, issued.ticket),
        "rating": (report["rating"]["level"], rating.level),
        "rating's window": (way.window, rating.window),
        "level pressed": (rating.level, LEVEL),
        "rated by": (rating.via, "evaluator"),
    }
    return [f"{what}: {seen!r} != {logged!r}" for what, (seen, logged) in pairs.items() if seen != logged]
