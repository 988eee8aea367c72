"""A station does a job once or says what it does not know; every order of steps is tried."""

import itertools
from collections.abc import Callable
from typing import Any, get_args

import pytest

from caller.engine import commands as cmd
from caller.engine import station_jobs
from caller.engine.envelope import AnyCommand, CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from caller.engine.station_jobs import JOBS_KEPT, JOBS_LIVE_MAX, LIVE, MOVES, JobState, overdue
from caller.views import build, topics
from config.instants import SECOND
from config.settings import Device, Kiosk
from tests.instruments.engine_fixture import Stage

PRINTERS = (
    Device("w1-printer", "printer", "tcp://127.0.0.1:9101", agent="pc-1", window="1"),
    Device("spare", "printer", "tcp://127.0.0.1:9102", agent="pc-1"),
    Device("k1-printer", "printer", "tcp://127.0.0.1:9103", agent="k1"),
    Device("keys-1", "evaluator", "file:///dev/null", agent="pc-3", window="1"),
)
STEPS: dict[Any, Callable[[str], AnyCommand]] = {
    "take": cmd.TakeJob,
    "done": lambda job: cmd.ReportJob(job, "done"),
    "failed": lambda job: cmd.ReportJob(job, "failed"),
    "unknown": lambda job: cmd.ReportJob(job, "unknown"),
}


@pytest.fixture
def stage() -> Stage:
    return Stage(devices=PRINTERS, kiosks=(Kiosk("k1", printers=["k1-printer"]),)).open("1")


def send(stage: Stage, id: str, command: Any, station: str = "pc-1", role: str = "agent") -> list[Any]:
    """Decide and apply under an id of our own. Raises Refused."""
    events = stage.hall.decide(CommandEnvelope(id, command, role, station), stage.now)
    for event in events:
        stage.hall.apply(event, stage.now, stage.hall.seq + 1)
    return events


def rows(stage: Stage) -> dict[str, Any]:
    document: Any = build(stage.hall, "jobs/pc-1", stage.now)
    return document["jobs"]


def test_a_slip_is_asked_for_taken_and_printed(stage: Stage) -> None:
    ticket = stage.find(stage.take("A")).id
    told = stage.do(cmd.RequestJob("pc-1", "print-slip", ticket=ticket))
    job = told["job"]
    assert told["device"] == "w1-printer"
    row = rows(stage)[job]
    assert (row["state"], row["slip"]["ticket"]) == ("requested", ticket)
    taken = send(stage, "t1", cmd.TakeJob(job))
    assert topics(stage.hall, taken) == {"jobs/pc-1"}
    send(stage, "r1", cmd.ReportJob(job, "done"))
    row = rows(stage)[job]
    assert row["state"] == "done"
    assert "slip" not in row


@pytest.mark.parametrize("steps", list(itertools.product(STEPS, repeat=3)))
def test_every_order_of_steps_follows_the_table(stage: Stage, steps: tuple[Any, ...]) -> None:
    job = stage.do(cmd.RequestJob("pc-1", "print-test"))["job"]
    state: JobState = "requested"
    takes = 0
    for number, step in enumerate(steps):
        after = MOVES[state].get(step)
        if after is None and step != state:
            with pytest.raises(Refused, match="job-over"):
                send(stage, f"s{number}", STEPS[step](job))
        else:
            send(stage, f"s{number}", STEPS[step](job))
            takes += step == "take"
        state = after or state
        assert stage.hall.state.jobs[job].state == state
    assert takes <= 1, "taken once, so printed once"


def test_the_table_is_complete_and_ends() -> None:
    assert set(MOVES) == set(get_args(JobState))
    assert all(MOVES[state] for state in LIVE)
    assert "taken" not in {
        after for state in MOVES if state != "requested" for after in MOVES[state].values()
    }


def test_what_nobody_takes_has_failed_and_what_is_not_ended_is_unknown(stage: Stage) -> None:
    waiting = stage.do(cmd.RequestJob("pc-1", "print-test", seconds=60))["job"]
    taken = stage.do(cmd.RequestJob("pc-1", "print-test", seconds=60))["job"]
    send(stage, "t", cmd.TakeJob(taken))
    assert overdue(stage.hall.state.jobs, stage.now + 60 * SECOND - 1) == []
    stage.now += 60 * SECOND
    with pytest.raises(Refused, match="job-over"):
        send(stage, "late", cmd.TakeJob(waiting))
    for number, report in enumerate(overdue(stage.hall.state.jobs, stage.now)):
        send(stage, f"c{number}", report, "caller", "caller")
    assert {id: job.state for id, job in stage.hall.state.jobs.items()} == {
        waiting: "failed",
        taken: "unknown",
    }
    assert overdue(stage.hall.state.jobs, stage.now) == []
    send(stage, "truth", cmd.ReportJob(taken, "done"))
    assert stage.hall.state.jobs[taken].state == "done", "the station comes late with the truth"


def test_without_its_guard_a_job_could_be_taken_twice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard off: a table that lets a taken job be taken again lets two processes print it."""
    job = stage.do(cmd.RequestJob("pc-1", "print-test"))["job"]
    send(stage, "t1", cmd.TakeJob(job))
    with pytest.raises(Refused):
        send(stage, "t2", cmd.TakeJob(job))
    monkeypatch.setitem(station_jobs.MOVES, "taken", {"take": "taken"})
    assert send(stage, "t3", cmd.TakeJob(job))


def test_a_station_touches_only_its_own_jobs(stage: Stage) -> None:
    job = stage.do(cmd.RequestJob("pc-1", "print-test"))["job"]
    for command in (cmd.TakeJob(job), cmd.ReportJob(job, "done")):
        with pytest.raises(Refused, match="unknown-job"):
            send(stage, "x", command, "pc-2")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (cmd.RequestJob("pc-2", "print-test"), "no-printer"),
        (cmd.RequestJob("pc-1", "print-test", device="k1-printer"), "no-printer"),
        (cmd.RequestJob("pc-1", "print-slip", ticket="none"), "unknown-ticket"),
        (cmd.RequestJob("pc-1", "ask-rating"), "no-evaluator"),
        (cmd.RequestJob("pc-2", "ask-rating", device="keys-1"), "no-evaluator"),
        (cmd.RequestJob("k1", "restart-agent"), "no-station"),
        (cmd.RequestJob("pc-1", "restart-kiosk"), "no-station"),
        (cmd.RequestJob("k1", "print-test-kiosk", device="spare"), "no-printer"),
        (cmd.RequestJob("pc-1", "print-test-kiosk"), "no-printer"),
        (cmd.RequestJob("web-2", "restart-web"), "no-station"),
        (cmd.RequestJob("9", "restart-window"), "no-station"),
        (cmd.RequestJob("web", "restart-deliver"), "no-station"),
        (cmd.RequestJob("9", "restart-evaluator"), "no-station"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(stage: Stage, command: cmd.RequestJob, code: str) -> None:
    assert stage.refused(command) == code


@pytest.mark.parametrize(
    ("command", "doer", "device"),
    [
        (cmd.RequestJob("pc-3", "ask-rating"), "agent", "keys-1"),
        (cmd.RequestJob("pc-3", "restart-agent"), "agent", ""),
        (cmd.RequestJob("k1", "restart-kiosk"), "kiosk", ""),
        (cmd.RequestJob("k1", "print-test-kiosk"), "kiosk", "k1-printer"),
        (cmd.RequestJob("web", "restart-web"), "web", ""),
        (cmd.RequestJob("deliver", "restart-deliver"), "deliver", ""),
        (cmd.RequestJob("1", "restart-window"), "window", ""),
        (cmd.RequestJob("1", "restart-evaluator"), "evaluator", ""),
        (cmd.RequestJob("wall-1", "restart-board"), "board", ""),
        (cmd.RequestJob("guide", "restart-guide"), "guide", ""),
        (cmd.RequestJob("office", "restart-supervisor"), "supervisor", ""),
    ],
)
def test_a_job_is_done_by_the_station_of_its_kind_and_no_other_of_that_name(
    stage: Stage, command: cmd.RequestJob, doer: str, device: str
) -> None:
    job = stage.do(command)["job"]
    assert stage.hall.state.jobs[job].device == device
    for role in {"agent", "kiosk", "window", "web", "deliver"} - {doer}:
        with pytest.raises(Refused, match="unknown-job"):
            send(stage, "x", cmd.TakeJob(job), command.station, role)
    document: Any = build(stage.hall, f"jobs/{command.station}", stage.now)
    assert document["jobs"][job]["state"] == "requested"
    assert send(stage, "t", cmd.TakeJob(job), command.station, doer)


def test_jobs_are_bounded(stage: Stage) -> None:
    for number in range(JOBS_LIVE_MAX):
        send(stage, f"j{number}", cmd.RequestJob("pc-1", "print-test"), "1", "window")
    assert stage.refused(cmd.RequestJob("pc-1", "print-test")) == "station-busy"
    for round in range(JOBS_KEPT * 2):
        job = next(job for job in stage.hall.state.jobs.values() if job.state in LIVE)
        send(stage, f"f{round}", cmd.ReportJob(job.id, "failed"))
        send(stage, f"n{round}", cmd.RequestJob("pc-1", "print-test"), "1", "window")
    assert len(stage.hall.state.jobs) <= JOBS_KEPT + JOBS_LIVE_MAX + 1


def test_jobs_outlive_a_checkpoint(stage: Stage) -> None:
    job = stage.do(cmd.RequestJob("pc-1", "print-test"))["job"]
    again = Hall.load(stage.hall.settings, stage.hall.dump())
    assert again.state.jobs[job] == stage.hall.state.jobs[job]


@pytest.mark.parametrize(
    ("station", "kind"), [("pc-1", "volume-agent"), ("pc-1", "brightness-agent"), ("k1", "volume-kiosk")]
)
def test_a_station_is_told_how_loud_and_how_bright(station: str, kind: Any, stage: Stage) -> None:
    job = stage.do(cmd.RequestJob(station, kind, percent=40))["job"]
    document: Any = build(stage.hall, f"jobs/{station}", stage.now)
    assert (document["jobs"][job]["percent"], document["jobs"][job]["device"]) == (40, "")
    other = "k1" if station == "pc-1" else "pc-1"
    assert stage.refused(cmd.RequestJob(other, kind, percent=40)) == "no-station"


@pytest.mark.parametrize(("station", "kind"), [("pc-1", "screen-agent"), ("k1", "screen-kiosk")])
def test_a_station_tries_its_screen(station: str, kind: Any, stage: Stage) -> None:
    job = stage.do(cmd.RequestJob(station, kind))["job"]
    document: Any = build(stage.hall, f"jobs/{station}", stage.now)
    assert document["jobs"][job]["kind"] == kind
    assert "dark" not in document  # a station without hours of its own is not turned


def test_a_picture_is_a_kiosks_and_has_no_percent(stage: Stage) -> None:
    job = stage.do(cmd.RequestJob("k1", "screenshot-kiosk"))["job"]
    document: Any = build(stage.hall, "jobs/k1", stage.now)
    assert "percent" not in document["jobs"][job]
    assert stage.refused(cmd.RequestJob("pc-1", "screenshot-kiosk")) == "no-station"
