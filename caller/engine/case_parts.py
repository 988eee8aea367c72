"""What goes through other hands: departments' parts of a case, joint steps, a way up, and papers that are to follow. PURE.

1. **Parallel (联办)**. The lead window accepts and sends the papers to all departments at the same time (`share`): those of the
   item's `parts` with the acceptance itself, others later. Each part has working days of its own, and none is due after the
   case. A department replies once (`reply`): granted, refused or returned, the last two with a reason.
2. The case is late when any part is: its light is the worst of its clocks, in every count. While the case is paused its parts
   stand; each goes on with the working days that were left to it.
3. The lead decides when every department has replied. A part that ran over opens an accountability record of its
   department (`followups`).
4. **Joint steps**: a survey or a review is set for a day (`plan`), and noted as held (`held`); a new date replaces the one
   that was not held.
5. **Reported up (上报)**: sent up (`report`), and answered from above (`heard`); it is granted or refused here only after that.
   What is sent back to the applicant before needs no answer.
6. **Papers to follow (容缺)**: where the item allows it, it is accepted with papers missing, and all of them are promised for
   one day: `later_days` working days on. They are handed in (`bring`) at once or one after the other. That date has its own
   light, runs while the case is paused, and is red when it is missed; nothing is granted or issued before they are there.
7. The steps are in the case's own log, with who did them.
"""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from caller.engine import events as ev
from caller.engine import papers
from caller.engine.case_clock import CaseClock, clock, is_late, part_clocks, parts_resumed
from caller.engine.case_messages import CaseVerb, MoveCase
from caller.engine.case_part_rows import CaseMore, CasePart, JointStep, PartClock
from caller.engine.case_rows import Case
from caller.engine.papers import AskedPaper, WrongPaper
from caller.engine.refusals import Refused
from config.case_settings import CaseType
from config.hall_lists import reasons
from config.instants import Micros
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import HallState

JOINT = ("survey", "review")
PARTS_MAX = 30  # a hall has some fifty departments; no approval asks most of them
PARALLEL: frozenset[CaseType] = frozenset({"parallel"})
REPORTED: frozenset[CaseType] = frozenset({"reported-up", "agency"})
VERBS: frozenset[CaseVerb] = frozenset({"share", "reply", "plan", "held", "report", "heard", "bring"})
EMPTY = CaseMore()


def possible(row: Case, verb: CaseVerb) -> bool:
    """Return whether a case has what one of these verbs is about."""
    more = row.more or EMPTY
    match verb:
        case "share" | "plan":
            return row.case_type in PARALLEL
        case "reply":
            return bool(more.open_parts)
        case "held":
            return any(not each.held for each in more.joint)
        case "report":
            return row.case_type in REPORTED and (not more.reported or bool(more.heard))
        case "heard":
            return bool(more.reported) and not more.heard
        case "bring":
            return bool(more.owed)
        case _:
            return True


# --- beginning


class Owed(NamedTuple):
    """The papers that are to follow, and until when; none of them in most cases."""

    papers: list[AskedPaper] = []  # noqa: RUF012 - it is never changed
    clock: CaseClock = CaseClock()


def owed_at(hall: "HallState", item: Item, ticked: list[WrongPaper], now: Micros) -> Owed:
    """Return what is to follow of a case that is accepted with papers missing (rule 6).

    Raises:
        Refused: this item is not accepted without them, or it has no such paper.
    """
    if not ticked:
        return Owed()
    asked = papers.asked(hall.settings, item, ticked)
    never = [each.name for each in asked if each.name not in later_papers(item)]
    if never:
        names = (item.name, item.name_en or item.name)
        raise Refused("papers-not-later", item=names[0], item_en=names[1], papers="、".join(never))
    return Owed(asked, clock(hall, now, hall.settings.cases.later_days))


def later_papers(item: Item) -> list[str]:
    """Return the papers without which an item is accepted: those it names, else all of a conditional one."""
    return item.later or (item.papers if item.case_type == "conditional" else [])


def limits_of(item: Item) -> dict[str, int]:
    """Return the working days of the departments among which an item's cases are shared."""
    found = (each.rpartition(":") for each in item.parts)
    return {department: int(days) for department, _, days in found}


def parts_at(hall: "HallState", item: Item | None, kind: CaseType, now: Micros) -> list[PartClock]:
    """Return the parts that a case of this item begins with (rule 1)."""
    return part_clocks(hall, now, limits_of(item)) if item and kind in PARALLEL else []


def began(event: ev.CaseOpened, at: Micros) -> CaseMore | None:
    """Return what a case begins with besides its row; None where there is nothing."""
    if not (event.parts or event.owed or event.agent or event.listed or event.major):
        return None
    return CaseMore(
        parts=[_part(each, at) for each in event.parts], owed=list(event.owed), owed_days=event.owed_days,
        owed_due=event.owed_due, owed_warn=event.owed_warn, owed_provisional=event.owed_provisional, agent=event.agent,
        listed=list(event.listed), major=event.major,
    )  # fmt: skip


def _part(told: PartClock, since: Micros) -> CasePart:
    return CasePart(told.department, told.days, since, told.due, told.warn, told.provisional)


# --- going on


def parts_after(hall: "HallState", row: Case, command: MoveCase, now: Micros) -> list[PartClock]:
    """Return the clocks of parts that a move sets. Raises: Refused (rule 1)."""
    if command.move == "resume":
        return parts_resumed(hall, row, now)
    if command.move == "accept":
        return parts_at(hall, hall.items.get(row.item), row.case_type, now)
    if command.move != "share":
        return []
    if is_late(row, now):
        raise Refused("clock-overdue", number=row.number)
    known = {each.id for each in hall.settings.departments}
    has = {each.department for each in (row.more or EMPTY).parts}
    for each in command.parts:
        if each.department not in known:
            raise Refused("unknown-department", chosen=each.department)
        if each.department in has:
            raise Refused("case-part-there", number=row.number, department=each.department)
        has.add(each.department)
    if not command.parts or len(has) > PARTS_MAX:
        raise Refused("case-no-parts", number=row.number, most=PARTS_MAX)
    told = part_clocks(hall, now, {each.department: each.days for each in command.parts})
    if row.days >= 0 and (late := next((each for each in told if each.due > row.due), None)):
        raise Refused("case-part-limit", number=row.number, department=late.department)
    return told


def need_step(hall: "HallState", row: Case, command: MoveCase, now: Micros) -> None:
    """Refuse what one of these moves needs and does not have. Raises: Refused."""
    if command.move == "reply":
        part = (row.more or EMPTY).part(command.department)
        if part is None or part.replied:
            raise Refused("case-part", number=row.number, department=command.department)
        if not command.decision:
            raise Refused("case-reply", number=row.number)
        known = [each.id for each in reasons(hall.settings, "refusal")]
        if command.decision != "granted" and known and command.code not in known:
            raise Refused("unknown-code", chosen=command.code, known=", ".join(known))
    if command.move in ("plan", "held") and command.code not in JOINT:
        raise Refused("unknown-code", chosen=command.code, known=", ".join(JOINT))
    if command.move == "plan" and not _day_to_come(hall, command.day, now):
        raise Refused("case-day", number=row.number)
    if command.move == "held" and not _planned(row, command.code):
        raise Refused("case-step", number=row.number, state=row.state)
    if command.move == "bring" and not set(command.papers) <= {
        each.paper for each in (row.more or EMPTY).owed
    }:
        raise Refused("unknown-paper")


def _day_to_come(hall: "HallState", day: str, now: Micros) -> bool:
    try:
        return date.fromisoformat(day) >= hall.local_date(now)
    except ValueError:
        return False


def _planned(row: Case, kind: str) -> JointStep | None:
    return next((each for each in (row.more or EMPTY).joint if each.kind == kind and not each.held), None)


def need_complete(row: Case, verb: CaseVerb, decision: str) -> None:
    """Refuse to decide or issue a case of which something is still to come (rules 3, 5 and 6). Raises: Refused."""
    more = row.more or EMPTY
    if verb == "decide" and (waits := more.open_parts):
        names = "、".join(each.department for each in waits)
        raise Refused("case-parts-open", number=row.number, count=len(waits), departments=names)
    final = decision in ("granted", "refused")
    if verb == "decide" and final and row.case_type == "reported-up" and not more.heard:
        raise Refused("case-not-heard", number=row.number)
    if more.owed and (verb == "issue" or (verb == "decide" and decision == "granted")):
        names = "、".join(each.name for each in more.owed)
        raise Refused("case-papers-owed", number=row.number, papers=names)


# --- apply


def changed(row: Case, event: ev.CaseMoved, at: Micros) -> None:
    """Change the rest of a case by a move; of a case that has none, only by a move that gives it some."""
    if event.move not in VERBS and not event.parts and (row.more is None or event.move != "decide"):
        return
    more = row.edit_more()
    for told in event.parts:
        part = more.part(told.department)
        if part is None:
            more.parts.append(_part(told, at))
        elif not part.replied:
            more.parts[more.parts.index(part)] = _part(told, at)
    match event.move:
        case "reply":
            if part := more.part(event.department):
                part.reply, part.code, part.staff, part.replied = event.decision, event.code, event.staff, at
        case "plan":
            more.joint = [each for each in more.joint if each.held or each.kind != event.code]
            more.joint.append(JointStep(event.code, event.day, event.staff, at))
        case "held":
            if step := _planned(row, event.code):
                step.held, step.held_by = at, event.staff
        case "report":
            more.reported, more.heard = at, 0
        case "heard":
            more.heard = at
        case "bring":
            more.owed = [each for each in more.owed if event.papers and each.paper not in event.papers]
        case "decide":
            more.owed = []
        case _:
            pass
