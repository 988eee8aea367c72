"""The hall's stations as the caller's process knows them: the connected, since when and in which version, and the missing
ones. Pure.

1. The log does not hold who is connected, so the facts come in (`StationFacts`); the process counts from its own start.
2. A station is *connected*; *gone*, where it was here since the caller's start; or *unseen*.
3. A screen with hours of its own (`[[screen]]`) is dark outside them, never while the day is open, nor its minutes after
   that: a hall that is open longer is seen.
4. While the day is open a missing machine is an alarm after `silent_minutes`: a kiosk or a PC's agent that never came,
   and any machine (`MACHINES`) that was here and is gone. An empty clerk's desk is none.
"""

from collections.abc import Iterable
from typing import NamedTuple

from caller.engine import automatic_day
from caller.engine.hall import Hall
from caller.engine.performance import published_month
from caller.engine.performance_messages import WindowStanding
from caller.engine.register import NEWEST_ROOT
from caller.protocol.station_documents import MonthShown, RootShown, ScreensDark, StandingLine
from caller.protocol.supervision import Light, StationLine, StationState, StationsView
from config.instants import MINUTE, Micros
from config.media_plan import in_screen_hours, screen_hours, screen_names
from config.setting_types import ScreenKind
from config.text_safety import for_page

MACHINES = frozenset({"kiosk", "agent", "board", "web", "evaluator", "deliver"})
MUST_COME = frozenset({"kiosk", "agent"})  # each drives devices of its own; a board may be enrolled for later


class StationFacts(NamedTuple):
    """One enrolled station. `since`: connected, or gone, since then; 0: unseen since the caller's start. UTC
    microseconds. `lines`: connections; `version`: of its program, "" where it did not say."""

    role: str
    name: str
    lines: int = 0
    since: Micros = 0
    version: str = ""

    @property
    def state(self) -> StationState:
        if self.lines:
            return "connected"
        return "gone" if self.since else "unseen"


class StationsKnown(NamedTuple):
    """All enrolled stations, and since when (UTC microseconds) the caller has looked."""

    facts: tuple[StationFacts, ...] = ()
    began: Micros = 0


def missing_since(hall: Hall, each: StationFacts, began: Micros, now: Micros) -> Micros:
    """Return since when a station is missing that should be here by now; 0 where it is not, or need not be."""
    patience = round(hall.settings.alarms.silent_minutes * MINUTE)
    if not patience or not hall.state.day.open or each.lines or each.role not in MACHINES:
        return 0
    if not each.since and each.role not in MUST_COME:
        return 0
    since = max(each.since or began, hall.state.day.opened)
    return since if now - since >= patience else 0


def missing(hall: Hall, known: StationsKnown, now: Micros) -> list[tuple[StationFacts, Micros]]:
    """Return the stations that are missing, each with since when."""
    found = ((each, missing_since(hall, each, known.began, now)) for each in known.facts)
    return [(each, since) for each, since in found if since]


def stations_view(hall: Hall, now: Micros, known: StationsKnown) -> StationsView:
    late = {each for each, _ in missing(hall, known, now)}
    return {
        "began": known.began,
        "stations": {
            f"{each.role}/{each.name}": _line(each, each in late) for each in _in_order(known.facts)
        },
    }


def _in_order(facts: Iterable[StationFacts]) -> list[StationFacts]:
    return sorted(facts, key=lambda each: (each.role, each.name.zfill(8)))


def _line(each: StationFacts, late: bool) -> StationLine:
    light: Light = "green" if each.lines else "red" if late else "grey"
    return {
        "role": each.role, "name": each.name, "state": each.state, "since": each.since, "lines": each.lines,
        "version": for_page(each.version), "light": light,
    }  # fmt: skip


# --- screens that are off


def is_dark(hall: Hall, screen: ScreenKind, name: str, now: Micros) -> bool | None:
    """Return whether the hours of a screen keep it dark now (rule 3); None for one that has none."""
    row, day = screen_hours(hall.settings, screen, name), hall.state.day
    if row is None:
        return None
    if day.open and not automatic_day.left_over(hall, hall.instant(now)):
        return False
    if 0 <= now - day.closes_at < round(row.after_minutes * MINUTE):
        return False
    return not in_screen_hours(row, hall.settings, hall.calendar, now)


def screens_dark(hall: Hall, now: Micros) -> ScreensDark:
    """Return the boards and signs that are dark, for the board's document."""
    kinds: tuple[ScreenKind, ...] = ("board", "sign")
    found = [
        f"{kind}/{name}"
        for kind in kinds
        if any(row.screen == kind for row in hall.settings.screens)
        for name in screen_names(hall.settings, kind)
        if is_dark(hall, kind, name, now)
    ]
    return {"dark": found} if found else {}


def screens_turned(hall: Hall, before: Micros, now: Micros) -> set[str]:
    """Return the topics of tablets that time alone has turned on or off between two instants, and of all programs that
    turn a screen."""
    windows = {
        f"window/{name}"
        for name in screen_names(hall.settings, "tablet")
        if is_dark(hall, "tablet", name, before) != is_dark(hall, "tablet", name, now)
    }
    programs: tuple[ScreenKind, ...] = ("kiosk", "pc")
    return windows | {f"jobs/{name}" for kind in programs for name in screen_names(hall.settings, kind)}


# --- what boards show


def root_shown(hall: Hall) -> RootShown:
    """Return the newest daily root and the ratings under it, where there is one."""
    newest = hall.register.roots.get(NEWEST_ROOT)
    if newest is None:
        return {}
    return {
        "ratings": {
            "day": newest.day, "last": newest.last, "levels": newest.levels, "root": newest.root,
            "case_levels": newest.case_levels,
        }
    }  # fmt: skip


def month_shown(hall: Hall, window: str = "") -> MonthShown:
    """Return the ranking and attendance that were published last, of all windows or of one that stands in them."""
    row = published_month(hall)
    shown = [each for each in row.standings if window in ("", each.window)] if row else []
    if row is None or not shown:
        return {}
    ranked = sorted(shown, key=lambda each: (not each.place, each.place))
    return {"month": {"month": row.month, "windows": [_standing(each) for each in ranked]}}


def _standing(row: WindowStanding) -> StandingLine:
    line: StandingLine = {"window": row.window, "place": row.place}
    if row.points is not None:
        line["points"] = row.points
    if row.attendance is not None and row.punctual is not None:
        line["attendance"], line["punctual"] = row.attendance, row.punctual
    return line
