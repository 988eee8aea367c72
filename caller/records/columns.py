"""The columns of records.db: a field of a row struct is a column, its note is what the column means.

The row structs make the tables, the projection fills them, and docs/records.md is printed from the notes: there is
no second list to forget. Every row begins with the columns of its key, and every key begins with the site, so that
the rows of many halls lie in one database without touching each other.
"""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct, structs

from config.instants import Micros


def note(zh: str, en: str) -> Meta:
    """Return what a column means, in both languages."""
    return Meta(title=zh, description=en)


Duration = int  # microseconds

Site = Annotated[str, note("站点编号，见 `[hall] site`", "the hall's id, see `[hall] site`")]
Seq = Annotated[int, note("记录号：开始它的那条事件的序号", "seq of the event that began it")]
VisitKey = Annotated[int, note("哪张号票，见 tickets.visit", "which ticket, see tickets.visit")]
DayColumn = Annotated[str, note("营业日", "business day")]
Number = Annotated[str, note("号码", "number")]
QueueColumn = Annotated[str, note("所在队列", "queue it was in")]
ItemId = Annotated[str, note("当时办理的事项，没有则为空", "item it was for; empty if none")]
Priority = Annotated[str, note("优先类别", "priority class")]
WindowId = Annotated[str, note("窗口", "window")]
ClerkColumn = Annotated[str, note("工作人员", "clerk")]
Hour = Annotated[int, note("开始于几点（大厅时区 0–23）", "hour it began in, hall time, 0–23")]
Began = Annotated[Micros, note("开始", "when it began")]
Ended = Annotated[Micros | None, note("结束；进行中为空", "when it ended; empty while it lasts")]


class Row(Struct):
    """Base of all rows. `table`: its name in the database; `keys`: how many of the first columns are its key."""

    table: ClassVar[str]
    keys: ClassVar[int] = 2
    site: Site

    @property
    def key(self) -> tuple[Any, ...]:
        """The values of the key columns."""
        return _key_reader(type(self))(self)


@cache
def _key_reader(table: type[Row]) -> Callable[[Row], tuple[Any, ...]]:
    return attrgetter(*table.__struct_fields__[: table.keys])


class Column(NamedTuple):
    """One column: its name, its Python type, whether it may be empty, and its meaning."""

    name: str
    kind: type
    empty: bool
    zh: str
    en: str


@cache
def columns(table: type[Row]) -> tuple[Column, ...]:
    """Return the columns of a table, those of its key first."""
    hints = get_type_hints(table, include_extras=True)
    return tuple(_column(field.name, hints[field.name]) for field in structs.fields(table))


def key_columns(table: type[Row]) -> list[str]:
    """Return the names of the columns that make a table's key."""
    return list(table.__struct_fields__[: table.keys])


def _column(name: str, hint: Any) -> Column:
    kind, meta = get_args(hint)[0], get_args(hint)[-1]
    kinds = [kind] if get_origin(kind) in (None, Annotated) else list(get_args(kind))
    return Column(name, _plain(kinds[0]), type(None) in kinds, meta.title, meta.description)


def _plain(kind: Any) -> type:
    """Return the type without its notes: `Micros` is an annotated int."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
