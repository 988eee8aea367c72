"""`hallcall day`: the manager's few verbs for the business day, when the hall's own hours are not enough.

Each sends one command as the enrolled manager and prints what became of it; a refusal tells the next step.
"""

import asyncio
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from caller.client import Client, RefusedError, SendError
from caller.engine import commands as cmd
from caller.engine.day import instant
from caller.tokens import find_token
from config.reader import Mistakes, read
from config.settings import Settings

NAME = "office"
REACH_SECONDS = 5.0
Maker = Callable[[int], cmd.AnyCommand]
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


@click.group()
@click.argument("hall", type=click.Path(path_type=Path), metavar="HALL.toml")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".hallcall"),
    show_default=True,
    help="数据目录 / data folder",
)
@click.option(
    "--name", default=NAME, show_default=True, help="登记的管理站点名 / name of the enrolled manager"
)
@click.option("--token", default=None, help="令牌 / token; default: DATA/tokens/manager-NAME")
@click.pass_context
def day(context: click.Context, hall: Path, data: Path, name: str, token: str | None) -> None:
    """营业日：开始、结束、停止取号、延时 / the business day: open, close, stop numbers, extend hours."""
    try:
        settings = read(hall)
    except Mistakes as mistakes:
        raise click.ClickException(str(mistakes)) from mistakes
    found = find_token(data, "manager", name, token)
    if not found:
        raise click.ClickException(
            f"没有管理令牌，请先运行：hallcall enrol manager {name} --data {data}\n"
            "No manager token; run the command above first"
        )
    context.obj = (settings, found)


@day.command("open")
@click.pass_obj
def open_day(manager: tuple[Settings, str]) -> None:
    """开始今天的营业日 / open today's business day."""
    zone = ZoneInfo(manager[0].hall.zone)
    _send(manager, lambda now: cmd.OpenDay(datetime.fromtimestamp(now / 1e6, zone).date().isoformat()))


@day.command("close")
@click.option("--expire", is_flag=True, help="仍在等候的号码作废 / expire whoever still waits")
@click.pass_obj
def close_day(manager: tuple[Settings, str], expire: bool) -> None:
    """结束营业日 / close the business day."""
    _send(manager, lambda _now: cmd.CloseDay(expire))


@day.command("stop")
@click.pass_obj
def stop_tickets(manager: tuple[Settings, str]) -> None:
    """停止取号，已取的号照常办理 / no more numbers; who has one is still served."""
    _send(manager, lambda _now: cmd.StopTickets())


@day.command("extend")
@click.argument("until", metavar="HH:MM")
@click.pass_obj
def extend_hours(manager: tuple[Settings, str], until: str) -> None:
    """延时到 HH:MM / extend hours until HH:MM today."""
    if not CLOCK.match(until):
        raise click.ClickException(f"时间应写作 18:30，不是 {until} / write the time as 18:30")
    zone = manager[0].hall.zone

    def command(now: int) -> cmd.ExtendHours:
        label = datetime.fromtimestamp(now / 1e6, ZoneInfo(zone)).date().isoformat()
        return cmd.ExtendHours(instant(label, until, zone))

    _send(manager, command)


def _send(manager: tuple[Settings, str], command: Maker) -> None:
    settings, token = manager
    url = f"ws://{settings.listen.host}:{settings.listen.caller}"
    try:
        asyncio.run(_ask(url, token, command))
    except RefusedError as refused:
        frame = refused.frame
        click.echo(f"{frame.zh}。{frame.next_zh}\n{frame.en}. {frame.next_en}.", err=True)
        sys.exit(1)
    except (TimeoutError, SendError):
        raise click.ClickException(
            f"连不上叫号服务 {url}，请确认 hallcall caller 正在运行\nCannot reach the caller; is it running?"
        ) from None
    click.echo("已办理 / done")


async def _ask(url: str, token: str, command: Maker) -> None:
    async with Client(url, token, [], "manager") as client:
        async with asyncio.timeout(REACH_SECONDS):
            await client.until("current")
        assert client.welcome
        await client.send(command(client.welcome.now))
