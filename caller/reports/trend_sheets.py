"""The sheets about how it went: over the days, against the span before, by weekday and hour; forecasts and reasons. Pure."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from caller.reports.document import Report
from caller.reports.tables import (
    NONE,
    BothWords,
    Cell,
    Heading,
    ReportSheet,
    SheetChart,
    code_words,
    minutes,
    percent,
)
from caller.reports.trend import Load, TrendPoint
from config.catalogue import both

WEEKDAYS = tuple(
    BothWords(zh, en)
    for zh, en in zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)


class PointFigure(NamedTuple):
    """A figure of a trend point: its heading, where it stands, and how."""

    heading: Heading
    read: Callable[[TrendPoint], Cell]


FIGURES = [
    PointFigure(Heading("营业日", "days"), lambda point: point.days),
    PointFigure(Heading(*both("count", "issued")), lambda point: point.issued),
    PointFigure(Heading("叫号", "calls"), lambda point: point.calls),
    PointFigure(Heading("办理", "services"), lambda point: point.services),
    PointFigure(Heading("平均等候", "wait mean", "minutes"), lambda point: minutes(point.wait_mean)),
    PointFigure(Heading("等候P90", "wait P90", "minutes"), lambda point: minutes(point.wait_p90)),
    PointFigure(Heading("平均办理", "serve mean", "minutes"), lambda point: minutes(point.service_mean)),
    PointFigure(Heading("过号率", "no-show share", "share"), lambda point: point.missed_share),
    PointFigure(Heading("评价率", "rated share", "share"), lambda point: point.rated_share),
    PointFigure(Heading("好评率", "good share", "share"), lambda point: point.good_share),
    PointFigure(Heading("告知准确率", "quoted right", "share"), lambda point: point.within_share),
]
TREND_CHARTS = (
    SheetChart("取号趋势", "issued over time", "line", (2,)),
    SheetChart("等候趋势，分钟", "wait over time, minutes", "line", (5, 6)),
    SheetChart("评价与预计趋势", "ratings and quoted waits over time", "line", (9, 10, 11)),
)


def sheets(report: Report, queue_label: Callable[[str], str]) -> list[ReportSheet]:
    """Return trend, comparison, both heat maps and the accuracy of quoted waits."""
    return [
        _trend(report),
        _comparison(report),
        _heat("负荷", "Load", "每个营业日取号数", "issued a business day", report.load, lambda load: load.issued_per_day),
        _heat("分时等候", "Waits by hour", "平均等候，分钟", "mean wait, minutes", report.load, lambda load: minutes(load.wait_mean)),
        _estimates(report, queue_label),
    ]  # fmt: skip


def _trend(report: Report) -> ReportSheet:
    """Return the figures day by day or month by month; of one day there is no trend."""
    about = "" if report.part == "hall" else f" {report.part}"
    headings = [Heading(f"时间{about}", f"time{about}", "text"), *(each.heading for each in FIGURES)]
    rows: list[list[Cell]] = [
        [point.label, *(each.read(point) for each in FIGURES)] for point in report.trend
    ]
    return ReportSheet("趋势", "Trend", headings, rows if len(rows) > 1 else [], charts=TREND_CHARTS)


def _comparison(report: Report) -> ReportSheet:
    now, before = report.comparison.now, report.comparison.before
    if before is None:
        return ReportSheet("对比", "Against before", [], [])
    headings = [
        Heading(report.part, "figure", "text"), Heading(now.label, "now", "text"), Heading(before.label, "before", "text"),
        Heading("变化", "change", "text"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for heading, read in FIGURES:
        new, old = read(now), read(before)
        unit = "，分钟 min" if heading.kind == "minutes" else ""
        shares = [percent(each) if heading.kind == "share" else each for each in (new, old)]  # type: ignore[arg-type]
        rows.append([f"{heading.zh} {heading.en}{unit}", *shares, _change(new, old, heading)])
    return ReportSheet("对比", "Against before", headings, rows)


def _change(new: Cell, old: Cell, heading: Heading) -> str | None:
    """Return the difference of two shares in points, of two times in minutes, of two counts in per cent."""
    if not isinstance(new, int | float) or not isinstance(old, int | float):
        return None
    if heading.kind == "share":
        return f"{(new - old) * 100:+.1f} 个百分点 points"
    if heading.kind == "minutes":
        return f"{new - old:+.1f}"
    return f"{(new - old) / old:+.1%}" if old else None


def _heat(
    zh: str, en: str, zh_what: str, en_what: str, loads: list[Load], read: Callable[[Load], Cell]
) -> ReportSheet:
    """Return weekdays as rows and hours as columns; an hour between two others stands there, also when it is empty."""
    hours = [load.hour for load in loads]
    shown = range(min(hours), max(hours) + 1) if hours else range(0)
    found = {(load.weekday, load.hour): read(load) for load in loads}
    rows: list[list[Cell]] = [
        [WEEKDAYS[weekday - 1], *(found.get((weekday, hour)) for hour in shown)]
        for weekday in sorted({load.weekday for load in loads})
    ]
    headings = [
        Heading("星期", "weekday", "text"),
        *(Heading(f"{hour}:00", f"{hour}:00", "number") for hour in shown),
    ]
    return ReportSheet(zh, en, headings, rows, charts=(SheetChart(zh_what, en_what, "heat"),))


def _estimates(report: Report, label: Callable[[str], str]) -> ReportSheet:
    rows: list[list[Cell]] = [
        [label(queue), each.told, each.within_share, minutes(each.mean_abs_error), minutes(each.bias)]
        for queue, each in report.estimates.items()
    ]
    headings = [
        Heading("队列", "queue", "text"), Heading("告知", "quoted"), Heading("准确率", "inside the range", "share"),
        Heading("平均误差", "mean error", "minutes"), Heading("偏差", "bias", "minutes"),
    ]  # fmt: skip
    charts = (SheetChart("告知等候准确率", "quoted waits that were right", "bar", (2,)),)
    return ReportSheet("预计准确", "Forecast", headings, rows, charts=charts)


def bad_reasons(report: Report, names: Mapping[str, str]) -> ReportSheet:
    """Return the reasons of bad ratings. A code stands behind the version of its list in the log ("1:slow")."""
    rows: list[list[Cell]] = [
        [_reason("rating-reason", code, names), count] for code, count in report.bad_reasons.items()
    ]
    headings = [Heading("差评原因", "reason", "text"), Heading("数量", "count")]
    charts = (SheetChart("差评原因", "reasons of bad ratings", "bar", (1,)),)
    return ReportSheet("差评原因", "Reasons", headings, rows, charts=charts)


def pauses(report: Report, names: Mapping[str, str]) -> ReportSheet:
    """Return how often and how long windows paused, by reason."""
    rows: list[list[Cell]] = [
        [_reason("pause-reason", code, names), each.pauses, minutes(each.paused)]
        for code, each in report.pauses.items()
    ]
    headings = [
        Heading("暂停原因", "reason", "text"), Heading("次数", "pauses"), Heading("合计", "together", "minutes"),
    ]  # fmt: skip
    charts = (SheetChart("暂停时长，分钟", "time paused, minutes", "bar", (2,)),)
    return ReportSheet("暂停", "Pauses", headings, rows, charts=charts)


def picks(report: Report, names: Mapping[str, str]) -> ReportSheet:
    """Return how often a number was called out of its turn, by the hall's reason."""
    rows: list[list[Cell]] = [[_reason("pick-reason", code, names), n] for code, n in report.picks.items()]
    return ReportSheet(
        "选呼", "Picked", [Heading("选呼原因", "reason", "text"), Heading("次数", "times")], rows
    )


def sent_to(report: Report, names: Mapping[str, str]) -> ReportSheet:
    """Return how many applicants were sent on to each department of the hall's list."""
    rows: list[list[Cell]] = [[names.get(code, code), n] for code, n in report.sent_to.items() if n]
    return ReportSheet(
        "转其他部门", "Sent on", [Heading("转往", "department", "text"), Heading("人次", "applicants")], rows
    )


ASKED_BY = {
    "item": (BothWords("事项", "item"), "items"),
    "window": (BothWords("窗口", "window"), "windows"),
    "clerk": (BothWords("人员", "clerk"), "clerks"),
}


def papers_asked(report: Report, label: Mapping[str, Callable[[str], str]]) -> ReportSheet:
    """Return how often papers were asked for at once and how often again, by item, window and clerk. `label`: of an id, by
    kind."""
    rows: list[list[Cell]] = []
    for what, each in report.papers_asked.items():
        by, _, id = what.partition("/")
        word, kind = ASKED_BY[by]
        rows.append([word, label[kind](id), each.at_once, each.again, each.share])
    headings = [
        Heading("按", "by", "text"), Heading("名称", "name", "text"), Heading("一次告知", "all at once"),
        Heading("再次要求", "asked again"), Heading("一次告知率", "told once", "share"),
    ]  # fmt: skip
    return ReportSheet("一次告知", "Told once", headings, rows)


def _reason(kind: str, code: str, names: Mapping[str, str]) -> str:
    plain = code.rpartition(":")[2]
    return names.get(plain) or code_words(kind, plain) or NONE
