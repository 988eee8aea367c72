"""The halls of a centre and the tables of their logs.

A site's key is 32 random bytes; the database keeps its sha-256 alone. Every table begins with `site`, the column that
distributes: `event` lies in hash partitions of it, and `caller.records.stores.postgres` makes the records' tables alike.
"""

import hashlib
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg

from caller.eventlog import chain
from caller.eventlog.chain import Head
from caller.protocol.viewer_levels import AREA, SITE
from caller.records.rows import TABLES
from caller.records.stores import postgres_tables
from caller.records.stores.postgres import PLACE, PostgresConnection, run
from config.catalogue import MessageError
from config.instants import Micros

KEY_BYTES = 32
LOCK = 0x68616C6C  # "hall": one process at a time makes tables
FOLDER_LOCK = LOCK + 1  # held by the process that folds
PUBLISHING_LOCK = LOCK + 2  # of the city's settings: one number at a time
_SITES = """create table if not exists site (site text primary key, name text not null, key bytea not null,
    added bigint not null, seq bigint not null, hash bytea not null, last bigint not null, seen bigint not null,
    version text not null, trouble text not null, since bigint not null, area text not null default '',
    lon double precision, lat double precision, adopted bigint not null default 0)"""
_AREAS = "create table if not exists area (code text primary key, name text not null)"
_CITY_SETTINGS = """create table if not exists city_settings (number bigint primary key, at bigint not null,
    publisher text not null, note text not null, body bytea not null)"""
_SITE_NAMES = (
    "create table if not exists site_names (site text primary key, digest text not null, body bytea not null)"
)
_ITEM_NAMES = (
    "create table if not exists item_name (code text primary key, zh text not null, en text not null)"
)
_LATER_COLUMNS = """alter table site add column if not exists area text not null default '',
    add column if not exists lon double precision, add column if not exists lat double precision,
    add column if not exists adopted bigint not null default 0"""  # of a centre from before
_EVENTS = """create table event (site text not null, seq bigint not null, at bigint not null, command text not null,
    role text not null, station text not null, kind text not null, body text not null, hash bytea not null,
    account text not null, primary key (site, seq)) partition by hash (site)"""
ALARM_ROWS = (
    "kind in ('AlarmRaised', 'AlarmAcknowledged')"  # the very words of the index, by which it is used
)
_ALARMS = f"create index if not exists event_alarms on event (site, at) where {ALARM_ROWS}"  # `caller.records.centre.alarms`
COLUMNS = "site, name, key, added, seq, hash, last, seen, version, trouble, since, area, lon, lat, adopted"


class CentreError(MessageError):
    """The centre cannot do it."""

    kind = "centre-error"


class SiteRow(NamedTuple):
    """One hall as the centre knows it. `seq`, `hash`: the last row it has; `last`: the last that the hall has, as it said;
    `area`: the code of the area it lies in, "" for none (`caller.protocol.viewer_levels`).

    `added`, `seen` (when it was heard of last), `since` (of the trouble): UTC microseconds, 0 for never. `lon`, `lat`: where it
    stands, in degrees, None where that is not known. `adopted`: the number of the city's settings that the hall has in force.
    """

    site: str
    name: str
    key: bytes
    added: Micros
    seq: int
    hash: bytes
    last: int
    seen: Micros
    version: str
    trouble: str
    since: Micros
    area: str = ""
    lon: float | None = None
    lat: float | None = None
    adopted: int = 0

    @property
    def head(self) -> Head:
        return Head(self.seq, self.hash)


@contextmanager
def explained() -> Generator[None]:
    """Turn what the database says into a `CentreError`."""
    try:
        yield
    except psycopg.Error as error:
        raise CentreError("database", detail=" ".join(str(error).split()) or repr(error)) from error


def connected(database: str) -> PostgresConnection:
    """Return a connection in autocommit whose commits are on disk. Raises `CentreError`."""
    with explained():
        return psycopg.connect(
            database, autocommit=True, connect_timeout=10, application_name="hallcall centre"
        )


def make_tables(connection: PostgresConnection) -> None:
    """Make what is not there yet, one process at a time. Raises `CentreError`, `RecordsError`."""
    with explained(), connection.transaction():
        run(connection, "select pg_advisory_xact_lock(%s)", (LOCK,))
        for statement in (_SITES, _LATER_COLUMNS, _AREAS, _CITY_SETTINGS, _SITE_NAMES, _ITEM_NAMES):
            run(connection, statement)
        if run(connection, "select to_regclass('event')").fetchone() == (None,):
            run(connection, _EVENTS)
            for statement in postgres_tables.partitioned("event"):
                run(connection, statement)
        run(connection, _ALARMS)
        postgres_tables.make_tables(connection)


def key_hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def add(connection: PostgresConnection, site: str, name: str, now: Micros, area: str = "") -> str:
    """Make a hall known, or give one that is known a new key; return the key. Raises `CentreError`."""
    if not SITE.fullmatch(site):
        raise CentreError("bad-site", site=site)
    if area and not AREA.fullmatch(area):
        raise CentreError("bad-area", area=area)
    key = secrets.token_urlsafe(KEY_BYTES)
    start = chain.genesis(site)
    with explained():
        run(
            connection,
            f"insert into site ({COLUMNS}) values (%s, %s, %s, %s, %s, %s, 0, 0, '', '', 0, %s, null, null, 0)"
            " on conflict (site) do update set key=excluded.key,"
            " name=case when excluded.name='' then site.name else excluded.name end,"
            " area=case when excluded.area='' then site.area else excluded.area end",
            (site, name, key_hash(key), now, *start, area),
        )
    return key


def found(connection: PostgresConnection, site: str) -> SiteRow | None:
    """Return a hall, None for one that is not known. Raises `CentreError`."""
    with explained():
        row = run(connection, f"select {COLUMNS} from site where site=%s", (site,)).fetchone()
    return SiteRow(*row) if row else None


def all_sites(connection: PostgresConnection) -> list[SiteRow]:
    """Return every hall, by id. Raises `CentreError`."""
    with explained():
        return [
            SiteRow(*row) for row in run(connection, f"select {COLUMNS} from site order by site").fetchall()
        ]


def name_area(connection: PostgresConnection, code: str, name: str) -> None:
    """Give an area its name, an empty one takes it away. Raises `CentreError`."""
    if not AREA.fullmatch(code):
        raise CentreError("bad-area", area=code)
    with explained(), connection.transaction():
        run(connection, "delete from area where code=%s", (code,))
        if name:
            run(connection, "insert into area values (%s, %s)", (code, name))


def area_names(connection: PostgresConnection) -> dict[str, str]:
    """Return the names of areas by code. Raises `CentreError`."""
    with explained():
        return dict(run(connection, "select code, name from area order by code").fetchall())


def forget(connection: PostgresConnection, site: str, *, wholly: bool) -> None:
    """Drop what the centre has of a hall: the hall is asked for everything again, or `wholly` known no more.

    Raises: CentreError "no-site".
    """
    with explained(), connection.transaction():
        row = run(connection, "select site from site where site=%s for update", (site,)).fetchone()
        if row is None:
            raise CentreError("no-site", site=site)
        for name in ("event", "site_names", PLACE, *(table.table for table in TABLES)):
            run(connection, f"delete from {name} where site=%s", (site,))
        if wholly:
            run(connection, "delete from site where site=%s", (site,))
        else:
            run(
                connection,
                "update site set seq=%s, hash=%s, trouble='', since=0 where site=%s",
                (*chain.genesis(site), site),
            )
