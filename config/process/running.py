"""How every process of the hall runs: until it is stopped, on a port that is free, with files enough, and no bug hidden.

One place for what each command needs around its own work, so that a port in use or a signal means the same to a
kiosk, an agent and the caller. All log in one form, on stderr, one line an occurrence:

`2026-09-21T01:00:00.123Z WARNING kiosk-k1 message`: the instant in UTC, the level, which process, and what
happened. Lines of five processes of a hall can so be put in one order. What comes from outside cannot start a line
of its own. No line carries tokens or people's words: the code that writes a line leaves them out, and a test looks
at each process. Libraries log only warnings.

A program started by a service or a demo has /dev/null for its input; asyncio would put that to epoll, which refuses it
from inside the loop with a traceback. `obey_typed` watches only what can be waited for.
"""

import asyncio
import errno
import json
import logging
import os
import re
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from config.hosts import is_encrypted
from config.instants import Seconds
from config.process.connection_limits import listens_again_too_late
from config.process.options import Unable
from config.process.tls import AUTO, CA_PLACE, ServerTls, fingerprint
from config.text_safety import for_terminal

if TYPE_CHECKING:
    from config.settings import Listen

QUIET_SECONDS: Seconds = 60.0  # between two lines about one trouble of the system
ONCE = ("--enrol",)  # options of a command line that its program does not obey again when it begins again
BACKLOG = 256  # connections that wait to be accepted


def _version() -> str:
    try:
        return version("hallcall")
    except PackageNotFoundError:
        return ""


PRACTICE_MARK = "practice"  # a file of this name says that a data folder is of a hall to practise in
VERSION = _version()  # of this program, as it is installed; "" where it runs from its sources


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a new event loop until it ends, or one of `stop_signals` cancels it in order."""

    async def cancelled_in_order() -> None:
        await until_stopped(work)

    asyncio.run(cancelled_in_order())


def stop_signals() -> list[signal.Signals]:
    """Return what ends a process in order: Ctrl+C, the service manager, and the closing of its terminal, from which a demo
    would else leave seven programs behind. Under nohup the terminal may close."""
    closed: signal.Signals | None = getattr(signal, "SIGHUP", None)  # POSIX only
    obeyed = closed is not None and signal.getsignal(closed) is not signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([closed] if closed and obeyed else [])]


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`; `stop_signals` cancel it, which ends it in order and is no error."""
    task = asyncio.ensure_future(work)
    _when_stopped(lambda: task.cancel())
    with suppress(asyncio.CancelledError):
        await task


def begin_again() -> NoReturn:
    """Replace this process by a new one of the same command line, which reads program and files anew; what was to be done
    once is done. Where a process cannot be replaced (Windows) it ends, and what started it does so again (start.cmd)."""
    sys.stdout.flush()
    if os.name != "posix":
        sys.exit(0)
    os.execv(sys.executable, [sys.executable, *(each for each in sys.orig_argv[1:] if each not in ONCE)])


def stop_signal() -> asyncio.Event:
    """Return an event that `stop_signals` set."""
    stop = asyncio.Event()
    _when_stopped(stop.set)
    return stop


def _when_stopped(act: Callable[[], object]) -> None:
    """Act in the running loop once one of `stop_signals` comes; also on a system whose loop takes no signals."""
    loop = asyncio.get_running_loop()
    for number in stop_signals():
        try:
            loop.add_signal_handler(number, act)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))


def watch_for_bugs(process: str) -> asyncio.Future[None]:
    """Return a future that fails with the first exception no code of ours caught: it must end the process, not half of it.

    The system's own refusals (no descriptor left for one more socket) are no bugs: asyncio tries again and logs so a
    hundred times a second, of which one line a minute is enough.
    """
    loop = asyncio.get_running_loop()
    bug: asyncio.Future[None] = loop.create_future()
    logged: dict[str, Seconds] = {}

    def caught(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(context["message"])
        if listens_again_too_late(context):
            return
        if not isinstance(error, OSError):
            loop.default_exception_handler(context)
            if not bug.done():
                bug.set_exception(error)
        elif loop.time() - logged.get(str(error), -QUIET_SECONDS) >= QUIET_SECONDS:
            logged[str(error)] = loop.time()
            logging.getLogger(f"hallcall.{process}").warning("system %s: %s", context["message"], error)

    loop.set_exception_handler(caught)
    return bug


# --- the service manager


def notify(state: str) -> bool:
    """Send a state ("READY=1") to the service manager's datagram socket; return False where none listens.

    Source: systemd's sd_notify(3). A manager that takes nothing now blocks no event loop: the state is dropped.
    """
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where.startswith(("/", "@")):
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(state.encode(), "\0" + where[1:] if where[0] == "@" else where)
        return True
    return False


def watchdog_seconds() -> Seconds:
    """Return within how many seconds the service manager must hear again; 0.0 where it watches no process of this id."""
    for_us = os.environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    micros = os.environ.get("WATCHDOG_USEC", "")
    return int(micros) / 1e6 if for_us and micros.isdecimal() else 0.0


async def keep_watchdog() -> None:
    """Report this process as ready, then as alive twice in each watchdog period, until cancelled.

    An event loop that hangs reports nothing, and the service manager starts the process again.
    """
    period = watchdog_seconds()
    notify("READY=1")
    while period:
        await asyncio.sleep(period / 2)
        notify("WATCHDOG=1")
    await asyncio.Event().wait()


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Return a TCP socket that listens on `host` and `port` (0: any free one).

    `setting` names where the hall's file says the port, such as "[listen] web".
    Raises: Unable, with what to do, when the port cannot be had.
    """
    # The protocol is named, since asyncio sends small answers at once (TCP_NODELAY) only where it is: a head and a body are two
    # writes, and the second would wait some 40 ms until the peer has said that it has the first.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise cannot_listen(host, port, setting, error) from None
    return bound


def cannot_listen(host: str, port: int, setting: str, error: OSError) -> Unable:
    """Return what a person reads when a port cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return Unable(
            f"{host} 的端口 {port} 已被占用，可能同一程序已在运行。请先停掉它，或用 --port 另选端口（配置 {setting}）。\n"
            f"Port {port} of {host} is in use, perhaps by the same program. Stop that one, or choose another "
            f"port with --port or {setting}."
        )
    return Unable(
        f"不能在 {host} 端口 {port} 监听（{error.strerror}）。请核对 --host、--port 或配置 {setting}。\n"
        f"Cannot listen on {host} port {port}: {error.strerror}. Check --host, --port or {setting}."
    )


def server_tls(listen: "Listen", folder: Path, data: Path) -> ServerTls | None:
    """Return the certificate of a process by [listen] tls; None where it is plain.

    Args:
        folder: where the hall's file lies.
        data: the data folder, where the hall's own certificates are made.

    Raises:
        Unable: the certificate cannot be used; with what to do.
    """
    if not is_encrypted(listen.tls):
        return None
    try:
        tls = ServerTls(listen, folder, data)
    except (OSError, ValueError) as error:
        path = data / CA_PLACE.parent if listen.tls == AUTO else folder / listen.tls
        raise Unable(
            f"证书 {path} 不能使用（{error}）。请核对 [listen] tls：要一个 PEM 文件，含证书链和私钥；auto 由程序自己做。\n"
            f"The certificate {path} cannot be used: {error}. [listen] tls is a PEM file with the chain and the key, or auto."
        ) from None
    if tls.ca:
        logging.getLogger("hallcall.tls").info(
            "大厅 CA 的指纹 / fingerprint of the hall's CA: %s", fingerprint(tls.ca)
        )
    return tls


def in_url(host: str) -> str:
    """Return a host as a URL writes it: an IPv6 address stands in brackets."""
    return f"[{host}]" if ":" in host else host


def raise_open_files(wanted: int) -> None:
    """Raise this process's limit of open files to `wanted`; the hard limit stays what it is.

    Debian's 1024 is fewer than the stations a caller may have.
    """
    import resource  # the system has it where a caller runs, not where any station does

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


# --- log lines

FORM = "%(asctime)s.%(msecs)03dZ %(levelname)s {process} %(message)s"
INSTANT = "%Y-%m-%dT%H:%M:%S"
LINES_VARIABLE = "HALLCALL_LINES"
LOG_ADDRESS = (
    "HALLCALL_LOG"  # of the events: the environment is no other user's to read, as a command line is
)
NAMED = re.compile(r"(?<!\S)([a-z_]+)=(\S+)")


class LogLineFormatter(logging.Formatter):
    """Signs that would move the cursor are written out; only our own tracebacks go over several lines."""

    converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:
        return for_terminal(super().formatMessage(record))


class JsonLineFormatter(logging.Formatter):
    """Each record is one line of JSON for a program that collects lines; what a text names as `key=value` is a field too."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at.replace("+00:00", "Z"), "level": record.levelname, "process": self._process, "logger": record.name,
            "text": text, "fields": dict(NAMED.findall(text)),
        }  # fmt: skip
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def write_log_lines(process: str) -> None:
    """Write log lines from here on, for the whole process; as JSON where the environment's `HALLCALL_LINES` says so."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLineFormatter(process)
        if os.environ.get(LINES_VARIABLE) == "json"
        else LogLineFormatter(FORM.format(process=process.replace("%", "%%")), INSTANT)
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hallcall").setLevel(logging.INFO)
    logging.getLogger("hallcall.websockets").setLevel(logging.CRITICAL)  # a traceback for each port scan


def write_no_lines() -> None:
    """Write no log lines: a screen is drawn on this terminal, and lines would tear it; the screen itself shows the
    link."""
    logging.disable(logging.CRITICAL)


# --- what is typed


def can_be_watched(stream: TextIO | None) -> bool:
    """Return whether a person or a program may type there: an open terminal, pipe or socket."""
    if stream is None or stream.closed:
        return False
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or (stream.isatty() and _in_front(stream.fileno()))


def _in_front(terminal: int) -> bool:
    """Reading a terminal from its background stops the whole process."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True  # a terminal that does not control us stops nobody


async def obey_typed(obeyed: Callable[[str], object]) -> None:
    """Obey each line of stdin until it ends; return at once where stdin can bring no lines."""
    if not can_be_watched(sys.stdin):
        return
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    try:
        while line := await lines.readline():
            obeyed(line.decode(errors="replace").strip())
    finally:
        transport.close()
