"""Draws a sheet as the picture a raster printer burns: one bit a dot, as wide as the print head.

Used for whole slips in raster mode and for single lines in text mode whose names the printer's own font
does not hold. Sizes are those of the text mode, so a slip looks alike in both.
"""

from functools import lru_cache
from pathlib import Path

import segno
from PIL import Image, ImageChops, ImageDraw

from config.paper.document import DOTS, Block, Cut, Feed, Logo, QrCode, Rule, Sheet, TextLine, wrap
from devices.printer import fonts, line_order
from devices.printer.fonts import FontFace
from devices.printer.line_order import Order

LEADING = 1.28  # line height per letter height: close enough to read as one block, open enough for the old
INK = 150  # grey below this is a black dot; thermal dots bleed, so thin strokes may stay thin
DOTS_PER_MM = 8  # 203 dpi
QR_MASK = 0  # the chequered one; trying all eight takes five times as long and no reader needs it
QUIET_MODULES = 4  # white border a QR code needs by its standard
LOGO_ROWS_MAX = 400  # 5 cm; a photograph put in by mistake must not empty the roll
WHITE = 255  # of a one-bit picture; 1 would turn black when inverted
_SIZE_STEP = 0.25  # how `fit` shrinks
_INK_TABLE = [255 * (grey > INK) for grey in range(256)]


def draw(sheet: Sheet, width: int) -> Image.Image:
    """Return the whole sheet, black on white, in mode "1"."""
    parts = [_part(block, width) for block in sheet]
    picture = Image.new("1", (width, max(1, sum(part.height for part in parts))), WHITE)
    top = 0
    for part in parts:
        picture.paste(part, (0, top))
        top += part.height
    return picture


def rows(picture: Image.Image) -> tuple[int, bytes]:
    """Return the bytes per row and the rows as a printer wants them: 1 is black, padded with white."""
    width = (picture.width + 7) // 8
    flipped = ImageChops.invert(picture)
    return width, flipped.tobytes()


def ink(grey: Image.Image) -> Image.Image:
    """Turn grey to dots, without dither: letters stay sharp."""
    return grey.point(_INK_TABLE, "1")


def _part(block: Block, width: int) -> Image.Image:
    match block:
        case TextLine():
            return _line(block, width)
        case Rule():
            return _rule(width)
        case QrCode():
            return _code(block, width)
        case Logo():
            return _logo(block, width)
        case Feed():
            return _blank(width, block.lines * DOTS)
        case Cut():
            return _blank(width, 0)


def _blank(width: int, height: int) -> Image.Image:
    return Image.new("1", (width, height), WHITE)


def _rule(width: int) -> Image.Image:
    part = _blank(width, 20)
    ImageDraw.Draw(part).rectangle((0, 9, width, 10), fill=0)
    return part


def _line(line: TextLine, width: int) -> Image.Image:
    """Draw a line; one with letters that no face of this PC has is left out, never drawn as boxes."""
    if fonts.missing(line.text):
        return _blank(width, 0)
    face = fonts.bold() if line.bold else fonts.regular()
    text = "".join(
        char if char < "\u3400" or fonts.is_script(char) or face.has(char) else "〓" for char in line.text
    )
    base = line_order.base(text)
    height = _height(line, text, face, width)
    lines = wrap(text, width, lambda piece: _length(piece, face, height, base))
    pitch = round(height * LEADING)
    part = Image.new("L", (width, pitch * len(lines)), 255)
    pen = ImageDraw.Draw(part)
    for number, piece in enumerate(lines):
        left = _left(line, width - _length(piece, face, height, base))
        for run, own, order in line_order.runs(piece, face, base):
            font = own.at(height)
            stroke = int(own.stroke or (own.shaped and line.bold))
            way = order if own.shaped else None
            pen.text(
                (left, number * pitch + pitch // 2), run, 0, font, "lm", stroke_width=stroke, direction=way
            )
            left += font.getlength(run)
    return ink(part)


def _length(text: str, face: FontFace, height: int, base: Order) -> float:
    return sum(own.at(height).getlength(run) for run, own, _ in line_order.runs(text, face, base))


def _height(line: TextLine, text: str, face: FontFace, width: int) -> int:
    size, base = line.size, line_order.base(text)
    while line.fit and size > 1 and _length(text, face, round(size * DOTS), base) > width:
        size -= _SIZE_STEP
    return round(max(size, 1) * DOTS)


def _left(line: TextLine, spare: float) -> float:
    return {"left": 0.0, "center": spare / 2, "right": spare}[line.align]


def _code(code: QrCode, width: int) -> Image.Image:
    dots = module_dots(code, width)
    symbol = qr_picture(code.data, dots)
    quiet = QUIET_MODULES * dots
    part = _blank(width, symbol.height + 2 * quiet)
    part.paste(symbol, ((width - symbol.width) // 2, quiet))
    return part


def qr_picture(data: str, dots: int) -> Image.Image:
    """Return the bare symbol, so many dots a module."""
    matrix = qr_modules(data)
    grey = bytes(255 * (1 - module) for row in matrix for module in row)
    side = len(matrix)
    small = Image.frombytes("L", (side, side), grey)
    return ink(small.resize((side * dots, side * dots), Image.Resampling.NEAREST))


@lru_cache(8)
def qr_modules(data: str) -> tuple[bytes, ...]:
    code = segno.make_qr(data, error="m", boost_error=False, mask=QR_MASK)
    return tuple(bytes(row) for row in code.matrix)


def module_dots(code: QrCode, width: int) -> int:
    """Return the dots per module: near the size asked for, inside the paper, never too fine for a phone."""
    modules = len(qr_modules(code.data))
    room = width // (modules + 2 * QUIET_MODULES)
    return max(2, min(round(code.millimetres * DOTS_PER_MM / modules), room, 12))


def _logo(logo: Logo, width: int) -> Image.Image:
    picture = _logo_picture(logo.path, Path(logo.path).stat().st_mtime_ns, round(width * logo.width))
    part = _blank(width, picture.height + DOTS // 2)
    part.paste(picture, ((width - picture.width) // 2, 0))
    return part


@lru_cache(8)
def _logo_picture(path: str, _changed: int, wide: int) -> Image.Image:
    with Image.open(path) as opened:
        drawn = opened.convert("RGBA")
    paper = Image.new("RGBA", drawn.size, "white")
    paper.alpha_composite(drawn)
    scale = min(wide / drawn.width, LOGO_ROWS_MAX / drawn.height)
    size = (max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale)))
    return paper.convert("L").resize(size, Image.Resampling.LANCZOS).convert("1")
