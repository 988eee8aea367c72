"""The documents of a station's own program as types: the settings it goes by and the jobs it is asked to do. Pure.

The rules are those of `documents`.
"""

from typing import Annotated, Any, NotRequired, TypedDict

from caller.engine.commands import JobKind
from caller.engine.station_jobs import JobState
from config.instants import Micros

ByJob = Annotated[str, "job, the id of the command that requested it"]


class SettingsView(TypedDict):
    """The settings in force, but for what no station needs; a key with the value null or of none is left out."""

    version: int  # 0: the hall's file, before its first version
    hash: str  # of the version's text
    settings: dict[str, Any]  # the tables of docs/settings.md, in the plural, each row with all its keys


class JobsView(TypedDict):
    """What a station is asked to do, for the station itself and for the one that asked."""

    station: str  # an agent's PC or a kiosk
    jobs: dict[ByJob, "JobLine"]


class JobLine(TypedDict):
    """One job and its state."""

    kind: JobKind
    device: str  # the printer or evaluator; empty for a restart
    state: JobState
    requested: Micros
    until: Micros  # its limit
    by: str  # the station that asked
    detail: str  # why it failed or is unknown; else empty
    slip: NotRequired["JobSlip"]  # only while a slip is to be printed


class JobSlip(TypedDict):
    """The facts of the slip to print."""

    ticket: str  # id
    number: str
    queue: str  # id
    priority: str  # class
    items: list[str]  # ids
    issued: Micros
    ahead: int  # people called before it; 0 once it is called
    low: int  # expected wait in minutes, from; -1 unknown
    high: int  # to; -1 unknown
