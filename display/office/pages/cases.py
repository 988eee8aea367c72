"""Cases: the lights with their counts, the list by light, type and window, and each case with its steps.

1. The list holds what the caller's document `cases` names: the clocks that fall due first, and the newest of those that
   have none or were not accepted. A case that is not among them is found by its number.
2. A light's figure is a button: it shows the cases of that light.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from nicegui import ui

from caller.engine.case_messages import OpenCase
from caller.people.store import PeopleStore
from config.instants import local
from display.office.pages.case_details import left_words, open_case, state_words
from display.office.parts import DataTable, TableColumn, awaited, told_off
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box

LIGHTS = ("red", "yellow", "green", "grey", "refused")
ALL = ""
ROWS_A_PAGE = 50


class CaseFilter:
    """What of the list is shown; empty: all."""

    def __init__(self) -> None:
        self.light = self.window = self.kind = ALL

    def takes(self, row: dict[str, Any]) -> bool:
        light = "refused" if row["state"] == "refused" else row["light"]
        return (
            self.light in (ALL, light)
            and self.window in (ALL, row["window"])
            and self.kind in (ALL, row["case_type"])
        )


def draw(screen: OfficeScreen) -> None:
    """Draw the lights, the filters and the list."""
    wanted, is_on = CaseFilter(), screen.settings.cases.enabled
    told_off(screen, "cases", is_on)
    screen.part(lambda: _lights(screen, wanted), lambda: (_counts(screen), wanted.light))
    with ui.row().classes("verbs filters"):
        _choice(
            screen,
            wanted,
            "window",
            {each.id: f"{each.id} {screen.named(each)}" for each in screen.settings.windows},
        )
        kinds = sorted({each.case_type for each in screen.settings.items})
        _choice(screen, wanted, "kind", {each: screen.word("case-type", each) for each in kinds})
        found = ui.input(screen.say("number")).props("dense outlined clearable").classes("number-asked")
        found.on("keydown.enter", lambda: _find(screen, found.value or ""))
        ui.button(screen.say("find"), on_click=lambda: _find(screen, found.value or "")).props("outline")
        if screen.may(OpenCase) and is_on:
            ui.button(screen.say("open"), on_click=lambda: _open(screen))
    columns = [
        TableColumn("number", screen.say("number")), TableColumn("item", screen.say("item")),
        TableColumn("kind", screen.say("kind")), TableColumn("state", screen.say("state")),
        TableColumn("left", screen.say("left")), TableColumn("due", screen.say("due")),
        TableColumn("window", screen.say("window")), TableColumn("owner", screen.say("owner")),
    ]  # fmt: skip
    listed = DataTable(
        screen, columns, lambda: _rows(screen, wanted), lambda id: open_case(screen, id),
        search=True, rows_a_page=ROWS_A_PAGE,
    )  # fmt: skip
    listed.table.classes("numbered")


def _counts(screen: OfficeScreen) -> dict[str, int]:
    return screen.views.get("cases", {}).get("counts", {})


def _lights(screen: OfficeScreen, wanted: CaseFilter) -> None:
    counts = _counts(screen)
    if not counts:
        awaited(screen)
        return
    with ui.element("div").classes("figures"):
        for light, count in [(ALL, counts["open"]), *((each, counts[each]) for each in LIGHTS)]:
            button = ui.element("button").props("type=button").classes("figure picks").mark(f"light-{light}")
            button.props(f'aria-pressed="{str(wanted.light == light).lower()}"')
            button.on("click", lambda _, light=light: setattr(wanted, "light", light))
            with button:
                ui.label(str(count)).classes("value")
                with ui.element("span").classes("name"):
                    if light not in (ALL, "refused"):
                        ui.element("span").classes(f"light {light}").props("aria-hidden=true")
                    ui.label(screen.say(f"light-{light or 'all'}"))


def _choice(screen: OfficeScreen, wanted: CaseFilter, field: str, options: dict[str, str]) -> None:
    select = ui.select({ALL: screen.say(f"every-{field}"), **options}, value=ALL, label=screen.say(field))
    select.props("dense outlined").classes("choice").bind_value_to(wanted, field)


def _rows(screen: OfficeScreen, wanted: CaseFilter) -> list[dict[str, Any]]:
    view = screen.views.get("cases", {})
    items = {each.id: screen.named(each) for each in screen.settings.items}
    return [
        {
            "id": id, "light": row["light"], "number": row["number"], "item": items.get(row["item"], row["item"]),
            "kind": screen.word("case-type", row["case_type"]), "state": state_words(screen, row),
            "left": left_words(screen, row), "window": row["window"], "owner": row["owner"],
            "due": f"{local(row['due'], screen.zone):%Y-%m-%d}" if row["due"] and not row["asked"] else "",
        }
        for id, row in (view.get("cases", {}) | view.get("rest", {})).items()
        if wanted.takes(row)
    ]  # fmt: skip


async def _find(screen: OfficeScreen, number: str) -> None:
    if wanted := number.strip().upper():
        await open_case(screen, wanted)


async def _open(screen: OfficeScreen) -> None:
    """Ask for the item and the window that follows it, and open a case."""
    items = {each.id: f"{each.id} {screen.named(each)}" for each in screen.settings.items}
    windows = {each.id: f"{each.id} {screen.named(each)}" for each in screen.settings.windows}
    with dialog_box(screen.say("open"), "ask") as dialog:
        ui.label(screen.say("open")).classes("question")
        item = (
            ui.select(items, label=screen.say("item"), with_input=True)
            .props("dense outlined autofocus")
            .classes("wide")
        )
        window = (
            ui.select({"": "", **windows}, value="", label=screen.say("window"))
            .props("dense outlined")
            .classes("wide")
        )
        person = [
            (field, ui.input(screen.say(field)).props("dense outlined maxlength=60").classes("wide"))
            for field in ("name", "contact", "address")
        ]
        ui.label(screen.say("person-kept")).classes("quiet")
        project = ui.input(screen.say("project")).props("dense outlined maxlength=64").classes("wide")
        agent = ui.input(screen.say("agent-number")).props("dense outlined maxlength=32").classes("wide")
        received, major = ui.checkbox(screen.say("received")), ui.checkbox(screen.say("major"))
        with ui.row().classes("verbs"):
            ui.button(screen.say("open"), on_click=lambda: dialog.submit(item.value or ""))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit("")).props("outline")
    if chosen := await answer_of(dialog):
        state = "received" if received.value else "accepted"
        project_number, staff = ((each.value or "").strip() for each in (project, agent))
        command = OpenCase(
            chosen,
            window.value or "",
            state=state,
            project=project_number,
            agent=staff,
            major=bool(major.value),
        )
        made = await screen.send(command)
        if made:
            for field, typed in person:  # who it is of lies apart from the log, where it can be deleted
                if value := (typed.value or "").strip():
                    keep = PeopleStore(screen.office.data).keep
                    await asyncio.to_thread(
                        keep, f"case/{made['about']}", "case", field, value, datetime.now(UTC)
                    )
            screen.note(screen.say("open-done", number=made["case_number"], query=made["code"]))


ROLES = frozenset({"manager", "supervisor", "auditor"})
PAGE = OfficePage("cases", ROLES, draw, ("cases",))
