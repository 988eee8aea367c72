"""The kept logs folded into records, site by site in turn: a hall that catches up a year delays the others by one piece at most.

The state between two pieces of a site is kept for the sites folded lately. Whatever goes wrong with a piece drops it, and it
is read again from the database.
"""

import logging
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from caller.eventlog import LogError, Record
from caller.records.centre import sites
from caller.records.centre.sites import CentreError, explained
from caller.records.follower import fits, fold_some, projection_of
from caller.records.projection import Projection
from caller.records.store import ConcurrentUpdate, LogPosition, RecordsError
from caller.records.stores.postgres import PLACE, PostgresConnection, PostgresStore, run
from config.instants import Seconds

PARTS = 2  # threads that fold, each its own sites; the database works beside them
STATES_MAX = 300  # of sites of a part; each some kilobytes and the day's roll-ups
LOOK_SECONDS: Seconds = 1.0  # how soon new rows are folded that another process took
AFTER_TROUBLE_SECONDS: Seconds = 10.0
COLUMNS = "seq, at, command, role, station, kind, body, hash, account"
BEHIND = (
    f"select s.site from site s left join {PLACE} f using (site) where s.seq > coalesce(f.seq, 0)"
    " order by coalesce(f.seq, 0) - s.seq desc"
)
log_of_faults = logging.getLogger("hallcall.centre")


class KeptLog:
    """The log of one site as the centre keeps it; what a follower reads of any log."""

    def __init__(self, connection: PostgresConnection, site: str) -> None:
        self._connection, self.site = connection, site

    @property
    def last(self) -> int:
        """The seq of the last row."""
        with explained():
            row = run(self._connection, "select seq from site where site=%s", (self.site,)).fetchone()
        return row[0] if row else 0

    def after(self, seq: int, limit: int = -1) -> Iterator[Record]:
        """Yield rows after `seq`, oldest first, at most `limit`."""
        query = f"select {COLUMNS} from event where site=%s and seq>%s order by seq limit %s"
        values: tuple[Any, ...] = (self.site, seq, None if limit < 0 else limit)
        with explained(), self._connection.cursor(binary=True) as cursor:
            cursor.execute(query.encode(), values)
            yield from (Record(*row) for row in cursor.fetchall())


class Folder:
    """Folds the sites of a database, in one thread with a connection of its own: all, or those of one of some parts."""

    def __init__(self, connection: PostgresConnection, part: int = 0, parts: int = 1) -> None:
        self._connection, self._part, self._parts = connection, part, parts
        self._states: OrderedDict[str, tuple[LogPosition, PostgresStore, Projection]] = OrderedDict()

    def behind(self) -> list[str]:
        """Return the sites with rows that are not folded yet, those with the fewest first. Raises `CentreError`."""
        with explained():
            found = [row[0] for row in run(self._connection, BEHIND).fetchall()]
        return [site for site in found if zlib.crc32(site.encode()) % self._parts == self._part]

    def turn(self, stop: threading.Event) -> int:
        """Fold one piece of each site that is behind; return how many sites went on. Raises `CentreError`."""
        count = 0
        for site in self.behind():
            if stop.is_set():
                break
            count += self.fold(site)
        return count

    def fold(self, site: str) -> bool:
        """Fold the next piece of a site; return whether it went on. What is wrong with one site is logged and left there.

        Raises:
            CentreError: the database is away.
        """
        state = self._states.pop(site, None)
        try:
            after = self._piece(site, state)
        except (RecordsError, LogError, ConcurrentUpdate, AssertionError) as error:
            if self._connection.closed:
                raise CentreError("database", detail=error) from error
            log_of_faults.warning("%s is not folded: %s", site, error)
            return False
        while len(self._states) > STATES_MAX:
            self._states.popitem(last=False)
        return after

    def _piece(self, site: str, state: tuple[LogPosition, PostgresStore, Projection] | None) -> bool:
        log = KeptLog(self._connection, site)
        place, store, fold = state or self._resumed(log)
        if state and place != store.place:
            place, store, fold = self._resumed(log)
        after, trouble = fold_some(log, fold, place)
        if after != place:
            store.save(place, after, fold.take())
        if trouble:
            raise trouble
        self._states[site] = after, store, fold
        return after != place

    def _resumed(self, log: KeptLog) -> tuple[LogPosition, PostgresStore, Projection]:
        """Return the state of a site as the database has it, at the start of its log where that is another."""
        store = PostgresStore(self._connection, log.site)
        place = store.place
        if not fits(log, place):
            place = store.clear(log.site)
        with store.snapshot():
            return place, store, projection_of(store)


def follow(database: str, stop: threading.Event) -> None:
    """Fold until `stop`, in `PARTS` threads: while the database writes what one has folded, another folds."""
    threads = [
        threading.Thread(target=follow_part, args=(database, stop, part), name=f"folding-{part}", daemon=True)
        for part in range(PARTS)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def follow_part(database: str, stop: threading.Event, part: int) -> None:
    """Fold one part of the sites until `stop`, one process a database; a database that is away is waited for."""
    reported = ""
    while not stop.is_set():
        try:
            with sites.connected(database) as connection:
                with explained():
                    # What a power cut takes of the figures is folded again from the rows, which are on disk before they are answered.
                    run(connection, "set synchronous_commit = off")
                    run(connection, "select pg_advisory_lock(%s, %s)", (sites.FOLDER_LOCK, part))
                folder = Folder(connection, part, PARTS)
                while not stop.is_set():
                    if not folder.turn(stop):
                        stop.wait(LOOK_SECONDS)
                    reported = ""
        except CentreError as error:
            if reported != str(error):
                log_of_faults.warning("%s", error)
            reported = str(error)
            stop.wait(AFTER_TROUBLE_SECONDS)
