"""What must be looked at in a city now: windows that call for help, and halls whose light is not green, the urgent first. Pure."""

from collections.abc import Iterable
from typing import Literal

from caller.records.centre.alarms import WindowCall
from caller.reports.city import LIGHTS, HallLine, joined_marks
from caller.reports.tables import Cell, Heading, ReportSheet, code_words, minutes
from config.instants import HOUR, SECOND, Micros, local

ANSWERED_SHOWN: Micros = 24 * HOUR  # so long a call that was answered stays in the list
CALLS = [
    Heading("大厅", "hall", "text"), Heading("窗口", "window", "text"), Heading("呼叫", "called", "text"),
    Heading("人员", "clerk", "text"), Heading("时间", "when", "text"), Heading("未应答，分钟", "unanswered, min", "minutes"),
    Heading("应答", "answered by", "text"), Heading("应答用时，分钟", "answered after, min", "minutes"),
    Heading("站点", "site", "text"),
]  # fmt: skip
HALLS = [
    Heading("大厅", "hall", "text"), Heading("情况", "state", "text"), Heading("等候", "waiting"),
    Heading("最长等候，分钟", "longest wait, min", "minutes"), Heading("开放窗口", "windows open"),
    Heading("暂停窗口", "paused"), Heading("超期", "overdue"), Heading("诉求超期", "answers late"),
    Heading("设备故障", "devices out"), Heading("多久前，分钟", "age, min", "minutes"), Heading("站点", "site", "text"),
]  # fmt: skip


def call_sheet(calls: Iterable[WindowCall], lines: Iterable[HallLine], now: Micros, zone: str) -> ReportSheet:
    """Return the calls for help of these halls: all that are open, and those answered within `ANSWERED_SHOWN`."""
    names = {line.hall.site: line.name for line in lines}
    rows: list[list[Cell]] = []
    for each in calls:
        if each.site not in names or (not each.is_open and now - each.acknowledged > ANSWERED_SHOWN):
            continue
        when = local(each.raised, zone).strftime("%m-%d %H:%M:%S")
        rows.append([
            names[each.site], each.window, code_words("alarm-call", each.kind) if each.kind else None, each.clerk, when,
            _for(each.raised, now) if each.is_open else None, each.by or None,
            None if each.is_open else _for(each.raised, each.acknowledged), each.site,
        ])  # fmt: skip
    return ReportSheet("窗口求助", "Help called", CALLS, rows)


def _for(since: Micros, until: Micros) -> float | None:
    return minutes(max(0, until - since) / SECOND)


def hall_sheet(lines: Iterable[HallLine], lang: Literal["zh", "en", ""] = "") -> ReportSheet:
    """Return the halls whose light is red or yellow, in this order, the longest wait first within it."""
    rows: list[list[Cell]] = [
        [
            line.name, joined_marks(line, lang), line.state.waiting, minutes(line.longest), line.state.open_windows,
            line.state.paused_windows, line.state.overdue, line.state.late, line.state.out, minutes(line.age), line.hall.site,
        ]
        for line in attention(lines)
    ]  # fmt: skip
    return ReportSheet("须处理和请留意的厅", "Halls to look at", HALLS, rows)


def attention(lines: Iterable[HallLine]) -> list[HallLine]:
    """Return the halls that a person should look at: the urgent first, and of these where a window calls for help."""
    wanted = [line for line in lines if line.light in ("red", "yellow")]
    return sorted(
        wanted,
        key=lambda line: (LIGHTS.index(line.light), not line.state.calls, -(line.longest or 0), line.name),
    )
