"""What commands are made of: their base, the limits of ids and words, and who a person is without a name; and the
commands of the business day.

The log keeps every command's words for ever, so a person's own words stay out of it.
"""

from typing import Annotated

from msgspec import Meta, Struct

from config.instants import Micros

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=200)]
# A list's version and a code from it. The log keeps every word for ever, so a person's own words stay out of it.
RatingReason = Annotated[str, Meta(max_length=40, pattern=r"^[0-9]+:[a-z-]+\Z")]
PauseCode = Annotated[str, Meta(max_length=32, pattern=r"^[A-Za-z0-9_-]*\Z")]  # of the hall's list; or none
# The number a case bears in the acceptance system (办件编号), as that system writes it; or none.
ProjectNumber = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_.-]*\Z")]
# A keyed hash, which tells nobody who it is; while a key is being rotated, the hash by the previous key behind a dot.
# A plain ID number would stay in the log for ever: nothing but hashes is taken.
PERSON = r"^([0-9a-f]{64}(\.[0-9a-f]{64})?)?\Z"
Person = Annotated[str, Meta(pattern=PERSON)]


class Command(Struct, frozen=True, tag=True, tag_field="type", forbid_unknown_fields=True, gc=False):
    """Base of all commands."""


def person_hashes(person: str) -> list[str]:
    """Return the hashes under which a person may be known; new things are noted under the first."""
    return person.split(".")


# --- the business day


class OpenDay(Command, frozen=True):
    """Open a business day; `day` is its label, "YYYY-MM-DD" in the hall's zone."""

    day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]


class CloseDay(Command, frozen=True):
    """Close the business day; with `expire` set, the caller first expires every ticket that still waits."""

    expire: bool = False


class ReopenDay(Command, frozen=True):
    """Go on with the business day that was closed last: its numbers go on and expired tickets wait again.

    `until` (UTC microseconds; 0: the day's own hours) is needed where those hours are over.
    """

    until: Micros = 0


class StopTickets(Command, frozen=True):
    """No more numbers today; who has one is still served."""


class ExtendHours(Command, frozen=True):
    """Extend hours (延时) to `until`, UTC microseconds."""

    until: Micros
