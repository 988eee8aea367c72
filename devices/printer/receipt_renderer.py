"""Prints ESC/POS commands as pictures, one for each cut: what the bytes would look like on paper.

Hanzi are 24 dots and letters 12, as in a printer's own font, times the size set by `GS !`. Used by the
simulated printer and by `slip preview`. A PC without a hanzi font shows boxes, never nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageDraw, ImageFont

from config.paper.document import DOTS, Align
from devices.printer import fonts, rasterise
from devices.printer.escpos_parser import (
    ControlCode,
    ParsedCommand,
    Picture,
    Splitter,
    Symbol,
    TextRun,
    take_real_time,
)

MARGIN = 32  # dots beside the print head: 80 mm paper is 640 dots wide, its head 576
CUT_FEED = 5 * DOTS  # paper between head and knife
ROWS_MAX = 24_000  # three metres without a cut: keep the end, as a paper basket does
LINE_GAP = 6

_ALIGN: dict[int, Align] = {0: "left", 1: "center", 2: "right", 48: "left", 49: "center", 50: "right"}


@dataclass(slots=True)
class Style:
    wide: int = 1
    high: int = 1
    bold: bool = False
    align: Align = "left"


@dataclass(slots=True)
class Paper:
    """The paper under the head. `put` prints one command and tells how many rows of dots it took."""

    width: int = 576
    slips: list[Image.Image] = field(default_factory=list)
    _parts: list[Image.Image] = field(default_factory=list)
    _line: list[tuple[bytes, Style]] = field(default_factory=list)
    _style: Style = field(default_factory=Style)
    _symbol: bytes = b""
    _module: int = 3

    def put(self, command: ParsedCommand) -> int:
        match command:
            case TextRun(data, ended):
                return self._text(data, ended=ended)
            case Picture(row_bytes, rows):
                return self._picture(row_bytes, rows)
            case Symbol(data):
                return self._code(data)
            case ControlCode(name, args):
                action = _ACTIONS.get(name)
                return action(self, args) if action else 0
            case _:
                return 0

    @property
    def rows(self) -> int:
        return sum(part.height for part in self._parts)

    def torn(self) -> Image.Image | None:
        """Return what hangs out of the printer and was never cut."""
        return self._joined() if self._parts else None

    # --- printing

    def _text(self, data: bytes, *, ended: bool) -> int:
        if data:
            self._line.append((data, Style(*_fields(self._style))))
        return self._add(self._set_line()) if ended else 0

    def _set_line(self) -> Image.Image:
        pieces = [_words(data, style) for data, style in self._line]
        height = max((piece.height for piece in pieces), default=DOTS)
        part = Image.new("1", (self.width, height + LINE_GAP), rasterise.WHITE)
        left = _start(self._style.align, self.width - sum(piece.width for piece in pieces))
        for piece in pieces:
            part.paste(piece, (left, height - piece.height))
            left += piece.width
        self._line.clear()
        return part

    def _picture(self, row_bytes: int, rows: bytes) -> int:
        if not rows:
            return 0
        inked = Image.frombytes("1", (row_bytes * 8, len(rows) // row_bytes), rows)
        part = Image.new("1", (self.width, inked.height), rasterise.WHITE)
        left = _start(self._style.align, self.width - inked.width)
        part.paste(ImageChops.invert(inked), (left, 0))
        return self._add(part)

    def _code(self, data: bytes) -> int:
        function = data[1:3]
        if function == b"1C":
            self._module = data[3]
        elif function == b"1P":
            self._symbol = data[4:]
        elif function == b"1Q" and self._symbol:
            return self._add(self._qr())
        return 0

    def _qr(self) -> Image.Image:
        symbol = rasterise.qr_picture(self._symbol.decode(errors="replace"), self._module)
        part = Image.new("1", (self.width, symbol.height), rasterise.WHITE)
        part.paste(symbol, (_start(self._style.align, self.width - symbol.width), 0))
        return part

    def _add(self, part: Image.Image) -> int:
        self._parts.append(part)
        while self.rows > ROWS_MAX:
            del self._parts[0]
        return part.height

    def _feed(self, rows: int) -> int:
        return self._add(Image.new("1", (self.width, rows), rasterise.WHITE)) if rows else 0

    def cut(self) -> int:
        fed = self._feed(CUT_FEED)
        self.slips.append(self._joined())
        self._parts.clear()
        return fed

    def _joined(self) -> Image.Image:
        whole = Image.new("1", (self.width + 2 * MARGIN, self.rows + MARGIN), rasterise.WHITE)
        top = MARGIN
        for part in self._parts:
            whole.paste(part, (MARGIN, top))
            top += part.height
        return whole

    def reset(self) -> int:
        self._style, self._symbol, self._module = Style(), b"", 3
        return 0

    def _resize(self, args: bytes) -> int:
        self._style.wide, self._style.high = (args[0] >> 4) + 1, (args[0] & 7) + 1
        return 0

    def _embolden(self, args: bytes) -> int:
        self._style.bold = bool(args[0] & 1)
        return 0

    def _place(self, args: bytes) -> int:
        self._style.align = _ALIGN.get(args[0], "left")
        return 0


_ACTIONS: dict[bytes, Callable[[Paper, bytes], int]] = {
    b"\x1b@": lambda paper, _args: paper.reset(),
    b"\x1d!": Paper._resize,
    b"\x1bE": Paper._embolden,
    b"\x1ba": Paper._place,
    b"\x1bd": lambda paper, args: paper._feed(args[0] * (DOTS + LINE_GAP)),
    b"\x1bJ": lambda paper, args: paper._feed(args[0]),
    b"\x1dV": lambda paper, _args: paper.cut(),
}


def pictures(job: bytes, width: int) -> list[Image.Image]:
    """Return a whole job as pictures, one per cut; paper that was never cut comes last."""
    paper, splitter = Paper(width), Splitter()
    for command, _raw in splitter.feed(take_real_time(job)[0]):
        paper.put(command)
    torn = paper.torn()
    return [*paper.slips, *([torn] if torn else [])]


def _fields(style: Style) -> tuple[int, int, bool, Align]:
    return style.wide, style.high, style.bold, style.align


def _start(align: Align, spare: int) -> int:
    return max(0, {"left": 0, "center": spare // 2, "right": spare}[align])


def _words(data: bytes, style: Style) -> Image.Image:
    """Draw letters in their cells at size 1, magnified dot by dot as the printer does."""
    text = data.decode("gb18030", errors="replace")
    width = sum(DOTS // 2 if char < "\x80" else DOTS for char in text)
    small = Image.new("L", (max(1, width), DOTS + 4), 255)
    pen, left, font = ImageDraw.Draw(small), 0, _font()
    for char in text:
        _letter(pen, left, char, font, stroke=int(style.bold))
        left += DOTS // 2 if char < "\x80" else DOTS
    ink = rasterise.ink(small)
    return ink.resize((ink.width * style.wide, ink.height * style.high), Image.Resampling.NEAREST)


def _letter(
    pen: ImageDraw.ImageDraw, left: int, char: str, font: ImageFont.FreeTypeFont | None, *, stroke: int
) -> None:
    if font is None:
        pen.rectangle((left + 1, 4, left + (9 if char < "\x80" else 21), 22), outline=0)
    else:
        pen.text((left, DOTS // 2 + 1), char, 0, font, "lm", stroke_width=stroke * 0.4)


def _font() -> ImageFont.FreeTypeFont | None:
    return fonts.half_width().at(DOTS) if fonts.found() else None
