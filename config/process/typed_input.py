"""What one types to a twin: lines from a terminal or a pipe, while there is one.

A twin started by a service or a demo has /dev/null for its input; asyncio would put that to epoll, which
refuses it from inside the loop with a traceback. Only what can be waited for is watched; without it the twin
lives on unattended.
"""

import asyncio
import os
import stat
import sys
from collections.abc import Callable
from typing import TextIO


def can_be_watched(stream: TextIO | None) -> bool:
    """Return whether a person or a program may type there: an open terminal, pipe or socket."""
    if stream is None or stream.closed:
        return False
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or (stream.isatty() and _in_front(stream.fileno()))


def _in_front(terminal: int) -> bool:
    """Reading a terminal from its background stops the whole process."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True  # a terminal that does not control us stops nobody


async def obey_typed(obeyed: Callable[[str], object]) -> None:
    """Obey each line of stdin until it ends; return at once where stdin can bring no lines."""
    if not can_be_watched(sys.stdin):
        return
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    try:
        while line := await lines.readline():
            obeyed(line.decode(errors="replace").strip())
    finally:
        transport.close()
