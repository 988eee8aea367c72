"""`/offer.json`: what a hall offers, for the pages on which a number is taken or booked by phone. Only public facts.

A phone loads the departments first and the items once it needs them (`/offer/items.json`): it then searches and chooses
without asking again. A hall of few items has them in the first document. What an item needs is in its service guide,
`/items/ID.json`, and what is open now comes from the caller.
"""

from typing import Any

from config.catalogue import word
from config.settings import Item, PriorityClass, Settings

DIRECT_MAX = 12  # so few items need no department first, as at the kiosk


def offer(settings: Settings, languages: list[dict[str, str]]) -> dict[str, Any]:
    """Return the document, with what every page names of the hall."""
    used = {item.department for item in settings.items}
    departments = [each for each in settings.departments if each.id in used]
    fed = {item.queue for item in settings.items}
    loose = [queue for queue in settings.queues if queue.id not in fed]
    takes = _taking_bookings(settings)
    booked_in = {item.department for item in settings.items if item.queue in takes}
    table, rules = settings.hall, settings.rules
    events = _events(settings)
    direct = len(departments) < 2 or len(settings.items) <= DIRECT_MAX
    return {
        "name": table.name, "name_en": table.name_en, "zone": table.zone, "phone": table.phone,
        "complaint_phone": table.complaint_phone, "address": table.address, "languages": languages,
        "take": settings.phone.take, "arrive_minutes": settings.phone.arrive_minutes, "book": settings.phone.book, "notify": settings.notify.applicants,
        "push": settings.notify.push,
        "change_hours": rules.appointment_cancel_hours,
        "early": rules.appointment_early_minutes, "late": rules.appointment_late_minutes,
        "departments": [
            {"id": each.id, "name": each.name, "name_en": each.name_en, "books": each.id in booked_in}
            for each in departments
        ],
        "events": [{"id": str(n), "name": name, "name_en": en} for n, (name, en) in enumerate(events.items())],
        "items": items(settings) if direct else None,
        "queues": [{"id": each.id, "name": each.name, "name_en": each.name_en} for each in loose],
        "classes": [_class(each) for each in settings.classes if each.offered and each.id != "appointment"],
    }  # fmt: skip


def items(settings: Settings) -> list[dict[str, Any]]:
    """Return the items: `keys` by which one is found besides its names, `books`: whether its queue takes bookings, `event`:
    of a life event. Blocks when it is first called: it has the pinyin of the names read."""
    from config.item_search import read_apart, search_keys

    read_apart(settings.items)
    books, events = _taking_bookings(settings), list(_events(settings))
    rows = [_item(each, list(search_keys(each)[1:3]), each.queue in books) for each in settings.items]
    for row, each in zip(rows, settings.items, strict=True):
        if each.life_event:
            row["event"] = str(events.index(each.life_event))
    return rows


def _events(settings: Settings) -> dict[str, str]:
    """Return the life events (一件事), each with its English name, in the order of the items."""
    return {each.life_event: each.life_event_en for each in settings.items if each.life_event}


def _taking_bookings(settings: Settings) -> set[str]:
    return {queue.id for queue in settings.queues if queue.slot_quota}


def _item(item: Item, keys: list[str], books: bool) -> dict[str, Any]:
    return {
        "id": item.id, "name": item.name, "name_en": item.name_en, "department": item.department, "queue": item.queue,
        "keys": keys, "books": books,
    }  # fmt: skip


def _class(each: PriorityClass) -> dict[str, str]:
    return {
        "id": each.id,
        "name": each.name,
        "name_en": each.name_en or word("class", each.id, "en"),
        "words": each.words or word("class-holder", each.id),
        "words_en": each.words_en or word("class-holder", each.id, "en"),
    }
