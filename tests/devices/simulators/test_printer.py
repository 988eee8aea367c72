"""The simulated printer against python-escpos, which knows nothing of ours, and against its own faults."""

import errno
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from escpos.printer import Network, Serial
from PIL import Image

from config.paper.document import Cut, QrCode, TextLine
from devices.cli.simulated_printer import _no_port, printer
from devices.printer import encode, fonts
from devices.simulators import printer as simulated
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import SerialPrinter, TcpPrinter
from devices.simulators.typed_commands import obey

JOB = encode(
    (TextLine("市民服务中心", 2, "center"), TextLine("A042", 4), QrCode("https://hall.example/t/1"), Cut()),
    384,
    "text",
)

PATIENCE = 30  # seconds for what takes milliseconds
READ_SECONDS = 3  # that python-escpos waits for sixteen bytes of a status, which has one


@pytest.mark.parametrize(
    ("faults", "online", "paper"),
    [
        (PrinterFaults(), True, 2),
        (PrinterFaults(near_end=True), True, 1),
        (PrinterFaults(lines=0), False, 0),
        (PrinterFaults(cover_open=True), False, 2),
    ],
)
def test_python_escpos_reads_its_status(faults: PrinterFaults, online: bool, paper: int) -> None:
    with TcpPrinter(PrinterModel(faults=faults)) as twin:
        other = Network(twin.host, twin.number, timeout=PATIENCE)
        assert (other.is_online(), other.paper_status()) == (online, paper)
        other.close()


def test_python_escpos_prints_on_its_serial_line() -> None:
    with SerialPrinter(PrinterModel()) as twin:
        other = Serial(twin.path, timeout=READ_SECONDS, dsrdtr=False)
        other.open()
        assert other.is_online()
        other.text("A042\n")
        other.cut()
        assert other.is_online()
        other.close()
        _until(lambda: twin.model.cuts == 1)


def _until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_each_cut_is_one_picture_and_its_bytes(tmp_path: Path) -> None:
    model = PrinterModel(width=384, folder=tmp_path)
    model.feed(JOB + JOB)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "slip-0001.bin", "slip-0001.png", "slip-0002.bin", "slip-0002.png",
    ]  # fmt: skip
    assert (tmp_path / "slip-0001.bin").read_bytes() == JOB
    assert Image.open(tmp_path / "slip-0002.png").tobytes() == model.picture().tobytes()


def test_a_printer_started_again_keeps_the_mornings_papers(tmp_path: Path) -> None:
    PrinterModel(width=384, folder=tmp_path).feed(JOB + JOB)
    (tmp_path / "slip-0001.png").unlink()
    (tmp_path / "notes.txt").write_text("ours", "utf-8")
    again = PrinterModel(width=384, folder=tmp_path)
    again.feed(b"\x1b@A043\n\x1dVB\x00")
    assert {path.name for path in tmp_path.glob("*.bin")} == {f"slip-000{number}.bin" for number in (1, 2, 3)}
    assert (tmp_path / "slip-0001.bin").read_bytes() == JOB


def test_of_very_many_papers_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "FILES_MAX", 2)
    (tmp_path / "slip-9998.bin").write_bytes(b"the morning's")
    PrinterModel(width=384, folder=tmp_path).feed(JOB * 3)
    assert {path.name for path in tmp_path.glob("*.bin")} == {"slip-10000.bin", "slip-10001.bin"}


def test_it_keeps_the_same_paper_however_the_bytes_arrive() -> None:
    whole, single = PrinterModel(width=384), PrinterModel(width=384)
    whole.feed(JOB)
    for byte in JOB:
        single.feed(bytes([byte]))
    assert single.picture().tobytes() == whole.picture().tobytes()
    assert single.slips == whole.slips == [JOB]


@pytest.mark.skipif(not fonts.found(), reason="no hanzi font: apt install fonts-noto-cjk")
def test_letters_are_magnified_and_put_where_they_belong() -> None:
    model = PrinterModel(width=384)
    model.feed(b"\x1b@A\n\x1d!\x33A\n\x1ba\x02A\n\x1dVB\x00")
    picture = model.picture().convert("L").point([255] + [0] * 255)
    small, large = picture.crop((0, 32, 448, 66)).getbbox(), picture.crop((0, 66, 448, 184)).getbbox()
    assert small is not None
    assert large is not None
    assert 3.5 < (large[2] - large[0]) / (small[2] - small[0]) < 4.5
    right = picture.crop((0, 184, 448, 302)).getbbox()
    assert right is not None
    assert right[0] > 300


def test_paper_put_in_goes_on_where_it_stopped() -> None:
    model = PrinterModel(faults=PrinterFaults(lines=2))
    model.feed(JOB)
    assert model.cuts == 0
    assert model.torn() is not None
    model.refill()
    model.feed(b"")
    assert model.cuts == 1


def test_a_slow_one_answers_while_it_prints() -> None:
    with TcpPrinter(PrinterModel(width=384, faults=PrinterFaults(rows_per_second=50))) as twin:
        other = Network(twin.host, twin.number, timeout=PATIENCE)
        other._raw(JOB)
        assert other.is_online()
        assert twin.model.cuts == 0
        other.close()


def test_noise_from_the_line_does_no_harm() -> None:
    model, noise = PrinterModel(width=384, pictures=False), random.Random(7)
    for _ in range(200):
        model.feed(noise.randbytes(512))
    model.feed(b"\n" * 70_000 + b"\x1b@" + JOB)
    assert model.slips[-1].endswith(JOB)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("cover open", "上盖"), ("paper out", "缺纸"), ("paper low", "纸将用完"), ("paper in", "正常"), ("knife stuck", "故障"),
        ("paper many", "数字"), ("hello", "可以输入"), ("hello you", "可以输入"),
        ("cover shut", "可以输入"), ("knife okay", "可以输入"), ("knife ok", "正常"), ("paper 20", "正常"), ("silent on", "正常"), ("speed 400", "正常"), ("babble off", "正常"),
    ],
)  # fmt: skip
def test_a_trainer_types_what_goes_wrong(typed: str, said: str) -> None:
    assert said in obey(PrinterModel(), typed)


@pytest.fixture
def command(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    code = "from devices.cli.simulated_printer import printer; printer()"
    words = [sys.executable, "-c", code, "--port", "0", "--slow", "0", "--out", str(tmp_path)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        yield process
        process.kill()


def test_the_command_says_where_it_listens_and_prints(
    command: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert command.stdout is not None
    assert command.stdin is not None
    ready = command.stdout.readline().split()
    assert ready[:2] == ["printer", "ready"]
    other = Network("127.0.0.1", int(ready[2].rpartition(":")[2]), timeout=PATIENCE)
    other._raw(JOB)
    assert other.is_online()
    _until((tmp_path / "slip-0001.bin").exists)
    command.stdin.write("cover open\n")
    assert "上盖" in command.stdout.readline()
    assert not other.is_online()
    other.close()


def test_a_port_in_use_is_said_plainly() -> None:
    with TcpPrinter(PrinterModel()) as twin:
        result = CliRunner().invoke(printer, ["--port", str(twin.number)])
    assert result.exit_code == 2
    assert f"端口 {twin.number} 已被占用" in result.output
    assert "--port 0" in result.output.splitlines()[1]
    assert "Errno" not in result.output


def test_a_reserved_port_and_an_odd_fault_have_their_words_too() -> None:
    assert "管理员" in _no_port(80, PermissionError(errno.EACCES, "Permission denied"))
    assert "cannot be used" in _no_port(9100, OSError(errno.ENOBUFS, "No buffer space"))
