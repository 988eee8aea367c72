"""Settings: every table as a form, one draft of changes that is checked, rehearsed and put in force, and the versions.

What a person changes is theirs alone until it is put in force; a page that is closed before gives it up. While another
has put a version in force meanwhile, this draft cannot be any more: the page says so, and begins anew.
"""

import asyncio
from typing import Any

from nicegui import ui
from nicegui.events import UploadEventArguments

from caller.simulate.replay import NoSuchDay
from config import edits
from config.catalogue import MessageError
from config.form_fields import LISTS, FormField, fields_of, first_words, label_of, table_words
from config.item_differences import counted, differences
from config.reading.errors import Mistake
from config.reading.reader import LAYOUT, PLURAL
from config.reading.source import FILE_BYTES_MAX
from display.office.formula_form import FormulaForm
from display.office.pages.city_settings import draw_offer
from display.office.pages.media_folder import MediaFolder
from display.office.pages.settings_versions import draw_rehearsal, draw_versions, put_in_force
from display.office.pages.voice_clips import VoiceClips
from display.office.pages.year_notices import YearNotices
from display.office.parts import DataTable, FaceWays, TableColumn, heading
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box
from display.office.settings_draft import REHEARSED_DAYS, SettingsDraft
from display.office.settings_form import SettingsForm, said
from display.office.words import words_of

TABLES = (
    "hall", "calendar", "hours", "day", "queue", "class", "department", "item", "area", "window", "reason", "rules", "voice",
    "notices", "announcement", "media", "volume", "screen", "paper", "roster", "shift", "score", "performance", "cases", "feedback", "ratings", "phone", "fees", "discount", "kiosk", "device", "file", "accounts", "alarms", "listen", "webhook", "notify", "gateway", "staff", "text", "province", "centre", "api",
)  # fmt: skip
HISTORY = "history"
COLUMNS_MAX = 6
CHANGES_SHOWN = 12


class SettingsSheet:
    """The page of one person: the draft, and the table that is open."""

    def __init__(self, screen: OfficeScreen) -> None:
        self.screen = screen
        self.draft = SettingsDraft(screen.office.data, screen.settings, screen.office.version)
        self._face = TABLES[0]
        with ui.element("div").classes("settings"):
            self._head = ui.element("div")
            self._ways = FaceWays(screen.say("tables"), self._go)
            self._box = ui.element("div")
        screen.each_look(self._look)
        self.draw()

    def _look(self) -> None:
        """Begin anew where another version has come into force."""
        office = self.screen.office
        if office.version != self.draft.base:
            if self.draft.is_changed:
                self.screen.note(self.screen.say("overtaken", version=office.version), good=False)
            self.draft.begin(self.screen.settings, office.version)
            self.draw()

    def draw(self) -> None:
        """Draw the draft's state, the way to the tables, and the table that is open."""
        screen = self.screen
        is_there = self.draft.given is not None
        self._ways.draw(
            {each: self._name(each) for each in (*tables(), HISTORY)} if is_there else {}, self._face
        )
        self._head.clear()
        self._box.clear()
        with self._head:
            if not is_there:
                ui.label(screen.say("no-text")).classes("empty")
                return
            self._draw_draft()
            draw_offer(screen, self.draft, self.draw)
        with self._box:
            if self._face == HISTORY:
                draw_versions(screen, self.draft, self.draw)
                return
            words = table_words(self._face)
            ui.label(words.en[:1].upper() + words.en[1:] if screen.lang == "en" else words.zh).classes(
                "quiet"
            )
            if self._face == "score":
                self._formula()
            elif self._face in (*LAYOUT.one, *LISTS):
                self._one(self._face)
            else:
                self._many(self._face)

    def _name(self, table: str) -> str:
        """Return the name of a table: the page's word, else the first words of what it is for."""
        if f"table-{table}" in words_of("settings"):
            return self.screen.say(f"table-{table}")
        zh, en = first_words(table_words(table))
        return en if self.screen.lang == "en" else zh

    def _go(self, table: str) -> None:
        self._face = table
        self.draw()

    async def _compare_items(self) -> None:
        """Show what differs, item by item."""
        screen, draft = self.screen, self.draft
        found = differences(screen.settings, draft.settings)
        rows = [
            {
                "id": each.id, "change": screen.say(f"item-{each.kind}"), "item": f"{each.id} {each.name}",
                "facts": " · ".join(f"{fact.words(screen.lang)}: {fact.before or '-'} → {fact.after or '-'}" for fact in each.facts),
            }
            for each in found
        ]  # fmt: skip
        columns = [
            TableColumn(name, screen.say(f"difference-{name}")) for name in ("item", "change", "facts")
        ]
        with dialog_box(screen.say("item-differences"), "detail") as dialog:
            ui.label(screen.say("item-counts", **counted(found))).classes("question")
            DataTable(screen, columns, lambda: rows, search=True, rows_a_page=20)
            ui.button(screen.say("close"), on_click=dialog.close).props("outline").classes("closes")
        screen.look()
        await answer_of(dialog)

    # --- the draft

    def _draw_draft(self) -> None:
        screen, draft = self.screen, self.draft
        found = draft.changed
        with ui.element("section").classes("draft" if found else "draft none"):
            ui.label(screen.say("in-force", version=draft.base)).classes("quiet")
            if not found:
                ui.label(screen.say("no-changes"))
                return
            ui.label(screen.say("changes", count=len(found))).classes("question")
            for each in found[:CHANGES_SHOWN]:
                ui.label(str(each)).classes("change")
            if len(found) > CHANGES_SHOWN:
                ui.label(f"… {len(found) - CHANGES_SHOWN}")
            if any(each.table == "item" for each in found):
                ui.button(screen.say("item-differences"), on_click=self._compare_items).props("outline dense")
            for zh, en in draft.later:
                ui.label(en if screen.lang == "en" else zh).classes("later")
            with ui.row().classes("verbs"):
                ui.button(screen.say("save"), on_click=self._apply)
                ui.button(screen.say("rehearse"), on_click=self._rehearse).props("outline")
                ui.button(screen.say("discard"), on_click=self._discard).props("outline")

    async def edit(self, edit: Any) -> list[Mistake]:
        """Take a step of the draft in a thread; draw the page anew where it was taken."""
        mistakes: list[Mistake] = await asyncio.to_thread(self.draft.edit, edit)
        if not mistakes:
            self.draw()
        return mistakes

    async def _apply(self) -> None:
        screen, draft = self.screen, self.draft
        if not await screen.ask(screen.say("save-sure", count=len(draft.changed)), screen.say("save")):
            return
        if await put_in_force(screen, draft):
            self.draw()

    def _discard(self) -> None:
        self.draft.begin(self.screen.settings, self.screen.office.version)
        self.draw()

    async def _rehearse(self) -> None:
        screen = self.screen
        screen.note(screen.say("rehearsing", days=REHEARSED_DAYS))
        try:
            found = await self.draft.rehearse(REHEARSED_DAYS)
        except NoSuchDay as error:
            zh, _, en = str(error).partition(" / ")
            screen.note(en or zh if screen.lang == "en" else zh, good=False)
            return
        except MessageError as error:
            screen.explain(error.message)
            return
        with ui.context.client, ui.dialog(value=True) as dialog, ui.card().classes("detail"):
            draw_rehearsal(screen, found)
            ui.button(screen.say("close"), on_click=dialog.close).props("outline")

    # --- tables

    def _one(self, table: str) -> None:
        settings = self.draft.settings
        row = settings if table in LISTS else getattr(settings, table)

        async def save(values: dict[str, Any]) -> list[Mistake]:
            return await self.edit(lambda given, now: edits.with_row(given, table, 0, values, now))

        fields = [each for each in fields_of(table, settings) if (table, each.name) != ("calendar", "notice")]
        form = SettingsForm(self.screen, fields, row, save)  # a notice comes from a spreadsheet, below
        ui.button(self.screen.say("note-change"), on_click=form.submit)
        if table == "calendar":
            YearNotices(self.screen, self.draft, self.draw)
        if table == "voice":
            VoiceClips(self.screen, settings)

    def _formula(self) -> None:
        async def save(rows: list[dict[str, Any]]) -> list[Mistake]:
            return await self.edit(lambda given, _now: edits.with_rows(given, "score", rows))

        FormulaForm(self.screen, self.draft.settings.scores, save)

    def _many(self, table: str) -> None:
        screen, settings = self.screen, self.draft.settings
        with ui.row().classes("verbs"):
            ui.button(screen.say("add"), on_click=lambda: self._open_form(table, None))
            if table == "item":
                only = ui.switch(screen.say("only"))
                upload = ui.upload(
                    label=screen.say("import"), auto_upload=True, max_file_size=FILE_BYTES_MAX,
                    on_upload=lambda event: self._import(event, bool(only.value)),
                    on_rejected=lambda: screen.note(screen.say("too-large"), good=False),
                )  # fmt: skip
                upload.props('accept=".csv,.xlsx,.txt" flat bordered').classes("import")
        fields = fields_of(table, settings)
        listed = [each for each in fields if each.required or each.name in ("name", "kind", "id")]
        listed += [each for each in fields if each not in listed][: max(0, COLUMNS_MAX - len(listed))]
        zh = screen.lang != "en"
        columns = [TableColumn(each.name, label_of(each).zh if zh else label_of(each).en) for each in listed]
        rows = [
            {"id": str(place)}
            | {
                "id_" if each.name == "id" else each.name: _cell(each, getattr(row, each.name), screen)
                for each in listed
            }
            for place, row in enumerate(getattr(settings, PLURAL[table]))
        ]
        columns = [column._replace(key="id_") if column.key == "id" else column for column in columns]
        DataTable(
            screen, columns, lambda: rows, lambda id: self._open_form(table, int(id)), search=len(rows) > 12,
            rows_a_page=50 if len(rows) > 50 else 0,
        )  # fmt: skip
        if table == "media":
            MediaFolder(screen, settings.media)

    async def _open_form(self, table: str, place: int | None) -> None:
        """Open the form of a row, or of a new one."""
        screen, settings = self.screen, self.draft.settings
        row = None if place is None else getattr(settings, PLURAL[table])[place]

        async def save(values: dict[str, Any]) -> list[Mistake]:
            if place is None:
                return await self.edit(lambda given, now: edits.with_new_row(given, table, values, now))
            return await self.edit(lambda given, now: edits.with_row(given, table, place or 0, values, now))

        with ui.context.client, ui.dialog() as dialog, ui.card().classes("detail"):
            heading(self._name(table))
            form = SettingsForm(screen, fields_of(table, settings), row, save)

            async def submit() -> None:
                if await form.submit():
                    dialog.close()

            async def remove() -> None:
                wrong = await self.edit(lambda given, now: edits.without_row(given, table, place or 0, now))
                form.explain([said(each, screen.lang != "en") for each in wrong])
                if not wrong:
                    dialog.close()

            with ui.row().classes("verbs"):
                ui.button(screen.say("note-change"), on_click=submit)
                if place is not None:
                    ui.button(screen.say("remove"), on_click=remove).props("outline")
                ui.button(screen.say("cancel"), on_click=dialog.close).props("outline")
        await dialog
        dialog.delete()

    async def _import(self, event: UploadEventArguments, only: bool) -> None:
        """Take the items of a file into the draft, or show every mistake of it."""
        screen = self.screen
        data, name = await event.file.read(), event.file.name
        found = await asyncio.to_thread(lambda: self.draft.import_items(data, name, only=only))
        if not found:
            self.draw()
            return
        with ui.context.client, ui.dialog(value=True) as dialog, ui.card().classes("detail"):
            ui.label(screen.say("import-wrong", count=len(found))).classes("question")
            with ui.element("div").classes("mistakes").props('role="alert"'):
                for each in found:
                    ui.label(said(each, screen.lang != "en"))
            ui.button(screen.say("close"), on_click=dialog.close).props("outline")


def tables() -> list[str]:
    """Return every table of the settings, in the order of the page; a new one stands at the end."""
    return [*TABLES, *(each for each in (*LAYOUT.one, *LAYOUT.many) if each not in TABLES)]


def _cell(field: FormField, value: Any, screen: OfficeScreen) -> str:
    """Return what a table shows of a value: the words of a choice, never its code."""
    if field.kind == "switch":
        return screen.say("yes" if value else "no")
    if field.options and value:
        return field.read_as(value, screen.lang)
    if isinstance(value, dict):
        return ", ".join(map(str, value))
    if isinstance(value, list):
        return ", ".join("-".join(each) if isinstance(each, tuple) else str(each) for each in value)
    return "" if value is None else str(value)


def draw(screen: OfficeScreen) -> None:
    """Draw the settings in force, ready to be changed."""
    SettingsSheet(screen)


PAGE = OfficePage("settings", frozenset({"manager"}), draw)
