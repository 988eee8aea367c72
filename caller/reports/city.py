"""A city's halls side by side: how each stands, their ranks, and one item or window compared. Pure but for what it is given.

1. A hall's figures are those of its own reports: roll-ups of `caller.records`, shares and means of `caller.reports.figures`.
2. The light of a hall says whether a person should look there: red for what is promised and broken or what cannot be seen,
   yellow for what may become so, grey where nothing runs; its marks say why, in words.
3. A rank is over the halls that have the figure. Nothing is weighed against anything: a city that wants one number makes it of
   these.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Literal, NamedTuple

from caller.records.centre.across import SiteState
from caller.records.centre.sites import SiteRow
from caller.records.rollups import RollupRow
from caller.reports.figures import FigureRow, Ratings, figures_of, ratings_of, seconds
from caller.reports.sheets import FIGURES, line_cells
from caller.reports.tables import Cell, Heading, ReportSheet, minutes
from config.catalogue import both, word
from config.instants import MINUTE, Micros, Seconds, local

HallLight = Literal["red", "yellow", "green", "grey"]
LIGHTS: tuple[HallLight, ...] = ("red", "yellow", "green", "grey")  # the urgent first
SILENT: Micros = 10 * MINUTE  # twice as long as a hall that lost the line rests between two tries
LONG_WAIT: Micros = 60 * MINUTE
RED = frozenset({"forked", "damaged", "not-in-order", "call", "silent", "overdue", "late"})
YELLOW = frozenset({"behind", "warned", "long-wait", "paused", "out"})
PAUSED_LEAST, PAUSED_SHARE = 2, 0.5  # of the windows with a clerk: a hall's own usual bounds


class HallLine(NamedTuple):
    """One hall in the list. `marks`: codes of what is the case there, the urgent first; `age`: how old its state is, None
    where there is none; `longest`: the longest wait then. `today` are the figures of the date, `month` those of the days
    the ratings are of."""

    hall: SiteRow
    state: SiteState
    light: HallLight
    marks: tuple[str, ...]
    age: Seconds | None
    longest: Seconds | None
    today: FigureRow
    ratings: Ratings

    @property
    def name(self) -> str:
        return self.hall.name or self.hall.site

    @property
    def behind(self) -> int:
        """Rows that are not folded yet, here or still in the hall."""
        return max(self.hall.seq, self.hall.last) - self.state.placed.folded


def hall_line(
    hall: SiteRow, state: SiteState, today: RollupRow | None, month: RollupRow | None, clock: Micros
) -> HallLine:
    """Return the line of a hall at `clock` (UTC microseconds)."""
    at, waited = state.placed.at, None
    if state.since is not None:
        waited = max(0, at - state.since)
    none = RollupRow(hall.site, "", "hall", "")
    ratings = ratings_of(month or none, (month or none).finished)
    line = HallLine(
        hall, state, "green", (), seconds(max(0, clock - at)) if at else None,
        None if waited is None else seconds(waited), figures_of(today or none), ratings,
    )  # fmt: skip
    marks = tuple(code for code, holds in _marks(line, waited, clock) if holds)
    return line._replace(marks=marks, light=_light(line, marks))


def _marks(line: HallLine, waited: Micros | None, clock: Micros) -> Iterable[tuple[str, bool]]:
    hall, state = line.hall, line.state
    yield hall.trouble, bool(hall.trouble)
    yield "call", state.calls > 0
    yield "silent", state.is_open and clock - hall.seen > SILENT
    yield "overdue", state.overdue > 0
    yield "late", state.late > 0
    yield "behind", line.behind > 0 and clock - state.placed.at > SILENT
    yield "warned", state.warned > 0
    yield "long-wait", waited is not None and waited > LONG_WAIT
    staffed, paused = state.open_windows + state.paused_windows, state.paused_windows
    yield "paused", paused >= PAUSED_LEAST and paused >= PAUSED_SHARE * staffed
    yield "out", state.out > 0
    yield "never", not hall.seen
    yield "closed", bool(hall.seen) and not state.is_open


def _light(line: HallLine, marks: tuple[str, ...]) -> HallLight:
    if not RED.isdisjoint(marks):
        return "red"
    if not YELLOW.isdisjoint(marks):
        return "yellow"
    return "green" if line.state.is_open else "grey"


def mark_words(line: HallLine, lang: Literal["zh", "en"]) -> list[str]:
    """Return the marks of a hall in words; of one whose marks are none, that it is open."""
    kinds = {line.hall.trouble: "centre-trouble"}
    return [word(kinds.get(code, "hall-mark"), code, lang) for code in line.marks or ("open",)]


def joined_marks(line: HallLine, lang: Literal["zh", "en", ""] = "") -> str:
    """Return the marks of a hall in a line, in one language or in both."""
    if not lang:
        return f"{joined_marks(line, 'zh')} {joined_marks(line, 'en')}"
    return ("、" if lang == "zh" else ", ").join(mark_words(line, lang))


# --- the list

LIST = [
    Heading("大厅", "hall", "text"), Heading("情况", "state", "text"),
    Heading(*both("count", "waiting")), Heading("最长等候，分钟", "longest wait, min", "minutes"),
    Heading("在办", "being served"), Heading("开放窗口", "windows open"), Heading("暂停窗口", "paused"),
    Heading("今日取号", "issued today"), Heading("今日接待", "served today"),
    Heading("在办件", "open cases"), Heading("预警", "due soon"), Heading("超期", "overdue"),
    Heading("诉求超期", "answers late"), Heading("30天评价率", "rated, 30 days", "share"),
    Heading("30天好评率", "good, 30 days", "share"), Heading("设备故障", "devices out"),
    Heading("多久前，分钟", "age, min", "minutes"),
    # Of the file alone.
    Heading("站点", "site", "text"), Heading("区域", "area", "text"), Heading("设备", "devices"),
    Heading("未汇总", "rows behind"), Heading("数据时刻", "as of", "text"), Heading("营业日", "business day", "text"),
]  # fmt: skip
SHOWN_COLUMNS = 17  # of a page


def list_sheet(lines: Iterable[HallLine], zone: str, lang: Literal["zh", "en", ""] = "") -> ReportSheet:
    """Return the list of halls; their marks in one language, or in both."""
    rows: list[list[Cell]] = []
    for line in lines:
        state = line.state
        at = local(state.placed.at, zone).strftime("%Y-%m-%d %H:%M:%S") if state.placed.at else None
        shares: list[Cell] = [line.ratings.rate, line.ratings.good_rate]
        rows.append([
            line.name, joined_marks(line, lang), state.waiting, minutes(line.longest), state.busy, state.open_windows, state.paused_windows,
            line.today.issued, line.today.served, state.cases, state.warned, state.overdue, state.late, *shares, state.out,
            minutes(line.age), line.hall.site, line.hall.area, state.devices, line.behind, at,
            state.day.day if state.day else None,
        ])  # fmt: skip
    return ReportSheet("各厅", "Halls", LIST, rows)


class AreaSum(NamedTuple):
    """The halls of one area together. `lights`: how many halls have each light."""

    code: str
    name: str
    halls: int
    lights: Mapping[HallLight, int]
    waiting: int
    longest: Seconds | None
    open_windows: int
    issued: int
    served: int
    overdue: int
    late: int
    out: int
    good_rate: float | None


def area_sum(code: str, name: str, lines: list[HallLine]) -> AreaSum:
    """Return the halls of an area together; the share of good ratings is of all their ratings."""
    rated = sum(line.ratings.rated - line.ratings.excluded for line in lines)
    good = sum(line.ratings.good for line in lines)
    return AreaSum(
        code, name, len(lines), {each: sum(line.light == each for line in lines) for each in LIGHTS},
        sum(line.state.waiting for line in lines),
        max((line.longest for line in lines if line.longest is not None), default=None),
        sum(line.state.open_windows for line in lines), sum(line.today.issued for line in lines),
        sum(line.today.served for line in lines), sum(line.state.overdue for line in lines),
        sum(line.state.late for line in lines), sum(line.state.out for line in lines),
        round(good / rated, 4) if rated else None,
    )  # fmt: skip


AREAS = [
    Heading("区域", "area", "text"), Heading("厅", "halls"), Heading("须处理", "act"), Heading("请留意", "watch"),
    Heading("正常", "well"), Heading("未运行", "not running"), Heading(*both("count", "waiting")),
    Heading("最长等候，分钟", "longest wait, min", "minutes"), Heading("开放窗口", "windows open"),
    Heading("今日取号", "issued today"), Heading("今日接待", "served today"), Heading("超期", "overdue"),
    Heading("诉求超期", "answers late"), Heading("设备故障", "devices out"), Heading("30天好评率", "good, 30 days", "share"),
]  # fmt: skip


def area_sheet(areas: Iterable[AreaSum]) -> ReportSheet:
    """Return areas side by side."""
    rows: list[list[Cell]] = [
        [
            each.name, each.halls, *(each.lights[light] for light in LIGHTS), each.waiting, minutes(each.longest),
            each.open_windows, each.issued, each.served, each.overdue, each.late, each.out, each.good_rate,
        ]
        for each in areas
    ]  # fmt: skip
    return ReportSheet("区域", "Areas", AREAS, rows)


def direct_areas(areas: Iterable[str], within: str) -> list[str]:
    """Return the codes of the areas that lie directly in one."""
    inside = sorted(code for code in areas if code.startswith(within) and code != within)
    return [code for code in inside if not any(code != each and code.startswith(each) for each in inside)]


def children(
    lines: Iterable[HallLine], areas: Mapping[str, str], within: str
) -> tuple[list[AreaSum], list[HallLine]]:
    """Return the areas that lie directly in an area, and the halls there that lie in none of them.

    `areas`: names by code; `within`: a code, "" for everything. An area lies in each whose code its own begins with.
    """
    direct = direct_areas(areas, within)
    of_area: dict[str, list[HallLine]] = {code: [] for code in direct}
    alone: list[HallLine] = []
    for line in lines:
        code = next((each for each in direct if line.hall.area.startswith(each)), None)
        (alone if code is None else of_area[code]).append(line)
    return [area_sum(code, areas[code], found) for code, found in of_area.items() if found], alone


# --- ranks and comparison


class RankBy(NamedTuple):
    """A figure that halls are ranked by: its place in the sheet, and whether more of it is better."""

    column: int
    more: bool


RATED_MIN = (
    10  # ratings; below it a share is chance, and a hall with one good rating would stand before all others
)
RANKS = [
    Heading("名次", "rank"), Heading("大厅", "hall", "text"), Heading("接待", "served"),
    Heading("平均等候，分钟", "mean wait, min", "minutes"), Heading("平均办理，分钟", "mean service, min", "minutes"),
    Heading("过号率", "no-show share", "share"), Heading("评价率", "rated share", "share"),
    Heading("好评率", "good share", "share"), Heading("差评", "bad ratings"), Heading("现在超期办件", "cases overdue now"),
    Heading("现在超期诉求", "answers late now"), Heading("站点", "site", "text"),
]  # fmt: skip
RANK_BY: Mapping[str, RankBy] = {
    "good": RankBy(7, True), "rated": RankBy(6, True), "wait": RankBy(3, False), "service": RankBy(4, False),
    "no-show": RankBy(5, False), "served": RankBy(2, True), "overdue": RankBy(9, False), "late": RankBy(10, False),
}  # fmt: skip


def rank_sheet(lines: Iterable[HallLine], sums: Mapping[str, RollupRow], by: str) -> ReportSheet:
    """Return the halls by rank in one figure; those without it, or with less than `RATED_MIN` ratings behind a share of them, stand
    last and have no rank. Equal halls share one."""
    rows, few = list[list[Cell]](), set[str]()
    for line in lines:
        total = sums.get(line.hall.site) or RollupRow(line.hall.site, "", "hall", "")
        figures = figures_of(total)
        rated = ratings_of(total, total.finished)
        if rated.rated - rated.excluded < RATED_MIN:
            few.add(line.hall.site)
        missed = round(figures.missed / figures.calls, 4) if figures.calls else None
        rows.append([
            None, line.name, figures.served, minutes(figures.wait.mean), minutes(figures.service.mean), missed, rated.rate,
            rated.good_rate, rated.bad, line.state.overdue, line.state.late, line.hall.site,
        ])  # fmt: skip
    chosen = RANK_BY[by]
    without = few if by == "good" else set[str]()
    with_it = [row for row in rows if row[chosen.column] is not None and row[-1] not in without]
    with_it.sort(key=_number(chosen.column), reverse=chosen.more)
    place = 1
    for _, group in groupby(with_it, _number(chosen.column)):
        same = list(group)
        for row in same:
            row[0] = place
        place += len(same)
    rest = [row for row in rows if row[0] is None]
    return ReportSheet("排名", "Ranks", RANKS, with_it + rest)


def _number(column: int) -> Callable[[list[Cell]], float]:
    return lambda row: float(row[column] or 0)


COMPARED = [
    Heading("大厅", "hall", "text"), *FIGURES, Heading("评价率", "rated share", "share"),
    Heading("好评率", "good share", "share"), Heading("差评", "bad ratings"), Heading("站点", "site", "text"),
]  # fmt: skip


def item_sheet(item: str, lines: Iterable[HallLine], sums: Mapping[str, RollupRow], name: str) -> ReportSheet:
    """Return one item in all halls that had it in these days. `name`: what it is called, "" where no hall has named it."""
    rows: list[list[Cell]] = []
    for line in lines:
        if total := sums.get(line.hall.site):
            rated = ratings_of(total, total.finished)
            shares: list[Cell] = [rated.rate, rated.good_rate]
            rows.append([line.name, *line_cells(figures_of(total)), *shares, rated.bad, line.hall.site])
    label = f"{item} {name}".rstrip()
    return ReportSheet(f"事项 {label}", f"Item {label}", COMPARED, rows)
