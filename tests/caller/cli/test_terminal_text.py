"""Whatever a command prints, its terminal obeys nothing that came from outside: on a real terminal, and in a pipe."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from caller.cli import main as main_module
from tests.instruments.running_hall import REPO

SECONDS = 60
HOSTILE = """
[hall]
site = "s\\u001b[31m"
name = "\\u001b]0;title\\u0007名\\u009b31m\\u202eX"
["\\u001b[2Jkey"]
x = 1
"""
COMMANDS = (
    ("check", "{hall}"),
    ("check", "{hall}", "--json"),
    ("caller", "{hall}", "--data", "{data}"),
    ("enrol", "window", "\x1b[31m\u202e", "--data", "{data}"),
    ("\x1b[31m\u202e",),
    ("log", "tail", "--data", "\x1b[31m\u202e"),
    ("report", "\u202e\x9b31m", "--data", "{data}"),
)  # fmt: skip


def on_terminal(code: str, *line: str) -> str:
    """What a terminal gets when a program with these arguments has ended."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code, *line], stdin=follower, stdout=follower, stderr=follower, cwd=REPO
    ) as running:
        os.close(follower)
        got = b""
        try:
            while part := os.read(leader, 65_536):
                got += part
        except OSError:  # the other side is closed
            pass
        running.wait(SECONDS)
    os.close(leader)
    return got.decode()


def acting(text: str) -> list[str]:
    """The signs in a text that act, apart from the ends of lines."""
    return [sign for sign in text if sign not in "\r\n\t" and (sign < " " or sign in "\x7f\x9b\u202e")]


MAIN = "from caller.cli.main import main; main()"
PRINTS = "import sys, click; from caller.cli import main as m; m._guard_output(); click.echo(sys.argv[1])"


@pytest.mark.parametrize(
    "command", COMMANDS, ids=[" ".join(each[:1]).encode("unicode_escape").decode() for each in COMMANDS]
)
def test_no_command_lets_a_sign_through_that_acts(command: tuple[str, ...], tmp_path: Path):
    hall = tmp_path / "hall.toml"
    hall.write_text(HOSTILE, encoding="utf-8")
    line = [each.format(hall=hall, data=tmp_path / "data") for each in command]
    shown = on_terminal(MAIN, *line)
    assert shown.strip()
    assert acting(shown) == []
    piped = subprocess.run(
        [sys.executable, "-c", MAIN, *line],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=REPO,
        check=False,
    )
    assert acting(piped.stdout + piped.stderr) == []


def test_a_terminal_gets_no_acting_sign_from_whatever_is_printed_and_twin_without_the_guard_it_does():
    assert on_terminal(PRINTS, "名\x1b[31m\u202e") == "名\\x1b[31m\\u202e\r\n"
    assert acting(on_terminal("import sys, click; click.echo(sys.argv[1])", "名\x1b[31m\u202e"))


def test_what_is_no_terminal_gets_text_as_it_is(capsys: pytest.CaptureFixture[str]):
    main_module._guard_output()
    print("\x1b[31m")
    assert capsys.readouterr().out == "\x1b[31m\n"
