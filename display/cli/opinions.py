"""`hallcall opinions`: what people wrote, read and forgotten at the hall's own office.

Runs beside the web process. Deleting touches DATA/people.db alone: the log and every figure stay as they are.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from caller.people.feedback_store import PEOPLE_NAME, FeedbackStore, StoredFeedback
from config.catalogue import word
from config.process.options import Unable, data_option, hall_argument, settings_of
from config.text_safety import for_json, for_terminal


class Office(NamedTuple):
    """The store of one hall's letters, and the zone their instants are shown in."""

    opinions: FeedbackStore
    zone: str


class _FolderAnywhere(click.Group):
    """`--data DIR` may stand before or behind the hall or the verb, as it may with every other command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = next((at for at, word in enumerate(args) if word.partition("=")[0] == "--data"), 0)
        end = at + (1 if "=" in "".join(args[at : at + 1]) else 2)
        return super().parse_args(ctx, [*args[at:end], *args[:at], *args[end:]] if at else args)


@click.group(cls=_FolderAnywhere)
@hall_argument
@data_option
@click.pass_context
def opinions(context: click.Context, hall: Path, data: Path) -> None:
    """意见箱：查看、删除、定期清理 / what people wrote: list, delete, purge."""
    settings = settings_of(hall)
    if not data.is_dir():
        raise Unable(
            f"没有数据目录 {data}，请用 --data 指明 / There is no folder {data}; say which with --data"
        )
    context.obj = Office(FeedbackStore(data), settings.hall.zone)


@opinions.command("list")
@click.option("--json", "as_json", is_flag=True, help="每条一行 JSON / one JSON line each")
@click.pass_obj
def list_(office: Office, as_json: bool) -> None:
    """最新的在前 / the newest first."""
    import msgspec

    with _readable():
        found = office.opinions.newest()
    for each in found:
        click.echo(for_json(msgspec.json.encode(each).decode()) if as_json else _as_line(each, office.zone))
    if not found and not as_json:
        click.echo("没有意见 / No opinions")


@opinions.command()
@click.argument("id", type=int)
@click.pass_obj
def delete(office: Office, id: int) -> None:
    """删除一条，不能恢复 / forget one for good."""
    with _readable():
        done = office.opinions.delete(id)
    if not done:
        raise Unable(f"没有编号 {id}，请先用 list 查看 / There is no {id}; see list")
    click.echo(f"已删除 {id}，统计数字不变 / {id} deleted; no figure changes")


@opinions.command()
@click.option("--older-than", "days", type=click.IntRange(0), required=True, metavar="DAYS", help="天 / days")
@click.pass_obj
def purge(office: Office, days: int) -> None:
    """删除早于若干天的全部意见 / forget all that are older."""
    with _readable():
        count = office.opinions.purge(days)
    click.echo(f"已删除 {count} 条 / {count} deleted")


def _as_line(each: StoredFeedback, zone: str) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    at = datetime.fromisoformat(each.at).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    rated = "追评" if each.kind == "addition" else "评价"
    kind = f"{rated} {each.level} 级" if each.level else word("follow-up-kind", each.kind)
    where = f"窗口 {each.window}" if each.window else "未到窗口"
    head = f"{each.id}  {at}  {each.number}  {where}  {kind}"
    contact = f"  联系：{_one_line(each.contact)}" if each.contact else ""
    return f"{head}{contact}\n    {_one_line(each.text)}"


def _one_line(text: str) -> str:
    """Return text that was typed in several lines as one, safe for the terminal it is read on."""
    return for_terminal(" ".join(text.split()))


@contextmanager
def _readable() -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise Unable(
            f"{PEOPLE_NAME} 不能使用（{error}），请稍后再试或检查磁盘\n"
            f"{PEOPLE_NAME} cannot be used: {error}. Try again later or check the disk"
        ) from None
