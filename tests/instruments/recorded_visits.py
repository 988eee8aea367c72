"""Recorded visits: one file is one applicant, played on any face. A step books, lays a card, taps, scans, or lets
the hall act; `screen` is where the face must then be, `says` what must then be read on it.

A person of a visit is a small number; each playing is by other people, so that a visit may be played often."""

import re
import tomllib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct, convert

from caller.client.client import RefusedError
from caller.engine import commands as cmd
from tests.instruments.cards import YOUNG, Reader, number_for
from tests.instruments.running_hall import RunningHall, until

VISITS = sorted((Path(__file__).parents[1] / "kiosk" / "visit" / "visits").glob("*.toml"))
T = TypeVar("T")
CALLS_MAX = 60  # more than all visits together take numbers
PEOPLE = 10  # more than one visit has
_playings = count(1)


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    book: str = ""  # an item, today
    minutes: int = 0  # after the next slot
    person: int = 0  # who books, or whose card is laid
    card: bool = False
    born: int = YOUNG
    tap: str = ""
    scan: str = ""
    hall: str = ""
    screen: str = ""
    says: str = ""


class Face(Protocol):
    """A face as a finger, a reader and an eye know it. `expect` waits, bounded."""

    def tap(self, target: str) -> None: ...
    def scan(self, text: str) -> None: ...
    def expect(self, screen: str, says: str) -> None: ...
    def number(self) -> str: ...


def steps(path: Path) -> list[Step]:
    return convert(tomllib.loads(path.read_text("utf-8"))["step"], list[Step])


def play(path: Path, face: Face, hall: RunningHall, reader: Reader) -> None:
    """The whole visit; the ticket whose call was missed is `{ticket}`, what was booked last `{appointment}`, and
    the digits to check in with are `{code}`, each typed with a tap of its own."""
    number = ""
    facts = {"ticket": "", "appointment": "", "code": ""}
    people = next(_playings) * PEOPLE
    for step in steps(path):
        if step.book:
            who = number_for(people + step.person, step.born)
            facts |= hall.book(step.book, step.minutes, who)
        if step.card:
            reader.lay(people + step.person, step.born)
        if step.tap:
            for target in taps(step.tap, facts):
                face.tap(target)
        if step.scan:
            face.scan(filled(step.scan, facts))
        if step.hall == "miss":
            facts["ticket"] = miss(hall, "1", number)
        face.expect(step.screen, filled(step.says, facts))
        number = face.number() if step.screen == "number" else number


def filled(text: str, facts: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: facts[found[1]], text)


def taps(target: str, facts: dict[str, str]) -> list[str]:
    """One tap, or one for every digit of the code."""
    if target == "key:{code}":
        return [f"key:{sign}" for sign in facts["code"]]
    return [filled(target, facts)]


def miss(hall: RunningHall, window: str, number: str) -> str:
    """The clerk at `window` calls one after the other and nobody comes, until `number`; its ticket."""
    hall.open(window)
    try:
        for _ in range(CALLS_MAX):
            called = press(lambda: hall.call(window))
            press(lambda: hall.verb(cmd.MarkNoShow, window))
            hall.settled(window, "open")
            if called["number"] == number:
                return called["ticket"]
    finally:
        hall.send(cmd.CloseWindow(window))
        hall.settled(window, "closed")
    raise AssertionError(f"{number} was never called")


def press(work: Callable[[], T]) -> T:
    """On the newest picture, as a clerk would: one that changed under the press is looked at again."""

    def pressed() -> list[T]:
        try:
            return [work()]
        except RefusedError as refused:
            if refused.frame.code != "stale-view":
                raise
            return []

    return until(pressed, "a press on the newest picture")[0]
