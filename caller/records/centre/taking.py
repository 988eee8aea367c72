"""A hall's rows taken into the centre: each once, in one unbroken chain, durable before it is answered.

1. What the centre has already must be the same in the batch; what follows must follow. Then it is stored and the site's place
   moved in one transaction, which a kill leaves whole or undone.
2. A batch that begins behind a gap is not stored. The answer, as always, says how far the centre is.
3. Rows that do not fit the chain were damaged on the way or are of a log that has another history (restored from a backup,
   rewritten). They are refused with the reason, and the reason stands with the hall until a batch fits again.
"""

import hmac
from itertools import pairwise

import msgspec

from caller.eventlog import LogError, Record, chain, row_batches
from caller.eventlog.row_batches import BadBatch, CopyRefusal, CopyState, RowBatch, records_of
from caller.records.centre import thing_names
from caller.records.centre.sites import CentreError, SiteRow, explained, found, key_hash
from caller.records.stores.postgres import PostgresConnection, run
from config.catalogue import message
from config.instants import Micros

PATH, BODY_BYTES_MAX = row_batches.PATH, row_batches.PACKED_BYTES_MAX  # of the interface
COPY = "copy event (site, seq, at, command, role, station, kind, body, hash, account) from stdin"


class RowsRefused(CentreError):
    """These rows are not taken; the hall must do something first."""


def admitted(connection: PostgresConnection, site: str, key: str) -> SiteRow:
    """Return the hall that a key belongs to. Raises `RowsRefused` "no-key"."""
    row = found(connection, site)
    if row is None or not hmac.compare_digest(row.key, key_hash(key)):
        raise RowsRefused("no-key", site=site)
    return row


def answer(
    connection: PostgresConnection, site: str, key: str, body: bytes, is_packed: bool, now: Micros
) -> bytes:
    """Take what a request of a hall holds; return the body of its answer. Raises `RowsRefused`, `CentreError`."""
    admitted(connection, site, key)
    try:
        batch = row_batches.unpacked(body, is_packed)
    except BadBatch as bad:
        raise RowsRefused("damaged", site=site, seq=0, detail=bad) from None
    return msgspec.json.encode(take(connection, site, batch, now))


def refusal(code: str, **facts: object) -> bytes:
    """Return the body of an answer that takes nothing."""
    zh, en = message(CentreError.kind, code, **facts).with_next_step
    return msgspec.json.encode(CopyRefusal(code, zh, en))


def take(connection: PostgresConnection, site: str, batch: RowBatch, now: Micros) -> CopyState:
    """Store what is new of a batch; return how far the centre is then. Raises `RowsRefused`, `CentreError`."""
    records = records_of(batch)
    if any(after.seq != before.seq + 1 for before, after in pairwise(records)):
        raise RowsRefused("not-in-order", site=site)
    try:
        with explained(), connection.transaction():
            return _store(connection, site, batch, records, now)
    except RowsRefused as refused:
        with explained():
            run(
                connection,
                "update site set trouble=%s, since=case when trouble=%s then since else %s end, seen=%s, last=%s, version=%s"
                " where site=%s",
                (refused.code, refused.code, now, now, batch.last, batch.version, site),
            )
        raise


def _store(
    connection: PostgresConnection, site: str, batch: RowBatch, records: list[Record], now: Micros
) -> CopyState:
    row = run(
        connection,
        "select s.seq, s.hash, coalesce(n.digest, '') from site s left join site_names n using (site)"
        " where s.site=%s for update of s",
        (site,),
    ).fetchone()
    if row is None:
        raise RowsRefused("no-key", site=site)
    head, names = chain.Head(*row[:2]), row[2]
    if batch.names is not None:
        names = thing_names.keep(connection, site, batch.names)
    _compare_known(connection, site, head, records)
    new = [each for each in records if each.seq > head.seq]
    if new and new[0].seq == head.seq + 1:
        try:
            fitting = list(chain.follow(head, new))
        except LogError as error:
            raise RowsRefused(_why(head, new, error), site=site, seq=error.seq) from None
        with connection.cursor() as cursor, cursor.copy(COPY.encode()) as copy:
            for each in fitting:
                copy.write_row((site, *each))
        head = chain.Head(fitting[-1].seq, fitting[-1].hash)
    run(
        connection,
        "update site set seq=%s, hash=%s, last=%s, seen=%s, version=%s, trouble='', since=0 where site=%s",
        (*head, max(batch.last, head.seq) if records else batch.last, now, batch.version, site),
    )
    return CopyState(head.seq, head.hash.hex(), names)


def _compare_known(
    connection: PostgresConnection, site: str, head: chain.Head, records: list[Record]
) -> None:
    """Require that the last row which is known already is the one that is stored. Raises `RowsRefused` "forked"."""
    known = next((each for each in reversed(records) if 0 < each.seq <= head.seq), None)
    if known is None:
        return
    row = run(connection, "select hash from event where site=%s and seq=%s", (site, known.seq)).fetchone()
    if row != (known.hash,):
        raise RowsRefused("forked", site=site, seq=known.seq)


def _why(head: chain.Head, new: list[Record], error: LogError) -> str:
    """Return whether a row is damaged, or fits its own neighbours and only not what the centre has."""
    first = new[0]
    linked = chain.link(head.hash, *first[:6], first.body.encode(), first.account)
    return "forked" if error.seq == first.seq and linked != first.hash else "damaged"
