"""Scripts that the hanzi font lacks: shaped by a face that has them, or the line is left out; never boxes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image, features

from caller.cli.check import check
from config.paper.document import TextLine
from devices.printer import fonts, line_order, rasterise
from tests.instruments.small_settings import GOOD, put

UYGHUR, TIBETAN, MONGOLIAN, THAI = "ئۇيغۇر", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ", "ภาษาไทย"
YI, OLD_UYGHUR_FORMS = "ꆈꌠꁱꂷ", "ﻯﻍ"  # beyond the hanzi's own planes of letters
WIDTH = 576
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


@pytest.fixture
def no_fallbacks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A PC with nothing but the hanzi font."""
    monkeypatch.setattr(fonts, "_FALLBACKS", ())
    fonts._fallbacks.cache_clear()
    yield
    fonts._fallbacks.cache_clear()


def drawn(text: str, bold: bool = False) -> Image.Image:
    return rasterise.draw((TextLine(text, bold=bold),), WIDTH)


@pytest.mark.parametrize("text", [UYGHUR, TIBETAN, MONGOLIAN, THAI, YI, OLD_UYGHUR_FORMS, f"事项 {UYGHUR}"])
def test_without_a_face_the_line_is_left_out_and_named(no_fallbacks: None, text: str) -> None:
    assert fonts.missing(text)
    assert rasterise._line(TextLine(text), WIDTH).height == 0


def test_twin_drawn_all_the_same_two_different_words_are_the_same_boxes(no_fallbacks: None) -> None:
    face = fonts.regular().at(24)
    assert face.getmask("ئ").getbbox() == face.getmask("غ").getbbox()


@pytest.mark.parametrize(
    "text", ["开业登记", "Opening, 3–4 ℃ ① Ⅳ", "𠮷、䶮、㐀", "—…“”", "㈱㊣㎡カナ한글ｶﾅＡ葛\U000e0100", ""]
)
def test_hanzi_letters_and_signs_miss_nothing(no_fallbacks: None, text: str) -> None:
    assert fonts.missing(text) == ""


# --- `hallcall check` tells it before the first paper


@pytest.fixture
def fonts_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A PC with these font files only."""
    caches = (fonts._fallbacks, fonts._face, fonts._pick, fonts._files, fonts._loaded, fonts._glyph)

    def only(folder: Path, *files: str) -> None:
        folder.mkdir()
        for file in files:
            (folder / Path(file).name).symlink_to(file)
        monkeypatch.setattr(fonts, "FOLDERS", (str(folder),))
        for each in caches:
            each.cache_clear()

    yield only
    monkeypatch.undo()
    for each in caches:
        each.cache_clear()


def checked(folder: Path) -> list[str]:
    """The warnings of `hallcall check` about a hall with an item name in each script."""
    row = (
        '\n[[item]]\nid = "S{}"\nname = "登记 {}"\ndepartment = "tax"\nqueue = "A"\ncase_type = "immediate"\n'
    )
    device = '\n[[device]]\nname = "slips"\nkind = "printer"\nport = "file:///dev/usb/lp0"\n'
    items = "".join(row.format(index, text) for index, text in enumerate((UYGHUR, TIBETAN, YI, TIBETAN)))
    answer = CliRunner().invoke(check, [str(put(folder, GOOD + items + device)), "--json"])
    assert answer.exit_code == 0, answer.output
    return [each["en"] for each in json.loads(answer.output)["warnings"] if "No font" in each["en"]]


def test_check_warns_of_each_script_no_font_has(fonts_in: Callable[..., None], tmp_path: Path) -> None:
    fonts_in(tmp_path / "hanzi", fonts.regular().path)
    arabic, tibetan, yi = checked(tmp_path)
    assert "(Arabic)" in arabic
    assert "(Tibetan)" in tibetan
    assert "2 text(s)" in tibetan
    assert "(Yi)" in yi


@pytest.mark.skipif(not Path(DEJAVU).exists(), reason="fonts-dejavu-core is not on this PC")
def test_check_is_silent_about_a_script_that_a_font_has(
    fonts_in: Callable[..., None], tmp_path: Path
) -> None:
    """The twin: the same hall, and one font more."""
    fonts_in(tmp_path / "both", fonts.regular().path, DEJAVU)
    assert [text for text in checked(tmp_path) if "(Arabic)" in text] == []


def test_check_warns_on_a_pc_without_any_font(fonts_in: Callable[..., None], tmp_path: Path) -> None:
    fonts_in(tmp_path / "none")
    assert len(checked(tmp_path)) == 3


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
    both = rasterise._length(f"事项 {UYGHUR}", fonts.regular(), 24, "ltr")
    assert both > rasterise._length("事项 ", fonts.regular(), 24, "ltr") > 0
    assert drawn(f"事项 {UYGHUR}", bold).height > 0
    assert [run for run, *_ in line_order.runs(f"事项 {UYGHUR}", fonts.regular(), "ltr")] == ["事项 ", UYGHUR]
