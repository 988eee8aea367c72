"""What administrators did, read from the chain: who, when, where, on what, from which version to which.

An act outside the log waits in accounts.db until the caller runs; it is among the lines as waiting, so that none is
overlooked. Names, fields and versions are shown; what stood in a field was never in the chain.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import msgspec
from msgspec import Struct

from caller.engine.administration import ACTS, DAY_ACTS
from caller.eventlog import LOG_NAME, Reader, Record, readable, zone_of
from caller.identity.account_file import ACCOUNTS_NAME, AccountFile
from caller.reports.tables import put_csv_rows
from config.instants import Micros

DAY_KINDS = {kind.__name__: act for kind, act in DAY_ACTS.items()}
SETTINGS, QUEUES_SET = "SettingsChanged", "QueuesSet"
AUTOMATIC = "caller"  # the role under which the caller acts by itself
CODES = [*ACTS, *DAY_ACTS.values(), "queues-set", "picked", "placed"]
# Of the many calls and transfers those out of the line's order: what their bodies hold.
OUT_OF_TURN = {"TicketCalled": '"reason":', "TicketTransferred": '"place":'}


class AuditLine(Struct, frozen=True):
    """One act. `seq`: 0 while it waits for the caller. `at`: UTC microseconds, when it was done."""

    seq: int
    at: Micros
    act: str
    subject: str
    by: str
    place: str
    fields: tuple[str, ...] = ()
    before: int = 0
    after: int = 0


def line_of(record: Record) -> AuditLine | None:
    """Return what an event tells of an administrator's act; None for any other event."""
    kind, place = record.event_kind, f"{record.role}/{record.station}"
    facts, _ = readable(record)
    if facts["type"] == "Administered":
        return AuditLine(
            record.seq, facts["done"], facts["act"], facts["subject"], facts["by"], facts["place"],
            tuple(facts.get("fields", ())), facts.get("before", 0), facts.get("after", 0),
        )  # fmt: skip
    if facts["type"] == SETTINGS:
        act = "settings-taken-back" if facts.get("taken_back") else "settings-changed"
        who = record.account or ("file" if facts.get("from_file") else "")
        fields, version = tuple(facts.get("fields", ())), facts["version"]
        return AuditLine(record.seq, record.at, act, "settings", who, place, fields, version - 1, version)
    if kind == QUEUES_SET:
        moved = (*(f"+{each}" for each in facts["added"]), *(f"-{each}" for each in facts["removed"]))
        return AuditLine(
            record.seq, record.at, "queues-set", f"window/{facts['window']}", record.account, place, moved
        )
    if kind in OUT_OF_TURN:
        act, window = ("picked", "window") if kind == "TicketCalled" else ("placed", "from_window")
        fields = (facts.get("reason") or facts.get("place", ""), f"window/{facts[window]}")
        who = record.account or facts.get("clerk", "")
        return AuditLine(record.seq, record.at, act, f"ticket/{facts['ticket']}", who, place, fields)
    if kind in DAY_KINDS and record.role != AUTOMATIC:
        return AuditLine(
            record.seq, record.at, DAY_KINDS[kind], f"day/{facts.get('day', '')}", record.account, place
        )
    return None


def waiting(data: Path) -> Iterator[AuditLine]:
    """Yield the acts that wait for the caller."""
    if (data / ACCOUNTS_NAME).exists():
        for act in AccountFile(data).pending_acts():
            rest = act.fields, act.before, act.after
            yield AuditLine(0, act.done, act.act, act.subject, act.by, act.place, *rest)


class AuditFilter(NamedTuple):
    """Which acts are wanted; what is empty or None excludes none. Days are the hall's."""

    first: date | None = None
    last: date | None = None
    who: str = ""
    acts: tuple[str, ...] = ()
    subject: str = ""  # how it begins

    def fits(self, line: AuditLine, zone: tzinfo) -> bool:
        day = in_zone(line.at, zone).date()
        return (
            (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
            and self.who in ("", line.by)
            and (not self.acts or line.act in self.acts)
            and line.subject.startswith(self.subject)
        )


def lines_of(reader: Reader) -> Iterator[AuditLine]:
    """Yield the acts that a log holds, oldest first. Raises `LogError`."""
    for record in reader.of_kinds(("Administered", SETTINGS, QUEUES_SET, *DAY_KINDS), holding=OUT_OF_TURN):
        if line := line_of(record):
            yield line


def read_audit(data: Path, wanted: AuditFilter) -> tuple[list[AuditLine], tzinfo]:
    """Return the acts of a hall, noted and waiting, and its zone. Blocks for as long as the log is read. Raises
    `LogError`."""
    with Reader(data / LOG_NAME) as reader:
        zone = zone_of(reader) or UTC
        lines = [*lines_of(reader), *waiting(data)]
    return [line for line in lines if wanted.fits(line, zone)], zone


def in_zone(at: Micros, zone: tzinfo) -> datetime:
    """Return an instant (UTC microseconds) as a local time."""
    return datetime.fromtimestamp(at / 1e6, UTC).astimezone(zone)


def document_of(line: AuditLine, zone: tzinfo) -> dict[str, Any]:
    """Return a line as JSON has it, its instant in the hall's time."""
    return msgspec.to_builtins(line) | {"at": in_zone(line.at, zone).isoformat(timespec="seconds")}


def put_csv(target: TextIO, lines: list[AuditLine], zone: tzinfo) -> None:
    """Write the lines as CSV with a head."""
    rows = (document_of(line, zone) | {"fields": " ".join(line.fields)} for line in lines)
    names = AuditLine.__struct_fields__
    put_csv_rows(target, names, ([str(row[name]) for name in names] for row in rows))
