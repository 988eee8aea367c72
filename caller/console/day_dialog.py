"""The clerk's own day on a terminal: receptions, outcomes, ratings, follow-ups. `day_lines` is PURE.

It is one look at the caller's document `clerk-day/WINDOW`, asked for when the key is pressed.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from caller.console.presentation import HallNames
from caller.console.words import Lang, say
from config.catalogue import word
from config.instants import MINUTE, local
from config.process.tables import shortened
from config.text_safety import for_terminal

CELLS = 66  # of a line in the dialog
OUTCOME_CELLS: dict[Lang, int] = {"zh": 10, "en": 18}
LEVELS = ("5", "4", "3", "2", "1")


def day_lines(day: Mapping[str, Any], names: HallNames, zone: str) -> list[str]:
    """Return the document `clerk-day/WINDOW` as lines, the newest reception first."""
    lang = names.lang
    if not day["count"] and not day["followups"]:
        return [say(lang, "day-none")]
    minutes, count = day["seconds"] / 60, day["count"]
    lines = [
        say(lang, "day-sums", count=count, minutes=f"{minutes:.0f}", mean=f"{minutes / max(1, count):.1f}")
    ]
    outcomes = (f"{word('outcome', each, lang)} {n}" for each, n in day["outcomes"].items())
    levels = (
        f"{word('level', each, lang)} {day['levels'][each]}" for each in LEVELS if each in day["levels"]
    )
    lines += ["   ".join(outcomes), say(lang, "day-rated", count=day["rated"]), "   ".join(levels)]
    lines += _followed(day["followups"], lang, zone)
    lines += ["", *(_reception(row, names, zone) for row in day["receptions"])]
    return [shortened(line, CELLS) for line in lines]


def _followed(rows: list[dict[str, Any]], lang: Lang, zone: str) -> list[str]:
    if not rows:
        return []
    lines = ["", say(lang, "day-follow-ups")]
    for row in rows:
        kind, state = word("follow-up-kind", row["kind"], lang), word("follow-up-state", row["state"], lang)
        appealed = say(lang, "day-appealed", count=row["appeals"]) if row["appeals"] else ""
        opened = f"{local(row['opened'], zone):%m-%d}"
        about = f"{opened}  {row['number']}  {for_terminal(row['ticket_number'])}  {kind}"
        own = word("rating-appeal", row["appeal"], lang) if row.get("appeal") else ""
        lines.append("  ".join(filter(None, (about, state, appealed))))
        if more := "  ".join(filter(None, (level_of(row, lang), own))):
            lines.append(f"       {more}")
    if any(row.get("appealable") for row in rows):
        lines.append(say(lang, "day-may-appeal"))
    return lines


def level_of(row: Mapping[str, Any], lang: Lang) -> str:
    """Return the level of a bad rating in words; nothing of another follow-up."""
    return word("level", str(row["level"]), lang) if row.get("level") else ""


def _reception(row: dict[str, Any], names: HallNames, zone: str) -> str:
    began, ended = (f"{local(row[key], zone):%H:%M}" for key in ("began", "ended"))
    took = say(names.lang, "minutes", count=max(0, row["ended"] - row["began"]) // MINUTE)
    room = OUTCOME_CELLS[names.lang]
    outcome = set_cell_size(shortened(word("outcome", row["outcome"], names.lang), room), room)
    head = f"{began}-{ended}  {for_terminal(row['number']):<6} {took:>5}  {outcome} "
    items = " / ".join(names.item(item) for item in row["items"])
    return (head + shortened(items, max(0, CELLS - cell_len(head)))).rstrip()


class DayDialog(ModalScreen[bool]):
    """One page that scrolls; Esc, Enter or D goes back, A goes on to an appeal (True) where there is one to make."""

    DEFAULT_CSS = """
    DayDialog { align: center middle; background: #0b1220 60%; }
    DayDialog > Vertical { width: 74; max-width: 96%; height: 88%; background: #1b2a45; padding: 1 2; }
    DayDialog VerticalScroll { height: 1fr; background: #1b2a45; scrollbar-size-vertical: 0; }
    DayDialog Static { color: #e6edf7; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,d,D", "back", show=False), Binding("a,A", "appeal", show=False),
    ]  # fmt: skip

    def __init__(self, clerk: str, lines: list[str], lang: Lang, appeals: bool = False) -> None:
        super().__init__()
        self._clerk, self._lines, self._appeals = clerk, lines, appeals
        self._lang: Lang = lang

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(say(self._lang, "day-title", clerk=for_terminal(self._clerk)), "bold"))
            with VerticalScroll():
                yield Static(Text("\n".join(self._lines)))
            yield Static(Text(say(self._lang, "help-close"), "#8fa3c4"))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_back(self) -> None:
        self.dismiss(False)

    def action_appeal(self) -> None:
        if self._appeals:
            self.dismiss(True)
