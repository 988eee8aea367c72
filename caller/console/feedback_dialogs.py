"""The window of "cannot get it done" (办不成事) at the terminal: the reception in sight is filed as a complaint, a report or
a question, as at the page.

1. A window files where the hall's settings name it (`[feedback] windows`); another has no such key.
2. What the applicant says is chosen from the hall's list and never typed: what they want to write goes by phone, with the
   receipt's code, which the clerk reads out.
3. Nothing is filed while no applicant is at the window, and each visit once (the caller decides it).
4. From the own day a clerk appeals against a bad rating, with a reason of the hall's list; another person reviews it.
"""

from collections.abc import Mapping
from typing import Any

from caller.client.client import ByeError, RefusedError, SendError
from caller.console.caller_link import PRESS_SECONDS, CallerLink, from_frame, unanswered
from caller.console.day_dialog import level_of
from caller.console.dialogs import AskPerson, PickDialog
from caller.console.presentation import HallNames
from caller.console.verbs import Doc, Note
from caller.console.words import Lang, say
from caller.engine.feedback_messages import FeedbackKind, SubmitFeedback
from caller.engine.rating_messages import AppealRating
from config.catalogue import word
from config.instants import local
from config.text_safety import for_terminal

KINDS: tuple[FeedbackKind, ...] = ("complaint", "report", "consultation", "suggestion")
CODE_HALF = 5  # a code is read out in two halves


async def file_reception(
    link: CallerLink, window: str, doc: Doc, names: HallNames, zone: str, ask: AskPerson
) -> Note:
    """File the reception in sight; return what its receipt says, or why nothing was filed."""
    lang = names.lang
    if window not in names.files:
        return Note(say(lang, "file-not-here"))
    if not doc.get("ticket"):
        return Note(say(lang, "file-none"), "", "refused")
    command = await _asked(doc["ticket"], names, ask)
    if command is None:
        return Note(say(lang, "cancelled"))
    try:
        given = await link.send(command, timeout=PRESS_SECONDS)
    except RefusedError as refused:
        return from_frame(refused.frame, lang)
    except (SendError, ByeError):
        return unanswered(say(lang, "file"), lang)
    return _told(given, zone, lang)


def _told(given: Mapping[str, Any], zone: str, lang: Lang) -> Note:
    code, due = str(given["code"]), local(given["due"], zone)
    told = say(lang, "file-tell", code=f"{code[:CODE_HALF]} {code[CODE_HALF:]}", due=f"{due:%m-%d}")
    return Note(say(lang, "filed", number=given["number"]), told, "done")


async def appeal_rating(
    link: CallerLink, window: str, clerk: str, rows: list[Doc], names: HallNames, ask: AskPerson
) -> Note:
    """Ask which bad rating and why, and send the appeal; return what came of it."""
    lang = names.lang
    lines = [f"{row['number']}  {for_terminal(row['ticket_number'])}  {level_of(row, lang)}" for row in rows]
    which = await ask(PickDialog(say(lang, "appeal-which"), lines, lang))
    why = (
        None
        if which is None
        else await ask(PickDialog(say(lang, "appeal-why"), [*names.objections.values()], lang))
    )
    if which is None or why is None:
        return Note(say(lang, "cancelled"))
    row, code = rows[which], [*names.objections][why]
    try:
        await link.send(AppealRating(row["follow_up"], clerk, code, window), timeout=PRESS_SECONDS)
    except RefusedError as refused:
        return from_frame(refused.frame, lang)
    except (SendError, ByeError):
        return unanswered(say(lang, "appeal"), lang)
    return Note(say(lang, "appealed", number=row["number"]), say(lang, "appeal-counts"), "done")


async def _asked(ticket: Doc, names: HallNames, ask: AskPerson) -> SubmitFeedback | None:
    """Ask for the kind and the reason; None if the clerk went back."""
    lang = names.lang
    title = say(lang, "file-as", number=ticket["number"])
    kind = await ask(PickDialog(title, [word("follow-up-kind", each, lang) for each in KINDS], lang))
    if kind is None:
        return None
    why = await ask(PickDialog(say(lang, "file-why"), [*names.complaints.values()], lang))
    if why is None:
        return None
    return SubmitFeedback(KINDS[kind], "window", ticket["ticket"], reason=[*names.complaints][why])
