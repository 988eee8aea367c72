"""What each verb asks before it acts, as one Choice. Cancelling any step cancels the press."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual.screen import ModalScreen

from caller.console import presentation, verbs
from caller.console.menus.find import FindDialog
from caller.console.menus.pick import PickDialog
from caller.console.presentation import HallNames
from caller.console.verbs import Choice, Doc
from caller.console.words import OUTCOME_WORDS, pick, say

AskPerson = Callable[[ModalScreen[int | None]], Awaitable[int | None]]


async def choose(verb: str, doc: Doc, names: HallNames, now: int, ask: AskPerson) -> Choice | None:
    """Ask what `verb` needs on this picture; None if the clerk went back."""
    if verb == "finish":
        return await _outcome(doc, names, ask)
    if verb == "pause":
        return await _reason(names, ask)
    if verb == "choose":
        return await _whom(doc, names, now, ask)
    return await _where(doc, names, ask)


async def _outcome(doc: Doc, names: HallNames, ask: AskPerson) -> Choice | None:
    outcomes = verbs.PAY_OUTCOMES if presentation.pays(doc) else verbs.OUTCOMES
    lines = [pick(names.lang, OUTCOME_WORDS[outcome]) for outcome in outcomes]
    nth = await ask(PickDialog(say(names.lang, "finish-title", number=_number(doc)), lines, names.lang))
    return None if nth is None else Choice(outcome=outcomes[nth], words=lines[nth])


async def _reason(names: HallNames, ask: AskPerson) -> Choice | None:
    nth = await ask(PickDialog(say(names.lang, "pause-title"), [*names.pauses.values()], names.lang))
    return None if nth is None else Choice(reason=[*names.pauses][nth], words=[*names.pauses.values()][nth])


async def _whom(doc: Doc, names: HallNames, now: int, ask: AskPerson) -> Choice | None:
    people = presentation.options(doc, names, now)
    nth = await ask(FindDialog(say(names.lang, "choose-title"), [line for _, line in people], names.lang))
    return None if nth is None else Choice(ticket=people[nth][0])


async def _where(doc: Doc, names: HallNames, ask: AskPerson) -> Choice | None:
    targets = presentation.targets(doc, names)
    title = say(names.lang, "transfer-title", number=_number(doc))
    nth = await ask(FindDialog(title, [line for _, _, line in targets], names.lang))
    if nth is None:
        return None
    kind, id, line = targets[nth]
    back = await _comes_back(doc, names, paying=names.kinds.get(id) == "pay", ask=ask)
    if back is None:
        return None
    place: dict[str, Any] = {"queue": id} if kind == "queue" else {"to_window": id}
    return Choice(**place, come_back=back, words=line)


async def _comes_back(doc: Doc, names: HallNames, paying: bool, ask: AskPerson) -> bool | None:
    """The likely answer stands first: who is sent to pay comes back, others do not."""
    answers = [True, False] if paying else [False, True]
    lines = [say(names.lang, "yes" if answer else "no") for answer in answers]
    nth = await ask(PickDialog(say(names.lang, "back-title", number=_number(doc)), lines, names.lang))
    return None if nth is None else answers[nth]


def _number(doc: Doc) -> str:
    return doc.get("ticket", {}).get("number", "")
