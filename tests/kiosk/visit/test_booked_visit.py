"""Checking in with an ID card: what its holder has booked for today, and the visit of one who has booked nothing."""

from typing import Any

import pytest

from caller.engine.commands import CheckIn
from kiosk.screens.document import document
from kiosk.screens.translations import prompt
from kiosk.visit.effects import Look, Print, Send
from kiosk.visit.machine import VisitMachine
from tests.instruments.kiosk_halls import KIOSK
from tests.kiosk.visit.test_visit import ISSUED, new_visit, taps

TEN = 1_764_036_000_000_000  # 2025-11-25 10:00 in China
EARLY: dict[str, Any] = {
    "open": False, "code": "too-early", "zh": "还没到签到时间，09:30 起可签到", "en": "Too early; check in from 09:30",
    "next_zh": "请稍候", "next_en": "Please wait",
}  # fmt: skip
LATE: dict[str, Any] = {
    "open": False, "code": "too-late", "zh": "已超过预约时间 15 分钟以上", "en": "More than 15 minutes late",
    "next_zh": "请现场取号", "next_en": "Take a number at the hall",
}  # fmt: skip


def booking(appointment: str = "b-1", item: str = "T001", **more: Any) -> dict[str, Any]:
    return {"appointment": appointment, "item": item, "queue": "A", "slot": TEN, "open": True} | more


def laid(*appointments: dict[str, Any], way: tuple[str, ...] = ()) -> VisitMachine:
    visit = new_visit()
    taps(visit, *way)
    visit.card("hash", "1234", False, 0.0)
    visit.booked("hash", {"appointments": list(appointments)})
    return visit


def sent(effects: list[Any]) -> list[Any]:
    return [effect.command for effect in effects if isinstance(effect, Send)]


def targets(visit: VisitMachine) -> dict[str, bool]:
    """What can be pressed, and whether it would do anything."""
    return {each["target"]: not each.get("off", False) for each in document(visit.state)["buttons"]}


@pytest.mark.parametrize("way", [(), ("start",), ("start", "appointment")])
def test_a_card_asks_what_its_holder_has_booked_and_shows_that_it_does(way: tuple[str, ...]):
    visit = new_visit()
    taps(visit, *way)
    assert visit.card("hash", "1234", False, 0.0)[-1] == Look("person/hash")
    assert (visit.state.screen, document(visit.state)["title"]) == ("booked", {"key": "booked.looking"})
    assert prompt(visit.state) == ""
    visit.tap("walk-in", 0.0)
    visit.booked("hash", {"appointments": [booking()]})
    assert visit.state.screen == "services", "who has gone on is not called back"


def test_one_appointment_is_one_button_away_and_its_papers_are_on_the_number():
    visit = laid(booking())
    screen = document(visit.state)
    assert [row.get("text") for row in screen["rows"] if row["key"] == "row.item"] == ["开业登记"]
    assert screen["rows"][0]["word"] == {"key": "booked.time", "facts": {"time": "10:00"}}
    assert targets(visit) == {"walk-in": True, "check-in:b-1": True}
    assert prompt(visit.state) == "booked"
    effects = visit.tap("check-in:b-1", 0.0)
    assert sent(effects) == [CheckIn("b-1")]
    id = next(effect.id for effect in effects if isinstance(effect, Send))
    [slip] = [each.slip for each in visit.answer(id, ISSUED | {"ticket": id}, 0.0) if isinstance(each, Print)]
    assert slip.errand == "开业登记"
    assert document(visit.state)["rows"][0]["list"]


def test_of_several_one_is_chosen():
    visit = laid(booking(), booking("b-2", "H001", **EARLY))
    first, second = document(visit.state)["tiles"]
    assert "closed" not in first
    assert second["closed"] == "还没到签到时间，09:30 起可签到，请稍候"
    assert sent(visit.tap("check-in:b-2", 0.0)) == []
    assert sent(visit.tap("check-in:b-1", 0.0)) == [CheckIn("b-1")]


@pytest.mark.parametrize(
    ("why", "pressed"), [(EARLY, {"walk-in": True, "check-in:b-1": False}), (LATE, {"walk-in": True})]
)
def test_too_early_and_too_late_are_said_before_the_tap_in_both_languages(
    why: dict[str, Any], pressed: dict[str, bool]
):
    visit = laid(booking(**why))
    assert targets(visit) == pressed
    assert document(visit.state)["notes"] == [{"text": f"{why['zh']}，{why['next_zh']}", "tone": "warn"}]
    assert sent(visit.tap("check-in:b-1", 0.0)) == []
    visit.tap("language:en", 0.0)
    assert document(visit.state)["notes"][0]["text"] == f"{why['en']}. {why['next_en']}"


def test_when_its_time_comes_the_button_opens_by_itself():
    visit = laid(booking(**EARLY))
    n = visit.state.revision
    visit.booked("hash", {"appointments": [booking()]})
    assert visit.state.revision == n, "a change in its own place makes no finger late"
    assert sent(visit.tap("check-in:b-1", 0.0, n)) == [CheckIn("b-1")]


def test_none_goes_on_with_the_card_unless_it_was_laid_to_check_in():
    visit = laid()
    assert (visit.state.screen, visit.state.errand.person) == ("services", "hash")
    assert document(visit.state)["notes"][0]["key"] == "card.read"
    visit = laid(way=("start", "appointment"))
    assert (visit.state.screen, document(visit.state)["title"]["key"]) == ("booked", "booked.none")
    assert prompt(visit.state) == "booked-none"
    visit.card("other", "9999", False, 0.0)
    visit.booked("other", {"appointments": []})
    assert visit.state.screen == "booked", "asked once, asked for the next card too"
    visit.tap("appointment", 0.0)
    assert visit.state.screen == "appointment"


def test_an_answer_about_another_card_is_not_shown():
    visit = new_visit()
    visit.card("first", "1111", False, 0.0)
    visit.card("second", "2222", False, 0.0)
    visit.booked("first", {"appointments": [booking()]})
    assert document(visit.state)["title"]["key"] == "booked.looking"
    visit.booked("second", {"appointments": [booking("b-2")]})
    assert "check-in:b-2" in targets(visit)


def test_a_finger_on_its_way_to_the_screen_before_checks_nobody_in():
    visit = new_visit()
    visit.card("hash", "1234", False, 0.0)
    n = visit.state.revision
    visit.booked("hash", {"appointments": [booking()]})
    assert visit.tap("check-in:b-1", 0.0, n) == []


def test_an_appointment_that_is_not_the_holders_cannot_be_pressed():
    visit = laid(booking())
    assert sent(visit.tap("check-in:b-9", 0.0)) == []


@pytest.mark.parametrize("ending", ["home", "idle", "back"])
def test_nothing_of_it_stays_and_nothing_is_looked_at_any_more(ending: str):
    visit = laid(booking())
    effects = visit.tick(KIOSK.idle_seconds + 100.0) if ending == "idle" else visit.tap(ending, 0.0)
    assert Look("") in effects
    assert (visit.state.screen, visit.state.errand.bookings, visit.state.errand.person) == ("idle", None, "")


def test_what_this_kiosk_does_not_know_is_named_as_the_caller_names_it():
    visit = laid(booking(item="new", queue="N"))
    assert "new" in str(document(visit.state)["rows"])
    assert sent(visit.tap("check-in:b-1", 0.0)) == [CheckIn("b-1")]


def test_a_card_is_invited_while_a_reader_works_and_only_then():
    visit = new_visit()
    assert "hint" not in document(visit.state)
    visit.reads(True)
    assert document(visit.state)["hint"] == {"key": "idle.card"}
    taps(visit, "start", "appointment")
    assert document(visit.state)["lead"]["key"] == "appointment.lead.card"
    visit.reads(False)
    assert document(visit.state)["lead"]["key"] == "appointment.lead"
