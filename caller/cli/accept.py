"""`hallcall accept HALL.toml`: an installed hall is accepted in a scripted hour, and the papers for it are printed.

It asks a person to pull cables and cut power, watches what the hall notices and after how long, and writes 验收报告 and
技术参数响应表. What was shown is kept in DATA/acceptance.json after each step: an hour that was interrupted goes on.
"""

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import click
import msgspec

from caller.cli.acting import signed_in
from caller.cli.day import Manager, of_hall, reach
from caller.cli.doctor import probes
from caller.client.client import Client
from caller.probes.acceptance import (
    AcceptanceRig,
    Hands,
    kept_result,
    opened,
    played,
    quiet,
)
from caller.probes.acceptance_steps import STEPS
from caller.reports.acceptance_paper import VERDICTS, AcceptanceRecord, StepResult, acceptance_paper
from caller.service.clock import wall_micros
from config import owner_only
from config.catalogue import both_words
from config.probe import Examined, Finding, examine
from config.process.options import Unable
from config.process.print_view import document, write_pdf
from config.process.running import VERSION
from config.text_safety import DECODE_ERRORS, for_terminal

RECORD_NAME = "acceptance.json"
TOPICS = ["supervise", "devices", "stations"]


@click.command()
@of_hall
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(STEPS)),
    help="只做这些步骤，可重复 / only these steps; may be repeated",
)
@click.option("--anew", is_flag=True, help="从头做，不接上次的 / begin anew, whatever was shown before")
@click.option(
    "--standby",
    metavar="URL",
    default="",
    help="待命的叫号服务的地址，做主备切换 / where the second caller stands by, for the fail-over",
)
@click.option("--report", is_flag=True, help="不做步骤，只出报告 / no step, the report alone")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="报告写成网页 / write the report as a page",
)
@click.option(
    "--pdf", type=click.Path(path_type=Path, dir_okay=False), help="报告写成 PDF / write it as a PDF"
)
def accept(
    manager: Manager,
    only: tuple[str, ...],
    anew: bool,
    standby: str,
    report: bool,
    html: Path | None,
    pdf: Path | None,
) -> None:
    """验收装好的大厅：断纸、断线、断电、号满……并出验收报告 / accept an installed hall by a scripted hour; print the report.

    在对外办公之前做：会真的取号、叫号，记入日志。按提示动手，做完按回车；不做的输入 s，该步记为“未做”。中途可停，再运行接着做。
    Hold it before the hall opens: numbers are really given and called, and the log has them. Do what is asked and press Enter;
    type s for what is not done. It may be stopped, and goes on when it is run again.
    """
    manager = manager._replace(url=",".join(filter(None, (manager.url, standby))))
    file = manager.data / RECORD_NAME
    record = AcceptanceRecord(VERSION, wall_micros()) if anew else _kept(file)
    if not report:
        left = [code for code in STEPS if (code in only if only else code not in record.results)]
        reach(manager, TOPICS, lambda client: _hour(client, manager, left, file, record))
        record = _kept(file)
    _print(record)
    devices = reach(manager, TOPICS, lambda line: _devices(line, manager)) if html or pdf else []
    names = {code: (step.zh, step.en) for code, step in STEPS.items()}
    page = document(acceptance_paper(record, manager.settings, devices, names), wall_micros(), manager.zone)
    if html:
        owner_only.write_whole(html, page.encode())
    if pdf:
        write_pdf(page, pdf)
    for path in filter(None, (html, pdf)):
        click.echo(f"报告 report: {path}")
    sys.exit(0 if record.passed else 1)


async def _hour(
    client: Client, manager: Manager, left: list[str], file: Path, record: AcceptanceRecord
) -> None:
    """Play what is left, one step after another, and keep each result."""
    findings = _findings(manager)
    async with AsyncExitStack() as lines:
        board = await lines.enter_async_context(Client(manager.url, manager.token, ["board"], "manager"))
        await board.until("current")

        def rig(hands: Hands) -> AcceptanceRig:
            return AcceptanceRig(
                client,
                board,
                manager.settings,
                hands,
                findings,
                lambda line: signed_in(line, manager.credentials),
                standby="," in manager.url,
            )

        first = rig(_hands)
        if refused := quiet(first):
            raise Unable("\n".join(refused))
        if left:
            await opened(first, manager.date(wall_micros()))
        for at, code in enumerate(left, 1):
            step = STEPS[code]
            click.echo(f"\n[{at}/{len(left)}] {step.zh} {step.en}")
            result = await played(code, step.zh, step.en, step.play, rig(_hands))
            record = kept_result(record, result)
            owner_only.write_whole(file, msgspec.json.format(msgspec.json.encode(record)))
            _say(result)


def _hands(zh: str, en: str) -> bool:
    """Ask a person to do something; return whether it was done."""
    click.echo(f"  ▶ {zh}\n    {en}")
    answer = click.prompt(
        "    做好按回车，不做输入 s / Enter when done, s to leave it out", default="", show_default=False
    )
    return str(answer).strip().lower() != "s"


def _findings(manager: Manager) -> list[Finding]:
    examined = Examined(manager.file, manager.settings, manager.data, manager.url, wall_micros())
    return [each for _, found in examine(examined, probes()) for each in found]


async def _devices(client: Client, manager: Manager) -> list[tuple[str, str, str]]:
    """Return kind and state of each device of the hall's file; the caller's own clock is reported beside them."""
    rows = client.views["devices"]["devices"]
    states = {each.name: rows.get(each.name, {}).get("state", "unknown") for each in manager.settings.devices}
    kinds = {each.name: each.kind for each in manager.settings.devices}
    return [(name, kinds[name], both_words("device-state", state)) for name, state in sorted(states.items())]


def _kept(file: Path) -> AcceptanceRecord:
    """Return what was shown so far; a record of nothing where there is none. Raises `Unable` for a file that is no record."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=AcceptanceRecord)
    except FileNotFoundError:
        return AcceptanceRecord(VERSION, wall_micros())
    except DECODE_ERRORS as error:
        raise Unable(
            f"{file} 不是验收记录：{error}。请用 --anew 从头做\n{file} is no record of an acceptance: {error}. Use --anew"
        ) from None


def _print(record: AcceptanceRecord) -> None:
    done = [record.results[code] for code in STEPS if code in record.results]
    click.echo("")
    for each in done:
        _say(each, brief=True)
    missing = "、".join(STEPS[code].zh for code in STEPS if code not in record.results)
    if missing:
        click.echo(f"还没做 still to do: {missing}")
    click.echo(record.conclusion(STEPS))


def _say(result: StepResult, brief: bool = False) -> None:
    verdict = " ".join(VERDICTS[result.verdict])
    click.echo(for_terminal(f"{result.zh} {result.en}: {verdict} {result.subject}".rstrip()))
    for each in result.figures:
        sign = "✓" if each.met else "✗"
        click.echo(for_terminal(f"    {sign} {each.zh} {each.en}: {each.measured} ({each.must})"))
    for zh, en in () if brief and result.verdict == "passed" else result.said:
        click.echo(for_terminal(f"    {zh} / {en}"))
