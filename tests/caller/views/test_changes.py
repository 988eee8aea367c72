"""No change goes untold: `views.topics` names every document that a batch of events has changed.

What only time changes is renewed by the server's clock, and so is each ticket's place in line; everything else
would stay wrong on a screen until the next event, and nobody would know.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from caller import views
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.service.scheduler import ageing
from caller.views.standstill import CLOSING_MICROS
from config.setting_types import ScreenHours
from config.settings import Kiosk
from tests.caller.views.test_views import topics_of, view
from tests.instruments import histories
from tests.instruments.engine_fixture import DAY, Stage, at, settings

OTHERS_MOVE = (
    "ahead",
    "low",
    "high",
    "windows",
    "day",
)  # a ticket's picture is renewed each second for these


def snapshot(hall: Hall, now: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for topic in topics_of(hall):
        if topic.startswith("find/"):
            continue  # made anew with every beat, as a person's is
        document = views.build(hall, topic, now)
        if topic.startswith("ticket/"):
            document = {key: value for key, value in document.items() if key not in OTHERS_MOVE}
        found[topic] = document
    return found


def untold(steps: list[tuple[int, int]]) -> set[str]:
    """Lives a history in batches of one to three orders; the topics that changed without being named."""
    hall = Hall(settings())
    now, found = histories.NINE, set[str]()
    orders: list[AnyCommand] = [cmd.OpenDay(histories.DAYS[0]), cmd.OpenWindow("3", "clerk-3")]
    _apply(hall, [CommandEnvelope(f"o{n}", each) for n, each in enumerate(orders)], now)
    serial, at = 0, 0
    while at < len(steps):
        size = 1 + steps[at][1] % 3
        now = max(now, hall.state.now) + histories.step(steps[at][1])
        before = snapshot(hall, now)
        events: list[ev.AnyEvent] = []
        for kind, choice in steps[at : at + size]:
            serial += 1
            events += _apply(hall, [histories.order(hall, serial, kind, choice, now)], now)
        after, told = snapshot(hall, now), views.topics(hall, events)
        found |= {topic for topic, doc in after.items() if before.get(topic) != doc and topic not in told}
        at += size
    return found


def _apply(hall: Hall, orders: list[CommandEnvelope], now: int) -> list[ev.AnyEvent]:
    done: list[ev.AnyEvent] = []
    for order in orders:
        try:
            events = hall.decide(order, now)
        except Refused:
            continue
        for event in events:
            hall.apply(event, hall.instant(now), hall.seq + 1)
        done += events
    return done


STEPS = st.lists(st.tuples(st.integers(0, histories.KINDS - 1), st.integers(0, 8)), min_size=1, max_size=40)


@given(STEPS)
@hypothesis_settings(max_examples=50, deadline=None)
def test_every_document_that_changes_is_named(steps: list[tuple[int, int]]):
    assert untold(steps) == set()


def dice(seed: int, length: int = 150) -> list[tuple[int, int]]:
    throw = random.Random(seed)
    return [(throw.randrange(histories.KINDS), throw.randrange(9)) for _ in range(length)]


@pytest.mark.parametrize("seed", range(12))
def test_every_document_that_changes_in_a_long_history_is_named(seed: int):
    assert untold(dice(seed)) == set()


def test_a_ticket_that_was_sent_on_in_the_same_batch_leaves_its_old_queue_too():
    stage = Stage().open("1", "2")
    stage.take("A")
    seen, told = view(stage, "window/2"), len(stage.events)
    stage.next("1")
    stage.press(cmd.TransferTicket, "1", queue="P")
    assert view(stage, "window/2") != seen
    assert "window/2" in views.topics(stage.hall, [event for _, _, event in stage.events[told:]])


def test_bound_tickets_set_free_are_told_to_the_other_windows():
    stage = Stage().open("1", "2")
    stage.take("A", window="1")
    seen, told = view(stage, "window/2"), len(stage.events)
    stage.do(cmd.CloseWindow("1"))
    assert view(stage, "window/2") != seen
    assert "window/2" in views.topics(stage.hall, [event for _, _, event in stage.events[told:]])


def test_a_new_day_is_told_to_windows_that_are_closed():
    stage = Stage().open("1")
    stage.take("A")
    stage.serve("1")
    stage.do(cmd.CloseDay())
    seen, told = view(stage, "window/1"), len(stage.events)
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    assert view(stage, "window/1") != seen
    assert "window/1" in views.topics(stage.hall, [event for _, _, event in stage.events[told:]])


def test_a_window_where_somebody_may_wake_is_looked_at_each_second():
    stage = Stage().open("1")
    stage.take("A")
    assert "window/1" not in ageing(stage.hall, stage.now)
    stage.do(cmd.PostponeTicket(stage.find("A001").id, 10))
    assert "window/1" in ageing(stage.hall, stage.now)
    assert "window/3" not in ageing(stage.hall, stage.now)


def test_longer_hours_are_told_to_the_windows_that_were_told_of_closing_time():
    stage = Stage().open("1")
    stage.take("A")
    closes = stage.hall.state.day.closes_at
    stage.now = closes - CLOSING_MICROS
    assert "closing" in view(stage, "window/1")
    told = len(stage.events)
    stage.do(cmd.ExtendHours(closes + 2 * CLOSING_MICROS))
    assert "closing" not in view(stage, "window/1")
    assert "window/1" in views.topics(stage.hall, [event for _, _, event in stage.events[told:]])


def test_a_window_near_closing_time_is_looked_at_each_second():
    stage = Stage().open("1")
    closes = stage.hall.state.day.closes_at
    for before in (CLOSING_MICROS, 0):
        assert "window/1" in ageing(stage.hall, closes - before)
        assert "window/3" not in ageing(stage.hall, closes - before)  # closed
    assert "window/1" not in ageing(stage.hall, closes - CLOSING_MICROS - 1)
    assert "window/1" not in ageing(stage.hall, closes + 1)  # nothing more comes with time alone


def _without_windows_that_see(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(views, "_windows_that_see", lambda _hall, _queues: set[str]())


def _without_the_public(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(views, "_PUBLIC", frozenset[str]())


@pytest.mark.parametrize("twin", [_without_windows_that_see, _without_the_public])
def test_a_change_that_goes_untold_is_found(twin: Callable[[pytest.MonkeyPatch], None], monkeypatch: Any):
    twin(monkeypatch)
    assert any(untold(dice(seed)) for seed in range(3))


# --- screens that are off


def test_screens_go_dark_by_their_hours_and_never_while_the_day_is_open() -> None:
    """An extended day is seen to its end and its minutes after it."""
    rows = (
        ScreenHours("board"),
        ScreenHours("sign", "1"),
        ScreenHours("tablet"),
        ScreenHours("kiosk", after_minutes=0),
    )
    stage = Stage(screens=rows, kiosks=(Kiosk("k1"),))

    def dark(clock: str, day: str = DAY) -> list[str]:
        stage.now = at(clock, day)
        board: Any = views.build(stage.hall, "board", stage.now)
        window: Any = views.build(stage.hall, "window/1", stage.now)
        jobs: Any = views.build(stage.hall, "jobs/k1", stage.now)
        return [*board.get("dark", []), *["tablet"] * window.get("dark", False), *["kiosk"] * jobs["dark"]]

    stage.do(cmd.ExtendHours(at("20:00")))
    assert dark("19:59") == []
    stage.do(cmd.CloseDay())
    assert dark("20:00") == ["kiosk"]
    assert dark("20:29") == ["kiosk"]
    assert dark("20:30") == ["board/hall", "sign/1", "tablet", "kiosk"]
    assert dark("08:29", "2026-09-22") == ["board/hall", "sign/1", "tablet", "kiosk"]
    assert dark("08:30", "2026-09-22") == []


def test_twin_a_screen_without_hours_is_never_turned() -> None:
    stage = Stage(kiosks=(Kiosk("k1"),))
    stage.do(cmd.CloseDay())
    stage.now = at("23:00")
    documents: list[Any] = [
        views.build(stage.hall, each, stage.now) for each in ("board", "window/1", "jobs/k1")
    ]
    assert ["dark" in each for each in documents] == [False] * 3


def test_a_tablets_document_is_made_anew_when_its_hours_begin_and_end() -> None:
    stage = Stage(screens=(ScreenHours("tablet"),))
    stage.do(cmd.CloseDay())
    moments = [at("17:29"), at("17:30"), at("17:31"), at("08:31", "2026-09-22")]
    assert ["window/1" in ageing(stage.hall, now) for now in moments] == [False, True, False, False]
    assert "window/1" in ageing(stage.hall, at("08:30", "2026-09-22"))
