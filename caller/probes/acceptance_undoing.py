"""How a step of an acceptance begins and ends: in a hall at rest, and with nothing left of it.

1. It begins only where no applicant waits and no window is open: its clerk would call the numbers of the acceptance.
2. However it ends (its end, Ctrl-C, a terminal that was closed), its visits are ended, its windows closed and its numbers
   cancelled. What ended without that, by a power cut say, is known by `UnderWay` and undone by the next run.
3. What could not be undone is said, and stays noted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from caller.client.client import RefusedError, SendError
from caller.engine import commands as cmd
from caller.probes.acceptance import (
    SPACING_SECONDS,
    AcceptanceRig,
    BrokenOff,
    LeftOut,
    NotShown,
    SessionLost,
    TwoLanguages,
)
from caller.probes.acceptance_orders import given_alone, is_here, plain_outcome, press
from caller.protocol.frames import message_of
from caller.reports.acceptance_record import AcceptanceRecord, StepResult, StepVerdict, UnderWay
from config.instants import Seconds
from config.settings import Queue

LEAVE_SECONDS: Seconds = 20.0  # to undo what a person has broken off: a caller that is away is not waited for
PlayStep = Callable[[AcceptanceRig], Awaitable[None]]


async def played(step: str, zh: str, en: str, play: PlayStep, rig: AcceptanceRig) -> StepResult:
    """Play one step and leave nothing of it; return what became of it. Broken off, it is undone as well.

    Raises `SessionLost`, `BrokenOff`, `CancelledError`.
    """
    rig.keep()
    verdict: StepVerdict = "passed"
    try:
        await play(rig)
    except LeftOut as left_out:
        verdict = "left-out"
        rig.said.append(left_out.words)
    except NotShown as missing:
        verdict = "failed"
        rig.said.append(missing.words)
    except RefusedError as refused:
        verdict = "failed"
        rig.said.append(message_of(refused.frame).with_next_step)
    except SendError as error:
        verdict = "failed"
        rig.say(f"叫号服务没有回答：{error}", f"the caller did not answer: {error}")
    except (asyncio.CancelledError, BrokenOff):
        await _left(rig)
        raise
    rig.said += await undone(rig)
    if verdict == "passed" and not all(each.met for each in rig.figures):
        verdict = "failed"
    done, by = rig.under_way, _acting(rig)
    return StepResult(
        step,
        zh,
        en,
        rig.subject,
        verdict,
        rig.now,
        rig.said,
        rig.figures,
        done.began,
        by,
        list(done.numbers),
        rig.subject_en,
    )


def _acting(rig: AcceptanceRig) -> str:
    """Return who ran the step: the account that is signed in, else the station."""
    station = rig.client.welcome
    return rig.client.persons.accounts.get("") or (f"{station.role}/{station.station}" if station else "")


async def _left(rig: AcceptanceRig) -> None:
    """Undo a step that a person has broken off, as far as that goes in a short time."""
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            await undone(rig)
    except (TimeoutError, SessionLost):
        rig.keep()  # the next run undoes it


async def undone(rig: AcceptanceRig) -> list[TwoLanguages]:
    """End the visits of the step under way, close its windows and cancel its numbers; return what could not be, in words.

    What could not stays in `under_way`. Raises `SessionLost`.
    """
    way = rig.under_way
    trouble: list[TwoLanguages] = []
    way.cut = False  # who waited is not waited for any more
    try:
        await _known(rig, trouble)
        for window in _open_windows(rig):
            if not await _closed(rig, window, trouble) and window not in way.windows:
                way.windows.append(window)
        way.windows = [each for each in way.windows if each in _open_windows(rig)]
        for ticket in list(way.tickets):
            if await _cancelled(rig, ticket, trouble):
                way.tickets.remove(ticket)
            await asyncio.sleep(SPACING_SECONDS)
    except (SendError, NotShown):
        zh, en = (
            "叫号服务没有回答，取消验收的号没有做完",
            "the caller did not answer: not all numbers are cancelled",
        )
        trouble.append((zh, en))
    way.any_window &= bool(trouble)
    rig.keep()
    return trouble


async def _known(rig: AcceptanceRig, trouble: list[TwoLanguages]) -> None:
    """Come to know the numbers that the step may have: one that was asked for last, and those that a kiosk gave alone."""
    way = rig.under_way
    if way.asked:
        with suppress(RefusedError):  # it was not given then, and is not now
            await rig.number(way.asked)
        way.asked = None
    if way.kiosk:
        await rig.watch("sheet")
        way.tickets += [each for each in given_alone(rig) if each not in way.tickets]
        if not is_here(rig, f"kiosk/{way.kiosk}"):
            trouble.append(
                (
                    f"取号机 {way.kiosk} 还没有连上：它离线给的号并入后，请在管理台取消",
                    f"kiosk {way.kiosk} is not back: cancel what it gave alone at the office, once it is there",
                )
            )
        way.kiosk = ""


def _open_windows(rig: AcceptanceRig) -> list[str]:
    """Return the windows of the step that are open now. One that it opened is not always in its list: its clerk did."""
    known = rig.hall["windows"]
    wanted = list(known) if rig.under_way.any_window else dict.fromkeys(rig.under_way.windows)
    return [each for each in wanted if each in known and known[each]["state"] != "closed"]


async def _closed(rig: AcceptanceRig, id: str, trouble: list[TwoLanguages]) -> bool:
    """End what runs at a window, as its clerk would, and close it; return whether it is closed."""
    window = next(each for each in rig.settings.windows if each.id == id)
    topic = f"window/{id}"
    try:
        await rig.watch(topic)
        if rig.client.views[topic]["state"] == "called":
            await press(rig, cmd.StartService, window)
        if rig.client.views[topic]["state"] == "serving":
            await press(
                rig, cmd.FinishService, window, outcome=plain_outcome(rig, _queue_of(rig, window.queues))
            )
        await rig.order(cmd.CloseWindow(id))
        await rig.seen(
            lambda: rig.hall["windows"][id]["state"] == "closed", "窗口关闭", "the window is closed"
        )
    except RefusedError as refused:
        zh, en = message_of(refused.frame).with_next_step
        trouble.append((f"窗口 {id} 没有关：{zh}", f"window {id} is not closed: {en}"))
        return False
    return True


def _queue_of(rig: AcceptanceRig, ids: list[str]) -> Queue:
    return next(each for each in rig.settings.queues if each.id in ids)


async def _cancelled(rig: AcceptanceRig, ticket: str, trouble: list[TwoLanguages]) -> bool:
    """Cancel a number; return whether it is over, cancelled or served."""
    try:
        await rig.order(cmd.CancelTicket(ticket))
    except RefusedError as refused:
        if refused.frame.code in OVER:
            return True
        zh, en = message_of(refused.frame).with_next_step
        trouble.append((f"有一个号没有取消：{zh}", f"a number is not cancelled: {en}"))
        return False
    return True


# What a number is that needs no cancelling: served, cancelled before, or of another day.
OVER = frozenset({"wrong-state", "unknown-ticket"})


# --- beginning


def quiet(rig: AcceptanceRig) -> TwoLanguages | None:
    """Return why an acceptance must not begin now, where applicants wait or a window is open; None for a hall at rest."""
    waiting = rig.hall["counts"]["waiting"]
    open_now = [id for id, each in rig.hall["windows"].items() if each["state"] != "closed"]
    if not waiting and not open_now:
        return None
    windows = "、".join(open_now) or "0"
    return (
        f"大厅正在办理业务：{waiting} 人等候，开着的窗口 {windows}。验收会真的取号、叫号：请在对外办公之前做，窗口都先关闭",
        f"the hall is at work: {waiting} wait, open windows: {windows}. An acceptance takes and calls numbers for real: "
        "hold it before it opens to the public, with all windows closed",
    )


async def opened(rig: AcceptanceRig, day: str) -> bool:
    """Open the business day, where it is not open yet; return whether it was not."""
    if rig.hall["hall"]["open"]:
        return False
    await rig.order(cmd.OpenDay(day))
    return True


def kept_result(record: AcceptanceRecord, result: StepResult) -> AcceptanceRecord:
    """Return the record with one result more, and no step under way but one of which something is left."""
    way = record.under_way
    left = way if way and way.holds else None
    return AcceptanceRecord(record.version, record.began, record.results | {result.step: result}, left)


# --- after an hour that ended in the middle of a step


def broken_off(way: UnderWay, names: dict[str, TwoLanguages]) -> TwoLanguages:
    """Return how to tell of a step that an earlier run did not end."""
    zh, en = names.get(way.step, (way.step, way.step))
    return (
        f"上次验收在“{zh}”一步中断，再做之前先恢复大厅原样：取消 {len(way.tickets) + bool(way.asked)} 个号，关闭验收打开的窗口",
        f"the last run broke off in the step {en}: before anything else the hall is put back as it was, "
        f"{len(way.tickets) + bool(way.asked)} numbers cancelled and windows closed",
    )
