"""Two PCs with one log: the one that calls delivers, the other goes on from the cursors they share when it calls itself."""

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from caller.delivery import runner
from caller.delivery.outbox import OUTBOX_NAME, Outbox
from caller.delivery.runner import Sender
from caller.eventlog import LOG_NAME, Reader, calling_here, chain
from caller.eventlog.calling_here import (
    CALLS_NAME,
    STALE_SECONDS,
    CallingHere,
    UntilNotCalling,
    calls_here,
    note_address,
)
from caller.service.local_copy import keep_calling
from config.settings import Webhook
from tests.caller.delivery.test_runner import check_told
from tests.instruments.caller_fixture import run as bounded
from tests.instruments.caller_fixture import until
from tests.instruments.recorded_days import write_history
from tests.instruments.running_hall import until as until_now
from tests.instruments.webhook_receiver import WebhookReceiver, receiving


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with receiving() as each:
        yield each


@pytest.fixture
def pcs(tmp_path: Path) -> tuple[Path, Path]:
    """Data folders of two PCs whose log lies in one database; each has its copy of it."""
    one, two = tmp_path / "a", tmp_path / "b"
    one.mkdir()
    write_history(one, 23, 60)
    shutil.copytree(one, two)
    for each in (one, two):
        note_address(each, "postgresql:///hall")
    return one, two


class DeliveringPc:
    """What `hallcall deliver` runs on one PC, in a thread of this process."""

    def __init__(self, data: Path, url: str) -> None:
        self.data, self.stop, self.lost = data, threading.Event(), threading.Event()
        sender = Sender("county", data, Webhook("city", url, [], private=True))
        line = (data, self.stop, [sender], (), self.lost.set)
        self._thread = threading.Thread(target=runner.run, args=line, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.stop.set()
        self._thread.join()


def begin(data: Path) -> int:
    """Let the receiver be told the log from its beginning; return the log's last event."""
    with Outbox(data) as outbox, Reader(data / LOG_NAME) as log:
        outbox.begin("city", log.site, chain.genesis(log.site))
        return log.last


def test_one_delivers_and_the_other_goes_on_from_the_shared_cursor(
    pcs: tuple[Path, Path], receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STANDBY_SECONDS", 0.02)
    one, two = pcs
    last = begin(one)
    calling = Caller(one)

    def manners(_path: str, _id: str, _body: str) -> int:
        if len(receiver.received) == last // 2:
            calling.end()
        return 200

    receiver.manners = manners
    first, second = DeliveringPc(one, receiver.url), DeliveringPc(two, receiver.url)
    assert first.lost.wait(60)
    first.end()
    assert last // 2 <= len(receiver.received) <= last // 2 + 1, "it is broken off between two messages"
    assert not (two / OUTBOX_NAME).exists(), "the one that stands by touches nothing that it is to take"
    shutil.copy(one / OUTBOX_NAME, two / OUTBOX_NAME)  # as `shared_files` hands it over
    other = Caller(two)
    try:
        until_now(lambda: done(two, last), "the other PC has told the rest")
    finally:
        second.end()
        other.end()
    check_told(one, receiver.received)
    assert len(receiver.received) == last, "and nothing twice, where the cursor was handed over"


class Caller:
    """What a caller that calls does beside it: it touches its lock."""

    def __init__(self, data: Path) -> None:
        self._over, self._calling = threading.Event(), CallingHere(data)
        threading.Thread(target=self._touch, daemon=True).start()

    def _touch(self) -> None:
        while not self._over.wait(0.2):
            self._calling.touch()

    def end(self) -> None:
        self._over.set()
        self._calling.end()


def done(data: Path, last: int) -> bool:
    with Outbox(data) as outbox:
        row = outbox.receiver("city")
        return bool(row and row.head.seq == last and not outbox.backlog("city").waiting)


def test_twin_without_the_guard_both_tell(
    pcs: tuple[Path, Path], receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "calls_here", lambda _: True)
    monkeypatch.setattr(calling_here, "calls_here", lambda _: True)
    last = max([begin(each) for each in pcs])
    both = [DeliveringPc(each, receiver.url) for each in pcs]
    until_now(lambda: all(done(each, last) for each in pcs), "both have told all")
    for each in both:
        each.end()
    assert len(receiver.received) == 2 * last


def test_a_caller_that_stands_still_or_is_gone_does_not_call(tmp_path: Path) -> None:
    assert calls_here(tmp_path), "there is no other"
    note_address(tmp_path, "postgresql:///hall")
    assert not calls_here(tmp_path)
    calling = CallingHere(tmp_path)
    until_not = UntilNotCalling(tmp_path, threading.Event())
    assert (calls_here(tmp_path), until_not.is_set()) == (True, False)
    for age in (STALE_SECONDS + 1, -STALE_SECONDS - 60):  # a clock that was set back believes nothing either
        then = time.time() - age
        os.utime(tmp_path / CALLS_NAME, times=(then, then))
        assert (calls_here(tmp_path), until_not.is_set()) == (False, True)
    calling.touch()
    assert calls_here(tmp_path)
    calling.end()
    assert not calls_here(tmp_path)


def test_it_calls_once_its_copy_has_the_log_and_not_while_it_is_cut_off(
    pcs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursors may stand where the other PC was: a copy that lacks those events would be told again from further back."""
    monkeypatch.setattr("caller.service.local_copy.TOUCH_SECONDS", 0.01)
    one, _ = pcs
    copied = [0]
    monkeypatch.setattr("caller.service.local_copy._copied_to", lambda _: copied[0])

    async def turn() -> None:
        cut_off = asyncio.Event()
        kept = asyncio.create_task(keep_calling(one, 5, lambda: not cut_off.is_set()))
        for seen in (3, 4):
            copied[0] = seen
            await asyncio.sleep(0.05)
            assert not calls_here(one)
        copied[0] = 5
        await until(lambda: calls_here(one), "the copy has all")
        cut_off.set()
        await asyncio.sleep(0.05)  # a touch that was under way
        os.utime(one / CALLS_NAME, times=(0, 0))
        await asyncio.sleep(0.1)
        assert not calls_here(one)
        cut_off.clear()
        await until(lambda: calls_here(one), "it is back")
        kept.cancel()
        await asyncio.gather(kept, return_exceptions=True)
        assert not calls_here(one)

    bounded(turn())
