"""What a clerk may open beside a visit: the own day, the window's cases, and the filing of what cannot be got done.

None of these presses a verb on the visit; each returns the line that tells what came of it, or None for nothing to tell.
"""

from typing import Any, Literal

from textual.app import App

from caller.console.caller_link import CallerLink, read_once
from caller.console.case_dialogs import follow_cases
from caller.console.day_dialog import DayDialog, day_lines
from caller.console.fee_dialogs import take_fees
from caller.console.feedback_dialogs import appeal_rating, file_reception
from caller.console.presentation import HallNames
from caller.console.verbs import Doc, Note
from caller.console.words import say

SideDialog = Literal["day", "cases", "file", "fees"]


async def open_beside(
    kind: SideDialog, doc: Doc, window: str, link: CallerLink, names: HallNames, zone: str, app: App[Any]
) -> Note | None:
    """Open a dialog on the newest view of a window; in a hall without cases there are none to show."""
    match kind:
        case "day":
            return await _show_day(window, link, names, zone, app)
        case "fees" if "fees" not in doc:
            return Note(say(names.lang, "fees-not-here"))
        case "fees":
            return await take_fees(link, window, doc, names, app.push_screen_wait)
        case "cases" if "cases" not in doc:
            return Note(say(names.lang, "cases-not-here"))
        case "cases":
            return await follow_cases(link, window, doc["clerk"], names, zone, app.push_screen_wait)
        case _:
            return await file_reception(link, window, doc, names, zone, app.push_screen_wait)


async def _show_day(window: str, link: CallerLink, names: HallNames, zone: str, app: App[Any]) -> Note | None:
    """Show the clerk's own day, as it stands now; from there an appeal against a bad rating may be made."""
    day = await read_once(link, f"clerk-day/{window}")
    if day is None:
        return Note(say(names.lang, "day-no-answer"), "", "away")
    open_ = [each for each in day["followups"] if each.get("appealable")]
    dialog = DayDialog(day["clerk"], day_lines(day, names, zone), names.lang, bool(open_))
    if not await app.push_screen_wait(dialog):
        return None
    return await appeal_rating(link, window, day["clerk"], open_, names, app.push_screen_wait)
