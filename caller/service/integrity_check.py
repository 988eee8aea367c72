"""The whole log is verified beside the running caller, so that an edit of old events or of a checkpoint shows.

A start reads only what follows the newest checkpoint, because it must not grow with the years; an edit before it
would stay unseen until a person runs `hallcall log verify`. So that very command is run here, soon after the start
and once a day: a process of its own at the lowest priority, which reads only and takes nothing from calling. A log
that does not fit is an alert of the supervisor until it fits again; calling goes on.
"""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import to_builtins

from caller.engine.register import Register
from caller.engine.state import DayState
from caller.engine.windows import WindowState
from caller.eventlog import LOG_NAME, Head, LogError, Reader
from caller.eventlog.checkpoints import load_prepared
from caller.service.idempotency import VERSION, HallStore, StateError
from config.process.running import LOG_ADDRESS
from config.settings import Settings

FIRST_SECONDS = 60.0  # the stations come back first
AGAIN_SECONDS = 86_400.0  # a year's log takes a minute of a core nobody needs
NICE = 19  # the lowest there is
WHOLE, DAMAGED = 0, 1  # exit codes of `hallcall log verify`

BothLanguages = tuple[str, str]  # Chinese, English, each with the next step
OnVerdict = Callable[[BothLanguages | None], None]

log = logging.getLogger("hallcall.proof")


def check_checkpoints(reader: Reader, settings: Settings) -> None:
    """Compare every checkpoint of this version, a state prepared by it, and the register's rows, with the fold of
    their events.

    What the settings add to a state is left out, as they may have changed since: windows that were never opened, and
    visits too old to be rated. A state or a register of another version, or one that is damaged, is passed over: no
    start reads it. Raises `LogError` "edited-checkpoint" with the seq of the first that differs.
    """
    fold = HallStore(settings)
    for seq, state, register in sorted(_saved(reader), key=lambda each: each[0]):
        try:
            day = HallStore.load(settings, state).hall.state if state else None
        except StateError:
            continue  # of another version, which no start reads
        fold.replay(reader.after(fold.hall.seq, seq - fold.hall.seq))
        if day and not _alike(day, fold.hall.state):
            raise LogError("edited-checkpoint", seq)
        if register and not _same_rows(register, fold.hall.register):
            raise LogError("edited-checkpoint", seq)


def _saved(reader: Reader) -> Iterator[tuple[int, bytes | None, Register | None]]:
    """Yield the event, the state and the register of all that a start may read of a log."""
    for seq, state in reader.checkpoints():
        yield seq, state, None
    prepared = load_prepared(reader.path.parent, VERSION) if reader.path.name == LOG_NAME else None
    if prepared and reader.holds(Head(prepared.seq, prepared.hash)):
        register = Register.load(prepared.register, prepared.register_mark, prepared.seq)
        yield prepared.seq, prepared.state, register
    rows, mark, last = reader.register()
    if register := Register.load(rows, mark, last):
        yield last, None, register


def _alike(saved: DayState, folded: DayState) -> bool:
    one, other = to_builtins(saved), to_builtins(folded)
    for each in (one, other):
        each["windows"] = {
            id: row for id, row in each["windows"].items() if row != to_builtins(WindowState(id))
        }
    return one == other


def _same_rows(saved: Register, folded: Register) -> bool:
    one, other = ({(kind, key): body for kind, key, body in each.rows()} for each in (saved, folded))
    differing = {place for place in one.keys() | other.keys() if one.get(place) != other.get(place)}
    both = one.keys() & other.keys()
    return all(kind == "visit" and (kind, key) not in both for kind, key in differing)


async def prove_daily(
    place: Path | str, told: OnVerdict, first: float = FIRST_SECONDS, again: float = AGAIN_SECONDS
) -> None:
    """Call `told` with the damage found, or None when the log is whole; until cancelled."""
    await asyncio.sleep(first)
    while True:
        try:
            code, words = await prove(place)
        except OSError as error:  # no room for one more process: calling matters more
            log.warning("not proved: %s", error)
        else:
            _tell(code, words, told)
        await asyncio.sleep(again)


def _tell(code: int, words: BothLanguages, told: OnVerdict) -> None:
    if code == WHOLE:
        told(None)
    elif code == DAMAGED:
        log.error("log damaged: %s %s", *words)
        told(words)
    else:
        log.warning("not proved: %s %s", *words)


async def prove(place: Path | str) -> tuple[int, BothLanguages]:
    """Run `hallcall log verify` once on a log's file or the address of its database; return its exit code and the first
    words it says in each language."""
    command = [sys.executable, "-m", "caller.cli", "log", "verify"]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        start_new_session=True,
        env=os.environ | {LOG_ADDRESS: str(place)},
    )
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    zh, _, en = said.decode(errors="replace").strip().partition("\n")
    return process.returncode or 0, (zh, en)
