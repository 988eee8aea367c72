"""Stations without a token: they wait with a code until a manager enrols them, or bring a code of the printed sheet.

1. A station without a token greets with what it wants to be. It gets a code, and may send nothing more: its next frame is
   a broken rule. It holds one of a bounded number of waiting connections (in total and of its address), apart from the
   half-open ones and from those of enrolled stations; the oldest of the busiest address gives way.
2. A code lives for ten minutes and is then replaced on the same connection; it dies with the connection. Codes are in
   memory only: after a restart of the caller each station connects again and shows another one. A manager who enters
   the old one is refused and told to look again.
3. What the station wants to be is only shown. The manager says as what it is enrolled, and the hall must have it.
4. Wrong codes of a manager's station are counted (`short_codes`): a slip of the finger opens nothing, and a program
   cannot try them all.
5. An enrolment is noted in the chain first, then written, then handed to the station. A kill after the note leaves an
   act without an effect: the station shows another code. A repeated command gets its answer again (`REMEMBERED_MAX`).
6. Codes of the sheet: `enrolment_sheet`. Files are written in a thread.
7. What a kiosk leaves for the PC that takes its place (the hash of its staff PIN) comes with its hello and is kept in
   stations.db; it goes to the next PC with its token. A station that reads cards is given the keys of ID numbers as well,
   over TLS or on this machine only: elsewhere they are copied by hand.
8. A second PC of the hall brings the code of `hallcall pair` and is given what is not in the database (`pairing`), under
   the same condition. It is no station and gets no token.
"""

import asyncio
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

from caller.engine import short_codes
from caller.engine.envelope import CommandEnvelope, EnrolStation, NoteAct, RevokeStation
from caller.engine.refusals import Refused
from caller.engine.settings_change import in_force
from caller.identity import enrolment_sheet, keys, pairing
from caller.identity.enrolment import (
    NAME,
    EnrolError,
    Stations,
    check_name,
    drop_station,
    keep_fields,
    kept_fields,
    write_token,
)
from caller.identity.enrolment_sheet import SheetTries
from caller.protocol import frames
from caller.protocol.frames import Done, EnrolCode, Enrolled, Hello, PeerError, RefusedFrame
from caller.protocol.permissions import ENROLLED_ROLES, Station
from caller.service.connection import Connection, Limits
from caller.service.idempotency import AnyAnswer, refusal
from caller.service.scheduler import OWN
from caller.service.upkeep import Decider
from config.instants import MINUTE, SECOND, Micros
from config.owner_only import BadKey
from config.process.connection_limits import PendingConnections
from config.settings import Settings
from config.versions import VersionStore, contents

CODE_LIFE = 10 * MINUTE
LEFT = {"pin": re.compile(r"\$argon2id\$[A-Za-z0-9+/=,$]{40,300}\Z")}  # fields a kiosk leaves, and their form
HALL_CHARS_MAX = frames.VIEW_BYTES_MAX // 2  # the keys and passwords have the other half
REMEMBERED_MAX = 256  # answers to managers; each repeats within seconds or never

log = logging.getLogger("hallcall.server")


class WaitingStation(NamedTuple):
    """A station that shows a code until `until` (UTC microseconds)."""

    link: Connection
    wanted: Station
    code: str
    until: Micros


class StationEnrolment:
    """All stations of one caller that have no token, and what a manager does about stations."""

    def __init__(self, loop: Decider, stations: Stations, limits: Limits) -> None:
        self._loop, self._stations, self._data = loop, stations, stations.path.parent
        self._connections = PendingConnections(limits.waiting, limits.waiting_per_address)
        self._waiting: dict[str, WaitingStation] = {}  # by code
        self._tries, self._sheet_tries = short_codes.WrongTries(), SheetTries()
        self._answers: OrderedDict[tuple[str, str, str], AnyAnswer] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._left: dict[Station, dict[str, str]] = {}  # what was noted last of each kiosk
        self._tasks: set[asyncio.Task[None]] = set()

    # --- stations

    def ask(self, link: Connection, hello: Hello) -> None:
        """Take a station without a token: it shows a code, or waits while its code of the sheet is judged (`redeem`).

        Raises `PeerError`.
        """
        role, _, name = hello.enrol.partition("/")
        is_paired = role == pairing.PC and bool(hello.code)
        if not (is_paired or role in ENROLLED_ROLES) or not NAME.fullmatch(name):
            raise PeerError("bad-frame", "enrol: ROLE/NAME")
        self._connections.add(link.connection, link.address, link.abort)
        if not hello.code:
            self._show_code(link, Station(role, name))

    def leave(self, link: Connection) -> None:
        """Forget a connection that has ended; its code dies with it."""
        self._connections.discard(link.connection)
        for code in [code for code, each in self._waiting.items() if each.link is link]:
            del self._waiting[code]

    def look(self) -> None:
        """Give those whose code is over another one. Call once a second."""
        now = self._loop.clock.now()
        for code, each in list(self._waiting.items()):
            if not each.until - CODE_LIFE <= now < each.until:  # a clock set back ends it as well
                del self._waiting[code]
                self._show_code(each.link, each.wanted)

    def _show_code(self, link: Connection, wanted: Station) -> None:
        code = short_codes.make("enrolment", secrets.token_bytes(16), str(wanted), self._waiting)
        assert code, "30^6 codes are never all taken"
        now = self._loop.clock.now()
        self._waiting[code] = WaitingStation(link, wanted, code, now + CODE_LIFE)
        link.write(EnrolCode(code, CODE_LIFE // SECOND, link.address))

    async def redeem(self, link: Connection, typed: str) -> None:
        """Enrol a station by its code of the sheet. Raises `PeerError`."""
        now, path = self._loop.clock.now(), self._stations.path
        if self._sheet_tries.minutes_left(link.address, now):
            raise PeerError("too-fast")
        try:
            found = await asyncio.to_thread(enrolment_sheet.find, path, typed, now)
            if found is None:
                self._sheet_tries.note(link.address, now)
                raise PeerError("bad-code")
            is_pc = found.role == pairing.PC
            if is_pc and not link.is_private:
                raise PeerError("not-private")
            subject = f"pc/{found.name}" if is_pc else f"station/{found.role}/{found.name}"
            note = NoteAct("pc-paired" if is_pc else "station-enrolled", subject, found.by, "sheet", now)
            order = CommandEnvelope(f"{OWN}-sheet-{uuid4()}", note, OWN, OWN)
            if isinstance(await self._decided(order), RefusedFrame):
                raise PeerError("shutting-down")  # the log cannot be written now: it tries again
            made = await asyncio.to_thread(enrolment_sheet.redeem, path, typed, _today(), now)
        except EnrolError as error:
            log.error("%s", error)
            raise PeerError("shutting-down") from None
        if made is None:  # another screen was quicker
            raise PeerError("bad-code")
        await self._hand_over(link, Station(found.role, found.name), made.token)

    async def _hand_over(self, link: Connection, station: Station, token: str) -> None:
        log.info("enrolled station=%s/%s peer=%s", *station, link.address)
        left = await asyncio.to_thread(self._left_to, link, station)
        is_pc = station.role == pairing.PC
        files = await asyncio.to_thread(pairing.files_of, self._data) if is_pc else {}
        hall = await asyncio.to_thread(self._hall_packed) if is_pc else ""
        link.write(Enrolled(*station, token, left, files, hall))
        await link.connection.close()

    def _hall_packed(self) -> str:
        """Return the hall's file in force, packed; empty where there is none, or it does not fit into a frame."""
        known = in_force(self._loop.hall)
        found = VersionStore(self._data).load(known.version, known.hash)
        text = pairing.packed(contents(found)) if found else ""
        return text if len(text) < HALL_CHARS_MAX else ""

    # --- from one PC to the next

    def note(self, station: Station, fields: dict[str, str]) -> None:
        """Keep what a kiosk leaves for the PC that takes its place, in a task where it differs (rule 7)."""
        wanted = {name: text for name, text in fields.items() if name in LEFT and LEFT[name].match(text)}
        if station.role == "kiosk" and wanted and self._left.get(station) != wanted:
            self._left[station] = wanted
            task = asyncio.create_task(self._keep(station, wanted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _keep(self, station: Station, fields: dict[str, str]) -> None:
        try:
            if await asyncio.to_thread(kept_fields, self._stations.path, *station) != fields:
                await asyncio.to_thread(keep_fields, self._stations.path, *station, fields)
        except EnrolError as error:
            self._left.pop(station, None)  # with its next hello
            log.warning("%s", error)

    def _left_to(self, link: Connection, station: Station) -> dict[str, str]:
        """Return what a new PC is given besides its token. Blocks."""
        found: dict[str, str] = {}
        try:
            if station.role == "kiosk":
                found = kept_fields(self._stations.path, *station)
            if link.is_private and _reads_cards(self._loop.hall.settings, station):
                found |= keys.lines_of(self._data, keys.PERSON)
        except (EnrolError, BadKey, OSError) as error:
            log.warning("%s", error)
        return found

    # --- managers

    async def carry_out(self, order: CommandEnvelope, reply: Callable[[AnyAnswer], None]) -> None:
        """Carry a manager's command about a station out, or refuse it; `reply` gets the answer."""
        key = order.role, order.station, order.id
        async with self._one_at_a_time:
            answer = self._answers.get(key)
            if answer is None:
                try:
                    answer = await self._carry_out(order)
                except Refused as refused:
                    answer = refusal(order.id, refused)
                except EnrolError as error:
                    answer = refusal(order.id, Refused("cannot-enrol", why_zh=error.zh, why_en=error.en))
                else:
                    self._answers[key] = answer
                    if len(self._answers) > REMEMBERED_MAX:
                        self._answers.popitem(last=False)
        reply(answer)

    async def _carry_out(self, order: CommandEnvelope) -> AnyAnswer:
        if isinstance(order.command, EnrolStation):
            return await self._enrol(order, order.command)
        assert isinstance(order.command, RevokeStation)
        return await self._revoke(order, order.command)

    async def _enrol(self, order: CommandEnvelope, command: EnrolStation) -> AnyAnswer:
        """Enrol the station that shows a code. Raises `Refused` or `EnrolError`."""
        sender, now = f"{order.role}/{order.station}", self._loop.clock.now()
        if minutes := self._tries.minutes_left("enrolment", sender, now):
            raise Refused("code-tries", minutes=minutes)
        found = self._waiting.get(short_codes.typed(command.code))
        if found is None:
            self._tries.note(sender, now)
            raise Refused("unknown-enrol-code")
        check_name(command.role, command.name, self._loop.hall.settings)
        answer = await self._decided(order)
        if isinstance(answer, RefusedFrame):
            return answer
        if self._waiting.pop(found.code, None) is None:  # it went while its act was written
            raise Refused("unknown-enrol-code")
        self._stations.refresh()
        replaced = self._stations.has(command.role, command.name)
        token = await asyncio.to_thread(
            write_token, self._stations.path, command.role, command.name, _today()
        )
        await self._hand_over(found.link, Station(command.role, command.name), token)
        return Done(order.id, answer.seq, {"address": found.link.address, "replaced": replaced})

    async def _revoke(self, order: CommandEnvelope, command: RevokeStation) -> AnyAnswer:
        """Delete a station; its connections end within a second. Raises `Refused` or `EnrolError`."""
        self._stations.refresh()
        if not self._stations.has(command.role, command.name):
            raise Refused("not-enrolled", role=command.role, name=command.name)
        answer = await self._decided(order)
        if isinstance(answer, Done):
            await asyncio.to_thread(drop_station, self._stations.path, command.role, command.name)
        return answer

    async def _decided(self, order: CommandEnvelope) -> AnyAnswer:
        """Have a command decided and written by the loop."""
        answered: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
        self._loop.submit(order, answered.set_result)
        return await answered


def _reads_cards(settings: Settings, station: Station) -> bool:
    """Return whether a kiosk or an agent has a reader."""
    return station.role in ("kiosk", "agent") and any(
        each.kind == "reader" and each.agent == station.name for each in settings.devices
    )


def _today() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
