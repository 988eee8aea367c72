"""What every device's logic is to the agent: one interface, its effects, and what is known of its health. Pure.

A unit never waits and never opens anything: what happens on its line, in its view and on the clock goes in;
bytes for the device and commands for the caller come out.
"""

from collections import deque
from typing import Any, Protocol

from msgspec import Struct

from caller.engine.commands import DeviceState, Micros
from caller.engine.envelope import AnyCommand
from config.instants import SECOND
from devices.units.keypad_sign_in import PersonRequest

MISSED_POLLS = 2.5  # polls without an answer before a device counts as silent
BABBLE_BYTES = 100  # so many bytes that are no frame, within BABBLE_SECONDS, are not a stray burst
BABBLE_SECONDS = 5
Health = tuple[DeviceState, str]  # the state, and a sentence for the technician
UnitEffect = bytes | AnyCommand | PersonRequest  # bytes go to the device, the rest to the caller


class CommandReply(Struct, frozen=True):
    """The caller's answer to a unit's command; `code` is empty when it was carried out."""

    code: str = ""
    zh: str = ""
    en: str = ""


DONE = CommandReply()


class Unit(Protocol):
    """A device's logic. Every `now` is in UTC microseconds."""

    kind: str
    topics: list[str]

    def opened(self, now: Micros) -> list[UnitEffect]:
        """Take note that the port is open, for the first time or again."""
        ...

    def current(self, yes: bool, now: Micros) -> list[UnitEffect]:
        """Take note whether the caller's views can be trusted from now on."""
        ...

    def watched(self, topic: str, doc: dict[str, Any], now: Micros) -> list[UnitEffect]:
        """Take a watched view's newest document."""
        ...

    def heard(self, data: bytes, now: Micros) -> list[UnitEffect]:
        """Take bytes that arrived from the device."""
        ...

    def silence(self, now: Micros) -> list[UnitEffect]:
        """Give an unfinished frame up: no byte arrived for the profile's `gap_ms`."""
        ...

    def tick(self, now: Micros) -> list[UnitEffect]:
        """Do what is due now that time has passed."""
        ...

    def answered(self, command: AnyCommand, answer: CommandReply, now: Micros) -> list[UnitEffect]:
        """Take the caller's answer to a command of this unit."""
        ...

    def poll(self) -> list[UnitEffect]:
        """Ask the device whether it lives; called every `poll_ms`."""
        ...

    def trial(self) -> list[UnitEffect]:
        """Return what `hallcall device test` makes the device show."""
        ...

    def health(self, now: Micros) -> Health:
        """Return the device's state while its port is open."""
        ...


class Liveness:
    """Judges one device by what its line carries: answers, silence, garbage.

    *Ready* needs an answer to a poll; of a model that never answers it means only that the port is open.
    """

    def __init__(self, poll_ms: int) -> None:
        self._poll = poll_ms * SECOND // 1000
        self._opened_at, self._alive_at = 0, -1
        self._noise: deque[tuple[Micros, int]] = deque(maxlen=256)  # (instant, bytes dropped)

    def opened(self, now: Micros) -> None:
        self._opened_at, self._alive_at = now, -1

    def alive(self, now: Micros) -> None:
        """Note that the device answered."""
        self._alive_at = now

    def noise(self, dropped: int, now: Micros) -> None:
        """Count bytes that belong to no frame."""
        if dropped > 0:
            self._noise.append((now, dropped))

    def health(self, now: Micros) -> Health:
        if self._babbling(now):
            return "error", "收到乱码，请检查波特率和接线 / garbage on the line; check baud rate and wiring"
        if not self._poll:
            return "ready", "端口已打开（此型号不应答）/ port open (this model gives no answer)"
        if now - max(self._alive_at, self._opened_at) > MISSED_POLLS * self._poll:
            return "unknown", "设备无应答，请检查电源和接线 / no answer; check power and wiring"
        if self._alive_at < 0:
            return "unknown", "等待应答 / waiting for its first answer"
        return "ready", ""

    def _babbling(self, now: Micros) -> bool:
        recent = [count for at, count in self._noise if now - at < BABBLE_SECONDS * SECOND]
        return sum(recent) >= BABBLE_BYTES
