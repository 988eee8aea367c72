"""Parts of documents about what all who wait are told. Pure. The rules are those of `documents`."""

from typing import TypedDict

from config.instants import Micros


class MessageLine(TypedDict):
    """A message to all who wait: shown until its time is over, and spoken once in each loudspeaker's place."""

    call: int  # names this message among the calls, for the voice
    zh: str
    en: str
    zone: str  # boards and loudspeaker of this place only; empty: all
    at: Micros
    until: Micros
