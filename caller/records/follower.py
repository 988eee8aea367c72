"""From the log to the records.

Every call opens both files anew, takes up where the tables stand, folds what has come and closes. Nothing is
remembered between calls: a records.db that was deleted is made again, a log that was replaced (another site, another
history) makes a new one, and two processes that follow the same log do no harm.
"""

import logging
import tempfile
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from caller.eventlog import LOG_NAME, Head, LogError, Reader, Record, chain
from caller.eventlog.witness import WitnessFile, WitnessKey
from caller.records.projection import Projection
from caller.records.store import ConcurrentUpdate, LogPosition, RecordsError, Store
from caller.records.stores.sqlite import RECORDS_NAME, SqliteStore, set_aside

EVENTS_AT_ONCE = 5_000  # one transaction; about a tenth of a second, and few enough to hold in memory

log_of_faults = logging.getLogger("hallcall.records")


def bring_up_to_date(
    data: Path, stop: threading.Event | None = None, records: Path | None = None
) -> LogPosition:
    """Fold everything that the log of this data folder has; return how far that is.

    `records`: the file of the tables, where it is not to be the one of the data folder.

    Raises:
        LogError: the log is missing, damaged or held.
        RecordsError: records.db cannot be written, or an event is of a newer version.
    """
    path = records or data / RECORDS_NAME
    try:
        return _bring(data, stop, path)
    except RecordsError as error:
        if error.code != "corrupt":
            raise
        log_of_faults.warning("%s is corrupt, made again from the log", path)
        set_aside(path)
        return _bring(data, stop, path)


@contextmanager
def readable_records(data: Path) -> Generator[Path]:
    """Give the file of tables that are up to date: the data folder's, or one that is made for the moment where nothing
    can be written there, as on a disk that was mounted read-only. Raises as `bring_up_to_date` does."""
    try:
        bring_up_to_date(data)
    except RecordsError as error:
        if error.code != "read-only":
            raise
        with tempfile.TemporaryDirectory(prefix="hallcall-") as folder:
            bring_up_to_date(data, records=Path(folder) / RECORDS_NAME)
            yield Path(folder) / RECORDS_NAME
    else:
        yield data / RECORDS_NAME


def _bring(data: Path, stop: threading.Event | None, records: Path) -> LogPosition:
    with Reader(data / LOG_NAME) as log, SqliteStore(records) as store:
        if records.parent == data:
            _keep_witness(data, store)
        while True:
            try:
                return _catch_up(log, store, stop)
            except ConcurrentUpdate:
                continue


def _keep_witness(data: Path, store: SqliteStore) -> None:
    """Copy the witness beside the log, if it is a later one: a log that loses its end is found out by this copy."""
    text, kept = WitnessFile(data).read(), store.witness
    if text == kept:
        return
    key = WitnessKey.found_in(data)
    witness, before = (key.read(text), key.read(kept)) if key else (None, None)
    if witness and (before is None or witness[:2] > before[:2]):
        store.keep_witness(text)


def _catch_up(log: Reader, store: Store, stop: threading.Event | None) -> LogPosition:
    place = store.place
    if not fits(log, place):
        place = store.clear(log.site)
    if log.last == place.head.seq:
        return place
    with store.snapshot():  # the rows that last must be those of that very place
        if store.place != place:
            raise ConcurrentUpdate
        fold = projection_of(store)
    while not (stop and stop.is_set()):
        after, trouble = fold_some(log.after(place.head.seq, EVENTS_AT_ONCE), fold, place)
        if after != place:
            store.save(place, after, fold.take())
        if trouble:
            raise trouble
        if after == place:
            break
        place = after
    return place


def projection_of(store: Store) -> Projection:
    """Return the projection as it stood at the store's place."""
    place = store.place
    fold = Projection(place.site, store, place.now)
    fold.resume(store.lasting())
    return fold


def fits(log: Reader, place: LogPosition) -> bool:
    """Return whether the records were folded from this log."""
    if place.site != log.site:
        return False
    if place.head.seq == 0:
        return True
    last = next(log.after(place.head.seq - 1, 1), None)
    return last is not None and (last.seq, last.hash) == place.head


def fold_some(
    rows: Iterable[Record], fold: Projection, place: LogPosition
) -> tuple[LogPosition, Exception | None]:
    """Fold the rows after a place, each checked against the chain: an edited log gives no figures past the edit."""
    head = place.head
    try:
        for record in chain.follow(head, rows):
            fold.read(record.event, record.at, record.seq)
            head = Head(record.seq, record.hash)
    except LogError as error:
        return LogPosition(place.site, head, fold.now), error
    return LogPosition(place.site, head, fold.now), None
