"""A caller, two kiosks, their leases, crashes and clocks, lived through in every order: the engine and the kiosk's own book.

Nothing is simulated but the line and the paper: the caller is the `HallStore` with its answers, a kiosk is its `LeaseBook` made
of the lines it has on disk. What is checked in every state (`wrong`) is what an applicant would see: two slips with one
number, a slip the hall does not know, a number that nobody holds and is called all the same, a gap.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Struct, field

from caller.engine.commands import CallNext, FinishService, OpenDay, OpenWindow, TakeTicket
from caller.engine.envelope import CommandEnvelope, DecidedCommand
from caller.engine.lease_terms import HoldLease
from caller.engine.tickets import LIVE
from caller.protocol.frames import Done
from caller.service.idempotency import HallStore
from config.instants import MINUTE, Micros
from config.settings import Kiosk, Queue, Settings, Window
from kiosk.visit import leases
from kiosk.visit.leases import AnyLeaseLine, ClockReading, GivenAlone, Heard, LeaseBook, MergeAnswered
from tests.instruments.engine_fixture import AT_ONCE, DAY, at, settings
from tests.instruments.hall_image import register_of

NINE = at("09:00")
KIOSKS = ("k1", "k2")
TAKE = TakeTicket(queue="A")
HALL: Settings = settings(
    queues=(Queue("A", "综合", digits=2),), windows=(Window("1", "一号", ["A"]),), items=(),
    kiosks=tuple(map(Kiosk, KIOSKS)), rules=msgspec.structs.replace(AT_ONCE, by_hand_minutes=30, alone_minutes=60),
)  # fmt: skip


class Station(Struct):
    """One kiosk: what is on its disk, whether its line holds, its clocks; and the commands still on a line that broke."""

    lines: list[AnyLeaseLine] = field(default_factory=list[AnyLeaseLine])
    connected: bool = True
    boot: int = 0
    started: Micros = 0
    wall_off: int = 0
    late: list[str] = field(default_factory=list[str])
    asked: int = 0
    held: int = 0


class World(Struct):
    """One state of all of it. `memory` and `rows`: what the caller has on disk, from which it is made anew."""

    now: Micros
    memory: bytes
    rows: list[tuple[str, str, bytes]]
    seq: int
    kiosks: dict[str, Station]
    papers: list[tuple[str, str]] = field(
        default_factory=list[tuple[str, str]]
    )  # number and ticket of each slip
    calls: int = 0


_pack, _unpack = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(World)


def begin() -> World:
    world = World(NINE, b"", [], 0, {id: Station(started=NINE) for id in KIOSKS})
    play = Play(world)
    play.send("open-day-1", OpenDay(DAY), "manager", "m")
    play.send("open-win-1", OpenWindow("1", "c1"), "window", "1")
    for id in KIOSKS:
        play.hold(id)
    return play.saved()


class Play:
    """One state brought to life; every method is something that may happen now."""

    def __init__(self, world: World) -> None:
        self.world = _unpack.decode(_pack.encode(world))
        register = register_of(world.rows, world.seq) if world.memory else None
        self.store = HallStore.load(HALL, world.memory or None, register)

    def saved(self) -> World:
        world = self.world
        world.memory, world.rows = self.store.dump(), self.store.hall.register.rows()
        world.seq = self.store.hall.register.seq
        return world

    def send(self, id: str, command: DecidedCommand, role: str, station: str) -> dict[str, object] | None:
        """What the caller answers; None: it refuses."""
        answer = self.store.take(CommandEnvelope(id, command, role, station), self.world.now).answer
        return answer.result if isinstance(answer, Done) else None

    # --- a kiosk

    def clocks(self, id: str) -> ClockReading:
        station = self.world.kiosks[id]
        elapsed = self.world.now - station.started
        return ClockReading(elapsed, str(station.boot), self.world.now + station.wall_off)

    def book(self, id: str) -> LeaseBook:
        return leases.read(self.world.kiosks[id].lines)

    def add(self, id: str, line: AnyLeaseLine) -> None:
        self.world.kiosks[id].lines.append(line)

    def hold(self, id: str) -> None:
        """What a kiosk does while it is connected: notes the time, tells what it gave, holds its lease."""
        self.add(id, Heard(self.world.now, self.clocks(id)))
        for given in self.book(id).pending:
            self.send(given.ticket, given.merge, "kiosk", id)
            self.add(id, MergeAnswered(given.ticket))
        lease = self.book(id).lease
        if lease is None or self.world.now >= lease.renew:
            self.world.kiosks[id].held += 1
            result = self.send(
                f"hold-{id}-{self.world.kiosks[id].held}",
                HoldLease(lease.lease if lease else ""),
                "kiosk",
                id,
            )
            if result and (found := leases.granted(result)):
                self.add(id, found)
        book = self.book(id)
        self.world.kiosks[id].lines = book.kept()

    def ask(self, id: str) -> str:
        station = self.world.kiosks[id]
        station.asked += 1
        return f"ask-{id}-{station.asked}"

    def give(self, id: str, asked: str) -> GivenAlone | None:
        found = self.book(id).give(HALL, asked, TAKE, f"own-{asked}", self.clocks(id))
        if isinstance(found, str):
            return None
        if found not in self.book(id).given:
            self.add(id, found)
        return found

    def serve_alone(self, id: str, asked: str) -> bool:
        given = self.give(id, asked)
        self.world.papers += [(given.number, given.ticket)] if given else []
        return given is not None


def cut(play: Play, id: str) -> bool:
    station = play.world.kiosks[id]
    if not station.connected:
        return False
    play.add(id, Heard(play.world.now, play.clocks(id)))
    station.connected = False
    return True


def back(play: Play, id: str) -> bool:
    station = play.world.kiosks[id]
    if station.connected:
        return False
    station.connected = True
    play.hold(id)
    return True


def tap(play: Play, id: str) -> bool:
    """Somebody takes a number."""
    if play.world.kiosks[id].connected:
        asked = play.ask(id)
        told = play.send(asked, TAKE, "kiosk", id)
        assert told
        play.world.papers.append((str(told["number"]), asked))
        return True
    return play.serve_alone(id, play.ask(id))


def answer_lost(play: Play, id: str) -> bool:
    """A number is committed, the line breaks before the answer, and the kiosk gives one of its lease."""
    if not play.world.kiosks[id].connected:
        return False
    asked = play.ask(id)
    play.send(asked, TAKE, "kiosk", id)
    cut(play, id)
    return play.serve_alone(id, asked)


def on_its_way(play: Play, id: str) -> bool:
    """The line breaks with the command on it, which may come at any time; the kiosk gives one of its lease."""
    station = play.world.kiosks[id]
    if not station.connected or station.late:
        return False
    asked = play.ask(id)
    cut(play, id)
    station.late.append(asked)
    return play.serve_alone(id, asked)


def arrives(play: Play, id: str) -> bool:
    station = play.world.kiosks[id]
    if not station.late:
        return False
    play.send(station.late.pop(), TAKE, "kiosk", id)
    return True


def dies_before_paper(play: Play, id: str) -> bool:
    """The number is on disk, the kiosk dies before its slip, and gives it again when it is there."""
    if play.world.kiosks[id].connected:
        return False
    asked = play.ask(id)
    first = play.give(id, asked)
    if first is None:
        return False
    reboots(play, id)
    again = play.book(id).answered(asked)
    assert again
    play.world.papers.append((again.number, again.ticket))
    return True


def dies_before_told(play: Play, id: str) -> bool:
    """The hall has taken what was given, and the kiosk dies before it notes that: it tells all of it again."""
    if play.world.kiosks[id].connected or not play.book(id).pending:
        return False
    for given in play.book(id).pending:
        play.send(given.ticket, given.merge, "kiosk", id)
    reboots(play, id)
    return True


def reboots(play: Play, id: str) -> bool:
    station = play.world.kiosks[id]
    station.boot, station.started = station.boot + 1, play.world.now
    return station.boot < 3


def wall_set_back(play: Play, id: str) -> bool:
    station = play.world.kiosks[id]
    if station.wall_off:
        return False
    station.wall_off = -600 * MINUTE
    return True


def new_disk(play: Play, id: str) -> bool:
    """A kiosk that is connected comes back with nothing on its disk: another PC takes its place."""
    station = play.world.kiosks[id]
    if not station.connected or not station.lines or play.book(id).pending or station.boot:
        return False
    station.lines = []
    reboots(play, id)
    play.hold(id)
    return True


AT_KIOSK = (
    cut, back, tap, answer_lost, on_its_way, arrives, dies_before_paper, dies_before_told, reboots, wall_set_back, new_disk,
)  # fmt: skip


def time_passes(play: Play) -> bool:
    """A quarter of an hour: what a lease of an hour, and a sheet after half of one, can tell apart."""
    if play.world.now >= NINE + 45 * MINUTE:
        return False
    play.world.now += 15 * MINUTE
    for id, station in play.world.kiosks.items():
        if station.connected:
            play.hold(id)
    return True


def calls(play: Play) -> bool:
    window = play.store.hall.state.windows["1"]
    play.world.calls += 1
    id = f"call-{play.world.calls}"
    if window.ticket:
        return play.send(id, FinishService("1", window.version), "window", "1") is not None
    return play.send(id, CallNext("1", window.version), "window", "1") is not None


def caller_starts_again(play: Play) -> bool:
    """The caller's process: all it knows is what is on disk, which `Play` reads each time. Lines break and come back."""
    for id, station in play.world.kiosks.items():
        if station.connected:
            cut(play, id)
            back(play, id)
    return True


def steps(world: World) -> Iterator[tuple[str, World]]:
    """Every state that may come next, and what leads there."""
    for act in AT_KIOSK:
        for id in KIOSKS:
            play = Play(world)
            if act(play, id):
                yield f"{act.__name__} {id}", play.saved()
    for act in (time_passes, calls, caller_starts_again):
        play = Play(world)
        if act(play):
            yield act.__name__, play.saved()


# --- what must hold


def wrong(world: World) -> list[str]:
    """What is wrong in a state, and would be once every line holds again."""
    numbers = [number for number, _ in world.papers]
    found = [f"two slips {number}" for number in set(numbers) if numbers.count(number) > 1]
    play = Play(world)
    for id, station in play.world.kiosks.items():
        if not station.connected:
            back(play, id)
        while station.late:
            arrives(play, id)
    tickets = play.store.hall.state.tickets
    held = {ticket: number for number, ticket in world.papers}
    for ticket, number in held.items():
        known = tickets.get(ticket)
        if known is None or known.number != number:
            found.append(f"the hall does not know {number} as {ticket}")
        elif known.state == "cancelled":
            found.append(f"{number} was taken from its holder")
    called = {each.ticket for each in play.store.hall.state.calls}
    for each in tickets.values():
        if each.id not in held and each.state in LIVE and each.id not in called:
            found.append(f"{each.number} waits and nobody holds it")
        if not NINE <= each.origin <= play.world.now:
            found.append(f"{each.number} has an origin out of the day")
    series = sorted(each.serial for each in tickets.values() if not each.kiosk)
    if series != list(range(1, len(series) + 1)):
        found.append(f"a gap in the series: {series}")
    given = [each.serial for each in tickets.values()]
    if len(set(given)) < len(given):
        found.append(f"a number stands twice: {sorted(given)}")
    return found


def tour(depth: int, most: int = 5) -> tuple[int, list[str]]:
    """Live through every order of `depth` steps. Return how many states there are, and what was wrong in some, with the way there."""
    first = begin()
    edge: list[tuple[World, tuple[str, ...]]] = [(first, ())]
    seen, bad = {_pack.encode(first)}, list[str]()
    for _ in range(depth):
        edge, before = [], edge
        for world, way in before:
            for name, after in steps(world):
                if (key := _pack.encode(after)) in seen:
                    continue
                seen.add(key)
                bad += [f"{line} after {', '.join((*way, name))}" for line in wrong(after)]
                if len(bad) >= most:
                    return len(seen), bad
                edge.append((after, (*way, name)))
    return len(seen), bad
