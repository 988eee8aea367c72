"""A change of settings over recorded days: the same people, and each one's wait before and after."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from caller.engine import events as ev
from caller.eventlog import LOG_NAME
from caller.simulate import rehearse as room
from caller.simulate.random_outcomes import ServiceStep
from caller.simulate.rehearsal_tables import rehearsal_tables
from caller.simulate.rehearse import rehearse
from caller.simulate.replay import NoSuchDay, RecordedOutcomes, recent
from caller.simulate.what_if import WhatIfMistakes
from config.instants import MINUTE
from config.settings import Item, Queue, Settings, Window
from tests.caller.simulate.test_replay import _on, recorded, write
from tests.instruments.engine_fixture import DAY, settings
from tests.instruments.small_scenario import person

DAY_LONG = 24 * 60 * MINUTE
LABELS = (DAY, "2026-09-22", "2026-09-23")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recorded days of the small hall."""
    folder = tmp_path_factory.mktemp("rehearse")
    days: list[Any] = []
    for nth, label in enumerate(LABELS):
        day, _ = recorded(settings(), nth + 1, no_show=0.1, transfer=0.1, abandon_after_minutes=40)
        shift = nth * DAY_LONG
        days.append(
            [(at + shift, [_moved(event, label, shift) for event in events]) for at, events in day.kept]
        )
    write(folder / LOG_NAME, days)
    return folder


def _moved(event: ev.AnyEvent, label: str, shift: int) -> ev.AnyEvent:
    if isinstance(event, ev.TicketIssued):
        return structs.replace(
            event, origin=event.origin + shift, promise=event.promise + shift, ticket=f"{label}{event.ticket}"
        )
    if hasattr(event, "ticket"):
        return structs.replace(event, ticket=f"{label}{event.ticket}")  # type: ignore[call-overload]
    return _on(event, label, shift)


def test_the_same_settings_change_nothing(log: Path):
    found = rehearse(log, settings(), settings(), 3)
    assert found.days == list(LABELS)
    assert found.all.visits > 60
    assert (found.all.longer, found.all.shorter, found.longer) == (0, 0, [])
    for each in (found.all, *found.queues.values(), *found.classes.values()):
        assert (each.p50_before, each.p90_before) == (each.p50_after, each.p90_after)
    assert sum(each.visits for each in found.queues.values()) == found.all.visits
    assert sum(each.visits for each in found.classes.values()) == found.all.visits


def test_a_window_less_makes_its_queue_wait_longer_and_names_them(log: Path):
    """Window 3 no longer serves B: only window 1 does, and 2 helps late."""
    windows = tuple(
        structs.replace(each, queues=["P"]) if each.id == "3" else each for each in settings().windows
    )
    found = rehearse(log, settings(), settings(windows=windows), 2)
    assert found.days == list(LABELS[1:])
    assert found.queues["B"].p90_after > found.queues["B"].p90_before
    assert found.queues["B"].longer > 0
    assert len(found.longer) == found.all.longer > 0
    worst = found.longer[0]
    assert all(worst.after - worst.before >= each.after - each.before for each in found.longer)
    assert worst.number
    assert worst.day in found.days
    text = rehearsal_tables(found, {"A": "社保", "ordinary": "普通"}, "Asia/Shanghai")
    assert worst.number in text
    assert "A 社保" in text


def test_a_window_more_shortens_it(log: Path):
    windows = tuple(structs.replace(each, queues=["A", "B"], helps={}) for each in settings().windows)
    found = rehearse(log, settings(), settings(windows=windows), 3)
    assert found.all.shorter > found.all.longer
    assert found.all.p90_after < found.all.p90_before


def test_a_new_window_stays_closed_until_a_statement_opens_it(log: Path):
    new = settings(windows=(*settings().windows, Window("9", "九号", ["A", "B"])))
    closed = rehearse(log, settings(), new, 2)
    assert closed.new_windows == ["9"]
    assert (closed.all.longer, closed.all.shorter) == (0, 0)
    opened = rehearse(log, settings(), new, 2, ["window 9 opens 09:00"])
    assert opened.all.shorter > opened.all.longer
    assert "9" in rehearsal_tables(closed, {}, "Asia/Shanghai")
    with pytest.raises(WhatIfMistakes):
        rehearse(log, settings(), new, 2, ["window 99 opens 09:00"])


def test_people_follow_their_item_to_its_new_queue_and_no_others_do():
    old = settings()
    new = settings(
        items=(*(structs.replace(each, queue="B") if each.id == "i1" else each for each in old.items),)
    )
    came = person(0, 5)
    with_item = came._replace(items=("i1",))
    assert room._moved(with_item, old, new).queue == "B"
    assert room._moved(with_item._replace(queue="P"), old, new).queue == "P"  # chosen by themselves
    assert room._moved(came, old, new).queue == "A"
    assert room._moved(came, old, new) is not came


def test_what_is_gone_is_nobodys_way(log: Path):
    """A queue and a window that the new hall does not have: transfers end there, who comes for them is turned away."""
    old = settings()
    new = settings(
        queues=tuple(each for each in old.queues if each.id != "B"),
        windows=(
            Window("1", "一号", ["A"]),
            Window("2", "二号", ["A"]),
            Window("P", "缴费窗", ["P"], kind="pay"),
        ),
        items=tuple(each for each in old.items if each.queue != "B"),
    )
    found = rehearse(log, old, new, 3)
    assert found.turned_away[0] == 0
    assert found.turned_away[1] > 0
    assert "B" not in found.queues
    steps = [ServiceStep(1, "sent", queue="B"), ServiceStep(1, "sent", queue="A", window="3")]
    moved = room._moved(
        person(0, 1)._replace(outcomes=RecordedOutcomes(steps, {"": 1}), window="3"), old, new
    )
    assert moved.window == ""
    assert moved.outcomes.step(0, "A", "1", list) == ServiceStep(1, "served")
    assert moved.outcomes.step(1, "A", "1", list) == ServiceStep(1, "sent", queue="A")


def test_a_day_of_another_hall_is_left_out_with_its_reason(log: Path):
    old = settings(
        queues=(Queue("A", "社保"), Queue("P", "缴费")), items=(Item("i1", "参保", "d1", "A"),),
        windows=(Window("1", "一号", ["A"]), Window("2", "二号", ["A"]), Window("3", "三号", ["A"]), Window("P", "缴", ["P"])),
    )  # fmt: skip
    days, left_out = recent(log, old, 3)
    assert days == []
    assert list(left_out) == list(reversed(LABELS))
    with pytest.raises(NoSuchDay, match="B"):
        rehearse(log, old, old, 3)


def test_the_last_days_are_read_without_the_earlier_ones(log: Path):
    days, left_out = recent(log, settings(), 1)
    assert [day.opening.label for day in days] == [LABELS[-1]]
    assert left_out == {}


def test_the_twin_that_forgets_the_items_sees_no_change(log: Path, monkeypatch: pytest.MonkeyPatch):
    """An item moved to another queue is a change only while people follow it."""
    old = settings()
    came = person(0, 5)._replace(items=("i1",))
    new: Settings = settings(items=(Item("i1", "参保", "d1", "P"), *old.items[1:]))
    assert room._moved(came, old, new).queue == "P"
    monkeypatch.setattr(room, "_queue_of", lambda *_: "")
    assert room._moved(came, old, new).queue == "A"
