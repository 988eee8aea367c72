"""Small halls lived through in every possible way: an instrument for test_exhaustive.

Breadth first: from every state every command of the menu is tried; equal states are merged, so that a hall of
two windows and three tickets can be lived through to its end. The state of a representative is kept as
`image(hall)`, which makes each step also a test of the checkpoint. In every state the engine is held against
`naive.Naive`, which only reads the events, and the views against both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from caller import views
from caller.engine import commands as cmd
from caller.engine import queueing
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from config.instants import instant
from config.settings import HallTable, Item, PriorityClass, Queue, Rules, Settings, Window
from tests.instruments.hall_image import from_image, image
from tests.instruments.reference_model import BEHIND, LIVE, MINUTE, RECALLS, REQUEUES, TARGETS, Naive

DAY = "2026-09-21"
NINE = instant(DAY, "09:00", "Asia/Shanghai")
AT_WINDOW = ("called", "serving")

Command = AnyCommand


@dataclass(frozen=True)
class World:
    """A hall's windows and what may be done in it; `takes` are tried until `tickets` have been given."""

    windows: tuple[Window, ...]
    takes: tuple[cmd.TakeTicket, ...]
    tickets: int
    verbs: tuple[str, ...]
    minutes: int = 0  # how far the clock may be moved, a step of five each time

    def settings(self) -> Settings:
        return Settings(
            hall=HallTable(site="small", name="小厅"),
            classes=tuple(PriorityClass(id, id, t // MINUTE) for id, t in TARGETS.items()),  # type: ignore[arg-type]
            queues=(Queue("A", "社保"), Queue("B", "房产")),
            windows=self.windows,
            items=(Item("i1", "参保", "d1", "A"),),
            rules=Rules(
                requeue_behind=BEHIND,
                requeue_max=REQUEUES,
                recall_max=RECALLS,
                recall_seconds=0,
                no_show_seconds=0,
            ),
        )


@dataclass(slots=True)
class Node:
    """A state that was reached: the checkpoint, what its history says, and how many minutes have passed."""

    dump: bytes
    naive: Naive
    now: int
    taken: int
    path: tuple[Any, ...]


@dataclass
class Tour:
    """What a tour of a world has seen."""

    depth: int = 0
    states: int = 0
    transitions: int = 0
    refusals: int = 0
    finished: bool = False  # nothing new is left at any depth
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        end = "every depth" if self.finished else f"depth {self.depth}"
        return f"{end}: {self.states} states, {self.transitions} transitions, {self.refusals} refusals"


def tour(world: World, depth: int = 1000, states: int = 10**9) -> Tour:
    """Live through the world breadth first, until `depth` or until a level ends with more than `states`."""
    settings, seen = world.settings(), Tour()
    first = _opened(world, settings)
    known = {_canonical(from_image(settings, first.dump), NINE)}
    level = [first]
    while level and seen.depth < depth and len(known) < states and not seen.wrong:
        after: list[Node] = []
        for node in level:
            after += _expand(world, settings, node, known, seen)
            if seen.wrong:
                break
        level = after
        seen.depth += 1
    seen.states, seen.finished = len(known), not level
    return seen


def _opened(world: World, settings: Settings) -> Node:
    """The hall in the morning, all windows open."""
    hall, naive = Hall(settings), Naive()
    orders: list[Command] = [cmd.OpenDay(DAY), *(cmd.OpenWindow(w.id, f"c{w.id}") for w in world.windows)]
    for n, command in enumerate(orders):
        for event in hall.decide(CommandEnvelope(f"m{n}", command), NINE):
            hall.apply(event, NINE, hall.seq + 1)
            if type(event).__name__ != "DayOpened":
                naive.follow(event, NINE)
    return Node(image(hall), naive, NINE, 0, ())


def _expand(world: World, settings: Settings, node: Node, known: set[Any], seen: Tour) -> list[Node]:
    """Every command of the menu, tried in this state; the states not met before."""
    hall = from_image(settings, node.dump)
    new: list[Node] = []
    for command, at in _menu(world, hall, node):
        order = CommandEnvelope(f"t{node.taken}", command)
        events = _decided(hall, order, at)
        if (events is not None) != node.naive.fair(command, at):
            told = "refused" if events is None else "done"
            seen.wrong.append(f"{node.path} then {command}: {told}")
        if events is None:
            seen.refusals += 1
            continue
        seen.transitions += 1
        live, naive = _lived(settings, node, events, at)
        path = (*node.path, command)
        seen.wrong += [f"{path}: {words}" for words in naive.wrong]
        key = _canonical(live, at)
        if key not in known:
            known.add(key)
            taken = node.taken + isinstance(command, cmd.TakeTicket)
            new.append(Node(image(live), naive, at, taken, path))
            seen.wrong += _examined(settings, new[-1])
    if image(hall) != node.dump:
        seen.wrong.append(f"{node.path}: deciding changed the hall")
    return new


def _examined(settings: Settings, node: Node) -> list[str]:
    """A new state, looked at through its checkpoint."""
    hall = from_image(settings, node.dump)
    wrong = check(hall, node.naive, node.now)
    if image(hall) != node.dump:
        wrong.append("a checkpoint is not what was saved")
    return [f"{node.path}: {words}" for words in wrong]


def _decided(hall: Hall, order: CommandEnvelope, now: int) -> list[Any] | None:
    try:
        return list(hall.decide(order, now))
    except Refused:
        return None


def _lived(settings: Settings, node: Node, events: list[Any], now: int) -> tuple[Hall, Naive]:
    """The hall after these events, live, and its history."""
    hall, naive = from_image(settings, node.dump), node.naive.copy()
    for event in events:
        naive.follow(event, now)
        hall.apply(event, now, hall.seq + 1)
    naive.wrong += indexes(hall, naive)
    return hall, naive


# --- the menu


def _menu(world: World, hall: Hall, node: Node) -> Iterator[tuple[Command, int]]:
    """Every command that may be tried now, and when; unfair ones too."""
    moments = [node.now]
    if node.now < NINE + world.minutes * MINUTE:
        moments.append(node.now + 5 * MINUTE)
    for now in moments:
        if node.taken < world.tickets:
            yield from ((take, now) for take in world.takes)
        for window in hall.state.windows.values():
            for verb in world.verbs:
                yield from ((command, now) for command in VERBS[verb](world, window.id, window.version, hall))
        for verb in world.verbs:
            maker = TICKET_VERBS.get(verb)
            live = [t.id for t in hall.state.tickets.values() if t.state in LIVE]
            yield from ((maker(ticket), now) for ticket in live if maker)


Verb = Callable[[World, str, int, Hall], list[Command]]


def _press(kind: type[cmd.WindowVerb]) -> Verb:
    return lambda _world, window, version, _hall: [kind(window=window, as_of=version)]  # type: ignore[list-item]


def _transfers(world: World, window: str, version: int, _hall: Hall) -> list[Command]:
    """To each queue, and to each other window with a return ticket."""
    queues: list[Command] = [cmd.TransferTicket(window, version, queue=queue) for queue in "AB"]
    others = [w.id for w in world.windows if w.id != window]
    return queues + [cmd.TransferTicket(window, version, to_window=w, come_back=True) for w in others]


def _picks(_world: World, window: str, version: int, hall: Hall) -> list[Command]:
    live = [t.id for t in hall.state.tickets.values() if t.state in LIVE]
    return [cmd.CallTicket(window, version, ticket) for ticket in live]


def _doors(_world: World, window: str, _version: int, hall: Hall) -> list[Command]:
    if hall.state.windows[window].state == "closed":
        return [cmd.OpenWindow(window, f"c{window}")]
    return [cmd.CloseWindow(window)]


def _nothing(_world: World, _window: str, _version: int, _hall: Hall) -> list[Command]:
    return []


VERBS: dict[str, Verb] = {
    "call": _press(cmd.CallNext),
    "recall": _press(cmd.Recall),
    "start": _press(cmd.StartService),
    "finish": _press(cmd.FinishService),
    "no-show": _press(cmd.MarkNoShow),
    "hold": _press(cmd.HoldTicket),
    "transfer": _transfers,
    "pick": _picks,
    "doors": _doors,
    "requeue": _nothing,
    "cancel": _nothing,
    "postpone": _nothing,
}
TICKET_VERBS: dict[str, Callable[[str], Command]] = {
    "requeue": cmd.RequeueTicket,
    "cancel": cmd.CancelTicket,
    "postpone": lambda ticket: cmd.PostponeTicket(ticket, 5),
}


def _canonical(hall: Hall, now: int) -> tuple[Any, ...]:
    """All that what follows may depend on: not how it came about, nor who has left."""
    live = sorted(
        (
            t.number, t.queue, t.priority, t.origin - now, t.promise - now, t.state, t.bound, t.come_back,
            t.home, t.window if t.state in AT_WINDOW else "", max(0, t.not_before - now), bool(t.not_before),
            t.recalls if t.state == "called" else 0, t.requeues, t.person,
        )
        for t in hall.state.tickets.values()
        if t.state in LIVE
    )  # fmt: skip
    windows = tuple((w.id, w.state, *sorted(w.serves)) for w in hall.state.windows.values())
    return (tuple(live), windows, tuple(sorted(hall.state.serials.items())), now - NINE)


# --- what must hold in every state


def indexes(hall: Hall, naive: Naive) -> list[str]:
    """What is rebuilt from a checkpoint, compared with who really waits, is aside, or is known."""
    lines = {
        name: sorted((p.promise, p.serial, p.series, p.ticket) for p in line)
        for name, line in hall.lines.items()
        if len(line)
    }
    waiting: dict[str, int] = {}
    for person in naive.waiting().values():
        waiting[person.queue] = waiting.get(person.queue, 0) + 1
    aside = {
        state: {id for id, p in naive.people.items() if p.state == state} for state in ("held", "missed")
    }
    found = [
        ("lines", lines, naive.lines()),
        ("waiting", {queue: count for queue, count in hall.waiting.items() if count}, waiting),
        ("aside", {state: set(ids) for state, ids in hall.parked.items()}, aside),
        ("live persons", set(hall.live_persons), naive.live_persons()),
    ]
    return [f"{what}: {engine}, not {truth}" for what, engine, truth in found if engine != truth]


def check(hall: Hall, naive: Naive, now: int) -> list[str]:
    """The state of everybody by history, every window's next, and what the views say of both."""
    wrong = indexes(hall, naive)
    for id, person in naive.people.items():
        ticket = hall.state.tickets[id]
        if (ticket.state, ticket.number, ticket.queue) != (person.state, person.number, person.queue):
            wrong.append(f"{person.number} is {ticket.state} in {ticket.queue}, by its history {person}")
    for window in hall.state.windows.values():
        at = naive.at(window.id)
        if len(at) > 1 or [window.ticket] != (at or [""]):
            wrong.append(f"window {window.id} has {window.ticket!r}, by history {at}")
        place = queueing.first_for(hall.lines, window.id, window.serves, now)
        line = naive.line_for(window.id, now)
        if (place.ticket if place else "") != (line[0] if line else ""):
            wrong.append(f"window {window.id} would call {place}, the line is {line}")
    return wrong + _check_views(hall, naive, now)


def _check_views(hall: Hall, naive: Naive, now: int) -> list[str]:
    wrong: list[str] = []
    board: Any = views.build(hall, "board", now)
    view: Any
    documents: dict[str, Any] = {"board": board, "kiosk": views.build(hall, "kiosk", now)}
    documents["supervise"] = views.build(hall, "supervise", now)
    for window in hall.state.windows:
        at = [naive.people[id] for id in naive.at(window)]
        documents[f"window/{window}"] = view = views.build(hall, f"window/{window}", now)
        shown = (board["windows"][window]["number"], view.get("ticket", {}).get("number", ""))
        if shown != (at[0].number if at else "",) * 2:
            wrong.append(f"window {window} shows {shown}, there is {at}")
        rows = [row["ticket"] for row in view["next"]]
        if rows != naive.line_for(window, now)[:10]:
            wrong.append(f"window {window} shows {rows} as next, the line is {naive.line_for(window, now)}")
    for id, person in naive.people.items():
        documents[f"ticket/{id}"] = view = views.build(hall, f"ticket/{id}", now)
        if (view["state"], view["ahead"]) != (person.state, naive.ahead(person, now)):
            wrong.append(f"{person.number} shows {view['state']}, {view['ahead']} ahead, is {person}")
    return wrong + [f"a null in {topic}" for topic, doc in documents.items() if has_null(doc)]


def has_null(document: Any) -> bool:
    if isinstance(document, dict):
        return any(has_null(each) for each in document.values())
    if isinstance(document, list):
        return any(has_null(each) for each in document)
    return document is None
