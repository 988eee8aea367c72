"""In which order a visit for several items goes through the hall, so that the whole of it is shortest. PURE.

1. A visit has one number, and its place in every queue is by that number's origin: it is not queued for again. So it waits
   for all its items at once, and a queue that would call it in c minutes calls it in c minutes also if it has been elsewhere
   meanwhile; who comes later than that is next there.
2. Items of one queue are one *stop*: one clerk deals with them in one reception.
3. The stop that would be called first is gone to first. The last stop then ends at the largest, over all stops, of
   "called there, and all receptions from there on"; to exchange two neighbours of which the later would be called first
   makes that no larger, so no other order ends sooner. How long a reception takes does not matter.
4. What is paid for, or handed out, is paid and handed out at the end, in the order of their calls: those windows come after
   the others. A stop that no window serves now comes last of its kind.
5. Where nothing is known of the waits, and among equals, the order stays in which the items were chosen.
6. The rule is asked again at the end of each reception, by the waits of then.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from config.instants import Micros

if TYPE_CHECKING:
    from caller.engine.state import HallState
    from caller.engine.tickets import Ticket
    from caller.engine.windows import WindowState

AT_THE_END = frozenset({"pay", "issuing"})  # kinds of window


class Stop(NamedTuple):
    """The items of a visit that are dealt with in one reception, and the wait until that queue would call it."""

    queue: str
    items: tuple[str, ...]
    minutes: float = 0.0
    at_the_end: bool = False

    def line(self) -> dict[str, Any]:
        """Return the stop as documents and answers name it."""
        return {"queue": self.queue, "items": list(self.items)}


def in_order(stops: Iterable[Stop]) -> list[Stop]:
    """Return the stops in the order with the shortest whole time."""
    return sorted(stops, key=lambda stop: (stop.at_the_end, stop.minutes))


def whole_minutes(stops: Sequence[Stop], receptions: Sequence[float]) -> float:
    """Return when the last of these stops ends, gone to in this order; `receptions`: how long each takes, in minutes."""
    at = 0.0
    for stop, reception in zip(stops, receptions, strict=True):
        at = max(at, stop.minutes) + reception
    return at


def stops_of(hall: "HallState", items: Iterable[str]) -> list[Stop]:
    """Return the stops of these items, in the order in which they stand; an item the hall has no more is left out."""
    found: dict[str, list[str]] = {}
    for item in dict.fromkeys(items):
        if item in hall.items:
            found.setdefault(hall.items[item].queue, []).append(item)
    return [Stop(queue, tuple(each)) for queue, each in found.items()]


def planned(hall: "HallState", items: Sequence[str], priority: str, origin: Micros) -> list[str]:
    """Return the items of a visit that waits since `origin` in the order in which they are to be dealt with."""
    stops = stops_of(hall, items)
    if len(stops) < 2:
        return list(dict.fromkeys(items))
    last = _queues_at_the_end(hall)
    known = [
        stop._replace(
            minutes=_minutes(hall, stop.queue, origin + hall.target(priority, stop.queue)),
            at_the_end=stop.queue in last,
        )
        for stop in stops
    ]
    return [item for stop in in_order(known) for item in stop.items]


def left(hall: "HallState", ticket: "Ticket", window: "WindowState") -> list[str]:
    """Return what of a visit is still to be dealt with at other windows once it has been received at this one."""
    rest = [
        stop
        for stop in stops_of(hall, ticket.pending)
        if stop.queue != ticket.queue and stop.queue not in window.serves
    ]
    return planned(hall, [item for stop in rest for item in stop.items], ticket.priority, ticket.origin)


def later_stops(hall: "HallState", ticket: "Ticket") -> list[Stop]:
    """Return where a visit that has not ended goes after the place it waits for or is at."""
    window = hall.state.windows.get(ticket.window) if ticket.state in ("called", "serving") else None
    here = {ticket.queue, *(window.serves if window else ())}
    return [stop for stop in stops_of(hall, ticket.pending) if stop.queue not in here]


def _minutes(hall: "HallState", queue: str, promise: int) -> float:
    return hall.forecast.minutes(queue, promise) if hall.forecast else 0.0


def _queues_at_the_end(hall: "HallState") -> set[str]:
    """Return the queues that no other windows than those for payment and results have."""
    rows = hall.settings.windows
    others = {queue for each in rows if each.kind not in AT_THE_END for queue in each.queues}
    return {queue for each in rows if each.kind in AT_THE_END for queue in each.queues} - others
