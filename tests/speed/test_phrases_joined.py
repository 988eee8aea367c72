# ruff: noqa: F811 - the fixture `folder` is imported by name
"""A call put together from learned phrases is ready many times sooner than one spoken anew."""

import time
from pathlib import Path
from statistics import median

from config.settings import Voice
from display.voice.speech_audio import Announcements
from tests.display.voice.test_phrase_cache import WINDOW, folder, learned, needs_espeak  # pyright: ignore[reportUnusedImport]  # noqa: F401

ROUNDS = 50
JOIN_MS_MAX = 15  # measured 1 to 2; espeak-ng takes 20 to 90


@needs_espeak
def test_putting_together_is_quick(folder: Path) -> None:
    announcements = Announcements(Voice(repeat=2), learned(folder).say)
    assert rendering_ms(announcements) < JOIN_MS_MAX


@needs_espeak
def test_twin_speaking_each_call_is_not() -> None:
    assert rendering_ms(Announcements(Voice(repeat=2))) > JOIN_MS_MAX


def rendering_ms(announcements: Announcements) -> float:
    """The median over calls that were never rendered before."""
    announcements.render("B999", WINDOW)  # the chime
    took: list[float] = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        announcements.render(f"A{number:03d}", WINDOW)
        took.append((time.perf_counter() - start) * 1000)
    return median(took)
