"""A consultation that was answered becomes a question and an answer that the hall's staff can search.

Who publishes it writes both so that they name no person; it is taken back the same way.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from caller.people.feedback_store import ANSWERED
from caller.people.question_store import ANSWER_MAX, QUESTION_MAX, PublishedAnswer, QuestionStore
from caller.people.store import Entry
from display.office.screen import OfficeScreen, answer_of, dialog_box


async def publish(screen: OfficeScreen, row: Mapping[str, Any], letters: Sequence[Entry]) -> None:
    """Ask for the question, the answer and the item, beginning with what was published or written; keep or take back."""
    store, number = QuestionStore(screen.office.data), row["number"]
    known = next((each for each in await asyncio.to_thread(store.all) if each.number == number), None)
    asked = next((each.value for each in letters if each.field == "words"), "")
    told = next((each.value for each in reversed(letters) if each.field == ANSWERED), "")
    with dialog_box(screen.say("publish"), "detail") as dialog:
        ui.label(screen.say("publish")).classes("question")
        ui.label(screen.say("publish-lead")).classes("quiet")
        style = "outlined dense"
        question = ui.textarea(
            screen.say("question"), value=known.question if known else asked[:QUESTION_MAX]
        )
        question.props(f"{style} maxlength={QUESTION_MAX}")
        reply = ui.textarea(screen.say("answer"), value=known.answer if known else told)
        reply.props(f"{style} maxlength={ANSWER_MAX}")
        question_en = ui.textarea(screen.say("question-en"), value=known.question_en if known else "")
        question_en.props(f"{style} maxlength={QUESTION_MAX}")
        reply_en = ui.textarea(screen.say("answer-en"), value=known.answer_en if known else "")
        reply_en.props(f"{style} maxlength={ANSWER_MAX}")
        items = {each.id: screen.named(each) for each in screen.settings.items}
        item = ui.select(
            items, label=screen.say("item"), value=known.item if known and known.item in items else None
        )
        item.props(f"{style} clearable use-input")

        async def keep() -> None:
            words = (question.value or "").strip(), (reply.value or "").strip()
            if not all(words):
                screen.note(screen.say("no-question"), good=False)
                return
            english = (question_en.value or "").strip(), (reply_en.value or "").strip()
            one = PublishedAnswer(number, *words, item.value or "", screen.now, *english)
            await _kept(screen, lambda: store.publish(one), "published")
            dialog.submit(None)

        async def take_back() -> None:
            await _kept(screen, lambda: store.take_back(number), "taken-back")
            dialog.submit(None)

        with ui.row().classes("verbs"):
            ui.button(screen.say("publish"), on_click=keep)
            if known:
                ui.button(screen.say("take-back"), on_click=take_back).props("outline")
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(None)).props("outline")
    await answer_of(dialog)


async def _kept(screen: OfficeScreen, work: Any, done: str) -> None:
    """Write in a thread; show that it was done, or that the disk refuses."""
    try:
        await asyncio.to_thread(work)
    except OSError:
        screen.note(screen.say("not-kept"), good=False)
    else:
        screen.note(screen.say(done))
