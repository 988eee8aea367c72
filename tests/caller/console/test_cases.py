"""The cases of a window on the terminal: listed due first, taken on by keys, and corrected outcomes with what they need."""

from typing import Any

import pytest
from msgspec import structs

from caller.console.cases_list import case_words, left_words
from caller.console.presentation import HallNames
from caller.console.verbs import Choice, command, done
from caller.engine import desk_commands as desk_cmd
from caller.engine.case_messages import MoveCase
from caller.engine.papers import WrongPaper, code_of
from tests.instruments.console_fixture import LARGE, on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink, answering, refusing
from tests.instruments.window_views import NOW, SETTINGS, ended, view

MINUTE = 60_000_000
ASKED = {"state": "asked", "light": "grey", "asked": NOW}
RUNNING = ["take", "pause", "extend", "decide", "withdraw"]


def line(nth: int = 1, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "case": f"c{nth}", "number": f"B2026-{nth:06d}", "item": "T001", "case_type": "promised", "state": "in-hand",
        "window": "3", "owner": "1024", "opened": NOW, "due": NOW + nth * 1440 * MINUTE, "provisional": False,
        "light": "green", "decision": "", "extended": False, "told": "", "ticket_number": "A001", "version": nth,
        "moves": RUNNING, "left": nth, "pause": "", "asked": 0, "asked_until": 0,
    }  # fmt: skip
    return row | more


def link_with(*rows: dict[str, Any], late: int = 0) -> MemoryLink:
    link = MemoryLink(view("open", cases={"open": len(rows), "late": late}))
    link.others["cases/3"] = {
        "window": "3",
        "open": len(rows),
        "cases": {row["case"]: row for row in rows},
    }
    return link


@pytest.mark.parametrize(
    ("more", "zh", "en"),
    [
        ({}, "还剩 1 个工作日", "1 workdays left"),
        ({"left": 0}, "今天到期", "due today"),
        ({"left": -2, "light": "red"}, "超期 2 个工作日", "2 days over"),
        ({"left": 0, "light": "red"}, "已超期", "overdue"),
        ({"left": 3, "light": "grey", "pause": "survey"}, "剩 3 天：现场勘查", "3 left: survey on site"),
        ({"light": "grey", "due": 0}, "没有时限", "no limit"),
        ({**ASKED, "asked_until": NOW + 5 * 1440 * MINUTE}, "等补正至 11-23", "papers by 11-23"),
        ({**ASKED, "asked_until": NOW - 1440 * MINUTE, "left": -1}, "过期未补 11-17", "no papers by 11-17"),
        (ASKED, "等补正自 11-18", "asked on 11-18"),
        ({"state": "decided"}, "按期决定", "decided in time"),
        ({"state": "decided", "light": "red"}, "超期决定", "decided late"),
    ],
)
def test_how_long_a_case_has_is_said_in_words(more: dict[str, Any], zh: str, en: str) -> None:
    assert left_words(line(**more), "zh", "Asia/Shanghai") == zh
    assert left_words(line(**more), "en", "Asia/Shanghai") == en


def test_a_line_names_the_case_its_step_and_its_item_and_an_extension_that_was_not_told() -> None:
    said = case_words(line(extended=True), HallNames(SETTINGS, "zh"), "Asia/Shanghai", 100)
    assert all(part in said for part in ("B2026-000001", "办理中 延期未告知", "开业登记", "1024"))


def test_the_list_is_b_due_first_and_a_pause_names_its_reason() -> None:
    async def scene() -> None:
        link = link_with(line(1, left=-1, light="red"), line(2))
        link.answer = answering(
            {"notice": "pause", "about": "c2", "code": "", "case_number": "B2026-000002", "printed": True}
        )
        async with on_stage(link, LARGE) as pilot:
            await until(pilot, lambda: "B 办件2" in words(pilot))
            await pilot.press("b")
            await until(pilot, lambda: "在办 2 件" in words(pilot))
            assert words(pilot).index("B2026-000001") < words(pilot).index("B2026-000002")
            assert "■" in words(pilot)
            await pilot.press("2")
            await until(pilot, lambda: "B2026-000002 开业登记（办理中）" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: "现场勘查" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "《暂停计时告知书》已送打印" in words(pilot))
            await pilot.press("escape")
            await until(pilot, lambda: "在办 2 件" not in words(pilot))
            assert "B2026-000002 暂停计时 现场勘查" in words(pilot)
        assert link.sent == [MoveCase("c2", "pause", 2, window="3", staff="1024", code="survey")]
        assert link.topics == ["window/3"], "the list is not watched any more"

    play(scene)


def test_a_received_case_asks_for_all_its_papers_on_one_screen_and_for_none_unmarked() -> None:
    papers = ["申请表", "照片"]
    first = structs.replace(SETTINGS.items[0], papers=papers)
    hall = structs.replace(SETTINGS, items=(first, SETTINGS.items[1]))
    made = {
        "notice": "missing", "about": "v1", "code": "4076798174", "case_number": "B2026-000001", "printed": False,
    }  # fmt: skip

    async def scene() -> None:
        link = link_with(line(state="received", owner="", moves=["accept", "ask", "refuse"]))
        link.answer = answering(made)
        async with on_stage(link, LARGE, settings=hall) as pilot:
            await pilot.press("b")
            await until(pilot, lambda: "在办 1 件" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "2  要求补正" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: "办件 B2026-000001 哪些材料有问题" in words(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: "还没有标记任何材料" in words(pilot))
            assert not link.sent
            await pilot.press("1", "3")
            await until(pilot, lambda: words(pilot).count("[x]") == len(papers))
            await pilot.press("enter")
            await until(
                pilot, lambda: "hallcall case print HALL.toml 4076798174 --paper missing" in words(pilot)
            )
            assert "要求补正 2 份材料" in words(pilot)
        wrong = [WrongPaper(code_of("申请表"), "missing"), WrongPaper(code_of("照片"), "unclear")]
        assert link.sent == [MoveCase("c1", "ask", 1, window="3", staff="1024", wrong=wrong)]

    play(scene)


def test_an_extension_asks_for_reason_days_and_how_it_was_told() -> None:
    async def scene() -> None:
        link = link_with(line())
        link.answer = answering({})
        async with on_stage(link, LARGE) as pilot:
            await pilot.press("b")
            await until(pilot, lambda: "在办 1 件" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "3  延期" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "情况复杂" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "5 个工作日" in words(pilot))
            await pilot.press("4")
            await until(pilot, lambda: "怎样告知申请人" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: bool(link.sent))
        wanted = MoveCase("c1", "extend", 1, window="3", staff="1024", code="complex", days=5, way="counter")
        assert link.sent == [wanted]

    play(scene)


def test_what_is_not_granted_asks_why_and_a_clerk_may_go_back_at_each_question() -> None:
    async def scene() -> None:
        link = link_with(line())
        link.answer = answering({})
        async with on_stage(link, LARGE) as pilot:
            await pilot.press("b")
            await until(pilot, lambda: "在办 1 件" in words(pilot))
            for keys in (("1", "4", "2", "escape"), ("1", "4", "2", "1")):
                for key in keys:
                    before = words(pilot)
                    await pilot.press(key)
                    await until(pilot, lambda before=before: words(pilot) != before)
            await until(pilot, lambda: bool(link.sent))
        (sent,) = link.sent
        assert isinstance(sent, MoveCase)
        assert (sent.decision, sent.code) == ("refused", "not-ours")

    play(scene)


def test_who_comes_second_is_told_and_the_list_stays() -> None:
    async def scene() -> None:
        link = link_with(line())
        link.answer = refusing("case-moved", number="B2026-000001", state="paused")
        async with on_stage(link, LARGE) as pilot:
            await pilot.press("b")
            await until(pilot, lambda: "在办 1 件" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "1  接手" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "刚被别人处理过，现在是“暂停计时”" in words(pilot))
            assert "在办 1 件" in words(pilot)
        assert len(link.sent) == 1

    play(scene)


def test_a_hall_without_cases_has_no_such_key() -> None:
    async def scene() -> None:
        link = MemoryLink(view("open"))
        async with on_stage(link) as pilot:
            await until(pilot, lambda: "D 今日" in words(pilot))
            assert "B 办件" not in words(pilot)
            await pilot.press("b")
            await until(pilot, lambda: "没有启用办件" in words(pilot))
        assert not link.sent

    play(scene)


def test_late_cases_stand_on_the_key() -> None:
    async def scene() -> None:
        async with on_stage(link_with(line(light="red", left=-1), late=1)) as pilot:
            await until(pilot, lambda: "B 超期1" in words(pilot))

    play(scene)


# --- corrections


def test_a_correction_to_missing_papers_asks_for_them_and_one_to_a_refusal_for_its_reason() -> None:
    papers = ["申请表", "照片"]
    hall = structs.replace(
        SETTINGS, items=(structs.replace(SETTINGS.items[0], papers=papers), SETTINGS.items[1])
    )

    async def scene() -> None:
        link = MemoryLink(ended("open"))
        link.answer = answering({"voided": "acceptance", "void_about": "c1", "void_number": "B2026-000001"})
        async with on_stage(link, LARGE, settings=hall) as pilot:
            await pilot.press("u")
            await until(pilot, lambda: "A041 号的结果更正为" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "一次列全" in words(pilot))
            await pilot.press("2", "enter")
            await until(pilot, lambda: "原《受理通知书》作废 B2026-000001" in words(pilot))
        wrong = [WrongPaper(code_of("申请表"), "expired")]
        assert link.sent == [desk_cmd.CorrectOutcome("3", "id-A041", "incomplete", papers=wrong)]

    play(scene)


def test_a_case_that_had_no_paper_is_told_as_withdrawn() -> None:
    choice = Choice(ticket="id-A041", outcome="rejected", reason="person", words="不予受理")
    sent = command("correct", ended(), choice)
    assert sent == desk_cmd.CorrectOutcome("3", "id-A041", "rejected", reason="person")
    result = {"voided": "", "void_about": "c1", "void_number": "B2026-000001"}
    assert done("correct", ended(), result, choice, "zh").next == "办件 B2026-000001 已撤回"
