"""`hallcall day`: the manager's few verbs for the business day, when the hall's own hours are not enough.

Each sends one command as the enrolled manager and prints what became of it; a refusal tells the next step.
"""

import asyncio
import logging
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import click

from caller.client import Client, RefusedError, SendError
from caller.engine import commands as cmd
from caller.engine.day import instant
from caller.tokens import find_token
from config.options import (
    BadValue,
    Unable,
    caller_address,
    data_option,
    hall_argument,
    settings_of,
    token_option,
)

NAME = "office"
REACH_SECONDS = 5.0
Maker = Callable[[int], cmd.AnyCommand]
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
Body = Callable[..., None]


def of_hall(body: Body) -> Body:
    """The argument and options every verb takes."""
    name = click.option(
        "--name", default=NAME, show_default=True, help="登记的管理站点名 / the enrolled manager's name"
    )
    for decorate in (token_option, name, data_option, hall_argument):
        body = decorate(body)
    return body


@click.group()
def day() -> None:
    """营业日：开始、结束、停止取号、延时 / the business day: open, close, stop numbers, extend hours."""


@day.command("open")
@of_hall
def open_day(hall: Path, data: Path, name: str, token: str | None) -> None:
    """开始今天的营业日 / open today's business day."""
    manager = _manager(hall, data, name, token)
    manager.send(lambda now: cmd.OpenDay(manager.date(now)))


@day.command("close")
@of_hall
@click.option("--expire", is_flag=True, help="仍在等候的号码作废 / expire whoever still waits")
def close_day(hall: Path, data: Path, name: str, token: str | None, expire: bool) -> None:
    """结束营业日 / close the business day."""
    _manager(hall, data, name, token).send(lambda _now: cmd.CloseDay(expire))


@day.command("stop")
@of_hall
def stop_tickets(hall: Path, data: Path, name: str, token: str | None) -> None:
    """停止取号，已取的号照常办理 / no more numbers; who has one is still served."""
    _manager(hall, data, name, token).send(lambda _now: cmd.StopTickets())


def _clock(_context: click.Context, _option: click.Parameter, until: str) -> str:
    if not CLOCK.match(until):
        raise BadValue(f"{until} 应写作 18:30 的形式", f"{until}: write it as 18:30")
    return until


@day.command("extend")
@of_hall
@click.option("--until", required=True, metavar="HH:MM", callback=_clock, help="延到几点 / until when")
def extend_hours(hall: Path, data: Path, name: str, token: str | None, until: str) -> None:
    """延时 / extend hours."""
    manager = _manager(hall, data, name, token)
    manager.send(lambda now: cmd.ExtendHours(instant(manager.date(now), until, manager.zone)))


class Manager(NamedTuple):
    """Where the caller is, and the right to speak to it."""

    url: str
    token: str
    zone: str

    def date(self, now: int) -> str:
        """Today in the hall, by the caller's clock (UTC µs)."""
        return datetime.fromtimestamp(now / 1e6, ZoneInfo(self.zone)).date().isoformat()

    def send(self, command: Maker) -> None:
        """Send one command and say what became of it."""
        _send(self, command)


def _manager(hall: Path, data: Path, name: str, token: str | None) -> Manager:
    settings = settings_of(hall)
    found = find_token(data, "manager", name, token)
    if not found:
        enrol = f"hallcall enrol manager {name} --data {data}"
        raise Unable(f"没有管理令牌，请先运行：{enrol}\nNo manager token; first run: {enrol}")
    return Manager(caller_address(settings, ""), found, settings.hall.zone)


def _send(manager: Manager, command: Maker) -> None:
    logging.getLogger("hallcall.client").setLevel(logging.ERROR)  # said once, below
    try:
        asyncio.run(_ask(manager, command))
    except RefusedError as refused:
        frame = refused.frame
        option = "（--expire）" if frame.code == "tickets-live" else ""
        click.echo(f"{frame.zh}。{frame.next_zh}{option}\n{frame.en}. {frame.next_en}{option}.", err=True)
        sys.exit(1)
    except (TimeoutError, SendError):
        raise Unable(
            f"连不上叫号服务 {manager.url}，请确认 hallcall caller 正在运行\nCannot reach the caller; is it running?"
        ) from None
    click.echo("已办理 / done")


async def _ask(manager: Manager, command: Maker) -> None:
    async with Client(manager.url, manager.token, [], "manager") as client:
        async with asyncio.timeout(REACH_SECONDS):
            await client.until("current")
        assert client.welcome
        await client.send(command(client.welcome.now))
