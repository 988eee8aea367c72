"""What of a case goes over the counter as a page: its notices as A4, and its progress for who holds the receipt.

1. `/notices/KIND.ID` is the one print view, whole in itself, printed by the browser or saved as PDF there. Its style is
   allowed by its hash; it loads nothing. No name of a person is on it: those lie in the people's store.
2. `/progress/CODE` answers with how the case of a receipt's code goes on. Wrong codes are counted by address
   (`short_codes`), so that none is guessed.
3. `POST /progress/CODE/rating` rates a decided case, once, with reasons; words and contact of a bad one are kept under
   "case-rating/ID", after the rating, and whether they arrive changes nothing about it. `/progress/CODE/receipt` is the
   receipt of that rating, as soon as it is on disk. `POST /progress/CODE/addition` adds to it once, later, with words.
4. `/cases.json` has what the hall publishes of its cases (办件公示), where it does: no person is in it.
"""

import asyncio
import base64
import hashlib
import re
import sqlite3
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from caller.client.client import RefusedError, SendError, new_id
from caller.client.page_files import MEDIA, NEVER, POLICY_HEADER
from caller.engine import short_codes
from caller.engine.commands import CaseNotice, RatingReason
from caller.engine.rating_messages import AddToRating, NoteContact, RateCase
from caller.engine.short_codes import WrongTries
from caller.people.feedback_store import (
    CONTACT_MAX,
    TEXT_MAX,
    Feedback,
    FeedbackStore,
    LetterKind,
    stamp,
)
from caller.protocol.frames import message_of
from caller.records import RecordsError
from caller.reports.notice_sheet import paper_page
from caller.reports.published_cases import PublishedCases
from caller.reports.published_ratings import LogError, PublishedRatings
from config.paper.template_files import TemplateFolder
from config.rating_settings import BAD_LEVELS
from config.text_safety import DECODE_ERRORS
from display.api.feedback import from_our_page
from display.http.caller_connections import CallerAwayError, CallerConnections
from display.http.responses import ProblemError, address_of, answer, body_of, explained, problem, refusal
from display.web.public_info import HallFacts

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
# By what it is about, whose id nobody guesses; never by a voucher's ten digits, which somebody would.
NOTICE = re.compile(rf"({'|'.join(get_args(CaseNotice))})\.(?![0-9]+\Z)[A-Za-z0-9-]{{1,64}}")
CODE = re.compile(r"[0-9]{10}")
F = TypeVar("F", bound=Struct)
NO_WORDS = "—"  # of who left a way to be reached and no words


class CaseRatingForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page sends."""

    level: Annotated[int, Meta(ge=1, le=5)]
    reasons: Annotated[list[RatingReason], Meta(max_length=8)] = []
    text: Annotated[str, Meta(max_length=TEXT_MAX)] = ""
    contact: Annotated[str, Meta(max_length=CONTACT_MAX)] = ""


class AdditionForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page sends once later."""

    level: Annotated[int, Meta(ge=1, le=5)]
    text: Annotated[str, Meta(max_length=TEXT_MAX)] = ""


def routes(
    connections: CallerConnections,
    facts: HallFacts,
    store: FeedbackStore,
    published: PublishedRatings,
    templates: TemplateFolder,
    cases: PublishedCases,
) -> list[BaseRoute]:
    """Return the routes of notices, of progress, of the rating of a case, and of what is published of cases."""
    notices, progress = (
        NoticePages(connections, facts, templates),
        ProgressPages(connections, store, published),
    )

    async def shown(_request: Request) -> Response:
        try:
            return answer(await asyncio.to_thread(cases.read, facts.settings, connections.now()))
        except RecordsError:
            raise problem(503, "cases-away") from None

    return [
        Route("/cases.json", explained(shown)),
        Route("/notices/{notice}", explained(notices.notice)),
        Route("/progress/{code}", explained(progress.look)),
        Route("/progress/{code}/rating", explained(progress.rate), methods=["POST"]),
        Route("/progress/{code}/addition", explained(progress.add), methods=["POST"]),
        Route("/progress/{code}/receipt", explained(progress.receipt)),
    ]


class NoticePages:
    """The print view of notices."""

    def __init__(self, connections: CallerConnections, facts: HallFacts, templates: TemplateFolder) -> None:
        self._connections, self._facts, self._templates = connections, facts, templates

    async def notice(self, request: Request) -> Response:
        """Answer with a notice as A4. Raises: HTTPException (there is none)."""
        topic = request.path_params["notice"]
        found = await self._connections.tickets.topic(f"notice/{topic}") if NOTICE.fullmatch(topic) else {}
        if not found:
            raise HTTPException(404)
        page = paper_page(self._facts.settings, found, self._templates, self._connections.now())
        headers = {"Cache-Control": NEVER, POLICY_HEADER: _policy(page)}
        return Response(page, media_type=MEDIA["html"], headers=headers)


class ProgressPages:
    """How a case goes on, and its rating, for who holds the receipt's code; wrong codes are counted by address."""

    def __init__(
        self, connections: CallerConnections, store: FeedbackStore, published: PublishedRatings
    ) -> None:
        self._connections, self._store, self._published = connections, store, published
        self._wrong = WrongTries()

    async def _found(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Return the code and the case of a request. Raises: ProblemError (a wrong code, which is counted)."""
        sender, now = address_of(request), self._connections.now()
        if minutes := self._wrong.minutes_left("case", sender, now):
            raise problem(429, "case-tries", minutes=minutes)
        code = short_codes.typed(request.path_params["code"])
        case = await self._connections.tickets.topic(f"progress/{code}") if CODE.fullmatch(code) else {}
        if not case:
            self._wrong.note(sender, now)
            raise refusal(404, "unknown-case")
        return code, case

    async def look(self, request: Request) -> Response:
        """Answer with the case."""
        return answer((await self._found(request))[1])

    async def rate(self, request: Request) -> Response:
        """Rate the case, once; keep the words of a bad rating."""
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        code, _ = await self._found(request)
        form = _decoded(await body_of(request), CaseRatingForm)
        rated = await self._sent(RateCase(form.level, form.reasons, code=code, via="phone"))
        return answer({"kept": await _keep(self._store, self._connections, form, rated)})

    async def add(self, request: Request) -> Response:
        """Add to the rating of the case, once, later."""
        if not from_our_page(request):
            raise problem(403, "strange-origin")
        code, _ = await self._found(request)
        form = _decoded(await body_of(request), AdditionForm)
        added = await self._sent(AddToRating("", form.level, code=code))
        letter = _letter("addition", form.level, form.text, "", added)
        return answer({"kept": bool(form.text.strip()) and await _put(self._store, letter, added)})

    async def receipt(self, request: Request) -> Response:
        """Answer with the receipt of the case's rating. Raises: ProblemError (it has none, or the log is away)."""
        _, case = await self._found(request)
        if not case["receipt"]:
            raise problem(404, "not-rated")
        try:
            return answer({"receipt": await asyncio.to_thread(self._published.receipt, case["receipt"])})
        except LogError:
            raise problem(503, "ratings-away") from None

    async def _sent(self, command: RateCase | AddToRating) -> dict[str, Any]:
        """Return what the caller answers to a command about a case. Raises: ProblemError, CallerAwayError."""
        try:
            return await self._connections.own.send(command, new_id())
        except RefusedError as refused:
            raise ProblemError(409, message_of(refused.frame)) from None
        except SendError:
            raise CallerAwayError from None


def _decoded(body: bytes, form: type[F]) -> F:
    try:
        return msgspec.json.decode(body, type=form)
    except DECODE_ERRORS:
        raise problem(422, "bad-card", text_max=TEXT_MAX, contact_max=CONTACT_MAX) from None


async def _keep(
    store: FeedbackStore, connections: CallerConnections, form: CaseRatingForm, rated: dict[str, Any]
) -> bool:
    """Keep the words of a bad rating and the way to be called back; return whether there are any and they are kept."""
    if form.level not in BAD_LEVELS or not (form.text.strip() or form.contact.strip()):
        return False
    letter = _letter("rating", form.level, form.text, form.contact, rated)
    kept = await _put(store, letter, rated)
    if kept and letter.contact:
        try:
            await connections.own.send(NoteContact(case=str(rated["case"])), new_id())
        except (RefusedError, SendError):
            return kept  # the office sees the contact with the letter
    return kept


def _letter(kind: LetterKind, level: int, text: str, contact: str, rated: dict[str, Any]) -> Feedback:
    return Feedback(
        ticket="", number=str(rated["number"]), window="", kind=kind, level=level,
        text=text.strip() or NO_WORDS, contact=contact.strip(), at=stamp(datetime.now(UTC)),
    )  # fmt: skip


async def _put(store: FeedbackStore, letter: Feedback, rated: dict[str, Any]) -> bool:
    """Keep a letter about the rating of a case; return whether it is kept."""
    try:
        return await asyncio.to_thread(store.put_under, f"case-rating/{rated['case']}", letter)
    except (sqlite3.Error, OSError):
        return False


def _policy(page: str) -> str:
    """Return the content security policy of a print view: its own style and nothing else."""
    styles = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in STYLE.findall(page)
    )
    allowed = " ".join(f"'sha256-{digest}'" for digest in styles)
    return f"default-src 'none'; img-src data:; style-src {allowed}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
