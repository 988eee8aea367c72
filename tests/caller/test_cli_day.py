"""The manager's verbs for the business day, as processes against a real caller."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from caller.demo.stage import prepare
from caller.eventlog import LOG_NAME
from caller.eventlog.reading import Reader

SECONDS = 60


def hallcall(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "caller.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.fixture
def hall(tmp_path: Path) -> Generator[tuple[str, ...], None, None]:
    """A village with its caller running; the arguments that name it."""
    stage = prepare("village", tmp_path, "test")
    process = subprocess.Popen(
        [sys.executable, "-m", "caller.cli", "caller", str(stage.file), "--data", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout
    assert "ready" in process.stdout.readline()
    yield (str(stage.file), "--data", str(tmp_path), "--name", "demo")
    process.terminate()
    process.wait(SECONDS)
    process.stdout.close()


def test_a_day_is_opened_extended_stopped_and_closed(hall: tuple[str, ...], tmp_path: Path):
    assert hallcall("day", "open", *hall).returncode == 0
    again = hallcall("day", "open", *hall)
    assert again.returncode == 1
    assert "已经开始" in again.stderr
    assert "already open" in again.stderr
    assert hallcall("day", "stop", *hall).returncode == 0
    assert hallcall("day", "close", *hall).returncode == 0
    with Reader(tmp_path / LOG_NAME) as log:
        assert [record.kind for record in log.after(0)] == ["DayOpened", "TicketsStopped", "DayClosed"]


def test_bad_times_are_explained(hall: tuple[str, ...]):
    assert "18:30" in hallcall("day", "extend", *hall, "--until", "half past six").stderr
    assert hallcall("day", "open", *hall).returncode == 0
    early = hallcall("day", "extend", *hall, "--until", "00:01")
    assert early.returncode == 1
    assert "延时须晚于" in early.stderr


def test_without_a_caller_or_a_token_it_says_what_to_do(tmp_path: Path):
    stage = prepare("village", tmp_path, "test")
    unreached = hallcall("day", "open", str(stage.file), "--data", str(tmp_path), "--name", "demo")
    assert unreached.returncode != 0
    assert "hallcall caller" in unreached.stderr
    stranger = hallcall("day", "open", str(stage.file), "--data", str(tmp_path / "elsewhere"))
    assert stranger.returncode != 0
    assert "hallcall enrol manager" in stranger.stderr
