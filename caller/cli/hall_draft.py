"""A new hall from a few answers: its kind's rules, its own departments, windows and items. Pure: nothing is read or written.

1. The kind is one of the halls that come with the product. Its rules, classes, hours and what it turns on are taken over;
   persons, notices and devices of its windows are not, for they are that hall's.
2. Without departments of its own the new hall has those of its kind, with their queues and items. A department of its own
   has one queue; its items are those of the CSV, else those that a sample has for a department of this name, else one that
   says that it is made up.
3. Windows share the queues: with at least one each, a queue has its own; with fewer, each window has several and helps
   with the rest. Pay windows, issuing windows and the guide desk of the kind stay, and stand after them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from string import ascii_uppercase
from typing import NamedTuple

from msgspec import structs

from config.settings import Department, Device, Item, Queue, Settings, Window, is_on_kiosk

LETTERS = [each for each in ascii_uppercase if each not in "IO"]  # those look like 1 and 0
OWN_KINDS = frozenset(
    {"pay", "issuing", "guide"}
)  # no item leads to these: they stay whatever the windows are
MADE_UP = "示例事项（虚构，请按本地清单填写）", "Sample item (made up; use your own list)"
THAT_HALLS = (
    "areas", "roster", "shifts", "discounts", "notices", "webhooks", "gateways", "staff", "texts", "provinces", "volumes",
    "announcements", "media", "screens", "days", "reasons",
)  # fmt: skip


class NewDepartment(NamedTuple):
    """A department by the name it is given."""

    name: str
    name_en: str = ""


class HallWishes(NamedTuple):
    """What a new hall is to be. `items`: the rows of a CSV, each by its columns; none: those of samples."""

    site: str
    name: str
    name_en: str
    windows: int
    departments: Sequence[NewDepartment] = ()
    items: Sequence[dict[str, str]] = ()


def serving(settings: Settings) -> list[Window]:
    """Return the windows that items lead to."""
    return [each for each in settings.windows if each.kind not in OWN_KINDS]


def departments_of(rows: Iterable[dict[str, str]], known: Iterable[Department]) -> list[NewDepartment]:
    """Return the departments that the rows of a CSV name, by an id or a name, in their order."""
    by = {key: each for each in known for key in (each.id, each.name)}
    found: dict[str, NewDepartment] = {}
    for cell in (row.get("department", "") for row in rows):
        same = by.get(cell)
        name = same.name if same else cell
        if name:
            found.setdefault(name, NewDepartment(name, same.name_en if same else ""))
    return list(found.values())


def drafted(
    kind: Settings, wished: HallWishes, samples: Sequence[Settings]
) -> tuple[Settings, list[dict[str, str]]]:
    """Return the new hall without items, and the rows of its items where a CSV gave them; else its items are in it."""
    own = wished.departments or departments_of(
        wished.items, [each for one in samples for each in one.departments]
    )
    base = structs.replace(kind, **dict.fromkeys(THAT_HALLS, ()))
    rows: list[dict[str, str]] = []
    if own:
        base = _with_departments(base, own, wished.items, samples)
    if wished.items:
        rows = _placed(base, wished.items)
        base = structs.replace(base, items=())
    if own or wished.windows != len(serving(kind)):
        base = _with_windows(base, wished.windows)
    hall = structs.replace(base.hall, site=wished.site, name=wished.name, name_en=wished.name_en, address="")
    accounts = structs.replace(base.accounts, required=True)
    named = {each.id for each in base.windows}
    letters = structs.replace(
        base.feedback, windows=[each for each in base.feedback.windows if each in named]
    )
    kiosks = tuple(structs.replace(each, area="") for each in base.kiosks)
    windows = tuple(structs.replace(each, area="") for each in base.windows)
    made = structs.replace(
        base,
        hall=hall,
        accounts=accounts,
        feedback=letters,
        kiosks=kiosks,
        windows=windows,
        listen=type(base.listen)(),
    )
    return made, rows


# --- departments, queues, items


def _with_departments(
    base: Settings,
    own: Sequence[NewDepartment],
    csv_rows: Sequence[dict[str, str]],
    samples: Sequence[Settings],
) -> Settings:
    """Return the hall with these departments, a queue for each, and the items that samples have for them."""
    kept = [each for each in base.windows if each.kind in OWN_KINDS]
    theirs = [each for each in base.queues if any(each.id in window.queues for window in kept)]
    given = {row.get("queue", "") for row in csv_rows}
    letters = (each for each in _letters() if each not in given and all(each != queue.id for queue in theirs))
    departments: list[Department] = []
    queues: list[Queue] = []
    items: dict[str, Item] = {}
    for number, wish in enumerate(own, 1):
        known = _known(wish.name, samples)
        id = known[1].id if known and all(known[1].id != each.id for each in departments) else f"d{number}"
        name_en = wish.name_en or (known[1].name_en if known else "")
        departments.append(Department(id=id, name=wish.name, name_en=name_en))
        named = [
            row["queue"] for row in csv_rows if row.get("department") in (wish.name, id) and row.get("queue")
        ]
        new = [each for each in dict.fromkeys(named) if all(each != queue.id for queue in queues)]
        new = new or ([] if named else [next(letters)])
        queues += [Queue(id=each, name=wish.name, name_en=name_en) for each in new]
        queue = new[0] if new else named[0]
        found = [each for each in known[0].items if each.department == known[1].id] if known else []
        made = [Item(id=f"new-{number}", name=f"{wish.name}业务办理（示例）", name_en=f"Business: {name_en} (sample)" if name_en else "",
                     department=id, queue=queue, basis=MADE_UP[0], basis_en=MADE_UP[1])]  # fmt: skip
        for each in found or made:
            items.setdefault(each.id, structs.replace(each, department=id, queue=queue))
    there = {each.id for each in departments}
    whole = tuple(_without_strangers(each, there) for each in items.values())
    return structs.replace(
        base, departments=tuple(departments), queues=(*queues, *theirs), items=whole,
        windows=tuple(structs.replace(each, department="") for each in base.windows),
    )  # fmt: skip


def _known(name: str, samples: Sequence[Settings]) -> tuple[Settings, Department] | None:
    return next(((one, each) for one in samples for each in one.departments if each.name == name), None)


def _without_strangers(item: Item, departments: set[str]) -> Item:
    """Return a parallel item whose papers go only to departments that this hall has."""
    return structs.replace(item, parts=[each for each in item.parts if each.partition(":")[0] in departments])


def _letters() -> Iterator[str]:
    yield from LETTERS
    yield from (first + second for first in LETTERS for second in LETTERS)


def _placed(base: Settings, rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return the rows with ids for departments' names, and the department's queue where a row names none."""
    ids = {each.name: each.id for each in base.departments}
    names = {each.id: each.name for each in base.departments}
    queue_of = {each.name: each.id for each in reversed(base.queues)}
    found: list[dict[str, str]] = []
    for row in rows:
        department = ids.get(row.get("department", ""), row.get("department", ""))
        queue = row.get("queue") or queue_of.get(names.get(department, ""), "")
        found.append({**row, "department": department, **({"queue": queue} if queue else {})})
    return found


# --- windows


def _with_windows(base: Settings, wanted: int) -> Settings:
    """Return the hall with so many windows that items lead to; pay, issuing and guide windows stay behind them."""
    kept = [each for each in base.windows if each.kind in OWN_KINDS]
    theirs = {queue for window in kept for queue in window.queues}
    queues = [each for each in base.queues if each.id not in theirs]
    made = _own_queue_each(queues, wanted, base) if wanted >= len(queues) else _shared(queues, wanted)
    ids = {
        each.id: each.id if not each.id.isdecimal() else str(wanted + at) for at, each in enumerate(kept, 1)
    }
    known = {each.id for each in queues} | theirs
    kept = [
        structs.replace(
            each, id=ids[each.id], phone="", helps={queue: m for queue, m in each.helps.items() if queue in known}
        )
        for each in kept
    ]  # fmt: skip
    return structs.replace(
        base, windows=(*made, *kept), devices=_devices(base, ids),
        feedback=structs.replace(base.feedback, windows=["1"] if base.feedback.windows else []),
    )  # fmt: skip


def _own_queue_each(queues: Sequence[Queue], wanted: int, base: Settings) -> list[Window]:
    """Return windows that have one queue each, the queues taking turns."""
    owner = {each.queue: each.department for each in reversed(base.items)}
    by_name = {each.name: each.id for each in base.departments}
    found: list[Window] = []
    for number in range(wanted):
        queue = queues[number % len(queues)]
        nth, several = number // len(queues) + 1, wanted > len(queues) + number % len(queues)
        found.append(
            Window(
                id=str(number + 1),
                name=(queue.name + (f"{nth}号" if several else ""))[:78] + "窗口",
                name_en=(queue.name_en or queue.name)[:76] + (f" {nth}" if several else ""),
                department=owner.get(queue.id, by_name.get(queue.name, "")),
                queues=[queue.id],
            )
        )
    return found


def _shared(queues: Sequence[Queue], wanted: int) -> list[Window]:
    """Return integrated windows, each with several queues of its own; each helps with all others."""
    found: list[Window] = []
    for number, id in zip(range(wanted), count(1), strict=False):
        own = [each.id for each in queues[number::wanted]]
        others = {each.id: 15.0 for each in queues if each.id not in own}
        name, name_en = (
            ("综合窗口", "Integrated window")
            if wanted == 1
            else (f"综合{id}号窗口", f"Integrated window {id}")
        )
        found.append(
            Window(id=str(id), name=name, name_en=name_en, kind="integrated", queues=own, helps=others)
        )
    return found


def _devices(base: Settings, ids: dict[str, str]) -> tuple[Device, ...]:
    """Return the kiosks' devices, those of the windows that stay, and an evaluator at window 1."""
    printers = {name for kiosk in base.kiosks for name in kiosk.printers}
    kept = [each for each in base.devices if each.name in printers or is_on_kiosk(base, each)]
    kept += [structs.replace(each, window=ids[each.window]) for each in base.devices if each.window in ids]
    port = "serial:///dev/serial/by-id/usb-evaluator-1?baud=9600"
    return (*kept, Device(name="evaluator-1", kind="evaluator", port=port, window="1"))
