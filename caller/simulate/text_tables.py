"""A simulated day as tables for a person, Chinese first."""

from collections.abc import Callable, Sequence
from typing import Any

from caller.simulate.staffing_plan import SLOT_MINUTES, StaffingPlan
from config.catalogue import both_words
from config.process.tables import columns_of, text_table

JsonDocument = dict[str, Any]
_WAITS = (
    ("来人 came", "arrived"), ("办结 served", "served"), ("过号 no-show", "no_show"), ("离开 left", "abandoned"),
    ("平均 mean", "mean_wait_min"), ("一半 p50", "p50_wait_min"), ("九成 p90", "p90_wait_min"),
    ("99% p99", "p99_wait_min"), ("最长 max", "max_wait_min"),
)  # fmt: skip
_COUNTS = frozenset({"arrived", "served", "no_show", "abandoned"})
BASELINE_WORDS = {
    "last_to_enter": "刚叫到的人等了多久 last to enter service",
    "head_of_line": "队首已等多久 head of line",
    "rolling_mean": "最近十人平均 10-visit mean",
}


def table(rows: Sequence[Sequence[str]], *left: int) -> list[str]:
    """Return rows as lines: the first column to the left, or those named, the others to the right."""
    return text_table(rows, columns_of(len(rows[0]), *left))


def day_tables(document: JsonDocument, names: dict[str, str]) -> str:
    """Return one run: waits by queue, windows, estimate."""
    parts = [_waits([("", document)], names), "", _windows([("", document)]), "", _estimate(document)]
    away = ", ".join(f"{both_words('turned-away', code)} {n}" for code, n in document["turned_away"].items())
    if away:
        parts += ["", f"没有取到号的人 turned away: {away}"]
    return "\n".join(parts)


def comparison(
    base: JsonDocument, changed: JsonDocument, statements: Sequence[str], names: dict[str, str]
) -> str:
    """Return two runs side by side: for each queue a line as it is (原 as is), and one with the statements (若 what if)."""
    runs = [("原 as is", base), ("若 what if", changed)]
    parts = [
        f"若 what if: {'; '.join(statements)}", "同样的人，同样的业务 / the same people with the same business", "",
        _waits(runs, names), "", _windows(runs),
    ]  # fmt: skip
    return "\n".join(parts)


def _waits(runs: Sequence[tuple[str, JsonDocument]], names: dict[str, str]) -> str:
    rows = [["队列与类别 queue, class（分钟 minutes）", "", *(title for title, _ in _WAITS)]]
    queues = sorted({queue for _, document in runs for queue in document["queues"]})
    for queue in queues:
        classes = {name: None for _, document in runs for name in document["queues"].get(queue, {})}
        for name in sorted(classes, key=lambda each: (each != "all", each)):
            title = (
                f"{queue} {names.get(queue, '')}" if name == "all" else f"    {names.get(name, name)} {name}"
            )
            rows += [_row(title, word, doc["queues"].get(queue, {}).get(name)) for word, doc in runs]
    rows += [_row("全部 all", word, document["all"]) for word, document in runs]
    return "\n".join(table(rows))


def _row(title: str, word: str, waits: JsonDocument | None) -> list[str]:
    if waits is None:
        return [title, word, *("-" for _ in _WAITS)]
    shown = [str(waits[key]) if key in _COUNTS else f"{waits[key]:.1f}" for _, key in _WAITS]
    return [title, word, *shown]


def _windows(runs: Sequence[tuple[str, JsonDocument]]) -> str:
    rows = [["窗口 window"]]
    for word, _ in runs:
        rows[0] += [f"{word} 办理 served".strip(), f"{word} 忙 busy".strip()]
    for window in runs[0][1]["windows"]:
        row = [window]
        for _, document in runs:
            each = document["windows"][window]
            row += [str(each["served"]), f"{each['utilisation']:.0%}"]
        rows.append(row)
    return "\n".join(table(rows))


def _estimate(document: JsonDocument) -> str:
    found = document["estimate"]
    rows = [["等候预计的误差（分钟）error of the wait quoted", "平均绝对 mean abs", "均方 mse", "偏差 bias"]]
    rows.append(_errors("本系统 this program: 向前推演 run forward", found))
    rows += [_errors(f"    {BASELINE_WORDS[name]}", errors) for name, errors in found["others"].items()]
    inside = f"实际落在所告知范围内 inside the range quoted: {found['within_band']:.0%} / {found['told']}"
    return "\n".join([*table(rows), inside])


def _errors(title: str, found: JsonDocument) -> list[str]:
    return [title, *(f"{found[key]:.2f}" for key in ("mean_abs_error_min", "mse_min2", "bias_min"))]


def plan_table(plan: StaffingPlan, clock: Callable[[int], str]) -> str:
    """Return a staffing plan: which windows, half hour by half hour. `clock`: minutes after opening → "HH:MM"."""
    rows = [["时段 from", "窗口数 windows", ""]]
    rows += [[clock(index * SLOT_MINUTES), str(len(slot)), _ids(slot)] for index, slot in enumerate(plan)]
    return "\n".join(table(rows, 0, 2))


def _ids(slot: frozenset[str]) -> str:
    return " ".join(sorted(slot, key=by_number))


def by_number(window: str) -> tuple[int, str]:
    """Return a sort key that puts windows in the order people count them: 2 before 10."""
    return (int(window), "") if window.isdigit() else (10**6, window)
