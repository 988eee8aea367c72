"""Where a secret can be read in a folder: in any file as it is, and in every cell of every database, unpacked.

A checkpoint is packed, so a search of the bytes alone would find nothing in it whatever it held.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

SQLITE = b"SQLite format 3\0"


def traces(folder: Path, secret: str) -> list[str]:
    """The places that hold the secret, in UTF-8 or UTF-16."""
    wanted = (secret.encode(), secret.encode("utf-16-le"))
    return sorted({name for name, content in contents(folder) if any(each in content for each in wanted)})


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All there is to read, with where it stands."""
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        yield path.name, content
        if content.startswith(SQLITE):
            yield from _cells(path)


def _cells(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [row[0] for row in database.execute("select name from sqlite_master where type='table'")]
        for table in tables:
            for row in database.execute(f'select * from "{table}"'):
                for cell in row:
                    yield f"{path.name}:{table}", _unpacked(cell)


def _unpacked(cell: object) -> bytes:
    if not isinstance(cell, bytes):
        return str(cell).encode()
    with suppress(zlib.error):
        return zlib.decompress(cell)
    return cell
