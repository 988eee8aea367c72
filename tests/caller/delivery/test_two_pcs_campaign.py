"""Campaign: two PCs with a caller and a `hallcall deliver` each, on a real PostgreSQL, while a hall works.

`pytest -m campaign -s tests/caller/delivery/test_two_pcs_campaign.py`, about two minutes. The PC that calls is killed with all that
runs on it, comes back, the other one's deliver stands still over a take-over and wakes up. A program outside is told each event
at least once, all of a ticket in order, what comes twice under one id; an applicant at most once.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caller.delivery import webhooks
from caller.delivery.outbox import Outbox
from caller.engine import events as ev
from caller.eventlog import LOG_NAME, Reader, chain
from caller.eventlog.calling_here import calls_here
from caller.people.notify_numbers import NotifyNumbers
from tests.instruments.caller_fixture import run, until
from tests.instruments.caller_pair import SITE, Crowd, Pair
from tests.instruments.delivery_receivers import Seen, faults
from tests.instruments.log_checker import check
from tests.instruments.postgres_cluster import running
from tests.instruments.recorded_days import records_of
from tests.instruments.running_hall import Process
from tests.instruments.running_hall import until as until_now
from tests.instruments.webhook_receiver import WebhookReceiver, receiving

pytestmark = pytest.mark.campaign
SECONDS = 600.0
STOPPED_SECONDS = 8.0  # longer than the PC that stood still counts as calling
AHEAD, NUMBERS = 5, 15
STATES = ("sent", "unknown", "waiting", "sending", "refused", "late", "unwanted")
RECEIVERS = """
[[webhook]]
id = "city"
url = "{webhook}"
private = true

[notify]
applicants = true

[[gateway]]
id = "sms"
url = "{gateway}"
body = '{{"to": "{{phone}}", "serial": "{{id}}"}}'
notices = ["called"]
private = true
"""


@pytest.fixture
def outside() -> Generator[tuple[WebhookReceiver, WebhookReceiver]]:
    """A program that takes webhooks, and an SMS gateway."""
    with receiving() as webhook, receiving(lambda *_: 200) as gateway:
        yield webhook, gateway


class DeliveringPair(Pair):
    """Two PCs of which each delivers, too."""

    def __init__(self, folder: Path, address: str, webhook: str, gateway: str) -> None:
        super().__init__(folder, address)
        with self.hall.open("a") as file:
            file.write(RECEIVERS.format(webhook=webhook, gateway=gateway))
        self.delivers: dict[str, Process] = {}
        for name in "ab":
            (folder / name).mkdir(exist_ok=True)
            with Outbox(folder / name) as outbox:
                outbox.begin("city", SITE, chain.genesis(SITE))
                outbox.begin("sms", SITE, chain.genesis(SITE), persons=True)

    def start(self, name: str) -> Process:
        data = self.folder / name
        if not (data / "keys").exists() and name != "a":
            shutil.copytree(self.folder / "a/keys", data / "keys")
        caller = super().start(name)
        words = ("deliver", str(self.hall), "--data", str(self.folder / name))
        self.delivers[name] = Process(*words, output=self.folder / f"deliver-{name}.txt")
        return caller

    def kill(self, name: str) -> None:
        """The PC loses its power."""
        self.callers[name].kill()
        self.delivers[name].kill()

    def close(self) -> None:
        for each in self.delivers.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGCONT)
            each.stop()
        super().close()


async def leave_numbers(pair: DeliveringPair, name: str, left: set[str]) -> None:
    """The next who wait leave a phone number at the PC that calls, as its web process keeps it."""
    await until(lambda: calls_here(pair.folder / name), "the PC calls, and has a copy of the log")
    with Reader(pair.folder / name / LOG_NAME) as log:
        events = [record.event for record in log.after(0)]
    called = {each.ticket for each in events if isinstance(each, ev.TicketCalled)}
    waiting = [
        each.ticket
        for each in events
        if isinstance(each, ev.TicketIssued) and each.ticket not in called | left
    ]
    numbers = NotifyNumbers(pair.folder / name)
    for ticket in waiting[AHEAD : AHEAD + NUMBERS]:  # those before them are called while this is written
        await asyncio.to_thread(numbers.leave, f"ticket/{ticket}", "13800000001", "zh", datetime.now(UTC))
        left.add(ticket)


def told(data: Path, last: int) -> bool:
    """Whether a PC has told the program outside everything up to an event, and lets nobody wait."""
    with Outbox(data) as outbox:
        city = outbox.receiver("city")
        waits = outbox.backlog("city").waiting + outbox.backlog("sms").waiting
        return bool(city and city.head.seq >= last and not waits)


@pytest.fixture
def database() -> Generator[str]:
    with running(durable=True) as server:
        yield server.database()


def test_each_event_is_told_and_no_applicant_twice_over_two_take_overs(
    outside: tuple[WebhookReceiver, WebhookReceiver], database: str, tmp_path: Path
) -> None:
    webhook, gateway = outside
    pair = DeliveringPair(tmp_path, database, webhook.url, gateway.url)
    left: set[str] = set()

    async def day() -> None:
        async with Crowd(pair) as crowd:
            await crowd.grown(40)
            await leave_numbers(pair, "a", left)
            sent = len(gateway.received)
            await until(lambda: len(gateway.received) > sent + 5, "applicants are told from a")
            pair.kill("a")
            await crowd.grown(40)
            await leave_numbers(pair, "b", left)
            sent = len(gateway.received)
            await until(lambda: len(gateway.received) > sent + 5, "applicants are told from b")
            pair.start("a")
            os.kill(pair.delivers["b"].pid, signal.SIGSTOP)
            pair.callers["b"].kill()
            moment = time.monotonic()
            await crowd.grown(40)
            await leave_numbers(pair, "a", left)
            await until(
                lambda: time.monotonic() > moment + STOPPED_SECONDS and len(gateway.received) > sent + 10,
                "applicants are told from a again",
            )
            os.kill(pair.delivers["b"].pid, signal.SIGCONT)
            await crowd.grown(40)

    try:
        pair.start("a")
        pair.start("b")
        run(day(), SECONDS)
        found = check(pair.address, SITE, pair.acknowledged)
        assert found.faults == []
        until_now(lambda: told(tmp_path / "a", found.rows), "everything is told", 120)
        judge(tmp_path / "a", webhook, gateway)
    finally:
        pair.close()


def judge(data: Path, webhook: WebhookReceiver, gateway: WebhookReceiver) -> None:
    records = {each.seq: each for each in records_of(data)}
    subjects = {seq: webhooks.message(SITE, "city", each).subject for seq, each in records.items()}
    taken: dict[str, Seen] = {}
    repeats = other = 0
    for each in webhook.received:
        seen = Seen(each.seq, hash(each.body))
        known = taken.setdefault(each.id, seen)
        repeats += known is not seen
        other += known != seen
    texts = Counter(json.loads(each.body)["serial"] for each in gateway.received)
    with Outbox(data) as outbox:
        states = {state: len(outbox.messages("sms", state, 10_000)) for state in STATES}
    print(
        f"\n| events {len(records)} | webhooks {len(webhook.received)}, of which repeats {repeats} | "
        f"texts {sum(texts.values())}, twice {sum(count > 1 for count in texts.values())} | on a: {states} |"
    )
    assert faults(taken, records, subjects) == []
    assert other == 0, "what comes twice has one body"
    assert [id for id, count in texts.items() if count > 1] == []
    assert len(texts) > 15
    assert not states["waiting"]
    assert not states["sending"]
