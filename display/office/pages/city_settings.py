"""The city's settings at the office: a word that there are new ones, and taking them into the draft, to be looked at and put in force.

What a person has changed already and not put in force stays in the draft; the city's settings come on top of it, by the same rule as
ever: the hall's own stays, but where the city has locked it.
"""

import asyncio
from collections.abc import Callable

from nicegui import ui

from config.city_bundles import CityOffer, CitySettingsError, newest_number
from config.city_merge import Differing, TakenOver
from config.reading.errors import Mistake, shown
from display.office.screen import OfficeScreen, answer_of, dialog_box
from display.office.settings_draft import SettingsDraft
from display.office.settings_form import said

SHOWN_MAX = 40


def draw_offer(screen: OfficeScreen, draft: SettingsDraft, again: Callable[[], None]) -> None:
    """Draw that the city has new settings, with the way to take them into the draft; nothing where it has none. `again`: called
    after they were taken."""
    centre = draft.settings.centre
    number = newest_number(draft.data) if centre.settings_key else 0
    if number <= centre.adopted:
        return

    async def open_offer() -> None:
        try:
            found = await asyncio.to_thread(draft.city_offer)
        except CitySettingsError as error:
            screen.explain(error.message)
            return
        if found and await _is_wanted(screen, draft, found):
            mistakes = await asyncio.to_thread(draft.adopt, found)
            if mistakes:
                _show_mistakes(screen, mistakes)
            else:
                again()

    with ui.element("section").classes("draft"):
        ui.label(screen.say("city-new", number=number, adopted=centre.adopted)).classes("question")
        with ui.row().classes("verbs"):
            ui.button(screen.say("city-look"), on_click=open_offer)


async def _is_wanted(screen: OfficeScreen, draft: SettingsDraft, found: CityOffer) -> bool:
    """Show what the city says and where the hall differs; return whether the person takes it."""
    taken = await asyncio.to_thread(_taken, draft, found)
    with dialog_box(screen.say("city-title", number=found.version.number), "detail") as dialog:
        if found.city.city.note:
            ui.label(found.city.city.note)
        ui.label(screen.say("city-differs", count=len(taken.differing))).classes("quiet")
        for each in taken.differing[:SHOWN_MAX]:
            ui.label(_line(screen, each)).classes("change")
        if len(taken.differing) > SHOWN_MAX:
            ui.label(f"… {len(taken.differing) - SHOWN_MAX}")
        with ui.row().classes("verbs"):
            ui.button(screen.say("city-take"), on_click=lambda: dialog.submit("take"))
            ui.button(screen.say("cancel"), on_click=dialog.close).props("outline")
    return await answer_of(dialog) == "take"


def _taken(draft: SettingsDraft, found: CityOffer) -> TakenOver:
    assert draft.given
    return found.into(draft.given, draft.settings)


def _line(screen: OfficeScreen, each: Differing) -> str:
    here, there = (shown(str(value)) for value in (each.here, each.there))
    return (
        f"{each.place}: {here} | {there} · {screen.say('city-holds' if each.gives_way else 'city-own-stays')}"
    )


def _show_mistakes(screen: OfficeScreen, mistakes: list[Mistake]) -> None:
    with ui.context.client, ui.dialog(value=True) as dialog, ui.card().classes("detail"):
        ui.label(screen.say("city-wrong", count=len(mistakes))).classes("question")
        with ui.element("div").classes("mistakes").props('role="alert"'):
            for each in mistakes[:SHOWN_MAX]:
                ui.label(said(each, screen.lang != "en"))
        ui.button(screen.say("close"), on_click=dialog.close).props("outline")
