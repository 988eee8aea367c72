"""Fewer taps: three from rest to the number for what is taken most, four for any item that is searched, papers in sight."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from caller.engine.commands import TakeTicket
from config.item_search import search_keys
from config.reading.reader import read
from config.settings import Kiosk, Rules, Settings
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.screens.translations import prompt
from kiosk.visit.effects import Send
from kiosk.visit.machine import VisitMachine
from kiosk.visit.state import VisitState
from tests.instruments.kiosk_halls import kiosk_view, small_hall

REPO = Path(__file__).parents[3]
QUICK = Kiosk("k1", printers=["p1"], quick=True)
MANY = 502
HALLS = {"131": "county", "502": "county-large"}  # as they come, with their own kiosks


def sample(items: str) -> Settings:
    found = read(REPO / f"config/halls/{HALLS[items]}.toml")
    assert len(found.items) == int(items)
    return found


def quick_visit(settings: Settings, frequent: list[str], kiosk: Kiosk = QUICK) -> VisitMachine:
    ids = count(1)
    visit = VisitMachine(VisitState(Catalogue(settings), kiosk, lambda: f"id-{next(ids):06}"))
    visit.away(False)
    visit.paper({"p1": "ready"})
    queue = {"waiting": 4, "low": 10, "high": 15, "open": True}
    visit.hall(kiosk_view() | {"queues": {each.id: queue for each in settings.queues}, "frequent": frequent})
    return visit


def shown(visit: VisitMachine) -> list[str]:
    """The targets that may be pressed on the screen in sight."""
    doc = document(visit.state)
    return [
        each["target"]
        for part in ("tiles", "buttons", "tabs")
        for each in doc.get(part, [])
        if not each.get("off")
    ]


def walk(visit: VisitMachine, *taps: str) -> list[Any]:
    """Make the taps, each on a screen that shows it; what the last one does."""
    effects: list[Any] = []
    for tap in taps:
        assert tap in shown(visit) or tap.startswith("key:"), (tap, visit.state.screen)
        effects = visit.tap(tap, 0.0)
    return effects


def taken(effects: list[Any]) -> Any:
    sent = [each.command for each in effects if isinstance(each, Send)]
    return sent[0] if sent else None


@pytest.mark.parametrize("hall", HALLS)
def test_three_taps_for_the_ten_most_frequent_with_their_papers(hall: str):
    settings = sample(hall)
    ten = [item.id for item in settings.items[::13][:10]]
    for item in settings.items:
        if item.id not in ten:
            continue
        visit = quick_visit(settings, ten, settings.kiosks[0])
        walk(visit, "start", f"item:{item.id}")
        rows = document(visit.state)["rows"]
        assert not item.papers or {"key": "row.papers", "list": list(item.papers)} in rows
        assert taken(walk(visit, "confirm")) == TakeTicket([item.id])
        assert visit.state.screen == "waiting"


@pytest.mark.parametrize(
    ("hall", "step"), [("131", 1), ("502", 9), pytest.param("502", 1, marks=pytest.mark.campaign)]
)
def test_four_taps_and_some_letters_for_any_item(hall: str, step: int):
    """`step`: every so many items of a list."""
    settings = sample(hall)
    visit = quick_visit(settings, [], settings.kiosks[0])
    letters: list[int] = []
    for item in settings.items[::step]:
        visit.tap("home", 0.0)
        walk(visit, "start", "search")
        _, initials, pinyin, _ = search_keys(item)
        typed = ""
        for sign in filter(str.isalnum, initials if len(settings.items) < MANY else pinyin):
            if f"item:{item.id}" in shown(visit):
                break
            typed += sign
            visit.tap(f"key:{sign}", 0.0)
        letters.append(len(typed))
        walk(visit, f"item:{item.id}")
        assert taken(walk(visit, "confirm")) == TakeTicket([item.id])
        visit.refuse(
            visit.state.errand.kept.id if visit.state.errand.kept else "",
            {"zh": "", "en": "", "next_zh": "", "next_en": ""},
            0.0,
        )
    assert max(letters) <= 24


def test_the_frequent_stand_first_and_departments_one_tap_away():
    visit = quick_visit(small_hall(), ["H001", "gone"])
    walk(visit, "start")
    doc = document(visit.state)
    assert [tile["target"] for tile in doc["tiles"]] == ["item:H001"]
    assert [tab["on"] for tab in doc["tabs"]] == [True, False, *[False] * (len(doc["tabs"]) - 2)]
    walk(visit, "tab:departments")
    assert "department:tax" in shown(visit)


def test_another_class_is_one_button_more_and_a_card_speaks_for_its_holder():
    visit = quick_visit(small_hall(), ["H001"])
    walk(visit, "start", "item:H001", "take", "class:elderly")
    assert taken(walk(visit, "confirm")) == TakeTicket(["H001"], priority="elderly")
    visit = quick_visit(small_hall(), ["H001"])
    walk(visit, "start")
    visit.card("p" * 64, "1234", True, 0.0)
    visit.booked("p" * 64, {"appointments": [], "numbers": []})
    visit.tap("walk-in", 0.0)
    walk(visit, "item:H001")
    assert {"key": "guide.class", "facts": {"name": "老年人"}, "tone": "good"} in document(visit.state)[
        "notes"
    ]
    assert taken(walk(visit, "confirm")) == TakeTicket(["H001"], priority="elderly", person="p" * 64)


def test_a_printer_without_paper_is_shown_and_said_before_the_number_is_taken():
    visit = quick_visit(small_hall(), ["H001"])
    walk(visit, "start", "item:H001")
    assert (document(visit.state)["notes"], prompt(visit.state)) == ([], "guide-taken")
    visit.paper({"p1": "paper-out"})
    assert {"key": "paper.paper-out", "tone": "warn"} in document(visit.state)["notes"]
    assert prompt(visit.state) == "confirm-paper"


def test_who_may_act_for_others_is_still_asked_for_whom():
    settings = replace(small_hall(), rules=Rules(agents=True))
    visit = quick_visit(settings, ["H001"])
    walk(visit, "start")
    visit.card("p" * 64, "1234", False, 0.0)
    visit.booked("p" * 64, {"appointments": [], "numbers": []})
    visit.tap("walk-in", 0.0)
    walk(visit, "item:H001")
    assert "confirm" not in shown(visit)
    assert visit.tap("confirm", 0.0) == []
    walk(visit, "take")
    assert visit.state.screen == "behalf"


def test_twin_a_kiosk_that_is_not_quick_asks_as_before():
    visit = quick_visit(small_hall(), ["H001"], replace(QUICK, quick=False))
    visit.tap("start", 0.0)
    assert "item:H001" not in shown(visit)
    assert "department:tax" in shown(visit)
    for tap in ("department:hr", "item:H001", "confirm"):
        effects = visit.tap(tap, 0.0)
    assert taken(effects) is None
    assert visit.state.screen == "guide"
