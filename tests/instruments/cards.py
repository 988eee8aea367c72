"""The county hall as it takes bookings for the same day, its kiosk's ID reader, and people with cards.

Person 7 is whoever owns the made-up card number 7. The reader is the simulated one, on a real serial line.
"""

import time
from pathlib import Path

from devices.simulators.reader import SimulatedCardReader, number_for
from devices.units.reader import REPEAT_SECONDS
from tests.instruments.plain_halls import plain_text
from tests.instruments.running_hall import REPO, RunningHall, until

READER = "k1-cards"
NAME = "王小明"
YOUNG = 1990
AGAIN_SECONDS = REPEAT_SECONDS + 1  # it was read a moment after it was laid


def hall_with_cards(folder: Path) -> RunningHall:
    """Running; it takes bookings for today, three for a person."""
    county = plain_text(REPO / "config/halls/county.toml")
    rules = "[rules]\nappointment_ahead_days = 0\nappointments_per_day = 3\n"
    county = county.replace("[rules]\n", rules, 1).replace("slot_quota = 4", "slot_quota = 40")
    assert "appointment_ahead_days = 0" in county
    assert "slot_quota = 40" in county
    source = folder / "source"
    source.mkdir()
    for items in (REPO / "config/halls").glob("*.csv"):
        (source / items.name).write_bytes(items.read_bytes())
    (source / "county.toml").write_text(county, "utf-8")
    return RunningHall(folder, source / "county.toml").start()


class Reader:
    """The ID reader on its line, living in the hall driver's loop; a context."""

    def __init__(self, hall: RunningHall, folder: Path) -> None:
        self.hall = hall
        self.twin = SimulatedCardReader(folder / "cards")
        self.port = self.twin.cable.port
        self._last = (0, 0.0)  # whose card was laid last, and when

    def __enter__(self) -> "Reader":
        self.hall._run(self.twin.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.hall._run(self.twin.__aexit__())

    def lay(self, serial: int, born: int = YOUNG) -> None:
        """At a person's pace: a card left lying is read once, so the same one comes back a little later."""
        laid, at = self._last
        until(lambda: serial != laid or time.monotonic() - at > AGAIN_SECONDS, "a person's pace")
        self._last = (serial, time.monotonic())
        self.hall._run(self._lay(serial, born))

    async def _lay(self, serial: int, born: int) -> None:
        self.twin.lay(NAME, number_for(serial, born))

    def plug(self, there: bool) -> None:
        self.hall._run(self._plug(there))

    async def _plug(self, there: bool) -> None:
        self.twin.cable.plug() if there else self.twin.cable.unplug()
