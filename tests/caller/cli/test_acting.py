"""The commands of a manager in a hall that requires accounts: who acts is asked for, and the log has their number."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from caller.cli import acting
from caller.cli.account import account
from caller.cli.day import day
from caller.cli.followup import followup
from caller.demo.setup import prepare
from caller.eventlog import LOG_NAME, Reader
from config.process.options import Unable
from tests.instruments import caller_fixture
from tests.instruments.caller_fixture import PASSWORD, room

SECONDS = 60
SECRET = "kuaile-zaochen-meitian"


@pytest.fixture
def hall(tmp_path: Path) -> Generator[list[str]]:
    """A village that requires accounts, its caller running; the arguments that name it."""
    stage = prepare("village", tmp_path, "test")
    with stage.file.open("a", encoding="utf-8") as file:  # the village has no table of accounts
        file.write("\n[accounts]\nrequired = true\n")
    for staff, role in (("1001", "manager"), ("1002", "auditor")):
        made = ["add", "--data", str(tmp_path), staff, "--roles", role, "--key"]
        assert CliRunner().invoke(account, made).exit_code == 0
        new = ["password", "--data", str(tmp_path), staff, "--password-stdin"]
        assert CliRunner().invoke(account, new, input=SECRET + "\n").exit_code == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "caller.cli", "caller", str(stage.file), "--data", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout
    assert "ready" in process.stdout.readline()
    yield [str(stage.file), "--data", str(tmp_path), "--name", "demo"]
    process.terminate()
    process.wait(SECONDS)
    process.stdout.close()


def test_who_acts_is_asked_for_and_noted(hall: list[str], tmp_path: Path):
    def run(*arguments: str, **env: str) -> Result:
        group = followup if arguments[0] == "list" else day
        return CliRunner().invoke(group, [arguments[0], *hall, *arguments[1:]], env=env)

    nobody = run("open")
    assert nobody.exit_code == 2
    assert "--account" in nobody.stderr
    assert "HALLCALL_SECRET" in nobody.stderr
    wrong = run("open", HALLCALL_ACCOUNT="1001", HALLCALL_SECRET="wrong-one")
    assert wrong.exit_code == 1
    assert "工号或口令不对" in wrong.stderr
    auditor = run("open", HALLCALL_ACCOUNT="1002", HALLCALL_SECRET=SECRET)
    assert auditor.exit_code == 1
    assert "账户 1002 的角色不能这样操作" in auditor.stderr
    assert run("list", HALLCALL_ACCOUNT="1002", HALLCALL_SECRET=SECRET).exit_code == 0  # but may look
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    file.chmod(0o644)
    assert "chmod 600" in run("open", "--account", "1001", "--secret-file", str(file)).stderr
    file.chmod(0o600)
    opened = run("open", "--account", "1001", "--secret-file", str(file))
    assert opened.exit_code == 0, opened.output
    with Reader(tmp_path / LOG_NAME) as log:
        (row,) = [row for row in log.after(0) if row.kind == "DayOpened"]
    assert (row.account, row.role, row.station) == ("1001", "manager", "demo")


def test_a_secret_is_shown_by_no_repr():
    assert SECRET not in repr(acting.Credentials("1001", SECRET))


def test_where_none_is_required_none_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    assert acting.find_credentials("", None, False) is None
    with pytest.raises(Unable):
        acting.find_credentials("", None, True)
    monkeypatch.setitem(os.environ, acting.SECRET_ENV, SECRET)
    found = acting.find_credentials("1001", None, False)
    assert found is not None
    assert (found.account, found.secret) == ("1001", SECRET)


def test_a_first_password_that_is_changed_is_the_one_it_goes_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A command with several lines signs in on each; the old password would be refused, and after some tries lock the account."""
    monkeypatch.setattr(acting.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(acting.click, "prompt", lambda *_words, **_options: SECRET)
    who = acting.Credentials("1001", PASSWORD)

    async def scene() -> None:
        async with room(tmp_path) as hall:
            hall.account("1001", "manager", must_change=True)
            for _ in range(2):
                async with hall.client("manager", "m1") as line:
                    await line.until("current")
                    await acting.signed_in(line, who)
                    assert line.persons.accounts == {"": "1001"}

    caller_fixture.run(scene())
