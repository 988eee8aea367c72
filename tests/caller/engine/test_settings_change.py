"""Settings changed while the hall is open: no ticket is lost or moved, numbers go on, new calls go by the new settings.

A walk is random commands with random changes of queues, windows, items, classes and rules among them. After each change
the tickets are the same; after each step every document builds, no ticket is at two windows, and the log folded anew
under the first settings gives the same hall.
"""

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from caller import views
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import retired, state
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.register import VersionInForce
from caller.engine.settings_change import in_force
from caller.engine.tickets import AT_WINDOW, LIVE
from caller.engine.wait_forecast import forecast
from caller.protocol.frames import Done, RefusedFrame
from caller.service.idempotency import HallStore
from config.instants import MINUTE, instant
from config.settings import HallTable, Item, PriorityClass, Queue, Rules, Settings, Window
from tests.instruments.engine_fixture import CLASSES, DAY, at, settings
from tests.instruments.hall_image import image

WALKS, STEPS = 60, 50
QUEUES, WINDOWS, ITEMS = "ABCP", "1234P", ("i1", "i2", "i3", "i4")
HASH = "{:064x}"


class Walker:
    """A hall under commands and changes; `events` is its log."""

    def __init__(self, seed: int = 1, first: Settings | None = None) -> None:
        self.random = random.Random(seed)
        self.first = first or settings()
        self.store = HallStore(self.first)
        self.now = instant(DAY, "09:00", "Asia/Shanghai")
        self.events: list[tuple[int, int, ev.AnyEvent]] = []
        self.serials: dict[str, int] = {}
        self._ids = 0
        self.versions = [self.first]

    @property
    def hall(self) -> Hall:
        return self.store.hall

    def send(self, command: AnyCommand, new: Settings | None = None) -> Done | RefusedFrame:
        self._ids += 1
        order = CommandEnvelope(f"id-{self._ids:06d}", command, settings=new, random=bytes(16))
        decided = self.store.take(order, self.now)
        first = self.hall.seq - len(decided.events)
        self.events += [(first + n, self.hall.state.now, each) for n, each in enumerate(decided.events, 1)]
        return decided.answer

    def do(self, command: AnyCommand, new: Settings | None = None) -> dict[str, Any]:
        answer = self.send(command, new)
        assert isinstance(answer, Done), answer
        return answer.result

    def change(self, new: Settings) -> dict[str, Any]:
        version = in_force(self.hall).version
        self.versions.append(new)
        return self.do(cmd.ChangeSettings(HASH.format(version + 1), version), new)

    def refused(self, command: AnyCommand, new: Settings | None = None) -> str:
        before = image(self.hall)
        answer = self.send(command, new)
        assert isinstance(answer, RefusedFrame), answer
        assert image(self.hall) == before
        return answer.code

    def press(self, verb: Callable[..., Any], window: str, **more: Any) -> Done | RefusedFrame:
        return self.send(verb(window=window, as_of=self.hall.state.windows[window].version, **more))


def places(hall: Hall) -> dict[str, Any]:
    """Each live ticket: its number, state, window, place in line."""
    return {t.id: (t.number, t.state, t.window, t.promise, t.queue, t.bound) for t in hall.live()}


def order(hall: Hall) -> dict[str, list[str]]:
    return {name: [entry.ticket for entry in line] for name, line in lines_of(hall).items()}


def lines_of(hall: Hall) -> dict[str, list[Any]]:
    waiting = [each for each in hall.live() if each.state == "waiting"]
    lines: dict[str, list[Any]] = {}
    for ticket in waiting:
        lines.setdefault(ticket.queue, []).append(hall.queue_entry(ticket))
    return {name: sorted(entries) for name, entries in lines.items()}


def other(walk: random.Random) -> Settings:
    """A random hall: some queues, windows, items and classes of the known names, with random targets."""
    queues = sorted(walk.sample(QUEUES, walk.randint(1, len(QUEUES))))
    windows = sorted(walk.sample(WINDOWS, walk.randint(1, len(WINDOWS))))
    items = sorted(walk.sample(ITEMS, walk.randint(0, len(ITEMS))))

    def served() -> list[str]:
        return walk.sample(queues, walk.randint(1, len(queues)))

    return settings(
        queues=tuple(
            Queue(id, f"队{id}", target_minutes=walk.choice((0, 5, 20)), slot_quota=walk.choice((0, 2)), digits=walk.choice((3, 4)))
            for id in queues
        ),
        windows=tuple(
            Window(id, f"窗{id}", served(), kind=walk.choice(("department", "floating")), helps={walk.choice(queues): 10.0})
            for id in windows
        ),
        items=tuple(Item(id, f"事{id}", "d1", walk.choice(queues)) for id in items),
        classes=CLASSES[: walk.randint(1, len(CLASSES))],
        rules=Rules(recall_max=walk.randint(1, 5), helping_minutes=walk.choice((0, 15)), closing=walk.choice(("serve", "expire"))),
    )  # fmt: skip


def step(walk: Walker) -> None:
    """One random command; what the hall refuses it refuses."""
    hall, pick = walk.hall, walk.random.choice
    busy = [id for id, window in hall.state.windows.items() if window.ticket]
    window, tickets = pick(busy or sorted(hall.state.windows)), sorted(t.id for t in hall.live())
    if walk.random.random() < 0.4:
        window = pick(sorted(hall.state.windows))
    some = pick(tickets) if tickets else "none"
    walk.now += walk.random.randint(0, 3) * MINUTE
    choices: list[Callable[[], Any]] = [
        lambda: walk.send(cmd.TakeTicket(queue=pick(QUEUES), priority=pick(("ordinary", "elderly", "green")))),
        lambda: walk.send(cmd.TakeTicket(items=walk.random.sample(ITEMS, 2))),
        lambda: walk.send(cmd.TakeTicket(items=[pick(ITEMS)], window=window)),
        lambda: walk.send(cmd.OpenWindow(window, f"c{window}", walk.random.sample(QUEUES, pick((0, 0, 2))))),
        lambda: walk.send(cmd.CloseWindow(window)),
        lambda: walk.press(cmd.CallNext, window),
        lambda: walk.press(cmd.CallNext, window),
        lambda: walk.press(cmd.StartService, window),
        lambda: walk.press(cmd.FinishService, window),
        lambda: walk.press(cmd.HoldTicket, window),
        lambda: walk.press(cmd.MarkNoShow, window),
        lambda: walk.press(cmd.TransferTicket, window, queue=pick(QUEUES), come_back=pick((True, False))),
        lambda: walk.press(cmd.CallTicket, window, ticket=some),
        lambda: walk.send(cmd.CancelTicket(some)),
        lambda: walk.send(cmd.RequeueTicket(some)),
        lambda: walk.send(cmd.PostponeTicket(some, 5)),
        lambda: walk.send(cmd.BookAppointment(pick(ITEMS), at("10:00", "2026-09-22"), HASH.format(walk._ids), "2026-09-22")),
    ]  # fmt: skip
    pick(choices)()


def check(walk: Walker) -> None:
    """What holds after every step."""
    hall = walk.hall
    here = [window.ticket for window in hall.state.windows.values() if window.ticket]
    assert len(here) == len(set(here)), "a ticket at two windows"
    called = {t.id for t in hall.live() if t.state in AT_WINDOW}
    assert called == set(here)
    for queue, serial in hall.state.serials.items():
        assert serial >= walk.serials.get(queue, 0), "numbers went back"
    walk.serials = dict(hall.state.serials)
    numbers = [t.number for t in hall.state.tickets.values()]
    assert len(numbers) == len(set(numbers)), "a number twice"
    hall.forecast = forecast(hall, walk.now)
    topics = ["board", "kiosk", "supervise", "settings", "followups"]
    topics += [f"window/{id}" for id in hall.window_settings] + [f"ticket/{id}" for id in hall.state.tickets]
    for topic in topics:
        views.build(hall, topic, walk.now)


def folded(events: Iterable[tuple[int, int, ev.AnyEvent]], under: Settings) -> Hall:
    hall = Hall(under)
    for seq, instant_, event in events:
        hall.apply(event, instant_, seq)
    return hall


@pytest.mark.parametrize("seed", range(WALKS))
def test_no_ticket_is_lost_whatever_changes_and_replay_needs_no_settings(seed: int):
    walk = Walker(seed)
    walk.do(cmd.OpenDay(DAY))
    for _ in range(STEPS):
        if walk.random.random() < 0.2:
            new, before, line = other(walk.random), places(walk.hall), order(walk.hall)
            walk.change(new)
            assert places(walk.hall) == before
            assert order(walk.hall) == line
            assert walk.hall.settings == new
        else:
            step(walk)
        check(walk)
    end(walk)
    again = folded(walk.events, walk.first)
    again.adopt(walk.hall.settings, walk.versions[-2::-1])
    for hall in (again, walk.hall):  # a window that was never opened is of the settings alone
        for id in [id for id, w in hall.state.windows.items() if w.version == 0]:
            del hall.state.windows[id]
    assert image(again) == image(walk.hall)
    assert again.retired == walk.hall.retired


def end(walk: Walker) -> None:
    """Everybody who has a ticket is served under the last settings; then what they had lost is gone."""
    hall = walk.hall
    for window in list(hall.state.windows.values()):
        if window.ticket:
            kind = (
                cmd.MarkNoShow if hall.state.tickets[window.ticket].state == "called" else cmd.FinishService
            )
            assert isinstance(walk.press(kind, window.id), Done)
        if window.state == "paused":
            walk.do(cmd.ResumeWindow(window.id))
        if window.state != "closed":
            walk.do(cmd.CloseWindow(window.id))
    for window in hall.settings.windows:
        walk.do(cmd.OpenWindow(window.id, f"last-{window.id}"))
    walk.now += 24 * 60 * MINUTE  # who asked to be called later is back
    for _ in range(2 * len(list(hall.live())) + 2 * len(ITEMS)):
        for window in hall.settings.windows:
            if isinstance(walk.press(cmd.CallNext, window.id), Done):
                walk.press(cmd.StartService, window.id)
                walk.press(cmd.FinishService, window.id)
    stranded = [t for t in hall.live() if t.state == "waiting" and served(hall, t.queue)]
    assert stranded == []
    check(walk)


def served(hall: Hall, queue: str) -> bool:
    return any(queue in window.serves for window in hall.state.windows.values())


def test_twin_a_change_that_keeps_nothing_of_what_is_lost_strands_or_breaks(monkeypatch: pytest.MonkeyPatch):
    nothing = retired.Retired()
    monkeypatch.setattr(state, "lost", lambda *_: nothing)
    monkeypatch.setattr(state.HallState, "_keep_queue", lambda *_: None)
    monkeypatch.setattr("caller.engine.settings_change.lost", lambda *_: nothing)
    broken = 0
    for seed in range(12):
        try:
            test_no_ticket_is_lost_whatever_changes_and_replay_needs_no_settings(seed)
        except (AssertionError, KeyError, AttributeError):
            broken += 1
    assert broken


# --- the rules by name


def opened(*windows: str, **changes: Any) -> Walker:
    walk = Walker(first=settings(**changes))
    walk.do(cmd.OpenDay(DAY))
    for window in windows:
        walk.do(cmd.OpenWindow(window, f"clerk-{window}"))
    return walk


def without(first: Settings, queue: str) -> Settings:
    """The hall without one queue."""
    return replace(
        first,
        queues=tuple(each for each in first.queues if each.id != queue),
        windows=tuple(
            replace(each, queues=[q for q in each.queues if q != queue] or ["P"], helps={})
            for each in first.windows
        ),
        items=tuple(each for each in first.items if each.queue != queue),
    )


def test_new_tickets_go_by_the_new_targets_and_old_ones_keep_their_promise():
    walk = opened("1")
    old = walk.do(cmd.TakeTicket(queue="A"))
    promise = walk.hall.state.tickets[old["ticket"]].promise
    walk.change(replace(walk.first, classes=(PriorityClass("ordinary", "普通", 5),)))
    new = walk.do(cmd.TakeTicket(queue="A"))
    assert walk.hall.state.tickets[old["ticket"]].promise == promise == walk.now + 45 * MINUTE
    assert walk.hall.state.tickets[new["ticket"]].promise == walk.now + 5 * MINUTE
    assert new["number"] == "A002", "numbers go on"
    called = walk.press(cmd.CallNext, "1")
    assert isinstance(called, Done)
    assert called.result["number"] == "A002", "the turn rule knows the new target"


def test_a_lost_queue_is_listed_closed_to_new_ones_and_goes_with_its_last_ticket():
    walk = opened("1", "3")
    walk.do(cmd.TakeTicket(queue="A"))
    assert walk.change(without(walk.first, "A"))["kept"] == ["queue A"]
    assert walk.refused(cmd.TakeTicket(queue="A")) == "unknown-queue"
    assert walk.hall.queues["A"].name == "社保", "by its name, while it lasts"
    walk.press(cmd.CallNext, "3")
    assert walk.hall.state.windows["3"].ticket, "any window calls from it"
    walk.press(cmd.FinishService, "3")
    assert "A" not in walk.hall.queues
    assert not walk.hall.retired


def test_a_queue_that_comes_back_goes_on_with_its_numbers():
    walk = opened("1")
    walk.do(cmd.TakeTicket(queue="A"))
    walk.change(without(walk.first, "A"))
    walk.change(walk.first)
    assert walk.do(cmd.TakeTicket(queue="A"))["number"] == "A002"
    assert not walk.hall.retired


def test_a_lost_window_serves_to_its_end_and_nobody_signs_in_there_again():
    walk = opened("1", "2")
    walk.do(cmd.TakeTicket(queue="A"))
    walk.press(cmd.CallNext, "2")
    left = replace(walk.first, windows=tuple(each for each in walk.first.windows if each.id != "2"))
    assert walk.change(left)["kept"] == ["window 2"]
    assert isinstance(walk.press(cmd.FinishService, "2"), Done)
    walk.do(cmd.CloseWindow("2"))
    assert walk.refused(cmd.OpenWindow("2", "again")) == "unknown-window"
    assert "2" not in walk.hall.window_settings


def test_a_window_of_the_same_name_as_a_lost_queue_is_no_lost_queue():
    rooms = (Window("A", "甲窗", ["A", "B"]), Window("1", "一号", ["B"]))
    walk = opened("A", "1", windows=rooms)
    walk.change(replace(walk.first, windows=rooms[1:]))
    assert walk.hall.retired.windows == {"A"}
    assert walk.do(cmd.TakeTicket(queue="A"))["number"] == "A001", "the queue is still there"


def test_a_lost_item_of_a_booking_is_kept_and_takes_no_other_booking():
    walk = opened("1")
    day, slot = "2026-09-22", at("10:00", "2026-09-22")
    walk.do(cmd.BookAppointment("i1", slot, "f" * 64, day))
    assert walk.change(without(walk.first, "A"))["kept"] == ["queue A", "item i1"]
    assert walk.refused(cmd.BookAppointment("i1", slot, "e" * 64, day)) == "unknown-item"


def test_a_signed_in_clerk_gets_the_windows_new_queues_but_not_those_left_out():
    walk = opened()
    walk.do(cmd.OpenWindow("1", "wang"))
    walk.do(cmd.OpenWindow("2", "li", ["A"]))  # can do A alone, though window 2 helps B
    rooms = (Window("1", "一号", ["A", "B", "P"]), Window("2", "二号", ["A", "P"], helps={"B": 15}))
    walk.change(replace(walk.first, windows=(*rooms, *walk.first.windows[2:])))
    assert set(walk.hall.state.windows["1"].serves) == {"A", "B", "P"}
    assert set(walk.hall.state.windows["2"].serves) == {"A", "P"}


def test_the_second_of_two_managers_is_refused_and_a_repeat_gets_its_answer():
    walk = opened()
    command = cmd.ChangeSettings(HASH.format(1), 0)
    envelope = CommandEnvelope("press-0001", command, settings=walk.first)
    answer = walk.store.take(envelope, walk.now).answer
    assert isinstance(answer, Done)
    assert answer.result == {"version": 1, "kept": []}
    assert walk.refused(cmd.ChangeSettings(HASH.format(2), 0), walk.first) == "settings-changed"
    assert walk.store.take(envelope, walk.now).answer == answer
    assert walk.do(cmd.ChangeSettings(HASH.format(1), 1)) == {}, "the same text is no new version"
    assert walk.refused(cmd.ChangeSettings(HASH.format(3), 1)) == "settings-not-here"


def test_twin_without_as_of_the_second_manager_undoes_the_first(monkeypatch: pytest.MonkeyPatch):
    walk = opened()
    walk.change(replace(walk.first, notices=("甲改的",)))
    monkeypatch.setattr("caller.engine.settings_change.in_force", lambda _: VersionInForce(0, "", 0))
    walk.do(cmd.ChangeSettings(HASH.format(9), 0), replace(walk.first, notices=("乙改的",)))
    assert walk.hall.settings.notices == ("乙改的",)


def test_site_and_while_the_day_is_open_zone_stay():
    walk = opened()
    table = walk.first.hall
    other_site = replace(walk.first, hall=HallTable(site="other", name="别处"))
    assert walk.refused(cmd.ChangeSettings(HASH.format(1), 0), other_site) == "settings-site"
    other_zone = replace(walk.first, hall=replace(table, zone="Europe/Berlin"))
    assert walk.refused(cmd.ChangeSettings(HASH.format(1), 0), other_zone) == "settings-zone"
    walk.do(cmd.CloseDay())
    assert walk.do(cmd.ChangeSettings(HASH.format(1), 0), other_zone)["version"] == 1


def test_live_states_are_all_walked():
    seen: set[str] = set()
    for seed in range(10):
        walk = Walker(seed)
        walk.do(cmd.OpenDay(DAY))
        for _ in range(STEPS):
            step(walk)
            seen |= {ticket.state for ticket in walk.hall.live()}
    assert seen == LIVE
