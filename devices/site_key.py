"""The site's key for ID numbers: DATA/person.key, made once, readable by its owner only.

The same number gives the same hash in this site and nowhere else, so the key must stay: it is made whole
beside its place and linked there, and two processes that start at once end with the same one. A hall with ID
readers on several PCs copies the file to each.
"""

import os
import secrets
import stat
from pathlib import Path

NAME = "person.key"
KEY_BYTES = 32  # as many as the hash has
KEY_BYTES_MIN = 16  # a file shorter than this was cut off, or is no key


class BadKey(Exception):
    """The key cannot be used; says why and what to do, Chinese first."""


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
    path.parent.mkdir(parents=True, exist_ok=True)
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
