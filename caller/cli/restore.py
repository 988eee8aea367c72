"""`hallcall log restore` and `hallcall promote`: a copy of the log takes the place of one that is lost.

`restore` puts a backup back on the caller's PC. `promote`, run on a second PC on a data folder of its own, makes a copy
there the caller's log, where the first PC is lost. Both begin a new epoch of the log, so that the first PC, should it
come back, gives no numbers: any station that has met the new caller shows that. What a copy lacks cannot be made up for;
both say how much it is, as far as anything on this PC has seen it, and numbers continue above.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from caller.cli.log_words import told, words
from caller.client.kept_witness import kept_witnesses
from caller.eventlog import LOG_NAME, Reader, Restored, promote_database, zone_of
from caller.eventlog import promote as promote_log
from caller.eventlog import restore as restore_log
from caller.eventlog.stores import is_database, printable
from caller.eventlog.witness import Floor
from caller.identity import keys
from caller.identity.account_file import ACCOUNTS_NAME
from caller.identity.enrolment import STATIONS_NAME
from caller.people.store import PEOPLE_NAME
from caller.records.stores.sqlite import RECORDS_NAME, witness_of
from config.process.options import Unable, data_option

UNKNOWN = (
    "缺少多少：不知道，本机没有见过原日志的末尾。各站点连接时会出示各自见过的，叫号服务随即报告\n"
    "Missing: unknown, nothing on this PC has seen the end of the log. Stations show what they have seen when they "
    "connect, and the caller then reports it"
)
COMPLETE = (
    "缺少多少：本机见过的都在副本里。其他站点连接时会出示各自见过的\n"
    "Missing: nothing that was seen on this PC. Other stations show what they have seen when they connect"
)
DIFFERS = (
    "副本与见过的日志不同：丢失之后又写过别的记录，缺少多少不知道\n"
    "The copy is another log than the one that was seen: it was written to after the loss, and how much is missing is "
    "unknown"
)
WITHOUT_WAL = (
    "副本没有 -wal 文件，最新的记录可能因此不在其中\n"
    "The copy came without its -wal file; the newest events may be missing for that alone"
)
NEXT = (
    "现在启动：hallcall caller 大厅.toml --data {data}，其他站点加 --caller ws://本机:9300 重新启动；原电脑的叫号服务不要再启动\n"
    "Now start: hallcall caller HALL.toml --data {data}, and the stations again with --caller ws://THIS-PC:9300. Do not "
    "start the caller of the other PC again"
)

NEXT_DATABASE = (
    "现在启动：hallcall caller 大厅.toml --data {data} --log '{address}'；{data}/log.db 请先移开，服务会另做一份副本\n"
    "Now start: hallcall caller HALL.toml --data {data} --log '{address}'. Move {data}/log.db away before: the caller makes "
    "a copy of its own there"
)


def above_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take the highest number that anybody holds, for a log that lost the events which gave it."""
    number = click.option(
        "--above",
        type=click.IntRange(1, 1_000_000),
        default=None,
        help="现有号票中最大的序号，A061 写 61 / the highest number anybody holds; 61 for A061",
    )
    day = click.option(
        "--day",
        type=click.DateTime(["%Y-%m-%d"]),
        default=None,
        help="--above 的营业日，默认今天 / the business day of --above; default: today",
    )
    return number(day(command))


@click.command()
@data_option
@click.argument("source", metavar="BACKUP", required=False, type=click.Path(path_type=Path))
@click.option("--empty", is_flag=True, help="没有备份，从空日志开始 / there is no backup; begin an empty log")
@above_options
def restore(data: Path, source: Path | None, empty: bool, above: int | None, day: datetime | None) -> None:
    """用备份替换日志，原文件留在旁边 / put a backup in place; the old files are kept beside it."""
    if (source is None) != empty:
        raise Unable("请给出备份文件，或 --empty / Give either a backup or --empty")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with told():
        zone = zone_in(source)
        floor = floor_of(above, day, zone)
        done = restore_log(source, data / LOG_NAME, stamp, witnesses_in(data), floor)
        click.echo(f"原文件在 {LOG_NAME}.{stamp} / the old file is {LOG_NAME}.{stamp}")
        for line in statement(done, zone):
            click.echo(line)


@click.command()
@click.argument("copy", metavar="[COPY]", required=False)
@data_option
@above_options
def promote(copy: str | None, data: Path, above: int | None, day: datetime | None) -> None:
    """把第二台电脑上或数据库里的日志副本变成叫号服务的日志 / make a copy of the log, on a second PC or in a database, the
    caller's. COPY: a backup, or postgresql://…; without it, the log.db that was copied into the data folder."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    if copy and is_database(copy):
        with told():
            done = promote_database(copy, data, stamp, witnesses_in(data), floor_of(above, day, None))
        for line in statement(done, None):
            click.echo(line)
        click.echo(NEXT_DATABASE.format(data=data, address=printable(copy)))
        return
    source = Path(copy) if copy else data / LOG_NAME
    with told():
        zone = zone_in(source)
        floor = floor_of(above, day, zone)
        done = promote_log(source, data / LOG_NAME, stamp, witnesses_in(data), floor)
    for line in statement(done, zone):
        click.echo(line)
    for line in missing_files(data):
        click.echo(line)
    click.echo(NEXT.format(data=data))


def missing_files(data: Path) -> Iterable[str]:
    """Yield what else the first PC's data folder held and this one lacks, with what that means."""
    if not keys.exist(data, keys.SLIP):
        yield "没有 keys/slip-*.key：已发号票的二维码打不开 / slips in circulation open no page"
    if not keys.exist(data, keys.PERSON):
        yield "没有 keys/person-*.key：按证件预约的查不到 / appointments booked with an ID are not found"
    if not (data / STATIONS_NAME).exists():
        yield f"没有 {STATIONS_NAME}：各站点须重新登记 / every station must be enrolled again"
    if not (data / ACCOUNTS_NAME).exists():
        yield f"没有 {ACCOUNTS_NAME}：人员账户须重建 / accounts must be added again"
    if not (data / PEOPLE_NAME).exists():
        yield f"没有 {PEOPLE_NAME}：意见和联系电话不在本机 / opinions and contacts are not on this PC"
    if not (data / RECORDS_NAME).exists():
        yield f"没有 {RECORDS_NAME}：由日志自动重做 / made again from the log by itself"


def floor_of(above: int | None, day: datetime | None, zone: ZoneInfo | None) -> Floor:
    """Return a business day and the highest number known to be given on it; "" and 0 where none is known.

    `day` None: today, in the hall's zone.
    """
    if not above:
        return "", 0
    return (day or datetime.now(zone)).date().isoformat(), above


def witnesses_in(data: Path) -> list[str]:
    """Return the witnesses on this PC, apart from the one beside the log: signed text, from whatever there is."""
    return [witness_of(data / RECORDS_NAME), *kept_witnesses(data)]


def zone_in(path: Path | None) -> ZoneInfo | None:
    """Return the hall's time zone by a log file. Raises `LogError`."""
    if path is None or not path.exists():
        return None
    with Reader(path) as reader:
        return zone_of(reader)


def statement(done: Restored, zone: ZoneInfo | None) -> Iterable[str]:
    """Yield what was put in place and what is missing from it, in both languages."""
    if done.copy:
        yield words(done.copy)
    if done.last:
        at = datetime.fromtimestamp(done.last.at / 1_000_000, UTC).astimezone(zone)
        when = at.isoformat(" ", "seconds")
        yield f"副本止于第 {done.last.seq} 条，{when} / the copy ends with event {done.last.seq}, {when}"
    if done.lacks_wal:
        yield WITHOUT_WAL
    if done.differs:
        yield DIFFERS
    elif done.missing:
        yield f"缺少 {done.missing} 条没有复制的记录 / {done.missing} events were not copied and are missing"
    else:
        yield COMPLETE if done.seen else UNKNOWN
    yield f"新纪元 {done.epoch} / epoch {done.epoch}"
    day, top = done.floor
    if top:
        yield f"{day} 的号码从 {top} 之后继续 / numbers of {day} continue above {top}"
