"""The outbox: cursor and messages of one piece, the order of each ticket, and nothing of another version touched."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from caller.delivery import outbox as outbox_module
from caller.delivery.outbox import DAY, KEPT_DAYS, OUTBOX_NAME, Backlog, Delivery, DeliveryError, Outbox
from caller.eventlog import Head, LogError

NOW = 1_790_000_000_000_000
LONGEST = 3_600_000_000
START = Head(0, b"start")


def message(seq: int, subject: str = "ticket/a") -> Delivery:
    return Delivery("city", seq, f"county-{seq}", bytes([seq]), subject, "TicketCalled", "{}")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path) as box:
        box.begin("city", "county", START)
        yield box


def due(outbox: Outbox, now: int = NOW) -> list[int]:
    return [each.seq for each in outbox.due("city", now, LONGEST, 100)]


def test_a_kill_between_messages_and_cursor_leaves_neither(outbox: Outbox):
    def killed() -> Iterator[Delivery]:
        yield message(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outbox.add("city", Head(2, b"two"), killed())
    found = outbox.receiver("city")
    assert (found and found.head, due(outbox)) == (START, [])
    outbox.add("city", Head(2, b"two"), [message(1), message(2, "ticket/b")])
    found = outbox.receiver("city")
    assert (found and found.head, due(outbox)) == (Head(2, b"two"), [1, 2])


def test_a_message_added_twice_is_there_once_and_stays_sent(outbox: Outbox):
    outbox.add("city", Head(1, b"one"), [message(1)])
    outbox.sent(message(1), NOW)
    outbox.add("city", Head(1, b"one"), [message(1)])
    assert due(outbox) == []


def test_one_message_of_a_ticket_at_a_time_and_a_dead_one_stops_its_own_ticket_alone(outbox: Outbox):
    outbox.add(
        "city", Head(4, b"4"), [message(1), message(2), message(3, "ticket/b"), message(4, "ticket/b")]
    )
    assert due(outbox) == [1, 3]
    outbox.again(message(1), "500", NOW + 5)
    assert due(outbox) == [3]  # the second of the ticket does not overtake the first
    outbox.dead(message(1), "500", NOW)
    outbox.sent(message(3, "ticket/b"), NOW)
    assert due(outbox) == [4]
    assert outbox.backlog("city") == Backlog(2, 2, 1)
    assert outbox.revive("city") == 1
    assert due(outbox) == [1, 4]


def test_without_the_look_at_earlier_messages_a_ticket_is_told_out_of_order(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        outbox_module, "DUE", outbox_module.DUE.replace("(e.seq, e.part)<(m.seq, m.part)", "e.seq<0")
    )
    outbox.add("city", Head(2, b"2"), [message(1), message(2)])
    outbox.again(message(1), "500", NOW + 5)
    assert due(outbox) == [2]


def test_a_skipped_message_lets_what_follows_go_on(outbox: Outbox):
    outbox.add("city", Head(2, b"2"), [message(1), message(2)])
    assert not outbox.skip("city", 1, NOW)  # it has not been given up
    outbox.dead(message(1), "400", NOW)
    assert outbox.skip("city", 1, NOW)
    assert due(outbox) == [2]


def test_a_wait_that_a_clock_set_back_made_long_is_over(outbox: Outbox):
    outbox.add("city", Head(1, b"1"), [message(1)])
    outbox.again(message(1), "500", NOW + LONGEST)
    assert due(outbox) == []
    assert due(outbox, NOW - DAY) == [1]


def test_sent_messages_are_dropped_after_their_days_and_dead_ones_stay(outbox: Outbox):
    outbox.add("city", Head(2, b"2"), [message(1), message(2, "ticket/b")])
    outbox.sent(message(1), NOW)
    outbox.dead(message(2, "ticket/b"), "400", NOW)
    assert outbox.drop_old("city", NOW + KEPT_DAYS * DAY) == 0
    assert outbox.drop_old("city", NOW + KEPT_DAYS * DAY + 1) == 1
    assert [each.seq for each in outbox.heads("city")] == [2]


def test_two_receivers_know_nothing_of_each_other(outbox: Outbox):
    outbox.begin("tax", "county", START)
    outbox.add("city", Head(1, b"1"), [message(1)])
    outbox.add("tax", Head(1, b"1"), [message(1)._replace(receiver="tax")])
    outbox.dead(message(1), "400", NOW)
    assert [each.seq for each in outbox.due("tax", NOW, LONGEST, 9)] == [1]
    assert [each.name for each in outbox.receivers()] == ["city", "tax"]


def test_what_is_wrong_is_kept_with_the_instant_it_began(outbox: Outbox):
    outbox.note("city", "away", NOW)
    outbox.note("city", "away", NOW + 5)
    found = outbox.receiver("city")
    assert found
    assert (found.trouble, found.since) == ("away", NOW)
    outbox.note("city", "", NOW + 9)
    found = outbox.receiver("city")
    assert found
    assert (found.trouble, found.since) == ("", 0)


def test_an_unknown_receiver_is_named(outbox: Outbox):
    for verb in (lambda: outbox.pause("x", True), lambda: outbox.renew_secret("x", NOW)):
        with pytest.raises(DeliveryError, match="x") as caught:
            verb()
        assert caught.value.code == "no-receiver"


def test_a_file_of_a_newer_version_is_not_touched(tmp_path: Path):
    with sqlite3.connect(tmp_path / OUTBOX_NAME) as database:
        database.execute("pragma user_version=99")
    database.close()
    with pytest.raises(LogError) as caught:
        Outbox(tmp_path)
    assert caught.value.code == "newer"


OLDER = """
create table receiver (name text primary key not null, site text not null, seq integer not null, hash blob not null,
    paused integer not null, secret integer not null, renewed integer not null, sent integer not null,
    trouble text not null, since integer not null) strict;
create table message (receiver text not null, seq integer not null, id text not null, hash blob not null,
    subject text not null, kind text not null, body text not null, state text not null, tries integer not null,
    due integer not null, detail text not null, ended integer not null, primary key (receiver, seq))
    strict, without rowid;
create index unsent on message (receiver, subject, seq) where state <> 'sent';
create index ended on message (receiver, ended) where state = 'sent';
pragma user_version=1;
insert into receiver values ('city', 'county', 4, x'05', 0, 2, 7, 9, 'away', 3);
insert into message values ('city', 3, 'county-3', x'03', 'ticket/a', 'TicketCalled', '{}', 'sent', 0, 0, '', 5),
    ('city', 4, 'county-4', x'04', 'ticket/a', 'TicketCalled', '{"a":1}', 'waiting', 2, 0, '503', 0);
"""


def test_a_file_of_the_version_before_goes_on_with_all_that_waits(tmp_path: Path):
    with sqlite3.connect(tmp_path / OUTBOX_NAME) as database:
        database.executescript(OLDER)
    database.close()
    with Outbox(tmp_path) as box:
        found = box.receiver("city")
        assert found
        assert (found.head, found.secret, found.trouble, found.persons) == (Head(4, b"\5"), 2, "away", False)
        (waiting,) = box.due("city", NOW, LONGEST, 9)
        assert (waiting.seq, waiting.tries, waiting.body, waiting.part) == (4, 2, '{"a":1}', 0)
        box.sent(waiting, NOW)
    with Outbox(tmp_path) as box:
        assert [each.seq for each in box.messages("city", "sent", 9)] == [3, 4]


def steps(outbox: Outbox, work: Callable[[], object]) -> int:
    """The database's own steps of some work, in tens."""
    counted: list[int] = []
    outbox._connection.set_progress_handler(lambda: counted.append(1), 10)
    work()
    outbox._connection.set_progress_handler(None, 0)
    return len(counted)


def test_what_is_not_sent_is_found_without_reading_a_month_of_what_was(outbox: Outbox):
    asked: list[Callable[[], object]] = [
        lambda: due(outbox),
        lambda: outbox.revive("city"),
        lambda: outbox.messages("city", "dead", 9),
        lambda: outbox.messages("city", "sending", 9),
        lambda: outbox.backlog("city"),
    ]

    def read_all() -> object:  # the twin
        return outbox.messages("city", "sent", 9_999)

    first = [steps(outbox, each) for each in [*asked, read_all]]
    outbox.add("city", Head(250, b"250"), [message(seq) for seq in range(1, 251)])
    for seq in range(1, 251):
        outbox.sent(message(seq), NOW)
    *then, all_read = [steps(outbox, each) for each in [*asked, read_all]]
    assert [more - less for less, more in zip(first, then, strict=False) if more - less > 5] == []
    assert all_read - first[-1] > 250


def test_who_reads_waits_for_no_writer_and_who_writes_does(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox_module, "BUSY_SECONDS", 0)
    writer = sqlite3.connect(outbox.path, isolation_level=None)
    writer.execute("begin immediate")
    with Outbox(tmp_path) as box:
        assert box.receivers() == outbox.receivers() != []
        with pytest.raises(DeliveryError, match="locked"):  # the twin: there was a writer
            box.pause("city", True)
    writer.close()


def test_only_its_owner_may_read_it(outbox: Outbox):
    assert outbox.path.stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path):
    (tmp_path / OUTBOX_NAME).write_text("x" * 5000)
    with pytest.raises(DeliveryError) as caught:
        Outbox(tmp_path)
    assert caught.value.code == "failed"
