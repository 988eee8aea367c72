"""What if: statements about windows, turned into the plan of a second run with the same people.

    window 5 opens 09:00 · window 5 closes 12:00 · window 5 serves A,B · window 5 serves A,B 13:30

1. Until the first statement about a window it does what it did anyway; from then on, what the statements are.
2. A window whose first statement is that it opens was closed until then: in a scenario, where all windows are open,
   the run it is compared with keeps it closed all day.
"""

import re
from difflib import get_close_matches
from typing import NamedTuple

import msgspec

from caller.simulate.run import WindowChange
from config.settings import Settings

_FORM = re.compile(
    r"\s*(?:window|窗口)\s+(?P<window>\S+)\s+"
    r"(?:(?P<opens>opens|开)\s+(?P<open_at>\S+)|(?P<closes>closes|关)\s+(?P<close_at>\S+)"
    r"|(?:serves|办)\s+(?P<queues>[A-Za-z]{1,2}(?:\s*[,，、]\s*[A-Za-z]{1,2})*)(?:\s+(?P<serve_at>\S+))?)\s*",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
USAGE = "写成 window 5 opens 09:00、window 5 closes 12:00 或 window 5 serves A,B / write it like one of these"


class Statement(NamedTuple):
    """One statement about a window. `minute`: after opening."""

    window: str
    what: str  # opens | closes | serves
    minute: float
    queues: tuple[str, ...] = ()


class WhatIfMistakes(Exception):
    """All that is wrong with the statements; the text is Chinese and English."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read(texts: list[str], settings: Settings, opens: str) -> list[Statement]:
    """Return the statements of a command line, in order of time. `opens`: the "HH:MM" the day starts at.

    Raises:
        WhatIfMistakes: with all mistakes at once.
    """
    mistakes: list[str] = []
    found = [each for text in texts if (each := _statement(text, settings, opens, mistakes))]
    if mistakes:
        raise WhatIfMistakes(mistakes)
    return sorted(found, key=lambda each: each.minute)


def _statement(text: str, settings: Settings, opens: str, mistakes: list[str]) -> Statement | None:
    match = _FORM.fullmatch(text)
    if not match:
        mistakes.append(f"“{text}” 看不懂，{USAGE}")
        return None
    windows = {window.id for window in settings.windows}
    queues = tuple(
        each.strip().upper() for each in re.split(r"[,，、]", match["queues"] or "") if each.strip()
    )
    before = len(mistakes)
    mistakes += _known(text, "窗口 window", match["window"], windows)
    for queue in queues:
        mistakes += _known(text, "队列 queue", queue, {each.id for each in settings.queues})
    clock = match["open_at"] or match["close_at"] or match["serve_at"] or opens
    minute = _minutes(clock) - _minutes(opens) if _CLOCK.fullmatch(clock) else -1
    if minute < 0:
        mistakes.append(
            f"“{text}” 的时间应为 {opens} 以后的 HH:MM / the time should be HH:MM, {opens} or later"
        )
    if len(mistakes) > before:
        return None
    what = "serves" if queues else "opens" if match["opens"] else "closes"
    return Statement(match["window"], what, minute, queues)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _known(text: str, what: str, name: str, known: set[str]) -> list[str]:
    if name in known:
        return []
    near = get_close_matches(name, sorted(known), 1)
    hint = f"，是否应为 {near[0]} / did you mean {near[0]}?" if near else ""
    return [f"“{text}” 没有这个{what}：{name} / unknown in this hall{hint}"]


# --- two plans


def without(plan: list[WindowChange], statements: list[Statement]) -> list[WindowChange]:
    """Return the plan to compare with: windows whose first statement is to open stay closed."""
    closed = {window for window in {each.window for each in statements} if _opens_first(window, statements)}
    return [change for change in plan if change.window not in closed]


def _opens_first(window: str, statements: list[Statement]) -> bool:
    actions = [each.what for each in statements if each.window == window and each.what != "serves"]
    return bool(actions) and actions[0] == "opens"


def plan_with(
    plan: list[WindowChange], statements: list[Statement], settings: Settings
) -> list[WindowChange]:
    """Return the plan with the statements."""
    named = {each.window for each in statements}
    changed = [change for change in plan if change.window not in named]
    for window in sorted(named):
        own = [change for change in plan if change.window == window]
        changed += _one_window(own, [each for each in statements if each.window == window], settings)
    return sorted(changed, key=lambda change: change.minute)


def _one_window(
    plan: list[WindowChange], statements: list[Statement], settings: Settings
) -> list[WindowChange]:
    """Return one window's day: what it did until the first statement, then the statements."""
    window = statements[0].window
    moved = [each for each in statements if each.what != "serves"]
    until = moved[0].minute if moved else float("inf")
    kept = [change for change in plan if change.minute < until]
    stated = [WindowChange(each.minute, window, each.what) for each in moved]
    table = next(each for each in settings.windows if each.id == window)
    usual = (*table.queues, *table.helps)
    rows: list[WindowChange] = []
    for change in [*kept, *stated]:
        queues = change.queues or usual
        for each in statements:
            if each.what == "serves" and each.minute <= change.minute:
                queues = each.queues
        rows.append(change._replace(queues=queues) if change.what == "opens" else change)
    closed_all_day = not rows  # a guide desk, say: to serve is then to open
    for each in statements:
        if each.what == "serves" and (closed_all_day or _open_at(rows, each.minute)):
            rows.append(WindowChange(each.minute, window, "opens", each.queues))
    return sorted(rows, key=lambda change: change.minute)


def _open_at(rows: list[WindowChange], minute: float) -> bool:
    """Return whether the window has been open since before `minute`."""
    before = [change.what for change in rows if change.minute < minute and change.what in ("opens", "closes")]
    return bool(before) and before[-1] == "opens"


def settings_with(settings: Settings, statements: list[Statement]) -> Settings:
    """Return the hall with windows that can serve the queues of the statements."""
    extra: dict[str, set[str]] = {}
    for each in statements:
        extra.setdefault(each.window, set()).update(each.queues)
    windows = tuple(
        msgspec.structs.replace(
            window,
            queues=[*window.queues, *sorted(extra.get(window.id, set()) - {*window.queues})],
            helps={queue: m for queue, m in window.helps.items() if queue not in extra.get(window.id, ())},
        )
        for window in settings.windows
    )
    return msgspec.structs.replace(settings, windows=windows)
