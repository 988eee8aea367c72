"""The maintenance book on the page Stations: the stock of paper with what is low, the lines of the book, and a new line."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from nicegui import ui

from display.office.maintenance_store import (
    AT_DEVICE,
    NOTE_MAX,
    PAPER_MAX,
    BookLine,
    MaintenanceStore,
    PaperStock,
    UnknownPaperError,
)
from display.office.parts import DataTable, TableColumn, heading
from display.office.screen import OfficeScreen, answer_of, dialog_box

COLUMNS = ("when", "device", "work", "note", "who", "paper")
COUNT_MAX = 9999
T = TypeVar("T")


class MaintenanceBook:
    """The book as one page shows it; what is written here is shown here at once, and elsewhere when it is looked at."""

    def __init__(self, screen: OfficeScreen) -> None:
        self.screen, self._store = screen, MaintenanceStore(screen.office.data)
        self._lines: list[BookLine] = []
        self._stocks: list[PaperStock] = []

    async def draw(self) -> None:
        """Draw the stock and the book."""
        await self._read()
        screen = self.screen
        heading(screen.say("book"))
        screen.part(self._draw_stock, lambda: self._stocks)
        columns = [TableColumn(each, screen.say(f"book-{each}")) for each in COLUMNS]
        DataTable(screen, columns, self._rows, search=True, rows_a_page=20)

    def may_write(self) -> bool:
        return self.screen.session.administers("stations")

    async def _read(self) -> None:
        self._lines = await self._stored(self._store.lines) or []
        self._stocks = await self._stored(self._store.stocks) or []

    async def _stored(self, work: Callable[[], T]) -> T | None:
        """Do something with the book in a thread; say so where it cannot be done."""
        try:
            return await asyncio.to_thread(work)
        except UnknownPaperError:
            self.screen.note(self.screen.say("paper-gone"), good=False)
        except (sqlite3.Error, OSError):
            self.screen.note(self.screen.say("book-broken"), good=False)
        return None

    def _rows(self) -> list[dict[str, Any]]:
        say = self.screen.say
        return [
            {
                "id": str(place), "when": self.screen.date_and_clock(line.at), "device": line.subject or "—",
                "work": say(f"work-{line.work}"), "note": line.note, "who": line.by,
                "paper": f"{line.paper} {line.rolls:+d}" if line.paper else "",
            }
            for place, line in enumerate(self._lines)
        ]  # fmt: skip

    # --- paper

    def _draw_stock(self) -> None:
        say = self.screen.say
        with ui.element("div").classes("stocks"):
            for stock in self._stocks:
                look = "stock low" if stock.is_low else "stock"
                with ui.element("div").classes(look).mark(stock.paper):
                    ui.label(stock.paper).classes("name")
                    ui.label(say("rolls", count=stock.rolls)).classes("value")
                    if stock.is_low:
                        ui.label(say("stock-low", low=stock.low)).classes("why").props("role=status")
                    if self.may_write():
                        with ui.row().classes("verbs"):
                            ui.button(say("came-in"), on_click=partial(self._delivered, stock)).props("dense")
                            count = ui.button(say("count-anew"), on_click=partial(self._stock, stock))
                            count.props("dense outline")
        if not self._stocks:
            ui.label(say("no-stock")).classes("quiet")
        if self.may_write():
            with ui.row().classes("verbs below"):
                ui.button(say("write-line"), on_click=lambda: self.write_line())
                ui.button(say("keep-paper"), on_click=lambda: self._stock(None)).props("outline")

    async def _stock(self, stock: PaperStock | None) -> None:
        """Ask for the count of a kind of paper, and from how many down it is low."""
        say = self.screen.say
        with dialog_box(say("keep-paper"), "ask form") as dialog:
            ui.label(stock.paper if stock else say("keep-paper")).classes("question")
            name = None
            if stock is None:
                name = ui.input(say("paper-name")).props(f"outlined dense maxlength={PAPER_MAX} autofocus")
            count = _number(say("rolls-now"), stock.rolls if stock else 10)
            low = _number(say("low-from"), stock.low if stock else 2)
            with ui.row().classes("verbs"):
                ui.button(say("write"), on_click=lambda: dialog.submit("keep"))
                if stock:
                    ui.button(say("drop-paper"), on_click=lambda: dialog.submit("drop")).props("outline")
                ui.button(say("cancel"), on_click=lambda: dialog.submit(None)).props("outline")
        answer = await answer_of(dialog)
        paper = stock.paper if stock else str(name.value or "").strip() if name else ""
        if answer == "drop":
            await self._stored(lambda: self._store.drop_stock(paper))
        elif answer and paper:
            kept = PaperStock(paper[:PAPER_MAX], _whole(count), _whole(low))
            await self._stored(lambda: self._store.set_stock(kept))
        await self._read()

    async def _delivered(self, stock: PaperStock) -> None:
        """Ask how many rolls came in."""
        say = self.screen.say
        with dialog_box(say("came-in"), "ask form") as dialog:
            ui.label(f"{say('came-in')} · {stock.paper}").classes("question")
            count = _number(say("rolls-in"), 10)
            with ui.row().classes("verbs"):
                ui.button(say("write"), on_click=lambda: dialog.submit(True))
                ui.button(say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
        if await answer_of(dialog) and _whole(count):
            await self._write(
                BookLine(self.screen.now, "", "delivered", "", self._who(), stock.paper, _whole(count))
            )

    # --- a line

    async def write_line(self, device: str = "") -> None:
        """Ask what was done to which device, and write it into the book."""
        screen, say = self.screen, self.screen.say
        devices = [each.name for each in screen.settings.devices] + [
            each.id for each in screen.settings.kiosks
        ]
        works = {each: say(f"work-{each}") for each in AT_DEVICE}
        papers = {"": say("no-paper")} | {
            each.paper: each.paper for each in await self._stored(self._store.stocks) or []
        }
        with dialog_box(say("write-line"), "ask form") as dialog:
            ui.label(say("write-line")).classes("question")
            which: Any = ui.select(devices, label=say("book-device"), value=device or None, with_input=True)
            which.props("outlined dense")
            work: Any = ui.select(works, label=say("book-work"), value="paper").props("outlined dense")
            paper: Any = ui.select(papers, label=say("used-paper"), value=next(reversed(papers))).props(
                "outlined dense"
            )
            paper.bind_visibility_from(work, "value", lambda value: value == "paper" and len(papers) > 1)
            note = ui.input(say("note-optional")).props(f"outlined dense maxlength={NOTE_MAX}")
            missing = ui.label(say("choose-device")).classes("quiet").props("role=status")
            missing.set_visibility(False)
            with ui.row().classes("verbs"):
                ui.button(
                    say("write"),
                    on_click=lambda: dialog.submit(True) if which.value else missing.set_visibility(True),
                )
                ui.button(say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
        if await answer_of(dialog):
            used = paper.value if work.value == "paper" else ""
            text = str(note.value or "").strip()[:NOTE_MAX]
            line = BookLine(screen.now, which.value, work.value, text, self._who(), used, -1 if used else 0)
            await self._write(line)

    def _who(self) -> str:
        return self.screen.session.staff

    async def _write(self, line: BookLine) -> None:
        done = await self._stored(lambda: self._store.write(line) is None)
        if done:
            self.screen.note(self.screen.say("written"))
        await self._read()


def _number(label: str, value: int) -> ui.number:
    return ui.number(label, value=value, min=0, max=COUNT_MAX, precision=0).props("outlined dense")


def _whole(field: ui.number) -> int:
    return min(COUNT_MAX, max(0, int(field.value or 0)))
