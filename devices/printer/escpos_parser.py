"""ESC/POS read back: bytes in, commands out, however they were cut up. Pure, and our own second opinion.

The simulated printer and the slip preview print from these commands, so what they show is what was sent,
not what was meant. Real-time questions are taken out first, as a printer does, even inside a picture.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BUFFER_BYTES_MAX = 64 * 1024  # one `GS v 0` band of ours is 18 KB

_REAL_TIME = re.compile(rb"\x10(?:\x04[\x01-\x04]|\x14\x08\x01\x03\x14\x01\x06\x02\x08)")
_HELD = re.compile(rb"\x10(?:\x04|\x14(?:\x08(?:\x01(?:\x03(?:\x14(?:\x01(?:\x06\x02?)?)?)?)?)?)?)?\Z")


@dataclass(frozen=True, slots=True)
class TextRun:
    """One line, as it was ended by LF, or what stood before another command."""

    data: bytes
    ended: bool


@dataclass(frozen=True, slots=True)
class ControlCode:
    """A command of fixed length: its two letters and its arguments."""

    name: bytes
    args: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    row_bytes: int
    rows: bytes


@dataclass(frozen=True, slots=True)
class Symbol:
    """`GS ( k`: everything after its length."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Unknown:
    """A byte no command starts with."""

    byte: int


ParsedCommand = TextRun | ControlCode | Picture | Symbol | Unknown

# Arguments after the two letters; what our slips and python-escpos send.
_LENGTHS = {
    b"\x1b@": 0, b"\x1ba": 1, b"\x1bE": 1, b"\x1bG": 1, b"\x1bd": 1, b"\x1bJ": 1, b"\x1b!": 1, b"\x1bt": 1,
    b"\x1bM": 1, b"\x1b-": 1, b"\x1b{": 1, b"\x1b2": 0, b"\x1b3": 1, b"\x1bR": 1, b"\x1c&": 0, b"\x1c.": 0,
    b"\x1c!": 1, b"\x1d!": 1, b"\x1dB": 1, b"\x1db": 1, b"\x1dr": 1, b"\x1da": 1, b"\x1dg": 4, b"\x1bB": 2, b"\x1bp": 3,
}  # fmt: skip


def take_real_time(data: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Return the stream without real-time commands, those commands, and a tail that may be the start of one."""
    found = _REAL_TIME.findall(data)
    rest = _REAL_TIME.sub(b"", data)
    held = _HELD.search(rest)
    cut = held.start() if held else len(rest)
    return rest[:cut], found, rest[cut:]


@dataclass(slots=True)
class Splitter:
    """Cuts a stream into commands; keeps an unfinished one until the rest comes."""

    _buffer: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[tuple[ParsedCommand, bytes]]:
        """Yield the commands now complete, each with its own bytes."""
        self._buffer += data
        while (found := _first(bytes(self._buffer[:8]), self._buffer)) is not None:
            command, length = found
            raw = bytes(self._buffer[:length])
            del self._buffer[:length]
            yield command, raw
        if len(self._buffer) > BUFFER_BYTES_MAX:
            self._buffer.clear()  # no command of ours is so long: noise, and memory is not for noise

    @property
    def held(self) -> int:
        return len(self._buffer)

    def clear(self) -> None:
        self._buffer.clear()


def _first(head: bytes, buffer: bytearray) -> tuple[ParsedCommand, int] | None:
    if not head:
        return None
    if head[0] in b"\x1b\x1c\x1d":
        return _command(head, buffer) if len(head) > 1 else None
    if head[0] == 0x0A:
        return TextRun(b"", ended=True), 1
    if head[0] < 0x20:
        return Unknown(head[0]), 1
    return _text(buffer)


def _text(buffer: bytearray) -> tuple[TextRun, int] | None:
    """Take a text up to LF; a control code ends it too. Bytes of hanzi are never below 0x30."""
    end = next((place for place, byte in enumerate(buffer) if byte < 0x20), -1)
    if end < 0:
        return None
    ended = buffer[end] == 0x0A
    return TextRun(bytes(buffer[:end]), ended), end + ended


def _command(head: bytes, buffer: bytearray) -> tuple[ParsedCommand, int] | None:
    name = head[:2]
    if name == b"\x1dv":
        return _picture(head, buffer)
    if name == b"\x1d(":
        return _symbol(head, buffer)
    if name == b"\x1dV":
        length = 4 if head[2:3] in b"AB" and head[2:3] else 3
    elif name in _LENGTHS:
        length = 2 + _LENGTHS[name]
    else:
        return Unknown(head[0]), 1
    return (ControlCode(name, bytes(head[2:length])), length) if len(head) >= length else None


def _picture(head: bytes, buffer: bytearray) -> tuple[Picture, int] | None:
    if len(head) < 8:
        return None
    row_bytes, rows = int.from_bytes(head[4:6], "little"), int.from_bytes(head[6:8], "little")
    length = 8 + row_bytes * rows
    return (Picture(row_bytes, bytes(buffer[8:length])), length) if len(buffer) >= length else None


def _symbol(head: bytes, buffer: bytearray) -> tuple[Symbol, int] | None:
    if len(head) < 5:
        return None
    length = 5 + int.from_bytes(head[3:5], "little")
    return (Symbol(bytes(head[2:3] + buffer[5:length])), length) if len(buffer) >= length else None
