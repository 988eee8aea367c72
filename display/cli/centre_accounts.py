"""`hallcall centre account`: who may look at the city's pages, and at which halls of it.

The accounts are those of a hall (`caller.identity`), of kind `viewer`, in the centre's own data folder: a level is their role. Each
change is noted there with who made it, and so is each file that a person takes away (`audit`).
"""

from datetime import UTC
from pathlib import Path
from typing import Any

import click
import msgspec

from caller.cli.account import (
    account_state,
    open_accounts,
    read_secret,
    set_secret,
    show_secret,
    staff_argument,
    stdin_option,
    tell,
)
from caller.cli.acting import new_act, wall
from caller.cli.audit import acts_in_json, acts_table
from caller.engine.administration import ActCode
from caller.identity.accounts import Account, AccountError, new_secret
from caller.protocol.viewer_levels import FORMS, level_of
from caller.reports.audit import waiting
from config.catalogue import both_words
from config.process.options import BadValue, data_option, json_option
from config.process.tables import columns_of, text_table
from config.text_safety import for_json, for_terminal

HEAD = ("工号 number", "姓名 name", "级别 level", "状态 state")
LEVELS_HELP = f"看哪些厅：全市、区域、一个厅 / which halls: {'、'.join(FORMS)}"


def _level(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Return a level as it was given. Raises `BadValue`."""
    if level_of(text) is None:
        raise BadValue(*AccountError("bad-level", level=text, known=", ".join(FORMS)).message.with_next_step)
    return text


level_argument = click.argument("level", callback=_level)


@click.group()
def account() -> None:
    """谁可以看全市页面，看哪些厅 / who looks at the city's pages, and at which halls."""


@account.command()
@data_option
@staff_argument
@click.option("--level", required=True, callback=_level, help=LEVELS_HELP)
@click.option("--name", default="", help="姓名 / name")
@stdin_option
def add(data: Path, staff: str, level: str, name: str, from_stdin: bool) -> None:
    """新建账户，显示一次初始口令 / add an account; its initial password is shown once."""
    made = Account(staff, name, (level,), kind="viewer", must_change=True)
    secret = read_secret() if from_stdin else new_secret(made)
    with open_accounts(data) as accounts:
        accounts.add(made, secret, new_act(data, "account-added", f"account/{staff}"))
    show_secret(staff, "" if from_stdin else secret, False)


@account.command("list")
@data_option
@json_option
def list_accounts(data: Path, as_json: bool) -> None:
    """列出账户，不含口令 / list the accounts, without passwords."""
    with open_accounts(data) as accounts:
        found, locked = [each for each in accounts.all() if each.kind == "viewer"], accounts.locked(wall())
    rows: list[dict[str, Any]] = [
        {"account": each.staff, "name": each.name, "level": "".join(each.roles), "state": account_state(each, each.staff in locked)}
        for each in found
    ]  # fmt: skip
    if as_json:
        click.echo(msgspec.json.format(for_json(msgspec.json.encode(rows).decode()), indent=2))
        return
    lines = [
        (row["account"], for_terminal(row["name"]), row["level"], both_words("account-state", row["state"]))
        for row in rows
    ]
    click.echo("\n".join(text_table([HEAD, *lines], columns_of(len(HEAD), *range(len(HEAD))))))


@account.command("level")
@data_option
@staff_argument
@level_argument
def set_level(data: Path, staff: str, level: str) -> None:
    """改级别；其登录随即失效 / change the level; who is signed in is signed out."""
    _change(data, staff, "account-roles", roles=(level,))
    tell(staff, f"级别 {level}", f"level {level}")


@account.command()
@data_option
@staff_argument
@stdin_option
def password(data: Path, staff: str, from_stdin: bool) -> None:
    """设新口令，下次登录须改；也解除锁定 / set a new password, to be changed at the next sign-in; it unlocks, too."""
    set_secret(data, staff, from_stdin)


@account.command()
@data_option
@staff_argument
def disable(data: Path, staff: str) -> None:
    """停用；其登录随即失效 / disable it; who is signed in is signed out."""
    _change(data, staff, "account-disabled", disabled=True)
    tell(staff, "已停用", "disabled")


@account.command()
@data_option
@staff_argument
def enable(data: Path, staff: str) -> None:
    """重新启用 / enable it again."""
    _change(data, staff, "account-enabled", disabled=False)
    tell(staff, "已启用", "enabled")


@account.command("audit")
@data_option
@click.option("--who", default="", help="谁做的：工号，或 uid:N / who did it: a staff number, or uid:N")
@click.option("--subject", default="", help="对象的开头，如 account/1003 / how the subject begins")
@json_option
def list_acts(data: Path, who: str, subject: str, as_json: bool) -> None:
    """账户的增改停用和导出：谁、何时、对谁 / what was done to accounts, and exports: who, when, to whom."""
    lines = [each for each in waiting(data) if each.by.startswith(who) and each.subject.startswith(subject)]
    click.echo(acts_in_json(lines, UTC) if as_json else acts_table(lines, UTC))


def _change(data: Path, staff: str, act: ActCode, **fields: Any) -> None:
    with open_accounts(data) as accounts:
        accounts.change(staff, new_act(data, act, f"account/{staff}"), **fields)
