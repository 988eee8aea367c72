"""The content of a slip: the facts of a ticket in the applicant's language, built once, for printer and screens.

A slip shows numbers only, never a name. The wait is a band, never a false exact minute. A reprint carries 补打.
Pure: the template comes from `template_files`, the bytes from `devices.printer.encoding`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from config import directions
from config.catalogue import sentence
from config.directions import lines_in, name_in, page_url
from config.instants import Micros, local
from config.languages import COMPLETE, chain
from config.languages import language as row_of
from config.paper.template import TemplateValue
from config.settings import Item, Rules, Settings

Language = Literal["zh", "en"]  # of every paper
APPLICANT_LANGUAGES = frozenset(
    {*COMPLETE, "ug"}
)  # of what a kiosk gives: slip, guide, receipt of a complaint
PAPERS_MAX = 12  # on a slip; more are counted and left to the guide and the phone page
ALONE = ("离线号：请听工作人员按号呼叫", "Given while offline: please listen for the staff to call it")
ROOT_DIGITS = 16  # 64 bits
WINDOWS_MAX = 6  # named on a slip; more windows are "…"


@dataclass(frozen=True, slots=True)
class SlipContent:
    """The facts of one slip; names already in the language of the slip."""

    hall: str
    number: str
    errand: str  # the item's name, or the queue's without an item
    windows: tuple[str, ...]
    ahead: int  # -1: unknown
    low: int  # minutes; below 0: unknown
    high: int
    issued: Micros
    url: str
    ticket: str = ""
    queue: str = ""  # its id
    queue_name: str = ""  # empty without an item: then the errand is the queue
    papers: tuple[str, ...] = ()
    visit: tuple[str, ...] = ()  # of several items: each stop in the order of going, and its windows
    missed: str = ""  # the 过号 rule in words
    priority: str = ""  # empty for the ordinary class
    appointed: Micros = 0  # the time of an appointment; 0: none
    phone: str = ""
    way: str = ""  # to the windows, if it is one way for all
    copy: int = 0  # 0 the slip, 1.. reprints
    alone: bool = False  # given by a kiosk that could not reach the caller
    root: str = ""  # the newest daily root, its day and the first digits; empty where the hall prints none
    zone: str = "Asia/Shanghai"
    language: str = "zh"


def slip_content(
    settings: Settings, answer: dict[str, Any], items: Sequence[Item], language: str, copy: int = 0,
    ratings: Mapping[str, Any] | None = None,
) -> SlipContent:  # fmt: skip
    """Return the slip of a `done` answer to TakeTicket or CheckIn, or of a `ticket/…` view.

    `language` is a screen's; the slip is in it, or in the next of its chain that has one. `ratings`: of the `kiosk` view.
    """
    language = paper_language(language)
    queue = next((each for each in settings.queues if each.id == answer["queue"]), None)
    queue_name = name_in(queue, language) if queue else answer["queue"]
    serving = [window for window in settings.windows if answer["queue"] in window.queues]
    chosen = next((each for each in settings.classes if each.id == answer.get("priority")), None)
    return SlipContent(
        hall=name_in(settings.hall, language),
        number=answer["number"],
        errand=errand(items, language) or queue_name,
        windows=directions.window_labels(serving, language),
        ahead=answer["ahead"],
        low=answer["low"],
        high=answer["high"],
        issued=answer["issued"],
        url=ticket_url(settings, answer.get("key", ""), language),
        ticket=answer["ticket"],
        queue=answer["queue"],
        queue_name=queue_name if items else "",
        papers=tuple(dict.fromkeys(paper for item in items for paper in lines_in(item, "papers", language))),
        visit=visit_lines(settings, answer, items, language),
        missed=missed_rule(settings.rules, language),
        priority=name_in(chosen, language) if chosen and chosen.id != "ordinary" else "",
        appointed=answer.get("slot", 0),
        phone=settings.hall.phone,
        way=directions.way(directions.shared(serving, settings.areas), language),
        copy=copy,
        alone=bool(answer.get("alone")),
        root=root_line(ratings) if ratings and settings.ratings.slip_root else "",
        zone=settings.hall.zone,
        language=language,
    )


def errand(items: Sequence[Item], language: str) -> str:
    """Return what a visit is for, in one line: the first item, and how many there are; empty without one."""
    if len(items) < 2:
        return name_in(items[0], language) if items else ""
    name = name_in(items[0], language)
    return sentence("on-slip", "several", language, name=name, count_zh=len(items), count_en=len(items) - 1)


def visit_lines(
    settings: Settings, answer: Mapping[str, Any], items: Sequence[Item], language: str
) -> tuple[str, ...]:
    """Return the stops that a visit with several items still has, in the order of going; none where there is one only."""
    later: list[Mapping[str, Any]] = answer.get("then") or []
    if not later:
        return ()
    names = {item.id: name_in(item, language) for item in items}
    here = {"queue": answer["queue"], "items": [item.id for item in items if item.queue == answer["queue"]]}
    lines: list[str] = []
    for stop in (here, *later):
        serving = [window for window in settings.windows if stop["queue"] in window.queues]
        what = row_of(language).name_sign.join(names.get(id, id) for id in stop["items"])
        where = windows(directions.window_labels(serving, language), language)
        if serving and serving[0].id.isdecimal():
            where = sentence("on-slip", "at-windows", language, list=where)
        both = what and where
        lines.append(sentence("on-slip", "stop", language, what=what, where=where) if both else what or where)
    return tuple(lines)


def values(slip: SlipContent) -> dict[str, TemplateValue]:
    """Return the fields that a slip's template may use."""
    more = len(slip.papers) - PAPERS_MAX
    rest = [sentence("on-slip", "more-papers", slip.language, count=more)] if more > 0 else []
    return {
        "hall": slip.hall,
        "number": slip.number,
        "item": slip.errand,
        "queue": slip.queue_name,
        "windows": windows(slip.windows, slip.language),
        "way": slip.way,
        "ahead": str(slip.ahead) if slip.ahead >= 0 else "",
        "alone": ALONE if slip.alone else (),
        "band": band(slip.low, slip.high, slip.language),
        "issued": clock(slip.issued, slip.zone),
        "url": slip.url,
        "papers": (*slip.papers[:PAPERS_MAX], *rest),
        "visit": slip.visit,
        "missed": slip.missed,
        "priority": slip.priority,
        "appointed": clock(slip.appointed, slip.zone) if slip.appointed else "",
        "phone": slip.phone,
        "reprint": reprint_mark(slip.copy, slip.language),
        "root": slip.root,
    }


def root_line(ratings: Mapping[str, Any]) -> str:
    """Return a daily root for the foot of a slip: its day, and digits enough that no other root has them."""
    digits = ratings["root"][:ROOT_DIGITS]
    return " ".join([ratings["day"], *(digits[n : n + 4] for n in range(0, ROOT_DIGITS, 4))])


def paper_language(language: str) -> str:
    """Return the language of a kiosk's paper for a screen's language: the first of its chain that there are papers in."""
    return next(each for each in chain(language) if each in APPLICANT_LANGUAGES)


def reprint_mark(copy: int, language: str) -> str:
    return sentence("on-slip", "reprint", language) if copy else ""


def ticket_url(settings: Settings, key: str, language: str) -> str:
    """Return the address of the applicant's page; empty without the phone's key, which alone opens it."""
    return f"{page_url(settings, '/t', language)}#{key}" if key else ""


def band(low: int, high: int, language: str) -> str:
    """Return the expected wait in words, from `low` to `high` minutes; "" where it is unknown."""
    if low < 0 or high < 0:
        return ""
    if high <= 1:
        return sentence("on-slip", "band-now", language)
    code = "band-within" if low <= 0 else "band" if low < high else "band-one"
    return sentence("on-slip", code, language, low=low, high=high)


def windows(names: tuple[str, ...], language: str) -> str:
    """Return the windows in words; several that are bare numbers as "1、2 号窗口"."""
    shown = row_of(language).list_sign.join(names[:WINDOWS_MAX])
    more = sentence("on-slip", "more-windows", language) if len(names) > WINDOWS_MAX else ""
    if all(name.isdecimal() for name in names) and names:
        return sentence("on-slip", "windows", language, list=shown, more=more)
    return shown + more


def clock(at: Micros, zone: str) -> str:
    """Return an instant by the hall's own wall clock, to the minute."""
    return local(at, zone).strftime("%Y-%m-%d %H:%M")


def missed_rule(rules: Rules, language: str) -> str:
    """Return what happens to a ticket whose holder does not hear the call (过号)."""
    code = {0: "missed-void", 1: "missed-once"}.get(rules.requeue_max, "missed")
    return sentence("on-slip", code, language, behind=rules.requeue_behind, times=rules.requeue_max)
