"""Recorded visits: one file is one applicant, played on any face. A step taps, scans, or lets the hall act;
`screen` is where the face must then be, `says` what must then be read on it."""

import tomllib
from pathlib import Path
from typing import Protocol

from msgspec import Struct, convert

from caller.engine import commands as cmd
from tests.browser.running import RunningHall, until

VISITS = sorted((Path(__file__).parent / "visits").glob("*.toml"))


class Step(Struct, frozen=True, forbid_unknown_fields=True):
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


def steps(path: Path) -> list[Step]:
    return convert(tomllib.loads(path.read_text("utf-8"))["step"], list[Step])


def play(path: Path, face: Face, hall: RunningHall) -> None:
    """The whole visit; the newest ticket of the hall is `{ticket}` for the reader."""
    ticket = ""
    for step in steps(path):
        if step.tap:
            face.tap(step.tap)
        if step.scan:
            face.scan(step.scan.replace("{ticket}", ticket))
        if step.hall == "miss":
            ticket = miss_all(hall, "1")
        face.expect(step.screen, step.says)


def miss_all(hall: RunningHall, window: str) -> str:
    """The clerk at `window` calls everyone who waits there and nobody comes; the last one's ticket."""
    hall.open(window)
    last = ""
    try:
        while hall.views[f"window/{window}"]["waiting"]:
            last = hall.call(window)["ticket"]
            hall.verb(cmd.MarkNoShow, window)
            hall.settled(window, "open")
        assert last, "somebody waited"
    finally:
        hall.send(cmd.CloseWindow(window))
        until(lambda: hall.views[f"window/{window}"]["state"] == "closed", "the window closed again")
    return last
