"""Monthly scores: equal to an independent recount of the log, explained down to their rows, and won by no three lucky ones."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import structs

from caller.cli.scores import scores as scores_command
from caller.eventlog import LOG_NAME
from caller.records import SqliteStore, bring_up_to_date
from caller.records.stores.sqlite import RECORDS_NAME
from caller.reports import scores as scoring
from caller.reports.attendance import Attendance, read_attendance
from caller.reports.document import report_of
from caller.reports.office_report import office_sheets
from caller.reports.period import read_period
from caller.reports.score_figures import FIGURES, Fact, MonthFacts, read_facts
from caller.reports.score_sheets import explained
from caller.reports.scores import MonthScores, points_of, read_scores, scores_of, standings_of
from caller.reports.sheets import sheets
from caller.reports.spans import Span
from caller.reports.tables import BothWords
from config.hall_names import names_of
from config.performance_settings import SCORE_FIGURES, PerformanceTable, ScoreRow
from config.settings import Settings
from config.writer import render
from tests.instruments.independent_scores import Recount, events_of, ranking
from tests.instruments.month_of_work import BACKUP, CLERKS, MONTH, MonthOfWork, month_settings

SPAN = Span("month", date(2026, 9, 1), date(2026, 9, 30))


@pytest.fixture(scope="module", params=[1, 2, 3])
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a month in it; read only by the tests."""
    data = tmp_path_factory.mktemp("month")
    MonthOfWork(data, month_settings(), request.param).write()
    bring_up_to_date(data)
    return data


@pytest.fixture
def store(month: Path) -> Iterator[SqliteStore]:
    with SqliteStore(month / RECORDS_NAME) as opened:
        yield opened


def recount(data: Path, settings: Settings) -> Recount:
    shifts = {
        staff: (each.window, each.hours, each.backup) for each in settings.shifts for staff in each.staff
    }
    return Recount(events_of(data / LOG_NAME), MONTH, shifts, 20)


def facts_of(**figures: tuple[float, float]) -> MonthFacts:
    """Return a month in which clerk 1001 has these figures: a value, and of how many."""
    found = MonthFacts(MONTH, Attendance([]))
    for name, (value, count) in figures.items():
        found.add(name.replace("_", "-"), Fact("2026-09-01", "", "", value * count, count), "1001", "")  # type: ignore[arg-type]
    return found


def only(facts: MonthFacts, *rows: ScoreRow, **rules: Any) -> scoring.Score:
    """Return the score of clerk 1001."""
    hall = structs.replace(month_settings(), scores=rows, performance=PerformanceTable(**rules))
    return next(each for each in scores_of(facts, hall).scores["clerk"] if each.id == "1001")


# --- against the log


def test_told_once_is_shown_by_item_window_and_clerk_as_the_log_has_it(
    month: Path, store: SqliteStore
) -> None:
    asked: dict[str, list[int]] = {}
    for _, _, event in events_of(month / LOG_NAME):
        if event["type"] == "PapersAsked":
            for kind in ("item", "window", "clerk"):
                if event[kind]:
                    asked.setdefault(f"{kind}/{event[kind]}", [0, 0])[bool(event.get("again"))] += 1
    report = report_of(read_period(store, str(SPAN)))
    assert {what: [each.at_once, each.again] for what, each in report.papers_asked.items()} == asked
    assert {what.partition("/")[0] for what in asked} == {"item", "window", "clerk"}
    sheet = next(each for each in sheets(report, "Asia/Shanghai") if each.en == "Told once")
    assert [row[4] for row in sheet.rows] == [
        once / (once + more) for _, (once, more) in sorted(asked.items())
    ]


@pytest.mark.parametrize("kind", ["clerk", "window"])
def test_the_ranking_is_that_of_an_independent_script_over_the_log(
    month: Path, store: SqliteStore, kind: str
) -> None:
    settings = month_settings()
    found = read_scores(store, SPAN, settings).scores[kind]  # type: ignore[index]
    rules = {
        "answers": True, "bonus": settings.performance.peer_bonus, "most": settings.performance.points_max,
        "least": settings.performance.ranked_weight,
    }  # fmt: skip
    formula = [structs.asdict(row) for row in settings.scores if row.of == kind]
    expected = ranking(recount(month, settings), kind, [each.id for each in found], formula, rules)
    assert {each.id: each.place for each in found} == {id: place for id, (place, _) in expected.items()}
    assert {each.id: each.total for each in found} == pytest.approx(
        {id: points for id, (_, points) in expected.items()}
    )
    assert {each.id for each in found} >= set(CLERKS.values() if kind == "clerk" else CLERKS)


def test_every_figure_is_that_of_the_independent_script(month: Path, store: SqliteStore) -> None:
    settings = month_settings()
    facts, own = read_facts(store, SPAN, settings), recount(month, settings)
    for kind, ids in (("clerk", (*CLERKS.values(), BACKUP)), ("window", tuple(CLERKS))):
        for id in ids:
            for figure in (
                "good-share",
                "rating-mean",
                "complaints",
                "told-once",
                "on-time",
                "attendance",
                "punctuality",
                "away",
                "inspections",
            ):
                value, _ = own.value(kind, id, figure, True)
                assert facts.figure((kind, id), figure).value == pytest.approx(value), (kind, id, figure)  # type: ignore[arg-type]


def test_a_changed_log_changes_the_ranking(month: Path, store: SqliteStore) -> None:
    """The twin: a recount that misses one clerk's bad ratings finds another figure."""
    settings = month_settings()
    own = recount(month, settings)
    own.facts["window", "1", "rating-mean"] = [5.0]
    facts = read_facts(store, SPAN, settings)
    assert (
        facts.figure(("window", "1"), "rating-mean").value != own.value("window", "1", "rating-mean", True)[0]
    )


def test_a_figure_is_the_sum_of_the_facts_that_explain_it(store: SqliteStore) -> None:
    facts = read_facts(store, SPAN, month_settings())
    for subject, figures in facts.facts.items():
        for name in figures:
            figure = facts.figure(subject, name)
            whole = sum(each.value for each in figure.facts)
            count = sum(each.of for each in figure.facts)
            expected = {"count": whole, "mean": whole / count, "share": 100 * whole / count}[
                FIGURES[name].kind
            ]
            assert figure.value == pytest.approx(expected)


def test_a_score_is_explained_down_to_its_rows(store: SqliteStore) -> None:
    found = read_scores(store, SPAN, month_settings())
    for score in found.scores["clerk"]:
        for zh in (True, False):
            lines = explained(score, zh)
            assert len(lines) == 1 + len(score.lines) + sum(len(line.figure.facts) for line in score.lines)
        rated = next(line for line in score.lines if line.row.figure == "good-share")
        assert all(fact.seq for fact in rated.figure.facts), "each rating names its event"


# --- the formula


@pytest.mark.parametrize(
    ("zero", "full", "value", "points"),
    [(60, 100, 60, 0), (60, 100, 100, 20), (60, 100, 80, 10), (60, 100, 20, 0), (60, 100, 120, 20), (5, 0, 1, 16), (5, 0, 9, 0)],
)  # fmt: skip
def test_points_go_in_a_straight_line_and_never_past_either_end(
    zero: float, full: float, value: float, points: float
) -> None:
    assert points_of(ScoreRow("peer", 20, full=full, zero=zero), value) == pytest.approx(points)


def test_an_absent_figure_is_absent_and_not_nought() -> None:
    rows = (ScoreRow("peer", 50, full=100, zero=0), ScoreRow("told-once", 50, full=100, zero=0))
    score = only(facts_of(peer=(80, 1)), *rows, ranked_weight=50)
    assert (score.total, score.weight, score.place) == (80, 50, 1)
    assert score.lines[1].points is None


def test_three_lucky_ratings_win_nothing() -> None:
    row = ScoreRow("rating-mean", 50, full=5, zero=1, minimum=10)
    more = ScoreRow("peer", 50, full=100, zero=0)
    lucky = only(facts_of(rating_mean=(5, 3), peer=(60, 1)), row, more)
    assert (lucky.place, lucky.total, lucky.weight) == (0, 60, 50)
    assert lucky.lines[0].few
    earned = only(facts_of(rating_mean=(4, 30), peer=(60, 1)), row, more)
    assert (earned.place, earned.weight) == (1, 100)


def test_without_the_minimum_three_lucky_ratings_would_win() -> None:
    row = ScoreRow("rating-mean", 50, full=5, zero=1)
    lucky = only(facts_of(rating_mean=(5, 3), peer=(60, 1)), row, ScoreRow("peer", 50, full=100, zero=0))
    assert (lucky.place, lucky.total) == (1, 80)


def test_the_first_three_of_the_peer_ratings_have_a_bonus_and_equals_share_it() -> None:
    found = MonthFacts(MONTH, Attendance([]))
    for staff, points in (("a", 90), ("b", 80), ("c", 80), ("d", 70)):
        found.add("peer", Fact(MONTH, "", "", points), staff, "")
    hall = structs.replace(month_settings(), scores=(ScoreRow("peer", 100, full=100, zero=0),))
    bonus = {each.id: each.bonus for each in scores_of(found, hall).scores["clerk"]}
    assert bonus == {"a": 3, "b": 2, "c": 2, "d": 0}
    places = {each.id: each.place for each in scores_of(found, hall).scores["clerk"]}
    assert places == {"a": 1, "b": 2, "c": 2, "d": 4}


def test_a_score_with_its_bonus_is_never_over_the_most() -> None:
    score = only(
        facts_of(peer=(100, 1)), ScoreRow("peer", 100, full=100, zero=0), peer_bonus=[20], points_max=105
    )
    assert (score.base, score.bonus, score.total) == (100, 20, 105)


def test_a_duty_the_hall_has_is_nought_where_nothing_came() -> None:
    facts = facts_of(peer=(80, 1))
    assert facts.figure(("clerk", "1001"), "complaints").value is None
    facts.answers = True
    assert facts.figure(("clerk", "1001"), "complaints").value == 0


def test_stars_need_points_and_a_place(store: SqliteStore) -> None:
    settings = month_settings()
    for points, most in ((0, 2), (200, 0)):
        rules = PerformanceTable(star_points=points, stars_max=2, ranked_weight=0)
        found = read_scores(store, SPAN, structs.replace(settings, performance=rules))
        assert len(found.five_star) == most
    placed = found.scores["window"]
    assert found.red_flag == [each.id for each in placed if each.place == 1]


def test_what_is_published_of_a_window_is_its_place_and_the_attendance_of_the_report(
    store: SqliteStore,
) -> None:
    settings = month_settings()
    found = read_scores(store, SPAN, settings)
    days = read_attendance(store, "2026-09-01", "2026-09-30", settings)
    published = {each.window: each for each in standings_of(found)}
    assert {id: (each.place, each.points) for id, each in published.items()} == {
        each.id: (each.place, each.total) for each in found.scores["window"]
    }
    for id, figures in days.by("window").items():
        assert published[id].attendance == pytest.approx(figures.attended / figures.planned)
    bare = standings_of(MonthScores(MONTH, {}, [], [], days))
    assert {(each.place, each.points) for each in bare} == {(0, None)}, (
        "a hall without a formula publishes its attendance"
    )


def test_a_nought_of_points_has_no_minus_before_it() -> None:
    assert f"{points_of(ScoreRow('complaints', 15, full=0, zero=3), 3)}" == "0.0"


def test_every_figure_that_a_formula_may_name_has_a_source_and_a_name() -> None:
    assert set(FIGURES) == set(SCORE_FIGURES)


# --- sheets and command line


def test_the_month_s_report_has_attendance_ranking_awards_and_inspections(store: SqliteStore) -> None:
    settings = month_settings()
    report = report_of(read_period(store, MONTH))
    sheets = {each.en: each for each in office_sheets(store, report, settings, names_of(settings))}
    assert set(sheets) >= {
        "Monthly",
        "Attendance",
        "Window attendance",
        "Attendance notes",
        "Clerks ranking",
        "Windows ranking",
        "Inspections",
    }
    assert [row[0] for row in sheets["Monthly"].rows if not isinstance(row[0], BothWords)] == []
    lines = {str(row[0]): row[1] for row in sheets["Monthly"].rows}
    assert int(str(lines["受理 cases accepted"])) > 0
    assert lines["投诉 complaint：受理 opened"] is not None
    assert len(sheets["Inspections"].rows) == 2


def test_a_day_s_report_has_no_ranking(store: SqliteStore) -> None:
    settings = month_settings()
    sheets = office_sheets(store, report_of(read_period(store, "2026-09-01")), settings, names_of(settings))
    assert not any("ranking" in each.en for each in sheets)


def run(*args: str) -> Any:
    return CliRunner().invoke(scores_command, list(args))


def test_the_command_line_ranks_and_explains(month: Path, store: SqliteStore, tmp_path: Path) -> None:
    hall = tmp_path / "hall.toml"
    hall.write_text(render(month_settings()), "utf-8")
    place = ["--data", str(month), "--hall", str(hall)]
    found: MonthScores = read_scores(store, SPAN, month_settings())
    document = json.loads(run(MONTH, *place, "--json").output)
    assert [each["id"] for each in document["scores"]["clerk"]] == [each.id for each in found.scores["clerk"]]
    assert document["five_star"] == found.five_star
    told = run(MONTH, *place, "--explain", "1001").output
    assert "好评率" in told
    assert "2026-09-" in told
    assert "1001" in run(MONTH, *place).output
    wrong = run(MONTH, *place, "--explain", "77")
    assert wrong.exit_code == 2
    assert "1001" in wrong.output


def test_a_hall_without_a_formula_is_told_to_write_one(month: Path, tmp_path: Path) -> None:
    hall = tmp_path / "hall.toml"
    hall.write_text(render(structs.replace(month_settings(), scores=())), "utf-8")
    told = run(MONTH, "--data", str(month), "--hall", str(hall))
    assert told.exit_code == 2
    assert "[[score]]" in told.output


@pytest.mark.parametrize("month_text", ["2026", "2026-09-01", "2026-13", "september"])
def test_what_is_no_month_is_refused(month_text: str, tmp_path: Path) -> None:
    assert run(month_text, "--data", str(tmp_path), "--hall", str(tmp_path)).exit_code == 2
