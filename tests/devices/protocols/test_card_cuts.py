"""An ID reader's cable cut after every byte of a reading, some 1,300 places: no half card makes a person.

The reader's code and its twin are the product's; the cable is in memory and needs no time, so that every place
is tried in the gate. Over a pty some of them are cut in test_every_link.py.
"""

from pathlib import Path

import pytest

from caller.identity.id_hash import hashed
from config.instants import SECOND
from devices.profiles.profile_reader import find
from devices.protocols.sdt_card_reader import CardHolder, CardReply
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import SimulatedCardReader, number_for
from devices.units.reader import Read, ReaderUnit
from devices.units.unit import UnitEffect

KEY = b"a site's own key"
PROFILE = find("reader-sdt")
POLL = SECOND // 2


class MemoryCable(Cable):
    """What is said is there at once, up to the cut; nothing is said into a cable that is out."""

    def __init__(self) -> None:
        super().__init__(Path("memory"), lambda _: None)
        self.said = b""
        self.left = 0  # bytes until it is cut
        self.out = False

    def send(self, data: bytes) -> None:
        arriving = b"" if self.out else data[: self.left]
        self.said, self.left = self.said + arriving, self.left - len(arriving)
        self.out = self.out or not self.left

    def taken(self) -> bytes:
        said, self.said = self.said, b""
        return said


class Desk:
    """A reader with its twin, and a clock of their own."""

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self.unit = ReaderUnit(PROFILE, KEY, self.reads.append)
        self.twin, self.cable, self.now = SimulatedCardReader(Path("memory")), MemoryCable(), SECOND
        self.twin.cable = self.cable

    def plugged(self, left: int = 1_000_000) -> None:
        self.cable.out, self.cable.left = False, left
        self.unit.opened(self.now)

    def polled(self) -> int:
        """One poll and what follows of it; how many bytes the reader said."""
        heard = 0
        orders = self.unit.poll()
        while orders and not self.cable.out:
            for order in orders:
                assert isinstance(order, bytes)
                self.twin._heard(order)
            said = self.cable.taken()
            heard += len(said)
            orders = self.unit.heard(said, self.now)
        self.now += POLL
        return heard


def person(serial: int, name: str) -> CardHolder:
    number = number_for(serial)
    return CardHolder(hashed(number, KEY), number[-4:], name, 1990)


def reading_bytes() -> int:
    desk = Desk()
    desk.plugged()
    desk.twin.lay("王小明", number_for(1))
    return desk.polled()


def cut_after(place: int) -> list[Read]:
    """A card is laid, the cable cut after so many bytes and put back, another card laid: who was read."""
    desk = Desk()
    desk.plugged(place)
    desk.twin.lay("王小明", number_for(1))
    desk.polled()
    assert desk.cable.out
    desk.twin.take()
    desk.plugged()
    desk.polled()
    desk.twin.lay("李四", number_for(2))
    desk.polled()
    return desk.reads


def test_a_card_cut_after_every_byte_is_nobody_and_the_next_card_is_read() -> None:
    size = reading_bytes()
    assert size > 1300
    for place in range(1, size):
        assert cut_after(place) == [person(2, "李四")], f"cut after {place} bytes"


class Careless(ReaderUnit):
    """The guards off: a port that is opened again remembers the old half frame, and a photo is not checked."""

    def opened(self, now: int) -> list[UnitEffect]:
        del now
        self._sdt._photo = self._believed
        return []

    def _believed(self, piece: bytes) -> CardReply | None:
        self._sdt._skip -= len(piece)
        return None if self._sdt._skip else CardReply(0x90, self._sdt._buffer[14:])


def test_without_its_guards_half_a_card_is_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.devices.protocols.test_card_cuts.ReaderUnit", Careless)
    assert person(1, "王小明") in cut_after(reading_bytes() - 12)
