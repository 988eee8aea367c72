"""One window, for its clerk, its evaluator, its hard keypad and its sign; and one ticket, for its holder's phone.

What may be pressed at the window now: `caller.views.verbs`.
"""

from contextlib import suppress
from typing import NotRequired, TypedDict, cast

from caller.engine import (
    case_ratings,
    fees,
    followups,
    outcomes,
    performance,
    queueing,
    receptions,
    returning,
    takeovers,
)
from caller.engine.commands import JobKind, Outcome
from caller.engine.deadlines import overdue, rating_of
from caller.engine.guide_commands import Assistance
from caller.engine.hall import Hall
from caller.engine.settings_change import in_force
from caller.engine.station_jobs import LIVE as LIVE_JOBS
from caller.engine.station_jobs import Job, takes_jobs
from caller.engine.suspension_terms import Suspension
from caller.engine.tickets import Ticket, TicketState
from caller.engine.windows import WindowState
from caller.protocol.case_documents import CollectedCase
from caller.protocol.documents import (
    CurrentTicket,
    EndedTicketView,
    ParkedRow,
    QueueCount,
    QueuedTicket,
    TicketView,
    WindowView,
)
from caller.protocol.station_documents import JobLine, JobsView
from caller.views.case_papers import notice_view, rating_state
from caller.views.cases import ending_view, window_case_counts
from caller.views.guide import marks, messages, then
from caller.views.public import (
    alarm_line,
    back_at,
    pause_reason,
    shown_queues,
    window_names,
    window_state,
)
from caller.views.receipts import answer_line
from caller.views.standstill import closing_line, doubts, notices, suspension_line
from caller.views.stations import is_dark, month_shown
from caller.views.verbs import verbs
from config.hall_lists import find
from config.instants import Micros
from config.setting_types import ScreenKind
from config.settings import agents
from config.text_safety import for_page

NEXT_MAX = 10  # rows of "who waits" a clerk can take in
ROWS_MAX = 20  # held or missed rows of a window


def window_view(hall: Hall, key: str, now: Micros) -> WindowView:
    window, place = hall.state.windows[key], hall.window_settings[key]
    waiting = queueing.in_order(hall.lines, key, window.serves, NEXT_MAX, now)
    held, missed = _parked(hall, window, "held"), _parked(hall, window, "missed")
    queues = {id: _queue_count(hall, id) for id in shown_queues(hall, window)}
    reason, reason_en = pause_reason(hall, window)
    document: WindowView = {
        "window": key, "name": for_page(place.name), "name_en": for_page(place.name_en), "kind": place.kind,
        "phone": for_page(place.phone), "department": place.department,
        "settings": in_force(hall).version, "version": window.version, "state": window_state(hall, window), "clerk": for_page(window.clerk),
        "reason": reason, "reason_en": reason_en, "back": back_at(hall, window, now), "since": window.since, "served": window.served,
        "waiting": sum(each["waiting"] for each in queues.values()),
        "next": [_queued(hall.state.tickets[each.ticket]) for each in waiting],
        "queues": queues, "held": held, "missed": missed,
        "verbs": verbs(hall, window, bool(waiting or held or missed), now),
        "outcomes": list(outcomes.choices(hall, key, None)), "messages": messages(hall, window),
    }  # fmt: skip
    stopped = [each for each in hall.state.suspended.values() if _concerns(hall, window, each)]
    if stopped:
        document["suspended"] = [suspension_line(hall, each) for each in stopped]
    if window.state != "closed" and (closing := closing_line(hall, document["waiting"], now, key)):
        document["closing"] = closing
    if window.ticket:
        ticket = hall.state.tickets[window.ticket]
        ending = ending_view(hall, window, ticket)
        document["ticket"], document["ending"] = _current(hall, ticket), ending
        document["outcomes"] = list(ending["outcomes"])
    if last := receptions.correctable(hall, window, now):
        document["ended"] = {
            "ticket": last.ticket, "number": last.number, "outcome": cast(Outcome, last.outcome), "until": last.correct_until,
            "ending": ending_view(hall, window, receptions.ended_ticket(hall, last)),
        }  # fmt: skip
    if awards := performance.shown_awards(hall, key):
        document["awards"] = awards
    if "month" in (shown := month_shown(hall, key)):
        document["month"] = shown["month"]
    if is_dark(hall, "tablet", key, now):
        document["dark"] = True
    if hall.settings.cases.enabled:
        document["cases"] = window_case_counts(hall, key, now)
    if fees.takes_fees(hall, key):
        document["fees"] = len(fees.of_window(hall, key))
    if window.alarm:
        document["alarm"] = alarm_line(window.alarm)
    _add_rating(hall, window, document, now)
    return document


def _concerns(hall: Hall, window: WindowState, suspension: Suspension) -> bool:
    """Return whether a suspension is of the hall, or of what this window serves."""
    if suspension.scope == "hall":
        return True
    item = hall.items.get(suspension.id)
    queue = suspension.id if suspension.scope == "queue" else item.queue if item else ""
    return queue in shown_queues(hall, window)


def _queue_count(hall: Hall, id: str) -> QueueCount:
    table = hall.queues.get(id)
    return {
        "name": for_page(table.name) if table else id, "name_en": for_page(table.name_en) if table else "",
        "waiting": hall.waiting.get(id, 0),
    }  # fmt: skip


def _queued(ticket: Ticket) -> QueuedTicket:
    return {
        "ticket": ticket.id, "number": ticket.number, "queue": ticket.queue, "priority": ticket.priority,
        "items": ticket.items, "issued": ticket.issued, "bound": bool(ticket.bound), "entrusted": bool(ticket.client),
        **marks(ticket),
    }  # fmt: skip


def _parked(hall: Hall, window: WindowState, state: str) -> list[ParkedRow]:
    """Return the held or missed tickets this window may call back, the newest first."""
    parked, id = hall.parked_tickets(state), window.id
    rows = [each for each in parked if each.queue in window.serves or each.window == id]
    rows.sort(key=lambda ticket: -ticket.since)
    return [{**_queued(ticket), "since": ticket.since} for ticket in rows[:ROWS_MAX]]


def _current(hall: Hall, ticket: Ticket) -> CurrentTicket:
    current: CurrentTicket = {
        **_queued(ticket), "since": ticket.since, "queue_name": for_page(hall.queue_name(ticket.queue)),
        "recalls": ticket.recalls, "state": cast(TicketState, ticket.state), "come_back": ticket.come_back,
        "errand": ticket.errand, "others": [
            {"number": each.number, "state": cast(TicketState, each.state), "queue": each.queue, "queue_name": for_page(hall.queue_name(each.queue))}
            for each in takeovers.others_of(hall, ticket)
        ],
    }  # fmt: skip
    if stops := then(hall, ticket):
        current["then"] = stops
    return current


def _add_rating(hall: Hall, window: WindowState, document: WindowView, now: Micros) -> None:
    """Add `rating` while the evaluator may ask, `rated` once the last visit has been rated; likewise of its case."""
    visit = hall.register.visits.get(window.last)
    if visit is None:
        return
    if visit.level:
        document["rated"] = {"ticket": window.last, "level": visit.level}
    elif (until := rating_of(hall, window.last, visit, "evaluator").due) > now and not window.ticket:
        document["rating"] = {"ticket": window.last, "number": visit.number, "until": until}
    row = case_ratings.collected_case(hall, visit)
    if row and not window.ticket and case_ratings.rateable(hall, row, now):
        until = case_ratings.question_until(hall, window.last, visit)
        if until > now:
            document["case_rating"] = {"ticket": window.last, "number": row.number, "until": until}


# --- one ticket


def ticket_view(hall: Hall, key: str, now: Micros) -> TicketView | EndedTicketView:
    """Return the document of a ticket.

    Raises:
        KeyError: no ticket of today, no rateable visit and no follow-up has this id.
    """
    ticket = hall.state.tickets.get(key)
    if ticket is None:
        return _of_an_earlier_day(hall, key, now)
    queue = hall.queues.get(ticket.queue)
    serving = [each for each in hall.settings.windows if ticket.queue in hall.state.windows[each.id].serves]
    back = {each.id: back_at(hall, hall.state.windows[each.id], now) for each in serving}
    suspension = hall.suspension(ticket) if ticket.state == "waiting" else None
    low, high = (-1, -1)
    if ticket.state == "waiting" and not suspension:
        low, high = hall.band(ticket.queue, returning.turn(hall, ticket).promise)
    document: TicketView = {
        **_ended(hall, key, ticket.number, ticket.window, now),
        "state": cast(TicketState, ticket.state), "queue": ticket.queue, "queue_name": for_page(hall.queue_name(ticket.queue)),
        "queue_name_en": for_page(queue.name_en) if queue else "",
        "priority": ticket.priority, "items": ticket.items, "ahead": ahead(hall, ticket, now),
        "low": low, "high": high, "assistance": cast(Assistance, ticket.assistance),
        "windows": [for_page(each.name) for each in serving],
        "back": {id: clock for id, clock in back.items() if clock},
        "call": ticket.call, "issued": ticket.issued, "not_before": ticket.not_before, "day": hall.state.day.label,
        "missed_can_return": ticket.state == "missed" and ticket.requeues < hall.settings.rules.requeue_max,
    }  # fmt: skip
    if ticket.outcome:
        document["outcome"] = cast(Outcome, ticket.outcome)
    if to := find(hall.settings, "elsewhere", ticket.sent_to):
        document["sent_to"], document["sent_to_en"] = for_page(to.name), for_page(to.name_en)
    if ticket.merged:
        document["merged"] = ticket.merged
    if stops := then(hall, ticket):
        document["then"] = stops
    if ticket.state != "waiting":
        return document
    if ticket.arrive_by:
        document["arrive_by"] = ticket.arrive_by
    if said := notices(hall, now, ticket.queue):
        document["said"] = said
    if suspension:
        document["suspended"] = suspension_line(hall, suspension)
        return document
    return {**document, **doubts(hall, ticket.queue, returning.turn(hall, ticket).promise, now)}


class _Receipt(TypedDict):
    receipt: NotRequired[int]
    added: NotRequired[int]
    case: NotRequired[CollectedCase]


def _ended(hall: Hall, key: str, number: str, window: str, now: Micros) -> EndedTicketView:
    name, name_en = window_names(hall, window)
    visit = hall.register.visits.get(key)
    receipt: _Receipt = {"receipt": visit.rated, "added": visit.added} if visit and visit.rated else {}
    if row := case_ratings.collected_case(hall, visit):
        rating = rating_state(hall, row, now)
        receipt["case"] = {"number": row.number, "rating": rating, "receipt": row.rated, "added": row.added}
    return {
        **receipt,
        "ticket": key, "number": number, "state": "served", "window": window,
        "window_name": name, "window_name_en": name_en,
        "rateable": visit is not None and not visit.level and not overdue(rating_of(hall, key, visit, "phone"), now),
        "rated": visit is not None and bool(visit.level),
        "answers": [answer_line(row) for row in followups.of_ticket(hall, key) if row.kind == "rating"],
    }  # fmt: skip


def _of_an_earlier_day(hall: Hall, key: str, now: Micros) -> EndedTicketView:
    if visit := hall.register.visits.get(key):
        return _ended(hall, key, visit.number, visit.window, now)
    rows = followups.of_ticket(hall, key)
    if not rows:
        raise KeyError(key)
    return _ended(hall, key, rows[0].ticket_number, rows[0].window, now)


def ahead(hall: Hall, ticket: Ticket, now: Micros) -> int:
    """Return how many people are called before this ticket; 0 once it is called."""
    if ticket.state != "waiting":
        return 0
    if hall.suspension(ticket):
        line = hall.line_of(ticket)
        place, more = line.turn(hall.queue_entry(ticket))
        return line.ahead(place, now) + more
    return hall.ahead(hall.queue_entry(ticket), ticket.bound, now)


# --- jobs of a station


def jobs_view(hall: Hall, key: str, now: Micros) -> JobsView:
    """Return the jobs of one station.

    Raises:
        KeyError: no station that does jobs has this name.
    """
    if not takes_jobs(hall.settings, key):
        raise KeyError(key)
    jobs = hall.state.jobs.values()
    view: JobsView = {
        "station": key,
        "jobs": {job.id: _job(hall, job, now) for job in jobs if job.station == key},
    }
    kind: ScreenKind = "kiosk" if any(each.id == key for each in hall.settings.kiosks) else "pc"
    if kind == "pc" and key not in agents(hall.settings):
        return view  # the web process and its like turn no screen
    dark = is_dark(hall, kind, key, now)
    return view if dark is None else {**view, "dark": dark}


def _job(hall: Hall, job: Job, now: Micros) -> JobLine:
    line: JobLine = {
        "kind": cast(JobKind, job.kind), "device": job.device, "state": job.state, "requested": job.requested,
        "until": job.until, "by": job.by, "detail": for_page(job.detail),
    }  # fmt: skip
    if job.notice and job.state in LIVE_JOBS:
        with suppress(KeyError):  # the case is gone: the station says that there is nothing to print
            line["notice"] = notice_view(hall, f"{job.notice}.{job.about}", now)
    if job.kind.startswith(("volume", "brightness")):
        line["percent"] = job.percent
    ticket = hall.state.tickets.get(job.ticket)
    if ticket is not None and job.state in LIVE_JOBS:
        low, high = hall.band(ticket.queue, returning.turn(hall, ticket).promise)
        line["slip"] = {
            "ticket": ticket.id, "number": ticket.number, "queue": ticket.queue, "priority": ticket.priority,
            "items": ticket.items, "issued": ticket.issued, "ahead": ahead(hall, ticket, now), "low": low, "high": high,
        }  # fmt: skip
        if stops := then(hall, ticket):
            line["slip"]["then"] = stops
    return line
