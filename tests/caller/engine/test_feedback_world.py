"""A seeded world of complaints and the like over weeks, with restarts: every light, due date and count against a recount.

The recount knows the events and the rules in words of its own; it asks nothing of the engine.
"""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import deadlines, followups
from caller.engine import events as ev
from caller.engine.feedback_messages import FEEDBACK_KINDS, JudgeFeedback, SubmitFeedback
from caller.views import build
from config.feedback_settings import FeedbackTable
from config.settings import Department, Rules
from tests.caller.engine.test_rectified_world import NOTICE, ZONE, end_of_days, restarted, tried, works
from tests.instruments.engine_fixture import Stage, at

STAFF = ("ann", "ben", "cay")
ANSWER_DAYS, DAYS = 5, 26
WAYS: tuple[Any, ...] = ("page", "kiosk", "guide", "call", "letter", "visit")


def work(stage: Stage, rng: random.Random) -> None:
    """Do something about some complaint: what may be done, mostly."""
    ids = list(stage.hall.register.follow_ups)
    if not ids:
        return
    row = stage.hall.register.follow_ups[rng.choice(ids)]
    staff = row.owner if row.owner and rng.random() < 0.7 else rng.choice(STAFF)
    choice: Any = rng.choice([*followups.moves_of(row), "assign", "verdict"])
    match choice:
        case "assign":
            tried(stage, cmd.MoveFollowUp(row.id, "assign", "boss", owner=rng.choice(STAFF)))
        case "transfer":
            tried(
                stage, cmd.MoveFollowUp(row.id, "transfer", "boss", owner=rng.choice(STAFF), department="d1")
            )
        case "step" | "answer" as move:
            tried(stage, cmd.MoveFollowUp(row.id, move, staff, code="phoned" if move == "step" else "upheld"))
        case "verdict":
            tried(stage, JudgeFeedback(row.code, rng.random() < 0.5, again=rng.random() < 0.3))
        case move:
            tried(stage, cmd.MoveFollowUp(row.id, move, staff))


def lived(seed: int) -> Stage:
    rng = random.Random(seed)
    stage = Stage(
        opened=False, feedback=FeedbackTable(enabled=True, days=ANSWER_DAYS), year_notices=(NOTICE,),
        rules=Rules(no_show_seconds=0, recall_seconds=0, appeal_days=3), departments=(Department("d1", "人社局"),),
    )  # fmt: skip
    day = date(2026, 9, 14)
    for _ in range(DAYS):
        day += timedelta(days=1)
        if not works(day):
            continue
        stage.now = at("09:00", day.isoformat())
        tried(stage, cmd.OpenDay(day.isoformat()))
        for _ in range(6):
            stage.later(rng.randrange(20, 70))
            if rng.random() < 0.6:
                stage.do(SubmitFeedback(rng.choice(FEEDBACK_KINDS), rng.choice(WAYS)))
            for _ in range(rng.randrange(8)):
                work(stage, rng)
            for note in deadlines.to_note(stage.hall, stage.now):
                stage.do(note)  # type: ignore[arg-type]
            if rng.random() < 0.2:
                restarted(stage)
            compare(stage)
        stage.do(cmd.CloseDay(expire=True))
    return stage


# --- the recount


class FeedbackRecount:
    """What the events say, one row each: since when and until when, what it is now, and what was ever done with it."""

    def __init__(self, events: list[tuple[int, int, ev.AnyEvent]]) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        for _, now, event in events:
            if isinstance(event, ev.FollowUpOpened):
                self.rows[event.follow_up] = {"opened": now, "start": now, "now": "open", "done": set()}
            elif isinstance(event, ev.FollowUpMoved):
                self.moved(self.rows[event.follow_up], event.move, now)

    @staticmethod
    def moved(row: dict[str, Any], move: str, now: int) -> None:
        row["done"].add(move)
        if move in ("approve", "archive"):
            row["now"] = {"approve": "answered", "archive": "filed"}[move]
        elif move in ("appeal", "reopen"):
            row["start"], row["now"] = now, "open"

    @staticmethod
    def light(row: dict[str, Any], now: int) -> str:
        start, due = row["start"], end_of_days(row["start"], ANSWER_DAYS)
        return "red" if now > due else "yellow" if now >= start + round((due - start) * 0.6) else "green"


def compare(stage: Stage) -> None:
    recount, view = FeedbackRecount(stage.events), build(stage.hall, "followups", stage.now)
    lines: dict[str, Any] = view["followups"]  # type: ignore[typeddict-item]
    assert lines.keys() <= recount.rows.keys()
    gone = recount.rows.keys() - lines.keys()
    assert all(recount.rows[id]["now"] == "filed" for id in gone), "only what is filed leaves"
    for id, line in lines.items():
        row = recount.rows[id]
        assert (line["opened"], line["due"]) == (row["opened"], end_of_days(row["start"], ANSWER_DAYS))
        assert line["light"] == (recount.light(row, stage.now) if row["now"] == "open" else "grey")
    month = f"{datetime.fromtimestamp(stage.now / 1e6, ZONE):%Y-%m}"
    mine = [
        row
        for row in recount.rows.values()
        if f"{datetime.fromtimestamp(row['opened'] / 1e6, ZONE):%Y-%m}" == month
    ]
    lights = Counter(recount.light(row, stage.now) for row in recount.rows.values() if row["now"] == "open")
    found: Any = build(stage.hall, "supervise", stage.now)["feedback"]  # type: ignore[typeddict-item]
    assert found == {
        "red": lights["red"], "yellow": lights["yellow"], "green": lights["green"], "accepted": len(mine),
        "coordinated": sum("coordinate" in row["done"] for row in mine),
        "transferred": sum("transfer" in row["done"] for row in mine),
        "filed": sum(row["now"] == "filed" for row in mine),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_every_light_date_and_count_equals_the_recount(seed: int) -> None:
    stage = lived(seed)
    done = Counter(move for row in FeedbackRecount(stage.events).rows.values() for move in row["done"])
    assert all(done[move] for move in ("assign", "coordinate", "transfer", "answer", "approve", "archive"))
    assert done["appeal"] or seed != 1, "one of these worlds has an appeal"
    assert any(isinstance(event, ev.DeadlineOverdue) for _, _, event in stage.events)


def test_twin_a_fold_that_forgets_a_transfer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = followups.APPLY_REGISTER[ev.FollowUpMoved]

    def forgetful(hall: Any, event: ev.FollowUpMoved, now: int) -> None:
        kept(hall, event, now)
        if event.move == "transfer":
            hall.register.follow_ups.edit(event.follow_up).transferred = 0

    from caller.engine import hall

    monkeypatch.setitem(hall.APPLY_REGISTER, ev.FollowUpMoved, forgetful)
    with pytest.raises(AssertionError):
        lived(1)
