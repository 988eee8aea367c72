"""Follow-ups as the staff, their applicants and the holder of a receipt see them.

1. A document of the staff is either the hall's (`followups`, where no person signs in) or as one person sees it
   (`followups/STAFF`): without the complaints and reports about that person.
2. Who holds a visit's slip sees what the hall owes an answer to about it (`answers/TICKET`). The visit's own document
   holds no complaint, for windows read it as well.
3. Who holds a receipt sees that one (`feedback/CODE`), and who holds a booking's code the booking (`booking/CODE`).
"""

from typing import cast

from caller.engine import booking_slots, deadlines, feedback, followups, short_codes
from caller.engine.commands import AnswerKind
from caller.engine.feedback_messages import ABOUT_PERSONS, FEEDBACK_KINDS, FeedbackKind, FeedbackWay
from caller.engine.hall import Hall
from caller.engine.register import Appointment, FollowUp
from caller.protocol.documents import BookingState, BookingView, SlotsView
from caller.protocol.feedback_documents import AnswerLine, AnswersView, FeedbackCounts, ReceiptView
from caller.protocol.supervision import FollowUpLine, FollowUpsView
from caller.views.public import window_names
from config.instants import HOUR, Micros, instant
from config.text_safety import for_page


def hidden_from(row: FollowUp, staff: str) -> bool:
    """Return whether a follow-up is kept from this person: it is about them."""
    return bool(staff) and row.kind in ABOUT_PERSONS and row.clerk == staff


def followups_view(hall: Hall, key: str, now: Micros) -> FollowUpsView:
    """Return the follow-ups as the person of this staff number sees them; "": the hall's."""
    rows = hall.register.follow_ups.values()
    return {"followups": {row.id: _line(row, now) for row in rows if not hidden_from(row, key)}}


def _line(row: FollowUp, now: Micros) -> FollowUpLine:
    answer = deadlines.answer_of(row)
    return {
        "number": row.number, "kind": row.kind, "state": row.state, "ticket": row.ticket, "window": row.window,
        "clerk": for_page(row.clerk), "owner": for_page(row.owner), "finding": row.finding, "steps": row.steps,
        "opened": row.opened, "due": row.due, "provisional": row.provisional, "appeal_until": row.appeal_until,
        "light": "grey" if row.over else deadlines.light(answer, now),
        "level": 0 if row.over else deadlines.level(answer, now), "moves": followups.moves_of(row),
        "before": row.before, "why_moved": row.why_moved, "told": row.told,
        "subject": subject_of(row), "way": row.way, "department": row.department, "item": row.item,
        "reason": row.reason, "anonymous": row.anonymous, "verdict": row.verdict,
        "coordinated": row.coordinated, "transferred": row.transferred, "archived": row.archived,
    }  # fmt: skip


def subject_of(row: FollowUp) -> str:
    """Return under which subject its words lie in the people's store; before receipts that was the visit's."""
    if row.kind == "rating" and row.case:
        return f"case-rating/{row.case}"
    return f"follow-up/{row.id}" if row.code else f"ticket/{row.ticket}"


def answers_view(hall: Hall, key: str, _now: Micros) -> AnswersView:
    """Return what the hall owes an answer to about a visit."""
    return {"answers": [answer_line(row) for row in followups.of_ticket(hall, key)]}


def answer_line(row: FollowUp) -> AnswerLine:
    """Return a follow-up as who holds the visit's slip sees it."""
    return {
        "number": row.number, "kind": cast(AnswerKind, row.kind), "closed": row.over, "due": row.due,
        "provisional": row.provisional, "before": row.before, "why_moved": row.why_moved, "told": row.told,
        "code": row.code,
    }  # fmt: skip


def receipt_view(hall: Hall, key: str, now: Micros) -> ReceiptView:
    """Return the feedback of a receipt's code.

    Raises:
        KeyError: no receipt has this code.
    """
    row = feedback.by_code(hall, key)
    if row is None:
        raise KeyError(key)
    window, window_en = window_names(hall, row.window)
    department = next((each for each in hall.settings.departments if each.id == row.department), None)
    judges = row.state == "closed" and not row.verdict
    in_time = not deadlines.overdue(deadlines.appeal_of(row), now)
    return {
        "follow_up": row.id, "subject": subject_of(row), "number": row.number, "kind": cast(FeedbackKind, row.kind),
        "way": cast(FeedbackWay, row.way), "state": row.state, "opened": row.opened, "due": row.due,
        "provisional": row.provisional, "before": row.before, "why_moved": row.why_moved, "told": row.told,
        "light": "grey" if row.over else deadlines.light(deadlines.answer_of(row), now),
        "window": window, "window_en": window_en,
        "department": for_page(department.name) if department else "",
        "department_en": for_page(department.name_en or department.name) if department else "",
        "reason": row.reason, "verdict": row.verdict, "judge": judges,
        "appeal": judges and in_time and row.appeals < followups.APPEALS_MAX, "appeal_until": row.appeal_until,
    }  # fmt: skip


def feedback_counts(hall: Hall, now: Micros) -> FeedbackCounts:
    """Return how many are open by light, and of those received this month how many were accepted, coordinated,
    transferred and filed: the hall's, as numbers only."""
    rows = [row for row in hall.register.follow_ups.values() if row.kind in FEEDBACK_KINDS]
    lights = [deadlines.light(deadlines.answer_of(row), now) for row in rows if not row.over]
    began = instant(f"{hall.local_date(now):%Y-%m}-01", "00:00", hall.settings.hall.zone)
    month = [row for row in rows if row.opened >= began]
    return {
        "red": lights.count("red"), "yellow": lights.count("yellow"), "green": lights.count("green"),
        "accepted": len(month), "coordinated": sum(row.coordinated > 0 for row in month),
        "transferred": sum(row.transferred > 0 for row in month),
        "filed": sum(row.state == "archived" for row in month),
    }  # fmt: skip


# --- bookings


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
