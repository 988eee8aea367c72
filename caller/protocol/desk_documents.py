"""The documents of a clerk's desk as types, beside the window's own. Pure. The rules are those of `documents`."""

from typing import TypedDict

from caller.engine.commands import Outcome
from config.instants import Micros


class EndedReception(TypedDict):
    """The reception its clerk ended here last."""

    ticket: str  # id
    number: str
    outcome: Outcome
    until: Micros  # no correction after it
