"""Attendance worked out from the windows: on time, late, early, absent, away, covered by the backup, excused, corrected."""

from pathlib import Path
from typing import Any

import pytest

from caller.engine import commands as cmd
from caller.engine import performance_messages as msg
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.records import SqliteStore, readable_records
from caller.reports.attendance import Attendance, read_attendance, without
from caller.reports.clerk_days import ClerkDay
from config.performance_settings import PerformanceTable, Shift
from config.settings import HallTable, Reason, Settings
from tests.instruments.engine_fixture import DAY, at, settings
from tests.instruments.recorded_days import Written

HOURS = [("09:00", "12:00"), ("13:30", "17:00")]
SHIFT = Shift("早班", ["1001"], hours=HOURS, backup=["1002"], window="1")


class Day:
    """One business day of window 1 and its clerk, written step by step."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.data, self.settings = folder, settings(**({"shifts": (SHIFT,)} | changes))
        self._written = Written(folder, Hall(self.settings))
        self._serial = 0
        self.do("08:30", cmd.OpenDay(DAY))

    def do(self, clock: str, command: AnyCommand) -> "Day":
        self._serial += 1
        self._written.do(CommandEnvelope(f"id-{self._serial}", command), at(clock))
        return self

    def opens(self, clock: str, clerk: str = "1001", window: str = "1") -> "Day":
        return self.do(clock, cmd.OpenWindow(window, clerk))

    def pauses(self, clock: str, reason: str = "", window: str = "1") -> "Day":
        return self.do(clock, cmd.PauseWindow(window, reason))

    def resumes(self, clock: str, window: str = "1") -> "Day":
        return self.do(clock, cmd.ResumeWindow(window))

    def closes(self, clock: str, window: str = "1") -> "Day":
        return self.do(clock, cmd.CloseWindow(window))

    def whole(self, came: str = "08:55", left: str = "17:05") -> "Day":
        return self.opens(came).closes(left)

    def attendance(self, over: str = "17:30", hall: Settings | None = None) -> Attendance:
        if over:
            self.do(over, cmd.CloseDay(expire=True))
        self._written.close()
        with readable_records(self.data) as records, SqliteStore(records) as store:
            return read_attendance(store, DAY, DAY, hall or self.settings)

    def clerk(self, staff: str = "1001", **more: Any) -> ClerkDay:
        return next(each for each in self.attendance(**more).days if each.staff == staff)


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path)


# --- coming and going


def test_who_came_before_and_left_after_is_present(day: Day) -> None:
    found = day.whole().clerk()
    assert (found.mark, found.late, found.early, found.window) == ("present", 0, 0, "1")
    assert (found.begins, found.came, found.ends) == (at("09:00"), at("08:55"), at("17:00"))


@pytest.mark.parametrize(("came", "late"), [("09:00", 0), ("09:01", 1), ("09:25", 25)])
def test_late_is_counted_from_the_shift_s_beginning(day: Day, came: str, late: int) -> None:
    found = day.whole(came).clerk()
    assert (found.late, found.is_late, found.mark) == (late, late > 0, "late" if late else "present")


def test_the_minutes_of_grace_are_the_hall_s(tmp_path: Path) -> None:
    rules = PerformanceTable(late_minutes=5, early_minutes=10)
    found = Day(tmp_path, performance=rules).whole("09:05", "16:50").clerk()
    assert (found.mark, found.late, found.early) == ("present", 0, 0)


def test_who_leaves_before_the_end_is_early(day: Day) -> None:
    found = day.whole(left="16:20").clerk()
    assert (found.mark, found.early) == ("early", 40)


def test_nobody_is_early_where_the_hall_itself_closed(day: Day) -> None:
    assert day.whole(left="16:00").clerk(over="16:00").mark == "present"


def test_nobody_is_late_for_a_door_that_was_shut(tmp_path: Path) -> None:
    late_hall = Day.__new__(Day)
    late_hall.data, late_hall.settings = tmp_path, settings(shifts=(SHIFT,))
    late_hall._written, late_hall._serial = Written(tmp_path, Hall(late_hall.settings)), 0
    late_hall.do("10:00", cmd.OpenDay(DAY))
    assert late_hall.whole("10:00").clerk().mark == "present"


def test_who_did_not_come_is_absent(day: Day) -> None:
    found = day.clerk()
    assert (found.mark, found.is_absent, found.came) == ("absent", True, None)


def test_without_a_shift_nobody_is_late_early_or_absent(tmp_path: Path) -> None:
    attendance = Day(tmp_path, shifts=()).whole("11:00", "12:00").attendance()
    (found,) = attendance.days
    assert (found.mark, found.planned) == ("unplanned", False)
    assert attendance.by("staff")["1001"].planned == 0


def test_a_shift_holds_on_its_weekdays_and_dates_only(tmp_path: Path) -> None:
    other = Shift("周二", ["1001"], hours=HOURS, weekdays=["tue"])
    attendance = Day(tmp_path, shifts=(other,)).attendance()
    assert attendance.days == []  # the day is a Monday


def test_a_shift_without_hours_has_the_hall_s(tmp_path: Path) -> None:
    shift = Shift("全天", ["1001"])
    found = Day(tmp_path, shifts=(shift,)).whole("09:10").clerk()
    assert (found.begins, found.ends, found.late) == (at("09:00"), at("17:00"), 10)


def test_a_day_that_lasts_is_judged_up_to_now(day: Day) -> None:
    found = day.opens("08:55").pauses("10:00").resumes("10:05").clerk(over="")
    assert (found.mark, found.left, found.early) == ("present", None, 0)


def test_a_shift_that_is_still_to_begin_makes_nobody_absent(tmp_path: Path) -> None:
    evening = Shift("晚班", ["1009"], hours=[("13:00", "17:00")])
    hall = Day(tmp_path, shifts=(SHIFT, evening))
    hall.opens("08:55").pauses("10:00").resumes("10:01")
    assert [each.staff for each in hall.attendance(over="").days] == ["1001"]


# --- away


@pytest.mark.parametrize(("back", "times"), [("10:20", 0), ("10:21", 1), ("11:00", 1)])
def test_away_for_more_than_twenty_minutes_is_noted(day: Day, back: str, times: int) -> None:
    found = day.opens("08:55").pauses("10:00").resumes(back).closes("17:00").clerk()
    assert found.times_away == times
    assert found.mark == ("away" if times else "present")
    assert found.punctual is not bool(times)


def test_signing_out_and_in_again_is_away_as_well(day: Day) -> None:
    found = day.opens("08:55").closes("10:00").opens("10:40").closes("17:00").clerk()
    assert [(each.began, each.minutes) for each in found.away] == [(at("10:00"), 40)]


def test_the_break_between_two_parts_of_the_shift_is_not_away(day: Day) -> None:
    found = day.opens("08:55").pauses("11:55").resumes("13:40").closes("17:00").clerk()
    assert found.times_away == 0  # 5 minutes before the break and 10 after it


def test_a_break_of_the_hall_is_not_away(tmp_path: Path) -> None:
    hall = HallTable(site="stage", name="舞台大厅", breaks=[("10:00", "10:30")])
    found = Day(tmp_path, hall=hall).opens("08:55").pauses("09:55").resumes("10:40").closes("17:00").clerk()
    assert found.times_away == 0


def test_a_pause_that_may_take_longer_is_given_its_time(tmp_path: Path) -> None:
    meeting = Reason("pause", "meeting", "开会", minutes=60)
    found = Day(tmp_path, reasons=(meeting,)).opens("08:55").pauses("10:00", "meeting").resumes("10:59")
    assert found.closes("17:00").clerk().times_away == 0


def test_the_bound_of_away_is_the_hall_s(tmp_path: Path) -> None:
    hall = Day(tmp_path, performance=PerformanceTable(away_minutes=5))
    assert hall.opens("08:55").pauses("10:00").resumes("10:06").closes("17:00").clerk().times_away == 1


# --- the AB post


def test_a_backup_at_the_window_covers_an_absence(day: Day) -> None:
    attendance = day.opens("08:55", "1002").pauses("12:00").resumes("13:30").closes("17:00").attendance()
    found = next(each for each in attendance.days if each.staff == "1001")
    assert (found.mark, found.covered, found.is_absent) == ("covered", ["absent"], False)
    assert next(each for each in attendance.days if each.staff == "1002").mark == "unplanned"


def test_a_backup_at_another_window_covers_nothing(day: Day) -> None:
    assert day.opens("08:55", "1002", "2").closes("17:00", "2").clerk().mark == "absent"


def test_a_backup_covers_who_comes_late_and_who_leaves_early(day: Day) -> None:
    day.opens("09:02", "1002").closes("10:00").opens("10:05").closes("15:00").opens("15:01", "1002")
    found = day.closes("17:00").clerk()
    assert (found.mark, found.covered) == ("present", ["late", "early"])


def test_a_backup_covers_a_time_away(day: Day) -> None:
    day.opens("08:55").closes("10:00").opens("10:01", "1002").closes("10:45").opens("10:46").closes("17:00")
    found = day.clerk()
    assert (found.times_away, found.covered) == (0, ["away"])


def test_another_person_than_the_backup_covers_nothing(day: Day) -> None:
    assert day.opens("08:55", "1005").closes("17:00").clerk().mark == "absent"


def test_a_backup_that_leaves_the_post_empty_for_too_long_covers_nothing(day: Day) -> None:
    assert day.opens("08:55", "1002").closes("16:30").clerk().mark == "absent"


# --- leave and corrections


def test_leave_excuses_the_day(day: Day) -> None:
    attendance = day.do("17:10", msg.RecordLeave("1001", DAY, DAY, "annual")).attendance()
    found = attendance.by("staff")["1001"]
    assert (found.excused, found.planned, found.absent) == (1, 0, 0)


def test_who_is_on_leave_and_came_all_the_same_may_go_away(day: Day) -> None:
    day.opens("09:00").pauses("10:00").resumes("11:00").closes("17:00")
    found = day.do("17:10", msg.RecordLeave("1001", DAY, DAY, "annual")).clerk()
    assert [each.minutes for each in found.away] == [60]
    assert (found.mark, found.times_away) == ("excused", 0)


def test_a_leave_that_was_taken_back_excuses_nothing(day: Day) -> None:
    day.do("17:10", msg.RecordLeave("1001", DAY, DAY, "annual"))
    assert day.do("17:11", msg.CancelLeave("id-2")).clerk().mark == "absent"


def test_a_correction_stands_above_what_was_worked_out_and_above_leave(day: Day) -> None:
    day.do("17:10", msg.RecordLeave("1001", DAY, DAY, "annual"))
    day.do("17:11", msg.CorrectAttendance(DAY, "1001", "late", "system"))
    day.do("17:12", msg.CorrectAttendance(DAY, "1001", "present", "system"))
    found = day.clerk()
    assert (found.mark, found.planned, found.punctual) == ("present", True, True)
    assert found.correction
    assert found.correction.reason == "system"


def test_a_refused_correction_changes_nothing(day: Day) -> None:
    assert day.do("17:11", msg.CorrectAttendance(DAY, "1001", "present", "")).clerk().mark == "absent"


# --- figures


def test_the_figures_of_a_month_add_the_days_up(day: Day) -> None:
    attendance = day.opens("09:10").pauses("10:00").resumes("11:00").closes("16:00").attendance()
    person, window = attendance.by("staff")["1001"], attendance.by("window")["1"]
    assert (person.planned, person.attended, person.late, person.early, person.away) == (1, 1, 1, 1, 1)
    assert person.punctual == 0
    assert window == person


def test_what_is_left_of_spans_is_what_no_cut_holds() -> None:
    assert without([(0, 10)], [(2, 3), (5, 20)]) == [(0, 2), (3, 5)]
    assert without([(0, 10), (20, 30)], [(8, 22)]) == [(0, 8), (22, 30)]
    assert without([(5, 5)], []) == []
