"""What the guide desk has told this window: one line under the state line, the oldest unread message first.

The clerk reads it and presses M; then it is gone here, and the guide desk sees that it was read. A message changes
nothing else: no press is refused for it.
"""

from contextlib import suppress

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from caller.client.client import ByeError, RefusedError, SendError
from caller.console.caller_link import PRESS_SECONDS, CallerLink
from caller.console.verbs import Doc
from caller.console.words import Lang, pick, say
from caller.engine.guide_commands import AcknowledgeMessage
from config.process.tables import shortened
from config.text_safety import for_terminal


class GuideMessage(Static):
    """The oldest message that the clerk has not read; no line at all without one."""

    DEFAULT_CSS = """
    GuideMessage { height: 1; background: #ffc74d; color: #0b1220; padding: 0 1; text-style: bold; display: none; }
    GuideMessage.-unread { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""

    def show(self, doc: Doc | None, lang: Lang) -> None:
        line = message_line(doc, lang, max(self.app.size.width - 2, 0))
        if line != self._shown:
            self._shown = line
            self.set_class(bool(line), "-unread")
            self.update(Text(line, no_wrap=True))


def message_line(doc: Doc | None, lang: Lang, room: int) -> str:
    """Return the line in `room` cells: number and words give way, how to answer it never; "" without a message."""
    unread = doc.get("messages", []) if doc else []
    if not unread:
        return ""
    first = unread[0]
    words = for_terminal(pick(lang, (first["name"], first["name_en"])))
    about = f" {first['number']}" if first["number"] else ""
    tail = say(lang, "message-more", count=len(unread) - 1) if len(unread) > 1 else ""
    tail = f"   {tail}{say(lang, 'message-read')}"
    return shortened(f"{say(lang, 'message-from')}{about} {words}", room - cell_len(tail)) + tail


async def read_message(link: CallerLink, window: str) -> None:
    """Tell the caller that the oldest message was read; one that is still shown was not told, and is read again."""
    with suppress(RefusedError, SendError, ByeError):
        await link.send(AcknowledgeMessage(window), timeout=PRESS_SECONDS)
