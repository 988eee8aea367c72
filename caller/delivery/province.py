"""The upload of services and their ratings to a province's platform (好差评), as a receiver of the log.

1. Each service that ended is a record, sent before its rating: both are of one subject, the visit. A rating whose service
   was refused waits behind it.
   A service waits until its outcome may not be corrected any more, and has the corrected one; a platform with a page of
   its own gets it at once, since the applicant is still at the window to be asked there.
2. `service_number` is the nth service of its project (办件编号; the case's number, else one made of the visit). It is
   given when the service is sent first, and kept, so that a repeat has the same.
3. A bad rating without a reason, where the platform takes none, is kept as "unfit" and shown; the applicant is not asked again.
4. What the mapping says is ours, in the order of the log. What the platform answers decides: taken (also what it had
   already), busy or broken (5xx, maintenance: tried again, never given up), refused (given up after some hours, shown).
"""

import http.client
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from caller.delivery import sm2_envelope, webhooks
from caller.delivery.notice_senders import secret_of
from caller.delivery.outbox import DAY, OUTBOX_NAME, Delivery, Outbox
from caller.delivery.outbox_tables import ReceiverRow
from caller.delivery.sender import LogSender, Made, clock
from caller.delivery.webhooks import Answer
from caller.engine import events as ev
from caller.engine.hall_events import OutcomeCorrected
from caller.eventlog import Record
from config.catalogue import word
from config.instants import Micros, local
from config.owner_only import BadKey
from config.reading.province_mapping import ProvinceMapping, mapped
from config.settings import Province, Settings
from config.text_safety import DECODE_ERRORS

BAD_LEVEL = 2
PAGE_CHARS_MAX = 500  # of an address; a code with more is too fine to be scanned from a tablet
SERVICE, RATING = "service", "rating"
Memo = dict[str, Any]


class ProvinceSender(LogSender):
    """Sends the services and ratings of a hall to its province."""

    longest_wait: Micros = 40 * DAY  # a rating by default waits for days

    def __init__(
        self,
        settings: Settings,
        data: Path,
        province: Province,
        mapping: ProvinceMapping,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(settings.hall.site, data, province.id, clock, chance)
        self.settings, self.province, self.mapping = settings, province, mapping

    # --- from the log

    def made_of(self, outbox: Outbox, records: list[Record]) -> Made:
        kept: dict[str, Memo] = {}
        made: list[Delivery] = []

        def visit(ticket: str) -> Memo:
            key = f"visit/{ticket}"
            if key not in kept:
                kept[key] = msgspec.json.decode(outbox.memo(self.id, key) or b"{}")
            return kept[key]

        for record in records:
            self._note(record, visit)
            if isinstance(event := record.event, ev.ServiceFinished | ev.TicketReturned):
                made.append(self._service(record, event, visit(event.ticket), kept))
            elif isinstance(event, ev.ServiceRated):
                made += self._rating(record, event, visit(event.ticket))
            elif isinstance(event, OutcomeCorrected):
                self._correct(outbox, event, visit(event.ticket), kept)
        memos = {key: msgspec.json.encode(memo).decode() for key, memo in kept.items()}
        return self._less_defaults(outbox, records, made), memos

    def _note(self, record: Record, visit: Callable[[str], Memo]) -> None:
        """Keep what a later record of the visit needs."""
        match event := record.event:
            case ev.TicketIssued():
                visit(event.ticket).update(number=event.number, items=event.items, accepted=record.at)
            case ev.TicketCalled():
                visit(event.ticket).update(clerk=event.clerk)
            case ev.TicketChanged():
                visit(event.ticket).update(items=event.items)
            case ev.ServiceStarted():
                visit(event.ticket).update(started=record.at)
            case ev.CaseOpened() | ev.CaseDone() if event.ticket:
                visit(event.ticket).update(case=getattr(event, "project", "") or event.number)
            case _:
                pass

    def _service(
        self,
        record: Record,
        event: "ev.ServiceFinished | ev.TicketReturned",
        visit: Memo,
        kept: dict[str, Memo],
    ) -> Delivery:
        items = visit.get("items", [])
        left = event.items if isinstance(event, ev.TicketReturned) else []
        done = next((each for each in items if each not in left), items[0] if items else "")
        window = event.from_window if isinstance(event, ev.TicketReturned) else event.window
        kept[f"service/{record.seq}"] = {
            "ticket": event.ticket, "number": visit.get("number", ""), "item": done, "window": window,
            "clerk": visit.get("clerk", ""), "accepted": visit.get("accepted", record.at),
            "started": visit.get("started", record.at), "finished": record.at, "outcome": event.outcome,
            "project": event.project,
        }  # fmt: skip
        visit["service"] = record.seq
        made = self._message(record, SERVICE, event.ticket, {"service": record.seq})
        return made if self.mapping.platform.page else made._replace(due=event.correct_until)

    def _correct(self, outbox: Outbox, event: OutcomeCorrected, visit: Memo, kept: dict[str, Memo]) -> None:
        """Change the outcome of the service that the visit ended with, which is still to be sent."""
        key = f"service/{visit.get('service', 0)}"
        memo = kept.get(key) or msgspec.json.decode(outbox.memo(self.id, key) or b"{}")
        if memo:
            kept[key] = memo | {"outcome": event.outcome}

    def _rating(self, record: Record, event: ev.ServiceRated, visit: Memo) -> list[Delivery]:
        if not self.mapping.rating:
            return []  # it is given on the platform's own page
        body = {
            "service": visit.get("service", 0), "level": event.level, "via": event.via, "rated": record.at,
            "reasons": [each.rpartition(":")[2] for each in event.reasons], "is_default": "no",
        }  # fmt: skip
        message = self._message(record, RATING, event.ticket, body)
        if self.mapping.platform.bad_needs_reason and event.level <= BAD_LEVEL and not event.reasons:
            message = message._replace(
                state="unfit", detail=word("delivery-doubt", "unfit"), ended=self._clock()
            )
        return [message]

    def _less_defaults(self, outbox: Outbox, records: list[Record], made: list[Delivery]) -> list[Delivery]:
        """Add the default rating of each service, due in days; drop those of services that have been rated."""
        platform = self.mapping.platform
        if not platform.default_days or not self.mapping.rating:
            return made
        more: list[Delivery] = []
        at = {record.seq: record.at for record in records}
        for each in made:
            subject = f"default/{each.subject}"
            if each.kind == RATING:
                outbox.drop_waiting(self.id, subject)
                more = [one for one in more if one.subject != subject]
            else:
                due = at[each.seq] + platform.default_days * DAY
                body = {
                    "service": each.seq, "level": platform.default_level, "via": "", "rated": due, "reasons": [],
                    "is_default": "yes",
                }  # fmt: skip
                text = msgspec.json.encode(body).decode()
                more.append(each._replace(
                    id=f"{each.id}-default", subject=subject, kind=RATING, body=text, part=1, due=due,
                ))  # fmt: skip
        return [*made, *more]

    def _message(self, record: Record, kind: str, ticket: str, body: Memo) -> Delivery:
        id = f"{self.site}-{record.seq}-{record.hash[:8].hex()}"
        text = msgspec.json.encode(body).decode()
        return Delivery(self.id, record.seq, id, record.hash, f"ticket/{ticket}", kind, text)

    # --- to the platform

    def post(self, row: ReceiverRow, message: Delivery) -> Answer:
        del row
        body: Memo = msgspec.json.decode(message.body)
        with Outbox(self.data) as outbox:
            facts = self._facts(outbox, body)
        if facts is None:
            return Answer("unfit", "没有这次办事的记录 / there is no record of this service")
        platform = self.mapping.platform
        fields = self.mapping.rating if message.kind == RATING else self.mapping.service
        record = mapped(fields, self.mapping.codes, facts)
        path = platform.rating_path if message.kind == RATING else platform.service_path
        try:
            sent = self._sealed(record) if platform.kind == "sm2" else msgspec.json.encode(record)
        except BadKey as error:
            return Answer("away", str(error))
        return self._posted(f"{self.province.url.rstrip('/')}{path}", sent)

    def _facts(self, outbox: Outbox, body: Memo) -> Memo | None:
        """Return all the values of a record, its service numbered; None where the service is not known any more."""
        key = f"service/{body['service']}"
        memo: Memo = msgspec.json.decode(outbox.memo(self.id, key) or b"{}")
        if not memo:
            return None
        if "nth" not in memo:
            visit: Memo = msgspec.json.decode(outbox.memo(self.id, f"visit/{memo['ticket']}") or b"{}")
            memo["project"] = memo["project"] or visit.get("case", "") or f"{self.site}-{memo['ticket']}"
            counted = f"project/{memo['project']}"
            memo["nth"] = int(outbox.memo(self.id, counted) or 0) + 1
            outbox.keep(
                self.id, {key: msgspec.json.encode(memo).decode(), counted: str(memo["nth"])}, self._clock()
            )
        return self._named(memo) | {
            "level": body.get("level", ""), "reasons": body.get("reasons", []), "via": body.get("via", ""),
            "rated": self._time(body.get("rated", 0)), "is_default": body.get("is_default", "no"),
        }  # fmt: skip

    def _named(self, memo: Memo) -> Memo:
        settings = self.settings
        item = next((each for each in settings.items if each.id == memo["item"]), None)
        window = next((each for each in settings.windows if each.id == memo["window"]), None)
        owner = item.department if item else window.department if window else ""
        department = next((each for each in settings.departments if each.id == owner), None)
        return {
            "project": memo["project"], "number": memo["number"], "service_number": memo["nth"], "item": memo["item"],
            "item_name": item.name if item else "", "item_type": item.case_type if item else "",
            "task_code": item.task_code if item else "", "handle_code": item.handle_code if item else "",
            "department": owner, "department_name": department.name if department else "",
            "department_code": department.code if department else "", "area_code": settings.hall.area_code.ljust(12, "0") if settings.hall.area_code else "",
            "site": settings.hall.site, "hall": settings.hall.name, "window": memo["window"],
            "window_name": window.name if window else "", "clerk": memo["clerk"], "outcome": memo["outcome"],
            "accepted": self._time(memo["accepted"]), "started": self._time(memo["started"]),
            "finished": self._time(memo["finished"]), "app": self.province.app,
        }  # fmt: skip

    def _time(self, at: Micros) -> str:
        return local(at, self.settings.hall.zone).strftime(self.mapping.platform.time) if at else ""

    def _sealed(self, record: dict[str, str]) -> bytes:
        platform = self.mapping.platform
        return sm2_envelope.envelope(
            {"evaluate": [record]},
            self._time(self._clock()),
            self.province.app,
            secret_of(self.data, self.id),
            sm2_envelope.private_key(self.data, self.id),
            platform.public_key,
            platform.signature,
        )

    def _posted(self, url: str, body: bytes) -> Answer:
        connection: http.client.HTTPConnection | None = None
        try:
            connection = webhooks.connected(url, self.province.private)
            headers = {"content-type": "application/json"}
            connection.request("POST", webhooks.request_path(url), body, headers)
            response = connection.getresponse()
            text = response.read(webhooks.ANSWER_BYTES_MAX)
        except webhooks.UNREACHED as error:
            return Answer("away", (str(error) or repr(error))[: webhooks.DETAIL_CHARS])
        finally:
            if connection:
                connection.close()
        return judge(self.mapping, response.status, text, response.headers.get("retry-after", ""))


def judge(mapping: ProvinceMapping, status: int, text: bytes, asked: str = "") -> Answer:
    """Return what a platform's answer means. An address of a page that it answered with is the detail of a taken one."""
    shown = text.decode("utf-8", errors="replace").strip()
    detail = f"HTTP {status} {shown}"[: webhooks.DETAIL_CHARS].strip()
    if status in (408, 425, 429) or status >= 500:
        return Answer("away", detail, webhooks.rest_asked(asked))
    try:
        document = msgspec.json.decode(text)
    except DECODE_ERRORS:
        # A page of maintenance is answered with 200 by some; a platform that says nothing has not taken it.
        return Answer("away" if 200 <= status < 300 else "refused", detail)
    if 200 <= status < 300 and str(_inside(document, mapping.platform.success)) in mapping.platform.taken:
        page = _inside(document, mapping.platform.page) if mapping.platform.page else None
        return Answer("taken", page_address(page))
    return Answer("refused", detail)


def _inside(document: Any, path: str) -> Any:
    """Return a field of a JSON document, "data.url" being one inside another; None where there is none."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def page_address(given: object) -> str:
    """Return an address that may be opened and shown as a code: http or https, and not longer than one is; "" otherwise. What
    a platform answers is from outside."""
    text = given if isinstance(given, str) else ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    is_one = parts.scheme in ("http", "https") and parts.netloc and text.isascii() and text.isprintable()
    return text if is_one and " " not in text and len(text) <= PAGE_CHARS_MAX else ""


def page_of(data: Path, ticket: str) -> tuple[str, bool]:
    """Return the address at which a visit is rated on its province's own page, of the service that ended last, and whether one
    may still come: a province is told of the visit and has not answered. ("", False) where there is none to wait for.

    Which provinces a hall has is no station's business: what is known of the visit says it. Raises `DeliveryError`.
    """
    if not (data / OUTBOX_NAME).exists():
        return "", False
    waits = False
    with Outbox(data) as outbox:
        for each in outbox.receivers():
            visit: Memo = msgspec.json.decode(outbox.memo(each.name, f"visit/{ticket}") or b"{}")
            message = outbox.message(each.name, visit.get("service", 0))
            if message and message.state == "sent" and (address := page_address(message.detail)):
                return address, False
            waits |= bool(visit) and (message is None or message.state == "waiting")
    return "", waits
