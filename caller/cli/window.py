"""`hallcall window HALL.toml --window 3`: the clerk's console, or with --robot a clerk without a screen; `hallcall practice`:
the same window in a hall of simulated applicants."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from caller.cli.acting import find_credentials, secret_file_option, signed_in
from caller.client.client import Client
from caller.client.enrolment_request import EnrolmentRequest, obtain_token
from caller.client.job_taker import asked_to_restart
from caller.client.kept_settings import TOPIC as SETTINGS_TOPIC
from caller.client.kept_settings import StationSettings
from caller.client.kept_witness import witness_path
from caller.console.robot import Robot, RobotClerk, human, steady
from caller.console.words import Lang
from caller.demo.process_group import NotReadyError
from caller.engine.envelope import AnyCommand
from config.process.options import (
    Unable,
    caller_address,
    caller_option,
    code_option,
    data_option,
    enrol_option,
    hall_argument,
    lang_option,
    token_option,
)
from config.process.running import begin_again, run_until_stopped, write_log_lines, write_no_lines
from config.reading.errors import nearest
from config.settings import Settings


class Seat(NamedTuple):
    """One window of one hall, and the way to its caller."""

    settings: Settings
    window: str
    url: str
    token: str
    data: Path
    kept: StationSettings

    def client(self, optional: tuple[str, ...] = ()) -> Client:
        """Return the line to the caller; `optional`: topics watched besides the window's."""
        witness = witness_path(self.data, "window", self.window)
        topics, name = [f"window/{self.window}"], f"window {self.window}"
        return Client(self.url, self.token, watch=topics, name=name, optional=optional, witness_file=witness)


class RobotSpeed(NamedTuple):
    """How a robot clerk works."""

    serve_seconds: float
    walk_seconds: float
    rest_seconds: float
    seed: int | None  # None: every visit alike
    visits: int
    no_show: float


def _seconds(name: str, default: float, words: str) -> Callable[[Any], Any]:
    """Return one of a robot's durations."""
    return click.option(
        name, type=click.FloatRange(min=0), default=default, show_default=True, help=f"模拟：{words}"
    )


@click.command()
@hall_argument
@data_option
@click.option("--window", "window_id", required=True, help="窗口编号 / the window's id")
@click.option("--clerk", default="", help="工号，自动登录 / clerk number; signs in by itself")
@secret_file_option
@lang_option
@caller_option
@token_option
@enrol_option
@code_option
@click.option(
    "--robot", is_flag=True, help="无界面的模拟窗口人员 / a clerk without a screen, for demos and trials"
)
@_seconds("--serve-seconds", 60.0, "每件办理时长 / robot: length of a service")
@_seconds("--walk-seconds", 8.0, "走到窗口的时间 / robot: walk to the window")
@_seconds("--rest-seconds", 3.0, "两件之间 / robot: rest between visits")
@click.option(
    "--no-show",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="模拟：过号比例 / robot: share of no-shows",
)
@click.option(
    "--seed", type=int, default=None, help="模拟：时长像人一样不等 / robot: durations vary as people's do"
)
@click.option(
    "--visits", type=click.IntRange(min=0), default=0,
    help="模拟：办完几件后退出，0 不限 / robot: end after so many; 0 never",
)  # fmt: skip
def window(hall: Path, data: Path, window_id: str, clerk: str, lang: Lang, **rest: Any) -> None:
    """窗口叫号台 / the clerk's console of one window."""
    seat = _seat(hall, data, window_id, rest["url"])
    request = EnrolmentRequest(seat.url, "window", window_id, data, rest["sheet_code"])
    seat = seat._replace(token=obtain_token(request, rest["token"], rest["again"]))
    if rest["robot"]:
        pace = RobotSpeed(**{name: rest[name] for name in RobotSpeed._fields})
        worker = _clerk(window_id, clerk or f"robot-{window_id}", pace)
        run_until_stopped(_work(seat, worker, pace.visits, rest["secret_file"]))
    else:
        if asyncio.run(_sit(seat, clerk, lang)):
            begin_again()


def _seat(hall: Path, data: Path, window_id: str, url: str) -> Seat:
    """Check everything before the screen opens; bad input ends here with words. The token is empty yet."""
    kept = StationSettings(hall, data, "window", window_id)
    settings = kept.load()
    ids = [each.id for each in settings.windows]
    if window_id not in ids:
        raise Unable(_unknown(window_id, ids))
    return Seat(settings, window_id, caller_address(settings, url), "", data, kept)


def _unknown(window_id: str, ids: list[str]) -> str:
    guess = nearest(window_id, ids)
    near = f"；最接近的是 {guess} / the nearest is {guess}" if guess else ""
    return f"没有窗口 {window_id} / No window {window_id}{near}\n可选 / choose one of: {' '.join(ids)}"


async def _sit(seat: Seat, clerk: str, lang: Lang) -> bool:
    """Show the console until the clerk leaves it; True: begin again, as the office has asked."""
    from caller.console.app import Console

    write_no_lines()
    async with seat.client((SETTINGS_TOPIC, f"jobs/{seat.window}")) as client:
        follow = seat.kept.follow(client)
        console = Console(client, seat.settings, seat.window, clerk, lang, new_settings=follow)
        asked = asyncio.create_task(asked_to_restart(client, "window", seat.window, console.at_rest))
        asked.add_done_callback(lambda task: task.cancelled() or console.exit())
        await console.run_async()
        again = asked.done()
        asked.cancel()
        return again


async def _work(seat: Seat, worker: RobotClerk, visits: int, secret_file: Path | None) -> None:
    """Work until Ctrl-C or SIGTERM, or for so many visits; print one JSON line for each thing done.

    Where the caller requires accounts, the robot signs in with the secret in the file, or in HALLCALL_SECRET.
    """
    write_log_lines(f"window-{seat.window}")
    async with seat.client() as client:
        await client.until("current")
        if client.persons.missing:
            await signed_in(client, find_credentials(worker.number, secret_file, True))
        click.echo(f"window {seat.window} ready {seat.url}")
        await Robot(client, worker, _tell).run(visits)


def _clerk(window_id: str, number: str, pace: RobotSpeed) -> RobotClerk:
    if pace.seed is None and pace.no_show:
        raise Unable("--no-show 要和 --seed 一起用 / --no-show needs --seed as well, such as --seed 1")
    if pace.seed is None:
        plan = steady(pace.walk_seconds, pace.serve_seconds)
    else:
        plan = human(pace.seed, pace.walk_seconds, pace.serve_seconds, pace.no_show)
    return RobotClerk(window_id, number, plan, pace.rest_seconds)


def _tell(command: AnyCommand, result: dict[str, Any]) -> None:
    click.echo(json.dumps({"did": type(command).__name__, **result}, ensure_ascii=False))
    sys.stdout.flush()


@click.command()
@hall_argument
@data_option
@click.option("--window", "window_id", required=True, help="练习哪个窗口 / the window's id")
@click.option("--clerk", default="", help="工号，自动登录 / clerk number; signs in by itself")
@click.option("--page", is_flag=True, help="用网页叫号台练习 / practise on the page desk")
@click.option(
    "--host",
    default="",
    help="网页对哪个地址开放，10 分钟没人就结束 / serve the page there; ends once nobody is at it",
)
@click.option("--seed", type=int, default=1, help="模拟群众的随机种子 / seed of the applicants")
@lang_option
def practice(
    hall: Path, data: Path, window_id: str, clerk: str, page: bool, host: str, seed: int, lang: Lang
) -> None:
    """新人练习：自己的窗口，模拟的群众，不进真实记录 / Practise at a window with simulated applicants; the real hall is untouched."""
    settings = _seat(hall, data, window_id, "").settings
    own = next(each for each in settings.windows if each.id == window_id)
    if not own.queues and not own.helps:
        raise Unable(
            f"{window_id} 号窗口不叫号，没有可练习的 / Window {window_id} calls no number: nothing to practise"
        )
    click.echo("正在准备练习大厅 / preparing the hall to practise in …", err=True)
    try:
        practising = (
            _practise_on_page(settings, window_id, seed, host)
            if page
            else _practise(settings, window_id, clerk, lang, seed)
        )
        run_until_stopped(practising)
    except NotReadyError as error:
        raise Unable(str(error)) from None


async def _practise(settings: Settings, window: str, clerk: str, lang: Lang, seed: int) -> None:
    from caller.console.app import Console
    from caller.demo.practice import running

    write_no_lines()
    async with running(settings, window, False, seed) as hall:
        token = hall.setup.tokens[f"window-{window}"]
        async with Client(
            hall.setup.caller, token, watch=[f"window/{window}"], name=f"practice {window}"
        ) as client:
            await Console(client, hall.setup.settings, window, clerk, lang).run_async()


async def _practise_on_page(settings: Settings, window: str, seed: int, host: str) -> None:
    from caller.demo.practice import LOOPBACK, running, until_left

    async with running(settings, window, True, seed, host or LOOPBACK) as hall:
        click.echo(f"practice ready {hall.address}")
        sys.stdout.flush()
        if host:
            await until_left(hall)
        else:
            await asyncio.Event().wait()
