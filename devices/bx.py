"""ONBON BX fifth-generation strip controllers: the frame around every command, and a text in a dynamic area. Pure.

Checked against frames published by three independent parties (tests/devices/test_bx.py names them). The
CRC is CRC-16/ARC, taken before A5, A6, 5A and 5B are escaped, so that head and tail cannot occur inside.
"""

from typing import Annotated

from msgspec import Meta, Struct

from devices.checks import crc16

HEAD = b"\xa5" * 8
TAIL = b"\x5a"
ESCAPES = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
PLAIN = {written: bytes([byte]) for byte, written in ESCAPES.items()}
SOURCE = 0x8000  # a PC
ANY_MODEL = 0xFE
VERSION = 2
ANSWER, NO_ANSWER = 1, 2
Byte = Annotated[int, Meta(ge=0, le=255)]
Word = Annotated[int, Meta(ge=0, le=0xFFFF)]


class Area(Struct, frozen=True, forbid_unknown_fields=True):
    """Where and how the text appears; x and width in units of 8 dots, y and height in dots."""

    number: Byte = 0
    x: Word = 0
    y: Word = 0
    width: Word = 24
    height: Word = 16
    line_gap: Byte = 0
    run: Byte = 0  # 0: shown until replaced
    timeout: Word = 2
    align: Byte = 0
    single_line: Byte = 1
    new_line: Byte = 1
    effect: Byte = 1  # 1 still, 3 moving left
    leave: Byte = 0
    speed: Byte = 4
    stay: Byte = 10  # half seconds


def packet(command: bytes, rest: bytes = b"", address: int = 1, answer: int = ANSWER) -> bytes:
    """A frame for one command (group and number)."""
    data = command + bytes([answer, 0, 0]) + rest
    head = _low(address) + _low(SOURCE) + bytes(6) + bytes([ANY_MODEL, VERSION]) + _low(len(data))
    body = head + data
    return HEAD + escape(body + _low(crc(body))) + TAIL


def ping(address: int = 1) -> bytes:
    return packet(b"\xa2\x00", address=address)


def show(text: bytes, area: Area, address: int = 1, answer: int = NO_ANSWER) -> bytes:
    """Replace what one dynamic area shows; no area is deleted, one is updated."""
    content = _describe(area) + len(text).to_bytes(4, "little") + text
    return packet(b"\xa3\x06", b"\x00\x01" + _low(len(content)) + content, address, answer)


def unpack(frame: bytes) -> bytes | None:
    """Command and data of a whole frame, or None when it is none: for twins and tests."""
    if not (frame.startswith(HEAD) and frame.endswith(TAIL)):
        return None
    body = unescape(frame[len(HEAD) : -1])
    if body is None or len(body) < 16 or _low(crc(body[:-2])) != body[-2:]:
        return None
    return body[14:-2]


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


def _describe(area: Area) -> bytes:
    place = b"\x00" + b"".join(_low(value) for value in (area.x, area.y, area.width, area.height))
    run = bytes([area.number, area.line_gap, area.run]) + _low(area.timeout) + bytes([0, 0, area.align])
    look = bytes([area.single_line, area.new_line, area.effect, area.leave, area.speed, area.stay])
    return place + run + look


def _low(value: int) -> bytes:
    return value.to_bytes(2, "little")
