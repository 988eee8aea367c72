"""One window in detail: who is there, who is next, and what a manager may do for it.

The verbs are those of the window's own document, which says what the caller would carry out now. A forgotten window is
closed here: first what is in the middle there is ended, as the engine wants it.
"""

from functools import partial
from typing import Any

from nicegui import ui

from caller.engine import commands as cmd
from config.hall_lists import reasons
from config.text_safety import for_html
from display.office.dialogs import choose, show_detail, verb_button
from display.office.pages.live_details import open_ticket
from display.office.pages.live_queues import queues_button
from display.office.parts import facts, opens_button
from display.office.screen import OfficeScreen, answer_of, dialog_box

AT_WINDOW = ("called", "serving")
LISTS = ("next", "held", "missed")


async def open_window(screen: OfficeScreen, id: str) -> None:
    """Show a window until the person closes it."""
    topic = f"window/{id}"

    def shows() -> object:
        return screen.views.get(topic), screen.views.get("supervise", {}).get("windows", {}).get(id)

    await show_detail(screen, id, (topic,), lambda: _draw(screen, id), shows)


def _draw(screen: OfficeScreen, id: str) -> None:
    row = screen.views.get("supervise", {}).get("windows", {}).get(id)
    document = screen.views.get(f"window/{id}")
    if row is None:
        ui.label(screen.say("waiting-for"))
        return
    ui.html(for_html(f"{id} {screen.named(row)}"), sanitize=False, tag="h2")
    reason = (row["reason_en"] if screen.lang == "en" else "") or row["reason"]
    facts([
        (screen.say("state"), screen.word("window-state", row["state"]) + (f" · {reason}" if reason else "")),
        (screen.say("since-when"), screen.clock(row["since"]) if row["state"] != "closed" else ""),
        (screen.say("clerk"), _person(screen, row["clerk"])), (screen.say("served"), row["served"]),
        (screen.say("kind"), screen.word("window-kind", row["kind"])),
    ])  # fmt: skip
    if document:
        _draw_ticket(screen, document.get("ticket"))
        _draw_lists(screen, document)
        _draw_verbs(screen, id, document)


def _person(screen: OfficeScreen, staff: str) -> str:
    account = screen.office.accounts.get(staff)
    return f"{account.name} {staff}" if account and account.name else staff


def _draw_ticket(screen: OfficeScreen, ticket: dict[str, Any] | None) -> None:
    if ticket is None:
        return
    items = {each.id: each for each in screen.settings.items}
    queues = {each.id: screen.named(each) for each in screen.settings.queues}
    facts([
        (screen.say("number"), ticket["number"]), (screen.say("queue"), f"{ticket['queue']} {queues.get(ticket['queue'], '')}"),
        (screen.say("items"), screen.listed(screen.named(items[id]) if id in items else id for id in ticket["items"])),
        (screen.say("ticket-state"), screen.word("ticket-state", ticket["state"])),
        (screen.say("since-when"), screen.clock(ticket["since"])), (screen.say("recalls"), ticket["recalls"] or ""),
    ])  # fmt: skip


def _draw_lists(screen: OfficeScreen, document: dict[str, Any]) -> None:
    """Draw what the window serves, and its lists of numbers, each of which opens."""
    queues = screen.listed(
        f"{id} {screen.named(row)} ({row['waiting']})" for id, row in document["queues"].items()
    )
    facts([(screen.say("serves"), queues)])
    for name in LISTS:
        if rows := document[name]:
            with ui.element("div").classes("numbers"):
                ui.label(screen.say(f"list-{name}")).classes("quiet")
                for row in rows:
                    opens_button(row["number"], partial(open_ticket, screen, row["ticket"]), row["ticket"])


def _draw_verbs(screen: OfficeScreen, id: str, document: dict[str, Any]) -> None:
    verbs, as_of = document["verbs"], document["version"]
    with ui.row().classes("verbs"):
        if document["state"] == "closed":
            if screen.may(cmd.OpenWindow):
                verb_button(screen, screen.say("open"), verbs["OpenWindow"], lambda: _open(screen, id))
            return
        if document["state"] in AT_WINDOW and screen.may(cmd.FinishService):
            ticket = document["ticket"]["ticket"]  # a press meant for this one never ends another
            if document["state"] == "called":
                miss = cmd.MarkNoShow(id, as_of)
                live = verbs["MarkNoShow"]
                verb_button(
                    screen,
                    screen.say("miss"),
                    live,
                    lambda: _send(screen, miss, "miss-done"),
                    f"miss {ticket}",
                )
            live = verbs["FinishService"]
            verb_button(
                screen, screen.say("finish"), live, lambda: _finish(screen, id, document), f"finish {ticket}"
            )
            hold, live = cmd.HoldTicket(id, as_of), verbs["HoldTicket"]
            verb_button(
                screen, screen.say("hold"), live, lambda: _send(screen, hold, "hold-done"), f"hold {ticket}"
            )
        queues_button(screen, id, document)
        if not screen.may(cmd.PauseWindow, cmd.CloseWindow):
            return
        if document["state"] == "paused":
            resume = cmd.ResumeWindow(id)
            verb_button(screen, screen.say("resume"), None, lambda: _send(screen, resume, "resume-done"))
        else:
            verb_button(screen, screen.say("pause"), verbs["PauseWindow"], lambda: _pause(screen, id))
        verb_button(screen, screen.say("close-window"), verbs["CloseWindow"], lambda: _close(screen, id))


async def _send(screen: OfficeScreen, command: Any, done: str) -> None:
    await screen.send(command, screen.say(done))


async def _pause(screen: OfficeScreen, id: str) -> None:
    options = {each.id: screen.named(each) for each in reasons(screen.settings, "pause")}
    reason = await choose(screen, screen.say("pause-why", window=id), options, screen.say("pause"))
    if reason is not None:
        await screen.send(cmd.PauseWindow(id, reason), screen.say("pause-done"))


async def _close(screen: OfficeScreen, id: str) -> None:
    if await screen.ask(screen.say("close-sure", window=id), screen.say("close-window")):
        await screen.send(cmd.CloseWindow(id), screen.say("close-done"))


async def _finish(screen: OfficeScreen, id: str, document: dict[str, Any]) -> None:
    options = {each: screen.word("outcome", each) for each in document["outcomes"]}
    outcome: Any = await choose(screen, screen.say("finish-how", window=id), options, screen.say("finish"))
    if outcome is not None:
        await screen.send(cmd.FinishService(id, document["version"], outcome), screen.say("finish-done"))


async def _open(screen: OfficeScreen, id: str) -> None:
    """Ask for the clerk and what they serve, and open the window for them."""
    place = next(each for each in screen.settings.windows if each.id == id)
    names = {queue.id: f"{queue.id} {screen.named(queue)}" for queue in screen.settings.queues}
    own = [*place.queues, *place.helps]
    clerks = {
        each.staff: f"{each.staff} {each.name}".strip()
        for each in screen.office.accounts.all()
        if "clerk" in each.roles and not each.disabled
    }
    with dialog_box(screen.say("open"), "ask") as dialog:
        ui.label(screen.say("open-who", window=f"{id} {screen.named(place)}")).classes("question")
        if clerks:
            clerk: Any = ui.select(clerks, label=screen.say("clerk"), with_input=True).props("outlined dense")
        else:
            clerk = ui.input(screen.say("clerk")).props("outlined dense maxlength=32")
        served = ui.select(
            {each: names[each] for each in own}, label=screen.say("serves"), value=own, multiple=True
        )
        served.props("outlined dense use-chips")
        with ui.row().classes("verbs"):
            ui.button(screen.say("open"), on_click=lambda: dialog.submit(True))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
    if await answer_of(dialog) and clerk.value:
        queues = [] if set(served.value) == set(own) else list(served.value)
        await screen.send(cmd.OpenWindow(id, clerk.value.strip(), queues), screen.say("open-done"))
