"""A complaint at the kiosk: by touch alone, with a receipt on paper and on the screen, and no card with it."""

from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from caller.engine.feedback_messages import FEEDBACK_KINDS, SubmitFeedback
from config.feedback_settings import FeedbackTable
from config.paper import notice
from config.paper.template_files import TemplateFolder
from config.settings import Settings
from devices.printer import encode
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.visit.effects import Forget, PendingVisit, PrintReceipt, Save, Send
from kiosk.visit.machine import WARN_SECONDS, VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall

PRESSES = ("start", "feedback", "kind:complaint", "place:2", "reason:waiting", "submit")
CODE = "2675710881"
GIVEN: dict[str, Any] = {
    "follow_up": "id-000001", "number": "F2026-0042", "code": CODE, "due": 1_790_697_599_999_999,
    "opened": 1_790_000_000_000_000,
}  # fmt: skip


def hall(enabled: bool = True) -> Settings:
    return replace(small_hall(), feedback=FeedbackTable(enabled=enabled))


def new_visit(paper: Any = "ready", enabled: bool = True) -> VisitMachine:
    ids = count(1)
    visit = VisitMachine(VisitState(Catalogue(hall(enabled)), KIOSK, lambda: f"id-{next(ids):06}"))
    visit.away(False)
    visit.paper({"p1": paper})
    visit.hall(kiosk_view())
    return visit


def taps(visit: VisitMachine, *targets: str) -> list[Any]:
    return [effect for target in targets for effect in visit.tap(target, 0.0)]


def submitted(visit: VisitMachine) -> str:
    return next(effect.id for effect in taps(visit, *PRESSES) if isinstance(effect, Send))


def test_it_is_saved_before_it_is_sent_and_says_what_was_chosen() -> None:
    visit = new_visit()
    effects = taps(visit, *PRESSES)
    saved = next(each for each in effects if isinstance(each, Save))
    sent = next(each for each in effects if isinstance(each, Send))
    assert effects.index(saved) < effects.index(sent)
    assert sent.command == SubmitFeedback("complaint", "kiosk", window="2", reason="waiting", anonymous=True)
    assert visit.state.screen == "waiting"


def test_the_receipt_is_shown_and_printed_and_the_visit_is_forgotten() -> None:
    visit = new_visit()
    id = submitted(visit)
    effects = visit.answer(id, GIVEN, 1.0)
    assert [type(each) for each in effects] == [Forget, PrintReceipt]
    screen = document(visit.state)
    assert (screen["screen"], screen["number"]["number"]) == ("receipt", GIVEN["number"])
    assert screen["number"]["url"].endswith(f"/feedback#{CODE}")
    assert {"key": "row.code", "text": CODE} in screen["rows"]
    assert visit.state.counts.issued == 0, "no number was given"
    visit.receipt_printed(CODE, "printed")
    assert document(visit.state)["notes"][0]["key"] == "receipt.printed"


@pytest.mark.parametrize("paper", ["paper-out", "offline"])
def test_without_paper_the_code_is_on_the_screen_and_printed_later(paper: Any) -> None:
    visit = new_visit(paper)
    assert [type(each) for each in visit.answer(submitted(visit), GIVEN, 1.0)] == [Forget]
    assert document(visit.state)["notes"][0]["key"] == "receipt.none"
    assert taps(visit, "print-receipt") == []
    visit.paper({"p1": "ready"})
    assert [type(each) for each in taps(visit, "print-receipt")] == [PrintReceipt]


def test_after_a_power_cut_the_same_command_is_sent_again() -> None:
    visit = new_visit()
    kept = PendingVisit("id-000009", SubmitFeedback("praise", "kiosk", window="1", anonymous=True))
    (sent,) = visit.resume(kept, 0.0)
    assert isinstance(sent, Send)
    assert (sent.id, sent.command) == ("id-000009", kept.command)
    visit.answer("id-000009", GIVEN, 1.0)
    assert document(visit.state)["number"]["errand"] == "表扬"


def test_nothing_of_the_one_who_leaves_stays_and_a_late_outcome_changes_nothing() -> None:
    visit = new_visit()
    visit.answer(submitted(visit), GIVEN, 1.0)
    visit.receipt_printed(CODE, "printed")
    visit.tick(1.0 + KIOSK.idle_seconds + WARN_SECONDS)
    assert visit.state.screen == "idle"
    assert CODE not in str(document(visit.state))
    visit.receipt_printed(CODE, "failed")
    assert visit.state.errand.slip_outcome == "none"


def test_a_refusal_is_shown_in_words() -> None:
    visit = new_visit()
    words = {
        "code": "feedback-off",
        "zh": "没有开通",
        "en": "off",
        "next_zh": "请到服务台",
        "next_en": "desk",
    }
    visit.refuse(submitted(visit), words, 1.0)
    assert document(visit.state)["title"] == {"text": "没有开通"}


def test_a_hall_without_receipts_offers_none() -> None:
    visit = new_visit(enabled=False)
    taps(visit, "start", "feedback")
    assert visit.state.screen == "services"
    assert all(each["target"] != "feedback" for each in document(visit.state)["buttons"])


@pytest.mark.parametrize("target", ["kind:rating", "kind:", "place:9", "reason:rude"])
def test_what_the_hall_does_not_have_is_no_choice(target: str) -> None:
    visit = new_visit()
    before = {"kind": ("start", "feedback"), "place": PRESSES[:3], "reason": PRESSES[:4]}[
        target.partition(":")[0]
    ]
    taps(visit, *before)
    screen = visit.state.screen
    taps(visit, target)
    assert visit.state.screen == screen


@pytest.mark.parametrize(
    ("undrawn", "language"), [(frozenset[str](), "ug"), (frozenset({"ug"}), "zh")], ids=["letters", "none"]
)
def test_a_receipt_is_in_the_applicants_language_where_this_pc_can_draw_it(
    undrawn: frozenset[str], language: str
) -> None:
    visit = new_visit()
    visit.state.undrawn = undrawn
    taps(visit, "start")
    visit.state.language = "ug"
    id = next(each.id for each in taps(visit, *PRESSES[1:]) if isinstance(each, Send))
    printed = [each for each in visit.answer(id, GIVEN, 0.0) if isinstance(each, PrintReceipt)]
    assert [each.content.language for each in printed] == [language]
    assert document(visit.state)["number"]["errand"] == "شىكايەت", "the screen has its own letters"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", FEEDBACK_KINDS)
def test_the_paper_holds_number_code_date_and_the_way_to_its_page(kind: str, language: str) -> None:
    facts = GIVEN | {"kind": kind, "window": "2", "reason": "waiting"}
    content = notice.receipt_content(hall(), facts, language)
    sheet = TemplateFolder().sheet("feedback", content.language, notice.values(content))
    printed = encode(sheet, 576, "text")
    for each in (GIVEN["number"], CODE, "2026-09-29"):
        assert str(each).encode() in printed, each
