"""What pages are put together from: tables whose rows open, pairs of a name and a figure, rows of verbs.

A table's first cell is a button, so that a row opens by keyboard as well as by a press anywhere on it. Rows are sent
again only when they differ; sorting and filtering stay as the person left them. A table that is wider than its place is
scrolled by keyboard too, also one without a button in it (`SCROLLED`, on every page). A row that a person stands on keeps
the focus when its list is put in another order (`ROW_FOCUS`, by its `data-key`).
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from nicegui import ui
from nicegui.events import GenericEventArguments

from config.text_safety import for_html, for_page, page_document
from display.office.redraw import redraw
from display.office.screen import OfficeScreen
from display.office.words import SHELL, office_word, words_of

AWAITED = "awaited"  # the class of what stands where a document is not here yet; an empty list is `empty`
INSTANTS = frozenset(
    {"when", "since", "asked", "sent", "came"}
)  # columns of them: a date is not parted at its hyphens
FACT_CHARS = 60  # of a value; a longer one has a row of its own
OpenRow = Callable[[str], Awaitable[None] | None]
FIRST_CELL = """
<q-td :props="props"><div class="first"><span v-if="props.row.light" :class="'light ' + props.row.light" aria-hidden="true"></span>
<button v-if="%s" type="button" class="opens" :data-key="'%s/' + props.row.id" @click.stop="$parent.$emit('opens', props.row.id)">{{ props.value }}</button>
<span v-else>{{ props.value }}</span></div></q-td>
"""
# A place that scrolls takes the focus while it does, and says what it is.
SCROLLED = """<script>addEventListener('DOMContentLoaded', () => {
const words = %s, seen = new WeakSet();
const mark = (place) => {
  const scrolls = place.scrollWidth > place.clientWidth + 1;
  for (const [name, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', words[document.documentElement.lang.startsWith('en') ? 1 : 0]]])
    scrolls ? place.setAttribute(name, value) : place.removeAttribute(name);
};
const sizes = new ResizeObserver((found) => found.forEach(({ target }) => mark(target.closest('.q-table__middle'))));
const find = () => document.querySelectorAll('.rows .q-table__middle').forEach((place) => {
  for (const each of [place, place.firstElementChild]) if (each && !seen.has(each)) seen.add(each), sizes.observe(each);
});
new MutationObserver(find).observe(document.body, { childList: true, subtree: true });
find();
});</script>"""
ROW_FOCUS = """<script type="module">import { keepRowFocus } from "/row_focus.js"; keepRowFocus(document.body);</script>"""


class TableColumn(NamedTuple):
    """A column: the key in a row, and the heading. Figures stand to the right."""

    key: str
    heading: str
    is_figure: bool = False


class DataTable:
    """A table of rows, each a dictionary with `id`, the columns' keys and perhaps `light`, its colour."""

    def __init__(
        self,
        screen: OfficeScreen,
        columns: Sequence[TableColumn],
        rows: Callable[[], list[dict[str, Any]]],
        opens: OpenRow | None = None,
        *,
        search: bool = False,
        rows_a_page: int = 0,
    ) -> None:
        """`rows`: asked with each look of the page; `rows_a_page`: 0 shows all."""
        self._rows, self._opens = rows, opens
        described = [
            {
                "name": each.key, "field": each.key, "label": each.heading, "sortable": True,
                "align": "right" if each.is_figure else "left", "classes": "instant" if each.key in INSTANTS else "",
            }
            for each in columns
        ]  # fmt: skip
        found = (
            ui.input(screen.say("search")).props("dense outlined clearable debounce=200").classes("search")
        )
        found.set_visibility(search)
        pagination = {"rowsPerPage": rows_a_page}
        self.table = ui.table(columns=described, rows=[], row_key="id", pagination=pagination).classes("rows")
        self.table.props("flat dense wrap-cells" + ("" if rows_a_page else " hide-pagination"))
        self.table.props(f'no-data-label="{screen.say("none")}" no-results-label="{screen.say("none")}"')
        found.bind_value_to(self.table, "filter")
        self.table.add_slot(
            f"body-cell-{columns[0].key}", FIRST_CELL % ("true" if opens else "false", columns[0].key)
        )
        if opens:
            self.table.classes("opening")
            self.table.on("opens", self._chosen)
            self.table.on("rowClick", self._clicked, [[], ["id"], None])
        screen.each_look(self.look)

    def look(self) -> None:
        """Send the rows where they differ, without what acts in a text from outside (what a gateway answered, say)."""
        rows = page_document(self._rows())
        if rows != self.table.rows:
            self.table.rows = rows

    async def _chosen(self, event: GenericEventArguments) -> None:
        await self._open(event.args)

    async def _clicked(self, event: GenericEventArguments) -> None:
        await self._open(event.args[1]["id"])

    async def _open(self, id: str) -> None:
        if self._opens and (opened := self._opens(id)) is not None:
            await opened


def page_scripts() -> str:
    """Return what keeps lists in hand by keyboard, for the head of every page: they can be scrolled, and a row that moves keeps
    the focus."""
    return SCROLLED % json.dumps(words_of(SHELL)["scrolled"], ensure_ascii=False) + ROW_FOCUS


def opens_button(text: str, opens: Callable[[], Awaitable[None] | None], mark: str = "") -> None:
    """Draw words that open a thing, as the first cell of a table does. `mark`: the thing, where its words may change."""
    button = ui.element("button").props("type=button").classes("opens").on("click", opens).mark(mark)
    if mark:
        button.props["data-key"] = mark
    with button:
        ui.label(for_page(text))


def awaited(screen: OfficeScreen) -> None:
    """Say that the document of this place is not here yet."""
    ui.label(screen.say("waiting-for")).classes(AWAITED)


def told_off(screen: OfficeScreen, table: str, is_on: bool) -> None:
    """Say of a page that the hall has its table of the settings off, and where it is turned on: else it is just empty."""
    if not is_on:
        called = office_word(screen.lang, "settings", f"table-{table}")
        ui.label(screen.say("not-on", table=called)).classes("quiet")


def heading(text: str) -> None:
    """Draw the heading of a part."""
    ui.html(for_html(text), sanitize=False, tag="h2")


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Draw pairs of a name and its value; an empty value is left out."""
    with ui.element("dl").classes("facts"):
        for name, value in pairs:
            if value not in ("", None):
                with ui.element("div").classes("wide" if len(str(value)) > FACT_CHARS else ""):
                    with ui.element("dt"):
                        ui.label(name)
                    with ui.element("dd"):
                        ui.label(for_page(str(value)))


def figures(pairs: Iterable[tuple[str, object]]) -> None:
    """Draw figures in a row, each large over its name."""
    with ui.element("div").classes("figures"):
        for name, value in pairs:
            with ui.element("div").classes("figure"):
                ui.label(str(value)).classes("value")
                ui.label(name).classes("name")


class FaceWays:
    """The ways to the faces of a page. They stand while a face is drawn, so that a press on its way then is heeded; what they lead to
    is drawn in a box of its own."""

    def __init__(self, label: str, go: Callable[[str], None]) -> None:
        self._nav = ui.element("nav").classes("faces").props(f'aria-label="{label}"')
        self._go = go
        self._nav.set_visibility(False)

    def draw(self, faces: Mapping[str, str], here: str) -> None:
        """Show the ways to these faces (their words by their codes), none where there is none; `here`: the open one."""
        self._nav.set_visibility(bool(faces))
        redraw(self._nav, lambda: self._ways(faces, here))

    def _ways(self, faces: Mapping[str, str], here: str) -> None:
        for face, words in faces.items():
            button = ui.button(words, on_click=partial(self._go, face)).props("flat dense no-caps")
            if face == here:
                button.classes("here").props('aria-current="true"')
