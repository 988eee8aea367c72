"""What the steps of an acceptance look at in the hall's documents, and what they order."""

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Any

from caller.engine import commands as cmd
from caller.probes.acceptance import SPACING_SECONDS, AcceptanceRig, LeftOut, NotShown
from caller.reports.acceptance_record import AskedNumber
from config.case_settings import USUAL, Outcome
from config.settings import Queue, Window, agent_printers, agents

PLAIN: tuple[Outcome, ...] = ("advice", "done", "received", "paid")  # outcomes that open nothing
PAPER_SECONDS = 60  # until a test paper must be out


def open_queue(rig: AcceptanceRig) -> Queue:
    """Return the first queue without a limit that gives numbers; else the first."""
    free = [each for each in rig.settings.queues if not each.quota and not each.band_quota and not each.hours]
    return (free or list(rig.settings.queues))[0]


def two_free(rig: AcceptanceRig) -> tuple[Window, Window, Queue]:
    """Return two windows without a clerk, those with a PC that is on first, and a queue that both serve. Raises `LeftOut`."""
    queues = {each.id: each for each in rig.settings.queues}
    free = [each for each in rig.settings.windows if rig.hall["windows"][each.id]["state"] == "closed"]
    free.sort(key=lambda each: not is_here(rig, f"window/{each.id}"))
    for first in free:
        for second in free:
            shared = [id for id in first.queues if id in second.queues and not queues[id].quota]
            if first.id != second.id and shared:
                return first, second, queues[shared[0]]
    raise LeftOut("没有两个空着的、办同一队列的窗口", "no two free windows serve one queue")


def ready_printer(rig: AcceptanceRig) -> str:
    """Return the first printer that is ready. Raises `LeftOut`."""
    ready = [
        each.name for each in rig.settings.devices if each.kind == "printer" and is_ready(rig, each.name)
    ]
    if not ready:
        raise LeftOut("没有就绪的打印机", "no printer is ready")
    return ready[0]


def is_ready(rig: AcceptanceRig, name: str) -> bool:
    return rig.devices.get(name, {}).get("state") in ("ready", "paper-low")


def is_here(rig: AcceptanceRig, key: str) -> bool:
    return rig.stations.get(key, {}).get("state") == "connected"


def is_doubted(rig: AcceptanceRig) -> bool:
    """Return whether the hall says that the clock is wrong. Of a clock that never was, nothing is reported."""
    alerts: list[dict[str, Any]] = rig.hall["alerts"]
    told = rig.devices.get("clock", {}).get("state", "ready")
    return any(each["code"] == "clock-date" for each in alerts) or told != "ready"


def given_alone(rig: AcceptanceRig) -> dict[str, str]:
    """Return the numbers that kiosks gave while they were cut off and that wait, by their ticket's id."""
    waiting = rig.client.views["sheet"]["waiting"]
    return {id: each["number"] for id, each in waiting.items() if "alone" in each}


def shown_calls(rig: AcceptanceRig) -> set[str]:
    return {each["number"] for each in rig.board.views["board"]["calls"]}


def plain_outcome(rig: AcceptanceRig, queue: Queue) -> Outcome:
    """Return an outcome for a visit of this queue after which nothing follows."""
    item = next((each for each in rig.settings.items if each.queue == queue.id), None)
    allowed: Collection[str] = item.outcomes if item and item.outcomes else USUAL
    fitting: list[Outcome] = [each for each in PLAIN if each in allowed]
    return fitting[0] if fitting else "done"


# --- orders


def asked_number(rig: AcceptanceRig, queue: Queue) -> AskedNumber:
    """Note a number of this queue before it is asked for, as an applicant would ask: by an item, where the queue has one."""
    item = next((each.id for each in rig.settings.items if each.queue == queue.id), None)
    return rig.asks([item], "") if item else rig.asks([], queue.id)


async def take(rig: AcceptanceRig, queue: Queue) -> dict[str, Any]:
    return await rig.number(asked_number(rig, queue))


async def taken_numbers(
    rig: AcceptanceRig, queue: Queue, count: int, times: list[float]
) -> list[dict[str, Any]]:
    """Take numbers one after another; add to `times` how long each answer took, in seconds."""
    taken: list[dict[str, Any]] = []
    for _ in range(count):
        asked = asked_number(rig, queue)
        began = time.monotonic()
        taken.append(await rig.number(asked))
        times.append(time.monotonic() - began)
        await asyncio.sleep(SPACING_SECONDS)
    return taken


async def press(rig: AcceptanceRig, verb: Callable[..., Any], window: Window, **rest: Any) -> dict[str, Any]:
    """Press a window's key as its clerk would: on what the newest document shows."""
    topic = f"window/{window.id}"
    before = rig.client.views[topic]["version"]
    answer = await rig.order(verb(window.id, before, **rest))
    await rig.seen(
        lambda: rig.client.views[topic]["version"] > before, "窗口画面更新", "the window's document"
    )
    return answer


async def print_test(rig: AcceptanceRig, name: str) -> None:
    """Have a window's printer print a test paper; a kiosk's has the next slip."""
    pc = next(
        (
            pc
            for pc in agents(rig.settings)
            if name in [each.name for each in agent_printers(rig.settings, pc)]
        ),
        None,
    )
    if pc is None:
        return
    job, began = (
        (await rig.order(cmd.RequestJob(pc, "print-test", device=name, seconds=PAPER_SECONDS)))["job"],
        time.monotonic(),
    )
    topic = f"jobs/{pc}"
    await rig.watch(topic)

    def state() -> str:
        return rig.client.views.get(topic, {}).get("jobs", {}).get(job, {}).get("state", "")

    await rig.seen(
        lambda: state() in ("done", "failed", "unknown"), "测试页结果", "the end of the test paper"
    )
    rig.most("测试页打印", "a test paper printed", time.monotonic() - began, "s", PAPER_SECONDS)
    if state() != "done":
        raise NotShown(f"测试页：{state()}", f"test paper: {state()}")


def between(taken: list[dict[str, Any]], to: str = " 至 ") -> str:
    return f"{taken[0]['number']}{to}{taken[-1]['number']}"
