"""`hallcall log`: is the record whole, what happened, give me a copy. Reads only, also beside a running caller.

Exit code 0: all well; 1: the log is damaged; 2: bad input (no such file, not a log).
"""

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from caller.cli.acting import note_reading
from caller.cli.copying import copy, follow, opened_database
from caller.cli.enrol import remembered
from caller.cli.log_words import told, words
from caller.cli.restore import restore
from caller.eventlog import LOG_NAME, Head, LogError, Reader, Record, export_line, readable, zone_of
from caller.eventlog.calling_here import noted_address
from caller.eventlog.chain import EventBody
from caller.eventlog.checkpoints import preparing
from caller.eventlog.daily_roots import root_due, root_line, roots_in
from caller.eventlog.stores import is_database, printable
from caller.service.integrity_check import NICE, check_checkpoints
from caller.service.preparation import Preparation, is_needed
from caller.service.startup import PROGRESS_SECONDS, REPLAYED_PER_SECOND
from config import owner_only
from config.process.options import data_option, hall_argument, settings_of
from config.process.running import LOG_ADDRESS
from config.text_safety import for_json, for_terminal

NUMBERS_MAX = 10_000  # tickets whose numbers are looked up: more than a day of the largest hall


def _place(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Path | str | None:
    """Return a file's path, or the address of a database as it is written."""
    return value if value is None or is_database(value) else Path(value)


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return which log: the one of a data folder, or any file such as a backup."""
    file = click.option(
        "--log",
        "file",
        callback=_place,
        envvar=LOG_ADDRESS,
        help="日志文件，如备份 / a log file, a backup say",
    )
    return data_option(file(command))


@contextmanager
def opened(data: Path, file: Path | str | None) -> Generator[Reader]:
    """Open a log for reading. Raises `LogError`, at the end also where its WAL is missing."""
    with told():
        if isinstance(file, str):
            raise LogError("not-a-file", path=printable(file))
        with _whole(data, file) as reader:
            yield reader


@contextmanager
def _whole(data: Path, file: Path | None) -> Generator[Reader]:
    with Reader(file or data / LOG_NAME) as reader:
        yield reader
        reader.check_wal()


@click.group()
def log() -> None:
    """事件日志：核对、查看、导出、备份 / the event log: verify, tail, export, back up."""


@log.command()
@log_options
def verify(data: Path, file: Path | str | None) -> None:
    """核对每一条，也核对数据库里的日志 / check every event, of a file or a postgresql://… log; names the first that was edited,
    removed, inserted or moved."""
    if isinstance(file, str):
        with told(), opened_database(file) as database:
            click.echo(words(database.verify()))
        return
    with opened(data, file) as reader:
        found = reader.verify()
        if settings := remembered(reader.path.parent):
            check_checkpoints(reader, settings)
        click.echo(words(found))


@log.command()
@log_options
@click.option("-n", "count", type=click.IntRange(0, 1_000_000), default=20, help="最后几条 / how many")
@click.option("-f", "follow", is_flag=True, help="持续显示新事件 / go on with what happens")
@click.option("--json", "as_json", is_flag=True, help="每条一行 JSON / one JSON object a line")
def tail(data: Path, file: Path | str | None, count: int, follow: bool, as_json: bool) -> None:
    """查看最近的事件 / show the newest events."""
    with opened(data, file) as reader:
        start = max(0, reader.last - count)
        records = reader.follow(start) if follow else reader.after(start)
        shown = ExportLines(reader)
        for record in records:
            _print(sys.stdout, for_json(export_line(reader.site, record)) if as_json else shown.of(record))


@log.command()
@log_options
@click.option("--after", type=click.IntRange(0), default=0, help="从此序号之后 / only events after this seq")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="写到文件 / write to a new file")
def export(data: Path, file: Path | str | None, after: int, output: Path | None) -> None:
    """导出为 JSON 行，含站点与序号 / export as JSON lines, each with the site and its seq."""
    with opened(data, file) as reader:
        if file is None:
            note_reading(data, "exported", "log")
        if output is None:
            _export(reader, after, sys.stdout)
            return
        try:
            with open(output, "x", encoding="utf-8", opener=_private) as target:
                count = _export(reader, after, target)
        except FileExistsError:
            raise LogError("exists", path=output) from None
        except FileNotFoundError:
            raise LogError("no-folder", path=output.parent) from None
        click.echo(f"已写入 {output}，共 {count} 条 / {count} events written to {output}")


@log.command()
@log_options
@click.argument("target", type=click.Path(path_type=Path))
def backup(data: Path, file: Path | str | None, target: Path) -> None:
    """在线备份并核对 / a verified copy, taken while the caller runs."""
    with opened(data, file) as reader:
        click.echo(words(reader.backup(target)))


@log.command()
@log_options
@click.option("--all", "every", is_flag=True, help="每一天 / of every day")
def root(data: Path, file: Path | str | None, every: bool) -> None:
    """每日根值：抄录或打印后可证明之前的记录未改 / the newest daily root; noted outside, it proves what came before."""
    with opened(data, file) as reader:
        lines = [root_line(found) for found in roots_in(reader)]
        due = root_due(reader)
    for line in lines if every else lines[:1]:
        click.echo(line)
    if not lines:
        click.echo("还没有根值，营业日结束后生成 / No root yet; one is made after a day has closed")
    if due:
        click.echo(f"尚未写入日志 / not in the log yet: {root_line(due)}")


for command in (restore, copy, follow):
    log.add_command(command)


@log.command()
@hall_argument
@data_option
@click.option(
    "--whole",
    is_flag=True,
    help="检查点可用也从第一条起重算、逐条核对 / from the first event, also where checkpoints fit",
)
def prepare(hall: Path, data: Path, whole: bool) -> None:
    """升级前在旧版本旁重算，换版本时即可很快启动；日志在 PostgreSQL 时在那里只读 / before an update: fold the log beside the running
    caller, so that the start of this version is short. Nothing of the caller's is touched; a log in PostgreSQL is read there."""
    settings = settings_of(hall)
    os.nice(NICE)  # calling comes first
    if address := noted_address(data):
        with told(), opened_database(address, reading=True) as database, preparing(data):
            database.check_end(_prepared(Preparation(database, settings, data, whole=whole), database.last))
        return
    with opened(data, None) as reader, preparing(data):
        if not whole and not is_needed(reader):
            click.echo(
                "检查点已是本版本的，无需准备 / the checkpoints are of this version; nothing to prepare"
            )
            return
        _prepared(Preparation(reader, settings, data, whole=whole), reader.last)


def _prepared(work: Preparation, last: int) -> Head:
    """Fold until the log's end, and say so; return what was folded last."""
    shown = PreparationProgress(work.head.seq, last)
    work.run(shown)
    click.echo(shown.end(work.head.seq))
    return work.head


class PreparationProgress:
    """Prints how far a preparation is and how long it will take; times are monotonic seconds."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._began, self._said = first, time.monotonic(), time.monotonic()
        count = last - first
        seconds = round(count / REPLAYED_PER_SECOND)
        click.echo(
            f"正在重算 {count} 条记录，约 {seconds} 秒，叫号照常 / folding {count} events, about {seconds} s; calling goes on"
        )

    def __call__(self, done: int, last: int) -> None:
        elapsed = time.monotonic() - self._began
        if done == last or time.monotonic() - self._said < PROGRESS_SECONDS:
            return
        self._said = time.monotonic()
        left = round(elapsed * (last - done) / (done - self._first))
        click.echo(
            f"已到第 {done} 条，共 {last} 条，还需约 {left} 秒 / event {done} of {last}, about {left} s left"
        )

    def end(self, done: int) -> str:
        """Return what is ready, and what to do now."""
        elapsed = time.monotonic() - self._began
        return (
            f"已准备到第 {done} 条，用时 {elapsed:.1f} 秒。现在停旧版本、起本版本，启动时只重算之后的记录。\n"
            f"Prepared up to event {done} in {elapsed:.1f} s. Stop the old version and start this one: the start folds only "
            "what comes after."
        )


class ExportLines:
    """Events for a person: in the hall's time with its zone, and by the number on the slip, not only by id.

    One that only a newer version can read is shown as it stands in its row, and marked.
    """

    def __init__(self, reader: Reader) -> None:
        self._zone = zone_of(reader)
        self._numbers = dict(_ticket(readable(row)[0]) for row in reader.newest("TicketIssued", NUMBERS_MAX))

    def of(self, record: Record) -> str:
        """Return seq, time, who, what as one line."""
        body, mark = readable(record)
        if body["type"] == "TicketIssued":
            self._numbers.update([_ticket(body)])
        number = self._numbers.get(body.get("ticket", ""), "")
        known = {"number": number} if number else {}
        facts = " ".join(f"{key}={_fact(value)}" for key, value in (known | body).items() if key != "type")
        at = datetime.fromtimestamp(record.at / 1_000_000, UTC).astimezone(self._zone)
        who = f"{record.role}/{record.station}" if record.station else record.role
        line = f"{record.seq:>8}  {at.isoformat(' ', 'seconds')}  {who:<16} {body['type']:<18} {facts}{mark}"
        return for_terminal(line)


def _ticket(issued: EventBody) -> tuple[str, str]:
    """Return the id and the number of a ticket that was issued."""
    return issued.get("ticket", ""), issued.get("number", "")


def _fact(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _export(reader: Reader, after: int, target: TextIO) -> int:
    """Return how many lines it wrote. A file or a pipe gets each body as the log's hash covers it; on a terminal, signs
    that would act there are escaped, which JSON reads as the same values."""
    count, shown = 0, for_json if target.isatty() else str
    for record in reader.after(after):
        _print(target, shown(export_line(reader.site, record)))
        count += 1
    return count


def _private(path: str, flags: int) -> int:
    """Open a file readable by its owner only: what the log holds is for no other, also in a copy."""
    return os.open(path, flags, owner_only.FILE)


def _print(target: TextIO, text: str) -> None:
    print(text, file=target, flush=target is sys.stdout)
