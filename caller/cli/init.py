"""`hallcall init HALL.toml`: a new hall's file, from one that comes with the product, with accounts required.

A new hall requires accounts from its first day; the line stands in its file, so that a hall without it (an older one)
goes on as it was. Nothing that is there already is written over.
"""

from collections.abc import Mapping
from pathlib import Path

import click

from caller.cli.check import summary
from config import owner_only
from config.process.options import Unable, settings_of
from config.reading.reader import HALLS
from config.versions import bundle

LIKE = tuple(sorted(path.stem for path in HALLS.glob("*.toml")))
ACCOUNTS = """
# 工作人员用工号和口令登录（hallcall account）。删去这一段或写 false 就不必登录。
# Staff sign in with a number and a password (hallcall account). Without this table, or with false, they need not.
[accounts]
required = {required}
"""
NEXT = """下一步 / next:
  改好 {hall}，然后检查 / edit it, then check it:  hallcall check {hall}
  第一个管理账户 / the first manager's account:    hallcall account add 1001 --roles manager --data {data}
  登记管理站点 / enrol the manager's station:      hallcall enrol manager office --data {data}
  启动 / start:                                    hallcall caller {hall} --data {data}"""


@click.command()
@click.argument("hall", metavar="HALL.toml", type=click.Path(path_type=Path))
@click.option(
    "--like",
    type=click.Choice(LIKE),
    default="county",
    show_default=True,
    help="以哪个样例为底 / which sample",
)
@click.option(
    "--accounts/--no-accounts",
    default=True,
    show_default=True,
    help="工作人员是否须登录 / must staff sign in",
)
def init(hall: Path, like: str, accounts: bool) -> None:
    """新建大厅配置，要求人员登录 / write a new hall's file, with accounts required."""
    sample = HALLS / f"{like}.toml"
    text = sample.read_text("utf-8").rstrip("\n") + "\n"
    text += ACCOUNTS.format(required=str(accounts).lower())
    write_new(hall, {hall.name: text.encode(), **bundle(sample).files})


def write_new(hall: Path, files: Mapping[str, bytes]) -> None:
    """Write a new hall's files, by their names, into its folder, and say what comes next. Raises `Unable` where one of
    them is there already; then none is written."""
    for name in files:
        if (target := hall.parent / name).exists():
            raise Unable(f"{target} 已存在，没有改动 / {target} is there already; nothing was changed")
    owner_only.make_folder(hall.parent)
    for name, data in files.items():
        with (hall.parent / name).open("xb") as file:
            file.write(data)
    click.echo(summary(settings_of(hall)))
    click.echo(NEXT.format(hall=hall, data=hall.parent / ".hallcall"))
