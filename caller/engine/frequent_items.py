"""Which items people take most at which hour (常办), learned from the days gone by. PURE.

1. When a day opens, each item taken on the last one is counted in the hour in which its number was given; what was counted
   before weighs `KEPT` of what it did. So a week of market days, or the end of the school year, shows after some days, and
   what is no longer asked for fades away.
2. What is frequent at an hour is what weighs most in it and its neighbours; the rest of the day breaks ties.
3. Only what the hall still offers counts. A hall of no past day has no frequent items.
"""

from caller.engine.register_rows import ItemHours
from caller.engine.state import HallState
from config.instants import Micros, local

KEPT = 0.9  # of the weight of the day before
FADED = 0.05  # a row of less weight is dropped: one number two months ago
SHOWN_MAX = 10
NEIGHBOUR, REST = 0.5, 0.01  # the weight of the hours beside, and of all others


def learn(hall: HallState) -> None:
    """Count the numbers of the day that is about to be cleared; called when the next one opens."""
    rows, zone = hall.register.item_hours, hall.state.day.zone
    for id in list(rows):
        row = rows.edit(id)
        row.hours = [hour * KEPT for hour in row.hours]
        if sum(row.hours) < FADED:
            rows.drop(id)
    for ticket in hall.state.tickets.values():
        for item in ticket.items[:1]:
            row = rows.edit(item) if item in rows else rows.put(item, ItemHours([0.0] * 24))
            row.hours[local(ticket.issued, zone).hour] += 1


def frequent(hall: HallState, now: Micros) -> list[str]:
    """Return the ids of the items that are most often taken at this hour, the first the most often."""
    hour = local(now, hall.settings.hall.zone).hour
    rows, known = hall.register.item_hours, [each.id for each in hall.settings.items]
    taken = [id for id in known if id in rows]  # of equals the first in the hall's list stands first
    return sorted(taken, key=lambda id: -_weight(rows[id].hours, hour))[:SHOWN_MAX]


def _weight(hours: list[float], hour: int) -> float:
    beside = hours[hour - 1] + hours[(hour + 1) % 24]
    return hours[hour] + NEIGHBOUR * beside + REST * sum(hours)
