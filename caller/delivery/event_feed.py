"""The events of the log for a program that listens now: what a webhook is told, one by one, from any place on.

A listener remembers the seq of the last event it has, and goes on behind it after any break; nothing is kept for it here.
The events that go out, and their fields, are those of webhooks: no hash of a person, no code, no staff number.
"""

import sqlite3
from collections.abc import Collection
from pathlib import Path

from caller.delivery import webhooks
from caller.delivery.outbox import Delivery
from caller.eventlog import LOG_NAME, LogError, Reader

EVENTS_AT_ONCE = 200  # of one look
LISTENER = "listener"  # whom a message is for; it is kept in no outbox


class FeedError(Exception):
    """The log cannot be read here, or not now."""


class EventFeed:
    """The log in a data folder, read beside the caller that writes it. Its calls block, and may run in any thread."""

    def __init__(self, data: Path) -> None:
        self._path = data / LOG_NAME

    def newest(self) -> int:
        """Return the seq of the newest event. Raises: FeedError."""
        try:
            with Reader(self._path) as log:
                return log.last
        except (LogError, sqlite3.Error, OSError) as error:
            raise FeedError(str(error)) from error

    def after(self, seq: int, kinds: Collection[str] = ()) -> tuple[list[Delivery], int]:
        """Return some events after `seq`, the oldest first, of these kinds (none: of all), and up to which seq was looked.

        Raises:
            FeedError: the log cannot be read.
        """
        try:
            with Reader(self._path) as log:
                records = list(log.after(seq, EVENTS_AT_ONCE))
                chosen = [each for each in records if not kinds or each.event_kind in kinds]
                found = [webhooks.message(log.site, LISTENER, each) for each in chosen]
        except (LogError, sqlite3.Error, OSError) as error:
            raise FeedError(str(error)) from error
        return found, records[-1].seq if records else seq
