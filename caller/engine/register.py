"""The register: what outlives the business day, as keyed rows that are saved one by one. PURE.

A hall is two folds of one log. The **day** (tickets, windows, calls) is cleared by `DayOpened` and saved whole, by
a checkpoint, now and then. The **register** (appointments, visits that may still be rated, measured service times,
device states, the days used) grows with the years, so only the rows that changed are saved, in the very
transaction that saves the events which changed them. The table on disk therefore always stands at the log's last
event, while the newest checkpoint is older.

Rules that keep the two together after a restart:

1. The register's fold of an event may read the day as it was *before* the event; the day's fold never reads the
   register. So the day can be folded again from any checkpoint beside a register that is already ahead of it.
2. `seq` is the last event folded into the register. `Hall.apply` skips the register's fold of every event up to
   it: what the rows hold already (a service time added to a sum, say) is not added twice.
3. Rows are collected after each command that succeeded, never after one that failed half-way.
4. `mark` names the version of the fold, the event the rows stand at and a sum over all rows. A table with another
   version, behind or ahead of the log, or with a damaged row is not believed: everything is folded again from the
   first event, and the first commit after that writes the whole table.
"""

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, MutableMapping
from typing import Any, Generic, TypeVar
from zlib import crc32

import msgspec
import msgspec.inspect
from msgspec import Struct

from caller.engine.case_rows import Case, CaseIndex, Voucher
from caller.engine.rating_rows import (
    BadRun,
    Exclusion,
    PublishedRoot,
    RatingMonth,
    Rectification,
    RectificationMonth,
)
from caller.engine.register_rows import Appointment as Appointment
from caller.engine.register_rows import Awards, EnteredLeave, ItemHours, NoShow, PeerMark
from caller.engine.register_rows import DeviceStatus as DeviceStatus
from caller.engine.register_rows import EndedVisit as EndedVisit
from caller.engine.register_rows import FollowUp as FollowUp
from caller.engine.register_rows import GivenSerial as GivenSerial
from caller.engine.register_rows import ServiceTimes as ServiceTimes
from caller.engine.register_rows import UsedDay as UsedDay
from caller.engine.register_rows import VersionInForce as VersionInForce
from config.instants import MINUTE, Micros
from config.text_safety import DECODE_ERRORS

STATE_VERSION = 5  # of both folds; raise it when an event folds into something else than before

NEWEST_ROOT = "newest"  # the key of the one row of the daily roots
VERSION_ROW = "settings"  # the kind of the row that names the version of the settings in force

T = TypeVar("T", bound=Struct)
RegisterRow = tuple[str, str, bytes]  # kind, key, body as msgpack
RegisterChanges = MutableMapping[tuple[str, str], bytes | None]  # by kind and key; None: the row is gone


ChangedRows = dict[tuple[str, str], "RegisterTable[Any]"]  # the rows to save next, of all tables


class RegisterTable(dict[str, T], Generic[T]):
    """Rows of one kind by key. Change it by `put`, `edit` and `drop` only: they note which rows to save."""

    def __init__(self, kind: str, row: type[T], changed: "ChangedRows") -> None:
        super().__init__()
        self.kind = kind
        self.changed = changed
        self.decoder = msgspec.msgpack.Decoder(row)

    def put(self, key: str, row: T) -> T:
        """Add or replace a row."""
        self[key] = row
        self.changed[self.kind, key] = self
        return row

    def edit(self, key: str) -> T:
        """Return a row that the caller is about to change. Raises KeyError where there is none."""
        row = self[key]
        self.changed[self.kind, key] = self
        return row

    def drop(self, key: str) -> T:
        """Remove and return a row. Raises KeyError where there is none."""
        self.changed[self.kind, key] = self
        return self.pop(key)


_pack = msgspec.msgpack.Encoder()


def shape(*kinds: type) -> int:
    """Return a checksum over every field of structs and of what they are made of: names, order, types, defaults."""
    described = "".join(repr(msgspec.inspect.type_info(kind)) for kind in kinds)
    return crc32(re.sub(" at 0x[0-9a-f]+", "", described).encode())  # of a function given as a default


ROWS = (
    Appointment, EndedVisit, DeviceStatus, ServiceTimes, UsedDay, FollowUp, GivenSerial, VersionInForce, Case, Voucher,
    PublishedRoot, Rectification, RectificationMonth, Exclusion, RatingMonth, BadRun,
    EnteredLeave, PeerMark, Awards, NoShow, ItemHours,
)  # fmt: skip
_VERSION = f"{STATE_VERSION}.{shape(*ROWS):08x}"


class Register:
    """The rows that outlive the day, the indexes made of them, and which rows are to be saved next."""

    def __init__(self) -> None:
        self.seq = 0
        self._changed: ChangedRows = {}
        self.appointments = RegisterTable("appointment", Appointment, self._changed)
        self.visits = RegisterTable("visit", EndedVisit, self._changed)
        self.devices = RegisterTable("device", DeviceStatus, self._changed)
        self.service_times = RegisterTable(
            "service", ServiceTimes, self._changed
        )  # by queue, and by "queue|window"
        self.used_days = RegisterTable("day", UsedDay, self._changed)
        self.follow_ups = RegisterTable("follow-up", FollowUp, self._changed)
        self.serials = RegisterTable("serial", GivenSerial, self._changed)  # by "KIND/PERIOD"
        self.versions = RegisterTable(VERSION_ROW, VersionInForce, self._changed)  # one row
        self.cases = RegisterTable("case", Case, self._changed)
        self.vouchers = RegisterTable("voucher", Voucher, self._changed)
        self.roots = RegisterTable("root", PublishedRoot, self._changed)  # one row, by NEWEST_ROOT
        self.rectifications = RegisterTable("rectification", Rectification, self._changed)
        self.rectification_months = RegisterTable("rectified", RectificationMonth, self._changed)
        self.exclusions = RegisterTable("exclusion", Exclusion, self._changed)  # by the seq of the rating
        self.rating_months = RegisterTable("ratings", RatingMonth, self._changed)  # by "2026-11/WINDOW"
        self.bad_runs = RegisterTable("bad-run", BadRun, self._changed)  # by window
        self.leaves = RegisterTable("leave", EnteredLeave, self._changed)
        self.peer_marks = RegisterTable("peer", PeerMark, self._changed)  # by "MONTH/STAFF"
        self.awards = RegisterTable("awards", Awards, self._changed)  # one row
        self.item_hours = RegisterTable("item-hours", ItemHours, self._changed)  # by item
        self.no_shows = RegisterTable("no-show", NoShow, self._changed)  # by appointment
        self.case_index, self.voucher_codes = CaseIndex(), dict[str, str]()
        self.codes: dict[str, str] = {}  # appointment code → appointment
        self.slots: dict[tuple[str, int], int] = {}  # queue and slot → appointments that hold a place in it
        self.booked: list[tuple[Micros, str]] = []  # slot and id of the appointments not checked in, in order
        self._tables: dict[str, RegisterTable[Any]] = {
            table.kind: table
            for table in (
                self.appointments,
                self.visits,
                self.devices,
                self.service_times,
                self.used_days,
                self.follow_ups,
                self.serials,
                self.versions,
                self.cases,
                self.vouchers,
                self.roots,
                self.rectifications,
                self.rectification_months,
                self.exclusions,
                self.rating_months,
                self.bad_runs,
                self.leaves,
                self.peer_marks,
                self.awards,
                self.no_shows,
                self.item_hours,
            )
        }
        self._sums: dict[tuple[str, str], int] = {}
        self._sum = 0
        self._saved_seq = 0
        self._whole = True  # the table on disk, if any, is another's: replace all of it

    @classmethod
    def load(
        cls, rows: Iterable[RegisterRow], mark: str, seq: int, *, apart: bool = False
    ) -> "Register | None":
        """Return the register as it stands at event `seq`, or None if these rows cannot be believed.

        `apart`: they do not lie in the log's table, and all of it is replaced with the next commit.
        """
        register = cls()
        if mark.split(" ")[:2] != [_VERSION, str(seq)]:
            return None
        try:
            for kind, key, body in rows:
                register._tables[kind][key] = register._tables[kind].decoder.decode(body)
                register._add_to_sum(kind, key, body)
        except (KeyError, *DECODE_ERRORS):
            return None
        register.seq = register._saved_seq = seq
        register._whole = apart
        if register.mark != mark:
            return None
        for booked in register.appointments.values():
            register.index_appointment(booked)
        register.case_index.rebuild(register.cases.values())
        register.voucher_codes = {each.code: each.id for each in register.vouchers.values()}
        return register

    @property
    def mark(self) -> str:
        """What the rows collected so far stand for: version of the fold, last event, sum over all rows."""
        return f"{_VERSION} {self._saved_seq} {self._sum:x}"

    def collect(self, changes: RegisterChanges) -> bool:
        """Add what changed since the last call to `changes`; return True if they replace the whole table.

        Call it after each command whose events were folded in, before `mark` is read.
        """
        whole, self._whole = self._whole, False
        self._saved_seq = self.seq
        if whole:
            self._changed.update(
                ((table.kind, key), table) for table in self._tables.values() for key in table
            )
        for place, table in self._changed.items():
            row = table.get(place[1])
            body = changes[place] = None if row is None else _pack.encode(row)
            self._sum -= self._sums.pop(place, 0)
            if body is not None:
                self._add_to_sum(*place, body)
        self._changed.clear()
        return whole

    def _add_to_sum(self, kind: str, key: str, body: bytes) -> None:
        checksum = crc32(body, crc32(f"{kind}|{key}|".encode()))
        self._sums[kind, key] = checksum
        self._sum += checksum

    def rows(self) -> list[RegisterRow]:
        """Return all rows in order of kind and key: equal registers give equal rows."""
        return sorted(
            (kind, key, _pack.encode(row))
            for kind, table in self._tables.items()
            for key, row in table.items()
        )

    # --- indexes of appointments

    def index_appointment(self, booked: Appointment) -> None:
        """Find the appointment by its code, count it in its slot, and wait for it to be checked in."""
        self.codes[booked.code] = booked.id
        if booked.state in ("booked", "used"):
            key = (booked.queue, booked.slot)
            self.slots[key] = self.slots.get(key, 0) + 1
        if booked.state == "booked":
            insort(self.booked, (booked.slot, booked.id))

    def unindex_appointment(self, booked: Appointment) -> None:
        """Forget the code, free the slot and wait no longer."""
        self.codes.pop(booked.code, None)
        self.free_slot(booked)
        self.end_wait(booked)

    def end_appointment(self, id: str, state: str) -> None:
        """Note how an appointment ended: used, cancelled or missed. One not used gives its place in its slot back."""
        booked = self.appointments.edit(id)
        if state != "used":
            self.free_slot(booked)
        self.end_wait(booked)
        booked.state = state

    def end_wait(self, booked: Appointment) -> None:
        """Wait no longer for the appointment to be checked in."""
        entry = (booked.slot, booked.id)
        place = bisect_left(self.booked, entry)
        if self.booked[place : place + 1] == [entry]:
            del self.booked[place]

    def free_slot(self, booked: Appointment) -> None:
        """Give the appointment's place in its slot to another."""
        if booked.state in ("booked", "used"):
            self.slots[booked.queue, booked.slot] -= 1

    # --- measured times

    def measure(self, queue: str, window: str, called: Micros, freed: Micros) -> None:
        """Add how long a call held a window to the queue's times and to the window's own.

        A clock corrected backwards in between makes no negative time.
        """
        minutes = max(0, freed - called) / MINUTE
        for key in (queue, f"{queue}|{window}"):
            times = self.service_times
            (times.edit(key) if key in times else times.put(key, ServiceTimes())).add(minutes)
