"""What happens in the hall, as notices: to applicants who left a phone number for it, and to the staff.

1. The day is folded by the engine itself, from its `DayOpened` on, without the register: so how many are before a number
   is what boards and phones say.
2. A notice names its subject, its kind and its facts (numbers, names of the hall); the phone number is looked up when it is
   sent, and stands nowhere else. `until`: of no use after it.
3. Each notice has an id of what it is about, so that the same is told once, however often the log is gone through.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from caller.engine import events as ev
from caller.engine.hall import Hall
from caller.eventlog import Record
from caller.views import ahead
from config import hall_lists
from config.calendar import WEEKDAYS
from config.catalogue import message, word
from config.delivery_settings import Notice
from config.instants import MINUTE, Micros, instant, local
from config.settings import Department, Item, ReasonKind, Settings
from config.text_safety import for_page

BAD_LEVEL = 2
FOLDED = 1 << 62  # a register that has folded everything: no event changes it
USEFUL: dict[str, Micros] = {
    "called": 10 * MINUTE, "ahead": 30 * MINUTE, "moved": 120 * MINUTE, "delayed": 120 * MINUTE,
}  # fmt: skip
DEVICE_TROUBLES = frozenset({"paper-out", "cover-open", "error", "offline"})
TOLD_OVERDUE = frozenset({"case", "part", "answer", "call-back", "pause", "hold"})


class Told(NamedTuple):
    """One notice. `subject`: "ticket/ID" and the like; `key` tells it from others of its kind about the same."""

    subject: str
    kind: Notice
    facts: dict[str, Any]
    key: str = ""
    due: Micros = 0
    until: Micros = 0


class DayFold:
    """The business day as the engine folds it."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.hall = settings, Hall(settings)
        self.hall.register.seq = FOLDED

    def apply(self, record: Record) -> None:
        """Fold one event in; the first day begins with its `DayOpened`."""
        if self.hall.state.day.label or isinstance(record.event, ev.DayOpened):
            self.hall.apply(record.event, record.at, record.seq)

    def place(self, window: str, queue: str, lang: str) -> str:
        """Return the name of where a number goes: a window's, else a queue's."""
        rows = [each for each in self.settings.windows if each.id == window] if window else []
        rows = rows or [each for each in self.settings.queues if each.id == queue]
        named = (each.name_en if lang == "en" and each.name_en else each.name for each in rows)
        return next(named, window or queue)

    def item(self, id: str, lang: str) -> str:
        """Return the name of an item."""
        return _name_of(self.settings.items, id, lang)

    def responsible(self, staff: str, department: str, lang: str) -> str:
        """Return who answers for what ran over, in words: a department for its part of a case, else a person."""
        if department:
            name = _name_of(self.settings.departments, department, lang)
            return filled(word("overdue-who", "department", lang), {"who": name})
        return filled(word("overdue-who", "person", lang), {"who": staff}) if staff else ""

    def reason(self, kind: ReasonKind, code: str, lang: str) -> str:
        """Return the words of a code of the hall's lists."""
        found = hall_lists.find(self.settings, kind, code.partition(":")[2] or code)
        return code if found is None else found.name_en if lang == "en" and found.name_en else found.name

    def clock(self, at: Micros) -> str:
        return f"{local(at, self.settings.hall.zone):%H:%M}"

    def date(self, at: Micros, lang: str) -> str:
        """Return a day as a person of this language writes it: with its weekday, and the month by its name."""
        day = local(at, self.settings.hall.zone)
        known = {
            "month": word("month", str(day.month), lang), "day": day.day,
            "weekday": word("weekday", WEEKDAYS[day.weekday()], lang),
        }  # fmt: skip
        return filled(word("date-words", "day", lang), known)

    def until(self, at: Micros, lang: str) -> str:
        """Return "expected until", or nothing where no end is known."""
        return word("until-words", "until", lang).replace("{until}", self.clock(at)) if at else ""


def _name_of(rows: Iterable[Item | Department], id: str, lang: str) -> str:
    """Return the name of one of these rows; its id where there is none."""
    known = (each for each in rows if each.id == id)
    return next((each.name_en if lang == "en" and each.name_en else each.name for each in known), id)


# --- to applicants

Languages = Mapping[str, str]  # of each subject that is to be told


def to_applicants(
    fold: DayFold, record: Record, wanted: Languages, item_of: Callable[[str], str]
) -> Iterator[Told]:
    """Yield what an event, which is folded in already, means to applicants.

    wanted: by subject, the language in which it is to be told. item_of: the item of an appointment booked earlier.
    """
    event, at = record.event, record.at
    match event:
        case ev.TicketCalled() if not event.walk_in and (lang := wanted.get(f"ticket/{event.ticket}")):
            facts = {"number": _number(fold, event.ticket), "window": fold.place(event.window, "", lang)}
            yield Told(
                f"ticket/{event.ticket}", "called", facts, str(record.seq), until=at + USEFUL["called"]
            )
        case ev.TicketTransferred() | ev.TicketReturned() if lang := wanted.get(f"ticket/{event.ticket}"):
            facts = {
                "number": _number(fold, event.ticket),
                "window": fold.place(event.window, event.queue, lang),
            }
            yield Told(f"ticket/{event.ticket}", "moved", facts, str(record.seq), until=at + USEFUL["moved"])
        case ev.Suspended() | ev.WaitingNotified():
            yield from _delayed(fold, record, wanted)
        case ev.AppointmentBooked() | ev.AppointmentChanged() | ev.AppointmentMoved():
            yield from _booked(fold, record, wanted, item_of)
        case ev.CaseMoved(move="decide") if lang := wanted.get(f"case/{event.case}"):
            subject = f"case/{event.case}"
            if event.decision == "granted":
                yield Told(subject, "ready", {}, str(record.seq))
            else:
                facts = {"decision": word("case-told-decision", event.decision, lang)}
                yield Told(subject, "decided", facts, str(record.seq))
        case _:
            return


def nearly_there(fold: DayFold, wanted: Collection[str], most: int, at: Micros) -> Iterator[Told]:
    """Yield a notice for each number that waits with so many before it, or fewer; told once in a visit."""
    for subject in wanted:
        ticket = fold.hall.state.tickets.get(subject.removeprefix("ticket/"))
        if not most or ticket is None or ticket.state != "waiting" or ticket.not_before > at:
            continue
        before = ahead(fold.hall, ticket, at)
        if 0 < before <= most and not fold.hall.suspension(ticket):
            facts = {"number": ticket.number, "ahead": before}
            yield Told(subject, "ahead", facts, until=at + USEFUL["ahead"])


def _number(fold: DayFold, ticket: str) -> str:
    found = fold.hall.state.tickets.get(ticket)
    return found.number if found else ""


def _delayed(fold: DayFold, record: Record, wanted: Languages) -> Iterator[Told]:
    """Tell all who wait where something is suspended or a notice is given out."""
    event = record.event
    assert isinstance(event, ev.Suspended | ev.WaitingNotified)
    for subject, lang in wanted.items():
        ticket = fold.hall.state.tickets.get(subject.removeprefix("ticket/"))
        if ticket is None or ticket.state != "waiting":
            continue
        if isinstance(event, ev.Suspended):
            concerned = fold.hall.suspension(ticket) is not None
            kind, code = "suspend", event.reason
        else:
            concerned = event.queue in ("", ticket.queue)
            kind, code = "notice", event.code
        if concerned:
            end = fold.until(event.until, lang) if isinstance(event, ev.Suspended) else ""
            facts = {"number": ticket.number, "reason": fold.reason(kind, code, lang), "until": end}
            until = record.at + USEFUL["delayed"]
            yield Told(subject, "delayed", facts, f"{kind}-{code}-{event.until}", until=until)


def _booked(
    fold: DayFold, record: Record, wanted: Languages, item_of: Callable[[str], str]
) -> Iterator[Told]:
    """Tell of a booking that was moved, and on the day before of any. Who left a number is asked when it is sent."""
    event = record.event
    assert isinstance(event, ev.AppointmentBooked | ev.AppointmentChanged | ev.AppointmentMoved)
    item = event.item if isinstance(event, ev.AppointmentBooked) else item_of(event.appointment)
    subject, hall = f"appointment/{event.appointment}", fold.settings.hall
    lang = wanted.get(subject, "zh")
    facts = {
        "item": fold.item(item, lang),
        "date": fold.date(event.slot, lang),
        "time": fold.clock(event.slot),
    }
    if isinstance(event, ev.AppointmentMoved) and subject in wanted:
        reason = fold.reason("suspend", event.reason, lang)
        yield Told(subject, "rebooked", facts | {"reason": reason}, str(record.seq), until=event.slot)
    day_before = local(event.slot - 24 * 60 * MINUTE, hall.zone).date().isoformat()
    due = instant(day_before, fold.settings.notify.remind_at, hall.zone)
    if due > record.at:
        told = {"item_id": item, "slot": event.slot, "time": facts["time"]}
        yield Told(f"remind/{event.appointment}", "tomorrow", told, str(event.slot), due, event.slot)


# --- to the staff


class StaffWatch:
    """What events mean to the staff; remembers which queues were over their limit."""

    def __init__(self, fold: DayFold) -> None:
        self._fold, self._over = fold, set[str]()

    def told(self, record: Record, lang: str) -> Iterator[Told]:
        """Yield what an event, which is folded in already, means to the staff."""
        fold, event = self._fold, record.event
        match event:
            case ev.ServiceRated() if event.level <= BAD_LEVEL:
                reasons = "、".join(fold.reason("rating", each, lang) for each in event.reasons)
                facts = {
                    "window": fold.place(event.window, "", lang),
                    "number": _number(fold, event.ticket),
                    "level": event.level,
                    "reasons": reasons,
                }
                yield Told(f"ticket/{event.ticket}", "bad-rating", facts, str(record.seq))
            case ev.DeadlineOverdue() if event.kind in TOLD_OVERDUE:
                due = f"{fold.date(event.due, lang)} {fold.clock(event.due)}"
                what = word("overdue-kind", event.kind, lang)
                facts = {
                    "what": what,
                    "number": self._owner(event.kind, event.owner, lang),
                    "due": due,
                    "who": "",
                }
                yield Told(f"{event.kind}/{event.owner}", "overdue", facts, str(record.seq))
            case ev.DeviceReported() if event.state in DEVICE_TROUBLES:
                facts = {"device": event.device, "state": word("device-state", event.state, lang)}
                yield Told(f"device/{event.device}", "device", facts, str(record.seq))
            case ev.DayOpened():
                self._over.clear()
            case _:
                pass
        yield from self._queues(record, lang)

    def _owner(self, kind: str, owner: str, lang: str) -> str:
        if kind == "pause":
            return self._fold.place(owner, "", lang)
        return _number(self._fold, owner) or owner

    def _queues(self, record: Record, lang: str) -> Iterator[Told]:
        for queue in self._fold.settings.queues:
            count = self._fold.hall.waiting.get(queue.id, 0)
            if not queue.waiting_alarm or count < queue.waiting_alarm:
                self._over.discard(queue.id)
            elif queue.id not in self._over:
                self._over.add(queue.id)
                facts = {"queue": self._fold.place("", queue.id, lang), "count": count}
                yield Told(f"queue/{queue.id}", "queue", facts, str(record.seq))


# --- the words


def words_of(settings: Settings, kind: Notice, lang: str, facts: Mapping[str, Any]) -> str:
    """Return a notice in words: the hall's own, else the catalogue's; nothing in it can act where it is read."""
    english = lang == "en" and settings.hall.name_en
    known = {"hall": english or settings.hall.name, "hall_phone": settings.hall.phone} | dict(facts)
    own = next((each.text for each in settings.texts if each.notice == kind and each.language == lang), "")
    if own:
        return _readable(filled(own, known))
    found = message("notice-text", kind, **known)
    return _readable(found.en if lang == "en" else found.zh)


def _readable(text: str) -> str:
    return "\n".join(map(for_page, text.split("\n")))


def filled(text: str, facts: Mapping[str, Any], written: Callable[[str], str] = str) -> str:
    """Return a text with the facts that it names in braces, each as `written`; other braces stay."""
    from config.reading.delivery_checks import PLACEHOLDER

    return PLACEHOLDER.sub(
        lambda found: written(str(facts[found[1]])) if found[1] in facts else found[0], text
    )
