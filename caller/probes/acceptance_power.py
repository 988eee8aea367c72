"""The steps of an acceptance that the callers' own PCs live through: power cuts, a wrong clock, a fail-over.

This program may run on the PC whose power is cut. So who waits is noted on disk before it, and the next run goes on with
`after_power`: no waiting number may be lost, and the next one must be new.
"""

from contextlib import suppress
from typing import Any

from caller.probes.acceptance import BACK_SECONDS, NOTICED_SECONDS, AcceptanceRig, LeftOut
from caller.probes.acceptance_orders import between, is_doubted, open_queue, taken_numbers
from config.settings import Queue


async def caller_power(rig: AcceptanceRig) -> None:
    """Cut the power of the caller's PC, and of the one that stands by: applicants keep their numbers, the next one is new."""
    queue, taken = await _three_wait(rig)
    of, of_en = (
        ("叫号服务和待命的两台电脑", "both callers' PCs")
        if rig.standby
        else ("叫号服务的电脑", "the caller's PC")
    )
    await rig.cut(
        f"切断{of}的电源（{rig.client.url}）。这个程序也在断电的电脑上的，通电后再运行一次，接着做",
        f"cut the power of {of_en} ({rig.client.url}). Where this program runs on one of them, run it again afterwards: it goes on",
    )
    await rig.ask("接通电源，不要再动它", "switch it on and touch nothing else")
    await rig.noticed(rig.is_back, "叫号服务恢复", "the caller is back", BACK_SECONDS)
    await _nobody_is_lost(rig, queue, taken)


async def _three_wait(rig: AcceptanceRig) -> tuple[Queue, list[dict[str, Any]]]:
    """Let three wait before the caller's power is cut, and note it: this program may be on the same PC."""
    queue = open_queue(rig)
    rig.of(queue.name, queue.name_en)
    taken = await taken_numbers(rig, queue, 3, [])
    await rig.seen(lambda: rig.hall["counts"]["waiting"] >= len(taken), "三人等候", "three wait")
    way = rig.under_way
    way.cut, way.waiting, way.queue = True, rig.hall["counts"]["waiting"], queue.id
    rig.keep()
    return queue, taken


async def _nobody_is_lost(rig: AcceptanceRig, queue: Queue, taken: list[dict[str, Any]]) -> None:
    """Note, on a line that has come back, that all who waited still do, and that the next number is a new one."""
    rig.none("丢失的等候号", "waiting numbers lost", rig.under_way.waiting - rig.hall["counts"]["waiting"])
    after = await taken_numbers(rig, queue, 1, [])
    again = sum(after[0]["number"] == each["number"] for each in taken)
    rig.none("断电后的重号", "given twice after it", again)
    rig.say(
        f"断电前 {between(taken)}，断电后 {after[0]['number']}",
        f"before it {between(taken, ' to ')}, after it {after[0]['number']}",
    )


async def after_power(rig: AcceptanceRig) -> None:
    """Go on with a power cut that took this program with it: its last run has noted who waited."""
    queue = next((each for each in rig.settings.queues if each.id == rig.under_way.queue), open_queue(rig))
    rig.of(queue.name, queue.name_en)
    await _nobody_is_lost(rig, queue, [{"number": each} for each in rig.under_way.numbers])
    rig.say(
        "这个程序也在断电的电脑上，多久恢复没有计时；在另一台电脑上运行可以计",
        "this program was on the PC without power: how long it was away is not measured; run on another PC it is",
    )


async def clock(rig: AcceptanceRig) -> None:
    """Move the clock of the caller's PC: the hall tells it, and when it is right again."""
    at = rig.client.url
    rig.of(f"叫号服务 {at}", f"caller {at}")
    await rig.ask(
        f"把叫号服务电脑（{at}）的时钟拨快一天", f"set the clock of the caller's PC ({at}) one day ahead"
    )
    await rig.noticed(lambda: is_doubted(rig), "时钟报警", "the wrong clock is told", NOTICED_SECONDS)
    await rig.ask("把时钟校准", "set the clock right again")
    await rig.noticed(
        lambda: not is_doubted(rig), "校准后恢复", "well after it is set right", NOTICED_SECONDS
    )


async def fail_over(rig: AcceptanceRig) -> None:
    """Cut the power of the PC that writes: the other one goes on, with everybody who waits."""
    if not rig.standby:
        raise LeftOut("没有备用的叫号服务（--standby）", "there is no second caller (--standby)")
    queue, taken = await _three_wait(rig)
    at = rig.client.url

    async def goes_on() -> None:
        await rig.again()
        await _nobody_is_lost(rig, queue, taken)

    away = await rig.cut(
        f"切断正在工作的叫号服务电脑的电源（{at}）",
        f"cut the power of the PC whose caller is at work ({at})",
        goes_on,
    )
    rig.most("断开到又能取号", "from the lost line to the next number", away, "s", NOTICED_SECONDS)
    rig.say(f"{at} 断电，{rig.client.url} 接替", f"{at} without power, {rig.client.url} goes on")
    with suppress(LeftOut):
        await rig.ask("接通那台电脑的电源，由它待命", "switch that PC on again: it stands by from now on")
