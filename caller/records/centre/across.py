"""What is read of many halls at once: for a list of sites one question a table, each answered by the site's own rows.

1. The state of a hall is as old as its newest row here. A hall that was heard of and has sent all it has is as it was then,
   though nothing happened since (`Placed.at`); one that is behind is as it was at the last row folded.
2. Only rows without an end are read for "now"; figures are the roll-ups of `caller.records`, added up here by the database in the
   way in which `rollups.sum_of` adds them, so that a city's month costs as many rows as it has halls.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from msgspec import structs

from caller.records import histogram
from caller.records.centre import alarms
from caller.records.centre.alarms import WindowCall
from caller.records.centre.sites import SiteRow, explained
from caller.records.contributions import AT_WINDOW, READY_STATES
from caller.records.rollups import EARLIEST, HISTOGRAMS, LATEST, SUMS, RollupRow
from caller.records.rows import DayRow
from caller.records.stores.postgres import PLACE, PostgresConnection, run
from config.instants import Micros

_AT = f"""with hall as (select s.site, s.seq, coalesce(f.seq, 0) as folded,
    case when coalesce(f.seq, 0) >= greatest(s.seq, s.last) then greatest(s.seen, coalesce(f."now", 0))
    else coalesce(f."now", 0) end as at
    from site s left join {PLACE} f using (site) where s.site = any(%s)) """
_PLACED = _AT + "select site, folded, at from hall"
_WAITING = """select site, count(*) filter (where state = 'waiting'),
    min(counted_from) filter (where state = 'waiting'), count(*) filter (where state = any(%s))
    from states where ended is null and site = any(%s) group by site"""
_WINDOWS = """select site, count(*) filter (where state = 'open'), count(*) filter (where state = 'paused')
    from presence where ended is null and site = any(%s) group by site"""
# A case is overdue as the hall itself has noted it; what is warned of is what its monthly report counts as such.
_CASES = (
    _AT
    + """select c.site, count(*) filter (where c.overdue = 1),
    count(*) filter (where c.overdue = 0 and c.state <> 'paused' and c.warn > 0 and c.warn <= hall.at), count(*)
    from cases c join hall using (site) where c.ended_month = '' group by c.site"""
)
_FOLLOW_UPS = """select site, count(*) filter (where overdue = 1), count(*) from follow_ups
    where closed is null and site = any(%s) group by site"""
_DEVICES = """select site, count(*) filter (where state <> all(%s)), count(*) from devices
    where ended is null and site = any(%s) group by site"""
_DAYS = """select d.* from unnest(%s::text[]) s(site)
    cross join lateral (select * from days where days.site = s.site order by day desc limit 1) d"""
_OPEN_DAYS = "select * from days where closed is null and site = any(%s)"


class Placed(NamedTuple):
    """How far a hall is folded, and the instant (UTC microseconds) that its rows tell of; 0: of none."""

    folded: int
    at: Micros


class SiteState(NamedTuple):
    """A hall as its rows have it, at the instant `placed.at`.

    `since`: from when on the one who waits longest has waited, None where there is no wait; `busy`: numbers called or served;
    of the open `cases` those `overdue` and those `warned` of; `late`: open follow-ups that ran over; `out`: devices out of
    order, of `devices`. `day`: the newest business day, None before the first. `calls`: windows that call for help, as the log
    has it.
    """

    placed: Placed
    day: DayRow | None
    waiting: int = 0
    since: Micros | None = None
    busy: int = 0
    open_windows: int = 0
    paused_windows: int = 0
    cases: int = 0
    overdue: int = 0
    warned: int = 0
    late: int = 0
    out: int = 0
    devices: int = 0
    calls: int = 0

    @property
    def is_open(self) -> bool:
        """Whether its business day was open."""
        return self.day is not None and self.day.closed is None


def states_of(
    connection: PostgresConnection, sites: Iterable[SiteRow], calls: Iterable[WindowCall] = ()
) -> dict[str, SiteState]:
    """Return what is the case in these halls, of one moment, with the `calls` for help that were read. Raises `CentreError`."""
    called = alarms.open_calls(calls)
    ids = [each.site for each in sites]
    with explained(), connection.transaction():
        run(connection, "set transaction isolation level repeatable read, read only")
        placed = {row[0]: Placed(*row[1:]) for row in run(connection, _PLACED, (ids,))}
        days = {row[0]: DayRow(*row) for row in run(connection, _DAYS, (ids,))}
        days |= {row[0]: DayRow(*row) for row in run(connection, _OPEN_DAYS, (ids,))}
        waiting = _by_site(connection, _WAITING, [*AT_WINDOW], ids)
        windows = _by_site(connection, _WINDOWS, ids)
        cases, late = _by_site(connection, _CASES, ids), _by_site(connection, _FOLLOW_UPS, ids)
        devices = _by_site(connection, _DEVICES, [*READY_STATES], ids)
    found: dict[str, SiteState] = {}
    for id in ids:
        if id not in placed:  # removed meanwhile
            continue
        count, since, busy = waiting.get(id, (0, None, 0))
        overdue, warned, running = cases.get(id, (0, 0, 0))
        more = (*windows.get(id, (0, 0)), running, overdue, warned, late.get(id, (0, 0))[0])
        found[id] = SiteState._make(
            (placed[id], days.get(id), count, since, busy, *more, *devices.get(id, (0, 0)), called.get(id, 0))
        )
    return found


def _by_site(connection: PostgresConnection, query: str, *values: Any) -> Mapping[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in run(connection, query, values)}


def _sums(histograms: bool) -> str:
    added = [f'sum(r."{name}")::bigint' for name in SUMS]
    added += [f'max(r."{name}")' for name in LATEST] + [f'min(r."{name}")' for name in EARLIEST]
    return ", ".join(added + [f'array_agg(r."{name}")' for name in HISTOGRAMS] * histograms)


def totals(
    connection: PostgresConnection,
    sites: Iterable[SiteRow],
    first: str,
    last: str,
    dimension: str = "hall",
    value: str = "",
    *,
    histograms: bool = False,
) -> dict[str, RollupRow]:
    """Return the roll-ups of one value of a dimension, added up over the business days from `first` to `last`, by hall;
    without `histograms` they have no percentiles. Raises `CentreError`."""
    query = (
        f"select r.site, {_sums(histograms)} from days d join rollups r on r.site = d.site and r.day = d.day"
        " and r.dimension = %s and r.value = %s where d.site = any(%s) and d.day between %s and %s group by r.site"
    )
    with explained():
        rows = run(
            connection, query, (dimension, value, [each.site for each in sites], first, last)
        ).fetchall()
    names = (*SUMS, *LATEST, *EARLIEST)
    found: dict[str, RollupRow] = {}
    for site, *sums in rows:
        known: dict[str, Any] = dict(zip(names, sums, strict=False))
        for name, kept in zip(HISTOGRAMS, sums[len(names) :], strict=False):
            known[name] = histogram.added(kept)
        found[site] = structs.replace(RollupRow(site, "", dimension, value), **known)
    return found


def values_of(
    connection: PostgresConnection, sites: Iterable[SiteRow], first: str, last: str, dimension: str
) -> dict[str, int]:
    """Return the values of a dimension, such as the items, with the number of halls that had them in these days. Raises
    `CentreError`."""
    query = (
        "select r.value, count(distinct r.site) from rollups r where r.dimension = %s and r.value <> ''"
        " and r.site = any(%s) and r.day between %s and %s group by r.value order by 2 desc, 1"
    )
    with explained():
        return dict(
            run(connection, query, (dimension, [each.site for each in sites], first, last)).fetchall()
        )
