"""The desk screen under a clerk's fingers: one press, one thing, and words when it does nothing."""

import asyncio
from typing import Any

import pytest
from rich.cells import cell_len

from caller.client.client import SendError
from caller.console import verbs
from caller.console.announcements import announcements
from caller.engine import commands as cmd
from caller.engine import guide_commands as guide
from caller.engine.envelope import AnyCommand
from caller.protocol.frames import Bye
from tests.instruments.console_fixture import bright, lines, on_stage, play, until, words
from tests.instruments.memory_link import MemoryLink, refusing
from tests.instruments.window_views import quiet, ticket, view


@pytest.mark.parametrize("key", ["space", "n", "N"])
def test_each_key_for_next_calls_the_next(key: str) -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link) as pilot:
            await pilot.press(key)
            await until(pilot, lambda: "已叫 A043 号" in words(pilot))
        assert link.sent == [cmd.CallNext("3", 17)]

    play(scene)


@pytest.mark.parametrize(
    ("key", "state", "command"),
    [
        ("r", "called", cmd.Recall("3", 17)),
        ("s", "called", cmd.StartService("3", 17)),
        ("x", "called", cmd.MarkNoShow("3", 17)),
        ("h", "serving", cmd.HoldTicket("3", 17)),
        ("p", "paused", cmd.ResumeWindow("3")),
        ("q", "open", cmd.CloseWindow("3")),
    ],
)
def test_a_verb_without_a_choice_is_one_key(key: str, state: str, command: AnyCommand) -> None:
    async def scene() -> None:
        link = MemoryLink(view(state))
        async with on_stage(link) as pilot:
            await pilot.press(key)
            await until(pilot, lambda: bool(link.sent))
        assert link.sent == [command]

    play(scene)


@pytest.mark.parametrize("state", ["connecting", "greeting", "silent", "waiting", "closed"])
def test_a_press_while_the_link_is_away_says_so_and_is_never_sent_later(state: str) -> None:
    async def scene() -> None:
        link = MemoryLink(view(), state)
        async with on_stage(link) as pilot:
            await pilot.press("space", "n", "c", "p")
            await until(pilot, lambda: "没有执行" in words(pilot))
            link.state = "current"
            link.show(view(version=18))
            await until(pilot, lambda: "next" in bright(pilot))
        assert link.sent == []

    play(scene)


def test_a_word_about_the_lost_line_goes_when_it_is_back() -> None:
    async def scene() -> None:
        link = MemoryLink(view(), state="waiting")
        async with on_stage(link) as pilot:
            await pilot.press("space")
            await until(pilot, lambda: "没有执行" in words(pilot))
            link.state = "current"
            await until(pilot, lambda: "没有执行" not in words(pilot))
            assert "已恢复，可以按键了" in words(pilot)
        assert link.sent == []

    play(scene)


def test_the_top_line_says_whether_the_picture_is_current() -> None:
    async def scene() -> None:
        link = MemoryLink(view("called"))
        async with on_stage(link) as pilot:
            for state, said in (("silent", "信息未更新"), ("waiting", "正在重连"), ("current", "信息当前")):
                link.state = state
                await until(pilot, lambda said=said: said in lines(pilot)[0])
                assert bool(bright(pilot)) == (state == "current")

    play(scene)


def test_a_pending_press_disables_the_keys_and_shows_which_it_is() -> None:
    async def scene() -> None:
        link, answered = MemoryLink(view()), asyncio.Event()

        async def slow(_: AnyCommand) -> dict[str, Any]:
            await answered.wait()
            return {"number": "A043"}

        link.answer = slow
        async with on_stage(link) as pilot:
            await pilot.press("space")
            await until(pilot, lambda: "顺呼：等待回答" in words(pilot))
            assert bright(pilot) == set()
            await pilot.press("space", "c")
            await until(pilot, lambda: "还在等待回答" in words(pilot))
            answered.set()
            await until(pilot, lambda: "next" in bright(pilot))
        assert link.sent == [cmd.CallNext("3", 17)]

    play(scene)


def test_without_the_guard_a_second_press_goes_out_before_the_first_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin: keys that ignore the pending press send a second command on the same picture."""
    guarded = verbs.live
    monkeypatch.setattr(verbs, "live", lambda doc, link, _pending="": guarded(doc, link))

    async def scene() -> None:
        link, never = MemoryLink(view()), asyncio.Event()

        async def slow(_: AnyCommand) -> dict[str, Any]:
            await never.wait()
            return {}

        link.answer = slow
        async with on_stage(link) as pilot:
            await pilot.press("space", "space")
            await until(pilot, lambda: len(link.sent) == 2)

    play(scene)


def test_closing_the_program_while_an_answer_is_pending_ends_in_order() -> None:
    async def scene() -> None:
        link, never = MemoryLink(view()), asyncio.Event()

        async def slow(_: AnyCommand) -> dict[str, Any]:
            await never.wait()
            return {}

        link.answer = slow
        async with on_stage(link) as pilot:
            await pilot.press("space")
            await until(pilot, lambda: bool(link.sent))
            await pilot.press("ctrl+q")
        assert pilot.app.return_code == 0

    play(scene)


def test_a_stale_press_shows_the_refusal_softly_and_the_keys_come_back() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        link.answer = refusing("stale-view")
        async with on_stage(link) as pilot:
            await pilot.press("space")
            await until(pilot, lambda: "画面已经变化" in words(pilot))
            assert "请看最新画面再按一次" in words(pilot)
            await until(pilot, lambda: "next" in bright(pilot))

    play(scene)


def test_a_press_without_an_answer_is_said_to_be_unknown_not_done() -> None:
    async def scene() -> None:
        link = MemoryLink(view())

        async def silent(_: AnyCommand) -> dict[str, Any]:
            raise SendError("no answer")

        link.answer = silent
        async with on_stage(link) as pilot:
            await pilot.press("space")
            await until(pilot, lambda: "没有收到回答" in words(pilot))
            assert "已叫" not in words(pilot)

    play(scene)


def test_a_dead_key_says_why_and_sends_nothing() -> None:
    async def scene() -> None:
        link = MemoryLink(quiet())
        async with on_stage(link) as pilot:
            await pilot.press("space")
            await until(pilot, lambda: "没有人等候" in words(pilot))
            await pilot.press("r")
            await until(pilot, lambda: "本窗口没有正在叫的号" in words(pilot))
        assert link.sent == []

    play(scene)


def test_a_click_on_a_cap_is_a_press() -> None:
    async def scene() -> None:
        link = MemoryLink(view("called"))
        async with on_stage(link) as pilot:
            caps = {cap.verb: cap for cap in pilot.app.screen.query("KeyCap").results()}  # type: ignore[attr-defined]
            await pilot.click(caps["start"])
            await until(pilot, lambda: bool(link.sent))
            await pilot.click(caps["help"])
            await until(pilot, lambda: "再叫一次同一个号" in words(pilot))
        assert link.sent == [cmd.StartService("3", 17)]

    play(scene)


def test_a_new_picture_shows_at_once() -> None:
    async def scene() -> None:
        link = MemoryLink(view())
        async with on_stage(link) as pilot:
            link.show(view("called", version=18))
            await until(pilot, lambda: "叫号中" in words(pilot))
            assert "开业登记 / 变更登记" in words(pilot)
            assert "████" in words(pilot)
            link.show(view("serving", version=19, ticket=ticket("B007", "serving")))
            await until(pilot, lambda: "办理中" in words(pilot))

    play(scene)


def test_before_the_first_picture_the_screen_says_why_it_is_empty() -> None:
    async def scene() -> None:
        link = MemoryLink(None, "connecting")
        async with on_stage(link) as pilot:
            assert "还没有收到本窗口的信息" in words(pilot)
            link.bye = Bye("bad-token", "令牌无效", "Unknown token", "请重新登记", "Enrol again")
            await until(pilot, lambda: "令牌无效" in words(pilot) and "请重新登记" in words(pilot))

    play(scene)


def test_help_opens_with_f1_and_names_every_key() -> None:
    async def scene() -> None:
        async with on_stage(MemoryLink(view())) as pilot:
            await pilot.press("f1")
            await until(pilot, lambda: "叫了没有来" in words(pilot))
            await pilot.press("escape")
            await until(pilot, lambda: "叫了没有来" not in words(pilot))

    play(scene)


def test_many_who_wait_are_counted_when_they_do_not_fit() -> None:
    async def scene() -> None:
        crowd = view()["next"] * 4
        async with on_stage(MemoryLink(view(next=crowd[:10], waiting=57))) as pilot:
            shown = sum("B007" in line or "A043" in line or "A044" in line for line in lines(pilot))
            assert f"还有 {57 - shown} 位" in words(pilot)
            assert "等候  57" in words(pilot)

    play(scene)


def told(*codes: str) -> list[dict[str, Any]]:
    return [
        {
            "message": f"id-{code}", "code": code, "name": f"请{code}", "name_en": "", "number": "A042" if code == "fetch" else "",
            "at": 1, "by": "guide",
        }
        for code in codes
    ]  # fmt: skip


def test_what_the_guide_desk_tells_is_shown_until_it_is_read() -> None:
    async def scene() -> None:
        link = MemoryLink(view(messages=told("fetch", "queue")))
        async with on_stage(link) as pilot:
            await until(pilot, lambda: "引导台： A042 请fetch" in "\n".join(lines(pilot)))
            assert "还有 1 条" in "\n".join(lines(pilot))
            await pilot.press("m")
            await until(pilot, lambda: link.sent == [guide.AcknowledgeMessage("3")])
            link.show(view(messages=told("queue")))
            await until(pilot, lambda: "请queue" in "\n".join(lines(pilot)))
            link.show(view())
            await until(pilot, lambda: "引导台" not in "\n".join(lines(pilot)))
            await pilot.press("m")
            await pilot.press("f1")
        assert len(link.sent) == 1  # nothing to read, nothing sent

    play(scene)


def stopped(name: str, scope: str = "item", until: int = 0) -> dict[str, Any]:
    return {
        "scope": scope,
        "id": "A",
        "name": name,
        "name_en": "",
        "reason": "网络故障",
        "reason_en": "",
        "until": until,
    }


def test_what_is_suspended_and_the_end_of_the_day_have_a_line_each() -> None:
    zone, until_noon = "Asia/Shanghai", 1_791_864_000_000_000  # 12:00 there
    closing = {"zh": "17:00 下班，还有 3 人等候，要办完。请继续叫号", "en": "The hall closes at 17:00"}
    doc = view(
        closing=closing,
        suspended=[stopped("企业登记", "queue", until_noon), stopped("发票")],
        messages=told("queue"),
    )
    assert announcements(doc, "zh", zone, 78) == (
        closing["zh"], "A 企业登记暂停办理：网络故障，预计 12:00 恢复   还有 1 项", "引导台： 请queue   M 已读",
    )  # fmt: skip
    assert announcements(doc, "en", zone, 78)[0] == closing["en"]
    narrow = announcements(doc, "zh", zone, 40)
    assert all(cell_len(line) <= 40 for line in narrow)
    assert narrow[0].startswith("17:00 下班，还有 3 人等候")
    assert "预计 12:00 恢复   还有 1 项" in narrow[1]
    assert announcements(view(), "zh", zone, 78) == announcements(None, "zh", zone, 78) == ("", "", "")


def test_the_lines_come_and_go_with_the_document() -> None:
    async def scene() -> None:
        link = MemoryLink(view(suspended=[stopped("大厅", "hall")]))
        async with on_stage(link) as pilot:
            await until(pilot, lambda: "大厅暂停办理：网络故障" in "\n".join(lines(pilot)))
            link.show(view(closing={"zh": "17:00 下班", "en": ""}))
            await until(pilot, lambda: "17:00 下班" in "\n".join(lines(pilot)))
            assert "暂停办理" not in "\n".join(lines(pilot))
            link.show(view())
            await until(pilot, lambda: "下班" not in "\n".join(lines(pilot)))

    play(scene)
