"""The process that delivers: each event at least once and in order, whatever receivers do and however often it dies."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from caller.delivery import runner, webhooks
from caller.delivery.outbox import DeliveryError, Outbox
from caller.delivery.runner import Sender, follow, is_running, only_process
from caller.eventlog import LOG_NAME, Head, Reader, Record, chain, errors
from caller.records import RECORDS_NAME, RecordsError
from config import owner_only
from config.settings import Webhook
from tests.instruments.event_logs import Diary
from tests.instruments.recorded_days import records_of, write_history
from tests.instruments.small_settings import GOOD
from tests.instruments.webhook_receiver import Received, WebhookReceiver, receiving

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0  # seconds for what takes a few
ROUNDS_MAX = 3_000
STEP = 3_600_000_000  # an hour between rounds: every wait is over


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("whole")
    write_history(data, 23, 250)
    return data


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    shutil.copy(whole / LOG_NAME, tmp_path / LOG_NAME)
    return tmp_path


class Clock:
    """UTC microseconds that go on when a test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000_000_000

    def __call__(self) -> int:
        return self.now


def sender(data: Path, url: str, name: str = "city", clock: Clock | None = None, *kinds: str) -> Sender:
    """A receiver that is told the log from its beginning."""
    with Outbox(data) as outbox, Reader(data / LOG_NAME) as log:
        outbox.begin(name, log.site, chain.genesis(log.site))
    webhook = Webhook(name, url, list(kinds), private=True)
    return Sender("county", data, webhook, clock or Clock(), lambda: 1.0)


def run(each: Sender, clock: Clock, done: Callable[[], bool]) -> None:
    for _ in range(ROUNDS_MAX):
        if done():
            return
        each.round(threading.Event())
        clock.now += STEP
    raise AssertionError("not done")


def nothing_waits(data: Path, name: str = "city") -> bool:
    with Outbox(data) as outbox:
        found = outbox.receiver(name)
        with Reader(data / LOG_NAME) as log:
            return outbox.backlog(name).waiting == 0 and bool(found and found.head.seq == log.last)


def subject_of(record: Record) -> str:
    return webhooks.message("county", "city", record).subject


def check_told(data: Path, taken: list[Received]) -> None:
    """Every event was taken, under its one id, and of each subject first in the order of the log."""
    records = {record.seq: record for record in records_of(data)}
    first: dict[str, Received] = {}
    for each in taken:
        known = first.setdefault(each.id, each)
        assert known.body == each.body
    assert sorted(each.seq for each in first.values()) == sorted(records)
    order: dict[str, list[int]] = defaultdict(list)
    for each in first.values():
        order[subject_of(records[each.seq])].append(each.seq)
    assert all(seqs == sorted(seqs) for seqs in order.values())


def test_a_log_is_told_whole_and_once_and_what_comes_later_too(data: Path):
    clock = Clock()
    with receiving() as receiver:
        each = sender(data, receiver.url, clock=clock)
        run(each, clock, lambda: nothing_waits(data))
        check_told(data, receiver.taken)
        assert len(receiver.received) == len(records_of(data))
        more = Diary(data / LOG_NAME)
        more.write(more.batch(1, 3))
        more.log.close()
        run(each, clock, lambda: nothing_waits(data))
        check_told(data, receiver.taken)
        assert len(receiver.received) == len(records_of(data))


def test_a_new_receiver_is_told_what_comes_from_now_on(data: Path):
    clock = Clock()
    with receiving() as receiver:
        each = Sender("county", data, Webhook("city", receiver.url, private=True), clock)
        each.round(threading.Event())
        assert receiver.received == []
        more = Diary(data / LOG_NAME)
        more.write(more.batch(1, 2))
        more.log.close()
        run(each, clock, lambda: nothing_waits(data))
        assert len(receiver.taken) == 2


def test_only_the_chosen_kinds_go_out(data: Path):
    clock = Clock()
    with receiving() as receiver:
        run(sender(data, receiver.url, "city", clock, "TicketCalled"), clock, lambda: nothing_waits(data))
        called = [record.seq for record in records_of(data) if record.kind == "TicketCalled"]
        assert called
        assert [each.seq for each in receiver.taken] == called


def bad_manners(seed: int) -> Callable[[str, str, str], int]:
    """Fails, closes, is overloaded and redirects, by chance, and takes half of what comes."""
    chance = random.Random(seed)
    return lambda *_: chance.choice((204, 200, 204, 204, 500, 400, 503, 302, -1))


@pytest.mark.parametrize("seed", range(3))
def test_a_receiver_of_bad_manners_is_told_everything_in_order_through_restarts(data: Path, seed: int):
    clock, chance = Clock(), random.Random(seed)
    with receiving(bad_manners(seed)) as receiver:
        each = sender(data, receiver.url, clock=clock)
        for _ in range(ROUNDS_MAX):
            if nothing_waits(data):
                break
            each.round(threading.Event())
            clock.now += STEP
            with Outbox(data) as outbox:
                outbox.revive("city")  # a person tries again what was given up
            if chance.random() < 0.2:
                each = sender(data, receiver.url, clock=clock)
        check_told(data, receiver.taken)


def test_a_receiver_that_is_away_for_a_week_loses_nothing_and_is_asked_seldom(data: Path):
    clock = Clock()
    with receiving(lambda *_: 503) as receiver:
        each = sender(data, receiver.url, clock=clock)
        for _ in range(7 * 24 * 2):
            each.round(threading.Event())
            clock.now += STEP // 2
        asked = len(receiver.received)
        assert 100 < asked < 250  # once an hour at the end, not at each of 336 rounds
        with Outbox(data) as outbox:
            backlog, found = outbox.backlog("city"), outbox.receiver("city")
            assert (backlog.dead, backlog.waiting) == (0, len(records_of(data)))
            assert found
            assert "503" in found.trouble
        receiver.manners = lambda *_: 204
        run(each, clock, lambda: nothing_waits(data))
        check_told(data, receiver.taken)
        with Outbox(data) as outbox:
            found = outbox.receiver("city")
            assert found
            assert (found.trouble, found.since) == ("", 0)


def test_what_one_refuses_for_ever_is_given_up_and_stops_its_own_ticket_alone(data: Path):
    clock = Clock()
    ticket = next(record.event.ticket for record in records_of(data) if record.kind == "TicketIssued")  # pyright: ignore
    with receiving(lambda _path, _id, body: 400 if ticket in body else 204) as receiver:
        each = sender(data, receiver.url, clock=clock)
        others = sum(ticket not in record.body for record in records_of(data))
        run(each, clock, lambda: len(receiver.taken) == others)
        for _ in range(2 * runner.TRIES_MAX):
            each.round(threading.Event())
            clock.now += STEP
        tried = [got for got in receiver.received if ticket in got.body]
        assert len(tried) == runner.TRIES_MAX
        assert len({got.id for got in tried}) == 1  # what follows of the ticket waits behind it
        with Outbox(data) as outbox:
            assert outbox.backlog("city").dead == 1
            receiver.manners = lambda *_: 204
            assert outbox.revive("city") == 1
        run(each, clock, lambda: nothing_waits(data))
        check_told(data, receiver.taken)


def test_one_message_that_a_receiver_hangs_on_does_not_stop_the_others(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    clock = Clock()
    ticket = next(record.event.ticket for record in records_of(data) if record.kind == "TicketIssued")  # pyright: ignore
    post = webhooks.post

    def impatient(
        webhook: Webhook, message: webhooks.Delivery, secrets: list[bytes], now: int
    ) -> webhooks.Answer:
        """With the one that hangs; however busy this machine is, another is answered in the end."""
        monkeypatch.setattr(webhooks, "TIMEOUT_SECONDS", 0.02 if ticket in message.body else PATIENCE)
        return post(webhook, message, secrets, now)

    monkeypatch.setattr(webhooks, "post", impatient)
    with receiving(lambda _path, _id, body: 0 if ticket in body else 204) as receiver:
        others = sum(ticket not in record.body for record in records_of(data))
        run(
            sender(data, receiver.url, clock=clock),
            clock,
            lambda: len({got.id for got in receiver.taken}) == others,
        )


def test_one_that_says_gone_is_paused(data: Path):
    clock = Clock()
    with receiving(lambda *_: 410) as receiver:
        each = sender(data, receiver.url, clock=clock)
        for _ in range(3):
            each.round(threading.Event())
            clock.now += STEP
        assert len(receiver.received) == 1
        with Outbox(data) as outbox:
            found = outbox.receiver("city")
            assert found
            assert found.paused


def test_a_paused_receiver_is_sent_nothing_and_misses_nothing(data: Path):
    clock = Clock()
    with receiving() as receiver:
        each = sender(data, receiver.url, clock=clock)
        with Outbox(data) as outbox:
            outbox.pause("city", True)
        each.round(threading.Event())
        assert receiver.received == []
        with Outbox(data) as outbox:
            assert outbox.backlog("city").waiting == len(records_of(data))
            outbox.pause("city", False)
        run(each, clock, lambda: nothing_waits(data))
        check_told(data, receiver.taken)


# --- a log restored from a backup


def test_after_a_restore_the_events_that_took_others_places_are_told_too(data: Path):
    clock = Clock()
    with receiving() as receiver:
        each = sender(data, receiver.url, clock=clock)
        backup = (data / LOG_NAME).read_bytes()
        more = Diary(data / LOG_NAME)
        more.write(more.batch(1, 3))
        more.log.close()
        run(each, clock, lambda: nothing_waits(data))
        lost = sorted(receiver.taken, key=lambda got: got.seq)[-3:]
        for file in data.glob("*"):
            if file.name.startswith((LOG_NAME, "witness", "site")):
                file.unlink()
        (data / LOG_NAME).write_bytes(backup)
        again = Diary(data / LOG_NAME)
        again.write(again.batch(50, 2))
        again.log.close()
        told = len(receiver.taken)
        run(each, clock, lambda: nothing_waits(data))
        new = sorted(receiver.taken[told:], key=lambda got: got.seq)
        assert [got.seq for got in new] == [got.seq for got in lost[:2]]
        assert not {got.id for got in new} & {got.id for got in lost}


def test_a_log_that_holds_nothing_of_what_was_told_stops_the_receiver_in_words(data: Path):
    with receiving() as receiver:
        each = sender(data, receiver.url)
        with Outbox(data) as outbox:
            outbox.rewind("city", Head(5, b"other"))
        with pytest.raises(DeliveryError) as caught:
            each.round(threading.Event())
        assert caught.value.code == "lost-place"
        with Outbox(data) as outbox:
            outbox.begin("else", "elsewhere", Head(0, b""))
        with pytest.raises(DeliveryError) as caught:
            Sender("county", data, Webhook("else", receiver.url)).round(threading.Event())
        assert caught.value.code == "other-site"
        assert receiver.received == []


# --- the process


def test_one_process_a_folder(tmp_path: Path):
    with (
        only_process(tmp_path),
        pytest.raises(DeliveryError, match="deliver") as caught,
        only_process(tmp_path),
    ):
        pass
    assert caught.value.code == "in-use"
    with only_process(tmp_path):
        pass


def test_a_look_makes_nothing_and_keeps_no_process_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert not is_running(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with only_process(tmp_path):
        assert is_running(tmp_path)
    looking = owner_only.lock(tmp_path / runner.LOCK_NAME)  # a look, caught in its instant
    monkeypatch.setattr(runner.time, "sleep", lambda _: os.close(looking))
    with only_process(tmp_path):
        assert is_running(tmp_path)


def test_twin_a_process_that_does_not_wait_is_turned_away_by_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runner, "LOOK_SECONDS", -1.0)
    looking = owner_only.lock(tmp_path / runner.LOCK_NAME)
    with pytest.raises(DeliveryError), only_process(tmp_path):
        pass
    os.close(looking)


def test_a_follower_tells_a_trouble_once_and_outlives_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(runner, "AFTER_TROUBLE_SECONDS", 0.001)
    stop, rounds = threading.Event(), iter(range(9))

    def failing(stop: threading.Event) -> float:
        if (n := next(rounds)) < 3:
            raise RecordsError("disk-full")
        if n < 6:
            raise ZeroDivisionError("a bug")
        stop.set()
        return 0

    follow("records", failing, stop)
    told = [each.getMessage() for each in caplog.records]
    assert len([words for words in told if "磁盘已满" in words]) == 1
    assert len([words for words in told if "a bug" in words]) == 1
    assert len([words for words in told if "恢复" in words]) == 1


@pytest.fixture
def hall(tmp_path: Path) -> Callable[[dict[str, WebhookReceiver]], Path]:
    def written(receivers: dict[str, WebhookReceiver]) -> Path:
        hooks = [
            f'[[webhook]]\nid = "{name}"\nurl = "{each.url}"\nprivate = true\n'
            for name, each in receivers.items()
        ]
        path = tmp_path / "hall.toml"
        path.write_text(GOOD + "\n".join(hooks), encoding="utf-8")
        return path

    return written


class Process:
    """`hallcall deliver` as one starts it."""

    def __init__(self, hall: Path, data: Path) -> None:
        line = [sys.executable, "-m", "caller.cli", "deliver", str(hall), "--data", str(data)]
        self._process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        self.ready = self._process.stdout.readline()

    def end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        code = self._process.wait(PATIENCE)
        self._process.communicate()
        return code


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_killed_again_and_again_it_tells_everything_and_keeps_the_records(
    data: Path, hall: Callable[[dict[str, WebhookReceiver]], Path]
):
    """kill -9 while it sends, several times; ended in order at last."""
    total = len(records_of(data))
    with receiving() as good, receiving(lambda *_: 503) as away:
        sender(data, good.url)
        path = hall({"city": good, "tax": away})
        for part in (0.2, 0.5, 0.8):
            process = Process(path, data)
            assert process.ready == "deliver ready records, city, tax\n"
            until(lambda part=part: len(good.received) >= part * total)
            process.end(signal.SIGKILL)
        process = Process(path, data)
        until(lambda: nothing_waits(data) and (data / RECORDS_NAME).exists())
        assert process.end(signal.SIGTERM) == 0
        check_told(data, good.taken)
        assert away.taken == []


# --- a disk that fills


def test_where_little_room_is_left_deliveries_stop_and_say_so_and_go_on_when_there_is_some(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    clock = Clock()
    with receiving() as receiver:
        each = sender(data, receiver.url, clock=clock)
        monkeypatch.setattr(errors, "free_mib", lambda _: errors.KEPT_FOR_LOG_MIB - 1)
        with pytest.raises(DeliveryError) as told:
            each.round(threading.Event())
        assert told.value.code == "disk-full"
        with pytest.raises(RecordsError):
            runner.records_of(data)(threading.Event())
        assert receiver.received == []
        assert not (data / RECORDS_NAME).exists()
        with Outbox(data) as outbox:
            row = outbox.receiver("city")
            assert row is not None
            assert "磁盘已满" in row.trouble
        more = Diary(data / LOG_NAME)
        more.write(more.batch(1, 3))  # the hall goes on
        more.log.close()
        monkeypatch.undo()
        run(each, clock, lambda: nothing_waits(data))
        check_told(data, receiver.taken)
        with Outbox(data) as outbox:
            row = outbox.receiver("city")
            assert row is not None
            assert row.trouble == ""


def test_a_file_system_that_is_full_loses_no_event(data: Path, monkeypatch: pytest.MonkeyPatch):
    """SQLite itself says that there is no room, in the middle of what is taken in."""
    clock, real = Clock(), Outbox.__init__
    with receiving() as receiver:
        each = sender(data, receiver.url, clock=clock)

        def full(self: Outbox, data: Path) -> None:
            real(self, data)
            pages = self._connection.execute("pragma page_count").fetchone()[0]
            self._connection.execute(f"pragma max_page_count={pages + 1}")

        monkeypatch.setattr(Outbox, "__init__", full)
        with pytest.raises(DeliveryError) as told:
            each.round(threading.Event())
        assert told.value.code == "disk-full"
        monkeypatch.setattr(Outbox, "__init__", real)
        run(each, clock, lambda: nothing_waits(data))
        check_told(data, receiver.taken)
