"""What the pages may know of a hall without asking the caller: names, published facts, rules in words.

Only public facts (六公开): nothing here differs between two visitors. Live state comes over the wire.
"""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from caller.client.page_files import Asset, json_asset
from caller.engine.papers import code_of
from caller.engine.station_jobs import window_printer
from caller.people.feedback_store import CONTACT_MAX, TEXT_MAX
from config import hall_lists
from config.catalogue import word
from config.fee_settings import Discount
from config.languages import COMPLETE, language, offered
from config.settings import Area, Item, ReasonKind, Settings, Window
from config.text_safety import page_document
from display.web import offer

SIGN_ITEMS_MAX = 8  # "main items" of a window sign; the strip has room for no more


def hall(settings: Settings, languages: Collection[str]) -> dict[str, Any]:
    """Return the document behind `/hall.json`."""
    table, rules, voice = settings.hall, settings.rules, settings.voice
    return {
        "site": table.site,
        "name": table.name,
        "name_en": table.name_en,
        "zone": table.zone,
        "opens": table.opens,
        "closes": table.closes,
        "phone": table.phone,
        "complaint_phone": table.complaint_phone,
        "address": table.address,
        "notices": list(settings.notices),
        "areas": {area.id: _area(area) for area in settings.areas},
        "windows": {window.id: _window(window, settings) for window in settings.windows},
        "queues": {queue.id: {"name": queue.name, "name_en": queue.name_en} for queue in settings.queues},
        "kiosks": {
            kiosk.id: {"name": kiosk.name, "port": settings.listen.kiosk} for kiosk in settings.kiosks
        },
        "voice": {"enabled": voice.enabled},
        "rules": {"postpone_minutes": rules.postpone_minutes, "requeue_behind": rules.requeue_behind},
        "rating": hall_lists.document(settings, "rating"),
        "feedback": {
            "enabled": settings.feedback.enabled,
            "days": settings.feedback.days,
            "windows": settings.feedback.windows,
            "reasons": hall_lists.document(settings, "feedback"),
        },
        "notify": settings.notify.applicants,
        "push": settings.notify.push,
        "letter": {"text": TEXT_MAX, "contact": CONTACT_MAX},
        "languages": _languages(settings, languages),
        "staff_languages": _named(COMPLETE),
    }


def _languages(settings: Settings, languages: Collection[str]) -> list[dict[str, str]]:
    """Return the languages that the hall offers, of those with words."""
    return _named(offered(settings.hall.languages, languages))


def _named(languages: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": each, "name": language(each).name, "tag": language(each).tag} for each in languages]


def desk(settings: Settings) -> dict[str, Any]:
    """Return the document behind `/desk.json`: what the desks of clerks and guides call by name and the hall's other pages do not.

    A desk loads it once, and so knows every item's name when this process stops.
    """
    classes = {
        each.id: {"name": each.name, "name_en": each.name_en or word("class", each.id, "en")}
        for each in settings.classes
    }
    return {
        "items": {
            item.id: {
                "name": item.name,
                "name_en": item.name_en,
                "queue": item.queue,
                "papers": _papers(item),
                **_price(item),
            }
            for item in settings.items
        },
        "printing": [each.id for each in settings.windows if window_printer(settings, each.id)],
        "discounts": [_discount(each) for each in settings.discounts],
        "corrections": _listed(settings, "fee"),
        "classes": {
            "returning": {"name": word("class", "returning"), "name_en": word("class", "returning", "en")}
        }
        | classes,
        "departments": {
            each.id: {"name": each.name, "name_en": each.name_en} for each in settings.departments
        },
        "faults": _listed(settings, "paper"),
        "refusals": _listed(settings, "refusal"),
        "elsewhere": _listed(settings, "elsewhere"),
        "extensions": _listed(settings, "extension"),
        "pauses": _listed(settings, "pause"),
        "picks": _listed(settings, "pick"),
        "messages": _listed(settings, "message"),
        "objections": _listed(settings, "objection"),
    }


def _listed(settings: Settings, kind: ReasonKind) -> list[dict[str, str]]:
    return [
        {"id": each.id, "name": each.name, "name_en": each.name_en}
        for each in hall_lists.reasons(settings, kind)
    ]


def _price(item: Item) -> dict[str, Any]:
    """Return what an item costs at a pay window, unless its amount is typed, and what the fee rests on."""
    rests_on = {"fee_basis": item.fee_basis, "fee_basis_en": item.fee_basis_en} if item.fee_basis else {}
    if item.price_fen is None:
        return rests_on
    return rests_on | {
        "price": item.price_fen,
        "unit": item.price_unit,
        "unit_en": item.price_unit_en or item.price_unit,
    }


def _discount(row: Discount) -> dict[str, Any]:
    named = {"id": row.id, "name": row.name, "name_en": row.name_en}
    return named | {"percent": row.percent, "classes": row.classes, "items": row.items, "basis": row.basis}


def _papers(item: Item) -> list[dict[str, str]]:
    """Return an item's papers with the codes that FinishService names them by."""
    english = item.papers_en or [""] * len(item.papers)
    return [
        {"code": code_of(zh), "name": zh, "name_en": en} for zh, en in zip(item.papers, english, strict=True)
    ]


def items(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the service guide of each item, by id, as `/items/ID.json` shows it."""
    departments = {department.id: department for department in settings.departments}
    guides: dict[str, dict[str, Any]] = {}
    for item in settings.items:
        department = departments.get(item.department)
        guides[item.id] = msgspec.to_builtins(item) | {
            "department_name": department.name if department else "",
            "phone": item.phone or (department.phone if department else ""),
            "windows": [window.name for window in settings.windows if item.queue in window.queues],
        }
    return guides


def _window(window: Window, settings: Settings) -> dict[str, Any]:
    served = [item for item in settings.items if item.queue in window.queues]
    department = next((each for each in settings.departments if each.id == window.department), None)
    queues = [queue for queue in settings.queues if queue.id in window.queues]
    return {
        "name": window.name,
        "name_en": window.name_en,
        "kind": window.kind,
        "area": window.area,
        "serves": [*window.queues, *window.helps],
        "phone": window.phone,
        "department": department.name if department else "",
        "department_en": department.name_en if department else "",
        "queues": [queue.name for queue in queues],
        "queues_en": [queue.name_en or queue.name for queue in queues],
        "items": [item.name for item in served[:SIGN_ITEMS_MAX]],
        "items_en": [item.name_en or item.name for item in served[:SIGN_ITEMS_MAX]],
        "promised": _promised(served),
        "promised_partly": not all(item.promised_days is not None for item in served),
        "fee": _one(item.fee for item in served),
        "fee_partly": not all(item.fee for item in served),
        "fee_en": _one(item.fee_en for item in served),
    }


def _area(area: Area) -> dict[str, str]:
    return {"name": area.name, "name_en": area.name_en, "way": area.way, "way_en": area.way_en}


def _promised(served: list[Item]) -> list[int]:
    """Return the shortest and longest promised working days of a window's items; 0 is done on the spot."""
    days = sorted({item.promised_days for item in served if item.promised_days is not None})
    return [days[0], days[-1]] if days else []


def _one(fees: Iterable[str]) -> str:
    """Return the fee, if a window has one and the same for all its items that name one."""
    named = set(filter(None, fees))
    return named.pop() if len(named) == 1 else ""


class HallFacts:
    """What the pages know of the hall without asking the caller, of one version of the settings at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._version = settings, 0
        self._languages: Collection[str] = ()
        self.guides: dict[str, Asset] = {}
        self._offer: tuple[Asset, Asset] | None = None
        self.practice = ""  # "offered" where a desk may start a hall to practise in, "here" in such a hall

    @property
    def settings(self) -> Settings:
        """The settings that are shown."""
        return self._settings

    def speak(self, languages: Collection[str]) -> None:
        """Take the languages of the pages, and make the documents."""
        self._languages = languages
        self.adopt(self._settings, self._version)

    def offer(self) -> tuple[Asset, Asset]:
        """Return the hall's offer and its items, made when they are first asked for. Blocks then (`offer.items`)."""
        if self._offer is None:
            settings = self._settings
            first = json_asset(page_document(offer.offer(settings, _languages(settings, self._languages))))
            made = first, json_asset(page_document(offer.items(settings)))
            if settings is not self._settings:
                return made  # of settings that are no longer in force: not kept
            self._offer = made
        return self._offer

    def adopt(self, settings: Settings, version: int) -> None:
        """Show these settings from now on."""
        self._settings, self._version = settings, version
        self.hall = json_asset(page_document(hall(settings, self._languages) | {"settings": version}))
        self.desk = json_asset(page_document(desk(settings) | {"practice": self.practice}))
        self._offer = None
        guides = items(settings).items()
        self.guides = {name: json_asset(page_document(guide)) for name, guide in guides}
