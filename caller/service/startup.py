"""What a start does: memory is made from the log, and the process is set up for a day of small commands.

A start reads the newest checkpoint and what follows it, about a second's work at most. Where the checkpoint is of
another version of the state, the whole log is replayed instead; nothing is lost but time, and the log lines say how
much.
"""

import gc
import logging
import time
from collections.abc import Iterator

from caller.engine.register import Register
from caller.eventlog import EventLog, Record
from caller.service.idempotency import HallStore, StateError
from config.instants import Seconds
from config.settings import Settings

TAIL_EVENTS_MAX = 100_000  # events without a checkpoint; replaying so many takes about two seconds
REPLAYED_PER_SECOND = 40_000  # events, on a slow PC; for the forecast of how long a start will take
PROGRESS_SECONDS: Seconds = 5.0  # between two lines of a long replay
COLLECT_AFTER = 50_000  # new objects between looks for cycles; a day's tickets are a tree and have none

log_lines = logging.getLogger("hallcall.loop")


def rest_collector() -> None:
    """Freeze all objects of the start and raise the collector's threshold. Call once, after the start.

    A burst of commands then triggers no search through everything there is.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def recover(log: EventLog, settings: Settings, *, full: bool = False) -> tuple[HallStore, int]:
    """Return memory as the log has it, and the seq of the checkpoint it began with (0: none).

    The register's rows and the newest checkpoint save folding the log from its first event. If either cannot be
    believed (another version, a damaged row, rows that do not stand at the last event) all of it is folded, and the
    first commit writes the whole register; so it is with `full`.

    Raises `LogError` where the log is damaged, or holds an event of a newer version.
    """
    recovery = log.recover(full=full)
    register = None if full else Register.load(recovery.register, recovery.register_mark, log.head.seq)
    try:
        if register is None and log.head.seq and not full:
            raise StateError("the register does not stand at the last event, or is damaged")
        memory = HallStore.load(settings, recovery.state, register)
    except StateError as error:
        log_lines.warning(
            "检查点或登记表不能用，从日志重算 / checkpoint or register cannot be used, replaying the log: %s",
            error,
        )
        recovery, memory = log.recover(full=True), HallStore(settings)
    memory.replay(_reported(recovery.records, log.head.seq - recovery.seq))
    memory.hall.number_floor = log.floor
    return memory, recovery.seq


def _reported(records: Iterator[Record], count: int) -> Iterator[Record]:
    """Yield the records; log how many there are, how long they will take, and how long they took."""
    if count < TAIL_EVENTS_MAX:
        yield from records
        return
    began = said = time.monotonic()
    left = round(count / REPLAYED_PER_SECOND)
    log_lines.warning(
        "正在重算 %d 条记录，约 %d 秒 / replaying %d events, about %d s", count, left, count, left
    )
    for done, record in enumerate(records):
        if done % REPLAYED_PER_SECOND == 0 and time.monotonic() - said > PROGRESS_SECONDS:
            said = time.monotonic()
            left = round((said - began) * (count - done) / done)
            log_lines.warning(
                "已重算 %d 条，还需约 %d 秒 / %d replayed, about %d s left", done, left, done, left
            )
        yield record
    taken: Seconds = time.monotonic() - began
    log_lines.warning("重算完成，用时 %.1f 秒 / replayed in %.1f s", taken, taken)
