"""Finds the check of captured frames without a manual, for writing a profile from a live keypad. Pure.

1. A check may start at any byte, stand before a tail of up to two bytes, cover a star or not, and be written
   as bytes in either order or as hex digits.
2. A byte fits by chance once in 256. So a single frame names 8-bit checks only where they usually start;
   several frames together are searched from every start, and only what fits all of them is named.
3. Where a frame begins and ends as byte-stuffed frames do, it is searched as sent and unstuffed.
"""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct, structs

from devices.protocols.byte_stuffing import PRESETS
from devices.protocols.checksums import SIZES, WIDTHS, Checksum

USUAL_FIRST_MAX = 2  # a head of two bytes is the longest that keypads usually leave out of the check
FIRST_MAX = 64  # the largest `from` of a profile
TAIL_BYTES_MAX = 2  # ETX, ED, or CR LF
COVERED_BYTES_MIN = 2  # over a single byte, chance and copies fit as well as checks do
GUESSED_BYTES_MAX = 256  # more without a pause is no frame, and not worth a second of the processor
SIZES_KEPT = 16  # different frame lengths of one keypad are two or three
HEX_DIGITS = b"0123456789ABCDEFabcdef"
STAR = b"*"  # what text lines put before their check, and do not cover

_FORMS = {  # by the check's bytes
    1: ("{check}", "{check:2x}"),
    2: ("{check:2le}", "{check:2}", "{check:4x}"),
    4: ("{check:4le}", "{check:4}", "{check:8x}"),
}
_SUMS = (
    Checksum("sum8"), Checksum("minus8"), Checksum("xor8"), Checksum("sum16"), Checksum("minus16"),
    Checksum("sum8", xor_out=0xFF), Checksum("xor8", xor_out=0xFF), Checksum("sum16", xor_out=0xFFFF),
)  # fmt: skip
# (width, poly, init, reflected, xor_out): the variants of public catalogues that devices use
_CRCS = (
    (16, 0x8005, 0xFFFF, True, 0),  # MODBUS
    (16, 0x1021, 0xFFFF, False, 0),  # IBM-3740, "CCITT-FALSE"
    (16, 0x1021, 0, False, 0),  # XMODEM
    (16, 0x8005, 0, True, 0),  # ARC
    (16, 0x1021, 0, True, 0),  # KERMIT
    (16, 0x1021, 0xFFFF, True, 0xFFFF),  # IBM-SDLC, X-25
    (16, 0x1021, 0xFFFF, True, 0),  # MCRF4XX
    (16, 0x1021, 0xFFFF, False, 0xFFFF),  # GENIBUS
    (16, 0x1021, 0x1D0F, False, 0),  # SPI-FUJITSU, "AUG-CCITT"
    (16, 0x8005, 0xFFFF, True, 0xFFFF),  # USB
    (16, 0x8005, 0, True, 0xFFFF),  # MAXIM
    (16, 0x8005, 0, False, 0),  # UMTS, "BUYPASS"
    (16, 0x8005, 0xFFFF, False, 0),  # CMS
    (16, 0x3D65, 0, True, 0xFFFF),  # DNP
    (16, 0x1021, 0, False, 0xFFFF),  # GSM
    (16, 0xC867, 0xFFFF, False, 0),  # CDMA2000
    (16, 0x8BB7, 0, False, 0),  # T10-DIF
    (16, 0x8005, 0x800D, False, 0),  # DDS-110
    (16, 0x3D65, 0, False, 0xFFFF),  # EN-13757
    (16, 0x1021, 0xC6C6, True, 0),  # ISO-IEC-14443-3-A
    (16, 0x1021, 0x89EC, True, 0),  # TMS37157
    (16, 0x1DCF, 0xFFFF, False, 0xFFFF),  # PROFIBUS
    (16, 0x080B, 0xFFFF, True, 0),  # NRSC-5
    (32, 0x04C11DB7, 0xFFFFFFFF, True, 0xFFFFFFFF),  # ISO-HDLC, "CRC-32"
    (32, 0x04C11DB7, 0xFFFFFFFF, False, 0xFFFFFFFF),  # BZIP2
    (32, 0x04C11DB7, 0xFFFFFFFF, False, 0),  # MPEG-2
    (32, 0x04C11DB7, 0xFFFFFFFF, True, 0),  # JAMCRC
    (32, 0x04C11DB7, 0, False, 0xFFFFFFFF),  # CKSUM
    (32, 0x1EDC6F41, 0xFFFFFFFF, True, 0xFFFFFFFF),  # ISCSI
    (8, 0x07, 0, False, 0),  # SMBUS
    (8, 0x31, 0xFF, False, 0),  # NRSC-5
    (8, 0xD5, 0, False, 0),  # DVB-S2
    (8, 0x07, 0, False, 0x55),  # I-432-1, "ITU"
    (8, 0x07, 0xFF, True, 0),  # ROHC
    (8, 0x31, 0, True, 0),  # MAXIM-DOW
    (8, 0x1D, 0xFF, False, 0xFF),  # SAE-J1850
)


class CheckFit(Struct, frozen=True):
    """One way in which a frame may carry its check, written as a profile's layout has it."""

    name: str
    check: Checksum
    form: str  # as in the notation of docs/devices.md
    tail: int  # bytes after the check

    def holds(self, frame: bytes) -> bool:
        """Return whether the frame's check is right, read so."""
        end = len(frame) - self.tail
        start = end - SIZES[self.check.kind] * (2 if self.form.endswith("x}") else 1)
        if start - self.check.first - self.check.leaves_out < COVERED_BYTES_MIN:
            return False
        if self.check.leaves_out and frame[start - 1 : start] != STAR:
            return False
        return _number(frame[start:end], self.form) == self.check.value(frame[:start])

    def written(self, frame: bytes) -> str:
        tail = f" {frame[-self.tail :].hex(' ').upper()}" if self.tail else ""
        leaves_out = f" leaves_out {self.check.leaves_out}" if self.check.leaves_out else ""
        return f"{self.name} from {self.check.first}{leaves_out} {self.form}{tail}"


def guess(frame: bytes) -> list[str]:
    """Return which common checks one captured frame fits; it may name a check too many (rule 2)."""
    return _fits(frame, every_start=False)


def guess_all(frames: Iterable[bytes]) -> list[str]:
    """Return the checks that fit every frame: with a few different keys, chance is out."""
    different = list(dict.fromkeys(frames))
    if len(different) < 2:
        return guess(different[0]) if different else []
    each = [_fits(frame, every_start=True) for frame in different]
    return [name for name in each[0] if all(name in names for names in each[1:])]


def _fits(frame: bytes, every_start: bool) -> list[str]:
    if len(frame) > GUESSED_BYTES_MAX:
        return []
    found = [fit.written(frame) for fit in _ways(len(frame), every_start) if fit.holds(frame)]
    for name, stuffing in PRESETS.items():
        plain = stuffing.unstuffed(frame)
        if plain is not None and plain != frame:
            found += [f"stuffing {name}: {fit}" for fit in _fits(plain, every_start)]
    return found


@lru_cache(SIZES_KEPT)
def _ways(size: int, every_start: bool) -> tuple[CheckFit, ...]:
    """Return every way for frames of this size, the likelier ones first."""
    return tuple(
        CheckFit(name, structs.replace(check, first=first, leaves_out=leaves_out), form, tail)
        for tail in range(TAIL_BYTES_MAX + 1)
        for name, check, forms in _COMMON
        for first in range(min(_last_start(check, every_start), size) + 1)
        for form in forms
        for leaves_out in ((0, 1) if form.endswith("x}") else (0,))
    )


def _last_start(check: Checksum, every_start: bool) -> int:
    return FIRST_MAX if every_start or SIZES[check.kind] > 1 else USUAL_FIRST_MAX


def _sum_named(check: Checksum) -> str:
    return f"{check.kind} xor_out 0x{check.xor_out:X}" if check.xor_out else check.kind


def _named(width: int, poly: int, init: int, reflected: bool, xor_out: int) -> str:
    if (width, poly, init, reflected, xor_out) == (16, 0x8005, 0xFFFF, True, 0):
        return "crc16 (Modbus)"
    digits = width // 4
    end = " reflected" * reflected + f" xor_out 0x{xor_out:0{digits}X}" * bool(xor_out)
    start = f"0x{init:0{digits}X}" if init else "0"
    return f"crc{width} poly 0x{poly:0{digits}X} init {start}{end}"


_COMMON: list[tuple[str, Checksum, tuple[str, ...]]] = [
    *((_sum_named(each), each, _FORMS[SIZES[each.kind]]) for each in _SUMS),
    *(
        (
            _named(width, poly, init, reflected, xor_out),
            Checksum(WIDTHS[width], poly=poly, init=init, reflected=reflected, xor_out=xor_out),
            _FORMS[width // 8],
        )
        for width, poly, init, reflected, xor_out in _CRCS
    ),
]


def _number(raw: bytes, form: str) -> int:
    """Return the check as it stands in the frame, or -1 when its bytes are no hex digits."""
    if form.endswith("x}"):
        return int(raw, 16) if raw and all(byte in HEX_DIGITS for byte in raw) else -1
    return int.from_bytes(raw, "little" if form.endswith("le}") else "big")
