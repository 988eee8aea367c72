"""Readers: codes become commands, an ID number becomes a keyed hash in the same breath, the photo nothing."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.engine.commands import CheckIn, RequeueTicket
from caller.engine.guide_commands import LayCard
from caller.identity.id_hash import hashed, read_document
from config.instants import SECOND
from devices.profiles.profile_reader import find
from devices.protocols import sdt_card_reader
from devices.protocols.framing import BUFFER_BYTES_MAX
from devices.protocols.scanner import LINE_BYTES_MAX, LineSplitter, ScannedCode, scanned
from devices.protocols.sdt_card_reader import FIND, READ, SELECT, CardHolder, CardReply, Sdt
from devices.simulators.reader import NO_CARD, PHOTO_BYTES, card_text, frame, number_for
from devices.units.reader import REPEAT_SECONDS, Read, ReaderUnit
from devices.units.unit import UnitEffect

NOW = 1_000 * SECOND
KEY = b"a site's own key of 32 bytes...."
TICKET = "01a1ff83-0b24-74c0-b8be-a698f4fa9cee"
NUMBER = number_for(7)
TEXT = card_text("王小明", NUMBER)
READ_REPLY = frame(bytes([0, 0, 0x90]) + b"\x01\x00\x04\x00" + TEXT + bytes(range(256)) * 4)


def reader(name: str) -> tuple[ReaderUnit, list[Read]]:
    reads: list[Read] = []
    return ReaderUnit(find(name), KEY, reads.append), reads


# --- scanners


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t"])
def test_an_appointment_code_checks_in(end: bytes) -> None:
    unit, reads = reader("reader-lines")
    assert unit.heard(b"K7Q2-91" + end, NOW) == [CheckIn("K7Q2-91")]
    assert reads == [ScannedCode("K7Q2-91", appointment="K7Q2-91")]


@pytest.mark.parametrize(
    "text",
    [
        f"http://hall.local/t/{TICKET}",
        TICKET.upper(),
        f"https://h/t/{TICKET}?x=1",
        f"http://h/t#{TICKET}.{'0aB9' * 6}",
    ],
)
def test_a_slip_brings_a_missed_ticket_back(text: str) -> None:
    unit, _ = reader("reader-lines")
    assert unit.heard(text.encode() + b"\r", NOW) == [RequeueTicket(TICKET)]


def test_a_slip_left_under_the_scanner_is_read_once() -> None:
    unit, _ = reader("reader-lines")
    assert len(unit.heard(b"K7Q2\rK7Q2\r", NOW)) == 1
    assert len(unit.heard(b"K7Q2\r", NOW + (REPEAT_SECONDS + 1) * SECOND)) == 1


def test_what_is_no_code_does_nothing() -> None:
    unit, reads = reader("reader-lines")
    assert unit.heard(b"http://example.com/\r", NOW) == []
    assert reads == [scanned("http://example.com/")]


@given(st.binary(max_size=2000))
def test_lines_survive_garbage_in_a_bounded_buffer(noise: bytes) -> None:
    lines = LineSplitter()
    assert all(len(text) <= LINE_BYTES_MAX and text.isprintable() for text in lines.feed(noise))
    assert lines.feed(b"\rGOOD-1\r")[-1] == "GOOD-1"


def lossy(data: bytes, chance: random.Random) -> bytes:
    return bytes(byte for byte in data if chance.random() >= 0.01)


def test_over_a_lossy_line_a_slip_is_its_own_or_none() -> None:
    """A scanner's line has no check. A slip's id is so long that a byte less makes it none; a short code may
    become another one, which the caller does not know."""
    chance, others = random.Random(20_260_101), (TICKET, TICKET.replace("9cee", "ffff"))
    unit, read = reader("reader-lines")[0], list[object]()
    for turn in range(2000):
        line = f"http://hall.local/t/{others[turn % 2]}\r\n".encode()
        read += unit.heard(lossy(line, chance), NOW + turn * 10 * SECOND)
    assert set(read) == {RequeueTicket(ticket) for ticket in others}
    assert 800 < len(read) < 1600, "many were lost on the way"


@pytest.mark.parametrize("name", ["reader-lines", "reader-sdt"])
def test_a_reader_at_a_wrong_baud_rate_is_an_error_and_not_ready(name: str) -> None:
    unit, _ = reader(name)
    unit.opened(NOW)
    for step in range(5):
        unit.heard(random.Random(step).randbytes(60), NOW)
    assert unit.health(NOW)[0] == "error"
    assert unit.health(NOW + 6 * SECOND)[0] != "error"


def test_what_a_scanner_reads_is_no_noise_though_it_be_no_code() -> None:
    unit, _ = reader("reader-lines")
    unit.opened(NOW)
    for step in range(10):
        unit.heard(f"https://example.com/{step}?a=b\r\n".encode(), NOW)
    assert unit.health(NOW)[0] == "ready"


# --- ID cards


def test_the_orders_are_those_of_the_protocol() -> None:
    assert [order.hex().upper() for order in (FIND, SELECT, READ)] == [
        "AAAAAA96690003200122",
        "AAAAAA96690003200221",
        "AAAAAA96690003300132",
    ]


@pytest.mark.parametrize(
    ("published", "status"),
    [
        ("AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97", 0x9F),
        ("AA AA AA 96 69 00 04 00 00 41 45", 0x41),
        ("AA AA AA 96 69 00 04 00 00 32 36", 0x32),
    ],
)
def test_answers_as_published_are_read(published: str, status: int) -> None:
    assert Sdt().feed(bytes.fromhex(published)) == [CardReply(status)]


def test_a_card_is_found_selected_read_and_hashed() -> None:
    unit, reads = reader("reader-sdt")
    assert unit.poll() == [FIND]
    assert unit.heard(frame(bytes([0, 0, 0x9F]) + bytes(4)), NOW) == [SELECT]
    assert unit.heard(frame(bytes([0, 0, 0x90]) + bytes(8)), NOW) == [READ]
    assert unit.heard(READ_REPLY, NOW) == []
    assert reads == [CardHolder(hashed(NUMBER, KEY), NUMBER[-4:], "王小明", 1990)]


def laid(unit: ReaderUnit) -> list[UnitEffect]:
    """What comes of a card laid on this reader."""
    unit.poll()
    for answer in (frame(bytes([0, 0, 0x9F]) + bytes(4)), frame(bytes([0, 0, 0x90]) + bytes(8))):
        unit.heard(answer, NOW)
    return unit.heard(READ_REPLY, NOW)


def test_at_a_guide_desk_the_hash_goes_to_the_desk_and_at_a_kiosk_or_a_window_nowhere() -> None:
    assert laid(ReaderUnit(find("reader-sdt"), KEY, lambda _: None, desk="26")) == [
        LayCard("26", hashed(NUMBER, KEY))
    ]
    assert laid(ReaderUnit(find("reader-sdt"), KEY, lambda _: None, only_tells=True, desk="26")) == []
    assert laid(ReaderUnit(find("reader-sdt"), KEY, lambda _: None)) == []


def test_no_number_and_no_photo_stay_anywhere() -> None:
    unit, reads = reader("reader-sdt")
    unit.poll()
    for answer in (frame(bytes([0, 0, 0x9F]) + bytes(4)), frame(bytes([0, 0, 0x90]) + bytes(8)), READ_REPLY):
        unit.heard(answer, NOW)
    assert reads
    kept = repr((vars(unit), vars(unit._sdt), reads))
    assert NUMBER not in kept
    assert NUMBER[:14] not in kept
    assert repr(NUMBER.encode("utf-16-le"))[2:-1] not in kept
    assert unit._sdt.held_max <= 300


def test_the_hash_is_keyed_by_the_site() -> None:
    assert hashed(NUMBER, KEY) != hashed(NUMBER, b"another site's key")
    assert re.fullmatch("[0-9a-f]{64}", hashed(NUMBER, KEY))


def test_a_number_with_a_wrong_check_mark_is_no_person() -> None:
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    assert sdt_card_reader.person(card_text("王小明", wrong), KEY) is None
    assert read_document("11010519491231002X", KEY).check == "right"  # the example of GB 11643
    assert read_document("110105194912310021", KEY).check == "bad-check"


def test_a_photo_that_does_not_check_spoils_the_whole_answer() -> None:
    broken = bytearray(READ_REPLY)
    broken[-100] ^= 1
    assert Sdt().feed(bytes(broken)) == []


@pytest.mark.parametrize("step", [1, 7, 64, 5000])
def test_an_answer_in_pieces_is_the_same_answer(step: int) -> None:
    sdt, noise = Sdt(), random.Random(1).randbytes(50).replace(b"\xaa", b"\xab")
    stream = noise + frame(bytes([0, 0, NO_CARD])) + READ_REPLY
    found = [reply for at in range(0, len(stream), step) for reply in sdt.feed(stream[at : at + step])]
    assert found == [CardReply(NO_CARD), CardReply(0x90, TEXT)]
    assert len(READ_REPLY) == 7 + 4 + 3 + 256 + PHOTO_BYTES + 1
    assert sdt.held_max <= BUFFER_BYTES_MAX


def test_a_reader_that_says_nothing_is_unknown() -> None:
    unit, _ = reader("reader-sdt")
    unit.opened(NOW)
    assert unit.health(NOW)[0] == "unknown"
    unit.heard(frame(bytes([0, 0, NO_CARD])), NOW)
    assert unit.health(NOW)[0] == "ready"
    assert unit.health(NOW + 5 * SECOND)[0] == "unknown"
