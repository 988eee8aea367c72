"""A simulated keypad: an evaluator at a window, speaking its profile's bytes on a pty.

It lights up when asked, sends what is pressed, answers polls, and remembers what it was shown. It can press
by itself after being asked, as an applicant would, so that a hall can be rehearsed.
"""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Self

from msgspec import Struct

from devices.profiles.profile import ALIVE, Profile
from devices.protocols.framing import DeviceFrame
from devices.simulators.pty_cable import Cable, CableFaults

SEEN_MAX = 1000  # a rehearsal of a day shows fewer prompts; a soak must not grow


class Shown(Struct, frozen=True):
    """A frame the device was sent, by its name in the profile."""

    name: str
    fields: dict[str, bytes]


class SimulatedKeypad:
    """The device: `async with SimulatedKeypad(...)`, then `press`, `shown`, `cable.unplug()` and its faults."""

    def __init__(
        self,
        profile: Profile,
        name: Path,
        address: int | None = None,
        faults: CableFaults | None = None,
        on_shown: Callable[[Shown], None] | None = None,
    ) -> None:
        self.profile = profile
        self.address = profile.address if address is None else address
        self.cable = Cable(name, self._heard, faults)
        self.lit = False
        self.seen: list[Shown] = []
        self._decoder = profile.device_side_decoder(self.address)
        self._on_shown = on_shown
        self._alive = _answers(profile, self.address)
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.cable.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cable.__aexit__()

    def press(self, meaning: str) -> None:
        """Press a key, by what it means: "level-5", "next", "digit-3"."""
        self.cable.send(self.profile.press(meaning, self.address))

    async def shown(self, name: str, times: int = 1) -> None:
        """Wait until a frame of that name was shown so many times; bound it with asyncio.timeout."""
        await self.until(lambda: sum(shown.name == name for shown in self.seen) >= times)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of what was shown."""
        async with self._news:
            await self._news.wait_for(holds)

    def _heard(self, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            self._take(frame)

    def _take(self, frame: DeviceFrame) -> None:
        if frame.name in self._alive:
            self.cable.send(self._alive[frame.name])
        if frame.name == "poll":
            return
        shown = Shown(frame.name, frame.fields)
        self.seen = [*self.seen[-SEEN_MAX:], shown]
        self.lit = frame.name == "prompt" if frame.name in ("prompt", "thanks", "idle") else self.lit
        if self._on_shown:
            self._on_shown(shown)
        self.notify()

    def notify(self) -> None:
        """Wake the tasks that wait for what is shown."""
        task = asyncio.ensure_future(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()


def _answers(profile: Profile, address: int) -> dict[str, bytes]:
    """Return what the device says to frames that want an answer: a poll, and for Modbus every write."""
    keys = [key for key, meaning in profile.meanings().items() if meaning == ALIVE]
    answers = {"poll": profile.press_key(keys[-1], address)} if keys else {}
    return {**answers, "show": profile.press_key(keys[0], address)} if len(keys) > 1 else answers


async def rate_when_asked(
    keypad: SimulatedKeypad, weights: dict[int, float], think: float, seed: int
) -> None:
    """Play an applicant at the window for ever, who thinks, then presses a level, or none (weight of level 0)."""
    chance = random.Random(seed)
    asked = 0
    while True:
        await keypad.shown("prompt", asked + 1)
        asked += 1
        await asyncio.sleep(think * chance.uniform(0.5, 1.5))
        level = chance.choices(list(weights), list(weights.values()))[0]
        if level and keypad.lit:
            keypad.press(f"level-{level}")
