"""A station does each of its jobs once, and says of its predecessor's what it knows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from caller.client import job_taker
from caller.client.client import SendError
from caller.client.job_taker import PREDECESSOR, RESTARTED, JobEnd, JobTaker
from caller.engine.commands import ReportJob, TakeJob


class Caller:
    """Answers what it is sent; `away` times it does not."""

    def __init__(self, away: int = 0) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.away = away

    async def send(self, command: Any, id: str | None = None) -> Any:
        self.sent.append((id or "", command))
        if self.away:
            self.away -= 1
            raise SendError("away")
        return {"key": "k"}


def rows(kind: str, state: str, id: str = "j1") -> dict[str, Any]:
    return {"jobs": {id: {"kind": kind, "state": state, "device": ""}}}


def play(
    caller: Caller,
    documents: list[dict[str, Any]],
    do: Callable[..., Awaitable[JobEnd | None]],
    ready: Callable[..., Awaitable[None]] | None = None,
) -> list[Any]:
    """Show the documents one after another; return the commands that were sent, without repeats."""

    async def scene() -> None:
        taker = JobTaker("k1", caller, lambda job: job["kind"] != "print-slip", do, ready)
        for document in documents:
            taker.watched(document)
            await asyncio.gather(*taker._tasks)
        await taker.stop(5.0)

    asyncio.run(scene())
    return [command for _, command in dict(caller.sent).items()]


async def done(_job: Any, taken: dict[str, Any]) -> JobEnd:
    assert taken == {"key": "k"}
    return "done", ""


async def begins_again(_job: Any, _taken: Any) -> None:
    return None


async def breaks(_job: Any, _taken: Any) -> JobEnd:
    raise OSError("lamp burnt out")


def test_a_job_is_taken_then_done_once_however_often_it_is_shown() -> None:
    caller = Caller()
    shown = [rows("ask-rating", state) for state in ("requested", "requested", "taken", "taken")]
    assert play(caller, shown, done) == [TakeJob("j1"), ReportJob("j1", "done")]


def test_without_memory_what_it_took_itself_is_called_its_predecessors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The guard off."""
    plain = JobTaker.watched

    def forgets(self: JobTaker, document: dict[str, Any]) -> None:
        self._known.clear()
        plain(self, document)

    monkeypatch.setattr(JobTaker, "watched", forgets)
    shown = [rows("ask-rating", state) for state in ("requested", "taken")]
    assert ReportJob("j1", "unknown", PREDECESSOR) in play(Caller(), shown, done)


@pytest.mark.parametrize(
    ("kind", "end"),
    [("ask-rating", ("unknown", PREDECESSOR)), ("restart-kiosk", ("done", RESTARTED)), ("restart-agent", ("done", RESTARTED))],
)  # fmt: skip
def test_what_a_predecessor_took_is_unknown_but_a_restart_is_done(kind: str, end: JobEnd) -> None:
    assert play(Caller(), [rows(kind, "taken")], done) == [ReportJob("j1", *end)]


def test_a_restart_is_reported_by_the_program_that_follows() -> None:
    assert play(Caller(), [rows("restart-kiosk", "requested")], begins_again) == [TakeJob("j1")]


def test_what_raises_has_failed_and_says_why() -> None:
    assert play(Caller(), [rows("ask-rating", "requested")], breaks) == [
        TakeJob("j1"),
        ReportJob("j1", "failed", "lamp burnt out"),
    ]


def test_another_stations_job_is_left_alone_and_ended_ones_too() -> None:
    shown = [rows("print-slip", "requested"), rows("ask-rating", "done"), rows("ask-rating", "failed", "j2")]
    assert play(Caller(), shown, done) == []


def test_it_is_not_taken_before_the_station_is_ready() -> None:
    caller, at_take = Caller(), list[int]()

    async def ready(_job: Any) -> None:
        at_take.append(len(caller.sent))

    assert play(caller, [rows("restart-kiosk", "requested")], begins_again, ready) == [TakeJob("j1")]
    assert at_take == [0]


def test_a_caller_that_is_away_is_asked_again_under_the_same_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_taker, "RETRY_SECONDS", 0.0)
    caller = Caller(away=3)
    assert play(caller, [rows("ask-rating", "requested")], done) == [TakeJob("j1"), ReportJob("j1", "done")]
    assert len(caller.sent) == 5
    assert len({id for id, _ in caller.sent}) == 2
