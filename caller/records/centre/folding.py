"""The kept logs folded into records, in rounds of sites: a hall that catches up a year delays the others by one piece at most.

A round is read, folded and written together, since what a statement costs is more than what a hall brings in a minute. The
state between two pieces of a site is kept for the sites folded lately. Whatever goes wrong with a piece drops it, and it is
read again from the database.
"""

import logging
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from caller.eventlog import Record, chain
from caller.records.centre import sites
from caller.records.centre.sites import CentreError, explained
from caller.records.follower import EVENTS_AT_ONCE, fold_some
from caller.records.projection import Projection
from caller.records.store import ConcurrentUpdate, LogPosition, RecordsError
from caller.records.stores.postgres import (
    PLACE,
    PostgresConnection,
    PostgresStore,
    SiteMove,
    begin,
    keep_days,
    lasting_rows,
    places,
    run,
    save_all,
    snapshot,
    start_of,
)
from config.catalogue import MessageError
from config.instants import Seconds

PARTS = 2  # threads that fold, each its own sites; the database works beside them
STATES_MAX = 300  # of sites of a part; each some kilobytes and the day's roll-ups
LOOK_SECONDS: Seconds = 1.0  # how soon new rows are folded that another process took
AFTER_TROUBLE_SECONDS: Seconds = 10.0
COLUMNS = "seq, at, command, role, station, kind, body, hash, account"
BEHIND = (
    f"select s.site, s.seq - coalesce(f.seq, 0) from site s left join {PLACE} f using (site) where s.seq > coalesce(f.seq, 0)"
    " order by s.seq - coalesce(f.seq, 0), s.site"
)
log_of_faults = logging.getLogger("hallcall.centre")


def rows_after(
    connection: PostgresConnection, places: Mapping[str, int], limit: int | None = None
) -> dict[str, list[Record]]:
    """Return the rows of the log of each site after its seq, oldest first, at most `limit` of each. Raises `CentreError`."""
    query = f"""select after.site, e.* from unnest(%s::text[], %s::bigint[]) as after(site, seq)
        cross join lateral (select {COLUMNS} from event
            where event.site=after.site and event.seq>after.seq order by event.seq limit %s) e order by after.site, e.seq"""
    found: dict[str, list[Record]] = {site: [] for site in places}
    with explained(), connection.cursor(binary=True) as cursor:
        for site, *row in cursor.execute(query.encode(), ([*places], [*places.values()], limit)):
            found[site].append(Record(*row))
    return found


def behind(connection: PostgresConnection) -> dict[str, int]:
    """Return how many rows of each site are not folded yet, those with the fewest first. Raises `CentreError`."""
    with explained():
        return dict(run(connection, BEHIND).fetchall())


class SiteFold(NamedTuple):
    """A site between two pieces of its log."""

    place: LogPosition
    store: PostgresStore
    fold: Projection


class Folder:
    """Folds the sites of a database, in one thread with a connection of its own: all, or those of one of some parts."""

    def __init__(self, connection: PostgresConnection, part: int = 0, parts: int = 1) -> None:
        self._connection, self._part, self._parts = connection, part, parts
        self._states: OrderedDict[str, SiteFold] = OrderedDict()
        self._apart: set[str] = set()  # sites with which something was wrong: they hold up no others

    def behind(self) -> dict[str, int]:
        """Return how many rows of each site are not folded yet, those with the fewest first. Raises `CentreError`."""
        with explained():
            found = run(self._connection, BEHIND).fetchall()
        return {site: count for site, count in found if zlib.crc32(site.encode()) % self._parts == self._part}

    def turn(self, stop: threading.Event) -> int:
        """Fold one piece of each site that is behind; return how many sites went on. Raises `CentreError`."""
        count = 0
        for wanted in self._rounds():
            if stop.is_set():
                break
            count += self.fold(wanted)
        return count

    def _rounds(self) -> Iterator[list[str]]:
        """Yield the sites that are behind, in rounds of some thousand rows."""
        wanted, rows = list[str](), 0
        for site, count in self.behind().items():
            if site in self._apart:
                yield [site]
                continue
            if wanted and rows + count > EVENTS_AT_ONCE:
                yield wanted
                wanted, rows = [], 0
            wanted.append(site)
            rows += count
        if wanted:
            yield wanted

    def fold(self, wanted: list[str]) -> int:
        """Fold the next piece of each of these sites, all in one transaction; return how many went on. What is wrong with one
        is logged and left there, and the others go on without it.

        Raises:
            CentreError: the database is away.
        """
        try:
            return self._fold(wanted)
        except (RecordsError, ConcurrentUpdate) as error:
            if self._connection.closed:
                raise CentreError("database", detail=error) from error
            if len(wanted) == 1:
                self._set_apart(wanted[0], error)
                return 0
        return sum(self.fold([site]) for site in wanted)

    def _fold(self, wanted: list[str]) -> int:
        states = self._taken_up(wanted)
        rows = rows_after(
            self._connection, {site: each.place.head.seq for site, each in states.items()}, EVENTS_AT_ONCE
        )
        moves, well = list[SiteMove](), list[SiteFold]()
        for site, (place, store, fold) in states.items():
            try:
                after, trouble = fold_some(rows[site], fold, place)
            except Exception as error:  # whatever a hall's log says, the other halls are folded
                after, trouble = place, error
            if after != place:
                moves.append(SiteMove(store, place, after, fold.take()))
            if trouble:
                self._set_apart(site, trouble)
            else:
                well.append(SiteFold(after, store, fold))
        save_all(self._connection, moves)
        for state in well:
            self._states[state.place.site] = state
            self._apart.discard(state.place.site)
        while len(self._states) > STATES_MAX:
            self._states.popitem(last=False)
        moved = {each.after.site for each in moves}
        return sum(state.place.site in moved for state in well)

    def _set_apart(self, site: str, trouble: Exception) -> None:
        why = trouble if isinstance(trouble, MessageError) else repr(trouble)
        log_of_faults.warning("%s is not folded: %s", site, why)
        self._apart.add(site)

    def _taken_up(self, wanted: list[str]) -> dict[str, SiteFold]:
        """Return the states of sites: those kept since the last piece, the others as the database has them."""
        found = places(self._connection, wanted)
        kept = {site: self._states.pop(site) for site in wanted if site in self._states}
        states = {site: state for site, state in kept.items() if state.place == found.get(site)}
        others = {site: found.get(site) for site in wanted if site not in states}
        return states | self._resumed(others)

    def _resumed(self, found: Mapping[str, LogPosition | None]) -> dict[str, SiteFold]:
        """Return the states of sites at these places, at the start of their logs where that is another or there is none."""
        heads = {site: place.head for site, place in found.items() if place}
        if begun := found.keys() - heads:
            begin(self._connection, begun)
        going_on = self._fitting(heads)
        for site in heads.keys() - going_on:
            PostgresStore(self._connection, site).clear(site)
        states: dict[str, SiteFold] = {}
        for site, place in found.items():
            start = place if place and site in going_on else start_of(site)
            store = PostgresStore(self._connection, site, is_empty=start.head.seq == 0)
            states[site] = SiteFold(start, store, Projection(site, store, start.now))
        for site in self._take_up_rows({site: each for site, each in states.items() if each.place.head.seq}):
            del states[site]
        return states

    def _fitting(self, heads: Mapping[str, chain.Head]) -> set[str]:
        """Return the sites whose rows were folded from the log that is there now."""
        query = """select p.site, e.seq, e.hash from unnest(%s::text[], %s::bigint[]) as p(site, seq)
            join event e on e.site=p.site and e.seq=p.seq"""
        with explained():
            rows = run(self._connection, query, ([*heads], [head.seq for head in heads.values()])).fetchall()
        tails = {site: chain.Head(seq, digest) for site, seq, digest in rows}
        return {site for site, head in heads.items() if not head.seq or tails.get(site) == head}

    def _take_up_rows(self, states: Mapping[str, SiteFold]) -> list[str]:
        """Let sites go on with the rows that last, and with those of their day; return those that cannot."""
        if not states:
            return []
        unfit = list[str]()
        with snapshot(self._connection):
            for site, rows in lasting_rows(self._connection, states).items():
                try:
                    states[site].fold.resume(rows)
                except Exception as error:  # as in `_fold`
                    self._set_apart(site, error)
                    unfit.append(site)
            days = {site: each.fold.label for site, each in states.items() if each.fold.label}
            keep_days(self._connection, {site: each.store for site, each in states.items()}, days)
        return unfit


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
