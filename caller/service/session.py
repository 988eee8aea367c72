"""One station's half of the conversation as rules, sans-I/O: hello first, text only, at a fair pace.

Bytes come in with the instant they came; out come frames the hall may act on, or `PeerError`. The shell
that owns the socket neither knows nor checks any of this.
"""

from caller.protocol.frames import (
    COMMANDS_BURST,
    COMMANDS_PER_SECOND,
    TOPICS_MAX,
    Hello,
    PeerError,
    StationFrame,
    Watch,
    decode_station,
)
from config.instants import Seconds

FLOOD_COMMANDS = 5 * COMMANDS_BURST  # beyond its pace: no key sticks so fast, a program loops


class CommandRate:
    """A bucket of `COMMANDS_BURST`, filled at `COMMANDS_PER_SECOND`; what is refused is owed as well."""

    def __init__(self, monotonic: Seconds) -> None:
        self._left = float(COMMANDS_BURST)
        self._at = monotonic

    def take(self, monotonic: Seconds) -> bool:
        """Return whether one more is fair at `monotonic` seconds. Raises `PeerError` once the debt is a flood."""
        elapsed = max(0.0, monotonic - self._at)
        self._at = monotonic
        self._left = min(float(COMMANDS_BURST), self._left + elapsed * COMMANDS_PER_SECOND) - 1
        if self._left < -FLOOD_COMMANDS:
            raise PeerError("too-fast")
        return self._left >= 0


class Session:
    """What this station has said so far, and what it may say next."""

    def __init__(self, monotonic: Seconds) -> None:
        self.greeted = False
        self._pace = CommandRate(monotonic)

    def receive(self, message: str | bytes, monotonic: Seconds) -> tuple[StationFrame, bool]:
        """Return the frame in a message, and whether it came at a fair pace. Raises `PeerError`."""
        if isinstance(message, bytes):
            raise PeerError("bad-frame", "text frames only")
        frame = decode_station(message)
        self._in_order(frame)
        fair = self._pace.take(monotonic)
        if isinstance(frame, Watch) and not fair:
            raise PeerError("too-fast")
        return frame, fair

    def _in_order(self, frame: StationFrame) -> None:
        if isinstance(frame, Hello) and self.greeted:
            raise PeerError("bad-frame", "a second hello")
        if not isinstance(frame, Hello) and not self.greeted:
            raise PeerError("no-hello")
        topics = frame.watch if isinstance(frame, Hello) else frame.topics if isinstance(frame, Watch) else []
        if len(topics) > TOPICS_MAX:
            raise PeerError("too-many-topics")
        self.greeted = True
