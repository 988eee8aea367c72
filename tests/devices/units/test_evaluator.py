"""An evaluator asks once, takes the first key while it asks, and nothing else."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.engine.commands import Rate
from caller.engine.rating_messages import RateCase
from config.instants import SECOND
from devices.profiles.profile_reader import find, names
from devices.units.evaluator import THANKS_SECONDS, Evaluator
from devices.units.unit import CommandReply, UnitEffect

PROFILE = find("evaluator-sum5")
NOW = 1_000 * SECOND
PROMPT, IDLE = PROFILE.frame("prompt", 1), PROFILE.frame("idle", 1)


def thanks(level: int) -> bytes:
    return PROFILE.frame("thanks", 1, {"level": level})


def view(ticket: str = "", until: int = NOW + 60 * SECOND) -> dict[str, Any]:
    rating = {"rating": {"ticket": ticket, "number": "A001", "until": until}} if ticket else {}
    return {"window": "3", **rating}


def keypad() -> Evaluator:
    return Evaluator("3", PROFILE, 1)


def press(level: int) -> bytes:
    return PROFILE.press(f"level-{level}", 1)


def rates(effects: Sequence[UnitEffect]) -> list[Rate]:
    return [effect for effect in effects if isinstance(effect, Rate)]


def test_it_asks_when_the_view_asks() -> None:
    assert keypad().watched("window/3", view("t1"), NOW) == [PROMPT]


def test_the_same_view_again_asks_no_second_time() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1"), NOW)
    assert unit.watched("window/3", view("t1"), NOW + 1) == []


def test_the_first_key_rates_and_thanks_come_when_it_is_saved() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1"), NOW)
    effects = unit.heard(press(5), NOW + SECOND)
    assert effects == [Rate("t1", 5, via="evaluator")]
    assert unit.answered(effects[0], CommandReply(), NOW + SECOND) == [thanks(5)]  # type: ignore[arg-type]
    assert unit.tick(NOW + (THANKS_SECONDS + 1) * SECOND) == [IDLE]


def test_a_second_key_is_ignored_and_counted() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1"), NOW)
    unit.heard(press(5), NOW)
    assert unit.heard(press(1), NOW + SECOND) == []
    assert unit.ignored == 1


def test_a_view_that_still_asks_after_the_key_opens_nothing_again() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1"), NOW)
    unit.heard(press(5), NOW)
    unit.watched("window/3", view(), NOW)
    assert unit.watched("window/3", view("t1"), NOW) == []
    assert unit.heard(press(1), NOW + SECOND) == []


def test_the_window_closes_by_itself() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1", NOW + 5 * SECOND), NOW)
    assert unit.tick(NOW + 4 * SECOND) == []
    assert unit.heard(press(5), NOW + 5 * SECOND) == []
    assert unit.tick(NOW + 5 * SECOND) == [IDLE]


def test_the_next_visit_is_asked_about_afresh() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1"), NOW)
    unit.heard(press(5), NOW)
    assert unit.watched("window/3", view("t2"), NOW + SECOND) == [PROMPT]
    assert unit.heard(press(2), NOW + 2 * SECOND) == [Rate("t2", 2, via="evaluator")]


def test_when_the_caller_could_not_save_it_asks_again() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1"), NOW)
    rate = rates(unit.heard(press(5), NOW))[0]
    assert unit.answered(rate, CommandReply("not-saved"), NOW) == [PROMPT]
    assert rates(unit.heard(press(4), NOW + SECOND)) == [Rate("t1", 4, via="evaluator")]


def test_a_refusal_for_good_is_not_thanked() -> None:
    unit = keypad()
    unit.watched("window/3", view("t1"), NOW)
    rate = rates(unit.heard(press(5), NOW))[0]
    assert unit.answered(rate, CommandReply("already-rated"), NOW) == [IDLE]


def test_a_bouncing_key_is_one_key() -> None:
    unit = keypad()
    unit.heard(press(5) * 3, NOW)
    assert unit.ignored == 1


def test_a_replugged_keypad_is_told_where_we_are() -> None:
    unit = keypad()
    assert unit.opened(NOW) == [IDLE]
    unit.watched("window/3", view("t1"), NOW)
    assert unit.opened(NOW) == [PROMPT]


@pytest.mark.parametrize("name", names("evaluator"))
def test_a_million_random_bytes_while_it_asks_rate_nothing(name: str) -> None:
    profile = find(name)
    unit = Evaluator("3", profile, profile.address)
    unit.watched("window/3", view("t1", NOW + 10_000 * SECOND), NOW)
    noise = random.Random(4).randbytes(1_000_000)
    made = [unit.heard(noise[at : at + 500], NOW + at) for at in range(0, len(noise), 500)]
    assert [rate for effects in made for rate in rates(effects)] == []
    assert unit.ignored == 0
    late = NOW + 2 * SECOND
    unit.silence(late)
    assert rates(unit.heard(profile.press("level-4", profile.address), late)) == [
        Rate("t1", 4, via="evaluator")
    ]


class Careless(Evaluator):
    """The guard off: every key counts while there is a ticket."""

    def _asking(self, now: int) -> bool:
        del now
        return bool(self._ticket)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 3)),
        st.tuples(st.just("quiet"), st.just(0)),
        st.tuples(st.just("key"), st.integers(1, 5)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=40,
)


def play(unit: Evaluator, steps: list[tuple[str, int]]) -> list[tuple[Rate, bool]]:
    """The ratings it made, each with whether the view asked for that ticket then."""
    now, asked, until = NOW, "", 0
    made: list[tuple[Rate, bool]] = []
    for kind, value in steps:
        now += SECOND
        if kind == "ask":
            asked, until = f"t{value}", now + 20 * SECOND
            unit.watched("window/3", view(asked, until), now)
        elif kind == "quiet":
            asked = ""
            unit.watched("window/3", view(), now)
        elif kind == "wait":
            now += value * SECOND
        else:
            found = rates(unit.heard(press(value), now))
            made += [(rate, rate.ticket == asked and now < until) for rate in found]
    return made


@given(STEPS)
def test_whatever_happens_each_visit_is_rated_once_and_only_while_asked(steps: list[tuple[str, int]]) -> None:
    made = play(keypad(), steps)
    assert all(asked for _, asked in made)
    tickets = [rate.ticket for rate, _ in made]
    assert len(tickets) == len(set(tickets))


def test_without_the_guard_a_second_key_and_a_late_key_count() -> None:
    steps = [("ask", 1), ("key", 5), ("key", 1), ("wait", 40), ("key", 1)]
    assert len(play(Careless("3", PROFILE, 1), steps)) == 3
    assert len(play(keypad(), steps)) == 1


# --- the case whose result was collected


def collected(ticket: str = "t1", rated: bool = False) -> dict[str, Any]:
    """The view of a window that has handed a result out."""
    case = {"ticket": ticket, "number": "2026-0001", "until": NOW + 120 * SECOND}
    return (view() if rated else view(ticket)) | {"case_rating": case}


def test_the_case_is_asked_about_once_the_thanks_have_gone_and_rated_apart() -> None:
    unit = keypad()
    unit.watched("window/3", collected(), NOW)
    (rating,) = rates(unit.heard(press(5), NOW))
    assert unit.watched("window/3", collected(rated=True), NOW) == []
    assert unit.heard(press(1), NOW) == [], "a key pressed twice rates no case, before the answer"
    unit.answered(rating, CommandReply(), NOW)
    assert unit.heard(press(1), NOW + SECOND) == [], "nor while it thanks"
    later = NOW + (THANKS_SECONDS + 1) * SECOND
    assert unit.tick(later) == [PROMPT]
    assert unit.heard(press(2), later) == [RateCase(2, ticket="t1", via="evaluator")]
    assert unit.heard(press(1), later) == []


def test_it_is_asked_about_when_nobody_answered_the_first_question() -> None:
    unit = keypad()
    unit.watched("window/3", collected(), NOW)
    over = NOW + 60 * SECOND
    assert unit.tick(over) == [IDLE, PROMPT]
    assert unit.heard(press(4), over) == [RateCase(4, ticket="t1", via="evaluator")]
    assert unit.tick(NOW + 120 * SECOND) == []


def test_a_case_that_was_not_saved_may_be_rated_again() -> None:
    unit = keypad()
    unit.watched("window/3", collected(rated=True), NOW)
    (rating,) = unit.heard(press(3), NOW)
    assert isinstance(rating, RateCase)
    assert unit.answered(rating, CommandReply("not-saved"), NOW) == [PROMPT]
    assert unit.heard(press(3), NOW + SECOND) == [rating]
