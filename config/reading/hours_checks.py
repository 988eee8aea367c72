"""Cross checks of times: a hall's hours, its calendar, and what takes place on certain days only.

Times as "HH:MM" compare as text. See checks.py for how a check works.
"""

from collections.abc import Iterable
from datetime import date

from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake

BANDS = (
    ("queue", "hours"), ("hours", "bands"), ("day", "bands"), ("hall", "breaks"), ("window", "breaks"), ("volume", "hours"),
    ("media", "hours"), ("screen", "hours"),
)  # fmt: skip


def hours(draft: Draft) -> Iterable[Mistake]:
    """Require the day's hours in order; times as "HH:MM" compare as text."""
    for row in draft.rows["hall"]:
        opens, closes = row.get("opens", "09:00"), row.get("closes", "17:00")
        last = row.get("last_ticket", "16:45")
        if opens >= closes:
            zh, en = f"关门 {closes} 不晚于开门 {opens}", f"Closes {closes}, not after it opens {opens}"
            yield row.mistake("closes", zh, en)
        elif (first := row.get("first_ticket", None)) and first >= last:
            zh, en = f"取号从 {first} 开始，却到 {last} 为止", f"Numbers from {first}, but only until {last}"
            yield row.mistake("first_ticket", zh, en)
        elif not opens <= last <= closes:
            zh = f"最后取号 {last} 不在 {opens} 至 {closes} 之间"
            yield row.mistake("last_ticket", zh, f"Last ticket {last} is outside {opens} to {closes}")


def bands(draft: Draft) -> Iterable[Mistake]:
    """Require stretches of a day to end after they start, and not to overlap."""
    for table, key in BANDS:
        for row in draft.each(table, key):
            yield from _stretches(row, key)


def _stretches(row: DraftRow, key: str) -> Iterable[Mistake]:
    spans = row.good[key]
    for start, end in spans:
        if start >= end:
            zh, en = f"时段 {start}–{end} 的结束不晚于开始", f"Hours {start}-{end} end before they start"
            yield row.mistake(key, zh, en)
    for (_, end), (start, _) in zip(sorted(spans), sorted(spans)[1:], strict=False):
        if start < end:
            yield row.mistake(key, f"时段在 {start} 重叠", f"Hours overlap at {start}")


def day_hours(draft: Draft) -> Iterable[Mistake]:
    """Require the hours of certain days: some, for each day once, with numbers given inside them."""
    named: set[str] = set()
    for row in draft.each("hours", "days", "bands"):
        if not row.good["bands"]:
            yield row.mistake(
                "bands", "没有时段；某天关门请写 [[day]]", "No bands; to close on a date write [[day]]"
            )
            continue
        for name in row.good["days"]:
            if name in named:
                yield row.mistake(
                    "days", f"{name} 已在另一行写过", f"{name} has hours in another row already"
                )
            named.add(name)
        opens, closes = min(row.good["bands"])[0], max(row.good["bands"])[1]
        first, last = row.get("first_ticket", None) or opens, row.get("last_ticket", None) or closes
        if not (first < last and opens <= last <= closes):
            zh, en = f"取号 {first}–{last} 不在办公时间内", f"Numbers {first}-{last} are not inside its hours"
            yield row.mistake("last_ticket", zh, en)
    dates: set[object] = set()
    for row in draft.each("day", "date"):
        if row.good["date"] in dates:
            yield row.mistake("date", f"{row.good['date']} 写了两次", f"{row.good['date']} is there twice")
        dates.add(row.good["date"])


def market_days(draft: Draft) -> Iterable[Mistake]:
    """Check that there are market days where something takes place on them."""
    named = ("market_days", "market_lunar")
    digits = any(row.get(each, ()) for row in draft.rows["calendar"] for each in named)
    if digits or any(row.get("market", False) for row in draft.rows["day"]):
        return
    for table in ("hours", "item"):
        for row in draft.each(table, "days"):
            if "market" in row.good["days"]:
                zh, en = "market：没有写哪些日子逢场", "market: no day is said to be a market day"
                yield row.mistake("days", zh, en, "calendar.market_days")


def item_dates(draft: Draft) -> Iterable[Mistake]:
    for row in draft.each("item", "days"):
        for name in (name for name in row.good["days"] if name[0].isdigit()):
            try:
                date.fromisoformat(name)
            except ValueError:
                yield row.mistake("days", f"没有 {name} 这一天", f"There is no day {name}")


def outside_hours(draft: Draft) -> Iterable[Mistake]:
    """Warn of numbers of a queue that would be given while the hall is shut."""
    for hall in draft.rows["hall"]:
        opens, closes = hall.get("opens", "09:00"), hall.get("closes", "17:00")
        for row in draft.each("queue", "hours"):
            for start, end in row.good["hours"]:
                if start < opens or end > closes:
                    zh = f"时段 {start}–{end} 超出大厅 {opens}–{closes}"
                    yield row.mistake(
                        "hours", zh, f"Hours {start}-{end} are outside the hall's {opens}-{closes}"
                    )
