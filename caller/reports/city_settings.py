"""How far a city's halls are with what the city settles for all of them. Pure."""

from collections.abc import Iterable, Sequence

from caller.records.centre.published import PublishedRow
from caller.reports.city import HallLine
from caller.reports.tables import Cell, Heading, ReportSheet, minutes
from config.instants import local

PUBLISHED = [
    Heading("编号", "number"), Heading("发布", "published", "text"), Heading("谁", "by", "text"),
    Heading("已采用的厅", "halls that have it"), Heading("厅", "of halls"), Heading("说明", "note", "text"),
]  # fmt: skip
BEHIND = [
    Heading("大厅", "hall", "text"), Heading("已采用", "has"), Heading("最新", "newest"),
    Heading("程序版本", "program", "text"), Heading("多久前，分钟", "heard of, min ago", "minutes"),
    Heading("站点", "site", "text"),
]  # fmt: skip
ROWS_MAX = 500  # of a page; a city that has just published has all its halls here


def published_sheet(published: Iterable[PublishedRow], lines: Sequence[HallLine], zone: str) -> ReportSheet:
    """Return every version, with how many of these halls have it in force."""
    rows: list[list[Cell]] = [
        [
            each.number, local(each.at, zone).strftime("%Y-%m-%d %H:%M"), each.publisher,
            sum(line.hall.adopted == each.number for line in lines), len(lines), each.note or None,
        ]
        for each in published
    ]  # fmt: skip
    return ReportSheet("已发布的统一设置", "Published settings", PUBLISHED, rows)


def behind_sheet(lines: Iterable[HallLine], newest: int) -> ReportSheet:
    """Return the halls that have not adopted the newest version, those furthest behind first."""
    behind = sorted((line for line in lines if line.hall.adopted < newest), key=_far)[:ROWS_MAX]
    rows: list[list[Cell]] = [
        [
            line.name, line.hall.adopted or None, newest, line.hall.version or None,
            None if line.age is None else minutes(line.age), line.hall.site,
        ]
        for line in behind
    ]  # fmt: skip
    return ReportSheet("尚未采用最新一版的厅", "Halls that have not adopted the newest", BEHIND, rows)


def _far(line: HallLine) -> tuple[int, str]:
    return line.hall.adopted, line.name
