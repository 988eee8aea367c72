"""How a reception ends, and what follows from it in the same command: papers asked for, a case, a paper printed. PURE.

1. The outcomes of a reception are those its item names, else the usual ones of the window and the item's case type. Each
   has its digit, the same at every window and for ever: its place in `OUTCOMES`. A pay window takes money and an issuing
   window hands results out whatever the item names; who came for the result of a case collects it at any window.
2. An item may require that its outcome is chosen. Then no press ends its reception without asking: calling the next is
   refused with `outcome-needed`, and a desk asks. Only the caller's own end of a visit left over asks no person.
3. *incomplete* with the papers that are wrong asks for all of them (`vouchers`); *accepted* and *received* open a case,
   *rejected* one that was not accepted, with its reason from the item's list; *done* opens and closes one (`cases`).
   *elsewhere* may name the department the applicant is sent on to, from the hall's list.
4. What there is a paper for is printed at once on the window's own printer; without one, the desk shows it as A4. A
   printer that is busy or absent keeps no reception from ending.
5. An outcome that is corrected in time takes back what followed from it (`voided`), and its paper is printed as void
   (作废); then what follows from the new outcome is made.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs

from caller.engine import case_papers, case_types, cases, collecting, station_jobs, vouchers
from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.case_messages import CaseVerb, MoveCase
from caller.engine.case_rows import ENDS, Case
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall_events import OutcomeCorrected
from caller.engine.refusals import Refused
from caller.engine.tickets import Ticket
from caller.engine.windows import Reception
from config.case_settings import OUTCOMES, limit_days, usual_outcomes
from config.hall_lists import reasons
from config.instants import Micros
from config.settings import Item

if TYPE_CHECKING:
    from caller.engine.state import HallState

NO_PRESS = cmd.FinishService("", 0)
OF_WAITING: dict[cmd.Outcome, CaseVerb] = {"accepted": "accept", "rejected": "refuse"}
OF_WINDOWS: dict[str, cmd.Outcome] = {"pay": "paid", "issuing": "collected"}  # by kind


def choices(
    hall: "HallState", window: str, item: Item | None, ticket: Ticket | None = None
) -> tuple[cmd.Outcome, ...]:
    """Return the outcomes of a reception at a window, of this ticket where one is served, in the order of their digits."""
    place = hall.window_settings.get(window)
    kind = place.kind if place else ""
    more = {OF_WINDOWS[kind]} if kind in OF_WINDOWS else set[cmd.Outcome]()
    if ticket and ticket.voucher in hall.register.cases:
        more.add("collected")
    if item is None:
        known = usual_outcomes(kind, "unspecified", None)
    elif item.outcomes:
        known = tuple(item.outcomes)
    else:
        known = usual_outcomes(kind, item.case_type, limit_days(item.statutory_days, item.promised_days))
        known = case_types.offered(item, known) if hall.settings.cases.enabled else known
    return tuple(each for each in OUTCOMES if each in known or each in more)


def refusal_reasons(hall: "HallState", item: Item | None) -> list[str]:
    """Return the codes that say why an item is not accepted: those the item names, of the hall's list."""
    known = [each.id for each in reasons(hall.settings, "refusal")]
    return [code for code in known if not item or not item.refusals or code in item.refusals]


def item_of(hall: "HallState", ticket: Ticket, named: str = "") -> Item | None:
    """Return the item a reception is about: the one named, else the first of the visit that is dealt with here.

    Raises:
        Refused: the settings have no item of this name.
    """
    if named:
        if named not in hall.items:
            raise Refused("unknown-item", item=named)
        return hall.items[named]
    serves = hall.state.windows[ticket.window].serves if ticket.window else {}
    known = [hall.items[id] for id in ticket.pending or ticket.items if id in hall.items]
    here = [each for each in known if each.queue == ticket.queue or each.queue in serves]
    return next(iter(here or known), None)


def need_asking(hall: "HallState", ticket: Ticket) -> None:
    """Refuse to end a reception as done on the spot where its item wants its outcome chosen. Raises: Refused."""
    item = item_of(hall, ticket)
    if item and (item.outcome_required or (item.outcomes and "done" not in item.outcomes)):
        raise Refused("outcome-needed", number=ticket.number)


def followed_by(
    hall: "HallState",
    order: CommandEnvelope,
    ticket: Ticket,
    now: Micros,
    command: cmd.FinishService = NO_PRESS,
) -> list[ev.AnyEvent]:
    """Return what follows from the end of a reception, after the event that ends it.

    Raises:
        Refused: the item does not end so, or what the outcome needs is missing or wrong.
    """
    own = order.role == station_jobs.CALLER
    item, outcome = item_of(hall, ticket, command.item), command.outcome
    if item and item.outcomes and not own and outcome not in choices(hall, ticket.window, item, ticket):
        raise Refused("no-such-outcome", outcome=outcome)
    if outcome == "incomplete" and command.papers:
        if item is None:
            raise Refused("unnamed-item")
        asked = vouchers.asked(hall, order, ticket, item, command.papers, now)
        return [*_printed(hall, order, ticket.window, "missing", asked.voucher, now), asked]
    if outcome == "rejected":
        _need_reason(refusal_reasons(hall, item), command.reason)
    if outcome == "elsewhere":
        _need_reason([each.id for each in reasons(hall.settings, "elsewhere")], command.reason)
    settled: list[ev.AnyEvent] = [] if outcome == "incomplete" else [*vouchers.completed(hall, ticket)]
    if outcome == "collected":
        settled += _collected(hall, order, ticket, now)
    if item is None or own or not hall.settings.cases.enabled:
        return settled
    if outcome == "done":
        return [*settled, cases.done(hall, order, ticket, item, now)]
    if outcome not in cases.BEGINS:
        return settled
    if (row := vouchers.case_of(hall, ticket)) and row.state not in ENDS:
        return [*settled, *_gone_on(hall, order, ticket, row, command, now)]
    opened = cases.opened_by(hall, order, ticket, item, cases.BEGINS[outcome], command, now)
    papers: list[cmd.CaseNotice] = [opened.notice, *opened.also] if opened.notice else []
    return [*settled, *case_papers.jobs(hall, order, ticket.window, papers, opened.case, now), opened]


def _gone_on(
    hall: "HallState",
    order: CommandEnvelope,
    ticket: Ticket,
    row: Case,
    command: cmd.FinishService,
    now: Micros,
) -> list[ev.AnyEvent]:
    """Return what takes on the case whose papers were brought; handed in to be checked again, or accepted at another window
    meanwhile, it stays as it is."""
    move = OF_WAITING.get(command.outcome)
    if move is None or (move == "accept" and row.state != "asked"):
        return []
    if move == "refuse":
        _need_any_reason(hall, hall.items.get(row.item), command.reason)
    clerk = hall.state.windows[ticket.window].clerk
    code = command.reason if move == "refuse" else ""
    act = MoveCase(row.id, move, row.version, window=ticket.window, staff=clerk, code=code)
    return cases.went_on(hall, order, row, act, now)


def _collected(hall: "HallState", order: CommandEnvelope, ticket: Ticket, now: Micros) -> list[ev.AnyEvent]:
    """Return what gives a result out, with the paper of it."""
    issued = collecting.collected(hall, ticket)
    papers = [(each.case, case_papers.of_issue(hall, hall.register.cases[each.case])) for each in issued]
    jobs = [
        job
        for case, kinds in papers
        for job in case_papers.jobs(hall, order, ticket.window, kinds, case, now)
    ]
    told = [
        structs.replace(each, notice=kinds[0] if kinds else "")
        for each, (_, kinds) in zip(issued, papers, strict=True)
    ]
    return [*jobs, *told]


def voided(
    hall: "HallState", order: CommandEnvelope, last: Reception, clerk: str, now: Micros
) -> list[ev.AnyEvent]:
    """Return what takes back what followed from a reception's outcome; the paper first.

    Raises:
        Refused: the case has gone on since, or the voucher was used.
    """
    if not last.made:
        _need_waiting(hall, last)
        return []
    if last.made in hall.register.vouchers:
        taken: ev.PapersVoided | ev.CaseVoided = vouchers.voided(hall, last, clerk)
        has_paper = True
    else:
        taken = cases.voided(hall, last, clerk, now)
        has_paper = bool(taken.notice)
    return [*(_printed(hall, order, last.window, "void", last.made, now) if has_paper else []), taken]


def _need_waiting(hall: "HallState", last: Reception) -> None:
    """Refuse to correct an outcome that took on a case received before: the case is not taken back. Raises: Refused."""
    row = vouchers.case_of(hall, hall.state.tickets[last.ticket]) if last.outcome in OF_WAITING else None
    if row and row.state != "asked":
        raise Refused("case-went-on", number=row.number, state=row.state)


def _need_any_reason(hall: "HallState", item: Item | None, reason: str) -> None:
    """Refuse to end a case without a reason where there are reasons to choose from: it is told in writing. Raises: Refused."""
    known = refusal_reasons(hall, item)
    if known and not reason:
        raise Refused("reason-needed", known=", ".join(known))


def _need_reason(known: list[str], reason: str) -> None:
    """Refuse a reason that is none of these. An evaluator's keypad has none to give. Raises: Refused."""
    if reason and reason not in known:
        raise Refused("unknown-code", chosen=reason, known=", ".join(known))


def _printed(
    hall: "HallState", order: CommandEnvelope, window: str, notice: cmd.CaseNotice, about: str, now: Micros
) -> list[ev.AnyEvent]:
    job = station_jobs.notice_job(hall, order, window, notice, about, now)
    return [job] if job else []


def result(events: Sequence[Any]) -> dict[str, Any]:
    """Return what the sender of a command is told of the visit it ended, and of the case or the notice it made; empty
    where it did neither.

    `voided`: the paper that is void now, by an outcome that was corrected. `also`: further papers of the same act.
    """
    ending = ev.ServiceFinished | ev.TicketReturned | OutcomeCorrected
    ended = next((each.ticket for each in events if isinstance(each, ending)), "")
    jobs = {each.notice for each in events if isinstance(each, ev.JobRequested)}
    found: dict[str, Any] = {}
    for event in events:
        match event:
            case ev.PapersAsked():
                found |= {"notice": "missing", "about": event.voucher, "code": event.code}
            case ev.CaseOpened():
                notice = event.notice or case_papers.BEFORE.get(event.state, "")
                found |= {"notice": notice, "also": event.also, "about": event.case}
                found |= {"code": event.code, "case_number": event.number}
            case ev.CaseMoved(notice=notice) if notice:
                found |= {"notice": notice, "about": event.case, "code": "", "case_number": event.number}
                found["also"] = event.also
            case ev.FeeTaken() | ev.FeeCorrected():
                found |= {
                    "notice": "payment",
                    "about": event.fee,
                    "code": "",
                    "case_number": event.number,
                    "amount": event.amount,
                }
            case ev.PapersVoided():
                found |= {"voided": "missing", "void_about": event.voucher}
            case ev.CaseVoided():
                found |= {"voided": event.notice, "void_about": event.case, "void_number": event.number}
            case _:
                pass
    if found:
        found["printed"] = bool(jobs - {"void"})
    return found | ({"ticket": ended} if ended else {})
