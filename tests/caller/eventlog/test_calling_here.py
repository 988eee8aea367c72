"""What lies beside the log is changed on the PC that calls only, and who changed it waits until the other PC can have it."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caller.eventlog import calling_here
from caller.eventlog.calling_here import (
    CallingHere,
    StandsByError,
    asked_until,
    note_address,
    note_given,
    wait_given,
)
from caller.identity.account_file import Act
from caller.identity.account_store import AccountStore
from caller.identity.accounts import Account, AccountError
from caller.identity.enrolment import Stations
from caller.people.notify_numbers import NotifyNumbers
from caller.people.question_store import PublishedAnswer, QuestionStore
from caller.people.store import PEOPLE_NAME
from display.office.maintenance_store import MaintenanceStore, PaperStock
from tests.instruments.running_hall import until

NOW = datetime(2026, 3, 3, tzinfo=UTC)
ACT = Act("act-0001", "account-added", "account/1001", "uid:0", "test", 1)


def phone(data: Path) -> None:
    NotifyNumbers(data).leave("ticket/t-1", "13800000000", "zh", NOW)


def account(data: Path) -> None:
    store = AccountStore(data)
    try:
        store.add(Account("1001", roles=("clerk",)), "kuaile-zaochen", ACT)
    finally:
        store.close()


def question(data: Path) -> None:
    QuestionStore(data).publish(PublishedAnswer("1", "q", "a"))


def stock(data: Path) -> None:
    MaintenanceStore(data).set_stock(PaperStock("80 mm", 5, 1))


CHANGES = [phone, account, question, stock]


@pytest.mark.parametrize("change", CHANGES)
def test_on_a_pc_that_stands_by_nothing_is_said_to_be_kept(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """The twin: on the PC that calls the same is kept, and told to the other."""
    note_address(tmp_path, "postgresql:///hall")
    with pytest.raises((StandsByError, AccountError)) as refused:
        change(tmp_path)
    assert getattr(refused.value, "code", "stands-by") == "stands-by"
    calling, giving = CallingHere(tmp_path), Giving(tmp_path)
    change(tmp_path)
    giving.end()
    calling.end()
    assert giving.count == 1


class Giving:
    """What the caller's share loop does: it gives what is asked for, and says so."""

    def __init__(self, data: Path) -> None:
        self.count, self._data, self._over = 0, data, threading.Event()
        self._thread = threading.Thread(target=self._give, daemon=True)
        self._thread.start()

    def _give(self) -> None:
        while not self._over.wait(0.005):
            if until_when := asked_until(self._data):
                self.count += 1
                note_given(self._data, until_when)

    def end(self) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A file beside the log of a hall with two PCs."""
    note_address(tmp_path, "postgresql:///hall")
    path = tmp_path / PEOPLE_NAME
    path.write_bytes(b"x")
    return path


def test_those_who_wait_at_once_all_hear_of_it(changed: Path) -> None:
    heard: list[bool] = []
    waiting = [threading.Thread(target=lambda: heard.append(wait_given(changed))) for _ in range(8)]
    giving = Giving(changed.parent)
    for each in waiting:
        each.start()
    for each in waiting:
        each.join()
    giving.end()
    assert heard == [True] * 8


def test_a_database_that_is_away_and_a_large_file_are_not_waited_for(
    changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling_here, "GIVEN_SECONDS", 0.05)
    assert not wait_given(changed)
    assert asked_until(changed.parent), "it is asked for all the same, once the database is back"
    note_given(changed.parent, asked_until(changed.parent))
    monkeypatch.setattr(calling_here, "GIVEN_BYTES_MAX", 0)
    assert wait_given(changed)
    assert not asked_until(changed.parent)


def test_a_hall_with_one_pc_waits_for_nothing(tmp_path: Path) -> None:
    phone(tmp_path)
    assert not asked_until(tmp_path)


def test_the_caller_enrols_in_its_turn_and_asks_that_it_be_given(tmp_path: Path) -> None:
    book = Stations(tmp_path / "stations.db")
    note_address(tmp_path, "postgresql:///hall")
    giving = Giving(tmp_path)
    token = book.enrol("board", "hall", "now")
    giving.end()
    assert (giving.count, bool(token)) == (1, True)
    book.close()
    with sqlite3.connect(tmp_path / "stations.db") as file:
        assert file.execute("select count(*) from stations").fetchone() == (1,)


def test_it_calls_again_when_it_is_touched(tmp_path: Path) -> None:
    note_address(tmp_path, "postgresql:///hall")
    first = CallingHere(tmp_path)
    first.end()
    second = CallingHere(tmp_path)
    until(lambda: calling_here.calls_here(tmp_path), "a turn follows the one before")
    second.end()
