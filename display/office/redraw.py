"""Drawing a part of an open page anew so that what stays the same keeps its element: a press arrives, and the focus stays.

1. A press names the element that the browser shows. Were each element of a part replaced at each change of a document, a
   press on its way would name one that is gone. So a part is drawn into new elements, and these take the places (the ids
   and listeners in the browser) of the old ones they stand for; only what differs is sent.
2. What can be pressed stands for another only where it is the same act on the same thing: by its `mark`, else by the words
   on it. A press on its way does what was pressed, by the newest document; or nothing, where that act is gone.
3. A box that holds something to press stands for another where its whole content is equal, by its `mark`, or where no
   other of its kind is beside it. Everything else does by its kind and order.
4. An input keeps what a person made of it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import binding, ui
from nicegui.element import Element
from nicegui.elements.mixins.value_element import ValueElement

Likeness = tuple[object, ...]
NEVER: Likeness = ()  # of an element that stands for no other
NAMING = frozenset({"target", "for"})  # properties that name an element: a tooltip's, an input's


def redraw(box: ui.element, draw: Callable[[], None]) -> None:
    """Draw the content of `box` anew by `draw`; what stands for something that was there takes its place."""
    old = list(box.default_slot.children)
    box.default_slot.children.clear()
    with box:
        draw()
    _match(old, box.default_slot.children, {})
    box.update()


def _match(old: Sequence[Element], new: Sequence[Element], renamed: dict[str, str]) -> None:
    """Let each new element take the place of the old one it stands for, and remove the other old ones. `renamed`: what the
    browser calls what was drawn before, by its passing name."""
    places: dict[int, Element] = {}  # by the id of who takes it
    several = {
        each for beside in (old, new) for each, count in Counter(map(_kind, beside)).items() if count > 1
    }
    sure = [each for each in new if _kind(each) not in several or not _pressed(each)]
    for kind, takers in ((_content, new), (_kind, sure)):
        taken = {place.id for place in places.values()}
        left = [each for each in old if each.id not in taken]
        shown = [kind(each) for each in left]
        for taker in takers:
            wanted = kind(taker)
            if taker.id not in places and wanted != NEVER and wanted in shown:
                at = shown.index(wanted)
                shown[at], places[taker.id] = NEVER, left[at]
    taken = {place.id for place in places.values()}
    for each in new:  # in their order: a tooltip comes after what it explains
        if each.id in places:
            _take_place(places[each.id], each, renamed)
    for each in old:
        if each.id not in taken:
            each.client.remove_elements(each.descendants(include_self=True))


def _take_place(old: Element, new: Element, renamed: dict[str, str]) -> None:
    """Let `new` be in the browser what `old` was, and send it where it differs."""
    before, outbox, slot = old._to_dict(), new.client.outbox, old.default_slot
    if isinstance(new, ValueElement) and isinstance(old, ValueElement):
        new.value, new._client_value = old.value, old._client_value
    outbox.updates.pop(new.id, None)
    del new.client.elements[new.id]
    name, new.id = new.html_id, old.id
    new.client.elements[new.id] = new
    renamed |= {name: new.html_id, f"#{name}": f"#{new.html_id}"}
    with new.props.suspend_updates():
        new.props.update(
            {each: renamed[new.props[each]] for each in NAMING if new.props.get(each) in renamed}
        )
    listeners = list(new._event_listeners.values())
    new._event_listeners.clear()
    for known, listener in zip(old._event_listeners, listeners, strict=True):
        listener.id, listener.element_id = known, new.id
        new._event_listeners[known] = listener
    _match(slot.children, new.default_slot.children, renamed)
    slot.children, slot._parent = new.default_slot.children, new.default_slot._parent
    new.default_slot = new.slots["default"] = slot  # an act that began in this slot goes on in it
    for child in slot.children:
        child.parent_slot = slot
    binding.remove([old])
    old._deleted = True
    if old.id in outbox.updates or new._to_dict() != before:
        outbox.enqueue_update(new)


def _pressed(element: Element) -> bool:
    """Return whether it can be pressed, or holds something that can."""
    return any(each._event_listeners for each in element.descendants(include_self=True))


def _basis(element: Element) -> Likeness:
    """Return what must be equal in any case; `NEVER` for an element with slots of its own (a table)."""
    if len(element.slots) > 1:
        return NEVER
    listeners = tuple(each.type for each in element._event_listeners.values())
    return type(element), element.tag, listeners, tuple(element._markers)


def _kind(element: Element) -> Likeness:
    """Return by what an element stands for another whose content may differ."""
    basis = _basis(element)
    if basis == NEVER or element._markers:
        return basis
    if isinstance(element, ValueElement):
        return *basis, element.props.get("label")
    return *basis, *(_words(element) if element._event_listeners else element.classes)


def _words(element: Element) -> list[object]:
    """Return the words on an element and in it."""
    return [each.props.get("label") or each._text for each in element.descendants(include_self=True)]


def _content(element: Element) -> Likeness:
    """Return all that a person sees of an element; of an input without what they made of it."""
    basis, within = _basis(element), [_content(each) for each in element.default_slot.children]
    if basis == NEVER or NEVER in within:
        return NEVER
    own = NAMING | ({element.VALUE_PROP} if isinstance(element, ValueElement) else set())
    props: list[tuple[str, Any]] = sorted(
        (name, value) for name, value in element.props.items() if name not in own
    )
    return *basis, element._text, repr(props), *element.classes, repr(element.style), *within
