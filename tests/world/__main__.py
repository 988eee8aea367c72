"""Replays a world exactly and prints its diary. `--worlds N` runs that many seeds and prints the figures."""

import argparse
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from tests.world.people import SETTINGS
from tests.world.world import Figures, World, live, total


def diary(world: World) -> None:
    zone = ZoneInfo(SETTINGS.hall.zone)
    world.shell._start()
    for record in world.records():
        at = datetime.fromtimestamp(record.at / 1e6, zone).strftime("%Y-%m-%d %H:%M:%S")
        facts = msgspec.to_builtins(record.event)
        words = " ".join(f"{key}={value}" for key, value in facts.items() if key != "type")
        print(f"{record.seq:6} {at} {record.kind:18} {words}")
    world.shell.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--steps", type=int, default=90, help="turns of the loop in a day")
    parser.add_argument("--worlds", type=int, default=1, help="run this many seeds from --seed on")
    options = parser.parse_args()
    figures: list[Figures] = []
    for seed in range(options.seed, options.seed + options.worlds):
        with tempfile.TemporaryDirectory() as folder:
            world = live(seed, options.days, Path(folder), options.steps)
            figures.append(world.figures)
            if options.worlds == 1:
                diary(world)
            for words in world.figures.wrong:
                print(words)
    print(total(figures))


if __name__ == "__main__":
    main()
