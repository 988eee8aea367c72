"""The decoder against garbage, cuts and prefixes: no false key, a bounded buffer, the next frame always found.

What can be promised of random bytes follows from a profile's fixed, checked and mapped bytes; the sum below
states it, and the weakest shipped keypad is expected to see one false frame in 850 million random bytes.
"""

import random
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devices.profiles.profile import ALIVE, Profile
from devices.profiles.profile_reader import find, names
from devices.protocols.checksums import Checksum
from devices.protocols.framing import BUFFER_BYTES_MAX, FRAME_BYTES_MAX, Decoder, DeviceFrame, Pattern, layout

RANDOM_BYTES = 1_000_000
KEYPADS = [name for name in names() if find(name).keys and find(name).kind in ("evaluator", "caller-pad")]


def good(profile: Profile) -> list[bytes]:
    """Every frame a press can make."""
    return [profile.press_key(key, profile.address) for key in profile.meanings()]


def keys(profile: Profile, frames: Iterable[DeviceFrame]) -> list[str]:
    return [profile.meanings()[frame.fields["key"]] for frame in frames]


def expected(profile: Profile) -> list[str]:
    return list(profile.meanings().values())


@pytest.mark.parametrize("name", KEYPADS)
def test_a_million_random_bytes_press_nothing(name: str) -> None:
    profile = find(name)
    decoder = profile.decoder(profile.address)
    noise = random.Random(20_260_101).randbytes(RANDOM_BYTES)
    found = [
        frame for start in range(0, RANDOM_BYTES, 4096) for frame in decoder.feed(noise[start : start + 4096])
    ]
    assert found == []
    assert decoder.held_max <= BUFFER_BYTES_MAX
    one = good(profile)[0]
    assert keys(profile, [*decoder.silence(), *decoder.feed(one)]) == expected(profile)[:1]


@pytest.mark.parametrize("name", KEYPADS)
def test_the_claim_about_random_bytes_is_not_luck(name: str) -> None:
    """One seed proves little; the arithmetic says how many false keys a million bytes bring on average."""
    assert find(name).accepted_at_random() * RANDOM_BYTES < 0.01


def test_the_arithmetic_agrees_with_a_frame_weak_enough_to_count() -> None:
    """The twin: with one head byte and a sum alone, random bytes do press keys, as often as computed."""
    weak = Pattern(layout("AA {key} {check}", Checksum("sum8")), keys=frozenset({b"\x01", b"\x02"}))
    noise = random.Random(7).randbytes(20_000_000)
    found = len(Decoder([weak]).feed(noise))
    mean = len(noise) * 2 / 256**3
    assert mean * 0.2 < found < mean * 4 + 5


def test_without_its_check_random_bytes_press_keys() -> None:
    """The guard off: the commonest five-byte frame, its sum and its address not looked at."""
    bare = Pattern(layout("AA {any} {key} {any:2}"), keys=frozenset(bytes([key]) for key in range(1, 6)))
    noise = random.Random(20_260_101).randbytes(RANDOM_BYTES)
    assert len(Decoder([bare]).feed(noise)) > 10


@pytest.mark.parametrize("name", KEYPADS)
def test_every_frame_byte_by_byte_and_whole(name: str) -> None:
    profile = find(name)
    stream = b"".join(good(profile))
    bytewise, whole = profile.decoder(profile.address), profile.decoder(profile.address)
    one_by_one = [frame for byte in stream for frame in bytewise.feed(bytes([byte]))]
    assert keys(profile, one_by_one) == keys(profile, whole.feed(stream)) == expected(profile)
    assert whole.dropped == bytewise.dropped == 0


@pytest.mark.parametrize("name", KEYPADS)
def test_after_every_prefix_of_every_frame_the_next_frame_is_found(name: str) -> None:
    """A cable that comes loose inside a frame: what was begun is lost, what follows is not."""
    profile = find(name)
    for cut in good(profile):
        for size in range(len(cut)):
            for index, whole in enumerate(good(profile)):
                decoder = profile.decoder(profile.address)
                found = decoder.feed(cut[:size] + whole) + decoder.silence()
                assert keys(profile, found) == [expected(profile)[index]], (cut[:size].hex(), whole.hex())


@pytest.mark.parametrize("name", KEYPADS)
@pytest.mark.parametrize("cut", [1, 3, 64])
def test_garbage_between_frames_hides_none_and_adds_none(name: str, cut: int) -> None:
    profile = find(name)
    chance = random.Random(cut)
    stream = b"".join(chance.randbytes(chance.randrange(40)) + frame for frame in good(profile) * 40)
    decoder = profile.decoder(profile.address)
    found = [frame for at in range(0, len(stream), cut) for frame in decoder.feed(stream[at : at + cut])]
    assert keys(profile, found + decoder.silence()) == expected(profile) * 40
    assert decoder.held_max <= BUFFER_BYTES_MAX


@pytest.mark.parametrize("name", [name for name in KEYPADS if find(name).check.kind != "none"])
def test_one_flipped_bit_is_never_another_key(name: str) -> None:
    """Sums, xors and CRCs catch every single flipped bit; the plain ASCII keypad cannot promise it."""
    profile = find(name)
    for index, frame in enumerate(good(profile)):
        for bit in range(len(frame) * 8):
            bad = bytearray(frame)
            bad[bit // 8] ^= 1 << bit % 8
            decoder = profile.decoder(profile.address)
            found = keys(profile, decoder.feed(bytes(bad)) + decoder.silence())
            assert found in ([], [expected(profile)[index]])  # a hex digit's case may flip harmlessly


def test_one_flipped_bit_is_another_key_without_a_check() -> None:
    """Why the checked profiles are to be preferred where a keypad offers both."""
    profile = find("evaluator-ascii")
    bad = profile.press("level-5", 1).replace(b",5", b",4")
    assert keys(profile, profile.decoder(1).feed(bad)) == ["level-4"]


def test_a_key_for_another_address_is_not_ours() -> None:
    profile = find("evaluator-sum5")
    assert profile.decoder(2).feed(profile.press("level-5", 1)) == []
    assert len(profile.decoder(2).feed(profile.press("level-5", 2))) == 1


def test_a_false_head_with_a_long_length_only_delays() -> None:
    """A length byte out of garbage may wait for bytes that never come; silence ends that."""
    profile = find("evaluator-crc")
    lying = Decoder([Pattern(layout("55 AA {length} {text} {check:2le}", profile.check, 5))])
    assert lying.feed(b"\x55\xaa\xf0" + profile.press("level-3", 1)) == []
    assert len(lying.silence()) == 1


def test_without_silence_a_false_head_holds_the_next_frame_back() -> None:
    """The guard off: nobody tells the decoder that the line was quiet."""
    profile = find("evaluator-crc")
    lying = Decoder([Pattern(layout("55 AA {length} {text} {check:2le}", profile.check, 5))])
    lying.feed(b"\x55\xaa\xf0")
    assert lying.feed(profile.press("level-3", 1)) == []


PIECES = st.lists(
    st.one_of(st.binary(max_size=30), st.sampled_from([f for n in KEYPADS for f in good(find(n))])),
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(
    pieces=PIECES, cuts=st.lists(st.integers(1, 40), min_size=1, max_size=30), name=st.sampled_from(KEYPADS)
)
@example(pieces=[b"\xaa\x01\x05"], cuts=[1], name="evaluator-sum5")
def test_what_is_found_does_not_depend_on_how_the_bytes_were_cut(
    pieces: list[bytes], cuts: list[int], name: str
) -> None:
    stream, profile = b"".join(pieces), find(name)
    whole, cut = profile.decoder(profile.address), profile.decoder(profile.address)
    found, at = [], 0
    for index in range(len(stream)):
        step = cuts[index % len(cuts)]
        found += cut.feed(stream[at : at + step])
        at += step
    assert found + cut.silence() == whole.feed(stream) + whole.silence()


@settings(max_examples=60, deadline=None)
@given(stream=st.binary(max_size=3000))
def test_the_buffer_is_bounded_even_for_lines_that_never_end(stream: bytes) -> None:
    decoder = Decoder([Pattern(layout("{text} 0D")), Pattern(layout("{length:2} {text}"))])
    decoder.feed(stream)
    assert decoder.held_max <= BUFFER_BYTES_MAX


def test_a_line_longer_than_any_frame_is_dropped_and_the_next_is_found() -> None:
    decoder = Decoder([Pattern(layout("'>' {text} 0D"))])
    found = decoder.feed(b">" + b"x" * (FRAME_BYTES_MAX + 9) + b"\r" + b">ok\r")
    assert [frame.fields["text"] for frame in found] == [b"ok"]


@pytest.mark.parametrize(
    ("notation", "words"),
    [
        ("AA {key", "not understood"),
        ("", "empty"),
        ("{text} {text}", "only one"),
        ("AA {check}", "go together"),
        ("{any:600}", "too long"),
    ],
)
def test_a_layout_that_cannot_be_says_why(notation: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        layout(notation)


def test_alive_is_no_key() -> None:
    profile = find("evaluator-crc")
    frame = profile.decoder(1).feed(profile.press(ALIVE, 1))
    assert keys(profile, frame) == [ALIVE]
