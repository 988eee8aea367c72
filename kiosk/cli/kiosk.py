"""`hallcall kiosk`: composes the visit machine, its store, its printers, its connection to the caller and its face.

The process ends when told to, when it cannot begin (exit 2, with the reason), or to begin again: the staff's
"restart" replaces the program by itself, in the same place with the same arguments.
"""

import asyncio
import contextlib
import shlex
import socket
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from caller.client.client import Client, find_token, new_id
from caller.client.enrolment_request import EnrolmentRequest, obtain_token
from caller.client.kept_settings import TOPIC as SETTINGS_TOPIC
from caller.client.kept_settings import StationSettings
from caller.client.kept_witness import witness_path
from caller.client.pending_commands import MEANT_SECONDS
from config.hosts import is_loopback
from config.paper.template_files import TemplateFolder
from config.process.options import (
    Unable,
    caller_address,
    caller_option,
    code_option,
    data_option,
    enrol_option,
    hall_argument,
    token_option,
)
from config.process.running import (
    begin_again,
    listen,
    server_tls,
    stop_signal,
    write_log_lines,
    write_no_lines,
)
from config.process.tls import ServerTls
from config.settings import Kiosk, Settings
from devices.printer import Printer, Printers, fonts, warm
from kiosk import readers
from kiosk.catalogue import Catalogue
from kiosk.cli.lookup import attached_readers, kiosk_named, printers_of
from kiosk.faces import load_translations
from kiosk.jobs import KioskJobs
from kiosk.new_settings import QUESTIONS_TOPIC, NewSettings, PlayedMedia, PublishedQuestions
from kiosk.printing import HallDocumentPrinter
from kiosk.station import KioskStation
from kiosk.store import VisitStore
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import SetupCommands, VisitState

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

STOP_SECONDS = 2.0  # for open pages to be told
SEARCH_PREPARED_SECONDS = 10.0  # after the start; whoever searches sooner waits half a second


@click.command()
@hall_argument
@data_option
@click.option(
    "--name",
    default="k1",
    show_default=True,
    help="本机名，配置中的 [[kiosk]] id / this kiosk's id in the hall's file",
)
@click.option(
    "--host",
    help="页面监听地址，默认 [listen] kiosk_host / address of the page; default: [listen] kiosk_host",
)
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
@enrol_option
@code_option
@click.option(
    "--devtools",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="本机浏览器的调试端口，截屏用 / the browser's --remote-debugging-port, for screenshots",
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
    again: bool,
    sheet_code: str,
    devtools: int,
    set_pin: bool,
) -> None:
    """取号机 / One kiosk: the visit, its printer and its screen."""
    write_no_lines() if face == "terminal" else write_log_lines(f"kiosk-{name}")
    kept = StationSettings(hall, data, "kiosk", name)
    settings = kept.load()
    this = kiosk_named(settings, name)
    store = VisitStore(data / f"kiosk-{name}")
    if set_pin:
        _set_pin(store)
        return
    there = shlex.quote(str(data))
    commands = SetupCommands(
        f"hallcall kiosk {shlex.quote(str(hall))} --data {there} --name {name} --enrol",
        f"hallcall kiosk {shlex.quote(str(hall))} --data {there} --name {name} --set-pin",
    )
    kept_token = None if again else find_token(data, "kiosk", name, token)
    address = caller_address(settings, url)
    parts = KioskParts(
        settings=settings,
        kiosk=this,
        caller=address,
        token=kept_token or "",
        printers=printers_of(settings, this, printers),
        templates=TemplateFolder(templates),
        readers=attached_readers(settings, this, reader_ports, data, hall.parent / "profiles"),
        store=store,
        commands=commands,
        witness=witness_path(data, "kiosk", name),
        kept=kept,
        devtools=devtools,
    )
    _hold(store, name)
    own, page = settings.listen, None
    if face != "terminal":
        host = host or own.kiosk_host
        tls = None if is_loopback(host) else server_tls(own, hall.parent, data)
        bound = listen(host, own.kiosk if port is None else port, "[listen] kiosk")
        page = PagePlace(host, bound, tls)
    if not parts.token:
        request = EnrolmentRequest(
            address, "kiosk", name, data, sheet_code, anew=again, received=store.take_over
        )
        parts = parts._replace(token=_enrolled(request, page, store))
    if asyncio.run(_run(parts, page)):
        begin_again()


class PagePlace(NamedTuple):
    """Where the page is served: the host as it is asked for, the socket that listens, the certificate unless plain."""

    host: str
    socket: socket.socket
    tls: ServerTls | None

    def address(self, key: str) -> str:
        """Return the address to open."""
        from kiosk.faces import server

        return server.address(self.host, self.socket.getsockname()[1], key, encrypted=self.tls is not None)


def _enrolled(request: EnrolmentRequest, page: PagePlace | None, store: VisitStore) -> str:
    """Return a token, once a manager has entered the code that is shown. Raises `Unable`."""
    if page is None:
        return obtain_token(request, None, request.anew)
    from kiosk.faces.enrol_page import enrolled_on_page

    click.echo(f"kiosk not enrolled {page.address(store.page_key())}")
    return asyncio.run(enrolled_on_page(request, page.socket, page.host, page.tls))


class KioskParts(NamedTuple):
    """What one kiosk is composed of before its event loop runs."""

    settings: Settings
    kiosk: Kiosk
    caller: str  # ws:// address
    token: str
    printers: Mapping[str, Printer]
    templates: TemplateFolder
    readers: readers.AttachedReaders
    store: VisitStore
    commands: SetupCommands
    witness: Path  # where the newest witness of the caller's log is kept
    kept: StationSettings
    devtools: int = 0  # port of the browser's DevTools on this PC; 0: none

    def connect(self, *topics: str, witness: Path | None = None, optional: tuple[str, ...] = ()) -> Client:
        """Return a connection to the caller that watches these topics; one of them keeps the witness."""
        name = f"kiosk {self.kiosk.id}"
        client = Client(
            self.caller, self.token, topics, name,
            optional=optional, meant_seconds=MEANT_SECONDS, witness_file=witness,
        )  # fmt: skip
        client.kept = self.store.left
        return client

    def station(self, client: Client, questions: PublishedQuestions) -> tuple[KioskStation, NewSettings]:
        state = VisitState(
            Catalogue(self.settings),
            self.kiosk,
            new_id,
            load_translations().languages,
            self.store.has_pin,
            self.commands,
            questions=questions.all,
            undrawn=fonts.undrawn(load_translations().languages),
        )
        document_printer = HallDocumentPrinter(self.settings, self.printers, self.templates)
        document_printer.warn_of_fonts()
        printers = Printers(dict(self.printers))
        machine, key = VisitMachine(state), self.readers.key
        station = KioskStation(machine, self.store, client, self.connect, printers, document_printer, key)
        return station, NewSettings(station, self.kept, document_printer)


async def _run(parts: KioskParts, page: PagePlace | None) -> bool:
    """Run until told to stop; True: begin again. Without a `page` the face is this terminal."""
    name, topics = parts.kiosk.id, (f"jobs/{parts.kiosk.id}", "kiosk")
    async with parts.connect(
        *topics, witness=parts.witness, optional=(SETTINGS_TOPIC, QUESTIONS_TOPIC)
    ) as client:
        questions = PublishedQuestions(parts.store.folder)
        station, new_settings = parts.station(client, questions)
        jobs = KioskJobs(station, client, name, parts.devtools)
        async with (
            _running(jobs.run()),
            _running(new_settings.run(client)),
            _running(questions.run(client)),
            _running(station.run()),
            readers.running(parts.readers, client, station),
        ):
            station.start(_make_ready(station.state.catalogue))
            if page:
                played = PlayedMedia(station, client, parts.caller)
                station.start(played.run())
                return await _serve_page(station, jobs, played.routes(), name, page)
            from kiosk.faces.terminal import Terminal

            await Terminal(station).run_async()
            return station.restart.is_set()


async def _make_ready(catalogue: Catalogue) -> None:
    """Load what the first slip and the first search need, beside the screens: the search when the start is over."""
    await asyncio.to_thread(warm)
    await asyncio.sleep(SEARCH_PREPARED_SECONDS)
    await asyncio.to_thread(catalogue.prepare_search)


@contextlib.asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _serve_page(
    station: KioskStation, jobs: KioskJobs, played: Sequence["BaseRoute"], name: str, page: PagePlace
) -> bool:
    from config.process.http_server import http_server
    from kiosk.faces import server
    from kiosk.faces.voice import voice_of

    voice, key = voice_of(station), station.store.page_key()
    station.start(asyncio.to_thread(voice.make_all))
    http = http_server(server.app(station, name, voice, key, page.host, played), page.tls, **server.OPTIONS)
    stop = stop_signal()
    serving = asyncio.create_task(http.serve(sockets=[page.socket]))
    jobs.page_port = page.socket.getsockname()[1]
    click.echo(f"kiosk ready {page.address(key)}")
    keeping = asyncio.create_task(page.tls.keep()) if page.tls else None
    waits = [asyncio.create_task(event.wait()) for event in (stop, station.restart)]
    await asyncio.wait([*waits, serving], return_when=asyncio.FIRST_COMPLETED)
    http.should_exit = True
    if keeping:
        keeping.cancel()
    await asyncio.wait([serving], timeout=STOP_SECONDS)
    return station.restart.is_set()


def _hold(store: VisitStore, name: str) -> None:
    """Take the store for this process: two kiosks with one would print and forget each other's slips."""
    try:
        store.hold()
    except BlockingIOError:
        raise Unable(
            f"取号机 {name} 已在运行（{store.folder} 正被使用）。请先停掉那一个，或用 --name 另选一台。\n"
            f"Kiosk {name} is running already ({store.folder} is in use). Stop that one first, or choose another with --name."
        ) from None


def _set_pin(store: VisitStore) -> None:
    entry = _typed("口令 4-12 位数字 / PIN, 4 to 12 digits")
    if entry != _typed("请再输一次 / Once more"):
        raise Unable(
            "两次输入不一样，口令没有设置，请再运行一次 / The two differ; no PIN was set. Run it again"
        )
    try:
        store.set_pin(entry)
    except ValueError as error:
        raise Unable(str(error)) from None
    click.echo("口令已设置，运行中的取号机立即可用 / The PIN is set; a running kiosk knows it at once")


def _typed(what: str) -> str:
    return str(click.prompt(what, hide_input=True))
