"""The pages that show a city at one look: the map of its halls, and what calls for a person now."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from caller.reports import city_alarms, city_settings
from caller.reports.city import HallLine, area_sheet, children
from caller.reports.tables import ReportSheet
from display.centre import city_map, markup, standing
from display.centre.asked import area_of, query_of
from display.centre.markup import answered, exports, href, safe, say, table
from display.centre.reading import CityReader, CityState
from display.centre.viewers import Viewer
from display.centre.words import CentreLang, centre_word

LISTED_MAX = 40  # halls beside the map; the page of alarms has all
AREA_COLUMNS = (0, 1, 2, 3, 6)
HALL_COLUMNS = (0, 1, 2)


class CityOverviews:
    """The map and the alarms over one reader."""

    def __init__(self, reader: CityReader) -> None:
        self._reader = reader

    async def map(self, request: Request, viewer: Viewer) -> Response:
        """Show the halls of the city, or of one area, where they stand; `wall=1` for a screen that is read from afar."""
        city_state, query = await self._reader.state(), query_of(request, "area", "wall")
        within, lang, is_wall = area_of(query), viewer.lang, query["wall"] == "1"
        here = [line for line in city_state.seen_by(viewer.level) if line.hall.area.startswith(within)]
        areas = {code: name for code, name in city_state.areas.items() if len(code) > len(viewer.level.code)}
        drawing = city_map.drawn(lang, here, areas, within)
        name = city_state.areas.get(within, within)
        crumbs = f'<a href="/map">{say(lang, "map")}</a> › {safe(name)}' if within else say(lang, "map")
        body = f"<h1>{crumbs}</h1>{standing.city_figures(lang, here)}"
        body += f'<div class="with-map"><div class="drawn">{drawing or self._without(lang, here)}{_legend(lang, here)}</div>'
        body += f'<div class="beside">{self._beside(lang, here, areas, within)}</div></div>'
        if not is_wall:
            wall = href("/map", {"area": within, "wall": "1"})
            body += f'<p class="exports"><a href="{wall}">{say(lang, "map-wall")}</a></p>'
        path = href("/map", {"area": within, "wall": query["wall"]}) if within or is_wall else "/map"
        return answered(viewer, city_state.areas, centre_word(lang, "map"), path, body, wall=is_wall)

    def _without(self, lang: CentreLang, here: list[HallLine]) -> str:
        return f'<p class="empty">{say(lang, "no-places" if here else "no-halls")}</p>'

    def _beside(self, lang: CentreLang, here: list[HallLine], areas: dict[str, str], within: str) -> str:
        """Return what is on the map as lists: the halls to look at, and the areas."""
        urgent = city_alarms.hall_sheet(here, lang)
        shown = _hall_table(lang, urgent._replace(rows=urgent.rows[:LISTED_MAX]), columns=HALL_COLUMNS)
        if len(urgent.rows) > LISTED_MAX:
            shown += (
                f'<p class="below"><a href="/alarms">{say(lang, "all-of", count=len(urgent.rows))}</a></p>'
            )
        sums, _ = children(here, areas, within)
        if not sums:
            return shown
        return shown + table(
            lang, area_sheet(sums), columns=AREA_COLUMNS,
            decorate=lambda number, at, words: f'<a href="{href("/map", {"area": sums[number].code})}">{words}</a>' if at == 0 else words,
        )  # fmt: skip

    async def settings(self, request: Request, viewer: Viewer) -> Response:
        """Show what the city has published for its halls, and how far each of them is."""
        del request
        city_state, lang = await self._reader.state(), viewer.lang
        lines, published = city_state.seen_by(viewer.level), await self._reader.published()
        newest = published[0].number if published else 0
        body = f"<h1>{say(lang, 'settings')}</h1>"
        body += table(
            lang, city_settings.published_sheet(published, lines, self._reader.zone), empty="none-published"
        )
        if newest:
            body += _hall_table(lang, city_settings.behind_sheet(lines, newest), empty="all-adopted")
        return answered(viewer, city_state.areas, centre_word(lang, "settings"), "/settings", body)

    async def alarms(self, request: Request, viewer: Viewer) -> Response:
        """Show windows that call for help, and halls to look at."""
        del request
        city_state, lang = await self._reader.state(), viewer.lang
        calls, halls = self.alarm_sheets(city_state, viewer, lang)
        waiting = sum(row[5] is not None for row in calls.rows)
        said = say(lang, "calls-open", count=waiting) if waiting else say(lang, "no-calls-open")
        body = f'<h1>{say(lang, "alarms")}</h1><p class="state{" calling" if waiting else ""}">{said}</p>'
        body += _hall_table(lang, calls, empty="no-calls") + _hall_table(lang, halls, empty="all-well")
        body += exports(lang, "alarms", {})
        return answered(viewer, city_state.areas, centre_word(lang, "alarms"), "/alarms", body)

    def alarm_sheets(
        self, city_state: CityState, viewer: Viewer, lang: CentreLang | Literal[""] = ""
    ) -> tuple[ReportSheet, ReportSheet]:
        """Return the calls for help and the halls to look at that this person sees; their marks in one language, or both."""
        lines = city_state.seen_by(viewer.level)
        calls = city_alarms.call_sheet(city_state.calls, lines, city_state.at, self._reader.zone)
        return calls, city_alarms.hall_sheet(lines, lang)


def _hall_table(
    lang: CentreLang, sheet: ReportSheet, *, columns: tuple[int, ...] = (), empty: str = "all-well"
) -> str:
    """Return a sheet whose last column is the site, each row leading to its hall."""
    return table(
        lang, sheet, columns=columns or range(len(sheet.headings) - 1), empty=empty,
        decorate=lambda number, at, words: f'<a href="/site/{safe(str(sheet.rows[number][-1]))}">{words}</a>' if at == 0 else words,
    )  # fmt: skip


def _legend(lang: CentreLang, here: list[HallLine]) -> str:
    lights = " ".join(markup.light_word(lang, light) for light in ("red", "yellow", "green", "grey"))
    missing = sum(line.hall.lon is None for line in here)
    more = f" <small>{say(lang, 'not-placed', count=missing)}</small>" if missing else ""
    return f'<p class="legend">{lights}{more}</p>'
