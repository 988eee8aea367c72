"""DATA/stations.db says which token stands for which station.

A token is 32 random bytes; the file stores only its sha-256, so a thief who reads the file cannot enter with
it. A station has one token at a time: enrolling it again replaces the old one. `Stations` keeps all rows in
memory and reads them again when another connection has written, so that a look-up never waits for a disk; each
writing opens the file anew and may run in any thread (`write_token`, `drop_station`).
"""

import difflib
import hashlib
import logging
import re
import secrets
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from caller.eventlog.calling_here import wait_given
from caller.eventlog.errors import LogError
from caller.eventlog.schema import refuse_newer, transaction
from caller.protocol.permissions import ENROLLED_ROLES, Station
from config import owner_only
from config.settings import Settings

TOKEN_BYTES = 32  # nobody guesses 256 bits
STATIONS_MAX = 4096  # a hall has tens; more is a script gone wrong
NAMED_ROLES = ("window", "evaluator", "kiosk", "agent", "deliver")  # the hall's file knows the names of these
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
STATIONS_NAME = "stations.db"
VERSION = 1  # of the file; one made before files were numbered says 0 and is the same
BUSY_SECONDS = 5.0  # for another process to end its writing
_TABLE = """create table if not exists stations (hash text primary key, role text, name text, enrolled text);
create unique index if not exists idx_stations_role_name on stations (role, name);"""


log = logging.getLogger("hallcall.stations")


class EnrolError(Exception):
    """A station cannot be enrolled so; says why, in Chinese and English, with the next step."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
        self.zh, self.en = zh, en


class Stations:
    """The enrolled stations of one hall."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = _connect(path)
        self._seen = -1
        self.generation = 0  # counts the changes of the file that were read
        self._warned = False
        self._by_hash: dict[str, Station] = {}
        try:
            refuse_newer(self._connection, VERSION, path)
            if not self._connection.execute("select count(*) from sqlite_master").fetchone()[0]:
                self._connection.execute("pragma journal_mode=wal")
                self._connection.executescript(f"{_TABLE} pragma user_version={VERSION};")
            self._read()
        except LogError as error:
            raise EnrolError(*error.message.with_next_step) from error
        except sqlite3.Error as error:
            raise EnrolError(
                f"站点登记文件 {path} 不能读取（{error}）。请移开该文件，重新登记各站点。",
                f"{path} cannot be read: {error}. Move it away and enrol the stations again.",
            ) from error
        self.refresh()

    def refresh(self) -> bool:
        """Read the rows again if another process has changed them; return whether it did.

        Where the file cannot be read now, every station that is already known can still enter.
        """
        try:
            version = int(self._connection.execute("pragma data_version").fetchone()[0])
            if version == self._seen:
                return False
            self._read()
        except sqlite3.Error as error:
            if not self._warned:
                log.warning("stations.db cannot be read: %s", error)
            self._warned = True
            return False
        self._seen, self._warned = version, False
        return True

    def _read(self) -> None:
        rows = self._connection.execute("select hash, role, name from stations")
        self.generation += 1
        self._by_hash = {hash: Station(role, name) for hash, role, name in rows}

    def lookup(self, token: str) -> Station | None:
        """Return whose token this is, as far as `refresh` has read."""
        return self._by_hash.get(_hash(token))

    def enrolled(self) -> set[Station]:
        """Return all enrolled stations, as far as `refresh` has read."""
        return set(self._by_hash.values())

    def enrol(self, role: str, name: str, enrolled: str) -> str:
        """Return a new token for this station; an older one stops working. Raises `EnrolError`."""
        token = write_token(self.path, role, name, enrolled)
        self._read()
        return token

    def revoke(self, role: str, name: str) -> bool:
        """Return whether there was such a station; its token works no more."""
        known = drop_station(self.path, role, name)
        self._read()
        return known

    def has(self, role: str, name: str) -> bool:
        """Return whether such a station is enrolled, as far as `refresh` has read."""
        return Station(role, name) in self._by_hash.values()

    def list(self) -> list[tuple[str, str, str]]:
        """Return (role, name, enrolled at) of each station, sorted."""
        return self._connection.execute(
            "select role, name, enrolled from stations order by role, name"
        ).fetchall()

    def close(self) -> None:
        self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    try:
        owner_only.make_folder(path.parent)
        owner_only.make_file(path)
    except OSError as error:
        raise EnrolError(
            f"数据目录 {path.parent} 不能使用（{error.strerror}）。请核对 --data 和目录权限。",
            f"The data folder {path.parent} cannot be used: {error.strerror}. Check --data and the folder's permissions.",
        ) from error
    return sqlite3.connect(path)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


# --- writing, in any thread


@contextmanager
def writing(path: Path) -> Generator[sqlite3.Connection]:
    """Open the file for one transaction: all of it is written or, with words, nothing. Raises `EnrolError`."""
    try:
        opened = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        with closing(opened) as connection:
            with transaction(connection):
                yield connection
            has_changed = connection.total_changes > 0
        if has_changed:
            wait_given(path)
    except sqlite3.Error as error:
        raise EnrolError(
            f"站点登记没有改动，文件不能写入（{error}）。请检查磁盘空间与目录权限，然后重试。",
            f"Nothing was changed: the file of stations cannot be written ({error}). Check the disk's space and "
            "the folder's permissions, then try again.",
        ) from error


def write_token(path: Path, role: str, name: str, enrolled: str) -> str:
    """Return a new token for this station, which the file now knows in place of an older one. Raises `EnrolError`."""
    with writing(path) as connection:
        return put_token(connection, role, name, enrolled)


def put_token(connection: sqlite3.Connection, role: str, name: str, enrolled: str) -> str:
    """Enrol a station within a transaction; return its new token. Raises `EnrolError`."""
    connection.execute("delete from stations where role = ? and name = ?", (role, name))
    if connection.execute("select count(*) from stations").fetchone()[0] >= STATIONS_MAX:
        raise EnrolError(
            f"已登记 {STATIONS_MAX} 个站点，请先撤销不用的", "Too many stations; revoke unused ones"
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    connection.execute("insert into stations values (?, ?, ?, ?)", (_hash(token), role, name, enrolled))
    return token


def drop_station(path: Path, role: str, name: str) -> bool:
    """Delete a station; return whether there was one. Raises `EnrolError`."""
    with writing(path) as connection:
        gone = connection.execute("delete from stations where role = ? and name = ?", (role, name))
        return gone.rowcount > 0


# --- what a station leaves to the PC that takes its place

_KEPT = """create table if not exists kept (role text, name text, field text, value text,
    primary key (role, name, field))"""  # an older version does not look at it


def keep_fields(path: Path, role: str, name: str, fields: Mapping[str, str]) -> None:
    """Keep these fields of a station in place of what it left before. Raises `EnrolError`."""
    with writing(path) as connection:
        connection.execute(_KEPT)
        connection.execute("delete from kept where role = ? and name = ?", (role, name))
        rows = [(role, name, field, value) for field, value in fields.items()]
        connection.executemany("insert into kept values (?, ?, ?, ?)", rows)


def kept_fields(path: Path, role: str, name: str) -> dict[str, str]:
    """Return what a station has left. Raises `EnrolError`."""
    with writing(path) as connection:
        connection.execute(_KEPT)
        query = "select field, value from kept where role = ? and name = ?"
        return dict(connection.execute(query, (role, name)).fetchall())


def check_name(role: str, name: str, settings: Settings | None) -> None:
    """Raise `EnrolError` unless this hall (if one is given) has such a station."""
    if role not in ENROLLED_ROLES:
        raise EnrolError(
            f"没有角色 {role}{_near(role, ENROLLED_ROLES)}",
            f"No role {role}; one of {', '.join(ENROLLED_ROLES)}",
        )
    if not NAME.fullmatch(name):
        raise EnrolError(f"名称 {name!r} 只能用字母、数字、- 和 _", "A name is letters, digits, - and _")
    names = station_names(role, settings) if settings else None
    if names is not None and name not in names:
        raise EnrolError(
            f"大厅里没有{role} {name}{_near(name, names)}", f"The hall has no {role} {name}; see its file"
        )


def station_names(role: str, settings: Settings) -> set[str] | None:
    """Return the names the hall's file gives to stations of this role; None where any name will do."""
    if role in ("window", "evaluator"):
        return {window.id for window in settings.windows}
    if role == "kiosk":
        return {kiosk.id for kiosk in settings.kiosks}
    if role == "agent":
        return {device.agent for device in settings.devices}
    if role == "deliver":
        return {role}
    return None


def _near(name: str, names: set[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, sorted(names), n=1)
    return f"，是否为 {near[0]}？" if near else f"，可用：{', '.join(sorted(names)[:12]) or '无'}"
