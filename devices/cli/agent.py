"""`hallcall agent` and `hallcall devices`: this PC's devices joined to the caller, and the table of all."""

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from caller.client.client import Client, find_token
from caller.client.enrolment_request import EnrolmentRequest, obtain_token
from caller.client.kept_settings import TOPIC as SETTINGS_TOPIC
from caller.client.kept_settings import StationSettings
from caller.client.kept_witness import witness_path
from caller.identity.id_hash import BadKey, PersonKey, person_keys
from config.catalogue import both_words
from config.hall_lists import file_texts
from config.paper.template_files import FOLDER_NAME, TemplateFolder
from config.process.options import Unable, caller_address, settings_of
from config.process.running import begin_again, run_until_stopped, write_log_lines
from config.process.tables import columns_of, text_table
from config.settings import Device, Settings
from devices.agent import Agent
from devices.inventory import BuildContext, Inventory, PortOptionMistake, agent_devices, topics
from devices.units.reader import Read

WATCHERS = ("agent", "manager", "supervisor", "web")  # roles that may watch the devices
VIEW_SECONDS = 5.0  # the caller answers a greeting in milliseconds


class AgentToken(NamedTuple):
    """What the command line says of this PC's token: given, to be made anew, or a code of the printed sheet."""

    given: str | None = None
    again: bool = False
    sheet_code: str = ""


def run_agent(hall: Path, data: Path, name: str, url: str, token: AgentToken, ports: dict[str, str]) -> None:
    """Run the devices of this PC until the process is stopped; without a token, show a code first.

    Raises `Unable` for a hall or port that cannot be used.
    """
    write_log_lines(f"agent-{name}")
    kept = StationSettings(hall, data, "agent", name)
    settings = kept.load()
    try:
        owned = agent_devices(settings, name, ports, hall.parent / "profiles")
    except PortOptionMistake as error:
        raise Unable(str(error)) from None
    if owned == Inventory():
        pcs = ", ".join(sorted({device.agent for device in settings.devices}))
        raise Unable(f"{name} 没有设备，请看 [[device]] 的 agent / no device of this PC; known: {pcs}")
    templates = TemplateFolder(data / FOLDER_NAME)
    context = BuildContext(settings, person_key(data, owned), log_read, templates=templates)
    address = caller_address(settings, url)
    request = EnrolmentRequest(address, "agent", name, data, token.sheet_code)
    client = Client(
        address,
        obtain_token(request, token.given, token.again),
        watched(context, owned, name),
        name=name,
        optional=[SETTINGS_TOPIC],
        witness_file=witness_path(data, "agent", name),
    )
    work = Agent(client, lambda: time.time_ns() // 1000 + client.ahead_micros)
    work.attach(context, owned, name)
    for broken in owned.broken:
        click.echo(f"[[device]] {broken.device.name}: {broken.why}", err=True)
    names = ", ".join(each.device.name for each in (*owned.entries, *owned.printers))
    new_settings = _take_over(kept, client, work, settings, name)
    run_until_stopped(_serve(client, work, f"agent ready {name}: {names}", new_settings))
    if work.jobs and work.jobs.restart.is_set():
        begin_again()


async def _take_over(kept: StationSettings, client: Client, work: Agent, began: Settings, name: str) -> None:
    """Follow the caller's settings: papers go by the newest; other devices or windows need the program to begin again,
    if the settings are kept on disk, else it would begin again for ever."""
    async for settings in kept.follow(client):
        if _parts(settings, name) == _parts(began, name) or not kept.is_kept:
            work.adopt(settings)
            continue
        logging.getLogger("hallcall.devices").info(
            "设备设置已改，重新启动 / devices have changed, begins again"
        )
        assert work.jobs, "an agent has a name"
        work.jobs.restart.set()  # its jobs in hand are ended first


def _parts(settings: Settings, name: str) -> tuple[Any, ...]:
    """Return what an agent is built from: its devices, the kiosks' printers and the windows there are."""
    own = [each for each in settings.devices if each.agent == name]
    printers = [kiosk.printers for kiosk in settings.kiosks]
    profiles = file_texts(settings, "profile")
    return (
        own,
        profiles,
        printers,
        [kiosk.id for kiosk in settings.kiosks],
        [window.id for window in settings.windows],
    )


def watched(context: BuildContext, owned: Inventory, name: str) -> list[str]:
    """Return the topics that this agent watches: its devices' and its jobs."""
    return [*topics(context, owned), f"jobs/{name}"]


def person_key(data: Path, owned: Inventory) -> PersonKey:
    """Return the site's key for ID numbers where a reader needs it.

    Raises `Unable` rather than hash without a key.
    """
    if not owned.reads_cards:
        return b""
    try:
        return person_keys(data)
    except BadKey as error:
        raise Unable(str(error)) from None


def log_read(name: str, read: Read) -> None:
    """Log that a reader read, without a person in it."""
    logging.getLogger("hallcall.devices").info("%s: %s", name, type(read).__name__)


def watcher_token(data: Path, name: str, given: str | None) -> str:
    """Return any token kept here that may look at the table; the agent's own first. Raises `Unable`."""
    kept = sorted(
        path.name for path in (data / "tokens").glob("*") if path.name.partition("-")[0] in WATCHERS
    )
    for role, _, station in (("agent", "-", name), *(each.partition("-") for each in kept)):
        if token := find_token(data, role, station, given):
            return token
    raise Unable(
        f"没有可用的令牌，请在叫号主机上运行 hallcall enrol supervisor {name} --data {data}\n"
        f"No token that may look: run that on the caller's PC"
    )


async def _serve(client: Client, work: Agent, ready: str, new_settings: Coroutine[Any, Any, None]) -> None:
    """Run the agent until it is cancelled or to begin again; `new_settings` follows the settings meanwhile."""
    async with client:
        click.echo(ready)
        assert work.jobs, "an agent has a name"
        running = asyncio.create_task(work.run())
        restart = asyncio.create_task(work.jobs.restart.wait())
        following = asyncio.create_task(new_settings)
        try:
            await asyncio.wait((running, restart), return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
        finally:
            for task in (restart, running, following):
                task.cancel()
            await asyncio.gather(restart, running, following, return_exceptions=True)


def show_devices(hall: Path, data: Path, name: str, url: str, token: str | None, as_json: bool) -> None:
    settings = settings_of(hall)
    document = asyncio.run(_look(caller_address(settings, url), watcher_token(data, name, token)))
    states = document.get("devices", {})
    if as_json:
        click.echo(json.dumps(states, ensure_ascii=False, indent=2))
    else:
        click.echo(table(settings, states))


async def _look(url: str, token: str) -> dict[str, Any]:
    """Return one look at the devices, without a second try. Raises `Unable`."""
    logging.getLogger("hallcall.client").setLevel(logging.ERROR)
    async with Client(url, token, watch=["devices"]) as client:
        with suppress(TimeoutError):
            async with asyncio.timeout(VIEW_SECONDS):
                async for topic in client.changes():
                    if topic in client.views:
                        return client.views[topic]
        if client.bye:
            raise Unable(f"{client.bye.zh} / {client.bye.en}")
    raise Unable(
        f"叫号服务 {url} 没有应答，请确认 hallcall caller 正在运行"
        " / the caller does not answer; is `hallcall caller` running?"
    )


HEAD = ("设备 device", "类型 kind", "窗口 window", "所在 at", "状态 state", "自 since", "说明 detail")


def table(settings: Settings, states: dict[str, Any]) -> str:
    """Return every device of the config, with what the hall knows of it."""
    lines = [HEAD, *(_row(settings, device.name, states.get(device.name, {})) for device in settings.devices)]
    return "\n".join(text_table(lines, columns_of(len(HEAD), *range(len(HEAD)))))


def _row(settings: Settings, name: str, state: dict[str, Any]) -> tuple[str, ...]:
    device = next(device for device in settings.devices if device.name == name)
    since = state.get("since", 0)
    zone = ZoneInfo(settings.hall.zone)
    clock = datetime.fromtimestamp(since / 1_000_000, zone).strftime("%m-%d %H:%M:%S") if since else ""
    word = both_words("device-state", state["state"]) if "state" in state else "未报告 not reported"
    detail = state.get("detail", "")
    kind = both_words("device-kind", device.kind)
    return name, kind, device.window, _holder(settings, device), word, clock, detail


def _holder(settings: Settings, device: Device) -> str:
    """Return who drives it: the kiosks that print on it, else the PC named in the file."""
    kiosks = [kiosk.id for kiosk in settings.kiosks if device.name in kiosk.printers]
    return " ".join(kiosks) or device.agent
