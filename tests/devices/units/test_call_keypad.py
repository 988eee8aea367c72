"""A hard caller: keys become verbs on the picture shown, the display follows the view."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from caller.engine import commands as cmd
from config.instants import SECOND
from devices.profiles.profile_reader import find
from devices.protocols.display_text import shown
from devices.simulators.displays import SimulatedCallKeypad
from devices.units.call_keypad import ENTRY_SECONDS, NOTE_SECONDS, CallKeypad
from devices.units.unit import CommandReply, UnitEffect

PROFILE = find("pad-sum8")
NOW = 1_000 * SECOND
BOUNCE = SECOND // 50  # a contact that trembles
ROW = {"ticket": "t-42", "number": "A042", "queue": "A"}


def view(**facts: Any) -> dict[str, Any]:
    return {
        "window": "3",
        "name": "3号窗口",
        "state": "open",
        "version": 7,
        "waiting": 5,
        "next": [ROW],
        **facts,
    }


def pad(doc: dict[str, Any] | None = None) -> CallKeypad:
    unit = CallKeypad("3", PROFILE, 1, frozenset({"3", "4", "12"}))
    unit.opened(NOW)
    unit.current(True, NOW)
    unit.watched("window/3", doc or view(), NOW)
    return unit


def press(unit: CallKeypad, *meanings: str, at: int = NOW) -> list[UnitEffect]:
    effects: list[UnitEffect] = []
    for index, meaning in enumerate(meanings):
        effects += unit.heard(PROFILE.press(meaning, 1), at + index * SECOND)
    return effects


def commands(effects: Sequence[UnitEffect]) -> list[Any]:
    return [effect for effect in effects if not isinstance(effect, bytes)]


def line(text: str) -> bytes:
    return PROFILE.frame("show", 1, {"text": shown(text, "gb2312", 16, pad=True)})


@pytest.mark.parametrize(
    ("key", "verb"),
    [
        ("next", cmd.CallNext),
        ("recall", cmd.Recall),
        ("start", cmd.StartService),
        ("finish", cmd.FinishService),
        ("no-show", cmd.MarkNoShow),
    ],
)
def test_a_key_is_a_verb_on_the_picture_shown(key: str, verb: Any) -> None:
    assert commands(press(pad(), key)) == [verb("3", 7)]


def test_two_presses_on_one_picture_carry_the_same_version() -> None:
    """So that the caller refuses the second as stale and no number is burned."""
    unit = pad()
    first, second = commands(press(unit, "next", "next"))
    assert first.as_of == second.as_of == 7


def test_the_pause_key_goes_both_ways() -> None:
    assert commands(press(pad(), "pause")) == [cmd.PauseWindow("3")]
    assert commands(press(pad(view(state="paused")), "pause")) == [cmd.ResumeWindow("3")]


def test_transfer_takes_a_window_by_digits() -> None:
    assert commands(press(pad(), "transfer", "digit-1", "digit-2", "ok")) == [
        cmd.TransferTicket("3", 7, to_window="12")
    ]


def test_the_same_digit_twice_is_two_digits_and_its_bounce_is_none() -> None:
    unit = CallKeypad("3", PROFILE, 1, frozenset({"2", "22"}))
    unit.current(True, NOW)
    unit.watched("window/3", view(), NOW)
    for key, at in (("transfer", -SECOND), ("digit-2", 0), ("digit-2", BOUNCE), ("digit-2", SECOND // 8)):
        press(unit, key, at=NOW + at)
    assert commands(press(unit, "ok", at=NOW + SECOND)) == [cmd.TransferTicket("3", 7, to_window="22")]


async def typed(folder: Path) -> list[tuple[float, bytes]]:
    """What the twin's keypad sends for a transfer to 22, and when."""
    sent: list[tuple[float, bytes]] = []
    loop = asyncio.get_running_loop()
    all_sent = asyncio.Event()

    def keep(data: bytes) -> None:
        sent.append((loop.time(), data))
        if len(sent) == 4:
            all_sent.set()

    async with asyncio.timeout(60), SimulatedCallKeypad(PROFILE, folder / "pad") as twin:
        twin.cable.send = keep
        twin.press("transfer")
        twin.type("22")
        twin.press("ok")
        await all_sent.wait()
    return sent


def test_the_twin_lifts_its_finger_so_that_22_is_not_2(tmp_path: Path) -> None:
    unit = CallKeypad("3", PROFILE, 1, frozenset({"2", "22"}))
    unit.current(True, NOW)
    unit.watched("window/3", view(), NOW)
    effects: list[UnitEffect] = []
    for at, data in asyncio.run(typed(tmp_path)):
        effects += unit.heard(data, NOW + round(at * SECOND))
    assert commands(effects) == [cmd.TransferTicket("3", 7, to_window="22")]


def test_transfer_to_no_window_or_to_itself_is_said_and_not_sent() -> None:
    for digits in (["digit-9"], ["digit-3"]):
        effects = press(pad(), "transfer", *digits, "ok")
        assert commands(effects) == []
        assert line(f"无窗口 {digits[0][-1]}") in effects


def test_digits_and_ok_call_that_number() -> None:
    assert commands(press(pad(), "digit-4", "digit-2", "ok")) == [cmd.CallTicket("3", 7, "t-42")]


def test_a_number_nobody_has_is_said() -> None:
    assert line("无此号 41") in press(pad(), "digit-4", "digit-1", "ok")


def test_an_entry_left_half_done_is_forgotten() -> None:
    unit = pad()
    press(unit, "transfer", "digit-4")
    unit.tick(NOW + (ENTRY_SECONDS + 2) * SECOND)
    assert commands(press(unit, "ok", at=NOW + 20 * SECOND)) == []


def test_clear_forgets_the_entry() -> None:
    assert commands(press(pad(), "transfer", "digit-4", "clear", "ok")) == []


@pytest.mark.parametrize(
    ("doc", "text"),
    [
        (view(), "空闲 等候5"),
        (view(state="called", ticket={"number": "A042"}), "A042 等候5"),
        (view(state="serving", ticket={"number": "A042"}), "A042 办理 等5"),
        (view(state="paused"), "暂停 等候5"),
        (view(state="closed"), "未登录"),
    ],
)
def test_the_display_shows_number_and_count_waiting(doc: dict[str, Any], text: str) -> None:
    unit = CallKeypad("3", PROFILE, 1, frozenset())
    unit.current(True, NOW)
    assert unit.watched("window/3", doc, NOW) == [line(text)]


def test_a_refusal_is_shown_for_a_moment() -> None:
    unit = pad()
    effects = unit.answered(cmd.CallNext("3", 7), CommandReply("nobody-waiting", "没有人等候", ""), NOW)
    assert line("没有人等候") in effects
    assert unit.tick(NOW + (NOTE_SECONDS + 1) * SECOND) == [line("空闲 等候5")]


def test_without_the_caller_it_says_so_and_a_press_does_nothing() -> None:
    unit = pad()
    assert unit.current(False, NOW) == [line("信息未更新")]
    assert commands(press(unit, "next")) == []
    assert unit.ignored == 1


def test_the_same_line_is_not_sent_twice_but_again_after_power_up() -> None:
    unit = pad()
    assert unit.watched("window/3", view(version=8), NOW) == []
    assert unit.opened(NOW) == [line("空闲 等候5")]


def test_a_line_broken_on_its_way_is_mended_by_the_next_refresh() -> None:
    unit = pad()
    minute = PROFILE.text.refresh_s * SECOND
    assert unit.tick(NOW + minute - 1) == []
    assert unit.tick(NOW + minute) == [line("空闲 等候5")]
    assert unit.tick(NOW + minute + 1) == []


def test_without_a_refresh_a_broken_line_stays() -> None:
    """The guard off."""
    profile = replace(PROFILE, text=replace(PROFILE.text, refresh_s=0))
    unit = CallKeypad("3", profile, 1, frozenset())
    unit.opened(NOW)
    assert unit.tick(NOW + 1000 * PROFILE.text.refresh_s * SECOND) == []


def test_a_key_that_the_view_calls_dead_sends_nothing_and_shows_the_callers_reason() -> None:
    """The same document as the terminal's: the hard keypad has no table of its own."""
    dead = {
        "live": False,
        "code": "nobody-here",
        "zh": "本窗口没有正在叫的号",
        "en": "Nobody is at this window",
    }
    unit = pad(view(verbs={"Recall": dead, "CallNext": {"live": True}}))
    effects = press(unit, "recall")
    assert commands(effects) == []
    assert line("本窗口没有正在叫的号") in effects
    assert [type(command).__name__ for command in commands(press(unit, "next"))] == ["CallNext"]
