"""A device behind a serial server: its twin stands on a TCP port, with every knob of a cable."""

import asyncio
import socket
import subprocess
from pathlib import Path

import pytest

from devices.profiles.profile_reader import find
from devices.simulators.keypad import SimulatedKeypad
from devices.simulators.serial_server import on_network
from tests.devices.simulators.test_typed_commands import WITHOUT_DEVICES, device
from tests.devices.test_hall import COMMAND, Hall, enrol, process, states
from tests.instruments.caller_fixture import kept_port
from tests.instruments.device_bench import DEADLINE, within

TYPED = (("unplug", "offline"), ("plug elsewhere", "ready"), ("silent on", "unknown"))


def test_an_agent_sees_what_is_typed_to_a_twin_on_the_network(tmp_path: Path) -> None:
    more = 'window = "3"\nprofile = "evaluator-crc"'
    keypad = device("e3", "evaluator", f"tcp://127.0.0.1:{kept_port()}", more)
    (tmp_path / "hall.toml").write_text(WITHOUT_DEVICES + keypad, "utf-8")
    hall, data = str(tmp_path / "hall.toml"), ("--data", str(tmp_path / "data"))

    async def scene() -> None:
        twins = await asyncio.create_subprocess_exec(
            *COMMAND, "simulated", "hall", hall, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert twins.stdin
        assert twins.stdout
        async with asyncio.timeout(DEADLINE * 2):
            assert await twins.stdout.readline() == b"simulated hall ready e3\n"
        async with process("caller", hall, *data, "--port", "0", ready="caller ready") as line:
            url = line.split()[-1]
            agent = process("agent", hall, *data, "--url", url, ready="agent ready pc-1")
            async with agent, Hall(tmp_path, url).client("manager", "m1", ["supervise"]) as manager:
                await states(manager, e3="ready")
                for typed, state in TYPED:
                    twins.stdin.write(f"e3 {typed}\n".encode())
                    await states(manager, e3=state)
        twins.terminate()
        assert await twins.wait() == 0

    enrol(data)
    asyncio.run(scene())


def test_a_number_somebody_listens_on_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = ["--link", str(tmp_path / "line"), "--tcp", str(other.getsockname()[1])]
        command = [*COMMAND, "simulated", "keypad", *taken]
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 2
    assert f"--tcp {taken[-1]}" in result.stderr
    assert "Traceback" not in result.stderr


def test_who_leaves_is_forgotten_and_who_comes_is_served(tmp_path: Path) -> None:
    async def scene() -> None:
        keypad = SimulatedKeypad(find("evaluator-sum5"), tmp_path / "line")
        async with keypad, on_network(keypad.cable) as where:
            for visit in (1, 2):
                reader, writer = await reached(int(where.rpartition(":")[2]))
                writer.write(keypad.profile.frame("prompt", 1))
                await keypad.shown("prompt", visit)
                keypad.press("level-5")
                assert await reader.readexactly(5) == keypad.profile.press("level-5", 1)
                writer.close()

    asyncio.run(within(scene()))


@pytest.mark.parametrize("kind", ["keypad", "pad", "sign", "reader", "reader --card"])
def test_every_twin_stands_on_the_network_when_asked(tmp_path: Path, kind: str) -> None:
    number = kept_port()
    command = [*COMMAND, "simulated", *kind.split(), "--link", str(tmp_path / "line"), "--tcp", str(number)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as twin:
        assert twin.stdout
        try:
            ready = twin.stdout.readline()
            assert ready.endswith(f"ready serial://{tmp_path}/line tcp://127.0.0.1:{number}\n")
            asyncio.run(within(knock(number)))
        finally:
            twin.terminate()


async def reached(number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The box listens a moment after it is asked to."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", number)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)


async def knock(number: int) -> None:
    _, writer = await reached(number)
    writer.close()
