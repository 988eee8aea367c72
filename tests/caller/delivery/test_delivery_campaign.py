"""A log told to five receivers that fail, hang, answer late, answer twice and restart, by a process that is killed again and
again: nothing is lost, all of a ticket comes in order, and what comes twice can be told.

The short one is of the gate. The long one (100,000 events) is a campaign:
`pytest -m campaign tests/caller/delivery/test_delivery_campaign.py -s`; it prints what it counted.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from caller.delivery import webhooks
from caller.delivery.outbox import Outbox
from caller.engine import events as ev
from caller.eventlog import LOG_NAME, Batch, Reader, chain
from tests.instruments.delivery_receivers import NAMES, Receivers, faults
from tests.instruments.event_logs import AT, Diary, issued, order
from tests.instruments.recorded_days import records_of
from tests.instruments.small_settings import GOOD

ROOT = Path(__file__).parents[3]
EVENTS_OF_TICKET = 5
IN_A_COMMIT = 1_000
SHORT, LONG = 300, 100_000
PATIENCE = {SHORT: 120.0, LONG: 5_400.0}  # seconds


def write_log(data: Path, events: int) -> None:
    """Visits from number to rating, in whose events those of others stand between."""
    diary = Diary(data / LOG_NAME)
    steps: list[list[ev.AnyEvent]] = [[] for _ in range(EVENTS_OF_TICKET)]
    for serial in range(1, events // EVENTS_OF_TICKET + 1):
        ticket = f"t-{serial}"
        visit: list[ev.AnyEvent] = [
            issued(serial), ev.TicketCalled(ticket, "1", "1001"), ev.ServiceStarted(ticket, "1"),
            ev.ServiceFinished(ticket, "1", "done"), ev.ServiceRated(ticket, "1", "1001", 5, "evaluator"),
        ]  # fmt: skip
        for nth, event in enumerate(visit):
            steps[nth].append(event)
    mixed = [
        event for first in range(0, len(steps[0]), 50) for step in steps for event in step[first : first + 50]
    ]
    for first in range(0, len(mixed), IN_A_COMMIT):
        batch = Batch()
        diary.log.extend(order(f"c-{first}"), AT + first, mixed[first : first + IN_A_COMMIT], batch.rows)
        assert diary.write(batch) is None
    diary.log.close()


def begin(data: Path, hall: Path, receivers: Receivers) -> None:
    rows = [
        f'[[webhook]]\nid = "{name}"\nurl = "http://127.0.0.1:{receivers.ports[name]}/h"\nprivate = true\n'
        for name in NAMES
    ]
    hall.write_text(GOOD + "\n".join(rows), "utf-8")
    with Outbox(data) as outbox, Reader(data / LOG_NAME) as log:
        for name in NAMES:
            outbox.begin(name, log.site, chain.genesis(log.site))


def deliver(hall: Path, data: Path) -> "subprocess.Popen[str]":
    line = [sys.executable, "-m", "caller.cli", "deliver", str(hall), "--data", str(data)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("deliver ready")
    return process


def revived(data: Path) -> int:
    """What was given up is sent again by hand."""
    with Outbox(data) as outbox:
        return sum(outbox.revive(name) for name in NAMES)


def all_told(data: Path, receivers: Receivers, events: int) -> bool:
    return all(len(receivers.taken[name]) == events for name in NAMES)


def live(data: Path, hall: Path, receivers: Receivers, events: int, kills: int) -> dict[str, Any]:
    """Deliver everything, with kills at even shares of the way; return what was counted."""
    began, killed, restarted = time.monotonic(), 0, 0
    process = deliver(hall, data)
    while not all_told(data, receivers, events):
        assert time.monotonic() - began < PATIENCE[events], {n: len(receivers.taken[n]) for n in NAMES}
        share = sum(len(each) for each in receivers.taken.values()) / (len(NAMES) * events)
        if killed < kills and share > (killed + 1) / (kills + 2):
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            killed += 1
            process = deliver(hall, data)
        if restarted < kills and share > (restarted + 0.5) / (kills + 1):
            receivers.restart()
            restarted += 1
        revived(data)
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    code = process.wait(60)
    taken = time.monotonic() - began
    return {
        "events": events, "receivers": len(NAMES), "kills": killed, "restarts": restarted, "exit": code,
        "seconds": round(taken, 1), "requests": dict(receivers.requests), "repeats": dict(receivers.repeats),
        "per_second": round(len(NAMES) * events / taken),
    }  # fmt: skip


def campaign(folder: Path, events: int, kills: int, odd: int) -> dict[str, Any]:
    write_log(folder, events)
    receivers = Receivers(odd)
    begin(folder, folder / "hall.toml", receivers)
    counted = live(folder, folder / "hall.toml", receivers, events, kills)
    records = {each.seq: each for each in records_of(folder)}
    subjects = {seq: webhooks.message("county", "x", each).subject for seq, each in records.items()}
    receivers.close()
    for name in NAMES:
        assert faults(receivers.taken[name], records, subjects) == [], name
    assert receivers.other_body == 0
    assert counted["exit"] == 0
    return counted


def test_five_receivers_of_bad_manners_through_kills(tmp_path: Path):
    counted = campaign(tmp_path, SHORT, kills=2, odd=0)
    assert (counted["kills"], counted["restarts"]) == (2, 2)


@pytest.mark.campaign
def test_a_hundred_thousand_events_to_five_receivers_of_bad_manners(tmp_path: Path):
    print(campaign(tmp_path, LONG, kills=12, odd=3))


def test_what_is_lost_out_of_order_or_under_two_ids_is_seen(tmp_path: Path):
    """The twin: the question finds each of the faults it asks about."""
    from tests.instruments.delivery_receivers import Seen

    write_log(tmp_path, 20)
    records = {each.seq: each for each in records_of(tmp_path)}
    subjects = {seq: webhooks.message("county", "x", each).subject for seq, each in records.items()}
    right = {f"s-{seq}-x": Seen(seq, 0) for seq in records}
    assert faults(right, records, subjects) == []
    assert "1 lost" in faults({id: each for id, each in right.items() if each.seq != 7}, records, subjects)[0]
    assert "behind" in faults(dict(reversed(right.items())), records, subjects)[0]
    assert "two ids" in faults(right | {"s-7-y": Seen(7, 0)}, records, subjects)[0]
