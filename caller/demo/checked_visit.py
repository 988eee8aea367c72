"""One real visit through the separate processes, checked against the log.

The kiosk's page protocol is tapped, the slip comes out at the TCP printer, a console client calls, a board
client sees it, a keypad sends its bytes after the service; then all that was seen is compared with the log.
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
    """Something seen is not what the log has, or did not come; the text names it."""


class Route(NamedTuple):
    """The visitor's item, and the window and evaluator that will serve."""

    item: Item
    window: str
    device: str


def route(setup: DemoSetup) -> Route:
    """Return the first window with an evaluator, and an item it serves that may end as done on the spot.

    Raises:
        Disagreement: there is none.
    """
    windows = {window.id: window for window in setup.settings.windows}
    for device in setup.settings.devices:
        if device.kind == "evaluator":
            queues = windows[device.window].queues
            own = (item for item in setup.settings.items if item.queue in queues and not item.days)
            item = next((each for each in own if not each.outcome_required), None)
            if item:
                return Route(item, device.window, device.name)
    raise Disagreement(
        "没有带评价器、能当场办结事项的窗口 / no window with an evaluator has an item that is done on the spot"
    )


async def one_visit(setup: DemoSetup, route: Route, kiosk: str, slips: Path) -> dict[str, Any]:
    """Take the visit through everything; return the report. Raises `Disagreement`."""
    board = Client(setup.caller, setup.tokens["board-demo"], ["board"], "board")
    window = Client(
        setup.caller, setup.tokens[f"window-{route.window}"], [f"window/{route.window}"], "window"
    )
    async with board, window:
        await asyncio.gather(board.until("current"), window.until("current"))
        _check_empty(board.views["board"], route)
        await window.send(cmd.OpenWindow(route.window, "1001"))
        before = _printed(slips)
        tapped, ticket = await _take(route, kiosk, board)
        slip = await _slip(slips, before)
        pressed, called = await _call(window, board, route.window)
        await _press(window, cmd.StartService, route.window)
        await _press(window, cmd.FinishService, route.window)
        rated = await _view(window, f"window/{route.window}", lambda doc: doc.get("rated"), "rating")
        return await _report(
            setup, route, ticket, slip, called, rated, {"tap_to_number": tapped, "press_to_board": pressed}
        )


def _check_empty(board: dict[str, Any], route: Route) -> None:
    """Refuse a hall in which visitors of an earlier demo still wait: they would be called first."""
    if board["queues"][route.item.queue]["waiting"] or board["windows"][route.window]["number"]:
        raise Disagreement(
            "这个数据目录里还有上次演示的人，请用 --data 换一个空目录。\n"
            "People of an earlier demo are still in this data folder; give an empty one with --data."
        )


async def _take(route: Route, kiosk: str, board: Client) -> tuple[float, dict[str, Any]]:
    driver = await KioskDriver.at(kiosk)
    await driver.paper()
    await driver.tap("start", "services")
    await driver.tap(f"department:{route.item.department}", "items")
    await driver.tap(f"item:{route.item.id}", "guide")
    await driver.tap("take", "priority")
    await driver.tap("class:ordinary", "confirm")
    began = time.perf_counter()
    screen = await driver.tap("confirm", "number")
    took = (time.perf_counter() - began) * 1e3
    number = str(screen["number"]["number"])
    queue = route.item.queue
    await _view(board, "board", lambda doc: doc["queues"][queue]["waiting"], "waiting on the board")
    await driver.leave()
    return took, {"number": number, "item": route.item.id, "queue": queue}


def _printed(slips: Path) -> dict[Path, int]:
    """Return each slip and when it was written: a printer that starts anew may use an old name again."""
    return {file: file.stat().st_mtime_ns for file in slips.rglob("*.bin")}


async def _slip(slips: Path, before: dict[Path, int]) -> dict[str, Any]:
    """Wait for the bytes the printer kept; they are there once the paper is cut."""

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
    """Press a key at the console, on the view it shows, and wait for the view after it."""
    seen = int(window.views[f"window/{name}"]["version"])
    result = await window.send(verb(window=name, as_of=seen))  # type: ignore[arg-type]
    await _view(window, f"window/{name}", lambda doc: doc["version"] > seen, "window view")
    return result


async def _view(client: Client, topic: str, holds: Callable[[dict[str, Any]], Any], what: str) -> Any:
    """Wait until `holds` finds something in the newest document of a topic; return it. Raises `Disagreement`."""
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
    setup: DemoSetup, route: Route, ticket: dict[str, Any], slip: dict[str, Any], called: dict[str, Any],
    rated: dict[str, Any], latency: dict[str, float],
) -> dict[str, Any]:  # fmt: skip
    def logged() -> dict[str, Any] | None:
        mine = (record.event for record in records(setup))
        events = {
            type(event).__name__: event for event in mine if getattr(event, "ticket", "") == called["ticket"]
        }
        return events if "SlipReported" in events and "ServiceRated" in events else None

    events = await _until(logged, "日志里的号票和评价 / slip and rating in the log")
    report = {
        "hall": setup.settings.hall.site,
        "ticket": ticket,
        "slip": {**slip, "state": events["SlipReported"].state},
        "called": {"window": called["window"]},
        "board": called["board"],
        "rating": {"level": rated["level"], "device": route.device},
        "events": len(records(setup)),
        "latency_ms": {name: round(value, 2) for name, value in latency.items()},
    }
    wrong = _differences(report, events, route)
    if wrong:
        raise Disagreement("与日志不符 / differs from the log: " + "; ".join(wrong))
    return report


def records(setup: DemoSetup) -> list[Record]:
    """Return all records of the log, read beside a running caller."""
    with Reader(setup.data / LOG_NAME) as reader:
        return list(reader.after(0))


def _differences(report: dict[str, Any], events: dict[str, Any], route: Route) -> list[str]:
    """Return every pair that must be the same and is not."""
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
        "rating's window": (route.window, rating.window),
        "level pressed": (rating.level, LEVEL),
        "rated by": (rating.via, "evaluator"),
    }
    return [f"{what}: {seen!r} != {logged!r}" for what, (seen, logged) in pairs.items() if seen != logged]
