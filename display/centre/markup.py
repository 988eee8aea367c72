"""The parts of the centre's pages as HTML: frame, figures, tables. Every text from outside goes through `for_html`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from caller.reports.city import LIGHTS, HallLight, HallLine
from caller.reports.tables import Cell, Heading, ReportSheet
from config.text_safety import for_html as safe
from display.centre.viewers import Viewer
from display.centre.words import (
    CentreLang,
    age_words,
    cell_words,
    centre_word,
    heading_words,
    instant_words,
    level_words,
)

REFRESH_SECONDS = 10
PAGES = (
    ("/", "halls"),
    ("/map", "map"),
    ("/alarms", "alarms"),
    ("/ranks", "ranks"),
    ("/items", "items"),
    ("/settings", "settings"),
    ("/wall", "wall"),
)
Query = Mapping[str, str]


def say(lang: CentreLang, code: str, **facts: object) -> str:
    """Return a word of the pages, ready for HTML."""
    return safe(centre_word(lang, code, **facts))


def href(path: str, query: Query) -> str:
    """Return an address with the parts of a query that are not empty, ready for an attribute."""
    given = {name: text for name, text in query.items() if text}
    return safe(path + (f"?{urlencode(given)}" if given else ""))


def frame(
    viewer: Viewer, title: str, level: str, here: str, body: str, *, refresh: bool = True, wall: bool = False
) -> str:
    """Return a whole page. `here`: the path of its way in the frame; `refresh`: it is drawn anew by itself."""
    lang = viewer.lang
    ways = "".join(
        f'<a href="{path}"{" aria-current=page" if path == here else ""}>{say(lang, code)}</a>'
        for path, code in PAGES
    )
    other = href("/lang", {"to": "zh" if lang == "en" else "en", "back": here})
    who = f"{safe(viewer.staff)} {safe(viewer.name)}".strip()
    who += f" · {safe(level)}" if level else ""
    styles = ("base", "centre", "map", *(("centre-wall",) if wall else ()))
    links = "".join(f'<link rel="stylesheet" href="/{name}.css" />' for name in styles)
    return f"""<!doctype html>
<html lang="{"en" if lang == "en" else "zh-CN"}" data-theme="{"night" if wall else "day"}">
<head><meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" />
<title>{safe(title)} · {say(lang, "centre")}</title><link rel="icon" href="/icon.svg" />{links}
<script type="module" src="/centre.js"></script></head>
<body class="{"wall" if wall else "city"}" data-refresh="{REFRESH_SECONDS if refresh else 0}">
<a class="skip" href="#main">{say(lang, "skip")}</a>
<header class="mast"><p class="name">{say(lang, "centre")}</p><nav aria-label="{say(lang, "centre")}">{ways}</nav>
<p class="who">{who}</p><a href="{other}" lang="{"zh-CN" if lang == "en" else "en"}">{say(lang, "other-lang")}</a>
<form method="post" action="/sign-out"><button>{say(lang, "sign-out")}</button></form></header>
<main id="main">{body}</main>
<p class="silence" role="alert" hidden>{say(lang, "silence")}</p></body></html>"""


def answered(
    viewer: Viewer,
    areas: Mapping[str, str],
    title: str,
    here: str,
    body: str,
    *,
    refresh: bool = True,
    wall: bool = False,
) -> Response:
    """Return the answer with a whole page. `areas`: names by code, for whose halls the person sees."""
    level = level_words(viewer.lang, viewer.level, areas)
    page = frame(viewer, title, level, here, body, refresh=refresh, wall=wall)
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def light_word(lang: CentreLang, light: HallLight, words: str = "") -> str:
    """Return a light: a colour, a shape and a word."""
    return f'<span class="light {light}">{safe(words) if words else say(lang, f"light-{light}")}</span>'


def figures(lang: CentreLang, pairs: Iterable[tuple[str, str]]) -> str:
    """Return figures with their names (codes of words)."""
    parts = "".join(f"<div><dt>{say(lang, code)}</dt><dd>{safe(value)}</dd></div>" for code, value in pairs)
    return f'<dl class="figures">{parts}</dl>'


def as_of(lang: CentreLang, line: HallLine, zone: str) -> str:
    """Return from when a hall's state is, how old that is, and what is missing."""
    if line.age is None:
        return f'<p class="as-of">{say(lang, "no-data")}</p>'
    words = say(lang, "as-of", at=instant_words(line.state.placed.at, zone), age=age_words(lang, line.age))
    more = f" · {say(lang, 'behind', count=line.behind)}" if line.behind > 0 else ""
    version = f" · {say(lang, 'version', version=line.hall.version)}" if line.hall.version else ""
    return f'<p class="as-of">{words}{more}{version}</p>'


class Sorting(NamedTuple):
    """How a table is sorted: by which column, downwards or not, and the page that sorts it."""

    column: int
    down: bool
    path: str
    query: Query


Decorate = Callable[[int, int, str], str]  # of a row's and a column's place and the cell's HTML


def table(
    lang: CentreLang,
    sheet: ReportSheet,
    *,
    columns: Sequence[int] | None = None,
    decorate: Decorate | None = None,
    sorting: Sorting | None = None,
    empty: str = "",
    title: bool = True,
) -> str:
    """Return a sheet as a table; `empty`: the code of what is said where it has no rows."""
    name = safe(sheet.en if lang == "en" else sheet.zh)
    if not sheet.rows:
        head = f'<p class="title">{name}</p>' if title else ""
        return f'<section class="block">{head}<p class="empty">{say(lang, empty or "no-data")}</p></section>'
    places = columns if columns is not None else range(len(sheet.headings))
    heads = "".join(_head(lang, sheet.headings[at], at, sorting) for at in places)
    rows = "".join(
        f"<tr>{''.join(_cell(lang, sheet, number, at, decorate) for at in places)}</tr>"
        for number in range(len(sheet.rows))
    )
    head = f"<thead><tr>{heads}</tr></thead>" if sheet.headed else ""
    caption = f"<caption>{name}</caption>" if title else f'<caption class="unseen">{name}</caption>'
    return (
        f'<div class="block scrolled" tabindex="0" role="group" aria-label="{name}"><table>{caption}{head}'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _head(lang: CentreLang, heading: Heading, at: int, sorting: Sorting | None) -> str:
    words = safe(heading_words(lang, heading))
    kind = "" if heading.kind == "text" else ' class="n"'
    if sorting is None:
        return f'<th scope="col"{kind}>{words}</th>'
    here = at == sorting.column
    down = not sorting.down if here else heading.kind != "text"
    order = f' aria-sort="{"descending" if sorting.down else "ascending"}"' if here else ""
    link = href(sorting.path, {**sorting.query, "sort": f"{'-' if down else ''}{at}"})
    return f'<th scope="col"{kind}{order}><a href="{link}">{words}</a></th>'


def _cell(lang: CentreLang, sheet: ReportSheet, number: int, at: int, decorate: Decorate | None) -> str:
    heading, cell = sheet.headings[at], sheet.rows[number][at]
    words = safe(cell_words(lang, cell, heading))
    content = decorate(number, at, words) if decorate else words
    if at == 0 and sheet.headings[0].kind == "text":
        return f'<th scope="row">{content}</th>'
    bad = " bad" if cell and heading.en in ALARMING else ""
    return f"<td>{content}</td>" if heading.kind == "text" else f'<td class="n{bad}">{content}</td>'


ALARMING = frozenset({"overdue", "answers late", "cases overdue now", "answers late now", "devices out"})


def sorted_rows(rows: list[list[Cell]], sorting: Sorting) -> list[int]:
    """Return the order of rows by a column: places in the list. A cell without a value stands last either way."""

    def key(number: int) -> tuple[int, float, str]:
        cell = rows[number][sorting.column]
        return (0, 0.0, cell) if isinstance(cell, str) else (0, float(cell or 0), "")

    known = [number for number in range(len(rows)) if rows[number][sorting.column] is not None]
    rest = [number for number in range(len(rows)) if rows[number][sorting.column] is None]
    return sorted(known, key=key, reverse=sorting.down) + rest


def lights_filter(lang: CentreLang, lines: list[HallLine], query: Query) -> str:
    """Return the lights as a filter, with how many halls have each."""
    chosen = query.get("light", "")
    parts: list[str] = []
    for light in ("", *LIGHTS):
        count = sum(not light or line.light == light for line in lines)
        here = ' aria-current="true"' if light == chosen else ""
        link = href("/", {**query, "light": light, "page": "", "all": "1"})
        words = light_word(lang, light) if light else say(lang, "light-all")
        parts.append(f'<a href="{link}"{here}>{words} <b>{count}</b></a>')
    return f'<p class="filter">{"".join(parts)}</p>'


def exports(lang: CentreLang, what: str, query: Query) -> str:
    """Return the links to a table's files."""
    links = (
        f'<a href="{href(f"/export/{what}.{kind}", query)}">{say(lang, f"export-{kind}")}</a>'
        for kind in ("csv", "xlsx")
    )
    return f'<p class="exports">{" ".join(links)}</p>'
