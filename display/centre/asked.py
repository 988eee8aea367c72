"""What a reader asks of the centre's pages: parts of addresses, and the forms that ask."""

from starlette.requests import Request

from caller.protocol.viewer_levels import AREA
from caller.reports import city
from caller.reports.city import LIST, HallLine
from display.centre.markup import Query, Sorting, href, safe, say
from display.centre.viewers import Viewer

TEXT_MAX = 64  # characters of one part of a query


def query_of(request: Request, *names: str) -> dict[str, str]:
    """Return these parts of a query, "" for what is not there."""
    return {name: request.query_params.get(name, "").strip()[:TEXT_MAX] for name in names}


def area_of(query: Query) -> str:
    """Return the area asked for, "" for all."""
    return query["area"] if AREA.fullmatch(query["area"]) else ""


def whole(text: str, otherwise: int) -> int:
    """Return a whole number of an address, `otherwise` where it is none."""
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 9 else otherwise


def filtered(lines: list[HallLine], query: Query) -> list[HallLine]:
    """Return the halls that were searched for, and have the light asked for."""
    wanted = query["q"].casefold()
    return [
        line
        for line in lines
        if (not wanted or wanted in line.name.casefold() or wanted in line.hall.site.casefold())
        and query["light"] in ("", line.light)
    ]


def urgent_first(lines: list[HallLine]) -> list[int]:
    """Return the order in which halls stand unsorted: places in the list."""
    return sorted(
        range(len(lines)),
        key=lambda at: (city.LIGHTS.index(lines[at].light), lines[at].hall.area, lines[at].name),
    )


def sorting_of(path: str, query: Query) -> Sorting:
    """Return how a list of halls is to be sorted; column -1 where it is not."""
    column = whole(query["sort"].removeprefix("-"), -1)
    return Sorting(
        column if column < len(LIST) else -1, query["sort"].startswith("-"), path, {**query, "page": ""}
    )


def search_form(viewer: Viewer, query: Query, has_areas: bool) -> str:
    """Return the search over halls."""
    lang = viewer.lang
    hidden = f'<input type="hidden" name="area" value="{safe(query["area"])}" />' if query["area"] else ""
    box = f'<label>{say(lang, "search")} <input name="q" type="search" value="{safe(query["q"])}" maxlength="64" /></label>'
    all_below = (
        f'<a href="{href("/", {"area": query["area"], "all": "1"})}">{say(lang, "all-area")}</a>'
        if has_areas
        else ""
    )
    return f'<form class="ask" action="/">{hidden}{box}<button>{say(lang, "find")}</button>{all_below}</form>'


def span_form(viewer: Viewer, path: str, span: str, more: str = "", **hidden: str) -> str:
    """Return the form for the days of a report, with `more` fields before it."""
    lang = viewer.lang
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{safe(text)}" />' for name, text in hidden.items()
    )
    hint = say(lang, "span-hint")
    field = f'<input name="span" value="{safe(span)}" maxlength="32" placeholder="2026-09" title="{hint}" />'
    label = f"<label>{say(lang, 'span')} {field}</label>"
    return f'<form class="ask" action="{safe(path)}">{kept}{more}{label}<button>{say(lang, "show")}</button><small>{hint}</small></form>'


def turns(viewer: Viewer, query: Query, page: int, pages: int, count: int) -> str:
    """Return the way to the pages of a long list."""
    lang, parts = viewer.lang, list[str]()
    for code, to in (("before", page - 1), ("after", page + 1)):
        if 1 <= to <= pages:
            parts.append(f'<a href="{href("/", {**query, "page": str(to)})}">{say(lang, code)}</a>')
    return (
        f'<p class="turns">{say(lang, "page-of", page=page, pages=pages, count=count)} {" ".join(parts)}</p>'
    )
