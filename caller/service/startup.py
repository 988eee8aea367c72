"""What a start does: memory is made from the log, and the process is set up for a day of small commands.

A start reads the newest checkpoint and what follows it, about a second's work at most. Where the checkpoint is of
another version of the state, the whole log is replayed instead, unless that was done beforehand (`preparation`);
nothing is lost but time, and the log lines say how much.
"""

import gc
import logging
import time
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from caller.engine.register import Register, VersionInForce
from caller.engine.settings_change import in_force
from caller.eventlog import EventLog, Head, Record, Recovery
from caller.eventlog.checkpoints import drop_prepared
from caller.service.idempotency import STATE_LINE, VERSION, HallStore, StateError, version_of
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


class SettingsSource(Protocol):
    """Where the settings of a version are found: `settings_versions.SettingsVersions`."""

    def load(self, wanted: VersionInForce) -> Settings | None: ...
    def former(self, number: int) -> Iterator[Settings]: ...


class WarmMemory(NamedTuple):
    """The fold of a log that another caller wrote until now, up to an event of it."""

    memory: HallStore
    head: Head


def recover(
    log: EventLog,
    settings: Settings,
    versions: SettingsSource | None = None,
    *,
    full: bool = False,
    warm: WarmMemory | None = None,
) -> tuple[HallStore, int]:
    """Return memory as the log has it, and the seq of the checkpoint it began with (0: none).

    0. What was folded beside the caller that wrote until now (`warm`) saves all but the events after it.
    1. The newest checkpoint of this version and the register's rows save folding the log from its first event.
    2. Where they cannot be believed (another version, a damaged row, rows that do not stand at the last event), a
       state that `hallcall log prepare` left saves it.
    3. Without one all is folded, and so it is with `full`.
    4. The version of the settings that the last event names is in force; `settings` are, where there is no such event or
       `versions` does not have it. No event folds differently under other settings.
    5. After 2 and 3 the first commit writes the whole register, and until there is a checkpoint of this version the
       prepared state is used again.

    Raises `LogError` where the log is damaged, or holds an event of a newer version.
    """
    try:
        recovery, memory = (None, None) if full else _usable(log, settings, warm)
    except StateError as error:
        log_lines.warning("从日志重算 / replaying the log: %s", error)
        recovery = memory = None
    if recovery is None or memory is None:
        recovery, memory = log.recover(full=True), HallStore(settings)
    count = log.head.seq - recovery.seq
    log_lines.info(
        "起点 %d，重算 %d 条 / from event %d, replaying %d", recovery.seq, count, recovery.seq, count
    )
    memory.replay(_reported(recovery.records, count))
    memory.hall.number_floor = log.floor
    known = in_force(memory.hall)
    found = versions.load(known) if versions and known.version else None
    former = versions.former(known.version) if versions else ()
    memory.hall.adopt(found or settings, former)  # what is lost and in use follows from the log's end
    return memory, recovery.seq


def _usable(log: EventLog, settings: Settings, warm: WarmMemory | None) -> tuple[Recovery, HallStore]:
    """Return a state of this version that fits the log, and memory made of it. Raises `StateError`."""
    if warm and (recovery := log.recover_after(warm.head)):
        return recovery, warm.memory
    saved, prepared = log.recover(STATE_LINE), log.recover_prepared(VERSION)
    newest = prepared if prepared and prepared.seq > saved.seq else saved
    register = None
    if newest.state is not None or not saved.passed_over:  # else the rows are of a day that is not believed
        register = Register.load(saved.register, saved.register_mark, log.head.seq)
    if register is None and prepared:
        newest = prepared
        register = Register.load(prepared.register, prepared.register_mark, prepared.seq, apart=True)
    if register is None and log.head.seq:
        raise StateError(_reason(saved))
    memory = HallStore.load(settings, newest.state, register)
    if prepared and newest is saved:
        drop_prepared(log.path.parent, VERSION)
    return newest, memory


def _reason(saved: Recovery) -> str:
    """Return why neither checkpoint nor register can be used, in both languages."""
    if not saved.passed_over:
        return (
            "登记表不在最后一条记录处，或已损坏，或属于另一版本 / the register does not stand at the last event, is damaged, "
            "or is of another version"
        )
    found = version_of(saved.passed_over)
    old, own = (
        int(number) if number.isdigit() else 0 for number in (found.split(".")[0], VERSION.split(".")[0])
    )
    zh, en = ("较新", "a newer") if old > own else ("较旧", "an older") if old < own else ("另一", "another")
    return (
        f"检查点由{zh}版本的程序写成（{found}，本程序 {VERSION}），不采用 / the checkpoints were written by {en} version of "
        f"this program ({found}, this one: {VERSION}) and are not used"
    )


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
