"""Rows of a log on their way to a copy of it: what a hall sends to the city centre, and what it is answered. Pure.

A batch is `{"last", "version", "rows": [[seq, at, command, role, station, kind, body, hash, account], ...]}`: the rows as they
stand, the body as the JSON it is, byte for byte, the hash as 64 hexadecimal digits. So the other side can follow the chain
by itself. An empty batch asks how far the other side is. The answer is always that: the seq and the hash of its last row,
from which the sender goes on; a row that it holds already is no fault, a gap is asked for again by the same answer.
It says too which names of the hall it has (`digest_of`); where these are others, the next batch brings `"names"`. A copy that keeps no
names says nothing of them, and is sent none.
"""

import gzip
import zlib
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from caller.eventlog.chain import Head, Record
from config.hall_names import NamesInBoth

PATH = "/v1/log/{site}"
ROWS_MAX = 2_000  # of a batch: about a megabyte, packed a tenth
BYTES_MAX = 16 * 1024 * 1024  # unpacked: rows of the longest bodies; a sender that meets it sends fewer
PACKED_BYTES_MAX = 4 * 1024 * 1024
NAMES_BYTES_MAX = (
    2_000_000  # of the names alone: some thousand items in two languages are a quarter of a megabyte
)
PACKED_FROM = 2_000  # bytes; below it packing costs more than it saves
HASH_DIGITS = 64

Digits = Annotated[str, Meta(pattern=rf"\A[0-9a-f]{{{HASH_DIGITS}}}\Z")]
CarriedRow = tuple[int, int, str, str, str, str, msgspec.Raw, Digits, str]


class BadBatch(ValueError):
    """What came is no batch of rows; says why."""


class RowBatch(Struct, frozen=True):
    """Some rows of a log in their order. `last`: the seq of the newest row that the sender has; `names`: of its queues, items and
    the like (`config.hall_names`), None where the copy has them."""

    rows: list[CarriedRow]
    last: int = 0
    version: str = ""
    names: NamesInBoth | None = None


class CopyState(Struct, frozen=True, omit_defaults=True):
    """How far a copy is: its last row, and that row's hash. `names`: the digest of the names it has, "" for none; None: it keeps no
    names."""

    seq: int
    hash: Digits
    names: str | None = None

    @property
    def head(self) -> Head:
        return Head(self.seq, bytes.fromhex(self.hash))


class CopyRefusal(Struct, frozen=True):
    """Why a copy takes no more rows: a stable code, and the words of it in Chinese and English."""

    code: str
    zh: str
    en: str


_batches = msgspec.json.Decoder(RowBatch)
_states = msgspec.json.Decoder(CopyState)
_refusals = msgspec.json.Decoder(CopyRefusal)


def packed(
    records: Sequence[Record], last: int, version: str, names: NamesInBoth | None = None
) -> tuple[bytes, bool]:
    """Return a batch as it is sent, and whether it is packed by gzip."""
    rows = [(*each[:6], msgspec.Raw(each.body.encode()), each.hash.hex(), each.account) for each in records]
    named = {"names": names} if names is not None else {}
    text = msgspec.json.encode({"last": last, "version": version, "rows": rows, **named})
    if len(text) < PACKED_FROM:
        return text, False
    return gzip.compress(text, 1, mtime=0), True


def unpacked(body: bytes, is_packed: bool) -> RowBatch:
    """Return the batch in a request's body. Raises `BadBatch`."""
    try:
        batch = _batches.decode(_inflated(body) if is_packed else body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadBatch(str(error)) from None
    if len(batch.rows) > ROWS_MAX:
        raise BadBatch(f"more than {ROWS_MAX} rows")
    if batch.names and len(msgspec.json.encode(batch.names)) > NAMES_BYTES_MAX:
        raise BadBatch(f"names of more than {NAMES_BYTES_MAX} bytes")
    return batch


def _inflated(body: bytes) -> bytes:
    """Unpack what a stranger packed, to `BYTES_MAX` at most. Raises `BadBatch`."""
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        text = unpack.decompress(body, BYTES_MAX)
    except zlib.error as error:
        raise BadBatch(str(error)) from None
    if not unpack.eof:
        raise BadBatch(f"cut off, or more than {BYTES_MAX} bytes")
    return text


def records_of(batch: RowBatch) -> list[Record]:
    """Return the rows of a batch as records of a log; whether they fit it is for `chain.follow` to say."""
    return [Record(*row[:6], bytes(row[6]).decode(), bytes.fromhex(row[7]), row[8]) for row in batch.rows]


def state_of(body: bytes) -> CopyState:
    """Return what a copy answered. Raises `BadBatch` for what is no such answer."""
    try:
        return _states.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadBatch(str(error)) from None


def refusal_of(body: bytes) -> CopyRefusal | None:
    """Return why a copy refuses, None where the answer does not say it in our words."""
    try:
        return _refusals.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
