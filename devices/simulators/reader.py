"""Simulated readers: a scanner that sends lines, an ID reader with cards that no person owns."""

from pathlib import Path
from typing import Self

from stdnum.cn import ric

from devices.protocols import sdt_card_reader
from devices.protocols.sdt_card_reader import ANSWER_BYTES_MAX, FIND, HEAD, READ, SELECT, TEXT_BYTES
from devices.simulators.pty_cable import Cable, CableFaults

PHOTO_BYTES = 1024
NO_CARD = 0x80
FIELDS = (30, 2, 4, 16, 70, 36, 30, 16, 16, 36)  # bytes of each field of a card's text


def frame(content: bytes) -> bytes:
    """Return an SDT answer around its status and data."""
    body = (len(content) + 1).to_bytes(2, "big") + content
    check = 0
    for byte in body:
        check ^= byte
    return HEAD + body + bytes([check])


def card_text(name: str, number: str) -> bytes:
    """Return the 256 bytes of text on a card; all but name and number are made up."""
    values = (name, "2", "01", number[6:14], "模拟地址一号", number, "模拟公安局", "20200101", "20400101", "")
    parts = (value.ljust(size // 2).encode("utf-16-le") for value, size in zip(values, FIELDS, strict=True))
    return b"".join(parts)


def number_for(serial: int, born: int = 1990) -> str:
    """Return a number with a right check mark, in a district that does not exist."""
    body = f"999999{born:04d}0101{serial % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")  # any mark: it is not looked at


class SimulatedScanner:
    """A code scanner."""

    def __init__(self, name: Path, faults: CableFaults | None = None, end: str = "\r\n") -> None:
        self.cable = Cable(name, lambda _: None, faults)
        self._end = end

    async def __aenter__(self) -> Self:
        await self.cable.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cable.__aexit__()

    def scan(self, text: str) -> None:
        self.cable.send((text + self._end).encode("ascii"))


class SimulatedCardReader:
    """An ID reader: lay a card on it with `lay`, take it off with `take`."""

    def __init__(self, name: Path, faults: CableFaults | None = None) -> None:
        self.cable = Cable(name, self._heard, faults)
        self.asked = 0
        self._card = b""
        self._read = False
        self._buffer = b""

    async def __aenter__(self) -> Self:
        await self.cable.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cable.__aexit__()

    def lay(self, name: str, number: str) -> None:
        self._card, self._read = card_text(name, number), False

    def take(self) -> None:
        self._card = b""

    def _heard(self, data: bytes) -> None:
        self._buffer = (self._buffer + data)[-ANSWER_BYTES_MAX:]
        for order in (FIND, SELECT, READ):
            if order in self._buffer:
                self._buffer = b""
                self.asked += 1
                self.cable.send(frame(self._answer(order)))

    def _answer(self, order: bytes) -> bytes:
        if not self._card or (order == FIND and self._read):
            return bytes([0, 0, NO_CARD])
        if order == FIND:
            return bytes([0, 0, sdt_card_reader.FOUND]) + bytes(4)
        if order == SELECT:
            return bytes([0, 0, sdt_card_reader.DONE]) + bytes(8)
        self._read = True
        sizes = TEXT_BYTES.to_bytes(2, "big") + PHOTO_BYTES.to_bytes(2, "big")
        return bytes([0, 0, sdt_card_reader.DONE]) + sizes + self._card + bytes(range(256)) * 4
