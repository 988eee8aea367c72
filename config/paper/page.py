"""A paper as a page: a hall's own A4, and how a roll of 80 or 58 mm will look, from the same sheets that printers get.

The page holds its own style, sizes included, and loads nothing: a page's policy allows one style by its hash. A line of size 1 is 3 mm high on the roll, as a printer's hanzi are, and
larger on A4, where there is room. Every text goes through `for_html`.
"""

import base64
from collections.abc import Sequence
from math import floor
from pathlib import Path
from typing import Literal
from unicodedata import east_asian_width

import segno

from config.paper.document import Block, Cut, Feed, Logo, QrCode, Rule, Sheet, TextLine
from config.text_safety import for_html, with_whole_dates

Medium = Literal["a4", "80", "58"]
PRINTED_MM: dict[Medium, float] = {"a4": 178.0, "80": 72.0, "58": 48.0}  # the width that is printed
LINE_MM: dict[Medium, float] = {"a4": 4.6, "80": 3.0, "58": 3.0}  # the height of a letter of size 1
A4_FEED_MM = 6.0
NARROW_EM = 0.6  # about the width of a letter or a digit, of a hanzi's
PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
STYLE = """
@page { size: A4 portrait; margin: 18mm 16mm; }
* { box-sizing: border-box; }
html { font-family: "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif; color: #111; background: #fff; }
body { margin: 0; }
article { margin: 0 auto; line-height: 1.3; overflow-wrap: anywhere; }
article + article { break-before: page; }
p { margin: 0; white-space: pre-wrap; }
.left { text-align: left; } .center { text-align: center; } .right { text-align: right; }
.fit { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.whole { white-space: nowrap; }
b { font-weight: 600; }
hr { border: 0; border-top: 0.3mm solid #111; margin: 1mm 0; }
figure { margin: 1.5mm auto; } figure svg, figure img { display: block; width: 100%; height: auto; }
.roll { padding: 4mm 2mm 8mm; }
.a4 { line-height: 1.55; }
@media screen { .a4 { padding: 12mm 0; } article + article { border-top: 0.4mm dashed #888; } }
"""


def as_page(sheets: Sequence[Sheet], title: str, medium: Medium = "a4") -> str:
    """Return the copies of a paper as one HTML document; each begins on a page of its own."""
    kind = "a4" if medium == "a4" else "roll"
    width, height = PRINTED_MM[medium], LINE_MM[medium]
    rules = PageRules()
    bodies = "\n".join(
        f'<article class="{kind}" lang="zh-CN">{"".join(_block(each, medium, rules) for each in sheet)}</article>'
        for sheet in sheets
    )
    sized = f"article {{ max-width: {width + (0 if kind == 'a4' else 4):g}mm; font-size: {height:g}mm; }}\n{rules}"
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{for_html(title)}</title><style>{STYLE}{sized}</style></head><body>{bodies}</body></html>\n"
    )


class PageRules:
    """The style rules of a page's sizes, each named once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, rule: str) -> str:
        """Return the class that has this rule."""
        return self._names.setdefault(rule, f"k{len(self._names)}")

    def __str__(self) -> str:
        return "\n".join(f".{name} {{ {rule} }}" for rule, name in self._names.items())


def _block(block: Block, medium: Medium, rules: PageRules) -> str:
    """Return one block as HTML; a cut ends the paper and shows nothing."""
    match block:
        case TextLine():
            return _line(block, medium, rules)
        case Rule():
            return "<hr>"
        case QrCode():
            drawn = segno.make_qr(block.data, error="m").svg_inline(omitsize=True, border=2)
            return f'<figure class="{rules.name(f"width: {block.millimetres}mm")}">{drawn}</figure>'
        case Logo():
            return _logo(block, medium, rules)
        case Feed():
            high = block.lines * (A4_FEED_MM if medium == "a4" else LINE_MM[medium])
            return f'<div class="{rules.name(f"height: {high:g}mm")}"></div>'
        case Cut():
            return ""


def _line(line: TextLine, medium: Medium, rules: PageRules) -> str:
    text = with_whole_dates(for_html(line.text)) or "&nbsp;"
    words = f"<b>{text}</b>" if line.bold else text
    times = _fitting(line, medium) if line.fit else line.size
    size = rules.name(f"font-size: {times:g}em") if times != 1 else ""
    whole = line.fit and _ems(line.text) * times <= PRINTED_MM[medium] / LINE_MM[medium]
    kinds = " ".join(filter(None, (line.align, "fit" if whole else "", size)))
    return f'<p class="{kinds}">{words}</p>'


def _fitting(line: TextLine, medium: Medium) -> float:
    """Return the size at which a line stays one line, as a printer makes it: smaller where it is too wide, never below 1; what
    is too wide even then is broken."""
    ems = _ems(line.text)
    room = PRINTED_MM[medium] / LINE_MM[medium]
    return line.size if ems * line.size <= room else max(1.0, floor(100 * room / ems) / 100)


def _ems(text: str) -> float:
    """Return about how wide a text of size 1 is, in its own heights."""
    return sum(1 if east_asian_width(sign) in "WF" else NARROW_EM for sign in text)


def _logo(logo: Logo, medium: Medium, rules: PageRules) -> str:
    """Return a picture, held in the page itself; one that cannot be read leaves nothing."""
    path = Path(logo.path)
    kind = PICTURES.get(path.suffix.lower())
    try:
        data = base64.b64encode(path.read_bytes()).decode() if kind else ""
    except OSError:
        data = ""
    if not data:
        return ""
    width = rules.name(f"width: {logo.width * PRINTED_MM[medium]:.1f}mm")
    return f'<figure class="{width}"><img alt="" src="data:{kind};base64,{data}"></figure>'
