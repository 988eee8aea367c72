"""Who is at the window: the number as large as the room allows, and a few lines about it."""

from rich.text import Text
from textual.widget import Widget

from caller.console import big_digits
from caller.console.presentation import TicketHolder

LINES_BELOW = 5  # a blank line, three about the ticket, one about the rating
TONES = {"called": "#ffc74d", "serving": "#5fd68b", "paused": "#ff9b71"}
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
        tone = TONES.get(self._person.tone, PLAIN)
        lines = self._number(tone) if self._person.number else self._empty(tone)
        return Text("\n").join(self._centred(line) for line in lines)

    def _centred(self, line: Text) -> Text:
        """By cells; rich's own centring drops the blanks at the end of a row of dots."""
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
        told = [self._line(line, style) for line in self._person.lines]
        return [*told, self._line(self._rating, "#8ec7ff")]

    def _line(self, words: str, style: str) -> Text:
        line = Text(words, style=style, no_wrap=True)
        line.truncate(self.content_size.width)
        return line
