"""A message to a person goes out from one PC alone: of two PCs with one log each asks the database before it sends.

1. What one PC has sent the other learns from a copy of delivery.db, seconds later at best. A PC that is lost takes the last of it
   with it; and one that stood still with a message in its hand goes on when the other one calls already.
2. So a message is **claimed** first: one row of `hallcall.told`, which the database gives to one PC. The other one ends the message in
   doubt, as after a kill between mark and answer: it may have arrived, and is not sent again.
3. What has certainly not gone out gives its claim back, so that either PC may try again.
4. While the database is away nothing goes out to persons: there is nothing new to tell either.

A hall without a second PC claims nothing.
"""

from contextlib import suppress
from pathlib import Path

from caller.eventlog import LogError
from caller.eventlog.calling_here import noted_address, pc_of
from caller.eventlog.stores.postgres_session import PostgresSession, turned

KEPT_DAYS = (
    30  # as an ended message is kept in delivery.db: the copy of a month ago is no second PC's any more
)
LOCK = "select pg_advisory_xact_lock(hashtext('hallcall tables'))"  # all senders begin at once
TABLE = """create schema if not exists hallcall;
create table if not exists hallcall.told(
    receiver text, message text, pc text not null, at timestamptz not null, primary key (receiver, message))"""
FORGET = f"delete from hallcall.told where at < clock_timestamp() - interval '{KEPT_DAYS} days'"
CLAIM = """insert into hallcall.told values (%s, %s, %s, clock_timestamp()) on conflict (receiver, message) do update
set at = excluded.at where told.pc = excluded.pc"""
GIVE_BACK = "delete from hallcall.told where receiver = %s and message = %s and pc = %s"


class ToldOnce:
    """The claims of one receiver's messages on one PC. For one thread."""

    def __init__(self, data: Path, receiver: str) -> None:
        self._data, self._receiver, self._pc = data, receiver, pc_of(data)
        self._session: PostgresSession | None = None
        self._failures = 0  # another of the database's hosts next time

    def claim(self, message: str) -> bool:
        """Return whether a message may be sent from here; one that this PC has claimed before may. Raises `LogError`."""
        address = noted_address(self._data)
        if not address:
            return True
        try:
            done = self._opened(address).execute(CLAIM, (self._receiver, message, self._pc))
        except LogError:
            self._failures += 1
            self.close()
            raise
        return done.rowcount == 1

    def give_back(self, message: str) -> None:
        """Let either PC send a message that has not gone out. Where that cannot be said the claim stays this PC's."""
        if self._session:
            with suppress(LogError):
                self._session.execute(GIVE_BACK, (self._receiver, message, self._pc))

    def _opened(self, address: str) -> PostgresSession:
        if self._session is None or self._session.is_lost:
            self.close()
            session = PostgresSession(address, writing=True, server=turned(address, self._failures))
            self._session = session
            with session.together():
                session.raw(LOCK)
                session.raw(TABLE)
                session.raw(FORGET)
        return self._session

    def close(self) -> None:
        """End the session with the database."""
        if self._session:
            self._session.close()
        self._session = None
