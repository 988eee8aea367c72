"""What a hall remembers: the state that events fold into, and the questions every room asks of it.

`HallSnapshot` is all that a checkpoint holds. `HallState` adds the config and the indexes that are rebuilt from the
state: the lanes people wait in, who holds a live ticket, appointment codes. Rooms (intake, desk, day, ...)
decide and apply on it; `hall.Hall` joins them.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import queueing, tickets
from caller.engine.queueing import Desk, QueueEntry, WaitingLine, bound_lane
from caller.engine.refusals import Refused
from caller.engine.station_jobs import Job
from caller.engine.tickets import LIVE, Ticket
from caller.engine.windows import WindowState
from config.settings import Item, PriorityClass, Queue, Settings
from config.settings import Window as WindowTable

STATE_VERSION = 2  # raise it when a field of the state keeps its name and type but changes its meaning
UNKNOWN_MINUTES = 999.0  # what a forecast says of a queue that no open window serves
CALLS_MAX = 12  # recent calls a board shows


class BusinessDay(Struct):
    """The business day: opened and closed by event, never by midnight."""

    label: str = ""
    zone: str = "Asia/Shanghai"
    open: bool = False
    stopped: bool = False
    opened: int = 0
    stops_at: int = 0
    closes_at: int = 0


class Call(Struct):
    """One call as the board shows and the voice speaks it; `call` is its seq in the log."""

    call: int
    ticket: str
    number: str
    window: str
    at: int
    times: int = 0


class EndedVisit(Struct):
    """What is still known of an ended visit so that it can be rated, once."""

    number: str
    window: str
    clerk: str
    finished: int
    level: int = 0


class Appointment(Struct):
    id: str
    code: str
    item: str
    queue: str
    slot: int
    day: str
    person: str
    state: str = "booked"  # booked, cancelled, used, missed


class DeviceStatus(Struct):
    kind: str
    state: str
    detail: str
    since: int


class ServiceTimes(Struct):
    """How long calls hold a window: weight, sum and sum of squares of minutes; older days weigh less."""

    weight: float = 0.0
    minutes: float = 0.0
    squares: float = 0.0


class QuoteAccuracy(Struct):
    """The day's waits told at issue against what happened."""

    tickets: int = 0
    within: int = 0  # called inside the band they were told
    error_seconds: int = 0  # sum of absolute errors


class HallSnapshot(Struct):
    """All that a checkpoint holds; everything else in `Hall` is rebuilt from it."""

    seq: int = 0
    now: int = 0
    day: BusinessDay = field(default_factory=BusinessDay)
    used_days: list[str] = []
    serials: dict[str, int] = {}
    band_counts: dict[str, int] = {}  # "A|0": tickets given in the first band of queue A
    tickets: dict[str, Ticket] = {}
    windows: dict[str, WindowState] = {}
    calls: list[Call] = []
    visits: dict[str, EndedVisit] = {}
    appointments: dict[str, Appointment] = {}
    devices: dict[str, DeviceStatus] = {}
    ratings: dict[str, int] = {}
    counts: dict[str, int] = {}
    paces: dict[str, ServiceTimes] = {}
    told: QuoteAccuracy = field(default_factory=QuoteAccuracy)
    jobs: dict[str, Job] = {}  # of the stations, oldest first


class HallState:
    """One site's hall as it stands. `settings` guide decisions only; events alone make the state."""

    def __init__(self, settings: Settings, state: HallSnapshot | None = None) -> None:
        self.settings = settings
        self.state = state or HallSnapshot()
        self.queues: dict[str, Queue] = {queue.id: queue for queue in settings.queues}
        self.items: dict[str, Item] = {item.id: item for item in settings.items}
        self.classes: dict[str, PriorityClass] = {each.id: each for each in settings.classes}
        self.places: dict[str, WindowTable] = {window.id: window for window in settings.windows}
        self._targets = {
            (each.id, queue.id): round((each.target_minutes + queue.target_minutes) * 60_000_000)
            for each in settings.classes
            for queue in settings.queues
        }
        self.lanes: dict[str, WaitingLine] = {}
        self.waiting: dict[str, int] = {}
        self.live_persons: dict[tuple[str, str], str] = {}
        self.asides: dict[str, dict[str, None]] = {"held": {}, "missed": {}}
        self.codes: dict[str, str] = {}
        self.slots: dict[tuple[str, int], int] = {}
        self.forecast: Any = None  # estimate.Forecast handed in by whoever has a clock
        self.number_floor: tuple[str, int] = (
            "",
            0,
        )  # a day, and the serial its numbers continue above; by the loop
        self._desks: dict[str, list[Desk]] = {}  # by queue, once asked for
        for window in settings.windows:
            self.state.windows.setdefault(window.id, WindowState(id=window.id))
        self._index()

    def _index(self) -> None:
        for ticket in self.state.tickets.values():
            if ticket.state == "waiting":
                self.enter(ticket)
            if ticket.state in self.asides:
                self.asides[ticket.state][ticket.id] = None
            if ticket.state in LIVE:
                self.know_person(ticket)
        for booked in self.state.appointments.values():
            self.know_appointment(booked)

    @property
    def seq(self) -> int:
        return self.state.seq

    def instant(self, now: int) -> int:
        """Time as the hall knows it: a clock set back makes no negative wait."""
        return max(now, self.state.now) if self.state.day.open else now

    # --- what the rooms share

    def ticket(self, id: str) -> Ticket:
        """The ticket of this id, or a refusal."""
        try:
            return self.state.tickets[id]
        except KeyError:
            raise Refused("unknown-ticket") from None

    def window(self, id: str) -> WindowState:
        """The window of this id, or a refusal."""
        try:
            return self.state.windows[id]
        except KeyError:
            raise Refused("unknown-window", window=id) from None

    def need_open_day(self) -> BusinessDay:
        if not self.state.day.open:
            raise Refused("day-not-open")
        return self.state.day

    def queue_name(self, id: str) -> str:
        queue = self.queues.get(id)
        return queue.name if queue else id

    def target(self, priority: str, queue: str) -> int:
        """Target wait in microseconds of a class in a queue."""
        return self._targets[priority, queue]

    def place(self, ticket: Ticket) -> QueueEntry:
        moved_to = "" if ticket.queue == ticket.series else ticket.queue
        return QueueEntry(ticket.promise, ticket.serial, ticket.series, ticket.id, moved_to)

    def lane_of(self, ticket: Ticket) -> WaitingLine:
        name = bound_lane(ticket.bound) if ticket.bound else ticket.queue
        lane = self.lanes.get(name)
        if lane is None:
            lane = self.lanes[name] = WaitingLine()
        return lane

    def enter(self, ticket: Ticket) -> None:
        """Into the lane it waits in."""
        self.lane_of(ticket).add(self.place(ticket), ticket.not_before)
        self.waiting[ticket.queue] = self.waiting.get(ticket.queue, 0) + 1

    def leave(self, ticket: Ticket) -> None:
        """Out of the lane it waits in."""
        self.lane_of(ticket).remove(self.place(ticket), ticket.not_before)
        self.waiting[ticket.queue] -= 1

    def desks(self, queue: str) -> list[Desk]:
        """The open windows that may call from a queue, those with few queues first, and what they serve."""
        desks = self._desks.get(queue)
        if desks is None:
            found: list[Desk] = [(w.id, w.serves) for w in self.state.windows.values() if queue in w.serves]
            desks = self._desks[queue] = sorted(found, key=lambda desk: len(desk[1]))
        return desks

    def seat(self, window: WindowState, clerk: str, serves: dict[str, int]) -> None:
        """Who sits at a window and what they serve; nobody and nothing when it closes."""
        window.clerk, window.serves = clerk, serves
        self._desks.clear()

    def ahead(self, place: QueueEntry, bound: str, now: int) -> int:
        """How many are called before this place, at the window that comes to it first; a place in the lane of
        one window (`bound`) waits for that one."""
        if bound:
            return queueing.ahead(self.lanes, bound, self.state.windows[bound].serves, place, 0, now)
        return queueing.nearest(self.lanes, self.desks(place.queue), place, now)

    def behind(self, queue: str, calls: int, now: int) -> int:
        """The promise with which so many others are called first, whichever window it will be."""
        desks = self.desks(queue) or [("", {queue: 0})]
        return max(queueing.behind(self.lanes, id, serves, queue, calls, now) for id, serves in desks)

    def know_person(self, ticket: Ticket) -> None:
        if ticket.person:
            for item in ticket.items or [ticket.series]:
                self.live_persons[ticket.person, item] = ticket.id

    def forget_person(self, ticket: Ticket) -> None:
        for item in (ticket.items or [ticket.series]) if ticket.person else ():
            if self.live_persons.get((ticket.person, item)) == ticket.id:
                del self.live_persons[ticket.person, item]

    def know_appointment(self, booked: Appointment) -> None:
        self.codes[booked.code] = booked.id
        if booked.state in ("booked", "used"):
            key = (booked.queue, booked.slot)
            self.slots[key] = self.slots.get(key, 0) + 1

    def forget_appointment(self, booked: Appointment) -> None:
        self.codes.pop(booked.code, None)
        self.free_slot(booked)

    def free_slot(self, booked: Appointment) -> None:
        if booked.state in ("booked", "used"):
            self.slots[booked.queue, booked.slot] -= 1

    def move(self, ticket: Ticket, event: type[Any], at: int) -> None:
        """Move a ticket by the table and keep the index of held and missed ones."""
        if ticket.state in self.asides:
            del self.asides[ticket.state][ticket.id]
        tickets.move(ticket, event, at)
        if ticket.state in self.asides:
            self.asides[ticket.state][ticket.id] = None

    def live(self) -> Iterable[Ticket]:
        """Tickets of the day whose visit has not ended."""
        return (ticket for ticket in self.state.tickets.values() if ticket.state in LIVE)

    def free_window(self, id: str, at: int) -> None:
        """The applicant has left the window; how long the call held it is measured for the estimate."""
        window = self.state.windows[id]
        ticket = self.state.tickets.get(window.ticket)  # none where its id was issued again (`ticketing`)
        minutes = (at - ticket.called) / 60_000_000 if ticket else 0.0
        for key in (ticket.queue, f"{ticket.queue}|{id}") if ticket else ():
            pace = self.state.paces.get(key)
            if pace is None:
                pace = self.state.paces[key] = ServiceTimes()
            pace.weight += 1
            pace.minutes += minutes
            pace.squares += minutes * minutes
        window.ticket, window.freed = "", at
        window.version += 1

    def band(self, queue: str, promise: int) -> tuple[int, int]:
        """The wait to tell someone with this promise, minutes from–to; (-1, -1) while there is no forecast."""
        return self.told(queue, promise)[:2]

    def told(self, queue: str, promise: int) -> tuple[int, int, int]:
        """The same band, and the forecast behind it in seconds."""
        return self.forecast.told(queue, promise) if self.forecast else (-1, -1, -1)

    def local_date(self, at: int) -> date:
        return datetime.fromtimestamp(at / 1_000_000, ZoneInfo(self.settings.hall.zone)).date()

    def local_time(self, at: int) -> str:
        return datetime.fromtimestamp(at / 1_000_000, ZoneInfo(self.settings.hall.zone)).strftime("%H:%M")

    def aside(self, state: str) -> Iterable[Ticket]:
        """Tickets of the day that are held or missed."""
        return (self.state.tickets[id] for id in self.asides[state])

    def note_forecast(self, ticket: Ticket, at: int) -> None:
        """How true the wait told at issue was, counted for the day at the first call."""
        if ticket.expected < 0 or ticket.called:
            return
        told = self.state.told
        told.tickets += 1
        told.error_seconds += abs((at - ticket.issued) // 1_000_000 - ticket.expected)
        told.within += ticket.low * 60 <= (at - ticket.issued) // 1_000_000 <= ticket.high * 60

    def count(self, what: str) -> None:
        self.state.counts[what] = self.state.counts.get(what, 0) + 1


Decide = Callable[[HallState, cmd.CommandEnvelope, Any, int], list[ev.AnyEvent]]
Apply = Callable[[HallState, Any, int], None]
