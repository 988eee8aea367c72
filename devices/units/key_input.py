"""Keys out of a device's bytes. Pure.

Evaluators, hard callers and signs share it: decode the frames of this address, drop bounces, judge the line by
its noise. What a key does is not known here.
"""

from collections.abc import Callable

from config.instants import SECOND, Micros
from devices.profiles.profile import ALIVE, Profile
from devices.protocols.framing import DeviceFrame
from devices.units.unit import Health, Liveness

DIGIT_BOUNCE_MS = 60  # a contact rests after 30; a finger is back on "22" after 120, and window 2 is not 22


class KeyDecoder:
    """Bytes in; pressed keys out, as (meaning, key bytes) without bounces."""

    def __init__(self, profile: Profile, address: int) -> None:
        self._profile, self._address = profile, address
        self._meanings = profile.meanings()
        self._decoder, self._line = profile.decoder(address), profile.line_decoder()
        self._last: tuple[bytes, Micros] = (b"", -SECOND)
        self._liveness = Liveness(profile.poll_ms)
        self.bounced = 0  # presses left out

    def opened(self, now: Micros) -> None:
        """Drop what the old connection left unfinished: the port is open again."""
        self._decoder, self._line = self._profile.decoder(self._address), self._profile.line_decoder()
        self._liveness.opened(now)

    def heard(self, data: bytes, now: Micros) -> list[tuple[str, bytes]]:
        """Decode bytes that arrived."""
        self._count_noise(lambda: self._line.feed(data), now)
        return self._pressed(self._decoder.feed(data), now)

    def silence(self, now: Micros) -> list[tuple[str, bytes]]:
        """End an unfinished frame."""
        self._count_noise(self._line.silence, now)
        return self._pressed(self._decoder.silence(), now)

    def health(self, now: Micros) -> Health:
        return self._liveness.health(now)

    def _count_noise(self, decode: Callable[[], object], now: Micros) -> None:
        before = self._line.dropped
        decode()
        self._liveness.noise(self._line.dropped - before, now)

    def _pressed(self, frames: list[DeviceFrame], now: Micros) -> list[tuple[str, bytes]]:
        if frames:
            self._liveness.alive(now)
        keys = [frame.fields["key"] for frame in frames]
        # a BX card may answer with commands we do not know: any answer proves that it lives
        pressed = [key for key in keys if self._meanings.get(key, ALIVE) != ALIVE]
        return [(self._meanings[key], key) for key in pressed if not self._bounce(key, now)]

    def _bounce(self, key: bytes, now: Micros) -> bool:
        last, at = self._last
        self._last = (key, now)
        rest = self._profile.debounce_ms
        if self._meanings[key].startswith("digit-"):
            rest = min(rest, DIGIT_BOUNCE_MS)
        bounce = key == last and now - at < rest * 1000
        self.bounced += bounce
        return bounce
