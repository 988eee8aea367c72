"""Frames whose inside is escaped: as the standards write them, and past any noise."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.profiles.profile import Profile
from devices.profiles.profile_reader import ProfileMistake, read
from devices.protocols.byte_stuffing import HELD_BYTES_MAX, PRESETS, StuffedDecoder, Stuffing
from devices.protocols.checksums import Checksum
from devices.protocols.framing import Pattern, layout

OWN = """kind = "map"
start = "7E"
end = "7E"
map = { "7E" = "7D 02", "7D" = "7D 01" }"""  # as vehicle terminals have it, JT/T 808
LAYOUTS = {"slip": "C0 {body} C0", "hdlc": "7E {body} 7E", "dle": "10 02 {body} 10 03", OWN: "7E {body} 7E"}


def profile(stuffing: str) -> Profile:
    kind = stuffing if "\n" in stuffing else f'kind = "{stuffing}"'
    shape = LAYOUTS[stuffing].replace("{body}", "{address} {key} {any} {check:2le}")
    every = "".join(f'"{key:02X}" = "level-{1 + key % 5}"\n' for key in range(256))
    text = f'name = "x"\nkind = "evaluator"\n[stuffing]\n{kind}\n[check]\nkind = "crc16"\n'
    shown = shape.replace("{key} {any}", "{level}")
    return read(f'{text}[keys]\nlayout = "{shape}"\n[keys.map]\n{every}[frames]\nprompt = "{shown}"\n')


@pytest.mark.parametrize("stuffing", LAYOUTS)
def test_every_key_survives_its_escapes_byte_by_byte(stuffing: str) -> None:
    model = profile(stuffing)
    keys = list(model.meanings())
    stream = b"".join(model.press_key(key, 0x7D) for key in keys)
    assert max(len(model.press_key(key, 0x7D)) for key in keys) > min(
        len(model.press_key(key, 0x7D)) for key in keys
    )
    for size in (1, 3, 4096):
        decoder = model.decoder(0x7D)
        found = [f for at in range(0, len(stream), size) for f in decoder.feed(stream[at : at + size])]
        assert [frame.fields["key"] for frame in found] == keys
        assert decoder.dropped == 0


@pytest.mark.parametrize("stuffing", LAYOUTS)
def test_noise_before_a_frame_hides_it_only_until_the_line_is_quiet(stuffing: str) -> None:
    model = profile(stuffing)
    frame = model.press_key(b"\x05", 1)
    for seed in range(300):
        decoder = model.decoder(1)
        noise = random.Random(seed).randbytes(40)
        found = [*decoder.feed(noise), *decoder.silence(), *decoder.feed(frame)]
        assert [each.fields["key"] for each in found] == [b"\x05"]
        assert decoder.held_max <= HELD_BYTES_MAX


@pytest.mark.parametrize("stuffing", LAYOUTS)
def test_a_flood_without_an_end_is_bounded(stuffing: str) -> None:
    decoder = profile(stuffing).decoder(1)
    decoder.feed(profile(stuffing).stuffing.rules().start + bytes(100_000))  # type: ignore[union-attr]
    assert decoder.held_max <= HELD_BYTES_MAX
    assert decoder.dropped > 90_000


def test_the_marks_are_escaped_as_the_standards_say() -> None:
    """RFC 1055; RFC 1662, 4.2; DLE doubled between STX and ETX."""
    assert PRESETS["slip"].stuffed(b"\xc0\x01\xc0\xdb\xc0") == bytes.fromhex("C0 01 DB DC DB DD C0")
    assert PRESETS["hdlc"].stuffed(b"\x7e\x7e\x7d\x7e") == bytes.fromhex("7E 7D 5E 7D 5D 7E")
    assert PRESETS["hdlc"].unstuffed(bytes.fromhex("7E 7D 31 7E")) == b"\x7e\x11\x7e", (
        "a receiver flips any byte"
    )
    assert PRESETS["dle"].stuffed(b"\x10\x02\x10\x05\x10\x03") == bytes.fromhex("10 02 10 10 05 10 03")


@given(st.sampled_from(sorted(PRESETS)), st.binary(min_size=1, max_size=60))
def test_what_is_stuffed_is_read_back(name: str, inside: bytes) -> None:
    rules = PRESETS[name]
    frame = rules.start + inside + rules.end
    assert rules.unstuffed(rules.stuffed(frame)) == frame
    assert (
        rules.stuffed(frame)[len(rules.start) : -len(rules.end)].find(
            rules.end[-1:] if name != "dle" else b"\x10\x03"
        )
        < 0
    )


def test_an_escape_cut_off_before_a_new_frame_is_not_part_of_it() -> None:
    pattern = Pattern(layout("C0 {key} {check} C0", Checksum("sum8", first=1)))
    decoder = StuffedDecoder(PRESETS["slip"], [pattern])
    found = decoder.feed(bytes.fromhex("C0 05 DB C0 07 07 C0"))
    assert [frame.fields["key"] for frame in found] == [b"\x07"]


@pytest.mark.parametrize(
    "table",
    [
        'kind = "slip"\nstart = "7E"', 'start = "7E"\nend = "7E"', 'start = "7E"\nend = "7E"\nmap = { "7D" = "7D 5D" }',
        'start = "02"\nend = "03"\nmap = { "02" = "10 12", "03" = "11 13", "10" = "10 10" }',
        'start = "7E"\nend = "7E"\nmap = { "7E" = "7D 02", "7D" = "7D 02" }', 'kind = "cobs"',
    ],
)  # fmt: skip
def test_rules_that_are_incomplete_or_ambiguous_are_refused(table: str) -> None:
    with pytest.raises(ProfileMistake):
        read(f'name = "x"\nkind = "evaluator"\n[stuffing]\n{table}\n[frames]\nprompt = "7E {{level}} 7E"\n')


def test_a_layout_that_is_not_bounded_by_the_marks_is_refused() -> None:
    with pytest.raises(ProfileMistake, match="C0 … C0"):
        read(
            'name = "x"\nkind = "evaluator"\n[stuffing]\nkind = "slip"\n[frames]\nprompt = "AA {level} C0"\n'
        )


def test_without_stuffing_a_key_that_looks_like_the_end_breaks_the_frame() -> None:
    """The guard off: what the escapes are for."""
    bare = Stuffing(b"\xc0", b"\xc0", {b"\xdb": b"\xdb\xdd"})
    decoder = StuffedDecoder(PRESETS["slip"], [Pattern(layout("C0 {key} C0"))])
    assert bare.mistake()
    assert decoder.feed(bare.stuffed(b"\xc0\xc0\xc0")) == []
