"""What a hall sets about ratings that lead to something: rectifications, their alarms, and the root on paper.

A hall without a `[ratings]` table goes on as it did: a bad rating opens a follow-up where `rules.answer_days` says so, and
what is done about it is a count of steps.
"""

from typing import Annotated

from msgspec import Meta, Struct

LEVELS = 5  # 非常满意 5 ... 非常不满意 1
BAD_LEVELS = frozenset({1, 2})  # 差评
RatingCount = Annotated[int, Meta(ge=0, le=1000)]


class RatingsTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Bad ratings are rectified step by step, each by its person; without `rectify` a follow-up is just answered."""

    rectify: bool = False  # verify, call back, put right, reply, review, publish
    days: RatingCount = 5  # working days to put it right and answer
    handler_owns: bool = (
        True  # who handled it owns it from the start (谁办理谁负责); else it is assigned by hand
    )
    case_days: RatingCount = 30  # working days from its decision in which a case may be rated; 0: none is
    call_minutes: RatingCount = 60  # of the hall's hours: who left a contact is called back within
    bad_in_row: RatingCount = 2  # so many bad ratings of a window in a row are an alarm; 0: never
    rank_ratings: RatingCount = 20  # a window with fewer ratings in a month has no rank in it; 0: no ranks
    slip_root: bool = False  # the newest daily root stands at the foot of slips
