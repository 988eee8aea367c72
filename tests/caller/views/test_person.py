"""What a kiosk is told of the person whose card lies on it: their appointments of today, and nobody else's."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from caller import views
from caller.engine import commands as cmd
from config.instants import instant
from config.settings import Item, Queue, Rules
from tests.caller.engine.test_appointments import MINUTE, TEN, TOMORROW, book, next_day
from tests.instruments import caller_fixture
from tests.instruments.engine_fixture import Stage

ID_NUMBER = "11010519491231002X"  # the example of GB 11643
QUEUES = (Queue("A", "社保", slot_quota=4), Queue("B", "房产"), Queue("P", "缴费"))


def told(stage: Stage, person: str = "p") -> list[dict[str, Any]]:
    view: Any = views.build(stage.hall, f"person/{person}", stage.now)
    return view["appointments"]


@pytest.fixture
def stage() -> Stage:
    return Stage(queues=QUEUES, rules=Rules(appointments_per_day=3))


def test_one_is_told_ones_own_of_today_the_earliest_first(stage: Stage):
    late, early = book(stage, "p", TEN + 60 * MINUTE), book(stage, "p", TEN)
    book(stage, "q")
    book(stage, "p", instant("2026-09-23", "10:00", "Asia/Shanghai"), "2026-09-23")
    assert told(stage) == [], "they are for tomorrow"
    next_day(stage, 0)
    assert [each["appointment"] for each in told(stage)] == [early["appointment"], late["appointment"]]
    assert told(stage)[0] == {
        "appointment": early["appointment"], "item": "i1", "queue": "A", "slot": TEN, "open": True,
        "entrusted": False}  # fmt: skip
    assert told(stage, "nobody") == told(stage, "") == []


def test_a_card_finds_what_was_booked_under_the_previous_hash(stage: Stage):
    booked = book(stage, "old")
    next_day(stage, 0)
    assert [each["appointment"] for each in told(stage, "new.old")] == [booked["appointment"]]
    assert told(stage, "new") == []


@pytest.mark.parametrize(
    ("minutes", "code"), [(-31, "too-early"), (-30, ""), (0, ""), (15, ""), (16, "too-late")]
)
def test_it_opens_and_closes_to_the_minute_as_checking_in_does(stage: Stage, minutes: float, code: str):
    booked = book(stage, "p")
    next_day(stage, minutes)
    [each] = told(stage)
    assert (each["open"], each.get("code", "")) == (not code, code)
    if code:
        assert each["zh"]
        assert each["next_en"]
        assert stage.refused(cmd.CheckIn(each["appointment"])) == code
    else:
        number = stage.do(cmd.CheckIn(each["appointment"]))["number"]
        assert stage.find(number).appointment == booked["appointment"]


def test_what_was_used_cancelled_or_missed_is_not_told_again(stage: Stage):
    used, cancelled = book(stage, "p"), book(stage, "p", TEN + 30 * MINUTE)
    stage.do(cmd.CancelAppointment(cancelled["appointment"]))
    next_day(stage, 0)
    stage.do(cmd.CheckIn(used["code"]))
    assert told(stage) == []


def test_before_the_doors_open_it_says_so(stage: Stage):
    book(stage, "p")
    stage.do(cmd.CloseDay())
    stage.now = instant(TOMORROW, "08:00", "Asia/Shanghai")
    assert [each["code"] for each in told(stage)] == ["day-not-open"]


def test_a_document_holds_neither_the_person_nor_the_code(stage: Stage):
    booked = book(stage, "keyed-hash-of-somebody")
    next_day(stage, 0)
    document = json.dumps(told(stage, "keyed-hash-of-somebody"))
    assert booked["appointment"] in document
    assert "keyed-hash" not in document
    assert booked["code"] not in document


def test_a_live_number_is_told_the_one_at_a_window_first(stage: Stage):
    stage.open("1")
    waits = stage.take("B", person="p")
    called = stage.take("A", person="p", client="q")
    stage.take("A", person="other")
    stage.press(cmd.CallTicket, "1", ticket=stage.find(called).id)
    numbers = views.build(stage.hall, "person/p", stage.now)["numbers"]  # type: ignore[typeddict-item]
    assert [(each["number"], each["state"], each["entrusted"]) for each in numbers] == [
        (called, "called", True), (waits, "waiting", False),
    ]  # fmt: skip
    stage.press(cmd.FinishService, "1")
    assert [each["number"] for each in views.build(stage.hall, "person/p", stage.now)["numbers"]] == [waits]  # type: ignore[typeddict-item]


# --- over the wire


def test_a_kiosk_that_watches_is_told_within_a_beat(tmp_path: Path):
    caller_fixture.run(_told_while_watching(tmp_path))


async def _told_while_watching(folder: Path) -> None:
    queue = replace(caller_fixture.SETTINGS.queues[0], slot_quota=2)
    settings = replace(
        caller_fixture.SETTINGS,
        queues=(queue, *caller_fixture.SETTINGS.queues[1:]),
        items=(Item("T001", "开业登记", "tax", "A"),),
        rules=Rules(appointment_ahead_days=0),
    )
    async with (
        caller_fixture.room(folder, settings=settings) as room,
        room.client("kiosk", "K1", ["person/somebody"]) as kiosk,
    ):
        await caller_fixture.until(
            lambda: kiosk.views.get("person/somebody") == {"appointments": [], "numbers": []}
        )
        slot = instant(caller_fixture.DAY, "10:30", settings.hall.zone)
        await room.order(cmd.BookAppointment("T001", slot, "nobody", caller_fixture.DAY), "web", "web")
        await room.order(cmd.BookAppointment("T001", slot, "somebody", caller_fixture.DAY), "web", "web")
        await caller_fixture.until(lambda: len(kiosk.views["person/somebody"]["appointments"]) == 1)


# --- a plain ID number is not taken at all


NO_PERSONS = (
    ID_NUMBER, ID_NUMBER.lower(), "110105491231002", f" {ID_NUMBER}", f"{ID_NUMBER} ", f"ID{ID_NUMBER}", "somebody",
    "f" * 63, "f" * 65, "F" * 64, "f" * 64 + "\n", f"{'f' * 64}.", f"{'f' * 64}.{ID_NUMBER}", "." + "f" * 64,
    ".".join(["f" * 64] * 3), "\uff11" * 64,
)  # fmt: skip


@pytest.mark.parametrize("number", NO_PERSONS)
@pytest.mark.parametrize("kind", [cmd.TakeTicket, cmd.BookAppointment])
def test_what_is_not_a_keyed_hash_is_no_person(kind: Any, number: str):
    fields = {"type": kind.__name__, "person": number}
    if kind is cmd.BookAppointment:
        fields |= {"item": "i1", "slot": TEN, "day": TOMORROW}
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(fields, kind)
    assert number not in str(refused.value)
    for person in ("f" * 64, "f" * 64 + "." + "0" * 64):
        assert msgspec.convert(fields | {"person": person}, kind).person == person
