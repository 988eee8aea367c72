"""`hallcall kiosk`: composes the visit machine, its memory, its printers, its line and its face.

The process ends when told to, when it cannot begin (clear words, exit 2), or to begin again: the staff's
"restart" replaces the program by itself, in the same place with the same arguments.
"""

import asyncio
import contextlib
import functools
import os
import shlex
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from caller.client.client import Client, find_token, new_id
from caller.identity.id_hash import BadKey
from config.device_port import PortMistake
from config.process.logging_setup import write_log_lines, write_no_lines
from config.process.options import (
    Unable,
    caller_address,
    caller_option,
    data_option,
    hall_argument,
    settings_of,
    token_option,
)
from config.process.running import in_url, listen, stop_signal
from config.settings import Kiosk, Settings
from devices.inventory import PortOptionMistake
from devices.paper.template_files import TemplateFolder
from devices.printer import Printer, Printers
from kiosk import pin, readers
from kiosk.catalogue import Catalogue
from kiosk.printing import HallDocumentPrinter
from kiosk.screens.translations import Translations
from kiosk.station import KioskStation
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import Remedies
from kiosk.visit_store import VisitStore

__all__ = ["kiosk"]


def __getattr__(name: str) -> Any:
    """`slip` lives in a room of its own and is imported only when it is used."""
    if name == "slip":
        from devices.cli.slip import slip

        return slip
    raise AttributeError(name)


@click.command()
@hall_argument
@data_option
@click.option(
    "--name",
    default="k1",
    show_default=True,
    help="本机名，配置中的 [[kiosk]] id / this kiosk's id in the hall's file",
)
@click.option("--host", help="页面监听地址 / address of the page; default: the hall's")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="页面端口，0 为任意 / port of the page; 0 takes a free one"
)
@caller_option
@token_option
@click.option(
    "--printer",
    "printers",
    multiple=True,
    metavar="NAME=PORT",
    help="替换打印机端口 / use this port for a printer",
)
@click.option(
    "--reader",
    "reader_ports",
    multiple=True,
    metavar="NAME=PORT",
    help="替换读码器、读卡器端口 / use this port for a reader",
)
@click.option(
    "--face", type=click.Choice(["page", "terminal"]), default="page", show_default=True, help="画面 / face"
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, file_okay=False),
    help="本大厅的号票模板文件夹 / the hall's own slip templates (see: hallcall slip)",
)
@click.option("--set-pin", is_flag=True, help="设置工作人员口令后退出 / set the staff PIN and exit")
def kiosk(
    hall: Path,
    data: Path,
    name: str,
    host: str | None,
    port: int | None,
    url: str,
    token: str | None,
    printers: tuple[str, ...],
    reader_ports: tuple[str, ...],
    face: str,
    templates: Path | None,
    set_pin: bool,
) -> None:
    """取号机 / One kiosk: the visit, its printer and its screen."""
    write_no_lines() if face == "terminal" else write_log_lines(f"kiosk-{name}")
    settings = settings_of(hall)
    this = _this_kiosk(settings, name)
    folder = data / f"kiosk-{name}"
    if set_pin:
        _set_pin(folder)
        return
    remedies = _remedies(hall, data, name)
    listen = settings.listen
    secret = find_token(data, "kiosk", name, token)
    if not secret:
        raise Unable(
            f"取号机 {name} 没有令牌。请先运行：{remedies.enrol}\n"
            f"Kiosk {name} has no token. First run: {remedies.enrol}"
        )
    line = ConnectionOptions(caller_address(settings, url), secret, this.id)
    ports = _printers(settings, this, printers)
    press = HallDocumentPrinter(settings, ports, TemplateFolder(templates))
    visit = functools.partial(VisitMachine, Catalogue(settings), this, new_id, Translations.load().languages)
    visit = functools.partial(visit, functools.partial(pin.fits, folder), remedies)
    make = functools.partial(_station, visit, _memory(folder, name), line, Printers(dict(ports)), press)
    where = Where(host or listen.host, listen.kiosk if port is None else port)
    hung = _readers(settings, this, reader_ports, data, hall.parent / "profiles")
    if asyncio.run(_run(make, line, hung, None if face == "terminal" else where)):
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


class ConnectionOptions(NamedTuple):
    """How this kiosk reaches the caller."""

    url: str
    token: str
    name: str

    def open(self, topic: str) -> Client:
        return Client(self.url, self.token, watch=[topic], name=f"kiosk {self.name}")


class Where(NamedTuple):
    """Where the page is served."""

    host: str
    port: int


def _station(
    visit: Callable[[], VisitMachine],
    memory: VisitStore,
    line: ConnectionOptions,
    printers: Printers,
    press: HallDocumentPrinter,
    client: Client,
) -> KioskStation:
    return KioskStation(visit(), memory, client, line.open, printers, press)


def _remedies(hall: Path, data: Path, name: str) -> Remedies:
    there = shlex.quote(str(data))
    return Remedies(
        f"hallcall enrol kiosk {name} --data {there}",
        f"hallcall kiosk {shlex.quote(str(hall))} --data {there} --name {name} --set-pin",
    )


def _memory(folder: Path, name: str) -> VisitStore:
    """Held while this process lives: two kiosks with one memory would print and forget each other's slips."""
    memory = VisitStore(folder)
    try:
        memory.hold()
    except BlockingIOError:
        raise Unable(
            f"取号机 {name} 已在运行（{folder} 正被使用）。请先停掉那一个，或用 --name 另选一台。\n"
            f"Kiosk {name} is running already ({folder} is in use). Stop that one first, or choose another with --name."
        ) from None
    return memory


async def _run(
    make: Callable[[Client], KioskStation],
    line: ConnectionOptions,
    hung: readers.AttachedReaders,
    page: Where | None,
) -> bool:
    """Until told to stop; True: begin again. Without a page the face is this terminal."""
    async with line.open("kiosk") as client:
        station = make(client)
        async with _running(station), readers.watched(hung, client, station):
            if page:
                return await _serve_page(station, line.name, page.host, page.port)
            from kiosk.faces.terminal import Terminal

            await Terminal(station).run_async()
            return station.restart.is_set()


@contextlib.asynccontextmanager
async def _running(station: KioskStation) -> AsyncGenerator[None]:
    task = asyncio.create_task(station.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _serve_page(station: KioskStation, name: str, host: str, port: int) -> bool:
    from config.process.http_server import http_server
    from kiosk.faces.server import app
    from kiosk.faces.voice import voice_of

    voice = voice_of(station)
    station.start(asyncio.to_thread(voice.make_all))
    server = http_server(
        app(station, name, voice), ws="websockets-sansio", lifespan="off", timeout_graceful_shutdown=1
    )
    socket = listen(host, port, "[listen] kiosk")
    stop = stop_signal()
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    click.echo(f"kiosk ready http://{in_url(host)}:{socket.getsockname()[1]}/")
    waits = [asyncio.create_task(event.wait()) for event in (stop, station.restart)]
    await asyncio.wait([*waits, serving], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await asyncio.wait([serving], timeout=2)
    return station.restart.is_set()


def _this_kiosk(settings: Settings, name: str) -> Kiosk:
    known = {each.id: each for each in settings.kiosks}
    if name not in known:
        names = "、".join(known) or "（无）"
        raise Unable(
            f"配置里没有取号机 {name}，已有：{names}。请在 [[kiosk]] 中添加，或用 --name 选择。\n"
            f"The hall's file has no kiosk {name}; it has: {', '.join(known) or 'none'}. Add a [[kiosk]] or choose one with --name."
        )
    return known[name]


def _printers(settings: Settings, this: Kiosk, given: tuple[str, ...]) -> dict[str, Printer]:
    """The kiosk's printers in order of preference; --printer changes where one is."""
    devices = {device.name: device for device in settings.devices}
    ports = {name: devices[name].port for name in this.printers if name in devices}
    for pair in given:
        name, equals, port = pair.partition("=")
        if not equals:
            raise Unable(f"--printer 须写成 名称=端口：{pair}\n--printer must be NAME=PORT: {pair}")
        if name not in ports:
            known = ", ".join(ports)
            raise Unable(
                f"--printer {name}：{this.id} 没有这台打印机，已有：{known or '（无）'}。请核对名称，或加到 [[kiosk]] 的 printers。\n"
                f"--printer {name}: {this.id} has no such printer; it has: {known or 'none'}. "
                "Check the name, or add it to printers of its [[kiosk]]."
            )
        ports[name] = port
    try:
        return {name: Printer(port, devices[name].width_px) for name, port in ports.items()}
    except PortMistake as error:
        raise Unable(str(error)) from None


def _readers(
    settings: Settings, this: Kiosk, given: tuple[str, ...], data: Path, profiles: Path
) -> readers.AttachedReaders:
    """The readers that hang on this kiosk; --reader changes where one is."""
    wrong = [pair for pair in given if "=" not in pair]
    if wrong:
        raise Unable(f"--reader 须写成 名称=端口：{wrong[0]}\n--reader must be NAME=PORT: {wrong[0]}")
    ports = {name: port for name, _, port in (pair.partition("=") for pair in given)}
    try:
        return readers.hung(settings, this.id, ports, data, profiles)
    except (PortOptionMistake, BadKey) as error:
        raise Unable(str(error)) from None


def _set_pin(folder: Path) -> None:
    entry = _typed("口令 4-12 位数字 / PIN, 4 to 12 digits")
    if entry != _typed("请再输一次 / Once more"):
        raise Unable(
            "两次输入不一样，口令没有设置，请再运行一次 / The two differ; no PIN was set. Run it again"
        )
    try:
        pin.keep(folder, entry)
    except ValueError as error:
        raise Unable(str(error)) from None
    click.echo("口令已设置，运行中的取号机立即可用 / The PIN is set; a running kiosk knows it at once")


def _typed(what: str) -> str:
    return str(click.prompt(what, hide_input=True))
