"""Complaints, reports, suggestions, praise and consultations from a phone or any browser, and what their applicants follow.

1. `POST /receipts` takes one from our own pages, with the key of a slip or without a number. The caller gives the number, the code and the date; the words and
   the contact go to the people's store alone. They are kept before the caller is asked, and deleted where it refuses.
2. A visit has one that is open of each kind: what its holder writes then joins that one.
3. `GET /receipts/CODE` is what its holder may know, with the words of an answer that was reviewed; `POST .../words` adds a
   letter, `POST .../verdict` says whether the applicant is satisfied. Wrong codes are counted by address. `GET /questions`
   is what was published from answered consultations; `POST /guide/feedback` keeps what the guide desk has taken down.
4. An empty one is refused in words: it needs words, or a reason of the hall's list.
"""

import asyncio
import re
import sqlite3
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.client import RefusedError, SendError, new_id
from caller.client.page_files import Endpoint
from caller.engine import short_codes
from caller.engine.commands import NoteDateTold
from caller.engine.day_commands import Id
from caller.engine.envelope import AnyCommand
from caller.engine.feedback_messages import FeedbackKind, JudgeFeedback, SubmitFeedback
from caller.engine.short_codes import WrongTries
from caller.identity.keys import PHONE_KEY
from caller.people.feedback_store import (
    ANSWERED,
    BOXED_MAX,
    CONTACT_MAX,
    TEXT_MAX,
    Feedback,
    FeedbackStore,
    stamp,
)
from caller.people.question_store import QuestionStore
from caller.protocol.frames import message_of
from config.process.connection_limits import AddressRate
from config.text_safety import DECODE_ERRORS, for_page, page_document
from display.api.feedback import ASKED_MAX, from_our_page
from display.http.caller_connections import CallerAwayError, CallerConnections
from display.http.responses import (
    ProblemError,
    address_of,
    answer,
    bearer,
    body_of,
    explained,
    problem,
    refusal,
)

T = TypeVar("T", bound=Struct)
CODE = re.compile(r"[0-9]{10}")
Words = Annotated[str, Meta(max_length=TEXT_MAX)]
Contact = Annotated[str, Meta(max_length=CONTACT_MAX)]
ChosenCode = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]*\Z")]
NAMELESS_MAX, NAMELESS_SECONDS = (
    30,
    3600.0,
)  # of one address without a slip: each is one that somebody must answer
GUIDES = frozenset({"guide", "manager"})
OPEN_STATES = frozenset({"opened", "assigned", "answered", "reopened"})  # in which one may still add words


class SubmissionForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends. `key`: of the slip, where there is one; the rest as in SubmitFeedback."""

    kind: FeedbackKind
    text: Words = ""
    contact: Contact = ""
    anonymous: bool = False
    key: Annotated[str, Meta(pattern=rf"^({PHONE_KEY})?\Z")] = ""
    window: ChosenCode = ""
    item: ChosenCode = ""
    reason: ChosenCode = ""


class WordsForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What is added to feedback that is open."""

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
    contact: Contact = ""


class VerdictForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the applicant is satisfied; `again`: they appeal."""

    satisfied: bool
    again: bool = False


def routes(
    store: FeedbackStore, lines: CallerConnections, rate: AddressRate | None = None
) -> list[BaseRoute]:
    """Return the routes of feedback and its receipts."""
    desk = ReceiptApi(store, lines, rate or AddressRate(ASKED_MAX))
    return [
        Route("/receipts", explained(desk.submit), methods=["POST"]),
        Route("/receipts/{code}", explained(desk.show)),
        Route("/receipts/{code}/words", explained(desk.add), methods=["POST"]),
        Route("/receipts/{code}/verdict", explained(desk.judge), methods=["POST"]),
        Route("/guide/feedback", explained(desk.take_down), methods=["POST"]),
        Route("/questions", explained(published(QuestionStore(store.path.parent)))),
    ]


class TakenWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The words and the contact of feedback that the guide desk has received under `id`, over its own line."""

    id: Id
    kind: FeedbackKind
    number: Annotated[str, Meta(max_length=32)]
    window: ChosenCode = ""
    text: Words = ""
    contact: Contact = ""


def published(questions: QuestionStore) -> Endpoint:
    """Return the endpoint that lists the hall's published questions and answers."""

    async def listed(_: Request) -> Response:
        rows = await asyncio.to_thread(questions.all)
        return answer(page_document({"questions": msgspec.to_builtins(rows)}))

    return listed


class ReceiptApi:
    """Takes feedback and shows it to its applicant; `rate` bounds what one address can make it do."""

    def __init__(self, store: FeedbackStore, lines: CallerConnections, rate: AddressRate) -> None:
        self._store, self._lines, self._rate = store, lines, rate
        self._wrong, self._nameless = WrongTries(), AddressRate(NAMELESS_MAX, NAMELESS_SECONDS)

    # --- giving one

    async def submit(self, request: Request) -> Response:
        """Receive feedback; answer with its number, code and date, and whether it joined another. Raises `ProblemError`."""
        form = await self._form(request, SubmissionForm)
        if not form.text.strip() and not form.reason:
            raise _bad_words()
        ticket = await self._lines.tickets.read(form.key) if form.key else {}
        if form.key and not ticket:
            raise refusal(404, "unknown-ticket")
        if not form.key and not self._nameless.allows(address_of(request)):
            raise problem(429, "too-fast")
        id, contact = new_id(), "" if form.anonymous else form.contact.strip()
        command = SubmitFeedback(
            form.kind, "phone" if form.key else "page", ticket.get("ticket", ""), "" if form.key else form.window,
            item=form.item, reason=form.reason, anonymous=form.anonymous,
        )  # fmt: skip
        about = {"window": ticket.get("window", "") or form.window, "number": ticket.get("number", "")}
        letter = _letter(id, form.kind, form.text, contact, about)
        if letter:
            await self._keep(f"follow-up/{id}", letter)
        try:
            given = await self._lines.own.send(command, id)
        except RefusedError as refused:
            await asyncio.to_thread(self._store.forget, f"follow-up/{id}")
            if refused.frame.code != "feedback-open":
                raise ProblemError(409, message_of(refused.frame)) from None
            return await self._join(ticket["ticket"], form, contact)
        except SendError:
            raise CallerAwayError from None
        return answer(
            {"number": given["number"], "code": given["code"], "due": given["due"], "joined": False}
        )

    async def _join(self, ticket: str, form: SubmissionForm, contact: str) -> Response:
        """Add the words to the one of this visit and kind that is open, whose holder the sender has proven to be."""
        found = await self._lines.tickets.topic(f"answers/{ticket}")
        same = [each for each in found.get("answers", ()) if each["kind"] == form.kind and not each["closed"]]
        if not same:
            raise CallerAwayError  # closed this moment: sent again, it opens another
        code = same[-1]["code"]
        receipt = await self._lines.tickets.topic(f"feedback/{code}") if code else {}
        subject = receipt.get("subject", f"ticket/{ticket}")
        letter = _letter(ticket, form.kind, form.text, contact, {"number": same[-1]["number"]})
        if letter:
            await self._keep(subject, letter)
        return answer({"number": same[-1]["number"], "code": code, "due": same[-1]["due"], "joined": True})

    async def take_down(self, request: Request) -> Response:
        """Keep the words of feedback that a guide has taken down; the token is of the desk. Raises `ProblemError`."""
        if await self._lines.keyed(bearer(request), GUIDES, address_of(request)) is None:
            raise refusal(403, "not-allowed")
        try:
            given = msgspec.json.decode(await body_of(request), type=TakenWords)
        except DECODE_ERRORS:
            raise _bad_words() from None
        about = {"number": given.number, "window": given.window}
        letter = _letter(given.id, given.kind, given.text, given.contact.strip(), about)
        if letter:
            await self._keep(f"follow-up/{given.id}", letter)
        return answer({})

    # --- following one

    async def show(self, request: Request) -> Response:
        """Answer with what the holder of a receipt may know. A moved date is noted as told."""
        receipt = await self._receipt(request)
        if receipt["before"] and not receipt["told"]:
            await self._send(NoteDateTold(receipt["follow_up"], "page"))
        kept = await asyncio.to_thread(self._store.of, receipt["subject"])
        replies = [each for each in kept if each.field == ANSWERED]
        shown = {name: value for name, value in receipt.items() if name not in ("follow_up", "subject")}
        shown["letters"] = sum(each.field == "words" for each in kept)
        if replies and receipt["state"] not in OPEN_STATES:
            shown["reply"] = for_page(replies[-1].value)
        return answer(shown)

    async def add(self, request: Request) -> Response:
        """Keep another letter to feedback that is open; answer how many more it takes."""
        receipt = await self._receipt(request)
        form = await self._form(request, WordsForm)
        if receipt["state"] not in OPEN_STATES:
            raise problem(409, "receipt-closed", number=receipt["number"])
        letter = _letter(receipt["follow_up"], receipt["kind"], form.text, form.contact.strip(), {})
        if letter is None:
            raise _bad_words()
        await self._keep(receipt["subject"], letter)
        return answer({"left": await asyncio.to_thread(self._store.left_under, receipt["subject"])})

    async def judge(self, request: Request) -> Response:
        """Note whether the applicant is satisfied, and their appeal."""
        await self._receipt(request)
        form = await self._form(request, VerdictForm)
        code = short_codes.typed(request.path_params["code"])
        await self._send(JudgeFeedback(code, form.satisfied, form.again))
        return answer({})

    async def _receipt(self, request: Request) -> dict[str, Any]:
        """Return the document of the code in the address. Raises: ProblemError for a wrong one, or after too many."""
        sender, now = address_of(request), self._lines.now()
        if minutes := self._wrong.minutes_left("feedback", sender, now):
            raise problem(429, "receipt-tries", minutes=minutes)
        code = short_codes.typed(request.path_params["code"])
        found = await self._lines.tickets.topic(f"feedback/{code}") if CODE.fullmatch(code) else {}
        if not found:
            self._wrong.note(sender, now)
            raise refusal(404, "unknown-receipt")
        return found

    async def _form(self, request: Request, form: type[T]) -> T:
        """Return what one of our pages sent. Raises `ProblemError`."""
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        if not self._rate.allows(address_of(request)):
            raise problem(429, "too-fast")
        try:
            return msgspec.json.decode(await body_of(request), type=form)
        except DECODE_ERRORS:
            raise _bad_words() from None

    async def _send(self, command: AnyCommand) -> dict[str, Any]:
        try:
            return await self._lines.own.send(command, new_id())
        except RefusedError as refused:
            raise ProblemError(409, message_of(refused.frame)) from None
        except SendError:
            raise CallerAwayError from None

    async def _keep(self, subject: str, letter: Feedback) -> None:
        try:
            kept = await asyncio.to_thread(self._store.put_under, subject, letter)
        except (sqlite3.Error, OSError):
            raise problem(503, "not-saved") from None
        if not kept:
            raise problem(409, "opinions-used", most=BOXED_MAX)


def _letter(id: str, kind: FeedbackKind, text: str, contact: str, about: dict[str, str]) -> Feedback | None:
    """Return the letter to keep; None where there is nothing to keep."""
    words = text.strip() or ("-" if contact else "")
    if not words:
        return None
    at = stamp(datetime.now(UTC))
    return Feedback(id, about.get("number", ""), about.get("window", ""), kind, 0, words, contact, at)


def _bad_words() -> ProblemError:
    return problem(422, "bad-opinion", text_max=TEXT_MAX, contact_max=CONTACT_MAX)
