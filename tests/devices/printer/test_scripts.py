"""Scripts that the hanzi font lacks: shaped by a face that has them, or the line is left out; never boxes."""

from collections.abc import Iterator

import pytest
from PIL import Image, features

from devices.paper.document import TextLine
from devices.printer import fonts, rasterise

UYGHUR, TIBETAN, MONGOLIAN, THAI = "ئۇيغۇر", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ", "ภาษาไทย"
WIDTH = 576


@pytest.fixture
def no_fallbacks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A PC with nothing but the hanzi font."""
    monkeypatch.setattr(fonts, "_FALLBACKS", ())
    fonts._fallbacks.cache_clear()
    yield
    fonts._fallbacks.cache_clear()


def drawn(text: str, bold: bool = False) -> Image.Image:
    return rasterise.draw((TextLine(text, bold=bold),), WIDTH)


@pytest.mark.parametrize("text", [UYGHUR, TIBETAN, MONGOLIAN, THAI, f"事项 {UYGHUR}"])
def test_without_a_face_the_line_is_left_out_and_named(no_fallbacks: None, text: str) -> None:
    assert fonts.missing(text)
    assert rasterise._line(TextLine(text), WIDTH).height == 0


def test_twin_drawn_all_the_same_two_different_words_are_the_same_boxes(no_fallbacks: None) -> None:
    face = fonts.regular().at(24)
    assert face.getmask("ئ").getbbox() == face.getmask("غ").getbbox()


@pytest.mark.parametrize("text", ["开业登记", "Opening, 3–4 ℃ ①", "𠮷、䶮、㐀", "—…“”", ""])
def test_hanzi_letters_and_signs_miss_nothing(no_fallbacks: None, text: str) -> None:
    assert fonts.missing(text) == ""


needs_a_face = pytest.mark.skipif(
    not features.check("raqm") or not any(fonts.fallback(char) for char in UYGHUR),
    reason="no face of this PC has Uyghur letters",
)


@needs_a_face
def test_letters_that_join_are_joined_and_run_from_the_right() -> None:
    face = fonts.fallback("غ")
    assert face
    apart = sum(face.at(24).getlength(char) for char in "يغ")
    assert face.at(24).getlength("يغ") < apart, "joined letters are narrower than single ones"


@needs_a_face
@pytest.mark.parametrize("bold", [False, True])
def test_a_line_of_two_scripts_holds_both(bold: bool) -> None:
    both = rasterise._length(f"事项 {UYGHUR}", fonts.regular(), 24)
    assert both > rasterise._length("事项 ", fonts.regular(), 24) > 0
    assert drawn(f"事项 {UYGHUR}", bold).height > 0
    assert [run for run, _ in rasterise._runs(f"事项 {UYGHUR}", fonts.regular())] == ["事项 ", UYGHUR]
