"""One applicant at the kiosk, as a pure machine: taps, answers and seconds in; effects and a screen out.

Theory of operation. `moves.TABLE` says where a tap leads. `tap` looks it up, lets the tap's own act run
(choose this item, ask for the number), moves, and returns effects. `answer`, `refuse`, `slip`, `paper`,
`hall`, `ticket` and `away` tell what the world did. `tick` is the only way time passes. `screen()` is the
document that any face shows; `n` grows with every change of screen, and a tap carries the `n` it was
made on, so that a finger late by one screen presses nothing.

The machine knows no asyncio, no clock, no printer and no socket. Ids come from the maker it is given.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from caller.engine.commands import CheckIn, DeviceState, ReportSlip, RequeueTicket, SlipState, TakeTicket
from caller.engine.refusals import REFUSALS
from config.settings import Kiosk
from kiosk import scans, screens
from kiosk.catalogue import Catalogue
from kiosk.effects import (
    AskPaper,
    Effect,
    Fate,
    Forget,
    Kept,
    Look,
    PaperChanged,
    Print,
    PrintGuide,
    Restart,
    Save,
    Send,
)
from kiosk.moves import ANSWERS, BACK, NO_WIPE, SAME, WITHOUT_CALLER, leads

WARN_SECONDS = 10  # time to say "still here" before everything is wiped
ENTRY_MAX = 24  # letters or digits one may type; item names are shorter
PIN_TRIES = 5  # then the staff corner rests
PIN_REST_SECONDS = 60.0
COPIES_MAX = 5  # reprints of one slip at one visit; more is somebody playing
DIM_LEVELS = 4
# A silent printer is tried, last: some never answer. What came of it is then "unknown", and said so.
PRINTS: tuple[DeviceState, ...] = ("ready", "paper-low", "unknown")


class Errand(Struct):
    """All that is known of the applicant in front; forgotten whole at the wipe."""

    tab: str = "departments"
    department: str = ""
    event: int = -1
    item: str = ""
    queue: str = ""
    priority: str = "ordinary"
    entry: str = ""
    kept: Kept | None = None
    refusal: dict[str, str] = field(default_factory=dict[str, str])
    ticket: str = ""  # whose slip was scanned
    found: dict[str, Any] = field(default_factory=dict[str, Any])  # its view
    fate: Fate = "none"
    copy: int = 0
    guide: Fate = "none"
    past: list[str] = field(default_factory=list[str])


class Visit:
    """The machine of one kiosk. Every method that lets something happen returns the effects, in order."""

    def __init__(
        self,
        catalogue: Catalogue,
        kiosk: Kiosk,
        new_id: Callable[[], str],
        languages: tuple[str, ...] = ("zh", "en"),
        pin_fits: Callable[[str], bool] | None = None,
    ) -> None:
        self.catalogue, self.kiosk, self.new_id = catalogue, kiosk, new_id
        self.languages, self.pin_fits = languages, pin_fits
        self.at = "idle"
        self.n = 1
        self.language = kiosk.language
        self.large = False
        self.errand = Errand()
        self.left: int | None = None  # seconds until the wipe, while it is announced
        self.is_away = True  # until the caller has greeted
        self.printers: dict[str, DeviceState] = {}
        self.hall_view: dict[str, Any] = {}
        self.dim = 0
        self.counts = {"issued": 0, "printed": 0, "failed": 0}
        self._touched = 0.0
        self._pin_missed: list[float] = []

    # --- what the applicant does

    def tap(self, target: str, now: float, n: int | None = None) -> list[Effect]:
        """One tap, as "kind" or "kind:argument". Made on an older screen, or meaningless here: nothing."""
        if n is not None and n != self.n:
            return []
        kind, _, argument = scans.read(target).partition(":")
        to = leads(self.at, kind)
        if to is None or not self._answers(kind):
            return []
        self._touched, self.left = now, None
        act = getattr(self, "_tap_" + kind.replace("-", "_"), None)
        effects = act(argument) if act else []
        if effects is None:  # the tap was understood, but not now or not this
            return []
        return effects + self._move(to)

    def _answers(self, kind: str) -> bool:
        return not self.is_away or self.at in WITHOUT_CALLER or kind in ("language", "large", "staff", "home")

    def _move(self, to: str) -> list[Effect]:
        if to == SAME:
            return []
        if to == "idle":
            return self._wipe()
        if to == BACK:
            return self._enter(self.errand.past.pop() if self.errand.past else "idle")
        if to == "priority" and len(self.catalogue.offered) < 2:
            to = "confirm"
        if self.at not in ("idle", to):
            self.errand.past.append(self.at)
        return self._enter(to)

    def _enter(self, screen: str) -> list[Effect]:
        if screen == "idle":
            return self._wipe()
        if screen in ("services", "search", "appointment", "pin"):
            self.errand.entry = ""
        if screen == "services":
            self.errand.past = []
        self.at, self.n = screen, self.n + 1
        return [AskPaper()] if screen in ("confirm", "ticket", "staff") else []

    def _wipe(self) -> list[Effect]:
        """Back to rest: nothing of this applicant stays."""
        kept = self.errand.kept
        effects: list[Effect] = []
        if kept and kept.stage == "printing" and self.errand.fate != "printing":
            effects.append(Forget(kept.id))
        if self.errand.ticket:
            effects.append(Look(""))
        self.errand = Errand()
        self.language, self.large, self.left = self.kiosk.language, False, None
        self.at, self.n = "idle", self.n + 1
        return effects

    # --- acts of single taps: effects, or None for "not this"

    def _tap_language(self, language: str) -> list[Effect] | None:
        if language not in self.languages:
            return None
        self.language = language
        return []

    def _tap_large(self, _: str) -> list[Effect]:
        self.large = not self.large
        return []

    def _tap_tab(self, tab: str) -> list[Effect] | None:
        if tab not in ("departments", "events"):
            return None
        self.errand.tab = tab
        self.n += 1
        return []

    def _tap_department(self, department: str) -> list[Effect] | None:
        if department not in self.catalogue.departments:
            return None
        self.errand.department, self.errand.event = department, -1
        return []

    def _tap_event(self, event: str) -> list[Effect] | None:
        if not event.isdecimal() or int(event) >= len(self.catalogue.events):
            return None
        self.errand.department, self.errand.event = "", int(event)
        return []

    def _tap_item(self, item: str) -> list[Effect] | None:
        known = self.catalogue.items.get(item)
        if known is None:
            return None
        self.errand.item, self.errand.queue, self.errand.guide = item, known.queue, "none"
        return []

    def _tap_queue(self, queue: str) -> list[Effect] | None:
        if queue not in {q.id for q in self.catalogue.loose_queues()}:
            return None
        self.errand.item, self.errand.queue = "", queue
        return []

    def _tap_class(self, class_id: str) -> list[Effect] | None:
        if class_id not in {c.id for c in self.catalogue.offered}:
            return None
        self.errand.priority = class_id
        return []

    def _tap_key(self, key: str) -> list[Effect] | None:
        if len(key) != 1 or not key.isalnum() or len(self.errand.entry) >= ENTRY_MAX:
            return None
        self.errand.entry += key.lower() if self.at == "search" else key.upper()
        return []

    def _tap_text(self, text: str) -> list[Effect]:
        self.errand.entry = text[:ENTRY_MAX]
        return []

    def _tap_erase(self, _: str) -> list[Effect]:
        self.errand.entry = self.errand.entry[:-1]
        return []

    def _tap_clear(self, _: str) -> list[Effect]:
        self.errand.entry = ""
        return []

    def _tap_confirm(self, _: str) -> list[Effect]:
        errand = self.errand
        items = [errand.item] if errand.item else []
        queue = "" if items else errand.queue
        return self._ask(TakeTicket(items=items, queue=queue, priority=errand.priority), items)  # type: ignore[arg-type]

    def _tap_code(self, code: str) -> list[Effect]:
        return self._ask(CheckIn(code=code), [])

    def _tap_check_in(self, _: str) -> list[Effect] | None:
        if len(self.errand.entry) < 4:
            return None
        return self._ask(CheckIn(code=self.errand.entry), [])

    def _tap_slip(self, ticket: str) -> list[Effect]:
        self.errand.ticket, self.errand.found = ticket, {}
        self.errand.fate, self.errand.copy = "none", 0
        return [Look(ticket)]

    def _tap_requeue(self, _: str) -> list[Effect] | None:
        if not self.errand.found.get("missed_can_return"):
            return None
        return self._ask(RequeueTicket(ticket=self.errand.ticket), [])

    def _tap_more(self, _: str) -> list[Effect]:
        """A second errand: the language and the large type stay, the first number is let go."""
        kept, fate = self.errand.kept, self.errand.fate
        self.errand = Errand()
        return [Forget(kept.id)] if kept and fate != "printing" else []

    def _tap_reprint(self, _: str) -> list[Effect] | None:
        slip = screens.slip_of(self)
        if slip is None or self.errand.fate == "printing" or not self.prints:
            return None
        if self.errand.copy >= COPIES_MAX:
            return None
        self.errand.copy += 1
        self.errand.fate = "printing"
        return [Print(replace(slip, copy=self.errand.copy))]

    def _tap_print_guide(self, _: str) -> list[Effect] | None:
        if self.errand.guide == "printing" or not self.prints:
            return None
        self.errand.guide = "printing"
        return [PrintGuide(self.errand.item, self.language)]

    def _tap_enter(self, _: str) -> list[Effect] | None:
        """The PIN. A wrong one counts, and after a few the corner rests, right or wrong."""
        now, entry = self._touched, self.errand.entry
        self.errand.entry = ""
        self._pin_missed = [at for at in self._pin_missed if now - at < PIN_REST_SECONDS]
        if self.pin_resting or self.pin_fits is None:
            return None
        if not self.pin_fits(entry):
            self._pin_missed.append(now)
            return None
        self._pin_missed = []
        return []

    def _tap_paper_changed(self, _: str) -> list[Effect]:
        return [PaperChanged()]

    def _tap_dim(self, _: str) -> list[Effect]:
        self.dim = (self.dim + 1) % DIM_LEVELS
        return []

    def _tap_restart(self, _: str) -> list[Effect]:
        return [Restart()]

    @property
    def pin_resting(self) -> bool:
        return len(self._pin_missed) >= PIN_TRIES

    @property
    def pin_missed(self) -> bool:
        return bool(self._pin_missed)

    def _ask(self, command: TakeTicket | CheckIn | RequeueTicket, items: list[str]) -> list[Effect]:
        """The id is on disk before the command leaves: a repeat after a power cut is the same command."""
        kept = Kept(id=self.new_id(), command=command, items=items, language=self.language)
        self.errand.kept = kept
        return [Save(kept), Send(kept.id, command)]

    # --- what the world does

    def answer(self, id: str, result: dict[str, Any], now: float) -> list[Effect]:
        """The caller's `done`."""
        kept = self.errand.kept
        if kept is None or kept.id != id or self.at != "waiting":
            return []
        self._touched = now
        if isinstance(kept.command, RequeueTicket):
            self.errand.fate = "none"
            return [Forget(id), *self._enter(ANSWERS["waiting"]["done"])]
        self.counts["issued"] += 1
        self.errand.kept = kept = replace(kept, stage="printing", result=result)
        self._enter(ANSWERS["waiting"]["done"])
        slip = screens.slip_of(self)
        if slip is None or not self.prints:
            self.errand.fate = "none"
            return [Save(kept), self._report(kept.id, "failed", 0)]
        self.errand.fate = "printing"
        return [Save(kept), Print(slip)]

    def refuse(self, id: str, refusal: dict[str, str], now: float) -> list[Effect]:
        """The caller's `refused`: code, zh, en, next_zh, next_en."""
        kept = self.errand.kept
        if kept is None or kept.id != id or self.at != "waiting":
            return []
        self._touched = now
        self.errand.kept, self.errand.refusal = None, refusal
        return [Forget(id), *self._enter(ANSWERS["waiting"]["refused"])]

    def slip(self, ticket: str, copy: int, state: SlipState) -> list[Effect]:
        """What became of a slip, wherever its applicant is by now."""
        self.counts["printed" if state == "printed" else "failed"] += 1
        mine = self.current_ticket == ticket and self.errand.copy == copy
        if mine:
            self.errand.fate = state
        effects: list[Effect] = [self._report(ticket, state, copy)]
        if state == "printed" or not mine:
            effects.insert(0, Forget(ticket))
        return effects

    def guide_printed(self, item: str, state: SlipState) -> list[Effect]:
        if self.errand.item == item and self.errand.guide == "printing":
            self.errand.guide = state
        return []

    def paper(self, printers: dict[str, DeviceState]) -> list[Effect]:
        """The state of each printer, the preferred first."""
        self.printers = printers
        return []

    def hall(self, view: dict[str, Any]) -> list[Effect]:
        """The newest `kiosk` view."""
        self.hall_view = view
        return []

    def ticket(self, view: dict[str, Any]) -> list[Effect]:
        """The newest view of the ticket looked at."""
        if view.get("ticket") == self.errand.ticket:
            self.errand.found = view
        return []

    def no_ticket(self, ticket: str) -> list[Effect]:
        """The caller knows no such ticket."""
        if self.at != "ticket" or ticket != self.errand.ticket or self.errand.found:
            return []
        zh, en, next_zh, next_en = REFUSALS["unknown-ticket"]
        self.errand.refusal = {
            "code": "unknown-ticket",
            "zh": zh,
            "en": en,
            "next_zh": next_zh,
            "next_en": next_en,
        }
        self.errand.ticket = ""
        return [Look(""), *self._enter("refused")]

    def away(self, is_away: bool) -> list[Effect]:
        self.is_away = is_away
        return []

    def tick(self, now: float) -> list[Effect]:
        """Time passes: warn one who left, then wipe."""
        if self.at == "idle":
            return self._rest(now)
        if self.at in NO_WIPE or self.errand.fate == "printing":
            self.left = None
            return []
        quiet = now - self._touched
        left = self.kiosk.idle_seconds + WARN_SECONDS - quiet
        if left <= 0:
            return self._wipe()
        self.left = int(left) + 1 if left <= WARN_SECONDS else None
        return []

    def _rest(self, now: float) -> list[Effect]:
        """At rest, a language or large type that somebody chose and left goes without a word."""
        chosen = self.large or self.language != self.kiosk.language
        return self._wipe() if chosen and now - self._touched >= self.kiosk.idle_seconds else []

    def resume(self, kept: Kept, now: float) -> list[Effect]:
        """After a restart: the same number again, and never a second slip by itself."""
        self._touched, self.language = now, kept.language
        self.errand = Errand(kept=kept, item=kept.items[0] if kept.items else "")
        if isinstance(kept.command, TakeTicket):
            self.errand.priority = kept.command.priority
        if kept.stage == "asked":
            self._enter("waiting")
            return [Send(kept.id, kept.command)]
        self._enter("number")
        self.errand.fate = "unknown"
        return [self._report(kept.id, "unknown", 0)]

    # --- small truths

    @property
    def paper_state(self) -> DeviceState:
        """The state of the printer that would be used; if none can print, of the preferred one."""
        states = list(self.printers.values())
        for wanted in PRINTS:
            if wanted in states:
                return wanted
        return states[0] if states else "offline"

    @property
    def prints(self) -> bool:
        return self.paper_state in PRINTS

    @property
    def current_ticket(self) -> str:
        """The ticket whose number is in sight."""
        kept = self.errand.kept
        if kept and not isinstance(kept.command, RequeueTicket):
            return kept.id
        return self.errand.ticket

    def _report(self, ticket: str, state: SlipState, copy: int) -> Effect:
        return Send(self.new_id(), ReportSlip(ticket=ticket, state=state, copy=copy), answered=False)

    def screen(self) -> dict[str, Any]:
        """The document every face shows."""
        return screens.document(self)
