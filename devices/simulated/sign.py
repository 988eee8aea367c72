"""A sign's twin: shows on one line what it was sent, by whatever protocol its profile speaks."""

from pathlib import Path

from devices import bx
from devices.framing import BUFFER_BYTES_MAX
from devices.profile import Profile
from devices.simulated.cable import Knobs
from devices.simulated.keypad import Keypad, Shown

TEXT_LENGTH_AT = 32  # in a dynamic-area command: what stands before the text's length


class SignTwin(Keypad):
    """`line` is what stands on it; `power_cycle` wipes it, as a sign does that lost its power."""

    def __init__(
        self, profile: Profile, name: Path, address: int | None = None, knobs: Knobs | None = None
    ) -> None:
        super().__init__(profile, name, address, knobs, self._note)
        self.line = ""
        self.pictures = 0
        self._raw = b""

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
        self._raw = (self._raw + data)[-BUFFER_BYTES_MAX:]
        while (end := self._raw.find(bx.TAIL)) >= 0:
            frame, self._raw = self._raw[: end + 1], self._raw[end + 1 :]
            content = bx.unpack(frame[max(0, frame.find(bx.HEAD)) :])
            if content and content.startswith(b"\xa3\x06"):
                self._show(content[TEXT_LENGTH_AT + 4 :])

    def _note(self, shown: Shown) -> None:
        if shown.name == "show":
            self._show(shown.fields["text"])

    def _show(self, text: bytes) -> None:
        self.line = text.decode(self.profile.text.encoding, "replace").rstrip()
        self.pictures += 1
        self.told()
