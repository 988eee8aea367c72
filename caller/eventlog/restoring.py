"""Puts a copy in the log's place. It begins a new epoch, which continues above the highest number that was witnessed.

`restore` takes the caller's locks and sets the old files aside.
"""

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from caller.eventlog.chain import Head
from caller.eventlog.checkpoints import drop_prepared
from caller.eventlog.errors import LogError, explain
from caller.eventlog.log import lock
from caller.eventlog.reading import Reader, VerifyResult, sync
from caller.eventlog.witness import WITNESS_NAME, Witness, WitnessFile, WitnessKey, short

PARTS = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Restored:
    """What `restore` put in place: the copy (None: an empty log), its epoch, and the witness it continues after."""

    copy: VerifyResult | None
    epoch: int
    seen: Witness | None


def restore(backup: Path | None, path: Path, stamp: str, seen: Iterable[str] = ()) -> Restored:
    """Verify the backup, set the log at `path` aside as NAME.`stamp`, and put the copy there, in a new epoch.

    None as the backup begins an empty log. `seen` are witnesses from outside the folder's log.witness (signed text).
    Raises `LogError`, and then nothing has changed.
    """
    if backup and not backup.exists():
        raise LogError("no-backup", path=backup)
    handles = lock(path)
    try:
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        copy = None
        if backup:
            with Reader(backup) as reader:
                copy = reader.backup(fresh)
        witness = _highest(path, seen)
        epoch = 1 + max(copy.epoch if copy else 0, witness.epoch if witness else 0, _epoch_at(path))
        if copy:
            _begin_epoch(fresh, epoch)
        drop_prepared(path.parent)
        for part in PARTS:  # killed from here on, the old witness says that a log is missing
            _set_aside(path.with_name(path.name + part), path.with_name(f"{path.name}.{stamp}{part}"))
        _testify(path.parent, epoch, copy, witness, stamp)
        if copy:
            fresh.rename(path)
        sync(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise explain(error, path) from error
    finally:
        for handle in handles:
            os.close(handle)
    return Restored(copy, epoch, witness)


def _highest(path: Path, seen: Iterable[str]) -> Witness | None:
    """Return the witness that saw most of the hall's numbers, of those in the folder and those given."""
    key = WitnessKey.made_in(path.parent)
    texts = (WitnessFile(path.parent).read(), *seen)
    known = [witness for text in texts if (witness := key.read(text))]
    return max(known, key=lambda each: (each.epoch, each.seq), default=None)


def _epoch_at(path: Path) -> int:
    """Return the epoch of the log that is replaced, as far as it can be read."""
    try:
        with Reader(path) as old:
            return old.epoch
    except (LogError, sqlite3.Error):
        return 0


def _begin_epoch(path: Path, epoch: int) -> None:
    """Write the epoch into the copy; one by an older version is migrated when the caller opens it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("insert or replace into meta values ('epoch', ?)", (str(epoch),))
        connection.execute("delete from checkpoint")  # what is restored is what the events say
        connection.execute("delete from meta where key='register'")  # so its rows are made anew
    finally:
        connection.close()
    sync(path)


def _testify(folder: Path, epoch: int, copy: VerifyResult | None, seen: Witness | None, stamp: str) -> None:
    """Write the first witness of the new epoch, which carries the numbers of the old one; keep the old beside it."""
    key = WitnessKey.made_in(folder)
    head = copy.head if copy else Head(0, b"")
    day, top = (seen.day, seen.top) if seen else ("", 0)
    file = WitnessFile(folder)
    if old := file.read():
        file.path.with_name(f"{WITNESS_NAME}.{stamp}").write_text(old, "ascii", errors="replace")
    file.write(key.sign(Witness(epoch, head.seq, short(head.hash) if head.seq else "", day, top, top)))
    file.close()
    sync(file.path)


def _set_aside(old: Path, aside: Path) -> None:
    if aside.exists():
        raise LogError("exists", path=aside)
    if old.exists():
        old.rename(aside)
