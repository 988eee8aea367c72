"""`hallcall caller`: composes log, loop and server into one process.

The process ends in three ways: told to (SIGTERM, SIGINT: everyone gets a bye, exit 0), unable to begin
(clear words, exit 2), or by a bug of its own (traceback, exit 1; the supervisor starts it again and the log
is replayed). Nothing here decides anything about the hall.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from caller.cli.account import open_accounts
from caller.cli.check import checked_version
from caller.cli.enrol import open_stations, remember_hall
from caller.cli.turns import Turns, checked_address, superseded
from caller.eventlog import EventLog, LogError
from caller.eventlog.calling_here import note_address
from caller.identity.account_store import AccountStore
from caller.identity.enrolment import Stations
from caller.identity.keys import SlipKey, slip_key
from caller.people.question_store import QuestionStore
from caller.records.stores.sqlite import RECORDS_NAME, witness_of
from caller.service.city_adoption import CityAdoption
from caller.service.connection import Limits
from caller.service.daily_work import DailyWork
from caller.service.integrity_check import BothLanguages, prove_daily
from caller.service.local_copy import keep_calling, keep_copy
from caller.service.loop import Loop
from caller.service.server import Server
from caller.service.settings_versions import GivenFile, SettingsChanges, SettingsVersions
from caller.service.startup import rest_collector
from config import owner_only
from config.catalogue import Message
from config.owner_only import BadKey
from config.process.options import Unable, data_option, hall_argument
from config.process.running import (
    LOG_ADDRESS,
    cannot_listen,
    in_url,
    keep_watchdog,
    notify,
    raise_open_files,
    server_tls,
    stop_signal,
    watch_for_bugs,
    write_log_lines,
)
from config.process.tls import ServerTls
from config.reading.errors import Mistakes
from config.reading.reader import Reading, inspect
from config.reading.source import Unreadable
from config.settings import Settings
from config.versions import VersionStore, bundle

REST_SECONDS = 3.0  # for what was taken to reach the disk before the byes; a commit takes milliseconds
SPARE_FILES = 128  # descriptors besides one per station: log, stations.db, pipes


@click.command()
@hall_argument
@data_option
@click.option("--host", help="监听地址，默认取自配置 / address to listen on; default: the hall's")
@click.option("--port", type=click.IntRange(0, 65535), help="端口，0 为任意 / port; 0 takes a free one")
@click.option(
    "--log",
    "address",
    default="",
    envvar=LOG_ADDRESS,
    help="日志放在 PostgreSQL：postgresql://… ，可有第二个叫号服务待命 / the log in PostgreSQL; a second caller may stand by",
)
def caller(hall: Path, data: Path, host: str | None, port: int | None, address: str) -> None:
    """叫号服务 / The caller: queue, calling and rating over websockets."""
    versions = SettingsVersions(VersionStore(data), checked_version)
    given = _given(hall)
    settings = given.reading.settings or _kept(versions, given.reading)
    write_log_lines("caller")
    raise_open_files(Limits().stations + SPARE_FILES)
    _make_folder(data)
    remember_hall(data, hall)
    host = host or settings.listen.host
    port = settings.listen.caller if port is None else port
    try:
        slips = slip_key(data)
    except BadKey as error:
        raise Unable(str(error)) from None
    encrypted = server_tls(settings.listen, hall.parent, data)
    checked_address(address)
    note_address(data, address)
    turns = Turns(data, address, settings, versions)
    with open_stations(data) as stations, open_accounts(data) as accounts:
        accounts.file.is_of_caller = True
        parts = CallerParts(settings, versions, given, hall, stations, accounts, slips, encrypted)
        try:
            asyncio.run(_run(parts, turns, host, port))
        except LogError as error:
            raise Unable(str(error.message)) from error


class CallerParts(NamedTuple):
    """What a caller is composed of before its event loop runs. `file` is what became of reading the path `hall`."""

    settings: Settings
    versions: SettingsVersions
    file: GivenFile
    hall: Path
    stations: Stations
    accounts: AccountStore
    slips: SlipKey
    tls: ServerTls | None  # None: plain


def _given(hall: Path) -> GivenFile:
    """Read the hall's file once: its bytes for the next version, and its settings."""
    try:
        return GivenFile(bundle(hall), inspect(hall))
    except Unreadable as error:
        return GivenFile(None, Reading(None, [error.mistake], []))


def _kept(versions: SettingsVersions, reading: Reading) -> Settings:
    """Return settings to begin with where the hall's file has mistakes. Raises `Unable` where none were ever kept."""
    settings = versions.newest()
    if settings is None:
        raise Unable(str(Mistakes(reading.mistakes)))
    return settings


async def _run(parts: CallerParts, turns: Turns, host: str, port: int) -> None:
    """Call until told to stop; with a log in a database, whenever the right to write it is ours. Raises `LogError`."""
    bug, stop = watch_for_bugs("caller"), stop_signal()
    besides = [asyncio.create_task(keep_watchdog())]  # one that stands by is alive, too
    if turns.address:
        besides.append(asyncio.create_task(keep_copy(turns.data, parts.settings.hall.site, turns.address)))
    while not stop.is_set():
        standby, warm = None, None
        if turns.address:
            standby, warm = await turns.stand_by(stop, host, port, parts.tls)
            if stop.is_set():
                standby.right.give_back()
                break
        with turns.opened(standby) as log:
            loop = Loop(parts.settings, log, versions=parts.versions, warm=warm)
            await _call(parts, turns, loop, log, host, port, stop, bug)
    for task in besides:
        task.cancel()
    await asyncio.gather(*besides, return_exceptions=True)


async def _call(
    parts: CallerParts, turns: Turns, loop: Loop, log: EventLog, host: str, port: int,
    stop: asyncio.Event, bug: asyncio.Future[None],
) -> None:  # fmt: skip
    loop.hear(witness_of(log.path.with_name(RECORDS_NAME)))
    changes = SettingsChanges(loop, parts.versions, parts.hall)
    server = Server(
        loop, parts.stations, parts.slips,
        changes=changes, accounts=parts.accounts, questions=QuestionStore(log.path.parent),
    )  # fmt: skip
    loop.start()
    await changes.take_in(parts.file, shared=bool(turns.address))
    rest_collector()
    port = await _listen(server, host, port, parts.tls)
    click.echo(f"caller ready {'wss' if parts.tls else 'ws'}://{in_url(host)}:{port}")
    due = turns.root_due if turns.address else None
    besides = [
        asyncio.create_task(work)
        for work in (
            prove_daily(turns.address or log.path, _tells_of_damage(loop)),
            DailyWork(loop, log.path, due, [CityAdoption(loop, changes, parts.versions).look]).run(),
            turns.share(_tells_of_pcs(loop)),
            _keep_calling(turns, log),
            parts.tls.keep() if parts.tls else asyncio.Event().wait(),
        )
    ]
    ends = [asyncio.create_task(work) for work in (stop.wait(), server.run(), superseded(log))]
    done, _ = await asyncio.wait([*ends, *besides, bug], return_when=asyncio.FIRST_COMPLETED)
    for task in (*besides, ends[-1]):
        task.cancel()
    for ended in done:
        ended.result()  # raises the bug, if that is what ended it
    if stop.is_set():
        notify("STOPPING=1")
    logging.getLogger("hallcall.caller").info("stopping%s", "" if stop.is_set() else ": superseded")
    server.close()
    with contextlib.suppress(TimeoutError):  # a disk that hangs must not keep the byes from anyone
        async with asyncio.timeout(REST_SECONDS):
            await loop.stop()
    await server.stop()
    ends[0].cancel()
    await asyncio.gather(*besides, *ends, return_exceptions=True)


def _tells_of_damage(loop: Loop) -> Callable[[BothLanguages | None], None]:
    def tell(words: BothLanguages | None) -> None:
        loop.damage = words

    return tell


async def _keep_calling(turns: Turns, log: EventLog) -> None:
    """Say that deliveries go out from this PC, where there is another that might; until cancelled."""
    if turns.address:
        await keep_calling(turns.data, log.head.seq, lambda: not log.is_cut_off)
    await asyncio.Event().wait()


def _tells_of_pcs(loop: Loop) -> Callable[[tuple[Message, ...]], None]:
    def tell(found: tuple[Message, ...]) -> None:
        loop.pcs = found

    return tell


async def _listen(server: Server, host: str, port: int, tls: ServerTls | None) -> int:
    try:
        return await server.start(host, port, tls)
    except OSError as error:
        raise cannot_listen(host, port, "[listen] caller", error) from None


def _make_folder(data: Path) -> None:
    try:
        owner_only.make_folder(data)
    except OSError as error:
        raise Unable(
            f"数据目录 {data} 不能使用（{error.strerror}）。请核对 --data 和目录权限。\n"
            f"The data folder {data} cannot be used: {error.strerror}. Check --data and the folder's permissions."
        ) from None
