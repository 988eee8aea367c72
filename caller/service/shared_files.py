"""`SharedFiles` keeps what lies beside the log the same on both PCs: the holder gives it to the database, the standby takes it.

1. These are stations, accounts, what persons gave, cursors of deliveries, the versions of the settings, and what a hall has
   put into folders of its own (`MIRRORED`). Each is one row of `hallcall.beside`: a whole copy, of a database by SQLite's own
   online copy. Keys are in no row: with a key and the log persons could be found by their ID number. They are handed over
   once, and compared (`paired_pcs`). Which of its own file of the hall a PC has read last is that PC's own matter.
2. The holder of the right to write gives what has changed, each few seconds, a large file more rarely, and at once where
   a process waits for it (`calling_here`); a statement that names another term changes nothing.
3. A caller that begins to hold takes first what another PC gave. What a PC had of its own before it took for the first time
   is kept beside it as NAME.before, for a month: a PC that was prepared wrongly empties no accounts.
4. A file that is removed from one of those folders goes on the other PC as well, into DATA/before, for a month.
5. A database of a newer shape than this PC's own (its program has another version) is left where it is, and nothing is given over
   it: what persons gave there waits for this PC's update. One of an older shape is brought up to date by the program that opens it.
6. The calling is never touched: what cannot be given or taken is said once, and tried again.
"""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from caller.eventlog import LogError
from caller.eventlog.calling_here import GIVEN_BYTES_MAX, asked_until, note_given, pc_of
from caller.eventlog.stores.postgres_session import DatabaseHost, PostgresSession
from caller.identity.account_file import ACCOUNTS_NAME
from caller.identity.enrolment import STATIONS_NAME
from caller.people.question_store import QUESTIONS_NAME
from caller.people.store import PEOPLE_NAME
from caller.service.paired_pcs import PairedPcs
from config import owner_only
from config.instants import Seconds
from config.versions import DRAFTS, FILE_NOTE, FOLDER

DATABASES = (STATIONS_NAME, ACCOUNTS_NAME, PEOPLE_NAME, "delivery.db", "maintenance.db")
FILES = (QUESTIONS_NAME,)
MIRRORED = ("city-settings", "templates", "clips", "clerks")  # media may be too large: see `media_copies`
INSIDE = tuple(f"{folder}/" for folder in MIRRORED)
MIRRORED_BYTES_MAX = 16 << 20  # of one file there: a photo as a camera makes it
MIRROR_NOTE = "mirrored"  # the row that says which PC gives these folders, and which
KEPT_ASIDE = "before"  # the folder of what was taken out of them
TAKEN_NAME = "shared.taken"  # says that this PC has taken before, so that what it has is not of its own
KEPT_DAYS = 30  # of NAME.before: it may hold what persons gave, which is not kept for ever
ROUND_SECONDS: Seconds = 5.0  # between two looks; each MiB of a file adds as much between two copies of it
BYTES_MAX = 64 << 20  # of one file: a larger one would keep the database from its log
TABLE = """create table if not exists hallcall.beside(
    name text primary key, body bytea not null, digest text not null, pc text not null)"""
KNOWN = "select name, digest, pc from hallcall.beside order by name"
BODY = "select body, digest from hallcall.beside where name = %s"
PUT = """insert into hallcall.beside select %s, %s, %s, %s from hallcall.writer where term = %s
on conflict (name) do update set body = excluded.body, digest = excluded.digest, pc = excluded.pc"""
OWN_NOTE = f"{FOLDER}/{FILE_NOTE}"
REMOVE = (
    """delete from hallcall.beside where name = %s and exists (select from hallcall.writer where term = %s)"""
)
PLAIN = b"\x01\x01"  # bytes 18 and 19 of a file of SQLite: it needs no write-ahead log
BUSY_SECONDS = 5.0

log = logging.getLogger("hallcall.copy")


class SharedFiles:
    """The files of one PC's data folder. For one thread at a time; no method raises what a database or a disk can do."""

    def __init__(self, data: Path, address: str) -> None:
        self._data, self._address = data, address
        self._pc = pc_of(data)
        self._session: PostgresSession | None = None
        self._digests: dict[str, str] = {}  # of what both the database and this PC have
        self._stamps: dict[str, tuple[int, ...]] = {}  # of this PC's files when they were given or taken
        self._left: dict[str, str] = {}  # digests of what only a newer version can read
        self._due: dict[str, float] = {}  # monotonic
        self._said = ""
        self.paired = PairedPcs(data, self._pc)

    def take(self, server: DatabaseHost, *, at_once: bool = False) -> None:
        """Take what another PC gave; at most each few seconds, unless `at_once`."""
        if at_once or time.monotonic() >= self._due.get("", 0.0):
            self._due[""] = time.monotonic() + ROUND_SECONDS
            self._tried(server, self._take)

    def give(self, server: DatabaseHost, term: int) -> bool:
        """Give what has changed here since it was given or taken; return whether the database has it. `term`: the one in which
        this PC may write."""
        return self._tried(server, lambda session: self._give(session, term, asked_until(self._data)))

    def _tried(self, server: DatabaseHost, work: Callable[[PostgresSession], None]) -> bool:
        try:
            if self._session is None or self._session.is_lost or self._session.asked != server:
                self.close()
                self._session = PostgresSession(self._address, writing=True, server=server)
                self._session.execute(TABLE)
            work(self._session)
        except (LogError, OSError, sqlite3.Error) as error:
            if str(error) != self._said:
                log.warning("not the same on both PCs: %s", error)
            self._said = str(error)
        else:
            self._said = ""
        return not self._said

    def close(self) -> None:
        """End the session with the database."""
        if self._session:
            self._session.close()
        self._session = None

    # --- taking

    def _take(self, session: PostgresSession) -> None:
        known = session.execute(KNOWN).fetchall()
        for name, digest, pc in known:
            if name == OWN_NOTE:
                self._forget_note(session, pc)
            elif pc == self._pc:
                self._digests.setdefault(name, digest)
            elif digest not in (self._digests.get(name), self._left.get(name)):
                body, digest = session.execute(BODY, (name,)).fetchone() or (b"", "")
                if hashlib.sha256(body).hexdigest() == digest:
                    self._take_one(name, bytes(body), digest)
        if any(name == MIRROR_NOTE and pc != self._pc for name, _, pc in known):
            self._put_aside({name for name, _, _ in known})
        self.paired.look(session, calls=False)
        if self._digests and not (taken := self._data / TAKEN_NAME).exists():
            owner_only.make_file(taken)
        aside = (each for each in (self._data / KEPT_ASIDE).rglob("*") if each.is_file())
        for kept in (*self._data.glob("*.before"), *self._data.glob("*/*.before"), *aside):
            if time.time() > kept.stat().st_mtime + KEPT_DAYS * 86_400:
                owner_only.destroy(kept)
        self._check_left()

    def _take_one(self, name: str, body: bytes, digest: str) -> None:
        if name in DATABASES and _shape(body) > _own_shape(self._data / name):
            self._left[name] = digest
            return
        self._left.pop(name, None)
        self._install(name, body)
        self._digests[name] = digest
        self._stamps[name] = _stamp(self._data / name)

    def _check_left(self) -> None:
        """Raise `LogError` "newer" where something waits for this PC's update."""
        if self._left:
            raise LogError("newer", path=", ".join(sorted(self._left)))

    def _install(self, name: str, body: bytes) -> None:
        path = self._data / name
        if name not in DATABASES:
            if name not in FILES and not _is_in_folder(name):
                return
            if name.startswith(INSIDE) and path.exists() and not (self._data / TAKEN_NAME).exists():
                self._aside(path)
            owner_only.make_folder(path.parent)
            owner_only.write_whole(path, body)
            return
        if path.exists() and not (self._data / TAKEN_NAME).exists():
            owner_only.write_whole(path.with_name(f"{name}.before"), _copied(path))
        if not path.exists():
            owner_only.make_file(path)
        with closing(sqlite3.connect(":memory:")) as source, closing(_opened(path)) as target:
            source.deserialize(body)
            source.backup(target)  # one transaction: who has it open reads the old or the new

    def _put_aside(self, known: set[str]) -> None:
        """Take out of the mirrored folders what the PC that calls does not have there."""
        for name in _mirrored(self._data):
            if name not in known:
                self._aside(self._data / name)
                self._digests.pop(name, None)
                self._stamps.pop(name, None)

    def _aside(self, path: Path) -> None:
        target = self._data / KEPT_ASIDE / path.relative_to(self._data)
        owner_only.make_folder(target.parent)
        path.replace(target)
        target.touch()  # a month from now

    def _forget_note(self, session: PostgresSession, pc: str) -> None:
        """Drop a note of another PC's file of the hall that an older version has put in the place of this PC's own."""
        path = self._data / OWN_NOTE
        if (
            pc != self._pc
            and path.exists()
            and path.read_bytes() == session.execute(BODY, (OWN_NOTE,)).fetchone()[0]
        ):
            path.unlink()

    # --- giving

    def _give(self, session: PostgresSession, term: int, asked: int) -> None:
        for name in (each for each in _names(self._data) if each not in self._left):
            path = self._data / name
            stamp = _stamp(path)
            due = time.monotonic() >= self._due.get(name, 0.0) or (
                asked and path.stat().st_size <= GIVEN_BYTES_MAX
            )
            if stamp != self._stamps.get(name) and due:
                body = _copied(path) if name in DATABASES else path.read_bytes()
                if len(body) > BYTES_MAX:
                    raise OSError(f"{name}: {len(body) >> 20} MiB, more than {BYTES_MAX >> 20}")
                if not self._put(session, name, body, term):
                    raise LogError("superseded", path=session.place, name="")
                self._stamps[name] = stamp
                self._due[name] = time.monotonic() + ROUND_SECONDS * (len(body) >> 20)
        for name in [each for each in self._stamps if each.startswith(INSIDE)]:
            if not (self._data / name).exists():
                session.execute(REMOVE, (name, term))
                del self._stamps[name]
                self._digests.pop(name, None)
        self._put(session, MIRROR_NOTE, " ".join((self._pc, *MIRRORED)).encode(), term)
        if asked and not self._left:
            note_given(self._data, asked)
        self.paired.look(session, calls=True)
        self._check_left()

    def _put(self, session: PostgresSession, name: str, body: bytes, term: int) -> bool:
        """Give one row; return whether the database has it now."""
        digest = hashlib.sha256(body).hexdigest()
        if self._digests.get(name) == digest:
            return True
        given = bool(session.execute(PUT, (name, body, digest, self._pc, term)).rowcount)
        if given:
            self._digests[name] = digest
        return given


def _names(data: Path) -> Iterator[str]:
    """Yield what there is to give, as the rows are named."""
    yield from (name for name in (*DATABASES, *FILES) if (data / name).exists())
    for path in sorted((data / FOLDER).rglob("*")):
        inside = path.relative_to(data)
        if (
            path.is_file()
            and DRAFTS not in inside.parts
            and owner_only.PART not in (name := inside.as_posix())
        ):
            yield from [name] if name != OWN_NOTE else []
    yield from _mirrored(data)


def _mirrored(data: Path) -> list[str]:
    """Return what lies in the folders that are mirrored, as the rows are named."""
    found = (path for folder in MIRRORED for path in sorted((data / folder).rglob("*")))
    return [
        path.relative_to(data).as_posix()
        for path in found
        if path.is_file() and not path.name.startswith(".") and owner_only.PART not in path.name
        and path.suffix != ".before" and path.stat().st_size <= MIRRORED_BYTES_MAX
    ]  # fmt: skip


def _is_in_folder(name: str) -> bool:
    parts = Path(name).parts
    return parts[0] in (FOLDER, *MIRRORED) and len(parts) > 1 and ".." not in parts


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what differs once a file, or the write-ahead log beside it, has changed."""
    there = [each.stat() for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()]
    return tuple(number for each in there for number in (each.st_mtime_ns, each.st_size))


def _shape(body: bytes) -> int:
    """Return the `user_version` of a database's bytes. Source: SQLite's file format, 1.3."""
    return int.from_bytes(body[60:64], "big")


def _own_shape(path: Path) -> float:
    """Return the `user_version` of a database here; above all others where there is none, or one that is not made yet."""
    if not path.exists():
        return float("inf")
    with closing(_opened(path)) as own:
        return own.execute("pragma user_version").fetchone()[0] or float("inf")


def _copied(path: Path) -> bytes:
    """Return a database as one file that needs no other. Raises `sqlite3.Error`."""
    with closing(_opened(path)) as source, closing(sqlite3.connect(":memory:")) as target:
        source.backup(target)
        body = target.serialize()
    return body[:18] + PLAIN + body[20:]


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("pragma secure_delete=on")  # what is deleted on one PC is overwritten on the other
    return connection
