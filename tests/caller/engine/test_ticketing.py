"""Taking a number and what may happen to it while it waits."""

import msgspec
import pytest

from caller.engine import commands as cmd
from caller.engine import windows
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.engine.wait_forecast import Forecast
from config.instants import MINUTE
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


def test_each_field_of_an_issued_number_is_what_its_name_says():
    """Event and ticket are made by place, so a field put in another's place is looked for here."""
    stage = Stage(queues=(Queue("A", "社保", hours=[("08:00", "10:00")], band_quota=9), Queue("B", "房产")))
    stage.open("1").take("A")
    stage.hall.forecast = Forecast(stage.now, {"A": [(stage.now + 60 * MINUTE, stage.now + 17 * MINUTE)]}, {})
    command = cmd.TakeTicket(items=["i1", "i2"], priority="elderly", person="hash", window="1", client="firm")
    stage.do(command)
    event = stage.events[-1][2]
    issued = {"type": "TicketIssued", "ticket": "id-000004", "number": "A002", "serial": 2, "queue": "A",
              "priority": "elderly", "origin": stage.now, "promise": stage.now + 15 * MINUTE, "ahead": 0,
              "items": ["i1", "i2"], "window": "1", "person": "hash", "appointment": "",
              "low": 10, "high": 25, "expected": 17 * 60, "band": 0, "client": "firm", "errand": 1, "voucher": "", "via": "", "arrive_by": 0,
              "first_visit": 0, "kiosk": "", "lease": "", "unchecked": [], "replaces": "", "on_sheet": False}  # fmt: skip
    assert {"type": "TicketIssued"} | msgspec.structs.asdict(event) == issued
    ticket = msgspec.structs.asdict(stage.hall.state.tickets["id-000004"])
    told = {"low": 10, "high": 25, "expected": 17 * 60, "person": "hash", "bound": "1", "pending": ["i1", "i2"],
            "id": "id-000004", "series": "A", "state": "waiting", "issued": stage.now, "since": stage.now}  # fmt: skip
    same = (
        "number", "serial", "queue", "priority", "origin", "promise", "items", "appointment", "client", "errand",
    )  # fmt: skip
    assert {name: ticket[name] for name in (*told, *same)} == told | {name: issued[name] for name in same}
    assert not any(ticket[name] for name in ticket.keys() - told.keys() - set(same))


def _ahead(stage: Stage) -> tuple[int, int]:
    """How many a newcomer to B is told are ahead, and what a hall would tell that was just loaded."""
    envelope = CommandEnvelope("newcomer", cmd.TakeTicket(queue="B"))
    fresh = Hall.load(stage.hall.settings, stage.hall.dump())
    told = [hall.decide(envelope, stage.now)[0] for hall in (stage.hall, fresh)]
    return told[0].ahead, told[1].ahead  # pyright: ignore[reportAttributeAccessIssue]


def _windows_come_and_go() -> list[tuple[int, int]]:
    """Twenty wait for A and one for B: window 1 calls both, window 3 calls B alone."""
    stage = Stage()
    for _ in range(20):
        stage.take("A")
    stage.take("B")
    stage.later(1)
    found = [_ahead(stage)]
    for change in (cmd.OpenWindow("1", "one"), cmd.OpenWindow("3", "three"), cmd.CloseWindow("3")):
        stage.do(change)
        found.append(_ahead(stage))
    return found


def test_who_is_ahead_follows_the_windows_that_open_and_close():
    assert _windows_come_and_go() == [(1, 1), (21, 21), (1, 1), (21, 21)]


def test_without_forgetting_the_windows_of_a_queue_who_is_ahead_would_be_wrong(
    monkeypatch: pytest.MonkeyPatch,
):
    """The twin: the windows that serve a queue are kept for ever."""

    def seat(_hall: Hall, window: windows.WindowState, clerk: str, serves: dict[str, int]) -> None:
        window.clerk, window.serves = clerk, serves

    monkeypatch.setattr(Hall, "seat", seat)
    assert any(told != true for told, true in _windows_come_and_go())


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


def test_after_a_rotation_a_ticket_under_the_previous_hash_still_counts():
    stage = Stage().open("1")
    stage.do(cmd.TakeTicket(items=["i1"], person="old"))
    assert stage.refused(cmd.TakeTicket(items=["i1"], person="new.old")) == "live-ticket"
    stage.do(
        cmd.TakeTicket(items=["i1"], person="new")
    )  # the twin: without the previous hash it is not found


def test_what_is_made_after_a_rotation_stands_under_the_current_hash_only():
    stage = Stage().open("1")
    number = stage.do(cmd.TakeTicket(items=["i1"], person="new.old"))["number"]
    assert stage.find(number).person == "new"
    assert "old" not in str(stage.events)
    assert stage.refused(cmd.TakeTicket(items=["i1"], person="new")) == "live-ticket"


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
