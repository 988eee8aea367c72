"""The state that events fold into, and the questions every module of the engine asks of it.

`DayState` is what ends with the business day, and all that a checkpoint holds; what outlives it is the `Register`.
`HallState` adds the settings and the indexes that are rebuilt from the two: the lines people wait in, who holds a
live ticket. The modules (ticketing, serving, business_day, ...) decide and apply on it; `hall.Hall` joins them.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from msgspec import Struct, field

from caller.engine import events as ev
from caller.engine import queueing, returning, tickets
from caller.engine.deadlines import OverdueRecord
from caller.engine.envelope import CommandEnvelope
from caller.engine.fee_messages import PaidFee
from caller.engine.lease_terms import Lease, sheet_line
from caller.engine.queueing import QueueEntry, ServingWindow, WaitingLine, bound_line
from caller.engine.refusals import Refused
from caller.engine.register import Register
from caller.engine.retired import Retired, Rows, in_use, lost, newest_first, rows_of
from caller.engine.station_jobs import Job
from caller.engine.suspension_terms import HallNotice, Suspension, suspended_line, suspension_of
from caller.engine.tickets import LIVE, RETURNING, Ticket
from caller.engine.windows import Call, Reception, WindowState
from config.calendar import Calendar
from config.instants import MINUTE, Micros, local
from config.settings import Item, PriorityClass, Queue, Settings
from config.settings import Window as WindowTable

UNKNOWN_MINUTES = 999.0  # what a forecast says of a queue that no open window serves
CALLS_MAX = 12  # recent calls a board shows


class BusinessDay(Struct):
    """The business day: opened and closed by event, never by midnight."""

    label: str = ""
    zone: str = "Asia/Shanghai"
    open: bool = False
    stopped: bool = False
    opened: Micros = 0
    starts_at: Micros = 0  # numbers from here to `stops_at`
    stops_at: Micros = 0
    closes_at: Micros = 0


class QuoteAccuracy(Struct):
    """How the waits quoted at issue compare with the waits that came true, over the day."""

    tickets: int = 0
    within: int = 0  # called inside the band that was quoted
    error_seconds: int = 0  # sum of absolute errors


class DayState(Struct):
    """What ends with the business day: all that a checkpoint holds. `DayOpened` clears it, but for the windows."""

    seq: int = 0  # the last event folded in
    now: Micros = 0
    day: BusinessDay = field(default_factory=BusinessDay)
    serials: dict[str, int] = {}
    band_counts: dict[str, int] = {}  # "A|0": tickets given in the first band of queue A
    tickets: dict[str, Ticket] = {}
    windows: dict[str, WindowState] = {}
    calls: list[Call] = []
    ratings: dict[str, int] = {}
    counts: dict[str, int] = {}
    quote_accuracy: QuoteAccuracy = field(default_factory=QuoteAccuracy)
    jobs: dict[str, Job] = {}  # of the stations, oldest first
    receptions: dict[str, list[Reception]] = {}  # by clerk, in the order they ended
    overdue: dict[str, OverdueRecord] = {}  # "kind/owner" of the day's deadlines that ran over
    suspended: dict[str, Suspension] = {}  # by "hall", "queue/A" or "item/i1"
    notices: list[HallNotice] = []  # the newest first
    leases: dict[str, Lease] = {}  # of numbers to kiosks, by id, also those that have ended
    replaced: dict[str, str] = {}  # by a command that must give no number any more: the ticket given instead
    fees: dict[str, PaidFee] = {}  # receipts of today, in the order of their numbers


class HallState:
    """One site's hall: the day, the register, and the indexes made of them.

    `settings` guide decisions only; events alone make the state.
    """

    def __init__(
        self, settings: Settings, state: DayState | None = None, register: Register | None = None
    ) -> None:
        self.state = state or DayState()
        self.register = register or Register()
        self.queues, self.items = dict[str, Queue](), dict[str, Item]()
        self.window_settings: dict[str, WindowTable] = {}
        self.former_windows: dict[str, WindowTable] = {}  # lost by the settings and closed: for their names
        self.retired = Retired()
        self.lines: dict[str, WaitingLine] = {}
        self.waiting: dict[str, int] = {}
        self.live_persons: dict[tuple[str, str, str], str] = {}  # person, client and item → ticket
        self.parked: dict[str, dict[str, None]] = {"held": {}, "missed": {}}
        self.forecast: Any = None  # wait_forecast.Forecast, made by the loop
        # A day, and the serial its numbers continue above; by the loop.
        self.number_floor: tuple[str, int] = ("", 0)
        self._windows_serving: dict[str, list[ServingWindow]] = {}  # by queue, once asked for
        self.adopt(settings)
        for ticket in self.live():
            self.index_ticket(ticket)

    def adopt(self, settings: Settings, former: Iterable[Settings] = ()) -> None:
        """Go by these settings from now on; what they have lost and is in use stays until its last one ends.

        former: earlier settings, the newest first, for the rows of what is lost; a row that none has is made up.
        """
        rows, new, states = self.known_rows(), rows_of(settings), self.state.windows
        self.settings = settings
        self.queues, self.items, self.window_settings = new.queues, new.items, new.windows
        self.classes: dict[str, PriorityClass] = {each.id: each for each in (RETURNING, *settings.classes)}
        self.calendar = Calendar(settings)
        self._targets = {
            (each.id, queue.id): round((each.target_minutes + queue.target_minutes) * MINUTE)
            for each in self.classes.values()
            for queue in settings.queues
        }
        self._windows_serving.clear()
        for window in settings.windows:
            states.setdefault(window.id, WindowState(id=window.id))
        if lost(self.in_use(), rows, settings):
            rows = newest_first(former).over(rows)
        self.retired = lost(self.in_use(), rows, settings)
        self.queues |= {id: rows.queues.get(id) or Queue(id, id) for id in self.retired.queues}
        self.items |= {id: rows.items[id] for id in self.retired.items & rows.items.keys()}
        kept = {id: rows.windows.get(id) or WindowTable(id, id, []) for id in self.retired.windows}
        self.window_settings |= {id: row for id, row in kept.items() if self._is_signed_in(id)}
        self.former_windows = {id: row for id, row in kept.items() if not self._is_signed_in(id)}

    def known_rows(self) -> Rows:  # none of those made up
        windows = self.former_windows | self.window_settings
        queues = {id: row for id, row in self.queues.items() if row != Queue(id, id)}
        return Rows(queues, {id: row for id, row in windows.items() if row.name != id}, self.items)

    def in_use(self) -> Retired:
        """Return what is in use."""
        return in_use(self.live(), self.state.windows.values(), self.register)

    def _is_signed_in(self, window: str) -> bool:
        return window in self.state.windows and self.state.windows[window].state != "closed"

    def _keep_queue(self, id: str) -> None:
        """Keep a queue that the settings no longer have while tickets are in it; it gives no new ones."""
        if id not in self.queues:
            self.queues[id] = Queue(id, id)
            self.retired.queues.add(id)

    def release_retired(self) -> None:
        """Let go of what no ticket, clerk, appointment or follow-up uses any more."""
        used, retired = self.in_use(), self.retired
        used.queues |= {self.items[id].queue for id in used.items & retired.items & self.items.keys()}
        for id in retired.windows:
            if not self._is_signed_in(id) and (row := self.window_settings.pop(id, None)):
                self.former_windows[id] = row
        gone = retired.without(used)
        self.retired = retired.without(gone)
        for table, ids in (
            (self.queues, gone.queues),
            (self.items, gone.items),
            (self.former_windows, gone.windows),
        ):
            for id in ids:
                table.pop(id, None)

    def index_ticket(self, ticket: Ticket) -> None:
        """Put a live ticket into its line, among the held or missed ones, and under its person."""
        self._keep_queue(ticket.queue)
        if ticket.state == "waiting":
            self.enter(ticket)
        if ticket.state in self.parked:
            self.parked[ticket.state][ticket.id] = None
        self.know_person(ticket)

    @property
    def seq(self) -> int:
        return self.state.seq

    def instant(self, now: Micros) -> int:
        """Return the instant the hall goes by: never before its last event while a day is open, so that no wait is negative."""
        return max(now, self.state.now) if self.state.day.open else now

    # --- what the modules share

    def ticket(self, id: str) -> Ticket:
        """Return the ticket of this id. Raises Refused where there is none."""
        try:
            return self.state.tickets[id]
        except KeyError:
            raise Refused("unknown-ticket") from None

    def window(self, id: str) -> WindowState:
        """Return the window of this id. Raises Refused where there is none."""
        try:
            return self.state.windows[id]
        except KeyError:
            raise Refused("unknown-window", window=id) from None

    def need_open_day(self) -> BusinessDay:
        """Return the business day that is open. Raises `Refused` (`day-not-open`)."""
        if not self.state.day.open:
            raise Refused("day-not-open")
        return self.state.day

    def queue_name(self, id: str) -> str:
        queue = self.queues.get(id)
        return queue.name if queue else id

    def target(self, priority: str, queue: str) -> int:
        """Return the target wait of a class in a queue, in microseconds.

        A class the settings no longer have waits like an ordinary one; a queue they have lost adds nothing.
        """
        found = self._targets.get((priority, queue))
        if found is None:
            known = self.classes.get(priority) or self.classes["ordinary"]
            found = self._targets[priority, queue] = round(known.target_minutes * MINUTE)
        return found

    def queue_entry(self, ticket: Ticket) -> QueueEntry:
        """Return a ticket with the place it waits with; `returning` says at which it is called."""
        return returning.entry_of(ticket)

    def line_of(self, ticket: Ticket) -> WaitingLine:
        name = bound_line(ticket.bound) if ticket.bound else ticket.queue
        if self.state.suspended and self.suspension(ticket):
            name = suspended_line(ticket.queue)
        if ticket.on_sheet:
            name = sheet_line(ticket.queue)
        line = self.lines.get(name)
        if line is None:
            line = self.lines[name] = WaitingLine()
        return line

    def suspension(self, ticket: Ticket) -> Suspension | None:
        """Return what stops a ticket that waits: the suspension of the hall, its queue or its next item."""
        return suspension_of(self.state.suspended, ticket.queue, ticket.pending[:1])

    def enter(self, ticket: Ticket) -> None:
        """Put a ticket into the line it waits in."""
        if ticket.queue not in self.queues:
            self._keep_queue(ticket.queue)
        self.line_of(ticket).add(self.queue_entry(ticket), ticket.not_before)
        self.waiting[ticket.queue] = self.waiting.get(ticket.queue, 0) + 1

    def leave(self, ticket: Ticket) -> None:
        """Take a ticket out of the line it waits in."""
        self.line_of(ticket).remove(self.queue_entry(ticket), ticket.not_before)
        self.waiting[ticket.queue] -= 1

    def take_turn(self, ticket: Ticket) -> None:
        """Take a waiting ticket that is called in its turn out of its line."""
        returning.take_turn(self, ticket)

    def windows_serving(self, queue: str) -> list[ServingWindow]:
        """Return the windows that may call from a queue, those with few queues first, with what they serve."""
        windows = self._windows_serving.get(queue)
        if windows is None:
            found: list[ServingWindow] = [
                (w.id, w.serves) for w in self.state.windows.values() if queue in w.serves
            ]
            windows = self._windows_serving[queue] = sorted(found, key=lambda window: len(window[1]))
        return windows

    def seat(self, window: WindowState, clerk: str, serves: dict[str, int]) -> None:
        """Note the clerk at a window and the reluctance by queue served there; "" and {} when it closes."""
        window.clerk, window.serves = clerk, serves
        self._windows_serving.clear()

    def ahead(self, place: QueueEntry, bound: str, now: Micros) -> int:
        """Count the tickets called before this entry, at the window that comes to it first or at the one it is `bound`
        to."""
        place, more = returning.turn_of(self.lines, place, bound)
        if bound:
            serves = self.state.windows[bound].serves
            return queueing.ahead(self.lines, bound, serves, place, 0, now) + more
        return queueing.nearest(self.lines, self.windows_serving(place.queue), place, now) + more

    def behind(self, queue: str, origin: Micros, calls: int, now: Micros) -> int:
        """Return the promise with which `calls` others are called first, whichever of the windows that may call it."""
        serving = self.windows_serving(queue)
        windows = [each for each in serving if queueing.may_call(each[1], queue, origin, now)] or [
            ("", {queue: 0})
        ]
        return max(queueing.behind(self.lines, id, serves, queue, calls, now) for id, serves in windows)

    def know_person(self, ticket: Ticket) -> None:
        if ticket.person or ticket.client:
            for item in ticket.items or [ticket.series]:
                self.live_persons[ticket.person, ticket.client, item] = ticket.id

    def forget_person(self, ticket: Ticket) -> None:
        for item in (ticket.items or [ticket.series]) if ticket.person or ticket.client else ():
            if self.live_persons.get((ticket.person, ticket.client, item)) == ticket.id:
                del self.live_persons[ticket.person, ticket.client, item]

    def move(self, ticket: Ticket, event: type[Any], at: Micros) -> None:
        """Move a ticket by the table, and keep the index of parked (held or missed) ones."""
        parked = self.parked
        if ticket.state in parked:
            del parked[ticket.state][ticket.id]
        tickets.move(ticket, event, at)
        if ticket.state in parked:
            parked[ticket.state][ticket.id] = None

    def live(self) -> Iterable[Ticket]:
        """Return the tickets of the day whose visit has not ended."""
        return (ticket for ticket in self.state.tickets.values() if ticket.state in LIVE)

    def free_window(self, id: str, at: Micros) -> None:
        """Note that the applicant has left the window."""
        window = self.state.windows[id]
        window.ticket, window.freed = "", at
        window.version += 1

    def band(self, queue: str, promise: int) -> tuple[int, int]:
        """Return the wait to quote for this promise, minutes from and to; (-1, -1) while there is no forecast."""
        return self.quoted_wait(queue, promise)[:2]

    def quoted_wait(self, queue: str, promise: int) -> tuple[int, int, int]:
        """Return the same band, and the forecast behind it in seconds."""
        return self.forecast.quoted_wait(queue, promise) if self.forecast else (-1, -1, -1)

    def local_date(self, at: Micros) -> date:
        """Return the date in the hall at an instant."""
        return local(at, self.settings.hall.zone).date()

    def local_time(self, at: Micros) -> str:
        """Return "HH:MM" in the hall at an instant."""
        return local(at, self.settings.hall.zone).strftime("%H:%M")

    def parked_tickets(self, state: str) -> Iterable[Ticket]:
        """Return the tickets of the day that are parked: `state` is held or missed."""
        return (self.state.tickets[id] for id in self.parked[state])

    def count(self, what: str) -> None:
        self.state.counts[what] = self.state.counts.get(what, 0) + 1


Decide = Callable[[HallState, CommandEnvelope, Any, int], list[ev.AnyEvent]]
Apply = Callable[[HallState, Any, int], None]
