"""A hall so naive that it can be read in a minute, to hold the engine against.

It knows the rules of DOMAIN.md and DESIGN.md, nothing of the engine's code: people in a dictionary, everything
sorted anew each time, no indexes. It follows the events, says who is next by the one rule, and which presses
are fair. `People` are immutable, so that thousands of halls can share them. The small halls of the exhaustive test
are held against it as it is; the seeded world adds days and ratings (`tests.world.checks`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

MINUTE = 60_000_000
TARGETS = {"ordinary": 45 * MINUTE, "green": 0}  # of stage.CLASSES
BEHIND, REQUEUES, RECALLS = 1, 1, 1  # the rules of the small worlds
LIVE = ("waiting", "called", "serving", "held", "missed")


class HallRules(NamedTuple):
    """What differs from hall to hall. Targets are microseconds."""

    targets: dict[str, int]  # by class
    queue_targets: dict[str, int]  # what a queue adds
    behind: int
    queue_of: dict[str, str]  # by item
    places: bool = False  # a transfer may go to the front or the end of a line

    def target(self, priority: str, queue: str) -> int:
        return self.targets[priority] + self.queue_targets.get(queue, 0)


SMALL = HallRules(TARGETS, {}, BEHIND, {})

# who may become what, and from what: written down a second time on purpose
LIFE: dict[str, tuple[tuple[str, ...], str]] = {
    "TicketCalled": (("waiting", "held", "missed"), "called"),
    "TicketRecalled": (("called",), "called"),
    "ServiceStarted": (("called",), "serving"),
    "ServiceFinished": (("called", "serving"), "served"),
    "TicketReturned": (("called", "serving"), "waiting"),
    "TicketTransferred": (("called", "serving"), "waiting"),
    "TicketMissed": (("called",), "missed"),
    "TicketHeld": (("called", "serving"), "held"),
    "TicketRequeued": (("missed",), "waiting"),
    "TicketPostponed": (("waiting",), "waiting"),
    "TicketCancelled": (("waiting", "called", "held", "missed"), "cancelled"),
    "TicketExpired": (("waiting", "held", "missed"), "expired"),
}


class Person(NamedTuple):
    """One ticket as its history tells it."""

    serial: int
    series: str
    queue: str
    priority: str
    origin: int
    promise: int
    state: str = "waiting"
    window: str = ""
    bound: str = ""
    come_back: str = ""
    home: str = ""
    not_before: int = 0
    recalls: int = 0
    requeues: int = 0
    person: str = ""
    client: str = ""
    item: str = ""

    @property
    def number(self) -> str:
        return f"{self.series}{self.serial:03d}"


class Naive:
    """The hall as its events tell it. `wrong` collects what no hall may do."""

    def __init__(self, rules: HallRules = SMALL, other: "Naive | None" = None) -> None:
        self.rules = rules
        self.people: dict[str, Person] = dict(other.people) if other else {}
        # of the windows that are open: the queues, and how reluctant each is, in microseconds
        self.serves: dict[str, dict[str, int]] = dict(other.serves) if other else {}
        self.wrong: list[str] = []
        self.now = 0  # of the event that is followed

    def copy(self) -> "Naive":
        return Naive(self.rules, self)

    # --- following the events

    def follow(self, event: Any, now: int) -> None:
        kind, self.now = type(event).__name__, now
        if kind == "TicketIssued":
            self._issued(event, now)
        elif kind == "WindowOpened":
            self.serves[event.window] = dict(event.serves)
        elif kind == "WindowClosed":
            self._closed(event.window)
        else:
            self._moved(kind, event)

    def _issued(self, event: Any, now: int) -> None:
        taken = {p.number for p in self.people.values()}
        target = self.rules.target(event.priority, event.queue)
        if event.number in taken or event.number != f"{event.queue}{event.serial:03d}":
            self.wrong.append(f"{event.number} given twice or misspelt")
        if (event.origin, event.promise) != (now, now + target):
            self.wrong.append(f"{event.number}: promise {event.promise}, not {now} + {target}")
        item = event.items[0] if event.items else event.queue
        person = self.people[event.ticket] = Person(
            event.serial, event.queue, event.queue, event.priority, event.origin, event.promise,
            bound=event.window, person=event.person, client=event.client, item=item,
        )  # fmt: skip
        ahead = self.ahead(person, now)
        if event.ahead != ahead:
            self.wrong.append(f"{event.number}: told {event.ahead} ahead, there are {ahead}")

    def _closed(self, window: str) -> None:
        if self.at(window):
            self.wrong.append(f"window {window} closed on somebody")
        self.serves.pop(window, None)
        for id, person in self.people.items():
            if person.state == "waiting" and person.bound == window:
                self.people[id] = person._replace(bound="")

    def _moved(self, kind: str, event: Any) -> None:
        before, after = LIFE[kind]
        person = self.people[event.ticket]
        if person.state not in before:
            self.wrong.append(f"{kind}: {person.number} was {person.state}")
        where = getattr(event, "from_window", "") or getattr(event, "window", "")
        if kind != "TicketCalled" and where and person.window != where:
            self.wrong.append(f"{kind}: {person.number} was at {person.window}, not at {where}")
        self.people[event.ticket] = getattr(self, f"_{kind}", _only_state)(
            person._replace(state=after), event
        )

    def _TicketCalled(self, person: Person, event: Any) -> Person:
        if self.at(event.window):
            self.wrong.append(f"{person.number} called to {event.window}, where somebody is")
        line = self.line_for(event.window, self.now)
        if not event.chosen and line[:1] != [event.ticket]:
            self.wrong.append(f"{person.number} called out of turn, the line is {line}")
        if self.now < person.origin:
            self.wrong.append(f"{person.number} called before it was issued")
        return person._replace(window=event.window, bound="", not_before=0, recalls=0)

    def _TicketRecalled(self, person: Person, event: Any) -> Person:
        if event.times != person.recalls + 1:
            self.wrong.append(f"{person.number}: recall {event.times} after {person.recalls}")
        return person._replace(recalls=event.times)

    def _TicketTransferred(self, person: Person, event: Any) -> Person:
        kept = person.origin + self.rules.target(person.priority, event.queue)
        if event.promise != kept and not (self.rules.places and self._at_an_end(event.promise)):
            self.wrong.append(f"{person.number}: its place was not kept")
        home = {"come_back": event.come_back, "home": person.queue} if event.come_back else {}
        return person._replace(
            queue=event.queue, bound=event.window, promise=event.promise, window="", **home
        )

    def _at_an_end(self, promise: int) -> bool:
        """Whether this is just before or just behind one who waits, or now."""
        return promise == self.now or any(abs(promise - p.promise) == 1 for p in self.waiting().values())

    def _TicketReturned(self, person: Person, event: Any) -> Person:
        if event.items and person.come_back in ("", person.window):
            return self._on_to_the_next_item(person, event)
        back = person.come_back if person.come_back in self.serves else ""
        if person.come_back in ("", person.window):
            self.wrong.append(f"{person.number} was sent away from where it belongs")
        if (event.window, event.queue, event.promise) != (back, person.home, person.promise):
            self.wrong.append(f"{person.number} came back to {event.window}/{event.queue}")
        return person._replace(queue=event.queue, bound=event.window, window="", come_back="", home="")

    def _on_to_the_next_item(self, person: Person, event: Any) -> Person:
        queue = self.rules.queue_of[event.items[0]]
        if (event.window, event.queue, event.promise) != ("", queue, person.promise):
            self.wrong.append(f"{person.number} went on to {event.window}/{event.queue}, not to {queue}")
        return person._replace(queue=event.queue, window="")

    def _ServiceFinished(self, person: Person, _event: Any) -> Person:
        if person.come_back and person.come_back != person.window:
            self.wrong.append(f"{person.number} ended here, but was to come back to {person.come_back}")
        return person

    def _TicketRequeued(self, person: Person, event: Any) -> Person:
        back = person._replace(
            promise=event.promise, window="", not_before=0, recalls=0, requeues=person.requeues + 1
        )
        self._back_in_turn(person, back, event.ticket)
        return back

    def _back_in_turn(self, person: Person, back: Person, id: str) -> None:
        """A no-show lets the next few go first at every window, or all if fewer wait; and no more than it must."""
        after = self.copy()
        firsts: list[bool] = []
        for sooner in (0, 2):  # one microsecond less may be a tie, which its number loses
            after.people[id] = back._replace(promise=back.promise - sooner)
            lines = after.lines_of(back, self.now)
            firsts.append(all(line.index(id) >= min(self.rules.behind, len(line) - 1) for line in lines))
        if not firsts[0] or (firsts[1] and back.promise > person.promise):
            self.wrong.append(
                f"{person.number}: requeued at {back.promise} is not just behind {self.rules.behind}"
            )

    def _TicketPostponed(self, person: Person, event: Any) -> Person:
        return person._replace(not_before=event.not_before)

    # --- questions

    def at(self, window: str) -> list[str]:
        """Who is at a window."""
        there = ("called", "serving")
        return [id for id, p in self.people.items() if p.window == window and p.state in there]

    def waiting(self) -> dict[str, Person]:
        return {id: p for id, p in self.people.items() if p.state == "waiting"}

    def lines(self) -> dict[str, list[tuple[int, int, str, str]]]:
        """Who waits where: each queue's people and each window's own, by promise and number."""
        lines: dict[str, list[tuple[int, int, str, str]]] = {}
        for id, person in self.waiting().items():
            name = f"@{person.bound}" if person.bound else person.queue
            lines.setdefault(name, []).append((person.promise, person.serial, person.series, id))
        return {name: sorted(rows) for name, rows in lines.items()}

    def line_for(self, window: str, now: int) -> list[str]:
        """Everybody this window may call now, by the one rule: promise + reluctance, ties by number; from a queue it
        only helps once the number has waited as long."""
        return self._line_of(self.serves.get(window, {}), window, now)

    def _line_of(self, serves: dict[str, int], window: str, now: int) -> list[str]:
        ranks: list[tuple[int, int, str, str]] = []
        for id, p in self.waiting().items():
            if p.not_before > now or (p.bound != window if p.bound else p.queue not in serves):
                continue
            reluctance = 0 if p.bound else serves[p.queue]
            if reluctance and now - p.origin < reluctance:
                continue
            ranks.append((p.promise + reluctance, p.serial, p.series, id))
        return [row[-1] for row in sorted(ranks)]

    def fair(self, command: Any, now: int) -> bool:
        """Whether the hall should do what is asked of it."""
        kind = type(command).__name__
        if kind == "TakeTicket":
            return self._may_take(command)
        if kind in ("RequeueTicket", "CancelTicket", "PostponeTicket"):
            return self._may_change(kind, self.people.get(command.ticket))
        if kind == "OpenWindow":
            return True
        if command.window not in self.serves:
            return False
        return self._may_press(kind, command, now)

    def _may_take(self, command: Any) -> bool:
        bound = command.window
        if bound and command.queue not in self.serves.get(bound, {}):
            return False
        key = (command.person, command.client, command.queue)
        return not command.person or key not in self.live_persons(lambda each: not comes_back_no_more(each))

    def _may_change(self, kind: str, person: Person | None) -> bool:
        before = {"RequeueTicket": "missed", "PostponeTicket": "waiting"}
        if person is None:
            return False
        if kind == "CancelTicket":
            return person.state in ("waiting", "called", "held", "missed")
        return person.state == before[kind] and not (kind == "RequeueTicket" and person.requeues >= REQUEUES)

    def _may_press(self, kind: str, command: Any, now: int) -> bool:
        here = [self.people[id] for id in self.at(command.window)]
        state = here[0].state if here else ""
        if kind == "CallNext":
            return state in ("", "serving") and bool(
                self.after_service(command.window).line_for(command.window, now)
            )
        if kind == "CallTicket":
            return state in ("", "serving") and self._may_pick(command)
        if kind == "TransferTicket":
            target = command.to_window
            return bool(here) and (not target or (target in self.serves and target != command.window))
        if kind == "Recall":
            return state == "called" and here[0].recalls < RECALLS
        fair = {
            "StartService": ("called",), "MarkNoShow": ("called",), "CloseWindow": ("",),
            "FinishService": ("called", "serving"), "HoldTicket": ("called", "serving"),
        }  # fmt: skip
        return state in fair[kind]

    def _may_pick(self, command: Any) -> bool:
        person = self.people.get(command.ticket)
        if person is None or person.state not in ("waiting", "held", "missed"):
            return False
        if person.bound:
            return person.bound == command.window
        return person.queue in self.serves[command.window]

    def after_service(self, window: str) -> "Naive":
        """The hall as it will be once the service at this window has ended."""
        after = self.copy()
        for id in after.at(window):
            p = after.people[id]
            if p.come_back and p.come_back != window:
                back = p.come_back if p.come_back in self.serves else ""
                after.people[id] = p._replace(state="waiting", window="", queue=p.home, bound=back)
            else:
                after.people[id] = p._replace(state="served")
        return after

    def ahead(self, person: Person, now: int) -> int:
        """How many are called before this one, at the window that comes to it first."""
        if person.state != "waiting":
            return 0
        after = self.copy()
        after.people = {id: p for id, p in self.people.items() if p is not person}
        after.people["this"] = person._replace(not_before=0)
        return min(line.index("this") for line in after.lines_of(person, now))

    def lines_of(self, person: Person, now: int) -> list[list[str]]:
        """What each window that may call this one would call; with none open, the queue alone."""
        waited = now - person.origin
        desks = [
            w
            for w, each in self.serves.items()
            if waited >= each.get(person.queue, waited + 1) or not each.get(person.queue, 1)
        ]
        return [self.line_for(window, now) for window in ([person.bound] if person.bound else desks)] or [
            self._line_of({person.queue: 0}, "", now)
        ]

    def live_persons(self, wanted: Callable[[Person], bool] = bool) -> set[tuple[str, str, str]]:
        live = (p for p in self.people.values() if p.person and p.state in LIVE and wanted(p))
        return {(p.person, p.client, p.item) for p in live}


def comes_back_no_more(person: Person) -> bool:
    """Whether a missed number cannot be requeued: its holder may take another, and it is void then."""
    return person.state == "missed" and person.requeues >= REQUEUES


def _only_state(person: Person, _event: Any) -> Person:
    return person
