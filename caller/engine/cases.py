"""A case (办件): what goes on after the visit, with a clock, from accepted to closed. PURE.

`MOVES` is the table of its states, `TYPES` says what each type needs.

1. 即办 opens and closes a case in one command: a number, an item and no clock. Every other case begins with a reception
   that ends as accepted or received, or is opened by the office or the acceptance system.
2. Its clock has a number of **working days** from the day after its papers are complete: the promised ones, which the
   settings never let exceed the statutory ones. The due date is worked out once, from the calendar, and stands in the
   event. It always is the end of the last of `days` working days after `since`.
3. Papers that were received must be checked within `check_days`; asked for more, the clock stands still until the case is
   accepted, and begins then.
4. The clock pauses only for papers, hearing, survey, inspection or expert review; each pause is counted. It goes on with
   as many working days as were left. Who is overdue can neither pause nor extend.
5. It is extended once, before it is due, for a reason of the hall's list. That the applicant was told, and how, is noted.
6. Two do not decide one case at once: each act carries the version it was made on.
7. The light is the deadline's (`deadlines`): yellow from the beginning of the day `warn_days` working days before the due
   date, red once overdue. A red light opens an accountability record by itself (`followups`).
8. A closed, refused or withdrawn case leaves the register when no review can open it again: the log keeps it.
9. The log holds codes only. Names and phones lie in the people's store under "case/ID".
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import structs

from caller.engine import commands as cmd
from caller.engine import deadlines, numbering, short_codes
from caller.engine import events as ev
from caller.engine.case_clock import CaseClock, clock, days_left, deadline_of, item_clock
from caller.engine.case_messages import EXTENSION_DAYS_MAX, CaseVerb, MoveCase, OpenCase
from caller.engine.case_rows import OPEN, Case, CaseState
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.tickets import Ticket
from config.case_settings import CaseType
from config.hall_lists import reasons
from config.instants import Micros
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState

MOVES: dict[CaseState, dict[CaseVerb, CaseState]] = {
    "received": {"accept": "accepted", "ask": "asked", "refuse": "refused", "withdraw": "withdrawn"},
    "asked": {"accept": "accepted", "refuse": "refused", "withdraw": "withdrawn"},
    "accepted": {
        "take": "in-hand", "pause": "paused", "extend": "accepted", "tell": "accepted", "decide": "decided",
        "withdraw": "withdrawn",
    },
    "in-hand": {
        "take": "in-hand", "pause": "paused", "extend": "in-hand", "tell": "in-hand", "decide": "decided",
        "withdraw": "withdrawn",
    },
    "paused": {"resume": "in-hand", "tell": "paused", "withdraw": "withdrawn"},
    "decided": {"tell": "decided", "issue": "issued", "close": "closed"},
    "issued": {"close": "closed"},
    "closed": {"reopen": "in-hand"},
    "refused": {"reopen": "accepted"},
    "withdrawn": {},
}  # fmt: skip
BEGINS: dict[str, CaseState] = {
    "accepted": "accepted",
    "received": "received",
    "rejected": "refused",
}  # by outcome
NOTICES: dict[str, cmd.CaseNotice] = {"accepted": "acceptance", "received": "receipt", "refused": "refusal"}
ENDS: frozenset[str] = frozenset(MOVES) - OPEN
CODE_OF_MOVE = {"extend": "extension", "refuse": "refusal"}  # the hall's list that a move's code is of


class CaseNeeds(NamedTuple):
    """What a case of a type needs. `limit`: days must be set; `spot`: it may be done on the spot only."""

    limit: bool = True
    spot: bool = False


TYPES: dict[CaseType, CaseNeeds] = {
    "immediate": CaseNeeds(limit=False, spot=True),  # 即办件
    "limited": CaseNeeds(),  # 限时办结件
    "promised": CaseNeeds(),  # 承诺件
    "parallel": CaseNeeds(),  # 联办件
    "reported-up": CaseNeeds(limit=False),  # 上报件: decided above, followed here
    "assisted": CaseNeeds(limit=False),  # 协办件
    "agency": CaseNeeds(limit=False),  # 代办件
    "answered": CaseNeeds(),  # 答复件
    "returned": CaseNeeds(limit=False),  # 退回件
    "supplement": CaseNeeds(),  # 补办件
    "conditional": CaseNeeds(),  # 容缺件
    "unspecified": CaseNeeds(limit=False),
}


def moved(state: CaseState, move: CaseVerb) -> CaseState | None:
    """Return the state after a move, or None where the table has none."""
    return MOVES[state].get(move)


# --- beginning


def done(hall: "HallState", order: CommandEnvelope, ticket: Ticket, item: Item, now: Micros) -> ev.CaseDone:
    """Return the event that opens and closes a case on the spot (rule 1)."""
    series, serial, number = numbering.next_of_year(hall, "case", hall.local_date(now).year)
    window = hall.state.windows[ticket.window]
    return ev.CaseDone(
        order.id,
        series,
        serial,
        number,
        item.id,
        item.case_type,
        window.id,
        window.clerk,
        ticket.id,
        item.department,
    )


def opened_by(
    hall: "HallState",
    order: CommandEnvelope,
    ticket: Ticket,
    item: Item,
    state: CaseState,
    reason: str,
    now: Micros,
) -> ev.CaseOpened:
    """Return the event of a reception that opens a case, or that was not accepted."""
    window = hall.state.windows[ticket.window]
    opened = _opened(hall, order, item, item.case_type, state, now)
    return structs.replace(
        opened,
        ticket=ticket.id,
        ticket_number=ticket.number,
        window=window.id,
        clerk=window.clerk,
        reason=reason,
    )


def _opened(
    hall: "HallState", order: CommandEnvelope, item: Item, case_type: CaseType, state: CaseState, now: Micros
) -> ev.CaseOpened:
    series, serial, number = numbering.next_of_year(hall, "case", hall.local_date(now).year)
    code = short_codes.make("case", order.random, order.id, hall.register.case_index.codes)
    assert code, "a case's codes are ten digits long"
    told = CaseClock() if state == "refused" else item_clock(hall, item, now)
    if state == "received":
        told = clock(hall, now, hall.settings.cases.check_days)
    return ev.CaseOpened(
        case=order.id, series=series, serial=serial, number=number, code=code, item=item.id, case_type=case_type,
        state=state, window="", clerk="", days=told.days, due=told.due, warn=told.warn, provisional=told.provisional,
        department=item.department, review_until=_review_until(hall, now) if state in ENDS else 0,
    )  # fmt: skip


def _review_until(hall: "HallState", now: Micros) -> Micros:
    return deadlines.end_of_days(hall, now, hall.settings.cases.review_days)[0]


def _open(hall: "HallState", order: CommandEnvelope, command: OpenCase, now: Micros) -> list[ev.AnyEvent]:
    item = hall.items.get(command.item)
    if item is None or item.id in hall.retired.items:
        raise Refused("unknown-item", item=command.item)
    if command.window:
        hall.window(command.window)
    kind = command.case_type or item.case_type
    opened = _opened(hall, order, item, kind, command.state, now)
    return [structs.replace(opened, window=command.window, clerk=order.account or command.staff)]


# --- going on


def _move(hall: "HallState", order: CommandEnvelope, command: MoveCase, now: Micros) -> list[ev.AnyEvent]:
    row, move, staff = _row(hall, command), command.move, order.account or command.staff
    after = moved(row.state, move)
    if row.version != command.as_of:
        raise Refused("case-moved", number=row.number, state=row.state)
    if after is None or (move == "tell" and not row.extended):
        raise Refused("case-step", number=row.number, state=row.state)
    _need_code(hall, move, command.code)
    if move == "decide" and not command.decision:
        raise Refused("unknown-code", chosen="", known="granted, refused, returned")
    told = _clock_after(hall, row, command, now)
    return [
        ev.CaseMoved(
            case=row.id, move=move, state=after, staff=staff, window=command.window,
            owner=(command.owner or staff) if move == "take" else "", decision=command.decision, code=command.code,
            way=command.way if move == "tell" else "", days=told.days, due=told.due, warn=told.warn,
            provisional=told.provisional, review_until=_review_until(hall, now) if after in ENDS else 0,
        )
    ]  # fmt: skip


def _row(hall: "HallState", command: MoveCase) -> Case:
    """Return the case of a command. Raises: Refused (there is none, or it is another window's)."""
    row = hall.register.cases.get(command.case)
    if row is None:
        raise Refused("unknown-case")
    if command.window and command.window != row.window:
        raise Refused("case-elsewhere", number=row.number, window=row.window)
    return row


def _need_code(hall: "HallState", move: CaseVerb, code: str) -> None:
    listed = CODE_OF_MOVE.get(move)
    known = sorted(deadlines.KINDS["case"].pauses) if move == "pause" else []
    if listed == "extension" or listed == "refusal":
        known = [each.id for each in reasons(hall.settings, listed)]
    if known and code not in known:
        raise Refused("unknown-code", chosen=code, known=", ".join(known))


def _clock_after(hall: "HallState", row: Case, command: MoveCase, now: Micros) -> CaseClock:
    """Return the clock that a move sets; without days where it sets none. Raises: Refused (rules 4 and 5)."""
    if command.move in ("accept", "reopen"):
        return item_clock(hall, hall.items.get(row.item), now)
    if command.move == "resume":
        return clock(hall, now, days_left(hall, row)) if row.days >= 0 else CaseClock()
    if command.move not in ("pause", "extend"):
        return CaseClock()
    if row.days < 0:
        raise Refused("no-clock", number=row.number)
    if deadlines.overdue(deadline_of(row), now):
        raise Refused("clock-overdue", number=row.number)
    if command.move == "pause":
        deadlines.pause(deadline_of(row), command.code, now)
        return CaseClock()
    if not 1 <= command.days <= EXTENSION_DAYS_MAX:
        raise Refused("bad-days", most=EXTENSION_DAYS_MAX)
    longer = clock(hall, row.since, row.days + command.days)
    try:
        deadlines.extend(deadline_of(row), longer.due, now)
    except deadlines.Forbidden:
        raise Refused("extension-used", number=row.number) from None
    return longer


# --- apply, to the register only


def _was_opened(hall: "HallState", event: ev.CaseOpened, at: Micros) -> None:
    numbering.note_of_year(hall, "case", event.series, event.serial)
    row = Case(
        event.case, event.number, event.code, event.item, event.case_type, event.state, event.window, event.clerk,
        event.ticket, at, at, event.days, event.due, event.warn, provisional=event.provisional, reason=event.reason,
        closed=at if event.state in ENDS else 0, review_until=event.review_until,
        ticket_number=event.ticket_number, department=event.department,
    )  # fmt: skip
    hall.register.cases.put(row.id, row)
    hall.register.case_index.add(row)


def _was_done(hall: "HallState", event: ev.CaseDone, _at: Micros) -> None:
    numbering.note_of_year(hall, "case", event.series, event.serial)


def _was_moved(hall: "HallState", event: ev.CaseMoved, at: Micros) -> None:
    if event.case not in hall.register.cases:
        return  # closed and gone: only in a log whose clock was set back
    index, row = hall.register.case_index, hall.register.cases.edit(event.case)
    index.remove(row)
    _change(row, event, at)
    row.state, row.version = event.state, row.version + 1
    if event.state in ENDS:
        row.closed, row.review_until = at, event.review_until
    index.add(row)


def _change(row: Case, event: ev.CaseMoved, at: Micros) -> None:
    """Change a row by a move, but for its state."""
    if event.move in ("accept", "reopen", "resume"):
        row.since = at
    if event.move == "extend":
        row.before, row.told, row.extended = row.due, "", row.extended + 1
    if event.days >= 0 or event.move in ("accept", "reopen"):
        row.days, row.due, row.warn, row.provisional, row.noted = (
            event.days, event.due, event.warn, event.provisional, 0,
        )  # fmt: skip
    match event.move:
        case "take":
            row.owner = event.owner
        case "pause":
            row.paused = at
            row.pauses = (row.pauses or {}) | {event.code: (row.pauses or {}).get(event.code, 0) + 1}
        case "resume":
            row.paused = 0
        case "decide":
            row.decision, row.decided = event.decision, at
        case "tell":
            row.told = event.way
        case "extend" | "refuse":
            row.reason = event.code
        case "withdraw":
            row.paused = 0
        case "reopen":
            row.decision, row.decided, row.closed, row.extended, row.before = "", 0, 0, 0, 0
        case _:
            pass


def drop_ended(hall: "HallState", at: Micros) -> None:
    """Take the ended cases out of the register that no review can open again (rule 8)."""
    rows, index = hall.register.cases, hall.register.case_index
    if not any(index.states[state] for state in ENDS):
        return
    for id in [each.id for each in rows.values() if each.state in ENDS and at > each.review_until]:
        index.remove(rows.drop(id))


DECIDE: "dict[type[Any], Decide]" = {OpenCase: _open, MoveCase: _move}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {
    ev.CaseOpened: _was_opened,
    ev.CaseDone: _was_done,
    ev.CaseMoved: _was_moved,
}
