"""Rectifications: bad ratings from verification to publication, with the words and the contact that go with each.

The caller decides what may be done and by whom; a step that comes too early, or needs another person, is refused in its
words. Letters and answers lie in the people's store of this PC, and leave it when their purpose has ended.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from nicegui import ui

from caller.engine.commands import FollowUpMove, MoveFollowUp
from caller.engine.rating_messages import AppealRating, MoveRectification, RectificationMove
from caller.people.store import Entry, PeopleStore
from caller.reports.rating_cards import card_sheet, rated_windows
from config.hall_lists import reasons
from config.settings import ReasonKind
from config.text_safety import for_html
from display.office.dialogs import choose, show_detail
from display.office.parts import DataTable, TableColumn, facts, figures, heading, told_off
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box

TOPIC = "rectifications"
COLUMNS = ("number", "window", "level", "state", "owner", "due", "calls", "left")
COUNTED = ("opened", "named", "called", "righted", "closed", "late", "appealed", "excluded", "published")
LISTS: Mapping[str, ReasonKind] = {
    "verify": "finding",
    "right": "measure",
    "answer": "finding",
    "appeal": "objection",
}
CALL_RESULTS = ("reached", "no-reply", "refused", "wrong-number")
ANSWER_CHARS_MAX = 500
ANSWERED = "reply"  # the field of the hall's answer among a ticket's entries


def draw(screen: OfficeScreen) -> None:
    """Draw the counts of this month and the table of what is open."""
    told_off(screen, "ratings", screen.settings.ratings.rectify)
    ui.button(screen.say("cards"), on_click=lambda: _print_cards(screen)).props("outline").classes("above")
    screen.part(lambda: _draw_month(screen), lambda: _view(screen).get("months"))
    columns = [TableColumn(each, screen.say(each), each == "level") for each in COLUMNS]
    DataTable(screen, columns, lambda: _rows(screen), partial(_open, screen), search=True, rows_a_page=50)


def _print_cards(screen: OfficeScreen) -> None:
    """Hand the cards of all windows to the browser, to be printed there."""
    page = card_sheet(screen.settings, rated_windows(screen.settings))
    ui.download.content(page.encode(), "cards.html", "text/html")


def _view(screen: OfficeScreen) -> dict[str, Any]:
    return screen.views.get(TOPIC, {})


def _draw_month(screen: OfficeScreen) -> None:
    """Draw the counts of the newest month, with the share of the named who were called back."""
    months: dict[str, dict[str, int]] = _view(screen).get("months", {})
    if not months:
        return
    newest = max(months)
    counts = months[newest]
    heading(screen.say("month", month=newest))
    share = f"{100 * counts['called'] / counts['named']:.0f}%" if counts["named"] else "—"
    shown = [(screen.word("rectification-count", name), counts[name]) for name in COUNTED]
    figures([*shown, (screen.say("called-share"), share)])
    last = _view(screen).get("ranked_last", [])
    if last:
        ui.label(screen.say("ranked-last", windows=screen.listed(last))).classes("warning")


def _rows(screen: OfficeScreen) -> list[dict[str, Any]]:
    lines: dict[str, dict[str, Any]] = _view(screen).get("rectifications", {})
    ordered = sorted(lines.items(), key=lambda each: (each[1]["state"] == "closed", each[1]["due"]))
    return [_row(screen, id, line) for id, line in ordered]


def _row(screen: OfficeScreen, id: str, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id, "light": "red" if line["call_light"] == "red" else line["light"], "number": line["number"],
        "window": line["window"], "level": line["level"], "state": _state(screen, line), "owner": line["owner"],
        "due": screen.date_and_clock(line["due"])[:10], "calls": _calls(screen, line),
        "left": screen.listed(screen.word("rectification-move", each) for each in line["left"]),
    }  # fmt: skip


def _state(screen: OfficeScreen, line: dict[str, Any]) -> str:
    words = [screen.word("follow-up-state", line["state"])]
    if line["appeal"]:
        words.append(screen.word("rating-appeal", line["appeal"]))
    if line["published"]:
        words.append(screen.say("published"))
    return " · ".join(words)


def _calls(screen: OfficeScreen, line: dict[str, Any]) -> str:
    if not line["named"]:
        return screen.say("anonymous")
    if line["reached"]:
        return screen.say("reached", tries=line["tries"])
    due = screen.date_and_clock(line["call_due"])
    return screen.say("tried", tries=line["tries"]) if line["tries"] else screen.say("call-until", due=due)


# --- one rectification


async def _open(screen: OfficeScreen, id: str) -> None:
    """Show one until the person closes it, with its letters."""
    line = _view(screen).get("rectifications", {}).get(id)
    if line is None:
        return
    letters = await _letters(screen, line["subject"])
    await show_detail(
        screen,
        line["number"],
        (),
        lambda: _draw_one(screen, id, letters),
        lambda: _view(screen).get("rectifications", {}).get(id),
    )


async def _letters(screen: OfficeScreen, subject: str) -> list[Entry]:
    """Return the words that belong to a visit or the rating of a case, for those who work on it; none for those who only look."""
    if not screen.may(MoveRectification):
        return []
    try:
        return await asyncio.to_thread(PeopleStore(screen.office.data).of, [subject])
    except (sqlite3.Error, OSError):
        screen.note(screen.say("no-letters"), good=False)
        return []


def _draw_one(screen: OfficeScreen, id: str, letters: list[Entry]) -> None:
    line = _view(screen).get("rectifications", {}).get(id)
    if line is None:
        ui.label(screen.say("gone"))
        return
    ui.html(for_html(f"{line['number']} · {line['ticket_number'] or line['case']}"), sanitize=False, tag="h2")
    facts([
        (screen.say("state"), _state(screen, line)), (screen.say("window"), line["window"]),
        (screen.say("case"), line["case"]),
        (screen.say("level"), screen.word("level", str(line["level"])) if line["level"] else ""),
        (screen.say("added"), screen.word("level", str(line["added"])) if line["added"] else ""),
        (screen.say("clerk"), line["clerk"]), (screen.say("owner"), line["owner"]),
        (screen.say("opened"), screen.date_and_clock(line["opened"])), (screen.say("due"), screen.date_and_clock(line["due"])),
        (screen.say("calls"), _calls(screen, line)), (screen.word("rectification-move", "verify"), _named(screen, "finding", line["verified"])),
        (screen.word("rectification-move", "right"), _named(screen, "measure", line["righted"])),
        (screen.say("finding"), _named(screen, "finding", line["finding"])),
        (screen.say("appeal"), _named(screen, "objection", line["appeal_code"])),
        (screen.say("left"), screen.listed(screen.word("rectification-move", each) for each in line["left"])),
    ])  # fmt: skip
    for each in letters:
        with ui.element("div").classes("letter"):
            label = "added-words" if each.purpose == "addition" else f"field-{each.field}"
            ui.label(f"{screen.say(label)} · {each.at[:10]}").classes("quiet")
            ui.label(each.value)
    with ui.row().classes("verbs"):
        _draw_moves(screen, id, line)
        _draw_steps(screen, id, line)


def _named(screen: OfficeScreen, kind: ReasonKind, code: str) -> str:
    """Return the name of a code of the hall's list; the code itself where the list has it no more."""
    found = next((each for each in reasons(screen.settings, kind) if each.id == code), None)
    return screen.named(found) if found else code


def _options(screen: OfficeScreen, move: str) -> dict[str, str]:
    if move == "call":
        return {each: screen.word("call-result", each) for each in CALL_RESULTS}
    return {each.id: screen.named(each) for each in reasons(screen.settings, LISTS[move])}


def _draw_moves(screen: OfficeScreen, id: str, line: dict[str, Any]) -> None:
    """Draw the verbs of the follow-up itself."""
    if not screen.may(MoveFollowUp):
        return
    for move in line["moves"]:
        label = screen.word("follow-up-move", move)
        match move:
            case "step":
                continue  # the steps of a rectification have names
            case "assign":
                ui.button(label, on_click=partial(_assign, screen, id, line)).props("outline")
            case "answer":
                ui.button(label, on_click=partial(_answer, screen, id, line)).props("outline")
            case _:
                ui.button(label, on_click=partial(_follow, screen, id, line, move)).props("outline")


def _draw_steps(screen: OfficeScreen, id: str, line: dict[str, Any]) -> None:
    if not screen.may(MoveRectification):
        return
    for step in line["steps"]:
        label = screen.word("rectification-move", step)
        coded = step in LISTS or step == "call"
        press = (
            partial(_coded, screen, id, line, step) if coded else partial(_step, screen, id, line, step, "")
        )
        ui.button(label, on_click=press)
    if (
        not line["appeal"]
        and line["state"] in ("opened", "assigned", "reopened")
        and screen.may(AppealRating)
    ):
        ui.button(screen.say("appeal-for"), on_click=partial(_appeal, screen, id, line)).props("outline")


async def _step(
    screen: OfficeScreen, id: str, line: dict[str, Any], step: RectificationMove, code: str
) -> None:
    done = f"{line['number']}: {screen.word('rectification-move', step)}"
    await screen.send(MoveRectification(id, step, screen.session.staff, code), done)


async def _coded(screen: OfficeScreen, id: str, line: dict[str, Any], step: RectificationMove) -> None:
    label = screen.word("rectification-move", step)
    code = await choose(screen, f"{line['number']} · {label}", _options(screen, step), label)
    if code:
        await _step(screen, id, line, step, code)


async def _appeal(screen: OfficeScreen, id: str, line: dict[str, Any]) -> None:
    label = screen.say("appeal-for")
    code = await choose(screen, f"{line['number']} · {label}", _options(screen, "appeal"), label)
    if code:
        done = f"{line['number']}: {screen.word('rating-appeal', 'raised')}"
        await screen.send(AppealRating(id, screen.session.staff, code), done)


async def _follow(screen: OfficeScreen, id: str, line: dict[str, Any], move: FollowUpMove) -> None:
    done = f"{line['number']}: {screen.word('follow-up-move', move)}"
    await screen.send(MoveFollowUp(id, move, screen.session.staff), done)


async def _assign(screen: OfficeScreen, id: str, line: dict[str, Any]) -> None:
    """Ask who owns it from now on: any usable account but the clerk's that was rated."""
    store = screen.office.accounts
    store.refresh()
    people = {
        each.staff: f"{each.staff} {each.name}".strip()
        for each in store.all()
        if not each.disabled and each.kind == "person" and each.staff != line["clerk"]
    }
    label = screen.word("follow-up-move", "assign")
    owner = await choose(screen, f"{line['number']} · {label}", people, label, screen.session.staff)
    if owner:
        done = screen.say("assigned", number=line["number"], owner=owner)
        await screen.send(MoveFollowUp(id, "assign", screen.session.staff, owner), done)


async def _answer(screen: OfficeScreen, id: str, line: dict[str, Any]) -> None:
    """Ask for the finding and the words of the answer; the words are kept before the move, and not without it."""
    label = screen.word("follow-up-move", "answer")
    with dialog_box(label, "ask form") as dialog:
        ui.label(f"{line['number']} · {label}").classes("question")
        options = _options(screen, "answer")
        code = ui.select(options, label=screen.say("finding"), value=next(iter(options), None)).props(
            "outlined dense"
        )
        words = ui.textarea(screen.say("answer-words")).props(f"outlined maxlength={ANSWER_CHARS_MAX}")
        with ui.row().classes("verbs"):
            ui.button(label, on_click=lambda: dialog.submit(True))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
    if not await answer_of(dialog) or not code.value:
        return
    store, text = PeopleStore(screen.office.data), (words.value or "").strip()
    subject, now = line["subject"], datetime.now(UTC)
    try:
        kept = await asyncio.to_thread(store.keep, subject, "answer", ANSWERED, text, now) if text else 0
    except (sqlite3.Error, OSError):
        screen.note(screen.say("not-kept"), good=False)
        return
    done = f"{line['number']}: {label}"
    command = MoveFollowUp(id, "answer", screen.session.staff, code=str(code.value))
    if await screen.send(command, done) is None and kept:
        await asyncio.to_thread(store.delete, "id = ?", [kept])


PAGE = OfficePage(TOPIC, frozenset({"manager", "handler", "supervisor", "auditor"}), draw, (TOPIC,))
