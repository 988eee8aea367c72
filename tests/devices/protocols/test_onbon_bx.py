"""ONBON BX frames against bytes published by four parties who never met.

Pings and queries stand in the sources of a weather station and of a C library (github LuckyKoala/BX5KProtocol,
whose author's screen picture shows them verified by a card); the dynamic areas were captured from a
telemetry unit; the longest is the sample in the maker's own protocol analyser (Onbon-Protocol-Analysis);
the card's answer is printed in a dealer's copy of the protocol (deanled.cn, 5.1.2, example 3), with one more
byte of head than the protocol wants.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.instants import SECOND
from devices.profiles.profile_reader import find
from devices.protocols import onbon_bx
from devices.protocols.onbon_bx import DynamicArea
from devices.units.sign import Sign

PING = "A5A5A5A5A5A5A5A5 010000800000 00000000FE02 0500 A200010000 68F8 5A"
STATUS = "A5A5A5A5A5A5A5A5 010000800000 00000000FE02 0500 A102010000 2D40 5A"
CLEAR = "A5A5A5A5A5A5A5A5 010000800000 00000000FE02 0500 A310010000 51F8 5A"
CLOCK = "A5A5A5A5A5A5A5A5 010000800000 00000000FE02 0D00 A203010800 1320012511172605 B03F 5A"
TEMPERATURE = (
    "A5A5A5A5A5A5A5A5010000800000 00000000FE023500A3060200000001 2C000000000C0040000C00010A0102000000000101010017"
    "0211000000 5C464F303030 54454D5045523A3231A1E6 82DA5A"
)
HUMIDITY = (
    "A5A5A5A5A5A5A5A5010000800000 00000000FE023300A3060200000001 2A00000000180040000C00010A0102000000000101010017"
    "020F000000 5C464F303030 48554D3A3636255248 367A5A"
)
ACKNOWLEDGED = "A5A5A5A5A5A5A5A5A5 0080FEFF0000 00000000FE02 0500 A000000000 14AC 5A"
MAKERS = """a5 a5 a5 a5 a5 a5 a5 a5 fe ff 00 80 00 00 00 00 00 00 64 02 4f 00 a3 06 01 00 00 00 04 46 00 00 00 80 00 00
20 80 20 00 00 00 00 0a 00 02 00 00 00 18 00 00 00 c9 cf ba a3 d1 f6 b0 ee bf c6 bc bc b9 c9 b7 dd d3 d0 cf de
b9 ab cb be 00 00 01 01 03 00 02 0a 0c 00 00 00 d1 f6 b0 ee b2 e2 ca d4 32 30 31 39"""


@pytest.mark.parametrize(
    ("command", "rest", "frame"),
    [("A200", "", PING), ("A102", "", STATUS), ("A310", "", CLEAR)],
)
def test_commands_as_published(command: str, rest: str, frame: str) -> None:
    assert onbon_bx.packet(bytes.fromhex(command), bytes.fromhex(rest)) == bytes.fromhex(frame)


@pytest.mark.parametrize("frame", [PING, STATUS, CLEAR, CLOCK, TEMPERATURE, HUMIDITY])
def test_published_frames_unpack_with_their_own_crc(frame: str) -> None:
    assert onbon_bx.unpack(bytes.fromhex(frame)) is not None


@pytest.mark.parametrize(
    ("text", "y", "frame"),
    [(b"\\FO000TEMPER:21\xa1\xe6", 12, TEMPERATURE), (b"\\FO000HUM:66%RH", 24, HUMIDITY)],
)
def test_a_dynamic_area_as_captured(text: bytes, y: int, frame: str) -> None:
    area = DynamicArea(number=1, y=y, width=64, height=12, line_gap=10, run=1, speed=0x17, stay=2)
    assert onbon_bx.show(text, area) == bytes.fromhex(frame)


def test_the_makers_own_sample_holds_the_text_where_we_put_it() -> None:
    """Its first area ends like ours: look, four bytes of length, GB2312."""
    sample = bytes.fromhex(MAKERS)
    assert sample.endswith((12).to_bytes(4, "little") + "仰邦测试2019".encode("gb2312"))


def test_a_cards_answer_as_published_is_read_and_is_what_our_twin_says() -> None:
    answer = bytes.fromhex(ACKNOWLEDGED)
    assert [frame.fields["key"] for frame in onbon_bx.OnbonDecoder(1).feed(answer)] == [onbon_bx.ACK]
    assert onbon_bx.HEAD[:1] + onbon_bx.acknowledge() == answer


def test_our_own_echo_and_a_neighbours_answer_prove_nothing() -> None:
    for frame in (onbon_bx.ping(1), onbon_bx.show(b"A042", DynamicArea()), onbon_bx.acknowledge(2)):
        assert onbon_bx.OnbonDecoder(1).feed(frame) == []
        assert len(onbon_bx.OnbonDecoder().feed(frame)) == 1, "but they are no noise"


def test_a_card_that_does_not_answer_is_unknown_and_one_that_does_is_ready() -> None:
    profile = find("sign-bx5")
    unit = Sign("3", profile, profile.address)
    unit.opened(0)
    assert unit.poll() == [onbon_bx.ping(profile.address)]
    assert unit.health(SECOND)[0] == "unknown"
    unit.heard(onbon_bx.ping(profile.address), SECOND)  # our own echo
    assert unit.health(SECOND)[0] == "unknown"
    unit.heard(onbon_bx.acknowledge(profile.address), SECOND)
    assert unit.health(2 * SECOND)[0] == "ready"
    assert unit.health(20 * SECOND)[0] == "unknown"


def test_an_answer_nobody_told_us_of_proves_the_card_too() -> None:
    unit = Sign("3", find("sign-bx5"), 1)
    unit.opened(0)
    unit.heard(onbon_bx._framed(onbon_bx.SOURCE, 1, b"\xa1\x02" + bytes(9)), SECOND)
    assert unit.health(SECOND)[0] == "ready"


@given(st.binary(max_size=80))
def test_whatever_the_text_neither_head_nor_tail_occurs_inside(text: bytes) -> None:
    frame = onbon_bx.show(text, DynamicArea())
    assert b"\xa5" not in frame[8:]
    assert b"\x5a" not in frame[:-1]
    content = onbon_bx.unpack(frame)
    assert content is not None
    assert content.endswith(text)


def test_without_escapes_a_text_ends_the_frame_early() -> None:
    """The twin with the guard off: Z is 5A."""
    assert onbon_bx.TAIL in b"WINDOW Z"
    assert onbon_bx.TAIL not in onbon_bx.escape(b"WINDOW Z")


def test_a_broken_frame_unpacks_to_nothing() -> None:
    frame = bytearray(bytes.fromhex(PING))
    frame[-3] ^= 1
    assert onbon_bx.unpack(bytes(frame)) is None
    assert onbon_bx.unescape(b"\xa6\x07") is None
