"""An ID card at the kiosk, as the applicant lives it: one visit, one person, forgotten at its end."""

import pytest

from caller.engine.commands import TakeTicket
from kiosk.screens.document import document
from kiosk.visit.effects import Forget, Look, Send
from kiosk.visit.machine import VisitMachine
from tests.kiosk.visit.test_visit import ISSUED, TO_CONFIRM, new_visit, taps


def lay(visit: VisitMachine, person: str = "hash", last4: str = "1234", elderly: bool = False) -> None:
    """A card on the reader, of somebody who has booked nothing for today."""
    visit.card(person, last4, elderly, 0.0)
    visit.booked(person, {"appointments": []})


def confirmed(visit: VisitMachine) -> TakeTicket:
    """The number asked for from a visit that stands before `confirm`."""
    command = next(effect.command for effect in visit.tap("confirm", 0.0) if isinstance(effect, Send))
    assert isinstance(command, TakeTicket)
    return command


def test_a_card_laid_on_an_idle_kiosk_opens_the_services_and_says_whose_visit_it_is():
    visit = new_visit()
    lay(visit)
    assert visit.state.screen == "services"
    assert {"key": "card.read", "facts": {"last4": "1234"}, "tone": "good"} in document(visit.state)["notes"]
    taps(visit, *TO_CONFIRM[1:])
    assert {"key": "row.card", "text": "**** 1234"} in document(visit.state)["rows"]
    assert confirmed(visit).person == "hash"


def test_without_a_card_a_number_is_nobodys():
    visit = new_visit()
    taps(visit, *TO_CONFIRM)
    assert confirmed(visit).person == ""
    assert "row.card" not in str(document(visit.state))


@pytest.mark.parametrize("taps_before", range(len(TO_CONFIRM) + 1))
def test_a_card_counts_on_every_screen_before_the_number_is_asked_for(taps_before: int):
    visit = new_visit()
    taps(visit, *TO_CONFIRM[:taps_before])
    at = visit.state.screen
    lay(visit)
    assert visit.state.screen == ("services" if at == "idle" else at)
    taps(visit, *TO_CONFIRM[max(1, taps_before) :])
    assert confirmed(visit).person == "hash"


def test_the_card_laid_last_counts():
    visit = new_visit()
    lay(visit, "first", "1111", elderly=True)
    lay(visit, "second", "2222")
    taps(visit, *TO_CONFIRM[1:])
    assert "2222" in str(document(visit.state)["rows"])
    assert confirmed(visit).person == "second"


@pytest.mark.parametrize("ending", ["home", "more", "idle"])
def test_a_card_is_forgotten_with_its_visit_and_before_a_second_errand(ending: str):
    visit = new_visit()
    lay(visit, elderly=True)
    taps(visit, *TO_CONFIRM[1:])
    id = next(effect.id for effect in visit.tap("confirm", 0.0) if isinstance(effect, Send))
    visit.answer(id, ISSUED | {"ticket": id}, 0.0)
    visit.slip(id, 0, "printed")
    visit.tick(10_000.0) if ending == "idle" else visit.tap(ending, 0.0)
    assert (visit.state.errand.person, visit.state.errand.last4, visit.state.errand.elderly) == (
        "",
        "",
        False,
    )


def test_a_card_laid_after_the_number_or_while_the_caller_is_away_does_nothing():
    visit = new_visit()
    taps(visit, *TO_CONFIRM)
    id = next(effect.id for effect in visit.tap("confirm", 0.0) if isinstance(effect, Send))
    for _ in range(2):  # while it is asked for, and when it is there
        visit.card("hash", "1234", True, 0.0)
        assert visit.state.errand.person == ""
        visit.answer(id, ISSUED | {"ticket": id}, 0.0)
    away = new_visit(away=True)
    away.card("hash", "1234", True, 0.0)
    assert away.state.screen == "idle"


def test_an_elder_is_offered_priority_first_and_chooses_all_the_same():
    visit = new_visit()
    lay(visit, elderly=True)
    taps(visit, *TO_CONFIRM[1:4])
    assert document(visit.state)["lead"] == {"key": "priority.proposed"}
    assert document(visit.state)["tiles"][0]["target"] == "class:elderly"
    visit.tap("class:ordinary", 0.0)
    assert confirmed(visit).priority == "ordinary"


def test_who_is_younger_is_proposed_nothing():
    visit = new_visit()
    lay(visit)
    taps(visit, *TO_CONFIRM[1:4])
    assert document(visit.state)["lead"] == {"key": "priority.lead"}
    assert document(visit.state)["tiles"][0]["target"] == "class:ordinary"


def test_who_holds_a_number_already_is_shown_it_and_may_print_it_again():
    visit = new_visit()
    taps(visit, *TO_CONFIRM)
    id = next(effect.id for effect in visit.tap("confirm", 0.0) if isinstance(effect, Send))
    words = {"code": "live-ticket", "zh": "已有", "en": "held", "next_zh": "", "next_en": "", "ticket": "T-1"}
    assert Forget(id) in visit.refuse(id, words, 0.0)
    target = document(visit.state)["buttons"][0]["target"]
    assert Look("ticket/T-1") in visit.tap(target, 0.0)
    assert visit.state.screen == "ticket"
