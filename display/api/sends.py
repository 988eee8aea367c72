"""What the REST interface sends: commands of the wire, made of a path and a body; and the calls that are more than one.

Where a command wants to know who, the body may say `id_number`, and for whom (代办) `client_number`: each is hashed as the ID
readers hash it (the key must be theirs: DATA/keys) in the breath it is checked, so that a card checks the appointment in. The
number itself is neither kept nor repeated in an answer.

An evaluation (what acceptance systems call 评价) ends what runs at a window, whose evaluator then asks, and waits for the
answer. Asked again under the same Idempotency-Key it is the same evaluation, also after the window has called the next.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from caller.engine import commands as cmd
from caller.engine.case_messages import MoveCase
from caller.engine.desk_commands import CorrectOutcome
from caller.engine.feedback_messages import SubmitFeedback
from caller.engine.papers import PAPERS_MAX, WrongPaper
from caller.identity.id_hash import BadKey, person_keys, read_document
from caller.people.feedback_store import CONTACT_MAX, TEXT_MAX, Feedback, stamp
from config.catalogue import message
from config.instants import Seconds
from display.api import answers
from display.api.calls import ApiCall, in_thread
from display.http.responses import ProblemError, problem

PERSONS = {"id_number": "person", "client_number": "client"}  # a body's plain number, and the hash it becomes
LOOK_SECONDS: Seconds = 0.5  # between two looks at a window whose evaluator asks
WAIT_SECONDS, WAIT_SECONDS_MAX = 30, 60  # for the answer of an applicant: if not said, and at most
log = logging.getLogger("hallcall.web")

Run = Callable[[ApiCall], Awaitable[Any]]


def asks_who(command: type[Any]) -> bool:
    """Return whether a command names the person it is for."""
    return "person" in command.__struct_fields__


def sender(command: type[Any], answer: type[Any], parts: tuple[str, ...]) -> Run:
    """Return what sends a command whose fields are the body, but for `parts`, which are in the path."""

    async def run(call: ApiCall) -> Any:
        fields = call.fields()
        for part in parts:
            fields[part] = call.part(part)
        if asks_who(command):
            _hash_persons(call, fields)
        await _complete(call, command, fields)
        made = call.decoded(lambda: msgspec.convert(fields | {"type": command.__name__}, command))
        try:
            return await call.sent(made, answer)
        except ProblemError as error:
            if (
                error.problem.code == "key-reused"
                and isinstance(made, CorrectOutcome)
                and await _stands(call, made)
            ):
                return answers.EndedVisitAnswer(made.ticket)
            raise

    return run


async def _stands(call: ApiCall, command: CorrectOutcome) -> bool:
    """Return whether a visit has the outcome already that it was to get: then nothing is done, and the caller tells nothing."""
    ended = (await call.window()).get("ended", {})
    return (ended.get("ticket"), ended.get("outcome")) == (command.ticket, command.outcome)


def _hash_persons(call: ApiCall, fields: dict[str, Any]) -> None:
    for field, hashed_as in PERSONS.items():
        if field in fields:
            fields[hashed_as] = _person(call, fields, field, hashed_as)


def _person(call: ApiCall, fields: dict[str, Any], field: str, hashed_as: str) -> str:
    """Return who a document number stands for in this site; it leaves the fields here."""
    number, is_client = str(fields.pop(field)), hashed_as == "client"
    if hashed_as in fields:
        raise problem(422, "two-persons", plain=field, hashed=hashed_as)
    try:
        found = read_document(number, person_keys(call.backend.data), legal=is_client)
    except BadKey as error:
        log.error("%s", error)
        raise problem(503, "no-person-key") from None
    if not found.person and is_client:
        raise problem(422, "bad-client-number")
    if not found.person:
        raise problem(422, "bad-id-number")
    return found.person


async def _complete(call: ApiCall, command: type[Any], fields: dict[str, Any]) -> None:
    """Add what a verb needs and a program need not know: the version it is meant for, the ticket of a number."""
    if issubclass(command, cmd.WindowVerb):
        if "as_of" not in fields:
            call.need_repeatable()
            fields["as_of"] = (await call.window())["version"]
        if command is cmd.CallTicket and "number" in fields and "ticket" not in fields:
            fields["ticket"] = await _ticket_of(call, str(fields.pop("number")))


async def _ticket_of(call: ApiCall, number: str) -> str:
    """Return the id of the ticket of today with this number. Raises `ProblemError` where there is not one of it."""
    wanted = number.strip().upper()
    found = (
        await call.topic(f"find/{wanted}")
        if wanted.isalnum() and wanted.isascii() and len(wanted) < 16
        else {}
    )
    same = [each["ticket"] for each in found.get("tickets", ()) if each["number"] == wanted]
    if len(same) != 1:
        raise ProblemError(404, message("refusal", "unknown-ticket"))
    return same[0]


async def move_case(call: ApiCall) -> answers.MovedCase:
    """Take a case on, found by its id or its number. Raises `ProblemError`."""
    fields = call.fields()
    known = await call.topic(f"case/{call.part('case')}")
    if not known:
        raise ProblemError(404, message("refusal", "unknown-case"))
    if "as_of" not in fields:
        call.need_repeatable()
        fields["as_of"] = known["version"]
    made = call.decoded(
        lambda: msgspec.convert(fields | {"type": "MoveCase", "case": known["case"]}, MoveCase)
    )
    await call.send(made)
    return msgspec.convert(await call.topic(f"case/{known['case']}"), answers.MovedCase)


# --- evaluations


class EvaluationRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How the visit at a window ends, as in FinishService, and how many seconds to wait for the answer (0: none)."""

    outcome: cmd.Outcome = "done"
    item: Annotated[str, Meta(max_length=64)] = ""
    reason: cmd.PauseCode = ""
    papers: Annotated[list[WrongPaper], Meta(max_length=PAPERS_MAX)] = []
    project: cmd.ProjectNumber = ""
    wait: Annotated[int, Meta(ge=0, le=WAIT_SECONDS_MAX)] = WAIT_SECONDS


async def evaluate(call: ApiCall) -> answers.Evaluation:
    """End the visit at a window, or take the one that has just ended there, and tell what its applicant answers.

    Raises:
        ProblemError: no visit runs there and the evaluator asks about none, or it cannot end so.
    """
    fields = call.fields()
    asked = call.decoded(lambda: msgspec.convert(fields, EvaluationRequest))
    window = await call.window()
    ended = await _ended(call, asked, window)
    end = asyncio.get_running_loop().time() + asked.wait
    while True:
        found = _evaluation(await call.window(), ended)
        if found.state != "asked" or asyncio.get_running_loop().time() >= end:
            return found
        await asyncio.sleep(LOOK_SECONDS)


async def _ended(call: ApiCall, asked: EvaluationRequest, window: dict[str, Any]) -> dict[str, Any]:
    """Return the visit that this request ends; where none runs at the window, the one about which the evaluator asks."""
    last = window.get("rating") or window.get("rated")
    if "ticket" not in window and last and not call.repeatable:
        return last
    ending = {name: value for name, value in structs.asdict(asked).items() if name != "wait"}
    try:
        ended = await call.send(cmd.FinishService(window["window"], window["version"], **ending))
    except ProblemError as error:
        if error.problem.code == "nobody-here" and last:
            return last
        raise
    if "ticket" not in ended:
        raise problem(409, "key-reused")
    return ended


def _evaluation(window: dict[str, Any], visit: dict[str, Any]) -> answers.Evaluation:
    """Return how the evaluation of a visit stands, by its window's document."""
    ticket, rated, asks = visit["ticket"], window.get("rated", {}), window.get("rating", {})
    found = answers.Evaluation(
        window["window"], ticket, "unanswered", case_number=visit.get("case_number", "")
    )
    if rated.get("ticket") == ticket:
        found.state, found.level = "answered", rated["level"]
    elif asks.get("ticket") == ticket:
        found.state, found.number, found.until = "asked", asks["number"], asks["until"]
    return found


async def evaluation(call: ApiCall) -> answers.Evaluation:
    """Return how the evaluation of the visit that ended last at a window stands. Raises `ProblemError` for none."""
    window = await call.window()
    last = window.get("rating") or window.get("rated")
    if not last:
        raise problem(404, "no-evaluation", window=window["window"])
    return _evaluation(window, last)


# --- feedback


class FeedbackRequest(SubmitFeedback, frozen=True):
    """Feedback that another system has received, such as a hotline, with its words and how to reach its applicant."""

    text: Annotated[str, Meta(max_length=TEXT_MAX)] = ""
    contact: Annotated[str, Meta(max_length=CONTACT_MAX)] = ""


async def submit_feedback(call: ApiCall) -> answers.Received:
    """Receive feedback. The words lie in the people's store before the caller is asked; a refusal deletes them again.

    Raises:
        ProblemError: it has neither words nor a reason, or the hall refuses it.
    """
    fields = call.fields()
    given = call.decoded(lambda: msgspec.convert(fields | {"type": "FeedbackRequest"}, FeedbackRequest))
    text, contact = given.text.strip(), "" if given.anonymous else given.contact.strip()
    if not text and not given.reason:
        raise problem(422, "bad-opinion", text_max=TEXT_MAX, contact_max=CONTACT_MAX)
    names = list(SubmitFeedback.__struct_fields__)
    command = SubmitFeedback(**{name: getattr(given, name) for name in names})
    subject = f"follow-up/{call.id}"
    kept = (
        await in_thread(lambda: _keep(call, subject, given, text or "-", contact))
        if text or contact
        else False
    )
    try:
        return await call.sent(command, answers.Received)
    except ProblemError:
        if kept:
            await in_thread(lambda: call.backend.feedback.forget(subject))
        raise


def _keep(call: ApiCall, subject: str, given: FeedbackRequest, text: str, contact: str) -> bool:
    """Keep a letter unless this very request was kept before. Raises: OSError."""
    store = call.backend.feedback
    try:
        if store.of(subject):
            return False
        letter = Feedback(call.id, "", given.window, given.kind, 0, text, contact, stamp(datetime.now(UTC)))
        return store.put_under(subject, letter)
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
