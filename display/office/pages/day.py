"""Day: the business day and its verbs, the days to come by the calendar, who is on duty and who sits where."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from nicegui import ui

from caller.engine import commands as cmd
from config.calendar import WEEKDAYS, Calendar, on_duty
from config.instants import instant, local
from config.settings import Duty
from display.office.pages.day_suspension import draw_suspensions
from display.office.parts import DataTable, TableColumn, awaited, facts, heading
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box

DAYS_AHEAD = 14  # over the longest holiday and back at work


def draw(screen: OfficeScreen) -> None:
    """Draw today with its verbs, then what is to come."""
    screen.part(lambda: _today(screen), lambda: _facts(screen))
    draw_suspensions(screen)
    screen.part(lambda: _lost(screen), lambda: screen.views.get("supervise", {}).get("lost"))
    heading(screen.say("seats"))
    columns = [
        TableColumn("window", screen.say("window")), TableColumn("clerk", screen.say("clerk")),
        TableColumn("name", screen.say("name")), TableColumn("state", screen.say("state")),
        TableColumn("since", screen.say("since")),
    ]  # fmt: skip
    DataTable(screen, columns, lambda: _seats(screen))
    heading(screen.say("roster"))
    screen.part(lambda: _roster(screen), lambda: (_facts(screen)["day"], screen.office.version))
    heading(screen.say("ahead"))
    ahead = [
        TableColumn(each, screen.say(each))
        for each in ("date", "weekday", "hours", "numbers", "note", "duty")
    ]
    DataTable(screen, ahead, lambda: _ahead(screen))


def _facts(screen: OfficeScreen) -> dict[str, Any]:
    """Return what this page shows of today; empty while the caller's documents are not here."""
    kiosk, supervise = screen.views.get("kiosk"), screen.views.get("supervise")
    if kiosk is None or supervise is None:
        return {"day": "", "open": False, "phase": "", "hours": [], "counts": {}, "held": 0}
    return {
        "day": kiosk["hall"]["day"], "open": kiosk["hall"]["open"], "phase": kiosk["phase"], "hours": kiosk["hours"],
        "counts": supervise["counts"], "held": sum(each["held"] for each in supervise["queues"].values()),
    }  # fmt: skip


def _today(screen: OfficeScreen) -> None:
    day = _facts(screen)
    if not day["phase"]:
        awaited(screen)
        return
    counts = day["counts"]
    facts([
        (screen.say("day"), day["day"]), (screen.say("phase"), screen.say(f"phase-{day['phase']}")),
        (screen.say("hours"), screen.listed(day["hours"])), (screen.say("waiting"), counts["waiting"]),
        (screen.say("held"), day["held"]), (screen.say("issued"), counts["issued"]),
        (screen.say("served"), counts["served"]),
    ])  # fmt: skip
    with ui.row().classes("verbs"):
        if day["open"]:
            draw_hours_verbs(screen)
            _offer(screen, cmd.CloseDay, "close-day", lambda: _close(screen))
        else:
            _offer(screen, cmd.OpenDay, "open-day", lambda: _open(screen))
            _offer(screen, cmd.ReopenDay, "reopen", lambda: _reopen(screen))


def draw_hours_verbs(screen: OfficeScreen, look: str = "") -> None:
    """Draw what ends or prolongs the numbers of an open day, for a person who may. `look`: the buttons' own."""
    screen = screen.speaking("day")
    _offer(screen, cmd.StopTickets, "stop", lambda: _stop(screen), look)
    _offer(screen, cmd.ExtendHours, "extend", lambda: _extend(screen), look)


def _offer(
    screen: OfficeScreen, kind: type[Any], code: str, press: Callable[[], Any], look: str = ""
) -> None:
    if screen.may(kind):
        ui.button(screen.say(code), on_click=press).props(look)


def _lost(screen: OfficeScreen) -> None:
    """Draw the numbers of kiosks that are given no more, and why; nothing where there are none."""
    rows = screen.views.get("supervise", {}).get("lost", [])
    if not rows:
        return
    heading(screen.say("lost"))
    for row in rows:
        why, time = screen.say(f"lost-{row['why']}"), screen.clock(row["at"])
        line = screen.say("lost-line", kiosk=row["kiosk"], count=row["unused"], why=why, time=time)
        facts([(line, screen.listed(row["numbers"]))])
    ui.label(screen.say("lost-note")).classes("quiet")


# --- verbs


async def _open(screen: OfficeScreen) -> None:
    day = local(screen.now, screen.zone).date().isoformat()
    if await screen.ask(screen.say("open-sure", day=day), screen.say("open-day")):
        await screen.send(cmd.OpenDay(day), screen.say("open-done", day=day))


async def _stop(screen: OfficeScreen) -> None:
    waiting = _facts(screen)["counts"]["waiting"]
    if await screen.ask(screen.say("stop-sure", waiting=waiting), screen.say("stop")):
        await screen.send(cmd.StopTickets(), screen.say("stop-done"))


async def _extend(screen: OfficeScreen) -> None:
    day = _facts(screen)["day"]
    if until := await _ask_time(screen, "extend"):
        await screen.send(
            cmd.ExtendHours(instant(day, until, screen.zone)), screen.say("extend-done", until=until)
        )


async def _close(screen: OfficeScreen) -> None:
    """Ask what becomes of who still waits, and close the day."""
    day = _facts(screen)
    left = day["counts"]["waiting"] + day["held"]
    with dialog_box(screen.say("close-day"), "ask") as dialog:
        ui.label(screen.say("close-question", day=day["day"], left=left)).classes("question")
        with ui.row().classes("verbs"):
            if left:
                ui.button(screen.say("close-expire"), on_click=lambda: dialog.submit("expire"))
            else:
                ui.button(screen.say("close-day"), on_click=lambda: dialog.submit("close"))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit("")).props("outline autofocus")
    answer = await answer_of(dialog)
    if answer:
        await screen.send(cmd.CloseDay(answer == "expire"), screen.say("close-done", day=day["day"]))


async def _reopen(screen: OfficeScreen) -> None:
    day = _facts(screen)["day"]
    until = await _ask_time(screen, "reopen", needed=False)
    if until is not None:
        at = instant(day, until, screen.zone) if until and day else 0
        await screen.send(cmd.ReopenDay(at), screen.say("reopen-done", day=day))


async def _ask_time(screen: OfficeScreen, verb: str, needed: bool = True) -> str | None:
    """Ask until when; None where the person gives up, "" where they leave it to the day's own hours."""
    with dialog_box(screen.say(verb), "ask") as dialog:
        ui.label(screen.say(f"{verb}-until")).classes("question")
        given = ui.input(screen.say("until")).props("type=time outlined dense autofocus")
        with ui.row().classes("verbs"):
            ui.button(screen.say(verb), on_click=lambda: dialog.submit(given.value or ""))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(None)).props("outline")
    answer = await answer_of(dialog)
    return None if answer is None or (needed and not answer) else answer


# --- who is where


def _seats(screen: OfficeScreen) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for id, window in screen.views.get("supervise", {}).get("windows", {}).items():
        account = screen.office.accounts.get(window["clerk"])
        rows.append({
            "id": id, "light": window["light"], "window": f"{id} {screen.named(window)}", "clerk": window["clerk"],
            "name": account.name if account else "", "state": screen.word("window-state", window["state"]),
            "since": screen.clock(window["since"]) if window["state"] != "closed" else "",
        })  # fmt: skip
    return rows


def _roster(screen: OfficeScreen) -> None:
    today = local(screen.now, screen.zone).date()
    rows = on_duty(screen.settings.roster, today)
    facts((_either(screen, each.role, each.role_en), _person(screen, each)) for each in rows)
    if not rows:
        ui.label(screen.say("none")).classes("quiet")


def _person(screen: OfficeScreen, duty: Duty) -> str:
    name, title = _either(screen, duty.name, duty.name_en), _either(screen, duty.title, duty.title_en)
    return " ".join(each for each in (name, title, duty.phone) if each)


def _either(screen: OfficeScreen, zh: str, en: str) -> str:
    return (en or zh) if screen.lang == "en" else zh


# --- the days to come


def _ahead(screen: OfficeScreen) -> list[dict[str, Any]]:
    calendar, today = Calendar(screen.settings), local(screen.now, screen.zone).date()
    return [_day_row(screen, calendar, today + timedelta(days=count)) for count in range(1, DAYS_AHEAD + 1)]


def _day_row(screen: OfficeScreen, calendar: Calendar, day: date) -> dict[str, Any]:
    hours, closed = calendar.hours(day), calendar.closed(day)
    notes = [screen.say("provisional")] if calendar.provisional(day) else []
    if closed:
        notes.append(_either(screen, closed.name, closed.name_en) or screen.say(f"closed-{closed.code}"))
    if calendar.market(day):
        notes.append(screen.say("market"))
    duties = on_duty(screen.settings.roster, day)
    return {
        "id": day.isoformat(), "date": day.isoformat(), "weekday": screen.say(WEEKDAYS[day.weekday()]),
        "light": "green" if hours else "grey",
        "hours": screen.listed(f"{start}–{end}" for start, end in hours.bands) if hours else screen.say("closed"),
        "numbers": f"{hours.first_ticket}–{hours.last_ticket}" if hours else "", "note": " · ".join(notes),
        "duty": screen.listed(_either(screen, each.name, each.name_en) for each in duties),
    }  # fmt: skip


PAGE = OfficePage("day", frozenset({"manager", "supervisor"}), draw, ("kiosk", "supervise"))
