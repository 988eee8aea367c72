"""The halls of a city from a spreadsheet's CSV: ids, names, areas and where they stand, and the keys of those that are new.

1. Everything that is wrong with the file is said at once, with its line; a file with a mistake changes nothing.
2. A hall that is known keeps its key, unless keys are to be renewed; an empty cell leaves what is known.
3. `area_name` beside an `area` names it: one line is enough for all halls of an area.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from caller.protocol.viewer_levels import AREA, SITE
from caller.records.centre import sites
from caller.records.centre.sites import explained
from caller.records.stores.postgres import PostgresConnection, run
from config.instants import Micros
from config.reading import source
from config.reading.errors import Mistake, nearest

# The columns, by the headings that a person may give them.
HEADINGS = {
    "site": "site", "站点": "site", "站点编号": "site", "name": "name", "名称": "name", "area": "area", "区域": "area",
    "区域代码": "area", "area_name": "area_name", "区域名称": "area_name", "lon": "lon", "经度": "lon", "lat": "lat", "纬度": "lat",
}  # fmt: skip
ROWS_MAX = 20_000
NAME_CHARS_MAX = 80
LON_MAX, LAT_MAX = 180.0, 90.0  # degrees


class SiteEntry(NamedTuple):
    """A hall as a line of the file has it; "" and None: nothing is said."""

    site: str
    name: str
    area: str
    lon: float | None
    lat: float | None


class SiteSheet(NamedTuple):
    """What a file holds: halls, names of areas by code, and all that is wrong with it."""

    entries: list[SiteEntry]
    areas: dict[str, str]
    mistakes: list[Mistake]


def read(path: Path) -> SiteSheet:
    """Return what a CSV says of halls. Raises `Unreadable`."""
    rows = source.parse_csv(path, source.load_text(path))
    headings = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    wrong = list(_bad_headings(path, headings))
    if len(rows) > ROWS_MAX + 1:
        wrong.append(
            Mistake("", "", f"超过 {ROWS_MAX} 行", f"More than {ROWS_MAX} rows", "", path.name, ROWS_MAX + 2)
        )
    if wrong:
        return SiteSheet([], {}, wrong)
    names = [HEADINGS[cell] for cell in headings]
    entries, areas, seen = list[SiteEntry](), dict[str, str](), dict[str, int]()
    for line, cells in rows[1:]:
        row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        found = list(_mistakes(path.name, line, row, seen, areas))
        wrong += found
        if found:
            continue
        seen[row["site"]] = line
        if row.get("area_name"):
            areas[row["area"]] = row["area_name"]
        place = [float(row[name]) if row.get(name) else None for name in ("lon", "lat")]
        entries.append(SiteEntry(row["site"], row.get("name", ""), row.get("area", ""), place[0], place[1]))
    return SiteSheet(entries, areas, wrong)


def _bad_headings(path: Path, headings: list[str]) -> Iterator[Mistake]:
    if "site" not in (HEADINGS.get(each) for each in headings):
        yield Mistake(
            "", "site", "第一行应是列名，至少有 site（站点）", "The first row names the columns, at least site", "", path.name, 1
        )  # fmt: skip
        return
    for place, each in enumerate(headings):
        if each not in HEADINGS:
            zh, en = f"没有“{each}”这一列", f"There is no column '{each}'"
            yield Mistake("", each, zh, en, nearest(each, HEADINGS), path.name, 1)
        elif HEADINGS[each] in (HEADINGS.get(other) for other in headings[:place]):
            yield Mistake("", each, f"“{each}”写了两次", f"'{each}' stands there twice", "", path.name, 1)


def _mistakes(
    file: str, line: int, row: dict[str, str], seen: dict[str, int], areas: dict[str, str]
) -> Iterator[Mistake]:
    """Yield what is wrong with one line. `seen`: halls of earlier lines; `areas`: names that earlier lines gave."""
    site, area, name = row.get("site", ""), row.get("area", ""), row.get("area_name", "")

    def wrong(key: str, zh: str, en: str) -> Mistake:
        return Mistake(site, key, zh, en, "", file, line)

    if not SITE.fullmatch(site):
        yield wrong(
            "site", "站点编号：字母、数字、- 或 _，最多 32 个", "An id: letters, digits, - or _, at most 32"
        )
    elif site in seen:
        yield wrong("site", f"第 {seen[site]} 行已有这个厅", f"Line {seen[site]} has this hall already")
    if area and not AREA.fullmatch(area):
        yield wrong(
            "area", "区域代码：字母或数字，最多 32 个", "A code of an area: letters or digits, at most 32"
        )
    if name and not area:
        yield wrong("area_name", "有区域名称，没有区域代码", "A name of an area without its code")
    elif name and areas.get(area, name) != name:
        yield wrong("area_name", f"{area} 前面叫“{areas[area]}”", f"{area} was called '{areas[area]}' before")
    for key in ("name", "area_name"):
        if len(row.get(key, "")) > NAME_CHARS_MAX:
            yield wrong(key, f"超过 {NAME_CHARS_MAX} 字", f"More than {NAME_CHARS_MAX} characters")
    yield from (wrong(*each) for each in _misplaced(row.get("lon", ""), row.get("lat", "")))


def _misplaced(lon: str, lat: str) -> Iterator[tuple[str, str, str]]:
    if bool(lon) != bool(lat):
        yield "lat" if lon else "lon", "经度、纬度要一起写", "Longitude and latitude go together"
    for key, text, most in (("lon", lon, LON_MAX), ("lat", lat, LAT_MAX)):
        number = _degrees(text)
        if text and (number is None or abs(number) > most):
            zh, en = f"“{text}”不是 {most:g} 度以内的数", f"'{text}' is no number of degrees up to {most:g}"
            swapped = key == "lat" and number is not None and number <= LON_MAX
            yield (
                key,
                zh + ("，经度和纬度写反了吗" if swapped else ""),
                en + (": are the two swapped?" if swapped else ""),
            )


def _degrees(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None  # no NaN


def take(
    connection: PostgresConnection, sheet: SiteSheet, now: Micros, *, renew: bool = False
) -> dict[str, str]:
    """Make the halls of a file known, all or none; return the keys that were made, by hall. Call it in a transaction, in which
    the caller puts the keys where they are kept. Raises `CentreError`."""
    known = {each.site: each for each in sites.all_sites(connection)}
    keys = {
        each.site: sites.add(connection, each.site, each.name, now, each.area)
        for each in sheet.entries
        if renew or each.site not in known
    }
    rest = [each for each in sheet.entries if each.site not in keys]
    with explained(), connection.cursor() as cursor:
        cursor.executemany(
            b"update site set name=case when %s='' then name else %s end,"
            b" area=case when %s='' then area else %s end where site=%s",
            [(each.name, each.name, each.area, each.area, each.site) for each in rest],
        )
        cursor.executemany(
            b"update site set lon=%s, lat=%s where site=%s",
            [(each.lon, each.lat, each.site) for each in sheet.entries if each.lon is not None],
        )
    _name_areas(connection, sheet.areas.items())
    return keys


def _name_areas(connection: PostgresConnection, areas: Iterable[tuple[str, str]]) -> None:
    with explained():
        for code, name in areas:
            run(
                connection,
                "insert into area values (%s, %s) on conflict (code) do update set name=excluded.name",
                (code, name),
            )
