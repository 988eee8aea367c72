"""Make this machine a slow and uneven one, so that a test which depends on pace is found here and not at a landing.

    python -m pytest -p tests.instruments.slow_machine tests/browser

Pages get a fraction of the processor (`SLOW_PAGE`, 6 times slower), and each process of the product stands still for
up to `SLOW_PAUSE` seconds (0.4) at uneven moments, as where eight others want the same two cores. Only the pace
changes: nothing is lost, and whatever was sent arrives in its order. A test in the gate passes so or it has a race.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.instruments.process_template import NAME

RATE = float(os.environ.get("SLOW_PAGE", "6"))
PAUSE_SECONDS = float(os.environ.get("SLOW_PAUSE", "0.4"))
BETWEEN_SECONDS = 1.0  # at the most, from a pause to the next


_kill = os.kill


def _children() -> list[int]:
    """The product's processes that this one has started; without those that a test has stopped itself."""
    started = _started_by("self")
    template = [each for each in started if NAME.encode() in _command(each)]
    found = [each for each in started if b"caller.cli" in _command(each)]
    found += [each for one in template for each in _started_by(str(one))]
    return [each for each in found if not _is_stopped(each)]


def _started_by(process: str) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            found += [int(each) for each in (task / "children").read_text().split()]
    return found


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _is_stopped(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("T")
    return True


def _pause(ended: threading.Event, chance: random.Random, pausing: threading.Lock) -> None:
    while not ended.wait(chance.uniform(0, BETWEEN_SECONDS)):
        with pausing:
            children = _children()
            if not children:
                continue
            stopped = chance.choice(children)
            with contextlib.suppress(ProcessLookupError):
                _kill(stopped, signal.SIGSTOP)
                time.sleep(chance.uniform(0, PAUSE_SECONDS))
                _kill(stopped, signal.SIGCONT)


@pytest.fixture(scope="session", autouse=True)
def slow_machine() -> Iterator[None]:
    ended, pausing = threading.Event(), threading.Lock()
    thread = threading.Thread(target=_pause, args=(ended, random.Random(), pausing), daemon=True)
    as_ever = BrowserContext.new_page

    def kill(pid: int, sign: int) -> None:
        with pausing:  # what a test stops in a pause would go on with the end of it
            _kill(pid, sign)

    def slow_page(self: BrowserContext, *args: Any, **more: Any) -> Page:
        page = as_ever(self, *args, **more)
        self.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": RATE})
        return page

    BrowserContext.new_page, os.kill = slow_page, kill
    thread.start()
    yield
    ended.set()
    thread.join()
    BrowserContext.new_page, os.kill = as_ever, _kill
