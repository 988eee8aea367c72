"""What connections of strangers may cost a process: descriptors, memory and log lines.

A connection is *pending* until its peer has done its part: sent a whole request (HTTP), or greeted with a known
token (the caller's wire). Pending connections are bounded in total and per address. Rules:

1. A new connection is always accepted; when a bound is exceeded the oldest pending one gives way. An honest
   peer is done within milliseconds and is never the oldest; a half-open request of a flood is.
2. Over the bound of one address, that address loses its oldest; over the total, the address that holds most.
3. A pending connection ends by its own deadline (the server that owns it sets one).

Behind the documented nginx each peer is 127.0.0.1; `X-Real-IP` then names the address (`real_address`).
"""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from config.instants import Seconds

PENDING_MAX = 256  # of all addresses; what a hall's stations need at once after a power cut, three times over
PENDING_PER_ADDRESS = 128  # of one address; phones of one carrier share one
QUIET_SECONDS = 60.0  # between two equal log lines about peers
LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
SOURCES_MAX = 1024  # kinds of log lines remembered at once
MINUTE_SECONDS: Seconds = 60.0
ADDRESSES_MAX = 1024  # whose pace is remembered at once; the one heard of longest ago gives way
ADDRESS_CHARS_MAX = 64

Abort = Callable[[], object]


class PendingConnections:
    """The connections whose peers have not done their part yet, oldest first."""

    def __init__(self, total: int = PENDING_MAX, per_address: int = PENDING_PER_ADDRESS) -> None:
        self._total, self._per_address = total, per_address
        self._all: dict[object, tuple[str, Abort]] = {}
        self._by_address: dict[str, OrderedDict[object, None]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: object, address: str, abort: Abort) -> None:
        """Count a connection; `abort` ends it at once. What exceeds a bound is aborted before this returns."""
        self.discard(connection)
        self._all[connection] = address, abort
        self._by_address.setdefault(address, OrderedDict())[connection] = None
        if len(self._by_address[address]) > self._per_address:
            self._abort_oldest_of(address)
        elif len(self._all) > self._total:
            self._abort_oldest_of(max(self._by_address, key=lambda each: len(self._by_address[each])))

    def discard(self, connection: object) -> None:
        """Forget a connection: its peer has done its part, or is gone."""
        found = self._all.pop(connection, None)
        if found is None:
            return
        siblings = self._by_address[found[0]]
        del siblings[connection]
        if not siblings:
            del self._by_address[found[0]]

    def _abort_oldest_of(self, address: str) -> None:
        oldest = next(iter(self._by_address[address]))
        _, abort = self._all[oldest]
        self.discard(oldest)
        QUIET.warning("半开连接过多，已断开最早的 / too many half-open connections; the oldest was dropped")
        abort()


def real_address(peer: str, headers: Mapping[str, str]) -> str:
    """Return the address a request comes from: a proxy on this machine names it in `X-Real-IP` (docs/pages.md)."""
    return headers.get("x-real-ip", "") or peer if peer in LOOPBACK else peer


def network_of(address: str) -> str:
    """Return whom guesses and requests are counted by: an address, of IPv6 its network of 64 bits, all of which one device
    may use in turn."""
    try:
        found = ip_address(address)
    except ValueError:  # no address: what a proxy on this machine says, or nothing
        return address[:ADDRESS_CHARS_MAX]
    if isinstance(found, IPv4Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"


class AddressRate:
    """How often each address has asked within the last `seconds`, `most` times at most. `clock` gives monotonic seconds."""

    def __init__(
        self, most: int, seconds: Seconds = MINUTE_SECONDS, clock: Callable[[], Seconds] = time.monotonic
    ) -> None:
        self._clock, self._most, self._seconds = clock, most, seconds
        self._asked: OrderedDict[str, deque[Seconds]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Return whether the address may ask once more now, and count it."""
        elapsed, seen = self._clock(), self._asked.setdefault(address, deque())
        self._asked.move_to_end(address)
        while len(self._asked) > ADDRESSES_MAX:
            self._asked.popitem(last=False)
        while seen and elapsed - seen[0] >= self._seconds:
            seen.popleft()
        if len(seen) >= self._most:
            return False
        seen.append(elapsed)
        return True


class OncePerMinute(logging.Filter):
    """Lets one line of each kind (logger, level, unformatted message) through per minute, without its traceback.

    For lines that peers can cause at will. The next line that passes says how many were left out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, traceback: bool = False) -> None:
        super().__init__()
        self._clock, self._traceback = clock, traceback
        self._last: OrderedDict[tuple[str, int, str], tuple[float, int]] = OrderedDict()

    def forget(self) -> None:
        """Let the next line of each kind through."""
        self._last.clear()

    def filter(self, record: logging.LogRecord) -> bool:
        kind, elapsed = (record.name, record.levelno, str(record.msg)), self._clock()
        since, left_out = self._last.get(kind, (-QUIET_SECONDS, 0))
        if elapsed - since < QUIET_SECONDS:
            self._last[kind] = since, left_out + 1
            return False
        self._last[kind] = elapsed, 0
        self._last.move_to_end(kind)
        if len(self._last) > SOURCES_MAX:
            self._last.popitem(last=False)
        if left_out:
            record.msg = f"{record.msg} (+{left_out})"
        if not self._traceback:
            record.exc_info = record.exc_text = None
        return True


QUIET = logging.getLogger("hallcall.connections")
QUIET.addFilter(OncePerMinute())


def report_quietly(loop: asyncio.AbstractEventLoop) -> None:
    """Give the loop's complaints about the system (no descriptor left for one more socket) one line a minute.

    asyncio repeats such an error a hundred times a second with a traceback. A bug of ours keeps its traceback.
    """

    def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError):
            QUIET.warning(f"{context['message']}: {error.strerror}")
        elif not listens_again_too_late(context):
            loop.default_exception_handler(context)

    loop.set_exception_handler(report)


def listens_again_too_late(context: dict[str, Any]) -> bool:
    """Return whether asyncio, a second after it found no descriptor, would listen again on a socket that was closed since:
    the process is ending."""
    handle = context.get("handle")
    return isinstance(context.get("exception"), ValueError) and "_start_serving" in repr(handle)
