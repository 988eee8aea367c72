"""A sign's simulator: shows on one line what it was sent, by whatever protocol its profile speaks."""

from pathlib import Path

from devices.profiles.profile import Profile
from devices.protocols import onbon_bx
from devices.protocols.display_text import read_back
from devices.simulators.keypad import SEEN_MAX, Shown, SimulatedKeypad
from devices.simulators.pty_cable import CableFaults

BX_TEXT_AT = 34  # in a dynamic-area command: what stands before the text


class SimulatedSign(SimulatedKeypad):
    """`line` is what stands on it; `power_cycle` wipes it, as a sign does that lost its power."""

    def __init__(
        self, profile: Profile, name: Path, address: int | None = None, faults: CableFaults | None = None
    ) -> None:
        super().__init__(profile, name, address, faults, self._note)
        self.line = ""
        self.lines: list[str] = []  # all that stood on it, the newest last
        self._ear = onbon_bx.OnbonDecoder()

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
        for frame in self._ear.feed(data):
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
        self.told()
