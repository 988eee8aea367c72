"""Decides which ticket a window calls next: one rule, in minutes.

    the next ticket for a window is the one with the smallest
        origin + target(class, queue) + reluctance(window, queue);   ties by number
    of those it may call: from a queue it only helps once the number has *waited* `reluctance` minutes

`promise` = origin + target is fixed when the ticket is given out (a transfer keeps it), so a line of tickets
sorted by promise answers "who is first here" at its head, and a window compares only the heads of the lines
it serves: the cost is the number of its queues, whatever waits. Only in a queue it helps, and whose head came a moment
ago, does it look on to the first number that has waited long enough. Numbers compare serial first, then letters.

The bound. For a window that serves both, Y can be called before X only if
    origin(Y) < origin(X) + target(X) - target(Y) + reluctance(X) - reluctance(Y),   or X could not be called yet:
    origin(Y) < origin(X) + reluctance(X),
that is, only if Y came less than `overtaking_bound` (microseconds) after X. So no ticket starves.

A postponed ticket waits apart until its `not_before`; after that it competes with its old promise. All
instants are UTC microseconds, and so are promises; reluctances and targets are microseconds.

Within the class `returning` (who comes back with a voucher), the first visit decides. What compares above is a **place**:
promise, number and origin of an arrival. The places of the class in a line are those of its arrivals, as of any class, and
the rule compares them exactly so; the *person* who takes the first of them is the one whose first visit ended first, the
second takes the second, and so on (`WaitingLine.turn`). With the call that place is used up, and whose it was keeps the
place that the one called had come with (`returning.take_turn`).
- People of other classes are overtaken by no more than they would be if the class were called as it came: the bound over
  arrivals holds for all places as it stands.
- Within the class X is overtaken only by those whose first visit ended before X's own, each once: no ticket starves.
- It holds among those who wait in one line and have not been called yet. Who was called once, was postponed, or has no
  first visit (a voucher of an older version) keeps the place of their own arrival, and so does who is picked.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct

from config.instants import Micros


class QueueEntry(Struct, frozen=True, order=True, gc=False):
    """A waiting ticket in its line; order by fields is turn order, and the number (serial, series) is never shared."""

    promise: int
    serial: int
    series: str  # the letters of its number
    ticket: str
    moved_to: str = ""  # the queue it was transferred to
    origin: Micros = 0  # it waits since
    first: Micros = 0  # of the class `returning`: when the person's first visit ended

    @property
    def queue(self) -> str:
        """The queue it waits in."""
        return self.moved_to or self.series


class WaitingLine:
    """Waiting tickets in turn order. Taking the head is amortised O(1): the list's dead front is cut in bulk."""

    __slots__ = ("_entries", "_persons", "_places", "_postponed", "_start")

    def __init__(self) -> None:
        self._entries: list[QueueEntry] = []
        self._start = 0
        self._postponed: list[tuple[int, QueueEntry]] = []
        self._places: list[
            QueueEntry
        ] = []  # of the class `returning`, each with the ticket that came with it
        self._persons: list[
            tuple[Micros, str]
        ] = []  # the end of their first visits, and their tickets, in order

    def __len__(self) -> int:
        return len(self._entries) - self._start + len(self._postponed)

    def add(self, entry: QueueEntry, not_before: int = 0) -> None:
        """Add a ticket; with `not_before` it is postponed until that instant."""
        entries = self._entries
        if entry.first:
            insort(self._places, entry)
            insort(self._persons, (entry.first, entry.ticket))
        if not_before:
            insort(self._postponed, (not_before, entry))
        elif len(entries) == self._start or entries[-1] < entry:  # most come last
            entries.append(entry)
        else:
            insort(entries, entry, lo=self._start)

    def remove(self, entry: QueueEntry, not_before: int = 0) -> None:
        """Remove a ticket that was added with the same `not_before`.

        Raises:
            ValueError: it is not here, which is our bug.
        """
        if not_before:
            self._postponed.remove((not_before, entry))
            return
        index = bisect_left(self._entries, entry, lo=self._start)
        if index == len(self._entries) or self._entries[index] != entry:
            raise ValueError(f"not in this line: {entry}")
        if entry.first:
            self._places.remove(entry)
            self._persons.remove((entry.first, entry.ticket))
        if index > self._start:
            del self._entries[index]
            return
        self._start += 1
        if self._start > 32 and self._start * 2 > len(self._entries):
            del self._entries[: self._start]
            self._start = 0

    def first(self, now: Micros, waited: Micros = 0) -> QueueEntry | None:
        """Return the first ticket of this line at `now`, postponed ones that have become due included.

        waited: the first of those that have waited so long.
        """
        best = self._entries[self._start] if self._start < len(self._entries) else None
        if waited and best and best.origin > now - waited:
            best = next(self._waited(now - waited), None)
        for not_before, entry in self._postponed:
            if not_before > now:
                break
            if (best is None or entry < best) and not (waited and entry.origin > now - waited):
                best = entry
        return self._seated(best) if best else None

    def _seated(self, place: QueueEntry) -> QueueEntry:
        """Return a place of this line with the ticket that is called at it."""
        if not place.first:
            return place
        first, ticket = self._persons[bisect_left(self._places, place)]
        return place if ticket == place.ticket else _taken(place, first, ticket)

    def turn(self, entry: QueueEntry) -> tuple[QueueEntry, int]:
        """Return the place at which a ticket of this line, or one about to join it, is called, as it compares (it names no
        ticket), and 1 if the place it joins with is before that one and not counted yet, else 0."""
        if not entry.first:
            return entry, 0
        places, person = self._places, (entry.first, entry.ticket)
        nth, own = bisect_left(self._persons, person), bisect_left(places, entry)
        if self._persons[nth : nth + 1] == [person]:
            return _taken(places[nth], entry.first, ""), 0
        if nth == own:
            return entry, 0
        return _taken(places[nth if nth < own else nth - 1], entry.first, ""), int(nth > own)

    def came_with(self, place: QueueEntry) -> str:
        """Return the ticket that came with a place of the class `returning`."""
        at = (place.promise, place.serial, place.series)
        return next(e.ticket for e in self._places if (e.promise, e.serial, e.series) == at)

    def _waited(self, since: Micros) -> Iterator[QueueEntry]:
        """Yield the tickets that wait since this instant or longer, in turn order, without the postponed."""
        for index in range(self._start, len(self._entries)):
            if self._entries[index].origin <= since:
                yield self._entries[index]

    def heads(self, most: int, now: Micros, waited: Micros = 0) -> list[QueueEntry]:
        """Return enough tickets to hold the first `most` of this line at `now`: its head, and all postponed ones due;
        `waited` as in `first`."""
        woken = [entry for not_before, entry in self._postponed if not_before <= now]
        if not waited:
            firsts = self._entries[self._start : self._start + most]
            return (list(map(self._seated, firsts)) if self._places else firsts) + woken
        since = now - waited
        firsts = map(self._seated, islice(self._waited(since), most))
        return [*firsts, *(entry for entry in woken if entry.origin <= since)]

    def ahead(self, entry: QueueEntry, now: Micros = 0, waited: Micros = 0) -> int:
        """Count the tickets of this line before `entry`, postponed ones that are due at `now` included; `waited` as in
        `first`."""
        if waited:
            return sum(other < entry for other in self.heads(len(self._entries), now, waited))
        entries, woken = self._entries, 0
        if self._postponed:
            woken = sum(not_before <= now and other < entry for not_before, other in self._postponed)
        if len(entries) > self._start and entries[-1] < entry:
            return len(entries) - self._start + woken
        return bisect_left(entries, entry, lo=self._start) - self._start + woken

    def head(self) -> QueueEntry | None:
        """Return the first ticket that is not postponed."""
        return self._entries[self._start] if self._start < len(self._entries) else None

    def last(self) -> QueueEntry | None:
        return self._entries[-1] if self._start < len(self._entries) else None

    def __iter__(self) -> Iterator[QueueEntry]:
        """Yield all tickets, the postponed last."""
        for index in range(self._start, len(self._entries)):
            yield self._seated(self._entries[index])
        for _, entry in self._postponed:
            yield entry

    def entries(self) -> list[QueueEntry]:
        """Return the tickets that are not postponed, in turn order."""
        return [self._seated(each) for each in self._entries[self._start :]]

    def postponed(self) -> list[tuple[int, QueueEntry]]:
        """Return the postponed tickets, each with the instant it is due at."""
        return self._postponed


def _taken(place: QueueEntry, first: Micros, ticket: str) -> QueueEntry:
    return QueueEntry(place.promise, place.serial, place.series, ticket, place.moved_to, place.origin, first)


Lines = Mapping[str, WaitingLine]
ServingWindow = tuple[str, Mapping[str, int]]  # an open window's id and what it serves


def bound_line(window: str) -> str:
    """Return the name of the line of tickets bound to one window; queue ids are letters only, so no two names meet."""
    return f"@{window}"


Rank = tuple[int, int, str]


def rank(entry: QueueEntry, reluctance: int) -> Rank:
    """Return the key by which tickets compare at a window: the smallest is next."""
    return (entry.promise + reluctance, entry.serial, entry.series)


def may_call(serves: Mapping[str, int], queue: str, origin: Micros, now: Micros) -> bool:
    """Return whether a window that serves these queues may call a number that waits since `origin`: from a queue it only
    helps once it has waited as long as the window is reluctant."""
    reluctance = serves.get(queue)
    return reluctance is not None and (not reluctance or origin <= now - reluctance)


def first_for(lines: Lines, window: str, serves: Mapping[str, int], now: Micros) -> QueueEntry | None:
    """Return the next ticket for `window`, which serves the queues of `serves` with these reluctances."""
    own = lines.get(bound_line(window))
    best = own.first(now) if own else None
    key = rank(best, 0) if best else None
    for queue, reluctance in serves.items():
        line = lines.get(queue)
        entry = line.first(now, reluctance) if line else None
        if entry is None:
            continue
        theirs = rank(entry, reluctance)
        if key is None or theirs < key:
            best, key = entry, theirs
    return best


def _ranked(
    lines: Lines, window: str, serves: Mapping[str, int], most: int, now: Micros
) -> list[tuple[Rank, QueueEntry]]:
    """Return the first `most` tickets that `window` may call at `now`, in turn order, each with its rank there."""
    rows: list[tuple[Rank, QueueEntry]] = []
    for name, reluctance in ((bound_line(window), 0), *serves.items()):
        line = lines.get(name)
        for entry in line.heads(most, now, reluctance) if line else ():
            rows.append((rank(entry, reluctance), entry))
    rows.sort()
    return rows[:most]


def in_order(
    lines: Lines, window: str, serves: Mapping[str, int], most: int, now: Micros
) -> list[QueueEntry]:
    """Return the first `most` tickets that `window` may call at `now`, in turn order, for the clerk's screen."""
    return [entry for _, entry in _ranked(lines, window, serves, most, now)]


def overtaking_bound(target_x: int, target_y: int, reluctance_x: int = 0, reluctance_y: int = 0) -> int:
    """Return how long after X (same unit) Y may come and still be called first; negative: Y must have come before."""
    by_turn = target_x - target_y + reluctance_x - reluctance_y
    return max(by_turn, reluctance_x) if reluctance_x else by_turn  # the window may not call X sooner


def ahead(
    lines: Lines, window: str, serves: Mapping[str, int], entry: QueueEntry, own: int, now: Micros
) -> int:
    """Count the tickets that `window`, which is `own` microseconds reluctant to take `entry`, calls before it."""
    count = 0
    for name, theirs in ((bound_line(window), 0), *serves.items()):
        line = lines.get(name)
        if line is not None:
            count += line.ahead(entry if own == theirs else _later(entry, own - theirs), now, theirs)
    return count


def nearest(lines: Lines, windows: Sequence[ServingWindow], entry: QueueEntry, now: Micros) -> int:
    """Count the tickets called before `entry` at the one of `windows` that comes to it first, of those that may call it
    at `now`.

    Without such windows, all that are before it in its queue. `windows` has those with few queues first: no window comes
    sooner than one that calls this queue alone.
    """
    line = lines.get(entry.queue)
    least = 0 if line is None else line.ahead(entry, now)  # `if line` would count it first
    best = -1
    for window, serves in windows:
        if not may_call(serves, entry.queue, entry.origin, now):
            continue
        if len(serves) == 1 and bound_line(window) not in lines:
            return least
        count = ahead(lines, window, serves, entry, serves[entry.queue], now)
        best = count if best < 0 else min(best, count)
        if best == least:
            break
    return least if best < 0 else best


def behind(lines: Lines, window: str, serves: Mapping[str, int], queue: str, calls: int, now: Micros) -> int:
    """Return the least promise in `queue` with which `window` calls `calls` others first, or all where fewer wait; 0 if
    its lines are empty."""
    rows = _ranked(lines, window, serves, calls, now)
    return rows[-1][0][0] + 1 - serves[queue] if rows else 0


def _later(entry: QueueEntry, by: int) -> QueueEntry:
    return QueueEntry(
        entry.promise + by, entry.serial, entry.series, entry.ticket, entry.moved_to, entry.origin
    )
