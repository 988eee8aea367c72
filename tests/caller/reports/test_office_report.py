"""The lines of the monthly report that are about complaints and bad ratings: in words, each figure once."""

from caller.records.performance_rows import DutyRow
from caller.records.rollups import TallyRow
from caller.reports import office_report
from caller.reports.tables import BothWords
from config.settings import HallTable, Settings

DAY = "2026-09-21"
PLAIN = Settings(HallTable("s", "大厅"), (), (), ())


def tally(value: str, count: int, day: str = DAY) -> TallyRow:
    return TallyRow("s", day, office_report.FEEDBACK, value, count)


def test_what_was_received_and_what_became_of_it_stand_in_words() -> None:
    rows = [
        tally("consultation/accepted", 1), tally("complaint/filed", 1), tally("complaint/accepted", 2),
        tally("complaint/accepted", 3, "2026-09-22"), tally("way/kiosk", 4), tally("complaint/answered", 0),
    ]  # fmt: skip
    first = office_report._feedback_lines(rows)[0][0]
    assert isinstance(first, BothWords)
    assert (first.zh, first.en) == ("诉求 · 投诉：受理", "feedback · complaint: accepted")
    assert office_report._feedback_lines(rows) == [
        ["诉求 feedback · 投诉 complaint：受理 accepted", 5],
        ["诉求 feedback · 投诉 complaint：归档 filed", 1],
        ["诉求 feedback · 咨询 consultation：受理 accepted", 1],
        ["诉求 feedback · 来源 by way：取号机 kiosk", 4],
    ]


def test_a_hall_that_takes_complaints_tells_what_became_of_them_also_where_it_is_nought() -> None:
    lines = office_report._feedback_lines([tally("complaint/accepted", 2)], takes=True)
    told = {str(name).rpartition("：")[2]: value for name, value in lines}
    assert {each: told[each] for each in ("受理 accepted", "协调 coordinated", "转办 transferred", "归档 filed")} == {
        "受理 accepted": 2, "协调 coordinated": 0, "转办 transferred": 0, "归档 filed": 0,
    }  # fmt: skip


def test_steps_in_between_are_no_figures() -> None:
    assert office_report._feedback_lines([tally("complaint/assign", 2), tally("complaint/step", 9)]) == []


def test_a_bad_rating_that_a_review_excluded_is_counted_and_named() -> None:
    rows = [
        DutyRow("s", "f1", "C2026-1", DAY, "rating", finding="unfounded", closed=1, excluded=1),
        DutyRow("s", "f2", "C2026-2", DAY, "rating", finding="upheld", closed=1, overdue=1),
    ]
    lines = {str(name): value for name, value in office_report._duty_lines(rows, PLAIN)}
    assert [value for name, value in lines.items() if "excluded by review" in name] == [1]
    assert [value for name, value in lines.items() if "opened" in name] == [2], "it stays among those opened"
    rows[0].excluded = 0
    assert not any("excluded" in str(name) for name, _ in office_report._duty_lines(rows, PLAIN))
