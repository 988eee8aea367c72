"""ONBON BX fifth-generation strip controllers: the frame around every command, a text in a dynamic area, and
what a card answers. Pure.

Checked against frames published by four independent parties (tests/devices/test_bx.py names them). The
CRC is CRC-16/ARC, taken before A5, A6, 5A and 5B are escaped, so that head and tail cannot occur inside.
"""

from typing import Annotated

from msgspec import Meta, Struct

from devices.protocols.checksums import Uint16, crc16
from devices.protocols.framing import FRAME_BYTES_MAX, DeviceFrame

HEAD = b"\xa5" * 8
TAIL = b"\x5a"
ESCAPES = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
PLAIN = {written: bytes([byte]) for byte, written in ESCAPES.items()}
SOURCE = 0x8000  # a PC
ANY_MODEL = 0xFE
VERSION = 2
ANSWER, NO_ANSWER = 1, 2
ANYBODY = 0xFFFE  # a card that speaks for whatever address it has
PING, SHOW, ACK = b"\xa2\x00", b"\xa3\x06", b"\xa0\x00"
HEADER_BYTES, CRC_BYTES = 14, 2
Byte = Annotated[int, Meta(ge=0, le=255)]


class DynamicArea(Struct, frozen=True, forbid_unknown_fields=True):
    """Where and how the text appears; x and width in units of 8 dots, y and height in dots."""

    number: Byte = 0
    x: Uint16 = 0
    y: Uint16 = 0
    width: Uint16 = 24
    height: Uint16 = 16
    line_gap: Byte = 0
    run: Byte = 0  # 0: shown until replaced
    timeout: Uint16 = 2
    align: Byte = 0
    single_line: Byte = 1
    new_line: Byte = 1
    effect: Byte = 1  # 1 still, 3 moving left
    leave: Byte = 0
    speed: Byte = 4
    stay: Byte = 10  # half seconds


def packet(command: bytes, rest: bytes = b"", address: int = 1, answer: int = ANSWER) -> bytes:
    """Return a frame for one command (group and number)."""
    return _framed(address, SOURCE, command + bytes([answer, 0, 0]) + rest)


def ping(address: int = 1) -> bytes:
    return packet(PING, address=address)


def acknowledge(address: int = ANYBODY) -> bytes:
    """Return what a card says to a command it carried out."""
    return _framed(SOURCE, address, ACK + bytes(3))


def _framed(to: int, by: int, data: bytes) -> bytes:
    body = _low(to) + _low(by) + bytes(6) + bytes([ANY_MODEL, VERSION]) + _low(len(data)) + data
    return HEAD + escape(body + _low(crc(body))) + TAIL


def show(text: bytes, area: DynamicArea, address: int = 1, answer: int = NO_ANSWER) -> bytes:
    """Replace what one dynamic area shows; no area is deleted, one is updated."""
    content = _describe(area) + len(text).to_bytes(4, "little") + text
    return packet(SHOW, b"\x00\x01" + _low(len(content)) + content, address, answer)


class OnbonDecoder:
    """Frames out of a stream of bytes, in a bounded buffer: all of them, or only a card's answers to us.

    An answer's fields are `key`, the command it answers with, and `data`, the rest.
    """

    def __init__(self, card: int | None = None) -> None:
        self._card = card
        self._buffer = b""
        self.dropped = 0
        self.held_max = 0

    def feed(self, data: bytes) -> list[DeviceFrame]:
        return [frame for byte in data for frame in self._byte(bytes([byte]))]

    def silence(self) -> list[DeviceFrame]:
        """Drop what is unfinished: it will never be whole."""
        self._drop(len(self._buffer))
        return []

    def _byte(self, byte: bytes) -> list[DeviceFrame]:
        if byte == HEAD[:1]:
            self._drop(len(self._buffer.rstrip(byte)))  # a new head: what stood before it had no end
        self._buffer += byte
        self.held_max = max(self.held_max, len(self._buffer))
        if byte == TAIL:
            return self._end()
        if not self._buffer.startswith(HEAD[:1]) or len(self._buffer) > FRAME_BYTES_MAX:
            self._drop(len(self._buffer))
        return []

    def _end(self) -> list[DeviceFrame]:
        raw, self._buffer = self._buffer, b""
        body = _body(raw)
        if body is None:
            self.dropped += len(raw)
            return []
        to, by = (int.from_bytes(body[at : at + 2], "little") for at in (0, 2))
        if self._card is not None and (to != SOURCE or by not in (self._card, ANYBODY)):
            return []
        return [DeviceFrame(raw, {"key": body[14:16], "data": body[16:]})]

    def _drop(self, count: int) -> None:
        self._buffer, self.dropped = self._buffer[count:], self.dropped + count


def unpack(frame: bytes) -> bytes | None:
    """Return command and data of a whole frame, or None when it is none: for simulators and tests."""
    body = _body(frame) if frame.startswith(HEAD) else None
    return None if body is None else body[HEADER_BYTES:]


def _body(frame: bytes) -> bytes | None:
    """Return header and data, checked. A line that just woke may have eaten some of the head, or echo more of it."""
    if not (frame.startswith(HEAD[:1]) and frame.endswith(TAIL)):
        return None
    plain = unescape(frame.lstrip(HEAD[:1])[:-1])
    if plain is None or len(plain) < HEADER_BYTES + 2 + CRC_BYTES:
        return None
    body, check = plain[:-CRC_BYTES], plain[-CRC_BYTES:]
    sized = int.from_bytes(body[12:HEADER_BYTES], "little") == len(body) - HEADER_BYTES
    return body if sized and _low(crc(body)) == check else None


def crc(body: bytes) -> int:
    return crc16(body, poly=0x8005, init=0, reflected=True, xor_out=0)


def escape(body: bytes) -> bytes:
    return b"".join(ESCAPES.get(byte, bytes([byte])) for byte in body)


def unescape(body: bytes) -> bytes | None:
    plain, at = b"", 0
    while at < len(body):
        if body[at] in (0xA6, 0x5B):
            pair = body[at : at + 2]
            if pair not in PLAIN:
                return None
            plain, at = plain + PLAIN[pair], at + 2
        else:
            plain, at = plain + body[at : at + 1], at + 1
    return plain


def _describe(area: DynamicArea) -> bytes:
    place = b"\x00" + b"".join(_low(value) for value in (area.x, area.y, area.width, area.height))
    run = bytes([area.number, area.line_gap, area.run]) + _low(area.timeout) + bytes([0, 0, area.align])
    look = bytes([area.single_line, area.new_line, area.effect, area.leave, area.speed, area.stay])
    return place + run + look


def _low(value: int) -> bytes:
    return value.to_bytes(2, "little")
