"""A window may call from a queue it only helps once the number has *waited* `reluctance` minutes; among what it may call the
turn rule decides. That one sentence stands in the settings' words, and holds in the engine and in the forecast."""

import random

import pytest

from caller.engine import commands as cmd
from caller.engine import queueing
from caller.engine.queueing import QueueEntry, WaitingLine, first_for, in_order, overtaking_bound
from caller.engine.wait_forecast import forecast
from caller.service.scheduler import ageing
from caller.views.window import window_view
from config.instants import MINUTE
from config.setting_descriptions import FIELDS
from config.settings import Window
from tests.instruments.engine_fixture import Stage

FLOATING = (Window("1", "一号", ["A"]), Window("F", "机动", ["A"], kind="floating"))


def test_an_idle_neighbour_leaves_the_number_to_its_own_window_until_it_has_waited():
    stage = Stage().open("2")
    number = stage.take("B")
    assert stage.press_refused(cmd.CallNext, "2") == "helps-later"
    assert stage.later(14.99).press_refused(cmd.CallNext, "2") == "helps-later"
    assert stage.later(0.01).next("2") == number


def test_twin_without_the_wait_it_takes_it_at_once(monkeypatch: pytest.MonkeyPatch):
    usual = WaitingLine.first
    monkeypatch.setattr(WaitingLine, "first", lambda line, now, _waited=0: usual(line, now))
    stage = Stage().open("2")
    number = stage.take("B")
    assert stage.next("2") == number


def test_its_own_window_does_not_wait():
    stage = Stage().open("2", "3")
    assert stage.take("B") == stage.next("3")


def test_a_floating_window_waits_half_an_hour_for_the_owners():
    stage = Stage(windows=FLOATING).open("F")
    number = stage.take("A")
    assert stage.later(29).press_refused(cmd.CallNext, "F") == "helps-later"
    assert stage.later(1).next("F") == number


def test_among_what_it_may_call_the_turn_rule_decides():
    """The neighbour's number has waited 15 minutes and would be called 15 minutes late: own numbers before that go first."""
    stage = Stage().open("2")
    neighbour = stage.take("B")
    own = stage.later(14).take("A")
    assert [stage.later(2).serve("2", 0), stage.serve("2", 0)] == [own, neighbour]


def test_a_quicker_class_that_has_not_waited_does_not_hold_back_one_that_has():
    stage = Stage().open("2")
    ordinary = stage.take("B")
    stage.later(14).take("B", "green")
    assert stage.later(1).next("2") == ordinary


def test_what_counts_is_the_waiting_since_issue_also_after_a_transfer():
    stage = Stage().open("1", "2")
    number = stage.take("A")
    stage.later(16).next("1")
    stage.press(cmd.TransferTicket, "1", queue="B")
    assert stage.next("2") == number


def test_a_postponed_number_wakes_and_has_waited():
    stage = Stage().open("2")
    number = stage.take("B")
    stage.do(cmd.PostponeTicket(stage.find(number).id, 20))
    assert stage.later(19).press_refused(cmd.CallNext, "2") == "nobody-waiting"
    assert stage.later(1).next("2") == number


def test_the_clerk_reads_from_when_the_window_may_help():
    stage = Stage().open("2")
    stage.take("B")
    view = window_view(stage.hall, "2", stage.now)
    assert (view["next"], view["waiting"]) == ([], 1)
    assert "09:15" in view["verbs"]["CallNext"].get("next_zh", "")
    assert "window/2" in ageing(stage.hall, stage.now)
    stage.later(15)
    assert [row["number"] for row in window_view(stage.hall, "2", stage.now)["next"]] == ["B001"]


def test_people_ahead_are_counted_at_windows_that_may_call():
    stage = Stage().open("1", "2", "3")
    for _ in range(3):
        stage.take("A")
    first = stage.later(1).take("B")
    assert stage.hall.ahead(stage.hall.queue_entry(stage.find(first)), "", stage.now) == 0
    stage.do(cmd.CloseWindow("3"))
    assert stage.hall.ahead(stage.hall.queue_entry(stage.find(first)), "", stage.now) == 3, "at window 1"


def test_the_settings_say_the_sentence():
    words = FIELDS["window"]["helps"]
    assert "号码等满几分钟后本窗口才可叫，可叫的号里仍按先后规则" in words.zh
    assert (
        "once the number has waited so many minutes, and among what it may call the turn rule decides"
        in words.en
    )


# --- the forecast runs the same rule


def test_the_forecast_lets_a_helper_wait_too():
    stage = Stage(windows=FLOATING).open("F")
    stage.take("A")
    stage.take("A")
    found = forecast(stage.hall, stage.now)
    ticket = stage.find("A001")
    assert found.minutes("A", ticket.promise - 1) == 30
    assert found.minutes("A", ticket.promise) >= 30


def test_it_wakes_an_idle_helper_for_whom_it_may_call_at_once():
    stage = Stage().open("2")
    stage.take("B")
    found = forecast(stage.hall, stage.now)
    assert found.minutes("A", stage.now + 45 * MINUTE) == 0, "its own queue is empty and the window idle"
    assert found.minutes("B", stage.find("B001").promise - 1) == 15


@pytest.mark.parametrize("seed", range(4))
def test_the_forecast_calls_in_the_order_of_the_hall(seed: int):
    """People who wait now, at windows of fixed service times: called when and in the order that the forecast says."""
    walk = random.Random(seed)
    stage = Stage().open("1", "2", "3")
    for _ in range(12):
        stage.later(walk.choice((0.5, 2, 6)))
        stage.take(walk.choice("AB"), walk.choice(("ordinary", "elderly")))
    stage.hall.state.day.stops_at = stage.now  # nobody else is thought up
    found = forecast(stage.hall, stage.now)
    at = stage.now
    expected = {
        ticket.number: at + round(found.minutes(ticket.queue, ticket.promise - 1) * MINUTE)
        for ticket in stage.hall.live()
    }
    real: dict[str, int] = {}
    free = dict.fromkeys("123", at)
    while len(real) < 12:
        waits = [
            entry.origin + reluctance
            for window in free
            for queue, reluctance in stage.hall.state.windows[window].serves.items()
            for entry in stage.hall.lines.get(queue, ())
        ]
        for window in sorted(free, key=lambda each: (free[each], each)):
            stage.now = max(free[window], at)
            entry = first_for(stage.hall.lines, window, stage.hall.state.windows[window].serves, stage.now)
            if entry is None:
                continue
            real[stage.next(window)] = stage.now
            stage.press(cmd.FinishService, window)
            free[window] = stage.now + 6 * MINUTE
            break
        else:
            later = min(each for each in (*waits, *free.values()) if each > at)
            at = later
            free = {window: max(each, later) for window, each in free.items()}
    wrong = {
        number: (real[number] - expected[number]) / MINUTE
        for number in real
        if real[number] != expected[number]
    }
    assert not wrong


# --- the bound, with time that passes


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_overtaken_beyond_the_bound_while_a_helper_waits(seed: int):
    walk = random.Random(seed)
    serves = {"A": 0, "B": walk.choice((10, 15, 30)), "C": 0}
    lines: dict[str, WaitingLine] = {queue: WaitingLine() for queue in serves}
    people: dict[str, tuple[int, str, int]] = {}
    called: dict[str, int] = {}  # when
    now = 0
    for serial in range(1, 120):
        now += walk.choice((0, 0, 1, 2, 5))
        queue, target = walk.choice("ABC"), walk.choice((0, 15, 45))
        people[str(serial)] = (now, queue, target)
        lines[queue].add(QueueEntry(now + target, serial, queue, str(serial), "", now))
        if walk.random() < 0.8 and (entry := first_for(lines, "w", serves, now)):
            assert in_order(lines, "w", serves, 3, now)[0] == entry
            assert not serves[entry.queue] or now - entry.origin >= serves[entry.queue]
            lines[entry.queue].remove(entry)
            called[entry.ticket] = now
    for y, at in called.items():
        behind = (x for x in people if people[x][0] < at and called.get(x, now + 1) > at)
        for x in behind:
            (came_x, queue_x, target_x), (came_y, queue_y, target_y) = people[x], people[y]
            bound = overtaking_bound(target_x, target_y, serves[queue_x], serves[queue_y])
            assert came_y - came_x <= bound, (x, y)


def test_a_helper_looks_no_further_than_it_must():
    """The head has waited: nothing behind it is looked at, whatever waits."""
    line = WaitingLine()
    for serial in range(5_000):
        line.add(QueueEntry(serial, serial, "B", str(serial), "", serial))
    seen: list[int] = []
    original = WaitingLine._waited
    WaitingLine._waited = lambda self, since: seen.append(since) or original(self, since)  # type: ignore[method-assign]
    try:
        assert first_for({"B": line}, "w", {"B": 15}, 10**6) == next(iter(line))
    finally:
        WaitingLine._waited = original  # type: ignore[method-assign]
    assert seen == []
    assert queueing.may_call({"B": 15}, "B", 0, 15)
    assert not queueing.may_call({"B": 15}, "B", 1, 15)
    assert not queueing.may_call({"A": 0}, "B", 0, 15)
