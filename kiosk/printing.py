"""Makes the print jobs of a kiosk: a content poured into its template, as the bytes of the printer that prints it."""

import logging
import time
from collections.abc import Mapping
from typing import Protocol

from config.paper import notice, slip
from config.paper.document import Sheet
from config.paper.notice import NoticeContent, guide_content
from config.paper.slip import SlipContent
from config.paper.template_files import TemplateFolder
from config.settings import Settings
from devices.printer import Printer, encode, fonts, trial_sheet

log = logging.getLogger("hallcall.kiosk")


class DocumentPrinter(Protocol):
    """Makes the bytes of a paper for the printer of this name."""

    def slip(self, content: SlipContent, printer: str) -> bytes:
        """Return a number's slip, in the language of its content."""
        ...

    def guide(self, item: str, language: str, printer: str) -> bytes:
        """Return the guide of an item (its id): papers, steps, fee and time, in `language` ("zh", "en")."""
        ...

    def receipt(self, content: NoticeContent, printer: str) -> bytes:
        """Return the receipt of a complaint and the like."""
        ...

    def trial(self, printer: str) -> bytes:
        """Return a test page."""
        ...


class HallDocumentPrinter:
    """Prints by a hall's templates, each job in the width (dots) and the mode (text or raster) of its printer."""

    def __init__(
        self, settings: Settings, printers: Mapping[str, Printer], templates: TemplateFolder | None = None
    ) -> None:
        self.printers = printers
        self.templates = templates or TemplateFolder()
        self.adopt(settings)

    def adopt(self, settings: Settings) -> None:
        """Print by these settings from now on."""
        self.settings = settings
        self.templates.following(settings)
        self.items = {item.id: item for item in settings.items}

    def warn_of_fonts(self) -> None:
        """Log the names of this hall that no font of this PC can draw: their lines are left out of the papers."""
        settings = self.settings
        named = (settings.hall, *settings.items, *settings.queues, *settings.windows, *settings.classes)
        for name in dict.fromkeys(name for each in named for name in (each.name, each.name_en)):
            if lacking := fonts.missing(name):
                log.warning(
                    "没有字体含有“%s”中的 %s，这一行不打印，可安装 fonts-noto-core / no font: this line is not printed",
                    name,
                    lacking,
                )

    def slip(self, content: SlipContent, printer: str) -> bytes:
        return self._job(self.templates.sheet("slip", content.language, slip.values(content)), printer)

    def guide(self, item: str, language: str, printer: str) -> bytes:
        content = guide_content(self.settings, self.items[item], time.time_ns() // 1000, language)
        return self._job(self.templates.sheet("guide", content.language, notice.values(content)), printer)

    def receipt(self, content: NoticeContent, printer: str) -> bytes:
        return self._job(
            self.templates.sheet(content.kind, content.language, notice.values(content)), printer
        )

    def trial(self, printer: str) -> bytes:
        device = next(each for each in self.settings.devices if each.name == printer)
        return self._job(trial_sheet(self.settings, device), printer)

    def _job(self, sheet: Sheet, printer: str) -> bytes:
        to = self.printers[printer]
        return encode(sheet, to.width_px, to.mode)
