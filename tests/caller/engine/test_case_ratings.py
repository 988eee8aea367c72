"""A decided case is rated once, apart from its receptions: by whom, until when, what a bad rating opens, what it never counts in."""

from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine.case_rows import Case
from caller.engine.envelope import NoteOverdue
from caller.engine.rating_messages import (
    AddToRating,
    AppealRating,
    CaseRated,
    MoveRectification,
    NoteContact,
    RateCase,
)
from caller.views import build, topics
from config.instants import SECOND
from config.rating_settings import RatingsTable
from config.settings import Window
from tests.instruments.case_fixture import case_stage, move, opened, served
from tests.instruments.engine_fixture import Stage
from tests.instruments.engine_fixture import settings as plain

ISSUING = Window("88", "发证", queues=["A"], kind="issuing")
TABLE = RatingsTable(rectify=True, rank_ratings=2)


def decided(**changes: Any) -> tuple[Stage, Case]:
    """A hall with an issuing window and a case that was granted by 1007, who has it in hand."""
    given: dict[str, Any] = {"windows": (*plain().windows, ISSUING), "ratings": TABLE} | changes
    stage = case_stage(**given).open("88")
    row = opened(stage)
    move(stage, row.id, "take", owner="1007")
    move(stage, row.id, "decide", decision="granted")
    return stage, row


def collect(stage: Stage, row: Case) -> str:
    """The visit that collects the result; its ticket."""
    ticket = stage.do(cmd.CheckIn(row.code))["ticket"]
    served(stage, "collected", "88")
    return ticket


def view(stage: Stage, topic: str) -> Any:
    return build(stage.hall, topic, stage.now)


def test_by_its_code_a_decided_case_is_rated_once_and_not_before():
    stage, _ = decided()
    waits = opened(stage)
    assert stage.refused(RateCase(5, code=waits.code, via="phone")) == "case-undecided"
    assert stage.refused(RateCase(5, code="0000000000", via="phone")) == "unknown-case"
    row = next(iter(stage.hall.register.cases.values()))
    assert view(stage, f"progress/{row.code}")["rating"] == "open"
    stage.do(RateCase(4, code=row.code, via="phone"))
    assert stage.refused(RateCase(1, code=row.code, via="phone")) == "case-rated"
    assert (row.level, view(stage, f"progress/{row.code}")["rating"]) == (4, "given")
    assert not stage.hall.register.follow_ups


def test_until_the_date_in_its_decision_and_never_where_the_hall_asks_about_none():
    stage, row = decided()
    assert row.rating_until
    stage.later((row.rating_until - stage.now) / SECOND / 60)
    assert view(stage, f"progress/{row.code}")["rating"] == "open"
    stage.later(1)
    assert stage.refused(RateCase(5, code=row.code, via="phone")) == "rating-late"
    stage, row = decided(ratings=RatingsTable(case_days=0))
    assert stage.refused(RateCase(5, code=row.code, via="phone")) == "rating-late"
    assert view(stage, f"progress/{row.code}")["rating"] == ""


def test_the_window_that_handed_the_result_out_asks_after_its_own_question():
    stage, row = decided()
    ticket = collect(stage, row)
    asked = view(stage, "window/88")
    assert asked["case_rating"]["ticket"] == ticket
    assert asked["case_rating"]["until"] > asked["rating"]["until"]
    stage.do(cmd.Rate(ticket, 5))
    asked = view(stage, "window/88")
    assert "rating" not in asked
    assert asked["case_rating"]["number"] == row.number
    stage.do(RateCase(2, ["slow"], ticket=ticket))
    assert "case_rating" not in view(stage, "window/88")
    assert (row.level, stage.hall.register.visits[ticket].level) == (2, 5)


def test_its_question_ends_and_another_reception_has_none():
    stage, row = decided()
    ticket = collect(stage, row)
    until = view(stage, "window/88")["case_rating"]["until"]
    stage.later((until - stage.now) / SECOND / 60 + 1)
    assert "case_rating" not in view(stage, "window/88")
    assert stage.refused(RateCase(5, ticket=ticket)) == "rating-late"
    stage.do(RateCase(5, ticket=ticket, via="phone"))  # the slip may still
    other = stage.find(stage.take("A")).id
    served(stage, "done", "1")
    assert stage.refused(RateCase(5, ticket=other)) == "no-service"


@pytest.mark.parametrize("level", [1, 2])
def test_a_bad_one_opens_a_rectification_of_who_had_the_case(level: int):
    stage, row = decided()
    stage.do(RateCase(level, ["slow"], code=row.code, via="phone"))
    (duty,) = stage.hall.register.follow_ups.values()
    found = stage.hall.register.rectifications[duty.id]
    assert (duty.case, duty.ticket, duty.clerk, duty.owner, duty.state) == (
        row.id,
        "",
        "1007",
        "1007",
        "assigned",
    )
    assert (found.level, found.case, found.rating) == (level, row.id, row.rated)
    stage.do(NoteContact(case=row.id))
    assert found.named
    line = view(stage, "rectifications")["rectifications"][duty.id]
    assert (line["case"], line["subject"]) == (row.number, f"case-rating/{row.id}")


def test_it_counts_in_no_figure_of_visits_and_an_exclusion_takes_nothing_from_them():
    stage, row = decided()
    ticket = collect(stage, row)
    stage.do(cmd.Rate(ticket, 1, via="phone"))
    months = {key: list(each.levels) for key, each in stage.hall.register.rating_months.items()}
    day = dict(stage.hall.state.ratings)
    stage.do(RateCase(1, code=row.code, via="phone"))
    duty = next(each for each in stage.hall.register.follow_ups.values() if each.case)
    stage.do(MoveRectification(duty.id, "verify", "ann", "upheld"))
    stage.do(AppealRating(duty.id, "1007", "malicious"))
    stage.do(MoveRectification(duty.id, "exclude", "ben"))
    assert {key: list(each.levels) for key, each in stage.hall.register.rating_months.items()} == months
    assert stage.hall.state.ratings == day
    assert len(stage.hall.register.bad_runs) == 1
    assert stage.hall.register.exclusions[str(row.rated)].level == 1


def test_its_rating_has_one_later_addition_that_changes_neither_it_nor_that_of_the_reception():
    stage, row = decided()
    assert stage.refused(AddToRating("", 4, code=row.code)) == "not-rated"
    assert stage.refused(AddToRating("", 4, code="0000000000")) == "unknown-case"
    ticket = collect(stage, row)
    assert stage.refused(AddToRating(ticket, 4, case=True)) == "not-rated"
    stage.do(cmd.Rate(ticket, 1, via="phone"))
    stage.do(RateCase(2, ["slow"], ticket=ticket, via="phone"))
    given, rated = dict(stage.hall.state.ratings), row.rated
    assert stage.do(AddToRating("", 4, code=row.code)) == {"case": row.id, "number": row.number}
    assert stage.refused(AddToRating(ticket, 5, case=True)) == "already-added"
    assert (row.level, row.rated, row.added, stage.hall.state.ratings) == (2, rated, 4, given)
    assert stage.hall.register.visits[ticket].added == 0, "the reception's own is not used up"
    lines = view(stage, "rectifications")["rectifications"].values()
    assert sorted((line["case"], line["added"]) for line in lines) == [("", 0), (row.number, 4)]
    assert (
        view(stage, f"progress/{row.code}")["added"] == view(stage, f"ticket/{ticket}")["case"]["added"] == 4
    )
    stage.do(AddToRating(ticket, 3))
    assert (stage.hall.register.visits[ticket].added, row.added) == (3, 4)


def test_with_the_slip_the_addition_is_of_the_case_and_tells_its_watchers():
    stage, row = decided()
    ticket = collect(stage, row)
    stage.do(RateCase(5, ticket=ticket, via="phone"))
    stage.do(AddToRating(ticket, 2, case=True))
    assert row.added == 2
    event = stage.events[-1][2]
    assert {f"progress/{row.code}", f"ticket/{ticket}"} <= topics(stage.hall, [event])


def test_an_open_rectification_hides_no_accountability_record():
    """The twin of the filter by kind: without it the red light of this case would open no record."""
    stage, row = decided()
    stage.do(RateCase(1, code=row.code, via="phone"))
    move(stage, row.id, "close")
    again = move(stage, row.id, "reopen")
    assert again is not None
    stage.later((again.due - stage.now) / SECOND / 60 + 1)
    late: Any = NoteOverdue("case", row.id, again.due)  # the caller's own
    stage.do(late)
    assert sorted(each.kind for each in stage.hall.register.follow_ups.values()) == [
        "accountability",
        "rating",
    ]


def test_the_event_names_who_had_the_case_and_no_code():
    stage, row = decided()
    stage.do(RateCase(3, code=row.code, via="phone"))
    event = next(each for _, _, each in reversed(stage.events) if isinstance(each, CaseRated))
    assert (event.case, event.window, event.clerk, event.reasons) == (row.id, "1", "1007", [])
    assert row.code not in repr(event)
