"""Runs the tests against one fault at a time, in a copy of the tree; the working tree is never written to.

Each trial is a fork of this process, which has loaded pytest and hypothesis but no room of the hall, so that
a fault that the first test finds costs a fraction of a second. A trial that takes far longer than the tests
do on the sound engine is stopped and counts as noticed: the hall would hang.
"""

import importlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.mutants.named import ROOT, Fault

importlib.import_module("hypothesis")  # once for all trials

ROOMS = ("caller", "config", "tests")
COPIED = (*ROOMS, "docs/states.md", "pyproject.toml")
TESTS = (
    "tests/caller/engine/test_serving.py",
    "tests/caller/engine/test_ticketing.py",
    "tests/caller/engine/test_business_day.py",
    "tests/caller/engine/test_ratings.py",
    "tests/caller/engine/test_appointments.py",
    "tests/caller/engine/test_rules_window.py",
    "tests/caller/engine/test_rules_day.py",
    "tests/caller/engine/test_rules_turn.py",
    "tests/caller/engine/test_tables.py",
    "tests/caller/engine/test_deadlines.py",
    "tests/caller/engine/test_followups.py",
    "tests/caller/engine/test_feedback.py",
    "tests/caller/engine/test_numbering.py",
    "tests/caller/engine/test_short_codes.py",
    "tests/caller/engine/test_reopened_day.py",
    "tests/caller/engine/test_changed_settings.py",
    "tests/caller/engine/test_calendar_rules.py",
    "tests/caller/engine/test_credible_clock.py",
    "tests/caller/service/test_recovery.py",
    "tests/caller/engine/test_queueing.py",
    "tests/caller/views/test_views.py",
    "tests/caller/views/test_person.py",
    "tests/caller/views/test_changes.py",
    "tests/caller/engine/test_exhaustive.py",
    "tests/mutants/few_worlds.py",
)
QUICK_TESTS, SLOW_TESTS = 2, 2  # at the beginning and at the end of a trial
PATIENCE = 6.0  # times as long as the sound engine takes, plus
PATIENCE_SECONDS = 60.0  # a busy machine
POLL_SECONDS = 0.02
SKIPPED = (
    "tests/caller/engine/test_exhaustive.py::test_no_order_of_presses_breaks_a_small_hall[three windows]"
)
FLAGS = (
    "-x", "-q", "-p", "no:cacheprovider", "-m", "not campaign", "-k", "not is_found and not three_days",
    f"--deselect={SKIPPED}",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What became of a fault; `by` is the test that noticed, empty for a survivor."""

    fault: Fault
    by: str
    seconds: float


class Stage:
    """A copy of the tree that faults are put into, and taken out of again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        self.sound_seconds = self._rehearse()

    def _rehearse(self) -> float:
        """The sound engine must pass; this also leaves the compiled tests for the trials."""
        started = time.monotonic()
        failed = self._run(TESTS, keep_bytecode=True, patience=900)
        if failed:
            raise SystemExit(f"the sound engine fails its tests: {failed}")
        return time.monotonic() - started

    def attempt(self, fault: Fault) -> Verdict:
        path = self.folder / fault.path
        sound, started = path.read_text(encoding="utf-8"), time.monotonic()
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()
        path.write_text(fault.source, encoding="utf-8")
        try:
            patience = PATIENCE * self.sound_seconds + PATIENCE_SECONDS
            by = self._run(_nearest_first(fault.path), keep_bytecode=False, patience=patience)
        finally:
            path.write_text(sound, encoding="utf-8")
        return Verdict(fault, by, time.monotonic() - started)

    def _run(self, tests: Iterable[str], keep_bytecode: bool, patience: float) -> str:
        """The first test that failed, or "" if none did."""
        report = self.folder / "report.txt"
        report.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            self._play(tests, keep_bytecode, report)
        until = time.monotonic() + patience
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return "" if status == 0 else _first_failure(report)
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return f"it hung for {patience:.0f} s"
            time.sleep(POLL_SECONDS)

    def _play(self, tests: Iterable[str], keep_bytecode: bool, report: Path) -> None:
        """In the child: forget the rooms of the working tree, take those of the copy."""
        code = 99
        try:
            with report.open("w") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
                assert sys.__stdout__
                assert sys.__stderr__
                sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # those of a test are kept elsewhere
                _move_to(self.folder)
                sys.dont_write_bytecode = not keep_bytecode
                os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
                code = self._play_in_groups(list(tests))
                sys.stdout.flush()
        finally:
            os._exit(code)

    def _play_in_groups(self, tests: list[str]) -> int:
        """Most faults are found by the first few tests; the others need not even be loaded then."""
        cuts = [0, QUICK_TESTS, len(tests) - SLOW_TESTS, len(tests)]
        for begin, end in pairwise(cuts):
            code = int(pytest.main([*FLAGS, f"--rootdir={self.folder}", *tests[begin:end]]))
            if code:
                return code
        return 0


def _move_to(folder: Path) -> None:
    os.chdir(folder)
    for name in [name for name in sys.modules if name.split(".")[0] in ROOMS]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(path for path in sys.path if path and Path(path).resolve() != ROOT)]


def _nearest_first(path: str) -> list[str]:
    """The tests of the faulty file first: they are the likeliest to notice."""
    own = f"test_{Path(path).stem}.py"
    return sorted(TESTS, key=lambda test: not test.endswith(own))


def _first_failure(report: Path) -> str:
    lines = report.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return told[0].split(" - ")[0] if told else "it could not be run"
