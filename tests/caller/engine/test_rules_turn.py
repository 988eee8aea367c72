"""The turn and appointments at their edges: what test_turns and test_appointments show, held exactly."""

import pytest

from caller.engine import commands as cmd
from caller.engine import queueing
from caller.engine.queueing import QueueEntry, WaitingLine
from config.instants import MINUTE
from config.settings import PriorityClass, Queue, Rules, Window
from tests.instruments.engine_fixture import CLASSES, DAY, Stage, at, settings
from tests.instruments.hall_image import from_image, image

TOMORROW = "2026-09-22"


# --- 1. the turn


def test_a_queue_adds_its_own_target_to_that_of_the_class():
    queues = (Queue("A", "社保", target_minutes=10), Queue("B", "房产"), Queue("P", "缴费"))
    stage = Stage(queues=queues).open("1")
    ordinary = stage.find(stage.take("A"))
    assert ordinary.promise - ordinary.origin == 55 * MINUTE
    later = stage.later(9).take("B")
    assert [stage.serve("1", 0) for _ in range(2)] == [later, ordinary.number]


@pytest.mark.parametrize(("minutes", "first"), [(29, "own"), (31, "neighbour")])
def test_a_floating_window_is_reluctant_towards_all_its_queues(minutes: int, first: str):
    windows = (Window("1", "一号", ["A"]), Window("F", "机动", ["A"], kind="floating"))
    stage = Stage(windows=windows).open("F")
    assert stage.hall.state.windows["F"].serves == {"A": 30 * MINUTE}
    helped = (Window("F", "机动", ["B"], kind="floating", helps={"A": 0}),)
    stage = Stage(windows=helped).open("F")
    neighbour = stage.take("B")
    own = stage.later(minutes).take("A")
    assert stage.next("F") == {"own": own, "neighbour": neighbour}[first]


class _Counted(int):
    """An integer that counts how often it is compared."""

    seen = 0

    def __lt__(self, other: int) -> bool:
        _Counted.seen += 1
        return int(self) < int(other)

    def __gt__(self, other: int) -> bool:
        _Counted.seen += 1
        return int(self) > int(other)

    def __eq__(self, other: object) -> bool:
        _Counted.seen += 1
        return int(self) == other

    __hash__ = int.__hash__

    def __add__(self, other: int) -> "_Counted":
        return _Counted(int(self) + int(other))


def _comparisons(waiting: int) -> int:
    """How many comparisons a hundred calls of a window with three queues take."""
    lines = {queue: WaitingLine() for queue in "ABC"}
    for serial in range(waiting):
        queue = "ABC"[serial % 3]
        lines[queue].add(QueueEntry(_Counted(serial * 7 % 1000 + serial), serial, queue, str(serial)))
    _Counted.seen = 0
    for _ in range(30):
        entry = queueing.first_for(lines, "1", {"A": 0, "B": 0, "C": 15}, 10**6)
        assert entry
    return _Counted.seen


def test_who_is_next_costs_the_same_whatever_waits():
    """Counted, not timed: only the heads of the window's queues are compared."""
    few, many = _comparisons(100), _comparisons(10_000)
    assert few == many
    assert 0 < few <= 30 * 3 * 3


def _sorted_instead(
    lines: dict[str, WaitingLine], _window: str, serves: dict[str, int], _now: int
) -> QueueEntry | None:
    rows = sorted((entry.promise + serves[queue], entry) for queue in serves for entry in lines[queue])
    return rows[0][1] if rows else None


def test_a_rule_that_looks_at_everybody_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queueing, "first_for", _sorted_instead)
    assert _comparisons(2_000) > 10 * _comparisons(100)


def test_without_reluctance_the_bound_is_the_difference_of_the_targets():
    assert queueing.overtaking_bound(45, 15) == 30
    assert queueing.overtaking_bound(45, 15, 15) == 45
    assert queueing.overtaking_bound(45, 15, 15, 30) == 15


def test_the_head_of_a_long_lane_is_taken_without_moving_the_others():
    line = WaitingLine()
    for serial in range(10_000):
        line.add(QueueEntry(serial, serial, "A", str(serial)))
    cuts = 0
    for serial in range(10_000):
        length = len(line._entries)
        line.remove(QueueEntry(serial, serial, "A", str(serial)))
        cuts += len(line._entries) != length
        assert len(line) == 9_999 - serial
    assert cuts < 20  # the dead front is cut when it is half of all


def test_lanes_tell_head_and_last():
    line = WaitingLine()
    assert (line.first(0), line.last(), line.head()) == (None, None, None)
    entries = [QueueEntry(serial, serial, "A", str(serial)) for serial in range(3)]
    for entry in entries:
        line.add(entry)
    assert (line.last(), line.head()) == (entries[2], entries[0])
    line.add(QueueEntry(-1, 9, "A", "sleeper"), not_before=50)
    assert len(line) == 4
    assert [line.first(now) for now in (49, 50)] == [entries[0], QueueEntry(-1, 9, "A", "sleeper")]
    assert [len(line.heads(2, now)) for now in (49, 50)] == [2, 3]
    with pytest.raises(ValueError, match="not in this line"):
        line.remove(QueueEntry(7, 7, "A", "nobody"))
    with pytest.raises(ValueError, match="not in this line"):
        line.remove(QueueEntry(1, 0, "A", "nobody"))
    line.remove(entries[0])
    assert next(iter(line)) == entries[1]


# --- 2. appointments


def test_an_appointment_is_checked_in_only_once_and_not_as_a_second_live_ticket():
    stage = Stage()
    slot = at("10:00", TOMORROW)
    booked = stage.do(cmd.BookAppointment("i1", slot, "p", TOMORROW))
    stage.do(cmd.CloseDay())
    stage.now = at("09:40", TOMORROW)
    stage.do(cmd.OpenDay(TOMORROW))
    walked_in = stage.do(cmd.TakeTicket(items=["i1"], person="p"))
    assert stage.refused(cmd.CheckIn(booked["code"])) == "live-ticket"
    stage.do(cmd.CancelTicket(walked_in["ticket"]))
    stage.do(cmd.CheckIn(booked["code"]))
    assert stage.refused(cmd.TakeTicket(items=["i1"], person="p")) == "live-ticket"


def test_an_appointment_may_be_changed_until_two_hours_before_to_the_second():
    stage = Stage(rules=Rules(appointment_ahead_days=0))
    booked = stage.do(cmd.BookAppointment("i1", at("14:00"), "p", DAY))["appointment"]
    stage.now = at("12:00") + 1
    assert stage.refused(cmd.CancelAppointment(booked)) == "too-late-to-cancel"
    stage.hall.state.now = 0
    stage.now = at("12:00")
    stage.do(cmd.CancelAppointment(booked))


def test_a_changed_appointment_obeys_the_rules_of_a_new_one():
    stage = Stage()
    ten = at("10:00", TOMORROW)
    booked = [stage.do(cmd.BookAppointment("i1", ten, f"p{n}", TOMORROW)) for n in range(2)]
    moved = booked[0]["appointment"]
    assert stage.refused(cmd.ChangeAppointment(moved, ten + 1, TOMORROW)) == "slot-outside"
    other = stage.do(cmd.BookAppointment("i1", at("10:00", "2026-09-23"), "p0", "2026-09-23"))
    assert (
        stage.refused(cmd.ChangeAppointment(moved, at("11:00", "2026-09-23"), "2026-09-23"))
        == "person-booked"
    )
    stage.do(cmd.CancelAppointment(other["appointment"]))
    stage.do(cmd.ChangeAppointment(moved, at("11:00", "2026-09-23"), "2026-09-23"))
    assert stage.hall.register.appointments[moved].day == "2026-09-23"
    again = from_image(settings(), image(stage.hall))
    assert {key: n for key, n in again.register.slots.items() if n} == {
        k: n for k, n in stage.hall.register.slots.items() if n
    }
    assert again.register.codes == stage.hall.register.codes


def test_who_did_not_come_while_the_hall_was_shut_is_recorded_when_it_opens():
    stage = Stage()
    stage.do(cmd.BookAppointment("i1", at("10:00", TOMORROW), "p", TOMORROW))
    stage.do(cmd.BookAppointment("i1", at("10:00", "2026-09-24"), "p", "2026-09-24"))
    stage.do(cmd.CloseDay())
    stage.now = at("09:00", "2026-09-24")
    stage.do(cmd.OpenDay("2026-09-24"))
    assert [type(event).__name__ for _, _, event in stage.events[-2:]] == ["DayOpened", "AppointmentMissed"]
    states = sorted(each.state for each in stage.hall.register.appointments.values())
    assert states == ["booked", "missed"]
    assert stage.hall.register.slots[("A", at("10:00", TOMORROW))] == 0


@pytest.mark.parametrize(
    ("clock", "code"), [("08:30", "slot-outside"), ("09:00", ""), ("16:30", ""), ("17:00", "slot-outside")]
)
def test_slots_begin_with_the_opening_and_end_before_closing(clock: str, code: str):
    book = cmd.BookAppointment("i1", at(clock, TOMORROW), "p", TOMORROW)
    stage = Stage()
    if code:
        assert stage.refused(book) == code
    else:
        assert stage.do(book)["code"]


def test_a_slot_for_one_takes_one():
    queues = (Queue("A", "社保", slot_quota=1), Queue("B", "房产"), Queue("P", "缴费"))
    stage = Stage(queues=queues)
    stage.do(cmd.BookAppointment("i1", at("10:00", TOMORROW), "p", TOMORROW))
    assert stage.refused(cmd.BookAppointment("i1", at("10:00", TOMORROW), "q", TOMORROW)) == "slot-full"


@pytest.mark.parametrize(("ahead", "code"), [(0, ""), (1, "slot-outside")])
def test_how_far_ahead_is_a_setting(ahead: int, code: str):
    stage = Stage(rules=Rules(appointment_ahead_days=ahead))
    book = cmd.BookAppointment("i1", at("16:00"), "p", DAY)
    assert (stage.refused(book) if code else "") == code
    yesterday = cmd.BookAppointment("i1", at("16:00", "2026-09-20"), "p", "2026-09-20")
    assert stage.refused(yesterday) == "slot-outside"


def test_without_an_appointment_class_one_is_an_ordinary_applicant():
    classes: tuple[PriorityClass, ...] = tuple(each for each in CLASSES if each.id != "appointment")
    stage = Stage(classes=classes)
    booked = stage.do(cmd.BookAppointment("i1", at("10:00", TOMORROW), "p", TOMORROW))
    stage.do(cmd.CloseDay())
    stage.now = at("10:00", TOMORROW)
    stage.do(cmd.OpenDay(TOMORROW))
    assert stage.find(stage.do(cmd.CheckIn(booked["code"]))["number"]).priority == "ordinary"
