"""The one port shell: opens a serial line or a TCP port, keeps it open, passes bytes both ways.

A port is named by the config, never by the order of plugging: serial:///dev/serial/by-id/NAME?baud=9600 or
tcp://HOST:PORT. A lost port is opened again with back-off, warned about once and then quietly retried; the
line is opened exclusively, because two readers steal each other's bytes.
"""

import asyncio
import errno
import logging
import os
import socket
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Protocol
from urllib.parse import parse_qsl, urlsplit

import serial
from msgspec import Struct

RETRY_SECONDS = (0.2, 0.4, 0.8, 1.0)  # the last repeats: a replugged device is back within 3 s
READ_BYTES = 4096
WRITE_BYTES_MAX = 4096  # waiting for a line that takes none; more is old news, and dropped
CONNECT_SECONDS = 2.0
KEEPALIVE = {"TCP_KEEPIDLE": 2, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 2}  # seconds, seconds, times
PULLED = "设备已拔出 / unplugged"
PortState = Literal["opening", "open", "lost"]
log = logging.getLogger("hallcall.devices")


class BadPort(ValueError):
    """The port's text cannot be understood; the words say what would do."""


class SerialPortUrl(Struct, frozen=True):
    """A port, read from its text; options left out are the profile's to choose."""

    scheme: Literal["serial", "tcp"]
    place: str  # a path, or HOST:PORT
    options: dict[str, str] = {}

    def number(self, name: str, default: int) -> int:
        return int(self.options.get(name, default))


OPTIONS = ("baud", "bits", "parity", "stop", "address")


def port(text: str) -> SerialPortUrl:
    """Read serial:///PATH?baud=9600&parity=E&address=3 or tcp://HOST:PORT. Raises `BadPort`."""
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query))
    unknown = [name for name in options if name not in OPTIONS]
    numbers = [value for name, value in options.items() if name != "parity" and not value.isdigit()]
    if unknown or numbers or options.get("parity", "N") not in ("N", "E", "O"):
        raise BadPort(f"端口 {text}：参数不对 / bad option; known: {', '.join(OPTIONS)}")
    if parts.scheme == "serial" and parts.path.startswith("/"):
        return SerialPortUrl("serial", parts.path, options)
    if parts.scheme == "tcp" and ":" in parts.netloc and parts.netloc.rpartition(":")[2].isdigit():
        return SerialPortUrl("tcp", parts.netloc, options)
    raise BadPort(
        f"端口 {text} 不认识 / not a port; use serial:///dev/serial/by-id/NAME?baud=9600 or tcp://HOST:PORT"
    )


class OpenLine(Protocol):
    """An open port: something with a file descriptor that can be closed."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


class LineSettings(Struct, frozen=True):
    """How a serial line is set."""

    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop: int = 1


async def open_line(where: SerialPortUrl, wire: LineSettings) -> OpenLine:
    """Open it now, or raise OSError."""
    if where.scheme == "tcp":
        return await _tcp(where)
    return await asyncio.to_thread(_serial, where, wire)  # a sick USB adapter may take seconds to open


def _serial(where: SerialPortUrl, wire: LineSettings) -> OpenLine:
    line = serial.Serial(
        where.place,
        baudrate=where.number("baud", wire.baud),
        bytesize=where.number("bits", wire.bits),
        parity=where.options.get("parity", wire.parity),
        stopbits=where.number("stop", wire.stop),
        timeout=0,
        write_timeout=0,
        exclusive=True,
    )
    line.reset_input_buffer()  # a key pressed before we listened answers no question of ours
    return line


async def _tcp(where: SerialPortUrl) -> OpenLine:
    host, _, number = where.place.rpartition(":")
    line = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, value in KEEPALIVE.items():
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        connect = asyncio.get_running_loop().sock_connect(line, (host.strip("[]"), int(number)))
        await asyncio.wait_for(connect, CONNECT_SECONDS)
    except BaseException:
        line.close()
        raise
    return line


class PortLink:
    """Keeps one port open. `heard` gets bytes as they come, `changed` each new state with a reason."""

    def __init__(
        self,
        name: str,
        where: SerialPortUrl,
        wire: LineSettings,
        heard: Callable[[bytes], None],
        changed: Callable[[PortState, str], None],
    ) -> None:
        self.name, self.where = name, where
        self.state: PortState = "opening"
        self._wire, self._heard, self._changed = wire, heard, changed
        self._line: OpenLine | None = None
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
                self._tell_lost()
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
        try:
            self._line = await open_line(self.where, self._wire)
        except (OSError, ValueError, TimeoutError) as error:
            self.reason = _why(error)
            return False
        self._lost.clear()
        self._waiting = b""
        asyncio.get_running_loop().add_reader(self._line.fileno(), self._readable)
        self._tell_open()
        return True

    def _close(self) -> None:
        if self._line is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._line.fileno())
        loop.remove_writer(self._line.fileno())
        if isinstance(self._line, serial.Serial):
            with suppress(OSError, termios.error):
                self._line.reset_output_buffer()  # else close() waits for a device that takes nothing
        self._line.close()
        self._line = None

    def _readable(self) -> None:
        assert self._line is not None
        try:
            data = os.read(self._line.fileno(), READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(_why(error))
            return
        if data:
            self._heard(data)
        else:
            self._end(PULLED if self.where.scheme == "serial" else "对方已断开 / hung up")

    def _flush(self) -> None:
        assert self._line is not None
        loop = asyncio.get_running_loop()
        try:
            self._waiting = self._waiting[os.write(self._line.fileno(), self._waiting) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(_why(error))
            return
        if self._waiting:
            loop.add_writer(self._line.fileno(), self._flush)
        else:
            loop.remove_writer(self._line.fileno())

    def _end(self, reason: str) -> None:
        """Stop pumping at once: a dead descriptor stays readable and would spin."""
        self.reason = reason
        if self._line is not None:
            asyncio.get_running_loop().remove_reader(self._line.fileno())
            asyncio.get_running_loop().remove_writer(self._line.fileno())
        self._lost.set()

    def _tell_open(self) -> None:
        if self._warned:
            log.info("%s 已恢复 / is back: %s", self.name, self.where.place)
        self._warned, self.state = False, "open"
        self._changed("open", "")

    def _tell_lost(self) -> None:
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
