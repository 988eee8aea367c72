"""A hall so naive that it can be read in a minute, to hold the engine against.

It knows the rules of DOMAIN.md and DESIGN.md, nothing of the engine's code: people in a dictionary, everything
sorted anew each time, no indexes. It follows the events, says who is next by the one rule, and which presses
are fair. `People` are immutable, so that thousands of halls can share them.
"""

from typing import Any, NamedTuple

MINUTE = 60_000_000
TARGETS = {"ordinary": 45 * MINUTE, "green": 0}  # of stage.CLASSES
BEHIND, REQUEUES, RECALLS = 1, 1, 1  # the rules of the small worlds
LIVE = ("waiting", "called", "serving", "held", "missed")

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
    item: str = ""

    @property
    def number(self) -> str:
        return f"{self.series}{self.serial:03d}"

    @property
    def rank(self) -> tuple[int, int, str]:
        return (self.promise, self.serial, self.series)


class Naive:
    """The hall as its events tell it. `wrong` collects what no hall may do."""

    def __init__(self, serves: dict[str, dict[str, int]], other: "Naive | None" = None) -> None:
        self.people: dict[str, Person] = dict(other.people) if other else {}
        self.serves = dict(other.serves) if other else serves  # of the windows that are open
        self.wrong: list[str] = []

    def copy(self) -> "Naive":
        return Naive({}, self)

    # --- following the events

    def follow(self, event: Any, now: int) -> None:
        kind = type(event).__name__
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
        target = TARGETS[event.priority]
        if event.number in taken or event.number != f"{event.queue}{event.serial:03d}":
            self.wrong.append(f"{event.number} given twice or misspelt")
        if (event.origin, event.promise) != (now, now + target):
            self.wrong.append(f"{event.number}: promise {event.promise}, not {now} + {target}")
        rank = (event.promise, event.serial, event.queue)
        ahead = sum(p.rank < rank for p in self._line(event.queue) if p.not_before <= now)
        if event.ahead != (0 if event.window else ahead):
            self.wrong.append(f"{event.number}: told {event.ahead} ahead, there are {ahead}")
        item = event.items[0] if event.items else event.queue
        self.people[event.ticket] = Person(
            event.serial, event.queue, event.queue, event.priority, event.origin, event.promise,
            bound=event.window, person=event.person, item=item,
        )  # fmt: skip

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
        return person._replace(window=event.window, bound="", not_before=0, recalls=0)

    def _TicketRecalled(self, person: Person, event: Any) -> Person:
        if event.times != person.recalls + 1:
            self.wrong.append(f"{person.number}: recall {event.times} after {person.recalls}")
        return person._replace(recalls=event.times)

    def _TicketTransferred(self, person: Person, event: Any) -> Person:
        if event.promise != person.origin + TARGETS[person.priority]:
            self.wrong.append(f"{person.number}: its place was not kept")
        home = {"come_back": event.come_back, "home": person.queue} if event.come_back else {}
        return person._replace(
            queue=event.queue, bound=event.window, promise=event.promise, window="", **home
        )

    def _TicketReturned(self, person: Person, event: Any) -> Person:
        back = person.come_back if person.come_back in self.serves else ""
        if person.come_back in ("", person.window):
            self.wrong.append(f"{person.number} was sent away from where it belongs")
        if (event.window, event.queue, event.promise) != (back, person.home, person.promise):
            self.wrong.append(f"{person.number} came back to {event.window}/{event.queue}")
        return person._replace(queue=event.queue, bound=event.window, window="", come_back="", home="")

    def _ServiceFinished(self, person: Person, _event: Any) -> Person:
        if person.come_back and person.come_back != person.window:
            self.wrong.append(f"{person.number} ended here, but was to come back to {person.come_back}")
        return person

    def _TicketRequeued(self, person: Person, event: Any) -> Person:
        line = sorted(p.promise for p in self._line(person.queue) if not p.not_before)[:BEHIND]
        promise = max(person.promise, line[-1] + 1) if line else person.promise
        if event.promise != promise:
            self.wrong.append(f"{person.number}: requeued at {event.promise}, not {promise}")
        return person._replace(
            promise=promise, window="", not_before=0, recalls=0, requeues=person.requeues + 1
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

    def _line(self, queue: str) -> list[Person]:
        return [p for p in self.waiting().values() if p.queue == queue and not p.bound]

    def lanes(self) -> dict[str, list[tuple[int, int, str, str]]]:
        """Who waits where: each queue's people and each window's own, by promise and number."""
        lanes: dict[str, list[tuple[int, int, str, str]]] = {}
        for id, person in self.waiting().items():
            name = f"@{person.bound}" if person.bound else person.queue
            lanes.setdefault(name, []).append((person.promise, person.serial, person.series, id))
        return {name: sorted(rows) for name, rows in lanes.items()}

    def line_for(self, window: str, now: int) -> list[str]:
        """Everybody this window may call now, by the one rule: promise + reluctance, ties by number."""
        serves = self.serves.get(window, {})
        ranks: list[tuple[int, int, str, str]] = []
        for id, p in self.waiting().items():
            if p.not_before > now or (p.bound != window if p.bound else p.queue not in serves):
                continue
            reluctance = 0 if p.bound else serves[p.queue]
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
        return not command.person or (command.person, command.queue) not in self.live_persons()

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
        """Who of the same queue is called before this one."""
        if person.state != "waiting" or person.bound:
            return 0
        return sum(p.rank < person.rank for p in self._line(person.queue) if p.not_before <= now)

    def live_persons(self) -> set[tuple[str, str]]:
        return {(p.person, p.item) for p in self.people.values() if p.person and p.state in LIVE}


def _only_state(person: Person, _event: Any) -> Person:
    return person
