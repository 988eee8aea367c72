"""Filing what cannot be got done at the terminal: chosen by digits, told with code and date, and only where the hall says so."""

from msgspec import structs

from caller.engine.feedback_messages import SubmitFeedback
from config.feedback_settings import FeedbackTable
from tests.instruments.console_fixture import LARGE, on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink, answering, refusing
from tests.instruments.window_views import NOW, SETTINGS, ticket, view

FILING = structs.replace(SETTINGS, feedback=FeedbackTable(enabled=True, windows=["3"]))
RECEIPT = {"follow_up": "f1", "number": "T2026-000007", "code": "1234567890", "due": NOW, "opened": NOW}


def at_window() -> MemoryLink:
    return MemoryLink(view("serving", ticket=ticket(state="serving")))


def test_the_reception_in_sight_is_filed_by_digits_and_its_code_is_read_out() -> None:
    async def scene() -> None:
        link = at_window()
        link.answer = answering(RECEIPT)
        async with on_stage(link, LARGE, settings=FILING) as pilot:
            await until(pilot, lambda: "K 办不成事" in words(pilot))
            await pilot.press("k")
            await until(pilot, lambda: "登记为" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "反映什么" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "T2026-000007" in words(pilot))
            assert "12345 67890" in words(pilot)
        assert link.sent == [SubmitFeedback("complaint", "window", ticket()["ticket"], reason="told-once")]

    play(scene)


def test_a_clerk_may_go_back_at_each_question_and_nothing_is_filed() -> None:
    async def scene() -> None:
        link = at_window()
        async with on_stage(link, LARGE, settings=FILING) as pilot:
            await until(pilot, lambda: "K 办不成事" in words(pilot))
            for keys in (("k", "escape"), ("k", "2", "escape")):
                for key in keys:
                    before = words(pilot)
                    await pilot.press(key)
                    await until(pilot, lambda before=before: words(pilot) != before)
        assert link.sent == []

    play(scene)


def test_what_the_caller_refuses_is_told_in_its_words() -> None:
    async def scene() -> None:
        link = at_window()
        link.answer = refusing("feedback-open", number="T2026-000001")
        async with on_stage(link, LARGE, settings=FILING) as pilot:
            await until(pilot, lambda: "K 办不成事" in words(pilot))
            await pilot.press("k")
            await until(pilot, lambda: "登记为" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "反映什么" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "这次办理已有 T2026-000001 在处理" in words(pilot))

    play(scene)


def test_no_applicant_no_filing() -> None:
    async def scene() -> None:
        link = MemoryLink(view("open"))
        async with on_stage(link, LARGE, settings=FILING) as pilot:
            await until(pilot, lambda: "K 办不成事" in words(pilot))
            await pilot.press("k")
            await until(pilot, lambda: "窗口没有办事人" in words(pilot))
        assert link.sent == []

    play(scene)


def test_twin_another_window_has_no_such_key() -> None:
    other = structs.replace(FILING, feedback=FeedbackTable(enabled=True, windows=["4"]))

    async def scene() -> None:
        link = at_window()
        async with on_stage(link, LARGE, settings=other) as pilot:
            await until(pilot, lambda: "D 今日" in words(pilot))
            assert "K 办不成事" not in words(pilot)
            await pilot.press("k")
            await until(pilot, lambda: "不是“办不成事”反映窗口" in words(pilot))
        assert link.sent == []

    play(scene)
