"""What a kiosk knows: of the applicant in front of it, of its hall and printers, and of this day. Data only.

`VisitState` is all that taps may write and screens may read. The machine above changes it, the screens above
read it, and it knows neither. Its properties are derived on every read and stored nowhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec import field as struct_field

from caller.engine.commands import DeviceState, RequeueTicket
from caller.engine.guide_commands import Assistance
from config.instants import Seconds
from config.languages import COMPLETE, chain, offered
from config.paper.slip import SlipContent, slip_content
from config.settings import Kiosk
from kiosk.catalogue import Catalogue
from kiosk.visit.effects import PendingVisit, SlipOutcome

PIN_TRIES = 5  # wrong entries; then the staff corner rests
PIN_REST_SECONDS: Seconds = 60.0
PIN_REST_SECONDS_MAX: Seconds = 3600.0  # five tries an hour: four digits hold for months
# A silent printer is tried, after the others: some never answer. Its slip is then reported "unknown".
PRINTS: tuple[DeviceState, ...] = ("ready", "paper-low", "unknown")


CLIENT_MIN = 5  # characters: the shortest passport number


class Errand(Struct):
    """All that is known of the applicant in front; replaced by a new one at the wipe."""

    tab: str = ""  # which list of services was chosen; empty: the first
    department: str = ""
    event: int = -1
    item: str = ""
    more: list[str] = struct_field(default_factory=list[str])  # items chosen before it for the same visit
    queue: str = ""
    priority: str = "ordinary"
    person: str = ""  # keyed hash of an ID card that was read
    last4: str = ""  # the last four digits of its number, shown to the holder
    elderly: bool = False  # by the card's year of birth
    client: str = ""  # keyed hash of whom this person acts for
    client_last4: str = ""
    client_form: str = "number"  # what is typed: an ID number or credit code, or a "passport"
    client_fault: str = ""  # why the last number was not taken
    client_checking: bool = False  # a number is being read, and no other is taken
    bookings: list[dict[str, Any]] | None = (
        None  # the holder's appointments of today; None until they are known
    )
    numbers: list[dict[str, Any]] = struct_field(
        default_factory=list[dict[str, Any]]
    )  # the holder's live ones
    asked: bool = False  # the card was laid to check in, so that "none" must be shown
    entry: str = ""
    kept: PendingVisit | None = None
    refusal: dict[str, str] = struct_field(default_factory=dict[str, str])
    topic: str = ""  # the topic watched beside the hall's
    ticket: str = ""  # the ticket whose slip was scanned
    key: str = ""  # the phone's key on that slip, for its reprint
    found: dict[str, Any] = struct_field(default_factory=dict[str, Any])  # the view of that ticket
    slip_outcome: SlipOutcome = "none"
    copy: int = 0
    guide_outcome: SlipOutcome = "none"
    assistance: Assistance = ""  # how this applicant is to be met, as chosen here
    assist_open: bool = False  # the choice is in sight
    feedback_kind: str = ""  # of what is told the hall, and the window and reason chosen for it
    feedback_window: str = ""
    feedback_reason: str = ""
    receipt: dict[str, Any] = struct_field(default_factory=dict[str, Any])  # what the caller gave for it
    question_item: str = ""  # the item whose questions are listed; empty: all
    question: str = ""  # the number of the one in sight
    level: int = 0  # the bad rating that is asked why
    past: list[str] = struct_field(default_factory=list[str])

    @property
    def items(self) -> list[str]:
        """All items of the visit, the one chosen last at the end."""
        return [*self.more, self.item] if self.item else list(self.more)


class SetupCommands(NamedTuple):
    """The commands that set a kiosk up, as its technician types them on this PC."""

    enrol: str = "hallcall enrol kiosk"
    set_pin: str = "hallcall kiosk --set-pin"


class DayCounts(Struct):
    """What this kiosk did on this business day, for the staff corner."""

    day: str = ""
    issued: int = 0
    printed: int = 0  # of these, tickets whose slip came out
    reprinted: int = 0

    @property
    def unprinted(self) -> int:
        """Issued tickets without a printed slip; never negative, for a slip may end on the day after."""
        return max(0, self.issued - self.printed)


@dataclass
class VisitState:
    """The whole state of one kiosk."""

    catalogue: Catalogue
    kiosk: Kiosk
    new_id: Callable[[], str]  # makes command ids (UUIDv7)
    languages: tuple[str, ...] = COMPLETE  # that there are words for
    has_pin: Callable[[], bool] = lambda: False
    setup_commands: SetupCommands = field(default_factory=SetupCommands)
    screen: str = "idle"
    revision: int = 1  # grows with every change of screen
    language: str = ""
    large: bool = False
    low: bool = False  # all within reach of a wheelchair: the lower half of the glass
    muted: bool = False
    questions: Callable[[], Sequence[Any]] = tuple  # the published questions, the newest first
    speaks: Mapping[str, str] = field(
        default_factory=dict[str, str]
    )  # language → in which its prompts are spoken
    undrawn: frozenset[str] = frozenset()  # languages whose letters no font of this PC has
    errand: Errand = field(default_factory=Errand)
    left: int | None = None  # seconds until the wipe, while it is announced
    is_away: bool = True  # until the caller has greeted
    alone: bool = False  # numbers are given from this kiosk's lease, while the caller is away
    not_enrolled: bool = False  # the caller refuses this kiosk's token
    printers: dict[str, DeviceState] | None = None  # None until they were asked
    hall_view: dict[str, Any] = field(default_factory=dict[str, Any])
    reads_cards: bool = False
    dim: int = 0
    dark: bool = False  # by its hours, while nobody is here
    counts: DayCounts = field(default_factory=DayCounts)
    touched: Seconds = 0.0  # monotonic, of the last tap or card
    pin_misses: int = 0  # wrong entries since the last right one
    pin_rests_until: Seconds = 0.0  # monotonic
    pin_wrong: bool = False  # the last entry on the screen in sight
    pin_set: bool = True  # as seen at the last entry
    pin_checking: bool = False  # an entry is being hashed, and no other is taken

    def __post_init__(self) -> None:
        self.language = self.language or self.kiosk.language

    @property
    def offered(self) -> tuple[str, ...]:
        """The languages an applicant may choose."""
        return offered(self.catalogue.settings.hall.languages, self.languages)

    def on_paper(self, language: str) -> str:
        """Return the language of a slip: that of the screen, or the next of its chain that this PC can draw."""
        return next(each for each in chain(language) if each not in self.undrawn)

    @property
    def goes_alone(self) -> bool:
        """Whether the visit goes on though the caller is out of reach."""
        return self.is_away and self.alone

    def waits_for(self, id: str) -> bool:
        """Return whether the answer to this command is still waited for."""
        return self.screen == "waiting" and getattr(self.errand.kept, "id", "") == id

    @property
    def paper_state(self) -> DeviceState:
        """The state of the printer that would be used; if none can print, of the preferred one."""
        if self.printers is None:
            return "unknown"
        states = list(self.printers.values())
        for wanted in PRINTS:
            if wanted in states:
                return wanted
        return states[0] if states else "offline"

    @property
    def prints(self) -> bool:
        return self.paper_state in PRINTS

    @property
    def asks_behalf(self) -> bool:
        """Whether a card's holder is asked for whom they come."""
        return self.catalogue.settings.rules.agents

    @property
    def takes_at_guide(self) -> bool:
        """Whether the number is taken on the screen of the guide, of one class and for the person in front."""
        return self.kiosk.quick and not (self.asks_behalf and self.errand.person)

    @property
    def card_class(self) -> str:
        """The class a card's year of birth speaks for; empty without one."""
        offered = {each.id for each in self.catalogue.offered}
        return "elderly" if self.errand.elderly and "elderly" in offered else ""

    @property
    def frequent(self) -> list[str]:
        """The items that are taken most at this hour, as the caller has learned them; none at a kiosk that is not quick."""
        known = self.hall_view.get("frequent", []) if self.kiosk.quick else []
        return [item for item in known if item in self.catalogue.items]

    @property
    def pin_resting(self) -> bool:
        """Whether entries are refused, as of the last tap."""
        return self.touched < self.pin_rests_until

    @property
    def is_requeue(self) -> bool:
        """Whether the command in flight, or just answered, puts a missed ticket back in line."""
        kept = self.errand.kept
        return kept is not None and isinstance(kept.command, RequeueTicket)

    @property
    def current_ticket(self) -> str:
        """The id of the ticket whose number is shown."""
        kept = self.errand.kept
        return kept.id if kept and not self.is_requeue else self.errand.ticket


# --- the ticket in sight, once as the content of its slip: the printer prints it, and the screens read it


def content_in_sight(state: VisitState, language: str = "") -> SlipContent | None:
    """Return the content of the number shown, in `language` or in that of its slip; None before the answer.

    A kept visit has the slip of its own command; after a return to the line, and for a scanned slip, it is the
    slip of the ticket looked at.
    """
    kept = state.errand.kept
    if kept is None or state.is_requeue:
        language = language or state.on_paper(state.language)
        return content_of_found(state, language) if state.errand.found else None
    if not kept.result:
        return None
    chosen = {"priority": getattr(kept.command, "priority", "ordinary")}
    items = kept.result.get("items") or kept.items  # in the order of going, where there are several
    return _content(state, chosen | kept.result, items, language or state.on_paper(kept.language))


def content_of_found(state: VisitState, language: str = "") -> SlipContent:
    """Return the content of the ticket whose slip was scanned."""
    found: dict[str, Any] = state.errand.found | {"key": state.errand.key}
    view: dict[str, Any] = {"queue": "", "ahead": 0, "low": -1, "high": -1, "issued": 0} | found
    return _content(state, view, found.get("items", []), language or state.language)


def _content(state: VisitState, answer: dict[str, Any], items: list[str], language: str) -> SlipContent:
    known = [state.catalogue.items[item] for item in items if item in state.catalogue.items]
    ratings = state.hall_view.get("ratings")
    return slip_content(state.catalogue.settings, answer, known, language, ratings=ratings)
