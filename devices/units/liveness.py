"""What a line says of its device's health: answers, silence, garbage. Pure; time is handed in.

Ready is said only of a device that answers, or of one of which nobody can know more than that its port is
open. Shared by all that hangs on a cable.
"""

from collections import deque

from caller.engine.commands import DeviceState
from config.instants import SECOND

MISSED_POLLS = 2.5  # polls without an answer before a device counts as silent
BABBLE_BYTES = 100  # so many bytes that are no frame, within BABBLE_SECONDS, are not a stray burst
BABBLE_SECONDS = 5
Health = tuple[DeviceState, str]


class Liveness:
    """One device's; `opened`, `alive` and `noise` as they happen, `health` whenever one asks."""

    def __init__(self, poll_ms: int) -> None:
        self._poll = poll_ms * SECOND // 1000
        self._opened_at, self._alive_at = 0, -1
        self._noise: deque[tuple[int, int]] = deque(maxlen=256)  # (instant, bytes dropped)

    def opened(self, now: int) -> None:
        self._opened_at, self._alive_at = now, -1

    def alive(self, now: int) -> None:
        self._alive_at = now

    def noise(self, dropped: int, now: int) -> None:
        """So many bytes that were no frame."""
        if dropped > 0:
            self._noise.append((now, dropped))

    def health(self, now: int) -> Health:
        """What may honestly be said of the device while its port is open."""
        if self._babbling(now):
            return "error", "收到乱码，请检查波特率和接线 / garbage on the line; check baud rate and wiring"
        if not self._poll:
            return "ready", "端口已打开（此型号不应答）/ port open (this model gives no answer)"
        if now - max(self._alive_at, self._opened_at) > MISSED_POLLS * self._poll:
            return "unknown", "设备无应答，请检查电源和接线 / no answer; check power and wiring"
        if self._alive_at < 0:
            return "unknown", "等待应答 / waiting for its first answer"
        return "ready", ""

    def _babbling(self, now: int) -> bool:
        recent = [count for at, count in self._noise if now - at < BABBLE_SECONDS * SECOND]
        return sum(recent) >= BABBLE_BYTES
