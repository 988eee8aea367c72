"""Simulated devices with a display: a hard caller whose line can be read back, and a sign."""

import asyncio
from pathlib import Path

from devices.profiles.profile import Profile
from devices.protocols import onbon_bx
from devices.protocols.display_text import read_back
from devices.simulators.keypad import SEEN_MAX, Shown, SimulatedKeypad
from devices.simulators.pty_cable import CableFaults

LIFT_SECONDS = 0.15  # of a quick finger, between two presses of one key
ROLL_SECONDS = 0.001  # from one key to another; timers of one instant would have no order
BX_TEXT_AT = 34  # in a dynamic-area command: what stands before the text


class SimulatedCallKeypad(SimulatedKeypad):
    """`line` is what a clerk would see now."""

    def __init__(
        self, profile: Profile, name: Path, address: int | None = None, faults: CableFaults | None = None
    ) -> None:
        super().__init__(profile, name, address, faults, self._note)
        self.line = ""
        self.beeps = 0
        self._pressed, self._pressed_at = "", 0.0  # the last key, and when it goes out

    def press(self, meaning: str) -> None:
        """Press a key. A finger lifts before the same digit again, and what comes after waits for it."""
        loop = asyncio.get_running_loop()
        again = meaning.startswith("digit-") and meaning == self._pressed
        at = max(loop.time(), self._pressed_at + (LIFT_SECONDS if again else ROLL_SECONDS))
        self._pressed, self._pressed_at = meaning, at
        if at > loop.time():
            loop.call_at(at, super().press, meaning)
        else:
            super().press(meaning)

    def type(self, digits: str) -> None:
        for digit in digits:
            self.press(f"digit-{digit}")

    async def shows(self, part: str) -> None:
        """Wait until the display shows this; bound it with asyncio.timeout."""
        await self.until(lambda: part in self.line)

    def _note(self, shown: Shown) -> None:
        if shown.name == "show":
            self.line = read_back(shown.fields["text"], self.profile.text.encoding).rstrip()
        self.beeps += shown.name == "beep"


class SimulatedSign(SimulatedKeypad):
    """`line` is what stands on it; `power_cycle` wipes it, as a sign does that lost its power."""

    def __init__(
        self, profile: Profile, name: Path, address: int | None = None, faults: CableFaults | None = None
    ) -> None:
        super().__init__(profile, name, address, faults, self._note)
        self.line = ""
        self.lines: list[str] = []  # all that stood on it, the newest last
        self._decoder_bx = onbon_bx.OnbonDecoder()

    def power_cycle(self) -> None:
        self.line = ""

    async def shows(self, part: str) -> None:
        await self.until(lambda: part in self.line)

    def _heard(self, data: bytes) -> None:
        if self.profile.protocol == "bx":
            self._bx(data)
        else:
            super()._heard(data)

    def _bx(self, data: bytes) -> None:
        for frame in self._decoder_bx.feed(data):
            if frame.fields["key"] == onbon_bx.PING:
                self.cable.send(onbon_bx.acknowledge(self.address))
            elif frame.fields["key"] == onbon_bx.SHOW:
                self._show(frame.fields["data"][BX_TEXT_AT:])

    def _note(self, shown: Shown) -> None:
        if shown.name == "show":
            self._show(shown.fields["text"])

    def _show(self, text: bytes) -> None:
        self.line = read_back(text, self.profile.text.encoding).rstrip()
        self.lines = [*self.lines[-SEEN_MAX:], self.line]
        self.notify()
