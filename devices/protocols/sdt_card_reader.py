"""Second-generation ID readers over the common SDT serial frames: find, select, read. Pure.

Only the name and a keyed hash of the number leave this file: the number is hashed in the same breath it is
decoded, the photo is checked but never kept. So the buffer stays small however long the answer is.
"""

from functools import reduce
from operator import xor
from typing import Literal

from msgspec import Struct

from caller.identity.id_hash import PersonKey, read_document

HEAD = bytes.fromhex("AAAAAA9669")
FIND = HEAD + bytes.fromhex("0003200122")
SELECT = HEAD + bytes.fromhex("0003200221")
READ = HEAD + bytes.fromhex("0003300132")
FOUND, DONE = 0x9F, 0x90  # status byte 3 of an answer
TEXT_BYTES = 256
KEPT_BYTES = len(HEAD) + 2 + 3 + 4 + TEXT_BYTES  # all we ever look at
ANSWER_BYTES_MAX = 3 + 4 + TEXT_BYTES + 1024 + 1024 + 1  # text, photo, fingerprint
NAME = slice(0, 30)
NUMBER = slice(122, 158)
YEAR = slice(6, 10)  # of the number's characters


class CardHolder(Struct, frozen=True):
    """Who is there, as much as the hall may know: a keyed hash, the last four for the screen, the name, and
    the year of birth, for an elder's priority. Name and year stay in the process that read them."""

    person: str
    last4: str
    name: str
    born: int


class CardReply(Struct, frozen=True):
    """A reader's answer: its status byte, and the card's text when there was one."""

    status: int
    text: bytes = b""


class Sdt:
    """Answers out of a stream of bytes."""

    def __init__(self) -> None:
        self._buffer = b""
        self._skip = 0  # bytes of photo still to come, check included
        self._xor = 0
        self.held_max = 0
        self.dropped = 0  # bytes that start no answer

    def feed(self, data: bytes) -> list[CardReply]:
        replies: list[CardReply] = []
        at = 0
        while at < len(data):
            piece = data[at : at + (self._skip or 1)]
            reply = self._photo(piece) if self._skip else self._byte(piece)
            self.held_max = max(self.held_max, len(self._buffer))
            replies += [reply] if reply else []
            at += len(piece)
        return replies

    def silence(self) -> None:
        """Drop what is unfinished, for it will never be finished; the card is asked again."""
        self._buffer, self._skip = b"", 0

    def _byte(self, byte: bytes) -> CardReply | None:
        self._buffer += byte
        while self._buffer and not self._possible():
            self._buffer, self.dropped = self._buffer[1:], self.dropped + 1
        return self._whole()

    def _possible(self) -> bool:
        data = self._buffer
        if not (HEAD.startswith(data[:5]) or data.startswith(HEAD)):
            return False
        return len(data) < 7 or 4 <= self._length() <= ANSWER_BYTES_MAX

    def _length(self) -> int:
        return int.from_bytes(self._buffer[5:7], "big")

    def _whole(self) -> CardReply | None:
        size = 7 + self._length() if len(self._buffer) >= 7 else 8
        if len(self._buffer) == KEPT_BYTES and size > KEPT_BYTES:
            self._skip, self._xor = size - KEPT_BYTES, _xor(self._buffer[5:])
            return None
        if len(self._buffer) < size:
            return None
        frame, self._buffer = self._buffer, b""
        return CardReply(frame[9]) if _xor(frame[5:]) == 0 else None

    def _photo(self, piece: bytes) -> CardReply | None:
        self._skip -= len(piece)
        self._xor ^= _xor(piece)
        if self._skip:
            return None
        frame, self._buffer = self._buffer, b""
        return CardReply(frame[9], frame[14:]) if self._xor == 0 and _has_text(frame) else None


def person(text: bytes, key: PersonKey) -> CardHolder | None:
    """Return name and hashed number of a card's text; None when the number is none."""
    number = text[NUMBER].decode("utf-16-le", "replace").strip()
    read = read_document(number, key)
    if read.check != "right":
        return None
    name = text[NAME].decode("utf-16-le", "replace").strip()
    return CardHolder(read.person, read.last4, name, int(number[YEAR]))


CardStep = Literal["find", "select", "read"]
ORDERS: dict[CardStep, bytes] = {"find": FIND, "select": SELECT, "read": READ}
NEXT: dict[tuple[CardStep, int], CardStep] = {("find", FOUND): "select", ("select", DONE): "read"}


def _has_text(frame: bytes) -> bool:
    return frame[9] == DONE and int.from_bytes(frame[10:12], "big") == TEXT_BYTES


def _xor(data: bytes) -> int:
    return reduce(xor, data, 0)
