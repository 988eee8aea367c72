"""`hallcall office`: starts the process of the office's pages, beside the caller's data."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from caller.client.kept_settings import StationSettings
from caller.identity.accounts import AccountError
from config import owner_only
from config.hosts import is_loopback
from config.process.options import (
    Unable,
    caller_address,
    caller_option,
    data_option,
    hall_argument,
    token_option,
)
from config.process.running import listen, server_tls, write_log_lines
from config.process.tls import ServerTls
from config.settings import Settings

if TYPE_CHECKING:
    import socket

    from caller.client.client import Client
    from display.office.app import SettingsFollower

ROLE, STATION = "office", "office"
NOT_ENROLLED = (
    "管理台尚未登记。它在叫号主机上用叫号服务的数据目录运行：请在那里运行 hallcall enrol {role} {name} --data {data}，再重新启动\n"
    "The office is not enrolled. It runs on the caller's PC with the caller's data folder: run hallcall enrol {role} {name} --data {data} "
    "there, and start it again"
)


@click.command()
@hall_argument
@data_option
@token_option
@caller_option
@click.option(
    "--host", default="", help="监听地址，默认 [listen] office_host / address to bind; default: the hall's"
)
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="监听端口 / port to bind")
def office(hall: Path, data: Path, token: str | None, url: str, host: str, port: int | None) -> None:
    """管理台：实时、营业日、账户、审计，须登录 / the office, behind a sign-in: live, day, accounts, audit."""
    from caller.client.client import find_token

    owner_only.make_folder(data)
    kept = StationSettings(hall, data, ROLE, STATION)
    settings = kept.load()
    secret = find_token(data, ROLE, STATION, token)
    if not secret:
        raise Unable(NOT_ENROLLED.format(role=ROLE, name=STATION, data=data))
    own = settings.listen
    host = host or own.office_host
    tls = None if is_loopback(host) else server_tls(own, hall.parent, data)
    bound = listen(host, own.office if port is None else port, "[listen] office")
    write_log_lines("office")
    _run(settings, data, caller_address(settings, url), secret, bound, _follower(kept), tls, hall.parent)


def _run(
    settings: Settings,
    data: Path,
    url: str,
    token: str,
    bound: "socket.socket",
    follow: "SettingsFollower",
    tls: ServerTls | None,
    hall_folder: Path,
) -> None:
    """Serve until stopped. Raises `Unable` where the accounts cannot be used."""
    import asyncio

    async def serve() -> None:
        from config.process import http_server
        from display.office.app import application

        try:
            app = application(settings, data, url, token, bound.getsockname()[1], follow, hall_folder)
        except AccountError as error:
            raise Unable(str(error.message)) from error
        await http_server.serve(app, bound, "office", tls, lifespan="on", timeout_graceful_shutdown=2)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


def _follower(kept: StationSettings) -> "SettingsFollower":
    async def follow(client: "Client") -> AsyncIterator[tuple[Settings, int]]:
        async for settings in kept.follow(client):
            yield settings, kept.version

    return follow
