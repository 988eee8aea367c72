"""The monthly report of a service hall: cases, complaints, ratings, attendance, inspections and the ranking, as sheets. Pure.

The figures a hall must be able to show (受理、办结、即办、承诺、上报、按时、提前、超期、不予受理、预警、投诉、评价、咨询、缴费、
代办、时限压缩). Of any days; the ranking and the awards are of a whole month alone. A figure whose room the hall does not use
(no cases, no shifts) is absent, not nought.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from caller.records import Store
from caller.records.performance_rows import AwardRow, CaseRow, DutyRow, InspectionRow
from caller.records.rollups import TallyRow
from caller.reports.attendance import read_attendance
from caller.reports.case_ledgers import overruns
from caller.reports.clerk_days import AttendanceFigures
from caller.reports.document import Report
from caller.reports.figures import GOOD_LEVEL, LEVELS, share
from caller.reports.score_sheets import attendance_sheets, score_sheets
from caller.reports.scores import read_scores
from caller.reports.spans import span_of
from caller.reports.tables import BothWords, Cell, Heading, ReportSheet, code_words, label_of, percent, under
from config import catalogue
from config.hall_lists import reasons
from config.instants import Micros, local
from config.money import yuan
from config.settings import Item, ReasonKind, Settings

Names = Mapping[str, Mapping[str, str]]
FEEDBACK = (
    "feedback"  # subject of the tallies of complaints and the like, as KIND/WHAT, where the hall takes them
)
MONTH_HEADS = [Heading("项目", "figure", "text"), Heading("数值", "value", "text")]
INSPECTION_HEADS = [
    Heading("日期", "day", "text"), Heading("类别", "kind", "text"), Heading("来人", "who came", "text"),
    Heading("窗口", "window", "text"), Heading("人员", "about", "text"), Heading("发现", "finding", "text"),
    Heading("计入问题", "counts", "text"), Heading("登记人", "entered by", "text"),
]  # fmt: skip


class CasesOfDays(NamedTuple):
    """The cases of some days; each list holds the cases a figure counts."""

    opened: list[CaseRow]  # refused and withdrawn ones left out
    refused: list[CaseRow]
    finished: list[CaseRow]
    early: list[CaseRow]  # finished on a day before the one they were due on
    overdue: list[CaseRow]  # ran over: of those that ended in these days, or are still open
    warned: list[CaseRow]  # open, and warned of

    @property
    def in_time(self) -> float | None:
        """The share of the finished ones that did not run over."""
        return share(sum(not each.overdue for each in self.finished), len(self.finished))


def office_sheets(store: Store, report: Report, settings: Settings, names: Names) -> list[ReportSheet]:
    """Return the sheets that need the hall's settings, in the order of a report; those with nothing in them left out."""
    first, last = report.days[0]["day"], report.days[-1]["day"]
    known = {**names, **_reason_names(settings)}
    span, zone = span_of(report.span), settings.hall.zone
    sheets: list[ReportSheet] = []
    attendance = read_attendance(store, first, last, settings)
    if span and span.kind == "month" and settings.scores:
        sheets += score_sheets(read_scores(store, span, settings), known)
    if settings.shifts or any(day.correction for day in attendance.days):
        sheets += attendance_sheets(attendance, known, zone)
    inspected = [row for row in store.rows(InspectionRow) if first <= row.day <= last]
    totals = AttendanceFigures()
    for day in attendance.days:
        totals.add(day)
    sheets.append(_inspections(inspected, known))
    sheets.append(overruns(cases_of(store, first, last, report.until, zone).overdue, settings))
    return [
        _month(store, report, settings, totals if settings.shifts else None),
        *(sheet for sheet in sheets if sheet.rows),
    ]


def _reason_names(settings: Settings) -> dict[str, dict[str, str]]:
    """Return the names of the codes of the hall's lists, by "KIND-reasons"."""
    kinds: tuple[ReasonKind, ...] = ("attendance", "leave", "inspection")
    return {
        f"{kind}-reasons": {
            each.id: f"{each.name} {each.name_en}".strip() for each in reasons(settings, kind)
        }
        for kind in kinds
    }


def _inspections(rows: Iterable[InspectionRow], names: Names) -> ReportSheet:
    clerks, windows = label_of(names.get("clerks", {})), label_of(names.get("windows", {}))
    lines: list[list[Cell]] = [
        [
            row.day, code_words("inspection-kind", row.kind), clerks(row.staff), windows(row.window) if row.window else None,
            clerks(row.clerk) if row.clerk else None, names["inspection-reasons"].get(row.finding, row.finding),
            YES if row.fault else NO, row.by,
        ]
        for row in sorted(rows, key=lambda row: (row.day, row.seq))
    ]  # fmt: skip
    return ReportSheet("带班检查", "Inspections", INSPECTION_HEADS, lines)


# --- the figures of the month


def cases_of(store: Store, first: str, last: str, now: Micros, zone: str) -> CasesOfDays:
    """Return the cases of the days from `first` to `last`, both included. `now`: how far the records go."""
    opened = list(store.of_days(CaseRow, first, last))
    ended = [
        row
        for month in _months(first, last)
        for row in store.rows(CaseRow, ended_month=month)
        if first <= row.ended_day <= last
    ]
    running = list(store.rows(CaseRow, ended_month=""))
    finished = [row for row in ended if row.state not in ("refused", "withdrawn")]
    return CasesOfDays(
        [row for row in opened if row.state not in ("refused", "withdrawn")],
        [row for row in ended if row.state == "refused"],
        finished,
        [row for row in finished if row.due and row.ended_day < local(row.due, zone).date().isoformat()],
        [row for row in (*finished, *(row for row in running if row.day <= last)) if row.overdue],
        [row for row in running if row.warn and row.warn <= now and not row.overdue],
    )


def _months(first: str, last: str) -> list[str]:
    """Return the months from the one of a date to that of another."""
    day, found = date.fromisoformat(first).replace(day=1), list[str]()
    while day.isoformat() <= last:
        found.append(day.isoformat()[:7])
        day = (day + timedelta(days=32)).replace(day=1)
    return found


def _month(
    store: Store, report: Report, settings: Settings, attendance: AttendanceFigures | None
) -> ReportSheet:
    first, last = report.days[0]["day"], report.days[-1]["day"]
    rows: list[list[Cell]] = []
    counts = cases_of(store, first, last, report.until, settings.hall.zone)
    if settings.cases.enabled or counts.opened or counts.finished:
        rows += _case_lines(counts, {each.id: each for each in settings.items})
    rows += _duty_lines(list(store.of_days(DutyRow, first, last)), settings)
    rows += _rectified_lines(report)
    rows += _feedback_lines(
        store.of_days(TallyRow, first, last, subject=FEEDBACK), takes=settings.feedback.enabled
    )
    rows += _rated_lines(report)
    if attendance and attendance.planned:
        rows.append(
            [BothWords("出勤率", "attendance"), percent(share(attendance.attended, attendance.planned))]
        )
        rows.append(
            [BothWords("准时率", "punctuality"), percent(share(attendance.punctual, attendance.planned))]
        )
    for award in store.rows(AwardRow, month=report.span):
        rows.append(
            [BothWords("五星级窗口（已公布）", "five-star windows, published"), _ids(award.five_star)]
        )
        rows.append([BothWords("流动红旗（已公布）", "red flags, published"), _ids(award.red_flag)])
    return ReportSheet("月报", "Monthly", MONTH_HEADS, rows, headed=False)


YES, NO = BothWords("是", "yes"), BothWords("否", "no")
RECTIFIED = ("named", "called", "reached", "righted", "appealed", "published")


def _rectified_lines(report: Report) -> list[list[Cell]]:
    """Return what was done about the bad ratings that were given in these days, each counted once."""
    counts, words = report.rectifications, code_words("follow-up-kind", "rating")
    if not counts:
        return []
    lines: list[list[Cell]] = [
        [under(words, code_words("rectification-count", each)), counts.get(each, 0)] for each in RECTIFIED
    ]
    return [
        *lines,
        [under(words, BothWords("留名回访率", "called back, of the named")), percent(report.called_share)],
    ]


def _ids(encoded: str) -> str | None:
    """Return the ids of a JSON list as a text; None for an empty one."""
    return "、".join(msgspec.json.decode(encoded, type=list[str])) or None


def _rated_lines(report: Report) -> list[list[Cell]]:
    rated = report.ratings
    levels = " / ".join(str(rated.levels[level]) for level in LEVELS)
    return [
        [BothWords("评价：非常满意 / 满意 / 基本满意 / 不满意 / 非常不满意", "ratings 5 … 1"), levels],
        [BothWords("评价率", "rated share"), percent(rated.rate)],
        [BothWords("好评率", "good share"), percent(rated.good_rate)],
        *(
            [[BothWords("经复核不计入好评率", "excluded by review"), rated.excluded]]
            if rated.excluded
            else []
        ),
        *_case_rated_lines(report.case_ratings),
        [BothWords("咨询", "consultations"), report.outcomes.get("advice", 0)],
        [BothWords("缴费接待", "receptions with a payment"), report.outcomes.get("paid", 0)],
        *(
            [[BothWords("收费，元", "fees, yuan"), yuan(report.fees.total.amount)]]
            if report.fees.total.receipts
            else []
        ),
        [BothWords("代办笔数", "issued for a client"), report.entrusted],
    ]


def _case_rated_lines(levels: Mapping[str, int]) -> list[list[Cell]]:
    """Return the ratings of cases, which are no ratings of visits; none where no case was rated."""
    if not levels:
        return []
    counts = [levels.get(level, 0) for level in LEVELS]
    good = sum(levels.get(level, 0) for level in LEVELS if int(level) >= GOOD_LEVEL)
    return [
        [BothWords("办件评价：非常满意 … 非常不满意", "case ratings 5 … 1"), " / ".join(map(str, counts))],
        [BothWords("办件好评率", "good share of cases"), percent(share(good, sum(counts)))],
    ]


def _case_lines(counts: CasesOfDays, items: Mapping[str, Item]) -> list[list[Cell]]:
    accepted, kinds = len(counts.opened), Counter(each.case_type for each in counts.opened)
    limited = [each for each in counts.finished if each.due]
    return [
        [BothWords("受理", "cases accepted"), accepted],
        [BothWords("办结", "finished"), len(counts.finished)],
        [BothWords("办结率", "finish rate"), percent(share(len(counts.finished), accepted))],
        [BothWords("即办", "immediate"), kinds["immediate"]],
        [BothWords("即办率", "immediate share"), percent(share(kinds["immediate"], accepted))],
        [BothWords("承诺", "promised"), kinds["promised"] + kinds["limited"]],
        [BothWords("上报", "reported up"), kinds["reported-up"]],
        [BothWords("代办", "agency"), kinds["agency"]],
        [BothWords("按时办结率", "on time"), percent(counts.in_time)],
        [BothWords("提前办结率", "early"), percent(share(len(counts.early), len(limited)))],
        [BothWords("超期", "overdue"), len(counts.overdue)],
        [BothWords("不予受理", "not accepted"), len(counts.refused)],
        [BothWords("预警", "early warning"), len(counts.warned)],
        [
            BothWords("平均压缩（比法定时限）", "average cut against the statutory limit"),
            percent(average_cut(counts.opened, items)),
        ],
    ]


def average_cut(cases: Iterable[CaseRow], items: Mapping[str, Item]) -> float | None:
    """Return by how much the limits of these cases lie below the statutory ones, 0 to 1; None where none has both."""
    cuts = [
        1 - case.days / item.statutory_days
        for case in cases
        if (item := items.get(case.item)) and item.statutory_days and case.days >= 0
    ]
    return sum(cuts) / len(cuts) if cuts else None


def _duty_lines(rows: list[DutyRow], settings: Settings) -> list[list[Cell]]:
    """Return the lines of complaints, bad ratings and accountability: opened, closed, by finding, overdue."""
    found: list[list[Cell]] = []
    findings = {
        each.id: BothWords(each.name, each.name_en or each.name) for each in reasons(settings, "finding")
    }
    for kind in ("complaint", "rating", "accountability"):
        mine = [row for row in rows if row.kind == kind]
        if not mine and not (settings.rules.answer_days and kind != "accountability"):
            continue
        words = code_words("follow-up-kind", kind)
        found.append([under(words, BothWords("受理", "opened")), len(mine)])
        found.append([under(words, BothWords("办结", "closed")), sum(row.closed is not None for row in mine)])
        found.append([under(words, BothWords("超期", "overdue")), sum(row.overdue for row in mine)])
        if kind == "rating" and any(row.excluded for row in mine):
            found.append(
                [
                    under(words, BothWords("经复核不计入", "excluded by review")),
                    sum(row.excluded for row in mine),
                ]
            )
        for code in sorted({row.finding for row in mine if row.finding}):
            found.append(
                [
                    under(words, findings.get(code) or BothWords(code, code)),
                    sum(row.finding == code for row in mine),
                ]
            )
    return found


def _feedback_lines(tallies: Iterable[TallyRow], takes: bool = False) -> list[list[Cell]]:
    """Return what was received with a receipt by kind, what became of it (accepted, coordinated, transferred, answered,
    filed) and whether it satisfied, and the ways it came in; steps in between are no figures.

    `takes`: the hall takes complaints, and what became of them is told also where it is nought.
    """
    counts = Counter[str]()
    for tally in tallies:
        counts[tally.value] += tally.count
    known = catalogue.kinds("zh")
    kinds, figures, ways = known["follow-up-kind"], known["feedback-figure"], known["feedback-way"]
    named = [
        (f"{kind}/{figure}", code_words("follow-up-kind", kind), code_words("feedback-figure", figure))
        for kind in kinds
        for figure in figures
    ]
    named += [(f"way/{way}", BothWords("来源", "by way"), code_words("feedback-way", way)) for way in ways]
    told = {f"complaint/{figure}" for figure in figures} if takes else set[str]()
    return [
        [
            BothWords(
                f"诉求 · {of.zh}：{what.zh}",
                f"feedback · {of.en}: {what.en}",
                f"诉求 feedback · {of}：{what}",
            ),
            counts[value],
        ]
        for value, of, what in named
        if counts[value] or value in told
    ]
