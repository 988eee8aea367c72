"""Several items in one visit: the order of the shortest whole time, held against every other order; and the way through the
hall, without queueing again."""

from itertools import combinations_with_replacement, permutations, product
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import guide_commands, visit_order
from caller.engine.visit_order import Stop, in_order, whole_minutes
from caller.engine.wait_forecast import Forecast, forecast
from config.settings import Item, Queue, Window
from tests.instruments.engine_fixture import Stage

QUEUES = "ABC"
RECEPTION = 5  # minutes of every reception in the halls lived through


# --- the rule, against all orders


def regrets() -> list[float]:
    """By how much the rule's order ends later than the best order, for every small visit."""
    found: list[float] = []
    for count in (2, 3, 4):
        for calls in combinations_with_replacement(range(0, 12, 3), count):
            for receptions in product((1, 4, 9), repeat=count):
                stops = [Stop(str(n), (str(n),), float(wait)) for n, wait in enumerate(calls)]
                of = {stop.queue: reception for stop, reception in zip(stops, receptions, strict=True)}

                def end(order: Any, of: dict[str, int] = of) -> float:
                    return whole_minutes(order, [of[stop.queue] for stop in order])

                best = min(end(order) for order in permutations(stops))
                found.append(end(in_order(reversed(stops))) - best)
    return found


def test_no_order_of_any_small_visit_ends_sooner():
    found = regrets()
    assert len(found) > 3_000
    assert max(found) == 0


def test_another_rule_is_seen_to_be_worse(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"{__name__}.in_order", lambda stops: sorted(stops, key=lambda stop: -stop.minutes))
    assert max(regrets()) > 0


def test_payment_and_results_come_at_the_end_also_when_their_queue_is_empty():
    pay, far = Stop("P", ("p",), 0.0, at_the_end=True), Stop("A", ("a",), 40.0)
    assert in_order([pay, far]) == [far, pay]
    assert in_order([Stop("X", ("x",), 10_000.0), Stop("A", ("a",), 3.0)])[0].queue == "A"
    assert [each.queue for each in in_order([Stop(q, (q,)) for q in "BCA"])] == ["B", "C", "A"]


# --- small halls lived through, with every order


def small_hall(waiting: tuple[int, ...]) -> Stage:
    """A hall with one window a queue, and so many people before each of them."""
    stage = Stage(
        queues=tuple(Queue(each, each, service_minutes=RECEPTION) for each in QUEUES),
        windows=tuple(Window(each, each, [each]) for each in QUEUES),
        items=tuple(Item(each.lower(), each, "d", each) for each in QUEUES),
    ).open(*QUEUES)
    for queue, count in zip(QUEUES, waiting, strict=True):
        for _ in range(count):
            stage.take(queue)
    return stage.later(1)


def lived(stage: Stage, number: str, most: int = 60) -> float:
    """Let every window call, receive and end for five minutes each until this visit is over; how long it took in minutes."""
    began, mine = stage.now, stage.find(number)
    for _ in range(most):
        for window in QUEUES:
            if stage.hall.state.windows[window].ticket:
                stage.press(cmd.FinishService, window)
        if mine.state == "served":
            return (stage.now - began) / 60_000_000
        for window in QUEUES:
            try:
                stage.press(cmd.CallNext, window)
            except Exception:
                continue
            stage.press(cmd.StartService, window)
        stage.later(RECEPTION)
    raise AssertionError("the visit does not end")


HALLS = [each for each in product((0, 1, 3), repeat=3) if len(set(each)) > 1]


def minutes_of_all_orders(waiting: tuple[int, ...], patch: pytest.MonkeyPatch) -> tuple[float, list[float]]:
    """The whole time by the rule, and by each order that is forced."""
    stage = small_hall(waiting)
    stage.hall.forecast = forecast(stage.hall, stage.now)
    ruled = lived(stage, str(stage.do(cmd.TakeTicket(items=[each.lower() for each in QUEUES]))["number"]))
    forced: list[float] = []
    for order in permutations(QUEUES):
        with patch.context() as context:
            context.setattr(
                visit_order, "in_order", lambda stops, o=order: sorted(stops, key=lambda s: o.index(s.queue))
            )
            stage = small_hall(waiting)
            number = stage.do(cmd.TakeTicket(items=[each.lower() for each in order]))["number"]
            forced.append(lived(stage, str(number)))
    return ruled, forced


@pytest.mark.parametrize("waiting", HALLS)
def test_no_other_order_is_quicker_in_a_small_hall(waiting: tuple[int, ...], monkeypatch: pytest.MonkeyPatch):
    ruled, forced = minutes_of_all_orders(waiting, monkeypatch)
    assert ruled == min(forced)


def test_a_hall_that_goes_by_the_longest_wait_is_seen_to_be_slower(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(visit_order, "in_order", lambda stops: sorted(stops, key=lambda each: -each.minutes))
    slower = 0
    for waiting in HALLS:
        stage = small_hall(waiting)
        stage.hall.forecast = forecast(stage.hall, stage.now)
        number = stage.do(cmd.TakeTicket(items=[each.lower() for each in QUEUES]))["number"]
        ruled = lived(stage, str(number))
        with monkeypatch.context() as context:
            context.setattr(visit_order, "in_order", in_order)
            stage = small_hall(waiting)
            stage.hall.forecast = forecast(stage.hall, stage.now)
            number = stage.do(cmd.TakeTicket(items=[each.lower() for each in QUEUES]))["number"]
            slower += lived(stage, str(number)) < ruled
    assert slower > 0


# --- one number through the hall


def expecting(stage: Stage, **minutes: int) -> None:
    """Have the hall expect a call in so many minutes in each queue."""
    calls = {queue: stage.now + count * 60_000_000 for queue, count in minutes.items()}
    stage.hall.forecast = Forecast(stage.now, {}, calls)


def test_a_visit_is_given_a_number_where_it_is_called_first_and_told_where_it_goes_on():
    stage = Stage().open("1", "2", "3")
    expecting(stage, A=30, B=5, P=0)
    given = stage.do(cmd.TakeTicket(items=["i1", "i2", "i3"]))
    assert given["number"] == "B001"
    assert given["items"] == ["i2", "i1", "i3"]
    assert given["then"] == [{"queue": "A", "items": ["i1", "i3"]}]


def test_it_goes_on_before_those_who_came_after_it():
    stage = Stage().open("2", "3")
    expecting(stage, A=30, B=5)
    number = str(stage.do(cmd.TakeTicket(items=["i1", "i2"]))["number"])
    stage.later(1)
    later = stage.take("A")
    assert stage.serve("3") == number
    assert stage.find(number).state == "waiting"
    assert stage.next("2") == number, "its place is by its origin"
    stage.press(cmd.StartService, "2")
    assert visit_order.later_stops(stage.hall, stage.find(number)) == []
    stage.press(cmd.FinishService, "2")
    assert stage.find(number).state == "served"
    assert stage.next("2") == later


def test_what_comes_next_is_decided_by_the_waits_of_then():
    stage = Stage(
        items=tuple(Item(each.lower(), each, "d", each) for each in "ABPC"),
        queues=tuple(Queue(each, each) for each in "ABCP"),
        windows=(*(Window(each, each, [each]) for each in "ABC"), Window("P", "P", ["P"], kind="pay")),
    ).open("A", "B", "C", "P")
    expecting(stage, A=1, B=2, C=3, P=0)
    given = stage.do(cmd.TakeTicket(items=["p", "c", "b", "a"]))
    assert given["items"] == ["a", "b", "c", "p"]
    expecting(stage, A=1, B=20, C=3, P=0)
    stage.serve("A")
    ticket = stage.find(given["number"])
    assert (ticket.queue, ticket.pending) == ("C", ["c", "b", "p"])


def test_one_who_names_the_queue_or_the_window_begins_there():
    stage = Stage().open("1", "2", "3")
    expecting(stage, A=30, B=5)
    assert stage.do(cmd.TakeTicket(items=["i1", "i2"], queue="A"))["number"] == "A001"
    assert stage.do(cmd.TakeTicket(items=["i1", "i2"], window="1"))["number"] == "A002"


def test_the_same_item_twice_is_one():
    stage = Stage().open("1")
    assert "then" not in stage.do(cmd.TakeTicket(items=["i1", "i1"]))
    assert stage.find("A001").items == ["i1"]


def test_a_queue_that_gives_no_numbers_now_is_said_before_the_visit_begins():
    queues = (Queue("A", "社保"), Queue("B", "房产", hours=[("14:00", "16:00")]), Queue("P", "缴费"))
    stage = Stage(queues=queues).open("1")
    assert stage.refused(cmd.TakeTicket(items=["i1", "i2"])) == "queue-closed"
    assert stage.take("A") == "A001"


def test_the_guide_may_give_a_visit_several_items():
    stage = Stage().open("1", "2", "3")
    expecting(stage, A=30, B=5)
    number = stage.take("A")
    ticket = stage.find(number)
    stage.do(guide_commands.ChangeTicket(ticket.id, items=["i1", "i2"]))
    assert (ticket.items, ticket.queue, ticket.number) == (["i2", "i1"], "B", number)
    assert stage.refused(guide_commands.ChangeTicket(ticket.id, items=["i1", "none"])) == "unknown-item"
