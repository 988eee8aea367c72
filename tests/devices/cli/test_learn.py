"""`hallcall device test|learn` and the simulated twins, as processes a technician starts."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devices.cli.device import describe, same_bytes
from devices.profiles.profile_reader import find, names
from devices.protocols.check_search import guess_all
from devices.simulators.keypad import SimulatedKeypad
from tests.devices.test_docs import printed
from tests.devices.test_hall import HALL
from tests.instruments.device_bench import DEADLINE

COMMAND = [sys.executable, "-m", "caller.cli"]


def test_learning_shows_raw_frames_and_the_check_that_fits(tmp_path: Path) -> None:
    async def scene() -> None:
        async with SimulatedKeypad(find("evaluator-sum5"), tmp_path / "tty") as keypad:
            work = await asyncio.create_subprocess_exec(
                *COMMAND, "device", "learn", str(tmp_path / "tty"), "--seconds", "600", stdout=subprocess.PIPE
            )
            assert work.stdout
            async with asyncio.timeout(DEADLINE):
                assert "port open" in (await work.stdout.readline()).decode()
                keypad.press("level-5")
                first = (await work.stdout.readline()).decode()
                keypad.press("level-1")
                second = (await work.stdout.readline()).decode()
                work.send_signal(signal.SIGINT)
                rest = (await work.stdout.read()).decode()
            assert "AA 01 05 00 B0" in first
            assert "sum8 from 0" in first
            assert "AA 01 01 00 AC" in second
            assert "AA 01 .. 00 .." in rest
            assert "checks that fit all frames: sum8 from 0 {check}" in rest
            assert await work.wait() == 0

    asyncio.run(scene())


def test_a_port_that_stays_away_is_told_once(tmp_path: Path) -> None:
    gone = ["device", "learn", str(tmp_path / "nothing"), "--seconds", "2.5"]
    work = subprocess.run([*COMMAND, *gone], capture_output=True, text=True, timeout=DEADLINE * 4)
    assert work.stdout.splitlines() == ["设备未插入 / not plugged in"]


CHECKED = {  # what a technician must read to write each profile again
    "evaluator-sum5": "sum8 from 0 {check}",
    "evaluator-crc": "crc16 (Modbus) from 2 {check:2le}",
    "evaluator-xor": "xor8 from 1 {check} 03",
    "evaluator-nmea": "xor8 from 1 leaves_out 1 {check:2x} 0D 0A",
    "pad-sum8": "sum8 from 2 {check}",
    "sign-modbus": "crc16 (Modbus) from 0 {check:2le}",
}


def test_every_shipped_profile_that_hears_checked_frames_is_held_to_its_check() -> None:
    shipped = {name: find(name) for name in names()}
    assert {name for name, each in shipped.items() if each.keys and each.check.kind != "none"} == set(CHECKED)


@pytest.mark.parametrize("name", CHECKED)
def test_learning_names_the_check_of_every_key(name: str) -> None:
    profile = find(name)
    frames = [profile.press_key(key, 1) for key in profile.meanings()]
    for frame in frames:
        assert CHECKED[name] in describe(1, frame).split("check: ")[1].split("，")
    assert guess_all(frames)[0] == CHECKED[name]


def test_learning_names_the_check_of_the_pages_own_keypad() -> None:
    frames = [printed("按“非常满意”："), printed("按“非常不满意”：")]
    assert guess_all(frames) == ["crc16 poly 0x1021 init 0xFFFF from 2 {check:2} ED"]


def test_a_captured_frame_on_one_line() -> None:
    assert "$PJ01,5.." in describe(1, b"$PJ01,5\r\n")
    assert same_bytes([b"\x01\x02", b"\x01\x03"]) == "01 .."
    assert same_bytes([b"\x01"]) == ""


def test_a_device_test_lights_the_keypad_and_says_its_state(tmp_path: Path) -> None:
    (tmp_path / "hall.toml").write_text(HALL, "utf-8")

    async def scene(silent: bool) -> tuple[int, str]:
        async with SimulatedKeypad(find("evaluator-crc"), tmp_path / "tty") as keypad:
            keypad.cable.faults.silent = silent
            words = (
                "device",
                "test",
                str(tmp_path / "hall.toml"),
                "e3",
                "--port",
                f"e3=serial://{tmp_path}/tty",
            )
            work = await asyncio.create_subprocess_exec(
                *COMMAND, *words, "--seconds", "600", stdout=subprocess.PIPE
            )
            assert work.stdout
            async with asyncio.timeout(DEADLINE):
                await keypad.shown("prompt")
                if not silent:
                    await work.stdout.readuntil(b"|")  # a frame of the keypad's
                work.send_signal(signal.SIGINT)
                out = await work.stdout.read()
            return await work.wait(), out.decode()

    assert "e3: ready" in asyncio.run(scene(False))[1]
    code, out = asyncio.run(scene(True))
    assert code == 1
    assert "e3: unknown" in out


def test_a_simulated_keypad_obeys_what_is_typed(tmp_path: Path) -> None:
    async def scene() -> None:
        from tests.devices.ports.test_serial_link import Probe

        arguments = ("simulated", "keypad", "--link", str(tmp_path / "tty"))
        work = await asyncio.create_subprocess_exec(
            *COMMAND, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert work.stdin
        assert work.stdout
        async with asyncio.timeout(DEADLINE):
            assert "ready serial://" in (await work.stdout.readline()).decode()
            probe = Probe(f"serial://{tmp_path}/tty")
            running = asyncio.create_task(probe.link.run())
            await probe.until(lambda: probe.is_("open"))
            work.stdin.write(b"5\n")
            await probe.until(lambda: probe.heard == find("evaluator-sum5").press("level-5", 1))
            probe.link.write(find("evaluator-sum5").frame("prompt", 1))
            assert b'"shown": "prompt"' in await work.stdout.readline()
            work.stdin.write(b"unplug\n")
            await probe.until(lambda: probe.is_("lost"))
            work.stdin.write(b"plug\n")
            await probe.until(lambda: probe.is_("open"))
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        work.terminate()
        await work.wait()

    asyncio.run(scene())


def test_a_printer_is_tested_with_a_paper_of_its_own(tmp_path: Path) -> None:
    from devices.simulators.printer import PrinterModel
    from devices.simulators.printer_ports import TcpPrinter

    model = PrinterModel()
    with TcpPrinter(model) as printer:
        device = f'[[device]]\nname = "p1"\nkind = "printer"\nport = "{printer.port}"\n'
        (tmp_path / "hall.toml").write_text(HALL + device, "utf-8")
        command = [*COMMAND, "device", "test", str(tmp_path / "hall.toml"), "p1"]
        good = subprocess.run(command, capture_output=True, text=True)
        assert (good.returncode, "printed" in good.stdout) == (0, True), good.stdout + good.stderr
        model.faults.cover_open = True
        bad = subprocess.run(command, capture_output=True, text=True)
        assert (bad.returncode, "cover-open" in bad.stdout) == (1, True)


def test_a_twin_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    command = [*COMMAND, "simulated", "keypad", "--link", str(tmp_path / "notes")]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 2
    assert (tmp_path / "notes").read_text() == "mine"
