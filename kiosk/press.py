"""Makes the bytes of what this kiosk prints, for the printer that will print it."""

from collections.abc import Mapping

from msgspec.structs import asdict

from config.settings import Settings
from devices.printer import Printer
from kiosk.effects import Slip
from kiosk.slip import Language, slip_bytes, slip_of


class HallPress:
    """The press of one kiosk: the hall's words, each printer's width and letters."""

    def __init__(self, settings: Settings, printers: Mapping[str, Printer]) -> None:
        self.settings, self.printers = settings, printers
        self.items = {item.id: item for item in settings.items}

    def slip(self, slip: Slip, printer: str) -> bytes:
        item = self.items.get(slip.items[0]) if slip.items else None
        facts = slip_of(
            self.settings, asdict(slip), item, language=_paper_language(slip.language), reprint=slip.copy > 0
        )
        to = self.printers[printer]
        return slip_bytes(facts, to.width_px, "text" if to.mode == "text" else "raster")

    def guide(self, item: str, language: str, printer: str) -> bytes:
        from kiosk.guide_paper import guide_bytes

        to = self.printers[printer]
        mode = "text" if to.mode == "text" else "raster"
        return guide_bytes(self.settings, self.items[item], _paper_language(language), to.width_px, mode)


def _paper_language(language: str) -> Language:
    """Papers speak Chinese or English; a third language of the screen gets English."""
    return "zh" if language == "zh" else "en"
