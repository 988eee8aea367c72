"""The demo is the product's first impression: it must come up, agree with the log, and say what is missing.

A living one, from its first word to Ctrl+C, is in test_plugs.py.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from caller.demo import checked_visit, robots, runner, setup
from caller.demo.process_group import ManagedProcess, NotReadyError, ProcessGroup
from caller.demo.setup import prepare
from caller.eventlog import LOG_NAME
from caller.eventlog.reading import Reader
from config.reading.reader import HALLS, read

DEADLINE_SECONDS = 90  # generous: several processes start on a busy machine


def hallcall(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "caller.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    data = tmp_path_factory.mktemp("demo")
    process = hallcall("demo", "--once", "--json", "--data", str(data))
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    return json.loads(out), data


def test_one_visit_agrees_everywhere(once: tuple[dict[str, Any], Path]):
    report, data = once
    assert set(report) == {"hall", "ticket", "slip", "called", "board", "rating", "events", "latency_ms"}
    assert report["ticket"]["number"] == report["board"]["number"]
    assert report["called"]["window"] == report["board"]["window"]
    assert report["slip"]["state"] == "printed"
    assert report["rating"]["level"] == checked_visit.LEVEL
    assert set(report["latency_ms"]) == {"tap_to_number", "press_to_board"}
    with Reader(data / LOG_NAME) as log:
        assert log.verify().events == report["events"]


@pytest.mark.campaign
@pytest.mark.parametrize("hall", sorted({path.stem for path in HALLS.glob("*.toml")} - {"county"}))
def test_one_visit_of_each_hall_agrees_everywhere(hall: str, tmp_path: Path):
    """As the county's above: through real processes, the kiosk, the printer, the board and the keypad of this hall."""
    process = hallcall("demo", "--hall", hall, "--once", "--json", "--data", str(tmp_path / "data"))
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert report["hall"] == read(HALLS / f"{hall}.toml").hall.site
    assert report["ticket"]["number"] == report["board"]["number"]
    assert (report["slip"]["state"], report["rating"]["level"]) == ("printed", checked_visit.LEVEL)


def test_the_slip_is_kept_as_bytes_and_as_a_picture(once: tuple[dict[str, Any], Path]):
    report, _ = once
    slip = report["slip"]
    assert Path(slip["file"]).stat().st_size == slip["bytes"] > 100
    assert Path(slip["picture"]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("waiting", "number"), [(1, ""), (0, "B007")])
def test_people_of_an_earlier_demo_are_told_and_an_empty_folder_asked_for(waiting: int, number: str):
    route = checked_visit.Route(_Item("i"), "3", "e")  # type: ignore[arg-type]
    checked_visit._check_empty({"queues": {"B": {"waiting": 0}}, "windows": {"3": {"number": ""}}}, route)
    with pytest.raises(checked_visit.Disagreement, match="--data"):
        checked_visit._check_empty(
            {"queues": {"B": {"waiting": waiting}}, "windows": {"3": {"number": number}}}, route
        )


def test_a_slip_is_seen_although_an_old_one_had_its_name(tmp_path: Path):
    slip = tmp_path / "slip-0001.bin"
    slip.with_suffix(".png").touch()
    slip.write_bytes(b"old")
    os.utime(slip, ns=(1, 1))
    before = checked_visit._printed(tmp_path)
    slip.write_bytes(b"newer")
    assert asyncio.run(checked_visit._slip(tmp_path, before))["bytes"] == 5


def test_a_second_visit_in_the_same_folder_agrees_too(once: tuple[dict[str, Any], Path], tmp_path: Path):
    report, first = once
    data = shutil.copytree(first, tmp_path / "again", symlinks=True)
    process = hallcall("demo", "--once", "--json", "--data", str(data))
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    assert json.loads(out)["ticket"]["number"] > report["ticket"]["number"]


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("TicketIssued", {"number": "Z999"}),
        ("TicketCalled", {"window": "99"}),
        ("ServiceRated", {"level": 1}),
        ("SlipReported", {"state": "unknown"}),
    ],
)
def test_a_log_that_says_otherwise_is_noticed(
    once: tuple[dict[str, Any], Path], event: str, change: dict[str, Any]
):
    """The twin: with the log changed, the comparison must not pass."""
    report, data = once
    with Reader(data / LOG_NAME) as log:
        events: dict[str, Any] = {type(record.event).__name__: record.event for record in log.after(0)}
    route = checked_visit.Route(_Item(report["ticket"]["item"]), report["called"]["window"], "e")  # type: ignore[arg-type]
    assert checked_visit._differences(report, events, route) == []
    events[event] = msgspec.structs.replace(events[event], **change)
    if event == "SlipReported":
        report = report | {"slip": report["slip"] | {"state": "unknown"}}
    assert checked_visit._differences(report, events, route)


class _Item:
    def __init__(self, id: str) -> None:
        self.id, self.queue = id, "B"


@pytest.mark.parametrize("hall", ["county", "tax", "town", "village", "city", "projects"])
def test_every_hall_has_its_robots_and_leaves_a_window_if_it_has_two(hall: str, tmp_path: Path):
    made = prepare(hall, tmp_path, "test")
    staffed, left = robots.staffed(made), robots.free_window(made)
    process = ManagedProcess("web", [], tmp_path)
    process.ready = "web ready http://127.0.0.1:1/"
    told = "".join(where for _, where in runner.addresses(made, {"web": process, "kiosk-k1": process}))
    assert staffed
    assert left not in staffed
    assert (left is None) == (hall == "village")
    assert ("hallcall window" in told) == (left is not None)


def test_a_demos_ports_differ_and_are_none_that_any_program_may_be_given(monkeypatch: pytest.MonkeyPatch):
    ports = setup._free_ports(40)
    assert len(set(ports)) == 40
    given = range(*map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()))
    assert given.start < setup.PORTS.stop or not set(ports) & set(given)
    with socket.create_server(("127.0.0.1", ports[0])):
        monkeypatch.setattr(setup, "PORTS", range(ports[0], ports[0] + 1))
        with pytest.raises(OSError, match="assign"):
            setup._free_ports(1)


def test_a_process_that_cannot_start_says_why(tmp_path: Path):
    (tmp_path / "broken.toml").write_text("[hall]\nsite = 'x'\n", encoding="utf-8")
    process = ManagedProcess(
        "caller", ["caller", str(tmp_path / "broken.toml"), "--data", str(tmp_path)], tmp_path
    )
    with pytest.raises(NotReadyError, match="did not get ready"):
        asyncio.run(process.start())


def test_a_process_that_dies_is_started_again(tmp_path: Path):
    made = prepare("village", tmp_path, "test")

    async def scenario() -> tuple[int, int]:
        group = ProcessGroup(tmp_path / "logs")
        [caller] = await group.start(("caller", ["caller", str(made.file), "--data", str(tmp_path)]))
        assert caller.process
        first = caller.process.pid
        caller.process.kill()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while caller.process.pid == first or caller.process.returncode is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        second = caller.process.pid
        await group.stop()
        return first, second

    first, second = asyncio.run(scenario())
    assert first != second
