"""`hallcall centre`: a city's centre, which keeps the logs of many halls in PostgreSQL and folds their figures.

`run` is the process; `site` and `area` make halls and areas known; `account` is who may look at which of them
(`display.cli.centre_accounts`). Exit code 0; 2 for bad input.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.catalogue import MessageError, both_words
from config.instants import Micros, Seconds
from config.process.options import Unable, data_option, json_option
from config.process.running import write_log_lines
from config.process.tables import columns_of, text_table
from config.text_safety import for_json, for_terminal
from display.cli.centre_accounts import account

if TYPE_CHECKING:
    from caller.records.centre.sites import SiteRow
    from caller.records.stores.postgres import PostgresConnection

PORT = 9310
JOIN_SECONDS: Seconds = 10.0  # a piece of folding takes a second at most
DRIVER = (
    "没有安装 psycopg，请运行 pip install 'hallcall[postgres]'\n"
    "psycopg is not installed: pip install 'hallcall[postgres]'"
)
HEADINGS = ("站点 site", "名称 name", "已有 has", "缺 lacks", "最近 seen", "版本 version", "状态 state")
database_option = click.option(
    "--db",
    "database",
    envvar="HALLCALL_CENTRE_DB",
    required=True,
    metavar="postgresql://…",
    help="数据库，也可写在环境变量 HALLCALL_CENTRE_DB / the database, or in HALLCALL_CENTRE_DB",
)


@contextmanager
def _opened(database: str) -> "Generator[PostgresConnection]":
    """Open the database with its tables; print what is wrong with its next step, and exit with 2."""
    try:
        from caller.records.centre import sites
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "psycopg":
            raise
        raise Unable(DRIVER) from None
    try:
        with sites.connected(database) as connection:
            sites.make_tables(connection)
            yield connection
    except MessageError as error:
        raise Unable(str(error.message)) from error


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
    with _opened(database):
        pass
    _serve(database, host, port, tls, data, zone)


def _serve(database: str, host: str, port: int, tls: Path | None, data: Path, zone: str) -> None:
    """Take batches and fold them until stopped."""
    import asyncio

    from caller.identity.accounts import AccountError
    from caller.records.centre import folding
    from config.process import http_server
    from config.process.running import listen, server_tls
    from config.settings import Listen
    from display.centre.app import application

    encrypted = server_tls(Listen(tls=str(tls.resolve())), Path(), Path()) if tls else None
    bound = listen(host, port, "--port")
    stop = threading.Event()
    folder = threading.Thread(target=folding.follow, args=(database, stop), name="folding", daemon=True)

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
        folder.join(JOIN_SECONDS)


@centre.command()
@database_option
@click.argument("code")
@click.argument("name", default="")
def area(database: str, code: str, name: str) -> None:
    """给区域代码起名，不给名称则删去 / name the code of an area; without a name it is taken away."""
    with _opened(database) as connection:
        from caller.records.centre import sites

        sites.name_area(connection, code, name)
    click.echo(f"{for_terminal(code)} {for_terminal(name)}")


@centre.group()
def site() -> None:
    """各厅：登记、密钥、情况 / halls: make known, keys, state."""


@site.command()
@database_option
@click.argument("id")
@click.option("--name", default="", help="名称 / its name")
@click.option("--area", default="", help="所在区域代码，如 431023101 / code of its area")
def add(database: str, id: str, name: str, area: str) -> None:
    """登记一个厅，或给它换密钥；密钥只显示这一次 / make a hall known, or renew its key, which is shown this once."""
    with _opened(database) as connection:
        from caller.records.centre import sites

        key = sites.add(connection, id, name, _now(), area)
    click.echo(key)
    click.echo(
        f"请在 {id} 运行 hallcall deliveries secret centre --set，输入上面的密钥\n"
        f"At {id} run: hallcall deliveries secret centre --set, and type the key above",
        err=True,
    )


@site.command("list")
@database_option
@json_option
def list_(database: str, as_json: bool) -> None:
    """各厅的情况 / how each hall stands."""
    with _opened(database) as connection:
        from caller.records.centre import sites

        rows = sites.all_sites(connection)
    click.echo(_in_json(rows) if as_json else _in_words(rows))


@site.command()
@database_option
@click.argument("id")
def again(database: str, id: str) -> None:
    """丢弃一个厅的全部数据，向它从头再要 / drop what is kept of a hall and ask it for everything again."""
    _forget(database, id, wholly=False)
    click.echo(f"{id} 将从头再发 / sends everything again")


@site.command()
@database_option
@click.argument("id")
@click.confirmation_option(prompt="删除这个厅的全部数据？ / Delete all of this hall?")
def remove(database: str, id: str) -> None:
    """不再接收一个厅，并删除它的数据 / take nothing of a hall any more, and delete what is kept of it."""
    _forget(database, id, wholly=True)
    click.echo(f"{id} 已删除 / removed")


def _forget(database: str, id: str, *, wholly: bool) -> None:
    with _opened(database) as connection:
        from caller.records.centre import sites

        sites.forget(connection, id, wholly=wholly)


centre.add_command(account)


def _in_words(rows: "list[SiteRow]") -> str:
    if not rows:
        return "还没有厅 / no halls yet"
    table = [(each.site, for_terminal(each.name), str(each.seq), str(max(0, each.last - each.seq)), _instant(each.seen),
              each.version or "-", _state(each)) for each in rows]  # fmt: skip
    return "\n".join(text_table([HEADINGS, *table], columns_of(len(HEADINGS), 0, 1, 4, 5, 6)))


def _state(each: "SiteRow") -> str:
    if each.trouble:
        return f"{both_words('centre-trouble', each.trouble)} ({_instant(each.since)})"
    return "正常 well" if each.seen else "未接入 never heard of"


def _in_json(rows: "list[SiteRow]") -> str:
    import msgspec

    found = [
        {
            "site": each.site, "name": each.name, "has": each.seq, "last": each.last, "seen": _instant(each.seen),
            "version": each.version, "trouble": each.trouble, "since": _instant(each.since),
        }
        for each in rows
    ]  # fmt: skip
    return for_json(msgspec.json.encode(found).decode())


def _instant(at: Micros) -> str:
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "-"


def _now() -> Micros:
    return int(datetime.now(UTC).timestamp() * 1e6)
