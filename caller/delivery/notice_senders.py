"""The receivers that are persons: applicants (`sms_gateway`, `web_push`) and staff, by Apprise. All are told at most once.

1. An applicant's phone number lies in the people's store under what it was given for ("ticket/ID", "appointment/ID"),
   goes on to the case that a visit opens, and is deleted when that has ended. It is read when a message is sent, and
   written nowhere else: delivery.db, the log lines and what a gateway answered never hold it.
2. In quiet hours nothing goes out; what is of no use afterwards never does.
"""

import random
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from caller.delivery import notices
from caller.delivery.notices import DayFold, StaffWatch, Told
from caller.delivery.outbox import Delivery, Outbox
from caller.delivery.outbox_tables import ReceiverRow
from caller.delivery.sender import LogSender, Made, clock
from caller.delivery.webhooks import Answer
from caller.engine import events as ev
from caller.eventlog import Reader, Record
from caller.people.notify_numbers import LeftNumber, NotifyNumbers
from config import owner_only
from config.delivery_settings import APPLICANT_NOTICES, STAFF_NOTICES, StaffReceiver
from config.instants import Micros, instant, local
from config.settings import Settings

SECRETS = "secrets"  # the folder of receivers' passwords
YEAR: Micros = 366 * 86_400_000_000
OPENS_A_CASE = frozenset({"accepted", "received"})
BACKUP_PARTS = 40_000  # from this part of an event's messages on lie those of no event
DAYS_LOOKED_AT = 400  # of DayOpened events, back to the one that the cursor is in


def secret_of(data: Path, id: str) -> str:
    """Return what `{secret}` stands for in a receiver's request; "" where none was given. Raises `OSError`."""
    path = data / SECRETS / id
    return path.read_text("utf-8").strip() if path.exists() else ""


def keep_secret(data: Path, id: str, secret: str) -> None:
    """Keep a receiver's secret, for its owner's eyes only. Raises `OSError`."""
    owner_only.make_folder(data / SECRETS)
    owner_only.write_whole(data / SECRETS / id, secret.strip().encode())


class NoticeSender(LogSender):
    """What both have in common: the day's fold, quiet hours, notices as messages."""

    to_a_person = True
    longest_wait = YEAR  # a reminder waits for days

    def __init__(
        self,
        settings: Settings,
        data: Path,
        id: str,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(settings.hall.site, data, id, clock, chance)
        self.settings, self.fold = settings, DayFold(settings)

    def fold_anew(self) -> None:
        """Forget what was folded."""
        self.fold = DayFold(self.settings)

    def begin(self, outbox: Outbox, log: Reader, row: ReceiverRow) -> None:
        """Fold the day that the cursor is in."""
        del outbox
        self.fold_anew()
        opened = (each.seq for each in log.newest("DayOpened", DAYS_LOOKED_AT))
        start = next((seq for seq in opened if seq <= row.head.seq), None)
        if start is not None:
            for record in log.after(start - 1, row.head.seq - start + 1):
                self.fold.apply(record)

    def holds_back(self, message: Delivery, now: Micros) -> tuple[str, Micros] | None:
        held = super().holds_back(message, now)
        end = quiet_until(self.settings, now)
        if held or not end:
            return held
        return ("late", 0) if 0 < message.until <= end else ("", end)

    def _messages(self, record: Record, told: Iterable[Told], first: int = 0) -> list[Delivery]:
        made: list[Delivery] = []
        for part, each in enumerate(told, first):
            id = f"{self.site}-{each.subject}-{each.kind}-{each.key}"
            body = msgspec.json.encode(each.facts).decode()
            made.append(
                Delivery(
                    self.id, record.seq, id, record.hash, each.subject, each.kind, body,
                    due=each.due, part=part, until=each.until,
                )
            )  # fmt: skip
        return made


def quiet_until(settings: Settings, now: Micros) -> Micros:
    """Return when the quiet hours that `now` is in end, 0 outside them."""
    zone = settings.hall.zone
    here = local(now, zone)
    time, today = f"{here:%H:%M}", here.date()
    for first, last in settings.notify.quiet:
        if first <= last and first <= time < last:
            return instant(today.isoformat(), last, zone)
        if first > last and (time >= first or time < last):
            day = local(now + 86_400_000_000, zone).date() if time >= first else today
            return instant(day.isoformat(), last, zone)
    return 0


# --- applicants


class ApplicantSender(NoticeSender):
    """Tells applicants what they have asked to be told, where they have left an address for it. `chosen`: which notices."""

    numbers: NotifyNumbers
    chosen: Collection[str] = APPLICANT_NOTICES

    def made_of(self, outbox: Outbox, records: list[Record]) -> Made:
        made: list[Delivery] = []
        memos: dict[str, str] = {}

        def item_of(appointment: str) -> str:
            key = f"item/{appointment}"
            return memos.get(key) or outbox.memo(self.id, key)

        for record in records:
            self.fold.apply(record)
            event = record.event
            if isinstance(event, ev.AppointmentBooked):
                memos[f"item/{event.appointment}"] = event.item
            if isinstance(event, ev.AppointmentChanged | ev.AppointmentMoved | ev.AppointmentCancelled):
                outbox.drop_waiting(self.id, f"remind/{event.appointment}")
            self._hand_on(event)
            wanted = {subject: each.lang for subject, each in self.numbers.all().items()}
            told = list(notices.to_applicants(self.fold, record, wanted, item_of))
            told += notices.nearly_there(self.fold, wanted, self.settings.notify.ahead, record.at)
            made += self._messages(record, [each for each in told if self._is_told(each.kind)])
            self._forget(event)
        return made, memos

    def _is_told(self, kind: str) -> bool:
        return kind in self.chosen

    def _hand_on(self, event: ev.AnyEvent) -> None:
        """Let a number go on with what it was given for: from a booking to its visit, from a visit to its case."""
        if isinstance(event, ev.TicketIssued) and event.appointment:
            self.numbers.hand_on(f"appointment/{event.appointment}", f"ticket/{event.ticket}", {})
        elif isinstance(event, ev.CaseOpened) and event.ticket:
            about = {"case": event.number, "item": event.item}
            self.numbers.hand_on(f"ticket/{event.ticket}", f"case/{event.case}", about)

    def _forget(self, event: ev.AnyEvent) -> None:
        """Delete a number when what it was given for has ended."""
        match event:
            case ev.TicketCancelled() | ev.TicketExpired() | ev.ServiceLapsed():
                self.numbers.forget(f"ticket/{event.ticket}")
            case ev.ServiceFinished() if event.outcome not in OPENS_A_CASE or not self.settings.cases.enabled:
                self.numbers.forget(f"ticket/{event.ticket}")
            case ev.AppointmentCancelled() | ev.AppointmentMissed():
                self.numbers.forget(f"appointment/{event.appointment}")
            case ev.CaseMoved(state="closed" | "withdrawn") | ev.CaseVoided():
                self.numbers.forget(f"case/{event.case}")
            case _:
                pass

    def post(self, row: ReceiverRow, message: Delivery) -> Answer:
        del row
        left = self.numbers.of(owner_of(message))
        if left is None:
            return Answer("unwanted", "")
        return self.send_to(left, message, self._facts(left, message))

    @abstractmethod
    def send_to(self, left: LeftNumber, message: Delivery, facts: dict[str, Any]) -> Answer:
        """Send one notice with its facts to where it was asked for."""

    def _facts(self, left: LeftNumber, message: Delivery) -> dict[str, Any]:
        facts: dict[str, Any] = msgspec.json.decode(message.body) | left.about
        if item := facts.pop("item_id", "") or left.about.get("item", ""):
            facts["item"] = self.fold.item(item, left.lang)
        if slot := facts.pop("slot", 0):
            facts["date"] = self.fold.date(slot, left.lang)
        return facts


def owner_of(message: Delivery) -> str:
    """Return what an applicant has left an address for, that a message is about."""
    return message.subject.replace("remind/", "appointment/")


# --- the staff


class StaffSender(NoticeSender):
    """Tells the staff by Apprise. Of a case that ran over the message says who answers for it: in whose hand it is, or whose
    part is late; a receiver of certain persons (`StaffReceiver.staff`) is told of theirs alone."""

    def __init__(
        self,
        settings: Settings,
        data: Path,
        receiver: StaffReceiver,
        clock: Callable[[], Micros] = clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(settings, data, receiver.id, clock, chance)
        self.receiver, self.watch = receiver, StaffWatch(self.fold)

    def fold_anew(self) -> None:
        super().fold_anew()
        self.watch = StaffWatch(self.fold)

    def made_of(self, outbox: Outbox, records: list[Record]) -> Made:
        made: list[Delivery] = []
        memos: dict[str, str] = {}
        for record in records:
            self.fold.apply(record)
            event = record.event
            if isinstance(event, ev.CaseOpened):
                memos |= {f"number/{event.case}": event.number, f"hand/{event.case}": event.clerk}
            elif isinstance(event, ev.CaseMoved) and event.owner:
                memos[f"hand/{event.case}"] = event.owner
            elif isinstance(event, ev.FollowUpOpened):
                memos[f"number/{event.follow_up}"] = event.number
            told = (
                each for each in self.watch.told(record, self.receiver.language) if self._is_told(each.kind)
            )
            named = (self._named(each, outbox, memos) for each in told)
            made += self._messages(record, [each for each in named if each])
        return made, memos

    def _is_told(self, kind: str) -> bool:
        return kind in (self.receiver.notices or STAFF_NOTICES)

    def _named(self, told: Told, outbox: Outbox, memos: dict[str, str]) -> Told | None:
        """Return a notice with the number of its case or follow-up in place of the id, and who answers for it; None where
        this receiver is of other persons."""

        def kept(key: str) -> str:
            return memos.get(key) or outbox.memo(self.id, key)

        if told.kind != "overdue":
            return told
        kind, _, owner = told.subject.partition("/")
        about, _, department = owner.partition("/")
        staff = kept(f"hand/{about}") if kind == "case" else ""
        if self.receiver.staff and (department or staff) not in self.receiver.staff:
            return None
        facts = told.facts | {"who": self.fold.responsible(staff, department, self.receiver.language)}
        if facts["number"] == owner:
            facts["number"] = kept(f"number/{about}") or about
        return told._replace(facts=facts)

    def tell_backup(self, code: str, detail: str) -> None:
        """Put a trouble of the backups into the outbox, once a day. It is in no event of the log."""
        if not self._is_told("backup"):
            return
        now = self._clock()
        day = local(now, self.settings.hall.zone).date()
        with Outbox(self.data) as outbox:
            row = outbox.receiver(self.id)
            if row is None:
                return
            told = Told(f"backup/{code}", "backup", {"detail": detail}, day.isoformat())
            id = f"{self.site}-{told.subject}-{told.key}"
            body = msgspec.json.encode(told.facts).decode()
            part = BACKUP_PARTS + crc32(id.encode()) % BACKUP_PARTS
            made = Delivery(self.id, row.head.seq, id, row.head.hash, told.subject, "backup", body, part=part)
            outbox.add(self.id, row.head, [made])

    def post(self, row: ReceiverRow, message: Delivery) -> Answer:
        del row
        from caller.delivery.staff_messages import send_to_staff  # Apprise takes half a second to import

        kind: Any = message.kind
        text = notices.words_of(
            self.settings, kind, self.receiver.language, msgspec.json.decode(message.body)
        )
        return send_to_staff(self.receiver, secret_of(self.data, self.id), self.settings.hall.name, text)
