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
from caller.demo.scene_steps import SceneError
from caller.demo.scenes import NAMES, SCENES
from caller.demo.setup import DemoSetup
from config.process.running import can_be_watched, obey_typed, run_until_stopped
from config.process.tables import cell_width
from config.reading.reader import HALLS as SAMPLES

ENTER = ("每一步之后按回车继续", "Press Enter after each step")
HINT_CELLS = 18  # the longest line to type, and two
HALLS = click.Choice(sorted(path.stem for path in SAMPLES.glob("*.toml")))


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
@click.option(
    "--scene",
    type=click.Choice([*SCENES, "all"]),
    default=None,
    help="从取号到办结演一遍 / play one flow, from the tap to the closed case",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", help="场景的语言 / language of a scene"
)
@click.option("--pdf", is_flag=True, help="场景的文书另存 PDF / a scene's papers as PDF too")
def demo(
    hall: str, data: Path | None, once: bool, as_json: bool, seconds: float, seed: int, scene: str | None,
    lang: str, pdf: bool,
) -> None:  # fmt: skip
    """一台电脑上的完整大厅，设备为仿真 / A whole hall on this machine, with simulated devices."""
    folder = data.resolve() if data else _fresh_folder()
    try:
        if scene:
            names = [*SCENES] if scene == "all" else [scene]
            run_until_stopped(_play(hall, folder, names, lang == "en", pdf))
        elif once:
            run_until_stopped(_visit(hall, folder, as_json))
        else:
            click.echo("正在启动各个程序 / starting the processes …", err=True)
            with contextlib.suppress(TimeoutError):
                run_until_stopped(runner.run(hall, folder, _print_addresses, click.echo, seconds, seed))
    except (NotReadyError, Disagreement, SceneError, RefusedError, SendError, TimeoutError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


async def _visit(hall: str, folder: Path, as_json: bool) -> None:
    _print_visit(await runner.once(hall, folder), as_json)


async def _play(hall: str, folder: Path, names: list[str], english: bool, pdf: bool) -> None:
    """Play scenes; where a person types here, each step waits for Enter and the hall stays open at the end."""
    click.echo("正在启动各个程序 / starting the processes …", err=True)
    if not sys.stdin.isatty() or not can_be_watched(sys.stdin):
        await runner.play_scenes(hall, folder, runner.SceneChoices(names, english, pdf, None), click.echo)
        return
    entered = asyncio.Event()

    async def until_entered() -> None:
        entered.clear()
        await entered.wait()

    click.echo(ENTER[1 if english else 0])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(obey_typed(lambda _line: entered.set()))
        choices = runner.SceneChoices(names, english, pdf, until_entered)
        tasks.create_task(runner.play_scenes(hall, folder, choices, click.echo))


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
        click.echo("\n从取号到办结演一个流程 / play one flow, from the tap to the closed case\n")
        for name, (zh, en) in NAMES.items():
            words = f"scene {name}"
            click.echo(f"  {words}{' ' * (HINT_CELLS - cell_width(words))}{zh} / {en}")
    click.echo()


def _print_missing() -> None:
    lost = runner.missing_tools()
    if lost:
        click.echo("\n本机缺少（不影响演示）/ not on this machine (the demo runs without):")
        for line in lost:
            click.echo(f"  {line}")
