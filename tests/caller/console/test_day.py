"""The clerk's own day in a terminal: asked for when D is pressed, in words of the catalogue, never a hall's whole day."""

import re
from typing import Any

import pytest
from msgspec import structs
from rich.cells import cell_len

from caller.console.day_dialog import CELLS, day_lines
from caller.console.presentation import HallNames
from caller.console.words import Lang
from caller.engine.rating_messages import AppealRating
from config.catalogue import word
from config.hall_lists import reasons
from tests.instruments.console_fixture import bright, on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink
from tests.instruments.window_views import MINUTE, NOW, SETTINGS, view

ZONE = "Asia/Shanghai"


def reception(number: str, ended: int, outcome: str = "done") -> dict[str, Any]:
    began, over = NOW - (ended + 7) * MINUTE, NOW - ended * MINUTE
    return {
        "number": number,
        "window": "3",
        "items": ["T001"],
        "outcome": outcome,
        "began": began,
        "ended": over,
    }


DAY: dict[str, Any] = {
    "clerk": "1024", "count": 41, "seconds": 41 * 7 * 60, "outcomes": {"done": 40, "rejected": 1},
    "levels": {"5": 12, "2": 1}, "rated": 13,
    "receptions": [reception(f"A{41 - nth:03}", 8 * nth, "rejected" if nth == 3 else "done") for nth in range(41)],
    "followups": [{"number": "F2026-0007", "ticket_number": "A038", "kind": "rating", "state": "assigned", "appeals": 1, "opened": NOW, "due": NOW}],
}  # fmt: skip
EMPTY: dict[str, Any] = {**DAY, "count": 0, "seconds": 0, "outcomes": {}, "levels": {}, "rated": 0, "receptions": [], "followups": []}  # fmt: skip


def shown(lang: Lang, day: dict[str, Any] = DAY) -> list[str]:
    return day_lines(day, HallNames(SETTINGS, lang), ZONE)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_sums_up_and_lists_what_is_ones_own(lang: Lang) -> None:
    lines = shown(lang)
    assert all(cell_len(line) <= CELLS for line in lines)
    whole = "\n".join(lines)
    for part in ("41", "287", "7.0", "F2026-0007", "A038"):
        assert part in whole
    assert len([line for line in lines if re.match(r"\d\d:\d\d-\d\d:\d\d  A0", line)]) == 41
    assert ("不予受理 1" if lang == "zh" else "not accepted 1") in whole
    assert ("申诉 1 次" if lang == "zh" else "appealed 1x") in whole
    assert whole.isascii() == (lang == "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_of_a_long_item_the_name_is_shortened_and_the_outcome_whole(lang: Lang) -> None:
    items = (structs.replace(SETTINGS.items[0], name="证" * 40, name_en="Permit " * 12), *SETTINGS.items[1:])
    names = HallNames(structs.replace(SETTINGS, items=items), lang)
    row = reception("A001", 9, "advice") | {"items": [items[0].id]}
    line = day_lines({**DAY, "receptions": [row], "followups": []}, names, ZONE)[-1]
    assert cell_len(line) <= CELLS
    assert f" {word('outcome', 'advice', lang)}  " in line


def test_an_empty_day_says_so() -> None:
    assert shown("zh", EMPTY) == ["今天还没有接待"]


def test_d_asks_the_caller_shows_the_day_and_stops_watching_it() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        link.others["clerk-day/3"] = DAY
        async with on_stage(link) as pilot:
            await pilot.press("d")
            await until(pilot, lambda: "我的今天  工号 1024" in words(pilot))
            assert link.topics == ["window/3"]
            await pilot.press("d")
            await until(pilot, lambda: "我的今天" not in words(pilot))
            await until(pilot, lambda: "next" in bright(pilot))
        assert link.sent == []

    play(scene)


def test_while_the_link_is_away_it_says_so() -> None:
    async def scene() -> None:
        link = MemoryLink(view(), "silent")
        async with on_stage(link) as pilot:
            await pilot.press("d")
            await until(pilot, lambda: "信息未更新，这次按键没有执行" in words(pilot))

    play(scene)


def bad(**more: Any) -> dict[str, Any]:
    row = {**DAY["followups"][0], "follow_up": "f-7", "level": 1, "appeal": "", "appealable": True}
    return {**DAY, "followups": [row | more]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_bad_rating_shows_its_level_and_what_became_of_the_appeal(lang: Lang) -> None:
    whole = "\n".join(shown(lang, bad()))
    assert word("level", "1", lang) in whole
    assert ("按 A 申诉" if lang == "zh" else "A appeals") in whole
    whole = "\n".join(shown(lang, bad(appeal="excluded", appealable=False)))
    assert "A 申诉" not in whole
    assert word("rating-appeal", "excluded", lang) in whole
    assert all(cell_len(line) <= CELLS for line in shown(lang, bad(appeal="raised")))


def test_a_clerk_appeals_by_a_key_with_a_reason_of_the_list() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        link.others["clerk-day/3"] = bad()
        async with on_stage(link) as pilot:
            await pilot.press("d")
            await until(pilot, lambda: "我的今天" in words(pilot))
            await pilot.press("a")
            await until(pilot, lambda: "申诉哪一条" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "为什么申诉" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "已申诉" in words(pilot))
        (sent,) = link.sent
        assert isinstance(sent, AppealRating)
        assert (sent.follow_up, sent.staff, sent.window) == ("f-7", "1024", "3")
        assert sent.code in {each.id for each in reasons(SETTINGS, "objection")}

    play(scene)


def test_without_a_rating_to_appeal_against_the_key_does_nothing() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        link.others["clerk-day/3"] = bad(appealable=False)
        async with on_stage(link) as pilot:
            await pilot.press("d")
            await until(pilot, lambda: "我的今天" in words(pilot))
            await pilot.press("a")
            await pilot.pause()
            assert "我的今天" in words(pilot)
            await pilot.press("escape")
            await until(pilot, lambda: "我的今天" not in words(pilot))
        assert link.sent == []

    play(scene)
