"""Days with faults, by seed; and the twins that prove the checks can see.

The gate runs WORLDS seeds; `pytest -m campaign tests/world` runs thousands of days and prints the figures.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.engine import events as ev
from caller.engine import hall, queueing, ratings, ticketing
from caller.engine.refusals import Refused
from caller.service.idempotency import AnswersBySender
from tests.world.shell import Shell
from tests.world.world import Figures, live, total

WORLDS = 70  # seeds in the gate, one day each
CAMPAIGN_WORLDS, CAMPAIGN_DAYS = 700, 3
TWIN_SEEDS = 12  # a guard that is off must be noticed within so many days


def run(seed: int, days: int = 1) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return live(seed, days, Path(folder)).figures


def assert_right(worlds: list[Figures]) -> None:
    wrong = [words for figures in worlds for words in figures.wrong]
    assert not wrong, "\n".join(wrong[:10])
    print("\n" + total(worlds))


def test_days_with_faults_break_no_promise():
    worlds = [run(seed) for seed in range(WORLDS)]
    assert_right(worlds)
    assert sum(figures.faults["failed commit"] for figures in worlds) > 10, "the disk was never really full"
    assert sum(figures.called for figures in worlds) > 10 * WORLDS, (
        "a hall in which nobody is called proves little"
    )


def test_several_days_in_a_row():
    assert_right([run(seed, days=6) for seed in range(1000, 1006)])


@pytest.mark.campaign
def test_thousands_of_days():
    assert_right([run(seed, CAMPAIGN_DAYS) for seed in range(10_000, 10_000 + CAMPAIGN_WORLDS)])


def test_the_same_seed_lives_the_same_world():
    assert total([run(7)]) == total([run(7)])
    assert total([run(7)]) != total([run(8)])


# --- twins: a guard is taken away, and the checks must see it

Patch = Callable[[pytest.MonkeyPatch], None]


def without_memory_of_ids(patch: pytest.MonkeyPatch) -> None:
    keep = Shell._start

    def forgetful(self: Shell) -> None:
        keep(self)
        self.remember = False

    patch.setattr(Shell, "_start", forgetful)


def without_order(patch: pytest.MonkeyPatch) -> None:
    real = queueing.first_for

    def last_come(lines: Any, window: str, serves: Any, now: int) -> Any:
        rows = queueing.in_order(lines, window, serves, 50, now)
        return rows[-1] if rows else real(lines, window, serves, now)

    patch.setattr(queueing, "first_for", last_come)


def without_recovery(patch: pytest.MonkeyPatch) -> None:
    """After a failed commit memory goes on as if nothing had happened."""
    patch.setattr(Shell, "_commit", lambda _self, _batch: None)


def without_growing_serials(patch: pytest.MonkeyPatch) -> None:
    real = ticketing.issue

    def again(*arguments: Any, **named: Any) -> Any:
        event = real(*arguments, **named)
        serial = max(1, event.serial - 1)
        return msgspec.structs.replace(event, serial=serial, number=f"{event.queue}{serial:03d}")

    patch.setattr(ticketing, "issue", again)


def without_one_rating(patch: pytest.MonkeyPatch) -> None:

    def rate(hall_: Any, _order: Any, command: Any, _now: int) -> Any:
        visit = hall_.register.visits.get(command.ticket)
        if visit is None:
            raise Refused("no-service")
        return [
            ev.ServiceRated(
                ticket=command.ticket,
                window=visit.window,
                clerk=visit.clerk,
                level=command.level,
                via="phone",
            )
        ]

    patch.setitem(hall.DECIDE, next(iter(ratings.DECIDE)), rate)


def without_repeating_refusals(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AnswersBySender, "keep", lambda _self, _order, _answer: None)


TWINS: dict[str, tuple[Patch, str]] = {
    "id memory": (without_memory_of_ids, "happened twice"),
    "turn rule": (without_order, "out of turn"),
    "commit": (without_recovery, "not in the log"),
    "serials": (without_growing_serials, "given twice"),
    "one rating": (without_one_rating, "rated twice"),
    "refusals kept": (without_repeating_refusals, "and then"),
}


@pytest.mark.parametrize("guard", TWINS)
def test_a_guard_that_is_off_is_noticed(guard: str, monkeypatch: pytest.MonkeyPatch):
    patch, words = TWINS[guard]
    patch(monkeypatch)
    wrong: list[str] = []
    for seed in range(TWIN_SEEDS):
        try:
            wrong = run(seed).wrong
        except Exception as error:
            wrong = [repr(error)]
            continue
        if any(words in line for line in wrong):
            return
    pytest.fail(f"nobody noticed that {guard} is off; last: {wrong[:3]}")
