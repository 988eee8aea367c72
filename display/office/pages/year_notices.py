"""The State Council's notice of holidays, on the page Settings: the years that are known, and a spreadsheet with another.

A file is a table with the columns date, kind and name (日期、类型、名称), as Excel saves it; its years replace those years, all
others stay. Nothing is taken where a row is wrong: every mistake is shown, with its line of the sheet.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.events import UploadEventArguments

from config.reading.source import FILE_BYTES_MAX
from config.settings import YearNotice
from display.office.parts import DataTable, TableColumn, heading
from display.office.screen import OfficeScreen, answer_of, dialog_box
from display.office.settings_draft import SettingsDraft
from display.office.settings_form import said

COLUMNS = ("year", "holidays", "workdays")


class YearNotices:
    """The known years below the calendar's form. `redraw`: draws the page anew once a file was taken."""

    def __init__(self, screen: OfficeScreen, draft: SettingsDraft, redraw: Callable[[], None]) -> None:
        self._screen, self._draft, self._redraw = screen, draft, redraw
        heading(screen.say("notice-years"))
        ui.label(screen.say("notice-how")).classes("quiet")
        upload: Any = ui.upload(
            label=screen.say("notice-import"), auto_upload=True, max_file_size=FILE_BYTES_MAX,
            on_upload=self._taken, on_rejected=lambda: screen.note(screen.say("notice-large"), good=False),
        )  # fmt: skip
        upload.props('accept=".csv,.xlsx,.txt" flat bordered').classes("import")
        self._wrong = ui.element("div").classes("mistakes").props('role="alert"')
        columns = [TableColumn(each, screen.say(f"notice-{each}"), each != "year") for each in COLUMNS]
        DataTable(screen, columns, self._rows, self._open)

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"id": str(each.year), "year": str(each.year), "holidays": len(each.holidays), "workdays": len(each.workdays)}
            for each in self._draft.settings.year_notices
        ]  # fmt: skip

    async def _open(self, year: str) -> None:
        """Show the days of a year."""
        screen = self._screen
        found = next(each for each in self._draft.settings.year_notices if str(each.year) == year)
        with dialog_box(year, "detail") as dialog:
            heading(year)
            columns = [TableColumn(each, screen.say(f"notice-{each}")) for each in ("date", "kind", "name")]
            DataTable(screen, columns, lambda: self._days(found), rows_a_page=50)
            ui.button(screen.say("close"), on_click=dialog.close).props("outline").classes("closes")
        screen.look()
        await answer_of(dialog)

    def _days(self, year: YearNotice) -> list[dict[str, Any]]:
        kinds = {"notice-holiday": year.holidays, "notice-workday": year.workdays}
        days = sorted((day, kind, name) for kind, found in kinds.items() for day, name in found.items())
        return [
            {"id": day.isoformat(), "date": day.isoformat(), "kind": self._screen.say(kind), "name": name}
            for day, kind, name in days
        ]

    async def _taken(self, event: UploadEventArguments) -> None:
        data, name = await event.file.read(), event.file.name
        mistakes = await asyncio.to_thread(self._draft.import_notice, data, name)
        if not mistakes:
            self._redraw()
            return
        self._wrong.clear()
        with self._wrong:
            for each in mistakes:
                ui.label(said(each, self._screen.lang != "en"))
