"""`/offer.json`: what a hall offers, for the pages on which a number is taken or booked by phone. Only public facts.

One document of short keys holds all items, so that a phone searches and chooses without asking again; what an item needs
is in its service guide, `/items/ID.json`, and what is open now comes from the caller.
"""

from typing import Any

from caller.client.page_files import Asset, json_asset
from config.catalogue import word
from config.settings import Item, PriorityClass, Settings
from config.text_safety import page_document

DIRECT_MAX = 12  # so few items need no department first, as at the kiosk


def offer_asset(settings: Settings) -> Asset:
    """Return the document as it is sent;"""
    return json_asset(page_document(offer(settings)))


def offer(settings: Settings) -> dict[str, Any]:
    """Return the document."""
    used = {item.department for item in settings.items}
    departments = [each for each in settings.departments if each.id in used]
    fed = {item.queue for item in settings.items}
    loose = [queue for queue in settings.queues if queue.id not in fed]
    return {
        "take": settings.phone.take,
        "book": settings.phone.book,
        "direct": len(departments) < 2 or len(settings.items) <= DIRECT_MAX,
        "departments": [{"id": each.id, "name": each.name, "name_en": each.name_en} for each in departments],
        "items": [_item(each, settings) for each in settings.items],
        "queues": [{"id": each.id, "name": each.name, "name_en": each.name_en} for each in loose],
        "classes": [_class(each) for each in settings.classes if each.offered and each.id != "appointment"],
    }


def _item(item: Item, settings: Settings) -> dict[str, Any]:
    """Return an item: `keys` by which it is found besides its name, `books`: whether its queue takes bookings."""
    from config.item_search import (
        search_keys,
    )  # only in a hall with these pages: the pinyin of all hanzi is 3 MB

    _, initials, pinyin, _ = search_keys(item)
    books = any(queue.slot_quota for queue in settings.queues if queue.id == item.queue)
    return {
        "id": item.id, "name": item.name, "name_en": item.name_en, "department": item.department, "queue": item.queue,
        "keys": [initials, pinyin], "books": books,
    }  # fmt: skip


def _class(each: PriorityClass) -> dict[str, str]:
    return {
        "id": each.id,
        "name": each.name,
        "name_en": each.name_en or word("class", each.id, "en"),
        "words": each.words or word("class-holder", each.id),
        "words_en": each.words_en or word("class-holder", each.id, "en"),
    }
