"""The chain over the events: each row's hash covers all its fields and the hash before it. Pure.

    hash = SHA-256(hash before + [seq,at,"command","role","station","kind",body])
    hash = SHA-256(hash before + [seq,at,"command","role","station","kind",body,"account"])    with an account

The bracket is compact UTF-8 JSON with the body's text as it stands in the row, so ten lines of any
language can check a log without this program. A row that no account stands behind hashes as rows did before
there were accounts. The first row follows a hash of the site's id: a row of another hall's log does not fit.

A body is read as the events of today, by `Record.event`, `event_kind` and `facts`, and by nothing else (a test looks).
What an older version wrote otherwise goes through `UPCASTERS` there; a kind or a field that only a newer version knows
is refused (`LogError` "newer-event"), never dropped. `kind`, `body` and `as_written` are the row as it stands, for the
hash, for copies, and to show a person what this version cannot read.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple, get_args

import msgspec

from caller.engine.events import AnyEvent
from caller.eventlog.errors import LogError
from config.instants import Micros

_json = msgspec.json.Encoder()
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)

EventBody = dict[str, Any]
KINDS = frozenset(event.__name__ for event in get_args(AnyEvent))


class Upcaster(NamedTuple):
    """Reads what an older version wrote: as an event of `kind`, with the body that `change` makes of the one of then.

    Ids and codes stay as they are, because the log is searched for them.
    """

    kind: str
    change: Callable[[EventBody], EventBody]


# By the kind as it was written, which no event of today has. An entry stays for ever, with a test on a log kept from
# the version that wrote it.
UPCASTERS: dict[str, Upcaster] = {}


def kinds_written(kind: str) -> list[str]:
    """Return the kinds under which events of today's `kind` stand in the rows of a log."""
    return [kind, *(written for written, upcast in UPCASTERS.items() if upcast.kind == kind)]


# seq, at, command, role, station, kind, body, hash, account
LogRow = tuple[int, int, str, str, str, str, str, bytes, str]


class Record(NamedTuple):
    """One row of the log: an event, when (UTC microseconds), by which command of which sender, and its hash."""

    seq: int
    at: int
    command: str
    role: str
    station: str
    kind: str
    body: str
    hash: bytes
    account: str = ""  # the staff number of the person signed in, where there is one

    @property
    def event(self) -> AnyEvent:
        """The event in the body. Raises `LogError` "newer-event" for what this version cannot read."""
        try:
            if self.kind not in UPCASTERS:
                return _events.decode(self.body)
            return msgspec.convert(self._upcast(), AnyEvent)
        except msgspec.ValidationError as error:
            raise self._newer(error) from None

    @property
    def event_kind(self) -> str:
        """The kind of the event in the body. Raises `LogError` "newer-event" for one that this version does not know."""
        kind = UPCASTERS[self.kind].kind if self.kind in UPCASTERS else self.kind
        if kind not in KINDS:
            raise self._newer(kind)
        return kind

    @property
    def facts(self) -> EventBody:
        """The body by the kind (`type`) and the field names of today; a default that was not written is not among them.

        Raises:
            LogError: "newer-event" for what this version cannot read.
        """
        facts = self._upcast()
        try:
            msgspec.convert(facts, AnyEvent)
        except msgspec.ValidationError as error:
            raise self._newer(error) from None
        return facts

    @property
    def as_written(self) -> EventBody:
        """The body as it stands in the row, of whatever version."""
        return msgspec.json.decode(self.body)

    def _upcast(self) -> EventBody:
        upcast = UPCASTERS.get(self.kind)
        return upcast.change(self.as_written) | {"type": upcast.kind} if upcast else self.as_written

    def _newer(self, detail: object) -> LogError:
        return LogError("newer-event", self.seq, kind=self.kind, detail=detail)


class Head(NamedTuple):
    """Where a log stands: its last event and that event's hash."""

    seq: int
    hash: bytes


def genesis(site: str) -> Head:
    """Return what the first event of a site's log follows."""
    return Head(0, sha256(f"hallcall log of {site}".encode()).digest())


encode = _json.encode  # an event as the bytes of its body


def link(
    before: bytes,
    seq: int,
    at: Micros,
    command: str,
    role: str,
    station: str,
    kind: str,
    body: bytes,
    account: str = "",
) -> bytes:
    """Return the hash of one row."""
    fields = (seq, at, command, role, station, kind, msgspec.Raw(body))
    return sha256(before + _json.encode((*fields, account) if account else fields)).digest()


def follow(head: Head, records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records, each checked against the one before it. Raises `LogError` at the first that does not fit."""
    seq, before = head
    for record in records:
        seq += 1
        if record.seq != seq:
            raise LogError("damaged", seq, what="缺少这一条", what_en="it is missing")
        before = link(before, *record[:6], record.body.encode(), record.account)
        if record.hash != before:
            raise LogError(
                "damaged", seq, what="内容或顺序被改动", what_en="it was edited, inserted or moved"
            )
        yield record


def check_noted(head: Head, noted: str) -> None:
    """Raise `LogError` unless the last event is the one the last commit noted: the end of the log was cut off."""
    seq, _, digest = noted.partition(" ")
    if noted and int(seq) != head.seq:
        first = min(int(seq), head.seq) + 1
        raise LogError(
            "damaged", first, what="末尾缺少或多出记录", what_en="events at the end are missing or added"
        )
    if noted and digest != head.hash.hex():
        raise LogError("damaged", head.seq, what="内容被改动", what_en="it was edited")
