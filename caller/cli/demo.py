"""`hallcall demo`: a whole hall on one machine; `--once --json`: one visit through it, checked."""

import asyncio
import contextlib
import json
import shutil
import sys
from pathlib import Path

import click

from caller.client.client import RefusedError, SendError
from caller.demo import interactive, runner
from caller.demo.checked_visit import Disagreement
from caller.demo.process_group import ManagedProcess, NotReadyError
from caller.demo.setup import DemoSetup
from config.process.running import can_be_watched, run_until_stopped
from config.process.tables import cell_width

HINT_CELLS = 18  # the longest line to type, and two
HALLS = click.Choice(["county", "tax", "town", "village"])


@click.command()
@click.option("--hall", type=HALLS, default="county", show_default=True, help="哪个大厅 / which hall")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="数据目录，默认 .demo，每次清空 / data folder; default: .demo, emptied each time",
)
@click.option("--once", is_flag=True, help="办一次事后结束并核对 / one visit, checked, then end")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出 / print JSON")
@click.option(
    "--seconds", type=float, default=0.0, help="运行多少秒后结束，0 不限 / end after so long; 0 never"
)
@click.option("--seed", type=int, default=1, help="机器人的随机种子 / seed of the robots")
def demo(hall: str, data: Path | None, once: bool, as_json: bool, seconds: float, seed: int) -> None:
    """一台电脑上的完整大厅，设备为仿真 / A whole hall on this machine, with simulated devices."""
    folder = data.resolve() if data else _fresh_folder()
    try:
        if once:
            _print_visit(asyncio.run(runner.once(hall, folder)), as_json)
        else:
            click.echo("正在启动各个程序 / starting the processes …", err=True)
            with contextlib.suppress(TimeoutError):
                run_until_stopped(runner.run(hall, folder, _print_addresses, click.echo, seconds, seed))
    except (NotReadyError, Disagreement, RefusedError, SendError, TimeoutError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _fresh_folder() -> Path:
    """Return `.demo` here, emptied of the last demo: its slips and logs stay to be looked at until the next."""
    folder = Path(".demo").resolve()
    if (folder / "hall.toml").exists():
        shutil.rmtree(folder)
    return folder


def _print_visit(report: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    click.echo("办理一次，处处一致 / one visit, and everything agrees with the log:")
    for key, value in report.items():
        click.echo(f"  {key}: {json.dumps(value, ensure_ascii=False)}")


def _print_addresses(setup: DemoSetup, processes: dict[str, ManagedProcess]) -> None:
    click.echo("大厅已开门，按 Ctrl+C 结束 / the hall is open; Ctrl+C ends it\n")
    for name, where in runner.addresses(setup, processes):
        click.echo(f"  {name}\n    {where}")
    _print_missing()
    if can_be_watched(sys.stdin):
        click.echo("\n让设备出故障，在这里输入并回车 / make trouble with a device: type here\n")
        for words, meaning in interactive.hints(setup):
            click.echo(f"  {words}{' ' * (HINT_CELLS - cell_width(words))}{meaning}")
    click.echo()


def _print_missing() -> None:
    lost = runner.missing_tools()
    if lost:
        click.echo("\n本机缺少（不影响演示）/ not on this machine (the demo runs without):")
        for line in lost:
            click.echo(f"  {line}")
