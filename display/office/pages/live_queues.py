"""The queues of a window that is open, narrowed or widened by a manager: at once, until the window closes.

All queues of the hall are offered, the window's own first, each with who waits there; what is served now is ticked. The
window's clerk sees the change the moment it is made, and the audit has who made it.
"""

from typing import Any

from nicegui import ui

from caller.engine.desk_commands import SetQueues
from display.office.screen import OfficeScreen, answer_of, dialog_box


def queues_button(screen: OfficeScreen, window: str, document: dict[str, Any]) -> None:
    """Draw the verb that changes what a window with a clerk serves; none at a guide desk, which calls no number."""
    if screen.may(SetQueues) and document["kind"] != "guide":
        button = ui.button(screen.say("set-queues"), on_click=lambda: _set_queues(screen, window, document))
        button.props("outline")


async def _set_queues(screen: OfficeScreen, window: str, document: dict[str, Any]) -> None:
    """Ask which queues the window serves from now on, and tell the caller where they differ."""
    place = next((each for each in screen.settings.windows if each.id == window), None)
    own = [*place.queues, *place.helps] if place else []
    others = [each.id for each in screen.settings.queues if each.id not in own]
    served: set[str] = set(document["queues"])
    with dialog_box(screen.say("set-queues"), "ask") as dialog:
        ui.label(screen.say("set-queues-which", window=window)).classes("question")
        for heading, ids in (("queues-own", own), ("queues-other", others)):
            if ids:
                _draw_boxes(screen, screen.say(heading), ids, served)
        none = ui.label(screen.say("queues-none")).classes("quiet").props("role=status")
        none.set_visibility(False)
        with ui.row().classes("verbs"):
            ui.button(
                screen.say("set-queues-now"),
                on_click=lambda: dialog.submit(True) if served else none.set_visibility(True),
            )
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
    if await answer_of(dialog) and served != set(document["queues"]):
        names = screen.listed(sorted(served))
        await screen.send(
            SetQueues(window, sorted(served)), screen.say("set-queues-done", window=window, queues=names)
        )


def _draw_boxes(screen: OfficeScreen, heading: str, ids: list[str], served: set[str]) -> None:
    """Draw a box for each queue, with how many wait there; a tick puts it into `served`."""
    waits = screen.views.get("supervise", {}).get("queues", {})
    names = {each.id: screen.named(each) for each in screen.settings.queues}
    with ui.element("fieldset").classes("boxes"):
        with ui.element("legend"):
            ui.label(heading)
        for id in ids:
            waiting = waits.get(id, {}).get("waiting", 0)
            label = f"{id} {names.get(id, id)}"
            if waiting:
                label = f"{label} · {screen.say('queue-waits', count=waiting)}"
            ui.checkbox(
                label, value=id in served, on_change=lambda event, id=id: _tick(served, id, bool(event.value))
            )


def _tick(served: set[str], id: str, on: bool) -> None:
    if on:
        served.add(id)
    else:
        served.discard(id)
