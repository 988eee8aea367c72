"""The steps of the hour in which an installed hall is accepted, in their order: what is done, what is watched, what it must reach.

Numbers that a step takes are cancelled at its end, and windows it opened are closed; the log keeps all of it, so an acceptance
is held before the hall opens to the public. What each figure must reach is said where it is noted.
"""

import asyncio
import socket
import time
from contextlib import suppress
from typing import Any, NamedTuple

from caller.client.client import RefusedError
from caller.engine import commands as cmd
from caller.probes.acceptance import (
    BACK_SECONDS,
    NOTICED_SECONDS,
    SPACING_SECONDS,
    AcceptanceRig,
    LeftOut,
    NotShown,
)
from caller.probes.acceptance_orders import (
    between,
    given_alone,
    is_here,
    is_ready,
    open_queue,
    plain_outcome,
    press,
    print_test,
    ready_printer,
    shown_calls,
    take,
    taken_numbers,
    two_free,
)
from caller.probes.acceptance_power import caller_power, clock, fail_over
from caller.probes.acceptance_undoing import PlayStep
from config.instants import Seconds
from config.settings import Queue, Window, agents

NUMBERS = 20  # taken in a row: what a busy kiosk gives in five minutes
ROUNDS = 10  # of two windows that call at once
ANSWER_SECONDS: Seconds = 1.0  # from a press to its answer, every time
SHOWN_MS = 500.0  # from a press to the document of the screens
FULL_MOST = 500  # numbers that a test of a day's limit takes at most
OUT = frozenset({"paper-out", "cover-open"})


async def machine(rig: AcceptanceRig) -> None:
    """Note what `hallcall doctor` finds on this PC: nothing may be wrong."""
    rig.of(socket.gethostname())
    wrong = [each for each in rig.findings if each.grade == "wrong"]
    for each in rig.findings:
        rig.say(*each.message.with_next_step)
    rig.none("检查出的故障", "faults found", len(wrong))


async def numbers(rig: AcceptanceRig) -> None:
    """Take numbers one after another: each is answered in time, none given twice, none lost."""
    queue = open_queue(rig)
    rig.of(queue.name, queue.name_en)
    before = rig.hall["counts"]["issued"]
    times: list[float] = []
    taken = await taken_numbers(rig, queue, NUMBERS, times)
    issued = lambda: rig.hall["counts"]["issued"] - before  # noqa: E731 - read again and again
    await rig.seen(lambda: issued() >= len(taken), "取到的号都在大厅的统计里", "the hall counts every number")
    rig.say(f"取号 {between(taken)}", f"numbers {between(taken, ' to ')}")
    rig.most("取号应答时间（最长）", "answer to a number, longest", max(times), "s", ANSWER_SECONDS)
    rig.none("重号", "given twice", len(taken) - len({each["number"] for each in taken}))
    rig.none("丢号", "lost", len(taken) - issued())


async def two_windows(rig: AcceptanceRig) -> None:
    """Call at two windows at the same instant, again and again: never one number at both, each on the screens at once."""
    first, second, queue = two_free(rig)
    taken = await taken_numbers(rig, queue, 2 * ROUNDS, [])
    called: list[str] = []
    if rig.settings.accounts.required:
        first, second = await _signed_in_by_clerks(rig, queue, called)
    else:
        rig.opens(first.id, second.id)
        for each, clerk in ((first, "accept-1"), (second, "accept-2")):
            await rig.order(cmd.OpenWindow(each.id, clerk, [queue.id]))
    rig.of(f"窗口 {first.id}、{second.id}", f"windows {first.id}, {second.id}")
    both = (first, second)
    await rig.watch(*(f"window/{each.id}" for each in both))
    await _ended(rig, both, queue)
    answered, shown = 0.0, 0.0
    while len(called) < len(taken):
        began = time.monotonic()
        pressed = await asyncio.gather(*(press(rig, cmd.CallNext, each) for each in both))
        answered = max(answered, time.monotonic() - began)
        now = {each["number"] for each in pressed}
        called += [each["number"] for each in pressed]
        await rig.seen(lambda now=now: now <= shown_calls(rig), "屏幕显示叫号", "the screens have the call")
        shown = max(shown, (time.monotonic() - began) * 1000)
        await _ended(rig, both, queue)
    rig.say(
        f"{between(taken)}，每个窗口叫 {ROUNDS} 次",
        f"{between(taken, ' to ')}, {ROUNDS} calls at each window",
    )
    rig.most("叫号应答时间（最长）", "answer to a call, longest", answered, "s", ANSWER_SECONDS)
    rig.most("按键到屏幕数据（最长）", "press to the screens' data, longest", shown, "ms", SHOWN_MS)
    rig.none("一号两叫", "called twice", len(called) - len(set(called)))
    rig.none("没有叫到的号", "not called", len({each["number"] for each in taken} - set(called)))


async def _signed_in_by_clerks(rig: AcceptanceRig, queue: Queue, called: list[str]) -> tuple[Window, Window]:
    """Have two clerks sign in, each with an account of their own, and call once at the same instant; the hour goes on at
    their windows. Return these; add what they called."""
    able = [each for each in rig.settings.windows if queue.id in each.queues]
    ids = [each.id for each in able]
    rig.opens(any_window=True)
    await rig.ask(
        f"请两名工作人员各用自己的账户，在能办“{queue.name}”的两个窗口（{'、'.join(ids)}）登录、开始办理，再同时按一次“呼叫下一位”",
        f"have two clerks sign in, each with their own account, at two windows of {queue.name_en or queue.id} ({', '.join(ids)}), open them, "
        "and press Call next at the same instant, once",
    )

    def busy() -> list[Window]:
        return [each for each in able if rig.hall["windows"][each.id]["number"]]

    await rig.seen(lambda: len(busy()) >= 2, "两个窗口叫号", "a call at two windows")
    first, second = busy()[:2]
    rows = {each.id: rig.hall["windows"][each.id] for each in (first, second)}
    called += [row["number"] for row in rows.values()]
    for zh, en, row in (("窗口", "window", each) for each in rows.items()):
        rig.say(
            f"{zh} {row[0]}：{row[1]['clerk']} 登录，叫 {row[1]['number']}",
            f"{en} {row[0]}: {row[1]['clerk']} signed in and called {row[1]['number']}",
        )
    return first, second


async def _ended(rig: AcceptanceRig, windows: tuple[Window, Window], queue: Queue) -> None:
    """Begin and end the visits of what was called at these windows."""
    for each in windows:
        if rig.client.views[f"window/{each.id}"]["state"] == "called":
            await press(rig, cmd.StartService, each)
        if rig.client.views[f"window/{each.id}"]["state"] == "serving":
            await press(rig, cmd.FinishService, each, outcome=plain_outcome(rig, queue))


async def full_queue(rig: AcceptanceRig) -> None:
    """Fill a queue that has a limit a day: the next applicant is told so, in words."""
    limited = [each for each in rig.settings.queues if 0 < each.quota <= FULL_MOST]
    if not limited:
        raise LeftOut("没有每天限号的队列", "no queue has a limit a day")
    queue = min(limited, key=lambda each: each.quota)
    rig.of(queue.name, queue.name_en)
    await rig.ask(
        f"将取完“{queue.name}”今天的 {queue.quota} 个号，今天不能再取；可以吗",
        f"all {queue.quota} numbers of {queue.name_en or queue.id} are used up for today: go on",
    )
    taken: list[dict[str, Any]] = []
    said = ""
    with suppress(RefusedError):
        while len(taken) <= queue.quota:
            taken.append(await take(rig, queue))
            await asyncio.sleep(SPACING_SECONDS)
    try:
        await take(rig, queue)
    except RefusedError as refused:
        said = refused.frame.code
        rig.say(refused.frame.zh, refused.frame.en)
    rig.none("超过限额发出的号", "numbers beyond the limit", max(0, len(taken) - queue.quota))
    if said not in ("quota-used", "band-quota-used"):
        raise NotShown("没有说明号已取完", "it was not said that the numbers are used up")


async def paper(rig: AcceptanceRig) -> None:
    """Run a printer out of paper and give it a new roll."""
    name = ready_printer(rig)
    rig.of(name)
    await rig.ask(f"取出打印机 {name} 的纸", f"take the paper out of printer {name}")
    await rig.noticed(
        lambda: rig.devices[name]["state"] in OUT, "缺纸报警", "paper out is told", NOTICED_SECONDS
    )
    await rig.ask(f"给打印机 {name} 装纸，合上盖子", f"put paper into printer {name} and close it")
    await rig.noticed(lambda: is_ready(rig, name), "装纸后恢复", "ready after new paper", NOTICED_SECONDS)
    await print_test(rig, name)


async def device_cable(rig: AcceptanceRig) -> None:
    """Pull a printer's cable and plug it in again."""
    name = ready_printer(rig)
    rig.of(name)
    await rig.ask(f"拔下打印机 {name} 的数据线", f"pull the cable of printer {name}")
    await rig.noticed(lambda: not is_ready(rig, name), "断线报警", "the lost cable is told", NOTICED_SECONDS)
    await rig.ask(f"插好打印机 {name} 的数据线", f"plug the cable of printer {name} in")
    await rig.noticed(lambda: is_ready(rig, name), "插线后恢复", "ready after the cable", NOTICED_SECONDS)
    await print_test(rig, name)


async def network_cable(rig: AcceptanceRig) -> None:
    """Cut a kiosk off: it gives a number alone and comes back with it."""
    kiosk = next((each.id for each in rig.settings.kiosks if is_here(rig, f"kiosk/{each.id}")), None)
    if kiosk is None:
        raise LeftOut("没有连接着的取号机", "no kiosk is connected")
    rig.of(kiosk)
    key = f"kiosk/{kiosk}"
    await rig.watch("sheet")
    before = given_alone(rig).keys()
    rig.under_way.kiosk = kiosk
    rig.keep()
    await rig.ask(f"拔下取号机 {kiosk} 的网线", f"pull the network cable of kiosk {kiosk}")
    await rig.noticed(lambda: not is_here(rig, key), "发现断网", "the cut line is noticed", NOTICED_SECONDS)
    await rig.ask(
        f"在取号机 {kiosk} 上取一个号，号票应写明是离线号",
        f"take a number at kiosk {kiosk}; its slip must say that it is alone",
    )
    await rig.ask(f"插好取号机 {kiosk} 的网线", f"plug the network cable of kiosk {kiosk} in")
    await rig.noticed(lambda: is_here(rig, key), "恢复连接", "connected again", NOTICED_SECONDS)
    merged = lambda: given_alone(rig).keys() - before  # noqa: E731 - read again and again
    await rig.noticed(merged, "离线号并入", "the number it gave alone is merged", NOTICED_SECONDS)
    found = given_alone(rig)
    given = [found[each] for each in merged()]
    rig.under_way.tickets += merged()
    rig.under_way.numbers += given
    rig.say(f"离线号 {'、'.join(given)}", f"given alone: {', '.join(given)}")


async def station_power(rig: AcceptanceRig) -> None:
    """Cut a station's power: it comes back by itself."""
    keys = [
        *(f"agent/{pc}" for pc in agents(rig.settings)),
        *(f"kiosk/{each.id}" for each in rig.settings.kiosks),
    ]
    key = next((each for each in keys if is_here(rig, each)), None)
    if key is None:
        raise LeftOut("没有连接着的站点", "no station is connected")
    rig.of(key.partition("/")[2])
    await rig.ask(f"切断 {rig.subject} 这台电脑的电源", f"cut the power of PC {rig.subject}")
    await rig.noticed(
        lambda: not is_here(rig, key), "发现站点断电", "the dead station is noticed", NOTICED_SECONDS
    )
    await rig.ask(f"接通 {rig.subject} 的电源，不要再动它", f"switch {rig.subject} on and touch nothing else")
    await rig.noticed(
        lambda: is_here(rig, key), "站点自行恢复", "the station is back by itself", BACK_SECONDS
    )


class AcceptanceStep(NamedTuple):
    zh: str
    en: str
    play: PlayStep


STEPS: dict[str, AcceptanceStep] = {
    "machine": AcceptanceStep("本机检查", "this PC", machine),
    "numbers": AcceptanceStep("连续取号", "numbers in a row", numbers),
    "two-windows": AcceptanceStep("两个窗口同时叫号", "two windows at once", two_windows),
    "paper": AcceptanceStep("打印机缺纸", "paper out", paper),
    "device-cable": AcceptanceStep("拔设备线", "a device's cable", device_cable),
    "network-cable": AcceptanceStep("拔取号机网线", "a kiosk's network cable", network_cable),
    "station-power": AcceptanceStep("站点断电", "a station without power", station_power),
    "caller-power": AcceptanceStep("叫号服务断电", "the caller without power", caller_power),
    "clock": AcceptanceStep("时钟跳变", "the clock jumps", clock),
    "full-queue": AcceptanceStep("号满", "a full queue", full_queue),
    "fail-over": AcceptanceStep("主备切换", "fail-over", fail_over),
}
