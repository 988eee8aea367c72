"""Who does what in the world: applicants, clerks, guides, a manager; sensible mostly, clumsy often.

Each deed looks at the hall as a station would see it and makes one command; a clumsy one looks at an old
picture, presses twice or asks for what cannot be. The engine may refuse any of them.
"""

import random
from collections.abc import Callable
from typing import Any

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.engine.envelope import AnyCommand
from caller.engine.hall import Hall
from config.settings import HallTable, Item, PriorityClass, Queue, Rules, Settings, Window

SETTINGS = Settings(
    hall=HallTable(site="world", name="世界", closes="23:30", last_ticket="23:00", automatic_day=False),
    classes=(
        PriorityClass("ordinary", "普通", 45),
        PriorityClass("elderly", "老年人", 15),
        PriorityClass("green", "绿色通道", 0),
    ),
    queues=(Queue("A", "甲"), Queue("B", "乙", target_minutes=10), Queue("P", "缴费")),
    items=(Item("i1", "一", "d", "A"), Item("i2", "二", "d", "B")),
    windows=(
        Window("1", "一", ["A"]),
        Window("2", "二", ["A", "B"]),
        Window("3", "三", ["B"], helps={"A": 15}),
        Window("4", "四", ["A", "B"], kind="floating"),
        Window("P", "缴", ["P"], kind="pay"),
    ),
    rules=Rules(recall_max=2, recall_seconds=0, no_show_seconds=0),
)
Deed = Callable[[Hall, random.Random], "AnyCommand | None"]


def _window(hall: Hall, dice: random.Random, *states: str) -> str:
    fitting = [w.id for w in hall.state.windows.values() if w.state in states]
    return dice.choice(fitting) if fitting else dice.choice(list(hall.state.windows))


def _ticket(hall: Hall, dice: random.Random, *states: str) -> str:
    fitting = [t.id for t in hall.state.tickets.values() if t.state in states]
    return dice.choice(fitting) if fitting else "no-such-ticket"


def take(hall: Hall, dice: random.Random) -> AnyCommand:
    priority: Any = dice.choices(("ordinary", "elderly", "green", "soldier"), (80, 12, 6, 2))[0]
    person = f"p{dice.randrange(40)}" if dice.random() < 0.2 else ""
    if dice.random() < 0.3:
        return cmd.TakeTicket(
            items=dice.choice((["i1"], ["i2"], ["i1", "i2"])), priority=priority, person=person
        )
    bound = _window(hall, dice, "open") if dice.random() < 0.05 else ""
    return cmd.TakeTicket(queue=dice.choice("AAABBP"), priority=priority, person=person, window=bound)


def _verb(verb: type[cmd.WindowVerb], **more: Any) -> Deed:
    def press(hall: Hall, dice: random.Random) -> AnyCommand:
        window = _window(hall, dice, "open")
        seen = hall.state.windows[window].version - (dice.random() < 0.08)
        return verb(window=window, as_of=max(0, seen), **more)  # type: ignore[return-value]

    return press


def call_ticket(hall: Hall, dice: random.Random) -> AnyCommand:
    window = _window(hall, dice, "open")
    ticket = _ticket(hall, dice, "held", "missed", "waiting")
    return cmd.CallTicket(window, hall.state.windows[window].version, ticket)


def transfer(hall: Hall, dice: random.Random) -> AnyCommand:
    window = _window(hall, dice, "open")
    seen = hall.state.windows[window].version
    if dice.random() < 0.5:
        return cmd.TransferTicket(window, seen, queue=dice.choice("ABP"), come_back=dice.random() < 0.5)
    to = _window(hall, dice, "open")
    place: Any = dice.choice(("keep", "keep", "front", "end"))
    return cmd.TransferTicket(window, seen, to_window=to, place=place, come_back=dice.random() < 0.5)


def open_window(hall: Hall, dice: random.Random) -> AnyCommand:
    queues = [] if dice.random() < 0.8 else [dice.choice("ABP")]
    return cmd.OpenWindow(_window(hall, dice, "closed"), f"clerk-{dice.randrange(6)}", queues)


def rate(hall: Hall, dice: random.Random) -> AnyCommand:
    via: Any = dice.choice(("evaluator", "phone"))
    known = list(hall.register.visits) or ["no-such-ticket"]
    return cmd.Rate(dice.choice(known[-8:]), dice.randint(1, 5), via=via)


def correct(hall: Hall, dice: random.Random) -> AnyCommand:
    window = hall.state.windows[_window(hall, dice, "open")]
    mine = hall.state.receptions.get(window.clerk)
    ticket = mine[-1].ticket if mine and dice.random() < 0.9 else "no-such-ticket"
    return desk_cmd.CorrectOutcome(window.id, ticket, dice.choice(cmd.OUTCOMES))


DEEDS: tuple[tuple[float, Deed], ...] = (
    (26, take),
    (22, _verb(cmd.CallNext)),
    (16, _verb(cmd.StartService)),
    (14, _verb(cmd.FinishService)),
    (4, _verb(cmd.MarkNoShow)),
    (3, _verb(cmd.Recall)),
    (3, _verb(cmd.HoldTicket)),
    (4, call_ticket),
    (4, transfer),
    (5, open_window),
    (1, lambda hall, dice: cmd.CloseWindow(_window(hall, dice, "open"))),
    (1, lambda hall, dice: cmd.PauseWindow(_window(hall, dice, "open"))),
    (1, lambda hall, dice: cmd.ResumeWindow(_window(hall, dice, "paused"))),
    (2, lambda hall, dice: cmd.CancelTicket(_ticket(hall, dice, "waiting", "called", "missed"))),
    (2, lambda hall, dice: cmd.PostponeTicket(_ticket(hall, dice, "waiting"), dice.randint(1, 30))),
    (3, lambda hall, dice: cmd.RequeueTicket(_ticket(hall, dice, "missed"))),
    (5, rate),
    (2, correct),
    (2, lambda hall, dice: cmd.ReportSlip(_ticket(hall, dice, "waiting"), "printed")),
    (1, lambda _hall, dice: cmd.ReportDevice("p1", "printer", dice.choice(("ready", "paper-out")))),
)
WEIGHTS = [weight for weight, _ in DEEDS]


def deed(hall: Hall, dice: random.Random) -> AnyCommand | None:
    """What somebody does next."""
    [(_, chosen)] = dice.choices(DEEDS, WEIGHTS)
    return chosen(hall, dice)
