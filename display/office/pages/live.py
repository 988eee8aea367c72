"""Live: alarms, windows, queues and the day in figures."""

from typing import Any

from nicegui import ui

from config.instants import MINUTE
from display.office.pages.live_window import open_window_detail
from display.office.parts import DataTable, TableColumn, figures, heading
from display.office.screen import OfficePage, OfficeScreen


def draw(screen: OfficeScreen) -> None:
    """Draw the hall as it is now."""
    screen.part(lambda: _figures(screen), lambda: _view(screen).get("counts"))
    screen.part(lambda: _alerts(screen), lambda: (_view(screen).get("alerts"), screen.now // MINUTE))
    heading(screen.say("windows"))
    DataTable(
        screen,
        _window_columns(screen),
        lambda: _window_rows(screen),
        lambda id: open_window_detail(screen, id),
    )
    heading(screen.say("queues"))
    DataTable(screen, _queue_columns(screen), lambda: _queue_rows(screen))


def _view(screen: OfficeScreen) -> dict[str, Any]:
    return screen.views.get("supervise", {})


def _figures(screen: OfficeScreen) -> None:
    counts = _view(screen).get("counts")
    if counts is None:
        ui.label(screen.say("waiting-for")).classes("empty")
        return
    figures(
        (screen.say(each), counts[each]) for each in ("waiting", "issued", "served", "missed", "cancelled")
    )


def _alerts(screen: OfficeScreen) -> None:
    rows = _view(screen).get("alerts", [])
    with ui.element("ul").classes("alerts").props(f'aria-label="{screen.say("alerts")}"'):
        for row in rows:
            with ui.element("li").classes(f"alert {row['light']}"):
                ui.label(row["en"] if screen.lang == "en" else row["zh"])
                if row["since"]:
                    ui.label(screen.say("since", clock=screen.clock(row["since"]))).classes("since")
    if not rows:
        ui.label(screen.say("no-alerts")).classes("quiet")


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
            "state": f"{state} · {reason}" if reason else state, "minutes": screen.minutes(window["since"]) if window["since"] else "",
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


PAGE = OfficePage("live", frozenset({"manager", "supervisor", "auditor"}), draw, ("supervise",))
