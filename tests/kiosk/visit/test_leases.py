"""The book of numbers a kiosk may give alone: pure, its clocks in the test's hand."""

from typing import Any

import pytest
from msgspec.structs import replace

from caller.engine.commands import TakeTicket
from config.instants import HOUR, MINUTE, instant
from config.settings import Settings
from kiosk.visit import leases
from kiosk.visit.leases import ClockReading, GivenAlone, Granted, Heard, LeaseBook, MergeAnswered
from tests.instruments.kiosk_halls import small_hall

DAY = "2026-09-21"
NINE = instant(DAY, "09:00", "Asia/Shanghai")
LEASE = Granted("lease-1", DAY, NINE + 4 * HOUR, NINE + 8 * HOUR, NINE + HOUR, {"A": [(96, 97), (90, 91)]})
TAKE = TakeTicket(queue="A")


def clocks(minutes: float, boot: str = "one", wall: float | None = None) -> ClockReading:
    return ClockReading(
        round(minutes * MINUTE), boot, NINE + round((minutes if wall is None else wall) * MINUTE)
    )


def held() -> LeaseBook:
    return leases.read([LEASE, Heard(NINE, clocks(0))])


def give(book: LeaseBook, asked: str, reading: ClockReading, hall: Settings | None = None) -> Any:
    found = book.give(hall or small_hall(), asked, TAKE, "ticket-" + asked, reading)
    if isinstance(found, GivenAlone) and found not in book.given:
        book.add(found)
    return found


def test_numbers_come_from_the_front_of_the_ranges_until_they_are_used_up():
    book = held()
    numbers = [give(book, f"ask-{n}", clocks(5)) for n in range(5)]
    assert [each.number for each in numbers[:4]] == ["A096", "A097", "A090", "A091"]
    assert numbers[4] == "alone-used-up"


def test_what_was_asked_for_already_gets_its_number_again():
    book = held()
    assert give(book, "ask-1", clocks(5)) is give(book, "ask-1", clocks(6))
    assert len(book.given) == 1


def test_an_origin_is_the_last_contact_plus_what_a_clock_that_nobody_sets_says():
    given = give(held(), "ask-1", clocks(5, wall=-500))
    assert (given.contact, given.since, given.origin) == (NINE, 5 * MINUTE, NINE + 5 * MINUTE)
    assert (given.merge.contact, given.merge.since, given.merge.replaces) == (NINE, 5 * MINUTE, "ask-1")


@pytest.mark.parametrize(
    ("boot", "elapsed", "wall", "now"),
    [
        ("one", 5, 5, 5),
        ("one", 5, -99, 5),  # the wall clock does not count
        ("two", 1, 30, 30),  # switched off and on: the wall clock tells how long
        ("two", 1, 3, 4),  # and is never before what was given last
        ("two", 1, -99, None),  # a battery that died tells nothing
    ],
)
def test_the_caller_s_time_is_known_without_it(boot: str, elapsed: float, wall: float, now: float | None):
    book = held()
    give(book, "ask-1", clocks(4))
    found = book.now(clocks(elapsed, boot, wall))
    assert found == (None if now is None else NINE + round(now * MINUTE))
    assert book.runs(clocks(elapsed, boot, wall)) == (now is not None)


@pytest.mark.parametrize(("minutes", "runs"), [(239, True), (240, True), (241, False)])
def test_a_lease_ends_by_time(minutes: float, runs: bool):
    assert held().runs(clocks(minutes)) is runs
    assert isinstance(give(held(), "ask-1", clocks(minutes)), GivenAlone) is runs


def test_and_with_the_day_s_last_ticket():
    book = leases.read([replace(LEASE, until=NINE + 24 * HOUR), Heard(NINE, clocks(0))])
    assert book.runs(clocks(479))
    assert give(book, "ask-1", clocks(480)) == "alone-over"


def test_a_queue_gives_in_its_own_hours_only():
    hall = small_hall()
    queues = tuple(replace(each, hours=[("09:00", "09:30")]) for each in hall.queues)
    assert give(held(), "ask-1", clocks(31), replace(hall, queues=queues)) == "alone-closed"
    assert give(held(), "ask-1", clocks(29), replace(hall, queues=queues)).number == "A096"


def test_rules_that_cannot_be_looked_up_are_told():
    hall = small_hall()
    queues = tuple(replace(each, quota=3) for each in hall.queues)
    rules = replace(hall.rules, one_live_ticket=False)
    assert give(held(), "ask-1", clocks(1), replace(hall, queues=queues)).unchecked == [
        "quota",
        "live-ticket",
    ]
    assert give(held(), "ask-1", clocks(1), replace(hall, rules=rules)).unchecked == []


def test_a_book_read_again_is_the_same_and_one_with_a_hole_gives_nothing_but_still_tells():
    book = held()
    for n in range(3):
        give(book, f"ask-{n}", clocks(n))
    book.add(MergeAnswered("ticket-ask-0"))
    again = leases.read(book.kept())
    assert again == book
    assert [each.ticket for each in again.pending] == ["ticket-ask-1", "ticket-ask-2"]
    holed = leases.read([LEASE, None, *book.given])
    assert give(holed, "ask-9", clocks(5)) == "alone-over"
    assert len(holed.pending) == 3


def test_a_new_lease_forgets_what_was_told_of_the_old_one_only():
    book = held()
    for n in range(2):
        give(book, f"ask-{n}", clocks(n))
    book.add(MergeAnswered("ticket-ask-0"))
    book.add(replace(LEASE, lease="lease-2"))
    assert [each for each in book.kept() if isinstance(each, GivenAlone)] == [book.given[1]]
    assert book.next_serial("A") == 96  # of a range that is new, whatever its figures


def test_a_lease_is_asked_for_at_first_and_renewed_when_it_is_time():
    assert LeaseBook().asks(clocks(0))
    assert not held().asks(clocks(59))
    assert held().asks(clocks(60))


def test_what_the_caller_answers_is_read():
    result = {"lease": "lease-1", "day": DAY, "until": LEASE.until, "stops_at": LEASE.stops_at,
              "renew": LEASE.renew, "ranges": {"A": [[96, 97], [90, 91]]}}  # fmt: skip
    assert leases.granted(result) == LEASE
    assert leases.granted({}) is None


def test_without_the_look_at_what_was_given_two_get_one_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(LeaseBook, "next_serial", lambda _book, _queue: 96)
    book = held()
    assert give(book, "ask-1", clocks(1)).number == give(book, "ask-2", clocks(1)).number
