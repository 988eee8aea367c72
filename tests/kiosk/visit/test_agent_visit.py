"""Who comes for another (代办) at the kiosk: for whom, the client's number, and one errand after the other."""

from typing import Any

import pytest
from msgspec.structs import replace

from caller.engine.commands import TakeTicket
from caller.identity.id_hash import IdDocument, read_document
from config.settings import Rules
from devices.simulators.reader import number_for
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.screens.translations import prompt
from kiosk.visit.effects import ReadClient, Send
from kiosk.visit.machine import VisitMachine
from kiosk.visit.routes import CARD, TABLE, of_scan
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall
from tests.kiosk.visit.test_visit import ISSUED, taps

KEY = b"k" * 32
CODE = "91110000600037341L"
TO_BEHALF = ("department:tax", "item:T001", "take")


def agent_visit(agents: bool = True, card: bool = True) -> VisitMachine:
    """At the services, in a hall that asks for whom one comes; with a card read."""
    ids = iter(range(1, 99))
    settings = replace(small_hall(), rules=Rules(agents=agents))
    visit = VisitMachine(VisitState(Catalogue(settings), KIOSK, lambda: f"id-{next(ids)}"))
    visit.away(False)
    visit.paper({"p1": "ready"})
    visit.hall(kiosk_view())
    visit.tap("start", 0.0)
    if card:
        visit.card("agent", "1234", False, 0.0)
        visit.booked("agent", {"appointments": []})
    return visit


def read(visit: VisitMachine, effects: list[Any]) -> None:
    """What the station does with a number: it is read, and the machine hears what it says."""
    for effect in effects:
        if isinstance(effect, ReadClient):
            visit.client_read(read_document(effect.number, KEY, legal=True), effect.revision)


def typed(visit: VisitMachine, number: str) -> None:
    taps(visit, "clear", *(f"key:{sign}" for sign in number))
    read(visit, visit.tap("client", 0.0))


def sent(effects: list[Any]) -> TakeTicket:
    [command] = [each.command for each in effects if isinstance(each, Send)]
    assert isinstance(command, TakeTicket)
    return command


def notes(visit: VisitMachine) -> list[str]:
    return [note["key"] for note in document(visit.state)["notes"]]


def test_after_a_card_one_chooses_for_whom_and_for_oneself_nothing_changes():
    visit = agent_visit()
    taps(visit, *TO_BEHALF)
    assert visit.state.screen == "behalf"
    assert [tile["target"] for tile in document(visit.state)["tiles"]] == ["self", "agent"]
    taps(visit, "self", "class:ordinary")
    assert "row.client" not in str(document(visit.state))
    command = sent(visit.tap("confirm", 0.0))
    assert (command.person, command.client) == ("agent", "")


@pytest.mark.parametrize(("agents", "card"), [(False, True), (True, False), (False, False)])
def test_without_a_card_or_in_a_hall_that_does_not_ask_nobody_is_asked(agents: bool, card: bool):
    visit = agent_visit(agents, card)
    taps(visit, *TO_BEHALF)
    assert visit.state.screen == "priority"


@pytest.mark.parametrize("number", [CODE, number_for(5)])
def test_a_client_s_number_is_typed_read_and_forgotten(number: str):
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    assert (visit.state.screen, prompt(visit.state)) == ("client", "client")
    typed(visit, number)
    assert visit.state.screen == "priority"
    assert number not in repr(visit.state.errand)
    visit.tap("class:ordinary", 0.0)
    assert {"key": "row.client", "text": "**** " + number[-4:]} in document(visit.state)["rows"]
    command = sent(visit.tap("confirm", 0.0))
    assert command.client == read_document(number, KEY, legal=True).person
    assert number[6:14] not in repr((visit.state.errand, document(visit.state), command))


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("91110000600037342L", "client-fault.bad-check"),
        ("110105194913310021", "client-fault.bad-check"),
        ("1101051949123100", "client-fault.bad-form"),
    ],
)
def test_a_wrong_number_says_what_is_wrong_and_stays_to_be_mended(number: str, fault: str):
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    typed(visit, number)
    assert (visit.state.screen, notes(visit)) == ("client", [fault])
    assert document(visit.state)["entry"]["text"] == number
    typed(visit, CODE)
    assert visit.state.screen == "priority"


def test_twin_without_the_check_a_wrong_number_would_be_taken():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    for check in taps(visit, *(f"key:{sign}" for sign in "91110000600037342L"), "client"):
        visit.client_read(IdDocument("right", "credit-code", "hash", "342L"), check.revision)
    assert visit.state.screen == "priority"


def test_a_passport_has_its_own_form():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent", "form:passport")
    assert document(visit.state)["lead"]["key"] == "client.lead.passport"
    typed(visit, "E12345678")
    assert visit.state.errand.client == read_document("passport:E12345678", KEY).person
    assert visit.tap("form:nonsense", 0.0) == []


@pytest.mark.parametrize("text", [CODE, CODE.lower(), f"https://www.example.cn/i?u={CODE}&v=2", "]Q3" + CODE])
def test_a_scanned_code_or_the_address_on_a_licence_names_the_client(text: str):
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    read(visit, visit.tap("scan:" + text, 0.0))
    assert (visit.state.screen, visit.state.errand.client_last4) == ("priority", "341L")


def test_a_scan_elsewhere_is_still_a_slip_or_a_code():
    assert of_scan("scan:" + CODE) == "code:" + CODE
    assert of_scan("scan:" + CODE, "client") == "number:" + CODE


def test_the_client_s_own_card_is_as_good_as_the_number_and_the_agent_s_own_is_not():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    visit.card("agent.older", "1234", False, 0.0)
    assert (visit.state.screen, notes(visit)) == ("client", ["client-fault.is-you"])
    visit.card("client", "9999", False, 0.0)
    assert (visit.state.screen, visit.state.errand.person, visit.state.errand.client) == (
        "priority",
        "agent",
        "client",
    )


def test_a_number_read_too_late_or_twice_does_nothing():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    [check] = taps(visit, *(f"key:{sign}" for sign in CODE), "client")
    assert visit.tap("client", 0.0) == [], "one number is read at a time"
    visit.tap("back", 0.0)
    visit.client_read(IdDocument("right", "credit-code", "hash", "341L"), check.revision)
    assert (visit.state.screen, visit.state.errand.client) == ("behalf", "")


def test_where_the_key_cannot_be_read_the_applicant_is_sent_on():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    [check] = taps(visit, *(f"key:{sign}" for sign in CODE), "client")
    visit.client_read(IdDocument("unchecked"), check.revision)
    assert notes(visit) == ["client-fault.unchecked"]


@pytest.mark.parametrize("screen", ["priority", "confirm"])
def test_a_card_laid_late_is_asked_for_whom_and_the_visit_goes_on(screen: str):
    visit = agent_visit(card=False)
    taps(visit, *TO_BEHALF, *(["class:ordinary"] if screen == "confirm" else []))
    visit.card("agent", "1234", False, 0.0)
    assert visit.state.screen == "behalf"
    taps(visit, "self", "class:ordinary")
    assert visit.state.screen == "confirm"


def test_another_card_is_another_person_whose_client_is_not_known():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    typed(visit, CODE)
    visit.card("other", "8888", False, 0.0)
    assert (visit.state.errand.person, visit.state.errand.client) == ("other", "")


def test_one_errand_after_the_other_for_the_next_client_with_the_same_card():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    for number in (CODE, number_for(5)):
        typed(visit, number)
        effects = taps(visit, "class:ordinary", "confirm")
        command = sent(effects)
        assert (command.person, command.items) == ("agent", ["T001"])
        id = next(effect.id for effect in effects if isinstance(effect, Send))
        visit.answer(id, ISSUED | {"ticket": id}, 0.0)
        visit.slip(id, 0, "printed")
        assert "another" in str(document(visit.state)["buttons"])
        visit.tap("another", 0.0)
        assert (visit.state.screen, visit.state.errand.client) == ("client", "")
    visit.tap("back", 0.0)
    assert visit.state.screen == "guide"
    visit.tap("home", 0.0)
    assert visit.state.errand.person == ""


def test_who_came_for_oneself_is_offered_no_other_client():
    visit = agent_visit()
    effects = taps(visit, *TO_BEHALF, "self", "class:ordinary", "confirm")
    id = next(effect.id for effect in effects if isinstance(effect, Send))
    visit.answer(id, ISSUED | {"ticket": id}, 0.0)
    assert "another" not in str(document(visit.state)["buttons"])
    assert visit.tap("another", 0.0) == []


def test_the_same_client_again_is_refused_and_the_number_held_is_one_tap_away():
    visit = agent_visit()
    taps(visit, *TO_BEHALF, "agent")
    typed(visit, CODE)
    effects = taps(visit, "class:ordinary", "confirm")
    id = next(effect.id for effect in effects if isinstance(effect, Send))
    visit.refuse(
        id,
        {"code": "client-ticket", "zh": "已取", "en": "held", "next_zh": "", "next_en": "", "ticket": "T"},
        0.0,
    )
    assert document(visit.state)["buttons"][0]["target"] == "slip:T"


def test_the_routes_of_both_screens_are_in_the_table():
    assert TABLE["behalf"].keys() == {"self", "agent"}
    assert CARD["client"] == "="
