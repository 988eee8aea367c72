"""Cross checks of the voice's hours, the announcements, the playlist and the screens' hours. See checks.py for how a check works.

Whether a file is there is no mistake of the settings: they may be written on another PC. `hallcall doctor` looks.
"""

from collections.abc import Iterable

from config import calendar, catalogue
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
TEXT_CHARS_MAX = 300
VIDEOS = (".mp4", ".webm")


def volume_hours(draft: Draft) -> Iterable[Mistake]:
    """Require some hours, and one volume at a time for each loudspeaker."""
    seen: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in draft.each("volume", "hours"):
        if not row.good["hours"]:
            zh, en = "没有时段；全天的音量写 voice.volume", "No hours; of the whole day write voice.volume"
            yield row.mistake("hours", zh, en)
        for day in row.get("days", ()) or calendar.WEEKDAYS:
            spans = seen.setdefault((row.get("zone", ""), day), [])
            for start, end in row.good["hours"]:
                if any(start < till and since < end for since, till in spans):
                    zh, en = f"{start}–{end} 与另一行重叠", f"{start}-{end} overlaps another row"
                    yield row.mistake("hours", zh, en)
                    break
            spans += row.good["hours"]


def announcements(draft: Draft) -> Iterable[Mistake]:
    """Require a message of the hall's list, and some times, each once."""
    known = [row.good["id"] for row in draft.each("reason", "kind", "id") if row.good["kind"] == "notice"]
    known = known or list(catalogue.codes("notice-reason"))
    for row in draft.each("announcement", "notice"):
        if (code := row.good["notice"]) not in known:
            zh, en = f"没有通知“{code}”", f"There is no message '{code}'"
            yield row.mistake(
                "notice", f"{zh}（{'、'.join(known)}）", f"{en}: {', '.join(known)}", nearest(code, known)
            )
    for row in draft.each("announcement", "at"):
        if not row.good["at"]:
            yield row.mistake("at", "没有时间", "No time")
        for clock in sorted({each for each in row.good["at"] if row.good["at"].count(each) > 1}):
            yield row.mistake("at", f"{clock} 写了两次", f"{clock} is there twice")


def media(draft: Draft) -> Iterable[Mistake]:
    """Require each entry to be a file of a known kind or a text, on some day."""
    for row in draft.rows["media"]:
        yield from _content(row)
        first, last = row.get("first", None), row.get("last", None)
        if first and last and first > last:
            yield row.mistake("last", f"{last} 早于开始的 {first}", f"{last} is before its first day {first}")
        elif row.get("days", ()) and not calendar.ever_on(row.good["days"], first, last):
            zh = f"{first} 至 {last} 之间没有这些星期几"
            yield row.mistake("days", zh, f"None of these weekdays is between {first} and {last}")


def _content(row: DraftRow) -> Iterable[Mistake]:
    named = "file" in row.raw
    if named == ("text" in row.raw):
        zh, en = "要写 file 或 text，两者之一", "Write file or text, one of the two"
        yield row.mistake("file" if named else "", zh, en)
    if "text_en" in row.raw and "text" not in row.raw:
        yield row.mistake("text_en", "只有 text 才有 text_en", "Only a text has a text_en")
    for key in ("text", "text_en"):
        if len(row.get(key, "")) > TEXT_CHARS_MAX:
            zh, en = (
                f"超过 {TEXT_CHARS_MAX} 字，屏幕上看不清",
                f"Over {TEXT_CHARS_MAX} characters: too small to read",
            )
            yield row.mistake(key, zh, en)
    file = row.get("file", None)
    if file and not file.lower().endswith((*PICTURES, *VIDEOS)):
        endings = " ".join((*PICTURES, *VIDEOS))
        yield row.mistake(
            "file", f"“{file}”不是可播放的文件：{endings}", f"'{file}' cannot be played: {endings}"
        )
    if file and file.lower().endswith(VIDEOS) and "seconds" in row.raw:
        yield row.mistake("seconds", "视频按自己的长度播放", "A video plays as long as it is")


def screens(draft: Draft) -> Iterable[Mistake]:
    """Require each row to be for screens there are, and one row for each."""
    known = {
        "board": {"hall"} | draft.ids("area"), "sign": draft.ids("window"), "tablet": draft.ids("window"),
        "kiosk": draft.ids("kiosk"), "pc": {row.get("agent", "pc-1") for row in draft.rows["device"]},
    }  # fmt: skip
    seen: set[tuple[str, str]] = set()
    for row in draft.each("screen", "screen"):
        screen, name = row.good["screen"], row.get("name", "")
        if name and name not in known[screen]:
            names = sorted(known[screen])
            zh, en = f"没有“{name}”", f"There is no '{name}'"
            yield row.mistake(
                "name", f"{zh}（{'、'.join(names)}）", f"{en}: {', '.join(names)}", nearest(name, names)
            )
        if (screen, name) in seen:
            yield row.mistake("name", "这些屏幕已有一行", "These screens have a row already")
        seen.add((screen, name))
        if row.get("hours", ()) and {"before_minutes", "after_minutes"} & row.raw.keys():
            zh = "写了 hours，before_minutes 和 after_minutes 就不起作用，请去掉其一"
            yield row.mistake(
                "hours", zh, "With hours, before_minutes and after_minutes mean nothing; write one of the two"
            )


# --- odd, but may be meant


def places(draft: Draft) -> Iterable[Mistake]:
    """Warn of a loudspeaker's place that is no area: right for a board that names its own by ?zone=."""
    areas = draft.ids("area") | {"", "hall"}
    for table in ("volume", "announcement"):
        for row in draft.each(table, "zone"):
            if (zone := row.good["zone"]) not in areas:
                zh = f"“{zone}”不是区域；请确认综合屏地址里有 ?zone={zone}"
                yield row.mistake("zone", zh, f"'{zone}' is no area; a board's address must say ?zone={zone}")


MISTAKES = (volume_hours, announcements, media, screens)
WARNINGS = (places,)
