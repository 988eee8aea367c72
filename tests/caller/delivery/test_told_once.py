"""Of two PCs with one log one alone tells a person, however late the other hears of it: a real database, a real gateway."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from caller.delivery.sms_gateway import GatewaySender
from caller.eventlog import LogError
from caller.eventlog.calling_here import note_address
from config.delivery_settings import Gateway
from tests.caller.delivery.test_notices import BODY, take
from tests.instruments.logged_stage import LoggedStage, messages, rounds, told_from_the_start
from tests.instruments.webhook_receiver import WebhookReceiver, receiving


@pytest.fixture
def gateway() -> Iterator[WebhookReceiver]:
    with receiving(lambda *_: 200) as each:
        yield each


class TwoPcs:
    """One who waits is called; the second PC has delivery.db as it was before. `address`: of the database of both."""

    def __init__(self, folder: Path, url: str, address: str) -> None:
        self.stage, self._url = LoggedStage(folder / "a"), url
        self.a = self._sender(folder / "a")
        told_from_the_start(self.a.data, self.a)
        take(self.stage)
        self.stage.open("1")
        self.stage.next("1")
        shutil.copytree(folder / "a", folder / "b")
        self.b = self._sender(folder / "b")
        for each in (self.a, self.b):
            note_address(each.data, address)

    def _sender(self, data: Path) -> GatewaySender:
        row = Gateway("sms", self._url, BODY, private=True)
        return GatewaySender(self.stage.settings, data, row, lambda: self.stage.now, lambda: 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").mkdir()
    return tmp_path


def states(sender: GatewaySender) -> list[tuple[str, str]]:
    return [(each.state, each.detail) for each in messages(sender.data, sender)]


def test_what_one_pc_has_sent_the_other_shows_in_doubt_and_sends_never(
    folder: Path, gateway: WebhookReceiver, empty_database: str
) -> None:
    pcs = TwoPcs(folder, gateway.url, empty_database)
    rounds(pcs.a)
    rounds(pcs.b)
    sent = len({each.body for each in gateway.received})
    assert sent == len(gateway.received) == len(states(pcs.a)) >= 1
    assert {state for state, _ in states(pcs.a)} == {"sent"}
    assert all(state == "unknown" and "另一台" in words for state, words in states(pcs.b))
    assert len(states(pcs.b)) == sent


def test_twin_two_that_ask_nobody_both_tell(folder: Path, gateway: WebhookReceiver) -> None:
    pcs = TwoPcs(folder, gateway.url, "")
    rounds(pcs.a)
    rounds(pcs.b)
    assert len(gateway.received) == 2 * len({each.body for each in gateway.received})


def test_what_has_certainly_not_gone_out_either_may_send(
    folder: Path, gateway: WebhookReceiver, empty_database: str
) -> None:
    pcs = TwoPcs(folder, gateway.url, empty_database)
    gateway.manners = lambda *_: 503  # busy
    rounds(pcs.a)
    assert {state for state, _ in states(pcs.a)} == {"waiting"}
    gateway.manners = lambda *_: 200
    rounds(pcs.b)
    assert {state for state, _ in states(pcs.b)} == {"sent"}


def test_while_the_database_is_away_nothing_goes_out_and_all_waits(
    folder: Path, gateway: WebhookReceiver
) -> None:
    pcs = TwoPcs(folder, gateway.url, "postgresql://hall@127.0.0.1:1/hall")
    with pytest.raises(LogError) as raised:
        rounds(pcs.a)
    assert raised.value.code == "no-database"
    assert (gateway.received, {state for state, _ in states(pcs.a)}) == ([], {"waiting"})
