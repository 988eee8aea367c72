"""`hallcall day`: the manager's few verbs for the business day, when the hall's own hours are not enough.

Each sends one command as the enrolled manager and prints what became of it (`day_words`); a refusal tells the
next step.
"""

import asyncio
import functools
import logging
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import click

from caller.cli import day_messages as said
from caller.cli.acting import Credentials, acting_options, find_credentials, signed_in
from caller.client.client import Client, RefusedError, SendError
from caller.engine import commands as cmd
from caller.engine import suspension_terms as suspension
from caller.engine.envelope import AnyCommand
from caller.engine.refusals import Refused
from caller.engine.suspension_terms import SuspendedScope
from caller.identity.tokens import find_token
from caller.protocol.frames import Bye, message_of, refusal_message
from config.instants import Micros, instant
from config.process.options import (
    BadValue,
    Unable,
    caller_address,
    caller_option,
    data_option,
    hall_argument,
    settings_of,
    token_option,
)
from config.settings import Settings

T = TypeVar("T")
NAME = "office"
REACH_SECONDS = 5.0
SEES = "supervise"  # the document that says which day it is and who waits
Maker = Callable[[int], AnyCommand]
DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
CommandBody = Callable[..., None]


def of_hall(body: CommandBody) -> CommandBody:
    """Return a verb with the argument and options all take; the verb itself gets the manager they name."""

    @functools.wraps(body)
    def verb(hall: Path, data: Path, name: str, token: str | None, url: str, **rest: Any) -> None:
        acting = rest.pop("account"), rest.pop("secret_file")
        body(_manager(hall, data, name, token, url, acting), **rest)

    name = click.option(
        "--name", default=NAME, show_default=True, help="登记的管理站点名 / the enrolled manager's name"
    )
    made: CommandBody = verb
    for decorate in (acting_options, token_option, caller_option, name, data_option, hall_argument):
        made = decorate(made)
    return made


@click.group()
def day() -> None:
    """营业日：开始、结束、停止取号、延时、暂停办理 / the business day: open, close, stop numbers, extend hours, suspend."""


def _date(_context: click.Context, _option: click.Parameter, date: str | None) -> str | None:
    if date is not None and not DATE.match(date):
        raise BadValue(f"{date} 应写作 2026-09-21 的形式", f"{date}: write it as 2026-09-21")
    return date


def _clock(_context: click.Context, _option: click.Parameter, until: str | None) -> str | None:
    if until is not None and not CLOCK.match(until):
        raise BadValue(f"{until} 应写作 18:30 的形式", f"{until}: write it as 18:30")
    return until


@day.command("open")
@of_hall
@click.option(
    "--date",
    metavar="YYYY-MM-DD",
    callback=_date,
    help="哪一天；不写则为叫号服务认为的今天 / which day; none: today, by the caller's clock",
)
def open_day(manager: "Manager", date: str | None) -> None:
    """开始今天的营业日 / open today's business day."""
    seen = manager.send(lambda now: cmd.OpenDay(date or manager.date(now)))
    click.echo(said.opened(manager.settings.hall, date or manager.date(seen.now), manager.clock(seen.now)))


@day.command("close")
@of_hall
@click.option("--expire", is_flag=True, help="仍在等候的号码作废 / expire whoever still waits")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
def close_day(manager: "Manager", expire: bool, yes: bool) -> None:
    """结束营业日；只停止取号请用 stop，误结束可用 reopen / close the business day. To give no more numbers only, use
    stop; a day closed by mistake is taken up again with reopen."""
    if expire and not yes and sys.stdin.isatty():
        _ask_first(manager.look())
    click.echo(said.closed(manager.send(lambda _now: cmd.CloseDay(expire)), expire))


@day.command("reopen")
@of_hall
@click.option(
    "--until",
    metavar="HH:MM",
    callback=_clock,
    help="延到几点；已过下班时间时必填 / until when, if its hours are over",
)
def reopen_day(manager: "Manager", until: str | None) -> None:
    """重新开始误结束的营业日，作废的号码恢复原位 / take up the day that was closed by mistake: expired numbers are
    back in their places, and numbers go on."""
    day = manager.look().day

    def command(_now: Micros) -> AnyCommand:
        return cmd.ReopenDay(instant(day, until, manager.zone) if until and day else 0)

    manager.send(command)
    click.echo(said.reopened(manager.look()))


def _ask_first(seen: said.Seen) -> None:
    if seen.waiting and not click.confirm(said.sure(seen)):
        raise Unable("没有结束，什么都没有改\nNot closed; nothing was changed")


@day.command("stop")
@of_hall
def stop_tickets(manager: "Manager") -> None:
    """停止取号，已取的号照常办理 / no more numbers; who has one is still served."""
    click.echo(said.stopped(manager.send(lambda _now: cmd.StopTickets())))


@day.command("extend")
@of_hall
@click.option("--until", required=True, metavar="HH:MM", callback=_clock, help="延到几点 / until when")
def extend_hours(manager: "Manager", until: str) -> None:
    """延时，取号和办理都到这个时间 / extend hours, for numbers and for service alike."""
    seen = manager.send(lambda now: cmd.ExtendHours(instant(manager.date(now), until, manager.zone)))
    click.echo(said.extended(seen, until))


def _scope(body: CommandBody) -> CommandBody:
    """Return a verb with the options that say what stands still; none: the hall."""

    @functools.wraps(body)
    def verb(manager: "Manager", queue: str, item: str, **rest: Any) -> None:
        if queue and item:
            raise BadValue("--queue 与 --item 只能给一个", "give --queue or --item, not both")
        scope: SuspendedScope = "queue" if queue else "item" if item else "hall"
        body(manager, scope, queue or item, **rest)

    made: CommandBody = verb
    for option, words in (("--queue", "哪个队列 / which queue"), ("--item", "哪个事项 / which item")):
        made = click.option(option, default="", metavar="ID", help=words)(made)
    return made


@day.command("suspend")
@of_hall
@_scope
@click.option(
    "--reason",
    required=True,
    metavar="CODE",
    help="原因，大厅清单 suspend 中的编号 / of the hall's list suspend",
)
@click.option("--until", metavar="HH:MM", callback=_clock, help="预计几点恢复 / when it is expected to end")
@click.option(
    "--move-bookings",
    is_flag=True,
    help="其间的预约改到下一个空的时段 / move its appointments to the next free slots",
)
def suspend(
    manager: "Manager", scope: SuspendedScope, id: str, reason: str, until: str | None, move_bookings: bool
) -> None:
    """暂停办理：大厅、一个队列或一个事项；不取号、不叫号，已取的号保留位置 / suspend the hall, a queue or an item: no numbers
    are given or called, and places are kept."""

    def command(now: Micros) -> AnyCommand:
        end = instant(manager.date(now), until, manager.zone) if until else 0
        return suspension.Suspend(scope, reason, id, end, "move" if move_bookings else "stay")

    manager.send(command)
    click.echo(said.suspended(manager.settings, scope, id, reason, until))


@day.command("resume")
@of_hall
@_scope
def resume(manager: "Manager", scope: SuspendedScope, id: str) -> None:
    """恢复办理，号码按原来的先后 / go on with what was suspended, in the order there was."""
    seen = manager.send(lambda _now: suspension.LiftSuspension(scope, id))
    click.echo(said.resumed(manager.settings, scope, id, seen))


@day.command("notify")
@of_hall
@click.argument("code")
@click.option("--queue", default="", metavar="ID", help="只告诉这个队列的人 / only those in this queue")
@click.option("--minutes", default=15, show_default=True, help="显示多少分钟 / shown so long")
def notify(manager: "Manager", code: str, queue: str, minutes: int) -> None:
    """通知等候的群众：屏幕和手机显示，广播一次；CODE 是大厅清单 notice 中的编号 / tell all who wait: on screens and phones, and once
    by voice; CODE is of the hall's list notice."""
    if not 1 <= minutes <= 240:
        raise BadValue("--minutes 应为 1 至 240", "--minutes is 1 to 240")
    manager.send(lambda _now: suspension.NotifyWaiting(code, queue, minutes))
    click.echo(said.notified(manager.settings, code, minutes))


class Manager(NamedTuple):
    """Where the caller is, and the right to speak to it."""

    url: str
    token: str
    settings: Settings
    data: Path = Path()
    credentials: Credentials | None = None  # of the person who acts
    file: Path = Path()  # the hall's

    @property
    def zone(self) -> str:
        return self.settings.hall.zone

    def date(self, now: Micros) -> str:
        """Return today's date in the hall, by the caller's clock (UTC µs)."""
        return self._local(now).date().isoformat()

    def clock(self, now: Micros) -> str:
        """Return the hour and minute in the hall."""
        return f"{self._local(now):%H:%M}"

    def _local(self, now: Micros) -> datetime:
        return datetime.fromtimestamp(now / 1e6, ZoneInfo(self.zone))

    def look(self) -> said.Seen:
        """Return how the hall is."""
        return reach(self, [SEES], lambda client: _ask(client, None))

    def send(self, command: Maker) -> said.Seen:
        """Send one command; how the hall was just before. A refusal is told, and ends the process."""
        return reach(self, [SEES], lambda client: _ask(client, command))


def _manager(
    hall: Path, data: Path, name: str, token: str | None, url: str, acting: tuple[str, Path | None]
) -> Manager:
    settings = settings_of(hall)
    found = find_token(data, "manager", name, token)
    if not found:
        enrol = f"hallcall enrol manager {name} --data {data}"
        raise Unable(f"没有管理令牌，请先运行：{enrol}\nNo manager token; first run: {enrol}")
    credentials = find_credentials(*acting, settings.accounts.required)
    return Manager(caller_address(settings, url), found, settings, data, credentials, hall)


def reach(manager: Manager, topics: list[str], work: Callable[[Client], Awaitable[T]]) -> T:
    """Return what `work` returns on a line to the caller, with these topics at hand.

    A refusal is printed with its next step, and ends the process. Raises `Unable` without a caller.
    """
    logging.getLogger("hallcall.client").setLevel(logging.ERROR)  # said once, below
    try:
        return asyncio.run(_connected(manager, topics, work))
    except RefusedError as refused:
        frame = refused.frame
        option = "（--expire）" if frame.code == "tickets-live" else ""
        zh, en = message_of(frame).with_next_step
        click.echo(f"{zh}{option}。\n{en}{option}.", err=True)
        sys.exit(1)
    except (TimeoutError, SendError):
        raise Unable(
            f"连不上叫号服务 {manager.url}，请确认 hallcall caller 正在运行\nCannot reach the caller; is it running?"
        ) from None


async def _connected(manager: Manager, topics: list[str], work: Callable[[Client], Awaitable[T]]) -> T:
    async with Client(manager.url, manager.token, [], "manager") as client:
        async with asyncio.timeout(REACH_SECONDS):
            await client.until("current")
        await signed_in(client, manager.credentials)
        await client.watch(topics)
        async with asyncio.timeout(REACH_SECONDS):
            await client.until("current", "waiting")
            if client.bye:
                raise Unable(_not_shown(client.bye, manager.credentials))
            await client.until("current")
        return await work(client)


def _not_shown(bye: Bye, person: Credentials | None) -> str:
    """Return why this person may not see what a manager's station may: the token is right, the role is not."""
    if bye.code != "not-allowed" or person is None:
        return str(message_of(bye))
    return str(refusal_message(Refused("role-not-allowed", account=person.account)))


async def _ask(client: Client, command: Maker | None) -> said.Seen:
    assert client.welcome
    seen = said.seen(client.views[SEES], client.welcome.now)
    if command:
        await client.send(command(client.welcome.now))
    return seen
