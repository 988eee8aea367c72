"""What a window view looks like in words: header, ticket, lists, queues. PURE; the parts only lay it out.

The view holds ids and instants; `HallNames` gives what the hall's settings call them, and `now` is handed in.
"""

from typing import Any, NamedTuple

from rich.cells import set_cell_size

from caller.console.verbs import Doc, choosable, link_words
from caller.console.words import CLASS_MARKS, CLASS_WORDS, Lang, pick, say
from config.instants import MINUTE, SECOND
from config.settings import Settings


class HallNames:
    """What the hall calls its items, classes, queues and windows, in one language."""

    def __init__(self, settings: Settings, lang: Lang) -> None:
        self.lang: Lang = lang
        self.hall = pick(lang, (settings.hall.name, settings.hall.name_en))
        self.queues = {queue.id: pick(lang, (queue.name, queue.name_en)) for queue in settings.queues}
        self.windows = {window.id: pick(lang, (window.name, window.name_en)) for window in settings.windows}
        self.pauses = {each.id: pick(lang, (each.name, each.name_en)) for each in settings.pauses}
        self.kinds = {window.id: window.kind for window in settings.windows}
        self._items = {item.id: pick(lang, (item.name, item.name_en)) for item in settings.items}
        self._classes = {row.id: pick(lang, (row.name, row.name_en)) for row in settings.classes}

    def item(self, item: str) -> str:
        return self._items.get(item, item)

    def priority(self, priority: str) -> str:
        known = CLASS_WORDS.get(priority, (priority, priority))
        return self._classes.get(priority, "") or pick(self.lang, known)

    def queue(self, queue: str, told: str = "") -> str:
        """The queue's name; `told` is what the view calls it, for a queue the settings lack."""
        return self.queues.get(queue, "") or told or queue

    def window(self, window: str) -> str:
        name = self.windows.get(window, "")
        place = say(self.lang, "window", id=window)
        return place if not name or name in (place, window) else f"{place} {name}"


class PersonRow(NamedTuple):
    """One line of a list: the number, the mark of its priority, minutes, bound to this window. The minutes are
    those waited, or since it was held or missed: the clerk must see who is forgotten."""

    ticket: str
    number: str
    mark: str
    minutes: int
    bound: bool


class TicketHolder(NamedTuple):
    """Who is at the window: the number in large, and a few lines about it."""

    number: str
    tone: str  # called | serving | open | paused | closed, or old while the link is away
    lines: tuple[str, ...]


def header(doc: Doc, names: HallNames) -> tuple[str, str, str]:
    """Window, clerk and state."""
    clerk = say(names.lang, "clerk", clerk=doc["clerk"]) if doc.get("clerk") else ""
    state = say(names.lang, f"state-{doc['state']}")
    return names.window(doc["window"]), clerk, state


def person(doc: Doc, names: HallNames, now: int, link: str = "current") -> TicketHolder:
    """Who is at the window, or what to do when nobody is; without colour while the link is away."""
    ticket = doc.get("ticket")
    tone = doc["state"] if link == "current" else "old"
    if ticket is None:
        return TicketHolder("", tone, _nobody(doc, names.lang, now))
    return TicketHolder(ticket["number"], tone, _about(ticket, names, now))


def absent(link: str, lang: Lang) -> TicketHolder:
    """Before the first picture: why there is none, instead of an empty screen."""
    return TicketHolder(
        "", "closed", (link_words(link, lang), say(lang, "no-view"), say(lang, "no-view-next"))
    )


def _nobody(doc: Doc, lang: Lang, now: int) -> tuple[str, ...]:
    state = doc["state"]
    if state == "closed":
        return (say(lang, "closed-now"),)
    if state == "paused":
        since = say(lang, "since-paused", time=span(now - doc["since"]))
        reason = pick(lang, (doc["reason"], doc["reason_en"])) or say(lang, "paused-now")
        return (reason, since, say(lang, "press-resume"))
    return (say(lang, "nobody"), say(lang, "press-next" if doc["waiting"] else "nobody-waits"))


def _about(ticket: Doc, names: HallNames, now: int) -> tuple[str, ...]:
    queue = f"{ticket['queue']} {names.queue(ticket['queue'], ticket.get('queue_name', ''))}"
    items = " / ".join(names.item(item) for item in ticket["items"]) or say(names.lang, "no-items")
    key = "since-serving" if ticket["state"] == "serving" else "since-called"
    facts = [say(names.lang, key, time=span(now - ticket["since"]))]
    if ticket["recalls"]:
        facts.append(say(names.lang, "recalls", count=ticket["recalls"]))
    return (f"{queue}   {names.priority(ticket['priority'])}", items, "   ".join(facts))


def span(micros: int) -> str:
    """A duration as m:ss, or h:mm:ss; never negative, whatever two clocks say."""
    minutes, seconds = divmod(max(micros, 0) // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def rows(entries: list[dict[str, Any]], lang: Lang, now: int) -> list[PersonRow]:
    """The lines of a list, in the order of the view."""
    return [row(entry, lang, now) for entry in entries]


def row(entry: Doc, lang: Lang, now: int) -> PersonRow:
    mark = pick(lang, CLASS_MARKS.get(entry["priority"], ("  ", "  ")))
    waited = max(now - entry.get("since", entry["issued"]), 0) // MINUTE
    return PersonRow(entry["ticket"], entry["number"], mark, waited, bool(entry.get("bound")))


def counts(doc: Doc, names: HallNames) -> list[tuple[str, str, int]]:
    """Queue id, its name and how many wait in it, for the queues of this window."""
    queues = doc["queues"].items()
    return [(queue, names.queue(queue, row.get("name", "")), row["waiting"]) for queue, row in queues]


def rating(doc: Doc, lang: Lang, now: int) -> str:
    """Whether the last applicant is being asked or has rated. Never the level: a rating must stay free."""
    asked = doc.get("rating")
    if "rated" in doc and "ticket" not in doc:
        return say(lang, "rating-given")
    if asked and now < asked["until"]:
        return say(lang, "rating-asked", number=asked["number"])
    return ""


def options(doc: Doc, names: HallNames, now: int) -> list[tuple[str, str]]:
    """Whom 选呼 offers: ticket id and its line."""
    return [(entry["ticket"], _option(kind, entry, names, now)) for kind, entry in choosable(doc)]


def _option(kind: str, entry: Doc, names: HallNames, now: int) -> str:
    line = row(entry, names.lang, now)
    waited = set_cell_size(say(names.lang, "minutes", count=line.minutes), 6)
    place = set_cell_size(say(names.lang, kind), 8)
    bound = say(names.lang, "bound") if line.bound else ""
    return f"{line.number:<7}{line.mark} {waited} {place} {names.queue(entry['queue'])} {bound}".rstrip()


def targets(doc: Doc, names: HallNames) -> list[tuple[str, str, str]]:
    """Where a transfer may go: kind ("queue" or "window"), id and its line; never this window itself."""
    word = say(names.lang, "queue")
    queues = [("queue", queue, f"{word} {queue}  {name}") for queue, name in names.queues.items()]
    others = (window for window in names.windows if window != doc["window"])
    return queues + [("window", window, names.window(window)) for window in others]


def pays(doc: Doc) -> bool:
    """Whether this window takes money."""
    return doc.get("kind") == "pay"
