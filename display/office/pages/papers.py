"""Papers: each filled with a sample, on a roll and on A4, by the hall's own templates; and a case's own papers as A4.

1. A manager changes a paper here (`paper_editor`), for every PC that prints. A technician may change one on a single PC
   with a text editor: KIND.LANGUAGE.txt for rolls and KIND.a4.LANGUAGE.txt for A4, in the folder `templates` of its data
   folder (`hallcall slip copy`). What is wrong with a file of this PC is shown here with its line, and ours, or the last
   good one, goes on being printed.
2. The page shows what is printed: the preview is the same document.
3. A case's paper names its applicant, by the people's store of this PC; a person who was deleted leaves a blank. Nothing of
   it is kept.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from nicegui import ui

from caller.people.store import applicant_of
from caller.reports.notice_sheet import paper_page
from caller.reports.sample_papers import kinds, preview
from config.paper.page import Medium
from config.paper.slip import Language
from config.paper.template_files import FOLDER_NAME, TemplateFolder
from config.text_safety import for_html
from display.office.pages.paper_editor import PaperEditor, may_edit
from display.office.report_parts import PRINT
from display.office.screen import OfficePage, OfficeScreen

MEDIA: tuple[Medium, ...] = ("a4", "80", "58")
LANGUAGES: tuple[Language, ...] = ("zh", "en")
FRAME_MM: dict[Medium, int] = {"a4": 210, "80": 84, "58": 60}
LOOKS, LOOK_SECONDS = 100, 0.1  # at the facts of a paper, which come within milliseconds


class PaperPreview:
    """What is chosen, and the paper it shows."""

    def __init__(self, screen: OfficeScreen) -> None:
        self._screen = screen
        self._templates = TemplateFolder(screen.office.data / FOLDER_NAME)
        options = {kind: screen.word("notice", kind) for kind in kinds()}
        with ui.row().classes("filter"):
            self._kind = ui.select(options, value="acceptance", label=screen.say("paper")).props(
                "outlined dense"
            )
            languages = {each: screen.say(f"language-{each}") for each in LANGUAGES}
            self._language = ui.select(languages, value=screen.lang, label=screen.say("language")).props(
                "outlined dense"
            )
            media = {each: screen.say(f"medium-{each}") for each in MEDIA}
            self._medium = ui.select(media, value="a4", label=screen.say("medium")).props("outlined dense")
            ui.button(screen.say("show"), on_click=self.show)
            ui.button(screen.say("print"), on_click=self.print).props("outline")
            if may_edit(screen):
                ui.button(screen.say("edit"), on_click=self.edit).props("outline")
        for each in (self._kind, self._language, self._medium):
            each.on_value_change(self.show)
        ui.label(screen.say("where", folder=f"DATA/{FOLDER_NAME}")).classes("quiet")
        self._mistakes = ui.element("div")
        self._box = ui.element("div").classes("part")
        self.show()

    def _page(self) -> str:
        screen = self._screen
        return preview(
            screen.settings,
            self._templates,
            self._kind.value,
            self._language.value,
            self._medium.value,
            screen.now,
        )

    def show(self) -> None:
        """Show the paper as it is printed now; the files are read again where they have changed."""
        page, width = self._page(), FRAME_MM[self._medium.value]
        title = self._screen.word("notice", self._kind.value)
        self._box.clear()
        with self._box:
            frame = f'<iframe title="{for_html(title)}" sandbox srcdoc="{for_html(page)}"></iframe>'
            shown = ui.html(frame, sanitize=False).classes("paper-preview")
            shown.style(f"width: {width}mm; max-width: 100%")
        self._mistakes.clear()
        with self._mistakes:
            for mistake in self._templates.mistakes:
                words = mistake.zh if self._screen.lang == "zh" else mistake.en
                ui.label(f"{Path(mistake.file).name}:{mistake.line} {words}").classes("warns")

    async def edit(self) -> None:
        """Open the template of the paper that is shown."""
        chosen = self._kind.value, self._language.value, self._medium.value
        await PaperEditor(self._screen, self._templates, *chosen, changed=self.show).open()

    def print(self) -> None:
        print_page(self._screen.word("notice", self._kind.value), self._page())


def print_page(title: str, page: str) -> None:
    """Let the browser print a page, or save it as PDF."""
    ui.run_javascript(PRINT % (json.dumps(title), json.dumps(page)))


async def print_paper(screen: OfficeScreen, kind: str, about: str) -> None:
    """Print a paper of a case as A4, with its applicant as far as the people's store has them."""
    topic = f"notice/{kind}.{about}"
    await screen.watch(topic)
    try:
        facts = await _facts(screen, topic)
    finally:
        await screen.unwatch(topic)
    if not facts:
        screen.note(screen.say("no-paper"), good=False)
        return
    templates = TemplateFolder(screen.office.data / FOLDER_NAME)
    who = await asyncio.to_thread(applicant_of, screen.office.data, about)
    print_page(screen.word("notice", kind), paper_page(screen.settings, facts, templates, screen.now, who))


async def _facts(screen: OfficeScreen, topic: str) -> dict[str, Any]:
    """Return the document of a topic that was just watched; empty where it does not come."""
    for _ in range(LOOKS):
        if topic in screen.views:
            return dict(screen.views[topic])
        await asyncio.sleep(LOOK_SECONDS)
    return {}


def draw(screen: OfficeScreen) -> None:
    """Draw the choice and the paper."""
    PaperPreview(screen)


PAGE = OfficePage("papers", frozenset({"manager", "technician"}), draw)
