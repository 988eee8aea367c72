"""What a manager asks about stations: to enrol the one that shows a code, and to take a station's token away.

The engine only notes such an act in the chain (`administration`); who is enrolled stands in stations.db, which the caller
writes once the act is on disk (`caller.service.station_enrolment`). The code is in no event: it is used up by then.
"""

from typing import Annotated

from msgspec import Meta

from caller.engine.commands import Command

StationRole = Annotated[str, Meta(pattern=r"^[a-z]{2,16}\Z")]
StationName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")]


class EnrolStation(Command, frozen=True):
    """Enrol the station that shows `code` as this role and name; an older token of that station works no more."""

    code: Annotated[str, Meta(min_length=1, max_length=32)]
    role: StationRole
    name: StationName


class RevokeStation(Command, frozen=True):
    """Take the token of a station away: its connections end, and it must be enrolled anew."""

    role: StationRole
    name: StationName


EnrolmentCommand = EnrolStation | RevokeStation
