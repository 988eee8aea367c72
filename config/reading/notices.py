"""The national notice as data: what is known of past years, and the CSV of a hall that knows a newer one.

`chinesecalendar` carries the notices up to the year of its release and raises for later ones, so they are copied from
it here, while a hall is read, and nothing else depends on it. A hall adds a year by a CSV with the columns `date`,
`kind` and `name`: one row for each day that is unlike its weekday. A year in the CSV replaces what was known of it.
"""

from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path

from config.reading import source
from config.reading.errors import Mistake, nearest
from config.settings import YearNotice

FIRST_YEAR = 2025  # no hall of this program has worked before
COLUMNS = ("date", "kind", "name")
KINDS = {"holiday": "holiday", "workday": "workday", "假": "holiday", "休": "holiday", "班": "workday"}


@cache
def known() -> tuple[YearNotice, ...]:
    """Return the notices that `chinesecalendar` knows, year by year."""
    from chinese_calendar import (  # read once; it is slow to import and names every day since 2004
        Holiday,
        constants,
    )

    names = {holiday.value: str(holiday.chinese) for holiday in Holiday}  # pyright: ignore[reportAttributeAccessIssue]
    days: dict[int, tuple[dict[date, str], dict[date, str]]] = defaultdict(lambda: ({}, {}))
    for table, place in ((constants.holidays, 0), (constants.workdays, 1)):
        for day, holiday in table.items():
            # It lists every date of a holiday, a Saturday or Sunday in it as well.
            days[day.year][place][day] = names.get(holiday, str(holiday))
    return tuple(YearNotice(year, *days[year]) for year in sorted(days) if year >= FIRST_YEAR)


def read(path: Path) -> tuple[list[YearNotice], list[Mistake]]:
    """Return the years of a hall's own notice, and all mistakes in it."""
    try:
        rows = source.parse_csv(path, source.load_text(path))
    except source.Unreadable as error:
        return [], [error.mistake]
    columns = tuple(cell.strip() for cell in rows[0][1]) if rows else ()
    if columns[: len(COLUMNS)] != COLUMNS:
        zh, en = "第一行要写 date,kind,name", "The first row must be: date,kind,name"
        return [], [Mistake("notice", "", zh, en, "", path.name, 1)]
    years: dict[int, YearNotice] = {}
    mistakes: list[Mistake] = []
    for line, cells in rows[1:]:
        wrong = _add(years, [cell.strip() for cell in cells])
        if wrong:
            mistakes.append(Mistake("notice", wrong[0], wrong[1], wrong[2], wrong[3], path.name, line))
    return list(years.values()), mistakes


def _add(years: dict[int, YearNotice], cells: list[str]) -> tuple[str, str, str, str] | None:
    """Take one row; return the key, the words and the nearest right word of a mistake in it."""
    text, kind, name = (*cells, "", "", "")[:3]
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return "date", f"“{text}”不是日期，应写作 2027-01-01", f"'{text}' is no date; write 2027-01-01", ""
    if kind not in KINDS:
        return (
            "kind",
            f"“{kind}”应为 holiday 或 workday",
            f"'{kind}' should be holiday or workday",
            nearest(kind, KINDS),
        )
    notice = years.setdefault(day.year, YearNotice(day.year, {}, {}))
    if day in notice.holidays or day in notice.workdays:
        return "date", f"{day} 写了两次", f"{day} is there twice", ""
    if KINDS[kind] == "workday" and day.weekday() < 5:
        return "kind", f"{day} 本来就是工作日", f"{day} is a weekday anyway", ""
    (notice.holidays if KINDS[kind] == "holiday" else notice.workdays)[day] = name or "节假日"
    return None
