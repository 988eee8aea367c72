"""Audit: what administrators did, from the chain; filtered, and exported as CSV. An export is an act itself.

A log of years is read in a thread when the page is opened or the filter pressed, not with each look.
"""

import asyncio
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nicegui import ui

from caller.reports.audit import CODES, AuditFilter, AuditLine, in_zone, put_csv, read_audit
from config.catalogue import MessageError
from config.instants import local
from display.office.acting import administer, note
from display.office.parts import DataTable, TableColumn
from display.office.screen import OfficePage, OfficeScreen

DAYS_SHOWN = 31
COLUMNS = ("seq", "time", "act", "subject", "who", "where", "fields", "version")


class AuditSheet:
    """The filter, and what was read by it last."""

    def __init__(self, screen: OfficeScreen) -> None:
        self._screen = screen
        self._lines: list[AuditLine] = []
        self._rows: list[dict[str, Any]] = []
        today = local(screen.now, screen.zone).date()
        with ui.row().classes("filter"):
            first = (today - timedelta(days=DAYS_SHOWN)).isoformat()
            self._first = ui.input(screen.say("from"), value=first).props("type=date outlined dense")
            self._last = ui.input(screen.say("to"), value=today.isoformat()).props("type=date outlined dense")
            self._who = ui.input(screen.say("who")).props("outlined dense clearable maxlength=32")
            acts = {code: screen.word("administration-act", code) for code in CODES}
            self._acts = ui.select(acts, label=screen.say("act"), multiple=True).props(
                "outlined dense clearable use-chips"
            )
            ui.button(screen.say("show"), on_click=self.read)
            ui.button(screen.say("export"), on_click=self.export).props("outline")
        columns = [TableColumn(each, screen.say(each), each == "seq") for each in COLUMNS]
        DataTable(screen, columns, lambda: self._rows, search=True, rows_a_page=50)

    def _filter(self) -> AuditFilter:
        acts = tuple(self._acts.value or ())
        return AuditFilter(
            _date(self._first.value), _date(self._last.value), (self._who.value or "").strip(), acts
        )

    async def read(self) -> None:
        """Read the log by the filter, newest first."""
        wanted = self._filter()
        try:
            lines, zone = await asyncio.to_thread(read_audit, self._screen.office.data, wanted)
        except MessageError as error:
            self._screen.explain(error.message)
            return
        self._lines = sorted(lines, key=lambda line: (line.seq == 0, line.at), reverse=True)
        self._rows = [self._row(line, in_zone(line.at, zone)) for line in self._lines]

    def _row(self, line: AuditLine, at: datetime) -> dict[str, Any]:
        screen = self._screen
        version = f"{line.before or '-'} → {line.after or '-'}" if line.before or line.after else ""
        return {
            "id": f"{line.seq} {line.at} {line.subject} {line.act}", "seq": line.seq or screen.say("not-noted"),
            "time": f"{at:%Y-%m-%d %H:%M:%S}", "act": screen.word("administration-act", line.act),
            "subject": line.subject, "who": line.by, "where": line.place, "fields": " ".join(line.fields),
            "version": version,
        }  # fmt: skip

    async def export(self) -> None:
        """Note the export, and send the lines as a file to the browser."""
        screen = self._screen

        def noted() -> bool:
            note(screen, "exported", "audit")
            return True

        if not await administer(screen, "audit", noted):
            return
        await self.read()
        text = io.StringIO()
        now = local(screen.now, screen.zone)
        put_csv(text, self._lines, now.tzinfo or UTC)
        ui.download.content(text.getvalue().encode("utf-8-sig"), f"audit-{now:%Y-%m-%d}.csv", "text/csv")


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


async def draw(screen: OfficeScreen) -> None:
    """Draw the filter and the acts of the last month."""
    await AuditSheet(screen).read()


PAGE = OfficePage("audit", frozenset({"manager", "auditor"}), draw)
