"""An open line to a printer: bytes out, bytes back, and never without a limit.

python-escpos opens the device and moves the bytes; the waiting is ours, because its own is not to be
trusted: TCP waits 60 s, a serial query its whole time-out, USB for ever, closing a serial port until
somebody reads. A fault while opening is `Unreachable` (nothing was sent), one later is `LineLost`.
"""

import errno
import os
import select
import socket
import stat
import subprocess
import termios
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from devices.printer.port_url import PrinterPort

CONNECT_SECONDS = 2.0  # on a hall's own network a printer answers in milliseconds
WRITE_SECONDS = 5.0  # without progress for so long nobody reads; more than a printer's longest pause to cool
PIECE_BYTES = 4096  # written at once; smaller than every interface's own memory
SPOOL_SECONDS = 5.0  # CUPS is on this PC; its answer is a file or a local socket away
USB_OUT, USB_IN = 0x01, 0x82

UNREACHED = "连不上，请检查电源、线缆和地址 / no connection: check power, cable and address"
BROKEN = "线路断了，请检查电源和线缆 / the line broke: check power and cable"
NOT_TAKEN = "打印机不再接收数据 / the printer takes no more bytes"


class Unreachable(OSError):
    """The device could not be opened: refused, unplugged or held by another program."""


class LineLost(OSError):
    """The line broke or stood still after it was opened."""


class Stalled(LineLost):
    """The line stands, but nobody takes our bytes, or what comes back is noise."""


class Transport(Protocol):
    """An open line. `answers` is false where nothing can ever come back."""

    answers: bool
    keeps: bool  # stays open between slips

    def write(self, piece: bytes) -> None: ...
    def read(self, seconds: float) -> bytes:
        """What has arrived, or b"" after so many seconds."""
        ...

    def close(self) -> None: ...


def connect(port: PrinterPort) -> Transport:
    """Opens the line within `CONNECT_SECONDS` or raises `Unreachable`."""
    try:
        return _WIRES[port.kind](port)
    except Unreachable:
        raise
    except Exception as error:  # python-escpos, pyserial and pyusb each have their own
        raise Unreachable(f"{UNREACHED} ({_one_line(error)})") from error


def _broken(error: BaseException) -> LineLost:
    return LineLost(f"{BROKEN} ({_one_line(error)})")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class TcpTransport:
    """A network printer. Opened anew for each use: many serve one peer at a time, and a line kept open is
    one whose end nobody notices (the first write after it "succeeds")."""

    answers, keeps = True, False

    def __init__(self, port: PrinterPort) -> None:
        from escpos.printer import Network

        self._printer: Any = Network(port.host, port.number, timeout=CONNECT_SECONDS)
        self._printer.open()
        self._socket: socket.socket = self._printer.device
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, piece: bytes) -> None:
        self._socket.settimeout(WRITE_SECONDS)
        try:
            self._printer._raw(piece)
        except TimeoutError as error:
            raise Stalled(NOT_TAKEN) from error
        except OSError as error:
            raise _broken(error) from error

    def read(self, seconds: float) -> bytes:
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._printer._read()
        except TimeoutError:
            return b""
        except OSError as error:
            raise _broken(error) from error
        if not data:
            raise LineLost("打印机断开了连接 / the printer closed the connection")
        return data

    def close(self) -> None:
        self._printer.close()


# pyserial lets the terminal's own error through, and a TypeError where the port was closed meanwhile
_SERIAL_ERRORS = (OSError, termios.error, TypeError)


class SerialTransport:
    """A serial printer; held open and exclusively, because opening resets some printers."""

    answers, keeps = True, True

    def __init__(self, port: PrinterPort) -> None:
        from escpos.printer import Serial

        flow = port.options.get("flow", "")
        self._printer: Any = Serial(
            port.path, port.number, timeout=0, xonxoff=flow == "xon", dsrdtr=flow == "dtr"
        )
        self._printer.open()
        self._line: Any = self._printer.device
        self._printer.close = partial(_close_serial, self._line)  # its own would drain, and wait for ever
        self._line.rtscts = flow == "rts"
        self._line.write_timeout = WRITE_SECONDS + PIECE_BYTES * port.seconds_per_byte
        self._line.exclusive = True

    def write(self, piece: bytes) -> None:
        try:
            self._printer._raw(piece)
        except _SERIAL_ERRORS as error:
            late = type(error).__name__ == "SerialTimeoutException"
            raise Stalled(NOT_TAKEN) if late else _broken(error) from error

    def read(self, seconds: float) -> bytes:
        try:
            self._line.timeout = seconds
            first = self._line.read(1)
            return first + self._line.read(self._line.in_waiting) if first else b""
        except _SERIAL_ERRORS as error:
            raise _broken(error) from error

    def close(self) -> None:
        self._printer.close()


def _close_serial(line: Any) -> None:
    """Throws away what nobody read."""
    with suppress(*_SERIAL_ERRORS):
        line.reset_output_buffer()
    with suppress(*_SERIAL_ERRORS):
        line.close()


class UsbTransport:
    """A USB printer by vendor and product, through pyusb (an extra: `pip install pyusb`)."""

    answers, keeps = True, True

    def __init__(self, port: PrinterPort) -> None:
        from escpos.printer import Usb

        if not Usb.is_usable():
            raise Unreachable("USB 打印机需要 pyusb:pip install pyusb / USB printers need pyusb")
        vendor, product = (int(part, 16) for part in port.host.split(":"))
        ends: dict[str, Any] = {name: int(port.options.get(name, default), 16) for name, default in _USB_ENDS}
        self._printer: Any = Usb(vendor, product, timeout=round(WRITE_SECONDS * 1000), **ends)
        self._printer.open()

    def write(self, piece: bytes) -> None:
        try:
            self._printer._raw(piece)
        except OSError as error:  # USBError is an OSError
            raise Stalled(NOT_TAKEN) if _is_late(error) else _broken(error) from error

    def read(self, seconds: float) -> bytes:
        try:
            return bytes(self._printer.device.read(self._printer.in_ep, 64, max(1, round(seconds * 1000))))
        except OSError as error:
            if _is_late(error):
                return b""
            raise _broken(error) from error

    def close(self) -> None:
        self._printer.close()


def _is_late(error: OSError) -> bool:
    """pyusb's own time-out error, by whichever of its back-ends."""
    return error.errno == errno.ETIMEDOUT or type(error).__name__ == "USBTimeoutError"


_USB_ENDS = (("out_ep", hex(USB_OUT)), ("in_ep", hex(USB_IN)))


class FileTransport:
    """A file that collects slips, or a device node such as /dev/usb/lp0, which answers.

    Appends, where python-escpos would empty the file before each slip.
    """

    keeps = False

    def __init__(self, port: PrinterPort) -> None:
        from escpos.printer import File

        node = Path(port.path)
        self.answers = node.exists() and stat.S_ISCHR(node.stat().st_mode)
        flags = os.O_RDWR if self.answers else os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._fd = os.open(node, flags | os.O_NONBLOCK | os.O_NOCTTY, 0o644)
        self._printer: Any = File(port.path)
        self._printer.device = os.fdopen(self._fd, "r+b" if self.answers else "ab", buffering=0)

    def write(self, piece: bytes) -> None:
        end = time.monotonic() + WRITE_SECONDS
        left = memoryview(piece)
        while left:
            if not select.select([], [self._fd], [], max(0.0, end - time.monotonic()))[1]:
                raise Stalled(NOT_TAKEN)
            try:
                left = left[os.write(self._fd, left) :]
            except OSError as error:
                raise _broken(error) from error

    def read(self, seconds: float) -> bytes:
        if not self.answers or not select.select([self._fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._fd, 64)
        except OSError as error:
            raise _broken(error) from error

    def close(self) -> None:
        if not self.answers:
            os.fsync(self._fd)
        self._printer.close()


class CupsTransport:
    """A CUPS queue through `lp`. The spooler takes the job and tells nothing about the paper."""

    answers, keeps = False, False

    def __init__(self, port: PrinterPort) -> None:
        self._queue = port.host
        self._job = bytearray()
        shown = _run(["lpstat", "-p", self._queue])
        if shown.returncode or b"disabled" in shown.stdout:
            raise Unreachable((shown.stdout + shown.stderr).decode(errors="replace").strip() or self._queue)

    def write(self, piece: bytes) -> None:
        self._job += piece

    def read(self, seconds: float) -> bytes:  # noqa: ARG002 - nothing ever comes
        return b""

    def close(self) -> None:
        if not self._job:
            return
        handed = _run(["lp", "-d", self._queue, "-t", "hallcall", "-o", "raw"], bytes(self._job))
        self._job.clear()
        if handed.returncode:
            raise LineLost(handed.stderr.decode(errors="replace").strip())


def _run(command: list[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"LC_ALL": "C"}
    return subprocess.run(
        command, input=data, capture_output=True, timeout=SPOOL_SECONDS, env=environment, check=False
    )


_WIRES = {
    "tcp": TcpTransport,
    "serial": SerialTransport,
    "usb": UsbTransport,
    "file": FileTransport,
    "cups": CupsTransport,
}
