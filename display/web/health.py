"""What a watchdog and a monitoring system ask of the web process: `/healthz` and `/metrics`.

Neither keeps a list of its own of what may be wrong: each finding is one of the hall's probes (`caller.probes`), with the
code that `hallcall doctor` and `hallcall status` show. `/healthz` answers from the connection to the caller alone, for a
proxy asks it each second; `/metrics` runs the probes in a thread, at most once in `FRESH_SECONDS`, and tells what the deliver beside it has.

`/metrics` is text in Prometheus' exposition format, 0.0.4. It holds counts of the hall and codes, nothing of a person.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import to_builtins
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.delivery.outbox import OUTBOX_NAME, DeliveryError, Outbox
from caller.delivery.outbox_tables import Backlog, ReceiverRow
from caller.probes import ALL
from config.instants import Seconds
from config.probe import Examined, Finding, examine, wrong
from config.process.exposition import EXPOSITION, PATH, gauge, of_process, text_of
from config.settings import Settings
from display.http.caller_connections import CallerConnections, Document
from display.http.responses import answer

FRESH_SECONDS: Seconds = 15.0  # a monitoring system asks about as often
Found = list[tuple[str, list[Finding]]]


class Delivering(NamedTuple):
    """One receiver, and what has not gone out to it."""

    row: ReceiverRow
    backlog: Backlog


class ProbedHealth:
    """What the probes found of a hall, not older than `FRESH_SECONDS`."""

    def __init__(
        self, settings: Settings, data: Path, url: str, elapsed: Callable[[], Seconds] = time.monotonic
    ) -> None:
        self._hall = Examined(Path(), settings, data, url, 0)
        self._elapsed, self._at = elapsed, -FRESH_SECONDS
        self._lock, self._found = asyncio.Lock(), Found()

    async def found(self) -> Found:
        """Return each probe's name and its findings; those who ask at once wait for one look."""
        async with self._lock:
            if self._elapsed() - self._at >= FRESH_SECONDS:
                hall = self._hall._replace(now=time.time_ns() // 1000)
                self._found = await asyncio.to_thread(lambda: list(examine(hall, ALL)))
                self._at = self._elapsed()
            return self._found

    def receivers(self) -> list[Delivering]:
        """Return how far deliver is with each receiver; none where it never ran here. Blocks."""
        if not (self._hall.data / OUTBOX_NAME).exists():
            return []
        try:
            with Outbox(self._hall.data) as outbox:
                return [Delivering(each, outbox.backlog(each.name)) for each in outbox.receivers()]
        except DeliveryError:
            return []  # a finding of the probes


def routes(connections: CallerConnections, health: ProbedHealth, url: str) -> list[BaseRoute]:
    """Return both routes; `url` is the caller's."""

    async def healthz(_: Request) -> Response:
        link = connections.own.state
        if link == "current":
            return answer({"ok": True, "link": link})
        away = wrong("caller-away", url=url, detail=link).message
        return answer({"ok": False, "link": link, **to_builtins(away)}, 503)

    async def metrics(_: Request) -> Response:
        is_current, board = connections.own.state == "current", connections.board
        found, receivers = await health.found(), await asyncio.to_thread(health.receivers)
        text = text_of(of_process("web"), exposition(found, is_current, board), deliveries(receivers))
        return Response(text, media_type=EXPOSITION, headers={"Cache-Control": "no-store"})

    return [Route("/healthz", healthz), Route(PATH, metrics)]


def exposition(found: Found, is_current: bool, board: Document) -> Iterator[str]:
    """Yield the lines of `/metrics`; the hall's counts only while they are what the caller knows now."""
    yield from gauge(
        "hallcall_caller_current",
        "1 while this process has what the caller knows now",
        [("", int(is_current))],
    )
    findings = [(f'probe="{name}",code="{each.code}",grade="{each.grade}"', 1) for name, each in _each(found)]
    yield from gauge("hallcall_finding", "what is wrong, as hallcall doctor tells it", findings)
    yield from gauge("hallcall_probes", "probes that were asked", [("", len(found))])
    if not is_current or not board:
        return
    yield from gauge(
        "hallcall_day_open", "1 while the business day is open", [("", int(board["hall"]["open"]))]
    )
    waiting = [(f'queue="{id}"', line["waiting"]) for id, line in sorted(board["queues"].items())]
    yield from gauge("hallcall_waiting", "people waiting", waiting)
    states = [line["state"] for line in board["windows"].values()]
    windows = [(f'state="{state}"', states.count(state)) for state in sorted(set(states))]
    yield from gauge("hallcall_windows", "windows by what they do now", windows)


def deliveries(receivers: list[Delivering]) -> Iterator[str]:
    """Yield what deliver has of each receiver, which is its own name in the hall's file."""
    named = [(f'receiver="{each.row.name}"', each) for each in receivers]
    yield from gauge(
        "hallcall_delivery_waiting",
        "messages that have not gone out",
        [(label, each.backlog.waiting) for label, each in named],
    )
    yield from gauge(
        "hallcall_delivery_given_up",
        "messages that a person must decide on",
        [(label, each.backlog.dead) for label, each in named],
    )
    yield from gauge(
        "hallcall_delivery_paused", "1 while paused", [(label, int(each.row.paused)) for label, each in named]
    )
    sent = [(label, each.row.sent // 1_000_000) for label, each in named if each.row.sent]
    yield from gauge("hallcall_delivery_sent_seconds", "the last success, seconds since 1970", sent)


def _each(found: Found) -> Iterator[tuple[str, Finding]]:
    """Yield each code of a probe once: a label may not come twice."""
    for name, findings in found:
        yield from ((name, each) for each in {each.code: each for each in findings}.values())
