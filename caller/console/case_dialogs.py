"""The cases of a window on its clerk's terminal: due first, each with its light, and the acts that take one on.

1. The list is the caller's document `cases/WINDOW`, watched while it is open. What may be done with a case stands in its
   line (`moves`): the caller decides it.
2. What an act needs is asked for: the reason of a pause, days and reason of an extension and how it was told, a decision.
3. An act carries the version of the line it was chosen on: of two clerks who act on one case, the later is told so.
4. The list opens again after an act and says what became of it.

`case_words`, `ask_move` and the words need no terminal; the light is a word and a sign, never a colour alone.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from caller.client.client import ByeError, RefusedError, SendError
from caller.console.caller_link import PRESS_SECONDS, CallerLink, from_frame, unanswered
from caller.console.dialogs import AskPerson, PickDialog
from caller.console.presentation import HallNames
from caller.console.verbs import Note, paper_words
from caller.console.words import Lang, say
from caller.engine.case_messages import CaseVerb, Decision, MoveCase
from caller.engine.commands import ToldWay
from config.catalogue import word
from config.instants import local
from config.process.tables import shortened
from config.text_safety import for_terminal

CaseFacts = Mapping[str, Any]  # a line of the document: caller.protocol.case_documents.CaseLine
PAUSES = ("papers", "hearing", "survey", "inspection", "expert")
DAYS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
WAYS: tuple[ToldWay, ...] = ("call", "letter", "counter")
DECISIONS: tuple[Decision, ...] = ("granted", "refused", "returned")
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


class CaseAct(NamedTuple):
    """An act a clerk has chosen: its command, and the words for it."""

    command: MoveCase
    number: str
    words: str


# --- words


def left_words(row: CaseFacts, lang: Lang) -> str:
    """Return how long a case has, or why its clock stands."""
    if row["pause"]:
        return say(lang, "case-paused", reason=word("case-pause", row["pause"], lang), count=row["left"])
    if row["light"] == "grey" or not row["due"]:
        return say(lang, "case-no-clock")
    if row["state"] in ("decided", "issued"):
        return say(lang, "case-was-late" if row["light"] == "red" else "case-in-time")
    if row["left"] < 0:
        return say(lang, "case-over", count=-row["left"])
    if row["light"] == "red":
        return say(lang, "case-over-today")
    return say(lang, "case-left", count=row["left"]) if row["left"] else say(lang, "case-today")


def step_words(row: CaseFacts, lang: Lang) -> str:
    decided = word("case-decision", row["decision"], lang) if row["decision"] else ""
    untold = say(lang, "case-not-told") if row["extended"] and not row["told"] else ""
    return " ".join(filter(None, (word("case-state", row["state"], lang), decided, untold)))


def case_words(row: CaseFacts, names: HallNames, zone: str, cells: int) -> str:
    """Return the line of a case in so many cells, without its sign: number, days left, step, due date, owner, and of the
    item's name what fits."""
    due = f"{local(row['due'], zone):%m-%d}" if row["due"] and row["light"] != "grey" else ""
    left, step = WIDE if cells >= WIDE_FROM else NARROW
    columns = (
        (left_words(row, names.lang), left),
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


# --- asking


async def ask_move(
    row: CaseFacts, window: str, clerk: str, names: HallNames, ask: AskPerson
) -> CaseAct | None:
    """Ask what is done with a case, and what that needs; return None if the clerk went back."""
    lang = names.lang
    moves: list[CaseVerb] = row["moves"]
    facts = {
        "number": row["number"],
        "item": names.item(row["item"]),
        "state": word("case-state", row["state"], lang),
    }
    title = say(lang, "case-moves", **facts)
    nth = await ask(PickDialog(title, [word("case-move", each, lang) for each in moves], lang))
    if nth is None:
        return None
    move = moves[nth]
    needed = await _needs(row, move, names, ask)
    if needed is None:
        return None
    fields, words = needed
    command = MoveCase(row["case"], move, row["version"], window=window, staff=clerk, **fields)
    return CaseAct(command, row["number"], words)


Needed = tuple[dict[str, Any], str] | None  # what a move needs beside itself, and the words for it


async def _needs(row: CaseFacts, move: CaseVerb, names: HallNames, ask: AskPerson) -> Needed:
    lang, called = names.lang, word("case-move", move, names.lang)
    match move:
        case "pause":
            return await _one(
                called, {code: word("case-pause", code, lang) for code in PAUSES}, "code", lang, ask
            )
        case "refuse":
            return await _one(called, names.refusals, "code", lang, ask)
        case "tell":
            return await _one(called, {way: word("told-way", way, lang) for way in WAYS}, "way", lang, ask)
        case "decide":
            return await _decision(called, names, ask)
        case "extend":
            return await _extension(called, names, ask)
        case "withdraw" | "reopen":
            title = say(lang, "case-sure", number=row["number"], move=called)
            return await _one(title, {"": called}, "code", lang, ask)
        case _:
            return {}, ""


async def _decision(called: str, names: HallNames, ask: AskPerson) -> Needed:
    lines = {each: word("case-decision", each, names.lang) for each in DECISIONS}
    decided = await _one(called, lines, "decision", names.lang, ask)
    if decided is None or decided[0]["decision"] == "granted":
        return decided
    why = await _one(decided[1], names.refusals, "code", names.lang, ask)
    return None if why is None else (decided[0] | why[0], f"{decided[1]} / {why[1]}")


async def _extension(called: str, names: HallNames, ask: AskPerson) -> Needed:
    """Ask for the reason, the working days, and how the applicant was told, now or later."""
    lang = names.lang
    why = await _one(called, names.extensions, "code", lang, ask)
    if why is None:
        return None
    days = await _one(
        why[1], {count: say(lang, "case-days", count=count) for count in DAYS}, "days", lang, ask
    )
    if days is None:
        return None
    ways: dict[Any, str] = {way: word("told-way", way, lang) for way in WAYS} | {"": say(lang, "case-untold")}
    told = await _one(say(lang, "case-told", days=days[1]), ways, "way", lang, ask)
    return None if told is None else (why[0] | days[0] | told[0], f"{why[1]} / {days[1]}")


async def _one(title: str, lines: Mapping[Any, str], field: str, lang: Lang, ask: AskPerson) -> Needed:
    nth = await ask(PickDialog(title, [*lines.values()], lang))
    return None if nth is None else ({field: [*lines][nth]}, [*lines.values()][nth])


# --- doing


async def follow_cases(
    link: CallerLink,
    window: str,
    clerk: str,
    names: HallNames,
    zone: str,
    ask: Callable[[Any], Awaitable[Any]],
) -> Note | None:
    """Show the list until the clerk leaves it, and carry out what is chosen; return the note of the last act."""
    topic, usual, at = f"cases/{window}", list(link.topics), ""
    note: Note | None = None
    await link.watch([*usual, topic], keep=True)
    try:
        while True:
            dialog = CasesDialog(lambda: link.views.get(topic), names, zone, note or Note(), at)
            chosen: str | None = await ask(dialog)
            row = link.views.get(topic, {}).get("cases", {}).get(chosen)
            if chosen is None:
                return note
            if row is None:  # another clerk has ended it meanwhile
                continue
            if not row["moves"]:
                note = Note(say(names.lang, "case-no-moves", number=row["number"]))
            elif act := await ask_move(row, window, clerk, names, ask):
                note = await _carry_out(link, act, names.lang)
            at = chosen
    finally:
        await link.watch(usual, keep=True)


async def _carry_out(link: CallerLink, act: CaseAct, lang: Lang) -> Note:
    called = word("case-move", act.command.move, lang)
    try:
        result = await link.send(act.command, timeout=PRESS_SECONDS)
    except RefusedError as error:
        return from_frame(error.frame, lang)
    except (SendError, ByeError):
        return unanswered(called, lang)
    said = say(lang, "did-case", number=act.number, move=called, choice=act.words).rstrip()
    return Note(said, paper_words(result, lang), "done")


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
        listed, rows = self.query_one(OptionList), list(doc["cases"].values())
        if self._shown is not None and listed.highlighted is not None:
            self._at = [*self._shown["cases"]][listed.highlighted]
        self._shown = doc
        listed.clear_options()
        listed.add_options([self._line(nth, row) for nth, row in enumerate(rows, 1)])
        ids = [*doc["cases"]]
        listed.highlighted = ids.index(self._at) if self._at in ids else 0 if ids else None
        count = say(self._names.lang, "cases-count", count=doc["open"], shown=len(rows))
        title = count if rows else say(self._names.lang, "cases-none")
        self.query_one(".title", Static).update(Text(f"{say(self._names.lang, 'cases-title')}  {title}"))

    def _line(self, nth: int, row: CaseFacts) -> Text:
        sign, style = SIGNS[row["light"]]
        line = Text(f"{nth if nth <= DIGITS else ' '}  ", no_wrap=True)
        line.append(f"{sign} ", style)
        cells = min(WIDTH, self.app.size.width * 98 // 100) - ASIDE_CELLS
        return line.append(case_words(row, self._names, self._zone, cells))

    def on_key(self, event: events.Key) -> None:
        ids = [*self._shown["cases"]] if self._shown else []
        if event.key.isdecimal() and 1 <= int(event.key) <= min(DIGITS, len(ids)):
            event.stop()
            self.dismiss(ids[int(event.key) - 1])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._shown:
            self.dismiss([*self._shown["cases"]][event.option_index])

    def action_back(self) -> None:
        self.dismiss(None)
