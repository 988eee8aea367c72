"""Dialogs of the office: a thing in detail, a choice, and verbs that say why they cannot be pressed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui

from display.office.screen import OfficeScreen, answer_of, dialog_box

Press = Callable[[], Awaitable[None]]


async def show_detail(
    screen: OfficeScreen,
    label: str,
    topics: tuple[str, ...],
    draw: Callable[[], None],
    shows: Callable[[], object],
) -> None:
    """Show a part in a dialog of this name until the person closes it; its topics are watched meanwhile."""
    with dialog_box(label, "detail") as dialog:
        part = screen.part(draw, shows)
        ui.button(screen.say("close"), on_click=dialog.close).props("outline").classes("closes")
    await screen.watch(*topics)
    await answer_of(dialog)
    screen.forget(part.look)
    await screen.unwatch(*topics)


async def choose(
    screen: OfficeScreen, question: str, options: Mapping[str, str], verb: str, given: str = ""
) -> str | None:
    """Ask for one of these options (by key: what is shown); return its key, or None."""
    chosen: dict[str, str] = {"key": given or next(iter(options), "")}
    with dialog_box(question, "ask") as dialog:
        ui.label(question).classes("question")
        ui.radio(dict(options), value=chosen["key"]).bind_value_to(chosen, "key")
        with ui.row().classes("verbs"):
            ui.button(verb, on_click=lambda: dialog.submit(chosen["key"])).props("autofocus")
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(None)).props("outline")
    return await answer_of(dialog)


async def mark(
    screen: OfficeScreen, question: str, lines: Mapping[str, str], marks: Mapping[str, str], verb: str
) -> dict[str, str] | None:
    """Ask which of these lines (by key: what is shown) carries which mark; return the marked ones, at least one, or None.

    The empty mark is the one of a line that is as it should be.
    """
    chosen = dict.fromkeys(lines, "")
    with dialog_box(question, "ask form") as dialog:
        ui.label(question).classes("question")
        ui.label(screen.say("marks-hint")).classes("quiet")
        with ui.element("div").classes("marked"):
            for key, line in lines.items():
                ui.label(line)
                given = ui.select(
                    dict(marks), value="", on_change=lambda event, key=key: put(key, str(event.value or ""))
                )
                given.props("outlined dense options-dense").props["aria-label"] = line
        with ui.row().classes("verbs"):
            done = ui.button(
                verb, on_click=lambda: dialog.submit({key: at for key, at in chosen.items() if at})
            )
            done.disable()
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(None)).props("outline")

    def put(key: str, fault: str) -> None:
        chosen[key] = fault
        done.set_enabled(any(chosen.values()))

    return await answer_of(dialog)


def verb_button(
    screen: OfficeScreen, label: str, state: Mapping[str, Any] | None, press: Press, mark: str = ""
) -> None:
    """Draw a verb; `state` says as the caller does whether it is live, and why not; `mark`: what it is done to, where the
    same words may be about another thing soon."""
    button = ui.button(label, on_click=press).mark(mark)
    if state is not None and not state["live"]:
        why = state.get("en" if screen.lang == "en" else "zh", "")
        button.props("disable outline").tooltip(why)
        button.props["aria-label"] = f"{label}: {why}" if why else label
