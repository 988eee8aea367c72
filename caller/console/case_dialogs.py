"""The cases of a window on its clerk's terminal: due first, each with its light, and the acts that take one on.

1. The list is the caller's document `cases/WINDOW`, watched while it is open. What may be done with a case stands in its
   line (`moves`): the caller decides it.
2. What an act needs is asked for: the reason of a pause, days and reason of an extension and how it was told, a decision,
   what is wrong with which papers of a received case.
3. An act carries the version of the line it was chosen on: of two clerks who act on one case, the later is told so.
4. The list opens again after an act and says what became of it.

`case_words`, `ask_move` and the words need no terminal; the light is a word and a sign, never a colour alone.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from caller.client.client import ByeError, RefusedError, SendError
from caller.console.caller_link import PRESS_SECONDS, CallerLink, from_frame, unanswered
from caller.console.cases_list import CaseFacts, CasesDialog, rows_of
from caller.console.dialogs import AskPerson, PickDialog
from caller.console.ending_dialogs import PapersDialog
from caller.console.presentation import HallNames
from caller.console.verbs import Note, paper_words
from caller.console.words import Lang, say
from caller.engine.case_messages import CaseVerb, Decision, MoveCase
from caller.engine.commands import ToldWay
from caller.engine.papers import WrongPaper
from config.catalogue import word

PAUSES = ("papers", "hearing", "survey", "inspection", "expert")
DAYS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
WAYS: tuple[ToldWay, ...] = ("call", "letter", "counter")
DECISIONS: tuple[Decision, ...] = ("granted", "refused", "returned")
JOINT = ("survey", "review")
DAYS_ON = (0, 1, 2, 3, 4, 5, 7, 10, 14)  # from today: when a joint step may be
OFFICE = (
    "share",
    "reply",
)  # of the lead's own line: further departments are named in the office, replies are their own


class CaseAct(NamedTuple):
    """An act a clerk has chosen: its command, and the words for it."""

    command: MoveCase
    number: str
    words: str


# --- asking


async def ask_move(
    row: CaseFacts, window: str, clerk: str, names: HallNames, ask: AskPerson
) -> CaseAct | None:
    """Ask what is done with a case, and what that needs; return None if the clerk went back."""
    lang = names.lang
    moves: list[CaseVerb] = [each for each in row["moves"] if "lead" in row or each not in OFFICE]
    state = say(lang, "case-part") if "lead" in row else word("case-state", row["state"], lang)
    facts = {"number": row["number"], "item": names.item(row["item"]), "state": state}
    title = say(lang, "case-moves", **facts)
    nth = await ask(PickDialog(title, [word("case-move", each, lang) for each in moves], lang))
    if nth is None:
        return None
    move = moves[nth]
    needed = await _needs(row, move, names, ask)
    if needed is None:
        return None
    fields, words = needed
    command = MoveCase(row["case"], move, row["version"], window=window, staff=clerk, **fields)
    return CaseAct(command, row["number"], words)


Needed = tuple[dict[str, Any], str] | None  # what a move needs beside itself, and the words for it


async def _needs(row: CaseFacts, move: CaseVerb, names: HallNames, ask: AskPerson) -> Needed:
    lang, called = names.lang, word("case-move", move, names.lang)
    match move:
        case "pause":
            return await _one(
                called, {code: word("case-pause", code, lang) for code in PAUSES}, "code", lang, ask
            )
        case "refuse":
            return await _one(called, names.refusals, "code", lang, ask)
        case "tell":
            return await _one(called, {way: word("told-way", way, lang) for way in WAYS}, "way", lang, ask)
        case "decide":
            return await _decision(called, "case-decision", names, ask)
        case "ask":
            return await _wrong(row, names, ask)
        case "reply":
            return await _decision(called, "part-reply", names, ask)
        case "plan":
            return await _joint(called, names, ask)
        case "held":
            return await _one(called, _joint_steps(lang), "code", lang, ask)
        case "extend":
            return await _extension(called, names, ask)
        case "withdraw" | "reopen" | "bring":
            title = say(lang, "case-sure", number=row["number"], move=called)
            return await _one(title, {"": called}, "code", lang, ask)
        case _:
            return {}, ""


async def _wrong(row: CaseFacts, names: HallNames, ask: AskPerson) -> Needed:
    """Ask what is wrong with which papers of the item, all of it at once; an item without papers has no list."""
    papers = names.papers.get(row["item"], {})
    if not papers:
        return {}, ""
    dialog = PapersDialog(say(names.lang, "case-wrong", number=row["number"]), papers, names, {})
    if await ask(dialog) is None:
        return None
    wrong = [WrongPaper(code, fault) for code, fault in dialog.marks.items()]
    return {"wrong": wrong}, say(names.lang, "papers-count", count=len(wrong))


def _joint_steps(lang: Lang) -> dict[str, str]:
    return {kind: word("joint-step", kind, lang) for kind in JOINT}


async def _joint(called: str, names: HallNames, ask: AskPerson) -> Needed:
    """Ask which joint step, and on which day."""
    kind = await _one(called, _joint_steps(names.lang), "code", names.lang, ask)
    if kind is None:
        return None
    today = date.today()
    days = [(today + timedelta(days=count)).isoformat() for count in DAYS_ON]
    on = await _one(kind[1], {day: day for day in days}, "day", names.lang, ask)
    return None if on is None else (kind[0] | on[0], f"{kind[1]} / {on[1]}")


async def _decision(called: str, kind: str, names: HallNames, ask: AskPerson) -> Needed:
    lines = {each: word(kind, each, names.lang) for each in DECISIONS}
    decided = await _one(called, lines, "decision", names.lang, ask)
    if decided is None or decided[0]["decision"] == "granted":
        return decided
    why = await _one(decided[1], names.refusals, "code", names.lang, ask)
    return None if why is None else (decided[0] | why[0], f"{decided[1]} / {why[1]}")


async def _extension(called: str, names: HallNames, ask: AskPerson) -> Needed:
    """Ask for the reason, the working days, and how the applicant was told, now or later."""
    lang = names.lang
    why = await _one(called, names.extensions, "code", lang, ask)
    if why is None:
        return None
    days = await _one(
        why[1], {count: say(lang, "case-days", count=count) for count in DAYS}, "days", lang, ask
    )
    if days is None:
        return None
    ways: dict[Any, str] = {way: word("told-way", way, lang) for way in WAYS} | {"": say(lang, "case-untold")}
    told = await _one(say(lang, "case-told", days=days[1]), ways, "way", lang, ask)
    return None if told is None else (why[0] | days[0] | told[0], f"{why[1]} / {days[1]}")


async def _one(title: str, lines: Mapping[Any, str], field: str, lang: Lang, ask: AskPerson) -> Needed:
    nth = await ask(PickDialog(title, [*lines.values()], lang))
    return None if nth is None else ({field: [*lines][nth]}, [*lines.values()][nth])


# --- doing


async def follow_cases(
    link: CallerLink,
    window: str,
    clerk: str,
    names: HallNames,
    zone: str,
    ask: Callable[[Any], Awaitable[Any]],
) -> Note | None:
    """Show the list until the clerk leaves it, and carry out what is chosen; return the note of the last act."""
    topic, usual, at = f"cases/{window}", list(link.topics), ""
    note: Note | None = None
    await link.watch([*usual, topic], keep=True)
    try:
        while True:
            dialog = CasesDialog(lambda: link.views.get(topic), names, zone, note or Note(), at)
            chosen: str | None = await ask(dialog)
            row = rows_of(link.views.get(topic, {})).get(chosen or "")
            if chosen is None:
                return note
            if row is None:  # another clerk has ended it meanwhile
                continue
            if not row["moves"]:
                note = Note(say(names.lang, "case-no-moves", number=row["number"]))
            elif act := await ask_move(row, window, clerk, names, ask):
                note = await _carry_out(link, act, names.lang)
            at = chosen
    finally:
        await link.watch(usual, keep=True)


async def _carry_out(link: CallerLink, act: CaseAct, lang: Lang) -> Note:
    called = word("case-move", act.command.move, lang)
    try:
        result = await link.send(act.command, timeout=PRESS_SECONDS)
    except RefusedError as error:
        return from_frame(error.frame, lang)
    except (SendError, ByeError):
        return unanswered(called, lang)
    said = say(lang, "did-case", number=act.number, move=called, choice=act.words).rstrip()
    return Note(said, paper_words(result, lang), "done")
