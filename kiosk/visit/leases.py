"""The numbers a kiosk may give alone, as a pure book: what was granted, what was given, what the hall has been told.

1. `granted` takes the caller's answer to `HoldLease`, `heard` each word of the caller. Both keep a pair of instants, the caller's
   and ours, by a clock that cannot be set; from the newest pair the caller's time is known without it (`now`).
2. Our clock begins again when the PC does (another `boot`). Then the wall clock tells how long it was off; one that went
   backwards tells nothing, and no number is given by a time that is not known.
3. A number is given while the lease runs, until the day's last-ticket time, in the queue's hours, and from the front of the
   ranges. One that was asked for already gets the same number again, so that a kiosk which died before the slip gives no
   second one.
4. Every change is a line (`AnyLeaseLine`) that is on disk before anything comes of it; `read` makes the same book from the lines.
   A book that begins with no grant, or has a line that cannot be read, gives no numbers: what is missing may have been one.
5. What was given stays in `pending` until the hall has answered.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, field

from caller.engine.commands import TakeTicket
from caller.engine.lease_terms import MergeTicket, UncheckedRule
from caller.engine.numbering import written
from config.instants import Micros, instant
from config.settings import Queue, Settings

AGAIN_MICROS = 60_000_000  # after an answer of the caller that grants nothing


class ClockReading(Struct, frozen=True):
    """This PC's clocks at one moment: `elapsed` of the one that cannot be set, since its start `boot`; and the wall clock."""

    elapsed: Micros
    boot: str
    wall: Micros


class LeaseLine(Struct, frozen=True, tag=True):
    """One line of the book."""


class Granted(LeaseLine, frozen=True):
    """The lease as the caller last told it. Instants are the caller's; `ranges`: by queue, first and last serial."""

    lease: str
    day: str
    until: Micros
    stops_at: Micros
    renew: Micros
    ranges: dict[str, list[tuple[int, int]]]


class Heard(LeaseLine, frozen=True):
    """The caller's instant `at` came at this reading of our clocks."""

    at: Micros
    reading: ClockReading


class GivenAlone(LeaseLine, frozen=True):
    """A number given: `ticket` is its id, `asked` the id under which it was asked for; `contact` and `since` as in MergeTicket."""

    ticket: str
    asked: str
    lease: str
    day: str
    queue: str
    serial: int
    number: str
    contact: Micros
    since: int
    command: TakeTicket
    unchecked: list[UncheckedRule] = []

    @property
    def origin(self) -> Micros:
        """When it was given, by the caller's time."""
        return self.contact + self.since

    @property
    def merge(self) -> MergeTicket:
        """What the hall is told of it."""
        take = self.command
        return MergeTicket(
            self.lease, self.day, self.queue, self.number, self.contact, self.since, take.items, take.priority,
            take.person, take.client, self.asked, self.unchecked,
        )  # fmt: skip


class MergeAnswered(LeaseLine, frozen=True):
    """The hall has answered for a number; `code`: of its refusal, empty if it took it."""

    ticket: str
    code: str = ""


AnyLeaseLine = Granted | Heard | GivenAlone | MergeAnswered


class LeaseBook(Struct):
    """The book of one kiosk."""

    lease: Granted | None = None
    heard: Heard | None = None
    given: list[GivenAlone] = field(default_factory=list[GivenAlone])
    told: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, line: AnyLeaseLine) -> None:
        """Take a line that is on disk."""
        match line:
            case Granted():
                self.lease = line
            case Heard():
                self.heard = line
            case GivenAlone():
                self.given.append(line)
            case MergeAnswered():
                self.told[line.ticket] = line.code

    def kept(self) -> list[AnyLeaseLine]:
        """Return the lines that make this book, without what has been told of other leases: what a file is begun anew with."""
        lease = self.lease.lease if self.lease else ""
        given = [each for each in self.given if each.lease == lease or each.ticket not in self.told]
        told = [
            MergeAnswered(each.ticket, self.told[each.ticket]) for each in given if each.ticket in self.told
        ]
        return [*filter(None, (self.lease, self.heard)), *given, *told]

    # --- time

    def now(self, reading: ClockReading) -> Micros | None:
        """Return the caller's time; None while it cannot be known."""
        if self.heard is None:
            return None
        before = self.heard.reading
        if reading.boot == before.boot:
            return self.heard.at + max(0, reading.elapsed - before.elapsed)
        latest = max([self.heard.at, *(each.origin for each in self.given)])
        passed = reading.wall - before.wall
        return max(latest, self.heard.at + passed) if passed >= 0 else None

    def runs(self, reading: ClockReading) -> bool:
        """Return whether numbers may be given alone now."""
        now = self.now(reading)
        return bool(self.lease and now is not None and now <= self.lease.until and now < self.lease.stops_at)

    def asks(self, reading: ClockReading) -> bool:
        """Return whether the lease is to be asked for, or renewed, while the caller is here."""
        now = self.now(reading)
        return self.lease is None or now is None or now >= self.lease.renew

    # --- numbers

    @property
    def pending(self) -> list[GivenAlone]:
        """The numbers the hall has not answered for, the oldest first."""
        return [each for each in self.given if each.ticket not in self.told]

    def next_serial(self, queue: str) -> int:
        """Return the next serial of a queue; 0: none is left."""
        if self.lease is None:
            return 0
        used = {each.serial for each in self.given if (each.lease, each.queue) == (self.lease.lease, queue)}
        for first, last in self.lease.ranges.get(queue, ()):
            for serial in range(first, last + 1):
                if serial not in used:
                    return serial
        return 0

    def answered(self, asked: str) -> GivenAlone | None:
        """Return the number given to what was asked for under this id."""
        return next((each for each in self.given if each.asked == asked), None)

    def give(
        self, settings: Settings, asked: str, command: TakeTicket, ticket: str, reading: ClockReading
    ) -> GivenAlone | str:
        """Return the number for a command, to be added once it is on disk; or the code of why there is none."""
        if known := self.answered(asked):
            return known
        now, queue = self.now(reading), queue_of(settings, command)
        if not self.lease or not self.heard or now is None or not self.runs(reading):
            return "alone-over"
        if queue is None or not is_open(queue, now, self.lease.day, settings.hall.zone):
            return "alone-closed"
        if not (serial := self.next_serial(queue.id)):
            return "alone-used-up"
        contact = self.heard.at
        return GivenAlone(
            ticket, asked, self.lease.lease, self.lease.day, queue.id, serial,
            written("ticket", queue.id, serial, queue.digits), contact, now - contact, command,
            unchecked(settings, queue),
        )  # fmt: skip


def read(lines: Iterable[AnyLeaseLine | None]) -> LeaseBook:
    """Return the book that these lines make; None: one that cannot be read (rule 4)."""
    book, whole = LeaseBook(), True
    for line in lines:
        if line is None:
            whole = False
        else:
            book.add(line)
    if not whole:
        book.lease = None
    return book


def granted(result: dict[str, Any]) -> Granted | None:
    """Return the lease of an answer to `HoldLease`; None if it holds none."""
    if not result.get("lease"):
        return None
    ranges = {queue: [(first, last) for first, last in rows] for queue, rows in result["ranges"].items()}
    return Granted(
        result["lease"], result["day"], result["until"], result["stops_at"], result["renew"], ranges
    )


def queue_of(settings: Settings, command: TakeTicket) -> Queue | None:
    """Return the queue that a number is asked for, as the caller finds it."""
    wanted = command.queue
    if not wanted and command.items:
        wanted = next((each.queue for each in settings.items if each.id == command.items[0]), "")
    return next((each for each in settings.queues if each.id == wanted), None)


def is_open(queue: Queue, now: Micros, day: str, zone: str) -> bool:
    """Return whether the queue's own hours let it give numbers now."""
    bands: Sequence[tuple[str, str]] = queue.hours
    return not bands or any(
        instant(day, start, zone) <= now < instant(day, end, zone) for start, end in bands
    )


def unchecked(settings: Settings, queue: Queue) -> list[UncheckedRule]:
    """Return the rules of this hall that cannot be looked up alone."""
    found: list[UncheckedRule] = ["quota"] if queue.quota or queue.band_quota else []
    return [*found, "live-ticket"] if settings.rules.one_live_ticket else found


def answer_of(given: GivenAlone) -> dict[str, Any]:
    """Return what the caller would have answered, as far as it is known: no wait, and no key for a phone."""
    return {
        "ticket": given.ticket, "number": given.number, "queue": given.queue, "ahead": -1, "low": -1, "high": -1,
        "issued": given.origin, "items": given.command.items, "alone": True,
    }  # fmt: skip
