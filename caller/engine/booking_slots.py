"""The slots of a queue, and the free ones that may be booked now. PURE.

1. A slot is named by its start in UTC microseconds. It lies whole inside a band of the queue's usual hours of that date, on
   the grid that begins with the band.
2. It takes `slot_quota` bookings of its queue; a cancelled or missed one gives its place back.
3. Booked may be for the days `appointment_ahead_days` to `appointment_horizon_days` on which the hall opens, counted from
   today, and only for a slot that has not begun. An item that takes place on certain days only is booked for those.
4. What is offered here is what `appointments` takes: both ask the same functions, so that no page shows a slot in vain.
5. Two who want the last place are decided by the order of their commands, as everything else.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from caller.engine.state import HallState
from config.instants import MINUTE, Micros, instant
from config.settings import Item, Queue

# Looked at for days on which the hall opens: the longest holiday has nine, and a horizon of a month of working days has
# some forty dates.
DATES_MAX = 60


def slots_of(hall: HallState, queue: Queue, day: date) -> Iterator[Micros]:
    """Yield the slots of a queue on a date."""
    for start, end in hall.calendar.usual_hours(day).bands:
        slot, last = (instant(day.isoformat(), clock, hall.settings.hall.zone) for clock in (start, end))
        while slot + queue.slot_minutes * MINUTE <= last:
            yield slot
            slot += queue.slot_minutes * MINUTE


def days_ahead(hall: HallState, now: Micros, wanted: date) -> int:
    """Return the number of days on which the hall opens, from tomorrow to the wanted one; negative for a day gone
    by."""
    today = hall.local_date(now)
    return (wanted - today).days if wanted <= today else hall.calendar.open_days(today, wanted)


def left(hall: HallState, queue: Queue, slot: Micros) -> int:
    """Return how many more bookings a slot takes."""
    return max(0, queue.slot_quota - hall.register.slots.get((queue.id, slot), 0))


def bookable(hall: HallState, item: Item, now: Micros) -> dict[str, dict[Micros, int]]:
    """Return by date, then by slot, how many more bookings of an item are taken; dates without any slot are left out."""
    queue, rules, today = hall.queues[item.queue], hall.settings.rules, hall.local_date(now)
    found: dict[str, dict[Micros, int]] = {}
    if not queue.slot_quota:
        return found
    for count in range(DATES_MAX):
        day = today + timedelta(days=count)
        ahead = days_ahead(hall, now, day)
        if ahead > rules.appointment_horizon_days:
            break
        is_open = not hall.calendar.closed(day) and hall.calendar.takes_place(item.days, day)
        if not is_open or ahead < rules.appointment_ahead_days:
            continue
        if slots := {slot: left(hall, queue, slot) for slot in slots_of(hall, queue, day) if slot > now}:
            found[day.isoformat()] = slots
    return found
