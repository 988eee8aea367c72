"""Cross checks: what must agree between the rows of a hall, beyond each value being well formed.

Every check walks the half-read rows of a `Draft` and adds its mistakes; nothing stops at the first. What is
odd but may be meant (a queue that no item feeds) is a warning, and warnings stop nothing.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from zoneinfo import available_timezones

from config import calendar
from config.languages import BASE, COMPLETE
from config.reading import (
    address_checks,
    delivery_checks,
    device_checks,
    item_checks,
    media_checks,
    performance_checks,
)
from config.reading import hours_checks as hours
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest
from config.text_safety import is_printable

FED_BY_TRANSFER = {"pay", "issuing"}  # applicants are sent to these; no item leads there

RATING_CODE = re.compile("[a-z-]{1,28}")  # so that a phone's own words cannot pass for one

CrossCheck = Callable[[Draft], Iterable[Mistake]]


def check(draft: Draft) -> list[Mistake]:
    """Add every mistake to the draft; return the warnings."""
    for one in MISTAKES:
        draft.mistakes.extend(one(draft))
    return [warning for one in WARNINGS for warning in one(draft)]


# --- ids


KEYS = {
    "class": "id",
    "department": "id",
    "queue": "id",
    "area": "id",
    "window": "id",
    "item": "id",
    "device": "name",
    "kiosk": "id",
    "webhook": "id",
    "gateway": "id",
    "staff": "id",
    "province": "id",
    "discount": "id",
    "file": "id",
}


def duplicates(draft: Draft) -> Iterable[Mistake]:
    for table, key in KEYS.items():
        first: dict[str, DraftRow] = {}
        for row in draft.each(table, key):
            name = row.good[key]
            if earlier := first.get(name):
                at = f"{earlier.file}:{earlier.lines.get('', 0)}"
                yield row.mistake(
                    key, f"“{name}”重复（先见于 {at}）", f"'{name}' is there twice (first at {at})"
                )
            first.setdefault(name, row)


def reasons(draft: Draft) -> Iterable[Mistake]:
    """Require a code once in its list, of a rating one that stations may send, and minutes of a pause only."""
    first: dict[tuple[str, str], DraftRow] = {}
    for row in draft.each("reason", "kind", "id"):
        kind, name = row.good["kind"], row.good["id"]
        if earlier := first.get((kind, name)):
            at = f"{earlier.file}:{earlier.lines.get('', 0)}"
            zh, en = f"“{name}”重复（先见于 {at}）", f"'{name}' is there twice (first at {at})"
            yield row.mistake("id", zh, en)
        first.setdefault((kind, name), row)
        if kind == "rating" and not RATING_CODE.fullmatch(name):
            zh, en = (
                f"“{name}”不对，应为至多 28 个小写字母或 -",
                f"'{name}' will not do; use at most 28 of a-z and -",
            )
            yield row.mistake("id", zh, en)
        if kind != "pause" and "minutes" in row.raw:
            zh, en = '只有 kind = "pause" 的原因有 minutes', 'Only reasons of kind = "pause" take minutes'
            yield row.mistake("minutes", zh, en)


def spoken_alike(draft: Draft) -> Iterable[Mistake]:
    """Require names that are called by words of their own: "1" and "01" are not, nor are "a" and "A"."""
    first: dict[int, str] = {}
    folded: dict[str, str] = {}
    for row in draft.each("window", "id"):
        name = row.good["id"]
        other = folded.setdefault(name.casefold(), name)
        if other.casefold() == name.casefold() and other != name:
            yield row.mistake(
                "id", f"和窗口“{other}”只差大小写", f"differs from window '{other}' in capitals only"
            )
        elif name.isdecimal() and first.setdefault(int(name), name) != name:
            zh, en = f"读音与窗口“{first[int(name)]}”相同", f"is spoken as window '{first[int(name)]}' is"
            yield row.mistake("id", zh, en)


def ordinary(draft: Draft) -> Iterable[Mistake]:
    """Require the class `ordinary`: everybody may come without a reason."""
    classes = draft.rows["class"]
    if classes and all("id" in row.good for row in classes) and "ordinary" not in draft.ids("class"):
        zh, en = "优先类别里缺少 ordinary（普通）", "The classes lack 'ordinary'"
        yield Mistake("[[class]]", "id", zh, en, file=draft.name)


# --- names used and names defined


NOUNS = {
    "queue": ("队列", "queue"),
    "department": ("部门", "department"),
    "area": ("区域", "area"),
    "window": ("窗口", "window"),
    "device": ("设备", "device"),
}


def _defined(draft: Draft, table: str, uses: Iterable[tuple[DraftRow, str, str]]) -> Iterable[Mistake]:
    """Require for each (row, key, name used) that there is such a row in `table`."""
    ids, names = draft.ids(table, KEYS[table]), draft.names(table, KEYS[table])
    zh, en = NOUNS[table]
    for row, key, used in uses:
        if used and used not in ids:
            yield row.mistake(key, f"没有{zh}“{used}”", f"There is no {en} '{used}'", nearest(used, names))


def references(draft: Draft) -> Iterable[Mistake]:
    """Check that each name that leads to another table leads somewhere."""
    for table, key, target in (
        ("item", "queue", "queue"),
        ("item", "department", "department"),
        ("window", "department", "department"),
        ("window", "area", "area"),
        ("kiosk", "area", "area"),
        ("media", "area", "area"),
        ("device", "window", "window"),
    ):
        uses = [(row, key, row.good[key]) for row in draft.each(table, key)]
        yield from _defined(draft, target, uses)


def windows_serve(draft: Draft) -> Iterable[Mistake]:
    windows = draft.rows["window"]
    uses = [(row, key, queue) for row in windows for key in ("queues", "helps") for queue in row.get(key, ())]
    yield from _defined(draft, "queue", uses)
    for row in windows:
        for queue in sorted(set(row.get("helps", ())) & set(row.get("queues", ()))):
            zh, en = f"“{queue}”已在 queues 里，不必再写", f"'{queue}' is among its queues already"
            yield row.mistake("helps", zh, en)


def served(draft: Draft) -> Iterable[Mistake]:
    """Check that no number is given out that no window can call."""
    if any("queues" not in row.good for row in draft.rows["window"]) or not draft.rows["window"]:
        return  # told already; guessing on would only add noise
    windows = draft.rows["window"]
    reached = {queue for row in windows for queue in (*row.good["queues"], *row.get("helps", {}))}
    for row in draft.each("queue", "id"):
        if row.good["id"] not in reached:
            yield row.mistake(
                "id", f"没有窗口办理队列“{row.good['id']}”", f"No window serves queue '{row.good['id']}'"
            )


# --- times and numbers


def zone(draft: Draft) -> Iterable[Mistake]:
    for row in draft.each("hall", "zone"):
        if row.good["zone"] not in available_timezones():
            close = nearest(row.good["zone"], available_timezones())
            yield row.mistake(
                "zone", f"没有时区“{row.good['zone']}”", f"There is no zone '{row.good['zone']}'", close
            )


def spoken(draft: Draft) -> Iterable[Mistake]:
    """Check that applicants may choose Chinese, which stands in for the others, and that kiosks start in an offered one."""
    usual = list(COMPLETE)
    for row in draft.each("hall", "languages"):
        if BASE not in row.good["languages"]:
            yield row.mistake(
                "languages", "要有 zh：大厅的名称和事项是中文的", "needs zh: names and items are Chinese"
            )
    given = [row.get("languages", usual) for row in draft.rows["hall"]] or [usual]
    for row in draft.each("kiosk", "language"):
        if row.good["language"] not in given[0]:
            named = f"[hall] languages：{'、'.join(given[0])}"
            yield row.mistake(
                "language", f"不在 {named}", f"is not one of [hall] languages: {', '.join(given[0])}"
            )


def quotas(draft: Draft) -> Iterable[Mistake]:
    for row in draft.rows["queue"]:
        room = 10 ** row.get("digits", 3) - 1
        if row.get("quota", 0) > room:
            zh, en = (
                f"每日限号超过 digits 能编的 {room} 个号",
                f"The quota is over the {room} numbers of its digits",
            )
            yield row.mistake("quota", zh, en)
        if row.get("band_quota", 0) and not row.raw.get("hours"):
            yield row.mistake("band_quota", "限时段号数，却没有写 hours", "A band quota needs hours")


def appointments(draft: Draft) -> Iterable[Mistake]:
    """Check that a queue that takes appointments has the class "appointment": booked applicants check in to it."""
    if "appointment" in draft.ids("class"):
        return
    for row in draft.each("queue", "slot_quota"):
        if row.good["slot_quota"]:
            zh, en = (
                "接受预约，但没有 appointment 类别",
                "Takes appointments, but there is no class 'appointment'",
            )
            yield row.mistake("slot_quota", zh, en)


def horizon(draft: Draft) -> Iterable[Mistake]:
    for row in draft.rows["rules"]:
        ahead, far = row.get("appointment_ahead_days", 1), row.get("appointment_horizon_days", 5)
        if ahead > far:
            zh, en = (
                f"最少提前 {ahead} 天，却只能约 {far} 天内",
                f"{ahead} days ahead, but only {far} days far",
            )
            yield row.mistake("appointment_ahead_days", zh, en)


def roster_days(draft: Draft) -> Iterable[Mistake]:
    """Warn of a duty that falls on no day at all: the board would never show its clerk."""
    for row in draft.rows["roster"]:
        first, last = row.get("first", None), row.get("last", None)
        if first and last and first > last:
            yield row.mistake("last", f"{last} 早于开始的 {first}", f"{last} is before its first day {first}")
        elif row.get("weekdays", ()) and not calendar.ever_on(row.good["weekdays"], first, last):
            zh = f"{first} 至 {last} 之间没有这些星期几"
            yield row.mistake("weekdays", zh, f"None of these weekdays is between {first} and {last}")


# --- odd, but may be meant


def unfed(draft: Draft) -> Iterable[Mistake]:
    """Warn of a queue no item leads to: right for paying, a slip of the pen elsewhere."""
    fed = draft.ids("item", "queue")
    sent = {
        queue
        for row in draft.each("window", "queues")
        if row.get("kind", "department") in FED_BY_TRANSFER
        for queue in row.good["queues"]
    }
    for row in draft.each("queue", "id"):
        if row.good["id"] not in fed | sent:
            yield row.mistake(
                "id", f"没有事项进入队列“{row.good['id']}”", f"No item feeds queue '{row.good['id']}'"
            )


def idle(draft: Draft) -> Iterable[Mistake]:
    for row in draft.each("window", "queues"):
        if not row.good["queues"] and not row.get("helps", {}) and row.get("kind", "") != "guide":
            yield row.mistake("queues", "窗口没有任何队列", "This window serves no queue")


_TENS = re.compile("([0-9]?)十([0-9]?)")
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")


def _heard(name: str) -> str:
    """Return a name as people tell it: without width, case, blanks and invisible signs, numbers as numbers ("01", "十一")."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_DIGITS)
    seen = "".join(sign for sign in folded if is_printable(sign) and not sign.isspace())
    counted = _TENS.sub(lambda found: str(10 * int(found[1] or 1) + int(found[2] or 0)), seen)
    return re.sub("[0-9]+", lambda found: str(int(found[0])), counted)


def one_name(draft: Draft) -> Iterable[Mistake]:
    """Warn of two of one name: they cannot be told apart where the name alone is shown or said. A window whose id is a number
    is called by it."""
    for table in ("window", "queue", "department", "area"):
        first: dict[str, str] = {}
        for row in draft.each(table, "id", "name"):
            id = row.good["id"]
            called = {_heard(row.good["name"])}
            if table == "window" and id.isdecimal():
                called.add(f"{int(id)}号窗口")
            known = next((first[each] for each in called if each in first), id)
            if known != id:
                noun, noun_en = NOUNS[table]
                zh, en = f"与{noun}“{known}”同名", f"has the name of {noun_en} '{known}'"
                yield row.mistake("name", zh, en)
            for each in called:
                first.setdefault(each, id)


def silent_departments(draft: Draft) -> Iterable[Mistake]:
    used = draft.ids("item", "department") | draft.ids("window", "department")
    for row in draft.each("department", "id"):
        if row.good["id"] not in used:
            yield row.mistake(
                "id", "这个部门没有事项，也没有窗口", "This department has no item and no window"
            )


MISTAKES: tuple[CrossCheck, ...] = (
    duplicates, reasons, spoken_alike, ordinary, references, windows_serve, served, zone, spoken,
    hours.hours, hours.bands, quotas, appointments, horizon, *item_checks.MISTAKES, roster_days, hours.day_hours, hours.market_days, hours.item_dates,
    *address_checks.MISTAKES, *device_checks.MISTAKES,
    *media_checks.MISTAKES, *performance_checks.MISTAKES, *delivery_checks.MISTAKES,
)  # fmt: skip
WARNINGS: tuple[CrossCheck, ...] = (
    unfed, idle, one_name, silent_departments, hours.outside_hours, *address_checks.WARNINGS, *device_checks.WARNINGS,
    *media_checks.WARNINGS,
)  # fmt: skip
