"""A seeded world of bad ratings over weeks, with restarts: every count, light and due date against a recount from the events.

The recount knows the events and the rules in words of its own; it asks nothing of the engine.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from caller.engine import commands as cmd
from caller.engine import deadlines, rectifications
from caller.engine import events as ev
from caller.engine.hall import Hall
from caller.engine.rating_messages import (
    AppealRating,
    CaseRated,
    ContactLeft,
    MoveRectification,
    NoteContact,
    RatingAppealed,
    RectificationMoved,
)
from caller.engine.refusals import Refused
from caller.engine.register import Register
from caller.views import build
from config.rating_settings import RatingsTable
from config.settings import Rules, YearNotice
from tests.instruments.engine_fixture import Stage, at

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAYS = {
    date(2026, 9, 25),
    date(2026, 10, 1),
    date(2026, 10, 2),
    date(2026, 10, 5),
    date(2026, 10, 6),
    date(2026, 10, 7),
}
WORKED = {date(2026, 9, 20), date(2026, 10, 10)}
NOTICE = YearNotice(2026, holidays=dict.fromkeys(HOLIDAYS, "假"), workdays=dict.fromkeys(WORKED, "班"))
TABLE = RatingsTable(rectify=True, days=5, call_minutes=90, rank_ratings=2)
STAFF = ("ann", "ben", "cay", "clerk-1", "clerk-2")
DAYS = 24
FINDINGS, MEASURES = ("upheld", "partly", "unfounded"), ("apologised", "none", "wrong-code")
MONDAY = 0


def restarted(stage: Stage) -> None:
    """Make the hall anew from its checkpoint and the rows of its register, as a start does."""
    hall = stage.hall
    hall.register.collect({})
    loaded = Register.load(hall.register.rows(), hall.register.mark, hall.seq)
    assert loaded
    stage.hall = Hall.load(hall.settings, hall.dump(), loaded)


def tried(stage: Stage, command: Any) -> bool:
    try:
        stage.do(command)
    except Refused:
        return False
    return True


PRESSES = (
    "verify",
    "call",
    "right",
    "answer",
    "approve",
    "return",
    "assign",
    "publish",
    "appeal",
    "own",
    "keep",
    "exclude",
)


def work(stage: Stage, rng: random.Random) -> None:
    """Do something about some rectification: what may be done, mostly, else anything."""
    ids = list(stage.hall.register.follow_ups)
    if not ids:
        return
    id = rng.choice(ids)
    row = stage.hall.register.follow_ups[id]
    staff = row.owner if row.owner and rng.random() < 0.7 else rng.choice(STAFF)
    allowed = [
        *rectifications.moves(stage.hall, row),
        *(
            {"assigned": ["answer"] * 3, "answered": ["approve", "return"]}.get(row.state)
            or ["assign", "appeal"]
        ),
    ]
    match rng.choice(allowed if rng.random() < 0.7 else PRESSES):
        case "verify":
            tried(stage, MoveRectification(id, "verify", staff, rng.choice(FINDINGS)))
        case "call":
            tried(stage, MoveRectification(id, "call", staff, rng.choice(("reached", "no-reply"))))
        case "right":
            tried(stage, MoveRectification(id, "right", staff, rng.choice(MEASURES)))
        case "answer":
            tried(stage, cmd.MoveFollowUp(id, "answer", staff, code="upheld"))
        case "approve" | "return" as move:
            tried(stage, cmd.MoveFollowUp(id, move, rng.choice(STAFF)))
        case "assign":
            tried(stage, cmd.MoveFollowUp(id, "assign", "boss", owner=rng.choice(STAFF)))
        case "publish":
            tried(stage, MoveRectification(id, "publish", staff))
        case "appeal":
            tried(stage, cmd.MoveFollowUp(id, "appeal", "boss"))
        case "own":
            tried(stage, AppealRating(id, row.clerk, rng.choice(("malicious", "mistaken")), row.window))
        case "keep" | "exclude" as move:
            tried(stage, MoveRectification(id, move, rng.choice(STAFF)))
        case other:
            raise AssertionError(other)


def lived(seed: int, also: Callable[[Stage, random.Random], None] | None = None, **settings: Any) -> Stage:
    """Live `DAYS` days, each compared with the recount; `also`: what else happens after each visit."""
    rng = random.Random(seed)
    base: dict[str, Any] = {
        "ratings": TABLE, "year_notices": (NOTICE,),
        "rules": Rules(no_show_seconds=0, recall_seconds=0, appeal_days=3),
    }  # fmt: skip
    stage = Stage(opened=False, **(base | settings))
    day = date(2026, 9, 14)
    for _ in range(DAYS):
        day += timedelta(days=1)
        if not works(day):
            continue
        stage.now = at("09:00", day.isoformat())
        tried(stage, cmd.OpenDay(day.isoformat()))
        stage.open("1", "2")
        for _ in range(8):
            stage.later(rng.randrange(20, 60))
            if stage.now > at("16:30", day.isoformat()):
                break  # numbers stop at five
            window = rng.choice("12")
            ticket = stage.find(stage.take("A")).id
            stage.serve(window)
            if rng.random() < 0.8:
                stage.do(cmd.Rate(ticket, rng.choice((1, 1, 2, 2, 3, 4, 5)), via="phone"))
                if rng.random() < 0.5:
                    stage.do(NoteContact(ticket))
            if also:
                also(stage, rng)
            for _ in range(rng.randrange(9)):
                work(stage, rng)
            for note in deadlines.to_note(stage.hall, stage.now):
                stage.do(note)  # type: ignore[arg-type]
            if rng.random() < 0.2:
                restarted(stage)
            compare(stage)
        stage.do(cmd.CloseDay(expire=True))
    return stage


# --- the recount


def works(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in HOLIDAYS)


def end_of_days(at: int, days: int) -> int:
    day = datetime.fromtimestamp(at / 1e6, ZONE).date()
    while days:
        day += timedelta(days=1)
        days -= works(day)
    end = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=1)
    return round(end.timestamp() * 1e6) - 1


def call_until(at: int, minutes: int) -> int:
    """Minute by minute, those from nine to five of working days; to the microsecond at both ends."""
    here = datetime.fromtimestamp(at // 1_000_000, ZONE).replace(microsecond=0)
    left = timedelta(minutes=minutes)
    while True:
        opens, closes = here.replace(hour=9, minute=0, second=0), here.replace(hour=17, minute=0, second=0)
        if works(here.date()) and here < closes:
            begins = max(here, opens)
            if closes - begins >= left:
                return round((begins + left).timestamp() * 1e6)
            left -= closes - begins
        here = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0)


class Recount:
    """What the events say, by follow-up: facts in a dictionary."""

    def __init__(self, events: list[tuple[int, int, ev.AnyEvent]]) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.months: dict[str, Counter[str]] = {}
        self.excluded: dict[str, str] = {}
        self.ratings: dict[str, tuple[int, int]] = {}
        self.runs: dict[str, int] = {}
        day = ""
        for seq, instant_, event in events:
            if isinstance(event, ev.DayOpened):
                day = event.day
            elif isinstance(event, ev.ServiceRated):
                self.ratings[event.ticket] = (seq, event.level)
                self.runs[event.window] = self.runs.get(event.window, 0) + 1 if event.level < 3 else 0
            elif isinstance(event, CaseRated):
                self.ratings[event.case] = (seq, event.level)  # and in no window's run of bad ones
            else:
                self._take(event, instant_, day[:7])

    def _take(self, event: ev.AnyEvent, at: int, month: str) -> None:
        row = self.rows.get(getattr(event, "follow_up", ""))
        match event:
            case ev.FollowUpOpened(kind="rating"):
                self.rows[event.follow_up] = {
                    "month": month,
                    "of": event.ticket or event.case,
                    "start": at,
                    "tries": 0,
                    "state": "opened",
                    "once": set(),
                }
                self._count(event.follow_up, "opened")
            case ContactLeft() if row is not None:
                row["named"], row["call_due"] = at, call_until(at, 90)
                self._count(event.follow_up, "named")
            case RatingAppealed() if row is not None:
                row["appeal"], row["why"] = "raised", event.code
                self._count(event.follow_up, "appealed")
            case ev.FollowUpMoved() if row is not None:
                row["state"] = {
                    "assign": "assigned",
                    "answer": "answered",
                    "approve": "closed",
                    "return": "assigned",
                    "appeal": "reopened",
                    "step": row["state"],
                }[event.move]
                if event.move == "approve":
                    self._count(event.follow_up, "closed")
                if event.move == "appeal":
                    row.update(start=at, tries=0, verified="", righted="", reached=False, published=False)
            case RectificationMoved() if row is not None:
                self._step(row, event)
            case ev.DeadlineOverdue(kind="answer") if event.owner in self.rows:
                self._count(event.owner, "late")
            case _:
                return

    def _step(self, row: dict[str, Any], event: RectificationMoved) -> None:
        id = event.follow_up
        match event.move:
            case "verify":
                row["verified"] = event.code
            case "call":
                row["tries"] += 1
                row["called"] = True
                self._count(id, "called")
                if event.code == "reached":
                    row["reached"] = True
                    self._count(id, "reached")
            case "right":
                row["righted"] = event.code
                self._count(id, "righted")
            case "keep":
                row["appeal"] = "kept"
            case "exclude":
                row["appeal"] = "excluded"
                self._count(id, "excluded")
                self.excluded[str(self.ratings[row["of"]][0])] = row["why"]
            case "publish":
                row["published"] = True
                self._count(id, "published")

    def _count(self, id: str, what: str) -> None:
        row = self.rows[id]
        if what not in row["once"]:
            row["once"].add(what)
            self.months.setdefault(row["month"], Counter())[what] += 1


def light(start: int, due: int, now: int, warns: float) -> str:
    if now > due:
        return "red"
    return "yellow" if now >= start + round((due - start) * warns) else "green"


def compare(stage: Stage) -> None:
    """Compare each document with the recount."""
    seen = build(stage.hall, "rectifications", stage.now)
    recount = Recount(stage.events)
    assert {month: {k: v for k, v in row.items() if v} for month, row in seen["months"].items()} == {  # type: ignore[typeddict-item]
        month: dict(row) for month, row in recount.months.items()
    }
    assert {key: row["reason"] for key, row in seen["exclusions"].items()} == recount.excluded  # type: ignore[typeddict-item]
    assert {key: row.count for key, row in stage.hall.register.bad_runs.items()} == {
        window: count for window, count in recount.runs.items() if count
    }
    for id, line in seen["rectifications"].items():  # type: ignore[typeddict-item]
        row = recount.rows[id]
        assert line["state"] == row["state"]
        assert (line["level"], line["due"]) == (
            recount.ratings[row["of"]][1],
            end_of_days(row["start"], 5),
        )
        closed = row["state"] == "closed"
        assert line["light"] == ("grey" if closed else light(row["start"], line["due"], stage.now, 0.6))
        assert line["call_due"] == row.get("call_due", 0)
        waits = "named" in row and not row.get("called")
        assert line["call_light"] == (
            light(row["named"], row["call_due"], stage.now, 0.5) if waits else "grey"
        )
        facts = (
            line["tries"], line["reached"], line["verified"], line["righted"], line["appeal"], line["published"],
        )  # fmt: skip
        assert facts == (
            row["tries"], bool(row.get("reached")), row.get("verified", ""), row.get("righted", ""), row.get("appeal", ""),
            bool(row.get("published")),
        )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_count_light_and_date_equals_the_recount(seed: int):
    stage = lived(seed)
    total = sum(Recount(stage.events).months.values(), Counter[str]())
    assert all(
        total[what]
        for what in ("opened", "named", "called", "righted", "closed", "late", "appealed", "excluded")
    )


def test_twin_a_fold_that_forgets_a_try_is_found(monkeypatch: pytest.MonkeyPatch):
    kept = rectifications.APPLY_REGISTER[RectificationMoved]

    def forgetful(hall: Any, event: RectificationMoved, at: int) -> None:
        if event.move != "call":
            kept(hall, event, at)

    from caller.engine import hall as hall_module

    monkeypatch.setitem(hall_module.APPLY_REGISTER, RectificationMoved, forgetful)
    with pytest.raises(AssertionError):
        lived(1)
