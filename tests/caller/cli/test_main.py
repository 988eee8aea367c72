"""`hallcall` as a technician meets it: real processes, their words and their exit codes."""

import asyncio
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caller.cli import main
from caller.cli.enrol import HALL_NAME
from caller.engine import commands as cmd
from caller.identity.enrolment import NAMED_ROLES, EnrolError, Stations, check_name, station_names
from caller.identity.tokens import find_token, keep_token
from caller.protocol.permissions import ENROLLED_ROLES, Station
from config.reading.reader import read
from tests.instruments.caller_fixture import HOST, Client, kept_port, run, soon

ROOT = Path(__file__).parents[3]
HALL = ROOT / "config" / "halls" / "village.toml"
OPEN_FILES = 40  # of a caller that is short of them; about a third it opens itself
PATIENCE = 60.0  # a Python process on a busy machine starts in a second or two
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("HALLCALL")}


def hallcall(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    line = [sys.executable, "-m", "caller.cli", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE, env=ENVIRONMENT)


@contextmanager
def caller(data: Path, *arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A running caller and the address it says it is ready at."""
    line = [sys.executable, "-m", "caller.cli", "caller", str(HALL), "--data", str(data), *arguments]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("caller ready ws://127.0.0.1:"), (
            ready,
            process.stderr and process.stderr.read(),
        )
        yield process, ready.split()[-1]
    finally:
        process.kill()
        process.communicate()


def two_languages(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text) and any(
        char.isascii() and char.isalpha() for char in text
    )


# Loads a program where no line of ours finds these modules; the first import, by a line "of ours", is the twin.
WITHOUT_POSIX = """
import importlib, sys, traceback
POSIX = {{"fcntl", "termios", "pty", "tty", "pwd", "grp", "resource", "syslog"}}
class Absent:
    def find_spec(self, name, path=None, target=None):
        files = [each.filename for each in traceback.extract_stack() if "frozen" not in each.filename][:-1]
        if name in POSIX and (files[-1].startswith({root!r}) and "site-packages" not in files[-1] or files[-1] == "<ours>"):
            raise ModuleNotFoundError(name)
for each in POSIX:
    sys.modules.pop(each, None)
sys.meta_path.insert(0, Absent())
try:
    exec(compile("import fcntl", "<ours>", "exec"))
except ModuleNotFoundError:
    print("refused")
importlib.import_module({program!r})
print("started")
"""

# --- the command line


def test_help_lists_every_command_in_both_languages_without_importing_its_room() -> None:
    line = "import sys\nfrom caller.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", line], capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE
    )
    for name, entry in main.COMMANDS.items():
        assert name in done.stdout
        assert entry.zh in done.stdout
    loaded = done.stdout.splitlines()[-1]
    for heavy in ("'textual'", "'websockets'", "'starlette'", "'sqlite_utils'", "'caller.engine.hall'"):
        assert heavy not in loaded


def test_a_caller_that_runs_carries_nothing_that_only_a_photo_or_a_signature_needs() -> None:
    """A village station runs on the smallest PC: pictures, cryptography and sheets are ten megabytes there."""
    line = "import sys, caller.cli.caller; print(sorted({'PIL', 'cryptography', 'openpyxl', 'rich', 'textual'} & {*sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", line], capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE
    )
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("program", ["devices.cli.agent", "kiosk.cli.kiosk", "caller.cli.window"])
def test_a_stations_program_asks_at_its_start_for_no_module_of_one_system(program: str) -> None:
    """Of our own lines: what a library takes for its system is the library's."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX.format(root=str(ROOT), program=program)],
        capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "refused\nstarted\n"), done.stderr


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["caller"], ["caller", "x.toml", "--port", "99999"], ["enrol"]]
)
def test_wrong_usage_is_told_in_both_languages_and_exits_2(arguments: list[str], tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)] if arguments == ["enrol"] else []
    done = hallcall(*arguments, *data)
    assert done.returncode == 2
    assert two_languages(done.stderr)
    assert "Traceback" not in done.stderr


# --- hallcall caller


def test_the_caller_says_when_it_is_ready_and_ends_gracefully_when_told(tmp_path: Path) -> None:
    with caller(tmp_path, "--port", "0") as (process, url):
        port = int(url.rpartition(":")[2])
        socket.create_connection((HOST, port), timeout=PATIENCE).close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_station_is_told_that_the_caller_stops_and_comes_back(tmp_path: Path) -> None:
    token = hallcall("enrol", "manager", "m", "--data", tmp_path).stdout.strip()
    day = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")

    async def test() -> None:
        port = str(kept_port())
        with caller(tmp_path, "--port", port) as (process, url):
            async with Client(url, token, ["board"], jitter=lambda: 0.0) as station:
                await soon(station.until("current"))
                opened = station.views["board"]["hall"]["open"]
                if not opened:
                    await soon(station.send(cmd.OpenDay(day)))
                process.send_signal(signal.SIGTERM)
                await soon(station.until("waiting", "connecting"))
                assert station.bye is not None
                assert station.bye.code == "shutting-down"
                assert process.wait(PATIENCE) == 0
                with caller(tmp_path, "--port", port):
                    await soon(station.until("current"))
                    assert station.views["board"]["hall"]["open"]

    run(test())


def test_a_port_in_use_is_told_with_the_port_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        done = hallcall("caller", HALL, "--data", tmp_path, "--port", port)
    assert done.returncode == 2
    assert f"端口 {port} 已被占用" in done.stderr
    assert f"Port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    done = hallcall("caller", HALL, "--data", tmp_path, "--host", "192.0.2.1", "--port", "0")
    assert done.returncode == 2
    assert "--host" in done.stderr
    assert two_languages(done.stderr)


def test_a_second_caller_on_the_same_data_is_told(tmp_path: Path) -> None:
    with caller(tmp_path, "--port", "0"):
        done = hallcall("caller", HALL, "--data", tmp_path, "--port", "0")
    assert done.returncode == 2
    assert two_languages(done.stderr)
    assert "Traceback" not in done.stderr


def test_a_hall_with_mistakes_does_not_start_and_all_are_told(tmp_path: Path) -> None:
    hall = tmp_path / "bad.toml"
    hall.write_text(
        HALL.read_text(encoding="utf-8").replace("[hall]", "[hall]\nphon = '1'\nzon = '2'"), encoding="utf-8"
    )
    done = hallcall("caller", hall, "--data", tmp_path)
    assert done.returncode == 2
    assert "phon" in done.stderr
    assert "zon" in done.stderr


def test_a_crowd_of_sockets_that_never_greet_does_not_end_the_caller(tmp_path: Path) -> None:
    token = hallcall("enrol", "board", "b", "--data", tmp_path).stdout.strip()

    async def test() -> None:
        with caller(tmp_path, "--port", "0") as (process, url):
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
            port = int(url.rpartition(":")[2])
            # As many as descriptors: some find none left and wait until the first have been shown out.
            crowd = [asyncio.create_task(_idle_until_shown_out(port)) for _ in range(OPEN_FILES)]
            await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
            assert any(each.done() for each in crowd), "nobody was shown out"
            async with Client(url, token, ["board"], jitter=lambda: 0.0) as station:
                await soon(station.until("current"))
            for each in crowd:
                each.cancel()
            await asyncio.wait(crowd)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            _, lines = process.communicate(timeout=PATIENCE)
            assert "out of system resource" in lines
            assert "Traceback" not in lines

    run(test())


async def _idle_until_shown_out(port: int) -> None:
    """Open a socket and say nothing."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        with suppress(OSError):
            await soon(reader.read())
    finally:
        writer.close()


def test_an_occurrence_is_one_line_with_its_instant(tmp_path: Path) -> None:
    token = hallcall("enrol", "board", "b", "--data", tmp_path).stdout.strip()

    async def test() -> None:
        with caller(tmp_path, "--port", "0") as (process, url):
            day = time.strftime("%Y-%m-%d", time.gmtime())
            async with Client(url, token, ["board"]) as station:
                await soon(station.until("current"))
            process.send_signal(signal.SIGTERM)
            _, lines = process.communicate(timeout=PATIENCE)
            greeted = [line for line in lines.splitlines() if "greeted" in line]
            assert greeted
            assert greeted[0].endswith("INFO caller greeted station=board/b topics=1")
            assert day <= greeted[0][:10] <= time.strftime("%Y-%m-%d", time.gmtime())
            assert token not in lines

    run(test())


# --- hallcall enrol


def test_a_token_is_shown_once_kept_for_this_machine_and_stored_only_as_a_hash(tmp_path: Path) -> None:
    done = hallcall("enrol", "window", "1", "--data", tmp_path, "--hall", HALL)
    token = done.stdout.strip()
    assert done.returncode == 0
    assert len(token) >= 43
    assert find_token(tmp_path, "window", "1") == token
    kept = tmp_path / "tokens" / "window-1"
    assert kept.stat().st_mode & 0o777 == 0o600
    for path in tmp_path.glob("stations.db*"):
        assert token.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    assert "window\t1\t" in hallcall("enrol", "--list", "--data", tmp_path).stdout


def test_a_station_enrolled_again_hears_that_its_old_token_is_void(tmp_path: Path) -> None:
    first = hallcall("enrol", "board", "b", "--data", tmp_path)
    again = hallcall("enrol", "board", "b", "--data", tmp_path)
    assert "作废" not in first.stderr
    assert "原来的令牌从现在起作废" in again.stderr
    assert "the old token is void" in again.stderr


def test_looking_into_a_mistyped_folder_makes_none(tmp_path: Path) -> None:
    for arguments in (("--list",), ("--revoke", "board", "b")):
        looked = hallcall("enrol", *arguments, "--data", tmp_path / "typo")
        assert looked.returncode == 2
        assert two_languages(looked.stderr)
        assert not (tmp_path / "typo").exists()


def test_the_list_is_in_the_halls_time(tmp_path: Path) -> None:
    hallcall("enrol", "board", "b", "--data", tmp_path)
    assert hallcall("enrol", "--list", "--data", tmp_path).stdout.rstrip().endswith("+00:00")
    assert hallcall("enrol", "--list", "--data", tmp_path, "--hall", HALL).stdout.rstrip().endswith("+08:00")


def test_the_hall_the_caller_runs_is_found_and_a_window_it_has_not_is_refused(tmp_path: Path) -> None:
    with caller(tmp_path, "--port", "0"):
        stranger = hallcall("enrol", "window", "99", "--data", tmp_path)
        known = hallcall("enrol", "window", "1", "--data", tmp_path)
    assert stranger.returncode == 2
    assert "99" in stranger.stderr
    assert two_languages(stranger.stderr)
    assert not stranger.stdout
    assert known.returncode == 0
    assert "没有核对" not in known.stderr


def test_where_no_hall_is_known_it_is_said_that_the_name_was_not_checked(tmp_path: Path) -> None:
    for folder in (tmp_path / "new", tmp_path / "moved"):
        folder.mkdir()
    (tmp_path / "moved" / HALL_NAME).write_text(str(tmp_path / "gone.toml"), encoding="utf-8")
    for folder in ("new", "moved"):
        done = hallcall("enrol", "window", "99", "--data", tmp_path / folder)
        assert done.returncode == 0
        assert "没有核对 99" in done.stderr
        assert "99 was not checked" in done.stderr
        assert "--hall" in done.stderr
    any_name = hallcall("enrol", "board", "b", "--data", tmp_path / "new")
    assert "没有核对" not in any_name.stderr


def test_roles_whose_names_the_hall_knows_are_those_that_are_checked() -> None:
    checked = {role for role in ENROLLED_ROLES if station_names(role, read(HALL)) is not None}
    assert checked == set(NAMED_ROLES)


def test_a_revoked_station_is_gone_and_a_stranger_cannot_be_revoked(tmp_path: Path) -> None:
    hallcall("enrol", "board", "b", "--data", tmp_path)
    assert hallcall("enrol", "--revoke", "board", "b", "--data", tmp_path).returncode == 0
    assert hallcall("enrol", "--list", "--data", tmp_path).stdout == ""
    assert find_token(tmp_path, "board", "b") is None
    again = hallcall("enrol", "--revoke", "board", "b", "--data", tmp_path)
    assert again.returncode == 2
    assert two_languages(again.stderr)


@pytest.mark.parametrize(
    ("role", "name", "hint"),
    [
        ("windo", "1", "window"),
        ("phone", "1", "phone"),
        ("window", "99", "99"),
        ("board", "a b", "a b"),
        ("board", "", ""),
    ],
)
def test_a_station_the_hall_does_not_have_is_refused_with_the_nearest_name(
    role: str, name: str, hint: str
) -> None:
    with pytest.raises(EnrolError) as refused:
        check_name(role, name, read(HALL))
    assert hint in str(refused.value)
    assert two_languages(str(refused.value))


def test_without_a_hall_any_proper_name_will_do() -> None:
    check_name("window", "99", None)


def test_a_new_token_replaces_the_old_one(tmp_path: Path) -> None:
    stations = Stations(tmp_path / "stations.db")
    old, new = stations.enrol("board", "b", "now"), stations.enrol("board", "b", "now")
    assert stations.lookup(old) is None
    assert stations.lookup(new) == Station("board", "b")
    stations.close()


def test_what_another_process_enrolled_is_seen_after_a_refresh(tmp_path: Path) -> None:
    mine, other = Stations(tmp_path / "stations.db"), Stations(tmp_path / "stations.db")
    token = other.enrol("board", "b", "now")
    assert mine.lookup(token) is None
    assert mine.refresh()
    assert not mine.refresh()
    assert mine.lookup(token) == Station("board", "b")
    mine.close()
    other.close()


def test_a_broken_stations_file_is_told_and_stops_nobody_already_known(tmp_path: Path) -> None:
    stations = Stations(tmp_path / "stations.db")
    token = stations.enrol("board", "b", "now")
    stations._connection.close()  # as an unreadable disk looks
    assert not stations.refresh()
    assert stations.lookup(token) == Station("board", "b")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "stations.db").write_bytes(b"not a database, but a long enough text to look at" * 40)
    done = hallcall("caller", HALL, "--data", tmp_path / "bad", "--port", "0")
    assert done.returncode == 2
    assert two_languages(done.stderr)
    assert "Traceback" not in done.stderr


def test_on_a_full_disk_no_token_is_given_and_the_old_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stations = Stations(tmp_path / "stations.db")
    token = stations.enrol("board", "b", "now")
    [[pages]] = stations._connection.execute("pragma page_count").fetchall()
    connect = sqlite3.connect

    def full(*args: Any, **more: Any) -> sqlite3.Connection:
        opened = connect(*args, **more)
        opened.execute(f"pragma max_page_count={pages}")
        return opened

    monkeypatch.setattr(sqlite3, "connect", full)

    def fill() -> None:
        for number in range(500):
            stations.enrol("window", f"w{number}", "now")

    with pytest.raises(EnrolError) as caught:
        fill()
    assert two_languages(str(caught.value))
    assert "full" in str(caught.value)
    stations.refresh()
    assert stations.lookup(token) == Station("board", "b")


@pytest.mark.parametrize("command", [("caller", str(HALL)), ("enrol", "board", "b")])
def test_a_data_folder_that_cannot_be_is_told(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    done = hallcall(*command, "--data", tmp_path / "file" / "data")
    assert done.returncode == 2
    assert two_languages(done.stderr)
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_that_cannot_be_kept_is_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "tokens").touch()
    done = hallcall("enrol", "board", "b", "--data", tmp_path)
    assert done.returncode == 2
    stations = Stations(tmp_path / "stations.db")
    assert stations.lookup(done.stdout.strip()) == Station("board", "b")
    assert "HALLCALL_TOKEN" in done.stderr


def test_a_token_given_goes_before_the_one_kept(tmp_path: Path) -> None:
    keep_token(tmp_path, "board", "b", "kept")
    assert find_token(tmp_path, "board", "b", "given") == "given"
    assert find_token(tmp_path, "board", "b") == "kept"


def test_a_mistyped_command_names_the_nearest() -> None:
    done = hallcall("windw")
    assert done.returncode == 2
    assert "没有命令 windw，是否为 window" in done.stderr
    assert "perhaps window?" in done.stderr


def test_a_file_that_cannot_be_written_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    done = hallcall("simulated", "printer", "--port", "0", "--out", tmp_path / "taken" / "slips")
    assert done.returncode == 2
    assert two_languages(done.stderr)
    assert str(tmp_path / "taken") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_locale_without_hanzi_ends_no_command() -> None:
    """`errors` of a strict stream would end the first Chinese line in a traceback, after the act was done."""
    done = subprocess.run(
        [sys.executable, "-m", "caller.cli", "check", str(HALL)],
        capture_output=True, cwd=ROOT, timeout=PATIENCE, env=os.environ | {"PYTHONIOENCODING": "iso-8859-1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"no mistakes" in done.stdout
    assert b"Traceback" not in done.stderr
