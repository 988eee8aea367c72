"""The last message: what the last press did or why it did nothing, and the next step."""

from rich.text import Text
from textual.widgets import Static

from caller.console.verbs import Note

TONES = {"done": "#5fd68b", "refused": "#ffc74d", "away": "#ff8d85", "cut": "#ff8d85", "pending": "#8ec7ff"}


class Message(Static):
    """Two lines that never move: words, then the next step."""

    DEFAULT_CSS = """
    Message { height: 2; padding: 0 1; margin: 0; background: #0b1220; color: #c4d0e6; }
    """

    note = Note()

    def show(self, note: Note) -> None:
        self.note = note
        words = Text(note.words, style=f"bold {TONES.get(note.tone, '#c4d0e6')}", no_wrap=True)
        self.update(Text("\n").join([words, Text(note.next, no_wrap=True)]))
