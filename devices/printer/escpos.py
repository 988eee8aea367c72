"""The few ESC/POS commands a slip needs, as bytes, and nothing that knows a port.

python-escpos makes what it makes rightly: alignment, weight, size, feed, cut, native QR. Text and pictures are ours,
because its text leaves the hanzi mode alone and its pictures may hold commands that a printer obeys at once. It is
imported with the first paper and not before: it reads a table of printers for a quarter of a second, and most programs
that know this room print nothing.

The commands are those common to Epson and to the thermal printers sold in China. Hanzi go out as GB18030
after `FS &`; a character that such a printer's own font cannot be trusted to hold (outside GBK, or four
bytes long in GB18030) is told apart by `in_printer_font`, and its line is drawn instead.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from config.paper.document import Align

if TYPE_CHECKING:
    from escpos.printer import Dummy

RESET = b"\x1b@"
NO_REPORTS = b"\x1da\x00"  # no status unasked: it would pass for an answer
RECEIPT_PLEASE = b"\x1dr\x01"  # answered in order: all before it is on paper
CUTS_PLEASE = b"\x1dg2\x00\x32\x00"  # maintenance counter 50: how often the knife has cut
FORGET = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # drops what waits; control codes where unknown
FORGOTTEN = b"\x37\x25\x00"  # the answer to it
HANZI_ON = b"\x1c&"
BAND_ROWS = 256  # cheap printers hold one picture of about this height in memory
CELL = 12  # dots of a half-width character at size 1

_PLAIN = str.maketrans({"–": "-", "‑": "-", "\u00a0": " ", "\u2009": " "})
_REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")


def start() -> bytes:
    return RESET + NO_REPORTS + HANZI_ON


def ask(question: int) -> bytes:
    """Return `DLE EOT n`, which is answered with one byte at once, even while printing."""
    return b"\x10\x04" + bytes([question])


def _made(draw: "Callable[[Dummy], object]") -> bytes:
    """Return the bytes that python-escpos makes of one call."""
    from escpos.printer import Dummy

    printer = Dummy()
    draw(printer)
    return bytes(printer.output)


@cache
def align(where: Align) -> bytes:
    return _made(lambda printer: printer.set(align=where))


@cache
def bold(on: bool) -> bytes:
    return _made(lambda printer: printer.set(bold=on))


@cache
def size(times: int) -> bytes:
    """Return the command for letters `times` as wide and as high, 1 to 8."""
    return _made(lambda printer: printer.set(custom_size=True, width=times, height=times))


@cache
def feed(lines: int) -> bytes:
    return _made(lambda printer: printer.print_and_feed(max(0, min(lines, 255))))


@cache
def feed_and_cut() -> bytes:
    """Feed to the knife and cut."""
    return _made(lambda printer: printer.cut(feed=False))


def in_printer_font(char: str) -> bool:
    """Return whether a sign is ASCII or two-byte GBK: what every hanzi printer holds."""
    try:
        return len(char.encode("gbk")) <= 2 and len(char.encode("gb18030")) <= 2
    except UnicodeEncodeError:
        return False


def cells(text: str) -> int:
    """Return the half-width places a text takes on paper: one for a byte, two for a hanzi."""
    return sum(1 if char < "\x80" else 2 for char in text)


def plain(text: str) -> str:
    """Return a text with its marks outside GB2312 as the nearest that even the plainest printer holds."""
    return text.translate(_PLAIN)


def hanzi(text: str) -> bytes:
    """Return the line's bytes; the geta mark stands where a glyph is missing and could not be drawn."""
    known = "".join(char if in_printer_font(char) else "〓" for char in text)
    return known.encode("gb18030") + b"\n"


def qr(data: str, dots: int) -> bytes:
    """Return a QR code that the printer draws itself: model 2, level M, modules of `dots` dots."""
    from escpos.constants import QR_ECLEVEL_M, QR_MODEL_2

    return _made(lambda printer: printer.qr(data, ec=QR_ECLEVEL_M, size=dots, model=QR_MODEL_2, native=True))


def raster(row_bytes: int, rows: bytes) -> bytes:
    """Return a one-bit picture (1 = black) as `GS v 0` bands."""
    count = len(rows) // row_bytes
    return b"".join(
        _band(row_bytes, rows[top * row_bytes : min(top + BAND_ROWS, count) * row_bytes])
        for top in range(0, count, BAND_ROWS)
    )


def _band(row_bytes: int, rows: bytes) -> bytes:
    head = b"\x1dv0\x00" + row_bytes.to_bytes(2, "little") + (len(rows) // row_bytes).to_bytes(2, "little")
    return head + without_real_time(rows)


def without_real_time(rows: bytes) -> bytes:
    """Break `DLE EOT`, `DLE ENQ` and `DLE DC4` inside a picture by one more black dot.

    A printer obeys these the moment they arrive, also in the middle of a picture, and we would take its
    unasked answer for the next one.
    """
    return _REAL_TIME.sub(lambda found: bytes([0x10, found[0][1] | 0x08]), rows)
