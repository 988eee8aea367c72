"""What a window view looks like in words: header, ticket, lists, queues. PURE; the widgets only lay it out.

The view holds ids and instants; `HallNames` gives what the hall's settings call them, made safe for a terminal.
`now` is the caller's clock, handed in.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from rich.cells import set_cell_size

from caller.console.verbs import Doc, choosable, link_words
from caller.console.words import Lang, pick, say
from caller.engine.papers import code_of
from caller.engine.station_jobs import window_printer
from config import hall_lists
from config.catalogue import label, word
from config.instants import MINUTE, SECOND, Micros
from config.settings import Item, Settings
from config.text_safety import for_terminal

ALARM_SHOWN = 10 * MINUTE  # after it was acknowledged


class ItemPrice(NamedTuple):
    """What one unit of an item costs, in fen."""

    fen: int
    unit: str


class HallNames:
    """What the hall calls its items, classes, queues and windows, in one language."""

    def __init__(self, settings: Settings, lang: Lang) -> None:
        self.lang: Lang = lang
        self.queues = self._names(settings.queues)
        self.windows = self._names(settings.windows)
        self.pauses = self._names(hall_lists.reasons(settings, "pause"))
        self.picks = self._names(hall_lists.reasons(settings, "pick"))
        self.faults = self._names(hall_lists.reasons(settings, "paper"))
        self.elsewhere = self._names(hall_lists.reasons(settings, "elsewhere"))
        self.refusals = self._names(hall_lists.reasons(settings, "refusal"))
        self.extensions = self._names(hall_lists.reasons(settings, "extension"))
        self.papers = {item.id: self._papers(item) for item in settings.items}
        self.complaints = self._names(hall_lists.reasons(settings, "feedback"))
        self.objections = self._names(hall_lists.reasons(settings, "objection"))
        self.files = frozenset(
            settings.feedback.windows if settings.feedback.enabled else ()
        )  # windows that file
        self.corrections = self._names(hall_lists.reasons(settings, "fee"))
        self.discounts = settings.discounts
        self.prices = {
            each.id: ItemPrice(each.price_fen, pick(lang, (each.price_unit, each.price_unit_en)))
            for each in settings.items
            if each.price_fen is not None
        }
        self.fee_basis = {
            each.id: for_terminal(pick(lang, (each.fee_basis, each.fee_basis_en)))
            for each in settings.items
            if each.fee_basis
        }
        self.kinds = {window.id: window.kind for window in settings.windows}
        self.printing = frozenset(id for id in self.kinds if window_printer(settings, id))
        self.items = self._names(settings.items)
        self.queue_of = {item.id: item.queue for item in settings.items}
        self._classes = self._names(settings.classes)

    def _names(self, rows: Iterable[Any]) -> dict[str, str]:
        return {row.id: for_terminal(pick(self.lang, (row.name, row.name_en))) for row in rows}

    def _papers(self, item: Item) -> dict[str, str]:
        """Return the names of an item's papers by their codes, which are made of the Chinese ones."""
        english = item.papers_en or item.papers
        names = item.papers if self.lang == "zh" else english
        return {code_of(zh): for_terminal(name) for zh, name in zip(item.papers, names, strict=True)}

    def item(self, item: str) -> str:
        return self.items.get(item, item)

    def priority(self, priority: str) -> str:
        return self._classes.get(priority, "") or word("class", priority, self.lang)

    def queue(self, queue: str, view_name: str = "") -> str:
        """Return the queue's name; the view's name for a queue that the settings lack."""
        return self.queues.get(queue, "") or for_terminal(view_name) or queue

    def window(self, window: str) -> str:
        name = self.windows.get(window, "")
        place = say(self.lang, "window", id=window)
        return place if not name or name in (place, window) else f"{place} {name}"


class PersonRow(NamedTuple):
    """One line of a list: the number, the mark of its priority, minutes, bound to this window.

    The minutes are those waited, or since it was held or missed: the clerk must see which ticket is forgotten.
    """

    ticket: str
    number: str
    mark: str
    minutes: int
    bound: bool


class TicketLine(NamedTuple):
    """A line about the ticket: text that is shortened where it does not fit, and a tail that never is."""

    text: str
    tail: str = ""


class TicketHolder(NamedTuple):
    """The applicant at the window: the number in large, and a few lines about it."""

    number: str
    tone: str  # called | serving | open | paused | closed, or old while the link is away
    lines: tuple[TicketLine, ...]


def header(doc: Doc, names: HallNames) -> tuple[str, str, str]:
    """Return window, clerk and state in words."""
    clerk = say(names.lang, "clerk", clerk=for_terminal(doc["clerk"])) if doc.get("clerk") else ""
    state = word("window-state", doc["state"], names.lang)
    return names.window(doc["window"]), clerk, state


def person(doc: Doc, names: HallNames, now: Micros, link: str = "current") -> TicketHolder:
    """Return the ticket at the window, or what to do without one; without colour while the link is away."""
    ticket = doc.get("ticket")
    tone = doc["state"] if link == "current" else "old"
    if ticket is None:
        return TicketHolder("", tone, _without_ticket(doc, names.lang, now))
    return TicketHolder(ticket["number"], tone, _about(ticket, names, now))


def absent(link: str, lang: Lang) -> TicketHolder:
    """Return why there is no view yet, so that the screen is not empty."""
    words = (link_words(link, lang), say(lang, "no-view"), say(lang, "no-view-next"))
    return TicketHolder("", "closed", tuple(map(TicketLine, words)))


def _without_ticket(doc: Doc, lang: Lang, now: Micros) -> tuple[TicketLine, ...]:
    state = doc["state"]
    if state == "closed":
        return (TicketLine(say(lang, "closed-now")),)
    if state == "paused":
        since = say(lang, "since-paused", time=span(now - doc["since"]))
        reason = for_terminal(pick(lang, (doc["reason"], doc["reason_en"]))) or say(lang, "paused-now")
        back = (TicketLine(say(lang, "back-at", time=doc["back"])),) if doc.get("back") else ()
        return (TicketLine(reason), *back, TicketLine(since), TicketLine(say(lang, "press-resume")))
    next_step = say(lang, "press-next" if doc["waiting"] else "nobody-waits")
    return (TicketLine(say(lang, "nobody")), TicketLine(next_step))


def _about(ticket: Doc, names: HallNames, now: Micros) -> tuple[TicketLine, ...]:
    queue = f"{ticket['queue']} {names.queue(ticket['queue'], ticket.get('queue_name', ''))}"
    items = " / ".join(names.item(item) for item in ticket["items"]) or say(names.lang, "no-items")
    key = "since-serving" if ticket["state"] == "serving" else "since-called"
    facts = [say(names.lang, key, time=span(now - ticket["since"]))]
    if ticket.get("entrusted"):
        facts.append(say(names.lang, "entrusted", count=ticket["errand"]))
    facts += marks(ticket, names.lang)
    if others := ticket.get("others"):
        numbers = " ".join(each["number"] for each in others)
        facts.append(say(names.lang, "other-numbers", numbers=numbers))
    if ticket["recalls"]:
        facts.append(say(names.lang, "recalls", count=ticket["recalls"]))
    return (
        TicketLine(queue, f"   {names.priority(ticket['priority'])}"),
        TicketLine(items),
        TicketLine("   ".join(facts)),
    )


def marks(ticket: Doc, lang: Lang) -> list[str]:
    """Return what is noted on a ticket, in words: how to meet its holder, what the papers are like, and that a kiosk gave it while
    it was cut off, with the rules that it could not check."""
    kinds = {"assistance": "assistance", "papers": "papers-mark"}
    noted = [word(kind, ticket[key], lang) for key, kind in kinds.items() if ticket.get(key)]
    if "alone" in ticket:
        noted += [say(lang, "alone"), *(say(lang, f"alone-{rule}") for rule in ticket["alone"])]
    return noted


def span(micros: int) -> str:
    """Return a duration in microseconds as m:ss or h:mm:ss; 0:00 for a negative one, which two clocks can give."""
    minutes, seconds = divmod(max(micros, 0) // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def rows(entries: list[dict[str, Any]], lang: Lang, now: Micros) -> list[PersonRow]:
    """Return the lines of a list, in the order of the view."""
    return [row(entry, lang, now) for entry in entries]


def row(entry: Doc, lang: Lang, now: Micros) -> PersonRow:
    mark = word("class-mark", entry["priority"], lang)[:2]
    if entry.get("assistance") and not mark.strip():
        mark = say(lang, "assist-mark")
    if "alone" in entry and not mark.strip():
        mark = say(lang, "alone-mark")
    waited = max(now - entry.get("since", entry["issued"]), 0) // MINUTE
    return PersonRow(entry["ticket"], entry["number"], mark, waited, bool(entry.get("bound")))


def counts(doc: Doc, names: HallNames) -> list[tuple[str, str, int]]:
    """Return id, name and number of waiting tickets of each queue of this window."""
    queues = doc["queues"].items()
    return [(queue, names.queue(queue, row.get("name", "")), row["waiting"]) for queue, row in queues]


def rating(doc: Doc, lang: Lang, now: Micros) -> str:
    """Return who was called for help, else whether the last applicant is being asked or has rated. Never the level: a
    rating must stay free."""
    if (alarm := doc.get("alarm")) and now < (alarm["acknowledged"] or now) + ALARM_SHOWN:
        key = "alarm-heard" if alarm["acknowledged"] else "alarm-waits"
        return say(lang, key, kind=say(lang, f"alarm-{alarm['kind']}"))
    asked = doc.get("rating")
    if "rated" in doc and "ticket" not in doc:
        return say(lang, "rating-given")
    if asked and now < asked["until"]:
        return say(lang, "rating-asked", number=asked["number"])
    return ""


def options(doc: Doc, names: HallNames, now: Micros) -> list[tuple[str, bool, str]]:
    """Return the tickets that 选呼 offers: id, whether it is called out of its turn, and line."""
    return [
        (entry["ticket"], kind == "waiting" and not entry.get("bound"), _option(kind, entry, names, now))
        for kind, entry in choosable(doc)
    ]


def _option(kind: str, entry: Doc, names: HallNames, now: Micros) -> str:
    line = row(entry, names.lang, now)
    waited = set_cell_size(say(names.lang, "minutes", count=line.minutes), 6)
    place = set_cell_size(label("ticket-state", kind, names.lang), 8)
    bound = say(names.lang, "bound") if line.bound else ""
    return f"{line.number:<7}{line.mark} {waited} {place} {names.queue(entry['queue'])} {bound}".rstrip()


def walk_in_items(doc: Doc, names: HallNames) -> list[tuple[str, str, str]]:
    """Return what a walk-in may be served for here: item, queue and line; a queue without items by itself."""
    items = [
        (item, queue, names.item(item)) for item, queue in names.queue_of.items() if queue in doc["queues"]
    ]
    bare = [queue for queue in doc["queues"] if queue not in names.queue_of.values()]
    return items + [("", queue, f"{queue} {names.queue(queue)}") for queue in bare]


def targets(doc: Doc, names: HallNames) -> list[tuple[str, str, str]]:
    """Return where a transfer may go: kind ("queue" or "window"), id and line; never this window itself."""
    word = say(names.lang, "queue")
    queues = [("queue", queue, f"{word} {queue}  {name}") for queue, name in names.queues.items()]
    others = (window for window in names.windows if window != doc["window"])
    return queues + [("window", window, names.window(window)) for window in others]
