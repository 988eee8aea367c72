"""Complaints, other feedback and bad ratings: the list with its lights, and what came by call, letter or visit taken down.

A person sees them as the caller shows them to that person: without the complaints about them. Words and contacts lie in
the people's store and are kept before the caller is asked, and taken back where it refuses.
"""

import asyncio
import sqlite3
from datetime import UTC, datetime
from typing import Any

from nicegui import ui

from caller.client.client import new_id
from caller.engine.feedback_messages import FEEDBACK_KINDS, SubmitFeedback
from caller.people.feedback_store import CONTACT_MAX, TEXT_MAX, Feedback, FeedbackStore, stamp
from config.hall_lists import reasons
from config.instants import local
from display.office.pages.feedback_details import lines, open_one
from display.office.parts import DataTable, TableColumn, figures, told_off
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box

COLUMNS = ("number", "kind", "state", "window", "department", "owner", "opened", "due", "way")
OFFICE_WAYS = ("call", "letter", "visit")
COUNTED = ("red", "yellow", "green", "accepted", "coordinated", "transferred", "filed")
ORDER = {"red": 0, "yellow": 1, "green": 2, "grey": 3}
KINDS = (*FEEDBACK_KINDS, "rating", "accountability")


async def draw(screen: OfficeScreen) -> None:
    """Draw the counts, the filter and the list; what is overdue stands first."""
    told_off(screen, "feedback", screen.settings.feedback.enabled)
    await screen.watch(f"followups/{screen.session.staff}")
    if screen.session.roles & {"manager", "supervisor", "auditor"}:
        await screen.watch("supervise")
        screen.part(lambda: _draw_counts(screen), lambda: screen.views.get("supervise", {}).get("feedback"))
    chosen: dict[str, Any] = {"kinds": [], "open": True}
    with ui.row().classes("filter"):
        kinds = {each: screen.word("follow-up-kind", each) for each in KINDS}
        picked = ui.select(kinds, label=screen.say("kind"), multiple=True)
        picked.props("outlined dense clearable use-chips").bind_value_to(chosen, "kinds")
        ui.switch(screen.say("only-open"), value=True).bind_value_to(chosen, "open")
        if screen.may(SubmitFeedback) and screen.settings.feedback.enabled:
            ui.button(screen.say("take"), on_click=lambda: take_down(screen))
    columns = [TableColumn(each, screen.say(each)) for each in COLUMNS]
    DataTable(screen, columns, lambda: _rows(screen, chosen), lambda id: open_one(screen, id), search=True)


def _draw_counts(screen: OfficeScreen) -> None:
    counts = screen.views.get("supervise", {}).get("feedback")
    if counts:
        figures([(screen.say(f"count-{each}"), counts[each]) for each in COUNTED])


def _rows(screen: OfficeScreen, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        (id, row)
        for id, row in lines(screen).items()
        if (not chosen["kinds"] or row["kind"] in chosen["kinds"])
        and not (chosen["open"] and row["state"] == "archived")
    ]
    return [
        _row(screen, id, row)
        for id, row in sorted(found, key=lambda each: (ORDER[each[1]["light"]], each[1]["due"]))
    ]


def _row(screen: OfficeScreen, id: str, row: dict[str, Any]) -> dict[str, Any]:
    department = next((each for each in screen.settings.departments if each.id == row["department"]), None)
    return {
        "id": id, "light": row["light"], "number": row["number"], "kind": screen.word("follow-up-kind", row["kind"]),
        "state": screen.word("follow-up-state", row["state"]), "window": row["window"],
        "department": screen.named(department) if department else "", "owner": row["owner"],
        "opened": f"{local(row['opened'], screen.zone):%Y-%m-%d}", "due": f"{local(row['due'], screen.zone):%Y-%m-%d}",
        "way": screen.word("feedback-way", row["way"]) if row["way"] else "",
    }  # fmt: skip


# --- what came by call, letter or visit


class TakingForm:
    """What is asked of who takes feedback down for a person."""

    def __init__(self, screen: OfficeScreen) -> None:
        say, word = screen.say, screen.word
        style = "outlined dense"
        self.kind = ui.select(
            {each: word("follow-up-kind", each) for each in FEEDBACK_KINDS},
            label=say("kind"),
            value="complaint",
        ).props(style)
        self.way = ui.select(
            {each: word("feedback-way", each) for each in OFFICE_WAYS}, label=say("way"), value="call"
        ).props(style)
        windows = {each.id: f"{each.id} {screen.named(each)}" for each in screen.settings.windows}
        self.window = ui.select(windows, label=say("window"), clearable=True).props(style)
        self.clerk = ui.input(say("clerk")).props(f"{style} maxlength=32")
        listed = {each.id: screen.named(each) for each in reasons(screen.settings, "feedback")}
        self.reason = ui.select(listed, label=say("reason"), clearable=True).props(style)
        self.words = ui.textarea(say("words")).props(f"{style} maxlength={TEXT_MAX}")
        self.contact = ui.input(say("contact")).props(f"{style} maxlength={CONTACT_MAX}")
        self.anonymous = ui.switch(say("anonymous"))
        ui.label(say("apart")).classes("quiet")

    def command(self) -> SubmitFeedback:
        """Return what is to be sent."""
        given: tuple[str | None, ...] = (self.window.value, self.clerk.value, self.reason.value)
        window, clerk, reason = ((each or "").strip() for each in given)
        anonymous = bool(self.anonymous.value)
        return SubmitFeedback(
            self.kind.value or "complaint",
            self.way.value or "call",
            window=window,
            clerk=clerk,
            reason=reason,
            anonymous=anonymous,
        )

    def letter(self, id: str, command: SubmitFeedback) -> Feedback:
        """Return the words and the contact to keep; of an anonymous one no contact."""
        contact = "" if command.anonymous else (self.contact.value or "").strip()
        words = (self.words.value or "").strip()
        return Feedback(id, "", command.window, command.kind, 0, words, contact, stamp(datetime.now(UTC)))


async def take_down(screen: OfficeScreen) -> None:
    """Ask, keep and send until it is received or the person goes back; then show the receipt."""
    screen = screen.speaking("feedback")
    with dialog_box(screen.say("take"), "detail") as dialog:
        ui.label(screen.say("take")).classes("question")
        form = TakingForm(screen)

        async def press() -> None:
            if given := await _received(screen, form):
                dialog.submit(given)

        with ui.row().classes("verbs"):
            ui.button(screen.say("receive"), on_click=press)
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(None)).props("outline")
    given = await answer_of(dialog)
    if given:
        await _show_receipt(screen, given)


async def _received(screen: OfficeScreen, form: TakingForm) -> dict[str, Any] | None:
    """Keep the words and send the command; None where it was not received, which is then said."""
    command, id, store = form.command(), new_id(), FeedbackStore(screen.office.data)
    letter = form.letter(id, command)
    if not letter.text:
        screen.note(screen.say("no-words"), good=False)
        return None
    try:
        await asyncio.to_thread(store.put_under, f"follow-up/{id}", letter)
    except (sqlite3.Error, OSError):
        screen.note(screen.say("not-kept"), good=False)
        return None
    given = await screen.send(command, id=id)
    if given is None:
        await asyncio.to_thread(store.forget, f"follow-up/{id}")
    return given


async def _show_receipt(screen: OfficeScreen, given: dict[str, Any]) -> None:
    with dialog_box(screen.say("receipt"), "ask") as dialog:
        ui.label(screen.say("received", number=given["number"])).classes("question")
        ui.label(screen.say("answer-by", due=f"{local(given['due'], screen.zone):%Y-%m-%d}"))
        ui.label(screen.say("code", digits=given["code"])).classes("code")
        with ui.row().classes("verbs"):
            ui.button(screen.say("close"), on_click=dialog.close).props("autofocus")
    await answer_of(dialog)


PAGE = OfficePage("feedback", frozenset({"manager", "supervisor", "auditor", "handler", "guide"}), draw)
