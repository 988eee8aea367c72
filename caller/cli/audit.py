"""`hallcall audit`: what administrators did, as a table, as JSON or as a CSV file. Exit code as `hallcall log`."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click
import msgspec

from caller.cli.acting import note_reading
from caller.cli.log import log_options, opened
from caller.eventlog import LogError, zone_of
from caller.reports.audit import (
    CODES,
    AuditFilter,
    AuditLine,
    document_of,
    in_zone,
    lines_of,
    put_csv,
    waiting,
)
from config import owner_only
from config.catalogue import both_words
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
        lines = [*lines_of(reader), *(waiting(data) if file is None else ())]
        filtered = _filter(**wanted)
        found = [line for line in lines if filtered.fits(line, zone)]
        if output:
            if file is None:
                note_reading(data, "exported", "audit")
            _write_csv(output, found, zone)
            click.echo(f"已写入 {output}，共 {len(found)} 条 / {len(found)} acts written to {output}")
            return
    click.echo(acts_in_json(found, zone) if as_json else acts_table(found, zone))


def acts_in_json(lines: Iterable[AuditLine], zone: tzinfo) -> str:
    """Return acts as JSON."""
    rows = [document_of(line, zone) for line in lines]
    return msgspec.json.format(for_json(msgspec.json.encode(rows).decode()), indent=2)


def acts_table(lines: Iterable[AuditLine], zone: tzinfo) -> str:
    """Return acts as a table for a terminal."""
    table = [HEAD, *(_row(line, zone) for line in lines)]
    return "\n".join(text_table(table, columns_of(len(HEAD), *range(1, len(HEAD)))))


def _filter(
    first: datetime | None, last: datetime | None, who: str, acts: tuple[str, ...], subject: str
) -> AuditFilter:
    return AuditFilter(first and first.date(), last and last.date(), who, acts, subject)


def _row(line: AuditLine, zone: tzinfo) -> tuple[str, ...]:
    version = f"{line.before or '-'} → {line.after or '-'}" if line.before or line.after else ""
    seq = str(line.seq) if line.seq else "待记 waiting"
    act = both_words("administration-act", line.act)
    time = in_zone(line.at, zone).isoformat(" ", "seconds")
    return seq, time, act, line.subject, line.by or "-", line.place, " ".join(line.fields), version


def _write_csv(path: Path, lines: list[AuditLine], zone: tzinfo) -> None:
    """Write a new file for its owner only. Raises `LogError` where there is one already."""
    try:
        file = owner_only.new_file(path)
    except FileExistsError:
        raise LogError("exists", path=path) from None
    except FileNotFoundError:
        raise LogError("no-folder", path=path.parent) from None
    with TextIOWrapper(file, encoding="utf-8-sig", newline="") as target:
        put_csv(target, lines, zone)
