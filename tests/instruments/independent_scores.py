"""Test instrument: a month's ranking worked out once more from the log's own rows, by a script that shares nothing with the
product but the settings: it reads SQLite and JSON, walks minute marks instead of intervals, and adds up by hand.

Run it as a program on a data folder's log: `python -m tests.instruments.independent_scores LOG MONTH`.
"""

import json
import sqlite3
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Events = list[tuple[int, datetime, dict[str, Any]]]
ZONE = ZoneInfo("Asia/Shanghai")


def events_of(log: Path) -> Events:
    """Return (seq, local time, event) of a log file."""
    with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as connection:
        rows = connection.execute("select seq, at, kind, body from event order by seq").fetchall()
    found: Events = []
    for seq, at, kind, body in rows:
        event = json.loads(body)
        found.append((seq, datetime.fromtimestamp(at / 1e6, UTC).astimezone(ZONE), {**event, "type": kind}))
    return found


class Recount:
    """The figures of one month, by clerk and window, from the events alone. `shifts`: staff → (window, bands, backups)."""

    def __init__(self, events: Events, month: str, shifts: dict[str, Any], away_minutes: int) -> None:
        self.month, self.shifts, self.away_minutes = month, shifts, away_minutes
        self.facts: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        self.stays: list[list[Any]] = []  # day, window, clerk, state, begin, end
        self.corrected: dict[tuple[str, str], str] = {}
        self.leaves: dict[str, tuple[str, str, str]] = {}
        self.hours: dict[str, list[datetime]] = {}
        self.served: dict[str, float] = defaultdict(float)
        self._read(events)
        self._attend()

    def note(self, figure: str, value: float, clerk: str, window: str) -> None:
        if clerk:
            self.facts["clerk", clerk, figure].append(value)
        if window:
            self.facts["window", window, figure].append(value)

    def _read(self, events: Events) -> None:
        self.day, self.peers, self.inspected = "", dict[str, float](), False
        self.open_at: dict[str, list[Any]] = {}
        self.cases: dict[str, dict[str, Any]] = {}
        self.visits: dict[str, str] = {}  # ticket → the day of its visit
        now = datetime.min.replace(tzinfo=ZONE)
        for _seq, at, event in events:
            now = at if event["type"] in ("DayOpened", "DayReopened") else max(now, at)
            inside = now.date().isoformat()[:7] == self.month
            self._read_presence(event, now)
            self._read_visit(event, inside)
            self._read_case(event, now, inside)
            self._read_entry(event)
        for row in self.cases.values():
            if row["end"] and row["end"].date().isoformat()[:7] == self.month:
                late = row.get("late") or (row["due"] and row["end"].timestamp() * 1e6 > row["due"])
                self.note("on-time", 0 if late else 1, row["clerk"], row["window"])

    def _read_presence(self, event: dict[str, Any], now: datetime) -> None:
        """Note who has which window open or paused, and the hours of the days."""
        match event["type"]:
            case "DayOpened":
                self.day = event["day"]
                self.hours[self.day] = [now, now]
                for stay in self.open_at.values():
                    stay[0] = self.day
            case "DayClosed":
                self.hours[self.day][1], self.day = now, ""
            case "WindowOpened":
                self._stay(event["window"], event["clerk"], "open", now)
            case "WindowPaused" | "WindowResumed":
                before = self.open_at.pop(event["window"])
                before[5] = now
                self._stay(
                    event["window"], before[2], "paused" if event["type"] == "WindowPaused" else "open", now
                )
            case "WindowClosed":
                self.open_at.pop(event["window"])[5] = now
            case _:
                pass

    def _stay(self, window: str, clerk: str, state: str, now: datetime) -> None:
        self.open_at[window] = [self.day, window, clerk, state, now, None]
        self.stays.append(self.open_at[window])

    def _read_visit(self, event: dict[str, Any], inside: bool) -> None:
        """Count receptions, their ratings, complaints about them, and papers that were asked for."""
        match event["type"]:
            case "TicketIssued":
                self.visits[event["ticket"]] = self.day
            case "ServiceFinished":
                self.served[event["window"]] += inside
            case "ServiceRated" if self.visits[event["ticket"]][:7] == self.month:
                for figure, value in (("good-share", event["level"] >= 3), ("rating-mean", event["level"])):
                    self.note(figure, float(value), event["clerk"], event["window"])
            case "FollowUpOpened" if event["kind"] == "complaint" and inside:
                self.note("complaints", 1, event["clerk"], event["window"])
            case "PapersAsked" if inside:
                self.note("told-once", 0 if event.get("again") else 1, event["clerk"], event["window"])
            case _:
                pass

    def _read_case(self, event: dict[str, Any], now: datetime, inside: bool) -> None:
        match event["type"]:
            case "CaseOpened":
                self.cases[event["case"]] = {
                    "clerk": event["clerk"], "window": event["window"], "due": event["due"], "end": None,
                }  # fmt: skip
            case "CaseDone" if inside:
                self.note("on-time", 1, event["clerk"], event["window"])
            case "DeadlineOverdue" if event["kind"] == "case":
                self.cases[event["owner"]]["late"] = True
            case "CaseMoved":
                row = self.cases[event["case"]]
                row["clerk"] = event.get("owner") or row["clerk"]
                row["due"] = event.get("due") or row["due"]
                if event["state"] == "decided":
                    row["end"] = now
            case _:
                pass

    def _read_entry(self, event: dict[str, Any]) -> None:
        """Note what the office entered."""
        match event["type"]:
            case "AttendanceCorrected":
                self.corrected[event["day"], event["staff"]] = event["mark"]
            case "LeaveRecorded":
                self.leaves[event["leave"]] = (event["staff"], event["first"], event["last"])
            case "LeaveCancelled":
                self.leaves.pop(event["leave"])
            case "PeerRated" if event["month"] == self.month:
                self.peers[event["staff"]] = event["points"]
            case "InspectionRecorded" if event["day"][:7] == self.month:
                self.inspected = self.inspected or event["kind"] == "inspection"
                if event.get("fault"):
                    self.note("inspections", 1, event.get("clerk", ""), event.get("window", ""))
            case _:
                pass

    # --- attendance, minute by minute

    def _attend(self) -> None:
        for day, (opened, closed) in self.hours.items():
            if day[:7] != self.month:
                continue
            here = {stay[2] for stay in self.stays if stay[0] == day}
            for staff in sorted(here | set(self.shifts)):
                self._attend_day(day, staff, opened, closed)

    def _open(self, day: str, clerks: list[str], window: str = "") -> list[tuple[datetime, datetime]]:
        return [
            (begin, end) for of, place, clerk, state, begin, end in self.stays
            if of == day and clerk in clerks and state == "open" and window in ("", place)
        ]  # fmt: skip

    def _attend_day(self, day: str, staff: str, opened: datetime, closed: datetime) -> None:
        mine = [stay for stay in self.stays if stay[0] == day and stay[2] == staff]
        if staff not in self.shifts:
            stood = next((bands for _, bands, backups in self.shifts.values() if staff in backups), [])
            if mine:
                spans = [tuple(self._clock(day, each) for each in band) for band in stood]
                self._note_away(day, staff, mine, spans, opened, closed)
            return
        window, bands, backups = self.shifts[staff]
        spans = [tuple(self._clock(day, each) for each in band) for band in bands]
        begin, end = max(spans[0][0], opened), min(spans[-1][1], closed)
        covers = self._open(day, backups, window)
        mark = self.corrected.get((day, staff))
        leave = any(who == staff and first <= day <= last for who, first, last in self.leaves.values())
        excused = mark == "excused" if mark else leave
        flags = self._flags(mine, spans, begin, end, covers)
        if mark:
            flags = {name: name == mark for name in ("absent", "late", "early")}
        away = 0
        if mine:
            away = (
                0
                if mark or leave
                else self._times_away(
                    day,
                    staff,
                    mine,
                    spans,
                    max(min(s[4] for s in mine), begin),
                    min(max(s[5] for s in mine), end),
                    covers,
                )
            )
            self.note("away", away, staff, window)
        if not excused:
            self.note("attendance", float(not flags["absent"]), staff, window)
            self.note("punctuality", float(not any(flags.values()) and not away), staff, window)

    def _flags(
        self, mine: list[Any], spans: list[Any], begin: datetime, end: datetime, covers: list[Any]
    ) -> dict[str, bool]:
        if not mine:
            return {"absent": not self._covered([(begin, end)], spans, covers), "late": False, "early": False}
        came, left = min(stay[4] for stay in mine), max(stay[5] for stay in mine)
        late = int((came - begin).total_seconds() // 60) > 0 and not self._covered(
            [(begin, came)], spans, covers
        )
        early = int((end - left).total_seconds() // 60) > 0 and not self._covered(
            [(left, end)], spans, covers
        )
        return {"absent": False, "late": late, "early": early}

    @staticmethod
    def _clock(day: str, clock: str) -> datetime:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE)

    @staticmethod
    def _seconds(spans: list[Any], inside: list[Any] | None, outside: list[Any]) -> int:
        """Count the seconds of spans that lie in `inside` (None: anywhere) and in none of `outside`, one by one."""
        count = 0
        for begin, end in spans:
            at = begin
            while at < end:
                within = inside is None or any(a <= at < b for a, b in inside)
                count += within and not any(a <= at < b for a, b in outside)
                at += timedelta(seconds=5)
        return count * 5

    def _covered(self, spans: list[Any], bands: list[Any], covers: list[Any]) -> bool:
        needed, empty = self._seconds(spans, bands, []), self._seconds(spans, bands, covers)
        return bool(covers) and empty < needed and empty <= self.away_minutes * 60

    def _note_away(
        self, day: str, staff: str, mine: list[Any], spans: list[Any], opened: datetime, closed: datetime
    ) -> None:
        begin, end = max(min(stay[4] for stay in mine), opened), min(max(stay[5] for stay in mine), closed)
        windows = defaultdict(float)
        for stay in mine:
            windows[stay[1]] += (stay[5] - stay[4]).total_seconds()
        window = min(windows, key=lambda id: (-windows[id], id))
        self.note("away", self._times_away(day, staff, mine, spans, begin, end, []), staff, window)

    def _times_away(
        self,
        day: str,
        staff: str,
        mine: list[Any],
        spans: list[Any],
        begin: datetime,
        end: datetime,
        covers: list[Any],
    ) -> int:
        """Walk from `begin` to `end` in steps of five seconds; count the stretches not open for too long."""
        at, times, gap = begin, 0, list[datetime]()
        opens = self._open(day, [staff])
        inside = spans or None
        if spans:
            inside = [
                *spans,
                (datetime.min.replace(tzinfo=ZONE), spans[0][0]),
                (spans[-1][1], datetime.max.replace(tzinfo=ZONE)),
            ]

        def ends() -> int:
            if not gap:
                return 0
            span = [(gap[0], gap[-1] + timedelta(seconds=5))]
            if self._seconds(span, inside, []) <= self.away_minutes * 60:
                return 0
            return 0 if covers and self._covered(span, inside or [], covers) else 1

        while at < end:
            if any(a <= at < b for a, b in opens):
                times += ends()
                gap = []
            else:
                gap.append(at)
            at += timedelta(seconds=5)
        return times + ends()

    # --- figures and points

    def value(self, kind: str, id: str, figure: str, answers: bool) -> tuple[float | None, float]:
        """Return a figure and of how many it is."""
        if figure == "peer":
            known = self.peers.get(id)
            return known, float(known is not None)
        if figure == "served":
            return self.served.get(id), 1
        rows = self.facts.get((kind, id, figure), [])
        if figure in ("complaints", "inspections", "away"):
            duty = {"complaints": answers, "inspections": self.inspected}.get(figure, False)
            return (sum(rows) if rows or duty else None), len(rows)
        if not rows:
            return None, 0
        mean = sum(rows) / len(rows)
        return (mean if figure == "rating-mean" else 100 * mean), len(rows)


def ranking(
    recount: Recount, kind: str, ids: list[str], formula: list[dict[str, Any]], rules: dict[str, Any]
) -> dict[str, tuple[int, float | None]]:
    """Return place and points by id; place 0: none."""
    totals: dict[str, tuple[float, float | None]] = {}
    order = sorted(recount.peers.values(), reverse=True)
    for id in ids:
        points = weight = 0.0
        for row in formula:
            value, count = recount.value(kind, id, row["figure"], rules["answers"])
            if value is None or count < row["minimum"]:
                continue
            part = (value - row["zero"]) / (row["full"] - row["zero"])
            points += row["weight"] * (0 if part < 0 else 1 if part > 1 else part)
            weight += row["weight"]
        bonus = 0.0
        if kind == "clerk" and id in recount.peers:
            at = order.index(recount.peers[id])
            bonus = rules["bonus"][at] if at < len(rules["bonus"]) else 0
        totals[id] = (weight, min(rules["most"], round(100 * points / weight, 2) + bonus) if weight else None)
    placed = [total for weight, total in totals.values() if total is not None and weight >= rules["least"]]
    found: dict[str, tuple[int, float | None]] = {}
    for id, (weight, total) in totals.items():
        has = total is not None and weight >= rules["least"]
        found[id] = (1 + sum(each > (total or 0) for each in placed) if has else 0, total)
    return found


if __name__ == "__main__":
    told = Recount(events_of(Path(sys.argv[1])), sys.argv[2], {}, 20)
    for key, values in sorted(told.facts.items()):
        print(*key, sum(values), len(values))
