"""A report as tables for people: one sheet a subject, the same for terminal, page, paper and spreadsheet. Pure."""

from collections.abc import Callable, Sequence

from caller.reports import trend_sheets
from caller.reports.definitions import definition_sheet
from caller.reports.document import Report
from caller.reports.fee_sheet import fee_sheet
from caller.reports.figures import LEVELS, FigureRow, Ratings, Spread, WindowFigures
from caller.reports.tables import (
    BothWords,
    Cell,
    Heading,
    ReportSheet,
    SheetChart,
    clock,
    code_words,
    label_of,
    minutes,
    moment,
    percent,
)
from config.catalogue import both, word
from config.hall_names import NamesById

PERCENTILES = BothWords(
    "按时长档读出：两分钟内精确到秒，以上误差不超过 1.6%",
    "read from a histogram: to the second below two minutes, within 1.6 % above",
)
SPREAD = [
    Heading("人次", "n"),
    Heading("平均", "mean", "minutes"),
    Heading("中位", "P50", "minutes"),
    Heading("P90", "P90", "minutes"),
    Heading("最长", "max", "minutes"),
]


def _spread_headings(zh: str, en: str) -> list[Heading]:
    return [Heading(f"{zh}{each.zh}", f"{en} {each.en}", each.kind) for each in SPREAD]


FIGURES = [
    *(Heading(*both("count", code)) for code in ("issued", "served", "cancelled", "expired", "lapsed")),
    Heading("在场", "live"), Heading("流失", "left"), Heading("叫号", "calls"), Heading(*both("count", "missed")),
    *_spread_headings("等候", "wait"), *_spread_headings("办理", "serve"),
]  # fmt: skip
WINDOW = [
    Heading("叫号", "calls"), Heading("重呼", "recalls"), Heading(*both("count", "missed")), Heading("办完", "done"),
    Heading("转出", "sent on"), *_spread_headings("等候", "wait"), *_spread_headings("办理", "serve"),
]  # fmt: skip
PRESENCE = [
    Heading("窗口", "window", "text"), Heading("到岗", "from", "time"), Heading("离岗", "to", "time"),
    Heading("开放", "open", "minutes"), Heading("暂停", "paused", "minutes"), Heading("暂停次数", "pauses"),
    Heading("最长暂停", "longest", "minutes"), Heading("忙碌", "busy", "minutes"),
    Heading("忙碌率", "busy share", "share"),
]  # fmt: skip
RATED = [
    *(Heading(word("level", level), level) for level in LEVELS), Heading("可评", "visits"),
    Heading("已评", "rated"), Heading("评价率", "rated share", "share"),
    Heading("好评率", "good share", "share"), Heading("差评", "bad"),
    Heading("经复核不计入", "excluded"),
]  # fmt: skip


# Charts of the tables above; columns by their place in the headings.
_LINE_CHARTS = (
    SheetChart("取号与接待", "issued and served", "bar", (1, 2)),
    SheetChart("等候，分钟", "wait, minutes", "bar", (11, 13)),
)
_HOUR_CHARTS = (
    SheetChart("各时段取号", "issued by hour", "bar", (1,)),
    SheetChart("各时段等候，分钟", "wait by hour, minutes", "line", (11, 13)),
)
_WINDOW_CHARTS = (
    SheetChart("叫号与办完", "calls and done", "bar", (1, 4)),
    SheetChart("办理时长，分钟", "service, minutes", "bar", (12, 14)),
)
_PRESENCE_CHARTS = (SheetChart("忙碌率", "busy share", "bar", (8,)),)
_RATED_CHARTS = (SheetChart("评价", "ratings", "stacked", (1, 2, 3, 4, 5)),)


def sheets(
    report: Report, zone: str, names: NamesById | None = None, more: Sequence[ReportSheet] = ()
) -> list[ReportSheet]:
    """Return all sheets, the summary first; a subject with nothing in it is left out. `names` of clerks are given only
    for those who may see them; `more`: sheets that need the hall's settings (`office_report`)."""
    known = names or {}
    kinds = ("queues", "items", "windows", "departments", "clerks")
    label = {kind: label_of(known.get(kind, {})) for kind in kinds}
    every = [
        _summary(report, zone),
        *more,
        *trend_sheets.sheets(report, label["queues"]),
        _lines("队列", "Queues", report.queues, label["queues"], _LINE_CHARTS),
        _lines("部门", "Departments", report.departments, label["departments"], _LINE_CHARTS),
        _lines("事项", "Items", report.items, label["items"]),
        _lines("类别", "Classes", report.classes, lambda id: code_words("class", id), _LINE_CHARTS),
        _lines("时段", "Hours", report.hours, lambda id: f"{id}:00", _HOUR_CHARTS),
        _windows("窗口", "Windows", report.windows, label["windows"]),
        _windows("人员", "Clerks", report.clerks, label["clerks"]),
        _presence(report, zone, label["windows"]),
        _ratings(report, label["windows"]),
        _counts("办理结果", "Outcomes", report.outcomes, "outcome"),
        trend_sheets.papers_asked(report, label),
        trend_sheets.sent_to(report, known.get("elsewhere-reasons", {})),
        fee_sheet(report.fees, known),
        trend_sheets.bad_reasons(report, known.get("rating-reasons", {})),
        trend_sheets.pauses(report, known.get("pause-reasons", {})),
        trend_sheets.picks(report, known.get("pick-reasons", {})),
        _counts("预约", "Appointments", report.appointments, "appointment-state"),
        _counts("号票", "Slips", report.slips, "slip-state"),
        _devices(report),
        definition_sheet(),
    ]
    return [sheet for sheet in every if sheet.rows]


def _cells(spread: Spread) -> list[Cell]:
    return [spread.count, *map(minutes, (spread.mean, spread.p50, spread.p90, spread.max))]


def line_cells(line: FigureRow) -> list[Cell]:
    """Return the values of a line of figures, under the headings `FIGURES`."""
    counts: list[Cell] = [
        line.issued,
        line.served,
        line.cancelled,
        line.expired,
        line.lapsed,
        line.live,
        line.abandoned,
    ]
    return [*counts, line.calls, line.missed, *_cells(line.wait), *_cells(line.service)]


def _lines(
    zh: str,
    en: str,
    lines: dict[str, FigureRow],
    label: Callable[[str], str],
    charts: tuple[SheetChart, ...] = (),
) -> ReportSheet:
    rows = [[label(name), *line_cells(line)] for name, line in lines.items()]
    return ReportSheet(zh, en, [Heading(zh, en, "text"), *FIGURES], rows, charts=charts)


def _windows(zh: str, en: str, windows: dict[str, WindowFigures], label: Callable[[str], str]) -> ReportSheet:
    rows: list[list[Cell]] = [
        [
            label(name), window.calls, window.recalls, window.missed, window.completed, window.transferred,
            *_cells(window.wait), *_cells(window.service),
        ]
        for name, window in windows.items()
    ]  # fmt: skip
    return ReportSheet(zh, en, [Heading(zh, en, "text"), *WINDOW], rows, charts=_WINDOW_CHARTS)


def _presence(report: Report, zone: str, label: Callable[[str], str]) -> ReportSheet:
    """Return presence by window; first sign-in and last sign-out are shown of a single day only."""
    rows: list[list[Cell]] = []
    one_day = len(report.days) == 1
    for name, window in report.windows.items():
        at = window.presence
        times = [minutes(at.open), minutes(at.paused), at.pauses, minutes(at.longest_pause), minutes(at.busy)]
        came, went = (clock(at.opened, zone), clock(at.closed, zone)) if one_day else (None, None)
        rows.append([label(name), came, went, *times, at.busy_share])
    return ReportSheet("在岗", "Presence", PRESENCE, rows, charts=_PRESENCE_CHARTS)


def _ratings(report: Report, label: Callable[[str], str]) -> ReportSheet:
    sources: dict[str, Ratings] = {BothWords("全部", "all"): report.ratings} | {
        label(name): window.ratings for name, window in report.windows.items()
    }
    rows: list[list[Cell]] = [
        [
            name,
            *(of.levels[level] for level in LEVELS),
            of.visits,
            of.rated,
            of.rate,
            of.good_rate,
            of.bad,
            of.excluded,
        ]
        for name, of in sources.items()
    ]
    return ReportSheet(
        "评价", "Ratings", [Heading("窗口", "window", "text"), *RATED], rows, charts=_RATED_CHARTS
    )


def _counts(zh: str, en: str, counts: dict[str, int], kind: str) -> ReportSheet:
    """Return counts by code; `kind`: where the codes stand in the catalogue."""
    rows: list[list[Cell]] = [[code_words(kind, code), count] for code, count in counts.items()]
    headings = [Heading(zh, en, "text"), Heading("数量", "count")]
    charts = (SheetChart(zh, en, "bar", (1,)),)
    return ReportSheet(zh, en, headings, rows if any(counts.values()) else [], charts=charts)


def _devices(report: Report) -> ReportSheet:
    rows: list[list[Cell]] = [
        [name, code_words("device-kind", device.kind), device.faults, minutes(device.out)]
        for name, device in report.devices.items()
    ]
    headings = [
        Heading("设备", "device", "text"), Heading("种类", "kind", "text"), Heading("故障次数", "faults"),
        Heading("不可用", "out", "minutes"),
    ]  # fmt: skip
    return ReportSheet("设备", "Devices", headings, rows)


def _summary(report: Report, zone: str) -> ReportSheet:
    total, rated, quoted = report.total, report.ratings, report.estimate
    first, last = report.days[0], report.days[-1]
    span = first["day"] if len(report.days) == 1 else f"{first['day']} – {last['day']}"
    rows: list[list[Cell]] = [
        [BothWords("站点", "site"), report.site],
        [BothWords("营业日", "business days"), f"{span} ({len(report.days)})"],
        [
            BothWords("数据截至", "up to"),
            moment(report.until if last["closed"] is None else last["closed"], zone),
        ],
        *(
            [code_words("count", code), getattr(total, code)]
            for code in ("issued", "served", "cancelled", "expired", "lapsed")
        ),
        [BothWords("代办笔数", "issued for a client"), report.entrusted],
        [BothWords("在场", "live"), total.live],
        [BothWords("流失（从未叫到）", "left before any call"), total.abandoned],
        [BothWords("过号（次）", "no-shows"), total.missed],
        *_spread_rows("等候", "wait", total.wait),
        *_spread_rows("办理", "service", total.service),
        [BothWords("评价率", "rated share"), percent(rated.rate)],
        [BothWords("好评率", "good share"), percent(rated.good_rate)],
        [BothWords("差评", "bad ratings"), rated.bad],
        [BothWords("告知等候准确率", "waits inside the range quoted"), percent(quoted.within_share)],
        [BothWords("预计误差，分钟", "mean error of the estimate, min"), minutes(quoted.mean_abs_error)],
        [BothWords("预计偏差，分钟", "bias: called later than quoted, min"), minutes(quoted.bias)],
        [BothWords("分位数", "percentiles"), PERCENTILES],
    ]
    headings = [Heading("项目", "figure", "text"), Heading("数值", "value", "text")]
    return ReportSheet("总览", "Summary", headings, rows, headed=False)


def _spread_rows(zh: str, en: str, spread: Spread) -> list[list[Cell]]:
    names = (("人次", "n"), ("平均，分钟", "mean, min"), ("中位", "P50"), ("P90", "P90"), ("最长", "max"))
    both_of = [(name, name_en, BothWords(name, name_en)) for name, name_en in names]
    words = [
        BothWords(f"{zh}{name}", f"{en} {name_en}", f"{zh} {en} {whole}") for name, name_en, whole in both_of
    ]
    return [[name, cell] for name, cell in zip(words, _cells(spread), strict=True)]
