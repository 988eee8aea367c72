"""Files and folders that only their owner may open: made so from the start, whatever the umask is.

A file that is made first and restricted afterwards can be opened in between, and an open file stays open. Everything
a hall keeps (the log, the records, exports, tokens, opinions) tells of people's visits.
"""

import os
from pathlib import Path
from typing import BinaryIO

FILE = 0o600
FOLDER = 0o700
OTHERS = 0o077  # the rights of group and others


def make_folder(folder: Path) -> None:
    """Make a folder, and the folders above it that are missing. One that is there keeps its rights."""
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file; one that is there and that others may open is taken from them."""
    path.touch(mode=FILE)
    if path.stat().st_mode & OTHERS:
        path.chmod(FILE)


def new_file(path: Path) -> BinaryIO:
    """Open a file that is not there yet for reading and writing. Raises `FileExistsError` where it is."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE), "w+b")
