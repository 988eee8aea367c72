"""One receiver of deliveries, led along the log: what an event makes for it lies in the outbox first, and is sent from there.

`LogSender` is the way that all receivers share; each kind says what it makes of events, how one message is sent, and
whether it goes to a person. What goes to a person goes **at most once**: it is marked before it is sent, and one whose
fate is unknown (no answer, a kill) is shown and never sent again. Of two PCs one alone sends it (`told_once`).

While the caller reports that this PC's clock is wrong, nothing is done because of the time: a notice sent or ended by a
false date could not be taken back, and what was deleted is gone. What is true at any time goes out as ever: an event to a
program, the fault of a device (this clock's) to the staff.
"""

import contextlib
import logging
import random
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol

from caller.delivery import webhooks
from caller.delivery.outbox import Delivery, DeliveryError, Outbox
from caller.delivery.outbox_tables import ReceiverRow
from caller.delivery.told_once import ToldOnce
from caller.delivery.webhooks import Answer
from caller.engine.hall_events import DeviceReported
from caller.eventlog import LOG_NAME, Head, Reader, Record, chain
from caller.eventlog.errors import lacks_room
from caller.identity import keys
from config.catalogue import word
from config.instants import Micros, Seconds
from config.settings import Webhook

SOON_SECONDS: Seconds = 0.25  # how late an event may go out
EVENTS_AT_ONCE = 1_000  # one transaction
SENT_AT_ONCE = 100  # before the log is looked at again
FIRST_WAIT: Micros = 5_000_000  # after a try that failed; doubled with each further one
LONGEST_WAIT: Micros = 3_600_000_000
CLOCK = "clock"  # the device under which the caller reports the clock of its PC
REPORTS_LOOKED_AT = 1_000  # of devices, back to the last one of the clock
TRIES_MAX = 12  # of one message that its receiver refuses: about four hours and a half

NOT_SENT = ("away", "gone")  # certainly
ENDED_UNSENT = ("unknown", "unwanted", "late", "unfit")
log_of_faults = logging.getLogger("hallcall.deliver")
Made = tuple[list[Delivery], Mapping[str, str]]  # messages, and memos by key


def clock() -> Micros:
    return time.time_ns() // 1000


def wait_after(failures: int, chance: float) -> Micros:
    """Return how long to wait after so many failures before this one, doubled each time, and spread by `chance` (0 to 1)
    over its second half, so that many halls do not come back to one receiver at once."""
    return int(min(FIRST_WAIT << min(failures, 20), LONGEST_WAIT) * (0.5 + chance / 2))


class LogFollower(Protocol):
    """Whatever leads a receiver along the log, by the name it has in the outbox."""

    id: str

    def round(self, stop: threading.Event) -> Seconds:
        """Do what there is to do; return how many seconds to rest."""
        ...


class LogSender:
    """Leads one receiver along the log and sends what waits for it.

    `_rest_until`: the instant (UTC microseconds) before which a receiver that is away is left alone, and how many
    tries in a row found it so.
    """

    to_a_person = False
    longest_wait: Micros = (
        2 * LONGEST_WAIT
    )  # a message that waits for longer does so by a clock that was set back

    def __init__(
        self,
        site: str,
        data: Path,
        id: str,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.site, self.data, self.id = site, data, id
        self._clock, self._chance = clock, chance
        self._rest_until: Micros = 0
        self._away = 0
        self._begun = False
        self._clock_is_wrong = False
        self._told = ToldOnce(data, id)

    # what each kind of receiver says

    @abstractmethod
    def made_of(self, outbox: Outbox, records: list[Record]) -> Made:
        """Return the messages that these events make for the receiver, and what its follower keeps."""

    @abstractmethod
    def post(self, row: ReceiverRow, message: Delivery) -> Answer:
        """Send a message once and return what came of it."""

    def begin(self, outbox: Outbox, log: Reader, row: ReceiverRow) -> None:
        """Make ready before the first events are taken in, and anew after some that were taken in half."""

    def prepare(self) -> None:
        """Make ready for the messages of one round. Raises `BadKey`."""

    def holds_back(self, message: Delivery, now: Micros) -> tuple[str, Micros] | None:
        """Return why a message is not sent now: the state it ends in, or "" and until when it waits."""
        return ("late", 0) if 0 < message.until < now else None

    # the same for all

    def round(self, stop: threading.Event) -> Seconds:
        """Take what is new of the log, send what is due; return how many seconds to rest.

        Raises `LogError`, `DeliveryError`, `BadKey`.
        """
        if not (self.data / LOG_NAME).exists():
            return SOON_SECONDS
        with Outbox(self.data) as outbox:
            try:
                if lacks_room(self.data):
                    raise DeliveryError("disk-full", path=self.data)
                row = self._take_in(outbox, stop)
                if row.paused:
                    return SOON_SECONDS
                if not self._clock_is_wrong:
                    outbox.drop_old(row.name, self._clock())
                return 0 if self._send_due(outbox, row, stop) == SENT_AT_ONCE else SOON_SECONDS
            except Exception as error:  # whatever it is, the office sees why nothing goes out
                with contextlib.suppress(
                    DeliveryError
                ):  # of the outbox itself, in which nothing can be noted now
                    outbox.note(self.id, str(error) or repr(error), self._clock())
                raise

    # from the log to the outbox

    def _take_in(self, outbox: Outbox, stop: threading.Event) -> ReceiverRow:
        with Reader(self.data / LOG_NAME) as log:
            row = outbox.receiver(self.id) or outbox.begin(self.id, log.site, newest(log), self.to_a_person)
            head = self._place(outbox, log, row)
            if not self._begun:
                self.begin(outbox, log, row._replace(head=head))
                self._settle(outbox)
                self._hear_of_clock(reversed(list(log.newest(DeviceReported.__name__, REPORTS_LOOKED_AT))))
                self._begun = True
            while not stop.is_set():
                records = list(chain.follow(head, log.piece(head.seq, EVENTS_AT_ONCE)))
                if not records:
                    break
                head = Head(records[-1].seq, records[-1].hash)
                self._hear_of_clock(records)
                self._begun = False
                messages, memos = self.made_of(outbox, records)
                outbox.add(row.name, head, messages, memos, self._clock())
                self._begun = True  # else what was folded of these events would be folded twice
                if len(records) < EVENTS_AT_ONCE:
                    break  # what came meanwhile has its turn after what is due: a busy hall must not keep it from going out
        return row._replace(head=head)

    def _hear_of_clock(self, records: Iterable[Record]) -> None:
        for each in records:
            if each.event_kind == DeviceReported.__name__:
                event = each.event
                if isinstance(event, DeviceReported) and event.device == CLOCK:
                    self._clock_is_wrong = event.state != "ready"

    def _place(self, outbox: Outbox, log: Reader, row: ReceiverRow) -> Head:
        """Return where to go on: a log that was restored from a backup has lost the end that the cursor is at."""
        if row.site != log.site:
            raise DeliveryError("other-site", name=row.name, site=log.site, known=row.site)
        if log.holds(row.head):
            return row.head
        held = next((head for head in outbox.heads(row.name) if log.holds(head)), None)
        if held is None:
            raise DeliveryError("lost-place", name=row.name, path=outbox.path)
        outbox.rewind(row.name, held, told=self.to_a_person)
        return held

    def _settle(self, outbox: Outbox) -> None:
        """End what an earlier process has marked and not settled: whether it went out is not known."""
        for message in outbox.unsettled(self.id):
            outbox.end(message, "unknown", word("delivery-doubt", "unknown"), self._clock())

    # from the outbox to the receiver

    def _send_due(self, outbox: Outbox, row: ReceiverRow, stop: threading.Event) -> int:
        """Send at most `SENT_AT_ONCE` messages; return how many were tried. A receiver that is away ends the round."""
        now = self._clock()
        if now < self._rest_until <= now + LONGEST_WAIT:  # a rest that a clock set back made longer is over
            return 0
        self.prepare()
        tried = 0
        for message in outbox.due(row.name, now, self.longest_wait, SENT_AT_ONCE):
            if stop.is_set():
                break
            if self._clock_is_wrong and message.until:
                continue
            tried += 1
            if held := self.holds_back(message, self._clock()):
                self._hold(outbox, message, *held)
                continue
            if not self._keep(outbox, message, self._post_once(outbox, row, message)):
                break
        return tried

    def _post_once(self, outbox: Outbox, row: ReceiverRow, message: Delivery) -> Answer:
        """Send a message and return what came of it; to a person only if no other PC has, or may have."""
        if not self.to_a_person:
            return self.post(row, message)
        if not self._told.claim(message.id):
            return Answer("unknown", word("delivery-doubt", "elsewhere"))
        outbox.mark(message)
        answer = self.post(row, message)
        if answer.verdict in NOT_SENT:
            self._told.give_back(message.id)
        return answer

    def _hold(self, outbox: Outbox, message: Delivery, state: str, until: Micros) -> None:
        if state:
            outbox.end(message, state, word("delivery-doubt", state), self._clock())
        else:
            outbox.again(message, "", until, counts=False)

    def _keep(self, outbox: Outbox, message: Delivery, answer: webhooks.Answer) -> bool:
        """Keep what came of a try; return whether the receiver may be sent the next."""
        name, now = message.receiver, self._clock()
        if answer.verdict == "taken":
            self._away, self._rest_until = 0, 0
            outbox.sent(message._replace(detail=answer.detail), now)
            return True
        if answer.verdict in ENDED_UNSENT:
            outbox.end(message, answer.verdict, answer.detail or word("delivery-doubt", answer.verdict), now)
            if answer.verdict == "unknown":
                outbox.note(name, answer.detail, now)
            return True
        outbox.note(name, answer.detail, now)
        if self.to_a_person and answer.verdict == "refused":
            outbox.end(message, "refused", answer.detail, now)
            return True
        if answer.verdict == "gone":
            log_of_faults.warning("%s: %s; 已暂停 / paused", name, answer.detail)
            outbox.again(message, answer.detail, 0, counts=False)
            outbox.pause(name, True)
            return False
        if answer.verdict == "away":
            self._rest_until = now + min(
                max(wait_after(self._away, self._chance()), int(answer.after * 1e6)), LONGEST_WAIT
            )
            self._away += 1
            # Another message is tried first then: one that a receiver hangs on must not stop the others.
            outbox.again(message, answer.detail, self._rest_until + FIRST_WAIT, counts=False)
            return False
        if message.tries + 1 >= TRIES_MAX:
            log_of_faults.warning("%s: %s is given up: %s", name, message.id, answer.detail)
            outbox.dead(message, answer.detail, now)
        else:
            outbox.again(message, answer.detail, now + wait_after(message.tries, self._chance()))
        return True


class Sender(LogSender):
    """Leads one receiver of webhooks along the log."""

    def __init__(
        self,
        site: str,
        data: Path,
        webhook: Webhook,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(site, data, webhook.id, clock, chance)
        self.webhook, self._key = webhook, b""

    def prepare(self) -> None:
        self._key = keys.keys_of(self.data, webhooks.PURPOSE)[0].secret

    def made_of(self, outbox: Outbox, records: list[Record]) -> Made:
        del outbox
        chosen = [each for each in records if webhooks.chosen(self.webhook, each.event_kind)]
        return [webhooks.message(self.site, self.id, each) for each in chosen], {}

    def post(self, row: ReceiverRow, message: Delivery) -> Answer:
        now = self._clock()
        return webhooks.post(self.webhook, message, webhooks.signing_secrets(self._key, row, now), now)


def newest(log: Reader) -> Head:
    """Return the last event of a log."""
    last = next(islice(log.after(log.last - 1), 1), None)
    return Head(last.seq, last.hash) if last else chain.genesis(log.site)
