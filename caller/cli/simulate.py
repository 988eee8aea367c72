"""`hallcall simulate` and `hallcall advise`: a hall's day before it happens, and how many windows it needs.

Bad input: every mistake at once, Chinese then English, exit code 2. Advice that cannot be given exits 1.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from caller.simulate import advise as advice
from caller.simulate import figures, staffing_plan, text_tables
from caller.simulate import what_if as whatif
from caller.simulate.case_year import CaseYear
from caller.simulate.random_outcomes import Visitor, arrivals
from caller.simulate.run import SimulatedDay, WindowChange, WindowOpening, opening, whole_day
from caller.simulate.scenario import Scenario, ScenarioMistakes
from caller.simulate.scenario import read as read_scenario
from config.catalogue import both_words
from config.process.options import Unable, hall_argument, json_option, settings_of
from config.settings import Settings

UNREACHABLE = 1
_seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**53),
    default=1,
    show_default=True,
    help="随机种子；相同的种子给出相同的一天 / the same seed gives the same day",
)


def _scenario(required: bool) -> Callable[..., Any]:
    return click.option(
        "--scenario",
        type=click.Path(path_type=Path),
        required=required,
        help="情景文件 / the scenario, TOML",
    )


@click.command()
@hall_argument
@_scenario(required=False)
@click.option(
    "--replay",
    type=click.Path(path_type=Path),
    help="重演真实的一天：日志文件或数据目录 / a real day: a log or data folder",
)
@click.option(
    "--day", default="", help="重演哪一天，默认最后一天 / which day to replay, YYYY-MM-DD (default: the last)"
)
@click.option("--what-if", "what_if", multiple=True, help='如 "window 5 opens 09:00"，可多次 / repeatable')
@click.option(
    "--cases",
    "year",
    type=click.IntRange(2000, 2100),
    default=None,
    help="仿真一年的办件，如 2026 / a year of cases instead of a day",
)
@click.option(
    "--count",
    type=click.IntRange(100, 1_000_000),
    default=56_474,
    show_default=True,
    help="一年多少件 / cases in that year",
)
@_seed
@json_option
def simulate(
    hall: Path,
    scenario: Path | None,
    replay: Path | None,
    day: str,
    what_if: tuple[str, ...],
    year: int | None,
    count: int,
    seed: int,
    as_json: bool,
) -> None:
    """用真正的引擎仿真大厅的一天，或一年的办件 / simulate a day of the hall, or a year of its cases, with the real engine."""
    began = time.perf_counter()
    if year:
        _case_year(settings_of(hall), year, seed, count, as_json)
        return
    if bool(scenario) == bool(replay):
        _stop(["--scenario 与 --replay 须写一个，只写一个 / give either --scenario or --replay"])
    settings = settings_of(hall)
    start, people, plan = _recorded(replay, settings, day) if replay else _drawn(scenario, settings, seed)
    document: dict[str, Any] = {"hall": settings.hall.site, "seed": seed}
    if replay:
        document |= {"day": start.label}
    names = _names(settings)
    if what_if:
        base, changed = _two_runs(settings, start, people, plan, what_if, scenario is not None)
        document |= {"said": list(what_if), "base": base, "what_if": changed}
        text = text_tables.comparison(base, changed, what_if, names)
    else:
        found = figures.summary(SimulatedDay(settings, start, people, plan).run())
        document |= found
        text = text_tables.day_tables(found, names)
    _print({**document, "wall_s": round(time.perf_counter() - began, 3)}, text, as_json)


@click.command()
@hall_argument
@_scenario(required=True)
@click.option(
    "--target", "wished", required=True, help='如 "p90 <= 15"（mean p50 p90 p99 max，分钟）/ minutes'
)
@click.option(
    "--days",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="用多少个没见过的日子检验 / unseen days to try it on",
)
@click.option(
    "--sure",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="希望达标的日子的比例 / share of days that should meet it",
)
@_seed
@json_option
def advise(hall: Path, scenario: Path, wished: str, days: int, sure: float, seed: int, as_json: bool) -> None:
    """达到目标最少要开几个窗口，逐半小时 / the fewest open windows that meet a target, half hour by half hour."""
    began = time.perf_counter()
    mistakes: list[str] = []
    try:
        goal = advice.target(wished)
    except advice.BadTarget as error:
        goal = None
        mistakes.append(str(error))
    settings, day = _both_files(hall, scenario, mistakes)
    if goal is None:
        _stop(mistakes)
    found = advice.advise(
        settings, day, goal, seed, days, sure, lambda progress: click.echo(progress, err=True)
    )
    document = _advice_document(found, settings, goal, day)
    _print(
        {**document, "wall_s": round(time.perf_counter() - began, 3)},
        _advice_text(found, settings, goal),
        as_json,
    )
    if not found.full_met:
        sys.exit(UNREACHABLE)


# --- input


def _stop(mistakes: list[str]) -> NoReturn:
    raise Unable("\n".join(mistakes))


def _both_files(hall: Path, scenario: Path, mistakes: list[str]) -> tuple[Settings, Scenario]:
    settings = settings_of(hall)  # wrong: the scenario is not looked at, for it is checked against the hall
    try:
        day = read_scenario(scenario, settings)
    except ScenarioMistakes as error:
        _stop([*mistakes, str(error)])
    if mistakes:
        _stop(mistakes)
    return settings, day


def _drawn(
    scenario: Path | None, settings: Settings, seed: int
) -> tuple[WindowOpening, list[Visitor], list[WindowChange]]:
    """Return a day drawn from a scenario, with every window open."""
    assert scenario
    try:
        found = read_scenario(scenario, settings)
    except ScenarioMistakes as error:
        _stop([str(error)])
    return opening(settings, found), arrivals(found, settings, seed), whole_day(settings)


def _recorded(
    log: Path | None, settings: Settings, day: str
) -> tuple[WindowOpening, list[Visitor], list[WindowChange]]:
    """Return a day from the event log. Imported here only: a simulation needs no log."""
    from caller.eventlog import LogError
    from caller.simulate.replay import NoSuchDay, read

    assert log
    try:
        found = read(log, settings, day)
    except (LogError, NoSuchDay) as error:
        _stop([str(error)])
    return found.opening, found.people, found.changes


# --- what if


def _two_runs(
    settings: Settings,
    start: WindowOpening,
    people: list[Visitor],
    plan: list[WindowChange],
    texts: tuple[str, ...],
    drawn: bool,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the same visitors twice: as it is, and with the statements."""
    try:
        statements = whatif.read(list(texts), settings, settings.hall.opens)
    except whatif.WhatIfMistakes as error:
        _stop([str(error)])
    offset = _minutes_late(settings, start)
    statements = [each._replace(minute=max(0.0, each.minute - offset)) for each in statements]
    before = whatif.without(plan, statements) if drawn else plan
    after = whatif.plan_with(before, statements, settings)
    base = SimulatedDay(settings, start, people, before).run()
    changed = SimulatedDay(whatif.settings_with(settings, statements), start, people, after).run()
    return figures.summary(base), figures.summary(changed)


def _minutes_late(settings: Settings, start: WindowOpening) -> float:
    """Return the minutes between the hall's opening time and when the day really opened."""
    from config.instants import MINUTE, instant

    return (start.start - instant(start.label, settings.hall.opens, settings.hall.zone)) / MINUTE


# --- output


def _case_year(settings: Settings, year: int, seed: int, count: int, as_json: bool) -> None:
    """Live a year of cases and print its figures; ends the process with 1 where a clock or a light was wrong."""
    try:
        lived = CaseYear(settings, year, seed, count)
    except KeyError as error:
        kind = str(error.args[0])
        _stop(
            [f"大厅没有可办的{both_words('case-type', kind)}事项 / The hall has no item of type {kind} to do"]
        )
    found = lived.run()
    _print(found, "\n".join(f"{name:<18} {value}" for name, value in found.items()), as_json)
    if lived.faults:
        _stop(lived.faults[:20])


def _print(document: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
    else:
        click.echo(f"{text}\n\n用时 took {document['wall_s']} s")


def _names(settings: Settings) -> dict[str, str]:
    return {each.id: each.name for each in (*settings.queues, *settings.classes)}


def _clock(settings: Settings, minutes: int) -> str:
    hours, _, rest = settings.hall.opens.partition(":")
    at = int(hours) * 60 + int(rest) + minutes
    return f"{at // 60 % 24:02d}:{at % 60:02d}"


def _advice_document(
    found: advice.Advice, settings: Settings, goal: advice.Target, day: Scenario
) -> dict[str, Any]:
    low, high = found.interval
    return {
        "target": {"figure": goal.figure, "minutes": goal.minutes},
        "reachable": found.full_met,
        "roster": [
            {"from": _clock(settings, index * staffing_plan.SLOT_MINUTES), "open": len(slot), "windows": sorted(slot, key=text_tables.by_number)}
            for index, slot in enumerate(found.plan)
        ],
        "window_half_hours": staffing_plan.size(found.plan),
        "all_windows_half_hours": staffing_plan.size(staffing_plan.full(settings, day.hours)),
        "least_half_hours": round(found.least, 1),
        "days": found.days, "met": found.met,
        "share": round(found.met / found.days, 4), "share_low": round(low, 4), "share_high": round(high, 4),
        "figures_min": [round(value, 2) if value != float("inf") else -1 for value in found.figures],
        "runs": found.runs,
    }  # fmt: skip


def _advice_text(found: advice.Advice, settings: Settings, goal: advice.Target) -> str:
    low, high = found.interval
    target = f"{goal.figure} <= {goal.minutes:g}"
    if not found.full_met:
        values = ", ".join(f"{value:.1f}" for value in found.figures)
        return (
            f"全部窗口都开也达不到 {target}：{goal.figure} 为 {values} 分钟。请增加窗口或放宽目标。\n"
            f"Even with every window open {target} is missed: {values} minutes. Add windows or loosen the target."
        )
    plan = text_tables.plan_table(found.plan, lambda minutes: _clock(settings, minutes))
    return "\n".join([
        f"目标 target: {target} 分钟 minutes", "", plan, "",
        f"合计 {staffing_plan.size(found.plan)} 个窗口半小时；工作量本身为 {found.least:.0f}，少于它谁也办不完",
        f"{staffing_plan.size(found.plan)} window half-hours; the work alone is {found.least:.0f}, and no plan can be smaller",
        f"{found.days} 个没见过的日子里 {found.met} 天达标：{found.met / found.days:.0%}（95% 区间 {low:.0%}–{high:.0%}）",
        f"Met on {found.met} of {found.days} days the search had not seen: 95 % interval {low:.0%} to {high:.0%}",
        "逐步削减得出，不保证再也不能更少 / found by taking windows out step by step: good, not proven least",
    ])  # fmt: skip
