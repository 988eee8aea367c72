"""Several items in one visit at the kiosk: added one by one, or a package at once; one number, papers without repeats."""

from typing import Any

from msgspec.structs import replace

from caller.engine.commands import ITEMS_MAX, CheckIn, TakeTicket
from config.settings import Item, Settings
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.visit.effects import Print, Send
from tests.instruments.kiosk_halls import kiosk_view, small_hall
from tests.kiosk.visit.test_quick_visit import quick_visit, shown, taken, walk

EVENT = "安家"


def hall(events: int = 2) -> Settings:
    """The small hall, with items of a life event that share a paper."""
    queues = [queue.id for queue in small_hall().queues]
    department = small_hall().departments[0].id
    of_event = [
        Item(
            f"E{n:03}", f"安家事项{n}", department, queues[n % len(queues)], f"Home item {n}",
            papers=["身份证", f"材料{n}"], papers_en=["ID card", f"Paper {n}"], life_event=EVENT,
        )
        for n in range(events)
    ]  # fmt: skip
    many = [Item(f"Z{n:03}", f"别的{n}", department, queues[0]) for n in range(14)]
    return replace(small_hall(), items=(*small_hall().items, *of_event, *many))


TILE = f"event:{Catalogue(hall()).events.index(EVENT)}"


def rows(visit: Any) -> dict[str, Any]:
    return {row["key"]: row.get("list", row.get("text")) for row in document(visit.state).get("rows", [])}


def test_a_package_is_one_number_and_its_papers_are_told_once():
    visit = quick_visit(hall(), [])
    walk(visit, "start", "tab:events", TILE, "package")
    assert document(visit.state)["title"] == {"key": "several.title", "facts": {"count": 2}}
    assert rows(visit)["row.items"] == ["安家事项0", "安家事项1"]
    assert rows(visit)["row.papers"] == ["身份证", "材料0", "材料1"]
    assert taken(walk(visit, "confirm")) == TakeTicket(["E000", "E001"])


def test_items_are_added_one_by_one_and_the_way_back_to_them_is_in_sight():
    visit = quick_visit(hall(), ["E000", "E001"])
    walk(visit, "start", "item:E000", "add")
    assert document(visit.state)["notes"][-1] == {
        "key": "several.chosen", "facts": {"count": 1, "names": "安家事项0"}, "tone": "good",
    }  # fmt: skip
    walk(visit, "chosen")
    assert "row.items" not in rows(visit)
    walk(visit, "add", "item:E001", "add", "item:E000")
    assert rows(visit)["row.items"] == ["安家事项1", "安家事项0"], "what is chosen twice is one"
    walk(visit, "only")
    assert taken(walk(visit, "confirm")) == TakeTicket(["E000"])


def test_an_ordinary_kiosk_asks_for_the_class_and_shows_all_before_the_number():
    settings = hall()
    visit = quick_visit(settings, [], replace(settings.kiosks[0], quick=False))
    walk(visit, "start", "tab:events", TILE, "package", "take", "class:elderly")
    assert rows(visit)["row.items"] == ["安家事项0", "安家事项1"]
    assert "row.windows" not in rows(visit), "where to go first is the caller's to say"
    assert taken(walk(visit, "confirm")) == TakeTicket(["E000", "E001"], priority="elderly")


def test_the_number_and_its_slip_say_the_order_of_going():
    settings = hall()
    visit = quick_visit(settings, [])
    sent = next(
        each
        for each in walk(visit, "start", "tab:events", TILE, "package", "confirm")
        if isinstance(each, Send)
    )
    first, then = settings.items[-15], settings.items[-16]
    answer = {
        "ticket": sent.id, "number": "B001", "queue": first.queue, "ahead": 0, "low": 0, "high": 5, "issued": 1, "key": "",
        "items": [first.id, then.id], "then": [{"queue": then.queue, "items": [then.id]}],
    }  # fmt: skip
    printed = next(each for each in visit.answer(sent.id, answer, 0.0) if isinstance(each, Print))
    assert printed.slip.errand == "安家事项1等 2 项"
    assert [line.partition("：")[0] for line in printed.slip.visit] == ["安家事项1", "安家事项0"]
    assert printed.slip.papers == ("身份证", "材料1", "材料0")
    assert rows(visit)["row.visit"] == list(printed.slip.visit)


def test_a_package_too_long_for_one_visit_or_closed_is_not_offered_but_its_items_are():
    visit = quick_visit(hall(ITEMS_MAX + 1), [])
    walk(visit, "start", "tab:events", TILE)
    assert "package" not in shown(visit)
    assert "item:E000" in shown(visit)
    visit = quick_visit(hall(), [])
    shut = {"code": "item-not-today", "zh": "今天不办", "en": "Not today", "next_zh": "", "next_en": ""}
    visit.hall(kiosk_view() | {"items": {"E001": shut}})
    walk(visit, "start", "tab:events", TILE)
    assert "package" not in shown(visit)


def test_no_more_than_one_visit_holds_can_be_added():
    visit = quick_visit(hall(), [])
    visit.tap("start", 0.0)
    for n in range(ITEMS_MAX):
        visit.state.errand.more = [f"Z{each:03}" for each in range(n)]
        visit.state.errand.item, visit.state.screen = f"Z{n:03}", "guide"
        assert ("add" in shown(visit)) == (n < ITEMS_MAX - 1)


def test_the_next_applicant_finds_nothing_of_it():
    visit = quick_visit(hall(), ["E000"])
    walk(visit, "start", "item:E000", "add")
    visit.tap("home", 0.0)
    walk(visit, "start", "item:E000")
    assert "row.items" not in rows(visit)


def test_the_lower_half_is_one_touch_on_any_screen_and_undone_for_the_next():
    visit = quick_visit(hall(), [])
    late = visit.state.revision
    visit.tap("low", 0.0, late)
    assert document(visit.state)["low"]
    visit.tap("start", 0.0, late)
    assert visit.state.screen == "idle", "a finger on its way to what has moved presses nothing"
    walk(visit, "start")
    visit.tap("low", 0.0)
    assert not document(visit.state)["low"]
    visit.tap("low", 0.0)
    visit.tap("home", 0.0)
    assert not document(visit.state)["low"]
    visit.tap("low", 0.0)
    visit.tick(visit.state.kiosk.idle_seconds + 1.0)
    assert not document(visit.state)["low"], "chosen and left"


def test_a_number_taken_elsewhere_is_checked_in_at_the_kiosk_and_its_slip_comes():
    ticket = "0192f3a4-7b1c-7def-8a90-1234567890ab"
    visit = quick_visit(hall(), [])
    visit.tap(f"slip:{ticket}.{'a' * 24}", 0.0)
    found = {
        "ticket": ticket,
        "number": "A001",
        "state": "waiting",
        "items": ["E000"],
        "queue": "A",
        "ahead": 1,
    }
    visit.ticket(found | {"low": 0, "high": 5, "issued": 1, "day": "", "arrive_by": 5})
    sent = next(each for each in walk(visit, "check-in") if isinstance(each, Send))
    assert sent.command == CheckIn(ticket)
    given = {
        "ticket": ticket,
        "number": "A001",
        "queue": "A",
        "items": ["E000"],
        "ahead": 0,
        "low": 0,
        "high": 5,
    }
    printed = [each for each in visit.answer(sent.id, given | {"issued": 1}, 0.0) if isinstance(each, Print)]
    assert [each.slip.number for each in printed] == ["A001"]
    visit.slip(ticket, 0, "printed")
    assert visit.state.errand.slip_outcome == "printed"
    visit.tap("home", 0.0)
    visit.tap(f"slip:{ticket}.{'a' * 24}", 0.0)
    visit.ticket(found | {"low": 0, "high": 5, "issued": 1, "day": ""})
    assert "check-in" not in shown(visit)
