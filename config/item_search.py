"""By what an item is found that one types: hanzi, whole pinyin, pinyin initials ("kydj" finds 开业登记) and English.

The pinyin comes from pypinyin, which reads phrases and so knows 银行 from 行政. The kiosk and the phone pages search by it.
"""

from pypinyin import Style, lazy_pinyin

from config.settings import Item


def search_keys(item: Item) -> tuple[str, str, str, str]:
    """Return the lower-case strings in which a query is sought: name, initials, pinyin, English name without blanks."""
    syllables = lazy_pinyin(item.name, errors="ignore")
    return (
        item.name.lower(),
        initials(item.name),
        "".join(syllables),
        item.name_en.lower().replace(" ", ""),
    )


def initials(name: str) -> str:
    """Return the first letter of each syllable of a name."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore"))
