"""The keys a device sends, and what its line says of its health. Pure; time is handed in.

Shared by evaluators and hard callers: decode, drop bounces, notice babble and silence. What a key does is
not known here.
"""

from collections import deque
from collections.abc import Callable

from msgspec import Struct

from caller.engine.commands import AnyCommand, DeviceState
from devices.framing import Frame
from devices.profile import ALIVE, Profile

SECOND = 1_000_000  # microseconds
MISSED_POLLS = 2.5  # polls without an answer before a device counts as silent
BABBLE_BYTES = 100  # so many bytes that are no frame, within BABBLE_SECONDS, are not a stray burst
BABBLE_SECONDS = 5
Effect = bytes | AnyCommand  # bytes go to the device, commands to the caller
Health = tuple[DeviceState, str]


class Answer(Struct, frozen=True):
    """The caller's answer to a command; `code` is empty when it was done."""

    code: str = ""
    zh: str = ""
    en: str = ""


DONE = Answer()


class Keys:
    """Bytes in, meanings out; `taken` is the last frame, for models that want it answered."""

    def __init__(self, profile: Profile, address: int) -> None:
        self._profile, self._address = profile, address
        self._meanings = profile.meanings()
        self._decoder, self._line = profile.decoder(address), profile.line_decoder()
        self._last: tuple[bytes, int] = (b"", -SECOND)
        self._alive_at = -1
        self._opened_at = 0
        self._babble: deque[tuple[int, int]] = deque(maxlen=256)  # (instant, bytes dropped)
        self.bounced = 0

    def opened(self, now: int) -> None:
        """The line is open again: what was half received belongs to the old one."""
        self._decoder, self._line = self._profile.decoder(self._address), self._profile.line_decoder()
        self._opened_at, self._alive_at = now, -1

    def heard(self, data: bytes, now: int) -> list[tuple[str, bytes]]:
        """The keys pressed, as (meaning, key bytes), bounces left out."""
        self._noise(lambda: self._line.feed(data), now)
        return self._pressed(self._decoder.feed(data), now)

    def silence(self, now: int) -> list[tuple[str, bytes]]:
        self._noise(self._line.silence, now)
        return self._pressed(self._decoder.silence(), now)

    def _noise(self, decode: Callable[[], object], now: int) -> None:
        before = self._line.dropped
        decode()
        if self._line.dropped > before:
            self._babble.append((now, self._line.dropped - before))

    def _pressed(self, frames: list[Frame], now: int) -> list[tuple[str, bytes]]:
        if frames:
            self._alive_at = now
        keys = [frame.fields["key"] for frame in frames]
        # a BX card may answer with more than we know: whatever it says proves it alive
        pressed = [key for key in keys if self._meanings.get(key, ALIVE) != ALIVE]
        return [(self._meanings[key], key) for key in pressed if not self._bounce(key, now)]

    def _bounce(self, key: bytes, now: int) -> bool:
        last, at = self._last
        self._last = (key, now)
        bounce = key == last and now - at < self._profile.debounce_ms * 1000
        self.bounced += bounce
        return bounce

    def health(self, now: int) -> Health:
        """What may honestly be said of the device while its port is open."""
        if self._babbling(now):
            return "error", "收到乱码，请检查波特率和接线 / garbage on the line; check baud rate and wiring"
        if not self._profile.poll_ms:
            return "ready", "端口已打开（此型号不应答）/ port open (this model gives no answer)"
        if now - max(self._alive_at, self._opened_at) > MISSED_POLLS * self._profile.poll_ms * 1000:
            return "unknown", "设备无应答，请检查电源和接线 / no answer; check power and wiring"
        if self._alive_at < 0:
            return "unknown", "等待应答 / waiting for its first answer"
        return "ready", ""

    def _babbling(self, now: int) -> bool:
        recent = [count for at, count in self._babble if now - at < BABBLE_SECONDS * SECOND]
        return sum(recent) >= BABBLE_BYTES
