"""`hallcall simulated printer`: a printer to train and test with, on TCP or a serial pty.

Its faults are options at the start and words typed while it runs, so a trainer can open the cover or let the
paper run out under a colleague's hands.
"""

import errno
import sys
import threading
from pathlib import Path

import click

from devices.simulators.hall import SPEED
from devices.simulators.printer import PrinterFaults, PrinterModel
from devices.simulators.printer_ports import SerialPrinter, TcpPrinter, WhenBusy
from devices.simulators.typed_commands import to_printer


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9100,
    show_default=True,
    help="TCP 端口，0 为任意 / TCP port",
)
@click.option("--serial", is_flag=True, help="改用串口（pty）/ a serial pty instead")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="打印结果的文件夹 / keeps bytes and pictures here",
)
@click.option(
    "--width", type=click.IntRange(256, 832), default=576, show_default=True, help="打印点数 / dots"
)
@click.option("--silent", is_flag=True, help="不应答 / answers nothing")
@click.option(
    "--slow",
    type=float,
    default=SPEED,
    show_default=True,
    help="每秒点行数，0 为立即 / rows a second, 0 at once",
)
@click.option("--lines", type=int, default=None, help="剩余纸的行数 / lines of paper left")
@click.option("--near-end", is_flag=True, help="纸将尽 / paper near its end")
@click.option("--cover-open", is_flag=True, help="上盖打开 / cover open")
@click.option("--cut-after", type=int, default=None, help="收到 n 字节后断线 / cable cut after n bytes")
@click.option("--babble", type=click.FloatRange(0, 1), default=0.0, help="乱发数据的概率 / chance of noise")
@click.option("--no-receipts", is_flag=True, help="不懂 GS r / never learned GS r")
@click.option("--reports", is_flag=True, help="自行发送状态 / sends its status by itself (ASB)")
@click.option(
    "--busy",
    type=click.Choice(["queue", "refuse", "close"]),
    default="queue",
    show_default=True,
    help="打印时怎样对待第二个连接 / what a second peer meets meanwhile",
)
def printer(
    port: int,
    serial: bool,
    out: Path | None,
    width: int,
    silent: bool,
    slow: float,
    lines: int | None,
    near_end: bool,
    cover_open: bool,
    cut_after: int | None,
    babble: float,
    no_receipts: bool,
    reports: bool,
    busy: WhenBusy,
) -> None:
    """模拟热敏打印机：应答状态，保存打印的字节和图片 / a simulated ESC/POS printer."""
    faults = PrinterFaults(
        silent, slow, lines, near_end, cover_open, True, cut_after, babble, not no_receipts
    )
    faults.reports = reports
    model = PrinterModel(width, faults, out)
    try:
        line = SerialPrinter(model) if serial else TcpPrinter(model, port, busy=busy)
    except OSError as error:
        click.echo(_no_port(port, error), err=True)
        sys.exit(2)
    with line:
        click.echo(f"printer ready {line.port}")
        _typed(line)


_WHY = {
    errno.EADDRINUSE: (
        "已被占用，可能另一台模拟打印机在运行",
        "is in use, perhaps by another simulated printer",
    ),
    errno.EACCES: ("只有管理员能用", "is for the administrator only"),
}


def _no_port(port: int, error: OSError) -> str:
    """Return which port, why as far as it is known, and what to do."""
    zh, en = _WHY.get(error.errno or 0, ("不能使用", "cannot be used"))
    return (
        f"端口 {port} {zh}。请停掉占用的程序，或换一个端口：--port 0 为任意空闲端口。\n"
        f"Port {port} {en}. Stop the other program, or choose another port: --port 0 takes any free one."
    )


def _typed(line: TcpPrinter | SerialPrinter) -> None:
    """Obey typed words; without a terminal go on until stopped."""
    try:
        for text in sys.stdin:
            click.echo(to_printer(line, text))
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
