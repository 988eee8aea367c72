"""The check bytes of serial frames: sums, xor and CRC-16, as device manuals describe them. Pure.

A check says which bytes it covers, counted in the frame, so that a manual page can be copied without
arithmetic. It never decides what a frame means; see devices.framing for that.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Word = Annotated[int, Meta(ge=0, le=0xFFFF)]
Kind = Literal["none", "sum8", "minus8", "sum16", "xor8", "crc16"]
SIZES: dict[str, int] = {"none": 0, "sum8": 1, "minus8": 1, "sum16": 2, "xor8": 1, "crc16": 2}


class Check(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """How the check is made; `minus8` makes the sum of all covered bytes and itself zero."""

    kind: Kind = "none"
    first: Annotated[int, Meta(ge=0, le=64)] = 0  # first byte covered, counted from 0
    leaves_out: Annotated[int, Meta(ge=0, le=8)] = 0  # bytes just before the check it does not cover
    poly: Word = 0x8005  # crc16 only, from here on; these defaults are CRC-16/MODBUS
    init: Word = 0xFFFF
    reflected: bool = True
    xor_out: Word = 0

    def value(self, frame: bytes) -> int:
        """The check over a frame's bytes that stand before the check itself."""
        covered = frame[self.first : len(frame) - self.leaves_out]
        return _VALUES[self.kind](covered, self)


def crc16(data: bytes, poly: int, init: int, reflected: bool, xor_out: int) -> int:
    """CRC-16 as the usual catalogues name it; `poly` is always written high bit first."""
    crc = init
    for byte in data:
        crc ^= (_mirror(byte, 8) if reflected else byte) << 8
        for _ in range(8):
            crc = ((crc << 1) ^ poly if crc & 0x8000 else crc << 1) & 0xFFFF
    return (_mirror(crc, 16) if reflected else crc) ^ xor_out


def guess(frame: bytes) -> list[str]:
    """Which common checks a captured frame fits, for whoever writes a profile from a live keypad."""
    return [name for name, check, order in _COMMON if _fits(frame, check, order)]


def _fits(frame: bytes, check: Check, order: Literal["big", "little"]) -> bool:
    size = SIZES[check.kind]
    body, given = frame[:-size], frame[-size:]
    return len(body) > check.first + 1 and check.value(body).to_bytes(size, order) == given


def _mirror(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def _sum8(data: bytes, _: Check) -> int:
    return sum(data) & 0xFF


def _minus8(data: bytes, _: Check) -> int:
    return -sum(data) & 0xFF


def _sum16(data: bytes, _: Check) -> int:
    return sum(data) & 0xFFFF


def _xor8(data: bytes, _: Check) -> int:
    value = 0
    for byte in data:
        value ^= byte
    return value


def _crc16(data: bytes, check: Check) -> int:
    return crc16(data, check.poly, check.init, check.reflected, check.xor_out)


def _none(_: bytes, __: Check) -> int:
    return 0


_VALUES = {
    "none": _none, "sum8": _sum8, "minus8": _minus8, "sum16": _sum16, "xor8": _xor8, "crc16": _crc16,
}  # fmt: skip

_CCITT = Check("crc16", poly=0x1021, init=0xFFFF, reflected=False)
_XMODEM = Check("crc16", poly=0x1021, init=0, reflected=False)
_COMMON: list[tuple[str, Check, Literal["big", "little"]]] = [
    ("sum8 from 0", Check("sum8"), "big"),
    ("sum8 from 1", Check("sum8", first=1), "big"),
    ("sum8 from 2", Check("sum8", first=2), "big"),
    ("minus8 from 0", Check("minus8"), "big"),
    ("xor8 from 0", Check("xor8"), "big"),
    ("xor8 from 1", Check("xor8", first=1), "big"),
    ("xor8 from 2", Check("xor8", first=2), "big"),
    ("crc16 (Modbus), {check:2le}", Check("crc16"), "little"),
    ("crc16 (Modbus), {check:2}", Check("crc16"), "big"),
    ("crc16 poly 0x1021 init 0xFFFF, {check:2}", _CCITT, "big"),
    ("crc16 poly 0x1021 init 0, {check:2}", _XMODEM, "big"),
]
