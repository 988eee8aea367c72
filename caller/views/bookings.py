"""What may be booked, and a booking as the holder of its code sees it. Pure."""

from typing import Literal, cast

from caller.engine import booking_slots, short_codes
from caller.engine.hall import Hall
from caller.engine.register import Appointment
from caller.protocol.booking_documents import BookingView, SlotsView
from config.instants import HOUR, Micros

BookingState = Literal["booked", "cancelled", "used", "missed"]


def slots_view(hall: Hall, key: str, now: Micros) -> SlotsView:
    """Return the slots of an item. Raises: KeyError for an unknown one."""
    item = hall.items[key]
    days = booking_slots.bookable(hall, item, hall.instant(now))
    return {
        "item": item.id,
        "minutes": hall.queues[item.queue].slot_minutes,
        "days": {day: {str(slot): left for slot, left in slots.items()} for day, slots in days.items()},
    }


def by_code(hall: Hall, code: str) -> Appointment | None:
    """Return the booking of a code, as a person types it."""
    return hall.register.appointments.get(hall.register.codes.get(short_codes.typed(code), ""))


def booking_view(hall: Hall, key: str, _now: Micros) -> BookingView:
    """Return the booking of a code. Raises: KeyError for an unknown one."""
    booked = by_code(hall, key)
    if booked is None:
        raise KeyError(key)
    queue = hall.queues.get(booked.queue)
    return {
        "appointment": booked.id, "item": booked.item, "queue": booked.queue, "slot": booked.slot,
        "minutes": queue.slot_minutes if queue else 0, "day": booked.day,
        "state": cast(BookingState, booked.state),
        "change_until": booked.slot - hall.settings.rules.appointment_cancel_hours * HOUR,
        "before": booked.before, "why_moved": booked.why_moved,
    }  # fmt: skip
