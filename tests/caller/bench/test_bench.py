"""`hallcall bench` on a small scale: every figure is measured on real parts and comes out under its name.

Whether targets are reached is for a quiet machine to say, not for a test beside others.
"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from caller.bench import call_cost, many_cases, push_latency, start_time, ticket_throughput
from caller.cli import bench as cli_bench
from caller.cli.bench import RATIOS, bench
from caller.eventlog import LOG_NAME, Reader


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (ticket_throughput, "ORDERS", 300), (ticket_throughput, "ROUNDS", 1),
        (call_cost, "MANY", 300), (call_cost, "CALLS", 5),
        (push_latency, "BOARDS", 5), (push_latency, "STATIONS", 12), (push_latency, "PRESSES", 3),
        (start_time, "TICKETS", 60), (start_time, "ROUNDS", 1),
        (many_cases, "FEW", 20), (many_cases, "MANY", 100), (many_cases, "TIMES", 2),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(start_time, "EVENTS", 500)
    monkeypatch.setattr(start_time.measure, "__defaults__", (500,))
    monkeypatch.setattr(ticket_throughput, "rest_collector", lambda: None)  # the test's own process goes on


def test_bench_prints_every_ratio_with_the_figures_behind_it_and_for_people_a_table_with_the_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    result = CliRunner().invoke(bench, ["--json", "--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert set(found["ratios"]) == set(RATIOS)
    assert all(ratio > 0 for ratio in found["ratios"].values())
    assert 10 < found["memory_mb_500_stations"] < 500
    assert found["raw"]["startup_events"] >= 500
    assert found["raw"]["boards_bytes"] > 100
    assert 100 < found["raw"]["cases_100000_bytes_each"] < 20_000
    assert found["raw"]["cases_100000_window_us"] > 0
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(cli_bench, "measure", lambda _folder: found)  # what was measured just now
    result = CliRunner().invoke(bench, ["--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "取号落盘 / 裸组提交" in result.output
    assert "(<= 120.0)" in result.output
    assert all(f"{value:>12g}  {name}" in result.output for name, value in found["raw"].items())


def test_the_old_log_of_the_start_up_bench_is_a_real_log(tmp_path: Path):
    written = start_time.write(tmp_path, 500)
    with Reader(tmp_path / LOG_NAME) as reader:
        verdict = reader.verify()
        kinds = {record.kind for record in reader.after(0)}
    assert verdict.events == written >= 500
    assert verdict.bad_checkpoints == []
    assert {"DayOpened", "TicketIssued", "ServiceFinished", "DayClosed"} <= kinds
