"""Leases of numbers: ranges at the end of a series, renewed, and what comes back of them."""

from typing import Any

import pytest
from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import deadlines, leases, ticketing
from caller.engine import lease_terms as terms
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.service.idempotency import HallStore
from caller.views import build
from config.instants import MINUTE
from config.settings import Kiosk, Queue
from tests.instruments.engine_fixture import AT_ONCE, DAY, Stage, at, settings

KIOSKS = (Kiosk("k1"), Kiosk("k2"))


def stage(**changes: Any) -> Stage:
    return Stage(kiosks=KIOSKS, **changes).open("1", "2")


def hold(hall: Stage, kiosk: str = "k1", lease: str = "") -> dict[str, Any]:
    return hall.do(terms.HoldLease(lease), "kiosk", kiosk)


def alone(hall: Stage, lease: dict[str, Any], number: str, **more: Any) -> terms.MergeTicket:
    """What a kiosk tells of a number it gave five minutes after the line broke, at the stage's instant."""
    told: dict[str, Any] = {"contact": hall.now, "since": 5 * MINUTE, "queue": number[0]} | more
    return terms.MergeTicket(lease["lease"], lease["day"], number=number, **told)


def merge(hall: Stage, command: terms.MergeTicket, id: str = "alone-01", kiosk: str = "k1") -> dict[str, Any]:
    return hall.do(command, "kiosk", kiosk, id)


def test_ranges_lie_at_the_end_of_the_series_one_below_the_other_and_a_connected_hall_shows_no_gap():
    hall = stage()
    first, second = hold(hall), hold(hall, "k2")
    assert first["ranges"]["A"] == [[960, 999]]  # 40: four hours at six minutes a number
    assert second["ranges"]["A"] == [[920, 959]]
    assert [hall.take("A") for _ in range(3)] == ["A001", "A002", "A003"]
    assert (first["day"], first["stops_at"]) == (DAY, hall.hall.state.day.stops_at)
    assert first["renew"] - hall.now == 60 * MINUTE
    assert first["until"] - hall.now == 240 * MINUTE


def test_a_range_is_as_long_as_the_rate_of_the_queue_and_the_share_of_its_digits_allow():
    hall = stage(queues=(Queue("A", "综合"), Queue("B", "短号", digits=2)))
    assert hold(hall)["ranges"]["B"] == [[91, 99]]  # a fifth of 99 for two kiosks
    for _ in range(30):
        hall.take("A")
    later = hold(hall.later(120), "k2")["ranges"]["A"]  # 15 an hour, for four
    assert later == [[960 - 60, 959]]


def test_what_is_renewed_stays_the_same_and_what_is_used_is_topped_up_below():
    hall = stage()
    lease = hold(hall)
    again = hold(hall.later(60), lease=lease["lease"])
    assert again["ranges"]["A"][0] == [960, 999]
    assert again["until"] == lease["until"] + 60 * MINUTE
    used = hold(stage_with_used(hall, again), lease=lease["lease"])
    assert used["ranges"]["A"][0] == [960, 999]
    assert used["ranges"]["A"][1][1] == 959


def stage_with_used(hall: Stage, lease: dict[str, Any]) -> Stage:
    hall.later(30)
    for serial in range(960, 990):
        merge(hall, alone(hall, lease, f"A{serial}"), f"alone-{serial}")
    return hall


def test_a_series_that_reaches_a_leased_range_passes_over_it_whatever_became_of_the_lease():
    hall = stage(queues=(Queue("A", "综合", digits=2), Queue("B", "房产")))
    assert hold(hall)["ranges"]["A"] == [[91, 99]]
    numbers = [hall.take("A") for _ in range(95)]
    assert numbers[89:92] == ["A90", "A100", "A101"]
    assert len(set(numbers)) == 95
    assert hold(hall, "k2")["ranges"]["A"][0][0] > 104  # no room below: above all that was given


def test_a_kiosk_that_comes_back_without_its_lease_burns_those_numbers_and_no_others():
    hall = stage()
    hold(hall)
    again = hold(hall)  # another disk
    assert again["ranges"]["A"] == [[920, 959]]
    ended = [e for _, _, e in hall.events if isinstance(e, terms.LeaseEnded)]
    assert [(e.kiosk, e.why, e.unused) for e in ended] == [("k1", "lost", 120)]  # 40 in each of three queues
    assert [(each.kiosk, each.unused) for each in leases.lost_since(hall.hall, hall.now - 1)] == [("k1", 120)]
    alerts = build(hall.hall, "supervise", hall.now)["alerts"]  # type: ignore[index]
    told = [each for each in alerts if each["code"] == "lease-lost"]
    assert [("k1" in each["zh"], "120" in each["zh"], each["light"]) for each in told] == [
        (True, True, "yellow")
    ]
    assert leases.lost_since(hall.hall, hall.now) == []


def test_a_lease_that_is_not_renewed_in_time_is_noted_and_told():
    hall = stage()
    hold(hall)
    assert not deadlines.to_note(hall.hall, hall.later(240).now)
    noted = deadlines.to_note(hall.hall, hall.later(1).now)
    assert [(each.kind, each.owner) for each in noted] == [("lease", "k1")]
    codes = {each["code"]: each["zh"] for each in build(hall.hall, "supervise", hall.now)["alerts"]}  # type: ignore[index]
    assert "k1" in codes["lease-over"]
    assert "120" in codes["lease-over"]


def lost(hall: Stage) -> list[tuple[str, list[str], int, str]]:
    document: Any = build(hall.hall, "supervise", hall.now)
    rows = document.get("lost", [])
    return [(each["kiosk"], each["numbers"][:1], each["unused"], each["why"]) for each in rows]


def test_the_numbers_that_a_lost_kiosk_had_in_hand_are_told_until_the_next_day():
    hall = stage()
    hold(hall)
    assert lost(hall) == []
    merge(hall, alone(hall, {"lease": held(hall), "day": DAY}, "A960"))
    hold(hall)  # another disk
    assert lost(hall.later(120)) == [("k1", ["A960–A999"], 119, "lost")]  # the alarm is over by now
    hall.do(cmd.CloseWindow("1"))
    hall.do(cmd.CloseWindow("2"))
    hall.do(cmd.CloseDay(expire=True))
    assert lost(hall.later(6 * 60)) == [("k1", ["A960–A999"], 119, "lost")]
    hall.later(18 * 60)
    hall.do(cmd.OpenDay("2026-09-22"))
    assert lost(hall) == []


def held(hall: Stage, kiosk: str = "k1") -> str:
    lease = leases.held_by(hall.hall, kiosk)
    assert lease
    return lease.id


def test_a_lease_that_runs_out_after_the_hall_has_closed_is_no_alarm_and_loses_nothing():
    hall = stage()
    hold(hall)
    hall.do(cmd.CloseWindow("1"))
    hall.do(cmd.CloseWindow("2"))
    hall.later(241)
    assert "lease-over" in codes(hall)  # the twin: while the day is open it is one
    assert [why for *_, why in lost(hall)] == ["over"]
    (noted,) = deadlines.to_note(hall.hall, hall.now)
    hall.do(noted, role="caller")  # type: ignore[arg-type]
    hall.do(terms.HoldLease(held(hall)), "kiosk", "k1")
    hall.do(cmd.CloseDay())
    hall.later(8 * 60)
    assert "lease-over" not in codes(hall)
    assert lost(hall) == []  # it was in touch again


def test_a_kiosk_that_was_silent_for_too_long_is_told_also_when_the_hall_has_closed():
    hall = stage()
    hold(hall)
    hall.do(cmd.CloseWindow("1"))
    hall.do(cmd.CloseWindow("2"))
    (noted,) = deadlines.to_note(hall.hall, hall.later(241).now)
    hall.do(noted, role="caller")  # type: ignore[arg-type]
    hall.do(cmd.CloseDay())
    assert lost(hall.later(60)) == [("k1", ["A960–A999"], 120, "over")]


def codes(hall: Stage) -> list[str]:
    document: Any = build(hall.hall, "supervise", hall.now)
    return [each["code"] for each in document["alerts"]]


def test_a_lease_ends_with_the_day():
    hall = stage()
    lease = hold(hall)
    hall.do(cmd.CloseWindow("1"))
    hall.do(cmd.CloseWindow("2"))
    hall.do(cmd.CloseDay())
    hall.later(24 * 60)
    assert hall.refused(terms.HoldLease(), "kiosk") == "day-not-open"
    hall.do(cmd.OpenDay("2026-09-22"))
    assert hold(hall)["ranges"]["A"] == [[960, 999]]
    told = merge(hall, alone(hall, lease, "A960"))
    assert told == {}
    assert hall.hall.state.counts["lapsed-alone"] == 1
    assert not hall.hall.state.tickets


def test_no_leases_where_the_hall_does_not_want_them_nor_on_a_day_whose_log_has_lost_numbers():
    off = stage(rules=structs.replace(AT_ONCE, alone_minutes=0))
    assert off.refused(terms.HoldLease(), "kiosk") == "alone-off"
    assert "alone" not in build(off.hall, "kiosk", off.now)
    hall = stage()
    assert build(hall.hall, "kiosk", hall.now)["alone"] == 240  # type: ignore[typeddict-item]
    hall.hall.number_floor = (DAY, 7)
    assert hall.refused(terms.HoldLease(), "kiosk") == "alone-off"


# --- what comes back


def test_a_number_comes_back_with_its_own_origin_and_is_called_in_its_turn():
    hall = stage()
    lease = hold(hall)
    told = alone(hall, lease, "A960")
    hall.later(8).take("A")
    assert merge(hall.later(1), told)["number"] == "A960"
    ticket = hall.find("A960")
    assert (ticket.origin, ticket.issued) == (at("09:05"), at("09:05"))
    assert [hall.next("1"), hall.next("2")] == ["A960", "A001"]
    assert hall.take("A") == "A002"


@pytest.mark.parametrize(
    ("contact", "since", "origin"),
    [(-600, 5, "09:00"), (0, 5, "09:05"), (0, 500, "09:30"), (700, 5, "09:30")],
)
def test_an_origin_is_clamped_to_the_outage_whatever_the_clocks_say(contact: int, since: int, origin: str):
    hall = stage()
    lease = hold(hall)
    told = alone(hall, lease, "A960", contact=hall.now + contact * MINUTE, since=since * MINUTE)
    merge(hall.later(30), told)
    expected = at("09:05") if contact < 0 else at(origin)
    assert hall.find("A960").origin == expected


def test_one_that_was_given_twice_over_the_break_is_one_number_and_comes_no_more():
    hall = stage()
    lease = hold(hall)
    take = cmd.TakeTicket(queue="A")
    hall.do(take, "kiosk", "k1", "asked-001")  # committed, and no answer reached the kiosk
    merge(hall.later(6), alone(hall, lease, "A960", replaces="asked-001"))
    assert hall.find("A001").state == "cancelled"
    assert hall.next("1") == "A960"
    assert hall.press_refused(cmd.CallNext, "2") == "nobody-waiting"


def test_a_command_that_comes_after_the_number_given_instead_gives_none():
    hall = stage()
    lease = hold(hall)
    merge(hall.later(6), alone(hall, lease, "A960", replaces="asked-001"))
    with pytest.raises(Refused, match="number-replaced"):
        hall.do(cmd.TakeTicket(queue="A"), "kiosk", "k1", "asked-001")


def test_what_was_called_meanwhile_stays_called():
    hall = stage()
    lease = hold(hall)
    hall.do(cmd.TakeTicket(queue="A"), "kiosk", "k1", "asked-001")
    assert hall.next("1") == "A001"
    merge(hall.later(6), alone(hall, lease, "A960", replaces="asked-001"))
    assert hall.find("A001").state == "called"


def test_a_number_that_another_has_is_refused():
    hall = stage()
    first, second = hold(hall), hold(hall, "k2")
    merge(hall.later(6), alone(hall, first, "A960"))
    hall.take("A")
    for number in ("A960", "A001", "A930"):  # its own again, one of the series, one of the other kiosk
        with pytest.raises(Refused, match="number-taken"):
            merge(hall, alone(hall, first, number), f"alone-{number}")
    assert merge(hall, alone(hall, second, "A930"), "alone-930", "k2")["number"] == "A930"


def test_a_number_of_a_lease_that_the_log_lost_is_taken_and_its_place_passed_over():
    hall = stage(queues=(Queue("A", "综合", digits=2), Queue("B", "房产")))
    lost = {"lease": "lost-lease", "day": DAY}
    merge(hall.later(6), alone(hall, lost, "A05"))
    assert [hall.take("A") for _ in range(6)] == ["A01", "A02", "A03", "A04", "A06", "A07"]


def test_rules_that_were_not_looked_up_are_not_applied_and_the_ticket_says_so():
    hall = stage(queues=(Queue("A", "综合", quota=1), Queue("B", "房产")))
    lease = hold(hall)
    hall.take("A", person="p" * 64)
    told = alone(hall, lease, "A960", person="p" * 64, unchecked=["quota", "live-ticket"])
    merge(hall.later(6), told)
    assert hall.find("A960").unchecked == ["quota", "live-ticket"]
    shown = build(hall.hall, "window/1", hall.now)["next"]  # type: ignore[typeddict-item]
    assert [row.get("alone") for row in shown] == [None, ["quota", "live-ticket"]]
    with pytest.raises(Refused, match="quota-used"):
        hall.take("A")


# --- the emergency sheet


def test_after_a_long_outage_numbers_wait_until_what_was_called_by_hand_is_noted():
    hall = stage()
    lease = hold(hall)
    told = [alone(hall, lease, f"A96{n}") for n in range(3)]
    hall.later(60)
    for n, each in enumerate(told):
        merge(hall, each, f"alone-{n}")
    assert hall.press_refused(cmd.CallNext, "1") == "on-sheet"
    assert hall.press_refused(cmd.CallTicket, "1", ticket="alone-0") == "on-sheet"
    assert {each["back"] for each in build(hall.hall, "sheet", hall.now)["waiting"].values()} == {True}  # type: ignore[typeddict-item]
    hall.do(terms.NoteCalledByHand("alone-0", "1"), "guide", "g1")
    hall.do(terms.CloseSheet(), "guide", "g1")
    assert hall.find("A960").state == "by-hand"
    assert hall.next("1") == "A961"
    assert hall.refused(terms.CloseSheet(), "guide") == "sheet-empty"
    assert hall.refused(terms.NoteCalledByHand("alone-1"), "guide") == "wrong-state"


def test_after_a_short_outage_or_where_no_one_calls_by_hand_numbers_are_called_at_once():
    for minutes, rules in ((10, AT_ONCE), (60, structs.replace(AT_ONCE, by_hand_minutes=0))):
        hall = stage(rules=rules)
        told = alone(hall, hold(hall), "A960")
        merge(hall.later(minutes), told)
        assert hall.next("1") == "A960"


def test_the_sheet_shows_who_waits_and_which_numbers_kiosks_will_give():
    hall = stage()
    hold(hall)
    hall.take("A")
    sheet: Any = build(hall.hall, "sheet", hall.now)
    assert [row["number"] for row in sheet["waiting"].values()] == ["A001"]
    assert sheet["kiosks"]["k1"]["ranges"][0] == {"queue": "A", "first": "A960", "last": "A999"}
    assert sheet["windows"] == {"1": ["A", "B"], "2": ["A", "B"]}


def test_a_number_on_the_sheet_expires_with_its_day_and_comes_back_with_it():
    hall = stage()
    told = alone(hall, hold(hall), "A960")
    merge(hall.later(60), told)
    for window in ("1", "2"):
        hall.do(cmd.CloseWindow(window))
    hall.do(cmd.CloseDay(expire=True))
    hall.do(cmd.ReopenDay())
    hall.open("1")
    assert hall.press_refused(cmd.CallNext, "1") == "on-sheet"
    hall.do(terms.CloseSheet(), "guide")
    assert hall.next("1") == "A960"


def test_a_repeat_of_any_of_it_gives_the_same_answer_for_ever_and_a_replay_the_same_hall():
    memory = HallStore(settings(kiosks=KIOSKS))
    now = at("09:00")
    steps: list[tuple[str, Any, str, str]] = [
        ("open-0001", cmd.OpenDay(DAY), "manager", "m"),
        ("hold-0001", terms.HoldLease(), "kiosk", "k1"),
        ("alone-001", terms.MergeTicket("hold-0001", DAY, "A", "A960", now, MINUTE), "kiosk", "k1"),
    ]
    envelopes = [CommandEnvelope(id, command, role, station) for id, command, role, station in steps]
    first = [memory.take(each, now + 5 * MINUTE).answer for each in envelopes]
    assert [memory.take(each, now + 9 * MINUTE).answer for each in envelopes] == first
    assert len(memory.hall.state.tickets) == 1


# --- twins: without its guard, a number is given twice


def test_without_passing_over_leased_ranges_a_number_is_given_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ticketing, "ranges_of", lambda _leases, _queue: ())
    hall = stage(queues=(Queue("A", "综合", digits=2), Queue("B", "房产")))
    lease = hold(hall)
    numbers = [hall.take("A") for _ in range(95)]
    assert "A91" in numbers
    with pytest.raises(Refused, match="number-taken"):
        merge(hall, alone(hall, lease, "A91"))


def test_without_the_look_at_what_is_taken_a_number_stands_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leases, "_need_free", lambda *_: None)
    hall = stage()
    lease = hold(hall)
    for id in ("alone-1", "alone-2"):
        merge(hall, alone(hall, lease, "A960"), id)
    numbers = [each.number for each in hall.hall.state.tickets.values()]
    assert len(set(numbers)) < len(numbers)
