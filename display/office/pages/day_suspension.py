"""What stands still today, and the verbs for it: suspend the hall, a queue or an item, go on, and tell all who wait."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from nicegui import ui

from caller.engine.suspension_terms import (
    LiftSuspension,
    NotifyWaiting,
    Suspend,
    SuspendedScope,
    key,
)
from config.hall_lists import reasons
from config.instants import instant
from config.settings import ReasonKind
from display.office.parts import heading
from display.office.screen import OfficeScreen, answer_of, dialog_box

NOTICE_MINUTES = NotifyWaiting("").minutes  # where a manager changes nothing
HALL = "hall"


def draw_suspensions(screen: OfficeScreen) -> None:
    """Draw what is suspended and the messages that hold, with the verbs of a person who may."""
    heading(screen.say("suspension"))
    screen.part(lambda: _draw(screen), lambda: _facts(screen))


def draw_standstill(screen: OfficeScreen, more: Callable[[], None]) -> None:
    """Draw the same in short, for a page of other things; `more` draws further verbs beside these."""
    screen = screen.speaking("day")
    screen.part(lambda: _draw(screen, more), lambda: _facts(screen))


def _facts(screen: OfficeScreen) -> tuple[bool, list[dict[str, Any]], list[dict[str, Any]]]:
    """Return whether the day is open, what is suspended, and the messages that hold besides."""
    kiosk = screen.views.get("kiosk")
    if kiosk is None:
        return False, [], []
    suspended = kiosk.get("suspended", [])
    spoken = {line["call"] for line in suspended}  # each suspension is a message too
    return (
        kiosk["hall"]["open"],
        suspended,
        [each for each in kiosk.get("said", []) if each["call"] not in spoken],
    )


def _draw(screen: OfficeScreen, more: Callable[[], None] | None = None) -> None:
    is_open, suspended, messages = _facts(screen)
    for line in suspended:
        with ui.element("div").classes("alert suspended").mark(key(line["scope"], line["id"])):
            ui.label(_about(screen, line))
            if screen.may(LiftSuspension):
                lift = ui.button(screen.say("lift"), on_click=partial(_lift, screen, line))
                lift.props("outline dense")
    for message in messages:
        with ui.element("div").classes("alert message"):
            ui.label(message["en" if screen.lang == "en" else "zh"])
            ui.label(screen.say("holds-until", time=screen.clock(message["until"]))).classes("since")
    if not suspended and not more:
        ui.label(screen.say("nothing-suspended")).classes("quiet")
    with ui.row().classes("verbs"):
        if is_open and screen.may(Suspend):
            suspend = ui.button(screen.say("suspend"), on_click=lambda: _suspend(screen))
            suspend.props("outline" if more else "")
        if is_open and screen.may(NotifyWaiting):
            ui.button(screen.say("notify"), on_click=lambda: _notify(screen)).props("outline")
        if is_open and more:
            more()


def _about(screen: OfficeScreen, line: dict[str, Any]) -> str:
    """Return what is suspended, why, since when, and until when it is expected to last."""
    name, reason = screen.named(line), line["reason_en" if screen.lang == "en" else "reason"]
    parts = [f"{line['id']} {name}" if line["scope"] == "queue" else name, reason]
    parts.append(screen.say("suspended-since", time=screen.clock(line["since"])))
    if line["until"]:
        parts.append(screen.say("expected-until", time=screen.clock(line["until"])))
    return " · ".join(parts)


async def _lift(screen: OfficeScreen, line: dict[str, Any]) -> None:
    await screen.send(
        LiftSuspension(line["scope"], line["id"]), screen.say("lift-done", name=screen.named(line))
    )


def _listed(screen: OfficeScreen, kind: ReasonKind, label: str) -> ui.select:
    """Draw a choice of one of the hall's lists."""
    options = {each.id: screen.named(each) for each in reasons(screen.settings, kind)}
    chosen = ui.select(options, label=screen.say(label), value=next(iter(options), None))
    return chosen.props("outlined dense")


async def _suspend(screen: OfficeScreen) -> None:
    """Ask what stands still, why and until when, and suspend it."""
    settings = screen.settings
    options = {HALL: screen.say("whole-hall")}
    options |= {key("queue", each.id): f"{each.id} {screen.named(each)}" for each in settings.queues}
    options |= {key("item", each.id): screen.say("item", name=screen.named(each)) for each in settings.items}
    with dialog_box(screen.say("suspend"), "ask form") as dialog:
        ui.label(screen.say("suspend")).classes("question")
        ui.label(screen.say("suspend-what"))
        what = ui.select(options, label=screen.say("what"), value=HALL, with_input=True).props(
            "outlined dense"
        )
        reason = _listed(screen, "suspend", "reason")
        until = ui.input(screen.say("until-expected")).props("type=time outlined dense stack-label")
        moves = ui.checkbox(screen.say("move-bookings"))
        with ui.row().classes("verbs"):
            ui.button(screen.say("suspend"), on_click=lambda: dialog.submit(True))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
    if not await answer_of(dialog) or what.value is None:
        return
    scope, _, id = str(what.value).partition("/")
    day, given = screen.views["kiosk"]["hall"]["day"], until.value
    at = instant(day, given, screen.zone) if given and day else 0
    command = Suspend(
        cast(SuspendedScope, scope), str(reason.value), id, at, "move" if moves.value else "stay"
    )
    await screen.send(command, screen.say("suspend-done", name=options[what.value]))


async def _notify(screen: OfficeScreen) -> None:
    """Ask which of the hall's messages all who wait are told, and for how long."""
    queues = {"": screen.say("all-queues")}
    queues |= {each.id: f"{each.id} {screen.named(each)}" for each in screen.settings.queues}
    with dialog_box(screen.say("notify"), "ask form") as dialog:
        ui.label(screen.say("notify")).classes("question")
        ui.label(screen.say("notify-what"))
        code = _listed(screen, "notice", "message")
        queue = ui.select(queues, label=screen.say("to-whom"), value="").props("outlined dense")
        minutes = ui.number(screen.say("for-minutes"), value=NOTICE_MINUTES, min=1, precision=0).props(
            "outlined dense"
        )
        with ui.row().classes("verbs"):
            ui.button(screen.say("notify"), on_click=lambda: dialog.submit(True))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
    if await answer_of(dialog):
        lasts = int(minutes.value or NOTICE_MINUTES)
        await screen.send(
            NotifyWaiting(str(code.value), str(queue.value), lasts), screen.say("notify-done", minutes=lasts)
        )
