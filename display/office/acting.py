"""What an administrator does at the office that is no command of the hall: checked, noted as an act, done in a thread.

The act is kept with the change (`AccountStore`) or before it is done (`note`), under the staff number of the person and
the place `office/NAME`; the caller moves it into the chain. The right is asked for at the press, not when the page was
drawn.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from caller.client.pending_commands import new_id
from caller.engine.administration import ActCode
from caller.identity.account_file import Act
from config.catalogue import MessageError
from display.office.screen import OfficeScreen

T = TypeVar("T")
PLACE = "office/office"  # role and name of the station


def act_of(screen: OfficeScreen, act: ActCode, subject: str) -> Act:
    """Return an act of the person at this page, now."""
    return Act(new_id(), act, subject, screen.session.staff, PLACE, time.time_ns() // 1000)


async def administer(screen: OfficeScreen, what: str, work: Callable[[], T], done: str = "") -> T | None:
    """Do what a row of `ADMINISTERS` allows, in a thread; show `done`, or why not. None where it was not done."""
    if not screen.session.administers(what):
        screen.note(screen.say("no-page"), good=False)
        return None
    try:
        result = await asyncio.to_thread(work)
    except MessageError as error:
        screen.explain(error.message)
        return None
    if done:
        screen.note(done)
    return result


def note(screen: OfficeScreen, act: ActCode, subject: str) -> None:
    """Keep an act before it is done. Blocks. Raises `AccountError`."""
    screen.office.accounts.file.note(act_of(screen, act, subject))
