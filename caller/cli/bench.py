"""`hallcall bench`: what this machine reaches, against the floor under it. Takes about a minute.

The exit code is 0 whatever is reached: a figure is not a mistake. Targets are printed beside the ratios.
"""

import json
import tempfile
from pathlib import Path

import click

from config import owner_only

RATIOS: dict[str, tuple[str, float, str, str]] = {
    "take_ticket_to_commit_floor": (">=", 0.40, "取号落盘 / 裸组提交", "durable tickets a second / bare group commit"),
    "press_to_boards_to_floor": ("<=", 2.0, "按键到 100 块屏 / 裸提交+广播", "press to last of 100 boards / bare commit + broadcast"),
    "call_next_10000_to_100": ("<=", 1.5, "万人等候时叫号 / 百人", "call next with 10,000 waiting / with 100"),
    "startup_million_to_empty": ("<=", 2.0, "百万条日志启动 / 空日志", "start-up with a million events / with none"),
}  # fmt: skip
MEMORY_MB = 120.0  # of the caller with 500 stations


@click.command()
@click.option("--json", "as_json", is_flag=True, help="打印一个 JSON 对象 / print one JSON object")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".hallcall"),
    show_default=True,
    help="在此目录所在的磁盘上测量 / measure the disk of this folder",
)
def bench(as_json: bool, data: Path) -> None:
    """测量本机性能：与底线交替进行，取中位数 / measure this machine against its floor, in turns, medians."""
    owner_only.make_folder(data)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=data) as folder:
        found = measure(Path(folder))
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else table(found))


def measure(folder: Path) -> dict[str, dict[str, float] | float]:
    """Return all figures; the ratios first."""
    from caller.bench import call_cost, many_cases, push_latency, start_time, ticket_throughput
    from caller.bench.fixture import rounded

    taken, called = ticket_throughput.measure(folder), call_cost.measure()
    shown, started = push_latency.measure(folder), start_time.measure(folder)
    ratios = (taken["ratio"], shown["ratio"], called["ratio"], started["ratio"])
    raw = {
        **{f"take_ticket_{name}": value for name, value in taken.items()},
        **{f"call_next_{name}": value for name, value in called.items()},
        **{f"boards_{name}": value for name, value in shown.items()},
        **{f"startup_{name}": value for name, value in started.items()},
        **{f"cases_100000_{name}": value for name, value in many_cases.measure().items()},
    }
    return {
        "ratios": {name: rounded(ratio) for name, ratio in zip(RATIOS, ratios, strict=True)},
        "memory_mb_500_stations": rounded(shown["memory_mb"]),
        "raw": {name: rounded(value) for name, value in raw.items() if not name.endswith("_ratio")},
    }


def table(found: dict[str, dict[str, float] | float]) -> str:
    """Return the figures for a person, each with its target."""
    ratios, memory, raw = found["ratios"], found["memory_mb_500_stations"], found["raw"]
    assert isinstance(ratios, dict)
    assert isinstance(raw, dict)
    lines = [
        f"{value:>8}  ({sign} {target})  {zh}\n{'':>20}{en}"
        for (sign, target, zh, en), value in zip(RATIOS.values(), ratios.values(), strict=True)
    ]
    lines.append(f"{memory:>8}  (<= {MEMORY_MB})  500 个站点时内存 MB\n{'':>20}memory with 500 stations, MB")
    return "\n".join([*lines, "", *(f"{value:>12g}  {name}" for name, value in raw.items())])
