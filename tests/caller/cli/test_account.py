"""`hallcall account`: accounts are made and changed, a secret is shown once, and each act waits for the chain."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from caller.cli.account import account
from caller.engine.refusals import Refused
from caller.identity.account_store import AccountStore

NOW = 1_772_503_200_000_000


def run(data: Path, *arguments: str, **options: str) -> Result:
    return CliRunner().invoke(account, [arguments[0], "--data", str(data), *arguments[1:]], **options)  # type: ignore[arg-type]


def test_an_account_from_its_first_day_to_its_last(tmp_path: Path):
    added = run(tmp_path, "add", "1003", "--name", "王芳", "--roles", "clerk,guide", "--department", "人社")
    assert added.exit_code == 0, added.output
    secret = added.stdout.strip()
    assert "第一次登录时须改" in added.stderr
    assert "to be changed at the first sign-in" in added.stderr
    store = AccountStore(tmp_path)
    with pytest.raises(Refused, match="change-first"):
        store.sign_in("1003", secret, NOW)
    store.sign_in("1003", secret, NOW, "another-good-one", "changed", "window/3")
    assert run(tmp_path, "set", "1003", "--star", "4").exit_code == 0
    assert run(tmp_path, "roles", "1003", "clerk，manager").exit_code == 0
    assert run(tmp_path, "disable", "1003").output == "1003 已停用 / 1003: disabled\n"
    listed = json.loads(run(tmp_path, "list", "--json").output)
    assert listed == [
        {
            "account": "1003", "name": "王芳", "roles": ["clerk", "manager"], "department": "人社", "photo": "",
            "star": 4, "party": False, "kind": "person", "state": "disabled", "version": 5,
        }
    ]  # fmt: skip
    text = run(tmp_path, "list").output
    assert "窗口人员 clerk、管理人员 manager" in text
    assert "停用 disabled" in text
    assert secret not in text
    acts = [(act.act, act.fields) for act in store.file.pending_acts()]
    assert acts == [
        ("account-added", ()), ("account-password", ("must_change", "secret")), ("account-changed", ("star",)),
        ("account-roles", ("roles",)), ("account-disabled", ("disabled",)),
    ]  # fmt: skip
    store.close()


def test_a_photo_is_taken_from_a_file_and_taken_away(tmp_path: Path):
    Image.new("RGB", (300, 400), "teal").save(tmp_path / "face.png")
    (tmp_path / "words.jpg").write_text("no photo")
    wrong = run(tmp_path, "add", "1003", "--roles", "clerk", "--photo", str(tmp_path / "words.jpg"))
    assert wrong.exit_code == 2
    assert "不是 JPEG 或 PNG" in wrong.stderr
    assert not (tmp_path / "accounts.db").exists(), "nothing was made"
    assert (
        run(tmp_path, "add", "1003", "--roles", "clerk", "--photo", str(tmp_path / "face.png")).exit_code == 0
    )
    with closing(AccountStore(tmp_path)) as store:
        found = store.get("1003")
        assert found
        assert store.portrait(found.photo)
    assert run(tmp_path, "set", "1003", "--photo", "").exit_code == 0
    assert json.loads(run(tmp_path, "list", "--json").output)[0]["photo"] == ""
    assert "absent.jpg" in run(tmp_path, "set", "1003", "--photo", str(tmp_path / "absent.jpg")).stderr


def test_a_password_comes_from_stdin_and_is_not_shown(tmp_path: Path):
    made = run(tmp_path, "add", "boss", "--roles", "manager", "--password-stdin", input="a-good-password\n")
    assert made.exit_code == 0
    assert "a-good-password" not in made.output
    again = run(tmp_path, "password", "boss", "--password-stdin", input="12345678\n")
    assert again.exit_code == 2
    assert "太简单" in again.stderr
    assert "12345678" not in again.output


def test_a_key_is_an_account_and_needs_no_first_change(tmp_path: Path):
    key = run(tmp_path, "add", "api-1", "--roles", "auditor", "--key").stdout.strip()
    store = AccountStore(tmp_path)
    assert store.sign_in("api-1", key, NOW).kind == "key"
    store.close()


def test_a_pin_is_digits(tmp_path: Path):
    assert run(tmp_path, "add", "7", "--roles", "clerk", "--pin").stdout.strip().isdigit()
    assert "要用口令" in run(tmp_path, "add", "8", "--roles", "manager", "--pin").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "1003", "--roles", "clark"), "没有角色 clark"),
        (("add", "10/03", "--roles", "clerk"), "工号 10/03 不行"),
        (("set", "1009", "--star", "2"), "没有账户 1009"),
        (("password", "1009"), "没有账户 1009"),
        (("disable", "1009"), "没有账户 1009"),
        (("set", "1003"), "没有要改的"),
    ],
)
def test_what_cannot_be_done_is_told_in_both_languages(
    tmp_path: Path, arguments: tuple[str, ...], words: str
):
    done = run(tmp_path, *arguments)
    assert done.exit_code == 2
    zh, en = done.stderr.strip().split("\n")
    assert words in zh
    assert en.isascii()


def test_a_list_of_nothing_says_where_it_looked(tmp_path: Path):
    assert str(tmp_path) in run(tmp_path, "list").stderr
    assert not (tmp_path / "accounts.db").exists()


def test_a_name_cannot_act_on_a_terminal(tmp_path: Path):
    assert run(tmp_path, "add", "1003", "--roles", "clerk", "--name", "a\x1b[2J").exit_code == 2


def test_who_acts_is_known_by_their_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run(tmp_path, "add", "boss", "--roles", "manager", "--key")
    secret = run(tmp_path, "password", "boss").stdout.strip()
    monkeypatch.setenv("HALLCALL_ACCOUNT", "boss")
    monkeypatch.setenv("HALLCALL_SECRET", secret)
    assert run(tmp_path, "add", "1003", "--roles", "clerk").exit_code == 0
    monkeypatch.setenv("HALLCALL_SECRET", "wrong")
    refused = run(tmp_path, "add", "1004", "--roles", "clerk")
    assert refused.exit_code == 2
    assert "工号或口令不对" in refused.stderr
    store = AccountStore(tmp_path)
    assert [act.by for act in store.file.pending_acts()][-1] == "boss"
    assert store.get("1004") is None
    store.close()
