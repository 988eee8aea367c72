"""How numbers and windows are read aloud."""

import pytest

from display.voice.announcement_text import (
    CARDINAL_MAX,
    PAUSE,
    Destination,
    again,
    announcement,
    cardinal,
    clip_names,
    pieces_of,
    spell,
)

COUNTS = {
    0: "零", 3: "三", 10: "十", 11: "十一", 19: "十九", 20: "二十", 27: "二十七", 100: "一百", 105: "一百零五",
    110: "一百一十", 115: "一百一十五", 120: "一百二十", 999: "九百九十九", 1027: "一零二七",
}  # fmt: skip


def test_a_number_is_read_digit_by_digit() -> None:
    assert spell("A042") == ["A", "零", "四", "二"]


def test_one_is_yao_only_where_the_hall_says_so() -> None:
    assert spell("B117") == ["B", "一", "一", "七"]
    assert spell("B117", yao=True) == ["B", "幺", "幺", "七"]


@pytest.mark.parametrize(("value", "words"), COUNTS.items())
def test_a_window_is_read_as_a_count(value: int, words: str) -> None:
    assert "".join(cardinal(value)) == words


def test_the_sentence_is_the_one_people_know() -> None:
    assert announcement("A042", Destination("3", "社保窗口")).text == "请A零四二号，到三号窗口办理"
    assert announcement("A042", Destination("11", "社保窗口")).text == "请A零四二号，到十一号窗口办理"


def test_a_window_without_a_number_is_called_by_name() -> None:
    assert announcement("C007", Destination("pay", "缴费12号台")).text == "请C零零七号，到缴费十二号台办理"


def test_yao_never_reaches_the_window() -> None:
    assert announcement("A011", Destination("11", ""), yao=True).text == "请A零幺幺号，到十一号窗口办理"


def test_english_says_digits_and_the_window() -> None:
    said = announcement("A042", Destination("3", "社保窗口", "Social insurance"), "en").text
    assert said == "Number A zero four two, please go to window 3."


def test_a_recall_is_told_first() -> None:
    assert again(announcement("A042", Destination("3", ""))).text.startswith("再次呼叫，请A")


def test_every_clip_an_announcement_needs_is_built() -> None:
    halls = [Destination(str(number), "") for number in range(CARDINAL_MAX + 1)] + [
        Destination("pay", "缴费台")
    ]
    made = set(clip_names(halls))
    for window in halls:
        assert set(announcement("Z109", window, yao=True).clips) <= made


@pytest.mark.parametrize("yao", [False, True])
def test_every_piece_a_call_needs_is_spoken_beforehand(yao: bool) -> None:
    windows = [Destination("3", "社保窗口"), Destination("pay", "缴费12号台", "Cashier")]
    made = {PAUSE, *pieces_of(["A", "VB"], windows, yao=yao, recall=True)}
    for window in windows:
        for number in ("A042", "A11", "VB13579", "VB02468"):
            assert set(again(announcement(number, window, yao=yao)).pieces) <= made


def test_english_is_said_in_one_breath() -> None:
    spoken = announcement("A042", Destination("3", "社保窗口"), "en")
    assert (spoken.pieces, again(spoken).pieces) == ((), ())


def test_pieces_are_said_in_breaths() -> None:
    said = announcement("A042", Destination("3", "社保窗口")).pieces
    assert said == ("请A", "零", "四", "二号", PAUSE, "到三号窗口办理")
