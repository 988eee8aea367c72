"""Keeps one serial line or TCP port open and passes bytes both ways.

1. A lost port is opened again with back-off, for ever: one warning per outage, then quiet retries.
2. Whatever opening, reading or closing raises makes this port *lost* and nothing else: pyserial, termios, the
   resolver and the system each raise errors of their own.
3. A serial line is opened exclusively, because two readers steal each other's bytes.
4. Where the event loop watches no descriptors (Windows: COM ports are none of its sockets) the line is looked at every
   `POLL_SECONDS` instead, by pyserial's and the socket's own calls that do not wait.
"""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Protocol

import serial
from msgspec import Struct

from config.device_port import DevicePort

RETRY_SECONDS = (0.2, 0.4, 0.8, 1.0)  # the last repeats: a replugged device is back within 3 s
READ_BYTES = 4096
WRITE_BYTES_MAX = 4096  # waiting for a line that takes none; more is out of date, and dropped
CONNECT_SECONDS = 2.0
POLL_SECONDS = 0.02  # a key is felt within 100 ms
KEEPALIVE = {"TCP_KEEPIDLE": 2, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 2}  # seconds, seconds, times
PULLED = "设备已拔出 / unplugged"
NOT_WINDOWS = "COM 端口只在 Windows 电脑上有 / COM ports are on PCs with Windows only"


def _line_errors() -> tuple[type[Exception], ...]:
    """Return what a line raises that is closed or pulled meanwhile: pyserial lets the terminal's own error through, where
    there are terminals."""
    try:
        from termios import error
    except ImportError:
        return OSError, TypeError, ValueError
    return OSError, error, TypeError, ValueError


LINE_ERRORS = _line_errors()
PortState = Literal["opening", "open", "lost"]
log = logging.getLogger("hallcall.devices")


class OpenLine(Protocol):
    """An open port: something with a file descriptor that can be closed."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


def _read(line: OpenLine, watched: bool) -> bytes:
    """Return what has come. Raises `BlockingIOError` where there is nothing, and `LINE_ERRORS`; empty: the other end hung up."""
    if watched:
        return os.read(line.fileno(), READ_BYTES)
    if isinstance(line, socket.socket):
        return line.recv(READ_BYTES)
    assert isinstance(line, serial.Serial)
    if not (data := line.read(READ_BYTES)):  # its time-out is 0
        raise BlockingIOError
    return data


def _write(line: OpenLine, data: bytes, watched: bool) -> int:
    """Send what the line takes now; return how much that was. Raises as `_read` does."""
    if watched:
        return os.write(line.fileno(), data)
    if isinstance(line, socket.socket):
        return line.send(data)
    assert isinstance(line, serial.Serial)
    return line.write(data) or 0


class LineSettings(Struct, frozen=True):
    """How a serial line is set."""

    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop: int = 1


async def open_line(where: DevicePort, line: LineSettings) -> OpenLine:
    """Open the port now. Raises OSError, and whatever the libraries below raise."""
    if where.kind == "tcp":
        return await _tcp(where)
    return await asyncio.to_thread(_serial, where, line)  # a sick USB adapter may take seconds to open


def _serial(where: DevicePort, settings: LineSettings) -> OpenLine:
    if where.is_com and os.name == "posix":
        raise OSError(NOT_WINDOWS)
    line = serial.Serial(
        where.path,
        baudrate=where.option("baud", settings.baud),
        bytesize=where.option("bits", settings.bits),
        parity=where.options.get("parity", settings.parity),
        stopbits=where.option("stop", settings.stop),
        timeout=0,
        write_timeout=0,
        exclusive=True,
    )
    line.reset_input_buffer()  # a key pressed before we listened answers no question of ours
    return line


async def _tcp(where: DevicePort) -> OpenLine:
    line = socket.socket(socket.AF_INET6 if ":" in where.host else socket.AF_INET)
    try:
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, value in KEEPALIVE.items():
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        async with asyncio.timeout(CONNECT_SECONDS):  # `wait_for` of Python 3.11 may swallow a cancellation
            await asyncio.get_running_loop().sock_connect(line, (where.host, where.number))
    except BaseException:
        line.close()
        raise
    return line


class PortLink:
    """One port. `heard` is called with bytes as they arrive, `changed` with each new state and its reason."""

    def __init__(
        self,
        name: str,
        where: DevicePort,
        settings: LineSettings,
        heard: Callable[[bytes], None],
        changed: Callable[[PortState, str], None],
    ) -> None:
        self.name, self.where = name, where
        self.state: PortState = "opening"
        self._settings, self._heard, self._changed = settings, heard, changed
        self._line: OpenLine | None = None
        self._polling: asyncio.Task[None] | None = None  # where the loop watches no descriptors
        self._lost = asyncio.Event()
        self.reason = ""
        self._waiting = b""
        self._warned = False
        self.warnings = 0

    async def run(self) -> None:
        """Open, pump until lost, wait a little, again; until cancelled."""
        attempt = 0
        try:
            while True:
                if await self._open():
                    attempt = 0
                    await self._lost.wait()
                    self._close()
                self._report_lost()
                await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                attempt += 1
        finally:
            self._close()

    def write(self, data: bytes) -> bool:
        """Send without ever waiting; False when the line is not open or takes nothing."""
        if self._line is None:
            return False
        if len(self._waiting) + len(data) > WRITE_BYTES_MAX:
            self._waiting = b""
            self._end("设备不接收数据 / the line takes no data")
            return False
        self._waiting += data
        self._flush()
        return not self._lost.is_set()

    async def _open(self) -> bool:
        self._lost.clear()
        self._waiting = b""
        try:
            self._line = await open_line(self.where, self._settings)
            try:
                asyncio.get_running_loop().add_reader(self._line.fileno(), self._readable)
            except (NotImplementedError, AttributeError):  # pyserial has no descriptor there
                self._polling = asyncio.create_task(self._poll())
        except Exception as error:  # rule 2
            self.reason = _why(error)
            self._close()
            return False
        self._opened()
        return True

    async def _poll(self) -> None:
        """Look at the line again and again, until it is lost or closed."""
        while self._line is not None and not self._lost.is_set():
            self._readable()
            if self._waiting and not self._lost.is_set():
                self._flush()
            await asyncio.sleep(POLL_SECONDS)

    def _unwatch(self, line: OpenLine) -> None:
        """Look at the line no more."""
        if self._polling:
            return  # `_poll` ends by itself
        loop = asyncio.get_running_loop()
        loop.remove_reader(line.fileno())
        loop.remove_writer(line.fileno())

    def _close(self) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        with suppress(*LINE_ERRORS):
            self._unwatch(line)
        self._polling = None
        if isinstance(line, serial.Serial):
            with suppress(*LINE_ERRORS):
                line.reset_output_buffer()  # else close() waits for a device that takes nothing
        with suppress(*LINE_ERRORS):
            line.close()

    def _readable(self) -> None:
        assert self._line is not None
        try:
            data = _read(self._line, watched=not self._polling)
        except BlockingIOError:
            return
        except LINE_ERRORS as error:
            self._end(_why(error))
            return
        if data:
            self._heard(data)
        else:
            self._end(PULLED if self.where.kind == "serial" else "对方已断开 / hung up")

    def _flush(self) -> None:
        assert self._line is not None
        try:
            self._waiting = self._waiting[_write(self._line, self._waiting, watched=not self._polling) :]
        except BlockingIOError:
            pass
        except LINE_ERRORS as error:
            self._end(_why(error))
            return
        if self._polling:
            return
        loop = asyncio.get_running_loop()
        if self._waiting:
            loop.add_writer(self._line.fileno(), self._flush)
        else:
            loop.remove_writer(self._line.fileno())

    def _end(self, reason: str) -> None:
        """Stop pumping at once: a dead descriptor stays readable and would spin."""
        self.reason = reason
        if self._line is not None:
            self._unwatch(self._line)
        self._lost.set()

    def _opened(self) -> None:
        if self._warned:
            log.info("%s 已恢复 / is back: %s", self.name, self.where.place)
        self._warned, self.state = False, "open"
        self._changed("open", "")

    def _report_lost(self) -> None:
        if not self._warned:
            self.warnings += 1
            log.warning("%s 不可用，自动重试 / not available, retrying: %s", self.name, self.reason)
        self._warned, self.state = True, "lost"
        self._changed("lost", self.reason)


def _why(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        return "连接超时 / connection timed out"
    if "exclusively lock" in text:
        return "端口被其他程序占用 / another program holds the port"
    if getattr(error, "errno", None) == 2 or "No such file" in text:
        return "设备未插入 / not plugged in"
    if getattr(error, "errno", None) == errno.EIO:
        return PULLED
    if getattr(error, "errno", None) == 13 or "Permission" in text:
        return "无权限，请把用户加入 dialout 组 / no permission; add the user to group dialout"
    return f"端口错误 / port error: {text[:80]}"
