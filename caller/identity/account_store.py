"""The accounts of a hall, kept in DATA/accounts.db (`account_file`).

1. A try to sign in is counted before it is judged, in a transaction of its own: a kill in between forgives nothing.
   Hashing takes 25 ms, so `sign_in` is called in a thread; one at a time, which bounds memory and guesses alike.
2. An unknown number costs the same time and gets the same answer as a wrong password.
3. The accounts are kept in memory and read again when another process has written (`refresh`): a look-up waits for no
   disk. Hashes are read only to judge a try.
"""

import sqlite3
import threading
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import structs

from caller.engine.refusals import Refused
from caller.identity import password_hash
from caller.identity.account_file import AccountFile, Act, put_act
from caller.identity.accounts import (
    PIN_ROLES,
    SIGN_OUT_FIELDS,
    Account,
    AccountError,
    check_account,
    locked_for,
    weakness,
)
from caller.identity.portraits import portrait_name
from config.instants import MINUTE, Micros

LOOK_MS = 20
_FIELDS = Account.__struct_fields__
_SELECT = f"select {', '.join(_FIELDS)} from account"


class AccountStore:
    """The accounts of one hall. Raises `AccountError` "unusable" where the file cannot be used.

    All but `refresh`, `get`, `all` and `roles_of` open the file anew, and may run in any thread.
    """

    def __init__(self, data: Path) -> None:
        self.file = AccountFile(data)
        self._judging = threading.Lock()
        self.generation = 0  # counts the changes of the file that `refresh` has seen
        self._seen = -1
        self._accounts: dict[str, Account] = {}
        with self.file.opened():
            self._reader = self.file.connect()
        self.refresh()
        self._reader.execute(
            f"pragma busy_timeout={LOOK_MS}"
        )  # from now on in an event loop, each second anew

    def close(self) -> None:
        self._reader.close()

    # --- reading

    def refresh(self) -> bool:
        """Read the accounts again if another connection has written; return whether it did. A file that cannot be read
        now leaves what is known."""
        try:
            version = int(self._reader.execute("pragma data_version").fetchone()[0])
            if version == self._seen:
                return False
            rows = self._reader.execute(_SELECT).fetchall()
        except sqlite3.Error:
            return False
        self._seen = version
        self.generation += 1
        self._accounts = {row[0]: _account(row) for row in rows}
        return True

    def get(self, staff: str) -> Account | None:
        """Return an account, as far as `refresh` has read."""
        return self._accounts.get(staff)

    def all(self) -> list[Account]:
        """Return all accounts by staff number, as far as `refresh` has read."""
        return [self._accounts[staff] for staff in sorted(self._accounts)]

    def roles_of(self, staff: str) -> frozenset[str] | None:
        """Return the roles of a usable account; None where there is none."""
        found = self._accounts.get(staff)
        return frozenset(found.roles) if found and not found.disabled else None

    def locked(self, now: Micros) -> set[str]:
        """Return the accounts that are locked at `now` (UTC microseconds)."""
        with self.file.opened() as connection:
            rows = connection.execute("select staff, tries, tried_at from account where tries > 0").fetchall()
        return {staff for staff, tries, at in rows if locked_for(tries, at, now)}

    # --- changing

    def add(self, account: Account, secret: str, act: Act) -> None:
        """Add an account. Raises `AccountError`: it exists, or it or its secret will not do."""
        check_account(account)
        if why := weakness(account, secret):
            raise AccountError("weak", why=why)
        kept = password_hash.hashed(secret)
        with self.file.writing() as connection:
            if _row(connection, account.staff):
                raise AccountError("exists", account=account.staff)
            values = (*_values(account), kept)
            marks = ", ".join("?" * len(values))
            connection.execute(f"insert into account ({', '.join(_FIELDS)}, secret) values ({marks})", values)
            put_act(connection, structs.replace(act, after=account.version))
        self.refresh()

    def change(self, staff: str, act: Act, secret: str = "", **fields: Any) -> Account:
        """Change some fields of an account, and its secret if one is given. Raises `AccountError`."""
        kept = ""
        if secret:
            known = self._known(staff)
            if why := weakness(structs.replace(known, **fields), secret):
                raise AccountError("weak", why=why)
            kept = password_hash.hashed(secret)
        with self.file.writing() as connection:
            before = self._known(staff, connection)
            changed = [name for name, value in fields.items() if getattr(before, name) != value]
            changed += ["secret"] if secret else []
            ends = bool(SIGN_OUT_FIELDS.intersection(changed))
            after = structs.replace(before, **fields, version=before.version + 1, rights=before.rights + ends)
            if PIN_ROLES.issuperset(before.roles) and not PIN_ROLES.issuperset(after.roles) and not secret:
                after = structs.replace(after, must_change=True)  # its secret may be a PIN
            check_account(after)
            _update(connection, after)
            if kept:
                connection.execute("update account set secret=?, tries=0 where staff=?", (kept, staff))
            if ends:
                connection.execute("delete from session where staff=?", (staff,))
            versions = {"before": before.version, "after": after.version}
            put_act(connection, structs.replace(act, fields=tuple(sorted(changed)), **versions))
        self.refresh()
        return after

    def set_portrait(self, staff: str, act: Act, picture: bytes) -> Account:
        """Give an account this portrait (`portraits.portrait`), or none where `picture` is empty; the one of before goes, unless
        another account has it. Raises `AccountError`."""
        name = portrait_name(picture) if picture else ""
        with self.file.writing() as connection:
            before = self._known(staff, connection)
            after = structs.replace(before, photo=name, version=before.version + 1)
            if picture:
                connection.execute("insert or ignore into portrait values (?, ?)", (name, picture))
            _update(connection, after)
            connection.execute("delete from portrait where name not in (select photo from account)")
            versions = {"before": before.version, "after": after.version}
            put_act(connection, structs.replace(act, fields=("photo",), **versions))
        self.refresh()
        return after

    def portrait(self, name: str) -> bytes | None:
        """Return a portrait by its name; None where there is none."""
        with self.file.opened() as connection:
            row = connection.execute("select picture from portrait where name=?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def unlock(self, staff: str, act: Act) -> None:
        """Forgive the wrong tries of an account. Raises `AccountError`."""
        with self.file.writing() as connection:
            version = self._known(staff, connection).version
            connection.execute("update account set tries=0 where staff=?", (staff,))
            put_act(connection, structs.replace(act, before=version, after=version))
        self.refresh()

    def _known(self, staff: str, connection: sqlite3.Connection | None = None) -> Account:
        if connection is None:
            with self.file.opened() as opened:
                return self._known(staff, opened)
        row = connection.execute(f"{_SELECT} where staff=?", (staff,)).fetchone()
        if row is None:
            raise AccountError("unknown", account=staff)
        return _account(row)

    # --- signing in

    def sign_in(
        self, staff: str, secret: str, now: Micros, new: str = "", act_id: str = "", place: str = ""
    ) -> Account:
        """Judge a secret at `now` (UTC microseconds); `new` becomes the secret if it is right. Blocks for a hash or two.

        `act_id`, `place`: the id of the act that a changed secret makes, and where that happens.

        Raises:
            Refused: `wrong-password`, `account-locked`, `account-disabled`, `change-first` or `weak-password`.
        """
        with self._judging:
            kept = self._count_try(staff, now)
            if not password_hash.fits(secret, kept or _unknown()) or not kept:
                raise Refused("wrong-password")
            account = self._forgive(staff, secret, kept)
            if account.disabled:
                raise Refused("account-disabled", account=staff)
            if account.must_change and not new:
                raise Refused("change-first")
            if not new:
                return account
            if why := "same" if new == secret else weakness(account, new):
                raise Refused("weak-password", why=why)
            act = Act(act_id, "account-password", f"account/{staff}", staff, place, now)
            return self.change(staff, act, secret=new, must_change=False)

    def _count_try(self, staff: str, now: Micros) -> str:
        """Count a try, and return the hash it is judged by; "" where there is no account. Raises `Refused`."""
        with self.file.writing() as connection:
            row = connection.execute(
                "select secret, tries, tried_at, kind from account where staff=?", (staff,)
            ).fetchone()
            if row is None:
                return ""
            kept, tries, at, kind = row
            if (
                kind == "key"
            ):  # 120 bits and more: nobody guesses them, and a lock would let anybody stop the program
                return kept
            if left := locked_for(tries, at, now):
                raise Refused("account-locked", minutes=-(-left // MINUTE))
            connection.execute(
                "update account set tries=?, tried_at=? where staff=?", (tries + 1, now, staff)
            )
            return kept

    def _forgive(self, staff: str, secret: str, kept: str) -> Account:
        fresh = password_hash.hashed(secret) if password_hash.outdated(kept) else kept
        with self.file.writing() as connection:
            connection.execute("update account set tries=0, secret=? where staff=?", (fresh, staff))
            return self._known(staff, connection)


@cache
def _unknown() -> str:
    """Return a hash to judge a try by where there is no account: it takes as long."""
    return password_hash.hashed("no account has this one")


def _account(row: tuple[Any, ...]) -> Account:
    found: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    found["roles"] = tuple(filter(None, found["roles"].split(",")))
    found |= {name: bool(found[name]) for name in ("must_change", "disabled", "party")}
    return Account(**found)


def _values(account: Account) -> tuple[Any, ...]:
    return tuple(",".join(account.roles) if name == "roles" else getattr(account, name) for name in _FIELDS)


def _row(connection: sqlite3.Connection, staff: str) -> bool:
    return bool(connection.execute("select 1 from account where staff=?", (staff,)).fetchone())


def _update(connection: sqlite3.Connection, account: Account) -> None:
    names = ", ".join(f"{name}=?" for name in _FIELDS)
    connection.execute(f"update account set {names} where staff=?", (*_values(account), account.staff))
