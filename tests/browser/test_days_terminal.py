"""The days that are worked in a terminal of 80×24, in tmux: the clerk's from sign-in to sign-out, and the technician's, who
looks after a hall from a shell and from the office's page.

A campaign, as `test_days` is: `HALLCALL_PICTURES_TO=FOLDER pytest -m campaign tests/browser/test_days_terminal.py` keeps each
screen as text, with its colours.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from rich.cells import cell_len

from tests.browser.test_days import looked_at, office
from tests.instruments.browser import OpenPage, still
from tests.instruments.feedback_hall import with_settings
from tests.instruments.office_hall import OfficeHall
from tests.instruments.running_hall import REPO, Process, until

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not shutil.which("tmux"), reason="sudo apt install tmux"),
]
PICTURES = os.environ.get("HALLCALL_PICTURES_TO", "")
COLUMNS, ROWS = 80, 24
WINDOW = "16"
MORE = f'\n[feedback]\nenabled = true\nwindows = ["{WINDOW}"]\n\n[cases]\nenabled = true\n'
ERRORS = re.compile(r"Traceback|Error:|not found")


class Terminal:
    """A terminal of 80×24 that a test types into and reads."""

    def __init__(self, folder: Path, role: str) -> None:
        self.socket, self.role = f"hallcall-{uuid4().hex[:8]}", role
        words = ["-x", str(COLUMNS), "-y", str(ROWS), "bash --norc --noprofile"]
        self._ask("-f", "/dev/null", "new-session", "-d", "-s", "t", "-c", str(folder), *words)
        self._ask("set-option", "-g", "default-terminal", "tmux-256color")

    def _ask(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-L", self.socket, *words], capture_output=True, text=True, check=True)
        return done.stdout

    def press(self, *keys: str) -> None:
        self._ask("send-keys", "-t", "t", *keys)

    def type(self, text: str) -> None:
        self._ask("send-keys", "-t", "t", "-l", text)

    def lines(self) -> list[str]:
        return self._ask("capture-pane", "-p", "-t", "t").splitlines()

    def shows(self, *words: str) -> None:
        """Wait until all of these words stand on the screen."""
        until(lambda: all(each in "\n".join(self.lines()) for each in words), f"{self.role}: {words}")

    def leave(self, words: str) -> None:
        """Go back with Esc, and wait until these words are gone."""
        self.press("Escape")
        until(lambda: words not in "\n".join(self.lines()), f"{self.role} has left: {words}")

    def kept(self, step: str) -> None:
        """Keep the screen; it has its size, and nothing on it is an error of ours."""
        screen = self.lines()
        assert len(screen) <= ROWS
        assert max(map(cell_len, screen)) <= COLUMNS
        assert not ERRORS.search("\n".join(screen)), screen
        if PICTURES:
            path = Path(PICTURES) / f"day-{self.role}-{step}-80x24.txt"
            path.write_text("\n".join(screen) + "\n", encoding="utf-8")

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], check=False)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    folder = tmp_path_factory.mktemp("terminal")
    running = OfficeHall(folder, with_settings(folder, "county", MORE)).start()
    running._enrol(("window", WINDOW), ("manager", "shell"))
    yield running
    running.close()


@pytest.fixture
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    running = Terminal(tmp_path, request.node.name.split("_")[1])
    yield running
    running.close()


def of_hall(hall: OfficeHall, *words: str, token: str = "") -> str:
    """Return a command line of the hall as one types it."""
    rest = ["--data", str(hall.data), "--caller", hall.caller.address, *(["--token", token] if token else [])]
    return shell(*words, *rest)


def shell(*words: str) -> str:
    return f"cd {REPO}; clear; " + " ".join([sys.executable, "-m", "caller.cli", *words])


class TerminalDesk:
    """A clerk's desk in a terminal, and what the hall shows of its window."""

    def __init__(self, hall: OfficeHall, terminal: Terminal) -> None:
        self.hall, self.terminal = hall, terminal

    def view(self) -> dict[str, Any]:
        return self.hall.views[f"window/{WINDOW}"]

    def is_(self, state: str) -> None:
        until(lambda: self.view()["state"] == state, state)

    def number_is(self, wanted: str, state: str) -> None:
        until(
            lambda: (self.view().get("ticket", {}).get("number"), self.view()["state"]) == (wanted, state),
            f"{wanted} {state}",
        )

    def calls(self, number: str) -> None:
        self.terminal.press("Space")
        self.number_is(number, "called")

    def serves(self, number: str) -> None:
        self.terminal.press("s")
        self.number_is(number, "serving")

    def ends(self) -> None:
        """End the reception as done, once the outcomes have been looked at."""
        self.terminal.press("f")
        self.terminal.shows("怎样结束")
        self.terminal.kept("outcome")
        self.terminal.press("1")
        self.is_("open")

    def looks_at(self, key: str, words: str, step: str) -> None:
        """Open what a key opens, keep its picture, and go back. `words`: stand there, and nowhere before."""
        self.terminal.press(key)
        self.terminal.shows(words)
        self.terminal.kept(step)
        self.terminal.leave(words)


def comes(desk: TerminalDesk) -> None:
    """Sign in, and read the keys."""
    terminal, hall = desk.terminal, desk.hall
    terminal.type(
        of_hall(hall, "window", str(hall.hall), "--window", WINDOW, token=hall.tokens["window", WINDOW])
    )
    terminal.press("Enter")
    terminal.shows("工号")
    terminal.kept("comes")
    terminal.type("1003")
    terminal.press("Enter")
    until(lambda: desk.view()["clerk"] == "1003", "signed in")
    terminal.shows("工号 1003", "等候")
    desk.looks_at("F1", "上下键滚动", "help")


def misses_one_and_holds_one(desk: TerminalDesk, missed: str, held: str) -> None:
    """Mark a no-show, put the next on hold, and choose that one again."""
    terminal = desk.terminal
    desk.calls(missed)
    terminal.press("x")
    until(lambda: [row["number"] for row in desk.view()["missed"]] == [missed], "missed")
    desk.calls(held)
    terminal.press("h")
    until(lambda: [row["number"] for row in desk.view()["held"]] == [held], "on hold")
    terminal.press("c")
    terminal.shows("选呼哪一位", held, missed)
    terminal.kept("choose")
    terminal.type(held[-3:])
    terminal.press("Enter")
    desk.number_is(held, "called")


def rests(desk: TerminalDesk) -> None:
    """Pause with the time of return, go on, and have the manager come."""
    terminal = desk.terminal
    terminal.press("p")
    terminal.shows("暂停的原因")
    terminal.kept("pause")
    terminal.press("1")
    terminal.shows("预计多久回来")
    terminal.press("2")
    desk.is_("paused")
    terminal.shows("恢复")
    terminal.press("p")
    desk.is_("open")
    terminal.press("a")
    terminal.shows("叫谁来")
    terminal.press("1")
    until(lambda: "alarm" in desk.view(), "a manager is called")


def test_clerk_works_a_whole_day_in_a_terminal(hall: OfficeHall, terminal: Terminal) -> None:
    queue = next(each.queues[0] for each in hall.settings.windows if each.id == WINDOW)
    first, second, third, fourth = (hall.take(queue)["number"] for _ in range(4))
    desk = TerminalDesk(hall, terminal)
    comes(desk)
    desk.calls(first)
    terminal.shows(f"已叫 {first}")
    terminal.kept("called")
    desk.serves(first)
    desk.ends()
    misses_one_and_holds_one(desk, second, third)
    desk.serves(third)
    desk.looks_at("t", "转到哪里", "transfer")
    desk.looks_at("k", "号登记为", "cannot-be-done")
    desk.ends()
    desk.looks_at("u", "更正为", "corrects")
    desk.looks_at("b", "本窗口的办件", "cases")
    rests(desk)
    desk.looks_at("d", "我的今天", "own-day")
    desk.calls(fourth)
    desk.serves(fourth)
    desk.ends()
    terminal.press("q")
    desk.is_("closed")
    terminal.shows("未登录", "登录（回车）")
    terminal.kept("goes")


def test_technician_looks_after_a_hall_from_a_shell_and_the_office(
    hall: OfficeHall, terminal: Terminal, open_page: OpenPage
) -> None:
    """What is wrong, a PC whose screen cannot be turned off and says so, what became of the jobs; then the same in the office."""
    key, file = hall.tokens["manager", "shell"], str(hall.hall)
    pc = next(each.agent for each in hall.settings.devices if each.kind == "evaluator")
    hall._enrol(("agent", pc))
    arguments = ["agent", file, "--data", str(hall.data), "--name", pc, "--caller", hall.caller.address]
    agent = Process(*arguments, "--token", hall.tokens["agent", pc], output=hall.folder / "agent.txt")
    try:
        steps = {
            "check": shell("check", file), "doctor": of_hall(hall, "doctor", file), "status": of_hall(hall, "status", file),
            "screen": of_hall(hall, "job", "screen", file, pc, token=key),
            "jobs": of_hall(hall, "job", "list", file, token=key),
        }  # fmt: skip
        for step, command in steps.items():
            terminal.type(f"{command}; echo END-{step}")
            terminal.press("Enter")
            until(lambda end=f"END-{step}": end in [line.strip() for line in terminal.lines()], step)
            terminal.kept(step)
            if step in ("screen", "jobs"):
                terminal.shows("failed", "本机不能关闭屏幕")
        page = office(hall, open_page, "stations", "1006")
        expect(page.locator("tr", has_text=pc).first).to_be_visible()
        looked_at(page, "technician", "stations")
        page.locator("tr", has_text=pc).first.get_by_role("button").focus()
        page.keyboard.press("Enter")
        detail = page.locator(".detail")
        expect(detail.get_by_role("button", name="试关屏幕 5 秒")).to_be_visible()
        looked_at(page, "technician", "station")
        detail.get_by_role("button", name="音量").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".ask")).to_be_visible()
        still(page)
        looked_at(page, "technician", "volume")
        page.keyboard.press("Escape")
    finally:
        agent.stop()
