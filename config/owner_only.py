"""Files, folders and secret keys that only their owner may open: made so from the start, whatever the umask is.

1. A file that is made first and restricted afterwards can be opened in between, and an open file stays open.
   Everything a hall keeps (the log, the records, exports, tokens, opinions) tells of people's visits.
2. A file is replaced as a whole (`replaced`): written beside its place, synced, then put there.
3. A key is made beside its place and linked there, so that two processes that start at once end with the same one
   and a kill leaves no half of a key. An existing key is never replaced: what it made could not be checked any more.
4. Windows knows no such rights, no folder that can be synced, and another lock. Station programs run there too; who may
   read the folder is then settled for the folder (docs/operations.md).
"""

import os
import secrets
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import BinaryIO

FILE = 0o600
PART = ".part"  # ends the name of a file that is being written
FOLDER = 0o700
OTHERS = 0o077  # the rights of group and others
HAS_RIGHTS = os.name == "posix"
BINARY: int = getattr(os, "O_BINARY", 0)  # else Windows writes two bytes for each line's end


def make_folder(folder: Path) -> None:
    """Make a folder, and the folders above it that are missing. One that is there keeps its rights."""
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file; one that is there and that others may open is taken from them."""
    path.touch(mode=FILE)
    if HAS_RIGHTS and path.stat().st_mode & OTHERS:
        path.chmod(FILE)


def new_file(path: Path) -> BinaryIO:
    """Open a file that is not there yet for reading and writing. Raises `FileExistsError` where it is."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE), "w+b")


def write_synced(path: Path, data: bytes) -> None:
    """Write a file that is not there yet; its bytes are on disk when this returns, its name once the folder is synced."""
    with new_file(path) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replaced(path: Path, *, by_many: bool = False) -> Generator[BinaryIO]:
    """Give an empty file to be written; it takes the place of `path` when it is whole and on disk.

    An error leaves what was there; a power cut leaves the old file or the new one, never a part of one.

    Args:
        by_many: several processes and threads may write this path at once; the last one's file stays.
    """
    writer = f".{os.getpid()}-{get_ident()}" if by_many else ""
    part = path.with_name(f"{path.name}{writer}{PART}")
    part.unlink(missing_ok=True)  # left by a process that was killed
    try:
        with new_file(part) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


def write_whole(path: Path, data: bytes, *, by_many: bool = False) -> None:
    """Replace a small file as a whole, as `replaced` does."""
    with replaced(path, by_many=by_many) as file:
        file.write(data)


# --- locks


def lock(path: Path) -> int:
    """Return the handle of an exclusive lock on a folder or a file, which is made where it is missing.

    The kernel frees it when the process dies, however it dies. Raises `BlockingIOError` while another process holds it,
    `OSError` where the path cannot be opened.
    """
    ways = os.O_RDONLY if HAS_RIGHTS and path.exists() else os.O_RDWR | os.O_CREAT
    handle = os.open(path, ways, FILE)
    try:
        _flock(handle)
    except BaseException:
        os.close(handle)
        raise
    return handle


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock of a path. Makes nothing; one that cannot be opened is held by none."""
    if not path.exists():
        return False
    try:
        os.close(lock(path))
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


if sys.platform == "win32":

    def _flock(handle: int) -> None:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from error

else:

    def _flock(handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# --- keys

KEY_BYTES = 32  # as many as a SHA-256 has
GONE = ".gone"  # ends the name of a file that is being destroyed
KEY_BYTES_MIN = 16  # a file shorter than this was cut off, or is no key


class BadKey(Exception):
    """The key cannot be used. The message says why and what to do, Chinese first."""


def key_in(path: Path) -> bytes:
    """Return the key in a file, made now if there is none. Raises `BadKey`."""
    try:
        if not path.exists():
            make_key(path, secrets.token_bytes(KEY_BYTES))
        return read_key(path)
    except OSError as error:
        raise BadKey(f"密钥文件 {path} 不能使用 / the key file cannot be used: {error}") from None


def read_key(path: Path) -> bytes:
    """Return the bytes of an existing file. Raises `BadKey` for a bad one, `OSError` for none."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if HAS_RIGHTS and mode & OTHERS:
        raise BadKey(
            f"{path} 其他用户可读，请运行 chmod 600 {path} / others may read {path}; run: chmod 600 {path}"
        )
    key = path.read_bytes()
    if len(key) < KEY_BYTES_MIN:
        raise BadKey(
            f"{path} 只有 {len(key)} 字节，不是密钥；请从备份恢复，没有备份则删除后自动新建 / "
            f"no key; restore it from a backup, or delete it and a new one is made"
        )
    return key


def make_key(path: Path, content: bytes) -> bool:
    """Put a key file in its place; return False where there is one already, which stays. Raises `OSError`."""
    make_folder(path.parent)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, FILE)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(fresh, path)  # unlike a rename it replaces no key made in the meantime
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    sync(path.parent)
    return True


def destroy(path: Path) -> None:
    """Take a key file out of its place, overwrite it and remove it. Raises `OSError`.

    What a kill leaves of it is hidden; `destroy_leftovers` ends the work.
    """
    hidden = path.with_name(f".{path.name}{GONE}")
    path.rename(hidden)
    _erase(hidden)
    sync(path.parent)


def destroy_leftovers(folder: Path) -> None:
    """Erase what a `destroy` that was killed left in a folder. Raises `OSError`."""
    for hidden in folder.glob(f".*{GONE}"):
        _erase(hidden)


def _erase(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk."""
    if not HAS_RIGHTS and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if HAS_RIGHTS else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
