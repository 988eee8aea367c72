"""/healthz and /metrics beside a real caller: right while the web process has what the caller knows, wrong while it has
not; what the probes find stands there under the codes that doctor has."""

import asyncio
import json
import re
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from caller.delivery.outbox import BEHIND, Outbox
from caller.eventlog import Head
from caller.probes import ALL
from config.probe import doubtful
from config.reading.reader import read
from display.web import health
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall, until


def asked(url: str) -> tuple[int, dict[str, object]]:
    try:
        with urlopen(url, timeout=DEADLINE) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


LINE = re.compile(r'(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"\\\n]*",?)+\})? -?\d+)\Z')


def exposed(hall: RunningHall) -> list[str]:
    with urlopen(hall.web.address + "/metrics", timeout=DEADLINE) as answer:
        assert answer.headers["content-type"] == health.EXPOSITION
        return answer.read().decode().splitlines()


def metric(hall: RunningHall, name: str) -> str:
    """The value of the first line of this name."""
    lines = [line for line in exposed(hall) if re.match(rf"{name}[ {{]", line)]
    return lines[0].rpartition(" ")[2] if lines else ""


def test_the_dashboard_asks_for_what_there_is() -> None:
    panels = json.loads((REPO / "docs/dashboard.json").read_text("utf-8"))["panels"]
    targets = [target["expr"] for each in panels for target in each["targets"]]
    asked = {name for expression in targets for name in re.findall(r"hallcall_\w+", expression)}
    board = {"hall": {"open": True}, "queues": {"A": {"waiting": 1}}, "windows": {"1": {"state": "idle"}}}
    lines = [*health.exposition([], True, board), *health.deliveries([])]
    told = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert asked == told


def test_every_line_is_of_the_format_and_each_finding_has_the_code_of_its_probe() -> None:
    found = [
        ("disk", [doubtful("disk-low", path='a"b', free=1), doubtful("disk-low", path="c", free=2)]),
        ("log", []),
    ]
    board = {
        "hall": {"open": True},
        "queues": {"A": {"waiting": 3}},
        "windows": {"1": {"state": "open"}, "2": {"state": "open"}},
    }
    lines = list(health.exposition(found, True, board))
    assert [line for line in lines if not LINE.match(line)] == []
    assert [line for line in lines if line.startswith("hallcall_finding")] == [
        'hallcall_finding{probe="disk",code="disk-low",grade="doubtful"} 1'
    ]
    for line in (
        'hallcall_waiting{queue="A"} 3',
        'hallcall_windows{state="open"} 2',
        "hallcall_day_open 1",
        "hallcall_probes 2",
    ):
        assert line in lines
    away = list(health.exposition(found, False, board))
    assert "hallcall_caller_current 0" in away
    assert not [line for line in away if "hallcall_waiting" in line], "no count that may be old"


def test_what_deliver_has_of_each_receiver_is_told_beside_it(tmp_path: Path) -> None:
    settings = read(REPO / "config/halls/village.toml")
    beside = health.ProbedHealth(settings, tmp_path, "ws://h")
    assert beside.receivers() == []  # deliver never ran here
    with Outbox(tmp_path) as outbox:
        outbox.begin("city", "village", Head(0, b""))
        outbox.pause("city", True)
        outbox.told("city", Head(7, b"x"), {BEHIND: "12"}, 5_000_000)
    lines = list(health.deliveries(beside.receivers()))
    assert [line for line in lines if not LINE.match(line)] == []
    assert [line for line in lines if line[0] != "#"] == [
        'hallcall_delivery_waiting{receiver="city"} 12',
        'hallcall_delivery_given_up{receiver="city"} 0',
        'hallcall_delivery_paused{receiver="city"} 1',
        'hallcall_delivery_sent_seconds{receiver="city"} 5',
    ]


def test_the_probes_are_asked_once_in_a_while_however_many_ask(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(health, "ALL", {"data": lambda _: looks.append(1) or []})
    elapsed = [100.0]
    asked_of = health.ProbedHealth(
        read(REPO / "config/halls/village.toml"), tmp_path, "ws://h", lambda: elapsed[0]
    )

    async def many_ask_twice() -> None:
        await asyncio.gather(*(asked_of.found() for _ in range(5)))
        assert len(looks) == 1
        elapsed[0] += health.FRESH_SECONDS
        await asyncio.gather(*(asked_of.found() for _ in range(5)))

    asyncio.run(many_ask_twice())
    assert len(looks) == 2, "the twin: another look once it is old"


def test_it_says_that_the_caller_is_away_and_that_it_is_back(tmp_path: Path) -> None:
    hall = RunningHall(tmp_path, REPO / "config/halls/village.toml").start()
    url = hall.web.address + "/healthz"
    try:
        until(lambda: asked(url) == (200, {"ok": True, "link": "current"}), "it is well")
        hall.take(hall.settings.queues[0].id)
        until(lambda: metric(hall, "hallcall_waiting") == "1", "who waits is counted")
        assert metric(hall, "hallcall_probes") == str(len(ALL))
        assert 'program="web"' in exposed(hall)[2]
        at_caller = hall.caller.address.replace("ws://", "http://")
        with urlopen(at_caller + "/metrics", timeout=DEADLINE) as answer:
            told = answer.read().decode().splitlines()
        assert [line for line in told if not LINE.match(line)] == []
        assert 'hallcall_stations{role="web"} 2' in told
        assert int(next(line for line in told if line.startswith("hallcall_log_events")).split()[1]) > 1
        with urlopen(at_caller + "/healthz", timeout=DEADLINE) as answer:
            assert answer.read() == b"ok\n"
        hall.kill_caller()
        until(lambda: asked(url)[0] == 503, "it is not")
        status, document = asked(url)
        assert (status, document["ok"], document["code"]) == (503, False, "caller-away")
        assert document["zh"]
        assert document["next_en"]
        hall.restart_caller()
        until(lambda: asked(url)[0] == 200, "it is well again")
    finally:
        hall.close()
