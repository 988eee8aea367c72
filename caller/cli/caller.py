"""`hallcall caller`: composes log, loop and server into one process.

The process ends in three ways: told to (SIGTERM, SIGINT: everyone gets a bye, exit 0), unable to begin
(clear words, exit 2), or by a bug of its own (traceback, exit 1; the supervisor starts it again and the log
is replayed). Nothing here decides anything about the hall.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple

import click

from caller.cli.account import open_accounts
from caller.cli.check import checked_version
from caller.cli.enrol import open_stations, remember_hall
from caller.eventlog import LOG_NAME, EventLog, LogError
from caller.identity.account_store import AccountStore
from caller.identity.enrolment import Stations
from caller.identity.keys import SlipKey, slip_key
from caller.people.question_store import QuestionStore
from caller.records.stores.sqlite import RECORDS_NAME, witness_of
from caller.service.connection import Limits
from caller.service.daily_work import DailyWork
from caller.service.integrity_check import BothLanguages, prove_daily
from caller.service.loop import Loop
from caller.service.server import Server
from caller.service.settings_versions import GivenFile, SettingsChanges, SettingsVersions
from caller.service.startup import rest_collector
from config import owner_only
from config.owner_only import BadKey
from config.process.options import Unable, data_option, hall_argument
from config.process.running import (
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
def caller(hall: Path, data: Path, host: str | None, port: int | None) -> None:
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
    with _open_log(data, settings) as log, open_stations(data) as stations, open_accounts(data) as accounts:
        parts = CallerParts(settings, versions, given, hall, log, stations, accounts, slips, encrypted)
        asyncio.run(_run(parts, host, port))


class CallerParts(NamedTuple):
    """What a caller is composed of before its event loop runs. `file` is what became of reading the path `hall`."""

    settings: Settings
    versions: SettingsVersions
    file: GivenFile
    hall: Path
    log: EventLog
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


async def _run(parts: CallerParts, host: str, port: int) -> None:
    log = parts.log
    loop = Loop(parts.settings, log, versions=parts.versions)
    loop.hear(witness_of(log.path.with_name(RECORDS_NAME)))
    changes = SettingsChanges(loop, parts.versions, parts.hall)
    server = Server(
        loop, parts.stations, parts.slips,
        changes=changes, accounts=parts.accounts, questions=QuestionStore(log.path.parent),
    )  # fmt: skip
    bug, stop = watch_for_bugs("caller"), stop_signal()
    loop.start()
    await changes.take_in(parts.file)
    rest_collector()
    port = await _listen(server, host, port, parts.tls)
    click.echo(f"caller ready {'wss' if parts.tls else 'ws'}://{in_url(host)}:{port}")
    told, running = asyncio.create_task(stop.wait()), asyncio.create_task(server.run())
    proving = asyncio.create_task(prove_daily(log.path, _tells_of_damage(loop)))
    daily = asyncio.create_task(DailyWork(loop, log.path).run())
    keeping = asyncio.create_task(parts.tls.keep() if parts.tls else asyncio.Event().wait())
    alive = asyncio.create_task(keep_watchdog())
    besides = (proving, daily, keeping, alive)
    done, _ = await asyncio.wait([told, running, *besides, bug], return_when=asyncio.FIRST_COMPLETED)
    notify("STOPPING=1")
    for task in besides:
        task.cancel()
    for ended in done:
        ended.result()  # raises the bug, if that is what ended it
    logging.getLogger("hallcall.caller").info("stopping")
    server.close()
    with contextlib.suppress(TimeoutError):  # a disk that hangs must not keep the byes from anyone
        async with asyncio.timeout(REST_SECONDS):
            await loop.stop()
    await server.stop()
    await asyncio.gather(*besides, return_exceptions=True)


def _tells_of_damage(loop: Loop) -> Callable[[BothLanguages | None], None]:
    def tell(words: BothLanguages | None) -> None:
        loop.damage = words

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


@contextlib.contextmanager
def _open_log(data: Path, settings: Settings) -> Generator[EventLog]:
    try:
        log = EventLog(data / LOG_NAME, settings.hall.site)
        try:
            yield log
        finally:
            log.close()
    except LogError as error:
        raise Unable(str(error.message)) from error
