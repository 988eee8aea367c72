"""Finding fonts on this PC, and knowing which glyphs they really have.

Debian's fonts-noto-cjk is what we ask for; any other hanzi font in the usual folders will do. Without one
`found()` is false, slips are printed in the printer's own font, and only rare names suffer.
"""

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

from config.device_port import PRINTER
from config.languages import language
from config.probe import Examined, Finding, doubtful
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, shown

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
DOTS_TRIED = 24  # height at which a font is asked for its name and its glyphs
SIZES_MAX = 64  # different letter heights kept ready; a template uses about eight

# Best first; each is a piece of a file's name, lower case.
_REGULAR = (
    "notosanscjk-regular", "notosanscjksc-regular", "notosanssc", "sourcehansans", "wqy-microhei", "wqy-zenhei",
    "droidsansfallback", "notoserifcjk-regular", "simhei", "msyh", "uming", "ukai",
)  # fmt: skip
_BOLD = ("notosanscjk-bold", "notosanscjksc-bold", "notosanssc-bold", "msyhbd")
# For other scripts: Debian's fonts-noto-core and fonts-dejavu-core. Regular faces; a bold line is thickened.
_FALLBACKS = (
    "notosansarabic-regular", "notonaskharabic-regular", "notoseriftibetan-regular", "notosansmongolian-regular",
    "notosansthai-regular", "notosansyi-regular", "notosanstaile-regular", "notosansnewtailue-regular",
    "notosanslisu-regular", "notosansphagspa-regular", "notosans-regular", "dejavusans.",
)  # fmt: skip
# Letters that a hanzi font has or draws as 〓, by the beginning of their names.
_OF_HANZI_FONTS = (
    "CJK", "KANGXI", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC", "VERTICAL",
    "CIRCLED", "PARENTHESIZED", "NEGATIVE", "ROMAN", "HANGZHOU", "VARIATION",
)  # fmt: skip
_PRINTED = ("hall", "class", "department", "queue", "area", "window", "item")  # tables with texts for papers
_SUFFIXES = {".ttc", ".ttf", ".otf"}


@dataclass(frozen=True, slots=True)
class FontFace:
    """One face of one font file; a collection (.ttc) holds several."""

    path: str
    index: int = 0
    stroke: bool = False  # no bold face on this PC: thicken the regular one
    shaped: bool = False  # letters that join, stack or run from right to left

    def at(self, height: int) -> ImageFont.FreeTypeFont:
        return _loaded(self.path, self.index, height, self.shaped)

    def has(self, char: str) -> bool:
        return char == " " or _glyph(self, char) != _glyph(self, "\U0010fffe")


def found() -> bool:
    return _pick(_REGULAR) is not None


def regular() -> FontFace:
    """Return the face for plain lines; LookupError where this PC has no hanzi font."""
    return _face(_REGULAR)


def bold() -> FontFace:
    if _pick(_BOLD) is not None:
        return _face(_BOLD)
    plain = _face(_REGULAR)
    return FontFace(plain.path, plain.index, stroke=True)


def fallback(char: str) -> FontFace | None:
    """Return a face of this PC for a sign that the hanzi font lacks: Uyghur, Tibetan, Mongolian, Thai and the like.

    Such faces need shaping (raqm): without it their letters would stand apart, and from the wrong side.
    """
    return next((face for face in _fallbacks() if face.has(char)), None) if features.check("raqm") else None


def missing(text: str) -> str:
    """Return the letters of other scripts than hanzi that no face of this PC has: a line with one is left out of a
    drawn paper, and without any font a printer shows 〓 for them."""
    face = regular() if found() else None
    letters = (char for char in dict.fromkeys(text) if is_script(char))
    return "".join(char for char in letters if not (face and (face.has(char) or fallback(char))))


def undrawn(languages: Iterable[str]) -> frozenset[str]:
    """Return those of the languages whose letters no face of this PC has: their slips are in the next of their chain."""
    return frozenset(each for each in languages if missing(language(each).letters))


def unreadable(hall: Examined) -> Iterable[Finding]:
    """Find languages that the hall offers and this PC has no letters for."""
    for each in hall.settings.hall.languages:
        if letters := missing(language(each).letters):
            code = "no-letters" if features.check("raqm") else "no-shaping"
            yield doubtful(code, name=language(each).name, letters=letters)


def is_script(char: str) -> bool:
    """Return whether a sign belongs to a script of its own, not to hanzi (whose rare ones are drawn as 〓)."""
    if char < "\u0250" or unicodedata.category(char)[0] not in "LMN":
        return False
    return not unicodedata.name(char, "").startswith(_OF_HANZI_FONTS)


def lacking(draft: Draft, folder: Path) -> Iterable[Mistake]:
    """Warn of texts of a hall that its papers could not show on this PC: once for each script. For `hallcall check`."""
    del folder
    if not any(row.good["kind"] == PRINTER for row in draft.each("device", "kind")):
        return
    found: dict[str, list[tuple[DraftRow, str, str, str]]] = {}
    for row in (row for table in _PRINTED for row in draft.rows[table]):
        for key, value in row.good.items():
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and (letters := missing(text)):
                    script = unicodedata.name(letters[0], "?").split()[0].title()
                    found.setdefault(script, []).append((row, key, text, letters))
    for script, places in found.items():
        row, key, text, letters = places[0]
        zh = f"本机没有字体含有“{shown(text)}”中的 {letters}（{script}），号票上不印这一行；这样的文字共 {len(places)} 处。"
        en = (
            f"No font of this PC has {letters} ({script}) of '{shown(text)}': papers leave that line out; "
            f"{len(places)} text(s) are so. Install fonts-noto-core on each PC that prints"
        )
        yield row.mistake(key, zh + "请在打印号票的电脑上安装 fonts-noto-core", en)


@cache
def _fallbacks() -> tuple[FontFace, ...]:
    names = [name for name in _FALLBACKS for path in _files() if name in Path(path).name.lower()]
    return tuple(FontFace(path, shaped=True) for name in dict.fromkeys(names) if (path := _pick((name,))))


def half_width() -> FontFace:
    """Return a face whose letters are half as wide as hanzi, as a printer's are; else the plain one."""
    return _face(_REGULAR, mono=True)


@cache
def _face(names: tuple[str, ...], *, mono: bool = False) -> FontFace:
    path = _pick(names)
    if path is None:
        raise LookupError("没有找到汉字字体,请安装 fonts-noto-cjk / no hanzi font: install fonts-noto-cjk")
    return FontFace(path, _simplified(path, mono=mono))


def _simplified(path: str, *, mono: bool) -> int:
    """Return the simplified Chinese face of a collection: other regions draw 门 and 复 another way."""
    for index in range(10 if path.endswith(".ttc") else 1):
        try:
            family = ImageFont.truetype(path, DOTS_TRIED, index=index).getname()[0] or ""
        except OSError:
            break
        if family.endswith("SC") and ("Mono" in family) == mono:
            return index
    return 0


@lru_cache(SIZES_MAX)
def _loaded(path: str, index: int, height: int, shaped: bool) -> ImageFont.FreeTypeFont:
    layout = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, height, index=index, layout_engine=layout)


@lru_cache(1024)
def _glyph(face: FontFace, char: str) -> bytes:
    cell = Image.new("L", (2 * DOTS_TRIED, 2 * DOTS_TRIED))
    ImageDraw.Draw(cell).text((0, 0), char, 255, face.at(DOTS_TRIED))
    return cell.tobytes()


@cache
def _pick(names: tuple[str, ...]) -> str | None:
    files = _files()
    for name in names:
        for path in files:
            if name in Path(path).name.lower():
                return path
    return None


@cache
def _files() -> tuple[str, ...]:
    """Return every font file, sorted, so that the same PC always draws the same slip."""
    paths = [
        str(Path(folder, name))
        for top in FOLDERS
        for folder, _, names in os.walk(Path(top).expanduser())
        for name in names
        if Path(name).suffix.lower() in _SUFFIXES
    ]
    return tuple(sorted(paths))
