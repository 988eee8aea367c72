"""The list of a window's cases in its clerk's terminal: parts of other windows' cases first, then its own, due first.

It shows the newest document while it is open, and is dismissed with the case that was chosen. The light is a word and a
sign, never a colour alone.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from caller.console.presentation import HallNames
from caller.console.verbs import Note
from caller.console.words import Lang, say
from config.catalogue import word
from config.instants import local
from config.process.tables import shortened
from config.text_safety import for_terminal

CaseFacts = Mapping[str, Any]  # a line of the document: caller.protocol.case_documents.CaseLine
DIGITS = 9
WIDTH = 116  # of the dialog, in cells, at most
NARROW, WIDE = (
    (16, 11),
    (24, 22),
)  # of the columns of days left and step, in a line under `WIDE_FROM` cells and of as many
WIDE_FROM = 90
DATE_CELLS, OWNER_CELLS = 5, 4
ASIDE_CELLS = 6 + 5  # of a line: digit and sign; of the dialog: its padding and scroll bar
SIGNS = {
    "red": ("■", "bold #ff8a80"),
    "yellow": ("▲", "#ffd479"),
    "green": ("●", "#7bd88f"),
    "grey": ("○", "#8fa3c4"),
}
PART: CaseFacts = {
    "state": "in-hand",
    "decision": "",
    "owner": "",
    "pause": "",
    "asked": 0,
    "extended": False,
    "moves": ["reply"],
}


def rows_of(doc: CaseFacts) -> dict[str, CaseFacts]:
    """Return the lines of a window's document: first the parts that its department is to reply to, then its own cases."""
    parts = {id: {**PART, **part, "lead": part["window"]} for id, part in doc.get("parts", {}).items()}
    return {**parts, **doc.get("cases", {})}


# --- words


def left_words(row: CaseFacts, lang: Lang, zone: str) -> str:
    """Return how long a case has, or why its clock stands and what it waits for."""
    if row["pause"]:
        return say(lang, "case-paused", reason=word("case-pause", row["pause"], lang), count=row["left"])
    if row["asked"]:
        return asked_words(row, lang, zone)
    if row["light"] == "grey" or not row["due"]:
        return say(lang, "case-no-clock")
    if row["state"] in ("decided", "issued"):
        return say(lang, "case-was-late" if row["light"] == "red" else "case-in-time")
    if row["left"] < 0:
        return say(lang, "case-over", count=-row["left"])
    if row["light"] == "red":
        return say(lang, "case-over-today")
    return say(lang, "case-left", count=row["left"]) if row["left"] else say(lang, "case-today")


def asked_words(row: CaseFacts, lang: Lang, zone: str) -> str:
    """Return until when the papers may be brought that a case waits for; without a date, since when it waits."""
    at, code = row["asked_until"], "case-asked"
    if not at:
        at, code = row["asked"], "case-asked-since"
    elif row["left"] < 0:
        code = "case-asked-over"
    return say(lang, code, date=f"{local(at, zone):%m-%d}")


def step_words(row: CaseFacts, lang: Lang) -> str:
    decided = word("case-decision", row["decision"], lang) if row["decision"] else ""
    if "lead" in row:
        return say(lang, "case-part")
    untold = say(lang, "case-not-told") if row["extended"] and not row["told"] else ""
    return " ".join(filter(None, (word("case-state", row["state"], lang), decided, untold)))


def case_words(row: CaseFacts, names: HallNames, zone: str, cells: int) -> str:
    """Return the line of a case in so many cells, without its sign: number, days left, step, due date, owner, and of the
    item's name what fits."""
    due = f"{local(row['due'], zone):%m-%d}" if row["due"] and row["light"] != "grey" else ""
    left, step = WIDE if cells >= WIDE_FROM else NARROW
    columns = (
        (left_words(row, names.lang, zone), left),
        (step_words(row, names.lang), step),
        (due, DATE_CELLS),
        (for_terminal(row["owner"]), OWNER_CELLS),
    )
    fixed = "  ".join(
        (
            for_terminal(row["number"]),
            *(set_cell_size(shortened(text, width), width) for text, width in columns),
        )
    )
    return f"{fixed}  {shortened(names.item(row['item']), max(0, cells - cell_len(fixed) - 2))}".rstrip()


# --- the list


class CasesDialog(ModalScreen[str | None]):
    """The list; dismissed with the id of the case that was chosen, or None. `newest` returns the document."""

    DEFAULT_CSS = """
    CasesDialog { align: center middle; background: #0b1220 60%; }
    CasesDialog > Vertical { width: 116; max-width: 98%; height: 90%; background: #1b2a45; padding: 1 2; }
    CasesDialog .title { text-style: bold; color: #ffffff; height: auto; }
    CasesDialog .said { color: #ffd479; height: auto; }
    CasesDialog .hint { color: #8fa3c4; height: auto; margin: 1 0 0 0; }
    CasesDialog OptionList { background: #1b2a45; color: #e6edf7; border: none; padding: 0; height: 1fr; margin: 1 0 0 0;
        scrollbar-size-vertical: 1; scrollbar-color: #3567ad; scrollbar-background: #131c2e; }
    CasesDialog OptionList:focus { border: none; background: #1b2a45; background-tint: transparent; }
    CasesDialog OptionList > .option-list--option-highlighted, CasesDialog OptionList:focus > .option-list--option-highlighted { background: #3567ad; color: #ffffff; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,b,B", "back", show=False)]
    LOOK_SECONDS = 0.25

    def __init__(
        self, newest: Callable[[], Mapping[str, Any] | None], names: HallNames, zone: str, note: Note, at: str
    ) -> None:
        """`note`: what became of the last act. `at`: the case the bar begins on."""
        super().__init__()
        self._newest, self._names, self._zone, self._note = newest, names, zone, note
        self._shown: Mapping[str, Any] | None = None
        self._at = at

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(say(self._names.lang, "cases-title")), classes="title")
            yield Static(Text("\n".join(filter(None, (self._note.words, self._note.next)))), classes="said")
            yield OptionList()
            yield Static(Text(say(self._names.lang, "cases-keys")), classes="hint")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.look()
        self.set_interval(self.LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Show the newest document, where it is another one; the bar stays on its case."""
        doc = self._newest()
        if doc is None or doc == self._shown:
            return
        known = rows_of(doc)
        listed, rows = self.query_one(OptionList), list(known.values())
        if self._shown is not None and listed.highlighted is not None:
            self._at = [*rows_of(self._shown)][listed.highlighted]
        self._shown = doc
        listed.clear_options()
        listed.add_options([self._line(nth, row) for nth, row in enumerate(rows, 1)])
        ids = [*known]
        listed.highlighted = ids.index(self._at) if self._at in ids else 0 if ids else None
        count = say(
            self._names.lang, "cases-count", count=doc["open"] + len(doc.get("parts", {})), shown=len(rows)
        )
        title = count if rows else say(self._names.lang, "cases-none")
        self.query_one(".title", Static).update(Text(f"{say(self._names.lang, 'cases-title')}  {title}"))

    def _line(self, nth: int, row: CaseFacts) -> Text:
        sign, style = SIGNS[row["light"]]
        line = Text(f"{nth if nth <= DIGITS else ' '}  ", no_wrap=True)
        line.append(f"{sign} ", style)
        cells = min(WIDTH, self.app.size.width * 98 // 100) - ASIDE_CELLS
        return line.append(case_words(row, self._names, self._zone, cells))

    def on_key(self, event: events.Key) -> None:
        ids = [*rows_of(self._shown)] if self._shown else []
        if event.key.isdecimal() and 1 <= int(event.key) <= min(DIGITS, len(ids)):
            event.stop()
            self.dismiss(ids[int(event.key) - 1])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._shown:
            self.dismiss([*rows_of(self._shown)][event.option_index])

    def action_back(self) -> None:
        self.dismiss(None)
