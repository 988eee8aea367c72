"""What a small display shows of a text: in its own font, as far as that goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols import display_text
from devices.protocols.display_text import MISSING, DisplayEncoding, cells, read_back, shown

ENCODINGS: list[DisplayEncoding] = ["gb2312", "gbk", "ascii"]


@pytest.mark.parametrize(
    ("text", "gb2312", "gbk"),
    [
        ("买买提·艾力—科", "买买提·艾力—科", "买买提·艾力—科"),
        ("买买提•艾力・科", "买买提·艾力·科", "买买提·艾力·科"),
        ("朱镕基 陶喆", "朱〓基 陶〓", "朱镕基 陶喆"),
        ("二〇二六", "二○二六", "二〇二六"),
        ("张\u3000三\u00a0李", "张  三 李", "张  三 李"),
        ("90㎡ 5㎏ ½", "90m2 5kg 〓", "90㎡ 5㎏ 〓"),
        ("Ñuñez Ürümqi", "Nunez Urümqi", "Nunez Urümqi"),
        ("¥5 −3 8〜9", "￥5 -3 8～9", "￥5 -3 8～9"),
        ("𠮷野", "〓野", "〓野"),
        ("一\u202e二\x1b三", "一二三", "一二三"),
    ],
)
def test_a_sign_shows_what_its_font_has(text: str, gb2312: str, gbk: str) -> None:
    assert read_back(shown(text, "gb2312", 40), "gb2312") == gb2312
    assert read_back(shown(text, "gbk", 40), "gbk") == gbk


def test_without_decomposing_a_sign_of_measure_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard off."""
    display_text._known.cache_clear()
    monkeypatch.setattr(display_text.unicodedata, "normalize", lambda _form, char: char)
    try:
        assert read_back(shown("90㎡", "gb2312", 40), "gb2312") == "90" + MISSING
    finally:
        display_text._known.cache_clear()


@given(st.text(max_size=30), st.sampled_from(ENCODINGS), st.integers(0, 32))
def test_any_text_fits_and_is_in_the_font(text: str, encoding: DisplayEncoding, width: int) -> None:
    data = shown(text, encoding, width, pad=True)
    assert len(data) == width
    line = read_back(data, encoding)
    assert cells(line) == width
    assert "\ufffd" not in line
    assert not any(byte < 0x20 or byte == 0x7F for byte in data)
