"""How every process of the hall runs: until it is stopped, on a port that is free, with files enough, and no bug hidden.

One place for what each command needs around its own work, so that a port in use or a signal means the same to a
kiosk, an agent and the caller.
"""

import asyncio
import errno
import logging
import resource
import signal
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from config.instants import Seconds
from config.process.options import Unable

QUIET_SECONDS: Seconds = 60.0  # between two lines about one trouble of the system
BACKLOG = 256  # connections that wait to be accepted


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a new event loop until it ends, or SIGINT or SIGTERM cancels it in order."""

    async def cancelled_in_order() -> None:
        await until_stopped(work)

    asyncio.run(cancelled_in_order())


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`; SIGINT and SIGTERM cancel it, which ends it in order and is no error."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


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
        if not isinstance(error, OSError):
            loop.default_exception_handler(context)
            if not bug.done():
                bug.set_exception(error)
        elif loop.time() - logged.get(str(error), -QUIET_SECONDS) >= QUIET_SECONDS:
            logged[str(error)] = loop.time()
            logging.getLogger(f"hallcall.{process}").warning("system %s: %s", context["message"], error)

    loop.set_exception_handler(caught)
    return bug


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Return a TCP socket that listens on `host` and `port` (0: any free one).

    `setting` names where the hall's file says the port, such as "[listen] web".
    Raises: Unable, with what to do, when the port cannot be had.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
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


def in_url(host: str) -> str:
    """Return a host as a URL writes it: an IPv6 address stands in brackets."""
    return f"[{host}]" if ":" in host else host


def raise_open_files(wanted: int) -> None:
    """Raise this process's limit of open files to `wanted`; the hard limit stays what it is.

    Debian's 1024 is fewer than the stations a caller may have.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
