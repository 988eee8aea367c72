"""A list of people: who waits, who is on hold, who was missed. It shows what fits and says how many more."""

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.widget import Widget

from caller.console.presentation import PersonRow
from caller.console.words import Lang, say

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
        head = Text(set_cell_size(f" {say(self._lang, self._kind)}  {self._count}", width), "bold on #1b2a45")
        return Text("\n").join([head, *self._lines(max(self.content_size.height - 1, 0))])

    def _lines(self, room: int) -> list[Text]:
        if not self._rows:
            return [Text(f" {say(self._lang, 'none')}", "#5c6f92")]
        if self._count <= room:
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
