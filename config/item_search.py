"""By what an item is found that one types: hanzi, whole pinyin, pinyin initials ("kydj" finds 开业登记) and English.

The pinyin comes from pypinyin, which reads phrases and so knows 银行 from 行政. The kiosk and the phone pages search by it.
Its tables take half a second of a quick PC and 50 MB, and are of no use once the names of a hall are read. So a process that
runs all day has them read by another that ends (`read_apart`); a name that was not among them is read here.
"""

import json
import string
import subprocess
import sys
from collections.abc import Iterable

from config.instants import Seconds
from config.settings import Item

FOUND_MAX = 24  # three pages of a kiosk's tiles; who needs more types another letter
BEGINS, HOLDS = 3, 2  # how well an item fits a query
READER = """
import json, sys
from pypinyin import lazy_pinyin
json.dump([lazy_pinyin(name, errors="ignore") for name in json.load(sys.stdin)], sys.stdout)
"""
READ_SECONDS: Seconds = 60.0  # a bound: a village's PC takes two
_syllables_of: dict[str, list[str]] = {}  # by name: what was read apart


class ItemIndex:
    """The items of a hall by what finds them, indexed once."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = list(items)
        self._keys = {item.id: search_keys(item) for item in self._items}

    def find(self, query: str, most: int = FOUND_MAX) -> list[Item]:
        """Return the items that fit, the best fit first, then in the hall's order."""
        wanted = query.strip().lower().replace(" ", "")
        if not wanted:
            return []
        ranked = [(rank, i) for i, item in enumerate(self._items) if (rank := self._fit(item.id, wanted))]
        ranked.sort(key=lambda pair: (-pair[0], pair[1]))
        return [self._items[i] for _, i in ranked[:most]]

    def letters_after(self, query: str) -> str:
        """Return which letters still find something after `query`."""
        return "".join(sign for sign in string.ascii_lowercase if self.find(query + sign, 1))

    def _fit(self, item: str, wanted: str) -> int:
        """Return how well an item fits a query; 0: it does not."""
        best = 0
        for key in self._keys[item]:
            if key.startswith(wanted):
                return BEGINS
            if wanted in key:
                best = HOLDS
        return best


def search_keys(item: Item) -> tuple[str, str, str, str]:
    """Return the lower-case strings in which a query is sought: name, initials, pinyin, English name without blanks."""
    return (
        item.name.lower(),
        initials(item.name),
        pinyin(item.name),
        item.name_en.lower().replace(" ", ""),
    )


def initials(name: str) -> str:
    """Return the first letter of each syllable of a name."""
    return "".join(syllable[0] for syllable in _syllables(name))


def pinyin(name: str) -> str:
    """Return the syllables of a name in one."""
    return "".join(_syllables(name))


def _syllables(name: str) -> list[str]:
    if name in _syllables_of:
        return _syllables_of[name]
    from pypinyin import lazy_pinyin

    return lazy_pinyin(name, errors="ignore")


def read_apart(items: Iterable[Item]) -> None:
    """Have the names of items read by a process that ends, which blocks. Without it they are read here when they are needed."""
    names = [name for name in {item.name: None for item in items} if name not in _syllables_of]
    if not names or "pypinyin" in sys.modules:
        return
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", READER],
            input=json.dumps(names), capture_output=True, text=True, check=True, timeout=READ_SECONDS,
        )  # fmt: skip
        _syllables_of.update(zip(names, json.loads(done.stdout), strict=True))
    except (OSError, subprocess.SubprocessError, ValueError):
        return
