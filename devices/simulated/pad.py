"""A hard caller's twin: a keypad whose display can be read back."""

from pathlib import Path

from devices.profile import Profile
from devices.simulated.cable import Knobs
from devices.simulated.keypad import Keypad, Shown


class PadTwin(Keypad):
    """`line` is what a clerk would see now."""

    def __init__(
        self, profile: Profile, name: Path, address: int | None = None, knobs: Knobs | None = None
    ) -> None:
        super().__init__(profile, name, address, knobs, self._note)
        self.line = ""
        self.beeps = 0

    def type(self, digits: str) -> None:
        for digit in digits:
            self.press(f"digit-{digit}")

    async def shows(self, part: str) -> None:
        """Wait until the display shows this; bound it with asyncio.timeout."""
        await self.until(lambda: part in self.line)

    def _note(self, shown: Shown) -> None:
        if shown.name == "show":
            self.line = shown.fields["text"].decode(self.profile.text.encoding, "replace").rstrip()
        self.beeps += shown.name == "beep"
