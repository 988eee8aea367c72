"""The chain over the events: each row's hash covers all its fields and the hash before it. Pure.

    hash = SHA-256(hash before + [seq,at,"command","role","station","kind",body])

The bracket is compact UTF-8 JSON with the body's text as it stands in the row, so ten lines of any
language can check a log without this program. The first row follows a hash of the site's id: a row of
another hall's log does not fit either.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec

from caller.engine.events import AnyEvent
from caller.eventlog.errors import LogError

_json = msgspec.json.Encoder()
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)

LogRow = tuple[int, int, str, str, str, str, str, bytes]


class Record(NamedTuple):
    """One row of the log: an event, when, by which command of whom, and its link in the chain."""

    seq: int
    at: int
    command: str
    role: str
    station: str
    kind: str
    body: str
    hash: bytes

    @property
    def event(self) -> AnyEvent:
        return _events.decode(self.body)


class Head(NamedTuple):
    """Where a log stands: its last event and that event's hash."""

    seq: int
    hash: bytes


def genesis(site: str) -> Head:
    """What the first event of a site's log follows."""
    return Head(0, sha256(f"hallcall log of {site}".encode()).digest())


encode = _json.encode  # an event as the bytes of its body


def link(
    before: bytes, seq: int, at: int, command: str, role: str, station: str, kind: str, body: bytes
) -> bytes:
    """The hash of one row."""
    return sha256(before + _json.encode((seq, at, command, role, station, kind, msgspec.Raw(body)))).digest()


def follow(head: Head, records: Iterable[Record]) -> Iterator[Record]:
    """The same records, each checked against the one before it. Raises `LogError` at the first that does not fit."""
    seq, before = head
    for record in records:
        seq += 1
        if record.seq != seq:
            raise LogError("damaged", seq, what="缺少这一条", what_en="it is missing")
        before = link(before, *record[:6], record.body.encode())
        if record.hash != before:
            raise LogError(
                "damaged", seq, what="内容或顺序被改动", what_en="it was edited, inserted or moved"
            )
        yield record
