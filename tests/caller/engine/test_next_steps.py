"""Refusals lead on, never in a circle: what a refusal sends a person to, done where it sends them, is carried out.

Each way is played in the real engine: the act that is refused, then the next step of its words. The place that is named must have
the right to it (`permissions.MAY`). A refusal whose next step names a place or another act has its way here, or stands among
those that need none.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import deadlines, desk_commands, guide_commands
from caller.engine import lease_terms as lease
from caller.engine.envelope import AnyCommand
from caller.engine.fee_messages import TakeFee
from caller.engine.refusals import Refused
from caller.protocol.permissions import MAY
from config.catalogue import codes, kinds
from config.instants import MINUTE, instant
from config.setting_types import PhoneTable
from config.settings import Kiosk, Queue
from tests.caller.engine.test_fees import pay_stage
from tests.instruments.engine_fixture import DAY, Stage, at, settings

PERSON, TOMORROW = "1" * 64, "2026-09-22"
Way = Iterator[Any]  # first the stage, then acts: the role of a place, and what is done there
SENDS = re.compile("引导台|取号机|管理台|管理人员|取号|预约|转移|退出|登录|重新开始|签到")


def requeue_used() -> Way:
    stage = Stage().open("1")
    number = stage.do(cmd.TakeTicket(["i1"], person=PERSON))["ticket"]
    for again in (True, False):
        stage.next("1")
        stage.press(cmd.MarkNoShow, "1")
        if again:
            stage.do(cmd.RequeueTicket(number))
    yield stage
    yield "phone", cmd.RequeueTicket(number)
    yield "kiosk", cmd.TakeTicket(["i1"], person=PERSON)  # the missed number does not stand in the way


def live_ticket() -> Way:
    stage = Stage()
    mine = stage.do(cmd.TakeTicket(["i1"], person=PERSON))["ticket"]
    yield stage
    yield "kiosk", cmd.TakeTicket(["i1"], person=PERSON)
    yield (
        "guide",
        guide_commands.ChangeTicket(mine, items=["i1", "i3"]),
    )  # another item goes onto the same number


def unknown_ticket() -> Way:
    yield Stage()
    yield "kiosk", cmd.RequeueTicket("gone")
    yield "kiosk", cmd.TakeTicket(["i1"], person=PERSON)


def phone_take_off() -> Way:
    yield Stage()
    yield "web", cmd.TakeTicket(["i1"], person=PERSON, via="phone")
    yield "kiosk", cmd.TakeTicket(["i1"])


def phone_limit() -> Way:
    stage = Stage(phone=PhoneTable(take="here", per_day=1))
    stage.do(cmd.CancelTicket(stage.do(cmd.TakeTicket(["i1"], person=PERSON, via="phone"))["ticket"]))
    yield stage
    yield "web", cmd.TakeTicket(["i1"], person=PERSON, via="phone")
    yield "kiosk", cmd.TakeTicket(["i1"])


def not_arrived() -> Way:
    stage = Stage(phone=PhoneTable(take="remote")).open("2")
    mine = stage.do(cmd.TakeTicket(["i1"], person=PERSON, via="remote"))["ticket"]
    yield stage
    yield "phone", cmd.PostponeTicket(mine, 10)
    yield "kiosk", cmd.CheckIn(mine)
    yield "guide", cmd.PostponeTicket(mine, 10)


def number_taken() -> Way:
    stage = Stage(kiosks=(Kiosk("k1"),))
    held = stage.do(lease.HoldLease(), "kiosk", "k1")["lease"]
    stage.take("A")
    yield stage
    yield "kiosk", lease.MergeTicket(held, DAY, queue="A", number="A001", contact=stage.now, since=0)
    yield "guide", cmd.TakeTicket(["i1"], priority="green")


def on_sheet() -> Way:
    stage = Stage(kiosks=(Kiosk("k1"),)).open("1")
    held = stage.do(lease.HoldLease(), "kiosk", "k1")["lease"]
    told = lease.MergeTicket(held, DAY, queue="A", number="A960", contact=stage.now, since=MINUTE)
    stage.later(60).do(told, "kiosk", "k1")
    yield stage
    yield "window", cmd.CallNext("1", as_of=stage.hall.state.windows["1"].version)
    yield "guide", lease.CloseSheet()
    yield "window", cmd.CallNext("1", as_of=stage.hall.state.windows["1"].version)


def quota_used() -> Way:
    stage = Stage(
        queues=(Queue("A", "社保", quota=1, slot_quota=2), Queue("B", "房产", quota=1), Queue("P", "缴费"))
    )
    stage.take("A")
    yield stage
    yield "kiosk", cmd.TakeTicket(queue="A")
    yield "web", cmd.BookAppointment("i1", instant(TOMORROW, "10:00", "Asia/Shanghai"), PERSON, TOMORROW)


def tickets_stopped() -> Way:
    stage = Stage()
    stage.do(cmd.StopTickets())
    yield stage
    yield "kiosk", cmd.TakeTicket(queue="A")
    yield "web", cmd.BookAppointment("i1", instant(TOMORROW, "10:00", "Asia/Shanghai"), PERSON, TOMORROW)


def no_appointments() -> Way:
    stage = Stage()
    yield stage
    yield "web", cmd.BookAppointment("i2", instant(TOMORROW, "10:00", "Asia/Shanghai"), PERSON, TOMORROW)
    yield "kiosk", cmd.TakeTicket(["i2"], person=PERSON)


def booked(stage: Stage, clock: str) -> dict[str, Any]:
    given = stage.do(cmd.BookAppointment("i1", instant(TOMORROW, "10:00", "Asia/Shanghai"), PERSON, TOMORROW))
    stage.do(cmd.CloseDay())
    stage.now = at("09:00", TOMORROW)
    stage.do(cmd.OpenDay(TOMORROW))
    stage.now = at(clock, TOMORROW)
    return given


def too_late() -> Way:
    stage = Stage()
    given = booked(stage, "10:20")
    yield stage
    yield "kiosk", cmd.CheckIn(given["code"])
    for order in deadlines.to_note(stage.hall, stage.now):
        stage.do(order, role="caller")  # type: ignore[arg-type]
    yield "kiosk", cmd.TakeTicket(["i1"], person=PERSON)


def appointment_used() -> Way:
    stage = Stage()
    given = booked(stage, "09:50")
    stage.do(cmd.CancelTicket(stage.do(cmd.CheckIn(given["code"]))["ticket"]))
    yield stage
    yield "kiosk", cmd.CheckIn(given["code"])
    yield "kiosk", cmd.TakeTicket(["i1"], person=PERSON)


def person_booked() -> Way:
    stage = Stage()
    ten, later = (instant(TOMORROW, clock, "Asia/Shanghai") for clock in ("10:00", "10:30"))
    given = stage.do(cmd.BookAppointment("i1", ten, PERSON, TOMORROW))
    yield stage
    yield "web", cmd.BookAppointment("i1", later, PERSON, TOMORROW)
    yield "web", cmd.ChangeAppointment(given["appointment"], later, TOMORROW)


def merge_queue() -> Way:
    stage = Stage().open("1")
    other = stage.do(cmd.TakeTicket(queue="P"))
    stage.take("A")
    stage.next("1")
    stage.press(cmd.StartService, "1")
    yield stage
    yield (
        "window",
        desk_commands.MergeTickets("1", as_of=stage.hall.state.windows["1"].version, number=other["number"]),
    )
    yield "guide", guide_commands.ChangeTicket(other["ticket"], item="i2")
    yield (
        "window",
        desk_commands.MergeTickets("1", as_of=stage.hall.state.windows["1"].version, number=other["number"]),
    )


def no_pay_window() -> Way:
    stage = pay_stage()
    stage.press(cmd.FinishService, "P")
    stage.do(cmd.TakeTicket(["i1"]))
    stage.next("1")
    stage.press(cmd.StartService, "1")
    version = stage.hall.state.windows["1"].version
    yield stage
    yield "window", fee("1", version)
    yield "window", cmd.TransferTicket("1", as_of=version, queue="P")
    yield "window", cmd.CallNext("P", as_of=stage.hall.state.windows["P"].version)
    yield "window", cmd.StartService("P", as_of=stage.hall.state.windows["P"].version)
    yield "window", fee("P", stage.hall.state.windows["P"].version)


def fee(window: str, version: int) -> AnyCommand:
    return TakeFee(window, as_of=version, item="i2", way="cash")


def window_taken() -> Way:
    yield Stage().open("1")
    yield "window", cmd.OpenWindow("1", "another")
    yield "window", desk_commands.RelieveClerk("1", "another")  # who is away need not sign out


def clerk_elsewhere() -> Way:
    yield Stage().open("1")
    yield "window", cmd.OpenWindow("3", "clerk-1")
    yield "office", cmd.CloseWindow("1")  # its PC may be dead
    yield "window", cmd.OpenWindow("3", "clerk-1")


def window_not_open() -> Way:
    yield Stage()
    yield "window", cmd.PauseWindow("1")
    yield "window", cmd.OpenWindow("1", "clerk-1")
    yield "window", cmd.PauseWindow("1")


def someone_is_served(role: str, ends: AnyCommand) -> Way:
    """What `ends` a window's or the hall's work waits for who was called; they did not come, and it is done."""
    stage = Stage().open("1")
    stage.take("A")
    stage.next("1")
    yield stage
    yield role, ends
    yield role, cmd.MarkNoShow("1", as_of=stage.hall.state.windows["1"].version)
    yield role, ends


def window_busy() -> Way:
    return someone_is_served("window", cmd.CloseWindow("1"))


def windows_serving() -> Way:
    return someone_is_served("office", cmd.CloseDay())


def tickets_live() -> Way:
    stage = Stage()
    stage.take("A")
    yield stage
    yield "office", cmd.CloseDay()
    yield "office", cmd.CloseDay(expire=True)


def day_used() -> Way:
    stage = Stage()
    stage.do(cmd.CloseDay())
    yield stage
    yield "office", cmd.OpenDay(DAY)
    yield "office", cmd.ReopenDay()


def none_closed() -> Way:
    yield Stage(opened=False)
    yield "office", cmd.ReopenDay()
    yield "office", cmd.OpenDay(DAY)


WAYS: dict[str, Callable[[], Way]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        requeue_used, live_ticket, unknown_ticket, phone_take_off, phone_limit, not_arrived, number_taken, on_sheet, quota_used, tickets_stopped,
        no_appointments, too_late, appointment_used, person_booked, merge_queue, no_pay_window, window_taken, clerk_elsewhere,
        window_not_open, window_busy, windows_serving, tickets_live, day_used, none_closed,
    )
}  # fmt: skip
# Those that tell of a time or a choice, or lead to a person who decides; and those played elsewhere.
WITHOUT = frozenset({
    "queue-closed", "band-quota-used", "alone-off", "no-shows", "client-ticket", "nobody-waiting", "code-tries", "unknown-appointment",
    "booking-moved", "booking-cancelled", "not-allowed", "sign-in-first", "wrong-password", "account-locked", "account-disabled",
    "no-role-here", "other-clerk", "fee-price", "not-own-rating", "unknown-priority", "no-outcome", "place-not-allowed", "job-over",
    "voucher-used", "voucher-over", "voucher-other-item", "case-elsewhere", "case-on-the-spot", "case-needs-limit", "case-nothing-here",
})  # fmt: skip


def play(code: str, way: Way) -> None:
    """Play a way: its first act is refused with this code, all others are done, each by a place that may."""
    stage: Stage = next(way)
    role, command = next(way)
    assert role in MAY[type(command)]
    assert stage.refused(command, role) == code
    done = 0
    for role, command in way:
        assert role in MAY[type(command)], (code, role, command)
        stage.do(command, role)
        done += 1
    assert done


@pytest.mark.parametrize("code", WAYS)
def test_what_a_refusal_sends_to_is_carried_out(code: str) -> None:
    play(code, WAYS[code]())


def test_each_refusal_that_sends_somewhere_has_its_way() -> None:
    sending = {code for code in codes("refusal") if SENDS.search(kinds("zh")["refusal"][code][1])}
    assert sending - WAYS.keys() - WITHOUT == set()
    assert set(codes("refusal")) - WAYS.keys() >= WITHOUT


def test_twin_a_circle_is_seen() -> None:
    def circle() -> Way:
        stage = Stage(queues=(structs.replace(settings().queues[0], quota=1), *settings().queues[1:]))
        stage.take("A")
        yield stage
        yield "kiosk", cmd.TakeTicket(queue="A")
        yield "guide", cmd.TakeTicket(queue="A")  # were the guide desk named

    with pytest.raises(Refused, match="quota-used"):
        play("quota-used", circle())
