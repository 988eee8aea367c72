"""What signs answer, scanners read and ID readers say, against garbage: the promises that keys are held to.

Nothing false out of a million random bytes, whatever was cut off or stood between; a buffer of 1 KiB; the next
good frame found. test_framing.py holds keypads and hard callers to the same; together they are every profile.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

import pytest

from caller.engine import short_codes
from devices.profiles.profile_reader import find, names
from devices.protocols import onbon_bx
from devices.protocols.framing import BUFFER_BYTES_MAX, DeviceFrame
from devices.protocols.scanner import LineSplitter, ScannedCode, scanned
from devices.protocols.sdt_card_reader import FOUND, TEXT_BYTES, Sdt
from devices.simulators.reader import NO_CARD, PHOTO_BYTES, card_text, frame, number_for
from tests.devices.protocols.test_framing import KEYPADS, RANDOM_BYTES

SEED = 20_260_101
SLIP = b"http://hall.local/t/01a1ff83-0b24-74c0-b8be-a698f4fa9cee\r\n"


class Ear(NamedTuple):
    """Whatever listens to a device, fresh."""

    feed: Callable[[bytes], list[object]]
    silence: Callable[[], object]
    held: Callable[[], int]


def sign(name: str) -> Ear:
    ear = find(name).decoder(1)
    return Ear(lambda data: list(map(_fields, ear.feed(data))), ear.silence, lambda: ear.held_max)


def _fields(found: DeviceFrame) -> object:
    return found.fields


def lines(_: str) -> Ear:
    ear = LineSplitter()
    codes = lambda data: filter(_is_code, map(scanned, ear.feed(data)))  # noqa: E731
    return Ear(lambda data: list(codes(data)), ear.silence, lambda: len(ear._buffer))


def _is_code(read: ScannedCode) -> bool:
    return bool(read.ticket or read.appointment)


def cards(_: str) -> Ear:
    ear = Sdt()
    return Ear(lambda data: list(ear.feed(data)), ear.silence, lambda: ear.held_max)


def answered(*content: int) -> bytes:
    return frame(bytes([0, 0, *content]))


SIZES = TEXT_BYTES.to_bytes(2, "big") + PHOTO_BYTES.to_bytes(2, "big")
CARD = answered(0x90, *SIZES, *card_text("王小明", number_for(7)), *(bytes(range(256)) * 4))
MODBUS = find("sign-modbus")
EARS: dict[str, tuple[Callable[[str], Ear], list[bytes]]] = {
    "sign-strip": (sign, []),  # these two never answer: whatever comes is noise
    "sign-alpha": (sign, []),
    "sign-modbus": (sign, [MODBUS.press_key(key, 1) for key in MODBUS.meanings()]),
    "sign-bx5": (
        sign,
        [
            onbon_bx.acknowledge(1),
            onbon_bx.acknowledge(),
            onbon_bx._framed(onbon_bx.SOURCE, 1, b"\xa1\x02\xa5\x5a\x5b"),
        ],
    ),
    "reader-lines": (lines, [b"K7Q2-91\r\n", SLIP, b"12345678\r"]),
    "reader-sdt": (cards, [answered(NO_CARD), answered(FOUND, 0, 0, 0, 0), answered(0x90, *bytes(8)), CARD]),
}
ANSWERING = [name for name, (_, good) in EARS.items() if good]


def ear(name: str) -> Ear:
    return EARS[name][0](name)


def meant(name: str, good: bytes) -> list[object]:
    """What one good frame alone says."""
    return ear(name).feed(good)


def test_every_profile_that_comes_along_is_held_to_this() -> None:
    assert {*KEYPADS, *EARS} == set(names())
    assert all(len(meant(name, good)) == 1 for name in EARS for good in EARS[name][1])


@pytest.mark.parametrize("name", EARS)
def test_a_million_random_bytes_say_nothing(name: str) -> None:
    listening, noise, found, held = ear(name), random.Random(SEED).randbytes(RANDOM_BYTES), list[object](), 0
    for start in range(0, RANDOM_BYTES, 4096):
        found += listening.feed(noise[start : start + 4096])
        held = max(held, listening.held())
    assert held <= BUFFER_BYTES_MAX
    if name == "reader-lines":
        assert_no_code_of_ours(found)
    else:
        assert found == []
    listening.silence()
    for good in EARS[name][1]:
        assert listening.feed(good) == meant(name, good)


def assert_no_code_of_ours(found: list[object]) -> None:
    """A scanner's line has no check, so four letters between two line ends may come about; a ticket's id or a
    code that the caller gave out does not."""
    texts = [str(getattr(each, "appointment", "")) for each in found]
    assert len(texts) <= 2
    assert not any(len(text) >= short_codes.KINDS["booking"].length for text in texts)


@pytest.mark.parametrize("name", ANSWERING)
def test_every_frame_byte_by_byte_and_whole(name: str) -> None:
    stream = b"".join(EARS[name][1])
    expected = [each for good in EARS[name][1] for each in meant(name, good)]
    bytewise = ear(name)
    assert [found for byte in stream for found in bytewise.feed(bytes([byte]))] == expected
    assert ear(name).feed(stream) == expected


@pytest.mark.parametrize("name", ANSWERING)
def test_after_every_prefix_of_every_frame_the_next_frame_is_found(name: str) -> None:
    goods = EARS[name][1]
    wholes = [(good, meant(name, good)) for good in goods]
    for cut in goods:
        for size in range(len(cut)):
            good, expected = wholes[size % len(wholes)]
            listening = ear(name)
            assert listening.feed(cut[:size]) in ([], meant(name, cut))  # a scanner's text may end at CR
            listening.silence()
            assert listening.feed(good) == expected, (cut[:size].hex(), good.hex())


@pytest.mark.parametrize("name", [name for name in ANSWERING if name != "reader-lines"])
@pytest.mark.parametrize("cut", [1, 3, 64])
def test_garbage_between_frames_hides_none_and_adds_none(name: str, cut: int) -> None:
    chance, goods = random.Random(cut), EARS[name][1] * 20
    stream = b"".join(chance.randbytes(chance.randrange(40)) + good for good in goods)
    listening = ear(name)
    found = [each for at in range(0, len(stream), cut) for each in listening.feed(stream[at : at + cut])]
    assert found == [each for good in goods for each in meant(name, good)]
    assert listening.held() <= BUFFER_BYTES_MAX


def test_garbage_before_a_code_is_forgotten_in_the_silence_after_it() -> None:
    chance, listening = random.Random(SEED), ear("reader-lines")
    for good in EARS["reader-lines"][1] * 200:
        noise = chance.randbytes(chance.randrange(40)).replace(b"\r", b"").replace(b"\n", b"")
        assert listening.feed(noise) == []
        listening.silence()
        assert listening.feed(good) == meant("reader-lines", good)


def test_without_the_silence_what_was_begun_is_part_of_the_next_code() -> None:
    """The guard off: a scan cut short, and the next one glued to it."""
    listening = ear("reader-lines")
    listening.feed(b"K7Q")
    assert listening.feed(b"123456\r") == [scanned("K7Q123456")]


def test_a_silence_too_short_makes_a_code_of_the_rest_of_a_line() -> None:
    """Why a scanner's profile waits for two seconds: a slip that came in two pieces on a busy machine."""
    listening = ear("reader-lines")
    listening.feed(SLIP[:30])
    listening.silence()
    assert listening.feed(SLIP[30:]) != meant("reader-lines", SLIP)
    assert find("reader-lines").gap_ms == 2000


def test_without_their_checks_random_bytes_are_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard off: length and CRC that nobody looks at."""
    monkeypatch.setattr(
        onbon_bx, "_body", lambda raw: bytes(2) + raw.ljust(16, b"\0") if len(raw) > 4 else None
    )
    listening = find("sign-bx5").line_decoder()
    assert len(listening.feed(random.Random(SEED).randbytes(100_000))) > 10
