"""How a person is asked to do something in an acceptance, and answers: Enter when it is done, s to leave it out.

The question is asked in a thread, for the hall is watched meanwhile. A read that waits on the keyboard cannot be broken off
there, and Ctrl-C would wait for an Enter: so the keyboard is looked at, a few times a second, until the hour has gone on.
"""

import asyncio
import os
import select
import sys
import threading
from collections.abc import Callable

import click

from caller.probes.acceptance import BrokenOff
from config.instants import Seconds

Hands = Callable[[str, str], bool]  # what to do, in both languages; False: not done
LOOK_SECONDS: Seconds = 0.2
ASKED = "    做好按回车，不做输入 s / Enter when done, s to leave it out: "
LEAVE_OUT = "s"

_left = threading.Event()  # nobody waits for the answer any more
_typed = bytearray()  # read, and not yet a line


def typed_hands(zh: str, en: str) -> bool:
    """Ask for something and wait for the answer; return whether it was done. Raises `BrokenOff`."""
    click.echo(f"  ▶ {zh}\n    {en}")
    click.echo(ASKED, nl=False)
    return _line().strip().lower() != LEAVE_OUT


def _line() -> str:
    """Return a line from the keyboard; one that leaves it out once the hour has gone on without it. Raises `BrokenOff`."""
    try:
        keyboard = sys.stdin.fileno()
        select.select([keyboard], [], [], 0)
    except (OSError, ValueError):  # no file, or Windows, which cannot look at a keyboard
        if not (text := sys.stdin.readline()):
            raise BrokenOff from None
        return text
    while b"\n" not in _typed:
        if _left.is_set():
            return LEAVE_OUT
        if select.select([keyboard], [], [], LOOK_SECONDS)[0]:
            if not (read := os.read(keyboard, 4096)):
                raise BrokenOff
            _typed.extend(read)
    line, _, rest = bytes(_typed).partition(b"\n")
    _typed[:] = rest
    return line.decode(errors="replace")


async def answered(hands: Hands, zh: str, en: str) -> bool:
    """Ask in a thread, which ends with this wait. Raises `BrokenOff`."""
    _left.clear()
    try:
        return await asyncio.to_thread(hands, zh, en)
    finally:
        _left.set()
