"""A village's one PC: caller, web and kiosk are ready in seconds and leave room in a small memory.

Each is a process started as `hallcall` starts it: the fixtures of other tests fork theirs, which share what they loaded. What
is counted is PSS, to which a page shared by several counts in parts. The browser is reported and not bounded: it is Debian's.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.cli.kiosk import SEARCH_PREPARED_SECONDS
from tests.instruments.browser import debugged_chromium
from tests.instruments.plain_halls import HALLS
from tests.instruments.running_hall import READY, REPO, hallcall, until

START_SECONDS = 5.0
PSS_MB = 150.0
SETTLED_SECONDS = SEARCH_PREPARED_SECONDS + 8  # the search is prepared, and what did it has ended
VILLAGE = HALLS / "village.toml"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for role, name in (("web", "web"), ("kiosk", "k1")):
        assert hallcall("enrol", role, name, "--data", str(tmp_path))[0] == 0
    return tmp_path


@pytest.fixture
def programs(data: Path) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def started(programs: ExitStack, data: Path, *words: str) -> tuple[int, str]:
    """Start a program; return its process's id and its address, once it is ready."""
    told = data / f"{words[0]}.txt"
    line = [sys.executable, "-m", "caller.cli", words[0], str(VILLAGE), "--data", str(data), "--port", "0"]
    with told.open("wb") as out:
        process = subprocess.Popen([*line, *words[1:]], cwd=REPO, stdout=out, stderr=out)
    programs.callback(lambda: (process.terminate(), process.wait()))
    found = until(lambda: READY.findall(told.read_text("utf-8")), words[0])
    return process.pid, found[0]


def pss_mb(*pids: int) -> float:
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def session_of(word: str) -> list[int]:
    """Return the processes of the session in which one has a word on its command line: Chromium and its children."""
    first = subprocess.run(
        ["pgrep", "-f", "--", word], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    line = ["pgrep", "-s", str(os.getsid(int(first)))]
    return [
        int(pid) for pid in subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
    ]


def test_a_village_starts_in_five_seconds_and_takes_150_megabytes(
    programs: ExitStack,
    data: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = time.monotonic()
    caller, address = started(programs, data, "caller")
    web, _ = started(programs, data, "web", "--caller", address)
    kiosk, page = started(programs, data, "kiosk", "--name", "k1", "--caller", address)
    seconds = time.monotonic() - began
    time.sleep(SETTLED_SECONDS)
    each = {name: pss_mb(pid) for name, pid in (("caller", caller), ("web", web), ("kiosk", kiosk))}
    folder = tmp_path_factory.mktemp("chromium")
    with debugged_chromium(folder, page):
        time.sleep(SETTLED_SECONDS)
        browser = pss_mb(*session_of(f"user-data-dir={folder}"))
    with capsys.disabled():
        print(f"\nvillage: ready after {seconds:.1f} s; PSS, MB: {each}; the browser {browser:.0f}")
    assert seconds <= START_SECONDS
    assert sum(each.values()) <= PSS_MB
