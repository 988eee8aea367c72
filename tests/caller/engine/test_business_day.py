"""The business day opens and closes by event; clocks may do what they like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller.engine import commands as cmd
from caller.engine.hall import Hall
from caller.engine.refusals import Refused
from config.instants import instant
from config.settings import HallTable
from tests.instruments.engine_fixture import DAY, Stage, settings
from tests.instruments.hall_image import from_image, image

YEAR = 365 * 24 * 60


def test_numbers_restart_with_the_day_and_only_with_it():
    stage = Stage()
    stage.take("A")
    stage.later(2 * 24 * 60)  # two midnights without an event
    stage.hall.state.day.stops_at = stage.now + 1
    assert stage.take("A") == "A002"
    stage.do(cmd.CloseDay(expire=True))
    stage.do(cmd.OpenDay("2026-09-24"))
    stage.hall.state.day.stops_at = stage.now + 1
    assert stage.take("A") == "A001"


def test_a_days_label_is_used_once():
    stage = Stage()
    assert stage.refused(cmd.OpenDay("2026-09-22")) == "day-already-open"
    stage.do(cmd.CloseDay())
    assert stage.refused(cmd.OpenDay(DAY)) == "day-used"
    assert stage.refused(cmd.OpenDay("2026-13-45")) == "bad-time"


def test_closing_waits_for_everyone_or_expires_those_who_wait():
    stage = Stage().open("1")
    waiting, served = stage.take("A"), None
    assert stage.refused(cmd.CloseDay()) == "tickets-live"
    served = stage.take("A")
    assert stage.next("1") == waiting
    assert stage.refused(cmd.CloseDay(expire=True)) == "windows-serving"
    stage.press(cmd.FinishService, "1")
    stage.do(cmd.CloseDay(expire=True))
    kinds = [type(event).__name__ for _, _, event in stage.events[-3:]]
    assert kinds == ["TicketExpired", "WindowClosed", "DayClosed"]
    assert served
    assert [ticket.state for ticket in stage.hall.state.tickets.values()] == ["served", "expired"]


def test_who_is_still_served_is_named_by_window_and_not_sent_to_expiry():
    """With only those at windows left, `--expire` would be refused too: the refusal names where they are."""
    stage = Stage().open("1")
    stage.take("A")
    assert stage.next("1")
    with pytest.raises(Refused) as caught:
        stage.do(cmd.CloseDay())
    assert (caught.value.code, caught.value.facts) == ("windows-serving", {"windows": "1"})
    stage.take("A")  # now expiry helps one of them, and a second try names the window
    assert stage.refused(cmd.CloseDay()) == "tickets-live"
    assert stage.refused(cmd.CloseDay(expire=True)) == "windows-serving"


def test_a_missed_ticket_does_not_keep_the_hall_open():
    stage = Stage().open("1")
    stage.take("A")
    stage.next("1")
    stage.press(cmd.MarkNoShow, "1")
    stage.do(cmd.CloseDay())


def test_nothing_is_possible_on_a_closed_day():
    stage = Stage(opened=False)
    assert stage.refused(cmd.TakeTicket(queue="A")) == "day-not-open"
    assert stage.refused(cmd.CloseDay()) == "day-not-open"
    assert stage.refused(cmd.StopTickets()) == "day-not-open"
    assert stage.refused(cmd.ExtendHours(10**15)) == "day-not-open"


def test_extending_hours_needs_a_later_time_within_reason():
    stage = Stage()
    closes = stage.hall.state.day.closes_at
    assert stage.refused(cmd.ExtendHours(closes)) == "bad-time"
    assert stage.refused(cmd.ExtendHours(closes + 13 * 3_600_000_000)) == "bad-time"
    stage.do(cmd.ExtendHours(closes + 1))
    assert stage.hall.state.day.closes_at == closes + 1


@pytest.mark.parametrize("jump", [1 / 60, -1 / 60, 60, -60, 24 * 60, -24 * 60, 10 * YEAR, -10 * YEAR])
def test_a_clock_jump_neither_rolls_the_day_nor_makes_a_negative_wait(jump: float):
    stage = Stage().open("1")
    stage.hall.state.day.stops_at = 2**62
    first = stage.take("A")
    stage.later(jump)
    second = stage.take("A")
    stage.later(-2 * jump)
    assert stage.next("1") == first
    assert stage.press(cmd.FinishService, "1")["ticket"]
    assert stage.next("1") == second
    for ticket in stage.hall.state.tickets.values():
        assert ticket.called >= ticket.issued
    assert stage.hall.state.day.label == DAY
    assert second == "A002"


def test_a_day_after_a_wrong_clock_starts_from_the_right_one():
    stage = Stage()
    stage.later(10 * YEAR)
    stage.do(cmd.CloseDay())
    stage.later(-10 * YEAR + 24 * 60)
    stage.do(cmd.OpenDay("2026-09-22"))
    assert stage.hall.state.now == stage.now


def test_daylight_saving_is_the_zones_affair():
    assert instant("2026-03-29", "09:00", "Europe/Berlin") - instant(
        "2026-03-28", "09:00", "Europe/Berlin"
    ) == (23 * 3_600_000_000)
    skipped = instant("2026-03-29", "02:30", "Europe/Berlin")
    assert instant("2026-03-29", "01:59", "Europe/Berlin") < skipped
    assert skipped <= instant("2026-03-29", "03:30", "Europe/Berlin")


def test_a_hall_in_another_zone_opens_by_its_own_clock():
    hall = HallTable(site="berlin", name="柏林", zone="Europe/Berlin")
    stage = Stage(opened=False, hall=hall)
    stage.do(cmd.OpenDay("2026-03-29"))
    assert stage.hall.state.day.closes_at == instant("2026-03-29", "17:00", "Europe/Berlin")


def test_a_device_report_without_change_is_no_event():
    stage = Stage()
    report = cmd.ReportDevice("p1", "printer", "paper-out", "换纸")
    stage.do(report)
    seq = stage.hall.seq
    stage.do(report)
    assert stage.hall.seq == seq
    assert stage.hall.register.devices["p1"].state == "paper-out"


def test_a_device_is_in_its_state_since_it_came_into_it_whatever_is_said_of_it_later():
    stage = Stage()
    stage.do(cmd.ReportDevice("e4", "evaluator", "offline", "对方已断开"))
    since = stage.hall.register.devices["e4"].since
    stage.later(1)
    stage.do(cmd.ReportDevice("e4", "evaluator", "offline", "设备未插入"))
    assert (stage.hall.register.devices["e4"].since, stage.hall.register.devices["e4"].detail) == (
        since,
        "设备未插入",
    )
    stage.do(cmd.ReportDevice("e4", "evaluator", "ready"))
    assert stage.hall.register.devices["e4"].since > since


PRESSES = st.lists(
    st.sampled_from(
        ["take", "green", "next1", "next2", "start1", "finish1", "finish2", "miss1", "hold1", "back", "close"]
    ),
    max_size=40,
)


def play(stage: Stage, presses: list[str]) -> None:
    """Whatever is possible of a random script; refusals are fair."""
    for press in presses:
        stage.later(1)
        try:
            _press(stage, press)
        except Exception as error:
            if type(error).__name__ != "Refused":
                raise


def _press(stage: Stage, press: str) -> None:
    verbs = {"next": cmd.CallNext, "start": cmd.StartService, "finish": cmd.FinishService}
    verbs |= {"miss": cmd.MarkNoShow, "hold": cmd.HoldTicket}
    if press in ("take", "green"):
        stage.take("A", "ordinary" if press == "take" else "green")
    elif press == "back":
        for ticket in [t for t in stage.hall.state.tickets.values() if t.state == "missed"][:1]:
            stage.do(cmd.RequeueTicket(ticket.id))
    elif press == "close":
        stage.do(cmd.CloseDay(expire=True))
    else:
        stage.press(verbs[press[:-1]], press[-1])


@given(PRESSES)
def test_the_same_events_give_the_same_hall_and_a_checkpoint_is_the_fold(presses: list[str]):
    stage = Stage().open("1", "2")
    play(stage, presses)
    again = Hall(settings())
    half = len(stage.events) // 2
    for seq, at, event in stage.events[:half]:
        again.apply(event, at, seq)
    restored = from_image(settings(), image(again))
    for seq, at, event in stage.events[half:]:
        again.apply(event, at, seq)
        restored.apply(event, at, seq)
    assert image(again) == image(stage.hall) == image(restored)
    assert {name: list(line) for name, line in again.lines.items() if len(line)} == {
        name: list(line) for name, line in restored.lines.items() if len(line)
    }
