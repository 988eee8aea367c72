"""Keys as scanners and people press them, and what must come of them: one table for every place that takes keys.

Played through devices.protocols.scanner.KeyBurst, the terminal face and the page.
"""

from typing import NamedTuple

FAST, SLOW = 0.01, 0.4  # seconds before a key: a scanner's, a person's
CODE = "K7Q2-91"


class ScanCase(NamedTuple):
    name: str
    keys: tuple[tuple[str, float], ...]  # a key (a sign or a name) and the seconds before it
    scans: tuple[str, ...]
    presses: bool = False  # whether the button in focus is pressed

    def timed(self, start: float = 1000.0) -> list[tuple[str, float]]:
        """The keys with the instant of each, in seconds."""
        found: list[tuple[str, float]] = []
        for key, gap in self.keys:
            start += gap
            found.append((key, start))
        return found


def fast(*keys: str) -> tuple[tuple[str, float], ...]:
    """Keys of a scanner; the first comes after a pause."""
    return tuple((key, FAST if index else SLOW) for index, key in enumerate(keys))


CASES = [
    ScanCase("CR", fast(*CODE, "enter"), (CODE,)),
    ScanCase("LF", fast(*CODE, "ctrl+j"), (CODE,)),
    ScanCase("CR LF", fast(*CODE, "enter", "ctrl+j"), (CODE,)),
    ScanCase("two Enters", fast(*CODE, "enter", "enter"), (CODE,)),
    ScanCase("TAB", fast(*CODE, "tab"), (CODE,)),
    ScanCase("TAB CR", fast(*CODE, "tab", "enter"), (CODE,)),
    ScanCase("prefix Enter", fast("enter", *CODE, "enter"), (CODE,)),
    ScanCase("prefix and TAB", fast("enter", *CODE, "tab"), (CODE,)),
    ScanCase("two in a row", (*fast(*CODE, "enter"), *fast("B", "2", "enter")), (CODE, "B2")),
    ScanCase("three signs", fast("K", "7", "Q", "enter"), ("K7Q",)),
    ScanCase("a space inside", fast("K", "7", " ", "Q", "enter"), ("K7 Q",)),
    ScanCase("a person's Enter", (("enter", SLOW),), (), presses=True),
    ScanCase("a person's letters and Enter", (("K", SLOW), ("7", SLOW), ("enter", SLOW)), (), presses=True),
    ScanCase("a code that paused", (*fast("K", "7"), ("Q", SLOW), ("2", FAST), ("enter", FAST)), ()),
    ScanCase("a stuck Enter", fast("enter", "enter", "enter"), ()),
]
