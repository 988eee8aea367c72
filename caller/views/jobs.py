"""What a station is asked to do, for the station itself and for who asked."""

from caller.engine.hall import Hall
from caller.engine.station_jobs import LIVE, Job
from caller.views.parts import ViewDocument
from caller.views.ticket import ahead
from config.settings import agent_printers


def jobs_view(hall: Hall, key: str, now: int) -> ViewDocument:
    """The jobs of one station. KeyError for a station that has no printer."""
    if not agent_printers(hall.settings, key):
        raise KeyError(key)
    return {
        "station": key,
        "jobs": {job.id: _job(hall, job, now) for job in hall.state.jobs.values() if job.station == key},
    }


def _job(hall: Hall, job: Job, now: int) -> ViewDocument:
    document: ViewDocument = {
        "kind": job.kind, "device": job.device, "state": job.state, "requested": job.requested,
        "until": job.until, "by": job.by, "detail": job.detail,
    }  # fmt: skip
    ticket = hall.state.tickets.get(job.ticket)
    if ticket is not None and job.state in LIVE:
        low, high = hall.band(ticket.queue, ticket.promise)
        document["slip"] = {
            "ticket": ticket.id, "number": ticket.number, "queue": ticket.queue, "priority": ticket.priority,
            "items": ticket.items, "issued": ticket.issued, "ahead": ahead(hall, ticket, now), "low": low, "high": high,
        }  # fmt: skip
    return document
