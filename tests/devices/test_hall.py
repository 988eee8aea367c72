"""The devices of one PC against the real caller: a visit called, served and rated by keypad bytes alone."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from caller.client.client import Client
from caller.engine.commands import OpenDay, OpenWindow, TakeTicket
from devices.cli.agent import table
from devices.profiles.profile_reader import find
from devices.simulators.displays import SimulatedCallKeypad, SimulatedSign
from devices.simulators.keypad import SimulatedKeypad
from tests.instruments.device_bench import DEADLINE, within

HALL = """
[hall]
site = "t1"
name = "测试大厅"
automatic_day = false
[[class]]
id = "ordinary"
name = "普通"
target_minutes = 20
[[queue]]
id = "A"
name = "综合"
[[window]]
id = "3"
name = "3号窗口"
queues = ["A"]
[[window]]
id = "4"
name = "4号窗口"
queues = ["A"]
[[department]]
id = "d1"
name = "部门"
[[item]]
id = "i1"
name = "事项"
department = "d1"
queue = "A"
[[device]]
name = "e3"
kind = "evaluator"
port = "serial:///dev/serial/by-id/usb-evaluator-3?baud=9600"
window = "3"
profile = "evaluator-crc"
[[device]]
name = "pad3"
kind = "caller-pad"
port = "serial:///dev/serial/by-id/usb-pad-3"
window = "3"
[[device]]
name = "s3"
kind = "sign"
port = "serial:///dev/serial/by-id/usb-sign-3"
window = "3"
[[device]]
name = "s4"
kind = "sign"
port = "serial:///dev/serial/by-id/usb-sign-4"
window = "4"
"""
COMMAND = [sys.executable, "-m", "caller.cli"]


class Hall:
    """A caller and an agent as processes, the twins and the people's clients in this one."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.evaluator = SimulatedKeypad(find("evaluator-crc"), folder / "evaluator")
        self.pad = SimulatedCallKeypad(find("pad-sum8"), folder / "pad")
        self.sign = SimulatedSign(find("sign-strip"), folder / "sign")

    def client(self, role: str, name: str, watch: list[str]) -> Client:
        token = (self.folder / "data/tokens" / f"{role}-{name}").read_text().strip()
        return Client(self.url, token, watch)

    @property
    def ports(self) -> list[str]:
        named = (("e3", "evaluator"), ("pad3", "pad"), ("s3", "sign"), ("s4", "nothing"))
        return [part for name, end in named for part in ("--port", f"{name}=serial://{self.folder}/{end}")]


@asynccontextmanager
async def process(*arguments: str, ready: str) -> AsyncGenerator[str]:
    """A process of ours, from its ready line to its orderly end."""
    work = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=subprocess.PIPE)
    assert work.stdout
    try:
        async with asyncio.timeout(DEADLINE):
            line = (await work.stdout.readline()).decode().strip()
        assert line.startswith(ready), line
        yield line
    finally:
        work.terminate()
        await work.wait()


def enrol(data: tuple[str, str]) -> None:
    for role, name in (("agent", "pc-1"), ("window", "3"), ("kiosk", "k1"), ("manager", "m1")):
        subprocess.run([*COMMAND, "enrol", role, name, *data], check=True, capture_output=True)


def tomorrow() -> str:
    """A business day that has not stopped giving numbers, whatever the hour this test runs at."""
    return (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).strftime("%Y-%m-%d")


@asynccontextmanager
async def hall_of(folder: Path) -> AsyncGenerator[Hall]:
    (folder / "hall.toml").write_text(HALL, "utf-8")
    data = ("--data", str(folder / "data"))
    await asyncio.to_thread(enrol, data)
    async with process(
        "caller", str(folder / "hall.toml"), *data, "--port", "0", ready="caller ready"
    ) as line:
        hall = Hall(folder, line.split()[-1])
        async with hall.evaluator, hall.pad, hall.sign:
            agent = ("agent", str(folder / "hall.toml"), *data, "--url", hall.url, *hall.ports)
            async with process(*agent, ready="agent ready pc-1"):
                yield hall


async def states(client: Client, **wanted: str) -> dict[str, Any]:
    """Wait until the supervise view has these states of devices."""
    async with asyncio.timeout(DEADLINE):
        while True:
            devices = client.views.get("supervise", {}).get("devices", {})
            if all(devices.get(name, {}).get("state") == state for name, state in wanted.items()):
                return devices
            await asyncio.sleep(0.02)


def test_a_visit_by_keypads_alone_and_a_device_unplugged_on_the_way(tmp_path: Path) -> None:
    async def scene() -> None:
        async with hall_of(tmp_path) as hall:
            manager = hall.client("manager", "m1", ["supervise", "window/3"])
            window, kiosk = hall.client("window", "3", ["window/3"]), hall.client("kiosk", "k1", [])
            async with manager, window, kiosk:
                await manager.send(OpenDay(tomorrow()))
                number = (await kiosk.send(TakeTicket(["i1"])))["number"]
                await window.send(OpenWindow("3", "王芳"))
                await states(manager, e3="ready", pad3="ready", s3="ready", s4="offline")
                await within(hall.pad.shows("等候1"))
                hall.pad.press("next")
                await within(hall.sign.shows(number))
                await unplugged_and_back(hall, manager)
                hall.pad.press("start")
                await within(hall.pad.shows("办理"))
                hall.pad.press("finish")
                await within(hall.evaluator.shown("prompt"))
                hall.evaluator.press("level-4")
                await within(hall.evaluator.shown("thanks"))
                await rated(manager, 4)

    asyncio.run(scene())


async def rated(manager: Client, level: int) -> None:
    """The keypad's thanks may be quicker than the manager's view."""
    async with asyncio.timeout(DEADLINE):
        while manager.views["window/3"].get("rated", {}).get("level") != level:  # noqa: ASYNC110 - a dict tells nobody
            await asyncio.sleep(0.02)


async def unplugged_and_back(hall: Hall, manager: Client) -> None:
    """The sign is pulled while a call stands; the calling goes on, the table becomes right. How soon: tests/speed."""
    hall.sign.cable.unplug()
    hall.sign.power_cycle()
    await states(manager, s3="offline")
    hall.pad.press("recall")
    hall.sign.cable.plug()
    await states(manager, s3="ready")
    await within(hall.sign.shows("A001"))


def test_the_table_lists_every_device_of_the_hall(tmp_path: Path) -> None:
    from config.reading.reader import read

    (tmp_path / "hall.toml").write_text(HALL, "utf-8")
    settings = read(tmp_path / "hall.toml")
    known = {"e3": {"state": "unknown", "detail": "设备无应答 / no answer", "since": 1_772_415_000_000_000}}
    lines = table(settings, known).splitlines()
    assert len(lines) == 1 + len(settings.devices)
    assert "状态未知 state unknown" in lines[1]
    assert "03-02" in lines[1]
    assert all("not reported" in line for line in lines[2:])


def test_a_devices_own_words_move_no_cursor_of_the_table() -> None:
    from config.reading.reader import HALLS, read

    settings = read(HALLS / "village.toml")
    states = {device.name: {"state": "error", "detail": "\x1b[2J\r\u202eok"} for device in settings.devices}
    shown = table(settings, states)
    assert not {"\x1b", "\r", "\u202e"} & set(shown)
    assert len(shown.splitlines()) == 1 + len(settings.devices)
    assert "\\x1b[2J" in shown


def test_a_kiosks_printer_is_listed_under_the_kiosk() -> None:
    from config.reading.reader import HALLS, read

    printer, evaluator = table(read(HALLS / "village.toml"), {}).splitlines()[1:3]
    assert "k1" in printer.split()
    assert "pc-1" not in printer
    assert "pc-1" in evaluator


def test_the_table_without_a_caller_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "hall.toml").write_text(HALL, "utf-8")
    nobody = ["--caller", "ws://127.0.0.1:9", "--data", str(tmp_path), "--token", "x" * 20]
    command = [*COMMAND, "devices", str(tmp_path / "hall.toml"), *nobody]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.count("没有应答") == 1, result.stderr
    assert "请确认 hallcall caller 正在运行" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["agent", "--name", "pc-9"], "no device of this PC"),
        (["agent", "--port", "e9=serial:///dev/x"], "no such device"),
        (["agent", "--port", "e3=COM0"], "not a port"),
        (["agent", "--port", "nonsense"], "NAME=PORT"),
        (["device test", "e9"], "no device e9"),
    ],
)
def test_bad_input_says_what_to_do_and_exits_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "hall.toml").write_text(HALL, "utf-8")
    command, *rest = arguments
    data = ["--data", str(tmp_path / "data")] if command == "agent" else []
    result = subprocess.run(
        [*COMMAND, *command.split(), str(tmp_path / "hall.toml"), *rest, *data],
        capture_output=True,
        text=True,
        timeout=60,  # one that waits for something, as an agent without a token does, is no answer
    )
    assert result.returncode == 2, result.stderr
    assert words in result.stderr
