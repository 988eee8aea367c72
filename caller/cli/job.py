"""`hallcall job`: the manager's verbs for station jobs: a test paper, a slip once more, a question to an evaluator, a
restart, volume, brightness, a picture of a kiosk's page, and what became of them.

A job is asked for by its device, which names the station that drives it, or by the station. The command waits until the job has ended,
prints how, and exits 0 only where it is done. Stopping it stops no job: `hallcall job list` tells the rest.
"""

import asyncio
import functools
import json
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import click

from caller.cli.day import Manager, of_hall, reach
from caller.client.client import Client
from caller.engine.commands import JobKind, RequestJob
from caller.engine.station_jobs import PAGE_STATIONS
from caller.protocol.frames import TOPICS_MAX
from config.instants import SECOND
from config.process.options import Unable, json_option
from config.process.tables import columns_of, text_table
from config.settings import Device, Settings, agent_printers, agents
from config.text_safety import for_terminal

PROGRAMS: dict[str, JobKind] = {"web": "restart-web", "deliver": "restart-deliver"}
STATES = {
    "requested": "等待站点 requested", "taken": "正在办理 taken", "done": "已完成 done", "failed": "未完成 failed",
    "unknown": "不知是否完成 unknown",
}  # fmt: skip
KINDS = {
    "print-test": "测试页 test paper", "print-slip": "号票 slip", "ask-rating": "请评价 ask for a rating",
    "restart-agent": "重启设备代理 restart the agent", "restart-kiosk": "重启取号机 restart the kiosk",
    "volume-agent": "音量 volume", "volume-kiosk": "音量 volume", "brightness-agent": "亮度 brightness",
    "brightness-kiosk": "亮度 brightness", "screen-agent": "试关屏幕 screen", "screen-kiosk": "试关屏幕 screen",
    "screenshot-kiosk": "截屏 screenshot", "drill": "断网演练 drill", "print-test-kiosk": "测试页 test paper",
    "restart-web": "重启网页服务 restart the web process", "restart-window": "重启叫号台 restart the desk",
    "restart-deliver": "重启汇总推送 restart deliver",
    **dict.fromkeys((f"restart-{role}" for role in PAGE_STATIONS), "重新载入页面 load the page anew"),
}  # fmt: skip
HEAD = ("请求 requested", "设备 device", "所在 at", "内容 what", "状态 state", "请求者 by", "说明 detail")
ENDED = ("done", "failed", "unknown")
DRILL_SECONDS = 300  # a visit that ends first, the minute, and the way back
SPARE_SECONDS = 5.0  # past a job's limit, by which the caller itself has ended it

seconds_option = click.option(
    "--seconds",
    type=click.IntRange(5, 600),
    default=60,
    show_default=True,
    help="多久以后不再做 / not done after so long",
)


@click.group()
def job() -> None:
    """站点任务：打印、请评价、重启、音量、屏幕、截屏、查看结果 / station jobs: papers, a rating, a restart, volume, screens, pictures."""


@job.command("list")
@of_hall
@json_option
def list_jobs(manager: Manager, as_json: bool) -> None:
    """各站点的任务 / the jobs of all stations."""
    stations = _stations(manager.settings)
    topics = [f"jobs/{pc}" for pc in stations]
    parts = [topics[at : at + TOPICS_MAX] for at in range(0, len(topics), TOPICS_MAX)]
    found = [view for part in parts for view in reach(manager, part, functools.partial(_views, topics=part))]
    if as_json:
        click.echo(
            json.dumps({view["station"]: view["jobs"] for view in found}, ensure_ascii=False, indent=2)
        )
        return
    jobs = [(view["station"], each) for view in found for each in view["jobs"].values()]
    jobs.sort(key=lambda row: row[1]["requested"])
    rows = [HEAD, *(_row(manager.settings, station, each) for station, each in jobs)]
    click.echo("\n".join(text_table(rows, columns_of(len(HEAD), *range(len(HEAD))))))


@job.command("test")
@of_hall
@click.argument("printer")
@seconds_option
def test_paper(manager: Manager, printer: str, seconds: int) -> None:
    """在 PRINTER 打印一张测试页 / print a test paper on PRINTER."""
    kiosk = next((each.id for each in manager.settings.kiosks if printer in each.printers), "")
    if kiosk:
        _ask(manager, RequestJob(kiosk, "print-test-kiosk", device=printer, seconds=seconds))
    station = _station_of(manager.settings, printer)
    _ask(manager, RequestJob(station, "print-test", device=printer, seconds=seconds))


@job.command("slip")
@of_hall
@click.argument("number")
@click.option("--printer", required=True, help="打印机的设备名 / the printer's device name")
@seconds_option
def slip_again(manager: Manager, number: str, printer: str, seconds: int) -> None:
    """补打号码 NUMBER 的号票，带“补打”标记 / print the slip of NUMBER once more, marked as a reprint."""
    station = _station_of(manager.settings, printer)
    _ask(manager, RequestJob(station, "print-slip", device=printer, number=number, seconds=seconds))


@job.command("ask")
@of_hall
@click.argument("evaluator")
@seconds_option
def ask_rating(manager: Manager, evaluator: str, seconds: int) -> None:
    """让评价器 EVALUATOR 再请评价一次 / make EVALUATOR ask for the rating once more."""
    known = {each.name: each.agent for each in manager.settings.devices if each.kind == "evaluator"}
    if evaluator not in known:
        raise Unable(_no_such("评价器", "evaluator", evaluator, known))
    _ask(manager, RequestJob(known[evaluator], "ask-rating", device=evaluator, seconds=seconds))


kiosk_option = click.option(
    "--kiosk", "at_kiosk", is_flag=True, help="是取号机，不是设备代理 / a kiosk, not an agent"
)


@job.command("restart")
@of_hall
@click.argument("station")
@kiosk_option
@seconds_option
def restart(manager: Manager, station: str, at_kiosk: bool, seconds: int) -> None:
    """重启 STATION 的程序：设备代理、取号机、web、deliver、窗口叫号台（window/3）；网页重新载入：board/hall、guide/guide
    / restart STATION's program: an agent's, a kiosk's, web's, deliver's, a desk's (window/3); load a page anew
    (board/hall, guide/guide, evaluator/3, supervisor/office). Not while it is in use."""
    kinds: tuple[JobKind, JobKind] = "restart-agent", "restart-kiosk"
    role, slash, name = station.partition("/")
    if slash and role in ("window", *PAGE_STATIONS):
        _ask(manager, RequestJob(name, cast(JobKind, f"restart-{role}"), seconds=seconds))
    if station in PROGRAMS and not at_kiosk and station not in _stations(manager.settings):
        _ask(manager, RequestJob(station, PROGRAMS[station], seconds=seconds))
    _ask(manager, RequestJob(station, _kind_at(manager, station, at_kiosk, kinds), seconds=seconds))


@job.command("volume")
@of_hall
@click.argument("station")
@click.argument("percent", type=click.IntRange(0, 100))
@kiosk_option
@seconds_option
def volume(manager: Manager, station: str, percent: int, at_kiosk: bool, seconds: int) -> None:
    """把 STATION 那台电脑的音量设为百分之 PERCENT / set how loud STATION's PC is."""
    kinds: tuple[JobKind, JobKind] = "volume-agent", "volume-kiosk"
    kind = _kind_at(manager, station, at_kiosk, kinds)
    _ask(manager, RequestJob(station, kind, percent=percent, seconds=seconds))


@job.command("brightness")
@of_hall
@click.argument("station")
@click.argument("percent", type=click.IntRange(0, 100))
@kiosk_option
@seconds_option
def brightness(manager: Manager, station: str, percent: int, at_kiosk: bool, seconds: int) -> None:
    """把 STATION 那台电脑屏幕的亮度设为百分之 PERCENT / set how bright STATION's screens are."""
    kinds: tuple[JobKind, JobKind] = "brightness-agent", "brightness-kiosk"
    kind = _kind_at(manager, station, at_kiosk, kinds)
    _ask(manager, RequestJob(station, kind, percent=percent, seconds=seconds))


@job.command("screen")
@of_hall
@click.argument("station")
@kiosk_option
@seconds_option
def screen(manager: Manager, station: str, at_kiosk: bool, seconds: int) -> None:
    """关 STATION 那台电脑的屏幕几秒再打开，看 [[screen]] 行不行 / try whether STATION's PC can turn its screens off."""
    kinds: tuple[JobKind, JobKind] = "screen-agent", "screen-kiosk"
    _ask(manager, RequestJob(station, _kind_at(manager, station, at_kiosk, kinds), seconds=seconds))


@job.command("screenshot")
@of_hall
@click.argument("kiosk")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="存到这个文件；取号机在另一台电脑上时只说明位置 / copy it here, where the kiosk is this PC",
)
@seconds_option
def screenshot(manager: Manager, kiosk: str, out: Path | None, seconds: int) -> None:
    """取号机 KIOSK 空闲时截屏 / a picture of KIOSK's page, once it is at rest."""
    known = [each.id for each in manager.settings.kiosks]
    if kiosk not in known:
        raise Unable(_no_such("取号机", "kiosk", kiosk, known))
    _ask(manager, RequestJob(kiosk, "screenshot-kiosk", seconds=seconds), out)


@click.command()
@of_hall
@click.argument("kiosk", required=False)
def drill(manager: Manager, kiosk: str | None) -> None:
    """断网演练：让取号机断开一分钟，量出多少秒后离线取号、多少秒恢复 / cut a kiosk off for a minute and measure.

    其间群众取到的是离线号，恢复后自动并入。不写 KIOSK 时取第一台。结果记入日志。
    Numbers taken meanwhile are of its lease and come back by themselves. Without KIOSK: the first one. The log keeps what
    was measured.
    """
    known = [each.id for each in manager.settings.kiosks]
    chosen = kiosk or (known[0] if known else "")
    if chosen not in known:
        raise Unable(_no_such("取号机", "kiosk", chosen, known))
    _ask(manager, RequestJob(chosen, "drill", seconds=DRILL_SECONDS))


def _kind_at(manager: Manager, station: str, at_kiosk: bool, kinds: tuple[JobKind, JobKind]) -> JobKind:
    """Return the kind of job for an agent or for a kiosk, by what STATION is. Raises `Unable` where it is neither."""
    kiosks, pcs = [each.id for each in manager.settings.kiosks], agents(manager.settings)
    if station not in (kiosks if at_kiosk else [*pcs, *kiosks]):
        raise Unable(_no_such("站点", "station", station, kiosks if at_kiosk else [*pcs, *kiosks]))
    return kinds[1] if at_kiosk or station not in pcs else kinds[0]


# --- asking


async def _views(client: Client, topics: list[str]) -> list[dict[str, Any]]:
    return [client.views[topic] for topic in topics]


def _ask(manager: Manager, command: RequestJob, out: Path | None = None) -> None:
    """Ask for a job, wait for its end and exit by it. `out`: where the file goes that the job has made on this PC."""
    state, detail = reach(manager, [f"jobs/{command.station}"], lambda client: _ended(client, command))
    name = command.device or command.station
    click.echo(" ".join(filter(None, (f"{name}: {STATES[state]}", for_terminal(detail)))))
    if out and state == "done":
        try:
            shutil.copyfile(detail, out)
        except OSError as error:
            raise Unable(f"截屏在那台电脑上，取不到 / the picture lies on that PC: {error}") from None
    sys.exit(0 if state == "done" else 1)


async def _ended(client: Client, command: RequestJob) -> tuple[str, str]:
    """Return the state in which the job ended, and why; the newest state, where the caller is away that long."""
    topic, id = f"jobs/{command.station}", (await client.send(command))["job"]

    def newest() -> tuple[str, str]:
        found = client.views.get(topic, {}).get("jobs", {}).get(id)
        return (found["state"], found["detail"]) if found else ("requested", "")

    with suppress(TimeoutError):
        async with asyncio.timeout(command.seconds + SPARE_SECONDS):
            changes = client.changes()
            while newest()[0] not in ENDED and await anext(changes, None):
                pass
            return newest()
    return newest()[
        0
    ], "叫号服务没有应答；结果见 hallcall job list / the caller does not answer; see that command"


# --- stations and rows


def _stations(settings: Settings) -> list[str]:
    """Return the names of the stations that take jobs; a kiosk and an agent may have one name."""
    return sorted({*agents(settings), *(each.id for each in settings.kiosks)})


def _printers(settings: Settings) -> list[Device]:
    return [each for pc in agents(settings) for each in agent_printers(settings, pc)]


def _station_of(settings: Settings, printer: str) -> str:
    """Return the PC that drives a printer. Raises `Unable` with those there are."""
    known = {each.name: each.agent for each in _printers(settings)}
    if printer not in known:
        raise Unable(_no_such("由设备代理驱动的打印机", "printer that an agent drives,", printer, known))
    return known[printer]


def _no_such(zh: str, en: str, given: str, known: Iterable[str]) -> str:
    names, given = ", ".join(known) or "无 none", for_terminal(given)
    return f"没有{zh}“{given}”。可用：{names}\nThere is no {en} '{given}'. There are: {names}"


def _row(settings: Settings, station: str, job: dict[str, Any]) -> tuple[str, ...]:
    when = datetime.fromtimestamp(job["requested"] / SECOND, ZoneInfo(settings.hall.zone))
    what, state = KINDS[job["kind"]], STATES[job["state"]]
    return f"{when:%H:%M:%S}", job["device"], station, what, state, job["by"], job["detail"]
