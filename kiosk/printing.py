"""Makes the bytes of what this kiosk prints, for the printer that will print it."""

import time
from collections.abc import Mapping

from msgspec.structs import asdict, replace

from config.settings import Item, Settings
from devices.paper.notice import guide_of, notice_bytes
from devices.paper.slip import Language, slip_bytes, slip_of
from devices.paper.template_files import TemplateFolder
from devices.printer import Mode, Printer
from kiosk.catalogue import lines_in, text_in
from kiosk.visit.effects import PrintSlipFacts


class HallDocumentPrinter:
    """The press of one kiosk: the hall's words and templates, each printer's width and letters."""

    def __init__(
        self, settings: Settings, printers: Mapping[str, Printer], templates: TemplateFolder | None = None
    ) -> None:
        self.settings, self.printers = settings, printers
        self.templates = templates or TemplateFolder()
        self.items = {item.id: item for item in settings.items}
        self.departments = {department.id: department for department in settings.departments}

    def slip(self, slip: PrintSlipFacts, printer: str) -> bytes:
        language = _paper_language(slip.language)
        item = _in_language(self.items[slip.items[0]], language) if slip.items else None
        facts = slip_of(self.settings, asdict(slip), item, language=language, reprint=slip.copy > 0)
        width, mode = self._paper(printer)
        return slip_bytes(facts, width, mode, self.templates)

    def guide(self, item: str, language: str, printer: str) -> bytes:
        language = _paper_language(language)
        chosen = _in_language(self.items[item], language)
        department = self.departments.get(chosen.department)
        notice = guide_of(self.settings.hall, chosen, department, time.time_ns() // 1000, language)
        width, mode = self._paper(printer)
        return notice_bytes(notice, width, mode, self.templates)

    def _paper(self, printer: str) -> tuple[int, Mode]:
        to = self.printers[printer]
        return to.width_px, to.mode


def _paper_language(language: str) -> Language:
    """Papers speak Chinese or English; a third language of the screen gets English."""
    return "zh" if language == "zh" else "en"


def _in_language(item: Item, language: str) -> Item:
    """The item with its published facts in the language of the paper, as its screen showed them."""
    texts = {field: text_in(item, field, language) for field in ("fee", "basis", "conditions")}
    lists = {field: lines_in(item, field, language) for field in ("papers", "steps")}
    return replace(item, **texts, **lists)
