"""What is measured: the county hall at ten on a Monday, whatever the hour, and the bare log it is compared with."""

import sqlite3
import statistics
from collections.abc import Iterable
from pathlib import Path

import msgspec

import config
from caller.engine.commands import OpenDay
from caller.engine.envelope import CommandEnvelope
from caller.service.clock import Clock, elapsed_micros
from caller.service.idempotency import HallStore
from config.instants import Micros, instant
from config.reading.reader import read
from config.settings import Settings

MONDAY = "2026-09-21"
COUNTY = Path(config.__file__).parent / "halls" / "county.toml"

BareRow = tuple[int, int, str, str, str, str, str, bytes, str]
INSERT = "insert into event values(?,?,?,?,?,?,?,?,?)"
TABLE = """create table event(seq integer primary key, at integer not null, command text not null,
role text not null, station text not null, kind text not null, body text not null, hash blob not null,
account text not null) strict"""


def county() -> Settings:
    """Return the county hall, without its automatic day; each visit may end as done, with Space alone."""
    settings, replace = read(COUNTY), msgspec.structs.replace
    items = [replace(each, outcomes=[], outcome_required=False) for each in settings.items]
    return replace(settings, hall=replace(settings.hall, automatic_day=False), items=items)


def clock() -> Clock:
    """Return a clock that starts at ten that day and goes on."""
    start = instant(MONDAY, "10:00", "Asia/Shanghai") - elapsed_micros()
    return Clock(lambda: start + elapsed_micros(), elapsed_micros)


def open_day(day: str = MONDAY) -> CommandEnvelope:
    return CommandEnvelope(f"bench-open-{day}", OpenDay(day), "manager", "bench")


def opened(settings: Settings, now: Micros) -> HallStore:
    """Return a store in which the day is open. `now`: UTC microseconds."""
    store = HallStore(settings)
    store.take(open_day(), now)
    return store


def bare_log(path: Path) -> sqlite3.Connection:
    """Return a connection to a new table of the log's shape, written as durably as the log."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute(TABLE)
    return connection


def item_ids(settings: Settings) -> list[str]:
    """Return the items in an order that spreads over all queues."""
    return [item.id for item in settings.items]


def median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def rounded(value: float) -> float:
    """Return a value with its three leading figures."""
    return float(f"{value:.3g}")
