"""The guide desk: the hall at a glance, and what is found under a number, a ticket, or a person.

`guide` is one document for every guide: waits, windows, printers, and who is to be fetched. `find/KEY` is what one
guide looks for: KEY is a number or the beginning of one ("A042", "A0", or 42 for every queue's), a ticket's id, or the
keyed hash that an ID number gives. It always exists, as a person's topic does, and is made anew with every beat.
"""

import re
from collections.abc import Callable, Iterable
from typing import NotRequired, TypedDict, cast

from caller.engine import commands as cmd
from caller.engine import guide_commands as guide
from caller.engine import returning, visit_order
from caller.engine.commands import DeviceState
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.guide_commands import Assistance, PapersMark
from caller.engine.hall import Hall
from caller.engine.lease_terms import Lease, UncheckedRule
from caller.engine.numbering import written
from caller.engine.queueing import bound_line
from caller.engine.refusals import Refused
from caller.engine.settings_change import in_force
from caller.engine.tickets import AT_WINDOW, LIVE, Ticket, TicketState
from caller.engine.windows import WindowState
from caller.protocol.document_parts import LaterStop, SentMessage, TicketMarks, VerbState
from caller.protocol.documents import KioskQueueLine
from caller.protocol.guidance import (
    AssistanceLine,
    FindView,
    FoundAppointment,
    FoundTicket,
    GuidePrinter,
    GuideQueue,
    GuideView,
    GuideWindow,
    SheetRange,
    SheetView,
)
from caller.views.public import kiosk_view, person_view, shown_queues, why_not, window_line
from config.hall_lists import find
from config.instants import SECOND, Micros
from config.settings import agent_printers, agents
from config.text_safety import for_page

CARD_SECONDS = 60  # so long a card counts as lying there: a page that was away shows nobody's numbers later
FOUND_MAX = 20  # rows; a guide who sees more types one more digit
TICKET_ID = re.compile(r"[0-9a-fA-F-]{32,36}")
PERSON = re.compile(r"[0-9a-f]{64}(\.[0-9a-f]{64})?")
NUMBER = re.compile(r"[A-Z]{0,2}[0-9]{0,6}")


# --- what others show as well


def marks(ticket: Ticket) -> TicketMarks:
    """Return what is noted on a ticket."""
    noted: TicketMarks = {
        "papers": cast(PapersMark, ticket.papers),
        "assistance": cast(Assistance, ticket.assistance),
    }
    return {**noted, **_alone(ticket)}


class _Alone(TypedDict):
    alone: NotRequired[list[UncheckedRule]]


def _alone(ticket: Ticket) -> _Alone:
    return {"alone": cast(list[UncheckedRule], ticket.unchecked)} if ticket.kiosk else {}


def messages(hall: Hall, window: WindowState) -> list[SentMessage]:
    """Return the messages its clerk has not read; one that the hall's list has lost is shown by its code."""
    lines: list[SentMessage] = []
    for each in window.messages:
        known, about = find(hall.settings, "message", each.code), hall.state.tickets.get(each.ticket)
        lines.append({
            "message": each.id, "code": each.code, "name": for_page(known.name) if known else each.code,
            "name_en": for_page(known.name_en) if known else "", "number": about.number if about else "",
            "at": each.at, "by": each.by,
        })  # fmt: skip
    return lines


# --- the hall at a glance


def guide_view(hall: Hall, _key: str, now: Micros) -> GuideView:
    kiosk = kiosk_view(hall, "", now)
    queues = {id: _queue(hall, id, line) for id, line in kiosk["queues"].items()}
    return {
        "settings": in_force(hall).version, "day": hall.state.day.label, "phase": kiosk["phase"], "queues": queues,
        "windows": {id: _window(hall, id, now) for id in hall.window_settings},
        "printers": _printers(hall),
        "assistance": {ticket.id: _assistance(ticket) for ticket in hall.live() if ticket.assistance},
    }  # fmt: skip


def _queue(hall: Hall, id: str, line: KioskQueueLine) -> GuideQueue:
    return {
        "waiting": line["waiting"], "low": line["low"], "high": line["high"], "open": line["open"],
        "zh": line.get("zh", ""), "en": line.get("en", ""),
        "windows": [window for window, _ in hall.windows_serving(id)],
    }  # fmt: skip


def _window(hall: Hall, id: str, now: Micros) -> GuideWindow:
    window, line = hall.state.windows[id], window_line(hall, id, now)
    bound = hall.lines.get(bound_line(id), ())
    queues = list(shown_queues(hall, window))
    waiting = sum(hall.waiting.get(queue, 0) for queue in window.serves)
    elsewhere = sum(each.queue not in window.serves for each in bound)
    shown: GuideWindow = {
        "name": line["name"], "name_en": line["name_en"], "kind": line["kind"], "state": line["state"],
        "number": line["number"], "reason": line["reason"], "reason_en": line["reason_en"],
        "clerk": for_page(window.clerk), "queues": queues, "waiting": waiting + elsewhere,
        "free": window.state == "open" and not window.ticket,
        "since": max(window.since, window.freed) if not window.ticket else hall.state.tickets[window.ticket].since,
        "unread": len(window.messages),
    }  # fmt: skip
    if window.card and now - window.card.at < CARD_SECONDS * SECOND:
        shown["card"] = {"person": window.card.person, "at": window.card.at}
    return shown


def _printers(hall: Hall) -> dict[str, GuidePrinter]:
    settings, known = hall.settings, hall.register.devices
    asked = {each.name for pc in agents(settings) for each in agent_printers(settings, pc)}
    on_kiosk = {name: kiosk.id for kiosk in settings.kiosks for name in kiosk.printers}
    return {
        each.name: {
            "station": on_kiosk.get(each.name, each.agent), "prints": each.name in asked,
            "state": cast(DeviceState, known[each.name].state if each.name in known else "unknown"),
        }
        for each in settings.devices
        if each.kind == "printer"
    }  # fmt: skip


def _assistance(ticket: Ticket) -> AssistanceLine:
    return {
        **marks(ticket), "number": ticket.number, "state": cast(TicketState, ticket.state),
        "window": ticket.window if ticket.state in AT_WINDOW else "", "since": ticket.since,
    }  # fmt: skip


# --- the emergency sheet


def sheet_view(hall: Hall, _key: str, _now: Micros) -> SheetView:
    table, state = hall.settings.hall, hall.state
    waiting = (ticket for ticket in hall.live() if ticket.state == "waiting")
    names = {each.id: each.name for each in hall.settings.kiosks}
    return {
        "hall": for_page(table.name), "hall_en": for_page(table.name_en), "day": state.day.label, "zone": table.zone,
        "at": state.now,
        "queues": {
            id: {"name": for_page(each.name), "name_en": for_page(each.name_en)} for id, each in hall.queues.items()
        },
        "windows": {id: list(each.serves) for id, each in state.windows.items() if each.serves},
        "waiting": {
            each.id: {
                "number": each.number, "queue": each.queue, "promise": each.promise, "back": each.on_sheet, **_alone(each),
            }
            for each in waiting
        },
        "kiosks": {
            lease.kiosk: {
                "name": for_page(names.get(lease.kiosk, "")), "until": lease.until, "ranges": _ranges(hall, lease),
            }
            for lease in state.leases.values()
            if not lease.ended
        },
    }  # fmt: skip


def _ranges(hall: Hall, lease: Lease) -> list[SheetRange]:
    """Return the ranges of a lease as they are printed."""

    def printed(queue: str, serial: int) -> str:
        return written("ticket", queue, serial, hall.queues[queue].digits if queue in hall.queues else 1)

    return [
        {
            "queue": each.queue,
            "first": printed(each.queue, each.first),
            "last": printed(each.queue, each.last),
        }
        for each in lease.ranges
    ]


# --- finding


def find_view(hall: Hall, key: str, now: Micros) -> FindView:
    found = sorted(_found(hall, key), key=lambda ticket: (ticket.state not in LIVE, -ticket.issued))
    listed = [_found_ticket(hall, ticket, now) for ticket in found[:FOUND_MAX]]
    if len(listed) == 1:
        listed[0]["verbs"] = {kind: _tried(hall, found[0], kind, now) for kind in TRIALS}
    booked = _appointments(hall, key, now) if PERSON.fullmatch(key) else {}
    return {"tickets": listed, "more": len(found) - len(listed), "appointments": booked}


def _found(hall: Hall, key: str) -> Iterable[Ticket]:
    tickets = hall.state.tickets
    if PERSON.fullmatch(key):
        wanted = set(cmd.person_hashes(key))
        return [each for each in tickets.values() if wanted & {each.person, each.client} - {""}]
    if TICKET_ID.fullmatch(key):
        return [tickets[key]] if key in tickets else []
    number = key.upper()
    if not number or not NUMBER.fullmatch(number):
        return []
    if number.isdigit():
        return [each for each in tickets.values() if each.serial == int(number)]
    same = [each for each in tickets.values() if each.number == number]
    return same or [each for each in tickets.values() if each.number.startswith(number)]


def _found_ticket(hall: Hall, ticket: Ticket, now: Micros) -> FoundTicket:
    waits = ticket.state == "waiting"
    low, high = hall.band(ticket.queue, returning.turn(hall, ticket).promise) if waits else (-1, -1)
    found: FoundTicket = {
        **marks(ticket), "ticket": ticket.id, "number": ticket.number, "state": cast(TicketState, ticket.state), "queue": ticket.queue,
        "priority": ticket.priority, "items": ticket.items, "issued": ticket.issued, "since": ticket.since,
        "window": ticket.window, "bound": ticket.bound, "entrusted": bool(ticket.client),
        "ahead": hall.ahead(hall.queue_entry(ticket), ticket.bound, now) if waits else 0, "low": low, "high": high,
    }  # fmt: skip
    if stops := then(hall, ticket):
        found["then"] = stops
    return found


def then(hall: Hall, ticket: Ticket) -> list[LaterStop]:
    """Return where a visit goes on after the place it waits for or is at."""
    if ticket.state not in LIVE or len(ticket.pending) < 2:
        return []
    return [
        {"queue": each.queue, "items": list(each.items)} for each in visit_order.later_stops(hall, ticket)
    ]


def _appointments(hall: Hall, key: str, now: Micros) -> dict[str, FoundAppointment]:
    return {
        each["appointment"]: {
            "item": each["item"], "queue": each["queue"], "slot": each["slot"], "open": each["open"],
            "zh": each.get("zh", ""), "en": each.get("en", ""),
        }
        for each in person_view(hall, key, now)["appointments"]
    }  # fmt: skip


# A command of each kind as the guide would send it about this ticket, the guide's choice left out.
TRIALS: dict[str, Callable[[Ticket], AnyCommand]] = {
    "RequeueTicket": lambda ticket: cmd.RequeueTicket(ticket.id),
    "CancelTicket": lambda ticket: cmd.CancelTicket(ticket.id),
    "PostponeTicket": lambda ticket: cmd.PostponeTicket(ticket.id, 1),
    "ChangeTicket": lambda ticket: guide.ChangeTicket(ticket.id),
    "MarkPapers": lambda ticket: guide.MarkPapers(ticket.id, ""),
    "SetAssistance": lambda ticket: guide.SetAssistance(ticket.id, ""),
}


def _tried(hall: Hall, ticket: Ticket, kind: str, now: Micros) -> VerbState:
    """Return whether the engine would carry this command out now, and why not."""
    try:
        hall.decide(CommandEnvelope("", TRIALS[kind](ticket), "guide"), now)
    except Refused as refused:
        return {"live": False, **why_not(refused)}
    return {"live": True}
