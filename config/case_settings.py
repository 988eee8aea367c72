"""What a hall sets about outcomes, papers and cases. Below `config.settings`, which takes these into its tables.

A case is what goes on after the visit, with a clock. A hall without a `[cases]` table that turns them on has outcomes
and notices only, and goes on as it did.
"""

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field

# In the order of their digits at every window, which never change: what is new stands last.
Outcome = Literal[
    "done", "accepted", "incomplete", "rejected", "elsewhere", "advice", "paid", "received", "collected"
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# What an item without a list of its own may end with. Paying, papers left unchecked and certificates belong to certain
# windows and items (`caller.engine.outcomes`).
USUAL: tuple[Outcome, ...] = ("done", "accepted", "incomplete", "rejected", "elsewhere", "advice")

CaseType = Literal[
    "immediate", "limited", "promised", "parallel", "reported-up", "assisted", "agency", "unspecified",
    "answered", "returned", "supplement", "conditional",
]  # fmt: skip
Days = Annotated[int, Meta(ge=0, le=3650)]
PartLimit = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}:[1-9][0-9]{0,2}\Z")
]  # "DEPARTMENT:DAYS"
ListCode = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")]


class ItemOutcomes(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a reception about an item may end; the part of an item's row that belongs here."""

    outcomes: list[Outcome] = field(default_factory=list[Outcome])  # empty: the usual ones
    outcome_required: bool = False  # no press may end it as done on the spot without asking
    refusals: list[ListCode] = field(default_factory=list[str])  # codes of the hall's list; empty: all of it
    parts: list[PartLimit] = field(
        default_factory=list[str]
    )  # of a parallel item: who gets the papers, working days
    later: list[Annotated[str, Meta(max_length=500)]] = field(
        default_factory=list[str]
    )  # papers that may follow (容缺)
    step_days: list[Days] = field(default_factory=list[int])  # as many as steps, or none: the limit of each


class CasesTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Cases, their clocks and the vouchers of a notice of missing papers. Days are working days."""

    enabled: bool = False  # a reception that ends as done or accepted makes a case
    warn_days: Days = 1  # the light is yellow from so many days before the due date
    check_days: Days = 5  # papers received must be checked within so many
    voucher_days: Days = 60  # a notice of missing papers gives the way back for so long
    later_days: Days = 10  # papers that may follow are promised for so many
    answer_days: Days = 5  # an accountability record must be answered within so many
    escalate_days: Days = (
        0  # an accountability record that nobody has answered after so many is escalated; 0: never
    )
    review_days: Days = 60  # so long a closed case may be opened again by a review
    forms: Literal["general", "tax"] = "general"  # whose papers an acceptance makes
    publish: bool = False  # anyone may look up results of agency cases, and what ran over, by number and item
    inside_papers: bool = False  # 办理通知书, 传递单, 问题处理报告单 are printed beside the applicant's paper


def limit_days(statutory: int | None, promised: int | None) -> int | None:
    """Return the working days a case has: the promised ones, else the statutory ones; None: no limit is set."""
    return promised if promised is not None else statutory


def usual_outcomes(kind: str, case_type: CaseType, limit: int | None) -> tuple[Outcome, ...]:
    """Return what a reception may end with where its item names nothing, in the order of the digits.

    Args:
        kind: the window's kind. Only a pay window takes money, an issuing window hands certificates out.
        limit: the item's limit in working days; papers may be left unchecked only where a clock runs later.
    """
    more: set[Outcome] = set()
    if kind == "pay":
        more.add("paid")
    if kind == "issuing":
        more.add("collected")
    if limit and case_type != "immediate":
        more.add("received")
    return tuple(each for each in OUTCOMES if each in USUAL or each in more)
