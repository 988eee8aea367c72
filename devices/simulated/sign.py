"""A sign's twin: shows on one line what it was sent, by whatever protocol its profile speaks."""

from pathlib import Path

from devices import bx
from devices.profile import Profile
from devices.simulated.cable import Knobs
from devices.simulated.keypad import SEEN_MAX, Keypad, Shown

BX_TEXT_AT = 34  # in a dynamic-area command: what stands before the text


class SignTwin(Keypad):
    """`line` is what stands on it; `power_cycle` wipes it, as a sign does that lost its power."""

    def __init__(
        self, profile: Profile, name: Path, address: int | None = None, knobs: Knobs | None = None
    ) -> None:
        super().__init__(profile, name, address, knobs, self._note)
        self.line = ""
        self.lines: list[str] = []  # all that stood on it, the newest last
        self._ear = bx.Ear()

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
            if frame.fields["key"] == bx.PING:
                self.cable.send(bx.acknowledge(self.address))
            elif frame.fields["key"] == bx.SHOW:
                self._show(frame.fields["data"][BX_TEXT_AT:])

    def _note(self, shown: Shown) -> None:
        if shown.name == "show":
            self._show(shown.fields["text"])

    def _show(self, text: bytes) -> None:
        self.line = text.decode(self.profile.text.encoding, "replace").rstrip()
        self.lines = [*self.lines[-SEEN_MAX:], self.line]
        self.told()
