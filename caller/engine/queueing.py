"""Whose turn: one rule, in minutes.

    the next ticket for a window is the one with the smallest
        origin + target(class, queue) + reluctance(window, queue);   ties by number

`promise` = origin + target is fixed when the ticket is given out (a transfer keeps it), so a lane of tickets
sorted by promise answers "who is first here" at its head, and a window compares only the heads of the lanes
it serves: the cost is the number of its queues, whatever waits. Numbers compare serial first, then letters.

The bound. For a window that serves both, Y can be called before X only if
    origin(Y) < origin(X) + target(X) - target(Y) + reluctance(X) - reluctance(Y),
that is, only those who came less than `overtaking_bound` after X. Nobody starves.

A postponed ticket sleeps until its `not_before`; after that it competes with its old promise.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct


class QueueEntry(Struct, frozen=True, order=True, gc=False):
    """A waiting ticket in its lane; order by fields is turn order, and the number (serial, series) is never shared."""

    promise: int
    serial: int
    series: str  # the letters of its number
    ticket: str
    moved_to: str = ""  # the queue it was transferred to

    @property
    def queue(self) -> str:
        """The queue it waits in."""
        return self.moved_to or self.series


class WaitingLine:
    """Waiting tickets in turn order. Taking the head is amortised O(1): the list's dead front is cut in bulk."""

    __slots__ = ("_places", "_sleepers", "_start")

    def __init__(self) -> None:
        self._places: list[QueueEntry] = []
        self._start = 0
        self._sleepers: list[tuple[int, QueueEntry]] = []

    def __len__(self) -> int:
        return len(self._places) - self._start + len(self._sleepers)

    def add(self, place: QueueEntry, not_before: int = 0) -> None:
        """Put a ticket in; with `not_before` it sleeps until that instant."""
        places = self._places
        if not_before:
            insort(self._sleepers, (not_before, place))
        elif len(places) == self._start or places[-1] < place:  # most come last
            places.append(place)
        else:
            insort(places, place, lo=self._start)

    def remove(self, place: QueueEntry, not_before: int = 0) -> None:
        """Take a ticket out, wherever it is. A ValueError is our bug."""
        if not_before:
            self._sleepers.remove((not_before, place))
            return
        index = bisect_left(self._places, place, lo=self._start)
        if index == len(self._places) or self._places[index] != place:
            raise ValueError(f"not in this lane: {place}")
        if index > self._start:
            del self._places[index]
            return
        self._start += 1
        if self._start > 32 and self._start * 2 > len(self._places):
            del self._places[: self._start]
            self._start = 0

    def first(self, now: int) -> QueueEntry | None:
        """Who is first here at `now`."""
        best = self._places[self._start] if self._start < len(self._places) else None
        for not_before, place in self._sleepers:
            if not_before > now:
                break
            if best is None or place < best:
                best = place
        return best

    def heads(self, most: int, now: int) -> list[QueueEntry]:
        """Enough tickets to hold the first `most` of this lane at `now`: the awake ones and who has woken."""
        woken = [place for not_before, place in self._sleepers if not_before <= now]
        return self._places[self._start : self._start + most] + woken

    def ahead(self, place: QueueEntry, now: int = 0) -> int:
        """How many tickets of this lane come before `place`: the awake ones and who has woken at `now`."""
        places, woken = self._places, 0
        if self._sleepers:
            woken = sum(not_before <= now and other < place for not_before, other in self._sleepers)
        if len(places) > self._start and places[-1] < place:
            return len(places) - self._start + woken
        return bisect_left(places, place, lo=self._start) - self._start + woken

    def head(self) -> QueueEntry | None:
        """The first of the awake tickets."""
        return self._places[self._start] if self._start < len(self._places) else None

    def last(self) -> QueueEntry | None:
        return self._places[-1] if self._start < len(self._places) else None

    def __iter__(self) -> Iterator[QueueEntry]:
        """All tickets here, the sleepers after the awake."""
        for index in range(self._start, len(self._places)):
            yield self._places[index]
        for _, place in self._sleepers:
            yield place

    def places(self) -> list[QueueEntry]:
        """The awake tickets in turn order."""
        return self._places[self._start :]

    def sleepers(self) -> list[tuple[int, QueueEntry]]:
        """The postponed tickets with the instant each wakes at."""
        return self._sleepers


Lanes = Mapping[str, WaitingLine]
Desk = tuple[str, Mapping[str, int]]  # an open window's id and what it serves


def bound_lane(window: str) -> str:
    """The lane of tickets bound to one window. Queue ids are letters only, so the names never meet."""
    return f"@{window}"


Rank = tuple[int, int, str]


def rank(place: QueueEntry, reluctance: int) -> Rank:
    """What is compared: the smallest is next."""
    return (place.promise + reluctance, place.serial, place.series)


def first_for(lanes: Lanes, window: str, serves: Mapping[str, int], now: int) -> QueueEntry | None:
    """The next ticket for `window`, which serves the queues of `serves` with these reluctances (µs)."""
    own = lanes.get(bound_lane(window))
    best = own.first(now) if own else None
    key = rank(best, 0) if best else None
    for queue, reluctance in serves.items():
        lane = lanes.get(queue)
        place = lane.first(now) if lane else None
        if place is None:
            continue
        theirs = rank(place, reluctance)
        if key is None or theirs < key:
            best, key = place, theirs
    return best


def _ranked(
    lanes: Lanes, window: str, serves: Mapping[str, int], most: int, now: int
) -> list[tuple[Rank, QueueEntry]]:
    """The first `most` tickets that `window` may call at `now`, in turn order, each with its rank there."""
    rows: list[tuple[Rank, QueueEntry]] = []
    for name, reluctance in ((bound_lane(window), 0), *serves.items()):
        lane = lanes.get(name)
        for place in lane.heads(most, now) if lane else ():
            rows.append((rank(place, reluctance), place))
    rows.sort()
    return rows[:most]


def in_order(lanes: Lanes, window: str, serves: Mapping[str, int], most: int, now: int) -> list[QueueEntry]:
    """The first `most` tickets that `window` may call at `now`, in turn order, for the eye of the clerk."""
    return [place for _, place in _ranked(lanes, window, serves, most, now)]


def overtaking_bound(target_x: int, target_y: int, reluctance_x: int = 0, reluctance_y: int = 0) -> int:
    """How long after X (same unit) Y may come and still be called first; negative: Y must have come before."""
    return target_x - target_y + reluctance_x - reluctance_y


def ahead(lanes: Lanes, window: str, serves: Mapping[str, int], place: QueueEntry, own: int, now: int) -> int:
    """How many tickets `window`, which is `own` µs reluctant to take the one at `place`, calls before it."""
    count = 0
    for name, theirs in ((bound_lane(window), 0), *serves.items()):
        lane = lanes.get(name)
        if lane is not None:
            count += lane.ahead(place if own == theirs else _later(place, own - theirs), now)
    return count


def nearest(lanes: Lanes, desks: Sequence[Desk], place: QueueEntry, now: int) -> int:
    """How many are called before `place` at the window of `desks` that comes to it first: with none, all who
    are before it in its queue. Windows with few queues come first in `desks`: no window comes sooner than one
    that calls this queue alone."""
    lane = lanes.get(place.queue)
    least = 0 if lane is None else lane.ahead(place, now)  # `if lane` would count it first
    best = -1
    for window, serves in desks:
        if len(serves) == 1 and bound_lane(window) not in lanes:
            return least
        count = ahead(lanes, window, serves, place, serves[place.queue], now)
        best = count if best < 0 else min(best, count)
        if best == least:
            break
    return least if best < 0 else best


def behind(lanes: Lanes, window: str, serves: Mapping[str, int], queue: str, calls: int, now: int) -> int:
    """The least promise in `queue` with which `window` calls so many others first; 0 if nobody waits for it.
    Where fewer wait it calls them all."""
    rows = _ranked(lanes, window, serves, calls, now)
    return rows[-1][0][0] + 1 - serves[queue] if rows else 0


def _later(place: QueueEntry, by: int) -> QueueEntry:
    return QueueEntry(place.promise + by, place.serial, place.series, place.ticket, place.moved_to)
