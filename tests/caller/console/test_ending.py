"""The end of a reception in the terminal: papers ticked on one screen, what was asked for ticked off, the reason of a refusal."""

from typing import Any

from msgspec import structs
from rich.cells import cell_len

from caller.console.verbs import NO_CHOICE, done, in_effect
from caller.engine import commands as cmd
from caller.engine.papers import WrongPaper, code_of
from config.catalogue import Lang
from config.settings import Reason
from tests.instruments.console_fixture import on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink, answering
from tests.instruments.window_views import SETTINGS, view

PAPERS = [
    "公司登记（备案）申请书",
    "法定代表人、董事、监事的任职文件及身份证件复印件",
    "公司章程",
    "住所使用证明",
]
HALL = structs.replace(SETTINGS, items=(structs.replace(SETTINGS.items[0], papers=PAPERS), SETTINGS.items[1]))
NOTE_CELLS = 78  # of the message in a terminal of 80
OUTCOMES = {"accepted": 2, "incomplete": 3, "rejected": 4, "received": 8}


def serving(**more: Any) -> dict[str, Any]:
    ending = {
        "item": "T001",
        "outcomes": OUTCOMES,
        "required": True,
        "asked": [],
        "refusals": ["person"],
    } | more
    return view("serving", ending=ending, outcomes=[*OUTCOMES])


def asked(name: str, fault: str) -> dict[str, str]:
    return {"paper": code_of(name), "name": name, "fault": fault}


def test_an_outcome_keeps_its_digit_where_others_are_missing() -> None:
    async def scene() -> None:
        link = MemoryLink(serving())
        async with on_stage(link, settings=HALL) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "怎样结束" in words(pilot))
            await pilot.press("1")
            assert "8  接件" in words(pilot)
            await pilot.press("8")
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.FinishService("3", 17, "received")]

    play(scene)


def test_papers_are_marked_by_digits_on_one_screen_and_sent_at_once() -> None:
    async def scene() -> None:
        link = MemoryLink(serving())
        link.answer = answering({"notice": "missing", "about": "v", "code": "2675710881", "printed": True})
        async with on_stage(link, settings=HALL) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "怎样结束" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "一次列全" in words(pilot))
            assert all(name[:6] in words(pilot) for name in PAPERS)
            await pilot.press("enter")
            await until(pilot, lambda: "还没有标记" in words(pilot))
            await pilot.press("2", "0", "4", "space")
            await until(pilot, lambda: words(pilot).count("[x]") == 3)
            await pilot.press("0")
            await until(pilot, lambda: words(pilot).count("[x]") == 2)
            await pilot.press("enter")
            await until(pilot, lambda: "已送打印" in words(pilot))
        wrong = [WrongPaper(code_of(PAPERS[0]), "expired"), WrongPaper(code_of(PAPERS[2]), "unsigned")]
        assert link.sent == [cmd.FinishService("3", 17, "incomplete", papers=wrong)]

    play(scene)


def test_what_was_asked_for_is_ticked_off_before_the_outcome_is_asked() -> None:
    async def scene() -> None:
        link = MemoryLink(serving(asked=[asked(PAPERS[0], "missing"), asked(PAPERS[3], "expired")]))
        async with on_stage(link, settings=HALL) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "逐项核对" in words(pilot))
            await pilot.press("space", "space", "enter")
            await until(pilot, lambda: "怎样结束" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.FinishService("3", 17, "accepted")]

    play(scene)


def test_what_still_is_wrong_ends_as_incomplete_and_more_may_be_added() -> None:
    async def scene() -> None:
        link = MemoryLink(serving(asked=[asked(PAPERS[0], "missing"), asked(PAPERS[3], "expired")]))
        async with on_stage(link, settings=HALL) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "逐项核对" in words(pilot))
            await pilot.press("space", "enter")
            await until(pilot, lambda: "一次列全" in words(pilot))
            await pilot.press("3", "enter")
            await until(pilot, lambda: bool(link.sent))
        (sent,) = link.sent
        assert isinstance(sent, cmd.FinishService)
        assert {each.paper: each.fault for each in sent.papers} == {
            code_of(PAPERS[0]): "unclear", code_of(PAPERS[3]): "expired",
        }  # fmt: skip

    play(scene)


def test_a_refusal_has_a_reason_of_the_items_own() -> None:
    async def scene() -> None:
        link = MemoryLink(serving())
        async with on_stage(link, settings=HALL) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "怎样结束" in words(pilot))
            await pilot.press("4")
            await until(pilot, lambda: "不予受理的理由" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.FinishService("3", 17, "rejected", reason="person")]

    play(scene)


def test_the_next_key_asks_where_the_outcome_must_be_chosen() -> None:
    doc = serving()
    assert in_effect("next", doc) == "next"
    doc["verbs"] = doc["verbs"] | {"CallNext": {"live": False, "code": "outcome-needed"}}
    assert [in_effect(verb, doc) for verb in ("next", "pause")] == ["finish", "pause"]


def test_without_a_printer_the_message_says_where_the_paper_is() -> None:
    result = {
        "notice": "acceptance",
        "about": "c",
        "code": "1234567890",
        "printed": False,
        "case_number": "B2026-000001",
    }
    said: list[tuple[Lang, str]] = [("zh", "没有打印机"), ("en", "No printer")]
    for lang, why in said:
        note = done("finish", serving(), result, NO_CHOICE, lang)
        assert note.next.startswith(why)
        assert note.next.endswith("hallcall case print HALL.toml B2026-000001 --paper acceptance")
        assert cell_len(note.next) <= NOTE_CELLS, "cut in its middle it could not be copied"


def test_another_department_is_named_from_the_halls_list_or_left_open() -> None:
    """Who goes back at that question has not ended the reception."""
    reasons = (Reason("elsewhere", "forest", "林业局", "Forestry"), *SETTINGS.reasons)
    hall = structs.replace(SETTINGS, reasons=reasons)

    async def scene() -> None:
        link = MemoryLink(serving(outcomes={"done": 1, "elsewhere": 5}) | {"outcomes": ["done", "elsewhere"]})
        link.answer = answering({})
        async with on_stage(link, settings=hall) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "转其他部门" in words(pilot))
            await pilot.press("5")
            await until(pilot, lambda: "转到哪个部门" in words(pilot))
            assert "不写明部门" in words(pilot)
            assert not link.sent
            await pilot.press("down", "enter")
            await until(pilot, lambda: "转其他部门 / 林业局" in words(pilot))
        (sent,) = link.sent
        assert isinstance(sent, cmd.FinishService)
        assert (sent.outcome, sent.reason) == ("elsewhere", "forest")

    play(scene)
