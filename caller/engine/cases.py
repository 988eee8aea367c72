"""A case (办件): what goes on after the visit, with a clock, from accepted to closed. PURE.

`MOVES` is the table of its states, `case_types` says what each type needs, `case_changes` folds the events.

1. 即办 opens and closes a case in one command: a number, an item and no clock. Every other case begins with a reception
   that ends as accepted or received, or is opened by the office or the acceptance system.
2. Its clock has a number of **working days** from the day after its papers are complete: the promised ones, which the
   settings never let exceed the statutory ones. The due date is worked out once, from the calendar, and stands in the
   event. It always is the end of the last of `days` working days after `since`.
3. Papers that were received must be checked within `check_days`; asked for more, the clock stands still until the case is
   accepted, and begins then. What is asked for is told once, with a notice and its voucher (`vouchers`).
4. The clock pauses only for papers, hearing, survey, inspection or expert review; each pause is counted. It goes on with
   as many working days as were left. Who is overdue can neither pause nor extend.
5. It is extended once, before it is due, for a reason of the hall's list. That the applicant was told, and how, is noted.
6. Two do not decide one case at once: each act carries the version it was made on.
7. The light is the deadline's (`deadlines`): yellow from the beginning of the day `warn_days` working days before the due
   date, red once overdue. A red light opens an accountability record by itself (`followups`).
8. A closed, refused or withdrawn case leaves the register when no review can open it again: the log keeps it.
9. The log holds codes only. Names and phones lie in the people's store under "case/ID".
10. Each pause, each extension and each decision that is not granted is told in writing: its notice is printed at once at
   the window that does it, and counted with it. Which papers there are, and when: `case_papers`.
11. Parts in other departments, joint steps, a way up and papers that are to follow are moves of the same table; their rules
    are in `case_parts`. A reply is a department's own: it needs no version, and each part takes one.
12. A case that began with an outcome which is corrected in time is withdrawn, and its paper is void; its number is not
   given again. It is so only while no other act has been done on it.
"""

from typing import TYPE_CHECKING, Any

from msgspec import structs

from caller.engine import (
    case_papers,
    case_parts,
    case_ratings,
    case_types,
    deadlines,
    numbering,
    short_codes,
    station_jobs,
    vouchers,
)
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_clock import CaseClock, clock, days_left, deadline_of, is_late, item_clock
from caller.engine.case_messages import EXTENSION_DAYS_MAX, CaseVerb, MoveCase, OpenCase
from caller.engine.case_rows import ENDS, Case, CaseState
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from caller.engine.tickets import Ticket
from caller.engine.windows import Reception
from config.case_settings import CaseType
from config.hall_lists import reasons
from config.instants import Micros
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState

STEPS: tuple[CaseVerb, ...] = (
    "share",
    "reply",
    "plan",
    "held",
    "report",
    "heard",
    "bring",
)  # of `case_parts`
MOVES: dict[CaseState, dict[CaseVerb, CaseState]] = {
    "received": {"accept": "accepted", "ask": "asked", "refuse": "refused", "withdraw": "withdrawn"},
    "asked": {"accept": "accepted", "refuse": "refused", "withdraw": "withdrawn"},
    "accepted": {
        "take": "in-hand", "pause": "paused", "extend": "accepted", "tell": "accepted", "decide": "decided",
        "withdraw": "withdrawn", **dict.fromkeys(STEPS, "accepted"),
    },
    "in-hand": {
        "take": "in-hand", "pause": "paused", "extend": "in-hand", "tell": "in-hand", "decide": "decided",
        "withdraw": "withdrawn", **dict.fromkeys(STEPS, "in-hand"),
    },
    "paused": {
        "resume": "in-hand", "tell": "paused", "withdraw": "withdrawn", "plan": "paused", "held": "paused", "heard": "paused",
        "bring": "paused",
    },
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
CODE_OF_MOVE = {"extend": "extension", "refuse": "refusal"}  # the hall's list that a move's code is of


def moved(state: CaseState, move: CaseVerb) -> CaseState | None:
    """Return the state after a move, or None where the table has none."""
    return MOVES[state].get(move)


def moves_now(row: Case, now: Micros) -> list[CaseVerb]:
    """Return what may be done with a case: the table's moves without those that its clock would refuse (rules 4 and 5)."""
    stopped = row.days < 0 or is_late(row, now)
    never: dict[CaseVerb, bool] = {
        "pause": stopped,
        "extend": stopped or bool(row.extended),
        "tell": not row.extended or bool(row.told),
    }
    table: dict[CaseVerb, CaseState] = MOVES[row.state]
    return [each for each in table if case_parts.possible(row, each) and not never.get(each)]


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
    command: cmd.FinishService,
    now: Micros,
) -> ev.CaseOpened:
    """Return the event of a reception that opens a case, or that was not accepted."""
    window = hall.state.windows[ticket.window]
    owed = case_parts.owed_at(hall, item, command.papers if state == "accepted" else [], now)
    kind = item.case_type
    if owed.papers and not case_types.TYPES[kind].hand:
        kind = "conditional"
    if state not in ENDS:
        case_types.need_opening(item, kind)
    opened = _opened(hall, order, item, kind, state, owed, now)
    return structs.replace(
        opened,
        ticket=ticket.id,
        ticket_number=ticket.number,
        window=window.id,
        clerk=window.clerk,
        reason=command.reason,
        project=command.project,
    )


def _opened(
    hall: "HallState", order: CommandEnvelope, item: Item, case_type: CaseType, state: CaseState, owed: case_parts.Owed,
    now: Micros,
) -> ev.CaseOpened:  # fmt: skip
    series, serial, number = numbering.next_of_year(hall, "case", hall.local_date(now).year)
    code = short_codes.make("case", order.random, order.id, hall.register.case_index.codes)
    assert code, "a case's codes are ten digits long"
    told = CaseClock() if state == "refused" else item_clock(hall, item, now)
    if state == "received":
        told = clock(hall, now, hall.settings.cases.check_days)
    paper, *also = case_papers.of_opening(hall, case_type, state, told.days)
    return ev.CaseOpened(
        case=order.id, series=series, serial=serial, number=number, code=code, item=item.id, case_type=case_type,
        state=state, window="", clerk="", days=told.days, due=told.due, warn=told.warn, provisional=told.provisional,
        department=item.department, review_until=_review_until(hall, now) if state in ENDS else 0,
        parts=case_parts.parts_at(hall, item, case_type, now) if state == "accepted" else [], owed=owed.papers,
        owed_days=max(0, owed.clock.days), owed_due=owed.clock.due, owed_warn=owed.clock.warn,
        owed_provisional=owed.clock.provisional, listed=_listed(item, case_type, owed), notice=paper, also=also,
    )  # fmt: skip


def _listed(item: Item, case_type: CaseType, owed: case_parts.Owed) -> list[str]:
    """Return the papers that an agency case was brought with: its list, which its receipt and the ledger must match."""
    missing = {each.name for each in owed.papers}
    return [each for each in item.papers if each not in missing] if case_type == "agency" else []


def _review_until(hall: "HallState", now: Micros) -> Micros:
    return deadlines.end_of_days(hall, now, hall.settings.cases.review_days)[0]


def _open(hall: "HallState", order: CommandEnvelope, command: OpenCase, now: Micros) -> list[ev.AnyEvent]:
    item = hall.items.get(command.item)
    if item is None or item.id in hall.retired.items:
        raise Refused("unknown-item", item=command.item)
    if command.window:
        hall.window(command.window)
    kind = command.case_type or item.case_type
    case_types.need_opening(item, kind)
    owed = case_parts.owed_at(hall, item, command.papers, now)
    opened = _opened(hall, order, item, kind, command.state, owed, now)
    return [
        structs.replace(
            opened, window=command.window, clerk=_acting(order, command.staff), project=command.project,
            agent=command.agent, major=command.major,
        )
    ]  # fmt: skip


def _acting(order: CommandEnvelope, named: str) -> str:
    """Return the staff number of who acts: a program names one of its users, any other station has them signed in."""
    return (named or order.account) if order.role == "web" else (order.account or named)


# --- going on


def _move(hall: "HallState", order: CommandEnvelope, command: MoveCase, now: Micros) -> list[ev.AnyEvent]:
    return went_on(hall, order, _row(hall, command), command, now)


def went_on(
    hall: "HallState", order: CommandEnvelope, row: Case, command: MoveCase, now: Micros
) -> list[ev.AnyEvent]:
    """Return what takes a case on, at whichever window it is done. Raises: Refused."""
    move, staff = command.move, _acting(order, command.staff)
    after = moved(row.state, move)
    if move == "reply":
        command = structs.replace(
            command, department=command.department or department_at(hall, command.window)
        )
    elif row.version != command.as_of:
        raise Refused("case-moved", number=row.number, state=row.state)
    if after is None or (move == "tell" and not row.extended) or not case_parts.possible(row, move):
        raise Refused("case-step", number=row.number, state=row.state)
    _need_code(hall, move, command.code)
    if move in STEPS:
        case_parts.need_step(hall, row, command, now)
    if move == "decide":
        case_types.need_deciding(hall, row, command.decision, command.code)
    case_parts.need_complete(row, move, command.decision)
    told, parts = _clock_after(hall, row, command, now), case_parts.parts_after(hall, row, command, now)
    papers = case_papers.of_move(hall, row, command, told.days)
    return [
        *case_papers.jobs(hall, order, command.window, papers, row.id, now),
        *(_asked(hall, order, row, command, staff, now) if move == "ask" and command.wrong else ()),
        ev.CaseMoved(
            case=row.id, move=move, state=after, staff=staff, window=command.window,
            owner=(command.owner or staff) if move == "take" else "", decision=command.decision, code=command.code,
            way=command.way if move in ("tell", "extend") else "", number=row.number, notice=papers[0] if papers else "", also=papers[1:], days=told.days, due=told.due, warn=told.warn,
            provisional=told.provisional, review_until=_review_until(hall, now) if after in ENDS else 0,
            rating_until=case_ratings.rating_due(hall, now) if move == "decide" else 0,
            department=command.department if move == "reply" else "", parts=parts, day=command.day if move == "plan" else "",
            papers=list(command.papers) if move == "bring" else [],
        ),
    ]  # fmt: skip


def _asked(
    hall: "HallState", order: CommandEnvelope, row: Case, command: MoveCase, staff: str, now: Micros
) -> list[ev.AnyEvent]:
    """Return what asks for the papers of a received case at once, its notice first."""
    asked = vouchers.asked_of_case(hall, order, row, command.wrong, command.window, staff, now)
    job = station_jobs.notice_job(hall, order, command.window, "missing", asked.voucher, now)
    return [job, asked] if job else [asked]


def department_at(hall: "HallState", window: str) -> str:
    """Return the department of a window; "" of one that has none."""
    known = hall.window_settings.get(window)
    return known.department if known else ""


def voided(hall: "HallState", last: Reception, clerk: str, now: Micros) -> ev.CaseVoided:
    """Return the event that withdraws the case of a corrected outcome (rule 12). Raises: Refused."""
    row = hall.register.cases.get(last.made)
    if row is None:
        return ev.CaseVoided(last.made, last.case, "done", last.ticket, last.window, clerk)
    if row.version:
        raise Refused("case-went-on", number=row.number, state=row.state)
    return ev.CaseVoided(
        row.id,
        row.number,
        row.state,
        last.ticket,
        last.window,
        clerk,
        case_papers.first(hall, row.case_type, row.state, row.days),
        _review_until(hall, now),
    )


def _row(hall: "HallState", command: MoveCase) -> Case:
    """Return the case of a command. Raises: Refused (there is none, or it is another window's)."""
    row = hall.register.cases.get(command.case)
    if row is None:
        raise Refused("unknown-case")
    replies = command.move == "reply" and command.department in ("", department_at(hall, command.window))
    if command.window and command.window != row.window and not replies:
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
    if is_late(row, now):
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


DECIDE: "dict[type[Any], Decide]" = {OpenCase: _open, MoveCase: _move}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {}
