"""Computes the check bytes of serial frames (sums, xor, CRC-8, CRC-16, CRC-32) as device manuals describe them. Pure.

A check says which bytes it covers, counted in the frame, so that a manual page can be copied without
arithmetic. It never decides what a frame means; see devices.protocols.framing for that, and
devices.protocols.check_search for finding the check of a frame that no manual describes.
"""

from functools import cache
from typing import Annotated, Literal

from msgspec import Meta, Struct

Uint16 = Annotated[int, Meta(ge=0, le=0xFFFF)]
Uint32 = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
ChecksumKind = Literal["none", "sum8", "minus8", "sum16", "minus16", "xor8", "crc8", "crc16", "crc32"]
SIZES: dict[str, int] = {
    "none": 0,
    "sum8": 1,
    "minus8": 1,
    "sum16": 2,
    "minus16": 2,
    "xor8": 1,
    "crc8": 1,
    "crc16": 2,
    "crc32": 4,
}
WIDTHS: dict[int, ChecksumKind] = {8: "crc8", 16: "crc16", 32: "crc32"}  # of the CRCs, in bits


class Checksum(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """How the check is made; `minus8` and `minus16` make the sum of all covered bytes and itself zero. `xor_out` is of
    every kind: 0xFF makes a sum's one's complement."""

    kind: ChecksumKind = "none"
    first: Annotated[int, Meta(ge=0, le=64)] = 0  # first byte covered, counted from 0
    leaves_out: Annotated[int, Meta(ge=0, le=8)] = 0  # bytes just before the check it does not cover
    poly: Uint32 = 0x8005  # of CRCs only, from here on; these defaults are CRC-16/MODBUS
    init: Uint32 = 0xFFFF
    reflected: bool = True
    xor_out: Uint32 = 0  # of sums and xor as well

    def value(self, frame: bytes) -> int:
        """Return the check over a frame's bytes that stand before the check itself."""
        return self.over(frame[self.first : len(frame) - self.leaves_out])

    def over(self, covered: bytes) -> int:
        """Return the check over exactly these bytes."""
        return _VALUES[self.kind](covered, self) ^ (self.xor_out if self.kind in _SUMS else 0)

    def mistake(self) -> str:
        """Return what makes the numbers of a CRC impossible, or ""."""
        most = (1 << 8 * SIZES[self.kind]) - 1
        if self.kind in _SUMS and self.xor_out > most:
            return f"check: {self.kind} 的 xor_out 不超过 0x{most:X} / of a {self.kind} is at most 0x{most:X}"
        if self.kind in WIDTHS.values() and max(self.poly, self.init, self.xor_out) > most:
            return f"check: {self.kind} 的 poly、init、xor_out 不超过 0x{most:X} / of a {self.kind} are at most 0x{most:X}"
        if self.kind == "crc32" and self.poly == _MODBUS_POLY:
            return "check: crc32 要写 poly，常用 0x04C11DB7 / a crc32 needs its poly, usually 0x04C11DB7"
        return ""


def crc16(data: bytes, poly: int, init: int, reflected: bool, xor_out: int) -> int:
    """Return the CRC-16 of some bytes as the usual catalogues name it; `poly` is always written high bit first."""
    return crc(data, 16, poly, init, reflected, xor_out)


def crc(data: bytes, width: int, poly: int, init: int, reflected: bool, xor_out: int) -> int:
    """Return the CRC of some bytes, by table; `width` in bits. A reflected CRC runs low bit first, with everything mirrored."""
    table, mask = _table(width, poly, reflected), (1 << width) - 1
    if reflected:
        crc = _mirror(init, width)
        for byte in data:
            crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    else:
        crc = init
        for byte in data:
            crc = ((crc << 8) & mask) ^ table[((crc >> (width - 8)) ^ byte) & 0xFF]
    return crc ^ xor_out


@cache
def _table(width: int, poly: int, reflected: bool) -> tuple[int, ...]:
    """Return the remainder of each byte."""
    top, mask, table = 1 << (width - 1), (1 << width) - 1, list[int]()
    for byte in range(256):
        crc = (_mirror(byte, 8) if reflected else byte) << (width - 8)
        for _ in range(8):
            crc = ((crc << 1) ^ poly if crc & top else crc << 1) & mask
        table.append(_mirror(crc, width) if reflected else crc)
    return tuple(table)


def _mirror(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def _sum8(data: bytes, _: Checksum) -> int:
    return sum(data) & 0xFF


def _minus8(data: bytes, _: Checksum) -> int:
    return -sum(data) & 0xFF


def _sum16(data: bytes, _: Checksum) -> int:
    return sum(data) & 0xFFFF


def _minus16(data: bytes, _: Checksum) -> int:
    return -sum(data) & 0xFFFF


def _xor8(data: bytes, _: Checksum) -> int:
    value = 0
    for byte in data:
        value ^= byte
    return value


def _crc(data: bytes, check: Checksum) -> int:
    return crc(data, 8 * SIZES[check.kind], check.poly, check.init, check.reflected, check.xor_out)


def _none(_: bytes, __: Checksum) -> int:
    return 0


_VALUES = {
    "none": _none, "sum8": _sum8, "minus8": _minus8, "sum16": _sum16, "minus16": _minus16, "xor8": _xor8, "crc8": _crc, "crc16": _crc, "crc32": _crc,
}  # fmt: skip
_MODBUS_POLY = 0x8005
_SUMS = frozenset({"sum8", "minus8", "sum16", "minus16", "xor8"})
