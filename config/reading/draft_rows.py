"""A hall half read: the rows of its tables, each with what was good in it and where it stands.

Cross checks work on these and not on finished structs, because a row with one wrong key still defines its
id and still names a queue.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from config.reading.errors import Mistake


class DraftRow(Struct):
    """One row of a table."""

    table: str
    label: str  # "[[window]] 3"
    file: str
    lines: dict[str, int]  # key → line; "" is the row's own
    raw: dict[str, Any]
    good: dict[str, Any] = field(default_factory=dict)

    def mistake(self, key: str, zh: str, en: str, nearest: str = "") -> Mistake:
        """Return a mistake about a key of this row."""
        line = self.lines.get(key) or self.lines.get("", 0)
        return Mistake(self.label, key, zh, en, nearest, self.file, line)

    def get(self, key: str, default: Any) -> Any:
        """Return a good value, else the default (which is also what a broken value counts as)."""
        return self.good.get(key, default)


class Draft:
    """All rows of a hall and the mistakes so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: dict[str, list[DraftRow]] = defaultdict(list)
        self.loose = DraftRow("", "", name, {}, {})  # the keys above the first table
        self.mistakes: list[Mistake] = []

    def wrong(self, mistake: Mistake) -> None:
        self.mistakes.append(mistake)

    def each(self, table: str, *keys: str) -> Iterator[DraftRow]:
        """Yield the rows of a table that have all these keys in good order."""
        return (row for row in self.rows[table] if all(key in row.good for key in keys))

    def ids(self, table: str, key: str = "id") -> set[str]:
        """Return every id written in a table, broken rows and ill-formed ids included: they are told already."""
        return {str(row.raw[key]) for row in self.rows[table] if key in row.raw}

    def names(self, table: str, key: str = "id") -> dict[str, str]:
        """Return what people write for a row (its id, its name) → its id."""
        rows = [row for row in self.rows[table] if isinstance(row.raw.get(key), str)]
        by_name = {row.raw["name"]: row.raw[key] for row in rows if isinstance(row.raw.get("name"), str)}
        return by_name | {row.raw[key]: row.raw[key] for row in rows}
