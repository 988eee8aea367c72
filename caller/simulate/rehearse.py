"""Rehearses a change of settings: recorded days are run twice with the same people, under the old settings and the new.

1. People come when they came, with the business they had. Who was in the queue of their item comes to the queue that the
   item has in the new settings; who had chosen another keeps it, where it still exists.
2. Windows open, pause and close as they did. One that opened for all its queues opens for all that it has in the new
   settings; one that opened for some, for those of them it still has. A window that is new had no clerk: it stays
   closed, unless statements (`what_if`) open it.
3. What became of a call (how long it took, no-show, transfer) belongs to the person and is not changed. A transfer to a
   queue or a window that is gone ends there.
4. A wait is compared person by person, to the first call. By less than `SAME_MINUTES` none has waited longer or shorter:
   a change anywhere moves every visitor by seconds.
5. A day is left out where it cannot be run as the settings are: the hall was another then.

Not rehearsed: opening hours, quotas of appointments, and anything else that decides whether people come.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from caller.simulate import what_if
from caller.simulate.figures import percentile
from caller.simulate.random_outcomes import ServiceStep, Visitor
from caller.simulate.replay import NoSuchDay, RealDay, RecordedOutcomes, recent
from caller.simulate.run import SimulatedDay, WindowChange
from caller.simulate.visitors import SimulatedVisit
from config.instants import MINUTE, Micros, instant
from config.settings import Settings, Window

SAME_MINUTES = 1.0


class WaitChange(Struct):
    """The waits of one queue or class, in minutes; `visits`: called in both runs."""

    visits: int
    p50_before: float
    p50_after: float
    p90_before: float
    p90_after: float
    longer: int
    shorter: int


class LongerWait(Struct):
    """One visitor who would have waited longer. `came`: UTC microseconds; `before`, `after`: minutes."""

    day: str
    number: str
    queue: str
    priority: str
    came: Micros
    before: float
    after: float


class Rehearsal(Struct):
    """What a change would have done to the people of some recorded days."""

    days: list[str]
    left_out: dict[str, str]  # day → why, in both languages
    all: WaitChange
    queues: dict[str, WaitChange]  # by the queue in the new settings
    classes: dict[str, WaitChange]
    longer: list[LongerWait]  # by how much, most first
    not_called: tuple[int, int]  # came and were never called, before and after
    turned_away: tuple[int, int]  # got no number
    new_windows: list[str]  # nobody sat there


class _Pair(Struct):
    """The two visits of one person. A wait of None: never called."""

    day: str
    number: str
    before: SimulatedVisit
    after: SimulatedVisit

    @property
    def minutes(self) -> tuple[float, float] | None:
        if self.before.called < 0 or self.after.called < 0:
            return None
        return self.before.waited, self.after.waited


def rehearse(log: Path, old: Settings, new: Settings, days: int, statements: Sequence[str] = ()) -> Rehearsal:
    """Run the last `days` recorded days of a log under both settings.

    `statements`: what windows would do besides, in the words of `caller.simulate.what_if`.

    Raises:
        NoSuchDay: no day could be run.
        WhatIfMistakes: a statement is wrong.
        LogError: the log cannot be read.
    """
    what_if.read(list(statements), new, new.hall.opens)  # wrong ones before any work
    found, left_out = recent(log, old, days)
    if not found:
        why = "; ".join(left_out.values())
        raise NoSuchDay(f"没有可以预演的营业日 / no recorded day can be rehearsed: {why or log}")
    pairs: list[_Pair] = []
    away = (0, 0)
    for day in found:
        of_day, turned_away = _one_day(day, old, new, statements)
        pairs += of_day
        away = (away[0] + turned_away[0], away[1] + turned_away[1])
    known = {window.id for window in old.windows}
    fresh = [window.id for window in new.windows if window.id not in known]
    return _summary([day.opening.label for day in found], left_out, pairs, away, fresh)


def _one_day(
    day: RealDay, old: Settings, new: Settings, statements: Sequence[str]
) -> tuple[list[_Pair], tuple[int, int]]:
    """Return the two visits of each person of one day, and how many were turned away in each run."""
    people = [_moved(person, old, new) for person in day.people]
    plan = _plan(day.changes, old, new)
    settings = new
    if statements:
        said = what_if.read(list(statements), new, new.hall.opens)
        late = (day.opening.start - instant(day.opening.label, new.hall.opens, new.hall.zone)) / MINUTE
        said = [each._replace(minute=max(0.0, each.minute - late)) for each in said]
        plan, settings = what_if.plan_with(plan, said, new), what_if.settings_with(new, said)
    first = SimulatedDay(old, day.opening, day.people, day.changes, quote=False)
    second = SimulatedDay(settings, day.opening, people, plan, quote=False)
    turned_away = tuple(sum(run.run().turned_away.values()) for run in (first, second))
    before, after = _visits(first), _visits(second)
    pairs = [
        _Pair(day.opening.label, person.number, before[id(person)], after[id(moved)])
        for person, moved in zip(day.people, people, strict=True)
        if id(person) in before and id(moved) in after
    ]
    return pairs, (turned_away[0], turned_away[1])


def _visits(run: SimulatedDay) -> dict[int, SimulatedVisit]:
    """Return each visit by the identity of its person: two people can be equal."""
    return {id(person): run.visits[ticket] for ticket, person in run.people.items()}


# --- the same people in another hall


def _moved(person: Visitor, old: Settings, new: Settings) -> Visitor:
    """Return a person as they would come to the new hall (rules 1 and 3); always another object."""
    queues, windows = {each.id for each in new.queues}, {each.id for each in new.windows}
    queue = person.queue
    if person.items:
        before, after = (_queue_of(person.items[0], settings) for settings in (old, new))
        queue = after if after and queue == before else queue
    outcomes = person.outcomes
    if isinstance(outcomes, RecordedOutcomes):
        outcomes = outcomes.changed(lambda step: _step(step, queues, windows))
    return person._replace(
        queue=queue,
        outcomes=outcomes,
        window=person.window if person.window in windows else "",
        appointment=person.appointment if queue in queues else "",
    )


def _queue_of(item: str, settings: Settings) -> str:
    return next((each.queue for each in settings.items if each.id == item), "")


def _step(step: ServiceStep, queues: set[str], windows: set[str]) -> ServiceStep:
    """Return a step without a window that is gone; a transfer to a queue that is gone ends the visit."""
    if step.queue and step.queue not in queues:
        return step._replace(end="served", queue="", window="")
    return step._replace(window="") if step.window and step.window not in windows else step


def _plan(changes: Iterable[WindowChange], old: Settings, new: Settings) -> list[WindowChange]:
    """Return what windows did, as they would do it in the new hall (rule 2)."""
    before = {window.id: _serves(window) for window in old.windows}
    after = {window.id: _serves(window) for window in new.windows}
    kept: list[WindowChange] = []
    for change in changes:
        if change.window not in after or (change.what == "opens" and not after[change.window]):
            continue
        if change.what == "opens":
            whole = set(change.queues) in (set[str](), before.get(change.window))
            some = tuple(each for each in change.queues if each in after[change.window])
            change = change._replace(queues=() if whole else some)
        kept.append(change)
    return kept


def _serves(window: Window) -> set[str]:
    return {*window.queues, *window.helps}


# --- figures


def _summary(
    days: list[str], left_out: dict[str, str], pairs: list[_Pair], away: tuple[int, int], fresh: list[str]
) -> Rehearsal:
    by_queue: dict[str, list[_Pair]] = {}
    by_class: dict[str, list[_Pair]] = {}
    for pair in pairs:
        by_queue.setdefault(pair.after.queue, []).append(pair)
        by_class.setdefault(pair.after.priority, []).append(pair)
    worse = [
        LongerWait(pair.day, pair.number, pair.after.queue, pair.after.priority, pair.after.came, *both)
        for pair in pairs
        if (both := pair.minutes) and both[1] - both[0] >= SAME_MINUTES
    ]
    uncalled = [sum(visit.called < 0 for visit in visits) for visits in zip(*((p.before, p.after) for p in pairs), strict=True)] or [0, 0]  # fmt: skip
    return Rehearsal(
        days=days,
        left_out=left_out,
        all=_change(pairs),
        queues={queue: _change(by_queue[queue]) for queue in sorted(by_queue)},
        classes={name: _change(by_class[name]) for name in sorted(by_class)},
        longer=sorted(worse, key=lambda each: (each.before - each.after, each.day, each.number)),
        not_called=(uncalled[0], uncalled[1]),
        turned_away=away,
        new_windows=fresh,
    )


def _change(pairs: Iterable[_Pair]) -> WaitChange:
    both = [minutes for pair in pairs if (minutes := pair.minutes)]
    before, after = sorted(each[0] for each in both), sorted(each[1] for each in both)
    return WaitChange(
        visits=len(both),
        p50_before=round(percentile(before, 50), 2),
        p50_after=round(percentile(after, 50), 2),
        p90_before=round(percentile(before, 90), 2),
        p90_after=round(percentile(after, 90), 2),
        longer=sum(new - old >= SAME_MINUTES for old, new in both),
        shorter=sum(old - new >= SAME_MINUTES for old, new in both),
    )
