"""Runs the followers of a log: the records, and each receiver of webhooks. One process a data folder.

A follower is a function called again and again, in a thread of its own: it does what there is to do and returns how
many seconds it may rest; an error it raises is logged once, kept where the office sees it, and the round repeated.
"""

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from caller.delivery import webhooks
from caller.delivery.outbox import Delivery, DeliveryError, Outbox, ReceiverRow
from caller.eventlog import LOG_NAME, Head, LogError, Reader, Record, chain
from caller.identity import keys
from caller.records import RecordsError, bring_up_to_date
from config import owner_only
from config.instants import Micros, Seconds
from config.owner_only import BadKey
from config.settings import Settings, Webhook

LOCK_NAME = "deliver.lock"
POLL_SECONDS: Seconds = 1.0  # how old the records may be; no report is read by the second
SOON_SECONDS: Seconds = 0.25  # how late an event may go out
AFTER_TROUBLE_SECONDS: Seconds = 10.0  # a full disk is not full for a second
LOOK_SECONDS: Seconds = 0.5  # a look holds the lock for microseconds
TRY_SECONDS: Seconds = 0.02
JOIN_SECONDS: Seconds = (
    3.0  # for all followers; one that waits for its receiver is cut off, and sends again next time
)
EVENTS_AT_ONCE = 1_000  # one transaction
SENT_AT_ONCE = 100  # before the log is looked at again
FIRST_WAIT: Micros = 5_000_000  # after a try that failed; doubled with each further one
LONGEST_WAIT: Micros = 3_600_000_000
TRIES_MAX = 12  # of one message that its receiver refuses: about four hours and a half

Round = Callable[[threading.Event], Seconds]
log_of_faults = logging.getLogger("hallcall.deliver")


def clock() -> Micros:
    return time.time_ns() // 1000


# --- the process


@contextmanager
def only_process(data: Path) -> Generator[None]:
    """Hold the right to deliver from a data folder. Raises `DeliveryError` "in-use".

    A look (`is_running`) takes the lock for an instant; it must not keep a process from starting.
    """
    handle = _taken(data / LOCK_NAME, time.monotonic() + LOOK_SECONDS)
    try:
        yield
    finally:
        os.close(handle)


def _taken(path: Path, end: Seconds) -> int:
    while True:
        try:
            return owner_only.lock(path)
        except BlockingIOError:
            if time.monotonic() > end:
                raise DeliveryError("in-use", path=path.parent) from None
            time.sleep(TRY_SECONDS)


def is_running(data: Path) -> bool:
    """Return whether a process delivers from a data folder."""
    return owner_only.is_locked(data / LOCK_NAME)


def run(
    settings: Settings, data: Path, stop: threading.Event, others: Iterable[tuple[str, Round]] = ()
) -> None:
    """Run all followers until `stop`, for a process that is the only one of its data folder (`only_process`).

    `others`: followers of other rooms, with their names.
    """
    threads = [
        threading.Thread(target=follow, args=(name, round, stop), name=name, daemon=True)
        for name, round in (*followers(settings, data), *others)
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    end = time.monotonic() + JOIN_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def followers(settings: Settings, data: Path) -> list[tuple[str, Round]]:
    """Return every follower of a hall's log with its name."""
    senders = [(each.id, Sender(settings.hall.site, data, each).round) for each in settings.webhooks]
    return [("records", records_of(data)), *senders]


def follow(name: str, round: Round, stop: threading.Event) -> None:
    """Call `round` until `stop`; log each trouble once, and its end."""
    reported = ""
    while not stop.is_set():
        trouble, rest = "", AFTER_TROUBLE_SECONDS
        try:
            rest = round(stop)
        except (LogError, RecordsError, DeliveryError, BadKey, OSError) as error:
            trouble = str(error)
        except Exception as error:  # a bug of one follower must not end the others
            trouble = repr(error)
            if trouble != reported:
                log_of_faults.exception("%s failed", name)
        if trouble and trouble != reported:
            log_of_faults.warning("%s: %s", name, trouble)
        elif reported and not trouble:
            log_of_faults.warning("%s 恢复正常 / goes on", name)
        reported = trouble
        stop.wait(rest)


def records_of(data: Path) -> Round:
    """Return the follower that keeps records.db up to date. A log that is not there yet is no trouble."""

    def round(stop: threading.Event) -> Seconds:
        if (data / LOG_NAME).exists():
            bring_up_to_date(data, stop)
        return POLL_SECONDS

    return round


# --- one receiver


class Sender:
    """Leads one receiver along the log and sends what waits for it.

    `_rest_until`: the instant (UTC microseconds) before which a receiver that is away is left alone, and how many
    tries in a row found it so.
    """

    def __init__(
        self,
        site: str,
        data: Path,
        webhook: Webhook,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.site, self.data, self.webhook = site, data, webhook
        self._clock, self._chance = clock, chance
        self._rest_until: Micros = 0
        self._away = 0

    def round(self, stop: threading.Event) -> Seconds:
        """Take what is new of the log, send what is due; return how many seconds to rest.

        Raises `LogError`, `DeliveryError`, `BadKey`.
        """
        if not (self.data / LOG_NAME).exists():
            return SOON_SECONDS
        with Outbox(self.data) as outbox:
            try:
                row = self._take_in(outbox, stop)
                if row.paused:
                    return SOON_SECONDS
                outbox.drop_old(row.name, self._clock())
                return 0 if self._send_due(outbox, row, stop) == SENT_AT_ONCE else SOON_SECONDS
            except DeliveryError:
                raise  # of the outbox itself, in which nothing can be noted now
            except Exception as error:  # whatever it is, the office sees why nothing goes out
                outbox.note(self.webhook.id, str(error) or repr(error), self._clock())
                raise

    # from the log to the outbox

    def _take_in(self, outbox: Outbox, stop: threading.Event) -> ReceiverRow:
        with Reader(self.data / LOG_NAME) as log:
            row = outbox.receiver(self.webhook.id) or outbox.begin(self.webhook.id, log.site, newest(log))
            head = self._place(outbox, log, row)
            while not stop.is_set():
                records = list(chain.follow(head, log.piece(head.seq, EVENTS_AT_ONCE)))
                if not records:
                    break
                head = Head(records[-1].seq, records[-1].hash)
                outbox.add(row.name, head, self._messages(records))
        return row._replace(head=head)

    def _place(self, outbox: Outbox, log: Reader, row: ReceiverRow) -> Head:
        """Return where to go on: a log that was restored from a backup has lost the end that the cursor is at."""
        if row.site != log.site:
            raise DeliveryError("other-site", name=row.name, site=log.site, known=row.site)
        if log.holds(row.head):
            return row.head
        held = next((head for head in outbox.heads(row.name) if log.holds(head)), None)
        if held is None:
            raise DeliveryError("lost-place", name=row.name, path=outbox.path)
        outbox.rewind(row.name, held)
        return held

    def _messages(self, records: Iterable[Record]) -> Iterator[Delivery]:
        for record in records:
            if webhooks.chosen(self.webhook, record.event_kind):
                yield webhooks.message(self.site, self.webhook.id, record)

    # from the outbox to the receiver

    def _send_due(self, outbox: Outbox, row: ReceiverRow, stop: threading.Event) -> int:
        """Send at most `SENT_AT_ONCE` messages; return how many were tried. A receiver that is away ends the round."""
        now = self._clock()
        if now < self._rest_until <= now + LONGEST_WAIT:  # a rest that a clock set back made longer is over
            return 0
        secrets = webhooks.signing_secrets(keys.keys_of(self.data, webhooks.PURPOSE)[0].secret, row, now)
        tried = 0
        for message in outbox.due(row.name, now, 2 * LONGEST_WAIT, SENT_AT_ONCE):
            if stop.is_set():
                break
            answer = webhooks.post(self.webhook, message, secrets, self._clock())
            tried += 1
            if not self._keep(outbox, message, answer):
                break
        return tried

    def _keep(self, outbox: Outbox, message: Delivery, answer: webhooks.Answer) -> bool:
        """Keep what came of a try; return whether the receiver may be sent the next."""
        name, now = message.receiver, self._clock()
        if answer.verdict == "taken":
            self._away, self._rest_until = 0, 0
            outbox.sent(message, now)
            outbox.note(name, "", now)
            return True
        outbox.note(name, answer.detail, now)
        if answer.verdict == "gone":
            log_of_faults.warning("%s: %s; 已暂停 / paused", name, answer.detail)
            outbox.pause(name, True)
            return False
        if answer.verdict == "away":
            self._rest_until = now + min(max(self._wait(self._away), int(answer.after * 1e6)), LONGEST_WAIT)
            self._away += 1
            # Another message is tried first then: one that a receiver hangs on must not stop the others.
            outbox.again(message, answer.detail, self._rest_until + FIRST_WAIT, counts=False)
            return False
        if message.tries + 1 >= TRIES_MAX:
            log_of_faults.warning("%s: %s is given up: %s", name, message.id, answer.detail)
            outbox.dead(message, answer.detail, now)
        else:
            outbox.again(message, answer.detail, now + self._wait(message.tries))
        return True

    def _wait(self, failures: int) -> Micros:
        """Return how long to wait after so many failures before this one, doubled each time, and
        spread over its second half, so that many halls do not come back to one receiver at once."""
        return int(min(FIRST_WAIT << min(failures, 20), LONGEST_WAIT) * (0.5 + self._chance() / 2))


def newest(log: Reader) -> Head:
    """Return the last event of a log."""
    last = next(islice(log.after(log.last - 1), 1), None)
    return Head(last.seq, last.hash) if last else chain.genesis(log.site)
