"""How many wait in each queue of this window, in as many columns as fit."""

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.widget import Widget

from caller.console.words import Lang, say

AROUND_CELLS = 9  # a queue's letters before its name, its count after it
NAME_CELLS_MIN, NAME_CELLS_MAX = (
    12,
    28,
)  # six characters tell queues apart; longer than fourteen is a sentence


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
        name = set_cell_size(name if room >= NAME_CELLS_MIN else "", max(room, 0))
        style = "bold #ffc74d" if waiting else "#5c6f92"
        return Text.assemble((f" {queue:<3}", "bold"), name, (f"{waiting:>4} ", style))
