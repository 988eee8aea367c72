"""The seeded world: one seed drives a hall through days with faults, over the real engine and the real log.

`shell` is the caller without asyncio (memory + log, one commit at a time), `people` decides who does what,
`world` lives the days, `checks` reads only the history and says what is wrong with it.
`python -m tests.world --seed N --days D` replays a failure exactly and prints the hall's diary.
"""
