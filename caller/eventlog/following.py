"""Keeps a copy of a log warm: what is new goes into a store (`stores`), checked against the chain on its way.

1. Each round opens the log anew, so that one that was put in its place meanwhile is seen. Where the copy's end is not in
   it, the two are different histories, and nothing more is copied (`LogError` "another-log").
2. The witness beside the log is written beside the copy **before** the events it speaks of: a copy that is cut off knows
   that it lacks something, and `hallcall promote` says how much.
3. A log whose epoch is below the copy's was replaced by another one; it may be an old PC that has come back.
"""

from collections.abc import Callable
from pathlib import Path

from caller.eventlog import chain
from caller.eventlog.chain import Head
from caller.eventlog.errors import LogError, explain
from caller.eventlog.log import LOG_NAME
from caller.eventlog.reading import Reader
from caller.eventlog.stores import LogSource, LogStore
from caller.eventlog.witness import WitnessFile

PIECE_EVENTS = 5_000  # one transaction: a tenth of a second, and a few megabytes

OnPiece = Callable[[int], object]  # told the last event copied


def copy_piece(source: LogSource, store: LogStore, limit: int = PIECE_EVENTS) -> int:
    """Copy the next events; return how many. Raises `LogError`, and then nothing of this piece is in the store."""
    if source.site != store.site:
        raise LogError("wrong-site", found=source.site, site=store.site)
    head, epoch = store.head, source.epoch
    if epoch < store.epoch or not source.holds(head):
        raise LogError("another-log", head.seq, epoch=epoch, known=store.epoch)
    records = list(chain.follow(head, source.piece(head.seq, limit)))
    if records or epoch != store.epoch:
        store.append(records, head, epoch)
    return len(records)


def copy_log(source: LogSource, store: LogStore, told: OnPiece = lambda _seq: None) -> Head:
    """Copy all there is, then read the whole copy back and check each event of it; return where it ends.

    Raises:
        LogError: also "damaged", where what was read back does not fit.
    """
    while copy_piece(source, store):
        told(store.head.seq)
    return check_copy(store)


def check_copy(store: LogStore) -> Head:
    """Return the end of a copy whose every event was read and fits. Raises `LogError` "damaged"."""
    head = chain.genesis(store.site)
    while records := store.piece(head.seq, PIECE_EVENTS):
        for record in chain.follow(head, records):
            head = Head(record.seq, record.hash)
    if head != store.head:
        raise LogError("damaged", head.seq + 1, what="副本末尾缺少记录", what_en="the copy's end is missing")
    return head


class CopyFollower:
    """Copies the log in a data folder into a store, again and again."""

    def __init__(self, path: Path, store: LogStore, beside: Path | None = None) -> None:
        """`beside`: the copy's own data folder, for the witness; None where the copy lies in none."""
        self._path, self._store = path, store
        self._source = WitnessFile(path.parent) if path.name == LOG_NAME else None
        self._noted = WitnessFile(beside) if beside else None

    def round(self) -> int:
        """Copy what is new, at most one piece; return how many events. Raises `LogError`."""
        try:
            witness = self._source.read() if self._source else ""
            with Reader(self._path) as log:
                log.check_wal()
                if witness and self._noted and log.holds(self._store.head):
                    self._noted.write(witness)
                return copy_piece(log, self._store)
        except OSError as error:
            raise explain(error, self._path) from error

    def close(self) -> None:
        """Close the witness beside the copy; the store is its owner's."""
        if self._noted:
            self._noted.close()
