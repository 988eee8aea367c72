"""What staff and programs may ask of a case. The commands of a reception are in `commands`: FinishService begins most."""

from typing import Annotated, Literal

from msgspec import Meta

from caller.engine.commands import Command, Id, PauseCode, ToldWay
from config.case_settings import CaseType

CaseVerb = Literal[
    "accept", "ask", "refuse", "take", "pause", "resume", "decide", "issue", "close", "extend", "tell", "withdraw",
    "reopen",
]  # fmt: skip
Decision = Literal["", "granted", "refused", "returned"]
EXTENSION_DAYS_MAX = 60  # working days; the statutory extensions are 10 to 30


class OpenCase(Command, frozen=True):
    """Open a case without a reception: by the office, or by the acceptance system. `window`: which follows it."""

    item: Id
    window: Annotated[str, Meta(max_length=32)] = ""
    case_type: CaseType | Literal[""] = ""
    state: Literal["accepted", "received"] = "accepted"
    staff: Annotated[str, Meta(max_length=32)] = ""


class MoveCase(Command, frozen=True):
    """Take a case on. `as_of`: its version on the picture of who presses, so that two do not decide it at once.

    `window`: at which this is done; empty: the office. `owner`: of take, whose hand it is in now. `code`: of pause and
    extend, the reason; of refuse, too. `days`: of extend, working days. `way`: of tell, how the applicant was told.
    """

    case: Id
    move: CaseVerb
    as_of: Annotated[int, Meta(ge=0, le=1_000_000)]
    window: Annotated[str, Meta(max_length=32)] = ""
    staff: Annotated[str, Meta(max_length=32)] = ""
    owner: Annotated[str, Meta(max_length=32)] = ""
    decision: Decision = ""
    code: PauseCode = ""
    days: Annotated[int, Meta(ge=0, le=EXTENSION_DAYS_MAX)] = 0
    way: ToldWay | Literal[""] = ""


CaseCommand = OpenCase | MoveCase
