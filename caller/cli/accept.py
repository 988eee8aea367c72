"""`hallcall accept HALL.toml`: an installed hall is accepted in a scripted hour, and the papers for it are printed.

It asks a person to pull cables and cut power, watches what the hall notices and after how long, and writes 验收报告 and
技术参数响应表. What was shown is kept in DATA/acceptance.json after each step: an hour that was interrupted goes on, once the
hall is as it was. One acceptance of a data folder runs at a time.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import click
import msgspec

from caller.cli.acceptance_hands import Hands, answered, typed_hands
from caller.cli.acting import signed_in
from caller.cli.day import Manager, of_hall, reach
from caller.cli.doctor import probes
from caller.client.client import Client
from caller.probes.acceptance import AcceptanceRig, BrokenOff, SessionLost
from caller.probes.acceptance_power import after_power
from caller.probes.acceptance_steps import STEPS
from caller.probes.acceptance_undoing import broken_off, kept_result, opened, played, quiet, undone
from caller.reports.acceptance_paper import AcceptancePaper, DeviceNow, PaperLang
from caller.reports.acceptance_record import VERDICTS, AcceptanceRecord, StepResult, UnderWay
from caller.service.clock import wall_micros
from config import owner_only
from config.probe import Examined, Finding, examine
from config.process.options import Unable, lang_option
from config.process.print_view import document, write_pdf
from config.process.running import VERSION
from config.text_safety import DECODE_ERRORS, for_terminal

RECORD_NAME, LOCK_NAME = "acceptance.json", "acceptance.lock"
TOPICS = ["supervise", "devices", "stations"]
BROKEN_OFF = 130  # exit code, as of a program that Ctrl-C ended
NAMES = {code: (step.zh, step.en) for code, step in STEPS.items()}
LEAVING = (
    "\n中断：取消验收的号，关闭验收打开的窗口…… / broken off: numbers are cancelled and windows closed …"
)
OPENED = (
    "营业日还没有开始，验收已开始它；做完要结束请运行 hallcall day close\n"
    "The business day was not open: it is now. To close it afterwards: hallcall day close"
)
_hands: Hands = typed_hands


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
@lang_option
def accept(
    manager: Manager,
    only: tuple[str, ...],
    anew: bool,
    standby: str,
    report: bool,
    html: Path | None,
    pdf: Path | None,
    lang: PaperLang,
) -> None:
    """验收装好的大厅：断纸、断线、断电、号满……并出验收报告 / accept an installed hall by a scripted hour; print the report.

    在对外办公之前做：会真的取号、叫号，记入日志。按提示动手，做完按回车；不做的输入 s，该步记为“未做”。中途可停（Ctrl+C），再运行接着做。
    Hold it before the hall opens: numbers are really given and called, and the log has them. Do what is asked and press Enter;
    type s for what is not done. It may be stopped (Ctrl-C), and goes on when it is run again.
    """
    manager = manager._replace(url=",".join(filter(None, (manager.url, standby))))
    record = _kept(manager.data / RECORD_NAME)
    if anew:  # but what an earlier run left in the hall is undone first
        record = AcceptanceRecord(VERSION, wall_micros(), under_way=record.under_way)
    if not report:
        left = [code for code in STEPS if (code in only if only else code not in record.results)]
        with _alone(manager.data):
            record = _play(manager, left, record)
    _print(record)
    devices = reach(manager, TOPICS, lambda line: _devices(line, manager)) if html or pdf else []
    paper = AcceptancePaper(record, manager.settings, devices, NAMES, lang).document()
    page = document(paper, wall_micros(), manager.zone)
    if html:
        owner_only.write_whole(html, page.encode())
    if pdf:
        write_pdf(page, pdf)
    for path in filter(None, (html, pdf)):
        click.echo(f"报告 report: {path}")
    sys.exit(0 if record.passed else 1)


@contextmanager
def _alone(data: Path) -> Generator[None]:
    """Hold the acceptance of a data folder. Raises `Unable` while another process holds it."""
    try:
        handle = owner_only.lock(data / LOCK_NAME)
    except BlockingIOError:
        raise Unable(
            "另一个 hallcall accept 正在做这个大厅的验收，请先做完或停掉它\n"
            "Another hallcall accept is at work on this hall: end it first"
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def _play(manager: Manager, left: list[str], record: AcceptanceRecord) -> AcceptanceRecord:
    """Play what is left; return the record then. Ends the process where it is broken off. Raises `Unable`."""
    hour = _Hour(manager, record)
    try:
        reach(manager, TOPICS, lambda client: hour.run(client, left))
    except (KeyboardInterrupt, asyncio.CancelledError, BrokenOff):
        way = hour.record.under_way
        click.echo(
            "没有全部恢复，再运行一次 hallcall accept 会先恢复大厅原样 / not all of it is undone: run hallcall accept again, it does "
            "that first"
            if way
            else "大厅已恢复原样：号已取消，窗口已关闭。再运行接着做 / the hall is as it was: numbers cancelled, windows closed. "
            "Run it again to go on"
        )
        sys.exit(BROKEN_OFF)
    except SessionLost as gone:
        zh, en = gone.words
        raise Unable(
            f"登录已结束，不能接着做：{zh}。登录后再运行接着做\nThe session has ended: {en}. Run it again to go on"
        ) from None
    return hour.record


class _Hour:
    """The hour that is played: its record, as DATA/acceptance.json has it."""

    def __init__(self, manager: Manager, record: AcceptanceRecord) -> None:
        self.manager, self.record = manager, record
        self._file = manager.data / RECORD_NAME
        self._findings: list[Finding] = []
        self._finished = ""  # the step that a power cut ended together with this program, once it is shown

    async def run(self, client: Client, left: list[str]) -> None:
        """Put back what an earlier run has left, then play these steps, one after another."""
        self._stop_on_signals()
        async with AsyncExitStack() as lines:
            board = Client(self.manager.url, self.manager.token, ["board"], "manager")
            await lines.enter_async_context(board)
            await board.until("current")
            if self.record.under_way:
                await self._put_back(client, board, self.record.under_way)
                left = [each for each in left if each != self._finished]
            first = self._rig(client, board, "")
            if refused := quiet(first):
                raise Unable("\n".join(refused))
            if left and await opened(first, self.manager.date(wall_micros())):
                click.echo(OPENED)
            if "machine" in left:
                self._findings = await asyncio.to_thread(_findings, self.manager)
            for at, code in enumerate(left, 1):
                step = STEPS[code]
                click.echo(f"\n[{at}/{len(left)}] {step.zh} {step.en}")
                self._done(await played(code, step.zh, step.en, step.play, self._rig(client, board, code)))

    async def _put_back(self, client: Client, board: Client, way: UnderWay) -> None:
        """Undo the step that an earlier run did not end; one that a power cut ended is what was to be shown, and goes on."""
        rig = self._rig(client, board, way.step, way)
        if way.cut and way.step in STEPS:
            zh, en = NAMES[way.step]
            click.echo(f"\n接着断电之前 going on after the power cut: {zh} {en}")
            self._done(await played(way.step, zh, en, after_power, rig))
            self._finished = way.step
            return
        click.echo("\n".join(broken_off(way, NAMES)))
        trouble = await undone(rig)
        for zh, en in trouble:
            click.echo(for_terminal(f"{zh} / {en}"))
        self._keep_way(way)

    def _rig(self, client: Client, board: Client, step: str, way: UnderWay | None = None) -> AcceptanceRig:
        manager, over = self.manager, self.record.under_way
        way = way or UnderWay(step, wall_micros())
        if over and over is not way:  # what could not be undone before is tried once more
            way.tickets, way.windows = [*over.tickets], [*over.windows]
        return AcceptanceRig(
            client,
            board,
            manager.settings,
            lambda zh, en: answered(_hands, zh, en),
            self._findings,
            lambda line: signed_in(line, manager.credentials),
            way,
            self._keep_way,
            standby="," in manager.url,
        )

    def _keep_way(self, way: UnderWay) -> None:
        self.record.under_way = way if way.step and way.holds else None
        self._keep()

    def _keep(self) -> None:
        owner_only.write_whole(self._file, msgspec.json.format(msgspec.json.encode(self.record)))

    def _done(self, result: StepResult) -> None:
        self.record = kept_result(self.record, result)
        self._keep()
        _say(result)

    def _stop_on_signals(self) -> None:
        """Undo the step under way on a closed terminal and a stop of the PC too, as on Ctrl-C."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def leave() -> None:
            click.echo(LEAVING)
            task.cancel()

        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            with suppress(NotImplementedError, AttributeError, ValueError, RuntimeError):  # Windows; a thread
                loop.add_signal_handler(getattr(signal, name), leave)


def _findings(manager: Manager) -> list[Finding]:
    examined = Examined(manager.file, manager.settings, manager.data, manager.url, wall_micros())
    return [each for _, found in examine(examined, probes()) for each in found]


async def _devices(client: Client, manager: Manager) -> list[DeviceNow]:
    """Return kind and state of each device of the hall's file; the caller's own clock is reported beside them."""
    rows = client.views["devices"]["devices"]
    states = {each.name: rows.get(each.name, {}).get("state", "unknown") for each in manager.settings.devices}
    kinds = {each.name: each.kind for each in manager.settings.devices}
    return [DeviceNow(name, kinds[name], state) for name, state in sorted(states.items())]


def _kept(file: Path) -> AcceptanceRecord:
    """Return what was shown so far; a record of nothing where there is none. Raises `Unable` for a file that is no record."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=AcceptanceRecord)
    except FileNotFoundError:
        return AcceptanceRecord(VERSION, wall_micros())
    except DECODE_ERRORS as error:
        raise Unable(
            f"{file} 不是验收记录：{error}。请把它移开，再从头做\n{file} is no record of an acceptance: {error}. Move it away and begin anew"
        ) from None


def _print(record: AcceptanceRecord) -> None:
    done = [record.results[code] for code in STEPS if code in record.results]
    click.echo("")
    for each in done:
        _say(each, brief=True)
    missing = "、".join(STEPS[code].zh for code in STEPS if code not in record.results)
    if missing:
        click.echo(f"还没做 still to do: {missing}")
    if way := record.under_way:
        click.echo("\n".join(broken_off(way, NAMES)))
    again = [each.step for each in done if each.verdict != "passed"]
    if again:
        click.echo(f"重做一步 one step again: --only {' --only '.join(again)}")
    elif not missing:
        click.echo("每一步都做过了，从头做加 --anew / every step is played; --anew begins anew")
    click.echo(" ".join(record.conclusion(STEPS)))


def _say(result: StepResult, brief: bool = False) -> None:
    verdict = " ".join(VERDICTS[result.verdict])
    click.echo(for_terminal(f"{result.zh} {result.en}: {verdict} {result.subject}".rstrip()))
    for each in result.figures:
        sign = "✓" if each.met else "✗"
        click.echo(for_terminal(f"    {sign} {each.zh} {each.en}: {each.measured} ({each.must})"))
    for zh, en in () if brief and result.verdict == "passed" else result.said:
        click.echo(for_terminal(f"    {zh} / {en}"))
