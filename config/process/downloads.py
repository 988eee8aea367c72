"""A file fetched over a line that may break: what came stays, the rest is asked for next time, and its sum decides.

The part lies at a path of its own until it is whole. What turns out to be another file is thrown away, so that the next try
begins anew.
"""

import hashlib
import http.client
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from config import owner_only

PIECE_BYTES = 256 * 1024

AskFrom = Callable[[int], AbstractContextManager[http.client.HTTPResponse]]


class NotOfferedError(Exception):
    """What was answered is not what was asked for; the text says what."""


class BrokenOffError(NotOfferedError):
    """The line broke: `here` of `size` bytes have come."""

    def __init__(self, here: int, size: int) -> None:
        super().__init__(f"{here} of {size} bytes came")
        self.here, self.size = here, size


def fetch(
    asked: AskFrom, part: Path, size: int, sha256: str, is_over: Callable[[], bool] = lambda: False
) -> None:
    """Bring what `part` lacks of a file, and check the whole.

    Args:
        asked: asks for the file from a byte on, with `range_from`; a server may give the whole again.
        sha256: of the whole, in hex.
        is_over: whether the program ends; what is on its way goes on next time.

    Raises:
        BrokenOffError: not all of it came.
        NotOfferedError: another file came; the part is gone.
        OSError, HTTPException: the line or the disk; what came stays.
    """
    owner_only.make_file(part)
    here = part.stat().st_size
    if here < size:
        here = _append(asked, part, here, size, is_over)
    if here < size:
        raise BrokenOffError(here, size)
    with part.open("rb") as whole:
        is_right = here == size and hashlib.file_digest(whole, "sha256").hexdigest() == sha256
    if not is_right:
        part.unlink()
        raise NotOfferedError("another file came")


def _append(asked: AskFrom, part: Path, here: int, size: int, is_over: Callable[[], bool]) -> int:
    """Write what comes behind what is here; return how much there is then."""
    with asked(here) as answer:
        if answer.status == http.client.OK:
            here = 0
        with part.open("ab" if here else "wb") as out:
            while here < size and not is_over() and (piece := answer.read(min(PIECE_BYTES, size - here))):
                out.write(piece)
                here += len(piece)
    return here


def range_from(start: int) -> dict[str, str]:
    """Return the header that asks for a file from this byte on."""
    return {"Range": f"bytes={start}-"} if start else {}
