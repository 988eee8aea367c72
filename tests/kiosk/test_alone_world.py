"""Caller, two kiosks, leases, crashes and clocks in every order; and the twins that prove the tour can see."""

from collections.abc import Callable
from typing import Any

import pytest

from caller.engine import events as ev
from caller.engine import hall, leases, ticketing
from kiosk.visit.leases import LeaseBook
from tests.instruments import alone_world
from tests.instruments.alone_world import KIOSKS, Play, begin, tour

GATE, CAMPAIGN = 3, 5


def live(depth: int) -> None:
    states, bad = tour(depth)
    print(f"\n{depth} steps, {states} states")
    assert not bad, "\n".join(bad)
    assert states > 100 * depth, "a tour that goes nowhere proves nothing"


def test_no_order_of_breaks_crashes_and_clocks_gives_a_number_twice_or_loses_one():
    live(GATE)


@pytest.mark.campaign
def test_no_longer_order_either():
    live(CAMPAIGN)


def test_the_world_begins_with_leases_of_both():
    play = Play(begin())
    assert [play.book(id).next_serial("A") for id in KIOSKS] == [91, 82]


def replaced() -> tuple[list[str], list[tuple[str, int]]]:
    """A kiosk gives a number alone, tells it, another PC takes its place and is cut off as well. Return what is wrong then, and
    the leases that were lost with their unused numbers."""
    play = Play(begin())
    for act in (
        alone_world.cut, alone_world.tap, alone_world.back, alone_world.new_disk, alone_world.cut, alone_world.tap,
    ):  # fmt: skip
        assert act(play, "k1"), act.__name__
    lost = leases.lost_since(play.store.hall, 0)
    return alone_world.wrong(play.saved()), [(each.kiosk, each.unused) for each in lost]


def test_a_kiosk_that_another_pc_replaces_burns_what_it_had_in_hand_and_nothing_else():
    assert replaced() == ([], [("k1", 8)])  # of nine, one was given


def test_twin_a_replaced_kiosk_that_goes_on_in_the_same_numbers_gives_one_twice(
    monkeypatch: pytest.MonkeyPatch,
):
    def goes_on(hall: Any, order: Any, command: Any, now: int) -> Any:
        held = leases.held_by(hall, order.station)
        return leases._hold(hall, order, alone_world.HoldLease(held.id) if held else command, now)

    monkeypatch.setitem(hall.DECIDE, alone_world.HoldLease, goes_on)
    bad, lost = replaced()
    assert any("two slips" in line for line in bad), bad
    assert lost == []


Patch = pytest.MonkeyPatch


def without_merge_by_id(patch: Patch) -> None:
    patch.setattr(leases, "_need_free", lambda *_: None)
    patch.setattr(Play, "send", _under_new_ids)


def _under_new_ids(self: Play, id: str, command: Any, role: str, station: str) -> Any:
    """A kiosk that tells a number under another id when it tells it again."""
    made = f"{id}-again" if id in self.store.hall.state.tickets else id
    envelope = alone_world.CommandEnvelope(made, command, role, station)
    answer = self.store.take(envelope, self.world.now).answer
    return getattr(answer, "result", None)


def without_taking_back_what_was_asked(patch: Patch) -> None:
    patch.setattr(leases, "CAN_BE_REPLACED", frozenset())


def without_refusing_what_comes_late(patch: Patch) -> None:
    def issued(self: Any, event: Any, at: int) -> None:
        ticketing._issued(self, event, at)
        self.state.replaced.clear()

    patch.setitem(hall.APPLY, ev.TicketIssued, issued)


def without_looking_what_was_given(patch: Patch) -> None:
    patch.setattr(LeaseBook, "next_serial", lambda self, queue: self.lease.ranges[queue][0][0])


def without_a_range_of_its_own(patch: Patch) -> None:
    patch.setattr(leases, "ranges_of", lambda _leases, _queue: [])


TWINS: dict[str, tuple[Callable[[Patch], None], int, str]] = {  # with the depth at which it is seen
    "merge by id": (without_merge_by_id, 3, "twice"),
    "taking back what was asked": (without_taking_back_what_was_asked, 1, "nobody holds it"),
    "refusing what comes late": (without_refusing_what_comes_late, 1, "nobody holds it"),
    "looking what was given": (without_looking_what_was_given, 2, "two slips"),
    "a range of its own": (without_a_range_of_its_own, 2, "two slips"),
}


@pytest.mark.parametrize("guard", TWINS)
def test_without_a_guard_the_tour_sees_it(guard: str, monkeypatch: pytest.MonkeyPatch):
    take_away, depth, seen = TWINS[guard]
    take_away(monkeypatch)
    _, bad = tour(depth, 1000)
    assert bad
    assert any(seen in line for line in bad), bad
