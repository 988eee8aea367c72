"""Who comes back is called by the end of the first visit, and nobody of another class notices it."""

import random

import pytest

from caller import views
from caller.engine import commands as cmd
from caller.engine import queueing, returning
from caller.engine.hall import Hall
from caller.engine.queueing import QueueEntry, WaitingLine
from caller.engine.register import Register
from tests.instruments.case_fixture import case_stage, visit, wrong
from tests.instruments.engine_fixture import Stage

PERSONS = 4


def with_vouchers(stage: Stage, count: int = PERSONS) -> list[str]:
    """Codes of applicants whose first visits ended one after the other."""
    return [visit(stage, "incomplete", papers=[wrong("照片")])["code"] for _ in range(count)]


def come_back(stage: Stage, code: str) -> str:
    stage.later(1)
    return str(stage.do(cmd.CheckIn(code))["number"])


def ahead(stage: Stage, number: str) -> int:
    doc = views.build(stage.hall, f"ticket/{stage.find(number).id}", stage.now)
    return int(doc["ahead"])  # type: ignore[typeddict-item]


def test_within_the_class_the_first_visit_decides_and_every_view_says_so():
    stage = case_stage()
    codes = with_vouchers(stage)
    stage.do(cmd.TakeTicket(items=["i1"]))
    back = {code: come_back(stage, code) for code in reversed(codes)}  # who was asked first comes last
    right = [back[code] for code in codes]
    assert [ahead(stage, number) for number in right] == [0, 1, 2, 3]
    shown = queueing.in_order(stage.hall.lines, "1", stage.hall.state.windows["1"].serves, 9, stage.now)
    assert [stage.hall.state.tickets[each.ticket].number for each in shown][:PERSONS] == right
    assert [stage.serve("1") for _ in range(PERSONS)] == right
    assert stage.hall.lines["A"].head() is not None, "the ordinary number waits still"


def test_the_number_is_told_how_many_are_before_it_when_it_is_given():
    stage = case_stage()
    codes = with_vouchers(stage)
    told = [stage.do(cmd.CheckIn(codes[nth]))["ahead"] for nth in (2, 0, 3, 1)]
    assert told == [0, 0, 2, 1]


def test_a_second_request_keeps_the_first_visit():
    stage = case_stage()
    first, second = with_vouchers(stage, 2)
    come_back(stage, first)
    stage.next("1")
    stage.press(cmd.StartService, "1")
    again = stage.press(cmd.FinishService, "1", outcome="incomplete", papers=[wrong("户口簿")])["code"]
    later = come_back(stage, second)
    number = come_back(stage, again)
    assert [stage.serve("1"), stage.serve("1")] == [number, later]


def test_who_is_picked_or_cancels_goes_with_the_own_place():
    stage = case_stage()
    codes = with_vouchers(stage)
    c, a, b = (come_back(stage, codes[nth]) for nth in (2, 0, 1))
    stage.do(cmd.CancelTicket(stage.find(c).id))
    assert [ahead(stage, number) for number in (a, b)] == [0, 1]
    stage.press(cmd.CallTicket, "2", ticket=stage.find(b).id)
    assert ahead(stage, a) == 0
    assert stage.find(a).place is None


def test_a_restart_keeps_the_places():
    stage = case_stage()
    codes = with_vouchers(stage)
    late, early = come_back(stage, codes[1]), come_back(stage, codes[0])
    place = stage.hall.queue_entry(stage.find(early))
    assert stage.next("1") == early
    kept = stage.find(late).place
    assert kept == (place.promise, place.serial, place.series, place.origin)
    again = Hall.load(stage.hall.settings, stage.hall.dump(), Register())
    assert list(again.lines["A"]) == list(stage.hall.lines["A"])


# --- against the same hall that calls the class as it came


class Day:
    """A morning by chance: ordinary, green and returning arrivals, some cancelled, two windows that call, one of which
    helps only; who was called, those of the class without their names."""

    def __init__(self, seed: int) -> None:
        self.dice, self.stage = random.Random(seed), case_stage()
        self.codes = with_vouchers(self.stage, 12)
        self.first = {code: nth for nth, code in enumerate(self.codes)}
        self.dice.shuffle(self.codes)
        self.back: dict[str, int] = {}  # number → the how many-th first visit
        self.called: list[str] = []
        self.wrong: list[str] = []

    def run(self, steps: int = 60) -> "Day":
        for _ in range(steps):
            self.stage.later(self.dice.choice((0, 1, 2, 5)))
            self.dice.choice((self.ordinary, self.green, self.returns, self.cancel, self.call, self.call))()
        while self.call():
            pass
        return self

    def ordinary(self) -> None:
        self.stage.do(cmd.TakeTicket(items=["i1"]))

    def green(self) -> None:
        self.stage.do(cmd.TakeTicket(items=["i1"], priority="green"))

    def returns(self) -> None:
        if self.codes:
            code = self.codes.pop()
            self.back[str(self.stage.do(cmd.CheckIn(code))["number"])] = self.first[code]

    def cancel(self) -> None:
        waits = [each for each in self.stage.hall.live() if each.state == "waiting" and not each.voucher]
        if waits:
            self.stage.do(cmd.CancelTicket(self.dice.choice(waits).id))

    def call(self) -> bool:
        """Call at a window where one may be called, and compare with what the views say."""
        window = self.dice.choice("12")
        serves, lines = self.stage.hall.state.windows[window].serves, self.stage.hall.lines
        if not queueing.first_for(lines, window, serves, self.stage.now):
            return self.waits() and self.later()
        shown = queueing.in_order(lines, window, serves, 1, self.stage.now)[0]
        number = self.stage.serve(window)
        if self.stage.find(number).id != shown.ticket:
            self.wrong.append(f"{number} was not shown first")
        if number in self.back:
            self.wrong += [
                f"{number} before {other}" for other in self.waiting() if self.back[other] < self.back[number]
            ]
        self.called.append(f"{window} {'returning' if number in self.back else number}")
        return True

    def later(self) -> bool:
        self.stage.later(20)
        return True

    def waits(self) -> bool:
        return any(each.state == "waiting" for each in self.stage.hall.live())

    def waiting(self) -> list[str]:
        return [each for each in self.back if self.stage.find(each).state == "waiting"]


@pytest.mark.parametrize("seed", range(12))
def test_other_classes_see_the_same_calls_and_within_the_class_only_earlier_first_visits_overtake(
    seed: int, monkeypatch: pytest.MonkeyPatch
):
    mine = Day(seed).run()
    assert mine.wrong == []
    monkeypatch.setattr(returning, "_first_visit", lambda _ticket: 0)
    as_it_came = Day(seed).run()
    assert mine.called == as_it_came.called
    assert len(mine.back) > 1


def test_twin_called_as_it_came_first_visits_are_passed_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(returning, "_first_visit", lambda _ticket: 0)
    assert any(Day(seed).run().wrong for seed in range(4))


def test_twin_a_place_that_is_not_kept_is_seen_by_other_classes(monkeypatch: pytest.MonkeyPatch):
    """With the own places left as they were, the first place would be used twice."""
    usual = [Day(seed).run().called for seed in range(12)]
    monkeypatch.setattr(returning, "take_turn", lambda hall, ticket: hall.leave(ticket))
    assert [Day(seed).run().called for seed in range(12)] != usual


def test_a_line_seats_its_persons_and_counts_those_before_them():
    line = WaitingLine()
    for nth, first in enumerate((30, 10, 20), 1):
        line.add(QueueEntry(nth * 10, nth, "A", f"r{first}", "", nth * 10, first))
    line.add(QueueEntry(15, 9, "A", "ordinary", "", 0))
    assert [each.ticket for each in line] == ["r10", "ordinary", "r20", "r30"]
    assert [each.ticket for each in line.heads(2, 0)] == ["r10", "ordinary"]
    for nth, ticket in enumerate(("r10", "ordinary", "r20", "r30")):
        entry = next(each for each in line._entries if each.ticket == ticket)
        place, more = line.turn(entry)
        assert line.ahead(place) + more == nth
    joining = QueueEntry(40, 4, "A", "r15", "", 40, 15)
    place, more = line.turn(joining)
    assert (place.promise, line.ahead(place) + more) == (20, 2)
