"""Puts a copy in the log's place. It begins a new epoch, which continues above the highest number that was witnessed.

`restore` puts a backup back on the caller's PC. `promote` makes a copy on a second PC the caller's log, where the first
PC is lost. Both take the caller's locks, set the old files aside, and report what the copy does not hold:

1. What is missing is what a witness has seen beyond the copy's end: the file beside the log, `records.db`, those that
   stations on this PC have kept. Stations elsewhere show theirs when they connect; until then it may be more.
2. A witness is believed by the site key only. A PC without the key can know of no number given after the copy was
   made, so `promote` then wants to be given the highest number that is in anybody's hand.
"""

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from caller.eventlog import schema
from caller.eventlog.chain import Head, Record
from caller.eventlog.checkpoints import drop_prepared
from caller.eventlog.errors import LogError, explain
from caller.eventlog.opening import lock
from caller.eventlog.reading import Reader, VerifyResult
from caller.eventlog.witness import KEY_NAME, WITNESS_NAME, Floor, Witness, WitnessFile, WitnessKey, short
from config import owner_only

PARTS = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Restored:
    """What `restore` put in place, and what it continues after."""

    copy: VerifyResult | None  # None: an empty log
    epoch: int
    seen: Witness | None  # the witness that saw most
    last: Record | None = None  # the copy's last event
    lacks_wal: bool = False  # copied without its WAL, for which alone the newest events may be missing
    differs: bool = False  # where the witness saw an event it holds another: written to after the loss
    floor: Floor = ("", 0)  # the business day whose numbers continue above a serial, and that serial

    @property
    def missing(self) -> int:
        """How many events the witness has seen that the copy does not hold."""
        return max(0, self.seen.seq - (self.copy.events if self.copy else 0)) if self.seen else 0


def promote(copy: Path, path: Path, stamp: str, seen: Iterable[str] = (), above: Floor = ("", 0)) -> Restored:
    """Make a copy, which may lie at `path` itself, the log of the caller that will start at `path`.

    Raises `LogError`, also "no-site-key" where witnesses cannot be read and `above` does not say either how far the
    numbers were; then nothing has changed.
    """
    if not above[1] and WitnessKey.found_in(path.parent) is None:
        raise LogError("no-site-key", path=path.parent / KEY_NAME)
    return restore(copy, path, stamp, seen, above)


def promote_database(
    address: str, folder: Path, stamp: str, seen: Iterable[str] = (), above: Floor = ("", 0)
) -> Restored:
    """Make a copy in a database the log of the callers that will write there.

    Raises `LogError`, as `promote` does, also "not-a-copy" where callers write there already.
    """
    from caller.eventlog.stores.postgres import PostgresCopy  # an extra

    if not above[1] and WitnessKey.found_in(folder) is None:
        raise LogError("no-site-key", path=folder / KEY_NAME)
    with PostgresCopy(address) as store:
        copy = store.verify()
        witness = _highest(folder / WITNESS_NAME, seen)
        floor = max((witness.day, witness.top) if witness and witness.top else ("", 0), above)
        epoch = 1 + max(copy.epoch, witness.epoch if witness else 0)
        last = next(store.after(copy.events - 1, 1), None) if copy.events else None
        held = next(store.after(witness.seq - 1, 1), None) if witness and witness.seq else None
        store.begin_epoch(epoch)
    _testify(folder, epoch, copy, floor, stamp)
    differs = bool(witness and held and short(held.hash) != witness.hash)
    return Restored(copy, epoch, witness, last, differs=differs, floor=floor)


def restore(
    backup: Path | None, path: Path, stamp: str, seen: Iterable[str] = (), above: Floor = ("", 0)
) -> Restored:
    """Verify the backup, set the log at `path` aside as NAME.`stamp`, and put the copy there, in a new epoch.

    None as the backup begins an empty log. `seen` are witnesses from outside the folder's log.witness (signed text);
    `above`: the highest number known otherwise to have been given on a business day. Raises `LogError`, and then
    nothing has changed.
    """
    if backup and not backup.exists():
        raise LogError("no-backup", path=backup)
    handles = lock(path)
    try:
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        witness = _highest(path, seen)
        copy, last, lacks_wal, differs = None, None, False, False
        if backup:
            with Reader(backup) as reader:
                copy, lacks_wal = reader.backup(fresh), reader.lacks_wal
                last = next(reader.after(copy.events - 1, 1), None)
                differs = witness is not None and _differs(reader, witness)
        floor = max((witness.day, witness.top) if witness and witness.top else ("", 0), above)
        epoch = 1 + max(copy.epoch if copy else 0, witness.epoch if witness else 0, _epoch_at(path))
        if copy:
            _begin_epoch(fresh, epoch, copy.events)
        drop_prepared(path.parent)
        for part in PARTS:  # killed from here on, the old witness says that a log is missing
            _set_aside(path.with_name(path.name + part), path.with_name(f"{path.name}.{stamp}{part}"))
        _testify(path.parent, epoch, copy, floor, stamp)
        if copy:
            fresh.rename(path)
        owner_only.sync(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise explain(error, path) from error
    finally:
        for handle in handles:
            os.close(handle)
    return Restored(copy, epoch, witness, last, lacks_wal, differs, floor)


def _highest(path: Path, seen: Iterable[str]) -> Witness | None:
    """Return the witness that saw most of the hall's numbers, of those in the folder and those given."""
    key = WitnessKey.made_in(path.parent)
    texts = (WitnessFile(path.parent).read(), *seen)
    known = [witness for text in texts if (witness := key.read(text))]
    return max(known, key=lambda each: (each.epoch, each.seq), default=None)


def _differs(reader: Reader, witness: Witness) -> bool:
    """Return whether a log goes as far as the witness and holds another event there."""
    found = next(reader.after(witness.seq - 1, 1), None) if witness.seq else None
    return found is not None and short(found.hash) != witness.hash


def _epoch_at(path: Path) -> int:
    """Return the epoch of the log that is replaced, as far as it can be read."""
    try:
        with Reader(path) as old:
            return old.epoch
    except (LogError, sqlite3.Error):
        return 0


def _begin_epoch(path: Path, epoch: int, seq: int) -> None:
    """Write the epoch, and after which event it begins, into the copy; one by an older version is migrated when the
    caller opens it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("insert or replace into meta values ('epoch', ?)", (str(epoch),))
        connection.execute("insert or replace into meta values (?, ?)", (schema.BEGAN, str(seq)))
        connection.execute("delete from checkpoint")  # what is restored is what the events say
        connection.execute(
            "delete from meta where key in ('register', ?)", (schema.COPY,)
        )  # made anew; no copy now
    finally:
        connection.close()
    owner_only.sync(path)


def _testify(folder: Path, epoch: int, copy: VerifyResult | None, floor: Floor, stamp: str) -> None:
    """Write the first witness of the new epoch, which carries the numbers of the old one; keep the old beside it."""
    key = WitnessKey.made_in(folder)
    head = copy.head if copy else Head(0, b"")
    file = WitnessFile(folder)
    if old := file.read():
        file.path.with_name(f"{WITNESS_NAME}.{stamp}").write_text(old, "ascii", errors="replace")
    file.write(key.sign(Witness(epoch, head.seq, short(head.hash) if head.seq else "", *floor, floor[1])))
    file.close()
    owner_only.sync(file.path)


def _set_aside(old: Path, aside: Path) -> None:
    if aside.exists():
        raise LogError("exists", path=aside)
    if old.exists():
        old.rename(aside)
