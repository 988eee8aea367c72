"""A sheet as the bytes a printer takes: in the printer's own letters, or drawn.

Text mode is small (under 1 KB, for slow serial lines); it draws only the lines whose characters a printer's
font cannot be trusted to hold. Raster mode draws everything and looks the same on every printer.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from config.paper.document import Block, Cut, Feed, Logo, QrCode, Rule, Sheet, TextLine, wrap
from config.settings import Device, Settings
from devices.printer import escpos, fonts, rasterise

Mode = Literal["text", "raster"]
PAPERS = {80: 576, 58: 384}  # millimetres of paper → dots of the print head


def warm() -> None:
    """Load what makes papers: else an applicant waits a quarter of a second longer for the first one of the day."""
    escpos.feed_and_cut()


def encode(sheet: Sheet, width: int, mode: Mode = "raster") -> bytes:
    """Return the job: reset, hanzi on, the sheet; raster falls back to text on a PC without a hanzi font."""
    if mode == "raster" and fonts.found():
        return escpos.start() + _drawn(sheet, width)
    return escpos.start() + b"".join(_as_text(block, width) for block in sheet)


def _drawn(sheet: Sheet, width: int) -> bytes:
    job, pending = b"", list[Block]()
    for block in sheet:
        if not isinstance(block, Cut):
            pending.append(block)
            continue
        job += _picture(tuple(pending), width) + escpos.feed_and_cut()
        pending.clear()
    return job + _picture(tuple(pending), width)


def _picture(sheet: Sheet, width: int) -> bytes:
    return escpos.raster(*rasterise.rows(rasterise.draw(sheet, width))) if sheet else b""


def _as_text(block: Block, width: int) -> bytes:
    match block:
        case TextLine():
            return _line(block, width)
        case Rule():
            return escpos.align("left") + b"-" * (width // escpos.CELL) + b"\n"
        case QrCode():
            dots = rasterise.module_dots(block, width)
            symbol = escpos.align("center") + escpos.qr(block.data, dots) + escpos.align("left")
            return escpos.feed(1) + symbol + escpos.feed(1)
        case Logo():
            return _picture((block,), width)
        case Feed():
            return escpos.feed(block.lines)
        case Cut():
            return escpos.feed_and_cut()


def _line(line: TextLine, width: int) -> bytes:
    if fonts.found() and not all(map(escpos.in_printer_font, escpos.plain(line.text))):
        return escpos.align("left") + _picture((line,), width)
    line = replace(line, text=escpos.plain(line.text))
    times = _times(line, width)
    pieces = wrap(line.text, width / escpos.CELL / times, lambda text: float(escpos.cells(text)))
    style = escpos.align(line.align) + escpos.bold(line.bold) + escpos.size(times)
    return style + b"".join(map(escpos.hanzi, pieces)) + escpos.size(1) + escpos.bold(False)


def _times(line: TextLine, width: int) -> int:
    """Return a whole magnification: 1.5 becomes 1, 2.5 becomes 2; `fit` goes down further."""
    times = max(1, int(line.size))
    while line.fit and times > 1 and escpos.cells(line.text) * times * escpos.CELL > width:
        times -= 1
    return times


def trial_sheet(settings: Settings, device: Device) -> Sheet:
    """Return a sheet with everything that a slip needs of a printer: large and small hanzi, letters, a rule, a code,
    the cut."""
    when = datetime.now(ZoneInfo(settings.hall.zone)).strftime("%Y-%m-%d %H:%M:%S")
    return (
        TextLine("打印测试 TEST", size=2, align="center"),
        TextLine(settings.hall.name, align="center"),
        Rule(),
        TextLine(f"{device.name} {device.width_px} px {when}"),
        TextLine("此页不是号票，请丢弃。 This is no ticket."),
        QrCode("TEST"),
        Cut(),
    )
