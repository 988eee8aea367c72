"""The county day of 3,000 tickets is simulated in seconds."""

import time

from caller.simulate.run import simulate
from caller.simulate.scenario import read
from config.reading.reader import HALLS
from config.reading.reader import read as read_hall

CPU_SECONDS_MAX = 10.0  # it takes 2 to 3


def test_the_county_day_takes_seconds() -> None:
    settings = read_hall(HALLS / "county.toml")
    day = read(HALLS.parent / "scenarios" / "county-day.toml", settings)
    began = time.process_time()
    simulate(settings, day, 1)
    assert time.process_time() - began < CPU_SECONDS_MAX
