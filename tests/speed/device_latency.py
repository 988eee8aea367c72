"""How long a keypad's frame takes to become a rating command: pty, link, decoder, evaluator, client's door.

`python -m tests.speed.device_latency` prints it and test_latency.py holds it; the caller's own time is measured elsewhere.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.instruments.device_bench import evaluator_at_window

PRESS_PAUSE_SECONDS = 0.002  # so that each press is a frame of its own


async def frame_to_command(count: int, profile: str = "evaluator-sum5") -> list[float]:
    """Seconds from the device's write to the command, for `count` visits."""
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with evaluator_at_window(Path(folder), profile) as table:
            for visit in range(count):
                table.hall.ask(f"ticket-{visit}")
                await table.shown("prompt", visit + 1)
                before = len(table.hall.rates)
                start = time.perf_counter()
                table.keypad.press(f"level-{visit % 5 + 1}")
                await table.hall.until(lambda before=before: len(table.hall.rates) > before)
                taken.append(table.hall.at[-1] - start)
                await asyncio.sleep(PRESS_PAUSE_SECONDS)
    return taken


def figures(count: int = 200) -> dict[str, float]:
    """Milliseconds: the median, and what one in a hundred takes."""
    taken = sorted(asyncio.run(frame_to_command(count)))
    return {
        "frame_to_rating_ms": round(median(taken) * 1000, 3),
        "frame_to_rating_p99_ms": round(taken[int(len(taken) * 0.99)] * 1000, 3),
    }


if __name__ == "__main__":
    print(figures())
