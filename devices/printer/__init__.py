"""Printers as they are: sheets, the two encodings, ports, states, jobs and fail-over.

The doors of this room: `Printer` and `Printers` (shells, to be called from a thread), `encode` (a sheet as
bytes), `trial_sheet` (a test page) and the blocks of a sheet. The rest is pure.
"""

from caller.engine.commands import DeviceState, SlipState
from config.paper.document import Block, Cut, Feed, Logo, QrCode, Rule, Sheet, TextLine
from devices.printer.encoding import PAPERS, Mode, encode, trial_sheet, warm
from devices.printer.failover import Printers, PrintOutcome, order
from devices.printer.printer import Printer
from devices.printer.status_dialogue import DialogueLimits

__all__ = [
    "PAPERS",
    "Block",
    "Cut",
    "DeviceState",
    "DialogueLimits",
    "Feed",
    "Logo",
    "Mode",
    "PrintOutcome",
    "Printer",
    "Printers",
    "QrCode",
    "Rule",
    "Sheet",
    "SlipState",
    "TextLine",
    "encode",
    "order",
    "trial_sheet",
    "warm",
]  # fmt: skip
