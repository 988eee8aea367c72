"""What the holder of an ID card has booked for today, for the kiosk the card lies on.

The topic is the keyed hash that a card gives, so nobody can ask about others: a hash is not guessed, and a person
who booked nothing looks like one whom the hall has never seen. The document names no person, not even by hash.
"""

from caller.engine import appointments
from caller.engine.hall import Hall
from caller.engine.register import Appointment
from caller.views.parts import ViewDocument


def person_view(hall: Hall, key: str, now: int) -> ViewDocument:
    booked = appointments.booked_today(hall, key, hall.instant(now))
    return {"appointments": [_appointment(hall, each, now) for each in booked]}


def _appointment(hall: Hall, booked: Appointment, now: int) -> ViewDocument:
    document: ViewDocument = {
        "appointment": booked.id, "item": booked.item, "queue": booked.queue, "slot": booked.slot, "open": True,
    }  # fmt: skip
    refused = appointments.why_not_now(hall, booked, hall.instant(now))
    if refused:
        document |= {"open": False, "code": refused.code, **refused.words._asdict()}
    return document
