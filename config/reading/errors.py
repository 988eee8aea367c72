"""A mistake in a hall's files: where it is, what is wrong, and what was probably meant.

All mistakes are collected before anyone is told, because a technician who mends one typo per start gives
up. Words are Chinese first, English complete; the nearest valid name is found by `nearest`.
"""

import datetime
import difflib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from config.text_safety import lines_for_terminal

NEAREST_CUTOFF = 0.5  # difflib ratio; below it a suggestion misleads more than it helps
LISTED_MAX = 12  # so many allowed names fit a line of a terminal


class Mistake(Struct, frozen=True, omit_defaults=True):
    """One thing wrong (or, among warnings, one thing odd)."""

    table: str  # as written in TOML, with the row's id: "[[window]] 3"
    key: str
    zh: str
    en: str
    nearest: str = ""  # the valid name that was probably meant
    file: str = ""
    line: int = 0  # 1-based; 0 when there is no line to point at
    column: int = 0

    def place(self) -> str:
        """Return where to look: "county.toml:120 [[window]] 3 · queues"."""
        at = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        inside = " · ".join(part for part in (self.table, self.key) if part)
        return " ".join(part for part in (at, inside) if part)

    def in_a_line(self) -> str:
        """Return it for a log or a table: the place, then Chinese and English."""
        guess, guess_en = self._guess("最接近的是"), self._guess_en()
        return f"{self.place()} {self.zh}{guess} / {self.en}{guess_en}".strip()

    def __str__(self) -> str:
        return lines_for_terminal(
            f"{self.place()}\n    {self.zh}{self._guess('最接近的是')}\n    {self.en}{self._guess_en()}"
        )

    def _guess(self, words: str) -> str:
        return f"；{words}“{self.nearest}”" if self.nearest else ""

    def _guess_en(self) -> str:
        return f"; the nearest is '{self.nearest}'" if self.nearest else ""


class Mistakes(Exception):
    """Every mistake of a file; its text is what a terminal shows. `head` is for a hall's."""

    head = (
        "配置有 {count} 处错误，大厅不能启动。请改正后再运行 hallcall check。",
        "{count} mistake(s): the hall does not start. Mend them and run hallcall check again.",
    )

    def __init__(self, found: Iterable[Mistake]) -> None:
        self.found = tuple(found)
        super().__init__(str(self))

    def __str__(self) -> str:
        head = (line.format(count=len(self.found)) for line in self.head)
        return "\n".join([*head, *(str(mistake) for mistake in self.found)])


def nearest(wrong: object, valid: Mapping[str, str] | Iterable[str]) -> str:
    """Return the valid name most like `wrong`, or "". A mapping leads from what people write to the valid name."""
    names = dict(valid) if isinstance(valid, Mapping) else {name: name for name in valid}
    folded = {written.casefold(): name for written, name in names.items()}
    close = difflib.get_close_matches(str(wrong).casefold()[:64], folded, n=1, cutoff=NEAREST_CUTOFF)
    return folded[close[0]] if close else ""


def listed(valid: Iterable[str]) -> str:
    """Return allowed names for a sentence, cut where a line ends."""
    names = list(valid)
    tail = " …" if len(names) > LISTED_MAX else ""
    return ", ".join(names[:LISTED_MAX]) + tail


def shown(value: object) -> str:
    """Return a wrong value as the technician wrote it, short enough for a line."""
    if isinstance(value, datetime.date | datetime.time):
        value = value.isoformat()
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"
