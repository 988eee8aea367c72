"""The loudspeaker's rules: one after another, at most once per call and place, nothing old."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.voice.announcement_queue import (
    ANNOUNCE_MICROS,
    PAUSE_MICROS,
    ZONES_MAX,
    AnnouncementQueue,
    Grant,
    Silent,
    Wait,
    Zone,
)
from tests.instruments.undecodable import UNDECODABLE

SECOND = 1_000_000
LENGTH = 6 * SECOND
START = 1_800_000_000 * SECOND


def test_a_new_call_may_be_spoken_at_once() -> None:
    assert AnnouncementQueue().ask("hall", 7, START, START + 1000, LENGTH) == Grant(START + 1000 + LENGTH)


def test_a_call_is_spoken_once_per_place() -> None:
    announcer = AnnouncementQueue()
    announcer.ask("east", 7, START, START, LENGTH)
    assert announcer.ask("east", 7, START, START + LENGTH + SECOND, LENGTH) == Silent("spoken")
    assert isinstance(announcer.ask("west", 7, START, START, LENGTH), Grant)


def test_a_second_call_waits_until_the_first_has_ended() -> None:
    announcer = AnnouncementQueue()
    announcer.ask("hall", 7, START, START, LENGTH)
    wait = announcer.ask("hall", 8, START, START + SECOND, LENGTH)
    assert isinstance(wait, Wait)
    assert isinstance(announcer.ask("hall", 8, START, START + SECOND + wait.micros, LENGTH), Grant)


def test_an_old_call_is_shown_but_never_spoken() -> None:
    late = START + ANNOUNCE_MICROS + 1
    assert AnnouncementQueue().ask("hall", 7, START, late, LENGTH) == Silent("old")
    assert isinstance(AnnouncementQueue().ask("hall", 7, START, late - 1, LENGTH), Grant)


def test_a_restart_repeats_nothing() -> None:
    announcer = AnnouncementQueue()
    announcer.ask("hall", 7, START, START, LENGTH)
    again = AnnouncementQueue.load(announcer.dump())
    assert again.ask("hall", 7, START, START + LENGTH * 2, LENGTH) == Silent("spoken")


def test_twin_without_the_memory_a_restart_would_repeat() -> None:
    announcer = AnnouncementQueue()
    announcer.ask("hall", 7, START, START, LENGTH)
    forgetful = AnnouncementQueue()
    assert isinstance(forgetful.ask("hall", 7, START, START + LENGTH * 2, LENGTH), Grant)


def test_a_damaged_memory_keeps_old_calls_silent() -> None:
    announcer = AnnouncementQueue.load(b'{"hall": [')
    assert announcer.ask("hall", 7, START, START + ANNOUNCE_MICROS + 1, LENGTH) == Silent("old")


def test_the_number_of_places_is_bounded() -> None:
    announcer = AnnouncementQueue()
    for zone in range(ZONES_MAX):
        announcer.ask(str(zone), 1, START, START, LENGTH)
    assert announcer.ask("one more", 1, START, START, LENGTH) == Silent("zones")
    later = START + 10 * ANNOUNCE_MICROS
    assert isinstance(announcer.ask("one more", 2, later, later, LENGTH), Grant)


Asks = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 40), st.integers(1, 9)), max_size=60)


def spoken(announcer: AnnouncementQueue, asks: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """(call, from, until) of every grant; calls are made 3 s apart, each ask comes a little later."""
    now, granted = START, list[tuple[int, int, int]]()
    for call, later, length in asks:
        now += later * SECOND // 10
        decision = announcer.ask("hall", call, START + call * 3 * SECOND // 10, now, length * SECOND)
        if isinstance(decision, Grant):
            granted.append((call, now, decision.until))
    return granted


@given(Asks)
def test_whatever_is_asked_nothing_overlaps_and_nothing_repeats(asks: list[tuple[int, int, int]]) -> None:
    granted = spoken(AnnouncementQueue(), asks)
    assert len({call for call, _, _ in granted}) == len(granted)
    assert all(until <= after for (_, _, until), (_, after, _) in pairwise(granted))


def test_twin_without_the_busy_time_two_would_overlap() -> None:
    class Deaf(AnnouncementQueue):
        def _place(self, zone: str, now: int) -> Zone | None:
            place = super()._place(zone, now)
            if place:
                place.busy_until = 0
            return place

    granted = spoken(Deaf(), [(1, 3, 6), (2, 3, 6)])
    assert granted[0][2] > granted[1][1]


@pytest.mark.parametrize("kept", UNDECODABLE.values(), ids=UNDECODABLE)
def test_a_damaged_dump_is_an_empty_queue(kept: bytes) -> None:
    assert AnnouncementQueue.load(kept).dump() == AnnouncementQueue().dump()


def test_with_msgspecs_own_errors_alone_a_damaged_dump_stops_the_voice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The guard off."""
    monkeypatch.setattr("display.voice.announcement_queue.DECODE_ERRORS", msgspec.MsgspecError)
    with pytest.raises(UnicodeDecodeError):
        AnnouncementQueue.load(UNDECODABLE["name-no-utf-8"])


# --- messages to all who wait

MESSAGE, HOLDS = 10**15, START + 300 * SECOND


def test_a_message_is_spoken_once_per_place_whatever_is_loaded_again() -> None:
    announcer = AnnouncementQueue()
    assert announcer.ask_message("hall", MESSAGE, HOLDS, START, LENGTH) == Grant(START + LENGTH)
    later = START + 60 * SECOND  # past what a call is remembered
    again = AnnouncementQueue.load(announcer.dump())
    assert again.ask_message("hall", MESSAGE, HOLDS, later, LENGTH) == Silent("spoken")
    assert isinstance(again.ask_message("east", MESSAGE, HOLDS, later, LENGTH), Grant)
    assert again.ask_message("hall", MESSAGE, HOLDS, HOLDS, LENGTH) == Silent("old")


def test_a_call_breaks_a_message_off_and_it_begins_again() -> None:
    announcer = AnnouncementQueue()
    announcer.ask_message("hall", MESSAGE, HOLDS, START, LENGTH)
    now = START + SECOND
    assert announcer.ask("hall", 7, now, now, LENGTH) == Grant(now + LENGTH)
    assert isinstance(announcer.ask_message("hall", MESSAGE, HOLDS, now, LENGTH), Wait)
    after = now + LENGTH + PAUSE_MICROS
    assert announcer.ask_message("hall", MESSAGE, HOLDS, after, LENGTH) == Grant(after + LENGTH)


def test_a_call_breaks_no_call_off() -> None:
    announcer = AnnouncementQueue()
    announcer.ask_message("hall", MESSAGE, HOLDS, START, LENGTH)
    announcer.ask("hall", 7, START, START, LENGTH)
    assert isinstance(announcer.ask("hall", 8, START, START, LENGTH), Wait)


def test_a_message_that_has_sounded_to_its_end_is_not_forgotten_by_a_call() -> None:
    announcer = AnnouncementQueue()
    announcer.ask_message("hall", MESSAGE, HOLDS, START, LENGTH)
    now = START + LENGTH + PAUSE_MICROS
    announcer.ask("hall", 7, now, now, LENGTH)
    assert announcer.ask_message("hall", MESSAGE, HOLDS, now + 60 * SECOND, LENGTH) == Silent("spoken")


def test_twin_without_the_rule_a_call_would_wait_for_the_message() -> None:
    """What sounds is taken for a call: the call then waits, as it does for another call."""
    zone = Zone(busy_until=START + LENGTH, told={str(MESSAGE): HOLDS}, message="")
    assert isinstance(AnnouncementQueue({"hall": zone}).ask("hall", 7, START, START, LENGTH), Wait)
