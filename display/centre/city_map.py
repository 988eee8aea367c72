"""The map of a city's halls, drawn by ourselves from their coordinates: no tile and no picture comes from outside.

1. A degree of longitude is drawn as short as it is at the middle of what is shown; north is up; a bar says how far things are.
2. An area is the hull of its halls, with its name. A hall is a sign of its light, shape and colour; the urgent lie on top.
3. Names stand where they lie over no other name, the urgent halls' first; each sign says its hall when it is pointed at. Everything
   on the map stands in the lists beside it too, for who cannot point.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from caller.reports.city import LIGHTS, HallLine, direct_areas, joined_marks
from display.centre.markup import href, safe
from display.centre.words import CentreLang, centre_word

WIDTH, HEIGHT, MARGIN = 1000.0, 640.0, 46.0  # of the drawing
KM_A_DEGREE = 111.2
LEAST_DEGREES = 0.02  # about 2 km: one hall alone is not drawn as if it were a city
HALL_NAMES_MAX = 60  # with more halls than that only those that need a look are named
LETTER, FONT = 17.0, 13.0  # height of an area's and a hall's name
BARS = (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)  # km
NAME_CHARS = 16  # of a hall's name on the map; the whole is in the list
Point = tuple[float, float]


class MapScale(NamedTuple):
    """From degrees to the drawing. `scale`: its units a degree of latitude; `narrow`: of longitude for one of latitude."""

    lon: float
    lat: float
    scale: float
    narrow: float

    def at(self, lon: float, lat: float) -> Point:
        """Return where a place is drawn."""
        return (
            round(WIDTH / 2 + (lon - self.lon) * self.narrow * self.scale, 1),
            round(HEIGHT / 2 - (lat - self.lat) * self.scale, 1),
        )


def projection_of(lines: Iterable[HallLine]) -> MapScale | None:
    """Return how these halls are drawn; None where no place is known."""
    places = [
        (line.hall.lon, line.hall.lat)
        for line in lines
        if line.hall.lon is not None and line.hall.lat is not None
    ]
    if not places:
        return None
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    narrow = max(0.1, math.cos(math.radians(lat)))
    wide = max((max(lons) - min(lons)) * narrow, LEAST_DEGREES)
    high = max(max(lats) - min(lats), LEAST_DEGREES)
    return MapScale(lon, lat, min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high), narrow)


def drawn(lang: CentreLang, lines: list[HallLine], areas: Mapping[str, str], within: str) -> str:
    """Return the map of the halls of an area (`within`; "" for all) as SVG, "" where no place is known."""
    projection = projection_of(lines)
    if projection is None:
        return ""
    placed = [
        (line, projection.at(line.hall.lon, line.hall.lat))
        for line in lines
        if line.hall.lon is not None and line.hall.lat is not None
    ]
    placed.sort(key=lambda each: -LIGHTS.index(each[0].light))
    size = 9.0 if len(placed) <= HALL_NAMES_MAX else 6.5 if len(placed) <= 400 else 4.5
    hulls, names = _areas(placed, areas, within)
    named = placed if len(placed) <= HALL_NAMES_MAX else [each for each in placed if each[0].light == "red"]
    taken = [*map(_box, names), *((x - size, y - size, x + size, y + size) for _, (x, y) in placed)]
    for line, (x, y) in reversed(named):
        above = MapName(short_name(line.name), x, y - size - 5, FONT, f"hall {line.light}")
        names += _first_free((above, above._replace(y=y + size + FONT + 3)), taken)
    signs = "".join(_sign(lang, line, point, size) for line, point in placed)
    texts = "".join(
        f'<text x="{each.x:.1f}" y="{each.y:.1f}" class="{each.kind}">{safe(each.words)}</text>'
        for each in names
    )
    return (
        f'<svg class="map" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-hidden="true" focusable="false">'
        f"{hulls}{signs}{texts}{_bar(projection)}</svg>"
    )


# --- areas


class MapName(NamedTuple):
    """A name on the map: its words, the middle of their foot, their height, and what they are of."""

    words: str
    x: float
    y: float
    height: float
    kind: str


Box = tuple[float, float, float, float]


def _areas(
    placed: list[tuple[HallLine, Point]], areas: Mapping[str, str], within: str
) -> tuple[str, list[MapName]]:
    """Return the hulls of the areas directly in one, each leading to its map, and their names."""
    hulls, names, taken = "", list[MapName](), list[Box]()
    for code in direct_areas(areas, within):
        points = [point for line, point in placed if line.hall.area.startswith(code)]
        if not points:
            continue
        corners = hull(points)
        outline = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"
        hulls += (
            f'<a href="{href("/map", {"area": code})}" tabindex="-1"><path class="area" d="{outline}" /></a>'
        )
        middle = sum(x for x, _ in corners) / len(corners)
        name = MapName(areas[code], middle, min(y for _, y in corners) - 14, LETTER, "of-area")
        names += _first_free((name,), taken)
    return hulls, names


def hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the smallest convex figure around points, in their order around it."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(way: Iterable[Point]) -> list[Point]:
        found: list[Point] = []
        for point in way:
            while len(found) > 1 and _turn(found[-2], found[-1], point) <= 0:
                found.pop()
            found.append(point)
        return found[:-1]

    return half(ordered) + half(reversed(ordered))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


# --- names, signs


def _first_free(places: Iterable[MapName], taken: list[Box]) -> list[MapName]:
    """Return the first of a name's places, inside the drawing, that lies over nothing, and take it; nothing where none does."""
    for each in places:
        half = _width(each.words, each.height) / 2
        inside = each._replace(
            x=min(max(each.x, half + 4), WIDTH - half - 4), y=min(max(each.y, each.height + 2), HEIGHT - 6)
        )
        box = _box(inside)
        if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            taken.append(box)
            return [inside]
    return []


def _box(name: MapName) -> Box:
    half = _width(name.words, name.height) / 2
    return name.x - half, name.y - name.height, name.x + half, name.y + 3


def _width(words: str, height: float) -> float:
    return sum(height if ord(each) > 0x2E7F else height * 0.58 for each in words) + 4


def short_name(name: str) -> str:
    """Return as much of a name as `NAME_CHARS` hanzi are wide; of letters that is more."""
    if _width(name, 1) - 4 <= NAME_CHARS:
        return name
    kept = next(count for count in range(len(name), 0, -1) if _width(name[:count], 1) - 4 <= NAME_CHARS - 1)
    return f"{name[:kept].rstrip()}…"


def _sign(lang: CentreLang, line: HallLine, point: Point, size: float) -> str:
    """Return the sign of a hall: what its light is, by shape as well as colour, and its name when it is pointed at."""
    (x, y), wide = point, 1.2 * size
    match line.light:
        case "red":
            shape = f"M{x - size:.1f} {y - size:.1f}h{2 * size:.1f}v{2 * size:.1f}h{-2 * size:.1f}z"
        case "yellow":
            shape = f"M{x:.1f} {y - wide:.1f}l{wide:.1f} {2 * wide:.1f}h{-2 * wide:.1f}z"
        case _:
            shape = f"M{x - size:.1f} {y:.1f}a{size:g} {size:g} 0 1 0 {2 * size:g} 0a{size:g} {size:g} 0 1 0 {-2 * size:g} 0z"
    words = f"{line.name} · {joined_marks(line, lang)} · {centre_word(lang, 'waiting')} {line.state.waiting}"
    return (
        f'<a href="/site/{safe(line.hall.site)}" tabindex="-1"><path class="dot {line.light}" d="{shape}">'
        f"<title>{safe(words)}</title></path></a>"
    )


def _bar(projection: MapScale) -> str:
    """Return a bar of so many kilometres."""
    a_km = projection.scale / KM_A_DEGREE
    km = max((each for each in BARS if each * a_km <= WIDTH / 5), default=BARS[0])
    x, y = MARGIN / 2, HEIGHT - 16
    return (
        f'<path class="bar" d="M{x:g} {y - 5:g} V{y:g} H{x + km * a_km:.1f} V{y - 5:g}" />'
        f'<text class="bar" x="{x + km * a_km / 2:.1f}" y="{y - 8:g}">{km:g} km</text>'
    )
