"""Ledgers: agency cases with what does not match of receipt, ledger and list, projects of a month, major projects.

1. What is shown is what `hallcall case ledger` prints, in the page's language alone: read in a thread from the records,
   folded to the log's end first.
2. A finding names its case and opens it. Nothing is said to match before the ledger was compared with the log.
3. Taking a ledger out of the house (spreadsheet) is an act of its person, noted before it is made.
"""

import asyncio

from msgspec.structs import replace
from nicegui import ui

from caller.reports.case_ledgers import LEDGERS, Ledger, read_ledger
from caller.reports.workbook import write
from config.catalogue import MessageError
from config.instants import local
from config.settings import Settings
from display.office.acting import administer, note
from display.office.pages.case_details import open_case
from display.office.parts import heading, opens_button, told_off
from display.office.report_parts import file_bytes, sheet_table
from display.office.screen import OfficePage, OfficeScreen

MONTHLY = "projects"  # the one that is asked for by its month from the beginning


class LedgerSheet:
    """The question, and the ledger that answers it."""

    def __init__(self, screen: OfficeScreen) -> None:
        self._screen = screen
        self._shown: tuple[str, str, Ledger] | None = None
        self._asked = 0  # how often; only the newest question is answered
        with ui.row().classes("filter"):
            kinds = {kind: screen.say(f"of-{kind}") for kind in LEDGERS}
            self._kind = ui.select(kinds, value="agency", label=screen.say("kind"), on_change=self._chosen)
            self._kind.props("outlined dense options-dense")
            self._month = ui.input(screen.say("month")).props(
                "type=month outlined dense stack-label clearable"
            )
            ui.button(screen.say("show"), on_click=self.read)
            ui.button(screen.say("xlsx"), on_click=self.spreadsheet).props("outline")
        self._box = ui.element("div").classes("report")
        with self._box:
            ui.label(screen.say("reading")).classes("quiet")

    async def _chosen(self) -> None:
        """Show the ledger that was chosen; the projects are those of this month first."""
        if self._kind.value == MONTHLY and not self._month.value:
            self._month.value = f"{local(self._screen.now, self._screen.zone):%Y-%m}"
        await self.read()

    async def read(self) -> None:
        """Read the ledger and show it, or say why not."""
        kind, month = str(self._kind.value), str(self._month.value or "")
        self._asked += 1
        mine = self._asked
        try:
            found = await asyncio.to_thread(
                read_ledger,
                self._screen.office.data,
                _settings_of(self._screen),
                kind,
                month,
                self._screen.lang,
            )
        except MessageError as error:
            if mine == self._asked:
                self._screen.explain(error.message)
            return
        if mine == self._asked:
            self._shown = kind, month, found
            self._draw(kind, found)

    def _draw(self, kind: str, found: Ledger) -> None:
        screen = self._screen
        self._box.clear()
        self._box.props(f"data-shown={kind}")
        with self._box:
            if kind == "agency":
                self._matching(found)
            heading(found.sheet.en if screen.lang == "en" else found.sheet.zh)
            if found.sheet.rows:
                sheet_table(found.sheet, screen)
            else:
                ui.label(screen.say("none")).classes("empty")

    def _matching(self, found: Ledger) -> None:
        """Draw that receipt, ledger and list match one to one, or each finding with its case."""
        screen = self._screen
        if not found.wrong:
            ui.label(screen.say("matches")).classes("quiet").mark("matches")
            return
        ui.label(screen.say("findings", count=len(found.wrong))).classes("warns")
        with ui.element("ol").classes("plain findings").mark("findings"):
            for wrong in found.wrong:
                with ui.element("li"):
                    opens_button(
                        wrong.number, lambda number=wrong.number: open_case(screen, number), wrong.number
                    )
                    ui.label(wrong.en if screen.lang == "en" else wrong.zh)

    async def spreadsheet(self) -> None:
        """Send the ledger that is shown as a spreadsheet."""
        if self._shown is None:
            return
        kind, month, found = self._shown
        name = "-".join(filter(None, (kind, month)))

        def noted() -> bool:
            note(self._screen, "exported", f"ledger/{name}")
            return True

        if await administer(self._screen, "reports", noted):
            data = await asyncio.to_thread(file_bytes, lambda path: write(path, [found.sheet]), "ledger.xlsx")
            ui.download.content(data, f"ledger-{name}.xlsx")


def _settings_of(screen: OfficeScreen) -> Settings:
    """Return the hall's settings with its items named in the page's language."""
    settings = screen.settings
    if screen.lang != "en":
        return settings
    return replace(
        settings, items=tuple(replace(each, name=each.name_en or each.name) for each in settings.items)
    )


def draw(screen: OfficeScreen) -> None:
    """Draw the question, and once the page is there the agency ledger."""
    told_off(screen, "cases", screen.settings.cases.enabled)
    ui.timer(0, LedgerSheet(screen).read, once=True)


PAGE = OfficePage("ledgers", frozenset({"manager", "supervisor", "auditor"}), draw)
