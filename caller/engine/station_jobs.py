"""A station job is what the caller asks a station to do: print a paper at a window, ask for a rating now, restart.

1. A job has the id of the command that requested it: asked twice, it is one job.
2. requested → taken → done | failed | unknown. A station works only after its take is committed, and a job is
   taken once: the caller refuses a second take. So a job is done at most once.
3. *failed* means surely not done; *unknown* means taken, and no station has said how it ended. The caller
   tries neither again by itself.
4. A restart is taken by the program that ends and reported done by the one that follows it. Of a station that is a page
   in a browser (`PAGE_STATIONS`, and a desk) the page is loaded anew; where it stands in use until the limit, it says that it was not.
   A drill cuts a kiosk off for a minute: it is taken before that, and reported once the kiosk is back.
   A kiosk's picture shows its screen at rest only, so that no applicant's entries are in it.
5. A job has a limit. One that no station took in time has failed; one taken and not ended in time is unknown.
   The caller reports both itself (`overdue`); a station that comes late with the truth is still believed.
"""

import re
from collections.abc import Container
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from caller.engine import commands as cmd
from caller.engine import events as ev
from caller.engine.envelope import CommandEnvelope
from caller.engine.refusals import Refused
from config.instants import SECOND, Micros
from config.settings import Device, Settings, agent_printers, agents

if TYPE_CHECKING:
    from caller.engine.state import Apply, Decide, HallState

JobState = Literal["requested", "taken", "done", "failed", "unknown"]
Move = Literal["take", "done", "failed", "unknown"]
MOVES: dict[JobState, dict[Move, JobState]] = {
    "requested": {"take": "taken", "failed": "failed"},
    "taken": {"done": "done", "failed": "failed", "unknown": "unknown"},
    "unknown": {"done": "done", "failed": "failed"},
    "done": {},
    "failed": {},
}
LIVE: frozenset[JobState] = frozenset({"requested", "taken"})
JOBS_LIVE_MAX = 20  # of one station; more would be printed long after their applicants have gone
JOB_ID_MAX = 61  # characters, with the name of a further paper
NOTICE_SECONDS = 60  # the applicant stands at the window and waits for the paper
JOBS_KEPT = 50  # ended ones, of all stations: so that who asked sees what became of it
OVERDUE = "没有站点程序取走，已过时限 / no program of that station took it in time"
SILENT = "取走后没有结果，已过时限 / taken, and nothing heard of it in time"
CALLER = "caller"  # the role of the caller's own commands
# Kinds that a kiosk does; what stands in no row of `DOERS` an agent does.
AT_KIOSKS = frozenset({
    "restart-kiosk", "volume-kiosk", "brightness-kiosk", "screen-kiosk", "screenshot-kiosk", "drill", "print-test-kiosk",
})  # fmt: skip
PAGE_STATIONS = ("guide", "board", "evaluator", "supervisor")  # stations that are a page in a browser
PAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")  # as it may be enrolled
FREELY_NAMED = frozenset(
    {"guide", "board", "supervisor"}
)  # enrolled under any name: the hall's file does not know it
DOERS: dict[str, frozenset[str]] = {
    "kiosk": AT_KIOSKS, "web": frozenset({"restart-web"}), "window": frozenset({"restart-window"}),
    "deliver": frozenset({"restart-deliver"}),
    **{role: frozenset({f"restart-{role}"}) for role in PAGE_STATIONS},
}  # fmt: skip
PROGRAMS = ("web", "deliver")  # of which a hall has one, enrolled under the name of its role
# Kinds that concern the station itself and not one of its devices.
OF_STATION = frozenset[str]({"restart-agent", "volume-agent", "brightness-agent", "screen-agent"}).union(
    *DOERS.values()
) - {"print-test-kiosk"}


class Job(Struct):
    """One job as it stands. Instants are UTC microseconds."""

    id: str
    station: str
    kind: str
    state: JobState
    requested: Micros
    until: Micros
    device: str = ""
    ticket: str = ""
    by: str = ""  # the station that asked
    notice: str = ""  # which paper is printed, about the voucher or case `about`
    about: str = ""
    detail: str = ""
    percent: int = 0


def moved(state: JobState, move: Move) -> JobState | None:
    """Return the state after a move, or None where the table has none."""
    return MOVES[state].get(move)


def overdue(jobs: dict[str, Job], now: Micros) -> list[cmd.ReportJob]:
    """Return what the caller reports of jobs past their limit."""
    late = [job for job in jobs.values() if job.state in LIVE and now >= job.until]
    return [
        cmd.ReportJob(job.id, "failed", OVERDUE)
        if job.state == "requested"
        else cmd.ReportJob(job.id, "unknown", SILENT)
        for job in late
    ]


# --- decide


def _request(
    hall: "HallState", order: CommandEnvelope, command: cmd.RequestJob, now: Micros
) -> list[ev.AnyEvent]:
    device = _device_of(hall.settings, command)
    ticket = _ticket_of(hall, command)
    live = _live(hall, command.station)
    if live >= JOBS_LIVE_MAX:
        raise Refused("station-busy", station=command.station, count=live)
    return [
        ev.JobRequested(
            job=order.id, station=command.station, kind=command.kind, until=now + command.seconds * SECOND,
            device=device, ticket=ticket, by=order.station, notice=command.notice, about=_about(hall, command),
            percent=command.percent,
        )
    ]  # fmt: skip


def _about(hall: "HallState", command: cmd.RequestJob) -> str:
    """Return the id of what a notice is about. Raises: Refused (there is no such voucher or case)."""
    if command.kind != "print-notice":
        return ""
    known: Container[str] = hall.register.cases
    if command.notice in ("missing", "payment"):
        known = hall.register.vouchers if command.notice == "missing" else hall.state.fees
    void = command.notice == "void" and command.about in hall.register.vouchers
    if not command.notice or (command.about not in known and not void):
        raise Refused("unknown-case")
    return command.about


def notice_job(
    hall: "HallState", order: CommandEnvelope, window: str, notice: cmd.CaseNotice, about: str, now: Micros,
    *, extra: bool = False,
) -> ev.JobRequested | None:  # fmt: skip
    """Return the job that prints a notice on a window's own printer; None where it has none, or too much to do.

    A command prints one paper under its own id; a further one (`extra`), and what it makes void, have ids of their own.
    """
    printer = _printer_of(hall, window)
    if printer is None:
        return None
    return ev.JobRequested(
        job=f"{order.id[: JOB_ID_MAX - 1 - len(notice)]}.{notice}" if extra or notice == "void" else order.id, station=printer.agent, kind="print-notice", until=now + NOTICE_SECONDS * SECOND,
        device=printer.name, by=order.station, notice=notice, about=about,
    )  # fmt: skip


def slip_job(
    hall: "HallState", order: CommandEnvelope, window: str, ticket: str, now: Micros
) -> ev.JobRequested | None:
    """Return the job that prints a ticket's slip on a window's own printer; None where it has none, or too much to do."""
    printer = _printer_of(hall, window)
    return printer and ev.JobRequested(
        job=order.id, station=printer.agent, kind="print-slip", until=now + NOTICE_SECONDS * SECOND,
        device=printer.name, ticket=ticket, by=order.station,
    )  # fmt: skip


def window_printer(settings: Settings, window: str) -> Device | None:
    """Return the printer that stands at this window, and that an agent drives."""
    own = [each for each in settings.devices if window and each.window == window]
    return next((each for each in own if each in agent_printers(settings, each.agent)), None)


def _printer_of(hall: "HallState", window: str) -> Device | None:
    """Return a window's own printer; None where it has none, or its agent too much to do."""
    printer = window_printer(hall.settings, window)
    return printer if printer and _live(hall, printer.agent) < JOBS_LIVE_MAX else None


def _live(hall: "HallState", station: str) -> int:
    return sum(job.station == station and job.state in LIVE for job in hall.state.jobs.values())


def evaluators(settings: Settings, pc: str) -> list[Device]:
    """Return the evaluators that the agent of `pc` drives."""
    return [each for each in settings.devices if each.kind == "evaluator" and each.agent == pc]


def takes_jobs(settings: Settings, station: str) -> bool:
    """Return whether a station of this name may be asked to do something."""
    named = (role for role in ("agent", *DOERS) if role not in FREELY_NAMED)
    return any(station in _doers(settings, role) for role in named) or bool(PAGE_NAME.fullmatch(station))


def doer(kind: str) -> str:
    """Return the role of the station that does jobs of this kind."""
    return next((role for role, kinds in DOERS.items() if kind in kinds), "agent")


def _doers(settings: Settings, role: str) -> list[str]:
    """Return the names of the stations of a role that do jobs."""
    match role:
        case "agent":
            return agents(settings)
        case "kiosk":
            return [each.id for each in settings.kiosks]
        case "window" | "evaluator":
            return [each.id for each in settings.windows]
        case _:
            return [each for each in PROGRAMS if each == role]


def kiosk_printers(settings: Settings, kiosk: str) -> list[Device]:
    """Return the printers that a kiosk prints on, in its order."""
    row = next((each for each in settings.kiosks if each.id == kiosk), None)
    named = {each.name: each for each in settings.devices if each.kind == "printer"}
    return [named[name] for name in (row.printers if row else ()) if name in named]


def _device_of(settings: Settings, command: cmd.RequestJob) -> str:
    """Return the device that the job is for, "" where it is for the station's program itself. Raises Refused."""
    station = command.station
    if command.kind in OF_STATION:
        role = doer(command.kind)
        known = _doers(settings, role)
        if station not in known and role not in FREELY_NAMED:
            raise Refused("no-station", station=station, known="、".join(known))
        return ""
    asks = command.kind == "ask-rating"
    at_kiosk = command.kind == "print-test-kiosk"
    printers = kiosk_printers if at_kiosk else agent_printers
    found = evaluators(settings, station) if asks else printers(settings, station)
    device = command.device or next((each.name for each in found), "")
    if device not in [each.name for each in found]:
        raise Refused("no-evaluator" if asks else "no-printer", station=station, device=command.device)
    return device


def _ticket_of(hall: "HallState", command: cmd.RequestJob) -> str:
    """Return the id of the ticket whose slip is asked for, or ""."""
    if command.kind != "print-slip":
        return ""
    if not command.number:
        return hall.ticket(command.ticket).id
    wanted = command.number.strip().casefold()
    found = [each.id for each in hall.state.tickets.values() if each.number.casefold() == wanted]
    if not found or command.ticket not in ("", found[-1]):
        raise Refused("unknown-ticket")
    return found[-1]


def _take(hall: "HallState", order: CommandEnvelope, command: cmd.TakeJob, now: Micros) -> list[ev.AnyEvent]:
    job = _own(hall, order, command.job)
    if moved(job.state, "take") is None or now >= job.until:
        raise Refused("job-over")
    return [ev.JobTaken(job=job.id)]


def _report(
    hall: "HallState", order: CommandEnvelope, command: cmd.ReportJob, _now: Micros
) -> list[ev.AnyEvent]:
    job = _own(hall, order, command.job)
    if job.state == command.state:
        return []
    if moved(job.state, command.state) is None:
        raise Refused("job-over")
    return [ev.JobEnded(job=job.id, state=command.state, detail=command.detail)]


def _own(hall: "HallState", order: CommandEnvelope, id: str) -> Job:
    """Return the job, if it is the sender's."""
    job = hall.state.jobs.get(id)
    if job is None or (order.role != CALLER and (order.role, order.station) != (doer(job.kind), job.station)):
        raise Refused("unknown-job")
    return job


# --- apply


def _requested(hall: "HallState", event: ev.JobRequested, at: Micros) -> None:
    jobs = hall.state.jobs
    jobs[event.job] = Job(
        id=event.job, station=event.station, kind=event.kind, state="requested", requested=at, until=event.until,
        device=event.device, ticket=event.ticket, by=event.by, notice=event.notice, about=event.about,
        percent=event.percent,
    )  # fmt: skip
    ended = [job.id for job in jobs.values() if job.state not in LIVE]
    for id in ended[: max(0, len(ended) - JOBS_KEPT)]:
        del jobs[id]


def _taken(hall: "HallState", event: ev.JobTaken, _at: Micros) -> None:
    hall.state.jobs[event.job].state = "taken"


def _ended(hall: "HallState", event: ev.JobEnded, _at: Micros) -> None:
    job = hall.state.jobs[event.job]
    job.state, job.detail = event.state, event.detail


DECIDE: "dict[type[Any], Decide]" = {cmd.RequestJob: _request, cmd.TakeJob: _take, cmd.ReportJob: _report}
APPLY: "dict[type[Any], Apply]" = {ev.JobRequested: _requested, ev.JobTaken: _taken, ev.JobEnded: _ended}
APPLY_REGISTER: "dict[type[Any], Apply]" = {}
