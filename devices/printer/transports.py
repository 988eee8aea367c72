"""An open line to a printer: bytes out, bytes back, and never without a limit.

1. A fault while opening is `Unreachable` (nothing was sent), one later is `LineLost`.
2. Every wait is bounded: a connection, a write without progress, a read, a spooler's answer.
3. Opening creates no device node: what is not there is unreachable. Only `?plain=yes` makes an ordinary file,
   and such a file is a printer for training, not one whose paper anybody can take.
4. A network printer serves one peer after another; one that refuses or hangs up may be busy with another, which
   `Printer` waits for.
"""

import errno
import os
import select
import socket
import stat
import subprocess
import time
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

import serial

from config.device_port import DevicePort
from devices.ports.serial_link import LINE_ERRORS

CONNECT_SECONDS = 2.0  # on a hall's own network a printer answers in milliseconds
WRITE_SECONDS = 5.0  # without progress for so long nobody reads; more than a printer's longest pause to cool
PIECE_BYTES = 4096  # written at once; smaller than every interface's own memory
SPOOL_SECONDS = 5.0  # CUPS is on this PC; its answer is a file or a local socket away
READ_BYTES = 64  # answers have one byte, a count of cuts 12
USB_OUT, USB_IN = 0x01, 0x82

UNREACHED = "连不上，请检查电源、线缆和地址 / no connection: check power, cable and address"
BROKEN = "线路断了，请检查电源和线缆 / the line broke: check power and cable"
NOT_TAKEN = "打印机不再接收数据 / the printer takes no more bytes"
NO_NODE = "这不是设备文件；普通文件要写 ?plain=yes / not a device node; an ordinary file needs ?plain=yes"
NOT_PLAIN = "写了 plain=yes，却不是普通文件 / says plain=yes, but is no ordinary file"


class Unreachable(OSError):
    """The device could not be opened: refused, unplugged or held by another program."""


class Busy(Unreachable):
    """The device refuses the connection: no program listens there, or it serves another peer."""


class LineLost(OSError):
    """The line broke or stood still after it was opened."""


class Stalled(LineLost):
    """The line stands, but the device takes no bytes from us, or sends back noise."""


class Unasked(Stalled):
    """Status bytes arrived that were not asked for."""


class HungUp(LineLost):
    """The printer closed the connection, in order or by a reset."""


class Transport(Protocol):
    """An open line. `answers` is false where nothing can ever come back."""

    answers: bool
    keeps: bool  # stays open between slips

    def write(self, piece: bytes) -> None:
        """Send a piece. Raises `Stalled` where nothing is taken in time, `LineLost` where the line is gone."""
        ...

    def read(self, seconds: float) -> bytes:
        """Return what has arrived, or b"" after so many seconds. Raises `LineLost`."""
        ...

    def close(self) -> None:
        """Close the line. Raises `LineLost` where what was written is handed on only now, and is refused."""
        ...


def connect(port: DevicePort) -> Transport:
    """Open the line within `CONNECT_SECONDS`. Raises `Unreachable`."""
    try:
        return _TRANSPORTS[port.kind](port)
    except Unreachable:
        raise
    except Exception as error:  # pyserial, termios and pyusb each have their own
        raise Unreachable(f"{UNREACHED} ({_one_line(error)})") from error


def _broken(error: BaseException) -> LineLost:
    return LineLost(f"{BROKEN} ({_one_line(error)})")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class TcpTransport:
    """A network printer, which we open anew for each use.

    Many printers serve one peer at a time, and we would not notice the end of a line kept open (the first
    write after it "succeeds").

    A busy printer refuses a second peer (`Busy`), closes it at once (`HungUp`), or lets it wait unanswered.
    """

    answers, keeps = True, False

    def __init__(self, port: DevicePort) -> None:
        try:
            self._socket = socket.create_connection((port.host, port.number), CONNECT_SECONDS)
        except ConnectionRefusedError as error:
            raise Busy(f"{UNREACHED} ({_one_line(error)})") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, piece: bytes) -> None:
        self._socket.settimeout(WRITE_SECONDS)
        try:
            self._socket.sendall(piece)
        except TimeoutError as error:
            raise Stalled(NOT_TAKEN) from error
        except ConnectionError as error:
            raise HungUp(f"{BROKEN} ({_one_line(error)})") from error
        except OSError as error:
            raise _broken(error) from error

    def read(self, seconds: float) -> bytes:
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(READ_BYTES)
        except TimeoutError:
            return b""
        except ConnectionError as error:
            raise HungUp(f"{BROKEN} ({_one_line(error)})") from error
        except OSError as error:
            raise _broken(error) from error
        if not data:
            raise HungUp("打印机断开了连接 / the printer closed the connection")
        return data

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(
                socket.SHUT_RDWR
            )  # what was sent still goes out; a queued peer has its turn
        self._socket.close()


class SerialTransport:
    """A serial printer; held open and exclusively, because opening resets some printers."""

    answers, keeps = True, True

    def __init__(self, port: DevicePort) -> None:
        flow = port.options.get("flow", "")
        self._line = serial.Serial(
            port.path,
            baudrate=port.baud,
            bytesize=port.option("bits", 8),
            parity=port.options.get("parity", "N"),
            stopbits=port.option("stop", 1),
            timeout=0,
            write_timeout=WRITE_SECONDS + PIECE_BYTES * port.seconds_per_byte,
            xonxoff=flow == "xon",
            rtscts=flow == "rts",
            dsrdtr=flow == "dtr",
            exclusive=True,
        )

    def write(self, piece: bytes) -> None:
        try:
            self._line.write(piece)
        except serial.SerialTimeoutException as error:
            raise Stalled(NOT_TAKEN) from error
        except LINE_ERRORS as error:
            raise _broken(error) from error

    def read(self, seconds: float) -> bytes:
        try:
            self._line.timeout = seconds
            first = self._line.read(1)
            return first + self._line.read(self._line.in_waiting) if first else b""
        except LINE_ERRORS as error:
            raise _broken(error) from error

    def close(self) -> None:
        """Throw away what the printer has not taken: waiting for it could last for ever."""
        with suppress(*LINE_ERRORS):
            self._line.reset_output_buffer()
        with suppress(*LINE_ERRORS):
            self._line.close()


class UsbTransport:
    """A USB printer by vendor and product, through pyusb (an extra: `pip install pyusb`)."""

    answers, keeps = True, True

    def __init__(self, port: DevicePort) -> None:
        try:
            core, util = import_module("usb.core"), import_module("usb.util")
        except ImportError:
            raise Unreachable("USB 打印机需要 pyusb：pip install pyusb / USB printers need pyusb") from None
        vendor, product = (int(part, 16) for part in port.host.split(":"))
        self._device: Any = core.find(idVendor=vendor, idProduct=product)
        if self._device is None:
            raise Unreachable(f"{UNREACHED} ({port.host})")
        self._release: Any = util.dispose_resources
        self._out, self._in = (int(port.options.get(name, given), 16) for name, given in _USB_ENDS)
        with suppress(NotImplementedError, OSError):
            if self._device.is_kernel_driver_active(0):
                self._device.detach_kernel_driver(0)
        self._device.set_configuration()

    def write(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            try:
                left = left[self._device.write(self._out, left, round(WRITE_SECONDS * 1000)) :]
            except OSError as error:  # USBError is an OSError
                raise Stalled(NOT_TAKEN) if _is_late(error) else _broken(error) from error

    def read(self, seconds: float) -> bytes:
        try:
            return bytes(self._device.read(self._in, READ_BYTES, max(1, round(seconds * 1000))))
        except OSError as error:
            if _is_late(error):
                return b""
            raise _broken(error) from error

    def close(self) -> None:
        self._release(self._device)


def _is_late(error: OSError) -> bool:
    """Return whether this is pyusb's own time-out error, by whichever of its back-ends."""
    return error.errno == errno.ETIMEDOUT or type(error).__name__ == "USBTimeoutError"


_USB_ENDS = (("out_ep", hex(USB_OUT)), ("in_ep", hex(USB_IN)))


class FileTransport:
    """A device node such as /dev/usb/lp0, which answers; or, with `?plain=yes`, a file that collects slips."""

    keeps = False

    def __init__(self, port: DevicePort) -> None:
        plain = port.options.get("plain") == "yes"
        self.answers = not plain
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT if plain else os.O_RDWR
        self._fd = os.open(port.path, flags | os.O_NONBLOCK | os.O_NOCTTY, 0o644)
        kind = os.fstat(self._fd).st_mode
        if not (stat.S_ISREG(kind) if plain else stat.S_ISCHR(kind)):
            os.close(self._fd)
            raise Unreachable(NOT_PLAIN if plain else NO_NODE)

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
            return os.read(self._fd, READ_BYTES)
        except OSError as error:
            raise _broken(error) from error

    def close(self) -> None:
        """Close it; a plain file's slip is on disk then. Raises OSError where it could not be put there."""
        try:
            if not self.answers:
                os.fsync(self._fd)
        finally:
            os.close(self._fd)


class CupsTransport:
    """A CUPS queue through `lp`. The spooler takes the job and tells nothing about the paper."""

    answers, keeps = False, False

    def __init__(self, port: DevicePort) -> None:
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


_TRANSPORTS = {
    "tcp": TcpTransport,
    "serial": SerialTransport,
    "usb": UsbTransport,
    "file": FileTransport,
    "cups": CupsTransport,
}
