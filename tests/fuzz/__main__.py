"""`python -m tests.fuzz [--minutes N] [--seed S] [--only TARGET [--case N]]`: bad input of every kind, for so long.

1. The target that has used the least time is next, so that each gets the same time, however slow its cases are.
2. A case depends on the seed, the target's name and the case's number only: `--only TARGET --case N` makes it again.
3. A case that takes longer than `CASE_SECONDS` has failed as well: input must not be able to stop a process.
"""

import argparse
import logging
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fuzz import online
from tests.fuzz.offline import TARGETS

Target = Callable[[random.Random], None]
CASE_SECONDS = 60.0  # a case takes milliseconds; a hall on a busy machine seconds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="one target")
    parser.add_argument("--case", type=int, default=0, help="begin with this case")
    options = parser.parse_args()
    logging.disable()  # what a room logs of bad input is not looked at here
    if options.only and options.only not in {*TARGETS, *online.NAMES}:
        parser.error(f"targets: {', '.join((*TARGETS, *online.NAMES))}")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        hall = None if options.only in TARGETS else online.Hall(Path(folder))
        try:
            return run(chosen(hall, options.only), options.seed, options.minutes * 60, options.case)
        finally:
            if hall:
                hall.close()


def chosen(hall: online.Hall | None, only: str = "") -> dict[str, Target]:
    """Return the targets, all or one by name; those of a running hall only with one."""
    found: dict[str, Target] = dict(TARGETS)
    if hall:
        found |= {name: getattr(hall, name) for name in online.NAMES}
    return {name: target for name, target in found.items() if only in ("", name)}


def run(targets: dict[str, Target], seed: int, seconds: float, case: int = 0) -> int:
    """Try cases until the time is up; return 1 after the first that fails."""
    used, number = dict.fromkeys(targets, 0.0), dict.fromkeys(targets, case)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = min(used, key=lambda each: used[each])
        began = time.monotonic()
        try:
            with _bounded(name):
                targets[name](random.Random(f"{seed} {name} {number[name]}"))
        except Exception:
            traceback.print_exc()
            print(f"failed: --seed {seed} --only {name} --case {number[name]}")
            return 1
        number[name] += 1
        used[name] += time.monotonic() - began
    counts = ", ".join(f"{name} {count - case}" for name, count in number.items())
    print(f"clean, seed {seed}, {seconds:.0f} s, cases: {counts}")
    return 0


@contextmanager
def _bounded(name: str) -> Generator[None]:
    """Raise TimeoutError inside a case that does not end."""

    def over(_signal: int, _frame: Any) -> None:
        raise TimeoutError(f"{name}: a case longer than {CASE_SECONDS} s")

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, CASE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    sys.exit(main())
