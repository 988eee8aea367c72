"""What a trainer types to the twins: every word does what it says, every other is answered with those that do."""

import asyncio
import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devices.profiles.profile_reader import find
from devices.simulators import typed_commands as words
from devices.simulators.displays import SimulatedCallKeypad
from devices.simulators.keypad import SimulatedKeypad
from devices.simulators.printer import PrinterModel
from devices.simulators.printer_ports import TcpPrinter
from devices.simulators.pty_cable import Cable
from devices.simulators.reader import SimulatedCardReader, SimulatedScanner
from devices.simulators.typed_commands import to_printer
from tests.devices.test_hall import HALL

DEADLINE = 60.0  # seconds, on a machine that is busy with other things
WITHOUT_DEVICES = HALL.partition("[[device]]")[0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("unplug", "已拔出"), ("plug", "已插入"), ("silent on", "好"), ("babble off", "好"), ("slow 20", "好"), ("cut 3", "好"),
        ("5", "好"), ("slow far", "应是数字"), ("cut", "应是数字"), ("plug in", "没有这个键"), ("9", "没有这个键"), ("", "没有这个键"),
    ],
)  # fmt: skip
def test_a_keypad_answers_each_line(tmp_path: Path, typed: str, said: str) -> None:
    assert said in with_keypad(tmp_path, typed)


def with_keypad(folder: Path, typed: str) -> str:
    async def scene() -> str:
        async with SimulatedKeypad(find("evaluator-sum5"), folder / "e") as twin:
            return words.to_keypad(twin, typed)

    return asyncio.run(scene())


def test_what_no_key_is_called_is_answered_with_those_there_are(tmp_path: Path) -> None:
    answer = with_keypad(tmp_path, "next")
    assert ", 5, " in answer
    assert "unplug" in answer
    assert "recall" not in answer


def test_knobs_turn_and_digits_are_pressed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with SimulatedCallKeypad(find("pad-sum8"), tmp_path / "p") as pad:
            for line in ("silent on", "slow 20", "lose 0.5", "cut 7", "digits 12"):
                assert words.to_keypad(pad, line) == words.DONE
            faults = pad.cable.faults
            assert (faults.silent, faults.slow_ms, faults.lose, faults.cut_after) == (True, 20, 0.5, 7)
            assert "digits N" in words.to_keypad(pad, "digits x")
            words.to_keypad(pad, "silent off")
            assert not faults.silent

    asyncio.run(scene())


def test_a_card_is_laid_and_taken_and_a_code_scanned(tmp_path: Path) -> None:
    async def scene() -> None:
        async with SimulatedCardReader(tmp_path / "c") as cards, SimulatedScanner(tmp_path / "s") as scanner:
            assert [words.to_cards(cards, line) for line in ("王小明 7 1950", "take")] == [words.DONE] * 2
            assert "NAME" in words.to_cards(cards, "王小明 七")
            assert words.to_scanner(scanner, "A1B2") == words.DONE
            assert "unplug" in words.to_scanner(scanner, "")
            assert "已拔出" in words.to_scanner(scanner, "unplug")
            assert not scanner.cable.plugged

    asyncio.run(scene())


def test_elsewhere_is_another_port_under_the_same_name(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Cable(tmp_path / "tty", lambda _: None) as cable:
            before = cable.socket
            cable.unplug()
            assert not cable.name.is_symlink()
            words.to_cable(cable, "plug elsewhere")
            assert str(cable.name.readlink()) == cable.socket != before

    asyncio.run(scene())


def test_a_printer_off_the_network_cannot_be_reached_and_comes_back_under_its_address() -> None:
    with TcpPrinter(PrinterModel(pictures=False)) as twin:
        peer = socket.create_connection((twin.host, twin.number), DEADLINE)
        assert "已拔出" in to_printer(twin, "unplug\n")
        with peer:
            assert peer.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((twin.host, twin.number), DEADLINE)
        assert "缺纸" in to_printer(twin, "paper out")
        for line in ("plug", "plug"):
            assert twin.port in to_printer(twin, line)
        with socket.create_connection((twin.host, twin.number), DEADLINE) as again:
            again.sendall(b"\x10\x04\x04")
            assert again.recv(1) == b"\x7e", "still out of paper"


def hall(folder: Path, devices: str, *words: str) -> subprocess.Popen[str]:
    (folder / "hall.toml").write_text(f"{WITHOUT_DEVICES}{devices}", "utf-8")
    command = [sys.executable, "-m", "caller.cli", "simulated", "hall", str(folder / "hall.toml"), *words]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def device(name: str, kind: str, port: str, more: str = "") -> str:
    return f'[[device]]\nname = "{name}"\nkind = "{kind}"\nport = "{port}"\n{more}\n'


def test_a_hall_of_twins_obeys_by_name(tmp_path: Path) -> None:
    devices = device("e1", "evaluator", f"serial://{tmp_path}/e1", 'window = "3"')
    with hall(tmp_path, devices + device("codes", "reader", f"serial://{tmp_path}/codes")) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "simulated hall ready e1 codes\n"
        said: list[dict[str, object]] = []
        for line in ("e1 unplug", "e2 unplug"):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            said.append(json.loads(process.stdout.readline()))
        process.terminate()
        assert process.wait(DEADLINE) == 0
    assert said[0]["device"] == "e1"
    assert "已拔出" in str(said[0]["answer"])
    assert "e1 codes" in str(said[1]["answer"])
    assert not (tmp_path / "codes").is_symlink(), "pulled at the end"


@pytest.mark.parametrize(
    "wrong", [device("p9", "printer", "usb://04b8:0e15"), device("s9", "sign", "tcp://10.0.0.9:4001")]
)
def test_a_port_where_no_twin_can_stand_is_said(tmp_path: Path, wrong: str) -> None:
    process = hall(tmp_path, device("codes", "reader", f"serial://{tmp_path}/codes") + wrong)
    _, complaint = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert "9:" in complaint
    assert "serial:///PATH" in complaint
    assert "Traceback" not in complaint


IN_FRONT = """
import fcntl, subprocess, sys, termios
from config.process.running import can_be_watched
if len(sys.argv) == 1:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
print(can_be_watched(sys.stdin), flush=True)
if len(sys.argv) == 1:
    subprocess.run([sys.executable, "-c", sys.orig_argv[2], "behind"], process_group=0)
"""


def test_a_terminal_is_read_only_from_its_front() -> None:
    """In the background the first key typed to the shell would stop the whole process."""
    near, far = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", IN_FRONT], stdin=far, stdout=subprocess.PIPE, start_new_session=True, text=True,
            timeout=DEADLINE, check=True,
        )  # fmt: skip
    finally:
        os.close(near)
        os.close(far)
    assert done.stdout.split() == ["True", "False"]
