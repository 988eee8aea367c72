"""Hand-picked faults: each breaks a promise of DESIGN.md or a rule of DOMAIN.md, and a test must notice.

A fault is one exact replacement in one file; that each still fits the code is a test of the gate.
"""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Fault(NamedTuple):
    """One fault: the file it is put into, its name, and the whole source with the fault in it."""

    path: str
    name: str
    source: str


NAMED: dict[str, tuple[str, str, str]] = {
    "the later number goes first on a tie": (
        "queueing", "entry.serial, entry.series)\n", "-entry.serial, entry.series)\n"),
    "reluctance is forgotten": ("queueing", "entry.promise + reluctance", "entry.promise"),
    "who sleeps is called": ("queueing", "if not_before > now:\n                break", "if False:\n                break"),
    "one wakes too late": ("queueing", "if not_before > now:", "if not_before >= now:"),
    "a bound ticket is nobody's": ("queueing", "own.first(now) if own else None", "None"),
    "a dead front is cut at the wrong place": ("queueing", "del self._entries[: self._start]", "del self._entries[: self._start - 1]"),
    "people ahead at the slowest window": ("queueing", "else min(best, count)", "else max(best, count)"),
    "behind one call less": ("queueing", "serves, calls, now)\n    return rows[-1]", "serves, calls - 1, now)\n    return rows[-1]"),
    "before the last of those calls": ("queueing", "rows[-1][0][0] + 1", "rows[-1][0][0] - 1"),
    "the bound of overtaking forgets reluctance": ("queueing", "+ reluctance_x - reluctance_y", ""),
    "a transferred ticket goes behind": ("transfers", "kept = ticket.origin +", "kept = now +"),
    "a double press burns a ticket": ("serving", "if window.version != command.as_of:", "if False:"),
    "a called applicant is forgotten": ("serving", 'if ticket.state != "serving":', "if False:"),
    "a sixth recall": ("serving", "ticket.recalls >= hall", "ticket.recalls > hall"),
    "a clerk at two windows": ("sign_in", "    need_one_place(hall, command.clerk)\n", ""),
    "a paused window calls": ("serving", '    if window.state == "paused":\n        raise Refused("window-paused", window=window.id)\n    if not window.ticket:', "    if not window.ticket:"),
    "one does not come back from paying": ("serving", "if back and ticket.come_back != window.id:", "if False:"),
    "the second item is forgotten": ("serving", "    if rest := left(hall, ticket, window):\n", "    if (rest := left(hall, ticket, window)) and False:\n"),
    "a picked ticket of another window": ("serving", "if ticket.bound and ticket.bound != window.id:", "if False:"),
    "a window closes on somebody": ("sign_in", "_need_free(hall, window)\n    return [ev.WindowClosed", "return [ev.WindowClosed"),
    "the next serial is the last one": ("numbering", "floor) + 1", "floor)"),
    "a number comes back": ("numbering", "max(serial, serials.get(series, 0))", "serials.get(series, 0)"),
    "one number over the quota": ("ticketing", "numbering.given(hall.state.serials, queue.id) + alone >= queue.quota", "numbering.given(hall.state.serials, queue.id) + alone > queue.quota"),
    "a band ends a moment later": ("ticketing", "<= now < instant", "<= now <= instant"),
    "a number at the very end": ("ticketing", "now >= day.stops_at", "now > day.stops_at"),
    "two live tickets": ("ticketing", "    void = live_numbers.need_no_live_ticket(hall, command, queue)\n", "    void = []\n"),
    "a second requeue": ("ticketing", "ticket.requeues >= rules", "ticket.requeues > rules"),
    "a cancelled ticket keeps its window": ("ticketing", 'elif ticket.state == "called":', 'elif ticket.state == "nowhere":'),
    "a person is never forgotten": ("ticketing", "    hall.forget_person(ticket)\n    hall.count(\"cancelled\")", "    hall.count(\"cancelled\")"),
    "a held ticket is served": ("tickets", 'ev.TicketHeld: "held",\n        ev.TicketTransferred: "waiting",\n    },\n    "held"', 'ev.TicketHeld: "served",\n        ev.TicketTransferred: "waiting",\n    },\n    "held"'),
    "a served ticket may be called": ("tickets", '"served": {},', '"served": {ev.TicketCalled: "called"},'),
    "since is not kept": ("tickets", "    ticket.since = at\n", ""),
    "the owner reviews the own answer": ("followups", "staff in (row.owner, row.clerk)", "staff == row.clerk"),
    "the clerk answers for the own service": ("followups", "owner in (row.clerk, *row.earlier)", "owner in row.earlier"),
    "who answered before answers the appeal": ("followups", "owner in (row.clerk, *row.earlier)", "owner == row.clerk"),
    "a second appeal": ("followups", "row.appeals >= APPEALS_MAX", "row.appeals > APPEALS_MAX"),
    "two follow-ups of one complaint": ("followups", 'and not each.over for each in known', "and False for each in known"),
    "a returned answer has a new clock": ("followups", "row.returns += 1", "row.returns += 1; row.due += 1"),
    "an open duty is forgotten": ("feedback", 'row.state == "closed" and not row.code and', "not row.code and"),
    "an overdue answer is noted each day": ("deadlines", "noted = OverdueRecord(row.due, row.noted)", "pass"),
    "a closed duty runs over": ("deadlines", 'if not row.over:', "if True:"),
    "a bad rating is nobody's": ("ratings", "if bad else ())]", "if False else ())]"),
    "a number of a year comes back": ("numbering", "if row else {}, series)", "if False else {}, series)"),
    "the clock may run backwards": ("hall", "if at > state.now or kind in TIME_BEGINS:", "if True:"),
    "a day keeps the wrong clock": ("hall", "if at > state.now or kind in TIME_BEGINS:", "if at > state.now:"),
    "the answer names no call": ("hall", '"window": event.window, "call": call}', '"window": event.window, "call": 0}'),
    "held tickets are lost by a checkpoint": ("state", "            self.parked[ticket.state][ticket.id] = None\n        self.know_person", "            pass\n        self.know_person"),
    "a clock set back makes a negative wait": ("state", "return max(now, self.state.now) if self.state.day.open else now", "return now"),
    "waiting is not counted down": ("state", "        self.waiting[ticket.queue] -= 1\n", ""),
    "a free window stays taken": ("state", 'window.ticket, window.freed = "", at', "window.freed = at"),
    "a slot is never freed": ("register", "self.slots[booked.queue, booked.slot] -= 1", "pass"),
    "numbers do not restart": ("business_day", "for table in (state.serials, state.band_counts,", "for table in (state.band_counts,"),
    "a day's label is used twice": ("business_day", "if command.day in hall.register.used_days:" , "if False:"),
    "the register is folded twice": ("hall", "if seq > self.register.seq:", "if True:"),
    "a changed row is not saved": ("register", "        row = self[key]\n        self.changed[self.kind, key] = self\n", "        row = self[key]\n"),
    "a dropped row stays on disk": ("register", "        self.changed[self.kind, key] = self\n        return self.pop(key)", "        return self.pop(key)"),
    "a register behind the log is believed": ("register", "[_VERSION, str(seq)]:", "[_VERSION, mark.split(' ')[1]]:"),
    "a damaged row is believed": ("register", "        if register.mark != mark:\n            return None\n", ""),
    "a reopened day forgets its lines": ("business_day", "    hall.index_ticket(ticket)\n", ""),
    "a restored ticket waits for a closed window": ("business_day", '    ticket.bound = ""\n', ""),
    "all that expired waits again": ("tickets", 'ticket.state, ticket.expired_from = state, ""', 'ticket.state, ticket.expired_from = "waiting", ""'),
    "a day is reopened after its hours": ("business_day", "    elif day.closes_at <= now:\n", "    elif False:\n"),
    "a time server is not asked": ("credible_clock", "    if witnesses.synchronised:\n", "    if False:\n"),
    "a minority of stations decides": ("credible_clock", "2 * agreeing > len(witnesses.stations)", "agreeing > 0"),
    "tomorrow is believed over an open day": ("credible_clock", 'Verdict(False, "day-open")', 'Verdict(True, "day-open")'),
    "a skipped working day is believed": ("credible_clock", "if skipped > 0", "if skipped > 9"),
    "the past is believed": ("credible_clock", "    if wall < hall.state.now - AGREE_MICROS:\n", "    if False:\n"),
    "a lost queue strands its tickets": ("sign_in", "    serves |= dict.fromkeys(sorted(hall.retired.queues), 0)\n", ""),
    "a lost queue stays for ever": ("hall", "        if self.retired and kind in MAY_RELEASE:\n", "        if False:\n"),
    "a lost queue gives numbers": ("ticketing", "    if queue.id in hall.retired.queues:\n", "    if False:\n"),
    "an item is given on any day": ("ticketing", "    need_items_today(hall, command.items)\n", ""),
    "booked on a holiday": ("appointments", "    _need_open_date(hall, wanted)\n", ""),
    "the day closes on somebody": ("business_day", "    if stuck:\n", "    if False:\n"),
    "bound tickets wait for a closed window": ("sign_in", '        ticket.bound = ""\n', ""),
    "two ratings for a visit": ("ratings", "    if visit.level:\n", "    if False:\n"),
    "the evaluator asks all day": (
        "deadlines", 'if via not in ("evaluator", "tablet"):', 'if via in ("evaluator", "tablet"):'),
    "late a moment early": ("deadlines", "now > deadline.due\n", "now >= deadline.due\n"),
    "a pause uses the time up": ("deadlines", "due=deadline.due + passed", "due=deadline.due"),
    "overdue is noted again and again": ("deadlines", " or noted.level < reached else 0", " or noted.level <= reached else 0"),
    "a code is drawn twice": ("short_codes", "if code not in living", "if True"),
    "one wrong code more": ("short_codes", "len(wrong) < KINDS", "len(wrong) <= KINDS"),
    "a full slot takes one more": ("booking_slots", "max(0, queue.slot_quota", "max(0, 1 + queue.slot_quota"),
    "a slot off the grid": ("booking_slots", "            slot += queue.slot_minutes * MINUTE", "            slot += MINUTE"),
    "two appointments a day": ("appointments", "if len(same) >= hall", "if len(same) > hall"),
    "another's appointment is shown": ("appointments", "if each.person and each.person in known", "if each.person"),
    "another day's appointment is shown": ("appointments", "if each.day == today and each.state in", "if each.state in"),
    "a used appointment is shown again": ("appointments", 'today and each.state in ("booked", "missed")]', "today]"),
    "checked in for another time": ("ticketing", "origin = booked.slot if booked else now", "origin = now"),
    "a clerk serves what they cannot": ("windows", "if not only or queue in only", "if True"),
    "a window's picture is never old": ("windows", "    window.version += 1\n", ""),
    "numbers of other widths": ("numbering", "str(serial).zfill(digits)", "str(serial)"),
}  # fmt: skip


def named() -> list[Fault]:
    """The hand-picked faults; a ValueError names one that no longer fits the code."""
    found: list[Fault] = []
    for what, (name, old, new) in NAMED.items():
        path = f"caller/engine/{name}.py"
        source = (ROOT / path).read_text(encoding="utf-8")
        if old not in source:
            raise ValueError(f"{what}: {old!r} is not in {path}")
        found.append(Fault(path, what, source.replace(old, new, 1)))
    return found
