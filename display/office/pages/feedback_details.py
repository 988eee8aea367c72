"""One complaint, other feedback or bad rating: all that is known of it, its words, and what this person may do with it.

Which moves there are is the caller's table; here only those are offered that this person may make. The words are shown to
those who deal with it.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from nicegui import ui

from caller.engine import commands as cmd
from caller.engine.followups import OWNERS, REVIEWS
from caller.people.feedback_store import TEXT_MAX, FeedbackStore
from caller.people.store import Entry
from caller.protocol.account_roles import takes_on
from config.catalogue import word
from config.hall_lists import reasons
from config.instants import Seconds, local
from config.settings import ReasonKind
from config.text_safety import for_html
from display.office.dialogs import choose, show_detail
from display.office.pages.feedback_answers import publish
from display.office.parts import facts
from display.office.screen import OfficeScreen, answer_of, dialog_box

OWNING_ROLES = frozenset({"manager", "handler", "guide"})
NO_HANDLER = "-"
COMES_SECONDS: Seconds = 5.0  # for a document that was not watched


def lines(screen: OfficeScreen) -> dict[str, dict[str, Any]]:
    """Return the follow-ups as this person sees them, by id."""
    return screen.views.get(f"followups/{screen.session.staff}", {}).get("followups", {})


class Letters:
    """The words of one follow-up, read anew after each act."""

    def __init__(self, screen: OfficeScreen, subject: str) -> None:
        self._screen, self._subject = screen, subject
        self.entries: list[Entry] = []

    async def read(self) -> None:
        """Read what is kept, where the person deals with such."""
        if self._screen.may(cmd.MoveFollowUp):
            store = FeedbackStore(self._screen.office.data)
            try:
                self.entries = await asyncio.to_thread(store.of, self._subject)
            except (sqlite3.Error, OSError):
                self._screen.note(self._screen.say("not-kept"), good=False)


async def open_soon(screen: OfficeScreen, id: str) -> None:
    """Show one from a page that does not watch them, as soon as they are here, until the person closes it."""
    topic, client = f"followups/{screen.session.staff}", screen.session.client
    await screen.watch(topic)
    with suppress(TimeoutError):
        async with asyncio.timeout(COMES_SECONDS):
            changes = client.changes()
            while topic not in client.views and await anext(changes, None):
                pass
    await open_one(screen, id)
    await screen.unwatch(topic)


async def open_one(screen: OfficeScreen, id: str) -> None:
    """Show one until the person closes it."""
    screen = screen.speaking("feedback")
    row = lines(screen).get(id)
    if row is None:
        return
    letters = Letters(screen, row["subject"])
    await letters.read()
    await show_detail(
        screen,
        row["number"],
        (),
        lambda: _draw(screen, id, letters),
        lambda: (lines(screen).get(id), tuple(letters.entries)),
    )


def _draw(screen: OfficeScreen, id: str, letters: Letters) -> None:
    row = lines(screen).get(id)
    if row is None:
        ui.label(screen.say("gone"))
        return
    say = screen.word
    title = f"{row['number']} {say('follow-up-kind', row['kind'])} · {say('follow-up-state', row['state'])}"
    ui.html(for_html(title), sanitize=False, tag="h2")
    day = {
        name: f"{local(row[name], screen.zone):%Y-%m-%d}" if row[name] else ""
        for name in ("due", "before", "archived", "appeal_until")
    }
    light = "" if row["light"] == "grey" else f" · {say('deadline-light', row['light'])}"
    department = next((each for each in screen.settings.departments if each.id == row["department"]), None)
    facts([
        (screen.say("opened"), screen.date_and_clock(row["opened"])), (screen.say("due"), f"{day['due']}{light}"),
        (screen.say("before"), day["before"]), (screen.say("way"), say("feedback-way", row["way"]) if row["way"] else ""),
        (screen.say("window"), row["window"]), (screen.say("clerk"), row["clerk"]),
        (screen.say("department"), screen.named(department) if department else ""),
        (screen.say("reason"), _listed(screen, "feedback", row["reason"])), (screen.say("owner"), row["owner"]),
        (screen.say("steps"), row["steps"] or ""), (screen.say("finding"), _listed(screen, "finding", row["finding"])),
        (screen.say("verdict"), say("verdict", row["verdict"]) if row["verdict"] else ""),
        (screen.say("appeal-until"), day["appeal_until"]), (screen.say("archived"), day["archived"]),
    ])  # fmt: skip
    for entry in letters.entries:
        with ui.element("blockquote"):
            at = f"{local(int(datetime.fromisoformat(entry.at).timestamp()) * 1_000_000, screen.zone):%Y-%m-%d %H:%M}"
            ui.label(f"{screen.say(f'field-{entry.field}')} · {at}").classes("quiet")
            ui.label(entry.value).classes("words")
    with ui.row().classes("verbs"):
        if (
            row["kind"] == "consultation"
            and row["state"] in ("closed", "archived")
            and screen.may(cmd.MoveFollowUp)
        ):
            ui.button(screen.say("publish"), on_click=partial(publish, screen, row, letters.entries)).props(
                "outline"
            )
        for move in row["moves"]:
            if _offers(screen, row, move):
                label = word("follow-up-move", move, screen.lang)
                ui.button(label[:1].upper() + label[1:], on_click=partial(_press, screen, id, move, letters))


def _offers(screen: OfficeScreen, row: Mapping[str, Any], move: cmd.FollowUpMove) -> bool:
    """Return whether this person may make a move that the table has."""
    me, roles = screen.session.staff, screen.session.roles
    if not screen.may(cmd.MoveFollowUp) or ("manager" not in roles and not takes_on(move, me, "")):
        return False
    if move in OWNERS:
        return row["owner"] == me
    return move not in REVIEWS or row["owner"] != me


async def _press(screen: OfficeScreen, id: str, move: cmd.FollowUpMove, letters: Letters) -> None:
    """Ask what a move needs, and send it; the words of an answer are kept first."""
    row, me = lines(screen).get(id), screen.session.staff
    if row is None:
        return
    owner, code, department, words = "", "", "", ""
    match move:
        case "assign" if "manager" in screen.session.roles:
            owner = (
                await choose(screen, screen.say("ask-owner"), _owners(screen, row), screen.say("give")) or ""
            )
        case "assign":
            owner = me
        case "transfer":
            known = {each.id: screen.named(each) for each in screen.settings.departments}
            department = await choose(screen, screen.say("ask-department"), known, screen.say("next")) or ""
            handlers = {NO_HANDLER: screen.say("no-handler")} | _owners(screen, row, department)
            found = department and await choose(
                screen, screen.say("ask-handler"), handlers, screen.say("give")
            )
            if not found:
                return
            owner = "" if found == NO_HANDLER else found
        case "step":
            code = (
                await choose(screen, screen.say("ask-step"), _codes(screen, "step"), screen.say("note")) or ""
            )
        case "answer":
            code, words = await _ask_answer(screen)
        case _:
            pass
    if (move == "assign" and not owner) or (move in ("step", "answer") and not code):
        return
    store, kept = FeedbackStore(screen.office.data), 0
    if words:
        try:
            kept = await asyncio.to_thread(store.answer, row["subject"], words, datetime.now(UTC))
        except (sqlite3.Error, OSError):
            screen.note(screen.say("not-kept"), good=False)
            return
    done = await screen.send(cmd.MoveFollowUp(id, move, me, owner, code, department), screen.say("done"))
    if done is None and kept:
        await asyncio.to_thread(store.take_back, kept)
    await letters.read()


async def _ask_answer(screen: OfficeScreen) -> tuple[str, str]:
    """Return the finding and the words of an answer; ("", "") where the person goes back or wrote none."""
    with dialog_box(screen.say("ask-answer"), "detail") as dialog:
        ui.label(screen.say("ask-answer")).classes("question")
        finding = ui.radio(_codes(screen, "finding"))
        words = ui.textarea(screen.say("answer-words")).props(f"outlined dense maxlength={TEXT_MAX}")

        def press() -> None:
            given = (words.value or "").strip()
            if not finding.value or not given:
                screen.note(screen.say("no-answer"), good=False)
            else:
                dialog.submit((finding.value, given))

        with ui.row().classes("verbs"):
            ui.button(screen.say("answer"), on_click=press)
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(None)).props("outline")
    return cast("tuple[str, str] | None", await answer_of(dialog)) or ("", "")


def _owners(screen: OfficeScreen, row: Mapping[str, Any], department: str = "") -> dict[str, str]:
    """Return who may own one, by staff number: not whom it is about; of a department where one is named."""
    known = screen.office.accounts.all()
    return {
        each.staff: f"{each.staff} {each.name}".strip()
        for each in known
        if OWNING_ROLES & set(each.roles)
        and each.staff != row["clerk"]
        and department in ("", each.department)
    }


def _codes(screen: OfficeScreen, kind: ReasonKind) -> dict[str, str]:
    return {each.id: screen.named(each) for each in reasons(screen.settings, kind)}


def _listed(screen: OfficeScreen, kind: ReasonKind, code: str) -> str:
    return _codes(screen, kind).get(code, code)
