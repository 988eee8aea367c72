"""Compares a plan with the disk and writes it. A file that a person has changed since is shown, and left as it is.

1. `setup.json` keeps the hash of each file as it was written. A file with that hash is ours, and a newer text replaces it;
   one with another hash was changed by hand, as is one that was there before the first set-up.
2. Where any file was changed by hand nothing at all is written, unless that is asked for (`--force`).
3. A file is replaced as a whole, the record last: after a kill in between, what was written equals what is planned.
4. A unit of an earlier set-up that this one has no more is taken away, if it is still as it was written.
"""

import difflib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from config.setup.choices import CONFIG_FOLDER, RECORD_NAME, Choices
from config.setup.plan import HALLS, PUBLIC, SystemFile
from config.text_safety import DECODE_ERRORS

FileChange = Literal["new", "same", "updated", "by-hand"]
UNIT_ENDINGS = (".service", ".timer")
PART = ".part"  # ends the name of a file that is being written


class SetupRecord(Struct, frozen=True, omit_defaults=True):
    """What the last set-up chose and wrote: path → SHA-256 in hexadecimal; `units`: those that start with the machine."""

    choices: Choices
    written: dict[str, str] = {}
    units: list[str] = []


def record_in(folder: Path) -> SetupRecord | None:
    """Return the record of a configuration folder; None where there is none, or it cannot be read as one."""
    try:
        return msgspec.json.decode((folder / RECORD_NAME).read_bytes(), type=SetupRecord)
    except (OSError, *DECODE_ERRORS):
        return None


def below(root: Path, path: str) -> Path:
    """Return where an absolute path of the PC lies under `root`."""
    return root / path.lstrip("/")


def changes(root: Path, files: Sequence[SystemFile], record: SetupRecord | None) -> dict[str, FileChange]:
    """Return, by path, what writing each file would mean. Raises `OSError`."""
    known = record.written if record else {}
    found: dict[str, FileChange] = {}
    for file in files:
        try:
            there = below(root, file.path).read_bytes()
        except FileNotFoundError:
            found[file.path] = "new"
            continue
        if there == file.content:
            found[file.path] = "same"
        else:
            found[file.path] = "updated" if digest(there) == known.get(file.path) else "by-hand"
    return found


def diff(root: Path, file: SystemFile) -> str:
    """Return how the file on disk differs from the planned one, as a unified diff."""
    there = below(root, file.path).read_bytes()
    old, new = (each.decode(errors="replace").splitlines(keepends=True) for each in (there, file.content))
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for line in difflib.unified_diff(old, new, file.path, f"{file.path} (setup)")
    )


def write(root: Path, files: Sequence[SystemFile], record: SetupRecord) -> None:
    """Write each file that differs, then the record with what was written. Raises `OSError`."""
    written = {file.path: digest(file.content) for file in files}
    whole = SetupRecord(record.choices, written, record.units)
    text = msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"
    for file in (*files, SystemFile(str(CONFIG_FOLDER / RECORD_NAME), text, HALLS)):
        path = below(root, file.path)
        if not path.exists() or path.read_bytes() != file.content:
            _replace(path, file)


def leftovers(root: Path, files: Sequence[SystemFile], record: SetupRecord | None) -> list[str]:
    """Return the paths of units that an earlier set-up wrote, this one does not have, and no person has changed."""
    planned = {file.path for file in files}
    found: list[str] = []
    for path, known in (record.written if record else {}).items():
        there = below(root, path)
        if path.endswith(UNIT_ENDINGS) and path not in planned and there.exists():
            found += [path] if digest(there.read_bytes()) == known else []
    return found


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _replace(path: Path, file: SystemFile) -> None:
    """Put a file in its place with its rights; the folders above it are open to read, as those of /etc are."""
    for folder in reversed(path.parents):
        if not folder.exists():
            folder.mkdir(mode=0o755)
            folder.chmod(0o755)  # whatever the umask is
    part = path.with_name(path.name + PART)
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(file.content)
        stream.flush()
        os.fsync(handle)
    part.chmod(file.mode)
    if path.exists() and file.mode != PUBLIC:
        there = path.stat()
        os.chown(part, there.st_uid, there.st_gid)
    part.replace(path)
