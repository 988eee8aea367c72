"""A queue and a number in detail, and what a manager may do for a number: move, postpone, take up again, cancel.

A number is looked for with the guide desk's own topic (`find/KEY`): a queue's letter finds who waits there.
"""

from functools import partial
from typing import Any

from nicegui import ui

from caller.engine import commands as cmd
from caller.engine import guide_commands as guide
from config.text_safety import for_html
from display.office.dialogs import choose, show_detail
from display.office.parts import facts, opens_button
from display.office.screen import OfficeScreen

LISTED = ("waiting", "held")
POSTPONED_MINUTES = 10  # as the kiosk and the phone ask for it


async def open_queue(screen: OfficeScreen, id: str) -> None:
    """Show a queue until the person closes it: its waits, and the windows it is called from."""

    topic = f"find/{id}"

    def shows() -> object:
        view = screen.views.get("supervise", {})
        states = [row["state"] for row in view.get("windows", {}).values()]
        return view.get("queues", {}).get(id), states, screen.views.get(topic)

    await show_detail(screen, id, (topic,), lambda: _draw_queue(screen, id), shows)


def _draw_queue(screen: OfficeScreen, id: str) -> None:
    view = screen.views.get("supervise", {})
    queue = view.get("queues", {}).get(id)
    if queue is None:
        ui.label(screen.say("waiting-for"))
        return
    ui.html(for_html(f"{id} {screen.named(queue)}"), sanitize=False, tag="h2")
    facts([
        (screen.say("waiting"), queue["waiting"]),
        (screen.say("longest"), screen.minutes(queue["oldest"]) if queue["oldest"] else ""),
        (screen.say("late"), queue["late"]), (screen.say("held"), queue["held"]),
        (screen.say("held-since"), screen.clock(queue["held_since"])),
    ])  # fmt: skip
    windows = view.get("windows", {})
    serving = [
        f"{each.id} {screen.named(each)} · {screen.word('window-state', windows[each.id]['state'])}"
        for each in screen.settings.windows
        if id in (*each.queues, *each.helps) and each.id in windows
    ]
    _draw_waiting(screen, id)
    ui.label(screen.say("called-from")).classes("quiet")
    with ui.element("ul").classes("plain"):
        for line in serving:
            with ui.element("li"):
                ui.label(line)


def _draw_waiting(screen: OfficeScreen, queue: str) -> None:
    """Draw the numbers that wait in a queue, as far as they are found; each opens."""
    found = screen.views.get(f"find/{queue}", {})
    rows = [each for each in found.get("tickets", []) if each["queue"] == queue and each["state"] in LISTED]
    rows.reverse()  # who came first stands first
    if rows:
        with ui.element("div").classes("numbers"):
            ui.label(screen.say("numbers")).classes("quiet")
            for row in rows:
                opens_button(row["number"], partial(open_ticket, screen, row["ticket"]), row["ticket"])


async def open_ticket(screen: OfficeScreen, id: str) -> None:
    """Show a number until the person closes it."""
    topic = f"ticket/{id}"
    await show_detail(
        screen,
        screen.say("number"),
        (topic,),
        lambda: _draw_ticket(screen, id),
        lambda: screen.views.get(topic),
    )


def _draw_ticket(screen: OfficeScreen, id: str) -> None:
    ticket = screen.views.get(f"ticket/{id}")
    if not ticket:
        ui.label(screen.say("waiting-for"))
        return
    items = {each.id: each for each in screen.settings.items}
    ui.html(for_html(ticket["number"]), sanitize=False, tag="h2")
    windows = {each.name: f"{each.id} {screen.named(each)}" for each in screen.settings.windows}
    queue = (ticket["queue_name_en"] if screen.lang == "en" else "") or ticket["queue_name"]
    facts([
        (screen.say("ticket-state"), screen.word("ticket-state", ticket["state"])),
        (screen.say("queue"), f"{ticket['queue']} {queue}"), (screen.say("class"), _class(screen, ticket["priority"])),
        (screen.say("items"), screen.listed(screen.named(items[each]) if each in items else each for each in ticket["items"])),
        (screen.say("issued-at"), screen.clock(ticket["issued"])),
        (screen.say("ahead"), ticket["ahead"] if ticket["state"] == "waiting" else ""),
        (screen.say("wait"), _band(ticket)), (screen.say("not-before"), screen.clock(ticket["not_before"])),
        (screen.say("window"), ticket["window"]), (screen.say("callable"), screen.listed(str(windows.get(each, each)) for each in ticket["windows"])),
    ])  # fmt: skip
    _draw_verbs(screen, id, ticket)


def _class(screen: OfficeScreen, id: str) -> str:
    return next((screen.named(each) for each in screen.settings.classes if each.id == id), id)


def _band(ticket: dict[str, Any]) -> str:
    return f"{ticket['low']}–{ticket['high']}" if ticket["low"] >= 0 else ""


def _draw_verbs(screen: OfficeScreen, id: str, ticket: dict[str, Any]) -> None:
    with ui.row().classes("verbs"):
        if ticket["state"] == "waiting" and screen.may(cmd.PostponeTicket):
            late = cmd.PostponeTicket(id, POSTPONED_MINUTES)
            done = screen.say("postpone-done", minutes=POSTPONED_MINUTES)
            label = screen.say("postpone", minutes=POSTPONED_MINUTES)
            ui.button(label, on_click=lambda: screen.send(late, done))
        if ticket["state"] == "waiting" and screen.may(guide.ChangeTicket):
            ui.button(screen.say("move"), on_click=lambda: _move(screen, id, ticket))
        if ticket["missed_can_return"] and screen.may(cmd.RequeueTicket):
            again = cmd.RequeueTicket(id)
            ui.button(screen.say("requeue"), on_click=lambda: screen.send(again, screen.say("requeue-done")))
        if ticket["state"] in ("waiting", "held", "missed") and screen.may(cmd.CancelTicket):
            ui.button(screen.say("cancel-ticket"), on_click=lambda: _cancel(screen, id, ticket["number"]))


async def _move(screen: OfficeScreen, id: str, ticket: dict[str, Any]) -> None:
    """Ask for another queue, and move the number there; it keeps its place by the hour it was given."""
    others = {
        each.id: f"{each.id} {screen.named(each)}"
        for each in screen.settings.queues
        if each.id != ticket["queue"]
    }
    queue = await choose(
        screen, screen.say("move-where", number=ticket["number"]), others, screen.say("move")
    )
    if queue:
        done = screen.say("move-done", number=ticket["number"], queue=queue)
        await screen.send(guide.ChangeTicket(id, queue=queue), done)


async def _cancel(screen: OfficeScreen, id: str, number: str) -> None:
    if await screen.ask(screen.say("cancel-sure", number=number), screen.say("cancel-ticket")):
        await screen.send(cmd.CancelTicket(id), screen.say("cancel-done", number=number))
