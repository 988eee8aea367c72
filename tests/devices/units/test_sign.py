"""Signs: one line from a view, clipped by width, refreshed, and honest when it is old."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.instants import SECOND
from devices.profiles.profile_reader import find
from devices.protocols.display_text import cells, clip, fill, read_back, shown
from devices.units.sign import Sign

PROFILE = find("sign-strip")
NOW = 1_000 * SECOND


def view(**facts: Any) -> dict[str, Any]:
    return {"window": "3", "name": "3号窗口", "state": "open", "version": 1, "waiting": 0, **facts}


def sign(profile_name: str = "sign-strip", window: str = "3") -> Sign:
    profile = find(profile_name)
    unit = Sign(window, profile, profile.address)
    unit.opened(NOW)
    unit.current(True, NOW)
    return unit


def line(text: str) -> bytes:
    return PROFILE.frame("show", 1, {"text": text.encode("gb2312")})


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "3号窗口 请等候"),
        ({"state": "called", "ticket": {"number": "A042"}}, "请 A042 号"),
        ({"state": "serving", "ticket": {"number": "A042"}}, "A042 办理中"),
        ({"state": "paused"}, "临时有事,请稍候"),
        ({"state": "closed"}, "3号窗口 暂未开放"),
    ],
)
def test_a_window_strip_says_what_its_window_does(facts: dict[str, Any], text: str) -> None:
    assert cells(text) <= PROFILE.text.width
    assert sign().watched("window/3", view(**facts), NOW) == [line(text)]


def test_the_hall_sign_shows_the_last_call() -> None:
    calls = [{"number": "B007", "window_name": "5号窗口"}]
    unit = sign(window="")
    assert unit.topics == ["board"]
    assert unit.watched("board", {"hall": {"name": "大厅"}, "calls": calls}, NOW) == [line("请B007到5号窗口")]
    assert unit.watched("board", {"hall": {"name": "政务大厅"}, "calls": []}, NOW) == [line("政务大厅")]


def test_a_sign_without_the_caller_says_that_it_is_not_current() -> None:
    unit = sign()
    unit.watched("window/3", view(state="called", ticket={"number": "A042"}), NOW)
    assert unit.current(False, NOW) == [line("信息未更新")]


def test_the_same_words_are_sent_once_and_again_each_minute() -> None:
    unit = sign()
    unit.watched("window/3", view(), NOW)
    assert unit.watched("window/3", view(version=2), NOW) == []
    assert unit.tick(NOW + 59 * SECOND) == []
    assert unit.tick(NOW + 60 * SECOND) == [line("3号窗口 请等候")]


def test_a_sign_that_answers_again_is_refreshed_at_once() -> None:
    unit, profile = sign("sign-modbus"), find("sign-modbus")
    unit.watched("window/3", view(), NOW)
    unit.tick(NOW + 10 * SECOND)  # silent for longer than its polls
    assert unit.health(NOW + 10 * SECOND)[0] == "unknown"
    effects = unit.heard(profile.press_key(bytes.fromhex("0302"), 1), NOW + 11 * SECOND)
    assert len(effects) == 1
    assert unit.health(NOW + 11 * SECOND)[0] == "ready"


def test_the_alpha_sign_shows_letters_and_digits_only() -> None:
    unit, profile = sign("sign-alpha"), find("sign-alpha")
    effects = unit.watched("window/3", view(state="called", ticket={"number": "A042"}), NOW)
    assert effects == [profile.frame("show", 0, {"text": b"A042 > 3"})]


TEXTS = st.text(alphabet="请A042号到3号窗口,·𠮷龘\n\x07 —é", max_size=40)


@given(TEXTS, st.integers(2, 40), st.booleans())
def test_no_text_is_wider_than_the_sign_or_cut_inside_a_hanzi(text: str, width: int, pad: bool) -> None:
    raw = shown(text, "gb2312", width, pad)
    assert len(raw) == width if pad else len(raw) <= width
    assert raw.decode("gb2312").isprintable()


def test_clipping_by_characters_would_cut_a_hanzi_in_half() -> None:
    """The guard off: bytes cut at the width."""
    text = "A请您"
    with pytest.raises(UnicodeDecodeError):
        text.encode("gb2312")[:4].decode("gb2312")
    assert clip(text, 4) == "A请"


def test_what_gb2312_lacks_is_marked_and_not_dropped() -> None:
    assert shown("𠮷先生", "gb2312", 16).decode("gb2312") == "〓先生"


def test_an_unknown_placeholder_shows_as_nothing() -> None:
    assert fill("{number}{nothing}!{{}}", {"number": "A1"}) == "A1!{}"


@pytest.mark.parametrize(
    "template", ["{number.x}", "{number[0]}", "{number:>9}", "{number!r}", "{", "}", "{}"]
)
def test_a_template_holds_bare_names_only(template: str) -> None:
    """The twin: `str.format` reads an attribute, or makes as many blanks as are asked for."""
    with pytest.raises(ValueError, match="bare name"):
        fill(template, {"number": "A1"})
    assert len("{number:>99}".format_map({"number": "A1"})) == 99


@pytest.mark.parametrize(
    ("text", "gb2312", "gbk"),
    [
        ("买买提·艾力", "买买提·艾力", "买买提·艾力"),
        ("买买提•艾力", "买买提·艾力", "买买提·艾力"),
        ("一——二…《三》", "一——二…《三》", "一——二…《三》"),
        ("王镕喆", "王〓〓", "王镕喆"),
        ("𠮷", "〓", "〓"),
    ],
)
def test_a_display_shows_what_its_font_has(text: str, gb2312: str, gbk: str) -> None:
    assert read_back(shown(text, "gb2312", 40), "gb2312") == gb2312
    assert read_back(shown(text, "gbk", 40), "gbk") == gbk


def test_a_gb2312_display_gets_no_cell_outside_the_standard() -> None:
    """The standard has 7,445 characters in rows 1 to 9 and 16 to 87; each byte is 0xA1 to 0xFE."""
    every = "".join(chr(code) for code in range(0x80, 0x10000) if not 0xD800 <= code < 0xE000)
    shown_as = {shown(char, "gb2312", 2) for char in every} - {b""}
    cells = {cell for cell in shown_as if not cell.isascii()}
    assert all(len(cell) == 2 and cell[0] >= 0xA1 and cell[1] >= 0xA1 for cell in cells)
    assert len(cells) == 7445 - 1, "the wide blank is dropped"


def test_python_s_own_codec_would_refuse_the_dot() -> None:
    """The guard off: why GB2312 is written by GBK."""
    with pytest.raises(UnicodeEncodeError):
        "买买提·艾力".encode("gb2312")
