"""Code scanners, on a serial line and as keyboards: where a text begins and ends, and what it means. Pure.

One rule for all of them; the kiosk's page keeps it too (page/touch.js), and tests/instruments/scans.py runs the same
cases through each.

1. A text is printable and ends with Enter (CR), LF or Tab, in any number: scanners are set up in every way. What
   ends nothing (a prefix Enter, the LF after a CR) is no text. On a line STX may begin it and ETX end it. The mark of
   its kind of code (AIM: "]Q1") is no part of it.
2. A keyboard scanner leaves less than `KEY_GAP` between two keys. An Enter, Tab or space that comes so soon after a
   sign or another of them belongs to a scan, and presses nothing. Arrows and other keys do not count.
3. A text that paused for longer is no scan: the rest of a code could be another code. Keys more than `KEY_OVER`
   apart never belong together.
4. An Enter or a space alone is a person's, but may also begin a scan: it presses once `KEY_GAP` has passed without
   another key.
"""

import re
from typing import Literal

from msgspec import Struct

from config.instants import Seconds

LINE_BYTES_MAX = 256  # a slip's address has 80; more without an end is no code
CODE_MIN = 4  # the shortest appointment code; a shorter text may be noise
KEY_GAP: Seconds = 0.12  # scanners leave under 30 ms between two keys, people over 150
KEY_OVER: Seconds = 2.0
TEXT_MIN = 2  # of a keyboard scanner: a letter and an Enter may be a very quick person's
ENDS = frozenset({"enter", "tab"})
PRESSING = frozenset({"enter", " "})  # keys that press the button in focus
_END_BYTES = b"\r\n\t\x02\x03"
_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
_TICKET = re.compile(r"(?:^|[/=#])([0-9a-fA-F]{8}-[0-9a-fA-F-]{27})(\.[0-9a-fA-F]{24})?(?:\Z|[/?&#])")
_CODE = re.compile(r"[0-9A-Za-z-]{4,64}")

KeyMeaning = Literal["typed", "scan", "part", "press", "other"]


class ScannedCode(Struct, frozen=True):
    """What a scanner read: a ticket's id, a code, or text that is neither. A slip's QR is an address
    ending in the phone's key, which begins with the ticket's id; a slip from before keys ends in the id."""

    text: str
    ticket: str = ""
    key: str = ""  # the phone's key of that ticket
    appointment: str = ""


def scanned(text: str) -> ScannedCode:
    """Return what a scanned text means."""
    text = _AIM.sub("", text.strip())
    if found := _TICKET.search(text):
        return ScannedCode(
            text, ticket=found[1].lower(), key=(found[1] + found[2]).lower() if found[2] else ""
        )
    return ScannedCode(text, appointment=text if _CODE.fullmatch(text) else "")


class LineSplitter:
    """Texts out of a stream of bytes: printable ASCII, ended by CR, LF or Tab, bounded."""

    def __init__(self) -> None:
        self._buffer = b""
        self._broken = False  # what came since the last end cannot be a text any more
        self.dropped = 0

    def feed(self, data: bytes) -> list[str]:
        texts: list[str] = []
        for byte in data:
            if byte in _END_BYTES:
                texts += self._end()
            elif self._broken or not 0x20 <= byte < 0x7F or len(self._buffer) >= LINE_BYTES_MAX:
                self._broken = True
                self.dropped += 1
            else:
                self._buffer += bytes([byte])
        return texts

    def silence(self) -> None:
        """Drop an unfinished text after a long silence: it is no part of the next one.

        After a short one its rest may still come, and would be taken for a code of its own.
        """
        self._buffer, self._broken = b"", False

    def _end(self) -> list[str]:
        text, broken = self._buffer.decode("ascii"), self._broken
        self._buffer, self._broken = b"", False
        return [text] if text and not broken else []


class KeyBurst:
    """Texts out of keystrokes: tells a scanner that plays keyboard from a person."""

    def __init__(self) -> None:
        self.text = ""  # of the last "scan"
        self._typed = ""
        self._paused = False
        self._last: Seconds = -KEY_OVER

    def key(self, key: str, monotonic: Seconds) -> KeyMeaning:
        """Take one key, a sign or a name ("enter", "tab", ...), pressed at `monotonic` seconds.

        Returns "typed": a sign; "scan": this key ends the scan of `text`; "part": of a scan, it presses nothing;
        "press": a person's, unless another key follows within `KEY_GAP`; "other": no concern of a scanner.
        """
        if len(key) > 1 and key not in ENDS:
            return "other"
        gap = monotonic - self._last
        self._last = monotonic
        soon = gap <= KEY_GAP
        if gap > KEY_OVER:
            self._typed, self._paused = "", False
        elif self._typed and not soon:
            self._paused = True
        if key in ENDS:
            return self._end(key, soon)
        if key in PRESSING and not soon:
            return "press"
        self._typed = (self._typed + key)[: LINE_BYTES_MAX + 1]
        return "typed"

    def _end(self, key: str, soon: bool) -> KeyMeaning:
        text, paused = self._typed, self._paused
        self._typed, self._paused = "", False
        if soon and not paused and TEXT_MIN <= len(text) <= LINE_BYTES_MAX:
            self.text = text
            return "scan"
        if soon:
            return "part"
        return "press" if key in PRESSING else "other"
