"""Every computed field of every layout is verified, wherever it stands and however often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.checksums import Checksum
from devices.protocols.framing import DeviceFrame, FrameField, Layout, Pattern, layout

CHECKS = {
    "sum8": Checksum("sum8"),
    "xor8": Checksum("xor8"),
    "minus8": Checksum("minus8"),
    "sum16": Checksum("sum16"),
    "crc8": Checksum("crc8", poly=0x07, init=0, reflected=False),
    "crc16": Checksum("crc16"),
}
WIDTH = {"sum16": ":2", "crc16": ":2le"}
COMPUTED = ("address", "length", "check")
ADDRESS, KEY = 3, b"\x11"


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A head, then any parts in any order and number, with or without a text and a tail."""
    kind = draw(st.sampled_from(sorted(CHECKS)))
    check = "{check" + WIDTH.get(kind, "") + "}"
    parts = st.sampled_from(
        ["{length}", "{address}", "{address:2d}", "{address:2x}", "{key}", check, "5A", "'K'"]
    )
    body = draw(st.lists(parts, min_size=1, max_size=7))
    if draw(st.booleans()):
        body.insert(draw(st.integers(0, len(body))), "{text}")
    if check not in body:
        body.append(check)
    return layout(" ".join(["AA 55", *body, draw(st.sampled_from(["", "0D 0A"]))]), CHECKS[kind])


def parts(shape: Layout, frame: bytes) -> list[tuple[FrameField, int]]:
    """Each field of a frame with where it starts."""
    places: list[tuple[FrameField, int]] = []
    at = 0
    for field in shape.fields:
        places.append((field, at))
        at += field.size or len(frame) - shape.fixed
    return places


def flipped(frame: bytes, bit: int) -> bytes:
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def same_number(field: FrameField, frame: bytes, other: bytes, at: int) -> bool:
    """A hex digit in the other case is the same number."""
    return field.form == "hex" and frame[at : at + field.size].lower() == other[at : at + field.size].lower()


@given(layouts(), st.binary(max_size=5))
def test_one_flipped_bit_in_any_computed_field_is_no_frame(shape: Layout, text: bytes) -> None:
    frame = shape.encode({"address": ADDRESS, "key": KEY, "text": text})
    pattern = Pattern(shape, ADDRESS, frozenset({KEY}))
    whole = pattern.match(frame)
    assert whole is not None
    for field, at in parts(shape, frame):
        if field.name not in COMPUTED:
            continue
        for bit in range(at * 8, (at + field.size) * 8):
            broken = flipped(frame, bit)
            if not same_number(field, frame, broken, at):
                assert pattern.match(broken) is None, (field.name, frame.hex(" "), broken.hex(" "))


@pytest.mark.parametrize(
    ("notation", "good", "bad"),
    [
        ("AA {length} {key} {length}", "AA 04 11 04", "AA 04 11 05"),
        ("AA {key} {key}", "AA 11 11", "AA 11 12"),
        ("AA {key} {level} {level:2d}", "AA 11 05 30 35", "AA 11 05 30 34"),
        ("AA {address} {key} {address:2d}", "AA 03 11 30 33", "AA 03 11 30 34"),
    ],
)
def test_a_field_that_stands_twice_says_the_same_twice(notation: str, good: str, bad: str) -> None:
    pattern = Pattern(layout(notation), ADDRESS)
    assert isinstance(pattern.look(bytes.fromhex(good)), DeviceFrame)
    assert pattern.look(bytes.fromhex(bad)) is None


class Trusting(Pattern, frozen=True):
    """The guard off: as before, only the first of two is looked at."""

    def _agrees(self, *_: object, **__: object) -> bool:
        return True


def test_without_the_guard_a_flipped_bit_in_the_second_length_is_a_frame() -> None:
    pattern = Trusting(layout("AA {length} {key} {length}"), ADDRESS, frozenset({KEY}))
    assert isinstance(pattern.look(bytes.fromhex("AA 04 11 05")), DeviceFrame)
