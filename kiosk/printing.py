"""Makes the print jobs of a kiosk: a content poured into its template, as the bytes of the printer that prints it."""

import time
from collections.abc import Mapping
from typing import Protocol

from config.settings import Settings
from devices.paper import notice, slip
from devices.paper.document import Sheet
from devices.paper.notice import guide_content
from devices.paper.slip import SlipContent
from devices.paper.template_files import TemplateFolder
from devices.printer import Printer, encode


class DocumentPrinter(Protocol):
    """Makes the bytes of a paper for the printer of this name."""

    def slip(self, content: SlipContent, printer: str) -> bytes: ...
    def guide(self, item: str, language: str, printer: str) -> bytes: ...


class HallDocumentPrinter:
    """Prints by a hall's templates, each job in the width (dots) and the mode (text or raster) of its printer."""

    def __init__(
        self, settings: Settings, printers: Mapping[str, Printer], templates: TemplateFolder | None = None
    ) -> None:
        self.settings, self.printers = settings, printers
        self.templates = templates or TemplateFolder()
        self.items = {item.id: item for item in settings.items}

    def slip(self, content: SlipContent, printer: str) -> bytes:
        return self._job(self.templates.sheet("slip", content.language, slip.values(content)), printer)

    def guide(self, item: str, language: str, printer: str) -> bytes:
        content = guide_content(self.settings, self.items[item], time.time_ns() // 1000, language)
        return self._job(self.templates.sheet("guide", content.language, notice.values(content)), printer)

    def _job(self, sheet: Sheet, printer: str) -> bytes:
        to = self.printers[printer]
        return encode(sheet, to.width_px, to.mode)
