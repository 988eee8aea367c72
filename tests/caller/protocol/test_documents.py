"""Every view of a lived-in hall holds the keys its shape tells of, and no others."""

import random
from collections.abc import Iterable
from typing import Any, get_args

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.tickets import TicketState
from caller.protocol.documents import PARTS, SHAPES, ViewField
from config.settings import Device, Duty, Queue
from tests.caller.engine.test_appointments import book, next_day
from tests.caller.views.test_views import topics_of, view
from tests.instruments import histories
from tests.instruments.engine_fixture import Stage, settings

PLAIN = {"text": str, "integer": int, "instant": int, "true/false": bool}
STEPS = 120


class Held:
    """Holds documents against the table; what is wrong, and which keys were met."""

    def __init__(self) -> None:
        self.wrong: set[str] = set()
        self.met: set[tuple[str, str]] = set()

    def topic(self, topic: str, document: dict[str, Any]) -> None:
        parts = SHAPES[topic.partition("/")[0]]
        self.part(next((part for part in parts if set(PARTS[part]) <= set(document)), parts[-1]), document)

    def part(self, part: str, document: dict[str, Any]) -> None:
        fields = PARTS[part]
        always = {name for name, field in fields.items() if not field.when}
        self.wrong |= {f"{part} without {name}" for name in always - set(document)}
        self.wrong |= {f"{part}.{name} is not told of" for name in set(document) - set(fields)}
        for name in set(document) & set(fields):
            self.met.add((part, name))
            for value in self._values(f"{part}.{name}", fields[name], document[name]):
                self._value(f"{part}.{name}", fields[name].type, value)

    def _values(self, where: str, field: ViewField, value: Any) -> Iterable[Any]:
        if field.fold == "one":
            return [value]
        wanted, found = (list, value) if field.fold == "list" else (dict, getattr(value, "values", list)())
        if not isinstance(value, wanted):
            self.wrong.add(f"{where} is no {wanted.__name__}")
            return []
        return found

    def _value(self, where: str, kind: str, value: Any) -> None:
        if kind in PARTS:
            self.part(kind, value)
        elif type(value) is not PLAIN[kind]:
            self.wrong.add(f"{where} is {value!r}, not {kind}")


def live(held: Held, seed: int) -> None:
    """Days of a hall by chance; every document after every step."""
    dice, hall, now = random.Random(seed), Hall(settings()), histories.NINE
    for serial in range(STEPS):
        kind, choice = dice.randrange(histories.KINDS), dice.randrange(9)
        now = max(now, hall.state.now) + histories.step(choice)
        try:
            for event in hall.decide(histories.order(hall, serial, kind, choice, now), now):
                hall.apply(event, hall.instant(now), hall.seq + 1)
        except Refused:
            continue
        for topic in (*topics_of(hall), *(f"ticket/{id}" for id in hall.state.visits)):
            held.topic(topic, views.build(hall, topic, now))


def crowded() -> Stage:
    """What chance seldom brings: somebody on duty, an alarm, a closed queue, a rating, a visit of yesterday."""
    queues = (Queue("A", "社保", waiting_alarm=1), Queue("B", "房产"), Queue("P", "缴费"))
    stage = Stage(queues=queues, roster=(Duty("咨询", "李"),)).open("1")
    stage.take("A")
    stage.serve("1")
    stage.do(cmd.CloseDay())
    stage.later(60).do(cmd.OpenDay("2026-09-22"))
    stage.open("1")
    stage.take("A")
    number = stage.serve("1")
    stage.do(cmd.Rate(stage.find(number).id, 5))
    stage.take("A")
    stage.do(cmd.ReportDevice("p1", "printer", "paper-out", "换纸"))
    stage.do(cmd.StopTickets())
    return stage


@pytest.fixture(scope="module")
def held() -> Held:
    held = Held()
    for seed in range(4):
        live(held, seed)
    stage = crowded()
    for topic in (*topics_of(stage.hall), *(f"ticket/{id}" for id in stage.hall.state.visits)):
        held.topic(topic, view(stage, topic))
    for minutes in (-31, 0):  # too early, and its time
        held.topic("person/somebody", view(next_day(booked(), minutes), "person/somebody"))
    held.topic("jobs/pc-1", view(printing(), "jobs/pc-1"))
    return held


def printing() -> Stage:
    """A slip to be printed by an agent at a window."""
    stage = Stage(devices=(Device("p9", "printer", "tcp://127.0.0.1:9100", agent="pc-1"),)).open("1")
    ticket = stage.find(stage.take("A")).id
    stage.do(cmd.RequestJob("pc-1", "print-slip", ticket=ticket))
    return stage


def booked() -> Stage:
    stage = Stage()
    book(stage, "somebody")
    return stage


def test_every_document_is_as_its_shape_says(held: Held):
    assert held.wrong == set()


def test_every_key_told_of_was_met(held: Held):
    told = {(part, name) for part, fields in PARTS.items() for name in fields}
    assert told - held.met == set()


def test_every_topic_has_a_shape_and_every_part_is_used():
    assert set(SHAPES) == set(views._BUILDERS)
    used = {field.type for fields in PARTS.values() for field in fields.values()}
    tops = {part for parts in SHAPES.values() for part in parts}
    assert (used | tops) - set(PLAIN) == set(PARTS)


def test_the_states_told_of_are_those_there_are():
    assert set(PARTS["Ticket"]["state"].about.split(", ")) == set(get_args(TicketState))


@pytest.mark.parametrize("change", ["a key less", "a key more", "a null", "a list for an object"])
def test_a_view_that_differs_is_found(change: str, monkeypatch: pytest.MonkeyPatch):
    """The twin: a document that is not as its shape says must not pass."""
    document, queue = view(crowded(), "board"), dict(PARTS["Queue"])
    match change:
        case "a key less":
            del queue["low"]
        case "a key more":
            queue["more"] = ViewField("text")
        case "a null":
            document["queues"]["A"]["name"] = None
        case _:
            document["queues"] = []
    monkeypatch.setitem(PARTS, "Queue", queue)
    found = Held()
    found.topic("board", document)
    assert found.wrong
