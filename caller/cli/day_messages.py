"""What `hallcall day` says has been done: which day, until when, and how many people that concerns.

A manager closes a hall once a day, perhaps from another PC: "done" would not tell whether numbers are given now,
nor how a mistake is undone.
"""

from typing import Any, NamedTuple

from config.hall_lists import find
from config.instants import Micros
from config.settings import HallTable, ReasonKind, Settings


class Seen(NamedTuple):
    """The hall when the command was sent."""

    day: str
    now: int  # UTC µs, the caller's
    waiting: int  # people whose number is not done with: waiting or on hold
    lost: int = 0  # numbers that kiosks had in hand and that nobody gives any more


def seen(supervise: dict[str, Any], now: Micros) -> Seen:
    """Return what the document of supervision says of it."""
    held = sum(queue["held"] for queue in supervise["queues"].values())
    lost = sum(each["unused"] for each in supervise.get("lost", []))
    return Seen(supervise["hall"]["day"], now, supervise["counts"]["waiting"] + held, lost)


def opened(hall: HallTable, day: str, clock: str) -> str:
    lines = [
        f"营业日 {day} 已开始：取号到 {hall.last_ticket}，办理到 {hall.closes}",
        f"business day {day} is open: numbers until {hall.last_ticket}, service until {hall.closes}",
    ]
    if clock >= hall.last_ticket:
        lines += [
            f"现在 {clock}，取号时间已过。要放号请运行 hallcall day extend … --until HH:MM",
            f"It is {clock}, too late for numbers. To give some, run hallcall day extend … --until HH:MM",
        ]
    if clock >= hall.closes:
        lines += [
            "办公时间已过：不延时，过后自动结束",
            "Its hours are over: unless they are extended it ends by itself before long",
        ]
    return "\n".join(lines)


def stopped(seen: Seen) -> str:
    return (
        f"营业日 {seen.day} 已停止取号，还有 {seen.waiting} 人在等，照常办理\n"
        f"no more numbers on {seen.day}; still to be served: {seen.waiting}"
    )


def extended(seen: Seen, until: str) -> str:
    return (
        f"营业日 {seen.day} 已延到 {until}，取号和办理都到这个时间；现在 {seen.waiting} 人在等\n"
        f"{seen.day} is extended until {until}, for numbers and service; waiting now: {seen.waiting}"
    )


def closed(seen: Seen, expire: bool) -> str:
    gone = (f"，{seen.waiting} 个号码作废", f"; numbers expired: {seen.waiting}") if expire else ("", "")
    return (
        f"营业日 {seen.day} 已结束{gone[0]}。如是误操作，可用 hallcall day reopen 恢复\n"
        f"business day {seen.day} is closed{gone[1]}. If by mistake: hallcall day reopen" + _lost(seen.lost)
    )


def _lost(count: int) -> str:
    """Return how many numbers of kiosks were given no more, a line of each language; "" for none."""
    if not count:
        return ""
    return (
        f"\n取号机手里有 {count} 个号今天没有再发出（换了电脑或长时间没有联系），号码见管理台“营业日”\n"
        f"Numbers that kiosks had in hand and that nobody was given: {count}. Which, and why: the office, Day"
    )


def reopened(seen: Seen) -> str:
    return (
        f"营业日 {seen.day} 已重新开始，{seen.waiting} 人在等；请各窗口重新登录\n"
        f"business day {seen.day} is open again; waiting: {seen.waiting}. Windows must sign in again"
    )


def suspended(settings: Settings, scope: str, id: str, reason: str, until: str | None) -> str:
    zh, en = _what(settings, scope, id)
    why, why_en = _listed(settings, "suspend", reason)
    end = (f"，预计 {until} 恢复", f", expected until {until}") if until else ("", "")
    back = " ".join(filter(None, ("hallcall day resume …", f"--{scope} {id}" if id else "")))
    return (
        f"{zh}已暂停办理：{why}{end[0]}。已取的号保留位置；恢复请运行 {back}\n"
        f"{en} is suspended: {why_en}{end[1]}. Numbers keep their place; to go on: {back}"
    )


def resumed(settings: Settings, scope: str, id: str, seen: Seen) -> str:
    zh, en = _what(settings, scope, id)
    return f"{zh}已恢复办理，全厅 {seen.waiting} 人在等\n{en} goes on; waiting in the hall: {seen.waiting}"


def notified(settings: Settings, code: str, minutes: int) -> str:
    zh, en = _listed(settings, "notice", code)
    return (
        f"已通知等候的群众，显示 {minutes} 分钟：{zh}\nTold those who wait, shown for {minutes} minutes: {en}"
    )


def _what(settings: Settings, scope: str, id: str) -> tuple[str, str]:
    rows = settings.queues if scope == "queue" else settings.items if scope == "item" else ()
    found = next((each for each in rows if each.id == id), None)
    return (found.name, found.name_en or found.name) if found else (id or "大厅", id or "The hall")


def _listed(settings: Settings, kind: ReasonKind, code: str) -> tuple[str, str]:
    found = find(settings, kind, code)
    return (found.name, found.name_en or found.name) if found else (code, code)


def sure(seen: Seen) -> str:
    """Ask before numbers expire."""
    return (
        f"还有 {seen.waiting} 人在等，结束后号码作废。确定结束吗？\n"
        f"{seen.waiting} still wait; their numbers will expire. Close {seen.day}?"
    )
