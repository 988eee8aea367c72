"""Attendance and scores as sheets of a report, and a score explained down to its rows. Pure."""

from collections.abc import Callable, Mapping

from caller.reports.attendance import Attendance
from caller.reports.clerk_days import AttendanceFigures, ClerkDay
from caller.reports.score_figures import FIGURES, shown_value
from caller.reports.scores import FigurePoints, MonthScores, Score
from caller.reports.tables import (
    Cell,
    Heading,
    ReportSheet,
    SheetChart,
    as_counted,
    clock,
    code_words,
    label_of,
)
from config.catalogue import both
from config.instants import HOUR
from config.performance_settings import ScoredKind

FIGURE_HEADS = (
    Heading("应到天", "days planned"), Heading("请假", "on leave"), Heading("出勤", "attended"), Heading("缺勤", "absent"),
    Heading("迟到", "late"), Heading("早退", "left early"), Heading("离岗", "times away"), Heading("顶岗", "covered"),
    Heading("更正", "corrected"), Heading("出勤率", "attendance", "share"), Heading("准时率", "punctual", "share"),
    Heading("在岗小时", "hours open", "number"),
)  # fmt: skip
DAY_HEADS = (
    Heading("日期", "day", "text"), Heading("人员", "clerk", "text"), Heading("班次", "shift", "text"),
    Heading("窗口", "window", "text"), Heading("应到", "from", "time"), Heading("到岗", "came", "time"),
    Heading("应离", "to", "time"), Heading("离岗", "left", "time"), Heading("考勤", "mark", "text"),
    Heading("迟到分钟", "min late"), Heading("早退分钟", "min early"), Heading("离岗次数", "times away"),
    Heading("顶岗", "covered", "text"), Heading("更正原因", "corrected", "text"),
)  # fmt: skip
KIND_WORDS: dict[ScoredKind, tuple[str, str]] = {"clerk": ("人员", "Clerks"), "window": ("窗口", "Windows")}
Label = Callable[[str], str]


def attendance_sheets(
    found: Attendance, names: Mapping[str, Mapping[str, str]], zone: str
) -> list[ReportSheet]:
    """Return attendance by person and by window, and each person's days that were not in order."""
    clerks, windows = label_of(names.get("clerks", {})), label_of(names.get("windows", {}))
    return [
        _figures("考勤", "Attendance", ("人员", "clerk"), found.by("staff"), clerks),
        _figures("窗口考勤", "Window attendance", ("窗口", "window"), found.by("window"), windows),
        ReportSheet(
            "考勤明细", "Attendance notes", list(DAY_HEADS),
            [_day(each, clerks, windows, names, zone) for each in found.days if is_noted(each)],
        ),
    ]  # fmt: skip


def is_noted(day: ClerkDay) -> bool:
    """Return whether a person's day is more than an ordinary one."""
    return day.mark not in ("present", "unplanned") or bool(day.covered or day.correction)


def _figures(
    zh: str, en: str, who: tuple[str, str], found: Mapping[str, AttendanceFigures], label: Label
) -> ReportSheet:
    rows: list[list[Cell]] = [
        [label(id), *figure_cells(each)]
        for id, each in sorted(found.items(), key=lambda row: as_counted(row[0]))
    ]
    charts = (SheetChart("出勤率与准时率", "attendance and punctuality", "bar", (10, 11)),)
    return ReportSheet(zh, en, [Heading(*who, "text"), *FIGURE_HEADS], rows, charts=charts)


def figure_cells(found: AttendanceFigures) -> list[Cell]:
    """Return the cells of a person's or window's attendance; shares are absent where no day was planned."""
    counts: list[Cell] = [
        found.planned, found.excused, found.attended, found.absent, found.late, found.early, found.away, found.covered,
        found.corrected,
    ]  # fmt: skip
    shares: list[Cell] = [
        round(each / found.planned, 4) if found.planned else None for each in (found.attended, found.punctual)
    ]
    return [*counts, *shares, round(found.open / HOUR, 1)]


def _day(
    day: ClerkDay, clerks: Label, windows: Label, names: Mapping[str, Mapping[str, str]], zone: str
) -> list[Cell]:
    reason = day.correction.reason if day.correction else ""
    return [
        day.day, clerks(day.staff), day.shift, windows(day.window) if day.window else None, clock(day.begins, zone),
        clock(day.came, zone), clock(day.ends, zone), clock(day.left, zone), code_words("attendance-mark", day.mark),
        day.late if day.is_late else 0, day.early if day.is_early else 0, day.times_away,
        "、".join(both("attendance-mark", each)[0] for each in day.covered) or None,
        names.get("attendance-reasons", {}).get(reason, reason) or None,
    ]  # fmt: skip


# --- scores


def score_sheets(found: MonthScores, names: Mapping[str, Mapping[str, str]]) -> list[ReportSheet]:
    """Return the ranking of persons and of windows, and the awards."""
    sheets = [
        _ranking(kind, scores, label_of(names.get(f"{kind}s", {}))) for kind, scores in found.scores.items()
    ]
    if "window" in found.scores:
        label = label_of(names.get("windows", {}))
        given = (("five-star", found.five_star), ("red-flag", found.red_flag))
        rows: list[list[Cell]] = [[code_words("award", kind), label(id)] for kind, ids in given for id in ids]
        sheets.append(
            ReportSheet(
                "荣誉", "Awards", [Heading("荣誉", "award", "text"), Heading("窗口", "window", "text")], rows
            )
        )
    return sheets


def _ranking(kind: ScoredKind, scores: list[Score], label: Label) -> ReportSheet:
    zh, en = KIND_WORDS[kind]
    figures = [each.row.figure for each in scores[0].lines] if scores else []
    heads = [
        Heading(zh, en.lower()[:-1], "text"), Heading("名次", "place", "text"), Heading("总分", "points", "number"),
        Heading("加分", "bonus", "number"), Heading("有数字的权重", "weight known", "number"),
        *(Heading(both("score-figure", each)[0], both("score-figure", each)[1], "number") for each in figures),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            label(each.id), str(each.place) if each.place else None, each.total, each.bonus or None, each.weight,
            *(None if line.points is None else round(line.points, 2) for line in each.lines),
        ]
        for each in scores
    ]  # fmt: skip
    charts = (SheetChart(f"{zh}总分", f"points of {en.lower()}", "bar", (2,)),)
    return ReportSheet(f"{zh}评分", f"{en} ranking", heads, rows, charts=charts)


def explained(score: Score, zh: bool) -> list[str]:
    """Return a score in words: each line of the formula, how its points came about, and every row behind them."""
    known = f"{score.weight:g}"
    if score.total is None:
        head = "没有数字，不评分" if zh else "no figure, so no score"
    elif zh:
        head = f"总分 {score.total:.2f}，" + (
            f"第 {score.place} 名" if score.place else f"不排名：有数字的权重只有 {known}"
        )
    else:
        head = f"{score.total:.2f} points, " + (
            f"place {score.place}" if score.place else f"no place: figures for {known} of 100 only"
        )
    if score.bonus:
        head += f"（互评加 {score.bonus:g}）" if zh else f" ({score.bonus:g} of them for the peer rating)"
    lines = [head]
    for line in score.lines:
        lines.append("  " + _line(line, zh))
        lines += [
            f"      {fact.day}  {fact.zh if zh else fact.en}" + (f"  #{fact.seq}" if fact.seq else "")
            for fact in line.figure.facts
        ]
    return lines


def _line(line: FigurePoints, zh: bool) -> str:
    """Return one line of the formula in words."""
    row, name = line.row, both("score-figure", line.row.figure)[0 if zh else 1]
    value, count = shown_value(row.figure, line.figure.value), f"{line.figure.of:g}"
    if line.points is None:
        why = (
            (f"只有 {count}，少于 {row.minimum}" if zh else f"only {count}, fewer than {row.minimum}")
            if line.few
            else ("没有" if zh else "absent")
        )
        return f"{name}：{why}，不计" if zh else f"{name}: {why}; does not count"
    unit = " %" if FIGURES[row.figure].kind == "share" else ""
    how = f"{row.weight:g} × ({line.figure.value:.4g} − {row.zero:g}) ÷ ({row.full:g} − {row.zero:g})"
    if zh:
        return f"{name} {value}（{count} 次；{row.zero:g}{unit} 得 0，{row.full:g}{unit} 得满）：{how} → {line.points:.2f} 分"
    return f"{name} {value} (of {count}; {row.zero:g}{unit} is 0, {row.full:g}{unit} is all): {how} → {line.points:.2f} points"
