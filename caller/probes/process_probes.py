"""Probes of what runs: the caller, deliveries, the enrolled stations, the clock and the calendar they go by."""

import socket
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from caller.delivery.outbox import OUTBOX_NAME, DeliveryError, Outbox
from caller.delivery.runner import is_running
from caller.eventlog import LOG_NAME, LogError
from caller.identity.account_file import ACCOUNTS_NAME
from caller.identity.account_store import AccountStore
from caller.identity.accounts import AccountError
from caller.identity.enrolment import STATIONS_NAME, EnrolError, Stations
from caller.service.clock import synchronised
from config.calendar import Calendar
from config.hosts import is_encrypted, is_loopback
from config.instants import SECOND, Micros, Seconds
from config.probe import Examined, Finding, doubtful, wrong
from config.process.tls import AUTO, CA_PLACE, certificate_ends

CONNECT_SECONDS: Seconds = 2.0
NOTED_MICROS: Micros = 10 * SECOND  # a caller at work has noted an act by then: it looks once a second
LISTED = 12  # names in one line
FIRST_DATE = date(2025, 1, 1)  # before this program was written: the clock's battery is dead
SOON_DAYS = 30  # a certificate of the hall's own is renewed by then
CA_SOON_DAYS = 180  # every screen must be told to trust another
NOTICE_DAYS = 45  # the national notice for a year comes in November; before that nobody can load it


class UnreadableFile(Exception):
    """A database of the data folder cannot be used; the text says why."""


@contextmanager
def copied(data: Path, name: str) -> Generator[Path]:
    """Yield a folder with a copy of one database of the data folder, to be opened by its store.

    A store brings what it opens to the shape of its program, and a new version's `doctor` looks beside an old one that runs
    (packaging/updating.py). Raises `UnreadableFile` for whatever goes wrong with it, also inside.
    """
    with TemporaryDirectory(prefix="hallcall-") as folder:
        try:
            copy = Path(folder) / name
            with closing(sqlite3.connect(data / name)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            yield Path(folder)
        except (OSError, sqlite3.Error, AccountError, DeliveryError, EnrolError, LogError) as error:
            said = str(error).replace(folder, str(data))
            raise UnreadableFile(said if str(data) in said else f"{data / name}: {said}") from error


def caller_process(hall: Examined) -> Iterable[Finding]:
    """Find a caller that does not take connections."""
    for url in hall.caller.split(","):
        where = urlsplit(url.strip())
        try:
            socket.create_connection((where.hostname or "", where.port or 80), CONNECT_SECONDS).close()
        except OSError as error:
            yield wrong("caller-away", url=url.strip(), detail=error.strerror or error)


def certificate(hall: Examined) -> Iterable[Finding]:
    """Find a certificate that has ended or soon does, and connections of other machines that are not encrypted."""
    listen = hall.settings.listen
    if not is_encrypted(listen.tls):
        if not listen.tls and not is_loopback(listen.host):
            yield doubtful("plain-network", host=listen.host)
        return
    auto = listen.tls == AUTO
    ca = hall.data / CA_PLACE
    files = [(ca.with_name("server.pem"), SOON_DAYS), (ca, CA_SOON_DAYS)] if auto else []
    for path, soon in files or [(hall.hall.parent / listen.tls, SOON_DAYS)]:
        try:
            ends = certificate_ends(path)
        except (OSError, ValueError) as error:
            yield wrong("certificate-unreadable", path=path, detail=error)
            continue
        left = (ends - datetime.fromtimestamp(hall.now / 1e6, UTC)).days
        if left < 0:
            yield wrong("certificate-over", path=path, day=ends.date())
        elif left < soon:
            yield doubtful("certificate-ends", path=path, day=ends.date(), count=left)


def deliver_process(hall: Examined) -> Iterable[Finding]:
    """Find that no process follows the log here, though there is one to follow."""
    if not (hall.data / LOG_NAME).exists() or is_running(hall.data):
        return
    outside = hall.settings
    if count := len((*outside.webhooks, *outside.gateways, *outside.staff, *outside.provinces)) + bool(
        outside.centre.url
    ):
        yield wrong("deliver-away", count=count)
    else:
        yield doubtful("records-not-followed")


def receivers(hall: Examined) -> Iterable[Finding]:
    """Find receivers that are away, paused, or have refused a message for good."""
    if not (hall.data / OUTBOX_NAME).exists():
        return
    try:
        with copied(hall.data, OUTBOX_NAME) as folder, Outbox(folder) as outbox:
            for row in outbox.receivers():
                dead = outbox.backlog(row.name).dead
                if dead:
                    yield wrong("deliveries-given-up", name=row.name, count=dead)
                if row.trouble:
                    yield doubtful("receiver-troubled", name=row.name, detail=row.trouble)
                elif row.paused:
                    yield doubtful("receiver-paused", name=row.name)
    except UnreadableFile as error:
        yield wrong("outbox-unreadable", detail=error)


def accounts(hall: Examined) -> Iterable[Finding]:
    """Find that persons must sign in and none can, or that acts of administrators wait for a caller."""
    required = hall.settings.accounts.required
    if not (hall.data / ACCOUNTS_NAME).exists():
        if required and hall.data.is_dir():
            yield wrong("no-manager-account")
        return
    try:
        with copied(hall.data, ACCOUNTS_NAME) as folder, closing(AccountStore(folder)) as store:
            roles = {role for each in store.all() if not each.disabled for role in each.roles}
            waiting = sum(not 0 <= hall.now - act.done < NOTED_MICROS for act in store.file.pending_acts())
    except UnreadableFile as error:
        yield wrong("accounts-unreadable", detail=error)
        return
    if required and "manager" not in roles:
        yield wrong("no-manager-account")
    if required and "clerk" not in roles:
        yield doubtful("no-clerk-account")
    if waiting:
        yield doubtful("acts-not-noted", count=waiting)


def enrolled(hall: Examined) -> Iterable[Finding]:
    """Find kiosks and windows of the hall's file that no station was ever enrolled for."""
    path = hall.data / STATIONS_NAME
    if not path.exists():
        if hall.data.is_dir():
            yield wrong("no-stations", path=path)
        return
    try:
        with (
            copied(hall.data, STATIONS_NAME) as folder,
            closing(Stations(folder / STATIONS_NAME)) as stations,
        ):
            known = {(role, name) for role, name, _ in stations.list()}
    except UnreadableFile as error:
        yield wrong("stations-unreadable", detail=error)
        return
    settings = hall.settings
    wanted = [("kiosk", each.id) for each in settings.kiosks] + [
        ("window", each.id) for each in settings.windows if each.kind != "guide"
    ]
    if missing := [f"{role} {name}" for role, name in wanted if (role, name) not in known]:
        more = " …" if len(missing) > LISTED else ""
        yield doubtful("not-enrolled", names=", ".join(missing[:LISTED]) + more)


def clock(hall: Examined) -> Iterable[Finding]:
    """Find a clock that cannot be right, and one that no time server keeps so."""
    day = _day(hall)
    if day < FIRST_DATE:
        yield wrong("clock-impossible", day=day)
    elif synchronised() is False:
        yield doubtful("clock-free")


def calendar(hall: Examined) -> Iterable[Finding]:
    """Find a year whose national notice is not loaded: this year's, and soon the next one's."""
    day, known = _day(hall), Calendar(hall.settings)
    for at in (day, day + timedelta(days=NOTICE_DAYS)):
        if known.provisional(at):
            yield doubtful("no-notice", year=at.year)
            return


def _day(hall: Examined) -> date:
    return datetime.fromtimestamp(hall.now / 1e6, ZoneInfo(hall.settings.hall.zone)).date()
