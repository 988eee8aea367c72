"""What a hall offers, as the kiosk shows it: departments, life events, items, and how one finds an item.

Pure. By what an item is found: `config.item_search`.
"""

from collections.abc import Iterable
from functools import cached_property

from config.directions import text_in
from config.item_search import FOUND_MAX, ItemIndex, initials, read_apart
from config.settings import Department, Item, PriorityClass, Queue, Settings, Window

EXAMPLE_SIGNS = 4  # long enough to be a name, short enough for the line
DIRECT_MAX = 12  # so few items need no department first


class Catalogue:
    """The hall's offer; indexed for the search when an applicant first searches, or `prepare_search` is called."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.items: dict[str, Item] = {item.id: item for item in settings.items}
        self.queues: dict[str, Queue] = {queue.id: queue for queue in settings.queues}
        used = {item.department for item in settings.items}
        self.departments: dict[str, Department] = {d.id: d for d in settings.departments if d.id in used}
        self.events = _in_order(item.life_event for item in settings.items)
        self.classes: dict[str, PriorityClass] = {c.id: c for c in settings.classes}

    @cached_property
    def _index(self) -> ItemIndex:
        return ItemIndex(self.settings.items)

    def prepare_search(self) -> None:
        """Make the index now, so that the first who searches does not wait for it; may run beside, in a thread."""
        read_apart(self.settings.items)
        self.find("")

    @property
    def direct(self) -> bool:
        """A hall with one department, or few items, shows them at once."""
        return len(self.departments) < 2 or len(self.items) <= DIRECT_MAX

    @property
    def books(self) -> bool:
        """Whether one can have an appointment here at all."""
        return any(queue.slot_quota for queue in self.settings.queues)

    @property
    def example(self) -> dict[str, str]:
        """How to search, shown with an item of this very hall: a short name, and its initials."""
        items = [item for item in self.settings.items if all("一" <= sign <= "鿿" for sign in item.name)]
        item = min(items, key=lambda item: abs(len(item.name) - EXAMPLE_SIGNS), default=None)
        return {"name": item.name, "letters": " ".join(initials(item.name)).upper()} if item else {}

    @property
    def offered(self) -> list[PriorityClass]:
        """Classes one may choose; an appointment is not chosen but had."""
        return [c for c in self.settings.classes if c.offered and c.id != "appointment"]

    def of_department(self, department: str) -> list[Item]:
        return [item for item in self.settings.items if item.department == department]

    def of_event(self, event: int) -> list[Item]:
        return [item for item in self.settings.items if item.life_event == self.events[event]]

    def event_name(self, event: int, language: str) -> str:
        return text_in(self.of_event(event)[0], "life_event", language)

    def loose_queues(self) -> list[Queue]:
        """Return the queues no item feeds: an applicant takes a number for them straight."""
        fed = {item.queue for item in self.settings.items}
        return [queue for queue in self.settings.queues if queue.id not in fed]

    def windows_of(self, queue: str) -> list[Window]:
        return [window for window in self.settings.windows if queue in window.queues]

    def find(self, query: str, most: int = FOUND_MAX) -> list[Item]:
        """Return the items that fit, the best fit first, then in the hall's order."""
        return self._index.find(query, most)

    def letters_after(self, query: str) -> str:
        """Return which letters still find something after `query`; the others are greyed on the keyboard."""
        return self._index.letters_after(query)


def _in_order(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]
