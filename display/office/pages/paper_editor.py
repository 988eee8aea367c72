"""A paper's template, edited in the office: its text, what is wrong with it line by line, the paper it makes, and put in force.

1. What is put in force is a row of the settings (`[[paper]]`), so it is checked as `hallcall check` does, is a version of its
   own that can be taken back, and reaches every PC that prints.
2. The text begins as what is printed now: the hall's own words, a file of this PC, or ours.
3. A file of this name in `templates` of a PC goes before the settings there; where this PC has one, that is said.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec import structs
from nicegui import ui

from caller.engine.commands import ChangeSettings
from caller.reports.sample_papers import OF_CASES, preview
from config import edits
from config.paper.page import Medium
from config.paper.slip import Language
from config.paper.template import TemplateMistake, TemplateMistakes, parse
from config.paper.template_files import A4, FIELDS, TemplateFolder
from config.reading.errors import Mistake
from config.setting_types import PaperKind, PaperMedium, PaperTemplate
from config.text_safety import for_html
from display.office.pages.settings_versions import put_in_force
from display.office.screen import OfficeScreen, answer_of, dialog_box
from display.office.settings_draft import SettingsDraft
from display.office.settings_form import said


class PaperEditor:
    """The dialog of one paper. `changed`: called once another template is in force."""

    def __init__(
        self,
        screen: OfficeScreen,
        templates: TemplateFolder,
        kind: PaperKind,
        language: Language,
        medium: Medium,
        changed: Callable[[], None],
    ) -> None:
        self._screen, self._templates, self._changed = screen, templates, changed
        self._kind: PaperKind = kind
        self._language: Language = language
        self._shown_on: Medium = medium
        self._medium: PaperMedium = "a4" if medium == "a4" and kind in OF_CASES else "roll"
        self._draft = SettingsDraft(screen.office.data, screen.settings, screen.office.version)
        self._place = next(
            (at for at, each in enumerate(screen.settings.papers) if self._is_this(each)), None
        )

    def _is_this(self, paper: PaperTemplate) -> bool:
        return (paper.kind, paper.medium, paper.language) == (self._kind, self._medium, self._language)

    def _text(self) -> str:
        """Return what is printed now. Raises `OSError`."""
        if self._place is not None:
            return self._screen.settings.papers[self._place].template
        own = self._own()
        return (own or self._templates.paths(self._kind, self._language)[0]).read_text("utf-8")

    def _own(self) -> Any:
        """Return the file of this PC that goes before the settings; None where there is none."""
        middle = f".{A4}" if self._medium == A4 else ""
        folder = self._templates.folder
        path = folder / f"{self._kind}{middle}.{self._language}.txt" if folder else None
        return path if path and path.is_file() else None

    async def open(self) -> None:
        """Show the dialog until the person closes it."""
        screen = self._screen
        title = screen.say("edit-title", paper=screen.word("notice", self._kind))
        with dialog_box(title, "detail") as self._dialog:
            ui.label(title).classes("question")
            names = screen.listed(
                "{%s}" % (zh if screen.lang == "zh" else en) for en, zh in FIELDS[self._kind].items()
            )
            ui.label(screen.say("edit-fields", fields=names)).classes("quiet")
            if own := self._own():
                ui.label(screen.say("edit-own", file=own.name)).classes("warns")
            with ui.element("div").classes("paper-editor"):
                self._input = ui.textarea(screen.say("template"), value=self._text(), on_change=self._look)
                self._input.props('outlined debounce=400 spellcheck=false input-class="template"')
                self._box = ui.element("div").classes("part")
            self._wrong = ui.element("div").classes("mistakes").props('role="alert"')
            with ui.row().classes("verbs"):
                ui.button(screen.say("in-force"), on_click=self._save)
                if self._place is not None:
                    ui.button(screen.say("ours-again"), on_click=self._drop).props("outline")
                ui.button(screen.say("cancel"), on_click=self._dialog.close).props("outline")
        self._look()
        await answer_of(self._dialog)

    def _look(self) -> None:
        """Show the paper that this text makes, or what is wrong with it."""
        text, zh = str(self._input.value or ""), self._screen.lang == "zh"
        if wrong := _mistakes(text, self._kind):
            self._explain(f"{each.line}: {each.zh if zh else each.en}" for each in wrong)
            return
        self._explain(())
        worded = PaperTemplate(self._kind, text, self._language, self._medium)
        settings = structs.replace(self._screen.settings, papers=(worded,))
        page = preview(
            settings, TemplateFolder(), self._kind, self._language, self._shown_on, self._screen.now
        )
        title = for_html(self._screen.word("notice", self._kind))
        self._box.clear()
        with self._box:
            frame = f'<iframe title="{title}" sandbox srcdoc="{for_html(page)}"></iframe>'
            ui.html(frame, sanitize=False).classes("paper-preview")

    def _explain(self, lines: Any) -> None:
        self._wrong.clear()
        with self._wrong:
            for line in lines:
                ui.label(line)

    async def _save(self) -> None:
        values = {
            "kind": self._kind, "language": self._language, "medium": self._medium,
            "template": str(self._input.value or "").rstrip() + "\n",
        }  # fmt: skip
        if self._place is None:
            await self._apply(lambda given, now: edits.with_new_row(given, "paper", values, now))
        else:
            place = self._place
            await self._apply(lambda given, now: edits.with_row(given, "paper", place, values, now))

    async def _drop(self) -> None:
        place = self._place or 0
        await self._apply(lambda given, now: edits.without_row(given, "paper", place, now))

    async def _apply(self, edit: Any) -> None:
        """Check the step as the whole hall is checked, and put it in force."""
        draft, zh = self._draft, self._screen.lang == "zh"
        if draft.given is None:
            self._explain([self._screen.say("no-text")])
            return
        wrong: list[Mistake] = await asyncio.to_thread(draft.edit, edit)
        if wrong:
            self._explain(said(each, zh) for each in wrong)
        elif not draft.is_changed:
            self._dialog.close()
        elif await put_in_force(self._screen, draft):
            self._dialog.close()
            self._changed()


def _mistakes(text: str, kind: str) -> list[TemplateMistake]:
    try:
        parse(text, "", FIELDS[kind])
    except TemplateMistakes as wrong:
        return wrong.mistakes
    return []


def may_edit(screen: OfficeScreen) -> bool:
    return screen.may(ChangeSettings)
