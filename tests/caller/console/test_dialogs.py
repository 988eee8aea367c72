"""What a key asks before it acts: outcome, reason, whom, where to, and signing in."""

import pytest
from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from config.settings import Reason
from tests.instruments.console_fixture import bright, on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink, answering, refusing
from tests.instruments.window_views import MINUTE, NOW, SETTINGS, ended, view


@pytest.mark.parametrize(
    ("digit", "outcome", "said"),
    [
        ("1", "done", "即办"),
        ("2", "accepted", "受理"),
        ("3", "incomplete", "材料不全"),
        ("4", "rejected", "不予受理"),
        ("5", "elsewhere", "转其他部门"),
        ("6", "advice", "咨询"),
    ],
)
def test_finishing_is_f_and_a_digit(digit: str, outcome: cmd.Outcome, said: str) -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        link.answer = answering({})
        async with on_stage(link) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "怎样结束" in words(pilot))
            await pilot.press(digit)
            await until(pilot, lambda: f"A042 号已结束：{said}" in words(pilot))
        assert link.sent == [cmd.FinishService("3", 17, outcome)]

    play(scene)


@pytest.mark.parametrize(("key", "outcome"), [("7", "paid"), ("enter", "paid"), ("1", "done")])
def test_only_a_pay_window_may_end_with_paid_and_no_digit_means_something_else_there(
    key: str, outcome: cmd.Outcome
) -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving", kind="pay", outcomes=[*cmd.OUTCOMES]))
        async with on_stage(link) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "已缴费" in words(pilot))
            await pilot.press(key)
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.FinishService("3", 17, outcome)]

    play(scene)


def test_arrows_and_enter_pick_as_well() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link) as pilot:
            await pilot.press("p")
            await until(pilot, lambda: "用餐" in words(pilot))
            await pilot.press("down", "down", "enter")
            await until(pilot, lambda: "用餐：预计多久回来" in words(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.PauseWindow("3", "meal")]

    play(scene)


def test_a_pause_announces_when_its_clerk_is_back() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link) as pilot:
            await pilot.press("p")
            await until(pilot, lambda: "用餐" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "20 分钟" in words(pilot))
            await pilot.press("4")
            await until(pilot, lambda: "已暂停：用餐 / 20 分钟" in words(pilot))
        assert link.sent == [cmd.PauseWindow("3", "meal", 20)]

    play(scene)


def test_a_corrected_outcome_is_u_and_the_digit_of_the_right_one_also_during_the_next_call() -> None:
    async def scene() -> None:
        link = MemoryLink(ended("called"))
        link.answer = answering({})
        async with on_stage(link) as pilot:
            await pilot.press("u")
            await until(pilot, lambda: "A041 号的结果更正为？（现为即办）" in words(pilot))
            await pilot.press("3")
            await until(pilot, lambda: "A041 号的结果已更正：材料不全" in words(pilot))
        assert link.sent == [desk_cmd.CorrectOutcome("3", "id-A041", "incomplete")]

    play(scene)


def test_help_is_called_by_two_keys_and_the_answer_shows_under_the_ticket() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link) as pilot:
            await pilot.press("a")
            await until(pilot, lambda: "窗口上没有声音" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: "已悄悄呼叫：保安" in words(pilot))
            link.show(view("serving", alarm={"kind": "security", "raised": NOW, "acknowledged": 0}))
            await until(pilot, lambda: "已呼叫保安，还没有人确认" in words(pilot))
            link.show(view("serving", alarm={"kind": "security", "raised": NOW, "acknowledged": NOW}))
            await until(pilot, lambda: "保安已确认，马上来" in words(pilot))
            link.show(
                view("serving", alarm={"kind": "security", "raised": NOW, "acknowledged": NOW - 11 * MINUTE})
            )
            await until(pilot, lambda: "马上来" not in words(pilot))
        assert link.sent == [desk_cmd.RaiseAlarm("3", "security")]

    play(scene)


LISTED = structs.replace(
    SETTINGS, reasons=(Reason("pick", "frail", "年老体弱"), Reason("pick", "short", "只取件"))
)


def test_a_number_out_of_its_turn_needs_the_halls_reason_and_one_that_was_here_before_none() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link, settings=LISTED) as pilot:
            await pilot.press("c")
            await until(pilot, lambda: "选呼哪一位" in words(pilot))
            await pilot.press(*"A044", "enter")
            await until(pilot, lambda: "为什么先叫 A044 号" in words(pilot))
            await pilot.press("2")
            await until(pilot, lambda: len(link.sent) == 1)
            await until(pilot, lambda: "choose" in bright(pilot))
            await pilot.press("c")
            await until(pilot, lambda: "选呼哪一位" in words(pilot))
            await pilot.press(*"A030", "enter")
            await until(pilot, lambda: len(link.sent) == 2)
        assert link.sent == [cmd.CallTicket("3", 17, "id-A044", "short"), cmd.CallTicket("3", 17, "id-A030")]

    play(scene)

    play(scene)


def test_escape_cancels_and_sends_nothing() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link) as pilot:
            for key, title in (("f", "怎样结束"), ("t", "转到哪里"), ("c", "选呼哪一位")):
                await pilot.press(key)
                await until(pilot, lambda title=title: title in words(pilot))
                await pilot.press("escape")
                await until(pilot, lambda: "没有执行" in words(pilot))
        assert link.sent == []

    play(scene)


def test_a_menu_answered_on_an_old_picture_still_carries_that_picture() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "怎样结束" in words(pilot))
            link.show(view("open", version=18))
            link.answer = refusing("stale-view")
            await pilot.press("1")
            await until(pilot, lambda: "画面已经变化" in words(pilot))
        assert link.sent == [cmd.FinishService("3", 17, "done")]

    play(scene)


def test_a_link_lost_while_a_menu_is_open_sends_nothing() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link) as pilot:
            await pilot.press("f")
            await until(pilot, lambda: "怎样结束" in words(pilot))
            link.state = "silent"
            await pilot.press("1")
            await until(pilot, lambda: "也不会补做" in words(pilot))
        assert link.sent == []

    play(scene)


def test_choosing_finds_by_a_part_of_the_number() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link) as pilot:
            await pilot.press("c")
            await until(pilot, lambda: "选呼哪一位" in words(pilot))
            await pilot.press("0", "2", "8")
            await until(pilot, lambda: "B007      9分" not in words(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.CallTicket("3", 17, "id-A028")]

    play(scene)


def test_choosing_with_nothing_found_does_nothing() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link) as pilot:
            await pilot.press("c")
            await until(pilot, lambda: "选呼哪一位" in words(pilot))
            await pilot.press("z", "z", "enter", "escape")
            await until(pilot, lambda: "已取消" in words(pilot))
        assert link.sent == []

    play(scene)


def test_transfer_to_a_queue_keeps_the_place_and_does_not_come_back() -> None:
    async def scene() -> None:
        link = MemoryLink(view("called"))
        async with on_stage(link) as pilot:
            await pilot.press("t")
            await until(pilot, lambda: "转到哪里" in words(pilot))
            await pilot.press("down", "enter")
            await until(pilot, lambda: "回本窗口吗" in words(pilot))
            await pilot.press("1")
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.TransferTicket("3", 17, queue="B", place="keep", come_back=False)]

    play(scene)


def test_who_is_sent_to_pay_comes_back_by_default() -> None:
    async def scene() -> None:
        link = MemoryLink(view("serving"))
        async with on_stage(link) as pilot:
            await pilot.press("t")
            await until(pilot, lambda: "转到哪里" in words(pilot))
            await pilot.press("9")
            await until(pilot, lambda: "社保窗口" not in words(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: "回本窗口吗" in words(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [cmd.TransferTicket("3", 17, to_window="9", come_back=True)]

    play(scene)


def test_a_closed_window_asks_who_signs_in_and_goes_away_when_the_picture_says_so() -> None:
    async def scene() -> None:
        link = MemoryLink(view("closed"))
        async with on_stage(link) as pilot:
            await until(pilot, lambda: "可办队列" in words(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: "请输入工号" in words(pilot))
            await pilot.press("1", "0", "2", "4", "tab", "a", ",", "b", "enter")
            await until(pilot, lambda: bool(link.sent))
            link.show(view())
            await until(pilot, lambda: "next" in bright(pilot) and "可办队列" not in words(pilot))
            assert "1024 已登录" in words(pilot)
        assert link.sent == [cmd.OpenWindow("3", "1024", ["A", "B"])]

    play(scene)


def test_a_refused_sign_in_stays_and_says_why() -> None:
    async def scene() -> None:
        link = MemoryLink(view("closed"))
        link.answer = refusing("clerk-elsewhere", clerk="1024", window="4")
        async with on_stage(link, clerk="1024") as pilot:
            await until(pilot, lambda: "1024 已在 4 号窗口登录" in words(pilot))
            assert "请先在那里退出" in words(pilot)

    play(scene)


def test_a_clerk_given_at_the_start_signs_in_once_by_itself() -> None:
    async def scene() -> None:
        link = MemoryLink(view("closed"))
        async with on_stage(link, clerk="1024") as pilot:
            await until(pilot, lambda: bool(link.sent))
            link.show(view())
            await until(pilot, lambda: "可办队列" not in words(pilot))
            link.show(view("closed", version=20))
            await until(pilot, lambda: "可办队列" in words(pilot))
        assert link.sent == [cmd.OpenWindow("3", "1024", [])]

    play(scene)


def test_a_console_started_at_an_open_window_does_not_sign_in_again_after_signing_out() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link, clerk="1024") as pilot:
            await until(pilot, lambda: "out" in bright(pilot))
            await pilot.press("q")
            await until(pilot, lambda: bool(link.sent))
            link.show(view("closed", version=18))
            await until(pilot, lambda: "可办队列" in words(pilot))
        assert link.sent == [cmd.CloseWindow("3")]

    play(scene)


def test_signing_in_while_the_link_is_away_says_so_and_sends_nothing() -> None:
    async def scene() -> None:
        link = MemoryLink(view("closed"))
        async with on_stage(link) as pilot:
            await until(pilot, lambda: "可办队列" in words(pilot))
            link.state = "waiting"
            await pilot.press("7", "enter")
            await until(pilot, lambda: "没有执行" in words(pilot))
        assert link.sent == []

    play(scene)
