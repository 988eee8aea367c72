"""Hand-picked faults: each breaks a promise of DESIGN.md or a rule of DOMAIN.md, and a test must notice.

A fault is one exact replacement in one file; that each still fits the code is a test of the gate.
"""

from pathlib import Path

from tests.mutants.faults import Fault

ROOT = Path(__file__).parents[2]
ENGINE = tuple(
    f"caller/engine/{name}.py"
    for name in (
        "queueing", "tickets", "hall", "state", "serving", "sign_in", "ticketing", "business_day", "ratings", "appointments", "windows",
        "numbers",
    )
)  # fmt: skip

NAMED: dict[str, tuple[str, str, str]] = {
    "the later number goes first on a tie": (
        "queueing", "place.serial, place.series)\n", "-place.serial, place.series)\n"),
    "reluctance is forgotten": ("queueing", "place.promise + reluctance", "place.promise"),
    "who sleeps is called": ("queueing", "if not_before > now:\n                break", "if False:\n                break"),
    "one wakes too late": ("queueing", "if not_before > now:", "if not_before >= now:"),
    "a bound ticket is nobody's": ("queueing", "own.first(now) if own else None", "None"),
    "a dead front is cut at the wrong place": ("queueing", "del self._places[: self._start]", "del self._places[: self._start - 1]"),
    "people ahead at the slowest window": ("queueing", "else min(best, count)", "else max(best, count)"),
    "behind one call less": ("queueing", "serves, calls, now)\n    return rows[-1]", "serves, calls - 1, now)\n    return rows[-1]"),
    "before the last of those calls": ("queueing", "rows[-1][0][0] + 1", "rows[-1][0][0] - 1"),
    "the bound of overtaking forgets reluctance": ("queueing", "+ reluctance_x - reluctance_y", ""),
    "a transferred ticket goes behind": ("serving", "kept = ticket.origin +", "kept = now +"),
    "a double press burns a ticket": ("serving", "if window.version != command.as_of:", "if False:"),
    "a called applicant is forgotten": ("serving", 'if ticket.state != "serving":', "if False:"),
    "a sixth recall": ("serving", "ticket.recalls >= hall", "ticket.recalls > hall"),
    "a clerk at two windows": ("sign_in", "    _need_one_place(hall, command.clerk)\n", ""),
    "a paused window calls": ("serving", '    if window.state == "paused":\n        raise Refused("window-paused", window=window.id)\n    if not window.ticket:', "    if not window.ticket:"),
    "anybody may jump the line": ("serving", 'if command.place != "keep" and order.role not in PLACERS:', "if False:"),
    "one does not come back from paying": ("serving", "if back and ticket.come_back != window.id:", "if False:"),
    "the second item is forgotten": ("serving", "    if rest:\n", "    if False:\n"),
    "a picked ticket of another window": ("serving", "if ticket.bound and ticket.bound != window.id:", "if False:"),
    "a window closes on somebody": ("sign_in", "_need_free(hall, window)\n    return [ev.WindowClosed", "return [ev.WindowClosed"),
    "the next serial is the last one": ("ticketing", ".get(queue.id, 0) + 1\n    origin", ".get(queue.id, 1)\n    origin"),
    "one number over the quota": ("ticketing", "hall.state.serials.get(queue.id, 0) >= queue.quota", "hall.state.serials.get(queue.id, 0) > queue.quota"),
    "a band ends a moment later": ("ticketing", "<= now < instant", "<= now <= instant"),
    "a number at the very end": ("ticketing", "now >= day.stops_at", "now > day.stops_at"),
    "two live tickets": ("ticketing", "    need_no_live_ticket(hall, command, queue)\n", ""),
    "a second requeue": ("ticketing", "ticket.requeues >= rules", "ticket.requeues > rules"),
    "a cancelled ticket keeps its window": ("ticketing", 'elif ticket.state == "called":', 'elif ticket.state == "nowhere":'),
    "a person is never forgotten": ("ticketing", "    hall.forget_person(ticket)\n    hall.count(\"cancelled\")", "    hall.count(\"cancelled\")"),
    "a held ticket is served": ("tickets", 'ev.TicketHeld: "held",\n        ev.TicketTransferred: "waiting",\n    },\n    "held"', 'ev.TicketHeld: "served",\n        ev.TicketTransferred: "waiting",\n    },\n    "held"'),
    "a served ticket may be called": ("tickets", '"served": {},', '"served": {ev.TicketCalled: "called"},'),
    "since is not kept": ("tickets", "    ticket.since = at\n", ""),
    "the clock may run backwards": ("hall", "max(state.now, at)", "at"),
    "a day keeps the wrong clock": ("hall", "at if type(event) is ev.DayOpened else max(state.now, at)", "max(state.now, at)"),
    "the answer names no call": ("hall", '"call": ticket.call,', '"call": 0,'),
    "held tickets are lost by a checkpoint": ("state", "if ticket.state in self.parked:\n                self.parked[ticket.state][ticket.id] = None\n            if", "if"),
    "a clock set back makes a negative wait": ("state", "return max(now, self.state.now) if self.state.day.open else now", "return now"),
    "waiting is not counted down": ("state", "        self.waiting[ticket.queue] -= 1\n", ""),
    "a free window stays taken": ("state", 'window.ticket, window.freed = "", at', "window.freed = at"),
    "a slot is never freed": ("state", "self.slots[booked.queue, booked.slot] -= 1", "pass"),
    "numbers do not restart": ("business_day", "for kept in (state.serials, state.band_counts,", "for kept in (state.band_counts,"),
    "a day's label is used twice": ("business_day", "if command.day in hall.register.used_days:" , "if False:"),
    "the day closes on somebody": ("business_day", "    if stuck:\n", "    if False:\n"),
    "bound tickets wait for a closed window": ("sign_in", '        ticket.bound = ""\n', ""),
    "two ratings for a visit": ("ratings", "    if visit.level:\n", "    if False:\n"),
    "the evaluator asks all day": (
        "ratings", 'if via not in ("evaluator", "tablet"):', 'if via in ("evaluator", "tablet"):'),
    "a full slot takes one more": ("appointments", ">= queue.slot_quota", "> queue.slot_quota"),
    "a slot off the grid": ("appointments", " or (slot - opens) % (queue.slot_minutes * MINUTE)", ""),
    "two appointments a day": ("appointments", "if len(same) >= hall", "if len(same) > hall"),
    "another's appointment is shown": ("appointments", "if person and each.person == person", "if person"),
    "another day's appointment is shown": ("appointments", "if each.day == today and each.state", "if each.state"),
    "a used appointment is shown again": ("appointments", 'today and each.state == "booked")', "today)"),
    "checked in for another time": ("ticketing", "origin = booked.slot if booked else now", "origin = now"),
    "a clerk serves what they cannot": ("windows", "if not only or queue in only", "if True"),
    "a window's picture is never old": ("windows", "    window.version += 1\n", ""),
    "numbers of other widths": ("numbers", "{serial:0{digits}d}", "{serial}"),
}  # fmt: skip

# Faults that change nothing anybody could see, each with the reason.
EQUIVALENT: dict[str, str] = {
    "caller/engine/desk.py: dropped: hall.move(ticket, ev.TicketRecalled, at) in hall.move(ticket, ev.TicketRecalled, at)": "a recalled ticket stays called, since when it was",
    "caller/engine/intake.py: 1 becomes 2 in return -1 if queue.hours else 0": "any negative index means no band",
    "caller/engine/turns.py: Lt becomes LtE in elif len(places) == self._start or places[-1] < place:  # most come last": "places are never equal",
    "caller/engine/turns.py: Lt becomes LtE in if len(places) > self._start and places[-1] < place:": "places are never equal",
    "caller/engine/day.py: dropped: hall.forget_person(ticket) in hall.forget_person(ticket)": "tickets expire only as the day closes, which forgets everybody",
    "caller/engine/state.py: else first: '' if ticket.queue == ticket.series else ticket.queue in moved_to = \"\" if ticket.queue == ticket.series else ticket.queue": "the queue is the same either way; only the spelling of a place is longer",
    "caller/engine/desk.py: 1 becomes 2 in return min(kept, head.promise - 1) if head else kept": "a microsecond further to the front",
    "caller/engine/turns.py: Lt becomes LtE in if best is None or place < best:": "places are never equal",
    "caller/engine/state.py: 999.0 becomes 998.0 in UNKNOWN_MINUTES = 999.0  # what a forecast says of a queue that no open window serves": "a sign, not a time; all use the name",
    "caller/engine/state.py: 999.0 becomes 1000.0 in UNKNOWN_MINUTES = 999.0  # what a forecast says of a queue that no open window serves": "a sign, not a time; all use the name",
    "caller/engine/appointments.py: 8 becomes 9 in code = str(int.from_bytes(digest[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)": "other digits of the same hash",
    "caller/engine/appointments.py: 8 becomes 7 in code = str(int.from_bytes(digest[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)": "other digits of the same hash",
    "caller/engine/turns.py: Lt becomes LtE in if key is None or theirs < key:": "ranks are never equal: the number is in them",
    "caller/engine/desk.py: without isinstance(event, ev.TicketReturned) in if isinstance(event, ev.TicketReturned) and not event.window and event.queue in window.serves:": "the only other event here, the end of a service, always names a window",
    "caller/engine/intake.py: 0 becomes 1 in return -1 if queue.hours else 0": "the name of the one band of a queue without hours",
    "caller/engine/turns.py: 32 becomes 33 in if self._start > 32 and self._start * 2 > len(self._places):": "when a dead front is cut; nobody can tell",
    "caller/engine/turns.py: 32 becomes 31 in if self._start > 32 and self._start * 2 > len(self._places):": "when a dead front is cut; nobody can tell",
    "caller/engine/turns.py: Gt becomes GtE in if self._start > 32 and self._start * 2 > len(self._places):": "when a dead front is cut; nobody can tell",
    "caller/engine/turns.py: without self._start > 32 in if self._start > 32 and self._start * 2 > len(self._places):": "short lines are cut a little more often",
}


def named() -> list[Fault]:
    """The hand-picked faults; a ValueError names one that no longer fits the code."""
    found: list[Fault] = []
    for what, (name, old, new) in NAMED.items():
        path = f"caller/engine/{name}.py"
        source = (ROOT / path).read_text(encoding="utf-8")
        if old not in source:
            raise ValueError(f"{what}: {old!r} is not in {path}")
        line = source[: source.index(old)].count("\n") + 1
        found.append(Fault(path, line, what, source.replace(old, new, 1)))
    return found
