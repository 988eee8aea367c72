"""Reports: the figures of any days, of the hall or one part of it, as charts and tables; as a spreadsheet, PDF and paper.

1. The figures are read in a thread, from the roll-ups; the log is folded to its end first. What the page, the
   spreadsheet, the paper and `hallcall report --json` show is one document.
2. Names stand beside staff numbers for those roles alone that may see them (`may_see_names`), asked at each look.
3. Taking a report out of the house (spreadsheet, PDF, print) is an act of its person, noted before it is made.
"""

import asyncio
from datetime import date
from typing import NamedTuple

import msgspec
from nicegui import ui

from caller.records import SqliteStore, readable_records
from caller.reports.document import Report, report_of
from caller.reports.office_report import office_sheets
from caller.reports.paper import as_paper
from caller.reports.period import read_period
from caller.reports.report_parts import department_of, may_see_names, part_of
from caller.reports.sheets import sheets
from caller.reports.spans import Span, span_of
from caller.reports.tables import ReportSheet
from caller.reports.workbook import write
from config.catalogue import MessageError
from config.hall_names import StaffName, names_of
from config.instants import local
from config.process import print_view
from config.process.options import Unable
from config.text_safety import for_page
from display.office.acting import administer, note
from display.office.parts import FaceWays, heading
from display.office.report_charts import description, options
from display.office.report_parts import PRINT, file_bytes, main_figures, sheet_table
from display.office.screen import OfficePage, OfficeScreen

KINDS = ("day", "week", "month", "year", "days")
OVERVIEW = (
    "Trend",
    "Load",
    "Queues",
    "Hours",
    "Outcomes",
    "Ratings",
)  # sheets whose charts are on the first face
PARTS = ("hall", "department", "queue", "item", "class", "window", "clerk", "hour")


class ShownReport(NamedTuple):
    """A report that is on the page."""

    document: Report
    tables: list[ReportSheet]
    zone: str


class ReportsSheet:
    """The question, and the report that answers it."""

    def __init__(self, screen: OfficeScreen) -> None:
        self._screen = screen
        self._shown: ShownReport | None = None
        self._face = ""
        self._asked = 0  # how often; only the newest question is answered
        today = local(screen.now, screen.zone).date()
        with ui.row().classes("filter"):
            kinds = {kind: screen.say(f"kind-{kind}") for kind in KINDS}
            self._kind = ui.select(kinds, value="month", label=screen.say("kind")).props(
                "outlined dense options-dense"
            )
            self._from = ui.input(screen.say("from"), value=today.isoformat()).props(
                "type=date outlined dense"
            )
            self._to = ui.input(screen.say("to"), value=today.isoformat()).props("type=date outlined dense")
            self._to.bind_visibility_from(self._kind, "value", value="days")
            self._dimension = ui.select(
                {each: screen.say(f"of-{each}") for each in PARTS}, value="hall", label=screen.say("of"),
                on_change=self._offer,
            ).props("outlined dense options-dense")  # fmt: skip
            self._value = ui.select({}, label=screen.say("which"), with_input=True).props(
                "outlined dense options-dense"
            )
            self._value.bind_visibility_from(self._dimension, "value", backward=lambda each: each != "hall")
            ui.button(screen.say("show"), on_click=self.read)
            for code, press in (("xlsx", self.spreadsheet), ("pdf", self.pdf), ("print", self.print)):
                ui.button(screen.say(code), on_click=press).props("outline")
        self._head = ui.element("div").classes("report")
        self._ways = FaceWays(screen.say("sheets"), self._go)
        self._box = ui.element("div").classes("report")
        with self._box:
            ui.label(screen.say("reading")).classes("quiet")

    # --- the question

    def _offer(self) -> None:
        """Offer the values of the dimension that was chosen."""
        settings, screen = self._screen.settings, self._screen
        staff = sorted(self._shown.document.clerks) if self._shown else []
        offered: dict[str, dict[str, str]] = {
            "department": {each.id: screen.named(each) for each in settings.departments},
            "queue": {each.id: f"{each.id} {screen.named(each)}" for each in settings.queues},
            "item": {each.id: screen.named(each) for each in settings.items},
            "class": {each.id: screen.named(each) for each in settings.classes},
            "window": {each.id: f"{each.id} {screen.named(each)}" for each in settings.windows},
            "clerk": {each: each for each in staff},
            "hour": {f"{hour:02}": f"{hour}:00" for hour in range(24)},
        }
        found = offered.get(self._dimension.value, {})
        self._value.set_options(found, value=next(iter(found), None))

    def span(self) -> Span | None:
        """Return the days that are asked for; None where a date is missing."""
        try:
            first = date.fromisoformat(self._from.value or "")
            last = date.fromisoformat(self._to.value or "")
        except ValueError:
            return None
        forms = {
            "day": f"{first}", "week": "{}-W{:02}".format(*first.isocalendar()), "month": f"{first:%Y-%m}",
            "year": f"{first:%Y}", "days": f"{first}..{last}",
        }  # fmt: skip
        return span_of(forms[self._kind.value])

    async def read(self) -> None:
        """Read the report and show it, or say why there is none."""
        screen, span = self._screen, self.span()
        if span is None:
            screen.note(screen.say("no-span"), good=False)
            return
        part = (
            self._dimension.value
            if self._dimension.value == "hall"
            else f"{self._dimension.value}:{self._value.value}"
        )
        self._asked += 1
        mine = self._asked
        try:
            found = await asyncio.to_thread(self._read, str(span), part)
        except MessageError as error:
            if mine == self._asked:
                self._shown = None
                self._draw()
                screen.explain(error.message)
            return
        if mine == self._asked:
            self._shown = found
            self._draw()

    def _read(self, span: str, part: str) -> ShownReport:
        screen = self._screen
        settings = screen.settings
        staff: list[StaffName] = []
        if may_see_names(screen.session.roles):
            staff = [StaffName(each.staff, each.name) for each in screen.office.accounts.all()]
        with readable_records(screen.office.data) as records, SqliteStore(records) as store:
            period = read_period(store, span, part_of(part, settings))
            document = report_of(period, department_of(settings))
            names = names_of(settings, staff, english=screen.lang == "en")
            more = office_sheets(store, document, settings, names)
        zone = period.days[0].zone
        return ShownReport(document, sheets(document, zone, names, more), zone)

    # --- the answer

    def _title(self, sheet: ReportSheet) -> str:
        return sheet.en if self._screen.lang == "en" else sheet.zh

    def _draw(self) -> None:
        shown_now = self._shown
        self._head.clear()
        self._box.clear()
        if shown_now is None:
            self._ways.draw({}, "")
            return
        titles = {sheet.en: self._title(sheet) for sheet in shown_now.tables}
        face = self._face if self._face in titles else ""
        self._ways.draw({"": self._screen.say("overview"), **titles}, face)
        with self._head:
            self._headline(shown_now.document)
        with self._box:
            if not face:
                self._overview(shown_now.tables)
            for sheet in shown_now.tables:
                if sheet.en == face:
                    self._one(sheet)

    def _go(self, face: str) -> None:
        self._face = face
        self._draw()

    def _headline(self, report: Report) -> None:
        """Draw the main figures, each with its change against the span before."""
        screen, found = self._screen, report.comparison
        before = found.before
        about = "" if report.part == "hall" else f" · {report.part}"
        versus = f" · {screen.say('against', span=before.label)}" if before else ""
        days = screen.say("days", count=found.now.days)
        ui.label(f"{found.now.label}{about} · {days}{versus}").classes("quiet")
        with ui.element("div").classes("figures"):
            for code, value, change, is_good in main_figures(found.now, before):
                with ui.element("div").classes("figure"):
                    ui.label(value).classes("value")
                    ui.label(screen.say(code)).classes("name")
                    if change:
                        ui.label(change).classes(
                            "change" if is_good is None else "change good" if is_good else "change bad"
                        )

    def _overview(self, tables: list[ReportSheet]) -> None:
        with ui.element("div").classes("charts"):
            for sheet in tables:
                if sheet.en in OVERVIEW:
                    self._charts(sheet)

    def _one(self, sheet: ReportSheet) -> None:
        heading(self._title(sheet))
        with ui.element("div").classes("charts"):
            self._charts(sheet)
        sheet_table(sheet, self._screen)

    def _charts(self, sheet: ReportSheet) -> None:
        lang = self._screen.lang
        for chart in sheet.drawn():
            drawn = ui.echart(options(sheet, chart, lang)).classes(f"chart {chart.kind}")
            drawn.props["role"], drawn.props["aria-label"] = "img", for_page(description(sheet, chart, lang))

    # --- out of the house

    async def _take(self) -> ShownReport | None:
        """Note that the report that is shown leaves the house, and return it."""
        shown_now, screen = self._shown, self._screen
        if shown_now is None:
            return None

        def noted() -> bool:
            note(screen, "exported", f"report/{shown_now.document.span}")
            return True

        return shown_now if await administer(screen, "reports", noted) else None

    async def spreadsheet(self) -> None:
        """Send the report as a spreadsheet with charts."""
        if found := await self._take():
            data = await asyncio.to_thread(file_bytes, lambda path: write(path, found.tables), "report.xlsx")
            ui.download.content(data, f"report-{found.document.span}.xlsx")

    async def pdf(self) -> None:
        """Send the report as a PDF made by this PC's Chromium."""
        if found := await self._take():
            page = self._page(found)
            try:
                data = await asyncio.to_thread(
                    file_bytes, lambda path: print_view.write_pdf(page, path), "report.pdf"
                )
            except Unable as error:
                zh, _, en = error.message.partition("\n")
                self._screen.note(en if self._screen.lang == "en" else zh, good=False)
                return
            ui.download.content(data, f"report-{found.document.span}.pdf")

    async def print(self) -> None:
        """Open the browser's print dialog with the paper."""
        if found := await self._take():
            title, page = (
                msgspec.json.encode(text).decode() for text in (found.document.span, self._page(found))
            )
            ui.run_javascript(PRINT % (title, page))

    def _page(self, found: ShownReport) -> str:
        screen, days = self._screen, found.document.days
        span = days[0]["day"] if len(days) == 1 else f"{days[0]['day']} – {days[-1]['day']}"
        return print_view.document(
            as_paper(found.tables, screen.settings.hall.name, span), screen.now, found.zone
        )


def draw(screen: OfficeScreen) -> None:
    """Draw the question, and once the page is there the answer for this month: the first look of a day folds its log."""
    ui.timer(0, ReportsSheet(screen).read, once=True)


PAGE = OfficePage("reports", frozenset({"manager", "supervisor", "auditor"}), draw)
