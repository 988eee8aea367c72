"""By what an item is found that one types: hanzi, whole pinyin, pinyin initials ("kydj" finds 开业登记) and English.

The pinyin comes from pypinyin, which reads phrases and so knows 银行 from 行政. The kiosk and the phone pages search by it.
Reading its tables takes half a second of a quick PC: it is imported when the first index is made, not at start.
"""

import string
from collections.abc import Iterable

from config.settings import Item

FOUND_MAX = 24  # three pages of a kiosk's tiles; who needs more types another letter
BEGINS, HOLDS = 3, 2  # how well an item fits a query


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
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore"))


def pinyin(name: str) -> str:
    """Return the syllables of a name in one."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name, errors="ignore"))
