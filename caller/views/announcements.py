"""What all who wait are told: the messages of the hall's list that hold now, as the board shows and speaks them. Pure.

1. A message stands on the list "notice" of the settings, in two languages. The log has its code at most, never its words.
2. One by the clock (`[[announcement]]`) needs no event: the settings and the instant make it, the same in every program.
3. While the day is not open nothing is told: the hall is empty.
"""

from caller.engine.hall import Hall
from caller.protocol.announcement_documents import MessageLine
from config.hall_lists import find
from config.instants import Micros
from config.media_plan import announced
from config.text_safety import for_page


def messages(hall: Hall, now: Micros) -> list[MessageLine]:
    """Return the messages that hold now, the newest first."""
    if not hall.state.day.open or not hall.settings.announcements:
        return []
    lines: list[MessageLine] = []
    for each in announced(hall.settings, now):
        if found := find(hall.settings, "notice", each.row.notice):
            lines.append(
                {
                    "call": each.number, "zh": for_page(found.name), "en": for_page(found.name_en or found.name),
                    "zone": each.row.zone, "at": each.at, "until": each.until,
                }
            )  # fmt: skip
    return lines
