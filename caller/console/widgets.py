"""The parts of the desk screen, in the order a clerk's eye takes them: state line, ticket, queues, lists, message, keys.

Each shows what it is given and repaints only when that has changed. Lengths are terminal cells; a name that does not
fit is shortened in its middle (`presentation.shortened`), so that what stands after it is never pushed off.
"""

from collections.abc import Callable, Mapping

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid
from textual.message import Message as TextualMessage
from textual.widget import Widget
from textual.widgets import Static

from caller.console import big_digits, presentation, verbs
from caller.console.presentation import HallNames, PersonRow, TicketHolder, TicketLine
from caller.console.verbs import VERBS, Doc, Note
from caller.console.words import Lang, pick, say
from config.catalogue import label
from config.process.tables import shortened

# --- state line

LINK_STYLES = {"current": "#5fd68b", "silent": "bold #0b1220 on #ffc74d"}
AWAY_STYLE = "bold #ffffff on #c8372d"
CLERK_CELLS_MAX = 24  # a staff number has ten; the protocol allows sixty-four


class StateLine(Static):
    """Window, clerk and state at the left; the hall's time and the link at the right."""

    DEFAULT_CSS = """
    StateLine { height: 1; background: #1b2a45; color: #e6edf7; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown = Text()

    def show(self, doc: Doc | None, link: str, names: HallNames, clock: str) -> None:
        style = LINK_STYLES.get(link, AWAY_STYLE)
        right = Text.assemble(clock, "  ", (f" {verbs.link_words(link, names.lang)} ", style))
        left = self._left(doc, names, self.content_size.width - right.cell_len - 1)
        gap = max(self.content_size.width - left.cell_len - right.cell_len, 1)
        self._replace(Text.assemble(left, " " * gap, right))

    def _left(self, doc: Doc | None, names: HallNames, room: int) -> Text:
        """Return window, clerk and state in `room` cells: the window's name gives way first, the state never."""
        if doc is None:
            return Text()
        window, clerk, state = presentation.header(doc, names)
        clerk = shortened(clerk, CLERK_CELLS_MAX)
        window = shortened(window, room - cell_len(f"   {clerk}   {state}"))
        left = Text.assemble((window, "bold"), "   ", clerk, "   ", (state, "bold #8ec7ff"))
        left.truncate(max(room, 0))
        return left

    def _replace(self, line: Text) -> None:
        """Paint only what has changed: a console may run over a slow connection."""
        if line != self._shown or line.spans != self._shown.spans:
            self._shown = line
            self.update(line)


# --- ticket

LINES_BELOW = 5  # a blank line, three about the ticket, one about the rating
TICKET_TONES = {"called": "#ffc74d", "serving": "#5fd68b", "paused": "#ff9b71"}
PLAIN = "#8fa3c4"


class TicketPart(Widget):
    """The current number. It reads from a metre away."""

    DEFAULT_CSS = """
    TicketPart { height: 1fr; background: #101a2e; color: #e6edf7; padding: 1 1 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._person = TicketHolder("", "closed", ())
        self._rating = ""

    def show(self, person: TicketHolder, rating: str) -> None:
        if (person, rating) != (self._person, self._rating):
            self._person, self._rating = person, rating
            self.refresh()

    def render(self) -> Text:
        tone = TICKET_TONES.get(self._person.tone, PLAIN)
        lines = self._number(tone) if self._person.number else self._empty(tone)
        return Text("\n").join(self._centred(line) for line in lines)

    def _centred(self, line: Text) -> Text:
        """Centre by cells: rich's own centring drops the blanks at the end of a row of dots."""
        line.pad_left(max(self.content_size.width - line.cell_len, 0) // 2)
        return line

    def _number(self, tone: str) -> list[Text]:
        room = self.content_size
        large = big_digits.large(self._person.number, room.width, room.height - LINES_BELOW)
        number = [Text(line, style=f"bold {tone}", no_wrap=True) for line in large]
        above = max(room.height - LINES_BELOW - len(large), 0) // 2
        return [Text("")] * above + [*number, Text(""), *self._about("#e6edf7")]

    def _empty(self, tone: str) -> list[Text]:
        above = max((self.content_size.height - len(self._person.lines) - 2) // 2, 0)
        return [Text("")] * above + self._about(f"bold {tone}")

    def _about(self, style: str) -> list[Text]:
        lines = [self._line(line, style) for line in self._person.lines]
        return [*lines, self._line(TicketLine(self._rating), "#8ec7ff")]

    def _line(self, line: TicketLine, style: str) -> Text:
        room = self.content_size.width - cell_len(line.tail)
        return Text(shortened(line.text, room) + line.tail, style=style, no_wrap=True)


# --- queues

AROUND_CELLS = 9  # a queue's letters before its name, its count after it
NAME_CELLS_MIN, NAME_CELLS_MAX = 12, 28  # six hanzi tell queues apart; more than fourteen are a sentence


class Queues(Widget):
    """The queues this window serves; a window of many shows their letters without names."""

    DEFAULT_CSS = """
    Queues { height: 4; background: #101a2e; color: #e6edf7; margin: 1 0 0 0; }
    """

    def __init__(self, lang: Lang) -> None:
        super().__init__()
        self._lang: Lang = lang
        self._counts: list[tuple[str, str, int]] = []

    def show(self, counts: list[tuple[str, str, int]]) -> None:
        if counts != self._counts:
            self._counts = counts
            self.refresh()

    def render(self) -> Text:
        width, room = self.content_size.width, max(self.content_size.height - 1, 1)
        head = Text(set_cell_size(f" {say(self._lang, 'queues')}", width), "bold on #1b2a45")
        columns = max(width // (self._name_cells() + AROUND_CELLS), 1)
        if len(self._counts) > columns * room:
            columns = max(width // AROUND_CELLS, 1)
        cells = [self._cell(*count, width // columns) for count in self._counts]
        lines = [Text.assemble(*cells[start : start + columns]) for start in range(0, len(cells), columns)]
        return Text("\n").join([head, *lines])

    def _name_cells(self) -> int:
        longest = max((cell_len(name) for _, name, _ in self._counts), default=0)
        return min(max(longest, NAME_CELLS_MIN), NAME_CELLS_MAX)

    def _cell(self, queue: str, name: str, waiting: int, cells: int) -> Text:
        room = cells - AROUND_CELLS
        name = set_cell_size(shortened(name, room) if room >= NAME_CELLS_MIN else "", max(room, 0))
        style = "bold #ffc74d" if waiting else "#5c6f92"
        return Text.assemble((f" {queue:<3}", "bold"), name, (f"{waiting:>4} ", style))


# --- lists of people

LATE_MINUTES = 30  # longer than any class's target here: the minutes turn amber


class People(Widget):
    """One list, headed by its name and how many are in it."""

    DEFAULT_CSS = """
    People { height: 1fr; background: #101a2e; color: #e6edf7; margin: 0 0 0 1; }
    """

    def __init__(self, kind: str, lang: Lang) -> None:
        super().__init__(id=kind)
        self._kind = kind
        self._lang: Lang = lang
        self._rows: list[PersonRow] = []
        self._count = 0

    def show(self, rows: list[PersonRow], count: int) -> None:
        if (rows, count) != (self._rows, self._count):
            self._rows, self._count = rows, count
            self.refresh()

    def render(self) -> Text:
        width = self.content_size.width
        head = Text(
            set_cell_size(f" {label('ticket-state', self._kind, self._lang)}  {self._count}", width),
            "bold on #1b2a45",
        )
        return Text("\n").join([head, *self._lines(max(self.content_size.height - 1, 0))])

    def _lines(self, room: int) -> list[Text]:
        if not self._count:
            return [Text(f" {say(self._lang, 'none')}", "#5c6f92")]
        if len(self._rows) == self._count <= room:
            return [self._line(row) for row in self._rows]
        shown = self._rows[: max(room - 1, 0)]
        more = say(self._lang, "more", count=self._count - len(shown))
        return [*(self._line(row) for row in shown), Text(f" {more}", "#8fa3c4")]

    def _line(self, row: PersonRow) -> Text:
        waited = say(self._lang, "minutes", count=row.minutes)
        late = "#ffc74d" if row.minutes >= LATE_MINUTES else "#8fa3c4"
        bound = say(self._lang, "bound") if row.bound else ""
        line = Text.assemble(
            (f" {row.number:<7}", "bold"),
            (row.mark, "bold #0b1220 on #8ec7ff" if row.mark.strip() else ""),
            (f" {set_cell_size('', max(5 - cell_len(waited), 0))}{waited} ", late),
            (bound, "#8ec7ff"),
            no_wrap=True,
        )
        line.truncate(self.content_size.width)
        return line


# --- message

MESSAGE_TONES = {
    "done": "#5fd68b",
    "refused": "#ffc74d",
    "away": "#ff8d85",
    "cut": "#ff8d85",
    "pending": "#8ec7ff",
}


class MessageLine(Static):
    """Two lines that never move: words, then the next step."""

    DEFAULT_CSS = """
    MessageLine { height: 2; padding: 0 1; margin: 0; background: #0b1220; color: #c4d0e6; }
    """

    note = Note()

    def show(self, note: Note) -> None:
        self.note = note
        room = self.content_size.width or len(note.words + note.next) * 2
        words, next_step = shortened(note.words, room), shortened(note.next, room)
        style = f"bold {MESSAGE_TONES.get(note.tone, '#c4d0e6')}"
        self.update(Text("\n").join([Text(words, style=style, no_wrap=True), Text(next_step, no_wrap=True)]))


# --- keys


class KeyCap(Static):
    """A verb's key. Its class says live, dead or pending."""

    class Pressed(TextualMessage):
        """A cap was clicked."""

        def __init__(self, verb: str) -> None:
            super().__init__()
            self.verb = verb

    DEFAULT_CSS = """
    KeyCap { height: 1; background: #131c2e; color: #7286ab; text-align: center; }
    KeyCap.live { background: #24497d; color: #ffffff; text-style: bold; }
    KeyCap.live:hover { background: #3567ad; }
    KeyCap.pending { background: #8ec7ff; color: #0b1220; text-style: bold reverse; }
    """

    def __init__(self, verb: str, cap: str, name: str) -> None:
        super().__init__(f"{cap} {name}")
        self.verb = verb
        self._cap = cap
        self._shown = ("", "")

    def show(self, name: str, state: str) -> None:
        if (name, state) != self._shown:
            self._shown = (name, state)
            self.set_classes(state)
            self.update(Text(f"{self._cap} {name}", no_wrap=True))

    def on_click(self) -> None:
        self.post_message(self.Pressed(self.verb))


class KeyBar(Grid):
    """All caps in the order a visit uses them; the own day and F1 last."""

    DEFAULT_CSS = """
    KeyBar { grid-size: 6; grid-gutter: 0 1; grid-rows: 1; height: auto; padding: 0 1; background: #0b1220; }
    """

    def __init__(self, lang: Lang) -> None:
        super().__init__()
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        for verb, keys in VERBS.items():
            yield KeyCap(verb, pick(self._lang, keys.cap), pick(self._lang, keys.name))
        yield KeyCap("cases", "B", say(self._lang, "cases"))
        yield KeyCap("fees", "Y", say(self._lang, "fees"))
        yield KeyCap("file", "K", say(self._lang, "file-key"))
        yield KeyCap("day", "D", say(self._lang, "day"))
        yield KeyCap("help", "F1", say(self._lang, "help"))

    def show(
        self,
        label: Callable[[str], str],
        live: frozenset[str],
        pending: str,
        cases: Mapping[str, int] | None = None,
        files: bool = False,
        fees: bool = False,
        seated: bool = True,
    ) -> None:
        """Show which keys are live. `cases`: how many the window has; None in a hall without cases. `files`: whether it
        files what cannot be got done. `fees`: whether it takes fees. `seated`: a clerk is signed in, as far as is known."""
        beside = "live" if seated else "dead"
        for cap in self.query(KeyCap):
            if cap.verb == "cases":
                cap.display = cases is not None
                counts = cases or {"open": 0, "late": 0}
                key = "cap-late" if counts["late"] else "cap-cases"
                cap.show(say(self._lang, key, count=counts["open"], late=counts["late"]), beside)
            elif cap.verb == "file":
                cap.display = files
                cap.show(say(self._lang, "file-key"), beside if files else "dead")
            elif cap.verb == "fees":
                cap.display = fees
                cap.show(say(self._lang, "fees"), beside if fees else "dead")
            elif cap.verb == "day":
                cap.show(say(self._lang, "day"), beside)
            elif cap.verb == "help":
                cap.show(say(self._lang, "help"), "live")
            else:
                state = "pending" if cap.verb == pending else "live" if cap.verb in live else "dead"
                cap.show(label(cap.verb), state)
