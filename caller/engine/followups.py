"""A follow-up: what the hall owes an answer to, from opened to closed. The one table machine for such duties. PURE.

`MOVES` is the table, `KINDS` says who opens one: a complaint and other feedback (`feedback`), a bad rating by itself, and an
accountability record by itself where a case runs over.

1. A hall whose `answer_days` is 0 opens none about a visit. A visit has one follow-up of a kind at a time: another complaint about it
   joins the one that is not closed.
2. It has an **owner**, who notes each try as a step and answers. Steps and answers are the owner's alone; a manager may
   give it to another owner.
3. An answer is reviewed by **another person**: the owner does not review it, and the clerk whose service it is about
   neither owns nor reviews. A returned answer goes back to its owner.
4. The deadline "answer" begins when it is opened, counts working days, and runs until it is closed: no step, answer or
   new owner moves it. What runs over is noted like every deadline, and stays noted over the days.
5. A closed one may be appealed against within `appeal_days`, `APPEALS_MAX` times; staff may reopen it while it is kept.
   Both begin a new round: another deadline, no owner, and none who answered before may own it.
6. The log holds codes of the hall's lists and staff numbers; words (the letter, the answer) lie in the people's store.
7. A closed one leaves the register with the first day opened after its time to appeal: the log keeps it.
8. An **accountability record** says which case ran over, at which step, in whose hand and since when; of a part of a
   parallel case, which department let it run over. It has its own
   days to be answered, is owned and reviewed like the others, and so is closed only with a finding, by another person.
9. Where its date was provisional (a year without a notice) and the calendar now knows better, the caller sets the date
   (`SetDueDate`), once, and the event holds both dates. A date that moved is told to the applicant: the phone page shows
   it and notes that it did, or the staff note how they told it. Once told, nothing more is noted.
10. Of feedback the rules of `feedback` hold as well. Whom a complaint or a report is about does nothing with it.
"""

from typing import TYPE_CHECKING, Any, Literal

from msgspec import structs

from caller.engine import case_clock, deadlines, numbering, rectifications
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_rows import Case
from caller.engine.deadlines import appeal_of as appeal_deadline
from caller.engine.deadlines import end_of_days, overdue
from caller.engine.envelope import CommandEnvelope, NoteOverdue, SetDueDate
from caller.engine.feedback_messages import ABOUT_PERSONS, FEEDBACK_KINDS
from caller.engine.refusals import Refused
from caller.engine.register import FollowUp
from config.hall_lists import reasons
from config.instants import Micros
from config.settings import ReasonKind

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState

State = Literal["opened", "assigned", "answered", "closed", "reopened", "archived"]
Verb = cmd.FollowUpMove
MOVES: dict[State, dict[Verb, State]] = {
    "opened": {"assign": "assigned", "transfer": "assigned"},
    "assigned": {"assign": "assigned", "step": "assigned", "answer": "answered", "coordinate": "assigned", "transfer": "assigned"},
    "answered": {"approve": "closed", "return": "assigned"},
    "closed": {"appeal": "reopened", "reopen": "reopened", "satisfied": "closed", "unsatisfied": "closed", "archive": "archived"},
    "reopened": {"assign": "assigned", "transfer": "assigned"},
    "archived": {},
}  # fmt: skip
OF_FEEDBACK: frozenset[Verb] = frozenset({"coordinate", "transfer", "satisfied", "unsatisfied", "archive"})
KINDS: tuple[cmd.FollowUpKind, ...] = (*FEEDBACK_KINDS, "rating", "accountability")
CODES: dict[Verb, ReasonKind] = {"step": "step", "answer": "finding"}  # the list a move's code is of
OWNERS: frozenset[Verb] = frozenset({"step", "coordinate", "answer"})
REVIEWS: frozenset[Verb] = frozenset({"approve", "return", "satisfied", "unsatisfied"})
GIVES: frozenset[Verb] = frozenset({"assign", "transfer"})
ROUNDS: frozenset[Verb] = frozenset({"appeal", "reopen"})
APPEALS_MAX = 1


def moves_of(row: FollowUp) -> list[Verb]:
    """Return what the table allows now of a follow-up of this kind."""
    return [move for move in MOVES[row.state] if row.kind in FEEDBACK_KINDS or move not in OF_FEEDBACK]


# --- decide


def opened(
    hall: "HallState", id: str, kind: cmd.FollowUpKind, ticket: str, now: Micros
) -> list[ev.FollowUpOpened]:
    """Return the event that opens a follow-up about a ticket's visit; none where there is no duty (rule 1).

    Raises:
        Refused: the hall knows no such ticket.
    """
    if not answer_days(hall, kind):
        return []
    number, window, clerk = _visit(hall, ticket)
    known = hall.register.follow_ups.values()
    if any((each.ticket, each.kind) == (ticket, kind) and not each.over for each in known):
        return []
    return [structs.replace(_begun(hall, id, kind, window, clerk, now), ticket=ticket, ticket_number=number)]


def of_case(hall: "HallState", id: str, kind: cmd.FollowUpKind, row: Case, now: Micros) -> ev.FollowUpOpened:
    """Return the event that opens a follow-up about a case and the person who has it in hand."""
    begun = _begun(hall, id, kind, row.window, row.owner or row.clerk, now)
    return structs.replace(begun, case=row.id)


def _begun(
    hall: "HallState", id: str, kind: cmd.FollowUpKind, window: str, clerk: str, now: Micros
) -> ev.FollowUpOpened:
    """Return the event that opens a follow-up, with its number and its due date, before what it is about."""
    series, serial, number = numbering.next_of_year(hall, "follow-up", hall.local_date(now).year)
    due, provisional = _answer_due(hall, kind, now)
    return ev.FollowUpOpened(
        follow_up=id, kind=kind, series=series, serial=serial, number=number, ticket="", window=window,
        clerk=clerk, due=due, provisional=provisional,
    )  # fmt: skip


def _answer_due(hall: "HallState", kind: str, start: Micros) -> tuple[Micros, bool]:
    """Return until when what begins at `start` is to be answered, and whether that is provisional."""
    if kind == "accountability":
        return end_of_days(hall, start, hall.settings.cases.answer_days)
    if kind in FEEDBACK_KINDS and hall.settings.feedback.enabled:
        return end_of_days(hall, start, hall.settings.feedback.days)
    return end_of_days(hall, start, answer_days(hall, kind))


def answer_days(hall: "HallState", kind: str) -> int:
    """Return the working days to answer a complaint or a bad rating; 0: no duty to."""
    table = hall.settings.ratings
    return table.days if kind == "rating" and table.rectify else hall.settings.rules.answer_days


def _note_overdue(
    hall: "HallState", order: CommandEnvelope, command: NoteOverdue, now: Micros
) -> list[ev.AnyEvent]:
    """Note what is overdue; of a case and of its parts, with the accountability record that the first red light of each opens
    (rule 8). Papers that do not follow in time are the applicant's: they are noted, and no record is opened."""
    if command.kind not in deadlines.OF_CASES:
        return deadlines.note(hall, command, now)
    late = case_clock.late_now(hall, command, now)
    if late is None:
        return []
    id, _, department = late.owner.partition("/")
    row = hall.register.cases[id]
    noted = ev.DeadlineOverdue(late.kind, late.owner, late.start, late.due, deadlines.level(late, now))
    known = (each for each in hall.register.follow_ups.values() if each.case == row.id)
    same = (each for each in known if each.kind == "accountability" and each.department == department)
    if late.kind == "owed" or any(not each.over for each in same):
        return [noted]
    opened = of_case(hall, order.id, "accountability", row, now)
    if department:  # its part is late: neither the window nor the clerk of the case
        opened = structs.replace(opened, window="", clerk="", department=department)
    return [noted, opened]


def _visit(hall: "HallState", ticket: str) -> tuple[str, str, str]:
    """Return the number, window and clerk of a ticket's visit, as far as it has come. Raises: Refused."""
    known = hall.register.visits.get(ticket) or hall.ticket(ticket)
    return known.number, known.window, known.clerk


def _open(
    hall: "HallState", order: CommandEnvelope, command: cmd.OpenFollowUp, now: Micros
) -> list[ev.AnyEvent]:
    return [*opened(hall, order.id, "complaint", command.ticket, now)]


def _move(
    hall: "HallState", order: CommandEnvelope, command: cmd.MoveFollowUp, now: Micros
) -> list[ev.AnyEvent]:
    row = hall.register.follow_ups.get(command.follow_up)
    if row is None:
        raise Refused("unknown-follow-up")
    return [event_of(hall, row, command, order.account or command.staff, now)]


def event_of(
    hall: "HallState", row: FollowUp, command: cmd.MoveFollowUp, staff: str, now: Micros
) -> ev.FollowUpMoved:
    """Return the event of a move by this person; empty: by the applicant or the caller.

    Raises:
        Refused: the table has no such move, it is another's to do, or what it names is unknown.
    """
    move = command.move
    if move not in moves_of(row):
        raise Refused("wrong-step", number=row.number, state=row.state)
    owner = (
        (command.owner or staff) if move == "assign" else command.owner if move == "transfer" else row.owner
    )
    _need_right_person(row, move, staff, owner)
    if move in REVIEWS and staff in rectifications.worked_on(hall, row.id):
        raise Refused("another-person", number=row.number)
    if move == "answer":
        rectifications.need_steps(hall, row)
    if listed := CODES.get(move):
        known = [each.id for each in reasons(hall.settings, listed)]
        if command.code not in known:
            raise Refused("unknown-code", chosen=command.code, known=", ".join(known))
    if move == "appeal" and (row.appeals >= APPEALS_MAX or overdue(appeal_deadline(row), now)):
        raise Refused("appeal-over", number=row.number)
    if move == "transfer" and all(each.id != command.department for each in hall.settings.departments):
        raise Refused("unknown-department", chosen=command.department)
    due, provisional = 0, False
    if move in ROUNDS:
        due, provisional = _answer_due(hall, row.kind, now)
    elif move == "approve":
        due, provisional = end_of_days(hall, now, hall.settings.rules.appeal_days)
    return ev.FollowUpMoved(
        follow_up=row.id, move=move, staff=staff, owner=owner if move in GIVES else "",
        code=command.code if move in CODES else "", due=due, provisional=provisional,
        department=command.department if move == "transfer" else "",
        kind=row.kind if row.kind in FEEDBACK_KINDS else "", again=row.had(move),
    )  # fmt: skip


def _need_right_person(row: FollowUp, move: Verb, staff: str, owner: str) -> None:
    """Refuse what rules 2, 3 and 5 keep for another person. Raises: Refused."""
    if not staff:
        return  # the applicant, by the code
    if staff == row.clerk and row.kind in ABOUT_PERSONS:
        raise Refused("about-yourself", number=row.number)
    if move in OWNERS and staff != row.owner:
        raise Refused("not-owner", number=row.number, owner=row.owner)
    if move in REVIEWS and staff in (row.owner, row.clerk):
        raise Refused("another-person", number=row.number)
    if move in GIVES and owner and owner in (row.clerk, *row.earlier):
        raise Refused("another-person", number=row.number)


def to_set(hall: "HallState") -> list[SetDueDate]:
    """Return the dates the caller is to set now: those that were provisional and are known by now (rule 8)."""
    found: list[SetDueDate] = []
    for row in hall.register.follow_ups.values():
        if row.provisional and not row.over:
            due, provisional = _answer_due(hall, row.kind, row.start)
            if not provisional:
                found.append(SetDueDate("answer", row.id, due))
    return found


def _set_due_date(
    hall: "HallState", _order: CommandEnvelope, command: SetDueDate, _now: Micros
) -> list[ev.AnyEvent]:
    if command.kind == "case":
        known = command == case_clock.date_to_set(hall, command.owner)
        return [*case_clock.dates_known(hall, hall.register.cases[command.owner])] if known else []
    if command not in to_set(hall):
        return []
    before = hall.register.follow_ups[command.owner].due
    return [ev.DueDateSet(kind=command.kind, owner=command.owner, before=before, due=command.due)]


def of_ticket(hall: "HallState", ticket: str) -> list[FollowUp]:
    """Return the follow-ups about a ticket's visit, the oldest first; of one's own id that one."""
    rows = hall.register.follow_ups.values()
    return [row for row in rows if ticket and ticket in (row.ticket, row.id)]  # many are about no visit


def _tell(
    hall: "HallState", order: CommandEnvelope, command: cmd.NoteDateTold, _now: Micros
) -> list[ev.AnyEvent]:
    staff = order.account or command.staff
    untold = [row for row in of_ticket(hall, command.ticket) if row.before and not row.told]
    return [ev.FollowUpTold(row.id, row.due, command.way, staff) for row in untold]


# --- apply, to the register only


def _opened(hall: "HallState", event: ev.FollowUpOpened, at: Micros) -> None:
    numbering.note_of_year(hall, "follow-up", event.series, event.serial)
    hall.register.follow_ups.put(
        event.follow_up,
        FollowUp(
            id=event.follow_up, number=event.number, kind=event.kind, ticket=event.ticket, window=event.window,
            clerk=event.clerk, opened=at, start=at, due=event.due, provisional=event.provisional,
            ticket_number=event.ticket_number, case=event.case, code=event.code, way=event.way,
            department=event.department, item=event.item, reason=event.reason, anonymous=event.anonymous,
        ),
    )  # fmt: skip
    rectifications.opened(hall, event, at)


def _moved(hall: "HallState", event: ev.FollowUpMoved, at: Micros) -> None:
    if event.follow_up not in hall.register.follow_ups:
        return  # closed and gone: only in a log whose clock was set back
    rectifications.followed(hall, event)
    row = hall.register.follow_ups.edit(event.follow_up)
    row.state = MOVES[row.state][event.move]
    match event.move:
        case "assign":
            row.owner = event.owner
        case "transfer":
            row.owner, row.department = event.owner, event.department
            row.transferred += 1
        case "coordinate":
            row.coordinated += 1
        case "satisfied" | "unsatisfied":
            row.verdict = event.move
        case "archive":
            row.archived = at
        case "step":
            row.steps += 1
        case "answer":
            row.finding = event.code
        case "approve":
            row.closed, row.appeal_until = at, event.due
        case "return":
            row.returns += 1
        case "appeal" | "reopen":
            row.earlier.append(row.owner)
            row.appeals += event.move == "appeal"
            row.owner, row.finding, row.verdict, row.closed, row.appeal_until = "", "", "", 0, 0
            row.start, row.due, row.provisional, row.noted = at, event.due, event.provisional, 0
            row.before, row.why_moved, row.told = 0, "", ""


def _noted(hall: "HallState", event: ev.DeadlineOverdue, _at: Micros) -> None:
    if event.kind in deadlines.OF_CASES:
        case_clock.overdue_noted(hall, event)
    elif event.kind == "answer" and event.owner in hall.register.follow_ups:
        hall.register.follow_ups.edit(event.owner).noted = event.level
    rectifications.overdue_noted(hall, event)


def _date_set(hall: "HallState", event: ev.DueDateSet, _at: Micros) -> None:
    if event.kind in deadlines.OF_CASES:
        case_clock.date_set(hall, event)
    elif event.owner in hall.register.follow_ups:
        row = hall.register.follow_ups.edit(event.owner)
        row.due, row.provisional, row.noted = event.due, False, 0
        if event.due != event.before:
            row.before, row.why_moved, row.told = event.before, event.reason, ""


def _told(hall: "HallState", event: ev.FollowUpTold, _at: Micros) -> None:
    if event.follow_up in hall.register.follow_ups:
        hall.register.follow_ups.edit(event.follow_up).told = event.way


DECIDE: "dict[type[Any], Decide]" = {
    cmd.OpenFollowUp: _open,
    cmd.MoveFollowUp: _move,
    cmd.NoteDateTold: _tell,
    SetDueDate: _set_due_date,
    NoteOverdue: _note_overdue,
}
APPLY: "dict[type[Any], Apply]" = {}
APPLY_REGISTER: "dict[type[Any], Apply]" = {
    ev.FollowUpOpened: _opened,
    ev.FollowUpMoved: _moved,
    ev.FollowUpTold: _told,
    ev.DeadlineOverdue: _noted,
    ev.DueDateSet: _date_set,
}
