"""Attendance and scores of a month: the ranking, each score down to its rows, attendance with its corrections, entries.

The figures are read in a thread from the records, folded to the log's end first; they are those of `hallcall scores` and
of the month's report. What the person enters is a command over their own line; then the page reads anew.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from nicegui import ui

from caller.engine.performance_messages import CorrectAttendance, PublishAwards
from caller.records import SqliteStore, readable_records
from caller.records.performance_rows import AwardRow, InspectionRow, LeaveRow, PeerRow
from caller.reports.attendance import Attendance, read_attendance
from caller.reports.report_parts import may_see_names
from caller.reports.score_sheets import explained, figure_cells, is_noted
from caller.reports.scores import MonthScores, Score, read_scores, standings_of
from caller.reports.spans import Span, span_of
from caller.reports.tables import as_counted, clock, label_of, percent
from config.catalogue import MessageError
from config.hall_names import StaffName, names_of
from config.instants import local
from config.performance_settings import ScoredKind
from display.office.pages.performance_entries import Entries, EntrySheet, correct, why_of
from display.office.parts import DataTable, FaceWays, TableColumn, heading
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box

FACES = ("scores", "attendance", "entries")
EXPLAINED_ROWS_MAX = 400  # lines in a dialog; the command line shows all


class ShownMonth(NamedTuple):
    """A month that is on the page. `names`: by kind of thing and id; `published`: the awards shown on boards."""

    span: Span
    scores: MonthScores
    attendance: Attendance
    entries: Entries
    published: AwardRow | None
    names: dict[str, dict[str, str]]


class PerformanceSheet:
    """The month that is asked for, and the face of it that is open."""

    def __init__(self, screen: OfficeScreen) -> None:
        self.screen = screen
        self._shown: ShownMonth | None = None
        self._face = FACES[0]
        self._asked = 0
        month = f"{local(screen.now, screen.zone):%Y-%m}"
        with ui.row().classes("filter"):
            self._month = ui.input(screen.say("month"), value=month).props(
                "type=month outlined dense stack-label"
            )
            ui.button(screen.say("show"), on_click=self.read)
            ui.link(screen.say("to-report"), "/reports").classes("lang")
        self._ways = FaceWays(screen.say("faces"), self._go)
        self._box = ui.element("div").classes("report")
        with self._box:
            ui.label(screen.say("reading")).classes("quiet")

    async def read(self) -> None:
        """Read the month and show it, or say why not."""
        screen = self.screen
        span = span_of(str(self._month.value or ""))
        if span is None or span.kind != "month":
            screen.note(screen.say("no-month"), good=False)
            return
        self._asked += 1
        mine = self._asked
        try:
            found = await asyncio.to_thread(self._read, span)
        except MessageError as error:
            screen.explain(error.message)
            return
        if mine == self._asked:
            self._shown = found
            self.draw()
            self._box.props(
                f"data-answer={mine}"
            )  # which question the page answers now, for a program that waits

    def _read(self, span: Span) -> ShownMonth:
        screen, settings = self.screen, self.screen.settings
        staff: list[StaffName] = []
        if may_see_names(screen.session.roles):
            staff = [StaffName(each.staff, each.name) for each in screen.office.accounts.all()]
        first, last = span.first.isoformat(), span.last.isoformat()
        with readable_records(screen.office.data) as records, SqliteStore(records) as store:
            scores = read_scores(store, span, settings)
            attendance = read_attendance(store, first, last, settings)
            entries = Entries(
                [
                    row
                    for row in store.rows(LeaveRow)
                    if not row.cancelled and row.first <= last and first <= row.last
                ],
                list(store.rows(PeerRow, month=str(span))),
                [row for row in store.rows(InspectionRow) if first <= row.day <= last],
            )
            published = next(iter(store.rows(AwardRow, month=str(span))), None)
        names = names_of(settings, staff, english=screen.lang == "en")
        return ShownMonth(span, scores, attendance, entries, published, names)

    def staff(self) -> dict[str, str]:
        """Return who may be entered: every account of a clerk, and each person who was at a window; with names where they may be seen."""
        assert self._shown
        seen = {day.staff for day in self._shown.attendance.days}
        self.screen.office.accounts.refresh()
        seen |= {each.staff for each in self.screen.office.accounts.all() if each.kind == "person"}
        label = label_of(self._shown.names["clerks"])
        return {each: label(each) for each in sorted(seen, key=as_counted)}

    # --- drawing

    def draw(self) -> None:
        """Draw the month's face that is open."""
        shown, say = self._shown, self.screen.say
        self._ways.draw({face: say(f"face-{face}") for face in FACES} if shown else {}, self._face)
        self._box.clear()
        if shown is None:
            return
        with self._box:
            {"scores": self._scores, "attendance": self._attendance, "entries": self._entries}[self._face](
                shown
            )

    def _go(self, face: str) -> None:
        self._face = face
        self.draw()

    def _table(
        self,
        columns: list[TableColumn],
        rows: list[dict[str, Any]],
        opens: Callable[[str], Any] | None = None,
    ) -> None:
        table = DataTable(
            self.screen,
            columns,
            lambda: rows,
            opens,
            search=len(rows) > 20,
            rows_a_page=50 if len(rows) > 50 else 0,
        )
        self.screen.forget(table.look)  # its rows stay as they were read

    # --- scores

    def _scores(self, shown: ShownMonth) -> None:
        screen = self.screen
        if not self.screen.settings.scores:
            ui.label(screen.say("no-formula")).classes("quiet")
            return
        for kind, scores in shown.scores.scores.items():
            heading(screen.say(f"ranking-{kind}"))
            if not scores:
                ui.label(screen.say("no-figures")).classes("quiet")
                continue
            label = label_of(shown.names[f"{kind}s"])
            lines = scores[0].lines
            columns = [
                TableColumn("who", screen.say(f"who-{kind}")), TableColumn("place", screen.say("place"), True),
                TableColumn("total", screen.say("points"), True), TableColumn("bonus", screen.say("bonus"), True),
                *(TableColumn(f"f{at}", f"{screen.word('score-figure', line.row.figure)} {line.row.weight:g}", True) for at, line in enumerate(lines)),
            ]  # fmt: skip
            rows = [_score_row(each, label(each.id)) for each in scores]
            self._table(columns, rows, lambda id, kind=kind: self._explain(kind, id))
        if "window" in shown.scores.scores:
            self._awards(shown)
            self._publishing(shown)

    async def _explain(self, kind: ScoredKind, id: str) -> None:
        """Show a score down to its rows."""
        assert self._shown
        screen = self.screen
        score = next(each for each in self._shown.scores.scores[kind] if each.id == id)
        title = f"{label_of(self._shown.names[f'{kind}s'])(id)} · {self._shown.span}"
        with dialog_box(title, "detail") as dialog:
            heading(title)
            lines = explained(score, screen.lang != "en")
            with ui.element("div").classes("explained"):
                for line in lines[:EXPLAINED_ROWS_MAX]:
                    depth = (len(line) - len(line.lstrip())) // 2
                    ui.label(line.strip()).classes(("question", "line", "line", "fact")[min(depth, 3)])
                if len(lines) > EXPLAINED_ROWS_MAX:
                    ui.label(screen.say("more-rows", count=len(lines) - EXPLAINED_ROWS_MAX)).classes("quiet")
            ui.button(screen.say("close"), on_click=dialog.close).props("outline").classes("closes")
        await answer_of(dialog)

    def _awards(self, shown: ShownMonth) -> None:
        """Draw the windows the month has chosen, and whether boards show them."""
        screen, found = self.screen, shown.scores
        label = label_of(shown.names["windows"])
        heading(screen.say("awards"))
        with ui.element("dl").classes("facts"):
            for kind, windows in (("five-star", found.five_star), ("red-flag", found.red_flag)):
                with ui.element("div"):
                    with ui.element("dt"):
                        ui.label(screen.word("award", kind))
                    with ui.element("dd"):
                        ui.label(screen.listed(map(label, windows)) or screen.say("none"))

    def _publishing(self, shown: ShownMonth) -> None:
        """Say whether the month is published, and offer to publish it."""
        screen = self.screen
        state = (
            screen.say("published", at=screen.date_and_clock(shown.published.at), by=shown.published.by)
            if shown.published
            else screen.say("not-published")
        )
        ui.label(state).classes("quiet")
        if screen.may(PublishAwards):
            ui.button(screen.say("publish"), on_click=self._publish)

    async def _publish(self) -> None:
        """Show this month's awards on boards and tablets, once asked."""
        assert self._shown
        screen, found = self.screen, self._shown.scores
        detail = [
            f"{screen.word('award', kind)}：{screen.listed(ids) or screen.say('none')}"
            for kind, ids in (("five-star", found.five_star), ("red-flag", found.red_flag))
        ]
        if not await screen.ask(screen.say("publish-sure", month=found.month), screen.say("publish"), detail):
            return
        if (
            await screen.send(
                PublishAwards(found.month, found.five_star, found.red_flag, standings_of(found)),
                screen.say("publish-done"),
            )
            is not None
        ):
            await self.read()

    # --- attendance

    def _attendance(self, shown: ShownMonth) -> None:
        screen = self.screen
        if not screen.settings.shifts:
            ui.label(screen.say("no-shifts")).classes("quiet")
        clerks, windows = label_of(shown.names["clerks"]), label_of(shown.names["windows"])
        codes = (
            "planned",
            "excused",
            "attended",
            "absent",
            "late",
            "early",
            "away",
            "covered",
            "corrected",
            "attendance",
            "punctual",
            "hours",
        )
        for dimension, label in (("staff", clerks), ("window", windows)):
            heading(screen.say(f"by-{dimension}"))
            columns = [
                TableColumn("who", screen.say(f"by-{dimension}")),
                *(TableColumn(each, screen.say(each), True) for each in codes),
            ]
            rows = [
                {"id": id, "who": label(id)}
                | dict(zip(codes, _shown_cells(figure_cells(found)), strict=True))
                for id, found in sorted(
                    shown.attendance.by(dimension).items(), key=lambda row: as_counted(row[0])
                )
            ]
            opens = self._days_of if dimension == "staff" else None
            self._table(columns, rows, opens)
        if screen.settings.shifts:
            heading(screen.say("publish"))
            self._publishing(shown)
        heading(screen.say("noted-days"))
        self._days(shown, [day for day in shown.attendance.days if is_noted(day)])

    async def _days_of(self, staff: str) -> None:
        """Show all days of a person."""
        assert self._shown
        title = f"{label_of(self._shown.names['clerks'])(staff)} · {self._shown.span}"
        with dialog_box(title, "detail") as dialog:
            heading(title)
            self._days(self._shown, [day for day in self._shown.attendance.days if day.staff == staff])
            ui.button(self.screen.say("close"), on_click=dialog.close).props("outline").classes("closes")
        await answer_of(dialog)

    def _days(self, shown: ShownMonth, days: list[Any]) -> None:
        """Draw persons' days, each of which opens its correction."""
        screen, zone = self.screen, self.screen.zone
        clerks, windows = label_of(shown.names["clerks"]), label_of(shown.names["windows"])
        codes = ("day", "who", "shift", "window", "begins", "came", "ends", "left", "mark", "why")
        rows = [
            {
                "id": f"{day.day} {day.staff}", "day": day.day, "who": clerks(day.staff), "shift": day.shift,
                "window": windows(day.window) if day.window else "", "begins": clock(day.begins, zone) or "",
                "came": clock(day.came, zone) or "", "ends": clock(day.ends, zone) or "", "left": clock(day.left, zone) or "",
                "mark": screen.word("attendance-mark", day.mark), "why": why_of(screen, day),
            }
            for day in days
        ]  # fmt: skip

        async def open_day(id: str) -> None:
            day, _, staff = id.partition(" ")
            if await correct(screen, day, staff, clerks(staff)):
                await self.read()

        may = screen.may(CorrectAttendance)
        self._table([TableColumn(each, screen.say(each)) for each in codes], rows, open_day if may else None)

    def _entries(self, shown: ShownMonth) -> None:
        EntrySheet(self.screen, shown.span, shown.entries, self.staff(), self.read, self._table).draw()


def _score_row(score: Score, who: str) -> dict[str, Any]:
    points = {
        f"f{at}": "–" if line.points is None else f"{line.points:.2f}" for at, line in enumerate(score.lines)
    }
    return {
        "id": score.id, "who": who, "place": score.place or "–", "total": "–" if score.total is None else f"{score.total:.2f}",
        "bonus": f"{score.bonus:g}" if score.bonus else "",
    } | points  # fmt: skip


def _shown_cells(cells: list[Any]) -> list[str]:
    """Return the cells of attendance as people read them: the two shares in per cent."""
    return [
        "–" if cell is None else percent(cell) or "–" if at in (9, 10) else f"{cell:g}"
        for at, cell in enumerate(cells)
    ]


def draw(screen: OfficeScreen) -> None:
    """Draw the month that is on, once the page is there."""
    ui.timer(0, PerformanceSheet(screen).read, once=True)


PAGE = OfficePage("performance", frozenset({"manager", "supervisor", "auditor"}), draw)
