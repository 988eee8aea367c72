"""Who somebody is to this site: the keyed hash of an ID number, whether a card was read or a number typed.

The number itself goes no further than the process it came into. DATA/person.key keys the hash: the same number
gives the same hash in this site and nowhere else, so the key must stay. It is made once, whole, beside its place
and linked there, readable by its owner only; two processes that start at once end with the same one. A hall that
reads cards or takes bookings on several PCs copies the file to each.
"""

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from config import owner_only

NAME = "person.key"
KEY_BYTES = 32  # as many as the hash has
KEY_BYTES_MIN = 16  # a file shorter than this was cut off, or is no key
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
MARKS = "10X98765432"


class BadKey(Exception):
    """The key cannot be used; says why and what to do, Chinese first."""


def valid(number: str) -> bool:
    """Eighteen characters whose last is the right check mark."""
    if len(number) != 18 or not (number.isascii() and number[:17].isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return MARKS[total % 11] == number[17]


def as_on_card(typed: str) -> str:
    """A typed number as a card has it: no blanks, the check mark X as a capital."""
    return "".join(typed.split()).upper()


def hashed(number: str, key: bytes) -> str:
    """The same number gives the same hash in this site only."""
    return hmac.new(key, number.encode("ascii"), hashlib.sha256).hexdigest()


def site_key(data: Path) -> bytes:
    """The key kept in DATA, made if there is none yet. Raises `BadKey`."""
    path = data / NAME
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise BadKey(
            f"身份证号密钥 {path} 不能使用 / the key for ID numbers cannot be used: {error}"
        ) from None


def _make(path: Path) -> None:
    owner_only.make_folder(path.parent)
    fresh = path.with_name(f".{NAME}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, secrets.token_bytes(KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(fresh, path)  # unlike a rename it replaces no key made in the meantime
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _read(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise BadKey(f"{path} 其他用户可读，请运行 / others may read it; run: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) < KEY_BYTES_MIN:
        raise BadKey(
            f"{path} 只有 {len(key)} 字节，不是密钥；请从备份恢复，没有备份则删除后自动新建 / "
            f"no key; restore it from a backup, or delete it and a new one is made"
        )
    return key
