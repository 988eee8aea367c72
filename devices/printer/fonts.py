"""Finding a hanzi font on this PC, and knowing which glyphs it really has.

Debian's fonts-noto-cjk is what we ask for; any other hanzi font in the usual folders will do. Without one
`found()` is false, slips are printed in the printer's own font, and only rare names suffer.
"""

import os
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

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
    "notosansthai-regular", "notosans-regular", "dejavusans.",
)  # fmt: skip
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
    """Return the signs of a text that no face of this PC has; a line with one is left out of a drawn paper."""
    if not found():
        return ""
    face = regular()
    return "".join(c for c in dict.fromkeys(text) if is_script(c) and not face.has(c) and not fallback(c))


def is_script(char: str) -> bool:
    """Return whether a sign belongs to a script of its own, not to hanzi (whose rare ones are drawn as 〓)."""
    return "\u0250" <= char < "\u2e80" and unicodedata.category(char)[0] in "LMN"


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
