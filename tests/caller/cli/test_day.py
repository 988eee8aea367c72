"""The manager's verbs for the business day, against a real caller."""

import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from caller.cli import day, day_messages
from caller.cli.main import hallcall as command_line
from caller.demo.setup import prepare
from caller.eventlog import LOG_NAME
from caller.eventlog.reading import Reader
from config.process.options import Unable
from config.reading.reader import HALLS, read

SECONDS = 60


def as_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "caller.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def hallcall(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in this process: most commands take less than Python's start."""
    done = CliRunner().invoke(command_line, arguments)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


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


BEFORE = ("SettingsChanged", "Administered")  # what stands before a demo hall's day, or is noted as it begins


def test_a_day_is_opened_extended_stopped_and_closed(hall: tuple[str, ...], tmp_path: Path):
    opened = as_process("day", "open", *hall)
    assert opened.returncode == 0
    assert re.search(r"营业日 \d{4}-\d\d-\d\d 已开始：取号到 \d\d:\d\d，办理到 \d\d:\d\d", opened.stdout)
    again = hallcall("day", "open", *hall)
    assert again.returncode == 1
    assert "已经开始" in again.stderr
    assert "already open" in again.stderr
    assert "还有 0 人在等" in hallcall("day", "stop", *hall).stdout
    closed = hallcall("day", "close", *hall)
    assert closed.returncode == 0
    assert "day reopen" in closed.stdout
    over = hallcall("day", "reopen", *hall)
    assert ("重新开始" in over.stdout) if over.returncode == 0 else ("请说明延到几点" in over.stderr)
    if over.returncode == 0:
        assert hallcall("day", "close", *hall).returncode == 0
    assert hallcall("day", "reopen", *hall, "--until", "25:00").returncode == 2
    with Reader(tmp_path / LOG_NAME) as log:
        kinds = [record.kind for record in log.after(0) if record.kind not in BEFORE]
    assert kinds[:3] == ["DayOpened", "TicketsStopped", "DayClosed"]
    assert kinds[3:] == (["DayReopened", "DayClosed"] if over.returncode == 0 else [])


def test_whoever_still_waits_is_counted_and_asked_about():
    seen = day_messages.Seen("2026-11-20", 0, 7)
    assert "还有 7 人在等" in day_messages.stopped(seen)
    assert "延到 18:30" in day_messages.extended(seen, "18:30")
    assert "7 个号码作废" in day_messages.closed(seen, expire=True)
    assert "作废" not in day_messages.closed(seen, expire=False)
    assert "7 still wait" in day_messages.sure(seen)


def test_the_numbers_that_no_kiosk_gave_any_more_are_told_at_the_end():
    usual = day_messages.Seen("2026-11-20", 0, 7)
    assert "取号机" not in day_messages.closed(usual, False)
    view = {
        "hall": {"day": "2026-11-20"},
        "counts": {"waiting": 0},
        "queues": {},
        "lost": [{"unused": 80}, {"unused": 40}],
    }
    told = day_messages.closed(day_messages.seen(view, 0), False)
    assert "有 120 个号今天没有再发出" in told
    assert "nobody was given: 120" in told


def test_an_open_day_says_when_it_is_too_late_for_numbers():
    hall = read(HALLS / "village.toml").hall
    assert "extend" in day_messages.opened(hall, "2026-11-20", hall.last_ticket)
    assert "extend" not in day_messages.opened(hall, "2026-11-20", hall.opens)


@pytest.mark.parametrize(("verb", "asks"), [((), True), (("--yes",), False)])
def test_on_a_terminal_the_end_of_the_day_is_asked_about(
    verb: tuple[str, ...], asks: bool, monkeypatch: pytest.MonkeyPatch
):
    waits = day_messages.Seen("2026-11-20", 0, 7)
    sent: list[Any] = []
    manager = SimpleNamespace(look=lambda: waits, send=lambda make: sent.append(make(0)) or waits)
    monkeypatch.setattr(day, "_manager", lambda *_: manager)
    monkeypatch.setattr(day.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    questions: list[str] = []

    def no(question: str) -> bool:
        questions.append(question)
        return False

    monkeypatch.setattr(day.click, "confirm", no)
    arguments = ["close", "hall.toml", "--expire", *verb]
    if asks:
        with pytest.raises(Unable, match="没有结束"):
            day.day.main(arguments, standalone_mode=False)
    else:
        day.day.main(arguments, standalone_mode=False)
    assert (len(questions), len(sent)) == ((1, 0) if asks else (0, 1))


def test_a_manager_on_another_pc_gives_the_address(tmp_path: Path):
    stage = prepare("village", tmp_path, "test")
    away = hallcall(
        "day", "open", str(stage.file), "--data", str(tmp_path), "--name", "demo", "--caller", "http://x"
    )
    assert away.returncode == 2
    assert "ws://192.168.1.10:" in away.stderr


def test_bad_times_are_explained(hall: tuple[str, ...]):
    assert "18:30" in hallcall("day", "extend", *hall, "--until", "half past six").stderr
    assert hallcall("day", "open", *hall).returncode == 0
    early = hallcall("day", "extend", *hall, "--until", "00:01")
    assert early.returncode == 1
    assert "须晚于现在和下班时间" in early.stderr


def test_without_a_caller_or_a_token_it_says_what_to_do(tmp_path: Path):
    stage = prepare("village", tmp_path, "test")
    unreached = hallcall("day", "open", str(stage.file), "--data", str(tmp_path), "--name", "demo")
    assert unreached.returncode != 0
    assert "hallcall caller" in unreached.stderr
    stranger = hallcall("day", "open", str(stage.file), "--data", str(tmp_path / "elsewhere"))
    assert stranger.returncode != 0
    assert "hallcall enrol manager" in stranger.stderr
