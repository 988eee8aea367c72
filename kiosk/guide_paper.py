"""The item's guide on paper (一次性告知), to take along: the same rows as on the screen."""

from config.settings import Item, Settings
from devices.printer import Cut, Feed, Line, Mode, Rule, Sheet, encode
from kiosk.catalogue import Catalogue, name_in
from kiosk.parts import Part, guide_rows
from kiosk.words import Words


def guide_bytes(settings: Settings, item: Item, language: str, width: int, mode: Mode) -> bytes:
    return encode(guide_sheet(settings, item, language), width, mode)


def guide_sheet(settings: Settings, item: Item, language: str) -> Sheet:
    words = Words.load().of(language)
    sheet = [
        Line(name_in(settings.hall, language), 1, "center"),
        Line(words.key("paper.guide"), 1, "center"),
        Line(name_in(item, language), 2, "center", bold=True, fit=True),
        Rule(),
    ]
    for row in guide_rows(Catalogue(settings), item, language):
        sheet += _row(words.key(row["key"]), _lines(row, words))
    return (*sheet, Rule(), Line(words.key("paper.hall", phone=settings.hall.phone)), Feed(1), Cut())  # type: ignore[return-value]


def _lines(row: Part, words: "Words") -> list[str]:
    if "list" in row:
        return [f"{i}. {line}" for i, line in enumerate(row["list"], 1)]
    return [words.say(row["word"]) if "word" in row else row["text"]]


def _row(title: str, lines: list[str]) -> list[Line]:
    return [Line(title, 1, bold=True), *(Line("  " + line) for line in lines)]
