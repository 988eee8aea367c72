"""Cross checks of shifts and of the formula of the scores. See checks.py for how a check works."""

from collections.abc import Iterable
from itertools import pairwise

from config import calendar
from config.performance_settings import SCORED_KINDS, WHOLE_WEIGHT
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest

WEIGHT_ERROR = 1e-6  # thirds written as 33.3 do not pass for a whole
KINDS = {"clerk": "人员", "window": "窗口"}


def weights(draft: Draft) -> Iterable[Mistake]:
    """Require the weights of clerks, and of windows, to sum to 100, where the formula has any.

    A row whose weight cannot be read is a mistake already; its sum would only be a second word for it.
    """
    for kind in SCORED_KINDS:
        rows = [row for row in draft.rows["score"] if row.get("of", "clerk") == kind]
        if not rows or any("weight" not in row.good for row in rows):
            continue
        total = sum(row.good["weight"] for row in rows)
        if abs(total - WHOLE_WEIGHT) > WEIGHT_ERROR:
            zh = f"{KINDS[kind]}的权重合计 {total:g}，应为 {WHOLE_WEIGHT}"
            yield rows[-1].mistake(
                "weight", zh, f"The weights of {kind}s sum to {total:g}, not {WHOLE_WEIGHT}"
            )


def figures(draft: Draft) -> Iterable[Mistake]:
    """Require each figure once for clerks and once for windows, and a line between two different values."""
    seen: set[tuple[str, str]] = set()
    for row in draft.each("score", "figure"):
        name = (row.get("of", "clerk"), row.good["figure"])
        if name in seen:
            zh = f"{KINDS[name[0]]}的“{name[1]}”写了两次"
            yield row.mistake("figure", zh, f"'{name[1]}' of {name[0]}s is there twice")
        seen.add(name)
    for row in draft.each("score", "full", "zero"):
        if row.good["full"] == row.good["zero"]:
            zh, en = "full 和 zero 相同，分不出高低", "full and zero are the same: nothing lies between them"
            yield row.mistake("zero", zh, en)


def bonus(draft: Draft) -> Iterable[Mistake]:
    """Require the bonus of a place to be no greater than that of a better one."""
    for row in draft.each("performance", "peer_bonus"):
        points = row.good["peer_bonus"]
        if points != sorted(points, reverse=True):
            yield row.mistake(
                "peer_bonus", "后面的名次不能多于前面的", "A later place has more than an earlier one"
            )


def shifts(draft: Draft) -> Iterable[Mistake]:
    """Require of a shift some staff, hours in order, a window there is, another person as backup, and some day."""
    windows = draft.ids("window")
    for row in draft.rows["shift"]:
        staff = row.get("staff", [])
        if "staff" in row.good and not staff:
            yield row.mistake("staff", "没有人", "No staff")
        for name in sorted(
            {each for each in staff if staff.count(each) > 1 or each in row.get("backup", ())}
        ):
            yield row.mistake("staff", f"“{name}”写了两次", f"'{name}' is there twice")
        place = row.get("window", "")
        if place and place not in windows:
            near = nearest(place, draft.names("window"))
            yield row.mistake("window", f"没有窗口“{place}”", f"There is no window '{place}'", near)
        yield from _hours(row.get("hours", []), row)
        first, last = row.get("first", None), row.get("last", None)
        if first and last and first > last:
            yield row.mistake("last", f"{last} 早于开始的 {first}", f"{last} is before its first day {first}")
        elif row.get("weekdays", ()) and not calendar.ever_on(row.good["weekdays"], first, last):
            zh = f"{first} 至 {last} 之间没有这些星期几"
            yield row.mistake("weekdays", zh, f"None of these weekdays is between {first} and {last}")


def _hours(hours: list[tuple[str, str]], row: DraftRow) -> Iterable[Mistake]:
    ends = [clock for pair in hours for clock in pair]
    if any(later <= sooner for sooner, later in pairwise(ends)):
        zh, en = "时间要先后相接，如 09:00–12:00、13:30–17:00", "Times must follow one another"
        yield row.mistake("hours", zh, en)


MISTAKES = (weights, figures, bonus, shifts)
