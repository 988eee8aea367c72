"""Live: alarms, the day in figures, windows, queues, and what is amiss among devices and stations; each row opens. The
verbs over the whole hall (a message to all who wait, a suspension, no more numbers, longer hours) stand here as on the
page Day."""

from collections.abc import Awaitable
from functools import partial
from typing import Any

from nicegui import ui

from config.instants import MINUTE
from display.office.pages.case_details import open_case
from display.office.pages.day import PAGE as DAY
from display.office.pages.day import draw_hours_verbs
from display.office.pages.day_suspension import draw_standstill
from display.office.pages.feedback_details import open_soon
from display.office.pages.live_details import open_queue, open_ticket
from display.office.pages.live_window import open_window
from display.office.pages.stations import PAGE as STATIONS
from display.office.pages.stations import open_device, open_station
from display.office.parts import DataTable, TableColumn, awaited, figures, heading, opens_button
from display.office.screen import OfficePage, OfficeScreen

PAGES_LED_TO = {each.id: each for each in (DAY, STATIONS)}
COUNTS = ("waiting", "issued", "served", "missed", "cancelled")


def draw(screen: OfficeScreen) -> None:
    """Draw the hall as it is now: windows to the left, all else to the right."""
    screen.part(lambda: _figures(screen), lambda: _view(screen).get("counts"))
    screen.part(lambda: _alerts(screen), lambda: (_view(screen).get("alerts"), screen.now // MINUTE))
    draw_standstill(screen, lambda: draw_hours_verbs(screen, "outline"))
    with ui.element("div").classes("halves"):
        with ui.element("section"):
            heading(screen.say("windows"))
            DataTable(
                screen,
                _window_columns(screen),
                lambda: urgent_first(_window_rows(screen)),
                lambda id: open_window(screen, id),
            )
        with ui.element("section"):
            heading(screen.say("queues"))
            queues = lambda: urgent_first(_queue_rows(screen))  # noqa: E731
            DataTable(screen, _queue_columns(screen), queues, lambda id: open_queue(screen, id))
            heading(screen.say("amiss"))
            columns = [TableColumn(each, screen.say(each)) for each in ("thing", "state", "since-when")]
            DataTable(
                screen, columns, lambda: urgent_first(_amiss(screen)), lambda about: _open(screen, about)
            )


def _view(screen: OfficeScreen) -> dict[str, Any]:
    return screen.views.get("supervise", {})


def _open(screen: OfficeScreen, about: str) -> Awaitable[None] | None:
    """Open what an alarm or a row is about."""
    kind, _, id = about.partition("/")
    opens = {
        "window": open_window, "queue": open_queue, "ticket": open_ticket, "device": open_device,
        "station": open_station, "case": open_case, "follow-up": open_soon, "page": _go,
    }  # fmt: skip
    return opens[kind](screen, id) if kind in opens else None


async def _go(_screen: OfficeScreen, page: str) -> None:
    ui.navigate.to(f"/{page}")


def _leads(screen: OfficeScreen, about: str) -> bool:
    """Return whether this person may look at what an alarm is about: no page that their roles do not open."""
    kind, _, id = about.partition("/")
    return kind != "page" or bool(PAGES_LED_TO[id].roles & screen.session.roles)


def _figures(screen: OfficeScreen) -> None:
    counts = _view(screen).get("counts")
    if counts is None:
        awaited(screen)
        return
    figures((screen.say(each), counts[each]) for each in COUNTS)


def _alerts(screen: OfficeScreen) -> None:
    rows = _view(screen).get("alerts", [])
    with ui.element("ul").classes("alerts").props(f'tabindex=0 aria-label="{screen.say("alerts")}"'):
        for row in rows:
            mark = f"{row['code']}/{row['about']}"
            with ui.element("li").classes(f"alert {row['light']}").mark(mark):
                words = row["en"] if screen.lang == "en" else row["zh"]
                if _leads(screen, row["about"]):
                    opens_button(words, partial(_open, screen, row["about"]), mark)
                else:
                    ui.label(words)
                if row["since"]:
                    ui.label(screen.say("since", clock=screen.clock(row["since"]))).classes("since")
    if not rows:
        ui.label(screen.say("no-alerts")).classes("quiet")


def urgent_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows by their lights, those of one light in the hall's own order: of 300 windows the last are far below."""
    return sorted(rows, key=lambda row: URGENT[row["light"]])


def _window_columns(screen: OfficeScreen) -> list[TableColumn]:
    return [
        TableColumn("window", screen.say("window")), TableColumn("state", screen.say("state")),
        TableColumn("minutes", screen.say("minutes"), True), TableColumn("number", screen.say("number")),
        TableColumn("clerk", screen.say("clerk")), TableColumn("served", screen.say("served"), True),
    ]  # fmt: skip


def _window_rows(screen: OfficeScreen) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for id, window in _view(screen).get("windows", {}).items():
        reason = (window["reason_en"] if screen.lang == "en" else "") or window["reason"]
        state = screen.word("window-state", window["state"])
        rows.append({
            "id": id, "light": window["light"], "window": f"{id} {screen.named(window)}",
            "state": f"{state} · {reason}" if reason else state,
            "minutes": screen.minutes(window["since"]) if window["state"] != "closed" else "",
            "number": window["number"], "clerk": window["clerk"], "served": window["served"],
        })  # fmt: skip
    return rows


def _queue_columns(screen: OfficeScreen) -> list[TableColumn]:
    return [
        TableColumn("queue", screen.say("queue")), TableColumn("waiting", screen.say("waiting"), True),
        TableColumn("longest", screen.say("longest"), True), TableColumn("late", screen.say("late"), True),
        TableColumn("held", screen.say("held"), True),
    ]  # fmt: skip


def _queue_rows(screen: OfficeScreen) -> list[dict[str, Any]]:
    return [
        {
            "id": id, "light": queue["light"], "queue": f"{id} {screen.named(queue)}", "waiting": queue["waiting"],
            "longest": screen.minutes(queue["oldest"]) if queue["oldest"] else "", "late": queue["late"],
            "held": queue["held"],
        }
        for id, queue in _view(screen).get("queues", {}).items()
    ]  # fmt: skip


def _amiss(screen: OfficeScreen) -> list[dict[str, Any]]:
    """Return the devices that are not in order and the stations that are missing, where the person may see them."""
    rows = [
        {
            "id": f"device/{name}", "light": row["light"],
            "thing": f"{screen.word('device-kind', row['kind'])} {name}",
            "state": screen.word("device-state", row["state"]), "since-when": screen.clock(row["since"]),
        }
        for name, row in _view(screen).get("devices", {}).items()
        if row["light"] != "green"
    ]  # fmt: skip
    return rows + [
        {
            "id": f"station/{id}", "light": row["light"], "thing": f"{screen.word('role', row['role'])} {row['name']}",
            "state": screen.say(f"station-{row['state']}"), "since-when": screen.clock(row["since"]),
        }
        for id, row in screen.views.get("stations", {}).get("stations", {}).items()
        if row["light"] == "red"
    ]  # fmt: skip


URGENT = {"red": 0, "yellow": 1, "green": 2, "grey": 3}
ROLES = frozenset({"manager", "supervisor", "auditor"})
PAGE = OfficePage("live", ROLES, draw, ("supervise", "stations", "devices", "kiosk"))
