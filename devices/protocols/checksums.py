"""The check bytes of serial frames: sums, xor and CRC-16, as device manuals describe them. Pure.

A check says which bytes it covers, counted in the frame, so that a manual page can be copied without
arithmetic. It never decides what a frame means; see devices.framing for that.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

Uint16 = Annotated[int, Meta(ge=0, le=0xFFFF)]
ChecksumKind = Literal["none", "sum8", "minus8", "sum16", "xor8", "crc16"]
SIZES: dict[str, int] = {"none": 0, "sum8": 1, "minus8": 1, "sum16": 2, "xor8": 1, "crc16": 2}

FIRST_MAX = 2  # a head of two bytes is the longest that keypads leave out of the check
TAIL_BYTES_MAX = 2  # ETX, ED, or CR LF
COVERED_BYTES_MIN = 2  # over a single byte, chance and copies fit as well as checks do
GUESSED_BYTES_MAX = 512  # more without a pause is no frame, and not worth a second of the processor
HEX_DIGITS = b"0123456789ABCDEFabcdef"
STAR = b"*"  # what text lines put before their check, and do not cover


class Checksum(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """How the check is made; `minus8` makes the sum of all covered bytes and itself zero."""

    kind: ChecksumKind = "none"
    first: Annotated[int, Meta(ge=0, le=64)] = 0  # first byte covered, counted from 0
    leaves_out: Annotated[int, Meta(ge=0, le=8)] = 0  # bytes just before the check it does not cover
    poly: Uint16 = 0x8005  # crc16 only, from here on; these defaults are CRC-16/MODBUS
    init: Uint16 = 0xFFFF
    reflected: bool = True
    xor_out: Uint16 = 0

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


class Fit(Struct, frozen=True):
    """One way in which a frame may carry its check, written as a profile's layout has it."""

    name: str
    check: Checksum
    form: str  # as in the notation of docs/devices.md
    tail: int  # bytes after the check

    def holds(self, frame: bytes) -> bool:
        """Whether the frame's check is right, read so."""
        end = len(frame) - self.tail
        start = end - _width(self.check.kind, self.form)
        covered = start - self.check.first - self.check.leaves_out
        if covered < COVERED_BYTES_MIN:
            return False
        if self.check.leaves_out and frame[start - 1 : start] != STAR:
            return False
        return _number(frame[start:end], self.form) == self.check.value(frame[:start])

    def said(self, frame: bytes) -> str:
        tail = f" {frame[-self.tail :].hex(' ').upper()}" if self.tail else ""
        leaves_out = f" leaves_out {self.check.leaves_out}" if self.check.leaves_out else ""
        return f"{self.name} from {self.check.first}{leaves_out} {self.form}{tail}"


def guess(frame: bytes) -> list[str]:
    """Which common checks a captured frame fits, for whoever writes a profile from a live keypad.

    A byte fits by chance once in 256, so one frame may name a check too many; see `guess_all`.
    """
    if len(frame) > GUESSED_BYTES_MAX:
        return []
    return [fit.said(frame) for fit in _FITS if fit.holds(frame)]


def guess_all(frames: Iterable[bytes]) -> list[str]:
    """The checks that fit every frame: with a few different keys, chance is out."""
    each = [guess(frame) for frame in dict.fromkeys(frames)]
    return [name for name in each[0] if all(name in names for names in each)] if each else []


def _width(kind: ChecksumKind, form: str) -> int:
    return SIZES[kind] * (2 if form.endswith("x}") else 1)


def _number(raw: bytes, form: str) -> int:
    """The check as it stands in the frame, or -1 when its bytes are no hex digits."""
    if form.endswith("x}"):
        return int(raw, 16) if all(byte in HEX_DIGITS for byte in raw) else -1
    return int.from_bytes(raw, "little" if form.endswith("le}") else "big")


def _mirror(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def _sum8(data: bytes, _: Checksum) -> int:
    return sum(data) & 0xFF


def _minus8(data: bytes, _: Checksum) -> int:
    return -sum(data) & 0xFF


def _sum16(data: bytes, _: Checksum) -> int:
    return sum(data) & 0xFFFF


def _xor8(data: bytes, _: Checksum) -> int:
    value = 0
    for byte in data:
        value ^= byte
    return value


def _crc16(data: bytes, check: Checksum) -> int:
    return crc16(data, check.poly, check.init, check.reflected, check.xor_out)


def _none(_: bytes, __: Checksum) -> int:
    return 0


_VALUES = {
    "none": _none, "sum8": _sum8, "minus8": _minus8, "sum16": _sum16, "xor8": _xor8, "crc16": _crc16,
}  # fmt: skip

_BYTE_FORMS = ("{check}", "{check:2x}")
_WORD_FORMS = ("{check:2le}", "{check:2}", "{check:4x}")
_COMMON: list[tuple[str, Checksum, tuple[str, ...]]] = [
    ("sum8", Checksum("sum8"), _BYTE_FORMS),
    ("minus8", Checksum("minus8"), _BYTE_FORMS),
    ("xor8", Checksum("xor8"), _BYTE_FORMS),
    ("sum16", Checksum("sum16"), _WORD_FORMS),
    ("crc16 (Modbus)", Checksum("crc16"), _WORD_FORMS),
    ("crc16 poly 0x1021 init 0xFFFF", Checksum("crc16", poly=0x1021, reflected=False), _WORD_FORMS),
    ("crc16 poly 0x1021 init 0", Checksum("crc16", poly=0x1021, init=0, reflected=False), _WORD_FORMS),
]
_FITS = [
    Fit(name, structs.replace(check, first=first, leaves_out=leaves_out), form, tail)
    for tail in range(TAIL_BYTES_MAX + 1)
    for name, check, forms in _COMMON
    for first in range(FIRST_MAX + 1)
    for form in forms
    for leaves_out in ((0, 1) if form.endswith("x}") else (0,))
]
