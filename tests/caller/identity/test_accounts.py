"""Accounts: what may be a secret, what wrong tries cost, that no secret shows anywhere, and that a change tells of itself."""

import os
import sqlite3
import stat
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.engine.refusals import Refused
from caller.identity import account_store, password_hash
from caller.identity.account_file import VERSION, AccountFile, Act, KeptSession
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account, AccountError, locked_for, new_secret, weakness
from config.instants import MINUTE, SECOND, Micros

NOW: Micros = 1_772_503_200_000_000
WANG = Account("1003", name="王芳", roles=("clerk",))
SECRET = "kuaile-zaochen"
ACT = Act("act-1", "account-added", "account/1003", "uid:1000", "shell", NOW)


@pytest.fixture
def store(tmp_path: Path) -> Generator[AccountStore]:
    made = AccountStore(tmp_path)
    made.add(WANG, SECRET, ACT)
    yield made
    made.close()


def tried(store: AccountStore, secret: str, now: Micros = NOW, staff: str = "1003", new: str = "") -> str:
    """What becomes of a try: "" or the code of its refusal."""
    try:
        store.sign_in(staff, secret, now, new, "act-2", "window/3")
    except Refused as refused:
        return refused.code
    return ""


# --- what is a secret


@pytest.mark.parametrize(
    ("secret", "roles", "why"),
    [
        ("short", ("clerk",), "short"), ("12345", ("clerk",), "short"), ("x" * 60 + "abcde", ("clerk",), "long"),
        ("ab1003cd!", ("clerk",), "staff"), ("11111111", ("clerk",), "plain"), ("123456", ("clerk",), "plain"),
        ("987654", ("clerk",), "plain"), ("abababab", ("clerk",), "plain"), ("270485", ("manager",), "pin"),
        ("270485", ("clerk", "manager"), "pin"), ("270485", ("clerk", "guide"), None), (SECRET, ("manager",), None),
        ("2704859163", ("manager",), None), ("春眠不觉晓处处闻", ("auditor",), None),
    ],
)  # fmt: skip
def test_what_may_be_a_secret(secret: str, roles: tuple[str, ...], why: str | None):
    assert weakness(structs.replace(WANG, roles=roles), secret) == why


def test_what_is_drawn_may_be_a_secret_and_no_two_are_alike():
    key = structs.replace(WANG, kind="key")
    drawn = {new_secret(WANG) for _ in range(200)} | {new_secret(key) for _ in range(200)}
    assert len(drawn) == 400
    assert not any(weakness(structs.replace(WANG, roles=("manager",)), each) for each in drawn)
    pins = [new_secret(WANG, pin=True) for _ in range(200)]
    assert all(pin.isdigit() and weakness(WANG, pin) is None for pin in pins)


def test_an_initial_pin_never_holds_the_staff_number():
    account = structs.replace(WANG, staff="123")  # in one of 250 drawn for somebody else
    assert not any("123" in new_secret(account, pin=True) for _ in range(3_000))
    assert any("123" in new_secret(WANG, pin=True) for _ in range(30_000))  # the twin


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"staff": "王"}, "bad-number"), ({"staff": "10 03"}, "bad-number"), ({"staff": ""}, "bad-number"),
        ({"roles": ("clark",)}, "bad-role"), ({"roles": ()}, "no-roles"), ({"star": 6}, "bad-star"),
        ({"name": "a\x1b[2J"}, "bad-text"), ({"name": "x" * 65}, "bad-text"), ({"photo": "\u202egnp"}, "bad-text"),
    ],
)  # fmt: skip
def test_what_no_account_may_be(store: AccountStore, change: dict[str, Any], code: str):
    with pytest.raises(AccountError) as error:
        store.add(structs.replace(structs.replace(WANG, staff="1004"), **change), SECRET, ACT)
    assert error.value.code == code
    assert len(store.all()) == 1


def test_a_number_is_given_once(store: AccountStore):
    with pytest.raises(AccountError) as error:
        store.add(WANG, SECRET, structs.replace(ACT, id="act-2"))
    assert error.value.code == "exists"
    assert [act.id for act in store.file.pending_acts()] == ["act-1"]  # what was not done is not told


# --- signing in


def test_the_right_secret_signs_in_and_no_other(store: AccountStore):
    assert tried(store, SECRET) == ""
    assert tried(store, SECRET.upper()) == "wrong-password"
    assert tried(store, SECRET, staff="1004") == "wrong-password"  # in the words of a wrong password
    assert tried(store, "\udc80" * 9) == "wrong-password"


def test_an_unknown_number_is_judged_as_long_as_a_known_one(
    store: AccountStore, monkeypatch: pytest.MonkeyPatch
):
    judged: list[str] = []
    monkeypatch.setattr(password_hash, "fits", lambda _secret, kept: bool(judged.append(kept)))
    tried(store, SECRET)
    tried(store, SECRET, staff="nobody")
    assert len(judged) == 2
    assert all(kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for kept in judged)


def test_a_first_password_must_be_changed(store: AccountStore):
    store.change("1003", structs.replace(ACT, id="a"), secret="first-secret", must_change=True)
    assert tried(store, "first-secret") == "change-first"
    assert tried(store, "first-secret", new="first-secret") == "weak-password"
    assert tried(store, "first-secret", new="12345678") == "weak-password"
    assert tried(store, "wrong", new=SECRET) == "wrong-password"
    assert tried(store, "first-secret", new=SECRET) == ""
    assert tried(store, "first-secret") == "wrong-password"
    assert tried(store, SECRET) == ""


def test_a_disabled_account_is_told_so_only_to_whom_has_its_password(store: AccountStore):
    store.change("1003", structs.replace(ACT, id="a"), disabled=True)
    assert tried(store, "wrong-one") == "wrong-password"
    assert tried(store, SECRET) == "account-disabled"
    assert store.roles_of("1003") is None


def test_a_hash_of_older_parameters_is_made_anew(store: AccountStore):
    import argon2

    old = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(SECRET)
    with store.file.writing() as connection:
        connection.execute("update account set secret=?", (old,))
    assert tried(store, SECRET) == ""
    with store.file.opened() as connection:
        kept = connection.execute("select secret from account").fetchone()[0]
    assert not password_hash.outdated(kept)
    assert tried(store, SECRET) == ""


def test_more_roles_than_a_pin_is_enough_for_ask_for_a_password(store: AccountStore):
    store.change("1003", structs.replace(ACT, id="a"), secret="270485")
    after = store.change("1003", structs.replace(ACT, id="b"), roles=("clerk", "manager"))
    assert after.must_change
    assert tried(store, "270485", new="938106") == "weak-password"


# --- wrong tries


def guessed(store: AccountStore, tries: int, right_every: int) -> tuple[int, int]:
    """Try so often, one a second, now and then the right one; return how many were judged, and how many got in."""
    judged = got_in = 0
    for number in range(tries):
        right = number % right_every == right_every - 1
        code = tried(store, SECRET if right else "wrong-guess", NOW + number * SECOND)
        judged += code != "account-locked"
        got_in += code == ""
    return judged, got_in


def test_ten_thousand_wrong_tries_are_nearly_all_refused_unjudged(store: AccountStore):
    judged, got_in = guessed(store, 10_000, right_every=10_001)
    assert got_in == 0
    assert (
        judged == 3 + 8
    )  # free ones; then after 0, 1, 2, 4 ... 32 minutes and twice 60 in not quite three hours
    assert tried(store, SECRET, NOW + 10_000 * SECOND) == "account-locked"  # even the right one waits


def test_wrong_secrets_lock_no_key_so_that_nobody_can_stop_a_program(store: AccountStore):
    """The twin is a person's account, which they lock. What is no key because it is short is refused."""
    key = Account("erp", roles=("read",), kind="key")
    with pytest.raises(AccountError):
        store.add(key, "Zb7-012345678", ACT)
    store.add(key, drawn := new_secret(key), structs.replace(ACT, id="key"))
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            store.sign_in("erp", "a wrong one", NOW)
        assert refused.value.code == "wrong-password"
    assert store.sign_in("erp", drawn, NOW).staff == "erp"
    assert [tried(store, "a wrong one") for _ in range(5)][-1] == "account-locked"


def test_twin_without_a_lock_every_guess_is_judged(store: AccountStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(account_store, "locked_for", lambda *_: 0)
    monkeypatch.setattr(
        password_hash, "fits", lambda secret, _kept: secret == SECRET
    )  # 200 hashes take seconds
    assert guessed(store, 200, right_every=100) == (200, 2)


def test_the_delay_doubles_up_to_an_hour_and_a_right_password_forgives():
    delays = [locked_for(tries, NOW, NOW) // MINUTE for tries in range(12)]
    assert delays == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert locked_for(4, NOW, NOW + MINUTE - 1) == 1
    assert locked_for(4, NOW, NOW + MINUTE) == 0
    assert locked_for(10**9, NOW, NOW) == 60 * MINUTE
    assert locked_for(4, NOW, NOW - 10**12) == MINUTE  # a clock set back locks for no longer


def test_ten_thousand_tries_take_more_than_a_year():
    assert sum(locked_for(tries, NOW, NOW) for tries in range(10_000)) > 365 * 24 * 60 * MINUTE


def test_a_right_password_forgives_and_the_manager_does(store: AccountStore):
    for _ in range(3):
        tried(store, "wrong-guess")
    assert tried(store, SECRET) == ""
    for _ in range(4):
        assert tried(store, "wrong-guess") == "wrong-password"
    assert tried(store, SECRET) == "account-locked"
    assert store.locked(NOW) == {"1003"}
    store.unlock("1003", structs.replace(ACT, id="a", act="account-unlocked"))
    assert tried(store, SECRET) == ""


def test_a_try_is_counted_before_it_is_judged(store: AccountStore, monkeypatch: pytest.MonkeyPatch):
    def killed(_secret: str, _kept: str) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(password_hash, "fits", killed)
        for _ in range(4):
            with pytest.raises(KeyboardInterrupt):
                store.sign_in("1003", "guess", NOW)
    assert tried(store, SECRET) == "account-locked"


# --- the file


def test_no_secret_is_in_the_file_in_a_repr_or_in_an_error(store: AccountStore):
    tried(store, "wrong-but-typed")
    assert SECRET not in repr(store.all())
    assert "argon2" not in repr(store.all())
    with pytest.raises(AccountError) as error:
        store.change("1003", structs.replace(ACT, id="a"), secret="12345678")
    assert "12345678" not in str(error.value)
    raw = store.file.path.read_bytes()
    assert SECRET.encode() not in raw
    assert b"wrong-but-typed" not in raw


def test_the_file_is_for_its_owner_only(tmp_path: Path):
    before = os.umask(0)
    try:
        AccountStore(tmp_path / "data").close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data" / "accounts.db").stat().st_mode) == 0o600


def test_a_name_that_was_changed_is_overwritten(store: AccountStore):
    assert "王芳".encode() in store.file.path.read_bytes()
    store.change("1003", structs.replace(ACT, id="a"), name="")
    assert "王芳".encode() not in store.file.path.read_bytes()


def test_a_file_of_a_newer_version_or_no_database_is_refused_with_words(tmp_path: Path):
    file = AccountFile(tmp_path)
    with file.opened() as connection:
        connection.execute(f"pragma user_version={VERSION + 1}")
    with pytest.raises(AccountError) as newer:
        AccountStore(tmp_path)
    file.path.write_bytes(b"no database at all, but some text that is long enough" * 20)
    with pytest.raises(AccountError) as broken:
        AccountStore(tmp_path)
    assert newer.value.code == broken.value.code == "unusable"
    assert broken.value.message.next_zh


def test_a_file_of_before_portraits_is_brought_up_to_date(tmp_path: Path):
    kept = Path(__file__).parents[2] / "kept" / "deb543d9" / "data" / "accounts.db"
    (tmp_path / "accounts.db").write_bytes(kept.read_bytes())
    with closing(AccountStore(tmp_path)) as store:
        found = store.all()
        assert found
        assert not any(each.party for each in found)
        act = structs.replace(ACT, act="account-changed")
        assert store.change(found[0].staff, act, party=True).party
        assert store.portrait("none") is None
    with closing(AccountStore(tmp_path)) as again:
        assert (again.get(found[0].staff) or found[0]).party


def test_what_another_process_changed_is_seen(store: AccountStore, tmp_path: Path):
    other = AccountStore(tmp_path)
    generation = store.generation
    assert not store.refresh()
    other.change("1003", structs.replace(ACT, id="a"), roles=("guide",))
    assert store.refresh()
    assert (store.get("1003") or WANG).roles == ("guide",)
    assert store.generation == generation + 1
    other.close()


def test_a_file_that_another_process_holds_leaves_what_is_known(store: AccountStore):
    holder = sqlite3.connect(store.file.path, isolation_level=None)
    holder.execute("begin exclusive")
    assert not store.refresh()
    assert store.get("1003") == WANG
    holder.close()


# --- acts


def test_each_change_tells_of_itself_by_fields_and_versions_only(store: AccountStore):
    store.change("1003", structs.replace(ACT, id="b", act="account-changed"), name="李四", star=3)
    store.change("1003", structs.replace(ACT, id="c", act="account-password"), secret="another-good-one")
    added, changed, secret = store.file.pending_acts()
    assert (added.before, added.after, added.fields) == (0, 1, ())
    assert (changed.before, changed.after, changed.fields) == (1, 2, ("name", "star"))
    assert (secret.before, secret.after, secret.fields) == (2, 3, ("secret",))
    assert "李四" not in repr([added, changed, secret])
    store.file.drop_act("b")
    assert [act.id for act in store.file.pending_acts()] == ["act-1", "c"]


def test_a_change_without_its_act_does_not_happen(store: AccountStore):
    with pytest.raises(AccountError):  # its act has the id of another
        store.change("1003", ACT, roles=("manager",))
    store.refresh()
    assert [account.roles for account in store.all()] == [("clerk",)]


def test_what_ends_a_session_is_counted_and_its_key_forgotten(store: AccountStore):
    kept = KeptSession("hash-of-a-key", "1003", 1, "window", "3", "", NOW, NOW)
    store.file.keep_session(kept)
    assert store.change("1003", structs.replace(ACT, id="b"), name="李四").rights == 1
    assert store.file.sessions(NOW) == {"hash-of-a-key": kept}
    changes: list[dict[str, Any]] = [
        {"roles": ("guide",)},
        {"disabled": True},
        {"secret": "another-good-one"},
    ]
    for number, change in enumerate(changes, 2):
        store.file.keep_session(kept._replace(hash=f"key-{number}"))
        assert store.change("1003", structs.replace(ACT, id=f"c{number}"), **change).rights == number
        assert store.file.sessions(NOW) == {}


def test_sessions_older_than_a_day_are_dropped(store: AccountStore):
    old = KeptSession("old", "1003", 1, "window", "3", "", NOW - MINUTE, NOW)
    store.file.keep_session(old)
    store.file.note_seen([old._replace(seen=NOW + 5)])
    assert store.file.sessions(NOW - MINUTE)["old"].seen == NOW + 5
    assert store.file.sessions(NOW) == {}
    assert store.file.sessions(NOW - MINUTE) == {}
