"""`hallcall centre`: a city's centre, which keeps the logs of many halls in PostgreSQL and folds their figures.

`run` is the process; `site` (`display.cli.centre_sites`) and `area` make halls and areas known; `account` is who may look at
which of them (`display.cli.centre_accounts`); `settings` is what the city settles for all of them (`display.cli.centre_settings`). Exit code 0; 2 for bad input.
"""

import threading
from pathlib import Path

import click

from config.process.options import Unable, data_option
from config.process.running import write_log_lines
from config.text_safety import for_terminal
from display.cli.centre_accounts import account
from display.cli.centre_settings import settings
from display.cli.centre_sites import database_option, opened, site

PORT = 9310


@click.group()
def centre() -> None:
    """市级中心：汇集各厅的日志和数据 / a city's centre: the logs and figures of many halls."""


@centre.command()
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 / address to bind")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="端口 / port")
@click.option(
    "--tls",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="证书和私钥在一个 PEM 文件里；不给则明文，放在 nginx 后面 / certificate and key in one PEM; without it plain, behind nginx",
)
@data_option
@click.option("--zone", default="Asia/Shanghai", show_default=True, help="本市时区 / the city's time zone")
def run(database: str, host: str, port: int, tls: Path | None, data: Path, zone: str) -> None:
    """启动中心：接收各厅数据，显示全市页面 / run the centre: takes what halls send, shows the city."""
    from zoneinfo import available_timezones

    if zone not in available_timezones():
        raise Unable(f"没有时区 {zone}\nThere is no time zone {zone}")
    write_log_lines("centre")
    with opened(database):
        pass
    _serve(database, host, port, tls, data, zone)


def _serve(database: str, host: str, port: int, tls: Path | None, data: Path, zone: str) -> None:
    """Take batches and fold them until stopped."""
    import asyncio

    from caller.identity.accounts import AccountError
    from caller.records.centre import folding_process
    from config.process import http_server
    from config.process.running import listen, server_tls
    from config.settings import Listen
    from display.centre.app import application

    encrypted = server_tls(Listen(tls=str(tls.resolve())), Path(), Path()) if tls else None
    bound = listen(host, port, "--port")
    stop = threading.Event()
    folder = threading.Thread(target=folding_process.keep, args=(database, stop), name="folding")

    async def serve() -> None:
        try:
            app = application(database, data, bound.getsockname()[1], zone)
        except AccountError as error:
            raise Unable(str(error.message)) from error
        await http_server.serve(app, bound, "centre", encrypted, lifespan="on", timeout_graceful_shutdown=5)

    folder.start()
    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        folder.join()


@centre.command()
@database_option
@click.argument("code")
@click.argument("name", default="")
def area(database: str, code: str, name: str) -> None:
    """给区域代码起名，不给名称则删去 / name the code of an area; without a name it is taken away."""
    with opened(database) as connection:
        from caller.records.centre import sites

        sites.name_area(connection, code, name)
    click.echo(f"{for_terminal(code)} {for_terminal(name)}")


for each in (site, account, settings):
    centre.add_command(each)
