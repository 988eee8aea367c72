"""Takes a hall's rows into the centre: each once, in one unbroken chain, durable before it is answered.

1. What the centre has already must be the same in the batch; what follows must follow. Then it is stored and the site's place
   moved in one transaction, which a kill leaves whole or undone.
2. A batch that begins behind a gap is not stored. The answer, as always, says how far the centre is.
3. Rows that do not fit the chain were damaged on the way or are of a log that has another history (restored from a backup,
   rewritten). They are refused with the reason, and the reason stands with the hall until a batch fits again.
"""

import hmac
from itertools import pairwise

from caller.centre.sites import CentreError, SiteRow, explained, found, key_hash
from caller.eventlog import LogError, Record, chain
from caller.eventlog.row_batches import CopyState, RowBatch, records_of
from caller.records.stores.postgres import Connection, run
from config.instants import Micros

COPY = "copy event (site, seq, at, command, role, station, kind, body, hash, account) from stdin"


class Refused(CentreError):
    """These rows are not taken; the hall must do something first."""


def admitted(connection: Connection, site: str, key: str) -> SiteRow:
    """Return the hall that a key belongs to. Raises `Refused` "no-key"."""
    row = found(connection, site)
    if row is None or not hmac.compare_digest(row.key, key_hash(key)):
        raise Refused("no-key", site=site)
    return row


def take(connection: Connection, site: str, batch: RowBatch, now: Micros) -> CopyState:
    """Store what is new of a batch; return how far the centre is then. Raises `Refused`, `CentreError`."""
    records = records_of(batch)
    if any(after.seq != before.seq + 1 for before, after in pairwise(records)):
        raise Refused("not-in-order", site=site)
    try:
        with explained(), connection.transaction():
            return _store(connection, site, batch, records, now)
    except Refused as refused:
        with explained():
            run(
                connection,
                "update site set trouble=%s, since=case when trouble=%s then since else %s end, seen=%s, last=%s, version=%s"
                " where site=%s",
                (refused.code, refused.code, now, now, batch.last, batch.version, site),
            )
        raise


def _store(
    connection: Connection, site: str, batch: RowBatch, records: list[Record], now: Micros
) -> CopyState:
    row = run(connection, "select seq, hash from site where site=%s for update", (site,)).fetchone()
    if row is None:
        raise Refused("no-key", site=site)
    head = chain.Head(*row)
    _compare_known(connection, site, head, records)
    new = [each for each in records if each.seq > head.seq]
    if new and new[0].seq == head.seq + 1:
        try:
            fitting = list(chain.follow(head, new))
        except LogError as error:
            raise Refused(_why(head, new, error), site=site, seq=error.seq) from None
        with connection.cursor() as cursor, cursor.copy(COPY.encode()) as copy:
            for each in fitting:
                copy.write_row((site, *each))
        head = chain.Head(fitting[-1].seq, fitting[-1].hash)
    run(
        connection,
        "update site set seq=%s, hash=%s, last=%s, seen=%s, version=%s, trouble='', since=0 where site=%s",
        (*head, max(batch.last, head.seq) if records else batch.last, now, batch.version, site),
    )
    return CopyState(head.seq, head.hash.hex())


def _compare_known(connection: Connection, site: str, head: chain.Head, records: list[Record]) -> None:
    """Require that the last row which is known already is the one that is stored. Raises `Refused` "forked"."""
    known = next((each for each in reversed(records) if 0 < each.seq <= head.seq), None)
    if known is None:
        return
    row = run(connection, "select hash from event where site=%s and seq=%s", (site, known.seq)).fetchone()
    if row != (known.hash,):
        raise Refused("forked", site=site, seq=known.seq)


def _why(head: chain.Head, new: list[Record], error: LogError) -> str:
    """Return whether a row is damaged, or fits its own neighbours and only not what the centre has."""
    first = new[0]
    linked = chain.link(head.hash, *first[:6], first.body.encode(), first.account)
    return "forked" if error.seq == first.seq and linked != first.hash else "damaged"
