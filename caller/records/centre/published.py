"""The settings that a city publishes for its halls: numbered, signed, kept in the centre's database; and how far each hall is.

1. A number is given once and never again: a version is published whole or not, and none is changed or taken away.
2. A hall asks for what is newer than it has, and says which it has in force (`site.adopted`).
"""

from pathlib import Path
from typing import NamedTuple

from caller.records.centre.sites import PUBLISHING_LOCK, CentreError, explained
from caller.records.stores.postgres import PostgresConnection, run
from config import city_bundles
from config.city_bundles import SignedSettings
from config.instants import Micros
from config.versions import Bundle

COLUMNS = "number, at, publisher, note"


class PublishedRow(NamedTuple):
    """A version in the list. `at`: UTC microseconds; `publisher`: who published it."""

    number: int
    at: Micros
    publisher: str
    note: str


def publish(
    connection: PostgresConnection, folder: Path, bundle: Bundle, publisher: str, note: str, now: Micros
) -> SignedSettings:
    """Sign the next version and keep it. `folder`: of the centre, where its key lies. Raises `CentreError`, `BadKey`."""
    with explained(), connection.transaction():
        run(connection, "select pg_advisory_xact_lock(%s)", (PUBLISHING_LOCK,))
        (last,) = run(connection, "select coalesce(max(number), 0) from city_settings").fetchone() or (0,)
        version = city_bundles.signed(folder, last + 1, now, bundle)
        body = city_bundles.encoded(version)
        if len(body) > city_bundles.BYTES_MAX:
            raise CentreError("settings-too-large", mib=city_bundles.BYTES_MAX // 2**20)
        run(
            connection,
            f"insert into city_settings ({COLUMNS}, body) values (%s, %s, %s, %s, %s)",
            (version.number, now, publisher, note, body),
        )
    return version


def all_published(connection: PostgresConnection) -> list[PublishedRow]:
    """Return every version, the newest first. Raises `CentreError`."""
    with explained():
        query = f"select {COLUMNS} from city_settings order by number desc"
        return [PublishedRow(*row) for row in run(connection, query).fetchall()]


def body_of(connection: PostgresConnection, number: int = 0) -> bytes | None:
    """Return a version as it is sent, the newest for 0; None where there is none. Raises `CentreError`."""
    with explained():
        where = "where number = %s" if number else "order by number desc limit 1"
        row = run(
            connection, f"select body from city_settings {where}", (number,) if number else ()
        ).fetchone()
    return row[0] if row else None


def asked(connection: PostgresConnection, site: str, after: int, adopted: int) -> bytes | None:
    """Note how far a hall is, and return the newest version where it is newer than `after`. Raises `CentreError`."""
    with explained():
        run(connection, "update site set adopted=%s where site=%s and adopted<>%s", (adopted, site, adopted))
        row = run(connection, "select max(number) from city_settings").fetchone()
    return body_of(connection) if row and row[0] and row[0] > after else None
