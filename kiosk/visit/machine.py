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

from msgspec.structs import replace

from caller.engine.commands import CheckIn, DeviceState, ReportSlip, RequeueTicket, SlipState, TakeTicket
from caller.engine.refusals import REFUSALS
from config.settings import Kiosk
from devices.printer.jobs import fate
from kiosk.catalogue import Catalogue
from kiosk.screens import document
from kiosk.screens.widgets import qr_rows, slip_of, url
from kiosk.visit import scans
from kiosk.visit.effects import AskPaper, Forget, Look, PendingVisit, Print, Save, Send, VisitEffect
from kiosk.visit.routes import ANSWERS, BACK, CARD, NO_WIPE, SAME, WITHOUT_CALLER, leads
from kiosk.visit.state import PLAIN, DayCounts, Errand, Remedies
from kiosk.visit.taps import ACTS

WARN_SECONDS = 10  # time to say "still here" before everything is wiped
PIN_TRIES = 5  # then the staff corner rests
# A silent printer is tried, last: some never answer. What came of it is then "unknown", and said so.
PRINTS: tuple[DeviceState, ...] = ("ready", "paper-low", "unknown")


class VisitMachine:
    """The machine of one kiosk. Every method that lets something happen returns the effects, in order."""

    def __init__(
        self,
        catalogue: Catalogue,
        kiosk: Kiosk,
        new_id: Callable[[], str],
        languages: tuple[str, ...] = ("zh", "en"),
        pin_fits: Callable[[str], bool | None] = lambda _: None,
        remedies: Remedies = PLAIN,
    ) -> None:
        self.catalogue, self.kiosk, self.new_id = catalogue, kiosk, new_id
        self.languages, self.pin_fits, self.remedies = languages, pin_fits, remedies
        self.at = "idle"
        self.n = 1
        self.language = kiosk.language
        self.large = False
        self.speaks: frozenset[str] = frozenset()  # languages this kiosk can say its prompts in
        self.muted = False
        self.errand = Errand()
        self.left: int | None = None  # seconds until the wipe, while it is announced
        self.is_away = True  # until the caller has greeted
        self.is_barred = False  # the caller knows this kiosk's token no more
        self.printers: dict[str, DeviceState] | None = None  # until they were asked
        self.hall_view: dict[str, Any] = {}
        self.reads_cards = False
        self.dim = 0
        self.counts = DayCounts()
        self.touched = 0.0
        self.pin_misses: list[float] = []
        self.pin_set = True  # as far as was seen at the last entry

    # --- what the applicant does

    def tap(self, target: str, now: float, n: int | None = None) -> list[VisitEffect]:
        """One tap, as "kind" or "kind:argument". Made on an older screen, or meaningless here: nothing."""
        if n is not None and n != self.n:
            return []
        kind, _, argument = scans.read(target).partition(":")
        to = leads(self.at, kind)
        if to is None or not self._answers(kind):
            return []
        self.touched, self.left = now, None
        act = ACTS.get(kind)
        effects = act(self, argument) if act else []
        if effects is None:  # the tap was understood, but not now or not this
            return []
        return effects + self._move(to)

    def card(self, person: str, last4: str, elderly: bool, now: float) -> list[VisitEffect]:
        """An ID card was read: this visit is that person's until it is wiped; the last card laid counts."""
        to = CARD.get(self.at)
        if to is None or self.is_away:
            return []
        self.touched, self.left = now, None
        self.errand.asked = self.at == "appointment" or (self.at == "booked" and self.errand.asked)
        effects = self._move(to)
        self.errand.person, self.errand.last4, self.errand.elderly = person, last4, elderly
        if to == SAME:
            return effects
        self.errand.bookings = None
        return [*effects, *self.look("person/" + person)]

    def look(self, topic: str) -> list[VisitEffect]:
        """One thing at a time beside the hall."""
        if topic == self.errand.topic == "":
            return []
        self.errand.topic = topic
        return [Look(topic)]

    def _answers(self, kind: str) -> bool:
        return (
            not self.is_away
            or self.at in WITHOUT_CALLER
            or kind in ("language", "large", "mute", "staff", "home")
        )

    def _move(self, to: str) -> list[VisitEffect]:
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

    def _enter(self, screen: str) -> list[VisitEffect]:
        if screen == "idle":
            return self._wipe()
        if screen in ("services", "search", "appointment", "pin"):
            self.errand.entry = ""
        if screen == "services":
            self.errand.past = []
        if screen == "pin":
            self.pin_set = self.pin_fits("") is not None
        self.at, self.n = screen, self.n + 1
        return [AskPaper()] if screen in ("confirm", "ticket", "staff") else []

    def _wipe(self) -> list[VisitEffect]:
        """Back to rest: nothing of this applicant stays."""
        kept = self.errand.kept
        effects: list[VisitEffect] = []
        if kept and kept.stage == "printing" and self.errand.fate != "printing":
            effects.append(Forget(kept.id))
        effects += self.look("")
        self.errand = Errand()
        self.language, self.large, self.left = self.kiosk.language, False, None
        self.muted = False
        self.at, self.n = "idle", self.n + 1
        return effects

    @property
    def pin_resting(self) -> bool:
        return len(self.pin_misses) >= PIN_TRIES

    @property
    def pin_missed(self) -> bool:
        return bool(self.pin_misses)

    def ask(self, command: TakeTicket | CheckIn | RequeueTicket, items: list[str]) -> list[VisitEffect]:
        """The id is on disk before the command leaves: a repeat after a power cut is the same command."""
        kept = PendingVisit(id=self.new_id(), command=command, items=items, language=self.language)
        self.errand.kept = kept
        return [Save(kept), Send(kept.id, command)]

    # --- what the world does

    def answer(self, id: str, result: dict[str, Any], now: float) -> list[VisitEffect]:
        """The caller's `done`."""
        kept = self.errand.kept
        if kept is None or kept.id != id or self.at != "waiting":
            return []
        self.touched = now
        if isinstance(kept.command, RequeueTicket):
            self.errand.fate = "none"
            return [Forget(id), *self._enter(ANSWERS["waiting"]["done"])]
        self.counts.issued += 1
        self.errand.kept = kept = replace(kept, stage="printing", result=result)
        self._enter(ANSWERS["waiting"]["done"])
        slip = slip_of(self)
        if slip is None or not self.prints:
            self.errand.fate = "none"
            return [Save(kept), self._report(kept.id, "failed", 0)]
        self.errand.fate = "printing"
        return [Save(kept), Print(slip)]

    def refuse(self, id: str, refusal: dict[str, str], now: float) -> list[VisitEffect]:
        """The caller's `refused`: code, zh, en, next_zh, next_en."""
        kept = self.errand.kept
        if kept is None or kept.id != id or self.at != "waiting":
            return []
        self.touched = now
        self.errand.kept, self.errand.refusal = None, refusal
        return [Forget(id), *self._enter(ANSWERS["waiting"]["refused"])]

    def slip(self, ticket: str, copy: int, state: SlipState) -> list[VisitEffect]:
        """What became of a slip, wherever its applicant is by now."""
        if state == "printed" and copy:
            self.counts.reprinted += 1
        elif state == "printed":
            self.counts.printed += 1
        mine = self.current_ticket == ticket and self.errand.copy == copy
        if mine:
            self.errand.fate = state
        effects: list[VisitEffect] = [self._report(ticket, state, copy)]
        if state == "printed" or not mine:
            effects.insert(0, Forget(ticket))
        return effects

    def guide_printed(self, item: str, state: SlipState) -> list[VisitEffect]:
        if self.errand.item == item and self.errand.guide == "printing":
            self.errand.guide = state
        return []

    def paper(self, printers: dict[str, DeviceState]) -> list[VisitEffect]:
        """The state of each printer, the preferred first."""
        self.printers = printers
        return []

    def hall(self, view: dict[str, Any]) -> list[VisitEffect]:
        """The newest `kiosk` view."""
        self.hall_view = view
        day = view.get("hall", {}).get("day", "")
        if day and day != self.counts.day:
            self.counts = DayCounts(day)
        return []

    def ticket(self, view: dict[str, Any]) -> list[VisitEffect]:
        """The newest view of the ticket looked at."""
        if view.get("ticket") == self.errand.ticket:
            self.errand.found = view
        return []

    def no_ticket(self, ticket: str) -> list[VisitEffect]:
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
        return [*self.look(""), *self._enter("refused")]

    def booked(self, person: str, appointments: list[dict[str, Any]]) -> list[VisitEffect]:
        """What the holder of the card has booked for today, now and whenever it changes. If that is nothing and
        nobody asked for it, the visit goes on as any other with a card."""
        if person != self.errand.person:
            return []
        first, self.errand.bookings = self.errand.bookings is None, appointments
        if self.at != "booked" or not first:
            return []
        if not appointments and not self.errand.asked:
            return self._enter("services")
        self.n += 1  # a finger on its way to the screen before must not press what has come under it
        return []

    def reads(self, cards: bool) -> list[VisitEffect]:
        """Whether an ID reader of this kiosk is at work."""
        self.reads_cards = cards
        return []

    def away(self, is_away: bool, is_barred: bool = False) -> list[VisitEffect]:
        self.is_away, self.is_barred = is_away, is_barred
        return []

    def tick(self, now: float) -> list[VisitEffect]:
        """Time passes: warn one who left, then wipe."""
        if self.at == "idle":
            return self._rest(now)
        if self.at in NO_WIPE or self.errand.fate == "printing":
            self.left = None
            return []
        quiet = now - self.touched
        left = self.kiosk.idle_seconds + WARN_SECONDS - quiet
        if left <= 0:
            return self._wipe()
        self.left = int(left) + 1 if left <= WARN_SECONDS else None
        return []

    def _rest(self, now: float) -> list[VisitEffect]:
        """At rest, a language or large type that somebody chose and left goes without a word."""
        chosen = self.large or self.muted or self.language != self.kiosk.language
        return self._wipe() if chosen and now - self.touched >= self.kiosk.idle_seconds else []

    def resume(self, kept: PendingVisit, now: float) -> list[VisitEffect]:
        """After a restart: the same number again, and never a second slip by itself."""
        self.touched, self.language = now, kept.language
        self.errand = Errand(kept=kept, item=kept.items[0] if kept.items else "")
        if isinstance(kept.command, TakeTicket):
            self.errand.priority = kept.command.priority
        if kept.stage == "asked":
            self._enter("waiting")
            return [Send(kept.id, kept.command)]
        self._enter("number")
        found = fate("sent", "restart")
        self.errand.fate = found
        return [self._report(kept.id, found, 0)]

    def draw_ahead(self) -> None:
        """While the disk and the caller are at work: the code of the number to come (30 ms on a small PC)."""
        if self.errand.kept:
            qr_rows(url(self, self.errand.kept.id))

    # --- small truths

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
    def current_ticket(self) -> str:
        """The ticket whose number is in sight."""
        kept = self.errand.kept
        if kept and not isinstance(kept.command, RequeueTicket):
            return kept.id
        return self.errand.ticket

    def _report(self, ticket: str, state: SlipState, copy: int) -> VisitEffect:
        return Send(self.new_id(), ReportSlip(ticket=ticket, state=state, copy=copy), answered=False)

    def screen(self) -> dict[str, Any]:
        """The document every face shows."""
        return document.document(self)
