"""A hall's year of cases by the real engine: done on the spot, promised, reported up, each from its number to its end.

The shares are those of a county hall: 56,474 cases = 51,567 on the spot + 4,413 promised + 494 reported up (DOMAIN §7 of the
plan). Every working day of the year opens and closes; each case has a visit of its own. Promised and reported-up cases go
on over the days by a seed: most are decided before they are due, a few run over, and are noted as the caller does.
Figures come twice: from the events alone, by a recount that knows no index, and from the register; `faults` is where
they differ.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from msgspec import structs

from caller.engine import case_clock, followups
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_messages import CaseVerb, MoveCase
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from config.calendar import Calendar
from config.case_settings import CaseType
from config.instants import SECOND, Micros, instant
from config.settings import Item, Settings

SHARES: dict[CaseType, int] = {"immediate": 51_567, "promised": 4_413, "reported-up": 494}
LATE = 0.02  # of those with a clock: so many are decided after they are due
PAUSED = 0.1  # and so many stand for a survey
VISIT = 20 * SECOND  # between two numbers: all windows of the hall work at the same time
CLERK, OWNER = "1001", "2001"
DAYS_MAX = 60  # of a case without a limit


class CaseYear:
    """One run. `counts` and `faults` are ready after `run`."""

    def __init__(self, settings: Settings, year: int, seed: int, count: int = sum(SHARES.values())) -> None:
        """Take a hall with cases turned on. Raises: KeyError (it has no item of one of the types)."""
        settings = structs.replace(settings, cases=structs.replace(settings.cases, enabled=True), devices=())
        self.hall, self.year, self.dice = Hall(settings), year, random.Random(seed)
        self.counts, self.faults, self.now = Counter[str](), list[str](), 0
        self._due: dict[date, list[tuple[str, CaseVerb, dict[str, Any]]]] = defaultdict(list)
        self._open: dict[str, Micros] = {}  # by the events alone: running clocks
        self._ids = 0
        shares: dict[CaseType, int] = {
            kind: round(share * count / sum(SHARES.values())) for kind, share in SHARES.items()
        }
        shares["immediate"] += count - sum(shares.values())
        self._kinds: list[CaseType] = [kind for kind, share in shares.items() for _ in range(share)]
        self.dice.shuffle(self._kinds)
        self._items = {kind: self._servable(settings, kind) for kind in SHARES}

    def _servable(self, settings: Settings, kind: CaseType) -> list[tuple[Item, str]]:
        """Return the items of a type, each with a window of its own queue."""
        own = [each for each in settings.windows if each.kind != "floating"]  # one that helps calls later
        windows = {queue: each.id for each in own for queue in each.queues}
        known = [each for each in settings.items if each.case_type == kind and each.queue in windows]
        known = [each for each in known if kind != "promised" or each.promised_days]
        known = [each for each in known if not each.days]
        if not known:
            raise KeyError(kind)
        return [(each, windows[each.queue]) for each in known]

    # --- the run

    def run(self) -> dict[str, Any]:
        """Live the whole year; return its figures."""
        began, days = time.perf_counter(), list(self._working_days())
        most = 0
        for nth, day in enumerate(days):
            self._day(
                day,
                self._kinds[nth * len(self._kinds) // len(days) : (nth + 1) * len(self._kinds) // len(days)],
            )
            most = max(most, len(self.hall.register.cases))
        accepted = sum(self.counts[f"opened-{kind}"] for kind in SHARES)
        return {
            "year": self.year, "working_days": len(days), "cases": accepted,
            **{kind: self.counts[f"opened-{kind}"] for kind in SHARES},
            "finished": self.counts["finished"], "on_time": self.counts["in-time"], "late": self.counts["late"],
            "accountability": self.counts["accountability"], "still_open": len(self._open) + self.counts["paused"],
            "most_in_register": most, "events": self.hall.seq, "commands": self._ids, "faults": len(self.faults),
            "wall_s": round(time.perf_counter() - began, 1),
        }  # fmt: skip

    def _working_days(self) -> Iterator[date]:
        calendar, day = Calendar(self.hall.settings), date(self.year, 1, 1)
        while day.year == self.year:
            if calendar.working(day):
                yield day
            day += timedelta(days=1)

    def _day(self, day: date, kinds: list[CaseType]) -> None:
        zone = self.hall.settings.hall.zone
        self.now = instant(day.isoformat(), "08:00", zone)
        self._do(cmd.OpenDay(day.isoformat()))
        self._do(cmd.ExtendHours(instant(day.isoformat(), "22:00", zone)))
        for window in sorted({window for known in self._items.values() for _, window in known}):
            self._do(cmd.OpenWindow(window, f"{CLERK}-{window}"))
        self._note()
        self._go_on(day)
        for kind in kinds:
            self._visit(kind, day)
        self._note()
        self._check()
        self._do(cmd.CloseDay(expire=True))

    def _visit(self, kind: CaseType, day: date) -> None:
        """Take a number, be served, and end as done or accepted; what becomes of the case is drawn at once."""
        item, window = self.dice.choice(self._items[kind])
        self.now += VISIT
        self._do(cmd.TakeTicket(items=[item.id]))
        self._press(cmd.CallNext, window)
        self._press(cmd.StartService, window)
        made = self._press(cmd.FinishService, window, outcome="done" if kind == "immediate" else "accepted")
        if kind == "immediate":
            return
        limit = item.promised_days or item.statutory_days or DAYS_MAX
        late = self.dice.random() < LATE
        ends = limit + self.dice.randint(1, 5) if late else self.dice.randint(1, max(1, limit - 1))
        self._draw(made["about"], kind, day, ends)

    def _draw(self, case: str, kind: CaseType, day: date, ends: int) -> None:
        """Set down when a case is taken, stands, is answered from above and decided; `ends`: working days from now."""
        later = self.hall.calendar.add_working_days
        first = later(day, 1)[0]
        self._due[first].append((case, "take", {"owner": OWNER}))
        if kind == "reported-up":
            self._due[first].append((case, "report", {}))
            self._due[later(day, ends)[0]].append((case, "heard", {}))
        elif self.dice.random() < PAUSED and ends > 2:
            self._due[later(day, 2)[0]].append((case, "pause", {"code": "survey"}))
            self._due[later(day, 5)[0]].append((case, "resume", {}))
            ends += 3
        self._due[later(day, ends)[0]].append((case, "decide", {"decision": "granted"}))
        self._due[later(day, ends)[0]].append((case, "issue", {}))
        self._due[later(day, ends + 1)[0]].append((case, "close", {}))

    def _go_on(self, day: date) -> None:
        for case, move, more in self._due.pop(day, ()):
            row = self.hall.register.cases[case]
            self._do(MoveCase(case, move, row.version, staff=OWNER, **more))

    # --- commands and events

    def _press(self, verb: type[Any], window: str, **more: Any) -> dict[str, Any]:
        version = self.hall.state.windows[window].version
        return self._do(verb(window, version, **more))

    def _do(self, command: AnyCommand, role: str = "manager") -> dict[str, Any]:
        self._ids += 1
        events = self.hall.decide(CommandEnvelope(f"y-{self._ids:07d}", command, role), self.now)
        for event in events:
            self.hall.apply(event, self.hall.instant(self.now), self.hall.seq + 1)
            self._count(event)
        return self.hall.result(events)

    def _note(self) -> None:
        """Note what is overdue, and set what is known, as the caller does."""
        notes: list[Any] = [*case_clock.to_note(self.hall, self.now), *followups.to_set(self.hall)]
        while notes:
            for command in notes:
                self._do(command, "caller")
            notes = [*case_clock.to_note(self.hall, self.now)]

    def _count(self, event: ev.AnyEvent) -> None:
        match event:
            case ev.CaseDone():
                self.counts["opened-immediate"] += 1
                self.counts["finished"] += 1
                self.counts["in-time"] += 1
            case ev.CaseOpened():
                self.counts[f"opened-{event.case_type}"] += 1
                self._open[event.case] = event.due
            case ev.CaseMoved():
                self._moved(event)
            case ev.FollowUpOpened(kind="accountability"):
                self.counts["accountability"] += 1
            case _:
                pass

    def _moved(self, event: ev.CaseMoved) -> None:
        if event.move == "decide":
            due = self._open.pop(event.case)
            self.counts["finished"] += 1
            self.counts["late" if due and self.now > due else "in-time"] += 1
        elif event.move == "pause":
            self.counts["paused"] += 1
            del self._open[event.case]
        elif event.move == "resume":
            self.counts["paused"] -= 1
            self._open[event.case] = event.due

    def _check(self) -> None:
        """Compare the register's lights with the clocks the events made: none lost, none wrong."""
        clocks = [due for due in self._open.values() if due]
        red = sum(self.now > due for due in clocks)
        index = self.hall.register.case_index
        shown, _, _ = index.lights(self.now)
        if (shown, sum(index.lights(self.now))) != (red, len(clocks)):
            self.faults.append(
                f"{self.hall.state.day.label}: {shown} red of {index.lights(self.now)}, not {red}"
            )
