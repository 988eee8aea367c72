"""Who comes for others (代办): one live ticket per person, item and client, and the count of errands (笔数)."""

from itertools import product

import pytest

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine import live_numbers, ticketing
from config.instants import MINUTE, instant
from config.settings import Queue
from tests.instruments.engine_fixture import Stage

PERSONS, CLIENTS, ITEMS = ("agent", "another", ""), ("", "firm", "child"), ("i1", "i2")


def take(client: str = "", person: str = "agent", item: str = "i1") -> cmd.TakeTicket:
    return cmd.TakeTicket(items=[item], person=person, client=client)


def errands(stage: Stage) -> list[int]:
    return [event.errand for _, _, event in stage.events if isinstance(event, ev.TicketIssued)]


def test_every_pair_of_tickets_collides_only_in_person_client_and_item():
    """Exhaustive: the second of any two is refused if and only if all three are the same, and one is known."""
    for first, second in product(product(PERSONS, CLIENTS, ITEMS), repeat=2):
        stage = Stage()
        stage.do(take(first[1], first[0], first[2]))
        command = take(second[1], second[0], second[2])
        if first == second and (first[0] or first[1]):
            code = "client-ticket" if first[1] else "live-ticket"
            assert stage.refused(command) == code, (first, second)
        else:
            stage.do(command)


def test_twin_without_the_client_in_the_rule_an_agent_gets_one_number_for_all(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(live_numbers, "client_of", lambda *_: "")
    stage = Stage()
    stage.do(take("firm"))
    assert stage.refused(take("child")) == "live-ticket"


def test_the_same_client_is_refused_with_the_number_held_until_that_has_ended():
    stage = Stage().open("1")
    number = stage.do(take("firm"))["number"]
    stage.do(take("child"))
    with pytest.raises(ticketing.Refused) as caught:
        stage.do(take("firm"))
    assert caught.value.facts == {"number": number, "ticket": stage.find(number).id}
    stage.serve("1")
    stage.do(take("firm"))


def test_the_errands_of_an_agent_are_counted_by_person_over_the_day_whatever_became_of_them():
    stage = Stage().open("1")
    first = stage.do(take("firm"))
    stage.do(cmd.CancelTicket(first["ticket"]))
    for command in (take("firm"), take("child", item="i2"), take(item="i1"), take("firm", person="another")):
        stage.do(command)
    stage.do(cmd.TakeTicket(queue="A", client="stranger's"))
    assert errands(stage) == [1, 2, 3, 0, 1, 1]
    assert [ticket.errand for ticket in stage.hall.state.tickets.values()] == errands(stage)


def test_the_count_begins_anew_with_the_day():
    stage = Stage()
    stage.do(take("firm"))
    stage.do(cmd.CloseDay(expire=True))
    stage.later(24 * 60).do(cmd.OpenDay("2026-09-22"))
    stage.do(take("firm"))
    assert errands(stage) == [1, 1]


def test_who_names_oneself_as_the_client_comes_for_oneself():
    stage = Stage()
    stage.do(cmd.TakeTicket(items=["i1"], person="new.old", client="old"))
    [ticket] = stage.hall.state.tickets.values()
    assert (ticket.client, ticket.errand) == ("", 0)
    assert stage.refused(take(person="new")) == "live-ticket"


def test_after_a_rotation_a_client_s_previous_hash_still_counts():
    stage = Stage()
    stage.do(take("old"))
    assert stage.refused(take("new.old")) == "client-ticket"
    stage.do(take("new"))  # the twin: without the previous hash it is not found


def test_an_agent_books_client_by_client_and_checks_in_for_the_client():
    queue = Queue("A", "社保", slot_quota=5)
    stage = Stage(queues=(queue, Queue("B", "房产"), Queue("P", "缴费")))
    day = "2026-09-22"
    slot = instant(day, "10:00", "Asia/Shanghai")

    def book(client: str, minutes: int = 0) -> cmd.BookAppointment:
        return cmd.BookAppointment("i1", slot + minutes * MINUTE, "agent", day, client)

    code = stage.do(book("firm"))["code"]
    stage.do(book("child", 30))
    stage.do(book("", 60))
    assert stage.refused(book("firm", 90)) == "person-booked"
    assert stage.refused(book("agent", 90)) == "person-booked"
    stage.do(cmd.CloseDay())
    stage.now = slot
    stage.do(cmd.OpenDay(day))
    stage.do(cmd.CheckIn(code))
    [ticket] = stage.hall.state.tickets.values()
    assert (ticket.person, ticket.client, ticket.errand) == ("agent", "firm", 1)


def test_an_event_of_an_older_version_is_one_for_oneself():
    old = ev.TicketIssued("t", "A001", 1, "A", "ordinary", 0, 0, person="hash")
    stage = Stage()
    stage.hall.apply(old, stage.now, stage.hall.seq + 1)
    assert stage.find("A001").client == ""
    assert stage.refused(cmd.TakeTicket(queue="A", person="hash")) == "live-ticket"
    stage.do(cmd.TakeTicket(queue="A", person="hash", client="firm"))
