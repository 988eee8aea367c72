"""At the kiosk: the slip of a visit that has ended rates it once; and what the hall answered others is found by item and letters."""

from itertools import count
from typing import Any

import pytest

from caller.engine.commands import Rate
from caller.people.question_store import PublishedAnswer
from config.hall_lists import document as listed
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.visit.effects import Forget, Save, Send
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall

FOUND: dict[str, Any] = {
    "ticket": "t-1", "number": "A001", "state": "served", "queue": "A", "priority": "ordinary", "items": [],
    "window": "1", "window_name": "一号", "window_name_en": "One", "rateable": True, "rated": False,
}  # fmt: skip


def kiosk(*questions: PublishedAnswer) -> VisitMachine:
    ids = count(1)
    state = VisitState(
        Catalogue(small_hall()), KIOSK, lambda: f"id-{next(ids):06}", questions=lambda: questions
    )
    visit = VisitMachine(state)
    visit.away(False)
    visit.paper({"p1": "ready"})
    visit.hall(kiosk_view())
    return visit


def taps(visit: VisitMachine, *targets: str) -> list[Any]:
    return [effect for target in targets for effect in visit.tap(target, 0.0)]


def targets(visit: VisitMachine) -> list[str]:
    doc = document(visit.state)
    return [each["target"] for part in ("tiles", "buttons") for each in doc.get(part, [])]


def laid(**changes: Any) -> VisitMachine:
    """A kiosk at which the slip of an ended visit was laid."""
    visit = kiosk()
    taps(visit, "slip:t-1.key")
    visit.ticket(FOUND | changes)
    return visit


def test_five_levels_stand_there_and_one_counts_when_the_caller_has_it() -> None:
    visit = laid()
    assert targets(visit)[:5] == ["rate:5", "rate:4", "rate:3", "rate-bad:2", "rate-bad:1"]
    saved, sent = taps(visit, "rate:4")
    assert isinstance(saved, Save)
    assert isinstance(sent, Send)
    assert sent.command == Rate("t-1", 4, [], "kiosk")
    assert visit.state.screen == "waiting"
    assert visit.answer(sent.id, {}, 0.0) == [Forget(sent.id)]
    assert (visit.state.screen, targets(visit)) == ("rated", ["home"])


def test_a_bad_level_asks_why_and_never_blocks() -> None:
    visit = laid()
    assert taps(visit, "rate-bad:1") == []
    assert visit.state.screen == "rate-why"
    rating = listed(visit.state.catalogue.settings, "rating")
    first = rating["reasons"][0]["id"]
    assert targets(visit)[0] == f"why:{first}"
    assert targets(visit)[-1] == "rate:1"
    assert taps(visit, "why:invented") == []
    _, sent = taps(visit, f"why:{first}")
    assert sent.command == Rate("t-1", 1, [f"{rating['version']}:{first}"], "kiosk")
    visit = laid()
    _, sent = taps(visit, "rate-bad:2", "rate:2")
    assert sent.command == Rate("t-1", 2, [], "kiosk")


def test_what_is_refused_is_told_and_what_cannot_be_rated_is_not_asked() -> None:
    visit = laid()
    _, sent = taps(visit, "rate:5")
    visit.refuse(
        sent.id,
        {"code": "already-rated", "zh": "已经评价过", "en": "rated", "next_zh": "", "next_en": ""},
        0.0,
    )
    assert visit.state.screen == "refused"
    for changes in ({"rateable": False, "rated": True}, {"state": "waiting", "rateable": False}):
        visit = laid(**changes)
        assert not [each for each in targets(visit) if each.startswith("rate")]
        assert taps(visit, "rate:5") == []
        assert taps(visit, "rate-bad:1") == []
    assert taps(laid(), "rate:6") == []
    assert taps(laid(), "rate:") == []


ITEM = small_hall().items[0]
ABOUT = PublishedAnswer(
    "F2026-0001", "异地可以办吗？", "可以，带身份证原件。", ITEM.id, 2, "Can it be done elsewhere?", "Yes."
)
OTHER = PublishedAnswer("F2026-0002", "停车场在哪里？", "在大厅北侧。", "", 1)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", [ABOUT, OTHER]),
        ("ydky", [ABOUT]),
        ("tcc", [OTHER]),
        ("tingche", [OTHER]),
        ("elsewhere", [ABOUT]),
        ("zzz", []),
    ],
)
def test_questions_are_found_by_letters_pinyin_and_english(typed: str, found: list[PublishedAnswer]) -> None:
    visit = kiosk(ABOUT, OTHER)
    taps(visit, "start", "questions", *(f"key:{sign}" for sign in typed))
    assert [each for each in targets(visit) if each.startswith("question:")] == [
        f"question:{each.number}" for each in found
    ]
    assert bool(document(visit.state)["notes"]) == (not found)


def test_from_an_items_guide_come_those_about_it_and_no_ordinary_walk_passes_them() -> None:
    visit = kiosk(ABOUT, OTHER)
    taps(visit, "start")
    visit.state.screen, visit.state.errand.item = "guide", ITEM.id
    assert "questions" in targets(visit)
    taps(visit, "questions")
    assert [each for each in targets(visit) if each.startswith("question:")] == ["question:F2026-0001"]
    taps(visit, "question:F2026-0001")
    doc = document(visit.state)
    assert (doc["title"], doc["rows"][0]["text"]) == ({"text": ABOUT.question}, ABOUT.answer)
    visit.state.screen, visit.state.errand.item = "guide", small_hall().items[1].id
    assert "questions" not in targets(visit)
    bare = kiosk()
    taps(bare, "start")
    assert "questions" not in targets(bare)
    assert taps(bare, "questions") == []


def test_in_english_what_has_no_english_text_says_so() -> None:
    visit = kiosk(ABOUT, OTHER)
    taps(visit, "language:en", "start", "questions", "question:F2026-0001")
    doc = document(visit.state)
    assert (doc["title"], doc["rows"][0]["text"], doc["notes"]) == ({"text": ABOUT.question_en}, "Yes.", [])
    taps(visit, "back", "question:F2026-0002")
    doc = document(visit.state)
    assert (doc["rows"][0]["text"], [each["key"] for each in doc["notes"]]) == (
        OTHER.answer,
        ["questions.chinese"],
    )


def test_one_that_was_taken_back_meanwhile_says_so() -> None:
    rows = [ABOUT, OTHER]
    visit = kiosk()
    visit.state.questions = lambda: rows
    taps(visit, "start", "questions", "question:F2026-0001")
    rows.remove(ABOUT)
    assert document(visit.state)["lead"]["key"] == "questions.gone"


def test_a_long_answer_is_cut_between_sentences_and_loses_none() -> None:
    sentence = "请带委托书、双方身份证原件和社会保障卡，到窗口办理；"
    visit = kiosk(PublishedAnswer("F2026-0003", "怎么委托？", sentence * 40))
    taps(visit, "start", "questions", "question:F2026-0003")
    rows = document(visit.state)["rows"]
    assert "".join(each["text"] for each in rows) == sentence * 40
    assert all(len(each["text"]) <= 100 for each in rows)
    assert [each["key"] for each in rows[:2]] == ["row.answer", "row.answer.more"]
