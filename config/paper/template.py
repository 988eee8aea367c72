"""Paper templates a hall edits with any text editor: one line of the file, one line on paper.

    center x2 bold fit | {hall}        words about the line, then `|`, then what it says
    left ?papers | 请备好:              printed only if there are papers; `!papers` only if there are none
    left | {n}. {papers}               a list: one line each, {n} counts
    @qr {url} 28     @logo logo.png 40     @rule     @feed 2     @cut

Words and fields may be written in Chinese too (居中 2倍 加粗 | {大厅}). A line all of whose fields are
empty is left out. Every mistake in a file is reported at once, with its line, in both languages. Pure.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from config.paper.document import (
    BLOCKS_MAX,
    SIZE_MAX,
    SIZE_MIN,
    Align,
    Block,
    Cut,
    Feed,
    Logo,
    QrCode,
    Rule,
    Sheet,
    TextLine,
    printable,
)

TEMPLATE_LINES_MAX = 200  # two metres of paper
FEED_MAX = 20
QR_MM_MIN, QR_MM_MAX = 15, 60  # below, a phone cannot read it; above, it does not fit
TemplateValue = str | tuple[str, ...]

_ALIGN: dict[str, Align] = {
    "left": "left", "左": "left", "靠左": "left", "居左": "left", "center": "center", "centre": "center",
    "中": "center", "居中": "center", "right": "right", "右": "right", "靠右": "right", "居右": "right",
}  # fmt: skip
_BOLD, _FIT = {"bold", "粗", "加粗"}, {"fit", "缩", "一行"}
_SIZE = re.compile(r"^(?:x(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)倍)\Z")
_DIRECTIVES = {
    "rule": "rule", "横线": "rule", "cut": "cut", "切纸": "cut", "feed": "feed", "走纸": "feed", "qr": "qr",
    "二维码": "qr", "logo": "logo", "图": "logo", "标志": "logo",
}  # fmt: skip
_FIELD = re.compile(r"\{([^{}]*)\}")
_COUNTER = {"n": "n", "序号": "n"}


class TemplateMistake(NamedTuple):
    """One mistake, where it is and what to do, for the person who edits the file."""

    file: str
    line: int
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.zh} / {self.en}"


class TemplateMistakes(ValueError):
    """All mistakes of one template."""

    def __init__(self, mistakes: list[TemplateMistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One line of a template: a block whose text may still hold {fields}."""

    block: Block
    only_with: tuple[str, ...] = ()
    only_without: tuple[str, ...] = ()


Template = tuple[TemplateRow, ...]


def parse(text: str, file: str, fields: Mapping[str, str]) -> Template:
    """Return the rows of a template; `fields` are the names it may use, each with its Chinese name.

    Raises `TemplateMistakes`.
    """
    reader = _TemplateReader(
        file, {zh: name for name, zh in fields.items()} | {name: name for name in fields}
    )
    lines = text.removeprefix("\ufeff").splitlines()
    rows = [row for number, line in enumerate(lines, 1) if (row := reader.row(number, line))]
    if len(lines) > TEMPLATE_LINES_MAX:
        reader.wrong(
            TEMPLATE_LINES_MAX + 1, f"超过 {TEMPLATE_LINES_MAX} 行", f"over {TEMPLATE_LINES_MAX} lines"
        )
    if not any(isinstance(row.block, TextLine) for row in rows):
        reader.wrong(max(1, len(lines)), "没有任何文字行", "no line of text")
    if reader.mistakes:
        raise TemplateMistakes(sorted(reader.mistakes, key=lambda mistake: mistake.line))
    return tuple(rows) if isinstance(rows[-1].block, Cut) else (*rows, TemplateRow(Cut()))


def fill(template: Template, values: Mapping[str, TemplateValue]) -> Sheet:
    """Return the paper for these values."""
    blocks = [block for row in template if _shown(row, values) for block in _filled(row.block, values)]
    return (*blocks[: BLOCKS_MAX - 1], Cut()) if len(blocks) > BLOCKS_MAX else tuple(blocks)


class _TemplateReader:
    """Collects rows and every mistake on the way."""

    def __init__(self, file: str, names: dict[str, str]) -> None:
        self.mistakes: list[TemplateMistake] = []
        self._file = file
        self._names = names | _COUNTER

    def wrong(self, number: int, zh: str, en: str) -> None:
        self.mistakes.append(TemplateMistake(self._file, number, zh, en))

    def row(self, number: int, line: str) -> TemplateRow | None:
        line = line.strip()
        if not line or line.startswith("#"):
            return None
        if line.startswith("@"):
            return self._directive(number, line[1:].split())
        words, bar, text = line.partition("|")
        if not bar:
            self.wrong(number, "缺少“|”:前面写格式,后面写文字", "no `|` between the format and the text")
            return None
        return self._line(number, words.split(), text.strip())

    def _line(self, number: int, words: list[str], text: str) -> TemplateRow:
        align: Align = "left"
        size, bold, fit = 1.0, False, False
        only: dict[str, list[str]] = {"?": [], "!": []}
        for word in words:
            if word in _ALIGN:
                align = _ALIGN[word]
            elif word in _BOLD:
                bold = True
            elif word in _FIT:
                fit = True
            elif found := _SIZE.match(word):
                size = self._number(number, found[1] or found[2], SIZE_MIN, SIZE_MAX, ("字号", "size"))
            elif word[0] in only:
                only[word[0]].append(self._name(number, word[1:]))
            else:
                self._unknown(number, word, [*_ALIGN, *_BOLD, *_FIT, "x2", "2倍"], ("格式", "format word"))
        block = TextLine(self._text(number, text), size, align, bold, fit)
        return TemplateRow(block, tuple(only["?"]), tuple(only["!"]))

    def _directive(self, number: int, words: list[str]) -> TemplateRow | None:
        name = words[0] if words else ""
        match _DIRECTIVES.get(name), words[1:]:
            case "rule", []:
                return TemplateRow(Rule())
            case "cut", []:
                return TemplateRow(Cut())
            case "feed", [] | [_]:
                lines = self._number(
                    number, (words[1:] or ["1"])[0], 1, FEED_MAX, ("走纸行数", "lines to feed")
                )
                return TemplateRow(Feed(int(lines)))
            case "qr", [data] | [data, _]:
                wide = self._number(
                    number, (words[2:] or ["28"])[0], QR_MM_MIN, QR_MM_MAX, ("毫米", "millimetres")
                )
                return TemplateRow(QrCode(self._text(number, data), int(wide)))
            case "logo", [path] | [path, _]:
                share = self._number(
                    number, (words[2:] or ["40"])[0], 5, 100, ("纸宽的百分之", "percent of the paper")
                )
                return TemplateRow(Logo(path, share / 100))
            case None, _:
                self._unknown(number, name, list(_DIRECTIVES), ("指令 @", "directive @"))
            case _:
                self.wrong(number, f"@{name} 后面写得不对", f"wrong words after @{name}")
        return None

    def _number(self, number: int, text: str, low: float, high: float, what: tuple[str, str]) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not low <= value <= high:
            bounds = f"{low:g}–{high:g}"
            self.wrong(number, f"{what[0]}应在 {bounds} 之间:{text}", f"{what[1]} must be {bounds}: {text}")
            return low
        return value

    def _text(self, number: int, text: str) -> str:
        """Return the text with its fields under their English names."""
        spare = _FIELD.sub("", text)
        if "{" in spare or "}" in spare:
            self.wrong(number, "花括号不成对", "a brace without its partner")
        return _FIELD.sub(lambda found: "{" + self._name(number, found[1]) + "}", text)

    def _name(self, number: int, name: str) -> str:
        if name.strip() not in self._names:
            self._unknown(number, name, list(self._names), ("字段", "field"))
        return self._names.get(name.strip(), "")

    def _unknown(self, number: int, word: str, known: list[str], what: tuple[str, str]) -> None:
        near = difflib.get_close_matches(word, known, 1, 0.4)
        zh, en = (f",是不是“{near[0]}”?", f"; did you mean {near[0]!r}?") if near else ("", "")
        self.wrong(number, f"不认识的{what[0]}:{word}{zh}", f"unknown {what[1]}: {word}{en}")


def _shown(row: TemplateRow, values: Mapping[str, TemplateValue]) -> bool:
    return all(values.get(name) for name in row.only_with) and not any(
        values.get(name) for name in row.only_without
    )


def _filled(block: Block, values: Mapping[str, TemplateValue]) -> list[Block]:
    match block:
        case TextLine(text, size, align, bold, fit):
            return [TextLine(printable(piece), size, align, bold, fit) for piece in _texts(text, values)]
        case QrCode(data, wide):
            return [QrCode(piece, wide) for piece in _texts(data, values)[:1] if piece]
        case _:
            return [block]


def _texts(text: str, values: Mapping[str, TemplateValue]) -> list[str]:
    """Return the text once for each entry of a list in it; nothing if it has fields and all are empty."""
    names = [name for name in _FIELD.findall(text) if name != "n"]
    if names and not any(values.get(name) for name in names):
        return []
    lists = [value for name in names if isinstance(value := values.get(name, ""), tuple)]
    return [_one(text, values, place) for place in range(max((len(entries) for entries in lists), default=1))]


def _one(text: str, values: Mapping[str, TemplateValue], place: int) -> str:
    def replace(found: re.Match[str]) -> str:
        value = str(place + 1) if found[1] == "n" else values.get(found[1], "")
        if isinstance(value, str):
            return value
        return value[place] if place < len(value) else ""

    return _FIELD.sub(replace, text)
