"""A hall's own words in one language: names, published facts of items, the way to windows, and where its pages are.

Chinese stands in where the hall gave no other. The way is known if all windows are in one area; a window without an
area does not count.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from config.catalogue import sentence
from config.hosts import is_encrypted
from config.languages import BASE, own
from config.settings import Area, Item, Settings, Window


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def name_in(thing: Named, language: str) -> str:
    """Return the name in a language."""
    return own(thing, "name", language)


def text_in(item: Item, field: str, language: str) -> str:
    """Return a published fact of an item ("fee", "basis", "conditions") in a language."""
    return own(item, field, language)


def lines_in(item: Item, field: str, language: str) -> list[str]:
    """Return a published list of an item ("papers", "steps") in a language."""
    return list(own(item, field, language))


def shared(windows: Iterable[Window], areas: Iterable[Area]) -> Area | None:
    """Return the area of all these windows; None if they are in several, or the settings name none."""
    named = {window.area for window in windows} - {""}
    return next((area for area in areas if named == {area.id}), None)


def way(area: Area | None, language: str) -> str:
    """Return 二楼 B 区，上电扶梯右转; empty without an area."""
    if area is None:
        return ""
    sign = sentence("on-slip", "way-sign", language)
    return sign.join(filter(None, (own(area, "name", language), own(area, "way", language))))


def window_label(window: Window, language: str) -> str:
    """Return a window as people look for it: with the number over it, if its id is one and its name does not say it."""
    name = name_in(window, language)
    if not window.id.isdecimal() or window.id in name:
        return name
    return sentence("on-slip", "window", language, id=window.id, name=name)


def window_labels(windows: Sequence[Window], language: str) -> tuple[str, ...]:
    """Return where a number may be called: one window with its number and name, several by their numbers where all have
    one."""
    if len(windows) > 1 and all(window.id.isdecimal() for window in windows):
        return tuple(window.id for window in windows)
    return tuple(window_label(window, language) for window in windows)


def page_url(settings: Settings, path: str, language: str = "") -> str:
    """Return the address of one of the hall's pages, as slips, kiosks and boards show it to phones.

    `language`: that was chosen by who will open it; the address names it where it is not the hall's first, which is no choice.
    """
    listen = settings.listen
    scheme = "https" if is_encrypted(listen.tls) else "http"
    root = listen.public_url or f"{scheme}://{listen.host}:{listen.web}"
    first = next(iter(settings.hall.languages), BASE)
    return root.rstrip("/") + path + (f"?lang={language}" if language not in ("", first) else "")
