"""Taking a number and what may happen to it while it waits."""

from caller.engine import commands as cmd
from config.settings import Queue, Rules
from tests.instruments.engine_fixture import Stage


def test_numbers_are_a_series_per_queue():
    stage = Stage()
    assert [stage.take(queue) for queue in "AABAB"] == ["A001", "A002", "B001", "A003", "B002"]


def test_the_answer_tells_number_and_people_ahead():
    stage = Stage()
    stage.take("A")
    result = stage.do(cmd.TakeTicket(items=["i1"]))
    assert (result["number"], result["queue"], result["ahead"]) == ("A002", "A", 1)
    green = stage.do(cmd.TakeTicket(queue="A", priority="green"))
    assert green["ahead"] == 0


def test_unknown_things_are_refused_with_their_name():
    stage = Stage()
    assert stage.refused(cmd.TakeTicket(items=["zz"])) == "unknown-item"
    assert stage.refused(cmd.TakeTicket(queue="Z")) == "unknown-queue"
    assert stage.refused(cmd.TakeTicket()) == "no-item"
    assert stage.refused(cmd.TakeTicket(queue="A", priority="soldier")) == "unknown-priority"
    assert stage.refused(cmd.TakeTicket(queue="A", window="99")) == "unknown-window"
    assert stage.refused(cmd.TakeTicket(queue="A", window="1")) == "window-not-open"
    stage.open("3")
    assert stage.refused(cmd.TakeTicket(queue="A", window="3")) == "cannot-serve"


def test_one_live_ticket_per_person_and_item():
    stage = Stage().open("1")
    take = cmd.TakeTicket(items=["i1"], person="hash")
    stage.do(take)
    assert stage.refused(take) == "live-ticket"
    stage.do(cmd.TakeTicket(items=["i2"], person="hash"))
    stage.do(cmd.TakeTicket(items=["i1"], person="another"))
    stage.serve("1")
    stage.do(take)


def test_the_rule_of_one_live_ticket_can_be_off():
    stage = Stage(rules=Rules(one_live_ticket=False))
    stage.do(cmd.TakeTicket(items=["i1"], person="hash"))
    stage.do(cmd.TakeTicket(items=["i1"], person="hash"))


def test_daily_quota_bands_and_band_quota():
    queue = Queue("A", "社保", hours=[("09:00", "10:00"), ("14:00", "15:00")], quota=3, band_quota=2)
    stage = Stage(queues=(queue, Queue("B", "房产"), Queue("P", "缴费")))
    stage.take("A")
    stage.take("A")
    assert stage.refused(cmd.TakeTicket(queue="A")) == "band-quota-used"
    assert stage.later(60).refused(cmd.TakeTicket(queue="A")) == "queue-closed"
    stage.later(4 * 60).take("A")
    assert stage.refused(cmd.TakeTicket(queue="A")) == "quota-used"


def test_no_numbers_after_the_last_ticket_time_unless_hours_are_extended():
    stage = Stage()
    stage.later(7 * 60 + 46)  # 16:46
    assert stage.refused(cmd.TakeTicket(queue="A")) == "tickets-stopped"
    stage.do(cmd.ExtendHours(stage.now + 90 * 60_000_000))
    stage.take("A")


def test_stopping_numbers_keeps_serving():
    stage = Stage().open("1")
    stage.take("A")
    stage.do(cmd.StopTickets())
    assert stage.refused(cmd.TakeTicket(queue="A")) == "tickets-stopped"
    assert stage.refused(cmd.StopTickets()) == "tickets-stopped"
    stage.serve("1")


def test_cancel_while_waiting_held_and_missed():
    stage = Stage().open("1")
    numbers = [stage.take("A") for _ in range(3)]
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    stage.next("1")
    stage.press(cmd.HoldTicket, "1")
    for number in numbers:
        stage.do(cmd.CancelTicket(stage.find(number).id))
        assert stage.refused(cmd.CancelTicket(stage.find(number).id)) == "wrong-state"
    assert stage.hall.waiting["A"] == 0


def test_a_slip_report_is_counted_and_needs_a_ticket():
    stage = Stage()
    ticket = stage.find(stage.take("A")).id
    stage.do(cmd.ReportSlip(ticket, "printed"))
    stage.do(cmd.ReportSlip(ticket, "unknown", copy=1))
    assert stage.hall.state.counts["slips-printed"] == 1
    assert stage.refused(cmd.ReportSlip("zz", "printed")) == "unknown-ticket"


def test_postponing_needs_a_waiting_ticket():
    stage = Stage().open("1")
    number = stage.take("A")
    stage.next("1")
    assert stage.refused(cmd.PostponeTicket(stage.find(number).id, 5)) == "wrong-state"
