"""`PairedPcs` checks that both PCs of a hall have the same keys, and follows the yearly rotation of the key of persons.

1. Each PC tells the database the sums of what it was given at pairing (`identity.pairing`), each `TELL_SECONDS`: one row of
   `hallcall.pc`. The PC that calls reads them, and has an alarm for one that differs or has not been heard of; the one that
   stands by says so in its own log, and `hallcall doctor` on either.
2. With its own sums the PC that calls names its keys of persons. The one that stands by makes the next of them itself,
   which a one-way function derives, and destroys what was destroyed there: so no key travels, and both stay the same.
3. With them it tells its version. Of two versions the older one may not be able to read what the newer one writes, and then does
   not take over: the PC that calls has an alarm until both are the same, and `hallcall doctor` says it on either.
4. A PC that was not heard of for `FORGOTTEN_DAYS` is no second PC any more.
"""

import logging
import re
import socket
import time
from datetime import timedelta
from pathlib import Path

from caller.eventlog.stores.postgres_session import PC_THAT_CALLS, PostgresSession
from caller.identity import keys, pairing
from config.catalogue import Message, both, message
from config.instants import Seconds
from config.owner_only import BadKey, destroy
from config.process.running import VERSION

TELL_SECONDS: Seconds = 60.0
SILENT_MINUTES = 15  # a PC that is updated and started again is back by then
FORGOTTEN_DAYS = 7
GENERATIONS_MAX = 20  # years that a standby may have slept; more is no name of a key
TABLE = """create table if not exists hallcall.pc(
    pc text primary key, name text not null, sums text not null, persons text not null, calls boolean not null,
    at timestamptz not null)"""
ADDED = "alter table hallcall.pc add column if not exists version text not null default ''"  # empty: one that tells none
TELL = """insert into hallcall.pc (pc, name, sums, persons, calls, at, version)
values (%s, %s, %s, %s, %s, clock_timestamp(), %s) on conflict (pc) do update set name = excluded.name, sums = excluded.sums,
persons = excluded.persons, calls = excluded.calls, at = excluded.at, version = excluded.version"""
OTHERS = f"""select name, sums, extract(epoch from clock_timestamp() - at)::float8 / 60, version from hallcall.pc
where pc <> %s and at > clock_timestamp() - interval '{FORGOTTEN_DAYS} days' order by name"""
PERSON_KEY = re.compile(r"person-(\d{4})\.key")

log = logging.getLogger("hallcall.copy")


class PairedPcs:
    """What one PC tells and hears. Every method takes the session of the moment, and raises `LogError` and `OSError`."""

    def __init__(self, data: Path, pc: str) -> None:
        """`pc`: what the database calls this PC."""
        self._data, self._pc = data, pc
        self._due = 0.0  # monotonic
        self._has_table = False
        self._said: list[str] = []
        self.troubles: tuple[Message, ...] = ()  # what the supervisor is told of the other PC
        self.differing: list[str] = []  # groups of what this PC has otherwise than the one that calls

    def look(self, session: PostgresSession, *, calls: bool) -> None:
        """Tell and hear, at most each `TELL_SECONDS`. `calls`: whether this PC does."""
        if time.monotonic() < self._due:
            return
        if not self._has_table:
            session.execute(TABLE)
            session.execute(ADDED)
            self._has_table = True
        if not calls:
            self._follow(session)
        sums, persons = pairing.sums(self._data), self._persons()
        session.execute(TELL, (self._pc, socket.gethostname(), sums, persons, calls, VERSION))
        if calls:
            self.troubles = tuple(self._heard(session))
        self._due = time.monotonic() + TELL_SECONDS

    def again(self) -> None:
        """Look at once the next time: the PC that calls is another."""
        self._due = 0.0

    def _heard(self, session: PostgresSession) -> list[Message]:
        found: list[Message] = []
        own = pairing.sums(self._data)
        for name, sums, minutes, version in session.execute(OTHERS, (self._pc,)).fetchall():
            if differing := pairing.differing(own, sums):
                zh, en = in_words(differing)
                found.append(_alert("keys-differ", pc=name, what_zh=zh, what_en=en))
            if version != VERSION:
                found.append(_alert("pc-other-version", pc=name, version=version or "-", own=VERSION or "-"))
            if minutes > SILENT_MINUTES:
                found.append(_alert("pc-silent", pc=name, minutes=round(minutes)))
        return found

    def _follow(self, session: PostgresSession) -> None:
        """Come to the keys of persons that the PC that calls has, and say once what still differs."""
        row = session.execute(PC_THAT_CALLS).fetchone()
        if row is None:
            return
        sums, persons = row
        if pairing.differing(pairing.sums(self._data), sums):
            try:
                follow_rotation(self._data, persons.split())
            except BadKey as error:
                log.warning("%s", error)
        self.differing = pairing.differing(pairing.sums(self._data), sums)
        if self.differing and self.differing != self._said:
            zh, en = in_words(self.differing)
            log.warning(
                "%s与另一台不同，请重新配对 / not the other PC's: %s; pair again: hallcall pair", zh, en
            )
        self._said = self.differing

    def _persons(self) -> str:
        return " ".join(sorted(path.name for path in (self._data / keys.FOLDER).glob("person-*.key")))


def _alert(code: str, **facts: object) -> Message:
    """Return what the supervisor is told, in the words of an alert."""
    return message("alert", code, **facts)


def in_words(groups: list[str]) -> tuple[str, str]:
    """Return groups of what is paired in Chinese and English."""
    words = [both("paired", group) for group in groups]
    return "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)


def follow_rotation(data: Path, names: list[str]) -> None:
    """Make and destroy keys of persons until they are those of these names, which another PC of the hall has rotated.

    Nothing is destroyed before the newest is here. Raises `BadKey`, `OSError`.
    """
    wanted = [int(found[1]) for name in names if (found := PERSON_KEY.fullmatch(name))]
    if not wanted or not keys.exist(data, keys.PERSON):
        return
    current = keys.keys_of(data, keys.PERSON)[0]
    year = timedelta(days=keys.ROTATION_DAYS[keys.PERSON])
    if not 0 <= max(wanted) - current.generation <= GENERATIONS_MAX:
        return
    while current.generation < max(wanted):
        current = keys.next_key(current, keys.PERSON, current.since + year)
    for path in sorted((data / keys.FOLDER).glob("person-*.key")):
        found = PERSON_KEY.fullmatch(path.name)
        if found and int(found[1]) < min(wanted):
            destroy(path)
