"""What a hall's settings have lost and is still in use: queues, windows and items. Pure.

1. In use are: the queues and items of live tickets and of appointments not yet checked in; the windows at which a clerk
   is signed in; the windows that a follow-up or a case is about which is not closed, and the items of such cases.
2. What is in use and has left the settings is **retired**: it is served to its end and closed to new ones. It gives no
   number, takes no transfer and no booking, and no clerk signs in there.
3. It goes with the last one that uses it.
"""

from collections.abc import Iterable

from msgspec import Struct, field

from caller.engine import events as ev
from caller.engine.register import Register
from caller.engine.tickets import Ticket
from caller.engine.windows import WindowState
from config.settings import Item, Queue, Settings
from config.settings import Window as WindowTable

# The events after which something may be in use no longer.
MAY_RELEASE = frozenset({
    ev.TicketCancelled, ev.TicketExpired, ev.ServiceFinished, ev.TicketReturned, ev.TicketTransferred, ev.TicketCalled,
    ev.TicketIssued, ev.TicketMissed, ev.WindowClosed, ev.AppointmentCancelled, ev.AppointmentMissed,
    ev.AppointmentChanged, ev.FollowUpMoved, ev.CaseMoved, ev.DayOpened, ev.DayClosed,
})  # fmt: skip


class Retired(Struct):
    """Ids by kind."""

    queues: set[str] = field(default_factory=set[str])
    windows: set[str] = field(default_factory=set[str])
    items: set[str] = field(default_factory=set[str])

    def __bool__(self) -> bool:
        return bool(self.queues or self.windows or self.items)

    def without(self, other: "Retired") -> "Retired":
        """Return these without the other ones."""
        return Retired(self.queues - other.queues, self.windows - other.windows, self.items - other.items)

    def names(self) -> list[str]:
        """Return them as an event lists them: "queue A", "window 3", "item i1"."""
        kinds = (("queue", self.queues), ("window", self.windows), ("item", self.items))
        return [f"{kind} {id}" for kind, ids in kinds for id in sorted(ids)]


class Rows(Struct):
    """What settings say of queues, windows and items, by id."""

    queues: dict[str, Queue]
    windows: dict[str, WindowTable]
    items: dict[str, Item]

    def over(self, earlier: "Rows") -> "Rows":
        """Return these and, for ids that are not among them, the earlier ones."""
        return Rows(earlier.queues | self.queues, earlier.windows | self.windows, earlier.items | self.items)


def rows_of(settings: Settings) -> Rows:
    """Return the rows of settings."""
    return Rows(
        {each.id: each for each in settings.queues},
        {each.id: each for each in settings.windows},
        {each.id: each for each in settings.items},
    )


def newest_first(former: Iterable[Settings]) -> Rows:
    """Return the newest row of each id."""
    rows = Rows({}, {}, {})
    for each in former:
        rows = rows.over(rows_of(each))
    return rows


def lost(used: Retired, rows: Rows, settings: Settings) -> Retired:
    """Return what is in use and not in these settings, the queues of lost items too. `rows`: with those of the past."""
    has = rows_of(settings)
    items = used.items - has.items.keys()
    led = {rows.items[id].queue for id in items if id in rows.items}
    return Retired((used.queues | led) - has.queues.keys(), used.windows - has.windows.keys(), items)


def in_use(live: Iterable[Ticket], windows: Iterable[WindowState], register: Register) -> Retired:
    """Return what live tickets, signed-in clerks, appointments and follow-ups use (rule 1)."""
    used = Retired()
    for ticket in live:
        used.queues |= {ticket.queue, ticket.home} - {""}
        used.items.update(ticket.pending)
    for id in [id for _, id in register.booked]:
        booked = register.appointments[id]
        used.queues.add(booked.queue)
        used.items.add(booked.item)
    used.windows |= {window.id for window in windows if window.state != "closed"}
    used.windows |= {each.window for each in register.follow_ups.values() if not each.over} - {""}
    index = register.case_index
    used.items |= {item for item, count in index.items.items() if count > 0}
    used.windows |= {window for window, rows in index.windows.items() if rows} - {""}
    return used
