"""One connected station as the caller sees it: who it is, what it watches, how far behind its socket is.

Every write is synchronous and never waits: a station that does not read fills only its own buffer. Above
`behind_bytes` it is behind and gets no more patches; stuck there, or in a closing handshake that does not
end, it is overdue and its transport is aborted. (A peer that never reads would otherwise stay in CLOSING
for ever: websockets waits for the buffer to drain before its own timeout starts.)
"""

import os
import re
import socket
from asyncio import BaseTransport
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.protocol import State

from caller.identity.account_file import KeptSession
from caller.protocol.account_roles import ActingPerson
from caller.protocol.frames import Frame, PeerError, encode
from caller.protocol.permissions import Station
from caller.service.session import Session
from config.instants import Seconds
from config.process import exposition
from config.process.connection_limits import PendingConnections, real_address
from config.process.tls import CA_PATH

HEALTH_PATH = "/healthz"
PROGRAM = "caller"
FULL = "站点已满，请稍候自动重连 / Too many stations; it reconnects by itself\n"
# A new version is on trial on this PC (packaging/updating.py): while the process named in it lives, no station may greet.
# Until then the update can be taken back without losing what somebody did.
TRIAL = Path("/run/hallcall-update")
ON_TRIAL = "新版本试用中，请稍候自动重连 / A new version is being tried; it reconnects by itself\n"
KEY = re.compile(r"\b(phone|ticket)/\S*(\S{4})")


@dataclass
class SignedIn:
    """A person on a line; `kept.seen` is when they last did something."""

    person: ActingPerson
    kept: KeptSession


@dataclass(frozen=True)
class Limits:
    """What one station, and all of them, may cost. Tests turn them down; nothing else does."""

    stations: int = 2_000  # greeted connections; a hall has tens, plus the phones of those who wait
    phones: int = 1_800  # of these; the rest is kept for enrolled stations
    pending: int = (
        512  # connections that have not greeted yet, all addresses (config/process/connection_limits)
    )
    pending_per_address: int = 384  # of one; all screens of a hall may stand behind one address
    waiting: int = 256  # without a token, showing a code until a manager enrols them (`station_enrolment`)
    waiting_per_address: int = 64  # of one; a whole hall may stand behind it
    per_phone: int = 5  # connections of one ticket; whoever holds one cannot fill the hall
    kernel_bytes: int = 64 * 1024  # kept small, so that a slow station's backlog is ours to drop
    behind_bytes: int = 64 * 1024  # two whole boards unsent
    abort_bytes: int = 1024 * 1024  # answers to a station that sends but never reads
    stuck_seconds: float = 10.0  # a page behind for so long has shown 信息未更新 for seven
    closing_seconds: float = 5.0  # above websockets' own close_timeout of 2
    unanswered: int = 200  # commands on their way to disk; the burst twice over
    absent_seconds: float = 10.0  # a restart takes two; then its devices are unknown
    trial: Path = TRIAL  # names the process that tries a new version; while it lives no station may greet

    def refusal(self, greeted: int) -> str:
        """Return why no station may greet now, empty where one may; `greeted`: those that are here."""
        if greeted >= self.stations:
            return FULL
        return ON_TRIAL if is_on_trial(self.trial) else ""

    def check_phone(self, phone: Station, here: list[Station]) -> None:
        """Raise `PeerError` where there is no room for one more phone; `here`: the phones connected."""
        if here.count(phone) >= self.per_phone:
            raise PeerError("too-fast")
        if len(here) >= self.phones:
            raise PeerError("full")


class Connection:
    """A connection and what the caller knows of the station behind it."""

    def __init__(self, connection: ServerConnection, limits: Limits, monotonic: Seconds) -> None:
        self.connection = connection
        request = connection.request
        self.address = address_of(connection.transport, request.headers if request else {})
        self.session = Session(monotonic)
        self.station: Station | None = None
        self.token = ""
        self.version = ""  # of the station's program, as it said
        self.topics: frozenset[str] = frozenset()
        self.needs_snapshot: set[str] = set()  # topics it must get whole before any patch
        self.unanswered = 0
        self.persons: dict[str, SignedIn] = {}  # by window, of an agent; by "" on other stations
        self.signing_in = False  # a password is being judged
        self.keyed = False  # a key has signed in here, and nothing is sent without one any more
        self.clock_offset: int | None = None  # the station's clock minus this PC's elapsed time, microseconds
        self._limits = limits
        self._slow_since: float | None = None
        self._closing_since: float | None = None
        self._unsent = connection.transport.get_write_buffer_size
        self._behind_bytes = limits.behind_bytes
        raw = connection.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.kernel_bytes)

    @property
    def on_this_machine(self) -> bool:
        """Whether the station shares this PC's clock, as far as its address tells."""
        address = self.connection.remote_address
        return not isinstance(address, tuple) or ip_address(address[0]).is_loopback

    @property
    def is_private(self) -> bool:
        """Whether no other machine can read this connection: over TLS, or on this one."""
        return bool(self.connection.transport.get_extra_info("sslcontext")) or self.on_this_machine

    def write(self, frame: Frame) -> None:
        self.write_text(encode(frame))

    def write_text(self, text: str) -> None:
        broadcast((self.connection,), text)

    @property
    def unsent(self) -> int:
        """Bytes written but not yet taken by the kernel."""
        return self._unsent()

    @property
    def behind(self) -> bool:
        """Whether it gets no patches, but the newest document when it has room; asked of each board at each change."""
        return self.unsent > self._behind_bytes

    def overdue(self, monotonic: Seconds) -> str:
        """Return why this station must be dropped at `monotonic` seconds; empty if it need not."""
        unsent = self.unsent
        self._slow_since = _since(self._slow_since, unsent > self._limits.behind_bytes, monotonic)
        self._closing_since = _since(self._closing_since, self.connection.state is State.CLOSING, monotonic)
        if unsent > self._limits.abort_bytes:
            return "unsent"
        if self._slow_since is not None and monotonic - self._slow_since >= self._limits.stuck_seconds:
            return "stuck"
        if (
            self._closing_since is not None
            and monotonic - self._closing_since >= self._limits.closing_seconds
        ):
            return "closing"
        return ""

    def abort(self) -> None:
        self.connection.transport.abort()

    def __str__(self) -> str:
        return blurred(f"{self.station.role}/{self.station.name}") if self.station else "unknown"


def address_of(transport: BaseTransport, headers: Mapping[str, str]) -> str:
    """Return the address a connection comes from, for a log line; "" for one that is gone already."""
    return real_address((transport.get_extra_info("peername") or ("",))[0], headers)


def counted(pending: PendingConnections) -> type[ServerConnection]:
    """Return a server connection that is pending from its first byte on: also before, and without, a handshake."""

    class CountedConnection(ServerConnection):
        def connection_made(self, transport: BaseTransport) -> None:
            super().connection_made(transport)
            pending.add(self, address_of(transport, {}), self.transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            pending.discard(self)
            super().connection_lost(exc)

    return CountedConnection


def blurred(text: str) -> str:
    """Return a log line's text with ticket ids cut to their last 4 characters.

    A holder of a whole id may cancel the ticket, so the log must not carry one.
    """
    return KEY.sub(r"\1/…\2", text)


def _since(since: Seconds | None, holds: bool, monotonic: Seconds) -> float | None:
    """Return since when a condition holds without a break."""
    if not holds:
        return None
    return monotonic if since is None else since


# --- plain requests: no token, and nothing of a person or a ticket


def is_on_trial(path: Path) -> bool:
    """Return whether a file names a process that tries a new version, and lives."""
    try:
        os.kill(int(path.read_text("ascii")), 0)
    except PermissionError:
        return True  # another account's
    except (OSError, ValueError, OverflowError):
        return False
    return True


def plainly_answered(path: str, ca: bytes, stations: Sequence[str], seq: int) -> str | None:
    """Return the text for a path, None where a station may greet there.

    Args:
        ca: the hall's own, PEM; empty where it has none.
        stations: who is connected, as "role/name".
        seq: of the last event.
    """
    if path == CA_PATH and ca:
        return ca.decode()
    if path == HEALTH_PATH:
        return (
            "ok\n"  # a caller that stands still answers nobody; one that stands by takes no connection here
        )
    if path == exposition.PATH:
        return exposition.text_of(exposition.of_process(PROGRAM), _metrics(stations, seq))
    return None


def _metrics(stations: Sequence[str], seq: int) -> Iterator[str]:
    roles = Counter(each.partition("/")[0] for each in stations)
    values = [(f'role="{role}"', count) for role, count in sorted(roles.items())]
    yield from exposition.gauge("hallcall_log_events", "the last event of the log", [("", seq)])
    yield from exposition.gauge("hallcall_stations", "stations connected, by role", values)
