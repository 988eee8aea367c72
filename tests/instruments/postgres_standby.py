"""Test instrument: a primary of PostgreSQL with a synchronous standby, both real, which a test kills, pauses and promotes.

A commit is confirmed when both have it on disk. Promotion is what the database's owner (Patroni, say) does: it is not the
product's, and so the instrument does it.
"""

import contextlib
from typing import Any

import psycopg

from tests.instruments.postgres_cluster import START_SECONDS, Cluster
from tests.instruments.running_hall import until

STANDBY = "second"  # its name in synchronous_standby_names
PRIMARY_SETTINGS = "wal_level = replica\nmax_wal_senders = 4\nwal_sender_timeout = 60s\n"
FOLLOWS = "select count(*) from pg_stat_replication where sync_state = 'sync' and state = 'streaming'"


class StandbyCluster(Cluster):
    """The second server: a base backup of the first one that follows it."""

    def __init__(self, primary: Cluster) -> None:
        self._primary = primary
        super().__init__(durable=True)

    def _make(self) -> None:
        where = f"host=127.0.0.1 port={self._primary.port} user=hall application_name={STANDBY}"
        self._run("pg_basebackup", "-d", where, "-D", self._data, "-R", "-X", "stream", "-c", "fast")

    def promote(self) -> None:
        """Make it the primary, which waits for no other; return when it accepts writes."""
        self._run("pg_ctl", "promote", "-D", self._data, "-w", "-t", START_SECONDS)


class ReplicatedCluster:
    """Both servers. `address` has both hosts, as a caller's `--log` does."""

    def __init__(self) -> None:
        self.first = Cluster(durable=True, settings=PRIMARY_SETTINGS)
        try:
            self.name = self.first.database().rpartition("/")[2]
            self.second = StandbyCluster(self.first)
            self._set(self.first, "synchronous_standby_names", STANDBY)
            until(self.follows, "the standby follows, synchronously", START_SECONDS)
        except BaseException:
            self.remove()
            raise

    @property
    def address(self) -> str:
        hosts = f"127.0.0.1:{self.first.port},127.0.0.1:{self.second.port}"
        return f"postgresql://hall@{hosts}/{self.name}?target_session_attrs=read-write"

    def of(self, server: Cluster) -> str:
        """Return the address of one of the servers alone."""
        return f"postgresql://hall@127.0.0.1:{server.port}/{self.name}"

    def asked(self, server: Cluster, statement: str) -> list[tuple[Any, ...]]:
        """Return what one server answers; statements are outside of any transaction."""
        with psycopg.connect(self.of(server), autocommit=True) as session:
            cursor = session.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def follows(self) -> bool:
        return self.asked(self.first, FOLLOWS) == [(1,)]

    def promote(self) -> None:
        """Promote the standby, and let it wait for nobody."""
        self.second.promote()
        self._set(self.second, "synchronous_standby_names", "")

    def _set(self, server: Cluster, name: str, value: str) -> None:
        self.asked(server, f"alter system set {name} = '{value}'")
        self.asked(server, "select pg_reload_conf()")

    def remove(self) -> None:
        for server in (getattr(self, "second", None), self.first):
            if server:
                with contextlib.suppress(ProcessLookupError):
                    server.pause(False)
                server.remove()
