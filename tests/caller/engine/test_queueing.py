"""The one rule: who is next, and the bound within which anyone can be overtaken."""

from hypothesis import given
from hypothesis import strategies as st

from caller.engine import commands as cmd
from caller.engine.queueing import (
    QueueEntry,
    WaitingLine,
    ahead,
    behind,
    bound_line,
    first_for,
    in_order,
    overtaking_bound,
)
from config.instants import MINUTE
from tests.instruments.engine_fixture import Stage

LATER = 1_000  # everybody has waited longer than any window is reluctant
PLACES = st.builds(
    QueueEntry,
    promise=st.integers(0, 50),
    serial=st.integers(1, 30),
    series=st.sampled_from("AB"),
    ticket=st.uuids().map(str),
)


def test_a_queue_is_first_come_first_served_within_a_class():
    stage = Stage().open("1")
    numbers = [stage.later(1).take("A") for _ in range(5)]
    assert [stage.serve("1") for _ in range(5)] == numbers


def test_the_green_channel_goes_before_those_who_came_within_its_lead():
    stage = Stage().open("1")
    first = stage.take("A")
    second = stage.later(20).take("A")
    green = stage.later(25).take("A", "green")  # 45 minutes after the first: just not before it
    assert [stage.serve("1", 1) for _ in range(3)] == [first, green, second]


def test_a_window_helps_its_neighbour_exactly_when_the_neighbour_is_late():
    stage = Stage().open("2")
    neighbour, own = stage.take("B"), stage.later(16).take("A")
    assert stage.next("2") == neighbour
    other = Stage().open("2")
    other.take("B")
    own = other.later(14).take("A")
    assert other.next("2") == own


def test_ties_go_by_number_serial_first():
    lines = {"A": WaitingLine(), "B": WaitingLine()}
    lines["B"].add(QueueEntry(7, 1, "B", "b"))
    lines["A"].add(QueueEntry(7, 2, "A", "a2"))
    lines["A"].add(QueueEntry(7, 1, "A", "a1"))
    order: list[str] = []
    for _ in range(3):
        entry = first_for(lines, "1", {"A": 0, "B": 0}, 0)
        assert entry
        lines[entry.queue].remove(entry)
        order.append(entry.ticket)
    assert order == ["a1", "b", "a2"]


def test_a_ticket_bound_to_a_window_is_called_there_only():
    stage = Stage().open("1", "2")
    bound = stage.take("A", window="2")
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting"
    assert stage.next("2") == bound


def test_a_postponed_ticket_sleeps_then_has_its_old_place():
    stage = Stage().open("1")
    late, other = stage.take("A"), stage.later(1).take("A")
    third = stage.later(1).take("A")
    stage.do(cmd.PostponeTicket(stage.find(late).id, 10))
    assert stage.serve("1", 4) == other
    stage.later(8)
    assert stage.next("1") == late
    assert stage.hall.state.tickets[stage.find(third).id].state == "waiting"


def test_who_sleeps_alone_is_not_called_early():
    stage = Stage().open("1")
    stage.do(cmd.PostponeTicket(stage.find(stage.take("A")).id, 10))
    assert stage.press_refused(cmd.CallNext, "1") == "nobody-waiting"
    stage.later(10)
    assert stage.next("1") == "A001"


@given(st.lists(PLACES, max_size=40, unique_by=lambda p: p.ticket), st.data())
def test_a_lane_is_a_sorted_list(entries: list[QueueEntry], data: st.DataObject):
    line, model = WaitingLine(), list[QueueEntry]()
    for entry in entries:
        if model and data.draw(st.booleans()):
            victim = data.draw(st.sampled_from(model))
            line.remove(victim)
            model.remove(victim)
        line.add(entry)
        model.append(entry)
        model.sort()
        assert list(line) == model
        assert line.first(0) == model[0]
        assert line.ahead(entry) == model.index(entry)
        assert len(line) == len(model)


def test_a_long_lane_forgets_its_dead_front():
    line = WaitingLine()
    entries = [QueueEntry(i, i, "A", str(i)) for i in range(1000)]
    for entry in entries:
        line.add(entry)
    for entry in entries[:990]:
        assert line.first(0) == entry
        line.remove(entry)
    assert list(line) == entries[990:]
    assert len(line._entries) < 60


@given(
    st.lists(
        st.tuples(st.integers(0, 120), st.sampled_from("ABC"), st.sampled_from([0, 15, 45])),
        min_size=2,
        max_size=25,
    ),
    st.dictionaries(st.sampled_from("ABC"), st.sampled_from([0, 15, 30]), min_size=1),
)
def test_nobody_is_overtaken_by_someone_who_came_later_than_the_bound(
    arrivals: list[tuple[int, str, int]], serves: dict[str, int]
):
    """However they come, Y before X means Y came less than the stated minutes after X."""
    lines: dict[str, WaitingLine] = {}
    people: dict[str, tuple[int, str, int]] = {}
    for serial, (origin, queue, target) in enumerate(arrivals, 1):
        ticket = str(serial)
        people[ticket] = (origin, queue, target)
        lines.setdefault(queue, WaitingLine()).add(QueueEntry(origin + target, serial, queue, ticket))
    called: list[str] = []
    while (entry := first_for(lines, "w", serves, 10**9)) is not None:
        lines[entry.queue].remove(entry)
        called.append(entry.ticket)
    for index, y in enumerate(called):
        for x in called[index + 1 :]:
            (came_x, queue_x, target_x), (came_y, queue_y, target_y) = people[x], people[y]
            bound = overtaking_bound(target_x, target_y, serves[queue_x], serves[queue_y])
            assert came_y - came_x <= bound


def test_the_bound_is_tight():
    """One microsecond inside the bound overtakes, one outside does not: the bound is no idle phrase."""
    bound = overtaking_bound(45 * MINUTE, 15 * MINUTE, 15 * MINUTE, 0)
    assert bound == 45 * MINUTE
    for late, first in ((bound - 1, "y"), (bound + 1, "x")):
        lines = {"X": WaitingLine(), "Y": WaitingLine()}
        lines["X"].add(QueueEntry(45 * MINUTE, 1, "X", "x"))
        lines["Y"].add(QueueEntry(late + 15 * MINUTE, 1, "Y", "y"))
        entry = first_for(lines, "w", {"X": 15 * MINUTE, "Y": 0}, 10**12)
        assert entry is not None
        assert entry.ticket == first


def test_in_order_agrees_with_calling_one_after_another():
    lines = {"A": WaitingLine(), "B": WaitingLine(), bound_line("1"): WaitingLine()}
    for serial in range(1, 9):
        lines["A"].add(QueueEntry(serial * 10, serial, "A", f"a{serial}"))
        lines["B"].add(QueueEntry(serial * 7, serial, "B", f"b{serial}"))
    lines[bound_line("1")].add(QueueEntry(33, 9, "A", "mine"))
    serves = {"A": 0, "B": 12}
    shown = [entry.ticket for entry in in_order(lines, "1", serves, 10, LATER)]
    called: list[str] = []
    for _ in range(10):
        entry = first_for(lines, "1", serves, LATER)
        assert entry
        lines[bound_line("1") if entry.ticket == "mine" else entry.queue].remove(entry)
        called.append(entry.ticket)
    assert shown == called


def test_behind_puts_a_returning_ticket_after_that_many_calls():
    lines = {"A": WaitingLine(), "B": WaitingLine(), bound_line("1"): WaitingLine()}
    for serial in range(1, 6):
        lines["A"].add(QueueEntry(serial * 10, serial, "A", str(serial)))
    lines["B"].add(QueueEntry(12, 1, "B", "b"))
    assert behind(lines, "1", {"A": 0}, "A", 3, LATER) == 31
    assert behind(lines, "1", {"A": 0}, "A", 9, LATER) == 51
    assert behind(lines, "1", {"A": 0, "B": 0}, "A", 3, LATER) == 21, "B's are called there too"
    assert behind(lines, "1", {"A": 0, "B": 15}, "A", 3, LATER) == 28, "but reluctantly"
    assert behind(lines, "1", {"A": 5, "B": 0}, "B", 3, LATER) == 26, "who helps comes to its own sooner"
    assert behind(lines, "1", {"A": 0}, "A", 0, LATER) == behind({}, "1", {"A": 0}, "A", 3, 0) == 0
    lines[bound_line("1")].add(QueueEntry(1, 9, "B", "mine"))
    assert behind(lines, "1", {"A": 0}, "A", 3, LATER) == 21, "and who waits for this window alone"


def test_ahead_counts_whom_the_window_calls_before():
    lines = {"A": WaitingLine(), "B": WaitingLine(), bound_line("1"): WaitingLine()}
    for serial in range(1, 4):
        lines["A"].add(QueueEntry(serial * 10, serial, "A", f"a{serial}"))
        lines["B"].add(QueueEntry(serial * 10 + 5, serial, "B", f"b{serial}"))
    lines[bound_line("1")].add(QueueEntry(18, 9, "A", "mine"))
    serves = {"A": 0, "B": 4}
    order = [each.ticket for each in in_order(lines, "1", serves, 9, LATER)]
    for entry in [*lines["A"], *lines["B"]]:
        found = ahead(lines, "1", serves, entry, serves[entry.queue], LATER)
        assert found == order.index(entry.ticket), entry
    assert ahead(lines, "1", serves, QueueEntry(18, 9, "A", "mine"), 0, LATER) == order.index("mine")
