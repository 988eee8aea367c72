"""Which papers (文书) a case makes, when, and for whom: the table that openings and moves are printed by. PURE.

1. What opens a case gives the applicant one paper. Of an accepted one it is 受理通知书; of a 联办件 its lead window's
   并联审批受理通知书, of a 代办件 the 代办受理单. A tax hall (`[cases] forms = "tax"`) gives the 承诺书 in two copies instead,
   where the case has a promised date, and 否定备案书 where it was not accepted.
2. With it goes the paper of the house (`INSIDE`): 办理通知书, 并联审批办理通知书, 税务文书传递单; where the hall wants it
   (`[cases] inside_papers`). An item in which staff only help (协办) has none.
3. A move that the applicant must be told of has its paper. An extension has the owner's 问题处理报告单 to the supervisor
   beside it; of a case that ran over it may be asked for, and a pen writes why and until when. Papers that were received and
   are accepted later make the papers of an acceptance then.
4. Of a 承诺书 the copy that stays is printed again, marked as done, when the result is given out.
5. Each is printed at once on the window's own printer, one job a paper; without a printer, or with too much to do there,
   it is offered as A4. A printer keeps no act from happening.
6. A paper may be asked for again as long as its case is kept and has come so far (`papers_of`).
"""

from typing import TYPE_CHECKING

from caller.engine import events as ev
from caller.engine import station_jobs
from caller.engine.case_messages import MoveCase
from caller.engine.case_rows import Case, CaseState
from caller.engine.commands import CaseNotice
from caller.engine.envelope import CommandEnvelope
from config.case_settings import CaseType
from config.instants import Micros

if TYPE_CHECKING:
    from caller.engine.state import HallState

INSIDE: frozenset[CaseNotice] = frozenset({"handling", "parallel-handling", "passing", "task-report"})
OF_TYPE: dict[CaseType, CaseNotice] = {"parallel": "parallel", "agency": "agency"}
INSIDE_OF: dict[CaseNotice, CaseNotice] = {
    "acceptance": "handling", "parallel": "parallel-handling", "promise": "passing",
}  # fmt: skip
OF_MOVE: dict[str, CaseNotice] = {"pause": "pause", "extend": "delay"}
BEFORE: dict[str, CaseNotice] = {  # of an event of an older version
    "accepted": "acceptance", "received": "receipt", "refused": "refusal",
}  # fmt: skip
TO_ACCEPT: frozenset[CaseState] = frozenset({"received", "asked"})  # nothing is accepted yet


def first(hall: "HallState", kind: CaseType, state: str, days: int) -> CaseNotice:
    """Return the paper that the applicant has of a case of this type that began in this state (rule 1)."""
    tax = hall.settings.cases.forms == "tax"
    if state == "refused":
        return "denial" if tax else "refusal"
    if state == "received":
        return "receipt"
    return OF_TYPE.get(kind) or ("promise" if tax and days >= 0 else "acceptance")


def of_opening(hall: "HallState", kind: CaseType, state: str, days: int) -> list[CaseNotice]:
    """Return the papers of an opening, the applicant's first (rules 1 and 2)."""
    paper = first(hall, kind, state, days)
    inside = INSIDE_OF.get(paper) if kind != "assisted" else None
    return [paper, inside] if inside and hall.settings.cases.inside_papers else [paper]


def of_move(hall: "HallState", row: Case, command: MoveCase, days: int) -> list[CaseNotice]:
    """Return the papers of a move, the applicant's first (rules 3 and 4); `days`: of the clock it sets, -1 for none."""
    move, inside = command.move, hall.settings.cases.inside_papers
    if move == "accept":
        return of_opening(hall, row.case_type, "accepted", days)
    if move == "refuse":
        return [first(hall, row.case_type, "refused", -1)]
    if move == "decide" and command.decision != "granted":
        return ["return"]
    if move == "issue":
        return of_issue(hall, row)
    found: list[CaseNotice] = [OF_MOVE[move]] if move in OF_MOVE else []
    if move == "extend" and inside:
        found.append("task-report")
    return found


def of_issue(hall: "HallState", row: Case) -> list[CaseNotice]:
    """Return the papers of giving the result of a case out (rule 4)."""
    paper = first(hall, row.case_type, "accepted", row.days)
    return [paper] if paper == "promise" else []


def jobs(
    hall: "HallState", order: CommandEnvelope, window: str, papers: list[CaseNotice], about: str, now: Micros
) -> list[ev.AnyEvent]:
    """Return the jobs that print these papers on the window's own printer (rule 5); the first has the command's id."""
    made = (
        station_jobs.notice_job(hall, order, window, paper, about, now, extra=bool(nth))
        for nth, paper in enumerate(papers)
    )
    return [each for each in made if each]


def papers_of(hall: "HallState", row: Case) -> list[CaseNotice]:
    """Return the papers that a case has by now, in the order of its life (rule 6)."""
    if row.voided:
        return ["void"]
    steps = {each.move for each in row.steps or ()}
    if row.state == "refused":
        return [first(hall, row.case_type, "refused", -1)]
    if row.state in TO_ACCEPT:
        return ["receipt"]
    found: list[CaseNotice] = ["receipt"] if "accept" in steps else []
    found += of_opening(hall, row.case_type, "accepted", row.days)
    later: list[tuple[CaseNotice, bool]] = [
        ("pause", bool(row.paused)), ("delay", bool(row.extended)), ("task-report", bool(row.extended or row.noted)),
        ("return", row.decision in ("refused", "returned")),
    ]  # fmt: skip
    return [*found, *(paper for paper, is_there in later if is_there)]
