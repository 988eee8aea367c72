"""Start-up with a million old events in the log against an empty one: the caller's own process up to ready.

One business day of a county hall is decided by the real engine; the days before it are the same rows under
their own dates, linked into one chain, each day's close with a checkpoint as large as a caller writes: the
state of that one day, 3,000 visits that may still be rated, and the answers to its 12,000 commands.
"""

import subprocess
import sys
import time
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import msgspec

from caller.bench.fixture import clock, county, item_ids, median, open_day, rounded
from caller.engine.commands import CallNext, CloseDay, FinishService, OpenWindow, StartService, TakeTicket
from caller.engine.envelope import CommandEnvelope, DecidedCommand
from caller.engine.events import AnyEvent, DayClosed, DayOpened
from caller.engine.register import UsedDay
from caller.eventlog import LOG_NAME, Batch, EventLog
from caller.service.idempotency import HallStore
from caller.service.loop import Loop

EVENTS = 1_000_000
TICKETS = 3_000  # a day of the busiest hall in the field study
ROUNDS = 7
CHILD = "from caller.bench.start_time import start; start(__import__('sys').argv[1])"

LogStep = tuple[CommandEnvelope, list[AnyEvent]]


def start(folder: str) -> None:
    """Do everything up to the point where stations could be served; runs in the measured process."""
    from caller.service.server import Server  # noqa: F401  # pyright: ignore[reportUnusedImport]

    settings = county()
    began = time.perf_counter()
    log = EventLog(Path(folder) / LOG_NAME, settings.hall.site)
    Loop(settings, log)
    print(time.perf_counter() - began, flush=True)
    log.close()


def measure(folder: Path, events: int = EVENTS) -> dict[str, float]:
    """Return milliseconds of the whole process and of opening the log alone, medians of turns."""
    empty, full = folder / "empty", folder / "full"
    for home in (empty, full):
        home.mkdir()
    EventLog(empty / LOG_NAME, county().hall.site).close()
    written = write(full, events)
    pairs = [(_start(empty), _start(full)) for _ in range(ROUNDS)]
    whole = [(one[0], other[0]) for one, other in pairs]
    return {
        "ratio": median(other / one for one, other in whole),
        "empty_ms": median(one for one, _ in whole),
        "million_ms": median(other for _, other in whole),
        "empty_open_ms": median(one[1] for one, _ in pairs),
        "million_open_ms": median(other[1] for _, other in pairs),
        "events": written,
    }


def _start(folder: Path) -> tuple[float, float]:
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    opened = child.stdout.readline()
    whole = time.perf_counter() - began
    child.communicate()
    return rounded(whole * 1e3), rounded(float(opened) * 1e3)


def write(folder: Path, events: int) -> int:
    """Write a log of whole business days with at least so many events; return how many it has."""
    settings = county()
    log = EventLog(folder / LOG_NAME, settings.hall.site)
    log.start(lambda _batches, error: _raise(error))
    store, steps = _day()
    first = date.today() - timedelta(days=1 + events // sum(len(made) for _, made in steps))
    while log.head.seq < events:
        label = (first + timedelta(days=len(store.hall.register.used_days) - 1)).isoformat()
        _write_day(log, store, steps, label)
    log.close()
    return log.head.seq


def _raise(error: Exception | None) -> None:
    if error:
        raise error


def _day() -> tuple[HallStore, list[LogStep]]:
    """Run one day through the real engine; return the store after it, and each step."""
    settings = county()
    store, steps, hours = HallStore(settings), [], clock()
    items, windows = item_ids(settings), [window for window in settings.windows if window.queues]
    ids = count()

    def do(command: DecidedCommand) -> None:
        order = CommandEnvelope(f"day-{next(ids)}", command, "manager", "bench")
        taken = store.take(order, hours.now())
        if taken.events:
            steps.append((order, taken.events))

    do(open_day().command)
    for each in windows:
        do(OpenWindow(each.id, f"clerk-{each.id}"))
    for serial in range(TICKETS):
        do(TakeTicket(items=[items[serial % len(items)]]))
        window = windows[serial % len(windows)]
        for verb in (CallNext, StartService, FinishService):
            do(verb(window.id, store.hall.state.windows[window.id].version))
    do(CloseDay(expire=True))
    assert not store.hall.state.day.open, "every visit ended"
    return store, steps


def _write_day(log: EventLog, store: HallStore, steps: list[LogStep], label: str) -> None:
    """Write the day's rows under another date, with the checkpoint of its close."""
    batch = Batch()
    for order, events in steps:
        dated = [_dated(event, label) for event in events]
        log.extend(msgspec.structs.replace(order, id=f"{label}-{order.id}"), clock().now(), dated, batch.rows)
    store.hall.register.used_days.put(label, UsedDay(clock().now()))
    store.hall.state.seq = store.hall.register.seq = log.head.seq
    store.collect(batch.register)
    batch.checkpoint = log.checkpoint(clock().now(), store.dump())
    log.write(batch)


def _dated(event: AnyEvent, label: str) -> AnyEvent:
    if isinstance(event, DayOpened | DayClosed):
        return msgspec.structs.replace(event, day=label)
    return event
