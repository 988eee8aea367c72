"""What a case of each type (办件类型) needs: the table, and what is refused without it. PURE.

1. 即办件 is done on the spot and has no clock: no reception accepts one, none is opened from the office.
2. 承诺件, 限时件, 联办件, 答复件, 补办件 and 容缺件 have a promise: none is opened of an item without days.
3. 联办件, 上报件, 协办件 and 代办件 go through other hands: one is decided when its owner has taken it in hand, so that the
   steps say in whose hand it was.
4. 退回件 ends as returned, and 答复件 with an answer: no permit is granted or refused by them.
5. What is not granted says why, with a code of the hall's list, in every type that has a decision.

A hall without cases has none of this: its receptions end as before.
"""

from typing import TYPE_CHECKING, NamedTuple

from caller.engine.case_rows import Case
from caller.engine.refusals import Refused
from config.case_settings import OUTCOMES, CaseType, Outcome, limit_days
from config.hall_lists import reasons
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import HallState

ALL_DECISIONS = ("granted", "refused", "returned")
OPENING: frozenset[Outcome] = frozenset({"accepted", "received"})  # outcomes that open a case with a clock


class CaseNeeds(NamedTuple):
    """What a case of a type needs. `spot`: it is done on the spot only; `limit`: its item has days; `hand`: an owner has
    taken it before it is decided; `decisions`: how it may be decided."""

    limit: bool = True
    spot: bool = False
    hand: bool = False
    decisions: tuple[str, ...] = ALL_DECISIONS


TYPES: dict[CaseType, CaseNeeds] = {
    "immediate": CaseNeeds(limit=False, spot=True),  # 即办件
    "limited": CaseNeeds(),  # 限时办结件
    "promised": CaseNeeds(),  # 承诺件
    "parallel": CaseNeeds(hand=True),  # 联办件: its lead window
    "reported-up": CaseNeeds(limit=False, hand=True),  # 上报件: decided above, followed here
    "assisted": CaseNeeds(limit=False, hand=True),  # 协办件
    "agency": CaseNeeds(limit=False, hand=True),  # 代办件: its agent
    "answered": CaseNeeds(decisions=("granted", "returned")),  # 答复件
    "returned": CaseNeeds(limit=False, decisions=("returned",)),  # 退回件
    "supplement": CaseNeeds(),  # 补办件
    "conditional": CaseNeeds(),  # 容缺件
    "unspecified": CaseNeeds(limit=False),
}


def need_opening(item: Item, kind: CaseType) -> None:
    """Refuse to open a case of a type that its item cannot have (rules 1 and 2). Raises: Refused."""
    needs = TYPES[kind]
    facts = {"item": item.name, "item_en": item.name_en or item.name, "kind": kind}
    if needs.spot:
        raise Refused("case-on-the-spot", **facts)
    if needs.limit and limit_days(item.statutory_days, item.promised_days) is None:
        raise Refused("case-needs-limit", **facts)


def need_deciding(hall: "HallState", row: Case, decision: str, code: str) -> None:
    """Refuse a decision that a case of its type cannot have now (rules 3 to 5). Raises: Refused."""
    needs = TYPES[row.case_type]
    if decision not in needs.decisions:
        raise Refused("case-decision", number=row.number, kind=row.case_type)
    if needs.hand and not row.owner:
        raise Refused("case-not-in-hand", number=row.number, kind=row.case_type)
    known = [each.id for each in reasons(hall.settings, "refusal")]
    if decision != "granted" and known and code not in known:
        raise Refused("unknown-code", chosen=code, known=", ".join(known))


def offered(item: Item, known: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Return those of the usual outcomes that a case of this item can begin with (rules 1 and 2)."""
    needs = TYPES[item.case_type]
    without = limit_days(item.statutory_days, item.promised_days) is None
    if not needs.spot and not (needs.limit and without):
        return known
    return tuple(each for each in OUTCOMES if each in known and each not in OPENING)
