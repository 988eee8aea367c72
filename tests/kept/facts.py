"""Test instrument: what a kept data folder says when this code opens it, in the shape of its `expected.json`.

The maker wrote `expected.json` with these very functions run on the old code, so they name each fact by hand: a
field that is renamed inside the engine is renamed here, on the right side only, and the file stays as it is.
"""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from click.testing import CliRunner, Result

from caller.cli.main import hallcall
from caller.engine import events as ev
from caller.engine.hall import Hall
from caller.engine.wait_forecast import forecast
from caller.eventlog import LOG_NAME, EventLog
from caller.service.clock import Clock
from caller.service.loop import Loop
from caller.views import build
from config.reading.reader import read
from config.settings import Settings

Facts = dict[str, Any]
ELAPSED = 5_000_000  # microseconds; where a clock that stands still began is of no matter
PRIVATE = 0o600  # the rights a hall's files have and git does not keep

TICKET = (
    "number", "serial", "series", "queue", "priority", "origin", "promise", "issued", "since", "items", "pending",
    "state", "window", "clerk", "bound", "come_back", "home", "not_before", "recalls", "requeues", "call", "called",
    "person", "appointment", "low", "high", "expected",
)  # fmt: skip
WINDOW = (
    "state", "clerk", "serves", "ticket", "version", "since", "reason", "served", "last", "rated", "freed",
)  # fmt: skip
APPOINTMENT = ("code", "item", "queue", "slot", "day", "person", "state")
DEVICE = ("kind", "state", "detail", "since")
VISIT = ("number", "window", "clerk", "finished", "level")
DAY = ("label", "zone", "open", "stopped", "opened", "stops_at", "closes_at")
CALL = ("call", "ticket", "number", "window", "at", "times")
PACE = ("weight", "minutes", "squares")
TOLD = ("tickets", "within", "error_seconds")
OF_A_DAY = ("queue", "priority", "state", "window", "clerk", "items", "issued", "called", "low", "high")


# --- the folder


def copied(kept: Path, to: Path) -> Path:
    """A copy of a kept folder that may be opened, with the rights a hall's own files have."""
    shutil.copytree(kept, to)
    for file in to.rglob("*"):
        if file.is_file():
            file.chmod(PRIVATE)
    return to


def settings_of(kept: Path) -> Settings:
    return read(kept / "hall.toml")


@contextmanager
def loop_of(data: Path, settings: Settings, now: int) -> Generator[tuple[Loop, EventLog]]:
    """What a caller that starts at `now` (UTC microseconds) recovers; the clock then stands still."""
    log = EventLog(data / LOG_NAME, settings.hall.site)
    try:
        yield Loop(settings, log, Clock(lambda: now, lambda: ELAPSED)), log
    finally:
        log.close()


def forget_checkpoints(data: Path) -> int:
    """How many there were; the next start replays the log from its first event."""
    with closing(sqlite3.connect(data / LOG_NAME, isolation_level=None)) as log:
        return log.execute("delete from checkpoint").rowcount


def run(*arguments: object) -> Result:
    """The command line, in this process."""
    return CliRunner().invoke(hallcall, [str(each) for each in arguments])


def printed(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


# --- what it says


def gathered(data: Path, settings: Settings, now: int) -> Facts:
    """Everything that is read from the log alone: its head, the hall as it stands, every day, every document."""
    with loop_of(data, settings, now) as (loop, log):
        records = list(log.recover(full=True).records)
        head = {"seq": log.head.seq, "hash": log.head.hash.hex()}
        hall = loop.hall
        hall.forecast = forecast(hall, now)
        return {
            "head": head,
            "kinds": dict(sorted(Counter(record.kind for record in records).items())),
            "state": state_of(hall),
            "days": days_of(records, settings),
            "views": views_of(hall, now),
        }


def state_of(hall: Hall) -> Facts:
    """All that outlives a restart, by name."""
    state, register = hall.state, hall.register
    return {
        "seq": state.seq, "now": state.now, "day": _of(state.day, DAY), "used_days": list(register.used_days),
        "tickets": _each(state.tickets, TICKET), "windows": _each(state.windows, WINDOW),
        "appointments": _each(register.appointments, APPOINTMENT), "devices": _each(register.devices, DEVICE),
        "visits": _each(register.visits, VISIT), "calls": [_of(call, CALL) for call in state.calls],
        "serials": dict(state.serials), "band_counts": dict(state.band_counts), "ratings": dict(state.ratings),
        "counts": dict(state.counts), "paces": _each(register.service_times, PACE), "told": _of(state.quote_accuracy, TOLD),
    }  # fmt: skip


def _each(things: dict[str, Any], names: Sequence[str]) -> Facts:
    return {id: _of(thing, names) for id, thing in things.items()}


def _of(thing: Any, names: Sequence[str]) -> Facts:
    return {name: msgspec.to_builtins(getattr(thing, name)) for name in names}


class Service(NamedTuple):
    """What a ticket's events say that its state forgets."""

    started: list[int]
    ended: list[int]
    outcomes: list[str]


def days_of(records: Iterable[Any], settings: Settings) -> Facts:
    """Each business day as it stood when it closed; the last one as it stands. From the first event on."""
    hall, days = Hall(settings), dict[str, Facts]()
    services: dict[str, Service] = {}
    for record in records:
        event = record.event
        if isinstance(event, ev.DayClosed):
            days[event.day] = _day(hall, services)
            services.clear()
        hall.apply(event, record.at, record.seq)
        _note(services, event, hall.state.now)
    if hall.state.day.open:
        days[hall.state.day.label] = _day(hall, services)
    return days


def _note(services: dict[str, Service], event: ev.AnyEvent, at: int) -> None:
    if isinstance(event, ev.ServiceStarted):
        services.setdefault(event.ticket, Service([], [], [])).started.append(at)
    if isinstance(event, ev.ServiceFinished | ev.TicketReturned):
        service = services.setdefault(event.ticket, Service([], [], []))
        service.ended.append(at)
        service.outcomes.append(event.outcome)


def _day(hall: Hall, services: dict[str, Service]) -> Facts:
    state = hall.state
    levels = {id: visit.level for id, visit in hall.register.visits.items()}
    tickets = {
        ticket.number: {"ticket": id, **_of(ticket, OF_A_DAY), **_service(services.get(id)), "level": levels.get(id, 0)}
        for id, ticket in state.tickets.items()
    }  # fmt: skip
    return {"tickets": tickets, "counts": dict(state.counts), "ratings": dict(state.ratings)}


def _service(service: Service | None) -> Facts:
    return (service or Service([], [], []))._asdict()


def views_of(hall: Hall, now: int) -> Facts:
    """Every document a station may watch."""
    state = hall.state
    tickets = [f"ticket/{id}" for id in {**state.tickets, **hall.register.visits}]
    people = [f"person/{each.person}" for each in hall.register.appointments.values()]
    windows = [f"window/{id}" for id in state.windows]
    topics = ["board", "kiosk", "supervise", *windows, *tickets, *people]
    return {topic: build(hall, topic, now) for topic in topics}


def tables_of(data: Path, wanted: Iterable[str]) -> Facts:
    """These tables of records.db, read with nothing but SQL."""
    with closing(sqlite3.connect(data / "records.db")) as records:
        return {table: _table(records, table) for table in wanted}


def _table(records: sqlite3.Connection, table: str) -> Facts:
    cursor = records.execute(f"select * from {table} order by 1, 2")
    return {"columns": [each[0] for each in cursor.description], "rows": [list(row) for row in cursor]}


def reports_of(data: Path, days: Iterable[str]) -> Facts:
    """`hallcall report --json` of each of these days or months."""
    return {day: json.loads(printed("report", "--data", data, "--day", day, "--json")) for day in days}


def opinions_of(data: Path, kept: Path) -> list[Facts]:
    lines = printed("opinions", kept / "hall.toml", "list", "--json", "--data", data).splitlines()
    return [json.loads(line) for line in lines]


# --- how it is compared

# Maps whose keys are ids: one more of them is one thing too many, not one more field.
BY_ID = frozenset({"queues", "windows", "devices", "items", "classes", "hours", "clerks"})


def differences(expected: Any, found: Any, path: str, *, fields: bool) -> list[str]:
    """Where `found` is not what was expected, as "path: expected, found". With `fields`, a document may say more
    than it did: a later version adds fields, and whoever reads documents passes over what it does not know."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return _of_maps(expected, found, path, fields)
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for n, pair in pairs for line in differences(*pair, f"{path}/{n}", fields=fields)]
    return [] if expected == found else [f"{path}: {expected!r}, {found!r}"]


def _of_maps(expected: Facts, found: Facts, path: str, fields: bool) -> list[str]:
    missing = [f"{path}/{key}: {value!r}, missing" for key, value in expected.items() if key not in found]
    exact = not fields or path.rpartition("/")[2] in BY_ID
    added = [f"{path}/{key}: nothing, {found[key]!r}" for key in found if exact and key not in expected]
    same = [
        line
        for key in expected.keys() & found.keys()
        for line in differences(expected[key], found[key], f"{path}/{key}", fields=fields)
    ]
    return sorted([*missing, *added, *same])


def unexplained(lines: Iterable[str], changed: Iterable[str]) -> list[str]:
    """Without those whose path an issue has changed on purpose."""
    return [line for line in lines if not any(fnmatch(line.partition(": ")[0], path) for path in changed)]
