"""Every process of a hall speaks to its technician in one form, and gives away no token."""

import io
import json
import logging
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.process.running import FORM, INSTANT, JsonLineFormatter, LogLineFormatter
from tests.caller.cli.test_main import ENVIRONMENT, HALL, PATIENCE, ROOT

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) (?P<process>[\w-]+) .+"
)
TOKEN = "a-token-nobody-may-read-in-a-log-0123456789"
NOBODY = "ws://127.0.0.1:9"  # the discard port: refused at once, so each process has a trouble to tell
KIOSK = ["--name", "k1", "--port", "0"]
PROCESSES = {
    "kiosk-k1": ["kiosk", str(HALL), *KIOSK],
    "web": ["web", str(HALL), "--port", "0"],
    "agent-pc-1": ["agent", str(HALL), "--name", "pc-1"],
    "window-1": ["window", str(HALL), "--window", "1", "--robot"],
}


@contextmanager
def running(arguments: list[str], data: Path) -> Generator[subprocess.Popen[str]]:
    line = [sys.executable, "-m", "caller.cli", *arguments, "--data", str(data), "--caller", NOBODY]
    process = subprocess.Popen(
        line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**ENVIRONMENT, "HALLCALL_TOKEN": TOKEN},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_that_misses_its_caller_says_so_in_the_one_form(name: str, tmp_path: Path) -> None:
    with running(PROCESSES[name], tmp_path) as process:
        assert process.stderr
        said = [process.stderr.readline()]
        while said[-1] and not any(words in said[-1] for words in ("没有应答", "offline", "不可用")):
            said.append(process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=PATIENCE)[1]
    assert said[-1], said
    lines = [*(each.rstrip("\n") for each in said), *rest.splitlines()]
    for line in lines:
        found = LINE.fullmatch(line)
        assert found, line
        assert found["process"] == name
    assert TOKEN not in "".join(said) + rest


@pytest.fixture
def told() -> tuple[logging.Logger, io.StringIO]:
    """A logger with our form on a paper of its own."""
    paper = io.StringIO()
    handler = logging.StreamHandler(paper)
    handler.setFormatter(LogLineFormatter(FORM.format(process="caller"), INSTANT))
    log = logging.Logger("of this test")
    log.addHandler(handler)
    return log, paper


def test_what_comes_from_outside_cannot_start_a_line(told: tuple[logging.Logger, io.StringIO]) -> None:
    log, paper = told
    log.warning("bye detail=%s", "x\n2026-01-01T00:00:00.000Z INFO caller all is well\x1b[2J")
    [line] = paper.getvalue().splitlines()
    found = LINE.fullmatch(line)
    assert found
    assert "\\n2026" in line
    assert "\x1b" not in line


def test_without_the_guard_it_could(told: tuple[logging.Logger, io.StringIO]) -> None:
    log, paper = told
    log.handlers[0].setFormatter(logging.Formatter(FORM.format(process="caller"), INSTANT))
    log.warning("bye detail=%s", "x\n2026-01-01T00:00:00.000Z INFO caller all is well")
    assert len(paper.getvalue().splitlines()) == 2


def test_a_fault_of_ours_keeps_its_traceback_and_hanzi_stay(told: tuple[logging.Logger, io.StringIO]) -> None:
    log, paper = told
    try:
        raise ValueError("坏")
    except ValueError:
        log.exception("取号机内部错误 / kiosk fault")
    lines = paper.getvalue().splitlines()
    assert LINE.fullmatch(lines[0])
    assert "取号机内部错误" in lines[0]
    assert lines[-1] == "ValueError: 坏"


def test_as_json_each_record_is_one_line_with_what_it_names_as_fields(tmp_path: Path) -> None:
    """A real process under `HALLCALL_LINES=json`, for a program that collects lines."""
    line = [
        sys.executable,
        "-m",
        "caller.cli",
        *PROCESSES["web"],
        "--data",
        str(tmp_path),
        "--caller",
        NOBODY,
    ]
    with subprocess.Popen(
        line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**ENVIRONMENT, "HALLCALL_TOKEN": TOKEN, "HALLCALL_LINES": "json"},
    ) as process:  # fmt: skip
        assert process.stderr
        told = json.loads(process.stderr.readline())
        process.kill()
    assert (told["process"], told["level"] in ("INFO", "WARNING")) == ("web", True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["at"])


def test_as_json_fields_and_tracebacks_stay_within_the_line(told: tuple[logging.Logger, io.StringIO]) -> None:
    log, paper = told
    log.handlers[0].setFormatter(JsonLineFormatter("caller"))
    log.warning("greeted station=%s topics=%d", "window/3\n{}", 4)
    try:
        raise ValueError("坏")
    except ValueError:
        log.exception("fault")
    first, second = (json.loads(each) for each in paper.getvalue().splitlines())
    assert first["fields"] == {"station": "window/3", "topics": "4"}
    assert first["text"].endswith("{} topics=4")
    assert second["traceback"].endswith("ValueError: 坏")
