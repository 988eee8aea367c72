"""What a delivering process costs the caller: processor time of a visit with five receivers and without any, in turns.

    python -m tests.speed.caller_beside_deliver [VISITS] [ROUNDS]

Processor time and not the clock on the wall: what other programs of the machine do counts in neither. The two take turns in
one run, so that a warmer processor or a longer log favours none; what the caller does each second anyway is left out, for a
visit lasts longer on the wall where five receivers share the machine. Prints one line of JSON; exit code 1 over `RATIO_MAX`.
The time from the press to the answer (p95) is printed beside it and judged by no bound: it is the machine's.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.instruments.delivery_receivers import NAMES, Receivers
from tests.instruments.feedback_hall import with_settings
from tests.instruments.running_hall import RunningHall

RATIO_MAX = 1.05
IDLE_SECONDS = 5.0
WINDOW, QUEUE = "1", "A"


def processor_time(pid: int) -> float:
    """Seconds that all threads of a process have been on a processor."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9


def idle_share(pid: int) -> float:
    """Seconds of processor time that the caller takes in a second in which nothing happens: heartbeats, looks at the clock."""
    before, began = processor_time(pid), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return (processor_time(pid) - before) / (time.monotonic() - began)


def visits(hall: RunningHall, count: int, idle: float) -> tuple[float, list[float]]:
    """Serve so many; return the caller's processor time without what it takes idle, and each call's time, in seconds."""
    before, began, calls = processor_time(hall.caller.pid), time.monotonic(), list[float]()
    for _ in range(count):
        hall.take(queue=QUEUE)
        start = time.perf_counter()
        hall.call(WINDOW)
        calls.append(time.perf_counter() - start)
        hall.serve(WINDOW)
        hall.finish(WINDOW)
    return processor_time(hall.caller.pid) - before - idle * (time.monotonic() - began), calls


def p95(seconds: list[float]) -> float:
    return round(sorted(seconds)[int(len(seconds) * 0.95)] * 1e3, 1)


def measure(folder: Path, count: int, rounds: int) -> dict[str, float]:
    """Return the two costs of a visit in milliseconds of processor time, their ratio, and the p95 of a call in each."""
    receivers = Receivers(0)
    rows = "".join(
        f'\n[[webhook]]\nid = "{name}"\nurl = "http://127.0.0.1:{receivers.ports[name]}/h"\nprivate = true\n'
        for name in NAMES
    )
    hall = RunningHall(folder, with_settings(folder, "village", rows)).start()
    alone, beside, idle = list[float](), list[float](), 0.0
    calls: dict[bool, list[float]] = {True: [], False: []}
    try:
        hall.open(WINDOW)
        idle = idle_share(hall.caller.pid)
        visits(hall, count, idle)  # warm
        for nth in range(2 * rounds):
            with_it = nth % 4 in (1, 2)  # without, with, with, without: a day that grows favours neither
            process = hall.start_deliver() if with_it else None
            cost, seen = visits(hall, count, idle)
            (beside if with_it else alone).append(cost)
            calls[with_it] += seen
            if process:
                process.stop()
                hall.deliver = None
    finally:
        hall.close()
        receivers.close()
    each = count * rounds
    return {
        "visits": each, "idle_ms_a_second": round(idle * 1e3, 2), "ms_alone": round(sum(alone) / each * 1e3, 3), "ms_beside": round(sum(beside) / each * 1e3, 3),
        "ratio": round(sum(beside) / sum(alone), 4), "p95_ms_alone": p95(calls[False]), "p95_ms_beside": p95(calls[True]),
        "delivered": sum(map(len, receivers.taken.values())),
    }  # fmt: skip


def main(count: int = 60, rounds: int = 4) -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), count, rounds)
    print(json.dumps(found))
    return int(found["ratio"] > RATIO_MAX)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
