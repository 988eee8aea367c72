"""`hallcall window`: bad input is answered before the screen opens; a robot needs no screen."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

from click.testing import CliRunner

from caller.cli.window import window
from caller.client.client import Client
from caller.engine import commands as cmd
from caller.engine.envelope import EnrolStation
from caller.identity.tokens import find_token, keep_token
from config.reading.reader import HALLS
from tests.instruments.caller_fixture import room, run, soon

VILLAGE = HALLS / "village.toml"


def ask(*arguments: str) -> tuple[int, str]:
    result = CliRunner(env={"HALLCALL_TOKEN": ""}).invoke(window, list(arguments))
    return result.exit_code, result.output


def test_a_hall_that_does_not_exist_ends_with_words(tmp_path: Path) -> None:
    code, said = ask(str(tmp_path / "none.toml"), "--window", "1", "--data", str(tmp_path))
    assert code == 2
    assert "none.toml" in said


def test_an_unknown_window_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    code, said = ask(str(VILLAGE), "--window", "77", "--data", str(tmp_path))
    assert code == 2
    assert "没有窗口 77 / No window 77" in said
    assert "choose one of: 1" in said


def test_no_shows_without_a_seed_are_refused_with_words(tmp_path: Path) -> None:
    keep_token(tmp_path, "window", "1", "a-token")
    code, said = ask(str(VILLAGE), "--window", "1", "--data", str(tmp_path), "--robot", "--no-show", "0.5")
    assert code == 2
    assert "needs --seed" in said


HALL = """
[hall]
site = "test"
name = "测试大厅"
automatic_day = false

[[class]]
id = "ordinary"
name = "普通"
target_minutes = 30

[[queue]]
id = "A"
name = "综合"

[[window]]
id = "4"
name = "四号"
queues = ["A"]
"""


def test_a_window_without_a_token_shows_a_code_and_works_once_a_manager_has_entered_it(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        hall = tmp_path / "hall.toml"
        hall.write_text(HALL, encoding="utf-8")
        async with room(tmp_path) as place, place.client("manager", "m") as manager:
            robot = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "caller.cli", "window", str(hall), "--data", str(tmp_path / "pc"),
                "--window", "4", "--url", place.url, "--robot",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                env={**os.environ, "HALLCALL_TOKEN": ""},
            )  # fmt: skip
            assert robot.stderr
            assert robot.stdout
            try:
                while not (
                    found := re.search(
                        r"approve (\w{6}) --role window --name 4", said := await line(robot.stderr)
                    )
                ):
                    assert said
                await soon(manager.send(EnrolStation(found[1], "window", "4")))
                assert await line(robot.stdout) == f"window 4 ready {place.url}\n"
            finally:
                robot.terminate()
                await robot.communicate()
            assert find_token(tmp_path / "pc", "window", "4")

    run(scene())


async def line(stream: asyncio.StreamReader) -> str:
    return (await soon(stream.readline())).decode()


def test_a_robot_process_serves_a_visit_prints_each_step_and_ends(tmp_path: Path) -> None:
    async def scene() -> None:
        hall = tmp_path / "hall.toml"
        hall.write_text(HALL, encoding="utf-8")
        (tmp_path / "log").mkdir()
        async with room(tmp_path / "log") as place:
            keep_token(tmp_path, "window", "4", place.token("window", "4"))
            taken = await place.order(cmd.TakeTicket(queue="A"), "kiosk", "K1")
            robot = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "caller.cli", "window", str(hall), "--data", str(tmp_path), "--window", "4",
                "--url", place.url, "--robot", "--walk-seconds", "0", "--serve-seconds", "0.1",
                "--rest-seconds", "0", "--visits", "1",
                stdout=asyncio.subprocess.PIPE, env={**os.environ, "HALLCALL_TOKEN": ""},
            )  # fmt: skip
            said, _ = await soon(robot.communicate())
            first, *steps = said.decode().splitlines()
            assert first == f"window 4 ready {place.url}"
            did = [json.loads(step) for step in steps]
            assert [step["did"] for step in did] == [
                "OpenWindow",
                "CallNext",
                "StartService",
                "FinishService",
            ]
            assert (did[1]["ticket"], did[1]["window"]) == (taken["ticket"], "4")
            assert place.loop.hall.state.tickets[taken["ticket"]].state == "served"

    run(scene())


def test_the_client_keeps_the_methods_the_console_uses() -> None:
    client = Client("ws://127.0.0.1:9", "token", ["window/3"])
    assert (client.state, client.views, client.bye, client.ahead_micros) == ("connecting", {}, None, 0)
