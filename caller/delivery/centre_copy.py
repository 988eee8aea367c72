"""The city centre as a receiver: every row of the log, as it stands and in its order, to a copy of the log there.

1. The log itself is the outbox. A batch goes out, the centre answers how far it is, and the sender goes on from there: what
   was lost on the way, or in the centre, is asked for again by that answer, and nothing is counted here.
2. The centre's place must be in this log. If it is not, one of the two was put back to an older state: nothing is sent, and
   both sides say so, until a person has decided (docs/centre.md).
3. A centre that is away costs nothing but tries, which grow rarer to `LONGEST_REST`, spread so that a city does not come back
   in one second. While there is nothing new an empty batch says now and then that the hall lives.

4. The centre's answer says which names of queues, windows, items and the like it has; where the hall has others it gives them once.

No name of a person, phone, ID number or free text is in the log (docs/security.md): rows need no picking over, and cannot be picked
over, since their hashes cover them whole. Of the settings go out what things are called, and no person.
"""

import http.client
import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from caller.delivery import webhooks
from caller.delivery.notice_senders import secret_of
from caller.delivery.outbox import BEHIND, DeliveryError, Outbox
from caller.delivery.sender import clock, wait_after
from caller.delivery.webhooks import DETAIL_CHARS, UNREACHED, Answer
from caller.eventlog import LOG_NAME, Head, Reader, Record, chain, row_batches
from caller.eventlog.row_batches import BadBatch, CopyState
from config import hall_names
from config.delivery_settings import CENTRE
from config.hall_names import NamesInBoth
from config.instants import Micros, Seconds
from config.process.running import VERSION
from config.settings import Settings

REST_SECONDS: Seconds = 2.0  # how late an event may go out; nobody in a city looks by the second
SIGN_OF_LIFE: Micros = 30_000_000  # without anything new
LONGEST_REST: Micros = 300_000_000
ANSWER_BYTES_MAX = 10_000
WELL = (200,)
BUSY = (429, 502, 503, 504)


class CentreSender:
    """Sends the log of a data folder to its city centre.

    `_head`: how far the centre said that it is; None before it was asked. `_rest_until` and `_away` as of `LogSender`. `_names_due`:
    whether the centre has other names; `_given`: the digest of those it was given last, that one which does not take them is not given
    them again and again.
    """

    id = CENTRE

    def __init__(
        self,
        settings: Settings,
        data: Path,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.settings, self.data = settings, data
        self._clock, self._chance = clock, chance
        self._names = hall_names.of_hall(settings)
        self._digest = hall_names.digest_of(self._names)
        self._names_due, self._given = False, ""
        self._head: Head | None = None
        self._rest_until: Micros = 0
        self._away = 0
        self._spoken: Micros = 0

    def round(self, stop: threading.Event) -> Seconds:
        """Send what the centre lacks; return how many seconds to rest. Raises `LogError`, `DeliveryError`."""
        if not (self.data / LOG_NAME).exists():
            return REST_SECONDS
        with Outbox(self.data) as outbox, Reader(self.data / LOG_NAME) as log:
            row = outbox.receiver(self.id) or outbox.begin(self.id, log.site, chain.genesis(log.site), False)
            now = self._clock()
            if row.paused or now < self._rest_until <= now + LONGEST_REST:
                return REST_SECONDS
            try:
                self._send_all(outbox, log, stop)
            except DeliveryError as error:
                outbox.note(self.id, str(error), now)
                raise
        return REST_SECONDS

    def _send_all(self, outbox: Outbox, log: Reader, stop: threading.Event) -> None:
        """Send batch after batch on one connection until the centre has all, or is away, or refuses."""
        connection: http.client.HTTPConnection | None = None
        try:
            while not stop.is_set():
                records = self._next(log)
                last = records[-1].seq if records else (self._head or Head(0, b"")).seq
                now = self._clock()
                is_told = not records and not self._names_due
                if is_told and self._head and 0 <= now - self._spoken < SIGN_OF_LIFE:
                    return
                connection = connection or webhooks.connected(self._url, self.settings.centre.private)
                newest = max(log.last, last)
                state, answer = self._post(connection, records, newest)
                if state is None:
                    self._leave_alone(outbox, answer, newest)
                    return
                self._go_on(outbox, state, newest)
        except UNREACHED as error:
            self._leave_alone(outbox, Answer("away", (str(error) or repr(error))[:DETAIL_CHARS]), log.last)
        finally:
            if connection:
                connection.close()

    @property
    def _url(self) -> str:
        return self.settings.centre.url

    def _next(self, log: Reader) -> list[Record]:
        """Return the rows behind the centre's place, none before it is known. Raises `DeliveryError` "centre-differs"."""
        if self._head is None:
            return []
        if not log.holds(self._head):
            head, self._head = self._head, None  # it is asked again: somebody may have put it right
            self._rest_until = self._clock() + LONGEST_REST // 5
            raise DeliveryError("centre-differs", seq=head.seq, last=log.last)
        return log.piece(self._head.seq, row_batches.ROWS_MAX)

    def _go_on(self, outbox: Outbox, state: CopyState, newest: int) -> None:
        """Keep what the centre has now."""
        now, head = self._clock(), state.head
        self._given = self._digest if self._names_due else "" if state.names == self._digest else self._given
        self._names_due = state.names not in (None, self._digest) and self._given != self._digest
        self._head, self._spoken = head, now
        self._away, self._rest_until = 0, 0
        outbox.told(self.id, head, {BEHIND: str(max(0, newest - head.seq))}, now)

    def _leave_alone(self, outbox: Outbox, answer: Answer, newest: int) -> None:
        """Leave a centre that is away, or refuses, alone for a while; it is asked anew where it stands."""
        now, known = self._clock(), self._head
        wait = min(max(wait_after(self._away, self._chance()), int(answer.after * 1e6)), LONGEST_REST)
        self._rest_until, self._head = now + wait, None
        self._away += 1
        outbox.note(self.id, answer.detail, now)
        if known:
            outbox.keep(self.id, {BEHIND: str(max(0, newest - known.seq))}, now)

    def _post(
        self, connection: http.client.HTTPConnection, records: Sequence[Record], newest: int
    ) -> tuple[CopyState | None, Answer]:
        names = self._names if self._names_due else None
        return posted(self.settings, self.data, connection, records, newest, names)


def posted(
    settings: Settings,
    data: Path,
    connection: http.client.HTTPConnection,
    records: Sequence[Record],
    newest: int,
    names: NamesInBoth | None = None,
) -> tuple[CopyState | None, Answer]:
    """Send one batch; return how far the centre is then, or None and what is wrong. Raises what `UNREACHED` names."""
    body, is_packed = row_batches.packed(records, newest, VERSION, names)
    headers = {
        "content-type": "application/json",
        "user-agent": "hallcall",
        "authorization": f"Bearer {secret_of(data, CENTRE)}",
    }
    if is_packed:
        headers["content-encoding"] = "gzip"
    path = webhooks.request_path(settings.centre.url).rstrip("/")
    connection.request("POST", path + row_batches.PATH.format(site=settings.hall.site), body, headers)
    response = connection.getresponse()
    text = response.read(ANSWER_BYTES_MAX)
    if response.status in WELL:
        try:
            return row_batches.state_of(text), Answer("taken", "")
        except BadBatch:
            return None, Answer("refused", f"HTTP {response.status}: 不是市级中心 / this is no city centre")
    after = webhooks.rest_asked(response.headers.get("retry-after", ""))
    refusal = row_batches.refusal_of(text)
    said = f"{refusal.zh} / {refusal.en}" if refusal else text.decode("utf-8", errors="replace").strip()
    detail = f"HTTP {response.status} {said}".strip()[: DETAIL_CHARS * 2]
    return None, Answer("away" if response.status in BUSY else "refused", detail, after)


def tried(settings: Settings, data: Path) -> Answer:
    """Ask the centre once how far it is; return what came of it. Nothing of the hall is sent. Raises `OSError` of the key."""
    secret_of(data, CENTRE)
    try:
        connection = webhooks.connected(settings.centre.url, settings.centre.private)
    except UNREACHED as error:
        return Answer("away", (str(error) or repr(error))[:DETAIL_CHARS])
    try:
        return posted(settings, data, connection, (), 0)[1]
    except UNREACHED as error:
        return Answer("away", (str(error) or repr(error))[:DETAIL_CHARS])
    finally:
        connection.close()
