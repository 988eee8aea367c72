"""The visit at the kiosk, as the applicant lives it: no clock, no network, no printer."""

from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from caller.engine.commands import CheckIn, ReportSlip, RequeueTicket, TakeTicket
from caller.engine.guide_commands import SetAssistance
from caller.people.question_store import PublishedAnswer
from config.case_settings import CasesTable
from config.feedback_settings import FeedbackTable
from config.settings import Rules
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.visit.effects import AskPaper, Forget, Look, Print, Restart, Save, Send
from kiosk.visit.machine import WARN_SECONDS, VisitMachine
from kiosk.visit.routes import ANSWERS, CARD, EVERYWHERE, TABLE
from kiosk.visit.state import PIN_REST_SECONDS, PIN_TRIES, VisitState
from kiosk.visit.taps import COPIES_MAX, HANDLERS
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall

TICKET = "01890000-0000-7000-8000-000000000042"
KEY = f"{TICKET}.{'0123456789ab' * 2}"
ISSUED = {
    "number": "A042",
    "queue": "A",
    "ahead": 3,
    "low": 10,
    "high": 15,
    "issued": 1_764_000_000_000_000,
    "key": KEY,
}
TO_CONFIRM = ("start", "department:tax", "item:T001", "take", "class:ordinary")


def new_visit(**how: Any) -> VisitMachine:
    ids = count(1)
    visit = VisitMachine(
        VisitState(Catalogue(small_hall()), KIOSK, lambda: f"id-{next(ids):06}", has_pin=lambda: True)
    )
    visit.away(how.get("away", False))
    visit.paper({"p1": how.get("paper", "ready")})
    visit.hall(kiosk_view())
    return visit


def taps(visit: VisitMachine, *targets: str, now: float = 0.0) -> list[Any]:
    return [effect for target in targets for effect in visit.tap(target, now)]


def enter(visit: VisitMachine, entry: str, now: float = 0.0) -> None:
    """Type and enter a PIN; the store finds 2580 right."""
    for check in taps(visit, *(f"key:{sign}" for sign in entry), "enter", now=now):
        visit.pin_checked(check.entry == "2580", check.revision)


def asked(visit: VisitMachine) -> str:
    """A visit up to the number being asked for; returns the command's id."""
    effects = taps(visit, *TO_CONFIRM, "confirm")
    return next(e.id for e in effects if isinstance(e, Send))


def issued(visit: VisitMachine) -> str:
    id = asked(visit)
    visit.answer(id, ISSUED | {"ticket": id}, 0.0)
    return id


def test_a_whole_visit_from_idle_to_the_number_and_home():
    visit = new_visit()
    seen = [visit.state.screen]
    for target in (*TO_CONFIRM, "confirm"):
        visit.tap(target, 0.0)
        seen.append(visit.state.screen)
    assert seen == ["idle", "services", "items", "guide", "priority", "confirm", "waiting"]
    visit.answer("id-000001", ISSUED | {"ticket": "id-000001"}, 0.0)
    assert document(visit.state)["number"]["number"] == "A042"
    visit.tap("home", 0.0)
    assert visit.state.screen == "idle"


def test_the_command_is_saved_before_it_is_sent():
    effects = taps(new_visit(), *TO_CONFIRM, "confirm")
    saved, sent = (e for e in effects if isinstance(e, Save | Send))
    assert isinstance(saved, Save)
    assert isinstance(sent, Send)
    assert saved.kept.id == sent.id
    assert sent.command == TakeTicket(items=["T001"])


def test_paper_is_asked_before_the_tap_is_offered():
    visit = new_visit()
    assert taps(visit, *TO_CONFIRM)[-1] == AskPaper()


def test_the_answer_is_saved_before_the_slip_is_printed_and_forgotten_only_when_printed():
    visit = new_visit()
    id = asked(visit)
    effects = visit.answer(id, ISSUED | {"ticket": id}, 0.0)
    assert [type(e) for e in effects] == [Save, Print]
    assert effects[0].kept.stage == "printing"  # type: ignore[union-attr]
    after = visit.slip(id, 0, "printed")
    assert Forget(id) in after
    assert ReportSlip(id, "printed", 0) in [e.command for e in after if isinstance(e, Send)]


@pytest.mark.parametrize("fate", ["failed", "unknown"])
def test_a_slip_that_may_be_missing_keeps_the_visit_until_the_applicant_leaves(fate: Any):
    visit = new_visit()
    id = issued(visit)
    assert Forget(id) not in visit.slip(id, 0, fate)
    assert document(visit.state)["notes"][0]["key"] == "slip." + fate
    assert Forget(id) in visit.tap("home", 0.0)


def test_killed_before_the_answer_it_asks_again_with_the_same_id():
    visit = new_visit()
    kept = next(e.kept for e in taps(visit, *TO_CONFIRM, "confirm") if isinstance(e, Save))
    again = new_visit()
    assert again.resume(kept, 0.0) == [Send(kept.id, kept.command)]
    effects = again.answer(kept.id, ISSUED | {"ticket": kept.id}, 0.0)
    assert any(isinstance(e, Print) for e in effects), "asked but never printed: the first slip is owed"


def test_killed_before_the_answer_the_slip_is_owed_even_before_the_printer_was_asked():
    visit = new_visit()
    kept = next(e.kept for e in taps(visit, *TO_CONFIRM, "confirm") if isinstance(e, Save))
    again = VisitMachine(VisitState(Catalogue(small_hall()), KIOSK, lambda: "id-9"))
    again.resume(kept, 0.0)
    assert any(isinstance(e, Print) for e in again.answer(kept.id, ISSUED | {"ticket": kept.id}, 0.0))


def test_killed_while_printing_it_shows_the_number_and_prints_nothing_by_itself():
    visit = new_visit()
    id = asked(visit)
    kept = visit.answer(id, ISSUED | {"ticket": id}, 0.0)[0].kept  # type: ignore[union-attr]
    again = new_visit()
    effects = again.resume(kept, 0.0)
    assert not any(isinstance(e, Print) for e in effects)
    screen = document(again.state)
    assert screen["number"]["number"] == "A042"
    assert screen["notes"][0]["key"] == "slip.unknown"
    assert any(isinstance(e, Print) and e.slip.copy == 1 for e in again.tap("reprint", 0.0))


def test_a_late_finger_on_an_older_screen_presses_nothing():
    visit = new_visit()
    old = visit.state.revision
    visit.tap("start", 0.0, old)
    assert visit.tap("department:tax", 0.0, old) == []
    assert visit.state.screen == "services"


def test_a_second_press_on_confirm_sends_nothing():
    visit = new_visit()
    asked(visit)
    assert visit.tap("confirm", 0.0) == []


def test_live_waiting_figures_do_not_make_a_tap_old():
    visit = new_visit()
    visit.tap("start", 0.0)
    n = visit.state.revision
    visit.hall(kiosk_view(open=False))
    assert visit.state.revision == n
    assert document(visit.state)["tiles"][0]["closed"]


def test_idle_for_thirty_seconds_warns_and_then_wipes():
    visit = new_visit()
    taps(visit, "start", "language:en", "large", now=100.0)
    visit.tick(100.0 + KIOSK.idle_seconds - 0.1)
    assert "left" not in document(visit.state)
    visit.tick(100.0 + KIOSK.idle_seconds + 0.1)
    assert document(visit.state)["left"] == WARN_SECONDS
    visit.tick(100.0 + KIOSK.idle_seconds + WARN_SECONDS)
    screen = document(visit.state)
    assert (screen["screen"], screen["language"], screen["large"]) == ("idle", "zh", False)


def test_still_here_takes_the_warning_back():
    visit = new_visit()
    visit.tap("start", 100.0)
    visit.tick(135.0)
    visit.tap("stay", 135.0)
    visit.tick(136.0)
    assert visit.state.screen == "services"
    assert "left" not in document(visit.state)


def test_a_language_chosen_on_the_idle_screen_and_left_goes_back_by_itself():
    visit = new_visit()
    visit.tap("language:en", 100.0)
    visit.tick(100.0 + KIOSK.idle_seconds - 1)
    assert visit.state.language == "en"
    visit.tick(100.0 + KIOSK.idle_seconds)
    assert visit.state.language == "zh"


def test_a_pending_answer_is_never_wiped():
    visit = new_visit()
    asked(visit)
    visit.tick(10_000.0)
    assert visit.state.screen == "waiting"


def test_out_of_paper_is_said_before_the_tap_and_the_number_comes_without_a_slip():
    visit = new_visit(paper="paper-out")
    taps(visit, *TO_CONFIRM)
    assert document(visit.state)["notes"][0]["key"] == "paper.paper-out"
    id = next(e.id for e in visit.tap("confirm", 0.0) if isinstance(e, Send))
    effects = visit.answer(id, ISSUED | {"ticket": id}, 0.0)
    assert not any(isinstance(e, Print) for e in effects)
    assert document(visit.state)["number"]["qr"]
    assert ReportSlip(id, "failed", 0) in [e.command for e in effects if isinstance(e, Send)]


def test_the_second_printer_counts_when_the_first_is_empty():
    visit = new_visit()
    visit.paper({"p1": "paper-out", "p2": "ready"})
    assert visit.state.paper_state == "ready"


def test_caller_away_nothing_can_be_asked_and_the_visit_goes_on_where_it_was():
    visit = new_visit()
    taps(visit, *TO_CONFIRM)
    visit.away(True)
    assert document(visit.state)["away"]
    assert visit.tap("confirm", 0.0) == []
    visit.away(False)
    assert visit.state.screen == "confirm"
    assert visit.tap("confirm", 0.0)


def test_caller_away_the_number_in_sight_stays_in_sight():
    visit = new_visit()
    issued(visit)
    visit.away(True)
    assert not document(visit.state)["away"]


def test_a_refusal_is_shown_with_its_words_and_next_step_and_nothing_is_kept():
    visit = new_visit()
    id = asked(visit)
    words = {
        "code": "quota-used",
        "zh": "号已取完",
        "en": "All taken",
        "next_zh": "请明天再来",
        "next_en": "Tomorrow",
    }
    assert Forget(id) in visit.refuse(id, words, 0.0)
    assert (document(visit.state)["title"]["text"], document(visit.state)["lead"]["text"]) == (
        "号已取完",
        "请明天再来",
    )
    visit.tap("language:en", 0.0)
    assert document(visit.state)["lead"]["text"] == "Tomorrow"


def test_language_changes_on_every_screen_without_losing_the_place():
    for screen in TABLE:
        visit = new_visit()
        reach(visit, screen)
        visit.tap("language:en", 0.0)
        assert (visit.state.screen, document(visit.state)["language"]) == (screen, "en")


def test_every_screen_has_a_document_without_nulls_in_every_language():
    for screen in TABLE:
        visit = new_visit()
        reach(visit, screen)
        assert not list(nulls(document(visit.state))), screen


def test_home_leads_home_from_everywhere_but_a_pending_answer():
    for screen in TABLE:
        visit = new_visit()
        reach(visit, screen)
        visit.tap("home", 0.0)
        assert visit.state.screen == ("waiting" if screen == "waiting" else "idle")


def test_back_undoes_one_step_at_a_time():
    visit = new_visit()
    taps(visit, *TO_CONFIRM)
    way = [visit.state.screen]
    while visit.state.screen != "idle":
        visit.tap("back", 0.0)
        way.append(visit.state.screen)
    assert way == ["confirm", "priority", "guide", "items", "services", "idle"]


def test_the_table_leads_only_to_screens_that_exist_and_reaches_all():
    ends = {to for row in [*TABLE.values(), CARD, EVERYWHERE, *ANSWERS.values()] for to in row.values()} - {
        "=",
        "<",
    }
    assert ends == set(TABLE)


def test_every_act_belongs_to_a_tap_of_the_table():
    assert set(HANDLERS) <= {tap for row in [*TABLE.values(), EVERYWHERE] for tap in row}


def test_counts_of_the_day_start_again_with_the_next():
    visit = new_visit()
    id = issued(visit)
    visit.slip(id, 0, "printed")
    assert (visit.state.counts.issued, visit.state.counts.printed) == (1, 1)
    visit.hall(kiosk_view() | {"hall": {"name": "", "name_en": "", "day": "2026-11-21", "open": True}})
    assert visit.state.counts.issued == 0


def test_search_by_initials_reaches_the_item():
    visit = new_visit()
    taps(visit, "start", "search", "key:k", "key:Y", "key:d", "key:j")
    assert [tile["target"] for tile in document(visit.state)["tiles"]] == ["item:T001"]
    visit.tap("item:T001", 0.0)
    assert visit.state.screen == "guide"


def test_a_reprint_is_a_copy_and_bounded():
    visit = new_visit()
    id = issued(visit)
    visit.slip(id, 0, "printed")
    copies = []
    for copy in range(1, COPIES_MAX + 2):
        copies += [e.slip.copy for e in visit.tap("reprint", 0.0) if isinstance(e, Print)]
        visit.slip(id, copy, "printed")
    assert copies == list(range(1, COPIES_MAX + 1))


def test_no_second_reprint_while_one_is_printing():
    visit = new_visit()
    issued(visit)
    assert visit.tap("reprint", 0.0) == []


def test_a_second_errand_keeps_the_language_and_is_a_new_command():
    visit = new_visit()
    visit.tap("language:en", 0.0)
    id = issued(visit)
    visit.slip(id, 0, "printed")
    visit.tap("more", 0.0)
    assert (visit.state.screen, visit.state.language) == ("services", "en")
    second = next(
        e
        for e in taps(visit, "department:hr", "item:H001", "take", "class:elderly", "confirm")
        if isinstance(e, Send)
    )
    assert second.id != id
    assert second.command == TakeTicket(items=["H001"], priority="elderly")


def test_the_slip_of_the_first_errand_is_settled_while_the_second_goes_on():
    visit = new_visit()
    id = issued(visit)
    visit.tap("more", 0.0)
    assert Forget(id) in visit.slip(id, 0, "failed")
    assert visit.state.screen == "services"


def test_a_missed_ticket_scanned_comes_back_into_line():
    visit = new_visit()
    assert visit.tap(f"scan:http://127.0.0.1:9301/t#{KEY}", 0.0) == [Look("ticket/" + TICKET), AskPaper()]
    visit.ticket(found("missed", can_return=True))
    sent = next(e for e in visit.tap("requeue", 0.0) if isinstance(e, Send))
    assert sent.command == RequeueTicket(TICKET)
    visit.answer(sent.id, {}, 0.0)
    visit.ticket(found("waiting"))
    assert document(visit.state)["number"]["number"] == "B007"


def test_a_waiting_ticket_scanned_may_be_printed_again_but_not_requeued():
    visit = new_visit()
    visit.tap(f"scan:{TICKET}", 0.0)
    visit.ticket(found("waiting"))
    assert visit.tap("requeue", 0.0) == []
    assert any(isinstance(e, Print) and e.slip.copy == 1 for e in visit.tap("reprint", 0.0))


def test_an_appointment_code_scanned_or_typed_checks_in():
    scanned = next(e for e in new_visit().tap("scan:YY8842", 0.0) if isinstance(e, Send))
    visit = new_visit()
    typed = taps(visit, "start", "appointment", *(f"key:{c}" for c in "yy8842"), "check-in")
    assert scanned.command == CheckIn("YY8842")
    assert scanned.command in [e.command for e in typed if isinstance(e, Send)]


def test_the_staff_corner_opens_with_the_pin_only_and_rests_after_wrong_ones():
    visit = new_visit()
    taps(visit, "staff")
    for _ in range(PIN_TRIES):
        enter(visit, "0000", now=5.0)
    enter(visit, "2580", now=6.0)
    assert visit.state.screen == "pin", "resting: right or wrong"
    enter(visit, "2580", now=6.0 + PIN_REST_SECONDS)
    assert visit.state.screen == "staff"
    assert visit.tap("restart", 70.0) == [Restart()]


def test_while_an_entry_is_checked_no_other_is_taken():
    visit = new_visit()
    taps(visit, "staff")
    (check,) = taps(visit, "key:0", "enter")
    assert taps(visit, "key:1", "enter") == [], "or a program could try many before the first is counted"
    visit.pin_checked(False, check.revision)
    assert (visit.state.pin_misses, document(visit.state)["lead"]) == (1, {"key": "pin.wrong"})
    assert len(taps(visit, "key:1", "enter")) == 1


def test_a_right_entry_found_right_after_its_screen_was_left_opens_nothing():
    visit = new_visit()
    taps(visit, "staff")
    (check,) = taps(visit, "key:2", "enter")
    taps(visit, "home", "staff")
    visit.pin_checked(True, check.revision)
    assert visit.state.screen == "pin"


def test_the_pin_is_never_in_the_document():
    visit = new_visit()
    taps(visit, "staff", "key:2", "key:5")
    assert "25" not in str(document(visit.state)["entry"])


# --- ways to each screen


def reach(visit: VisitMachine, screen: str) -> None:
    """Bring a fresh visit to a screen, by taps and answers only."""
    ways = {
        "idle": (), "services": ("start",), "items": TO_CONFIRM[:2], "search": ("start", "search", "key:k"),
        "guide": TO_CONFIRM[:3], "priority": TO_CONFIRM[:4], "confirm": TO_CONFIRM,
        "appointment": ("start", "appointment"), "scan": ("start", "lost"), "ticket": (f"scan:{TICKET}",),
        "pin": ("staff",), "staff": ("staff",),
    }  # fmt: skip
    if screen in ways:
        taps(visit, *ways[screen])
        visit.ticket(found("missed", can_return=True))
        if screen == "staff":
            enter(visit, "2580")
    elif screen == "number":
        issued(visit)
    elif screen in ("questions", "answer"):
        visit.state.questions = lambda: [PublishedAnswer("F2026-0001", "停车场在哪里？", "在北侧。")]
        taps(visit, "start", "questions", *(["question:F2026-0001"] if screen == "answer" else []))
    elif screen in ("progress", "case"):
        visit.state.catalogue.settings = replace(small_hall(), cases=CasesTable(enabled=True))
        digits = [f"key:{digit}" for digit in "2675710881"] if screen == "case" else []
        taps(visit, "start", "progress", *digits, *(["case"] if digits else []))
    elif screen in ("rate-why", "rated"):
        taps(visit, f"scan:{TICKET}")
        visit.ticket(found("served") | {"rateable": True})
        for effect in taps(visit, "rate-bad:1" if screen == "rate-why" else "rate:5"):
            if isinstance(effect, Send):
                visit.answer(effect.id, {}, 0.0)
    elif screen == "receipt" or screen.startswith("feedback"):
        visit.state.catalogue.settings = replace(small_hall(), feedback=FeedbackTable(enabled=True))
        chosen = ("start", "feedback", "kind:complaint", "place:2", "reason:slow", "submit")
        stop = ("feedback", "feedback-place", "feedback-reason", "feedback-check", "receipt").index(
            screen
        ) + 2
        asked_for = [effect for effect in taps(visit, *chosen[:stop]) if isinstance(effect, Send)]
        for effect in asked_for:
            visit.answer(
                effect.id, {"number": "F2026-0042", "code": "2675710881", "due": 1, "opened": 1}, 0.0
            )
    elif screen == "booked":
        visit.card("hash", "1234", False, 0.0)
    elif screen in ("behalf", "client"):
        visit.state.catalogue.settings = replace(small_hall(), rules=Rules(agents=True))
        visit.card("hash", "1234", False, 0.0)
        visit.booked("hash", {"appointments": []})
        taps(visit, *TO_CONFIRM[1:4], *(["agent"] if screen == "client" else []))
    else:
        id = asked(visit)
        if screen == "refused":
            visit.refuse(
                id, {"code": "c", "zh": "不行", "en": "no", "next_zh": "请", "next_en": "please"}, 0.0
            )
    assert visit.state.screen == screen


def found(state: str, can_return: bool = False) -> dict[str, Any]:
    return {
        "ticket": TICKET, "number": "B007", "state": state, "queue": "B", "items": ["H001"], "priority": "ordinary",
        "ahead": 2, "low": 5, "high": 10, "issued": 1_764_000_000_000_000, "missed_can_return": can_return,
        "window": "2" if state in ("called", "serving") else "", "window_name": "2号窗口", "window_name_en": "Window 2",
    }  # fmt: skip


def nulls(value: Any) -> Any:
    if value is None:
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from nulls(inner)


# --- how to be met


def test_who_needs_help_says_so_under_the_number_and_takes_it_back():
    visit = new_visit()
    id = issued(visit)
    assert visit.tap("assistance:deaf", 0.0) == []  # not asked yet
    visit.tap("assist", 0.0)
    shown = document(visit.state)
    assert [each["target"] for each in shown["buttons"]] == [
        "assistance:deaf", "assistance:blind", "assistance:wheelchair", "assistance:interpreter", "assistance:none",
    ]  # fmt: skip
    assert shown["number"]["number"]  # still in sight
    (sent,) = visit.tap("assistance:deaf", 0.0)
    assert isinstance(sent, Send)
    assert (sent.command, sent.answered) == (SetAssistance(id, "deaf"), False)
    assert "assist.noted" in [note["key"] for note in document(visit.state)["notes"]]
    for tap, commands in (("assistance:deaf", 0), ("assistance:none", 1)):
        visit.tap("assist", 0.0)
        assert len(visit.tap(tap, 0.0)) == commands
    assert "assist.noted" not in [note["key"] for note in document(visit.state)["notes"]]


def test_nothing_is_asked_while_the_caller_is_away():
    visit = new_visit()
    issued(visit)
    visit.away(True)
    assert visit.tap("assist", 0.0) == []
    assert not visit.state.errand.assist_open
    assert document(visit.state)["buttons"][0]["off"]
