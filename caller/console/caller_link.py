"""The console's door to the caller: what it needs of a link, and one press sent and answered.

A press is valid for seconds only: a call carried out twenty seconds late calls the wrong person. So nothing is
sent while the link is away, and a press without an answer in time is withdrawn and reported as unknown; the
window's view then shows its result.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from caller.client.client import ByeError, RefusedError, SendError
from caller.client.person_sessions import PersonSessions
from caller.console import verbs
from caller.console.verbs import Choice, Doc, Note
from caller.console.words import Lang, say
from caller.engine import commands as cmd
from caller.engine.envelope import AnyCommand
from caller.protocol.frames import Bye

PRESS_SECONDS = 5.0  # a commit takes milliseconds; a clerk who waited longer has looked away


class CallerLink(Protocol):
    """What the console uses of `caller.client.client.Client`."""

    @property
    def views(self) -> Mapping[str, dict[str, Any]]: ...
    @property
    def state(self) -> str: ...
    @property
    def topics(self) -> list[str]: ...
    async def watch(self, topics: Iterable[str], *, keep: bool = False) -> None: ...
    def changes(self) -> AsyncIterator[str]: ...
    @property
    def bye(self) -> Bye | None: ...
    @property
    def ahead_micros(self) -> int: ...
    @property
    def persons(self) -> PersonSessions: ...
    async def send(
        self,
        command: AnyCommand,
        id: str | None = None,
        timeout: float = PRESS_SECONDS,  # noqa: ASYNC109 as the client has it
    ) -> dict[str, Any]: ...


class VerbPress(NamedTuple):
    """A verb pressed on a view, with the choice its dialog added."""

    verb: str
    doc: Doc
    choice: Choice = verbs.NO_CHOICE


async def carry_out(link: CallerLink, press: VerbPress, lang: Lang) -> Note:
    """Send a press and return the message about it."""
    try:
        command = verbs.command(press.verb, press.doc, press.choice)
        result = await link.send(command, timeout=PRESS_SECONDS)
        if press.verb == "out" and link.persons.accounts:
            await link.persons.sign_out()
    except RefusedError as error:
        return from_frame(error.frame, lang)
    except (SendError, ByeError):
        return unanswered(verbs.label(press.verb, press.doc, lang), lang)
    return verbs.done(press.verb, press.doc, result, press.choice, lang)


async def read_once(link: CallerLink, topic: str) -> Doc | None:
    """Return the document of a topic that is not watched otherwise; None where it does not come in time."""
    usual = list(link.topics)
    try:
        async with asyncio.timeout(PRESS_SECONDS):
            await link.watch([*usual, topic], keep=True)
            async for _ in link.changes():
                if topic in link.views:
                    return link.views[topic]
    except TimeoutError:
        return None
    finally:
        await link.watch(usual, keep=True)
    return None


class SignInForm:
    """What a clerk typed to sign in. No repr shows a password: a program that fails prints what it holds."""

    def __init__(self, clerk: str, queues: list[str], secret: str = "", new: str = "") -> None:
        self.clerk, self.queues, self.secret, self.new = clerk, queues, secret, new

    def __repr__(self) -> str:
        return f"SignInForm({self.clerk!r}, {self.queues!r})"


def person_missing(link: CallerLink, window: str) -> bool:
    """Return whether a person must sign in before a press at this window."""
    return f"window/{window}" in link.views and link.persons.missing


async def sign_in(link: CallerLink, window: str, form: SignInForm, lang: Lang) -> Note:
    """Sign the clerk in, where the caller asks for it, open the window for them and return the message about it.

    A window that is another clerk's is left as it is: what is there may be ended by who has signed in now.
    """
    clerk, doc = form.clerk, link.views.get(f"window/{window}", {})
    try:
        if link.persons.missing:
            await link.persons.sign_in(clerk, form.secret, form.new)
        if doc.get("state") == "closed" or doc.get("clerk") in ("", clerk, None):
            await link.send(cmd.OpenWindow(window, clerk, form.queues), timeout=PRESS_SECONDS)
    except RefusedError as error:
        return from_frame(error.frame, lang)
    except (SendError, ByeError):
        return unanswered(say(lang, "sign-in-title"), lang)
    return Note(say(lang, "did-sign-in", clerk=clerk), "", "done")


def from_frame(frame: Any, lang: Lang) -> Note:
    """Return a refusal or bye of the caller as a message, in its own words."""
    if lang == "en":
        return Note(frame.en, frame.next_en, "refused", frame.code)
    return Note(frame.zh, frame.next_zh, "refused", frame.code)


def unanswered(verb: str, lang: Lang) -> Note:
    return Note(say(lang, "no-answer", verb=verb), say(lang, "no-answer-next"), "away")
