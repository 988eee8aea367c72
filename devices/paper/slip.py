"""What the paper says: the facts of a ticket, in the applicant's language, poured into a template.

A slip shows numbers only, never a name. The wait is a band, never a false exact minute. A reprint carries
补打. Pure but for reading the template files; the bytes come from `devices.printer.encoding`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from config import directions
from config.settings import Item, Rules, Settings
from devices.paper.document import Sheet
from devices.paper.template import TemplateValue, fill
from devices.paper.template_files import TemplateFolder
from devices.printer.encoding import Mode, encode

Language = Literal["zh", "en"]
PAPERS_MAX = 12  # on a slip; more are counted and left to the guide and the phone page
WINDOWS_MAX = 6  # named on a slip; more windows are "…"
MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class SlipContent:
    """The facts on one slip; names already in the language of the slip."""

    hall: str
    number: str
    item: str
    windows: tuple[str, ...]
    ahead: int
    low: int  # minutes; below 0: unknown
    high: int
    issued: int  # UTC microseconds
    url: str
    queue: str = ""
    papers: tuple[str, ...] = ()
    missed: str = ""  # the 过号 rule in words
    priority: str = ""  # empty for the ordinary class
    phone: str = ""
    way: str = ""  # to the windows, if it is one way for all
    reprint: bool = False
    zone: str = "Asia/Shanghai"
    language: Language = "zh"


def values(slip: SlipContent) -> dict[str, TemplateValue]:
    """The fields a slip's template may use."""
    zh = slip.language == "zh"
    more = len(slip.papers) - PAPERS_MAX
    shown = (
        *slip.papers[:PAPERS_MAX],
        *([f"另有 {more} 项，请扫码查看" if zh else f"and {more} more: scan the code"] * (more > 0)),
    )
    return {
        "hall": slip.hall,
        "number": slip.number,
        "item": slip.item or slip.queue,
        "queue": slip.queue if slip.item else "",
        "windows": windows(slip.windows, slip.language),
        "way": slip.way,
        "ahead": str(slip.ahead),
        "band": band(slip.low, slip.high, slip.language),
        "issued": clock(slip.issued, slip.zone),
        "url": slip.url,
        "papers": shown,
        "missed": slip.missed,
        "priority": slip.priority,
        "phone": slip.phone,
        "reprint": ("补打" if zh else "REPRINT 补打") if slip.reprint else "",
    }


def sheet(slip: SlipContent, templates: TemplateFolder | None = None) -> Sheet:
    return fill((templates or TemplateFolder()).get("slip", slip.language), values(slip))


def slip_bytes(
    slip: SlipContent, width_px: int, mode: Mode, templates: TemplateFolder | None = None
) -> bytes:
    """The print job of one slip."""
    return encode(sheet(slip, templates), width_px, mode)


def slip_of(
    settings: Settings,
    result: dict[str, Any],
    item: Item | None,
    *,
    language: Language = "zh",
    reprint: bool = False,
) -> SlipContent:
    """The slip of a `done` answer to TakeTicket or CheckIn, or of a `ticket/…` view (for a reprint)."""
    queue = next((each for each in settings.queues if each.id == result["queue"]), None)
    named = [window for window in settings.windows if result["queue"] in window.queues]
    classes = {each.id: each for each in settings.classes}
    chosen = classes.get(result.get("priority", "ordinary"))
    return SlipContent(
        hall=_name(settings.hall, language),
        number=result["number"],
        item=_name(item, language) if item else "",
        queue=_name(queue, language) if queue else "",
        windows=tuple(_name(window, language) for window in named),
        ahead=result["ahead"],
        low=result["low"],
        high=result["high"],
        issued=result["issued"],
        url=result.get("url") or ticket_url(settings, result.get("key", "")),
        papers=tuple(item.papers) if item else (),
        missed=missed_rule(settings.rules, language),
        priority=_name(chosen, language) if chosen and chosen.id != "ordinary" else "",
        phone=settings.hall.phone,
        way=directions.way(directions.shared(named, settings.areas), language),
        reprint=reprint,
        zone=settings.hall.zone,
        language=language,
    )


def ticket_url(settings: Settings, key: str) -> str:
    """Return the address of the applicant's page, for the QR code; empty without the phone's key, which alone opens it."""
    listen = settings.listen
    page = f"{(listen.public_url or f'http://{listen.host}:{listen.web}').rstrip('/')}/t"
    return f"{page}#{key}" if key else ""


def band(low: int, high: int, language: Language) -> str:
    """The expected wait in words; empty where nobody knows."""
    zh = language == "zh"
    if low < 0 or high < 0:
        return ""
    if high <= 1:
        return "马上轮到" if zh else "almost now"
    if low <= 0:
        return f"{high}分钟以内" if zh else f"within {high} min"
    span = f"{low}–{high}" if low < high else str(high)
    return f"约{span}分钟" if zh else f"about {span} min"


def windows(names: tuple[str, ...], language: Language) -> str:
    shown = ("、" if language == "zh" else ", ").join(names[:WINDOWS_MAX])
    return shown + ("等" if language == "zh" else " …") * (len(names) > WINDOWS_MAX)


def clock(micros: int, zone: str) -> str:
    """The hall's own wall clock, to the minute."""
    return datetime.fromtimestamp(micros / MICROS, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def missed_rule(rules: Rules, language: Language) -> str:
    """What happens to those who do not hear the call (过号)."""
    zh = language == "zh"
    if rules.requeue_max == 0:
        return "过号作废，请重新取号。" if zh else "A missed number is void: please take a new one."
    behind, times = rules.requeue_behind, rules.requeue_max
    if zh:
        return f"过号后请扫码或到引导台激活，顺延 {behind} 个号，限 {times} 次。"
    often = "once" if times == 1 else f"{times} times at most"
    return f"Missed your call? Scan the code or ask the guide: back in line after {behind} more, {often}."


def _name(named: Any, language: Language) -> str:
    """The English name where there is one; a Chinese one is better than none."""
    return (named.name_en if language == "en" else "") or named.name
