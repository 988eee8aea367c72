"""What differs between two lists of items, item by item, as a person compares them: what is new, what goes, which facts
change from what to what. Pure.

`config.changes` says what a version changes of everything; a province's list of hundreds of items is compared here before
it becomes one. An item is known by its id; where only its codes in the national list changed, that is said as a change.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from msgspec import structs

from config.reading.errors import shown
from config.setting_descriptions import FIELDS
from config.settings import Item, Settings

DifferenceKind = Literal["added", "removed", "changed"]
SIGNS: dict[DifferenceKind, str] = {"added": "+", "removed": "-", "changed": "~"}
VALUE_CHARS = 120  # of a long text, in a line of a difference


class ChangedFact(NamedTuple):
    """One field of an item that differs, its values as text."""

    field: str
    before: str
    after: str

    def words(self, lang: str = "zh") -> str:
        """Return the field's name for a person: its words up to the first explanation."""
        zh, en = FIELDS["item"][self.field]
        return (en if lang == "en" else zh).partition("：")[0].partition("，")[0].partition("（")[0]


class ItemDifference(NamedTuple):
    """One item that is new, goes, or changes."""

    kind: DifferenceKind
    id: str
    name: str
    facts: list[ChangedFact]

    def lines(self) -> list[str]:
        """Return it for a terminal, a line for the item and one for each fact."""
        head = f"{SIGNS[self.kind]} {self.id} {self.name}"
        return [
            head,
            *(
                f"    {each.words()} {each.field}: {each.before or '-'} → {each.after or '-'}"
                for each in self.facts
            ),
        ]


def differences(old: Settings, new: Settings) -> list[ItemDifference]:
    """Return what differs: what goes first, then what changes, then what is new, each in the order of its list."""
    before, after = ({each.id: each for each in one.items} for one in (old, new))
    gone = [ItemDifference("removed", each.id, each.name, []) for each in old.items if each.id not in after]
    changed = [
        ItemDifference("changed", each.id, after[each.id].name, facts)
        for each in old.items
        if each.id in after and (facts := list(_facts(each, after[each.id])))
    ]
    added = [ItemDifference("added", each.id, each.name, []) for each in new.items if each.id not in before]
    return [*gone, *changed, *added]


def counted(found: list[ItemDifference]) -> dict[DifferenceKind, int]:
    """Return how many items are new, go, and change."""
    return {kind: sum(each.kind == kind for each in found) for kind in SIGNS}


def _facts(before: Item, after: Item) -> Iterator[ChangedFact]:
    for field in structs.fields(Item):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if one != other:
            yield ChangedFact(field.name, _text(one), _text(other))


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = "；".join(map(str, value)) if isinstance(value, list) else str(value)
    return shown(text)[:VALUE_CHARS]
