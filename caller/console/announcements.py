"""What is announced to this window, under the state line, a line each: the end of the day, what is suspended, and what the
guide desk has sent, of which the oldest unread message.

1. Each line is as the window's document has it; without such a thing there is no line.
2. Where a line has no room, its names and words give way, and how to answer it never.
3. The clerk reads a message and presses M; then it is gone here, and the guide desk sees that it was read. It changes
   nothing else: no press is refused for it.
"""

from contextlib import suppress
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.widgets import Static

from caller.client.client import ByeError, RefusedError, SendError
from caller.console.caller_link import PRESS_SECONDS, CallerLink
from caller.console.verbs import Doc
from caller.console.words import Lang, pick, say
from caller.engine.guide_commands import AcknowledgeMessage
from config.instants import local
from config.process.tables import LEFT_OUT, shortened
from config.text_safety import for_terminal


class AnnouncedLine(Static):
    """One line; no line at all without words."""

    DEFAULT_CSS = """
    AnnouncedLine { height: 1; background: #ffc74d; color: #0b1220; padding: 0 1; text-style: bold; display: none; }
    AnnouncedLine.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""

    def show(self, line: str) -> None:
        if line != self._shown:
            self._shown = line
            self.set_class(bool(line), "-shown")
            self.update(Text(line, no_wrap=True))


LINES = 3  # that `announcements` returns


def announcements(doc: Doc | None, lang: Lang, zone: str, room: int) -> tuple[str, str, str]:
    """Return the lines in `room` cells, the hall in `zone`; "" for each that there is nothing to say in."""
    if doc is None:
        return "", "", ""
    return closing_line(doc, lang, room), suspended_line(doc, lang, zone, room), message_line(doc, lang, room)


def closing_line(doc: Doc, lang: Lang, room: int) -> str:
    """Return what becomes of who waits at closing time; the beginning of the sentence says it, so its end gives way."""
    closing = doc.get("closing")
    if closing is None:
        return ""
    words = for_terminal(pick(lang, (closing["zh"], closing["en"])))
    return (
        words
        if cell_len(words) <= room
        else set_cell_size(words, max(room - len(LEFT_OUT), 0)).rstrip() + LEFT_OUT
    )


def suspended_line(doc: Doc, lang: Lang, zone: str, room: int) -> str:
    """Return the first thing that is suspended, why and until when, and how many more are."""
    suspended = doc.get("suspended", [])
    if not suspended:
        return ""
    first = suspended[0]
    name, reason = _named(first, lang), pick(lang, (first["reason"], first["reason_en"]))
    words, tail = say(lang, "standstill", name=name, reason=reason), ""
    if first["until"]:  # the sentence goes on with the time, which is never cut
        until = f"{local(first['until'], zone):%H:%M}"
        tail = say(lang, "standstill-until", name=name, reason=reason, time=until).removeprefix(words)
    tail += say(lang, "standstill-more", count=len(suspended) - 1) if len(suspended) > 1 else ""
    return shortened(for_terminal(words), room - cell_len(tail)) + tail


def _named(line: dict[str, Any], lang: Lang) -> str:
    name = pick(lang, (line["name"], line["name_en"]))
    return f"{line['id']} {name}" if line["scope"] == "queue" else name


def message_line(doc: Doc, lang: Lang, room: int) -> str:
    """Return the oldest message that the clerk has not read."""
    unread = doc.get("messages", [])
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
