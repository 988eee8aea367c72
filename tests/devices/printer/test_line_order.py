"""A line of two directions on paper: where it begins, what stands left of what, and which letters this PC can draw."""

import pytest
from PIL import Image

from config.languages import LANGUAGES
from config.paper.document import TextLine
from devices.printer import fonts, line_order, rasterise
from devices.printer.fonts import FontFace

UYGHUR = "ئۇيغۇر"
WIDTH = 576
WITH_LETTERS = pytest.mark.skipif(
    bool(fonts.missing(UYGHUR)), reason="no font with Uyghur letters, or no raqm"
)


@pytest.mark.parametrize(
    ("text", "side"),
    [("A012", "ltr"), ("号票", "ltr"), (UYGHUR, "rtl"), (f"12. {UYGHUR}", "rtl"), ("09:30", "ltr")],
)
def test_a_line_begins_at_the_side_of_its_first_letter(text: str, side: str) -> None:
    assert line_order.base(text) == side


def test_from_the_left_of_the_paper_stands_what_is_read_last() -> None:
    shown = list(line_order.segments(f"{UYGHUR}: A012 {UYGHUR}", "rtl"))
    assert shown == [(f" {UYGHUR}", "rtl"), ("A012", "ltr"), (f"{UYGHUR}: ", "rtl")]


@pytest.mark.parametrize(
    "kept", ["A012", "09:30", "10–15", "2026-11-20", "不收费（示例）", "《条例》，第六条"]
)
def test_a_code_or_a_number_keeps_its_order(kept: str) -> None:
    parts = line_order.segments(f"{UYGHUR} {kept} {UYGHUR}", "rtl")
    assert (kept, "ltr") in list(parts)


def test_a_list_of_numbers_runs_from_the_right() -> None:
    numbers = [part for part, order in line_order.segments(f"{UYGHUR}: 3، 4، 5", "rtl") if order == "ltr"]
    assert numbers == ["5", "4", "3"]


def test_brackets_are_turned_where_a_face_without_joined_letters_draws_them() -> None:
    assert line_order.mirrored("(«a")[::-1] == ")»a"


def test_chinese_and_english_are_drawn_as_before_in_one_run() -> None:
    face = fonts.regular()
    assert line_order.runs("A012 号票 (2 人)", face, "ltr") == [("A012 号票 (2 人)", face, "ltr")]


@WITH_LETTERS
def test_no_ink_is_cut_at_the_edge_the_line_begins_at() -> None:
    """Its first letter once lay beyond the paper: the line had been measured in another order than it was drawn."""
    text = "ئالدىڭىزدا 5 ئادەم، تەخمىنەن 10 مىنۇت"
    narrow = ink(rasterise.draw((TextLine(text, 1.25, "right", False, False),), WIDTH))
    wide = ink(rasterise.draw((TextLine(text, 1.25, "center", False, False),), 2 * WIDTH))
    assert narrow == pytest.approx(wide, rel=0.01), "a letter has more than the edges of dots"


def ink(picture: Image.Image) -> int:
    return picture.convert("L").histogram()[0]


@WITH_LETTERS
def test_a_pc_with_the_letters_prints_every_language() -> None:
    assert fonts.undrawn(LANGUAGES) == frozenset()


def test_twin_a_pc_without_them_prints_the_next_of_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_fallbacks", lambda: tuple[FontFace, ...]())
    assert fonts.undrawn(LANGUAGES) == {"ug"}
