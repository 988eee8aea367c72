"""Stations and devices: who is connected and since when, in which version; what each device says; what may be asked.

A test page or a restart is a station job: the caller gives it to the station, and the table of jobs shows what became of
it. Who is enrolled is the caller's to say; so is who is missing.
"""

from functools import partial
from typing import Any

from nicegui import ui

from caller.engine import commands as cmd
from caller.engine.station_jobs import DOERS, PAGE_STATIONS, PROGRAMS
from config.settings import agent_printers, agents
from config.text_safety import for_html
from display.office.dialogs import show_detail
from display.office.pages.enrolment import enrol_button, revoke_button
from display.office.pages.maintenance import MaintenanceBook
from display.office.parts import DataTable, TableColumn, facts, heading
from display.office.screen import OfficePage, OfficeScreen, answer_of, dialog_box
from display.office.words import half

STATION_COLUMNS = ("station", "name", "state", "since", "lines", "version")
DEVICE_COLUMNS = ("device", "kind", "state", "since", "station", "detail")
JOB_COLUMNS = ("job", "station", "device", "state", "asked", "detail")
JOBS_SHOWN = 3  # of one station, where it is opened
DRILL_SECONDS = 300  # a visit that ends first, the minute, and the way back
RESTARTS = {each: f"restart-{each}" for each in ("agent", *DOERS)}
TURNED = ("agent", "kiosk")  # whose PC can be made louder or darker


async def draw(screen: OfficeScreen) -> None:
    """Draw the stations, the devices and the jobs of today."""
    doers = [*agents(screen.settings), *(kiosk.id for kiosk in screen.settings.kiosks), *PROGRAMS]
    await screen.watch(*(f"jobs/{each}" for each in doers))
    heading(screen.say("stations"))
    enrol_button(screen)
    columns = [TableColumn(each, screen.say(each), each == "lines") for each in STATION_COLUMNS]
    DataTable(screen, columns, lambda: _stations(screen), lambda id: open_station(screen, id), search=True)
    heading(screen.say("devices"))
    columns = [TableColumn(each, screen.say(each)) for each in DEVICE_COLUMNS]
    DataTable(screen, columns, lambda: _devices(screen), lambda id: open_device(screen, id))
    heading(screen.say("jobs"))
    columns = [TableColumn(each, screen.say(each)) for each in JOB_COLUMNS]
    DataTable(screen, columns, lambda: _jobs(screen))
    await MaintenanceBook(screen).draw()


# --- stations


def _lines(screen: OfficeScreen) -> dict[str, Any]:
    return screen.views.get("stations", {}).get("stations", {})


def _stations(screen: OfficeScreen) -> list[dict[str, Any]]:
    return [
        {
            "id": id, "light": row["light"], "station": screen.word("role", row["role"]), "name": row["name"],
            "state": screen.say(f"state-{row['state']}"), "since": screen.date_and_clock(row["since"]),
            "lines": row["lines"] or "", "version": row["version"],
        }
        for id, row in _lines(screen).items()
    ]  # fmt: skip


async def open_station(screen: OfficeScreen, id: str) -> None:
    """Show a station ("role/name") until the person closes it."""
    screen = screen.speaking("stations")
    role, _, name = id.partition("/")
    if role in ("window", *PAGE_STATIONS) and screen.may(cmd.RequestJob):
        await screen.watch(f"jobs/{name}")  # of hundreds of desks and screens only those that are opened

    def shows() -> object:
        return _lines(screen).get(id), _jobs_of(screen, name)

    await show_detail(screen, id, (), lambda: _draw_station(screen, id), shows)


def _draw_station(screen: OfficeScreen, id: str) -> None:
    row = _lines(screen).get(id)
    if row is None:
        ui.label(screen.say("revoked"))
        return
    ui.html(for_html(f"{screen.word('role', row['role'])} {row['name']}"), sanitize=False, tag="h2")
    began = screen.date_and_clock(screen.views["stations"]["began"])
    facts([
        (screen.say("state"), screen.say(f"state-{row['state']}")),
        (screen.say("since"), screen.date_and_clock(row["since"]) or screen.say("not-since", began=began)),
        (screen.say("lines"), row["lines"]), (screen.say("version"), row["version"]),
    ])  # fmt: skip
    with ui.row().classes("verbs"):
        _draw_jobs(screen, row)
        revoke_button(screen, row)
    facts([
        (f"{job['job']} {job['asked']}", f"{job['state']} {job['detail']}".strip()) for job in _jobs_of(screen, row["name"])
    ])  # fmt: skip


def _draw_jobs(screen: OfficeScreen, row: dict[str, Any]) -> None:
    """Draw what a station itself may be asked to do."""
    restart, name = RESTARTS.get(row["role"]), row["name"]
    if not screen.may(cmd.RequestJob):
        return
    if not restart:
        ui.label(screen.say("no-restart")).classes("quiet")
        return
    word = "reload" if row["role"] in PAGE_STATIONS else "restart"
    ui.button(screen.say(word), on_click=lambda: _restart(screen, name, restart, word))
    if row["role"] not in TURNED:
        return
    for control in ("volume", "brightness"):
        ui.button(screen.say(control), on_click=partial(_set, screen, row, control)).props("outline")
    screen_off: Any = f"screen-{row['role']}"
    trial = cmd.RequestJob(name, screen_off)
    button = ui.button(
        screen.say("try-screen"), on_click=lambda: screen.send(trial, screen.say("asked-done"))
    )
    button.props("outline")
    if row["role"] == "kiosk":
        shot = cmd.RequestJob(name, "screenshot-kiosk")
        button = ui.button(
            screen.say("screenshot"), on_click=lambda: screen.send(shot, screen.say("asked-done"))
        )
        button.props("outline")
        ui.button(screen.say("drill"), on_click=partial(_drill, screen, name)).props("outline")


async def _drill(screen: OfficeScreen, name: str) -> None:
    if await screen.ask(screen.say("drill-sure", name=name), screen.say("drill")):
        await screen.send(cmd.RequestJob(name, "drill", seconds=DRILL_SECONDS), screen.say("asked-done"))


async def _restart(screen: OfficeScreen, name: str, kind: Any, word: str) -> None:
    question = "restart-desk-sure" if kind == "restart-window" else f"{word}-sure"
    if await screen.ask(screen.say(question, name=name), screen.say(word)):
        await screen.send(cmd.RequestJob(name, kind), screen.say("asked-done"))


async def _set(screen: OfficeScreen, row: dict[str, Any], control: str) -> None:
    """Ask for a volume or a brightness in percent, and the station to set it by its own means."""
    with dialog_box(screen.say(control), "ask") as dialog:
        ui.label(f"{screen.say(control)} · {row['name']}").classes("question")
        given = ui.slider(min=0, max=100, value=60).props(f'label-always aria-label="{screen.say(control)}"')
        with ui.row().classes("verbs"):
            ui.button(screen.say("set"), on_click=lambda: dialog.submit(True))
            ui.button(screen.say("cancel"), on_click=lambda: dialog.submit(False)).props("outline")
    if await answer_of(dialog):
        kind: Any = f"{control}-{row['role']}"
        await screen.send(
            cmd.RequestJob(row["name"], kind, percent=int(given.value or 0)), screen.say("asked-done")
        )


# --- devices


def _devices(screen: OfficeScreen) -> list[dict[str, Any]]:
    known, rows = screen.views.get("devices", {}).get("devices", {}), []
    for device in screen.settings.devices:
        row = known.get(device.name)
        state = row["state"] if row else "unknown"
        rows.append({
            "id": device.name, "light": row["light"] if row else "grey", "device": device.name,
            "kind": screen.word("device-kind", device.kind), "state": screen.word("device-state", state),
            "since": screen.date_and_clock(row["since"]) if row else "",
            "station": _owner(screen, device.name) or device.agent, "detail": half(row["detail"], screen.lang) if row else "",
        })  # fmt: skip
    return rows


def _owner(screen: OfficeScreen, device: str) -> str:
    """Return the kiosk that prints on a device; "" for none."""
    return next((kiosk.id for kiosk in screen.settings.kiosks if device in kiosk.printers), "")


async def open_device(screen: OfficeScreen, name: str) -> None:
    """Show a device until the person closes it."""
    screen = screen.speaking("stations")

    def shows() -> object:
        return screen.views.get("devices", {}).get("devices", {}).get(name)

    await show_detail(screen, name, (), lambda: _draw_device(screen, name), shows)


def _draw_device(screen: OfficeScreen, name: str) -> None:
    device = next((each for each in screen.settings.devices if each.name == name), None)
    row = screen.views.get("devices", {}).get("devices", {}).get(name)
    if device is None:
        return
    ui.html(for_html(f"{name} {screen.word('device-kind', device.kind)}"), sanitize=False, tag="h2")
    facts([
        (screen.say("state"), screen.word("device-state", row["state"] if row else "unknown")),
        (screen.say("since"), screen.date_and_clock(row["since"]) if row else ""),
        (screen.say("detail"), half(row["detail"], screen.lang) if row else ""), (screen.say("port"), device.port),
        (screen.say("profile"), device.profile), (screen.say("station"), _owner(screen, name) or device.agent),
        (screen.say("window"), device.window),
    ])  # fmt: skip
    if device.kind != "printer" or not screen.may(cmd.RequestJob):
        return
    with ui.row().classes("verbs"):
        kiosk = _owner(screen, name)
        at_agent = cmd.RequestJob(device.agent, "print-test", name)
        test = cmd.RequestJob(kiosk, "print-test-kiosk", name) if kiosk else at_agent
        if kiosk or device in agent_printers(screen.settings, device.agent):
            ui.button(screen.say("test-print"), on_click=lambda: screen.send(test, screen.say("asked-done")))


# --- jobs


def _jobs(screen: OfficeScreen) -> list[dict[str, Any]]:
    """Return the jobs of all stations that are watched: the desks among them, once one was opened."""
    rows: list[dict[str, Any]] = []
    for topic, view in screen.views.items():
        kind, _, station = topic.partition("/")
        for id, job in view["jobs"].items() if kind == "jobs" else ():
            rows.append({
                "id": id, "job": screen.word("job-kind", job["kind"]), "station": station, "device": job["device"],
                "state": screen.word("job-state", job["state"]), "asked": screen.date_and_clock(job["requested"]),
                "detail": half(job["detail"], screen.lang),
            })  # fmt: skip
    return sorted(rows, key=lambda row: row["asked"], reverse=True)


def _jobs_of(screen: OfficeScreen, station: str) -> list[dict[str, Any]]:
    """Return the newest jobs of a station."""
    return [each for each in _jobs(screen) if each["station"] == station][:JOBS_SHOWN]


PAGE = OfficePage(
    "stations", frozenset({"manager", "technician", "supervisor"}), draw, ("stations", "devices")
)
