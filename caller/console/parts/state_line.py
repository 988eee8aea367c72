"""The top line: which window, who sits here, its state, and whether the picture is current."""

from rich.text import Text
from textual.widgets import Static

from caller.console import presentation, verbs
from caller.console.presentation import HallNames
from caller.console.verbs import Doc

LINK_STYLES = {"current": "#5fd68b", "silent": "bold #0b1220 on #ffc74d"}
AWAY_STYLE = "bold #ffffff on #c8372d"


class StateLine(Static):
    """Window, clerk and state at the left; the hall's time and the link at the right."""

    DEFAULT_CSS = """
    StateLine { height: 1; background: #1b2a45; color: #e6edf7; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown = Text()

    def show(self, doc: Doc | None, link: str, names: HallNames, clock: str) -> None:
        left = Text()
        if doc is not None:
            window, clerk, state = presentation.header(doc, names)
            left = Text.assemble((window, "bold"), "   ", clerk, "   ", (state, "bold #8ec7ff"))
        right = Text.assemble(clock, "  ", (f" {verbs.link_words(link, names.lang)} ", _style(link)))
        left.truncate(max(self.content_size.width - right.cell_len - 1, 0))
        gap = max(self.content_size.width - left.cell_len - right.cell_len, 1)
        self._replace(Text.assemble(left, " " * gap, right))

    def _replace(self, line: Text) -> None:
        """Paint only what has changed: a console may run over a slow line."""
        if line != self._shown or line.spans != self._shown.spans:
            self._shown = line
            self.update(line)


def _style(link: str) -> str:
    return LINK_STYLES.get(link, AWAY_STYLE)
