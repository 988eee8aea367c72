"""What the caller does once a second for its stations, and the documents it sends them.

A beat to each station; what time alone has changed in the documents; connections that are stuck, stations that were
revoked, devices whose program is gone, agents that run twice.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import structs
from websockets.asyncio.server import broadcast

from caller import views
from caller.engine.commands import TakeJob
from caller.engine.envelope import CommandEnvelope
from caller.engine.hall import Hall
from caller.eventlog.errors import KEPT_FOR_LOG_MIB, free_mib
from caller.identity.enrolment import Stations
from caller.identity.keys import SlipKey
from caller.people.question_store import PublishedAnswer, QuestionStore
from caller.protocol import frames, permissions
from caller.protocol.frames import Beat, Done, RefusedFrame
from caller.protocol.permissions import Station
from caller.protocol.station_documents import QuestionLine
from caller.service.clock import Clock
from caller.service.connection import Connection, Limits
from caller.service.device_presence import DuplicateAgents, StationList, StationPresence
from caller.service.subscriptions import Subscriptions, ViewDocument
from caller.views.stations import StationsKnown, missing
from config import owner_only
from config.instants import SECOND, Micros, Seconds
from config.text_safety import DECODE_ERRORS

ALARM_LOOKS = (
    5  # so many looks from one to the next at alarms that time alone makes: an idle window, a gone station
)

CUT_LOOK_SECONDS: Seconds = 0.1  # between two looks whether the database still answers
QUESTIONS_BYTES_MAX = frames.VIEW_BYTES_MAX - 4096  # the document's share of a frame

SHOWN_TO_PHONES = ("board", "kiosk")  # topics that hold the code of the minute

log = logging.getLogger("hallcall.server")
SendAnswer = Callable[[Done | RefusedFrame], None]


class Decider(Protocol):
    """What the server needs of the loop. `callback(topics, seq)` is called when memory is on disk."""

    clock: Clock

    @property
    def hall(self) -> Hall: ...
    @property
    def settled(self) -> bool: ...
    @property
    def health(self) -> views.ServiceHealth: ...
    @property
    def clock_is_credible(self) -> bool: ...
    @property
    def witness(self) -> str: ...
    def hear(self, witness: str) -> None: ...
    def submit(self, order: CommandEnvelope, reply: SendAnswer) -> None: ...
    def on_change(self, callback: Callable[[set[str], int], None]) -> None: ...


class QuestionsSeen:
    """The questions that the office has published, as stations get them."""

    def __init__(self, store: QuestionStore | None) -> None:
        self._store = store
        self._rows: list[PublishedAnswer] = []
        self.lines: list[QuestionLine] = []
        self.look()

    def look(self) -> bool:
        """Read the file where it has changed; return whether other questions are published now."""
        rows = self._store.all() if self._store else []
        if rows == self._rows:
            return False
        self._rows, self.lines, left = rows, [], QUESTIONS_BYTES_MAX
        for row in rows:
            left -= len(msgspec.json.encode(row)) + 1
            if left < 0:
                break  # the oldest give way
            self.lines.append(msgspec.convert(msgspec.to_builtins(row), QuestionLine))
        return True


class HallDocuments:
    """The hall's documents as of `seq`, the last event on disk; the supervisor's has the health of the process in
    it."""

    def __init__(self, loop: Decider, slip_key: SlipKey, questions: QuestionStore | None = None) -> None:
        self.seq = loop.hall.seq
        self.duplicates = DuplicateAgents()
        self.stations = StationsKnown()
        self.disk_left: int | None = None
        self.questions = QuestionsSeen(questions)
        self._loop, self._slip_key = loop, slip_key

    @property
    def settled(self) -> bool:
        return self._loop.settled

    def build(self, topic: str) -> ViewDocument:
        """Return a document; no screen is turned off by a clock that is not believed."""
        document = self._document(topic)
        if "dark" not in document or self._loop.clock_is_credible:
            return document
        return {**document, "dark": [] if isinstance(document["dark"], list) else False}

    def _document(self, topic: str) -> ViewDocument:
        hall, now = self._loop.hall, self._loop.clock.now()
        if topic in SHOWN_TO_PHONES and hall.settings.phone.take and hall.state.day.open:
            code, before = self._slip_key.codes_at(now)
            return {**views.build(hall, topic, now), "take": {"code": code, "before": before}}
        if topic not in ("supervise", "stations", "questions"):
            return views.build(hall, self._by_id(topic), now)
        seen = self._loop.health._replace(
            duplicate_agents=self.duplicates.names,
            stations=self.stations,
            disk_left=self.disk_left,
            questions=self.questions.lines,
        )
        return views.build(hall, topic, now, seen)

    def exists(self, topic: str) -> bool:
        return views.exists(self._loop.hall, self._by_id(topic))

    def phone_of(self, token: str) -> Station | None:
        """Return the phone that a slip's key stands for; None where it is no key, or its ticket is gone."""
        ticket = self._slip_key.ticket_of(token)
        return Station("phone", ticket) if ticket and self.exists(f"ticket/{ticket}") else None

    def window_of(self, ticket: str) -> str:
        """Return the window a ticket is at, or where it was last."""
        hall = self._loop.hall
        known = hall.register.visits.get(ticket) or hall.state.tickets.get(ticket)
        return known.window if known else ""

    def with_key(self, order: CommandEnvelope, answer: Done | RefusedFrame) -> Done | RefusedFrame:
        """Return the answer with the phone's key where its station hands out the slip.

        The key is added on the way out, so that neither the log nor the remembered answers hold it.
        """
        if isinstance(answer, Done):
            ticket = ""
            if "issued" in answer.result and order.role in permissions.SLIP_GIVERS:
                ticket = answer.result["ticket"]
            elif isinstance(order.command, TakeJob) and (
                job := self._loop.hall.state.jobs.get(order.command.job)
            ):
                ticket = job.ticket
            if ticket:
                key = self._slip_key.phone_key(ticket)
                return structs.replace(answer, result=answer.result | {"key": key})
        elif answer.ticket and order.role == "kiosk":
            return structs.replace(answer, key=self._slip_key.phone_key(answer.ticket))
        return answer

    def _by_id(self, topic: str) -> str:
        """Return the topic of a ticket that is named by its phone's key, as `web` proves whose a letter is."""
        name, _, key = topic.partition("/")
        return f"ticket/{self._slip_key.ticket_of(key) or ''}" if name == "ticket" and "." in key else topic


def _disk_left(data: Path) -> int | None:
    """Return the MiB that are free where they are so few that deliveries have stopped; None where there is room."""
    try:
        free = free_mib(data)
    except OSError:  # a folder that cannot be asked is told by the log, which cannot be written
        return None
    return free if free < KEPT_FOR_LOG_MIB else None


# --- what `hallcall doctor` reads of it

MISSING_NAME = "stations.missing"  # in the data folder
NOTED_SECONDS: Seconds = 60.0  # an older note is of a caller that does not call any more


class MissingNote(msgspec.Struct, frozen=True):
    """The stations that should be here and are not, as the caller saw it at `at` (UTC microseconds, the PC's own clock)."""

    at: Micros
    stations: list[tuple[str, str]] = []  # role and name


def note_missing(data: Path, stations: list[tuple[str, str]], wall: Micros) -> None:
    """Leave a note of the missing stations: the log does not hold who is connected. It may be lost, and is not waited for."""
    path = data / MISSING_NAME
    part = path.with_name(f"{MISSING_NAME}{owner_only.PART}")
    try:
        part.unlink(missing_ok=True)
        with owner_only.new_file(part) as file:
            file.write(msgspec.json.encode(MissingNote(wall, stations)))
        part.replace(path)
    except OSError as error:  # a disk that cannot take it is told by the log
        log.debug("%s: %s", path, error)


def noted_missing(data: Path, wall: Micros) -> list[tuple[str, str]]:
    """Return role and name of the stations that the caller at work here misses; none where no caller has said so lately."""
    try:
        note = msgspec.json.decode((data / MISSING_NAME).read_bytes(), type=MissingNote)
    except (OSError, *DECODE_ERRORS):
        return []
    return note.stations if abs(wall - note.at) <= NOTED_SECONDS * SECOND else []


class Upkeep:
    """The work of each second."""

    def __init__(
        self,
        loop: Decider,
        stations: Stations,
        subscriptions: Subscriptions,
        documents: HallDocuments,
        limits: Limits,
        monotonic: Seconds,
    ) -> None:
        self._loop, self._stations = loop, stations
        self._subscriptions, self._documents = subscriptions, documents
        self._settings = loop.hall.settings
        self._stations_seen = stations.generation
        self._presence = StationPresence(self._settings, limits.absent_seconds, monotonic)
        self._list = StationList(stations, loop.clock.now())
        self._looks = 0
        self._positions_of: object = None  # the state that the positions in line were last sent of
        self._told_cut = False  # by the last beat

    async def rest(self, links: Collection[Connection]) -> None:
        """Wait for the next second's work. Stations hear at once that the database is silent: another caller may have the right
        to write by now, and each second that they do not look for it is one without numbers."""
        end = time.monotonic() + frames.BEAT_SECONDS
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, CUT_LOOK_SECONDS))
            if self._loop.health.cut_off > self._told_cut:
                self._send_beat(links)

    def look(self, links: Collection[Connection], monotonic: Seconds, *, stopping: bool) -> list[Connection]:
        """Do this second's work at `monotonic` seconds; return the connections of revoked stations."""
        self._refresh_positions()
        self._send_beat(links)
        self._abort_overdue(links, monotonic)
        revoked = self._revoked(links)
        here = [link.station for link in links if link.station]
        if self._loop.hall.settings is not self._settings:
            self._settings = self._loop.hall.settings
            self._presence.follow(self._settings)
        if not stopping:
            for order, answered in self._presence.orders(
                self._loop.hall.register.devices, set(here), monotonic
            ):
                log.info("absent device=%s", getattr(order.command, "device", ""))
                self._loop.submit(order, answered)
        lines = [(each.station, each.version) for each in links if each.station]
        changed = self._list.look(lines, self._loop.clock.now())
        self._documents.stations = self._list.known
        if self._looks % ALARM_LOOKS == 0:
            self._documents.disk_left = _disk_left(self._stations.path.parent)
            self._note_missing()
        self._looks += 1
        if self._documents.questions.look():
            self._subscriptions.changed(["questions"])
        if self._documents.duplicates.look(here) or changed or self._looks % ALARM_LOOKS == 0:
            cases = [topic for topic in self._subscriptions.topics if topic.startswith(("cases", "case/"))]
            self._subscriptions.changed(["supervise", "stations", *cases])
        return revoked

    def _note_missing(self) -> None:
        """Leave the doctor a note, in a thread: no disk keeps the stations waiting."""
        hall, clock = self._loop.hall, self._loop.clock
        names = [(each.role, each.name) for each, _ in missing(hall, self._list.known, clock.now())]
        data = self._stations.path.parent
        asyncio.get_running_loop().run_in_executor(None, note_missing, data, names, clock.wall())

    def _refresh_positions(self) -> None:
        """Mark the documents of positions in line: they move with every call, and once a second is soon enough.

        Time alone lets an appointment be checked in, and ends the giving of numbers.
        """
        hall = self._loop.hall
        state = (hall.seq, id(hall), id(hall.forecast))
        kinds = ("person/", "kiosk", "guide", "find/")
        if state != self._positions_of:
            kinds += ("ticket/",)
        self._subscriptions.changed(topic for topic in self._subscriptions.topics if topic.startswith(kinds))
        if self._loop.settled:
            self._positions_of = state

    def _send_beat(self, links: Collection[Connection]) -> None:
        loop = self._loop
        self._told_cut = loop.health.cut_off
        beat = Beat(self._documents.seq, loop.clock.now(), loop.witness, self._told_cut)
        text = frames.encode(beat)
        broadcast([link.connection for link in links if link.station and not link.behind], text)

    def _abort_overdue(self, links: Collection[Connection], monotonic: Seconds) -> None:
        for link in links:
            if why := link.overdue(monotonic):
                log.warning(
                    "reaped station=%s peer=%s why=%s unsent=%d", link, link.address, why, link.unsent
                )
                link.abort()

    def _revoked(self, links: Collection[Connection]) -> list[Connection]:
        """Return the connections of stations whose token is no longer theirs."""
        self._stations.refresh()
        if self._stations.generation == self._stations_seen:  # a greeting may have read the change first
            return []
        self._stations_seen = self._stations.generation
        enrolled = [link for link in links if link.station and link.station.role != "phone"]
        return [link for link in enrolled if self._stations.lookup(link.token) != link.station]
