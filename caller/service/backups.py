"""Backups of a whole data folder, made while the hall works, and the trial that a backup can be restored.

1. A backup is a folder named by its instant (`20260921T183000Z`): the log, verified as it is copied; every other database
   by SQLite's own online copy; settings, tokens, certificates and the recorded voice as files. `backup.json` holds each file's SHA-256 and
   how far the log went. It is made as NAME.part and renamed when it is whole and on disk.
2. Left out is what is made again (`records.db`, prepared checkpoints, the voice cache), what the hall has elsewhere (media), what
   must not travel (the CA's own key), and `keys/`: with the key and a backup one could find persons by their ID number. Keys are copied to a folder
   of their own.
3. Kept are the backups of the last `days` days, and of older ones the first of each month, twelve of them; those lose
   people.db, so that deleted opinions and phones end with the daily ones. The newest three are never touched: the clock
   may be wrong.
4. The trial restores the newest backup into a temporary folder as `hallcall log restore` does, verifies the chain, compares
   every file's hash, opens every database, and notes its verdict beside the backups.

Raises `BackupError` with words for a person; `LogError` for what is wrong with a log.
"""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from caller.eventlog import LOG_NAME, LogError, Reader, VerifyResult, restore
from caller.identity import keys
from caller.records import RECORDS_NAME
from config import owner_only
from config.catalogue import MessageError
from config.instants import Micros
from config.process.tls import CA_PLACE
from config.text_safety import DECODE_ERRORS

NOTE_NAME, TRIAL_NAME = "backup.json", "restore-test.json"
STAMP = "%Y%m%dT%H%M%SZ"
FOLDERS = ("settings", "tokens", "tls", "clips")
MADE_AGAIN = (LOG_NAME, RECORDS_NAME)  # the log is copied apart
PEOPLE = "people.db"
MONTHS_KEPT = 12
NEWEST_KEPT = 3  # whatever the clock says
SPARE_BYTES = 200 << 20  # left free beside a backup: the hall itself needs room
CHUNK = 1 << 20


class BackupError(MessageError):
    """A backup cannot be made or restored; the words stand in the catalogue under "backup"."""

    kind = "backup"


class BackupNote(Struct, frozen=True):
    """What a backup holds. `at`: UTC microseconds; `files`: path in the backup → SHA-256 in hexadecimal."""

    at: Micros
    site: str
    events: int
    head: str  # hash of the log's last event, hexadecimal
    files: dict[str, str]


class Trial(Struct, frozen=True):
    """The verdict of the last restore test. `detail`: what is wrong, empty where the backup is good."""

    at: Micros
    backup: str
    events: int = 0
    detail: str = ""


def backups_in(target: Path) -> list[Path]:
    """Return the whole backups of a folder, oldest first."""
    return sorted(each.parent for each in target.glob(f"*/{NOTE_NAME}") if _instant(each.parent.name))


def made_at(backup: Path) -> Micros:
    """Return the instant by a backup's name: UTC microseconds."""
    at = _instant(backup.name)
    return round(at.timestamp() * 1e6) if at else 0


def make(data: Path, target: Path, now: Micros, days: int, key_folder: Path | None = None) -> Path:
    """Back a data folder up into a new folder below `target`; remove backups past their time; return the new one."""
    whole = target / datetime.fromtimestamp(now / 1e6, UTC).strftime(STAMP)
    if whole.exists():
        raise BackupError("exists", path=whole)
    try:
        owner_only.make_folder(target)
        for left in target.glob(f"*{owner_only.PART}"):  # by a backup that was killed
            shutil.rmtree(left)
        _check_room(data, target)
        part = whole.with_name(whole.name + owner_only.PART)
        owner_only.make_folder(part)
        verdict = _copy(data, part)
        files = {str(each.relative_to(part)): _digest(each) for each in _files(part)}
        note = BackupNote(now, verdict.site, verdict.events, verdict.head.hash.hex(), files)
        owner_only.write_synced(part / NOTE_NAME, msgspec.json.format(msgspec.json.encode(note), indent=1))
        owner_only.sync(part)
        part.rename(whole)
        owner_only.sync(target)
        if key_folder:
            _copy_keys(data, key_folder)
        prune(target, now, days)
    except (OSError, sqlite3.Error) as error:
        raise BackupError("failed", path=target, detail=error) from error
    return whole


def prune(target: Path, now: Micros, days: int) -> list[str]:
    """Remove backups past their time, and people's words from those that stay for months; return the names removed."""
    oldest_daily = datetime.fromtimestamp(now / 1e6, UTC) - timedelta(days=days)
    old = [
        each
        for each in backups_in(target)[:-NEWEST_KEPT]
        if (at := _instant(each.name)) and at < oldest_daily
    ]
    monthly: dict[str, Path] = {}
    for each in old:
        monthly.setdefault(each.name[:6], each)
    kept = set(list(monthly.values())[-MONTHS_KEPT:])
    for each in kept:
        _without_people(each)
    gone = [each for each in old if each not in kept]
    for each in gone:
        (each / NOTE_NAME).unlink()  # first: half a backup is none
        shutil.rmtree(each)
    return [each.name for each in gone]


def try_restore(target: Path, now: Micros) -> Trial:
    """Restore the newest backup into a temporary folder beside it, look at all of it, and note the verdict."""
    found = backups_in(target)
    if not found:
        raise BackupError("none", path=target)
    newest = found[-1]
    try:
        with tempfile.TemporaryDirectory(prefix=".restore-test-", dir=target) as folder:
            trial = Trial(now, newest.name, _restored(newest, Path(folder)))
    except (OSError, sqlite3.Error, LogError, BackupError, *DECODE_ERRORS) as error:
        trial = Trial(now, newest.name, 0, str(error))
    owner_only.write_whole(target / TRIAL_NAME, msgspec.json.encode(trial))
    return trial


def last_trial(target: Path) -> Trial | None:
    """Return the verdict of the last restore test; None where there was none."""
    try:
        return msgspec.json.decode((target / TRIAL_NAME).read_bytes(), type=Trial)
    except (OSError, *DECODE_ERRORS):
        return None


def _restored(backup: Path, folder: Path) -> int:
    """Restore a backup into an empty folder and return its events. Raises what is wrong with it."""
    note = msgspec.json.decode((backup / NOTE_NAME).read_bytes(), type=BackupNote)
    for name, known in note.files.items():
        path = backup / name
        if not path.is_file() or _digest(path) != known:
            raise BackupError("file-damaged", path=path)
        if path.suffix == ".db":
            _check_database(path)
    restore(backup / LOG_NAME, folder / LOG_NAME, "test")
    with Reader(folder / LOG_NAME) as log:
        found = log.verify()
    if (found.events, found.head.hash.hex()) != (note.events, note.head):
        raise BackupError("log-differs", path=backup / LOG_NAME)
    return found.events


def _copy(data: Path, part: Path) -> VerifyResult:
    with Reader(data / LOG_NAME) as log:
        verdict = log.backup(part / LOG_NAME)
    for path in sorted(data.glob("*.db")):
        if path.name not in MADE_AGAIN:
            _copy_database(path, part / path.name)
    for path in _files(data):
        inside = path.relative_to(data)
        if (inside.parts[0] in FOLDERS or inside.match("kiosk-*/*")) and inside != CA_PLACE.with_name(
            "ca.key"
        ):
            owner_only.make_folder((part / inside).parent)
            with suppress(FileNotFoundError):  # replaced or ended meanwhile, as a draft of the settings is
                owner_only.write_synced(part / inside, path.read_bytes())
    return verdict


def _copy_database(path: Path, copy: Path) -> None:
    owner_only.make_file(copy)
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as to,
    ):
        source.backup(to)
        to.execute("pragma journal_mode=delete")
    owner_only.sync(copy)


def _check_database(path: Path) -> None:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        [found] = connection.execute("pragma quick_check(1)").fetchone()
    if found != "ok":
        raise BackupError("file-damaged", path=path)


def _copy_keys(data: Path, folder: Path) -> None:
    """Make the folder hold the keys that are there now: one that was destroyed must not live on in a copy."""
    owner_only.make_folder(folder)
    there = {path.name: path for path in (data / keys.FOLDER).glob("*.key")}
    for name, path in there.items():
        owner_only.write_whole(folder / name, path.read_bytes())
    for old in folder.glob("*.key"):
        if old.name not in there:
            owner_only.destroy(old)


def _without_people(backup: Path) -> None:
    """Remove people.db from a backup and from its note."""
    if not (backup / PEOPLE).exists():
        return
    note = msgspec.json.decode((backup / NOTE_NAME).read_bytes(), type=BackupNote)
    files = {name: known for name, known in note.files.items() if name != PEOPLE}
    rest = BackupNote(note.at, note.site, note.events, note.head, files)
    owner_only.write_whole(backup / NOTE_NAME, msgspec.json.format(msgspec.json.encode(rest), indent=1))
    owner_only.destroy(backup / PEOPLE)


def _check_room(data: Path, target: Path) -> None:
    """Raise `BackupError` where the copy would leave the disk nearly full."""
    needed = sum(path.stat().st_size for path in data.glob("*.db")) + SPARE_BYTES
    free = shutil.disk_usage(target).free
    if free < needed:
        raise BackupError("no-room", path=target, free=free >> 20, needed=needed >> 20)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of those in it; no links, which could lead outside."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _instant(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
