"""Probe of the voice: can this PC say a call."""

from collections.abc import Iterable

from config.probe import Examined, Finding, wrong
from display.voice.announcement_text import Destination
from display.voice.speech_audio import Announcements, espeak_found

EXAMPLE = "A001"


def voice(hall: Examined) -> Iterable[Finding]:
    """Find a hall whose calls need espeak-ng on a PC that has none."""
    settings = hall.settings
    if not settings.voice.enabled or espeak_found():
        return
    speaking = Announcements(settings.voice)
    if any(
        speaking.needs_espeak(EXAMPLE, Destination(each.id, each.name, each.name_en))
        for each in settings.windows
    ):
        yield wrong("no-voice")
