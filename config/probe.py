"""A probe looks at one thing that can be wrong with a hall and tells it as a `Finding`: a code, words, the next step.

`hallcall doctor`, `hallcall status` and the web process's /metrics ask the same probes and /healthz has their words, so
that a trouble has one code and one wording wherever it is met. A probe changes nothing and never raises for what it looks at. The words
are the catalogue's ("probe" and "finding"); each room keeps the probes of what it knows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

from config.catalogue import Message, message
from config.instants import Micros
from config.settings import Settings

Grade = Literal["wrong", "doubtful"]  # wrong: something does not work now; doubtful: it will, or may not


class Finding(Struct, frozen=True):
    """One thing that is wrong, with what to do."""

    grade: Grade
    message: Message

    @property
    def code(self) -> str:
        return self.message.code


class Examined(NamedTuple):
    """The hall that is looked at: its file, its settings, its data folder, where its caller is, and the time now.

    `pc`: the name of this PC in the hall's file, empty where it is none of those that have devices.
    """

    hall: Path
    settings: Settings
    data: Path
    caller: str
    now: Micros
    pc: str = ""


Probe = Callable[[Examined], Iterable[Finding]]


def examine(hall: Examined, probes: Mapping[str, Probe]) -> Iterator[tuple[str, list[Finding]]]:
    """Yield each probe's name and what it found."""
    for name, probe in probes.items():
        yield name, list(probe(hall))


def wrong(code: str, **facts: object) -> Finding:
    """Return a finding of what does not work now. Raises `KeyError` for a code without words."""
    return Finding("wrong", message("finding", code, **facts))


def doubtful(code: str, **facts: object) -> Finding:
    """Return a finding of what works for now. Raises `KeyError` for a code without words."""
    return Finding("doubtful", message("finding", code, **facts))
