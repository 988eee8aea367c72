"""`hallcall audit`: what administrators did, read from the chain: who, when, where, on what, from which version to which.

An act by command line waits in accounts.db until the caller runs; it is listed as waiting, so that none is overlooked.
Names, fields and versions are shown; what stood in a field was never in the chain. Exit code as `hallcall log`.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec
from msgspec import Struct

from caller.cli.log import log_options, opened
from caller.cli.log_words import readable, zone_of
from caller.engine.administration import ACTS, DAY_ACTS
from caller.eventlog import LogError, Record
from caller.identity.account_file import ACCOUNTS_NAME, AccountFile
from config import owner_only
from config.catalogue import both_words
from config.instants import Micros
from config.process.options import json_option
from config.process.tables import columns_of, text_table
from config.text_safety import for_json

HEAD = (
    "序号 seq",
    "时间 time",
    "做了什么 act",
    "对象 subject",
    "谁 who",
    "哪里 where",
    "字段 fields",
    "版本 version",
)
DAY_KINDS = {kind.__name__: act for kind, act in DAY_ACTS.items()}
SETTINGS = "SettingsChanged"
AUTOMATIC = "caller"  # the role under which the caller acts by itself
CODES = [*ACTS, *DAY_ACTS.values()]


class AuditLine(Struct, frozen=True):
    """One act. `seq`: 0 while it waits for the caller. `at`: UTC microseconds, when it was done."""

    seq: int
    at: Micros
    act: str
    subject: str
    by: str
    place: str
    fields: tuple[str, ...] = ()
    before: int = 0
    after: int = 0


def line_of(record: Record) -> AuditLine | None:
    """Return what an event tells of an administrator's act; None for any other event."""
    kind, place = record.event_kind, f"{record.role}/{record.station}"
    facts, _ = readable(record)
    if facts["type"] == "Administered":
        return AuditLine(
            record.seq, facts["done"], facts["act"], facts["subject"], facts["by"], facts["place"],
            tuple(facts.get("fields", ())), facts.get("before", 0), facts.get("after", 0),
        )  # fmt: skip
    if facts["type"] == SETTINGS:
        act = "settings-taken-back" if facts.get("taken_back") else "settings-changed"
        who = record.account or ("file" if facts.get("from_file") else "")
        fields, version = tuple(facts.get("fields", ())), facts["version"]
        return AuditLine(record.seq, record.at, act, "settings", who, place, fields, version - 1, version)
    if kind in DAY_KINDS and record.role != AUTOMATIC:
        return AuditLine(
            record.seq, record.at, DAY_KINDS[kind], f"day/{facts.get('day', '')}", record.account, place
        )
    return None


def waiting(data: Path) -> Iterator[AuditLine]:
    """Yield the acts that wait for the caller."""
    if (data / ACCOUNTS_NAME).exists():
        for act in AccountFile(data).pending_acts():
            rest = act.fields, act.before, act.after
            yield AuditLine(0, act.done, act.act, act.subject, act.by, act.place, *rest)


@click.command()
@log_options
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="从这天起 / from this day on")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="到这天为止 / up to this day")
@click.option("--who", default="", help="工号 / staff number")
@click.option(
    "--act",
    "acts",
    multiple=True,
    type=click.Choice(CODES),
    metavar="ACT",
    help=f"只看 / only: {' '.join(CODES)}",
)
@click.option("--subject", default="", help="对象的开头，如 account/1003 / how the subject begins")
@click.option(
    "--csv", "output", type=click.Path(path_type=Path), help="写到新的 CSV 文件 / write to a new CSV file"
)
@json_option
def audit(data: Path, file: Path | None, output: Path | None, as_json: bool, **wanted: Any) -> None:
    """管理操作记录：账户、登记、删除、导出、营业日、设置 / what administrators did: list, filter, export."""
    with opened(data, file) as reader:
        zone = zone_of(reader) or UTC
        kinds = {"Administered", SETTINGS, *DAY_KINDS}
        lines = [line for row in reader.after(0) if row.event_kind in kinds and (line := line_of(row))]
        lines += waiting(data) if file is None else ()
        found = [line for line in lines if _fits(line, zone, **wanted)]
        if output:
            _write_csv(output, found, zone)
            click.echo(f"已写入 {output}，共 {len(found)} 条 / {len(found)} acts written to {output}")
            return
    if as_json:
        rows = [_document(line, zone) for line in found]
        click.echo(msgspec.json.format(for_json(msgspec.json.encode(rows).decode()), indent=2))
        return
    table = [HEAD, *(_row(line, zone) for line in found)]
    click.echo("\n".join(text_table(table, columns_of(len(HEAD), *range(1, len(HEAD))))))


def _fits(
    line: AuditLine, zone: tzinfo, first: datetime | None, last: datetime | None, who: str, acts: tuple[str, ...],
    subject: str,
) -> bool:  # fmt: skip
    day = _local(line.at, zone).date()
    return (
        (first is None or first.date() <= day)
        and (last is None or day <= last.date())
        and who in ("", line.by)
        and (not acts or line.act in acts)
        and line.subject.startswith(subject)
    )


def _local(at: Micros, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at / 1e6, UTC).astimezone(zone)


def _row(line: AuditLine, zone: tzinfo) -> tuple[str, ...]:
    version = f"{line.before or '-'} → {line.after or '-'}" if line.before or line.after else ""
    seq = str(line.seq) if line.seq else "待记 waiting"
    act = both_words("administration-act", line.act)
    time = _local(line.at, zone).isoformat(" ", "seconds")
    return seq, time, act, line.subject, line.by or "-", line.place, " ".join(line.fields), version


def _document(line: AuditLine, zone: tzinfo) -> dict[str, Any]:
    return msgspec.to_builtins(line) | {"at": _local(line.at, zone).isoformat(timespec="seconds")}


def _write_csv(path: Path, lines: list[AuditLine], zone: tzinfo) -> None:
    """Write a new file for its owner only. Raises `LogError` where there is one already."""
    try:
        file = owner_only.new_file(path)
    except FileExistsError:
        raise LogError("exists", path=path) from None
    except FileNotFoundError:
        raise LogError("no-folder", path=path.parent) from None
    with TextIOWrapper(file, encoding="utf-8-sig", newline="") as target:
        _put_csv(target, lines, zone)


def _put_csv(target: TextIO, lines: list[AuditLine], zone: tzinfo) -> None:
    rows = csv.writer(target)
    rows.writerow(AuditLine.__struct_fields__)
    for line in lines:
        found = _document(line, zone) | {"fields": " ".join(line.fields)}
        rows.writerow(_cell(found[name]) for name in AuditLine.__struct_fields__)


def _cell(value: object) -> str:
    """Return a cell that no sheet takes for a formula."""
    text = str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
