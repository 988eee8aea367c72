"""`hallcall account`: who works here, what they may do, and their first password. On the caller's PC, beside DATA.

Each change is an act of an administrator and goes into the chain, once the caller runs (`hallcall audit`). The one who
acts is known by their account where they give it (`caller.cli.acting`), else by the user of this shell.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from caller.cli.acting import new_act, wall
from caller.engine.administration import ActCode
from caller.identity.account_file import ACCOUNTS_NAME
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account, AccountError, AccountKind, new_secret
from caller.identity.portraits import FILE_BYTES_MAX, portrait
from caller.protocol.account_roles import ACCOUNT_ROLES
from caller.protocol.key_scopes import SCOPES
from config.catalogue import both_words
from config.process.options import Unable, data_option, json_option
from config.process.tables import columns_of, text_table
from config.text_safety import for_json, for_terminal

HEAD = ("工号 number", "姓名 name", "角色 roles", "部门 department", "星级 star", "类别 kind", "状态 state")
staff_argument = click.argument("staff", metavar="NUMBER")


@contextmanager
def open_accounts(data: Path) -> Generator[AccountStore]:
    """Open the accounts of a data folder, and close them afterwards. Raises `Unable`."""
    try:
        with closing(AccountStore(data)) as accounts:
            yield accounts
    except AccountError as error:
        raise Unable(str(error.message)) from error


@click.group()
def account() -> None:
    """人员账户：新建、口令、角色、停用 / accounts: add, set, roles, password, disable."""


def fields_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add the options for what an account says of a person; one that is not given is None."""
    for option in (
        click.option("--star", type=int, help="星级 0–5 / stars, 0 to 5"),
        click.option("--party/--no-party", default=None, help="党员标识 / a party member's badge"),
        click.option(
            "--photo",
            metavar="FILE",
            help='照片，JPEG 或 PNG；写 "" 删除 / a photo, JPEG or PNG; "" removes it',
        ),
        click.option("--department", help="部门 / department"),
        click.option("--name", help="姓名 / name"),
    ):
        body = option(body)
    return body


def _roles(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(dict.fromkeys(filter(None, text.replace("，", ",").split(","))))


roles_help = (
    f"角色，用逗号分开 / roles, parted by commas: {' '.join(ACCOUNT_ROLES)}；"
    f"密钥的权限范围 / scopes of a key: {' '.join(SCOPES)}"
)
stdin_option = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="口令从标准输入读 / read the password from stdin"
)
pin_option = click.option(
    "--pin", is_flag=True, help="给数字密码，硬叫号器用 / a PIN of digits, for a hard caller"
)


@account.command()
@data_option
@staff_argument
@click.option("--roles", required=True, callback=_roles, help=roles_help)
@fields_options
@click.option("--key", is_flag=True, help="程序用的密钥，不是人 / a key for a program, not a person")
@pin_option
@stdin_option
def add(
    data: Path, staff: str, roles: tuple[str, ...], key: bool, pin: bool, from_stdin: bool, **fields: Any
) -> None:
    """新建账户，显示一次初始口令 / add an account; its initial password is shown once."""
    kind: AccountKind = "key" if key else "person"
    picture = _picture(fields.pop("photo"))
    made = Account(staff, roles=roles, kind=kind, must_change=not key, **_given(fields))
    secret = read_secret() if from_stdin else new_secret(made, pin)
    with open_accounts(data) as accounts:
        accounts.add(made, secret, new_act(data, "account-added", f"account/{staff}"))
        if picture:
            accounts.set_portrait(staff, new_act(data, "account-changed", f"account/{staff}"), picture)
    show_secret(staff, "" if from_stdin else secret, key)


@account.command("list")
@data_option
@json_option
def list_accounts(data: Path, as_json: bool) -> None:
    """列出账户，不含口令 / list the accounts, without passwords."""
    if not (data / ACCOUNTS_NAME).exists():
        raise Unable(f"{data} 里没有账户，请核对 --data\nThere are no accounts in {data}; check --data")
    with open_accounts(data) as accounts:
        found, locked = accounts.all(), accounts.locked(wall())
    if as_json:
        rows = [_document(each, each.staff in locked) for each in found]
        click.echo(msgspec.json.format(for_json(msgspec.json.encode(rows).decode()), indent=2))
        return
    rows = [HEAD, *(_row(each, each.staff in locked) for each in found)]
    click.echo("\n".join(text_table(rows, columns_of(len(HEAD), *range(len(HEAD))))))


@account.command("set")
@data_option
@staff_argument
@fields_options
@click.option("--unlock", is_flag=True, help="解除锁定 / forgive wrong tries")
def set_fields(data: Path, staff: str, unlock: bool, **fields: Any) -> None:
    """修改姓名、部门、照片、星级，或解锁 / change name, department, photo, star; or unlock."""
    picture = _picture(fields.pop("photo"))
    given = _given(fields)
    if not given and not unlock and picture is None:
        raise Unable("没有要改的，请给出选项，见 --help\nNothing to change: give an option, see --help")
    with open_accounts(data) as accounts:
        if given:
            accounts.change(staff, new_act(data, "account-changed", f"account/{staff}"), **given)
        if picture is not None:
            accounts.set_portrait(staff, new_act(data, "account-changed", f"account/{staff}"), picture)
        if unlock:
            accounts.unlock(staff, new_act(data, "account-unlocked", f"account/{staff}"))
    tell(staff, "已修改", "changed")


@account.command("roles")
@data_option
@staff_argument
@click.argument("roles", callback=_roles)
def set_roles(data: Path, staff: str, roles: tuple[str, ...]) -> None:
    """调整角色；其登录随即失效 / change the roles; who is signed in is signed out."""
    with open_accounts(data) as accounts:
        accounts.change(staff, new_act(data, "account-roles", f"account/{staff}"), roles=roles)
    tell(staff, f"角色 {'、'.join(roles)}", f"has the roles {', '.join(roles)}")


@account.command()
@data_option
@staff_argument
@pin_option
@stdin_option
def password(data: Path, staff: str, pin: bool, from_stdin: bool) -> None:
    """设新口令，下次登录须改 / set a new password, to be changed at the next sign-in."""
    set_secret(data, staff, from_stdin, pin)


def _switch(name: str, disabled: bool, act: ActCode, zh: str, en: str, done: tuple[str, str]) -> None:
    """Add the command `name`; `done` is what it says once an account is so."""

    @account.command(name, help=f"{zh} / {en}.")
    @data_option
    @staff_argument
    def verb(data: Path, staff: str) -> None:  # pyright: ignore[reportUnusedFunction]
        with open_accounts(data) as accounts:
            accounts.change(staff, new_act(data, act, f"account/{staff}"), disabled=disabled)
        tell(staff, *done)


_switch(
    "disable",
    True,
    "account-disabled",
    "停用账户；其登录随即失效",
    "disable it; who is signed in is signed out",
    ("已停用", "disabled"),
)
_switch(
    "enable", False, "account-enabled", "重新启用账户", "enable it again", ("已重新启用", "enabled again")
)


# --- telling


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _picture(photo: str | None) -> bytes | None:
    """Return the portrait of a photo's file; b"" for none at all, None where nothing is said. Raises `Unable`."""
    if not photo:
        return None if photo is None else b""
    try:
        with Path(photo).open("rb") as file:
            return portrait(file.read(FILE_BYTES_MAX + 1))
    except OSError as error:
        raise Unable(
            f"读不了照片 {photo}：{error.strerror}\nThe photo cannot be read: {error.strerror}"
        ) from None
    except AccountError as error:
        raise Unable(str(error.message)) from error


def read_secret() -> str:
    """Return the password typed or piped in."""
    return sys.stdin.readline().rstrip("\r\n")


def set_secret(data: Path, staff: str, from_stdin: bool, pin: bool = False) -> None:
    """Give an account a secret, typed or drawn, which a person changes at the next sign-in. Raises `Unable`."""
    with open_accounts(data) as accounts:
        known = accounts.get(staff)
        if known is None:
            raise AccountError("unknown", account=staff)
        secret = read_secret() if from_stdin else new_secret(known, pin)
        act = new_act(data, "account-password", f"account/{staff}")
        accounts.change(staff, act, secret=secret, must_change=known.kind != "key")
    show_secret(staff, "" if from_stdin else secret, known.kind == "key")


def tell(staff: str, zh: str, en: str) -> None:
    """Print what was done to an account."""
    click.echo(f"{for_terminal(staff)} {zh} / {for_terminal(staff)}: {en}")


def show_secret(staff: str, secret: str, key: bool) -> None:
    """Show a drawn secret alone on standard output, so that a script can take it, and what to do with it beside."""
    if not secret:
        tell(staff, "已设口令", "password set")
        return
    click.echo(secret)
    if key:
        click.echo(
            f"{staff} 的密钥，只显示这一次。接口用：Authorization: Bearer {staff}:密钥\n"
            f"The key of {staff}, shown once. For REST: Authorization: Bearer {staff}:KEY",
            err=True,
        )
        return
    click.echo(
        f"{staff} 的初始口令，只显示这一次，第一次登录时须改\n"
        f"The initial password of {staff}, shown once; to be changed at the first sign-in",
        err=True,
    )


def account_state(found: Account, locked: bool) -> str:
    """Return the code of how an account stands."""
    if found.disabled:
        return "disabled"
    return "locked" if locked else "must-change" if found.must_change else "usable"


def _row(found: Account, locked: bool) -> tuple[str, ...]:
    roles = "、".join(both_words("account-role", each) for each in found.roles)
    kind = "密钥 key" if found.kind == "key" else "人员 person"
    state = both_words("account-state", account_state(found, locked))
    return found.staff, found.name, roles, found.department, str(found.star or "-"), kind, state


def _document(found: Account, locked: bool) -> dict[str, Any]:
    return {
        "account": found.staff, "name": found.name, "roles": list(found.roles), "department": found.department,
        "photo": found.photo, "star": found.star, "party": found.party, "kind": found.kind, "state": account_state(found, locked),
        "version": found.version,
    }  # fmt: skip
