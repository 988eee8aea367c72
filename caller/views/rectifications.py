"""Rectifications as the office works on them and as the public sees them. Pure."""

from caller.engine import deadlines, rectifications
from caller.engine.deadlines import call_back_of
from caller.engine.followups import moves_of
from caller.engine.hall import Hall
from caller.engine.rating_rows import Rectification, RectificationMonth
from caller.engine.ratings import ranked_last_twice
from caller.engine.register import FollowUp
from caller.protocol.rating_documents import (
    ExclusionLine,
    PublishedLine,
    RectificationCounts,
    RectificationLine,
    RectificationsView,
    RectifiedView,
)
from caller.protocol.supervision import Alert, Light
from caller.views.receipts import subject_of
from config.catalogue import message
from config.instants import Micros
from config.text_safety import for_page


def rectifications_view(hall: Hall, _key: str, now: Micros) -> RectificationsView:
    rows = hall.register.rectifications
    return {
        "rectifications": {id: _line(hall, hall.register.follow_ups[id], row, now) for id, row in rows.items()},
        "months": _months(hall), "exclusions": _exclusions(hall), "ranked_last": ranked_last_twice(hall),
    }  # fmt: skip


def _line(hall: Hall, row: FollowUp, found: Rectification, now: Micros) -> RectificationLine:
    closed = row.state == "closed"
    to_call = bool(found.named) and not found.called
    return {
        "number": row.number, "state": row.state, "ticket": row.ticket, "ticket_number": row.ticket_number,
        "case": case.number if (case := hall.register.cases.get(row.case)) else "", "subject": subject_of(row),
        "window": row.window, "clerk": for_page(row.clerk), "owner": for_page(row.owner), "level": found.level,
        "opened": row.opened, "due": row.due, "provisional": row.provisional,
        "light": "grey" if closed else deadlines.light(deadlines.answer_of(row), now),
        "named": bool(found.named), "call_due": found.call_due,
        "call_light": deadlines.light(call_back_of(found), now) if to_call else "grey",
        "tries": found.tries, "reached": found.reached, "verified": found.verified, "righted": found.righted,
        "finding": row.finding, "returns": row.returns, "appeals": row.appeals, "appeal": found.appeal,
        "appeal_code": found.appeal_code, "added": found.added, "published": found.published,
        "moves": list(moves_of(row)), "steps": rectifications.moves(hall, row),
        "left": [] if closed else rectifications.steps_left(hall, row),
    }  # fmt: skip


def rectified_view(hall: Hall, _key: str, _now: Micros) -> RectifiedView:
    rows = hall.register.rectifications.items()
    return {
        "months": _months(hall), "exclusions": _exclusions(hall),
        "published": {id: _published(hall.register.follow_ups[id], row) for id, row in rows if row.published},
    }  # fmt: skip


def _published(row: FollowUp, found: Rectification) -> PublishedLine:
    return {
        "number": row.number, "month": found.month, "window": row.window, "level": found.level, "finding": row.finding,
        "measure": found.righted, "opened": row.opened, "closed": row.closed,
    }  # fmt: skip


def _months(hall: Hall) -> dict[str, RectificationCounts]:
    return {month: counts_of(row) for month, row in hall.register.rectification_months.items()}


def counts_of(row: RectificationMonth) -> RectificationCounts:
    return {
        "opened": row.opened, "named": row.named, "called": row.called, "reached": row.reached, "righted": row.righted,
        "closed": row.closed, "late": row.late, "appealed": row.appealed, "excluded": row.excluded,
        "published": row.published,
    }  # fmt: skip


def _exclusions(hall: Hall) -> dict[str, ExclusionLine]:
    rows = hall.register.exclusions.items()
    return {
        rating: {"month": row.month, "level": row.level, "reason": row.reason, "case": row.case}
        for rating, row in rows
    }


# --- alerts


def rating_alerts(hall: Hall) -> list[Alert]:
    """Return what bad ratings call for: one to verify, bad ones in a row, and a window ranked last two months running."""
    table = hall.settings.ratings
    if not table.rectify:
        return []
    found: list[Alert] = []
    running = [
        row for row in hall.register.follow_ups.values() if row.kind == "rating" and row.state != "closed"
    ]
    for row in running:
        rectification = hall.register.rectifications.get(row.id)
        if rectification and not rectification.verified:
            facts = {
                "number": row.number,
                "window": row.window,
                "ticket": row.ticket_number,
                "level": rectification.level,
            }
            found.append(_alert("bad-rating", row.start, f"window/{row.window}", **facts))
    for window, run in hall.register.bad_runs.items():
        if (
            table.bad_in_row
            and run.count >= table.bad_in_row
            and any(row.window == window for row in running)
        ):
            found.append(
                _alert("bad-in-row", run.since, f"window/{window}", "red", window=window, count=run.count)
            )
    for window in ranked_last_twice(hall):
        found.append(_alert("ranked-last", 0, f"window/{window}", window=window))
    return found


def _alert(code: str, since: Micros, about: str, light: Light = "yellow", /, **facts: object) -> Alert:
    zh, en = map(for_page, message("alert", code, **facts).with_next_step)
    return {"code": code, "zh": zh, "en": en, "since": since, "light": light, "about": about, "level": 1}
