"""How a case goes on, at the kiosk: by the receipt's code, typed or scanned, an agency's too; and no code is guessed."""

from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from caller.engine.commands import CheckIn
from caller.engine.short_codes import KINDS, TRIES_SPAN, WrongTries
from config.case_settings import CasesTable
from config.instants import SECOND
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.visit.effects import Look, Send
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall

CODE = "2675710881"
TRIES = KINDS["case"].tries
AT = 1_790_000_000_000_000
VIEW: dict[str, Any] = {
    "number": "B2026-000042", "item": "开业登记", "item_en": "Opening", "department": "税务局", "department_en": "Tax",
    "state": "in-hand", "decision": "", "light": "yellow", "opened": AT, "due": AT, "provisional": False, "before": 0,
    "parts": [], "joint": [], "owed": [], "owed_due": 0, "asked": [], "asked_until": 0, "agent": "v07",
    "listed": ["身份证", "申请表"], "papers_en": {"身份证": "ID card"}, "reported": 0, "heard": 0, "phone": "0000-8001", "rating": "", "receipt": 0, "added": 0,
}  # fmt: skip


def new_visit(enabled: bool = True) -> VisitMachine:
    ids, hall = count(1), replace(small_hall(), cases=CasesTable(enabled=enabled))
    visit = VisitMachine(VisitState(Catalogue(hall), KIOSK, lambda: f"id-{next(ids):06}"))
    visit.away(False)
    visit.paper({"p1": "ready"})
    visit.hall(kiosk_view())
    return visit


def asked(visit: VisitMachine, code: str, now: float = 0.0) -> list[Any]:
    """Type a code on the screen that asks for one."""
    visit.tap("home", now)
    taps = ("start", "progress", *(f"key:{digit}" for digit in code), "case")
    return [effect for target in taps for effect in visit.tap(target, now)]


def test_a_typed_code_shows_its_case_and_who_acts_for_the_applicant_with_what() -> None:
    visit = new_visit()
    assert Look(f"progress/{CODE}") in asked(visit, CODE)
    assert document(visit.state)["title"] == {"key": "progress.looking"}
    visit.case(CODE, VIEW)
    screen = document(visit.state)
    assert (screen["screen"], screen["title"]) == ("case", {"text": "办理中"})
    shown = {row["key"]: row.get("text") or row.get("list") for row in screen["rows"]}
    assert (shown["row.case-agent"], shown["row.case-listed"]) == ("v07", ["身份证", "申请表"])
    visit.case(CODE, VIEW | {"state": "asked", "light": "grey", "asked": ["申请表"], "asked_until": AT})
    keys = [row["key"] for row in document(visit.state)["rows"]]
    assert keys[:2] == ["row.case-asked-until", "row.case-asked"], "what the applicant is to do stands first"
    assert {"row.case-due", "row.case-opened"}.isdisjoint(keys)
    assert "row.case-received" in keys


@pytest.mark.parametrize(
    ("more", "key", "tone"),
    [
        ({"light": "green"}, "progress.within", "good"),
        ({"light": "yellow"}, "progress.near", "warn"),
        ({"light": "red"}, "progress.past", "warn"),
        ({"light": "green", "state": "decided", "decision": "granted"}, "progress.kept", "good"),
        ({"light": "red", "state": "closed", "decision": "refused"}, "progress.missed", "warn"),
    ],
)
def test_the_light_is_said_in_the_applicants_words(more: dict[str, Any], key: str, tone: str) -> None:
    visit = new_visit()
    asked(visit, CODE)
    visit.case(CODE, VIEW | more)
    assert document(visit.state)["notes"] == [{"key": key, "tone": tone}]
    visit.case(CODE, VIEW | {"light": "grey", "state": "paused"})
    assert document(visit.state)["notes"] == []


def test_in_english_papers_have_their_english_names_where_the_hall_has_them() -> None:
    visit = new_visit()
    visit.tap("language:en", 0.0)
    asked(visit, CODE)
    visit.case(CODE, VIEW | {"state": "decided", "decision": "granted"})
    screen = document(visit.state)
    shown = {row["key"]: row.get("list") for row in screen["rows"]}
    assert (screen["title"], shown["row.case-listed"]) == (
        {"text": "Decided · granted"},
        ["ID card", "申请表"],
    )


def test_the_receipts_qr_code_leads_to_its_case_on_this_screen() -> None:
    visit = new_visit()
    for target in ("start", "progress"):
        visit.tap(target, 0.0)
    effects = visit.tap(f"scan:https://hall.example/case#{CODE}", 0.0)
    assert effects == [Look(f"progress/{CODE}")]


def test_a_result_that_is_ready_is_collected_by_one_press_and_no_other() -> None:
    visit = new_visit()
    asked(visit, CODE)
    visit.case(CODE, VIEW)
    assert visit.tap("collect", 0.0) == []
    visit.case(CODE, VIEW | {"state": "decided", "decision": "granted"})
    assert [each["target"] for each in document(visit.state)["buttons"]] == ["collect", "home"]
    (sent,) = [each for each in visit.tap("collect", 0.0) if isinstance(each, Send)]
    assert sent.command == CheckIn(code=CODE)


def test_who_is_refused_a_number_sees_by_one_press_how_the_case_goes_on() -> None:
    visit = new_visit()
    (sent,) = [
        each for each in (*visit.tap("start", 0.0), *visit.tap(f"code:{CODE}", 0.0)) if isinstance(each, Send)
    ]
    words = {
        "code": "case-not-ready",
        "zh": "还没办好",
        "en": "not yet",
        "next_zh": "请",
        "next_en": "please",
    }
    visit.refuse(sent.id, words, 0.0)
    assert document(visit.state)["buttons"][0]["target"] == "case"
    assert visit.tap("case", 0.0) == [Look(f"progress/{CODE}")]


def wrong(visit: VisitMachine, times: int) -> None:
    for nth in range(times):
        asked(visit, f"{nth:010d}")
        visit.case(f"{nth:010d}", {})
        assert visit.state.screen == "refused"


def test_a_mistaken_code_is_typed_again_by_one_press() -> None:
    visit = new_visit()
    wrong(visit, 1)
    assert [each["target"] for each in document(visit.state)["buttons"]] == ["progress", "again", "home"]
    visit.tap("progress", 0.0)
    screen = document(visit.state)
    assert (screen["screen"], screen["entry"]["text"]) == ("progress", "")


def test_wrong_codes_are_counted_and_a_right_one_waits_with_them() -> None:
    visit = new_visit()
    wrong(visit, TRIES)
    assert [each for each in asked(visit, CODE) if isinstance(each, Look) and each.topic] == []
    assert "rows" not in document(visit.state), "no empty sheet"
    assert [each["target"] for each in document(visit.state)["buttons"]] == ["home"]
    assert "10" in document(visit.state)["title"]["text"] + document(visit.state)["lead"]["text"]
    assert Look(f"progress/{CODE}") in asked(visit, CODE, TRIES_SPAN / SECOND + 1)


def test_twin_uncounted_codes_could_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WrongTries, "note", lambda *_: None)
    visit = new_visit()
    wrong(visit, TRIES)
    assert Look(f"progress/{CODE}") in asked(visit, CODE)


def test_a_hall_without_cases_has_no_such_screen() -> None:
    visit = new_visit(enabled=False)
    visit.tap("start", 0.0)
    assert "progress" not in [each["target"] for each in document(visit.state)["buttons"]]
    visit.tap("progress", 0.0)
    assert visit.state.screen == "services"
