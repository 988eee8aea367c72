"""The keys a device sends. Pure; time is handed in.

Shared by evaluators and hard callers: decode, drop bounces, note what the line says of the device's health.
What a key does is not known here.
"""

from collections.abc import Callable

from msgspec import Struct

from caller.engine.commands import AnyCommand
from devices.profiles.profile import ALIVE, Profile
from devices.protocols.framing import DeviceFrame
from devices.units.liveness import SECOND, Health, Liveness

DIGIT_BOUNCE_MS = 60  # a contact rests after 30; a finger is back on "22" after 120, and window 2 is not 22

UnitEffect = bytes | AnyCommand  # bytes go to the device, commands to the caller


class RatingKey(Struct, frozen=True):
    """The caller's answer to a command; `code` is empty when it was done."""

    code: str = ""
    zh: str = ""
    en: str = ""


DONE = RatingKey()


class KeyDecoder:
    """Bytes in, meanings out; `taken` is the last frame, for models that want it answered."""

    def __init__(self, profile: Profile, address: int) -> None:
        self._profile, self._address = profile, address
        self._meanings = profile.meanings()
        self._decoder, self._line = profile.decoder(address), profile.line_decoder()
        self._last: tuple[bytes, int] = (b"", -SECOND)
        self._pulse = Liveness(profile.poll_ms)
        self.bounced = 0

    def opened(self, now: int) -> None:
        """The line is open again: what was half received belongs to the old one."""
        self._decoder, self._line = self._profile.decoder(self._address), self._profile.line_decoder()
        self._pulse.opened(now)

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
        self._pulse.noise(self._line.dropped - before, now)

    def _pressed(self, frames: list[DeviceFrame], now: int) -> list[tuple[str, bytes]]:
        if frames:
            self._pulse.alive(now)
        keys = [frame.fields["key"] for frame in frames]
        # a BX card may answer with more than we know: whatever it says proves it alive
        pressed = [key for key in keys if self._meanings.get(key, ALIVE) != ALIVE]
        return [(self._meanings[key], key) for key in pressed if not self._bounce(key, now)]

    def _bounce(self, key: bytes, now: int) -> bool:
        last, at = self._last
        self._last = (key, now)
        rest = self._profile.debounce_ms
        if self._meanings[key].startswith("digit-"):
            rest = min(rest, DIGIT_BOUNCE_MS)
        bounce = key == last and now - at < rest * 1000
        self.bounced += bounce
        return bounce

    def health(self, now: int) -> Health:
        return self._pulse.health(now)
