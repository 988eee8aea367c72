"""One applicant at the kiosk, as a pure machine: taps, answers and elapsed time in; effects out.

Theory of operation.

1. `routes.TABLE` says where a tap leads. `tap` looks it up, runs the tap's handler (`taps.HANDLERS`), moves to the
   new screen and returns the effects.
2. `answer`, `refuse`, `slip`, `paper`, `hall`, `ticket`, `booked`, `pin_checked` and `away` report what happened
   outside.
3. `tick` is the only way in which time passes. Every `monotonic` is in monotonic seconds.
4. `state.revision` grows with every change of screen, and a tap carries the revision it was made on: a finger late
   by one screen presses nothing.
5. A pending visit is saved before its command is sent, saved again with its answer before its slip is printed, and
   forgotten when its slip is printed or its applicant has left.

The machine knows no asyncio, clock, printer, socket or screen. Ids come from the maker in its state.
"""

from typing import Any

from msgspec.structs import replace

from caller.engine.commands import DeviceState, ReportSlip, SlipState, TakeTicket
from caller.identity.id_hash import IdDocument
from config.instants import Seconds
from devices.printer.status import fate
from kiosk.visit import progress, routes
from kiosk.visit.effects import AskPaper, Forget, GiveAlone, PendingVisit, Print, Save, Send, VisitEffect
from kiosk.visit.feedback import is_feedback, is_rating, receipt_printed, received
from kiosk.visit.state import (
    PIN_REST_SECONDS,
    PIN_REST_SECONDS_MAX,
    PIN_TRIES,
    DayCounts,
    Errand,
    VisitState,
    content_in_sight,
)
from kiosk.visit.taps import HANDLERS, look, refusal, slip

WARN_SECONDS = 10  # time to answer "still here" before everything is wiped
NEEDS_NO_ANSWER = frozenset({"language", "large", "low", "mute", "aloud", "staff", "home"})


class VisitMachine:
    """The machine of one kiosk. Every method that lets something happen returns the effects, in order."""

    def __init__(self, state: VisitState) -> None:
        self.state = state

    # --- what the applicant does

    def tap(self, target: str, monotonic: Seconds, revision: int | None = None) -> list[VisitEffect]:
        """Take one tap, "kind" or "kind:argument"; one made on an older screen, or meaningless here, does nothing."""
        state = self.state
        if revision is not None and revision != state.revision:
            return []
        kind, _, argument = routes.of_scan(target, state.screen).partition(":")
        to = routes.leads(state.screen, kind)
        if to is None or not self._answers(kind):
            return []
        state.touched, state.left = monotonic, None
        if state.goes_alone and (to in routes.NEEDS_CALLER or kind in routes.ASKS_CALLER):
            state.errand.refusal = refusal("alone-only-numbers", "kiosk-refusal")
            return self._enter("refused")
        handler = HANDLERS.get(kind)
        effects = handler(state, argument) if handler else []
        if effects is None:  # the tap is understood, but not possible now or with this argument
            return []
        return effects + self._move(to)

    def card(self, person: str, last4: str, elderly: bool, monotonic: Seconds) -> list[VisitEffect]:
        """Give this visit to the holder of an ID card until the wipe; the last card laid counts.

        On the screen that asks for a client it is the client's card.
        """
        state = self.state
        to = routes.CARD.get(state.screen)
        if to is None or (state.is_away and not state.alone):
            return []
        state.touched, state.left = monotonic, None
        if state.goes_alone and to == "booked":  # what its holder has booked is not known here
            to = "services" if state.screen == "idle" else routes.SAME
        if state.screen == "client":
            return self.client_read(IdDocument("right", "id-card", person, last4), state.revision)
        if to == "behalf" and not state.asks_behalf:
            to = routes.SAME
        state.errand.asked = state.screen == "appointment" or (
            state.screen == "booked" and state.errand.asked
        )
        effects = self._move(to)
        errand = state.errand
        if person != errand.person:
            errand.client = errand.client_last4 = ""
        errand.person, errand.last4, errand.elderly = person, last4, elderly
        if to in (routes.SAME, "behalf"):
            return effects
        errand.bookings = None
        return [*effects, *look(state, "person/" + person)]

    def _answers(self, kind: str) -> bool:
        return (
            not self.state.is_away
            or self.state.alone
            or self.state.screen in routes.WITHOUT_CALLER
            or kind in NEEDS_NO_ANSWER
        )

    def _move(self, to: str) -> list[VisitEffect]:
        state = self.state
        if to == routes.SAME:
            return []
        if to == routes.BACK:
            to = state.errand.past.pop() if state.errand.past else "idle"
            return self._enter(to)
        if (
            to == "priority"
            and state.asks_behalf
            and state.errand.person
            and state.screen in ("guide", "services")
        ):
            to = "behalf"
        if to == "priority" and len(state.catalogue.offered) < 2:
            to = "confirm"
        if state.screen not in ("idle", "number", to):
            state.errand.past.append(state.screen)
        return self._enter(to)

    def _enter(self, screen: str) -> list[VisitEffect]:
        state = self.state
        if screen == "idle":
            return self._wipe()
        if screen in ("services", "search", "questions", "appointment", "pin", "client", "progress"):
            state.errand.entry = state.errand.client_fault = ""
        if screen == "services":
            state.errand.past = []
        if screen == "pin":
            state.pin_set, state.pin_wrong = state.has_pin(), False
        state.screen, state.revision = screen, state.revision + 1
        return (
            [AskPaper()]
            if screen in ("confirm", "feedback-check", "ticket", "staff")
            or (screen == "guide" and state.takes_at_guide)
            else []
        )

    def _wipe(self) -> list[VisitEffect]:
        """Go back to rest; nothing of this applicant stays."""
        state, kept = self.state, self.state.errand.kept
        effects: list[VisitEffect] = []
        if kept and kept.stage == "printing" and state.errand.slip_outcome != "printing":
            effects.append(Forget(kept.id))
        effects += look(state, "")
        state.errand = Errand()
        state.language, state.large, state.low = state.kiosk.language, False, False
        state.muted, state.aloud, state.left = False, False, None
        state.screen, state.revision = "idle", state.revision + 1
        return effects

    # --- what happens outside

    def answer(self, id: str, result: dict[str, Any], monotonic: Seconds) -> list[VisitEffect]:
        """Take the caller's `done` to the command `id`."""
        state, kept = self.state, self.state.errand.kept
        if kept is None or kept.id != id or state.screen != "waiting":
            return []
        state.touched = monotonic
        if is_feedback(state):
            return [Forget(id), *self._enter(routes.ANSWERS["waiting"]["received"]), *received(state, result)]
        if is_rating(state):
            state.errand.kept = None
            return [Forget(id), *self._enter(routes.ANSWERS["waiting"]["rated"])]
        if state.is_requeue:
            state.errand.slip_outcome = "none"
            return [Forget(id), *self._enter(routes.ANSWERS["waiting"]["done"])]
        state.counts.issued += 1
        number = result.get("ticket", id)  # checked in here, or given alone, it is known by an id of its own
        state.errand.kept = kept = replace(kept, id=number, stage="printing", result=result)
        self._enter(routes.ANSWERS["waiting"]["done"])
        slip = content_in_sight(state)
        if slip is None or not state.prints:
            state.errand.slip_outcome = "none"
            return [Save(kept), self._report(kept.id, "failed", 0)]
        state.errand.slip_outcome = "printing"
        return [Save(kept), Print(slip)]

    def refuse(self, id: str, refusal: dict[str, str], monotonic: Seconds) -> list[VisitEffect]:
        """Take the caller's `refused` to the command `id`: code, zh, en, next_zh, next_en."""
        state, kept = self.state, self.state.errand.kept
        if kept is None or kept.id != id or state.screen != "waiting":
            return []
        state.touched = monotonic
        state.errand.kept, state.errand.refusal = None, refusal
        return [Forget(id), *self._enter(routes.ANSWERS["waiting"]["refused"])]

    def slip(self, ticket: str, copy: int, outcome: SlipState) -> list[VisitEffect]:
        """Take the outcome of a slip, also after its applicant has left."""
        state = self.state
        if outcome == "printed" and copy:
            state.counts.reprinted += 1
        elif outcome == "printed":
            state.counts.printed += 1
        in_sight = state.current_ticket == ticket and state.errand.copy == copy
        if in_sight:
            state.errand.slip_outcome = outcome
        report = self._report(ticket, outcome, copy)
        return [Forget(ticket), report] if outcome == "printed" or not in_sight else [report]

    def receipt_printed(self, code: str, outcome: SlipState) -> list[VisitEffect]:
        """Take the outcome of a receipt."""
        receipt_printed(self.state, code, outcome)
        return []

    def guide_printed(self, item: str, outcome: SlipState) -> list[VisitEffect]:
        errand = self.state.errand
        if errand.item == item and errand.guide_outcome == "printing":
            errand.guide_outcome = outcome
        return []

    def paper(self, printers: dict[str, DeviceState]) -> list[VisitEffect]:
        """Take the state of each printer, the preferred first."""
        self.state.printers = printers
        return []

    def hall(self, view: dict[str, Any]) -> list[VisitEffect]:
        """Take the newest `kiosk` view."""
        self.state.hall_view = view
        day = view.get("hall", {}).get("day", "")
        if day and day != self.state.counts.day:
            self.state.counts = DayCounts(day)
        return []

    def ticket(self, view: dict[str, Any]) -> list[VisitEffect]:
        """Take the newest view of the ticket looked at."""
        if view.get("ticket") == self.state.errand.ticket:
            self.state.errand.found = view
        return []

    def no_ticket(self, ticket: str) -> list[VisitEffect]:
        """Refuse a scanned slip whose ticket the caller does not know."""
        errand = self.state.errand
        if self.state.screen != "ticket" or ticket != errand.ticket or errand.found:
            return []
        errand.refusal = refusal("unknown-ticket")
        errand.ticket = ""
        return [*look(self.state, ""), *self._enter("refused")]

    def case(self, code: str, view: dict[str, Any]) -> list[VisitEffect]:
        """Take the case of a receipt's code, whenever it changes; {}: no receipt has this code."""
        unknown = progress.found(self.state, code, view)
        return [*look(self.state, ""), *self._enter("refused")] if unknown else []

    def booked(self, person: str, view: dict[str, Any]) -> list[VisitEffect]:
        """Take what the card's holder has here today, at first and whenever it changes.

        A live number stands first: alone, its own screen is shown. Without any, and without an appointment, a visit
        whose applicant did not come to check in goes on as any other with a card.
        """
        state, errand = self.state, self.state.errand
        if person != errand.person:
            return []
        first, errand.bookings = errand.bookings is None, view.get("appointments", [])
        errand.numbers = view.get("numbers", [])
        if state.screen != "booked" or not first:
            return []
        if len(errand.numbers) == 1 and not errand.numbers[0]["entrusted"] and not errand.bookings:
            return [*slip(state, errand.numbers[0]["ticket"]), *self._move("ticket")]
        if not errand.bookings and not errand.numbers and not errand.asked:
            return self._enter("services")
        state.revision += 1  # a finger on its way to the screen before must not press what has come under it
        return []

    def pin_checked(self, fits: bool | None, revision: int) -> list[VisitEffect]:
        """Take whether an entry made on the screen of `revision` was the PIN; None: there is none.

        After `PIN_TRIES` wrong ones the corner rests, right or wrong, twice as long each time.
        """
        state = self.state
        state.pin_checking, state.pin_set, state.pin_wrong = False, fits is not None, fits is False
        if fits:
            state.pin_misses = 0
            return self._move(routes.ANSWERS["pin"]["fits"]) if revision == state.revision else []
        state.pin_misses += state.pin_wrong
        if state.pin_wrong and state.pin_misses % PIN_TRIES == 0:
            longer = 2 ** min(state.pin_misses // PIN_TRIES - 1, 10)
            state.pin_rests_until = state.touched + min(PIN_REST_SECONDS * longer, PIN_REST_SECONDS_MAX)
        return []

    def client_read(self, found: IdDocument, revision: int) -> list[VisitEffect]:
        """Take what a client's number says, which was entered or scanned on the screen of `revision`."""
        state, errand = self.state, self.state.errand
        errand.client_checking = False
        if state.screen != "client" or revision != state.revision:
            return []
        is_oneself = bool(set(found.person.split(".")) & set(errand.person.split(".")))
        errand.client_fault = "is-you" if found.person and is_oneself else "" if found.person else found.check
        if errand.client_fault:
            return []
        errand.client, errand.client_last4, errand.entry = found.person, found.last4, ""
        return self._move(routes.ANSWERS["client"]["right"])

    def reads(self, cards: bool) -> list[VisitEffect]:
        """Take whether an ID reader of this kiosk is at work."""
        self.state.reads_cards = cards
        return []

    def away(self, is_away: bool, not_enrolled: bool = False) -> list[VisitEffect]:
        """Take whether the caller is out of reach, and whether it refuses this kiosk's token."""
        self.state.is_away, self.state.not_enrolled = is_away, not_enrolled
        return []

    def alone(self, goes_on: bool) -> list[VisitEffect]:
        """Take whether numbers are given from this kiosk's lease; one that is being asked for is the first."""
        kept, self.state.alone = self.state.errand.kept, goes_on
        return [GiveAlone(kept)] if goes_on and kept and self.state.screen == "waiting" else []

    def tick(self, monotonic: Seconds) -> list[VisitEffect]:
        """Announce the wipe to an applicant who has been quiet for too long, then wipe."""
        state = self.state
        quiet = monotonic - state.touched
        if state.screen == "idle":  # a language or large type that was chosen and left is undone
            chosen = state.large or state.low or state.muted or state.aloud
            chosen = chosen or state.language != state.kiosk.language
            return self._wipe() if chosen and quiet >= state.idle_seconds else []
        if state.screen in routes.NO_WIPE or state.errand.slip_outcome == "printing":
            state.left = None
            return []
        left = state.idle_seconds + WARN_SECONDS - quiet
        if left <= 0:
            return self._wipe()
        state.left = int(left) + 1 if left <= WARN_SECONDS else None
        return []

    def resume(self, kept: PendingVisit, monotonic: Seconds) -> list[VisitEffect]:
        """Go on after a restart: the same number again, and no second slip unless it is asked for."""
        state = self.state
        state.touched, state.language = monotonic, kept.language
        state.errand = Errand(kept=kept, item=kept.items[-1] if kept.items else "", more=kept.items[:-1])
        if isinstance(kept.command, TakeTicket):
            state.errand.priority = kept.command.priority
        if kept.stage == "asked":
            self._enter("waiting")
            return [Send(kept.id, kept.command)]
        self._enter("number")
        outcome = fate("sent", "restart")
        state.errand.slip_outcome = outcome
        return [self._report(kept.id, outcome, 0)]

    def _report(self, ticket: str, outcome: SlipState, copy: int) -> VisitEffect:
        return Send(self.state.new_id(), ReportSlip(ticket=ticket, state=outcome, copy=copy), answered=False)
