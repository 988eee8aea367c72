"""The seeded world of bad ratings with decided cases in it: rated by code, by slip and at the issuing window, with restarts.

Who may rate which case until when, what a rating opens, its later addition and what each page says of it are recounted from
the events, apart from the engine; the rectifications themselves are compared as those of visits are.
"""

import random
from collections import Counter, defaultdict
from typing import Any

import pytest

from caller.engine import case_ratings, hall
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_messages import CaseMoved, CaseOpened
from caller.engine.rating_messages import (
    AddToRating,
    CaseRated,
    NoteContact,
    RateCase,
    RatingAddedTo,
    RectificationMoved,
)
from caller.engine.register import Register
from caller.views import build
from config.case_settings import CasesTable
from config.instants import HOUR
from config.rating_settings import RatingsTable
from config.settings import Window
from tests.caller.engine.test_rectified_world import STAFF, Recount, end_of_days, lived, tried, work
from tests.instruments.case_fixture import ITEMS, move, opened, served
from tests.instruments.engine_fixture import Stage
from tests.instruments.engine_fixture import settings as plain

PHONE_HOURS = 24  # as the hall's settings have it from the start
DAYS = 3  # in which a decided case may be rated: so that in this world many are asked too late
BOTH: dict[str, Any] = {
    "items": ITEMS, "cases": CasesTable(enabled=True),
    "ratings": RatingsTable(rectify=True, days=5, call_minutes=90, rank_ratings=2, case_days=DAYS),
    "windows": (*plain().windows, Window("88", "发证", queues=["A"], kind="issuing")),
}  # fmt: skip


class CasesRecount:
    """What the events say of cases and their ratings: a dictionary of facts by case."""

    def __init__(self, events: list[tuple[int, int, ev.AnyEvent]]) -> None:
        self.cases: dict[str, dict[str, Any]] = {}
        self.duties: defaultdict[str, list[str]] = defaultdict(list)  # owners, by case
        self.windows: defaultdict[str, Counter[int]] = defaultdict(Counter)  # levels of visits' ratings
        rated: dict[str, ev.ServiceRated] = {}
        tickets: dict[str, str] = {}
        for seq, at, event in events:
            match event:
                case CaseOpened():
                    self.cases[event.case] = {
                        "code": event.code,
                        "owner": event.clerk,
                        "until": 0,
                        "level": 0,
                        "added": 0,
                    }
                case CaseMoved(move="take"):
                    self.cases[event.case]["owner"] = event.owner
                case CaseMoved(move="decide"):
                    self.cases[event.case]["until"] = end_of_days(at, DAYS)
                case CaseRated():
                    row = self.cases[event.case]
                    assert not row["level"], "once"
                    assert at <= row["until"], "after its decision, in time"
                    assert event.clerk == row["owner"]
                    row.update(level=event.level, seq=seq)
                case RatingAddedTo() if event.case:
                    row = self.cases[event.case]
                    assert (row["level"] > 0, row["added"]) == (True, 0), "once, to a rating that was given"
                    row["added"] = event.level
                case ev.ServiceRated():
                    rated[event.ticket] = event
                    self.windows[event.window][event.level] += 1
                case ev.FollowUpOpened(kind="rating"):
                    tickets[event.follow_up] = event.ticket
                    if event.case:
                        self.duties[event.case].append(event.clerk)
                case RectificationMoved(move="exclude") if tickets[event.follow_up]:
                    excluded = rated[tickets[event.follow_up]]
                    self.windows[excluded.window][excluded.level] -= 1
                case _:
                    pass

    def open(self, case: str, now: int) -> bool:
        row = self.cases[case]
        return not row["level"] and now <= row["until"]


class CasesWorld:
    """What happens to cases between the visits of the world; holds which slip collected which case's result."""

    def __init__(self) -> None:
        self.slips: dict[str, str] = {}
        self.handed: dict[str, int] = {}  # when the result of a case was handed out
        self.told: Counter[str] = Counter()

    def __call__(self, stage: Stage, rng: random.Random) -> None:
        if "88" not in {id for id, row in stage.hall.state.windows.items() if row.clerk}:
            stage.open("88")
        row = opened(stage)
        if rng.random() < 0.8:
            move(stage, row.id, "take", owner=rng.choice(STAFF))
            move(stage, row.id, "decide", decision="granted")
            if rng.random() < 0.5:
                self.slips[row.id] = stage.do(cmd.CheckIn(row.code))["ticket"]
                served(stage, "collected", "88")
                self.handed[row.id] = stage.now
        for _ in range(3):
            self.rate(stage, rng, rng.choice(list(stage.hall.register.cases)))
        for _ in range(30):  # about so many more duties as cases bring
            work(stage, rng)
        self.compare(stage)

    def slip(self, stage: Stage, id: str) -> str:
        """Return the slip of a case's result while it still serves: until a day opens after its visit's own 24 hours."""
        openings = [at for _, at, event in stage.events if isinstance(event, ev.DayOpened)]
        handed = self.handed.get(id, 0)
        return self.slips[id] if handed and openings[-1] <= handed + PHONE_HOURS * HOUR else ""

    def rate(self, stage: Stage, rng: random.Random, id: str) -> None:
        """Try to rate, to add, and to leave a contact; each is taken where the recount says so, and only there."""
        known, slip = CasesRecount(stage.events), self.slip(stage, id)
        row = known.cases[id]
        way: dict[str, Any] = {"ticket": slip} if slip and rng.random() < 0.6 else {"code": row["code"]}
        given = tried(stage, RateCase(rng.choice((1, 1, 2, 3, 4, 5)), ["slow"], via="phone", **way))
        assert given == known.open(id, stage.now)
        self.told["slip" if "ticket" in way else "code"] += given
        self.told["late"] += not given and not row["level"] and 0 < row["until"] < stage.now
        self.told["again"] += not given and bool(row["level"])
        if given and rng.random() < 0.5:
            stage.do(NoteContact(case=id))
        if rng.random() < 0.4:
            before = CasesRecount(stage.events).cases[id]
            level = rng.randrange(1, 6)
            addition = (
                AddToRating(slip, level, case=True) if slip else AddToRating("", level, code=row["code"])
            )
            added = tried(stage, addition)
            assert added == bool(before["level"] and not before["added"])
            self.told["added"] += added

    def compare(self, stage: Stage) -> None:
        """Compare what stands at each case, on its page, and in the figures of visits."""
        known, register = CasesRecount(stage.events), stage.hall.register
        for id, row in known.cases.items():
            kept = register.cases[id]
            assert (kept.level, kept.added, kept.rated) == (row["level"], row["added"], row.get("seq", 0))
            assert known.duties[id] == ([row["owner"]] if row["level"] in (1, 2) else [])
            page: Any = build(stage.hall, f"progress/{row['code']}", stage.now)
            state = "given" if row["level"] else "open" if known.open(id, stage.now) else ""
            assert (page.get("rating", ""), page.get("added", 0)) == (state, row["added"])
        levels: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for key, month in register.rating_months.items():
            for level, count in enumerate(month.levels, 1):
                levels[key.partition("/")[2]][level] += count
        assert {window: +counts for window, counts in levels.items()} == {
            window: +counts for window, counts in known.windows.items()
        }


@pytest.mark.parametrize("seed", [4, 5])
def test_ratings_of_cases_equal_the_recount_day_by_day(seed: int):
    world = CasesWorld()
    stage = lived(seed, world, **BOTH)
    assert all(world.told[what] for what in ("slip", "code", "late", "again", "added")), world.told
    recount = Recount(stage.events)
    of_cases = [row for row in recount.rows.values() if row["of"] in stage.hall.register.cases]
    done: set[str] = set().union(*(row["once"] for row in of_cases))
    assert done >= {
        "opened",
        "named",
        "called",
        "righted",
        "closed",
        "late",
        "appealed",
        "excluded",
        "published",
    }


def test_twin_a_fold_that_counts_a_case_in_its_windows_month_is_found(monkeypatch: pytest.MonkeyPatch):
    kept = case_ratings.APPLY_REGISTER[CaseRated]

    def counting(of: Any, event: CaseRated, at: int) -> None:
        kept(of, event, at)
        register: Register = of.register
        for key in register.rating_months:
            register.rating_months.edit(key).levels[event.level - 1] += 1

    monkeypatch.setitem(hall.APPLY_REGISTER, CaseRated, counting)
    with pytest.raises(AssertionError):
        lived(4, CasesWorld(), **BOTH)


def test_twin_a_case_that_may_be_rated_for_ever_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(case_ratings, "_until", lambda _hall, _row: 1 << 60)  # pyright: ignore
    with pytest.raises(AssertionError):
        lived(4, CasesWorld(), **BOTH)
