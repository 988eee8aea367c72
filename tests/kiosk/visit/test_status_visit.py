"""Every status byte at every question, at every moment of a visit: no number without a visible form.

The bytes go through the product's own printer over a line that answers what the test says; what comes out
(a state before the tap, an outcome of the slip) is all that a visit ever learns of a printer. So the visits
are played with every one of these, at every step, with everything else that may happen around them.
"""

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any, get_args

import pytest

from caller.engine.commands import DeviceState, SlipState
from config.instants import Seconds
from devices.printer import Printer, escpos
from devices.printer.status import QUESTIONS, Question, is_answer
from kiosk.catalogue import Catalogue
from kiosk.screens.document import document
from kiosk.visit.effects import PendingVisit, Print, Save, Send, VisitEffect
from kiosk.visit.machine import WARN_SECONDS, VisitMachine
from kiosk.visit.routes import TABLE, leads
from kiosk.visit.state import PRINTS, VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall
from tests.instruments.printer_bench import Clock
from tests.kiosk.visit.test_visit import ISSUED, TO_CONFIRM, new_visit, reach, taps

GOOD = 0x12
JOB = b"A042\n\x1dV\x00"
STATES: tuple[DeviceState, ...] = get_args(DeviceState)
FATES: tuple[SlipState, ...] = get_args(SlipState)


# --- bytes to what a visit learns


class Answering:
    """A line to a printer that answers each question with one byte; another set once paper is cut."""

    answers, keeps = True, False

    def __init__(self, before: dict[Question, int], after: dict[Question, int], clock: Clock) -> None:
        self._now, self._after, self._clock = before, after, clock
        self._said = b""
        self.cuts = 0

    def write(self, piece: bytes) -> None:
        if piece.endswith(JOB):
            self.cuts, self._now = self.cuts + 1, self._after
        elif piece == escpos.RECEIPT_PLEASE:
            self._said += b"\x00"
        else:
            for question in QUESTIONS:
                self._said += bytes([self._now[question]]) if piece == escpos.ask(question) else b""

    def read(self, seconds: float) -> bytes:
        said, self._said = self._said, b""
        self._clock.now += 0 if said else seconds
        return said

    def close(self) -> None:
        self._said = b""


def learned(before: dict[Question, int], after: dict[Question, int]) -> tuple[DeviceState, SlipState, int]:
    """The state before a tap, the outcome of the slip, and how many papers were cut."""
    clock = Clock()
    line = Answering(before, after, clock)
    printer = Printer("tcp://bench:9100", connect=lambda _: line, clock=clock)
    return printer.state(), printer.print(JOB), line.cuts


@cache
def all_learned() -> dict[tuple[bool, Question, int], tuple[DeviceState, SlipState, int]]:
    """By (from the start on, question, byte)."""
    good: dict[Question, int] = dict.fromkeys(QUESTIONS, GOOD)
    found: dict[tuple[bool, Question, int], tuple[DeviceState, SlipState, int]] = {}
    for question in QUESTIONS:
        for byte in range(256):
            odd: dict[Question, int] = {**good, question: byte}
            found[True, question, byte] = learned(odd, odd)
            found[False, question, byte] = learned(good, odd)
    return found


def test_no_byte_makes_a_paper_printed_that_was_not_cut_or_not_vouched_for() -> None:
    for (_, question, byte), (state, outcome, cuts) in all_learned().items():
        if outcome == "printed":
            assert cuts == 1, (question, byte)
            assert is_answer(byte) or byte in (0x11, 0x13), (question, byte)
        if state in ("paper-out", "cover-open", "error", "offline"):
            assert (outcome, cuts) == ("failed", 0), (question, byte)


def test_the_bytes_bring_about_every_state_but_one_and_every_outcome() -> None:
    """Offline by a refused connection is also offline by a byte; so all seven states come from bytes."""
    assert {state for state, _, _ in all_learned().values()} == set(STATES)
    assert {outcome for _, outcome, _ in all_learned().values()} == set(FATES)


# --- what a visit learns to what an applicant sees


def visible(visit: VisitMachine) -> bool:
    """The number in sight, with the code that takes it along on a phone."""
    screen = document(visit.state)
    block = screen.get("number", {})
    return screen["screen"] == "number" and block.get("number") == "A042" and bool(block["qr"])


Step = Callable[[VisitMachine], list[VisitEffect]]


def _happens() -> dict[str, Step]:
    """Whatever may happen around a number, other than its applicant going home."""
    steps: dict[str, Step] = {f"printer {state}": lambda v, s=state: v.paper({"p1": s}) for state in STATES}
    steps |= {
        f"slip {fate}": lambda v, f=fate: v.slip(v.state.current_ticket, v.state.errand.copy, f)
        for fate in FATES
    }
    steps |= {f"late slip {fate}": lambda v, f=fate: v.slip("another", 0, f) for fate in FATES}
    pressed = {tap for row in TABLE.values() for tap in row} | {"back", "language:en", "large", "stay"}
    steps |= {f"tap {tap}": lambda v, t=tap: v.tap(t, 1.0) for tap in pressed - {"more"}}
    steps |= {
        "caller away": lambda v: v.away(True),
        "caller back": lambda v: v.away(False),
        "hall closes": lambda v: v.hall(kiosk_view(open=False)),
        "card": lambda v: v.card("hash", "1234", True, 1.0),
        "time": lambda v: v.tick(KIOSK.idle_seconds + WARN_SECONDS - 0.1),
        "answer again": lambda v: v.answer(
            v.state.current_ticket, ISSUED | {"ticket": v.state.current_ticket}, 1.0
        ),
        "refused late": lambda v: v.refuse(v.state.current_ticket, {"code": "x"}, 1.0),
    }
    return steps


HAPPENS = _happens()


CATALOGUE = Catalogue(small_hall())  # made once: thousands of visits are played


def visit_with(paper: DeviceState, kind: type[VisitMachine] = VisitMachine) -> VisitMachine:
    ids = itertools.count(1)
    visit = kind(VisitState(CATALOGUE, KIOSK, lambda: f"id-{next(ids):06}"))
    visit.away(False)
    visit.paper({"p1": paper})
    visit.hall(kiosk_view())
    return visit


def asked(before: DeviceState, kind: type[VisitMachine] = VisitMachine) -> tuple[VisitMachine, str]:
    visit = visit_with(before, kind)
    effects = taps(visit, *TO_CONFIRM, "confirm")
    return visit, next(effect.id for effect in effects if isinstance(effect, Send))


def answered(before: DeviceState, then: DeviceState) -> tuple[VisitMachine, list[VisitEffect]]:
    """A number asked for on a printer in one state and given on one in another."""
    visit, id = asked(before)
    visit.paper({"p1": then})
    return visit, visit.answer(id, ISSUED | {"ticket": id}, 0.0)


@pytest.mark.parametrize("before", STATES)
def test_a_number_is_in_sight_whatever_the_printer_says_and_whatever_happens(before: DeviceState) -> None:
    for then, happens in itertools.product(STATES, HAPPENS):
        visit, _ = answered(before, then)
        assert visible(visit)
        HAPPENS[happens](visit)
        assert visible(visit), (before, then, happens)


@pytest.mark.parametrize("then", STATES)
def test_and_whatever_happens_after_that(then: DeviceState) -> None:
    """All pairs of what means something while a number is in sight."""
    meant = [name for name in HAPPENS if not name.startswith("tap ") or leads("number", _kind(name))]
    for first, second in itertools.product(meant, repeat=2):
        visit, _ = answered("ready", then)
        HAPPENS[first](visit)
        HAPPENS[second](visit)
        assert visible(visit), (then, first, second)


def _kind(name: str) -> str:
    return name.removeprefix("tap ").partition(":")[0]


@pytest.mark.parametrize("then", STATES)
def test_a_slip_is_sent_only_to_a_printer_that_may_print_and_its_fate_is_said(then: DeviceState) -> None:
    for before, fate in itertools.product(STATES, FATES):
        visit, effects = answered(before, then)
        sent = [effect for effect in effects if isinstance(effect, Print)]
        assert bool(sent) == (then in PRINTS)
        assert isinstance(effects[0], Save), "on disk before paper"
        assert document(visit.state)["notes"][0]["key"] == ("slip.printing" if sent else "slip.none")
        if sent:
            visit.slip(visit.state.current_ticket, 0, fate)
            assert document(visit.state)["notes"][0]["key"] == f"slip.{fate}"


@pytest.mark.parametrize("screen", sorted(TABLE))
@pytest.mark.parametrize("state", STATES)
def test_on_every_screen_every_state_has_a_picture_and_takes_nothing_away(
    screen: str, state: DeviceState
) -> None:
    visit = new_visit()
    reach(visit, screen)
    before = document(visit.state).get("number")
    assert visit.paper({"p1": state}) == []
    assert (visit.state.screen, document(visit.state).get("number"), document(visit.state)["paper"]) == (
        screen,
        before,
        state,
    )
    if screen == "confirm":
        warned = [note["key"] for note in document(visit.state)["notes"]]
        assert warned == (["confirm.paper"] if state in ("ready", "paper-low") else [f"paper.{state}"])


@pytest.mark.parametrize("state", STATES)
def test_after_a_power_cut_the_number_is_in_sight_again_and_nothing_is_printed_by_itself(
    state: DeviceState,
) -> None:
    for before in STATES:
        _, effects = answered(before, state)
        kept = next(effect.kept for effect in effects if isinstance(effect, Save))
        again = visit_with(state)
        assert not [effect for effect in again.resume(kept, 0.0) if isinstance(effect, Print)]
        for happens in HAPPENS:
            HAPPENS[happens](again)
            assert visible(again), (before, state, happens)


@pytest.mark.parametrize("state", STATES)
def test_a_power_cut_before_the_answer_ends_with_the_number_in_sight(state: DeviceState) -> None:
    visit, _ = asked(state)
    kept = visit.state.errand.kept
    assert isinstance(kept, PendingVisit)
    for then in STATES:
        again = visit_with(state)
        again.resume(kept, 0.0)
        again.paper({"p1": then})
        again.answer(kept.id, ISSUED | {"ticket": kept.id}, 0.0)
        assert visible(again)


def test_a_number_is_wiped_only_after_its_time_in_sight_and_never_while_it_is_printed() -> None:
    for before, then in itertools.product(STATES, repeat=2):
        visit, effects = answered(before, then)
        end = float(KIOSK.idle_seconds + WARN_SECONDS)
        if any(isinstance(effect, Print) for effect in effects):
            visit.tick(10 * end)
            assert visible(visit), "printing"
            visit.slip(visit.state.current_ticket, 0, "unknown")
        visit.tick(end - 0.1)
        assert visible(visit)
        visit.tick(end)
        assert visit.state.screen == "idle"


class Trusting(VisitMachine):
    """The guard off: once paper is on its way, the screen is free for the next."""

    def answer(self, id: str, result: dict[str, Any], monotonic: Seconds) -> list[VisitEffect]:
        effects = super().answer(id, result, monotonic)
        return effects + (self._wipe() if any(isinstance(effect, Print) for effect in effects) else [])


def test_twin_a_kiosk_that_trusts_its_printer_leaves_numbers_without_a_form() -> None:
    lost = [key for key, facts in all_learned().items() if _trusted_and_lost(*facts)]
    assert len(lost) > 500


def _trusted_and_lost(state: DeviceState, outcome: SlipState, cuts: int) -> bool:
    """Neither on paper nor in sight."""
    visit, id = asked(state, Trusting)
    visit.answer(id, ISSUED | {"ticket": id}, 0.0)
    return not cuts and outcome != "printed" and not visible(visit)
