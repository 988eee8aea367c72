"""The pages of a city's centre: the halls, one hall down to one window, a wall of four, ranks, one item compared, files.

Each begins with what the level of its reader sees (`CityState.seen_by`): a hall that is not among it does not exist for them.
"""

import asyncio
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from caller.reports import city, tables, workbook
from caller.reports.city import RANK_BY, SHOWN_COLUMNS, HallLine, children, list_sheet
from caller.reports.city_hall import labelled
from caller.reports.spans import Span, span_of
from caller.reports.tables import ReportSheet
from display.centre import markup, standing
from display.centre.asked import (
    area_of,
    filtered,
    query_of,
    search_form,
    sorting_of,
    span_form,
    turns,
    urgent_first,
    whole,
)
from display.centre.markup import Query, answered, exports, href, safe, say, table
from display.centre.overviews import CityOverviews
from display.centre.reading import CityReader, CityState
from display.centre.viewers import Viewer
from display.centre.words import CentreLang, centre_word

PAGE_ROWS = 100
ROWS_SHOWN = 200  # of ranks and of a comparison; their files have all
WALL_MAX = 4
ITEMS_OFFERED_MAX = 2_000
FILE_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NoteExport = Callable[[Viewer, str], None]


class CityPages:
    """All pages over one reader."""

    def __init__(self, reader: CityReader, note_export: NoteExport) -> None:
        """`note_export`: notes who took which file away, before it goes out."""
        self._reader, self._note_export = reader, note_export
        self.overviews = CityOverviews(reader)

    # --- the list

    async def halls(self, request: Request, viewer: Viewer) -> Response:
        city_state, query = (
            await self._reader.state(),
            query_of(request, "area", "q", "light", "sort", "page", "all"),
        )
        seen = city_state.seen_by(viewer.level)
        if viewer.level.kind == "site" and len(seen) == 1:
            return Response(status_code=303, headers={"Location": f"/site/{seen[0].hall.site}"})
        within = area_of(query)
        here = [line for line in seen if line.hall.area.startswith(within)]
        names = {code: name for code, name in city_state.areas.items() if len(code) > len(viewer.level.code)}
        areas, alone = children(here, names, within)
        if query["q"] or query["light"] or query["all"] or not areas:
            areas, alone = [], filtered(here, query)
        lang = viewer.lang
        crumbs = f'<a href="/">{say(lang, "halls")}</a>' if within else say(lang, "halls")
        name = city_state.areas.get(within, within)
        body = f"<h1>{crumbs}{f' › {safe(name)}' if within else ''}</h1>{standing.city_figures(lang, here)}"
        body += markup.lights_filter(lang, here, query) + search_form(viewer, query, bool(areas))
        if areas:
            body += standing.areas_table(lang, areas)
        if alone or not areas:
            body += self._list(viewer, alone, query, bool(seen))
        body += exports(lang, "halls", query)
        return answered(viewer, city_state.areas, centre_word(lang, "halls"), "/", body)

    def _list(self, viewer: Viewer, lines: list[HallLine], query: Query, any_at_all: bool) -> str:
        sheet, sorting = list_sheet(lines, self._reader.zone, viewer.lang), sorting_of("/", query)
        order = markup.sorted_rows(sheet.rows, sorting) if sorting.column >= 0 else urgent_first(lines)
        pages = max(1, -(-len(order) // PAGE_ROWS))
        page = min(max(1, whole(query["page"], 1)), pages)
        shown = order[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
        lang = viewer.lang

        def decorate(number: int, at: int, words: str) -> str:
            line = lines[shown[number]]
            if at == 0:
                label = safe(centre_word(lang, "choose", name=line.name))
                box = f'<input type="checkbox" name="site" value="{safe(line.hall.site)}" aria-label="{label}" />'
                return f'{box}<a href="/site/{safe(line.hall.site)}">{words}</a>'
            return (
                markup.light_word(lang, line.light, str(sheet.rows[shown[number]][1])) if at == 1 else words
            )

        kept = sheet._replace(rows=[sheet.rows[number] for number in shown])
        drawn = table(
            lang, kept, columns=range(SHOWN_COLUMNS), decorate=decorate, sorting=sorting,
            empty="none" if any_at_all else "no-halls", title=False,
        )  # fmt: skip
        if not shown:
            return drawn
        wall_button = f"<button>{say(lang, 'show-wall')}</button>"
        below = turns(viewer, query, page, pages, len(order))
        return f'<form class="chosen" action="/wall">{drawn}<p class="below">{wall_button}</p></form>{below}'

    # --- one hall, one window

    async def hall(self, request: Request, viewer: Viewer) -> Response:
        city_state, line = await self._found(request, viewer)
        query, lang = query_of(request, "span"), viewer.lang
        detail = await self._reader.hall(line, query["span"], lang)
        body = f"<h1>{safe(line.name)}</h1>{standing.hall_state(lang, line, self._reader.zone)}"
        site = safe(line.hall.site)

        def to_window(number: int, at: int, words: str) -> str:
            window = str(detail.windows.rows[number][0])
            return (
                f'<a href="{href(f"/site/{line.hall.site}/window", {"id": window})}">{words}</a>'
                if at == 0
                else words
            )

        body += '<div class="two">' + table(lang, labelled(detail.queues, detail.names), empty="nobody")
        body += table(lang, labelled(detail.windows, detail.names), decorate=to_window, empty="no-windows")
        body += (
            table(lang, labelled(detail.due, detail.names), empty="nothing-due")
            + table(lang, detail.devices, empty="no-devices")
            + "</div>"
        )
        body += f"<h2>{say(lang, 'report')}</h2>{span_form(viewer, f'/site/{site}', query['span'])}"
        if detail.why:
            body += f'<p class="empty">{safe(detail.why.with_next_step[lang == "en"])}</p>'
        body += "".join(
            table(lang, sheet)
            for sheet in detail.report_sheets(self._reader.zone)
            if sheet.en != "Definitions"
        )
        if not detail.names:
            body += f'<p class="as-of">{say(lang, "names")}</p>'
        body += exports(lang, "site", {"site": line.hall.site, **query}) if detail.report else ""
        return answered(viewer, city_state.areas, line.name, f"/site/{line.hall.site}", body)

    async def window(self, request: Request, viewer: Viewer) -> Response:
        city_state, line = await self._found(request, viewer)
        query, lang = query_of(request, "id", "span"), viewer.lang
        detail = await self._reader.hall(line, query["span"], lang)
        of_report = detail.of_window(query["id"], self._reader.zone)
        rows = [row for row in detail.windows.rows if row[0] == query["id"]]
        if not rows and not of_report:
            raise HTTPException(404)
        back = f'<a href="/site/{safe(line.hall.site)}">{safe(line.name)}</a>'
        title = centre_word(lang, "window", window=detail.window_label(query["id"]))
        body = f"<h1>{back} › {safe(title)}</h1>{markup.as_of(lang, line, self._reader.zone)}"
        body += table(lang, labelled(detail.windows._replace(rows=rows), detail.names), empty="no-windows")
        path = f"/site/{line.hall.site}/window"
        body += f"<h2>{say(lang, 'report')}</h2>{span_form(viewer, path, query['span'], id=query['id'])}"
        body += "".join(table(lang, sheet) for sheet in of_report)
        if detail.report:
            day = str(detail.report.days[-1]["day"])
            served = labelled(await self._reader.services(line, query["id"], day), detail.names)
            body += table(lang, served, empty="nothing-served")
        return answered(
            viewer, city_state.areas, f"{line.name} {title}", href(path, {"id": query["id"]}), body
        )

    # --- the wall

    async def wall(self, request: Request, viewer: Viewer) -> Response:
        city_state = await self._reader.state()
        asked = request.query_params.get("sites", "").split(",") + request.query_params.getlist("site")
        seen = {line.hall.site: line for line in city_state.seen_by(viewer.level)}
        wanted = list(dict.fromkeys(filter(None, asked)))[:WALL_MAX]
        if any(site not in seen for site in wanted):
            raise HTTPException(404)
        if not wanted:
            body = f'<h1>{say(viewer.lang, "wall")}</h1><p><a href="/?all=1">{say(viewer.lang, "wall-how")}</a></p>'
            return answered(viewer, city_state.areas, centre_word(viewer.lang, "wall"), "/wall", body)
        count = standing.ROWS_OF_TWO if len(wanted) <= 2 else standing.ROWS_OF_FOUR
        parts = [
            standing.panel(
                viewer.lang,
                seen[site],
                await self._reader.hall(seen[site], None, viewer.lang),
                self._reader.zone,
                count,
            )
            for site in wanted
        ]
        body = f'<h1 class="unseen">{say(viewer.lang, "wall")}</h1><div class="panels n{len(parts)}">{"".join(parts)}</div>'
        title = centre_word(viewer.lang, "wall")
        return answered(
            viewer, city_state.areas, title, href("/wall", {"sites": ",".join(wanted)}), body, wall=True
        )

    # --- ranks, items

    async def ranks(self, request: Request, viewer: Viewer) -> Response:
        city_state, query = await self._reader.state(), query_of(request, "by", "span")
        lang, sheet = viewer.lang, await self._ranked(viewer, city_state, query)
        by = query["by"] if query["by"] in RANK_BY else "good"
        options = "".join(
            f'<option value="{code}"{" selected" if code == by else ""}>{say(lang, f"by-{code}")}</option>'
            for code in RANK_BY
        )
        choice = f'<label>{say(lang, "rank-by")} <select name="by">{options}</select></label>'

        def to_hall(number: int, at: int, words: str) -> str:
            return f'<a href="/site/{safe(str(sheet.rows[number][-1]))}">{words}</a>' if at == 1 else words

        body = f"<h1>{say(lang, 'ranks')}</h1>{span_form(viewer, '/ranks', query['span'], choice)}"
        body += table(
            lang,
            sheet._replace(rows=sheet.rows[:ROWS_SHOWN]),
            columns=range(len(sheet.headings) - 1),
            decorate=to_hall,
            empty="no-halls",
            title=False,
        )
        body += f'<p class="as-of">{say(lang, "few", least=city.RATED_MIN)}</p>' if by == "good" else ""
        body += _cut(lang, sheet) + exports(lang, "ranks", query)
        return answered(viewer, city_state.areas, centre_word(lang, "ranks"), "/ranks", body, refresh=False)

    async def _ranked(self, viewer: Viewer, city_state: CityState, query: Query) -> ReportSheet:
        lines = city_state.seen_by(viewer.level)
        sums = await self._reader.sums(lines, self._span(query["span"]))
        return city.rank_sheet(lines, sums, query["by"] if query["by"] in RANK_BY else "good")

    async def items(self, request: Request, viewer: Viewer) -> Response:
        city_state, query = await self._reader.state(), query_of(request, "code", "span")
        lang, lines = viewer.lang, city_state.seen_by(viewer.level)
        known = await self._reader.items(lines, self._span(query["span"]))
        offered = dict(list(known.items())[:ITEMS_OFFERED_MAX])
        names = await self._reader.item_names(offered, lang)
        options = "".join(
            f'<option value="{safe(code)}">{safe(names.get(code, ""))} · {count} {say(lang, "count-halls")}</option>'
            for code, count in offered.items()
        )
        field = f'<input name="code" value="{safe(query["code"])}" list="codes" maxlength="64" autocomplete="off" />'
        choice = f'<label>{say(lang, "code")} {field}</label><datalist id="codes">{options}</datalist>'
        body = f"<h1>{say(lang, 'items')}</h1>{span_form(viewer, '/items', query['span'], choice)}"
        if query["code"]:
            sheet = await self._compared(viewer, city_state, query)
            empty = f'<p class="empty">{say(lang, "no-item", item=query["code"])}</p>'
            kept = sheet._replace(rows=sheet.rows[:ROWS_SHOWN])
            body += table(lang, kept, columns=range(len(sheet.headings) - 1)) if sheet.rows else empty
            body += _cut(lang, sheet)
            body += exports(lang, "items", query) if sheet.rows else ""
        else:
            body += f'<p class="empty">{say(lang, "choose-item")}</p>'
        return answered(viewer, city_state.areas, centre_word(lang, "items"), "/items", body, refresh=False)

    async def _compared(self, viewer: Viewer, city_state: CityState, query: Query) -> ReportSheet:
        lines = city_state.seen_by(viewer.level)
        sums = await self._reader.sums(
            lines, self._span(query["span"]), "item", query["code"], histograms=True
        )
        names = await self._reader.item_names([query["code"]], viewer.lang)
        return city.item_sheet(query["code"], lines, sums, names.get(query["code"], ""))

    # --- files

    async def export(self, request: Request, viewer: Viewer) -> Response:
        what, kind = request.path_params["what"], request.path_params["kind"]
        query = query_of(request, "area", "q", "light", "by", "span", "code", "site")
        city_state = await self._reader.state()
        lines = city_state.seen_by(viewer.level)
        match what:
            case "halls":
                found = filtered([line for line in lines if line.hall.area.startswith(area_of(query))], query)
                sheets = [list_sheet(found, self._reader.zone)]
            case "alarms":
                sheets = [*self.overviews.alarm_sheets(city_state, viewer)]
            case "ranks":
                sheets = [await self._ranked(viewer, city_state, query)]
            case "items" if query["code"]:
                sheets = [await self._compared(viewer, city_state, query)]
            case "site":
                line = next((each for each in lines if each.hall.site == query["site"]), None)
                if line is None:
                    raise HTTPException(404)
                sheets = (await self._reader.hall(line, query["span"], viewer.lang)).report_sheets(
                    self._reader.zone
                )
            case _:
                raise HTTPException(404)
        if not sheets or kind not in FILE_TYPES:
            raise HTTPException(404)
        await asyncio.to_thread(self._note_export, viewer, query["site"] or what)
        body = await asyncio.to_thread(_csv if kind == "csv" else _xlsx, sheets)
        headers = {
            "Content-Disposition": f'attachment; filename="{what}.{kind}"',
            "Cache-Control": "no-store",
        }
        return Response(body, media_type=FILE_TYPES[kind], headers=headers)

    # --- what the pages share

    def _span(self, text: str) -> Span:
        """Return the days asked for, this month where none are. Raises HTTP 400."""
        found = span_of(text or self._reader.today()[:7])
        if found is None:
            raise HTTPException(400, text)
        return found

    async def _found(self, request: Request, viewer: Viewer) -> tuple[CityState, HallLine]:
        city_state, site = await self._reader.state(), request.path_params["site"]
        line = next((each for each in city_state.seen_by(viewer.level) if each.hall.site == site), None)
        if line is None:
            raise HTTPException(404)
        return city_state, line


def _cut(lang: CentreLang, sheet: ReportSheet) -> str:
    """Return that a long table was cut; "" where it was not."""
    if len(sheet.rows) <= ROWS_SHOWN:
        return ""
    return f'<p class="as-of">{say(lang, "cut", shown=ROWS_SHOWN, count=len(sheet.rows))}</p>'


def _csv(sheets: list[ReportSheet]) -> bytes:
    """Return the first sheet as CSV, with the mark by which a Chinese Excel knows its encoding."""
    target = io.StringIO(newline="")
    tables.put_sheet_csv(target, sheets[0])
    return target.getvalue().encode("utf-8-sig")


def _xlsx(sheets: list[ReportSheet]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="hallcall-") as folder:
        path = Path(folder) / "export.xlsx"
        workbook.write(path, sheets)
        return path.read_bytes()
