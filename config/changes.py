"""What differs between two versions of a hall's settings: by table, row and field; in words, and when it takes effect.

1. A row is known by its id, name or date; rows without one (duties, hours) by their place. A moved row is no change.
2. `names` has no values and no persons: it goes into the log, which forgets nothing.
3. What the running programs cannot take over at once is said with the moment from which it holds (`LATER`).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import structs

from config.reading.errors import shown
from config.reading.reader import LAYOUT, PLURAL
from config.settings import Settings

Kind = Literal["changed", "added", "removed"]
KEYS = ("id", "name", "date")  # in this order; a duty's name is a person's
BY_PLACE = frozenset({"roster", "hours", "volume", "announcement", "media", "screen", "text"})
SIGNS: dict[Kind, str] = {"changed": "~", "added": "+", "removed": "-"}
WORDS: dict[Kind, str] = {"changed": "", "added": "新增 added", "removed": "删除 removed"}

# (table, field; "" is any) → when it takes effect, Chinese and English.
LATER: dict[tuple[str, str], tuple[str, str]] = {
    ("listen", ""): ("[listen] 在各程序下次启动时生效", "[listen] takes effect when each program is started again"),
    ("hall", "opens"): ("当天的时间不变，下一营业日起生效；当天要改请按“延时”，或用 hallcall day extend", "hours hold from the next business day; for today press \"Extend hours\", or run hallcall day extend"),
    ("webhook", ""): ("[[webhook]] 在 hallcall deliver 下次启动时生效", "[[webhook]] takes effect when hallcall deliver is started again"),
    **{
        (table, ""): (f"[[{table}]] 在 hallcall deliver 下次启动时生效", f"[[{table}]] takes effect when hallcall deliver is started again")
        for table in ("gateway", "staff", "text", "province")
    },
    ("file", ""): ("型号描述在代理空闲时自动重新启动后使用，对照在 hallcall deliver 下次启动时生效", "a profile is used once agents have begun again by themselves, a mapping when hallcall deliver is started again"),
    ("centre", ""): ("[centre] 在 hallcall deliver 下次启动时生效", "[centre] takes effect when hallcall deliver is started again"),
    ("notify", ""): ("[notify] 在 hallcall deliver 下次启动时生效", "[notify] takes effect when hallcall deliver is started again"),
    ("device", ""): ("设备：取号机和代理在空闲时自动重新启动后使用", "devices: kiosks and agents begin again by themselves when they are idle"),
}  # fmt: skip
HOURS = {("hall", name) for name in ("opens", "closes", "last_ticket", "first_ticket")} | {
    ("hours", ""), ("day", ""), ("calendar", ""),
}  # fmt: skip


class Change(NamedTuple):
    """One field that differs, or one row that came or went (`field` is empty)."""

    kind: Kind
    table: str
    row: str
    field: str = ""
    before: Any = None
    after: Any = None

    @property
    def name(self) -> str:
        """The name for the log: "queue A.name", without a value."""
        row = f"{self.table} {self.row}".strip()
        return f"{row}.{self.field}" if self.field else row

    def __str__(self) -> str:
        place = f"{LAYOUT.header(self.table)} {self.row}".strip()
        if not self.field:
            return f"{SIGNS[self.kind]} {place} {WORDS[self.kind]}"
        return f"{SIGNS[self.kind]} {place} · {self.field}: {_value(self.before)} → {_value(self.after)}"


def changes(old: Settings, new: Settings) -> list[Change]:
    """Return every difference, in the order of the tables in docs/settings.md."""
    found: list[Change] = []
    if old.notices != new.notices:
        found.append(Change("changed", "notices", "", "notices", list(old.notices), list(new.notices)))
    for table in LAYOUT.one:
        found += _fields(table, "", getattr(old, table), getattr(new, table))
    for table in LAYOUT.many:
        found += _rows(table, getattr(old, PLURAL[table]), getattr(new, PLURAL[table]))
    if old.year_notices != new.year_notices and not any(each.table == "calendar" for each in found):
        found.append(Change("changed", "calendar", "", "notice", "…", "…"))
    return found


def names(found: Iterable[Change]) -> list[str]:
    """Return the names of what changed, each once."""
    return list(dict.fromkeys(each.name[:80] for each in found))


def later(found: Iterable[Change]) -> list[tuple[str, str]]:
    """Return what of these does not hold at once, and when it does, in Chinese and English."""
    said: dict[tuple[str, str], None] = {}
    for each in found:
        place = (each.table, each.field)
        if HOURS & {place, (each.table, "")}:
            place = ("hall", "opens")
        elif each.table == "kiosk" and each.field in ("printers", ""):
            place = ("device", "")
        if words := LATER.get(place) or LATER.get((each.table, "")):
            said[words] = None
    return list(said)


def _rows(table: str, old: Iterable[Any], new: Iterable[Any]) -> Iterator[Change]:
    before, after = _keyed(table, old), _keyed(table, new)
    yield from (Change("removed", table, key) for key in before if key not in after)
    for key, row in after.items():
        if key in before:
            yield from _fields(table, key, before[key], row)
        else:
            yield Change("added", table, key)


def _keyed(table: str, rows: Iterable[Any]) -> dict[str, Any]:
    keyed: dict[str, Any] = {}
    for place, row in enumerate(rows, 1):
        key = next((str(getattr(row, name)) for name in KEYS if hasattr(row, name)), "")
        own = str(place) if table in BY_PLACE or not key else key
        if table in ("reason", "file"):  # an id is one of its list
            own = f"{row.kind}/{row.id}"
        keyed[own] = row
    return keyed


def _fields(table: str, row: str, old: Any, new: Any) -> Iterator[Change]:
    for field in structs.fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if (table, field.name) != ("calendar", "notice") and before != after:
            yield Change("changed", table, row, field.name, before, after)


def _value(value: Any) -> str:
    return shown(json.dumps(msgspec.to_builtins(value), ensure_ascii=False))
