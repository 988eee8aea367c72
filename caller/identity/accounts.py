"""Who works here: accounts of persons with a staff number, and of programs with a key. Rules only, no file.

1. A secret is a password, or a PIN of digits for those who only serve (`PIN_ROLES`): a hard caller has no letters. It
   is checked when it is chosen (`weakness`); of it only a slow salted hash is kept (`password_hash`). No type here has
   a field for one, so that no `repr`, log line or error can show it.
2. A key is a secret drawn by `new_secret`: 160 bits, shown once, never changed by a program. An initial password is
   drawn as well, is shown once and must be changed at the first sign-in.
3. Wrong tries cost time: `FREE_TRIES` are free, then the account is locked for a minute, and twice as long after each
   further one, up to `LOCK_MAX`. While it is locked a try is refused unjudged and uncounted, right or wrong. So 10,000
   tries take more than a year, and a six-digit PIN is guessed within a year with a chance under one in a hundred.
4. `rights` counts what ends the sessions of an account (secret, roles, disabled); `version` counts every change.
"""

import re
import secrets
from itertools import pairwise
from typing import Literal

from msgspec import Struct, structs

from caller.protocol.account_roles import ACCOUNT_ROLES
from caller.protocol.key_scopes import SCOPES
from caller.protocol.viewer_levels import FORMS, level_of, level_of_roles
from config.catalogue import MessageError
from config.instants import MINUTE, Micros

STAFF = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")
TEXT_MAX = 64
TEXT = re.compile(rf"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]{{0,{TEXT_MAX}}}\Z")
STARS = range(6)
PASSWORD_CHARS, PIN_DIGITS, SECRET_CHARS_MAX = 8, 6, 64
LONG_PIN_DIGITS = 10  # digits alone are a password from here on
PIN_ROLES = frozenset({"clerk", "guide"})
DISTINCT_MIN = 4  # different signs in a secret
KEY_BYTES = 20
KEY_CHARS = 20  # of a key that was not drawn here; 120 bits, if it was drawn at all
INITIAL_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
FREE_TRIES = 3
LOCK_MAX = 60 * MINUTE

Weakness = Literal["short", "long", "plain", "staff", "same", "pin"]
AccountKind = Literal["person", "key", "viewer"]  # a viewer: at a city's centre
SIGN_OUT_FIELDS = frozenset({"secret", "roles", "disabled"})  # whose change ends sessions


class AccountError(MessageError):
    """An account cannot be made or changed so; says why and what to do."""

    kind = "account-error"


class Account(Struct, frozen=True):
    """An account as it may be shown. `photo`: the name of a portrait (`portraits`), or of a file that the hall put into
    DATA/clerks before there were any. `star`: 0 to 5. `party`: whether a sign shows a party member's badge."""

    staff: str
    name: str = ""
    roles: tuple[str, ...] = ()
    department: str = ""
    photo: str = ""
    star: int = 0
    party: bool = False
    kind: AccountKind = "person"
    must_change: bool = False
    disabled: bool = False
    version: int = 1
    rights: int = 1


def roles_for(kind: AccountKind) -> tuple[str, ...]:
    """Return the roles that an account of this kind may have: a key's are its scopes, or a role of before there were any."""
    return ACCOUNT_ROLES if kind == "person" else (*SCOPES, *ACCOUNT_ROLES)


def _check_roles(account: Account) -> None:
    if account.kind == "viewer":
        wrong = next((role for role in account.roles if level_of(role) is None), "")
        if wrong or level_of_roles(account.roles) is None:
            raise AccountError("bad-level", level=wrong or ", ".join(account.roles), known=", ".join(FORMS))
        return
    known = roles_for(account.kind)
    for role in account.roles:
        if role not in known:
            raise AccountError("bad-role", role=role, known=", ".join(known))
    if not account.roles:
        raise AccountError("no-roles")


def check_account(account: Account) -> Account:
    """Return the account. Raises `AccountError` for what no account may have."""
    if not STAFF.match(account.staff):
        raise AccountError("bad-number", account=account.staff)
    _check_roles(account)
    if account.star not in STARS:
        raise AccountError("bad-star")
    for field in ("name", "department", "photo"):
        if not TEXT.match(getattr(account, field)):
            raise AccountError("bad-text", field=field)
    return account


def weakness(account: Account, secret: str) -> Weakness | None:
    """Return why this secret must not be the account's; None where it may."""
    digits = secret.isascii() and secret.isdigit()
    if len(secret) < (KEY_CHARS if account.kind == "key" else PIN_DIGITS if digits else PASSWORD_CHARS):
        return "short"
    if len(secret) > SECRET_CHARS_MAX:
        return "long"
    if account.staff.casefold() in secret.casefold() and len(account.staff) > 2:
        return "staff"
    steps = {ord(second) - ord(first) for first, second in pairwise(secret)}
    if len(set(secret)) < DISTINCT_MIN or len(steps) == 1:
        return "plain"
    if digits and len(secret) < LONG_PIN_DIGITS and not PIN_ROLES.issuperset(account.roles):
        return "pin"
    return None


def new_secret(account: Account, pin: bool = False) -> str:
    """Return a secret drawn at random for an account: a key; or an initial password (or PIN), which is to be changed at
    first use. It is never one that `weakness` would refuse; whether its roles may have a PIN is asked when it is set."""
    if account.kind == "key":
        return secrets.token_urlsafe(KEY_BYTES)
    while True:
        signs, count = ("0123456789", PIN_DIGITS) if pin else (INITIAL_SIGNS, 12)
        drawn = "".join(secrets.choice(signs) for _ in range(count))
        if weakness(structs.replace(account, roles=("clerk",)), drawn) is None:
            return drawn


def locked_for(tries: int, last: Micros, now: Micros) -> Micros:
    """Return for how long more an account is locked at `now`.

    Args:
        tries: wrong ones since the last right one.
        last: the instant of the last of them, UTC microseconds. A clock set back locks for no longer than the delay.
        now: UTC microseconds.
    """
    if tries <= FREE_TRIES:
        return 0
    delay = min(LOCK_MAX, MINUTE << min(tries - FREE_TRIES - 1, 10))
    return min(delay, max(0, last + delay - now))
