"""Checks against the values public catalogues give for the text 123456789."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from devices.protocols import check_search
from devices.protocols.byte_stuffing import PRESETS
from devices.protocols.check_search import GUESSED_BYTES_MAX, guess, guess_all
from devices.protocols.checksums import SIZES, WIDTHS, Checksum, crc, crc16
from devices.protocols.framing import layout

CHECKED = b"123456789"


@pytest.mark.parametrize(
    ("name", "poly", "init", "reflected", "xor_out", "value"),
    [
        ("CRC-16/MODBUS", 0x8005, 0xFFFF, True, 0, 0x4B37),
        ("CRC-16/ARC", 0x8005, 0, True, 0, 0xBB3D),
        ("CRC-16/IBM-3740", 0x1021, 0xFFFF, False, 0, 0x29B1),
        ("CRC-16/XMODEM", 0x1021, 0, False, 0, 0x31C3),
        ("CRC-16/KERMIT", 0x1021, 0, True, 0, 0x2189),
        ("CRC-16/GENIBUS", 0x1021, 0xFFFF, False, 0xFFFF, 0xD64E),
        ("CRC-16/IBM-SDLC", 0x1021, 0xFFFF, True, 0xFFFF, 0x906E),
        ("CRC-16/USB", 0x8005, 0xFFFF, True, 0xFFFF, 0xB4C8),
    ],
)
def test_crc16_as_catalogued(
    name: str, poly: int, init: int, reflected: bool, xor_out: int, value: int
) -> None:
    assert crc16(CHECKED, poly, init, reflected, xor_out) == value, name


@given(st.binary(max_size=64))
def test_the_minus_check_makes_the_whole_sum_zero(data: bytes) -> None:
    assert (sum(data) + Checksum("minus8").value(data)) & 0xFF == 0


def test_a_check_may_skip_the_head_and_the_star_before_it() -> None:
    assert Checksum("xor8", first=1, leaves_out=1).value(b"$AB*") == 0x41 ^ 0x42


@pytest.mark.parametrize(
    ("frame", "fits"),
    [
        ("AA 01 05 00 B0", "sum8 from 0 {check}"),
        ("02 01 50 41 10 03", "xor8 from 1 {check} 03"),
        ("01 03 00 00 00 01 84 0A", "crc16 (Modbus) from 0 {check:2le}"),
        ("AA 01 04 05", "xor8 from 1 {check}"),
        (b"$AB,5*1a\r\n".hex(), "xor8 from 1 leaves_out 1 {check:2x} 0D 0A"),
        (b"$AB,7*18\r\n".hex(), "xor8 from 1 leaves_out 1 {check:2x} 0D 0A"),
    ],
)
def test_a_captured_frame_tells_its_check(frame: str, fits: str) -> None:
    assert fits in guess(bytes.fromhex(frame))


@pytest.mark.parametrize("frame", ["", "AA", "AA 01 05", "AA 01 05 00 B1", b"$AB,7*1G\r\n".hex()])
def test_what_carries_no_check_is_given_none(frame: str) -> None:
    assert guess(bytes.fromhex(frame)) == []


def test_a_flood_is_not_searched() -> None:
    assert guess(bytes(GUESSED_BYTES_MAX + 1)) == []
    assert guess(bytes(GUESSED_BYTES_MAX))


def test_what_fits_one_frame_by_chance_does_not_fit_all() -> None:
    """Key 4 of the five-byte keypad has the same sum and xor; key 1 too, over fewer bytes."""
    frames = [bytes.fromhex(text) for text in ("AA 01 04 00 AF", "AA 01 01 07 B3")]
    assert "xor8 from 0 {check}" in guess(frames[0])
    assert "xor8 from 0 {check}" not in guess_all(frames)
    assert "sum8 from 0 {check}" in guess_all(frames)
    assert guess_all([]) == []


@pytest.mark.parametrize(
    ("name", "poly", "init", "reflected", "xor_out", "value"),
    [
        ("CRC-8/SMBUS", 0x07, 0, False, 0, 0xF4),
        ("CRC-8/I-432-1", 0x07, 0, False, 0x55, 0xA1),
        ("CRC-8/ROHC", 0x07, 0xFF, True, 0, 0xD0),
        ("CRC-8/MAXIM-DOW", 0x31, 0, True, 0, 0xA1),
        ("CRC-8/SAE-J1850", 0x1D, 0xFF, False, 0xFF, 0x4B),
    ],
)
def test_crc8_as_catalogued(
    name: str, poly: int, init: int, reflected: bool, xor_out: int, value: int
) -> None:
    assert crc(CHECKED, 8, poly, init, reflected, xor_out) == value, name


@pytest.mark.parametrize(
    ("name", "poly", "init", "reflected", "xor_out", "value"),
    [
        ("CRC-32/ISO-HDLC", 0x04C11DB7, 0xFFFFFFFF, True, 0xFFFFFFFF, 0xCBF43926),
        ("CRC-32/BZIP2", 0x04C11DB7, 0xFFFFFFFF, False, 0xFFFFFFFF, 0xFC891918),
        ("CRC-32/MPEG-2", 0x04C11DB7, 0xFFFFFFFF, False, 0, 0x0376E6E7),
        ("CRC-32/JAMCRC", 0x04C11DB7, 0xFFFFFFFF, True, 0, 0x340BC6D9),
        ("CRC-32/CKSUM", 0x04C11DB7, 0, False, 0xFFFFFFFF, 0x765E7680),
        ("CRC-32/ISCSI", 0x1EDC6F41, 0xFFFFFFFF, True, 0xFFFFFFFF, 0xE3069283),
    ],
)
def test_crc32_as_catalogued(
    name: str, poly: int, init: int, reflected: bool, xor_out: int, value: int
) -> None:
    check = Checksum("crc32", poly=poly, init=init, reflected=reflected, xor_out=xor_out)
    assert not check.mistake()
    assert check.value(CHECKED) == value, name


@pytest.mark.parametrize(
    "check",
    [
        Checksum("crc8"),  # the start of CRC-16/MODBUS is too large for it
        Checksum("crc16", init=0x10000),
        Checksum("crc32"),  # the polynomial of CRC-16/MODBUS is none of it
        Checksum("sum8", xor_out=0x100),
    ],
    ids=lambda check: check.kind,
)
def test_numbers_no_such_check_has_are_a_mistake(check: Checksum) -> None:
    assert "check: " + check.kind in check.mistake()


FORMS = {
    "crc32": ("{check:4le}", "{check:4}", "{check:8x}"),
    "crc16": ("{check:2le}", "{check:2}", "{check:4x}"),
    "crc8": ("{check}", "{check:2x}"),
}


@pytest.mark.parametrize("crc", check_search._CRCS, ids=lambda crc: check_search._named(*crc))
@pytest.mark.parametrize("first", [0, 3, 7])
def test_a_crc_is_found_wherever_it_starts_in_either_byte_order(
    crc: tuple[int, int, int, bool, int], first: int
) -> None:
    width, poly, init, reflected, xor_out = crc
    kind = WIDTHS[width]
    check = Checksum(kind, first=first, poly=poly, init=init, reflected=reflected, xor_out=xor_out)
    for form in FORMS[kind]:
        shape = layout("AA 55 01 02 03 04 05 06 {address} {key} 00 " + form + " 0D", check)
        frames = [shape.encode({"address": 1, "key": bytes([key])}) for key in (0x11, 0x22, 0x37, 0x45)]
        assert f"{check_search._named(*crc)} from {first} {form} 0D" in guess_all(frames)


def test_the_check_inside_stuffing_is_found_too() -> None:
    shape = layout("7E {address} {key} {check:2} 7E", Checksum("crc16", first=1))
    frames = [
        PRESETS["hdlc"].stuffed(shape.encode({"address": 0x7D, "key": bytes([key])})) for key in (1, 0x7E, 3)
    ]
    assert "stuffing hdlc: crc16 (Modbus) from 1 {check:2} 7E" in guess_all(frames)


@pytest.mark.parametrize("order", ["{check:2}", "{check:2le}"])
@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize(
    "check",
    [
        Checksum("minus16"), Checksum("sum8", xor_out=0xFF), Checksum("xor8", xor_out=0xFF), Checksum("sum16", xor_out=0xFFFF),
        Checksum("crc16", poly=0x8BB7, init=0, reflected=False), Checksum("crc8", poly=0x31, init=0xFF, reflected=False),
    ],
    ids=lambda check: f"{check.kind}-{check.xor_out:X}",
)  # fmt: skip
def test_complements_and_rarer_crcs_are_found_at_any_start(check: Checksum, first: int, order: str) -> None:
    check = structs.replace(check, first=first)
    size = SIZES[check.kind]
    bodies = [bytes((0xAA, 0x01, key, 17 * key % 256, 0x5C)) for key in (3, 77, 160, 251)]
    frames = [
        body + check.value(body).to_bytes(size, "little" if order.endswith("le}") and size > 1 else "big")
        for body in bodies
    ]
    form = order if size > 1 else "{check}"
    assert any(f"{check.kind}" in found and f"from {first} {form}" in found for found in guess_all(frames))


def test_a_complement_wider_than_its_check_is_a_mistake() -> None:
    assert Checksum("sum8", xor_out=0x100).mistake()
    assert not Checksum("sum16", xor_out=0x100).mistake()
