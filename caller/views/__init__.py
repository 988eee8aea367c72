"""What a station sees: the hall as one JSON document per topic. Pure.

`TOPICS` is the table: per topic its document types, its builder and its text in docs/wire.md. `topics` returns which
documents a batch of events has changed, `build` makes one anew, and the wire sends the difference as an RFC 7396
patch; so documents are objects keyed by id wherever a part changes alone, and hold no nulls. Boards, signs and voice
get numbers only. Which role may watch which topic is decided in `caller.protocol.permissions`.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, get_args

from caller.engine import deadlines, feedback, followups
from caller.engine import events as ev
from caller.engine import rating_messages as rating
from caller.engine.hall import Hall
from caller.engine.hall_events import ClerkRelieved, OutcomeCorrected, QueuesSet, TicketMerged
from caller.engine.lease_terms import SheetClosed
from caller.engine.performance_messages import AwardsPublished, PerformanceEvent
from caller.engine.station_jobs import takes_jobs
from caller.protocol import (
    case_documents,
    desk_documents,
    documents,
    feedback_documents,
    guidance,
    rating_documents,
    station_documents,
    supervision,
)
from caller.views import receipts
from caller.views.case_papers import notice_view, progress_view
from caller.views.cases import case_id, case_topics, case_view, cases_view
from caller.views.clerk_day import clerk_day_view
from caller.views.guide import find_view, guide_view, sheet_view
from caller.views.public import board_view, kiosk_view, person_view, shown_queues
from caller.views.rectifications import rectifications_view, rectified_view
from caller.views.settings import settings_view
from caller.views.stations import stations_view
from caller.views.supervise import HEALTHY, ServiceHealth, alerts, devices_view, supervise_view
from caller.views.window import ahead, jobs_view, ticket_view, window_view
from config.instants import Micros

__all__ = [
    "TOPICS",
    "AnyView",
    "ServiceHealth",
    "ahead",
    "alerts",
    "build",
    "exists",
    "topics",
]

AnyView = (
    documents.BoardView
    | documents.WindowView
    | desk_documents.ClerkDayView
    | documents.TicketView
    | documents.EndedTicketView
    | documents.KioskView
    | documents.PersonView
    | supervision.SuperviseView
    | supervision.DevicesView
    | supervision.StationsView
    | station_documents.JobsView
    | supervision.FollowUpsView
    | station_documents.SettingsView
    | station_documents.QuestionsView
    | guidance.GuideView
    | guidance.FindView
    | guidance.SheetView
    | case_documents.CasesView
    | case_documents.WindowCasesView
    | case_documents.CaseView
    | case_documents.NoticeView
    | case_documents.ProgressView
    | feedback_documents.AnswersView
    | feedback_documents.ReceiptView
    | rating_documents.RectificationsView
    | rating_documents.RectifiedView
    | documents.SlotsView
    | documents.BookingView
)


class TopicBuilder(NamedTuple):
    """One row of the table, named by the first part of the topic; `form` is how stations write it."""

    form: str
    types: tuple[type, ...]
    about: str


TOPICS: dict[str, TopicBuilder] = {
    "board": TopicBuilder("board", (documents.BoardView,), "what the hall shows: calls, windows, queues, notices, who is on duty"),
    "window": TopicBuilder("window/ID", (documents.WindowView,), "one window: its ticket, who is next, held, missed, what may be pressed, what to rate"),
    "clerk-day": TopicBuilder("clerk-day/WINDOW", (desk_documents.ClerkDayView,), "the own day of the clerk at a window: receptions, outcomes, ratings, follow-ups; from the state, not from records.db"),
    "kiosk": TopicBuilder("kiosk", (documents.KioskView,), "which queues give numbers, and the wait"),
    "ticket": TopicBuilder("ticket/ID", (documents.TicketView, documents.EndedTicketView), "one applicant's place in line"),
    "person": TopicBuilder("person/HASH", (documents.PersonView,), "what the holder of an ID card has booked for today; HASH is the card's keyed hash"),
    "supervise": TopicBuilder("supervise", (supervision.SuperviseView,), "windows, queues, devices, ratings, alerts, each with its light"),
    "devices": TopicBuilder("devices", (supervision.DevicesView,), "the hall's devices and their state"),
    "stations": TopicBuilder("stations", (supervision.StationsView,), "the enrolled stations: who is connected, since when, in which version"),
    "jobs": TopicBuilder("jobs/STATION", (station_documents.JobsView,), "what an agent or a kiosk is asked to do, such as print a slip at a window, and what became of it"),
    "followups": TopicBuilder("followups", (supervision.FollowUpsView,), "complaints, other feedback and bad ratings; followups/STAFF: as that person sees them, who is signed in: without complaints about them"),
    "answers": TopicBuilder("answers/ID", (feedback_documents.AnswersView,), "what the hall owes an answer to about one visit, for who holds its slip"),
    "feedback": TopicBuilder("feedback/CODE", (feedback_documents.ReceiptView,), "what the holder of a receipt's code may know of a complaint and the like"),
    "rectifications": TopicBuilder("rectifications", (rating_documents.RectificationsView,), "bad ratings that are being put right, with their steps, and the counts of each month"),
    "rectified": TopicBuilder("rectified", (rating_documents.RectifiedView,), "what the public sees of that: counts, exclusions, and what was published"),
    "cases": TopicBuilder("cases", (case_documents.CasesView, case_documents.WindowCasesView), "the hall's cases by light, and those that are due first; cases/WINDOW: those of one window"),
    "case": TopicBuilder("case/ID", (case_documents.CaseView,), "one case with its steps"),
    "notice": TopicBuilder("notice/KIND.ID", (case_documents.NoticeView,), "the facts of a notice to print, about a voucher (its id or its code) or a case"),
    "progress": TopicBuilder("progress/CODE", (case_documents.ProgressView,), "what the holder of a receipt's code may know of the case"),
    "slots": TopicBuilder("slots/ITEM", (documents.SlotsView,), "the slots for which an item may be booked now, and how many bookings each still takes"),
    "booking": TopicBuilder("booking/CODE", (documents.BookingView,), "what the holder of a booking's code may know of it"),
    "settings": TopicBuilder("settings", (station_documents.SettingsView,), "the settings in force, for the programs of the hall: names, items, devices; a new version comes as a patch"),
    "questions": TopicBuilder("questions", (station_documents.QuestionsView,), "the questions and answers that the hall has published, for kiosks, which keep them"),
    "guide": TopicBuilder("guide", (guidance.GuideView,), "the hall as the guide desk sees it: waits, windows, printers, who is to be fetched"),
    "sheet": TopicBuilder("sheet", (guidance.SheetView,), "the emergency sheet: who waits in which order, and the numbers kiosks give while they are cut off"),
    "find": TopicBuilder("find/KEY", (guidance.FindView,), "tickets of today by KEY: a number or its beginning (A042, A0; 42 for every queue), a ticket's id, or a person's keyed hash"),
}  # fmt: skip
_BUILDERS: dict[str, Callable[[Hall, str, Micros], AnyView]] = {
    "board": board_view,
    "window": window_view,
    "clerk-day": clerk_day_view,
    "ticket": ticket_view,
    "kiosk": kiosk_view,
    "person": person_view,
    "devices": devices_view,
    "jobs": jobs_view,
    "followups": receipts.followups_view,
    "rectifications": rectifications_view,
    "rectified": rectified_view,
    "settings": settings_view,
    "guide": guide_view,
    "find": find_view,
    "sheet": sheet_view,
    "cases": cases_view,
    "case": case_view,
    "notice": notice_view,
    "progress": progress_view,
    "answers": receipts.answers_view,
    "feedback": receipts.receipt_view,
    "slots": receipts.slots_view,
    "booking": receipts.booking_view,
}

_PUBLIC = frozenset(
    {"board", "kiosk", "supervise", "guide", "sheet"}
)  # an event of the hall may change any of these
_UNSEEN = frozenset({ev.Administered, *get_args(PerformanceEvent)} - {AwardsPublished})  # shown nowhere
_DEVICES = frozenset({ev.SlipReported, ev.DeviceReported})
_DUTIES = frozenset(
    {
        ev.DeadlineOverdue, ev.DueDateSet, ev.FollowUpOpened, ev.FollowUpMoved, ev.FollowUpTold, rating.RectificationMoved,
        rating.RatingAppealed, rating.ContactLeft, rating.RatingAddedTo,
    }
)  # fmt: skip
_EVERY_WINDOW = frozenset(
    {
        ev.DayOpened, ev.HoursExtended, ev.DayClosed, ev.DayReopened, ev.WindowClosed, ev.Suspended, ev.SuspensionLifted,
        AwardsPublished, SheetClosed,
    }
)  # fmt: skip
# Those who wait are told of: what stands still, and whether a window is there for their queue.
_FOR_ALL_WHO_WAIT = frozenset(
    {
        ev.Suspended, ev.SuspensionLifted, ev.WaitingNotified,
        ev.WindowOpened, ev.WindowPaused, ev.WindowResumed, ev.WindowClosed, QueuesSet, ClerkRelieved,
    }
)  # fmt: skip
_CASES = frozenset(
    {
        ev.CaseOpened, ev.CaseMoved, ev.CaseDone, ev.CaseVoided, rating.CaseRated, ev.PapersAsked, ev.PapersCompleted, ev.PapersVoided,
    }
)  # fmt: skip
_MOVED = frozenset({ev.TicketTransferred, ev.TicketReturned})
_JOBS = frozenset({ev.JobRequested, ev.JobTaken, ev.JobEnded})
_CLERK_DAYS = frozenset(
    {
        ev.DayOpened, ev.ServiceFinished, ev.TicketReturned, OutcomeCorrected, ev.ServiceRated, ev.WindowOpened,
        ev.WindowClosed, ev.FollowUpOpened, ClerkRelieved, ev.FeeTaken, ev.FeeCorrected,
    }
)  # fmt: skip
_WINDOWS = {  # by kind, the fields that name a window
    kind: tuple(name for name in ("window", "from_window") if name in kind.__struct_fields__)
    for kind in get_args(ev.AnyEvent)
}
_ABOUT_A_TICKET = frozenset(kind for kind in _WINDOWS if "ticket" in kind.__struct_fields__)


def build(hall: Hall, topic: str, now: Micros, health: ServiceHealth = HEALTHY) -> AnyView:
    """Return the document of a topic as the hall stands; `health` shows in supervision and the list of stations, and holds
    the published questions.

    Raises:
        KeyError: there is no such topic.
    """
    if topic == "supervise":
        return supervise_view(hall, now, health)
    if topic == "stations":
        return stations_view(hall, now, health.stations)
    if topic == "questions":
        return {"questions": health.questions}
    name, _, key = topic.partition("/")
    return _BUILDERS[name](hall, key, now)


def exists(hall: Hall, topic: str) -> bool:
    """Return whether `build` would find the topic. A person's topic always exists: it must not tell who is known."""
    name, _, key = topic.partition("/")
    match name:
        case "window" | "clerk-day":
            return key in hall.state.windows and key in hall.window_settings
        case "ticket" | "answers":
            known = key in hall.state.tickets or key in hall.register.visits
            return known or bool(followups.of_ticket(hall, key))
        case "feedback":
            return feedback.by_code(hall, key) is not None
        case "slots":
            return key in hall.items
        case "booking":
            return receipts.by_code(hall, key) is not None
        case "jobs":
            return takes_jobs(hall.settings, key)
        case "cases":
            return not key or key in hall.state.windows
        case "case" | "notice" | "progress":
            return _has(hall, name, key)
        case _:
            return name in TOPICS


def _has(hall: Hall, name: str, key: str) -> bool:
    """Return whether a topic of a case would be found."""
    if name == "progress":
        return key in hall.register.case_index.codes
    about = case_id(hall, key) if name == "case" else key.partition(".")[2]
    vouchers = hall.register.vouchers, hall.register.voucher_codes
    return about in hall.register.cases or (name == "notice" and any(about in each for each in vouchers))


def topics(hall: Hall, events: Iterable[ev.AnyEvent]) -> set[str]:
    """Return the topics whose documents these events, already applied, may have changed.

    A person's topic and what a guide looks for are never among them: they change with time as well and are watched for
    seconds, so the caller makes them anew with every beat.
    """
    changed: set[str] = set()
    queues: set[str] = set()
    for event in events:
        kind = type(event)
        if kind in _UNSEEN:
            continue
        if kind is ev.SettingsChanged:
            changed |= _all_topics(hall)
            continue
        if kind in _CLERK_DAYS:
            changed |= _clerk_days(hall, event)
        if type(event) in _DUTIES:
            changed |= {"supervise", "followups", "rectifications", "rectified"}
            if isinstance(event, rating.RatingAddedTo):
                changed |= _rated_now(hall, event.case, event.ticket)
            if getattr(event, "kind", "") in deadlines.OF_CASES:
                changed |= case_topics(hall, event.owner)  # type: ignore[union-attr]
            row = hall.register.follow_ups.get(getattr(event, "follow_up", "") or getattr(event, "owner", ""))
            if row and row.case:
                changed |= case_topics(hall, row.case)
            if row:
                about = row.ticket or row.id
                changed |= {f"ticket/{about}", f"answers/{about}", f"feedback/{row.code}"}
                changed |= _days_of(hall, row.clerk)
            continue
        if kind in _CASES:
            changed |= _rated_now(hall, getattr(event, "case", ""), getattr(event, "ticket", ""))
            continue
        if type(event) in _DEVICES:
            changed |= {"supervise", "devices", "guide"}
            continue
        if kind in _JOBS:
            if job := hall.state.jobs.get(getattr(event, "job", "")):
                changed.add(f"jobs/{job.station}")
            continue
        changed |= _PUBLIC
        if kind in _FOR_ALL_WHO_WAIT:
            changed |= {f"ticket/{ticket.id}" for ticket in hall.live() if ticket.state == "waiting"}
        if kind is TicketMerged:
            changed.add(f"ticket/{event.into}")  # type: ignore[union-attr]
        queue = _queue_changed(hall, event, changed)
        if queue is not None:
            queues.add(queue)
        for field in _WINDOWS[kind]:
            if name := getattr(event, field):
                changed.add(f"window/{name}")
    return changed | _windows_that_see(hall, queues) if queues else changed


def _rated_now(hall: Hall, case: str, ticket: str) -> set[str]:
    """Return the topics that show a case, and that of the slip with which something was done about it."""
    return case_topics(hall, case) | ({f"ticket/{ticket}"} if ticket else set[str]())


def _clerk_days(hall: Hall, event: ev.AnyEvent) -> set[str]:
    """Return the topics of the clerks' own days that an event changes: of its clerk, or of who sits at its window."""
    if type(event) is ev.DayOpened:
        return {f"clerk-day/{id}" for id in hall.state.windows}
    here = {getattr(event, name, "") for name in ("window", "from_window")}
    clerk = getattr(event, "clerk", "")
    return _days_of(hall, clerk) if clerk else {f"clerk-day/{id}" for id in here & hall.state.windows.keys()}


def _days_of(hall: Hall, clerk: str) -> set[str]:
    return {
        f"clerk-day/{window.id}" for window in hall.state.windows.values() if clerk and window.clerk == clerk
    }


def _all_topics(hall: Hall) -> set[str]:
    """Return every topic that shows settings. Tickets' documents are made anew with the next beat."""
    plain = {name for name, topic in TOPICS.items() if topic.form == name}
    agents = {f"jobs/{device.agent}" for device in hall.settings.devices}
    return plain | agents | {f"window/{id}" for id in hall.state.windows}


def _queue_changed(hall: Hall, event: ev.AnyEvent, changed: set[str]) -> str | None:
    """Add the event's ticket to `changed`. Return the queue in which it changed the waiting tickets; "" for a queue that
    cannot be found any more and for events that concern every window; None for no queue."""
    # The day opens every window's sign-in and closes every figure, and its end is told at each; a closed window frees the tickets bound to it.
    kind = type(event)
    if kind in _EVERY_WINDOW:
        return ""
    if kind not in _ABOUT_A_TICKET or not (ticket := getattr(event, "ticket", "")):
        return None
    topic = f"ticket/{ticket}"
    known = hall.state.tickets.get(ticket)
    # A changed ticket has left a queue that it no longer names.
    moved = kind is ev.TicketChanged or (kind in _MOVED and topic in changed)
    changed.add(topic)
    return known.queue if known and not moved else ""


def _windows_that_see(hall: Hall, queues: set[str]) -> set[str]:
    """Return the windows whose documents show one of these queues; all of them where "" is among them."""
    everywhere, windows = "" in queues, hall.state.windows.values()
    seeing = (w for w in windows if everywhere or w.reset or not queues.isdisjoint(shown_queues(hall, w)))
    return {f"window/{w.id}" for w in seeing}
