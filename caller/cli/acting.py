"""Who acts by a command line: their account and secret, and the act it notes for the chain.

1. A person types the password unseen. A script gives HALLCALL_ACCOUNT and HALLCALL_SECRET, or `--secret-file` (readable
   by its owner only). A password is never an argument: other users of a machine see those.
2. A command that speaks to the caller signs in there, and the caller decides. One that works on the data folder itself
   is for who may open it; its act names the account given, if the secret is right, else the user of the shell.
"""

import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from caller.client.client import Client, RefusedError
from caller.client.pending_commands import new_id
from caller.engine.administration import ActCode
from caller.engine.refusals import Refused
from caller.identity.account_file import ACCOUNTS_NAME, AccountFile, Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import AccountError
from caller.protocol.frames import refusal_message
from config.instants import Micros
from config.process.options import Unable

SHELL = "shell"  # the place of an act by command line
ACCOUNT_ENV, SECRET_ENV = "HALLCALL_ACCOUNT", "HALLCALL_SECRET"
NO_ACCOUNT = (
    "这个大厅要先登录：请加 --account 工号（口令不显示地输入；脚本用 HALLCALL_ACCOUNT 和 HALLCALL_SECRET，或 --secret-file）\n"
    "This hall wants a person: give --account NUMBER (the password is typed unseen; a script sets HALLCALL_ACCOUNT and "
    "HALLCALL_SECRET, or --secret-file)"
)
secret_file_option = click.option(
    "--secret-file", type=click.Path(path_type=Path), help="口令文件 / a file with the password"
)


class Credentials:
    """A staff number and a secret, which no repr shows."""

    def __init__(self, account: str, secret: str) -> None:
        self.account, self.secret = account, secret

    def __repr__(self) -> str:
        return f"Credentials({self.account!r})"


def wall() -> Micros:
    """Return the computer's time, in UTC microseconds."""
    return time.time_ns() // 1000


def acting_options(body: Callable[..., None]) -> Callable[..., None]:
    """Add the options by which a person gives their account; `find_credentials` takes what they hold."""
    for option in (
        secret_file_option,
        click.option(
            "--account", envvar=ACCOUNT_ENV, default="", help="工号，登录用 / staff number, to sign in"
        ),
    ):
        body = option(body)
    return body


def find_credentials(account: str, secret_file: Path | None, required: bool) -> Credentials | None:
    """Return who signs in; None where none is given and none is required. Raises `Unable`."""
    if not account and required and sys.stdin.isatty():
        account = click.prompt("工号 / staff number")
    if not account:
        if required:
            raise Unable(NO_ACCOUNT)
        return None
    if secret_file:
        return Credentials(account, _secret_in(secret_file))
    if secret := os.environ.get(SECRET_ENV):
        return Credentials(account, secret)
    if not sys.stdin.isatty():
        raise Unable(NO_ACCOUNT)
    return Credentials(account, click.prompt("口令 / password", hide_input=True))


def _secret_in(path: Path) -> str:
    """Return the first line of a file. Raises `Unable` where others may read it."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Unable(
            f"{path} 其他用户可读，请运行 chmod 600 {path} / others may read {path}; run: chmod 600 {path}"
        )
    return path.read_text("utf-8").partition("\n")[0].rstrip("\r")


async def signed_in(client: Client, credentials: Credentials | None) -> None:
    """Sign the person in on a line that is current. A first password is changed here, where a person can type one.

    Raises `RefusedError`; `Unable` where the caller wants a person and none is given.
    """
    if credentials is None:
        if client.persons.missing:
            raise Unable(NO_ACCOUNT)
        return
    try:
        await client.persons.sign_in(credentials.account, credentials.secret)
    except RefusedError as refused:
        if refused.frame.code != "change-first" or not sys.stdin.isatty():
            raise
        new = click.prompt(
            "新口令 / new password", hide_input=True, confirmation_prompt="再输一次 / once more"
        )
        await client.persons.sign_in(credentials.account, credentials.secret, new)
        credentials.secret = new  # for the command's next line: the old one would be a wrong try


# --- acts on the data folder


def new_act(data: Path, act: ActCode, subject: str, **rest: Any) -> Act:
    """Return an act, now, of the one who uses this shell. Raises `Unable` where the account they give is not theirs."""
    return Act(new_id(), act, subject, _actor(data), SHELL, wall(), **rest)


def note_act(data: Path, act: ActCode, subject: str, **rest: Any) -> None:
    """Keep an act for the chain before it is done: none happens that is not noted. Raises `Unable`."""
    try:
        AccountFile(data).note(new_act(data, act, subject, **rest))
    except AccountError as error:
        raise Unable(str(error.message)) from error


def note_reading(data: Path, act: ActCode, subject: str) -> None:
    """Keep an act that only reads, where the folder has accounts and can be written: a copy, or the log of a dying disk,
    is read all the same. Raises `Unable`."""
    if os.access(data / ACCOUNTS_NAME, os.W_OK):
        note_act(data, act, subject)


def _actor(data: Path) -> str:
    """Return who acts: the account in the environment, if its secret is right, else the user of this shell."""
    staff = os.environ.get(ACCOUNT_ENV, "")
    if not staff:
        return f"uid:{os.getuid()}"
    store = AccountStore(data)
    try:
        store.sign_in(staff, os.environ.get(SECRET_ENV, ""), wall())
    except Refused as refused:
        raise Unable(str(refusal_message(refused))) from None
    finally:
        store.close()
    return staff
